"""Live trading: the kernel run against a venue, everything journaled first; recovery, reconciliation, replay.

What may live here: the driver, what it is made from, and the ways back to a state. What may not: matching, a venue's
words (those are in `gateways`), and any second way to change orders, positions or cash besides the kernel's.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from atlas.live.driver import Driver as Driver
    from atlas.live.driver import Stage as Stage
    from atlas.live.replay import ReplayReport as ReplayReport
    from atlas.live.replay import diff as diff
    from atlas.live.replay import replay_journal as replay_journal
    from atlas.live.session import LiveOptions as LiveOptions
    from atlas.live.session import open_session as open_session
    from atlas.live.setup import LiveSetup as LiveSetup

_HOMES = {
    "Driver": "driver",
    "LiveOptions": "session",
    "LiveSetup": "setup",
    "ReplayReport": "replay",
    "Stage": "driver",
    "diff": "replay",
    "open_session": "session",
    "replay_journal": "replay",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """Load a public name from the module that holds it."""
    if name not in _HOMES:
        raise AttributeError(f"module 'atlas.live' has no attribute {name!r}")
    return getattr(importlib.import_module(f"atlas.live.{_HOMES[name]}"), name)
