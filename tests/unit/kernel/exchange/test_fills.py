"""When an order fills on a bar, at which price, and under which rule. Bars are "open high low close"."""

from __future__ import annotations

import pytest

from atlas.records.enums import Relaxation, TimeInForce
from tests.unit.kernel.exchange.desk import BUY, SELL, Desk, Heard, dollars, liquidity, shares


def test_market_order_fills_at_the_open() -> None:
    desk = Desk()
    order = desk.order(BUY, 100)
    desk.bar("10.00 10.50 9.50 10.20")
    assert desk.hear() == [Heard("NEW", order), Heard("FILL", order, 100.0, 10.0, "OPEN")]
    assert liquidity(desk.raw[-1]) == "TAKER"


def test_market_order_that_arrives_at_the_open_takes_part_in_it() -> None:
    desk = Desk()
    order = desk.order(SELL, 100, at=0.0)
    desk.bar("10.00 10.50 9.50 10.20")
    assert desk.fills() == [(order, 100.0, 10.0, "OPEN")]


def test_market_order_that_arrives_after_the_open_waits_for_the_close() -> None:
    desk = Desk()
    points = desk.points("10.00 10.50 9.50 10.20")
    next(points)
    order = desk.order(BUY, 100, at=0.25)
    next(points)
    assert desk.fills() == []
    next(points)
    assert desk.fills() == [(order, 100.0, 10.2, "CLOSE")]


def test_order_of_the_future_takes_no_part() -> None:
    desk = Desk()
    order = desk.order(BUY, 100, at=1.0)
    desk.bar("10.00 10.50 9.50 10.20", start=-0.5)
    assert desk.fills() == []
    desk.bar("11.00 11.00 11.00 11.00", start=1.0)
    assert desk.fills() == [(order, 100.0, 11.0, "OPEN")]


@pytest.mark.parametrize(
    ("side", "limit", "bar", "fill"),
    [
        (BUY, 9.60, "10.00 10.50 9.50 10.20", (9.60, "LIMIT")),
        (BUY, 9.50, "10.00 10.50 9.50 10.20", None),
        (BUY, 10.00, "10.00 10.50 10.00 10.20", None),
        (BUY, 10.00, "9.80 10.50 9.50 10.20", (9.80, "OPEN_GAP")),
        (BUY, 9.40, "10.00 10.50 9.50 10.20", None),
        (SELL, 10.40, "10.00 10.50 9.50 10.20", (10.40, "LIMIT")),
        (SELL, 10.50, "10.00 10.50 9.50 10.20", None),
        (SELL, 10.00, "10.30 10.50 9.50 10.20", (10.30, "OPEN_GAP")),
        (SELL, 10.60, "10.00 10.50 9.50 10.20", None),
    ],
)
def test_limit(side: int, limit: float, bar: str, fill: tuple[float, str] | None) -> None:
    desk = Desk()
    order = desk.order(side, 100, limit=limit)
    desk.bar(bar)
    assert desk.fills() == ([] if fill is None else [(order, 100.0, *fill)])


def test_resting_limit_makes_liquidity_and_a_gap_takes_it() -> None:
    desk = Desk()
    desk.order(BUY, 100, limit=9.60)
    desk.bar("10.00 10.50 9.50 10.20")
    assert liquidity(desk.raw[-1]) == "MAKER"
    desk.order(BUY, 100, limit=9.60)
    desk.bar("9.00 9.50 9.00 9.20", start=1.0)
    assert liquidity(desk.raw[-1]) == "TAKER"


