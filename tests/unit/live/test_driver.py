"""The live loop: what is written before what, operator's words, quantities resolved before sending, failing hooks."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from atlas.gateways.mock import Behaviour
from atlas.live import replay_journal
from atlas.live.driver import Stage, Timing
from atlas.records.commands import NEW_ORDER
from atlas.records.enums import NULL, AskedBy, ErrorCode, Hook, OrderType, QuantityKind, TimeInForce, TradingState
from atlas.records.errors import LeaseError
from atlas.records.kinds import Kind
from atlas.records.layout import blank, repeat_headers
from atlas.records.outputs import COMMAND_CAUSE, STRATEGY_FAILED
from atlas.strategy.base import Strategy
from tests.unit.live.link import PRICE, SECOND_NS, UNIT, Buyer, Run, stamped


class Weighted(Strategy):
    """Holds half of its equity."""

    def on_bar(self, ctx, bar):  # type: ignore[no-untyped-def]
        ctx.target_weight(bar.instrument, 0.5)


class Timed(Strategy):
    """Buys when its timer says so."""

    rung: int = 0

    def on_start(self, ctx):  # type: ignore[no-untyped-def]
        ctx.set_timer(1, 90_000_000_000, 0)

    def on_timer(self, ctx, timer):  # type: ignore[no-untyped-def]
        self.rung += 1


class Failing(Strategy):
    """Orders, then divides by nothing."""

    def on_bar(self, ctx, bar):  # type: ignore[no-untyped-def]
        ctx.buy(bar.instrument, 1, limit=1.0)
        ctx.buy(bar.instrument, bar.close / (bar.close - bar.close))


def test_events_stand_before_their_commands_which_name_them(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.steps(2)
    kinds, records = run.kinds(), run.records()
    assert kinds[:4] == [Kind.OPERATOR_START, Kind.BAR, Kind.COMMAND_CAUSE, Kind.NEW_ORDER]
    cause = np.frombuffer(records[2], COMMAND_CAUSE)[0]
    assert (int(cause["event_sequence"]), int(cause["first_command_sequence"]), int(cause["command_count"])) == (
        1,
        3,
        1,
    )
    assert cause["event_kind"] == Kind.BAR


def test_nothing_is_applied_before_it_is_durable_and_nothing_sent_before_its_command_is(tmp_path: Path) -> None:
    run, seen = Run(tmp_path), []

    def observe(stage: Stage) -> None:
        seen.append((stage, run.journal.durable_count, int(run.machine.world["event_count"]), len(run.link.sent)))

    run.driver.observe = observe
    run.steps(1)
    applied = next(entry for entry in seen if entry[0] == Stage.APPLIED)
    durable = next(entry for entry in seen if entry[0] == Stage.DURABLE)
    assert durable[1:3] == (2, 1)
    assert applied[2] == 2
    sending = next(entry for entry in seen if entry[0] == Stage.SENDING)
    assert sending[1] == run.journal.next_sequence
    assert sending[3] == 0
    assert len(run.link.sent) == 1


def test_a_pause_refuses_new_orders_and_a_resume_lets_them_pass(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.driver.take(stamped(Kind.OPERATOR_PAUSE))
    run.steps(2)
    assert run.link.sent == []
    run.driver.take(stamped(Kind.OPERATOR_RESUME, run.link.now_ns()))
    run.steps(1)
    assert len(run.link.sent) == 1


def test_the_kill_switch_cancels_what_works_and_refuses_what_comes(tmp_path: Path) -> None:
    run = Run(tmp_path, Behaviour(fill_after=0))
    run.steps(2)
    run.driver.take(stamped(Kind.OPERATOR_KILL_SWITCH, run.link.now_ns()))
    run.steps(3)
    assert [command[20] for command in run.link.sent] == [Kind.NEW_ORDER, Kind.CANCEL_ORDER]
    assert len(run.orders()) == 0
    run.driver.take(stamped(Kind.OPERATOR_KILL_SWITCH_RESET, run.link.now_ns()))
    run.steps(2)
    assert [command[20] for command in run.link.sent][2:] == [Kind.NEW_ORDER]


def test_orders_are_cancelled_one_by_one_and_all_at_once(tmp_path: Path) -> None:
    run = Run(tmp_path, *[Behaviour(fill_after=0)] * 3)
    run.steps(5)
    first, *_ = run.orders()["client_order_id"].tolist()
    run.driver.take(stamped(Kind.OPERATOR_CANCEL_ORDER, run.link.now_ns(), original_client_order_id=first))
    run.driver.take(stamped(Kind.OPERATOR_CANCEL_ALL, run.link.now_ns()))
    assert [command[20] for command in run.link.sent].count(Kind.CANCEL_ORDER) == 3
    run.steps(1)
    assert len(run.orders()) == 0


def by_hand(run: Run, kind: Kind, **fields: object) -> None:
    """Take an operator's record of several rows."""
    record = blank(kind)
    record["local_time_ns"] = record["venue_time_ns"] = run.link.now_ns()
    for name, value in fields.items():
        record[name] = value
    repeat_headers(record)
    run.driver.take(record.tobytes())


