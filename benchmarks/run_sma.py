"""Run the crossing of two averages on Atlas and its peers, on the same bars, and print who took how long.

    python -m benchmarks.run_sma [--bars N] [--repetitions N] [--only NAME ...]

Every run is a process of its own; the contestants take turns, so that a slow minute of the machine hits all of them.
Figures are medians with their spread (least to most). The result, as JSON, also goes to benchmarks/output/.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, replace

from rich.console import Console
from rich.table import Table

from benchmarks.bars import bars_file
from benchmarks.environments import REQUIREMENTS, EnvironmentMakingError, cache_folder, environment
from benchmarks.figures import OUTPUT, ROOT, machine
from benchmarks.peers.measure import Measurement

LONGEST_SECONDS = 1_800
MONEY_STEP = 1e-8


@dataclass(frozen=True)
class Contestant:
    """A script below `benchmarks/peers`, the environment it runs in (None: this one) and its settings."""

    name: str
    module: str
    environment: str | None
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def script(self) -> pathlib.Path:
        """The file of the script."""
        return ROOT / "benchmarks" / "peers" / f"{self.module}.py"


ATLAS = "atlas"
SAME_RULES = ("vectorbt-numba", "vectorbt-rust")
CONTESTANTS = (
    Contestant(ATLAS, "atlas_engine", None, (("MODE", "compiled"),)),
    Contestant("atlas-interpreted", "atlas_engine", None, (("MODE", "interpreted"),)),
    Contestant("vectorbt-numba", "vectorbt_signals", "vectorbt", (("ENGINE", "numba"),)),
    Contestant("vectorbt-rust", "vectorbt_signals", "vectorbt", (("ENGINE", "rust"),)),
    Contestant("raptorbt-signals", "raptorbt_signals", "raptorbt"),
    Contestant("raptorbt-strategy", "raptorbt_strategy", "raptorbt"),
    Contestant("backtesting", "backtesting_strategy", "backtesting"),
    Contestant("nautilus", "nautilus_strategy", "nautilus"),
)


class ContestantError(Exception):
    """A contestant's process failed; the message holds what it wrote."""


def run_once(contestant: Contestant, python: pathlib.Path, bars: pathlib.Path) -> Measurement:
    """Run one contestant in a fresh process.

    Raises
    ------
    ContestantError
        If the process fails or prints no measurement.
    """
    variables = {**os.environ, **dict(contestant.settings), "RAPTORBT_NO_VERSION_CHECK": "1"}
    command = [str(python), "-m", f"benchmarks.peers.{contestant.module}", str(bars)]
    started = time.perf_counter()
    finished = subprocess.run(
        command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False, timeout=LONGEST_SECONDS
    )
    seconds = time.perf_counter() - started
    lines = finished.stdout.strip().splitlines()
    if finished.returncode or not lines:
        raise ContestantError(f"{contestant.name} failed ({finished.returncode}):\n{finished.stdout}{finished.stderr}")
    return replace(Measurement(**json.loads(lines[-1])), process_seconds=seconds)


def prepare(
    names: list[str], cache: pathlib.Path, contestants: tuple[Contestant, ...] = CONTESTANTS
) -> dict[Contestant, pathlib.Path]:
    """Make the environments that are needed; leave out, and say so, what cannot run here."""
    ready = {}
    for contestant in contestants:
        if names and contestant.name not in names:
            continue
        if not contestant.script.exists():
            print(f"left out: {contestant.name}, there is no {contestant.script.relative_to(ROOT)}")
            continue
        try:
            home = contestant.environment
            ready[contestant] = environment(home, cache) if home else pathlib.Path(sys.executable)
        except EnvironmentMakingError as problem:
            print(f"left out: {problem}")
    return ready


def spread(values: list[float], form: str) -> str:
    """Write a median with its least and most."""
    return f"{statistics.median(values):{form}} [{min(values):{form}} – {max(values):{form}}]"


