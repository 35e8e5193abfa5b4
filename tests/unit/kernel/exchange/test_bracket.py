"""Attached stops and targets: live from the fill, each the end of the other."""

from __future__ import annotations

from typing import Any

import pytest

from atlas.records.enums import OrderStatus, TimeInForce
from tests.unit.kernel.exchange.desk import BUY, SELL, Desk, Heard, dollars, shares

STOP, TARGET = -2, -3


def entry(desk: Desk, side: int = BUY, quantity: float = 100, **terms: Any) -> int:
    """Enter with a stop at 9.60 and a target at 10.40 around 10.00."""
    loss, profit = ("9.60", "10.40") if side == BUY else ("10.40", "9.60")
    return desk.order(side, quantity, stop_loss_units=dollars(loss), take_profit_units=dollars(profit), **terms)


def desk_with_brackets(**parameters: Any) -> Desk:
    return Desk(attached_orders=True, **parameters)


def test_children_are_reported_with_their_parent() -> None:
    desk = desk_with_brackets()
    order = entry(desk)
    next(desk.points("10.00 10.50 9.50 10.20"))
    assert desk.hear() == [
        Heard("NEW", order),
        Heard("FILL", order, 100.0, 10.0, "OPEN"),
        Heard("NEW", STOP),
        Heard("NEW", TARGET),
    ]
    stop, target = desk.raw[-2:]
    assert (stop["reference_id"], target["reference_id"]) == (order, order)
    assert (stop["side"], stop["stop_units"], stop["order_quantity_units"]) == (SELL, dollars("9.60"), shares(100))
    assert (target["price_units"], target["time_in_force"]) == (dollars("10.40"), TimeInForce.GTC)
    assert (stop["flags"], stop["account"], stop["strategy"]) == (2, 3, 7)


def test_stop_is_taken_where_the_bar_holds_both() -> None:
    desk = desk_with_brackets()
    order = entry(desk)
    desk.bar("10.00 10.50 9.50 10.20")
    assert desk.hear()[1:] == [
        Heard("FILL", order, 100.0, 10.0, "OPEN"),
        Heard("NEW", STOP),
        Heard("NEW", TARGET),
        Heard("CANCELED", TARGET),
        Heard("FILL", STOP, 100.0, 9.6, "STOP"),
    ]
    assert desk.row["live_orders"] == 0


def test_target_ends_the_stop() -> None:
    desk = desk_with_brackets()
    entry(desk, SELL)
    desk.bar("10.00 10.30 9.50 10.20")
    assert desk.hear()[4:] == [Heard("FILL", TARGET, 100.0, 9.6, "LIMIT"), Heard("CANCELED", STOP)]
    assert desk.row["live_orders"] == 0


def test_stop_shrinks_by_what_the_target_fills() -> None:
    desk = desk_with_brackets()
    entry(desk)
    desk.bar("10.00 10.10 9.90 10.00", volume=1_000)
    desk.bar("10.00 10.50 9.90 10.00", volume=300, start=1.0)
    assert desk.hear()[4:] == [Heard("PARTIAL_FILL", TARGET, 30.0, 10.4, "LIMIT"), Heard("RESTATED", STOP)]
    assert desk.raw[-1]["leaves_quantity_units"] == shares(70)
    desk.bar("9.00 9.50 8.90 9.00", start=2.0)
    assert desk.hear() == [Heard("CANCELED", TARGET), Heard("FILL", STOP, 70.0, 9.0, "STOP_GAP")]


def test_each_partial_fill_has_its_own_children() -> None:
    desk = desk_with_brackets()
    order = entry(desk, quantity=150)
    desk.bar("10.00 10.10 9.90 10.00", volume=1_000)
    desk.bar("10.00 10.10 9.90 10.00", volume=1_000, start=1.0)
    assert [report["order_quantity_units"] // shares(1) for report in desk.raw if report["client_order_id"] < 0] == [
        *(100, 100),
        *(50, 50),
    ]
    assert desk.row["live_orders"] == 4
    assert desk.raw[1]["client_order_id"] == order


def test_stop_of_an_entry_on_the_path_meets_the_same_path_and_its_target_does_not() -> None:
    desk = desk_with_brackets()
    both = desk.order(BUY, 10, limit="9.80", stop_loss_units=dollars("9.60"), take_profit_units=dollars("10.40"))
    desk.bar("10.00 10.50 9.50 10.20")
    assert desk.fills() == [(both, 10.0, 9.8, "LIMIT"), (STOP, 10.0, 9.6, "STOP")]
    target = desk.order(BUY, 10, limit="9.80", at=1.0, take_profit_units=dollars("10.40"))
    desk.bar("10.00 10.50 9.70 10.20", start=1.0)
    assert desk.fills() == [(target, 10.0, 9.8, "LIMIT")]
    desk.bar("10.20 10.50 9.70 10.20", start=2.0)
    assert desk.fills() == [(-5, 10.0, 10.4, "LIMIT")]


def test_stop_that_the_entry_has_passed_acts_at_the_next_price() -> None:
    desk = desk_with_brackets()
    order = entry(desk)
    desk.bar("9.50 10.50 9.40 9.45")
    assert desk.hear()[1:] == [
        Heard("FILL", order, 100.0, 9.5, "OPEN"),
        Heard("NEW", STOP),
        Heard("FILL", STOP, 100.0, 9.45, "CLOSE"),
    ]


def test_canceled_child_leaves_the_other() -> None:
    desk = desk_with_brackets()
    entry(desk)
    desk.bar("10.00 10.10 9.90 10.00")
    desk.cancel(TARGET, at=1.5)
    desk.bar("9.70 9.80 9.50 9.70", start=2.0)
    assert desk.fills()[1:] == [(STOP, 100.0, 9.6, "STOP")]


def test_child_without_room_is_reported() -> None:
    desk = desk_with_brackets(order_capacity=2)
    entry(desk)
    desk.bar("10.00 10.10 9.90 10.00")
    assert desk.hear()[2:] == [Heard("NEW", STOP), Heard("REJECTED", TARGET, reason="CAPACITY_ORDERS")]
    assert desk.raw[-1]["order_status"] == OrderStatus.REJECTED


@pytest.mark.parametrize(
    ("side", "limit", "loss", "profit", "reason"),
    [
        (BUY, None, "10.40", "9.60", "REQUEST_BRACKET"),
        (SELL, None, "9.60", "10.40", "REQUEST_BRACKET"),
        (BUY, "10.00", "10.00", None, "REQUEST_BRACKET"),
        (BUY, "10.00", None, "9.99", "REQUEST_BRACKET"),
        (BUY, None, "9.605", None, "VENUE_TICK_SIZE"),
    ],
)
def test_brackets_the_wrong_way_round_are_refused(
    side: int, limit: str | None, loss: str | None, profit: str | None, reason: str
) -> None:
    desk = desk_with_brackets()
    order = desk.order(side, 1, limit, stop_loss_units=dollars(loss), take_profit_units=dollars(profit))
    assert desk.hear() == [Heard("REJECTED", order, reason=reason)]


def test_brackets_are_refused_where_the_trader_would_not_know_them() -> None:
    desk = Desk()
    order = entry(desk)
    assert desk.hear() == [Heard("REJECTED", order, reason="VENUE_UNSUPPORTED")]
