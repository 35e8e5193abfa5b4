"""What users derive from, `Strategy`, and which fields a class derived from it has."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any, ClassVar

from atlas.kernel.indicators import Indicator
from atlas.records.errors import StrategyError
from atlas.strategy.fields import UNSET, Field, field_of, fitted, is_class_variable, resolved, suggestion


class Strategy:
    """Base of all strategies.

    Fields are declared by annotation in the class body; keywords of the constructor set them for one instance. A
    number given to an indicator's field sets the indicator's first argument.

    Parameters
    ----------
    **parameters
        Declared fields with their values, such as ``fast=5``.

    Attributes
    ----------
    scope : str
        ``"instrument"``: one state for each instrument. ``"universe"``: one state for all.
    open : bool
        Whether the strategy may be any Python, runs interpreted and keeps its own state.
    version : int
        Version of what `save` writes, handed to `load`.

    Raises
    ------
    StrategyError
        A keyword is no field, or its value does not fit.
    """

    scope: ClassVar[str] = "instrument"
    open: ClassVar[bool] = False
    version: ClassVar[int] = 1

    def __init__(self, **parameters: Any) -> None:
        for name, value in parameters.items():
            setattr(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        kind: Any = type(self)
        if kind.open:
            object.__setattr__(self, name, fitted_if_declared(kind, name, value))
            return
        fields = fields_of(kind)
        if name not in fields:
            hint = (
                suggestion(name, fields)
                or f"; declare it in the class body, as {name}: float = 0.0, or say open = True"
            )
            message = f"{kind.__name__} has no field {name!r}{hint}"
            raise StrategyError(message, strategy=kind.__name__)
        object.__setattr__(self, name, fitted(kind.__name__, fields[name], value))

    def save(self) -> bytes:
        """Return the state of an open strategy; override it together with `load`."""
        return b""

    def load(self, state: bytes, version: int) -> None:
        """Take back the `state` that `save` of a class with `version` returned; override it together with `save`."""
        if state:
            raise StrategyError(f"{type(self).__name__} has saved state of version {version}, but no load()")


def fitted_if_declared(strategy: type[Strategy], name: str, value: Any) -> Any:
    """Fit a value given to a declared indicator of an open strategy; anything else stays as it is."""
    default = getattr(strategy, name, None)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return default.with_first_argument(value) if isinstance(default, Indicator) and is_number else value


@cache
def fields_of(strategy: type[Strategy]) -> dict[str, Field]:
    """Collect the fields of a class, inherited ones first.

    Raises
    ------
    StrategyError
        An annotation is none that a field can have.
    """
    fields: dict[str, Field] = {}
    for owner in lineage(strategy):
        annotations = vars(owner).get("__annotations__", {})
        for name, annotation in annotations.items():
            kind = resolved(owner, annotation)
            if not is_class_variable(kind):
                fields[name] = field_of(owner, name, kind, vars(owner).get(name, UNSET))
        for name, value in vars(owner).items():
            if name in fields and name not in annotations:
                fields[name] = replace(fields[name], default=fitted(owner.__name__, fields[name], value))
    return fields


def lineage(strategy: type) -> list[type]:
    """Classes that may declare fields and methods, base first."""
    return [owner for owner in reversed(strategy.__mro__) if owner not in (object, Strategy)]
