"""Checks of a table: the first thing wrong in it, said in one line with its place and its remedy."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from atlas.records.enums import NULL
from atlas.records.errors import DataError

from .tables import PRICE_COLUMNS, Table, group_rows
from .times import HOW_TO_WRITE, form_of

Mask = npt.NDArray[np.bool_]
_ALTERNATIVES = {"high": "the highest", "low": "the lowest"}


@dataclass(frozen=True)
class Finding:
    """Something wrong in a row; `row` counts from 0."""

    row: int
    column: str
    message: str


def check_table(table: Table) -> None:
    """
    Raise for the first row of a table that can't be a bar.

    Parameters
    ----------
    table : Table
        As read.

    Raises
    ------
    DataError
        Names file, row, column, what stands there and how to mend it. Of several rows the first in the file is named.
    """
    findings = [
        *_unreadable_times(table),
        *_unreadable_prices(table),
        *_disordered_times(table),
        *_inconsistent_prices(table),
        *_strange_volumes(table),
    ]
    if findings:
        first = min(findings, key=lambda finding: finding.row)
        raise DataError(f"{table.place(first.row, first.column)}: {first.message}")


def _first(mask: Mask) -> int | None:
    """Position of the first True, or None."""
    position = int(np.argmax(mask)) if mask.size else 0
    return position if mask.size and mask[position] else None


def _is_finite_sum(values: npt.NDArray[np.float64]) -> bool:
    with np.errstate(all="ignore"):
        return bool(np.isfinite(values.sum()))


def _unreadable_times(table: Table) -> Iterator[Finding]:
    row = _first(table.start_ns == NULL)
    if row is None:
        return
    text = table.text_at(table.names["time"], row)
    if text is None:
        yield Finding(row, "time", "the cell is empty: fill in the time of the bar, or remove the row")
        return
    first = table.text_at(table.names["time"], 0)
    is_alike = form_of(text) == form_of(first) and len(text) == len(first or "")
    problem = (
        f"there is no time {text!r} (of 1678 to 2261)"
        if is_alike
        else f"{text!r} is written otherwise than row 1 ({first!r})"
    )
    yield Finding(row, "time", f"{problem}: {HOW_TO_WRITE}")


def _unreadable_prices(table: Table) -> Iterator[Finding]:
    for name in PRICE_COLUMNS:
        # The sum is finite only if all prices are: one pass instead of two over good data.
        prices = table.prices[name]
        if _is_finite_sum(prices):
            continue
        row = _first(~np.isfinite(prices))
        if row is None:
            continue
        text = table.text_at(table.names[name], row)
        problem = "the cell is empty (NaN)" if text is None else f"{text!r} is no finite number"
        yield Finding(row, name, f"{problem}: fill in the price, or remove the row")


def _disordered_times(table: Table) -> Iterator[Finding]:
    backwards = _first_disorder(table)
    if backwards is None:
        return
    row, earlier = backwards
    now, before = (_iso(int(table.start_ns[at])) for at in (row, earlier))
    # Unreadable times sort before everything; they have a finding of their own.
    if table.start_ns[row] == NULL:
        return
    if now == before:
        whose = f" of {table.symbols[int(table.codes[row])]}" if table.codes is not None else ""
        yield Finding(row, "time", f"{now} stands twice{whose} (first in row {earlier + 1}): remove the duplicate")
        return
    yield Finding(row, "time", f"{now} comes after {before}: sort the rows oldest first{_also_repeated(table)}")


def _first_disorder(table: Table) -> tuple[int, int] | None:
    """First row whose time is not after the row before it of the same symbol, and that row."""
    if table.codes is None:
        row = _first(table.start_ns[1:] <= table.start_ns[:-1])
        return None if row is None else (row + 1, row)
    rows, bounds = group_rows(table.codes, len(table.symbols))
    times = table.start_ns[rows]
    bad = times[1:] <= times[:-1]
    bad[bounds[1:-1] - 1] = False
    at = np.flatnonzero(bad)
    if at.size == 0:
        return None
    earliest = at[np.argmin(rows[at + 1])]
    return int(rows[earliest + 1]), int(rows[earliest])


def _also_repeated(table: Table) -> str:
    """Words on repeated and unreadable times, which sorting alone would not mend."""
    readable = table.start_ns[table.start_ns != NULL]
    words = ""
    if table.codes is None:
        _, counts = np.unique(readable, return_counts=True)
        repeated = int(counts[counts > 1].sum())
        words += f"; {repeated} rows share their time with another: remove the duplicates" if repeated else ""
    unreadable = table.start_ns.size - readable.size
    return words + (f"; {unreadable} rows have a time written otherwise than row 1" if unreadable else "")


def _inconsistent_prices(table: Table) -> Iterator[Finding]:
    high, low = table.prices["high"], table.prices["low"]
    for name in ("low", "open", "close"):
        prices = table.prices[name]
        row = _first(prices > high)
        if row is not None:
            yield _outside(table, row, name, "high", "above")
    for name in ("open", "close"):
        row = _first(table.prices[name] < low)
        if row is not None:
            yield _outside(table, row, name, "low", "below")


def _outside(table: Table, row: int, name: str, bound: str, where: str) -> Finding:
    value, limit = float(table.prices[name][row]), float(table.prices[bound][row])
    return Finding(
        row,
        name,
        f"{name} {value!r} is {where} {bound} {limit!r}: {bound} must be {_ALTERNATIVES[bound]} of the four prices; "
        "correct the row or remove it",
    )


def _strange_volumes(table: Table) -> Iterator[Finding]:
    volume = table.volume
    if volume is None:
        return
    row = _first(volume < 0)
    if row is not None:
        yield Finding(row, "volume", f"{float(volume[row])!r} is negative: correct it, or leave the column out")
    if _is_finite_sum(volume):
        return
    unusable = ~np.isfinite(volume)
    row = _first(unusable)
    if row is not None and not bool(np.isnan(volume).all()):
        text = table.text_at(table.names["volume"], row)
        problem = "the cell is empty (NaN)" if text is None else f"{text!r} is no finite number"
        yield Finding(row, "volume", f"{problem}: write 0 where nothing traded, or leave the column out")


def _iso(time_ns: int) -> str:
    return str(np.datetime64(time_ns, "ns").astype("datetime64[s]")).replace("T", " ")
