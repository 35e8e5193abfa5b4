"""Commands that arrive at the venue: checked, answered, put into the queue."""

from __future__ import annotations

from atlas.kernel.exchange.queue import (
    CANCELED,
    INDEX_ENTRY,
    ORDERS_ENTRY,
    cancel_unasked,
    dequeue,
    enqueue,
    exchange_expire_due,
    find_order,
    remove_order,
    watch_expiry,
)
from atlas.kernel.exchange.reports import (
    NO_PRICE,
    NULL_UNITS,
    REPLACE_RESPONSE,
    STATUS_NEW,
    TYPE_NEW,
    cancel_order_at,
    new_order_at,
    order_status,
    report_at,
    report_cancel_reject,
    report_end,
    report_order,
    report_rejection,
    reports_waiting,
)
from atlas.kernel.exchange.rules import (
    DAY,
    FRACTION_SCALE,
    GTC,
    GTD,
    MARKET,
    REDUCES,
    STOP,
    TRAILING_STOP,
    has_limit,
    has_stop,
    is_special,
    trailing_level,
)
from atlas.kernel.exchange.tables import NEVER, instrument_row, order_row, venue_row
from atlas.kernel.memory.block import allocate_row, live_rows, table_capacity
from atlas.kernel.memory.compilation import kernel_function, rare_function
from atlas.kernel.memory.exact import to_units
from atlas.kernel.memory.hash_map import map_put, map_remove
from atlas.kernel.memory.intrinsics import ROWS, record_at
from atlas.records.commands import ORDER_LINK, ORDER_TERMS, REPLACE_ORDER
from atlas.records.enums import (
    CancelRejectResponse,
    ExecutionType,
    OrderFlag,
    OrderType,
    QuantityKind,
    RejectReason,
    TimeInForce,
)
from atlas.records.kinds import Kind
from atlas.records.layout import ROW

row_at, replace_order_at = record_at(ROW, ROWS), record_at(REPLACE_ORDER, ROWS)
link_at, terms_at = record_at(ORDER_LINK, ROWS), record_at(ORDER_TERMS, ROWS)
NEW_ORDER_KIND, CANCEL_KIND, REPLACE_KIND = int(Kind.NEW_ORDER), int(Kind.CANCEL_ORDER), int(Kind.REPLACE_ORDER)
LINK_KIND, TERMS_KIND = int(Kind.ORDER_LINK), int(Kind.ORDER_TERMS)
LARGEST_SUPPORTED_TYPE = int(OrderType.MARKET_IF_TOUCHED)
UNITS, TARGET_WEIGHT = int(QuantityKind.UNITS), int(QuantityKind.TARGET_WEIGHT)
REPLACED, CANCEL_RESPONSE = int(ExecutionType.REPLACED), int(CancelRejectResponse.CANCEL)
FLAGS_WITHOUT_MEANING_HERE = int(OrderFlag.REBALANCE | OrderFlag.RESENT)
REDUCE_ONLY = int(OrderFlag.REDUCE_ONLY)
HAS_TERMS, BAD_OFFSET = int(OrderFlag.HAS_TERMS), int(RejectReason.REQUEST_TRAILING_OFFSET)
UNSUPPORTED, UNKNOWN_SYMBOL = int(RejectReason.VENUE_UNSUPPORTED), int(RejectReason.VENUE_UNKNOWN_SYMBOL)
BAD_SIDE, BAD_ORDER_TYPE = int(RejectReason.REQUEST_SIDE), int(RejectReason.REQUEST_ORDER_TYPE)
BAD_TIME_IN_FORCE, BAD_EXPIRY = int(RejectReason.REQUEST_TIME_IN_FORCE), int(RejectReason.REQUEST_EXPIRE_TIME)
BAD_PRICE, BAD_STOP_PRICE = int(RejectReason.REQUEST_PRICE), int(RejectReason.REQUEST_STOP_PRICE)
BAD_RANGE, OFF_TICK = int(RejectReason.REQUEST_RANGE), int(RejectReason.VENUE_TICK_SIZE)
BAD_QUANTITY, OFF_LOT = int(RejectReason.VENUE_QUANTITY), int(RejectReason.VENUE_LOT_SIZE)
DUPLICATE, NO_ROOM = int(RejectReason.VENUE_DUPLICATE_ORDER), int(RejectReason.CAPACITY_ORDERS)
UNKNOWN_ORDER, TOO_LATE = int(RejectReason.VENUE_UNKNOWN_ORDER), int(RejectReason.VENUE_TOO_LATE_TO_CANCEL)
BAD_BRACKET = int(RejectReason.REQUEST_BRACKET)
BELOW_FILLED = int(RejectReason.REQUEST_QUANTITY_BELOW_FILLED)
LARGEST_TYPE, LARGEST_TIME_IN_FORCE = int(max(OrderType)), int(max(TimeInForce))
LARGEST_PRICE = 2**62
DAY_NS = 86_400_000_000_000


