"""What showing the progress costs a run: with and without it, in turns.

    python -m benchmarks.progress [--bars N] [--rounds N]

The terminal is one that takes everything; the run is the crossing of two averages, interpreted, so that it lasts long
enough for the line to be drawn several times.
"""

from __future__ import annotations

import argparse
import io
import statistics
import time

import numpy as np
from rich.console import Console

from atlas.backtest.engine import Engine
from atlas.backtest.preparation import prepare
from atlas.cli.progress import RunProgress
from atlas.data.bars import BarHistory
from atlas.strategy.shipped.sma_cross import SmaCross
from benchmarks.bars import bars_file
from benchmarks.environments import cache_folder
from benchmarks.figures import Figure, Timing, clock, finish, timing_figure
from benchmarks.histories import history_of, make_engine, settings_of


def engine_of(history: BarHistory) -> Engine:
    """Make a run."""
    return make_engine(history, SmaCross(), settings_of(mode="interpreted"))


def shown(history: BarHistory) -> tuple[Timing, float, int]:
    """Run with the progress on a terminal; give the time, the share of it in percent, and how often it was drawn."""
    screen, spent = io.StringIO(), [0.0]
    progress = RunProgress(Console(file=screen, force_terminal=True, width=100))
    engine = engine_of(history)

    def report(done: int, total: int) -> None:
        begin = time.thread_time()
        progress.report(done, total)
        spent[0] += time.thread_time() - begin

    def run() -> None:
        engine.run(report, lambda: False)
        progress.stop()

    timing = clock(run)
    return timing, 100.0 * spent[0] / timing.cpu, screen.getvalue().count("Running")


def measure(bars: int, rounds: int) -> list[Figure]:
    """Measure in rounds of one run each way, after one that warms up."""
    history = history_of(np.load(bars_file(cache_folder(), bars)))
    prepare()
    without: list[Timing] = []
    with_progress: list[Timing] = []
    shares: list[float] = []
    drawn: list[float] = []
    for number in range(rounds + 1):
        # In turns, and each first in every other round: what the machine does meanwhile falls on both.
        first = clock(engine_of(history).run) if number % 2 else None
        timing, share, times = shown(history)
        once = first or clock(engine_of(history).run)
        if number:
            without.append(once)
            with_progress.append(timing)
            shares.append(share)
            drawn.append(float(times))
    pairs = list(zip(with_progress, without, strict=True))
    return [
        timing_figure("progress.without", "run without progress", "ms", without, 1e3),
        timing_figure("progress.with", "run with progress", "ms", with_progress, 1e3),
        Figure(
            "progress.cost",
            "cost of the progress, of the run",
            "%",
            [(with_.wall / none.wall - 1.0) * 100.0 for with_, none in pairs],
            [(with_.cpu / none.cpu - 1.0) * 100.0 for with_, none in pairs],
        ),
        Figure("progress.share", "time in the progress, by CPU time, of the run", "%", shares),
        Figure("progress.drawn", "times the line was drawn", "", [statistics.median(drawn)]),
    ]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--bars", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    finish("progress", "Progress of a run", measure(arguments.bars, arguments.rounds))


if __name__ == "__main__":
    main()
