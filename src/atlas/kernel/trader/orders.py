"""The order manager: an order's life from the request to its tombstone, every transition audited.

An order has a base state and pending flags; which event may follow which state is the table of
`atlas.records.order_states`. Risk holds at submission; fills and the end release. A terminal order leaves a tombstone
for late reports; what no tombstone knows is quarantined. Reports never raise.
"""

from __future__ import annotations

from atlas.kernel.memory.block import allocate_row, free_row, ring_index
from atlas.kernel.memory.compilation import kernel_function, rare_function
from atlas.kernel.memory.exact import multiply_divide
from atlas.kernel.memory.hash_map import map_get, map_put, map_remove
from atlas.kernel.trader.ledger import change_working
from atlas.kernel.trader.outputs import (
    CANCEL_KIND,
    NEW_ORDER_KIND,
    REPLACE_KIND,
    TERMS_KIND,
    TRANSITION_KIND,
    cancel_order_at,
    commands_left,
    emit,
    emit_command,
    new_order_at,
    push_notice,
    replace_order_at,
    terms_at,
    transition_at,
)
from atlas.kernel.trader.risk import approve, measure, reference_price
from atlas.kernel.trader.tables import (
    ORDER_INDEX,
    ORDERS,
    TOMBSTONES,
    account_row,
    instrument_row,
    order_row,
    strategy_row,
    target_row,
    tombstone_row,
    world_row,
)
from atlas.records.enums import (
    NULL,
    AskedBy,
    Hook,
    OrderFlag,
    OrderState,
    PendingFlag,
    QuantityKind,
    RejectReason,
    Why,
)
from atlas.records.order_states import BASE_MASK as BASE_STATE_MASK
from atlas.records.order_states import CLOSED, ILLEGAL, TRANSITIONS, OrderEvent
from atlas.records.order_states import PENDING_MASK as PENDING_STATE_MASK

ORDERS_ENTRY, INDEX_ENTRY, TOMBSTONES_ENTRY = ORDERS.entry, ORDER_INDEX.entry, TOMBSTONES.entry
ILLEGAL_STATE = int(ILLEGAL)
RISK_REJECT, SENT = int(OrderEvent.RISK_REJECT), int(OrderEvent.SENT)
CANCEL_REQUEST, REPLACE_REQUEST = int(OrderEvent.CANCEL_REQUEST), int(OrderEvent.REPLACE_REQUEST)
STATE_NEW, PENDING_CANCEL = int(OrderState.NEW), int(PendingFlag.PENDING_CANCEL)
PENDING_REPLACE = int(PendingFlag.PENDING_REPLACE)
UNITS, ON_ORDER = int(QuantityKind.UNITS), int(Hook.ON_ORDER)
BY_STRATEGY, WHY_SIGNAL = int(AskedBy.STRATEGY), int(Why.SIGNAL)
BY_SYSTEM, WHY_MARGIN = int(AskedBy.SYSTEM), int(Why.MARGIN)
BASE_MASK, PENDING_MASK = int(BASE_STATE_MASK), int(PENDING_STATE_MASK)
CANCELED, EXPIRED, REJECTED = int(OrderState.CANCELED), int(OrderState.EXPIRED), int(OrderState.REJECTED)
CAPACITY_ORDERS = int(RejectReason.CAPACITY_ORDERS)
NULL_UNITS = NULL
RUNNING = 0
HAS_TERMS = int(OrderFlag.HAS_TERMS)
ATTACHED, LINKED, CALLED = 1, 2, 4
"""Bits of an order's `ties`."""


@kernel_function
def is_closed(state: int) -> bool:
    """Whether nothing is open; the answer to a cancel or a replacement may still be waited for."""
    return int(CLOSED[state]) != 0


@kernel_function
def is_legal(state: int, event: int) -> bool:
    """Whether the table lets an event happen in a state."""
    return int(TRANSITIONS[state, event]) != ILLEGAL_STATE


@kernel_function
def find_order(world: int, client_order_id: int) -> int:
    """Row of a live order by any id it goes by; -1 where there is none."""
    slot = map_get(world, INDEX_ENTRY, client_order_id)
    return slot if slot >= 0 else -1


