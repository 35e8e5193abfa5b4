"""Blocks lay their tables out, hand rows out of pools and take them back, and refuse what is not there."""

from __future__ import annotations

import random

import numpy as np
import pytest

from atlas.kernel.memory.block import (
    ALIGNMENT,
    Block,
    Layout,
    Table,
    address_accessor,
    allocate_row,
    free_row,
    live_rows,
    ring_capacity,
    ring_index,
    row_accessor,
    table_capacity,
)
from atlas.kernel.memory.compilation import CHECK_BOUNDS, entry_point
from atlas.records.errors import CapacityError

WORLD = Table("world", np.dtype([("cash_money", "i8")]))
ORDERS = Table("orders", np.dtype([("occupancy", "i8"), ("price_units", "i8"), ("rate", "f8")]), pool=True)
LAYOUT = Layout("test", 3, (WORLD, ORDERS))
world_row, order_row = row_accessor(WORLD), row_accessor(ORDERS)
order_address = address_accessor(ORDERS)
ORDERS_ENTRY = ORDERS.entry


def make(orders: int = 4) -> Block:
    return Block(LAYOUT, {"world": 1, "orders": orders})


@entry_point("i8(i8, i8, i8)")
def set_price(world: int, index: int, price_units: int) -> int:
    """Set an order's price, count it in the world's cash, and return where the order lies in the block."""
    order_row(world, index).price_units = price_units
    world_row(world, 0).cash_money += price_units
    return order_address(world, index) - world


def test_rows_are_seen_alike_by_the_host_and_the_kernel() -> None:
    block = make()
    offset = set_price(block.address, 2, 77)
    assert block.rows("orders")["price_units"].tolist() == [0, 0, 77, 0]
    assert block.rows("world")["cash_money"].tolist() == [77]
    assert block.bytes[offset + 8] == 77
    assert block.address % ALIGNMENT == 0
    assert offset % 8 == 0


def test_a_block_carries_on_at_another_address() -> None:
    block, other = make(), make()
    set_price(block.address, 1, 5)
    other.bytes[:] = block.bytes
    set_price(other.address, 1, 6)
    assert (block.rows("world")["cash_money"][0], other.rows("world")["cash_money"][0]) == (5, 11)


@pytest.mark.skipif(not CHECK_BOUNDS, reason="accesses are checked only where that was asked for")
@pytest.mark.parametrize("index", [-1, 4, 2**40])
def test_rows_beyond_the_table_are_refused(index: int) -> None:
    with pytest.raises(IndexError, match="no such row in table orders"):
        set_price(make().address, index, 1)


@pytest.mark.parametrize("seed", range(4))
def test_a_pool_hands_out_each_row_once(seed: int) -> None:
    pick, block, taken = random.Random(seed), make(10), list[int]()
    for step in range(300):
        if pick.random() < 0.55:
            row = allocate_row(block.address, ORDERS.entry)
            assert (row == -1) == (len(taken) == 10)
            if row >= 0:
                assert row not in taken
                assert block.rows("orders")[row].item() == (1, 0, 0.0)
                block.rows("orders")[row] = (1, step, 0.5)
                taken.append(row)
        elif taken:
            free_row(block.address, ORDERS.entry, taken.pop(pick.randrange(len(taken))))
        assert live_rows(block.address, ORDERS.entry) == len(taken)
        assert block.live("orders").tolist() == sorted(taken)


def test_a_row_is_given_back_once() -> None:
    block = make()
    row = allocate_row(block.address, ORDERS.entry)
    free_row(block.address, ORDERS.entry, row)
    with pytest.raises(IndexError, match="not in use"):
        free_row(block.address, ORDERS.entry, row)


def test_capacities_are_the_callers() -> None:
    block = make(7)
    assert table_capacity(block.address, ORDERS.entry) == block.capacity("orders") == 7
    with pytest.raises(CapacityError, match="table orders of the test block"):
        Block(LAYOUT, {"world": 1})


def test_layouts_refuse_what_compiled_code_takes_for_granted() -> None:
    with pytest.raises(AssertionError, match="rows of 4 bytes"):
        Table("small", np.dtype([("word", "i4")]))
    with pytest.raises(AssertionError, match="without occupancy"):
        Table("pool", np.dtype([("word", "i8")]), pool=True)
    with pytest.raises(AssertionError, match="two tables"):
        Layout("twice", 1, (WORLD, Table("world", WORLD.dtype)))


@entry_point("i8(i8, i8)")
def ring_row(world: int, count: int) -> int:
    """Where a number stands in the table of orders, were it a ring."""
    return ring_index(world, ORDERS_ENTRY, count)


def test_a_ring_is_a_power_of_two_and_comes_round() -> None:
    assert [ring_capacity(rows) for rows in (0, 1, 2, 3, 4, 5, 64, 65)] == [1, 1, 2, 4, 4, 8, 64, 128]
    block = make(orders=8)
    assert [ring_row(block.address, count) for count in (0, 7, 8, 17, 2**62 + 3)] == [0, 7, 0, 1, 3]
