"""The verbs that hooks call: orders, targets, timers, log lines, questions.

Each is an entry point, called by its address from compiled hooks and as itself from interpreted ones. A verb that is
asked nonsense returns a `VerbError`, which the hook raises; what risk refuses comes back by `on_order` later.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from atlas.kernel.memory.block import free_row
from atlas.kernel.memory.compilation import EntryPoint, entry_point, kernel_function, rare_function
from atlas.kernel.memory.exact import multiply_divide, multiply_divide_truncate, to_units
from atlas.kernel.memory.heap import heap_push, heap_remove_matching
from atlas.kernel.memory.random import random_key, random_normal, random_uniform
from atlas.kernel.trader.columns import column
from atlas.kernel.trader.ledger import (
    attribution_index,
    cash_in_base,
    change_working,
    equity,
    equity_at,
    position_index,
    rate_to_base,
    to_base,
    try_notional,
    value_stale,
)
from atlas.kernel.trader.orders import (
    ATTACHED,
    BY_STRATEGY,
    LINKED,
    ORDERS_ENTRY,
    WHY_SIGNAL,
    can_replace,
    cancel_working,
    find_order,
    hold,
    hold_anew,
    is_closed,
    new_order,
    next_order_id,
    notify_order,
    refuse_without_row,
    request_cancel,
    request_replace,
    submit,
)
from atlas.kernel.trader.outputs import (
    LINK_KIND,
    LOG_KIND,
    SIGNAL_KIND,
    commands_left,
    emit,
    emit_command,
    link_at,
    log_at,
    notices_left,
    outputs_left,
    signal_at,
)
from atlas.kernel.trader.risk import approve
from atlas.kernel.trader.tables import (
    TARGETS,
    TIMERS,
    account_row,
    attribution_row,
    currency_row,
    history_row,
    instrument_row,
    limit_row,
    order_row,
    position_row,
    strategy_row,
    target_address,
    target_at,
    target_row,
    world_row,
)
from atlas.kernel.trader.views import VERBS, HistoryField, Query, VerbError
from atlas.records.enums import NULL, ContingencyType, LogLevel, OrderFlag, OrderType, QuantityKind, TimeInForce

NOT_FINITE, NOT_POSITIVE = int(VerbError.NOT_FINITE), int(VerbError.NOT_POSITIVE)
UNKNOWN_INSTRUMENT, UNKNOWN_ORDER = int(VerbError.UNKNOWN_INSTRUMENT), int(VerbError.UNKNOWN_ORDER)
OUT_OF_RANGE, FULL = int(VerbError.OUT_OF_RANGE), int(VerbError.FULL)
TOO_MANY_CHAINED, UNSUPPORTED = int(VerbError.TOO_MANY_CHAINED), int(VerbError.UNSUPPORTED)
NO_PRICE_YET, GO_ON = int(VerbError.NO_PRICE_YET), 1
NOT_A_PAIR, ONE_CANCELS_OTHER = int(VerbError.NOT_A_PAIR), int(ContingencyType.ONE_CANCELS_OTHER)
UNITS, NOTIONAL = int(QuantityKind.UNITS), int(QuantityKind.NOTIONAL)
WEIGHT, TARGET_WEIGHT = int(QuantityKind.WEIGHT), int(QuantityKind.TARGET_WEIGHT)
MARKET, GTC = int(OrderType.MARKET), int(TimeInForce.GTC)
TRAILING_STOP, HAS_TERMS = int(OrderType.TRAILING_STOP), int(OrderFlag.HAS_TERMS)
TIMERS_ENTRY, TARGET_BYTES = TIMERS.entry, TARGETS.dtype.itemsize
NULL_UNITS = NULL
FRACTION_SCALE = 1_000_000_000
OUTPUTS_PER_ORDER = 8
INFINITY, NAN = float("inf"), float("nan")
RANDOM_MODEL = 1
LOG_LEVEL_INFO = int(LogLevel.INFO)
Q_EQUITY, Q_CASH, Q_POSITION, Q_AVERAGE_PRICE = (
    int(Query.EQUITY),
    int(Query.CASH),
    int(Query.POSITION),
    int(Query.AVERAGE_PRICE),
)
Q_UNREALIZED, Q_REALIZED, Q_MARK = int(Query.UNREALIZED), int(Query.REALIZED), int(Query.MARK)
Q_WORKING, Q_CLOCK, Q_BUYING_POWER = int(Query.WORKING_ORDERS), int(Query.CLOCK_NS), int(Query.BUYING_POWER)
Q_OPEN_POSITIONS, Q_INSTRUMENTS = int(Query.OPEN_POSITIONS), int(Query.INSTRUMENT_COUNT)
Q_STATE, Q_FEES, Q_BARS = int(Query.TRADING_STATE), int(Query.FEES), int(Query.BAR_COUNT)
Q_STRATEGY_POSITION, Q_MEMBER = int(Query.STRATEGY_POSITION), int(Query.MEMBER)
H_TIME, H_OPEN, H_HIGH = int(HistoryField.TIME_NS), int(HistoryField.OPEN), int(HistoryField.HIGH)
H_LOW, H_VOLUME = int(HistoryField.LOW), int(HistoryField.VOLUME)


@kernel_function
def is_finite(value: float) -> bool:
    """Whether a float is neither NaN nor infinite."""
    return -INFINITY < value < INFINITY


@kernel_function
def price_of(world: int, instrument: int, value: float) -> tuple[int, bool]:
    """Price units of a float; NaN is the absent price."""
    if value != value:
        return NULL_UNITS, True
    return to_units(value, instrument_row(world, instrument).price_scale_float)


@kernel_function
def has_room(world: int) -> bool:
    """Whether outputs, commands and notices have room for what an order may bring."""
    return outputs_left(world) >= OUTPUTS_PER_ORDER and commands_left(world) > 0 and notices_left(world) > 1


@kernel_function
def is_instrument(world: int, instrument: int) -> bool:
    """Whether a number is an instrument's."""
    return 1 <= instrument < world_row(world, 0).instrument_count


