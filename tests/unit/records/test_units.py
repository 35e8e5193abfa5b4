"""Decimals and floats become units exactly, and what doesn't fit is refused with the value and the limits."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from atlas.records.enums import NULL
from atlas.records.errors import DataError
from atlas.records.units import (
    MAXIMUM_UNITS,
    array_to_floats,
    array_to_units,
    divide_half_even,
    from_units,
    notional_money,
    rescale_units,
    to_units,
    units_to_float,
    units_to_text,
)


@pytest.mark.parametrize(
    ("value", "exponent", "units"),
    [
        ("0.1", 9, 100_000_000),
        (0.1, 9, 100_000_000),
        (0.1 + 0.2, 9, 300_000_000),
        (-187.43, 2, -18743),
        (" 1e3 ", 2, 100_000),
        (Decimal("1.005"), 2, 100),
        (Decimal("1.015"), 2, 102),
        (1.005, 2, 100),
        (np.float32(0.1), 9, 100_000_000),
        (np.int64(7), 8, 700_000_000),
        (10**18, 0, 10**18),
        ("9223372036.854775807", 9, MAXIMUM_UNITS),
        ("-9223372036.854775807", 9, -MAXIMUM_UNITS),
        (0.0, 18, 0),
        (1e-300, 9, 0),
    ],
)
def test_numbers_become_units(value: Any, exponent: int, units: int) -> None:
    assert to_units(value, exponent) == units


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (math.nan, "price nan is not a finite number"),
        (math.inf, "price inf is not a finite number"),
        ("x1", "price 'x1' is not a number"),
        (True, "price True is a bool, not a number"),
        (None, "price None is a NoneType, not a number"),
        (
            1e10,
            r"price 10000000000.0 is outside -9223372036.854775807..9223372036.854775807 \(whole numbers of 10\*\*-9\)",
        ),
        ("9223372036.854775808", "is outside"),
        ("-9223372036.854775808", "is outside"),
        (1e300, "is outside"),
        (Decimal("1e999999"), "is outside"),
    ],
)
def test_what_is_no_price_is_refused(value: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        to_units(value, 9, "price")


def test_digits_beyond_the_exponent_are_refused_where_exactness_is_asked_for() -> None:
    assert to_units("0.25", 2, exact=True) == 25
    with pytest.raises(DataError, match=r"tick 0.255 is not a whole number of 10\*\*-2"):
        to_units("0.255", 2, "tick", exact=True)


@pytest.mark.parametrize("exponent", [-1, 19])
def test_exponents_have_limits(exponent: int) -> None:
    with pytest.raises(DataError, match=f"exponent {exponent} is outside 0..18"):
        to_units(1, exponent)


@pytest.mark.parametrize(
    ("units", "exponent", "text"),
    [(-1250, 2, "-12.5"), (100, 2, "1"), (0, 9, "0"), (1, 18, "0.000000000000000001"), (10**18, 0, "1" + "0" * 18)],
)
def test_units_are_written_plainly(units: int, exponent: int, text: str) -> None:
    assert units_to_text(units, exponent) == text
    assert from_units(units, exponent) == Decimal(text)


def test_the_absent_value_goes_through() -> None:
    assert units_to_text(NULL, 9) == ""
    assert math.isnan(units_to_float(NULL, 9))
    assert rescale_units(NULL, 9, 2) == NULL
    with pytest.raises(DataError, match="NULL stands for no value"):
        from_units(NULL, 9)
    with pytest.raises(DataError, match="NULL has no notional"):
        notional_money(NULL, 1)


def test_arrays_become_units_and_return() -> None:
    prices = np.array([[187.43, -0.01], [0.0, 1234.5]])
    units = array_to_units(prices, 9, "price")
    assert units.dtype == np.int64
    assert units.tolist() == [[187_430_000_000, -10_000_000], [0, 1_234_500_000_000]]
    assert (array_to_floats(units, 9) == prices).all()


@pytest.mark.parametrize(
    ("values", "units"),
    [
        ([1, 2], [100, 200]),
        (np.array([0.1], np.float32), [10]),
        (["1.5", "2"], [150, 200]),
        ([Decimal("1.5"), 2], [150, 200]),
        (np.array([2**40 + 1], np.uint64), [(2**40 + 1) * 100]),
        ([90_071_992_547_409.94], [9_007_199_254_740_994]),
        ([], []),
    ],
)
def test_arrays_of_every_sort(values: Any, units: list[int]) -> None:
    assert array_to_units(values, 2).tolist() == units


def test_gaps_become_null_where_allowed() -> None:
    assert array_to_units([1.0, math.nan], 2, nan_is_null=True).tolist() == [100, NULL]
    assert array_to_units(np.array([None, "2"], object), 2, nan_is_null=True).tolist() == [NULL, 200]
    assert np.isnan(array_to_floats([NULL], 2)).all()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.0, math.nan], r"price\[1\] nan is not a finite number"),
        ([math.inf], r"price\[0\] inf is not a finite number"),
        ([1.0, 9.3e9], r"price\[1\] 9300000000.0 is outside -9223372036.854775807..9223372036.854775807"),
        ([10**10], r"price\[0\] 10000000000 is outside"),
        (["2", "z"], r"price\[1\] 'z' is not a number"),
        ([9223372036.8547764], r"price\[0\] 9223372036.854776 is outside"),
    ],
)
def test_the_first_bad_element_is_named(values: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        array_to_units(values, 9, "price")


@pytest.mark.parametrize(
    ("numerator", "denominator", "quotient"),
    [
        (5, 2, 2),
        (7, 2, 4),
        (-5, 2, -2),
        (-7, 2, -4),
        (6, 4, 2),
        (1, 3, 0),
        (2, 3, 1),
        (-2, 3, -1),
        (10**40, 10**20, 10**20),
    ],
)
def test_division_rounds_half_to_even(numerator: int, denominator: int, quotient: int) -> None:
    assert divide_half_even(numerator, denominator) == quotient


def test_division_needs_a_positive_denominator() -> None:
    with pytest.raises(DataError, match="denominator 0 is not positive"):
        divide_half_even(1, 0)


def test_rescaling() -> None:
    assert rescale_units(123_456_789, 9, 2) == 12
    assert rescale_units(12, 2, 9) == 120_000_000
    with pytest.raises(DataError, match="is outside"):
        rescale_units(MAXIMUM_UNITS, 2, 9)


def test_notional_is_rounded_once() -> None:
    assert notional_money(100_500_000_000, 300_000_000) == 30_150_000_000
    assert notional_money(1, 50_000_000, money_exponent=8) == 0
    assert notional_money(3, 5, price_exponent=0, quantity_exponent=0, money_exponent=2, multiplier=10) == 15_000
    assert notional_money(5_000_000, 100_000_000, money_exponent=2) == 0
    assert notional_money(15_000_000, 100_000_000, money_exponent=2) == 2
    with pytest.raises(DataError, match="notional of"):
        notional_money(MAXIMUM_UNITS, MAXIMUM_UNITS)
