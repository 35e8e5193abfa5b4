"""Lines over time beside equity: the rolling Sharpe ratio, exposure, and the distribution of daily returns."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from atlas.analytics.metrics import daily_rate
from atlas.analytics.returns import FloatArray, IntArray, distinct
from atlas.records.layout import RecordArray

HALF_YEAR_SHARE: Final = 0.5
LARGE_GROWTH: Final = 30.0
_LEAST_WINDOW: Final = 20
_MOST_BINS: Final = 61


@dataclass(frozen=True, slots=True)
class Histogram:
    """How often daily returns fell where; days of exactly nothing are left out.

    Attributes
    ----------
    edges : float64 array, shape (n + 1,)
        Fractions, evenly spaced; zero is one of them.
    counts : int64 array, shape (n,)
        Days; the first and the last take what lies beyond.
    normal : float64 array, shape (n,)
        Days that a normal distribution of the same mean and deviation would have there.
    """

    edges: FloatArray
    counts: IntArray
    normal: FloatArray


@dataclass(frozen=True, slots=True)
class Fall:
    """A time below a peak.

    Attributes
    ----------
    depth : float
        Of its lowest point, a fraction below 0.
    peak, trough : int
        Places of the last point at the peak, -1 before the first, and of the lowest one.
    end : int or None
        Place of the first point back at the peak; None where there is none.
    """

    depth: float
    peak: int
    trough: int
    end: int | None


def deepest_falls(fallen: FloatArray, most: int) -> list[Fall]:
    """Return the deepest times below a peak, the deepest first.

    Parameters
    ----------
    fallen : float64 array, shape (n,)
        Drawdown at each point, ≤ 0.
    most : int
    """
    below = np.concatenate([[False], fallen < 0.0, [False]])
    begins, ends = np.flatnonzero(below[1:] & ~below[:-1]), np.flatnonzero(~below[1:] & below[:-1])
    if not len(begins):
        return []
    depths = np.minimum.reduceat(fallen, begins)
    found = []
    for place in np.argsort(depths, kind="stable")[:most].tolist():
        begin, end = int(begins[place]), int(ends[place])
        trough = begin + int(np.argmin(fallen[begin:end]))
        found.append(Fall(float(depths[place]), begin - 1, trough, end if end < len(fallen) else None))
    return found


def rolling_window(days: int, days_per_year: float) -> int:
    """Return the days of the rolling Sharpe ratio: half a year, less where a run is short, 0 where it is too short."""
    window = min(round(days_per_year * HALF_YEAR_SHARE), days // 4)
    return window if window >= _LEAST_WINDOW else 0


def rolling_sharpe(returns: FloatArray, window: int, days_per_year: float, risk_free_rate: float) -> FloatArray:
    """Return the Sharpe ratio of each window of days, at its last day; NaN where returns don't vary or are unknown.

    Parameters
    ----------
    returns : float64 array, shape (n,)
    window : int
        2 to n.
    days_per_year, risk_free_rate : float

    Returns
    -------
    float64 array, shape (n − window + 1,)
    """
    view = np.lib.stride_tricks.sliding_window_view(returns, window)
    with np.errstate(divide="ignore", invalid="ignore"):
        excess = view.mean(axis=1) - daily_rate(risk_free_rate, days_per_year)
        deviation = view.std(axis=1, ddof=1)
        ratio = excess / deviation * math.sqrt(days_per_year)
    return np.asarray(np.where(deviation > 1e-12, ratio, np.nan), dtype=np.float64)


def exposure_lines(points: RecordArray, times_ns: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return gross and net exposure of all accounts over their equity; NaN where equity is not above zero.

    Parameters
    ----------
    points : EQUITY_POINT array
        In order of time.
    times_ns : int64 array, shape (n,)
        Of the equity curve.
    """
    sums = {name: np.zeros(len(times_ns)) for name in ("gross_exposure", "net_exposure", "equity")}
    for account in distinct(points["instrument"]):
        own = points[points["instrument"] == account]
        latest = np.maximum(np.searchsorted(own["venue_time_ns"], times_ns, side="right") - 1, 0)
        for name in sums:
            sums[name] += own[f"{name}_money"][latest]
    with np.errstate(divide="ignore", invalid="ignore"):
        gross, net = sums["gross_exposure"] / sums["equity"], sums["net_exposure"] / sums["equity"]
    alive = sums["equity"] > 0
    return np.where(alive, gross, np.nan), np.where(alive, net, np.nan)


def wants_logarithm(values: FloatArray) -> bool:
    """Tell whether a curve grew or fell by so much that it is a line along the axis otherwise."""
    return bool(len(values)) and 0.0 < float(np.min(values)) < float(np.max(values)) / LARGE_GROWTH


def histogram(returns: FloatArray) -> Histogram | None:
    """Return how daily returns that are not zero are distributed; None below two, or where they don't vary."""
    returns = returns[returns != 0.0]
    if len(returns) < 2:
        return None
    mean, deviation = float(np.mean(returns)), float(np.std(returns, ddof=1))
    if not deviation > 1e-12:
        return None
    spread = float(np.subtract(*np.percentile(returns, (75, 25)))) or deviation
    # Freedman and Diaconis' width, between limits a page can show.
    width = 2.0 * spread / len(returns) ** (1 / 3)
    reach = min(float(np.max(np.abs(returns))), 5.0 * deviation + abs(mean))
    width = max(width, 2.0 * reach / (_MOST_BINS - 1))
    left = math.ceil(min(reach, max(-float(np.min(returns)), width)) / width)
    right = math.ceil(min(reach, max(float(np.max(returns)), width)) / width)
    edges = width * np.arange(-left, right + 1)
    inside = np.clip(returns, edges[0], np.nextafter(edges[-1], 0.0))
    counts = np.histogram(inside, edges)[0].astype(np.int64)
    error = np.array([math.erf((edge - mean) / (deviation * math.sqrt(2.0))) for edge in edges])
    return Histogram(edges, counts, len(returns) * np.diff(error) / 2.0)
