"""Speed of the journal: appends one by one and in bulk, single commits, reading. Median and spread of several rounds.

Run: ``python benchmarks/journal.py [--records 4000000] [--rounds 9] [--folder DIRECTORY]``. The folder should be on the
disk that journals are written to; by default it is the system's temporary folder.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from atlas.journal import Durability, JournalIdentity, JournalReader, JournalWriter
from atlas.journal.checksum import checksum
from atlas.records.kinds import Kind
from atlas.records.layout import blank

Records = npt.NDArray[Any]
Measure = Callable[[Path, Records], tuple[float, int]]

IDENTITY = JournalIdentity(uuid.UUID(int=1))


def sample_bars(count: int) -> Records:
    """Bars with random prices."""
    records = blank(Kind.BAR, count)
    random = np.random.default_rng(1)
    for name in ("open_units", "high_units", "low_units", "close_units", "volume_units"):
        records[name] = random.integers(1, 1 << 40, count)
    return records


def bulk(folder: Path, records: Records) -> tuple[float, int]:
    """All records in one call of `append_many`, then `commit`."""
    with JournalWriter.create(folder, IDENTITY) as writer:
        begin = time.perf_counter()
        writer.append_many(records)
        writer.commit()
        return time.perf_counter() - begin, len(records)


def each(folder: Path, records: Records) -> tuple[float, int]:
    """One by one from compiled code, a commit whenever the buffer is full."""
    with JournalWriter.create(folder, IDENTITY) as writer:
        begin = time.perf_counter()
        writer.append_each(records)
        writer.commit()
        return time.perf_counter() - begin, len(records)


def each_from_python(folder: Path, records: Records) -> tuple[float, int]:
    """One by one with `append`, called from Python."""
    rows = [records[number : number + 1].tobytes() for number in range(min(200_000, len(records)))]
    with JournalWriter.create(folder, IDENTITY) as writer:
        begin = time.perf_counter()
        for row in rows:
            writer.append(row)
        writer.commit()
        return time.perf_counter() - begin, len(rows)


def commits(folder: Path, records: Records, durability: Durability, count: int) -> tuple[float, int]:
    """One record, one commit."""
    rows = [records[number : number + 1].tobytes() for number in range(count)]
    with JournalWriter.create(folder, IDENTITY, durability=durability) as writer:
        begin = time.perf_counter()
        for row in rows:
            writer.append(row)
            writer.commit()
        return time.perf_counter() - begin, count


def process_commits(folder: Path, records: Records) -> tuple[float, int]:
    """One record, one commit to the operating system."""
    return commits(folder, records, Durability.PROCESS, min(20_000, len(records)))


def disk_commits(folder: Path, records: Records) -> tuple[float, int]:
    """One record, one commit to the disk."""
    return commits(folder, records, Durability.DISK, min(200, len(records)))


def reading(folder: Path, records: Records) -> tuple[float, int]:
    """Reading and checking every block, out of the system's cache."""
    bulk(folder, records)
    begin = time.perf_counter()
    JournalReader(folder).verify()
    return time.perf_counter() - begin, len(records)


def reading_small_blocks(folder: Path, records: Records) -> tuple[float, int]:
    """Reading a journal whose blocks hold one record each."""
    _, count = process_commits(folder, records)
    begin = time.perf_counter()
    JournalReader(folder).verify()
    return time.perf_counter() - begin, count


def checksums(folder: Path, records: Records) -> tuple[float, int]:
    """The checksum alone, in blocks of a mebibyte."""
    blocks = [records[begin : begin + 16_384] for begin in range(0, len(records), 16_384)]
    begin = time.perf_counter()
    for block in blocks:
        checksum(block)
    return time.perf_counter() - begin, len(records)


MEASURES: tuple[Measure, ...] = (
    bulk,
    each,
    each_from_python,
    process_commits,
    disk_commits,
    reading,
    reading_small_blocks,
    checksums,
)


def rounds(measure: Measure, records: Records, count: int, folder: Path) -> Iterator[float]:
    """Nanoseconds a record of `count` rounds, after one that warms up."""
    for number in range(count + 1):
        with tempfile.TemporaryDirectory(dir=folder) as name:
            seconds, done = measure(Path(name) / "journal", records)
        if number:
            yield seconds / done * 1e9


def main() -> None:
    """Print a line for each measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=4_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    arguments = parser.parse_args()
    records = sample_bars(arguments.records)
    print(f"{'measure':<22} {'median ns':>10} {'least':>10} {'most':>10} {'million/s':>10}")
    for measure in MEASURES:
        times = list(rounds(measure, records, arguments.rounds, arguments.folder))
        median = statistics.median(times)
        print(f"{measure.__name__:<22} {median:>10.1f} {min(times):>10.1f} {max(times):>10.1f} {1e3 / median:>10.3f}")


if __name__ == "__main__":
    main()
