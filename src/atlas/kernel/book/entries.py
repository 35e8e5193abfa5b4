"""What Python may call of order books: one call a change, a batch of records, a walk, a measure.

Prices and quantities come as floats and become units here, exactly or not at all.
"""

from __future__ import annotations

import math

from atlas.kernel.book import measures, orders, walk
from atlas.kernel.book.feed import apply_records
from atlas.kernel.book.results import BookResult
from atlas.kernel.memory.compilation import entry_point, kernel_function
from atlas.kernel.memory.exact import to_units
from atlas.records.enums import NULL

BAD_QUANTITY, OFF_GRID = int(BookResult.BAD_QUANTITY), int(BookResult.OFF_GRID)
OK, BAD_SIDE = int(BookResult.OK), int(BookResult.BAD_SIDE)


@kernel_function
def units_of(value: float, scale: float) -> tuple[int, bool]:
    """Units of a value, `NULL` of NaN, which stands for nothing said."""
    return (NULL, True) if math.isnan(value) else to_units(value, scale)


@kernel_function
def order_units(price: float, quantity: float, scale: float, lots: float) -> tuple[int, int, int]:
    """Units of price and quantity, and OK or the `BookResult` that says which of them has none."""
    price_units, is_price = units_of(price, scale)
    quantity_units, is_quantity = units_of(quantity, lots)
    return price_units, quantity_units, OK if is_price and is_quantity else BAD_QUANTITY if is_price else OFF_GRID


@entry_point("i8(i8, i8, i8, i8, f8, f8, f8, f8)")
def add_order(
    books: int, book: int, order_id: int, side: int, price: float, quantity: float, scale: float, lots: float
) -> int:
    """Add an order; `scale` and `lots` are units to 1.0 of price and quantity."""
    price_units, quantity_units, result = order_units(price, quantity, scale, lots)
    if result != OK:
        return result
    if price_units == NULL:
        return OFF_GRID
    return orders.add_order(books, book, order_id, side, price_units, quantity_units, NULL)


@entry_point("i8(i8, i8, i8, f8, f8)")
def cancel_order(books: int, book: int, order_id: int, quantity: float, lots: float) -> int:
    """Cancel an order, or a part of it; NaN is all of it."""
    units, is_quantity = units_of(quantity, lots)
    return orders.cancel_order(books, book, order_id, units) if is_quantity else BAD_QUANTITY


@entry_point("i8(i8, i8, i8, f8, f8)")
def execute_order(books: int, book: int, order_id: int, quantity: float, lots: float) -> int:
    """Execute an order, or a part of it."""
    units, is_quantity = units_of(quantity, lots)
    return orders.execute_order(books, book, order_id, units) if is_quantity else BAD_QUANTITY


@entry_point("i8(i8, i8, i8, i8, f8, f8, f8, f8)")
def modify_order(
    books: int, book: int, order_id: int, new_id: int, price: float, quantity: float, scale: float, lots: float
) -> int:
    """Change an order; NaN leaves the price as it is, `NULL` the id."""
    price_units, quantity_units, result = order_units(price, quantity, scale, lots)
    if result != OK:
        return result
    return orders.modify_order(books, book, order_id, new_id, price_units, quantity_units)


@entry_point("i8(i8, i8, i8, f8, f8, i8, f8, f8)")
def set_level(
    books: int, book: int, side: int, price: float, quantity: float, order_count: int, scale: float, lots: float
) -> int:
    """Set what a level holds; 0 removes it."""
    price_units, quantity_units, result = order_units(price, quantity, scale, lots)
    if result != OK:
        return result
    if price_units == NULL:
        return OFF_GRID
    return orders.set_level(books, book, side, price_units, quantity_units, order_count)


@entry_point("i8(i8, i8, i8, f8, f8, f8, f8)")
def take(books: int, book: int, side: int, limit: float, quantity: float, scale: float, lots: float) -> int:
    """Walk the other side; returns units taken, or minus a `BookResult`. NaN is no limit."""
    if side != 1 and side != -1:
        return -BAD_SIDE
    limit_units, quantity_units, result = order_units(limit, quantity, scale, lots)
    if result != OK:
        return -result
    if quantity_units <= 0:
        return -BAD_QUANTITY
    return walk.take(books, book, side, limit_units, quantity_units)


@entry_point("i8(i8, i8, i8)")
def clear_book(books: int, book: int, side: int) -> int:
    """Remove every level of a side, or of both: 0."""
    orders.clear_book(books, book, side)
    return 0


@entry_point("i8(i8, i8, i8)")
def apply(books: int, address: int, count: int) -> int:
    """Apply `count` rows at an address; returns how many: fewer where there was no room for one."""
    return apply_records(books, address, count)


@entry_point("i8(i8, i8, i8, i8, i8)")
def copy_depth(books: int, book: int, side: int, levels: int, target: int) -> int:
    """Write the best levels of a side to an address; returns how many."""
    return measures.copy_depth(books, book, side, levels, target)


@entry_point("i8(i8, i8, i8, i8, i8)")
def copy_orders(books: int, book: int, side: int, most: int, target: int) -> int:
    """Write the orders of a side to an address; returns how many."""
    return measures.copy_orders(books, book, side, most, target)


@entry_point("i8(i8, i8, i8)")
def best_price(books: int, book: int, side: int) -> int:
    """Best price of a side, in units; `NULL` where it is empty."""
    return measures.best_price(books, book, side)


@entry_point("i8(i8, i8, i8)")
def best_quantity(books: int, book: int, side: int) -> int:
    """Quantity at the best price of a side, in units."""
    return measures.best_quantity(books, book, side)


@entry_point("i8(i8, i8)")
def crossing(books: int, book: int) -> int:
    """`BookCondition` CROSSED or LOCKED, else 0."""
    return measures.crossing(books, book)


@entry_point("i8(i8, i8, i8, i8)")
def copy_order(books: int, book: int, order_id: int, target: int) -> int:
    """Write side, price, quantity and what stands before an order to an address; 1, or 0 where it is unknown."""
    return measures.copy_order(books, book, order_id, target)


@entry_point("i8(i8, i8)")
def book_fingerprint(books: int, book: int) -> int:
    """Digest of a book's levels and queues."""
    return measures.book_fingerprint(books, book)


@entry_point("f8(i8, i8)")
def microprice(books: int, book: int) -> float:
    """Touch weighted by the other side's quantity, in units."""
    return measures.microprice(books, book)


@entry_point("f8(i8, i8, i8)")
def imbalance(books: int, book: int, levels: int) -> float:
    """Imbalance of the best levels, -1 to 1."""
    return measures.imbalance(books, book, levels)


@entry_point("f8(i8, i8, i8)")
def weighted_mid(books: int, book: int, levels: int) -> float:
    """Middle of the average prices of the best levels, in units."""
    return measures.weighted_mid(books, book, levels)
