"""Measures of volatility: deviation, variance, bands of it, and true range."""

from __future__ import annotations

import math

from atlas.kernel.indicators.declaration import Indicator, method, state, warm_method
from atlas.kernel.indicators.inputs import BarIndicator, PriceIndicator
from atlas.kernel.memory.compilation import kernel_function
from atlas.kernel.memory.intrinsics import address_of, load_float, record_at, store_float
from atlas.kernel.memory.mathematics import log
from atlas.records.errors import InvalidRequestError

DEVIATION_FIELDS = (("mean", "f8"), ("squares", "f8"))
DEVIATION_STATE = state(*DEVIATION_FIELDS)
# Begins like a standard deviation's, so that one function advances both.
BANDS_STATE = state(
    *DEVIATION_FIELDS, ("width", "f8"), ("middle", "f8"), ("upper", "f8"), ("lower", "f8"), ("deviation", "f8")
)
ATR_STATE = state(("previous_close", "f8"), ("total", "f8"))
TRUE_RANGE_STATE = state(("previous_close", "f8"))
NATR_STATE = state(("range", ATR_STATE))
SCORE_STATE = state(("previous", "f8"), ("run", "i8"), ("spread", DEVIATION_STATE))
HISTORICAL_STATE = state(("previous", "f8"), ("periods_per_year", "f8"), ("changes", DEVIATION_STATE))
deviation_at, bands_at, atr_at = record_at(DEVIATION_STATE), record_at(BANDS_STATE), record_at(ATR_STATE)
true_range_at, natr_at = record_at(TRUE_RANGE_STATE), record_at(NATR_STATE)
score_at, historical_at = record_at(SCORE_STATE), record_at(HISTORICAL_STATE)


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


@warm_method
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


@warm_method
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
        bands.middle = bands.mean
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


@warm_method
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


@method
def update_variance(address: int, price: float) -> float:
    """Take in a price."""
    variance = deviation_at(address)
    if price - price != 0.0:
        return variance.value
    advance_squares(address, address + variance.window_offset, price)
    if variance.count >= variance.length:
        variance.ready = True
        variance.value = variance.squares / variance.length if variance.squares > 0.0 else 0.0
    return variance.value


@method
def update_score(address: int, price: float) -> float:
    """Take in a price; equal prices are counted, as rounding would leave them a deviation."""
    score = score_at(address)
    if price - price != 0.0:
        return score.value
    score.count += 1
    score.run = score.run + 1 if score.count > 1 and price == score.previous else 1
    score.previous = price
    deviation = update_deviation(address_of(score.spread), price)
    if score.spread.ready:
        score.ready = True
        moved = score.run < score.length and deviation > 0.0
        score.value = (price - score.spread.mean) / deviation if moved else 0.0
    return score.value


@method
def update_historical(address: int, price: float) -> float:
    """Take in a price; one that is not above zero has no logarithm and is left out."""
    historical = historical_at(address)
    if price - price != 0.0 or price <= 0.0:
        return historical.value
    historical.count += 1
    previous = historical.previous
    historical.previous = price
    if historical.count == 1:
        return historical.value
    update_deviation(address_of(historical.changes), log(price / previous))
    if historical.changes.ready:
        squares = historical.changes.squares
        variance = squares / (historical.length - 1) if squares > 0.0 else 0.0
        historical.ready = True
        historical.value = math.sqrt(variance * historical.periods_per_year)
    return historical.value


@method
def update_true_range(address: int, high: float, low: float, close: float) -> float:
    """Take in a bar; the first one has no close before it."""
    span = true_range_at(address)
    if (high - high) + (low - low) + (close - close) != 0.0:
        return span.value
    span.count += 1
    if span.count > 1:
        span.ready = True
        span.value = true_range(high, low, span.previous_close)
    span.previous_close = close
    return span.value


@method
def update_natr(address: int, high: float, low: float, close: float) -> float:
    """Take in a bar."""
    natr = natr_at(address)
    if (high - high) + (low - low) + (close - close) != 0.0:
        return natr.value
    natr.count += 1
    average = update_atr(address_of(natr.range), high, low, close)
    if natr.range.ready:
        natr.ready = True
        natr.value = average / close * 100.0 if close != 0.0 else 0.0
    return natr.value


class StandardDeviation(PriceIndicator):
    """Rolling population standard deviation of the last `length` prices.

    Parameters
    ----------
    length : int
        Prices it spans, at least 1.

    Notes
    -----
    ``value = √(Σ(p − mean)² / n)``. Mean and squares slide by Welford's update and are computed anew once a turn of
    the window, so errors don't grow, and a large offset costs no digits.

    References
    ----------
    TA-Lib: ``STDDEV``. B. P. Welford, Technometrics 4:3 (1962).
    """

    dtype = DEVIATION_STATE
    methods = {"update": update_deviation}
    window_columns = 1

    def __init__(self, length: int) -> None:
        super().__init__(length=length)


class Variance(PriceIndicator):
    """Rolling population variance of the last `length` prices.

    Parameters
    ----------
    length : int
        Prices it spans, at least 1.

    Notes
    -----
    ``value = Σ(p − mean)² / n``, kept as by `StandardDeviation`.

    References
    ----------
    TA-Lib: ``VAR``.
    """

    dtype = DEVIATION_STATE
    methods = {"update": update_variance}
    window_columns = 1

    def __init__(self, length: int = 5) -> None:
        super().__init__(length=length)


