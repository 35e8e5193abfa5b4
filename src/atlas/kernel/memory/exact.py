"""Exact whole-number arithmetic: products divided once, sums that say when they do not fit, floats to units.

Results are whole numbers in int64. Where a result may not fit, the function returns ``(value, ok)``; `value` is 0
when `ok` is false.

The fast path of a·b/c
----------------------
``x = float(a) * float(b) / float(c)`` carries five roundings (three conversions, a product, a quotient), each within
2⁻⁵³ relative, so x is within 5.001 of a·b/c where −2⁵³ < x < 2⁵³. Rounding x to a whole number q moves it by 1 at most.
Hence the remainder r = a·b − q·c lies within 6.001·c, which for c ≤ 2⁶⁰ is below 7·2⁶⁰ < 2⁶³: it fits a word, and
wrapping arithmetic gives it exactly, although a·b and q·c may not fit. From (q, r) the result follows by adding or
taking away at most six times c. Everything else takes the slow path: 128-bit product, long division by 64 bits.
"""

from __future__ import annotations

import math

from atlas.kernel.memory.compilation import kernel_function, rare_function
from atlas.kernel.memory.intrinsics import (
    add_wrap,
    below_unsigned,
    divide_unsigned,
    leading_zeros,
    multiply_high,
    multiply_low,
    shift_left,
    shift_right,
)

LARGEST = 2**63 - 1
LOWEST = -(2**63)
HALF_WORD = 0xFFFFFFFF
FAST_QUOTIENT = 9007199254740992.0  # 2**53
FAST_DIVISOR = 2**60
TO_WHOLE = 6755399441055744.0  # 1.5 * 2**52: adding it leaves no fraction where |x| < 2**51
TIES_BELOW = 281474976710656.0  # 2**48
TIE_TOLERANCE = 4.440892098500626e-16  # 2**-51
WORD_LIMIT = 9223372036854775808.0  # 2**63


@kernel_function
def estimate_quotient(a: int, b: int, c: int) -> tuple[int, int, bool]:
    """Whole q near a·b/c and r = a·b − q·c, within ±6.001·c; false where the fast path does not reach."""
    if c <= 0 or c > FAST_DIVISOR:
        return 0, 0, False
    x = float(a) * float(b) / float(c)
    if not -FAST_QUOTIENT < x < FAST_QUOTIENT:
        return 0, 0, False
    q = int((x + TO_WHOLE) - TO_WHOLE)
    return q, add_wrap(multiply_low(a, b), -multiply_low(q, c)), True


@kernel_function
def quotient_digit(upper: int, next_half: int, divisor: int, first: int, second: int) -> tuple[int, int]:
    """One digit of 32 bits of a long division (Knuth's algorithm D), and what remains."""
    q = divide_unsigned(upper, first)
    rest = add_wrap(upper, -multiply_low(q, first))
    while below_unsigned(HALF_WORD, q) or below_unsigned(
        add_wrap(shift_left(rest, 32), next_half), multiply_low(q, second)
    ):
        q = add_wrap(q, -1)
        rest = add_wrap(rest, first)
        if below_unsigned(HALF_WORD, rest):
            break
    return q, add_wrap(add_wrap(shift_left(upper, 32), next_half), -multiply_low(q, divisor))


@kernel_function
def divide_wide(upper: int, lower: int, divisor: int) -> tuple[int, int]:
    """Unsigned (upper, lower) by divisor: quotient and remainder. Needs upper < divisor."""
    shift = leading_zeros(divisor)
    divisor = shift_left(divisor, shift)
    if shift > 0:
        upper = shift_left(upper, shift) | shift_right(lower, 64 - shift)
        lower = shift_left(lower, shift)
    first, second = shift_right(divisor, 32), divisor & HALF_WORD
    q1, upper = quotient_digit(upper, shift_right(lower, 32), divisor, first, second)
    q0, upper = quotient_digit(upper, lower & HALF_WORD, divisor, first, second)
    return add_wrap(shift_left(q1, 32), q0), shift_right(upper, shift)


@kernel_function
def divide_magnitudes(a: int, b: int, c: int) -> tuple[int, int, int, bool]:
    """Sizes of a·b by the size of c: quotient, remainder, size of c; false where over 64 bits, or c is 0."""
    size_a = a if a >= 0 else add_wrap(0, -a)
    size_b = b if b >= 0 else add_wrap(0, -b)
    size_c = c if c >= 0 else add_wrap(0, -c)
    upper = multiply_high(size_a, size_b)
    if not below_unsigned(upper, size_c):
        return 0, 0, size_c, False
    q, rest = divide_wide(upper, multiply_low(size_a, size_b), size_c)
    return q, rest, size_c, True


@kernel_function
def with_sign(q: int, negative: bool) -> tuple[int, bool]:
    """Turn the unsigned q into ±q; false where that does not fit."""
    if q < 0 and not (negative and q == LOWEST):
        return 0, False
    return (add_wrap(0, -q) if negative else q), True


@rare_function
def divide_slowly(a: int, b: int, c: int) -> tuple[int, bool]:
    """a·b/c rounded half to even, for any words; false where it does not fit or c is 0."""
    q, rest, size_c, ok = divide_magnitudes(a, b, c)
    if not ok:
        return 0, False
    other = add_wrap(size_c, -rest)
    if below_unsigned(other, rest) or (other == rest and q & 1 == 1):
        if q == -1:
            return 0, False
        q = add_wrap(q, 1)
    return with_sign(q, (a < 0) ^ (b < 0) ^ (c < 0))


