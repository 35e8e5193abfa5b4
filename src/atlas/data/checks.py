"""Checks of a table: the first thing wrong in it, said in one line with its place and its remedy."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from atlas.records.enums import NULL
from atlas.records.errors import DataError

from .tables import PRICE_COLUMNS, Table, group_rows
from .times import HOW_TO_WRITE, MILLENNIUM_NS, form_of

_NUMBERS_FIRST: Final = re.compile(r"\s*\d{1,2}[-/.]\d{1,2}[-/.]\d{2}")
_FIRST_EPOCH_NS: Final = 315_532_800 * 1_000_000_000
Mask = npt.NDArray[np.bool_]
_ALTERNATIVES = {"high": "the highest", "low": "the lowest"}


@dataclass(frozen=True)
class Finding:
    """Something wrong in a row; `row` counts from 0."""

    row: int
    column: str
    message: str


def check_table(table: Table, allow_zeros: bool = False) -> None:
    """
    Raise for the first row of a table that can't be a bar.

    Parameters
    ----------
    table : Table
        As read.
    allow_zeros : bool
        Whether a price of zero is one where no price is below zero.

    Raises
    ------
    DataError
        Names file, row, column, what stands there and how to mend it. Of several rows the first in the file is named.
    """
    findings = [
        *_unreadable_times(table),
        *_unreadable_prices(table),
        *_implausible_times(table),
        *_disordered_times(table),
        *_inconsistent_prices(table),
        *_absent_prices(table, allow_zeros),
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
    column = "clock" if "clock" in table.names and table.text("time", row) is not None else "time"
    text = table.text(column, row)
    if text is None:
        remedy = "fill in the time of the bar, remove the row, or pass missing='drop'"
        yield Finding(row, column, f"the cell is empty: {remedy}")
        return
    first = table.text(column, 0)
    is_alike = form_of(text) == form_of(first) and len(text) == len(first or "")
    problem = (
        f"there is no time {text!r} (of 1678 to 2261)"
        if is_alike or row == 0
        else f"{text!r} is written otherwise than row 1 ({first!r})"
    )
    day_first = ", or pass dates='day-first' or 'month-first'" if _NUMBERS_FIRST.match(text) else ""
    yield Finding(row, column, f"{problem}: {HOW_TO_WRITE}{day_first}")


def _implausible_times(table: Table) -> Iterator[Finding]:
    """Find numbers that are no times, or of another unit than seconds, ms, us or ns."""
    if table.start_ns.size == 0:
        return
    if table.is_epoch:
        row = _first((table.start_ns != NULL) & (table.start_ns < _FIRST_EPOCH_NS))
        if row is not None:
            when = _iso(int(table.start_ns[row]))
            remedy = "Write seconds, ms, us or ns since 1970, or say which column is the time: columns={'time': ...}"
            problem = f"{table.text('time', row)!r} would be {when}: {_kind_of_number(table.text('time', row))}?"
            yield Finding(row, "time", f"{problem} {remedy}")
    if int(table.start_ns.max()) > MILLENNIUM_NS:
        row = int(np.argmax(table.start_ns > MILLENNIUM_NS))
        remedy = "give times in seconds, ms, us or ns since 1970" if table.is_epoch else "correct the year"
        when = _iso(int(table.start_ns[row]))
        yield Finding(row, "time", f"{table.text('time', row)!r} would be {when}, in the far future: {remedy}")


def _kind_of_number(text: str | None) -> str:
    """What a number that is no time may be: a day as Excel counts it, where that is of 1955 to 2092."""
    days = re.fullmatch(r"([2-6]\d{4})(\.\d+)?", text or "")
    if days is None:
        return "a count of rows, or another unit"
    day = np.datetime64("1899-12-30") + np.timedelta64(int(days[1]), "D")
    return f"a count of rows, or {day} as Excel counts days (format the column as a date there)"


def _unreadable_prices(table: Table) -> Iterator[Finding]:
    for name in PRICE_COLUMNS:
        # The sum is finite only if all prices are: one pass instead of two over good data.
        prices = table.prices[name]
        if _is_finite_sum(prices):
            continue
        row = _first(~np.isfinite(prices))
        if row is None:
            continue
        text = table.text(name, row)
        problem = "the cell is empty (NaN)" if text is None else f"{text!r} is no finite number"
        yield Finding(row, name, f"{problem}: fill in the price, remove the row, or pass missing='drop'")


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
        several = _several_symbols(table)
        remedy = f"remove the duplicate, or pass duplicates='last' (or 'first'){several}"
        yield Finding(row, "time", f"{now} stands twice{whose} (first in {table.row_words(earlier)}): {remedy}")
        return
    remedy = f"sort the rows oldest first, or pass sort=True{_also_repeated(table)}"
    yield Finding(row, "time", f"{now} comes after {before}: {remedy}")


def _several_symbols(table: Table) -> str:
    """Words on a column that may hold symbols, where none was found."""
    if table.codes is not None or not table.ignored:
        return ""
    return f"; of several symbols, name their column: columns={{'symbol': {table.ignored[0]!r}}}"


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
        also = "remove them, or pass duplicates='last'"
        words += f"; {repeated} rows share their time with another: {also}" if repeated else ""
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


def _absent_prices(table: Table, allow_zeros: bool) -> Iterator[Finding]:
    """Find zeros among prices above zero: what vendors write where there was no price."""
    low = table.prices["low"]
    if allow_zeros or not low.size or float(low.min()) != 0.0:
        return
    for name in ("low", "open", "close", "high"):
        row = _first(table.prices[name] == 0.0)
        if row is not None:
            remedy = "correct it, remove the row, pass missing='drop', or zeros='keep' where it is a price"
            yield Finding(row, name, f"0 among prices above zero, as vendors write for no price: {remedy}")
            return


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
        text = table.text("volume", row)
        problem = "the cell is empty (NaN)" if text is None else f"{text!r} is no finite number"
        yield Finding(row, "volume", f"{problem}: write 0 where nothing traded, or leave the column out")


def _iso(time_ns: int) -> str:
    return str(np.datetime64(time_ns, "ns").astype("datetime64[s]")).replace("T", " ")
