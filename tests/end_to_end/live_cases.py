"""Sessions of a live driver with the mock venue, each in processes of their own that may be killed anywhere."""

from __future__ import annotations

import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from atlas.gateways.mock import Behaviour, MockSession, Script, run_venue
from atlas.journal.format import Durability
from atlas.journal.reader import JournalReader
from atlas.kernel.indicators import SMA
from atlas.kernel.trader.creation import AccountSetup, Capacities, TraderSetup
from atlas.live.driver import Stage, Timing
from atlas.live.playing import Player, journal_records
from atlas.live.session import LiveOptions, LiveSession, open_session
from atlas.live.setup import LiveSetup
from atlas.records.commands import NEW_ORDER
from atlas.records.enums import NULL, ExecutionType, RejectReason
from atlas.records.errors import AtlasError
from atlas.records.instruments import Instrument
from atlas.records.kinds import Kind
from atlas.records.reports import EXECUTION_REPORT
from atlas.strategy.base import Strategy

STEPS = 26
CLEAN, FAILED = 0, 3
SECOND_NS = 1_000_000_000


class Swing(Strategy):
    """Buys and sells fixed quantities by the count of bars; rests a limit order, changes it and cancels it."""

    count: int = 0
    resting: int = 0
    fills: int = 0
    average: SMA = SMA(3)

    def on_bar(self, ctx, bar):  # type: ignore[no-untyped-def]
        self.count += 1
        mean = self.average.update(bar.close)
        if self.count % 4 == 1:
            ctx.buy(bar.instrument, 10)
        if self.count % 5 == 0 and bar.close > 0.5 * mean:
            ctx.sell(bar.instrument, 7)
        if self.count == 6:
            self.resting = ctx.buy(bar.instrument, 3, limit=bar.close * 0.9)
        if self.count == 9:
            ctx.replace(self.resting, quantity=4)
        if self.count == 12:
            ctx.cancel(self.resting)

    def on_fill(self, ctx, fill):  # type: ignore[no-untyped-def]
        self.fills += 1


class Rewritten(Swing):
    """Decides as `Swing` does, in other words: another version of the code."""

    def on_bar(self, ctx, bar):  # type: ignore[no-untyped-def]
        self.count = self.count + 1
        bars = self.count
        mean = self.average.update(bar.close)
        if bars % 4 == 1:
            ctx.buy(bar.instrument, 5.0 + 5.0)
        if bars % 5 == 0 and bar.close > mean / 2.0:
            ctx.sell(bar.instrument, 7)
        if bars == 6:
            self.resting = ctx.buy(bar.instrument, 3, limit=bar.close * 0.9)
        elif bars == 9:
            ctx.replace(self.resting, quantity=4)
        elif bars == 12:
            ctx.cancel(self.resting)


class Opposite(Strategy):
    """Decides otherwise from the first bar on."""

    count: int = 0

    def on_bar(self, ctx, bar):  # type: ignore[no-untyped-def]
        self.count += 1
        ctx.sell(bar.instrument, 1)


class Loose(Strategy):
    """An open strategy: decides as `Swing` does, from a list and a dictionary of its own."""

    open = True
    version = 2

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        self.closes: list[float] = []
        self.orders: dict[str, int] = {}

    def on_bar(self, ctx, bar):  # type: ignore[no-untyped-def]
        self.closes.append(bar.close)
        count = len(self.closes)
        if count % 4 == 1:
            ctx.buy(bar.instrument, 10)
        if count % 5 == 0 and bar.close > 0.5 * sum(self.closes[-3:]) / len(self.closes[-3:]):
            ctx.sell(bar.instrument, 7)
        if count == 6:
            self.orders["resting"] = ctx.buy(bar.instrument, 3, limit=bar.close * 0.9)
        if count == 9:
            ctx.replace(self.orders["resting"], quantity=4)
        if count == 12:
            ctx.cancel(self.orders["resting"])

    def save(self) -> bytes:
        return repr((self.closes, self.orders)).encode()

    def load(self, state: bytes, version: int) -> None:
        import ast

        assert version == self.version
        self.closes, self.orders = ast.literal_eval(state.decode())


