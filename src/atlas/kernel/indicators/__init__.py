"""Indicators: one core each, used streaming, vectorised and inside strategies.

What may live here: kernel functions on the record of one indicator, and the classes that declare them. What may not:
anything that knows instruments or orders or asks a clock, and any NumPy reduction, whose last bit differs between
modes.
"""

from atlas.kernel.indicators.averages import EMA, SMA
from atlas.kernel.indicators.channels import Donchian
from atlas.kernel.indicators.declaration import Indicator
from atlas.kernel.indicators.longer_bars import LongerBars
from atlas.kernel.indicators.momentum import RSI
from atlas.kernel.indicators.vectorised import vectorised
from atlas.kernel.indicators.volatility import ATR, Bollinger, StandardDeviation
from atlas.kernel.indicators.window import Window

__all__ = [
    "ATR",
    "EMA",
    "RSI",
    "SMA",
    "Bollinger",
    "Donchian",
    "Indicator",
    "LongerBars",
    "StandardDeviation",
    "Window",
    "vectorised",
]
