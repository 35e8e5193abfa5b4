"""Delimited text as tables: CSV and its kin, and the texts of times that stand in other sources."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from atlas.records.enums import NULL
from atlas.records.errors import DataError

from . import cells
from .layout import Layout, find_decimal, find_layout, rows_of
from .opening import Bytes, padded, read_text
from .options import ReadOptions
from .tables import PRICE_COLUMNS, Codes, Table, Times, availability_columns, clock_column, find_columns
from .times import HOW_TO_WRITE, decimal_to_ns, epoch_to_ns, form_of, is_clock

_SAMPLE_BYTES: Final = 1 << 16
_COUNTED_BYTES: Final = 1 << 18
_ODD_CELLS: Final = 1 << 14
_FIRST_NAMES: Final = 1 << 10
_UNIT_SEPARATOR: Final = "\x1f"
_DAY_NS: Final = 86_400_000_000_000
_MISSING_WORDS: Final = frozenset({"", "nan", "null", "none", "na", "n/a", "#n/a", "-", ".", "nil"})
_MAGNITUDES: Final = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
_GROUPED: Final = re.compile(r"\d{1,3}([.,' ]\d{3})+")


@dataclass(frozen=True)
class Seen:
    """What the reader saw of a column of times; rows count from 0, and -1 is none. See `cells.CELL_WALK`."""

    first_most: int
    second_most: int
    first_zoned: int
    first_unzoned: int
    first_timed: int
    first_dated: int
    not_midnight: int
    last_zone: int
    first_turned: int


@dataclass(frozen=True)
class Moments:
    """Times of a column: ns since 1970 UTC with `NULL` for unreadable ones, and whether they are dates or epochs."""

    times: Times
    is_date: bool = False
    is_epoch: bool = False


class CellReader:
    """
    Reads columns out of the rows of a text.

    Parameters
    ----------
    origin : str
        File name, for messages.
    content : uint8 array
        UTF-8, followed by `cells.PADDING` line ends.
    start, end : int
        First byte of the rows, and the byte after the last.
    separator, decimal : str
        One character each.
    first_line : int
        Line of the file that the rows start at, from 1.
    """

    def __init__(
        self, origin: str, content: Bytes, start: int, end: int, separator: str, decimal: str = ".", first_line: int = 1
    ) -> None:
        self.origin, self.content = origin, content
        self.start, self.end, self.first_line = start, end, first_line
        self.separator, self.decimal = separator, decimal
        rows = content[start:end]
        self.most_rows = 1 + (count_of(rows, cells.LINE_FEED) or count_of(rows, cells.RETURN))

    def read(
        self, kinds: Sequence[int], day_first: bool = False
    ) -> tuple[list[np.ndarray[Any, Any]], Seen, tuple[str, ...]]:
        """
        Read the columns of all rows.

        Parameters
        ----------
        kinds : sequence of int
            Of every column, `cells.SKIP` for those to leave out.
        day_first : bool
            How a date without a year in front is meant.

        Returns
        -------
        outputs : list of array (n,)
            Of each column, empty for those left out.
        seen : Seen
            Of the column of times.
        names : tuple of str
            Texts that the numbers of a column of symbols stand for.
        """
        outputs = [self._output(kind) for kind in kinds]
        columns = np.zeros(len(kinds), cells.CELL_COLUMN)
        columns["kind"] = kinds
        columns["output"] = [output.ctypes.data for output in outputs]
        walk, keep = self._walk(columns, day_first)
        names = np.zeros((_FIRST_NAMES, 2), np.int64)
        while (status := self._step(walk, names)) != cells.DONE:
            if status == cells.ODD_FULL:
                self._read_odd(walk, keep[0], outputs)
            elif status == cells.SYMBOLS_FULL:
                names = np.concatenate([names, np.zeros_like(names)])
            else:
                self._refuse(status, walk[0], len(kinds))
        self._read_odd(walk, keep[0], outputs)
        rows = int(walk["row"][0])
        seen = Seen(**{name: int(walk[name][0]) for name in Seen.__dataclass_fields__})
        return [output[:rows] for output in outputs], seen, self._names(walk[0], names)

    def _output(self, kind: int) -> np.ndarray[Any, Any]:
        count = 0 if kind == cells.SKIP else self.most_rows
        return np.empty(count, np.float64 if kind == cells.NUMBER else np.int64)

    def _walk(self, columns: np.ndarray[Any, Any], day_first: bool) -> tuple[np.ndarray[Any, Any], tuple[Any, ...]]:
        """Make what is shared with the compiled reader, and what has to outlive it."""
        walk = np.zeros(1, cells.CELL_WALK)
        odd = np.zeros((_ODD_CELLS + len(columns), 4), np.int64)
        powers, address = cells.powers_of_ten(), int(self.content.ctypes.data)
        walk["text_address"], walk["position"], walk["end"] = address, address + self.start, address + self.end
        walk["separator"], walk["decimal"] = ord(self.separator), ord(self.decimal)
        walk["columns_address"], walk["column_count"] = columns.ctypes.data, len(columns)
        walk["powers_address"], walk["day_first"] = powers.ctypes.data, int(day_first)
        walk["odd_address"], walk["odd_capacity"] = odd.ctypes.data, len(odd)
        walk["last_name"] = -1
        for name in ("first_zoned", "first_unzoned", "first_timed", "first_dated", "first_turned"):
            walk[name] = -1
        return walk, (odd, columns, powers)

    def _step(self, walk: np.ndarray[Any, Any], names: np.ndarray[Any, Any]) -> int:
        """Read on, with a table of names that may have grown."""
        slots = np.zeros(4 * len(names), np.int64)
        header = walk[0]
        header["slots_address"], header["slot_mask"] = slots.ctypes.data, len(slots) - 1
        header["names_address"], header["name_capacity"] = names.ctypes.data, len(names)
        return int(cells.read_rows(walk.ctypes.data))

    def _names(self, header: Any, names: np.ndarray[Any, Any]) -> tuple[str, ...]:
        return tuple(self._text(*names[number].tolist()) for number in range(int(header["name_count"])))

    def _text(self, address: int, length: int) -> str:
        start = address - int(self.content.ctypes.data)
        return self.decoded(start, start + length)

    def decoded(self, start: int, stop: int) -> str:
        """Text between two positions."""
        try:
            return self.content[start:stop].tobytes().decode()
        except UnicodeDecodeError as error:
            raise DataError(f"{self.origin}: the file is not in UTF-8: save it as UTF-8") from error

    def _read_odd(self, walk: np.ndarray[Any, Any], odd: np.ndarray[Any, Any], outputs: Sequence[Any]) -> None:
        """Read the cells that the compiled reader left."""
        for row, column, start, stop in odd[: int(walk["odd_count"][0])].tolist():
            outputs[column][row] = number_of(self.decoded(start, stop), self.decimal)
        walk["odd_count"] = 0

    def _refuse(self, status: int, header: Any, count: int) -> None:
        row = int(header["row"])
        place = f"{self.origin}: row {row + 1} (line {self.line_of(row)})"
        if status == cells.OPEN_QUOTE:
            raise DataError(f"{place} can't be read: a quote is opened and never closed: close or remove it")
        found = int(header["wrong_columns"])
        words = "column" if found == 1 else "columns"
        raise DataError(
            f"{place} has {found} {words} where the header has {count}: "
            "complete the line, or put values that hold the separator in quotes"
        )

    def line_of(self, row: int) -> int:
        """Line of the file, from 1, at which a row starts."""
        return self._find(row)[0]

    def cells_of(self, row: int) -> list[str]:
        """Cells of a row as they stand."""
        return self._find(row)[1]

    def _find(self, row: int) -> tuple[int, list[str]]:
        text = self.content[self.start : self.end].tobytes().decode(errors="replace")
        found = next((each for at, each in enumerate(rows_of(text, self.separator)) if at == row), (1, []))
        return found[0] + self.first_line - 1, found[1]


def count_of(content: Bytes, byte: int) -> int:
    """How often a byte stands in a text, by parts that stay in the processor's cache."""
    parts = range(0, len(content), _COUNTED_BYTES)
    return sum(int(np.count_nonzero(content[first : first + _COUNTED_BYTES] == byte)) for first in parts)


