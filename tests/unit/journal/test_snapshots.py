from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest

from atlas.journal import JournalDamagedError, SnapshotStore
from atlas.journal.snapshots import load_snapshot
from atlas.records.errors import JournalError

SCHEMA = {"tables": {"orders": ["id", "price_units"]}, "layout_version": 1}


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 1000, 4096])
def test_a_snapshot_is_loaded_as_it_was_saved(tmp_path: Path, size: int) -> None:
    blob = np.random.default_rng(size).bytes(size)
    store = SnapshotStore(tmp_path / "snapshots")
    path = store.save(blob, 77, SCHEMA, b"\x05" * 16, 123)
    snapshot, damaged = store.load_newest()
    assert damaged == []
    assert snapshot is not None
    assert snapshot.blob.tobytes() == blob
    assert (snapshot.next_sequence, snapshot.time_ns, snapshot.schema, snapshot.path) == (77, 123, SCHEMA, path)
    assert snapshot.code_hash == b"\x05" * 16 + bytes(16)
    assert not snapshot.blob.flags.writeable


def test_the_newest_that_the_journal_reaches_is_taken(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    assert store.load_newest() == (None, [])
    for sequence in (5, 100, 20):
        store.save(str(sequence).encode(), sequence, {})
    for last, expected in ((None, 100), (100, 100), (99, 20), (5, 5)):
        snapshot, _ = store.load_newest(last)
        assert snapshot is not None
        assert snapshot.next_sequence == expected
    assert store.load_newest(4)[0] is None


def test_old_ones_are_removed(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path, keep=2)
    for sequence in range(5):
        store.save(b"x", sequence, {})
    assert [int(path.name[9:29]) for path in store.paths()] == [4, 3]


def test_every_damage_is_found_and_passed_over(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    store.save(b"old state", 1, SCHEMA)
    path = store.save(b"new state!", 2, SCHEMA)
    whole = path.read_bytes()
    variants = [whole[:cut] for cut in range(len(whole))] + [whole + b"\0"]
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1 << place % 8
        variants.append(bytes(changed))
    for content in variants:
        path.write_bytes(content)
        snapshot, damaged = store.load_newest()
        assert snapshot is not None
        assert snapshot.next_sequence == 1
        assert [error.path for error in damaged] == [path]


def test_a_snapshot_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "snapshot.atlas"
    path.write_bytes(b"ATLASSNP" + bytes(200))
    with pytest.raises(JournalDamagedError, match="header is wrong"):
        load_snapshot(path)


def test_a_failed_save_leaves_the_old_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SnapshotStore(tmp_path)
    store.save(b"old", 1, {})

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("atlas.journal.storage.write_all", fail)
    with pytest.raises(JournalError, match="No space left"):
        store.save(b"new", 2, {})
    assert [path.name for path in tmp_path.iterdir()] == ["snapshot-00000000000000000001.atlas"]


def test_what_cannot_be_stored_is_refused(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    cases: list[tuple[int, dict[str, object], bytes]] = [(-1, {}, b""), (1, {"x": object()}, b""), (1, {}, bytes(33))]
    for sequence, schema, code_hash in cases:
        with pytest.raises(JournalError):
            store.save(b"", sequence, schema, code_hash)
    with pytest.raises(JournalError, match="at least one"):
        SnapshotStore(tmp_path, keep=0)
