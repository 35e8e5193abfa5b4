"""An order book to work with from Python: the same compiled book that simulations keep.

Its functions are compiled at their first use, some ten seconds once for a version, and loaded from then on.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from atlas.kernel.book import entries
from atlas.kernel.book.create import BookCapacities, BookSetup, create_books
from atlas.kernel.book.results import BookResult, SequenceRule
from atlas.kernel.memory.block import USED, Block
from atlas.records.enums import NULL, BookCondition
from atlas.records.errors import ConfigurationError, InvalidRequestError
from atlas.records.kinds import Kind
from atlas.records.layout import ROW, blank
from atlas.records.units import Number, from_units, to_units

Rows = npt.NDArray[Any]
SIDES: Final = {"buy": 1, "sell": -1, "bid": 1, "ask": -1, 1: 1, -1: -1}
NOTHING_SAID: Final = float("nan")
LEVEL: Final = np.dtype([("price_units", "i8"), ("quantity_units", "i8"), ("order_count", "i8")])
RESTING: Final = np.dtype([("order_id", "i8"), ("price_units", "i8"), ("quantity_units", "i8")])
DEPTH: Final = np.dtype([("price", "f8"), ("quantity", "f8"), ("orders", "i8")])
ORDERS: Final = np.dtype([("order_id", "i8"), ("price", "f8"), ("quantity", "f8")])
TAKEN: Final = np.dtype([("order_id", "i8"), ("price", "f8"), ("quantity", "f8"), ("left", "f8")])
MOST_ORDERS: Final = 2**31 - 2


class Top(NamedTuple):
    """Best bid and ask; NaN and 0 where a side is empty."""

    bid: float
    bid_quantity: float
    ask: float
    ask_quantity: float


class RestingOrder(NamedTuple):
    """One order in the book; `ahead` is the quantity that stands before it in its level."""

    order_id: int
    side: str
    price: float
    quantity: float
    ahead: float


class OrderBook:
    """Price levels with queues of orders, in order of price and time.

    Parameters
    ----------
    tick : number
        Step of prices, such as 0.01; every price must be a multiple of it.
    price_exponent, quantity_exponent : int
        Prices and quantities are kept exactly, as whole numbers of 10 to the minus this.
    orders, pages : int
        Room to begin with, for orders and for runs of 64 ticks of either side; it grows when it is used up.
    sequence : {"any", "consecutive", "ascending"}
        What the numbers of records that are applied say: nothing; that one is missing where they jump, which makes the
        book stale until a snapshot; or only that what is older than the last is to be passed over.

    Raises
    ------
    ConfigurationError
        The tick is no multiple of 10**-price_exponent above zero.

    Examples
    --------
    >>> book = OrderBook(tick=0.01)
    >>> book.add(1, "buy", 99.98, 300)
    >>> book.add(2, "sell", 100.02, 100)
    >>> book.top
    Top(bid=99.98, bid_quantity=300.0, ask=100.02, ask_quantity=100.0)
    >>> book.take("buy", 40)
    40.0
    >>> book.taken["price"].tolist()
    [100.02]
    """

    def __init__(
        self,
        tick: Number = Decimal("0.01"),
        *,
        price_exponent: int = 9,
        quantity_exponent: int = 8,
        orders: int = 16_384,
        pages: int = 1_024,
        sequence: str = "any",
    ) -> None:
        self._price_exponent, self._quantity_exponent = price_exponent, quantity_exponent
        tick_units = to_units(tick, price_exponent, "tick", exact=True)
        self.tick = from_units(tick_units, price_exponent)
        rules = {rule.name.lower(): rule for rule in SequenceRule}
        if sequence not in rules:
            raise ConfigurationError(f"sequence {sequence!r} is none of {', '.join(rules)}")
        self._setup = BookSetup(tick_units, rules[sequence])
        self._room = BookCapacities(orders=orders, pages=pages)
        self._scale, self._lots = float(10**price_exponent), float(10**quantity_exponent)
        self._use(create_books([self._setup], self._room))
        self._words = np.zeros(4, np.int64)
        # What is called for every change, without a step between.
        self._add, self._cancel, self._modify = (
            entry.callable for entry in (entries.add_order, entries.cancel_order, entries.modify_order)
        )
        self._take = entries.take.callable

    _earlier: Rows | None

    def _use(self, block: Block) -> None:
        self._block, self._address = block, block.address
        self._row, self._sides, self._taken = block.rows("books")[0], block.rows("sides"), block.rows("taken")
        used = block.layout.by_name["taken"].entry + USED
        self._taken_used, self._earlier = block.bytes[used : used + 8].view(np.int64), None

    # --- changes -----------------------------------------------------------------------------------------------------

    def add(self, order_id: int, side: str | int, price: float, quantity: float) -> None:
        """Add an order at the end of its level's queue.

        Parameters
        ----------
        order_id : int
            Unlike that of any other order in the book.
        side : {"buy", "sell"}
            "bid", "ask", +1 and -1 are understood too.
        price, quantity : float
            A multiple of the tick; above zero.

        Raises
        ------
        InvalidRequestError
            The id is there already, the price is off the grid, or the quantity is none.
        """
        sign = SIDES.get(side, 0)
        result = self._add(self._address, 0, order_id, sign, price, quantity, self._scale, self._lots)
        if result:
            self._refuse(result, order_id, price, quantity, side)
            self.add(order_id, side, price, quantity)

    def cancel(self, order_id: int, quantity: float = NOTHING_SAID) -> None:
        """Take an order out, or a part of it, which leaves it in its place.

        Parameters
        ----------
        order_id : int
            Of an order in the book.
        quantity : float, optional
            Part to take out; all of it where left out.

        Raises
        ------
        InvalidRequestError
            The order is unknown, or has less.
        """
        result = self._cancel(self._address, 0, order_id, quantity, self._lots)
        if result:
            self._refuse(result, order_id, NOTHING_SAID, quantity)

    def execute(self, order_id: int, quantity: float) -> None:
        """Take what was executed of a resting order away.

        Parameters
        ----------
        order_id : int
            Of an order in the book.
        quantity : float
            What was executed, at most what is left.

        Raises
        ------
        InvalidRequestError
            The order is unknown, or has less.
        """
        result = entries.execute_order(self._address, 0, order_id, quantity, self._lots)
        if result:
            self._refuse(result, order_id, NOTHING_SAID, quantity)

    def modify(
        self, order_id: int, *, quantity: float, price: float = NOTHING_SAID, new_order_id: int | None = None
    ) -> None:
        """Give an order another quantity, price or id; it keeps its place only where the price stays and it shrinks.

        Parameters
        ----------
        order_id : int
            Of an order in the book.
        quantity : float
            All that is left of it now, above zero.
        price : float, optional
            Another price, a multiple of the tick.
        new_order_id : int, optional
            Another id.

        Raises
        ------
        InvalidRequestError
            The order is unknown, the new id taken, the price off the grid, or the quantity none.
        """
        new_id = NULL if new_order_id is None else new_order_id
        result = self._modify(self._address, 0, order_id, new_id, price, quantity, self._scale, self._lots)
        if result:
            taken = result == BookResult.DUPLICATE_ORDER
            self._refuse(result, new_id if taken else order_id, price, quantity)
            self.modify(order_id, quantity=quantity, price=price, new_order_id=new_order_id)

    def set_level(self, side: str | int, price: float, quantity: float, orders: int = NULL) -> None:
        """Set the whole quantity of a level whose orders are not known; 0 removes it.

        Parameters
        ----------
        side : {"buy", "sell"}
            "bid", "ask", +1 and -1 are understood too.
        price, quantity : float
            A multiple of the tick; 0 or more.
        orders : int, optional
            How many orders stand there, where that is known.

        Raises
        ------
        InvalidRequestError
            The price is off the grid, or the quantity below zero.
        """
        sign = SIDES.get(side, 0)
        result = entries.set_level(self._address, 0, sign, price, quantity, orders, self._scale, self._lots)
        if result:
            self._refuse(result, 0, price, quantity, side)
            self.set_level(side, price, quantity, orders)

    def take(self, side: str | int, quantity: float, limit: float = NOTHING_SAID) -> float:
        """Let an incoming order take what rests on the other side, best price first and oldest first.

        Parameters
        ----------
        side : {"buy", "sell"}
            Of the incoming order.
        quantity : float
            At most.
        limit : float, optional
            It goes no further than this price.

        Returns
        -------
        float
            The quantity taken; `taken` tells from whom and at which prices.

        Raises
        ------
        InvalidRequestError
            The side is none, or the quantity not above zero.
        """
        self._earlier = None
        sign = SIDES.get(side, 0)
        units = self._take(self._address, 0, sign, limit, quantity, self._scale, self._lots)
        if units < 0:
            self._refuse(-units, 0, limit, quantity, side)
        filled: float = units / self._lots
        if filled < quantity and self._taken_count == len(self._taken):
            filled += self._take_on(side, quantity - filled, limit)
        return filled

    def _take_on(self, side: str | int, quantity: float, limit: float) -> float:
        """Go on with a walk that has used up its room."""
        before = self.taken
        filled = self.take(side, quantity, limit)
        self._earlier = np.concatenate([before, self.taken])
        return filled

    @property
    def taken(self) -> Rows:
        """What the last `take` took, in order.

        A structured array: `order_id` of the resting order (the lowest int64 where it isn't known), `price`,
        `quantity`, and what is `left` of it.
        """
        if self._earlier is not None:
            return self._earlier
        rows = self._taken[: self._taken_count]
        found = np.empty(len(rows), TAKEN)
        found["order_id"], found["price"] = rows["order_id"], rows["price_units"] / self._scale
        found["quantity"], found["left"] = rows["quantity_units"] / self._lots, rows["left_units"] / self._lots
        return found

    @property
    def _taken_count(self) -> int:
        return int(self._taken_used[0])

    def clear(self, side: str | int | None = None) -> None:
        """Empty the book, or one side.

        Parameters
        ----------
        side : {"buy", "sell"}, optional
            Both where left out.
        """
        entries.clear_book(self._address, 0, 0 if side is None else SIDES[side])

    def apply(self, records: Rows) -> int:
        """Apply records of a feed in order: levels, orders, snapshots, quotes, gaps.

        Parameters
        ----------
        records : structured array
            Of one of the book's kinds, or rows of 64 bytes of several, whose instrument is 0.

        Returns
        -------
        int
            How many were not applied: refused, passed over as old, or come while the book can't be trusted. Records
            that concern no book, trades among them, are passed over and not counted.
        """
        rows = np.ascontiguousarray(records)
        address, count, done = rows.ctypes.data, rows.nbytes // ROW.itemsize, 0
        before = self._unapplied()
        while True:
            done += entries.apply(self._address, address + done * ROW.itemsize, count - done)
            if done == count:
                return self._unapplied() - before
            self._grow()

    def _unapplied(self) -> int:
        return int(self._row["refused_count"] + self._row["dropped_count"])

    # --- measures ----------------------------------------------------------------------------------------------------

    @property
    def top(self) -> Top:
        """Best bid and ask with their quantities."""
        bid, ask = (entries.best_price(self._address, 0, side) for side in (1, -1))
        sizes = [entries.best_quantity(self._address, 0, side) / self._lots for side in (1, -1)]
        return Top(self._price(bid), sizes[0], self._price(ask), sizes[1])

    @property
    def mid(self) -> float:
        """Middle between best bid and ask; NaN where a side is empty."""
        top = self.top
        return (top.bid + top.ask) / 2.0

    @property
    def spread(self) -> float:
        """Best ask minus best bid, below zero where the book is crossed; NaN where a side is empty."""
        bid, ask = (entries.best_price(self._address, 0, side) for side in (1, -1))
        return NOTHING_SAID if NULL in (bid, ask) else (ask - bid) / self._scale

    @property
    def microprice(self) -> float:
        """Bid and ask, each weighted by the other's quantity; NaN where a side is empty."""
        return float(entries.microprice(self._address, 0)) / self._scale

    def weighted_mid(self, levels: int = 5) -> float:
        """Middle between the average prices, by quantity, of the best levels of bids and of asks.

        Parameters
        ----------
        levels : int
            Of either side.
        """
        return float(entries.weighted_mid(self._address, 0, levels)) / self._scale

    def imbalance(self, levels: int = 1) -> float:
        """(bids - asks) / (bids + asks) in quantity of the best levels, -1 to 1; NaN of an empty book.

        Parameters
        ----------
        levels : int
            Of either side.
        """
        return float(entries.imbalance(self._address, 0, levels))

    def depth(self, levels: int = 10) -> tuple[Rows, Rows]:
        """Best levels of bids and of asks, best first: structured arrays of `price`, `quantity`, `orders`.

        Parameters
        ----------
        levels : int
            At most, of either side.
        """
        return self._depth(1, levels), self._depth(-1, levels)

    def orders(self, side: str | int) -> Rows:
        """All orders of a side, best price first and oldest first: `order_id`, `price`, `quantity`.

        Parameters
        ----------
        side : {"buy", "sell"}
            "bid", "ask", +1 and -1 are understood too.
        """
        rows = self._resting(SIDES[side])
        found = np.empty(len(rows), ORDERS)
        found["order_id"] = rows["order_id"]
        found["price"], found["quantity"] = rows["price_units"] / self._scale, rows["quantity_units"] / self._lots
        return found

    def order(self, order_id: int) -> RestingOrder | None:
        """One order; None where it isn't in the book.

        Parameters
        ----------
        order_id : int
            Of any order.
        """
        if not entries.copy_order(self._address, 0, order_id, self._words.ctypes.data):
            return None
        side, price, quantity, ahead = self._words.tolist()
        return RestingOrder(
            order_id, "buy" if side > 0 else "sell", price / self._scale, quantity / self._lots, ahead / self._lots
        )

    def queue_ahead(self, order_id: int) -> float:
        """Quantity that stands before an order in its level.

        Parameters
        ----------
        order_id : int
            Of an order in the book.

        Raises
        ------
        InvalidRequestError
            The order is unknown.
        """
        found = self.order(order_id)
        if found is None:
            raise self._error(BookResult.UNKNOWN_ORDER, order_id, NOTHING_SAID, NOTHING_SAID, "")
        return found.ahead

    @property
    def is_crossed(self) -> bool:
        """Whether the best bid is above the best ask."""
        return bool(entries.crossing(self._address, 0) == BookCondition.CROSSED)

    @property
    def is_locked(self) -> bool:
        """Whether the best bid is at the best ask."""
        return bool(entries.crossing(self._address, 0) == BookCondition.LOCKED)

    @property
    def condition(self) -> str:
        """How far the book can be trusted: synchronised, building, gap or stale."""
        return BookCondition(int(self._row["condition"])).name.lower()

    @property
    def fingerprint(self) -> str:
        """Digest of all levels and queues: the same for books that hold the same."""
        return f"{entries.book_fingerprint(self._address, 0) & (2**64 - 1):016x}"

    def __len__(self) -> int:
        """Orders in the book."""
        return int(self._sides["order_count"].sum())

    def __repr__(self) -> str:
        bids, asks = self.depth(5)
        lines = [f"{'':>28}  {row['price']:>14,.10g}  {row['quantity']:>12,.10g}" for row in asks[::-1]]
        lines += [f"{row['quantity']:>12,.10g}  {row['price']:>14,.10g}" for row in bids]
        return "\n".join([f"OrderBook: {len(self):,} orders, tick {self.tick}", *lines])

    # --- whole books -------------------------------------------------------------------------------------------------

    def snapshot(self) -> Rows:
        """Return records that make this book again where they are applied: rows of 64 bytes."""
        begin, end = blank(Kind.BOOK_SNAPSHOT_BEGIN, 1), blank(Kind.BOOK_SNAPSHOT_END, 1)
        parts = [part for side in (1, -1) for part in (self._orders_as_records(side), self._levels_as_records(side))]
        for edge in (begin, end):
            edge["record_count"], edge["sequence"] = sum(map(len, parts)), self._row["sequence"]
        return np.concatenate([part.view(ROW).reshape(-1) for part in (begin, *parts, end)])

    def _orders_as_records(self, side: int) -> Rows:
        resting = self._resting(side)
        records = blank(Kind.BOOK_ORDER_ADD, len(resting))
        records["side"], records["book_order_id"] = side, resting["order_id"]
        records["price_units"], records["quantity_units"] = resting["price_units"], resting["quantity_units"]
        return records

    def _levels_as_records(self, side: int) -> Rows:
        levels, named = self._levels(side, int(self._sides["level_count"][int(side > 0)])), self._resting(side)
        levels = levels[~np.isin(levels["price_units"], named["price_units"])]
        records = blank(Kind.BOOK_LEVEL_SET, len(levels))
        records["side"], records["order_count"] = side, levels["order_count"]
        records["price_units"], records["quantity_units"] = levels["price_units"], levels["quantity_units"]
        return records

    def _grow(self) -> None:
        """Move to a block with twice the room."""
        content, row = self.snapshot(), self._row
        self._room = BookCapacities(orders=min(2 * self._room.orders, MOST_ORDERS), pages=2 * self._room.pages)
        self._use(create_books([self._setup], self._room))
        entries.apply(self._address, content.ctypes.data, len(content))
        for name in row.dtype.names:
            self._row[name] = row[name]

    # --- words and numbers -------------------------------------------------------------------------------------------

    def _levels(self, side: int, levels: int) -> Rows:
        found = np.empty(min(levels, int(self._sides["level_count"][int(side > 0)])), LEVEL)
        count = entries.copy_depth(self._address, 0, side, len(found), found.ctypes.data)
        return found[:count]

    def _resting(self, side: int) -> Rows:
        found = np.empty(int(self._sides["order_count"][int(side > 0)]), RESTING)
        count = entries.copy_orders(self._address, 0, side, len(found), found.ctypes.data)
        return found[:count]

    def _depth(self, side: int, levels: int) -> Rows:
        rows = self._levels(side, levels)
        found = np.empty(len(rows), DEPTH)
        found["price"], found["quantity"] = rows["price_units"] / self._scale, rows["quantity_units"] / self._lots
        found["orders"] = rows["order_count"]
        return found

    def _price(self, units: int) -> float:
        return NOTHING_SAID if units == NULL else units / self._scale

    def _refuse(self, result: int, order_id: int, price: float, quantity: float, side: object = "") -> None:
        """Make room where that is what was missing; raise otherwise."""
        if result == BookResult.FULL:
            self._grow()
            return
        raise self._error(BookResult(result), order_id, price, quantity, side)

    def _error(
        self, result: BookResult, order_id: int, price: float, quantity: float, side: object
    ) -> InvalidRequestError:
        texts = {
            BookResult.UNKNOWN_ORDER: f"order {order_id} is not in the book",
            BookResult.DUPLICATE_ORDER: f"order {order_id} is in the book already: cancel or modify it",
            BookResult.BAD_QUANTITY: f"a quantity of {quantity}: it must be above 0 and fit the book's units",
            BookResult.BAD_SIDE: f"side {side!r} is neither 'buy' nor 'sell'",
            BookResult.OFF_GRID: f"price {price} is no multiple of the tick {self.tick}",
            BookResult.EXCESS: f"{quantity} can't be taken from order {order_id}, which has less",
        }
        return InvalidRequestError(texts.get(result, result.name))
