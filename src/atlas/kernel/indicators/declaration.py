"""What an indicator is: declared parameters, a record for its state, and methods that are kernel functions.

An indicator's state is a record at an address, its window of floats lies at an offset from that same address, so that
both may be copied together. The methods take the address. They are the one core: a handle calls them from Python, a
vectorised call loops over them, and a compiled strategy calls them on the record inside its own.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from atlas.kernel.memory.compilation import EntryPoint, kernel_function
from atlas.kernel.memory.intrinsics import structure_of
from atlas.records.errors import InvalidRequestError

MOST_LENGTH = 1_000_000


@dataclass(frozen=True, eq=False)
class Method:
    """A method of an indicator: one kernel function on the address of its record.

    Parameters
    ----------
    function : callable
        The plain source, ``(address, *inputs) -> float``.
    core : callable
        The same as a kernel function.
    entry : EntryPoint
        The same, callable from Python.
    inputs : tuple of str
        Names of what follows the address; `i8` words are named in `words`.
    words : frozenset of str
        The inputs that are integers; the others are floats.
    of_bar : bool
        Whether the inputs are fields of one bar, which is what callers hand over.
    """

    function: Callable[..., Any]
    core: Callable[..., Any]
    entry: EntryPoint
    inputs: tuple[str, ...]
    words: frozenset[str] = frozenset()
    of_bar: bool = False

    def bind(self, address: int) -> Callable[..., Any]:
        """Return the method of the record at `address`, to be called from Python."""
        call = functools.partial(self.entry.callable, address)
        return functools.partial(_call_with_bar, call, self.inputs) if self.of_bar else call


def _call_with_bar(call: Callable[..., Any], fields: tuple[str, ...], bar: Any) -> Any:
    return call(*(getattr(bar, name) for name in fields))


def method(signature: str, of_bar: bool = False) -> Callable[[Callable[..., Any]], Method]:
    """Make a kernel function on an indicator's address, with Numba's `signature`, one of its methods."""
    kinds = signature[signature.index("(") + 1 : -1].replace(" ", "").split(",")[1:]

    def build(function: Callable[..., Any]) -> Method:
        code = function.__code__
        inputs = code.co_varnames[1 : code.co_argcount]
        words = frozenset(name for name, kind in zip(inputs, kinds, strict=True) if kind == "i8")
        return Method(function, kernel_function(function), EntryPoint(function, signature), inputs, words, of_bar)

    return build


def state(*fields: tuple[str, str]) -> np.dtype[Any]:
    """Build the dtype of an indicator's record: the fields all share, then its own."""
    common = [("length", "i8"), ("count", "i8"), ("position", "i8"), ("window_offset", "i8"), ("value", "f8")]
    return np.dtype([*common, *fields, ("ready", "?")], align=True)


class Indicator:
    """Base of all indicators: an object that declares one, and that can be used by itself as a stream.

    In a strategy's class body it declares a field. By itself, ``average = SMA(10); average.update(price)`` keeps a
    state of its own. A NaN or infinite input leaves the state as it is. `value` is NaN until `ready`.

    Attributes
    ----------
    value : float
        The newest value, NaN before there is one.
    ready : bool
        Whether enough inputs were seen.
    count : int
        Inputs seen.
    length : int
        How many inputs the indicator spans.
    """

    dtype: ClassVar[np.dtype[Any]]
    methods: ClassVar[dict[str, Method]]
    outputs: ClassVar[tuple[str, ...]] = ("value",)
    value: float
    ready: bool
    count: int
    length: int

    def __init__(self, **arguments: float) -> None:
        for name, value in arguments.items():
            check_argument(type(self).__name__, name, value)
        self.arguments = arguments

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "arguments":
            raise AttributeError(name)
        return getattr(self.handle, name)

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value}" for name, value in self.arguments.items())
        return f"{type(self).__name__}({arguments})"

    @functools.cached_property
    def handle(self) -> Any:
        """The state that this object keeps when it is used by itself."""
        memory = np.zeros(self.state_bytes // 8, np.int64)
        self._memory = memory
        self.initialize(memory[: self.dtype.itemsize // 8].view(self.dtype), self.dtype.itemsize)
        return attach(type(self), int(memory.ctypes.data))

    @property
    def window_floats(self) -> int:
        """Floats of the window that lies apart from the record."""
        return int(self.arguments["length"])

    @property
    def state_bytes(self) -> int:
        """Bytes of the record and of its window."""
        return self.dtype.itemsize + self.window_floats * 8

    def initialize(self, record: np.ndarray[Any, Any], window_offset: int) -> None:
        """Write the first state into `record` (shape (1,)), its zeroed window `window_offset` bytes from its start."""
        record[:] = np.zeros(1, self.dtype)
        for output in self.outputs:
            record[output] = np.nan
        for name, value in self.arguments.items():
            record[name] = value
        record["window_offset"] = window_offset

    def with_first_argument(self, value: float) -> Self:
        """Return the same indicator with another first argument."""
        first = next(iter(self.arguments))
        return type(self)(**{**self.arguments, first: value})

    def copy(self) -> Self:
        """Return an indicator of the same arguments with a fresh state."""
        return type(self)(**self.arguments)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.copy()


def check_argument(indicator: str, name: str, value: float) -> None:
    """Refuse an argument that is no finite number, or no length."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if name == "length" and (not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST_LENGTH):
        raise InvalidRequestError(
            f"{indicator}: length must be a whole number from 1 to {MOST_LENGTH:,}, not {value!r}"
        )
    if not is_number or value - value != 0.0:
        raise InvalidRequestError(f"{indicator}: {name} must be a finite number, not {value!r}")


@functools.cache
def handle_type(indicator: type[Indicator]) -> Any:
    """Return the ctypes type of an indicator's record, with a slot for each method."""
    structure = structure_of(indicator.dtype)
    space: dict[str, Any] = {"__slots__": tuple(indicator.methods), "_fields_": structure._fields_}
    if "at" in indicator.methods:
        space.update(__getitem__=_item_of, __len__=_length_of)
    return type(indicator.__name__, (ctypes.Structure,), space)


def _length_of(handle: Any) -> int:
    return int(min(handle.count, handle.length))


def _item_of(handle: Any, index: int) -> float:
    value: float = handle.at(index)
    return value


def attach(indicator: Any, address: int) -> Any:
    """Return a Python handle on the indicator's record at `address`: its fields, and its methods bound to it."""
    handle = handle_type(indicator).from_address(address)
    for name, bound in indicator.methods.items():
        setattr(handle, name, bound.bind(address))
    return handle
