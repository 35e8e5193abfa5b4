from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from atlas.journal import Durability, JournalReader, JournalWriter
from atlas.journal.format import segment_paths
from atlas.records.errors import JournalError, LeaseError
from atlas.records.kinds import Kind
from atlas.records.layout import blank
from tests.unit.journal.samples import bars, identity, orders, rows_of, write_sample


def test_what_was_appended_is_read_back(tmp_path: Path) -> None:
    rows = write_sample(tmp_path)
    reader = JournalReader(tmp_path)
    assert reader.read_rows().tobytes() == rows.tobytes()
    assert reader.tail.is_closed
    assert not reader.tail.is_torn
    assert reader.headers[0].identity == identity()


def test_each_way_of_appending_gives_the_same_records(tmp_path: Path) -> None:
    records = orders(50)
    for name in ("one", "each", "many"):
        with JournalWriter.create(tmp_path / name, identity(), buffer_rows=7) as writer:
            if name == "one":
                sequences = [writer.append(record) for record in records]
                assert sequences == list(range(0, 100, 2))
            elif name == "each":
                assert writer.append_each(records) == 0
            else:
                assert writer.append_many(records) == 0
            assert writer.next_sequence == 100
    read = [JournalReader(tmp_path / name).read_rows().tobytes() for name in ("one", "each", "many")]
    assert read == [records.tobytes()] * 3


def test_bulk_blocks_end_where_a_record_ends(tmp_path: Path) -> None:
    reports = blank(Kind.EXECUTION_REPORT, 9_001)
    with JournalWriter.create(tmp_path, identity()) as writer:
        writer.append(bars(1)[0])
        writer.append_many(reports)
    for block in JournalReader(tmp_path).blocks():
        assert block.rows["flags"][0] == 0
        assert block.rows["flags"][-1] == (1 if block.first_sequence else 0)


def test_uncommitted_rows_are_not_durable(tmp_path: Path) -> None:
    writer = JournalWriter.create(tmp_path, identity(), durability=Durability.DISK)
    sequence = writer.append(bars(1)[0])
    assert writer.durable_count == 0 <= sequence
    assert writer.commit() == 1
    assert writer.synced_count == 1
    writer.append(bars(1)[0])
    writer.abandon()
    assert JournalReader(tmp_path).tail.next_sequence == 1


def test_process_durability_does_not_wait_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = JournalWriter.create(tmp_path, identity())
    monkeypatch.setattr("atlas.journal.writer.sync_file", lambda descriptor: pytest.fail("synced"))
    writer.append_many(bars(10))
    assert writer.commit() == 10
    assert writer.synced_count == 0
    writer.abandon()


def test_segments_follow_each_other(tmp_path: Path) -> None:
    rows = write_sample(tmp_path, blocks=30, segment_bytes=2_000)
    assert len(segment_paths(tmp_path)) > 5
    reader = JournalReader(tmp_path)
    assert reader.read_rows().tobytes() == rows.tobytes()
    assert all(path.stat().st_size <= 2_000 for path in segment_paths(tmp_path))


@pytest.mark.parametrize("close", [True, False])
def test_a_journal_is_resumed_in_a_new_segment(tmp_path: Path, close: bool) -> None:
    first = write_sample(tmp_path, close=close)
    with JournalWriter.resume(tmp_path, identity(2)) as writer:
        assert writer.next_sequence == len(first)
        writer.append_many(bars(4))
    reader = JournalReader(tmp_path)
    assert reader.read_rows().tobytes() == first.tobytes() + bars(4).tobytes()
    assert [header.identity.boot_epoch for header in reader.headers] == [1, 2]


def test_a_torn_tail_is_cut_when_the_journal_is_resumed(tmp_path: Path) -> None:
    rows = write_sample(tmp_path, close=False)
    path = segment_paths(tmp_path)[0]
    os.truncate(path, path.stat().st_size - 1)
    with JournalWriter.resume(tmp_path, identity(2)) as writer:
        assert writer.next_sequence == len(rows) - 7
    assert JournalReader(tmp_path).read_rows().tobytes() == rows[:-7].tobytes()


def test_a_boot_epoch_is_never_used_again(tmp_path: Path) -> None:
    write_sample(tmp_path)
    with pytest.raises(JournalError, match="boot epoch 1 is not above 1"):
        JournalWriter.resume(tmp_path, identity(1))
    JournalWriter.resume(tmp_path, identity(2)).close()


def test_two_writers_do_not_share_a_folder(tmp_path: Path) -> None:
    with JournalWriter.create(tmp_path, identity()), pytest.raises(LeaseError, match=f"process {os.getpid()} on"):
        JournalWriter.create(tmp_path, identity())


def test_a_journal_is_not_begun_twice(tmp_path: Path) -> None:
    write_sample(tmp_path)
    with pytest.raises(JournalError, match="holds a journal already"):
        JournalWriter.create(tmp_path, identity())


@pytest.mark.parametrize("content", [b"", b"x" * 63, bytes(5 * 64), bytes(22) + b"\1" + bytes(41), bytes(128)], ids=len)
def test_what_is_not_one_record_is_refused(tmp_path: Path, content: bytes) -> None:
    with JournalWriter.create(tmp_path, identity()) as writer:
        with pytest.raises(JournalError):
            writer.append(content)
        assert writer.next_sequence == 0


