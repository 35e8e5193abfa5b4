"""Snapshots come back by name: into other capacities, other versions, other counts; damaged ones are refused."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.kernel.memory.block import Block, Layout, Table, allocate_row, free_row, live_rows, words
from atlas.kernel.memory.fingerprint import fingerprint
from atlas.kernel.memory.hash_map import map_get
from atlas.kernel.memory.heap import heap_pop, heap_push
from atlas.kernel.memory.snapshot import (
    index_rows,
    read_snapshot,
    rebuild_index,
    restore,
    restore_into,
    strided_rows,
    take_snapshot,
)
from atlas.records.errors import AtlasError, CapacityError, JournalError, RecoveryError


def make_layout(version: int = 1) -> Layout:
    return Layout(
        "test",
        version,
        (
            Table("world", np.dtype([*words("clock_ns", "head"), ("ratio", "f8")]), transient=frozenset({"head"})),
            Table("positions", np.dtype(words("quantity_units", "cost_money"))),
            Table(
                "orders",
                np.dtype([*words("occupancy", "identity", "next_order"), ("marks", "i4", (4,))]),
                pool=True,
                key=("identity",),
                transient=frozenset({"occupancy", "next_order"}),
            ),
            Table("index", np.dtype(words("key", "value")), saved=False),
            Table("timers", np.dtype(words("due_ns", "sequence", "strategy", "timer_id", "instrument", "interval_ns"))),
        ),
    )


LAYOUT = make_layout()
CAPACITIES = {"world": 1, "positions": 12, "orders": 16, "index": 64, "timers": 8}
LINKS = {"world.head": "orders", "orders.next_order": "orders"}


def rebuild(block: Block) -> None:
    rebuild_index(block, "index", *index_rows(block, "orders", "identity"))


def filled(layout: Layout = LAYOUT) -> Block:
    """Nine live orders in a pool whose high-water mark is 14, linked in a chain; positions; timers."""
    block = Block(layout, CAPACITIES)
    orders = layout.by_name["orders"]
    rows = [allocate_row(block.address, orders.entry) for _ in range(14)]
    for row in rows:
        block.rows("orders")[row]["identity"] = 100 + row
        block.rows("orders")[row]["marks"] = (row, 2, 3, -row)
    for row in (3, 0, 7, 12, 5):
        free_row(block.address, orders.entry, row)
    live = block.live("orders").tolist()
    for row, following in zip(live, [*live[1:], -1], strict=True):
        block.rows("orders")[row]["next_order"] = following
    block.rows("world")[0] = (77, live[0], 0.5)
    block.rows("positions")["quantity_units"][:6] = [1, 0, 3, 4, 0, 6]
    for due in (5, 2, 9):
        heap_push(block.address, layout.by_name["timers"].entry, due, due, 1, 2, 3, 4)
    rebuild(block)
    return block


def chain(block: Block) -> list[int]:
    row, found = int(block.rows("world")[0]["head"]), []
    while row >= 0:
        found.append(int(block.rows("orders")[row]["identity"]))
        row = int(block.rows("orders")[row]["next_order"])
    return found


def logical(block: Block) -> tuple[str, list[int]]:
    return fingerprint(block), chain(block)


def test_a_block_comes_back_whole() -> None:
    block = filled()
    restored = restore(LAYOUT, CAPACITIES, take_snapshot(block), rebuilders=[rebuild])
    assert (restored.missing, restored.dropped) == ((), ())
    assert restored.block.bytes.tobytes() == block.bytes.tobytes()
    assert take_snapshot(restored.block) == take_snapshot(block)


@pytest.mark.parametrize("factor", [1, 3])
def test_rows_taken_next_are_the_same_after_restoring(factor: int) -> None:
    block = filled()
    capacities = {name: rows * factor for name, rows in CAPACITIES.items()} | {"index": 256}
    other = restore(LAYOUT, capacities, take_snapshot(block), rebuilders=[rebuild]).block
    assert logical(other) == logical(block)
    entry = LAYOUT.by_name["orders"].entry
    taken = [[allocate_row(each.address, entry) for _ in range(7)] for each in (block, other)]
    assert taken[0] == taken[1]
    assert live_rows(other.address, entry) == 16
    row = np.zeros(6, np.int64)
    assert heap_pop(other.address, LAYOUT.by_name["timers"].entry, row.ctypes.data) == 1
    assert row.tolist() == [2, 2, 1, 2, 3, 4]


def test_a_smaller_pool_is_compacted_and_its_links_follow() -> None:
    block = filled()
    small = CAPACITIES | {"orders": 9}
    other = restore(LAYOUT, small, take_snapshot(block), links=LINKS, rebuilders=[rebuild]).block
    assert logical(other) == logical(block)
    assert other.live("orders").tolist() == list(range(9))
    assert allocate_row(other.address, LAYOUT.by_name["orders"].entry) == -1
    for identity in chain(block):
        row = map_get(other.address, LAYOUT.by_name["index"].entry, identity)
        assert other.rows("orders")[row]["identity"] == identity


@pytest.mark.parametrize(
    ("table", "rows", "links"),
    [("orders", 8, LINKS), ("orders", 9, None), ("positions", 5, LINKS), ("timers", 2, LINKS), ("index", 16, LINKS)],
)
def test_what_does_not_fit_is_refused_by_name(table: str, rows: int, links: dict[str, str] | None) -> None:
    with pytest.raises(CapacityError, match=f"table {table} "):
        restore(LAYOUT, CAPACITIES | {table: rows}, take_snapshot(filled()), links=links, rebuilders=[rebuild])


def test_a_link_to_a_dead_row_is_refused() -> None:
    block = filled()
    block.rows("world")[0]["head"] = 3
    with pytest.raises(RecoveryError, match=r"world\.head links"):
        restore(LAYOUT, CAPACITIES | {"orders": 9}, take_snapshot(block), links=LINKS)


def test_fields_and_tables_may_move_appear_and_go() -> None:
    other = Layout(
        "test",
        2,
        (
            Table("limits", np.dtype(words("money"))),
            Table(
                "orders",
                np.dtype([*words("occupancy"), ("marks", "i8", (6,)), *words("added", "identity")]),
                pool=True,
                key=("identity",),
            ),
            Table("world", np.dtype([("ratio", "f8"), *words("new_word", "clock_ns", "head")])),
            Table("timers", LAYOUT.by_name["timers"].dtype),
        ),
    )
    restored = restore(other, {"limits": 3, "orders": 20, "world": 2, "timers": 8}, take_snapshot(filled()))
    assert set(restored.missing) == {"limits", "orders.added", "world.new_word"}
    assert set(restored.dropped) == {"positions", "orders.next_order"}
    block = restored.block
    assert block.rows("world")[0].item() == (0.5, 0, 77, 1)
    assert [row["identity"] for row in block.rows("orders")[block.live("orders")]] == chain(filled())
    assert block.rows("orders")[4]["marks"].tolist() == [4, 2, 3, -4, 0, 0]
    assert block.rows("orders")[4]["added"] == 0


def test_missing_fields_stay_as_prepared() -> None:
    wider = Layout("test", 2, (Table("world", np.dtype(words("clock_ns", "head", "limit"))),))
    block = Block(wider, {"world": 4})
    block.rows("world")["limit"] = -1
    block.rows("world")["clock_ns"] = 5
    restored = restore_into(block, take_snapshot(filled()))
    assert restored.missing == ("world.limit",)
    assert block.rows("world")["limit"].tolist() == [-1] * 4
    assert block.rows("world")["clock_ns"].tolist() == [77, 5, 5, 5]


@pytest.mark.parametrize(
    "table",
    [
        Table("world", np.dtype([("clock_ns", "f8"), ("head", "f8")])),
        Table("orders", np.dtype([("occupancy", "i8"), ("marks", "i4", (2,))]), pool=True),
        Table("orders", np.dtype(words("occupancy"))),
    ],
)
def test_fields_that_changed_their_meaning_are_refused(table: Table) -> None:
    with pytest.raises(RecoveryError, match=table.name):
        restore(Layout("test", 2, (table,)), {table.name: 20}, take_snapshot(filled()))


def test_another_layout_is_refused() -> None:
    with pytest.raises(RecoveryError, match="exchange"):
        restore(Layout("exchange", 1, ()), {}, take_snapshot(filled()))


def test_rows_of_changed_strides_move() -> None:
    content = take_snapshot(filled())
    maps = {"positions": strided_rows((4, 3), (4, 5))}
    block = restore(LAYOUT, CAPACITIES | {"positions": 20}, content, row_maps=maps).block
    table = block.rows("positions")["quantity_units"].reshape(4, 5)
    assert table.tolist() == [[1, 0, 3, 0, 0], [4, 0, 6, 0, 0], [0] * 5, [0] * 5]
    with pytest.raises(CapacityError, match=r"table positions .* row 2 "):
        restore(LAYOUT, CAPACITIES, content, row_maps={"positions": strided_rows((4, 3), (4, 2))})


@pytest.mark.parametrize(
    ("row_map", "message"), [(lambda rows: rows * 0, "one place"), (lambda rows: rows[1:], "gave 11 rows for 12")]
)
def test_bad_row_maps_are_refused(row_map: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(RecoveryError, match=message):
        restore(LAYOUT, CAPACITIES, take_snapshot(filled()), row_maps={"positions": row_map})


def test_a_snapshot_can_be_read_without_a_block() -> None:
    snapshot = read_snapshot(take_snapshot(filled()))
    assert (snapshot.layout, snapshot.version) == ("test", 1)
    assert "index" not in snapshot.tables
    assert snapshot.tables["world"].rows["clock_ns"].tolist() == [77]
    assert (snapshot.tables["orders"].live, snapshot.tables["orders"].rows.size) == (9, 14)


CONTENT = take_snapshot(filled())


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(CONTENT) - 1), st.integers(1, 255))
def test_a_changed_byte_is_noticed(position: int, change: int) -> None:
    damaged = bytearray(CONTENT)
    damaged[position] ^= change
    with pytest.raises(JournalError):
        restore(LAYOUT, CAPACITIES, bytes(damaged))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(CONTENT) - 1) | st.binary(min_size=0, max_size=200))
def test_cut_or_foreign_bytes_are_refused(cut: int | bytes) -> None:
    with pytest.raises(AtlasError):
        restore(LAYOUT, CAPACITIES, CONTENT[:cut] if isinstance(cut, int) else CONTENT[:8] + cut)


@pytest.mark.parametrize("seed", range(8))
def test_any_history_of_a_pool_comes_back(seed: int) -> None:
    pick, block = random.Random(seed), Block(LAYOUT, CAPACITIES)
    entry, live = LAYOUT.by_name["orders"].entry, list[int]()
    for step in range(100):
        if pick.random() < 0.5 and live:
            free_row(block.address, entry, live.pop(pick.randrange(len(live))))
        elif (row := allocate_row(block.address, entry)) >= 0:
            block.rows("orders")[row]["identity"] = step + 1
            live.append(row)
    roomy = restore(LAYOUT, CAPACITIES | {"orders": 40}, take_snapshot(block)).block
    tight = restore(LAYOUT, CAPACITIES | {"orders": max(len(live), 1)}, take_snapshot(roomy), links={}).block
    assert fingerprint(roomy) == fingerprint(tight) == fingerprint(block)
    assert roomy.live("orders").tolist() == sorted(live)
