"""One block of bytes: a header, a directory of tables, and the tables at offsets relative to the block.

All state of a machine (trader, exchange) is in its block, so that it can be copied, saved, mapped and restored at
another address. A table is rows of one record type, its capacity chosen at start. In a *pool* rows are taken and given
back one by one; its first field is `occupancy`: 1 for a live row, 0 for one never used, below 0 for a free one, where
it links to the next. Other tables are dense: the row's number is its meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from atlas.kernel.memory.compilation import CHECK_BOUNDS, kernel_function
from atlas.kernel.memory.intrinsics import Region, clear_bytes, load, load_fixed, record_at, store
from atlas.records.errors import CapacityError

MAGIC = 0x3130_4B4C_4253_4C41  # "ALSBLK01"
DIRECTORY = 256
ENTRY_BYTES = 64
OFFSET, CAPACITY, ROW_BYTES, USED, FREE_HEAD, LIVE = 0, 8, 16, 24, 32, 40
HEADER = np.dtype([("magic", "i8"), ("layout_version", "i8"), ("byte_count", "i8"), ("table_count", "i8")])
ALIGNMENT = 64


def words(*names: str) -> list[tuple[str, str]]:
    """Fields of eight bytes, integers."""
    return [(name, "i8") for name in names]


def floats(*names: str) -> list[tuple[str, str]]:
    """Fields of eight bytes, floating."""
    return [(name, "f8") for name in names]


def record(*parts: list[tuple[str, str]]) -> np.dtype[Any]:
    """Build a row's dtype out of groups of fields."""
    return np.dtype([entry for part in parts for entry in part], align=True)


@dataclass(frozen=True, eq=False)
class Table:
    """One table of a block.

    Parameters
    ----------
    name : str
        Unique within its layout.
    dtype : numpy.dtype
        Of a row; offsets aligned, its size a multiple of 8 bytes.
    pool : bool
        Whether rows are taken and given back; then `occupancy` (int64) is the first field.
    key : tuple of str
        Fields that order live rows canonically in a fingerprint; empty: by row number.
    transient : frozenset of str
        Fields that are no part of the logical state (addresses, links); they stay out of fingerprints.
    saved : bool
        Whether snapshots and fingerprints hold it; False for what a process rebuilds (addresses of hooks).
    logical : bool
        Whether fingerprints hold it; False for rings, whose old rows outlive their meaning.
    """

    name: str
    dtype: np.dtype[Any]
    pool: bool = False
    key: tuple[str, ...] = ()
    transient: frozenset[str] = frozenset()
    saved: bool = True
    logical: bool = True
    number: int = field(default=-1, init=False)

    def __post_init__(self) -> None:
        """Check what compiled code takes for granted."""
        assert self.dtype.itemsize % 8 == 0, f"{self.name}: rows of {self.dtype.itemsize} bytes"
        assert not self.pool or (self.dtype.names or ("",))[0] == "occupancy", f"{self.name}: a pool without occupancy"

    @property
    def entry(self) -> int:
        """Byte offset of this table's directory entry in the block."""
        assert self.number >= 0, f"{self.name} is in no layout yet"
        return DIRECTORY + self.number * ENTRY_BYTES

    @property
    def region(self) -> Region:
        """What the optimiser may assume of this table's fields."""
        return Region(f"{self.name}-{self.dtype.itemsize}", self.dtype.itemsize)


class Layout:
    """The tables of one kind of block, in order; numbers them."""

    def __init__(self, name: str, version: int, tables: tuple[Table, ...]) -> None:
        self.name, self.version, self.tables = name, version, tables
        for number, table in enumerate(tables):
            object.__setattr__(table, "number", number)
        self.by_name = {table.name: table for table in tables}
        assert len(self.by_name) == len(tables), "two tables of one name"


def row_accessor(table: Table) -> Callable[[int, int], Any]:
    """Return the kernel function ``row(world, index)``: the record of a row, by reference."""
    entry, size, at = table.entry, table.dtype.itemsize, record_at(table.dtype, table.region)
    message = f"no such row in table {table.name}"
    if CHECK_BOUNDS:

        @kernel_function
        def row(world: int, index: int) -> Any:
            if index < 0 or index >= load_fixed(world + entry + CAPACITY):
                raise IndexError(message)
            return at(world + load_fixed(world + entry) + index * size)

        return row

    @kernel_function
    def unchecked_row(world: int, index: int) -> Any:
        return at(world + load_fixed(world + entry) + index * size)

    return unchecked_row


