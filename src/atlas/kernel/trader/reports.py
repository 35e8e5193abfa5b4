"""What a venue says: execution reports and cancel rejects, applied to orders and portfolio.

A report that makes no sense is quarantined, counted and put into the outputs; it never raises and changes nothing.
A duplicate execution changes nothing and is counted. Busts and corrections reverse the booked fill.
"""

from __future__ import annotations

import numpy as np

from atlas.kernel.memory.block import table_capacity
from atlas.kernel.memory.compilation import kernel_function
from atlas.kernel.memory.hash_map import map_get, map_put, map_remove
from atlas.kernel.memory.intrinsics import record_at
from atlas.kernel.trader.ledger import book_fill, notional, position_index
from atlas.kernel.trader.orders import (
    FILLED,
    INDEX_ENTRY,
    change_state,
    find_order,
    find_tombstone,
    is_terminal,
    notify_order,
    release,
    retire,
)
from atlas.kernel.trader.outputs import (
    FILL_KIND,
    QUARANTINED_KIND,
    REVERSAL_KIND,
    emit,
    fill_at,
    push_notice,
    quarantined_at,
    reversal_at,
)
from atlas.kernel.trader.tables import (
    EXECUTION_INDEX,
    EXECUTIONS,
    execution_row,
    instrument_row,
    order_row,
    position_row,
    strategy_row,
    tombstone_row,
    world_row,
)
from atlas.records.enums import (
    NULL,
    CancelRejectResponse,
    ExecutionType,
    Hook,
    OrderState,
    OrderStatus,
    QuantityKind,
    QuarantineReason,
    TransactionType,
)
from atlas.records.order_states import BASE_MASK as BASE_STATE_MASK
from atlas.records.order_states import PENDING_CANCEL as PENDING_CANCEL_FLAG
from atlas.records.order_states import PENDING_REPLACE as PENDING_REPLACE_FLAG
from atlas.records.order_states import PLAIN_REPORT_EVENTS, TRANSITIONS, OrderEvent, status_event
from atlas.records.reports import CANCEL_REJECT, EXECUTION_REPORT

