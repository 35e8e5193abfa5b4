"""A strategy placed in a trader's block: state in the arena, context beside it, addresses in the table of calls."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from atlas.kernel.memory.block import ENTRY_BYTES, Block
from atlas.kernel.memory.compilation import PLAIN
from atlas.kernel.memory.intrinsics import structure_of
from atlas.kernel.trader.tables import STATE, WORLD
from atlas.kernel.trader.views import CONTEXT, VERBS
from atlas.records.enums import Hook
from atlas.records.errors import CapacityError, StrategyError
from atlas.strategy.base import Strategy
from atlas.strategy.columns import ColumnSource, entries_of
from atlas.strategy.context import LiveContext, live_context
from atlas.strategy.definition import VIEWS, Member, StrategyDefinition, context_offset
from atlas.strategy.fields import INSTANCE, suggestion, symbol_field
from atlas.strategy.interpreted import instance_at, instance_type

MODES = ("auto", "compiled", "interpreted")
COMPILED, INTERPRETED = 0, 1
USED_WORD = 3
BAR_FIELD_BITS = {
    "instrument": 0,
    "open": 1,
    "high": 2,
    "low": 4,
    "close": 8,
    "volume": 16,
    "time_ns": 32,
    "start_ns": 32,
    "specification": 32,
}
ALL_BAR_FIELDS = 63
UNIVERSE = 1
# Symbols that an error lists.
MOST_NAMED = 10


class BoundStrategy:
    """A strategy ready to be called by the kernel; made by `bind_strategy`. Keep it as long as the block runs.

    Attributes
    ----------
    definition : StrategyDefinition
        What was bound.
    mode : str
        ``compiled`` or ``interpreted``.
    fallback_reason : str
        Why it is interpreted although ``auto`` was asked for; else empty.
    context : LiveContext
        View of the context's memory.
    memory : numpy.ndarray of CONTEXT, shape (1,)
        The context itself, at an address that is a multiple of 64.
    instances : list
        In interpreted mode the objects whose hooks run, by instance.
    """

    def __init__(
        self,
        block: Block,
        index: int,
        definition: StrategyDefinition,
        instruments: Sequence[str],
        verbs: Mapping[str, Any],
        columns: ColumnSource | None = None,
    ) -> None:
        self.block, self.index, self.definition = block, index, definition
        self.instruments = list(instruments)
        self.mode = "interpreted"
        self.fallback_reason = ""
        self.instances: list[Any] = []
        self.callbacks: list[Any] = []
        self.libraries: list[Any] = []
        self._buffer = np.zeros(CONTEXT.itemsize + 64, np.uint8)
        start = -self._buffer.ctypes.data % 64
        self.memory = self._buffer[start : start + CONTEXT.itemsize].view(CONTEXT)
        self.memory["world"] = block.address
        self.memory["strategy"] = index
        count = int(block.rows("world")["instrument_count"][0])
        self.memory["targets_address"] = block.rows("targets")[index * count :].ctypes.data
        self.memory["instrument_count"] = count
        row = world_structure().from_address(int(block.rows("world").ctypes.data))
        callables = {name: verbs[name].callable for name in VERBS}
        symbols = self.instruments if definition.is_open else ()
        self.columns, names = entries_of(definition, columns, len(self.instruments))
        self.memory["columns_address"], self.memory["column_count"] = self.columns.entries.ctypes.data, len(names)
        kept = int(block.rows("world")["history_length"][0])
        self.context: LiveContext = live_context(self.memory, callables, row, symbols, names, kept)
        if not PLAIN:
            for name in VERBS:
                self.memory[f"{name}_address"] = verbs[name].address

    @property
    def context_address(self) -> int:
        """Address of the context."""
        return int(self.memory.ctypes.data)

    @property
    def texts(self) -> dict[int, str]:
        """Texts of log lines by number, those an open strategy has logged so far included."""
        return {**self.definition.texts, **self.context.texts}

    @property
    def instance_count(self) -> int:
        """How many instances of the state there are."""
        return len(self.instruments) if self.definition.scope == "instrument" else 1

    def instance_of(self, instrument: int) -> int:
        """Return the number of the instance that looks after an instrument."""
        return instrument if self.definition.scope == "instrument" else 0

    def save(self) -> list[bytes]:
        """Return what `save` of each instance of an open strategy gives."""
        return [instance.save() for instance in self.instances] if self.definition.is_open else []

    def load(self, states: Sequence[bytes], version: int) -> None:
        """Hand back to each instance of an open strategy what `save` gave."""
        for instance, state in zip(self.instances, states, strict=True):
            instance.load(state, version)

    def payload(self, hook: Hook) -> Any:
        """Return the view of what happened that interpreted hooks are handed."""
        return structure_of(VIEWS[hook][1]).from_address(self.context_address + context_offset(hook))


@functools.cache
def world_structure() -> Any:
    """Return the view of the block's row of `world` that contexts read the clock from."""
    return structure_of(WORLD.dtype)