@kernel_function
def check_request(world: int, instrument: int) -> int:
    """What makes any order impossible before it is one: 0, or a `VerbError`."""
    header = world_row(world, 0)
    if not is_instrument(world, instrument):
        return UNKNOWN_INSTRUMENT
    if not has_room(world):
        return FULL
    if header.chained_orders >= header.chained_order_limit:
        return TOO_MANY_CHAINED
    header.chained_orders += 1
    return 0


@kernel_function
def whole_lots(units: int, lot_units: int) -> int:
    """Cut units that are not below zero to whole lots."""
    return units if lot_units == 1 else units - units % lot_units


@kernel_function
def set_quantity(world: int, slot: int, quantity_kind: int, quantity: float) -> int:
    """Write an order's quantity in whole lots, or its value where the fill resolves it; 0 or a `VerbError`."""
    order = order_row(world, slot)
    row = instrument_row(world, order.instrument)
    order.quantity_kind = quantity_kind
    if quantity_kind != UNITS:
        order.quantity_value = quantity
        return 0
    units, fits = to_units(quantity, row.quantity_scale_float)
    if not fits:
        return OUT_OF_RANGE
    order.quantity_units = whole_lots(units, row.lot_units)
    return 0 if order.quantity_units > 0 else NOT_POSITIVE


@kernel_function
def set_prices(world: int, slot: int, limit: float, stop: float, stop_loss: float, take_profit: float) -> int:
    """Write an order's prices, which are absent until then; 0 or a `VerbError`."""
    if limit != limit and stop != stop and stop_loss != stop_loss and take_profit != take_profit:
        return 0
    order = order_row(world, slot)
    order.price_units, fits = price_of(world, order.instrument, limit)
    order.stop_units, fits_stop = price_of(world, order.instrument, stop)
    order.stop_loss_units, fits_loss = price_of(world, order.instrument, stop_loss)
    order.take_profit_units, fits_profit = price_of(world, order.instrument, take_profit)
    return 0 if fits and fits_stop and fits_loss and fits_profit else OUT_OF_RANGE


