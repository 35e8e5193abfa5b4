"""What the venue answers to orders, cancels and replacements, and when orders end by themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from atlas.kernel.exchange.accept import exchange_accept
from atlas.kernel.exchange.queue import exchange_expire_all, exchange_expire_due, exchange_is_idle, exchange_mark
from atlas.kernel.exchange.reports import reports_waiting
from atlas.kernel.exchange.split import exchange_split
from atlas.records.enums import (
    OrderFlag,
    OrderStatus,
    OrderType,
    QuantityKind,
    RejectReason,
    RestatementReason,
    TimeInForce,
)
from atlas.records.kinds import Kind
from atlas.records.layout import blank
from tests.unit.kernel.exchange.desk import BUY, MINUTE, SELL, Desk, Heard, dollars, minutes, shares

DAY = 24 * 60


def only_report(desk: Desk) -> Any:
    assert len(desk.raw) == 1
    return desk.raw[0]


def test_order_is_acknowledged() -> None:
    desk = Desk()
    order = desk.order(BUY, 100, limit=9.5, at=2.0)
    report = only_report(desk)
    assert desk.hear() == [Heard("NEW", order)]
    assert (report["venue_order_id"], report["order_status"]) == (1, OrderStatus.NEW)
    assert (report["venue_time_ns"], report["arrival_time_ns"]) == (minutes(2), minutes(2))
    assert (report["leaves_quantity_units"], report["cumulative_quantity_units"]) == (shares(100), 0)
    assert not exchange_is_idle(desk.venue, 1)
    assert exchange_is_idle(desk.venue, 2)


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"instrument": 9}, "VENUE_UNKNOWN_SYMBOL"),
        ({"instrument": 0}, "VENUE_UNKNOWN_SYMBOL"),
        ({"side": 0}, "REQUEST_SIDE"),
        ({"order_type": 0}, "REQUEST_ORDER_TYPE"),
        ({"order_type": 77}, "REQUEST_ORDER_TYPE"),
        ({"order_type": OrderType.STOP_LIMIT}, "REQUEST_PRICE"),
        ({"order_type": OrderType.STOP_LIMIT, "price_units": dollars(10)}, "REQUEST_STOP_PRICE"),
        ({"order_type": OrderType.TRAILING_STOP}, "REQUEST_TRAILING_OFFSET"),
        ({"order_type": OrderType.TRAILING_STOP, "flags": OrderFlag.HAS_TERMS}, "REQUEST_TRAILING_OFFSET"),
        ({"order_type": OrderType.MARKET_IF_TOUCHED}, "REQUEST_STOP_PRICE"),
        ({"order_type": OrderType.ICEBERG}, "VENUE_UNSUPPORTED"),
        ({"time_in_force": 0}, "REQUEST_TIME_IN_FORCE"),
        ({"flags": OrderFlag.HAS_TERMS}, "VENUE_UNSUPPORTED"),
        (
            {"order_type": OrderType.STOP, "stop_units": dollars(9), "time_in_force": TimeInForce.AT_CLOSE},
            "VENUE_UNSUPPORTED",
        ),
        ({"time_in_force": TimeInForce.GTD}, "REQUEST_EXPIRE_TIME"),
        ({"time_in_force": TimeInForce.GTD, "expire_time_ns": minutes(-1)}, "REQUEST_EXPIRE_TIME"),
        ({"flags": OrderFlag.POST_ONLY}, "VENUE_UNSUPPORTED"),
        ({"flags": OrderFlag.REDUCE_ONLY}, "VENUE_UNSUPPORTED"),
        ({"quantity_units": 0}, "VENUE_QUANTITY"),
        ({"quantity_units": -shares(1)}, "VENUE_QUANTITY"),
        ({"quantity_units": shares("0.5")}, "VENUE_LOT_SIZE"),
        ({"quantity_units": 2**62 + 2}, "REQUEST_RANGE"),
        ({"quantity_kind": 0}, "VENUE_QUANTITY"),
        ({"price_units": dollars(10)}, "REQUEST_PRICE"),
        ({"stop_units": dollars(10)}, "REQUEST_STOP_PRICE"),
        ({"order_type": OrderType.LIMIT}, "REQUEST_PRICE"),
        ({"order_type": OrderType.LIMIT, "price_units": dollars("10.005")}, "VENUE_TICK_SIZE"),
        ({"order_type": OrderType.LIMIT, "price_units": 2**62 + 2}, "REQUEST_RANGE"),
        ({"order_type": OrderType.STOP}, "REQUEST_STOP_PRICE"),
        (
            {"order_type": OrderType.STOP, "stop_units": dollars(9), "time_in_force": TimeInForce.IOC},
            "VENUE_UNSUPPORTED",
        ),
        ({"client_order_id": 0}, "VENUE_DUPLICATE_ORDER"),
    ],
)
def test_order_is_refused_with_a_reason(terms: dict[str, Any], reason: str) -> None:
    desk = Desk()
    order = desk.order(**{"side": BUY, "quantity": 100, **terms})
    assert desk.hear() == [Heard("REJECTED", order, reason=reason)]
    assert (desk.row["live_orders"], desk.row["rejected_count"]) == (0, 1)


def test_id_at_work_is_refused_a_second_time() -> None:
    desk = Desk()
    order = desk.order(BUY, 100)
    desk.order(BUY, 100, client_order_id=order)
    assert desk.hear()[1:] == [Heard("REJECTED", order, reason="VENUE_DUPLICATE_ORDER")]


def test_full_venue_refuses() -> None:
    desk = Desk(order_capacity=2)
    orders = [desk.order(BUY, 100) for _ in range(3)]
    assert desk.hear()[2:] == [Heard("REJECTED", orders[2], reason="CAPACITY_ORDERS")]


def test_cancel_ends_an_order() -> None:
    desk = Desk()
    order = desk.order(BUY, 100)
    request = desk.cancel(order, at=-0.5)
    assert desk.hear()[1:] == [Heard("CANCELED", request)]
    report = desk.raw[-1]
    assert (report["reference_id"], report["leaves_quantity_units"], report["flags"]) == (order, 0, 0)
    assert (report["order_status"], report["venue_time_ns"]) == (OrderStatus.CANCELED, minutes(-0.5))
    desk.bar("10.00 10.50 9.50 10.20")
    assert desk.fills() == []


@pytest.mark.parametrize(
    ("venue_order_id", "reason"),
    [(0, "VENUE_UNKNOWN_ORDER"), (1, "VENUE_TOO_LATE_TO_CANCEL"), (2, "VENUE_UNKNOWN_ORDER")],
)
def test_cancel_of_what_is_not_working_is_refused(venue_order_id: int, reason: str) -> None:
    desk = Desk()
    order = desk.order(BUY, 100)
    desk.bar("10.00 10.50 9.50 10.20")
    request = desk.cancel(order, at=1.0, venue_order_id=venue_order_id)
    assert desk.hear()[2:] == [Heard("CANCEL_REJECT", request, reason=reason)]
    assert desk.raw[-1]["original_client_order_id"] == order


def test_replacement_changes_terms_and_name() -> None:
    desk = Desk()
    order = desk.order(BUY, 100, limit=9.0)
    request = desk.replace(order, price_units=dollars("9.60"), quantity_units=shares(80))
    report = desk.raw[-1]
    assert (report["client_order_id"], report["reference_id"]) == (request, order)
    assert (report["price_units"], report["order_quantity_units"]) == (dollars("9.60"), shares(80))
    desk.bar("10.00 10.50 9.50 10.20", volume=500)
    assert desk.fills() == [(request, 50.0, 9.6, "LIMIT")]
    assert desk.raw[-1]["reference_id"] == order
    cancel = desk.cancel(order, at=2.0)
    assert desk.hear() == [Heard("CANCELED", cancel)]
    assert not desk.block.rows("order_index")["key"].any()


def test_new_price_or_more_quantity_loses_the_place_and_less_quantity_keeps_it() -> None:
    for change, first_is_first in (
        ({"price_units": dollars("9.61")}, False),
        ({"quantity_units": shares(101)}, False),
        ({"quantity_units": shares(99)}, True),
    ):
        desk = Desk()
        first, second = desk.order(BUY, 100, limit=9.6), desk.order(BUY, 100, limit=9.6)
        request = desk.replace(first, **change)
        desk.bar("10.00 10.50 9.50 10.20", volume=100)
        assert desk.fills()[0][0] == (request if first_is_first else second)


def test_replacement_down_to_what_is_filled_completes_the_order() -> None:
    desk = Desk()
    order = desk.order(BUY, 100, limit=9.6)
    desk.bar("10.00 10.50 9.50 10.20", volume=400)
    desk.replace(order, at=1.0, quantity_units=shares(30))
    assert desk.hear()[-1].reason == "REQUEST_QUANTITY_BELOW_FILLED"
    request = desk.replace(order, at=1.0, quantity_units=shares(40))
    assert desk.hear() == [Heard("REPLACED", request)]
    assert (desk.raw[-1]["order_status"], desk.row["live_orders"]) == (OrderStatus.FILLED, 0)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"price_units": dollars("9.605")}, "VENUE_TICK_SIZE"),
        ({"stop_units": dollars(9)}, "REQUEST_STOP_PRICE"),
        ({"quantity_units": shares("0.5")}, "VENUE_LOT_SIZE"),
        ({"order_type": OrderType.MARKET}, "VENUE_UNSUPPORTED"),
        ({"time_in_force": TimeInForce.DAY}, "VENUE_UNSUPPORTED"),
        ({"client_order_id": 1}, "VENUE_DUPLICATE_ORDER"),
    ],
)
def test_replacement_is_refused_with_a_reason(change: dict[str, Any], reason: str) -> None:
    desk = Desk()
    order = desk.order(BUY, 100, limit=9.6)
    desk.replace(order, **change)
    assert desk.hear()[-1].reason == reason
    assert desk.raw[-1]["leaves_quantity_units"] == shares(100)
    desk.bar("10.00 10.50 9.50 10.20")
    assert desk.fills() == [(order, 100.0, 9.6, "LIMIT")]


def test_stop_that_acts_already_cannot_be_moved() -> None:
    desk = Desk()
    order = desk.order(SELL, 100, stop=10.0)
    desk.bar("9.00 9.50 8.50 9.20", volume=100)
    desk.replace(order, at=1.0, stop_units=dollars(8))
    assert desk.hear()[-1].reason == "VENUE_TOO_LATE_TO_CANCEL"


def test_day_order_lives_to_the_end_of_its_day() -> None:
    desk = Desk(length_ns=DAY * MINUTE)
    order = desk.order(BUY, 150, at=0.0, time_in_force=TimeInForce.DAY)
    desk.bar("10.00 10.50 9.50 10.20", volume=1_000)
    assert desk.fills() == [(order, 100.0, 10.0, "OPEN")]
    desk.bar("11.00 11.50 10.50 11.20", volume=1_000, start=float(DAY))
    assert desk.hear() == [Heard("EXPIRED", order)]
    report = desk.raw[-1]
    assert (report["venue_time_ns"], report["order_status"]) == (DAY * MINUTE, OrderStatus.EXPIRED)
    assert (report["cumulative_quantity_units"], report["leaves_quantity_units"]) == (shares(100), 0)


def test_day_order_takes_part_in_the_close_of_its_day() -> None:
    desk = Desk(length_ns=DAY * MINUTE)
    points = desk.points("10.00 10.50 9.50 10.20")
    next(points)
    order = desk.order(BUY, 10, at=0.25, time_in_force=TimeInForce.DAY)
    next(points)
    next(points)
    assert desk.fills() == [(order, 10.0, 10.2, "CLOSE")]


def test_day_order_ends_with_the_session_where_one_is_given() -> None:
    desk = Desk()
    desk.row["session_end_ns"] = minutes(2)
    order = desk.order(BUY, 10, limit=9.0, at=0.0, time_in_force=TimeInForce.DAY)
    exchange_expire_due(desk.venue, minutes(2))
    assert desk.hear() == [Heard("NEW", order)]
    exchange_expire_due(desk.venue, minutes(2) + 1)
    assert desk.hear() == [Heard("EXPIRED", order)]
    assert desk.raw[-1]["venue_time_ns"] == minutes(2)


def test_good_till_date() -> None:
    desk = Desk()
    order = desk.order(BUY, 10, limit=9.0, time_in_force=TimeInForce.GTD, expire_time_ns=minutes(2.5))
    desk.bar("10.00 10.50 9.50 10.20")
    desk.bar("10.00 10.50 9.50 10.20", start=2.0)
    assert desk.hear()[1:] == [Heard("EXPIRED", order)]
    assert desk.raw[-1]["venue_time_ns"] == minutes(2.5)


def test_arrivals_come_after_what_expired_before_them() -> None:
    desk = Desk()
    order = desk.order(BUY, 10, limit=9.0, time_in_force=TimeInForce.GTD, expire_time_ns=minutes(1))
    request = desk.cancel(order, at=2.0, venue_order_id=1)
    assert desk.hear()[1:] == [
        Heard("EXPIRED", order),
        Heard("CANCEL_REJECT", request, reason="VENUE_TOO_LATE_TO_CANCEL"),
    ]


def test_what_is_open_at_the_end_expires_and_is_reported() -> None:
    desk = Desk()
    other = desk.order(BUY, 1, instrument=2)
    first, second = desk.order(BUY, 10, limit=9.0), desk.order(BUY, None)
    exchange_expire_all(desk.venue, minutes(5))
    assert desk.hear()[3:] == [Heard("EXPIRED", first), Heard("EXPIRED", second), Heard("EXPIRED", other)]
    assert {int(report["venue_time_ns"]) for report in desk.raw[3:]} == {minutes(5)}
    assert (desk.row["live_orders"], desk.row["expired_count"]) == (0, 3)


def test_split_rescales_resting_orders_and_says_so() -> None:
    desk = Desk()
    limit = desk.order(BUY, 100, limit=10.0)
    stop = desk.order(SELL, 3, stop=7.0)
    exchange_split(desk.venue, 1, 3, 2, minutes(0))
    assert desk.hear()[2:] == [Heard("RESTATED", limit), Heard("RESTATED", stop)]
    first, second = desk.raw[2:]
    assert first["price_units"] == 6_666_666_667
    assert first["order_quantity_units"] == shares(150)
    assert (second["order_quantity_units"], second["leaves_quantity_units"]) == (shares(4), shares(4))
    assert second["stop_units"] == 4_666_666_667
    assert second["reject_reason"] == RestatementReason.CORPORATE_ACTION


def test_order_that_a_reverse_split_leaves_nothing_of_is_canceled() -> None:
    desk = Desk()
    order = desk.order(BUY, 9, limit=10.0)
    exchange_split(desk.venue, 1, 1, 10, minutes(0))
    assert desk.hear()[1:] == [Heard("CANCELED", order, reason="VENUE_LOT_SIZE")]


def test_split_needs_a_positive_ratio() -> None:
    with pytest.raises(ValueError, match="positive"):
        exchange_split(Desk().venue, 1, 0, 1, 0)


def test_mark_stamps_arriving_orders() -> None:
    desk = Desk()
    exchange_mark(desk.venue, 1, dollars("12.34"))
    desk.order(BUY, 1)
    assert desk.raw[-1]["reference_price_units"] == dollars("12.34")


def test_what_is_no_command_raises() -> None:
    record = blank(Kind.BAR)
    with pytest.raises(ValueError, match="takes new orders"):
        exchange_accept(Desk().venue, int(record.ctypes.data), 0)


def test_full_ring_raises_before_a_report_is_lost() -> None:
    desk = Desk(order_capacity=1)
    capacity = desk.block.capacity("reports")
    record = blank(Kind.NEW_ORDER)
    for count in range(capacity):
        assert exchange_accept(desk.venue, int(record.ctypes.data), 0) == count + 1
    with pytest.raises(OverflowError, match="ring of reports is full"):
        exchange_accept(desk.venue, int(record.ctypes.data), 0)
    assert reports_waiting(desk.venue) == capacity


def test_unresolved_orders_wait_without_a_quantity() -> None:
    desk = Desk()
    desk.order(BUY, None, quantity_kind=QuantityKind.NOTIONAL)
    assert desk.raw[-1]["order_quantity_units"] == -(2**63)
    assert desk.block.rows("instruments")[1]["unresolved_orders"] == 1
    assert np.isnan(desk.raw[-1]["average_price"])
    assert RejectReason(int(desk.raw[-1]["reject_reason"]) or 80) is RejectReason.VENUE_OTHER
