"""Records of a feed in a book: snapshots, changes of orders and levels, quotes, sequences and gaps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from atlas.kernel.book import entries
from atlas.kernel.book.create import BookCapacities, BookSetup, create_books
from atlas.kernel.book.results import SequenceRule
from atlas.records.enums import NULL, BookCondition
from atlas.records.kinds import Kind
from atlas.records.layout import blank


class Fed:
    """A book that is fed records one by one."""

    def __init__(
        self,
        rule: SequenceRule = SequenceRule.ANY,
        condition: BookCondition = BookCondition.SYNCHRONISED,
    ) -> None:
        self.block = create_books([BookSetup(1, rule, condition)], BookCapacities(orders=16, pages=16))

    def __call__(self, kind: Kind, **fields: Any) -> bool:
        """Apply a record; whether it was taken."""
        record = blank(kind, 1)
        for name, value in fields.items():
            record[name] = value
        rows = np.ascontiguousarray(record)
        before = self.row["refused_count"] + self.row["dropped_count"]
        assert entries.apply(self.block.address, rows.ctypes.data, 1) == 1
        return bool(self.row["refused_count"] + self.row["dropped_count"] == before)

    @property
    def touch(self) -> tuple[int, int, int, int]:
        """Bid, its quantity, ask, its quantity; -1 for what isn't there."""
        words = []
        for side in (1, -1):
            price = entries.best_price(self.block.address, 0, side)
            words += [-1 if price == NULL else price, entries.best_quantity(self.block.address, 0, side)]
        return words[0], words[1], words[2], words[3]

    @property
    def row(self) -> Any:
        return self.block.rows("books")[0]


def test_orders_come_change_trade_and_go() -> None:
    fed = Fed()
    assert fed(Kind.BOOK_ORDER_ADD, side=1, book_order_id=1, price_units=10, quantity_units=5)
    assert fed(Kind.BOOK_ORDER_ADD, side=-1, book_order_id=2, price_units=12, quantity_units=7)
    assert fed.touch == (10, 5, 12, 7)
    assert fed(Kind.BOOK_ORDER_MODIFY, side=1, book_order_id=1, price_units=11, quantity_units=6)
    assert fed(Kind.BOOK_ORDER_EXECUTE, side=-1, book_order_id=2, price_units=12, quantity_units=3)
    assert fed.touch == (11, 6, 12, 4)
    assert fed(Kind.BOOK_ORDER_CANCEL, side=1, book_order_id=1)
    assert fed(Kind.BOOK_ORDER_CANCEL, side=-1, book_order_id=2, quantity_units=1)
    assert fed.touch == (-1, 0, 12, 3)
    assert not fed(Kind.BOOK_ORDER_CANCEL, side=1, book_order_id=1)
    assert not fed(Kind.BOOK_ORDER_EXECUTE, side=-1, book_order_id=2)
    assert (fed.row["applied_count"], fed.row["refused_count"], fed.row["dropped_count"]) == (6, 2, 0)


def test_levels_are_set_and_deleted() -> None:
    fed = Fed()
    assert fed(Kind.BOOK_LEVEL_SET, side=1, price_units=10, quantity_units=5, order_count=2)
    assert fed(Kind.BOOK_LEVEL_SET, side=1, price_units=9, quantity_units=4)
    assert fed(Kind.BOOK_LEVEL_SET, side=1, price_units=10, quantity_units=3)
    assert fed.touch == (10, 3, -1, 0)
    assert fed(Kind.BOOK_LEVEL_DELETE, side=1, price_units=10)
    assert fed(Kind.BOOK_LEVEL_DELETE, side=1, price_units=10)
    assert fed.touch == (9, 4, -1, 0)
    assert fed(Kind.BOOK_LEVEL_SET, side=1, price_units=9, quantity_units=0)
    assert fed.touch == (-1, 0, -1, 0)


def test_quotes_hold_one_level_a_side() -> None:
    fed = Fed()
    prices = {"bid_price_units": 10, "ask_price_units": 12, "bid_quantity_units": 5, "ask_quantity_units": 6}
    assert fed(Kind.QUOTE, **prices)
    assert fed(Kind.QUOTE, **{**prices, "bid_price_units": 11, "bid_quantity_units": 1})
    assert fed.touch == (11, 1, 12, 6)
    assert fed(Kind.QUOTE, side=-1, ask_price_units=13, ask_quantity_units=2)
    assert fed.touch == (11, 1, 13, 2)
    assert fed(Kind.QUOTE, bid_price_units=11, bid_quantity_units=4)
    assert fed.touch == (11, 4, -1, 0)
    assert fed.block.rows("sides")["level_count"].tolist() == [0, 1]


