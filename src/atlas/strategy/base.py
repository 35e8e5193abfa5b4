"""What users derive from: `Strategy`, and the declarations of fields that are more than a number."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any, ClassVar

from atlas.kernel.indicators import Indicator
from atlas.records.errors import StrategyError


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


class Strategy:
    """Base of all strategies.

    Fields are declared by annotation in the class body; keywords of the constructor set them for one instance. A
    number given to an indicator's field sets the indicator's first argument.

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
        from atlas.strategy.fields import fields_of, fitted

        kind: Any = type(self)
        if kind.open:
            object.__setattr__(self, name, fitted_if_declared(kind, name, value))
            return
        fields = fields_of(kind)
        if name not in fields:
            message = f"{kind.__name__} has no field {name!r}{suggestion(name, fields)}"
            raise StrategyError(message, strategy=kind.__name__)
        object.__setattr__(self, name, fitted(kind.__name__, fields[name], value))

    def save(self) -> bytes:
        """Return the state of an open strategy; override it together with `load`."""
        return b""

    def load(self, state: bytes, version: int) -> None:
        """Take back what `save` of a class with `version` returned; override it together with `save`."""
        if state:
            raise StrategyError(f"{type(self).__name__} has saved state of version {version}, but no load()")


def fitted_if_declared(strategy: type[Strategy], name: str, value: Any) -> Any:
    """Fit a value given to a declared indicator of an open strategy; anything else stays as it is."""
    default = getattr(strategy, name, None)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return default.with_first_argument(value) if isinstance(default, Indicator) and is_number else value
