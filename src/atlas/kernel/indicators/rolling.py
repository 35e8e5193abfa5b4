"""Sums, extremes and ranks of the last values: indicators by themselves, and parts of others."""

from __future__ import annotations

from typing import Any

import numpy as np

from atlas.kernel.indicators.declaration import Indicator, method, state
from atlas.kernel.indicators.inputs import PriceIndicator
from atlas.kernel.memory.compilation import kernel_function
from atlas.kernel.memory.intrinsics import load, load_float, record_at, store, store_float

# Windows begin alike, so that one function advances the totals of both.
TOTAL_FIELDS = (("total", "f8"), ("fresh", "f8"))
TOTAL_STATE = state(*TOTAL_FIELDS)
SUM_STATE = state(*TOTAL_FIELDS, ("nonzero", "i8"))
EXTREME_STATE = state(("best", "f8"), ("best_number", "i8"), ("age", "i8"), ("sign", "f8"))
MEDIAN_STATE, RANK_STATE = state(), state()
total_at, sum_at, extreme_at = record_at(TOTAL_STATE), record_at(SUM_STATE), record_at(EXTREME_STATE)
median_at, rank_at = record_at(MEDIAN_STATE), record_at(RANK_STATE)
ENTRY_BYTES = 16


@kernel_function
def push_total(address: int, price: float) -> float:
    """Take a price into the running sum of the window; the oldest leaves it, whose value is given back.

    `fresh` sums up anew from each turn of the window on and replaces the sum at the next: no rounding error, nor what
    a huge price left behind, outlasts one turn.
    """
    sums = total_at(address)
    slot = address + sums.window_offset + sums.position * 8
    old = load_float(slot)
    store_float(slot, price)
    sums.count += 1
    sums.fresh += price
    if sums.position + 1 == sums.length:
        sums.position = 0
        sums.total = sums.fresh
        sums.fresh = 0.0
    else:
        sums.position += 1
        sums.total += price - old
    return old


@method
def update_sum(address: int, price: float) -> float:
    """Take in a price; a window of zeros sums up to zero exactly."""
    sums = sum_at(address)
    if price - price != 0.0:
        return sums.value
    old = push_total(address, price)
    if price != 0.0:
        sums.nonzero += 1
    if old != 0.0:
        sums.nonzero -= 1
    if sums.nonzero == 0:
        sums.total = 0.0
    if sums.count >= sums.length:
        sums.ready = True
        sums.value = sums.total
    return sums.value


@kernel_function
def wrapped(index: int, length: int) -> int:
    """Bring an index below twice `length` back into the ring."""
    return index - length if index >= length else index


@kernel_function
def keep_best_from_here(start: int, length: int) -> None:
    """Turn a block of (value, number) into what is greatest from each on to the end; of equal values the newest."""
    last = start + (length - 1) * ENTRY_BYTES
    best, number = load_float(last), load(last + 8)
    for index in range(length - 1):
        entry = last - (index + 1) * ENTRY_BYTES
        value = load_float(entry)
        is_better = value > best
        best = value if is_better else best
        number = load(entry + 8) if is_better else number
        store_float(entry, best)
        store(entry + 8, number)


@method
def update_extreme(address: int, price: float) -> float:
    """Take in a price: the greatest of `sign` times it.

    The ring is a block of `length` entries. Up to `position` it holds the newest values, whose greatest is `best`, and
    behind, what was greatest from each of the block before on: together they are the window.
    """
    extreme = extreme_at(address)
    if price - price != 0.0:
        return extreme.value
    length, position, sign = extreme.length, extreme.position, extreme.sign
    start = address + extreme.window_offset
    slot = start + position * ENTRY_BYTES
    value = price * sign
    number = extreme.count + 1
    extreme.count = number
    store_float(slot, value)
    store(slot + 8, number)
    is_better = position == 0 or value >= extreme.best
    best = value if is_better else extreme.best
    best_number = number if is_better else extreme.best_number
    extreme.best = best
    extreme.best_number = best_number
    if position + 1 == length:
        keep_best_from_here(start, length)
        extreme.position = 0
    else:
        extreme.position = position + 1
        if number >= length:
            before = load_float(slot + ENTRY_BYTES)
            is_older = before > best
            best = before if is_older else best
            best_number = load(slot + ENTRY_BYTES + 8) if is_older else best_number
    if number >= length:
        extreme.ready = True
        extreme.age = number - best_number
        extreme.value = best * sign
    return extreme.value


@kernel_function
def place_in_order(start: int, held: int, price: float) -> int:
    """Find how many of the `held` sorted values at `start` are below `price`."""
    low, high = 0, held
    while low < high:
        middle = (low + high) >> 1
        if load_float(start + middle * 8) < price:
            low = middle + 1
        else:
            high = middle
    return low


@kernel_function
def settle_in_order(start: int, held: int, place: int, price: float) -> None:
    """Put `price` in its order among the sorted values at `start`, where that at `place` makes room for it."""
    while place + 1 < held and load_float(start + place * 8 + 8) < price:
        store_float(start + place * 8, load_float(start + place * 8 + 8))
        place += 1
    while place > 0 and load_float(start + place * 8 - 8) > price:
        store_float(start + place * 8, load_float(start + place * 8 - 8))
        place -= 1
    store_float(start + place * 8, price)


