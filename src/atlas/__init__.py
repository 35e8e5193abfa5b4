"""Atlas: research, backtest, validate, paper-trade and trade live with one strategy class and one deterministic engine.

What may live here: the version and lazy re-exports of the public names. What may not: code, and imports that cost
time (Numba, pandas, DuckDB); `import atlas` stays instant.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from atlas.backtest.documents import load_run as load_run
    from atlas.backtest.documents import run_document as run_document
    from atlas.backtest.result import BacktestResult as BacktestResult
    from atlas.backtest.run import backtest as backtest
    from atlas.data import BarHistory as BarHistory
    from atlas.data import GeneratorSettings as GeneratorSettings
    from atlas.data import generate_bars as generate_bars
    from atlas.data import load_bars as load_bars
    from atlas.data import load_shipped as load_shipped
    from atlas.kernel.exchange.create import FeeRule as FeeRule
    from atlas.kernel.indicators import ATR as ATR
    from atlas.kernel.indicators import EMA as EMA
    from atlas.kernel.indicators import RSI as RSI
    from atlas.kernel.indicators import SMA as SMA
    from atlas.kernel.indicators import Bollinger as Bollinger
    from atlas.kernel.indicators import Donchian as Donchian
    from atlas.kernel.indicators import Indicator as Indicator
    from atlas.kernel.indicators import StandardDeviation as StandardDeviation
    from atlas.kernel.indicators import Window as Window
    from atlas.kernel.trader.creation import Limits as Limits
    from atlas.records.errors import AtlasError as AtlasError
    from atlas.records.errors import ConfigurationError as ConfigurationError
    from atlas.records.errors import DataError as DataError
    from atlas.records.errors import StrategyCompileError as StrategyCompileError
    from atlas.records.errors import StrategyError as StrategyError
    from atlas.records.instruments import Instrument as Instrument
    from atlas.research import Optimization as Optimization
    from atlas.research import optimize as optimize
    from atlas.strategy import Array as Array
    from atlas.strategy import Bars as Bars
    from atlas.strategy import Context as Context
    from atlas.strategy import Strategy as Strategy
    from atlas.strategy import per_instrument as per_instrument

_HOMES = {
    "backtest": "backtest",
    "BacktestResult": "backtest.result",
    "optimize": "research",
    "Optimization": "research",
    "load_run": "backtest.documents",
    "run_document": "backtest.documents",
    "Strategy": "strategy",
    "Context": "strategy",
    "Array": "strategy",
    "per_instrument": "strategy",
    "Bars": "strategy",
    "Indicator": "kernel.indicators",
    "SMA": "kernel.indicators",
    "EMA": "kernel.indicators",
    "RSI": "kernel.indicators",
    "ATR": "kernel.indicators",
    "Bollinger": "kernel.indicators",
    "Donchian": "kernel.indicators",
    "StandardDeviation": "kernel.indicators",
    "Window": "kernel.indicators",
    "BarHistory": "data",
    "GeneratorSettings": "data",
    "generate_bars": "data",
    "load_bars": "data",
    "load_shipped": "data",
    "FeeRule": "kernel.exchange.create",
    "Limits": "kernel.trader.creation",
    "Instrument": "records.instruments",
    "AtlasError": "records.errors",
    "ConfigurationError": "records.errors",
    "DataError": "records.errors",
    "StrategyError": "records.errors",
    "StrategyCompileError": "records.errors",
}

__all__ = list(_HOMES)

if TYPE_CHECKING:
    __version__: str


def __getattr__(name: str) -> Any:
    """Load a public name from the module that holds it."""
    if name == "__version__":
        return importlib.import_module("atlas.config.version").VERSION
    if name not in _HOMES:
        raise AttributeError(f"module 'atlas' has no attribute {name!r}")
    home = importlib.import_module(f"atlas.{_HOMES[name]}")
    # The room `backtest` is callable itself, so that it may keep its name.
    value = home if name == "backtest" else getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
