"""From configuration to a trading process: locks, epoch, recovery, and the driver that goes on."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from atlas.gateways.gateway import Gateway
from atlas.journal.format import Durability, JournalIdentity
from atlas.journal.lock import RELEASED, AccountLock, Holder, Lease
from atlas.journal.reader import JournalReader
from atlas.journal.snapshots import SnapshotStore
from atlas.journal.writer import JournalWriter
from atlas.kernel.memory.compilation import EntryPoint
from atlas.live.driver import Driver, Rows, Stage, Timing
from atlas.live.machine import Machine
from atlas.live.playing import HeldEvent
from atlas.live.reconciliation import Reconciliation
from atlas.live.recovery import SNAPSHOT_FOLDER, Recovered, has_journal, recover
from atlas.live.setup import LiveSetup
from atlas.live.state import Progress
from atlas.records.enums import LAYOUT_VERSION, BootReason
from atlas.records.kinds import Kind
from atlas.records.layout import blank, repeat_headers

BUFFER_ROWS: Final = 65_536
"""Room for all commands of one event, so that they become durable together."""


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """Where and how a run lives.

    Parameters
    ----------
    folder : pathlib.Path
        The run's: journal and snapshots. A run that is there is gone on with.
    account : str
        The account at the venue.
    locks : pathlib.Path
        Folder of the accounts' locks and leases, the same for all processes.
    durability : Durability
        What is waited for before anything acts on the world.
    timing : Timing
        When to ask and to save.
    lease_ns, grace_ns : int
        How long the lease lasts, and how long after its end nobody else takes it.
    """

    folder: Path
    account: str
    locks: Path
    durability: Durability = Durability.PROCESS
    timing: Timing = field(default_factory=Timing)
    lease_ns: int = 10_000_000_000
    grace_ns: int = 1_000_000_000


class LiveSession:
    """A trading process: a context whose end releases lease, journal and account.

    Attributes
    ----------
    driver : Driver
        Once entered.
    recovered : Recovered or None
        What was brought back; None in a run's first process.
    """

    def __init__(
        self,
        setup: LiveSetup,
        options: LiveOptions,
        gateway: Gateway,
        observe: Callable[[Stage], None] | None = None,
        sink: Callable[[Rows], None] | None = None,
    ) -> None:
        self.setup, self.options, self.gateway = setup, options, gateway
        self.observe: Callable[[Stage], None] = observe or (lambda stage: None)
        self.sink = sink
        self.recovered: Recovered | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    def run(self) -> None:
        """Trade until the venue's session is over, then end in order."""
        self.driver.run(self.reconciliation.overdue)
        self.driver.close()

    # --- opening -----------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        options = self.options
        lock = self._stack.enter_context(AccountLock(options.locks, options.account, Holder.of_this_process()))
        machine = Machine(self.setup)
        prepare_kernel()
        progress, unfinished, last_epoch = Progress(), None, 0
        if has_journal(options.folder):
            self.recovered = recover(machine, options.folder)
            progress, unfinished = self.recovered.progress, self.recovered.unfinished
            last_epoch = self.recovered.epoch
        self.lease = Lease(options.locks / f"{lock.path.stem}.lease", options.lease_ns, options.grace_ns, lock.holder)
        epoch = acquire_epoch(self.lease, last_epoch)
        journal = self._open_journal(epoch)
        self._stack.callback(journal.abandon)
        self._write_boot(machine, journal, epoch, last_epoch)
        self.observe(Stage.BOOTED)
        self._connect(machine, journal, epoch, progress, unfinished)

    def _open_journal(self, epoch: int) -> JournalWriter:
        options, run_id = self.options, uuid.uuid4()
        if self.recovered is not None:
            run_id = JournalReader(options.folder).headers[0].identity.run_id
        identity = JournalIdentity(
            run_id,
            epoch,
            time.time_ns(),
            self.setup.configuration_hash,
            self.setup.code_hash,
            self.setup.trader.seed,
            self.setup.metadata(),
        )
        opened = JournalWriter.create if self.recovered is None else JournalWriter.resume
        return opened(options.folder, identity, durability=options.durability, buffer_rows=BUFFER_ROWS)

    def _write_boot(self, machine: Machine, journal: JournalWriter, epoch: int, last_epoch: int) -> None:
        """Put the boot and its epoch into the journal, synced: no id of an earlier boot comes again."""
        boot: Any = blank(Kind.BOOT)
        boot["local_time_ns"] = boot["venue_time_ns"] = time.time_ns()
        boot["code_hash"] = int.from_bytes(self.setup.code_hash[:8], "little")
        boot["configuration_hash"] = int.from_bytes(self.setup.configuration_hash[:8], "little")
        boot["epoch"], boot["seed"], boot["layout_version"] = epoch, self.setup.trader.seed, LAYOUT_VERSION
        boot["boot_reason"] = BootReason.FRESH if self.recovered is None else BootReason.RECOVERY
        boot["journal_sequence"] = journal.next_sequence
        repeat_headers(boot)
        begun: Any = blank(Kind.EPOCH)
        begun["local_time_ns"] = begun["venue_time_ns"] = boot["local_time_ns"]
        begun["epoch"], begun["previous_epoch"] = epoch, last_epoch
        begun["first_order_sequence"] = int(machine.world["next_order_sequence"]) + 1
        journal.append(boot.tobytes())
        journal.append(begun.tobytes())
        journal.commit()
        journal.sync()
        machine.apply(begun.tobytes())

    def _connect(
        self, machine: Machine, journal: JournalWriter, epoch: int, progress: Progress, unfinished: HeldEvent | None
    ) -> None:
        """Finish what was begun, open the gateway, and ask about what is unanswered before anything new is sent."""
        snapshots = SnapshotStore(self.options.folder / SNAPSHOT_FOLDER)
        self.driver = Driver(
            machine,
            journal,
            self.gateway,
            self.lease,
            snapshots,
            progress,
            self.options.timing,
            self.observe,
            self.sink,
        )
        self.reconciliation = Reconciliation(self.driver)
        fresh = self.driver.finish(unfinished.sequence, unfinished.record) if unfinished is not None else []
        self._stack.callback(self.gateway.close)
        self.gateway.connect(epoch, progress.position)
        if self.recovered is not None:
            self.reconciliation.after_start({command_id(command) for command in fresh})
        self.driver.send(fresh)


