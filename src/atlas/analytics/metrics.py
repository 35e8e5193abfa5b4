"""Performance figures as plain functions of returns, equity and trades. `docs/metrics.md` states each one's formula.

Every function returns None where its figure is undefined, never NaN or infinity.
"""

import math

import numpy as np

from atlas.analytics.returns import DAY_NS, FloatArray, IntArray, distinct, drawdown
from atlas.records.layout import RecordArray

_YEAR_NS = 365.25 * DAY_NS
_NO_DISPERSION = 1e-12
"""A standard deviation this small against the largest return is rounding, not risk."""


def _defined(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _power(base: float, exponent: float) -> float | None:
    """Return base to the exponent for base ≥ 0, None where that is undefined or too large."""
    if base < 0.0:
        return None
    try:
        return _defined(base**exponent)
    except OverflowError:
        return None


def total_return(initial_equity: float, final_equity: float) -> float | None:
    """Return final over initial equity minus one, a fraction; None unless the initial equity is positive."""
    return _defined(final_equity / initial_equity - 1.0) if initial_equity > 0.0 else None


def annualized_return(returns: FloatArray, days_per_year: float) -> float | None:
    """Return the yearly rate that compounds to the same growth over the number of daily returns seen.

    Parameters
    ----------
    returns : float64 array, shape (n,)
        Daily, fractions.
    days_per_year : float
        252 or 365.

    Returns
    -------
    float or None
        ``prod(1 + r) ** (days_per_year / n) − 1``; None without returns or when growth is negative.
    """
    if len(returns) == 0:
        return None
    growth = _power(float(np.prod(1.0 + returns)), days_per_year / len(returns))
    return None if growth is None else growth - 1.0


def compound_annual_growth_rate(initial_equity: float, final_equity: float, start_ns: int, end_ns: int) -> float | None:
    """Return the yearly rate by the calendar: ``(final / initial) ** (1 / years) − 1``, years of 365.25 days."""
    if initial_equity <= 0.0 or end_ns <= start_ns:
        return None
    growth = _power(final_equity / initial_equity, _YEAR_NS / (end_ns - start_ns))
    return None if growth is None else growth - 1.0


def annualized_volatility(returns: FloatArray, days_per_year: float) -> float | None:
    """Return the sample standard deviation of daily returns × √days per year; None with fewer than two returns."""
    if len(returns) < 2:
        return None
    return _defined(float(np.std(returns, ddof=1)) * math.sqrt(days_per_year))


def daily_rate(yearly_rate: float, days_per_year: float) -> float:
    """Return the rate of a day that compounds to a yearly one: ``(1 + rate) ** (1 / days_per_year) − 1``."""
    return float((1.0 + yearly_rate) ** (1.0 / days_per_year) - 1.0)


def sharpe(returns: FloatArray, days_per_year: float, risk_free_rate: float = 0.0) -> float | None:
    """Return mean over sample standard deviation of daily returns above the risk-free rate, × √days per year.

    The rate is yearly and becomes a day's by `daily_rate`. None with fewer than two returns or where they don't vary.
    """
    if len(returns) < 2:
        return None
    deviation = float(np.std(returns, ddof=1))
    if not deviation > _NO_DISPERSION * float(np.max(np.abs(returns))):
        return None
    excess = float(np.mean(returns)) - daily_rate(risk_free_rate, days_per_year)
    return _defined(excess / deviation * math.sqrt(days_per_year))


def sortino(returns: FloatArray, days_per_year: float, risk_free_rate: float = 0.0) -> float | None:
    """Return mean over downside deviation of daily returns above the risk-free rate, × √days per year.

    The downside deviation is the root of the mean over all days of ``min(r − rate, 0) ** 2``. None with fewer than two
    returns or where no day fell short.
    """
    if len(returns) < 2:
        return None
    excess = returns - daily_rate(risk_free_rate, days_per_year)
    downside = math.sqrt(float(np.mean(np.square(np.minimum(excess, 0.0)))))
    if not downside > 0.0:
        return None
    return _defined(float(np.mean(excess)) / downside * math.sqrt(days_per_year))


def calmar(annual_return: float | None, worst_drawdown: float | None) -> float | None:
    """Return the annualised return over the size of the maximum drawdown; None without a drawdown."""
    if annual_return is None or worst_drawdown is None or worst_drawdown >= 0.0:
        return None
    return _defined(annual_return / -worst_drawdown)


def recovery_factor(profit: float, worst_money: float | None) -> float | None:
    """Return the net profit over the deepest fall in currency (≤ 0); None without a fall."""
    return _defined(profit / -worst_money) if worst_money is not None and worst_money < 0.0 else None


def max_drawdown_money(equity: FloatArray, initial_cash: float) -> float | None:
    """Return the deepest fall from a peak in currency, ≤ 0; None without points. Not always the deepest fraction."""
    if len(equity) == 0:
        return None
    return _defined(float(np.min(equity - np.maximum(np.maximum.accumulate(equity), initial_cash))))


def max_drawdown(equity: FloatArray, initial_cash: float) -> float | None:
    """Return the deepest fall from a peak as a fraction ≤ 0, over every equity point; None without points."""
    return _defined(float(np.min(drawdown(equity, initial_cash)))) if len(equity) else None


def max_drawdown_duration_days(
    times_ns: IntArray, equity: FloatArray, initial_cash: float, start_ns: int
) -> float | None:
    """Return the longest time below a peak, in calendar days.

    Parameters
    ----------
    times_ns, equity : arrays, shape (n,)
    initial_cash : float
        The first peak, in currency.
    start_ns : int
        The time of the first peak.

    Returns
    -------
    float or None
        From the last point at a peak to the first point back at it, or to the last point where it is not regained.
        0 when equity never fell, None without points.
    """
    if len(equity) == 0:
        return None
    values = np.append(initial_cash, equity)
    times = np.append(min(start_ns, int(times_ns[0])), times_ns)
    last = len(values) - 1
    at_peak = values >= np.maximum.accumulate(values)
    peaks = np.flatnonzero(at_peak)
    regained = np.append(peaks[1:], last)
    below = ~at_peak[np.minimum(peaks + 1, last)]
    return float(np.max((times[regained] - times[peaks]) * below)) / DAY_NS


def max_drawdown_times(
    times_ns: IntArray, equity: FloatArray, initial_cash: float, start_ns: int
) -> tuple[int, int, int] | None:
    """Return when the deepest drawdown began (its peak), was deepest, and was made good.

    Parameters
    ----------
    times_ns, equity : arrays, shape (n,)
    initial_cash : float
        The first peak, in currency.
    start_ns : int
        The time of the first peak.

    Returns
    -------
    tuple of int, or None
        Peak, trough and recovery in nanoseconds; the recovery is 0 where the peak was not regained. None where equity
        never fell.
    """
    if len(equity) == 0:
        return None
    fallen = drawdown(equity, initial_cash)
    trough = int(np.argmin(fallen))
    if not fallen[trough] < 0.0:
        return None
    before = np.append(initial_cash, equity[: trough + 1])
    place = len(before) - 1 - int(np.argmax(before[::-1]))
    peak_ns = min(start_ns, int(times_ns[0])) if place == 0 else int(times_ns[place - 1])
    regained = np.flatnonzero(equity[trough:] >= before[place])
    return peak_ns, int(times_ns[trough]), int(times_ns[trough + regained[0]]) if len(regained) else 0


def win_rate(profits: FloatArray) -> float | None:
    """Return the share of trades with a profit above zero after fees; None without trades."""
    return float(np.count_nonzero(profits > 0.0)) / len(profits) if len(profits) else None


def profit_factor(profits: FloatArray) -> float | None:
    """Return the sum of profits over the size of the sum of losses, after fees; None where nothing was lost."""
    lost = -float(np.sum(profits[profits < 0.0]))
    return _defined(float(np.sum(profits[profits > 0.0])) / lost) if lost > 0.0 else None


def expectancy(profits: FloatArray) -> float | None:
    """Return the mean profit of a trade after fees, in currency; None without trades."""
    return float(np.mean(profits)) if len(profits) else None


def average_win(profits: FloatArray) -> float | None:
    """Return the mean profit of the trades that won, in currency; None without one."""
    won = profits[profits > 0.0]
    return float(np.mean(won)) if len(won) else None


def average_loss(profits: FloatArray) -> float | None:
    """Return the mean result of the trades that lost, in currency and below zero; None without one."""
    lost = profits[profits < 0.0]
    return float(np.mean(lost)) if len(lost) else None


def turnover(traded_value: float, mean_equity: float, start_ns: int, end_ns: int) -> float | None:
    """Return how often a year the account was turned over: half of all value traded over mean equity, over years."""
    if mean_equity <= 0.0 or end_ns <= start_ns:
        return None
    return _defined(traded_value / 2.0 / mean_equity / ((end_ns - start_ns) / _YEAR_NS))


def exposure(fills: RecordArray, bar_times_ns: IntArray, start_ns: int, end_ns: int) -> float | None:
    """Return the fraction of bars in which a position was held, or of time where there are no bars.

    Parameters
    ----------
    fills : FILL array, shape (n,)
        In order of time.
    bar_times_ns : int64 array, shape (m,)
        Ends of bars, any order, repeats allowed (several instruments). A bar reaches from the end before it to its own
        and holds a position when one was open at its start or was opened inside it.
    start_ns, end_ns : int
        The run, used where there are no bars.

    Returns
    -------
    float or None
        0 to 1; None where there are neither bars nor time.
    """
    fill_times_ns, open_positions, opened = _open_positions(fills)
    ends = distinct(bar_times_ns)
    if len(ends):
        starts = np.append(min(start_ns, int(ends[0])), ends[:-1])
        # Bars that start after as many fills are alike: the fills, which are fewer, are looked up among the bars.
        bounds = np.concatenate(([0], np.searchsorted(starts, fill_times_ns), [len(starts)]))
        held = np.repeat(open_positions > 0, np.diff(bounds))
        inside = np.searchsorted(ends, fill_times_ns[opened], side="right")
        held[inside[inside < len(ends)]] = True
        return float(np.count_nonzero(held)) / len(ends)
    if end_ns <= start_ns:
        return None
    bounds = np.clip(np.concatenate(([start_ns], fill_times_ns, [end_ns])), start_ns, end_ns)
    return float(np.sum(np.diff(bounds)[open_positions > 0])) / (end_ns - start_ns)


def _open_positions(fills: RecordArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return fill times, the number of open positions before the first and after each fill, and the opening fills."""
    after = fills["position_units"].astype(np.int64)
    before = after - fills["side"].astype(np.int64) * fills["quantity_units"]
    change = (after != 0).astype(np.int64) - (before != 0)
    holding = fills["account"].astype(np.int64) << 32 | fills["instrument"]
    at_start = int(np.count_nonzero(before[np.unique(holding, return_index=True)[1]]))
    open_positions = at_start + np.append(0, np.cumsum(change))
    return np.ascontiguousarray(fills["venue_time_ns"]), open_positions, np.flatnonzero(after != 0)
