"""Records of a feed applied to books: snapshots, changes, sequences, and how far each book can be trusted.

A book whose source counts its events knows when one is missing: it is then in a gap, takes no more changes, and is
to be trusted again when a snapshot has replaced it.
"""

from __future__ import annotations

from atlas.kernel.book.measures import ASK, BID, best_price
from atlas.kernel.book.orders import (
    FULL,
    OK,
    add_order,
    cancel_order,
    clear_book,
    clear_side,
    delete_level,
    execute_order,
    modify_order,
    set_level,
    side_index,
)
from atlas.kernel.book.results import BookResult, SequenceRule
from atlas.kernel.book.tables import BOOKS, book_row
from atlas.kernel.memory.block import table_capacity
from atlas.kernel.memory.compilation import kernel_function, rare_function
from atlas.kernel.memory.intrinsics import ROWS, load, record_at
from atlas.records.enums import NULL, BookCondition
from atlas.records.kinds import Kind
from atlas.records.market import (
    BOOK_LEVEL_DELETE,
    BOOK_LEVEL_SET,
    BOOK_ORDER_ADD,
    BOOK_ORDER_CANCEL,
    BOOK_ORDER_EXECUTE,
    BOOK_ORDER_MODIFY,
    BOOK_SNAPSHOT_BEGIN,
    BOOK_STATE,
    QUOTE,
)

BOOKS_ENTRY, ROW_BYTES, BEGIN_SEQUENCE = BOOKS.entry, 64, 24
level_at, gone_at, quote_at = (
    record_at(BOOK_LEVEL_SET, ROWS),
    record_at(BOOK_LEVEL_DELETE, ROWS),
    record_at(QUOTE, ROWS),
)
begin_at, state_at = record_at(BOOK_SNAPSHOT_BEGIN, ROWS), record_at(BOOK_STATE, ROWS)
added_at, modified_at = record_at(BOOK_ORDER_ADD, ROWS), record_at(BOOK_ORDER_MODIFY, ROWS)
canceled_at, executed_at = record_at(BOOK_ORDER_CANCEL, ROWS), record_at(BOOK_ORDER_EXECUTE, ROWS)
KIND_QUOTE, KIND_SET, KIND_DELETE = int(Kind.QUOTE), int(Kind.BOOK_LEVEL_SET), int(Kind.BOOK_LEVEL_DELETE)
KIND_BEGIN, KIND_END, KIND_CLEAR = int(Kind.BOOK_SNAPSHOT_BEGIN), int(Kind.BOOK_SNAPSHOT_END), int(Kind.BOOK_CLEAR)
KIND_ADD, KIND_MODIFY = int(Kind.BOOK_ORDER_ADD), int(Kind.BOOK_ORDER_MODIFY)
KIND_CANCEL, KIND_EXECUTE = int(Kind.BOOK_ORDER_CANCEL), int(Kind.BOOK_ORDER_EXECUTE)
KIND_STATE, KIND_GAP = int(Kind.BOOK_STATE), int(Kind.FEED_GAP)
SYNCHRONISED, BUILDING, GAP = int(BookCondition.SYNCHRONISED), int(BookCondition.BUILDING), int(BookCondition.GAP)
ANY, CONSECUTIVE = int(SequenceRule.ANY), int(SequenceRule.CONSECUTIVE)
NOT_SYNCHRONISED, NOT_OF_A_BOOK = int(BookResult.NOT_SYNCHRONISED), int(BookResult.NOT_OF_A_BOOK)


@kernel_function
def set_touch(books: int, book: int, side: int, price_units: int, quantity_units: int) -> int:
    """Let a side hold one level, or nothing where there is no price."""
    if price_units != best_price(books, book, side):
        clear_side(books, side_index(book, side))
    if price_units == NULL or quantity_units == NULL:
        return OK
    return set_level(books, book, side, price_units, quantity_units, NULL)


@kernel_function
def apply_quote(books: int, book: int, address: int) -> int:
    """Take a best bid and offer over, or the side that was updated."""
    quote = quote_at(address)
    side, result = int(quote.side), OK
    if side >= 0:
        result = set_touch(books, book, BID, quote.bid_price_units, quote.bid_quantity_units)
    if side <= 0 and result == OK:
        result = set_touch(books, book, ASK, quote.ask_price_units, quote.ask_quantity_units)
    return result