report_at, cancel_reject_at = record_at(EXECUTION_REPORT), record_at(CANCEL_REJECT)
EXECUTIONS_ENTRY, EXECUTION_INDEX_ENTRY = EXECUTIONS.entry, EXECUTION_INDEX.entry
NULL_UNITS, RUNNING = NULL, 0
ON_FILL, UNITS = int(Hook.ON_FILL), int(QuantityKind.UNITS)
NEW, PARTIAL_FILL, FILL = int(ExecutionType.NEW), int(ExecutionType.PARTIAL_FILL), int(ExecutionType.FILL)
DONE_FOR_DAY, CANCELED = int(ExecutionType.DONE_FOR_DAY), int(ExecutionType.CANCELED)
REPLACED, REJECTED = int(ExecutionType.REPLACED), int(ExecutionType.REJECTED)
SUSPENDED, EXPIRED = int(ExecutionType.SUSPENDED), int(ExecutionType.EXPIRED)
RESTATED, PENDING_NEW = int(ExecutionType.RESTATED), int(ExecutionType.PENDING_NEW)
PENDING_CANCEL, PENDING_REPLACE = int(ExecutionType.PENDING_CANCEL), int(ExecutionType.PENDING_REPLACE)
STOPPED, CALCULATED = int(ExecutionType.STOPPED), int(ExecutionType.CALCULATED)
BUST, CORRECT, STATUS = int(TransactionType.CANCEL), int(TransactionType.CORRECT), int(TransactionType.STATUS)
REPLACE_REFUSED = int(CancelRejectResponse.REPLACE)
UNKNOWN_ORDER, ILLEGAL_TRANSITION = int(QuarantineReason.UNKNOWN_ORDER), int(QuarantineReason.ILLEGAL_TRANSITION)
OVERFILL, UNKNOWN_REFERENCE = int(QuarantineReason.OVERFILL), int(QuarantineReason.UNKNOWN_REFERENCE)
MALFORMED, WRONG_SIDE = int(QuarantineReason.MALFORMED), int(QuarantineReason.WRONG_SIDE)
DUPLICATE, RETIRED_ORDER = int(QuarantineReason.DUPLICATE_EXECUTION), int(QuarantineReason.RETIRED_ORDER)
IN_DOUBT = int(OrderState.IN_DOUBT)
E_ACKNOWLEDGE, E_REJECT = int(OrderEvent.ACKNOWLEDGE), int(OrderEvent.REJECT)
E_FILL_PARTIAL, E_FILL_COMPLETE = int(OrderEvent.FILL_PARTIAL), int(OrderEvent.FILL_COMPLETE)
E_CANCEL_ACCEPT, E_UNSOLICITED = int(OrderEvent.CANCEL_ACCEPT), int(OrderEvent.UNSOLICITED_CANCEL)
E_CANCEL_REFUSE, E_REPLACE_REFUSE = int(OrderEvent.CANCEL_REFUSE), int(OrderEvent.REPLACE_REFUSE)
E_REPLACE_ACCEPT = int(OrderEvent.REPLACE_ACCEPT)
E_REPLACE_ACCEPT_COMPLETE, E_RESUME_PARTIAL = int(OrderEvent.REPLACE_ACCEPT_COMPLETE), int(OrderEvent.RESUME_PARTIAL)
E_RESTATE, E_RESTATE_COMPLETE = int(OrderEvent.RESTATE), int(OrderEvent.RESTATE_COMPLETE)
E_BUST, E_BUST_ALL, E_BUST_CLOSE = int(OrderEvent.BUST), int(OrderEvent.BUST_ALL), int(OrderEvent.BUST_CLOSE)
E_CORRECT, E_CORRECT_COMPLETE = int(OrderEvent.CORRECT), int(OrderEvent.CORRECT_COMPLETE)
E_RESOLVE_LIVE, E_RESOLVE_PARTIAL = int(OrderEvent.RESOLVE_LIVE), int(OrderEvent.RESOLVE_PARTIAL)
FLAG_PENDING_CANCEL, FLAG_PENDING_REPLACE, BASE_MASK = PENDING_CANCEL_FLAG, PENDING_REPLACE_FLAG, BASE_STATE_MASK
SUSPENDED_STATE, DONE_STATE = int(OrderState.SUSPENDED), int(OrderState.DONE_FOR_DAY)
QUANTITIES_DISAGREE = int(QuarantineReason.QUANTITIES_DISAGREE)
QUARANTINE_INSTRUMENT = int(QuarantineReason.UNKNOWN_INSTRUMENT)
EXECUTION_TYPES = PLAIN_REPORT_EVENTS.shape[0]
STATUS_EVENTS_COUNT = max(OrderStatus) + 1
STATUS_EVENTS = np.array(
    [
        0 if status_event(IN_DOUBT, status, 0) == E_RESOLVE_LIVE else status_event(IN_DOUBT, status, 0)
        for status in range(STATUS_EVENTS_COUNT)
    ],
    np.uint8,
)
MAXIMUM_VENUES = 64


@kernel_function
def quarantine(world: int, address: int, reason: int, state: int) -> None:
    """Set a report aside: counted, put into the outputs, nothing changed."""
    report, header = report_at(address), world_row(world, 0)
    header.quarantined_count += 1
    entry = quarantined_at(emit(world, 1, int(report.instrument), QUARANTINED_KIND, int(report.side)))
    entry.client_order_id, entry.venue_order_id = report.client_order_id, report.venue_order_id
    entry.execution_id, entry.quarantine_reason = report.execution_id, reason
    entry.report_kind, entry.execution_type, entry.state = report.kind, report.execution_type, state
    entry.account, entry.venue, entry.report_sequence = report.account, 0, header.event_count


@kernel_function
def execution_identity(world: int, address: int) -> int:
    """What tells one execution from all others: the venue's id and the venue."""
    report = report_at(address)
    venue = instrument_row(world, int(report.instrument)).venue
    return report.execution_id * MAXIMUM_VENUES + venue % MAXIMUM_VENUES


