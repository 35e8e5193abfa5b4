"""One-minute bars of several symbols, two strategies in one account, each with an eye on longer bars.

    python minute_study.py [FILE]

FILE is a CSV or Parquet file with the columns ts (the end of each bar), symbol, open, high, low, close, volume. Without
one the study makes itself a market of a few weeks.
"""

import sys
from typing import Any

import atlas
from atlas import SMA, Bars, GeneratorSettings, Strategy


class PullBack(Strategy):
    """Buys a fall of the minutes while the quarter hours rise; out when the fall is made good, or at the day's end."""

    quarter: Bars = Bars("15m", 2)
    average: SMA = SMA(8)
    minutes: SMA = SMA(30)
    weight: float = 0.15

    def on_bar(self, ctx: Any, bar: Any) -> None:
        """Take in the minute; longer bars are seen when they are complete."""
        if self.quarter.update(bar):
            self.average.update(self.quarter.close)
        usual = self.minutes.update(bar.close)
        if not (self.average.ready and self.minutes.ready):
            return
        if self.quarter.close > self.average.value and bar.close < usual * 0.998:
            ctx.target_weight(bar.instrument, self.weight)
        elif bar.close >= usual:
            ctx.target_weight(bar.instrument, 0.0)


class DayBreak(Strategy):
    """Long above yesterday's high, until the price is back below yesterday's close; New York's days."""

    days: Bars = Bars("1d", 2, zone="America/New_York")
    weight: float = 0.1

    def on_bar(self, ctx: Any, bar: Any) -> None:
        """Compare the minute with yesterday."""
        self.days.update(bar)
        if self.days.count == 0:
            return
        if bar.close > self.days.high:
            ctx.target_weight(bar.instrument, self.weight)
        elif bar.close < self.days.close:
            ctx.target_weight(bar.instrument, 0.0)


def market(path: str) -> atlas.BarHistory:
    """Read the file, or make a market where there is none."""
    if path:
        return atlas.load_bars(path, timestamps="end")
    print("no file given: a made-up market of four symbols and fifteen days")
    minutes = GeneratorSettings(timeframe="1m", correlation=0.4, average_volume=20_000.0)
    return atlas.generate_bars(["AAPL", "JPM", "MSFT", "SPY"], 15 * 390, seed=5, settings=minutes)


if __name__ == "__main__":
    bars = market(sys.argv[1] if len(sys.argv) > 1 else "")
    result = atlas.backtest([PullBack(), DayBreak()], bars, fees=0.0001, slippage_bps=1)
    print(result)
    print("\nWho earned it:")
    print(result.by_strategy.to_string(index=False))
    print(result.by_symbol.to_string(index=False))
    print("report:", result.report("minute_study.html"))
