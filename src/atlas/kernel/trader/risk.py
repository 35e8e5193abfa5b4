"""Risk: every order passes here before it becomes a command, in one fixed order of checks, the first refusal ends it.

Each check is counted. What an order would do is measured with all working orders counted. Limits that are not
configured (NULL, NaN) pass. Trading states: ACTIVE lets all pass, REDUCING only what makes a position smaller, HALTED
nothing.
"""

from __future__ import annotations

from atlas.kernel.memory.block import table_capacity
from atlas.kernel.memory.compilation import kernel_function, rare_function
from atlas.kernel.memory.exact import multiply_divide
from atlas.kernel.trader.ledger import (
    WORD_LIMIT,
    attribution_index,
    equity,
    position_index,
    rate_to_base,
    try_notional,
    try_to_base,
    update_peak,
)
from atlas.kernel.trader.outputs import STATE_CHANGE_KIND, emit, emit_alert, state_change_at
from atlas.kernel.trader.tables import (
    THROTTLE,
    account_row,
    attribution_row,
    instrument_row,
    limit_row,
    order_row,
    position_row,
    risk_count_row,
    strategy_row,
    throttle_row,
    world_row,
)
from atlas.records.enums import (
    NULL,
    AlertLevel,
    LimitKind,
    OrderFlag,
    OrderType,
    QuantityKind,
    RejectReason,
    TradingState,
    Why,
)

NONE = 0
ORDER_SIZE, ORDER_NOTIONAL = int(RejectReason.RISK_ORDER_SIZE), int(RejectReason.RISK_ORDER_NOTIONAL)
POSITION_SIZE, PRICE_BAND = int(RejectReason.RISK_POSITION_SIZE), int(RejectReason.RISK_PRICE_BAND)
SELF_TRADE, THROTTLE_REASON = int(RejectReason.RISK_SELF_TRADE), int(RejectReason.RISK_THROTTLE)
CONCENTRATION, EXPOSURE = int(RejectReason.RISK_CONCENTRATION), int(RejectReason.RISK_EXPOSURE)
LEVERAGE, OPEN_POSITIONS = int(RejectReason.RISK_LEVERAGE), int(RejectReason.RISK_OPEN_POSITIONS)
DAILY_LOSS, DRAWDOWN = int(RejectReason.RISK_DAILY_LOSS), int(RejectReason.RISK_DRAWDOWN)
REDUCING_REASON, HALTED_REASON = int(RejectReason.RISK_REDUCING), int(RejectReason.RISK_HALTED)
MARGIN = int(RejectReason.RISK_MARGIN)
KILL_SWITCH, BUYING_POWER = int(RejectReason.RISK_KILL_SWITCH), int(RejectReason.RISK_BUYING_POWER)
NO_PRICE, STRATEGY_HALTED = int(RejectReason.RISK_NO_PRICE), int(RejectReason.RISK_STRATEGY_HALTED)
OVERFLOW, THROTTLE_ENTRY = int(RejectReason.CAPACITY_OVERFLOW), THROTTLE.entry
NOTHING_TO_REDUCE, REDUCE_ONLY = int(RejectReason.RISK_REDUCE_ONLY), int(OrderFlag.REDUCE_ONLY)
WARM_UP, RETIRED = int(RejectReason.RISK_WARM_UP), int(RejectReason.REQUEST_RETIRED)
ACTIVE, REDUCING, HALTED = int(TradingState.ACTIVE), int(TradingState.REDUCING), int(TradingState.HALTED)
WHY_RISK = int(Why.RISK)
LIMIT_DAILY_LOSS, LIMIT_DRAWDOWN = int(LimitKind.DAILY_LOSS), int(LimitKind.DRAWDOWN)
BREACH = int(AlertLevel.BREACH)
UNITS, NOTIONAL, TARGET_WEIGHT = int(QuantityKind.UNITS), int(QuantityKind.NOTIONAL), int(QuantityKind.TARGET_WEIGHT)
MARKET = int(OrderType.MARKET)
NULL_UNITS = NULL
# Of `retired`: outside the universe positions may only get smaller; other values above 0 stop all trading.
OUTSIDE = 2
SECOND_NS = 1_000_000_000
RUNNING = 0


