"""What fields of a strategy can be: their declarations, and the record they become."""

from __future__ import annotations

import difflib
import enum
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from inspect import signature
from typing import Any, ClassVar, get_origin

import numpy as np

from atlas.kernel.indicators import Indicator
from atlas.records.errors import StrategyError

TABLE = np.dtype([("offset", "i8"), ("count", "i8")])
SCALARS: dict[type, str] = {int: "i8", float: "f8", bool: "?"}
# Numba has no arrays of booleans in records: they are small integers there.
ITEMS: dict[type, str] = {int: "i8", float: "f8", bool: "i1"}
INSTANCE = "instance__number"
CACHE_LINE = 64
UNSET = object()


def suggestion(word: str, known: Any) -> str:
    """Return `` — did you mean 'x'?`` for the known word nearest to `word`, or nothing."""
    nearest = difflib.get_close_matches(word, sorted(known), 1)
    return f" — did you mean {nearest[0]!r}?" if nearest else ""


class Array:
    """A field of fixed size: ``levels: Array = Array(4)``, ``grid: Array = Array((3, 2), int)``.

    Parameters
    ----------
    shape : int or tuple of int
        Items a dimension.
    kind : type
        `float`, `int` or `bool`.
    """

    def __init__(self, shape: int | tuple[int, ...], kind: type = float) -> None:
        self.shape = (shape,) if isinstance(shape, int) else tuple(shape)
        self.kind = kind
        if kind not in (float, int, bool) or not self.shape or min(self.shape) < 1:
            raise StrategyError(f"an Array has items of float, int or bool and positive sizes, not {kind!r}, {shape!r}")

    def __getitem__(self, index: Any) -> Any:
        raise StrategyError("an Array declares a field; its items exist once a strategy runs")

    def __setitem__(self, index: Any, value: Any) -> None:
        raise StrategyError("an Array declares a field; its items exist once a strategy runs")

    def __iter__(self) -> Iterator[Any]:
        raise StrategyError("an Array declares a field; its items exist once a strategy runs")

    def __len__(self) -> int:
        return self.shape[0]


class PerInstrument:
    """A field with one entry for each instrument; made by `per_instrument`."""

    def __init__(self, entry: Any) -> None:
        self.entry = entry


def per_instrument(entry: Any) -> Any:
    """Declare a table with one entry an instrument, for strategies of ``scope = "universe"``.

    Parameters
    ----------
    entry : Indicator, int, float or bool
        What each instrument gets, such as ``SMA(10)`` or ``0.0``; read as ``self.averages[instrument]``.
    """
    if not isinstance(entry, Indicator | int | float):
        raise StrategyError(f"per_instrument takes an indicator or a number, not {entry!r}")
    return PerInstrument(entry)


@dataclass(frozen=True)
class Field:
    """One declared field.

    Parameters
    ----------
    name : str
        As declared.
    kind : str
        One of `int`, `float`, `bool`, `enum`, `indicator`, `array`, `table`.
    default : object
        What the class says: a number, an indicator, an array's declaration or a table's.
    """

    name: str
    kind: str
    default: Any

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the field within the record."""
        if self.kind == "indicator":
            dtype: np.dtype[Any] = self.default.dtype
            return dtype
        if self.kind == "array":
            return np.dtype((ITEMS[self.default.kind], self.default.shape))
        if self.kind == "table":
            return TABLE
        return np.dtype({"float": "f8", "bool": "?"}.get(self.kind, "i8"))


def is_class_variable(annotation: Any) -> bool:
    """Whether an annotation says that the attribute is the class's, not a field."""
    if isinstance(annotation, str):
        return annotation.replace("typing.", "").startswith("ClassVar")
    return annotation is ClassVar or get_origin(annotation) is ClassVar


def resolved(owner: type, annotation: Any) -> Any:
    """Evaluate an annotation written as text; text that can't be evaluated comes back as it is."""
    if not isinstance(annotation, str):
        return annotation
    module = sys.modules.get(owner.__module__)
    try:
        return eval(annotation, dict(vars(module)) if module else {}, dict(vars(owner)))
    except (NameError, AttributeError, SyntaxError, TypeError):
        return annotation


def field_of(owner: type, name: str, annotation: Any, default: Any) -> Field:
    """Make the field that an annotation and a default declare."""
    for kind, declared in (("indicator", Indicator), ("array", Array), ("table", PerInstrument)):
        if isinstance(default, declared):
            return Field(name, kind, default)
    label = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", repr(annotation))
    if isinstance(annotation, str) and default is not UNSET:
        annotation = {"int": int, "float": float, "bool": bool}.get(annotation, type(default))
    if isinstance(annotation, str):
        annotation = {"int": int, "float": float, "bool": bool}.get(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Indicator | Array):
        raise _error(owner, f"the field {name!r} needs its arguments: {name}: {label} = {label}(10)")
    if isinstance(annotation, type) and issubclass(annotation, enum.IntEnum):
        first = next(iter(annotation)) if default is UNSET else default
        return Field(name, "enum", fitted(owner.__name__, Field(name, "enum", first), first))
    if annotation not in SCALARS:
        kinds = "int, float, bool, an IntEnum, an indicator, a Window, an Array or per_instrument(...)"
        raise _error(owner, f"the field {name!r} is a {label}; a field is {kinds}, or the class says open = True")
    field = Field(name, annotation.__name__, annotation())
    return field if default is UNSET else replace(field, default=fitted(owner.__name__, field, default))


