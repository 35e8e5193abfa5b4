"""The maintenance margin: what a broker does with an account whose equity no longer covers it.

Looked at when all bars that close at one time are marked. Below the requirement the account is called: orders that
would enlarge a position are canceled and refused, and market orders sell the largest positions until what is left is
covered again. They go the way of any order but are not asked whether they may: a broker keeps no customer's limits.
"""

from __future__ import annotations

from atlas.kernel.memory.compilation import kernel_function, rare_function
from atlas.kernel.memory.exact import multiply_divide, multiply_divide_floor, to_units
from atlas.kernel.trader.ledger import (
    RATE_SCALE,
    RUNNING,
    attribution_index,
    equity,
    position_index,
)
from atlas.kernel.trader.orders import (
    BY_SYSTEM,
    CALLED,
    PENDING_CANCEL,
    WHY_MARGIN,
    new_order,
    request_cancel,
    submit_unasked,
)
from atlas.kernel.trader.outputs import emit_alert
from atlas.kernel.trader.risk import ACTIVE, BREACH, MARGIN, REDUCING, change_trading_state
from atlas.kernel.trader.tables import (
    account_row,
    attribution_row,
    currency_row,
    instrument_row,
    limit_row,
    order_row,
    position_row,
    world_row,
)
from atlas.kernel.trader.verbs import has_room
from atlas.records.enums import AlertLevel, LimitKind, OrderType, TimeInForce

MAINTENANCE_MARGIN, NOTICE = int(LimitKind.MAINTENANCE_MARGIN), int(AlertLevel.NOTICE)
MARKET, GTC, DELISTED = int(OrderType.MARKET), int(TimeInForce.GTC), 1


@rare_function
def await_margin_check(world: int, instrument: int) -> None:
    """Ask for a look at the margins once all bars of this time are marked, where an account could be short of it."""
    header = world_row(world, 0)
    for account in range(header.account_count):
        owner = account_row(world, account)
        could_lose = owner.eager != 0 or owner.margin_call != 0 or instrument_row(world, instrument).mark_units < 0
        if owner.maintenance_margin != 0 and could_lose:
            header.slice_time_ns = header.clock_ns
            header.quiet_until_ns = min(header.quiet_until_ns, header.clock_ns)


@rare_function
def check_margins(world: int) -> None:
    """Compare the equity of each account with what its positions require; call it, or end its call."""
    header = world_row(world, 0)
    is_over = header.exact_venue != 0 and header.stopped_reason != RUNNING
    if is_over or header.warming_up != 0:
        return
    for account in range(header.account_count):
        owner = account_row(world, account)
        if owner.maintenance_margin == 0:
            continue
        total = equity(world, account)
        required = requirement(world, account, owner.gross_exposure_money)
        if total < required:
            if owner.margin_call == 0:
                begin_call(world, account, total, required)
            if header.muted == 0:
                cancel_opening(world, account)
                liquidate(world, account, total)
        elif owner.margin_call != 0:
            end_call(world, account, total, required)


@kernel_function
def requirement(world: int, account: int, exposure_money: int) -> int:
    """Equity that positions worth `exposure_money` require."""
    money, _ = multiply_divide(exposure_money, account_row(world, account).maintenance_margin, RATE_SCALE)
    return money


@kernel_function
def tell(world: int, account: int, level: int, total_money: int, required_money: int) -> None:
    """Put an alert with equity and requirement, in the account's currency, into the outputs."""
    scale = currency_row(world, account_row(world, account).currency).money_scale_float
    alert = emit_alert(world, 0, account, 0, MAINTENANCE_MARGIN, level)
    alert.value, alert.limit, alert.reject_reason = float(total_money) / scale, float(required_money) / scale, MARGIN
    alert.trading_state = account_row(world, account).trading_state


@kernel_function
def begin_call(world: int, account: int, total_money: int, required_money: int) -> None:
    """Call an account: until the call ends its orders may only make positions smaller."""
    owner = account_row(world, account)
    owner.margin_call = owner.trading_state
    if owner.trading_state < REDUCING:
        change_trading_state(world, account, REDUCING, MAINTENANCE_MARGIN, float(total_money) / float(required_money))
    tell(world, account, BREACH, total_money, required_money)


@kernel_function
def end_call(world: int, account: int, total_money: int, required_money: int) -> None:
    """End a call whose requirement is met: what still works for it is canceled, the account trades as before."""
    header, owner = world_row(world, 0), account_row(world, account)
    if header.muted == 0:
        for instrument in range(1, header.instrument_count):
            cancel_liquidation(world, account, instrument)
    before, owner.margin_call = owner.margin_call, 0
    if owner.trading_state == REDUCING and before != REDUCING:
        change_trading_state(world, account, ACTIVE, MAINTENANCE_MARGIN, 0.0)
    tell(world, account, NOTICE, total_money, required_money)


# --- what is taken back ----------------------------------------------------------------------------------------------


@kernel_function
def take_back(world: int, slot: int) -> None:
    """Ask to cancel an order on account of the margin; where there is no room to ask, the next look does."""
    if has_room(world):
        request_cancel(world, slot, BY_SYSTEM, WHY_MARGIN)


@kernel_function
def enlarges(world: int, slot: int) -> bool:
    """Whether any part of a working order would enlarge its account's position, as it is now."""
    order = order_row(world, slot)
    held = position_row(world, position_index(world, order.account, order.instrument)).quantity_units
    open_units = order.quantity_units - order.filled_units if order.quantity_units > 0 else order.held_units
    return held == 0 or (held > 0) == (order.side > 0) or open_units > abs(held)


