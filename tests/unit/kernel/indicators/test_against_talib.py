"""Every indicator against TA-Lib, vectorised and streaming."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from atlas.kernel.indicators import ATR, EMA, RSI, SMA, Bollinger, Donchian, Indicator, StandardDeviation, vectorised
from atlas.records.errors import InvalidRequestError

talib: Any = pytest.importorskip("talib")

generator = np.random.default_rng(11)
CLOSE = 100.0 + np.cumsum(generator.normal(0, 1, 700))
HIGH = CLOSE + generator.random(700)
LOW = CLOSE - generator.random(700)

CASES: list[tuple[str, Indicator, tuple[Any, ...], str, Any]] = [
    ("sma", SMA(10), (CLOSE,), "value", lambda: talib.SMA(CLOSE, 10)),
    ("ema", EMA(12), (CLOSE,), "value", lambda: talib.EMA(CLOSE, 12)),
    ("rsi", RSI(14), (CLOSE,), "value", lambda: talib.RSI(CLOSE, 14)),
    ("atr", ATR(14), (HIGH, LOW, CLOSE), "value", lambda: talib.ATR(HIGH, LOW, CLOSE, 14)),
    ("deviation", StandardDeviation(20), (CLOSE,), "value", lambda: talib.STDDEV(CLOSE, 20)),
    ("middle", Bollinger(20, 2.5), (CLOSE,), "value", lambda: talib.BBANDS(CLOSE, 20, 2.5, 2.5)[1]),
    ("upper", Bollinger(20, 2.5), (CLOSE,), "upper", lambda: talib.BBANDS(CLOSE, 20, 2.5, 2.5)[0]),
    ("lower", Bollinger(20, 2.5), (CLOSE,), "lower", lambda: talib.BBANDS(CLOSE, 20, 2.5, 2.5)[2]),
    ("highest", Donchian(17), (HIGH, LOW), "upper", lambda: talib.MAX(HIGH, 17)),
    ("lowest", Donchian(17), (HIGH, LOW), "lower", lambda: talib.MIN(LOW, 17)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_vectorised_agrees_with_talib(case: tuple[str, Indicator, tuple[Any, ...], str, Any]) -> None:
    _, indicator, columns, output, oracle = case
    np.testing.assert_allclose(vectorised(indicator, *columns, output=output), oracle(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_streaming_equals_vectorised_to_the_bit(case: tuple[str, Indicator, tuple[Any, ...], str, Any]) -> None:
    _, indicator, columns, output, _ = case
    stream: Any = indicator.copy()
    values = []
    for row in zip(*columns, strict=True):
        stream.update(*(float(value) for value in row))
        values.append(getattr(stream, output))
    np.testing.assert_array_equal(np.array(values), vectorised(indicator, *columns, output=output))
    assert stream.ready
    assert stream.count == len(CLOSE)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_a_missing_input_leaves_the_state_as_it_is(case: tuple[str, Indicator, tuple[Any, ...], str, Any]) -> None:
    _, indicator, columns, output, _ = case
    with_gap = [np.insert(column, [40, 40, 500], [np.nan, np.inf, -np.inf]) for column in columns]
    answer = vectorised(indicator, *with_gap, output=output)
    assert answer[40] == answer[41] == answer[39]
    np.testing.assert_array_equal(np.delete(answer, [40, 41, 502]), vectorised(indicator, *columns, output=output))


def test_the_columns_are_checked() -> None:
    with pytest.raises(InvalidRequestError, match="high, low, close"):
        vectorised(ATR(3), CLOSE)
    with pytest.raises(InvalidRequestError, match="no output 'top'"):
        vectorised(Bollinger(3), CLOSE, output="top")


def test_no_column_is_too_short() -> None:
    assert np.isnan(vectorised(SMA(10), CLOSE[:9])).all()
    assert vectorised(SMA(10), []).shape == (0,)
