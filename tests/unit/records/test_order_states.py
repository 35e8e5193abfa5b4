"""The order-state table as a whole: what it never does, whatever the path."""

from __future__ import annotations

import numpy as np
import pytest

from atlas.records.enums import ExecutionType, OrderState, OrderStatus, PendingFlag, TransactionType
from atlas.records.order_states import (
    BASE_MASK,
    CLOSED,
    CLOSED_STATES,
    EVENT_COUNT,
    ILLEGAL,
    NO_EVENT,
    OUTWARD_STATUS,
    PENDING_MASK,
    RULES,
    STATE_COUNT,
    TRANSITIONS,
    VALID_STATES,
    OrderEvent,
    next_state,
    outward_status,
    report_event,
    state_name,
)

REQUESTS = (OrderEvent.CANCEL_REQUEST, OrderEvent.REPLACE_REQUEST)
REOPENING = {OrderEvent.BUST, OrderEvent.BUST_ALL, OrderEvent.CORRECT, OrderEvent.REPLACE_ACCEPT_REOPEN}
CANCEL, REPLACE = int(PendingFlag.PENDING_CANCEL), int(PendingFlag.PENDING_REPLACE)


def test_the_table_is_constant_and_small() -> None:
    assert TRANSITIONS.shape == (STATE_COUNT, EVENT_COUNT) == (64, 45)
    assert TRANSITIONS.dtype == CLOSED.dtype == OUTWARD_STATUS.dtype == np.uint8
    with pytest.raises(ValueError, match="read-only"):
        TRANSITIONS[1, 1] = 3


def test_only_valid_states_are_reached_and_all_are() -> None:
    reached = {0}
    while True:
        further = reached | {int(state) for before in reached for state in TRANSITIONS[before] if state != ILLEGAL}
        if further == reached:
            break
        reached = further
    assert reached - {0} == set(VALID_STATES)


def test_nothing_happens_in_a_byte_that_is_no_state() -> None:
    for state in set(range(1, STATE_COUNT)) - set(VALID_STATES):
        assert not TRANSITIONS[state].any()
        assert OUTWARD_STATUS[state] == 0


def test_no_two_rules_speak_of_the_same_state_and_event() -> None:
    seen = set()
    for rule in RULES:
        for state in (0, *VALID_STATES):
            flags = state & PENDING_MASK
            if state & BASE_MASK in rule.moves and flags & rule.need == rule.need and not flags & rule.forbid:
                assert (state, rule.event) not in seen, (state_name(state), rule.event)
                seen.add((state, rule.event))


@pytest.mark.parametrize("event", OrderEvent)
def test_every_event_can_happen_somewhere(event: OrderEvent) -> None:
    assert TRANSITIONS[:, event].any()


@pytest.mark.parametrize("state", VALID_STATES)
def test_a_closed_order_takes_no_request_and_opens_by_busts_corrections_and_replacement_only(state: int) -> None:
    if not CLOSED[state]:
        return
    assert all(next_state(state, event) == ILLEGAL for event in REQUESTS)
    for event in set(OrderEvent) - REOPENING:
        after = next_state(state, event)
        assert after == ILLEGAL or CLOSED[after], event


@pytest.mark.parametrize("state", VALID_STATES)
def test_what_takes_a_flag_away_leaves_the_base_alone(state: int) -> None:
    for event, flag in ((OrderEvent.CANCEL_REFUSE, CANCEL), (OrderEvent.REPLACE_REFUSE, REPLACE)):
        if state & flag:
            assert next_state(state, event) == state & ~flag


@pytest.mark.parametrize("state", VALID_STATES)
def test_only_one_request_of_a_kind_is_under_way(state: int) -> None:
    if state & CANCEL:
        assert next_state(state, OrderEvent.CANCEL_REQUEST) == ILLEGAL
    if state & (CANCEL | REPLACE):
        assert next_state(state, OrderEvent.REPLACE_REQUEST) == ILLEGAL


def test_answers_to_questions_that_were_not_asked_are_illegal_on_a_live_order() -> None:
    for base in (OrderState.ACKNOWLEDGED, OrderState.PARTIAL_FILL, OrderState.SUSPENDED):
        for event in (OrderEvent.CANCEL_ACCEPT, OrderEvent.CANCEL_REFUSE, OrderEvent.REPLACE_ACCEPT):
            assert next_state(base, event) == ILLEGAL


def test_an_order_not_sent_hears_nothing_from_a_venue() -> None:
    legal = {event for event in OrderEvent if next_state(OrderState.NEW, event) != ILLEGAL}
    assert legal == {OrderEvent.RISK_REJECT, OrderEvent.SENT, OrderEvent.UNSOLICITED_CANCEL}


def test_a_rejected_order_hears_refusals_only() -> None:
    legal = {event for event in OrderEvent if next_state(OrderState.REJECTED, event) != ILLEGAL}
    assert legal == {OrderEvent.REJECT, OrderEvent.CANCEL_REFUSE, OrderEvent.REPLACE_REFUSE}


