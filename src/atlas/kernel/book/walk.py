"""What an incoming order takes from a book, oldest first at the best price."""

from __future__ import annotations

from atlas.kernel.book.index import ORDERS_ENTRY, find_entry, remove_entry
from atlas.kernel.book.ladder import clear_level, drop_level, side_of
from atlas.kernel.book.orders import level_price, reduce_in_place, side_index
from atlas.kernel.book.tables import NOTHING, TAKEN, level_row, order_row, side_row, taken_row
from atlas.kernel.memory.block import USED, free_row, table_capacity
from atlas.kernel.memory.compilation import kernel_function
from atlas.kernel.memory.intrinsics import load, store
from atlas.records.enums import NULL

TAKEN_ENTRY = TAKEN.entry


@kernel_function
def reaches(side: int, limit_units: int, price_units: int) -> bool:
    """Whether an incoming order of a side trades at a price; without a limit (`NULL`) it does at every one."""
    return limit_units == NULL or (price_units <= limit_units if side > 0 else price_units >= limit_units)


@kernel_function
def take(books: int, book: int, side: int, limit_units: int, quantity_units: int) -> int:
    """Take up to `quantity_units` from the other side, not beyond a limit; returns how much.

    `taken` tells from whom, and its USED word how many rows; it ends early where they are full, and the caller goes on.
    """
    index, left = side_index(book, -side), quantity_units
    store(books + TAKEN_ENTRY + USED, 0)
    while left > 0 and load(books + TAKEN_ENTRY + USED) < table_capacity(books, TAKEN_ENTRY):
        level = side_row(books, index).best_level
        if level == NOTHING or not reaches(side, limit_units, level_price(books, level)):
            break
        left -= take_level(books, level, left)
        if level_row(books, level).quantity_units == 0:
            side_row(books, index).order_count -= level_row(books, level).order_count
            clear_level(books, level)
            drop_level(books, level)
    return quantity_units - left


@kernel_function
def take_level(books: int, level: int, wanted_units: int) -> int:
    """Take up to `wanted_units` from a level, while `taken` has room; returns how much. Keeps an empty level."""
    price_units, left, room = level_price(books, level), wanted_units, table_capacity(books, TAKEN_ENTRY)
    count = load(books + TAKEN_ENTRY + USED)
    while left > 0 and count < room and level_row(books, level).quantity_units > 0:
        left -= take_first(books, level, price_units, left, count)
        count += 1
    store(books + TAKEN_ENTRY + USED, count)
    return wanted_units - left


@kernel_function
def take_first(books: int, level: int, price_units: int, wanted_units: int, count: int) -> int:
    """Take from the oldest order of a level, or from a level without orders; returns how much. Keeps an empty level."""
    row, taken = level_row(books, level), taken_row(books, count)
    slot = row.first_order - 1
    if slot < 0:
        units = min(wanted_units, row.quantity_units)
        take_unnamed(books, level, units)
        taken.order_id = NULL
        taken.price_units, taken.quantity_units, taken.left_units = price_units, units, row.quantity_units
        return units
    order = order_row(books, slot)
    units = min(wanted_units, order.quantity_units)
    taken.order_id, taken.price_units = order.order_id, price_units
    taken.quantity_units, taken.left_units = units, order.quantity_units - units
    if units < order.quantity_units:
        reduce_in_place(books, slot, units)
        return units
    take_whole(books, level, slot)
    return units


@kernel_function
def take_unnamed(books: int, level: int, quantity_units: int) -> None:
    """Take from a level whose orders nobody knows."""
    level_row(books, level).quantity_units -= quantity_units
    side_row(books, side_of(books, level)).quantity_units -= quantity_units


@kernel_function
def take_whole(books: int, level: int, slot: int) -> None:
    """Take the first order of a level away; the level stays, even without orders."""
    row, order = level_row(books, level), order_row(books, slot)
    side = side_row(books, side_of(books, level))
    row.first_order = order.next
    if order.next != 0:
        order_row(books, order.next - 1).previous = 0
    else:
        row.last_order = 0
    row.quantity_units -= order.quantity_units
    row.order_count -= 1
    side.quantity_units -= order.quantity_units
    side.order_count -= 1
    remove_entry(books, find_entry(books, order.book, order.order_id))
    free_row(books, ORDERS_ENTRY, slot)