@kernel_function
def find_tombstone(world: int, client_order_id: int) -> int:
    """Row of a retired order's tombstone; -1 where there is none."""
    value = map_get(world, INDEX_ENTRY, client_order_id)
    return -2 - value if value <= -2 else -1


@kernel_function
def next_order_id(world: int) -> int:
    """A fresh client order id: the boot epoch's base and a sequence, never used twice."""
    header = world_row(world, 0)
    header.next_order_sequence += 1
    return header.order_id_base + header.next_order_sequence


@kernel_function
def notify_order(world: int, slot: int, reason: int) -> None:
    """Tell the order's strategy of its state, if it wants to know."""
    order = order_row(world, slot)
    strategy = strategy_row(world, order.strategy)
    if strategy.hooks & (1 << ON_ORDER) == 0 or strategy.status != RUNNING:
        return
    notice = push_notice(world, ON_ORDER, order.strategy, order.instrument, order.client_order_id)
    notice.side, notice.state, notice.reason = order.side, order.state, reason
    notice.quantity_units, notice.filled_units = order.quantity_units, order.filled_units
    notice.price_units, notice.stop_units = order.price_units, order.stop_units
    notice.fee_money, notice.realized_money = order.fees_money, 0
    notice.filled_notional_money, notice.position_units = order.filled_notional_money, 0
    notice.parent_order_id = order.parent_order_id


@kernel_function
def audit(world: int, slot: int, from_state: int, event: int, reason: int, price_units: int) -> None:
    """Put a transition into the outputs: when, from, to, who asked, why, what the venue said."""
    order, header = order_row(world, slot), world_row(world, 0)
    entry = transition_at(emit(world, 1, order.instrument, TRANSITION_KIND, order.side))
    entry.client_order_id = order.client_order_id
    entry.from_state, entry.to_state, entry.event = from_state, order.state, event
    entry.asked_by, entry.why, entry.reject_reason = order.asked_by, order.why, reason
    entry.strategy = order.strategy
    entry.cumulative_quantity_units, entry.price_units = order.filled_units, price_units
    entry.venue_order_id = order.venue_order_id
    order.update_time_ns = header.clock_ns


@kernel_function
def change_state(world: int, slot: int, event: int, reason: int, price_units: int) -> bool:
    """Apply an event to an order, audited; false, and nothing changed, where the table forbids it."""
    order = order_row(world, slot)
    before = order.state
    after = int(TRANSITIONS[before, event])
    if after == ILLEGAL_STATE:
        return False
    order.state = after
    audit(world, slot, before, event, reason, price_units)
    return True


@kernel_function
def link_order(world: int, slot: int) -> None:
    """Append an order to its instrument's list of working orders."""
    order = order_row(world, slot)
    row, owner = instrument_row(world, order.instrument), account_row(world, order.account)
    order.previous_order, order.next_order = row.last_order, -1
    if row.last_order >= 0:
        order_row(world, row.last_order).next_order = slot
    else:
        row.first_order = slot
    row.last_order = slot
    row.live_orders += 1
    owner.working_orders += 1


@kernel_function
def unlink_order(world: int, slot: int) -> None:
    """Take an order out of its instrument's list."""
    order = order_row(world, slot)
    row, owner = instrument_row(world, order.instrument), account_row(world, order.account)
    if order.previous_order >= 0:
        order_row(world, order.previous_order).next_order = order.next_order
    else:
        row.first_order = order.next_order
    if order.next_order >= 0:
        order_row(world, order.next_order).previous_order = order.previous_order
    else:
        row.last_order = order.previous_order
    row.live_orders -= 1
    owner.working_orders -= 1


@kernel_function
def hold(world: int, slot: int) -> None:
    """Count an approved order as working, hold money for it, and count on the exposure it ends."""
    order = order_row(world, slot)
    account_row(world, order.account).releasing_money += order.releasing_money
    change_working(
        world, order.strategy, order.account, order.instrument, order.side, order.held_units, order.held_money
    )


@kernel_function
def release(world: int, slot: int, units: int) -> None:
    """Release `units` of what is held for an order, and their share of the money; all of it when nothing would stay."""
    order = order_row(world, slot)
    part, money, releasing = min(units, order.held_units), order.held_money, order.releasing_money
    if part <= 0:
        return
    if part < order.held_units:
        money, _ = multiply_divide(order.held_money, part, order.held_units)
        releasing, _ = multiply_divide(order.releasing_money, part, order.held_units)
    account_row(world, order.account).releasing_money -= releasing
    order.releasing_money -= releasing
    change_working(world, order.strategy, order.account, order.instrument, order.side, -part, -money)
    order.held_units -= part
    order.held_money -= money


