"""Fills at a bar's price points: the open, the path between (high and low), the close.

An order takes part in a point when it has arrived by the point's time, so never in one that was played already. The
strict reading, side by side for buyers (sellers mirrored):

=========  ===================================  =====================================  ==============================
point      market and triggered stop            stop                                   limit
=========  ===================================  =====================================  ==============================
open       fills at the open                    open ≥ stop: at the open (gap)         open < limit: at the open (gap)
path       waits                                low ≤ stop ≤ high: at the stop;        low < limit ≤ high: at the limit
                                                below low: becomes a market order
close      fills at the close                   close ≥ stop: at the close             close < limit: at the close
=========  ===================================  =====================================  ==============================

All points of a bar share one cap of its volume. A bar without trades fills and triggers nothing.
"""

from __future__ import annotations

from atlas.kernel.exchange.bracket import create_children, reduce_sibling, trigger
from atlas.kernel.exchange.costs import count_volume
from atlas.kernel.exchange.fees import SLIPPAGE_SCALE, fee_of, fill_money, slipped_price
from atlas.kernel.exchange.queue import cancel_unasked, dequeue, enqueue, expire_before, remove_order
from atlas.kernel.exchange.reports import NULL_UNITS, RULE_LIMIT, RULE_TOUCH, report_fill, reports_waiting
from atlas.kernel.exchange.rules import (
    CLOSE_POINT,
    IOC,
    LIMIT,
    NO_FILL,
    OPEN_POINT,
    PATH_POINT,
    REDUCES,
    STOP,
    STOP_LIMIT,
    meets_path_as,
    path_price,
    path_rule,
    reason_to_end,
    spot_rule,
    trail,
)
from atlas.kernel.exchange.tables import NEVER, instrument_row, order_row, venue_row
from atlas.kernel.memory.compilation import kernel_function
from atlas.kernel.memory.exact import multiply_divide_floor
from atlas.kernel.memory.intrinsics import ROWS, record_at
from atlas.records.enums import RejectReason, Relaxation
from atlas.records.market import BAR

bar_at = record_at(BAR, ROWS)
TOUCH_FILLS, NO_VOLUME_CAP = int(Relaxation.TOUCH_FILLS), int(Relaxation.NO_VOLUME_CAP)
OUTSIDE_RANGE, SAME_EVENT = int(Relaxation.OUTSIDE_RANGE), int(Relaxation.SAME_EVENT)
OVERFLOW, NOTHING_TO_REDUCE = int(RejectReason.CAPACITY_OVERFLOW), int(RejectReason.VENUE_REDUCE_ONLY)
SHARE_SCALE = SLIPPAGE_SCALE


@kernel_function
def begin_bar(venue: int, instrument: int, bar_address: int) -> None:
    """Set the bar's range and cap, at whichever of its points comes first."""
    bar, row, header = bar_at(bar_address), instrument_row(venue, instrument), venue_row(venue, 0)
    if row.bar_time_ns == bar.venue_time_ns:
        return
    row.bar_time_ns, row.bar_low_units, row.bar_high_units = bar.venue_time_ns, bar.low_units, bar.high_units
    volume = bar.volume_units
    row.bar_volume_units, row.bar_cap_units, row.bar_filled_units = volume, NEVER, 0
    if volume == NULL_UNITS:
        return
    if volume <= 0:
        row.bar_volume_units, row.bar_cap_units = 0, 0
        header.empty_bar_count += 1
    elif header.volume_share_millionths != 0:
        # The cap never exceeds the volume, so it fits.
        cap, _ = multiply_divide_floor(volume, header.volume_share_millionths, SHARE_SCALE)
        row.bar_cap_units = cap - cap % row.lot_units


