"""Heaps give rows back in order of due time and sequence, whatever happens in between."""

from __future__ import annotations

import random

import numpy as np
import pytest

from atlas.kernel.memory.block import Block, Layout, Table
from atlas.kernel.memory.heap import (
    NEVER,
    heap_count,
    heap_peek_due,
    heap_pop,
    heap_push,
    heap_push_row,
    heap_remove_matching,
)

NAMES = ("due_ns", "sequence", "strategy", "timer_id", "instrument", "interval_ns")
TIMERS = Table("timers", np.dtype([(name, "i8") for name in NAMES]))
WIDE = Table("wide", np.dtype([(name, "i8") for name in (*NAMES, "a", "b", "c")]))
LAYOUT = Layout("test", 1, (TIMERS, WIDE))
Row = tuple[int, ...]


def new_heaps(capacity: int) -> Block:
    return Block(LAYOUT, {"timers": capacity, "wide": capacity})


def pop(block: Block, table: Table = TIMERS) -> Row | None:
    row = np.zeros(table.dtype.itemsize // 8, np.int64)
    return tuple(row.tolist()) if heap_pop(block.address, table.entry, row.ctypes.data) else None


def drain(block: Block, table: Table = TIMERS) -> list[Row]:
    rows = []
    while (row := pop(block, table)) is not None:
        rows.append(row)
    return rows


@pytest.mark.parametrize("seed", range(6))
def test_random_operations_equal_a_sorted_list(seed: int) -> None:
    pick, block = random.Random(seed), new_heaps(40)
    twin: list[Row] = []
    for sequence in range(400):
        choice = pick.random()
        if choice < 0.6:
            row = (pick.randint(-20, 20), sequence, pick.randint(0, 2), pick.randint(0, 3), sequence + 7, 9)
            assert heap_push(block.address, TIMERS.entry, *row) == (len(twin) < 40)
            if len(twin) < 40:
                twin = sorted([*twin, row])
        elif choice < 0.9:
            assert pop(block) == (twin.pop(0) if twin else None)
        else:
            strategy, timer = pick.randint(0, 2), pick.randint(0, 3)
            left = [row for row in twin if row[2:4] != (strategy, timer)]
            removed = heap_remove_matching(block.address, TIMERS.entry, strategy, timer)
            assert removed == len(twin) - len(left)
            twin = left
        assert heap_count(block.address, TIMERS.entry) == len(twin)
        assert heap_peek_due(block.address, TIMERS.entry) == (twin[0][0] if twin else NEVER)
        assert not block.rows("timers")[len(twin) :].view(np.int64).any()
    assert drain(block) == twin


@pytest.mark.parametrize("seed", range(20))
def test_every_match_is_removed(seed: int) -> None:
    pick, block = random.Random(seed), new_heaps(64)
    rows = [(pick.randint(0, 9), i, pick.randint(0, 1), pick.randint(0, 1), 0, 0) for i in range(64)]
    for row in rows:
        assert heap_push(block.address, TIMERS.entry, *row) == 1
    left = sorted(row for row in rows if row[2:4] != (1, 0))
    assert heap_remove_matching(block.address, TIMERS.entry, 1, 0) == 64 - len(left)
    assert drain(block) == left


def test_rows_of_other_widths() -> None:
    pick, block = random.Random(3), new_heaps(30)
    rows = [(pick.randint(0, 5), i, *(pick.randint(0, 99) for _ in range(7))) for i in range(30)]
    for row in rows:
        source = np.array(row, np.int64)
        assert heap_push_row(block.address, WIDE.entry, source.ctypes.data) == 1
    assert heap_push_row(block.address, WIDE.entry, np.zeros(9, np.int64).ctypes.data) == 0
    assert drain(block, WIDE) == sorted(rows)


def test_an_empty_heap_gives_nothing() -> None:
    block = new_heaps(2)
    assert heap_peek_due(block.address, TIMERS.entry) == NEVER
    assert pop(block) is None
    assert heap_remove_matching(block.address, TIMERS.entry, 0, 0) == 0
