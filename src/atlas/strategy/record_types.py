"""Numba's types of what hooks touch: one for each strategy class, indicator and table, and the context's.

Each is a class of its own derived from Numba's record, so that methods of one name on two types do not meet. Importing
this module loads Numba and registers what all hooks share.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numba import from_dtype, types
from numba.core.datamodel.models import RecordModel
from numba.extending import overload as numba_overload
from numba.extending import overload_attribute, overload_method, register_jitable, register_model

from atlas.kernel.indicators import Indicator, Window
from atlas.kernel.indicators.declaration import Method
from atlas.kernel.memory.compilation import kernel_function
from atlas.kernel.memory.intrinsics import address_of, load_float, native_call, store_float, typed_record_at
from atlas.kernel.memory.intrinsics import load as load_word
from atlas.kernel.memory.intrinsics import store as store_word
from atlas.kernel.trader.tables import world_row
from atlas.kernel.trader.verbs import is_last_target
from atlas.kernel.trader.views import CONTEXT, VERBS
from atlas.strategy.context import Context, given, or_nan, or_number, verb_error
from atlas.strategy.fields import TABLE, Field
from atlas.strategy.functions import whole

OPTIONS: dict[str, Any] = {"error_model": "python", "boundscheck": True}
COMPILED_SO: dict[str, Any] = {"jit_options": OPTIONS}
NAN = math.nan
OUT_OF_RANGE = "index out of range"


class Place(types.Type):
    """The type of what is reached by its address, a window or a table: no record, whose items would be its fields.

    Parameters
    ----------
    name : str
        Unique.
    size : int
        Bytes within the record.
    """

    mutable = True

    def __init__(self, name: str, size: int) -> None:
        self.size = size
        self.bitwidth = size * 8
        self.members: tuple[Any, ...] = ()
        super().__init__(name=name)


def make_type(name: str, base: type) -> Any:
    """Return a new class of Numba types with the model of a record."""
    made = type(name, (base,), {})
    register_model(made)(RecordModel)
    return made


def bare(function: Any) -> Any:
    """Return a function without its annotations: Numba wants an overload and its implementation to agree in them."""
    if function is not None:
        function.__annotations__ = {}
    return function


def overload(function: Any) -> Callable[[Any], Any]:
    """Register a chooser of implementations of a function."""

    def decorate(chooser: Any) -> Any:
        parameters = ", ".join(chooser.__code__.co_varnames[: chooser.__code__.co_argcount])
        space = {"chooser": chooser, "bare": bare}
        exec(f"def choose({parameters}):\n    return bare(chooser({parameters}))", space)
        return numba_overload(function, **COMPILED_SO)(space["choose"])

    return decorate


def register(kind: Any, name: str, function: Callable[..., Any], is_property: bool = False) -> None:
    """Hang a Python function on a class of types, as a method or a property; its parameters become the overload's."""
    if is_property:
        overload_attribute(kind, name, **COMPILED_SO)(chooser_of(function))
        return
    chooser = chooser_of(function)
    overload_method(kind, name, **COMPILED_SO)(chooser)


def chooser_of(function: Any) -> Callable[..., Any]:
    """Return a function with the parameters of `function` that returns it: what an overload has to be."""
    code = function.__code__
    names = code.co_varnames[: code.co_argcount]
    defaults = function.__defaults__ or ()
    first = len(names) - len(defaults)
    space: dict[str, Any] = {"answer": function}
    parameters = []
    for number, name in enumerate(names):
        if number < first:
            parameters.append(name)
        else:
            space[f"default_{number}"] = defaults[number - first]
            parameters.append(f"{name}=default_{number}")
    exec(f"def choose({', '.join(parameters)}):\n    return answer", space)
    chooser: Callable[..., Any] = space["choose"]
    chooser.__annotations__ = dict(function.__annotations__)
    return chooser


def built(source: str, name: str, **values: Any) -> Callable[..., Any]:
    """Return the function that `source` defines, its `qualified` name unique, over `values`."""
    space = dict(values, __name__=__name__)
    exec(source, space)
    function = space["made"]
    function.__name__ = function.__qualname__ = name
    return function  # type: ignore[no-any-return]


# --- functions that both modes share ---------------------------------------------------------------------------------


@overload(given)
def overload_given(value: Any) -> Any:
    """Tell at compile time, where the type says it."""
    if is_none(value):
        return lambda value: 0
    if isinstance(value, types.Optional):
        return lambda value: 0 if value is None else 1
    return lambda value: 1


