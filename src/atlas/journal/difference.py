"""Where two journals part: the first record that differs, field by field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import ndiff
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from atlas.journal.format import SegmentHeader
from atlas.journal.reader import Block, JournalReader
from atlas.journal.show import RecordFormatter, field_values, layout_of
from atlas.journal.strings import StringTable
from atlas.records.enums import RecordFlag
from atlas.records.layout import MAXIMUM_ROWS, ROW

Rows = npt.NDArray[Any]
IDENTITY_FIELDS: Final = (
    "run_id",
    "boot_epoch",
    "created_time_ns",
    "configuration_hash",
    "code_hash",
    "seed",
    "metadata",
)


@dataclass(frozen=True, slots=True)
class ValueDifference:
    """One field, or one item of the header, that differs; None is a value that is absent."""

    name: str
    first: Any
    second: Any


@dataclass(frozen=True, slots=True)
class Place:
    """A record in one of the two journals.

    Parameters
    ----------
    path : pathlib.Path or None
        Its segment; None where the journal has ended.
    sequence : int
        Of its first row.
    rows : ndarray of ROW
        The record; empty where the journal has ended.
    line : str
        The record in words.
    """

    path: Path | None
    sequence: int
    rows: Rows
    line: str


@dataclass(frozen=True, slots=True)
class JournalDifference:
    """How two journals differ.

    Parameters
    ----------
    sequence : int or None
        Sequence of the first record that differs; None when all records are the same.
    kind : str
        Name of the kind there, ``A or B`` where the kinds differ; empty when all records are the same.
    time_ns : int or None
        Its local time in the first journal that has it, ns UTC.
    first, second : Place or None
        The record in either journal.
    fields : tuple of ValueDifference
        The fields that differ there; empty where one journal has ended.
    headers : tuple of ValueDifference
        Items of the headers that differ.
    equal_rows : int
        Rows that are the same before it.
    """

    sequence: int | None
    kind: str = ""
    time_ns: int | None = None
    first: Place | None = None
    second: Place | None = None
    fields: tuple[ValueDifference, ...] = ()
    headers: tuple[ValueDifference, ...] = ()
    equal_rows: int = 0

    @property
    def is_same(self) -> bool:
        """Whether all records are the same, whatever the headers say."""
        return self.sequence is None

    def __str__(self) -> str:
        lines = [line for item in self.headers for line in header_lines(item)]
        if self.is_same:
            return "\n".join([*lines, f"the same {self.equal_rows} records"])
        lines.append(f"the journals part at record {self.sequence}: {self.kind}")
        for label, place in (("A", self.first), ("B", self.second)):
            if place is not None:
                lines.append(f"{label}: {place.line}" + (f"  [{place.path}]" if place.path else ""))
        return "\n".join(lines + [f"  {item.name}: {item.first} | {item.second}" for item in self.fields])


def header_lines(item: ValueDifference) -> list[str]:
    """Put an item of the headers into words; of texts of many lines, those that differ."""
    first, second = item.first, item.second
    if not (isinstance(first, str) and isinstance(second, str) and "\n" in first + second):
        return [f"header {item.name}: {first} | {second}"]
    changes = [line for line in ndiff(first.splitlines(), second.splitlines()) if line[0] in "+-"]
    return [f"header {item.name}:", *("  " + ("A: " if line[0] == "-" else "B: ") + line[2:] for line in changes)]


@dataclass(slots=True)
class _Stream:
    """A journal read row by row in step with another one."""

    reader: JournalReader
    blocks: Iterator[Block]
    strings: StringTable = field(default_factory=StringTable)
    block: Block | None = None
    used: int = 0
    tail: Rows = field(default_factory=lambda: np.zeros(0, ROW))
    path: Path | None = None

    def waiting(self) -> Rows:
        """Rows of the current block not compared yet; empty at the end."""
        while self.block is None or self.used == len(self.block.rows):
            self.block, self.used = next(self.blocks, None), 0
            if self.block is None:
                return np.zeros(0, ROW)
            self.path = self.block.path
            self.strings.learn(self.block.rows)
        return self.block.rows[self.used :]

    def take(self, count: int) -> None:
        """Count rows as compared; the last few are kept, for a record that parts in its later rows."""
        assert self.block is not None
        recent = self.block.rows[max(0, self.used + count - MAXIMUM_ROWS) : self.used + count]
        self.tail = np.concatenate([self.tail, recent])[-MAXIMUM_ROWS:]
        self.used += count


def find_difference(first: Path, second: Path, start_sequence: int = 0) -> JournalDifference:
    """Compare two journals record by record until they part.

    Parameters
    ----------
    first, second : pathlib.Path
        Folders or segments.
    start_sequence : int
        First row to compare; that of the first row of a record in both.

    Returns
    -------
    JournalDifference
        `JournalDifference.is_same` says whether no record differs.

    Raises
    ------
    JournalError
        One of them can't be read, or is damaged before the first difference.
    """
    streams = [_Stream(reader, reader.blocks(start_sequence)) for reader in map(JournalReader, (first, second))]
    headers = header_differences(streams[0].reader.headers[0], streams[1].reader.headers[0])
    sequence = start_sequence
    while True:
        a, b = (stream.waiting() for stream in streams)
        count = min(len(a), len(b))
        if not count:
            break
        unequal = _first_unequal(a[:count], b[:count])
        for stream in streams:
            stream.take(unequal)
        sequence += unequal
        if unequal < count:
            break
    if not len(a) and not len(b):
        return JournalDifference(None, headers=headers, equal_rows=sequence - start_sequence)
    return _difference_at(streams, sequence, sequence - start_sequence, headers)


def _first_unequal(a: Rows, b: Rows) -> int:
    """Index of the first row that differs; the length when none does."""
    words_a, words_b = (np.ascontiguousarray(rows).view("<i8").reshape(-1, 8) for rows in (a, b))
    if np.array_equal(words_a, words_b):
        return len(a)
    return int(np.argmax((words_a != words_b).any(axis=1)))


def _difference_at(
    streams: list[_Stream], sequence: int, equal_rows: int, headers: tuple[ValueDifference, ...]
) -> JournalDifference:
    """Describe the record whose row `sequence` is the first that differs."""
    places, begin = [], sequence
    for stream in streams:
        rows, back = _record_around(stream)
        begin = min(begin, sequence - back)
        line = RecordFormatter(stream.strings).format(rows, sequence - back) if len(rows) else "the journal has ended"
        places.append(Place(stream.path if len(rows) else None, sequence - back, rows, line))
    present = [place.rows for place in places if len(place.rows)]
    kinds = [str(field_values(rows)["kind"]) for rows in present]
    return JournalDifference(
        sequence=begin,
        kind=" or ".join(dict.fromkeys(kinds)),
        time_ns=field_values(present[0])["local_time_ns"],
        first=places[0],
        second=places[1],
        fields=_field_differences(places[0].rows, places[1].rows),
        headers=headers,
        equal_rows=equal_rows - (sequence - begin),
    )


def _record_around(stream: _Stream) -> tuple[Rows, int]:
    """Collect the record in which the stream stands, and how many rows back it begins."""
    ahead = stream.waiting()
    if not len(ahead) or not ahead["flags"][0] & RecordFlag.CONTINUED:
        back = 0
    else:
        starts = np.flatnonzero(stream.tail["flags"] & RecordFlag.CONTINUED == 0)
        back = len(stream.tail) - int(starts[-1]) if len(starts) else 0
    continued = ahead["flags"][1:MAXIMUM_ROWS] & RecordFlag.CONTINUED != 0
    length = 1 + int(np.argmin(continued)) if len(continued) and not continued.all() else 1 + len(continued)
    rows = np.concatenate([stream.tail[len(stream.tail) - back :], ahead[: length if len(ahead) else 0]])
    return rows, back


def _field_differences(a: Rows, b: Rows) -> tuple[ValueDifference, ...]:
    if not len(a) or not len(b):
        return ()
    values_a, values_b = field_values(a), field_values(b)
    names = dict.fromkeys([*values_a, *values_b])
    found = tuple(
        ValueDifference(name, values_a.get(name), values_b.get(name))
        for name in names
        if values_a.get(name) != values_b.get(name)
    )
    return found or _hidden_differences(a, b)


def _hidden_differences(a: Rows, b: Rows) -> tuple[ValueDifference, ...]:
    """Compare what is not shown: reserved bytes, repeated headers, NaN payloads, signs of zero."""
    layout = layout_of(a)
    bytes_a, bytes_b = a.tobytes(), b.tobytes()
    if layout is None or len(a) != len(b):
        return (ValueDifference("bytes", bytes_a.hex(), bytes_b.hex()),)
    return tuple(
        ValueDifference(item.name, part_a.hex(), part_b.hex())
        for item, offset in zip(layout.fields, layout.offsets, strict=True)
        if (part_a := bytes_a[offset : offset + item.size]) != (part_b := bytes_b[offset : offset + item.size])
    )


def header_differences(a: SegmentHeader, b: SegmentHeader) -> tuple[ValueDifference, ...]:
    """List what differs in the headers of two journals: versions, identity, and metadata key by key."""
    pairs = [(name, getattr(a, name), getattr(b, name)) for name in ("format_version", "layout_version", "durability")]
    for name in IDENTITY_FIELDS[:-1]:
        pairs.append((name, _plain(getattr(a.identity, name)), _plain(getattr(b.identity, name))))
    for key in sorted({*a.identity.metadata, *b.identity.metadata}):
        pairs.append((f"metadata.{key}", a.identity.metadata.get(key), b.identity.metadata.get(key)))
    return tuple(ValueDifference(name, x, y) for name, x, y in pairs if x != y)


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else str(value) if not isinstance(value, int) else value
