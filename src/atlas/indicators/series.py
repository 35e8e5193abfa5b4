"""Series and frames of pandas and polars, arrays and lists: read as numbers, and made of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from atlas.records.errors import InvalidRequestError

# What a frame's column may be called, in lower case, for each input.
HEADERS: dict[str, tuple[str, ...]] = {
    "price": ("price", "close", "c", "last"),
    "open": ("open", "o"),
    "high": ("high", "h"),
    "low": ("low", "l"),
    "close": ("close", "c"),
    "volume": ("volume", "v", "vol"),
    "time_ns": ("time_ns", "time", "timestamp", "datetime", "date", "ts"),
}


def library_of(value: Any) -> str:
    """Return ``pandas`` or ``polars`` for what is of these, else an empty text; imports neither."""
    name = type(value).__module__.partition(".")[0]
    return name if name in ("pandas", "polars") else ""


def is_frame(value: Any) -> bool:
    """Whether a value is a frame of pandas or polars."""
    return bool(library_of(value)) and type(value).__name__ == "DataFrame"


def columns_of_frame(frame: Any, names: Sequence[str], function: str) -> list[Any]:
    """Find the columns that a function needs in a frame, by their usual headers.

    Raises
    ------
    InvalidRequestError
        One is not there.
    """
    headers = {str(header).lower(): header for header in frame.columns}
    found = []
    for name in names:
        header = next((headers[word] for word in HEADERS.get(name, (name,)) if word in headers), None)
        if header is not None:
            found.append(frame[header])
        elif name == "time_ns" and library_of(frame) == "pandas":
            found.append(frame.index)
        else:
            wanted = " or ".join(HEADERS.get(name, (name,)))
            message = f"{function}: the frame has no column {wanted}, only {', '.join(map(str, frame.columns))}"
            raise InvalidRequestError(f"{message}; hand the columns over one by one: {function}({', '.join(names)})")
    return found


def numbers_of(column: Any, name: str, first: Any, is_time: bool = False) -> np.ndarray[Any, Any]:
    """Return a column as an array of floats, missing ones NaN; of times, as nanoseconds UTC.

    Parameters
    ----------
    column : series, array or list
        What was handed over.
    name : str
        What messages call it.
    first : object
        The first column, whose index it must share where both are pandas's.
    is_time : bool
        Whether it holds times.

    Raises
    ------
    InvalidRequestError
        It holds no numbers, or has another index.
    """
    indexes = [value.index for value in (first, column) if library_of(value) == "pandas" and hasattr(value, "index")]
    if len(indexes) == 2 and not indexes[1].equals(indexes[0]):
        raise InvalidRequestError(f"{name} has another index than the first column; align them, as by pandas.concat")
    try:
        return times_of(column, name) if is_time else floats_of(column)
    except (TypeError, ValueError) as error:
        raise InvalidRequestError(f"the column {name} holds no {'times' if is_time else 'numbers'}: {error}") from error


def floats_of(column: Any) -> np.ndarray[Any, Any]:
    """Return numbers as floats, missing ones NaN."""
    if library_of(column) == "pandas":
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
    if library_of(column) == "polars":
        import polars

        return np.asarray(column.cast(polars.Float64, strict=False).to_numpy())
    return np.asarray(column, np.float64)


def times_of(column: Any, name: str) -> np.ndarray[Any, Any]:
    """Return times as nanoseconds since 1970, UTC where they have a zone; whole numbers are that already."""
    if library_of(column) == "pandas" and getattr(column.dtype, "kind", "") != "i":
        import pandas

        array = np.asarray(pandas.DatetimeIndex(column).as_unit("ns").asi8)
    elif library_of(column) == "polars" and not column.dtype.is_integer():
        import polars

        array = column.cast(polars.Datetime("ns")).dt.timestamp("ns").to_numpy()
    else:
        array = np.asarray(column)
    if array.dtype.kind == "M":
        array = array.astype("datetime64[ns]").astype(np.int64)
    if array.dtype.kind not in "iu" and array.size:
        raise InvalidRequestError(f"{name} is nanoseconds UTC as whole numbers, or times; not {array.dtype}")
    if array.size and int(array.min()) == np.iinfo(np.int64).min:
        raise InvalidRequestError(f"{name} has a missing time; drop or fill such rows first")
    return array.astype(np.int64)


def series_like(first: Any, values: np.ndarray[Any, Any], name: str) -> Any:
    """Return values as a series of the first column's kind, with its index."""
    if library_of(first) == "pandas":
        import pandas

        return pandas.Series(values, index=getattr(first, "index", None), name=name)
    if library_of(first) == "polars":
        import polars

        return polars.Series(name, values)
    return values.tolist() if isinstance(first, list | tuple) else values


def frame_like(first: Any, series: Sequence[Any], outputs: Any) -> Any:
    """Return several series as a frame of the first column's library, or as the named tuple `outputs`."""
    if library_of(first) == "pandas":
        import pandas

        return pandas.concat(series, axis=1)
    if library_of(first) == "polars":
        import polars

        return polars.DataFrame(series)
    return outputs(*series)