class ZScore(PriceIndicator):
    """How many standard deviations the price lies above the mean of the last `length`.

    Parameters
    ----------
    length : int
        Prices it spans, the newest included, at least 2.

    Notes
    -----
    ``value = (p − mean) / deviation``, the population's deviation; exactly 0 where all n prices are equal.

    References
    ----------
    Ernest Chan, *Algorithmic Trading* (2013), chapter 2.
    """

    dtype = SCORE_STATE
    methods = {"update": update_score}
    limits = {"length": (2, 1_000_000)}

    def __init__(self, length: int = 20) -> None:
        super().__init__(length=length)

    def parts(self) -> dict[str, Indicator]:
        """Mean and deviation."""
        return {"spread": StandardDeviation(int(self.arguments["length"]))}


class HistoricalVolatility(PriceIndicator):
    """Annualised standard deviation of logarithmic returns, as a fraction: 0.2 is 20% a year.

    Parameters
    ----------
    length : int
        Returns it spans, at least 2.
    periods_per_year : float
        Inputs a year: 252 trading days, 365 for a market that never closes, more for shorter bars.

    Notes
    -----
    ``r = ln(p / p')``; ``value = √(Σ(r − mean)² / (n − 1) · periods)``. A price of zero or less is left out like a
    missing one.

    References
    ----------
    John Hull, *Options, Futures, and Other Derivatives*, "Estimating volatility from historical data".
    """

    dtype = HISTORICAL_STATE
    methods = {"update": update_historical}
    limits = {"length": (2, 1_000_000)}
    periods_per_year: float

    def __init__(self, length: int = 20, periods_per_year: float = 252.0) -> None:
        super().__init__(length=length, periods_per_year=periods_per_year)
        if periods_per_year <= 0.0:
            message = f"HistoricalVolatility: periods_per_year must be above zero, not {periods_per_year!r}"
            raise InvalidRequestError(message)

    def parts(self) -> dict[str, Indicator]:
        """The deviation of returns."""
        return {"changes": StandardDeviation(int(self.arguments["length"]))}

    @property
    def warm_up(self) -> int:
        """The returns, and the price before them."""
        return int(self.arguments["length"]) + 1


class Bollinger(PriceIndicator):
    """Bollinger bands: the mean of the last `length` prices, and `width` deviations above and below it.

    Parameters
    ----------
    length : int
        Prices it spans, at least 1.
    width : float
        Distance of `upper` and `lower` from the mean, in population standard deviations.

    Attributes
    ----------
    middle : float
        The mean; `value` is the same.
    upper, lower : float
        The bands.
    deviation : float
        The standard deviation.

    Notes
    -----
    ``upper, lower = mean ± w·deviation``, kept as by `StandardDeviation`.

    References
    ----------
    John Bollinger, *Bollinger on Bollinger Bands* (2001). TA-Lib: ``BBANDS``.
    """

    dtype = BANDS_STATE
    methods = {"update": update_bands}
    outputs = ("middle", "upper", "lower", "deviation")
    window_columns = 1
    middle: float
    upper: float
    lower: float
    deviation: float
    width: float

    def __init__(self, length: int = 20, width: float = 2.0) -> None:
        super().__init__(length=length, width=width)


class TrueRange(BarIndicator):
    """True range of a bar: its span, the gap from the previous close included.

    Notes
    -----
    ``value = max(high − low, |high − close'|, |low − close'|)``, close' the previous close; the first bar has none.

    References
    ----------
    J. Welles Wilder, *New Concepts in Technical Trading Systems* (1978). TA-Lib: ``TRANGE``.
    """

    dtype = TRUE_RANGE_STATE
    methods = {"update": update_true_range}

    def __init__(self) -> None:
        super().__init__()

    @property
    def warm_up(self) -> int:
        """A bar, and the one before it."""
        return 2


class ATR(BarIndicator):
    """Wilder's average true range.

    Parameters
    ----------
    length : int
        True ranges in the average, at least 1; usually 14.

    Notes
    -----
    ``value = (value · (n − 1) + TR) / n``, TR as by `TrueRange`, started by the mean of the first n.

    References
    ----------
    J. Welles Wilder, *New Concepts in Technical Trading Systems* (1978). TA-Lib: ``ATR``.
    """

    dtype = ATR_STATE
    methods = {"update": update_atr}

    def __init__(self, length: int = 14) -> None:
        super().__init__(length=length)

    @property
    def warm_up(self) -> int:
        """The true ranges, and the close before them."""
        return int(self.arguments["length"]) + 1


class NATR(BarIndicator):
    """Average true range in percent of the close.

    Parameters
    ----------
    length : int
        True ranges in the average, at least 1.

    Notes
    -----
    ``value = 100 · ATR / close``; 0 where the close is zero.

    References
    ----------
    John Forman, *Cross-Market Evaluations with Normalized Average True Range*, Stocks & Commodities 24:5 (2006).
    TA-Lib: ``NATR``.
    """

    dtype = NATR_STATE
    methods = {"update": update_natr}

    def __init__(self, length: int = 14) -> None:
        super().__init__(length=length)

    def parts(self) -> dict[str, Indicator]:
        """The average true range."""
        return {"range": ATR(int(self.arguments["length"]))}

    @property
    def warm_up(self) -> int:
        """The true ranges, and the close before them."""
        return int(self.arguments["length"]) + 1
