"""The order-state table as plain data: which event leads from which state to which, and what the outside is told.

An order has one base state (`OrderState`) and any of two pending flags (`PendingFlag`), added in one byte. The table is
written as rules below and expanded once into small constant arrays that compiled code indexes. Events whose effect
depends on quantities come in variants, so that the next state depends on state and event alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from atlas.records.enums import ExecutionType, OrderState, OrderStatus, PendingFlag, TransactionType


class OrderEvent(IntEnum):
    """What can happen to an order."""

    SUBMIT = 1
    RISK_REJECT = 2
    SENT = 3
    NEW_PENDING = 4
    ACKNOWLEDGE = 5
    REJECT = 6
    FILL_PARTIAL = 7
    FILL_COMPLETE = 8
    CANCEL_REQUEST = 9
    CANCEL_PENDING = 10
    CANCEL_ACCEPT = 11
    CANCEL_REFUSE = 12
    REPLACE_REQUEST = 13
    REPLACE_PENDING = 14
    REPLACE_ACCEPT = 15
    REPLACE_ACCEPT_COMPLETE = 16
    REPLACE_ACCEPT_REOPEN = 17
    REPLACE_REFUSE = 18
    UNSOLICITED_CANCEL = 19
    EXPIRE = 20
    SUSPEND = 21
    RESUME = 22
    RESUME_PARTIAL = 23
    DONE_FOR_DAY = 24
    STOP = 25
    CALCULATE = 26
    RESTATE = 27
    RESTATE_COMPLETE = 28
    BUST = 29
    BUST_ALL = 30
    BUST_CLOSE = 31
    CORRECT = 32
    CORRECT_COMPLETE = 33
    DOUBT = 34
    RESOLVE_LIVE = 35
    RESOLVE_PARTIAL = 36
    RESOLVE_FILLED = 37
    RESOLVE_CANCELED = 38
    RESOLVE_REJECTED = 39
    RESOLVE_EXPIRED = 40
    RESOLVE_UNKNOWN = 41
    RESOLVE_RESEND = 42
    ADOPT = 43
    ADOPT_PARTIAL = 44


EVENT_MEANINGS: Final[dict[OrderEvent, str]] = {
    OrderEvent.SUBMIT: "an order is created",
    OrderEvent.RISK_REJECT: "risk, request checks or capacity refuse it",
    OrderEvent.SENT: "risk approved it and the command left the kernel",
    OrderEvent.NEW_PENDING: "the venue has it but hasn't accepted it yet",
    OrderEvent.ACKNOWLEDGE: "the venue accepted it, nothing filled",
    OrderEvent.REJECT: "the venue refused it",
    OrderEvent.FILL_PARTIAL: "a fill that leaves quantity open",
    OrderEvent.FILL_COMPLETE: "the fill that completes the order",
    OrderEvent.CANCEL_REQUEST: "we ask to cancel",
    OrderEvent.CANCEL_PENDING: "the venue is looking at a cancel",
    OrderEvent.CANCEL_ACCEPT: "the cancel we asked for is done",
    OrderEvent.CANCEL_REFUSE: "the cancel is refused",
    OrderEvent.REPLACE_REQUEST: "we ask to replace",
    OrderEvent.REPLACE_PENDING: "the venue is looking at a replacement",
    OrderEvent.REPLACE_ACCEPT: "the replacement is done, quantity is open",
    OrderEvent.REPLACE_ACCEPT_COMPLETE: "the replacement is done and the new quantity is filled already",
    OrderEvent.REPLACE_ACCEPT_REOPEN: "the replacement raises the quantity of an order that was filled meanwhile",
    OrderEvent.REPLACE_REFUSE: "the replacement is refused",
    OrderEvent.UNSOLICITED_CANCEL: "canceled without our asking",
    OrderEvent.EXPIRE: "its time is over",
    OrderEvent.SUSPEND: "the venue set it aside, for instance in a halt",
    OrderEvent.RESUME: "a suspended or done-for-day order is live again, nothing filled",
    OrderEvent.RESUME_PARTIAL: "the same, partly filled",
    OrderEvent.DONE_FOR_DAY: "no more today, perhaps tomorrow",
    OrderEvent.STOP: "the venue guarantees a price (FIX: stopped)",
    OrderEvent.CALCULATE: "the venue computed commission and the like",
    OrderEvent.RESTATE: "the venue changed the order unasked, quantity is open",
    OrderEvent.RESTATE_COMPLETE: "the venue lowered the quantity to what was filled",
    OrderEvent.BUST: "a fill is taken back, others remain and quantity is open",
    OrderEvent.BUST_ALL: "the last remaining fill is taken back, quantity is open",
    OrderEvent.BUST_CLOSE: "a fill is taken back and the order isn't reopened",
    OrderEvent.CORRECT: "a fill is corrected, quantity is open",
    OrderEvent.CORRECT_COMPLETE: "a fill is corrected and the order is complete",
    OrderEvent.DOUBT: "the connection broke or the answer is overdue: ask the venue",
    OrderEvent.RESOLVE_LIVE: "the venue has it, nothing filled",
    OrderEvent.RESOLVE_PARTIAL: "the venue has it, partly filled",
    OrderEvent.RESOLVE_FILLED: "the venue filled it",
    OrderEvent.RESOLVE_CANCELED: "the venue canceled it",
    OrderEvent.RESOLVE_REJECTED: "the venue refused it",
    OrderEvent.RESOLVE_EXPIRED: "it expired at the venue",
    OrderEvent.RESOLVE_UNKNOWN: "the venue never had it and it isn't sent again",
    OrderEvent.RESOLVE_RESEND: "the venue never had it and it is sent again under the same id",
    OrderEvent.ADOPT: "an order we didn't know is found at the venue, nothing filled",
    OrderEvent.ADOPT_PARTIAL: "the same, partly filled",
}
"""One phrase an event, for the documents."""

ILLEGAL: Final = 0
"""What the table holds where an event can't happen in a state: a request raises, a report is quarantined."""