@kernel_function
def hold_anew(world: int, slot: int) -> None:
    """Hold for what is now open of a working order, after its terms or its fills were changed."""
    order = order_row(world, slot)
    release(world, slot, order.held_units)
    if order.ties != 0 and hold_tied(world, slot):
        return
    measure_open(world, slot)
    hold(world, slot)


@kernel_function
def measure_open(world: int, slot: int) -> None:
    """Set what an order would hold for what is open of it, that holds nothing now; it is not yet counted."""
    order, price_units = order_row(world, slot), reference_price(world, slot)
    if price_units == NULL_UNITS or order.quantity_units < order.filled_units:
        return
    _, _, fits = measure(world, slot, price_units)
    if not fits:
        order.held_units, order.held_money, order.releasing_money = 0, 0, 0


@rare_function
def hold_tied(world: int, slot: int) -> bool:
    """Hold for an order that is tied to another; false where it holds like any other.

    An attached stop or target holds nothing: it ends with the position it protects. Of two linked orders of one side
    the larger is held for, since only one of them can fill.
    """
    order = order_row(world, slot)
    if order.ties & ATTACHED != 0:
        return True
    other_slot = find_order(world, order.linked_order_id) if order.linked_order_id != 0 else -1
    if other_slot < 0 or order_row(world, other_slot).side != order.side:
        return False
    other = order_row(world, other_slot)
    release(world, other_slot, other.held_units)
    measure_open(world, slot)
    measure_open(world, other_slot)
    lesser = order if order.held_units < other.held_units else other
    lesser.held_units, lesser.held_money, lesser.releasing_money = 0, 0, 0
    hold(world, slot)
    hold(world, other_slot)
    return True


@rare_function
def untie(world: int, slot: int) -> None:
    """Let an order that has ended leave what it was tied to: the one it was linked with is held for by itself."""
    order = order_row(world, slot)
    if order.ties & (ATTACHED | CALLED) != 0:
        instrument_row(world, order.instrument).tied_orders -= 1
    other_slot = find_order(world, order.linked_order_id) if order.linked_order_id != 0 else -1
    order.ties, order.linked_order_id = 0, 0
    if other_slot >= 0:
        other = order_row(world, other_slot)
        other.linked_order_id = 0
        other.ties &= ATTACHED
        hold_anew(world, other_slot)


@kernel_function
def bury(world: int, slot: int) -> None:
    """Leave a tombstone of a terminal order, in place of the oldest one, if anything late may come for it."""
    order, header = order_row(world, slot), world_row(world, 0)
    if header.exact_venue != 0:
        map_remove(world, INDEX_ENTRY, order.client_order_id)
        return
    index = ring_index(world, TOMBSTONES_ENTRY, header.tombstones_written)
    header.tombstones_written += 1
    stone = tombstone_row(world, index)
    if stone.client_order_id != 0:
        map_remove(world, INDEX_ENTRY, stone.client_order_id)
    stone.client_order_id, stone.venue_order_id = order.client_order_id, order.venue_order_id
    stone.instrument, stone.strategy, stone.account = order.instrument, order.strategy, order.account
    stone.side, stone.quantity_units, stone.filled_units = order.side, order.quantity_units, order.filled_units
    stone.filled_notional_money, stone.fees_money = order.filled_notional_money, order.fees_money
    stone.state, stone.price_units = order.state, order.price_units
    map_put(world, INDEX_ENTRY, order.client_order_id, -2 - index)


@kernel_function
def forget_target(world: int, slot: int) -> None:
    """Let a target whose order was cancelled or expired without a fill be asked for again; a refusal stands."""
    order, header = order_row(world, slot), world_row(world, 0)
    target = target_row(world, order.strategy * header.instrument_count + order.instrument)
    if target.order_id == order.client_order_id:
        target.order_id = 0
        ended = order.state & BASE_MASK
        if order.filled_units == 0 and (ended == CANCELED or ended == EXPIRED):
            target.kind = 0


