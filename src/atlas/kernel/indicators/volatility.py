"""Measures of volatility: standard deviation, Bollinger bands, average true range."""

from __future__ import annotations

import math

from atlas.kernel.indicators.declaration import Indicator, method, state
from atlas.kernel.memory.compilation import kernel_function
from atlas.kernel.memory.intrinsics import load_float, record_at, store_float

DEVIATION_FIELDS = (("mean", "f8"), ("squares", "f8"))
DEVIATION_STATE = state(*DEVIATION_FIELDS)
# Begins like a standard deviation's, so that one function advances both.
BANDS_STATE = state(*DEVIATION_FIELDS, ("width", "f8"), ("upper", "f8"), ("lower", "f8"), ("deviation", "f8"))
ATR_STATE = state(("previous_close", "f8"), ("total", "f8"))
deviation_at, bands_at, atr_at = record_at(DEVIATION_STATE), record_at(BANDS_STATE), record_at(ATR_STATE)


@kernel_function
def recompute_squares(address: int, start: int) -> None:
    """Compute mean and squares anew from the full window at `start`: rounding errors last one turn of it at most."""
    deviation = deviation_at(address)
    total = 0.0
    for index in range(deviation.length):
        total += load_float(start + index * 8)
    middle = total / deviation.length
    squares = 0.0
    for index in range(deviation.length):
        distance = load_float(start + index * 8) - middle
        squares += distance * distance
    deviation.mean = middle
    deviation.squares = squares


@kernel_function
def advance_squares(address: int, start: int, price: float) -> float:
    """Take in a price and give the population standard deviation, of what was seen before the window is full."""
    deviation = deviation_at(address)
    slot = start + deviation.position * 8
    old, mean_before = load_float(slot), deviation.mean
    store_float(slot, price)
    deviation.position = 0 if deviation.position + 1 == deviation.length else deviation.position + 1
    deviation.count += 1
    held = deviation.count
    if deviation.count <= deviation.length:
        deviation.mean += (price - mean_before) / deviation.count
        deviation.squares += (price - mean_before) * (price - deviation.mean)
    else:
        held = deviation.length
        deviation.mean += (price - old) / deviation.length
        deviation.squares += (price - old) * ((price - deviation.mean) + (old - mean_before))
    if deviation.position == 0:
        recompute_squares(address, start)
    return math.sqrt(deviation.squares / held) if deviation.squares > 0.0 else 0.0


@method("f8(i8, f8)")
def update_deviation(address: int, price: float) -> float:
    """Take in a price."""
    deviation = deviation_at(address)
    if price - price != 0.0:
        return deviation.value
    answer = advance_squares(address, address + deviation.window_offset, price)
    if deviation.count >= deviation.length:
        deviation.ready = True
        deviation.value = answer
    return deviation.value


@method("f8(i8, f8)")
def update_bands(address: int, price: float) -> float:
    """Take in a price; the middle band is the value."""
    bands = bands_at(address)
    if price - price != 0.0:
        return bands.value
    answer = advance_squares(address, address + bands.window_offset, price)
    if bands.count >= bands.length:
        bands.ready = True
        bands.deviation = answer
        bands.value = bands.mean
        bands.upper = bands.mean + bands.width * answer
        bands.lower = bands.mean - bands.width * answer
    return bands.value


@kernel_function
def true_range(high: float, low: float, previous_close: float) -> float:
    """Give the largest of high - low and the two distances from the previous close."""
    span = high - low
    above = high - previous_close if high > previous_close else previous_close - high
    below = low - previous_close if low > previous_close else previous_close - low
    span = above if above > span else span
    return below if below > span else span


@method("f8(i8, f8, f8, f8)")
def update_atr(address: int, high: float, low: float, close: float) -> float:
    """Take in a bar; the mean of the first `length` true ranges, from the second bar on, starts the average."""
    atr = atr_at(address)
    if (high - high) + (low - low) + (close - close) != 0.0:
        return atr.value
    atr.count += 1
    span = true_range(high, low, atr.previous_close)
    atr.previous_close = close
    if atr.count == 1:
        return atr.value
    if atr.count > atr.length + 1:
        atr.value = (atr.value * (atr.length - 1) + span) / atr.length
        return atr.value
    atr.total += span
    if atr.count == atr.length + 1:
        atr.ready = True
        atr.value = atr.total / atr.length
    return atr.value


class StandardDeviation(Indicator):
    """Rolling population standard deviation of the last `length` prices.

    Parameters
    ----------
    length : int
        Prices it spans, at least 1.
    """

    dtype = DEVIATION_STATE
    methods = {"update": update_deviation}

    def __init__(self, length: int) -> None:
        super().__init__(length=length)

    def update(self, price: float) -> float:
        """Take in one price; give the deviation, NaN before `length` prices were seen."""
        value: float = self.handle.update(price)
        return value


class Bollinger(Indicator):
    """Bollinger bands: the mean of the last `length` prices (`value`), and `width` deviations above and below it.

    Parameters
    ----------
    length : int
        Prices it spans, at least 1.
    width : float
        Distance of `upper` and `lower` from the mean, in population standard deviations.
    """

    dtype = BANDS_STATE
    methods = {"update": update_bands}
    outputs = ("value", "upper", "lower", "deviation")
    upper: float
    lower: float
    deviation: float
    width: float

    def __init__(self, length: int = 20, width: float = 2.0) -> None:
        super().__init__(length=length, width=width)

    def update(self, price: float) -> float:
        """Take in one price; give the middle band, NaN before `length` prices were seen."""
        value: float = self.handle.update(price)
        return value


class ATR(Indicator):
    """Wilder's average true range.

    Parameters
    ----------
    length : int
        True ranges in the average, at least 1; usually 14.
    """

    dtype = ATR_STATE
    methods = {"update": update_atr}

    def __init__(self, length: int = 14) -> None:
        super().__init__(length=length)

    @property
    def window_floats(self) -> int:
        """Wilder's average keeps no window."""
        return 0

    def update(self, high: float, low: float, close: float) -> float:
        """Take in one bar; give the average, NaN before `length` true ranges were seen."""
        value: float = self.handle.update(high, low, close)
        return value
