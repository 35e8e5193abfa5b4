"""Atlas: the shipped crossing of two averages through the full path of orders, compiled or (`MODE=interpreted`) not.

Rules the others are measured by:

- Each target becomes an order with its states, passes order manager and risk, travels to the simulated venue, fills at
  the next open, comes back as a report; orders, fills and equity are kept as records for the audit.
- The quantity is resolved at the fill: 95% of the equity at that open, the fee paid from it. Prices, quantities and
  money are whole numbers.
- The volume cap is off, a relaxation named in the run's configuration, because no peer has one.
- The run is measured several times in the process, after one that warms up; the median is reported. Before that, fills
  and final equity are compared, each and exactly, with those of a plain loop over whole numbers.
"""

from __future__ import annotations

import os
import statistics

import numpy as np

from atlas.backtest.engine import Engine
from atlas.backtest.preparation import prepare
from atlas.config.version import VERSION
from atlas.data.bars import BarHistory
from atlas.records.kinds import Kind
from atlas.strategy.shipped.sma_cross import SmaCross
from benchmarks.figures import Timing, clock
from benchmarks.histories import history_of, make_engine, settings_of
from benchmarks.peers import measure
from benchmarks.twin import FIELDS, twin_of

RUNS = 5
MONEY_SCALE = 10**8


class DifferenceError(Exception):
    """The engine did not do what the plain loop does."""


def run(history: BarHistory, mode: str) -> tuple[Engine, Timing, Timing]:
    """Run once; the times are those of making the engine, and of its loop from the first record to the last output."""
    made: list[Engine] = []
    strategy = SmaCross(fast=measure.FAST, slow=measure.SLOW, weight=measure.WEIGHT)
    setup = clock(lambda: made.append(make_engine(history, strategy, settings_of(mode))))
    return made[0], setup, clock(made[0].run)


def final_equity_money(engine: Engine) -> int:
    """Give the last equity point, in steps of 10⁻⁸."""
    return int(engine.log.records(Kind.EQUITY_POINT)[-1]["equity_money"])


def compare(engine: Engine, bars: np.ndarray[tuple[int], np.dtype[np.void]]) -> int:
    """Compare every fill and the final equity with the plain loop's; give the number of fills.

    Raises
    ------
    DifferenceError
        They differ.
    """
    expected, equity_money = twin_of(bars)
    fills = engine.log.records(Kind.FILL)
    numbers = np.searchsorted(engine.history.bar_starts(), fills["venue_time_ns"])
    made = np.column_stack([numbers, *(fills[name].astype(np.int64) for name in FIELDS[1:])])
    if made.shape != expected.shape:
        raise DifferenceError(f"{len(made):,} fills where the plain loop makes {len(expected):,}")
    wrong = np.flatnonzero((made != expected).any(axis=1))
    if len(wrong):
        raise DifferenceError(f"fill {wrong[0]}: {made[wrong[0]]} where the plain loop makes {expected[wrong[0]]}")
    if final_equity_money(engine) != equity_money:
        raise DifferenceError(f"{final_equity_money(engine)} money where the plain loop ends at {equity_money}")
    return len(made)


def main() -> None:
    """Run several times and print the measurement."""
    bars = measure.load_bars(__doc__)
    mode = os.environ.get("MODE", "compiled")
    history = history_of(bars)
    prepare()
    engine, _, _ = run(history, mode)
    trades = compare(engine, bars)
    equity = final_equity_money(engine) / MONEY_SCALE
    del engine
    timings = [run(history, mode)[1:] for _ in range(RUNS)]
    measure.report(
        f"atlas, {mode}",
        VERSION,
        len(bars),
        run_seconds=statistics.median(timing.wall for _, timing in timings),
        run_cpu_seconds=statistics.median(timing.cpu for _, timing in timings),
        setup_seconds=statistics.median(setup.wall for setup, _ in timings),
        final_equity=equity,
        trades=trades,
    )


if __name__ == "__main__":
    main()
