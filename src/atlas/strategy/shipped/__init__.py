"""The shipped strategies, by the names that configuration documents use.

What may live here: strategies written as any user would write them, one a file, all of them compiled. What may not:
anything the language of strategies does not offer to users.
"""

from __future__ import annotations

import importlib
from typing import Any

from atlas.records.errors import ConfigurationError
from atlas.strategy.base import Strategy
from atlas.strategy.fields import suggestion

MODULES = {
    "sma_cross": "SmaCross",
    "ema_trend": "EmaTrend",
    "rsi_thresholds": "RsiThresholds",
    "donchian_breakout": "DonchianBreakout",
    "cross_sectional_momentum": "CrossSectionalMomentum",
    "follow_signals": "FollowSignals",
    "follow_weights": "FollowWeights",
}
OTHER_NAMES = {
    "momentum": "cross_sectional_momentum",
    "trend_following": "ema_trend",
    "trend": "ema_trend",
    "rsi": "rsi_thresholds",
    "breakout": "donchian_breakout",
    "signals": "follow_signals",
    "weights": "follow_weights",
}


def strategy_class(name: str) -> type[Strategy]:
    """Return the shipped class that a document calls `name`.

    Raises
    ------
    ConfigurationError
        There is none of that name.
    """
    module = OTHER_NAMES.get(name, name)
    if module not in MODULES:
        known = {*MODULES, *OTHER_NAMES}
        if ".py" in name:
            imported = "import its class and pass an instance; file.py:ClassName is for documents and commands"
            raise ConfigurationError(f"{name!r} is no shipped strategy: {imported}")
        raise ConfigurationError(f"no shipped strategy is called {name!r}{suggestion(name, known)}")
    found: type[Strategy] = getattr(importlib.import_module(f"{__name__}.{module}"), MODULES[module])
    return found


def make_strategy(name: str, parameters: dict[str, Any] | None = None) -> Strategy:
    """Return the shipped strategy of a name with its parameters."""
    return strategy_class(name)(**(parameters or {}))


def strategy_names() -> tuple[str, ...]:
    """Return every name that `strategy_class` takes, sorted."""
    return tuple(sorted({*MODULES, *OTHER_NAMES}))


__all__ = ["make_strategy", "strategy_class", "strategy_names"]
