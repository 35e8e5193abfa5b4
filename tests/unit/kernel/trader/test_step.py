"""What comes before what: timers, longer bars, the ends of days, slices, hooks and what they are told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from atlas.kernel.trader.creation import AccountSetup, Limits
from atlas.records.enums import NULL, ExecutionType, Hook, QuantityKind
from atlas.records.kinds import Kind
from atlas.records.layout import blank
from tests.unit.kernel.trader.driver import (
    BUY,
    CANCEL,
    CANCEL_TIMER,
    DAY,
    DOLLAR,
    LINK,
    MINUTE,
    MONEY,
    SECOND,
    SELL,
    SET_TIMER,
    SHARE,
    Driver,
)

HOUR = 60


def minute(context: Any, view: str = "bar") -> float:
    return float(context[view]["time_ns"]) / MINUTE


class Diary:
    """What a strategy's hooks were told, line by line."""

    def __init__(self, driver: Driver, strategy: int = 1, hooks: tuple[Hook, ...] = (), universe: bool = False) -> None:
        self.driver, self.lines = driver, list[Any]()
        writers = {
            Hook.ON_BAR: lambda c: self.write("bar", minute(c), int(c["bar"]["instrument"]), float(c["bar"]["close"])),
            Hook.ON_TIMER: lambda c: self.write("timer", minute(c, "timer"), int(c["timer"]["id"])),
            Hook.ON_SLICE: lambda c: self.write("slice", minute(c, "slice"), int(c["slice"]["count"])),
            Hook.ON_ORDER: lambda c: self.write("order", int(c["order"]["id"]), int(c["order"]["state"])),
            Hook.ON_FILL: lambda c: self.write(
                "fill", int(c["fill"]["order_id"]), float(c["fill"]["quantity"]), float(c["fill"]["price"])
            ),
        }
        driver.bind(strategy, {hook: writers[hook] for hook in hooks}, universe)

    def write(self, *words: Any) -> None:
        self.lines.append(words)

    def read(self) -> list[Any]:
        lines, self.lines = self.lines, []
        return lines


def test_bars_mark_and_are_told_in_the_order_of_strategies() -> None:
    driver = Driver()
    told: list[str] = []
    driver.bind(2, {Hook.ON_BAR: lambda _: told.append("second")})
    driver.bind(1, {Hook.ON_BAR: lambda _: told.append("first")})
    driver.bar(101, at=5)
    assert told == ["first", "second"]
    assert driver.block.rows("instruments")[1]["mark_units"] == 101 * DOLLAR
    assert (driver.header["bar_count"], driver.header["step_count"]) == (1, 1)


def test_a_bar_view_is_in_ordinary_numbers() -> None:
    driver = Driver(setup={"bar_length_ns": MINUTE})
    seen: list[Any] = []
    driver.bind(1, {Hook.ON_BAR: lambda c: seen.append(c["bar"].copy())})
    driver.bar(10, at=3, open_units=9, high_units=11.5, low_units=8.25, volume_units=7 * SHARE)
    driver.bar(10, at=4)
    (bar, empty) = seen
    assert [float(bar[name]) for name in ("open", "high", "low", "close", "volume")] == [9, 11.5, 8.25, 10, 7]
    assert (bar["start_ns"], bar["time_ns"]) == (2 * MINUTE, 3 * MINUTE)
    assert np.isnan(empty["volume"])


def test_the_clock_never_runs_back() -> None:
    driver = Driver()
    driver.bar(10, at=5)
    driver.event(blank(Kind.CLOCK), 0, 5.0, local_time_ns=3 * MINUTE)
    assert driver.header["clock_ns"] == 5 * MINUTE


# --- timers


