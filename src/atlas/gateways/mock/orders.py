"""The mock venue's orders: a pure function of the script and of the commands that arrived, step by step."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from atlas.gateways.mock.script import Behaviour, Script
from atlas.records.commands import CANCEL_ORDER, NEW_ORDER, ORDER_STATUS_REQUEST, REPLACE_ORDER
from atlas.records.enums import (
    NULL,
    CancelRejectResponse,
    ExecutionType,
    OrderStatus,
    QuantityKind,
    RejectReason,
    TransactionType,
)
from atlas.records.errors import CodecError
from atlas.records.kinds import Kind
from atlas.records.layout import blank, repeat_headers

CLOSED = (OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.REJECTED)
MILLION = 1_000_000


@dataclass(slots=True)
class VenueOrder:
    """One order at the venue, by its number there."""

    number: int
    command: Any
    behaviour: Behaviour
    current_id: int
    quantity_units: int
    price_units: int
    status: OrderStatus = OrderStatus.PENDING_NEW
    filled_units: int = 0
    silent_asks: int = 0
    reports: list[bytes] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether it can still be filled."""
        return self.status not in CLOSED


@dataclass(frozen=True, slots=True)
class Action:
    """What is to happen to an order at a step."""

    name: str
    order: VenueOrder
    value: int = 0
    request: Any = None


COMMANDS = {
    int(Kind.NEW_ORDER): NEW_ORDER,
    int(Kind.CANCEL_ORDER): CANCEL_ORDER,
    int(Kind.REPLACE_ORDER): REPLACE_ORDER,
}


def check_command(record: bytes) -> None:
    """Refuse what is no whole command.

    Raises
    ------
    CodecError
        The record is of another kind, or of fewer or more rows than its kind.
    """
    dtype = COMMANDS.get(record[20])
    if dtype is None:
        raise CodecError(f"a record of kind {record[20]} is no command for this venue")
    if len(record) != dtype.itemsize:
        raise CodecError(f"a command of kind {record[20]} has {dtype.itemsize} bytes, not {len(record)}")


