"""An order book of dictionaries and lists: what the compiled one must hold, said as plainly as can be."""

from __future__ import annotations

from dataclasses import dataclass, field

from atlas.kernel.book.results import BookResult
from atlas.records.enums import NULL

LIMIT = 2**63 - 1
SMALL = 2**32
MASK = 2**64 - 1
MIX = 0x9E3779B97F4A7C15


@dataclass
class Order:
    """One order that rests."""

    order_id: int
    side: int
    price: int
    quantity: int


@dataclass
class Level:
    """What stands at a price: orders in order of time, or a quantity alone."""

    orders: list[Order] = field(default_factory=list)
    unnamed: int = 0
    unnamed_count: int = 0

    @property
    def quantity(self) -> int:
        return self.unnamed + sum(order.quantity for order in self.orders)

    @property
    def count(self) -> int:
        return self.unnamed_count + len(self.orders)


class NaiveBook:
    """Two dictionaries of levels by price."""

    def __init__(self, tick: int) -> None:
        self.tick = tick
        self.sides: dict[int, dict[int, Level]] = {1: {}, -1: {}}
        self.by_id: dict[int, Order] = {}

    def prices(self, side: int) -> list[int]:
        """Prices of a side, the best first."""
        return sorted(self.sides[side], reverse=side > 0)

    def total(self, side: int) -> int:
        return sum(level.quantity for level in self.sides[side].values())

    def fits(self, side: int, quantity: int) -> bool:
        """Whether a side can hold so much more; what is small always fits, and needs no sum over all levels."""
        return quantity < SMALL or quantity <= LIMIT - self.total(side)

    def add(self, order_id: int, side: int, price: int, quantity: int) -> BookResult:
        if quantity <= 0 or not self.fits(side, quantity):
            return BookResult.BAD_QUANTITY
        if price % self.tick:
            return BookResult.OFF_GRID
        if order_id in self.by_id:
            return BookResult.DUPLICATE_ORDER
        order = Order(order_id, side, price, quantity)
        self.by_id[order_id] = order
        self.sides[side].setdefault(price, Level()).orders.append(order)
        return BookResult.OK

    def remove(self, order: Order) -> None:
        level = self.sides[order.side][order.price]
        level.orders.remove(order)
        if not level.quantity:
            del self.sides[order.side][order.price]
        del self.by_id[order.order_id]

    def cancel(self, order_id: int, quantity: int = NULL) -> BookResult:
        order = self.by_id.get(order_id)
        if order is None:
            return BookResult.UNKNOWN_ORDER
        if quantity in (NULL, order.quantity):
            self.remove(order)
            return BookResult.OK
        if quantity <= 0:
            return BookResult.BAD_QUANTITY
        if quantity > order.quantity:
            return BookResult.EXCESS
        order.quantity -= quantity
        return BookResult.OK

    def modify(self, order_id: int, new_id: int, price: int, quantity: int) -> BookResult:
        order = self.by_id.get(order_id)
        if order is None:
            return BookResult.UNKNOWN_ORDER
        price = order.price if price == NULL else price
        new_id = order_id if new_id == NULL else new_id
        if quantity <= 0 or not self.fits(order.side, quantity - order.quantity):
            return BookResult.BAD_QUANTITY
        if price % self.tick:
            return BookResult.OFF_GRID
        if new_id != order_id and new_id in self.by_id:
            return BookResult.DUPLICATE_ORDER
        if price == order.price and quantity <= order.quantity:
            order.quantity = quantity
        else:
            self.remove(order)
            order.price, order.quantity = price, quantity
            self.sides[order.side].setdefault(price, Level()).orders.append(order)
        self.by_id.pop(order_id, None)
        order.order_id = new_id
        self.by_id[new_id] = order
        return BookResult.OK

    def set_level(self, side: int, price: int, quantity: int, count: int) -> BookResult:
        if price % self.tick:
            return BookResult.OFF_GRID
        if quantity < 0:
            return BookResult.BAD_QUANTITY
        self.sides[side].pop(price, None)
        if quantity:
            self.sides[side][price] = Level(unnamed=quantity, unnamed_count=count)
        return BookResult.OK

    def take(self, side: int, limit: int, quantity: int) -> list[tuple[int, int, int, int]]:
        """Fills of an incoming order: id of the resting one, price, quantity, what is left of it."""
        fills = []
        for price in self.prices(-side):
            if limit != NULL and (price > limit if side > 0 else price < limit):
                break
            while quantity and price in self.sides[-side]:
                fills.append(self.take_first(-side, price, quantity))
                quantity -= fills[-1][2]
        return fills

    def take_first(self, side: int, price: int, wanted: int) -> tuple[int, int, int, int]:
        level = self.sides[side][price]
        if level.orders:
            order = level.orders[0]
            taken = min(order.quantity, wanted)
            left = order.quantity - taken
            self.cancel(order.order_id, taken)
            return order.order_id, price, taken, left
        taken = min(level.unnamed, wanted)
        level.unnamed -= taken
        if not level.unnamed:
            del self.sides[side][price]
        return NULL, price, taken, level.unnamed

    def queue_ahead(self, order_id: int) -> int:
        order = self.by_id.get(order_id)
        if order is None:
            return -1
        queue = self.sides[order.side][order.price].orders
        return sum(each.quantity for each in queue[: queue.index(order)])

    def fingerprint(self) -> int:
        """The digest of `atlas.kernel.book.measures`, in whole numbers."""
        total = 0
        for start, side in ((1, 1), (2, -1)):
            digest = start
            for price in self.prices(side):
                level = self.sides[side][price]
                for word in (price, level.quantity, level.count):
                    digest = mixed(digest, word)
                for order in level.orders:
                    digest = mixed(mixed(digest, order.order_id), order.quantity)
            total += mixed(digest, side)
        return (total + 2**63) % 2**64 - 2**63


def mixed(digest: int, word: int) -> int:
    """Multiply and shift, in 64 bits."""
    turned = ((digest ^ word) * MIX) & MASK
    return turned ^ (turned >> 29)
