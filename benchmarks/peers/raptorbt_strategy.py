"""RaptorBT with a strategy class: its Rust engine calls `on_bar` in Python at each bar.

Where it differs from Atlas:

- The hook is always interpreted; the averages are its own streaming indicators, in Rust.
- The size of an entry is a fraction of the capital, filled at the next open. Prices, sizes and money are floats.
- What is open at the end is closed at the last close, one fill more. No volume limit.
"""

from __future__ import annotations

import numpy as np
import raptorbt

from benchmarks.peers import measure


class SmaCross(raptorbt.Strategy):  # type: ignore[misc]
    """Long while the fast average is above the slow one."""

    def on_start(self, ctx: raptorbt.StrategyContext) -> None:
        """Register both averages."""
        self.fast = self.register_indicator(raptorbt.Indicator.sma(measure.FAST))
        self.slow = self.register_indicator(raptorbt.Indicator.sma(measure.SLOW))
        self.long = False

    def on_bar(self, ctx: raptorbt.StrategyContext) -> None:
        """Buy or close when the averages have crossed."""
        if not self.slow.initialized:
            return
        above = self.fast.value > self.slow.value
        if above and not self.long:
            self.enter(size_frac=measure.WEIGHT)
        elif self.long and not above:
            self.close_position()
        self.long = above


def main() -> None:
    """Run once and print the measurement."""
    bars = measure.load_bars(__doc__)
    columns = [np.ascontiguousarray(bars[name]) for name in ("time_ns", "open", "high", "low", "close", "volume")]
    config = raptorbt.BacktestConfig(
        initial_capital=measure.CASH, fees=measure.FEE, slippage=0.0, fill_timing="next_bar_open"
    )
    result, run_seconds = measure.timed(lambda: raptorbt.run_strategy_backtest(SmaCross, *columns, config=config))
    measure.report(
        "raptorbt, strategy",
        raptorbt.__version__,
        len(bars),
        run_seconds=run_seconds,
        final_equity=float(result.equity_curve()[-1]),
        trades=2 * len(result.trades()),
    )


if __name__ == "__main__":
    main()
