"""A run that was started from Python, written down as a document."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from os import PathLike
from pathlib import Path
from typing import Any, Final

from atlas.backtest.settings import LIMIT_KEYS, RunSettings, given_limits
from atlas.backtest.universe import Universe, as_row
from atlas.config.reading import dumper
from atlas.config.sections import DataSourceSection
from atlas.data import BarHistory, shipped_data
from atlas.data.descriptions import description_of
from atlas.records.errors import StrategyError
from atlas.strategy.base import Strategy
from atlas.strategy.definition import definition_of
from atlas.strategy.shipped import MODULES

READING_KEYS: Final = frozenset(
    key for key in DataSourceSection.__struct_fields__ if key not in {"type", "path", "files"}
)
"""Options of reading that a document has under the same name."""

DOCUMENT_MODELS: Final = {"square_root": "volume", "volume_share": "volumeShare"}
"""What a document calls each model of slippage that depends on size."""


def describe_run(
    strategies: Sequence[Strategy],
    history: BarHistory,
    settings: RunSettings,
    said: Mapping[str, Any],
    arrays: str = "",
) -> Callable[[], str]:
    """Return what writes the run down as YAML, in the keys of a document; comments say what a document can't.

    The run is described now, and written when somebody asks.

    Parameters
    ----------
    strategies, history, settings
        As they run.
    said : mapping
        The arguments of `backtest` by name.
    arrays : str
        Which arrays are followed; empty for none.
    """
    missing: list[str] = []
    reading = {**said["reading"], **_actions(said, missing)}
    document: dict[str, Any] = {
        "mode": "backtest",
        **_strategies(strategies, missing),
        "symbols": list(said["symbols"] or []),
        "startDate": None if said["start"] is None else str(said["start"]),
        "endDate": None if said["end"] is None else str(said["end"]),
        "timeframe": said["timeframe"],
        "initialCapital": settings.cash,
        "currency": settings.account_currency(history),
        "leverage": settings.leverage,
        "rates": _rates(said["rates"], history, missing),
        "instruments": _instruments(said["instruments"], history),
        "commission": _commission(settings, missing),
        "slippage": _slippage(settings),
        "riskLimits": _limits(settings),
        "execution": {
            "volumeShare": settings.volume_share or 0.1,
            "volumeCap": settings.volume_share != 0,
            "touchFills": settings.touch_fills,
            "fillAt": "close" if settings.close_fills else "next",
            "fractional": said["fractional"],
            "maintenanceMargin": settings.maintenance_margin,
            "borrowRate": settings.borrow_rate,
            "interestRate": settings.interest_rate,
            "latency": {
                "orderMs": settings.order_latency_ns / 1e6,
                "acknowledgementMs": settings.report_latency_ns / 1e6,
                "fillReportMs": settings.report_latency_ns / 1e6,
            },
        },
        "data_source": _source(said["data"], missing, reading),
        "seed": settings.seed,
        "history": settings.history,
        "onError": settings.on_error,
        "hookMode": settings.mode,
        "compile": settings.compile,
        "universe": _universe(said["universe"], settings.universe),
        "delisting": settings.delisting,
        "benchmark": _benchmark(said["benchmark"], missing),
        "riskFreeRate": settings.risk_free_rate,
    }
    missing += [f"the {arrays}, which came from memory"] if arrays else []
    return lambda: as_text(document, missing)


def _actions(said: Mapping[str, Any], missing: list[str]) -> dict[str, bool]:
    """Return which splits and dividends come out of the data's own columns."""
    given = {name: said.get(name) for name in ("dividends", "splits")}
    # Not by `in`: a frame compares with True item by item.
    in_memory = [name for name, each in given.items() if each is not None and not isinstance(each, bool)]
    missing += [f"the {name}, which came from memory" for name in in_memory]
    return {name: True for name, each in given.items() if each is True}


def _benchmark(given: Any, missing: list[str]) -> str | None:
    """Return a benchmark as a document names it."""
    if given is None or given is False:
        return None if given is None else "none"
    if isinstance(given, str | PathLike):
        path = Path(given)
        return str(path.resolve()) if path.is_file() else str(given)
    missing.append(f"the benchmark, which came from memory ({type(given).__name__})")
    return None


def _rates(given: Mapping[str, Any] | None, history: BarHistory, missing: list[str]) -> dict[str, Any]:
    """Return the rates that a document can say: numbers, symbols of the data, and files."""
    found: dict[str, Any] = {}
    for name, value in (given or {}).items():
        if isinstance(value, int | float | Decimal):
            found[name] = float(value)
        elif isinstance(value, str | PathLike):
            found[name] = str(value) if value in history.symbols else str(Path(value).resolve())
        else:
            missing.append(f"the rates of {name}, which came from memory ({type(value).__name__})")
    return found


def _instruments(given: Any, history: BarHistory) -> dict[str, Any]:
    """Return the descriptions of the data's symbols."""
    described = given if isinstance(given, Mapping) else {each.symbol: each for each in given or ()}
    return {
        symbol: {"currency": instrument.currency, **description_of(instrument, symbol)}
        for symbol, instrument in described.items()
        if instrument.symbol in history.symbols or symbol in history.symbols
    }


