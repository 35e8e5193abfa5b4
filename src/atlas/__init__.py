"""Atlas: research, backtest, validate, paper-trade and trade live with one strategy class and one deterministic engine.

What may live here: the version and lazy re-exports of the public names. What may not: code, and imports that cost
time (Numba, pandas, DuckDB); `import atlas` stays instant.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from atlas import indicators as indicators
    from atlas import strategies as strategies
    from atlas.backtest.documents import load_run as load_run
    from atlas.backtest.documents import run_document as run_document
    from atlas.backtest.result import BacktestResult as BacktestResult
    from atlas.backtest.run import backtest as backtest
    from atlas.backtest.saved import SavedResult as SavedResult
    from atlas.backtest.saved import compare as compare
    from atlas.backtest.saved import load_result as load_result
    from atlas.data import BarHistory as BarHistory
    from atlas.data import GeneratorSettings as GeneratorSettings
    from atlas.data import generate_bars as generate_bars
    from atlas.data import load as load
    from atlas.data import load_bars as load_bars
    from atlas.data import load_shipped as load_shipped
    from atlas.data.feeds.binance import read_binance as read_binance
    from atlas.data.feeds.databento import read_databento as read_databento
    from atlas.data.feeds.lobster import read_lobster as read_lobster
    from atlas.data.feeds.records import Feed as Feed
    from atlas.data.order_book import OrderBook as OrderBook
    from atlas.errors import AtlasError as AtlasError
    from atlas.errors import CapacityError as CapacityError
    from atlas.errors import ConfigurationError as ConfigurationError
    from atlas.errors import DataError as DataError
    from atlas.errors import InvalidRequestError as InvalidRequestError
    from atlas.errors import JournalError as JournalError
    from atlas.errors import StrategyCompileError as StrategyCompileError
    from atlas.errors import StrategyError as StrategyError
    from atlas.kernel.exchange.create import FeeRule as FeeRule
    from atlas.kernel.indicators import ADX as ADX
    from atlas.kernel.indicators import ADXR as ADXR
    from atlas.kernel.indicators import ATR as ATR
    from atlas.kernel.indicators import CCI as CCI
    from atlas.kernel.indicators import CMO as CMO
    from atlas.kernel.indicators import DEMA as DEMA
    from atlas.kernel.indicators import EMA as EMA
    from atlas.kernel.indicators import HMA as HMA
    from atlas.kernel.indicators import KAMA as KAMA
    from atlas.kernel.indicators import MACD as MACD
    from atlas.kernel.indicators import MFI as MFI
    from atlas.kernel.indicators import NATR as NATR
    from atlas.kernel.indicators import OBV as OBV
    from atlas.kernel.indicators import PPO as PPO
    from atlas.kernel.indicators import RMA as RMA
    from atlas.kernel.indicators import ROC as ROC
    from atlas.kernel.indicators import RSI as RSI
    from atlas.kernel.indicators import SMA as SMA
    from atlas.kernel.indicators import TEMA as TEMA
    from atlas.kernel.indicators import TRIMA as TRIMA
    from atlas.kernel.indicators import TRIX as TRIX
    from atlas.kernel.indicators import VWAP as VWAP
    from atlas.kernel.indicators import VWMA as VWMA
    from atlas.kernel.indicators import WMA as WMA
    from atlas.kernel.indicators import AccumulationDistribution as AccumulationDistribution
    from atlas.kernel.indicators import Aroon as Aroon
    from atlas.kernel.indicators import Beta as Beta
    from atlas.kernel.indicators import Bollinger as Bollinger
    from atlas.kernel.indicators import ChaikinMoneyFlow as ChaikinMoneyFlow
    from atlas.kernel.indicators import ChaikinOscillator as ChaikinOscillator
    from atlas.kernel.indicators import Choppiness as Choppiness
    from atlas.kernel.indicators import Correlation as Correlation
    from atlas.kernel.indicators import DirectionalMovement as DirectionalMovement
    from atlas.kernel.indicators import Donchian as Donchian
    from atlas.kernel.indicators import HeikinAshi as HeikinAshi
    from atlas.kernel.indicators import HistoricalVolatility as HistoricalVolatility
    from atlas.kernel.indicators import Ichimoku as Ichimoku
    from atlas.kernel.indicators import Indicator as Indicator
    from atlas.kernel.indicators import Keltner as Keltner
    from atlas.kernel.indicators import LinearRegression as LinearRegression
    from atlas.kernel.indicators import Momentum as Momentum
    from atlas.kernel.indicators import ParabolicSAR as ParabolicSAR
    from atlas.kernel.indicators import PercentRank as PercentRank
    from atlas.kernel.indicators import RollingMaximum as RollingMaximum
    from atlas.kernel.indicators import RollingMedian as RollingMedian
    from atlas.kernel.indicators import RollingMinimum as RollingMinimum
    from atlas.kernel.indicators import RollingSum as RollingSum
    from atlas.kernel.indicators import RollingVWAP as RollingVWAP
    from atlas.kernel.indicators import StandardDeviation as StandardDeviation
    from atlas.kernel.indicators import Stochastic as Stochastic
    from atlas.kernel.indicators import StochasticRSI as StochasticRSI
    from atlas.kernel.indicators import Supertrend as Supertrend
    from atlas.kernel.indicators import TrueRange as TrueRange
    from atlas.kernel.indicators import UltimateOscillator as UltimateOscillator
    from atlas.kernel.indicators import Variance as Variance
    from atlas.kernel.indicators import WilliamsR as WilliamsR
    from atlas.kernel.indicators import Window as Window
    from atlas.kernel.indicators import ZScore as ZScore
    from atlas.kernel.trader.creation import Limits as Limits
    from atlas.records.enums import OrderType as OrderType
    from atlas.records.enums import TimeInForce as TimeInForce
    from atlas.records.instruments import Instrument as Instrument
    from atlas.research import Optimization as Optimization
    from atlas.research import optimize as optimize
    from atlas.strategy import Array as Array
    from atlas.strategy import Bars as Bars
    from atlas.strategy import Context as Context
    from atlas.strategy import Strategy as Strategy
    from atlas.strategy import per_instrument as per_instrument

# Rooms that are public by their own name.
_ROOMS = ("backtest", "indicators", "strategies")
_HOMES = {
    "backtest": "backtest",
    "indicators": "indicators",
    "strategies": "strategies",
    "BacktestResult": "backtest.result",
    "optimize": "research",
    "Optimization": "research",
    "SavedResult": "backtest.saved",
    "compare": "backtest.saved",
    "load_result": "backtest.saved",
    "load_run": "backtest.documents",
    "run_document": "backtest.documents",
    "Strategy": "strategy",
    "Context": "strategy",
    "Array": "strategy",
    "OrderType": "records.enums",
    "TimeInForce": "records.enums",
    "per_instrument": "strategy",
    "Bars": "strategy",
    "Indicator": "kernel.indicators",
    "ADX": "kernel.indicators",
    "ADXR": "kernel.indicators",
    "ATR": "kernel.indicators",
    "CCI": "kernel.indicators",
    "CMO": "kernel.indicators",
    "DEMA": "kernel.indicators",
    "EMA": "kernel.indicators",
    "HMA": "kernel.indicators",
    "KAMA": "kernel.indicators",
    "MACD": "kernel.indicators",
    "MFI": "kernel.indicators",
    "NATR": "kernel.indicators",
    "OBV": "kernel.indicators",
    "PPO": "kernel.indicators",
    "RMA": "kernel.indicators",
    "ROC": "kernel.indicators",
    "RSI": "kernel.indicators",
    "SMA": "kernel.indicators",
    "TEMA": "kernel.indicators",
    "TRIMA": "kernel.indicators",
    "TRIX": "kernel.indicators",
    "VWAP": "kernel.indicators",
    "VWMA": "kernel.indicators",
    "WMA": "kernel.indicators",
    "AccumulationDistribution": "kernel.indicators",
    "Aroon": "kernel.indicators",
    "Beta": "kernel.indicators",
    "Bollinger": "kernel.indicators",
    "ChaikinMoneyFlow": "kernel.indicators",
    "ChaikinOscillator": "kernel.indicators",
    "Choppiness": "kernel.indicators",
    "Correlation": "kernel.indicators",
    "DirectionalMovement": "kernel.indicators",
    "Donchian": "kernel.indicators",
    "HeikinAshi": "kernel.indicators",
    "HistoricalVolatility": "kernel.indicators",
    "Ichimoku": "kernel.indicators",
    "Keltner": "kernel.indicators",
    "LinearRegression": "kernel.indicators",
    "Momentum": "kernel.indicators",
    "ParabolicSAR": "kernel.indicators",
    "PercentRank": "kernel.indicators",
    "RollingMaximum": "kernel.indicators",
    "RollingMedian": "kernel.indicators",
    "RollingMinimum": "kernel.indicators",
    "RollingSum": "kernel.indicators",
    "RollingVWAP": "kernel.indicators",
    "StandardDeviation": "kernel.indicators",
    "Stochastic": "kernel.indicators",
    "StochasticRSI": "kernel.indicators",
    "Supertrend": "kernel.indicators",
    "TrueRange": "kernel.indicators",
    "UltimateOscillator": "kernel.indicators",
    "Variance": "kernel.indicators",
    "WilliamsR": "kernel.indicators",
    "Window": "kernel.indicators",
    "ZScore": "kernel.indicators",
    "BarHistory": "data",
    "GeneratorSettings": "data",
    "generate_bars": "data",
    "load": "data",
    "load_bars": "data",
    "load_shipped": "data",
    "OrderBook": "data.order_book",
    "Feed": "data.feeds.records",
    "read_binance": "data.feeds.binance",
    "read_databento": "data.feeds.databento",
    "read_lobster": "data.feeds.lobster",
    "FeeRule": "kernel.exchange.create",
    "Limits": "kernel.trader.creation",
    "Instrument": "records.instruments",
    "AtlasError": "errors",
    "ConfigurationError": "errors",
    "DataError": "errors",
    "InvalidRequestError": "errors",
    "CapacityError": "errors",
    "JournalError": "errors",
    "StrategyError": "errors",
    "StrategyCompileError": "errors",
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
    value = home if name in _ROOMS else getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
