"""Series for the charts: thinned to their extremes, put in seconds, rounded to what is worth showing."""

import numpy as np
import numpy.typing as npt

from atlas.analytics.returns import DAY_NS, FloatArray, IntArray, distinct

_DAILY_SPACING_NS = 20 * 3_600_000_000_000
_SHOWN_DIGITS = 6
"""Significant digits of a price worth showing."""


def thin(series: tuple[FloatArray, ...], most_points: int) -> IntArray:
    """Choose the points of series with common times that keep every bucket's lowest and highest values.

    Parameters
    ----------
    series : tuple of k float64 arrays, shape (n,)
    most_points : int
        At least 4 × k.

    Returns
    -------
    int64 array
        Increasing indices, at most `most_points`, the first and last point among them; all of them where n is small.
    """
    count = len(series[0])
    if count <= most_points:
        return np.arange(count)
    buckets = (most_points - 2) // (2 * len(series))
    starts = np.arange(buckets) * count // buckets
    width = -(-count // buckets)
    chosen = [np.array([0, count - 1])]
    offsets = np.minimum(starts[:, None] + np.arange(width), np.append(starts[1:], count)[:, None] - 1)
    for values in series:
        table = values[offsets]
        rows = np.arange(buckets)
        chosen.append(offsets[rows, np.argmin(table, axis=1)])
        chosen.append(offsets[rows, np.argmax(table, axis=1)])
    return np.unique(np.concatenate(chosen))


def is_daily(times_ns: IntArray) -> bool:
    """Tell whether instants lie about a day or more apart, so that only their dates are worth showing.

    A single one is taken for a day's end where it is midnight.
    """
    ends = distinct(times_ns)
    if len(ends) == 1:
        return int(ends[0]) % DAY_NS == 0
    return len(ends) > 1 and float(np.median(np.diff(ends))) >= _DAILY_SPACING_NS


def end_seconds(times_ns: IntArray, daily: bool) -> FloatArray:
    """Return ends of bars as seconds; of daily ones the start of their day, so that Friday's bar stands at Friday."""
    shown = (times_ns - 1) // DAY_NS * DAY_NS if daily else times_ns
    return np.asarray(shown / 1e9, dtype=np.float64)


def instant_seconds(times_ns: IntArray, at_close: npt.NDArray[np.bool_], daily: bool) -> FloatArray:
    """Return instants of fills as seconds; in daily runs the day, which for a fill at the close is the day it ends."""
    shown = (times_ns - at_close) // DAY_NS * DAY_NS if daily else times_ns
    return np.asarray(shown / 1e9, dtype=np.float64)


def price_decimals(units: IntArray, exponent: int) -> int:
    """Return how many decimals prices in units need, no more than six significant digits ask for."""
    if len(units) == 0:
        return 2
    step = int(np.gcd.reduce(np.abs(units)))
    needed = exponent
    while needed > 0 and step % 10 == 0:
        step //= 10
        needed -= 1
    whole = len(str(int(np.max(np.abs(units))) // 10**exponent))
    return max(min(needed, max(_SHOWN_DIGITS - whole, 2)), min(2, needed), 0)