@rare_function
def divide_slowly_down(a: int, b: int, c: int, toward_zero: bool) -> tuple[int, bool]:
    """a·b/c rounded toward zero or toward −∞, for any words; false where it does not fit or c is 0."""
    q, rest, _, ok = divide_magnitudes(a, b, c)
    if not ok:
        return 0, False
    negative = (a < 0) ^ (b < 0) ^ (c < 0)
    if negative and rest != 0 and not toward_zero:
        if q == -1:
            return 0, False
        q = add_wrap(q, 1)
    return with_sign(q, negative)


@kernel_function
def multiply_divide(a: int, b: int, c: int) -> tuple[int, bool]:
    """a·b/c, exact, rounded once, half to even.

    Parameters
    ----------
    a, b, c : int
        Any int64.

    Returns
    -------
    tuple of int and bool
        The quotient; false where it does not fit an int64 or c is 0.
    """
    q, r, ok = estimate_quotient(a, b, c)
    if not ok:
        return divide_slowly(a, b, c)
    while r > c - r:
        q += 1
        r -= c
    while r < -c - r:
        q -= 1
        r += c
    if q & 1 == 1:
        if r == c - r:
            q += 1
        elif r == -c - r:
            q -= 1
    return q, True


@kernel_function
def multiply_divide_floor(a: int, b: int, c: int) -> tuple[int, bool]:
    """a·b/c, exact, rounded toward −∞; false where it does not fit an int64 or c is 0."""
    q, r, ok = estimate_quotient(a, b, c)
    if not ok:
        return divide_slowly_down(a, b, c, False)
    while r < 0:
        q -= 1
        r += c
    while r >= c:
        q += 1
        r -= c
    return q, True


@kernel_function
def multiply_divide_truncate(a: int, b: int, c: int) -> tuple[int, bool]:
    """a·b/c, exact, rounded toward zero; false where it does not fit an int64 or c is 0."""
    q, r, ok = estimate_quotient(a, b, c)
    if not ok:
        return divide_slowly_down(a, b, c, True)
    while r < 0:
        q -= 1
        r += c
    while r >= c:
        q += 1
        r -= c
    if q < 0 and r != 0:
        q += 1
    return q, True


@kernel_function
def divide_half_even(a: int, b: int) -> int:
    """a/b rounded half to even, for b ≥ 1.

    Raises
    ------
    ValueError
        b is below 1.
    """
    if b < 1:
        raise ValueError("the divisor must be positive")
    q = a // b
    r = a - q * b
    if r > b - r or (r == b - r and q & 1 == 1):
        q += 1
    return q


@kernel_function
def add_checked(a: int, b: int) -> tuple[int, bool]:
    """Add a and b; false where it does not fit an int64."""
    total = add_wrap(a, b)
    if ((a ^ total) & (b ^ total)) < 0:
        return 0, False
    return total, True


@kernel_function
def subtract_checked(a: int, b: int) -> tuple[int, bool]:
    """Take b from a; false where it does not fit an int64."""
    difference = add_wrap(a, -b)
    if ((a ^ b) & (a ^ difference)) < 0:
        return 0, False
    return difference, True


@kernel_function
def multiply_checked(a: int, b: int) -> tuple[int, bool]:
    """Multiply a by b; false where it does not fit an int64."""
    x = float(a) * float(b)
    if -FAST_QUOTIENT < x < FAST_QUOTIENT:
        return multiply_low(a, b), True
    return divide_slowly(a, b, 1)


@kernel_function
def to_units(value: float, scale: float) -> tuple[int, bool]:
    """Whole units of a float: value · scale, rounded half to even *as the decimal that was meant*.

    The product is one float64 product x. Where a decimal lies exactly between two units, such as 1.015 at a scale of
    100, its nearest double and the product are off by up to 2⁻⁵² relative and would fall to either side; so an x
    within 2⁻⁵¹ relative of a half is that half (below 2⁴⁸ units). A decimal of up to 15 significant digits that is
    no half is further away than that. Hence for each decimal of up to 15 significant digits, the units of its
    nearest double are the decimal's own units, rounded half to even; and a whole number of units comes back
    unchanged up to 2⁵¹. (``floor(x + 0.5)`` gives neither: it rounds 0.49999999999999994 and −0.5 wrongly.)

    Parameters
    ----------
    value : float
        A price, quantity or amount.
    scale : float
        Units for 1.0: a power of ten up to 10**22, so exact.

    Returns
    -------
    tuple of int and bool
        The units; false where `value` is not finite or they lie beyond ±(2**63 − 1).
    """
    x = value * scale
    if not -WORD_LIMIT < x < WORD_LIMIT:
        return 0, False
    size = x if x >= 0.0 else -x
    whole = math.floor(size)
    q = int(whole)
    fraction = size - whole
    distance = fraction - 0.5
    tolerance = TIE_TOLERANCE * size if size < TIES_BELOW else 0.0
    if distance > tolerance or (distance >= -tolerance and q & 1 == 1):
        q += 1
    return (q if x >= 0.0 else -q), True
