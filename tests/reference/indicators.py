"""Indicators that TA-Lib lacks, written down once more from their formulas: whole series at a time, by pandas.

Slow and obvious: each value is computed from its own window, nothing is carried along but where the definition says so.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

Series = Any


def weighted_average(series: Series, length: int) -> Series:
    """Mean of a window with weights 1, 2, …, length."""
    weights = np.arange(1, length + 1)
    return series.rolling(length).apply(lambda window: float(np.dot(window, weights)) / weights.sum(), raw=True)


def hull(series: Series, length: int) -> Series:
    """Hull moving average."""
    half, whole = weighted_average(series, length // 2), weighted_average(series, length)
    return weighted_average(2.0 * half - whole, math.isqrt(length))


def wilder(series: Series, length: int) -> Series:
    """Wilder's smoothing, started by a plain mean; what is missing in front is left out."""
    values = series.dropna()
    answer = pd.Series(np.nan, series.index)
    smoothed = math.nan
    for number, (place, value) in enumerate(values.items(), 1):
        if number == length:
            smoothed = float(np.mean(values.iloc[:length]))
        elif number > length:
            smoothed += (value - smoothed) / length
        answer[place] = smoothed
    return answer


def exponential(series: Series, length: int) -> Series:
    """Exponential average, started by a plain mean; what is missing in front is left out."""
    values = series.dropna()
    started = values.iloc[length - 1 :].copy()
    started.iloc[0] = values.iloc[:length].mean()
    return started.ewm(span=length, adjust=False).mean().reindex(series.index)


def median(series: Series, length: int) -> Series:
    """Rolling median."""
    return series.rolling(length).median()


def percent_rank(series: Series, length: int) -> Series:
    """Percentage of the values before the newest that are not above it."""
    return series.rolling(length + 1).apply(lambda window: 100.0 * np.mean(window[:-1] <= window[-1]), raw=True)


def score(series: Series, length: int) -> Series:
    """Distance from the mean in population deviations."""
    window = series.rolling(length)
    return (series - window.mean()) / window.std(ddof=0)


def historical_volatility(series: Series, length: int, periods: float) -> Series:
    """Sample deviation of logarithmic returns, annualised."""
    return np.log(series / series.shift()).rolling(length).std(ddof=1) * math.sqrt(periods)


def volume_weighted(price: Series, volume: Series, length: int) -> Series:
    """Volume-weighted mean of a window."""
    return (price * volume).rolling(length).sum() / volume.rolling(length).sum()


def typical(bars: Any) -> Series:
    """Mean of high, low and close."""
    return (bars["high"] + bars["low"] + bars["close"]) / 3.0


def session_average(bars: Any, session_ns: int, offset_ns: int) -> Series:
    """Volume-weighted average price since the session began."""
    session = (bars["time_ns"] - offset_ns) // session_ns
    amount = (typical(bars) * bars["volume"]).groupby(session).cumsum()
    return amount / bars["volume"].groupby(session).cumsum()


def chaikin_flow(bars: Any, length: int) -> Series:
    """Chaikin money flow."""
    place = (2.0 * bars["close"] - bars["high"] - bars["low"]) / (bars["high"] - bars["low"])
    return volume_weighted(place, bars["volume"], length)


def true_range(bars: Any) -> Series:
    """True range, from the second bar on."""
    before = bars["close"].shift()
    parts = [bars["high"] - bars["low"], (bars["high"] - before).abs(), (bars["low"] - before).abs()]
    return pd.concat(parts, axis=1).max(axis=1).where(before.notna())


def choppiness(bars: Any, length: int) -> Series:
    """Choppiness index."""
    span = bars["high"].rolling(length).max() - bars["low"].rolling(length).min()
    return 100.0 * np.log10(true_range(bars).rolling(length).sum() / span) / math.log10(length)


