"""The price charts for the page: candles of each instrument, its trades and the strategy's indicators upon them."""

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from atlas.analytics.report.candles import Candles, candles_of, fitted
from atlas.analytics.report.content import IndicatorLine, ReportContent
from atlas.analytics.report.packing import Pack
from atlas.analytics.returns import FloatArray, IntArray
from atlas.analytics.symbols import instruments_by_number
from atlas.analytics.trades import RoundTrips
from atlas.records.enums import PriceRule
from atlas.records.layout import RecordArray

MOST_SYMBOLS: Final = 60
MOST_PRICE_BYTES: Final = 4_800_000
"""Text of all candles together."""
MOST_MARKS: Final = 20_000
MOST_LINES: Final = 12
MOST_LINE_BYTES: Final = 2_400_000
"""Text of all indicators together."""
MOST_CHART_BYTES: Final = 6_400_000
"""Text of candles, trades and indicators together: where candles take much, indicators get less."""
MOST_WIDTH: Final = 4_096
FEW_VALUES: Final = 200_000
_SIGNIFICANT: Final = 6


class PriceCharts:
    """The price charts of a run, those most traded first.

    Parameters
    ----------
    content : ReportContent
    daily : bool
        Whether only dates are worth showing.

    Attributes
    ----------
    decimals : dict of int to int
        Decimals of a price worth showing, by instrument.
    numbers : list of int
        Of the instruments that are drawn.
    left_out : int
        Instruments with bars that are not drawn.
    """

    def __init__(self, content: ReportContent, daily: bool) -> None:
        self._content, self._daily = content, daily
        self._instruments = instruments_by_number(content.instruments)
        numbers = most_traded(content.trades, [each for each in content.groups.numbers if each in self._instruments])
        self.left_out = max(len(numbers) - MOST_SYMBOLS, 0)
        self.numbers = numbers[:MOST_SYMBOLS]
        self.decimals: dict[int, int] = {}

    def data(self) -> list[dict[str, Any]]:
        """Return what the page's script reads, a mapping a symbol."""
        if not self.numbers:
            return []
        share = MOST_PRICE_BYTES // len(self.numbers)
        return [self._chart(number, share) for number in self.numbers]

    def _chart(self, number: int, most_bytes: int) -> dict[str, Any]:
        instrument = self._instruments[number]
        every = candles_of(self._content.groups, number, instrument.price_exponent, self._daily)
        self.decimals[number] = every.decimals
        closes = self._content.groups.prices(number, "close")
        ends = self._content.groups.ends_ns(number)[np.isfinite(closes)]
        shown, text, described = fitted(every, most_bytes)
        pack = Pack()
        marks = self._marks(pack, number, ends, 10.0**instrument.price_exponent)
        marks_text = pack.encoded()
        room = MOST_CHART_BYTES // len(self.numbers) - len(text) - len(marks_text)
        return {
            "symbol": instrument.symbol,
            "number": number,
            "decimals": every.decimals,
            "bars": len(ends),
            "barsEach": shown.bars_each,
            "columns": described,
            "pack": text,
            "marks": marks,
            "marksPack": marks_text,
            **self._lines(number, ends, every, min(room, MOST_LINE_BYTES // len(self.numbers))),
        }

    def _marks(self, pack: Pack, number: int, ends: IntArray, scale: float) -> dict[str, Any]:
        """Return entries and exits as places among the bars; open trades have no exit."""
        trades = self._content.trades
        places = np.flatnonzero(trades.closed["instrument"] == number)[-MOST_MARKS:]
        closed = trades.closed[places]
        open_ = trades.open[trades.open["instrument"] == number]
        both = np.concatenate([closed, open_])
        never = np.full(len(open_), np.nan)
        return {
            "trade": pack.add(np.append(places, np.full(len(open_), -1))),
            "direction": pack.add(both["direction"]),
            "entryBar": pack.add(self._bar_of(both["entry_time_ns"], both["entry_fill"], ends)),
            "entryPrice": pack.add(both["entry_price_units"] / scale),
            "exitBar": pack.add(
                np.append(self._bar_of(closed["exit_time_ns"], closed["exit_fill"], ends).astype(np.float64), never)
            ),
            "exitPrice": pack.add(np.append(closed["exit_price_units"] / scale, never)),
            "profit": pack.add(both["profit_money"] / 10.0**self._content.money_exponent, 2),
            "firstListed": len(trades.closed),
        }

    def _bar_of(self, times_ns: IntArray, fills: IntArray, ends: IntArray) -> IntArray:
        """Return the bar in which each fill happened: one at a close in the bar that ended then."""
        inside = np.searchsorted(ends, times_ns, side="right")
        ended = np.searchsorted(ends, times_ns, side="left")
        records: RecordArray = self._content.fills
        known = (fills >= 0) & (fills < len(records))
        rules = records["price_rule"][np.where(known, fills, 0)] if len(records) else np.zeros(len(fills))
        at_close = known & (rules == int(PriceRule.CLOSE))
        return np.minimum(np.where(at_close, ended, inside), max(len(ends) - 1, 0)).astype(np.int64)

    def _lines(self, number: int, ends: IntArray, every: Candles, most_bytes: int) -> dict[str, Any]:
        """Return the indicators, as fine as fits: each value, or the extremes of every four, eight, and so on."""
        own = [line for line in self._content.indicators if line.instrument == number and _is_known(line)][:MOST_LINES]
        width = 1
        while True:
            pack = Pack()
            lines = [_line(pack, line, ends, every, width) for line in own]
            text = pack.encoded()
            if len(text) <= most_bytes or width >= MOST_WIDTH:
                return {"lines": lines, "linesPack": text}
            # Two values remain of every `width`.
            width = max(2 * width, 4)


def _is_known(line: IndicatorLine) -> bool:
    return bool(np.isfinite(line.values).any())


def _line(pack: Pack, line: IndicatorLine, ends: IntArray, every: Candles, width: int) -> dict[str, Any]:
    upon = lies_upon_prices(line.values, every.prices["low"], every.prices["high"])
    # A digit more than prices have is worth its room where there are few.
    decimals = every.decimals + (len(line.values) <= FEW_VALUES) if upon else significant_decimals(line.values)
    places, values = _known_values(line.values)
    kept = extremes(values, width)
    times_ns = line.times_ns[places[kept]]
    return {
        "label": line.label,
        "field": line.field,
        "upon": upon,
        "decimals": decimals,
        "barsEach": line.bars_each,
        "width": width,
        "x": pack.add(np.maximum(np.searchsorted(ends, times_ns, side="right") - 1, 0)),
        "values": pack.add(values[kept], decimals),
    }


def _known_values(values: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return the places from the first known value on, and the values there; what is missing later as before it."""
    known = np.isfinite(values)
    first = int(np.argmax(known))
    latest = np.maximum.accumulate(np.where(known[first:], np.arange(first, len(values)), first))
    return np.arange(first, len(values)), np.asarray(values[latest], dtype=np.float64)


def extremes(values: FloatArray, width: int) -> IntArray:
    """Return the places of the lowest and the highest of every `width` values, and of the last; all where it is 1."""
    if width <= 2 or len(values) <= width:
        return np.arange(len(values))
    whole = len(values) // width * width
    table = values[:whole].reshape(-1, width)
    starts = np.arange(0, whole, width)
    is_kept = np.zeros(len(values), dtype=bool)
    is_kept[starts + np.argmin(table, axis=1)] = is_kept[starts + np.argmax(table, axis=1)] = True
    is_kept[whole:] = is_kept[-1] = True
    return np.flatnonzero(is_kept)


def most_traded(trades: RoundTrips, numbers: Sequence[int]) -> list[int]:
    """Return numbers of instruments, those most traded first."""
    every = np.concatenate([trades.closed["instrument"], trades.open["instrument"]])
    traded = dict(zip(*(part.tolist() for part in np.unique(every, return_counts=True)), strict=True))
    return sorted(numbers, key=lambda number: (-traded.get(number, 0), number))


def lies_upon_prices(values: FloatArray, lows: FloatArray, highs: FloatArray) -> bool:
    """Tell whether an indicator is measured in prices: its middle half lies within their range."""
    known = values[np.isfinite(values)]
    if not len(known) or not len(lows):
        return False
    low, high = float(np.min(lows)), float(np.max(highs))
    margin = 0.25 * (high - low)
    first, last = np.percentile(known, (25, 75)).tolist()
    return bool(low - margin <= first and last <= high + margin)


def significant_decimals(values: Sequence[float] | FloatArray) -> int:
    """Return how many decimals keep six significant digits of the largest value."""
    sizes = np.abs(np.asarray(values, dtype=np.float64))
    sizes = sizes[np.isfinite(sizes)]
    largest = float(np.max(sizes)) if len(sizes) else 0.0
    return min(max(_SIGNIFICANT - 1 - math.floor(math.log10(largest)), 0), 12) if largest > 0.0 else 0
