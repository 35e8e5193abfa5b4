"""Frames of pandas, polars and pyarrow, and mappings of arrays, as tables."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from atlas.records.enums import NULL
from atlas.records.errors import DataError

from .delimited import Moments, in_zone, read_times
from .options import ReadOptions
from .tables import (
    ALIASES,
    PRICE_COLUMNS,
    Codes,
    Table,
    as_floats,
    availability_columns,
    clock_column,
    find_columns,
    fold,
)
from .times import HOW_TO_WRITE, datetimes_to_ns, decimal_to_ns, epoch_to_ns, form_of, is_midnights


def is_frame(value: object) -> bool:
    """Whether a value is a frame of pandas, polars or pyarrow, a structured array, or a mapping of arrays."""
    module = type(value).__module__.partition(".")[0]
    if module in {"pandas", "polars", "pyarrow"}:
        return type(value).__name__ in {"DataFrame", "LazyFrame", "Table", "RecordBatch"}
    if isinstance(value, np.ndarray):
        return value.dtype.names is not None
    if not isinstance(value, Mapping) or not value:
        return False
    headers = {fold(str(header)) for header in value}
    return any(alias in headers for alias in ALIASES["close"]) and all(map(_is_array, value.values()))


def _is_array(value: object) -> bool:
    return hasattr(value, "__len__") and not isinstance(value, str | Mapping) and np.ndim(value) == 1  # type: ignore[arg-type]


def read_frames(value: Any, origin: str, options: ReadOptions) -> list[tuple[str, Table]]:
    """
    Tables of a frame, with the symbols that levels of its columns name; empty where none do.

    Parameters
    ----------
    value : frame
        As for `read_frame`; with two levels of columns, one of them symbols, as yfinance gives.
    origin : str
        What messages call it.
    options : ReadOptions

    Returns
    -------
    list of (str, Table)
    """
    is_pandas = type(value).__module__.partition(".")[0] == "pandas"
    if not is_pandas or value.columns.nlevels == 1:
        return [("", read_frame(value, origin, options))]
    level = _level_of_symbols(value, origin)
    symbols = list(dict.fromkeys(value.columns.get_level_values(level)))
    return [
        (str(symbol), read_frame(value.xs(symbol, axis=1, level=level).dropna(how="all"), str(symbol), options))
        for symbol in symbols
    ]


def _level_of_symbols(frame: Any, origin: str) -> int:
    """Which of two levels of columns holds symbols: the one that holds no names of prices."""
    prices = {alias for name in PRICE_COLUMNS for alias in ALIASES[name]}
    levels = range(frame.columns.nlevels)
    of_prices = [
        len({fold(str(name)) for name in frame.columns.get_level_values(level)} & prices) >= 2 for level in levels
    ]
    if frame.columns.nlevels == 2 and sum(of_prices) == 1:
        return 1 - of_prices.index(True)
    raise DataError(
        f"{origin}: its columns have {frame.columns.nlevels} levels, none or several of them open, high, low, close: "
        "pass a mapping of symbol to frame, or one long frame with a column 'symbol'"
    )


def read_frame(value: Any, origin: str, options: ReadOptions | None = None) -> Table:
    """
    Table of a frame, a structured array or a mapping of arrays.

    Parameters
    ----------
    value : DataFrame, Table, array or mapping of str to array
        Columns as in a file; in pandas the index may hold the times, or symbols and times.
    origin : str
        What messages call it.
    options : ReadOptions, optional
        What the user said about it.

    Returns
    -------
    Table
        In the order of the frame.

    Raises
    ------
    DataError
        It is empty or lacks a column.
    """
    options = options or ReadOptions()
    arrays = _columns_of(value, origin)
    names = find_columns(origin, arrays, options.columns)
    lengths = {header: len(array) for header, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise DataError(f"{origin}: columns differ in length: {lengths}: make them equal")
    clock = clock_column(names, arrays, options.columns)
    if clock is not None and clock != names["time"] and np.asarray(arrays[clock]).dtype.kind == "O":
        names["clock"] = clock
    moments = _moments(arrays, names, origin, options)
    if moments.times.size == 0:
        raise DataError(f"{origin}: the frame is empty: it has columns but no rows")
    symbols, codes = _symbols(arrays, names, origin)
    availability = availability_columns(arrays)
    further = [header for header in arrays if header not in {*names.values(), *availability.values()}]
    extras = [header for header in further if np.asarray(arrays[header]).dtype.kind in "iufb"]
    return Table(
        origin=origin,
        names=names,
        start_ns=moments.times,
        is_date=moments.is_date,
        is_epoch=moments.is_epoch,
        prices={name: as_floats(arrays[names[name]]) for name in PRICE_COLUMNS},
        volume=as_floats(arrays[names["volume"]]) if "volume" in names else None,
        text_at=_cell_text(arrays),
        codes=codes,
        symbols=symbols,
        extras={header: as_floats(arrays[header]) for header in extras},
        available={
            value: _times(arrays[header], origin, header, options).times for value, header in availability.items()
        },
        ignored=tuple(header for header in further if header not in extras),
    )


def read_columns(value: Any, origin: str, options: ReadOptions) -> tuple[Moments | None, dict[str, Any]]:
    """
    Times of a frame, None where it has none, and its other columns by header.

    Parameters
    ----------
    value : frame
        As for `read_frame`, with any columns.
    origin : str
        What messages call it.
    options : ReadOptions

    Returns
    -------
    times : Moments or None
    columns : dict of str to array

    Raises
    ------
    DataError
        It is no frame, or a time can't be read.
    """
    module = type(value).__module__.partition(".")[0]
    is_table = module in {"pandas", "polars", "pyarrow"} or isinstance(value, Mapping)
    if not is_table and getattr(getattr(value, "dtype", None), "names", None) is None:
        raise DataError(f"{origin}: can't read {type(value).__name__}: give a frame, a series or an array")
    arrays = _columns_of(value, origin)
    folded = {fold(header): header for header in arrays}
    wanted = (options.columns or {}).get("time")
    header = wanted if wanted in arrays else next((folded[each] for each in ALIASES["time"] if each in folded), None)
    if header is None:
        return None, arrays
    moments = _times(arrays[header], origin, header, options)
    if (moments.times == NULL).any():
        row = int(np.argmax(moments.times == NULL))
        raise DataError(
            f"{origin}: row {row + 1}, column {header!r}: {arrays[header][row]!r} is no time: {HOW_TO_WRITE}"
        )
    return moments, {name: values for name, values in arrays.items() if name != header}


def _columns_of(value: Any, origin: str) -> dict[str, Any]:
    """Columns by header, as arrays."""
    module = type(value).__module__.partition(".")[0]
    if isinstance(value, np.ndarray):
        return {name: value[name] for name in value.dtype.names or ()}
    if module == "pyarrow":
        return {str(name): _arrow_array(value.column(at)) for at, name in enumerate(value.schema.names)}
    if module == "pandas":
        return _pandas_columns(value, origin)
    if module == "polars":
        frame = value.collect() if type(value).__name__ == "LazyFrame" else value
        return {str(column.name): _polars_array(column) for column in frame.get_columns()}
    return {str(header): np.asarray(column) for header, column in value.items()}


def _pandas_columns(frame: Any, origin: str) -> dict[str, Any]:
    columns = {str(header): column for header, column in frame.items()}
    if len(columns) < frame.shape[1]:
        twice = next(header for header in map(str, frame.columns) if list(map(str, frame.columns)).count(header) > 1)
        raise DataError(f"{origin}: column {twice!r} stands twice: rename or remove one of them")
    for level in range(frame.index.nlevels):
        values = frame.index.get_level_values(level)
        name = frame.index.names[level]
        if name is None and str(values.dtype).startswith("datetime64"):
            name = "timestamp"
        if name is not None and str(name) not in columns:
            columns[str(name)] = values
    return {header: _pandas_array(column) for header, column in columns.items()}


def _pandas_array(column: Any) -> Any:
    """Array of a pandas column: times as datetime64 UTC, numbers as they are, the rest as objects."""
    kind = column.dtype
    if getattr(kind, "tz", None) is not None:
        accessor = column.dt if hasattr(column, "dt") else column
        local = accessor.tz_localize(None).to_numpy(dtype=f"datetime64[{kind.unit}]")
        # Midnights of days elsewhere are dates, which name their day wherever it begins.
        if str(kind.tz) != "UTC" and is_midnights(datetimes_to_ns(local)):
            return local.astype("datetime64[D]")
        utc = accessor.tz_convert("UTC").to_numpy(dtype=f"datetime64[{kind.unit}]")
        return Zoned(utc)
    if str(kind) in {"string", "str", "category"}:
        return column.to_numpy(dtype=object)
    if getattr(kind, "na_value", None) is not None and str(kind)[:1] in "IUFb" and hasattr(kind, "numpy_dtype"):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    return column.to_numpy()


def _polars_array(column: Any) -> Any:
    kind = type(column.dtype).__name__
    if kind in {"Datetime", "Date"}:
        zone = getattr(column.dtype, "time_zone", None)
        return (
            Zoned(column.dt.convert_time_zone("UTC").dt.replace_time_zone(None).to_numpy())
            if zone
            else column.to_numpy()
        )
    if kind == "Decimal":
        import polars as pl

        return column.cast(pl.Float64).to_numpy()
    if kind in {"Categorical", "Enum", "String"}:
        import polars as pl

        return column.cast(pl.String).to_numpy().astype(object)
    return column.to_numpy()


class Zoned(np.ndarray):
    """Times that are UTC because they had a zone, as datetime64."""

    def __new__(cls, values: Any) -> "Zoned":
        """View an array so."""
        return np.asarray(values).view(cls)


def _arrow_array(column: Any) -> Any:
    """Array of a column of an Arrow table."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_timestamp(kind):
        bare = column.cast(pa.timestamp(kind.unit))
        values = bare.to_numpy(zero_copy_only=False) if hasattr(bare, "num_chunks") is False else bare.to_numpy()
        return Zoned(values) if kind.tz is not None else values
    if pa.types.is_date(kind):
        return column.cast(pa.date32()).to_numpy().astype("datetime64[D]")
    if pa.types.is_decimal(kind):
        return column.cast(pa.float64()).to_numpy()
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
    return column.to_numpy() if hasattr(column, "num_chunks") else column.to_numpy(zero_copy_only=False)


