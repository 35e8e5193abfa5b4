"""Orders that a venue makes of attached stops and targets: taken over by the trader, and ended with their position.

A fill of an order with an attached stop loss or take profit brings forth orders that the trader never sent. The venue
reports each by an unsolicited NEW with a client order id below zero, which refers to the parent's. From then on they
are orders like any other: audited, told, canceled, replaced, split. They hold nothing, since they end with the position
they protect: when a fill leaves their strategy without one, the trader cancels them.
"""

from __future__ import annotations

from atlas.kernel.memory.compilation import kernel_function, rare_function
from atlas.kernel.memory.hash_map import map_put
from atlas.kernel.memory.intrinsics import ROWS, record_at
from atlas.kernel.trader.ledger import attribution_index
from atlas.kernel.trader.orders import (
    ATTACHED,
    INDEX_ENTRY,
    change_state,
    link_order,
    new_order,
    next_order_id,
    notify_order,
    request_cancel,
)
from atlas.kernel.trader.outputs import CANCEL_KIND, cancel_order_at, commands_left, emit_command
from atlas.kernel.trader.tables import attribution_row, instrument_row, order_row, strategy_row, world_row
from atlas.records.enums import (
    AskedBy,
    ExecutionType,
    OrderType,
    QuarantineReason,
    ReportFlag,
    TransactionType,
    Why,
)
from atlas.records.order_states import OrderEvent
from atlas.records.reports import EXECUTION_REPORT

report_at = record_at(EXECUTION_REPORT, ROWS)
NEW, ADOPT, UNSOLICITED = int(ExecutionType.NEW), int(OrderEvent.ADOPT), int(ReportFlag.UNSOLICITED)
TRANSACTION_NEW = int(TransactionType.NEW)
LIMIT, STOP = int(OrderType.LIMIT), int(OrderType.STOP)
UNKNOWN_ORDER, MALFORMED = int(QuarantineReason.UNKNOWN_ORDER), int(QuarantineReason.MALFORMED)
BY_TRADER, BY_SYSTEM, WHY_STOP = int(AskedBy.TRADER), int(AskedBy.SYSTEM), int(Why.STOP)


@kernel_function
def is_attached(address: int) -> bool:
    """Whether a report tells of an order that the venue made of an attached price."""
    report = report_at(address)
    if int(report.execution_type) != NEW or int(report.transaction_type) != TRANSACTION_NEW:
        return False
    return int(report.flags) & UNSOLICITED != 0 and report.client_order_id < 0 and report.reference_id > 0


@kernel_function
def is_whole(world: int, address: int) -> bool:
    """Whether such a report says all that an order needs, of a strategy and account that there are."""
    report, header = report_at(address), world_row(world, 0)
    strategy, order_type = int(report.strategy), int(report.order_type)
    if strategy >= header.strategy_count or int(report.account) != strategy_row(world, strategy).account:
        return False
    if order_type != LIMIT and order_type != STOP:
        return False
    return (int(report.side) == 1 or int(report.side) == -1) and report.order_quantity_units > 0


@rare_function
def adopt(world: int, address: int) -> int:
    """Take over the order that a report of an unknown one tells of; 0, or why the report is to be set aside."""
    if not is_attached(address):
        return UNKNOWN_ORDER
    if not is_whole(world, address):
        return MALFORMED
    report, header = report_at(address), world_row(world, 0)
    strategy, side = int(report.strategy), int(report.side)
    slot = new_order(world, strategy, int(report.instrument), side, int(report.order_type), int(report.time_in_force))
    if slot < 0:
        give_back(world, address)
        return UNKNOWN_ORDER
    order = order_row(world, slot)
    order.client_order_id, order.venue_order_id = report.client_order_id, report.venue_order_id
    order.parent_order_id, order.ties = report.reference_id, ATTACHED
    order.quantity_units = report.order_quantity_units
    order.price_units, order.stop_units = report.price_units, report.stop_units
    order.submit_time_ns = header.clock_ns
    order.reference_price_units = instrument_row(world, order.instrument).mark_units
    header.order_count += 1
    strategy_row(world, strategy).order_count += 1
    find_partner(world, slot)
    map_put(world, INDEX_ENTRY, order.client_order_id, slot)
    link_order(world, slot)
    instrument_row(world, order.instrument).tied_orders += 1
    change_state(world, slot, ADOPT, 0, order.price_units)
    notify_order(world, slot, 0)
    return 0


@kernel_function
def find_partner(world: int, slot: int) -> None:
    """Link a target with the stop of the same fill, which the venue made and reported just before it."""
    order = order_row(world, slot)
    other_slot = instrument_row(world, order.instrument).last_order
    while other_slot >= 0 and order.linked_order_id == 0:
        other = order_row(world, other_slot)
        same = other.ties == ATTACHED and other.parent_order_id == order.parent_order_id
        if same and other.linked_order_id == 0 and other.client_order_id == order.client_order_id + 1:
            order.linked_order_id, other.linked_order_id = other.client_order_id, order.client_order_id
        other_slot = other.previous_order


@kernel_function
def give_back(world: int, address: int) -> None:
    """Ask the venue to cancel an order that the full table has no row for."""
    report = report_at(address)
    if commands_left(world) == 0:
        return
    command = cancel_order_at(emit_command(world, 1, int(report.instrument), CANCEL_KIND, int(report.side)))
    command.client_order_id, command.original_client_order_id = next_order_id(world), report.client_order_id
    command.venue_order_id = report.venue_order_id
    command.account, command.strategy = report.account, report.strategy
    command.asked_by, command.reason, command.reserved_54 = BY_SYSTEM, WHY_STOP, 0
    command.sequence = world_row(world, 0).commands_written


@rare_function
def end_attached(world: int, slot: int) -> None:
    """After a fill of an order: cancel its strategy's attached orders in the instrument where no position is left.

    The order that the filled one is linked with is left to the venue, which ends it by itself.
    """
    filled = order_row(world, slot)
    index = attribution_index(world, filled.strategy, filled.account, filled.instrument)
    if attribution_row(world, index).quantity_units != 0:
        return
    other_slot = instrument_row(world, filled.instrument).first_order
    while other_slot >= 0 and commands_left(world) > 0:
        other = order_row(world, other_slot)
        following = other.next_order
        ends = other.ties & ATTACHED != 0 and other.strategy == filled.strategy and other_slot != slot
        if ends and other.client_order_id != filled.linked_order_id:
            request_cancel(world, other_slot, BY_TRADER, WHY_STOP)
        other_slot = following