@method
def update_median(address: int, price: float) -> float:
    """Take in a price: the window in order of time, and behind it the same values sorted."""
    median = median_at(address)
    if price - price != 0.0:
        return median.value
    length = median.length
    start = address + median.window_offset
    ordered = start + length * 8
    slot = start + median.position * 8
    if median.count < length:
        settle_in_order(ordered, median.count + 1, median.count, price)
    else:
        settle_in_order(ordered, length, place_in_order(ordered, length, load_float(slot)), price)
    store_float(slot, price)
    median.position = wrapped(median.position + 1, length)
    median.count += 1
    if median.count >= length:
        median.ready = True
        upper = load_float(ordered + (length >> 1) * 8)
        lower = load_float(ordered + ((length - 1) >> 1) * 8)
        median.value = upper if length % 2 == 1 else (lower + upper) / 2.0
    return median.value


@method
def update_rank(address: int, price: float) -> float:
    """Take in a price, and count those of the `length` before it that are not above it."""
    rank = rank_at(address)
    if price - price != 0.0:
        return rank.value
    length, start = rank.length, address + rank.window_offset
    if rank.count >= length:
        below = 0
        for index in range(length):
            if load_float(start + index * 8) <= price:
                below += 1
        rank.ready = True
        rank.value = 100.0 * below / length
    store_float(start + rank.position * 8, price)
    rank.position = wrapped(rank.position + 1, length)
    rank.count += 1
    return rank.value


class RollingSum(PriceIndicator):
    """Sum of the last `length` values.

    Parameters
    ----------
    length : int
        Values in the sum, at least 1.

    Notes
    -----
    ``value = x₁ + … + xₙ``. The running sum is replaced once a turn of the window by one summed up anew, so errors
    don't grow; a window of zeros gives exactly 0.

    References
    ----------
    TA-Lib: ``SUM``.
    """

    dtype = SUM_STATE
    methods = {"update": update_sum}
    window_columns = 1

    def __init__(self, length: int = 30) -> None:
        super().__init__(length=length)


class RollingMaximum(PriceIndicator):
    """Highest of the last `length` values.

    Parameters
    ----------
    length : int
        Values it spans, at least 1.

    Attributes
    ----------
    age : int
        Inputs since the highest, 0 when it is the newest; of equal ones the latest counts.

    Notes
    -----
    ``value = max(x₁, …, xₙ)``, kept as maxima of two blocks: the cost of an update does not grow with `length`.

    References
    ----------
    TA-Lib: ``MAX``. Marcel van Herk, *A Fast Algorithm for Local Minimum and Maximum Filters* (1992).
    """

    dtype = EXTREME_STATE
    methods = {"update": update_extreme}
    window_columns = 2
    sign = 1.0

    def __init__(self, length: int = 30) -> None:
        super().__init__(length=length)

    def initialize(self, record: np.ndarray[Any, Any], window_offset: int) -> None:
        """Write the first state, and which extreme it is."""
        super().initialize(record, window_offset)
        record["sign"] = self.sign


class RollingMinimum(RollingMaximum):
    """Lowest of the last `length` values.

    Parameters
    ----------
    length : int
        Values it spans, at least 1.

    Attributes
    ----------
    age : int
        Inputs since the lowest, 0 when it is the newest; of equal ones the latest counts.

    Notes
    -----
    ``value = min(x₁, …, xₙ)``, kept as by `RollingMaximum`.

    References
    ----------
    TA-Lib: ``MIN``.
    """

    sign = -1.0


class RollingMedian(PriceIndicator):
    """Median of the last `length` values.

    Parameters
    ----------
    length : int
        Values it spans, at least 1.

    Notes
    -----
    The middle one of the sorted values; of an even number the mean of the two in the middle.

    References
    ----------
    Any textbook; pandas: ``rolling(n).median()``.
    """

    dtype = MEDIAN_STATE
    methods = {"update": update_median}
    window_columns = 2

    def __init__(self, length: int = 30) -> None:
        super().__init__(length=length)


class PercentRank(PriceIndicator):
    """Percentage of the `length` values before the newest that are not above it, 0 to 100.

    Parameters
    ----------
    length : int
        Values it is compared with, at least 1.

    Notes
    -----
    ``value = 100 · #{i : xᵢ ≤ x} / n`` over the n values before x. A constant series gives 100.

    References
    ----------
    Connors and Alvarez, *An Introduction to ConnorsRSI* (2012).
    """

    dtype = RANK_STATE
    methods = {"update": update_rank}
    window_columns = 1

    def __init__(self, length: int = 100) -> None:
        super().__init__(length=length)

    @property
    def warm_up(self) -> int:
        """One more than it compares with."""
        return int(self.arguments["length"]) + 1


def extremes(length: float) -> dict[str, Indicator]:
    """Return the parts for the highest high and the lowest low of `length` bars."""
    return {"highest": RollingMaximum(int(length)), "lowest": RollingMinimum(int(length))}
