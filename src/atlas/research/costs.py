"""What a search varies beside the strategy's parameters: costs and terms of the run, by the words of `backtest`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from atlas.backtest.run import MILLISECOND_NS
from atlas.backtest.settings import RunSettings, fee_rule, require_number

Setting = Callable[[Any], dict[str, Any]]


def _same(name: str) -> Setting:
    return lambda value: {name: value}


def _latency(name: str) -> Setting:
    def setting(value: Any) -> dict[str, Any]:
        require_number(f"{name}_ms", value, least=0.0)
        return {f"{name}_ns": round(value * MILLISECOND_NS)}

    return setting


PLAIN: Final = (
    *("cash", "volume_share", "slippage_bps", "impact_factor", "leverage", "borrow_rate", "interest_rate", "seed"),
)
COSTS: Final[dict[str, Setting]] = {
    "fees": lambda value: {"fees": fee_rule(value)},
    **{name: _same(name) for name in PLAIN},
    "order_latency_ms": _latency("order_latency"),
    "report_latency_ms": _latency("report_latency"),
}
"""Arguments of `backtest` that may be given several values, and the settings that each value is."""


def is_varied(name: str, value: Any) -> bool:
    """Whether an argument of `backtest` was given several values to try."""
    return name in COSTS and hasattr(value, "__iter__") and not isinstance(value, str | Mapping)


def costs_of(point: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a point is no parameter of the strategy."""
    return {name: value for name, value in point.items() if name in COSTS and name not in parameters}


def with_costs(settings: RunSettings, costs: Mapping[str, Any]) -> RunSettings:
    """Return the settings with a point's costs.

    Raises
    ------
    ConfigurationError
        A value is out of its range.
    """
    changes: dict[str, Any] = {}
    for name, value in costs.items():
        changes |= COSTS[name](value)
    return replace(settings, **changes) if changes else settings