@kernel_function
def retire(world: int, slot: int) -> None:
    """End an order that waits for nothing any more: leave a tombstone, give its row back."""
    order = order_row(world, slot)
    if order.pending_order_id != 0:
        map_remove(world, INDEX_ENTRY, order.pending_order_id)
    bury(world, slot)
    free_row(world, ORDERS_ENTRY, slot)


@kernel_function
def settle(world: int, slot: int, before: int) -> None:
    """Follow an order out of the state `before`: what closed releases its hold, what waits for no answer retires.

    A filled order with a cancel or a replacement on its way keeps its row, but counts for nothing: the venue may still
    answer that the replacement raised its quantity, and then it works again.
    """
    state = order_row(world, slot).state
    if not is_closed(state):
        if is_closed(before):
            link_order(world, slot)
            hold_anew(world, slot)
        return
    if not is_closed(before):
        release(world, slot, order_row(world, slot).held_units)
        if order_row(world, slot).ties != 0:
            untie(world, slot)
        forget_target(world, slot)
        unlink_order(world, slot)
    if state & PENDING_MASK == 0:
        retire(world, slot)


@rare_function
def refuse(world: int, slot: int, reason: int) -> None:
    """End an order that risk or capacity refused: audited, told, buried."""
    order = order_row(world, slot)
    order.reject_reason = reason
    world_row(world, 0).refused_count += 1
    change_state(world, slot, RISK_REJECT, reason, order.price_units)
    notify_order(world, slot, reason)
    order.held_units, order.held_money = 0, 0
    forget_target(world, slot)
    bury(world, slot)
    free_row(world, ORDERS_ENTRY, slot)


@rare_function
def refuse_without_row(world: int, strategy: int, instrument: int, side: int) -> int:
    """Refuse an order that the full table has no row for: audited and told like any refusal; returns its id."""
    header, identity = world_row(world, 0), next_order_id(world)
    header.order_count += 1
    header.refused_count += 1
    entry = transition_at(emit(world, 1, instrument, TRANSITION_KIND, side))
    entry.client_order_id, entry.strategy, entry.event = identity, strategy, RISK_REJECT
    entry.from_state, entry.to_state, entry.reject_reason = STATE_NEW, REJECTED, CAPACITY_ORDERS
    entry.asked_by, entry.why = BY_STRATEGY, WHY_SIGNAL
    entry.cumulative_quantity_units, entry.price_units, entry.venue_order_id = 0, NULL_UNITS, 0
    if strategy_row(world, strategy).hooks & (1 << ON_ORDER) != 0:
        notice = push_notice(world, ON_ORDER, strategy, instrument, identity)
        notice.side, notice.state, notice.reason = side, REJECTED, CAPACITY_ORDERS
        notice.quantity_units, notice.filled_units, notice.filled_notional_money = 0, 0, 0
        notice.price_units, notice.stop_units = NULL_UNITS, NULL_UNITS
        notice.fee_money, notice.realized_money, notice.position_units = 0, 0, 0
        notice.parent_order_id = 0
    return identity


@rare_function
def send_terms(world: int, slot: int) -> None:
    """Emit the rarer terms of an order, ahead of it."""
    order = order_row(world, slot)
    terms = terms_at(emit_command(world, 2, order.instrument, TERMS_KIND, order.side))
    terms.client_order_id = order.client_order_id
    terms.display_quantity_units, terms.minimum_quantity_units = NULL_UNITS, NULL_UNITS
    terms.trailing_offset_units, terms.trailing_offset_fraction = order.trailing_units, order.trailing_fraction
    terms.limit_offset_units, terms.activation_price_units, terms.refresh_delay_ns = NULL_UNITS, NULL_UNITS, NULL_UNITS
    terms.venue_terms_id, terms.maximum_slippage_basis_points = 0, 0
    terms.trigger_price, terms.settlement, terms.reserved_126 = 0, 0, 0


