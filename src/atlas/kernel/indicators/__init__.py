"""Indicators: one core each, used streaming, vectorised and inside strategies.

What may live here: kernel functions on the record of one indicator, and the classes that declare them. What may not:
anything that knows instruments, orders or time, and any NumPy reduction, whose last bit differs between modes.
"""

from atlas.kernel.indicators.averages import DEMA, EMA, HMA, KAMA, RMA, SMA, TEMA, TRIMA, WMA
from atlas.kernel.indicators.channels import Donchian, Keltner
from atlas.kernel.indicators.charts import HeikinAshi, Ichimoku
from atlas.kernel.indicators.convergence import MACD, PPO
from atlas.kernel.indicators.declaration import Indicator
from atlas.kernel.indicators.momentum import CMO, ROC, RSI, TRIX, Momentum
from atlas.kernel.indicators.oscillators import CCI, Stochastic, StochasticRSI, UltimateOscillator, WilliamsR
from atlas.kernel.indicators.regression import Beta, Correlation, LinearRegression
from atlas.kernel.indicators.rolling import PercentRank, RollingMaximum, RollingMedian, RollingMinimum, RollingSum
from atlas.kernel.indicators.trend import ADX, ADXR, Aroon, Choppiness, DirectionalMovement, ParabolicSAR, Supertrend
from atlas.kernel.indicators.vectorised import vectorised
from atlas.kernel.indicators.volatility import (
    ATR,
    NATR,
    Bollinger,
    HistoricalVolatility,
    StandardDeviation,
    TrueRange,
    Variance,
    ZScore,
)
from atlas.kernel.indicators.volume import (
    MFI,
    OBV,
    VWAP,
    VWMA,
    AccumulationDistribution,
    ChaikinMoneyFlow,
    ChaikinOscillator,
    RollingVWAP,
)
from atlas.kernel.indicators.window import Window

__all__ = [
    "ADX",
    "ADXR",
    "ATR",
    "CCI",
    "CMO",
    "DEMA",
    "EMA",
    "HMA",
    "KAMA",
    "MACD",
    "MFI",
    "NATR",
    "OBV",
    "PPO",
    "RMA",
    "ROC",
    "RSI",
    "SMA",
    "TEMA",
    "TRIMA",
    "TRIX",
    "VWAP",
    "VWMA",
    "WMA",
    "AccumulationDistribution",
    "Aroon",
    "Beta",
    "Bollinger",
    "ChaikinMoneyFlow",
    "ChaikinOscillator",
    "Choppiness",
    "Correlation",
    "DirectionalMovement",
    "Donchian",
    "HeikinAshi",
    "HistoricalVolatility",
    "Ichimoku",
    "Indicator",
    "Keltner",
    "LinearRegression",
    "Momentum",
    "ParabolicSAR",
    "PercentRank",
    "RollingMaximum",
    "RollingMedian",
    "RollingMinimum",
    "RollingSum",
    "RollingVWAP",
    "StandardDeviation",
    "Stochastic",
    "StochasticRSI",
    "Supertrend",
    "TrueRange",
    "UltimateOscillator",
    "Variance",
    "WilliamsR",
    "Window",
    "ZScore",
    "vectorised",
]