@kernel_function
def count_check(world: int, reason: int, refused: bool) -> bool:
    """Count one check under its reason; returns `refused`."""
    counts = risk_count_row(world, reason)
    counts.checked += 1
    if refused:
        counts.refused += 1
    return refused


@kernel_function
def reference_price(world: int, slot: int) -> int:
    """Price an order is measured at: its limit, else its stop, else the mark; NULL where there is none."""
    order = order_row(world, slot)
    if order.price_units != NULL_UNITS:
        return order.price_units
    if order.stop_units != NULL_UNITS:
        return order.stop_units
    return instrument_row(world, order.instrument).mark_units


@kernel_function
def adding_units(quantity: int, working_units: int, side: int, units: int) -> int:
    """Units by which an order would enlarge the position, working orders of its side counted; 0 if it only reduces."""
    reducible = -quantity * side - working_units
    if reducible <= 0:
        return units
    return max(0, units - reducible)


@rare_function
def refused_reducing(world: int, account: int) -> int:
    """Reason for which an order that enlarges a position is refused."""
    if account_row(world, account).margin_call == 0:
        return REDUCING_REASON
    count_check(world, MARGIN, True)
    return MARGIN


@kernel_function
def check_state(world: int, slot: int, adding: int) -> int:
    """Trading states, kill switch, halted strategies, warm-up, retired instruments."""
    header, order = world_row(world, 0), order_row(world, slot)
    if count_check(world, KILL_SWITCH, header.kill_switch != 0):
        return KILL_SWITCH
    if header.warming_up != 0:
        return WARM_UP
    retired = instrument_row(world, order.instrument).retired
    if retired != 0 and (retired != OUTSIDE or adding > 0):
        return RETIRED
    if strategy_row(world, order.strategy).status != RUNNING:
        return STRATEGY_HALTED
    state = max(header.trading_state, account_row(world, order.account).trading_state)
    if count_check(world, HALTED_REASON, state >= HALTED):
        return HALTED_REASON
    if count_check(world, REDUCING_REASON, state == REDUCING and adding > 0):
        return refused_reducing(world, order.account)
    return NONE


@kernel_function
def check_throttle(world: int, slot: int) -> int:
    """Orders a second, account and instrument: the last ones' times are kept, no window of one second holds more.

    The first row of an account and instrument counts its orders, the others are a ring of their times.
    """
    order, header = order_row(world, slot), world_row(world, 0)
    rate = limit_row(world, order.account).orders_per_second
    if rate == NULL_UNITS:
        return NONE
    stride = table_capacity(world, THROTTLE_ENTRY) // (header.account_count * header.instrument_count)
    first = position_index(world, order.account, order.instrument) * stride
    counter = throttle_row(world, first)
    oldest = throttle_row(world, first + 1 + counter.time_ns % rate)
    if count_check(world, THROTTLE_REASON, counter.time_ns >= rate and header.clock_ns - oldest.time_ns < SECOND_NS):
        return THROTTLE_REASON
    oldest.time_ns = header.clock_ns
    counter.time_ns += 1
    return NONE


@kernel_function
def quantity_of(world: int, instrument: int, units: int) -> float:
    """Quantity of an instrument's units: the float nearest to the decimal, as which a limit is written too."""
    return float(units) / instrument_row(world, instrument).quantity_scale_float


@kernel_function
def check_size(world: int, slot: int, order_money: int) -> int:
    """Largest order, in quantity and in money."""
    order = order_row(world, slot)
    limits = limit_row(world, order.account)
    if limits.order_quantity == limits.order_quantity and count_check(
        world, ORDER_SIZE, quantity_of(world, order.instrument, order.held_units) > limits.order_quantity
    ):
        return ORDER_SIZE
    if limits.order_notional_money != NULL_UNITS and count_check(
        world, ORDER_NOTIONAL, order_money > limits.order_notional_money
    ):
        return ORDER_NOTIONAL
    return NONE