def test_an_order_by_hand_passes_risk_and_belongs_to_nobody(tmp_path: Path) -> None:
    run = Run(tmp_path, Behaviour(fill_after=0), Behaviour(fill_after=0))
    run.steps(2)
    terms = {"instrument": 1, "side": 1, "order_type": OrderType.LIMIT, "time_in_force": TimeInForce.GTC}
    units = {"quantity_kind": QuantityKind.UNITS, "price_units": 90 * PRICE}
    by_hand(run, Kind.OPERATOR_NEW_ORDER, **terms, **units, quantity_units=3 * UNIT)
    sent = np.frombuffer(run.link.sent[-1], NEW_ORDER)[0]
    assert (int(sent["quantity_units"]), int(sent["strategy"]), int(sent["asked_by"])) == (3 * UNIT, 0, AskedBy.TRADER)
    by_hand(run, Kind.OPERATOR_REPLACE_ORDER, original_client_order_id=sent["client_order_id"], quantity_units=4 * UNIT)
    assert run.link.sent[-1][20] == Kind.REPLACE_ORDER
    run.steps(1)
    assert 4 * UNIT in run.orders()["quantity_units"].tolist()
    count = len(run.link.sent)
    by_hand(run, Kind.OPERATOR_NEW_ORDER, **terms, **units, quantity_units=10**9 * UNIT)
    by_hand(run, Kind.OPERATOR_NEW_ORDER, **terms, **units, quantity_units=0)
    by_hand(run, Kind.OPERATOR_REPLACE_ORDER, original_client_order_id=12345, quantity_units=1)
    assert len(run.link.sent) == count
    assert run.machine.world["refused_count"] == 3


def test_the_trading_state_is_set_by_hand(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.driver.take(stamped(Kind.OPERATOR_SET_TRADING_STATE, trading_state=TradingState.HALTED))
    run.steps(1)
    assert run.machine.world["trading_state"] == TradingState.HALTED
    assert run.link.sent == []


def test_a_weight_is_sent_as_the_units_it_comes_to(tmp_path: Path) -> None:
    run = Run(tmp_path, strategy=Weighted())
    run.steps(2)
    (sent,) = [np.frombuffer(command, NEW_ORDER)[0] for command in run.link.sent]
    assert sent["quantity_kind"] == QuantityKind.UNITS
    assert int(sent["quantity_units"]) == 5_000 * UNIT
    assert run.position() == 5_000 * UNIT
    (journaled,) = [record for record in run.records() if record[20] == Kind.NEW_ORDER]
    assert np.frombuffer(journaled, NEW_ORDER)[0]["quantity_kind"] == QuantityKind.TARGET_WEIGHT


def test_a_timer_rings_without_market_data(tmp_path: Path) -> None:
    run = Run(tmp_path, strategy=Timed(), closes=(100, NULL, NULL))
    run.driver.run(run.reconciliation.overdue)
    assert run.kinds().count(Kind.CLOCK) == 2
    field = run.machine.block.rows("state").view(np.uint8)
    row = run.machine.block.rows("strategies")[1]
    size, start = int(row["state_bytes"]), int(row["state_offset"])
    dtype = run.machine.bound[0].definition.layout.dtype
    rung = [int(field[start + n * size :][: dtype.itemsize].view(dtype)["rung"][0]) for n in range(2)]
    assert sum(rung) >= 1


def test_a_failing_hook_halts_its_strategy_and_what_was_approved_is_cancelled(tmp_path: Path) -> None:
    run = Run(tmp_path, Behaviour(fill_after=0), strategy=Failing())
    run.steps(3)
    (failure,) = run.machine.failures
    assert failure.hook == "on_bar"
    assert failure.error == "ZeroDivisionError"
    assert [command[20] for command in run.link.sent] == [Kind.NEW_ORDER, Kind.CANCEL_ORDER]
    assert len(run.orders()) == 0
    (failed,) = [np.frombuffer(each, STRATEGY_FAILED)[0] for each in run.records() if each[20] == Kind.STRATEGY_FAILED]
    assert (failed["hook"], failed["error_code"]) == (Hook.ON_BAR, ErrorCode.ZERO_DIVISION)
    run.driver.close()
    assert replay_journal(tmp_path / "run", verify=True).is_verified


def test_nothing_is_sent_once_the_lease_has_run_out(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.lease.release(time.time_ns())
    with pytest.raises(LeaseError, match="has run out"):
        run.steps(1)
    assert run.link.sent == []
    assert run.kinds()[-1] == Kind.NEW_ORDER


def test_snapshots_are_taken_after_so_many_events_and_named_in_the_journal(tmp_path: Path) -> None:
    run = Run(tmp_path, strategy=Buyer(size=2.0), timing=Timing(60 * SECOND_NS, snapshot_events=5))
    run.driver.run(run.reconciliation.overdue)
    taken = run.kinds().count(Kind.SNAPSHOT_TAKEN)
    assert taken >= 2
    assert len(run.driver.snapshots.paths()) == min(taken, 3)
