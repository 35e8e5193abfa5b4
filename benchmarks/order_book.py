"""An order book of ten thousand orders: added, canceled, reduced and walked, in arrays and from Python one by one.

    python -m benchmarks.order_book [--operations N] [--rounds N]

Of the operations 45% add an order, 45% cancel one that rests, 10% reduce one. Prices lie some hundred ticks around the
market. What a user would write instead, a book of sorted dictionaries (`sortedcontainers`) with queues in order of
time, does the same from Python; what both hold at the end is compared.
"""

from __future__ import annotations

import argparse
from collections import OrderedDict
from typing import Any

import numpy as np
from sortedcontainers import SortedDict

from atlas.data.order_book import OrderBook
from atlas.records.enums import NULL
from atlas.records.kinds import Kind
from atlas.records.layout import ROW, blank
from benchmarks.figures import Figure, clock, finish

RESTING = 10_000
TICK, MIDDLE, SPREAD = 0.01, 15_000, 0.01
PRICE_EXPONENT = 2
WALKS, WALKED = 50_000, 4
ADD, CANCEL, REDUCE = 0, 1, 2

Operation = tuple[int, int, int, int, int]
Call = tuple[int, int, int, float, int]


class DifferenceError(Exception):
    """Two books that were told the same hold something else."""


def draw_operations(count: int) -> list[Operation]:
    """Draw what happens: what, order id, side, price in ticks, quantity."""
    draw = np.random.default_rng(7)
    kinds, places = draw.random(count), draw.random(count)
    sides = draw.choice([1, -1], count)
    prices = MIDDLE - sides * np.minimum(draw.geometric(SPREAD, count), 1_000)
    quantities = draw.integers(1, 100, count) * 100
    live: list[tuple[int, int, int, int]] = []
    found: list[Operation] = []
    for number in range(count):
        if len(live) < RESTING or kinds[number] < 0.45:
            order = (number + 1, int(sides[number]), int(prices[number]), int(quantities[number]))
            live.append(order)
            found.append((ADD, *order))
            continue
        place = int(places[number] * len(live))
        order_id, side, price, quantity = live[place]
        if kinds[number] < 0.9 or quantity == 1:
            live[place] = live[-1]
            live.pop()
            found.append((CANCEL, order_id, side, price, quantity))
        else:
            live[place] = (order_id, side, price, quantity - 1)
            found.append((REDUCE, order_id, side, price, quantity - 1))
    return found


def records_of(operations: list[Operation]) -> np.ndarray[Any, Any]:
    """Say operations as records of a feed."""
    table = np.array(operations, np.int64)
    rows = np.zeros(len(table), ROW)
    kinds = {ADD: Kind.BOOK_ORDER_ADD, CANCEL: Kind.BOOK_ORDER_CANCEL, REDUCE: Kind.BOOK_ORDER_MODIFY}
    for kind, name in kinds.items():
        chosen = table[table[:, 0] == kind]
        records = blank(name, len(chosen))
        records["book_order_id"], records["side"], records["price_units"] = chosen[:, 1], chosen[:, 2], chosen[:, 3]
        records["quantity_units"] = NULL if kind == CANCEL else chosen[:, 4]
        rows[table[:, 0] == kind] = records.view(ROW).reshape(-1)
    return rows


def new_book() -> OrderBook:
    """Make a book with prices in whole ticks and quantities in whole pieces."""
    return OrderBook(TICK, price_exponent=PRICE_EXPONENT, quantity_exponent=0)


# --- what a user would write -----------------------------------------------------------------------------------------


class SortedBook:
    """Two sorted dictionaries of queues."""

    def __init__(self) -> None:
        self.sides: dict[int, Any] = {1: SortedDict(lambda price: -price), -1: SortedDict()}
        self.orders: dict[int, tuple[int, float]] = {}

    def add(self, order_id: int, side: int, price: float, quantity: float) -> None:
        """Add an order at the end of its queue."""
        levels = self.sides[side]
        if price not in levels:
            levels[price] = OrderedDict()
        levels[price][order_id] = quantity
        self.orders[order_id] = (side, price)

    def cancel(self, order_id: int) -> None:
        """Take an order out."""
        side, price = self.orders.pop(order_id)
        level = self.sides[side][price]
        del level[order_id]
        if not level:
            del self.sides[side][price]

    def modify(self, order_id: int, quantity: float) -> None:
        """Let an order shrink in its place."""
        side, price = self.orders[order_id]
        self.sides[side][price][order_id] = quantity

    def take(self, side: int, quantity: float) -> int:
        """Take from the other side; how many orders it met."""
        levels, met = self.sides[-side], 0
        while quantity > 0.0 and levels:
            level = levels.peekitem(0)[1]
            order_id, resting = next(iter(level.items()))
            met += 1
            if resting > quantity:
                level[order_id] = resting - quantity
                return met
            quantity -= resting
            self.cancel(order_id)
        return met


