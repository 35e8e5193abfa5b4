"""The journal: the write-ahead log, its readers, snapshots, comparison, export, and the locks that guard an account.

What lives here turns 64-byte rows into durable files and back, and knows no strategy, venue or clock: every time and
identity comes as an argument. Nothing here interprets a record beyond its kind and its layout; whoever replays one does
so in `backtest` or `live`. Public names are loaded at first use, so that importing this package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from atlas.journal.difference import (
        JournalDifference as JournalDifference,
    )
    from atlas.journal.difference import (
        find_difference as find_difference,
    )
    from atlas.journal.errors import JournalDamagedError as JournalDamagedError
    from atlas.journal.export import export_json_lines as export_json_lines
    from atlas.journal.export import export_parquet as export_parquet
    from atlas.journal.format import Durability as Durability
    from atlas.journal.format import JournalIdentity as JournalIdentity
    from atlas.journal.lock import AccountLock as AccountLock
    from atlas.journal.lock import ExclusiveLock as ExclusiveLock
    from atlas.journal.lock import Holder as Holder
    from atlas.journal.lock import Lease as Lease
    from atlas.journal.reader import JournalFollower as JournalFollower
    from atlas.journal.reader import JournalReader as JournalReader
    from atlas.journal.reader import Tail as Tail
    from atlas.journal.reader import repair_tail as repair_tail
    from atlas.journal.show import RecordFormatter as RecordFormatter
    from atlas.journal.snapshots import Snapshot as Snapshot
    from atlas.journal.snapshots import SnapshotStore as SnapshotStore
    from atlas.journal.writer import JournalWriter as JournalWriter

_HOMES = {
    "Durability": "format",
    "JournalIdentity": "format",
    "JournalDamagedError": "errors",
    "JournalWriter": "writer",
    "JournalReader": "reader",
    "JournalFollower": "reader",
    "Tail": "reader",
    "repair_tail": "reader",
    "AccountLock": "lock",
    "ExclusiveLock": "lock",
    "Holder": "lock",
    "Lease": "lock",
    "Snapshot": "snapshots",
    "SnapshotStore": "snapshots",
    "RecordFormatter": "show",
    "JournalDifference": "difference",
    "find_difference": "difference",
    "export_json_lines": "export",
    "export_parquet": "export",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """Load a public name from the module that holds it."""
    if name not in _HOMES:
        raise AttributeError(f"module 'atlas.journal' has no attribute {name!r}")
    return getattr(importlib.import_module(f"atlas.journal.{_HOMES[name]}"), name)
