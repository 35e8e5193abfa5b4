"""What is printed, the same everywhere: progress on stderr, results on stdout."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from atlas.cli.progress import RunProgress

if TYPE_CHECKING:
    from rich.progress import Progress

    from atlas.analytics.summary import Summary
    from atlas.backtest.preparation import Report
    from atlas.backtest.run import Progress as Told

LEAST_WIDTH = 76
SIGNED = ("total_return", "annualized_return", "cagr", "expectancy")
LAST = ("wall_seconds", "events_per_second", "fingerprint", "events", "bars", "start", "end")


def output() -> Console:
    """Return the console of results."""
    return Console(highlight=False)


def messages() -> Console:
    """Return the console of progress and remarks; colours that somebody forces make no terminal of a pipe."""
    return Console(stderr=True, highlight=False, force_terminal=None if sys.stderr.isatty() else False)


COMPILING = "Compiling the kernel for this machine, once for this version"


class Bar:
    """A bar of progress on stderr; it appears with the first report that leaves something to do.

    Parameters
    ----------
    title : str
        Printed once, above; nothing where empty.
    """

    def __init__(self, title: str = "") -> None:
        self._title = title
        self._console = messages()
        self._progress: Progress | None = None

    def report(self, name: str, done: int, total: int) -> None:
        """Show that `done` of `total` are done, and what comes next."""
        if done >= total:
            self.stop()
            return
        if self._progress is None:
            from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

            if self._title:
                self._console.print(f"{self._title} ({total} parts) ...", soft_wrap=True)
                self._title = ""
            columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
            shown = self._console.is_terminal
            self._progress = Progress(*columns, console=self._console, transient=True, disable=not shown)
            self._progress.add_task("")
            self._progress.start()
        first = self._progress.task_ids[0]
        self._progress.update(first, completed=done, total=total, description=name.rpartition(".")[2])

    def stop(self) -> None:
        """Take it away."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


@contextmanager
def watching(title: str = COMPILING) -> Iterator[tuple[Report, Told]]:
    """Give what is to be told of compilation and of the run; nothing is left on the screen but the title."""
    compiling, running = Bar(title), RunProgress(messages())
    try:
        yield compiling.report, running.report
    finally:
        compiling.stop()
        running.stop()


def figures_table(summary: Summary) -> Table:
    """Return the figures of a run in two columns."""
    from atlas.analytics.summary import FIGURES

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
    from atlas.analytics.summary import format_figure

    if not key:
        return Text(), Text()
    value = summary[key]
    colour = ""
    if key in SIGNED and isinstance(value, float) and value != 0.0:
        colour = "green" if value > 0.0 else "red"
    return Text(label, style="dim"), Text(format_figure(value, style), style=f"bold {colour}")  # type: ignore[arg-type]


def print_summary(console: Console, title: str, data: str, summary: Summary) -> None:
    """Print the figures of a run; as plain lines where they go into a file or a narrow window."""
    from atlas.analytics.summary import format_figure

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
