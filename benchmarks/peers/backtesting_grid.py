"""backtesting.py: `optimize` over the grid, in as many processes as the machine has cores.

Where it differs from Atlas: as `backtesting_strategy` says. Its own `optimize` is what is measured, as its manual shows
it, with its pool of processes.
"""

from __future__ import annotations

import warnings
from importlib.metadata import version
from multiprocessing import Pool

import backtesting
import pandas as pd
from backtesting import Backtest, Strategy

from benchmarks.peers import grid, measure
from benchmarks.peers.backtesting_strategy import moving_average


class SmaCross(Strategy):  # type: ignore[misc]
    """Long while the fast average is above the slow one."""

    fast = measure.FAST
    slow = measure.SLOW

    def init(self) -> None:
        """Compute both averages."""
        self.quick = self.I(moving_average, self.data.Close, self.fast)
        self.calm = self.I(moving_average, self.data.Close, self.slow)

    def next(self) -> None:
        """Buy or close when the averages have crossed."""
        above = self.quick[-1] > self.calm[-1]
        if above and not self.position:
            self.buy(size=measure.WEIGHT)
        elif not above and self.position:
            self.position.close()


def main() -> None:
    """Run and print the measurement."""
    warnings.simplefilter("ignore")
    backtesting.Pool = Pool
    bars, pairs = grid.arguments(__doc__)
    names = ("open", "high", "low", "close", "volume")
    frame = pd.DataFrame({name.title(): bars[name] for name in names}, index=pd.to_datetime(bars["time_ns"]))
    backtest = Backtest(frame, SmaCross, cash=measure.CASH, commission=measure.FEE, finalize_trades=False)
    fast, slow = (sorted({pair[place] for pair in pairs}) for place in (0, 1))

    def search() -> tuple[tuple[int, int], float]:
        found = backtest.optimize(fast=fast, slow=slow, maximize="Return [%]")
        best = found["_strategy"]
        return (int(best.fast), int(best.slow)), float(found["Return [%]"]) / 100.0

    grid.report("backtesting.py", version("backtesting"), len(bars), pairs, search)


if __name__ == "__main__":
    main()
