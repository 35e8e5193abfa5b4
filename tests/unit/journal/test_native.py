from __future__ import annotations

from pathlib import Path

import numpy as np

from atlas.journal import JournalReader, JournalWriter
from atlas.journal.native import APPEND_BUFFER, FULL, append_entry, own_hash, seal_entry
from atlas.kernel.memory.compilation import EntryPoint
from tests.unit.journal.samples import bars, identity, orders


def test_compiled_code_appends_by_address_until_the_buffer_is_full(tmp_path: Path) -> None:
    records = orders(3)
    address, size = records.ctypes.data, records.dtype.itemsize
    with JournalWriter.create(tmp_path, identity(), buffer_rows=5) as writer:
        sequences = [append_entry(writer.buffer_address, address + number * size, 2) for number in range(3)]
        assert sequences == [0, 2, FULL]
        assert writer.next_sequence == 4
        writer.commit()
        assert append_entry(writer.buffer_address, address + 2 * size, 2) == 4
    assert JournalReader(tmp_path).read_rows().tobytes() == records.tobytes()


def test_a_closed_or_failed_writer_takes_nothing_from_compiled_code(tmp_path: Path) -> None:
    records = bars(1)
    writer = JournalWriter.create(tmp_path, identity())
    writer.close()
    assert append_entry(writer.buffer_address, records.ctypes.data, 1) == FULL


def test_the_buffer_s_control_is_one_row() -> None:
    assert APPEND_BUFFER.itemsize == 64


def test_object_code_is_keyed_by_this_room_s_source() -> None:
    names = [point.name for point in EntryPoint.registry.values() if point.name.startswith("atlas.journal")]
    assert len(names) == 5
    assert all(name.endswith(own_hash()) for name in names)


def test_a_sealed_block_depends_on_all_it_states() -> None:
    payload, header = bars(2), np.zeros(64, np.uint8)
    arguments = [0, 2, 0, 0, 0]
    found = set()
    for place in range(6):
        changed = [value + (number == place) for number, value in enumerate(arguments)]
        changed[1] = min(changed[1], 2) - (place == 1)
        found.add(seal_entry(header.ctypes.data, payload.ctypes.data, *changed))
    assert len(found) == 6