@kernel_function
def check_terms(venue: int, address: int) -> int:
    """Reason to refuse an order's instrument, side, type, time in force or flags; 0 for none."""
    command = new_order_at(address)
    instrument, order_type, force = command.instrument + 0, command.order_type + 0, command.time_in_force + 0
    if instrument >= venue_row(venue, 0).instrument_count or instrument_row(venue, instrument).listed == 0:
        return UNKNOWN_SYMBOL
    if command.side != 1 and command.side != -1:
        return BAD_SIDE
    if order_type < MARKET or order_type > LARGEST_TYPE:
        return BAD_ORDER_TYPE
    if force < GTC or force > LARGEST_TIME_IN_FORCE:
        return BAD_TIME_IN_FORCE
    # Later order types begin here; an order that waits for a price cannot be one of a single moment too.
    waits = order_type >= STOP
    if order_type > LARGEST_SUPPORTED_TYPE or (waits and force != GTC and force != DAY and force != GTD):
        return UNSUPPORTED
    flags = command.flags & ~FLAGS_WITHOUT_MEANING_HERE
    if flags & HAS_TERMS != 0 and order_type != TRAILING_STOP:
        return UNSUPPORTED
    if flags & REDUCE_ONLY != 0 and command.account + 0 != 0:
        return UNSUPPORTED
    return UNSUPPORTED if flags & ~(HAS_TERMS | REDUCE_ONLY) != 0 else 0


@rare_function
def check_trailing(venue: int, address: int) -> int:
    """Reason to refuse a trailing stop, whose distance came ahead of it in price units or as a fraction; 0 for none."""
    command, header = new_order_at(address), venue_row(venue, 0)
    offset, fraction = header.terms_offset_units, header.terms_fraction_billionths
    if command.flags & HAS_TERMS == 0 or header.terms_order_id != command.client_order_id:
        return BAD_OFFSET
    by_units, by_fraction = offset != NULL_UNITS, fraction != NULL_UNITS
    if by_units == by_fraction or (by_units and not 0 < offset < LARGEST_PRICE):
        return BAD_OFFSET
    return BAD_OFFSET if by_fraction and not 0 < fraction < FRACTION_SCALE else 0


@rare_function
def take_terms_ahead(venue: int, address: int) -> None:
    """Take an ORDER_TERMS: it belongs to the order that comes next."""
    terms, header = terms_at(address), venue_row(venue, 0)
    header.terms_order_id, header.terms_offset_units = terms.client_order_id, terms.trailing_offset_units
    fraction, fits = NULL_UNITS, True
    if terms.trailing_offset_fraction == terms.trailing_offset_fraction:
        fraction, fits = to_units(terms.trailing_offset_fraction, float(FRACTION_SCALE))
    header.terms_fraction_billionths = fraction if fits else 0


@rare_function
def set_trailing(venue: int, slot: int) -> None:
    """Give a trailing stop its distance, and its first level from the last price, where there is one."""
    order, header = order_row(venue, slot), venue_row(venue, 0)
    if header.terms_offset_units != NULL_UNITS:
        order.trailing_units = header.terms_offset_units
    else:
        order.trailing_billionths = header.terms_fraction_billionths
    last_units = instrument_row(venue, order.instrument).last_price_units
    if last_units != NULL_UNITS:
        order.stop_units = trailing_level(venue, slot, last_units)


@kernel_function
def check_price(price_units: int, tick_units: int, wanted: bool, reason: int) -> int:
    """Reason to refuse a limit or stop price: there though not wanted or the reverse, out of range, off the tick."""
    if (price_units != NULL_UNITS) != wanted:
        return reason
    if wanted and (price_units > LARGEST_PRICE or price_units < -LARGEST_PRICE):
        return BAD_RANGE
    if wanted and tick_units > 1 and price_units % tick_units != 0:
        return OFF_TICK
    return 0


