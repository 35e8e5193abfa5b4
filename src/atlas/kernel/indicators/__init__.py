"""Indicators: one core each, used streaming, vectorised and inside strategies.

What may live here: kernel functions on the record of one indicator, and the classes that declare them. What may not:
anything that knows instruments or orders or asks a clock, and any NumPy reduction, whose last bit differs between
modes. An indicator's module is loaded when it is first named: a strategy waits for those it uses, not for all.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from atlas.kernel.indicators.averages import DEMA as DEMA
    from atlas.kernel.indicators.averages import EMA as EMA
    from atlas.kernel.indicators.averages import HMA as HMA
    from atlas.kernel.indicators.averages import KAMA as KAMA
    from atlas.kernel.indicators.averages import RMA as RMA
    from atlas.kernel.indicators.averages import SMA as SMA
    from atlas.kernel.indicators.averages import TEMA as TEMA
    from atlas.kernel.indicators.averages import TRIMA as TRIMA
    from atlas.kernel.indicators.averages import WMA as WMA
    from atlas.kernel.indicators.channels import Donchian as Donchian
    from atlas.kernel.indicators.channels import Keltner as Keltner
    from atlas.kernel.indicators.charts import HeikinAshi as HeikinAshi
    from atlas.kernel.indicators.charts import Ichimoku as Ichimoku
    from atlas.kernel.indicators.columns import vectorised as vectorised
    from atlas.kernel.indicators.convergence import MACD as MACD
    from atlas.kernel.indicators.convergence import PPO as PPO
    from atlas.kernel.indicators.declaration import Indicator as Indicator
    from atlas.kernel.indicators.momentum import CMO as CMO
    from atlas.kernel.indicators.momentum import ROC as ROC
    from atlas.kernel.indicators.momentum import RSI as RSI
    from atlas.kernel.indicators.momentum import TRIX as TRIX
    from atlas.kernel.indicators.momentum import Momentum as Momentum
    from atlas.kernel.indicators.oscillators import CCI as CCI
    from atlas.kernel.indicators.oscillators import Stochastic as Stochastic
    from atlas.kernel.indicators.oscillators import StochasticRSI as StochasticRSI
    from atlas.kernel.indicators.oscillators import UltimateOscillator as UltimateOscillator
    from atlas.kernel.indicators.oscillators import WilliamsR as WilliamsR
    from atlas.kernel.indicators.regression import Beta as Beta
    from atlas.kernel.indicators.regression import Correlation as Correlation
    from atlas.kernel.indicators.regression import LinearRegression as LinearRegression
    from atlas.kernel.indicators.rolling import PercentRank as PercentRank
    from atlas.kernel.indicators.rolling import RollingMaximum as RollingMaximum
    from atlas.kernel.indicators.rolling import RollingMedian as RollingMedian
    from atlas.kernel.indicators.rolling import RollingMinimum as RollingMinimum
    from atlas.kernel.indicators.rolling import RollingSum as RollingSum
    from atlas.kernel.indicators.trend import ADX as ADX
    from atlas.kernel.indicators.trend import ADXR as ADXR
    from atlas.kernel.indicators.trend import Aroon as Aroon
    from atlas.kernel.indicators.trend import Choppiness as Choppiness
    from atlas.kernel.indicators.trend import DirectionalMovement as DirectionalMovement
    from atlas.kernel.indicators.trend import ParabolicSAR as ParabolicSAR
    from atlas.kernel.indicators.trend import Supertrend as Supertrend
    from atlas.kernel.indicators.volatility import ATR as ATR
    from atlas.kernel.indicators.volatility import NATR as NATR
    from atlas.kernel.indicators.volatility import Bollinger as Bollinger
    from atlas.kernel.indicators.volatility import HistoricalVolatility as HistoricalVolatility
    from atlas.kernel.indicators.volatility import StandardDeviation as StandardDeviation
    from atlas.kernel.indicators.volatility import TrueRange as TrueRange
    from atlas.kernel.indicators.volatility import Variance as Variance
    from atlas.kernel.indicators.volatility import ZScore as ZScore
    from atlas.kernel.indicators.volume import MFI as MFI
    from atlas.kernel.indicators.volume import OBV as OBV
    from atlas.kernel.indicators.volume import VWAP as VWAP
    from atlas.kernel.indicators.volume import VWMA as VWMA
    from atlas.kernel.indicators.volume import AccumulationDistribution as AccumulationDistribution
    from atlas.kernel.indicators.volume import ChaikinMoneyFlow as ChaikinMoneyFlow
    from atlas.kernel.indicators.volume import ChaikinOscillator as ChaikinOscillator
    from atlas.kernel.indicators.volume import RollingVWAP as RollingVWAP
    from atlas.kernel.indicators.window import Window as Window

_HOMES = {
    "ADX": "trend",
    "ADXR": "trend",
    "ATR": "volatility",
    "CCI": "oscillators",
    "CMO": "momentum",
    "DEMA": "averages",
    "EMA": "averages",
    "HMA": "averages",
    "KAMA": "averages",
    "MACD": "convergence",
    "MFI": "volume",
    "NATR": "volatility",
    "OBV": "volume",
    "PPO": "convergence",
    "RMA": "averages",
    "ROC": "momentum",
    "RSI": "momentum",
    "SMA": "averages",
    "TEMA": "averages",
    "TRIMA": "averages",
    "TRIX": "momentum",
    "VWAP": "volume",
    "VWMA": "volume",
    "WMA": "averages",
    "AccumulationDistribution": "volume",
    "Aroon": "trend",
    "Beta": "regression",
    "Bollinger": "volatility",
    "ChaikinMoneyFlow": "volume",
    "ChaikinOscillator": "volume",
    "Choppiness": "trend",
    "Correlation": "regression",
    "DirectionalMovement": "trend",
    "Donchian": "channels",
    "HeikinAshi": "charts",
    "HistoricalVolatility": "volatility",
    "Ichimoku": "charts",
    "Indicator": "declaration",
    "Keltner": "channels",
    "LinearRegression": "regression",
    "Momentum": "momentum",
    "ParabolicSAR": "trend",
    "PercentRank": "rolling",
    "RollingMaximum": "rolling",
    "RollingMedian": "rolling",
    "RollingMinimum": "rolling",
    "RollingSum": "rolling",
    "RollingVWAP": "volume",
    "StandardDeviation": "volatility",
    "Stochastic": "oscillators",
    "StochasticRSI": "oscillators",
    "Supertrend": "trend",
    "TrueRange": "volatility",
    "UltimateOscillator": "oscillators",
    "Variance": "volatility",
    "WilliamsR": "oscillators",
    "Window": "window",
    "ZScore": "volatility",
    "vectorised": "columns",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """Load an indicator from its module."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"atlas.kernel.indicators.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