@kernel_function
def remember_execution(world: int, identity: int, slot: int, quantity: int, price_units: int, fee_money: int) -> None:
    """Keep a booked execution, in place of the oldest one, for duplicates, busts and corrections."""
    header, order = world_row(world, 0), order_row(world, slot)
    index = header.executions_written % table_capacity(world, EXECUTIONS_ENTRY)
    header.executions_written += 1
    kept = execution_row(world, index)
    if kept.identity != 0:
        map_remove(world, EXECUTION_INDEX_ENTRY, kept.identity)
    kept.identity, kept.client_order_id, kept.side = identity, order.client_order_id, order.side
    kept.quantity_units, kept.price_units, kept.fee_money = quantity, price_units, fee_money
    kept.instrument, kept.strategy, kept.account = order.instrument, order.strategy, order.account
    map_put(world, EXECUTION_INDEX_ENTRY, identity, index)


@kernel_function
def emit_fill(world: int, slot: int, address: int, money: int, realized: int) -> None:
    """Put a booked fill and its reasons into the outputs."""
    report, order, header = report_at(address), order_row(world, slot), world_row(world, 0)
    position = position_row(world, position_index(world, order.account, order.instrument))
    fill = fill_at(emit(world, 3, order.instrument, FILL_KIND, order.side))
    fill.venue_time_ns, fill.row2_venue_time_ns, fill.row3_venue_time_ns = (
        report.venue_time_ns,
        report.venue_time_ns,
        report.venue_time_ns,
    )
    fill.client_order_id, fill.execution_id = order.client_order_id, report.execution_id
    fill.quantity_units, fill.price_units = report.last_quantity_units, report.last_price_units
    fill.fee_money, fill.notional_money, fill.realized_money = report.fee_money, money, realized
    fill.position_units = position.quantity_units
    fill.strategy, fill.account = order.strategy, order.account
    fill.price_rule, fill.order_type = report.price_rule, order.order_type
    fill.liquidity, fill.fee_rule = report.liquidity, int(report.fee_rule)
    fill.arrival_time_ns, fill.submit_time_ns = report.arrival_time_ns, order.submit_time_ns
    fill.reference_price_units = order.reference_price_units
    fill.available_quantity_units = report.available_quantity_units
    fill.slippage_money = 0
    if order.reference_price_units != NULL_UNITS:
        worse = (report.last_price_units - order.reference_price_units) * order.side
        fill.slippage_money = notional(world, order.instrument, worse, report.last_quantity_units)
    header.fill_count += 1
    fill.sequence = header.fill_count


@kernel_function
def notify_fill(world: int, slot: int, address: int, realized: int) -> None:
    """Tell the order's strategy of a fill, if it wants to know."""
    order, report = order_row(world, slot), report_at(address)
    strategy = strategy_row(world, order.strategy)
    strategy.fill_count += 1
    if strategy.hooks & (1 << ON_FILL) == 0 or strategy.status != RUNNING:
        return
    position = position_row(world, position_index(world, order.account, order.instrument))
    notice = push_notice(world, ON_FILL, order.strategy, order.instrument, order.client_order_id)
    notice.side, notice.state, notice.reason = order.side, order.state, 0
    notice.quantity_units, notice.price_units = report.last_quantity_units, report.last_price_units
    notice.filled_units, notice.stop_units = order.filled_units, NULL_UNITS
    notice.fee_money, notice.realized_money = report.fee_money, realized
    notice.filled_notional_money, notice.position_units = order.filled_notional_money, position.quantity_units


@kernel_function
def adopt_quantity(world: int, slot: int, quantity_units: int) -> None:
    """Take over a quantity that the venue resolved at the fill; the hold follows it."""
    order = order_row(world, slot)
    if order.quantity_kind != UNITS and order.quantity_units == 0 and quantity_units != NULL_UNITS:
        order.quantity_units = quantity_units


