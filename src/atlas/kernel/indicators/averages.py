"""Moving averages: simple, exponential, weighted, and those made of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from atlas.kernel.indicators.declaration import Indicator, method, state, warm_method
from atlas.kernel.indicators.inputs import PriceIndicator
from atlas.kernel.indicators.rolling import TOTAL_STATE, RollingSum, push_total, total_at, update_sum, wrapped
from atlas.kernel.memory.intrinsics import address_of, divide, load_float, record_at, store_float

EMA_STATE, RMA_STATE = state(("total", "f8"), ("weight", "f8")), state(("total", "f8"))
WMA_STATE = state(("total", "f8"), ("weighted", "f8"), ("fresh", "f8"), ("fresh_weighted", "f8"))
DEMA_STATE = state(("first", EMA_STATE), ("second", EMA_STATE))
TEMA_STATE = state(("first", EMA_STATE), ("second", EMA_STATE), ("third", EMA_STATE))
TRIMA_STATE = state(("first", TOTAL_STATE), ("second", TOTAL_STATE))
HMA_STATE = state(("half", WMA_STATE), ("whole", WMA_STATE), ("smoothed", WMA_STATE))
KAMA_STATE = state(("fast_length", "i8"), ("slow_length", "i8"), ("previous", "f8"), ("movement", RollingSum.dtype))
sma_at, ema_at, rma_at, wma_at = total_at, record_at(EMA_STATE), record_at(RMA_STATE), record_at(WMA_STATE)
dema_at, tema_at, trima_at = record_at(DEMA_STATE), record_at(TEMA_STATE), record_at(TRIMA_STATE)
hma_at, kama_at = record_at(HMA_STATE), record_at(KAMA_STATE)


@warm_method
def update_sma(address: int, price: float) -> float:
    """Take in a price."""
    sma = sma_at(address)
    if price - price != 0.0:
        return sma.value
    push_total(address, price)
    if sma.count >= sma.length:
        sma.ready = True
        sma.value = divide(sma.total, float(sma.length))
    return sma.value


@warm_method
def update_ema(address: int, price: float) -> float:
    """Take in a price; the mean of the first `length` prices starts the average."""
    ema = ema_at(address)
    if price - price != 0.0:
        return ema.value
    ema.count += 1
    if ema.count > ema.length:
        ema.value += (price - ema.value) * ema.weight
    else:
        ema.total += price
        if ema.count == ema.length:
            ema.ready = True
            ema.value = ema.total / ema.length
    return ema.value


@method
def update_rma(address: int, price: float) -> float:
    """Take in a price; the mean of the first `length` prices starts the average."""
    rma = rma_at(address)
    if price - price != 0.0:
        return rma.value
    rma.count += 1
    if rma.count > rma.length:
        rma.value = (rma.value * (rma.length - 1) + price) / rma.length
    else:
        rma.total += price
        if rma.count == rma.length:
            rma.ready = True
            rma.value = rma.total / rma.length
    return rma.value


@method
def update_wma(address: int, price: float) -> float:
    """Take in a price: all that are held lose one weight, which is their sum; see `push_total` for `fresh`."""
    wma = wma_at(address)
    if price - price != 0.0:
        return wma.value
    length, position = wma.length, wma.position
    slot = address + wma.window_offset + position * 8
    old = load_float(slot)
    store_float(slot, price)
    wma.count += 1
    wma.fresh += price
    wma.fresh_weighted += price * (position + 1)
    if position + 1 == length:
        wma.total = wma.fresh
        wma.weighted = wma.fresh_weighted
        wma.fresh = 0.0
        wma.fresh_weighted = 0.0
    else:
        wma.weighted += price * length - wma.total
        wma.total += price - old
    wma.position = wrapped(position + 1, length)
    if wma.count >= length:
        wma.ready = True
        wma.value = wma.weighted / (length * (length + 1) / 2.0)
    return wma.value


@method
def update_dema(address: int, price: float) -> float:
    """Take in a price; an average that is not ready hands on NaN, which the next one leaves out."""
    dema = dema_at(address)
    if price - price != 0.0:
        return dema.value
    dema.count += 1
    first = update_ema(address_of(dema.first), price)
    second = update_ema(address_of(dema.second), first)
    if dema.second.ready:
        dema.ready = True
        dema.value = 2.0 * first - second
    return dema.value


@method
def update_tema(address: int, price: float) -> float:
    """Take in a price; an average that is not ready hands on NaN, which the next one leaves out."""
    tema = tema_at(address)
    if price - price != 0.0:
        return tema.value
    tema.count += 1
    first = update_ema(address_of(tema.first), price)
    second = update_ema(address_of(tema.second), first)
    third = update_ema(address_of(tema.third), second)
    if tema.third.ready:
        tema.ready = True
        tema.value = 3.0 * first - 3.0 * second + third
    return tema.value


@method
def update_trima(address: int, price: float) -> float:
    """Take in a price."""
    trima = trima_at(address)
    if price - price != 0.0:
        return trima.value
    trima.count += 1
    trima.value = update_sma(address_of(trima.second), update_sma(address_of(trima.first), price))
    trima.ready = trima.second.ready
    return trima.value


@method
def update_hma(address: int, price: float) -> float:
    """Take in a price."""
    hma = hma_at(address)
    if price - price != 0.0:
        return hma.value
    hma.count += 1
    half = update_wma(address_of(hma.half), price)
    whole = update_wma(address_of(hma.whole), price)
    hma.value = update_wma(address_of(hma.smoothed), 2.0 * half - whole)
    hma.ready = hma.smoothed.ready
    return hma.value


@method
def update_kama(address: int, price: float) -> float:
    """Take in a price; the price `length` inputs before the first value starts the average."""
    kama = kama_at(address)
    if price - price != 0.0:
        return kama.value
    slot = address + kama.window_offset + kama.position * 8
    oldest = load_float(slot)
    store_float(slot, price)
    kama.position = wrapped(kama.position + 1, kama.length)
    kama.count += 1
    previous = kama.previous
    kama.previous = price
    if kama.count == 1:
        return kama.value
    movement = update_sum(address_of(kama.movement), math.fabs(price - previous))
    if not kama.movement.ready:
        return kama.value
    distance = math.fabs(price - oldest)
    efficiency = distance / movement if distance < movement else 1.0
    slow = 2.0 / (kama.slow_length + 1.0)
    weight = efficiency * (2.0 / (kama.fast_length + 1.0) - slow) + slow
    before = kama.value if kama.ready else previous
    kama.ready = True
    kama.value = before + (price - before) * (weight * weight)
    return kama.value


class SMA(PriceIndicator):
    """Simple moving average: the mean of the last `length` prices.

    Parameters
    ----------
    length : int
        Prices in the mean, at least 1.

    Notes
    -----
    ``value = (p₁ + … + pₙ) / n``. The running sum is replaced once a turn of the window by one summed up anew, so
    errors don't grow.

    References
    ----------
    TA-Lib: ``SMA``.
    """

    dtype = TOTAL_STATE
    methods = {"update": update_sma}
    window_columns = 1

    def __init__(self, length: int) -> None:
        super().__init__(length=length)


class EMA(PriceIndicator):
    """Exponential moving average with weight 2 / (length + 1).

    Parameters
    ----------
    length : int
        Span of the average, at least 1.

    Notes
    -----
    ``value += (p − value) · 2 / (n + 1)``, started by the mean of the first n prices, as TA-Lib does.

    References
    ----------
    TA-Lib: ``EMA``.
    """

    dtype = EMA_STATE
    methods = {"update": update_ema}

    def __init__(self, length: int) -> None:
        super().__init__(length=length)

    def initialize(self, record: np.ndarray[Any, Any], window_offset: int) -> None:
        """Write the first state, and the newest price's weight."""
        super().initialize(record, window_offset)
        record["weight"] = 2.0 / (self.arguments["length"] + 1.0)