NO_EVENT: Final = 0
"""What `report_event` returns for a report that changes no state."""

STATE_COUNT: Final = 64
EVENT_COUNT: Final = max(OrderEvent) + 1
BASE_MASK: Final = 15
PENDING_CANCEL: Final = int(PendingFlag.PENDING_CANCEL)
PENDING_REPLACE: Final = int(PendingFlag.PENDING_REPLACE)
PENDING_MASK: Final = PENDING_CANCEL | PENDING_REPLACE

_NONE, _NEW, _SENT = 0, OrderState.NEW, OrderState.PENDING_NEW
_LIVE, _PART, _FULL = OrderState.ACKNOWLEDGED, OrderState.PARTIAL_FILL, OrderState.FILLED
_GONE, _REFUSED, _OVER = OrderState.CANCELED, OrderState.REJECTED, OrderState.EXPIRED
_HELD, _DAY, _DOUBT = OrderState.SUSPENDED, OrderState.DONE_FOR_DAY, OrderState.IN_DOUBT

_OPEN: Final = (_SENT, _LIVE, _PART, _HELD, _DAY, _DOUBT)
_FLAGGED: Final = (*_OPEN, _FULL)
CLOSED_STATES: Final = (OrderState.FILLED, OrderState.CANCELED, OrderState.REJECTED, OrderState.EXPIRED)
"""Base states with nothing open."""

VALID_STATES: Final[tuple[int, ...]] = tuple(
    sorted(
        {int(state) for state in OrderState}
        | {base | flags for base in _FLAGGED for flags in (PENDING_CANCEL, PENDING_REPLACE, PENDING_MASK)}
    )
)
"""Every state byte an order can have. Refusal, cancellation and expiry clear the flags; a fill keeps them."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table.

    Parameters
    ----------
    event : OrderEvent
        What happens.
    moves : dict of int to int
        Base state before to base state after.
    need : int
        Flags that must be set.
    forbid : int
        Flags that must not be set.
    add : int
        Flags set afterwards.
    clear : int
        Flags cleared afterwards.
    """

    event: OrderEvent
    moves: dict[int, int]
    need: int = 0
    forbid: int = 0
    add: int = 0
    clear: int = 0


def _stay(*bases: int) -> dict[int, int]:
    return {base: base for base in bases}


def _to(target: int, *bases: int) -> dict[int, int]:
    return dict.fromkeys(bases, target)


_E = OrderEvent
_LATE: Final = _stay(_FULL, _GONE, _OVER)

