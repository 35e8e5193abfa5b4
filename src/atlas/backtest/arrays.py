"""Signals and weights that a user has as arrays, put beside the bars they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from atlas.config.suggestions import did_you_mean
from atlas.data.bars import BarHistory
from atlas.data.frames import read_columns
from atlas.data.options import ReadOptions
from atlas.records.errors import DataError

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.int64]

ENTRIES: Final[Mapping[str, float]] = {"entries": 1.0, "exits": 0.0, "short_entries": -1.0, "short_exits": 0.0}
"""What each kind of boolean array asks for where it is true."""
_MOST_SIGNAL: Final = 1.0
_DAY_NS: Final = 86_400_000_000_000
_ROUNDING: Final = 1e-9


@dataclass(frozen=True)
class Series:
    """
    Values of one symbol.

    Attributes
    ----------
    symbol : str
        Empty where the user named none.
    times : int64 array (n,) or None
        Starts of bars, as the user wrote them; None where the values stand in the order of the bars.
    values : float64 array (n,)
        NaN where nothing is said.
    """

    symbol: str
    times: Times | None
    values: Floats


def with_signals(history: BarHistory, signals: Any, options: ReadOptions, timestamps: str) -> BarHistory:
    """
    Put signals beside their bars, as the column ``signal``.

    Parameters
    ----------
    history : BarHistory
    signals : frame, series, array, mapping or tuple
        1, 0, -1 or parts of these, or booleans; a column a symbol, or one symbol's; ``(entries, exits)``, or a frame
        or mapping with ``entries, exits, short_entries, short_exits``.
    options : ReadOptions
        How its times are to be read.
    timestamps : {"start", "end"}
        Which end of its bar a time is.

    Returns
    -------
    BarHistory

    Raises
    ------
    DataError
        A time is no bar's, a symbol is unknown, or a value is no signal.
    """
    if isinstance(signals, tuple) and len(signals) in (2, 4):
        signals = dict(zip(ENTRIES, signals, strict=False))
    parts = _from_entries(signals, options) if _has_entries(signals) else _series_of(signals, "signals", options)
    for part in parts:
        _refuse_value(part, "signals", np.abs(part.values) > _MOST_SIGNAL, "is no signal: write 1, 0, -1 or a part")
    return _with_column(history, "signal", "signals", parts, timestamps)


def with_weights(
    history: BarHistory, weights: Any, options: ReadOptions, timestamps: str, leverage: float
) -> BarHistory:
    """
    Put target weights beside their bars, as the column ``weight``.

    Parameters
    ----------
    history, weights, options, timestamps
        As for `with_signals`; fractions of the equity.
    leverage : float
        Most that the weights of one time may add up to.

    Returns
    -------
    BarHistory

    Raises
    ------
    DataError
        A time is no bar's, a symbol is unknown, or weights add up to too much.
    """
    parts = _series_of(weights, "weights", options)
    placed = _with_column(history, "weight", "weights", parts, timestamps)
    _refuse_sum(placed, leverage)
    return placed


# --- what users hand in ----------------------------------------------------------------------------------------------


def _has_entries(signals: Any) -> bool:
    names = signals if isinstance(signals, Mapping) else getattr(signals, "columns", ())
    if getattr(names, "nlevels", 1) > 1:
        return False
    return any(str(name) in ENTRIES for name in names)


def _from_entries(signals: Any, options: ReadOptions) -> list[Series]:
    """Signals of booleans: where one is true, what it asks for; else nothing."""
    given = {name: signals[name] for name in ENTRIES if name in signals}
    is_frame = not isinstance(signals, Mapping)
    kinds: dict[str, list[Series]] = {}
    for name, value in given.items():
        column = signals[[*_time_columns(signals), name]] if is_frame else value
        kinds[name] = _series_of(column, name, options)
    joined: dict[str, Series] = {}
    for name, parts in kinds.items():
        for part in parts:
            symbol = "" if is_frame else part.symbol
            asked = np.where(part.values == 1.0, ENTRIES[name], np.nan)
            before = joined.get(symbol)
            joined[symbol] = (
                replace(part, symbol=symbol, values=asked) if before is None else _both(before, part, asked, name)
            )
    return list(joined.values())


def _time_columns(frame: Any) -> list[str]:
    from atlas.data.tables import ALIASES, fold

    return [name for name in map(str, frame.columns) if fold(name) in ALIASES["time"]][:1]


def _both(before: Series, part: Series, asked: Floats, name: str) -> Series:
    same = before.times is part.times or np.array_equal(
        np.zeros(0) if before.times is None else before.times, np.zeros(0) if part.times is None else part.times
    )
    if not same or len(before.values) != len(asked):
        raise DataError(f"signals: {name} and the others have different times: give all the index of the data")
    both = ~np.isnan(before.values) & ~np.isnan(asked) & (before.values != asked)
    if both.any():
        row = int(np.argmax(both))
        raise DataError(
            f"signals: row {row + 1}{_when(part, row)} says two things at once, {before.values[row]:g} and "
            f"{asked[row]:g} ({name}): decide, as with entries & ~exits"
        )
    return replace(before, values=np.where(np.isnan(asked), before.values, asked))


def _when(part: Series, row: int) -> str:
    return "" if part.times is None else f" ({_text(int(part.times[row]))})"


def _text(time_ns: int) -> str:
    return str(np.datetime64(time_ns, "ns"))[:19].replace("T", " ")


def _series_of(value: Any, origin: str, options: ReadOptions) -> list[Series]:
    """Series of each symbol."""
    if isinstance(value, Mapping) and value and all(not np.isscalar(each) for each in value.values()):
        parts = [part for symbol, each in value.items() for part in _of_one(str(symbol), each, origin, options)]
        if not _is_columns(value):
            return parts
    return _of_one("", value, origin, options)


def _is_columns(value: Mapping[Any, Any]) -> bool:
    from atlas.data.tables import ALIASES, fold

    return any(fold(str(name)) in ALIASES["time"] for name in value)


def _of_one(symbol: str, value: Any, origin: str, options: ReadOptions) -> list[Series]:
    if hasattr(value, "to_frame") and hasattr(value, "index"):
        value = value.to_frame(name=symbol or value.name or "signal")
    elif isinstance(value, list | np.ndarray) and getattr(getattr(value, "dtype", None), "names", None) is None:
        values = _numbers(np.asarray(value), origin, symbol)
        return [Series(symbol, None, values)]
    moments, columns = read_columns(value, origin, options)
    if not columns:
        raise DataError(f"{origin}: there are no columns but the time: give one a symbol")
    times = None if moments is None else moments.times
    return [
        Series(symbol if symbol and len(columns) == 1 else header, times, _numbers(values, origin, header))
        for header, values in columns.items()
    ]


def _numbers(values: Any, origin: str, header: str) -> Floats:
    array = np.asarray(values)
    if array.ndim != 1:
        raise DataError(
            f"{origin}: an array of {array.ndim} dimensions names no symbols: pass a frame with a column each"
        )
    try:
        return np.ascontiguousarray(array, dtype=np.float64)
    except (TypeError, ValueError):
        cleaned = [np.nan if value is None else value for value in array.tolist()]
    try:
        return np.array(cleaned, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{origin}: column {header!r} holds no numbers or booleans ({error}): convert it") from error


# --- beside the bars -------------------------------------------------------------------------------------------------


def _with_column(history: BarHistory, name: str, origin: str, parts: Sequence[Series], timestamps: str) -> BarHistory:
    """History with a column of what is said, each value beside its bar."""
    column = np.full(len(history), np.nan)
    for part in parts:
        symbol = _symbol(history, part, origin, len(parts))
        _refuse_value(part, origin, np.isinf(part.values), "is no finite number: write NaN where nothing is said")
        rows = history.rows(symbol)
        column[rows] = _aligned(history, rows, part, symbol, origin, timestamps)
    if np.isnan(column).all():
        raise DataError(f"{origin}: every value is NaN: nothing would be traded")
    extras = {**history.extras, name: column}
    available = {key: times for key, times in history.available.items() if key != name}
    return replace(history, extras=extras, available=available)


def _symbol(history: BarHistory, part: Series, origin: str, count: int) -> str:
    known = {*history.symbols, *(instrument.name for instrument in history.instruments)}
    if part.symbol in known:
        return part.symbol
    if count == 1 and len(history.instruments) == 1:
        return history.instruments[0].symbol
    if not part.symbol:
        raise DataError(
            f"{origin}: the data has {len(history.instruments)} symbols: give a column for each by its name"
        )
    raise DataError(f"{origin}: the data has no symbol {part.symbol!r}; {did_you_mean(part.symbol, known)}")


def _aligned(
    history: BarHistory, rows: npt.NDArray[np.intp], part: Series, symbol: str, origin: str, timestamps: str
) -> Floats:
    """Value of each bar of one instrument."""
    if part.times is None:
        if len(part.values) != len(rows):
            raise DataError(
                f"{origin}: {len(part.values):,} values without times for {len(rows):,} bars of {symbol}: "
                "give one a bar, or a frame with the index of the data"
            )
        return part.values
    starts = history.bar_starts()[rows]
    times = _starts(history, rows, part.times, timestamps)
    said = np.flatnonzero(~np.isnan(part.values))
    places = np.searchsorted(starts, times[said])
    found = (places < len(starts)) & (starts[np.minimum(places, len(starts) - 1)] == times[said])
    if not found.all():
        _refuse_time(part, int(said[np.argmin(found)]), starts, symbol, origin)
    _, first, counts = np.unique(places, return_index=True, return_counts=True)
    if (counts > 1).any():
        row = int(said[first[np.argmax(counts > 1)]])
        raise DataError(f"{origin}: {_text(int(part.times[row]))} stands twice for {symbol}: keep one row a time")
    aligned = np.full(len(rows), np.nan)
    aligned[places] = part.values[said]
    return aligned


def _starts(history: BarHistory, rows: npt.NDArray[np.intp], times: Times, timestamps: str) -> Times:
    """Starts of the bars that times mean; midnights of daily bars are dates, whichever end a time is."""
    if timestamps == "start" or len(rows) == 0:
        return times
    length_ns = history.specifications[int(history.records["side"][rows[0]])].length_ns
    return times if length_ns % _DAY_NS == 0 and not (times % _DAY_NS).any() else times - length_ns


def _refuse_time(part: Series, row: int, starts: Times, symbol: str, origin: str) -> None:
    assert part.times is not None
    span = f"they start from {_text(int(starts[0]))} to {_text(int(starts[-1]))}" if len(starts) else "it has none"
    when = _text(int(part.times[row]))
    raise DataError(
        f"{origin}: row {row + 1}, {when}, is no bar of {symbol} ({span}): give it the index of the data, with NaN "
        f"where nothing is said ({origin}.reindex(data.index)); timestamps='end' reads it as ends of bars, timezone= "
        "as local times"
    )


def _refuse_value(part: Series, origin: str, bad: npt.NDArray[np.bool_], words: str) -> None:
    if bad.any():
        row = int(np.argmax(bad))
        of = f" of {part.symbol}" if part.symbol else ""
        raise DataError(f"{origin}: row {row + 1}{_when(part, row)}{of}: {part.values[row]:g} {words}")


def _refuse_sum(history: BarHistory, leverage: float) -> None:
    """Refuse weights that more than use up the account, at the first time that they do."""
    _, groups = np.unique(history.records["local_time_ns"], return_inverse=True)
    sums = np.bincount(groups, weights=np.nan_to_num(np.abs(history.extras["weight"])))
    if (sums > leverage + _ROUNDING).any():
        group = int(np.argmax(sums > leverage + _ROUNDING))
        row = int(np.argmax(groups == group))
        when = _text(int(history.bar_starts()[row]))
        raise DataError(
            f"weights: those of {when} add up to {sums[group]:g}, more than leverage={leverage:g}: "
            f"scale them down, or pass leverage={sums[group]:.4g}"
        )