@kernel_function
def drop(world: int, slot: int, error: int) -> int:
    """Give back the row of an order that was no order; returns the error."""
    free_row(world, ORDERS_ENTRY, slot)
    return error


@kernel_function
def check_size(world: int, instrument: int, quantity_kind: int, quantity: float) -> int:
    """What makes an order impossible before it has a row: 0, or a `VerbError`."""
    error = check_request(world, instrument)
    if error != 0:
        return error
    if not is_finite(quantity):
        return NOT_FINITE
    return NOT_POSITIVE if quantity <= 0.0 and quantity_kind != TARGET_WEIGHT else 0


@kernel_function
def address_of_targets(world: int, strategy: int) -> int:
    """Where a strategy's row of instrument 0 starts in `targets`."""
    return target_address(world, strategy * world_row(world, 0).instrument_count)


@kernel_function
def is_last_target(targets: int, instrument: int, kind: int, value: float) -> bool:
    """Whether an instrument's target, in the rows of a strategy that start at `targets`, is this one already."""
    last = target_at(targets + instrument * TARGET_BYTES)
    return last.kind == kind and last.value == value


@kernel_function
def target_of(world: int, strategy: int, instrument: int) -> Any:
    """Return what is kept of a strategy and an instrument: the last target, the count of draws."""
    return target_row(world, strategy * world_row(world, 0).instrument_count + instrument)


@kernel_function
def forget_target(world: int, strategy: int, instrument: int) -> None:
    """Let the last target stand no longer: an order of another kind moves the position away from it."""
    target_of(world, strategy, instrument).kind = 0


@kernel_function
def complete(
    world: int,
    slot: int,
    quantity_kind: int,
    quantity: float,
    limit: float,
    stop: float,
    stop_loss: float,
    take_profit: float,
) -> int:
    """Write an order's quantity and prices and submit it; its id, or a `VerbError`."""
    identity = order_row(world, slot).client_order_id
    error = set_quantity(world, slot, quantity_kind, quantity)
    if error == 0:
        error = set_prices(world, slot, limit, stop, stop_loss, take_profit)
    if error != 0:
        return drop(world, slot, error)
    submit(world, slot)
    return identity


@entry_point(VERBS["place"])
def place(
    world: int,
    strategy: int,
    instrument: int,
    side: int,
    order_type: int,
    time_in_force: int,
    quantity_kind: int,
    expire_time_ns: int,
    quantity: float,
    limit: float,
    stop: float,
    stop_loss: float,
    take_profit: float,
) -> int:
    """Make an order and submit it; its id, or a `VerbError`; see `VERBS`."""
    error = check_size(world, instrument, quantity_kind, quantity)
    if error != 0:
        return error
    forget_target(world, strategy, instrument)
    slot = new_order(world, strategy, instrument, side, order_type, time_in_force)
    if slot < 0:
        return refuse_without_row(world, strategy, instrument, side)
    order_row(world, slot).expire_time_ns = expire_time_ns
    return complete(world, slot, quantity_kind, quantity, limit, stop, stop_loss, take_profit)


place_order: Callable[..., int] = kernel_function(place.function)
"""What `place` does, for other verbs."""


@rare_function
def set_terms(world: int, slot: int, flags: int, trailing: float, trailing_fraction: float) -> int:
    """Write an order's rarer terms; 0 or a `VerbError`."""
    order = order_row(world, slot)
    order.flags = flags
    if order.order_type != TRAILING_STOP:
        return 0
    order.flags |= HAS_TERMS
    order.trailing_units, fits = price_of(world, order.instrument, trailing)
    order.trailing_fraction = trailing_fraction
    return 0 if fits else OUT_OF_RANGE


