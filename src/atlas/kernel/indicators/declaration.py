"""What an indicator is: declared parameters, a record for its state, and methods that are kernel functions.

An indicator's state is a record at an address, its window of floats lies at an offset from that same address, so that
both may be copied together. An indicator made of others holds their records within its own, their windows behind its
own. The methods take the address. They are the one core: a handle calls them from Python, a vectorised call loops over
them, other indicators call them on their parts, and a compiled strategy calls them on the record inside its own.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np

from atlas.kernel.memory.compilation import EntryPoint, KernelFunction
from atlas.kernel.memory.identity import identity_of
from atlas.kernel.memory.intrinsics import structure_of
from atlas.records.errors import InvalidRequestError

MOST_LENGTH = 1_000_000
KINDS = {"int": "i8", "float": "f8", int: "i8", float: "f8"}


class Method(KernelFunction):
    """A method of an indicator: one kernel function on the address of its record.

    Other kernel functions call it as it is; from Python it is called on an address by itself, or bound to one.

    Parameters
    ----------
    function : callable
        The plain source, ``(address: int, *inputs) -> float``; inputs are annotated `float`, or `int`.
    warm : bool
        Whether it is compiled for callers in Python when all of the kernel is, not only at first use.

    Attributes
    ----------
    inputs : tuple of str
        Names of what follows the address.
    words : frozenset of str
        The inputs that are integers; the others are floats.
    of_bar : bool
        Whether the inputs are fields of one bar, which is what callers hand over.
    """

    def __init__(self, function: Callable[..., Any], warm: bool = False, of_bar: bool = False) -> None:
        super().__init__(function)
        self.of_bar = of_bar
        code = function.__code__
        self.inputs: tuple[str, ...] = code.co_varnames[1 : code.co_argcount]
        kinds = [_kind_of(function, name) for name in (code.co_varnames[0], *self.inputs, "return")]
        self.words = frozenset(name for name, kind in zip(self.inputs, kinds[1:], strict=False) if kind == "i8")
        self.signature = f"{kinds[-1]}({', '.join(kinds[:-1])})"
        if warm:
            self.entry = EntryPoint(function, self.signature)

    @functools.cached_property
    def entry(self) -> EntryPoint:
        """The same, callable from Python."""
        return EntryPoint(self.py_func, self.signature, identity=identity_of(self.py_func), registered=False)

    @property
    def core(self) -> Method:
        """The method as other kernel functions call it: itself."""
        return self

    def __call__(self, *arguments: Any) -> Any:
        """Call it on an address, compiling it first where it has to be."""
        return self.entry(*arguments)

    def bind(self, address: int) -> Callable[..., Any]:
        """Return the method of the record at `address`, to be called from Python."""
        call = functools.partial(self.entry.callable, address)
        return functools.partial(_call_with_bar, call, self.inputs) if self.of_bar else call


def _kind_of(function: Callable[..., Any], name: str) -> str:
    annotation = function.__annotations__.get(name)
    if annotation not in KINDS:
        place = "what it gives back" if name == "return" else f"its parameter {name!r}"
        raise InvalidRequestError(f"{function.__qualname__}: annotate {place} as int or float")
    return KINDS[annotation]


def _call_with_bar(call: Callable[..., Any], fields: tuple[str, ...], bar: Any) -> Any:
    return call(*(getattr(bar, name) for name in fields))


def method(function: Callable[..., Any]) -> Method:
    """Make a kernel function on an indicator's address one of its methods; its annotations give the types."""
    return Method(function)


def bar_method(function: Callable[..., Any]) -> Method:
    """Make a method whose inputs are fields of one bar, which is what callers hand over."""
    return Method(function, of_bar=True)


def warm_method(function: Callable[..., Any]) -> Method:
    """Make a method that is compiled for callers in Python together with the kernel: of what most strategies use."""
    return Method(function, warm=True)


def state(*fields: tuple[str, Any]) -> np.dtype[Any]:
    """Build the dtype of an indicator's record: the fields all share, then its own.

    Parameters
    ----------
    *fields : tuple of str and dtype
        Name and ``"f8"``, ``"i8"``, ``"?"``, or the dtype of an indicator that is a part.
    """
    common = [("length", "i8"), ("count", "i8"), ("position", "i8"), ("window_offset", "i8"), ("value", "f8")]
    return np.dtype([*common, *fields, ("ready", "?")], align=True)


