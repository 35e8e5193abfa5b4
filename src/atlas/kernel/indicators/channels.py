"""Channels around prices: of extremes, of averages and ranges."""

from __future__ import annotations

from atlas.kernel.indicators.averages import EMA, EMA_STATE, update_ema
from atlas.kernel.indicators.declaration import Indicator, method, state, warm_method
from atlas.kernel.indicators.inputs import BarIndicator, HighLowIndicator
from atlas.kernel.indicators.rolling import EXTREME_STATE, extremes, update_extreme
from atlas.kernel.indicators.volatility import ATR, ATR_STATE, update_atr
from atlas.kernel.memory.intrinsics import address_of, record_at

DONCHIAN_STATE = state(
    ("middle", "f8"), ("upper", "f8"), ("lower", "f8"), ("highest", EXTREME_STATE), ("lowest", EXTREME_STATE)
)
KELTNER_STATE = state(
    ("width", "f8"),
    ("range_length", "i8"),
    ("middle", "f8"),
    ("upper", "f8"),
    ("lower", "f8"),
    ("average", EMA_STATE),
    ("range", ATR_STATE),
)
donchian_at, keltner_at = record_at(DONCHIAN_STATE), record_at(KELTNER_STATE)


@warm_method
def update_donchian(address: int, high: float, low: float) -> float:
    """Take in a bar's high and low; the middle of the channel is the value."""
    channel = donchian_at(address)
    if (high - high) + (low - low) != 0.0:
        return channel.value
    channel.count += 1
    upper = update_extreme(address_of(channel.highest), high)
    lower = update_extreme(address_of(channel.lowest), low)
    if channel.lowest.ready:
        channel.ready = True
        channel.upper = upper
        channel.lower = lower
        channel.middle = (upper + lower) / 2.0
        channel.value = channel.middle
    return channel.value


@method
def update_keltner(address: int, high: float, low: float, close: float) -> float:
    """Take in a bar; the middle of the channel is the value."""
    channel = keltner_at(address)
    if (high - high) + (low - low) + (close - close) != 0.0:
        return channel.value
    channel.count += 1
    middle = update_ema(address_of(channel.average), close)
    distance = channel.width * update_atr(address_of(channel.range), high, low, close)
    if channel.average.ready and channel.range.ready:
        channel.ready = True
        channel.value = middle
        channel.middle = middle
        channel.upper = middle + distance
        channel.lower = middle - distance
    return channel.value


class Donchian(HighLowIndicator):
    """Donchian channel: the highest high and the lowest low of the last `length` bars.

    Parameters
    ----------
    length : int
        Bars it spans, at least 1.

    Attributes
    ----------
    middle : float
        The middle of the channel; `value` is the same.
    upper : float
        The highest high.
    lower : float
        The lowest low.

    Notes
    -----
    ``upper = max(h₁, …, hₙ)``, ``lower = min(l₁, …, lₙ)``, ``middle = (upper + lower) / 2``.

    References
    ----------
    Richard Donchian's four-week rule. TA-Lib: ``MAX``, ``MIN``.
    """

    dtype = DONCHIAN_STATE
    methods = {"update": update_donchian}
    outputs = ("middle", "upper", "lower")
    middle: float
    upper: float
    lower: float

    def __init__(self, length: int = 20) -> None:
        super().__init__(length=length)

    def parts(self) -> dict[str, Indicator]:
        """The two extremes."""
        return extremes(self.arguments["length"])


class Keltner(BarIndicator):
    """Keltner channel: an exponential average of closes, and average true ranges above and below it.

    Parameters
    ----------
    length : int
        Span of the average, at least 1.
    width : float
        Distance of `upper` and `lower` from the middle, in average true ranges.
    range_length : int
        Length of the average true range.

    Attributes
    ----------
    middle : float
        The average; `value` is the same.
    upper, lower : float
        The channel.

    Notes
    -----
    ``middle = EMA(close, n)``, ``upper, lower = middle ± w·ATR(m)``: Linda Raschke's form with Wilder's range; both
    averages are seeded as by `EMA` and `ATR`.

    References
    ----------
    Chester Keltner, *How to Make Money in Commodities* (1960). TA-Lib has its parts: ``EMA``, ``ATR``.
    """

    dtype = KELTNER_STATE
    methods = {"update": update_keltner}
    outputs = ("middle", "upper", "lower")
    middle: float
    upper: float
    lower: float
    width: float

    def __init__(self, length: int = 20, width: float = 2.0, range_length: int = 10) -> None:
        super().__init__(length=length, width=width, range_length=range_length)

    def parts(self) -> dict[str, Indicator]:
        """The average and the range."""
        return {
            "average": EMA(int(self.arguments["length"])),
            "range": ATR(int(self.arguments["range_length"])),
        }

    @property
    def warm_up(self) -> int:
        """Of the average or the range, whichever takes longer."""
        return max(part.warm_up for part in self.parts().values())
