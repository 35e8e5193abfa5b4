"""The commands that look at run folders: `runs`, `runs show` and `compare`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from atlas.backtest.folder import CONFIGURATION, REPORT, SUMMARY, is_run_folder, read_status
from atlas.config.keys import as_written
from atlas.config.suggestions import did_you_mean
from atlas.errors import ConfigurationError, DataError

if TYPE_CHECKING:
    from rich.table import Table

COLUMNS: Final = (
    ("total_return", "return"),
    ("sharpe", "Sharpe"),
    ("max_drawdown", "drawdown"),
    ("total_trades", "trades"),
    ("bars", "bars"),
)
"""Figures of the list, with their headings; the rest are in `runs show`."""

BUSY: Final = ("wall_seconds", "events_per_second")
LEAST: Final = float("-inf")


@dataclass(frozen=True, slots=True)
class Run:
    """A run folder.

    Attributes
    ----------
    folder : Path
    figures : dict
        Of its summary.
    status : dict
        How it ended, and what it was.
    written : float
        When, in seconds since 1970.
    """

    folder: Path
    figures: dict[str, Any]
    status: dict[str, Any]
    written: float

    def as_json(self) -> dict[str, Any]:
        """Return all that is known of it."""
        written = datetime.fromtimestamp(self.written, tz=UTC).isoformat(timespec="seconds")
        return {"folder": str(self.folder), "written": written, **self.status, **self.figures}


def read_run(folder: Path) -> Run:
    """Read a run folder.

    Raises
    ------
    ConfigurationError
        It is none.
    DataError
        Its files are damaged.
    """
    if not is_run_folder(folder):
        raise ConfigurationError(f"{folder} is no run folder: it has no {CONFIGURATION} with a {SUMMARY}")
    file = folder / SUMMARY
    try:
        figures = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{file} is no JSON: {error}") from error
    if not isinstance(figures, dict):
        raise DataError(f"{file} must be a JSON object")
    return Run(folder, figures, read_status(folder), file.stat().st_mtime)


def runs_below(folder: Path) -> tuple[list[Run], list[str]]:
    """Return the runs of a folder, and what is wrong with damaged ones; what hides behind a dot is in the making."""
    if not folder.is_dir():
        raise ConfigurationError(
            f"no such folder: {folder}; atlas backtest RUN.yaml makes it, or name another: --in DIR"
        )
    found: list[Run] = []
    damaged: list[str] = []
    for place in sorted(folder.iterdir()):
        if place.name.startswith(".") or not is_run_folder(place):
            continue
        try:
            found.append(read_run(place))
        except DataError as error:
            damaged.append(str(error))
    return found, damaged


def sorted_runs(found: Sequence[Run], key: str) -> list[Run]:
    """Return runs with the largest value first, names by the alphabet; a key with a minus turns that around."""
    name = key.removeprefix("-")
    known = {"name", "time", *(figure for each in found for figure in each.figures)}
    if found and name not in known:
        raise ConfigurationError(f"--sort {key}: no figure has that name; {did_you_mean(name, known)}")
    downwards = (name != "name") != key.startswith("-")
    return sorted(found, key=lambda each: _rank(each, name), reverse=downwards)


def _rank(run: Run, name: str) -> Any:
    if name in ("name", "time"):
        return str(run.folder) if name == "name" else run.written
    value = run.figures.get(name)
    return (isinstance(value, str), value if value is not None else LEAST)


def list_runs(folder: Path, sort: str, as_json: bool) -> None:
    """Print the runs of a folder with their key figures."""
    from atlas.cli.console import messages, output

    whole, damaged = runs_below(folder)
    for reason in damaged:
        messages().print(f"note: left out: {reason}", markup=False, soft_wrap=True)
    found = sorted_runs(whole, sort)
    if as_json:
        print_json([each.as_json() for each in found])
        return
    if not found:
        output().print(f"no runs in {folder}: atlas backtest RUN.yaml writes one", markup=False, soft_wrap=True)
        return
    table = plain_table("run", "strategy", *(heading for _, heading in COLUMNS), "")
    for each in found:
        ended = each.status.get("status", "")
        shown = [format_of(name, each.figures.get(name)) for name, _ in COLUMNS]
        table.add_row(each.folder.name, str(each.status.get("title", "")), *shown, "" if ended == "complete" else ended)
    output().print(table)


def show_run(folder: Path, as_json: bool) -> None:
    """Print every figure of a run, its parameters, and how it ended."""
    from atlas.cli.console import output, shown_path

    run = read_run(folder)
    if as_json:
        print_json(run.as_json())
        return
    status = run.status
    ended = " ".join(part for part in (status.get("status", ""), status.get("reason", "")) if part)
    rows = [("Strategy", status.get("title", "")), ("Data", status.get("data", "")), ("Ended", ended)]
    rows += [(f"  {name}", as_written(value)) for name, value in (status.get("parameters") or {}).items()]
    rows += [(label_of(name), format_of(name, value)) for name, value in run.figures.items()]
    rows += [("Report", shown_path(folder / REPORT)), ("Document", shown_path(folder / CONFIGURATION))]
    console = output()
    for label, text in rows:
        if text:
            console.print(f"{label:<24}{text}", markup=False, soft_wrap=True)


def compare_runs(places: Sequence[Path], as_json: bool) -> None:
    """Print runs side by side: figures, and the keys of their documents that differ."""
    from atlas.cli.console import output

    if len(places) < 2:
        raise ConfigurationError(f"name two run folders or more to compare, not {len(places)}")
    found = [read_run(place) for place in places]
    documents = [flat_document(place) for place in places]
    different = list(differing_keys(documents))
    if as_json:
        values = {key: [document.get(key) for document in documents] for key in different}
        print_json({"runs": [each.as_json() for each in found], "documents": values})
        return
    table = plain_table("", *(place.name or str(place) for place in places))
    for key in different:
        table.add_row(key, *(as_text(document.get(key)) for document in documents))
    for name in dict.fromkeys(figure for each in found for figure in each.figures if figure not in BUSY):
        table.add_row(label_of(name), *(format_of(name, each.figures.get(name)) for each in found))
    console = output()
    console.print(table)
    if len({each.figures.get("fingerprint") for each in found}) == 1:
        console.print("\nThe runs did the same.", markup=False)


def flat_document(folder: Path) -> dict[str, Any]:
    """Return the values of a run's document by their full keys."""
    from atlas.config import read_document

    return dict(_leaves(read_document(folder / CONFIGURATION).mapping, ""))


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else str(key))
    else:
        yield path, value