_ENTRY_RULES: Final = (
    Rule(_E.SUBMIT, {_NONE: _NEW}),
    Rule(_E.ADOPT, {_NONE: _LIVE}),
    Rule(_E.ADOPT_PARTIAL, {_NONE: _PART}),
    Rule(_E.RISK_REJECT, {_NEW: _REFUSED}),
    Rule(_E.SENT, {_NEW: _SENT}),
    Rule(_E.NEW_PENDING, {_DOUBT: _SENT, **_stay(_SENT, _LIVE, _PART, _HELD, _DAY), **_LATE}),
    Rule(_E.ACKNOWLEDGE, {**_to(_LIVE, _SENT, _LIVE, _HELD, _DAY, _DOUBT), **_stay(_PART), **_LATE}),
    Rule(_E.REJECT, _to(_REFUSED, _SENT, _LIVE, _DOUBT, _REFUSED), clear=PENDING_MASK),
)

_FILL_RULES: Final = (
    Rule(_E.FILL_PARTIAL, {**_to(_PART, _SENT, _LIVE, _PART, _DOUBT), **_stay(_HELD, _DAY, _GONE, _OVER)}),
    Rule(_E.FILL_COMPLETE, _to(_FULL, *_OPEN, _GONE, _OVER)),
    Rule(_E.BUST, {_FULL: _PART, **_stay(_PART, _HELD, _DAY, _DOUBT, _GONE, _OVER)}),
    Rule(_E.BUST_ALL, {**_to(_LIVE, _PART, _FULL), **_stay(_HELD, _DAY, _DOUBT, _GONE, _OVER)}),
    Rule(_E.BUST_CLOSE, {**_to(_GONE, _PART, _FULL, _HELD, _DAY, _DOUBT, _GONE), **_stay(_OVER)}, clear=PENDING_MASK),
    Rule(_E.CORRECT, {_FULL: _PART, **_stay(_PART, _HELD, _DAY, _DOUBT, _GONE, _OVER)}),
    Rule(_E.CORRECT_COMPLETE, _to(_FULL, _PART, _FULL, _HELD, _DAY, _DOUBT, _GONE, _OVER)),
)

_CANCEL_RULES: Final = (
    Rule(_E.CANCEL_REQUEST, _stay(*_OPEN), forbid=PENDING_CANCEL, add=PENDING_CANCEL),
    Rule(_E.CANCEL_PENDING, _stay(*_OPEN), add=PENDING_CANCEL),
    Rule(_E.CANCEL_PENDING, _LATE),
    Rule(_E.CANCEL_ACCEPT, _to(_GONE, *_OPEN), need=PENDING_CANCEL, clear=PENDING_MASK),
    Rule(_E.CANCEL_ACCEPT, _stay(_GONE, _OVER)),
    Rule(_E.CANCEL_REFUSE, _stay(*_FLAGGED), need=PENDING_CANCEL, clear=PENDING_CANCEL),
    Rule(_E.CANCEL_REFUSE, _stay(_FULL, _GONE, _REFUSED, _OVER), forbid=PENDING_CANCEL),
    Rule(_E.UNSOLICITED_CANCEL, {**_to(_GONE, _NEW, *_OPEN, _GONE), **_stay(_OVER)}, clear=PENDING_MASK),
    Rule(_E.EXPIRE, {**_to(_OVER, *_OPEN, _OVER), **_stay(_GONE)}, clear=PENDING_MASK),
)

_CHANGEABLE: Final = (_SENT, _LIVE, _PART, _HELD, _DAY)
_REPLACE_RULES: Final = (
    Rule(_E.REPLACE_REQUEST, _stay(*_CHANGEABLE), forbid=PENDING_MASK, add=PENDING_REPLACE),
    Rule(_E.REPLACE_PENDING, _stay(*_OPEN), add=PENDING_REPLACE),
    Rule(_E.REPLACE_PENDING, _LATE),
    Rule(
        _E.REPLACE_ACCEPT,
        {_SENT: _LIVE, **_stay(_LIVE, _PART, _HELD, _DAY, _DOUBT)},
        need=PENDING_REPLACE,
        clear=PENDING_REPLACE,
    ),
    Rule(_E.REPLACE_ACCEPT_COMPLETE, _to(_FULL, *_FLAGGED), need=PENDING_REPLACE, clear=PENDING_REPLACE),
    Rule(_E.REPLACE_ACCEPT_REOPEN, {_FULL: _PART}, need=PENDING_REPLACE, clear=PENDING_REPLACE),
    Rule(_E.REPLACE_REFUSE, _stay(*_FLAGGED), need=PENDING_REPLACE, clear=PENDING_REPLACE),
    Rule(_E.REPLACE_REFUSE, _stay(_FULL, _GONE, _REFUSED, _OVER), forbid=PENDING_REPLACE),
)