@kernel_function
def apply_fill(world: int, slot: int, address: int) -> None:
    """Book a fill: state, cash, position, attribution, holds, outputs, notices."""
    order, report = order_row(world, slot), report_at(address)
    quantity, price_units, fee = report.last_quantity_units, report.last_price_units, report.fee_money
    adopt_quantity(world, slot, report.order_quantity_units)
    if quantity <= 0 or price_units == NULL_UNITS or fee == NULL_UNITS:
        quarantine(world, address, MALFORMED, order.state)
        return
    if int(report.side) != order.side:
        quarantine(world, address, WRONG_SIDE, order.state)
        return
    if order.filled_units + quantity > order.quantity_units:
        quarantine(world, address, OVERFILL, order.state)
        return
    complete = order.filled_units + quantity == order.quantity_units
    order.filled_units += quantity
    order.venue_order_id = report.venue_order_id
    if not change_state(world, slot, E_FILL_COMPLETE if complete else E_FILL_PARTIAL, 0, price_units):
        order.filled_units -= quantity
        quarantine(world, address, ILLEGAL_TRANSITION, order.state)
        return
    money = notional(world, order.instrument, price_units, quantity)
    order.filled_notional_money += money
    order.fees_money += fee
    release(world, slot, order.held_units if complete else quantity)
    realized = book_fill(
        world, order.strategy, order.account, order.instrument, quantity * order.side, money, fee
    )
    emit_fill(world, slot, address, money, realized)
    notify_fill(world, slot, address, realized)
    notify_order(world, slot, 0)
    if complete:
        retire(world, slot)


@kernel_function
def apply_execution(world: int, slot: int, address: int) -> None:
    """Book a fill once: a duplicate is counted and changes nothing."""
    report, header = report_at(address), world_row(world, 0)
    identity = execution_identity(world, address)
    if map_get(world, EXECUTION_INDEX_ENTRY, identity) >= 0:
        header.duplicate_count += 1
        quarantine(world, address, DUPLICATE, order_row(world, slot).state)
        return
    written = header.fill_count
    remember_execution(
        world, identity, slot, report.last_quantity_units, report.last_price_units, report.fee_money
    )
    apply_fill(world, slot, address)
    if header.fill_count == written:  # quarantined: a corrected report may still come under this id
        map_remove(world, EXECUTION_INDEX_ENTRY, identity)
        header.executions_written -= 1
        execution_row(world, header.executions_written % table_capacity(world, EXECUTIONS_ENTRY)).identity = 0


@kernel_function
def apply_replaced(world: int, slot: int, address: int) -> bool:
    """A replace was accepted: the order takes the new terms and goes by the request's id."""
    order, report = order_row(world, slot), report_at(address)
    event = E_REPLACE_ACCEPT
    if order.filled_units >= report.order_quantity_units:
        event = E_REPLACE_ACCEPT_COMPLETE
    if report.order_quantity_units == NULL_UNITS or not change_state(world, slot, event, 0, report.price_units):
        return False
    order.quantity_units = report.order_quantity_units
    order.price_units, order.stop_units = report.price_units, report.stop_units
    return True


@kernel_function
def event_of(world: int, slot: int, address: int) -> int:
    """Order event of a report that is neither fill, replacement nor status; 0 where none follows."""
    order, report = order_row(world, slot), report_at(address)
    execution_type, base = int(report.execution_type), order.state & BASE_MASK
    if execution_type == NEW:
        resumed = base == SUSPENDED_STATE or base == DONE_STATE or base == IN_DOUBT
        return E_RESUME_PARTIAL if resumed and order.filled_units > 0 else E_ACKNOWLEDGE
    if execution_type == CANCELED:
        return E_CANCEL_ACCEPT if order.state & FLAG_PENDING_CANCEL != 0 else E_UNSOLICITED
    if execution_type == RESTATED or execution_type == REPLACED:
        complete = report.order_quantity_units != NULL_UNITS and order.filled_units >= report.order_quantity_units
        return E_RESTATE_COMPLETE if complete else E_RESTATE
    return int(PLAIN_REPORT_EVENTS[execution_type]) if execution_type < EXECUTION_TYPES else 0


