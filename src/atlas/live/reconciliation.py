"""Orders without an answer: the venue is asked, and its word decides, never a time that has passed.

From the question on an order is in doubt and counts for risk. A venue that never had it gets it again under the same
id, if it is still meant; else it is closed as never sent. A venue that doesn't answer leaves the doubt.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import numpy as np

from atlas.gateways.gateway import Record
from atlas.live.driver import Driver, Stage
from atlas.live.machine import kind_of
from atlas.records.enums import (
    NULL,
    AskedBy,
    OrderFlag,
    OrderState,
    OrderStatus,
    PendingFlag,
    RejectReason,
    ReportFlag,
    TimeInForce,
    TradingState,
    TransactionType,
    Why,
)
from atlas.records.kinds import Kind
from atlas.records.layout import blank, repeat_headers
from atlas.records.order_states import BASE_MASK
from atlas.records.reports import EXECUTION_REPORT

DAY_NS: Final = 86_400_000_000_000
UNANSWERED: Final = (OrderState.PENDING_NEW, OrderState.IN_DOUBT)
REQUESTED: Final = PendingFlag.PENDING_CANCEL | PendingFlag.PENDING_REPLACE


class Reconciliation:
    """Asks the venue what became of orders and requests.

    Parameters
    ----------
    driver : Driver
        Takes the questions and answers as events.
    """

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self._asked_ns: dict[int, int] = {}
        self._compared_ns = driver.gateway.now_ns()
        self._orders = driver.machine.block.rows("orders")

    # --- when --------------------------------------------------------------------------------------------------------

    def after_start(self, fresh: Collection[int] = ()) -> None:
        """Ask about every order and request without an answer, in the order in which they were sent.

        Parameters
        ----------
        fresh : collection of int
            Ids of commands that are durable and certainly not sent yet.
        """
        for identity in self.waiting():
            if identity not in fresh:
                self.ask(identity)
        self.compare_open_orders(fresh)

    def overdue(self) -> None:
        """Ask about what has had no answer for too long, and again after as long."""
        now_ns, patience = self.driver.gateway.now_ns(), self.driver.timing.doubt_after_ns
        for identity in self.waiting():
            since = max(self._sent_ns(identity), self._asked_ns.get(identity, NULL))
            if now_ns - since >= patience:
                self.ask(identity)
        every = self.driver.timing.compare_every_ns
        if every and now_ns - self._compared_ns >= every:
            self.compare_open_orders()

    def waiting(self) -> list[int]:
        """Ids of live orders that the venue has not answered, and of unanswered requests; in the order of sending."""
        orders = self._live()
        found = []
        for order in orders[np.isin(orders["state"] & BASE_MASK, UNANSWERED)]:
            found.append((order["submit_time_ns"], order["strategy"], order["client_order_id"]))
        for order in orders[(orders["state"] & REQUESTED != 0) & (orders["pending_order_id"] != 0)]:
            found.append((order["update_time_ns"], order["strategy"], order["pending_order_id"]))
        return [int(identity) for _, _, identity in sorted(found)]

    def _live(self) -> Any:
        return self._orders[self._orders["occupancy"] == 1]

    def _order(self, identity: int) -> Any:
        orders = self._live()
        found = orders[(orders["client_order_id"] == identity) | (orders["pending_order_id"] == identity)]
        return found[0] if len(found) else None

    def _sent_ns(self, identity: int) -> int:
        order = self._order(identity)
        return int(order["update_time_ns"])

    # --- asking ------------------------------------------------------------------------------------------------------

    def ask(self, identity: int) -> None:
        """Ask about one order or request, and act on the answer."""
        driver, order = self.driver, self._order(identity)
        if order is None:
            return
        question = self._question(order, identity)
        driver.take(question)
        self._asked_ns[identity] = driver.gateway.now_ns()
        driver.observe(Stage.ASKING)
        answers = driver.gateway.ask(question)
        driver.observe(Stage.ASKED)
        for answer in answers:
            if is_unknown(answer):
                self._never_arrived(identity, answer)
            else:
                driver.take(answer)

    def _never_arrived(self, identity: int, answer: Record) -> None:
        """Send again what the venue never had, under the same id, if it is still meant; else close it."""
        order = self._order(identity)
        if order is None:
            return
        if int(order["client_order_id"]) != identity:
            self._again(request_again(order))
        elif self.is_still_meant(order):
            self._again(order_again(order))
        else:
            self.driver.take(never_sent(answer))

    def _again(self, command: Record) -> None:
        self.driver.take(command)
        self.driver.send([command])

    def _question(self, order: Any, identity: int) -> Record:
        question = blank(Kind.ORDER_STATUS_REQUEST)
        question["venue_time_ns"] = question["local_time_ns"] = self.driver.gateway.now_ns()
        for name in ("instrument", "side", "account", "strategy"):
            question[name] = order[name]
        question["client_order_id"] = question["request_id"] = identity
        question["venue_order_id"] = order["venue_order_id"]
        question["asked_by"], question["reason"] = AskedBy.SYSTEM, Why.RECOVERY
        content: Record = question.tobytes()
        return content

    def is_still_meant(self, order: Any) -> bool:
        """Whether an order that the venue never had should be sent now.

        Not when trading has stopped, its strategy was halted, its cancel was asked for, or its time is over.
        """
        machine, now_ns = self.driver.machine, self.driver.gateway.now_ns()
        world, account = machine.world, machine.block.rows("accounts")[int(order["account"])]
        strategy = machine.block.rows("strategies")[int(order["strategy"])]
        halted = max(int(world["trading_state"]), int(account["trading_state"])) >= TradingState.HALTED
        if halted or world["kill_switch"] or strategy["status"] or order["state"] & PendingFlag.PENDING_CANCEL:
            return False
        if order["expire_time_ns"] != NULL and order["expire_time_ns"] <= now_ns:
            return False
        same_day = int(order["submit_time_ns"]) // DAY_NS == now_ns // DAY_NS
        return order["time_in_force"] != TimeInForce.DAY or same_day

    def compare_open_orders(self, fresh: Collection[int] = ()) -> None:
        """Compare working orders with the venue's list: ask about ours that it lacks, report its own that we lack."""
        driver = self.driver
        self._compared_ns = driver.gateway.now_ns()
        named = {order_id(each) for each in driver.gateway.open_orders()}
        orders = self._live()
        ours = {int(order["client_order_id"]): int(order["pending_order_id"]) for order in orders}
        for identity, request in sorted(ours.items()):
            if identity not in named and request not in named and identity not in fresh:
                self.ask(identity)
        for identity in sorted(named - {*ours.keys(), *ours.values()}):
            self._report_unknown(identity)

    def _report_unknown(self, identity: int) -> None:
        """Put an order of the venue's that nobody here knows into the journal."""
        found = blank(Kind.DISCREPANCY)
        found["venue_time_ns"] = found["local_time_ns"] = self.driver.gateway.now_ns()
        found["client_order_id"], found["compared_kind"] = identity, Kind.EXECUTION_REPORT
        repeat_headers(found)
        self.driver.journal.append(found.tobytes())
        self.driver.journal.commit()


