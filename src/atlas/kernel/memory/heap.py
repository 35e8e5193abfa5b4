"""Binary heaps in tables whose rows begin with the words (due_ns, sequence): the earliest row comes out first.

Rows are ordered by due time, then by sequence. The table's USED word counts them; rows beyond it are zero. A row has
any number of words; `heap_push` fills those of six, which is what timers have.
"""

from __future__ import annotations

from atlas.kernel.memory.block import CAPACITY, ROW_BYTES, USED
from atlas.kernel.memory.compilation import kernel_function
from atlas.kernel.memory.intrinsics import clear_bytes, copy_bytes, load, load_fixed, store

SEQUENCE, WORD_2, WORD_3, WORD_4, WORD_5 = 8, 16, 24, 32, 40
NEVER = 2**63 - 1


@kernel_function
def is_earlier(a: int, b: int) -> bool:
    """Whether the row at address `a` comes out before the one at `b`."""
    due_a, due_b = load(a), load(b)
    return due_a < due_b or (due_a == due_b and load(a + SEQUENCE) < load(b + SEQUENCE))


@kernel_function
def hole_up(base: int, size: int, hole: int, due_ns: int, sequence: int) -> int:
    """Move later parents down into the hole; returns where a row (due_ns, sequence) belongs."""
    while hole > 0:
        parent = (hole - 1) >> 1
        above = base + parent * size
        due = load(above)
        if due < due_ns or (due == due_ns and load(above + SEQUENCE) <= sequence):
            break
        copy_bytes(base + hole * size, above, size)
        hole = parent
    return hole


@kernel_function
def hole_down(base: int, size: int, count: int, hole: int, row: int) -> int:
    """Move earlier children up into the hole; returns where the row at address `row` belongs."""
    child = 2 * hole + 1
    while child < count:
        if child + 1 < count and is_earlier(base + (child + 1) * size, base + child * size):
            child += 1
        if not is_earlier(base + child * size, row):
            break
        copy_bytes(base + hole * size, base + child * size, size)
        hole = child
        child = 2 * hole + 1
    return hole


@kernel_function
def open_row(world: int, entry: int, due_ns: int, sequence: int) -> int:
    """Make room for a row (due_ns, sequence): its address, or 0 where the heap is full."""
    count = load(world + entry + USED)
    if count >= load_fixed(world + entry + CAPACITY):
        return 0
    store(world + entry + USED, count + 1)
    base, size = world + load_fixed(world + entry), load_fixed(world + entry + ROW_BYTES)
    return base + hole_up(base, size, count, due_ns, sequence) * size


@kernel_function
def heap_push(world: int, entry: int, due_ns: int, sequence: int, w2: int, w3: int, w4: int, w5: int) -> int:
    """Add a row of six words to the heap at directory offset `entry`: 1, or 0 where it is full."""
    address = open_row(world, entry, due_ns, sequence)
    if address == 0:
        return 0
    store(address, due_ns)
    store(address + SEQUENCE, sequence)
    store(address + WORD_2, w2)
    store(address + WORD_3, w3)
    store(address + WORD_4, w4)
    store(address + WORD_5, w5)
    return 1


@kernel_function
def heap_push_row(world: int, entry: int, source: int) -> int:
    """Add a copy of the row at address `source`, which lies outside the heap: 1, or 0 where it is full."""
    address = open_row(world, entry, load(source), load(source + SEQUENCE))
    if address == 0:
        return 0
    copy_bytes(address, source, load_fixed(world + entry + ROW_BYTES))
    return 1


@kernel_function
def heap_count(world: int, entry: int) -> int:
    """Rows in the heap."""
    return load(world + entry + USED)


@kernel_function
def heap_peek_due(world: int, entry: int) -> int:
    """Due time of the earliest row; the largest int64 where the heap is empty."""
    return load(world + load_fixed(world + entry)) if load(world + entry + USED) > 0 else NEVER


@kernel_function
def remove_at(world: int, entry: int, index: int) -> int:
    """Remove the row `index`, which must be below the count; returns the lowest index whose row changed."""
    base, size = world + load_fixed(world + entry), load_fixed(world + entry + ROW_BYTES)
    count = load(world + entry + USED) - 1
    store(world + entry + USED, count)
    last = base + count * size
    place = index
    if index < count:
        place = hole_up(base, size, index, load(last), load(last + SEQUENCE))
        if place == index:
            hole = hole_down(base, size, count, index, last)
            copy_bytes(base + hole * size, last, size)
        else:
            copy_bytes(base + place * size, last, size)
    clear_bytes(last, size)
    return place


@kernel_function
def heap_pop(world: int, entry: int, target: int) -> int:
    """Take the earliest row out and copy it to address `target`: 1, or 0 where the heap is empty."""
    if load(world + entry + USED) == 0:
        return 0
    copy_bytes(target, world + load_fixed(world + entry), load_fixed(world + entry + ROW_BYTES))
    remove_at(world, entry, 0)
    return 1


@kernel_function
def heap_remove_matching(world: int, entry: int, strategy: int, timer_id: int) -> int:
    """Remove every row whose words 2 and 3 are `strategy` and `timer_id`; returns how many there were."""
    size = load_fixed(world + entry + ROW_BYTES)
    removed = index = 0
    while index < load(world + entry + USED):
        address = world + load_fixed(world + entry) + index * size
        if load(address + WORD_2) == strategy and load(address + WORD_3) == timer_id:
            # The row that fills the gap may have risen above `index`: go on from there.
            index = min(index, remove_at(world, entry, index))
            removed += 1
        else:
            index += 1
    return removed
