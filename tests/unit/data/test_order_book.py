"""The order book that Python users hold."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from atlas.data.order_book import OrderBook
from atlas.records.errors import ConfigurationError, DataError, InvalidRequestError
from atlas.records.kinds import Kind
from atlas.records.layout import blank

# Bids 99.99 (100, then 200), 99.97 (300); asks 100.00 (100), 100.02 (50).
RESTING = (
    (1, "buy", 99.99, 100.0),
    (2, "buy", 99.99, 200.0),
    (3, "buy", 99.97, 300.0),
    (4, "sell", 100.00, 100.0),
    (5, "sell", 100.02, 50.0),
)


def filled() -> OrderBook:
    book = OrderBook(0.01)
    for order in RESTING:
        book.add(*order)
    return book


def test_what_is_read_off_a_book() -> None:
    book = filled()
    assert book.top == (99.99, 300.0, 100.0, 100.0)
    assert (len(book), book.spread) == (5, 0.01)
    assert book.mid == pytest.approx(99.995)
    # (99.99 × 100 + 100 × 300) / 400, from the definition in the docstring.
    assert book.microprice == pytest.approx(99.9975)
    assert book.imbalance() == 0.5
    assert book.imbalance(2) == pytest.approx((600 - 150) / 750)
    # ((99.99 × 300 + 99.97 × 300) / 600 + (100 × 100 + 100.02 × 50) / 150) / 2
    assert book.weighted_mid(2) == pytest.approx((99.98 + 15001 / 150) / 2)
    bids, asks = book.depth(1)
    assert bids.tolist() == [(99.99, 300.0, 2)]
    assert asks.tolist() == [(100.0, 100.0, 1)]
    assert book.orders("buy").tolist() == [(1, 99.99, 100.0), (2, 99.99, 200.0), (3, 99.97, 300.0)]
    assert book.order(2) == (2, "buy", 99.99, 200.0, 100.0)
    assert book.queue_ahead(2) == 100.0
    assert book.order(77) is None
    assert repr(book).splitlines()[0] == "OrderBook: 5 orders, tick 0.01"


def test_an_empty_book_has_no_prices() -> None:
    book = OrderBook(0.5)
    assert math.isnan(book.top.bid)
    assert all(math.isnan(value) for value in (book.mid, book.spread, book.microprice, book.imbalance()))
    assert math.isnan(book.weighted_mid())
    assert not book.is_crossed
    assert book.take("buy", 10.0) == 0.0
    assert book.taken.tolist() == []


def test_crossed_and_locked_books_are_known() -> None:
    book = filled()
    book.add(6, "buy", 100.0, 1.0)
    assert (book.is_locked, book.is_crossed) == (True, False)
    book.modify(6, quantity=1.0, price=100.01)
    assert (book.is_locked, book.is_crossed) == (False, True)
    assert book.spread == -0.01


def test_an_incoming_order_takes_the_oldest_at_the_best_price() -> None:
    book = filled()
    assert book.take("sell", 350.0) == 350.0
    assert book.taken.tolist() == [(1, 99.99, 100.0, 0.0), (2, 99.99, 200.0, 0.0), (3, 99.97, 50.0, 250.0)]
    assert book.top == (99.97, 250.0, 100.0, 100.0)
    assert book.take("buy", 200.0, limit=100.01) == 100.0
    assert book.taken["order_id"].tolist() == [4]


def test_a_walk_over_more_orders_than_its_table_holds() -> None:
    book = OrderBook(0.01)
    for number in range(10_000):
        book.add(number, "sell", 10.0, 1.0)
    assert book.take("buy", 9_000.0) == 9_000.0
    assert book.taken["order_id"].tolist() == list(range(9_000))
    assert book.take("buy", 2_000.0) == 1_000.0
    assert len(book.taken) == 1_000


def test_a_place_in_the_queue_is_kept_only_by_shrinking() -> None:
    book = filled()
    book.modify(1, quantity=50.0)
    assert book.orders("buy")["order_id"].tolist() == [1, 2, 3]
    book.modify(1, quantity=60.0)
    assert book.orders("buy")["order_id"].tolist() == [2, 1, 3]
    book.modify(2, quantity=200.0, price=99.97, new_order_id=9)
    assert book.orders("buy")["order_id"].tolist() == [1, 3, 9]
    book.execute(3, 100.0)
    assert book.queue_ahead(9) == 200.0


def test_levels_without_orders() -> None:
    book = OrderBook(0.01)
    book.set_level("bid", 10.0, 5.0, orders=2)
    book.set_level("ask", 10.02, 7.0)
    book.set_level("bid", 10.0, 6.0, orders=3)
    assert book.top == (10.0, 6.0, 10.02, 7.0)
    assert len(book) == 3
    assert book.take("sell", 2.0) == 2.0
    assert book.taken["left"].tolist() == [4.0]
    book.set_level("ask", 10.02, 0.0)
    book.clear("buy")
    assert len(book) == 0


def test_the_room_grows_and_nothing_is_lost() -> None:
    small, large = OrderBook(0.01, orders=2, pages=1), OrderBook(0.01, orders=1_024)
    for number in range(600):
        side = "buy" if number % 3 else "sell"
        order = (number, side, round(50.0 + (0.37 if side == "sell" else -0.37) * (number % 50 + 1), 2), 1.0 + number)
        small.add(*order)
        large.add(*order)
    small.set_level("buy", 3.0, 5.0)
    large.set_level("buy", 3.0, 5.0)
    assert small.fingerprint == large.fingerprint
    assert small.orders("sell").tolist() == large.orders("sell").tolist()


def test_a_snapshot_makes_the_book_again() -> None:
    book, copy = filled(), OrderBook(0.01)
    book.set_level("sell", 101.0, 9.0, orders=4)
    copy.add(7, "buy", 1.0, 1.0)
    assert copy.apply(book.snapshot()) == 0
    assert copy.fingerprint == book.fingerprint
    assert copy.condition == "synchronised"


def test_records_of_a_feed_are_applied() -> None:
    book = OrderBook(0.01, price_exponent=2, quantity_exponent=0, sequence="consecutive")
    rows = blank(Kind.BOOK_LEVEL_SET, 3)
    rows["side"], rows["price_units"], rows["quantity_units"] = [1, -1, 1], [999, 1001, 998], [5, 6, 7]
    rows["sequence"] = [1, 2, 4]
    assert book.apply(rows) == 1
    assert book.top == (9.99, 5.0, 10.01, 6.0)
    assert book.condition == "gap"
    assert book.apply(np.concatenate([rows, rows])) == 6


MISTAKES: dict[str, tuple[Callable[[OrderBook], object], str]] = {
    "known id": (lambda book: book.add(1, "buy", 1.0, 1.0), "order 1 is in the book already: cancel or modify it"),
    "known new id": (lambda book: book.modify(1, quantity=1.0, new_order_id=2), "order 2 is in the book already"),
    "unknown id": (lambda book: book.cancel(77), "order 77 is not in the book"),
    "unknown id ahead": (lambda book: book.queue_ahead(77), "order 77 is not in the book"),
    "off the grid": (lambda book: book.add(9, "buy", 1.005, 1.0), "price 1.005 is no multiple of the tick 0.01"),
    "no price": (lambda book: book.add(9, "buy", math.nan, 1.0), "price nan is no multiple of the tick"),
    "no quantity": (lambda book: book.add(9, "buy", 1.0, 0.0), "a quantity of 0.0: it must be above 0"),
    "endless quantity": (lambda book: book.add(9, "buy", 1.0, math.inf), "a quantity of inf"),
    "too much": (lambda book: book.execute(1, 101.0), "101.0 can't be taken from order 1, which has less"),
    "no side": (lambda book: book.add(9, "by", 1.0, 1.0), "side 'by' is neither 'buy' nor 'sell'"),
    "no side of a walk": (lambda book: book.take("up", 1.0), "side 'up' is neither 'buy' nor 'sell'"),
    "walk for nothing": (lambda book: book.take("buy", 0.0), "a quantity of 0.0"),
    "level below zero": (lambda book: book.set_level("buy", 5.0, -1.0), "a quantity of -1.0"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_change_nothing_and_say_what_is_wrong(mistake: str) -> None:
    book = filled()
    before = book.fingerprint
    attempt, words = MISTAKES[mistake]
    with pytest.raises(InvalidRequestError, match=words.replace("(", r"\(")):
        attempt(book)
    assert book.fingerprint == before


def test_a_book_that_can_not_be_made() -> None:
    with pytest.raises(DataError, match="tick"):
        OrderBook("0.0000000001")
    with pytest.raises(ConfigurationError, match="a tick of 0 price units"):
        OrderBook(0)
    with pytest.raises(ConfigurationError, match="sequence 'often' is none of any, consecutive, ascending"):
        OrderBook(0.01, sequence="often")