@rare_function
def check_bracket(venue: int, address: int) -> int:
    """Reason to refuse an attached stop loss or take profit; 0 for none."""
    command, reason = new_order_at(address), 0
    loss, profit, side = command.stop_loss_units, command.take_profit_units, command.side + 0
    tick = instrument_row(venue, command.instrument + 0).tick_units
    if venue_row(venue, 0).attached_orders == 0:
        return UNSUPPORTED
    if loss != NULL_UNITS:
        reason = check_price(loss, tick, True, BAD_BRACKET)
    if reason == 0 and profit != NULL_UNITS:
        reason = check_price(profit, tick, True, BAD_BRACKET)
    if reason != 0:
        return reason
    if loss != NULL_UNITS and profit != NULL_UNITS and (profit - loss) * side <= 0:
        return BAD_BRACKET
    entry = command.price_units
    if entry != NULL_UNITS and loss != NULL_UNITS and (entry - loss) * side <= 0:
        return BAD_BRACKET
    if entry != NULL_UNITS and profit != NULL_UNITS and (profit - entry) * side <= 0:
        return BAD_BRACKET
    return 0


@kernel_function
def check_quantity(venue: int, instrument: int, quantity_units: int) -> int:
    """Reason to refuse a quantity; 0 for none."""
    row = instrument_row(venue, instrument)
    if quantity_units <= 0:
        return BAD_QUANTITY
    if quantity_units > row.maximum_quantity_units:
        return BAD_RANGE
    if row.lot_units != 1 and quantity_units % row.lot_units != 0:
        return OFF_LOT
    return 0


@kernel_function
def check_order(venue: int, address: int, time_ns: int) -> int:
    """Reason to refuse an order; 0 for none."""
    reason = check_terms(venue, address)
    if reason != 0:
        return reason
    command = new_order_at(address)
    tick, order_type = instrument_row(venue, command.instrument + 0).tick_units, command.order_type + 0
    reason = check_price(command.price_units, tick, has_limit(order_type), BAD_PRICE)
    if reason == 0:
        reason = check_price(command.stop_units, tick, has_stop(order_type), BAD_STOP_PRICE)
    if reason == 0 and order_type == TRAILING_STOP:
        reason = check_trailing(venue, address)
    if reason == 0 and (command.stop_loss_units != NULL_UNITS or command.take_profit_units != NULL_UNITS):
        reason = check_bracket(venue, address)
    if reason == 0 and command.quantity_kind + 0 == UNITS:
        reason = check_quantity(venue, command.instrument + 0, command.quantity_units)
    if reason != 0:
        return reason
    if command.quantity_kind + 0 < UNITS or command.quantity_kind + 0 > TARGET_WEIGHT:
        return BAD_QUANTITY
    if command.time_in_force + 0 == GTD and command.expire_time_ns <= time_ns:
        return BAD_EXPIRY
    if command.client_order_id == 0 or find_order(venue, command.client_order_id) >= 0:
        return DUPLICATE
    if live_rows(venue, ORDERS_ENTRY) >= table_capacity(venue, ORDERS_ENTRY):
        return NO_ROOM
    return 0


