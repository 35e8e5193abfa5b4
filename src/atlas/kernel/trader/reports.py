"""What a venue says: execution reports and cancel rejects, applied to orders and portfolio.

A report that makes no sense is quarantined, counted and put into the outputs; it never raises and changes nothing, so
all that could forbid it is asked before anything is written. A duplicate execution changes nothing and is counted.
Busts and corrections reverse the booked fill, which stays known: a repeat of its report is a duplicate even then.
"""

from __future__ import annotations

from typing import Any

from atlas.kernel.memory.block import ring_index
from atlas.kernel.memory.compilation import kernel_function, rare_function
from atlas.kernel.memory.hash_map import map_get, map_put, map_remove
from atlas.kernel.memory.intrinsics import ROWS, record_at
from atlas.kernel.trader.attached import adopt, end_attached
from atlas.kernel.trader.ledger import (
    WORD_LIMIT,
    book_fill,
    booking_fits,
    position_index,
    rate_to_base,
    try_notional,
)
from atlas.kernel.trader.orders import (
    BASE_MASK,
    CALLED,
    INDEX_ENTRY,
    change_state,
    find_order,
    find_tombstone,
    hold_anew,
    is_closed,
    is_legal,
    notify_order,
    release,
    settle,
)
from atlas.kernel.trader.outputs import (
    FILL_KIND,
    QUARANTINED_KIND,
    REVERSAL_KIND,
    TRANSITION_KIND,
    emit,
    fill_at,
    push_notice,
    quarantined_at,
    reversal_at,
    transition_at,
)
from atlas.kernel.trader.tables import (
    EXECUTION_INDEX,
    EXECUTIONS,
    account_row,
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
    AskedBy,
    CancelRejectResponse,
    ExecutionType,
    FillFlag,
    Hook,
    OrderState,
    QuantityKind,
    QuarantineReason,
    TransactionType,
    Why,
)
from atlas.records.kinds import Kind
from atlas.records.order_states import PENDING_CANCEL as PENDING_CANCEL_FLAG
from atlas.records.order_states import PENDING_REPLACE as PENDING_REPLACE_FLAG
from atlas.records.order_states import PLAIN_REPORT_EVENTS, STATUS_REPORT_EVENTS, TRANSITIONS, OrderEvent
from atlas.records.reports import CANCEL_REJECT, EXECUTION_REPORT