class RMA(PriceIndicator):
    """Wilder's smoothing, also called the running or smoothed moving average: weight 1 / length.

    Parameters
    ----------
    length : int
        Span of the average, at least 1.

    Notes
    -----
    ``value = (value · (n − 1) + p) / n``, started by the mean of the first n prices.

    References
    ----------
    J. Welles Wilder, *New Concepts in Technical Trading Systems* (1978).
    """

    dtype = RMA_STATE
    methods = {"update": update_rma}

    def __init__(self, length: int = 14) -> None:
        super().__init__(length=length)


class WMA(PriceIndicator):
    """Weighted moving average: the newest of `length` prices weighs `length` times as much as the oldest.

    Parameters
    ----------
    length : int
        Prices in the mean, at least 1.

    Notes
    -----
    ``value = (1·p₁ + 2·p₂ + … + n·pₙ) / (n (n + 1) / 2)``, pₙ the newest. Both running sums are replaced once a turn
    of the window by ones summed up anew.

    References
    ----------
    TA-Lib: ``WMA``.
    """

    dtype = WMA_STATE
    methods = {"update": update_wma}
    window_columns = 1

    def __init__(self, length: int = 30) -> None:
        super().__init__(length=length)


class DEMA(PriceIndicator):
    """Double exponential moving average: an EMA less its own lag.

    Parameters
    ----------
    length : int
        Span of both averages, at least 1.

    Notes
    -----
    ``value = 2·e₁ − e₂`` with e₁ = EMA(p), e₂ = EMA(e₁). e₂ starts with the mean of the first n values of e₁, as in
    TA-Lib.

    References
    ----------
    Patrick Mulloy, *Smoothing Data with Faster Moving Averages*, Stocks & Commodities 12:1 (1994). TA-Lib: ``DEMA``.
    """

    dtype = DEMA_STATE
    methods = {"update": update_dema}

    def __init__(self, length: int = 30) -> None:
        super().__init__(length=length)

    def parts(self) -> dict[str, Indicator]:
        """Two averages of one length."""
        length = int(self.arguments["length"])
        return {"first": EMA(length), "second": EMA(length)}

    @property
    def warm_up(self) -> int:
        """Of two averages in a row."""
        return 2 * int(self.arguments["length"]) - 1


