"""Splits and dividends of a run: what a user hands in, as records in their place among the bars."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from atlas.config.suggestions import did_you_mean
from atlas.data.bars import BarHistory, aligned_records
from atlas.records.enums import NULL
from atlas.records.errors import ConfigurationError, DataError
from atlas.records.kinds import Kind
from atlas.records.layout import RecordArray, blank, repeat_headers

SYMBOL_NAMES: Final = ("symbol", "ticker")
TIME_NAMES: Final = ("ex_date", "date", "time", "timestamp", "datetime")
DIVIDEND_NAMES: Final = ("dividends", "dividend", "amount")
SPLIT_NAMES: Final = ("stock splits", "stock_splits", "splits", "split", "ratio")
LARGEST_DENOMINATOR: Final = 10_000
ROW_WORDS: Final = 8
Event = tuple[int, str, float]
"""Time in ns UTC, symbol, value."""


def actions_of(history: BarHistory, dividends: Any, splits: Any) -> RecordArray:
    """Return the records of splits and dividends, by time.

    Parameters
    ----------
    history : BarHistory
        The bars; both ends of their time bound the actions.
    dividends, splits : frame, mapping of symbol to these, True, or None
        Rows of a date (a column, or the index), a symbol where there are several, and an amount a share or a number of
        new shares for an old one. True takes them from the data's own columns, as yfinance names them.

    Returns
    -------
    array of rows of eight words (n, 8), int64
        At one time splits come first: a dividend is of the new shares.

    Raises
    ------
    DataError
        A column is missing, a symbol unknown, or a value out of range.
    """
    rows = [
        *(_split(history, event) for event in _events(history, splits, SPLIT_NAMES, "splits")),
        *(_dividend(history, event) for event in _events(history, dividends, DIVIDEND_NAMES, "dividends")),
    ]
    if not rows:
        return np.empty((0, ROW_WORDS), np.int64)
    words = np.concatenate([row.view(np.int64).reshape(1, ROW_WORDS) for row in rows])
    words = words[(words[:, 0] >= history.start_ns) & (words[:, 0] < history.end_ns)]
    ordered: RecordArray = words[np.argsort(words[:, 0], kind="stable")]
    return ordered


def merged_records(history: BarHistory, actions: RecordArray) -> RecordArray:
    """Return bars and actions in one array: an action stands behind the bars that end at its time."""
    if len(actions) == 0:
        return history.records
    bars = history.records.view(np.int64).reshape(-1, ROW_WORDS)
    places = np.searchsorted(bars[:, 1], actions[:, 0], side="right")
    merged = aligned_records(len(bars) + len(actions))
    merged.view(np.int64).reshape(-1, ROW_WORDS)[:] = np.insert(bars, places, actions, axis=0)
    merged.flags.writeable = False
    return merged


def _split(history: BarHistory, event: Event) -> npt.NDArray[Any]:
    _, symbol, value = event
    ratio = Fraction(value).limit_denominator(LARGEST_DENOMINATOR)
    if ratio <= 0:
        raise DataError(f"splits of {symbol}: {value:g} new shares for an old one is no ratio")
    record = _record(Kind.SPLIT, history, event)
    record["numerator"], record["denominator"] = ratio.numerator, ratio.denominator
    record["cash_in_lieu_units"] = NULL
    repeat_headers(record)
    return record


def _dividend(history: BarHistory, event: Event) -> npt.NDArray[Any]:
    _, symbol, value = event
    if not value > 0.0:
        raise DataError(f"dividends of {symbol}: an amount a share must be above 0, not {value:g}")
    record = _record(Kind.DIVIDEND, history, event)
    record["amount"] = value
    repeat_headers(record)
    return record


def _record(kind: Kind, history: BarHistory, event: Event) -> npt.NDArray[Any]:
    record = blank(kind)
    record["instrument"] = history.number_of(event[1])
    record["venue_time_ns"] = record["local_time_ns"] = event[0]
    return record


def _events(history: BarHistory, given: Any, names: tuple[str, ...], what: str) -> Iterator[Event]:
    """Give every event that a user means."""
    if given is None or given is False:
        return
    if given is True:
        yield from _own_columns(history, names, what)
    elif isinstance(given, Mapping) and not any(str(key).lower() in (*names, *TIME_NAMES) for key in given):
        for symbol, frame in given.items():
            yield from _frame_events(history, frame, names, what, str(symbol))
    else:
        yield from _frame_events(history, given, names, what, None)


def _own_columns(history: BarHistory, names: tuple[str, ...], what: str) -> Iterator[Event]:
    """Give the events in the data's own columns: each at the start of its bar."""
    column = next((name for name in history.extras if name.lower() in names), None)
    if column is None:
        there = ", ".join(history.extras) or "none"
        raise DataError(f"{what}=True needs a column {names[0]!r} beside the bars; further columns are: {there}")
    values, starts = history.extras[column], history.bar_starts()
    for row in np.flatnonzero(np.nan_to_num(values) != 0.0).tolist():
        instrument = history.instruments[int(history.records["instrument"][row]) - 1]
        yield int(starts[row]), instrument.name, float(values[row])


def _frame_events(
    history: BarHistory, frame: Any, names: tuple[str, ...], what: str, symbol: str | None
) -> Iterator[Event]:
    """Give the events of a frame or series; zeros and absent values are none."""
    import pandas as pd

    try:
        table = frame.to_frame() if isinstance(frame, pd.Series) else pd.DataFrame(frame)
    except ValueError:
        given = f"{type(frame).__name__} {frame!r}"
        raise ConfigurationError(f"give True, a frame or a series, or one a symbol, not the {given}", what) from None
    columns = {str(column).lower(): column for column in table.columns}
    value = next((columns[name] for name in names if name in columns), None)
    if value is None and len(table.columns) == 1:
        value = table.columns[0]
    if value is None:
        hint = did_you_mean(next(iter(columns), ""), names)
        raise DataError(f"{what} has no column of values; {hint}")
    moment = next((columns[name] for name in TIME_NAMES if name in columns), None)
    times = pd.to_datetime(table.index if moment is None else table[moment], utc=True)
    owner = next((columns[name] for name in SYMBOL_NAMES if name in columns), None)
    if owner is None and symbol is None and len(history.instruments) != 1:
        raise DataError(f"{what} of several symbols need a column 'symbol', or a mapping of symbol to frame")
    symbols = [symbol or history.symbols[0]] * len(table) if owner is None else table[owner].astype(str).tolist()
    stamps = np.asarray(times.to_numpy(dtype="datetime64[ns]")).astype(np.int64).tolist()
    for time_ns, name, number in zip(stamps, symbols, table[value].tolist(), strict=True):
        if number is not None and not math.isnan(number) and number != 0.0:
            yield time_ns, name, float(number)