def _moments(arrays: Mapping[str, Any], names: Mapping[str, str], origin: str, options: ReadOptions) -> Moments:
    """Times of the rows, with the times of day that stand beside dates."""
    if "clock" not in names:
        return _times(arrays[names["time"]], origin, names["time"], options)
    dates = [str(value)[:10] if hasattr(value, "year") else str(value) for value in list(arrays[names["time"]])]
    joined = [f"{date} {clock}" for date, clock in zip(dates, list(arrays[names["clock"]]), strict=True)]
    return read_times(joined, origin, names["time"], options)


def _times(values: Any, origin: str, header: str, options: ReadOptions) -> Moments:
    """Read the times of a column."""
    array = np.asanyarray(values)
    if array.dtype.kind == "M":
        times = datetimes_to_ns(np.asarray(array))
        is_date = np.datetime_data(array.dtype)[0] == "D"
        if options.timezone and not is_date and not isinstance(array, Zoned) and not is_midnights(times):
            times = in_zone(times, options, _Column(values, origin, header))
        return Moments(times, is_date=is_date)
    if array.dtype.kind in "iu":
        if array.size > 0 and form_of(str(array[0])) == "compact":
            return read_times([str(value) for value in array.tolist()], origin, header, options)
        return Moments(epoch_to_ns(array), is_epoch=True)
    if array.dtype.kind == "f":
        return Moments(decimal_to_ns(array), is_epoch=True)
    if array.size == 0:
        return Moments(np.empty(0, dtype=np.int64))
    texts = [None if _is_missing(value) else str(value) for value in array.astype(object)]
    return read_times(texts, origin, header, options)


@dataclass(frozen=True)
class _Column:
    """A column of times, for messages."""

    values: Any
    origin: str
    header: str

    def place(self, row: int) -> str:
        return f"{self.origin}: row {row + 1}, column {self.header!r}"

    def text(self, row: int) -> str:
        return str(self.values[row])


def _is_missing(value: object) -> bool:
    return value is None or str(value) in {"nan", "NaT", "<NA>", "None", ""}


def _symbols(arrays: Mapping[str, Any], names: Mapping[str, str], origin: str) -> tuple[tuple[str, ...], Codes | None]:
    if "symbol" not in names:
        return (), None
    import pandas as pd

    codes, known = pd.factorize(np.asarray(arrays[names["symbol"]], dtype=object))
    if codes.size and codes.min() < 0:
        row = int(np.argmin(codes))
        raise DataError(f"{origin}: row {row + 1}, column {names['symbol']!r}: no symbol: fill it in")
    return tuple(map(str, known)), codes.astype(np.int64)


def _cell_text(arrays: Mapping[str, Any]) -> Callable[[str, int], str | None]:
    def text_at(header: str, row: int) -> str | None:
        value = arrays[header][row]
        return None if _is_missing(value) else str(value)

    return text_at
