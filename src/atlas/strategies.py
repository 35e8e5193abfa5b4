"""The shipped strategies by their classes: ``from atlas.strategies import SmaCross``.

`atlas strategies` lists them; where a name will do, it does: ``atlas.backtest("sma_cross", ...)``. Each is read when it
is first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from atlas.strategy.shipped.cross_sectional_momentum import CrossSectionalMomentum
    from atlas.strategy.shipped.donchian_breakout import DonchianBreakout
    from atlas.strategy.shipped.ema_trend import EmaTrend
    from atlas.strategy.shipped.follow_signals import FollowSignals
    from atlas.strategy.shipped.follow_weights import FollowWeights
    from atlas.strategy.shipped.rsi_thresholds import RsiThresholds
    from atlas.strategy.shipped.sma_cross import SmaCross

__all__ = [
    "CrossSectionalMomentum",
    "DonchianBreakout",
    "EmaTrend",
    "FollowSignals",
    "FollowWeights",
    "RsiThresholds",
    "SmaCross",
]


def __getattr__(name: str) -> Any:
    """Load a strategy's class from its file."""
    if name not in __all__:
        from atlas.config.suggestions import did_you_mean

        raise AttributeError(f"no shipped strategy is called {name!r}; {did_you_mean(name, __all__)}")
    shipped = importlib.import_module("atlas.strategy.shipped")
    module = next(module for module, shipped_class in shipped.MODULES.items() if shipped_class == name)
    found = shipped.strategy_class(module)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return list(__all__)