def bind_strategy(
    block: Block,
    strategy_index: int,
    definition: StrategyDefinition,
    mode: str = "auto",
    instruments: Sequence[Any] = (),
    verbs: Mapping[str, Any] | None = None,
    compile: str = "allow",
    restored: bool = False,
    columns: ColumnSource | None = None,
) -> BoundStrategy:
    """Place a strategy in a trader's block, so that the kernel can call its hooks.

    Its state is put at the end of what is used of the table `state` and initialized; its row in `strategies` and its
    rows in `calls` are filled in. The counts of instruments and strategies in the row of `world` have to be set.

    Parameters
    ----------
    block : Block
        Of a trader.
    strategy_index : int
        Its number, from 1; 0 is `external`.
    definition : StrategyDefinition
        What to bind.
    mode : str
        ``auto`` (compiled where possible), ``compiled`` or ``interpreted``.
    instruments : sequence of str or of objects with `symbol`
        Instruments of the run by number.
    verbs : mapping of str to EntryPoint, optional
        The kernel's verbs; those of the trader when left out.
    compile : str
        ``require``: a hook that can't be compiled is an error in mode ``auto`` too.
    restored : bool
        Whether the block holds this strategy's state already: it comes from a snapshot, or was copied.
    columns : ColumnSource, optional
        Further columns of the run's data.

    Returns
    -------
    BoundStrategy
        It allocates nothing while events are handled.

    Raises
    ------
    StrategyError
        The mode is unknown, a symbol or a column is, or a hook can't be compiled where that is required.
    CapacityError
        The arena is too small.
    """
    if mode not in MODES:
        raise StrategyError(f"the mode is one of {', '.join(MODES)}, not {mode!r}{suggestion(mode, MODES)}")
    if verbs is None:
        from atlas.kernel.trader.verbs import VERB_ENTRY_POINTS

        verbs = VERB_ENTRY_POINTS
    symbols = [getattr(instrument, "symbol", instrument) for instrument in instruments]
    bound = BoundStrategy(block, strategy_index, definition, symbols, verbs, columns)
    if len(symbols) != int(block.rows("world")[0]["instrument_count"]):
        raise StrategyError(f"the block has other instruments than the {len(symbols)} named", strategy=definition.name)
    offset = 0
    if not definition.is_open:
        offset = placed_state(bound) if restored else place_state(bound)
        fill_symbols(bound, offset)
    functions = compiled_functions(bound, mode, compile)
    fill_strategy_row(bound, offset)
    if functions is None:
        make_instances(bound, offset)
    fill_calls(bound, offset, functions)
    return bound


def place_state(bound: BoundStrategy) -> int:
    """Take room in the arena, write the first state of every instance, and return the offset in bytes."""
    block, definition = bound.block, bound.definition
    words = block.bytes[STATE.entry : STATE.entry + ENTRY_BYTES].view(np.int64)
    offset = int(words[USED_WORD]) * 8
    offset += -offset % 64
    size = definition.state_bytes_for(len(bound.instruments))
    end = offset + size * bound.instance_count
    arena = block.rows("state").view(np.uint8)
    if end > len(arena):
        message = f"the states of {definition.name} need {end - offset:,} bytes, {len(arena) - offset:,} are left"
        raise CapacityError(message)
    words[USED_WORD] = end // 8
    first = arena[offset : offset + size]
    definition.initialize(first, len(bound.instruments))
    arena[offset:end].reshape(bound.instance_count, size)[1:] = first
    records_of(bound, offset)[INSTANCE] = np.arange(bound.instance_count)
    return offset


