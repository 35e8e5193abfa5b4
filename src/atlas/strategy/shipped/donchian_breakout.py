"""Breakouts from the channel of the highest high and the lowest low."""

from __future__ import annotations

from typing import Any

from atlas.kernel.indicators import ATR, Donchian
from atlas.strategy.base import Strategy
from atlas.strategy.context import Context


class DonchianBreakout(Strategy):
    """Enters above the channel of the bars before, leaves below a shorter channel or a stop of average true ranges."""

    entry: Donchian = Donchian(20)
    exit: Donchian = Donchian(10)
    range: ATR = ATR(20)
    stop_ranges: float = 2.0
    weight: float = 0.95
    stop: float = 0.0

    def on_bar(self, ctx: Context, bar: Any) -> None:
        """Compare the close with the channels as they were before this bar."""
        upper, lower = self.entry.upper, self.exit.lower
        was_ready = self.entry.ready and self.exit.ready and self.range.ready
        self.entry.update(bar.high, bar.low)
        self.exit.update(bar.high, bar.low)
        span = self.range.update(bar.high, bar.low, bar.close)
        if not was_ready:
            return
        if bar.close > upper:
            if self.stop == 0.0:
                self.stop = bar.close - self.stop_ranges * span
            ctx.target_weight(bar.instrument, self.weight)
        elif bar.close < lower or bar.close < self.stop:
            self.stop = 0.0
            ctx.target_weight(bar.instrument, 0.0)
