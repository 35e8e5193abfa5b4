"""Curves, days and months."""

from __future__ import annotations

import numpy as np
import pytest

from atlas.analytics import DailyReturns, daily_returns, drawdown, equity_curve, is_round_the_clock, monthly_returns
from atlas.analytics.returns import DAY_NS, IntArray, distinct, trading_days, utc_days
from tests.unit.analytics.runs import join, make_equity

HOUR_NS = DAY_NS // 24


def day_number(date: str) -> int:
    return int(np.datetime64(date, "D").astype(np.int64))


def instants(*texts: str) -> IntArray:
    return np.array(texts, dtype="datetime64[ns]").astype(np.int64)


def test_midnight_belongs_to_the_day_it_ends() -> None:
    found = utc_days(instants("2024-03-08T23:59:59", "2024-03-09T00:00:00", "2024-03-09T00:00:01"))
    assert found.tolist() == [day_number("2024-03-08")] * 2 + [day_number("2024-03-09")]


def test_the_curve_takes_the_last_of_equal_times() -> None:
    curve = equity_curve(make_equity([1, 1, 2], [10.0, 11.0, 12.0]), 8)
    assert curve.times_ns.tolist() == [1, 2]
    assert curve.equity.tolist() == [11.0, 12.0]


def test_accounts_are_added_and_keep_their_last_equity() -> None:
    points = join(make_equity([1, 3], [10.0, 20.0], account=1), make_equity([2, 3], [100.0, 200.0], account=2))
    curve = equity_curve(points, 8)
    assert curve.times_ns.tolist() == [1, 2, 3]
    assert curve.equity.tolist() == [110.0, 110.0, 220.0]


def test_an_empty_curve_has_no_returns() -> None:
    curve = equity_curve(make_equity([], []), 8)
    daily = daily_returns(curve, 100.0, round_the_clock=False)
    assert len(daily.returns) == 0
    assert monthly_returns(daily) == ()


def test_daily_returns_of_intraday_points_by_hand() -> None:
    times = instants("2024-03-07T15:00", "2024-03-07T20:00", "2024-03-08T15:00", "2024-03-08T20:00")
    daily = daily_returns(
        equity_curve(make_equity(times, [105.0, 110.0, 100.0, 99.0]), 8), 100.0, round_the_clock=False
    )
    assert daily.days.tolist() == [day_number("2024-03-07"), day_number("2024-03-08")]
    assert daily.returns.tolist() == pytest.approx([0.10, -0.10])


def test_a_weekend_joins_its_neighbours_unless_the_market_is_open() -> None:
    times = instants("2024-03-08T20:00", "2024-03-09T00:30", "2024-03-10T23:00", "2024-03-11T20:00")
    friday, monday = day_number("2024-03-08"), day_number("2024-03-11")
    assert trading_days(times, False).tolist() == [friday, friday, monday, monday]
    assert trading_days(times, True).tolist() == [friday, friday + 1, friday + 2, monday]


def test_days_after_ruin_have_no_return() -> None:
    times = np.arange(1, 4) * DAY_NS
    daily = daily_returns(equity_curve(make_equity(times, [50.0, 0.0, 10.0]), 8), 100.0, round_the_clock=True)
    assert daily.returns[:2].tolist() == [-0.5, -1.0]
    assert np.isnan(daily.returns[2])


def test_round_the_clock_is_seen_on_saturday_afternoons() -> None:
    hours = np.arange(21 * 24) * HOUR_NS + int(instants("2024-03-04")[0]) + HOUR_NS
    weekday = utc_days(hours) % 7
    assert is_round_the_clock(hours)
    assert not is_round_the_clock(hours[weekday != 2])
    # Friday's late trading in New York ends on Saturday morning UTC.
    morning = (hours - 1) % DAY_NS < 2 * HOUR_NS
    assert not is_round_the_clock(hours[(weekday != 2) | morning])
    assert not is_round_the_clock(hours[:48])
    assert not is_round_the_clock(np.empty(0, dtype=np.int64))


def test_daily_bars_round_the_clock() -> None:
    ends = (np.arange(30) + day_number("2024-03-04") + 1) * DAY_NS
    assert is_round_the_clock(ends)
    assert not is_round_the_clock(ends[utc_days(ends) % 7 < 2])


def test_months_compound() -> None:
    days = np.array([day_number(text) for text in ("2023-12-29", "2024-01-02", "2024-01-31", "2024-03-01")])
    months = monthly_returns(DailyReturns(days, np.array([0.1, 0.1, -0.5, 0.2])))
    assert [(entry.year, entry.month) for entry in months] == [(2023, 12), (2024, 1), (2024, 3)]
    assert [entry.value for entry in months] == pytest.approx([0.1, -0.45, 0.2])


def test_drawdown_is_zero_at_a_peak() -> None:
    assert drawdown(np.array([100.0, 110.0, 99.0]), 100.0).tolist() == pytest.approx([0.0, 0.0, -0.1])


def test_distinct_is_numpys_unique() -> None:
    values = np.random.default_rng(1).integers(0, 50, 200)
    assert distinct(values).tolist() == np.unique(values).tolist()
    assert len(distinct(np.empty(0))) == 0
