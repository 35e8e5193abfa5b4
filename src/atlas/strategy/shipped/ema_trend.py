"""Following a trend by two exponential averages."""

from __future__ import annotations

from typing import Any

from atlas.kernel.indicators import EMA
from atlas.strategy.base import Strategy
from atlas.strategy.context import Context


class EmaTrend(Strategy):
    """Long while the fast average is above the slow one by more than a band; short below it when that is allowed."""

    fast: EMA = EMA(12)
    slow: EMA = EMA(26)
    band: float = 0.0
    weight: float = 0.95
    allow_short: bool = False

    def on_bar(self, ctx: Context, bar: Any) -> None:
        """Within the band the position stays as it is."""
        fast, slow = self.fast.update(bar.close), self.slow.update(bar.close)
        if not (self.fast.ready and self.slow.ready):
            return
        if fast > slow * (1.0 + self.band):
            ctx.target_weight(bar.instrument, self.weight)
        elif fast < slow * (1.0 - self.band):
            ctx.target_weight(bar.instrument, -self.weight if self.allow_short else 0.0)
