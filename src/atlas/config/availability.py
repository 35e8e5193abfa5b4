"""What this build can do: names that a document may use, handed in by the front doors, and what comes later."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from atlas.errors import ConfigurationError

from .keys import keys_of
from .sections import Document, RiskLimitsSection, limit_names
from .suggestions import did_you_mean

_PLANNED_SLIPPAGE = ("volume", "depth", "book", "mev", "kyle", "adverseSelection", "hidden")
_PLANNED_GATEWAYS = ("mock", "paper", "alpaca", "binance", "fix", "evm", "solana")
_PLANNED_SOURCES = ("yahoo", "alphavantage", "polygon", "binance", "alpaca", "catalog", "database")


@dataclass(frozen=True)
class Registries:
    """
    Names a document may use.

    Attributes
    ----------
    strategies : mapping of str to collection of str, or None
        Names of the parameters of each strategy; None leaves strategies to the caller.
    slippage_models, gateways, data_sources, risk_limits : collection of str
        Names served by this build; limits by their key in a document.
    walk_forward, monte_carlo : bool
        Whether those analyses can be run.
    """

    strategies: Mapping[str, Collection[str]] | None = None
    slippage_models: Collection[str] = ("none", "fixed", "volume")
    gateways: Collection[str] = ("simulated",)
    data_sources: Collection[str] = ("file", "csv", "parquet", "folder", "shipped", "generated")
    risk_limits: Collection[str] = limit_names()
    walk_forward: bool = False
    monte_carlo: bool = False


def check_availability(document: Document, registries: Registries) -> None:
    """
    Refuse what the document asks for and this build does not have.

    Parameters
    ----------
    document : Document
        As parsed, with presets expanded.
    registries : Registries
        What there is.

    Raises
    ------
    ConfigurationError
        Names the path and the reason: unknown (with the nearest known name), or not available yet.
    """
    _check_strategy(document, registries)
    _check_name("slippage.model", document.slippage.model, registries.slippage_models, _PLANNED_SLIPPAGE)
    _check_name("execution.gateway", document.execution.gateway, registries.gateways, _PLANNED_GATEWAYS)
    if document.data_source is not None:
        _check_name("data_source.type", document.data_source.type, registries.data_sources, _PLANNED_SOURCES)
    if document.validation.walk_forward.enabled and not registries.walk_forward:
        raise _not_yet("validation.walkForward.enabled", "walk-forward analysis")
    if document.validation.monte_carlo.enabled and not registries.monte_carlo:
        raise _not_yet("validation.monteCarlo.enabled", "Monte Carlo analysis")
    _check_limits(document.risk_limits, registries)


def _check_strategy(document: Document, registries: Registries) -> None:
    if registries.strategies is None:
        return
    for path, section in document.running.items():
        name = section.type
        if name not in registries.strategies:
            raise ConfigurationError(
                f"unknown strategy {name!r}; {did_you_mean(name, registries.strategies)}", f"{path}.type"
            )
        parameters = registries.strategies[name]
        for key in section.parameters:
            if key not in parameters:
                hint = did_you_mean(key, parameters)
                raise ConfigurationError(f"strategy {name!r} has no such parameter; {hint}", f"{path}.parameters.{key}")


def _check_name(path: str, name: str, available: Collection[str], planned: Collection[str]) -> None:
    if name in available:
        return
    if name in planned:
        raise _not_yet(path, repr(name), f"use {' or '.join(sorted(available))}")
    raise ConfigurationError(f"unknown name {name!r}; {did_you_mean(name, available)}", path)


def _check_limits(limits: RiskLimitsSection | None, registries: Registries) -> None:
    for key in given_limits(limits):
        if key not in registries.risk_limits:
            raise _not_yet(f"riskLimits.{key}", "this limit")


def given_limits(limits: RiskLimitsSection | None) -> Iterator[str]:
    """Keys of the limits that have a value."""
    if limits is None:
        return
    values: dict[str, Any] = {name: getattr(limits, name) for name in limits.__struct_fields__}
    for name, key in zip(limits.__struct_fields__, limits.__struct_encode_fields__, strict=True):
        if name != "preset" and values[name] is not None:
            yield key


def later_keys(document: Document) -> list[str]:
    """Paths of the keys that have a value and are declared as not available yet."""
    plain = msgspec.to_builtins(document)
    standard = msgspec.to_builtins(Document())
    late = [key.path for key in keys_of(Document) if key.later]
    return [path for path in late if _value(plain, path) != _value(standard, path)]


def _value(mapping: Any, path: str) -> Any:
    for part in path.split("."):
        mapping = None if mapping is None else mapping.get(part)
    return mapping


def _not_yet(path: str, what: str, instead: str = "leave it out") -> ConfigurationError:
    return ConfigurationError(f"{what} is not available yet; {instead}", path)
