"""What is read off a book: the touch, depth, imbalance, places in queues, and a fingerprint."""

from __future__ import annotations

from atlas.kernel.book.index import find_order
from atlas.kernel.book.ladder import side_of, worse_level
from atlas.kernel.book.orders import level_price, price_at, side_index
from atlas.kernel.book.tables import NOTHING, level_row, order_row, side_row
from atlas.kernel.memory.compilation import kernel_function
from atlas.kernel.memory.intrinsics import add_wrap, multiply_low, shift_right, store
from atlas.records.enums import NULL, BookCondition

CROSSED, LOCKED = int(BookCondition.CROSSED), int(BookCondition.LOCKED)
BID, ASK, WORD = 1, -1, 8
DEPTH_WORDS, QUEUE_WORDS = 3, 3
MIX = -7046029254386353131  # 0x9E3779B97F4A7C15 as a signed word


@kernel_function
def best_price(books: int, book: int, side: int) -> int:
    """Best price of a side; `NULL` where it is empty."""
    row = side_row(books, side_index(book, side))
    return NULL if row.best_level == NOTHING else price_at(books, book, row.best_tick)


@kernel_function
def best_quantity(books: int, book: int, side: int) -> int:
    """Quantity at the best price of a side; 0 where it is empty."""
    row = side_row(books, side_index(book, side))
    return 0 if row.best_level == NOTHING else level_row(books, row.best_level).quantity_units


@kernel_function
def has_both(books: int, book: int) -> bool:
    """Whether neither side is empty."""
    return side_row(books, 2 * book).best_level != NOTHING and side_row(books, 2 * book + 1).best_level != NOTHING


@kernel_function
def crossing(books: int, book: int) -> int:
    """`CROSSED` where the best bid is above the best ask, `LOCKED` where they are equal, else 0."""
    if not has_both(books, book):
        return 0
    ask, bid = side_row(books, 2 * book).best_tick, side_row(books, 2 * book + 1).best_tick
    return CROSSED if bid > ask else LOCKED if bid == ask else 0


@kernel_function
def microprice(books: int, book: int) -> float:
    """Touch weighted by the quantity of the other side, in price units; NaN where a side is empty.

    (bid × ask quantity + ask × bid quantity) / (bid quantity + ask quantity): Gatheral and Oomen, "Zero-intelligence
    realized variance estimation", Finance and Stochastics 14 (2010).
    """
    if not has_both(books, book):
        return float("nan")
    bid, ask = float(best_price(books, book, BID)), float(best_price(books, book, ASK))
    bid_units, ask_units = float(best_quantity(books, book, BID)), float(best_quantity(books, book, ASK))
    return (bid * ask_units + ask * bid_units) / (bid_units + ask_units)


@kernel_function
def depth_of(books: int, book: int, side: int, levels: int) -> tuple[float, float]:
    """Quantity of the best `levels` of a side, and the sum of price × quantity, both in units."""
    quantity, value = 0.0, 0.0
    level = side_row(books, side_index(book, side)).best_level
    while level != NOTHING and levels > 0:
        units = float(level_row(books, level).quantity_units)
        quantity += units
        value += units * float(level_price(books, level))
        level, levels = worse_level(books, level), levels - 1
    return quantity, value


@kernel_function
def imbalance(books: int, book: int, levels: int) -> float:
    """(bids − asks) / (bids + asks) of the best `levels` of either side, −1 to 1; NaN where both are empty."""
    bids, _ = depth_of(books, book, BID, levels)
    asks, _ = depth_of(books, book, ASK, levels)
    return (bids - asks) / (bids + asks) if bids + asks > 0.0 else float("nan")


@kernel_function
def weighted_mid(books: int, book: int, levels: int) -> float:
    """Middle between the average prices of the best `levels` of bids and of asks, by quantity, in price units."""
    bids, bid_value = depth_of(books, book, BID, levels)
    asks, ask_value = depth_of(books, book, ASK, levels)
    return 0.5 * (bid_value / bids + ask_value / asks) if bids > 0.0 and asks > 0.0 else float("nan")


@kernel_function
def queue_ahead(books: int, book: int, order_id: int) -> int:
    """Quantity that stands before an order in its level; -1 where the order is unknown."""
    slot, ahead = find_order(books, book, order_id), 0
    if slot < 0:
        return NOTHING
    slot = order_row(books, slot).previous - 1
    while slot >= 0:
        ahead += order_row(books, slot).quantity_units
        slot = order_row(books, slot).previous - 1
    return ahead


@kernel_function
def copy_depth(books: int, book: int, side: int, levels: int, target: int) -> int:
    """Write price, quantity and count of orders of the best `levels` of a side, 24 bytes each; returns how many."""
    count, level = 0, side_row(books, side_index(book, side)).best_level
    while level != NOTHING and count < levels:
        row, place = level_row(books, level), target + count * DEPTH_WORDS * WORD
        store(place, level_price(books, level))
        store(place + WORD, row.quantity_units)
        store(place + 2 * WORD, row.order_count)
        level, count = worse_level(books, level), count + 1
    return count


@kernel_function
def copy_orders(books: int, book: int, side: int, most: int, target: int) -> int:
    """Write id, price and quantity of the orders of a side, best price first and oldest first; returns how many."""
    count, level = 0, side_row(books, side_index(book, side)).best_level
    while level != NOTHING:
        slot, price_units = level_row(books, level).first_order - 1, level_price(books, level)
        while slot >= 0 and count < most:
            order, place = order_row(books, slot), target + count * QUEUE_WORDS * WORD
            store(place, order.order_id)
            store(place + WORD, price_units)
            store(place + 2 * WORD, order.quantity_units)
            slot, count = order.next - 1, count + 1
        level = worse_level(books, level)
    return count


@kernel_function
def mixed(digest: int, word: int) -> int:
    """Carry a word into a digest."""
    turned = multiply_low(digest ^ word, MIX)
    return turned ^ shift_right(turned, 29)


@kernel_function
def side_fingerprint(books: int, book: int, side: int, digest: int) -> int:
    """Carry a side into a digest: every level from the best on, and its queue in order."""
    level = side_row(books, side_index(book, side)).best_level
    while level != NOTHING:
        row = level_row(books, level)
        digest = mixed(mixed(mixed(digest, level_price(books, level)), row.quantity_units), row.order_count)
        slot = row.first_order - 1
        while slot >= 0:
            order = order_row(books, slot)
            digest = mixed(mixed(digest, order.order_id), order.quantity_units)
            slot = order.next - 1
        level = worse_level(books, level)
    return mixed(digest, side)


@kernel_function
def book_fingerprint(books: int, book: int) -> int:
    """Digest of what a book holds: equal for books with the same levels and queues, however they came to be."""
    return add_wrap(side_fingerprint(books, book, BID, 1), side_fingerprint(books, book, ASK, 2))


@kernel_function
def copy_order(books: int, book: int, order_id: int, target: int) -> int:
    """Write side, price, quantity and what stands before an order; 1, or 0 where it is unknown."""
    slot = find_order(books, book, order_id)
    if slot < 0:
        return 0
    order = order_row(books, slot)
    store(target, BID if side_of(books, order.level) & 1 != 0 else ASK)
    store(target + WORD, level_price(books, order.level))
    store(target + 2 * WORD, order.quantity_units)
    store(target + 3 * WORD, queue_ahead(books, book, order_id))
    return 1
