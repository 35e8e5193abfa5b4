"""Buying what fell too far by the relative strength index."""

from __future__ import annotations

from typing import Any

from atlas.kernel.indicators import RSI
from atlas.strategy.base import Strategy
from atlas.strategy.context import Context


class RsiThresholds(Strategy):
    """Enters when the index falls below one threshold and leaves when it rises above the other."""

    strength: RSI = RSI(14)
    oversold: float = 30.0
    overbought: float = 70.0
    weight: float = 0.95

    def on_bar(self, ctx: Context, bar: Any) -> None:
        """Between the thresholds the position stays as it is."""
        strength = self.strength.update(bar.close)
        if not self.strength.ready:
            return
        if strength < self.oversold:
            ctx.target_weight(bar.instrument, self.weight)
        elif strength > self.overbought:
            ctx.target_weight(bar.instrument, 0.0)
