"""Whatever happens to a journal's bytes: a true prefix with a report, or an error that says where."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.journal import Durability, JournalDamagedError, JournalReader, JournalWriter
from atlas.journal.format import segment_paths
from atlas.records.errors import JournalError
from tests.unit.journal.samples import bars, identity, orders, write_sample


@lru_cache(maxsize=4)
def pristine(durability: Durability) -> tuple[tuple[bytes, ...], bytes]:
    """Segments and rows of a journal of several segments."""
    with tempfile.TemporaryDirectory() as folder:
        rows = write_sample(Path(folder), blocks=9, segment_bytes=2_000, durability=durability)
        return tuple(path.read_bytes() for path in segment_paths(Path(folder))), rows.tobytes()


def judge(contents: list[bytes], rows: bytes, folder: Path) -> str:
    """Read damaged segments; every outcome must be honest."""
    for number, content in enumerate(contents, 1):
        (folder / f"journal-{number:06d}.atlas").write_bytes(content)
    read: list[bytes] = []
    failure: JournalError | None = None
    try:
        reader = JournalReader(folder)
        for block in reader.blocks():
            read.append(block.rows.tobytes())
    except JournalError as error:
        failure = error
    check_gathered(folder, b"".join(read), failure)
    if isinstance(failure, JournalDamagedError):
        assert 0 <= failure.offset <= len((folder / failure.path.name).read_bytes())
        assert failure.last_good_sequence * 64 < len(rows) or not rows
        return "damaged"
    assert failure is None
    got = b"".join(read)
    assert rows.startswith(got)
    assert reader.tail.next_sequence * 64 == len(got)
    if reader.tail.is_torn:
        assert reader.tail.reason
        return "torn"
    if got != rows:
        assert not reader.tail.is_closed
        return "not closed"
    return "whole"


def check_gathered(folder: Path, rows: bytes, failure: JournalError | None) -> None:
    """Read the same in large blocks: the same rows, then the same failure or tail."""
    read: list[bytes] = []
    found = ""
    try:
        reader, whole = JournalReader(folder), JournalReader(folder)
        for block in reader.gathered_blocks():
            read.append(block.rows.tobytes())
        deque(whole.blocks(), maxlen=0)
        assert reader.tail == whole.tail
    except JournalError as error:
        found = str(error)
    assert found == str(failure or "")
    assert b"".join(read) == rows


Damage = Callable[[list[bytes], np.random.Generator], None]


def flip(contents: list[bytes], random: np.random.Generator) -> None:
    number = int(random.integers(len(contents)))
    changed = bytearray(contents[number])
    for _ in range(int(random.integers(1, 4))):
        changed[int(random.integers(len(changed)))] ^= 1 << int(random.integers(8))
    contents[number] = bytes(changed)


def cut(contents: list[bytes], random: np.random.Generator) -> None:
    number = int(random.integers(len(contents)))
    contents[number] = contents[number][: int(random.integers(len(contents[number]) + 1))]


def zero(contents: list[bytes], random: np.random.Generator) -> None:
    number = int(random.integers(len(contents)))
    begin = int(random.integers(len(contents[number])))
    end = min(len(contents[number]), begin + int(random.integers(1, 600)))
    contents[number] = contents[number][:begin] + bytes(end - begin) + contents[number][end:]


def insert(contents: list[bytes], random: np.random.Generator) -> None:
    number = int(random.integers(len(contents)))
    place = int(random.integers(len(contents[number]) + 1))
    contents[number] = contents[number][:place] + random.bytes(int(random.integers(1, 200))) + contents[number][place:]


def repeat(contents: list[bytes], random: np.random.Generator) -> None:
    number = int(random.integers(len(contents)))
    begin, end = sorted(int(value) * 64 for value in random.integers(len(contents[number]) // 64 + 1, size=2))
    contents[number] = contents[number][:end] + contents[number][begin:]


def exchange(contents: list[bytes], random: np.random.Generator) -> None:
    a, b = (int(value) for value in random.integers(len(contents), size=2))
    contents[a], contents[b] = contents[b], contents[a]


@pytest.mark.parametrize("durability", list(Durability))
@pytest.mark.parametrize("damage", [flip, cut, zero, insert, repeat, exchange])
def test_no_damage_gives_wrong_records(damage: Damage, durability: Durability, tmp_path: Path) -> None:
    contents, rows = pristine(durability)
    random = np.random.default_rng(len(damage.__name__) + durability)
    outcomes = set()
    for _ in range(300):
        damaged = list(contents)
        damage(damaged, random)
        outcome = judge(damaged, rows, tmp_path)
        assert outcome != "whole" or damaged == list(contents) or damage is zero
        outcomes.add(outcome)
    assert "damaged" in outcomes


@given(st.binary(max_size=2_000))
@settings(max_examples=200, deadline=None)
def test_no_bytes_crash_the_reader(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert judge([content], b"", Path(folder)) == "damaged"


@given(st.binary(max_size=2_000))
@settings(max_examples=200, deadline=None)
def test_what_follows_a_good_journal_is_cut(content: bytes) -> None:
    contents, rows = pristine(Durability.PROCESS)
    with tempfile.TemporaryDirectory() as folder:
        outcome = judge([*contents[:-1], contents[-1] + content], rows, Path(folder))
        assert outcome == ("torn" if content else "whole")


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("bars"), st.integers(0, 40)),
        st.tuples(st.just("orders"), st.integers(0, 40)),
        st.tuples(st.sampled_from(["commit", "resume", "crash"]), st.just(0)),
    ),
    max_size=20,
)


@given(STEPS, st.sampled_from([800, 5_000, 1 << 20]), st.integers(4, 64), st.sampled_from(list(Durability)))
@settings(max_examples=60, deadline=None)
def test_committed_records_are_read_back(
    steps: list[tuple[str, int]], segment_bytes: int, buffer_rows: int, durability: Durability
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, epoch, expected = Path(name), 1, b""
        options = {"segment_bytes": segment_bytes, "buffer_rows": buffer_rows}
        writer = JournalWriter.create(folder, identity(), durability=durability, **options)
        for step, count in steps:
            if step in ("bars", "orders"):
                records = bars(count) if step == "bars" else orders(count)
                writer.append_many(records)
                expected += records.tobytes()
            elif step == "commit":
                writer.commit()
                assert writer.durable_count * 64 == len(expected)
            else:
                writer.close() if step == "resume" else writer.abandon()
                expected = expected[: writer.written_count * 64]
                epoch += 1
                writer = JournalWriter.resume(folder, identity(epoch), durability=durability, **options)
                assert writer.next_sequence * 64 == len(expected)
        writer.close()
        assert JournalReader(folder).read_rows().tobytes() == expected