@entry_point(VERBS["place_with_terms"])
def place_with_terms(
    world: int,
    strategy: int,
    instrument: int,
    side: int,
    order_type: int,
    time_in_force: int,
    quantity_kind: int,
    expire_time_ns: int,
    quantity: float,
    limit: float,
    stop: float,
    stop_loss: float,
    take_profit: float,
    flags: int,
    trailing: float,
    trailing_fraction: float,
) -> int:
    """Make an order with rarer terms and submit it; its id, or a `VerbError`; see `VERBS`."""
    if world_row(world, 0).exact_venue == 0:
        return UNSUPPORTED
    error = check_size(world, instrument, quantity_kind, quantity)
    if error != 0:
        return error
    if commands_left(world) < 2:
        return FULL
    forget_target(world, strategy, instrument)
    slot = new_order(world, strategy, instrument, side, order_type, time_in_force)
    if slot < 0:
        return refuse_without_row(world, strategy, instrument, side)
    order_row(world, slot).expire_time_ns = expire_time_ns
    error = set_terms(world, slot, flags, trailing, trailing_fraction)
    if error != 0:
        return drop(world, slot, error)
    return complete(world, slot, quantity_kind, quantity, limit, stop, stop_loss, take_profit)


@kernel_function
def check_target(world: int, strategy: int, instrument: int, kind: int, rebalance: int, value: float) -> int:
    """What a target comes to before anything is done for it: `GO_ON`, 0 where it is the last one, or a `VerbError`."""
    if not is_instrument(world, instrument):
        return UNKNOWN_INSTRUMENT
    if rebalance == 0 and is_last_target(address_of_targets(world, strategy), instrument, kind, value):
        return 0
    if not is_finite(value):
        return NOT_FINITE
    return NO_PRICE_YET if instrument_row(world, instrument).mark_units == NULL_UNITS else GO_ON


@kernel_function
def target_difference(world: int, strategy: int, instrument: int, kind: int, value: float) -> tuple[float, int]:
    """Units between what a strategy holds and its target at the mark, and what is asked of the venue: a kind."""
    row = instrument_row(world, instrument)
    account = strategy_row(world, strategy).account
    held = float(attribution_row(world, attribution_index(world, strategy, account, instrument)).quantity_units)
    if kind == UNITS:
        wanted = value * row.quantity_scale_float
        return wanted - held, UNITS
    money = value * row.money_scale_float
    if kind != NOTIONAL:
        money = value * float(equity(world, account))
    unit_money = float(row.mark_units) * float(row.multiplier) / float(row.notional_divisor)
    if kind != NOTIONAL:
        unit_money *= rate_to_base(world, row.currency, account_row(world, account).currency)
    return money / unit_money - held, TARGET_WEIGHT if kind != NOTIONAL else UNITS


@kernel_function
def replace_working_target(world: int, strategy: int, instrument: int) -> None:
    """Ask to cancel what still works of the strategy's last target in an instrument."""
    last = target_of(world, strategy, instrument)
    if last.order_id != 0:
        slot = find_order(world, last.order_id)
        last.order_id = 0
        if slot >= 0:
            request_cancel(world, slot, BY_STRATEGY, WHY_SIGNAL)


@entry_point(VERBS["target"])
def target(world: int, strategy: int, instrument: int, kind: int, rebalance: int, value: float) -> int:
    """Ask for a target position; the same target as last time is no order unless `rebalance`; see `VERBS`."""
    answer = check_target(world, strategy, instrument, kind, rebalance, value)
    if answer != GO_ON:
        return answer
    row, last = instrument_row(world, instrument), target_of(world, strategy, instrument)
    if not has_room(world):
        return FULL
    replace_working_target(world, strategy, instrument)
    difference, order_kind = target_difference(world, strategy, instrument, kind, value)
    side = 1 if difference > 0.0 else -1
    quantity = abs(difference) / row.quantity_scale_float
    if abs(difference) < float(row.lot_units):
        last.kind, last.value = kind, value
        return 0
    if order_kind == TARGET_WEIGHT:
        quantity = value
    identity = place_order(
        world, strategy, instrument, side, MARKET, GTC, order_kind, NULL_UNITS, quantity, NAN, NAN, NAN, NAN
    )
    is_sent = find_order(world, identity) >= 0
    if is_sent:
        last.order_id = identity
    # A way out that was refused may be asked for again; a way in stands, or it would be refused at every bar.
    if is_sent or value != 0.0:
        last.kind, last.value = kind, value
    return identity