@pytest.mark.parametrize(
    ("side", "limit", "bar", "fill"),
    [
        (BUY, 9.50, "10.00 10.50 9.50 10.20", (9.50, "TOUCH")),
        (BUY, 10.00, "10.00 10.50 10.00 10.20", (10.00, "TOUCH")),
        (SELL, 10.50, "10.00 10.50 9.50 10.20", (10.50, "TOUCH")),
        (BUY, 9.60, "10.00 10.50 9.50 10.20", (9.60, "LIMIT")),
        (BUY, 9.40, "10.00 10.50 9.50 10.20", None),
    ],
)
def test_touch_is_a_named_relaxation(side: int, limit: float, bar: str, fill: tuple[float, str] | None) -> None:
    desk = Desk(touch_fills=True)
    order = desk.order(side, 100, limit=limit)
    desk.bar(bar)
    assert desk.fills() == ([] if fill is None else [(order, 100.0, *fill)])
    relaxed = fill is not None and fill[1] == "TOUCH"
    assert desk.raw[-1]["relaxations"] == (Relaxation.TOUCH_FILLS if relaxed else 0)


@pytest.mark.parametrize(
    ("side", "stop", "bar", "fill"),
    [
        (BUY, 10.40, "10.00 10.50 9.50 10.20", (10.40, "STOP")),
        (BUY, 10.50, "10.00 10.50 9.50 10.20", (10.50, "STOP")),
        (BUY, 10.51, "10.00 10.50 9.50 10.20", None),
        (BUY, 10.00, "10.00 10.50 9.50 10.20", (10.00, "STOP_GAP")),
        (BUY, 9.00, "10.00 10.50 9.50 10.20", (10.00, "STOP_GAP")),
        (SELL, 9.60, "10.00 10.50 9.50 10.20", (9.60, "STOP")),
        (SELL, 9.50, "10.00 10.50 9.50 10.20", (9.50, "STOP")),
        (SELL, 9.49, "10.00 10.50 9.50 10.20", None),
        (SELL, 11.00, "10.00 10.50 9.50 10.20", (10.00, "STOP_GAP")),
    ],
)
def test_stop(side: int, stop: float, bar: str, fill: tuple[float, str] | None) -> None:
    desk = Desk()
    order = desk.order(side, 100, stop=stop)
    desk.bar(bar)
    assert desk.fills() == ([] if fill is None else [(order, 100.0, *fill)])


def test_stops_come_before_limits_whatever_arrived_first() -> None:
    desk = Desk()
    target = desk.order(SELL, 100, limit=10.40)
    stop = desk.order(SELL, 100, stop=9.60)
    desk.bar("10.00 10.50 9.50 10.20")
    assert desk.fills() == [(stop, 100.0, 9.6, "STOP"), (target, 100.0, 10.4, "LIMIT")]


@pytest.mark.parametrize(("side", "stop"), [(BUY, 9.00), (SELL, 11.00)])
def test_stop_that_the_whole_bar_has_passed_becomes_a_market_order(side: int, stop: float) -> None:
    desk = Desk()
    points = desk.points("10.00 10.50 9.50 10.20")
    next(points)
    order = desk.order(side, 100, stop=stop, at=0.25)
    next(points)
    assert desk.fills() == []
    next(points)
    assert desk.fills() == [(order, 100.0, 10.2, "CLOSE")]


def test_limit_above_the_whole_bar_that_came_late_fills_at_the_close() -> None:
    desk = Desk()
    points = desk.points("10.00 10.50 9.50 10.20")
    next(points)
    above = desk.order(BUY, 100, limit=10.60, at=0.25)
    inside = desk.order(BUY, 100, limit=10.50, at=0.25)
    next(points)
    late = desk.order(BUY, 100, limit=10.21, at=0.75)
    equal = desk.order(BUY, 100, limit=10.20, at=0.75)
    next(points)
    assert desk.fills() == [
        (inside, 100.0, 10.5, "LIMIT"),
        (above, 100.0, 10.2, "CLOSE"),
        (late, 100.0, 10.2, "CLOSE"),
    ]
    assert equal not in [int(report["client_order_id"]) for report in desk.raw if report["last_quantity_units"] > 0]


def test_stop_that_came_after_the_path_meets_the_close() -> None:
    desk = Desk()
    points = desk.points("10.00 10.50 9.50 10.20")
    next(points)
    next(points)
    hit, missed = desk.order(BUY, 100, stop=10.20, at=0.75), desk.order(BUY, 100, stop=10.21, at=0.75)
    next(points)
    assert desk.fills() == [(hit, 100.0, 10.2, "CLOSE")]
    assert missed == hit + 1