@kernel_function
def relaxations_of(venue: int, instrument: int, rule: int, price_units: int) -> int:
    """Bits that name what a fill departs from the strict reading in."""
    row, bits = instrument_row(venue, instrument), 0
    if rule == RULE_TOUCH:
        bits |= TOUCH_FILLS
    if venue_row(venue, 0).same_event != 0:
        bits |= SAME_EVENT
    if row.bar_volume_units != NULL_UNITS and row.bar_cap_units == NEVER:
        bits |= NO_VOLUME_CAP
    if price_units > row.bar_high_units or price_units < row.bar_low_units:
        bits |= OUTSIDE_RANGE
    return bits


@kernel_function
def book_fill(venue: int, slot: int, units: int, price_units: int) -> None:
    """Carry a fill into the order: what is filled, what is left, the average price."""
    order, header = order_row(venue, slot), venue_row(venue, 0)
    row = instrument_row(venue, order.instrument)
    price = float(price_units) / row.price_scale_float
    before = order.cumulative_units
    order.cumulative_units = before + units
    order.leaves_units -= units
    if before == 0:
        order.average_price = price
    else:
        order.average_price += (price - order.average_price) * (float(units) / float(order.cumulative_units))
    header.fill_count += 1
    if row.bar_volume_units == NULL_UNITS:
        header.absent_volume_fills += 1


@kernel_function
def fill_order(venue: int, slot: int, market_price_units: int, rule: int, time_ns: int) -> bool:
    """Fill an order as far as the bar's cap reaches; returns whether the order has ended."""
    order = order_row(venue, slot)
    row = instrument_row(venue, order.instrument)
    units = min(order.leaves_units, row.bar_cap_units)
    if order.special & REDUCES != 0:
        units = min(units, max(0, -row.net_units * order.side))
        if units <= 0:
            cancel_unasked(venue, slot, NOTHING_TO_REDUCE, time_ns)
            return True
    if units <= 0:
        return False
    price_units = market_price_units
    if order.order_type != LIMIT and order.order_type != STOP_LIMIT:
        price_units = slipped_price(venue, order.instrument, market_price_units, order.side, units)
    maker = rule == RULE_LIMIT or rule == RULE_TOUCH
    money, money_fits = fill_money(venue, order.instrument, price_units, units)
    fee, fee_fits = fee_of(venue, order.instrument, money, units, maker)
    if not money_fits or not fee_fits:
        cancel_unasked(venue, slot, OVERFLOW, time_ns)
        return True
    book_fill(venue, slot, units, price_units)
    bits = relaxations_of(venue, order.instrument, rule, price_units)
    report_fill(venue, slot, units, price_units, fee, rule, bits, time_ns)
    if row.bar_cap_units != NEVER:
        row.bar_cap_units -= units
    if order.account == 0:
        row.net_units += units * order.side
    if venue_row(venue, 0).slippage_millionths < 0:
        row.bar_filled_units += units
    if row.fee_tier_count != 0:
        count_volume(venue, abs(money))
    if order.stop_loss_units != NULL_UNITS or order.take_profit_units != NULL_UNITS:
        create_children(venue, slot, units, price_units, time_ns)
    if order.sibling_order >= 0:
        reduce_sibling(venue, slot, units, time_ns)
    if order.leaves_units > 0:
        return False
    remove_order(venue, slot)
    return True


@kernel_function
def order_after(venue: int, slot: int) -> tuple[int, int, int]:
    """Next order; where it may end together with this one, the order behind it too, and the priority it is known by."""
    order = order_row(venue, slot)
    following = order.next_order
    if following >= 0 and following == order.sibling_order:
        return following, order_row(venue, following).next_order, order_row(venue, following).priority
    return following, -1, 0


@kernel_function
def still_there(venue: int, following: int, behind: int, priority: int) -> int:
    """Next order to look at, after the one before it has acted; its row may be another order's meanwhile."""
    if priority == 0:
        return following
    order = order_row(venue, following)
    return following if order.occupancy == 1 and order.priority == priority else behind


