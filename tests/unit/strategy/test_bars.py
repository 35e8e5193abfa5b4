"""Longer bars inside a strategy: complete ones only, by any clock, alike in both modes."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.backtest.run import backtest
from atlas.data import GeneratorSettings, generate_bars, load_bars
from atlas.kernel.indicators import SMA
from atlas.kernel.memory.compilation import PLAIN
from atlas.records.errors import ConfigurationError
from atlas.strategy.base import Strategy
from atlas.strategy.timeframes import Bars, changes_of

MINUTE_NS = 60_000_000_000
HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS
MODES = ("interpreted",) if PLAIN else ("compiled", "interpreted")


def at(text: str) -> int:
    return int(pd.Timestamp(text, tz="UTC").value)


def minute(end_ns: int, close: float, volume: float = 1.0) -> Any:
    return SimpleNamespace(time_ns=end_ns, open=close - 1, high=close + 2, low=close - 2, close=close, volume=volume)


class Longer(Strategy):
    """Counts and trades on hours and days made of minutes."""

    hourly: Bars = Bars("1h", 3)
    daily: Bars = Bars("1d", zone="America/New_York")
    average: SMA = SMA(2)
    hours: int = 0
    days: int = 0
    changed: int = 0
    seen: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.days += self.daily.update(bar)
        completed = self.hourly.update(bar)
        if completed:
            self.hours += completed
            self.average.update(self.hourly.close)
            if self.hourly.ready:
                self.seen += self.hourly.close_at(2) + self.hourly.high + self.hourly.volume_at(1)
                ctx.target(bar.instrument, 10.0 if self.hourly.close > self.average.value else -10.0)

    def on_stop(self, ctx: Any) -> None:
        ctx.log("{} hours, {} days, {}", self.hours, self.days, self.seen)


@given(
    ends=st.lists(st.integers(1, 20_000), min_size=1, max_size=80, unique=True).map(sorted),
    span=st.sampled_from(["5m", "1h", "1d", "1w"]),
)
@settings(max_examples=60, deadline=None)
def test_what_is_complete_is_what_a_resampling_of_the_past_gives(ends: list[int], span: str) -> None:
    start = at("2024-03-01")
    bars = Bars(span, 3)
    span_ns = {"5m": 5 * MINUTE_NS, "1h": HOUR_NS, "1d": DAY_NS, "1w": 7 * DAY_NS}[span]
    anchor = 4 * DAY_NS if span == "1w" else 0
    past: list[Any] = []
    for place, end in enumerate(ends):
        bar = minute(start + end * MINUTE_NS, 100.0 + place, volume=place)
        past.append(bar)
        bars.update(bar)
        groups: dict[int, list[Any]] = {}
        for each in past:
            groups.setdefault((each.time_ns - 1 - anchor) // span_ns, []).append(each)
        newest = max(groups)
        is_over = past[-1].time_ns == anchor + (newest + 1) * span_ns
        complete = [group for number, group in sorted(groups.items()) if number != newest or is_over]
        assert bars.count == len(complete)
        for ago, group in enumerate(complete[::-1][:3]):
            found = (bars.open_at(ago), bars.high_at(ago), bars.low_at(ago), bars.close_at(ago), bars.volume_at(ago))
            assert found == (
                group[0].open,
                max(each.high for each in group),
                min(each.low for each in group),
                group[-1].close,
                sum(each.volume for each in group),
            )
        if complete:
            assert (bars.close, bars.time_ns) == (complete[-1][-1].close, complete[-1][-1].time_ns)


def test_nothing_is_seen_before_it_is_complete() -> None:
    bars = Bars("5m", 2)
    start = at("2024-03-01 10:00")
    completed = [bars.update(minute(start + count * MINUTE_NS, 100.0 + count)) for count in range(1, 5)]
    assert completed == [0, 0, 0, 0]
    assert math.isnan(bars.close) and math.isnan(bars.close_at(0))
    assert bars.update(minute(start + 5 * MINUTE_NS, 105.0)) == 1
    assert (bars.open, bars.high, bars.low, bars.close, bars.volume) == (100.0, 107.0, 99.0, 105.0, 5.0)


def test_a_span_whose_last_bar_is_missing_is_completed_by_the_next_one() -> None:
    bars = Bars("5m")
    start = at("2024-03-01 10:00")
    assert bars.update(minute(start + MINUTE_NS, 101.0)) == 0
    assert bars.update(minute(start + 20 * MINUTE_NS, 120.0)) == 2
    assert (bars.count, bars.close) == (2, 120.0)


def test_a_day_follows_the_clock_of_its_zone_through_summer_time() -> None:
    bars = Bars("1d", 10, zone="America/New_York")
    ends = [at(text) for text in ("2024-03-08 22:00", "2024-03-09 05:00", "2024-03-10 05:00", "2024-03-11 04:00")]
    completed = [bars.update(minute(end, 100.0)) for end in ends]
    # Midnight in New York is 05:00 UTC until Sunday, March 10th, and 04:00 UTC from the evening of that day on.
    assert completed == [0, 1, 1, 1]
    assert bars.update(minute(at("2024-03-12 03:59"), 100.0)) == 0


def test_the_changes_of_a_zone_are_those_of_its_clock() -> None:
    changes = dict(changes_of("Europe/Berlin"))
    assert changes[at("2024-03-31 01:00")] == 2 * HOUR_NS
    assert changes[at("2024-10-27 01:00")] == HOUR_NS
    assert changes_of("UTC") == ()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("7x",), "no timeframe"), (("1d", 1, "Mars/Olympus"), "no time zone"), (("1M",), "calendar month")],
)
def test_what_is_no_timeframe_or_zone_is_refused(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Bars(*arguments)


def minutes(days: int = 4) -> Any:
    return generate_bars(("AAA",), days * 1440, seed=3, settings=GeneratorSettings(timeframe="1m"))


@pytest.mark.skipif(PLAIN, reason="nothing is compiled in plain mode")
def test_both_modes_see_the_same() -> None:
    results = [backtest(Longer(), minutes(), mode=mode) for mode in MODES]
    assert results[0].fingerprint == results[1].fingerprint
    assert results[0].log == results[1].log
    assert results[0].summary.total_trades > 3


@pytest.mark.parametrize("mode", MODES)
def test_a_strategy_sees_hours_and_days_as_they_end(mode: str) -> None:
    data = minutes()
    result = backtest(Longer(), data, mode=mode)
    ends = data.records["venue_time_ns"]
    hours = np.unique((ends - 1) // HOUR_NS)
    days = pd.DatetimeIndex(ends - 1, tz="UTC").tz_convert("America/New_York").normalize().unique()
    assert int(ends[-1]) % HOUR_NS == 0 or int(ends[-1]) // HOUR_NS == hours[-1]
    complete = len(hours) - int(ends[-1] % HOUR_NS != 0)
    hours_seen, days_seen = result.log[0].split("AAA: ")[1].split(", ")[:2]
    assert (float(hours_seen.split()[0]), float(days_seen.split()[0])) == (complete, len(days) - 1)


@pytest.mark.parametrize("mode", MODES)
def test_the_future_changes_nothing_that_was_seen_before(mode: str) -> None:
    frame = minutes().to_frame().reset_index()
    cut = len(frame) // 2 + 17
    other = frame.copy()
    other.loc[cut:, ["open", "high", "low", "close"]] *= 1.5
    both = [backtest(Longer(), load_bars(each, symbol="AAA"), mode=mode) for each in (frame, other)]
    until = int(frame["timestamp"][cut].value)
    fills = [result.fill_records[result.fill_records["venue_time_ns"] < until] for result in both]
    assert len(fills[0]) > 3
    assert np.array_equal(fills[0]["price_units"], fills[1]["price_units"])
    assert np.array_equal(fills[0]["quantity_units"], fills[1]["quantity_units"])


def test_a_number_sets_how_many_are_kept() -> None:
    kept = Longer(hourly=7).hourly
    assert (kept.arguments["length"], kept.arguments["span_ns"], repr(kept)) == (7, HOUR_NS, "Bars('1h', 7)")
    with pytest.raises(Exception, match="length must be a whole number"):
        Longer(hourly=0)