report_at, cancel_reject_at = record_at(EXECUTION_REPORT, ROWS), record_at(CANCEL_REJECT, ROWS)
EXECUTIONS_ENTRY, EXECUTION_INDEX_ENTRY = EXECUTIONS.entry, EXECUTION_INDEX.entry
REPORT_KIND, REJECT_KIND = int(Kind.EXECUTION_REPORT), int(Kind.CANCEL_REJECT)
NULL_UNITS, RUNNING, ANY_UNITS = NULL, 0, 2**63 - 1
ON_FILL, UNITS = int(Hook.ON_FILL), int(QuantityKind.UNITS)
BY_VENUE, WHY_VENUE = int(AskedBy.VENUE), int(Why.VENUE)
NEW, PARTIAL_FILL, FILL = int(ExecutionType.NEW), int(ExecutionType.PARTIAL_FILL), int(ExecutionType.FILL)
CANCELED, REPLACED, RESTATED = int(ExecutionType.CANCELED), int(ExecutionType.REPLACED), int(ExecutionType.RESTATED)
EXECUTION_TYPES, STATUSES = PLAIN_REPORT_EVENTS.shape[0], STATUS_REPORT_EVENTS.shape[0]
BUST, CORRECT, STATUS = int(TransactionType.CANCEL), int(TransactionType.CORRECT), int(TransactionType.STATUS)
REPLACE_REFUSED = int(CancelRejectResponse.REPLACE)
UNKNOWN_ORDER, ILLEGAL_TRANSITION = int(QuarantineReason.UNKNOWN_ORDER), int(QuarantineReason.ILLEGAL_TRANSITION)
OVERFILL, UNKNOWN_REFERENCE = int(QuarantineReason.OVERFILL), int(QuarantineReason.UNKNOWN_REFERENCE)
MALFORMED, WRONG_SIDE = int(QuarantineReason.MALFORMED), int(QuarantineReason.WRONG_SIDE)
DUPLICATE, RETIRED_ORDER = int(QuarantineReason.DUPLICATE_EXECUTION), int(QuarantineReason.RETIRED_ORDER)
QUANTITIES_DISAGREE, OVERFLOW = int(QuarantineReason.QUANTITIES_DISAGREE), int(QuarantineReason.OVERFLOW)
UNKNOWN_INSTRUMENT, MARGIN_CALL = int(QuarantineReason.UNKNOWN_INSTRUMENT), int(FillFlag.MARGIN_CALL)
FILLED, SUSPENDED = int(OrderState.FILLED), int(OrderState.SUSPENDED)
DONE_FOR_DAY, IN_DOUBT = int(OrderState.DONE_FOR_DAY), int(OrderState.IN_DOUBT)
E_ACKNOWLEDGE, E_RESUME_PARTIAL = int(OrderEvent.ACKNOWLEDGE), int(OrderEvent.RESUME_PARTIAL)
E_FILL_PARTIAL, E_FILL_COMPLETE = int(OrderEvent.FILL_PARTIAL), int(OrderEvent.FILL_COMPLETE)
E_CANCEL_ACCEPT, E_UNSOLICITED = int(OrderEvent.CANCEL_ACCEPT), int(OrderEvent.UNSOLICITED_CANCEL)
E_CANCEL_REFUSE, E_REPLACE_REFUSE = int(OrderEvent.CANCEL_REFUSE), int(OrderEvent.REPLACE_REFUSE)
E_REPLACE_ACCEPT, E_REPLACE_ACCEPT_REOPEN = int(OrderEvent.REPLACE_ACCEPT), int(OrderEvent.REPLACE_ACCEPT_REOPEN)
E_REPLACE_ACCEPT_COMPLETE = int(OrderEvent.REPLACE_ACCEPT_COMPLETE)
E_RESTATE, E_RESTATE_COMPLETE = int(OrderEvent.RESTATE), int(OrderEvent.RESTATE_COMPLETE)
E_BUST, E_BUST_ALL, E_BUST_CLOSE = int(OrderEvent.BUST), int(OrderEvent.BUST_ALL), int(OrderEvent.BUST_CLOSE)
E_CORRECT, E_CORRECT_COMPLETE = int(OrderEvent.CORRECT), int(OrderEvent.CORRECT_COMPLETE)
E_RESOLVE_LIVE, E_RESOLVE_PARTIAL = int(OrderEvent.RESOLVE_LIVE), int(OrderEvent.RESOLVE_PARTIAL)
FLAG_PENDING_CANCEL, FLAG_PENDING_REPLACE = PENDING_CANCEL_FLAG, PENDING_REPLACE_FLAG
MAXIMUM_VENUES, VENUE_SHIFT = 64, 56
EXECUTION_ID_LIMIT = 1 << 56


@kernel_function
def set_aside(world: int, instrument: int, side: int, reason: int, state: int) -> Any:
    """Count a report that makes no sense and reserve its entry in the outputs; the caller writes its identities."""
    header = world_row(world, 0)
    header.quarantined_count += 1
    if reason == DUPLICATE:
        header.duplicate_count += 1
    entry = quarantined_at(emit(world, 1, instrument, QUARANTINED_KIND, side))
    entry.quarantine_reason, entry.state = reason, state
    entry.venue, entry.report_sequence = 0, header.event_count
    return entry


@rare_function
def quarantine(world: int, address: int, reason: int, state: int) -> None:
    """Set an execution report aside: counted, put into the outputs, nothing changed."""
    report = report_at(address)
    entry = set_aside(world, int(report.instrument), int(report.side), reason, state)
    entry.client_order_id, entry.venue_order_id = report.client_order_id, report.venue_order_id
    entry.execution_id, entry.account = report.execution_id, report.account
    entry.report_kind, entry.execution_type = REPORT_KIND, report.execution_type


@rare_function
def quarantine_reject(world: int, address: int, reason: int, state: int) -> None:
    """Set a cancel reject aside."""
    reject = cancel_reject_at(address)
    entry = set_aside(world, int(reject.instrument), int(reject.side), reason, state)
    entry.client_order_id, entry.venue_order_id = reject.original_client_order_id, reject.venue_order_id
    entry.execution_id, entry.account = 0, reject.account
    entry.report_kind, entry.execution_type = REJECT_KIND, 0


# --- executions ------------------------------------------------------------------------------------------------------


