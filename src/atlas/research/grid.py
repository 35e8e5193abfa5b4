"""A grid of parameters: the values of each, and the points that are worth trying."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, Final

import numpy as np

from atlas.backtest.settings import RunSettings
from atlas.config.suggestions import did_you_mean
from atlas.records.errors import ConfigurationError
from atlas.research.costs import COSTS, with_costs
from atlas.strategy.base import Strategy
from atlas.strategy.definition import RESERVED, definition_of

Constraint = Callable[[Any], Any]
"""Is handed the parameters of a point as attributes; false leaves the point out."""

MOST_POINTS: Final = 1_000_000


@dataclass(frozen=True)
class Grid:
    """The points to be tried.

    Attributes
    ----------
    values : dict of str to tuple
        Values of each parameter, in the order given.
    points : tuple of dict
        Parameters of each point; the last parameter varies fastest.
    excluded : int
        How many points of the product the constraint left out.
    """

    values: Mapping[str, tuple[Any, ...]]
    points: tuple[Mapping[str, Any], ...]
    excluded: int = 0

    @property
    def varied(self) -> tuple[str, ...]:
        """Parameters that have more than one value."""
        return tuple(name for name, values in self.values.items() if len(values) > 1)

    def neighbours(self, point: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the points one step away along one parameter, constraint or not."""
        found = []
        for name, values in self.values.items():
            place = values.index(point[name])
            found += [{**point, name: values[near]} for near in (place - 1, place + 1) if 0 <= near < len(values)]
        return found


def make_grid(
    strategy: Strategy,
    given: Mapping[str, Any],
    constraint: Constraint | None = None,
    settings: RunSettings | None = None,
) -> Grid:
    """Check the values of parameters and multiply them out.

    Parameters
    ----------
    strategy : Strategy
        Its class declares the parameters; those not given keep this instance's values.
    given : mapping of str to iterable or single value
    constraint : callable, optional
    settings : RunSettings, optional
        Of the runs, which costs may change too.

    Returns
    -------
    Grid

    Raises
    ------
    ConfigurationError
        There is no parameter of a name, no value for one, nothing left to try, or far too much.
    """
    fixed = parameters_of(strategy)
    if not given:
        known = ", ".join(fixed) or "none"
        raise ConfigurationError(
            f"there is nothing to vary: give a parameter its values, such as fast=range(5, 50, 5); known: {known}"
        )
    values = {name: values_of(type(strategy), fixed, name, value, settings) for name, value in given.items()}
    size = int(np.prod([len(each) for each in values.values()], dtype=object))
    if size > MOST_POINTS:
        raise ConfigurationError(f"the grid has {size:,} points; {MOST_POINTS:,} are the most: widen the steps")
    product = [dict(zip(values, point, strict=True)) for point in itertools.product(*values.values())]
    points = product
    if constraint is not None:
        points = [point for point in product if allows(constraint, {**fixed, **point})]
    if not points:
        raise ConfigurationError(f"the constraint leaves none of the grid's {size:,} points")
    return Grid(values, tuple(points), len(product) - len(points))


def parameters_of(strategy: Strategy) -> dict[str, Any]:
    """Return the parameters of a strategy and their values; of an open one what its class says."""
    kind: Any = type(strategy)
    if not kind.open:
        return definition_of(strategy).parameters()
    names = [name for name in vars(kind) if not name.startswith("_") and not callable(getattr(kind, name))]
    return {name: getattr(strategy, name) for name in names if name not in RESERVED}


def values_of(
    kind: type[Strategy], known: Iterable[str], name: str, given: Any, settings: RunSettings | None = None
) -> tuple[Any, ...]:
    """Return the values of one parameter or cost, each once, in the order given; checked by who will take them."""
    is_cost = settings is not None and name in COSTS and name not in known
    if name not in known and not is_cost:
        names = [*known, *(COSTS if settings is not None else ())]
        raise ConfigurationError(f"{kind.__name__} has no parameter {name!r}; {did_you_mean(name, names)}", name)
    single = isinstance(given, str) or not isinstance(given, Iterable)
    items = [given] if single else (sorted(given) if isinstance(given, set | frozenset) else list(given))
    if is_cost and not all(isinstance(item, int | float | Decimal | np.number) for item in items):
        raise ConfigurationError(f"is varied by numbers, not by {given!r}", name)
    values = tuple(dict.fromkeys(item.item() if isinstance(item, np.generic) else item for item in items))
    if not values:
        raise ConfigurationError(f"has no values: {given!r} is empty", name)
    for value in values:
        if is_cost and settings is not None:
            with_costs(settings, {name: value})
        else:
            kind(**{name: value})
    return values


def allows(constraint: Constraint, parameters: Mapping[str, Any]) -> bool:
    """Whether a constraint lets a point pass."""
    try:
        return bool(constraint(SimpleNamespace(**parameters)))
    except AttributeError as error:
        raise ConfigurationError(f"{error}; the parameters are {', '.join(parameters)}", "constraint") from error