_VENUE_RULES: Final = (
    Rule(_E.SUSPEND, {**_to(_HELD, *_OPEN), **_stay(_GONE, _OVER)}),
    Rule(_E.RESUME, {**_to(_LIVE, _HELD, _DAY, _DOUBT), **_stay(_LIVE)}),
    Rule(_E.RESUME_PARTIAL, {**_to(_PART, _HELD, _DAY, _DOUBT), **_stay(_PART)}),
    Rule(_E.DONE_FOR_DAY, {**_to(_DAY, *_OPEN), **_LATE}),
    Rule(_E.STOP, {_SENT: _LIVE, **_stay(_LIVE, _PART, _HELD, _DAY, _DOUBT), **_LATE}),
    Rule(_E.CALCULATE, {**_stay(_LIVE, _PART, _HELD, _DAY, _DOUBT), **_LATE}),
    Rule(_E.RESTATE, {_SENT: _LIVE, **_stay(_LIVE, _PART, _HELD, _DAY, _DOUBT), **_LATE}),
    Rule(_E.RESTATE_COMPLETE, {**_to(_FULL, _PART, _HELD, _DAY, _DOUBT), **_LATE}),
)

_DOUBT_RULES: Final = (
    Rule(_E.DOUBT, _to(_DOUBT, *_OPEN)),
    Rule(_E.RESOLVE_LIVE, {_DOUBT: _LIVE}, clear=PENDING_MASK),
    Rule(_E.RESOLVE_PARTIAL, {_DOUBT: _PART}, clear=PENDING_MASK),
    Rule(_E.RESOLVE_FILLED, {_DOUBT: _FULL}, clear=PENDING_MASK),
    Rule(_E.RESOLVE_CANCELED, {_DOUBT: _GONE}, clear=PENDING_MASK),
    Rule(_E.RESOLVE_REJECTED, {_DOUBT: _REFUSED}, clear=PENDING_MASK),
    Rule(_E.RESOLVE_EXPIRED, {_DOUBT: _OVER}, clear=PENDING_MASK),
    Rule(_E.RESOLVE_UNKNOWN, {_DOUBT: _GONE}, clear=PENDING_MASK),
    Rule(_E.RESOLVE_RESEND, {_DOUBT: _SENT}, clear=PENDING_MASK),
)

RULES: Final[tuple[Rule, ...]] = (
    *_ENTRY_RULES,
    *_FILL_RULES,
    *_CANCEL_RULES,
    *_REPLACE_RULES,
    *_VENUE_RULES,
    *_DOUBT_RULES,
)
"""The whole table."""


def _expand(rules: tuple[Rule, ...]) -> npt.NDArray[np.uint8]:
    table = np.zeros((STATE_COUNT, EVENT_COUNT), np.uint8)
    for state in (_NONE, *VALID_STATES):
        base, flags = state & BASE_MASK, state & PENDING_MASK
        for rule in rules:
            if base in rule.moves and flags & rule.need == rule.need and not flags & rule.forbid:
                table[state, rule.event] = rule.moves[base] | (flags | rule.add) & ~rule.clear
    table.flags.writeable = False
    return table


def _constant(values: list[int]) -> npt.NDArray[np.uint8]:
    array = np.array(values, np.uint8)
    array.flags.writeable = False
    return array


TRANSITIONS: Final = _expand(RULES)
"""Shape (64, EVENT_COUNT): the state byte after an event in a state, or `ILLEGAL`. Row 0 is the order not yet there."""

CLOSED: Final = _constant([int(state & BASE_MASK in CLOSED_STATES) for state in range(STATE_COUNT)])
"""Shape (64,): 1 where nothing is open and risk holds are released; pending flags may still wait for their answer."""

