"""Attached stops and targets: orders of their own from the fill on, each the end of the other.

Each fill of an order with an attached stop loss or take profit brings forth a stop and a limit on the other side, for
the quantity filled, good till canceled. Their client order ids are below zero, so that no trader's id is ever the same:
-(venue number << 40 | venue order id). Their first report is an unsolicited NEW that refers to the parent's id.
When the stop begins to act, the target is canceled; what the target fills is taken from the stop. Where one is canceled
by a request, the other works on.
"""

from __future__ import annotations

from atlas.kernel.exchange.queue import INDEX_ENTRY, ORDERS_ENTRY, cancel_unasked, enqueue
from atlas.kernel.exchange.reports import (
    NO_PRICE,
    NULL_UNITS,
    REPORT_KIND,
    REPORT_ROWS,
    STATUS_NEW,
    STATUS_REJECTED,
    TRANSACTION_NEW,
    TYPE_NEW,
    TYPE_REJECTED,
    UNSOLICITED,
    next_execution_id,
    order_status,
    push_report,
    report_at,
    report_order,
)
from atlas.kernel.exchange.tables import NEVER, order_row, venue_row
from atlas.kernel.memory.block import allocate_row
from atlas.kernel.memory.compilation import kernel_function, rare_function
from atlas.kernel.memory.hash_map import map_put
from atlas.records.enums import ExecutionType, OrderType, RejectReason, RestatementReason, TimeInForce

STOP, LIMIT, GTC = int(OrderType.STOP), int(OrderType.LIMIT), int(TimeInForce.GTC)
RESTATED, PARTIAL_DECLINE = int(ExecutionType.RESTATED), int(RestatementReason.PARTIAL_DECLINE)
NO_ROOM = int(RejectReason.CAPACITY_ORDERS)
VENUE_SHIFT = 40


@kernel_function
def child_identity(venue: int) -> tuple[int, int]:
    """Take the next venue order id and the client order id derived from it."""
    header = venue_row(venue, 0)
    venue_order_id = header.next_venue_order_id
    header.next_venue_order_id = venue_order_id + 1
    return venue_order_id, -((header.number << VENUE_SHIFT) | venue_order_id)


@kernel_function
def write_child(venue: int, slot: int, parent_slot: int, order_type: int, units: int, time_ns: int) -> None:
    """Fill in a child's row; the attached prices become its own."""
    child, parent = order_row(venue, slot), order_row(venue, parent_slot)
    child.venue_order_id, child.client_order_id = child_identity(venue)
    child.first_client_order_id, child.parent_order_id = child.client_order_id, parent.first_client_order_id
    child.instrument, child.side, child.order_type = parent.instrument, -parent.side, order_type
    child.time_in_force, child.account, child.strategy = GTC, parent.account, parent.strategy
    child.quantity_units, child.leaves_units = units, units
    child.price_units = parent.take_profit_units if order_type == LIMIT else NULL_UNITS
    child.stop_units = parent.stop_loss_units if order_type == STOP else NULL_UNITS
    child.stop_loss_units, child.take_profit_units, child.sibling_order = NULL_UNITS, NULL_UNITS, -1
    child.expire_time_ns, child.arrival_time_ns, child.average_price = NEVER, time_ns, NO_PRICE
    child.reference_price_units = parent.reference_price_units


@kernel_function
def report_no_room(venue: int, parent_slot: int, order_type: int, units: int, time_ns: int) -> None:
    """Report a child that could not be created: a REJECTED order under an id of its own."""
    parent = order_row(venue, parent_slot)
    address = push_report(venue, REPORT_ROWS, REPORT_KIND, time_ns, parent.instrument, -parent.side, UNSOLICITED)
    report = report_at(address)
    report.venue_order_id, report.client_order_id = child_identity(venue)
    report.execution_id, report.reference_id = next_execution_id(venue), 0
    report.execution_type, report.order_status = TYPE_REJECTED, STATUS_REJECTED
    report.transaction_type, report.reject_reason = TRANSACTION_NEW, NO_ROOM
    report.order_type, report.time_in_force, report.liquidity, report.price_rule = order_type, GTC, 0, 0
    report.last_quantity_units, report.last_price_units = NULL_UNITS, NULL_UNITS
    report.cumulative_quantity_units, report.leaves_quantity_units, report.order_quantity_units = 0, 0, units
    report.price_units = parent.take_profit_units if order_type == LIMIT else NULL_UNITS
    report.stop_units = parent.stop_loss_units if order_type == STOP else NULL_UNITS
    report.average_price, report.fee_money, report.text_id = NO_PRICE, NULL_UNITS, 0
    report.arrival_time_ns, report.reference_price_units = time_ns, parent.reference_price_units
    report.available_quantity_units, report.queue_ahead_units, report.fee_rule = NULL_UNITS, NULL_UNITS, 0
    report.account, report.strategy, report.relaxations = parent.account, parent.strategy, 0


@kernel_function
def create_child(venue: int, parent_slot: int, order_type: int, units: int, price_units: int, time_ns: int) -> int:
    """Create a stop or target for a fill at `price_units` and report it; -1 where there is no room.

    A stop that the fill's own price has passed already acts at once, as a market order.
    """
    slot = allocate_row(venue, ORDERS_ENTRY)
    if slot < 0:
        report_no_room(venue, parent_slot, order_type, units, time_ns)
        return -1
    write_child(venue, slot, parent_slot, order_type, units, time_ns)
    child = order_row(venue, slot)
    if order_type == STOP and (price_units - child.stop_units) * child.side >= 0:
        child.triggered = 1
    map_put(venue, INDEX_ENTRY, child.client_order_id, slot)
    enqueue(venue, slot)
    report = report_at(report_order(venue, slot, TYPE_NEW, STATUS_NEW, 0, UNSOLICITED, time_ns))
    report.reference_id = child.parent_order_id
    return slot


@rare_function
def create_children(venue: int, parent_slot: int, units: int, price_units: int, time_ns: int) -> None:
    """Create what is attached to an order, for one fill of it."""
    parent, stop, target = order_row(venue, parent_slot), -1, -1
    if parent.stop_loss_units != NULL_UNITS:
        stop = create_child(venue, parent_slot, STOP, units, price_units, time_ns)
    if parent.take_profit_units != NULL_UNITS and (stop < 0 or order_row(venue, stop).triggered == 0):
        target = create_child(venue, parent_slot, LIMIT, units, price_units, time_ns)
    if stop >= 0 and target >= 0:
        order_row(venue, stop).sibling_order = target
        order_row(venue, target).sibling_order = stop


@kernel_function
def trigger(venue: int, slot: int, time_ns: int) -> None:
    """Let an order that waits for a price begin to act; the one beside it ends."""
    order = order_row(venue, slot)
    if order.order_type < STOP or order.triggered != 0:
        return
    order.triggered = 1
    if order.sibling_order >= 0:
        cancel_unasked(venue, order.sibling_order, 0, time_ns)


@rare_function
def reduce_sibling(venue: int, slot: int, units: int, time_ns: int) -> None:
    """Take what a target has filled from the stop beside it; a stop with nothing left ends."""
    sibling = order_row(venue, slot).sibling_order
    order = order_row(venue, sibling)
    if order.leaves_units <= units:
        cancel_unasked(venue, sibling, 0, time_ns)
        return
    order.leaves_units -= units
    order.quantity_units -= units
    report_order(venue, sibling, RESTATED, order_status(venue, sibling), PARTIAL_DECLINE, UNSOLICITED, time_ns)
