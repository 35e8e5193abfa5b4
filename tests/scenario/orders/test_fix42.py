"""Plays the order state change matrices of FIX 4.2 against the order-state table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from atlas.records.enums import ExecutionType, OrderStatus, TransactionType
from atlas.records.order_states import (
    CLOSED,
    ILLEGAL,
    NO_EVENT,
    OrderEvent,
    next_state,
    outward_status,
    report_event,
)

REQUESTS = {"cancel": OrderEvent.CANCEL_REQUEST, "replace": OrderEvent.REPLACE_REQUEST}
DISCOVERIES = {
    "create": OrderEvent.SUBMIT,
    "risk_reject": OrderEvent.RISK_REJECT,
    "doubt": OrderEvent.DOUBT,
    "resend": OrderEvent.RESOLVE_RESEND,
    "unknown": OrderEvent.RESOLVE_UNKNOWN,
}
REFUSALS = {"cancel_refused": OrderEvent.CANCEL_REFUSE, "replace_refused": OrderEvent.REPLACE_REFUSE}
TRANSACTIONS = {
    "bust": TransactionType.CANCEL,
    "bust_closed": TransactionType.CANCEL,
    "correct": TransactionType.CORRECT,
    "status": TransactionType.STATUS,
}


@dataclass
class Order:
    """A venue's and our view of one order in one: the quantities are what the venue reports."""

    state: int = 0
    quantity: int = 0
    filled: int = 0

    def play(self, sign: str, word: str, arguments: list[str]) -> bool:
        """Apply a line; False when it is illegal, and then nothing changed."""
        if sign == ">" and word == "submit":
            return self.play("!", "create", arguments) and self.apply(OrderEvent.SENT, int(arguments[0]), 0)
        if sign == ">":
            return self.apply(REQUESTS[word], self.quantity, self.filled)
        if sign == "!":
            return self.apply(DISCOVERIES[word], int(arguments[0]) if arguments else self.quantity, self.filled)
        if word in REFUSALS:
            return self.apply(REFUSALS[word], self.quantity, self.filled)
        return self.report(word, arguments)

    def report(self, word: str, arguments: list[str]) -> bool:
        """Apply an execution report."""
        status = OrderStatus[arguments[0]] if word == "status" else OrderStatus.NEW
        numbers = [] if word == "status" else [int(argument) for argument in arguments]
        filled, quantity = self.filled, self.quantity
        if word == "fill":
            filled += numbers[0]
        elif word in ("bust", "bust_closed"):
            filled -= numbers[0]
        elif word == "correct":
            filled += numbers[1] - numbers[0]
        elif word in ("replaced", "restated"):
            quantity = numbers[0]
        known = {name.lower() for name in ExecutionType.__members__}
        execution_type = ExecutionType[word.upper()] if word in known else ExecutionType.FILL
        leaves = 0 if word == "bust_closed" else quantity - filled
        transaction = TRANSACTIONS.get(word, TransactionType.NEW)
        event = report_event(self.state, execution_type, transaction, status, filled, leaves, quantity)
        return event == NO_EVENT or self.apply(event, quantity, filled)

    def apply(self, event: int, quantity: int, filled: int) -> bool:
        """Move to the next state and take over the quantities, or change nothing."""
        state = next_state(self.state, event)
        if state == ILLEGAL:
            return False
        self.state, self.quantity, self.filled = state, quantity, filled
        return True

    def outward(self) -> str:
        """Give the status told outside with filled and open quantity."""
        status = outward_status(self.state)
        nothing_open = CLOSED[self.state] or status == OrderStatus.DONE_FOR_DAY
        return f"{status.name} {self.filled} {0 if nothing_open else self.quantity - self.filled}"


def scenarios() -> dict[str, list[str]]:
    """Give the lines of each scenario by its title."""
    found: dict[str, list[str]] = {}
    title = ""
    for text in Path(__file__).with_name("fix42.txt").read_text(encoding="utf-8").splitlines():
        if text.startswith("["):
            title = text
            assert title not in found
            found[title] = []
        elif text and not text.startswith("#"):
            found[title].append(text)
    return found


SCENARIOS = scenarios()


@pytest.mark.parametrize("title", SCENARIOS)
def test_scenario(title: str) -> None:
    order = Order()
    for text in SCENARIOS[title]:
        match = re.fullmatch(r"([<>!]) (\w+) ?([^|]*)\| (.+)", text)
        assert match, text
        sign, word, arguments, expected = match.groups()
        legal = order.play(sign, word, arguments.split())
        assert (order.outward() if legal else "ILLEGAL") == expected, text


def test_all_matrices_are_there() -> None:
    letters = {title[1] for title in SCENARIOS}
    assert letters == set("ABCDEFGHIJKX")