@kernel_function
def identity_of(world: int, execution_id: int, instrument: int) -> int:
    """What tells one execution from all others: the venue's id and the venue; 0 where the id can't be one."""
    if execution_id <= 0 or execution_id >= EXECUTION_ID_LIMIT:
        return 0
    return execution_id + ((instrument_row(world, instrument).venue % MAXIMUM_VENUES) << VENUE_SHIFT)


@kernel_function
def is_known(world: int, identity: int) -> bool:
    """Whether an execution was booked or taken back before."""
    if identity == 0 or world_row(world, 0).exact_venue != 0:
        return False
    return map_get(world, EXECUTION_INDEX_ENTRY, identity) >= 0


@kernel_function
def check_execution(world: int, address: int, identity: int, instrument: int, side: int, left: int) -> tuple[int, int]:
    """Why an execution can't be booked on an order with `left` units open (0: it can), and its money."""
    report = report_at(address)
    quantity, price_units = report.last_quantity_units, report.last_price_units
    if identity == 0 or quantity <= 0 or price_units == NULL_UNITS or report.fee_money == NULL_UNITS:
        return MALFORMED, 0
    if int(report.side) != side:
        return WRONG_SIDE, 0
    if int(report.instrument) != instrument:
        return MALFORMED, 0
    if quantity > left:
        return OVERFILL, 0
    money, fits = try_notional(world, instrument, price_units, quantity)
    return (0, money) if fits else (OVERFLOW, 0)


@kernel_function
def report_fits(world: int, address: int, strategy: int, account: int, instrument: int, money: int) -> bool:
    """Whether the execution of a report, worth `money`, can be booked within 64 bits."""
    report = report_at(address)
    units, fee = float(report.last_quantity_units), float(report.fee_money)
    return booking_fits(world, strategy, account, instrument, units, float(money), fee)


@kernel_function
def remember_execution(world: int, identity: int, quantity: int, price_units: int, fee_money: int) -> Any:
    """Keep an execution, in place of the oldest one, for duplicates, busts and corrections; the caller writes whose.

    An exact venue has none of these: then nothing is kept, and the row is one to write on that nobody reads.
    """
    header = world_row(world, 0)
    if header.exact_venue != 0:
        return execution_row(world, 0)
    index = ring_index(world, EXECUTIONS_ENTRY, header.executions_written)
    header.executions_written += 1
    kept = execution_row(world, index)
    if kept.identity != 0:
        map_remove(world, EXECUTION_INDEX_ENTRY, kept.identity)
    kept.identity = identity
    kept.quantity_units, kept.price_units, kept.fee_money = quantity, price_units, fee_money
    map_put(world, EXECUTION_INDEX_ENTRY, identity, index)
    return kept


@kernel_function
def emit_fill(world: int, address: int, order_id: int, instrument: int, side: int, strategy: int, account: int) -> int:
    """Put a booked fill into the outputs as its report tells it; returns its address, for what the order knows."""
    report, header = report_at(address), world_row(world, 0)
    place = emit(world, 3, instrument, FILL_KIND, side)
    fill, time_ns = fill_at(place), report.venue_time_ns
    fill.venue_time_ns, fill.row2_venue_time_ns, fill.row3_venue_time_ns = time_ns, time_ns, time_ns
    fill.client_order_id, fill.execution_id = order_id, report.execution_id
    fill.quantity_units, fill.price_units = report.last_quantity_units, report.last_price_units
    fill.fee_money, fill.strategy, fill.account = report.fee_money, strategy, account
    fill.position_units = position_row(world, position_index(world, account, instrument)).quantity_units
    fill.price_rule, fill.order_type = report.price_rule, report.order_type
    fill.liquidity, fill.fee_rule = report.liquidity, int(report.fee_rule)
    fill.arrival_time_ns, fill.available_quantity_units = report.arrival_time_ns, report.available_quantity_units
    fill.submit_time_ns, fill.reference_price_units, fill.slippage_money = NULL_UNITS, NULL_UNITS, 0
    header.fill_count += 1
    fill.sequence = header.fill_count
    return place


@kernel_function
def explain_fill(world: int, slot: int, place: int) -> None:
    """Write into a fill in the outputs what its order knows: type, submission, cost against the mark of then."""
    fill, order = fill_at(place), order_row(world, slot)
    fill.order_type, fill.submit_time_ns = order.order_type, order.submit_time_ns
    reference = order.reference_price_units
    fill.reference_price_units = reference
    if reference != NULL_UNITS and abs(float(fill.price_units)) + abs(float(reference)) < WORD_LIMIT:
        worse = (fill.price_units - reference) * order.side
        money, fits = try_notional(world, order.instrument, worse, fill.quantity_units)
        fill.slippage_money = money if fits else NULL_UNITS


