"""Hash maps of words in a table whose rows are (key, value): open addressing, linear probing, Robin Hood order.

Key 0 marks an empty slot, so it is no key. The capacity is a power of two (`map_capacity`), and at most half of it is
used: searches stay short and always end. The table's USED word counts the keys. Keys stand in the order of the slots
where their searches begin, so that a search for an absent key ends early; a removal moves later keys back, so no graves
pile up. The order of rows carries no meaning; such tables are rebuilt, not saved.
"""

from __future__ import annotations

from atlas.kernel.memory.block import CAPACITY, USED
from atlas.kernel.memory.compilation import kernel_function
from atlas.kernel.memory.intrinsics import clear_bytes, load, load_fixed, shift_right, store

SLOT_BYTES = 16
VALUE = 8


def map_capacity(keys: int) -> int:
    """Rows that a table needs to hold up to `keys` keys: a power of two, at least 2."""
    return max(2, 1 << (2 * max(keys, 1) - 1).bit_length())


@kernel_function
def home_slot(key: int, mask: int) -> int:
    """Slot where the search for a key begins: neighbours for keys that follow one another, so that they share lines."""
    return (key ^ shift_right(key, 15) ^ shift_right(key, 36)) & mask


@kernel_function
def find_slot(base: int, mask: int, key: int) -> int:
    """Slot that holds `key`; -1 where it is absent."""
    slot, distance = home_slot(key, mask), 0
    found = load(base + slot * SLOT_BYTES)
    while found != key:
        # Keys stand in the order of their homes: one nearer to its own home than we are to ours ends the search.
        if found == 0 or (slot - home_slot(found, mask)) & mask < distance:
            return -1
        slot, distance = (slot + 1) & mask, distance + 1
        found = load(base + slot * SLOT_BYTES)
    return slot


@kernel_function
def insert_key(base: int, mask: int, key: int, value: int) -> None:
    """Put an absent key in: it takes the place of the first key that is nearer to its home, which moves on in turn."""
    slot, distance = home_slot(key, mask), 0
    found = load(base + slot * SLOT_BYTES)
    while found != 0:
        other = (slot - home_slot(found, mask)) & mask
        if other < distance:
            kept = load(base + slot * SLOT_BYTES + VALUE)
            store(base + slot * SLOT_BYTES, key)
            store(base + slot * SLOT_BYTES + VALUE, value)
            key, value, distance = found, kept, other
        slot, distance = (slot + 1) & mask, distance + 1
        found = load(base + slot * SLOT_BYTES)
    store(base + slot * SLOT_BYTES, key)
    store(base + slot * SLOT_BYTES + VALUE, value)


@kernel_function
def map_get(world: int, entry: int, key: int) -> int:
    """Value of `key` in the map at directory offset `entry`; -1 where it is absent."""
    if key == 0:
        return -1
    base = world + load_fixed(world + entry)
    slot = find_slot(base, load_fixed(world + entry + CAPACITY) - 1, key)
    return load(base + slot * SLOT_BYTES + VALUE) if slot >= 0 else -1


@kernel_function
def map_put(world: int, entry: int, key: int, value: int) -> int:
    """Set the value of `key`: 1, or 0 where the map is half full, or the key is 0.

    Raises
    ------
    ValueError
        The table's capacity is no power of two.
    """
    capacity = load_fixed(world + entry + CAPACITY)
    if capacity & (capacity - 1) != 0:
        raise ValueError("the capacity of a hash map must be a power of two")
    if key == 0:
        return 0
    base = world + load_fixed(world + entry)
    slot = find_slot(base, capacity - 1, key)
    if slot >= 0:
        store(base + slot * SLOT_BYTES + VALUE, value)
        return 1
    used = load(world + entry + USED)
    if used >= capacity >> 1:
        return 0
    store(world + entry + USED, used + 1)
    insert_key(base, capacity - 1, key, value)
    return 1


@kernel_function
def map_remove(world: int, entry: int, key: int) -> int:
    """Remove `key`: 1, or 0 where it was absent."""
    base, mask = world + load_fixed(world + entry), load_fixed(world + entry + CAPACITY) - 1
    hole = find_slot(base, mask, key) if key != 0 else -1
    if hole < 0:
        return 0
    slot = (hole + 1) & mask
    moved = load(base + slot * SLOT_BYTES)
    while moved != 0 and home_slot(moved, mask) != slot:
        store(base + hole * SLOT_BYTES, moved)
        store(base + hole * SLOT_BYTES + VALUE, load(base + slot * SLOT_BYTES + VALUE))
        hole, slot = slot, (slot + 1) & mask
        moved = load(base + slot * SLOT_BYTES)
    clear_bytes(base + hole * SLOT_BYTES, SLOT_BYTES)
    store(world + entry + USED, load(world + entry + USED) - 1)
    return 1


@kernel_function
def map_count(world: int, entry: int) -> int:
    """Keys in the map."""
    return load(world + entry + USED)


@kernel_function
def map_clear(world: int, entry: int) -> None:
    """Remove every key."""
    clear_bytes(world + load_fixed(world + entry), load_fixed(world + entry + CAPACITY) * SLOT_BYTES)
    store(world + entry + USED, 0)
