"""From whatever a user has - a file, a folder, a frame, a mapping of them - to a checked history of bars."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from atlas.config.timeframes import timeframe_ns
from atlas.records.enums import PriceType
from atlas.records.errors import DataError
from atlas.records.instruments import DEFAULT_CURRENCY, DEFAULT_VENUE, BarSpecification, Instrument
from atlas.records.units import MAXIMUM_UNITS

from .bars import BarColumns, BarHistory, build_history
from .checks import check_table
from .files import is_market_file, read_file, stem_of
from .frames import is_frame, read_frame
from .tables import PRICE_COLUMNS, Floats, Table, Times, group_rows
from .times import is_midnights

Timestamps = Literal["start", "end"]
_DAY_NS: Final = 86_400_000_000_000
_MONTH_NS: Final = 28 * _DAY_NS


def load_bars(
    source: Any,
    *,
    symbol: str | None = None,
    symbols: Sequence[str] | None = None,
    timeframe: str | None = None,
    timestamps: Timestamps = "start",
    columns: Mapping[str, str] | None = None,
    instruments: Mapping[str, Instrument] | Iterable[Instrument] | None = None,
    venue: str = DEFAULT_VENUE,
    currency: str = DEFAULT_CURRENCY,
) -> BarHistory:
    """
    Read, check and merge bars.

    Parameters
    ----------
    source : path, frame, mapping or BarHistory
        A CSV or Parquet file; a folder of them (one symbol a file, or each with a column ``symbol``); a frame of
        pandas, polars or pyarrow; a mapping of arrays by column; a mapping of symbol to any of these.
    symbol : str, optional
        Of a single file or frame without a column ``symbol``; else the file's name.
    symbols : sequence of str, optional
        Keep these only.
    timeframe : str, optional
        Such as ``1m`` or ``1d``; else the most common distance between the rows of a source.
    timestamps : {"start", "end"}
        Whether a time is the start or the end of its bar. A date without a time of day is 00:00 to 24:00 UTC.
    columns : mapping of str to str, optional
        Header by standard name (time, open, high, low, close, volume, symbol), where headers are unusual.
    instruments : mapping of str to Instrument, or Instruments, optional
        Descriptions by symbol; else an instrument of the default exponents at `venue` in `currency`.
    venue, currency : str
        Of instruments that are not described.

    Returns
    -------
    BarHistory
        Sorted, with its canonical order of instruments.

    Raises
    ------
    DataError
        One line that names file, row, column and remedy.
    """
    if timestamps not in ("start", "end"):
        raise DataError(f"timestamps={timestamps!r}: say 'start' or 'end'")
    if isinstance(source, BarHistory):
        return source.select(symbols) if symbols else source
    described = _described(instruments)
    parts: list[BarColumns] = []
    for name, table in _tables(source, symbol, columns):
        check_table(table)
        parts += _bars_of(table, name, timeframe, timestamps, described, venue, currency)
    _check_listed_once(parts)
    return build_history(_selected(parts, symbols))


def read_parts(path: Path, instrument: Instrument) -> list[BarColumns]:
    """
    Read and check the bars of one instrument, before they are merged with others.

    Parameters
    ----------
    path : Path
        CSV or Parquet file.
    instrument : Instrument
        Whose bars they are.

    Returns
    -------
    list of BarColumns
        One for each symbol of the file.

    Raises
    ------
    DataError
        One line that names file, row, column and remedy.
    """
    table = read_file(path)
    check_table(table)
    symbol = instrument.symbol
    return _bars_of(table, symbol, None, "start", {symbol: instrument}, instrument.venue, instrument.currency)


def _described(instruments: Mapping[str, Instrument] | Iterable[Instrument] | None) -> dict[str, Instrument]:
    if instruments is None:
        return {}
    if isinstance(instruments, Mapping):
        return dict(instruments)
    return {instrument.symbol: instrument for instrument in instruments}


# --- sources ---------------------------------------------------------------------------------------------------------


def _tables(source: Any, symbol: str | None, columns: Mapping[str, str] | None) -> list[tuple[str, Table]]:
    """Each table of a source with the symbol of its rows where no column says it."""
    if isinstance(source, str | os.PathLike):
        return _tables_of_path(Path(source), symbol, columns)
    if is_frame(source):
        return [(symbol or "DATA", read_frame(source, symbol or "the frame", columns))]
    if isinstance(source, Mapping):
        if not source:
            raise DataError("the mapping is empty: give symbol: file or symbol: frame")
        return [pair for name, value in source.items() for pair in _tables_of_entry(str(name), value, columns)]
    raise DataError(
        f"can't read bars from {type(source).__name__}: give a CSV or Parquet file, a folder, a frame or a mapping"
    )


def _tables_of_entry(name: str, value: Any, columns: Mapping[str, str] | None) -> list[tuple[str, Table]]:
    if isinstance(value, str | os.PathLike):
        return [(name, _without_symbols(read_file(Path(value), columns), name))]
    if is_frame(value):
        return [(name, _without_symbols(read_frame(value, name, columns), name))]
    raise DataError(f"{name}: can't read bars from {type(value).__name__}: give a file or a frame")


def _without_symbols(table: Table, name: str) -> Table:
    """Table under the name it is given; a column of symbols in it must not say several."""
    if len(table.symbols) > 1:
        raise DataError(f"{name}: {table.origin} holds {len(table.symbols)} symbols: pass it by itself")
    from dataclasses import replace

    return replace(table, codes=None, symbols=())


def _tables_of_path(path: Path, symbol: str | None, columns: Mapping[str, str] | None) -> list[tuple[str, Table]]:
    if not path.is_dir():
        return [(symbol or stem_of(path), read_file(path, columns))]
    files = sorted(entry for entry in path.iterdir() if entry.is_file() and is_market_file(entry))
    if not files:
        raise DataError(f"{path}: the folder has no .csv or .parquet file")
    if symbol is not None and len(files) > 1:
        raise DataError(f"{path}: symbol={symbol!r} is for one file, and the folder has {len(files)}: use symbols=")
    return [(symbol or stem_of(file), read_file(file, columns)) for file in files]


# --- bars ------------------------------------------------------------------------------------------------------------


def _bars_of(
    table: Table,
    name: str,
    timeframe: str | None,
    timestamps: Timestamps,
    described: Mapping[str, Instrument],
    venue: str,
    currency: str,
) -> list[BarColumns]:
    """Bars of each symbol of a checked table."""
    if table.codes is None:
        groups: list[tuple[str, slice | npt.NDArray[np.intp]]] = [(name, slice(None))]
    else:
        rows, bounds = group_rows(table.codes, len(table.symbols))
        groups = [(symbol, _as_slice(rows[bounds[at] : bounds[at + 1]])) for at, symbol in enumerate(table.symbols)]
    length_ns = _length_of(table, [table.start_ns[rows] for _, rows in groups], timeframe)
    start_ns = _starts(table, length_ns, timestamps)
    specification = BarSpecification(length_ns, PriceType.TRADE)
    volume = None if table.volume is None or bool(np.isnan(table.volume[:1]).any()) else table.volume
    result = []
    for symbol, members in groups:
        instrument = described.get(symbol) or Instrument(symbol=_clean(symbol), venue=venue, currency=currency)
        _check_range(table, members, instrument, volume)
        result.append(
            BarColumns(
                instrument,
                specification,
                start_ns[members],
                {column: table.prices[column][members] for column in PRICE_COLUMNS},
                None if volume is None else volume[members],
                {header: values[members] for header, values in table.extras.items()},
            )
        )
    return result


def _clean(symbol: str) -> str:
    if not symbol.strip() or ":" in symbol:
        raise DataError(f"symbol {symbol!r} is empty or has a colon: rename it, or describe it in instruments=")
    return symbol.strip()


def _as_slice(rows: npt.NDArray[np.intp]) -> slice | npt.NDArray[np.intp]:
    """Rows as a slice where they stand together, which copies nothing."""
    if rows.size and int(rows[-1]) - int(rows[0]) == rows.size - 1:
        return slice(int(rows[0]), int(rows[-1]) + 1)
    return rows


def _length_of(table: Table, times: Sequence[Times], timeframe: str | None) -> int:
    """Length of the bars: as given, or the most common distance of neighbours."""
    gaps = np.concatenate([np.diff(group) for group in times]) if len(times) > 1 else np.diff(times[0])
    given_ns = None if timeframe is None else timeframe_ns(timeframe)
    if gaps.size == 0:
        if given_ns is not None:
            return given_ns
        if table.is_date:
            return _DAY_NS
        raise DataError(f"{table.origin}: one bar does not show how long it is: pass timeframe='1d' or the like")
    common_ns = _most_common(gaps)
    if given_ns is None:
        if common_ns >= _MONTH_NS:
            raise DataError(f"{table.origin}: bars of a month or more have no fixed length: pass timeframe=")
        return common_ns
    if common_ns < given_ns:
        name = BarSpecification(common_ns).time_frame
        raise DataError(f"{table.origin}: the bars are {name} apart, less than timeframe={timeframe!r}: pass {name!r}")
    return given_ns


def _most_common(gaps: Times) -> int:
    first = gaps[0]
    # Mostly all gaps are equal; sorting a million of them to learn that would cost more than the reading.
    if 2 * np.count_nonzero(gaps == first) > gaps.size:
        return int(first)
    values, counts = np.unique(gaps, return_counts=True)
    return int(values[np.argmax(counts)])


def _starts(table: Table, length_ns: int, timestamps: Timestamps) -> Times:
    if timestamps == "start" or table.is_date:
        return table.start_ns
    # Midnights of daily bars are dates that a format without dates wrote as times.
    if length_ns % _DAY_NS == 0 and is_midnights(table.start_ns):
        return table.start_ns
    starts: Times = table.start_ns - length_ns
    return starts


def _check_range(table: Table, rows: Any, instrument: Instrument, volume: Floats | None) -> None:
    limit = MAXIMUM_UNITS / 10.0**instrument.price_exponent
    highest, lowest = table.prices["high"][rows], table.prices["low"][rows]
    for name, values, bad in (("high", highest, highest >= limit), ("low", lowest, lowest <= -limit)):
        if bad.any():
            _refuse_range(table, rows, int(np.argmax(bad)), name, float(values[np.argmax(bad)]), instrument, "price")
    if volume is None:
        return
    traded = volume[rows]
    bad = traded >= MAXIMUM_UNITS / 10.0**instrument.quantity_exponent
    if bad.any():
        at = int(np.argmax(bad))
        _refuse_range(table, rows, at, "volume", float(traded[at]), instrument, "quantity")


def _refuse_range(
    table: Table, rows: Any, at: int, column: str, value: float, instrument: Instrument, kind: str
) -> None:
    row = at + (rows.start or 0) if isinstance(rows, slice) else int(rows[at])
    exponent = instrument.price_exponent if kind == "price" else instrument.quantity_exponent
    fitting = exponent
    while fitting > 0 and abs(value) >= MAXIMUM_UNITS / 10.0**fitting:
        fitting -= 1
    remedy = f"pass instruments=[Instrument({instrument.symbol!r}, {kind}_exponent={fitting})] or a smaller one"
    limit = MAXIMUM_UNITS / 10.0**exponent
    raise DataError(
        f"{table.place(row, column)}: {value!r} is beyond {limit:.3g}, the fixed-point range with {exponent} decimals: "
        f"{remedy}"
    )


# --- selection -------------------------------------------------------------------------------------------------------


def _check_listed_once(parts: Sequence[BarColumns]) -> None:
    seen: set[tuple[str, BarSpecification]] = set()
    for part in parts:
        key = (part.instrument.name, part.specification)
        if key in seen:
            raise DataError(
                f"{part.instrument.name} comes twice with bars of {part.specification.time_frame}: keep one"
            )
        seen.add(key)


def _selected(parts: Sequence[BarColumns], symbols: Sequence[str] | None) -> list[BarColumns]:
    if symbols is None:
        return list(parts)
    known = {part.instrument.symbol for part in parts} | {part.instrument.name for part in parts}
    missing = [symbol for symbol in symbols if symbol not in known]
    if missing:
        there = ", ".join(sorted({part.instrument.symbol for part in parts})[:20])
        raise DataError(f"no bars of {', '.join(missing)}: there are {there}")
    wanted = set(symbols)
    return [part for part in parts if part.instrument.symbol in wanted or part.instrument.name in wanted]