@kernel_function
def expiry_of(venue: int, time_in_force: int, expire_time_ns: int, time_ns: int) -> int:
    """Last instant of an order that arrives at `time_ns`: its own, the end of the session or UTC day, or never."""
    if time_in_force == GTD:
        return expire_time_ns
    if time_in_force != DAY:
        return NEVER
    session_end_ns = venue_row(venue, 0).session_end_ns
    return session_end_ns if session_end_ns > time_ns else (time_ns // DAY_NS + 1) * DAY_NS


@kernel_function
def accept_order(venue: int, address: int, time_ns: int) -> None:
    """Answer a NEW_ORDER: refuse it with a reason, or acknowledge it and let it work."""
    reason = check_order(venue, address, time_ns)
    if reason != 0:
        report_rejection(venue, address, reason, time_ns)
        return
    command, header, slot = new_order_at(address), venue_row(venue, 0), allocate_row(venue, ORDERS_ENTRY)
    order = order_row(venue, slot)
    order.client_order_id, order.first_client_order_id = command.client_order_id, command.client_order_id
    order.venue_order_id, order.parent_order_id = header.next_venue_order_id, command.parent_order_id
    header.next_venue_order_id += 1
    header.accepted_count += 1
    order.instrument, order.side, order.order_type = command.instrument, command.side, command.order_type
    order.time_in_force, order.account, order.strategy = command.time_in_force, command.account, command.strategy
    known = command.quantity_kind + 0 == UNITS
    order.quantity_units = command.quantity_units if known else NULL_UNITS
    order.leaves_units = command.quantity_units if known else 0
    order.price_units, order.stop_units, order.average_price = command.price_units, command.stop_units, NO_PRICE
    order.expire_time_ns = expiry_of(venue, order.time_in_force, command.expire_time_ns, time_ns)
    order.arrival_time_ns = time_ns
    order.reference_price_units = instrument_row(venue, order.instrument).last_price_units
    order.stop_loss_units, order.take_profit_units = command.stop_loss_units, command.take_profit_units
    order.sibling_order, order.special = -1, int(is_special(order.order_type, order.time_in_force))
    if command.flags & REDUCE_ONLY != 0:
        order.special |= REDUCES
    if order.order_type == TRAILING_STOP:
        set_trailing(venue, slot)
    map_put(venue, INDEX_ENTRY, order.client_order_id, slot)
    enqueue(venue, slot)
    report_order(venue, slot, TYPE_NEW, STATUS_NEW, 0, 0, time_ns)


@kernel_function
def unknown_reason(venue: int, venue_order_id: int) -> int:
    """Why a request names no working order: it has ended, or was never here."""
    return TOO_LATE if 0 < venue_order_id < venue_row(venue, 0).next_venue_order_id else UNKNOWN_ORDER


@kernel_function
def accept_cancel(venue: int, address: int, time_ns: int) -> None:
    """Answer a CANCEL_ORDER."""
    request = cancel_order_at(address)
    slot = find_order(venue, request.original_client_order_id)
    if slot < 0:
        reason = unknown_reason(venue, request.venue_order_id)
        report_cancel_reject(venue, address, -1, CANCEL_RESPONSE, reason, time_ns)
        return
    venue_row(venue, 0).canceled_count += 1
    report = report_at(report_end(venue, slot, CANCELED, 0, 0, time_ns))
    report.client_order_id, report.reference_id = request.client_order_id, request.original_client_order_id
    remove_order(venue, slot)


@kernel_function
def check_replace(venue: int, address: int, slot: int, time_ns: int) -> int:
    """Reason to refuse a REPLACE_ORDER of a working order; 0 for none."""
    request, order = replace_order_at(address), order_row(venue, slot)
    tick, reason = instrument_row(venue, order.instrument).tick_units, 0
    same_type = request.order_type + 0 == 0 or request.order_type + 0 == order.order_type
    same_force = request.time_in_force + 0 == 0 or request.time_in_force + 0 == order.time_in_force
    if not same_type or not same_force or request.trailing_offset_units != NULL_UNITS:
        return UNSUPPORTED
    if request.price_units != NULL_UNITS:
        reason = check_price(request.price_units, tick, has_limit(order.order_type), BAD_PRICE)
    if reason == 0 and request.stop_units != NULL_UNITS:
        reason = check_price(request.stop_units, tick, has_stop(order.order_type), BAD_STOP_PRICE)
        if order.triggered != 0:
            reason = TOO_LATE
    if reason == 0 and request.quantity_units != NULL_UNITS:
        reason = check_quantity(venue, order.instrument, request.quantity_units)
        if reason == 0 and request.quantity_units < order.cumulative_units:
            reason = BELOW_FILLED
    if reason != 0:
        return reason
    if request.expire_time_ns != NULL_UNITS and order.time_in_force == GTD and request.expire_time_ns <= time_ns:
        return BAD_EXPIRY
    if request.client_order_id == 0 or find_order(venue, request.client_order_id) >= 0:
        return DUPLICATE
    return 0


@kernel_function
def take_identity(venue: int, slot: int, client_order_id: int) -> None:
    """Let an order go by the id of the request that replaced it; its first id stays known too."""
    order = order_row(venue, slot)
    if order.client_order_id != order.first_client_order_id:
        map_remove(venue, INDEX_ENTRY, order.client_order_id)
    order.client_order_id = client_order_id
    map_put(venue, INDEX_ENTRY, client_order_id, slot)


@kernel_function
def take_terms(venue: int, slot: int, address: int) -> None:
    """Give an order the new terms; a new price or more quantity sends it behind the others, less quantity does not."""
    request, order = replace_order_at(address), order_row(venue, slot)
    row, behind = instrument_row(venue, order.instrument), False
    if request.price_units != NULL_UNITS and request.price_units != order.price_units:
        order.price_units, behind = request.price_units, True
    if request.stop_units != NULL_UNITS and request.stop_units != order.stop_units:
        order.stop_units, behind = request.stop_units, True
    if request.quantity_units != NULL_UNITS:
        if order.quantity_units == NULL_UNITS:
            row.unresolved_orders -= 1
        elif request.quantity_units > order.quantity_units:
            behind = True
        order.quantity_units = request.quantity_units
        order.leaves_units = request.quantity_units - order.cumulative_units
    if request.expire_time_ns != NULL_UNITS and order.time_in_force == GTD:
        order.expire_time_ns = request.expire_time_ns
        watch_expiry(venue, slot)
    if behind:
        dequeue(venue, slot)
        enqueue(venue, slot)


@rare_function
def accept_replace(venue: int, address: int, time_ns: int) -> None:
    """Answer a REPLACE_ORDER."""
    request = replace_order_at(address)
    slot = find_order(venue, request.original_client_order_id)
    reason = unknown_reason(venue, request.venue_order_id) if slot < 0 else check_replace(venue, address, slot, time_ns)
    if reason != 0:
        report_cancel_reject(venue, address, slot, REPLACE_RESPONSE, reason, time_ns)
        return
    take_identity(venue, slot, request.client_order_id)
    take_terms(venue, slot, address)
    report = report_at(report_order(venue, slot, REPLACED, order_status(venue, slot), 0, 0, time_ns))
    report.reference_id = request.original_client_order_id
    if order_row(venue, slot).quantity_units == order_row(venue, slot).cumulative_units:
        remove_order(venue, slot)


@rare_function
def accept_link(venue: int, address: int, time_ns: int) -> None:
    """Take an ORDER_LINK: from now on each of two orders ends the other; an order whose other has gone is canceled."""
    command = link_at(address)
    first, second = find_order(venue, command.first_order_id), find_order(venue, command.second_order_id)
    if first >= 0 and second >= 0:
        order_row(venue, first).sibling_order = second
        order_row(venue, second).sibling_order = first
    elif first >= 0:
        cancel_unasked(venue, first, UNKNOWN_ORDER, time_ns)
    elif second >= 0:
        cancel_unasked(venue, second, UNKNOWN_ORDER, time_ns)


@kernel_function
def exchange_accept(venue: int, command_address: int, time_ns: int) -> int:
    """Take a command that arrives at `time_ns`, never before an earlier one, and answer it.

    Parameters
    ----------
    venue : int
        Address of the venue's block.
    command_address : int
        A NEW_ORDER, CANCEL_ORDER, REPLACE_ORDER or ORDER_LINK, or the ORDER_TERMS of the order that comes next.
    time_ns : int
        When it reaches the venue, ns UTC.

    Returns
    -------
    int
        Reports that wait to be read.

    Raises
    ------
    ValueError
        The record is no such command.
    """
    header = venue_row(venue, 0)
    kind = row_at(command_address).kind + 0
    header.clock_ns = max(header.clock_ns, time_ns)
    exchange_expire_due(venue, time_ns)
    if kind == NEW_ORDER_KIND:
        accept_order(venue, command_address, time_ns)
    elif kind == CANCEL_KIND:
        accept_cancel(venue, command_address, time_ns)
    elif kind == REPLACE_KIND:
        accept_replace(venue, command_address, time_ns)
    elif kind == LINK_KIND:
        accept_link(venue, command_address, time_ns)
    elif kind == TERMS_KIND:
        take_terms_ahead(venue, command_address)
    else:
        raise ValueError("a venue takes new orders and their terms, cancels, replacements and links")
    return reports_waiting(venue)


@kernel_function
def exchange_assign_quantity(venue: int, slot: int, quantity_units: int, time_ns: int) -> int:
    """Give an order of `exchange_unresolved` its quantity, cut to whole lots; none left cancels it.

    Returns
    -------
    int
        Reports that wait to be read.
    """
    order = order_row(venue, slot)
    row = instrument_row(venue, order.instrument)
    if order.occupancy != 1 or order.quantity_units != NULL_UNITS:
        raise ValueError("the order has a quantity already")
    units = min(quantity_units, row.maximum_quantity_units)
    units -= units % row.lot_units if units > 0 else units
    if units <= 0:
        cancel_unasked(venue, slot, BAD_QUANTITY, time_ns)
    else:
        order.quantity_units, order.leaves_units = units, units
        row.unresolved_orders -= 1
    return reports_waiting(venue)
