"""What every script here shares: figures with their spread, the machine they were measured on, how they are kept.

A script measures a few figures, each in several rounds, prints them beside their targets and keeps them as JSON in
`benchmarks/output`. Wall time is what a user waits for; CPU time beside it says what is left of that when nothing else
runs on the machine.
"""

from __future__ import annotations

import gc
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field

from rich.console import Console
from rich.table import Table

from benchmarks.targets import TARGETS

ROOT = pathlib.Path(__file__).resolve().parents[1]
OUTPUT = ROOT / "benchmarks" / "output"
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Figure:
    """One thing measured, in rounds.

    Parameters
    ----------
    key : str
        Its name in `TARGETS` and in the files; stays the same for ever.
    title, unit : str
        What it is.
    wall : list of float
        One value a round, in the unit.
    cpu : list of float
        The same by the processor's time; empty where that says nothing.
    """

    key: str
    title: str
    unit: str
    wall: list[float]
    cpu: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Median of the rounds."""
        return statistics.median(self.wall)

    def meets(self) -> bool | None:
        """Whether the median reaches the target; None where there is none."""
        target = TARGETS.get(self.key)
        return None if target is None else target.is_met(self.median)


@dataclass(frozen=True)
class Timing:
    """Seconds one call took, by the clock on the wall and by the processor's."""

    wall: float
    cpu: float


def clock(call: Callable[[], object]) -> Timing:
    """Call once, with the garbage collector held off."""
    gc.collect()
    gc.disable()
    try:
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        return Timing(time.perf_counter() - wall, time.process_time() - cpu)
    finally:
        gc.enable()


def timing_figure(key: str, title: str, unit: str, timings: Sequence[Timing], scale: float) -> Figure:
    """Make a figure of timings; `scale` turns seconds into the unit."""
    return Figure(key, title, unit, [each.wall * scale for each in timings], [each.cpu * scale for each in timings])


def rate_figure(key: str, title: str, unit: str, timings: Sequence[Timing], count: float) -> Figure:
    """Make a figure of a rate: `count` things, in the unit, done in each timing."""
    return Figure(key, title, unit, [count / each.wall for each in timings], [count / each.cpu for each in timings])


# --- shown and kept --------------------------------------------------------------------------------------------------


def number(value: float) -> str:
    """Write a value with three significant digits or whole."""
    if value == 0.0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:#.3g}".rstrip(".")


def spread(values: Sequence[float]) -> str:
    """Write a median with its least and most."""
    if len(values) == 1:
        return number(values[0])
    return f"{number(statistics.median(values))} [{number(min(values))} – {number(max(values))}]"


def verdict(figure: Figure) -> str:
    """Say whether the target is met."""
    return {None: "", True: "met", False: "missed"}[figure.meets()]


def table_of(title: str, figures: Sequence[Figure]) -> Table:
    """Lay figures out beside their targets."""
    table = Table(title=title)
    table.add_column("what")
    for heading in ("unit", "median [least – most]", "by CPU time", "target", ""):
        table.add_column(heading, justify="right")
    for figure in figures:
        target = TARGETS.get(figure.key)
        cpu = number(statistics.median(figure.cpu)) if figure.cpu else ""
        wanted = "" if target is None else target.text
        table.add_row(figure.title, figure.unit, spread(figure.wall), cpu, wanted, verdict(figure))
    return table


def show(table: Table) -> None:
    """Print a table; wide where nobody's terminal limits it."""
    Console(width=None if sys.stdout.isatty() else 180).print(table)


def finish(name: str, title: str, figures: Sequence[Figure]) -> None:
    """Print a script's figures and keep them as JSON."""
    show(table_of(title, figures))
    OUTPUT.mkdir(parents=True, exist_ok=True)
    kept = {"title": title, "machine": machine(), "figures": [asdict(figure) for figure in figures]}
    (OUTPUT / f"{name}.json").write_text(json.dumps(kept, indent=2) + "\n")


def read_figures(name: str) -> list[Figure]:
    """Give the figures a script kept last; none where it has not run."""
    path = OUTPUT / f"{name}.json"
    if not path.exists():
        return []
    return [Figure(**figure) for figure in json.loads(path.read_text())["figures"]]


def machine() -> dict[str, object]:
    """Tell what the figures were measured on."""
    listing = pathlib.Path("/proc/cpuinfo")
    lines = listing.read_text().splitlines() if listing.exists() else []
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    return {
        "processor": model or platform.processor(),
        "cores": os.cpu_count(),
        "load": [round(value, 2) for value in os.getloadavg()],
        "system": platform.platform(),
        "python": sys.version.split()[0],
        "commit": commit(),
        "measured": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
    }


def commit() -> str:
    """Give the commit that runs; empty without git."""
    import atlas

    home = pathlib.Path(atlas.__file__).parent
    command = ["git", "rev-parse", "--short", "HEAD"]
    finished = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)
    return finished.stdout.strip()