class Indicator:
    """Base of all indicators: an object that declares one, and that can be used by itself as a stream.

    In a strategy's class body it declares a field. By itself, ``average = SMA(10); average.update(price)`` keeps a
    state of its own. An update with a NaN or infinite input is left out: it changes nothing. All outputs are NaN until
    `ready`, and appear together.

    Attributes
    ----------
    value : float
        The newest value, NaN before there is one.
    ready : bool
        Whether there is one: from the input number `warm_up` on.
    count : int
        Inputs seen.
    length : int
        How many inputs the indicator spans, where it has one such length.
    """

    dtype: ClassVar[np.dtype[Any]]
    methods: ClassVar[dict[str, Method]]
    outputs: ClassVar[tuple[str, ...]] = ("value",)
    window_columns: ClassVar[int] = 0
    """Floats of its own window for each of the `length` inputs."""
    limits: ClassVar[dict[str, tuple[int, int]]] = {}
    """Least and greatest value of whole-numbered parameters; 1 and `MOST_LENGTH` where nothing is said."""
    value: float
    ready: bool
    count: int
    length: int

    def __init__(self, **arguments: float) -> None:
        self.arguments = {
            name: value.item() if isinstance(value, np.generic) else value for name, value in arguments.items()
        }
        for name, value in self.arguments.items():
            check_argument(type(self), name, value)

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

    def parts(self) -> dict[str, Indicator]:
        """Return the indicators it is made of, by the name of their record's field."""
        return {}

    @functools.cached_property
    def _parts(self) -> dict[str, Indicator]:
        return self.parts()

    @property
    def warm_up(self) -> int:
        """Inputs until it is ready."""
        return int(self.arguments.get("length", 1))

    @property
    def own_floats(self) -> int:
        """Floats of its own window, without those of its parts."""
        return self.window_columns * int(self.arguments["length"]) if self.window_columns else 0

    @property
    def window_floats(self) -> int:
        """Floats of all windows, which lie apart from the record."""
        floats = self.own_floats
        for part in self._parts.values():
            floats += part.window_floats
        return floats

    @property
    def state_bytes(self) -> int:
        """Bytes of the record and of its windows."""
        return self.dtype.itemsize + self.window_floats * 8

    def initialize(self, record: np.ndarray[Any, Any], window_offset: int) -> None:
        """Write the first state into `record` (shape (1,)), its zeroed windows `window_offset` bytes from its start."""
        record[:] = np.zeros(1, self.dtype)
        for output in {"value", *self.outputs}:
            record[output] = np.nan
        for name, value in self.arguments.items():
            record[name] = value
        record["window_offset"] = window_offset
        end = window_offset + self.own_floats * 8
        for name, part in self._parts.items():
            assert self.dtype.fields is not None
            part.initialize(record[name], end - int(self.dtype.fields[name][1]))
            end += part.window_floats * 8

    def with_first_argument(self, value: float) -> Self:
        """Return the same indicator with another first argument."""
        if not self.arguments:
            raise InvalidRequestError(f"{type(self).__name__} takes no arguments, so it can't be set to {value!r}")
        first = next(iter(self.arguments))
        return type(self)(**{**self.arguments, first: value})

    def copy(self) -> Self:
        """Return an indicator of the same arguments with a fresh state."""
        return type(self)(**self.arguments)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.copy()


def check_argument(indicator: type[Indicator], name: str, value: float) -> None:
    """Refuse an argument that its state has no field for, or that is no number within the limits."""
    fields = indicator.dtype.fields
    if fields is None or name not in fields:
        raise InvalidRequestError(f"{indicator.__name__}: its state has no field for the argument {name!r}")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    low, high = indicator.limits.get(name, (1, MOST_LENGTH))
    if fields[name][0].kind == "i" and not (is_number and isinstance(value, int) and low <= value <= high):
        message = f"{indicator.__name__}: {name} must be a whole number from {low:,} to {high:,}, not {value!r}"
        raise InvalidRequestError(message)
    if not is_number or value - value != 0.0:
        raise InvalidRequestError(f"{indicator.__name__}: {name} must be a finite number, not {value!r}")


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
