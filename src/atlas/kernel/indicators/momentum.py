"""Oscillators of momentum."""

from __future__ import annotations

from atlas.kernel.indicators.declaration import Indicator, method, state
from atlas.kernel.memory.compilation import kernel_function
from atlas.kernel.memory.intrinsics import record_at

RSI_STATE = state(("previous", "f8"), ("average_gain", "f8"), ("average_loss", "f8"))
rsi_at = record_at(RSI_STATE)


@kernel_function
def strength(gain: float, loss: float) -> float:
    """Give the index for an average gain and loss; 50 when nothing moved."""
    total = gain + loss
    return 100.0 * (gain / total) if total > 0.0 else 50.0


@method("f8(i8, f8)")
def update_rsi(address: int, price: float) -> float:
    """Take in a price; the mean of the first `length` changes starts both averages."""
    rsi = rsi_at(address)
    if price - price != 0.0:
        return rsi.value
    rsi.count += 1
    change = price - rsi.previous
    rsi.previous = price
    if rsi.count == 1:
        return rsi.value
    gain = change if change > 0.0 else 0.0
    loss = -change if change < 0.0 else 0.0
    if rsi.count <= rsi.length + 1:
        rsi.average_gain += gain
        rsi.average_loss += loss
        if rsi.count <= rsi.length:
            return rsi.value
        rsi.ready = True
    else:
        rsi.average_gain = rsi.average_gain * (rsi.length - 1) + gain
        rsi.average_loss = rsi.average_loss * (rsi.length - 1) + loss
    rsi.average_gain /= rsi.length
    rsi.average_loss /= rsi.length
    rsi.value = strength(rsi.average_gain, rsi.average_loss)
    return rsi.value


class RSI(Indicator):
    """Wilder's relative strength index, 0 to 100; 50 when prices did not move.

    Parameters
    ----------
    length : int
        Changes in the averages, at least 1; usually 14.
    """

    dtype = RSI_STATE
    methods = {"update": update_rsi}

    def __init__(self, length: int = 14) -> None:
        super().__init__(length=length)

    @property
    def window_floats(self) -> int:
        """Wilder's averages keep no window."""
        return 0

    def update(self, price: float) -> float:
        """Take in one price; give the index, NaN before `length` changes were seen."""
        value: float = self.handle.update(price)
        return value