def test_doubt_ends_by_an_answer_and_never_by_time() -> None:
    leaving = {
        event for event in OrderEvent if next_state(OrderState.IN_DOUBT, event) & BASE_MASK != OrderState.IN_DOUBT
    }
    silent = {event for event in OrderEvent if next_state(OrderState.IN_DOUBT, event) == ILLEGAL}
    assert OrderEvent.SENT not in leaving - silent
    assert {event for event in leaving - silent if event.name.startswith("RESOLVE")} == {
        event for event in OrderEvent if event.name.startswith("RESOLVE")
    }
    assert not CLOSED[OrderState.IN_DOUBT]


@pytest.mark.parametrize("state", VALID_STATES)
def test_pending_flags_win_outside(state: int) -> None:
    status = outward_status(state)
    if state & CANCEL:
        assert status == OrderStatus.PENDING_CANCEL
    elif state & REPLACE:
        assert status == OrderStatus.PENDING_REPLACE
    assert OUTWARD_STATUS[state] == status


def test_closed_states_are_the_four_terminal_ones() -> None:
    closed = {state & BASE_MASK for state in VALID_STATES if CLOSED[state]}
    assert closed == set(CLOSED_STATES)


@pytest.mark.parametrize(
    ("state", "name"),
    [
        (0, "NONE"),
        (OrderState.FILLED, "FILLED"),
        (OrderState.PARTIAL_FILL | CANCEL | REPLACE, "PARTIAL_FILL+PENDING_CANCEL+PENDING_REPLACE"),
    ],
)
def test_states_have_names(state: int, name: str) -> None:
    assert state_name(state) == name


@pytest.mark.parametrize(
    ("state", "execution_type", "filled", "quantity", "event"),
    [
        (OrderState.PENDING_NEW, ExecutionType.NEW, 0, 10, OrderEvent.ACKNOWLEDGE),
        (OrderState.SUSPENDED, ExecutionType.NEW, 0, 10, OrderEvent.ACKNOWLEDGE),
        (OrderState.SUSPENDED, ExecutionType.NEW, 4, 10, OrderEvent.RESUME_PARTIAL),
        (OrderState.ACKNOWLEDGED, ExecutionType.PARTIAL_FILL, 10, 10, OrderEvent.FILL_COMPLETE),
        (OrderState.ACKNOWLEDGED, ExecutionType.FILL, 9, 10, OrderEvent.FILL_PARTIAL),
        (OrderState.ACKNOWLEDGED, ExecutionType.CANCELED, 0, 10, OrderEvent.UNSOLICITED_CANCEL),
        (OrderState.ACKNOWLEDGED | CANCEL, ExecutionType.CANCELED, 0, 10, OrderEvent.CANCEL_ACCEPT),
        (OrderState.ACKNOWLEDGED, ExecutionType.REPLACED, 0, 10, OrderEvent.RESTATE),
        (OrderState.PARTIAL_FILL, ExecutionType.RESTATED, 10, 10, OrderEvent.RESTATE_COMPLETE),
        (OrderState.PARTIAL_FILL | REPLACE, ExecutionType.REPLACED, 5, 10, OrderEvent.REPLACE_ACCEPT),
        (OrderState.PARTIAL_FILL | REPLACE, ExecutionType.REPLACED, 10, 10, OrderEvent.REPLACE_ACCEPT_COMPLETE),
        (OrderState.FILLED | REPLACE, ExecutionType.REPLACED, 10, 12, OrderEvent.REPLACE_ACCEPT_REOPEN),
        (OrderState.ACKNOWLEDGED, ExecutionType.EXPIRED, 0, 10, OrderEvent.EXPIRE),
        (OrderState.ACKNOWLEDGED, 0, 0, 10, NO_EVENT),
    ],
)
def test_reports_become_events(state: int, execution_type: int, filled: int, quantity: int, event: int) -> None:
    leaves = quantity - filled
    assert report_event(state, execution_type, TransactionType.NEW, 0, filled, leaves, quantity) == event


@pytest.mark.parametrize(
    ("status", "filled", "event"),
    [
        (OrderStatus.NEW, 0, OrderEvent.RESOLVE_LIVE),
        (OrderStatus.PARTIAL_FILL, 3, OrderEvent.RESOLVE_PARTIAL),
        (OrderStatus.FILLED, 10, OrderEvent.RESOLVE_FILLED),
        (OrderStatus.CANCELED, 0, OrderEvent.RESOLVE_CANCELED),
        (OrderStatus.REJECTED, 0, OrderEvent.RESOLVE_REJECTED),
        (OrderStatus.EXPIRED, 0, OrderEvent.RESOLVE_EXPIRED),
        (OrderStatus.SUSPENDED, 0, OrderEvent.SUSPEND),
        (OrderStatus.PENDING_NEW, 0, OrderEvent.NEW_PENDING),
    ],
)
def test_a_status_report_resolves_a_doubt(status: int, filled: int, event: int) -> None:
    arguments = (ExecutionType.NEW, TransactionType.STATUS, status, filled, 10 - filled, 10)
    assert report_event(OrderState.IN_DOUBT, *arguments) == event
    assert next_state(OrderState.IN_DOUBT, event) != ILLEGAL
    assert report_event(OrderState.ACKNOWLEDGED, *arguments) == NO_EVENT
