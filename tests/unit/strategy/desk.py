"""A desk to try strategies at: a real trader's block, and verbs that only note how they were called."""

from __future__ import annotations

from typing import Any

import numpy as np

from atlas.kernel.memory.block import Block
from atlas.kernel.memory.compilation import entry_point, kernel_function
from atlas.kernel.memory.intrinsics import call_hook, call_python, store, store_float
from atlas.kernel.trader.tables import TRADER, output_address, world_row
from atlas.kernel.trader.views import VERBS, VerbError
from atlas.records.enums import Hook
from atlas.strategy.base import Strategy
from atlas.strategy.binding import BoundStrategy, bind_strategy
from atlas.strategy.columns import ColumnSeries
from atlas.strategy.definition import VIEWS, context_offset, definition_of

NOT_FINITE, NOT_POSITIVE = int(VerbError.NOT_FINITE), int(VerbError.NOT_POSITIVE)
UNKNOWN_INSTRUMENT = int(VerbError.UNKNOWN_INSTRUMENT)
INSTRUMENTS = ["", "AAPL", "MSFT"]
OUTPUT_ROWS = 4096


@kernel_function
def note(world: int, verb: int, instrument: int, first: int, second: int, value: float, other: float) -> int:
    """Write down a call and give its number."""
    header = world_row(world, 0)
    place = output_address(world, header.outputs_written % OUTPUT_ROWS)
    store(place, verb)
    store(place + 8, instrument)
    store(place + 16, first)
    store(place + 24, second)
    store_float(place + 32, value)
    store_float(place + 40, other)
    count: int = header.outputs_written + 1
    header.outputs_written = count
    return count


@entry_point(VERBS["place"])
def place(  # noqa: PLR0917
    world: int,
    strategy: int,
    instrument: int,
    side: int,
    order_type: int,
    time_in_force: int,
    kind: int,
    expire: int,
    quantity: float,
    limit: float,
    stop: float,
    loss: float,
    profit: float,
) -> int:
    if quantity - quantity != 0.0:
        return NOT_FINITE
    if quantity <= 0.0:
        return NOT_POSITIVE
    note(world, 1, instrument, expire, time_in_force, loss, profit)
    return note(world, 2, instrument, side * 100 + order_type * 10 + kind, strategy, quantity, limit + stop)


@entry_point(VERBS["place_with_terms"])
def place_with_terms(  # noqa: PLR0917
    world: int,
    strategy: int,
    instrument: int,
    side: int,
    order_type: int,
    time_in_force: int,
    kind: int,
    expire: int,
    quantity: float,
    limit: float,
    stop: float,
    loss: float,
    profit: float,
    flags: int,
    trailing: float,
    fraction: float,
) -> int:
    if quantity - quantity != 0.0:
        return NOT_FINITE
    note(world, 12, instrument, flags, time_in_force, trailing, fraction)
    return note(world, 13, instrument, side * 100 + order_type * 10 + kind, strategy, quantity, stop)


@entry_point(VERBS["target"])
def target(world: int, strategy: int, instrument: int, kind: int, rebalance: int, value: float) -> int:
    if value - value != 0.0:
        return NOT_FINITE
    if instrument < 1 or instrument > 2:
        return UNKNOWN_INSTRUMENT
    return note(world, 3, instrument, kind, rebalance, value, 0.0)


@entry_point(VERBS["cancel"])
def cancel(world: int, strategy: int, order: int) -> int:
    return note(world, 4, 0, order, 0, 0.0, 0.0)


@entry_point(VERBS["link"])
def link(world: int, strategy: int, first: int, second: int) -> int:
    return note(world, 11, 0, first, second, 0.0, 0.0)


@entry_point(VERBS["replace"])
def replace(world: int, strategy: int, order: int, quantity: float, limit: float, stop: float) -> int:
    return note(world, 5, 0, order, 0, quantity, limit)


@entry_point(VERBS["cancel_all"])
def cancel_all(world: int, strategy: int, instrument: int) -> int:
    return note(world, 6, instrument, 0, 0, 0.0, 0.0)


@entry_point(VERBS["set_timer"])
def set_timer(world: int, strategy: int, instrument: int, timer: int, due: int, interval: int) -> int:
    return note(world, 7, instrument, timer, due, float(interval), 0.0)


@entry_point(VERBS["cancel_timer"])
def cancel_timer(world: int, strategy: int, timer: int) -> int:
    return note(world, 8, 0, timer, 0, 0.0, 0.0)


@entry_point(VERBS["log"])
def log(  # noqa: PLR0917
    world: int,
    strategy: int,
    instrument: int,
    text: int,
    count: int,
    a: float,
    b: float,
    c: float,
    d: float,
    e: float,
    f: float,
    g: float,
    h: float,
) -> int:
    return note(world, 9, instrument, text, count, a, b)


@entry_point(VERBS["signal"])
def signal(world: int, strategy: int, instrument: int, strength: float) -> int:
    return note(world, 10, instrument, 0, 0, strength, 0.0)