STATUS_PRECEDENCE: Final[dict[OrderStatus, int]] = {
    OrderStatus.PENDING_CANCEL: 11,
    OrderStatus.PENDING_REPLACE: 10,
    OrderStatus.DONE_FOR_DAY: 9,
    OrderStatus.CALCULATED: 8,
    OrderStatus.FILLED: 7,
    OrderStatus.STOPPED: 6,
    OrderStatus.SUSPENDED: 5,
    OrderStatus.CANCELED: 4,
    OrderStatus.EXPIRED: 4,
    OrderStatus.PARTIAL_FILL: 3,
    OrderStatus.NEW: 2,
    OrderStatus.REJECTED: 2,
    OrderStatus.PENDING_NEW: 2,
}
"""Which status FIX 4.2 reports when several hold: the highest."""

BASE_STATUS: Final[dict[int, OrderStatus]] = {
    OrderState.NEW: OrderStatus.PENDING_NEW,
    OrderState.PENDING_NEW: OrderStatus.PENDING_NEW,
    OrderState.ACKNOWLEDGED: OrderStatus.NEW,
    OrderState.PARTIAL_FILL: OrderStatus.PARTIAL_FILL,
    OrderState.FILLED: OrderStatus.FILLED,
    OrderState.CANCELED: OrderStatus.CANCELED,
    OrderState.REJECTED: OrderStatus.REJECTED,
    OrderState.EXPIRED: OrderStatus.EXPIRED,
    OrderState.SUSPENDED: OrderStatus.SUSPENDED,
    OrderState.DONE_FOR_DAY: OrderStatus.DONE_FOR_DAY,
    OrderState.IN_DOUBT: OrderStatus.PENDING_NEW,
}
"""The FIX status of each base state by itself."""


def outward_status(state: int) -> OrderStatus:
    """Return the status that FIX precedence reports for a state byte.

    Parameters
    ----------
    state : int
        One of `VALID_STATES`.

    Returns
    -------
    OrderStatus
    """
    statuses = [BASE_STATUS[state & BASE_MASK]]
    if state & PENDING_REPLACE:
        statuses.append(OrderStatus.PENDING_REPLACE)
    if state & PENDING_CANCEL:
        statuses.append(OrderStatus.PENDING_CANCEL)
    return max(statuses, key=STATUS_PRECEDENCE.__getitem__)


OUTWARD_STATUS: Final = _constant(
    [int(outward_status(state)) if state in VALID_STATES else 0 for state in range(STATE_COUNT)]
)
"""Shape (64,): `outward_status` as a table; 0 where the byte is no state."""


def state_name(state: int) -> str:
    """Name a state byte: the base state, then the flags, such as ``PARTIAL_FILL+PENDING_CANCEL``."""
    base = OrderState(state & BASE_MASK).name if state & BASE_MASK else "NONE"
    return "+".join([base, *(flag.name for flag in PendingFlag if state & flag)])


def next_state(state: int, event: int) -> int:
    """Return the state byte after an event, or `ILLEGAL`.

    Parameters
    ----------
    state : int
        One of `VALID_STATES`, or 0 for an order not yet there.
    event : int
        An `OrderEvent`.

    Returns
    -------
    int
    """
    return int(TRANSITIONS[state, event])


def _plain_events() -> list[int]:
    events = [0] * (max(ExecutionType) + 1)
    for execution_type, event in (
        (ExecutionType.DONE_FOR_DAY, OrderEvent.DONE_FOR_DAY),
        (ExecutionType.PENDING_CANCEL, OrderEvent.CANCEL_PENDING),
        (ExecutionType.STOPPED, OrderEvent.STOP),
        (ExecutionType.REJECTED, OrderEvent.REJECT),
        (ExecutionType.SUSPENDED, OrderEvent.SUSPEND),
        (ExecutionType.PENDING_NEW, OrderEvent.NEW_PENDING),
        (ExecutionType.CALCULATED, OrderEvent.CALCULATE),
        (ExecutionType.EXPIRED, OrderEvent.EXPIRE),
        (ExecutionType.PENDING_REPLACE, OrderEvent.REPLACE_PENDING),
    ):
        events[execution_type] = event
    return events


PLAIN_REPORT_EVENTS: Final = _constant(_plain_events())
"""Indexed by execution type: the event, where it depends on nothing else; 0 elsewhere."""


