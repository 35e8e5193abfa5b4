"""Intrinsics compute, compiled and plain, what Python's whole numbers say."""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.kernel.memory.compilation import entry_point
from atlas.kernel.memory.intrinsics import (
    add_wrap,
    as_word,
    below_unsigned,
    bits_float,
    clear_bytes,
    copy_bytes,
    divide_unsigned,
    float_bits,
    leading_zeros,
    load,
    load_acquire,
    load_float,
    multiply_high,
    multiply_low,
    record_at,
    shift_left,
    shift_right,
    store,
    store_float,
    store_release,
    trailing_zeros,
)

WORDS = st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3) | st.sampled_from([-(2**63), 2**63 - 1, 2**32, 2**31])
ROW = np.dtype([("price_units", "i8"), ("side", "i1"), ("kind", "u1"), ("flags", "u2"), ("lot", "i4"), ("rate", "f8")])
row_at = record_at(ROW)


@entry_point("i8(i8, i8, i8)")
def compute(a: int, b: int, answers: int) -> int:
    """Write what each operation on words gives."""
    store(answers, multiply_high(a, b))
    store(answers + 8, multiply_low(a, b))
    store(answers + 16, add_wrap(a, b))
    store(answers + 24, shift_left(a, b & 63))
    store(answers + 32, shift_right(a, b & 63))
    store(answers + 40, divide_unsigned(a, b if b != 0 else 1))
    store(answers + 48, 1 if below_unsigned(a, b) else 0)
    store(answers + 56, leading_zeros(a))
    store(answers + 64, trailing_zeros(a))
    store(answers + 72, float_bits(bits_float(a)) if a < 2**52 and a >= 0 else a)
    return 10


def expected(a: int, b: int) -> list[int]:
    unsigned_a, unsigned_b = a % 2**64, b % 2**64
    zeros = 64 - unsigned_a.bit_length()
    words = [
        (unsigned_a * unsigned_b) >> 64,
        a * b,
        a + b,
        a << (b & 63),
        unsigned_a >> (b & 63),
        unsigned_a // (unsigned_b or 1),
        int(unsigned_a < unsigned_b),
        zeros,
        len(f"{unsigned_a:b}") - len(f"{unsigned_a:b}".rstrip("0")) if a else 64,
        a,
    ]
    return [as_word(word) for word in words]


@settings(max_examples=300, deadline=None)
@given(WORDS, WORDS)
def test_words_behave_as_machine_words(a: int, b: int) -> None:
    answers = np.zeros(10, np.int64)
    assert compute(a, b, answers.ctypes.data) == 10
    assert answers.tolist() == expected(a, b)


@entry_point("i8(i8, i8)")
def move(source: int, target: int) -> int:
    """Copy three words by each way of reading and writing, and clear what lies after them."""
    store_float(target, load_float(source))
    store_release(target + 8, load_acquire(source + 8))
    copy_bytes(target + 16, source + 16, 8)
    clear_bytes(target + 24, 16)
    return load(source)


def test_memory_is_read_and_written_where_it_is_meant() -> None:
    source, target = np.array([0.25, 2.0, 3.0]), np.full(6, 7.0)
    assert move(source.ctypes.data, target.ctypes.data) == struct.unpack("<q", struct.pack("<d", 0.25))[0]
    assert target.tolist() == [0.25, 2.0, 3.0, 0.0, 0.0, 7.0]


@entry_point("i8(i8)")
def touch(address: int) -> int:
    """Change each field of a record; return the sum of two small ones, which would wrap in their own type."""
    row = row_at(address)
    row.price_units += 5
    row.side = -1
    row.rate *= 0.5
    row.lot -= 1
    return int(row.kind) + int(row.flags)


def test_records_are_views_of_memory() -> None:
    rows = np.zeros(2, ROW)
    rows[1] = (10, 1, 255, 65535, -7, 3.0)
    assert touch(rows.ctypes.data + ROW.itemsize) == 255 + 65535
    assert rows.tolist() == [(0, 0, 0, 0, 0, 0.0), (15, -1, 255, 65535, -8, 1.5)]


@pytest.mark.parametrize(
    ("value", "word"), [(2**63, -(2**63)), (2**64, 0), (-(2**63) - 1, 2**63 - 1), (-1, -1), (2**64 - 1, -1)]
)
def test_python_numbers_wrap_to_words(value: int, word: int) -> None:
    assert as_word(value) == word


@pytest.mark.parametrize("function", [compute, move, touch], ids=lambda point: point.name.rsplit(".", 1)[1])
def test_entry_points_are_known_by_name(function: Callable[..., int]) -> None:
    assert type(function).registry[function.name] is function  # type: ignore[attr-defined]
