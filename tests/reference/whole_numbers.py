"""Exact arithmetic by Python's own whole numbers, fractions and decimals."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

LOWEST, LARGEST = -(2**63), 2**63 - 1


def fitted(value: int) -> tuple[int, bool]:
    """Give the value and true, or (0, False) where it does not fit an int64."""
    return (value, True) if LOWEST <= value <= LARGEST else (0, False)


def multiply_divide(a: int, b: int, c: int) -> tuple[int, bool]:
    """a·b/c, half to even."""
    return fitted(round(Fraction(a * b, c))) if c else (0, False)


def multiply_divide_floor(a: int, b: int, c: int) -> tuple[int, bool]:
    """a·b/c toward −∞."""
    return fitted(math.floor(Fraction(a * b, c))) if c else (0, False)


def multiply_divide_truncate(a: int, b: int, c: int) -> tuple[int, bool]:
    """a·b/c toward zero."""
    return fitted(math.trunc(Fraction(a * b, c))) if c else (0, False)


def decimal_units(text: str, exponent: int) -> int:
    """Units of a decimal number, half to even."""
    return int(Decimal(text).scaleb(exponent).quantize(Decimal(1), ROUND_HALF_EVEN))