def number_of(text: str, decimal: str = ".") -> float:
    """
    Number of a cell that is written in an unusual way.

    Parameters
    ----------
    text : str
        Such as ``1e-5``, ``$1,234.50`` or ``12.5K``.
    decimal : str
        In front of the decimals.

    Returns
    -------
    float
        NaN where it is none.
    """
    cell = text.strip().strip('"').strip().lstrip("$€£").strip()
    if cell.lower() in _MISSING_WORDS or "_" in cell:
        return math.nan
    factor = _MAGNITUDES.get(cell[-1:].lower(), 1.0)
    cell = cell[:-1] if factor != 1.0 else cell
    grouping = "," if decimal == "." else "."
    whole, _, fraction = cell.lstrip("+-").partition(decimal)
    if _GROUPED.fullmatch(whole):
        cell = cell.replace(grouping, "").replace("'", "").replace(" ", "")
    elif decimal in fraction and _GROUPED.fullmatch(cell.lstrip("+-")):
        cell = cell.replace(decimal, "")
    try:
        return float(cell.replace(decimal, ".") if grouping not in cell else "") * factor
    except ValueError:
        return math.nan


# --- files -----------------------------------------------------------------------------------------------------------


def read_delimited(path: Path, options: ReadOptions) -> Table:
    """
    Table of a file of delimited text.

    Parameters
    ----------
    path : Path
        Maybe compressed; separator, header and numbers as `find_layout` finds them.
    options : ReadOptions
        What the user said.

    Returns
    -------
    Table
        In the order of the file.

    Raises
    ------
    DataError
        It is empty, malformed, no table, or lacks a column.
    """
    content, size = read_text(path)
    lines = _first_lines(path.name, content, size)
    layout = find_layout(path.name, lines, options)
    names = find_columns(path.name, layout.headers, options.columns)
    clock = clock_column(names, layout.headers, options.columns)
    names = _with_clock(names, clock, layout)
    decimal = find_decimal(path.name, layout, names, options)
    start = _offset_of_line(content, size, layout.first_line)
    reader = CellReader(path.name, content, start, size, layout.separator, decimal, layout.first_line)
    return _table(_Columns(path.name, reader, layout, names, options))