@kernel_function
def book_execution(
    world: int,
    address: int,
    identity: int,
    order_id: int,
    instrument: int,
    side: int,
    strategy: int,
    account: int,
    money: int,
) -> int:
    """Book a checked execution: remembered, cash, position, attribution, outputs. Returns the fill's address."""
    report = report_at(address)
    quantity, fee = report.last_quantity_units, report.fee_money
    kept = remember_execution(world, identity, quantity, report.last_price_units, fee)
    kept.client_order_id, kept.side, kept.instrument = order_id, side, instrument
    kept.strategy, kept.account = strategy, account
    realized = book_fill(world, strategy, account, instrument, quantity * side, money, fee)
    place = emit_fill(world, address, order_id, instrument, side, strategy, account)
    fill = fill_at(place)
    fill.notional_money, fill.realized_money = money, realized
    return place


@kernel_function
def notify_fill(world: int, place: int, state: int, filled_units: int, filled_notional_money: int) -> None:
    """Tell a strategy of a fill in the outputs, if it wants to know, and what its order has become."""
    fill = fill_at(place)
    number = int(fill.strategy)
    strategy = strategy_row(world, number)
    strategy.fill_count += 1
    if strategy.hooks & (1 << ON_FILL) == 0 or strategy.status != RUNNING:
        return
    notice = push_notice(world, ON_FILL, number, int(fill.instrument), fill.client_order_id)
    notice.side, notice.state, notice.reason = int(fill.side), state, 0
    notice.quantity_units, notice.price_units = fill.quantity_units, fill.price_units
    notice.filled_units, notice.stop_units = filled_units, NULL_UNITS
    notice.fee_money, notice.realized_money = fill.fee_money, fill.realized_money
    notice.filled_notional_money, notice.position_units = filled_notional_money, fill.position_units
    notice.parent_order_id = 0


@kernel_function
def apply_execution(world: int, slot: int, address: int) -> None:
    """Book a fill of a live order once: state, portfolio, holds, outputs, notices. Or say why not."""
    report, order = report_at(address), order_row(world, slot)
    identity = identity_of(world, report.execution_id, int(report.instrument))
    if is_known(world, identity):
        quarantine(world, address, DUPLICATE, order.state)
        return
    total = resolved_quantity(world, slot, address)
    left = total - order.filled_units
    event = E_FILL_COMPLETE if report.last_quantity_units == left else E_FILL_PARTIAL
    reason, money = check_execution(world, address, identity, order.instrument, order.side, left)
    if reason == 0 and not is_legal(order.state, event):
        reason = ILLEGAL_TRANSITION
    if reason == 0 and not report_fits(world, address, order.strategy, order.account, order.instrument, money):
        reason = OVERFLOW
    if reason != 0:
        quarantine(world, address, reason, order.state)
        return
    book_order_fill(world, slot, address, identity, event, total, money)


@kernel_function
def book_order_fill(world: int, slot: int, address: int, identity: int, event: int, total: int, money: int) -> None:
    """Book a checked fill on its order, whose quantity is `total`."""
    report, order = report_at(address), order_row(world, slot)
    before, resolved = order.state, total != order.quantity_units
    order.quantity_units = total
    order.filled_units += report.last_quantity_units
    order.filled_notional_money += money
    order.fees_money += report.fee_money
    take_venue_order_id(world, slot, report.venue_order_id)
    change_state(world, slot, event, 0, report.last_price_units)
    release(world, slot, order.held_units if event == E_FILL_COMPLETE else report.last_quantity_units)
    place = book_execution(
        world,
        address,
        identity,
        order.client_order_id,
        order.instrument,
        order.side,
        order.strategy,
        order.account,
        money,
    )
    explain_fill(world, slot, place)
    if resolved and event == E_FILL_PARTIAL:
        hold_anew(world, slot)
    notify_fill(world, place, order.state, order.filled_units, order.filled_notional_money)
    notify_order(world, slot, 0)
    if instrument_row(world, order.instrument).tied_orders != 0:
        follow_tied(world, slot, place)
    if event == E_FILL_COMPLETE:
        settle(world, slot, before)


@rare_function
def follow_tied(world: int, slot: int, place: int) -> None:
    """What follows a fill in an instrument with attached orders or those of a margin call: a flag, an end."""
    if order_row(world, slot).ties & CALLED != 0:
        fill_at(place).flags = MARGIN_CALL
    end_attached(world, slot)


