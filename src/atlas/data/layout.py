"""How a text file is laid out: its separator, its header or the lack of one, what its numbers look like."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from atlas.records.errors import DataError

from .options import SEPARATORS, ReadOptions
from .tables import ALIASES, PRICE_COLUMNS, fold
from .times import form_of, is_clock

SAMPLE_ROWS: Final = 100
_PREAMBLE_LINES: Final = 20
_KNOWN: Final = frozenset(alias for aliases in ALIASES.values() for alias in aliases)
_VALUE: Final = re.compile(r"\s*[+-]?[\d.,]+([eE][+-]?\d+)?\s*")
_THOUSANDS: Final = re.compile(r"\d{1,3}(,\d{3})+")
KLINES: Final[tuple[str, ...]] = (
    *("open_time", "open", "high", "low", "close", "volume", "close_time", "quote_volume", "trades"),
    *("taker_buy_volume", "taker_buy_quote_volume", "ignore"),
)
"""Columns of the kline files that Binance publishes without a header."""
BARS: Final = ("timestamp", "open", "high", "low", "close", "volume")
CLOCKED_BARS: Final = ("date", "time", "open", "high", "low", "close", "volume")


@dataclass(frozen=True)
class Layout:
    """
    How a text file is laid out.

    Attributes
    ----------
    separator : str
        One character.
    headers : tuple of str
        Of every column, in order.
    header_line : int
        Line that holds them, from 1; 0 where none does.
    first_line : int
        Line, from 1, of the first row.
    sample : list of list of str
        Cells of the first rows.
    symbol : str
        Symbol that the lines above the rows name; empty where they name none.
    notes : tuple of str
        What was taken for granted.
    """

    separator: str
    headers: tuple[str, ...]
    header_line: int
    first_line: int
    sample: list[list[str]]
    symbol: str = ""
    notes: tuple[str, ...] = ()

    def values(self, header: str) -> list[str]:
        """Cells of a column in the sample that are not empty."""
        at = self.headers.index(header)
        return [row[at].strip() for row in self.sample if at < len(row) and row[at].strip()]


def find_layout(origin: str, lines: list[str], options: ReadOptions) -> Layout:
    """
    Find how a file is laid out.

    Parameters
    ----------
    origin : str
        File name, for messages.
    lines : list of str
        First lines of the file.
    options : ReadOptions
        What the user said.

    Returns
    -------
    Layout

    Raises
    ------
    DataError
        There is no table in the file.
    """
    if not any(line.strip() for line in lines):
        raise DataError(f"{origin}: the file is empty: it needs a header line and at least one row")
    at, separator, has_header = _start(lines, options)
    cells = split(lines[at], separator)
    if not has_header:
        return _headless(origin, lines, at, separator, cells)
    if len(cells) == 1:
        raise DataError(
            f"{origin}: line {at + 1} has one column, {cells[0]!r}: separate columns by comma, semicolon, tab or |, "
            "or say what does: separator=..."
        )
    headers = [cell.strip().strip("<>").strip() for cell in cells]
    names = tuple(header or f"column {position + 1}" for position, header in enumerate(headers))
    names, first, symbol = _below_header(origin, lines, at, separator, names)
    return Layout(separator, names, at + 1, first + 1, _sample(lines[first:], separator), symbol)


def split(line: str, separator: str) -> list[str]:
    """Cells of one line."""
    return next(csv.reader([line], delimiter=separator), [])


def _start(lines: list[str], options: ReadOptions) -> tuple[int, str, bool]:
    """Line at which the table starts, its separator, and whether that line is a header."""
    filled = [at for at, line in enumerate(lines) if line.strip() and not line.startswith("#")]
    given = {fold(name) for name in (options.columns or {}).values()}
    for at in filled[:_PREAMBLE_LINES]:
        for separator in _separators(lines[at], options):
            cells = split(lines[at], separator)
            folded = {fold(cell) for cell in cells}
            if len(folded & _KNOWN) >= 2 or (given and len(folded & given) >= min(2, len(given))):
                return at, separator, True
            if len(cells) >= 5 and _holds_values(cells):
                above = max((line for line in filled if line < at), default=at)
                return (
                    (above, separator, True)
                    if _holds_names(lines[above], separator, len(cells))
                    else (at, separator, False)
                )
    at = filled[0] if filled else 0
    separator = next(iter(_separators(lines[at], options)))
    return at, separator, not _holds_values(split(lines[at], separator))


def _separators(line: str, options: ReadOptions) -> list[str]:
    if options.separator:
        return [options.separator]
    return sorted(SEPARATORS, key=lambda separator: -len(split(line, separator)))


def _holds_names(line: str, separator: str, count: int) -> bool:
    """Whether a line could be the header of so many columns, by names that are not known."""
    cells = split(line, separator)
    return len(cells) == count and all(re.search(r"[^\W\d]", cell) for cell in cells) and not _holds_values(cells)


def _holds_values(cells: list[str]) -> bool:
    """Whether a line is a row: it starts with a time, and numbers follow."""
    first = cells[0].strip()
    is_time = form_of(first) in {"compact", "integer", "datetime", "decimal"}
    numbers = [cell for cell in cells[1:] if _VALUE.fullmatch(cell)]
    return is_time and 2 * len(numbers) >= len(cells) - 1


def _headless(origin: str, lines: list[str], at: int, separator: str, cells: list[str]) -> Layout:
    """Layout of a file whose first line is a row, where its shape says what the columns are."""
    has_clock = len(cells) > 2 and ":" in cells[1] and is_clock(cells[1])
    if len(cells) == len(KLINES) and form_of(cells[0]) == "integer":
        names, words = KLINES, "as Binance's klines"
    elif has_clock and len(cells) in (6, 7):
        names, words = CLOCKED_BARS[: len(cells)], "as date, time, open, high, low, close, volume"
    elif not has_clock and len(cells) in (5, 6):
        names, words = BARS[: len(cells)], "as time, open, high, low, close, volume"
    else:
        raise DataError(
            f"{origin}: line {at + 1} holds values, not names, in {len(cells)} columns: "
            "add a header such as date,open,high,low,close,volume"
        )
    notes = (f"{origin} has no header: its {len(cells)} columns are read {words}",)
    return Layout(separator, names, 0, at + 1, _sample(lines[at:], separator), notes=notes)


def _below_header(
    origin: str, lines: list[str], at: int, separator: str, names: tuple[str, ...]
) -> tuple[tuple[str, ...], int, str]:
    """Names, first line of the rows and symbol, where two more lines of a header follow, as yfinance writes them."""
    following = [split(line, separator) for line in lines[at + 1 : at + 3]]
    if not following or not following[0] or fold(following[0][0]) != "ticker":
        return names, at + 1, ""
    tickers = sorted({cell.strip() for cell in following[0][1:] if cell.strip()})
    if len(tickers) != 1:
        raise DataError(
            f"{origin}: line {at + 2} names {len(tickers)} symbols side by side: write one file a symbol, "
            "or a column 'symbol'"
        )
    has_time = len(following) > 1 and fold(following[1][0]) in ALIASES["time"]
    time = following[1][0].strip() if has_time else "Date"
    return (time, *names[1:]), at + (3 if has_time else 2), tickers[0]


def _sample(lines: list[str], separator: str) -> list[list[str]]:
    rows = (row for row in csv.reader(lines, delimiter=separator) if row)
    return [row for _, row in zip(range(SAMPLE_ROWS), rows, strict=False)]


def find_decimal(origin: str, layout: Layout, names: Mapping[str, str], options: ReadOptions) -> str:
    """
    Find the character in front of the decimals of a file's numbers.

    Parameters
    ----------
    origin : str
        For messages.
    layout : Layout
    names : mapping of str to str
        Header by standard name.
    options : ReadOptions

    Returns
    -------
    str
        ``.`` or ``,``; of a cell that has both, the last one.

    Raises
    ------
    DataError
        1,234 may be either.
    """
    if options.decimal:
        return options.decimal
    cells = [cell for name in PRICE_COLUMNS for cell in layout.values(names[name])]
    for cell in cells:
        if "." in cell and "," in cell:
            return max(".,", key=cell.rfind)
    if any("." in cell for cell in cells) or not any("," in cell for cell in cells):
        return "."
    with_comma = [cell for cell in cells if "," in cell]
    if not all(_THOUSANDS.fullmatch(cell.lstrip("-+$ ")) for cell in with_comma):
        return ","
    if layout.separator == ",":
        return "."
    cell = with_comma[0]
    raise DataError(
        f"{origin}: {cell!r} may be {cell.replace(',', '.')} or {cell.replace(',', '')}, and no price of the first "
        f"{SAMPLE_ROWS} rows tells: pass decimal=',' or decimal='.'"
    )


def rows_of(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Line (from 1) and cells of each row of a text, blank lines left out, as the compiled reader counts them."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    line = 1
    for row in reader:
        if row:
            yield line, row
        line = reader.line_num + 1