def _error(owner: type, message: str) -> StrategyError:
    return StrategyError(f"{owner.__name__}: {message}", strategy=owner.__name__)


def fitted(strategy: str, field: Field, value: Any) -> Any:
    """Return `value` as the field holds it.

    A number given to an indicator becomes its first argument, a mapping becomes those of its arguments that it names.
    """
    if isinstance(value, np.generic):
        value = value.item()
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if field.kind == "indicator":
        if is_number:
            return field.default.with_first_argument(value)
        if type(value) is type(field.default):
            return value
        if isinstance(value, Mapping):
            return with_arguments(strategy, field, value)
    elif field.kind == "table" and isinstance(value, PerInstrument):
        return value
    elif field.kind == "table" and is_number and isinstance(field.default.entry, Indicator):
        return PerInstrument(field.default.entry.with_first_argument(value))
    elif field.kind == "array" and isinstance(value, Array) and value.kind is field.default.kind:
        return value
    elif field.kind == "bool" and isinstance(value, bool | int) and value in (0, 1):
        return bool(value)
    elif field.kind == "float" and is_number:
        return float(value)
    elif (field.kind == "enum" and is_number and isinstance(value, int)) or (
        field.kind == "int" and is_number and value == int(value)
    ):
        return int(value)
    wanted = type(field.default).__name__ if field.kind in ("indicator", "array") else field.kind
    raise StrategyError(f"{strategy}: the field {field.name!r} is {wanted}, it can't be {value!r}", strategy=strategy)


def with_arguments(strategy: str, field: Field, given: Mapping[str, Any]) -> Indicator:
    """Return an indicator's field with other arguments by their names."""
    known = field.default.arguments
    for name in given:
        if name not in known:
            raise StrategyError(
                f"{strategy}: the field {field.name!r} has no argument {name!r}{suggestion(name, known)}",
                strategy=strategy,
            )
    changed = {name: value for name, value in given.items() if value != known[name]}
    made: Indicator = field.default.copy()
    first = next(iter(known), "")
    if first in changed:
        made = made.with_first_argument(changed.pop(first))
    if not changed:
        return made
    if set(signature(type(made)).parameters) != set(known):
        raise StrategyError(
            f"{strategy}: of the field {field.name!r} only {first!r} can be set by its name; declare it otherwise",
            strategy=strategy,
        )
    return type(made)(**{**made.arguments, **changed})


class StateLayout:
    """Where the fields of one instance lie: a record, then tables, then windows.

    Parameters
    ----------
    fields : dict of str to Field
        With this instance's values as defaults.
    symbols : int
        How many symbols its hooks name; each gets a hidden field for the instrument's number.
    """

    def __init__(self, fields: dict[str, Field], symbols: int) -> None:
        self.fields = fields
        entries: list[Any] = [(name, field.dtype) for name, field in fields.items()]
        entries += [(symbol_field(number), "i8") for number in range(symbols)]
        self.dtype = np.dtype([*entries, (INSTANCE, "i8")], align=True)

    def offset(self, name: str) -> int:
        """Byte offset of a field in the record."""
        assert self.dtype.fields is not None
        return int(self.dtype.fields[name][1])

    def byte_count(self, instruments: int) -> int:
        """Bytes of one instance, a whole number of cache lines."""
        total = self.dtype.itemsize
        for field in self.fields.values():
            if field.kind == "indicator":
                total += field.default.window_floats * 8
            elif field.kind == "table":
                total += instruments * (entry_dtype(field).itemsize + entry_floats(field) * 8)
        return total + -total % CACHE_LINE

    def initialize(self, view: np.ndarray[Any, Any], instruments: int, instance: int) -> None:
        """Write the first state of an instance into its bytes (uint8, shape (byte_count,))."""
        view[:] = 0
        record = view[: self.dtype.itemsize].view(self.dtype)
        record[INSTANCE] = instance
        end = self.dtype.itemsize
        for name, field in self.fields.items():
            if field.kind == "indicator":
                field.default.initialize(record[name], end - self.offset(name))
                end += field.default.window_floats * 8
            elif field.kind == "table":
                end = self._initialize_table(view, record, field, instruments, end)
            elif field.kind != "array":
                record[name] = field.default

    def _initialize_table(self, view: Any, record: Any, field: Field, instruments: int, start: int) -> int:
        dtype, entry = entry_dtype(field), field.default.entry
        record[field.name]["offset"] = start - self.offset(field.name)
        record[field.name]["count"] = instruments
        end = start + instruments * dtype.itemsize
        table = view[start:end].view(dtype)
        for number in range(instruments):
            if isinstance(entry, Indicator):
                entry.initialize(table[number : number + 1], end - start - number * dtype.itemsize)
                end += entry.window_floats * 8
            else:
                table[number] = entry
        return end


def symbol_field(number: int) -> str:
    """Name of the hidden field for the instrument number of the symbol `number`."""
    return f"symbol__{number}"


def entry_dtype(field: Field) -> np.dtype[Any]:
    """Dtype of one entry of a table; numbers take eight bytes each."""
    entry = field.default.entry
    return entry.dtype if isinstance(entry, Indicator) else np.dtype("f8" if isinstance(entry, float) else "i8")


def entry_floats(field: Field) -> int:
    """Window floats of one entry of a table."""
    entry = field.default.entry
    return entry.window_floats if isinstance(entry, Indicator) else 0
