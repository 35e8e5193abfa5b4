"""From whatever a user has - a file, a folder, a frame, a mapping of them - to a checked history of bars."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from atlas.config.suggestions import did_you_mean, nearest
from atlas.config.timeframes import timeframe_ns
from atlas.records.enums import PriceType
from atlas.records.errors import ConfigurationError, DataError
from atlas.records.instruments import DEFAULT_CURRENCY, DEFAULT_VENUE, BarSpecification, Instrument
from atlas.records.units import MAXIMUM_UNITS

from .bars import BarColumns, BarHistory, build_history
from .checks import check_table
from .descriptions import with_descriptions
from .files import read_file, stem_of
from .folders import files_under, join_tables, with_symbols
from .frames import is_frame, read_frames
from .mending import mend
from .options import ReadOptions
from .tables import PRICE_COLUMNS, Floats, Table, Times, group_rows
from .times import is_midnights

Timestamps = Literal["start", "end"]
_DAY_NS: Final = 86_400_000_000_000
_MONTH_NS: Final = 28 * _DAY_NS


def load_bars(  # noqa: PLR0913 - what a user may say about data, each by its name
    source: Any,
    *,
    symbol: str | None = None,
    symbols: Sequence[str] | None = None,
    timeframe: str | None = None,
    timestamps: Timestamps = "start",
    timezone: str = "",
    columns: Mapping[str, str] | None = None,
    dates: str = "auto",
    separator: str = "",
    decimal: str = "",
    sort: bool = False,
    duplicates: str = "refuse",
    missing: str = "refuse",
    zeros: str = "refuse",
    availability: Mapping[str, str | timedelta] | None = None,
    instruments: Mapping[str, Instrument] | Iterable[Instrument] | None = None,
    venue: str = DEFAULT_VENUE,
    currency: str = DEFAULT_CURRENCY,
) -> BarHistory:
    """
    Read, check and merge bars.

    Parameters
    ----------
    source : path, frame, mapping, sequence of paths or BarHistory
        A file of delimited text (maybe packed) or a Parquet file; a folder of them, nested ones too; a frame of
        pandas, polars or pyarrow; a structured array; a mapping of arrays by column; a mapping of symbol to any of
        these; several files.
    symbol : str, optional
        Of a single file or frame without a column ``symbol``; else the file's name.
    symbols : sequence of str, optional
        Keep these only.
    timeframe : str, optional
        Such as ``1m`` or ``1d``; else the most common distance between the rows of a source.
    timestamps : {"start", "end"}
        Whether a time is the start or the end of its bar. A date without a time of day is 00:00 to 24:00 UTC.
    timezone : str
        Of times that say none, such as ``America/New_York``; UTC where empty.
    columns : mapping of str to str, optional
        Header by standard name (time, open, high, low, close, volume, symbol), where headers are unusual.
    dates : {"auto", "day-first", "month-first"}
        How 03/04/2024 is meant, where the data does not tell.
    separator, decimal : str
        Of text files; found where empty.
    sort : bool
        Whether rows are sorted by time, where they are not.
    duplicates : {"refuse", "first", "last"}
        Which of several rows of one time stays.
    missing : {"refuse", "drop"}
        Whether rows without a time or a price are left out.
    zeros : {"refuse", "keep"}
        Whether 0 is a price where none is below zero.
    availability : mapping of str to str or timedelta, optional
        By further column: how long after its bar a value became known, such as ``1d``. A column ``x_available``
        beside ``x`` says it row by row.
    instruments : mapping of str to Instrument, or Instruments, optional
        Descriptions by symbol; else an instrument of the default exponents at `venue` in `currency`. Of bars that are
        read already, names and exponents stay.
    venue, currency : str
        Of instruments that are not described.

    Returns
    -------
    BarHistory
        Sorted, with its canonical order of instruments; `quality` and `notes` say what is odd about it.

    Raises
    ------
    DataError
        One line that names file, row, column and remedy.
    ConfigurationError
        An argument is none of its choices.
    """
    if timestamps not in ("start", "end"):
        raise DataError(f"timestamps={timestamps!r}: say 'start' or 'end'")
    symbols = [symbols] if isinstance(symbols, str) else symbols
    if isinstance(source, BarHistory):
        described = with_descriptions(source, _described(instruments)) if instruments else source
        return described.select(symbols) if symbols else described
    options = ReadOptions(
        columns=columns,
        timezone=timezone,
        dates=dates,
        separator=separator,
        decimal=decimal,
        sort=sort,
        duplicates=duplicates,
        missing=missing,
        zeros=zeros,
    )
    kind = _Kind(timeframe, timestamps, _described(instruments), venue, currency, availability or {})
    parts: list[BarColumns] = []
    notes: list[str] = []
    for name, table in _tables(source, symbol, options):
        mended = mend(table, options)
        check_table(mended, allow_zeros=zeros == "keep")
        parts += _bars_of(mended, name, kind)
        notes += [*mended.notes, *_silence(mended)]
    _check_listed_once(parts)
    _check_described(parts, kind.described)
    _check_availability(parts, kind.availability)
    return build_history(_selected(parts, symbols), notes=tuple(notes))


def load(source: Any, **options: Any) -> BarHistory:
    """
    Read bars of any source: what `load_bars` takes, or the name of shipped data such as ``sp500``.

    Parameters
    ----------
    source : path, name, frame, mapping, sequence of paths or BarHistory
    **options
        Of `load_bars`.

    Returns
    -------
    BarHistory

    Raises
    ------
    DataError
        One line that names file, row, column and remedy.
    """
    if isinstance(source, str) and not Path(source).exists():
        from .shipped import load_shipped, shipped_data

        if source.lower() in {each.name for each in shipped_data()}:
            source = load_shipped(source)
    return load_bars(source, **options)


def _silence(table: Table) -> list[str]:
    """Words on a column of volume in which there is none."""
    if table.volume is None or table.volume[0] != 0.0 or bool(table.volume.any()):
        return []
    return [
        f"{table.origin}: no bar has any volume, so no order fills: leave the column out, or pass volume_share=None"
    ]


@dataclass(frozen=True)
class _Kind:
    """What is said about all bars of a source; see `load_bars`."""

    timeframe: str | None
    timestamps: Timestamps
    described: Mapping[str, Instrument]
    venue: str
    currency: str
    availability: Mapping[str, str | timedelta]


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
    return _bars_of(
        table, symbol, _Kind(None, "start", {symbol: instrument}, instrument.venue, instrument.currency, {})
    )


def _described(instruments: Mapping[str, Instrument] | Iterable[Instrument] | None) -> dict[str, Instrument]:
    if instruments is None:
        return {}
    if not isinstance(instruments, Mapping):
        instruments = {getattr(each, "symbol", "AAPL"): each for each in instruments}
    for symbol, instrument in instruments.items():
        if not isinstance(instrument, Instrument):
            kind = type(instrument).__name__
            raise ConfigurationError(
                f"give Instrument({symbol!r}, lot_size=1) or the like, not a {kind}", "instruments"
            )
    return dict(instruments)


def _check_described(parts: Sequence[BarColumns], described: Mapping[str, Instrument]) -> None:
    """Refuse a description that was meant for a symbol of the data and misses it; a wider catalogue is welcome."""
    known = {part.instrument.symbol for part in parts}
    for symbol, description in described.items():
        near = nearest(symbol, known - described.keys())
        if not {symbol, description.symbol} & known and (near or not known & described.keys()):
            there = ", ".join(sorted(known)[:20])
            hint = f"; did you mean {near!r}?" if near else ""
            raise ConfigurationError(f"there are no bars of {symbol!r}, only of {there}{hint}", "instruments")


# --- sources ---------------------------------------------------------------------------------------------------------


def _tables(source: Any, symbol: str | None, options: ReadOptions) -> list[tuple[str, Table]]:
    """Each table of a source with the symbol of its rows where no column says it."""
    if isinstance(source, str | os.PathLike):
        if not os.fspath(source):
            raise DataError("the path of the data is empty: give a file, a folder, or the name of shipped data")
        return _tables_of_path(Path(source), symbol, options)
    if is_frame(source):
        tables = read_frames(source, symbol or "the frame", options)
        return [(name or symbol or "DATA", table) for name, table in tables]
    if isinstance(source, Mapping):
        if not source:
            raise DataError("the mapping is empty: give symbol: file or symbol: frame")
        return [pair for name, value in source.items() for pair in _tables_of_entry(str(name), value, options)]
    if _is_paths(source):
        named = with_symbols([Path(path) for path in source])
        return join_tables([(name, read_file(path, options)) for name, path in named], options)
    kind = type(source).__name__
    raise DataError(
        f"can't read bars from {kind}: give a CSV or Parquet file, a folder, a frame with columns time, open, high, "
        "low, close, or a mapping of symbol to these"
    )


def _is_paths(source: Any) -> bool:
    is_list = isinstance(source, list | tuple) and bool(source)
    return is_list and all(isinstance(path, str | os.PathLike) for path in source)


def _tables_of_entry(name: str, value: Any, options: ReadOptions) -> list[tuple[str, Table]]:
    if isinstance(value, str | os.PathLike):
        value = [value]
    if _is_paths(value):
        paths = [path for entry in value for path in _files_of(Path(entry))]
        read = [(name, _without_symbols(read_file(path, options), name)) for path in paths]
        return join_tables(read, options)
    if is_frame(value):
        tables = read_frames(value, name, options)
        if len(tables) > 1:
            raise DataError(f"{name}: the frame holds {len(tables)} symbols: pass it by itself")
        return [(name, _without_symbols(tables[0][1], name))]
    raise DataError(f"{name}: can't read bars from {type(value).__name__}: give a file or a frame")


def _files_of(path: Path) -> list[Path]:
    return [file for _, file in files_under(path)] if path.is_dir() else [path]


def _without_symbols(table: Table, name: str) -> Table:
    """Table under the name it is given; a column of symbols in it must not say several."""
    if len(table.symbols) > 1:
        raise DataError(f"{name}: {table.origin} holds {len(table.symbols)} symbols: pass it by itself")
    return replace(table, codes=None, symbols=())


def _tables_of_path(path: Path, symbol: str | None, options: ReadOptions) -> list[tuple[str, Table]]:
    if not path.is_dir():
        return [(symbol or stem_of(path), read_file(path, options))]
    files = files_under(path)
    if symbol is not None and len(files) > 1:
        raise DataError(f"{path}: symbol={symbol!r} is for one file, and the folder has {len(files)}: use symbols=")
    return join_tables([(symbol or name, read_file(file, options)) for name, file in files], options)


# --- bars ------------------------------------------------------------------------------------------------------------


def _bars_of(table: Table, name: str, kind: _Kind) -> list[BarColumns]:
    """Bars of each symbol of a checked table."""
    if table.codes is None:
        groups: list[tuple[str, slice | npt.NDArray[np.intp]]] = [(name, slice(None))]
    else:
        rows, bounds = group_rows(table.codes, len(table.symbols))
        groups = [(symbol, _as_slice(rows[bounds[at] : bounds[at + 1]])) for at, symbol in enumerate(table.symbols)]
    length_ns = _length_of(table, [table.start_ns[rows] for _, rows in groups], kind.timeframe)
    start_ns = _starts(table, length_ns, kind.timestamps)
    specification = BarSpecification(length_ns, PriceType.TRADE)
    volume = None if table.volume is None or bool(np.isnan(table.volume[:1]).any()) else table.volume
    delayed = _delayed(table, start_ns + length_ns, kind.availability) if kind.availability else {}
    available = {**table.available, **delayed}
    result = []
    for symbol, members in groups:
        instrument = kind.described.get(symbol) or Instrument(
            symbol=_clean(symbol), venue=kind.venue, currency=kind.currency
        )
        _check_range(table, members, instrument, volume)
        result.append(
            BarColumns(
                instrument,
                specification,
                start_ns[members],
                {column: table.prices[column][members] for column in PRICE_COLUMNS},
                None if volume is None else volume[members],
                {header: values[members] for header, values in table.extras.items()},
                {header: times[members] for header, times in available.items() if header in table.extras},
            )
        )
    return result


def _delayed(table: Table, end_ns: Times, availability: Mapping[str, str | timedelta]) -> dict[str, Times]:
    """When the values of columns became known that are so long behind their bars."""
    return {
        header: end_ns + _delay_ns(header, delay) for header, delay in availability.items() if header in table.extras
    }


def _delay_ns(header: str, delay: str | timedelta) -> int:
    nanoseconds = (
        (delay.days * 86_400 + delay.seconds) * 1_000_000_000 + delay.microseconds * 1_000
        if isinstance(delay, timedelta)
        else timeframe_ns(delay)
    )
    if nanoseconds < 0:
        raise DataError(f"availability of {header!r} is {delay}: a value can't be known before its bar has ended")
    return nanoseconds


def _check_availability(parts: Sequence[BarColumns], availability: Mapping[str, str | timedelta]) -> None:
    known = {header for part in parts for header in part.extras}
    for header in availability:
        if header not in known:
            raise DataError(f"availability: the data has no further column {header!r}; {did_you_mean(header, known)}")


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
    if given_ns is not None and table.is_date and given_ns < _DAY_NS:
        raise DataError(
            f"{table.origin}: its times are dates, without a time of day, and timeframe={timeframe!r} is less than a "
            "day: leave it out, or give times"
        )
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
                f"{part.instrument.name} comes twice with bars of {part.specification.time_frame}: keep one, or name "
                "the others by symbol: {'A': ..., 'B': ...}"
            )
        seen.add(key)


def _selected(parts: Sequence[BarColumns], symbols: Sequence[str] | None) -> list[BarColumns]:
    if symbols is None:
        return list(parts)
    known = {part.instrument.symbol for part in parts} | {part.instrument.name for part in parts}
    missing = [symbol for symbol in symbols if symbol not in known]
    if missing:
        there = ", ".join(sorted({part.instrument.symbol for part in parts})[:20])
        hint = did_you_mean(missing[0], known)
        hint = f"; {hint}" if hint.startswith("did") else ""
        raise DataError(f"no bars of {', '.join(missing)}: there are {there}{hint}")
    wanted = set(symbols)
    return [part for part in parts if part.instrument.symbol in wanted or part.instrument.name in wanted]