def test_timers_run_first_in_order_at_their_own_time() -> None:
    driver = Driver()
    diary = Diary(driver, hooks=(Hook.ON_BAR, Hook.ON_TIMER))
    for timer, due in ((1, 7), (2, 5), (3, 10), (4, 11), (5, 5)):
        driver.do(SET_TIMER, 1, -1, timer, due * MINUTE, 0)
    driver.bar(100, at=10)
    assert diary.read() == [
        ("timer", 5.0, 2),
        ("timer", 5.0, 5),
        ("timer", 7.0, 1),
        ("timer", 10.0, 3),
        ("bar", 10.0, 1, 100.0),
    ]
    driver.clock(at=12)
    assert diary.read() == [("timer", 11.0, 4)]
    assert driver.header["clock_ns"] == 12 * MINUTE


def test_a_timer_sees_the_old_state() -> None:
    driver = Driver()
    driver.bar(100)
    marks: list[int] = []
    driver.bind(1, {Hook.ON_TIMER: lambda c: marks.append(int(driver.block.rows("instruments")[1]["mark_units"]))})
    driver.do(SET_TIMER, 1, -1, 1, 5 * MINUTE, 0)
    driver.bar(200, at=5)
    assert marks == [100 * DOLLAR]


def test_a_repeating_timer_and_its_end() -> None:
    driver = Driver()
    diary = Diary(driver, hooks=(Hook.ON_TIMER,))
    driver.do(SET_TIMER, 1, -1, 9, 2 * MINUTE, 3 * MINUTE)
    driver.clock(at=9)
    assert [line[1] for line in diary.read()] == [2.0, 5.0, 8.0]
    assert driver.do(CANCEL_TIMER, 1, 9) == 1
    driver.clock(at=30)
    assert diary.read() == []
    assert driver.do(SET_TIMER, 1, -1, 9, 0, -1) < 0


def test_a_timer_set_by_a_timer_runs_in_its_turn() -> None:
    driver = Driver()
    seen: list[float] = []

    def again(context: Any) -> None:
        seen.append(minute(context, "timer"))
        if len(seen) < 3:
            driver.do(SET_TIMER, 1, -1, 1, int(driver.header["clock_ns"]) + SECOND * 60, 0)

    driver.bind(1, {Hook.ON_TIMER: again})
    driver.do(SET_TIMER, 1, -1, 1, MINUTE, 0)
    driver.bar(100, at=10)
    assert seen == [1.0, 2.0, 3.0]


def test_timers_have_room_for_so_many() -> None:
    driver = Driver()
    answers = [driver.do(SET_TIMER, 1, -1, number, number, 0) for number in range(65)]
    assert answers[:64] == [0] * 64
    assert answers[64] < 0


# --- longer bars


def long_bars() -> tuple[Driver, list[Any]]:
    driver = Driver(setup={"bar_length_ns": MINUTE, "aggregate_ns": 5 * MINUTE, "history_length": 4})
    seen: list[Any] = []
    driver.bind(1, {Hook.ON_BAR: lambda c: seen.append(c["bar"].copy())})
    return driver, seen


def test_five_minutes_out_of_five() -> None:
    driver, seen = long_bars()
    for number, price in enumerate((10, 12, 8, 11, 9), 1):
        driver.bar(price, at=number, high_units=price + 1, low_units=price - 1, volume_units=SHARE)
        assert len(seen) == (number == 5)
    bar = seen[0]
    assert [float(bar[name]) for name in ("open", "high", "low", "close", "volume")] == [10, 13, 7, 9, 5]
    assert (bar["start_ns"], bar["time_ns"]) == (0, 5 * MINUTE)
    assert driver.block.rows("history")[4]["close_units"] == 9 * DOLLAR


