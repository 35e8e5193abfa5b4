"""The interpreted mode: the user's class over the very bytes that compiled code would change.

Each class of a strategy gets a mirror, a ctypes structure without a dictionary, so that no undeclared attribute can be
assigned. Numbers are fields of the structure; indicators, arrays and tables are handles made once and kept in slots.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from atlas.kernel.indicators import Indicator
from atlas.kernel.indicators.declaration import attach
from atlas.kernel.memory.intrinsics import structure_of
from atlas.strategy.definition import StrategyDefinition
from atlas.strategy.fields import Field, entry_dtype

OUT_OF_RANGE = "index out of range"


class FieldArray(np.ndarray[Any, Any]):
    """An array over the bytes of a field, whose single items are ordinary Python numbers."""

    def __getitem__(self, index: Any) -> Any:
        item = super().__getitem__(index)
        return item.item() if isinstance(item, np.generic) else item

    def __iter__(self) -> Any:
        return iter(self.tolist()) if self.ndim == 1 else super().__iter__()


class InstrumentTable:
    """One entry for each instrument, in interpreted mode.

    Parameters
    ----------
    items : sequence
        Handles of indicators, or a ctypes array of numbers.
    """

    __slots__ = ("count", "items")

    def __init__(self, items: Any) -> None:
        self.items, self.count = items, len(items)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Any:
        if index < 0 or index >= self.count:
            raise IndexError(OUT_OF_RANGE)
        return self.items[index]

    def __setitem__(self, index: int, value: Any) -> None:
        if index < 0 or index >= self.count:
            raise IndexError(OUT_OF_RANGE)
        self.items[index] = value


def instance_type(definition: StrategyDefinition) -> Any:
    """Return the mirror class with fields, methods and constants in place."""
    for member, function in definition.functions.items():
        setattr(definition.mirrors[member.owner], member.name, function)
    mirror = definition.mirrors[definition.strategy]
    for name, value in definition.constants.items():
        setattr(mirror, name, value)
    handles = [name for name, field in definition.fields.items() if is_handle(field)]
    dtype = definition.layout.dtype
    assert dtype.fields is not None
    fields = [
        (f"{name}__bytes" if name in handles else name, structure_of(dtype.fields[name][0]))
        for name in dtype.names or ()
    ]
    space = {"__slots__": tuple(handles), "_fields_": fields}
    made = type(definition.name, (mirror,), space)
    assert ctypes.sizeof(made) == dtype.itemsize, f"{definition.name}: the mirror has another layout"
    return made


def is_handle(field: Field) -> bool:
    """Whether a field is reached through an object of its own."""
    return field.kind in ("indicator", "array", "table")


def instance_at(definition: StrategyDefinition, made: Any, address: int) -> Any:
    """Return the strategy's instance over the bytes at `address`, its handles attached.

    Parameters
    ----------
    definition : StrategyDefinition
        Of the strategy.
    made : type
        What `instance_type` returned for it.
    address : int
        Of an initialized instance, in memory that outlives the answer.
    """
    instance = made.from_address(address)
    for name, field in definition.fields.items():
        if is_handle(field):
            setattr(instance, name, handle_at(field, address + definition.layout.offset(name)))
    return instance


def handle_at(field: Field, address: int) -> Any:
    """Return the object through which interpreted hooks reach the field at `address`."""
    if field.kind == "indicator":
        return attach(type(field.default), address)
    if field.kind == "array":
        structure = structure_of(field.dtype).from_address(address)
        return np.ctypeslib.as_array(structure).view(FieldArray)
    offset, count = (ctypes.c_int64 * 2).from_address(address)
    dtype, start = entry_dtype(field), address + offset
    entry = field.default.entry
    if isinstance(entry, Indicator):
        return InstrumentTable([attach(type(entry), start + dtype.itemsize * number) for number in range(count)])
    return InstrumentTable((structure_of(dtype) * count).from_address(start))