def differing_keys(documents: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Give the keys whose values are not the same in all documents, in the order in which they stand."""
    for key in dict.fromkeys(key for document in documents for key in document):
        values = [document.get(key) for document in documents]
        if any(value != values[0] for value in values[1:]):
            yield key


# --- words -----------------------------------------------------------------------------------------------------------


def as_text(value: Any) -> str:
    """Return a value of a document as it is shown; a dash where there is none."""
    return "—" if value in (None, "", [], {}) else str(value)


def label_of(name: str) -> str:
    """Return what reports call a figure."""
    from atlas.analytics.summary import FIGURES

    return next((label for key, label, _ in FIGURES if key == name), name)


def format_of(name: str, value: Any) -> str:
    """Return a figure as reports show it."""
    from atlas.analytics.summary import FIGURES, format_figure

    style = next((style for key, _, style in FIGURES if key == name), None)
    return as_text(value) if style is None else format_figure(value, style)


def plain_table(*headings: str) -> Table:
    """Return a table without lines, the first column to the left and figures to the right."""
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    for place, heading in enumerate(headings):
        to_left = place == 0 or heading in ("strategy", "")
        table.add_column(heading, justify="left" if to_left else "right", overflow="fold")
    return table


def print_json(value: Any) -> None:
    """Print a value as JSON on stdout."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")