@kernel_function
def play_spot(venue: int, instrument: int, price_units: int, point: int, time_ns: int) -> None:
    """Let every order that has arrived take part in one price, in order of arrival; what fills bring forth waits."""
    row, newest = instrument_row(venue, instrument), venue_row(venue, 0).next_priority
    traded, slot = row.bar_volume_units != 0, row.first_order
    while slot >= 0:
        order = order_row(venue, slot)
        following, behind, known = order_after(venue, slot)
        if order.arrival_time_ns <= time_ns and order.priority < newest:
            rule = spot_rule(venue, slot, price_units, point) if traded else NO_FILL
            ended = False
            if rule != NO_FILL:
                trigger(venue, slot, time_ns)
                if rule > 0:
                    ended = fill_order(venue, slot, price_units, rule, time_ns)
            if not ended and order.time_in_force >= IOC:
                reason = reason_to_end(venue, slot, point)
                if reason != 0:
                    cancel_unasked(venue, slot, reason, time_ns)
        slot = still_there(venue, following, behind, known)
    if traded and row.trailing_orders != 0:
        trail(venue, instrument, price_units, price_units, time_ns)


@kernel_function
def meet_range(venue: int, slot: int, time_ns: int) -> None:
    """Let one order meet the range of its instrument's bar."""
    order = order_row(venue, slot)
    row = instrument_row(venue, order.instrument)
    rule = path_rule(venue, slot, row.bar_low_units, row.bar_high_units)
    if rule == NO_FILL:
        return
    price_units = path_price(venue, slot)
    trigger(venue, slot, time_ns)
    if rule > 0:
        fill_order(venue, slot, price_units, rule, time_ns)
    elif order.order_type == STOP_LIMIT:
        # From here on it is a limit that came now: what the path has shown may have been before.
        dequeue(venue, slot)
        enqueue(venue, slot)


@kernel_function
def play_path(venue: int, instrument: int, turn: int, newest: int, time_ns: int) -> None:
    """Let the stops or the limits, older than priority `newest`, meet the bar's range in order of arrival."""
    slot = instrument_row(venue, instrument).first_order
    while slot >= 0 and order_row(venue, slot).priority < newest:
        order = order_row(venue, slot)
        following, behind, known = order_after(venue, slot)
        if order.arrival_time_ns <= time_ns and meets_path_as(venue, slot) == turn:
            meet_range(venue, slot, time_ns)
        slot = still_there(venue, following, behind, known)


@kernel_function
def play_born_stops(venue: int, instrument: int, newest: int, time_ns: int) -> None:
    """Let the stops that fills on this path brought forth meet it too: the price may have gone on to them.

    They stand at the end of the queue, from priority `newest` on.
    """
    slot, first = instrument_row(venue, instrument).last_order, -1
    while slot >= 0 and order_row(venue, slot).priority >= newest:
        first, slot = slot, order_row(venue, slot).previous_order
    slot = first
    while slot >= 0:
        following, behind, known = order_after(venue, slot)
        if order_row(venue, slot).order_type == STOP:
            meet_range(venue, slot, time_ns)
        slot = still_there(venue, following, behind, known)


@kernel_function
def exchange_open_point(venue: int, bar_address: int, time_ns: int) -> int:
    """Play the open of a bar at its start, `time_ns`.

    Parameters
    ----------
    venue : int
        Address of the venue's block.
    bar_address : int
        A BAR of an instrument of this venue.
    time_ns : int
        The bar's end less the length of its specification, ns UTC.

    Returns
    -------
    int
        Reports that wait to be read.
    """
    bar, header = bar_at(bar_address), venue_row(venue, 0)
    instrument = bar.instrument + 0
    row = instrument_row(venue, instrument)
    header.clock_ns = max(header.clock_ns, time_ns)
    if row.live_orders != 0:
        # What lives up to this very instant belongs to the day that ends here.
        expire_before(venue, instrument, time_ns + 1)
        begin_bar(venue, instrument, bar_address)
        play_spot(venue, instrument, bar.open_units, OPEN_POINT, time_ns)
    row.last_price_units = bar.open_units
    return reports_waiting(venue)


