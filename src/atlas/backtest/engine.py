"""One backtest on the host's side: blocks are made, strategies bound, the compiled loop is driven to its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from atlas.backtest.actions import merged_records
from atlas.backtest.columns import HistoryColumns
from atlas.backtest.outputs import ROW_WORDS, OutputLog, Sink
from atlas.backtest.pace import Pace
from atlas.data.bars import BarHistory
from atlas.kernel import simulate as loop
from atlas.kernel.exchange.create import ExchangeParameters, FeeRule, create_exchange
from atlas.kernel.memory.block import ENTRY_BYTES, USED, Block
from atlas.kernel.memory.compilation import PLAIN
from atlas.kernel.memory.fingerprint import fingerprint
from atlas.kernel.memory.snapshot import index_rows, rebuild_index, restore_into, take_snapshot
from atlas.kernel.trader.creation import (
    AccountSetup,
    Capacities,
    StrategySetup,
    TraderSetup,
    create_trader,
)
from atlas.kernel.trader.failure import fail_strategy
from atlas.kernel.trader.restoration import restore_trader_into
from atlas.records.enums import FailurePolicy, Hook
from atlas.records.errors import KernelError, StrategyError
from atlas.records.kinds import Kind
from atlas.records.layout import RecordArray
from atlas.strategy.base import Strategy
from atlas.strategy.binding import BoundStrategy, bind_strategy
from atlas.strategy.definition import StrategyDefinition, definition_of
from atlas.strategy.failures import StrategyFailure, describe_failure
from atlas.strategy.looking_back import kept_bars

DAY_NS = 86_400_000_000_000
LONG_AGO = -(2**63) + 1
OUTPUT_MARGIN = 4_096
STOP_REASONS = {1: "equity fell below zero"}
POLICIES = ("stop", "halt")
NO_ACTIONS: RecordArray = np.empty((0, ROW_WORDS), np.int64)
# A simulated venue sends no late reports, so nothing is kept for them: what is small stays in the processor's cache.
BACKTEST_CAPACITIES = Capacities(tombstones=1, executions=1, notices=4_096, commands=4_096)


@dataclass(frozen=True, slots=True)
class EngineSetup:
    """What a backtest is made of, besides its strategies and its data.

    Parameters
    ----------
    accounts : sequence of AccountSetup
        One a strategy, or one for all.
    fees : FeeRule
        Of the simulated venue.
    exchange : ExchangeParameters
        How it reads bars.
    order_latency_ns, report_latency_ns : int
        Constant delays of commands and of reports, at least 0.
    close_fills : bool
        Whether what is asked for at a bar's close takes part in that close, a relaxation.
    aggregate_ns : int
        Length of the bars handed to strategies; 0 for the data's own.
    history : int or None
        Bars that hooks may look back; None for as many as their text shows.
    equity_interval_ns : int
        Distance of equity points; a divisor of a day.
    rates : dict of str to float
        Conversion rates into the first account's currency, as they are at the start.
    changes : int64 array, shape (n, 4), optional
        Rates, memberships and delistings to come: see `atlas.backtest.universe.changes_of`.
    mode : {"auto", "compiled", "interpreted"}
        How hooks run.
    on_error : {"stop", "halt"}
        A failed hook ends the run, or only its strategy, whose orders are cancelled.
    actions : array of rows (n, 8)
        Splits and dividends, as `actions_of` gives them.
    journal_commands : bool
        Whether commands are put into the outputs, for a journal.
    """

    accounts: Sequence[AccountSetup] = (AccountSetup(),)
    fees: FeeRule = field(default_factory=FeeRule)
    exchange: ExchangeParameters = field(default_factory=ExchangeParameters)
    order_latency_ns: int = 0
    report_latency_ns: int = 0
    close_fills: bool = False
    aggregate_ns: int = 0
    history: int | None = None
    equity_interval_ns: int = DAY_NS
    rates: dict[str, float] = field(default_factory=dict)
    changes: npt.NDArray[np.int64] | None = None
    seed: int = 0
    mode: str = "auto"
    require_compiled: bool = False
    on_error: str = "stop"
    actions: RecordArray = field(default_factory=lambda: NO_ACTIONS)
    journal_commands: bool = False
    capacities: Capacities = BACKTEST_CAPACITIES


class Engine:
    """A backtest from its blocks to its end.

    Parameters
    ----------
    history : BarHistory
        Shared with any other engine: nothing writes to it.
    strategies : sequence of Strategy or StrategyDefinition
        Definitions that are there already save reading the strategies' sources again.
    setup : EngineSetup
    sink : callable, optional
        Is handed the outputs as they come, and which of them are commands: see `OutputLog`.
    beside : bool
        Whether other threads run other engines meanwhile: the compiled loop lets go of Python's lock, and hears of
        Ctrl-C by `interrupt` alone. Without effect where a strategy is not compiled.

    Attributes
    ----------
    trader, venue, link : Block
        The machines and the queues between them.
    bound : list of BoundStrategy
        The strategies, in order.
    failures : list of StrategyFailure
        Hooks that ended with an error, oldest first.
    stopped_reason : str
        Why the run ended before its data did; empty where it did not.
    interrupted : bool
        Whether it ended because somebody asked it to.
    wall_seconds : float
        How long the loop ran.
    """

    def __init__(
        self,
        history: BarHistory,
        strategies: Sequence[Strategy | StrategyDefinition],
        setup: EngineSetup,
        sink: Sink | None = None,
        *,
        beside: bool = False,
    ) -> None:
        self.history, self.setup = history, setup
        self.definitions = [
            strategy if isinstance(strategy, StrategyDefinition) else definition_of(strategy) for strategy in strategies
        ]
        self.trader = create_trader(self._trader_setup())
        self.venue = create_exchange(
            dict(enumerate(history.instruments, 1)), fees=setup.fees, parameters=setup.exchange
        )
        self.records = merged_records(history, setup.actions)
        self.opens = open_order(history, self.records)
        self.link = create_link(history, self.records, self.opens, setup)
        self._set_boundaries()
        symbols = ["", *history.symbols]
        compile = "require" if setup.require_compiled else "allow"
        columns = HistoryColumns(history)
        self.bound: list[BoundStrategy] = [
            bind_strategy(self.trader, number, definition, setup.mode, symbols, compile=compile, columns=columns)
            for number, definition in enumerate(self.definitions, 1)
        ]
        self._simulate: Callable[..., int] = loop.simulate
        if beside and not PLAIN and all(bound.mode == "compiled" for bound in self.bound):
            self._simulate = partial(loop.simulate_beside, loop.simulate.address)
            self.link.rows("wire")["attention"] = loop.NOBODY
        self.log = OutputLog(self.trader, sink)
        self.failures: list[StrategyFailure] = []
        self.stopped_reason = ""
        self.interrupted = False
        self.pace = Pace()
        self.wall_seconds = 0.0
        self.started = False

    def _trader_setup(self) -> TraderSetup:
        setup, rows = self.setup, len(self.history.instruments) + 1
        lengths = [specification.length_ns for specification in self.history.specifications]
        return TraderSetup(
            instruments=self.history.instruments,
            accounts=setup.accounts,
            strategies=[
                strategy_setup(definition, min(number, len(setup.accounts) - 1), rows)
                for number, definition in enumerate(self.definitions)
            ],
            rates=setup.rates,
            seed=setup.seed,
            bar_length_ns=min(lengths),
            aggregate_ns=setup.aggregate_ns,
            history_length=kept_bars(self.definitions, setup.history),
            equity_interval_ns=setup.equity_interval_ns,
            exact_venue=True,
            capacities=setup.capacities,
        )

    def _set_boundaries(self) -> None:
        """Set the first equity point and the first end of a day at or after the first event."""
        world, first = self.trader.rows("world")[0], int(self.records["local_time_ns"][0])
        interval = self.setup.equity_interval_ns
        world["quiet_until_ns"] = LONG_AGO
        world["next_equity_time_ns"] = first + -first % interval
        world["next_day_time_ns"] = first + -first % DAY_NS

    # --- running -----------------------------------------------------------------------------------------------------

    def run(
        self, progress: Callable[[int, int], None] | None = None, asked_to_end: Callable[[], bool] | None = None
    ) -> None:
        """Run to the end of the data.

        Parameters
        ----------
        progress : callable, optional
            Is told records done and records in all, some twenty times a second.
        asked_to_end : callable, optional
            Is asked as often; where it says so, the run ends there, `interrupted`.

        Raises
        ------
        StrategyError
            A hook failed and the policy is to stop; what was done until then is in the outputs.
        """
        trader, venue, link = self.trader.address, self.venue.address, self.link.address
        self.advance(len(self.records), progress, asked_to_end)
        if self.interrupted:
            return
        begin = time.perf_counter()
        try:
            self._drive(lambda: loop.finish(trader, venue, link))
        finally:
            self.wall_seconds += time.perf_counter() - begin
            self.log.drain()

    def advance(
        self,
        total: int,
        progress: Callable[[int, int], None] | None = None,
        asked_to_end: Callable[[], bool] | None = None,
    ) -> None:
        """Run until `total` records are done, as `run` does, and stop there: for a snapshot, or to go on."""
        begin = time.perf_counter()
        trader = self.trader.address
        try:
            if not self.started:
                self._drive(lambda: loop.start_strategies(trader))
                self.started = True
            self._run_records(total, progress, asked_to_end)
        finally:
            self.wall_seconds += time.perf_counter() - begin
            self.log.drain()

    def _run_records(
        self, total: int, progress: Callable[[int, int], None] | None, asked_to_end: Callable[[], bool] | None
    ) -> None:
        trader, venue, link = self.trader.address, self.venue.address, self.link.address
        stop = int(self.trader.rows("world")[0]["cursor"])
        while True:
            stop = min(stop + self.pace.records, total)
            self.pace.begin()
            status = self._drive(lambda stop=stop: self._simulate(trader, venue, link, stop))  # type: ignore[misc]
            self.pace.end()
            if status == loop.INTERRUPTED:
                raise KeyboardInterrupt
            if status == loop.STOPPED:
                reason = int(self.trader.rows("world")[0]["stopped_reason"])
                self.stopped_reason = STOP_REASONS.get(reason, f"reason {reason}")
                return
            if progress is not None:
                progress(stop, total)
            if stop >= total:
                return
            if asked_to_end is not None and asked_to_end():
                self.interrupted = True
                return

    def interrupt(self) -> None:
        """End a run that goes on in another thread, soon: it raises KeyboardInterrupt there."""
        self.link.rows("wire")["attention"] = loop.TOLD_TO_STOP

    def _drive(self, call: Callable[[], int]) -> int:
        """Call the loop again until it needs nothing of the host any more; returns its last status."""
        while True:
            try:
                status = call()
            except KeyboardInterrupt:
                raise
            except Exception as error:  # noqa: BLE001 - whatever a user's hook may raise
                self._strategy_failed(error)
                continue
            self.log.drain()
            if status != loop.OUTPUTS_FULL:
                return status

    def _strategy_failed(self, error: Exception) -> None:
        """Say which hook failed; stop the run, or halt the strategy and let the others go on."""
        world = self.trader.rows("world")[0]
        number = int(world["running_strategy"])
        if number == 0:
            raise KernelError(f"the kernel failed: {type(error).__name__}: {error}") from error
        bound = self.bound[number - 1]
        hook = Hook(int(world["running_hook"]))
        failure = describe_failure(error, bound.context, bound.definition, hook)
        self.failures.append(failure)
        policy = FailurePolicy.STOP if self.setup.on_error == "stop" else FailurePolicy.HALT_AND_CANCEL
        fail_strategy(self.trader.address, number, failure.line, int(failure.code), int(policy))
        self.log.drain()
        if self.setup.on_error == "stop":
            raise StrategyError(
                f"{failure.error}: {failure.message}", failure.file, failure.line, failure.hook, failure.strategy
            ) from error

    # --- half a run --------------------------------------------------------------------------------------------------

    def snapshot(self) -> bytes:
        """Return the state between two calls of `advance`; what was put out until then is not in it."""
        self.log.drain()
        parts = [take_snapshot(block) for block in (self.trader, self.venue, self.link)]
        return b"".join(len(part).to_bytes(8, "little") + part for part in parts)

    def resume(self, content: bytes) -> None:
        """Bring a new engine of the same data and strategies to a snapshot's state; `run` goes on from there.

        Raises
        ------
        RecoveryError, JournalError, CapacityError
            The snapshot can't be carried over.
        """
        parts, start = [], 0
        for _ in range(3):
            size = int.from_bytes(content[start : start + 8], "little")
            parts.append(content[start + 8 : start + 8 + size])
            start += 8 + size
        wire: Any = self.link.rows("wire")[0]
        records, opens = int(wire["records_address"]), int(wire["opens_address"])
        restore_trader_into(self.trader, parts[0])
        restore_into(self.venue, parts[1], rebuilders=(rebuild_order_index,))
        restore_into(self.link, parts[2])
        wire["records_address"], wire["opens_address"] = records, opens
        self.started = True

    # --- what it came to ---------------------------------------------------------------------------------------------

    @property
    def seen_records(self) -> RecordArray:
        """The records that were run: bars, splits and dividends in their order."""
        records: RecordArray = self.records[: int(self.trader.rows("world")[0]["cursor"])]
        return records

    @property
    def seen_bars(self) -> int:
        """Bars of the history that were run."""
        return int(np.count_nonzero(self.seen_records["kind"] == Kind.BAR))

    def fingerprint(self) -> str:
        """Hash of the final state and of every output row, in order; equal for runs that did the same."""
        import hashlib

        digest = hashlib.blake2b(fingerprint(self.trader).encode(), digest_size=16)
        digest.update(np.ascontiguousarray(self.log.rows).view(np.uint8).data)
        return digest.hexdigest()


def strategy_setup(definition: StrategyDefinition, account: int, instruments: int) -> StrategySetup:
    """Return a strategy's place in the block."""
    universe = definition.scope == "universe"
    return StrategySetup(definition.name, account, universe, definition.state_bytes_for(instruments))