@kernel_function
def resolve_doubt(world: int, slot: int, address: int) -> None:
    """A status report resolves a doubt, once every fill it counts is booked; else it changes nothing."""
    order, report = order_row(world, slot), report_at(address)
    if order.state & BASE_MASK != IN_DOUBT:
        return
    if report.cumulative_quantity_units != NULL_UNITS and report.cumulative_quantity_units != order.filled_units:
        quarantine(world, address, QUANTITIES_DISAGREE, order.state)
        return
    status = int(report.order_status)
    event = int(STATUS_EVENTS[status]) if status < STATUS_EVENTS_COUNT else 0
    if event == 0:
        event = E_RESOLVE_PARTIAL if order.filled_units > 0 else E_RESOLVE_LIVE
    order.venue_order_id = report.venue_order_id
    if not change_state(world, slot, event, int(report.reject_reason), order.price_units):
        quarantine(world, address, ILLEGAL_TRANSITION, order.state)
        return
    notify_order(world, slot, int(report.reject_reason))
    if is_terminal(order.state):
        retire(world, slot)


@kernel_function
def apply_to_order(world: int, slot: int, address: int) -> None:
    """Apply a report to the live order it names."""
    report, order = report_at(address), order_row(world, slot)
    execution_type, reason = int(report.execution_type), int(report.reject_reason)
    if execution_type == FILL or execution_type == PARTIAL_FILL:
        apply_execution(world, slot, address)
        return
    if execution_type == REPLACED and order.state & FLAG_PENDING_REPLACE != 0:
        if not apply_replaced(world, slot, address):
            quarantine(world, address, ILLEGAL_TRANSITION, order.state)
        else:
            notify_order(world, slot, 0)
            if is_terminal(order.state):
                retire(world, slot)
        return
    event = event_of(world, slot, address)
    adopt_quantity(world, slot, report.order_quantity_units)
    if execution_type == NEW:
        order.venue_order_id = report.venue_order_id
    restated = execution_type == RESTATED or execution_type == REPLACED
    if restated and report.order_quantity_units != NULL_UNITS:
        order.quantity_units = report.order_quantity_units
        order.price_units, order.stop_units = report.price_units, report.stop_units
    if event == 0 or not change_state(world, slot, event, reason, order.price_units):
        quarantine(world, address, ILLEGAL_TRANSITION, order.state)
        return
    notify_order(world, slot, reason)
    if is_terminal(order.state):
        retire(world, slot)


@kernel_function
def reverse_execution(world: int, address: int) -> None:
    """A bust takes a booked fill back; a correction takes it back and books it anew at the corrected terms."""
    report = report_at(address)
    venue = instrument_row(world, int(report.instrument)).venue
    identity = report.reference_id * MAXIMUM_VENUES + venue % MAXIMUM_VENUES
    index = map_get(world, EXECUTION_INDEX_ENTRY, identity)
    if index < 0:
        quarantine(world, address, UNKNOWN_REFERENCE, 0)
        return
    again = execution_identity(world, address)
    if map_get(world, EXECUTION_INDEX_ENTRY, again) >= 0:
        world_row(world, 0).duplicate_count += 1
        quarantine(world, address, DUPLICATE, 0)
        return
    kept = execution_row(world, index)
    busted = int(report.transaction_type) == BUST
    if not busted and (report.last_quantity_units <= 0 or report.last_price_units == NULL_UNITS):
        quarantine(world, address, MALFORMED, 0)
        return
    take_back(world, index, address)
    map_remove(world, EXECUTION_INDEX_ENTRY, identity)
    map_put(world, EXECUTION_INDEX_ENTRY, again, index)
    kept.identity = again
    kept.quantity_units, kept.price_units, kept.fee_money = 0, 0, 0
    if not busted:
        kept.quantity_units, kept.price_units = report.last_quantity_units, report.last_price_units
        kept.fee_money = report.fee_money
        money = notional(world, kept.instrument, kept.price_units, kept.quantity_units)
        change = kept.quantity_units * kept.side
        book_fill(world, kept.strategy, kept.account, kept.instrument, change, money, kept.fee_money)
    adjust_filled(world, kept.client_order_id, index, busted)