def trader_setup() -> TraderSetup:
    """Two instruments, one account, tables small enough to be made in a moment."""
    room = Capacities(orders=64, tombstones=256, executions=256, timers=16, notices=256, commands=256, outputs=4096)
    return TraderSetup(
        [Instrument("AAA"), Instrument("BBB")],
        [AccountSetup(initial_cash=1_000_000.0, leverage=4.0)],
        seed=7,
        capacities=room,
    )


def script(steps: int = STEPS) -> Script:
    """Two instruments; each kind of treatment once; every seventh step is quiet."""
    rise = [100 + (13 * step) % 11 for step in range(1, steps + 1)]
    quiet = [step % 7 == 0 for step in range(1, steps + 1)]
    closes = [
        [NULL if still else price * 10**9, NULL if still or step % 2 else (price + 40) * 10**9]
        for step, (price, still) in enumerate(zip(rise, quiet, strict=True), 1)
    ]
    behaviours = {
        2: Behaviour(acknowledge_after=3, fill_after=2, parts=2),
        3: Behaviour(duplicates=1),
        4: Behaviour(lose_answer=True, fill_after=4),
        5: Behaviour(acknowledge_after=2, fill_after=0),
        6: Behaviour(parts=3, fill_after=2),
        7: Behaviour(reject=int(RejectReason.VENUE_BROKER_CREDIT)),
        8: Behaviour(lose_answer=True, lose_fills=True, silent_asks=1),
        9: Behaviour(lose_answer=True, reject=int(RejectReason.VENUE_CLOSED)),
        10: Behaviour(fill_after=0),
        11: Behaviour(acknowledge_after=4, fill_after=1),
    }
    return Script(closes, start_ns=1_700_000_000_000_000_000, interval_ns=60 * SECOND_NS, behaviours=behaviours)


TIMING = Timing(doubt_after_ns=180 * SECOND_NS, compare_every_ns=300 * SECOND_NS, snapshot_events=25)


@dataclass
class Outcome:
    """What a run came to, but for what differs between runs by nature: ids and times."""

    positions: list[int]
    cash: list[int]
    fees: list[int]
    intents: list[Any] = field(repr=False)


