"""Oscillators of where a price stands within its range: stochastics, Williams, Lane, Lambert."""

from __future__ import annotations

import math

from atlas.kernel.indicators.averages import SMA, update_sma
from atlas.kernel.indicators.declaration import Indicator, method, state
from atlas.kernel.indicators.inputs import BarIndicator, PriceIndicator
from atlas.kernel.indicators.momentum import RSI, RSI_STATE, update_rsi
from atlas.kernel.indicators.rolling import (
    EXTREME_STATE,
    SUM_STATE,
    TOTAL_STATE,
    RollingSum,
    extremes,
    update_extreme,
    update_sum,
    wrapped,
)
from atlas.kernel.indicators.volatility import true_range
from atlas.kernel.memory.compilation import kernel_function
from atlas.kernel.memory.intrinsics import address_of, load_float, record_at, store_float
from atlas.records.errors import InvalidRequestError

RANGE_FIELDS = (("highest", EXTREME_STATE), ("lowest", EXTREME_STATE))
STOCHASTIC_STATE = state(
    ("smoothing", "i8"),
    ("signal_length", "i8"),
    ("k", "f8"),
    ("d", "f8"),
    *RANGE_FIELDS,
    ("smoothed", TOTAL_STATE),
    ("signal", TOTAL_STATE),
)
STOCHASTIC_RSI_STATE = state(
    ("stochastic_length", "i8"),
    ("smoothing", "i8"),
    ("signal_length", "i8"),
    ("k", "f8"),
    ("d", "f8"),
    ("strength", RSI_STATE),
    ("stochastic", STOCHASTIC_STATE),
)
WILLIAMS_STATE = state(*RANGE_FIELDS)
CCI_STATE = state(("sums", TOTAL_STATE))
ULTIMATE_STATE = state(
    ("short_length", "i8"),
    ("middle_length", "i8"),
    ("long_length", "i8"),
    ("previous_close", "f8"),
    ("short_pressure", SUM_STATE),
    ("short_range", SUM_STATE),
    ("middle_pressure", SUM_STATE),
    ("middle_range", SUM_STATE),
    ("long_pressure", SUM_STATE),
    ("long_range", SUM_STATE),
)
stochastic_at, stochastic_rsi_at = record_at(STOCHASTIC_STATE), record_at(STOCHASTIC_RSI_STATE)
williams_at, cci_at, ultimate_at = record_at(WILLIAMS_STATE), record_at(CCI_STATE), record_at(ULTIMATE_STATE)
CCI_SCALE = 0.015


@method
def update_stochastic(address: int, high: float, low: float, close: float) -> float:
    """Take in a bar: the close's place within the range, its average, and the average of that."""
    stochastic = stochastic_at(address)
    if (high - high) + (low - low) + (close - close) != 0.0:
        return stochastic.value
    stochastic.count += 1
    highest = update_extreme(address_of(stochastic.highest), high)
    lowest = update_extreme(address_of(stochastic.lowest), low)
    if not stochastic.lowest.ready:
        return stochastic.value
    place = (close - lowest) / (highest - lowest) * 100.0 if highest > lowest else 0.0
    k = update_sma(address_of(stochastic.smoothed), place)
    d = update_sma(address_of(stochastic.signal), k)
    if stochastic.signal.ready:
        stochastic.ready = True
        stochastic.value = k
        stochastic.k = k
        stochastic.d = d
    return stochastic.value


@method
def update_stochastic_rsi(address: int, price: float) -> float:
    """Take in a price; the range is left out until the index is there."""
    stochastic = stochastic_rsi_at(address)
    if price - price != 0.0:
        return stochastic.value
    stochastic.count += 1
    strength = update_rsi(address_of(stochastic.strength), price)
    stochastic.value = update_stochastic(address_of(stochastic.stochastic), strength, strength, strength)
    stochastic.ready = stochastic.stochastic.ready
    stochastic.k = stochastic.value
    stochastic.d = stochastic.stochastic.d
    return stochastic.value


@method
def update_williams(address: int, high: float, low: float, close: float) -> float:
    """Take in a bar."""
    williams = williams_at(address)
    if (high - high) + (low - low) + (close - close) != 0.0:
        return williams.value
    williams.count += 1
    highest = update_extreme(address_of(williams.highest), high)
    lowest = update_extreme(address_of(williams.lowest), low)
    if williams.lowest.ready:
        williams.ready = True
        williams.value = (highest - close) / (highest - lowest) * -100.0 if highest > lowest else 0.0
    return williams.value


