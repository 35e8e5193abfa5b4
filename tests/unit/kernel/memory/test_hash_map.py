"""The hash map behaves as a dictionary, whatever is put in and taken out."""

from __future__ import annotations

import random

import numpy as np
import pytest

from atlas.kernel.memory.block import Block, Layout, Table
from atlas.kernel.memory.hash_map import home_slot, map_capacity, map_clear, map_count, map_get, map_put, map_remove

MAP = Table("map", np.dtype([("key", "i8"), ("value", "i8")]))
LAYOUT = Layout("test", 1, (MAP,))


def new_map(capacity: int) -> Block:
    return Block(LAYOUT, {"map": capacity})


@pytest.mark.parametrize(
    ("keys", "rows"), [(0, 2), (1, 2), (2, 4), (3, 8), (4, 8), (5, 16), (1000, 2048), (1024, 2048)]
)
def test_capacity_is_the_least_power_of_two_at_half_load(keys: int, rows: int) -> None:
    assert map_capacity(keys) == rows


@pytest.mark.parametrize("capacity", [2, 8, 64])
@pytest.mark.parametrize("seed", range(4))
def test_random_operations_equal_a_dictionary(capacity: int, seed: int) -> None:
    pick, block, twin = random.Random(seed), new_map(capacity), dict[int, int]()
    keys = [pick.choice((1, -1)) * pick.getrandbits(pick.choice((4, 63))) or 5 for _ in range(capacity)]
    for _ in range(400):
        key, value = pick.choice(keys), pick.randint(-5, 2**62)
        if pick.random() < 0.55:
            fits = key in twin or len(twin) < capacity // 2
            assert map_put(block.address, MAP.entry, key, value) == fits
            if fits:
                twin[key] = value
        else:
            assert map_remove(block.address, MAP.entry, key) == (twin.pop(key, None) is not None)
        assert map_count(block.address, MAP.entry) == len(twin)
        assert {key: map_get(block.address, MAP.entry, key) for key in keys} == {k: twin.get(k, -1) for k in keys}


def test_rows_left_are_the_keys_left() -> None:
    block = new_map(16)
    for key in range(1, 9):
        assert map_put(block.address, MAP.entry, key, key * 10) == 1
    assert map_put(block.address, MAP.entry, 9, 90) == 0
    assert map_put(block.address, MAP.entry, 8, 81) == 1
    for key in range(1, 8):
        assert map_remove(block.address, MAP.entry, key) == 1
    rows = block.rows("map")
    assert rows[rows["key"] != 0].tolist() == [(8, 81)]
    assert (rows["value"][rows["key"] == 0] == 0).all()


def test_colliding_keys_move_back_across_the_end() -> None:
    mask = 15
    last = [key for key in range(1, 2000) if home_slot(key, mask) == mask][:4]
    block = new_map(16)
    for key in last:
        assert map_put(block.address, MAP.entry, key, key) == 1
    assert map_remove(block.address, MAP.entry, last[0]) == 1
    assert [map_get(block.address, MAP.entry, key) for key in last] == [-1, *last[1:]]
    assert block.rows("map")["key"].tolist()[:3] == [last[2], last[3], 0]


def test_key_zero_is_no_key() -> None:
    block = new_map(8)
    assert map_put(block.address, MAP.entry, 0, 1) == 0
    assert map_get(block.address, MAP.entry, 0) == -1
    assert map_remove(block.address, MAP.entry, 0) == 0


def test_clear_empties() -> None:
    block = new_map(8)
    assert map_put(block.address, MAP.entry, 7, 1) == 1
    map_clear(block.address, MAP.entry)
    assert (map_get(block.address, MAP.entry, 7), map_count(block.address, MAP.entry)) == (-1, 0)


def test_other_capacities_are_refused() -> None:
    with pytest.raises(ValueError, match="power of two"):
        map_put(new_map(12).address, MAP.entry, 1, 1)