@kernel_function
def check_band(world: int, slot: int) -> int:
    """Distance of a limit or stop price from the mark, as a fraction of it."""
    order = order_row(world, slot)
    band, mark_units = limit_row(world, order.account).price_band, instrument_row(world, order.instrument).mark_units
    if band != band or (order.price_units == NULL_UNITS and order.stop_units == NULL_UNITS):
        return NONE
    distance = abs(float(reference_price(world, slot)) - float(mark_units))
    if count_check(world, PRICE_BAND, distance > band * abs(float(mark_units))):
        return PRICE_BAND
    return NONE


@kernel_function
def check_self_trade(world: int, slot: int) -> int:
    """An order that could trade with a working one of the same account on the other side."""
    order = order_row(world, slot)
    if limit_row(world, order.account).prevent_self_trade == 0:
        return NONE
    other_slot, crosses = instrument_row(world, order.instrument).first_order, False
    while other_slot >= 0 and not crosses:
        other = order_row(world, other_slot)
        if other_slot != slot and other.account == order.account and other.side != order.side:
            open_ended = order.price_units == NULL_UNITS or other.price_units == NULL_UNITS
            crosses = open_ended or (order.price_units - other.price_units) * order.side >= 0
        other_slot = other.next_order
    if count_check(world, SELF_TRADE, crosses):
        return SELF_TRADE
    return NONE


@kernel_function
def check_position(world: int, slot: int, price_units: int, equity_money: int) -> int:
    """Position limits in units and as a fraction of equity, concentration, and the number of positions."""
    order = order_row(world, slot)
    limits, owner = limit_row(world, order.account), account_row(world, order.account)
    position = position_row(world, position_index(world, order.account, order.instrument))
    working = position.open_buy_units if order.side > 0 else position.open_sell_units
    after = abs(position.quantity_units + order.side * (working + order.held_units))
    if limits.position_quantity == limits.position_quantity and count_check(
        world, POSITION_SIZE, quantity_of(world, order.instrument, after) > limits.position_quantity
    ):
        return POSITION_SIZE
    idle = position.quantity_units == 0 and position.open_buy_units == 0 and position.open_sell_units == 0
    if limits.open_positions != NULL_UNITS and count_check(
        world, OPEN_POSITIONS, idle and owner.occupied_positions >= limits.open_positions
    ):
        return OPEN_POSITIONS
    if limits.position_fraction == limits.position_fraction or limits.concentration == limits.concentration:
        row = instrument_row(world, order.instrument)
        value = float(price_units) * float(row.multiplier) / float(row.notional_divisor) * float(after)
        value *= rate_to_base(world, row.currency, owner.currency)
        if count_check(world, POSITION_SIZE, value > limits.position_fraction * float(equity_money)):
            return POSITION_SIZE
        if count_check(world, CONCENTRATION, value > limits.concentration * float(equity_money)):
            return CONCENTRATION
    return NONE


@kernel_function
def check_exposure(world: int, slot: int, adding_money: int, equity_money: int) -> int:
    """Total exposure, leverage and buying power: what working orders hold counts, what market orders end does not.

    A market order that turns a position round ends it first, so its own part that ends it doesn't count either.
    """
    order = order_row(world, slot)
    limits, owner = limit_row(world, order.account), account_row(world, order.account)
    releasing_money = owner.releasing_money + order.releasing_money
    after = owner.gross_exposure_money + owner.held_money - releasing_money + adding_money
    if limits.exposure_money != NULL_UNITS and count_check(world, EXPOSURE, after > limits.exposure_money):
        return EXPOSURE
    if limits.leverage == limits.leverage and count_check(
        world, LEVERAGE, float(after) > limits.leverage * float(equity_money)
    ):
        return LEVERAGE
    if limits.require_buying_power != 0 and count_check(
        world, BUYING_POWER, float(after) > owner.leverage * float(equity_money)
    ):
        return BUYING_POWER
    return NONE


