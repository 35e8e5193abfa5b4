"""Orders in a book: added, reduced, changed, executed; and levels that a source tells whole.

Every function says what became of it by a `BookResult`; one that is not OK has changed nothing.
"""

from __future__ import annotations

from atlas.kernel.book.index import ORDERS_ENTRY, find_entry, order_in, put_order, remove_entry
from atlas.kernel.book.ladder import clear_level, drop_level, ensure_level, find_level, side_of, tick_of
from atlas.kernel.book.results import BookResult
from atlas.kernel.book.tables import NOTHING, TICK_BIAS, TICK_LIMIT, book_row, level_row, order_row, side_row
from atlas.kernel.memory.block import allocate_row, free_row, live_rows, table_capacity
from atlas.kernel.memory.compilation import kernel_function, rare_function
from atlas.records.enums import NULL

OK, UNKNOWN_ORDER, DUPLICATE_ORDER = int(BookResult.OK), int(BookResult.UNKNOWN_ORDER), int(BookResult.DUPLICATE_ORDER)
BAD_QUANTITY, BAD_SIDE, OFF_GRID = int(BookResult.BAD_QUANTITY), int(BookResult.BAD_SIDE), int(BookResult.OFF_GRID)
FULL, EXCESS = int(BookResult.FULL), int(BookResult.EXCESS)
ALL_UNITS, MOST_UNITS = NULL, 2**63 - 1


@kernel_function
def side_index(book: int, side: int) -> int:
    """Row of a book's side: +1 bids, -1 asks."""
    return 2 * book + (1 if side > 0 else 0)


@kernel_function
def tick_at(books: int, book: int, price_units: int) -> int:
    """Biased tick of a price; -1 where the price is off the book's grid or beyond it."""
    row = book_row(books, book)
    # Below 2**50 the product is within 1 of the quotient, so the remainder says which of three it is: no division.
    estimate = float(price_units) * row.ticks_a_unit
    if not -TICK_LIMIT < estimate < TICK_LIMIT:
        return NOTHING
    tick = int(estimate)
    rest = price_units - tick * row.tick_units
    if rest == 0:
        return tick + TICK_BIAS
    if rest == row.tick_units:
        return tick + 1 + TICK_BIAS
    return tick - 1 + TICK_BIAS if rest == -row.tick_units else NOTHING


@kernel_function
def price_at(books: int, book: int, tick: int) -> int:
    """Price of a biased tick."""
    return (tick - TICK_BIAS) * book_row(books, book).tick_units


@kernel_function
def level_price(books: int, level: int) -> int:
    """Price that a level stands at."""
    return price_at(books, side_of(books, level) >> 1, tick_of(books, level))


# --- orders ----------------------------------------------------------------------------------------------------------


@kernel_function
def add_order(
    books: int, book: int, order_id: int, side: int, price_units: int, quantity_units: int, priority: int
) -> int:
    """Add an order at the end of its level's queue."""
    if quantity_units <= 0 or quantity_units > MOST_UNITS - side_row(books, side_index(book, side)).quantity_units:
        return BAD_QUANTITY
    if side != 1 and side != -1:
        return BAD_SIDE
    tick = tick_at(books, book, price_units)
    if tick == NOTHING:
        return OFF_GRID
    place = find_entry(books, book, order_id)
    if place >= 0:
        return DUPLICATE_ORDER
    if live_rows(books, ORDERS_ENTRY) >= table_capacity(books, ORDERS_ENTRY):
        return FULL
    level = ensure_level(books, side_index(book, side), tick)
    if level == NOTHING:
        return FULL
    slot = allocate_row(books, ORDERS_ENTRY)
    order = order_row(books, slot)
    order.order_id, order.book, order.quantity_units, order.priority = order_id, book, quantity_units, priority
    join_queue(books, slot, level)
    put_order(books, -1 - place, book, order_id, slot)
    return OK