def open_session(
    setup: LiveSetup,
    options: LiveOptions,
    gateway: Gateway,
    observe: Callable[[Stage], None] | None = None,
    sink: Callable[[Rows], None] | None = None,
) -> LiveSession:
    """Make a trading process; enter it as a context, then call `LiveSession.run`.

    Parameters
    ----------
    setup : LiveSetup
        What trades.
    options : LiveOptions
        Where and how.
    gateway : Gateway
        To the venue; not connected.
    observe, sink : callable, optional
        See `Driver`.

    Returns
    -------
    LiveSession
        Entering it raises `LeaseError` where another process trades the account, naming it; `DivergenceError` where
        the same code no longer gives what the journal says; and what `recover` raises.
    """
    return LiveSession(setup, options, gateway, observe, sink)


def prepare_kernel() -> None:
    """Load or compile every entry point that is imported, before a lease is taken: a first compilation outlasts it."""
    for point in list(EntryPoint.registry.values()):
        _ = point.callable


def acquire_epoch(lease: Lease, last_epoch: int) -> int:
    """Take the lease, and with it an epoch above every one before; the caller holds the account's lock.

    A lease that another process of this machine left behind ends at once: it no longer holds the lock, so it has ended.
    """
    now_ns, left = time.time_ns(), lease.read()
    if left is not None and left.holder.host == lease.holder.host and left.expire_time_ns != RELEASED:
        ended = Lease(lease.path, 0, holder=left.holder)
        ended.epoch, ended.expire_time_ns = left.epoch, left.expire_time_ns
        ended.release(min(now_ns, left.expire_time_ns - 1))
    epoch = lease.acquire(now_ns)
    while epoch <= last_epoch:
        epoch = lease.acquire(now_ns)
    return epoch


def command_id(command: bytes) -> int:
    """Client order id of a command."""
    return int.from_bytes(command[24:32], "little", signed=True)
