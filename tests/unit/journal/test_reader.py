from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atlas.journal import Durability, JournalDamagedError, JournalFollower, JournalReader, JournalWriter, repair_tail
from atlas.journal.format import BLOCK_HEADER, segment_paths
from atlas.journal.reader import Block
from atlas.records.errors import JournalError, LeaseError
from tests.reference.journal_reader import read_segment
from tests.unit.journal.samples import bars, identity, orders, rows_of, write_sample

BLOCK_BYTES = 64 + 7 * 64
HEADER_BYTES = 192 + 64


def change(path: Path, offset: int, mask: int = 0xFF) -> None:
    content = bytearray(path.read_bytes())
    content[offset] ^= mask
    path.write_bytes(content)


def sample(folder: Path, **options: Any) -> tuple[Path, np.ndarray[Any, Any]]:
    rows = write_sample(folder, **options)
    return segment_paths(folder)[0], rows


def test_the_slow_reader_sees_the_same(tmp_path: Path) -> None:
    path, rows = sample(tmp_path)
    header, slow_rows, end = read_segment(path)
    assert b"".join(slow_rows) == rows.tobytes()
    assert end == path.stat().st_size
    assert header["run_id"] == identity().run_id.hex
    assert header["metadata"] == identity().metadata


def test_rows_are_views_that_cannot_be_changed(tmp_path: Path) -> None:
    sample(tmp_path)
    block = next(JournalReader(tmp_path).blocks())
    assert block.rows.base is not None
    with pytest.raises(ValueError, match="read-only"):
        block.rows["instrument"] = 3


@pytest.mark.parametrize("start", [0, 3, 7, 8, 20, 41, 42, 100])
def test_reading_starts_where_it_is_told(tmp_path: Path, start: int) -> None:
    rows = write_sample(tmp_path, segment_bytes=2_000)
    reader = JournalReader(tmp_path)
    assert reader.read_rows(start).tobytes() == rows[start:].tobytes()
    assert reader.tail.next_sequence == len(rows)


@pytest.mark.parametrize("cut", [1, 63, 64, 65, 200, BLOCK_BYTES - 1])
def test_an_incomplete_last_block_is_a_torn_tail(tmp_path: Path, cut: int) -> None:
    path, rows = sample(tmp_path, close=False)
    os.truncate(path, path.stat().st_size - cut)
    reader = JournalReader(tmp_path)
    assert reader.read_rows().tobytes() == rows[:-7].tobytes()
    assert reader.tail.offset == HEADER_BYTES + 5 * BLOCK_BYTES
    assert reader.tail.cut_bytes == BLOCK_BYTES - cut
    assert reader.tail.next_sequence == len(rows) - 7
    assert "torn tail" in str(reader.tail)


@pytest.mark.parametrize("offset", [0, 9, 17, 41, 50, 60, 64, 300, BLOCK_BYTES - 1])
def test_a_bad_last_block_is_a_torn_tail(tmp_path: Path, offset: int) -> None:
    path, rows = sample(tmp_path, close=False)
    change(path, HEADER_BYTES + 5 * BLOCK_BYTES + offset)
    reader = JournalReader(tmp_path)
    assert reader.read_rows().tobytes() == rows[:-7].tobytes()
    assert reader.tail.cut_bytes == BLOCK_BYTES


def test_zeros_behind_the_last_block_are_a_torn_tail(tmp_path: Path) -> None:
    path, rows = sample(tmp_path)
    with path.open("ab") as file:
        file.write(bytes(4096 + 3))
    tail = JournalReader(tmp_path).tail
    assert (tail.next_sequence, tail.cut_bytes, tail.is_closed) == (len(rows), 4099, False)


@pytest.mark.parametrize("offset", [0, 9, 17, 41, 50, 60, 64, 300, BLOCK_BYTES - 1])
def test_a_bad_block_in_the_middle_is_damage(tmp_path: Path, offset: int) -> None:
    path, rows = sample(tmp_path, close=False)
    change(path, HEADER_BYTES + 2 * BLOCK_BYTES + offset)
    read: list[Block] = []
    with pytest.raises(JournalDamagedError) as caught:
        read.extend(JournalReader(tmp_path).blocks())
    error = caught.value
    assert (error.path, error.offset, error.last_good_sequence) == (path, HEADER_BYTES + 2 * BLOCK_BYTES, 13)
    assert f"byte {error.offset}" in str(error)
    assert "the last good record is 13" in str(error)
    assert len(rows) == 42


def test_a_missing_block_is_damage(tmp_path: Path) -> None:
    path, _ = sample(tmp_path)
    content = path.read_bytes()
    begin = HEADER_BYTES + BLOCK_BYTES
    path.write_bytes(content[:begin] + content[begin + BLOCK_BYTES :])
    with pytest.raises(JournalDamagedError, match="a block from record 14 follows record 6"):
        JournalReader(tmp_path).verify()


