"""Orders by their id: open addressing over entries of a 32-bit tag and the order's row.

The tag holds the place where the search begins, so that moving entries after a removal reads no order; an order is read
only where its tag agrees, and its id and book decide. At most half of the entries are used.
"""

from __future__ import annotations

from atlas.kernel.book.tables import NOTHING, ORDER_INDEX, ORDERS, entry_address, order_row
from atlas.kernel.memory.block import table_capacity
from atlas.kernel.memory.compilation import kernel_function
from atlas.kernel.memory.intrinsics import load, multiply_low, shift_left, shift_right, store

INDEX_ENTRY, ORDERS_ENTRY = ORDER_INDEX.entry, ORDERS.entry
BOOK_SPREAD, LINE_SPREAD = 0x2545F4914F6CDD1D, -7046029254386353131
ROW_MASK, TAG_SHIFT = 0xFFFFFFFF, 32
LINE_BITS, IN_LINE, HASH_SHIFT = 3, 7, 35


@kernel_function
def tag_of(book: int, order_id: int) -> int:
    """Hash of an order's identity, 32 bits.

    Eight ids that follow one another share a line of the cache, and lines are scattered: were all neighbours, thousands
    of them would be one run without an empty entry, and a removal would go through it.
    """
    line = multiply_low(shift_right(order_id, LINE_BITS) ^ multiply_low(book, BOOK_SPREAD), LINE_SPREAD)
    return (shift_right(line, HASH_SHIFT) << LINE_BITS) | (order_id & IN_LINE)


@kernel_function
def find_entry(books: int, book: int, order_id: int) -> int:
    """Place of an order in the index; where it is unknown, -1 minus the empty place that is its own (`put_order`)."""
    mask, tag = table_capacity(books, INDEX_ENTRY) - 1, tag_of(book, order_id)
    place = tag & mask
    entry = load(entry_address(books, place))
    while entry != 0:
        if shift_right(entry, TAG_SHIFT) == tag:
            order = order_row(books, (entry & ROW_MASK) - 1)
            if order.order_id == order_id and order.book == book:
                return place
        place = (place + 1) & mask
        entry = load(entry_address(books, place))
    return -1 - place


@kernel_function
def order_in(books: int, place: int) -> int:
    """Row of the order at a place of the index that is taken."""
    return (load(entry_address(books, place)) & ROW_MASK) - 1


@kernel_function
def find_order(books: int, book: int, order_id: int) -> int:
    """Row of an order; -1 where it is unknown."""
    place = find_entry(books, book, order_id)
    return order_in(books, place) if place >= 0 else NOTHING


@kernel_function
def put_order(books: int, place: int, book: int, order_id: int, slot: int) -> None:
    """Enter an order at the empty place that `find_entry` found for it; twice as many entries as orders leave one."""
    store(entry_address(books, place), shift_left(tag_of(book, order_id), TAG_SHIFT) | (slot + 1))


@kernel_function
def remove_entry(books: int, place: int) -> None:
    """Take an entry out and move those after it back, so that every search still ends at the first empty one."""
    mask = table_capacity(books, INDEX_ENTRY) - 1
    hole, place = place, (place + 1) & mask
    entry = load(entry_address(books, place))
    while entry != 0:
        home = shift_right(entry, TAG_SHIFT) & mask
        if (place - home) & mask >= (place - hole) & mask:
            store(entry_address(books, hole), entry)
            hole = place
        place = (place + 1) & mask
        entry = load(entry_address(books, place))
    store(entry_address(books, hole), 0)