def test_rows_that_begin_within_a_record_are_refused(tmp_path: Path) -> None:
    with JournalWriter.create(tmp_path, identity()) as writer, pytest.raises(JournalError, match="continues a record"):
        writer.append_many(rows_of(orders(3))[1:])


def test_a_failed_write_ends_the_writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = JournalWriter.create(tmp_path, identity())
    writer.append(bars(1)[0])

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("atlas.journal.writer.write_all", full)
    with pytest.raises(JournalError, match="No space left"):
        writer.commit()
    monkeypatch.undo()
    attempts: list[Callable[[], object]] = [
        lambda: writer.append(bars(1)[0]),
        writer.commit,
        writer.sync,
        lambda: writer.append_each(bars(2)),
    ]
    for attempt in attempts:
        with pytest.raises(JournalError, match="the writer has failed"):
            attempt()
    writer.abandon()


def test_a_closed_writer_refuses(tmp_path: Path) -> None:
    writer = JournalWriter.create(tmp_path, identity())
    writer.close()
    writer.close()
    with pytest.raises(JournalError, match="closed"):
        writer.append(bars(1)[0])
    with pytest.raises(JournalError, match="closed"):
        writer.commit()


def test_an_exception_leaves_the_journal_committed_but_not_closed(tmp_path: Path) -> None:
    def fail() -> None:
        with JournalWriter.create(tmp_path, identity()) as writer:
            writer.append(bars(1)[0])
            raise RuntimeError("elsewhere")

    with pytest.raises(RuntimeError, match="elsewhere"):
        fail()
    tail = JournalReader(tmp_path).tail
    assert (tail.next_sequence, tail.is_closed) == (1, False)


def test_texts_are_interned_once_and_learnt_again(tmp_path: Path) -> None:
    texts = ["", "AAPL", "é" * 100, "x" * 1000, "\udcff", "a\0b\0"]
    with JournalWriter.create(tmp_path, identity()) as writer:
        numbers = [writer.intern(text) for text in texts]
        assert [writer.intern(text) for text in texts] == numbers
        assert writer.intern("AAPL", category=3) not in numbers
    with JournalWriter.resume(tmp_path, identity(2)) as writer:
        assert [writer.intern(text) for text in texts] == numbers
        assert [writer.strings[number] for number in numbers] == texts
        assert writer.intern("new") == len(texts) + 2


def test_another_thread_may_sync(tmp_path: Path) -> None:
    writer = JournalWriter.create(tmp_path, identity(), segment_bytes=50_000)
    stop = threading.Event()

    def sync() -> None:
        while not stop.is_set():
            writer.sync()

    thread = threading.Thread(target=sync)
    thread.start()
    for number in range(200):
        writer.append_many(bars(20, number * 20))
        writer.commit()
    stop.set()
    thread.join()
    assert writer.sync() == 4_000
    writer.close()
    assert JournalReader(tmp_path).read_rows().tobytes() == bars(4_000).tobytes()


def test_a_segment_that_was_never_finished_is_removed(tmp_path: Path) -> None:
    write_sample(tmp_path)
    (tmp_path / "journal-000002.atlas.77.part").write_bytes(b"ATLASJRN")
    JournalWriter.resume(tmp_path, identity(2)).close()
    names = ["journal-000001.atlas", "journal-000002.atlas", "journal.lock"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_metadata_that_json_cannot_say_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="JSON"):
        JournalWriter.create(tmp_path, identity(metadata={"x": object()}))
    with pytest.raises(JournalError, match="33 bytes; 32 fit"):
        identity(code_hash=bytes(33))


KILLED = """
import sys, uuid, pathlib, numpy as np
from atlas.journal import JournalWriter
from tests.unit.journal.samples import bars, identity
writer = JournalWriter.create(pathlib.Path(sys.argv[1]), identity())
for number in range(10**9):
    writer.append_many(bars(5, number * 5))
    print(writer.commit(), flush=True)
"""


@pytest.mark.slow
def test_what_was_committed_survives_the_end_of_the_process(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(["src", "."])}
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    acknowledged = 0
    for _ in range(200):
        acknowledged = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read().split()
    process.stdout.close()
    process.wait()
    acknowledged = int(rest[-2]) if len(rest) > 1 else acknowledged
    rows = JournalReader(tmp_path).read_rows()
    assert len(rows) >= acknowledged >= 1_000
    assert np.array_equal(rows.view(np.uint8), rows_of(bars(len(rows))).view(np.uint8))


def test_a_journal_that_can_be_made_again_does_not_wait_for_the_disk(tmp_path: Path) -> None:
    writer = JournalWriter.create(tmp_path / "run", identity())
    writer.append_many(bars(3))
    writer.close(sync=False)
    assert (writer.written_count, writer.synced_count) == (3, 0)
    reader = JournalReader(tmp_path / "run")
    assert sum(len(block.rows) for block in reader.blocks()) == 3
    with pytest.raises(JournalError, match="the writer is closed"):
        writer.commit()