def test_bar_without_trades_fills_and_triggers_nothing() -> None:
    desk = Desk()
    market, stop, limit = desk.order(BUY, 1), desk.order(BUY, 1, stop=9.0), desk.order(BUY, 1, limit=11.0)
    desk.bar("10.00 10.50 9.50 10.20", volume=0)
    assert desk.fills() == []
    assert desk.row["empty_bar_count"] == 1
    desk.bar("8.00 8.50 7.50 8.20", start=1.0)
    assert desk.fills() == [(market, 1.0, 8.0, "OPEN"), (limit, 1.0, 8.0, "OPEN_GAP")]
    assert stop == 2


def test_bar_that_states_no_volume_has_no_cap_and_is_counted() -> None:
    desk = Desk()
    order = desk.order(BUY, 1_000_000)
    desk.bar("10.00 10.50 9.50 10.20", volume=None)
    assert desk.fills() == [(order, 1_000_000.0, 10.0, "OPEN")]
    assert desk.row["absent_volume_fills"] == 1
    assert desk.raw[-1]["available_quantity_units"] == -(2**63)
    assert desk.raw[-1]["relaxations"] == 0


def test_orders_share_a_tenth_of_the_volume_in_order_of_arrival() -> None:
    desk = Desk()
    first, second, third = desk.order(BUY, 60), desk.order(SELL, 60), desk.order(BUY, 60)
    desk.bar("10.00 10.50 9.50 10.20", volume=1_000)
    assert desk.fills() == [(first, 60.0, 10.0, "OPEN"), (second, 40.0, 10.0, "OPEN")]
    assert [report["available_quantity_units"] for report in desk.raw[-2:]] == [shares(100), shares(40)]
    desk.bar("11.00 11.50 10.50 11.20", volume=500, start=1.0)
    assert desk.fills() == [(second, 20.0, 11.0, "OPEN"), (third, 30.0, 11.0, "OPEN")]


def test_open_path_and_close_share_one_cap() -> None:
    desk = Desk()
    desk.order(BUY, 50)
    points = desk.points("10.00 10.50 9.50 10.20", volume=1_000)
    next(points)
    limit = desk.order(BUY, 30, limit=9.80, at=0.25)
    next(points)
    close = desk.order(BUY, 100, at=0.75)
    next(points)
    assert desk.fills()[1:] == [(limit, 30.0, 9.8, "LIMIT"), (close, 20.0, 10.2, "CLOSE")]


def test_cap_is_cut_to_whole_lots() -> None:
    desk = Desk()
    order = desk.order(BUY, 100)
    desk.bar("10.00 10.50 9.50 10.20", volume=999)
    assert desk.fills() == [(order, 99.0, 10.0, "OPEN")]
    desk.bar("10.00 10.50 9.50 10.20", volume=9, start=1.0)
    assert desk.fills() == []


def test_cap_off_is_a_named_relaxation() -> None:
    desk = Desk(volume_share=0)
    order = desk.order(BUY, 5_000)
    desk.bar("10.00 10.50 9.50 10.20", volume=1)
    assert desk.fills() == [(order, 5_000.0, 10.0, "OPEN")]
    assert desk.raw[-1]["relaxations"] == Relaxation.NO_VOLUME_CAP


def test_gapped_stop_that_fills_in_part_goes_on_as_a_market_order() -> None:
    desk = Desk()
    order = desk.order(SELL, 150, stop=10.00)
    desk.bar("9.00 9.50 8.50 9.20", volume=1_000)
    assert desk.fills() == [(order, 100.0, 9.0, "STOP_GAP")]
    desk.bar("12.00 12.50 11.50 12.20", volume=1_000, start=1.0)
    assert desk.fills() == [(order, 50.0, 12.0, "OPEN")]


