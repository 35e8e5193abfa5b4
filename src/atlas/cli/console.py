"""What is printed, the same everywhere: progress on stderr, results on stdout."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from atlas.analytics.summary import FIGURES, Summary, format_figure

if TYPE_CHECKING:
    from atlas.backtest.preparation import Report
    from atlas.backtest.run import Progress as RunProgress

LEAST_WIDTH = 76
SIGNED = ("total_return", "annualized_return", "cagr", "expectancy")
LAST = ("wall_seconds", "events_per_second", "fingerprint", "events", "bars", "start", "end")


def output() -> Console:
    """Return the console of results."""
    return Console(highlight=False)


def messages() -> Console:
    """Return the console of progress and remarks."""
    return Console(stderr=True, highlight=False)


COMPILING = "Compiling the kernel for this machine, once for this version"


@contextmanager
def compiling_progress(title: str = COMPILING) -> Iterator[Report]:
    """Show what is being compiled; nothing appears where nothing is."""
    console = messages()
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        task = None

        def report(name: str, done: int, total: int) -> None:
            nonlocal task
            if task is None:
                console.print(f"{title} ({total} parts) ...")
                task = bars.add_task("", total=total)
            bars.update(task, completed=done, description=name.rpartition(".")[2])

        yield report


@contextmanager
def running_progress() -> Iterator[RunProgress]:
    """Show how far a run is."""
    columns = (TextColumn("Running"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"), TimeElapsedColumn())
    with Progress(*columns, console=messages(), transient=True) as bars:
        task = bars.add_task("", total=None, visible=False)

        def report(done: int, total: int) -> None:
            bars.update(task, completed=done, total=total, visible=done < total)

        yield report


def figures_table(summary: Summary) -> Table:
    """Return the figures of a run in two columns."""
    shown = [(key, label, style) for key, label, style in FIGURES if key not in LAST]
    half = (len(shown) + 1) // 2
    table = Table.grid(padding=(0, 2))
    for justify in ("left", "right", "left", "right"):
        table.add_column(justify=justify, no_wrap=True)
    rest = [*shown[half:], ("", "", "text")]
    for left, right in zip(shown[:half], rest, strict=False):
        table.add_row(*_cells(summary, *left), *_cells(summary, *right))
    return table


def _cells(summary: Summary, key: str, label: str, style: str) -> tuple[Text, Text]:
    if not key:
        return Text(), Text()
    value = summary[key]
    colour = ""
    if key in SIGNED and isinstance(value, float) and value != 0.0:
        colour = "green" if value > 0.0 else "red"
    return Text(label, style="dim"), Text(format_figure(value, style), style=f"bold {colour}")  # type: ignore[arg-type]


def print_summary(console: Console, title: str, data: str, summary: Summary) -> None:
    """Print the figures of a run; as plain lines where they go into a file or a narrow window."""
    if not console.is_terminal or console.width < LEAST_WIDTH:
        console.print(f"{title} on {data}", markup=False, soft_wrap=True)
        console.print(str(summary), markup=False, soft_wrap=True)
        return
    console.print()
    console.print(Text.assemble((title, "bold cyan"), f"  {data}"))
    console.print(Text(f"{(summary.start or '')[:10]} to {(summary.end or '')[:10]}", style="dim"))
    console.print()
    console.print(figures_table(summary))
    console.print()
    speed = f"{summary.events:,} events in {format_figure(summary.wall_seconds, 'seconds')}"
    console.print(Text(f"{speed}  ·  fingerprint {summary.fingerprint}", style="dim"))


def shown_path(path: Path) -> str:
    """Return a path from the current folder where it lies below it, as it can be pasted into a shell."""
    absolute, here = path.absolute(), Path.cwd()
    return shlex.quote(str(absolute.relative_to(here) if absolute.is_relative_to(here) else absolute))