@kernel_function
def take_back(world: int, index: int, address: int) -> None:
    """Book the opposite of a kept execution, its fee included, and put the reversal into the outputs."""
    kept, report = execution_row(world, index), report_at(address)
    money = notional(world, kept.instrument, kept.price_units, kept.quantity_units)
    change = -kept.quantity_units * kept.side
    realized = book_fill(world, kept.strategy, kept.account, kept.instrument, change, money, -kept.fee_money)
    position = position_row(world, position_index(world, kept.account, kept.instrument))
    entry = reversal_at(emit(world, 2, kept.instrument, REVERSAL_KIND, kept.side))
    entry.client_order_id, entry.execution_id = kept.client_order_id, report.execution_id
    entry.reference_id, entry.quantity_units = report.reference_id, kept.quantity_units
    entry.price_units, entry.fee_money, entry.realized_money = kept.price_units, kept.fee_money, realized
    entry.position_units, entry.notional_money = position.quantity_units, money
    entry.strategy, entry.account = kept.strategy, kept.account
    entry.transaction_type = report.transaction_type
    # The filled quantity of the order follows in `adjust_filled`; keep what was taken back for it.
    slot = find_order(world, kept.client_order_id)
    stone = find_tombstone(world, kept.client_order_id)
    if slot >= 0:
        order_row(world, slot).filled_units -= kept.quantity_units
        order_row(world, slot).filled_notional_money -= money
        order_row(world, slot).fees_money -= kept.fee_money
    elif stone >= 0:
        tombstone_row(world, stone).filled_units -= kept.quantity_units
        tombstone_row(world, stone).filled_notional_money -= money
        tombstone_row(world, stone).fees_money -= kept.fee_money


@kernel_function
def adjust_filled(world: int, client_order_id: int, index: int, busted: bool) -> None:
    """Carry a bust or correction into the order or its tombstone."""
    kept = execution_row(world, index)
    money = notional(world, kept.instrument, kept.price_units, kept.quantity_units) if kept.quantity_units else 0
    slot, stone = find_order(world, client_order_id), find_tombstone(world, client_order_id)
    if slot >= 0:
        order = order_row(world, slot)
        order.filled_units += kept.quantity_units
        order.filled_notional_money += money
        order.fees_money += kept.fee_money
        complete = order.filled_units >= order.quantity_units
        event = E_CORRECT_COMPLETE if complete else E_CORRECT
        if busted:
            event = E_BUST if order.filled_units > 0 else E_BUST_ALL
        change_state(world, slot, event, 0, kept.price_units)
        notify_order(world, slot, 0)
    elif stone >= 0:
        buried = tombstone_row(world, stone)
        buried.filled_units += kept.quantity_units
        buried.filled_notional_money += money
        buried.fees_money += kept.fee_money
        if busted:
            buried.state = int(TRANSITIONS[buried.state, E_BUST_CLOSE])


@kernel_function
def apply_to_tombstone(world: int, stone: int, address: int) -> None:
    """A late report on a retired order: a late fill of a canceled order is booked, the rest is quarantined."""
    report, buried, header = report_at(address), tombstone_row(world, stone), world_row(world, 0)
    execution_type = int(report.execution_type)
    if execution_type != FILL and execution_type != PARTIAL_FILL:
        quarantine(world, address, RETIRED_ORDER, buried.state)
        return
    identity = execution_identity(world, address)
    if map_get(world, EXECUTION_INDEX_ENTRY, identity) >= 0:
        header.duplicate_count += 1
        quarantine(world, address, DUPLICATE, buried.state)
        return
    quantity, price_units = report.last_quantity_units, report.last_price_units
    over = buried.filled_units + quantity > buried.quantity_units
    if buried.state == FILLED or over or quantity <= 0 or price_units == NULL_UNITS or int(report.side) != buried.side:
        quarantine(world, address, OVERFILL, buried.state)
        return
    book_late_fill(world, stone, address, identity)


