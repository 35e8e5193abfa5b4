"""The compiled book against the naive one, under random flow near and far from the market."""

from __future__ import annotations

import random

import numpy as np
import pytest

from atlas.kernel.book import entries
from atlas.kernel.book.create import BookCapacities, BookSetup, create_books
from atlas.kernel.book.results import BookResult
from atlas.records.enums import NULL
from atlas.records.errors import CapacityError, ConfigurationError
from tests.unit.kernel.book.random_flow import BOOK, Pair

WIDTHS = (3, 40, 3_000, 200_000, 10**9, 10**14)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("tick", [1, 5, 25])
def test_random_flow_leaves_both_books_alike(width: int, tick: int) -> None:
    pair, draw = Pair(tick), random.Random(width * 31 + tick)
    for number in range(1_500):
        pair.step(draw, width)
        if number % 25 == 0:
            pair.check()
    pair.check()
    for order_id in list(pair.naive.by_id)[:50]:
        assert queue_ahead(pair, order_id) == pair.naive.queue_ahead(order_id)
    pair.empty()


def queue_ahead(pair: Pair, order_id: int) -> int:
    words = pair.block.rows("levels")[:1].copy()
    assert entries.copy_order(pair.block.address, BOOK, order_id, words.ctypes.data) == 1
    return int(words.view("i8")[3])


@pytest.mark.slow
@pytest.mark.parametrize("width", [60, 5_000])
def test_millions_of_random_operations(width: int) -> None:
    pair = Pair(1, ids=12_000, capacities=BookCapacities(orders=16_384, pages=1_024, taken=64))
    draw = random.Random(width)
    for number in range(5_000_000):
        pair.step(draw, width)
        if number % 100_000 == 0:
            pair.check()
    pair.check()


def book(**capacities: int) -> int:
    """Address of a block with one book, kept alive by the function."""
    block = create_books([BookSetup(1)], BookCapacities(**{"orders": 4, "pages": 2, "taken": 2, **capacities}))
    KEPT.append(block)
    return block.address


KEPT: list[object] = []


def add(address: int, order_id: int, price: float, side: int = 1, quantity: float = 10.0) -> int:
    return int(entries.add_order(address, 0, order_id, side, price, quantity, 1.0, 1.0))


def test_a_full_pool_refuses_and_changes_nothing() -> None:
    address = book(orders=2, pages=8)
    assert [add(address, number, 10.0 * number) for number in (1, 2)] == [0, 0]
    before = entries.book_fingerprint(address, 0)
    assert add(address, 3, 30.0) == BookResult.FULL
    assert entries.book_fingerprint(address, 0) == before
    assert entries.cancel_order(address, 0, 1, 10.0, 1.0) == 0
    assert add(address, 3, 30.0) == 0


def test_a_page_too_many_is_refused_by_every_change_that_needs_one() -> None:
    address = book(orders=8, pages=1)
    assert add(address, 1, 10.0) == 0
    before = entries.book_fingerprint(address, 0)
    assert add(address, 2, 1_000.0) == BookResult.FULL
    assert entries.set_level(address, 0, 1, 1_000.0, 5.0, 1, 1.0, 1.0) == BookResult.FULL
    assert entries.modify_order(address, 0, 1, NULL, 1_000.0, 5.0, 1.0, 1.0) == BookResult.FULL
    assert entries.book_fingerprint(address, 0) == before


def test_a_walk_that_fills_its_table_can_be_gone_on_with() -> None:
    address = book(orders=4, taken=2)
    for number in (1, 2, 3):
        add(address, number, 10.0, quantity=1.0)
    assert entries.take(address, 0, -1, 9.0, 5.0, 1.0, 1.0) == 2
    assert entries.take(address, 0, -1, 9.0, 3.0, 1.0, 1.0) == 1
    assert entries.best_price(address, 0, 1) == NULL


@pytest.mark.parametrize(
    ("change", "result"),
    [
        ((2, 0, 10.0, 1.0), BookResult.BAD_SIDE),
        ((2, 1, 10.5, 1.0), BookResult.OFF_GRID),
        ((2, 1, 2.0**50, 1.0), BookResult.OFF_GRID),
        ((2, 1, 10.0, 0.0), BookResult.BAD_QUANTITY),
        ((2, 1, 10.0, -1.0), BookResult.BAD_QUANTITY),
        ((2, 1, 10.0, 9.3e18), BookResult.BAD_QUANTITY),
        ((1, -1, 11.0, 1.0), BookResult.DUPLICATE_ORDER),
    ],
)
def test_what_no_book_takes(change: tuple[int, int, float, float], result: BookResult) -> None:
    address = book()
    add(address, 1, 10.0)
    before = entries.book_fingerprint(address, 0)
    order_id, side, price, quantity = change
    # A scale of 2 keeps the half tick, so that it is off the grid and not rounded to it.
    scale = 2.0 if price == 10.5 else 1.0
    tick_two = create_books([BookSetup(2 if scale == 2.0 else 1)], BookCapacities(orders=4, pages=2))
    target = tick_two.address if scale == 2.0 else address
    assert entries.add_order(target, 0, order_id, side, price, quantity, scale, 1.0) == result
    assert entries.book_fingerprint(address, 0) == before


def test_quantities_that_would_not_fit_a_word_are_refused() -> None:
    address = book()
    assert add(address, 1, 10.0, quantity=6e18) == 0
    assert add(address, 2, 11.0, quantity=6e18) == BookResult.BAD_QUANTITY
    assert add(address, 2, 11.0, side=-1, quantity=6e18) == 0
    assert entries.modify_order(address, 0, 1, NULL, 12.0, 9e18, 1.0, 1.0) == 0


def test_ids_in_a_row_make_no_run_in_the_index() -> None:
    block = create_books([BookSetup(1)], BookCapacities(orders=16_384, pages=4))
    for order_id in range(16_000):
        assert entries.add_order(block.address, 0, order_id, 1, 10.0, 1.0, 1.0, 1.0) == 0
    taken = (block.rows("order_index")["entry"] != 0).astype(int)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], taken, [0]])))
    # At half full in lines of eight; all in one run they would be 16,000.
    assert (edges[1::2] - edges[::2]).max() < 400


def test_books_of_one_block_know_their_own_orders_only() -> None:
    block = create_books([BookSetup(1), BookSetup(1)], BookCapacities(orders=8, pages=4))
    for number in (0, 1):
        assert entries.add_order(block.address, number, 7, 1, 10.0 + number, 1.0, 1.0, 1.0) == 0
    assert entries.cancel_order(block.address, 0, 7, 1.0, 1.0) == 0
    assert entries.best_price(block.address, 0, 1) == NULL
    assert entries.best_price(block.address, 1, 1) == 11


def test_a_block_needs_books_and_room() -> None:
    with pytest.raises(ConfigurationError, match="at least one book"):
        create_books([])
    with pytest.raises(ConfigurationError, match="a tick of 0 price units"):
        create_books([BookSetup(0)])
    with pytest.raises(CapacityError, match="orders"):
        create_books([BookSetup(1)], BookCapacities(orders=0))
