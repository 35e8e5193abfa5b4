"""Random flow for a compiled book and for the naive one, and what must be equal after it."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from atlas.kernel.book import entries
from atlas.kernel.book.create import BookCapacities, BookSetup, create_books
from atlas.kernel.memory.block import USED, Block
from atlas.records.enums import NULL
from tests.reference.order_book import NaiveBook

BOOK = 1
ROOM = BookCapacities(orders=512, pages=512, nodes=4_096, taken=64)


def as_float(units: int) -> float:
    return math.nan if units == NULL else float(units)


def taken_count(block: Block) -> int:
    """Rows that the last walk wrote."""
    entry = block.layout.by_name["taken"].entry
    return int(block.bytes[entry + USED : entry + USED + 8].view("i8")[0])


@dataclass
class Pair:
    """The second book of a block, and its slow twin; the first one lies beside it untouched."""

    tick: int
    ids: int = 400
    capacities: BookCapacities = ROOM

    def __post_init__(self) -> None:
        self.block: Block = create_books([BookSetup(1), BookSetup(self.tick)], self.capacities)
        self.naive = NaiveBook(self.tick)

    def step(self, draw: random.Random, width: int) -> None:
        """Do one random thing to both; what they say of it must be the same."""
        price = draw.randint(-width, width) * self.tick + (1 if self.tick > 1 and draw.random() < 0.01 else 0)
        order_id, side = draw.randint(1, self.ids), draw.choice([1, -1])
        kind = draw.random()
        if kind < 0.4:
            self.add(order_id, side, price, draw.randint(0, 9))
        elif kind < 0.65:
            self.cancel(order_id, draw.choice([NULL, 1, 2, 5]))
        elif kind < 0.85:
            new_id = draw.choice([NULL, NULL, draw.randint(1, self.ids)])
            self.modify(order_id, new_id, draw.choice([NULL, price]), draw.randint(0, 9))
        elif kind < 0.9:
            self.set_level(side, price, draw.randint(0, 50))
        else:
            self.take(side, draw.choice([NULL, price]), draw.randint(1, 30))

    def add(self, order_id: int, side: int, price: int, quantity: int) -> None:
        said = entries.add_order(self.block.address, BOOK, order_id, side, float(price), float(quantity), 1.0, 1.0)
        assert said == self.naive.add(order_id, side, price, quantity)

    def cancel(self, order_id: int, quantity: int) -> None:
        said = entries.cancel_order(self.block.address, BOOK, order_id, as_float(quantity), 1.0)
        assert said == self.naive.cancel(order_id, quantity)

    def modify(self, order_id: int, new_id: int, price: int, quantity: int) -> None:
        said = entries.modify_order(
            self.block.address, BOOK, order_id, new_id, as_float(price), float(quantity), 1.0, 1.0
        )
        assert said == self.naive.modify(order_id, new_id, price, quantity)

    def set_level(self, side: int, price: int, quantity: int) -> None:
        """Only where no order with a name stands: a source tells either levels or orders."""
        level = self.naive.sides[side].get(price)
        if level is None or not level.orders:
            said = entries.set_level(self.block.address, BOOK, side, float(price), float(quantity), 3, 1.0, 1.0)
            assert said == self.naive.set_level(side, price, quantity, 3)

    def take(self, side: int, limit: int, quantity: int) -> None:
        units = entries.take(self.block.address, BOOK, side, as_float(limit), float(quantity), 1.0, 1.0)
        rows = self.block.rows("taken")[: taken_count(self.block)]
        assert [tuple(row) for row in rows.tolist()] == self.naive.take(side, limit, quantity)
        assert units == rows["quantity_units"].sum()

    def check(self) -> None:
        """Compare what both hold."""
        address = self.block.address
        assert entries.book_fingerprint(address, BOOK) == self.naive.fingerprint()
        for side in (1, -1):
            prices, row = self.naive.prices(side), self.block.rows("sides")[2 * BOOK + (side > 0)]
            assert row["level_count"] == len(prices)
            assert row["quantity_units"] == self.naive.total(side)
            assert entries.best_price(address, BOOK, side) == (prices[0] if prices else NULL)
        assert len(self.block.live("orders")) == len(self.naive.by_id)
        assert entries.book_fingerprint(address, 0) == NaiveBook(1).fingerprint()

    def empty(self) -> None:
        """Clear the book: no order, page or node may be left over."""
        entries.clear_book(self.block.address, BOOK, 0)
        assert [len(self.block.live(name)) for name in ("orders", "pages", "nodes")] == [0, 0, 0]
        assert not self.block.rows("order_index")["entry"].any()
        assert not self.block.rows("levels").view("i8").any()
