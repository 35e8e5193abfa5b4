"""Rings of 64-byte rows between one writer and one reader, which may be threads that hold no lock of Python's.

The writer copies rows into free slots, then stores its count with release; the reader loads that count with acquire,
then copies them out, and gives the slots back in the same manner. Counts only grow; a slot is the count modulo the
capacity. Each count has a cache line of its own; writer and reader keep theirs, and what they last saw of the other's,
on further lines that the other never touches. Rows put together appear together, so a record of several rows is never
seen in part. A stop word tells either side to end.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from atlas.kernel.memory.compilation import entry_point, kernel_function
from atlas.kernel.memory.intrinsics import copy_bytes, load, load_acquire, store, store_release
from atlas.records.errors import CapacityError

ROW_BYTES = 64
WRITTEN, READ = 0, 64  # shared: the counts
STOP, MASK = 128, 136  # shared, and hardly ever written
PUT, READ_SEEN = 192, 200  # the writer's own
TAKEN, WRITTEN_SEEN = 256, 264  # the reader's own
SLOTS = 320


@kernel_function
def ring_put(ring: int, source: int, rows: int) -> int:
    """Put `rows` rows from address `source` in, all or none: 1, or 0 where there is no room. The writer's alone."""
    written, capacity = load(ring + PUT), load(ring + MASK) + 1
    if written + rows - load(ring + READ_SEEN) > capacity:
        read = load_acquire(ring + READ)
        store(ring + READ_SEEN, read)
        if written + rows - read > capacity:
            return 0
    for i in range(rows):
        slot = ring + SLOTS + ((written + i) & (capacity - 1)) * ROW_BYTES
        copy_bytes(slot, source + i * ROW_BYTES, ROW_BYTES)
    store(ring + PUT, written + rows)
    store_release(ring + WRITTEN, written + rows)
    return 1


@kernel_function
def ring_take(ring: int, target: int, limit: int) -> int:
    """Take up to `limit` rows out to address `target`; returns how many there were. The reader's alone."""
    read, mask = load(ring + TAKEN), load(ring + MASK)
    ready = load(ring + WRITTEN_SEEN) - read
    if ready < limit:
        written = load_acquire(ring + WRITTEN)
        store(ring + WRITTEN_SEEN, written)
        ready = written - read
    count = min(ready, limit)
    for i in range(count):
        slot = ring + SLOTS + ((read + i) & mask) * ROW_BYTES
        copy_bytes(target + i * ROW_BYTES, slot, ROW_BYTES)
    if count > 0:
        store(ring + TAKEN, read + count)
        store_release(ring + READ, read + count)
    return count


@kernel_function
def ring_waiting(ring: int) -> int:
    """Rows put in and not taken out yet, as seen from either side."""
    read = load_acquire(ring + READ)
    return load_acquire(ring + WRITTEN) - read


@kernel_function
def ring_stop(ring: int) -> None:
    """Tell both sides to end."""
    store_release(ring + STOP, 1)


@kernel_function
def ring_stopped(ring: int) -> int:
    """Whether somebody asked both sides to end: look on idle turns."""
    return load_acquire(ring + STOP)


@entry_point("i8(i8, i8, i8)", nogil=True)
def put_rows(ring: int, source: int, rows: int) -> int:
    """Put rows in; see `ring_put`."""
    return ring_put(ring, source, rows)


@entry_point("i8(i8, i8, i8)", nogil=True)
def take_rows(ring: int, target: int, limit: int) -> int:
    """Take rows out; see `ring_take`."""
    return ring_take(ring, target, limit)


@entry_point("i8(i8)")
def count_waiting(ring: int) -> int:
    """Rows put in and not taken out yet."""
    return ring_waiting(ring)


@entry_point("i8(i8, i8)")
def stop_word(ring: int, stop: int) -> int:
    """Set the stop word where `stop` is not 0; returns it."""
    if stop != 0:
        ring_stop(ring)
    return ring_stopped(ring)


class Ring:
    """A ring in this process's memory, seen from the host.

    Parameters
    ----------
    capacity : int
        Rows it has room for: a power of two, at least 2.

    Attributes
    ----------
    address : int
        What the kernel functions of this module take; valid while this object lives.

    Raises
    ------
    CapacityError
        The capacity is no power of two, or below 2.
    """

    def __init__(self, capacity: int) -> None:
        if capacity < 2 or capacity & (capacity - 1):
            raise CapacityError(f"a ring's capacity must be a power of two and at least 2, not {capacity}")
        self.capacity = capacity
        self._buffer = np.zeros(SLOTS + (capacity + 1) * ROW_BYTES, np.uint8)
        start = -self._buffer.ctypes.data % ROW_BYTES
        self.address = int(self._buffer.ctypes.data) + start
        self._buffer[start : start + SLOTS].view(np.int64)[MASK // 8] = capacity - 1

    def put(self, rows: np.ndarray[Any, Any]) -> bool:
        """Put rows in, all or none; false where there is no room.

        Parameters
        ----------
        rows : ndarray
            C-contiguous; its bytes are whole rows of 64.
        """
        assert rows.flags.c_contiguous
        assert rows.nbytes % ROW_BYTES == 0
        return bool(put_rows(self.address, int(rows.ctypes.data), rows.nbytes // ROW_BYTES))

    def take(self, limit: int) -> np.ndarray[Any, Any]:
        """Take up to `limit` rows out: bytes, shape (n, 64)."""
        rows = np.empty((limit, ROW_BYTES), np.uint8)
        return rows[: take_rows(self.address, int(rows.ctypes.data), limit)]

    @property
    def waiting(self) -> int:
        """Rows put in and not taken out yet."""
        return int(count_waiting(self.address))

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return bool(stop_word(self.address, 0))

    def stop(self) -> None:
        """Tell both sides to end."""
        stop_word(self.address, 1)