@overload(or_nan)
def overload_or_nan(value: Any) -> Any:
    """Choose by type."""
    if is_none(value):
        return lambda value: NAN
    if isinstance(value, types.Optional):

        def optional_or_nan(value: Any) -> Any:
            if value is None:
                return NAN
            return value + 0.0  # an operator takes the value out of the optional

        return optional_or_nan
    return lambda value: float(value)  # noqa: PLW0108 - Numba wants a Python function


@overload(or_number)
def overload_or_number(value: Any, number: Any) -> Any:
    """Choose by type; symbols have become numbers before."""
    if is_none(value):
        return lambda value, number: number
    if isinstance(value, types.Optional):

        def optional_or_number(value: Any, number: int) -> Any:
            if value is None:
                return number
            return value + 0

        return optional_or_number
    return lambda value, number: int(value)


@overload(whole)
def overload_whole(value: Any) -> Any:
    """Refuse floats when the hook is compiled."""
    if isinstance(value, types.Float):
        from numba.core.errors import TypingError

        raise TypingError("a float can't be stored in an int field; write int(...)")
    return lambda value: value


@overload(int)
def overload_int_of_enum(value: Any) -> Any:
    """Give the number of a member of an `IntEnum`."""
    if isinstance(value, types.IntEnumMember):
        return lambda value: value.value
    return None


def is_none(value: Any) -> bool:
    """Whether a type, or a default, says that there is no value."""
    return value is None or isinstance(value, types.NoneType) or getattr(value, "value", 0) is None


# --- indicators, windows, tables ------------------------------------------------------------------------------------


@cache
def indicator_type(indicator: type[Indicator]) -> Any:
    """Return the Numba type of an indicator's record, its methods registered."""
    plain = from_dtype(indicator.dtype)
    if issubclass(indicator, Window):
        made = make_type(f"{indicator.__name__}Place", Place)
        for name in indicator.dtype.names or ():
            register_window_field(made, name, typed_record_at(plain))
        register_items(made, indicator.methods["at"].core)
        answer = made(f"{indicator.__name__}Place", indicator.dtype.itemsize)
    else:
        made = make_type(f"{indicator.__name__}Record", types.Record)
        answer = made(layout_of(plain, {}), plain.size, plain.aligned)
    for name, method in indicator.methods.items():
        register(made, name, method_function(indicator.__name__, name, method))
    return answer


def method_function(indicator: str, name: str, method: Method) -> Callable[..., Any]:
    """Return the function on a record that calls an indicator's core on its address."""
    parameters = "".join(f", {given_name}" for given_name in method.inputs)
    converted = "".join(
        f", {'int' if given_name in method.words else 'float'}({given_name})" for given_name in method.inputs
    )
    if method.of_bar:
        parameters, converted = ", bar", "".join(f", bar.{field}" for field in method.inputs)
    source = f"def made(self{parameters}):\n    return core(address_of(self){converted})"
    return built(source, f"{indicator}_{name}", core=method.core, address_of=address_of)


def register_window_field(kind: Any, name: str, record_at: Callable[[int], Any]) -> None:
    """Let a window's field be read."""
    source = f"def made(self):\n    return record_at(address_of(self)).{name}"
    register(kind, name, built(source, f"window_{name}", record_at=record_at, address_of=address_of), is_property=True)


def register_items(kind: Any, core: Callable[[int, int], float]) -> None:
    """Let a window be read by position and measured."""

    @overload(operator.getitem)
    def window_getitem(window: Any, index: Any) -> Any:
        if isinstance(window, kind) and isinstance(index, types.Integer | types.IntegerLiteral):
            return lambda window, index: core(address_of(window), index)
        return None

    @overload(len)
    def window_length(window: Any) -> Any:
        if isinstance(window, kind):
            return lambda window: min(window.count, window.length)
        return None


@kernel_function
def entry_address(address: int, index: int, size: int) -> int:
    """Return the address of an entry of the table at `address`, checked."""
    if index < 0 or index >= load_word(address + 8):
        raise IndexError(OUT_OF_RANGE)
    return address + load_word(address) + index * size


@cache
def table_type(entry: Any) -> Any:
    """Return the Numba type of a table of indicators of a class, or of numbers (`float` or `int`)."""
    name = f"{entry.__name__}Table"
    kind = make_type(name, Place)
    if issubclass(entry, Indicator):
        at, size = typed_place_at(indicator_type(entry)), entry.dtype.itemsize
    else:
        at, size = (load_float if entry is float else load_word), 8

    def table_item(table: Any, index: int) -> Any:
        return at(entry_address(address_of(table), index, size))

    table_item.__qualname__ = f"{name}_item"

    @overload(operator.getitem)
    def table_getitem(table: Any, index: Any) -> Any:
        return table_item if isinstance(table, kind) else None

    @overload(len)
    def table_length(table: Any) -> Any:
        return (lambda table: load_word(address_of(table) + 8)) if isinstance(table, kind) else None

    if not issubclass(entry, Indicator):
        register_table_store(kind, entry, name)
    return kind(name, TABLE.itemsize)


