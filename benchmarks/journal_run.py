"""What a journal costs a backtest: the crossing of two averages with and without one, in turns.

    python -m benchmarks.journal_run [--bars N] [--rounds N] [--folder DIRECTORY]

A backtest's journal holds commands and operator events beside what the run puts out anyway; its bars it names by their
fingerprint. `benchmarks/journal.py` measures the writer alone. The folder should be on the disk of the journals.
"""

from __future__ import annotations

import argparse
import pathlib
import statistics
import tempfile

import numpy as np

from atlas.backtest.engine import Engine
from atlas.backtest.journaling import RunJournal
from atlas.backtest.preparation import prepare
from atlas.data.bars import BarHistory
from atlas.strategy.shipped.sma_cross import SmaCross
from benchmarks.bars import bars_file
from benchmarks.environments import cache_folder
from benchmarks.figures import Figure, Timing, clock, finish, timing_figure
from benchmarks.histories import history_of, make_engine, settings_of


def plain(history: BarHistory) -> Timing:
    """Run without a journal."""
    return clock(make_engine(history, SmaCross(), settings_of()).run)


def journaled(history: BarHistory, folder: pathlib.Path) -> tuple[Timing, Timing, int]:
    """Run with a journal; give the time of opening it, of the run with its last commit, and the journal's bytes."""
    recorder = RunJournal()
    settings = settings_of().engine_setup(history, journal=True)
    engine = Engine(history, [SmaCross()], settings, sink=recorder.append)
    opening = clock(lambda: recorder.open(folder, engine, "benchmark: journal_run\n"))

    def run() -> None:
        engine.run()
        recorder.close()

    timing = clock(run)
    return opening, timing, sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def measure(bars: int, rounds: int, parent: pathlib.Path) -> list[Figure]:
    """Measure in rounds of one run each way, after one that warms up."""
    history = history_of(np.load(bars_file(cache_folder(), bars)))
    prepare()
    without, opened, with_journal, sizes = [], [], [], []
    for number in range(rounds + 1):
        with tempfile.TemporaryDirectory(dir=parent) as name:
            once = plain(history)
            opening, twice, size = journaled(history, pathlib.Path(name) / "journal")
        if number:
            without.append(once)
            opened.append(opening)
            with_journal.append(twice)
            sizes.append(size / 2**20)
    base_wall = statistics.median(each.wall for each in without)
    base_cpu = statistics.median(each.cpu for each in without)
    cost_wall = [(each.wall / base_wall - 1.0) * 100.0 for each in with_journal]
    cost_cpu = [(each.cpu / base_cpu - 1.0) * 100.0 for each in with_journal]
    return [
        timing_figure("journal.without", "run without a journal", "ms", without, 1e3),
        timing_figure("journal.with", "run with a journal", "ms", with_journal, 1e3),
        Figure("journal.cost", "cost of the journal, of the run", "%", cost_wall, cost_cpu),
        timing_figure("journal.open", "opening it: fingerprint of the bars", "ms", opened, 1e3),
        Figure("journal.size", "size of the journal", "MiB", sizes),
    ]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--bars", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()))
    arguments = parser.parse_args()
    finish("journal_run", "Journal of a backtest", measure(arguments.bars, arguments.rounds, arguments.folder))


if __name__ == "__main__":
    main()
