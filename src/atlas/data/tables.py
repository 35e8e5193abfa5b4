"""
A table of one source: its columns under their standard names, before they are bars.

Readers make tables, checks look at them, `bars` turns them into records.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from atlas.config.suggestions import did_you_mean
from atlas.records.errors import DataError

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int64]

_WORDS: Final = re.compile(r"[^\W_]+")
PRICE_COLUMNS: Final = ("open", "high", "low", "close")
ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "time": (
        *("timestamp", "datetime", "date time", "date", "time", "ts", "open time", "opentime", "gmt time"),
        *("trade date", "tradedate", "window start", "start time", "ts event", "unix", "unix timestamp", "epoch"),
        # An index without a name, as pandas writes it to CSV and Parquet.
        *("column 1", "unnamed 0", "index level 0"),
    ),
    "open": ("open", "o", "1 open", "open price"),
    "high": ("high", "h", "2 high", "high price"),
    "low": ("low", "l", "3 low", "low price"),
    "close": ("close", "c", "4 close", "close price", "close last", "last", "price"),
    "volume": ("volume", "vol", "v", "volume base", "5 volume", "tickvol", "tick volume"),
    "symbol": ("symbol", "ticker", "sym", "instrument"),
}
"""Headers under which each standard column is found, folded, best first."""
CLOCK_HEADERS: Final = ("time", "time of day", "clock")
"""Headers of a time of day that stands beside a column of dates."""
AVAILABLE: Final = " available"
"""How the folded header of a column ends that says when a value of another became known."""


@dataclass(frozen=True)
class Table:
    """
    Columns of one source, all of length n, in the order of the source.

    Attributes
    ----------
    origin : str
        File name, or what a message should call it.
    names : mapping of str to str
        Header of each standard column that was found.
    start_ns : int64 array (n,)
        Time of each row, ns since 1970 UTC; `NULL` where unreadable.
    is_date : bool
        The times are dates without a time of day.
    is_epoch : bool
        The times were numbers since 1970.
    prices : mapping of str to float64 array (n,)
        open, high, low, close; NaN where absent or unreadable.
    volume : float64 array (n,) or None
        None where the source has no volume.
    codes : int64 array (n,) or None
        Position of each row's symbol in `symbols`; None where one symbol is all there is.
    symbols : tuple of str
        Symbols that `codes` refers to.
    extras : mapping of str to float64 array (n,)
        Further numeric columns.
    available : mapping of str to int64 array (n,)
        When values of a column of `extras` became known, ns since 1970 UTC; `NULL` where nothing says it.
    ignored : tuple of str
        Headers of further columns that are not numeric.
    text_at : callable (column, row) -> str or None
        What stands in a cell, for messages; None for an empty cell.
    line_of : callable (row) -> int, optional
        Line of the file that a row stands in, from 1.
    rows : intp array (n,), optional
        Where each row stands in the source, from 0, for `text_at` and `line_of`; None: in order.
    parts : tuple of (int, Table)
        First row and table of each source that it was joined of; empty where it is of one.
    notes : tuple of str
        What was taken for granted in reading, and what was mended.
    """

    origin: str
    names: Mapping[str, str]
    start_ns: Times
    is_date: bool
    prices: Mapping[str, Floats]
    volume: Floats | None
    text_at: Callable[[str, int], str | None]
    codes: Codes | None = None
    symbols: tuple[str, ...] = ()
    extras: Mapping[str, Floats] = field(default_factory=dict)
    available: Mapping[str, Times] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    is_epoch: bool = False
    line_of: Callable[[int], int] | None = None
    rows: npt.NDArray[np.intp] | None = None
    parts: tuple[tuple[int, "Table"], ...] = ()
    notes: tuple[str, ...] = ()

    def source_row(self, row: int) -> int:
        """Where a row stands in the source, from 0."""
        return row if self.rows is None else int(self.rows[row])

    def text(self, column: str, row: int) -> str | None:
        """What stands in the cell of a standard column; None for an empty cell."""
        source = self.source_row(row)
        for first, part in reversed(self.parts):
            if source >= first:
                return part.text(column, source - first)
        return self.text_at(self.names[column], source)

    def place(self, row: int, column: str) -> str:
        """Words for a cell: ``aapl.csv: row 3 (line 4), column close``."""
        source = self.source_row(row)
        for first, part in reversed(self.parts):
            if source >= first:
                return part.place(source - first, column)
        line = f" (line {self.line_of(source)})" if self.line_of is not None else ""
        header = self.names.get(column, column)
        return f"{self.origin}: row {source + 1}{line}, column {header!r}"

    def row_words(self, row: int) -> str:
        """Words for a row, beside the place of another one of the same source: ``row 3``."""
        if self.parts:
            return self.place(row, "time").partition(", column")[0]
        return f"row {self.source_row(row) + 1}"


def find_columns(origin: str, headers: Iterable[str], given: Mapping[str, str] | None = None) -> dict[str, str]:
    """
    Header of each standard column of a source.

    Parameters
    ----------
    origin : str
        For messages.
    headers : iterable of str
        As written in the source, any case.
    given : mapping of str to str, optional
        Header by standard name (time, open, high, low, close, volume, symbol), before any guess.

    Returns
    -------
    dict
        Header by standard name; volume and symbol only where present.

    Raises
    ------
    DataError
        A column is missing, a given header isn't there, or a header stands twice.
    """
    headers = [str(header) for header in headers]
    by_folded = _folded(origin, headers)
    _check_names(origin, given, by_folded)
    found: dict[str, str] = {}
    absent: list[str] = []
    for name, aliases in ALIASES.items():
        wanted = (given or {}).get(name)
        candidates = aliases if wanted is None else (fold(wanted),)
        header_found = next((by_folded[alias] for alias in candidates if alias in by_folded), None)
        if header_found is not None:
            found[name] = header_found
        elif wanted is not None:
            raise DataError(_missing(origin, name, wanted, headers))
        elif name not in {"volume", "symbol"}:
            absent.append(name)
    if absent:
        raise DataError(
            _missing(origin, absent[0], None, headers) if len(absent) == 1 else _all(origin, absent, headers)
        )
    return found


def _folded(origin: str, headers: list[str]) -> dict[str, str]:
    by_folded: dict[str, str] = {}
    for header in headers:
        folded = fold(header) or header
        if folded in by_folded:
            raise DataError(f"{origin}: column {header!r} stands twice: rename or remove one of them")
        by_folded[folded] = header
    return by_folded


def _check_names(origin: str, given: Mapping[str, str] | None, by_folded: Mapping[str, str]) -> None:
    for name, header in (given or {}).items():
        if name in ALIASES or name == "clock":
            continue
        if header in ALIASES and fold(name) in by_folded:
            raise DataError(f"{origin}: columns= goes from the standard name to the header: {{{header!r}: {name!r}}}")
        raise DataError(f"{origin}: columns= has no {name!r}; {did_you_mean(name, ALIASES)}")


def clock_column(names: Mapping[str, str], headers: Iterable[str], given: Mapping[str, str] | None) -> str | None:
    """Header of the times of day that belong to a column of dates; None where there is none."""
    by_folded = {fold(header): header for header in headers}
    if given and "clock" in given:
        return by_folded.get(fold(given["clock"]))
    if "date" not in fold(names["time"]):
        return None
    return next((by_folded[name] for name in CLOCK_HEADERS if name in by_folded), None)


def availability_columns(headers: Iterable[str]) -> dict[str, str]:
    """Header of the times at which values became known, by the header of the values."""
    by_folded = {fold(header): header for header in headers}
    return {
        by_folded[folded[: -len(AVAILABLE)]]: header
        for folded, header in by_folded.items()
        if folded.endswith(AVAILABLE) and folded[: -len(AVAILABLE)] in by_folded
    }


def fold(header: str) -> str:
    """Words of a header in lower case, without what stands around and between them."""
    return " ".join(_WORDS.findall(header.lower()))


def _missing(origin: str, name: str, wanted: str | None, headers: list[str]) -> str:
    folded = {fold(header): header for header in headers}
    words = (
        f"no column {wanted or name!r}" if wanted or name != "time" else "no column of times (timestamp, date, time)"
    )
    # A header that is named only in part is surer than one of like letters.
    parts = [header for header in folded if wanted and fold(wanted) in header]
    close = parts if len(parts) == 1 else get_close_matches(fold(wanted or name), folded, n=1, cutoff=0.7)
    hint = f"; did you mean {folded[close[0]]!r}? Then pass columns={{{name!r}: {folded[close[0]]!r}}}" if close else ""
    return (
        f"{origin}: {words} among {', '.join(headers) or 'none'}"
        f"{hint or f'; add it, or say which it is: columns={{{name!r}: ...}}'}"
    )


def _all(origin: str, names: list[str], headers: list[str]) -> str:
    """Words on several columns that are absent; the first with what it may be called, where one is near."""
    which = ", ".join(f"{name!r}: ..." for name in names)
    first = _missing(origin, names[0], None, headers)
    if "did you mean" in first:
        return first
    words = ", ".join("times" if name == "time" else name for name in names)
    return (
        f"{origin}: no columns of {words} among {', '.join(headers) or 'none'}; say which they are: columns={{{which}}}"
    )


def as_floats(values: Any) -> Floats:
    """Column as float64 (n,), NaN where masked or not a number."""
    if getattr(values, "dtype", None) == np.float32:
        return _from_single(np.ma.filled(values, np.nan))
    if isinstance(values, np.ma.MaskedArray):
        return np.ascontiguousarray(np.ma.filled(values.astype(np.float64), np.nan))
    array = np.asarray(values)
    if array.dtype == np.float64:
        return np.ascontiguousarray(array)
    if array.dtype.kind in "iufb":
        return array.astype(np.float64)
    import pandas as pd

    return np.asarray(pd.to_numeric(pd.Series(array), errors="coerce"), dtype=np.float64)


def _from_single(values: npt.NDArray[np.float32]) -> Floats:
    """Widen single precision to the decimals that it prints: 1.1, not 1.100000024."""
    wide = values.astype(np.float64)
    result = wide.copy()
    pending = np.isfinite(wide)
    with np.errstate(over="ignore"):
        for decimals in range(10):
            rounded = np.round(wide, decimals)
            settled = pending & (rounded.astype(np.float32) == values)
            result[settled] = rounded[settled]
            pending &= ~settled
    return result


def group_rows(codes: Codes, count: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """
    Rows of each group, in source order.

    Parameters
    ----------
    codes : int64 array (n,)
        Group of each row, in [0, count).
    count : int
        Number of groups.

    Returns
    -------
    rows : intp array (n,)
        Rows, group after group.
    bounds : intp array (count + 1,)
        Group g is ``rows[bounds[g]:bounds[g + 1]]``.
    """
    # NumPy sorts 16-bit integers by radix, an order of magnitude faster than 64-bit ones.
    narrow = codes.astype(np.uint16) if count <= np.iinfo(np.uint16).max else codes
    rows = np.argsort(narrow, kind="stable")
    bounds = np.concatenate(([0], np.cumsum(np.bincount(codes, minlength=count))))
    return rows, bounds.astype(np.intp)