@kernel_function
def open_units(world: int, slot: int, price_units: int) -> int:
    """Units an order still stands for; what is resolved at the fill is estimated. -1 where that doesn't fit."""
    order = order_row(world, slot)
    if order.quantity_kind == UNITS or order.quantity_units > 0:
        return order.quantity_units - order.filled_units
    return estimate_units(world, slot, price_units)


@kernel_function
def estimate_units(world: int, slot: int, price_units: int) -> int:
    """Units a notional, a weight or a target weight comes to at `price_units`, whole lots, never below zero.

    -1 where that doesn't fit, or where the price is none to divide by.
    """
    order = order_row(world, slot)
    row, owner = instrument_row(world, order.instrument), account_row(world, order.account)
    limits, side = limit_row(world, order.account), float(order.side)
    unit_money = float(price_units) * float(row.multiplier) / float(row.notional_divisor)
    if unit_money <= 0.0:
        return -1
    value = order.quantity_value * row.money_scale_float
    if order.quantity_kind != NOTIONAL:
        value = order.quantity_value * float(equity(world, order.account))
        value /= rate_to_base(world, row.currency, owner.currency)
    if value * side > 0.0:
        unit_money *= 1.0 + limits.fee_rate + limits.slippage_rate
    wanted = value / unit_money
    if order.quantity_kind == TARGET_WEIGHT:
        index = attribution_index(world, order.strategy, order.account, order.instrument)
        wanted = (wanted - float(attribution_row(world, index).quantity_units)) * side
    if not wanted < WORD_LIMIT:
        return -1
    units = int(max(0.0, wanted))
    return units - units % row.lot_units


@kernel_function
def measure(world: int, slot: int, price_units: int) -> tuple[int, int, bool]:
    """Set what an order holds: its open units, and the money of those that enlarge the position, working ones counted.

    The order itself must not be counted as working. Returns the enlarging units, the money of all open units in the
    account's currency, and false where that does not fit.
    """
    order = order_row(world, slot)
    units = open_units(world, slot, price_units)
    money, fits = try_notional(world, order.instrument, price_units, max(0, units))
    row, owner = instrument_row(world, order.instrument), account_row(world, order.account)
    money, converts = try_to_base(world, row.currency, owner.currency, abs(money))
    if units < 0 or not fits or not converts:
        return 0, 0, False
    position = position_row(world, position_index(world, order.account, order.instrument))
    working = position.open_buy_units if order.side > 0 else position.open_sell_units
    adding = adding_units(position.quantity_units, working, order.side, units)
    adding_money = money
    if adding != units:
        adding_money, _ = multiply_divide(money, adding, units)
    order.held_units, order.held_money = units, adding_money
    order.releasing_money = money - adding_money if order.order_type == MARKET else 0
    if order.flags & REDUCE_ONLY != 0:
        adding, order.held_money = 0, 0
    after = abs(float(position.quantity_units)) + float(working) + float(units)
    exposure = float(owner.gross_exposure_money) + float(owner.held_money) + float(money)
    return adding, money, after < WORD_LIMIT and exposure < WORD_LIMIT