@method
def update_cci(address: int, high: float, low: float, close: float) -> float:
    """Take in a bar; the mean deviation is summed up anew, and is zero exactly where all prices are equal."""
    cci = cci_at(address)
    if (high - high) + (low - low) + (close - close) != 0.0:
        return cci.value
    price = (high + low + close) / 3.0
    cci.count += 1
    length, start = cci.length, address + cci.window_offset
    store_float(start + cci.position * 8, price)
    cci.position = wrapped(cci.position + 1, length)
    mean = update_sma(address_of(cci.sums), price)
    if cci.count < length:
        return cci.value
    deviation, differ = 0.0, False
    for index in range(length):
        held = load_float(start + index * 8)
        deviation += math.fabs(held - mean)
        differ = differ or held != price
    cci.ready = True
    cci.value = (price - mean) / (CCI_SCALE * (deviation / length)) if differ and deviation > 0.0 else 0.0
    return cci.value


@kernel_function
def share_of_range(pressure: float, span: float) -> float:
    """Give the share of the true ranges that was bought, 0 where there were none."""
    return pressure / span if span > 0.0 else 0.0


@method
def update_ultimate(address: int, high: float, low: float, close: float) -> float:
    """Take in a bar; the first one has no close before it."""
    ultimate = ultimate_at(address)
    if (high - high) + (low - low) + (close - close) != 0.0:
        return ultimate.value
    ultimate.count += 1
    previous = ultimate.previous_close
    ultimate.previous_close = close
    if ultimate.count == 1:
        return ultimate.value
    pressure = close - (low if low < previous else previous)
    span = true_range(high, low, previous)
    short = share_of_range(
        update_sum(address_of(ultimate.short_pressure), pressure), update_sum(address_of(ultimate.short_range), span)
    )
    middle = share_of_range(
        update_sum(address_of(ultimate.middle_pressure), pressure), update_sum(address_of(ultimate.middle_range), span)
    )
    long = share_of_range(
        update_sum(address_of(ultimate.long_pressure), pressure), update_sum(address_of(ultimate.long_range), span)
    )
    if ultimate.long_range.ready:
        ultimate.ready = True
        ultimate.value = 100.0 * ((4.0 * short + 2.0 * middle + long) / 7.0)
    return ultimate.value


class Stochastic(BarIndicator):
    """Stochastic oscillator: where the close stands within the range of the last bars, 0 to 100.

    Parameters
    ----------
    length : int
        Bars of the range, at least 1.
    smoothing : int
        Values in the average that makes %K; 1 for the fast stochastic, 3 for the slow one.
    signal_length : int
        Values in the average of %K that makes %D.

    Attributes
    ----------
    k : float
        %K; `value` is the same.
    d : float
        %D, the average of %K.

    Notes
    -----
    ``k = SMA(100 · (close − L) / (H − L), smoothing)``, H and L the highest high and the lowest low of n bars; 0 where
    H = L; ``d = SMA(k, m)``.

    References
    ----------
    George Lane, *Lane's Stochastics*, Stocks & Commodities 2:3 (1984). TA-Lib: ``STOCH``, ``STOCHF``.
    """

    dtype = STOCHASTIC_STATE
    methods = {"update": update_stochastic}
    outputs = ("k", "d")
    k: float
    d: float

    def __init__(self, length: int = 14, smoothing: int = 3, signal_length: int = 3) -> None:
        super().__init__(length=length, smoothing=smoothing, signal_length=signal_length)

    def parts(self) -> dict[str, Indicator]:
        """The range, and the two averages."""
        return {
            **extremes(self.arguments["length"]),
            "smoothed": SMA(int(self.arguments["smoothing"])),
            "signal": SMA(int(self.arguments["signal_length"])),
        }

    @property
    def warm_up(self) -> int:
        """Of the range and the two averages after it."""
        return int(self.arguments["length"] + self.arguments["smoothing"] + self.arguments["signal_length"]) - 2


