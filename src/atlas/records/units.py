"""The one conversion between decimals or floats and the whole numbers inside: price units, quantity units, money.

A value is stored as ``value * 10**exponent``. Text and decimals are read exactly; a float is read as the decimal that
Python prints for it (``0.1`` is one tenth). What has more digits than the exponent keeps is rounded half-even, or
refused where the caller says ``exact``.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from atlas.records.enums import NULL
from atlas.records.errors import DataError

MAXIMUM_UNITS: Final = 2**63 - 1
"""Largest magnitude of a price, quantity or amount in units; the one below it on the negative side is `NULL`."""

MAXIMUM_EXPONENT: Final = 18
"""Largest power of ten of units."""

POWERS_OF_TEN: Final[tuple[int, ...]] = tuple(10**exponent for exponent in range(MAXIMUM_EXPONENT + 1))

IntegerArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
Number = Decimal | str | int | float

_CONTEXT: Final = Context(prec=400, rounding=ROUND_HALF_EVEN)
# Reading a float's decimal costs half a unit in its last place and the product another half; half again for safety.
_RELATIVE_ERROR: Final = 1.5 * 2.0**-52
_EXACT_FLOAT: Final = float(2**53)


def _power(exponent: int) -> int:
    if not 0 <= exponent <= MAXIMUM_EXPONENT:
        raise DataError(f"exponent {exponent} is outside 0..{MAXIMUM_EXPONENT}")
    return POWERS_OF_TEN[exponent]


def _out_of_range(value: object, exponent: int, name: str) -> DataError:
    limit = from_units(MAXIMUM_UNITS, exponent)
    return DataError(f"{name} {value} is outside -{limit}..{limit} (whole numbers of 10**-{exponent})")


def _decimal(value: object, name: str) -> Decimal:
    if isinstance(value, Decimal):
        number = value
    elif isinstance(value, float):
        number = Decimal(float.__repr__(value))
    elif isinstance(value, np.floating):
        number = Decimal(str(value))
    elif isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        number = Decimal(int(value))
    elif isinstance(value, str):
        try:
            number = Decimal(value.strip())
        except InvalidOperation:
            raise DataError(f"{name} {value!r} is not a number") from None
    else:
        raise DataError(f"{name} {value!r} is a {type(value).__name__}, not a number")
    if not number.is_finite():
        raise DataError(f"{name} {value} is not a finite number")
    return number


def to_units(value: Number, exponent: int, name: str = "value", *, exact: bool = False) -> int:
    """Convert one number to units.

    Parameters
    ----------
    value : Decimal, str, int or float
        Finite. A float means the decimal that Python prints for it.
    exponent : int
        Units are ``10**-exponent``; 0 to 18.
    name : str
        What the number is, for messages.
    exact : bool
        Refuse a number with more digits than the exponent keeps, where otherwise it is rounded half-even.

    Returns
    -------
    int
        ``-MAXIMUM_UNITS`` to ``MAXIMUM_UNITS``; never `NULL`.

    Raises
    ------
    DataError
        Not a finite number, out of range, or not exact where asked.
    """
    power = _power(exponent)
    number = _decimal(value, name)
    if number and number.adjusted() > MAXIMUM_EXPONENT + 1:
        raise _out_of_range(value, exponent, name)
    scaled = _CONTEXT.multiply(number, Decimal(power))
    units = int(scaled.to_integral_value(ROUND_HALF_EVEN, _CONTEXT))
    if abs(units) > MAXIMUM_UNITS:
        raise _out_of_range(value, exponent, name)
    if exact and scaled != units:
        raise DataError(f"{name} {value} is not a whole number of 10**-{exponent}")
    return units


def from_units(units: int, exponent: int) -> Decimal:
    """Convert units to the decimal they stand for, exactly.

    Parameters
    ----------
    units : int
        Not `NULL`.
    exponent : int
        Units are ``10**-exponent``; 0 to 18.

    Returns
    -------
    Decimal
        With trailing zeros removed, never in exponent notation when printed by `units_to_text`.

    Raises
    ------
    DataError
        `units` is `NULL` or the exponent is out of range.
    """
    _power(exponent)
    if units == NULL:
        raise DataError("NULL stands for no value")
    sign, digits = (1 if units < 0 else 0), abs(int(units))
    drop = exponent
    while drop and digits % 10 == 0:
        digits //= 10
        drop -= 1
    return Decimal((sign, tuple(int(digit) for digit in str(digits)), -drop))


def units_to_text(units: int, exponent: int) -> str:
    """Write units as plain decimal digits.

    Parameters
    ----------
    units : int
        `NULL` gives the empty string.
    exponent : int
        Units are ``10**-exponent``; 0 to 18.

    Returns
    -------
    str
        Such as ``-12.5``; `to_units` reads it back to the same units.
    """
    return "" if units == NULL else format(from_units(units, exponent), "f")


def units_to_float(units: int, exponent: int) -> float:
    """Convert units to a float by one division, as the kernel does.

    Parameters
    ----------
    units : int
        `NULL` gives NaN.
    exponent : int
        Units are ``10**-exponent``; 0 to 18.

    Returns
    -------
    float
        The nearest float where ``abs(units) < 2**53``.
    """
    power = float(_power(exponent))
    return math.nan if units == NULL else float(units) / power


def array_to_units(
    values: npt.ArrayLike, exponent: int, name: str = "value", *, nan_is_null: bool = False
) -> IntegerArray:
    """Convert an array to units; each element equals `to_units` of it.

    Parameters
    ----------
    values : array_like, any shape
        Floats, whole numbers, or objects that `to_units` takes. Single-precision floats mean the decimals they print.
    exponent : int
        Units are ``10**-exponent``; 0 to 18.
    name : str
        What the numbers are, for messages.
    nan_is_null : bool
        NaN becomes `NULL` where otherwise it is refused.

    Returns
    -------
    ndarray of int64, same shape

    Raises
    ------
    DataError
        An element is not finite or out of range; the message names the first such element and its place.
    """
    power = _power(exponent)
    array = np.asarray(values)
    if array.dtype.kind in "iu":
        return _integers_to_units(array, power, exponent, name)
    if array.dtype.kind != "f":
        return _objects_to_units(array, exponent, name, nan_is_null)
    if array.dtype.itemsize < 8:
        array = array.astype("U32").astype(np.float64)
    return _floats_to_units(array.astype(np.float64, copy=False), power, exponent, name, nan_is_null)


def _refuse_first(bad: npt.NDArray[np.bool_], array: npt.NDArray[Any], exponent: int, name: str) -> None:
    if bad.any():
        place = int(np.flatnonzero(bad)[0])
        value = array.reshape(-1)[place]
        if isinstance(value, np.floating) and not np.isfinite(value):
            raise DataError(f"{name}[{place}] {value} is not a finite number")
        raise _out_of_range(value, exponent, f"{name}[{place}]")


def _integers_to_units(array: npt.NDArray[Any], power: int, exponent: int, name: str) -> IntegerArray:
    limit = MAXIMUM_UNITS // power
    _refuse_first((array > limit) | (array < -limit), array, exponent, name)
    return array.astype(np.int64) * np.int64(power)


def _objects_to_units(array: npt.NDArray[Any], exponent: int, name: str, nan_is_null: bool) -> IntegerArray:
    units = np.empty(array.size, np.int64)
    for place, value in enumerate(array.reshape(-1).tolist()):
        absent = nan_is_null and (value is None or (isinstance(value, (float, Decimal)) and math.isnan(value)))
        units[place] = NULL if absent else to_units(value, exponent, f"{name}[{place}]")
    return units.reshape(array.shape)


def _floats_to_units(array: FloatArray, power: int, exponent: int, name: str, nan_is_null: bool) -> IntegerArray:
    absent = np.isnan(array) if nan_is_null else np.zeros(array.shape, np.bool_)
    known = np.where(absent, 0.0, array)
    # Twice the range is enough to keep the arithmetic below defined; the exact path judges what lies near the limit.
    _refuse_first(~(np.abs(known) <= 2.0 * MAXIMUM_UNITS / power), known, exponent, name)
    whole = np.trunc(known)
    integral = (whole == known) & (np.abs(known) <= min(_EXACT_FLOAT, float(MAXIMUM_UNITS // power)))
    scaled = (known - whole) * float(power)
    part = np.rint(scaled)
    margin = np.abs(scaled - part) + np.abs(known) * float(power) * _RELATIVE_ERROR
    settled = integral | (margin < 0.5)
    units = np.where(settled, whole, 0.0).astype(np.int64) * np.int64(power) + np.where(settled, part, 0.0).astype(
        np.int64
    )
    flat_units, flat_known = units.reshape(-1), known.reshape(-1)
    for place in np.flatnonzero(~settled).tolist():
        flat_units[place] = to_units(float(flat_known[place]), exponent, f"{name}[{place}]")
    flat_units[absent.reshape(-1)] = NULL
    return units


def array_to_floats(units: npt.ArrayLike, exponent: int) -> FloatArray:
    """Convert an array of units to floats, each by one division.

    Parameters
    ----------
    units : array_like of int64, any shape
        `NULL` gives NaN.
    exponent : int
        Units are ``10**-exponent``; 0 to 18.

    Returns
    -------
    ndarray of float64, same shape
        Each equals `units_to_float`.
    """
    power = float(_power(exponent))
    array = np.asarray(units, np.int64)
    return np.where(array == NULL, np.nan, array.astype(np.float64) / power)


def divide_half_even(numerator: int, denominator: int) -> int:
    """Divide whole numbers of any size, rounding half to even.

    Parameters
    ----------
    numerator, denominator : int
        Any; the denominator is positive.

    Returns
    -------
    int

    Raises
    ------
    DataError
        The denominator is not positive.
    """
    if denominator <= 0:
        raise DataError(f"denominator {denominator} is not positive")
    quotient, remainder = divmod(numerator, denominator)
    twice = 2 * remainder
    return quotient + (1 if twice > denominator or (twice == denominator and quotient % 2) else 0)


def rescale_units(units: int, from_exponent: int, to_exponent: int) -> int:
    """Express units of one exponent in another, rounding half-even.

    Parameters
    ----------
    units : int
        `NULL` stays `NULL`.
    from_exponent, to_exponent : int
        0 to 18.

    Returns
    -------
    int

    Raises
    ------
    DataError
        The result is out of range.
    """
    if units == NULL:
        return NULL
    result = divide_half_even(int(units) * _power(to_exponent), _power(from_exponent))
    if abs(result) > MAXIMUM_UNITS:
        raise _out_of_range(from_units(units, from_exponent), to_exponent, "value")
    return result


def notional_money(
    price_units: int,
    quantity_units: int,
    *,
    price_exponent: int = 9,
    quantity_exponent: int = 8,
    money_exponent: int = 8,
    multiplier: int = 1,
) -> int:
    """Multiply a price by a quantity, rounding once, half-even.

    Parameters
    ----------
    price_units, quantity_units : int
        Not `NULL`.
    price_exponent, quantity_exponent, money_exponent : int
        0 to 18 each.
    multiplier : int
        Underlying units a contract stands for.

    Returns
    -------
    int
        Currency steps, with the sign of price times quantity.

    Raises
    ------
    DataError
        A number is `NULL` or the result is out of range.
    """
    if NULL in (price_units, quantity_units):
        raise DataError("NULL has no notional value")
    shift = price_exponent + quantity_exponent - money_exponent
    product = int(price_units) * int(quantity_units) * int(multiplier)
    result = divide_half_even(product, 10**shift) if shift >= 0 else product * 10**-shift
    if abs(result) > MAXIMUM_UNITS:
        raise DataError(
            f"notional of {price_units} x {quantity_units} x {multiplier} is outside +-{MAXIMUM_UNITS} steps"
        )
    return result
