"""Frames of pandas, polars and pyarrow, and mappings of arrays, as tables."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from atlas.records.errors import DataError

from .tables import PRICE_COLUMNS, Codes, Table, Times, as_floats, find_columns
from .times import (
    HOW_TO_WRITE,
    datetimes_to_ns,
    decimal_to_ns,
    epoch_to_ns,
    form_of,
)


def is_frame(value: object) -> bool:
    """Whether a value is a frame of pandas, polars or pyarrow, or a mapping of arrays."""
    module = type(value).__module__.partition(".")[0]
    if module in {"pandas", "polars", "pyarrow"}:
        return type(value).__name__ in {"DataFrame", "LazyFrame", "Table"}
    return isinstance(value, Mapping) and bool(value) and all(_is_array(column) for column in value.values())


def _is_array(value: object) -> bool:
    return isinstance(value, np.ndarray | list | tuple) and np.ndim(value) == 1


def read_frame(value: Any, origin: str, columns: Mapping[str, str] | None = None) -> Table:
    """
    Table of a frame or a mapping of arrays.

    Parameters
    ----------
    value : DataFrame, Table or mapping of str to array
        Columns as in a file; in pandas the index may hold the times, or symbols and times.
    origin : str
        What messages call it.
    columns : mapping of str to str, optional
        Header by standard name, where the header is unusual.

    Returns
    -------
    Table
        In the order of the frame.

    Raises
    ------
    DataError
        It is empty or lacks a column.
    """
    arrays = _columns_of(value, origin)
    names = find_columns(origin, arrays, columns)
    lengths = {header: len(array) for header, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise DataError(f"{origin}: columns differ in length: {lengths}")
    start_ns, is_date = _times(arrays[names["time"]], origin, names["time"])
    if start_ns.size == 0:
        raise DataError(f"{origin}: the frame is empty: it has columns but no rows")
    symbols, codes = _symbols(arrays, names, origin)
    further = [header for header in arrays if header not in names.values()]
    extras = [header for header in further if np.asarray(arrays[header]).dtype.kind in "iufb"]
    return Table(
        origin=origin,
        names=names,
        start_ns=start_ns,
        is_date=is_date,
        prices={name: as_floats(arrays[names[name]]) for name in PRICE_COLUMNS},
        volume=as_floats(arrays[names["volume"]]) if "volume" in names else None,
        text_at=_cell_text(arrays),
        codes=codes,
        symbols=symbols,
        extras={header: as_floats(arrays[header]) for header in extras},
        ignored=tuple(header for header in further if header not in extras),
    )


def _columns_of(value: Any, origin: str) -> dict[str, Any]:
    """Columns by header, as arrays."""
    module = type(value).__module__.partition(".")[0]
    if module == "pyarrow":
        value, module = value.to_pandas(), "pandas"
    if module == "pandas":
        return _pandas_columns(value, origin)
    if module == "polars":
        frame = value.collect() if type(value).__name__ == "LazyFrame" else value
        return {str(column.name): _polars_array(column) for column in frame.get_columns()}
    return {str(header): np.asarray(column) for header, column in value.items()}


def _pandas_columns(frame: Any, origin: str) -> dict[str, Any]:
    if getattr(frame.columns, "nlevels", 1) > 1:
        raise DataError(
            f"{origin}: its columns have {frame.columns.nlevels} levels: pass a mapping of symbol to frame, "
            "or one long frame with a column 'symbol' (frame.stack(level=1))"
        )
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
        return accessor.tz_convert("UTC").to_numpy(dtype=f"datetime64[{kind.unit}]")
    if str(kind) in {"string", "str", "category"}:
        return column.to_numpy(dtype=object)
    if getattr(kind, "na_value", None) is not None and str(kind)[:1] in "IUFb" and hasattr(kind, "numpy_dtype"):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    return column.to_numpy()


def _polars_array(column: Any) -> Any:
    kind = type(column.dtype).__name__
    if kind in {"Datetime", "Date"}:
        return (
            column.dt.replace_time_zone(None).to_numpy()
            if getattr(column.dtype, "time_zone", None)
            else column.to_numpy()
        )
    if kind == "Decimal":
        import polars as pl

        return column.cast(pl.Float64).to_numpy()
    if kind in {"Categorical", "Enum", "String"}:
        import polars as pl

        return column.cast(pl.String).to_numpy().astype(object)
    return column.to_numpy()


def _times(values: Any, origin: str, header: str) -> tuple[Times, bool]:
    """Read the times of a column, and whether they are dates without a time of day."""
    array = np.asarray(values)
    if array.dtype.kind == "M":
        return datetimes_to_ns(array), np.datetime_data(array.dtype)[0] == "D"
    if array.dtype.kind in "iu":
        compact = array.size > 0 and form_of(str(array[0])) == "compact"
        return _parse_texts(array.astype(str).astype(object), "compact") if compact else (epoch_to_ns(array), False)
    if array.dtype.kind == "f":
        return decimal_to_ns(array), False
    if array.size == 0:
        return np.empty(0, dtype=np.int64), False
    return _parse_objects(array.astype(object), origin, header)


def _parse_objects(array: Any, origin: str, header: str) -> tuple[Times, bool]:
    """Read times of texts, or of Python dates and datetimes."""
    first = array[0]
    if isinstance(first, str):
        form = form_of(first)
        if form in {"integer", "decimal"}:
            number = as_floats(array)
            return decimal_to_ns(number), False
        if form == "unknown":
            raise DataError(f"{origin}: row 1, column {header!r}: {first!r} is no date or time: {HOW_TO_WRITE}")
        return _parse_texts(array, form)
    return _parse_texts(array, "date" if _is_date_object(first) else "datetime")


def _is_date_object(value: object) -> bool:
    return hasattr(value, "year") and not hasattr(value, "hour")


def _parse_texts(array: Any, form: str) -> tuple[Times, bool]:
    import pandas as pd

    layout = "%Y%m%d" if form == "compact" else "ISO8601"
    moments = pd.to_datetime(pd.Series(array, dtype=object), format=layout, errors="coerce", utc=True)
    times = datetimes_to_ns(_pandas_array(moments))
    return times, form in {"date", "compact"}


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
        is_missing = value is None or str(value) in {"nan", "NaT", "<NA>", "None"}
        return None if is_missing else str(value)

    return text_at
