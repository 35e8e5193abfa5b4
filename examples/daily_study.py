"""A daily study with a benchmark: choose parameters on the past, look at years the choice has not seen.

    python daily_study.py

Runs on the shipped indices: trends of the Nasdaq and of the S&P 500, beside holding both.
"""

from typing import Any

import atlas
from atlas import EMA, Strategy

CHOSEN_UNTIL, UNSEEN_FROM = "2010-12-31", "2011-01-01"
DATA = {"SP500": atlas.load_shipped("sp500").to_frame(), "NASDAQ": atlas.load_shipped("nasdaq").to_frame()}


class Trend(Strategy):
    """Half of the equity in each index whose fast average is above its slow one."""

    fast: EMA = EMA(20)
    slow: EMA = EMA(100)
    weight: float = 0.48

    def on_bar(self, ctx: Any, bar: Any) -> None:
        """Ask for the weight or for nothing."""
        fast, slow = self.fast.update(bar.close), self.slow.update(bar.close)
        if self.slow.ready:
            ctx.target_weight(bar.instrument, self.weight if fast > slow else 0.0)


class Hold(Strategy):
    """The benchmark: half of the equity in each index, bought once."""

    weight: float = 0.48

    def on_bar(self, ctx: Any, bar: Any) -> None:
        """Buy; the same target again is no order."""
        ctx.target_weight(bar.instrument, self.weight)


if __name__ == "__main__":
    costs: dict[str, Any] = {"fees": 0.0005, "slippage_bps": 1}
    found = atlas.optimize(
        Trend,
        DATA,
        fast=range(10, 60, 10),
        slow=range(60, 260, 40),
        constraint=lambda p: p.fast < p.slow,
        end=CHOSEN_UNTIL,
        **costs,
    )
    print(found)
    print()
    print(found.heatmap("fast", "slow"))
    print("\nsearch:", found.report("daily_search.html"))

    print(f"\nFrom {UNSEEN_FROM} on, which the search has not seen:")
    chosen = atlas.backtest(found.best_strategy, DATA, start=UNSEEN_FROM, **costs)
    benchmark = atlas.backtest(Hold(), DATA, start=UNSEEN_FROM, **costs)
    for name, result in (("chosen", chosen), ("benchmark", benchmark)):
        figures = result.summary
        print(
            f"{name:>10}  return {figures.total_return:8.1%}  Sharpe {figures.sharpe:5.2f}  "
            f"drawdown {figures.max_drawdown:6.1%}"
        )
    print("\nWhat each index brought:")
    print(chosen.by_symbol.to_string(index=False))
    print("report:", chosen.report("daily_study.html"))
