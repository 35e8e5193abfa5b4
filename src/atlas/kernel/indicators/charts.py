"""Bars drawn otherwise: Heikin-Ashi and Ichimoku."""

from __future__ import annotations

from atlas.kernel.indicators.declaration import Indicator, method, state
from atlas.kernel.indicators.inputs import HighLowIndicator
from atlas.kernel.indicators.rolling import EXTREME_STATE, RollingMaximum, RollingMinimum, update_extreme, wrapped
from atlas.kernel.memory.compilation import kernel_function
from atlas.kernel.memory.intrinsics import address_of, load_float, record_at, store_float

HEIKIN_ASHI_STATE = state(("open", "f8"), ("high", "f8"), ("low", "f8"), ("close", "f8"))
MIDDLE_STATE = state(("highest", EXTREME_STATE), ("lowest", EXTREME_STATE))
ICHIMOKU_STATE = state(
    ("conversion_length", "i8"),
    ("base_length", "i8"),
    ("span_length", "i8"),
    ("displacement", "i8"),
    ("conversion", "f8"),
    ("base", "f8"),
    ("leading_a", "f8"),
    ("leading_b", "f8"),
    ("cloud_a", "f8"),
    ("cloud_b", "f8"),
    ("short", MIDDLE_STATE),
    ("middle", MIDDLE_STATE),
    ("long", MIDDLE_STATE),
    ("spans", "i8"),
)
heikin_ashi_at, middle_at, ichimoku_at = (
    record_at(HEIKIN_ASHI_STATE),
    record_at(MIDDLE_STATE),
    record_at(ICHIMOKU_STATE),
)


@method
def update_heikin_ashi(address: int, open: float, high: float, low: float, close: float) -> float:
    """Take in a bar; the close is the value."""
    bar = heikin_ashi_at(address)
    if (open - open) + (high - high) + (low - low) + (close - close) != 0.0:
        return bar.value
    begin = (bar.open + bar.close) / 2.0 if bar.ready else (open + close) / 2.0
    end = (open + high + low + close) / 4.0
    bar.count += 1
    bar.ready = True
    top = begin if begin > end else end
    bottom = begin if begin < end else end
    bar.open = begin
    bar.close = end
    bar.high = high if high > top else top
    bar.low = low if low < bottom else bottom
    bar.value = end
    return bar.value


@method
def update_middle(address: int, high: float, low: float) -> float:
    """Take in a bar's high and low; the middle of the range is the value."""
    middle = middle_at(address)
    highest = update_extreme(address_of(middle.highest), high)
    lowest = update_extreme(address_of(middle.lowest), low)
    middle.count += 1
    if middle.lowest.ready:
        middle.ready = True
        middle.value = (highest + lowest) / 2.0
    return middle.value


@kernel_function
def exchange_spans(address: int, leading_a: float, leading_b: float) -> tuple[float, float]:
    """Put the leading spans into their rings and give those of `displacement` bars ago."""
    lines = ichimoku_at(address)
    first = address + lines.window_offset + lines.position * 8
    second = first + lines.displacement * 8
    cloud_a, cloud_b = load_float(first), load_float(second)
    store_float(first, leading_a)
    store_float(second, leading_b)
    lines.position = wrapped(lines.position + 1, lines.displacement)
    lines.spans += 1
    return cloud_a, cloud_b


@method
def update_ichimoku(address: int, high: float, low: float) -> float:
    """Take in a bar's high and low; nothing shows before the cloud does."""
    lines = ichimoku_at(address)
    if (high - high) + (low - low) != 0.0:
        return lines.value
    lines.count += 1
    conversion = update_middle(address_of(lines.short), high, low)
    base = update_middle(address_of(lines.middle), high, low)
    leading_b = update_middle(address_of(lines.long), high, low)
    leading_a = (conversion + base) / 2.0
    # Where one of the ranges is not ready, a span is NaN.
    if leading_a + leading_b != leading_a + leading_b:
        return lines.value
    cloud_a, cloud_b = exchange_spans(address, leading_a, leading_b)
    if lines.spans > lines.displacement:
        lines.ready = True
        lines.value = conversion
        lines.conversion = conversion
        lines.base = base
        lines.leading_a = leading_a
        lines.leading_b = leading_b
        lines.cloud_a = cloud_a
        lines.cloud_b = cloud_b
    return lines.value