def _universe(given: Any, read: Universe | None) -> str | list[dict[str, Any]] | None:
    """Return a universe as the file it was, or row by row."""
    if isinstance(given, str | PathLike):
        return str(Path(given).resolve())
    return None if read is None else [as_row(membership) for membership in read]


def _plain(value: Any) -> Any:
    """Value of an option of reading as YAML has it."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    return f"{value / timedelta(seconds=1):.0f}s" if isinstance(value, timedelta) else value


def as_text(document: Mapping[str, Any], missing: Sequence[str]) -> str:
    """Write a document as YAML, under comments on what is missing in it."""
    import yaml

    comments = "".join(f"# Not in this document: {text}\n" for text in missing)
    text: str = yaml.dump(document, Dumper=dumper(), sort_keys=False, allow_unicode=True)
    return f"# A run that was started from Python.\n{comments}{text}"


def _strategies(strategies: Sequence[Strategy], missing: list[str]) -> dict[str, Any]:
    found = [_strategy(strategy, missing) for strategy in strategies]
    return {"strategy": found[0]} if len(found) == 1 else {"strategies": found}


def _strategy(strategy: Strategy, missing: list[str]) -> dict[str, Any]:
    own_class = type(strategy)
    kind = strategy_type(own_class)
    if kind is None:
        missing.append(f"the class {own_class.__name__}, which is in no file")
    parameters = settable_parameters(strategy)
    own, usual = definition_of(strategy).chosen_parameters(), definition_of(own_class()).parameters()
    missing += [
        f"{name}={own[name]}" for name in own if name not in parameters and repr(own[name]) != repr(usual[name])
    ]
    return {"type": kind or own_class.__name__, "name": own_class.__name__, "parameters": parameters}


def settable_parameters(strategy: Strategy) -> dict[str, Any]:
    """Return the values of a strategy's parameters, its defaults too, as far as a document can set them."""
    found: dict[str, Any] = {}
    for name, value in definition_of(strategy).chosen_parameters().items():
        try:
            type(strategy)(**{name: value})
        except StrategyError:
            continue
        found[name] = value
    return found


def strategy_type(strategy: type[Strategy]) -> str | None:
    """Return what a document calls a class: a shipped name or ``file.py:Class``; None where it is in no file."""
    package = f"{Strategy.__module__.rpartition('.')[0]}.shipped."
    if strategy.__module__.startswith(package):
        name = strategy.__module__.removeprefix(package)
        return name if name in MODULES else None
    try:
        file = Path(inspect.getfile(strategy))
    except (TypeError, OSError):
        return None
    is_whole = file.suffix == ".py" and file.exists() and "<locals>" not in strategy.__qualname__
    return f"{file.resolve()}:{strategy.__name__}" if is_whole else None


def _commission(settings: RunSettings, missing: list[str]) -> dict[str, Any]:
    fees = settings.fees
    missing += [f"the number {fees.number} by which reports name the fee rule"] if fees.number else []
    return {
        "fraction": float(fees.taker_rate),
        "makerFraction": float(fees.maker_rate),
        "perShare": float(fees.per_unit),
        "flat": float(fees.flat),
        "minimum": float(fees.minimum),
        "tiers": [
            {"from": float(start), "fraction": float(taker), "makerFraction": float(maker)}
            for start, maker, taker in fees.tiers
        ],
        "tierBy": fees.tier_by,
    }


def _slippage(settings: RunSettings) -> dict[str, Any]:
    if settings.slippage_model == "fixed":
        return {"model": "fixed" if settings.slippage_bps else "none", "fixedBps": settings.slippage_bps}
    model = DOCUMENT_MODELS[settings.slippage_model]
    return {"model": model, "fixedBps": settings.slippage_bps, "impactFactor": settings.impact_factor}


def _limits(settings: RunSettings) -> dict[str, Any] | None:
    found = {LIMIT_KEYS[name]: value for name, value in given_limits(settings.limits).items()}
    if not settings.limits.require_buying_power:
        found["requireBuyingPower"] = False
    return found or None


def _source(data: Any, missing: list[str], reading: Mapping[str, Any]) -> dict[str, Any] | None:
    if isinstance(data, str | PathLike):
        path = Path(data)
        if not path.exists() and str(data).lower() in {each.name for each in shipped_data()}:
            return {"type": "shipped", "path": str(data).lower()}
        return {"type": "folder" if path.is_dir() else "file", "path": str(path.resolve()), **_options(reading)}
    files = _files(data)
    if files:
        return {"type": "file", "files": files, **_options(reading)}
    missing.append(f"the data, which came from memory ({type(data).__name__})")
    return None


def _options(reading: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in reading.items() if name in READING_KEYS and value}


def _files(data: Any) -> Any:
    """Return the files that data is read from, by symbol or as a list; None where some of it isn't in files."""
    if isinstance(data, str | PathLike):
        return str(Path(data).resolve())
    if isinstance(data, Mapping):
        found = {str(symbol): _files(each) for symbol, each in data.items()}
        return None if None in found.values() or any(isinstance(each, dict) for each in found.values()) else found
    if isinstance(data, list | tuple):
        paths = [_files(each) for each in data]
        return paths if all(isinstance(each, str) for each in paths) else None
    return None