@kernel_function
def from_base(world: int, currency: int, base_currency: int, money: int) -> tuple[int, bool]:
    """Money of the account's own currency in `currency`, rounded toward zero; false where it does not fit."""
    if currency == base_currency:
        return money, True
    base_rate, rate = currency_row(world, base_currency).rate_units, currency_row(world, currency).rate_units
    return multiply_divide_truncate(money, base_rate, rate)


@rare_function
def flip_fee(world: int, slot: int, price_units: int, held_units: int, rate: int) -> int:
    """Fee of the part of an order that ends a position before it opens the opposite one, in the account's currency."""
    order = order_row(world, slot)
    money, fits = try_notional(world, order.instrument, price_units, abs(held_units))
    fee, fits_fee = multiply_divide(money, rate, FRACTION_SCALE)
    if not (fits and fits_fee):
        return 0
    row, owner = instrument_row(world, order.instrument), account_row(world, order.account)
    return to_base(world, row.currency, owner.currency, fee)


@kernel_function
def resolve_quantity(world: int, client_order_id: int, price_units: int) -> int:
    """Units that an order stated as notional or weight comes to at a price, in its own direction; never below zero.

    The price has slippage in it already. The money for it, less the fee it will cost, is a whole number of currency
    steps, rounded down; so is the quantity. Where a position of the other side is ended first, its fee is paid first.
    """
    slot = find_order(world, client_order_id)
    if slot < 0 or price_units <= 0:
        return 0
    order = order_row(world, slot)
    row, account = instrument_row(world, order.instrument), order.account
    share = attribution_row(world, attribution_index(world, order.strategy, account, order.instrument))
    limits = limit_row(world, account)
    if order.quantity_kind == NOTIONAL:
        money, fits = to_units(order.quantity_value, row.money_scale_float)
    else:
        weight, fits = to_units(order.quantity_value, float(FRACTION_SCALE))
        rate, _ = to_units(limits.fee_rate, float(FRACTION_SCALE))
        total = equity_at(world, account, order.instrument, price_units)
        if order.quantity_kind == TARGET_WEIGHT and share.quantity_units * order.side < 0 < weight * order.side:
            total -= flip_fee(world, slot, price_units, share.quantity_units, rate)
        money, fits_money = multiply_divide_truncate(total, weight, FRACTION_SCALE + rate)
        money, fits_rate = from_base(world, row.currency, account_row(world, account).currency, money)
        fits = fits and fits_money and fits_rate
    units, fits_units = multiply_divide_truncate(money, row.notional_divisor, price_units * row.multiplier)
    if not (fits and fits_units):
        return 0
    units -= units % row.lot_units if units >= 0 else -(-units % row.lot_units)
    if order.quantity_kind == TARGET_WEIGHT:
        return max(0, (units - share.quantity_units) * order.side)
    return max(0, units)


@entry_point(VERBS["cancel"])
def cancel(world: int, strategy: int, order_id: int) -> int:
    """Ask to cancel an order of the strategy; see `VERBS`."""
    slot = find_order(world, order_id)
    if slot < 0 or order_row(world, slot).strategy != strategy:
        return UNKNOWN_ORDER
    if not has_room(world):
        return FULL
    world_row(world, 0).chained_orders += 1
    request_cancel(world, slot, BY_STRATEGY, WHY_SIGNAL)
    return 0


@kernel_function
def may_link(world: int, slot: int, strategy: int) -> bool:
    """Whether an order works for a strategy and may become one of two that cancel each other."""
    return slot >= 0 and order_row(world, slot).strategy == strategy and not is_closed(order_row(world, slot).state)


