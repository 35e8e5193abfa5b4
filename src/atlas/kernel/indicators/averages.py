"""Moving averages: simple and exponential."""

from __future__ import annotations

from atlas.kernel.indicators.declaration import Indicator, method, state
from atlas.kernel.memory.intrinsics import load_float, record_at, store_float

SMA_STATE = state(("total", "f8"))
EMA_STATE = state(("total", "f8"))
sma_at, ema_at = record_at(SMA_STATE), record_at(EMA_STATE)


@method("f8(i8, f8)")
def update_sma(address: int, price: float) -> float:
    """Take in a price: the sum gains the new one and loses the one that leaves, in this order."""
    sma = sma_at(address)
    if price - price != 0.0:
        return sma.value
    slot = address + sma.window_offset + sma.position * 8
    sma.total += price - load_float(slot)
    store_float(slot, price)
    sma.position = 0 if sma.position + 1 == sma.length else sma.position + 1
    sma.count += 1
    if sma.count >= sma.length:
        sma.ready = True
        sma.value = sma.total / sma.length
    return sma.value


@method("f8(i8, f8)")
def update_ema(address: int, price: float) -> float:
    """Take in a price; the mean of the first `length` prices starts the average."""
    ema = ema_at(address)
    if price - price != 0.0:
        return ema.value
    ema.count += 1
    if ema.count > ema.length:
        ema.value += (price - ema.value) * (2.0 / (ema.length + 1.0))
    else:
        ema.total += price
        if ema.count == ema.length:
            ema.ready = True
            ema.value = ema.total / ema.length
    return ema.value


class SMA(Indicator):
    """Simple moving average: the mean of the last `length` prices, from a running sum.

    Parameters
    ----------
    length : int
        Prices in the mean, at least 1.
    """

    dtype = SMA_STATE
    methods = {"update": update_sma}

    def __init__(self, length: int) -> None:
        super().__init__(length=length)

    def update(self, price: float) -> float:
        """Take in one price; give the mean, NaN before `length` prices were seen."""
        value: float = self.handle.update(price)
        return value


class EMA(Indicator):
    """Exponential moving average with weight 2 / (length + 1), started by the mean of the first `length` prices.

    Parameters
    ----------
    length : int
        Span of the average, at least 1.
    """

    dtype = EMA_STATE
    methods = {"update": update_ema}

    def __init__(self, length: int) -> None:
        super().__init__(length=length)

    @property
    def window_floats(self) -> int:
        """An exponential average keeps no window."""
        return 0

    def update(self, price: float) -> float:
        """Take in one price; give the average, NaN before `length` prices were seen."""
        value: float = self.handle.update(price)
        return value