def address_accessor(table: Table) -> Callable[[int, int], int]:
    """Return the kernel function ``address(world, index)``: where a row starts."""
    entry, size = table.entry, table.dtype.itemsize
    message = f"no such row in table {table.name}"

    @kernel_function
    def address(world: int, index: int) -> int:
        if CHECK_BOUNDS and (index < 0 or index >= load_fixed(world + entry + CAPACITY)):
            raise IndexError(message)
        return load_fixed(world + entry) + world + index * size

    return address


@kernel_function
def table_capacity(world: int, entry: int) -> int:
    """Rows the table at directory offset `entry` has room for."""
    return load_fixed(world + entry + CAPACITY)


@kernel_function
def ring_index(world: int, entry: int, count: int) -> int:
    """Row of a ring where number `count` stands; its capacity is a power of two (`ring_capacity`)."""
    return count & (load_fixed(world + entry + CAPACITY) - 1)


def ring_capacity(rows: int) -> int:
    """Rows of a ring that keeps the last `rows`: the next power of two."""
    return 1 << (max(rows, 1) - 1).bit_length()


@kernel_function
def live_rows(world: int, entry: int) -> int:
    """Rows of a pool in use."""
    return load(world + entry + LIVE)


@kernel_function
def allocate_row(world: int, entry: int) -> int:
    """Take a zeroed row of the pool at directory offset `entry`; -1 when it is full."""
    base, size = world + load_fixed(world + entry), load_fixed(world + entry + ROW_BYTES)
    index = load(world + entry + FREE_HEAD)
    if index >= 0:
        store(world + entry + FREE_HEAD, -2 - load(base + index * size))
    else:
        index = load(world + entry + USED)
        if index >= load_fixed(world + entry + CAPACITY):
            return -1
        store(world + entry + USED, index + 1)
    clear_bytes(base + index * size, size)
    store(base + index * size, 1)
    store(world + entry + LIVE, load(world + entry + LIVE) + 1)
    return index


@kernel_function
def free_row(world: int, entry: int, index: int) -> None:
    """Give a row of a pool back."""
    address = world + load_fixed(world + entry) + index * load_fixed(world + entry + ROW_BYTES)
    if load(address) != 1:
        raise IndexError("a row was given back that is not in use")
    store(address, -2 - load(world + entry + FREE_HEAD))
    store(world + entry + FREE_HEAD, index)
    store(world + entry + LIVE, load(world + entry + LIVE) - 1)


class Block:
    """A block in this process's memory, seen from the host.

    Parameters
    ----------
    layout : Layout
        Its tables.
    capacities : mapping of str to int
        Rows of each table, by name.

    Raises
    ------
    CapacityError
        A table is missing from `capacities`, or its number of rows is below 1.
    """

    def __init__(self, layout: Layout, capacities: Mapping[str, int]) -> None:
        self.layout = layout
        offsets, total = self._place(layout, capacities)
        self._buffer = np.zeros(total + ALIGNMENT, np.uint8)
        start = -self._buffer.ctypes.data % ALIGNMENT
        self.bytes = self._buffer[start : start + total]
        self.address = int(self.bytes.ctypes.data)
        header = self.bytes[: HEADER.itemsize].view(HEADER)
        header[0] = (MAGIC, layout.version, total, len(layout.tables))
        for table in layout.tables:
            self._entry(table)[:6] = (offsets[table.name], capacities[table.name], table.dtype.itemsize, 0, -1, 0)

    @staticmethod
    def _place(layout: Layout, capacities: Mapping[str, int]) -> tuple[dict[str, int], int]:
        """Offset of each table, and bytes in all."""
        position, offsets = DIRECTORY + len(layout.tables) * ENTRY_BYTES, {}
        for table in layout.tables:
            rows = capacities.get(table.name, 0)
            if rows < 1:
                raise CapacityError(f"table {table.name} of the {layout.name} block needs room for at least one row")
            position += -position % ALIGNMENT
            offsets[table.name] = position
            position += rows * table.dtype.itemsize
        return offsets, position + -position % ALIGNMENT

    def _entry(self, table: Table) -> Any:
        return self.bytes[table.entry : table.entry + ENTRY_BYTES].view(np.int64)

    def capacity(self, name: str) -> int:
        """Rows that table `name` has room for."""
        return int(self._entry(self.layout.by_name[name])[1])

    def rows(self, name: str) -> np.ndarray[Any, Any]:
        """All rows of table `name` as a structured array over the block itself, shape (capacity,)."""
        table = self.layout.by_name[name]
        offset, capacity, size = (int(word) for word in self._entry(table)[:3])
        return self.bytes[offset : offset + capacity * size].view(table.dtype)

    def live(self, name: str) -> np.ndarray[Any, Any]:
        """Numbers of the rows in use of the pool `name`, ascending."""
        return np.flatnonzero(self.rows(name)["occupancy"] == 1)
