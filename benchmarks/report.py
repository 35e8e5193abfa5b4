"""The report of a million bars with their trades, and of the demonstration as a whole process, beside its peers.

    python -m benchmarks.report [--bars N] [--rounds N] [--no-peers]

Atlas writes every bar, every trade and the indicators into its page; backtesting.py's `plot` joins bars to some 10,000,
quantstats' tear sheet has neither bars nor trades. Each peer runs in its own environment, after its run is done and its
libraries are there, so that the report alone is timed; Atlas's time includes its excursions, the second run for its
indicators and all else that the page needs beyond the run.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
from typing import Any

import numpy as np

from benchmarks.bars import bars_file, parquet_file
from benchmarks.environments import EnvironmentMakingError, cache_folder, environment
from benchmarks.figures import ROOT, Figure, Timing, clock, finish, timing_figure
from benchmarks.process import child

FEE = 0.00001
DEMO = "import sys; sys.argv = ['atlas', 'demo', '--out', {folder!r}]; from atlas.cli import main; main()"


def atlas_run(bars: int) -> Any:
    """Run the crossing that trades some thousand times on a million bars."""
    import atlas

    return atlas.backtest("sma_cross", parquet_file(cache_folder(), bars), fees=FEE, volume_share=None)


def measure_pages(bars: int, rounds: int, folder: pathlib.Path) -> tuple[list[Figure], pathlib.Path]:
    """Measure the page of fresh runs; give also the daily equity of one for a peer."""
    pages, sizes, trades = [], [], 0
    for number in range(rounds + 1):
        result = atlas_run(bars)
        trades = result.summary.total_trades
        timing = clock(lambda result=result: result.report(folder / "report.html"))  # type: ignore[misc]
        if number:  # the first one warms up
            pages.append(timing)
            sizes.append((folder / "report.html").stat().st_size / 1e6)
    np.savez(folder / "equity.npz", times_ns=result.equity_line.times_ns, equity=result.equity_line.equity)
    title = f"report: {bars:,} bars, {trades:,} trades"
    figures = [
        timing_figure("report.html", f"{title}, HTML after the summary", "s", pages, 1.0),
        Figure("report.size", f"{title}, size of the file", "MB", sizes),
    ]
    return figures, folder / "equity.npz"


def measure_document(bars: int) -> list[Figure]:
    """Measure the PDF, where matplotlib is there."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        return []
    from atlas.analytics.report.document import document_bytes

    content = atlas_run(bars).report_content()
    return [
        timing_figure("report.pdf", f"report: {bars:,} bars, PDF", "s", [clock(lambda: document_bytes(content))], 1.0)
    ]


def measure_demo(rounds: int, folder: pathlib.Path) -> list[Figure]:
    """Measure the demonstration with its report and its other files, a process each."""
    code = DEMO.format(folder=str(folder / "demo"))
    child(code)
    runs: list[Timing] = [child(code).timing for _ in range(rounds)]
    return [timing_figure("report.demo", "process: `atlas demo` with its report and files", "s", runs, 1.0)]


def measure_peers(bars: int, equity: pathlib.Path) -> list[Figure]:
    """Measure what a user would otherwise take; what can't be installed is told and left out."""
    found = []
    for name, module, argument, label in (
        ("backtesting", "backtesting_plot", bars_file(cache_folder(), bars), f"backtesting.py plot, {bars:,} bars"),
        ("quantstats", "quantstats_report", equity, "quantstats tear sheet of the daily equity"),
    ):
        try:
            python = environment(name, cache_folder())
        except EnvironmentMakingError as error:
            print(error, file=sys.stderr)
            continue
        done = subprocess.run(
            [str(python), "-m", f"benchmarks.peers.{module}", str(argument)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            print(f"{label} failed: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
            continue
        told = json.loads(done.stdout.strip().splitlines()[-1])
        timing = Timing(told["wall"], told["cpu"])
        found.append(timing_figure(f"report.{name}", label, "s", [timing], 1.0))
        found.append(Figure(f"report.{name}.size", f"{label}: size", "MB", [told["bytes"] / 1e6]))
    return found


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--bars", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-peers", action="store_true", help="only Atlas")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        pages, equity = measure_pages(arguments.bars, arguments.rounds, folder)
        figures = [*pages, *measure_demo(arguments.rounds, folder), *measure_document(arguments.bars)]
        if not arguments.no_peers:
            figures += measure_peers(arguments.bars, equity)
    finish("report", "Reports", figures)


if __name__ == "__main__":
    main()
