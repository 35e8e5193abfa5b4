"""The crossing of two simple moving averages."""

from __future__ import annotations

from typing import Any

from atlas.kernel.indicators import SMA
from atlas.strategy.base import Strategy
from atlas.strategy.context import Context


class SmaCross(Strategy):
    """Long while the fast average is above the slow one."""

    fast: SMA = SMA(10)
    slow: SMA = SMA(30)
    weight: float = 0.95

    def on_bar(self, ctx: Context, bar: Any) -> None:
        """Ask for the weight or for nothing."""
        fast, slow = self.fast.update(bar.close), self.slow.update(bar.close)
        if not self.slow.ready:
            return
        ctx.target_weight(bar.instrument, self.weight if fast > slow else 0.0)
