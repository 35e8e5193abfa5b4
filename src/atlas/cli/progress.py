"""How a run gets on, on one line of a terminal: how much is done, events a second, time left."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

FIRST_SECONDS: Final = 0.4
SECONDS_BETWEEN: Final = 0.5


class RunProgress:
    """Shows the progress of a run on a terminal, and nothing anywhere else.

    It draws twice a second at most, when it is told something, and has no thread of its own, so that a run hardly
    notices it: see benchmarks/progress.py.

    Parameters
    ----------
    console : Console
        Of stderr.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown = console.is_terminal
        self._begin = 0.0
        self._next = 0.0
        self._progress: Progress | None = None

    def report(self, done: int, total: int) -> None:
        """Note that `done` of `total` events are done."""
        if not self._shown:
            return
        now = time.perf_counter()
        if self._begin == 0.0:
            self._begin, self._next = now, now + FIRST_SECONDS
        if done >= total:
            self.stop()
        elif now >= self._next:
            self._next = now + SECONDS_BETWEEN
            self._draw(done, total, now - self._begin)

    def _draw(self, done: int, total: int, seconds: float) -> None:
        if self._progress is None:
            self._progress = new_progress(self._console)
            self._progress.start()
        task = self._progress.task_ids[0]
        speed = done / seconds if seconds > 0.0 else 0.0
        self._progress.update(
            task,
            completed=done,
            total=total,
            speed=f"{speed_in_words(speed)} events/s",
            left=f"{seconds_in_words((total - done) / speed)} left" if speed > 0.0 else "",
        )
        self._progress.refresh()

    def stop(self) -> None:
        """Take the line away."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


def new_progress(console: Console) -> Progress:
    """Return a line of progress that is drawn when it is asked to be."""
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (
        TextColumn("Running"),
        BarColumn(bar_width=24),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[speed]}"),
        TextColumn("{task.fields[left]}", style="dim"),
    )
    progress = Progress(*columns, console=console, transient=True, auto_refresh=False)
    progress.add_task("", speed="", left="")
    return progress


def speed_in_words(speed: float) -> str:
    """Return a number of events with three digits that count: 12.3 million is ``12.3M``."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if speed >= size:
            return f"{speed / size:.3g}{letter}"
    return f"{speed:.3g}"


def seconds_in_words(seconds: float) -> str:
    """Return a time as ``0:07``, ``12:30`` or ``3:05:00``."""
    whole = int(seconds + 0.5)
    minutes, hours = whole // 60 % 60, whole // 3600
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
