"""
A table of one source: its columns under their standard names, before they are bars.

Readers make tables, checks look at them, `bars` turns them into records.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from atlas.records.errors import DataError

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int64]

PRICE_COLUMNS: Final = ("open", "high", "low", "close")
ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "time": ("timestamp", "datetime", "date", "time", "ts"),
    "open": ("open",),
    "high": ("high",),
    "low": ("low",),
    "close": ("close",),
    "volume": ("volume", "vol", "volume_base"),
    "symbol": ("symbol", "ticker"),
}
"""Headers under which each standard column is found, in any case, best first."""


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
    ignored : tuple of str
        Headers of further columns that are not numeric.
    text_at : callable (column, row) -> str or None
        What stands in a cell, for messages; None for an empty cell.
    has_header_line : bool
        Row 1 is line 2 of the file.
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
    ignored: tuple[str, ...] = ()
    has_header_line: bool = False

    def place(self, row: int, column: str) -> str:
        """Words for a cell: ``aapl.csv: row 3 (line 4), column close``."""
        line = f" (line {row + 2})" if self.has_header_line else ""
        header = self.names.get(column, column)
        return f"{self.origin}: row {row + 1}{line}, column {header!r}"


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
    by_folded: dict[str, str] = {}
    for header in headers:
        folded = fold(header)
        if folded in by_folded:
            raise DataError(f"{origin}: column {header!r} stands twice: rename or remove one of them")
        by_folded[folded] = header
    found: dict[str, str] = {}
    for name, aliases in ALIASES.items():
        wanted = (given or {}).get(name)
        candidates = aliases if wanted is None else (fold(wanted),)
        header_found = next((by_folded[alias] for alias in candidates if alias in by_folded), None)
        if header_found is not None:
            found[name] = header_found
        elif wanted is not None or name not in {"volume", "symbol"}:
            raise DataError(_missing(origin, name, wanted, headers))
    if found["time"].lower() == "date" and "time" in by_folded:
        raise DataError(f"{origin}: columns 'date' and 'time' are two: join them into one column 'timestamp'")
    return found


def fold(header: str) -> str:
    """Header without case and outer blanks."""
    return header.strip().lower()


def _missing(origin: str, name: str, wanted: str | None, headers: list[str]) -> str:
    label = wanted or (" or ".join(ALIASES["time"]) if name == "time" else name)
    close = get_close_matches(fold(wanted or name), [fold(header) for header in headers], n=1)
    hint = f"; is it {close[0]!r}? Then pass columns={{{name!r}: {close[0]!r}}}" if close else ""
    return (
        f"{origin}: no column {label!r} among {', '.join(headers) or 'none'}{hint or '; add it or name it in columns='}"
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