def keltner(bars: Any, length: int, width: float, range_length: int) -> dict[str, Series]:
    """Keltner channel."""
    middle = exponential(bars["close"], length)
    distance = width * wilder(true_range(bars), range_length)
    return {"middle": middle, "upper": middle + distance, "lower": middle - distance}


def stochastic_rsi(
    series: Series, length: int, stochastic_length: int, smoothing: int, signal_length: int
) -> dict[str, Series]:
    """Stochastic oscillator of the index of relative strength."""
    change = series.diff()
    rises, falls = wilder(change.clip(lower=0.0), length), wilder(-change.clip(upper=0.0), length)
    strength = 100.0 * rises / (rises + falls)
    low, high = strength.rolling(stochastic_length).min(), strength.rolling(stochastic_length).max()
    k = (100.0 * (strength - low) / (high - low)).rolling(smoothing).mean()
    return {"k": k, "d": k.rolling(signal_length).mean()}


def percentage_oscillator(series: Series, fast: int, slow: int, signal: int) -> dict[str, Series]:
    """Percentage price oscillator."""
    slow_average = exponential(series, slow)
    line = 100.0 * (exponential(series, fast) - slow_average) / slow_average
    smoothed = exponential(line, signal)
    return {"line": line, "signal": smoothed, "histogram": line - smoothed}


def supertrend(bars: Any, length: int, multiplier: float) -> dict[str, Series]:
    """Supertrend: bands, direction and the band that counts."""
    distance = multiplier * wilder(true_range(bars), length)
    middle = (bars["high"] + bars["low"]) / 2.0
    upper, lower = (middle + distance).to_numpy().copy(), (middle - distance).to_numpy().copy()
    close, direction = bars["close"].to_numpy(), np.full(len(bars), np.nan)
    for row in range(length, len(bars)):
        if row == length:
            direction[row] = 1.0
            continue
        if not (upper[row] < upper[row - 1] or close[row - 1] > upper[row - 1]):
            upper[row] = upper[row - 1]
        if not (lower[row] > lower[row - 1] or close[row - 1] < lower[row - 1]):
            lower[row] = lower[row - 1]
        direction[row] = direction[row - 1]
        if direction[row] > 0.0 and close[row] < lower[row]:
            direction[row] = -1.0
        elif direction[row] < 0.0 and close[row] > upper[row]:
            direction[row] = 1.0
    return {"value": np.where(direction > 0.0, lower, upper), "direction": direction, "upper": upper, "lower": lower}


def ichimoku(bars: Any, conversion: int, base: int, span: int, displacement: int) -> dict[str, Series]:
    """Lines of Ichimoku's chart and the cloud over each bar."""

    def line(length: int) -> Series:
        return (bars["high"].rolling(length).max() + bars["low"].rolling(length).min()) / 2.0

    leading_a, leading_b = (line(conversion) + line(base)) / 2.0, line(span)
    return {
        "conversion": line(conversion),
        "base": line(base),
        "leading_a": leading_a,
        "leading_b": leading_b,
        "cloud_a": leading_a.shift(displacement),
        "cloud_b": leading_b.shift(displacement),
    }


def heikin_ashi(bars: Any) -> dict[str, Series]:
    """Averaged bars."""
    close = (bars["open"] + bars["high"] + bars["low"] + bars["close"]) / 4.0
    opens = [(bars["open"].iloc[0] + bars["close"].iloc[0]) / 2.0]
    for before in close.iloc[:-1]:
        opens.append((opens[-1] + before) / 2.0)
    start = pd.Series(opens, close.index)
    high = pd.concat([bars["high"], start, close], axis=1).max(axis=1)
    low = pd.concat([bars["low"], start, close], axis=1).min(axis=1)
    return {"open": start, "high": high, "low": low, "close": close}


def parabolic_direction(bars: Any, stop: np.ndarray[Any, Any]) -> Series:
    """Which side of the market a parabolic stop lies on: 1 below, −1 above."""
    return np.where(stop <= bars["low"], 1.0, np.where(stop >= bars["high"], -1.0, np.nan))
