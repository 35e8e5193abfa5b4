"""Own exp, log, power and erf against 60 decimal digits, at special values, and to the bit in every mode."""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Callable
from decimal import Decimal

import pytest

from atlas.kernel.memory.mathematics import erf, exp, log, power
from tests.reference import mathematics as twin

INF, NAN = math.inf, math.nan
DRAWS = 400
LARGEST = Decimal("1.7976931348623157e308")


def any_float(pick: random.Random) -> float:
    """A positive finite float of any size, subnormal ones included."""
    value: float = struct.unpack("<d", struct.pack("<q", pick.randrange(1, 2047 << 52)))[0]
    return value


def power_within(low: float, high: float, base: Callable[[random.Random], float]) -> Callable[[random.Random], object]:
    """Arguments of `power` whose result has a logarithm between the two."""

    def draw(pick: random.Random) -> tuple[float, float]:
        x = base(pick)
        return x, pick.uniform(low, high) / (math.log(x) or 1.0)

    return draw


CASES = [
    ("exp", exp, twin.exp, 0.85, lambda pick: (pick.uniform(-708, 709),)),
    ("exp near 0", exp, twin.exp, 0.85, lambda pick: (pick.uniform(-1, 1),)),
    ("exp tiny", exp, twin.exp, 0.85, lambda pick: (pick.choice((1, -1)) * 10 ** pick.uniform(-300, -1),)),
    ("exp subnormal", exp, twin.exp, 1.0, lambda pick: (pick.uniform(-745.1, -708),)),
    ("log", log, twin.log, 0.85, lambda pick: (any_float(pick),)),
    ("log near 1", log, twin.log, 0.85, lambda pick: (1 + pick.uniform(-1, 1) * 10 ** pick.uniform(-15, -0.5),)),
    ("power", power, twin.power, 0.85, power_within(-707, 708, any_float)),
    ("power of 0.5 to 2", power, twin.power, 0.85, power_within(-707, 708, lambda pick: pick.uniform(0.5, 2))),
    ("power at √2", power, twin.power, 0.85, power_within(-707, 708, lambda pick: 1.4142 + pick.uniform(0, 1e-4))),
    ("power near 1", power, twin.power, 0.85, power_within(-5, 5, lambda pick: 1 + pick.uniform(-1, 1) * 1e-9)),
    ("power subnormal", power, twin.power, 1.0, power_within(-744, -708, any_float)),
]


@pytest.mark.parametrize(
    ("function", "exact", "limit", "draw"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_within_a_unit_in_the_last_place(
    function: Callable[..., float],
    exact: Callable[..., Decimal],
    limit: float,
    draw: Callable[[random.Random], tuple[float, ...]],
) -> None:
    pick = random.Random(11)
    for _ in range(DRAWS):
        arguments = draw(pick)
        expected = exact(*arguments)
        assert abs(expected) <= LARGEST
        assert twin.units_off(function(*arguments), expected) <= limit, arguments


@pytest.mark.parametrize(
    ("low", "high"), [(1e-300, 1e-290), (1e-9, 0.1), (0.1, 1), (1, 1.25), (1.25, 1.5), (1.5, 3), (3, 5.9)]
)
def test_erf_within_a_unit_and_a_fifth(low: float, high: float) -> None:
    pick = random.Random(3)
    for _ in range(60):
        x = pick.uniform(low, high)
        assert twin.units_off(erf(x), twin.erf(x)) <= 1.2, x
        assert erf(-x) == -erf(x)


def test_erf_rises_across_its_pieces() -> None:
    for centre in (1.0, 1.5, 2.0, 2.5, 3.0, 5.5, 6.0):
        steps = [erf(centre + k * 1e-9) for k in range(-5, 6)]
        assert steps == sorted(steps)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (exp(0.0), 1.0),
        (exp(-0.0), 1.0),
        (exp(INF), INF),
        (exp(-INF), 0.0),
        (exp(NAN), NAN),
        (exp(709.782712893384), 1.7976931348622732e308),
        (exp(709.7827128933841), INF),
        (exp(-745.1332191019411), 5e-324),
        (exp(-745.1332191019413), 0.0),
        (log(1.0), 0.0),
        (log(0.0), -INF),
        (log(-0.0), -INF),
        (log(-1.0), NAN),
        (log(-INF), NAN),
        (log(INF), INF),
        (log(NAN), NAN),
        (erf(0.0), 0.0),
        (erf(INF), 1.0),
        (erf(-INF), -1.0),
        (erf(NAN), NAN),
        (erf(5e-324), 5e-324),
        (power(10.0, 2.0), 100.0),
        (power(10.0, 22.0), 1e22),
        (power(2.0, -1074.0), 5e-324),
        (power(-2.0, 3.0), -8.0),
        (power(-8.0, 1.0 / 3.0), NAN),
        (power(1.0000001, 1e300), INF),
        (power(0.9999999, 1e300), 0.0),
        (power(-0.9999999, 1e300), 0.0),
        (power(5e-324, 1e-320), 1.0),
    ],
)
def test_special_values(value: float, expected: float) -> None:
    assert (math.isnan(value) and math.isnan(expected)) or (value == expected)
    assert math.isnan(expected) or math.copysign(1.0, value) == math.copysign(1.0, expected)


def power_of_c(x: float, y: float) -> float:
    """C99's pow, which `math.pow` is but for its errors."""
    odd = math.fabs(y) < 2**53 and y % 2 == 1
    try:
        return math.pow(x, y)
    except OverflowError:
        return -INF if odd and x < 0 else INF
    except ValueError:
        if x != 0:
            return NAN
        return math.copysign(INF, x) if odd else INF


def test_special_powers_are_those_of_c() -> None:
    ends = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0, 1e300, -1e300, 1e-300, INF, -INF, NAN]
    for x in ends:
        for y in ends:
            ours, theirs = power(x, y), power_of_c(x, y)
            if abs(x) in (0.5, 2.0, 3.0, 1e300, 1e-300) and theirs not in (0.0, INF, -INF):
                assert math.isclose(ours, theirs, rel_tol=3e-16) or (math.isnan(ours) and math.isnan(theirs)), (x, y)
            else:
                assert struct.pack("<d", ours) == struct.pack("<d", theirs) or math.isnan(ours + theirs), (x, y)
                assert math.isnan(ours) == math.isnan(theirs)


GOLDEN: dict[Callable[[float], float], str] = {
    exp: "0x1.1aec7b35a00d4p+0 0x1.01c2a61268987p+1 0x1.abe5b1cd863f6p+2 0x1.b1cd5e7807b7bp+4",
    log: "-0x1.26bb1bbb55515p+1 -0x1.6d3c324e13f50p-2 0x1.48a11293d785bp-1 0x1.31a4e7240c777p+0",
    erf: "0x1.cca5ea24fb334p-4 0x1.5b08c21171646p-1 0x1.fc4f06f2b1c88p-1 0x1.ffff9966790c8p-1",
}


@pytest.mark.parametrize("function", GOLDEN, ids=["exp", "log", "erf"])
def test_bits_are_the_same_in_every_mode(function: Callable[[float], float]) -> None:
    assert " ".join(function(x).hex() for x in (0.1, 0.7, 1.9, 3.3)) == GOLDEN[function]


def test_bits_of_powers_are_the_same_in_every_mode() -> None:
    powers = [power(x, y).hex() for x, y in ((1.1, 2.5), (10.0, -3.0), (0.3, 77.7))]
    assert powers == ["0x1.44e1080833b25p+0", "0x1.0624dd2f1a9fcp-10", "0x1.06ca8e3585f83p-135"]