@entry_point(VERBS["link"])
def link(world: int, strategy: int, first_id: int, second_id: int) -> int:
    """Ask that each of two orders cancels the other; see `VERBS`."""
    header, first_slot, second_slot = world_row(world, 0), find_order(world, first_id), find_order(world, second_id)
    if header.exact_venue == 0:
        return UNSUPPORTED
    if not may_link(world, first_slot, strategy) or not may_link(world, second_slot, strategy):
        return 0
    first, second = order_row(world, first_slot), order_row(world, second_slot)
    if first_slot == second_slot or first.instrument != second.instrument or first.ties + second.ties != 0:
        return NOT_A_PAIR
    if not has_room(world):
        return FULL
    header.chained_orders += 1
    first.ties, first.linked_order_id = LINKED, second.client_order_id
    second.ties, second.linked_order_id = LINKED, first.client_order_id
    hold_anew(world, first_slot)
    command = link_at(emit_command(world, 1, first.instrument, LINK_KIND, first.side))
    command.list_id, command.first_order_id = next_order_id(world), first.client_order_id
    command.second_order_id, command.third_order_id = second.client_order_id, 0
    command.contingency = ONE_CANCELS_OTHER
    command.reserved_57, command.reserved_58, command.reserved_60 = 0, 0, 0
    return 1


@rare_function
def set_hold_aside(world: int, slot: int) -> int:
    """Uncount what the order linked with this one holds, until `hold` counts it again; its row, or -1."""
    order = order_row(world, slot)
    other_slot = find_order(world, order.linked_order_id) if order.linked_order_id != 0 else -1
    if other_slot >= 0:
        other = order_row(world, other_slot)
        units, money = other.held_units, other.held_money
        account_row(world, other.account).releasing_money -= other.releasing_money
        change_working(world, other.strategy, other.account, other.instrument, other.side, -units, -money)
    return other_slot


@kernel_function
def approve_replace(world: int, slot: int, quantity_units: int, price_units: int, stop_units: int) -> int:
    """Pass the new terms of an order through risk and hold for the larger of old and new; 0 or the refusal."""
    order = order_row(world, slot)
    old_quantity, old_price, old_stop = order.quantity_units, order.price_units, order.stop_units
    held_units, held_money = order.held_units, order.held_money
    releasing_money = order.releasing_money
    account_row(world, order.account).releasing_money -= releasing_money
    change_working(world, order.strategy, order.account, order.instrument, order.side, -held_units, -held_money)
    aside = set_hold_aside(world, slot) if order.ties != 0 else -1
    order.quantity_units = quantity_units
    order.price_units, order.stop_units = price_units, stop_units
    reason = approve(world, slot)
    order.quantity_units, order.price_units, order.stop_units = old_quantity, old_price, old_stop
    if reason != 0 or order.ties & ATTACHED != 0:
        order.held_units, order.held_money, order.releasing_money = held_units, held_money, releasing_money
    else:
        order.held_units, order.held_money = max(held_units, order.held_units), max(held_money, order.held_money)
    hold(world, slot)
    if aside >= 0:
        hold(world, aside)
    return reason


@entry_point(VERBS["replace"])
def replace(world: int, strategy: int, order_id: int, quantity: float, limit: float, stop: float) -> int:
    """Ask to change an order of the strategy; what is NaN stays; see `VERBS`."""
    slot = find_order(world, order_id)
    if slot < 0 or order_row(world, slot).strategy != strategy:
        return UNKNOWN_ORDER
    if not has_room(world):
        return FULL
    if not can_replace(world, slot):
        return 0
    world_row(world, 0).chained_orders += 1
    order = order_row(world, slot)
    row = instrument_row(world, order.instrument)
    units, fits = order.quantity_units, True
    if quantity == quantity:
        units, fits = to_units(quantity, row.quantity_scale_float)
        units -= units % row.lot_units
    price_units, fits_price = price_of(world, order.instrument, limit)
    stop_units, fits_stop = price_of(world, order.instrument, stop)
    if not (fits and fits_price and fits_stop):
        return OUT_OF_RANGE
    if units <= order.filled_units:
        return NOT_POSITIVE
    price_units = order.price_units if price_units == NULL_UNITS else price_units
    stop_units = order.stop_units if stop_units == NULL_UNITS else stop_units
    reason = approve_replace(world, slot, units, price_units, stop_units)
    if reason != 0:
        notify_order(world, slot, reason)
        return 0
    return request_replace(world, slot, units, price_units, stop_units)


