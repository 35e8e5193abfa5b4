"""What is odd about bars, though they can be traded: gaps, silence, jumps, repetition; a line each for a report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from atlas.records.enums import NULL

DAY_NS: Final = 86_400_000_000_000
WEEKEND_NS: Final = 4 * DAY_NS
LONG_GAP: Final = 3
OUTLIER: Final = 10.0
LEAST_RETURN: Final = 0.05
STALE_BARS: Final = 5
MANY_SILENT: Final = 0.05
FEW_BARS: Final = 20


@dataclass(frozen=True)
class QualityWarning:
    """
    Something odd in the bars of one instrument.

    Attributes
    ----------
    symbol : str
    kind : str
        ``gaps``, ``overlaps``, ``no volume``, ``silent bars``, ``outliers``, or ``stale bars``.
    count : int
        Of bars, or of gaps.
    first_ns : int
        Start of the first bar that is concerned.
    message : str
        One sentence for a report.
    """

    symbol: str
    kind: str
    count: int
    first_ns: int
    message: str


def quality_of(symbol: str, bars: npt.NDArray[np.void], starts: npt.NDArray[np.int64]) -> list[QualityWarning]:
    """
    Find what is odd about the bars of one instrument.

    Parameters
    ----------
    symbol : str
        For messages.
    bars : BAR array (n,)
        Ascending.
    starts : int64 array (n,)
        Start of each bar.

    Returns
    -------
    list of QualityWarning
        One a kind at most.
    """
    if len(bars) < 2:
        return []
    found = [*_gaps(symbol, bars, starts), *_volumes(symbol, bars, starts)]
    if len(bars) >= FEW_BARS:
        found += [*_outliers(symbol, bars, starts), *_stale(symbol, bars, starts)]
    return found


def _text(time_ns: int) -> str:
    return str(np.datetime64(time_ns, "ns"))[:16].replace("T", " ")


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def _gaps(symbol: str, bars: Any, starts: Any) -> Iterator[QualityWarning]:
    """Find breaks much longer than the usual ones, and bars that overlap."""
    lengths = bars["venue_time_ns"] - starts
    breaks = starts[1:] - bars["venue_time_ns"][:-1]
    missing = breaks // lengths[1:]
    is_daily = int(lengths[0]) >= DAY_NS
    # Nights and week-ends are no gaps in bars of a session; nor is a bar or two that had no trade.
    usual = max(
        LONG_GAP * int(lengths[0]), WEEKEND_NS if is_daily or _has_nights(breaks, int(starts[-1] - starts[0])) else 0
    )
    long = np.flatnonzero(breaks > usual)
    if long.size:
        worst = int(long[np.argmax(breaks[long])])
        absent = int(missing[long].sum())
        share = 100.0 * absent / (absent + len(bars))
        days = breaks[worst] / DAY_NS
        length = f"{days:.1f} days" if days >= 1 else f"{breaks[worst] / 3.6e12:.1f} hours"
        message = (
            f"{symbol}: {_counted(long.size, 'gap')} longer than usual, the longest of {length} after "
            f"{_text(int(starts[worst]))}; {share:.1f}% of all bars are missing there, closed hours counted"
        )
        yield QualityWarning(symbol, "gaps", int(long.size), int(starts[long[0] + 1]), message)
    over = np.flatnonzero(breaks < 0)
    if over.size and len(np.unique(lengths)) == 1:
        first = _text(int(starts[over[0] + 1]))
        message = f"{symbol}: {over.size:,} bars start before the one before them ends, first {first}"
        yield QualityWarning(symbol, "overlaps", int(over.size), int(starts[over[0] + 1]), message)


def _has_nights(breaks: Any, span_ns: int) -> bool:
    """Whether most days have a long break, as where there are sessions."""
    return 3 * int(np.count_nonzero(breaks > DAY_NS // 6)) * DAY_NS >= max(span_ns, 3 * DAY_NS)


def _volumes(symbol: str, bars: Any, starts: Any) -> Iterator[QualityWarning]:
    volume = bars["volume_units"]
    silent = np.flatnonzero(volume == 0)
    if int(volume[0]) == NULL or silent.size == 0:
        return
    share = silent.size / len(bars)
    if share == 1.0:
        message = f"{symbol}: no bar has any volume, so nothing fills: leave the column out, or take the volume cap off"
        yield QualityWarning(symbol, "no volume", len(bars), int(starts[0]), message)
    elif share >= MANY_SILENT:
        message = f"{symbol}: {silent.size:,} bars ({100 * share:.1f}%) have no volume: orders wait in them"
        yield QualityWarning(symbol, "silent bars", int(silent.size), int(starts[silent[0]]), message)


def _outliers(symbol: str, bars: Any, starts: Any) -> Iterator[QualityWarning]:
    """Find returns far beyond the usual ones: ten times the mean absolute return, and 5%."""
    close = bars["close_units"].astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        returns = np.abs(np.diff(close) / np.abs(close[:-1]))
    returns[~np.isfinite(returns)] = 0.0
    jumps = np.flatnonzero(returns > max(LEAST_RETURN, OUTLIER * float(returns.mean())))
    if jumps.size:
        worst = int(jumps[np.argmax(returns[jumps])])
        move = close[worst + 1] / close[worst] - 1.0
        message = (
            f"{symbol}: {_counted(jumps.size, 'return')} far beyond the usual, the largest {100 * move:+.1f}% at "
            f"{_text(int(starts[worst + 1]))}: a split, a bad tick or a crash"
        )
        yield QualityWarning(symbol, "outliers", int(jumps.size), int(starts[jumps[0] + 1]), message)


def _stale(symbol: str, bars: Any, starts: Any) -> Iterator[QualityWarning]:
    """Find runs of bars that repeat the one before them in every price."""
    same = np.ones(len(bars) - 1, bool)
    for name in ("close_units", "open_units", "high_units", "low_units"):
        same &= bars[name][1:] == bars[name][:-1]
        if not same.any():
            return
    edges = np.flatnonzero(np.diff(np.concatenate(([False], same, [False])).astype(np.int8)))
    lengths = edges[1::2] - edges[::2]
    long = lengths >= STALE_BARS
    if long.any():
        count, first = int(lengths[long].sum()), int(edges[::2][long][0])
        message = (
            f"{symbol}: {count:,} bars repeat the prices of the one before, {STALE_BARS} or more in a row, first after "
            f"{_text(int(starts[first]))}"
        )
        yield QualityWarning(symbol, "stale bars", count, int(starts[first + 1]), message)