@kernel_function
def send_new(world: int, slot: int) -> None:
    """Emit the command that brings an approved order to the venue."""
    order = order_row(world, slot)
    if order.flags & HAS_TERMS != 0:
        send_terms(world, slot)
    command = new_order_at(emit_command(world, 2, order.instrument, NEW_ORDER_KIND, order.side))
    command.flags = order.flags
    command.client_order_id, command.quantity_units = order.client_order_id, order.quantity_units
    command.price_units, command.stop_units = order.price_units, order.stop_units
    command.account, command.strategy = order.account, order.strategy
    command.order_type, command.time_in_force = order.order_type, order.time_in_force
    command.quantity_kind, command.asked_by = order.quantity_kind, order.asked_by
    command.expire_time_ns, command.stop_loss_units = order.expire_time_ns, order.stop_loss_units
    command.take_profit_units, command.quantity_value = order.take_profit_units, order.quantity_value
    command.parent_order_id = order.parent_order_id


@kernel_function
def submit(world: int, slot: int) -> None:
    """Pass a filled-in order through risk and send it, or refuse it; either way it is audited."""
    enter(world, slot)
    reason = approve(world, slot)
    if reason != 0:
        refuse(world, slot, reason)
        return
    send(world, slot)


@kernel_function
def enter(world: int, slot: int) -> None:
    """Count a filled-in order, and note when and at which mark it was asked for."""
    order, header = order_row(world, slot), world_row(world, 0)
    header.order_count += 1
    strategy_row(world, order.strategy).order_count += 1
    order.state, order.submit_time_ns = STATE_NEW, header.clock_ns
    order.reference_price_units = instrument_row(world, order.instrument).mark_units


@kernel_function
def send(world: int, slot: int) -> None:
    """Count an order that may go as working, hold for it and bring it to the venue."""
    order = order_row(world, slot)
    hold(world, slot)
    link_order(world, slot)
    map_put(world, INDEX_ENTRY, order.client_order_id, slot)
    change_state(world, slot, SENT, 0, order.price_units)
    send_new(world, slot)


@rare_function
def submit_unasked(world: int, slot: int) -> None:
    """Send a filled-in order of a margin call, which no check of risk may refuse; it is held for like any other."""
    order = order_row(world, slot)
    order.asked_by, order.why, order.ties = BY_SYSTEM, WHY_MARGIN, CALLED
    instrument_row(world, order.instrument).tied_orders += 1
    enter(world, slot)
    measure_open(world, slot)
    send(world, slot)


@kernel_function
def new_order(world: int, strategy: int, instrument: int, side: int, order_type: int, time_in_force: int) -> int:
    """Take a row for a new order with its id and the usual absent fields; -1 when the table is full."""
    slot = allocate_row(world, ORDERS_ENTRY)
    if slot < 0:
        return -1
    order = order_row(world, slot)
    order.client_order_id = next_order_id(world)
    order.instrument, order.strategy, order.side = instrument, strategy, side
    order.account = strategy_row(world, strategy).account
    order.order_type, order.time_in_force = order_type, time_in_force
    order.quantity_kind = UNITS
    order.price_units, order.stop_units = NULL_UNITS, NULL_UNITS
    order.stop_loss_units, order.take_profit_units = NULL_UNITS, NULL_UNITS
    order.expire_time_ns = NULL_UNITS
    order.asked_by, order.why = BY_STRATEGY, WHY_SIGNAL
    order.previous_order, order.next_order = -1, -1
    return slot


@kernel_function
def request_cancel(world: int, slot: int, asked_by: int, why: int) -> bool:
    """Ask the venue to cancel an order; false where one is asked for already, or the state or a call forbids it."""
    order = order_row(world, slot)
    if not is_legal(order.state, CANCEL_REQUEST) or (order.ties & CALLED != 0 and asked_by == BY_STRATEGY):
        return False
    order.asked_by, order.why = asked_by, why
    change_state(world, slot, CANCEL_REQUEST, 0, order.price_units)
    take_request_id(world, slot)
    command = cancel_order_at(emit_command(world, 1, order.instrument, CANCEL_KIND, order.side))
    command.client_order_id, command.original_client_order_id = order.pending_order_id, order.client_order_id
    command.venue_order_id, command.account, command.strategy = order.venue_order_id, order.account, order.strategy
    command.asked_by, command.reason, command.reserved_54 = asked_by, why, 0
    command.sequence = world_row(world, 0).commands_written
    return True


@kernel_function
def take_request_id(world: int, slot: int) -> None:
    """Give an order's cancel or replace request an id of its own, known to the index."""
    order = order_row(world, slot)
    if order.pending_order_id != 0:
        map_remove(world, INDEX_ENTRY, order.pending_order_id)
    order.pending_order_id = next_order_id(world)
    map_put(world, INDEX_ENTRY, order.pending_order_id, slot)


