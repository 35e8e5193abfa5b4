"""Makes sure that the machine code of a backtest is there before its clock runs."""

from __future__ import annotations

import sys
from collections.abc import Callable

from atlas.kernel import simulate as loop
from atlas.kernel.memory.compilation import PLAIN, EntryPoint

Report = Callable[[str, int, int], None]
"""Is told the name of what is compiled now, how many are done, and how many there are."""


def entry_points() -> list[EntryPoint]:
    """Return the entry points that every backtest calls; what is left compiles when it is first needed."""
    from atlas.kernel.trader.verbs import VERB_ENTRY_POINTS

    return [*VERB_ENTRY_POINTS.values(), loop.start_strategies, loop.finish, loop.simulate]


def missing_entry_points() -> list[EntryPoint]:
    """Return those of them that the object cache lacks."""
    return [] if PLAIN else [point for point in entry_points() if not point.is_cached]


def prepare(report: Report | None = None) -> int:
    """Compile what the object cache lacks, about a minute on the first run of a version and nothing afterwards.

    Parameters
    ----------
    report : callable, optional
        Is told the progress; a line on stderr where there is none.

    Returns
    -------
    int
        How many entry points were compiled.
    """
    missing = missing_entry_points()
    if missing and report is None:
        sys.stderr.write("atlas: compiling the kernel, about a minute, once for this version\n")
        sys.stderr.flush()
    for done, point in enumerate(missing):
        if report is not None:
            report(point.name, done, len(missing))
        point.compile()
    if missing and report is not None:
        report("", len(missing), len(missing))
    for point in entry_points():
        point.callable  # noqa: B018 - loads its machine code, so that no run is charged for it
    return len(missing)
