"""Rings hand rows over in order, whole, none lost, also between threads that run at the same time."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

from atlas.kernel.memory.compilation import PLAIN, entry_point
from atlas.kernel.memory.intrinsics import load, store
from atlas.kernel.memory.ring import Ring, ring_put, ring_stopped, ring_take
from atlas.records.errors import CapacityError

COUNT = 6_000 if PLAIN else 3_000_000
FOREVER = 2**60


@entry_point("i8(i8, i8, i8)", nogil=True)
def produce(ring: int, scratch: int, count: int) -> int:
    """Put records of one to four rows in until `count` rows or the stop; word w of row r is 8r + w."""
    row = 0
    while row < count:
        rows = min(1 + row % 4, count - row)
        for word in range(rows * 8):
            store(scratch + word * 8, row * 8 + word)
        while ring_put(ring, scratch, rows) == 0:
            if ring_stopped(ring) != 0:
                return row
        row += rows
    return row


@entry_point("i8(i8, i8, i8, i8)", nogil=True)
def consume(ring: int, scratch: int, count: int, batch: int) -> int:
    """Take rows out until `count` or the stop; rows read, or -1 less the first row with a wrong word."""
    row = 0
    while row < count:
        taken = ring_take(ring, scratch, min(batch, count - row))
        if taken == 0 and ring_stopped(ring) != 0:
            return row
        for word in range(taken * 8):
            if load(scratch + word * 8) != row * 8 + word:
                return -1 - row - word // 8
        row += taken
    return row


def run_threads(ring: Ring, count: int, batch: int) -> tuple[list[threading.Thread], dict[str, int]]:
    answers: dict[str, int] = {}
    space = np.zeros(8 * 4), np.zeros(8 * batch)

    def run(name: str, work: Callable[[], int]) -> None:
        answers[name] = work()

    works = {
        "written": lambda: produce(ring.address, space[0].ctypes.data, count),
        "read": lambda: consume(ring.address, space[1].ctypes.data, count, batch),
    }
    threads = [threading.Thread(target=run, args=item, daemon=True) for item in works.items()]
    # Compiled before they start, as both would else compile at once.
    assert produce(ring.address, space[0].ctypes.data, 0) == consume(ring.address, space[1].ctypes.data, 0, 1) == 0
    for thread in threads:
        thread.start()
    return threads, answers


@pytest.mark.parametrize(("capacity", "batch"), [(4, 1), (8, 3), (1024, 64)])
def test_nothing_is_lost_or_torn_between_threads(capacity: int, batch: int) -> None:
    ring, count = Ring(capacity), COUNT if capacity > 100 else COUNT // 30
    threads, answers = run_threads(ring, count, batch)
    for thread in threads:
        thread.join(60)
    assert answers == {"written": count, "read": count}
    assert ring.waiting == 0


def test_the_stop_word_ends_both_sides() -> None:
    ring = Ring(64)
    threads, answers = run_threads(ring, FOREVER, 8)
    time.sleep(0.05)
    assert answers == {}
    ring.stop()
    for thread in threads:
        thread.join(10)
    assert ring.stopped
    assert 0 < answers["read"] <= answers["written"] <= answers["read"] + 64


@pytest.mark.parametrize("seed", range(4))
def test_random_operations_equal_a_list(seed: int) -> None:
    pick, ring = random.Random(seed), Ring(8)
    waiting: list[bytes] = []
    for _ in range(500):
        if pick.random() < 0.5:
            rows = np.frombuffer(pick.randbytes(64 * pick.randint(1, 4)), np.uint8).reshape(-1, 64)
            assert ring.put(rows) == (len(waiting) + len(rows) <= 8)
            if len(waiting) + len(rows) <= 8:
                waiting += [row.tobytes() for row in rows]
        else:
            limit = pick.randint(0, 5)
            taken, waiting = waiting[:limit], waiting[limit:]
            assert [row.tobytes() for row in ring.take(limit)] == taken
        assert ring.waiting == len(waiting)


def test_records_of_a_dtype_go_through() -> None:
    ring = Ring(4)
    records = np.zeros(2, np.dtype([("venue_time_ns", "i8"), ("rest", "V56")]))
    records["venue_time_ns"] = [5, 6]
    assert ring.put(records)
    assert ring.take(9).reshape(-1).view(records.dtype)["venue_time_ns"].tolist() == [5, 6]


@pytest.mark.parametrize("capacity", [0, 1, 3, 12, -4])
def test_other_capacities_are_refused(capacity: int) -> None:
    with pytest.raises(CapacityError, match="power of two"):
        Ring(capacity)


def test_a_record_larger_than_the_ring_never_fits() -> None:
    assert not Ring(2).put(np.zeros((3, 64), np.uint8))
