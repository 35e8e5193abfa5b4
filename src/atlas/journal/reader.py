"""Reading a journal: blocks as arrays over the mapped files, damage told apart from a torn tail, and a follower.

A block that was not completely written when the process or the machine stopped is *torn*: nothing valid follows it. It
is cut off and reported in `JournalReader.tail`. A bad block that is followed by a good one is *damage*, and raises.
"""

from __future__ import annotations

import collections
import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from atlas.journal.checksum import address_of, checksum_at, signed, unsigned
from atlas.journal.errors import JournalDamagedError
from atlas.journal.format import (
    BLOCK_HEADER_BYTES,
    BLOCK_MAGIC,
    CLOSED,
    MAXIMUM_METADATA_BYTES,
    ROW_BYTES,
    SEGMENT_HEADER,
    BlockHeader,
    Durability,
    SegmentHeader,
    decode_block_header,
    decode_segment_header,
    segment_paths,
)
from atlas.journal.lock import ExclusiveLock
from atlas.journal.native import BLOCK_WALK, FULL, gather_entry
from atlas.journal.storage import sync_file
from atlas.kernel.memory.intrinsics import structure_of
from atlas.records.errors import JournalError
from atlas.records.layout import ROW

LOCK_NAME: Final = "journal.lock"
CHECKSUMMED_HEADER_BYTES: Final = 48
GATHERED_ROWS: Final = 32_768
"""Rows that are handed out at once where blocks are small: two mebibytes, which stay in the processor's cache."""

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Block:
    """A run of whole records that was committed at once.

    Parameters
    ----------
    first_sequence : int
        Sequence of the first row.
    rows : ndarray of ROW
        Read-only; a view of the file's bytes.
    path : pathlib.Path
        The segment.
    offset : int
        Byte at which the block's header begins.
    """

    first_sequence: int
    rows: npt.NDArray[Any]
    path: Path
    offset: int


@dataclass(frozen=True, slots=True)
class Tail:
    """How a journal ends.

    Parameters
    ----------
    path : pathlib.Path
        The last segment.
    offset : int
        Byte behind the last good block.
    cut_bytes : int
        Bytes behind it that are no good block; 0 for none.
    reason : str
        What is wrong with them; empty when nothing is.
    next_sequence : int
        Rows the journal holds; the sequence that the next one gets.
    checksum : int
        Of the last good block, or of the segment's header: what the next block chains to.
    is_closed : bool
        Whether the journal was closed in order. False says that its writer still runs, or ended without saying so.
    """

    path: Path
    offset: int
    cut_bytes: int
    reason: str
    next_sequence: int
    checksum: int
    is_closed: bool

    @property
    def is_torn(self) -> bool:
        """Whether bytes behind the last good block were cut off."""
        return self.cut_bytes > 0

    def __str__(self) -> str:
        if self.is_torn:
            return (
                f"{self.path}: torn tail: {self.cut_bytes} bytes from byte {self.offset} cut ({self.reason}); "
                f"{self.next_sequence} records are good"
            )
        return f"{self.path}: {self.next_sequence} records, {'closed' if self.is_closed else 'not closed'}"


@dataclass(slots=True)
class _Position:
    """Where a walk through the journal stands."""

    offset: int
    sequence: int
    checksum: int
    is_closed: bool = False
    flaw: str = ""


@dataclass(frozen=True, slots=True)
class _Flaw:
    """Why there is no block at a position; `misplaced` when a block is there, but it doesn't follow the one before."""

    reason: str
    misplaced: bool = False


class _Segment:
    """The bytes of one segment."""

    def __init__(self, path: Path, content: Bytes, header: SegmentHeader) -> None:
        self.path = path
        self.content = content
        self.address = address_of(content)
        self.header = header

    def start(self) -> _Position:
        return _Position(self.header.header_bytes, self.header.first_sequence, self.header.checksum)


class _Gatherer:
    """Takes small blocks in compiled code: a block a record, as live trading writes them, is millions of blocks."""

    def __init__(self) -> None:
        self._walk = np.zeros(1, BLOCK_WALK)
        self._control = structure_of(BLOCK_WALK).from_address(address_of(self._walk))
        self._memory = np.zeros(GATHERED_ROWS, ROW)
        self._rows = self._memory.view()
        self._rows.flags.writeable = False

    def gather(self, segment: _Segment, position: _Position, start: int) -> Iterator[Block]:
        """Give the rows of good blocks from `position` on, which moves with them, up to one to be looked at singly."""
        control, address = self._control, address_of(self._walk)
        control.content_address, control.content_bytes = segment.address, len(segment.content)
        control.offset, control.sequence, control.start_sequence = position.offset, position.sequence, start
        control.checksum, control.is_closed = signed(position.checksum), int(position.is_closed)
        control.rows_address, control.capacity_rows = address_of(self._memory), GATHERED_ROWS
        answer = FULL
        while answer == FULL:
            first_offset, control.count_rows = control.offset, 0
            answer = gather_entry(address)
            position.offset, position.sequence = control.offset, control.sequence
            position.checksum, position.is_closed = unsigned(control.checksum), bool(control.is_closed)
            count = control.count_rows
            if count:
                yield Block(position.sequence - count, self._rows[:count], segment.path, first_offset)