def _first_lines(origin: str, content: Bytes, size: int) -> list[str]:
    start = content[: min(size, _SAMPLE_BYTES)].tobytes()
    if size > _SAMPLE_BYTES:
        start = start[: max(start.rfind(b"\n"), start.rfind(b"\r")) + 1] or start
    try:
        text = start.decode()
    except UnicodeDecodeError as error:
        raise DataError(f"{origin}: the file is not in UTF-8: save it as UTF-8") from error
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _offset_of_line(content: Bytes, size: int, line: int) -> int:
    """Position of the first byte of a line."""
    if line == 1:
        return 0
    start = content[: min(size, _SAMPLE_BYTES)]
    ends = np.flatnonzero(start == cells.LINE_FEED)
    if ends.size == 0:
        ends = np.flatnonzero(start == cells.RETURN)
    return int(ends[line - 2]) + 1 if line - 2 < ends.size else size


def _with_clock(names: dict[str, str], clock: str | None, layout: Layout) -> dict[str, str]:
    """Add the column of times of day, where there is one that the dates need."""
    if clock is None or clock == names["time"]:
        return names
    dates, clocks = layout.values(names["time"]), layout.values(clock)
    if clocks and not all(is_clock(text) for text in clocks):
        return {**names, "time": clock} if form_of(clocks[0]) != "unknown" else names
    return names if dates and ":" in dates[0] else {**names, "clock": clock}


class _Columns:
    """Columns of one file, each by the kind that is found for it."""

    def __init__(
        self, origin: str, reader: CellReader, layout: Layout, names: dict[str, str], options: ReadOptions
    ) -> None:
        self.origin, self.reader, self.layout, self.names, self.options = origin, reader, layout, names, options
        self.positions = {header: at for at, header in enumerate(layout.headers)}
        self.availability = availability_columns(layout.headers)
        further = [header for header in layout.headers if header not in names.values()]
        further = [header for header in further if header not in self.availability.values()]
        self.extras = [header for header in further if self._is_numeric(header)]
        self.ignored = tuple(header for header in further if header not in self.extras)

    def _is_numeric(self, header: str) -> bool:
        values = self.layout.values(header)
        numbers = [number_of(value, self.reader.decimal) for value in values]
        words = [value.lower() in _MISSING_WORDS for value in values]
        return any(not word for word in words) and all(
            word or not math.isnan(number) for word, number in zip(words, numbers, strict=True)
        )

    def kinds(self) -> list[int]:
        """Kinds of all columns for the main reading."""
        kinds = [cells.SKIP] * len(self.layout.headers)
        for name, header in self.names.items():
            kinds[self.positions[header]] = cells.SYMBOL if name == "symbol" else cells.NUMBER
        for header in self.extras:
            kinds[self.positions[header]] = cells.NUMBER
        kinds[self.positions[self.names["time"]]] = self.time_kind(self.names["time"])
        if "clock" in self.names:
            kinds[self.positions[self.names["clock"]]] = cells.CLOCK
        return kinds

    def time_kind(self, header: str) -> int:
        """Kind that reads a column of times."""
        return kind_of_times(self.layout.values(header), self.cell_place(header))

    def cell_place(self, header: str) -> str:
        """Words for the first cell of a column."""
        return f"{self.origin}: row 1 (line {self.layout.first_line}), column {header!r}"

    def moments(self, header: str, values: Any, seen: Seen) -> Moments:
        """Times of a column that was read."""
        kind = self.time_kind(header)
        at = self.positions[header]

        def again() -> tuple[Any, Seen]:
            kinds = [kind if position == at else cells.SKIP for position in range(len(self.layout.headers))]
            outputs, other, _ = self.reader.read(kinds, day_first=True)
            return outputs[at], other

        return moments_of(kind, values, seen, again, self.options, _Column(self, header))

    def availability_of(self, header: str) -> Times:
        """Times of a column that says when values became known."""
        at, kind = self.positions[header], self.time_kind(header)
        kinds = [kind if position == at else cells.SKIP for position in range(len(self.layout.headers))]
        outputs, seen, _ = self.reader.read(kinds, day_first=self.options.dates == "day-first")
        return self.moments(header, outputs[at], seen).times

    def text_at(self, header: str, row: int) -> str | None:
        """What stands in a cell; None where it is empty."""
        found = self.reader.cells_of(row)
        at = self.positions[header]
        return (found[at].strip() or None) if at < len(found) else None