class HeikinAshi(Indicator):
    """Heikin-Ashi bars: averaged ones that show a trend without its noise. Their prices were not traded.

    Attributes
    ----------
    open, high, low, close : float
        Of the averaged bar; `value` is its close.

    Notes
    -----
    ``close = (o + h + l + c) / 4``, ``open = (open' + close') / 2``, the first one (o + c) / 2, ``high = max(h, open,
    close)``, ``low = min(l, open, close)``.

    References
    ----------
    Dan Valcu, *Using the Heikin-Ashi Technique*, Stocks & Commodities 22:2 (2004).
    """

    dtype = HEIKIN_ASHI_STATE
    methods = {"update": update_heikin_ashi}
    outputs = ("open", "high", "low", "close")
    open: float
    high: float
    low: float
    close: float

    def __init__(self) -> None:
        super().__init__()

    def update(self, open: float, high: float, low: float, close: float) -> float:
        """Take in one bar and give the averaged one's close."""
        return self.handle.update(open, high, low, close)


class Middle(HighLowIndicator):
    """Middle of the range of the last `length` bars, a part of others."""

    dtype = MIDDLE_STATE
    methods = {"update": update_middle}

    def __init__(self, length: int) -> None:
        super().__init__(length=length)

    def parts(self) -> dict[str, Indicator]:
        """The range."""
        length = int(self.arguments["length"])
        return {"highest": RollingMaximum(length), "lowest": RollingMinimum(length)}


class Ichimoku(HighLowIndicator):
    """Ichimoku kinko hyo: middles of ranges of three lengths, and the cloud of two of them.

    Parameters
    ----------
    conversion_length, base_length, span_length : int
        Bars of the three ranges.
    displacement : int
        Bars by which charts draw the spans ahead.

    Attributes
    ----------
    conversion, base : float
        Tenkan-sen and kijun-sen; `value` is the conversion line.
    leading_a, leading_b : float
        Senkou spans as this bar makes them; charts draw them `displacement` bars ahead.
    cloud_a, cloud_b : float
        The spans that charts draw over this bar: those made `displacement` bars ago.

    Notes
    -----
    ``line(n) = (highest high + lowest low) / 2`` of n bars; ``leading_a = (conversion + base) / 2``,
    ``leading_b = line(span_length)``. Nothing looks ahead: each output is known when its bar has ended. The chikou span
    is the close drawn back, `displacement` bars; compare closes instead.

    References
    ----------
    Goichi Hosoda's chart; Nicole Elliott, *Ichimoku Charts* (2007).
    """

    dtype = ICHIMOKU_STATE
    methods = {"update": update_ichimoku}
    outputs = ("conversion", "base", "leading_a", "leading_b", "cloud_a", "cloud_b")
    conversion: float
    base: float
    leading_a: float
    leading_b: float
    cloud_a: float
    cloud_b: float

    def __init__(
        self, conversion_length: int = 9, base_length: int = 26, span_length: int = 52, displacement: int = 26
    ) -> None:
        super().__init__(
            conversion_length=conversion_length,
            base_length=base_length,
            span_length=span_length,
            displacement=displacement,
        )

    def parts(self) -> dict[str, Indicator]:
        """The three ranges."""
        return {
            "short": Middle(int(self.arguments["conversion_length"])),
            "middle": Middle(int(self.arguments["base_length"])),
            "long": Middle(int(self.arguments["span_length"])),
        }

    @property
    def own_floats(self) -> int:
        """Two rings of spans."""
        return 2 * int(self.arguments["displacement"])

    @property
    def warm_up(self) -> int:
        """Of the longest range, and the way of the cloud."""
        longest = max(part.warm_up for part in self.parts().values())
        return longest + int(self.arguments["displacement"])