@entry_point(VERBS["cancel_all"])
def cancel_all(world: int, strategy: int, instrument: int) -> int:
    """Ask to cancel the strategy's working orders, in one instrument or (-1) in all; see `VERBS`."""
    header, account = world_row(world, 0), strategy_row(world, strategy).account
    first, last, count = 1, header.instrument_count, 0
    if instrument >= 0:
        if not is_instrument(world, instrument):
            return UNKNOWN_INSTRUMENT
        first, last = instrument, instrument + 1
    for number in range(first, last):
        if instrument_row(world, number).live_orders != 0:
            if not has_room(world):
                return FULL
            count += cancel_working(world, account, strategy, number, BY_STRATEGY, WHY_SIGNAL)
    return count


@entry_point(VERBS["set_timer"])
def set_timer(world: int, strategy: int, instrument: int, timer_id: int, due_ns: int, interval_ns: int) -> int:
    """Set a timer; one due already runs before the next event; see `VERBS`."""
    header = world_row(world, 0)
    if interval_ns < 0:
        return NOT_POSITIVE
    header.next_timer_sequence += 1
    header.quiet_until_ns = min(header.quiet_until_ns, due_ns - 1)
    pushed = heap_push(
        world, TIMERS_ENTRY, due_ns, header.next_timer_sequence, strategy, timer_id, instrument, interval_ns
    )
    return 0 if pushed == 1 else FULL


@entry_point(VERBS["cancel_timer"])
def cancel_timer(world: int, strategy: int, timer_id: int) -> int:
    """Remove the strategy's timers of an id; see `VERBS`."""
    return heap_remove_matching(world, TIMERS_ENTRY, strategy, timer_id)


@entry_point(VERBS["log"])
def log(
    world: int,
    strategy: int,
    instrument: int,
    text_id: int,
    count: int,
    v1: float,
    v2: float,
    v3: float,
    v4: float,
    v5: float,
    v6: float,
    v7: float,
    v8: float,
) -> int:
    """Put a log line into the outputs; see `VERBS`."""
    if outputs_left(world) < OUTPUTS_PER_ORDER:
        return FULL
    line = log_at(emit(world, 2, max(0, instrument), LOG_KIND, 0))
    line.text_id, line.strategy, line.value_count = text_id, strategy, count
    line.level, line.source = LOG_LEVEL_INFO, 0
    line.value_1, line.value_2, line.value_3, line.value_4 = v1, v2, v3, v4
    line.value_5, line.value_6, line.value_7, line.value_8 = v5, v6, v7, v8
    return 0


@entry_point(VERBS["signal"])
def signal(world: int, strategy: int, instrument: int, strength: float) -> int:
    """Put a signal into the outputs; it trades nothing until a sizer is configured; see `VERBS`."""
    if not is_finite(strength):
        return NOT_FINITE
    if not is_instrument(world, instrument):
        return UNKNOWN_INSTRUMENT
    if outputs_left(world) < OUTPUTS_PER_ORDER:
        return FULL
    side = 1 if strength > 0.0 else (-1 if strength < 0.0 else 0)
    entry = signal_at(emit(world, 1, instrument, SIGNAL_KIND, side))
    entry.strength, entry.confidence = strength, 1.0
    entry.price_units = instrument_row(world, instrument).mark_units
    entry.strategy, entry.account = strategy, strategy_row(world, strategy).account
    entry.model, entry.text_id = 0, 0
    return 0


@kernel_function
def ask_instrument(world: int, strategy: int, account: int, instrument: int, what: int) -> float:
    """Answer a question about one instrument."""
    if instrument < 0 or instrument >= world_row(world, 0).instrument_count:
        return NAN
    value_stale(world, account)
    row = instrument_row(world, instrument)
    position = position_row(world, position_index(world, account, instrument))
    if what == Q_POSITION:
        return float(position.quantity_units) / row.quantity_scale_float
    if what == Q_STRATEGY_POSITION:
        share = attribution_row(world, attribution_index(world, strategy, account, instrument))
        return float(share.quantity_units) / row.quantity_scale_float
    if what == Q_AVERAGE_PRICE:
        if position.quantity_units == 0:
            return NAN
        unit = float(position.cost_money) * float(row.notional_divisor) / float(row.multiplier)
        return unit / float(position.quantity_units) / row.price_scale_float
    if what == Q_MARK:
        return NAN if row.mark_units == NULL_UNITS else float(row.mark_units) / row.price_scale_float
    if what == Q_WORKING:
        return float(row.live_orders)
    if what == Q_MEMBER:
        return 1.0 if instrument > 0 and row.retired == 0 else 0.0
    base = account_row(world, account).currency
    scale = currency_row(world, base).money_scale_float
    if what == Q_UNREALIZED:
        return float(position.value_money - to_base(world, row.currency, base, position.cost_money)) / scale
    if what == Q_REALIZED:
        return float(position.realized_money) / row.money_scale_float
    return float(position.value_money) / scale