@entry_point(VERBS["query"])
def query(world: int, strategy: int, instrument: int, what: int) -> float:
    return 2.0 if what == 11 else 1000.0 * what + instrument


@entry_point(VERBS["history"])
def history(world: int, strategy: int, instrument: int, field: int, ago: int) -> float:
    return 100.0 * field + 10.0 * instrument - ago


@entry_point(VERBS["column"])
def column(world: int, strategy: int, instrument: int, number: int, ago: int) -> float:
    return 1000.0 * number + 10.0 * instrument - ago


@entry_point(VERBS["random"])
def random(world: int, strategy: int, instrument: int, kind: int) -> float:
    return 0.25 + kind


FAKES = {
    "place": place,
    "place_with_terms": place_with_terms,
    "target": target,
    "cancel": cancel,
    "link": link,
    "replace": replace,
    "cancel_all": cancel_all,
    "set_timer": set_timer,
    "cancel_timer": cancel_timer,
    "log": log,
    "signal": signal,
    "query": query,
    "history": history,
    "column": column,
    "random": random,
}
assert set(FAKES) == set(VERBS)


@entry_point("i8(i8, i8, i8, i8, i8)")
def call_one(mode: int, function: int, record: int, context: int, payload: int) -> int:
    """Call one hook as the kernel does."""
    if mode == 0:
        call_hook(function, record, context, payload)
    else:
        call_python(function)
    return 0


class FakeColumns:
    """Further columns without a row: the fake verb makes values up."""

    names = ("score", "other", "third", "signal", "weight")

    def series(self, name: str) -> list[ColumnSeries]:
        return [ColumnSeries(np.zeros(0, np.int64), np.zeros(0))] * 2


class Desk:
    """One strategy in one mode.

    Parameters
    ----------
    strategy : Strategy
        To be tried.
    mode : str
        As `bind_strategy` takes it.
    """

    def __init__(self, strategy: Strategy | type[Strategy], mode: str, **options: Any) -> None:
        rows = {table.name: 8 for table in TRADER.tables}
        rows.update(state=1 << 14, calls=16 * 2 * 3, outputs=OUTPUT_ROWS)
        self.block = Block(TRADER, rows)
        world = self.block.rows("world")[0]
        world["strategy_count"], world["instrument_count"], world["clock_ns"] = 2, 3, 1_700_000_000_123_456_789
        self.definition = definition_of(strategy)  # type: ignore[arg-type]
        self.bound: BoundStrategy = bind_strategy(
            self.block, 1, self.definition, mode, INSTRUMENTS, verbs=FAKES, columns=FakeColumns(), **options
        )

    def call(self, hook: Hook, instrument: int = 1, **payload: Any) -> None:
        """Write the payload and call the hook of an instrument."""
        name = VIEWS[hook][0] if hook in VIEWS else "bar"
        view = self.bound.memory[name]
        for field, value in payload.items():
            view[field] = value
        if "instrument" in (view.dtype.names or ()):
            view["instrument"] = instrument
        self.bound.memory["instrument"] = instrument
        row = self.block.rows("calls")[(int(hook) * 2 + 1) * 3 + instrument]
        context = self.bound.context_address
        offset = context_offset(hook)
        mode = int(self.block.rows("strategies")[1]["mode"])
        call_one(mode, int(row["function"]), int(row["record"]), context, context + offset)

    def bars(self, closes: Any, instrument: int = 1) -> None:
        """Call `on_bar` for each close."""
        for number, close in enumerate(closes):
            values = {"open": close - 0.5, "high": close + 1.0, "low": close - 1.0, "close": close, "volume": 1000.0}
            self.call(Hook.ON_BAR, instrument, time_ns=number * 60_000_000_000, **values)

    @property
    def notes(self) -> list[tuple[Any, ...]]:
        """What the verbs noted: (verb, instrument, two words, two floats)."""
        count = int(self.block.rows("world")[0]["outputs_written"])
        rows = self.block.rows("outputs")["words"][:count].copy()
        return [(*row[:4].tolist(), *row[4:6].view(np.float64).tolist()) for row in rows]

    @property
    def state(self) -> bytes:
        """Bytes of all instances."""
        return self.block.rows("state").tobytes()

    def field(self, name: str, instance: int = 1) -> Any:
        """Return a field of an instance's record."""
        row = self.block.rows("strategies")[1]
        size = int(row["state_bytes"])
        start = int(row["state_offset"]) + size * instance
        dtype = self.definition.layout.dtype
        record = self.block.rows("state").view(np.uint8)[start : start + dtype.itemsize].view(dtype)
        return record[name][0]


def both(strategy: Strategy | type[Strategy]) -> tuple[Desk, Desk]:
    """Return a desk in each mode; the first is compiled, or interpreted too where nothing is compiled."""
    return Desk(strategy, "compiled"), Desk(strategy, "interpreted")


def same_notes(first: Desk, second: Desk) -> bool:
    """Whether two desks noted the same calls, NaN being equal to itself."""
    return repr(first.notes) == repr(second.notes)
