"""What the mock venue does with orders, step by step."""

from __future__ import annotations

import pytest

from atlas.gateways.mock import Behaviour, Script
from atlas.gateways.mock.orders import ScriptedOrders, check_command
from atlas.records.enums import ExecutionType, OrderStatus, QuantityKind, RejectReason, TransactionType
from atlas.records.errors import CodecError
from atlas.records.kinds import Kind
from tests.unit.gateways.mock.samples import PRICE, UNIT, cancel, new_order, question, replacement, report, script


def venue(*behaviours: Behaviour) -> ScriptedOrders:
    orders = ScriptedOrders(script(*behaviours))
    orders.advance(1)
    return orders


def told(orders: ScriptedOrders, step: int) -> list[tuple[int, int]]:
    """Execution type and cumulative quantity of what a step brings."""
    orders.advance(step)
    reports = [report(record) for record in orders.delivered(step)]
    return [(int(each["execution_type"]), int(each["cumulative_quantity_units"])) for each in reports]


def test_an_order_is_answered_and_filled_at_the_close_of_the_next_step() -> None:
    orders = venue()
    orders.arrive(new_order())
    assert told(orders, 2) == [(ExecutionType.NEW, 0), (ExecutionType.FILL, 10 * UNIT)]
    fill = report(orders.delivered(2)[1])
    assert fill["last_price_units"] == 102 * PRICE
    assert fill["fee_money"] == 102 * 10 * UNIT // 1000


def test_an_id_that_came_before_makes_no_second_order() -> None:
    orders = venue()
    for _ in range(3):
        orders.arrive(new_order())
    assert (len(orders.orders), orders.ignored_count) == (1, 2)
    orders.advance(3)
    orders.arrive(new_order())
    assert told(orders, 4) == []


def test_parts_come_one_a_step_and_leave_nothing() -> None:
    orders = venue(Behaviour(parts=3))
    orders.arrive(new_order(quantity=10))
    assert told(orders, 2)[1:] == [(ExecutionType.PARTIAL_FILL, 3)]
    assert told(orders, 3) == [(ExecutionType.PARTIAL_FILL, 6)]
    assert told(orders, 4) == [(ExecutionType.FILL, 10)]


def test_duplicates_are_the_same_bytes() -> None:
    orders = venue(Behaviour(duplicates=2))
    orders.arrive(new_order())
    orders.advance(2)
    first, second = orders.delivered(2)[0], orders.delivered(2)[3]
    assert orders.delivered(2) == [first] * 3 + [second] * 3


def test_what_is_lost_is_known_to_whoever_asks() -> None:
    orders = venue(Behaviour(lose_answer=True, lose_fills=True, silent_asks=1))
    orders.arrive(new_order())
    assert told(orders, 2) == []
    assert orders.answer(question(1)) is None
    answers = orders.answer(question(1))
    assert answers is not None
    types = [int(report(answer)["transaction_type"]) for answer in answers]
    assert types == [TransactionType.NEW, TransactionType.NEW, TransactionType.STATUS]
    assert report(answers[-1])["order_status"] == OrderStatus.FILLED


def test_an_unknown_id_is_said_to_be_unknown() -> None:
    (answer,) = venue().answer(question(5)) or []
    assert report(answer)["reject_reason"] == RejectReason.VENUE_UNKNOWN_ORDER
    assert report(answer)["client_order_id"] == 5


@pytest.mark.parametrize(
    ("behaviour", "order", "reason"),
    [
        (Behaviour(reject=RejectReason.VENUE_CLOSED), new_order(), RejectReason.VENUE_CLOSED),
        (Behaviour(), new_order(quantity_kind=QuantityKind.NOTIONAL), RejectReason.VENUE_UNSUPPORTED),
    ],
)
def test_rejections_say_why(behaviour: Behaviour, order: bytes, reason: RejectReason) -> None:
    orders = venue(behaviour)
    orders.arrive(order)
    assert told(orders, 2) == [(ExecutionType.REJECTED, 0)]
    assert report(orders.delivered(2)[0])["reject_reason"] == reason
    assert orders.open_orders() == []


def test_a_resting_order_is_replaced_and_cancelled() -> None:
    orders = venue(Behaviour(fill_after=0))
    orders.arrive(new_order(price_units=90 * PRICE))
    orders.advance(2)
    assert len(orders.open_orders()) == 1
    orders.arrive(replacement(2, 1, 4 * UNIT, 91 * PRICE))
    assert told(orders, 3) == [(ExecutionType.REPLACED, 0)]
    replaced = report(orders.delivered(3)[0])
    assert (int(replaced["client_order_id"]), int(replaced["reference_id"])) == (2, 1)
    assert (int(replaced["order_quantity_units"]), int(replaced["price_units"])) == (4 * UNIT, 91 * PRICE)
    orders.arrive(cancel(3, 1))
    assert told(orders, 4) == [(ExecutionType.CANCELED, 0)]
    assert orders.open_orders() == []


@pytest.mark.parametrize("request_record", [cancel(2, 1), replacement(2, 1, 20 * UNIT, 90 * PRICE)])
def test_a_request_about_a_filled_order_is_refused(request_record: bytes) -> None:
    orders = venue()
    orders.arrive(new_order())
    orders.advance(2)
    orders.arrive(request_record)
    orders.advance(3)
    (refusal,) = orders.delivered(3)
    assert refusal[20] == Kind.CANCEL_REJECT


def test_what_is_no_command_is_refused() -> None:
    check_command(new_order())
    with pytest.raises(CodecError, match="no command"):
        check_command(question(9))
    with pytest.raises(CodecError, match="has 128 bytes, not 64"):
        check_command(new_order()[:64])


def test_a_script_is_read_as_written(tmp_path: object) -> None:
    from pathlib import Path

    path = Path(str(tmp_path)) / "script.json"
    written = script(Behaviour(parts=2), Behaviour(lose_answer=True))
    written.save(path)
    assert Script.load(path) == written
