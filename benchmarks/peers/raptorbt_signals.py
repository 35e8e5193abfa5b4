"""RaptorBT from signals: arrays into a Rust engine.

Where it differs from Atlas:

- There is no strategy and no event: entries and exits are computed beforehand for the whole history. Its
  `next_bar_open` timing fills them at the next open. The measured run is the simulation, which includes its equity
  curve and its metrics; the signals are timed beside it.
- The weight is given as a position size for each bar, a fraction of the capital. Prices, sizes and money are floats.
- What is open at the end is closed at the last close, one fill more. No volume limit and no order states here.
"""

from __future__ import annotations

import numpy as np
import raptorbt

from benchmarks.peers import measure


def main() -> None:
    """Run once and print the measurement."""
    bars = measure.load_bars(__doc__)
    columns = [np.ascontiguousarray(bars[name]) for name in ("time_ns", "open", "high", "low", "close", "volume")]
    (entries, exits), signals_seconds = measure.timed(lambda: measure.crossings(columns[4]))
    config = raptorbt.BacktestConfig(
        initial_capital=measure.CASH, fees=measure.FEE, slippage=0.0, fill_timing="next_bar_open"
    )
    weights = np.full(len(bars), measure.WEIGHT)
    result, run_seconds = measure.timed(
        lambda: raptorbt.run_single_backtest(
            *columns, entries, exits, direction=1, symbol="TEST", config=config, position_sizes=weights
        )
    )
    trades = result.trades()
    measure.report(
        "raptorbt, signals",
        raptorbt.__version__,
        len(bars),
        run_seconds=run_seconds,
        signals_seconds=signals_seconds,
        final_equity=float(result.equity_curve()[-1]),
        trades=2 * len(trades),
    )


if __name__ == "__main__":
    main()
