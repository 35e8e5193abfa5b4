"""A window of the last floats, read by position and summed up."""

from __future__ import annotations

import math

from atlas.kernel.indicators.declaration import Indicator, state, warm_method
from atlas.kernel.memory.compilation import kernel_function
from atlas.kernel.memory.intrinsics import load_float, record_at, store_float

WINDOW_STATE = state()
NAN = math.nan
window_at = record_at(WINDOW_STATE)


@warm_method
def append_window(address: int, value: float) -> float:
    """Take in a value, whatever it is; the oldest leaves once the window is full."""
    window = window_at(address)
    store_float(address + window.window_offset + window.position * 8, value)
    window.position = 0 if window.position + 1 == window.length else window.position + 1
    window.count += 1
    window.value = value
    if window.count >= window.length:
        window.ready = True
    return value


@kernel_function
def held_values(address: int) -> int:
    """How many values the window at `address` holds."""
    window = window_at(address)
    return window.count if window.count < window.length else window.length


@warm_method
def window_item(address: int, index: int) -> float:
    """Give the value at `index`: 0 is the oldest, -1 the newest."""
    window = window_at(address)
    held = window.count if window.count < window.length else window.length
    if index < -held or index >= held:
        raise IndexError("index out of range")
    distance = held - index if index >= 0 else -index
    place = window.position - distance
    if place < 0:
        place += window.length
    return load_float(address + window.window_offset + place * 8)


@warm_method
def window_mean(address: int) -> float:
    """Give the mean of what the window holds, NaN when it is empty."""
    window = window_at(address)
    held = held_values(address)
    total = 0.0
    for index in range(held):
        total += load_float(address + window.window_offset + index * 8)
    return total / held if held > 0 else NAN


@warm_method
def window_deviation(address: int) -> float:
    """Give the population standard deviation of what the window holds, NaN when it is empty."""
    window = window_at(address)
    held = held_values(address)
    if held == 0:
        return NAN
    start = address + window.window_offset
    total = 0.0
    for index in range(held):
        total += load_float(start + index * 8)
    middle = total / held
    squares = 0.0
    for index in range(held):
        distance = load_float(start + index * 8) - middle
        squares += distance * distance
    return math.sqrt(squares / held)


@warm_method
def window_highest(address: int) -> float:
    """Give the highest value, NaN when the window is empty."""
    window = window_at(address)
    best = NAN
    for index in range(held_values(address)):
        value = load_float(address + window.window_offset + index * 8)
        if index == 0 or value > best:
            best = value
    return best


@warm_method
def window_lowest(address: int) -> float:
    """Give the lowest value, NaN when the window is empty."""
    window = window_at(address)
    best = NAN
    for index in range(held_values(address)):
        value = load_float(address + window.window_offset + index * 8)
        if index == 0 or value < best:
            best = value
    return best


class Window(Indicator):
    """The last `length` floats: ``window.append(x)``, ``window[-1]`` the newest, ``window[0]`` the oldest.

    Parameters
    ----------
    length : int
        Most values it holds, at least 1.
    """

    dtype = WINDOW_STATE
    methods = {
        "append": append_window,
        "at": window_item,
        "mean": window_mean,
        "std": window_deviation,
        "highest": window_highest,
        "lowest": window_lowest,
    }
    window_columns = 1

    def __init__(self, length: int) -> None:
        super().__init__(length=length)

    def __getitem__(self, index: int) -> float:
        value: float = self.handle.at(index)
        return value

    def __len__(self) -> int:
        return len(self.handle)

    def __bool__(self) -> bool:
        return True

    def append(self, value: float) -> float:
        """Take in one value and give it back."""
        answer: float = self.handle.append(value)
        return answer

    def mean(self) -> float:
        """Give the mean of the values held, NaN when there are none."""
        value: float = self.handle.mean()
        return value

    def std(self) -> float:
        """Give the population standard deviation of the values held, NaN when there are none."""
        value: float = self.handle.std()
        return value

    def highest(self) -> float:
        """Give the highest of the values held, NaN when there are none."""
        value: float = self.handle.highest()
        return value

    def lowest(self) -> float:
        """Give the lowest of the values held, NaN when there are none."""
        value: float = self.handle.lowest()
        return value
