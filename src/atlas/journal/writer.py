"""The write-ahead log's writer: rows gather in a buffer, `commit` seals them as a checksummed block and writes it out.

Nothing may leave the process before its rows are durable in the sense configured: `PROCESS` means that the operating
system has them (they survive the end of the process, however sudden), `DISK` that the disk has them. Any failure of a
write or a sync ends the writer for good: what the disk then holds is found out by reading it.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from atlas.journal.checksum import signed, unsigned
from atlas.journal.format import (
    BLOCK_HEADER_BYTES,
    CLOSED,
    MAXIMUM_BLOCK_ROWS,
    ROW_BYTES,
    Durability,
    JournalIdentity,
    SegmentHeader,
    decode_segment_header,
    encode_segment_header,
    segment_path,
    segment_paths,
)
from atlas.journal.lock import ExclusiveLock, Holder
from atlas.journal.native import APPEND_BUFFER, append_each_entry, seal_entry
from atlas.journal.reader import JournalReader, cut_tail
from atlas.journal.storage import create_atomically, sync_file, write_all
from atlas.journal.strings import StringTable, encode_string
from atlas.kernel.memory.intrinsics import structure_of
from atlas.records.enums import NULL
from atlas.records.errors import JournalError
from atlas.records.layout import MAXIMUM_ROWS

SEGMENT_BYTES: Final = 256 * 2**20
BUFFER_ROWS: Final = 16_384
LOCK_NAME: Final = "journal.lock"
FLAGS_BYTE: Final = 22
"""Offset in a row of the byte whose lowest bit says CONTINUED."""

Record = bytes | np.void | npt.NDArray[Any]


class JournalWriter:
    """Append records to the journal in a folder; made by `create` or `resume`.

    One thread appends and commits; `sync` alone may be called from another one.

    Attributes
    ----------
    folder : pathlib.Path
        Where the segments lie.
    identity : JournalIdentity
        Of this start of the run.
    durability : Durability
        What `commit` waits for.
    strings : StringTable
        Every text interned so far.
    buffer_address : int
        Address of an `atlas.journal.native.APPEND_BUFFER`, for compiled code that calls `append_record` itself.
    written_count, synced_count : int
        Rows that the operating system has, and that the disk has.
    """

    def __init__(
        self,
        folder: Path,
        identity: JournalIdentity,
        durability: Durability,
        segment_bytes: int,
        buffer_rows: int,
        lock: ExclusiveLock,
    ) -> None:
        if not MAXIMUM_ROWS <= buffer_rows <= MAXIMUM_BLOCK_ROWS:
            raise JournalError(f"a buffer holds {MAXIMUM_ROWS} to {MAXIMUM_BLOCK_ROWS} rows, not {buffer_rows}")
        self.folder = folder
        self.identity = identity
        self.durability = durability
        self.segment_bytes = segment_bytes
        self.strings = StringTable()
        self.written_count = 0
        self.synced_count = 0
        self._lock = lock
        self._segment_number = 0
        self._segment_size = 0
        self._segment_blocks = 0
        self._descriptor = -1
        self._previous_checksum = 0
        self._failure = ""
        self._descriptor_guard = threading.Lock()
        self._prepare_buffer(buffer_rows)

    def _prepare_buffer(self, rows: int) -> None:
        self._control = np.zeros(1, APPEND_BUFFER)
        self._memory = np.zeros((rows + 1) * ROW_BYTES, np.uint8)
        self._bulk_header = np.zeros(BLOCK_HEADER_BYTES, np.uint8)
        self.buffer_address = self._control.ctypes.data
        self._buffer = structure_of(APPEND_BUFFER).from_address(self.buffer_address)
        self._buffer.rows_address = self._memory.ctypes.data + BLOCK_HEADER_BYTES
        self._buffer.capacity_rows = rows
        self._bytes = self._memory.data

    # --- opening ------------------------------------------------------------------------------------------------

    @classmethod
    def create(
        cls,
        folder: Path,
        identity: JournalIdentity,
        *,
        durability: Durability = Durability.PROCESS,
        segment_bytes: int = SEGMENT_BYTES,
        buffer_rows: int = BUFFER_ROWS,
    ) -> Self:
        """Begin a journal in `folder`, which holds none.

        Parameters
        ----------
        folder : pathlib.Path
            Created when absent.
        identity : JournalIdentity
            What its header says.
        durability : Durability
            What `commit` waits for.
        segment_bytes : int
            A segment that would grow beyond this is followed by another one.
        buffer_rows : int
            Rows that wait for a commit at most, 4 to 65,536.

        Raises
        ------
        JournalError
            The folder holds a journal, or it can't be written.
        LeaseError
            Another process writes there.
        """
        writer = cls._locked(Path(folder), identity, durability, segment_bytes, buffer_rows)
        try:
            if segment_paths(writer.folder):
                raise JournalError(f"{folder} holds a journal already")
            writer._open_segment()
        except BaseException:
            writer._lock.release()
            raise
        return writer

    @classmethod
    def resume(
        cls,
        folder: Path,
        identity: JournalIdentity,
        *,
        durability: Durability = Durability.PROCESS,
        segment_bytes: int = SEGMENT_BYTES,
        buffer_rows: int = BUFFER_ROWS,
    ) -> Self:
        """Go on with the journal in `folder` in a new segment; a torn tail is cut off first.

        The whole journal is read and checked, and its texts are learnt. Parameters are those of `create`.

        Raises
        ------
        JournalError
            There is none, it is of another run, `identity.boot_epoch` is not larger than before, or it is damaged.
        LeaseError
            Another process writes there.
        """
        writer = cls._locked(Path(folder), identity, durability, segment_bytes, buffer_rows)
        try:
            writer._continue_after(JournalReader(writer.folder))
            writer._open_segment()
        except BaseException:
            writer._lock.release()
            raise
        return writer

    @classmethod
    def _locked(
        cls, folder: Path, identity: JournalIdentity, durability: Durability, segment_bytes: int, buffer_rows: int
    ) -> Self:
        holder = Holder.of_this_process(str(identity.run_id), identity.boot_epoch)
        lock = ExclusiveLock(folder / LOCK_NAME, holder)
        writer = cls(folder, identity, Durability(durability), segment_bytes, buffer_rows, lock)
        lock.acquire()
        for leftover in folder.glob("journal-*.part"):
            leftover.unlink()
        return writer

    def _continue_after(self, reader: JournalReader) -> None:
        old = reader.headers[-1].identity
        if old.run_id != self.identity.run_id:
            raise JournalError(f"{self.folder} holds the journal of run {old.run_id}, not of {self.identity.run_id}")
        if self.identity.boot_epoch <= old.boot_epoch:
            raise JournalError(f"boot epoch {self.identity.boot_epoch} is not above {old.boot_epoch}, the last one")
        for block in reader.gathered_blocks():
            self.strings.learn(block.rows)
        tail = reader.tail
        cut_tail(tail)
        self._segment_number = reader.headers[-1].segment_number
        self._previous_checksum = signed(tail.checksum)
        self.written_count = self.synced_count = self._buffer.first_sequence = tail.next_sequence

    def _open_segment(self) -> None:
        header = SegmentHeader(
            self.identity,
            self._segment_number + 1,
            self.written_count,
            unsigned(self._previous_checksum),
            self.durability,
        )
        path = segment_path(self.folder, header.segment_number)
        content = encode_segment_header(header)
        try:
            descriptor = create_atomically(path, [content])
        except OSError as error:
            raise self._fail(f"{path} can't be created: {error}") from error
        with self._descriptor_guard:
            old, self._descriptor = self._descriptor, descriptor
        if old >= 0:
            os.close(old)
        self._segment_number = header.segment_number
        self._segment_size = len(content)
        self._segment_blocks = 0
        self._previous_checksum = signed(decode_segment_header(content, path).checksum)

    # --- appending ----------------------------------------------------------------------------------------------

    @property
    def next_sequence(self) -> int:
        """Sequence that the next appended row gets; also the number of rows appended so far."""
        return int(self._buffer.first_sequence + self._buffer.count_rows)

    @property
    def durable_count(self) -> int:
        """Rows that are durable in the sense configured: a row may act on the world when its sequence is below it."""
        return self.synced_count if self.durability == Durability.DISK else self.written_count

    def append(self, record: Record) -> int:
        """Append one record; it waits in the buffer for `commit`, or until the buffer is full.

        Parameters
        ----------
        record : bytes, numpy.void or ndarray
            One record of 1 to 4 whole rows; CONTINUED is set in all but the first.

        Returns
        -------
        int
            Sequence of its first row.

        Raises
        ------
        JournalError
            It is not one record, or the writer has failed or is closed.
        """
        content = record if isinstance(record, bytes) else record.tobytes()
        size = len(content)
        if size != ROW_BYTES or content[FLAGS_BYTE] & 1:
            _require_one_record(content)
        buffer = self._buffer
        if buffer.count_rows + size // ROW_BYTES > buffer.capacity_rows:
            self._write_buffer()
        count: int = buffer.count_rows
        place = BLOCK_HEADER_BYTES + count * ROW_BYTES
        self._bytes[place : place + size] = content
        buffer.count_rows = count + size // ROW_BYTES
        return int(buffer.first_sequence + count)

    def append_many(self, rows: npt.NDArray[Any]) -> int:
        """Append whole records, few or millions.

        Few are buffered like those of `append`; many are written out at once, without a copy.

        Parameters
        ----------
        rows : ndarray
            Contiguous, of ROW or of any kind's dtype (or bytes, shape ``(n, 64)``); whole records.

        Returns
        -------
        int
            Sequence of the first row.

        Raises
        ------
        JournalError
            The bytes are not whole rows or begin within a record, or the writer has failed or is closed.
        """
        if rows.nbytes % ROW_BYTES or not rows.flags.c_contiguous:
            raise JournalError(f"{rows.nbytes} bytes, contiguous: {rows.flags.c_contiguous}, are no whole rows")
        content = rows.reshape(-1).view(np.uint8)
        self._require_open()
        first_sequence = self.next_sequence
        if content.size and content[FLAGS_BYTE] & 1:
            raise JournalError("the first row to append continues a record that is not there")
        buffer = self._buffer
        if content.size <= (buffer.capacity_rows - buffer.count_rows) * ROW_BYTES:
            place = BLOCK_HEADER_BYTES + buffer.count_rows * ROW_BYTES
            self._memory[place : place + content.size] = content
            buffer.count_rows += content.size // ROW_BYTES
        else:
            self._write_buffer()
            self._write_bulk(content)
        return first_sequence

    def append_each(self, records: npt.NDArray[Any]) -> int:
        """Append records of one kind one by one in compiled code, as a compiled loop does that has them singly.

        Parameters
        ----------
        records : ndarray
            Contiguous, of one kind's dtype.

        Returns
        -------
        int
            Sequence of the first row.
        """
        self._require_open()
        rows = records.dtype.itemsize // ROW_BYTES
        if rows * ROW_BYTES != records.dtype.itemsize or not records.flags.c_contiguous:
            raise JournalError("these are no contiguous records of whole rows")
        first_sequence, done, address = self.next_sequence, 0, records.ctypes.data
        while done < len(records):
            done += append_each_entry(
                self.buffer_address, address + done * records.dtype.itemsize, len(records) - done, rows
            )
            if done < len(records):
                self._write_buffer()
        return first_sequence

    def intern(self, text: str, category: int = 0, local_time_ns: int = NULL) -> int:
        """Return the number of `text`; the first time, its STRING records are appended, so they stand before any use.

        Parameters
        ----------
        text : str
            Up to 9 MB of UTF-8.
        category : int
            0 text, 1 foreign order id, 2 foreign execution id, 3 symbol; numbers differ by category.
        local_time_ns : int
            When, ns UTC; NULL for none.

        Returns
        -------
        int
            1 or more; the same for the same text, in every start of the run.
        """
        known = self.strings.find(text, category)
        if known:
            return known
        self._require_open()
        encode_string(1, text, category)
        string_id = self.strings.add(text, category)
        self.append_many(encode_string(string_id, text, category, local_time_ns))
        return string_id

    # --- committing ---------------------------------------------------------------------------------------------

    def commit(self) -> int:
        """Make every appended row durable in the sense configured.

        Returns
        -------
        int
            `durable_count`, now equal to `next_sequence`.

        Raises
        ------
        JournalError
            The system refused; the writer has failed.
        """
        self._write_buffer()
        if self.durability == Durability.DISK and self.synced_count < self.written_count:
            self.sync()
        return self.durable_count

    def sync(self) -> int:
        """Wait until every row written so far is on the disk; may be called from another thread.

        Returns
        -------
        int
            `synced_count`.

        Raises
        ------
        JournalError
            The system refused; the writer has failed.
        """
        with self._descriptor_guard:
            self._require_open()
            target = self.written_count
            try:
                sync_file(self._descriptor)
            except OSError as error:
                raise self._fail(f"segment {self._segment_number} can't be synced: {error}") from error
        self.synced_count = max(self.synced_count, target)
        return self.synced_count

    def _write_buffer(self) -> None:
        """Seal what waits in the buffer as one block and hand it to the operating system."""
        self._require_open()
        buffer = self._buffer
        count: int = buffer.count_rows
        if not count:
            return
        self._make_room(count)
        header = buffer.rows_address - BLOCK_HEADER_BYTES
        self._seal(header, buffer.rows_address, count, 0)
        self._write_block(count, self._bytes[: BLOCK_HEADER_BYTES + count * ROW_BYTES])
        buffer.first_sequence += count
        buffer.count_rows = 0

    def _write_bulk(self, content: npt.NDArray[np.uint8]) -> None:
        """Write rows straight from the caller's memory, in blocks that end where a record ends."""
        view, address = content.data, content.ctypes.data
        start, total = 0, content.size // ROW_BYTES
        while start < total:
            stop = min(start + BUFFER_ROWS, total)
            while stop < total and content[stop * ROW_BYTES + FLAGS_BYTE] & 1:
                stop -= 1
            if stop <= start:
                raise JournalError(f"the record at row {start} of those to append has more than {BUFFER_ROWS} rows")
            self._make_room(stop - start)
            self._seal(self._bulk_header.ctypes.data, address + start * ROW_BYTES, stop - start, 0)
            self._write_block(stop - start, self._bulk_header.data, view[start * ROW_BYTES : stop * ROW_BYTES])
            self._buffer.first_sequence = self.written_count
            start = stop

    def _seal(self, header: int, payload: int, rows: int, flags: int) -> None:
        """Write a block's header; the next block chains to it."""
        self._previous_checksum = seal_entry(
            header, payload, self.written_count, rows, self.synced_count, flags, self._previous_checksum
        )

    def _write_block(self, rows: int, *parts: memoryview) -> None:
        try:
            write_all(self._descriptor, *parts)
        except OSError as error:
            raise self._fail(f"segment {self._segment_number} can't be written: {error}") from error
        self._segment_size += BLOCK_HEADER_BYTES + rows * ROW_BYTES
        self._segment_blocks += 1
        self.written_count += rows

    def _make_room(self, rows: int) -> None:
        """Begin a new segment if a block of `rows` doesn't fit; the old one is synced first."""
        size = BLOCK_HEADER_BYTES + rows * ROW_BYTES
        if not self._segment_blocks or self._segment_size + size <= self.segment_bytes:
            return
        self.sync()
        self._open_segment()

    # --- closing ------------------------------------------------------------------------------------------------

    def close(self, *, sync: bool = True) -> None:
        """Commit, mark the journal as closed in order, sync it and release it; without effect when it is closed.

        Parameters
        ----------
        sync : bool
            Whether to wait for the disk; a journal that can be made again needn't.
        """
        if self._descriptor < 0:
            return
        try:
            self._write_buffer()
            header = self._bulk_header
            self._seal(header.ctypes.data, header.ctypes.data, 0, CLOSED)
            self._write_block(0, header.data)
            if sync:
                self.sync()
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Release file and lock as a crash would: what waits in the buffer is dropped, nothing is marked."""
        self._buffer.capacity_rows = 0
        self._close_segment()
        self._lock.release()

    def _close_segment(self) -> None:
        with self._descriptor_guard:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1

    def _require_open(self) -> None:
        if self._failure:
            raise JournalError(f"{self.folder}: the writer has failed: {self._failure}")
        if self._descriptor < 0:
            raise JournalError(f"{self.folder}: the writer is closed")

    def _fail(self, reason: str) -> JournalError:
        self._failure = reason
        self._buffer.capacity_rows = 0
        return JournalError(f"{self.folder}: {reason}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
            return
        try:
            if not self._failure and self._descriptor >= 0:
                self.commit()
        finally:
            self.abandon()


def _require_one_record(content: bytes) -> None:
    rows, rest = divmod(len(content), ROW_BYTES)
    if rest or not 1 <= rows <= MAXIMUM_ROWS:
        raise JournalError(f"{len(content)} bytes are not one record of 1 to {MAXIMUM_ROWS} rows of {ROW_BYTES} bytes")
    continued = [bool(content[row * ROW_BYTES + FLAGS_BYTE] & 1) for row in range(rows)]
    if continued != [False] + [True] * (rows - 1):
        raise JournalError(f"CONTINUED is set in rows {continued}: these are not the rows of one record")