@entry_point(VERBS["query"])
def query(world: int, strategy: int, instrument: int, what: int) -> float:
    """Answer a question about the account, the clock or an instrument; NaN where there is no answer; see `VERBS`."""
    header, account = world_row(world, 0), strategy_row(world, strategy).account
    owner = account_row(world, account)
    scale = currency_row(world, owner.currency).money_scale_float
    if what == Q_EQUITY:
        return float(equity(world, account)) / scale
    if what == Q_CASH:
        return float(cash_in_base(world, account)) / scale
    if what == Q_BUYING_POWER:
        total = equity(world, account)
        used = owner.gross_exposure_money + owner.held_money - owner.releasing_money
        return (owner.leverage * float(total) - float(used)) / scale
    if what == Q_CLOCK:
        return float(header.clock_ns)
    if what == Q_OPEN_POSITIONS:
        return float(owner.open_positions)
    if what == Q_INSTRUMENTS:
        return float(header.instrument_count - 1)
    if what == Q_STATE:
        return float(max(header.trading_state, owner.trading_state))
    if what == Q_FEES:
        return float(owner.fees_money) / scale
    if what == Q_BARS:
        return float(header.bar_count)
    return ask_instrument(world, strategy, account, instrument, what)


@entry_point(VERBS["history"])
def history(world: int, strategy: int, instrument: int, field: int, ago: int) -> float:
    """Read a past bar of an instrument; NaN where it isn't kept; see `VERBS`."""
    if not is_instrument(world, instrument):
        return NAN
    row, length = instrument_row(world, instrument), world_row(world, 0).history_length
    if ago < 0 or ago >= length or ago >= row.history_written:
        return NAN
    kept = history_row(world, instrument * length + (row.history_written - 1 - ago) % length)
    if field == H_TIME:
        return float(kept.time_ns)
    if field == H_VOLUME:
        return NAN if kept.volume_units == NULL_UNITS else float(kept.volume_units) / row.quantity_scale_float
    units = kept.close_units
    if field == H_OPEN:
        units = kept.open_units
    elif field == H_HIGH:
        units = kept.high_units
    elif field == H_LOW:
        units = kept.low_units
    return float(units) / row.price_scale_float


@entry_point(VERBS["random"])
def random(world: int, strategy: int, instrument: int, kind: int) -> float:
    """Draw a number keyed by seed, instrument, strategy and the count of draws of that pair; see `VERBS`."""
    header = world_row(world, 0)
    if instrument < 0 or instrument >= header.instrument_count:
        return NAN
    pair = target_of(world, strategy, instrument)
    pair.draw_count += 1
    name, owner = instrument_row(world, instrument).name_hash, strategy_row(world, strategy).name_hash
    key = random_key(header.seed, RANDOM_MODEL, name, owner)
    return random_uniform(key, pair.draw_count) if kind == 0 else random_normal(key, pair.draw_count)


VERB_ENTRY_POINTS: dict[str, EntryPoint] = {
    "place": place,
    "place_with_terms": place_with_terms,
    "target": target,
    "cancel": cancel,
    "link": link,
    "replace": replace,
    "cancel_all": cancel_all,
    "set_timer": set_timer,
    "cancel_timer": cancel_timer,
    "log": log,
    "signal": signal,
    "query": query,
    "history": history,
    "column": column,
    "random": random,
}