class StochasticRSI(PriceIndicator):
    """Stochastic oscillator of Wilder's relative strength index, 0 to 100.

    Parameters
    ----------
    length : int
        Changes in the averages of the index, at least 1.
    stochastic_length : int
        Values of the index in the range.
    smoothing : int
        Values in the average that makes %K; 1 for none, as TA-Lib does.
    signal_length : int
        Values in the average of %K that makes %D.

    Attributes
    ----------
    k : float
        %K; `value` is the same.
    d : float
        %D, the average of %K.

    Notes
    -----
    ``k = SMA(100 · (r − L) / (H − L), smoothing)``, r = RSI(p), H and L its highest and lowest of m values; 0 where
    H = L; ``d = SMA(k, signal_length)``.

    References
    ----------
    Tushar Chande and Stanley Kroll, *The New Technical Trader* (1994). TA-Lib: ``STOCHRSI``.
    """

    dtype = STOCHASTIC_RSI_STATE
    methods = {"update": update_stochastic_rsi}
    outputs = ("k", "d")
    k: float
    d: float

    def __init__(
        self, length: int = 14, stochastic_length: int = 14, smoothing: int = 3, signal_length: int = 3
    ) -> None:
        super().__init__(
            length=length, stochastic_length=stochastic_length, smoothing=smoothing, signal_length=signal_length
        )

    def parts(self) -> dict[str, Indicator]:
        """The index, and its stochastic."""
        lengths = {name: int(value) for name, value in self.arguments.items()}
        return {
            "strength": RSI(lengths["length"]),
            "stochastic": Stochastic(lengths["stochastic_length"], lengths["smoothing"], lengths["signal_length"]),
        }

    @property
    def warm_up(self) -> int:
        """Of the index, the range and the two averages after it."""
        return int(self.arguments["length"]) + self.parts()["stochastic"].warm_up


class WilliamsR(BarIndicator):
    """Williams %R: how far the close stands below the highest high, −100 to 0.

    Parameters
    ----------
    length : int
        Bars of the range, at least 1.

    Notes
    -----
    ``value = −100 · (H − close) / (H − L)``, H and L the highest high and the lowest low of n bars; 0 where H = L.

    References
    ----------
    Larry Williams, *How I Made One Million Dollars Last Year Trading Commodities* (1973). TA-Lib: ``WILLR``.
    """

    dtype = WILLIAMS_STATE
    methods = {"update": update_williams}

    def __init__(self, length: int = 14) -> None:
        super().__init__(length=length)

    def parts(self) -> dict[str, Indicator]:
        """The range."""
        return extremes(self.arguments["length"])


class CCI(BarIndicator):
    """Commodity channel index: the typical price's distance from its mean, in mean deviations.

    Parameters
    ----------
    length : int
        Bars it spans, at least 1.

    Notes
    -----
    ``t = (high + low + close) / 3``; ``value = (t − mean) / (0.015 · Σ|tᵢ − mean| / n)``; 0 where all n are equal. The
    deviation is summed up anew at each update, so its cost grows with `length`.

    References
    ----------
    Donald Lambert, *Commodity Channel Index*, Commodities (1980). TA-Lib: ``CCI``.
    """

    dtype = CCI_STATE
    methods = {"update": update_cci}
    window_columns = 1

    def __init__(self, length: int = 20) -> None:
        super().__init__(length=length)

    def parts(self) -> dict[str, Indicator]:
        """The mean."""
        return {"sums": SMA(int(self.arguments["length"]))}


class UltimateOscillator(BarIndicator):
    """Ultimate oscillator: buying pressure over three lengths, 0 to 100.

    Parameters
    ----------
    short_length, middle_length, long_length : int
        Bars of the three sums, rising.

    Notes
    -----
    ``b = close − min(low, close')``, ``A = Σb / ΣTR`` for each length, 0 where no range was seen;
    ``value = 100 · (4·A₁ + 2·A₂ + A₃) / 7``.

    References
    ----------
    Larry Williams, *The Ultimate Oscillator*, Stocks & Commodities 3:4 (1985). TA-Lib: ``ULTOSC``.
    """

    dtype = ULTIMATE_STATE
    methods = {"update": update_ultimate}

    def __init__(self, short_length: int = 7, middle_length: int = 14, long_length: int = 28) -> None:
        super().__init__(short_length=short_length, middle_length=middle_length, long_length=long_length)
        if not short_length <= middle_length <= long_length:
            lengths = f"{short_length}, {middle_length}, {long_length}"
            raise InvalidRequestError(f"UltimateOscillator: the lengths {lengths} must not fall; reorder them")

    def parts(self) -> dict[str, Indicator]:
        """Sums of pressures and of ranges."""
        return {
            f"{name}_{kind}": RollingSum(int(self.arguments[f"{name}_length"]))
            for name in ("short", "middle", "long")
            for kind in ("pressure", "range")
        }

    @property
    def warm_up(self) -> int:
        """The longest sum, and the close before it."""
        return int(self.arguments["long_length"]) + 1