def placed_state(bound: BoundStrategy) -> int:
    """Return the offset in bytes of a state that a restored block holds already."""
    row = bound.block.rows("strategies")[bound.index]
    size, wanted = int(row["state_bytes"]), bound.definition.state_bytes_for(len(bound.instruments))
    if size != wanted or int(row["state_count"]) != bound.instance_count:
        name = bound.definition.name
        raise StrategyError(
            f"the block's state of {name} has {size:,} bytes, its fields need {wanted:,}", strategy=name
        )
    return int(row["state_offset"])


def records_of(bound: BoundStrategy, offset: int) -> np.ndarray[Any, Any]:
    """Return the records of all instances as a structured array, shape (instance_count,), over the block itself."""
    size = bound.definition.state_bytes_for(len(bound.instruments))
    arena, dtype = bound.block.rows("state").view(np.uint8), bound.definition.layout.dtype
    return np.ndarray((bound.instance_count,), dtype, arena.data, offset, (size,))


def fill_symbols(bound: BoundStrategy, offset: int) -> None:
    """Write the instrument number of each symbol that hooks name into every instance."""
    records = records_of(bound, offset)
    for number, symbol in enumerate(bound.definition.symbols):
        records[symbol_field(number)] = symbol_number(bound, symbol)


def symbol_number(bound: BoundStrategy, symbol: str) -> int:
    """Return the instrument number of a symbol that a hook names."""
    if symbol not in bound.instruments:
        there = f"; there are {', '.join(sorted(filter(None, bound.instruments))[:MOST_NAMED])}"
        message = f"no instrument {symbol!r} in this run{suggestion(symbol, bound.instruments) or there}"
        raise bound.definition.error_at_text(symbol, message)
    return bound.instruments.index(symbol)


def compiled_functions(bound: BoundStrategy, mode: str, compile: str) -> dict[Hook, int] | None:
    """Return the address of each compiled hook, or None when the strategy is to run interpreted."""
    if mode == "interpreted" or PLAIN:
        return None
    from atlas.strategy.compiler import compile_hooks

    try:
        functions, libraries = compile_hooks(bound.definition)
    except StrategyError as error:
        if mode == "compiled" or compile == "require":
            raise
        bound.fallback_reason = str(error)
        return None
    bound.mode = "compiled"
    bound.libraries = libraries
    return functions


def fill_strategy_row(bound: BoundStrategy, offset: int) -> None:
    """Fill in what the kernel has to know of the strategy."""
    row = bound.block.rows("strategies")[bound.index : bound.index + 1]
    row["scope"] = UNIVERSE if bound.definition.scope == "universe" else 0
    row["mode"] = COMPILED if bound.mode == "compiled" else INTERPRETED
    row["hooks"] = hook_mask(bound.definition)
    row["state_offset"] = offset
    row["state_bytes"] = bound.definition.state_bytes_for(len(bound.instruments))
    row["state_count"] = 0 if bound.definition.is_open else bound.instance_count
    row["context_address"] = bound.context_address
    row["bar_fields"] = bar_fields(bound.definition)


def bar_fields(definition: StrategyDefinition) -> int:
    """Return the bits of the bar's fields that hooks read, so that the kernel converts only those to floats."""
    if definition.is_open:
        return ALL_BAR_FIELDS
    members = [definition.hooks.get(hook) for hook in (Hook.ON_BAR, Hook.ON_MARKET_DATA)]
    mask = 0
    for member in members:
        mask |= fields_read_by(member) if member is not None else 0
    return mask


