"""What is odd about bars is told in a sentence, and what is usual is not."""

from __future__ import annotations

import numpy as np
import pandas as pd

from atlas.data import BarHistory, load_bars, load_shipped

FIRST = "2024-01-01"


def bars(closes: list[float], times: pd.DatetimeIndex | None = None, volume: list[float] | None = None) -> BarHistory:
    index = pd.date_range(FIRST, periods=len(closes), freq="h", name="time") if times is None else times
    close = np.array(closes)
    columns = {"open": close, "high": close + 0.5, "low": close - 0.5, "close": close}
    return load_bars({"A": pd.DataFrame({**columns, "volume": volume or [5.0] * len(closes)}, index=index)})


def steady(count: int) -> list[float]:
    return [100.0 + (at % 7) * 0.1 for at in range(count)]


def kinds(history: BarHistory) -> list[tuple[str, int]]:
    return [(warning.kind, warning.count) for warning in history.quality]


def test_steady_bars_have_no_warning() -> None:
    assert kinds(bars(steady(200))) == []


def test_gaps_are_those_longer_than_usual() -> None:
    times = pd.date_range(FIRST, periods=200, freq="h", name="time")
    history = bars(steady(187), times.delete(slice(20, 31)).delete(slice(100, 102)))
    assert kinds(history) == [("gaps", 1)]
    (warning,) = history.quality
    assert "the longest of 11.0 hours after 2024-01-01 19:00; 5.6% of all bars" in warning.message
    assert warning.first_ns == int(times[31].value)


def test_nights_and_week_ends_are_no_gaps() -> None:
    days = pd.bdate_range(FIRST, periods=60, name="time")
    assert kinds(bars(steady(60), days)) == []
    sessions = pd.DatetimeIndex(
        [day + pd.Timedelta(minutes=870 + at) for day in days for at in range(390)], name="time"
    )
    assert kinds(bars(steady(len(sessions)), sessions)) == []
    assert kinds(bars(steady(50), days.delete(slice(20, 30)))) == [("gaps", 1)]


def test_jumps_silence_and_repetition_are_counted() -> None:
    closes = steady(100)
    closes[50:] = [close / 2.0 for close in closes[50:]]
    closes[10:17] = [100.0] * 7
    history = bars(closes, volume=[0.0 if at < 10 else 5.0 for at in range(100)])
    assert kinds(history) == [("silent bars", 10), ("outliers", 1), ("stale bars", 6)]
    assert "the largest -50" in history.quality[1].message
    assert "first after 2024-01-01 10:00" in history.quality[2].message
    assert kinds(bars(steady(30), volume=[0.0] * 30)) == [("no volume", 30)]


def test_overlapping_bars_are_told() -> None:
    times = pd.DatetimeIndex(pd.to_datetime(FIRST) + pd.to_timedelta([0, 60, 120, 150, 210], "min"), name="time")
    assert kinds(bars(steady(5), times)) == [("overlaps", 1)]


def test_each_symbol_is_looked_at_by_itself() -> None:
    history = load_shipped(["sp500", "nasdaq"])
    assert {warning.symbol for warning in history.quality} <= set(history.symbols)
    gaps = [warning.message for warning in history.quality if warning.kind == "gaps"]
    assert [
        message for message in gaps if "1 gap longer than usual, the longest of 6.0 days after 2001-09-10" in message
    ] == gaps
    assert len(gaps) == 2
