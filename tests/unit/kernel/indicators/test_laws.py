"""What holds for every indicator: one core, missing inputs, readiness, flat and short series, no drift."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.kernel.indicators import ATR, SMA, Bollinger, Indicator, vectorised
from atlas.kernel.indicators.columns import run_series
from atlas.kernel.memory.compilation import PLAIN
from atlas.records.errors import InvalidRequestError
from tests.unit.kernel.indicators.samples import (
    Columns,
    indicator_classes,
    inputs_of,
    outputs_of,
    random_columns,
    sample,
    stream,
)

NAMES = sorted(indicator_classes())
every_indicator = pytest.mark.parametrize("name", NAMES)


def whole(name: str, columns: Columns) -> np.ndarray[Any, Any]:
    """All outputs, vectorised."""
    indicator = sample(name)
    return run_series(indicator, inputs_of(indicator, columns), outputs_of(indicator))


@every_indicator
def test_streaming_equals_vectorised_to_the_bit(name: str) -> None:
    columns = random_columns(rows=200)
    streamed, _ = stream(sample(name), columns)
    assert np.isfinite(streamed[:, -1]).all()
    np.testing.assert_array_equal(streamed.view(np.int64), whole(name, columns).view(np.int64))


BAR_PARTS = st.tuples(*[st.sampled_from([0.0, 0.0, 0.25, 1.0, 1e-3, 7.5]) for _ in range(3)])
SERIES = st.lists(
    st.tuples(st.one_of(st.floats(0.01, 1e6), st.sampled_from([1.0, 1.0, 2.0])), BAR_PARTS, st.integers(0, 100)),
    max_size=40,
)


@every_indicator
@settings(max_examples=15, deadline=None)
@given(rows=SERIES)
def test_streaming_equals_vectorised_whatever_the_bars(name: str, rows: list[Any]) -> None:
    close = np.array([row[0] for row in rows], np.float64)
    up, down, back = (np.array([row[1][part] for row in rows], np.float64) for part in range(3))
    volume = np.array([row[2] for row in rows], np.float64)
    columns: Columns = {
        "price": close,
        "other": close[::-1].copy(),
        "market": close[::-1].copy(),
        "open": close + up - back,
        "high": close + up + back,
        "low": close - down - back,
        "close": close,
        "volume": volume,
        "time_ns": np.cumsum(volume.astype(np.int64)) * 10**12,
    }
    streamed, ready = stream(sample(name), columns)
    vectorised_outputs = whole(name, columns).reshape(streamed.shape)
    np.testing.assert_array_equal(streamed, vectorised_outputs)
    assert np.isfinite(streamed[:, ready]).all()


@every_indicator
def test_it_is_ready_exactly_when_all_outputs_are_there(name: str) -> None:
    indicator, columns = sample(name), random_columns(rows=120)
    streamed, ready = stream(indicator, columns)
    assert indicator.warm_up == int(np.argmax(ready)) + 1
    assert ready[indicator.warm_up - 1 :].all()
    np.testing.assert_array_equal(np.isfinite(streamed), np.broadcast_to(ready, streamed.shape))


@every_indicator
def test_default_arguments_warm_up_as_they_say(name: str) -> None:
    made: Any = indicator_classes()[name]
    try:
        indicator = made()
    except TypeError:  # the length has no default
        indicator = made(length=30)
    _, ready = stream(indicator, random_columns(rows=indicator.warm_up))
    assert ready.sum() == 1 and ready[-1]


@every_indicator
def test_an_update_with_a_missing_input_is_left_out(name: str) -> None:
    indicator, columns = sample(name), random_columns(rows=150)
    plain = whole(name, columns)
    floats = [column for column in type(indicator).methods["update"].inputs if column != "time_ns"]
    for missing in floats:
        for nothing in (np.nan, np.inf, -np.inf):
            gaps = {key: np.insert(column, [60, 60, 100], column[60]) for key, column in columns.items()}
            gaps[missing] = np.insert(columns[missing], [60, 60, 100], nothing)
            answer = whole(name, gaps)
            np.testing.assert_array_equal(answer[:, 60], plain[:, 59])
            np.testing.assert_array_equal(answer[:, 61], plain[:, 59])
            np.testing.assert_array_equal(np.delete(answer, [60, 61, 102], axis=1), plain)


@every_indicator
def test_a_missing_first_input_gives_nothing(name: str) -> None:
    fresh: Any = sample(name)
    inputs = type(fresh).methods["update"].inputs
    assert math.isnan(fresh.update(*(0 if key == "time_ns" else math.nan for key in inputs)))
    assert fresh.count == 0 and not fresh.ready
    assert all(math.isnan(getattr(fresh, output)) for output in outputs_of(fresh))


# The least that whole-numbered parameters may be where they are tied to each other.
LEAST = {
    "MACD": {"fast_length": 1, "slow_length": 2, "signal_length": 1},
    "PPO": {"fast_length": 1, "slow_length": 2, "signal_length": 1},
    "ChaikinOscillator": {"fast_length": 1, "slow_length": 2},
    "VWAP": {"session_ns": 1, "offset_ns": 0},
}


def shortest(name: str) -> Indicator:
    """The indicator with the least lengths it takes."""
    made: Any = indicator_classes()[name]
    fields = made.dtype.fields
    whole_numbers = [key for key in sample(name).arguments if fields[key][0].kind == "i"]
    least = {key: made.limits.get(key, (1, 0))[0] for key in whole_numbers}
    answer: Indicator = made(**(LEAST.get(name) or least))
    return answer


@every_indicator
def test_the_shortest_lengths_work(name: str) -> None:
    indicator, columns = shortest(name), random_columns(rows=30)
    streamed, ready = stream(indicator, columns)
    answer = run_series(indicator, inputs_of(indicator, columns), outputs_of(indicator))
    np.testing.assert_array_equal(streamed, answer)
    assert int(np.argmax(ready)) + 1 == indicator.warm_up
    assert np.isfinite(streamed[:, ready]).all()


@every_indicator
def test_shorter_lengths_are_refused(name: str) -> None:
    indicator = shortest(name)
    for key, value in indicator.arguments.items():
        if type(indicator).dtype.fields[key][0].kind == "i" and key != "offset_ns":  # type: ignore[index]
            with pytest.raises(InvalidRequestError, match=f"{type(indicator).__name__}: .*{key}"):
                type(indicator)(**{**indicator.arguments, key: value - 1})


@every_indicator
@pytest.mark.parametrize("level", [0.1, 3.0, 1e9])
def test_a_flat_series_gives_finite_values(name: str, level: float) -> None:
    flat = {key: np.full(100, level) for key in random_columns(rows=1)}
    flat["time_ns"] = np.arange(100, dtype=np.int64)
    indicator = sample(name)
    answer = whole(name, flat)
    assert np.isfinite(answer[:, indicator.warm_up - 1 :]).all()
    # Nothing changes any more, but for a stop that is hit by each bar as it is by prices that touch it.
    if name != "ParabolicSAR":
        np.testing.assert_allclose(answer[:, 60:], answer[:, [60]] * np.ones(40), rtol=1e-12, atol=1e-12 * level)


@every_indicator
def test_no_column_is_too_short(name: str) -> None:
    none = whole(name, random_columns(rows=0))
    one = whole(name, random_columns(rows=1))
    assert none.shape == (len(outputs_of(sample(name))), 0)
    assert np.isfinite(one).all() == (sample(name).warm_up == 1)


# What all rows since the first add up to, or decide.
UNENDING = {"OBV", "AccumulationDistribution", "ChaikinOscillator", "VWAP", "ParabolicSAR", "Supertrend"}
MEMORY_ENDS = [name for name in NAMES if name not in UNENDING]


@pytest.mark.parametrize("name", MEMORY_ENDS)
def test_huge_prices_leave_nothing_behind(name: str) -> None:
    columns = random_columns(rows=900)
    wild = {key: column.copy() for key, column in columns.items()}
    for key in wild.keys() - {"volume", "time_ns"}:
        wild[key][:200] *= 1e9
    np.testing.assert_allclose(whole(name, wild)[:, -10:], whole(name, columns)[:, -10:], rtol=1e-9, atol=1e-9)


@pytest.mark.skipif(PLAIN, reason="a million rows are for compiled code")
@pytest.mark.parametrize("name", MEMORY_ENDS)
def test_a_million_rows_at_a_large_offset_do_not_drift(name: str) -> None:
    columns = random_columns(rows=1_000_000, start=1e7)
    tail = {key: column[-2_000:].copy() for key, column in columns.items()}
    np.testing.assert_allclose(whole(name, columns)[:, -100:], whole(name, tail)[:, -100:], rtol=1e-9, atol=1e-9)


def test_the_columns_are_checked() -> None:
    close = random_columns()["price"]
    with pytest.raises(InvalidRequestError, match="high, low, close"):
        vectorised(ATR(3), close)
    with pytest.raises(InvalidRequestError, match="no output 'top'"):
        vectorised(Bollinger(3), close, output="top")
    with pytest.raises(InvalidRequestError, match="columns of one length"):
        vectorised(ATR(3), close, close, close[1:])
    with pytest.raises(InvalidRequestError, match="price holds no numbers"):
        vectorised(SMA(3), ["a", "b"])
    with pytest.raises(InvalidRequestError, match="2 dimensions"):
        vectorised(SMA(3), np.ones((2, 2)))