@dataclass(frozen=True)
class _Column:
    """A column of times, for messages."""

    columns: _Columns
    header: str

    def place(self, row: int) -> str:
        line = self.columns.reader.line_of(row)
        return f"{self.columns.origin}: row {row + 1} (line {line}), column {self.header!r}"

    def text(self, row: int) -> str:
        return self.columns.text_at(self.header, row) or ""


def _table(columns: _Columns) -> Table:
    names, positions = columns.names, columns.positions
    day_first = columns.options.dates == "day-first"
    outputs, seen, symbols = columns.reader.read(columns.kinds(), day_first)
    by_header = dict(zip(columns.layout.headers, outputs, strict=True))
    moments = columns.moments(names["time"], by_header[names["time"]], seen)
    if moments.times.size == 0:
        raise DataError(f"{columns.origin}: the file is empty: it has a header but no rows")
    if "clock" in names:
        moments = _with_time_of_day(moments, by_header[names["clock"]], seen, columns)
    codes = None
    if "symbol" in names:
        codes = by_header[names["symbol"]]
        _check_symbols(codes, columns)
    elif columns.layout.symbol:
        codes, symbols = np.zeros(len(moments.times), np.int64), (columns.layout.symbol,)
    return Table(
        origin=columns.origin,
        names=names,
        start_ns=moments.times,
        is_date=moments.is_date,
        is_epoch=moments.is_epoch,
        prices={name: outputs[positions[names[name]]] for name in PRICE_COLUMNS},
        volume=by_header[names["volume"]] if "volume" in names else None,
        text_at=columns.text_at,
        codes=codes,
        symbols=symbols,
        extras={header: by_header[header] for header in columns.extras},
        available={value: columns.availability_of(header) for value, header in columns.availability.items()},
        ignored=columns.ignored,
        line_of=columns.reader.line_of,
        notes=columns.layout.notes,
    )


def _check_symbols(codes: Codes, columns: _Columns) -> None:
    if codes.size and int(codes.min()) < 0:
        place = _Column(columns, columns.names["symbol"]).place(int(np.argmin(codes)))
        raise DataError(f"{place}: no symbol: fill it in")


def _with_time_of_day(dates: Moments, clock_ns: Times, seen: Seen, columns: _Columns) -> Moments:
    """Dates and the times of day beside them as times."""
    times = np.where(
        (dates.times == NULL) | (clock_ns == NULL), NULL, dates.times + np.where(clock_ns == NULL, 0, clock_ns)
    )
    if columns.options.timezone and seen.first_zoned < 0:
        times = in_zone(times, columns.options, _Column(columns, columns.names["clock"]))
    return Moments(times)


# --- times -----------------------------------------------------------------------------------------------------------


def kind_of_times(values: Sequence[str], place: str) -> int:
    """Kind that reads a column of times, by its first cells; `place` is that of the first."""
    values = [value for value in values if value.lower() not in _MISSING_WORDS]
    if not values:
        # Empty cells are reported with their row, like those of every other column.
        return cells.MOMENT
    form = form_of(values[0])
    if form == "unknown":
        raise DataError(f"{place}: {values[0]!r} is no date or time: {HOW_TO_WRITE}")
    return {"integer": cells.WHOLE, "decimal": cells.NUMBER}.get(form, cells.MOMENT)