def map_file(path: Path) -> Bytes:
    """Map a file read-only; it must not shrink while they are in use.

    Raises
    ------
    JournalError
        The file can't be read.
    """
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                return np.zeros(0, np.uint8)
            return np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), np.uint8)
    except OSError as error:
        raise JournalError(f"{path} can't be read: {error}") from error


def _parse_block(content: Bytes, address: int, header: BlockHeader, position: _Position, verify: bool) -> Bytes | _Flaw:
    """Find the payload of the block at the start of `content`, or say what is wrong with it."""
    if header.first_sequence != position.sequence:
        return _Flaw(f"a block from record {header.first_sequence} follows record {position.sequence - 1}", True)
    if header.previous_checksum != position.checksum:
        return _Flaw("the block doesn't chain to the one before it", True)
    size = header.payload_bytes
    payload = content[BLOCK_HEADER_BYTES : BLOCK_HEADER_BYTES + size]
    if len(payload) < size:
        return _Flaw(f"the file ends {len(payload)} bytes into a block's {size}")
    seed = checksum_at(address, CHECKSUMMED_HEADER_BYTES)
    if verify and checksum_at(address + BLOCK_HEADER_BYTES, size, seed) != header.checksum:
        return _Flaw("the block's checksum is wrong")
    if header.record_count and payload[22] & 1:
        return _Flaw("the block begins within a record", True)
    if not header.record_count and not header.flags & CLOSED:
        return _Flaw("the block is empty", True)
    return payload


def _advance(position: _Position, header: BlockHeader) -> None:
    position.offset += BLOCK_HEADER_BYTES + header.payload_bytes
    position.sequence += header.record_count
    position.checksum = header.checksum
    position.is_closed = bool(header.flags & CLOSED)