@kernel_function
def resolved_quantity(world: int, slot: int, address: int) -> int:
    """Quantity of an order: its own, or what the venue resolved a notional or weight to."""
    order, report = order_row(world, slot), report_at(address)
    if order.quantity_kind != UNITS and order.quantity_units == 0 and report.order_quantity_units > 0:
        return report.order_quantity_units
    return order.quantity_units


@kernel_function
def take_venue_order_id(world: int, slot: int, venue_order_id: int) -> None:
    """Take over the venue's id of an order, where the report names one."""
    if venue_order_id != 0:
        order_row(world, slot).venue_order_id = venue_order_id


# --- other reports on live orders ------------------------------------------------------------------------------------


@kernel_function
def event_of(world: int, slot: int, address: int) -> int:
    """Order event of a report that is neither fill nor status; 0 where none follows."""
    order, report = order_row(world, slot), report_at(address)
    execution_type, base = int(report.execution_type), order.state & BASE_MASK
    if execution_type == NEW:
        resumed = base == SUSPENDED or base == DONE_FOR_DAY or base == IN_DOUBT
        return E_RESUME_PARTIAL if resumed and order.filled_units > 0 else E_ACKNOWLEDGE
    if execution_type == CANCELED:
        return E_CANCEL_ACCEPT if order.state & FLAG_PENDING_CANCEL != 0 else E_UNSOLICITED
    if execution_type == RESTATED or execution_type == REPLACED:
        complete = report.order_quantity_units != NULL_UNITS and order.filled_units >= report.order_quantity_units
        if execution_type == RESTATED or order.state & FLAG_PENDING_REPLACE == 0:
            return E_RESTATE_COMPLETE if complete else E_RESTATE
        if complete:
            return E_REPLACE_ACCEPT_COMPLETE
        return E_REPLACE_ACCEPT_REOPEN if base == FILLED else E_REPLACE_ACCEPT
    return int(PLAIN_REPORT_EVENTS[execution_type]) if execution_type < EXECUTION_TYPES else 0


@kernel_function
def terms_fit(world: int, slot: int, quantity_units: int, price_units: int) -> bool:
    """Whether the money of an order's new terms fits 64 bits."""
    row, order = instrument_row(world, order_row(world, slot).instrument), order_row(world, slot)
    price = abs(float(price_units)) if price_units != NULL_UNITS else abs(float(row.mark_units))
    money = price * float(row.multiplier) / float(row.notional_divisor) * float(quantity_units)
    rate = rate_to_base(world, row.currency, account_row(world, order.account).currency)
    return money * max(1.0, rate) < WORD_LIMIT


@rare_function
def apply_terms(world: int, slot: int, address: int, event: int) -> None:
    """Apply a replacement or restatement: new quantity, limit and stop, and a hold for what is open of them."""
    report, order = report_at(address), order_row(world, slot)
    quantity, before = report.order_quantity_units, order.state
    if quantity == NULL_UNITS:
        quantity = order.quantity_units
    price_units = order.price_units if report.price_units == NULL_UNITS else report.price_units
    stop_units = order.stop_units if report.stop_units == NULL_UNITS else report.stop_units
    if quantity < 0:
        quarantine(world, address, MALFORMED, before)
    elif not is_legal(before, event):
        quarantine(world, address, ILLEGAL_TRANSITION, before)
    elif not terms_fit(world, slot, quantity, stop_units if price_units == NULL_UNITS else price_units):
        quarantine(world, address, OVERFLOW, before)
    else:
        order.quantity_units, order.price_units, order.stop_units = quantity, price_units, stop_units
        take_venue_order_id(world, slot, report.venue_order_id)
        change_state(world, slot, event, 0, price_units)
        finish(world, slot, before, 0)


@kernel_function
def finish(world: int, slot: int, before: int, reason: int) -> None:
    """What follows a change of an order's terms or fills: hold for what is open now, tell, settle."""
    if not is_closed(before) and not is_closed(order_row(world, slot).state):
        hold_anew(world, slot)
    notify_order(world, slot, reason)
    settle(world, slot, before)