def open_order(history: BarHistory, records: RecordArray) -> npt.NDArray[np.int64] | None:
    """Return record numbers by the start of their bars; None where that is the records' own order."""
    if len(history.specifications) == 1 and records is history.records:
        return None
    lengths = np.array([specification.length_ns for specification in history.specifications], dtype=np.int64)
    is_bar = records["kind"] == Kind.BAR
    starts = records["venue_time_ns"] - np.where(is_bar, lengths[np.where(is_bar, records["side"], 0)], 0)
    if bool(np.all(starts[1:] >= starts[:-1])):
        return None
    return np.argsort(starts, kind="stable").astype(np.int64)


def rebuild_order_index(venue: Block) -> None:
    """Fill the venue's index of orders, which a snapshot doesn't hold."""
    first, rows = index_rows(venue, "orders", "first_client_order_id")
    newest, slots = index_rows(venue, "orders", "client_order_id")
    renamed = newest != first
    rebuild_index(
        venue, "order_index", np.concatenate([first, newest[renamed]]), np.concatenate([rows, slots[renamed]])
    )


def create_link(
    history: BarHistory, records: RecordArray, opens: npt.NDArray[np.int64] | None, setup: EngineSetup
) -> Block:
    """Make the block that joins trader and venue."""
    instruments = len(history.instruments) + 1
    lengths = [specification.length_ns for specification in history.specifications]
    points = 8 * instruments + 64 + (0 if setup.changes is None else len(setup.changes))
    block = Block(loop.LINK, {"wire": 1, "specifications": len(lengths), "scheduled": instruments, "points": points})
    if setup.changes is not None:
        put_changes(block, setup.changes)
    block.rows("specifications")["length_ns"] = lengths
    wire: Any = block.rows("wire")[0]
    wire["records_address"] = int(records.ctypes.data)
    wire["opens_address"] = 0 if opens is None else int(opens.ctypes.data)
    wire["record_count"], wire["longest_bar_ns"] = len(records), max(lengths)
    wire["order_latency_ns"], wire["report_latency_ns"] = setup.order_latency_ns, setup.report_latency_ns
    uniform = len(lengths) == 1 and records is history.records
    wire["uniform"], wire["journal_on"] = int(uniform), int(setup.journal_commands)
    wire["now_ns"], wire["close_fills"] = LONG_AGO, int(setup.close_fills)
    wire["output_margin"] = OUTPUT_MARGIN
    return block


def put_changes(link: Block, changes: npt.NDArray[np.int64]) -> None:
    """Put the changes to come among the points of bars, before those of the same time; they are in order, so a heap."""
    rows, count = link.rows("points"), len(changes)
    rows["due_ns"][:count], rows["kind"][:count] = changes[:, 0], changes[:, 1]
    rows["index"][:count], rows["value"][:count] = changes[:, 2], changes[:, 3]
    rows["sequence"][:count] = np.arange(count) - count
    entry = loop.POINTS.entry
    link.bytes[entry : entry + ENTRY_BYTES].view(np.int64)[USED // 8] = count