def test_slippage_moves_market_orders_against_them_and_is_named() -> None:
    desk = Desk(slippage_basis_points=10)
    buy, sell, limit = desk.order(BUY, 1), desk.order(SELL, 1), desk.order(BUY, 1, limit=9.0)
    desk.bar("8.00 8.00 8.00 8.00")
    assert desk.fills() == [(buy, 1.0, 8.008, "OPEN"), (sell, 1.0, 7.992, "OPEN"), (limit, 1.0, 8.0, "OPEN_GAP")]
    assert [report["relaxations"] for report in desk.raw[-3:]] == [Relaxation.OUTSIDE_RANGE] * 2 + [0]


def test_fill_or_cancel_at_the_next_price() -> None:
    desk = Desk()
    part = desk.order(BUY, 150, time_in_force=TimeInForce.IOC)
    none = desk.order(BUY, 10, limit=9.0, time_in_force=TimeInForce.IOC)
    desk.bar("10.00 10.50 9.50 10.20", volume=1_000)
    assert desk.hear()[2:] == [
        Heard("PARTIAL_FILL", part, 100.0, 10.0, "OPEN"),
        Heard("CANCELED", part, reason="VENUE_NO_LIQUIDITY"),
        Heard("CANCELED", none, reason="VENUE_NO_LIQUIDITY"),
    ]
    assert desk.row["live_orders"] == 0


def test_fill_or_cancel_that_arrives_after_the_open_waits_for_the_close() -> None:
    desk = Desk()
    points = desk.points("10.00 10.50 9.50 10.20")
    next(points)
    order = desk.order(BUY, 10, limit=10.30, time_in_force=TimeInForce.IOC, at=0.25)
    next(points)
    assert desk.fills() == []
    next(points)
    assert desk.fills() == [(order, 10.0, 10.2, "CLOSE")]


def test_a_fill_is_reported_in_full() -> None:
    desk = Desk()
    desk.bar("9.90 9.90 9.90 9.90", start=-2.0)
    order = desk.order(BUY, 300, limit=9.95)
    desk.bar("10.00 10.50 9.50 10.20", volume=2_000)
    desk.bar("9.00 10.50 9.00 10.20", volume=2_000, start=1.0)
    report = desk.raw[-1]
    assert (report["client_order_id"], report["venue_order_id"]) == (order, 1)
    assert (report["instrument"], report["side"]) == (1, 1)
    assert (report["account"], report["strategy"], report["arrival_time_ns"]) == (3, 7, -60_000_000_000)
    assert report["reference_price_units"] == dollars("9.90")
    assert report["cumulative_quantity_units"] == shares(300) == report["order_quantity_units"]
    assert (report["leaves_quantity_units"], report["last_quantity_units"]) == (0, shares(100))
    assert report["average_price"] == pytest.approx((200 * 9.95 + 100 * 9.0) / 300)
    assert (report["venue_time_ns"], report["row4_venue_time_ns"]) == (60_000_000_000, 60_000_000_000)
    identities = [int(row["execution_id"]) for row in desk.raw]
    assert identities == sorted(set(identities))


def test_quantity_resolved_at_the_fill() -> None:
    desk = Desk()
    order = desk.order(BUY, None)
    stop = desk.order(BUY, None, stop=10.40)
    desk.bar("10.00 10.30 9.50 10.20", assign=12.5)
    assert desk.fills() == [(order, 12.0, 10.0, "OPEN")]
    desk.bar("10.00 10.50 9.50 10.20", assign=3, start=1.0)
    assert desk.fills() == [(stop, 3.0, 10.4, "STOP")]


def test_quantity_resolved_to_nothing_cancels_the_order() -> None:
    desk = Desk()
    order = desk.order(BUY, None)
    desk.bar("10.00 10.30 9.50 10.20", assign=0.5)
    assert desk.hear()[1:] == [Heard("CANCELED", order, reason="VENUE_QUANTITY")]
    assert desk.row["live_orders"] == 0


def test_order_without_a_quantity_does_not_fill() -> None:
    desk = Desk()
    order = desk.order(BUY, None)
    desk.bar("10.00 10.30 9.50 10.20")
    assert desk.hear() == [Heard("NEW", order)]
