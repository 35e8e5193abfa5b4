"""Levels of a side by tick: found, made, removed, and walked from the best to the worst."""

from __future__ import annotations

from atlas.kernel.book.tables import (
    CHILDREN,
    FANOUT,
    NODES,
    NOTHING,
    PAGES,
    level_row,
    node_address,
    node_row,
    page_row,
    side_row,
)
from atlas.kernel.memory.block import allocate_row, free_row, live_rows, table_capacity
from atlas.kernel.memory.compilation import kernel_function, rare_function
from atlas.kernel.memory.intrinsics import add_wrap, leading_zeros, load, shift_left, store, trailing_zeros

NODES_ENTRY, PAGES_ENTRY = NODES.entry, PAGES.entry
BITS, PLACE_MASK, WORD_BITS = 6, FANOUT - 1, 64
# A biased tick has 60 bits, of which the last six are its place in a page.
MOST_HEIGHT = 9
ROOM_FOR_A_PAGE = 2 * MOST_HEIGHT


@kernel_function
def bit(place: int) -> int:
    """Return the word with one bit set."""
    return shift_left(1, place)


@kernel_function
def below(place: int) -> int:
    """Return the word with all bits under `place` set."""
    return add_wrap(shift_left(1, place), -1)


@kernel_function
def above(place: int) -> int:
    """Return the word with all bits over `place` set."""
    return shift_left(-2, place)


@kernel_function
def highest(word: int) -> int:
    """Place of the highest bit of a word that is not 0."""
    return WORD_BITS - 1 - leading_zeros(word)


@kernel_function
def child_of(books: int, node: int, place: int) -> int:
    """Node or page at a branch that is there."""
    return load(node_address(books, node) + CHILDREN + place * 8)


@kernel_function
def set_child(books: int, node: int, place: int, child: int) -> None:
    """Put a node or page on a branch."""
    row = node_row(books, node)
    row.bitmap = row.bitmap | bit(place)
    store(node_address(books, node) + CHILDREN + place * 8, child)


@kernel_function
def find_page(books: int, side: int, number: int) -> int:
    """Page of a side by its number; -1 where it isn't there."""
    row = side_row(books, side)
    height = row.height
    if row.root == NOTHING or number >> (BITS * height) != row.prefix:
        return NOTHING
    found = row.root
    while height > 0:
        height -= 1
        place = (number >> (BITS * height)) & PLACE_MASK
        if node_row(books, found).bitmap & bit(place) == 0:
            return NOTHING
        found = child_of(books, found, place)
    return found


@kernel_function
def set_parent(books: int, child: int, parent: int, is_page: bool) -> None:
    """Say which node a page or a node hangs on."""
    if is_page:
        page_row(books, child).parent = parent
    else:
        node_row(books, child).parent = parent


@kernel_function
def raise_root(books: int, side: int) -> None:
    """Put a new root above the old one, so that 64 times as many ticks have a place."""
    row = side_row(books, side)
    node, place = allocate_row(books, NODES_ENTRY), row.prefix & PLACE_MASK
    node_row(books, node).parent = NOTHING
    set_child(books, node, place, row.root)
    set_parent(books, row.root, node, row.height == 0)
    if row.height > 0:
        node_row(books, row.root).place = place
    row.root, row.height, row.prefix = node, row.height + 1, row.prefix >> BITS


@rare_function
def make_page(books: int, side: int, number: int) -> int:
    """Make a page that isn't there; -1, and nothing has changed, where there is no room for it."""
    if live_rows(books, PAGES_ENTRY) >= table_capacity(books, PAGES_ENTRY):
        return NOTHING
    if live_rows(books, NODES_ENTRY) + ROOM_FOR_A_PAGE > table_capacity(books, NODES_ENTRY):
        return NOTHING
    row, page = side_row(books, side), allocate_row(books, PAGES_ENTRY)
    leaf = page_row(books, page)
    leaf.number, leaf.side, leaf.parent = number, side, NOTHING
    if row.root == NOTHING:
        row.root, row.height, row.prefix = page, 0, number
        return page
    while number >> (BITS * row.height) != row.prefix:
        raise_root(books, side)
    hang_page(books, side, page, number)
    return page


@kernel_function
def hang_page(books: int, side: int, page: int, number: int) -> None:
    """Hang a page into the tree, with the nodes above it that are missing."""
    row = side_row(books, side)
    node, height = row.root, row.height - 1
    while height > 0:
        place = (number >> (BITS * height)) & PLACE_MASK
        if node_row(books, node).bitmap & bit(place) != 0:
            node = child_of(books, node, place)
        else:
            made = allocate_row(books, NODES_ENTRY)
            fresh = node_row(books, made)
            fresh.parent, fresh.place = node, place
            set_child(books, node, place, made)
            node = made
        height -= 1
    set_child(books, node, number & PLACE_MASK, page)
    page_row(books, page).parent = node