def test_a_snapshot_replaces_the_book() -> None:
    fed = Fed(condition=BookCondition.STALE)
    assert not fed(Kind.BOOK_LEVEL_SET, side=1, price_units=9, quantity_units=1)
    assert fed(Kind.BOOK_SNAPSHOT_BEGIN, sequence=4)
    assert fed.row["condition"] == BookCondition.BUILDING
    assert fed(Kind.BOOK_LEVEL_SET, side=1, price_units=10, quantity_units=1)
    assert fed(Kind.BOOK_SNAPSHOT_END, sequence=7)
    assert (fed.row["condition"], fed.row["sequence"]) == (BookCondition.SYNCHRONISED, 7)
    assert fed.touch == (10, 1, -1, 0)


@pytest.mark.parametrize("after", [8, 100])
def test_a_number_that_is_missing_opens_a_gap_until_a_snapshot(after: int) -> None:
    fed = Fed(SequenceRule.CONSECUTIVE)
    assert fed(Kind.BOOK_LEVEL_SET, side=1, price_units=10, quantity_units=1, sequence=5)
    assert fed(Kind.BOOK_LEVEL_SET, side=1, price_units=9, quantity_units=1, sequence=5)
    assert fed(Kind.BOOK_LEVEL_DELETE, side=1, price_units=9, sequence=6)
    assert not fed(Kind.BOOK_LEVEL_SET, side=1, price_units=8, quantity_units=1, sequence=5)
    assert not fed(Kind.BOOK_LEVEL_SET, side=1, price_units=11, quantity_units=1, sequence=after)
    assert (fed.row["condition"], fed.row["gap_count"]) == (BookCondition.GAP, 1)
    assert not fed(Kind.BOOK_LEVEL_SET, side=1, price_units=11, quantity_units=1, sequence=after + 1)
    assert fed.touch == (10, 1, -1, 0)
    assert fed(Kind.BOOK_SNAPSHOT_BEGIN, sequence=after)
    assert fed(Kind.BOOK_SNAPSHOT_END, sequence=after)
    assert fed(Kind.BOOK_LEVEL_SET, side=1, price_units=12, quantity_units=1, sequence=after + 1)
    assert fed.touch == (12, 1, -1, 0)


def test_ascending_numbers_may_jump_but_not_fall_back() -> None:
    fed = Fed(SequenceRule.ASCENDING)
    assert fed(Kind.BOOK_ORDER_ADD, side=1, book_order_id=1, price_units=10, quantity_units=5, sequence=5)
    assert fed(Kind.BOOK_ORDER_CANCEL, side=1, book_order_id=1, quantity_units=1, sequence=50)
    assert not fed(Kind.BOOK_ORDER_CANCEL, side=1, book_order_id=1, quantity_units=1, sequence=49)
    assert fed(Kind.BOOK_ORDER_CANCEL, side=1, book_order_id=1, quantity_units=1)
    assert fed.touch == (10, 3, -1, 0)


def test_what_is_said_of_the_book_as_a_whole() -> None:
    fed = Fed()
    for side in (1, -1):
        assert fed(Kind.BOOK_LEVEL_SET, side=side, price_units=10 - side, quantity_units=1)
    assert fed(Kind.BOOK_CLEAR, side=1)
    assert fed.touch == (-1, 0, 11, 1)
    assert fed(Kind.FEED_GAP)
    assert fed.row["condition"] == BookCondition.GAP
    assert fed(Kind.BOOK_STATE, condition=int(BookCondition.SYNCHRONISED))
    assert fed(Kind.BOOK_CLEAR)
    assert fed.touch == (-1, 0, -1, 0)
    assert fed(Kind.TRADE, price_units=10, quantity_units=1)
    assert fed(Kind.BOOK_LEVEL_SET, instrument=1, side=1, price_units=10, quantity_units=1)
    assert fed.touch == (-1, 0, -1, 0)
    assert fed.row["applied_count"] == 2


def test_where_there_is_no_room_the_rest_waits() -> None:
    fed = Fed()
    rows = blank(Kind.BOOK_LEVEL_SET, 40)
    rows["side"], rows["quantity_units"], rows["price_units"] = 1, 1, 64 * np.arange(40)
    assert entries.apply(fed.block.address, rows.ctypes.data, 40) == 16
    assert fed.row["applied_count"] == 16
    assert fed.row["refused_count"] == 0