class ScriptedOrders:
    """The state of the venue.

    Attributes
    ----------
    step : int
        The last step that was played.
    orders : list of VenueOrder
        In order of arrival.
    ignored_count : int
        Commands that came again under an id that was known.
    """

    def __init__(self, script: Script) -> None:
        self.script = script
        self.step = 0
        self.orders: list[VenueOrder] = []
        self.ignored_count = 0
        self._by_id: dict[int, VenueOrder] = {}
        self._plan: dict[int, list[Action]] = defaultdict(list)
        self._published: dict[int, list[bytes]] = defaultdict(list)
        self._last_execution = 0

    # --- what happens -----------------------------------------------------------------------------------------------

    def advance(self, step: int) -> None:
        """Play every step up to `step`; earlier ones than the last change nothing."""
        while self.step < step:
            self.step += 1
            for action in self._plan.pop(self.step, []):
                getattr(self, f"_{action.name}")(action)

    def delivered(self, step: int) -> list[bytes]:
        """Reports that the stream brings at a step, duplicates included."""
        return list(self._published[step])

    def arrive(self, record: bytes) -> None:
        """Take a command that `check_command` knows; one whose id is known already changes nothing."""
        kind = record[20]
        identity = int(np.frombuffer(record, np.int64, 1, 24)[0])
        if identity in self._by_id:
            self.ignored_count += 1
        elif kind == Kind.NEW_ORDER:
            self._take_new(np.frombuffer(record, NEW_ORDER)[0])
        else:
            self._take_request(np.frombuffer(record, COMMANDS[kind])[0])

    def _take_new(self, command: Any) -> None:
        number = len(self.orders) + 1
        behaviour = self.script.behaviour(number)
        order = VenueOrder(
            number,
            command,
            behaviour,
            int(command["client_order_id"]),
            int(command["quantity_units"]),
            int(command["price_units"]),
        )
        self.orders.append(order)
        self._by_id[order.current_id] = order
        refused = behaviour.reject
        if command["quantity_kind"] != QuantityKind.UNITS:
            refused = RejectReason.VENUE_UNSUPPORTED
        answer = Action("reject", order, refused) if refused else Action("acknowledge", order)
        self._plan[self.step + behaviour.acknowledge_after].append(answer)
        if behaviour.fill_after and not refused:
            for part in range(behaviour.parts):
                self._plan[self.step + behaviour.fill_after + part].append(Action("fill", order, part))

    def _take_request(self, command: Any) -> None:
        order = self._by_id.get(int(command["original_client_order_id"]))
        if order is None:
            return
        self._by_id[int(command["client_order_id"])] = order
        name = "cancel" if command["kind"] == Kind.CANCEL_ORDER else "replace"
        self._plan[self.step + 1].append(Action(name, order, request=command))

    def _acknowledge(self, action: Action) -> None:
        order = action.order
        if order.status == OrderStatus.PENDING_NEW:
            order.status = OrderStatus.NEW
        self._publish(order, self._report(order, ExecutionType.NEW), lost=order.behaviour.lose_answer)

    def _reject(self, action: Action) -> None:
        order = action.order
        order.status = OrderStatus.REJECTED
        report = self._report(order, ExecutionType.REJECTED)
        report["reject_reason"] = action.value
        self._publish(order, report, lost=order.behaviour.lose_answer)

    def _fill(self, action: Action) -> None:
        order, parts = action.order, action.order.behaviour.parts
        if not order.is_open:
            return
        share = order.quantity_units // parts
        quantity = order.quantity_units - order.filled_units if action.value == parts - 1 else share
        price = order.price_units
        if price == NULL:
            price = self.script.price(self.step, int(order.command["instrument"]))
        order.filled_units += quantity
        complete = order.filled_units == order.quantity_units
        order.status = OrderStatus.FILLED if complete else OrderStatus.PARTIAL_FILL
        report = self._report(order, ExecutionType.FILL if complete else ExecutionType.PARTIAL_FILL)
        money = price * quantity // self.script.notional_divisor
        report["last_quantity_units"], report["last_price_units"] = quantity, price
        report["fee_money"] = money * self.script.fee_parts_per_million // MILLION
        self._publish(order, report, lost=order.behaviour.lose_fills)

    def _cancel(self, action: Action) -> None:
        order = action.order
        if not order.is_open:
            self._refuse_request(action, CancelRejectResponse.CANCEL)
            return
        order.status = OrderStatus.CANCELED
        report = self._report(order, ExecutionType.CANCELED)
        report["client_order_id"], report["reference_id"] = action.request["client_order_id"], order.current_id
        self._publish(order, report)

    def _replace(self, action: Action) -> None:
        order, request = action.order, action.request
        if not order.is_open or int(request["quantity_units"]) <= order.filled_units:
            self._refuse_request(action, CancelRejectResponse.REPLACE)
            return
        old, order.current_id = order.current_id, int(request["client_order_id"])
        order.quantity_units, order.price_units = int(request["quantity_units"]), int(request["price_units"])
        report = self._report(order, ExecutionType.REPLACED)
        report["reference_id"] = old
        self._publish(order, report)

    def _refuse_request(self, action: Action, response: CancelRejectResponse) -> None:
        order, request = action.order, action.request
        reject = blank(Kind.CANCEL_REJECT)
        self._last_execution += 1
        reject["venue_time_ns"] = self.script.time_ns(self.step)
        for name in ("instrument", "side", "account", "strategy"):
            reject[name] = request[name]
        reject["client_order_id"] = request["client_order_id"]
        reject["original_client_order_id"] = request["original_client_order_id"]
        reject["venue_order_id"], reject["order_status"] = order.number, order.status
        reject["response_to"], reject["reject_reason"] = response, RejectReason.VENUE_TOO_LATE_TO_CANCEL
        reject["cumulative_quantity_units"], reject["sequence"] = order.filled_units, self._last_execution
        self._publish(order, reject)

    def _report(self, order: VenueOrder, execution_type: ExecutionType) -> Any:
        self._last_execution += 1
        report = blank(Kind.EXECUTION_REPORT)
        command = order.command
        report["venue_time_ns"] = self.script.time_ns(self.step)
        for name in ("instrument", "side", "account", "strategy", "order_type", "time_in_force", "stop_units"):
            report[name] = command[name]
        report["client_order_id"], report["venue_order_id"] = order.current_id, order.number
        report["execution_id"], report["execution_type"] = self._last_execution, execution_type
        report["order_status"], report["transaction_type"] = order.status, TransactionType.NEW
        report["cumulative_quantity_units"], report["order_quantity_units"] = order.filled_units, order.quantity_units
        report["leaves_quantity_units"] = order.quantity_units - order.filled_units if order.is_open else 0
        report["price_units"] = order.price_units
        return report

    def _publish(self, order: VenueOrder, report: Any, lost: bool = False) -> None:
        repeat_headers(report)
        content = report.tobytes()
        order.reports.append(content)
        if not lost:
            self._published[self.step] += [content] * (1 + order.behaviour.duplicates)

    # --- what is asked ----------------------------------------------------------------------------------------------

    def answer(self, record: bytes) -> list[bytes] | None:
        """Answer an ORDER_STATUS_REQUEST: all reports of the order, then its state; None for silence."""
        request = np.frombuffer(record, ORDER_STATUS_REQUEST)[0]
        identity = int(request["client_order_id"])
        order = self._by_id.get(identity)
        if order is None:
            return [self._unknown(request)]
        order.silent_asks += 1
        if order.silent_asks <= order.behaviour.silent_asks:
            return None
        return [*order.reports, self._state_of(order)]

    def open_orders(self) -> list[bytes]:
        """The state of every open order."""
        return [self._state_of(order) for order in self.orders if order.is_open]

    def _state_of(self, order: VenueOrder) -> bytes:
        before = self._last_execution
        report = self._report(order, ExecutionType.NEW)
        self._last_execution = before
        report["execution_id"], report["transaction_type"] = 0, TransactionType.STATUS
        if order.status == OrderStatus.REJECTED:
            report["reject_reason"] = order.behaviour.reject
        repeat_headers(report)
        content: bytes = report.tobytes()
        return content

    def _unknown(self, request: Any) -> bytes:
        report = blank(Kind.EXECUTION_REPORT)
        report["venue_time_ns"] = self.script.time_ns(self.step)
        for name in ("instrument", "side", "account", "strategy", "client_order_id"):
            report[name] = request[name]
        report["execution_type"], report["order_status"] = ExecutionType.REJECTED, OrderStatus.REJECTED
        report["transaction_type"], report["reject_reason"] = TransactionType.STATUS, RejectReason.VENUE_UNKNOWN_ORDER
        report["cumulative_quantity_units"] = 0
        repeat_headers(report)
        content: bytes = report.tobytes()
        return content