@kernel_function
def apply_order(books: int, book: int, address: int, kind: int) -> int:
    """Apply a change of one order."""
    side = int(added_at(address).side)
    if kind == KIND_ADD:
        add = added_at(address)
        return add_order(books, book, add.book_order_id, side, add.price_units, add.quantity_units, add.priority)
    if kind == KIND_CANCEL:
        cancel = canceled_at(address)
        return cancel_order(books, book, cancel.book_order_id, cancel.quantity_units)
    if kind == KIND_EXECUTE:
        execute = executed_at(address)
        return execute_order(books, book, execute.book_order_id, execute.quantity_units)
    change = modified_at(address)
    return modify_order(
        books, book, change.book_order_id, change.new_book_order_id, change.price_units, change.quantity_units
    )


@kernel_function
def apply_level(books: int, book: int, address: int, kind: int) -> int:
    """Apply a change of one level."""
    side = int(level_at(address).side)
    if kind == KIND_DELETE:
        return delete_level(books, book, side, gone_at(address).price_units)
    level = level_at(address)
    return set_level(books, book, side, level.price_units, level.quantity_units, level.order_count)


@rare_function
def apply_condition(books: int, book: int, address: int, kind: int) -> int:
    """Apply what is said of the book as a whole; returns `NOT_OF_A_BOOK` for every other kind."""
    row = book_row(books, book)
    if kind == KIND_BEGIN:
        clear_book(books, book, 0)
        row.condition = BUILDING
    elif kind == KIND_END:
        row.condition = SYNCHRONISED
    elif kind == KIND_CLEAR:
        clear_book(books, book, int(begin_at(address).side))
    elif kind == KIND_STATE:
        row.condition = int(state_at(address).condition)
    elif kind == KIND_GAP:
        enter_gap(books, book)
    else:
        return NOT_OF_A_BOOK
    return OK


@rare_function
def enter_gap(books: int, book: int) -> None:
    """Trust a book no more until a snapshot replaces it."""
    row = book_row(books, book)
    row.condition = GAP
    row.gap_count += 1


@kernel_function
def sequence_of(address: int, kind: int) -> int:
    """Position of a book record in its source's stream."""
    if kind == KIND_DELETE:
        return gone_at(address).sequence
    if kind == KIND_CANCEL:
        return canceled_at(address).sequence
    if kind == KIND_QUOTE:
        return quote_at(address).sequence
    return added_at(address).sequence


@kernel_function
def follows(books: int, book: int, sequence: int) -> bool:
    """Whether a change is the next one; otherwise it is passed over, and the book may now be in a gap."""
    row = book_row(books, book)
    before = row.sequence
    if row.sequence_rule == ANY or sequence == NULL or before == NULL:
        row.sequence = sequence if sequence != NULL else before
        return True
    if sequence < before:
        return False
    if row.sequence_rule == CONSECUTIVE and sequence > before + 1:
        enter_gap(books, book)
        return False
    row.sequence = sequence
    return True


@kernel_function
def is_change(kind: int) -> bool:
    """Whether a record changes levels or orders."""
    return kind == KIND_SET or kind == KIND_DELETE or KIND_ADD <= kind <= KIND_EXECUTE or kind == KIND_QUOTE


@kernel_function
def apply_change(books: int, book: int, address: int, kind: int) -> int:
    """Apply a change to a book that takes it."""
    row = book_row(books, book)
    condition = row.condition
    if condition != SYNCHRONISED and condition != BUILDING:
        row.dropped_count += 1
        return NOT_SYNCHRONISED
    # The rows of a snapshot may all have the number of its last change, or those of their own.
    if condition == SYNCHRONISED and not follows(books, book, sequence_of(address, kind)):
        row.dropped_count += 1
        return NOT_SYNCHRONISED
    if kind >= KIND_ADD:
        result = apply_order(books, book, address, kind)
    elif kind == KIND_QUOTE:
        result = apply_quote(books, book, address)
    else:
        result = apply_level(books, book, address, kind)
    if result == OK:
        row.applied_count += 1
    elif result != FULL:
        row.refused_count += 1
    return result


@kernel_function
def apply_record(books: int, address: int) -> int:
    """Apply a market record to its instrument's book: what became of it, by `BookResult`."""
    record = added_at(address)
    kind, book = int(record.kind), int(record.instrument)
    if book >= table_capacity(books, BOOKS_ENTRY):
        return NOT_OF_A_BOOK
    book_row(books, book).time_ns = record.venue_time_ns
    if is_change(kind):
        return apply_change(books, book, address, kind)
    result = apply_condition(books, book, address, kind)
    if (kind == KIND_BEGIN or kind == KIND_END) and load(address + BEGIN_SEQUENCE) != NULL:
        book_row(books, book).sequence = load(address + BEGIN_SEQUENCE)
    return result


@kernel_function
def apply_records(books: int, address: int, count: int) -> int:
    """Apply rows that follow one another in memory; returns how many: fewer where there was no room for one."""
    for number in range(count):
        if apply_record(books, address + number * ROW_BYTES) == FULL:
            return number
    return count