@kernel_function
def apply_to_order(world: int, slot: int, address: int) -> None:
    """Apply a report to the live order it names."""
    report, order = report_at(address), order_row(world, slot)
    execution_type, reason = int(report.execution_type), int(report.reject_reason)
    if execution_type == FILL or execution_type == PARTIAL_FILL:
        apply_execution(world, slot, address)
        return
    event, before = event_of(world, slot, address), order.state
    if execution_type == REPLACED or execution_type == RESTATED:
        apply_terms(world, slot, address, event)
        return
    if event == 0 or not change_state(world, slot, event, reason, order.price_units):
        quarantine(world, address, ILLEGAL_TRANSITION, before)
        return
    take_venue_order_id(world, slot, report.venue_order_id)
    total = resolved_quantity(world, slot, address)
    if total != order.quantity_units:
        order.quantity_units = total
        finish(world, slot, before, reason)
        return
    notify_order(world, slot, reason)
    settle(world, slot, before)


@rare_function
def resolve_doubt(world: int, slot: int, address: int) -> None:
    """A status report resolves a doubt, once every fill it counts is booked; else it changes nothing."""
    order, report = order_row(world, slot), report_at(address)
    before, status, reason = order.state, int(report.order_status), int(report.reject_reason)
    if before & BASE_MASK != IN_DOUBT:
        return
    if report.cumulative_quantity_units != NULL_UNITS and report.cumulative_quantity_units != order.filled_units:
        quarantine(world, address, QUANTITIES_DISAGREE, before)
        return
    event = int(STATUS_REPORT_EVENTS[status]) if status < STATUSES else 0
    if event == 0:
        event = E_RESOLVE_PARTIAL if order.filled_units > 0 else E_RESOLVE_LIVE
    change_state(world, slot, event, reason, order.price_units)
    take_venue_order_id(world, slot, report.venue_order_id)
    finish(world, slot, before, reason)


# --- busts and corrections -------------------------------------------------------------------------------------------


@kernel_function
def open_without(world: int, order_id: int, units: int) -> int:
    """Units that would be open of an order or a tombstone without an execution of `units`."""
    slot, stone = find_order(world, order_id), find_tombstone(world, order_id)
    if slot >= 0:
        return order_row(world, slot).quantity_units - order_row(world, slot).filled_units + units
    if stone >= 0:
        return tombstone_row(world, stone).quantity_units - tombstone_row(world, stone).filled_units + units
    return ANY_UNITS


@kernel_function
def check_reversal(world: int, address: int, identity: int, index: int) -> tuple[int, int]:
    """Why a bust or correction of a kept execution can't be booked (0: it can), and the corrected money."""
    kept, report = execution_row(world, index), report_at(address)
    taken, fits = try_notional(world, kept.instrument, kept.price_units, kept.quantity_units)
    units, money, fee = float(kept.quantity_units), abs(float(taken)), abs(float(kept.fee_money))
    reason, booked = 0, 0
    if int(report.instrument) != kept.instrument:
        reason = MALFORMED
    elif int(report.transaction_type) == CORRECT:
        left = open_without(world, kept.client_order_id, kept.quantity_units)
        reason, booked = check_execution(world, address, identity, kept.instrument, kept.side, left)
        units += float(report.last_quantity_units)
        money += abs(float(booked))
        fee += abs(float(report.fee_money))
    if reason == 0 and not (
        fits and booking_fits(world, kept.strategy, kept.account, kept.instrument, units, money, fee)
    ):
        reason = OVERFLOW
    return reason, booked


@rare_function
def reverse_execution(world: int, address: int) -> None:
    """A bust takes a booked fill back; a correction takes it back and books it anew at the corrected terms."""
    report = report_at(address)
    identity = identity_of(world, report.execution_id, int(report.instrument))
    reference = identity_of(world, report.reference_id, int(report.instrument))
    if identity == 0:
        quarantine(world, address, MALFORMED, 0)
        return
    if is_known(world, identity):
        quarantine(world, address, DUPLICATE, 0)
        return
    index = map_get(world, EXECUTION_INDEX_ENTRY, reference) if reference != 0 else -1
    if index < 0 or execution_row(world, index).quantity_units == 0:
        quarantine(world, address, UNKNOWN_REFERENCE, 0)
        return
    reason, money = check_reversal(world, address, identity, index)
    if reason != 0:
        quarantine(world, address, reason, 0)
    else:
        book_reversal(world, address, identity, index, money)