class JournalReader:
    """Read the journal in a folder, or one segment of it.

    Parameters
    ----------
    path : pathlib.Path
        A folder with segments, or one segment's file.

    Attributes
    ----------
    headers : list of SegmentHeader
        Of every segment, in order.

    Raises
    ------
    JournalError
        There is no journal, a segment is missing or can't be read.
    JournalDamagedError
        A segment's header is damaged, or doesn't follow the one before.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        paths = segment_paths(self.path) if self.path.is_dir() else [self.path]
        if not paths:
            raise JournalError(f"{self.path} holds no journal")
        self._segments: list[_Segment] = []
        for segment_file in paths:
            content = map_file(segment_file)
            head = content[: SEGMENT_HEADER.itemsize + MAXIMUM_METADATA_BYTES + ROW_BYTES]
            self._segments.append(_Segment(segment_file, content, decode_segment_header(head, segment_file)))
        self.headers = [segment.header for segment in self._segments]
        self._check_headers()
        self._tail: Tail | None = None

    def _check_headers(self) -> None:
        for old, segment in zip(self._segments, self._segments[1:], strict=False):
            header, before = segment.header, old.header
            if header.identity.run_id != before.identity.run_id:
                raise JournalDamagedError(segment.path, 0, "the segment is of another run", header.first_sequence - 1)
            if header.segment_number != before.segment_number + 1:
                reason = f"segment {header.segment_number} follows segment {before.segment_number}"
                raise JournalDamagedError(segment.path, 0, reason, header.first_sequence - 1)

    @property
    def first_sequence(self) -> int:
        """Sequence of the first row that is there."""
        return self.headers[0].first_sequence

    @property
    def tail(self) -> Tail:
        """How the journal ends, as the last complete walk through `blocks` found it; the first question makes one.

        Raises
        ------
        JournalDamagedError
            A block is damaged.
        """
        return self._tail or self.verify()

    def verify(self) -> Tail:
        """Check every block of every segment.

        Raises
        ------
        JournalDamagedError
            A block is damaged.
        """
        collections.deque(self.gathered_blocks(), maxlen=0)
        if self._tail is None:
            raise JournalError(f"{self.path}: the end was not reached")
        return self._tail

    def blocks(self, start_sequence: int = 0) -> Iterator[Block]:
        """Every block that holds rows from `start_sequence` on, checked.

        Blocks before it are skipped by their headers; the first one is cut, so that it begins at `start_sequence`.

        Parameters
        ----------
        start_sequence : int
            First row wanted; that of the first row of a record.

        Yields
        ------
        Block
            In order; the rows are views of the mapped file.

        Raises
        ------
        JournalDamagedError
            A block is damaged and good ones follow. All before it have been given out.
        """
        return self._blocks(start_sequence, None)

    def gathered_blocks(self, start_sequence: int = 0) -> Iterator[Block]:
        """Give the same rows, checked as well, small blocks that follow each other as one.

        Parameters
        ----------
        start_sequence : int
            First row wanted; that of the first row of a record.

        Yields
        ------
        Block
            In order, each within one segment. The rows of a gathered one are only there until the next is asked for;
            its offset is that of the first block in it.

        Raises
        ------
        JournalDamagedError
            A block is damaged and good ones follow. All before it have been given out.
        """
        return self._blocks(start_sequence, _Gatherer())

    def _blocks(self, start_sequence: int, gatherer: _Gatherer | None) -> Iterator[Block]:
        position = self._segments[0].start()
        for number, segment in enumerate(self._segments):
            if number:
                position = self._enter(segment, position)
            following = self._segments[number + 1 : number + 2]
            if following and following[0].header.first_sequence <= start_sequence:
                header = following[0].header
                position = _Position(0, header.first_sequence, header.previous_checksum)
                continue
            yield from self._walk(segment, position, start_sequence, not following, gatherer)
        self._tail = Tail(
            path=segment.path,
            offset=position.offset,
            cut_bytes=len(segment.content) - position.offset,
            reason=position.flaw,
            next_sequence=position.sequence,
            checksum=position.checksum,
            is_closed=position.is_closed,
        )

    def _enter(self, segment: _Segment, position: _Position) -> _Position:
        """Begin a segment, which must go on where the one before ended."""
        header = segment.header
        if (header.first_sequence, header.previous_checksum) != (position.sequence, position.checksum):
            reason = f"the segment goes on from record {header.first_sequence} or block that the one before lacks"
            raise JournalDamagedError(segment.path, 0, reason, position.sequence - 1)
        return segment.start()

    def _walk(
        self, segment: _Segment, position: _Position, start: int, is_last: bool, gatherer: _Gatherer | None
    ) -> Iterator[Block]:
        size = len(segment.content)
        while position.offset < size:
            if gatherer is not None:
                yield from gatherer.gather(segment, position, start)
                if position.offset == size:
                    return
            content = segment.content[position.offset :]
            address = segment.address + position.offset
            header = decode_block_header(content, address)
            if isinstance(header, str):
                self._judge(segment, position, _Flaw(header), is_last)
                return
            wanted = header.first_sequence + header.record_count > start
            payload = _parse_block(content, address, header, position, wanted)
            if isinstance(payload, _Flaw):
                self._judge(segment, position, payload, is_last)
                return
            if wanted and header.record_count:
                skipped = max(0, start - header.first_sequence)
                rows = payload.view(ROW)[skipped:]
                yield Block(header.first_sequence + skipped, rows, segment.path, position.offset)
            _advance(position, header)

    def _judge(self, segment: _Segment, position: _Position, flaw: _Flaw, is_last: bool) -> None:
        """Raise, unless the flaw is a torn tail."""
        follows = _later_block(segment, position) if is_last and not flaw.misplaced else True
        if follows:
            raise JournalDamagedError(segment.path, position.offset, flaw.reason, position.sequence - 1)
        position.is_closed = False
        position.flaw = flaw.reason

    def read_rows(self, start_sequence: int = 0) -> npt.NDArray[Any]:
        """All rows from `start_sequence` on, copied into one array of ROW."""
        parts = [block.rows for block in self.blocks(start_sequence)]
        return np.concatenate(parts) if parts else np.zeros(0, ROW)


def _later_block(segment: _Segment, position: _Position) -> bool:
    """Whether a block stands behind the bad one at `position` that proves it was whole once.

    Any block proves it in a journal of durability `PROCESS`. With `DISK`, blocks of one group reach the disk in any
    order: there a block proves it only if it was written after rows from `position` on were synced.
    """
    content = segment.content
    needle = np.frombuffer(BLOCK_MAGIC, np.uint64)[0]
    start = position.offset + ROW_BYTES
    usable = (len(content) - start) // ROW_BYTES * ROW_BYTES
    if usable <= 0:
        return False
    words = content[start : start + usable].view(np.uint64)[:: ROW_BYTES // 8]
    for place in np.flatnonzero(words == needle):
        offset = start + int(place) * ROW_BYTES
        header = decode_block_header(content[offset:], segment.address + offset)
        if isinstance(header, str):
            continue
        if segment.header.durability != Durability.DISK or header.synced_count > position.sequence:
            return True
    return False


def cut_tail(tail: Tail) -> None:
    """Cut the torn tail off its segment and sync the segment, under the caller's lock.

    Raises
    ------
    JournalError
        The system refused.
    """
    try:
        descriptor = os.open(tail.path, os.O_RDWR)
        try:
            if tail.is_torn:
                os.ftruncate(descriptor, tail.offset)
            sync_file(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise JournalError(f"{tail.path} can't be repaired: {error}") from error


def repair_tail(folder: Path) -> Tail:
    """Cut off a torn tail, and nothing else.

    Parameters
    ----------
    folder : pathlib.Path
        A journal that nobody writes.

    Returns
    -------
    Tail
        What was found; `Tail.is_torn` says whether bytes were cut.

    Raises
    ------
    JournalDamagedError
        The journal is damaged elsewhere; nothing is changed.
    LeaseError
        A process writes it.
    """
    with ExclusiveLock(Path(folder) / LOCK_NAME):
        tail = JournalReader(folder).tail
        if tail.is_torn:
            cut_tail(tail)
        return tail


class JournalFollower:
    """Read a journal while it grows: audits, queries, standby.

    Blocks are read into memory of their own, so a writer that starts anew and cuts a torn tail does no harm.

    Parameters
    ----------
    folder : pathlib.Path
        The journal; its first segment must exist.
    start_sequence : int
        First row wanted.
    """

    def __init__(self, folder: Path, start_sequence: int = 0) -> None:
        self.folder = Path(folder)
        self._start = start_sequence
        self._next_segment = 0
        self._path = self.folder
        self._position = _Position(0, 0, 0)
        self._open_next()

    @property
    def next_sequence(self) -> int:
        """Sequence of the next row that will be read."""
        return self._position.sequence

    @property
    def is_closed(self) -> bool:
        """Whether the last block read says that the journal was closed in order."""
        return self._position.is_closed

    def poll(self) -> list[Block]:
        """Blocks committed since the last call; empty when there are none.

        Raises
        ------
        JournalDamagedError
            A block is bad and the journal has gone on in another segment, or a block doesn't follow the one before.
        """
        blocks: list[Block] = []
        while True:
            self._read_available(blocks)
            later = segment_paths(self.folder)[self._next_segment :]
            if not later:
                return blocks
            # What was written before the next segment appeared is complete now.
            flaw = self._read_available(blocks)
            if flaw is not None and self._position.offset < self._path.stat().st_size:
                raise JournalDamagedError(self._path, self._position.offset, flaw.reason, self._position.sequence - 1)
            self._open_next()

    def _read_available(self, blocks: list[Block]) -> _Flaw | None:
        with self._path.open("rb", buffering=0) as file:
            while True:
                offset = self._position.offset
                head = np.frombuffer(os.pread(file.fileno(), BLOCK_HEADER_BYTES, offset), np.uint8)
                header = decode_block_header(head, address_of(head))
                if isinstance(header, str):
                    return _Flaw(header)
                size = BLOCK_HEADER_BYTES + header.payload_bytes
                content = np.frombuffer(os.pread(file.fileno(), size, offset), np.uint8)
                payload = _parse_block(content, address_of(content), header, self._position, verify=True)
                if isinstance(payload, _Flaw):
                    if payload.misplaced:
                        raise JournalDamagedError(self._path, offset, payload.reason, self._position.sequence - 1)
                    return payload
                self._take(blocks, header, payload)

    def _take(self, blocks: list[Block], header: BlockHeader, payload: Bytes) -> None:
        skipped = max(0, self._start - header.first_sequence)
        if skipped < header.record_count:
            rows = payload.view(ROW)[skipped:]
            blocks.append(Block(header.first_sequence + skipped, rows, self._path, self._position.offset))
        _advance(self._position, header)

    def _open_next(self) -> None:
        paths = segment_paths(self.folder)
        if self._next_segment >= len(paths):
            raise JournalError(f"{self.folder} holds no journal")
        path = paths[self._next_segment]
        with path.open("rb") as file:
            header = decode_segment_header(
                file.read(SEGMENT_HEADER.itemsize + MAXIMUM_METADATA_BYTES + ROW_BYTES), path
            )
        if self._next_segment and header.previous_checksum != self._position.checksum:
            reason = "the segment doesn't chain to the block before it"
            raise JournalDamagedError(path, 0, reason, self._position.sequence - 1)
        self._path = path
        self._position = _Position(header.header_bytes, header.first_sequence, header.checksum)
        self._next_segment += 1
