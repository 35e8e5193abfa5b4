"""The command that searches parameters: `optimize`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from atlas.backtest.documents import load_run, plan_document
from atlas.cli.console import messages, output, shown_path
from atlas.errors import ConfigurationError
from atlas.research.optimization import Optimization
from atlas.research.search import optimize_plan

DONE, INTERRUPTED = 0, 130
TABLE, REPORT = "search.csv", "search.html"
MOST_VALUES = 100_000


def run_search(
    path: Path,
    overrides: list[str],
    parameters: Sequence[str],
    maximize: str | None,
    minimize: str | None,
    out: Path,
) -> int:
    """Search the parameters of a document's strategy; print the best points and write page and table."""
    plan = plan_document(load_run(path, overrides))
    ranges = dict(parse_range(text) for text in parameters)
    found = optimize_plan(plan, ranges, maximize=maximize, minimize=minimize)
    show(found, write(found, out))
    return INTERRUPTED if found.interrupted else DONE


def write(found: Optimization, folder: Path) -> Path:
    """Write the page and the table of every point; return the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    found.table.to_csv(folder / TABLE, index=False)
    return found.report(folder / REPORT)


def show(found: Optimization, page: Path) -> None:
    """Print what was found."""
    console = output()
    console.print(str(found), markup=False, soft_wrap=True)
    if len(found.grid.varied) == 2:
        console.print(f"\n{found.heatmap()}", markup=False, soft_wrap=True)
    console.print(f"\nReport: {shown_path(page)}", markup=False, soft_wrap=True)
    if found.interrupted:
        messages().print("error: interrupted; the report holds what was done until then", markup=False)


def parse_range(text: str) -> tuple[str, list[Any]]:
    """Return the name and values of ``name=first:last:step`` or ``name=a,b,c``.

    Raises
    ------
    ConfigurationError
        It is neither.
    """
    name, equals, values = text.partition("=")
    if not equals or not name or not values:
        raise ConfigurationError(
            f"write NAME=FIRST:LAST:STEP or NAME=A,B,C, such as fast=5:50:5, not {text!r}", "--parameter"
        )
    try:
        if ":" in values:
            return name, spanned(values)
        return name, [value_of(part) for part in values.split(",")]
    except InvalidOperation as error:
        raise ConfigurationError(f"{values!r} holds what is no number", f"--parameter {name}") from error


def spanned(text: str) -> list[int | float]:
    """Return the values from the first to the last, which is included where the steps meet it."""
    parts = [Decimal(part) for part in text.split(":")]
    if len(parts) not in (2, 3):
        raise InvalidOperation
    first, last, step = parts[0], parts[1], parts[2] if len(parts) == 3 else Decimal(1)
    if step <= 0 or last < first or (last - first) / step > MOST_VALUES:
        raise ConfigurationError(f"{text!r} has no values: it is FIRST:LAST:STEP with STEP above 0", "--parameter")
    count = int((last - first) / step) + 1
    return [number(first + step * place) for place in range(count)]


def value_of(text: str) -> Any:
    """Return one value: a number, or true or false."""
    truth = {"true": True, "false": False}.get(text.lower())
    return number(Decimal(text)) if truth is None else truth


def number(value: Decimal) -> int | float:
    """Return a number as the whole one that it is, or as a float."""
    return int(value) if value == value.to_integral_value() else float(value)
