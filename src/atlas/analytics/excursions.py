"""How far a trade went against its holder and for him on the way: maximum adverse and favourable excursion."""

from dataclasses import dataclass

import numpy as np

from atlas.analytics.grouping import BarGroups
from atlas.analytics.returns import FloatArray, IntArray
from atlas.analytics.trades import Conversion, RoundTrips
from atlas.records.layout import RecordArray


@dataclass(frozen=True, slots=True)
class Excursions:
    """The worst and the best that each trade stood at, in the order of the trades.

    Attributes
    ----------
    adverse_money, favourable_money : float64 arrays, shape (n,)
        Lowest (≤ 0) and highest (≥ 0) result before fees, realized and unrealized together, in steps of the money of
        the trades. From the lows and highs of the bars that ended after the entry and not after the exit, and from the
        prices of entry and exit; the bar of the entry counts whole, the bar of the exit by its exit alone.
    """

    adverse_money: FloatArray
    favourable_money: FloatArray

    def fractions(self, trades: RecordArray) -> tuple[FloatArray, FloatArray]:
        """Return both as fractions of the notional entered; NaN where that is zero."""
        notional = np.abs(trades["entry_notional_money"]).astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            adverse, favourable = self.adverse_money / notional, self.favourable_money / notional
        return np.where(notional > 0, adverse, np.nan), np.where(notional > 0, favourable, np.nan)

    def converted(self, trades: RecordArray, conversion: Conversion) -> "Excursions":
        """Return both in the account's currency, at the rates when each trade ended."""
        factors = conversion(trades["instrument"].astype(np.int64), trades["exit_time_ns"])
        return Excursions(self.adverse_money * factors, self.favourable_money * factors)


def closed_excursions(trips: RoundTrips, groups: BarGroups) -> Excursions:
    """Measure the closed trades."""
    return measure(trips.closed, trips.closed_stretches, groups)


def measure(trades: RecordArray, stretches: RecordArray, groups: BarGroups) -> Excursions:
    """Measure trades.

    Parameters
    ----------
    trades : TRADE array, shape (n,)
    stretches : STRETCH array
        Theirs, in the money of the instrument.
    groups : BarGroups
        Bars of the run.
    """
    lowest, highest = np.zeros(len(trades)), np.zeros(len(trades))
    _take(lowest, highest, np.arange(len(trades)), trades["gross_money"] + trades["income_money"])
    numbers = trades["instrument"][stretches["trade"]]
    for number in np.unique(numbers).tolist():
        own = stretches[numbers == number]
        lows, highs = _extremes(groups, number, own)
        owners = trades[own["trade"]]
        for prices in (lows, highs):
            _take(lowest, highest, own["trade"], _standing_at(prices, own, owners))
    return Excursions(lowest, highest)


def _take(lowest: FloatArray, highest: FloatArray, places: IntArray, results: FloatArray) -> None:
    known = np.isfinite(results)
    np.minimum.at(lowest, places[known], results[known])
    np.maximum.at(highest, places[known], results[known])


def _standing_at(prices: FloatArray, stretches: RecordArray, trades: RecordArray) -> FloatArray:
    """Return the result of each stretch's trade were it at a price, in units."""
    entered = trades["entry_price_units"] * trades["quantity_units"]
    with np.errstate(divide="ignore", invalid="ignore"):
        worth = prices * stretches["held_units"] * (trades["entry_notional_money"] / entered)
    return np.asarray(
        stretches["realized_money"] + trades["direction"] * (worth - stretches["cost_money"]), dtype=np.float64
    )


def _extremes(groups: BarGroups, number: int, stretches: RecordArray) -> tuple[FloatArray, FloatArray]:
    """Return the lowest and highest price while each stretch lasted; NaN where no bar ended in it."""
    ends = groups.ends_ns(number)
    first = np.searchsorted(ends, stretches["first_ns"], side="right")
    last = np.searchsorted(ends, stretches["last_ns"], side="right")
    lows, highs = groups.prices(number, "low"), groups.prices(number, "high")
    return (
        _reduced(np.fmin, lows, first, last),
        _reduced(np.fmax, highs, first, last),
    )


def _reduced(function: np.ufunc, values: FloatArray, first: IntArray, last: IntArray) -> FloatArray:
    """Reduce values[first:last] of each pair; NaN where that is empty."""
    if len(first) == 0 or len(values) == 0:
        return np.full(len(first), np.nan)
    order = np.argsort(first, kind="stable")
    bounds = np.stack([first[order], last[order]], axis=1).reshape(-1)
    found = np.empty(len(first))
    # One value more, so that a stretch to the end has a bound to name.
    found[order] = function.reduceat(np.append(values, np.nan), bounds)[::2]
    return np.where(last > first, found, np.nan)
