"""A run beside a benchmark: the line it is measured against, beta, alpha, correlation, information ratio."""

import math
from dataclasses import dataclass

import numpy as np

from atlas.analytics.metrics import daily_rate
from atlas.analytics.returns import EquityCurve, FloatArray, IntArray

_NO_DISPERSION = 1e-12
_LEAST_RETURNS = 2


@dataclass(frozen=True, slots=True)
class Benchmark:
    """What the same money would have become elsewhere, at the times of the equity curve.

    Attributes
    ----------
    name : str
        In words, such as "buy and hold of SP500".
    curve : EquityCurve
        Its worth in the account's currency; starts from the same cash.
    """

    name: str
    curve: EquityCurve


@dataclass(frozen=True, slots=True)
class PriceLine:
    """Prices of one thing, in order of time.

    Attributes
    ----------
    times_ns : int64 array, shape (n,)
        When each price was known.
    prices : float64 array, shape (n,)
        Finite and above zero; the first is the price of the purchase.
    """

    times_ns: IntArray
    prices: FloatArray


def growth_of(line: PriceLine, times_ns: IntArray) -> FloatArray:
    """Return the worth at each time of 1 put into a line at its first price; 1 before that."""
    if len(line.prices) == 0:
        return np.ones(len(times_ns))
    place = np.searchsorted(line.times_ns, times_ns, side="right") - 1
    return np.asarray(np.where(place < 0, 1.0, line.prices[np.maximum(place, 0)] / line.prices[0]), dtype=np.float64)


def basket(name: str, lines: list[PriceLine], times_ns: IntArray, initial_cash: float) -> Benchmark:
    """Return equal parts of the cash put into each line at its first price and held.

    Parameters
    ----------
    name : str
    lines : list of PriceLine
        One or more; what starts later is cash until then.
    times_ns : int64 array, shape (n,)
        Of the equity curve.
    initial_cash : float
    """
    total = np.zeros(len(times_ns))
    for line in lines:
        total += growth_of(line, times_ns)
    return Benchmark(name, EquityCurve(times_ns, initial_cash * total / max(len(lines), 1)))


def beta(returns: FloatArray, benchmark: FloatArray) -> float | None:
    """Return the covariance of daily returns with the benchmark's over the variance of the benchmark's."""
    if len(returns) < _LEAST_RETURNS:
        return None
    away = benchmark - np.mean(benchmark)
    variance = float(np.mean(np.square(away)))
    if not math.sqrt(max(variance, 0.0)) > _NO_DISPERSION * float(np.max(np.abs(benchmark), initial=0.0)):
        return None
    found = float(np.mean(away * (returns - np.mean(returns)))) / variance
    return found if math.isfinite(found) else None


def alpha(
    returns: FloatArray, benchmark: FloatArray, days_per_year: float, risk_free_rate: float = 0.0
) -> float | None:
    """Return Jensen's alpha: the mean daily return that beta doesn't explain, compounded over a year.

    ``(1 + mean(r − f − beta × (b − f))) ** days_per_year − 1``, f the risk-free rate of a day.
    """
    slope = beta(returns, benchmark)
    if slope is None:
        return None
    free = daily_rate(risk_free_rate, days_per_year)
    day = float(np.mean(returns - free - slope * (benchmark - free)))
    if not math.isfinite(day) or day <= -1.0:
        return None
    try:
        return float((1.0 + day) ** days_per_year - 1.0)
    except OverflowError:
        return None


def correlation(returns: FloatArray, benchmark: FloatArray) -> float | None:
    """Return Pearson's correlation of daily returns with the benchmark's, −1 to 1; None where one doesn't vary."""
    if len(returns) < _LEAST_RETURNS:
        return None
    own, other = returns - np.mean(returns), benchmark - np.mean(benchmark)
    scale = math.sqrt(float(np.sum(np.square(own))) * float(np.sum(np.square(other))))
    if not scale > _NO_DISPERSION**2:
        return None
    return max(-1.0, min(1.0, float(np.sum(own * other)) / scale))


def information_ratio(returns: FloatArray, benchmark: FloatArray, days_per_year: float) -> float | None:
    """Return mean over sample standard deviation of the daily returns above the benchmark's, × √days per year."""
    if len(returns) < _LEAST_RETURNS:
        return None
    active = returns - benchmark
    deviation = float(np.std(active, ddof=1))
    if not deviation > _NO_DISPERSION * float(np.max(np.abs(active))):
        return None
    return float(np.mean(active)) / deviation * math.sqrt(days_per_year)
