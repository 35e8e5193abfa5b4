"""From equity points to a curve, and from a curve to daily and monthly returns."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from atlas.records.layout import RecordArray
from atlas.records.units import array_to_floats

DAY_NS = 86_400_000_000_000
DAYS_PER_YEAR_SESSIONS = 252
DAYS_PER_YEAR_ROUND_THE_CLOCK = 365

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

_SATURDAY, _SUNDAY = 2, 3
"""Days since 1970-01-01 (a Thursday), modulo 7."""


@dataclass(frozen=True, slots=True)
class EquityCurve:
    """Equity of all accounts together, one value per instant.

    Attributes
    ----------
    times_ns : int64 array, shape (n,)
        Instants in nanoseconds UTC, strictly increasing.
    equity : float64 array, shape (n,)
        Equity in currency.
    """

    times_ns: IntArray
    equity: FloatArray


@dataclass(frozen=True, slots=True)
class DailyReturns:
    """Returns from one day's end (UTC) to the next.

    Attributes
    ----------
    days : int64 array, shape (n,)
        Days since 1970-01-01, strictly increasing.
    returns : float64 array, shape (n,)
        Fractions; the first is measured from the initial cash.
    """

    days: IntArray
    returns: FloatArray


@dataclass(frozen=True, slots=True)
class MonthlyReturn:
    """The compounded return of one calendar month, as a fraction."""

    year: int
    month: int
    value: float


def utc_days(times_ns: IntArray) -> IntArray:
    """Return the UTC day each instant closes in, as days since 1970-01-01.

    An instant at midnight belongs to the day it ends, because a bar is stamped with its end: the bar of Friday is
    stamped Saturday 00:00 and is Friday's.
    """
    return (np.asarray(times_ns, dtype=np.int64) - 1) // DAY_NS


def equity_curve(points: RecordArray, money_exponent: int) -> EquityCurve:
    """Add the equity of all accounts into one curve.

    Parameters
    ----------
    points : EQUITY_POINT array, shape (n,)
        In time order. ``instrument`` holds the account.
    money_exponent : int
        Decimal places of money.

    Returns
    -------
    EquityCurve
        One value per distinct time, the last of equal times. Between its points an account keeps its last equity,
        before its first point it counts with that first point.
    """
    times_ns, last = _distinct_last(np.ascontiguousarray(points["venue_time_ns"]))
    total = np.zeros(len(times_ns), dtype=np.int64)
    accounts = distinct(points["instrument"])
    if len(accounts) == 1:
        total = np.ascontiguousarray(points["equity_money"])[last]
    else:
        for account in accounts:
            own = points[points["instrument"] == account]
            latest = np.searchsorted(own["venue_time_ns"], times_ns, side="right") - 1
            total += own["equity_money"][np.maximum(latest, 0)]
    return EquityCurve(times_ns, array_to_floats(total, money_exponent))


def distinct(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the distinct values in order, many times faster than `numpy.unique` where most are in order already."""
    if len(values) == 0 or bool((values[1:] > values[:-1]).all()):
        return values
    ordered = np.sort(values, kind="stable")
    found: npt.NDArray[Any] = ordered[np.append(True, ordered[1:] != ordered[:-1])]
    return found


def _distinct_last(times_ns: IntArray) -> tuple[IntArray, IntArray]:
    """Return the distinct times and the index of the last row of each, given times in order."""
    if len(times_ns) == 0:
        empty = np.empty(0, dtype=np.int64)
        return empty, empty
    last = np.flatnonzero(np.append(times_ns[1:] != times_ns[:-1], True))
    return times_ns[last], last


def is_round_the_clock(times_ns: IntArray) -> bool:
    """Tell whether these bar ends come from a market that trades every day of the week.

    True when at least half of the Saturday afternoons (UTC) between the first and the last time hold a bar. Sunday
    doesn't decide, because currencies and futures open on Sunday evening UTC; nor does Saturday morning, because
    Friday's late trading in New York ends there.
    """
    if len(times_ns) == 0:
        return False
    closing = distinct(np.asarray(times_ns, dtype=np.int64)) - 1
    first, last = int(closing[0]) // DAY_NS, int(closing[-1]) // DAY_NS
    saturdays = np.arange(first + (_SATURDAY - first) % 7, last + 1, 7)
    noons, midnights = saturdays * DAY_NS + DAY_NS // 2, (saturdays + 1) * DAY_NS
    seen = int(np.count_nonzero(np.searchsorted(closing, noons) < np.searchsorted(closing, midnights)))
    return seen > 0 and 2 * seen >= len(saturdays)


def trading_days(times_ns: IntArray, round_the_clock: bool) -> IntArray:
    """Return the trading day of each instant, as days since 1970-01-01.

    It is the UTC day; unless the market is open round the clock, Saturday counts with Friday and Sunday with Monday.
    """
    days = utc_days(times_ns)
    if round_the_clock:
        return days
    weekday = days % 7
    shifted: IntArray = days - (weekday == _SATURDAY) + (weekday == _SUNDAY)
    return shifted


def daily_returns(curve: EquityCurve, initial_cash: float, round_the_clock: bool) -> DailyReturns:
    """Sample a curve at each trading day's end and return the relative changes.

    Parameters
    ----------
    curve : EquityCurve
    initial_cash : float
        Equity before the first day, in currency.
    round_the_clock : bool
        False joins Saturday to Friday and Sunday to Monday.

    Returns
    -------
    DailyReturns
        A day without an equity point has no return. After a day that closed at zero or below returns are NaN.
    """
    days, last = _distinct_last(trading_days(curve.times_ns, round_the_clock))
    closes = curve.equity[last]
    opens = np.append(initial_cash, closes[:-1]) if len(closes) else closes
    with np.errstate(divide="ignore", invalid="ignore"):
        returns = np.where(opens > 0.0, closes / opens - 1.0, np.nan)
    return DailyReturns(days, returns)


def monthly_returns(daily: DailyReturns) -> tuple[MonthlyReturn, ...]:
    """Compound daily returns by calendar month; months without a day are absent."""
    months = daily.days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    distinct, first = np.unique(months, return_index=True)
    if len(distinct) == 0:
        return ()
    growth = np.multiply.reduceat(1.0 + daily.returns, first)
    return tuple(
        MonthlyReturn(1970 + int(month) // 12, int(month) % 12 + 1, float(value) - 1.0)
        for month, value in zip(distinct, growth, strict=True)
    )


def drawdown(equity: FloatArray, initial_cash: float) -> FloatArray:
    """Return equity over its highest value so far, minus one: zero at a peak, −0.2 when a fifth below it.

    Parameters
    ----------
    equity : float64 array, shape (n,)
    initial_cash : float
        The first peak.
    """
    peak = np.maximum(np.maximum.accumulate(equity), initial_cash)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(peak > 0.0, equity / peak - 1.0, 0.0)
