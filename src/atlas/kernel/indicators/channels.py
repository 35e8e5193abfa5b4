"""Channels of the highest high and the lowest low."""

from __future__ import annotations

from atlas.kernel.indicators.declaration import Indicator, method, state
from atlas.kernel.memory.compilation import kernel_function
from atlas.kernel.memory.intrinsics import load, load_float, record_at, store, store_float

DONCHIAN_STATE = state(
    ("upper", "f8"),
    ("lower", "f8"),
    ("upper_head", "i8"),
    ("upper_held", "i8"),
    ("lower_head", "i8"),
    ("lower_held", "i8"),
)
donchian_at = record_at(DONCHIAN_STATE)
ENTRY_BYTES = 16


@kernel_function
def push_extreme(
    start: int, length: int, head: int, held: int, value: float, number: int, sign: float
) -> tuple[int, int]:
    """Put a value into a deque whose values fall (times `sign`) from its head, and drop what is too old.

    Entries are (value, number) in a ring of `length`; gives the new head and how many are held.
    """
    if held > 0 and load(start + head * ENTRY_BYTES + 8) <= number - length:
        head = 0 if head + 1 == length else head + 1
        held -= 1
    while held > 0:
        last = start + ((head + held - 1) % length) * ENTRY_BYTES
        if load_float(last) * sign > value * sign:
            break
        held -= 1
    slot = start + ((head + held) % length) * ENTRY_BYTES
    store_float(slot, value)
    store(slot + 8, number)
    return head, held + 1


@method("f8(i8, f8, f8)")
def update_donchian(address: int, high: float, low: float) -> float:
    """Take in a bar's high and low; the middle of the channel is the value."""
    channel = donchian_at(address)
    if (high - high) + (low - low) != 0.0:
        return channel.value
    start, length = address + channel.window_offset, channel.length
    channel.count += 1
    head, held = push_extreme(start, length, channel.upper_head, channel.upper_held, high, channel.count, 1.0)
    channel.upper_head = head
    channel.upper_held = held
    upper = load_float(start + head * ENTRY_BYTES)
    start += length * ENTRY_BYTES
    head, held = push_extreme(start, length, channel.lower_head, channel.lower_held, low, channel.count, -1.0)
    channel.lower_head = head
    channel.lower_held = held
    lower = load_float(start + head * ENTRY_BYTES)
    if channel.count >= length:
        channel.ready = True
        channel.upper = upper
        channel.lower = lower
        channel.value = (upper + lower) / 2.0
    return channel.value


class Donchian(Indicator):
    """Donchian channel: the highest high (`upper`) and the lowest low (`lower`) of the last `length` bars.

    Parameters
    ----------
    length : int
        Bars it spans, at least 1.
    """

    dtype = DONCHIAN_STATE
    methods = {"update": update_donchian}
    outputs = ("value", "upper", "lower")
    upper: float
    lower: float

    def __init__(self, length: int = 20) -> None:
        super().__init__(length=length)

    @property
    def window_floats(self) -> int:
        """Two deques of (value, number)."""
        return 4 * int(self.arguments["length"])

    def update(self, high: float, low: float) -> float:
        """Take in one bar's high and low; give the middle, NaN before `length` bars were seen."""
        value: float = self.handle.update(high, low)
        return value