def register_table_store(kind: Any, entry: type, name: str) -> None:
    """Let the numbers of a table be stored."""
    put: Any = store_float if entry is float else store_word
    convert = float if entry is float else whole

    def table_store(table: Any, index: int, value: Any) -> None:
        put(entry_address(address_of(table), index, 8), convert(value))

    table_store.__qualname__ = f"{name}_store"

    @overload(operator.setitem)
    def table_setitem(table: Any, index: Any, value: Any) -> Any:
        return table_store if isinstance(table, kind) else None


def typed_place_at(kind: Any) -> Callable[[int], Any]:
    """Return a function from an address to what is of type `kind` there."""
    return typed_record_at(kind)


# --- records of strategies -------------------------------------------------------------------------------------------


def layout_of(plain: Any, replaced: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return the fields of a record type, some with types of their own."""
    return [
        (name, {"type": replaced.get(name, field.type), "offset": field.offset, "alignment": field.alignment})
        for name, field in plain.fields.items()
    ]


def field_type(field: Field) -> Any:
    """Return the Numba type of a field that has one of its own, else None."""
    declared: Any = field.default
    if field.kind == "indicator":
        kind: Any = type(declared)
        return indicator_type(kind)
    if field.kind == "table":
        entry: Any = int if isinstance(declared.entry, bool) else type(declared.entry)
        return table_type(entry)
    return None


def strategy_class(name: str) -> Any:
    """Return a new class of types for the records of one strategy."""
    return make_type(f"{name}Record", types.Record)


def strategy_type(kind: Any, dtype: np.dtype[Any], fields: dict[str, Field]) -> Any:
    """Return the type of a strategy's record."""
    plain = from_dtype(dtype)
    replaced = {name: made for name, field in fields.items() if (made := field_type(field)) is not None}
    kind.dtype = dtype  # Numba can't tell it from fields that have types of our own
    return kind(layout_of(plain, replaced), plain.size, plain.aligned)


# --- the context -----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def context_type() -> Any:
    """Return the Numba type of the context, verbs and properties registered."""
    kind = make_type("ContextRecord", types.Record)
    plain = from_dtype(CONTEXT)
    words = [(name, field) for name, field in layout_of(plain, {}) if field["type"] == types.int64]
    for name, signature in VERBS.items():
        register(kind, f"call_{name}", target_primitive() if name == "target" else primitive(name, signature))
    register(
        kind, "call_clock", built("def made(self):\n    return row(self.world, 0).clock_ns", "clock", row=world_row)
    )
    register_jitable(**OPTIONS)(verb_error)
    for name, member in vars(Context).items():
        if isinstance(member, property):
            register(kind, name, member.fget, is_property=True)  # type: ignore[arg-type]
        elif hasattr(member, "__code__") and name != "log":
            register(kind, name, member)
    return kind(words, plain.size, plain.aligned)


def primitive(name: str, signature: str) -> Callable[..., Any]:
    """Return the function on a context that calls a verb by its address."""
    count = signature.count(",") + 1 - 2
    arguments = "".join(f", a{number}" for number in range(count))
    source = f"def made(self{arguments}):\n    return call(self.{name}_address, self.world, self.strategy{arguments})"
    return built(source, f"verb_{name}", call=native_call(signature))


def target_primitive() -> Callable[..., Any]:
    """Return the verb `target` of a context: the target that stands already needs no call."""
    call, is_last = native_call(VERBS["target"]), is_last_target

    def call_target(self: Any, instrument: int, kind: int, rebalance: int, value: float) -> int:
        known = 1 <= instrument < self.instrument_count
        if rebalance == 0 and known and is_last(self.targets_address, instrument, kind, value):
            return 0
        answer: int = call(self.target_address, self.world, self.strategy, instrument, kind, rebalance, value)
        return answer

    return call_target


@cache
def view_type(dtype: np.dtype[Any]) -> Any:
    """Return the type of a payload."""
    return from_dtype(dtype)


__all__ = ["OPTIONS", "context_type", "register", "strategy_class", "strategy_type", "view_type"]
