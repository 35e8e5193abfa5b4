"""A universe: ten years of daily bars of 500 symbols, the strongest 50 chosen anew each month; then 5,000 symbols.

    python -m benchmarks.universe [--symbols N ...] [--days N] [--rounds N]

The shipped cross-sectional momentum, its `on_bar` for each bar and its `on_slice` once a day. With ten times the
symbols, a symbol-bar should cost the same.
"""

from __future__ import annotations

import argparse

from atlas.backtest.preparation import prepare
from atlas.data.bars import BarHistory
from atlas.data.generator import GeneratorSettings, generate_bars
from atlas.strategy.shipped.cross_sectional_momentum import CrossSectionalMomentum
from benchmarks.figures import Figure, Timing, clock, finish, rate_figure, timing_figure
from benchmarks.histories import make_engine, settings_of

TOP = 50
SEED = 7
CASH = 10_000_000.0


class NothingDoneError(Exception):
    """A run made fewer fills than a monthly rebalance of `TOP` symbols must."""


def universe(symbols: int, days: int) -> BarHistory:
    """Make the bars."""
    names = [f"S{number:04d}" for number in range(symbols)]
    return generate_bars(names, days, seed=SEED, settings=GeneratorSettings(timeframe="1d"))


def run(history: BarHistory) -> tuple[int, Timing]:
    """Run once; give the fills and the time."""
    engine = make_engine(history, CrossSectionalMomentum(top=TOP), settings_of(cash=CASH))
    timing = clock(engine.run)
    return int(engine.trader.rows("world")[0]["fill_count"]), timing


def measure(symbols: int, days: int, rounds: int) -> list[Figure]:
    """Measure one universe in rounds, after one that warms up."""
    history = universe(symbols, days)
    fills, _ = run(history)
    if fills < TOP:
        raise NothingDoneError(f"{symbols} symbols: {fills} fills")
    timings = [run(history)[1] for _ in range(rounds)]
    label, count = f"{symbols:,} symbols × {days:,} days", symbols * days
    return [
        rate_figure(f"universe.{symbols}.rate", label, "M symbol-bars/s", timings, count / 1e6),
        timing_figure(f"universe.{symbols}.nanoseconds", f"one symbol-bar of {symbols:,}", "ns", timings, 1e9 / count),
        Figure(f"universe.{symbols}.fills", f"fills of {symbols:,} symbols", "fills", [float(fills)]),
    ]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--symbols", type=int, nargs="+", default=[500, 5_000])
    parser.add_argument("--days", type=int, default=2_520)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    prepare()
    figures = []
    for symbols in arguments.symbols:
        figures += measure(symbols, arguments.days, arguments.rounds)
    finish("universe", "Universe", figures)


if __name__ == "__main__":
    main()