@kernel_function
def join_queue(books: int, slot: int, level: int) -> None:
    """Put an order at the end of a level's queue."""
    order, queue = order_row(books, slot), level_row(books, level)
    side = side_row(books, side_of(books, level))
    order.level, order.previous, order.next = level, queue.last_order, 0
    if queue.last_order != 0:
        order_row(books, queue.last_order - 1).next = slot + 1
    else:
        queue.first_order = slot + 1
    queue.last_order = slot + 1
    queue.quantity_units += order.quantity_units
    queue.order_count += 1
    side.quantity_units += order.quantity_units
    side.order_count += 1


@kernel_function
def leave_queue(books: int, slot: int) -> None:
    """Take an order out of its level's queue; a level that is left empty goes."""
    order = order_row(books, slot)
    level = order.level
    queue = level_row(books, level)
    side = side_row(books, side_of(books, level))
    if order.previous != 0:
        order_row(books, order.previous - 1).next = order.next
    else:
        queue.first_order = order.next
    if order.next != 0:
        order_row(books, order.next - 1).previous = order.previous
    else:
        queue.last_order = order.previous
    queue.quantity_units -= order.quantity_units
    queue.order_count -= 1
    side.quantity_units -= order.quantity_units
    side.order_count -= 1
    if queue.quantity_units == 0:
        clear_level(books, level)
        drop_level(books, level)


@kernel_function
def reduce_in_place(books: int, slot: int, quantity_units: int) -> None:
    """Take less than all of an order away; it keeps its place."""
    order = order_row(books, slot)
    order.quantity_units -= quantity_units
    level_row(books, order.level).quantity_units -= quantity_units
    side_row(books, side_of(books, order.level)).quantity_units -= quantity_units


@kernel_function
def remove_at(books: int, place: int, slot: int) -> None:
    """Remove an order whose place in the index is known."""
    leave_queue(books, slot)
    remove_entry(books, place)
    free_row(books, ORDERS_ENTRY, slot)


@kernel_function
def cancel_order(books: int, book: int, order_id: int, quantity_units: int) -> int:
    """Take `quantity_units` of an order away, `NULL` or all there is: the order."""
    place = find_entry(books, book, order_id)
    if place < 0:
        return UNKNOWN_ORDER
    slot = order_in(books, place)
    left = order_row(books, slot).quantity_units
    if quantity_units == ALL_UNITS or quantity_units == left:
        remove_at(books, place, slot)
        return OK
    if quantity_units <= 0:
        return BAD_QUANTITY
    if quantity_units > left:
        return EXCESS
    reduce_in_place(books, slot, quantity_units)
    return OK


@kernel_function
def execute_order(books: int, book: int, order_id: int, quantity_units: int) -> int:
    """Take what was executed of an order away."""
    if quantity_units == ALL_UNITS:
        return BAD_QUANTITY
    return cancel_order(books, book, order_id, quantity_units)


@kernel_function
def modify_order(books: int, book: int, order_id: int, new_id: int, price_units: int, quantity_units: int) -> int:
    """Give an order another price, quantity or id; it keeps its place only where the price stays and it shrinks.

    `NULL` leaves price or id as they are.
    """
    place = find_entry(books, book, order_id)
    if place < 0:
        return UNKNOWN_ORDER
    slot = order_in(books, place)
    order = order_row(books, slot)
    level, before = order.level, order.quantity_units
    side = side_of(books, level)
    tick = tick_of(books, level) if price_units == NULL else tick_at(books, book, price_units)
    if quantity_units <= 0 or quantity_units - before > MOST_UNITS - side_row(books, side).quantity_units:
        return BAD_QUANTITY
    if tick == NOTHING:
        return OFF_GRID
    renamed = new_id != NULL and new_id != order_id
    if renamed and find_entry(books, book, new_id) >= 0:
        return DUPLICATE_ORDER
    if tick == tick_of(books, level) and quantity_units <= before:
        if quantity_units < before:
            reduce_in_place(books, slot, before - quantity_units)
    elif not move_order(books, slot, side, tick, quantity_units):
        return FULL
    if renamed:
        rename_order(books, place, slot, new_id)
    return OK