@kernel_function
def cancel_opening(world: int, account: int) -> None:
    """Ask to cancel every working order of an account that would enlarge a position."""
    for instrument in range(1, world_row(world, 0).instrument_count):
        slot = instrument_row(world, instrument).first_order
        while slot >= 0:
            order = order_row(world, slot)
            following = order.next_order
            if order.account == account and enlarges(world, slot):
                take_back(world, slot)
            slot = following


@kernel_function
def cancel_resting(world: int, account: int, instrument: int, side: int) -> None:
    """Ask to cancel what rests on the side that a position is sold on, or it would be sold twice."""
    slot = instrument_row(world, instrument).first_order
    while slot >= 0:
        order = order_row(world, slot)
        following = order.next_order
        if order.account == account and order.side == side and order.order_type != MARKET:
            take_back(world, slot)
        slot = following


@kernel_function
def cancel_liquidation(world: int, account: int, instrument: int) -> None:
    """Ask to cancel what still works of a call's orders."""
    slot = instrument_row(world, instrument).first_order
    while slot >= 0:
        order = order_row(world, slot)
        following = order.next_order
        if order.account == account and order.ties & CALLED != 0:
            take_back(world, slot)
        slot = following


# --- what is sold ----------------------------------------------------------------------------------------------------


@kernel_function
def leaving_units(world: int, account: int, strategy: int, instrument: int, side: int) -> int:
    """Units that market orders of one side, of a strategy or (-1) of all, are about to trade."""
    slot, units = instrument_row(world, instrument).first_order, 0
    while slot >= 0:
        order = order_row(world, slot)
        own = order.account == account and (strategy < 0 or order.strategy == strategy)
        if own and order.side == side and order.order_type == MARKET and order.state & PENDING_CANCEL == 0:
            units += order.held_units
        slot = order.next_order
    return units


@kernel_function
def staying_units(world: int, account: int, instrument: int) -> int:
    """Units of a position, long or short, that no market order is about to end."""
    held = position_row(world, position_index(world, account, instrument)).quantity_units
    if held == 0:
        return 0
    return max(0, abs(held) - leaving_units(world, account, -1, instrument, -1 if held > 0 else 1))


@kernel_function
def staying_money(world: int, account: int, instrument: int) -> int:
    """Value of those units."""
    units = staying_units(world, account, instrument)
    if units == 0:
        return 0
    position = position_row(world, position_index(world, account, instrument))
    money, _ = multiply_divide(abs(position.value_money), units, abs(position.quantity_units))
    return money


@kernel_function
def missing_money(world: int, account: int, total_money: int) -> int:
    """Value of positions that must be sold besides what is on its way, so that the equity covers the rest.

    Selling costs the fraction that weights leave room for: the account's highest fee rate and its slippage.
    """
    owner, limits, staying = account_row(world, account), limit_row(world, account), 0
    for instrument in range(1, world_row(world, 0).instrument_count):
        staying += staying_money(world, account, instrument)
    rate, _ = to_units(limits.fee_rate + limits.slippage_rate, float(RATE_SCALE))
    cost, _ = multiply_divide(owner.gross_exposure_money - staying, rate, RATE_SCALE)
    short = requirement(world, account, staying) + cost - total_money
    if short <= 0:
        return 0
    if owner.maintenance_margin <= rate:
        return staying
    money, fits = multiply_divide_floor(-short, RATE_SCALE, owner.maintenance_margin - rate)
    return min(staying, -money) if fits else staying


@kernel_function
def liquidate(world: int, account: int, total_money: int) -> None:
    """Sell the largest positions, each as far as it takes, until what stays is covered."""
    missing = missing_money(world, account, total_money)
    while missing > 0 and cut_largest(world, account, missing):
        missing = missing_money(world, account, total_money)


@kernel_function
def cut_largest(world: int, account: int, missing_money: int) -> bool:
    """Sell `missing_money` of the position of which the most stays, all of it where it isn't worth more."""
    largest, most = 0, 0
    for instrument in range(1, world_row(world, 0).instrument_count):
        money = staying_money(world, account, instrument)
        if money > most and instrument_row(world, instrument).retired != DELISTED:
            largest, most = instrument, money
    if largest == 0:
        return False
    units, lot_units = staying_units(world, account, largest), instrument_row(world, largest).lot_units
    if missing_money < most:
        less, _ = multiply_divide_floor(-missing_money, units, most)
        units = min(units, -(less - less % lot_units))
    return sell(world, account, largest, units)


@kernel_function
def sell(world: int, account: int, instrument: int, units: int) -> bool:
    """Send market orders that end `units` of a position, in the name of who holds the most of it; false without room.

    Of several strategies the one with the most left to sell goes first, since its part of the position is what ends.
    """
    held = position_row(world, position_index(world, account, instrument)).quantity_units
    side = -1 if held > 0 else 1
    cancel_resting(world, account, instrument, side)
    while units > 0:
        strategy, most = largest_holder(world, account, instrument, side)
        if most == 0 or not has_room(world):
            return False
        slot = new_order(world, strategy, instrument, side, MARKET, GTC)
        if slot < 0:
            return False
        order = order_row(world, slot)
        order.account, order.quantity_units = account, min(units, most)
        units -= order.quantity_units
        submit_unasked(world, slot)
    return True


@kernel_function
def largest_holder(world: int, account: int, instrument: int, side: int) -> tuple[int, int]:
    """Strategy with the most units that an order of `side` would end and none is about to; and how many."""
    found, most = 0, 0
    for strategy in range(world_row(world, 0).strategy_count):
        share = attribution_row(world, attribution_index(world, strategy, account, instrument)).quantity_units
        units = -share * side
        if units > most:
            units -= leaving_units(world, account, strategy, instrument, side)
        if units > most:
            found, most = strategy, units
    return found, most
