"""Hash maps of words in a table whose rows are (key, value): open addressing, linear probing.

Key 0 marks an empty slot, so it is no key. The capacity is a power of two (`map_capacity`), and at most half of it is
used: searches stay short and always end. The table's USED word counts the keys. A removal moves later keys back, so no
graves pile up. The order of rows carries no meaning; such tables are rebuilt, not saved.
"""

from __future__ import annotations

from atlas.kernel.memory.block import CAPACITY, USED
from atlas.kernel.memory.compilation import kernel_function
from atlas.kernel.memory.intrinsics import clear_bytes, load, multiply_low, shift_right, store

SLOT_BYTES = 16
VALUE = 8
SPREAD = -7046029254386353131  # 2**64 divided by the golden ratio, odd, as a signed word


def map_capacity(keys: int) -> int:
    """Rows that a table needs to hold up to `keys` keys: a power of two, at least 2."""
    return max(2, 1 << (2 * max(keys, 1) - 1).bit_length())


@kernel_function
def home_slot(key: int, mask: int) -> int:
    """Slot where the search for a key begins."""
    spread = multiply_low(key, SPREAD)
    return (spread ^ shift_right(spread, 32)) & mask


@kernel_function
def find_slot(base: int, mask: int, key: int) -> int:
    """Address of the slot that holds `key`, or of the empty one where it would go."""
    slot = home_slot(key, mask)
    address = base + slot * SLOT_BYTES
    found = load(address)
    while found != key and found != 0:
        slot = (slot + 1) & mask
        address = base + slot * SLOT_BYTES
        found = load(address)
    return address


@kernel_function
def map_get(world: int, entry: int, key: int) -> int:
    """Value of `key` in the map at directory offset `entry`; -1 where it is absent."""
    address = find_slot(world + load(world + entry), load(world + entry + CAPACITY) - 1, key)
    return load(address + VALUE) if load(address) != 0 else -1


@kernel_function
def map_put(world: int, entry: int, key: int, value: int) -> int:
    """Set the value of `key`: 1, or 0 where the map is half full, or the key is 0.

    Raises
    ------
    ValueError
        The table's capacity is no power of two.
    """
    capacity = load(world + entry + CAPACITY)
    if capacity & (capacity - 1) != 0:
        raise ValueError("the capacity of a hash map must be a power of two")
    if key == 0:
        return 0
    address = find_slot(world + load(world + entry), capacity - 1, key)
    if load(address) == 0:
        used = load(world + entry + USED)
        if used >= capacity >> 1:
            return 0
        store(world + entry + USED, used + 1)
        store(address, key)
    store(address + VALUE, value)
    return 1


@kernel_function
def map_remove(world: int, entry: int, key: int) -> int:
    """Remove `key`: 1, or 0 where it was absent."""
    base, mask = world + load(world + entry), load(world + entry + CAPACITY) - 1
    address = find_slot(base, mask, key)
    if key == 0 or load(address) == 0:
        return 0
    hole = (address - base) // SLOT_BYTES
    slot = (hole + 1) & mask
    moved = load(base + slot * SLOT_BYTES)
    while moved != 0:
        # A key may move back into the hole unless its search begins after it.
        if (slot - home_slot(moved, mask)) & mask >= (slot - hole) & mask:
            store(base + hole * SLOT_BYTES, moved)
            store(base + hole * SLOT_BYTES + VALUE, load(base + slot * SLOT_BYTES + VALUE))
            hole = slot
        slot = (slot + 1) & mask
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
    clear_bytes(world + load(world + entry), load(world + entry + CAPACITY) * SLOT_BYTES)
    store(world + entry + USED, 0)
