"""Fingerprints follow the meaning of a block, not where its rows lie; differences are named."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from atlas.kernel.memory.block import Block, Layout, Table, allocate_row, free_row
from atlas.kernel.memory.fingerprint import Difference, explain_difference, fingerprint, fingerprint_parts

WORLD = Table(
    "world", np.dtype([("clock_ns", "i8"), ("ratio", "f8"), ("cursor", "i8")]), transient=frozenset({"cursor"})
)
CASH = Table("cash", np.dtype([("balance_money", "i8")]))
ORDERS = Table(
    "orders",
    np.dtype([("occupancy", "i8"), ("identity", "i8"), ("price_units", "i8"), ("next_order", "i8")]),
    pool=True,
    key=("identity",),
    transient=frozenset({"occupancy", "next_order"}),
)
SEEN = Table("seen", np.dtype([("identity", "i8"), ("state", "i4"), ("flags", "i4")]), key=("identity",))
INDEX = Table("index", np.dtype([("key", "i8"), ("value", "i8")]), saved=False)
LAYOUT = Layout("test", 1, (WORLD, CASH, ORDERS, SEEN, INDEX))


def make(capacity: int = 8, order: tuple[int, ...] = (11, 12, 13), waste: int = 0) -> Block:
    block = Block(LAYOUT, {"world": 1, "cash": capacity, "orders": capacity, "seen": capacity, "index": capacity})
    wasted = [allocate_row(block.address, ORDERS.entry) for _ in range(waste)]
    for place, identity in enumerate(order):
        row = allocate_row(block.address, ORDERS.entry)
        block.rows("orders")[row] = (1, identity, identity * 10, row)
        block.rows("seen")[place] = (identity, 3, 4)
    for row in wasted:
        free_row(block.address, ORDERS.entry, row)
    block.rows("world")[0] = (5, 0.25, capacity)
    block.rows("cash")["balance_money"][1] = 1000
    return block


def test_place_capacity_and_transient_fields_do_not_enter() -> None:
    one, two = make(), make(capacity=50, order=(13, 11, 12), waste=4)
    assert fingerprint(one) == fingerprint(two)
    assert explain_difference(one, two) == []


def change_order(block: Block) -> None:
    block.rows("orders")[block.live("orders")[1]]["price_units"] += 1


def change_cash(block: Block) -> None:
    block.rows("cash")[2] = block.rows("cash")[1]
    block.rows("cash")[1] = 0


def change_world(block: Block) -> None:
    block.rows("world")[0]["ratio"] = -0.25


def change_seen(block: Block) -> None:
    block.rows("seen")[3] = (14, 0, 0)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (change_order, [Difference("orders", (12,), "price_units", 120, 121)]),
        (change_cash, [Difference("cash", (1,), "", (1000,), None), Difference("cash", (2,), "", None, (1000,))]),
        (change_world, [Difference("world", (0,), "ratio", 0.25, -0.25)]),
        (change_seen, [Difference("seen", (14,), "", None, (0, 14, 0))]),
    ],
)
def test_each_change_is_named(change: Callable[[Block], None], expected: list[Difference]) -> None:
    one, two = make(), make(capacity=20)
    change(two)
    assert fingerprint(one) != fingerprint(two)
    parts = fingerprint_parts(one), fingerprint_parts(two)
    assert {name for name in parts[0] if parts[0][name] != parts[1][name]} == {expected[0].table}
    assert explain_difference(one, two) == expected
    assert explain_difference(one, two, limit=1) == expected[:1]


def test_differences_read_well() -> None:
    texts = [
        str(difference)
        for difference in (
            Difference("orders", (12,), "price_units", 120, 121),
            Difference("seen", (14, 2), "", None, (1,)),
        )
    ]
    assert texts == [
        "orders[12].price_units: 120 in the first block, 121 in the second",
        "seen[14, 2]: only the second block has this row",
    ]


def test_tables_that_are_not_saved_stay_out() -> None:
    one, two = make(), make()
    two.rows("index")[0] = (5, 5)
    assert fingerprint(one) == fingerprint(two)
    assert "index" not in fingerprint_parts(one)


def test_all_nan_are_one() -> None:
    one, two = make(), make()
    one.rows("world")[0]["ratio"] = math.nan
    two.rows("world")[0]["ratio"] = -math.nan
    assert one.bytes.tobytes() != two.bytes.tobytes()
    assert fingerprint(one) == fingerprint(two)


def test_rows_of_one_key_are_ordered_by_their_content() -> None:
    one, two = make(), make()
    one.rows("seen")[3:6] = [(20, 1, 0), (20, 2, 0), (20, 1, 5)]
    two.rows("seen")[3:6] = [(20, 1, 5), (20, 2, 0), (20, 1, 0)]
    assert fingerprint(one) == fingerprint(two)
    two.rows("seen")[3] = (20, 1, 6)
    found = explain_difference(one, two)
    assert {(difference.table, difference.row) for difference in found} == {("seen", (20,))}


def test_row_numbers_that_depend_on_capacity_can_be_renamed() -> None:
    one, two = make(), make(capacity=16)
    one.rows("cash")["balance_money"] = [0, 0, 0, 0, 0, 7, 0, 0]
    two.rows("cash")["balance_money"] = [0] * 9 + [7] + [0] * 6

    def name_by(stride: int) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
        return {"cash": lambda rows: rows // stride * 1000 + rows % stride}

    assert fingerprint(one) != fingerprint(two)
    assert fingerprint(one, name_by(4)) == fingerprint(two, name_by(8))


def test_a_known_block_keeps_its_fingerprint() -> None:
    assert fingerprint(make()) == "49f72905d09cb41061c5ec3f63432a99"