@kernel_function
def approve(world: int, slot: int) -> int:
    """Pass an order through every check; returns 0, or the reason it is refused for. Sets what is held for it."""
    order = order_row(world, slot)
    price_units = reference_price(world, slot)
    if price_units == NULL_UNITS or instrument_row(world, order.instrument).mark_units == NULL_UNITS:
        return NO_PRICE
    adding, money, fits = measure(world, slot, price_units)
    if not fits:
        return OVERFLOW
    reason = check_state(world, slot, adding)
    if order.flags & REDUCE_ONLY != 0 and reason == NONE:
        held = position_row(world, position_index(world, order.account, order.instrument)).quantity_units
        if count_check(world, NOTHING_TO_REDUCE, held * order.side >= 0):
            reason = NOTHING_TO_REDUCE
    if reason == NONE:
        reason = check_size(world, slot, money)
    if reason == NONE:
        reason = check_band(world, slot)
    if reason == NONE:
        reason = check_self_trade(world, slot)
    if reason == NONE and adding > 0:
        total = equity(world, order.account)
        reason = check_position(world, slot, price_units, total)
        if reason == NONE:
            reason = check_exposure(world, slot, order.held_money, total)
    if reason == NONE:
        reason = check_throttle(world, slot)
    return reason


# --- watching equity -------------------------------------------------------------------------------------------------


@kernel_function
def change_trading_state(world: int, account: int, state: int, limit_kind: int, value: float) -> None:
    """Set an account's trading state and put the change into the outputs."""
    owner = account_row(world, account)
    change = state_change_at(emit(world, 1, 0, STATE_CHANGE_KIND, 0))
    change.account, change.strategy = account, 0
    change.from_state, change.to_state = owner.trading_state, state
    change.why, change.limit_kind = WHY_RISK, limit_kind
    change.until_time_ns, change.value, change.text_id, change.reserved_56 = NULL_UNITS, value, 0, 0
    owner.trading_state = state


@kernel_function
def watch_equity(world: int, account: int) -> None:
    """Compare equity with the daily loss and drawdown limits; a breach halts or reduces the account."""
    limits, owner = limit_row(world, account), account_row(world, account)
    total = update_peak(world, account)
    day, peak = float(owner.day_equity_money), float(owner.peak_equity_money)
    loss, fall = (day - float(total)) / day if day > 0.0 else 0.0, (peak - float(total)) / peak if peak > 0.0 else 0.0
    if owner.trading_state < HALTED and loss >= limits.daily_loss:
        breach(world, account, HALTED, LIMIT_DAILY_LOSS, loss, limits.daily_loss, DAILY_LOSS)
    if owner.trading_state < HALTED and day - float(total) >= limits.daily_loss_money:
        breach(world, account, HALTED, LIMIT_DAILY_LOSS, day - float(total), limits.daily_loss_money, DAILY_LOSS)
    if owner.trading_state < HALTED and fall >= limits.drawdown:
        breach(world, account, HALTED, LIMIT_DRAWDOWN, fall, limits.drawdown, DRAWDOWN)
    if owner.trading_state < REDUCING and fall >= limits.reducing_drawdown:
        breach(world, account, REDUCING, LIMIT_DRAWDOWN, fall, limits.reducing_drawdown, DRAWDOWN)


@kernel_function
def breach(world: int, account: int, state: int, limit_kind: int, value: float, limit: float, reason: int) -> None:
    """Put an alert into the outputs and change the account's trading state."""
    alert = emit_alert(world, 0, account, 0, limit_kind, BREACH)
    alert.value, alert.limit, alert.reject_reason = value, limit, reason
    count_check(world, reason, True)
    change_trading_state(world, account, state, limit_kind, value)


@kernel_function
def begin_day(world: int) -> None:
    """Start a trading day: equity at its start, and an end to halts that the last day's loss caused."""
    count = world_row(world, 0).account_count
    for account in range(count):
        owner, limits = account_row(world, account), limit_row(world, account)
        owner.day_equity_money = equity(world, account)
        peak = float(owner.peak_equity_money)
        fall = (peak - float(owner.day_equity_money)) / peak if peak > 0.0 else 0.0
        if owner.trading_state == HALTED and not fall >= limits.drawdown:
            state = REDUCING if fall >= limits.reducing_drawdown or owner.margin_call != 0 else ACTIVE
            change_trading_state(world, account, state, LIMIT_DAILY_LOSS, fall)