@kernel_function
def move_order(books: int, slot: int, side: int, tick: int, quantity_units: int) -> bool:
    """Put an order at the end of another level's queue, or of its own; false where there is no room for the level."""
    level = ensure_level(books, side, tick)
    if level == NOTHING:
        return False
    order = order_row(books, slot)
    if order.level == level and level_row(books, level).order_count == 1:
        change = quantity_units - order.quantity_units
        order.quantity_units = quantity_units
        level_row(books, level).quantity_units += change
        side_row(books, side).quantity_units += change
        return True
    leave_queue(books, slot)
    order.quantity_units = quantity_units
    join_queue(books, slot, level)
    return True


@rare_function
def rename_order(books: int, place: int, slot: int, new_id: int) -> None:
    """Give an order the id that its source now knows it by."""
    order = order_row(books, slot)
    remove_entry(books, place)
    order.order_id = new_id
    put_order(books, -1 - find_entry(books, order.book, new_id), order.book, new_id, slot)


# --- levels that a source tells whole --------------------------------------------------------------------------------


@kernel_function
def set_level(books: int, book: int, side: int, price_units: int, quantity_units: int, order_count: int) -> int:
    """Set what a level holds; a quantity of 0 removes it."""
    if quantity_units == 0:
        return delete_level(books, book, side, price_units)
    if side != 1 and side != -1:
        return BAD_SIDE
    index, tick = side_index(book, side), tick_at(books, book, price_units)
    if tick == NOTHING:
        return OFF_GRID
    known = find_level(books, index, tick)
    before = level_row(books, known).quantity_units if known != NOTHING else 0
    if quantity_units < 0 or quantity_units - before > MOST_UNITS - side_row(books, index).quantity_units:
        return BAD_QUANTITY
    level = known if known != NOTHING else ensure_level(books, index, tick)
    if level == NOTHING:
        return FULL
    row, owner = level_row(books, level), side_row(books, index)
    count = 0 if order_count == NULL else order_count
    owner.quantity_units += quantity_units - before
    owner.order_count += count - row.order_count
    row.quantity_units, row.order_count = quantity_units, count
    return OK


@kernel_function
def delete_level(books: int, book: int, side: int, price_units: int) -> int:
    """Remove a level, and the orders in it; one that isn't there is no error: sources repeat themselves."""
    if side != 1 and side != -1:
        return BAD_SIDE
    tick = tick_at(books, book, price_units)
    if tick == NOTHING:
        return OFF_GRID
    level = find_level(books, side_index(book, side), tick)
    if level != NOTHING:
        empty_level(books, level)
    return OK


@kernel_function
def empty_level(books: int, level: int) -> None:
    """Remove all that stands in a level, and the level."""
    row, owner = level_row(books, level), side_row(books, side_of(books, level))
    slot = row.first_order - 1
    while slot >= 0:
        order = order_row(books, slot)
        follower = order.next - 1
        remove_entry(books, find_entry(books, order.book, order.order_id))
        free_row(books, ORDERS_ENTRY, slot)
        slot = follower
    owner.quantity_units -= row.quantity_units
    owner.order_count -= row.order_count
    clear_level(books, level)
    drop_level(books, level)


@rare_function
def clear_side(books: int, index: int) -> None:
    """Remove every level of a side."""
    while side_row(books, index).best_level != NOTHING:
        empty_level(books, side_row(books, index).best_level)


@rare_function
def clear_book(books: int, book: int, side: int) -> None:
    """Remove every level of the side +1 or -1, or of both: 0."""
    if side <= 0:
        clear_side(books, 2 * book)
    if side >= 0:
        clear_side(books, 2 * book + 1)