@kernel_function
def can_replace(world: int, slot: int) -> bool:
    """Whether a replacement may be asked for: the order works, nothing else is asked of it, no margin call needs it."""
    order = order_row(world, slot)
    return is_legal(order.state, REPLACE_REQUEST) and order.ties & CALLED == 0


@kernel_function
def request_replace(world: int, slot: int, quantity_units: int, price_units: int, stop_units: int) -> int:
    """Ask the venue to change an order; 0 where the state forbids it, else the request's id."""
    order = order_row(world, slot)
    if not can_replace(world, slot):
        return 0
    change_state(world, slot, REPLACE_REQUEST, 0, price_units)
    take_request_id(world, slot)
    order.pending_quantity_units, order.pending_price_units = quantity_units, price_units
    order.pending_stop_units = stop_units
    command = replace_order_at(emit_command(world, 2, order.instrument, REPLACE_KIND, order.side))
    command.client_order_id, command.original_client_order_id = order.pending_order_id, order.client_order_id
    command.venue_order_id, command.quantity_units = order.venue_order_id, quantity_units
    command.price_units, command.stop_units = price_units, stop_units
    command.expire_time_ns, command.account, command.strategy = order.expire_time_ns, order.account, order.strategy
    command.asked_by, command.reason, command.order_type, command.time_in_force = order.asked_by, order.why, 0, 0
    command.sequence, command.trailing_offset_units = world_row(world, 0).commands_written, NULL_UNITS
    return order.pending_order_id


@kernel_function
def cancel_working(world: int, account: int, strategy: int, instrument: int, asked_by: int, why: int) -> int:
    """Ask to cancel every working order of an account (and strategy, unless -1) in one instrument; how many.

    It stops where commands have no room; asked again, it goes on.
    """
    slot, count = instrument_row(world, instrument).first_order, 0
    while slot >= 0 and commands_left(world) > 0:
        order = order_row(world, slot)
        following = order.next_order
        if order.account == account and (strategy < 0 or order.strategy == strategy):
            count += int(request_cancel(world, slot, asked_by, why))
        slot = following
    return count


@kernel_function
def cancel_every(world: int, strategy: int, asked_by: int, why: int) -> None:
    """Ask to cancel all working orders, of one strategy or (-1) of all."""
    header = world_row(world, 0)
    for account in range(header.account_count):
        for instrument in range(1, header.instrument_count):
            cancel_working(world, account, strategy, instrument, asked_by, why)


@kernel_function
def split_terms(units: int, numerator: int, denominator: int) -> int:
    """Units times numerator over denominator, half-even; NULL, and what would not fit, stays."""
    if units == NULL_UNITS:
        return units
    scaled, fits = multiply_divide(units, numerator, denominator)
    return scaled if fits else units


@kernel_function
def split_order(world: int, slot: int, numerator: int, denominator: int) -> None:
    """Carry a split into a working order, with the venue's rounding; the venue restates what it cuts to lots."""
    order = order_row(world, slot)
    order.price_units = split_terms(order.price_units, denominator, numerator)
    order.stop_units = split_terms(order.stop_units, denominator, numerator)
    order.stop_loss_units = split_terms(order.stop_loss_units, denominator, numerator)
    order.take_profit_units = split_terms(order.take_profit_units, denominator, numerator)
    order.reference_price_units = split_terms(order.reference_price_units, denominator, numerator)
    open_units = split_terms(order.quantity_units - order.filled_units, numerator, denominator)
    order.filled_units = split_terms(order.filled_units, numerator, denominator)
    order.quantity_units = order.filled_units + open_units


@kernel_function
def split_working(world: int, instrument: int, numerator: int, denominator: int) -> None:
    """Carry a split into every working order of an instrument, and hold anew for each in turn."""
    first = instrument_row(world, instrument).first_order
    slot = first
    while slot >= 0:
        release(world, slot, order_row(world, slot).held_units)
        split_order(world, slot, numerator, denominator)
        slot = order_row(world, slot).next_order
    slot = first
    while slot >= 0:
        hold_anew(world, slot)
        slot = order_row(world, slot).next_order