@functools.cache
def fields_read_by(member: Member) -> int:
    """Return the bits of the fields that a hook reads of its bar, looked up once a hook."""
    return fields_read(member.source.tree())


def fields_read(tree: ast.FunctionDef) -> int:
    """Return the bits of the fields that a hook reads of its bar; all, where the bar is handed on as a whole."""
    name = tree.args.args[2].arg if len(tree.args.args) > 2 else ""
    uses = sum(isinstance(node, ast.Name) and node.id == name for node in ast.walk(tree))
    read = [
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name
    ]
    if len(read) != uses:
        return ALL_BAR_FIELDS
    mask = 0
    for attribute in read:
        mask |= BAR_FIELD_BITS.get(attribute, ALL_BAR_FIELDS)
    return mask


def hook_mask(definition: StrategyDefinition) -> int:
    """Return the hooks a strategy implements, bit n for the hook numbered n."""
    mask = 0
    for hook in definition.hooks:
        mask |= 1 << int(hook)
    return mask


def state_address(bound: BoundStrategy, offset: int, instance: int) -> int:
    """Return the address of an instance's record."""
    start = int(bound.block.rows("state").ctypes.data) + offset
    return start + instance * bound.definition.state_bytes_for(len(bound.instruments))


def make_instances(bound: BoundStrategy, offset: int) -> None:
    """Make the Python objects whose hooks run."""
    definition = bound.definition
    if definition.is_open:
        bound.instances = [open_instance(definition.instance) for _ in range(bound.instance_count)]
        return
    made = instance_type(definition)
    bound.instances = [
        instance_at(definition, made, state_address(bound, offset, instance))
        for instance in range(bound.instance_count)
    ]


def open_instance(given: Strategy) -> Strategy:
    """Return a copy of the user's own object: each instrument's instance has a life of its own."""
    import copy

    from atlas.kernel.indicators import Indicator

    try:
        instance = copy.deepcopy(given)
    except TypeError as error:
        name = type(given).__name__
        raise StrategyError(
            f"{name} can't be copied for a run: {error}; give it __deepcopy__", strategy=name
        ) from error
    for owner in type(given).__mro__:
        for name, value in vars(owner).items():
            if isinstance(value, Indicator) and name not in vars(instance):
                object.__setattr__(instance, name, value.copy())
    return instance


def fill_calls(bound: BoundStrategy, offset: int, functions: dict[Hook, int] | None) -> None:
    """Fill in the strategy's rows of the table of calls."""
    world = bound.block.rows("world")[0]
    strategies, count = int(world["strategy_count"]), int(world["instrument_count"])
    instances = np.array([bound.instance_of(instrument) for instrument in range(count)], np.int64)
    size = bound.definition.state_bytes_for(len(bound.instruments))
    for hook in bound.definition.hooks:
        first = (int(hook) * strategies + bound.index) * count
        calls = bound.block.rows("calls")[first : first + count]
        if functions is not None:
            calls["function"] = functions[hook]
        else:
            identities = [id(callback) for callback in instance_callbacks(bound, hook)]
            calls["function"] = np.array(identities, np.int64)[instances]
        calls["record"] = 0 if bound.definition.is_open else state_address(bound, offset, 0) + instances * size
    if functions is not None and Hook.ON_BAR in functions:
        row = bound.block.rows("strategies")[bound.index : bound.index + 1]
        row["bar_function"], row["bar_record"] = functions[Hook.ON_BAR], state_address(bound, offset, 0)
        row["bar_record_bytes"] = size if bound.definition.scope == "instrument" else 0


def instance_callbacks(bound: BoundStrategy, hook: Hook) -> list[Callable[[], Any]]:
    """Return, and keep alive, a callable without arguments for each instance's hook."""
    arguments = [bound.context] if hook not in VIEWS else [bound.context, bound.payload(hook)]
    function = getattr(type(bound.instances[0]), bound.definition.hooks[hook].name)
    callbacks: list[Callable[[], Any]] = [
        functools.partial(function, instance, *arguments) for instance in bound.instances
    ]
    bound.callbacks.extend(callbacks)
    return callbacks
