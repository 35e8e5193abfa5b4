"""exp, log, power and erf by decimal arithmetic of 60 digits and more."""

from __future__ import annotations

import math
from decimal import Context, Decimal, localcontext

DIGITS = 60
CONTEXT = Context(prec=DIGITS, Emin=-(10**9), Emax=10**9)


def exp(x: float) -> Decimal:
    """e to x."""
    return CONTEXT.exp(Decimal(x))


def log(x: float) -> Decimal:
    """Logarithm of a positive number."""
    return CONTEXT.ln(Decimal(x))


def power(x: float, y: float) -> Decimal:
    """A positive number to a power."""
    return CONTEXT.exp(CONTEXT.multiply(CONTEXT.ln(Decimal(x)), Decimal(y)))


def pi() -> Decimal:
    """π by Machin's formula."""

    def arc_tangent_of_inverse(n: int) -> Decimal:
        term, total, k = Decimal(1) / n, Decimal(0), 0
        while abs(term) > Decimal(10) ** -(DIGITS + 40):
            total += term / (2 * k + 1) * (-1) ** k
            term /= n * n
            k += 1
        return total

    return 16 * arc_tangent_of_inverse(5) - 4 * arc_tangent_of_inverse(239)


def erf(x: float) -> Decimal:
    """Error function by its Maclaurin series, with digits enough for its cancellation within ±10."""
    with localcontext(Context(prec=DIGITS + 60, Emin=-(10**9), Emax=10**9)):
        size, term, total, n = Decimal(x), Decimal(x), Decimal(0), 0
        while term != 0 and (n < 300 or abs(term) > Decimal(10) ** -90):
            total += term / (2 * n + 1)
            n += 1
            term *= -size * size / n
            if n > 900:
                break
        return 2 * total / pi().sqrt()


def normal_quantile(p: Decimal) -> Decimal:
    """Inverse of the normal distribution function, by Newton's method on `erf`, for p not too close to 0 and 1."""
    from statistics import NormalDist

    x = Decimal(NormalDist().inv_cdf(float(p)))
    with localcontext(Context(prec=DIGITS)):
        for _ in range(3):
            root = float(x / Decimal(2).sqrt())
            # The rounding of `root` is carried by the slope of erf there.
            exact_root = x / Decimal(2).sqrt()
            slope = 2 / pi().sqrt() * (-(exact_root * exact_root)).exp()
            value = erf(root) + slope * (exact_root - Decimal(root))
            density = (-(x * x) / 2).exp() / (2 * pi()).sqrt()
            x -= ((1 + value) / 2 - p) / density
    return x


def units_off(value: float, exact: Decimal) -> float:
    """How far a float is from the exact value, in units in the last place of the exact value."""
    nearest = float(exact)
    return float(abs(Decimal(value) - exact) / Decimal(math.ulp(nearest)))
