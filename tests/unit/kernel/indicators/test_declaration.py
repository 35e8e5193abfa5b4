"""Declared arguments, windows, and the edges of single indicators."""

from __future__ import annotations

import copy
import math
import statistics
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.kernel.indicators import RSI, SMA, Bollinger, Donchian, Indicator, StandardDeviation, TrueRange, Window
from atlas.kernel.indicators.declaration import method, state
from atlas.records.errors import InvalidRequestError

PRICES = st.lists(st.floats(1.0, 1000.0), min_size=1, max_size=60)


@pytest.mark.parametrize("length", [0, -1, 1.5, True, "3", 10**9])
def test_a_length_is_a_positive_whole_number(length: int) -> None:
    with pytest.raises(InvalidRequestError, match="length must be a whole number"):
        SMA(length)


def test_an_argument_must_be_finite() -> None:
    with pytest.raises(InvalidRequestError, match="width must be a finite number"):
        Bollinger(5, math.nan)


def test_numbers_of_numpy_are_numbers() -> None:
    length: Any = np.int64(5)
    bands = Bollinger(length, np.float64(1.5))
    assert repr(bands) == "Bollinger(length=5, width=1.5)"
    assert type(bands.arguments["length"]) is int
    with pytest.raises(InvalidRequestError, match="length must be a whole number"):
        SMA(np.float64(5.0))  # type: ignore[arg-type]


def test_an_indicator_without_arguments_takes_none() -> None:
    with pytest.raises(InvalidRequestError, match="TrueRange takes no arguments"):
        TrueRange().with_first_argument(3)


def test_an_argument_needs_a_field() -> None:
    class Lacking(Indicator):
        dtype = state()
        methods = {}

    with pytest.raises(InvalidRequestError, match="no field for the argument 'width'"):
        Lacking(width=1.0)


def test_a_method_says_what_it_takes() -> None:
    with pytest.raises(InvalidRequestError, match="annotate its parameter 'price' as int or float"):

        @method
        def update(address: int, price) -> float:  # type: ignore[no-untyped-def]
            return price  # type: ignore[no-any-return]

    with pytest.raises(InvalidRequestError, match="annotate what it gives back"):

        @method
        def forgetful(address: int, price: float):  # type: ignore[no-untyped-def]
            return price


def test_the_first_argument_can_be_replaced() -> None:
    assert repr(Bollinger(20, 3.0).with_first_argument(5)) == "Bollinger(length=5, width=3.0)"


def test_a_copy_starts_afresh() -> None:
    average = SMA(1)
    assert average.update(4.0) == 4.0
    assert math.isnan(copy.deepcopy(average).value)
    assert average.value == 4.0


def test_an_index_of_strength_without_movement_is_in_the_middle() -> None:
    strength = RSI(2)
    values = [strength.update(5.0) for _ in range(4)]
    assert math.isnan(values[1])
    assert values[2:] == [50.0, 50.0]


def test_equal_prices_do_not_deviate() -> None:
    deviation = StandardDeviation(3)
    assert [deviation.update(0.1) for _ in range(7)][2:] == pytest.approx([0.0] * 5, abs=1e-15)


@settings(max_examples=40, deadline=None)
@given(prices=PRICES, length=st.integers(1, 12))
def test_a_window_is_the_end_of_what_it_was_given(prices: list[float], length: int) -> None:
    window = Window(length)
    for price in prices:
        window.append(price)
    held = prices[-length:]
    assert [window[index] for index in range(len(window))] == held
    assert [window[-index] for index in range(1, len(window) + 1)] == held[::-1]
    assert (window.highest(), window.lowest()) == (max(held), min(held))
    assert window.mean() == pytest.approx(statistics.fmean(held))
    assert window.std() == pytest.approx(statistics.pstdev(held), abs=1e-9)
    assert window.ready == (len(prices) >= length)


def test_a_position_outside_a_window_is_an_error() -> None:
    window = Window(3)
    for index in (0, -1):
        with pytest.raises(IndexError, match="index out of range"):
            window[index]
    window.append(1.0)
    assert window[0] == window[-1] == 1.0
    with pytest.raises(IndexError):
        window[1]


def test_an_empty_window_has_no_values() -> None:
    window = Window(3)
    assert all(math.isnan(value) for value in (window.mean(), window.std(), window.highest(), window.lowest()))


@settings(max_examples=40, deadline=None)
@given(prices=PRICES, length=st.integers(1, 12))
def test_a_channel_holds_the_extremes(prices: list[float], length: int) -> None:
    channel = Donchian(length)
    for number, price in enumerate(prices, 1):
        channel.update(price + 1.0, price)
        if number >= length:
            held = prices[number - length : number]
            assert (channel.upper, channel.lower) == (max(held) + 1.0, min(held))


def test_the_error_of_a_deviation_does_not_grow() -> None:
    prices = np.random.default_rng(2).normal(0, 1, 5000) + np.where(np.arange(5000) < 2500, 1e9, 0.0)
    deviation = StandardDeviation(16)
    for price in prices.tolist():
        deviation.update(price)
    assert deviation.value == pytest.approx(statistics.pstdev(prices[-16:].tolist()), rel=1e-9)