def moments_of(kind: int, values: Any, seen: Seen, again: Any, options: ReadOptions, column: Any) -> Moments:
    """
    Times of what the reader read of a column.

    Parameters
    ----------
    kind : int
        That it was read by.
    values : array (n,)
    seen : Seen
    again : callable
        Reads the column anew with the day first, and gives values and what was seen.
    options : ReadOptions
    column : object
        Gives `place(row)` and `text(row)` for messages.

    Returns
    -------
    Moments

    Raises
    ------
    DataError
        What the day is can't be told, zones are mixed, or a time was skipped by its zone's clocks.
    """
    if kind != cells.MOMENT:
        convert = epoch_to_ns if kind == cells.WHOLE else decimal_to_ns
        return Moments(convert(values), is_epoch=True)
    if options.dates == "auto" and seen.first_turned == 0:
        values, seen = _with_day_found(values, seen, again, column)
    times: Times = values
    if seen.first_turned > 0:
        # Row 1 has the year in front: this one is reported as written otherwise.
        times[seen.first_turned] = NULL
    if seen.first_timed < 0:
        return Moments(times, is_date=seen.first_dated >= 0)
    if seen.first_dated == 0:
        # Row 1 is a date: the first one with a time of day is reported as written otherwise.
        times[seen.first_timed] = NULL
        return Moments(times, is_date=True)
    if seen.first_zoned >= 0 and (seen.first_unzoned >= 0):
        bare, zoned = seen.first_unzoned, seen.first_zoned
        raise DataError(
            f"{column.place(max(bare, zoned))}: {column.text(bare)!r} has no time zone and {column.text(zoned)!r} "
            f"(row {zoned + 1}) has one: write all with their offset, or none and pass timezone='America/New_York' "
            "or the like"
        )
    if seen.first_zoned >= 0:
        return _zoned(times, seen)
    if options.timezone:
        return Moments(in_zone(times, options, column))
    return Moments(times)


def _zoned(times: Times, seen: Seen) -> Moments:
    """Times with a zone; midnights of days elsewhere are dates, which name their day wherever it begins."""
    if seen.not_midnight or seen.last_zone == 0:
        return Moments(times)
    shifted = times + seen.last_zone * 1_000_000_000 + _DAY_NS // 2
    return Moments(np.where(times == NULL, NULL, shifted - shifted % _DAY_NS), is_date=True)


def _with_day_found(values: Any, seen: Seen, again: Any, column: Any) -> tuple[Any, Seen]:
    """Values read with the day where the data says it is."""
    text = column.text(0)
    # With dots between, the day comes first wherever dates are so written.
    is_dotted = bool(re.match(r"\s*\d{1,2}\.\d{1,2}\.", text))
    if seen.first_most > 12 or (is_dotted and seen.second_most <= 12):
        found: tuple[Any, Seen] = again()
        return found
    if seen.second_most <= 12:
        raise DataError(
            f"{column.place(0)}: {text!r} may be day or month first, and no date of the column tells: "
            "pass dates='day-first' or dates='month-first'"
        )
    return values, seen


def in_zone(times: Times, options: ReadOptions, column: Any) -> Times:
    """Local times of the zone that was said, as UTC."""
    from .zones import local_to_utc

    converted, skipped = local_to_utc(times, options.timezone)
    if skipped is not None:
        raise DataError(
            f"{column.place(skipped)}: the clocks of {options.timezone} skipped {column.text(skipped)!r}: correct it, "
            "or say the zone the times are in"
        )
    return converted


def read_times(texts: Sequence[str | None], origin: str, header: str, options: ReadOptions) -> Moments:
    """
    Times of texts that stand in a column of another source.

    Parameters
    ----------
    texts : sequence of str or None
    origin, header : str
        For messages.
    options : ReadOptions

    Returns
    -------
    Moments
    """
    filled = [text for text in texts if text]
    kind = kind_of_times(filled[:1], f"{origin}: row 1, column {header!r}")
    joined = "\n".join('""' if not text else str(text).replace("\n", " ").replace('"', "") for text in texts)
    content = joined.encode()
    reader = CellReader(origin, padded(content), 0, len(content), _UNIT_SEPARATOR)
    (values,), seen, _ = reader.read([kind], options.dates == "day-first")

    def again() -> tuple[Any, Seen]:
        (others,), other, _ = reader.read([kind], day_first=True)
        return others, other

    return moments_of(kind, values, seen, again, options, _Texts(texts, origin, header))


@dataclass(frozen=True)
class _Texts:
    """A column of texts, for messages."""

    texts: Sequence[str | None]
    origin: str
    header: str

    def place(self, row: int) -> str:
        return f"{self.origin}: row {row + 1}, column {self.header!r}"

    def text(self, row: int) -> str:
        return self.texts[row] or ""


__all__ = ["CellReader", "Moments", "number_of", "read_delimited", "read_times"]