@kernel_function
def book_reversal(world: int, address: int, identity: int, index: int, money: int) -> None:
    """Book a checked bust or correction, whose corrected fill is worth `money`, and carry it into the order."""
    kept, report = execution_row(world, index), report_at(address)
    order_id, instrument, side = kept.client_order_id, kept.instrument, kept.side
    strategy, account, busted = kept.strategy, kept.account, int(report.transaction_type) == BUST
    units, fee = -kept.quantity_units, -kept.fee_money
    taken = take_back(world, index, address)
    kept.quantity_units = 0  # known still, but nothing of it is left to take back
    if busted:
        trace = remember_execution(world, identity, 0, NULL_UNITS, 0)
        trace.client_order_id, trace.side, trace.instrument = order_id, side, instrument
        trace.strategy, trace.account = strategy, account
        carry_reversal(world, address, order_id, units, -taken, fee)
        return
    place = book_execution(world, address, identity, order_id, instrument, side, strategy, account, money)
    slot = find_order(world, order_id)
    if slot >= 0:
        explain_fill(world, slot, place)
    units += report.last_quantity_units
    carry_reversal(world, address, order_id, units, money - taken, fee + report.fee_money)


@kernel_function
def take_back(world: int, index: int, address: int) -> int:
    """Book the opposite of a kept execution, its fee included, and put it into the outputs; returns its money."""
    kept, report = execution_row(world, index), report_at(address)
    money, _ = try_notional(world, kept.instrument, kept.price_units, kept.quantity_units)
    change = -kept.quantity_units * kept.side
    realized = book_fill(world, kept.strategy, kept.account, kept.instrument, change, money, -kept.fee_money)
    position = position_row(world, position_index(world, kept.account, kept.instrument))
    entry = reversal_at(emit(world, 2, kept.instrument, REVERSAL_KIND, kept.side))
    entry.client_order_id, entry.execution_id = kept.client_order_id, report.execution_id
    entry.reference_id, entry.quantity_units = report.reference_id, kept.quantity_units
    entry.price_units, entry.fee_money, entry.realized_money = kept.price_units, kept.fee_money, realized
    entry.position_units, entry.notional_money = position.quantity_units, money
    entry.strategy, entry.account = kept.strategy, kept.account
    entry.transaction_type, entry.reserved_117, entry.reserved_118 = report.transaction_type, 0, 0
    return money


@kernel_function
def carry_reversal(world: int, address: int, order_id: int, units: int, money: int, fee_money: int) -> None:
    """Carry what a bust or correction changed into its order or tombstone."""
    slot, stone = find_order(world, order_id), find_tombstone(world, order_id)
    if slot >= 0:
        order = order_row(world, slot)
        before = order.state
        order.filled_units += units
        order.filled_notional_money += money
        order.fees_money += fee_money
        change_state(world, slot, reversal_event(world, slot, address), 0, order.price_units)
        finish(world, slot, before, 0)
    elif stone >= 0:
        buried = tombstone_row(world, stone)
        buried.filled_units += units
        buried.filled_notional_money += money
        buried.fees_money += fee_money
        if buried.filled_units < buried.quantity_units and is_legal(buried.state, E_BUST_CLOSE):
            change_buried(world, stone, E_BUST_CLOSE)


@kernel_function
def reversal_event(world: int, slot: int, address: int) -> int:
    """Event of a bust or correction whose quantities the order has taken over."""
    order, report = order_row(world, slot), report_at(address)
    if int(report.transaction_type) == CORRECT:
        return E_CORRECT_COMPLETE if order.filled_units >= order.quantity_units else E_CORRECT
    if report.leaves_quantity_units == 0:
        return E_BUST_CLOSE
    return E_BUST if order.filled_units > 0 else E_BUST_ALL


# --- tombstones ------------------------------------------------------------------------------------------------------


@kernel_function
def change_buried(world: int, stone: int, event: int) -> None:
    """Apply a legal event to a tombstone, audited where its state changes."""
    buried = tombstone_row(world, stone)
    before = buried.state
    buried.state = int(TRANSITIONS[before, event])
    if buried.state == before:
        return
    entry = transition_at(emit(world, 1, buried.instrument, TRANSITION_KIND, buried.side))
    entry.client_order_id = buried.client_order_id
    entry.from_state, entry.to_state, entry.event = before, buried.state, event
    entry.asked_by, entry.why, entry.reject_reason = BY_VENUE, WHY_VENUE, 0
    entry.strategy, entry.cumulative_quantity_units = buried.strategy, buried.filled_units
    entry.price_units, entry.venue_order_id = buried.price_units, buried.venue_order_id


