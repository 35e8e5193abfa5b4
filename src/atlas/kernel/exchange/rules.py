"""At which prices of a bar an order fills, and under which rule: the tables of `fills`, order by order.

Market, limit and stop orders are told by `spot_rule` and `path_rule`. What goes beyond them is `special`: stop-limit,
trailing and if-touched orders, fill or kill, at the open and at the close.
"""

from __future__ import annotations

from atlas.kernel.exchange.reports import NULL_UNITS, RULE_LIMIT, RULE_TOUCH
from atlas.kernel.exchange.tables import instrument_row, order_row, venue_row
from atlas.kernel.memory.compilation import kernel_function, rare_function
from atlas.kernel.memory.exact import multiply_divide
from atlas.records.enums import OrderType, PriceRule, RejectReason, TimeInForce

MARKET, LIMIT, STOP = int(OrderType.MARKET), int(OrderType.LIMIT), int(OrderType.STOP)
STOP_LIMIT, TRAILING_STOP = int(OrderType.STOP_LIMIT), int(OrderType.TRAILING_STOP)
IF_TOUCHED = int(OrderType.MARKET_IF_TOUCHED)
GTC, DAY, IOC, GTD = int(TimeInForce.GTC), int(TimeInForce.DAY), int(TimeInForce.IOC), int(TimeInForce.GTD)
FOK, AT_OPEN, AT_CLOSE = int(TimeInForce.FOK), int(TimeInForce.AT_OPEN), int(TimeInForce.AT_CLOSE)
RULE_OPEN, RULE_OPEN_GAP, RULE_CLOSE = int(PriceRule.OPEN), int(PriceRule.OPEN_GAP), int(PriceRule.CLOSE)
RULE_STOP, RULE_STOP_GAP = int(PriceRule.STOP), int(PriceRule.STOP_GAP)
NO_LIQUIDITY, NOT_FILLABLE = int(RejectReason.VENUE_NO_LIQUIDITY), int(RejectReason.VENUE_NOT_FILLABLE)
OPEN_POINT, PATH_POINT, CLOSE_POINT = 0, 1, 2
NO_FILL, TRIGGER_ONLY = 0, -1
SPECIAL, REDUCES = 1, 2
"""Bits of an order's `special`: beyond market, limit and stop; may only reduce the position."""
FRACTION_SCALE = 1_000_000_000


@kernel_function
def limit_spot_rule(venue: int, slot: int, price_units: int, opening: bool) -> int:
    """Rule under which a limit fills at the open or close; 0 where it does not."""
    order = order_row(venue, slot)
    better = (order.price_units - price_units) * order.side
    if better > 0:
        return RULE_OPEN_GAP if opening else RULE_CLOSE
    return RULE_TOUCH if better == 0 and venue_row(venue, 0).touch_fills != 0 else NO_FILL


@kernel_function
def spot_rule(venue: int, slot: int, price_units: int, point: int) -> int:
    """Rule under which an order fills at the open or close; 0 where it does not, -1 where it only begins to act."""
    order = order_row(venue, slot)
    opening = point == OPEN_POINT
    if order.special != 0:
        return special_spot_rule(venue, slot, price_units, opening)
    if order.order_type == LIMIT:
        return limit_spot_rule(venue, slot, price_units, opening)
    if order.order_type == STOP and order.triggered == 0:
        if (price_units - order.stop_units) * order.side < 0:
            return NO_FILL
        return RULE_STOP_GAP if opening else RULE_CLOSE
    return RULE_OPEN if opening else RULE_CLOSE


@kernel_function
def limit_path_rule(venue: int, slot: int, low_units: int, high_units: int) -> int:
    """Rule under which a limit fills between open and close; 0 where it does not.

    Low is the end of the range that a seller's limit meets first, its own numbers turned round.
    """
    order = order_row(venue, slot)
    low, high = (low_units, high_units) if order.side > 0 else (-high_units, -low_units)
    limit = order.price_units * order.side
    if low < limit <= high:
        return RULE_LIMIT
    return RULE_TOUCH if limit == low and venue_row(venue, 0).touch_fills != 0 else NO_FILL


@kernel_function
def stop_path_rule(venue: int, slot: int, low_units: int, high_units: int) -> int:
    """Rule under which a stop that has not acted meets the range: at its price, as a market order from now on, or 0."""
    order = order_row(venue, slot)
    low, high = (low_units, high_units) if order.side > 0 else (-high_units, -low_units)
    stop = order.stop_units * order.side
    if stop > high:
        return NO_FILL
    return RULE_STOP if stop >= low else TRIGGER_ONLY


@kernel_function
def path_rule(venue: int, slot: int, low_units: int, high_units: int) -> int:
    """Rule under which an order fills between open and close at its own price; 0 and -1 as for `spot_rule`."""
    order = order_row(venue, slot)
    if order.special != 0:
        return special_path_rule(venue, slot, low_units, high_units)
    if order.order_type == LIMIT and order.time_in_force != IOC:
        return limit_path_rule(venue, slot, low_units, high_units)
    if order.order_type == STOP and order.triggered == 0:
        return stop_path_rule(venue, slot, low_units, high_units)
    return NO_FILL


# --- stop-limit, trailing, if-touched; fill or kill, at the open, at the close ---------------------------------------


@kernel_function
def is_special(order_type: int, time_in_force: int) -> bool:
    """Whether an order goes beyond market, limit and stop."""
    return order_type > STOP or time_in_force == FOK or time_in_force == AT_OPEN or time_in_force == AT_CLOSE