def test_a_block_of_another_journal_is_damage(tmp_path: Path) -> None:
    path, _ = sample(tmp_path / "a")
    write_sample(tmp_path / "b")
    other = segment_paths(tmp_path / "b")[0].read_bytes()
    JournalWriter.create(tmp_path / "c", identity(seed=43)).close()
    header = segment_paths(tmp_path / "c")[0].read_bytes()[:HEADER_BYTES]
    path.write_bytes(header + other[HEADER_BYTES:])
    with pytest.raises(JournalDamagedError, match="doesn't chain"):
        JournalReader(tmp_path / "a").verify()


@pytest.mark.parametrize("number", [0, 3])
def test_a_cut_segment_that_others_follow_is_damage(tmp_path: Path, number: int) -> None:
    write_sample(tmp_path, blocks=20, segment_bytes=2_000)
    path = segment_paths(tmp_path)[number]
    for cut in (5, BLOCK_BYTES):
        os.truncate(path, path.stat().st_size - cut)
        with pytest.raises(JournalDamagedError):
            JournalReader(tmp_path).verify()


def test_a_missing_segment_is_named(tmp_path: Path) -> None:
    write_sample(tmp_path, blocks=20, segment_bytes=2_000)
    segment_paths(tmp_path)[2].unlink()
    with pytest.raises(JournalError, match=r"journal-000003\.atlas is missing"):
        JournalReader(tmp_path)


@pytest.mark.parametrize("content", [b"", b"ATLAS", b"x" * 500, b"ATLASJRN" + b"\xff" * 500])
def test_what_is_no_journal_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal-000001.atlas"
    path.write_bytes(content)
    for place in (path, tmp_path):
        with pytest.raises(JournalDamagedError):
            JournalReader(place)


def test_absent_journals_are_refused(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="holds no journal"):
        JournalReader(tmp_path)
    with pytest.raises(JournalError, match="can't be read"):
        JournalReader(tmp_path / "journal-000001.atlas")


def test_another_format_version_is_refused(tmp_path: Path) -> None:
    path, _ = sample(tmp_path)
    change(path, 8, 2)
    with pytest.raises(JournalDamagedError, match="format version 3 is not 1"):
        JournalReader(tmp_path)


def test_repair_cuts_a_torn_tail_and_nothing_else(tmp_path: Path) -> None:
    path, rows = sample(tmp_path, close=False)
    size = path.stat().st_size
    assert not repair_tail(tmp_path).is_torn
    assert path.stat().st_size == size
    os.truncate(path, size - 5)
    assert repair_tail(tmp_path).cut_bytes == BLOCK_BYTES - 5
    assert path.stat().st_size == size - BLOCK_BYTES
    assert JournalReader(tmp_path).tail.next_sequence == len(rows) - 7
    change(path, HEADER_BYTES + 70)
    with pytest.raises(JournalDamagedError):
        repair_tail(tmp_path)
    assert path.stat().st_size == size - BLOCK_BYTES


def test_a_journal_that_is_being_written_is_not_repaired(tmp_path: Path) -> None:
    with JournalWriter.create(tmp_path, identity()), pytest.raises(LeaseError):
        repair_tail(tmp_path)


def synced_counts(path: Path) -> list[int]:
    content, offset, counts = path.read_bytes(), HEADER_BYTES, []
    while offset < len(content):
        fields = BLOCK_HEADER.unpack(content[offset : offset + 64])
        counts.append(fields[4])
        offset += 64 + fields[3]
    return counts


def test_unsynced_blocks_of_one_group_are_torn_together(tmp_path: Path) -> None:
    writer = JournalWriter.create(tmp_path, identity(), durability=Durability.DISK, buffer_rows=4)
    writer.append_many(rows_of(bars(3)))
    writer.commit()
    for number in range(3):
        writer.append_many(bars(4, number))
        writer._write_buffer()
    writer.abandon()
    path = segment_paths(tmp_path)[0]
    assert synced_counts(path) == [0, 3, 3, 3]
    change(path, HEADER_BYTES + 64 * 4 + 70)
    tail = JournalReader(tmp_path).tail
    assert (tail.next_sequence, tail.cut_bytes) == (3, 3 * 64 * 5)


def test_synced_blocks_are_never_torn(tmp_path: Path) -> None:
    write_sample(tmp_path, durability=Durability.DISK, close=False)
    path = segment_paths(tmp_path)[0]
    change(path, HEADER_BYTES + 2 * BLOCK_BYTES + 70)
    with pytest.raises(JournalDamagedError):
        JournalReader(tmp_path).verify()


def test_a_follower_sees_each_commit_once(tmp_path: Path) -> None:
    writer = JournalWriter.create(tmp_path, identity(), segment_bytes=3_000)
    follower = JournalFollower(tmp_path)
    assert follower.poll() == []
    seen = []
    for number in range(30):
        writer.append_many(bars(5, number * 5))
        assert follower.poll() == []
        writer.commit()
        seen += follower.poll()
    writer.close()
    assert follower.poll() == []
    assert follower.is_closed
    assert np.concatenate([block.rows for block in seen]).tobytes() == bars(150).tobytes()
    assert follower.next_sequence == 150
    late = JournalFollower(tmp_path, start_sequence=42).poll()
    assert np.concatenate([block.rows for block in late]).tobytes() == bars(108, 42).tobytes()