def table_of(measured: dict[str, list[Measurement]]) -> Table:
    """Lay the medians out; ratios are Atlas's speed over the other's, where Atlas ran."""
    table = Table(title="SMA 10/30, one instrument, one-minute bars, 0.1% a trade")
    for heading in ("contestant", "version", "M bars/s of the run", "process, s", "signals, s", "peak, MiB"):
        table.add_column(heading, justify="left" if heading in ("contestant", "version") else "right")
    for heading in ("fills", "final equity", "Atlas is × as fast: run", "process"):
        table.add_column(heading, justify="right")
    own = measured.get(ATLAS)
    for runs in measured.values():
        first = runs[0]
        signals = statistics.median(run.signals_seconds for run in runs)
        table.add_row(
            first.contestant,
            first.version,
            spread([run.bars_per_second / 1e6 for run in runs], ".3f"),
            spread([run.process_seconds for run in runs], ".2f"),
            f"{signals:.3f}" if signals else "in the run",
            f"{statistics.median(run.peak_memory_mib for run in runs):,.0f}",
            f"{first.trades:,}",
            f"{first.final_equity:,.2f}",
            ratio(own, runs, "run_seconds"),
            ratio(own, runs, "process_seconds"),
        )
    return table


def ratio(own: list[Measurement] | None, runs: list[Measurement], field: str) -> str:
    """Write how many times as fast Atlas was, median over median."""
    if own is None:
        return "-"
    medians = [statistics.median(getattr(run, field) for run in group) for group in (runs, own)]
    return f"{medians[0] / medians[1]:.2f}"


def disagreements(measured: dict[str, list[Measurement]]) -> list[str]:
    """Say where vectorbt, whose rules are Atlas's on the same signals, ends elsewhere.

    Its money is floats, Atlas's whole steps of 10⁻⁸, so they may be half a step a fill apart.
    """
    own = measured.get(ATLAS)
    if own is None:
        return []
    found = []
    allowed = own[0].trades * MONEY_STEP / 2.0
    for name in SAME_RULES:
        for run in measured.get(name, []):
            apart = abs(run.final_equity - own[0].final_equity)
            if run.trades != own[0].trades or apart > allowed:
                found.append(f"{name} makes {run.trades:,} fills and ends {apart:.9f} apart, {allowed:.9f} allowed")
    return found


def measure_all(ready: dict[Contestant, pathlib.Path], bars: pathlib.Path, turns: int) -> dict[str, list[Measurement]]:
    """Let the contestants take turns; one that fails is reported and left out from then on."""
    measured: dict[str, list[Measurement]] = {}
    out = set()
    for turn in range(turns):
        for contestant, python in ready.items():
            if contestant in out:
                continue
            try:
                result = run_once(contestant, python, bars)
            except (ContestantError, subprocess.TimeoutExpired) as problem:
                out.add(contestant)
                print(f"left out: {problem}", file=sys.stderr)
                continue
            measured.setdefault(contestant.name, []).append(result)
            print(f"{turn + 1}/{turns} {contestant.name}: {result.bars_per_second / 1e6:.3f} M bars/s", flush=True)
    return measured


def main() -> int:
    """Run the comparison; the exit status is 1 if a contestant failed or vectorbt ends elsewhere."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--bars", type=int, default=1_000_000)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--only", nargs="+", default=[], choices=[contestant.name for contestant in CONTESTANTS])
    parser.add_argument("--cache", type=pathlib.Path, help=f"of bars and environments of: {', '.join(REQUIREMENTS)}")
    arguments = parser.parse_args()
    cache = cache_folder(arguments.cache)
    ready = prepare(arguments.only, cache)
    measured = measure_all(ready, bars_file(cache, arguments.bars), arguments.repetitions)
    Console(width=None if sys.stdout.isatty() else 200).print(table_of(measured))
    OUTPUT.mkdir(parents=True, exist_ok=True)
    runs = {name: [vars(run) for run in group] for name, group in measured.items()}
    (OUTPUT / "sma.json").write_text(json.dumps({"machine": machine(), "runs": runs}, indent=2) + "\n")
    differing = disagreements(measured)
    for line in differing:
        print(line, file=sys.stderr)
    failed = any(len(measured.get(contestant.name, [])) < arguments.repetitions for contestant in ready)
    return int(failed or bool(differing))


if __name__ == "__main__":
    sys.exit(main())