@rare_function
def remove_page(books: int, side: int, page: int) -> None:
    """Take an empty page out of the tree, with the nodes that nothing hangs on any more."""
    leaf = page_row(books, page)
    node, place = leaf.parent, leaf.number & PLACE_MASK
    free_row(books, PAGES_ENTRY, page)
    while node != NOTHING:
        branch = node_row(books, node)
        branch.bitmap = branch.bitmap & ~bit(place)
        if branch.bitmap != 0:
            return
        parent, place = branch.parent, branch.place
        free_row(books, NODES_ENTRY, node)
        node = parent
    row = side_row(books, side)
    row.root, row.height = NOTHING, 0


@kernel_function
def find_level(books: int, side: int, tick: int) -> int:
    """Level of a side at a tick; -1 where there is none."""
    page = find_page(books, side, tick >> BITS)
    if page == NOTHING or page_row(books, page).bitmap & bit(tick & PLACE_MASK) == 0:
        return NOTHING
    return page * FANOUT + (tick & PLACE_MASK)


@kernel_function
def ensure_level(books: int, side: int, tick: int) -> int:
    """Level of a side at a tick, made where there was none; -1 where there is no room for it."""
    page = find_page(books, side, tick >> BITS)
    if page == NOTHING:
        page = make_page(books, side, tick >> BITS)
        if page == NOTHING:
            return NOTHING
    leaf, place = page_row(books, page), tick & PLACE_MASK
    level = page * FANOUT + place
    if leaf.bitmap & bit(place) == 0:
        leaf.bitmap = leaf.bitmap | bit(place)
        row = side_row(books, side)
        row.level_count += 1
        better = tick > row.best_tick if side & 1 != 0 else tick < row.best_tick
        if row.best_level == NOTHING or better:
            row.best_level, row.best_tick = level, tick
    return level


@kernel_function
def drop_level(books: int, level: int) -> None:
    """Remove a level that holds nothing any more."""
    page, place = level >> BITS, level & PLACE_MASK
    leaf = page_row(books, page)
    side = leaf.side
    row = side_row(books, side)
    row.level_count -= 1
    if row.best_level == level:
        follower = worse_level(books, level)
        row.best_level = follower
        if follower != NOTHING:
            row.best_tick = tick_of(books, follower)
    leaf.bitmap = leaf.bitmap & ~bit(place)
    if leaf.bitmap == 0:
        remove_page(books, side, page)


@kernel_function
def side_of(books: int, level: int) -> int:
    """Row of the side that a level is of."""
    return page_row(books, level >> BITS).side


@kernel_function
def tick_of(books: int, level: int) -> int:
    """Tick that a level stands at."""
    return page_row(books, level >> BITS).number * FANOUT + (level & PLACE_MASK)


@kernel_function
def worse_level(books: int, level: int) -> int:
    """Level after `level` from the market outward; -1 after the last."""
    leaf, place = page_row(books, level >> BITS), level & PLACE_MASK
    left = leaf.bitmap & (below(place) if leaf.side & 1 != 0 else above(place))
    if left != 0:
        return level - place + (highest(left) if leaf.side & 1 != 0 else trailing_zeros(left))
    return worse_page_level(books, level >> BITS)


@kernel_function
def worse_page_level(books: int, page: int) -> int:
    """Best level of the page after `page`; -1 after the last."""
    leaf = page_row(books, page)
    node, place, is_bid, height = leaf.parent, leaf.number & PLACE_MASK, leaf.side & 1 != 0, 1
    while node != NOTHING:
        branch = node_row(books, node)
        left = branch.bitmap & (below(place) if is_bid else above(place))
        if left != 0:
            found = child_of(books, node, highest(left) if is_bid else trailing_zeros(left))
            return best_below(books, found, height - 1, is_bid)
        place, node = branch.place, branch.parent
        height += 1
    return NOTHING


@kernel_function
def best_below(books: int, found: int, height: int, is_bid: bool) -> int:
    """Best level under a node `height` above the pages, or of a page at height 0."""
    while height > 0:
        bitmap = node_row(books, found).bitmap
        found = child_of(books, found, highest(bitmap) if is_bid else trailing_zeros(bitmap))
        height -= 1
    bitmap = page_row(books, found).bitmap
    return found * FANOUT + (highest(bitmap) if is_bid else trailing_zeros(bitmap))


@kernel_function
def clear_level(books: int, level: int) -> None:
    """Forget what a level held; its place in the tree is dropped by the caller."""
    row = level_row(books, level)
    row.quantity_units, row.order_count, row.first_order, row.last_order = 0, 0, 0, 0
