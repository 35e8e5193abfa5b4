"""The tables of a block of books.

A book's side is a tree over ticks with 64 branches a node, of which only what is in use exists; its leaves are pages of
64 levels. So any price has a place, however far from the market, and a level is found in as many steps as the prices of
the side are wide: one for 4,096 ticks, two for 262,144. A level's row is its page's number × 64 + its place in it.
"""

from __future__ import annotations

from typing import Final

from atlas.kernel.memory.block import Layout, Table, address_accessor, floats, record, row_accessor, words

BOOKS_VERSION: Final = 1
FANOUT: Final = 64
NOTHING: Final = -1
TICK_BIAS: Final = 32 * (64**10 - 1) // 63
"""Added to ticks: all are above zero then, and tick 0, around which spreads trade, lies in the middle of every node."""
TICK_LIMIT: Final = float(2**50)

# Ticks are kept with `TICK_BIAS` added. A book has the number of its instrument.
BOOKS = Table(
    "books",
    record(
        words("tick_units", "condition", "sequence_rule", "sequence", "time_ns"),
        words("applied_count", "dropped_count", "refused_count", "gap_count"),
        floats("ticks_a_unit"),
    ),
)
# Asks of book n are row 2n, its bids row 2n + 1. `prefix` is what the numbers of all its pages have in common, above
# the bits that `height` levels of nodes tell apart.
SIDES = Table(
    "sides",
    record(
        words("root", "height", "prefix", "best_level", "best_tick"),
        words("level_count", "order_count", "quantity_units"),
    ),
    transient=frozenset({"root", "height", "prefix", "best_level"}),
)
# Branches by bit; `place` is the node's own in its parent.
NODES = Table(
    "nodes",
    record(words("occupancy", "bitmap", "parent", "place"), words(*(f"child_{n}" for n in range(FANOUT)))),
    pool=True,
)
# `number` is the tick of the page's first level, divided by 64.
PAGES = Table("pages", record(words("occupancy", "bitmap", "parent", "number", "side")), pool=True)
# Rows of orders are kept as row + 1, so that an empty level is all zeros.
LEVELS = Table("levels", record(words("quantity_units", "order_count", "first_order", "last_order")), logical=False)
ORDERS = Table(
    "orders",
    record(words("occupancy", "order_id", "book", "level", "quantity_units", "previous", "next", "priority")),
    pool=True,
    key=("book", "order_id"),
    transient=frozenset({"occupancy", "level", "previous", "next"}),
)
# Open addressing: 32 bits of a hash above, the order's row + 1 below.
ORDER_INDEX = Table("order_index", record(words("entry")), saved=False)
# What the last walk took, oldest first.
TAKEN = Table("taken", record(words("order_id", "price_units", "quantity_units", "left_units")), saved=False)

ORDER_BOOKS = Layout("order_books", BOOKS_VERSION, (BOOKS, SIDES, NODES, PAGES, LEVELS, ORDERS, ORDER_INDEX, TAKEN))

book_row, side_row = row_accessor(BOOKS), row_accessor(SIDES)
node_row, page_row = row_accessor(NODES), row_accessor(PAGES)
level_row, order_row, taken_row = row_accessor(LEVELS), row_accessor(ORDERS), row_accessor(TAKEN)
node_address, entry_address = address_accessor(NODES), address_accessor(ORDER_INDEX)
CHILDREN: Final = NODES.dtype.fields["child_0"][1]  # type: ignore[index]
