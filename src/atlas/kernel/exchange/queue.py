"""The orders of each instrument in the order of their arrival: entering, leaving, expiring."""

from __future__ import annotations

from atlas.kernel.exchange.reports import NULL_UNITS, UNSOLICITED, report_end, reports_waiting
from atlas.kernel.exchange.tables import NEVER, ORDER_INDEX, ORDERS, instrument_row, order_row, venue_row
from atlas.kernel.memory.block import free_row
from atlas.kernel.memory.compilation import kernel_function, rare_function
from atlas.kernel.memory.hash_map import map_get, map_remove
from atlas.records.enums import ExecutionType, OrderType

ORDERS_ENTRY, INDEX_ENTRY = ORDERS.entry, ORDER_INDEX.entry
CANCELED, EXPIRED = int(ExecutionType.CANCELED), int(ExecutionType.EXPIRED)
TRAILING_STOP = int(OrderType.TRAILING_STOP)


@kernel_function
def exchange_is_idle(venue: int, instrument: int) -> bool:
    """Whether no order works in an instrument, so that its price points need not be played."""
    return instrument_row(venue, instrument).live_orders == 0


@kernel_function
def exchange_mark(venue: int, instrument: int, price_units: int) -> None:
    """Set the price that arriving orders are stamped with, for bars whose points are not played."""
    instrument_row(venue, instrument).last_price_units = price_units


@kernel_function
def find_order(venue: int, client_order_id: int) -> int:
    """Row of the working order known by this client order id; -1 where there is none."""
    return map_get(venue, INDEX_ENTRY, client_order_id)


@kernel_function
def enqueue(venue: int, slot: int) -> None:
    """Put an order behind all others of its instrument."""
    order, header = order_row(venue, slot), venue_row(venue, 0)
    row = instrument_row(venue, order.instrument)
    order.previous_order, order.next_order = row.last_order, -1
    order.priority = header.next_priority
    header.next_priority += 1
    if row.last_order >= 0:
        order_row(venue, row.last_order).next_order = slot
    else:
        row.first_order = slot
    row.last_order = slot
    row.live_orders += 1
    header.live_orders += 1
    row.unresolved_orders += int(order.quantity_units == NULL_UNITS)
    row.trailing_orders += int(order.order_type == TRAILING_STOP)
    watch_expiry(venue, slot)


@kernel_function
def watch_expiry(venue: int, slot: int) -> None:
    """Let the next expiry of the instrument and of the venue be no later than this order's."""
    order, header = order_row(venue, slot), venue_row(venue, 0)
    row = instrument_row(venue, order.instrument)
    row.next_expiry_ns = min(row.next_expiry_ns, order.expire_time_ns)
    header.next_expiry_ns = min(header.next_expiry_ns, order.expire_time_ns)


@kernel_function
def dequeue(venue: int, slot: int) -> None:
    """Take an order out of its instrument's queue."""
    order, header = order_row(venue, slot), venue_row(venue, 0)
    row = instrument_row(venue, order.instrument)
    if order.previous_order >= 0:
        order_row(venue, order.previous_order).next_order = order.next_order
    else:
        row.first_order = order.next_order
    if order.next_order >= 0:
        order_row(venue, order.next_order).previous_order = order.previous_order
    else:
        row.last_order = order.previous_order
    row.live_orders -= 1
    header.live_orders -= 1
    row.unresolved_orders -= int(order.quantity_units == NULL_UNITS)
    row.trailing_orders -= int(order.order_type == TRAILING_STOP)


@kernel_function
def remove_order(venue: int, slot: int) -> None:
    """Forget an order that has been reported as ended."""
    order = order_row(venue, slot)
    dequeue(venue, slot)
    if order.sibling_order >= 0:
        order_row(venue, order.sibling_order).sibling_order = -1
    map_remove(venue, INDEX_ENTRY, order.client_order_id)
    if order.first_client_order_id != order.client_order_id:
        map_remove(venue, INDEX_ENTRY, order.first_client_order_id)
    free_row(venue, ORDERS_ENTRY, slot)


@rare_function
def cancel_unasked(venue: int, slot: int, reason: int, time_ns: int) -> None:
    """End an order that nobody asked to cancel, and say why."""
    venue_row(venue, 0).canceled_count += 1
    report_end(venue, slot, CANCELED, reason, UNSOLICITED, time_ns)
    remove_order(venue, slot)


@rare_function
def expire_order(venue: int, slot: int, time_ns: int) -> None:
    """End an order whose time is over."""
    venue_row(venue, 0).expired_count += 1
    report_end(venue, slot, EXPIRED, 0, UNSOLICITED, time_ns)
    remove_order(venue, slot)


@kernel_function
def expire_before(venue: int, instrument: int, time_ns: int) -> None:
    """Expire what an instrument's orders lived up to before `time_ns`, each at its own time."""
    row = instrument_row(venue, instrument)
    if row.next_expiry_ns >= time_ns:
        return
    slot, earliest = row.first_order, NEVER
    while slot >= 0:
        order = order_row(venue, slot)
        following, expiry = order.next_order, order.expire_time_ns
        if expiry < time_ns:
            expire_order(venue, slot, expiry)
        else:
            earliest = min(earliest, expiry)
        slot = following
    row.next_expiry_ns = earliest


@kernel_function
def exchange_expire_due(venue: int, time_ns: int) -> int:
    """Expire every order whose expiry lies before `time_ns`; one comparison where none does.

    Returns
    -------
    int
        Reports that wait to be read.
    """
    header = venue_row(venue, 0)
    if header.next_expiry_ns >= time_ns:
        return reports_waiting(venue)
    earliest, count = NEVER, header.instrument_count
    for instrument in range(count):
        expire_before(venue, instrument, time_ns)
        earliest = min(earliest, instrument_row(venue, instrument).next_expiry_ns)
    header.next_expiry_ns = earliest
    return reports_waiting(venue)


@kernel_function
def exchange_expire_all(venue: int, time_ns: int) -> int:
    """Expire what is still open at the end of the data, by instrument, then by arrival.

    Returns
    -------
    int
        Reports that wait to be read.
    """
    header = venue_row(venue, 0)
    count = header.instrument_count
    for instrument in range(count):
        exchange_expire_instrument(venue, instrument, time_ns)
    header.next_expiry_ns = NEVER
    return reports_waiting(venue)


@rare_function
def exchange_expire_instrument(venue: int, instrument: int, time_ns: int) -> None:
    """Expire what is open in an instrument that trades no more, by arrival."""
    row = instrument_row(venue, instrument)
    while row.first_order >= 0:
        expire_order(venue, row.first_order, time_ns)
    row.next_expiry_ns = NEVER