# --- records ---------------------------------------------------------------------------------------------------------


def is_unknown(answer: Record) -> bool:
    """Whether the venue says that it never had what it was asked about."""
    if kind_of(answer) != Kind.EXECUTION_REPORT:
        return False
    report = np.frombuffer(answer, EXECUTION_REPORT)[0]
    is_state = report["transaction_type"] == TransactionType.STATUS
    return bool(is_state and report["reject_reason"] == RejectReason.VENUE_UNKNOWN_ORDER)


def order_id(report: Record) -> int:
    """Id that a report names an order by."""
    return int(np.frombuffer(report, EXECUTION_REPORT)[0]["client_order_id"])


def order_again(order: Any) -> Record:
    """Build the command of an order from its row, marked as sent again."""
    command = blank(Kind.NEW_ORDER)
    names = set(command.dtype.names or ()) & set(order.dtype.names)
    for name in sorted(names):
        command[name] = order[name]
    return marked(command, int(order["submit_time_ns"]))


def request_again(order: Any) -> Record:
    """Build the cancel or replacement that an order waits for from its row, marked as sent again."""
    cancels = bool(order["state"] & PendingFlag.PENDING_CANCEL)
    command = blank(Kind.CANCEL_ORDER if cancels else Kind.REPLACE_ORDER)
    for name in ("instrument", "side", "account", "strategy", "venue_order_id", "asked_by"):
        command[name] = order[name]
    command["client_order_id"] = order["pending_order_id"]
    command["original_client_order_id"], command["reason"] = order["client_order_id"], order["why"]
    if not cancels:
        command["quantity_units"], command["price_units"] = (
            order["pending_quantity_units"],
            order["pending_price_units"],
        )
        command["stop_units"], command["expire_time_ns"] = order["pending_stop_units"], order["expire_time_ns"]
    return marked(command, int(order["update_time_ns"]))


def marked(command: Any, time_ns: int) -> Record:
    """Give a command its time and the mark of being sent again."""
    command["venue_time_ns"] = command["local_time_ns"] = time_ns
    command["flags"] |= np.uint16(OrderFlag.RESENT)
    repeat_headers(command)
    content: Record = command.tobytes()
    return content


def never_sent(answer: Record) -> Record:
    """Turn the venue's not knowing an order into the report that closes it."""
    report = np.frombuffer(answer, EXECUTION_REPORT).copy()
    report["order_status"], report["reject_reason"] = OrderStatus.CANCELED, RejectReason.RECOVERY_NOT_SENT
    report["flags"] |= np.uint16(ReportFlag.RECOVERED)
    repeat_headers(report)
    content: Record = report.tobytes()
    return content