class TEMA(PriceIndicator):
    """Triple exponential moving average.

    Parameters
    ----------
    length : int
        Span of the three averages, at least 1.

    Notes
    -----
    ``value = 3·e₁ − 3·e₂ + e₃`` with e₁ = EMA(p), e₂ = EMA(e₁), e₃ = EMA(e₂), each started by the mean of the first n
    values it gets, as in TA-Lib.

    References
    ----------
    Patrick Mulloy, *Smoothing Data with Less Lag*, Stocks & Commodities 12:2 (1994). TA-Lib: ``TEMA``.
    """

    dtype = TEMA_STATE
    methods = {"update": update_tema}

    def __init__(self, length: int = 30) -> None:
        super().__init__(length=length)

    def parts(self) -> dict[str, Indicator]:
        """Three averages of one length."""
        length = int(self.arguments["length"])
        return {"first": EMA(length), "second": EMA(length), "third": EMA(length)}

    @property
    def warm_up(self) -> int:
        """Of three averages in a row."""
        return 3 * int(self.arguments["length"]) - 2


class TRIMA(PriceIndicator):
    """Triangular moving average: weights rise to the middle of the window and fall again.

    Parameters
    ----------
    length : int
        Prices it spans, at least 1.

    Notes
    -----
    A simple average of a simple average: of lengths (n + 1)/2 twice where n is odd, n/2 and n/2 + 1 where it is even.

    References
    ----------
    TA-Lib: ``TRIMA``.
    """

    dtype = TRIMA_STATE
    methods = {"update": update_trima}

    def __init__(self, length: int = 30) -> None:
        super().__init__(length=length)

    def parts(self) -> dict[str, Indicator]:
        """Two simple averages whose lengths sum up to one more than its own."""
        length = int(self.arguments["length"])
        return {"first": SMA((length + 1) // 2), "second": SMA(length // 2 + 1)}


class HMA(PriceIndicator):
    """Hull moving average: a weighted average without most of its lag.

    Parameters
    ----------
    length : int
        Prices it spans, at least 2.

    Notes
    -----
    ``value = WMA(2·WMA(p, n/2) − WMA(p, n), √n)``; n/2 and √n are cut off to whole numbers.

    References
    ----------
    Alan Hull, *How to reduce lag in a moving average* (2005).
    """

    dtype = HMA_STATE
    methods = {"update": update_hma}
    limits = {"length": (2, 1_000_000)}

    def __init__(self, length: int = 16) -> None:
        super().__init__(length=length)

    def parts(self) -> dict[str, Indicator]:
        """Averages of half the length, of all of it, and of its root."""
        length = int(self.arguments["length"])
        return {"half": WMA(length // 2), "whole": WMA(length), "smoothed": WMA(int(math.sqrt(length)))}

    @property
    def warm_up(self) -> int:
        """Of the longest average and the last one."""
        length = int(self.arguments["length"])
        return length + int(math.sqrt(length)) - 1


class KAMA(PriceIndicator):
    """Kaufman's adaptive moving average: fast in a trend, slow where prices go back and forth.

    Parameters
    ----------
    length : int
        Changes over which efficiency is measured, at least 1.
    fast_length, slow_length : int
        Spans of the exponential averages between which it moves.

    Notes
    -----
    ``E = |p − pₙ| / Σ|Δp|`` over n changes, 1 where nothing moved; ``s = (E·(2/(fast + 1) − 2/(slow + 1)) +
    2/(slow + 1))²``; ``value += (p − value)·s``, started by the price before the first value, as in TA-Lib.

    References
    ----------
    Perry J. Kaufman, *Smarter Trading* (1995). TA-Lib: ``KAMA``.
    """

    dtype = KAMA_STATE
    methods = {"update": update_kama}
    window_columns = 1

    def __init__(self, length: int = 10, fast_length: int = 2, slow_length: int = 30) -> None:
        super().__init__(length=length, fast_length=fast_length, slow_length=slow_length)

    def parts(self) -> dict[str, Indicator]:
        """The sum of the sizes of changes."""
        return {"movement": RollingSum(int(self.arguments["length"]))}

    @property
    def warm_up(self) -> int:
        """The changes, and the price before them."""
        return int(self.arguments["length"]) + 1
