from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from atlas.journal import Durability, JournalReader, JournalWriter
from atlas.journal.format import FORMAT_VERSION, segment_paths
from tests.golden.journal.write import expected_rows, write
from tests.reference.journal_reader import read_segment
from tests.unit.journal.samples import identity

FOLDER = Path(__file__).parent
FINGERPRINTS = {
    1: ("881cc365e74fb1255f325d1c1a85e139", "aeafbdb99f754f84d011dc1b0c97b6e4"),
}


def segments(version: int) -> list[Path]:
    return segment_paths(FOLDER / f"version_{version}")


@pytest.mark.parametrize("version", FINGERPRINTS)
def test_golden_journals_never_change(version: int) -> None:
    found = [hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest() for path in segments(version)]
    assert found == list(FINGERPRINTS[version])


@pytest.mark.parametrize("version", FINGERPRINTS)
def test_every_published_version_is_read(version: int) -> None:
    reader = JournalReader(FOLDER / f"version_{version}")
    assert reader.read_rows().tobytes() == expected_rows().tobytes()
    assert reader.tail.is_closed
    assert reader.headers[0].identity == identity()
    assert [header.identity.boot_epoch for header in reader.headers] == [1, 2]
    assert [header.durability for header in reader.headers] == [Durability.DISK, Durability.PROCESS]


@pytest.mark.parametrize("version", FINGERPRINTS)
def test_the_plain_reader_reads_them_too(version: int) -> None:
    rows = []
    for path in segments(version):
        header, part, end = read_segment(path)
        rows += part
        assert header["version"] == version
        assert end == path.stat().st_size
    assert b"".join(rows) == expected_rows().tobytes()


def test_today_s_writer_writes_the_golden_bytes(tmp_path: Path) -> None:
    write(tmp_path)
    today = [path.read_bytes() for path in segment_paths(tmp_path)]
    assert today == [path.read_bytes() for path in segments(FORMAT_VERSION)]


def test_an_old_journal_can_be_resumed(tmp_path: Path) -> None:
    shutil.copytree(FOLDER / f"version_{FORMAT_VERSION}", tmp_path / "journal")
    with JournalWriter.resume(tmp_path / "journal", identity(3)) as writer:
        assert writer.next_sequence == len(expected_rows())
        assert writer.intern("stop hit {}") == 1
