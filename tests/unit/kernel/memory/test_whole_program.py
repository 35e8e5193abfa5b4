"""An entry point and its parts are one program: parts are typed once, and rows keep their order of writes and reads."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from atlas.kernel.memory.compilation import PLAIN, KernelFunction, entry_point, kernel_function, rare_function
from atlas.kernel.memory.intrinsics import ROWS, Region, copy_bytes, load, record_at, store

FIRST = np.dtype(
    [("time_ns", "i8"), ("kind", "u1"), ("side", "i1"), ("flags", "u2"), ("instrument", "u4"), ("x", "f8")]
)
LONG = np.dtype(
    [("a", "i8"), ("b", "i8"), ("c", "i8"), *[(f"gap{number}", "i8") for number in range(5)], ("next", "i8")]
)
first_at, long_at = record_at(FIRST, ROWS), record_at(LONG, ROWS)
own_at = record_at(FIRST, Region("own", FIRST.itemsize))


@rare_function
def refuse(value: int) -> int:
    """Say no in a function that is never inlined."""
    if value == 13:
        raise ValueError("an unlucky word")
    if value == 14:
        raise IndexError("a word", value)
    return -value


@kernel_function
def add(a: int, b: int) -> int:
    """A part that is called with constants and with words of several widths."""
    return a + b if a < 100 else refuse(a)


@kernel_function
def add_rarely(a: int) -> int:
    """A part whose rare callee could be inlined when the part itself is compiled."""
    return a + refuse(a) if a > 100 else a


@entry_point("i8(i8)")
def sum_rarely(value: int) -> int:
    """Call a rare function by way of a part."""
    return add_rarely(value) + add_rarely(value + 1)


@entry_point("i8(i8)")
def sum_parts(address: int) -> int:
    """Call one part with a word, two constants and three widths."""
    record = first_at(address)
    total = add(record.time_ns, 1) + add(record.time_ns, 2) + add(record.kind, 3)
    return total + add(record.flags, record.side) + add(7, 8)


@entry_point("i8(i8, i8)")
def overlap(address: int, other: int) -> int:
    """Write and read the same words as several records, as plain words and by copying, `other` being any place."""
    row, long, wanted = first_at(address), long_at(other), own_at(address + 256)
    row.time_ns = 1
    long.a = 2  # the same word where `other` is `address`
    total = int(row.time_ns)
    long.next = 5  # the word at the start of the next row
    total = total * 10 + int(first_at(other + 64).time_ns)
    row.x = 3.0
    store(other + 16, 0)
    total = total * 10 + int(row.x)
    wanted.time_ns = 4
    copy_bytes(address + 256, other, 8)
    return total * 100 + int(wanted.time_ns) * 10 + load(address + 256)


def buffer() -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], int]:
    words = np.zeros(96, np.int64)
    start = -words.ctypes.data % 64
    return words, int(words.ctypes.data) + start


def test_a_part_is_typed_once_for_constants_and_widths() -> None:
    words, address = buffer()
    (ctypes.c_int64 * 1).from_address(address)[0] = 41
    assert sum_parts(address) == 42 + 43 + 3 + 0 + 15
    (ctypes.c_int64 * 1).from_address(address)[0] = 13_000
    assert sum_parts(address) == -13_000 * 2 + 3 + 15
    assert words.any()
    if not PLAIN:
        part: object = add
        assert isinstance(part, KernelFunction)
        sum_parts.compile()
        assert len(part.inner.overloads) == 1


def test_words_that_do_overlap_are_read_as_they_were_written_last() -> None:
    words, address = buffer()
    assert overlap(address, address) == 2 * 10_000 + 5 * 1_000 + 0 + 22
    words[:] = 0
    # Another row: its words are others, but for what is copied. 2 lies in the row copied from.
    assert overlap(address, address + 512) == 1 * 10_000 + 5 * 1_000 + 3 * 100 + 22


def test_a_rare_function_raises_through_its_callers() -> None:
    @kernel_function
    def call(value: int) -> int:
        """Call it."""
        return refuse(value)

    if not PLAIN:
        sum_parts.compile()  # its parts serve callers in Python too
    assert call(5) == -5
    with pytest.raises(ValueError, match="an unlucky word"):
        call(13)
    with pytest.raises(IndexError, match="14"):
        call(14)


@pytest.mark.skipif(PLAIN, reason="nothing is compiled in plain mode")
def test_a_rare_function_is_one_function_in_the_machine_code() -> None:
    assert b"6refuseB" in sum_rarely.compile().code  # the name stays where the function does
    assert sum_rarely(200) == 200 - 200 + 201 - 201
