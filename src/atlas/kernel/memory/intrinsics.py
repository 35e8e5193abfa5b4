"""All intrinsics of the kernel: words at addresses, unsigned arithmetic, atomic words, calls by address.

Each has a plain Python twin of the same name, chosen in plain mode. No other module may hold an intrinsic.

What the optimiser may assume
-----------------------------
All state lies at addresses, of which a compiler knows nothing: without more it must read every field again after every
write. So a record of a *region* tells it which of the region's words it touches (type-based alias metadata): words of
different regions, and different words of one, never overlap. A record of no region may overlap anything, and so may a
plain `load` and `store`. `load_fixed` reads what never changes while compiled code runs.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import numpy as np

from atlas.kernel.memory.compilation import PLAIN, Later, intrinsic

MASK = 0xFFFFFFFFFFFFFFFF


@dataclass(frozen=True)
class Region:
    """Memory that is read and written as records whose words stand at fixed places in a period.

    Parameters
    ----------
    name : str
        Of the memory; two regions of one name may overlap.
    period_bytes : int
        Distance after which places repeat: every record of the region starts at a multiple of it from all others.
    """

    name: str
    period_bytes: int


ROWS = Region("rows", 64)
"""Market data, commands, reports and outputs: records of whole rows of 64 bytes."""


def structure_of(dtype: np.dtype[Any]) -> Any:
    """Build the ctypes type with the layout of `dtype`; its size and every offset are asserted."""
    if dtype.subdtype:
        item, shape = dtype.subdtype
        array = structure_of(item)
        for length in reversed(shape):
            array = array * length
        return array
    if not dtype.names:
        return ctypes.c_bool if dtype.kind == "b" else np.ctypeslib.as_ctypes_type(dtype)
    assert dtype.fields is not None
    fields = [(name, structure_of(dtype.fields[name][0])) for name in dtype.names]
    structure: Any = type("View", (ctypes.Structure,), {"__slots__": (), "_fields_": fields})
    assert ctypes.sizeof(structure) == dtype.itemsize, f"{dtype} has padding that ctypes lacks"
    assert all(getattr(structure, name).offset == dtype.fields[name][1] for name in dtype.names)
    return structure


def as_word(value: int) -> int:
    """Wrap a Python integer to a signed 64-bit word, as machine arithmetic does."""
    return ((value + 2**63) & MASK) - 2**63


if PLAIN:
    HOOKS: dict[int, Callable[..., Any]] = {}

    def record_at(dtype: np.dtype[Any], region: Region | None = None) -> Callable[[int], Any]:
        """Return a function from an address to a record there: by reference, nothing is copied."""
        view: Callable[[int], Any] = structure_of(dtype).from_address
        return view

    def load(address: int) -> int:
        """Read the int64 at `address`."""
        return ctypes.c_int64.from_address(address).value

    def store(address: int, value: int) -> None:
        """Write the int64 at `address`."""
        ctypes.c_int64.from_address(address).value = value

    def load_float(address: int) -> float:
        """Read the float64 at `address`."""
        return ctypes.c_double.from_address(address).value

    def store_float(address: int, value: float) -> None:
        """Write the float64 at `address`."""
        ctypes.c_double.from_address(address).value = value

    def divide(numerator: float, denominator: float) -> float:
        """Divide by what is known not to be zero."""
        return numerator / denominator

    load_acquire, store_release, load_fixed = load, store, load

    def copy_bytes(target: int, source: int, count: int) -> None:
        """Copy `count` bytes between places that do not overlap."""
        ctypes.memmove(target, source, count)

    def clear_bytes(target: int, count: int) -> None:
        """Set `count` bytes to zero."""
        ctypes.memset(target, 0, count)

    def multiply_high(a: int, b: int) -> int:
        """Upper word of the unsigned 128-bit product."""
        return as_word(((a & MASK) * (b & MASK)) >> 64)

    def multiply_low(a: int, b: int) -> int:
        """Lower word of the product, wrapped as machine arithmetic does."""
        return as_word(a * b)

    def add_wrap(a: int, b: int) -> int:
        """Sum, wrapped to 64 bits."""
        return as_word(a + b)

    def shift_left(a: int, count: int) -> int:
        """Shift left; bits that leave the word are lost. `count` in 0..63."""
        return as_word((a & MASK) << count)

    def shift_right(a: int, count: int) -> int:
        """Logical (unsigned) shift right. `count` in 0..63."""
        return as_word((a & MASK) >> count)

    def divide_unsigned(a: int, b: int) -> int:
        """Unsigned quotient; `b` must not be zero."""
        return as_word((a & MASK) // (b & MASK))

    def below_unsigned(a: int, b: int) -> bool:
        """Whether a < b as unsigned words."""
        return (a & MASK) < (b & MASK)

    def leading_zeros(a: int) -> int:
        """Zero bits above the highest set bit; 64 for 0."""
        return 64 - (a & MASK).bit_length()

    def trailing_zeros(a: int) -> int:
        """Zero bits below the lowest set bit; 64 for 0."""
        word = a & MASK
        return (word & -word).bit_length() - 1 if word else 64

    def float_bits(value: float) -> int:
        """Bits of a float64 as a word."""
        return ctypes.c_int64.from_buffer(ctypes.c_double(value)).value

    def bits_float(value: int) -> float:
        """Float64 with these bits."""
        return ctypes.c_double.from_buffer(ctypes.c_int64(value)).value

    def call_hook(address: int, first: int, second: int, third: int) -> None:
        """Call the strategy hook known by `address` with three record addresses; its exception passes through."""
        HOOKS[address](first, second, third)

    def call_python(identity: int) -> None:
        """Call the Python object whose id is given, which the host keeps alive; its exception passes through."""
        ctypes.cast(identity, ctypes.py_object).value()

    def address_of(record: Any) -> int:
        """Address of a record that is held by reference."""
        return ctypes.addressof(record)

    def check_signals() -> None:
        """Let Ctrl-C through; plain Python does so by itself."""

else:
    from llvmlite import ir

    # Only what is compiled needs Numba: nothing below asks it for anything before.
    types, cgutils, records = Later("numba.core.types"), Later("numba.core.cgutils"), Later("numba.np.numpy_support")
    region_records = Later("atlas.kernel.memory.region_records")
    WORD, FLOAT, BOOLEAN, VOID = "int64", "float64", "boolean", "void"
    INT64, DOUBLE = ir.IntType(64), ir.DoubleType()

    def record_at(dtype: np.dtype[Any], region: Region | None = None) -> Callable[[int], Any]:
        """Return a function from an address to a record there: by reference, nothing is copied."""
        return record_function(cache(lambda: record_type(dtype, region)))

    def record_type(dtype: np.dtype[Any], region: Region | None) -> Any:
        """Numba's type of a record: its own, or that of a region's records."""
        if region is None:
            return records.from_dtype(dtype)
        return region_records.RegionRecord(dtype, region.name, region.period_bytes)

    def typed_record_at(record: Any) -> Callable[[int], Any]:
        """Return a function from an address to a record of the Numba type `record` there."""
        return record_function(lambda: record)

    def record_function(kind: Callable[[], Any]) -> Callable[[int], Any]:
        """Return a function from an address to a record of the Numba type that `kind` gives."""

        @intrinsic
        def at(typing_context: Any, address: Any) -> Any:
            def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
                return builder.inttoptr(arguments[0], context.get_value_type(kind()))

            return kind()(types.int64), build

        return cast(Callable[[int], Any], at)

    def typed(result: str, parameters: tuple[str, ...]) -> Any:
        """Return Numba's signature of types, given by their names."""
        return getattr(types, result)(*(getattr(types, name) for name in parameters))

    def word_operation(
        emit: Callable[..., Any], arity: int, result: str = WORD, arguments: tuple[str, ...] | None = None
    ) -> Any:
        """Make an intrinsic on `arity` words out of a function that emits its instructions."""
        parameters = arguments or (WORD,) * arity

        def build(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            answer = emit(builder, *values)
            return context.get_dummy_value() if result == VOID else answer

        if arity == 1:

            @intrinsic
            def one(typing_context: Any, a: Any) -> Any:
                return typed(result, parameters), build

            return one
        if arity == 2:

            @intrinsic
            def two(typing_context: Any, a: Any, b: Any) -> Any:
                return typed(result, parameters), build

            return two

        @intrinsic
        def three(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
            return typed(result, parameters), build

        return three

    def pointer(builder: Any, address: Any, kind: Any = INT64) -> Any:
        """Turn an address into a pointer to `kind`."""
        return builder.inttoptr(address, kind.as_pointer())

    def emit_copy(builder: Any, target: Any, source: Any, count: Any) -> None:
        """Emit a copy of `count` bytes."""
        byte = ir.IntType(8)
        cgutils.raw_memcpy(builder, pointer(builder, target, byte), pointer(builder, source, byte), count, 1)

    def emit_clear(builder: Any, target: Any, count: Any) -> None:
        """Emit the zeroing of `count` bytes."""
        cgutils.memset(builder, pointer(builder, target, ir.IntType(8)), count, 0)

    def emit_multiply_high(builder: Any, a: Any, b: Any) -> Any:
        """Emit the upper word of an unsigned product."""
        wide = ir.IntType(128)
        product = builder.mul(builder.zext(a, wide), builder.zext(b, wide))
        return builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), INT64)

    def emit_load_fixed(builder: Any, address: Any) -> Any:
        """Emit the reading of a word that no compiled code ever changes."""
        read = builder.load(pointer(builder, address))
        read.set_metadata("invariant.load", builder.module.add_metadata([]))
        return read

    no_flag = ir.Constant(ir.IntType(1), 0)
    load = word_operation(lambda builder, a: builder.load(pointer(builder, a)), 1)
    load_fixed = word_operation(emit_load_fixed, 1)
    store = word_operation(lambda builder, a, v: builder.store(v, pointer(builder, a)), 2, VOID)
    load_float = word_operation(lambda builder, a: builder.load(pointer(builder, a, DOUBLE)), 1, FLOAT)
    store_float = word_operation(
        lambda builder, a, v: builder.store(v, pointer(builder, a, DOUBLE)), 2, VOID, (WORD, FLOAT)
    )
    divide = word_operation(lambda builder, a, b: builder.fdiv(a, b), 2, FLOAT, (FLOAT, FLOAT))
    load_acquire = word_operation(lambda builder, a: builder.load_atomic(pointer(builder, a), "acquire", 8), 1)
    store_release = word_operation(
        lambda builder, a, v: builder.store_atomic(v, pointer(builder, a), "release", 8), 2, VOID
    )
    copy_bytes = word_operation(emit_copy, 3, VOID)
    clear_bytes = word_operation(emit_clear, 2, VOID)
    multiply_high = word_operation(emit_multiply_high, 2)
    multiply_low = word_operation(lambda builder, a, b: builder.mul(a, b), 2)
    add_wrap = word_operation(lambda builder, a, b: builder.add(a, b), 2)
    shift_left = word_operation(lambda builder, a, b: builder.shl(a, b), 2)
    shift_right = word_operation(lambda builder, a, b: builder.lshr(a, b), 2)
    divide_unsigned = word_operation(lambda builder, a, b: builder.udiv(a, b), 2)
    below_unsigned = word_operation(lambda builder, a, b: builder.icmp_unsigned("<", a, b), 2, BOOLEAN)
    leading_zeros = word_operation(lambda builder, a: builder.ctlz(a, no_flag), 1)
    trailing_zeros = word_operation(lambda builder, a: builder.cttz(a, no_flag), 1)
    float_bits = word_operation(lambda builder, a: builder.bitcast(a, INT64), 1, WORD, (FLOAT,))
    bits_float = word_operation(lambda builder, a: builder.bitcast(a, DOUBLE), 1, FLOAT)

    @cache
    def any_record() -> Any:
        """Return the Numba type of a record, whichever it is."""
        return records.from_dtype(np.dtype([("word", "i8")]))

    @intrinsic
    def call_hook(typing_context: Any, address: Any, first: Any, second: Any, third: Any) -> Any:
        """Call the native function at `address` with three records; its exception is handed on."""

        def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            convention, parameters = context.call_conv, (any_record(),) * 3
            function_type = convention.get_function_type(types.none, parameters).as_pointer()
            records = [builder.inttoptr(word, context.get_value_type(any_record())) for word in arguments[1:]]
            function = builder.inttoptr(arguments[0], function_type)
            status, _ = convention.call_function(builder, function, types.none, parameters, records)
            with cgutils.if_unlikely(builder, status.is_error):
                convention.return_status_propagate(builder, status)
            return context.get_dummy_value()

        return typed(VOID, (WORD,) * 4), build

    @intrinsic
    def call_python(typing_context: Any, identity: Any) -> Any:
        """Call the Python object whose id is given, which the host keeps alive, and hand on its exception."""

        def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            api = context.get_python_api(builder)
            function_type = ir.FunctionType(api.pyobj, [api.pyobj])
            function = cgutils.get_or_insert_function(builder.module, function_type, "PyObject_CallNoArgs")
            answer = builder.call(function, [builder.inttoptr(arguments[0], api.pyobj)])
            with cgutils.if_unlikely(builder, cgutils.is_null(builder, answer)):
                context.call_conv.return_exc(builder)
            api.decref(answer)
            return context.get_dummy_value()

        return typed(VOID, (WORD,)), build

    @intrinsic
    def address_of(typing_context: Any, record: Any) -> Any:
        """Address of a record that is held by reference."""

        def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.ptrtoint(arguments[0], INT64)

        return types.int64(record), build

    @intrinsic
    def check_signals(typing_context: Any) -> Any:
        """Let Ctrl-C through: a pending signal's exception is handed on."""

        def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            function_type = ir.FunctionType(ir.IntType(32), [])
            function = cgutils.get_or_insert_function(builder.module, function_type, "PyErr_CheckSignals")
            with cgutils.if_unlikely(builder, cgutils.is_not_null(builder, builder.call(function, []))):
                context.call_conv.return_exc(builder)
            return context.get_dummy_value()

        return types.void(), build


def native_call(signature: str) -> Callable[..., Any]:
    """Make a function ``call(address, *arguments)`` that calls an entry point of `signature` by its address.

    Not available in plain mode, where a callable is called as itself.
    """

    @cache
    def types_named() -> Any:
        """Types of the parameters and of the answer; Numba is asked when something is compiled."""
        from numba.core import sigutils

        return sigutils.normalize_signature(signature)

    def full() -> Any:
        parameters, result = types_named()
        return result(types.int64, *parameters)

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        convention, (parameters, result) = context.call_conv, types_named()
        function_type = convention.get_function_type(result, parameters).as_pointer()
        function = builder.inttoptr(arguments[0], function_type)
        status, answer = convention.call_function(builder, function, result, parameters, arguments[1:])
        with cgutils.if_unlikely(builder, status.is_error):
            convention.return_status_propagate(builder, status)
        return answer

    names = ", ".join(f"a{number}" for number in range(signature.count(",") + 1))
    space: dict[str, Any] = {"full": full, "build": build}
    exec(f"def call(typing_context, address, {names}):\n    return full(), build", space)
    return intrinsic(space["call"])