def _status_events() -> list[int]:
    events = [0] * (max(OrderStatus) + 1)
    for status, event in (
        (OrderStatus.FILLED, OrderEvent.RESOLVE_FILLED),
        (OrderStatus.CANCELED, OrderEvent.RESOLVE_CANCELED),
        (OrderStatus.REJECTED, OrderEvent.RESOLVE_REJECTED),
        (OrderStatus.EXPIRED, OrderEvent.RESOLVE_EXPIRED),
        (OrderStatus.SUSPENDED, OrderEvent.SUSPEND),
        (OrderStatus.DONE_FOR_DAY, OrderEvent.DONE_FOR_DAY),
        (OrderStatus.PENDING_NEW, OrderEvent.NEW_PENDING),
    ):
        events[status] = event
    return events


STATUS_REPORT_EVENTS: Final = _constant(_status_events())
"""Indexed by order status: how a status report resolves a doubt; 0 where the order is live at the venue."""


def status_event(state: int, order_status: int, cumulative_units: int) -> int:
    """Return the event of a status report: it resolves a doubt and otherwise changes nothing.

    Parameters
    ----------
    state : int
        One of `VALID_STATES`.
    order_status : int
        An `OrderStatus`.
    cumulative_units : int
        Filled so far, as reported.

    Returns
    -------
    int
        An `OrderEvent` or `NO_EVENT`.
    """
    if state & BASE_MASK != OrderState.IN_DOUBT:
        return NO_EVENT
    event = int(STATUS_REPORT_EVENTS[order_status])
    if event != NO_EVENT:
        return event
    return OrderEvent.RESOLVE_PARTIAL if cumulative_units > 0 else OrderEvent.RESOLVE_LIVE


def bust_event(cumulative_units: int, leaves_units: int) -> int:
    """Return the event of a bust, by what remains filled and open after it."""
    if leaves_units <= 0:
        return OrderEvent.BUST_CLOSE
    return OrderEvent.BUST if cumulative_units > 0 else OrderEvent.BUST_ALL


def report_event(
    state: int,
    execution_type: int,
    transaction_type: int,
    order_status: int,
    cumulative_units: int,
    leaves_units: int,
    quantity_units: int,
) -> int:
    """Return the event that an execution report stands for.

    Parameters
    ----------
    state : int
        State byte of the order, one of `VALID_STATES`.
    execution_type, transaction_type, order_status : int
        As reported (`ExecutionType`, `TransactionType`, `OrderStatus`).
    cumulative_units, leaves_units : int
        Filled so far and still open, as reported, after the report.
    quantity_units : int
        Quantity of the order after the report.

    Returns
    -------
    int
        An `OrderEvent`, or `NO_EVENT` for a status report that changes nothing or an execution type of 0.
    """
    complete = cumulative_units >= quantity_units
    if transaction_type == TransactionType.STATUS:
        return status_event(state, order_status, cumulative_units)
    if transaction_type == TransactionType.CANCEL:
        return bust_event(cumulative_units, leaves_units)
    if transaction_type == TransactionType.CORRECT:
        return OrderEvent.CORRECT_COMPLETE if complete else OrderEvent.CORRECT
    if execution_type in (ExecutionType.PARTIAL_FILL, ExecutionType.FILL):
        return OrderEvent.FILL_COMPLETE if complete else OrderEvent.FILL_PARTIAL
    if execution_type == ExecutionType.NEW:
        resumed = state & BASE_MASK in (OrderState.SUSPENDED, OrderState.DONE_FOR_DAY, OrderState.IN_DOUBT)
        return OrderEvent.RESUME_PARTIAL if resumed and cumulative_units > 0 else OrderEvent.ACKNOWLEDGE
    if execution_type == ExecutionType.CANCELED:
        return OrderEvent.CANCEL_ACCEPT if state & PENDING_CANCEL else OrderEvent.UNSOLICITED_CANCEL
    if execution_type == ExecutionType.REPLACED and state & PENDING_REPLACE:
        return _replacement_event(state, complete)
    if execution_type in (ExecutionType.REPLACED, ExecutionType.RESTATED):
        return OrderEvent.RESTATE_COMPLETE if complete else OrderEvent.RESTATE
    return int(PLAIN_REPORT_EVENTS[execution_type])


def _replacement_event(state: int, complete: bool) -> int:
    if complete:
        return OrderEvent.REPLACE_ACCEPT_COMPLETE
    reopened = state & BASE_MASK == OrderState.FILLED
    return OrderEvent.REPLACE_ACCEPT_REOPEN if reopened else OrderEvent.REPLACE_ACCEPT
