"""Orders without an answer: doubt, the venue's word, sending again, closing what was never sent."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from atlas.gateways.mock import Behaviour
from atlas.live.driver import Rows
from atlas.records.commands import NEW_ORDER
from atlas.records.enums import OrderFlag, OrderState, RejectReason, TimeInForce
from atlas.records.kinds import Kind
from atlas.records.outputs import DISCREPANCY, ORDER_TRANSITION
from atlas.records.reports import EXECUTION_REPORT
from tests.unit.gateways.mock.samples import new_order
from tests.unit.live.link import UNIT, Run, stamped


def unsent(run: Run) -> int:
    """Play the first bar so that its order is durable but never gets to the venue; the order's id."""
    send, run.link.send = run.link.send, lambda command: None  # type: ignore[method-assign]
    run.steps(1)
    run.link.send = send  # type: ignore[method-assign]
    (order,) = run.orders()
    return int(order["client_order_id"])


def test_what_the_venue_never_had_is_sent_again_under_its_id(tmp_path: Path) -> None:
    run = Run(tmp_path)
    identity = unsent(run)
    run.reconciliation.after_start()
    (sent,) = [np.frombuffer(command, NEW_ORDER)[0] for command in run.link.sent]
    assert int(sent["client_order_id"]) == identity
    assert int(sent["flags"]) & OrderFlag.RESENT
    assert run.orders()["state"].tolist() == [OrderState.PENDING_NEW]
    run.steps(1)
    assert run.position() == 10 * UNIT


def executions(run: Run) -> set[tuple[int, ...]]:
    """Executions as the journal has them, each once: id, order, type, cumulative quantity, price."""
    names = ("execution_id", "client_order_id", "execution_type", "cumulative_quantity_units", "last_price_units")
    reports = [
        np.frombuffer(record, EXECUTION_REPORT)[0] for record in run.records() if record[20] == Kind.EXECUTION_REPORT
    ]
    return {tuple(int(each[name]) for name in names) for each in reports if each["execution_id"]}


@pytest.mark.parametrize("step", range(1, 8))
def test_commands_that_a_killed_venue_never_read_are_neither_lost_nor_doubled(tmp_path: Path, step: int) -> None:
    behaviours = Behaviour(parts=3, fill_after=2), Behaviour(), Behaviour(acknowledge_after=2)
    whole, killed = Run(tmp_path / "whole", *behaviours), Run(tmp_path / "killed", *behaviours)
    whole.steps(8)
    killed.steps(step - 1)
    killed.link.is_deaf = True
    killed.steps(1)
    killed.link.restart_venue()
    killed.reconciliation.after_start()
    killed.steps(8 - step)
    assert executions(killed) == executions(whole)
    assert killed.position() == whole.position() == 40 * UNIT
    orders = [[order.current_id for order in run.link.venue.orders.orders] for run in (killed, whole)]
    assert orders[0] == orders[1]


def test_the_command_sent_again_has_the_terms_of_the_first(tmp_path: Path) -> None:
    run = Run(tmp_path)
    unsent(run)
    run.reconciliation.after_start()
    first, second = [np.frombuffer(record, NEW_ORDER)[0] for record in run.records() if record[20] == Kind.NEW_ORDER]
    differing = [name for name in NEW_ORDER.names or () if first[name].tobytes() != second[name].tobytes()]
    assert differing == ["flags", "row2_flags"]


def test_an_order_stays_in_doubt_until_the_venue_answers_however_long_that_takes(tmp_path: Path) -> None:
    run = Run(tmp_path, Behaviour(lose_answer=True, lose_fills=True))
    run.link.is_silent = True
    run.steps(1)
    for _ in range(6):
        run.steps(1)
        run.reconciliation.overdue()
    states = dict(zip(run.orders()["client_order_id"].tolist(), run.orders()["state"].tolist(), strict=True))
    first = min(states)
    assert states[first] == OrderState.IN_DOUBT
    assert run.kinds().count(Kind.ORDER_STATUS_REQUEST) >= 5
    held = run.machine.block.rows("positions")["open_buy_units"][1]
    assert held >= 10 * UNIT
    run.link.is_silent = False
    run.reconciliation.after_start()
    assert first not in run.orders()["client_order_id"].tolist()


def test_an_answer_that_comes_of_itself_ends_the_doubt(tmp_path: Path) -> None:
    run = Run(tmp_path, Behaviour(acknowledge_after=3, fill_after=4))
    run.steps(1)
    run.link.is_silent = True
    run.reconciliation.after_start()
    assert run.orders()["state"].tolist() == [OrderState.IN_DOUBT]
    run.link.is_silent = False
    run.steps(4)
    assert run.position() >= 10 * UNIT


@pytest.mark.parametrize("reason", ["kill switch", "pause", "halted strategy", "expired", "yesterday"])
def test_what_is_no_longer_meant_is_closed_as_never_sent(tmp_path: Path, reason: str) -> None:
    run = Run(tmp_path)
    identity = unsent(run)
    row = run.machine.block.rows("orders")[run.machine.block.live("orders")[0] :][:1]
    if reason == "kill switch":
        run.machine.world["kill_switch"] = 1
    elif reason == "pause":
        run.driver.take(stamped(Kind.OPERATOR_PAUSE, run.link.now_ns()))
    elif reason == "halted strategy":
        run.machine.block.rows("strategies")["status"][1] = 1
    elif reason == "expired":
        row["expire_time_ns"] = run.link.now_ns()
    else:
        row["time_in_force"] = TimeInForce.DAY
        row["submit_time_ns"] -= 86_400 * 10**9
    outputs: list[Rows] = []
    run.driver.sink = outputs.append
    run.reconciliation.after_start()
    assert run.link.sent == []
    assert len(run.orders()) == 0
    rows = np.concatenate(outputs)
    closing = [np.frombuffer(row.tobytes(), ORDER_TRANSITION)[0] for row in rows if row.tobytes()[20] == 200]
    assert int(closing[-1]["client_order_id"]) == identity
    assert closing[-1]["to_state"] == OrderState.CANCELED
    assert closing[-1]["reject_reason"] == RejectReason.RECOVERY_NOT_SENT


def test_a_cancel_that_never_arrived_is_sent_again_under_its_id(tmp_path: Path) -> None:
    run = Run(tmp_path, Behaviour(fill_after=0))
    run.steps(2)
    send, run.link.send = run.link.send, lambda command: None  # type: ignore[method-assign]
    run.driver.take(stamped(Kind.OPERATOR_CANCEL_ALL, run.link.now_ns()))
    run.link.send = send  # type: ignore[method-assign]
    (request,) = run.reconciliation.waiting()
    run.reconciliation.after_start()
    again = run.link.sent[-1]
    assert again[20] == Kind.CANCEL_ORDER
    assert int.from_bytes(again[24:32], "little") == request
    run.steps(1)
    assert 1 not in run.orders()["venue_order_id"].tolist()


def test_an_order_of_the_venues_that_nobody_knows_is_put_into_the_journal(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.link.venue.orders.arrive(new_order(identity=77, quantity=UNIT, price_units=10**9))
    run.reconciliation.compare_open_orders()
    (found,) = [record for record in run.records() if record[20] == Kind.DISCREPANCY]
    assert int(np.frombuffer(found, DISCREPANCY)[0]["client_order_id"]) == 77


def test_a_fill_that_was_lost_is_found_by_comparing_open_orders(tmp_path: Path) -> None:
    run = Run(tmp_path, Behaviour(lose_fills=True))
    run.steps(2)
    assert run.position() == 0
    run.reconciliation.compare_open_orders()
    assert run.position() == 10 * UNIT
