"""A live run in one process: the mock venue without sockets, and a driver over it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from atlas.gateways.gateway import Position
from atlas.gateways.mock import Behaviour, Script
from atlas.gateways.mock.codec import Frame, FrameType
from atlas.gateways.mock.venue import Venue, VenueLog
from atlas.journal.format import JournalIdentity
from atlas.journal.lock import Lease
from atlas.journal.reader import JournalReader
from atlas.journal.snapshots import SnapshotStore
from atlas.journal.writer import JournalWriter
from atlas.kernel.trader.creation import AccountSetup, Capacities, TraderSetup
from atlas.live.driver import Driver, Timing
from atlas.live.machine import Machine
from atlas.live.playing import journal_records
from atlas.live.reconciliation import Reconciliation
from atlas.live.setup import LiveSetup
from atlas.live.state import Progress
from atlas.records.enums import NULL
from atlas.records.instruments import Instrument
from atlas.records.kinds import Kind
from atlas.records.layout import blank
from atlas.strategy.base import Strategy

PRICE, UNIT, SECOND_NS = 10**9, 10**8, 10**9


class Buyer(Strategy):
    """Buys ten at every second bar."""

    count: int = 0
    size: float = 10.0

    def on_bar(self, ctx, bar):  # type: ignore[no-untyped-def]
        self.count += 1
        if self.count % 2 == 1:
            ctx.buy(bar.instrument, self.size)


class Link:
    """A gateway straight into a `Venue`.

    `is_silent` loses every answer to a question; a venue that `is_deaf` reads no command that is handed to it.
    """

    def __init__(self, script: Script, path: Path) -> None:
        self.script, self.path, self.venue = script, path, Venue(script, VenueLog(path))
        self.step, self.sent, self.is_silent, self.is_deaf = 0, [], False, False  # type: ignore[var-annotated]

    def restart_venue(self) -> None:
        """Kill the venue and start it again: its log is all that is left of it."""
        self.venue.log.close()
        self.venue, self.is_deaf = Venue(self.script, VenueLog(self.path)), False

    def connect(self, epoch: int, position: Position) -> None:
        self.step = 0 if position.time_ns == NULL else self.script.step_at(position.time_ns)
        self.venue.handle(Frame(FrameType.HELLO, epoch), 0)

    def now_ns(self) -> int:
        return self.script.time_ns(self.step)

    def _ask(self, frame: Frame) -> Any:
        return self.venue.handle(frame, self.venue.epoch)

    def poll(self) -> Sequence[bytes] | None:
        self.step += 1
        answer = self._ask(Frame(FrameType.STEP, self.step))
        if answer.type == FrameType.OVER:
            return None
        return [self._stamped(record) for record in answer.records]

    def _stamped(self, record: bytes) -> bytes:
        rows = np.frombuffer(record, np.int64).copy().reshape(-1, 8)
        rows[:, 1] = self.now_ns()
        return rows.tobytes()

    def send(self, command: bytes) -> None:
        self.sent.append(command)
        if self.is_deaf:
            return
        self._ask(Frame(FrameType.COMMAND, 0, (command,)))

    def ask(self, request: bytes) -> Sequence[bytes]:
        answer = self._ask(Frame(FrameType.ASK, 0, (request,)))
        return [] if self.is_silent else [self._stamped(record) for record in answer.records]

    def open_orders(self) -> Sequence[bytes]:
        return [self._stamped(record) for record in self._ask(Frame(FrameType.OPEN_ORDERS)).records]

    def close(self) -> None:
        self.step = 0


class Run:
    """A driver with all it needs, in a folder."""

    def __init__(
        self,
        folder: Path,
        *behaviours: Behaviour,
        strategy: Strategy | Sequence[Strategy] | None = None,
        closes: Sequence[int] = (100, 101, 102, 103, 104, 105, 106, 107),
        timing: Timing | None = None,
        mode: str = "auto",
        account: AccountSetup | None = None,
    ) -> None:
        prices = [[NULL if close == NULL else close * PRICE] for close in closes]
        script = Script(prices, interval_ns=60 * SECOND_NS, behaviours=dict(enumerate(behaviours, 1)))
        self.folder = folder
        strategies = [strategy or Buyer()] if isinstance(strategy, Strategy | None) else strategy
        self.setup = LiveSetup(trader_setup(account), strategies, mode)
        self.machine = Machine(self.setup)
        identity = JournalIdentity(
            uuid.UUID(int=1), 1, 0, self.setup.configuration_hash, self.setup.code_hash, 0, self.setup.metadata()
        )
        self.journal = JournalWriter.create(folder / "run", identity)
        self.link = Link(script, folder / "venue.log")
        self.link.connect(1, Position())
        self.lease = Lease(folder / "lease", 3600 * SECOND_NS)
        self.lease.acquire(time.time_ns())
        snapshots = SnapshotStore(folder / "run" / "snapshots")
        self.driver = Driver(
            self.machine, self.journal, self.link, self.lease, snapshots, Progress(), timing or Timing(60 * SECOND_NS)
        )
        self.reconciliation = Reconciliation(self.driver)
        self.driver.take(stamped(Kind.OPERATOR_START))

    def steps(self, count: int) -> None:
        """Play some steps, without looking after orders that have no answer."""
        for _ in range(count):
            for record in self.link.poll() or ():
                self.driver.take(record)

    def records(self) -> list[bytes]:
        """Every record of the journal."""
        self.journal.commit()
        return [record.content for record in journal_records(JournalReader(self.folder / "run"))]

    def kinds(self) -> list[Kind]:
        return [Kind(record[20]) for record in self.records()]

    def orders(self) -> Any:
        return self.machine.block.rows("orders")[self.machine.block.live("orders")]

    def position(self) -> int:
        return int(self.machine.block.rows("positions")["quantity_units"][1])


def trader_setup(account: AccountSetup | None = None) -> TraderSetup:
    room = Capacities(orders=64, tombstones=256, executions=256, timers=16, notices=256, commands=256, outputs=4096)
    accounts = [account or AccountSetup(initial_cash=1_000_000.0)]
    return TraderSetup([Instrument("AAA")], accounts, seed=7, capacities=room)


def stamped(kind: Kind, time_ns: int = 0, **fields: Any) -> bytes:
    record = blank(kind)
    record["venue_time_ns"] = record["local_time_ns"] = time_ns
    for name, value in fields.items():
        record[name] = value
    return record.tobytes()
