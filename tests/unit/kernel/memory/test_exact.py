"""Exact arithmetic equals Python's whole numbers, on the fast path, the slow one, and where they meet."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.kernel.memory import exact
from atlas.kernel.memory.compilation import entry_point
from atlas.kernel.memory.exact import (
    add_checked,
    divide_half_even,
    multiply_checked,
    multiply_divide,
    multiply_divide_floor,
    multiply_divide_truncate,
    subtract_checked,
    to_units,
)
from atlas.kernel.memory.intrinsics import load, store
from tests.reference import whole_numbers as twin

WORDS = st.integers(-(2**63), 2**63 - 1) | st.integers(-1000, 1000) | st.sampled_from([10**9, 10**18, 2**53, 2**60])
EDGES = [0, 1, -1, 2, -2, 3, 2**31, 2**32 - 1, 2**32, 2**53, 2**60, 2**60 + 1, 2**62, 2**63 - 1, -(2**63), 10**18]


@entry_point("i8(i8, i8, i8)")
def divide_all(cases: int, count: int, answers: int) -> int:
    """Read rows (a, b, c), write rows (half even, floor, truncated, ok bits)."""
    for i in range(count):
        a, b, c = load(cases + i * 24), load(cases + i * 24 + 8), load(cases + i * 24 + 16)
        even, ok_even = multiply_divide(a, b, c)
        floor, ok_floor = multiply_divide_floor(a, b, c)
        truncated, ok_truncated = multiply_divide_truncate(a, b, c)
        answer = answers + i * 32
        store(answer, even)
        store(answer + 8, floor)
        store(answer + 16, truncated)
        store(answer + 24, (4 if ok_even else 0) + (2 if ok_floor else 0) + (1 if ok_truncated else 0))
    return count


def expected(a: int, b: int, c: int) -> list[int]:
    answers = [f(a, b, c) for f in (twin.multiply_divide, twin.multiply_divide_floor, twin.multiply_divide_truncate)]
    return [value for value, _ in answers] + [4 * answers[0][1] + 2 * answers[1][1] + answers[2][1]]


def random_cases(count: int) -> list[tuple[int, int, int]]:
    pick = random.Random(7)
    cases = [(a, b, c) for a in EDGES for b in EDGES for c in EDGES]
    while len(cases) < count:
        a, b = pick.getrandbits(63), pick.getrandbits(pick.randint(2, 63)) | 1
        limit = pick.choice((2**63, 2**64, 2**53, 2**51, 2**40)) + pick.randint(-3, 3)
        cases.append((a * pick.choice((1, -1)), b, min(a * b // limit + pick.randint(0, 1), 2**63 - 1)))
        sizes = [pick.getrandbits(pick.randint(1, 63)) * pick.choice((1, -1)) for _ in range(3)]
        cases.append((sizes[0], sizes[1], sizes[2]))
        half = pick.getrandbits(30)
        cases.append((2 * half + 1, pick.randint(1, 2**31), 2))
    return cases


def test_products_divided_equal_whole_numbers() -> None:
    cases = random_cases(20_000)
    rows, answers = np.array(cases, np.int64), np.zeros((len(cases), 4), np.int64)
    assert divide_all(rows.ctypes.data, len(cases), answers.ctypes.data) == len(cases)
    wrong = [(c, a) for c, a in zip(cases, answers.tolist(), strict=True) if a != expected(*c)]
    assert wrong == []
    assert 0.05 < (answers[:, 3] == 0).mean() < 0.95


@settings(max_examples=300, deadline=None)
@given(WORDS, WORDS, WORDS)
def test_any_words_divide_exactly(a: int, b: int, c: int) -> None:
    assert multiply_divide(a, b, c) == twin.multiply_divide(a, b, c)
    assert multiply_divide_floor(a, b, c) == twin.multiply_divide_floor(a, b, c)
    assert multiply_divide_truncate(a, b, c) == twin.multiply_divide_truncate(a, b, c)


@settings(max_examples=300, deadline=None)
@given(st.integers(-(2**53), 2**53), st.integers(-(2**60), 2**60), st.integers(1, 2**60))
def test_fast_and_slow_paths_agree(q: int, r: int, c: int) -> None:
    a, b = q, c
    value = exact.divide_slowly(a, b, c)
    assert multiply_divide(a, b, c) == value == (q, True)
    assert multiply_divide(r, q, c) == exact.divide_slowly(r, q, c)


@settings(max_examples=200, deadline=None)
@given(WORDS, WORDS)
def test_sums_and_products_say_when_they_do_not_fit(a: int, b: int) -> None:
    assert add_checked(a, b) == twin.fitted(a + b)
    assert subtract_checked(a, b) == twin.fitted(a - b)
    assert multiply_checked(a, b) == twin.fitted(a * b)


@settings(max_examples=200, deadline=None)
@given(WORDS, st.integers(1, 2**63 - 1))
def test_half_even_quotient(a: int, b: int) -> None:
    assert divide_half_even(a, b) == twin.multiply_divide(a, 1, b)[0]


@pytest.mark.parametrize(
    ("a", "b", "quotient"), [(5, 2, 2), (7, 2, 4), (-5, 2, -2), (-7, 2, -4), (-(2**63), 1, -(2**63))]
)
def test_halves_go_to_the_even_neighbour(a: int, b: int, quotient: int) -> None:
    assert divide_half_even(a, b) == quotient


@pytest.mark.parametrize("b", [0, -1, -(2**63)])
def test_half_even_quotient_refuses_divisors_below_one(b: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        divide_half_even(1, b)


@settings(max_examples=500, deadline=None)
@given(st.integers(-(10**15) + 1, 10**15 - 1), st.integers(0, 12), st.integers(0, 9))
def test_units_of_a_float_are_those_of_its_decimal(digits: int, places: int, exponent: int) -> None:
    text = f"{digits}e-{places}"
    meant = twin.decimal_units(text, exponent)
    if abs(meant) < 2**51:
        assert to_units(float(text), 10.0**exponent) == (meant, True)


@pytest.mark.parametrize(
    ("value", "scale", "units"),
    [
        (1.005, 100.0, 100),
        (1.015, 100.0, 102),
        (1.115, 100.0, 112),
        (2.675, 100.0, 268),
        (0.5, 1.0, 0),
        (1.5, 1.0, 2),
        (-0.5, 1.0, 0),
        (-1.5, 1.0, -2),
        (0.1, 1e9, 100_000_000),
        (0.499, 1.0, 0),
        (-0.0, 1e9, 0),
        (4503599627370497.0, 1.0, 4503599627370497),
        (4503599627370495.5, 1.0, 4503599627370496),
        (9.223372036854775e18, 1.0, 9223372036854774784),
    ],
)
def test_units_by_hand(value: float, scale: float, units: int) -> None:
    assert to_units(value, scale) == (units, True)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 9223372036854775808.0, -9223372036854775808.0, 1e300])
def test_what_does_not_fit_has_no_units(value: float) -> None:
    assert to_units(value, 1.0) == (0, False)