def test_a_follower_waits_for_an_incomplete_block(tmp_path: Path) -> None:
    path, rows = sample(tmp_path, close=False)
    content = path.read_bytes()
    path.write_bytes(content[:-10])
    follower = JournalFollower(tmp_path)
    assert sum(len(block.rows) for block in follower.poll()) == len(rows) - 7
    path.write_bytes(content)
    assert sum(len(block.rows) for block in follower.poll()) == 7


def test_a_follower_goes_on_after_a_crash(tmp_path: Path) -> None:
    path, rows = sample(tmp_path, close=False)
    with path.open("ab") as file:
        file.write(b"ATLASBLK torn")
    follower = JournalFollower(tmp_path)
    assert sum(len(block.rows) for block in follower.poll()) == len(rows)
    with JournalWriter.resume(tmp_path, identity(2)) as writer:
        writer.append_many(orders(1))
        writer.commit()
        assert follower.poll()[0].rows.tobytes() == orders(1).tobytes()


def test_a_follower_raises_on_damage(tmp_path: Path) -> None:
    write_sample(tmp_path, blocks=20, segment_bytes=2_000)
    change(segment_paths(tmp_path)[1], HEADER_BYTES + 100)
    with pytest.raises(JournalDamagedError):
        JournalFollower(tmp_path).poll()


# --- large blocks out of small ones ----------------------------------------------------------------------------------


def outcome(folder: Path, start: int, gathered: bool) -> tuple[bytes, str]:
    """Rows that are read, and the tail or the error behind them."""
    read: list[bytes] = []
    try:
        reader = JournalReader(folder)
        for block in reader.gathered_blocks(start) if gathered else reader.blocks(start):
            assert block.first_sequence == start + sum(map(len, read)) // 64 or start == 0
            read.append(block.rows.tobytes())
        return b"".join(read), repr(reader.tail)
    except JournalError as error:
        return b"".join(read), str(error)


def live_sample(folder: Path, singles: int = 30, **options: Any) -> np.ndarray[Any, Any]:
    """Write a journal as live trading does: blocks of one row, now and then one of several; a large one at the end."""
    writer = JournalWriter.create(folder, identity(), **options)
    parts = []
    for number in range(singles):
        for records in (bars(1, number), *([orders(1, number)] if number % 11 == 10 else [])):
            writer.append_many(records)
            writer.commit()
            parts.append(rows_of(records))
    writer.close()
    return np.concatenate(parts)


@pytest.mark.parametrize("start", [0, 1, 5, 8, 10, 13, 25, 36, 37])
@pytest.mark.parametrize("segment_bytes", [2_000, 2**20])
def test_small_blocks_are_handed_out_as_large_ones(tmp_path: Path, start: int, segment_bytes: int) -> None:
    rows = live_sample(tmp_path, segment_bytes=segment_bytes)
    start += int(rows["flags"][start : start + 1].sum() & 1)
    rows_read, tail = outcome(tmp_path, start, gathered=True)
    assert rows_read == rows[start:].tobytes()
    assert (rows_read, tail) == outcome(tmp_path, start, gathered=False)
    if segment_bytes == 2**20 and start < 20:
        assert len(list(JournalReader(tmp_path).gathered_blocks(start))) <= 2


def test_gathered_rows_cannot_be_changed(tmp_path: Path) -> None:
    live_sample(tmp_path)
    block = next(JournalReader(tmp_path).gathered_blocks())
    with pytest.raises(ValueError, match="read-only"):
        block.rows["instrument"] = 3


def test_more_blocks_than_fit_and_larger_ones_keep_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("atlas.journal.reader.GATHERED_ROWS", 16)
    writer = JournalWriter.create(tmp_path, identity())
    parts: list[np.ndarray[Any, Any]] = []
    for count in (1, 1, 3, 16, 1, 17, *[1] * 40, 20, 15, 1, 1, 16):
        parts.append(rows_of(bars(count, len(parts))))
        writer.append_many(parts[-1])
        writer.commit()
    writer.close()
    assert outcome(tmp_path, 0, gathered=True) == outcome(tmp_path, 0, gathered=False)
    assert outcome(tmp_path, 0, gathered=True)[0] == np.concatenate(parts).tobytes()
    assert max(len(block.rows) for block in JournalReader(tmp_path).gathered_blocks()) == 20


@pytest.mark.parametrize("place", [1, 7, 8, 14, 15, 29])
def test_damage_among_small_blocks_is_found_where_it_is(tmp_path: Path, place: int) -> None:
    live_sample(tmp_path)
    (path,) = segment_paths(tmp_path)
    whole = path.read_bytes()
    offset = [block.offset for block in JournalReader(tmp_path).blocks()][place]
    for byte in (*range(0, 64, 5), 64, 86, 100, 127):
        content = bytearray(whole)
        content[offset + byte] ^= 0x41
        path.write_bytes(content)
        read, error = outcome(tmp_path, 0, gathered=True)
        assert f"byte {offset}" in error, byte
        assert (read, error) == outcome(tmp_path, 0, gathered=False), byte
