"""The live loop: an event is journaled, made durable, applied; its commands are journaled, made durable, sent.

It reads as a backtest does, with a gateway where that has an exchange and the world where that has a file. At any line
the process may end: what is durable then says all there is to know, see `recovery` and `reconciliation`.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from atlas.gateways.gateway import Gateway, Record
from atlas.journal.lock import Lease
from atlas.journal.snapshots import SnapshotStore
from atlas.journal.writer import JournalWriter
from atlas.kernel.trader.recovery import resolved_units
from atlas.live.machine import Machine, kind_of
from atlas.live.state import Progress, save_state, state_hash
from atlas.records.commands import NEW_ORDER
from atlas.records.enums import ExecutionType, OrderStatus, QuantityKind, RejectReason, TransactionType
from atlas.records.errors import LeaseError
from atlas.records.kinds import MARKET_KINDS, Kind
from atlas.records.layout import blank, repeat_headers

Rows = npt.NDArray[np.int64]
KIND_SHIFT: Final = 32


class Stage(StrEnum):
    """Where the driver stands; an observer is told each time."""

    BOOTED = "boot and epoch are durable"
    TAKEN = "an event was taken and is not journaled"
    APPENDED = "the event is in the journal's buffer"
    DURABLE = "the event is durable and not applied"
    APPLIED = "the event is applied, its commands are not journaled"
    COMMANDS_APPENDED = "its commands are in the journal's buffer"
    COMMANDS_DURABLE = "its commands are durable and not sent"
    SENDING = "a command is about to be sent"
    SENT = "a command was handed to the gateway"
    ASKING = "the venue is about to be asked"
    ASKED = "the venue has answered, the answer is not journaled"
    SNAPSHOT = "a snapshot is on the disk"
    CLOSING = "the session is over, the journal is not closed"


@dataclass(frozen=True, slots=True)
class Timing:
    """When the driver does what no event asks for.

    Parameters
    ----------
    doubt_after_ns : int
        An order without an answer for so long, by the trader's clock, is asked about.
    compare_every_ns : int
        How often working orders are compared with the venue's list; 0 for at the start only.
    snapshot_events : int
        A snapshot is taken after so many events; 0 for never.
    """

    doubt_after_ns: int = 10_000_000_000
    compare_every_ns: int = 0
    snapshot_events: int = 0


class Driver:
    """Live trading of one account.

    Parameters
    ----------
    machine : Machine
        The trader and its strategies, at the state that the journal says.
    journal : JournalWriter
        Open.
    gateway : Gateway
        Connected.
    lease : Lease
        Acquired; without it nothing is sent.
    snapshots : SnapshotStore
        Where snapshots go.
    progress : Progress
        How far the run has got.
    timing : Timing
        When it asks and saves.
    observe : callable, optional
        Is told each stage.
    sink : callable, optional
        Is handed the rows that each event put out, shape (n, 8) int64.

    Attributes
    ----------
    words : deque of bytes
        Operator records waiting to be taken; anybody may append.
    event_count : int
        Events taken since this process started.
    """

    def __init__(
        self,
        machine: Machine,
        journal: JournalWriter,
        gateway: Gateway,
        lease: Lease,
        snapshots: SnapshotStore,
        progress: Progress,
        timing: Timing | None = None,
        observe: Callable[[Stage], None] | None = None,
        sink: Callable[[Rows], None] | None = None,
    ) -> None:
        self.machine, self.journal, self.gateway, self.lease = machine, journal, gateway, lease
        self.snapshots, self.progress = snapshots, progress
        self.timing = timing or Timing()
        self.observe = observe or (lambda stage: None)
        self.sink = sink
        self.words: deque[Record] = deque()
        self.event_count = 0

    # --- the loop ----------------------------------------------------------------------------------------------------

    def run(self, after_each: Callable[[], None]) -> None:
        """Trade until the gateway says that the session is over.

        Parameters
        ----------
        after_each : callable
            Looks, after each batch, after orders without an answer.

        Raises
        ------
        LeaseError
            The lease ran out or another process trades the account: nothing more is sent.
        GatewayError
            The venue is lost. Start again: that is the way back.
        """
        if not self.progress.started:
            self.take(self._stamped(Kind.OPERATOR_START))
        while (batch := self.gateway.poll()) is not None:
            for record in batch:
                self.take(record)
            if not any(kind_of(record) in MARKET_KINDS for record in batch):
                self.take(self._clock())
            while self.words:
                self.take(self.words.popleft())
            after_each()
            self._keep_lease()
            self._keep_snapshot()

    def take(self, record: Record) -> None:
        """Take one event through to its commands' sending."""
        self.observe(Stage.TAKEN)
        sequence = self.journal.append(record)
        self.observe(Stage.APPENDED)
        self.journal.commit()
        self.observe(Stage.DURABLE)
        self.send(self.finish(sequence, record))

    def finish(self, sequence: int, record: Record) -> list[Record]:
        """Apply a durable event and make its commands durable; they are not sent yet."""
        commands = self.machine.apply(record)
        self.observe(Stage.APPLIED)
        self.progress.note(record)
        self.event_count += 1
        if self.sink is not None:
            self.sink(self.machine.outputs)
        failures = self._failures()
        if commands or failures:
            cause = [self._cause(sequence, record, len(commands))] if commands else []
            for consequence in (*cause, *commands, *failures):
                self.journal.append(consequence)
            self.observe(Stage.COMMANDS_APPENDED)
            self.journal.commit()
            self.observe(Stage.COMMANDS_DURABLE)
        return commands

    def _failures(self) -> list[Record]:
        """Failed hooks among what the last event put out."""
        rows = self.machine.outputs
        kinds = rows[:, 2] >> KIND_SHIFT & 0xFF
        return [row.tobytes() for row in rows[kinds == Kind.STRATEGY_FAILED]]

    def send(self, commands: Sequence[Record]) -> None:
        """Hand durable commands to the venue, in order.

        Raises
        ------
        LeaseError
            The lease has run out.
        """
        for command in commands:
            self.observe(Stage.SENDING)
            self.require_lease()
            wire = self.wire(command)
            if wire is None:
                self.take(self._nothing_to_send(command))
                continue
            self.gateway.send(wire)
            self.observe(Stage.SENT)

    def wire(self, command: Record) -> Record | None:
        """Return a command as the venue gets it: quantities stated as notional or weight resolved at the mark.

        None where they come to nothing.
        """
        if kind_of(command) != Kind.NEW_ORDER:
            return command
        order = np.frombuffer(command, NEW_ORDER).copy()
        if order["quantity_kind"][0] == QuantityKind.UNITS:
            return command
        units = resolved_units(self.machine.block.address, int(order["client_order_id"][0]))
        order["quantity_units"], order["quantity_kind"], order["quantity_value"] = units, QuantityKind.UNITS, np.nan
        return order.tobytes() if units > 0 else None

    # --- keeping -----------------------------------------------------------------------------------------------------

    def require_lease(self) -> None:
        """Make sure that nobody else may be trading the account.

        Raises
        ------
        LeaseError
            The lease has run out, as it does while a process is stopped.
        """
        if not self.lease.is_current(time.time_ns()):
            raise LeaseError(f"the lease {self.lease.path} has run out: nothing is sent; start again")

    def _keep_lease(self) -> None:
        now_ns = time.time_ns()
        if self.lease.expire_time_ns - now_ns < self.lease.duration_ns // 2:
            self.lease.renew(now_ns)

    def _keep_snapshot(self) -> None:
        every = self.timing.snapshot_events
        if every and self.event_count >= every:
            self.event_count = 0
            self.snapshot()

    def snapshot(self) -> None:
        """Save the state, and say so in the journal."""
        self.journal.sync()
        blob, schema = save_state(self.machine, self.progress.position, self.progress.started)
        sequence, setup = self.journal.next_sequence, self.machine.setup
        clock = int(self.machine.world["clock_ns"])
        self.snapshots.save(blob, sequence, schema, setup.code_hash, clock)
        self.observe(Stage.SNAPSHOT)
        taken = self._stamped_array(Kind.SNAPSHOT_TAKEN)
        taken["journal_sequence"], taken["byte_count"] = sequence - 1, len(blob)
        taken["state_hash"] = state_hash(self.machine)
        self.journal.append(taken.tobytes())
        self.journal.commit()

    def close(self) -> None:
        """End the session in order: the state's fingerprint stands last in the journal."""
        self.observe(Stage.CLOSING)
        end = self._stamped_array(Kind.SHUTDOWN)
        end["epoch"], end["journal_sequence"] = self.journal.identity.boot_epoch, self.journal.next_sequence - 1
        end["state_hash"], end["clean"] = state_hash(self.machine), 1
        self.journal.append(end.tobytes())
        self.journal.close()
        self.gateway.close()
        self.lease.release(time.time_ns())

    # --- records of its own ------------------------------------------------------------------------------------------

    def _stamped_array(self, kind: Kind) -> Any:
        record = blank(kind)
        record["venue_time_ns"] = record["local_time_ns"] = self.gateway.now_ns()
        return record

    def _stamped(self, kind: Kind) -> Record:
        content: Record = self._stamped_array(kind).tobytes()
        return content

    def _clock(self) -> Record:
        clock = self._stamped_array(Kind.CLOCK)
        clock["clock_time_ns"] = clock["local_time_ns"]
        content: Record = clock.tobytes()
        return content

    def _cause(self, sequence: int, record: Record, count: int) -> Record:
        cause = blank(Kind.COMMAND_CAUSE)
        cause["venue_time_ns"] = cause["local_time_ns"] = int(self.machine.world["clock_ns"])
        cause["event_sequence"], cause["event_kind"] = sequence, kind_of(record)
        cause["first_command_sequence"], cause["command_count"] = self.journal.next_sequence + 1, count
        content: Record = cause.tobytes()
        return content

    def _nothing_to_send(self, command: Record) -> Record:
        """Refuse an order that comes to no quantity, as a venue would."""
        order, report = np.frombuffer(command, NEW_ORDER)[0], self._stamped_array(Kind.EXECUTION_REPORT)
        for name in ("instrument", "side", "client_order_id", "account", "strategy", "order_type"):
            report[name] = order[name]
        report["execution_type"], report["order_status"] = ExecutionType.REJECTED, OrderStatus.REJECTED
        report["transaction_type"], report["reject_reason"] = TransactionType.NEW, RejectReason.REQUEST_QUANTITY
        repeat_headers(report)
        content: Record = report.tobytes()
        return content
