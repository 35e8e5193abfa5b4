"""Units against decimals, on numbers of every size."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from atlas.records.units import (
    MAXIMUM_UNITS,
    array_to_floats,
    array_to_units,
    divide_half_even,
    from_units,
    notional_money,
    to_units,
    units_to_float,
    units_to_text,
)

EXPONENTS = st.integers(0, 18)
UNITS = st.integers(-MAXIMUM_UNITS, MAXIMUM_UNITS)


def rounded(value: float, exponent: int) -> int:
    """Round the decimal that Python prints, by the decimal module alone."""
    with localcontext() as context:
        context.prec = 400
        return int((Decimal(repr(value)) * 10**exponent).quantize(Decimal(1), ROUND_HALF_EVEN))


@given(UNITS, EXPONENTS)
def test_text_and_decimals_return_to_the_same_units(units: int, exponent: int) -> None:
    assert to_units(units_to_text(units, exponent), exponent, exact=True) == units
    assert to_units(from_units(units, exponent), exponent, exact=True) == units


@given(st.integers(-(2**52), 2**52), EXPONENTS)
def test_floats_return_to_the_same_units(units: int, exponent: int) -> None:
    assert to_units(units_to_float(units, exponent), exponent) == units


@given(st.lists(st.integers(-(2**49), 2**49), min_size=1), EXPONENTS)
def test_arrays_return_to_the_same_units(units: list[int], exponent: int) -> None:
    floats = array_to_floats(units, exponent)
    assert floats.tolist() == [units_to_float(number, exponent) for number in units]
    assert array_to_units(floats, exponent).tolist() == units


@given(st.lists(st.floats(-9e9, 9e9), min_size=1), st.integers(0, 9))
def test_arrays_of_any_floats_round_as_decimals_do(values: list[float], exponent: int) -> None:
    expected = [rounded(value, exponent) for value in values]
    assert array_to_units(values, exponent).tolist() == expected
    assert [to_units(value, exponent) for value in values] == expected


@given(st.integers(0, 10**12), st.integers(1, 9))
def test_ties_round_half_to_even(tens: int, exponent: int) -> None:
    value = float(f"{tens}e-{exponent}") + float(f"5e-{exponent + 1}")
    assert array_to_units(np.array([value]), exponent).tolist() == [rounded(value, exponent)]


@given(st.integers(), st.integers(1))
def test_division_is_the_nearest_whole_number(numerator: int, denominator: int) -> None:
    quotient = divide_half_even(numerator, denominator)
    distance = abs(Fraction(numerator, denominator) - quotient)
    assert distance < Fraction(1, 2) or (distance == Fraction(1, 2) and quotient % 2 == 0)


@given(st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12), st.integers(0, 8))
def test_notional_is_the_exact_product_rounded_once(price: int, quantity: int, money_exponent: int) -> None:
    money = notional_money(price, quantity, money_exponent=money_exponent)
    exact = Fraction(price * quantity * 10**money_exponent, 10**17)
    assert abs(exact - money) <= Fraction(1, 2)