def test_gaps_in_the_minutes_end_a_bar_before_the_next_event() -> None:
    driver, seen = long_bars()
    driver.bar(10, at=1)
    driver.bar(11, at=3)
    driver.bar(20, at=12)
    assert [(int(bar["time_ns"]) // MINUTE, float(bar["close"])) for bar in seen] == [(5, 11.0)]
    driver.bar(21, at=15)
    assert [(int(bar["time_ns"]) // MINUTE, float(bar["open"])) for bar in seen[1:]] == [(15, 20.0)]


def test_a_missing_last_minute_waits_for_the_first_later_event() -> None:
    driver, seen = long_bars()
    driver.bar(10, at=4)
    driver.clock(at=5)
    assert seen == []
    driver.clock(at=5.5)
    assert int(seen[0]["time_ns"]) == 5 * MINUTE


def test_absent_volume_makes_absent_volume() -> None:
    driver, seen = long_bars()
    driver.bar(10, at=1, volume_units=SHARE)
    driver.bar(10, at=5)
    assert np.isnan(seen[0]["volume"])


def test_instruments_make_bars_apart_and_marks_move_with_each_minute() -> None:
    driver, seen = long_bars()
    driver.bar(10, 1, at=1)
    driver.bar(20, 2, at=2)
    assert driver.block.rows("instruments")[2]["mark_units"] == 20 * DOLLAR
    driver.bar(11, 1, at=5)
    driver.bar(21, 2, at=5)
    assert [(int(bar["instrument"]), float(bar["open"]), float(bar["close"])) for bar in seen] == [
        (1, 10.0, 11.0),
        (2, 20.0, 21.0),
    ]


def test_a_timer_comes_before_a_longer_bar_of_a_later_time() -> None:
    driver = Driver(setup={"bar_length_ns": MINUTE, "aggregate_ns": 5 * MINUTE})
    diary = Diary(driver, hooks=(Hook.ON_BAR, Hook.ON_TIMER))
    driver.do(SET_TIMER, 1, -1, 1, 4 * MINUTE, 0)
    driver.do(SET_TIMER, 1, -1, 2, 6 * MINUTE, 0)
    driver.bar(10, at=3)
    driver.bar(10, at=8)
    assert [line[:2] for line in diary.read()] == [("timer", 4.0), ("bar", 5.0), ("timer", 6.0)]


# --- slices


def test_a_slice_comes_once_after_the_last_event_of_equal_time() -> None:
    driver = Driver()
    driver.header["slice_on"], driver.header["bar_needs"] = 1, 1
    diary = Diary(driver, hooks=(Hook.ON_BAR, Hook.ON_SLICE, Hook.ON_TIMER), universe=True)
    driver.do(SET_TIMER, 1, -1, 7, 2 * MINUTE, 0)
    driver.bar(10, 1, at=1)
    driver.bar(20, 2, at=1)
    assert [line[0] for line in diary.read()] == ["bar", "bar"]
    driver.bar(11, 1, at=3)
    assert diary.read() == [("slice", 1.0, 2), ("timer", 2.0, 7), ("bar", 3.0, 1, 11.0)]
    driver.clock(at=4)
    assert diary.read() == [("slice", 3.0, 1)]
    driver.clock(at=5)
    assert diary.read() == []


# --- ends of days


def points(driver: Driver) -> list[tuple[float, float]]:
    """Equity points: hours and dollars."""
    found = driver.outputs(Kind.EQUITY_POINT)
    return [(int(p["venue_time_ns"]) / MINUTE / HOUR, int(p["equity_money"]) / MONEY) for p in found]


def test_equity_points_stand_at_the_ends_of_days_and_skip_empty_ones() -> None:
    driver = Driver(cash=1000)
    driver.header["next_equity_time_ns"] = driver.header["next_day_time_ns"] = DAY
    driver.bar(100, at=10 * HOUR)
    driver.bought(1, 100)
    driver.bar(110, at=24 * HOUR)
    assert points(driver) == []
    driver.bar(120, at=25 * HOUR)
    assert points(driver) == [(24.0, 1010.0)]
    driver.bar(130, at=100 * HOUR)
    assert points(driver) == [(48.0, 1020.0)]
    assert driver.header["next_equity_time_ns"] == 5 * DAY
    assert driver.account()["day_equity_money"] == 1020 * MONEY
    assert driver.account()["peak_equity_money"] == 1020 * MONEY


def test_negative_equity_stops_the_run() -> None:
    driver = Driver(cash=1000)
    driver.bar(100)
    driver.bought(-100, 100)
    driver.bar(109)
    assert driver.header["stopped_reason"] == 0
    driver.bar(111)
    assert driver.header["stopped_reason"] == 1


def test_a_fill_that_leaves_less_than_nothing_stops_the_run() -> None:
    driver = Driver(cash=1000)
    driver.bar(100)
    driver.bought(-100, 100)
    order = driver.order(BUY, 100)
    driver.report(order, ExecutionType.NEW)
    driver.fill(order, 60, 109)
    assert driver.header["stopped_reason"] == 0
    driver.fill(order, 40, 120)  # cash: 1,000 + 10,000 - 60 × 109 - 40 × 120 = -340, and no position to be marked
    assert driver.header["stopped_reason"] == 1


def test_a_dividend_that_a_short_account_cannot_pay_stops_the_run() -> None:
    driver = Driver(cash=1000)
    driver.bar(100)
    driver.bought(-100, 100)
    driver.dividend(9.5)
    assert driver.header["stopped_reason"] == 0
    driver.dividend(1.0)
    assert driver.header["stopped_reason"] == 1


# --- notices


def test_what_a_hook_orders_is_told_after_it_returned() -> None:
    driver = Driver()
    order_ids: list[int] = []
    diary = Diary(driver, hooks=(Hook.ON_ORDER, Hook.ON_FILL))

    def trade(_: Any) -> None:
        order_ids.append(driver.order(BUY, 10))
        driver.header["kill_switch"] = 1
        order_ids.append(driver.order(BUY, 10))
        driver.header["kill_switch"] = 0
        diary.write("returned")

    driver.bind(2, {Hook.ON_BAR: trade})
    driver.bar(100, at=1)
    assert diary.read() == [("returned",), ("order", order_ids[1], 7)]
    driver.report(order_ids[0], 1)
    driver.fill(order_ids[0], 4, 101)
    driver.fill(order_ids[0], 6, 102)
    assert diary.read() == [
        ("order", order_ids[0], 3),
        ("fill", order_ids[0], 4.0, 101.0),
        ("order", order_ids[0], 4),
        ("fill", order_ids[0], 6.0, 102.0),
        ("order", order_ids[0], 5),
    ]
    driver.bust(driver.executions)
    assert driver.header["notices_read"] == driver.header["notices_written"]


def test_a_late_fill_is_told_too() -> None:
    driver = Driver()
    diary = Diary(driver, hooks=(Hook.ON_FILL,))
    driver.bar(100)
    order = driver.order(SELL, 10)
    driver.report(order, 5)
    driver.fill(order, 4, 101)
    assert diary.read() == [("fill", order, 4.0, 101.0)]


def test_an_error_in_a_hook_passes_through_and_the_next_strategy_goes_on() -> None:
    driver = Driver()

    def fail(_: Any) -> None:
        raise ZeroDivisionError("a strategy's own")

    driver.bind(1, {Hook.ON_BAR: fail})
    diary = Diary(driver, 2, (Hook.ON_BAR,))
    with pytest.raises(ZeroDivisionError, match="own"):
        driver.bar(100, at=1)
    assert (driver.header["running_strategy"], driver.header["dispatch_strategy"]) == (1, 2)
    assert diary.read() == []
    driver.bar(100, at=1)
    assert diary.read() == [("bar", 1.0, 1, 100.0)]
    assert driver.header["bar_count"] == 1


def test_a_failed_hook_on_a_longer_bar_does_not_count_its_minutes_twice() -> None:
    driver = Driver(setup={"bar_length_ns": MINUTE, "aggregate_ns": 5 * MINUTE})
    failing = [True]
    volumes: list[float] = []

    def fail_once(context: Any) -> None:
        if failing:
            failing.clear()
            raise ValueError("once")
        volumes.append(float(context["bar"]["volume"]))

    driver.bind(1, {Hook.ON_BAR: fail_once})
    diary = Diary(driver, 2, (Hook.ON_BAR,))
    driver.bar(10, at=1, volume_units=SHARE)
    with pytest.raises(ValueError, match="once"):
        driver.bar(10, at=5, volume_units=SHARE)
    driver.bar(10, at=5, volume_units=SHARE)
    assert [line[:2] for line in diary.read()] == [("bar", 5.0)]
    driver.bar(10, at=10, volume_units=SHARE)
    assert volumes == [1.0]


def test_a_failed_notice_after_a_longer_bar_does_not_show_the_bar_again() -> None:
    limits = Limits(require_buying_power=False, order_quantity=5.0)
    driver = Driver(limits=limits, setup={"bar_length_ns": MINUTE, "aggregate_ns": 5 * MINUTE})
    failing = [True]

    def order(context: Any) -> None:
        driver.order(BUY, 6)

    def fail_once(context: Any) -> None:
        if failing:
            failing.clear()
            raise ValueError("once")

    driver.bind(1, {Hook.ON_BAR: order, Hook.ON_ORDER: fail_once})
    diary = Diary(driver, 2, (Hook.ON_BAR,))
    driver.bar(10, at=1)
    with pytest.raises(ValueError, match="once"):
        driver.bar(10, at=5)  # the order is larger than the limit: refused, and told
    driver.bar(10, at=5)
    assert [line[:2] for line in diary.read()] == [("bar", 5.0)]


# --- corporate actions


def test_a_split_rescales_marks_history_and_orders() -> None:
    driver = Driver(setup={"history_length": 3})
    driver.bar(100, at=1, high_units=110, low_units=90)
    order = driver.order(BUY, 5, limit=99, stop=98)
    driver.split(2, 1, at=2)
    kept = driver.block.rows("history")[3]
    assert [int(kept[name]) // DOLLAR for name in ("open_units", "high_units", "low_units", "close_units")] == [
        50,
        55,
        45,
        50,
    ]
    row = driver.find(order)
    assert row is not None
    assert (row["price_units"], row["stop_units"]) == (int(49.5 * DOLLAR), 49 * DOLLAR)
    assert row["stop_loss_units"] == NULL
    assert driver.header["clock_ns"] == 2 * MINUTE


def test_a_weight_keeps_its_meaning_through_a_split() -> None:
    driver = Driver(cash=10_000)
    driver.bar(100)
    driver.order(BUY, 0.5, kind=QuantityKind.WEIGHT)
    driver.split(2, 1)
    assert driver.held() == (100, 0, 5000)


# --- what is put out


@pytest.mark.parametrize(("exact_venue", "last"), [(True, Kind.ORDER_LINK), (False, Kind.FILL_REVERSAL)])
def test_what_a_record_does_not_use_is_zero_whatever_stood_there_before(exact_venue: bool, last: Kind) -> None:
    account = AccountSetup(initial_cash=10_000.0, limits=Limits(require_buying_power=False, drawdown=0.1))
    driver = Driver(setup={"accounts": (account,), "exact_venue": exact_venue})
    for table in ("outputs", "commands"):
        driver.block.rows(table).view(np.int64)[...] = -1
    driver.bar(100, at=1)
    execution = driver.bought(100, 100)
    first, second = driver.order(BUY, 1, limit=90), driver.order(SELL, 1, limit=110)
    driver.do(LINK, 1, first, second)
    driver.do(CANCEL, 1, first)
    driver.dividend(0.5)
    driver.bar(85, at=2)
    driver.bust(execution)
    found = [*driver.outputs(), *driver.commands()]
    kinds = {Kind.TRADING_STATE_CHANGE, Kind.CASH_POSTING, Kind.CANCEL_ORDER, last}
    assert kinds <= {Kind(int(each["kind"])) for each in found}
    for record in found:
        reserved = [name for name in record.dtype.names if name.startswith("reserved")]
        assert [int(record[name]) for name in reserved] == [0] * len(reserved), Kind(int(record["kind"]))
