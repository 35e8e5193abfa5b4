"""Functions over whole series: what they take, what they give, and what they refuse."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import atlas
import atlas.indicators as functions
from atlas.indicators.functions import function_name
from atlas.kernel.indicators import ADX, RSI, Indicator, Window, vectorised
from atlas.records.errors import InvalidRequestError
from tests.unit.kernel.indicators.samples import indicator_classes, random_columns, sample

COLUMNS = random_columns(rows=80)
CLOSE = COLUMNS["close"]
BARS = [COLUMNS[name] for name in ("high", "low", "close")]
DAYS = pd.date_range("2024-01-01", periods=80, freq="7h", tz="America/New_York")
RSI_7 = vectorised(RSI(7), CLOSE)


@pytest.mark.parametrize("name", sorted(indicator_classes()))
def test_every_indicator_has_a_function(name: str) -> None:
    indicator = sample(name)
    function: Any = getattr(functions, function_name(type(indicator)))
    inputs = type(indicator).methods["update"].inputs
    answer = function(*(COLUMNS[each] for each in inputs), **indicator.arguments)
    first = answer[0] if isinstance(answer, tuple) else answer
    columns = [COLUMNS[each] for each in inputs]
    np.testing.assert_array_equal(first, vectorised(indicator, *columns, output=type(indicator).outputs[0]))
    assert list(inspect.signature(function).parameters) == [*inputs, *inspect.signature(type(indicator)).parameters]
    assert "Returns" in function.__doc__


def test_the_room_is_reached_from_the_front_door() -> None:
    assert vars(atlas)["indicators"] is functions if "indicators" in vars(atlas) else atlas.indicators is functions
    assert atlas.indicators.rsi is functions.rsi


def test_an_array_gives_an_array() -> None:
    answer = functions.rsi(CLOSE, 7)
    assert type(answer) is np.ndarray and answer.dtype == np.float64
    np.testing.assert_array_equal(answer, RSI_7)
    np.testing.assert_array_equal(functions.rsi(CLOSE.astype(np.float32), 7).shape, (80,))


def test_a_list_gives_a_list() -> None:
    answer = functions.rsi(CLOSE.tolist(), length=7)
    assert isinstance(answer, list)
    np.testing.assert_array_equal(answer, RSI_7)
    assert functions.sma([None, 1, 3], 2)[2] == 2.0


def test_a_series_of_pandas_keeps_its_index() -> None:
    answer = functions.rsi(pd.Series(CLOSE, DAYS), 7)
    pd.testing.assert_series_equal(answer, pd.Series(RSI_7, DAYS, name="rsi"))


def test_a_series_of_polars_gives_one() -> None:
    answer = functions.rsi(pl.Series("close", CLOSE), 7)
    assert isinstance(answer, pl.Series) and answer.name == "rsi"
    np.testing.assert_array_equal(answer.to_numpy(), RSI_7)


def test_several_outputs_give_a_frame_or_a_named_tuple() -> None:
    wanted = {name: vectorised(ADX(5), *BARS, output=name) for name in ("adx", "plus_di", "minus_di", "dx")}
    arrays = functions.adx(*BARS, 5)
    assert arrays._fields == tuple(wanted) and type(arrays).__name__ == "ADXOutputs"
    np.testing.assert_array_equal(arrays.minus_di, wanted["minus_di"])
    assert isinstance(functions.adx(*(each.tolist() for each in BARS), 5).adx, list)
    frame = functions.adx(*(pd.Series(each, DAYS) for each in BARS), 5)
    pd.testing.assert_frame_equal(frame, pd.DataFrame(wanted, DAYS))
    assert functions.adx(*(pl.Series(each) for each in BARS), 5).equals(pl.DataFrame(wanted), null_equal=True)


def test_a_frame_stands_for_its_columns() -> None:
    frame = pd.DataFrame({"High": BARS[0], "Low": BARS[1], "Close": BARS[2]}, DAYS)
    pd.testing.assert_series_equal(functions.rsi(frame, 7), functions.rsi(frame["Close"], 7))
    expected = functions.atr(*(frame[name] for name in frame), 5)
    pd.testing.assert_series_equal(functions.atr(frame, 5), expected)
    pd.testing.assert_series_equal(functions.atr(frame, length=5), expected)
    polars = pl.DataFrame({"high": BARS[0], "low": BARS[1], "close": BARS[2]})
    np.testing.assert_array_equal(functions.atr(polars, 5).to_numpy(), expected.to_numpy())


def test_missing_numbers_of_any_library_are_left_out() -> None:
    gaps = CLOSE.copy()
    gaps[30] = np.nan
    expected = functions.rsi(gaps, 7)
    assert expected[30] == expected[29]
    with_none = [None if index == 30 else value for index, value in enumerate(CLOSE.tolist())]
    for series in (with_none, pd.Series(with_none, dtype="Float64"), pl.Series(with_none)):
        np.testing.assert_array_equal(np.asarray(functions.rsi(series, 7)), expected)


def test_times_of_any_library_begin_sessions() -> None:
    frame = pd.DataFrame({name: COLUMNS[name] for name in ("high", "low", "close", "volume")}, DAYS)
    nanoseconds = DAYS.as_unit("ns").asi8
    expected = functions.vwap(*(frame[name].to_numpy() for name in frame), nanoseconds)
    sessions = np.flatnonzero(np.diff(nanoseconds // 86_400_000_000_000)) + 1
    typical = frame[["high", "low", "close"]].mean(axis=1).to_numpy()
    np.testing.assert_allclose(expected[sessions], typical[sessions])
    np.testing.assert_array_equal(functions.vwap(frame), expected)
    np.testing.assert_array_equal(functions.vwap(frame.reset_index(names="Time")), expected)
    polars = pl.from_pandas(frame.reset_index(names="time"))
    np.testing.assert_array_equal(functions.vwap(polars).to_numpy(), expected)
    moments = DAYS.tz_convert(None).to_numpy()
    np.testing.assert_array_equal(functions.vwap(*(frame[name].to_numpy() for name in frame), moments), expected)
    dates = pl.Series([day.date() for day in DAYS])
    assert len(functions.vwap(*(pl.Series(frame[name].to_numpy()) for name in frame), dates)) == 80


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: functions.rsi(pd.DataFrame({"price_paid": [1.0]}), 3), "no column price or close"),
        (lambda: functions.beta(pd.DataFrame({"close": [1.0]}), 3), "no column market"),
        (lambda: functions.rsi(["a"], 3), "price holds no numbers"),
        (lambda: functions.rsi(CLOSE, 0), "length must be a whole number"),
        (lambda: functions.rsi(CLOSE, 2.5), "length must be a whole number"),
        (lambda: functions.rsi(np.ones((2, 2)), 2), "2 dimensions"),
        (lambda: functions.atr(CLOSE, CLOSE, CLOSE[1:]), "columns of one length"),
        (lambda: functions.atr(*(pd.Series([1.0], [n]) for n in range(3))), "low has another index"),
        (lambda: functions.vwap(CLOSE, CLOSE, CLOSE, CLOSE, CLOSE), "time_ns is nanoseconds UTC"),
        (lambda: functions.vwap(*[[1.0]] * 4, pd.Series([pd.NaT])), "time_ns has a missing time"),
        (lambda: functions.vectorised_function(Window), "no vectorised form"),
        (lambda: functions.macd(CLOSE, 26, 12), "fast_length 26 must be below slow_length 12"),
    ],
)
def test_a_mistake_is_told(call: Any, message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        call()


def test_a_misspelt_parameter_is_an_error() -> None:
    with pytest.raises(TypeError, match="lenght"):
        functions.rsi(CLOSE, lenght=3)


def test_no_column_is_changed() -> None:
    frozen = CLOSE.copy()
    frozen.flags.writeable = False
    functions.rsi(frozen, 7)
    functions.rsi(frozen[::2], 7)
    np.testing.assert_array_equal(frozen, CLOSE)


def test_every_indicator_is_exported() -> None:
    for name in indicator_classes():
        assert issubclass(getattr(atlas, name), Indicator)