@kernel_function
def has_limit(order_type: int) -> bool:
    """Whether an order of this type states a limit."""
    return order_type == LIMIT or order_type == STOP_LIMIT


@kernel_function
def has_stop(order_type: int) -> bool:
    """Whether an order of this type states the price at which it begins to act."""
    return order_type == STOP or order_type == STOP_LIMIT or order_type == IF_TOUCHED


@kernel_function
def rests_as_limit(order_type: int, triggered: int) -> bool:
    """Whether an order is a limit now."""
    return order_type == LIMIT or (order_type == STOP_LIMIT and triggered != 0)


@rare_function
def special_spot_rule(venue: int, slot: int, price_units: int, opening: bool) -> int:
    """As `spot_rule`, for special orders."""
    order = order_row(venue, slot)
    force, order_type, beyond = order.time_in_force, order.order_type, 0
    if (force == AT_OPEN and not opening) or (force == AT_CLOSE and opening):
        return NO_FILL
    if force == FOK and order.leaves_units > instrument_row(venue, order.instrument).bar_cap_units:
        return NO_FILL
    if rests_as_limit(order_type, order.triggered):
        return limit_spot_rule(venue, slot, price_units, opening)
    if order_type == MARKET or order.triggered != 0:
        return RULE_OPEN if opening else RULE_CLOSE
    if order.stop_units == NULL_UNITS:
        return NO_FILL
    beyond = (price_units - order.stop_units) * order.side
    if order_type == IF_TOUCHED:
        if beyond > 0:
            return NO_FILL
        return RULE_OPEN_GAP if opening else RULE_CLOSE
    if beyond < 0:
        return NO_FILL
    if order_type == STOP_LIMIT:
        rule = limit_spot_rule(venue, slot, price_units, opening)
        return rule if rule != NO_FILL else TRIGGER_ONLY
    return RULE_STOP_GAP if opening else RULE_CLOSE


@rare_function
def special_path_rule(venue: int, slot: int, low_units: int, high_units: int) -> int:
    """As `path_rule`, for special orders."""
    order = order_row(venue, slot)
    force, order_type = order.time_in_force, order.order_type
    if force == AT_OPEN or force == AT_CLOSE or force == FOK or force == IOC:
        return NO_FILL
    if rests_as_limit(order_type, order.triggered):
        return limit_path_rule(venue, slot, low_units, high_units)
    if order.triggered != 0 or order.stop_units == NULL_UNITS:
        return NO_FILL
    if order_type == IF_TOUCHED:
        low, high = (low_units, high_units) if order.side > 0 else (-high_units, -low_units)
        touch = order.stop_units * order.side
        if touch < low:
            return NO_FILL
        return RULE_STOP if touch <= high else TRIGGER_ONLY
    rule = stop_path_rule(venue, slot, low_units, high_units)
    if order_type != STOP_LIMIT or rule != RULE_STOP:
        return rule
    # At the moment it begins to act the price is its stop.
    better = (order.price_units - order.stop_units) * order.side
    if better == 0 and venue_row(venue, 0).touch_fills != 0:
        return RULE_TOUCH
    return RULE_STOP if better > 0 else TRIGGER_ONLY


@kernel_function
def path_price(venue: int, slot: int) -> int:
    """Price at which an order meets the range of a bar: its limit, or its stop before it has acted."""
    order = order_row(venue, slot)
    return order.price_units if rests_as_limit(order.order_type, order.triggered) else order.stop_units


@kernel_function
def meets_path_as(venue: int, slot: int) -> int:
    """When an order takes its turn on the path: with the stops, or with the limits."""
    order = order_row(venue, slot)
    if order.special == 0:
        return order.order_type
    late = rests_as_limit(order.order_type, order.triggered) or order.order_type == IF_TOUCHED
    return LIMIT if late else STOP


@rare_function
def reason_to_end(venue: int, slot: int, point: int) -> int:
    """Why an order that is not filled ends with an open or close that it took part in; 0 where it goes on."""
    force = order_row(venue, slot).time_in_force
    if force == FOK:
        return NOT_FILLABLE
    over = force == IOC or (force == AT_OPEN and point == OPEN_POINT) or (force == AT_CLOSE and point == CLOSE_POINT)
    return NO_LIQUIDITY if over else 0


# --- trailing --------------------------------------------------------------------------------------------------------


@kernel_function
def trailing_level(venue: int, slot: int, price_units: int) -> int:
    """Where a trailing stop stands after the price was at `price_units`: its distance away, or more up to the tick."""
    order = order_row(venue, slot)
    distance, tick = order.trailing_units, max(1, instrument_row(venue, order.instrument).tick_units)
    if order.trailing_billionths != 0:
        distance, fits = multiply_divide(abs(price_units), order.trailing_billionths, FRACTION_SCALE)
        distance = distance if fits else abs(price_units)
    level = (price_units + distance * order.side) * order.side
    return (level + (-level % tick)) * order.side


@rare_function
def trail(venue: int, instrument: int, low_units: int, high_units: int, time_ns: int) -> None:
    """Let the trailing stops that have arrived follow what the price has just shown, never back."""
    slot = instrument_row(venue, instrument).first_order
    while slot >= 0:
        order = order_row(venue, slot)
        if order.order_type == TRAILING_STOP and order.triggered == 0 and order.arrival_time_ns <= time_ns:
            level = trailing_level(venue, slot, low_units if order.side > 0 else high_units)
            if order.stop_units == NULL_UNITS or (level - order.stop_units) * order.side < 0:
                order.stop_units = level
        slot = order.next_order