@kernel_function
def exchange_path_point(venue: int, bar_address: int, time_ns: int) -> int:
    """Play the high and low of a bar at its middle: stops first, then limits. As `exchange_open_point`."""
    bar, header = bar_at(bar_address), venue_row(venue, 0)
    instrument = bar.instrument + 0
    header.clock_ns = max(header.clock_ns, time_ns)
    if instrument_row(venue, instrument).live_orders != 0:
        expire_before(venue, instrument, time_ns)
        begin_bar(venue, instrument, bar_address)
        if instrument_row(venue, instrument).bar_volume_units != 0:
            newest = header.next_priority
            play_path(venue, instrument, STOP, newest, time_ns)
            play_born_stops(venue, instrument, newest, time_ns)
            if instrument_row(venue, instrument).trailing_orders != 0:
                trail(venue, instrument, bar.low_units, bar.high_units, time_ns)
            play_path(venue, instrument, LIMIT, newest, time_ns)
            play_born_stops(venue, instrument, newest, time_ns)
    return reports_waiting(venue)


@kernel_function
def exchange_close_point(venue: int, bar_address: int, time_ns: int) -> int:
    """Play the close of a bar at its end. As `exchange_open_point`."""
    bar, header = bar_at(bar_address), venue_row(venue, 0)
    instrument = bar.instrument + 0
    row = instrument_row(venue, instrument)
    header.clock_ns = max(header.clock_ns, time_ns)
    if row.live_orders != 0:
        expire_before(venue, instrument, time_ns)
        begin_bar(venue, instrument, bar_address)
        play_spot(venue, instrument, bar.close_units, CLOSE_POINT, time_ns)
    row.last_price_units = bar.close_units
    return reports_waiting(venue)


@kernel_function
def point_price(venue: int, slot: int, bar_address: int, point: int) -> tuple[int, bool]:
    """Price at which an order would fill at a point of a bar, slippage included; false where it would not."""
    bar, order = bar_at(bar_address), order_row(venue, slot)
    if point == PATH_POINT:
        rule, price_units = path_rule(venue, slot, bar.low_units, bar.high_units), path_price(venue, slot)
    else:
        price_units = bar.open_units if point == OPEN_POINT else bar.close_units
        rule = spot_rule(venue, slot, price_units, point)
    if rule > 0 and order.order_type != LIMIT and order.order_type != STOP_LIMIT:
        # As if it took all it may: what is resolved at this price can be paid at the fill's.
        most = min(instrument_row(venue, order.instrument).bar_cap_units, max(0, bar.volume_units))
        price_units = slipped_price(venue, order.instrument, price_units, order.side, most)
    return price_units, rule > 0


@kernel_function
def exchange_unresolved(venue: int, bar_address: int, point: int, time_ns: int) -> tuple[int, int]:
    """Find the next order that could fill at a point of a bar and has no quantity yet.

    Call it before the point, with the same bar and time, until it answers -1, and give each order it names a quantity
    by `exchange_assign_quantity`. One load and comparison where there is none.

    Parameters
    ----------
    venue, bar_address, time_ns : int
        As for `exchange_open_point`.
    point : int
        OPEN_POINT, PATH_POINT or CLOSE_POINT.

    Returns
    -------
    tuple of int
        The order's row, or -1, and the price in units it would fill at, slippage included.
    """
    instrument = bar_at(bar_address).instrument + 0
    row = instrument_row(venue, instrument)
    if row.unresolved_orders == 0:
        return -1, 0
    expire_before(venue, instrument, time_ns + 1 if point == OPEN_POINT else time_ns)
    begin_bar(venue, instrument, bar_address)
    slot = row.first_order if row.bar_cap_units > 0 else -1
    while slot >= 0:
        order = order_row(venue, slot)
        if order.quantity_units == NULL_UNITS and order.arrival_time_ns <= time_ns:
            price_units, fills = point_price(venue, slot, bar_address, point)
            if fills:
                return slot, price_units
        slot = order.next_order
    return -1, 0
