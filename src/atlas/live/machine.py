"""The trader with its strategies, as driver, recovery and replay run it: one record in, the commands it caused out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from atlas.gateways.gateway import Record
from atlas.kernel.memory.compilation import PLAIN, EntryPoint
from atlas.kernel.trader.creation import create_trader
from atlas.kernel.trader.failure import fail_strategy
from atlas.kernel.trader.inputs import apply_input
from atlas.kernel.trader.recovery import COMMAND_BYTES, OPEN_IDS, RECORDED_VERBS, install_command
from atlas.kernel.trader.step import apply_event
from atlas.kernel.trader.verbs import VERB_ENTRY_POINTS
from atlas.live.setup import LiveSetup
from atlas.records.enums import FailurePolicy, OrderFlag
from atlas.records.errors import KernelError
from atlas.records.kinds import COMMAND_KINDS, MARKET_KINDS, OPERATOR_KINDS, REFERENCE_KINDS, REPORT_KINDS, Kind
from atlas.records.layout import LAYOUTS, MAXIMUM_ROWS, ROW_BYTES
from atlas.strategy.binding import BoundStrategy, bind_strategy
from atlas.strategy.failures import StrategyFailure, describe_failure

KIND_BYTE: Final = 20
HALTED: Final = 1
HALT_AND_CANCEL: Final = int(FailurePolicy.HALT_AND_CANCEL)
STRATEGY_FIELD: Final = {kind: int(LAYOUTS[kind].fields["strategy"][1]) for kind in (50, 51, 52)}  # type: ignore[index]
NOT_APPLIED: Final = frozenset(
    {Kind.STRING, Kind.LEASE, Kind.BOOT, Kind.SNAPSHOT_TAKEN, Kind.SHUTDOWN, Kind.FINGERPRINT}
)
EVENT_KINDS: Final = frozenset({*MARKET_KINDS, *REPORT_KINDS, *REFERENCE_KINDS, *OPERATOR_KINDS}) - NOT_APPLIED
INPUT_KINDS: Final = frozenset({*COMMAND_KINDS, *OPERATOR_KINDS})


def kind_of(record: Record) -> int:
    """Kind of a record."""
    return record[KIND_BYTE]


def time_of(record: Record) -> int:
    """Local time of a record, ns UTC."""
    return int.from_bytes(record[8:16], "little", signed=True)


def strategy_of(command: Record) -> int:
    """Strategy number of a command."""
    offset = STRATEGY_FIELD[kind_of(command)]
    return int.from_bytes(command[offset : offset + 2], "little")


def is_event(record: Record) -> bool:
    """Whether a journaled record was applied: what came in, and commands that were sent again."""
    kind = kind_of(record)
    if kind in COMMAND_KINDS:
        resent = int.from_bytes(record[22:24], "little") & OrderFlag.RESENT
        return bool(resent) or kind == Kind.ORDER_STATUS_REQUEST
    return kind in EVENT_KINDS


class OpenIds:
    """The order ids of open strategies, counted apart.

    Their commands are never recomputed, and what was refused of them is not known to a replay; so what they use up must
    not show in the ids of others.
    """

    def __init__(self) -> None:
        self.world: Any = None
        self._last = OPEN_IDS

    def __enter__(self) -> None:
        self._others = int(self.world["next_order_sequence"])
        self.world["next_order_sequence"] = self._last

    def __exit__(self, *error: object) -> None:
        self._last = int(self.world["next_order_sequence"])
        self.world["next_order_sequence"] = self._others


class SwitchedVerb:
    """A verb that is live, or takes recorded commands while its strategy is muted."""

    def __init__(self, live: EntryPoint, muted: EntryPoint, own_ids: OpenIds | None) -> None:
        self._live, self._muted, self._own_ids = live, muted, own_ids
        self.is_muted = False

    @property
    def address(self) -> int:
        """Address of the native function that is meant now."""
        return (self._muted if self.is_muted else self._live).address

    @property
    def callable(self) -> Callable[..., Any]:
        """What interpreted hooks call."""
        return self._call

    def _call(self, *arguments: Any) -> Any:
        if self.is_muted:
            return self._muted.callable(*arguments)
        if self._own_ids is None:
            return self._live.callable(*arguments)
        with self._own_ids:
            return self._live.callable(*arguments)


def switched_verbs(own_ids: OpenIds | None) -> dict[str, SwitchedVerb]:
    """Return the verbs of one strategy; those that make commands use `own_ids` where given."""
    return {
        name: SwitchedVerb(live, RECORDED_VERBS.get(name, live), own_ids if name in RECORDED_VERBS else None)
        for name, live in VERB_ENTRY_POINTS.items()
    }


class Machine:
    """The trader's block with its strategies bound.

    Parameters
    ----------
    setup : LiveSetup
        What it is made from.

    Attributes
    ----------
    block : Block
        The state.
    world : record
        The block's header row, in place.
    bound : list of BoundStrategy
        The strategies, in order.
    failures : list of StrategyFailure
        Hooks that ended with an error, oldest first; their strategies are halted.
    outputs : ndarray of int64, shape (n, 8)
        Rows that the last `apply` put out.
    """

    def __init__(self, setup: LiveSetup) -> None:
        self.setup = setup
        self.block = create_trader(setup.trader_setup())
        symbols = ["", *(instrument.symbol for instrument in setup.trader.instruments)]
        self._open_ids = OpenIds()
        self._verbs = [switched_verbs(self._open_ids if each.is_open else None) for each in setup.definitions]
        self.bound: list[BoundStrategy] = [
            bind_strategy(self.block, number, definition, setup.mode, symbols, verbs)
            for number, (definition, verbs) in enumerate(zip(setup.definitions, self._verbs, strict=True), 1)
        ]
        self.failures: list[StrategyFailure] = []
        self.outputs: npt.NDArray[np.int64] = np.zeros((0, 8), np.int64)
        self.world: Any = self.block.rows("world")[0]
        self._open_ids.world = self.world
        self._calls = self.block.rows("calls")[:1]
        self._output_rows = self.block.rows("outputs")["words"]
        self._command_rows = self.block.rows("commands")
        self._event = np.zeros(MAXIMUM_ROWS * ROW_BYTES // 8, np.int64)

    @property
    def open_strategies(self) -> frozenset[int]:
        """Numbers of the open strategies, whose commands are never recomputed."""
        return frozenset(bound.index for bound in self.bound if bound.definition.is_open)

    def halt(self, strategy: int) -> None:
        """Halt a strategy that is known to have failed; nothing is sent for it."""
        self.block.rows("strategies")["status"][strategy] = HALTED

    def mute(self, strategies: frozenset[int]) -> None:
        """Let exactly these strategies take recorded commands instead of sending; margin calls, where they are all."""
        self.world["muted"] = int(len(strategies) == len(self.bound))
        for bound, verbs in zip(self.bound, self._verbs, strict=True):
            for name, verb in verbs.items():
                verb.is_muted = bound.index in strategies
                if not PLAIN:
                    bound.memory[f"{name}_address"] = verb.address

    # --- running -----------------------------------------------------------------------------------------------------

    def apply(self, record: Record, recorded: Sequence[Record] = ()) -> list[Record]:
        """Apply one event.

        Parameters
        ----------
        record : bytes
            The event.
        recorded : sequence of bytes
            Commands that muted strategies gave at this event.

        Returns
        -------
        list of bytes
            The commands it caused, recorded ones included.
        """
        self._event.view(np.uint8)[: len(record)] = np.frombuffer(record, np.uint8)
        entry = apply_input if kind_of(record) in INPUT_KINDS else apply_event
        waiting = self._lay_out(recorded)
        self.drive(lambda: entry(self.block.address, self._event.ctypes.data))
        for command in waiting:
            if command[KIND_BYTE]:
                install_command(self.block.address, command.ctypes.data)
        self._calls[:] = 0
        self.outputs = self._drain_outputs()
        return self.drain_commands()

    def _lay_out(self, recorded: Sequence[Record]) -> npt.NDArray[np.uint8]:
        """Lay recorded commands out where muted verbs find them, shape (n, 128)."""
        content = b"".join(command.ljust(COMMAND_BYTES, b"\0") for command in recorded)
        waiting = np.frombuffer(content, np.uint8).reshape(-1, COMMAND_BYTES).copy()
        self._calls["function"], self._calls["record"] = waiting.ctypes.data, len(waiting)
        return waiting

    def drive(self, call: Callable[[], int]) -> int:
        """Call the kernel again until no hook fails any more; what it returns then."""
        while True:
            try:
                return call()
            except KeyboardInterrupt:
                raise
            except Exception as error:  # noqa: BLE001 - whatever a user's hook raises halts its strategy
                self._strategy_failed(error)

    def _strategy_failed(self, error: Exception) -> None:
        """Say which hook failed, and halt its strategy; the others go on."""
        world = self.world
        number = int(world["running_strategy"])
        if number == 0:
            raise KernelError(f"the kernel failed: {type(error).__name__}: {error}") from error
        bound = self.bound[number - 1]
        failure = describe_failure(error, bound.context, bound.definition)
        self.failures.append(failure)
        with self._open_ids if bound.definition.is_open else nullcontext():
            fail_strategy(self.block.address, number, failure.line, int(failure.code), HALT_AND_CANCEL)

    def _drain_outputs(self) -> npt.NDArray[np.int64]:
        world = self.world
        count = int(world["outputs_written"] - world["outputs_drained"])
        rows: npt.NDArray[np.int64] = self._output_rows[:count].copy()
        world["outputs_drained"] = world["outputs_written"]
        return rows

    def drain_commands(self) -> list[Record]:
        """Take the commands that the kernel gave."""
        world, slots = self.world, self._command_rows
        first, last = int(world["commands_read"]), int(world["commands_written"])
        commands = []
        for position in range(first, last):
            content: bytes = slots[position % len(slots)].tobytes()
            commands.append(content[: LAYOUTS[Kind(kind_of(content))].itemsize])
        world["commands_read"] = last
        return commands
