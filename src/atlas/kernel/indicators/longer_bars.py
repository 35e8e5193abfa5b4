"""Longer bars made of the bars that a strategy is handed: seen when they are complete, never before."""

from __future__ import annotations

import ctypes
import math
from typing import Any, Self

import numpy as np

from atlas.kernel.indicators.declaration import MOST_LENGTH, Indicator, bar_method, check_argument, method, state
from atlas.kernel.memory.compilation import kernel_function
from atlas.kernel.memory.intrinsics import load, load_float, record_at, store_float

LONGER_STATE = state(
    ("span_ns", "i8"),
    ("anchor_ns", "i8"),
    # Of the newest complete bar: its last part's end, its own boundaries' start in local time, its prices.
    ("time_ns", "i8"),
    ("open", "f8"),
    ("high", "f8"),
    ("low", "f8"),
    ("close", "f8"),
    ("volume", "f8"),
    # Of the bar in the making.
    ("part_count", "i8"),
    ("part_end_ns", "i8"),
    ("part_time_ns", "i8"),
    ("part_open", "f8"),
    ("part_high", "f8"),
    ("part_low", "f8"),
    ("part_close", "f8"),
    ("part_volume", "f8"),
    # Local time: its distance from UTC, and where the list of its changes is read on.
    ("offset_ns", "i8"),
    ("change_count", "i8"),
    ("change_place", "i8"),
)
longer_at = record_at(LONGER_STATE)
NAN = math.nan
COLUMNS = 5
"""Floats kept of a bar: open, high, low, close, volume."""
DAY_NS = 86_400_000_000_000
WEEK_NS = 7 * DAY_NS
MONDAY_NS = 4 * DAY_NS
"""1970 began on a Thursday."""


@kernel_function
def local_time(address: int, time_ns: int) -> int:
    """Local time of a bar's end: the offset is that of the instant before it."""
    bars = longer_at(address)
    changes = address + bars.window_offset + bars.length * COLUMNS * 8
    while bars.change_place < bars.change_count and load(changes + bars.change_place * 16) < time_ns:
        bars.offset_ns = load(changes + bars.change_place * 16 + 8)
        bars.change_place += 1
    return time_ns + bars.offset_ns


@kernel_function
def complete_bar(address: int) -> None:
    """Finish the bar in the making: the newest complete one, and into the window."""
    bars = longer_at(address)
    bars.time_ns = bars.part_time_ns
    bars.open, bars.high, bars.low = bars.part_open, bars.part_high, bars.part_low
    bars.close, bars.volume = bars.part_close, bars.part_volume
    place = address + bars.window_offset + bars.position * COLUMNS * 8
    store_float(place, bars.open)
    store_float(place + 8, bars.high)
    store_float(place + 16, bars.low)
    store_float(place + 24, bars.close)
    store_float(place + 32, bars.volume)
    bars.position = 0 if bars.position + 1 == bars.length else bars.position + 1
    bars.part_count = 0
    bars.count += 1
    bars.value = bars.close
    if bars.count >= bars.length:
        bars.ready = True


@bar_method
def update_longer(address: int, time_ns: int, open: float, high: float, low: float, close: float, volume: float) -> int:
    """Take in a bar; give how many longer bars it completed: 0, 1, or 2 where one had waited for it."""
    bars = longer_at(address)
    if close - close != 0.0:
        return 0
    local_ns, completed = local_time(address, time_ns), 0
    if bars.part_count != 0 and local_ns > bars.part_end_ns:
        complete_bar(address)
        completed += 1
    if bars.part_count == 0:
        within = local_ns - 1 - bars.anchor_ns
        bars.part_end_ns = local_ns - 1 - within % bars.span_ns + bars.span_ns
        bars.part_open, bars.part_high, bars.part_low, bars.part_volume = open, high, low, 0.0
    bars.part_high = high if high > bars.part_high else bars.part_high
    bars.part_low = low if low < bars.part_low else bars.part_low
    bars.part_close = close
    bars.part_volume += volume
    bars.part_time_ns = time_ns
    bars.part_count += 1
    if local_ns >= bars.part_end_ns:
        complete_bar(address)
        completed += 1
    return completed


