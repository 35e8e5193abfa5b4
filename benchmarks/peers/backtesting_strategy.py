"""backtesting.py: a strategy class whose `next` is called in Python at each bar.

Where it differs from Atlas:

- The averages are computed beforehand as whole arrays (its `I`), by NumPy; only the comparison runs at each bar.
- Whole shares only: the position is rounded down to one share of about 100.
- `size=0.95` is of the equity available at the fill, at the next open; the commission is taken on entry and exit.
- Its result includes its own statistics, so the run does too (about a second of it at a million bars).
"""

from __future__ import annotations

import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy
from numpy.typing import NDArray

from benchmarks.peers import measure


def moving_average(close: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """Give the mean of the last `length` closes, NaN before there are so many."""
    total = np.concatenate(([0.0], np.asarray(close).cumsum()))
    return np.concatenate((np.full(length - 1, np.nan), (total[length:] - total[:-length]) / length))


class SmaCross(Strategy):  # type: ignore[misc]
    """Long while the fast average is above the slow one."""

    def init(self) -> None:
        """Compute both averages."""
        self.fast = self.I(moving_average, self.data.Close, measure.FAST)
        self.slow = self.I(moving_average, self.data.Close, measure.SLOW)

    def next(self) -> None:
        """Buy or close when the averages have crossed."""
        above = self.fast[-1] > self.slow[-1]
        if above and not self.position:
            self.buy(size=measure.WEIGHT)
        elif not above and self.position:
            self.position.close()


def main() -> None:
    """Run once and print the measurement."""
    warnings.simplefilter("ignore")
    bars = measure.load_bars(__doc__)
    names = ("open", "high", "low", "close", "volume")
    frame = pd.DataFrame({name.title(): bars[name] for name in names}, index=pd.to_datetime(bars["time_ns"]))
    backtest = Backtest(frame, SmaCross, cash=measure.CASH, commission=measure.FEE, finalize_trades=False)
    result, run_seconds = measure.timed(backtest.run)
    open_trades = int(result["_strategy"].position.size != 0)
    measure.report(
        "backtesting.py",
        version("backtesting"),
        len(bars),
        run_seconds=run_seconds,
        final_equity=float(result["Equity Final [$]"]),
        trades=2 * int(result["# Trades"]) + open_trades,
    )


if __name__ == "__main__":
    main()