@kernel_function
def book_late_fill(world: int, stone: int, address: int, identity: int) -> None:
    """Book a fill that came after its order had ended."""
    report, buried, header = report_at(address), tombstone_row(world, stone), world_row(world, 0)
    quantity, price_units, fee = report.last_quantity_units, report.last_price_units, report.fee_money
    money = notional(world, buried.instrument, price_units, quantity)
    change = quantity * buried.side
    realized = book_fill(world, buried.strategy, buried.account, buried.instrument, change, money, fee)
    buried.filled_units += quantity
    buried.filled_notional_money += money
    buried.fees_money += fee
    index = header.executions_written % table_capacity(world, EXECUTIONS_ENTRY)
    header.executions_written += 1
    kept = execution_row(world, index)
    if kept.identity != 0:
        map_remove(world, EXECUTION_INDEX_ENTRY, kept.identity)
    kept.identity, kept.client_order_id, kept.side = identity, buried.client_order_id, buried.side
    kept.quantity_units, kept.price_units, kept.fee_money = quantity, price_units, fee
    kept.instrument, kept.strategy, kept.account = buried.instrument, buried.strategy, buried.account
    map_put(world, EXECUTION_INDEX_ENTRY, identity, index)
    header.fill_count += 1
    fill = fill_at(emit(world, 3, buried.instrument, FILL_KIND, buried.side))
    fill.client_order_id, fill.execution_id = buried.client_order_id, report.execution_id
    fill.quantity_units, fill.price_units, fill.fee_money = quantity, price_units, fee
    fill.notional_money, fill.realized_money = money, realized
    fill.position_units = position_row(world, position_index(world, buried.account, buried.instrument)).quantity_units
    fill.strategy, fill.account, fill.price_rule = buried.strategy, buried.account, report.price_rule
    fill.order_type, fill.liquidity, fill.fee_rule = report.order_type, report.liquidity, int(report.fee_rule)
    fill.arrival_time_ns, fill.submit_time_ns = report.arrival_time_ns, NULL_UNITS
    fill.reference_price_units, fill.available_quantity_units = NULL_UNITS, report.available_quantity_units
    fill.slippage_money, fill.sequence = 0, header.fill_count


@kernel_function
def apply_execution_report(world: int, address: int) -> None:
    """Apply one execution report; never raises on what a venue says."""
    report = report_at(address)
    transaction = int(report.transaction_type)
    if int(report.instrument) >= world_row(world, 0).instrument_count:
        quarantine_unknown(world, address)
        return
    if transaction == BUST or transaction == CORRECT:
        reverse_execution(world, address)
        return
    slot = find_order(world, report.client_order_id)
    if slot < 0 and report.reference_id > 0:
        slot = find_order(world, report.reference_id)
    if slot >= 0 and transaction == STATUS:
        resolve_doubt(world, slot, address)
        return
    if slot >= 0:
        apply_to_order(world, slot, address)
        return
    stone = find_tombstone(world, report.client_order_id)
    if stone >= 0 and transaction == STATUS:
        return
    if stone >= 0:
        apply_to_tombstone(world, stone, address)
    else:
        quarantine(world, address, UNKNOWN_ORDER, 0)


@kernel_function
def quarantine_unknown(world: int, address: int) -> None:
    """Set a report of an instrument that this run doesn't know aside."""
    quarantine(world, address, QUARANTINE_INSTRUMENT, 0)


@kernel_function
def apply_cancel_reject(world: int, address: int) -> None:
    """A cancel or replace was refused: the order goes back to what it was."""
    reject = cancel_reject_at(address)
    slot = find_order(world, reject.original_client_order_id)
    if slot < 0:
        world_row(world, 0).quarantined_count += 1
        return
    order, reason = order_row(world, slot), int(reject.reject_reason)
    refused = E_REPLACE_REFUSE if int(reject.response_to) == REPLACE_REFUSED else E_CANCEL_REFUSE
    if change_state(world, slot, refused, reason, order.price_units):
        notify_order(world, slot, reason)
    else:
        world_row(world, 0).quarantined_count += 1

