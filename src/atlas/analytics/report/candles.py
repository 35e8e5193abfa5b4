"""Bars for the price chart: as fine as fits into the page, and said how fine.

A candle stands for a power of two of bars. The page makes coarser candles itself and shows those that its width and
zoom ask for, so that a million bars move as quickly as a hundred.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from atlas.analytics.grouping import BarGroups
from atlas.analytics.report import series
from atlas.analytics.report.packing import Descriptor, Pack, in_page
from atlas.analytics.returns import FloatArray, IntArray

_SAMPLE: Final = 16_384
_BASE64: Final = 4 / 3
_MARGIN: Final = 1.05
MOST_CANDLES: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class Candles:
    """One instrument's bars, some of them joined.

    Attributes
    ----------
    bars_each : int
        Bars a candle stands for; the last may stand for fewer.
    times : float64 array, shape (n,)
        Shown time of the first bar of each, seconds.
    prices : mapping of str to float64 array, shape (n,)
        open, high, low, close.
    decimals : int
        Decimals of a price worth showing.
    """

    bars_each: int
    times: FloatArray
    prices: dict[str, FloatArray]
    decimals: int

    def pack(self) -> tuple[bytes, dict[str, Descriptor]]:
        """Return the candles deflated, and where each column lies: highs and lows as distances from the body."""
        whole = {name: np.rint(values * 10.0**self.decimals) for name, values in self.prices.items()}
        before = np.append(whole["open"][:1], whole["close"][:-1])
        columns = {
            "times": self.times,
            "close": whole["close"],
            # Opens repeat the close before, distances are small: neither gains by being taken as differences.
            "open": np.cumsum(whole["open"] - before),
            "above": np.cumsum(whole["high"] - np.maximum(whole["open"], whole["close"])),
            "below": np.cumsum(np.minimum(whole["open"], whole["close"]) - whole["low"]),
        }
        pack = Pack()
        described = {name: pack.add(column, decimals=0) for name, column in columns.items()}
        return pack.deflated(), described


def candles_of(groups: BarGroups, number: int, exponent: int, daily: bool) -> Candles:
    """Return an instrument's bars as candles of one bar each; bars without a close are left out."""
    closes = groups.prices(number, "close")
    present = np.isfinite(closes)
    scale = 10.0**exponent
    times = series.end_seconds(groups.ends_ns(number)[present], daily)
    prices = {name: groups.prices(number, name)[present] / scale for name in ("open", "high", "low", "close")}
    # A wick that a feed left inside its body is drawn to the body's end.
    prices["high"] = np.maximum(prices["high"], np.maximum(prices["open"], prices["close"]))
    prices["low"] = np.minimum(prices["low"], np.minimum(prices["open"], prices["close"]))
    units = np.asarray(closes[present], dtype=np.int64)
    return Candles(1, times, prices, series.price_decimals(units, exponent))


def joined(candles: Candles, bars_each: int) -> Candles:
    """Return coarser candles: first open, highest high, lowest low, last close."""
    if bars_each <= candles.bars_each or not len(candles.times):
        return candles
    width = bars_each // candles.bars_each
    starts: IntArray = np.arange(0, len(candles.times), width)
    ends = np.append(starts[1:], len(candles.times)) - 1
    prices = {
        "open": candles.prices["open"][starts],
        "high": np.maximum.reduceat(candles.prices["high"], starts),
        "low": np.minimum.reduceat(candles.prices["low"], starts),
        "close": candles.prices["close"][ends],
    }
    return Candles(bars_each, candles.times[starts], prices, candles.decimals)


def fitted(candles: Candles, most_bytes: int) -> tuple[Candles, str, dict[str, Descriptor]]:
    """Return the finest candles that take at most so many bytes of the page, packed.

    Parameters
    ----------
    candles : Candles
        Of one bar each.
    most_bytes : int
        Of text.

    Returns
    -------
    candles : Candles
    text : str
        The pack.
    described : dict of str to Descriptor
    """
    count = len(candles.times)
    each = _bytes_per_candle(candles)
    factor = 1
    while count / factor * each * _MARGIN > most_bytes or count / factor > MOST_CANDLES:
        factor *= 2
    while True:
        made = joined(candles, factor)
        content, described = made.pack()
        if len(content) * _BASE64 <= most_bytes or len(made.times) < _SAMPLE:
            return made, in_page(content), described
        factor *= 2


def _bytes_per_candle(candles: Candles) -> float:
    """Return how many bytes of text a candle takes, measured on some of them."""
    count = len(candles.times)
    if count <= 2 * _SAMPLE:
        return 0.0
    first = (count - _SAMPLE) // 2
    rows = slice(first, first + _SAMPLE)
    sample = Candles(1, candles.times[rows], {k: v[rows] for k, v in candles.prices.items()}, candles.decimals)
    return len(sample.pack()[0]) * _BASE64 / _SAMPLE
