"""Thinning, times and decimals of the charts' series."""

from __future__ import annotations

import numpy as np
import pytest

from atlas.analytics.report import series
from atlas.analytics.returns import DAY_NS


def test_short_series_stay_whole() -> None:
    values = np.arange(10.0)
    assert series.thin((values,), 10).tolist() == list(range(10))


@pytest.mark.parametrize("count", [101, 1_000, 12_345])
def test_thinning_keeps_extremes_and_ends(count: int) -> None:
    random = np.random.default_rng(count)
    first, second = random.normal(size=count), random.normal(size=count)
    kept = series.thin((first, second), 100)
    assert len(kept) <= 100
    assert np.all(np.diff(kept) > 0)
    assert (kept[0], kept[-1]) == (0, count - 1)
    for values in (first, second):
        assert values[kept].max() == values.max()
        assert values[kept].min() == values.min()


def test_daily_bars_are_shown_on_their_own_day() -> None:
    days = np.array([0, 1, 4, 5]) + 19_000
    assert series.is_daily((days + 1) * DAY_NS)
    assert series.end_seconds((days + 1) * DAY_NS, True).tolist() == (days * 86_400.0).tolist()
    close = series.instant_seconds(np.array([19_001 * DAY_NS] * 2), np.array([True, False]), True)
    assert close.tolist() == [19_000 * 86_400.0, 19_001 * 86_400.0]


def test_intraday_times_are_as_they_are() -> None:
    times = np.arange(1, 100) * 60_000_000_000
    assert not series.is_daily(times)
    assert not series.is_daily(times[:1])
    assert series.end_seconds(times, False).tolist() == (times / 1e9).tolist()
    assert series.instant_seconds(times, times > 0, False).tolist() == (times / 1e9).tolist()


@pytest.mark.parametrize(
    ("prices", "decimals"),
    [
        ([187.25, 190.5], 2),
        ([1.08543, 1.085], 5),
        ([2506.850098], 2),
        ([64_123.4512], 2),
        ([0.00001234], 6 - 1),
        ([3.0, 4.0], 0),
        ([187.5], 1),
        ([], 2),
    ],
)
def test_prices_show_the_decimals_they_need(prices: list[float], decimals: int) -> None:
    units = np.array([round(price * 1e9) for price in prices], dtype=np.int64)
    assert series.price_decimals(units, 9) == decimals


def test_a_single_bar_that_ends_at_midnight_is_a_day() -> None:
    assert series.is_daily(np.array([19_000 * DAY_NS]))
    assert not series.is_daily(np.array([19_000 * DAY_NS + 60_000_000_000]))
    assert not series.is_daily(np.array([], dtype=np.int64))