@kernel_function
def apply_late_fill(world: int, stone: int, address: int) -> None:
    """Book a fill that came after its order had ended, or say why not."""
    report, buried = report_at(address), tombstone_row(world, stone)
    identity = identity_of(world, report.execution_id, int(report.instrument))
    if is_known(world, identity):
        quarantine(world, address, DUPLICATE, buried.state)
        return
    left = buried.quantity_units - buried.filled_units
    event = E_FILL_COMPLETE if report.last_quantity_units == left else E_FILL_PARTIAL
    reason, money = check_execution(world, address, identity, buried.instrument, buried.side, left)
    if reason == 0 and not is_legal(buried.state, event):
        reason = ILLEGAL_TRANSITION
    if reason == 0 and not report_fits(world, address, buried.strategy, buried.account, buried.instrument, money):
        reason = OVERFLOW
    if reason != 0:
        quarantine(world, address, reason, buried.state)
        return
    buried.filled_units += report.last_quantity_units
    buried.filled_notional_money += money
    buried.fees_money += report.fee_money
    change_buried(world, stone, event)
    place = book_execution(
        world,
        address,
        identity,
        buried.client_order_id,
        buried.instrument,
        buried.side,
        buried.strategy,
        buried.account,
        money,
    )
    notify_fill(world, place, buried.state, buried.filled_units, buried.filled_notional_money)


@rare_function
def apply_to_tombstone(world: int, stone: int, address: int) -> None:
    """A late report on a retired order: a fill is booked, what the table allows passes, the rest is set aside."""
    report, buried = report_at(address), tombstone_row(world, stone)
    execution_type, event = int(report.execution_type), 0
    if execution_type == FILL or execution_type == PARTIAL_FILL:
        apply_late_fill(world, stone, address)
        return
    if execution_type == NEW:
        event = E_ACKNOWLEDGE
    elif execution_type == CANCELED:
        event = E_UNSOLICITED
    elif execution_type < EXECUTION_TYPES:
        event = int(PLAIN_REPORT_EVENTS[execution_type])
    if event == 0 or not is_legal(buried.state, event):
        quarantine(world, address, RETIRED_ORDER, buried.state)


# --- the two kinds of report -----------------------------------------------------------------------------------------


@kernel_function
def apply_execution_report(world: int, address: int) -> None:
    """Apply one execution report; never raises on what a venue says."""
    report = report_at(address)
    transaction, instrument = int(report.transaction_type), int(report.instrument)
    if instrument < 1 or instrument >= world_row(world, 0).instrument_count:
        quarantine(world, address, UNKNOWN_INSTRUMENT, 0)
        return
    if transaction == BUST or transaction == CORRECT:
        reverse_execution(world, address)
        return
    known = map_get(world, INDEX_ENTRY, report.client_order_id)
    # Below zero is the id of an order that the venue made itself: what it refers to is its parent.
    if known == -1 and report.reference_id > 0 and report.client_order_id >= 0:
        known = map_get(world, INDEX_ENTRY, report.reference_id)
    if known == -1:
        reason = adopt(world, address)
        if reason != 0:
            quarantine(world, address, reason, 0)
    elif known >= 0 and transaction == STATUS:
        resolve_doubt(world, known, address)
    elif known >= 0:
        apply_to_order(world, known, address)
    elif transaction != STATUS:
        apply_to_tombstone(world, -2 - known, address)


@rare_function
def apply_cancel_reject(world: int, address: int) -> None:
    """A cancel or replace was refused: the order goes back to what it was, or ends if only the answer was missing."""
    reject = cancel_reject_at(address)
    known = map_get(world, INDEX_ENTRY, reject.original_client_order_id)
    if known == -1:
        known = map_get(world, INDEX_ENTRY, reject.client_order_id)
    if known == -1 and world_row(world, 0).exact_venue == 0:
        quarantine_reject(world, address, UNKNOWN_ORDER, 0)
    if (
        known < 0
    ):  # the order has ended meanwhile (an exact venue's leaves no tombstone): it is late, and says nothing new
        return
    before, reason = order_row(world, known).state, int(reject.reject_reason)
    replacing = int(reject.response_to) == REPLACE_REFUSED
    event = E_REPLACE_REFUSE if replacing else E_CANCEL_REFUSE
    if not change_state(world, known, event, reason, order_row(world, known).price_units):
        quarantine_reject(world, address, ILLEGAL_TRANSITION, before)
    elif replacing:
        finish(world, known, before, reason)
    else:
        notify_order(world, known, reason)
        settle(world, known, before)