@kernel_function
def kept_value(address: int, ago: int, column: int) -> float:
    """Give one number of the bar `ago` bars back; NaN where it isn't kept."""
    bars = longer_at(address)
    held = bars.count if bars.count < bars.length else bars.length
    if ago < 0 or ago >= held:
        return NAN
    place = bars.position - 1 - ago
    if place < 0:
        place += bars.length
    return load_float(address + bars.window_offset + (place * COLUMNS + column) * 8)


@method
def open_at(address: int, ago: int) -> float:
    """Give the open of the complete bar `ago` bars back, 0 being the newest; NaN where it isn't kept."""
    return kept_value(address, ago, 0)


@method
def high_at(address: int, ago: int) -> float:
    """Give the high of the complete bar `ago` bars back."""
    return kept_value(address, ago, 1)


@method
def low_at(address: int, ago: int) -> float:
    """Give the low of the complete bar `ago` bars back."""
    return kept_value(address, ago, 2)


@method
def close_at(address: int, ago: int) -> float:
    """Give the close of the complete bar `ago` bars back."""
    return kept_value(address, ago, 3)


@method
def volume_at(address: int, ago: int) -> float:
    """Give the volume of the complete bar `ago` bars back."""
    return kept_value(address, ago, 4)


class LongerBars(Indicator):
    """The last `length` complete bars of a span, made of shorter ones.

    A bar belongs to the span that the instant before its end lies in. It is complete with the bar that ends where the
    span does; where that one is missing, with the first bar of a later span.

    Parameters
    ----------
    length : int
        How many are kept.
    span_ns : int
        Length of each; weeks begin on Monday.
    changes : sequence of (int, int)
        Of local time: from which instant on (ns UTC) it is how far from UTC (ns); UTC where there are none.

    Attributes
    ----------
    open, high, low, close, volume : float
        Of the newest complete bar; NaN before there is one.
    time_ns : int
        When its last part ended.
    count : int
        How many were completed.
    """

    dtype = LONGER_STATE
    methods = {
        "update": update_longer,
        "open_at": open_at,
        "high_at": high_at,
        "low_at": low_at,
        "close_at": close_at,
        "volume_at": volume_at,
    }
    limits = {"length": (1, MOST_LENGTH), "span_ns": (1, 2**62)}
    outputs = ("value", "open", "high", "low", "close", "volume")

    def __init__(self, length: int = 1, span_ns: int = DAY_NS, changes: tuple[tuple[int, int], ...] = ()) -> None:
        super().__init__(length=length, span_ns=span_ns)
        self._changes = tuple(changes)

    @property
    def window_floats(self) -> int:
        """Floats of the kept bars, and of the changes of local time."""
        return int(self.arguments["length"]) * COLUMNS + 2 * len(self._changes)

    def initialize(self, record: np.ndarray[Any, Any], window_offset: int) -> None:
        """Write the first state; see `Indicator.initialize`."""
        super().initialize(record, window_offset)
        record["anchor_ns"] = MONDAY_NS if self.arguments["span_ns"] % WEEK_NS == 0 else 0
        record["change_count"] = len(self._changes)
        if self._changes:
            start = int(record.ctypes.data) + window_offset + int(self.arguments["length"]) * COLUMNS * 8
            write_changes(start, self._changes)

    def with_first_argument(self, value: float) -> Self:
        """Return the same bars, another number of them kept."""
        check_argument(type(self), "length", value)
        other = self.copy()
        other.arguments = {**self.arguments, "length": value}
        return other

    def copy(self) -> Self:
        """Return bars of the same kind with a fresh state."""
        other = type(self).__new__(type(self))
        vars(other).update({name: value for name, value in vars(self).items() if name not in ("handle", "_memory")})
        return other


def write_changes(address: int, changes: tuple[tuple[int, int], ...]) -> None:
    """Write the changes of local time where the bars' core reads them."""
    (ctypes.c_int64 * (2 * len(changes))).from_address(address)[:] = [word for change in changes for word in change]