# --- measured --------------------------------------------------------------------------------------------------------


def calls_of(operations: list[Operation]) -> list[Call]:
    """Say operations as a user has them, with prices for ticks."""
    return [
        (kind, order_id, side, round(price * TICK, PRICE_EXPONENT), size)
        for kind, order_id, side, price, size in operations
    ]


def one_by_one(book: Any, calls: list[Call]) -> None:
    """Do operations one call each."""
    add, cancel, modify = book.add, book.cancel, book.modify
    shrink = (lambda order_id, quantity: modify(order_id, quantity=quantity)) if isinstance(book, OrderBook) else modify
    for kind, order_id, side, price, quantity in calls:
        if kind == ADD:
            add(order_id, side, price, quantity)
        elif kind == CANCEL:
            cancel(order_id)
        else:
            shrink(order_id, quantity)


def queues(count: int) -> list[Operation]:
    """Orders of one piece each, forty a level, for walks to take four at a time."""
    return [(ADD, number + 1, -1, MIDDLE + number // 40, 1) for number in range(count * WALKED)]


def walk(book: Any) -> None:
    """Let orders come that take four others each."""
    take = book.take
    for _ in range(WALKS):
        take(1, WALKED)


def compare(book: OrderBook, other: SortedBook) -> None:
    """Compare what two books hold.

    Raises
    ------
    DifferenceError
        It is not the same.
    """
    for side in (1, -1):
        held = [(order_id, quantity) for level in other.sides[side].values() for order_id, quantity in level.items()]
        if [(int(row["order_id"]), float(row["quantity"])) for row in book.orders(side)] != held:
            raise DifferenceError("the two books hold different orders")


def measure(count: int, rounds: int) -> list[Figure]:
    """Measure in rounds, after one that warms up."""
    operations = draw_operations(count)
    records, start = records_of(operations), min(2 * RESTING, count // 2)
    calls = calls_of(operations)
    resting, rest = calls[:start], calls[start:]
    names = ("arrays", "python", "sorted", "walks", "sorted_walks")
    rates: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds + 1):
        found = measure_once(records, resting, rest)
        for name, rate in zip(names, found, strict=True) if number else ():
            rates[name].append(rate / 1e6)
    titles = {
        "arrays": "order book: operations in arrays",
        "python": "order book: operations from Python, one call each",
        "sorted": "the same in sorted dictionaries",
        "walks": "order book: incoming orders from Python, four fills each",
        "sorted_walks": "the same in sorted dictionaries",
    }
    return [Figure(f"book.{name}", titles[name], "M/s", rates[name]) for name in names]


def measure_once(records: np.ndarray[Any, Any], resting: list[Call], rest: list[Call]) -> list[float]:
    """Rates of each way, a second."""
    fed, book, other = new_book(), new_book(), SortedBook()
    fed.apply(records[: len(resting)])
    timings = [clock(lambda: fed.apply(records[len(resting) :])).wall / len(rest)]
    for each in (book, other):
        one_by_one(each, resting)
        timings.append(clock(lambda each=each: one_by_one(each, rest)).wall / len(rest))  # type: ignore[misc]
    compare(book, other)
    compare(fed, other)
    for fresh in (OrderBook(TICK, price_exponent=PRICE_EXPONENT, quantity_exponent=0, orders=2**18), SortedBook()):
        one_by_one(fresh, calls_of(queues(WALKS)))
        timings.append(clock(lambda fresh=fresh: walk(fresh)).wall / WALKS)  # type: ignore[misc]
    return [1.0 / timing for timing in timings]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--operations", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    finish("order_book", "Order book", measure(arguments.operations, arguments.rounds))


if __name__ == "__main__":
    main()
