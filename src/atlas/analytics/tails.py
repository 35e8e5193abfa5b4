"""The shape of daily returns: omega, the tails, value at risk and what lies beyond it.

Value at risk is a return, so a loss is below zero: −0.02 at 95% says that one day in twenty loses 2% or more. The
horizon is a day. Every function returns None where its figure is undefined.
"""

import math
from statistics import NormalDist
from typing import Final

import numpy as np

from atlas.analytics.metrics import daily_rate
from atlas.analytics.returns import FloatArray

_NORMAL: Final = NormalDist()
_LEAST_RETURNS: Final = 2


def _defined(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def omega(returns: FloatArray, days_per_year: float, risk_free_rate: float = 0.0) -> float | None:
    """Return what was gained above the risk-free rate over what fell short of it, summed over days.

    Keating and Shadwick, "A Universal Performance Measure" (2002). None without a day that fell short.
    """
    excess = returns - daily_rate(risk_free_rate, days_per_year)
    short = -float(np.sum(excess[excess < 0.0]))
    return _defined(float(np.sum(excess[excess > 0.0])) / short) if short > 0.0 else None


def tail_ratio(returns: FloatArray) -> float | None:
    """Return the size of the 95th percentile of returns over the size of the 5th; above 1 the good tail is longer."""
    if len(returns) < _LEAST_RETURNS or not np.isfinite(returns).all():
        return None
    high, low = (abs(float(value)) for value in np.percentile(returns, (95.0, 5.0)))
    return _defined(high / low) if low > 0.0 else None


def value_at_risk(returns: FloatArray, confidence: float) -> float | None:
    """Return the return of a day that only 1 − `confidence` of the days seen fell below; a loss is negative."""
    if len(returns) < _LEAST_RETURNS:
        return None
    return _defined(float(np.percentile(returns, 100.0 * (1.0 - confidence))))


def conditional_value_at_risk(returns: FloatArray, confidence: float) -> float | None:
    """Return the mean of the worst 1 − `confidence` of the days seen, the one at the edge included."""
    if len(returns) < _LEAST_RETURNS:
        return None
    # The product is rounded first: (n − 1) × 0.05 of a whole result must not fall below it.
    edge = int(round((len(returns) - 1) * (1.0 - confidence), 9))
    return _defined(float(np.mean(np.partition(returns, edge)[: edge + 1])))


def parametric_value_at_risk(returns: FloatArray, confidence: float) -> float | None:
    """Return mean + z × sample standard deviation, z the normal quantile of 1 − `confidence`."""
    if len(returns) < _LEAST_RETURNS:
        return None
    quantile = _NORMAL.inv_cdf(1.0 - confidence)
    return _defined(float(np.mean(returns)) + quantile * float(np.std(returns, ddof=1)))


def parametric_conditional_value_at_risk(returns: FloatArray, confidence: float) -> float | None:
    """Return mean − φ(z) / (1 − `confidence`) × sample standard deviation: the normal mean beyond value at risk."""
    if len(returns) < _LEAST_RETURNS:
        return None
    beyond = _NORMAL.pdf(_NORMAL.inv_cdf(1.0 - confidence)) / (1.0 - confidence)
    return _defined(float(np.mean(returns)) - beyond * float(np.std(returns, ddof=1)))