@dataclass
class Case:
    """A run in a folder of its own.

    Parameters
    ----------
    folder : pathlib.Path
        For venue, run and locks.
    strategy : type or tuple of type
        What trades, all on one account.
    """

    folder: Path
    strategy: type[Strategy] | tuple[type[Strategy], ...] = Swing
    script: Script = field(default_factory=script)
    timing: Timing = TIMING
    lease_ns: int = 60 * SECOND_NS
    durability: Durability = Durability.PROCESS
    venue_process: int = 0

    @property
    def run_folder(self) -> Path:
        return self.folder / "run"

    @property
    def address(self) -> Path:
        return self.folder / "venue.sock"

    def options(self) -> LiveOptions:
        return LiveOptions(
            self.run_folder,
            "demo",
            self.folder / "locks",
            self.durability,
            self.timing,
            lease_ns=self.lease_ns,
            grace_ns=0,
        )

    def setup(self) -> LiveSetup:
        kinds = self.strategy if isinstance(self.strategy, tuple) else (self.strategy,)
        return LiveSetup(trader_setup(), [kind() for kind in kinds])

    def session(self, observe: Callable[[Stage], None] | None = None) -> LiveSession:
        return open_session(self.setup(), self.options(), MockSession(self.script, self.address), observe)

    # --- processes ---------------------------------------------------------------------------------------------------

    def start_venue(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.venue_process = forked(lambda: run_venue(self.script, self.folder / "venue.log", self.address))

    def kill_venue(self) -> None:
        os.kill(self.venue_process, signal.SIGKILL)
        os.waitpid(self.venue_process, 0)

    def trade(self, kill_at: int = 0, stop_at: int = 0, every_stage: bool = True) -> int:
        """Fork a trading process that kills or stops itself at a stage (0: never); its number."""
        saboteur = Saboteur(kill_at, stop_at, self.folder / "stages", every_stage)
        return forked(lambda: self.trade_here(saboteur))

    def trade_here(self, observe: Callable[[Stage], None] | None = None) -> None:
        """Trade in this process until the session is over."""
        with self.session(observe) as session:
            session.run()

    def run_to_end(self) -> None:
        """Trade in processes of their own until one ends in order."""
        for _ in range(4):
            if wait(self.trade()) == CLEAN:
                return
        raise AssertionError(f"{self.folder}: the run does not end")


# Before these nothing has changed outside the process since the stage before: a kill there is a kill at that one.
INWARD = frozenset({Stage.TAKEN, Stage.APPLIED, Stage.COMMANDS_APPENDED, Stage.SENDING, Stage.ASKING})


@dataclass
class Saboteur:
    """Counts stages, all or those that differ from outside; kills or stops its own process at one."""

    kill_at: int
    stop_at: int
    path: Path
    every_stage: bool = True
    count: int = 0

    def __call__(self, stage: Stage) -> None:
        if stage in INWARD and not self.every_stage:
            return
        self.count += 1
        if self.count == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.count == self.stop_at:
            os.kill(os.getpid(), signal.SIGSTOP)
        if stage == Stage.CLOSING:
            self.path.write_text(str(self.count))


def forked(work: Callable[[], None]) -> int:
    """Run `work` in a child that never returns here; its process number."""
    sys.stdout.flush()
    sys.stderr.flush()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # other threads of the parent: the child uses none of them
        child = os.fork()
    if child:
        return child
    status = FAILED
    try:
        work()
        status = CLEAN
    except AtlasError as error:
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
    except BaseException:  # noqa: BLE001 - a child must not go on as its parent
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(status)


def wait_until_stopped(child: int) -> None:
    """Wait until a child has stopped itself."""
    assert os.WIFSTOPPED(os.waitpid(child, os.WUNTRACED)[1])


def wait(child: int) -> int:
    """Wait for a child; its exit status, below 0 for the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def outcome(case: Case) -> Outcome:
    """Read what a run came to out of its journal, by replay."""
    from atlas.live.machine import Machine
    from atlas.live.state import Progress

    machine = Machine(case.setup())
    player = Player(machine, Progress(), lambda header: False)
    reader = JournalReader(case.run_folder)
    player.begin(reader, 0)
    intents: dict[int, dict[str, Any]] = {}
    for record in journal_records(reader):
        player.play(record)
        note_intent(intents, record.content)
    player.flush()
    accounts, positions = machine.block.rows("accounts"), machine.block.rows("positions")
    return Outcome(
        positions["quantity_units"].tolist(),
        machine.block.rows("cash")["balance_money"].tolist(),
        accounts["fees_money"].tolist(),
        list(intents.values()),
    )


def note_intent(intents: dict[int, dict[str, Any]], content: bytes) -> None:
    """Collect orders and their fills, each execution once."""
    kind = content[20]
    if kind == Kind.NEW_ORDER:
        order = np.frombuffer(content, NEW_ORDER)[0]
        terms = [int(order[name]) for name in ("instrument", "side", "quantity_units", "price_units")]
        intents.setdefault(int(order["client_order_id"]), {"terms": terms, "fills": {}})
    elif kind == Kind.EXECUTION_REPORT:
        report = np.frombuffer(content, EXECUTION_REPORT)[0]
        if report["execution_type"] in (ExecutionType.FILL, ExecutionType.PARTIAL_FILL) and report["execution_id"]:
            fill = [int(report[name]) for name in ("last_quantity_units", "last_price_units", "fee_money")]
            identity = int(report["client_order_id"])
            identity = identity if identity in intents else int(report["reference_id"])
            intents[identity]["fills"][int(report["execution_id"])] = fill


def venue_orders(case: Case) -> list[list[int]]:
    """Terms of every order that the venue ever had, in order of arrival."""
    from atlas.gateways.mock.venue import Venue, VenueLog

    venue = Venue(case.script, VenueLog(case.folder / "venue.log"))
    return [
        [int(order.command[name]) for name in ("instrument", "side", "quantity_units", "price_units")]
        for order in venue.orders.orders
    ]
