"""Search a grid of parameters with Atlas and its peers, on the same bars, and print who took how long.

    python -m benchmarks.optimize [--bars N] [--points N] [--repetitions N] [--only NAME ...]

Every search is a process of its own; the contestants take turns. The clock runs from the call to the best point, data
in memory and everything compiled before. Figures are medians with their spread (least to most).
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

from rich.console import Console
from rich.table import Table

from benchmarks.bars import bars_file
from benchmarks.environments import cache_folder
from benchmarks.figures import OUTPUT, ROOT, machine
from benchmarks.peers.grid import Search
from benchmarks.run_sma import ATLAS, Contestant, ContestantError, prepare, spread

CONTESTANTS = (
    Contestant(ATLAS, "atlas_grid", None),
    Contestant("atlas-one-thread", "atlas_grid", None, (("THREADS", "1"),)),
    Contestant("vectorbt-numba", "vectorbt_grid", "vectorbt", (("ENGINE", "numba"),)),
    Contestant("vectorbt-rust", "vectorbt_grid", "vectorbt", (("ENGINE", "rust"),)),
    Contestant("backtesting", "backtesting_grid", "backtesting"),
)
SAME_RULES = ("vectorbt-numba", "vectorbt-rust")
ALLOWED_APART = 1e-6
LONGEST_SECONDS = 3_600


def run_once(contestant: Contestant, python: pathlib.Path, bars: pathlib.Path, points: int) -> Search:
    """Run one contestant in a fresh process.

    Raises
    ------
    ContestantError
        If the process fails or prints no measurement.
    """
    command = [str(python), "-m", f"benchmarks.peers.{contestant.module}", str(bars), str(points)]
    finished = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **dict(contestant.settings)},
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_SECONDS,
    )
    lines = finished.stdout.strip().splitlines()
    if finished.returncode or not lines:
        raise ContestantError(f"{contestant.name} failed ({finished.returncode}):\n{finished.stdout}{finished.stderr}")
    return Search(**json.loads(lines[-1]))


def table_of(measured: dict[str, list[Search]]) -> Table:
    """Lay the medians out; ratios are Atlas's speed over the other's."""
    first = next(iter(measured.values()))[0]
    table = Table(title=f"SMA crossings, {first.points} points on {first.bars:,} one-minute bars, 0.1% a trade")
    for heading in ("contestant", "version", "seconds", "CPU seconds", "ms a point", "M bars × points/s"):
        table.add_column(heading, justify="left" if heading in ("contestant", "version") else "right")
    for heading in ("best", "its return", "Atlas is × as fast"):
        table.add_column(heading, justify="right")
    own = measured.get(ATLAS)
    for name, runs in measured.items():
        one = runs[0]
        seconds = [run.seconds for run in runs]
        ratio = statistics.median(seconds) / statistics.median(run.seconds for run in own) if own else None
        table.add_row(
            name,
            one.version,
            spread(seconds, ".3f"),
            spread([run.cpu_seconds for run in runs], ".3f"),
            f"{1e3 * statistics.median(seconds) / one.points:.2f}",
            f"{one.points * one.bars / statistics.median(seconds) / 1e6:.2f}",
            "/".join(str(length) for length in one.best),
            f"{one.best_return:.4%}",
            "-" if ratio is None else f"{ratio:.2f}",
        )
    return table


def disagreements(measured: dict[str, list[Search]]) -> list[str]:
    """Say where vectorbt, whose rules are Atlas's, finds another best or another return."""
    own = measured.get(ATLAS)
    if own is None:
        return []
    return [
        f"{name} finds {run.best} with {run.best_return:.9f}, Atlas {own[0].best} with {own[0].best_return:.9f}"
        for name in SAME_RULES
        for run in measured.get(name, [])
        if tuple(run.best) != tuple(own[0].best) or abs(run.best_return - own[0].best_return) > ALLOWED_APART
    ]


def main() -> int:
    """Run the comparison; the exit status is 1 if a contestant failed or vectorbt finds something else."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--bars", type=int, default=50_000)
    parser.add_argument("--points", type=int, default=25)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--only", nargs="+", default=[], choices=[contestant.name for contestant in CONTESTANTS])
    given = parser.parse_args()
    cache = cache_folder()
    ready = prepare(given.only, cache, CONTESTANTS)
    bars = bars_file(cache, given.bars)
    measured: dict[str, list[Search]] = {}
    failed = False
    for _ in range(given.repetitions):
        for contestant, python in ready.items():
            try:
                found = run_once(contestant, python, bars, given.points)
            except (ContestantError, subprocess.TimeoutExpired) as problem:
                failed = True
                print(f"left out: {problem}", file=sys.stderr)
                continue
            measured.setdefault(contestant.name, []).append(found)
            print(f"{contestant.name}: {found.seconds:.3f} s", flush=True)
    Console(width=None if sys.stdout.isatty() else 200).print(table_of(measured))
    OUTPUT.mkdir(parents=True, exist_ok=True)
    runs = {name: [vars(run) for run in group] for name, group in measured.items()}
    (OUTPUT / "optimize.json").write_text(json.dumps({"machine": machine(), "runs": runs}, indent=2) + "\n")
    differing = disagreements(measured)
    for line in differing:
        print(line, file=sys.stderr)
    return int(failed or bool(differing))


if __name__ == "__main__":
    sys.exit(main())
