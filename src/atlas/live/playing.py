"""A journal played again: events applied as they were, commands recomputed and compared, or taken as recorded.

An event is held until what follows it in the journal is known: its commands, if it had any. So an event that nothing
follows was durable when the process ended, but may not have been applied; it is left to whoever goes on.

There are two ways that come to the same: `Player.play` takes one record, `Player.play_block` a block's rows, where a
compiled loop takes the ordinary events with their commands and `Player.play` what is left between them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from atlas.gateways.gateway import Record
from atlas.journal.format import SegmentHeader
from atlas.journal.reader import Block, JournalReader
from atlas.journal.show import RecordFormatter
from atlas.journal.strings import StringTable
from atlas.kernel.trader.replay import EVENT, GROUPS
from atlas.live.machine import KIND_BYTE, STRATEGY_FIELD, Machine, is_event, kind_of, strategy_of, time_of
from atlas.live.row_loop import RowLoop
from atlas.live.state import Progress, state_hash
from atlas.records.enums import RecordFlag
from atlas.records.errors import DivergenceError, RecoveryError
from atlas.records.kinds import COMMAND_KINDS, Kind
from atlas.records.layout import LAYOUTS, ROW

SEQUENCE_FIELD: Final = {
    kind: int(LAYOUTS[kind].fields["sequence"][1])  # type: ignore[index]
    for kind in (Kind.CANCEL_ORDER, Kind.REPLACE_ORDER)
}


@dataclass(slots=True)
class HeldEvent:
    """An event whose consequences are still being read."""

    sequence: int
    record: Record
    command_count: int | None = None
    commands: list[Record] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class JournalRecord:
    """One record of a journal, with where it stands."""

    sequence: int
    content: Record
    header: SegmentHeader


@dataclass(frozen=True, slots=True)
class Limit:
    """How much of a journal is wanted.

    Parameters
    ----------
    sequence : int or None
        Events after the record with this sequence are not.
    time_ns : int or None
        Events after this local time are not.
    """

    sequence: int | None = None
    time_ns: int | None = None

    def excludes(self, record: JournalRecord) -> bool:
        """Whether a record is an event beyond what is asked for; an epoch bears the time of a boot, not of events."""
        if not is_event(record.content) or kind_of(record.content) == Kind.EPOCH:
            return False
        if self.sequence is not None and record.sequence > self.sequence:
            return True
        return self.time_ns is not None and time_of(record.content) > self.time_ns


ALL: Final = Limit()


def journal_blocks(reader: JournalReader, start_sequence: int = 0) -> Iterator[tuple[Block, SegmentHeader]]:
    """Give the rows from `start_sequence` on in large blocks, each with the header of its segment."""
    headers: dict[Path, SegmentHeader] = {}
    first_number = reader.headers[0].segment_number
    for block in reader.gathered_blocks(start_sequence):
        if block.path not in headers:
            number = int(block.path.stem.rpartition("-")[2])
            headers[block.path] = reader.headers[number - first_number]
        yield block, headers[block.path]


def record_at_row(block: Block, row: int, header: SegmentHeader) -> tuple[JournalRecord, int]:
    """Return the record that begins at a row of a block, and the row behind it."""
    flags, end = block.rows["flags"], row + 1
    while end < len(flags) and flags[end] & RecordFlag.CONTINUED:
        end += 1
    return JournalRecord(block.first_sequence + row, block.rows[row:end].tobytes(), header), end


def journal_records(reader: JournalReader, start_sequence: int = 0) -> Iterator[JournalRecord]:
    """Give each record from `start_sequence` on, with the header of its segment."""
    for block, header in journal_blocks(reader, start_sequence):
        begins = np.flatnonzero(block.rows["flags"] & 1 == 0).tolist()
        for begin, end in zip(begins, [*begins[1:], len(block.rows)], strict=True):
            yield JournalRecord(block.first_sequence + begin, block.rows[begin:end].tobytes(), header)


class Player:
    """Plays records into a machine.

    Parameters
    ----------
    machine : Machine
        As it was at the first record.
    progress : Progress
        The same.
    recompute : callable
        Given a segment's header: whether commands are recomputed in it, or taken as recorded.

    Attributes
    ----------
    record_count : int
        Records taken so far.
    event_count, command_count : int
        What was played so far.
    held : HeldEvent or None
        The last event, not applied yet.
    hashes_checked : int
        Fingerprints in the journal that the state agreed with.
    """

    def __init__(self, machine: Machine, progress: Progress, recompute: Callable[[SegmentHeader], bool]) -> None:
        self.machine, self.progress, self.recompute = machine, progress, recompute
        self.held: HeldEvent | None = None
        self.record_count = self.event_count = self.command_count = self.hashes_checked = 0
        self.strings = StringTable()
        self.all_recomputed = True
        self._recomputing = True
        self._loop = RowLoop(machine)

    def begin(self, reader: JournalReader, start_sequence: int) -> None:
        """Take over how the segment that holds `start_sequence` was written, where its epoch stands before that."""
        headers = [header for header in reader.headers if header.first_sequence <= start_sequence]
        self._set_mode((headers or reader.headers)[-1])

    def _set_mode(self, header: SegmentHeader) -> None:
        self._recompute(self.recompute(header))
        self.all_recomputed = self.all_recomputed and self._recomputing

    def _recompute(self, recompute: bool) -> None:
        self._recomputing = recompute
        muted = self._muted()
        self.machine.mute(muted)
        self._loop.set_mode(recompute, muted)

    # --- block by block ----------------------------------------------------------------------------------------------

    def play_block(self, block: Block, header: SegmentHeader, limit: Limit = ALL) -> bool:
        """Take the records of a block; false when one is beyond the limit, which ends the play.

        Raises
        ------
        DivergenceError, RecoveryError
            As `play` does.
        """
        row, count = 0, len(block.rows)
        while row < count:
            if self.held is None:
                row = self._play_rows(block, header, row, limit)
                if row == count:
                    break
            record, end = record_at_row(block, row, header)
            if limit.excludes(record):
                self.flush()
                return False
            if self.held is not None and GROUPS[kind_of(record.content)] == EVENT:
                self.record_count += 1  # the record was read, should the flush fail
                self.flush()
                self.record_count -= 1
                continue
            self.play(record)
            row = end
        return True

    def _play_rows(self, block: Block, header: SegmentHeader, row: int, limit: Limit) -> int:
        """Let the compiled loop take what it can from a row on; the row at which it stopped."""
        loop, control = self._loop, self._loop.control
        agrees = loop.run(block.rows, block.first_sequence, row, limit.sequence, limit.time_ns)
        self.record_count += control.record_count
        self.event_count += control.event_count
        self.command_count += control.command_count
        if control.event_count:
            self.progress.note_latest(*loop.latest_keys(block.rows))
        stopped: int = control.cursor
        return stopped if agrees else self._end_differing(block, header, stopped, limit)

    def _end_differing(self, block: Block, header: SegmentHeader, row: int, limit: Limit) -> int:
        """Compare, in words, an event that the loop applied and found to give other commands than were recorded."""
        record, end = record_at_row(block, row, header)
        held = self.held = HeldEvent(record.sequence, record.content)
        self.record_count += 1
        while end < self._loop.control.next_row:
            record, end = record_at_row(block, end, header)
            self.play(record)
        following, _ = record_at_row(block, end, header)
        self.record_count += int(not limit.excludes(following))
        self.held = None
        self._end_event(held, self.machine.drain_commands())
        return end

    # --- record by record --------------------------------------------------------------------------------------------

    def play(self, record: JournalRecord) -> None:
        """Take one record of the journal.

        Raises
        ------
        DivergenceError
            The kernel gave other commands than were recorded, or came to another state.
        RecoveryError
            The journal's records contradict each other.
        """
        content, kind = record.content, kind_of(record.content)
        self.record_count += 1
        if kind == Kind.STRING:
            self.strings.learn(np.frombuffer(content, ROW))
        elif kind == Kind.EPOCH:
            self._begin_epoch(record)
        elif kind == Kind.COMMAND_CAUSE:
            self._take_cause(record)
        elif kind == Kind.STRATEGY_FAILED:
            self._take_failure(record)
        elif kind in (Kind.SNAPSHOT_TAKEN, Kind.SHUTDOWN):
            self.flush()
            self._compare_state(record)
        elif is_event(content):
            self.flush()
            self.held = HeldEvent(record.sequence, content)
        elif kind in COMMAND_KINDS:
            self._take_command(record)

    def _begin_epoch(self, record: JournalRecord) -> None:
        """Begin a boot; an event that nothing followed until here was applied after it."""
        if self.held is not None and self.held.command_count is not None:
            self.flush()
        self._set_mode(record.header)
        self.machine.apply(record.content)

    def _muted(self) -> frozenset[int]:
        if self._recomputing:
            return self.machine.open_strategies
        return frozenset(bound.index for bound in self.machine.bound)

    def _take_cause(self, record: JournalRecord) -> None:
        cause = np.frombuffer(record.content, LAYOUTS[Kind.COMMAND_CAUSE])[0]
        if self.held is None or int(cause["event_sequence"]) != self.held.sequence:
            raise RecoveryError(
                f"record {record.sequence} names record {cause['event_sequence']}, not the event before"
            )
        self.held.command_count = int(cause["command_count"])

    def _take_failure(self, record: JournalRecord) -> None:
        """Note a strategy that failed, unless its code was changed since: then it has another chance."""
        strategy = int(np.frombuffer(record.content, LAYOUTS[Kind.STRATEGY_FAILED])[0]["strategy"])
        described = record.header.identity.metadata.get("strategies", [])
        known = self.machine.setup.definitions
        if self.held is None or not 0 < strategy <= min(len(described), len(known)):
            return
        if described[strategy - 1]["code_hash"] == known[strategy - 1].code_hash:
            self.held.failed.append(strategy)

    def _take_command(self, record: JournalRecord) -> None:
        if self.held is None or self.held.command_count is None:
            raise RecoveryError(f"record {record.sequence} is a command without a cause")
        self.held.commands.append(record.content)

    def flush(self) -> None:
        """Apply the event that is held, if there is one."""
        held, self.held = self.held, None
        if held is None:
            return
        if len(held.commands) != (held.command_count or 0):
            raise RecoveryError(f"record {held.sequence} caused {held.command_count} commands; not all are there")
        muted = self._muted()
        emitted = self.machine.apply(held.record, [each for each in held.commands if strategy_of(each) in muted])
        self._end_event(held, emitted)

    def _end_event(self, held: HeldEvent, emitted: list[Record]) -> None:
        for strategy in held.failed:
            self.machine.halt(strategy)
        if self._recomputing:
            self._compare(held, emitted, self._muted())
        self.progress.note(held.record)
        self.event_count += 1
        self.command_count += len(held.commands)

    def finish(self) -> None:
        """Apply the event that is held at the journal's end; one without commands may never have been applied.

        That one is applied with all orders off, and nothing is compared.
        """
        if self.held is not None and self.held.command_count is None:
            self._recompute(False)
        self.flush()

    def _compare(self, held: HeldEvent, emitted: list[Record], muted: frozenset[int]) -> None:
        """Compare recomputed commands with recorded ones, byte by byte."""
        wanted = [comparable(each, bool(muted)) for each in held.commands if strategy_of(each) not in muted]
        got = [comparable(each, bool(muted)) for each in emitted if strategy_of(each) not in muted]
        if wanted == got:
            return
        place = next(
            (n for n, (a, b) in enumerate(zip(wanted, got, strict=False)) if a != b), min(len(wanted), len(got))
        )
        raise DivergenceError(
            f"after record {held.sequence} the kernel gives another command {place + 1} than was recorded\n"
            f"  event:      {self._words(held.record, held.sequence)}\n"
            f"  recorded:   {self._words(wanted[place], held.sequence) if place < len(wanted) else 'none'}\n"
            f"  recomputed: {self._words(got[place], held.sequence) if place < len(got) else 'none'}"
        )

    def _words(self, record: Record, sequence: int) -> str:
        return RecordFormatter(self.strings).format(np.frombuffer(record, ROW), sequence)

    def _compare_state(self, record: JournalRecord) -> None:
        """Compare the state with a fingerprint in the journal, where the same code made all of both.

        What was refused of an open strategy is not in the journal, though it is in the counts of the state.
        """
        if not (self.all_recomputed and self._recomputing) or self.machine.open_strategies:
            return
        dtype = LAYOUTS[Kind(record.content[KIND_BYTE])]
        expected = int(np.frombuffer(record.content, dtype)[0]["state_hash"])
        if expected and expected != state_hash(self.machine):
            raise DivergenceError(
                f"the state before record {record.sequence} is not the one that was fingerprinted there"
            )
        self.hashes_checked += int(expected != 0)


def comparable(command: Record, masked: bool) -> Record:
    """Return a command for comparison; where open strategies' commands stand between, its place among all is masked."""
    offset = SEQUENCE_FIELD.get(Kind(kind_of(command)))
    if not masked or offset is None:
        return command
    return command[:offset] + b"\0" * 8 + command[offset + 8 :]


assert set(STRATEGY_FIELD) == {Kind.NEW_ORDER, Kind.CANCEL_ORDER, Kind.REPLACE_ORDER}


def same_code(code_hash: bytes, configuration_hash: bytes) -> Callable[[SegmentHeader], bool]:
    """Return whether a segment was written by this code and configuration, as a question about its header."""

    def asks(header: SegmentHeader) -> bool:
        identity = header.identity
        return (identity.code_hash, identity.configuration_hash) == (code_hash, configuration_hash)

    return asks
