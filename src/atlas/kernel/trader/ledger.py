"""The portfolio: cash, positions, cost, realized and marked results, in exact money.

Truth is one position an account and instrument; attribution is one a strategy besides, and sums to it. A position's
cost is money: closing a part takes its share of the cost, rounded half-even, and the remainder stays in the position.
Fees are kept apart from realized results. Position values are kept as whole money, so that equity never drifts.
"""

from __future__ import annotations

from atlas.kernel.memory.compilation import kernel_function, rare_function
from atlas.kernel.memory.exact import multiply_checked, multiply_divide, multiply_divide_truncate
from atlas.kernel.trader.outputs import EQUITY_KIND, LONG_AGO, POSTING_KIND, emit, equity_point_at, posting_at
from atlas.kernel.trader.tables import (
    account_row,
    attribution_row,
    cash_row,
    currency_row,
    instrument_row,
    position_row,
    world_row,
)
from atlas.records.enums import NULL, CashMovementType

NULL_UNITS = NULL
RUNNING, STOPPED_NEGATIVE_EQUITY = 0, 1
FLAT, HELD, AT_RISK = 0, 1, 2
DIVIDEND_MOVEMENT, CASH_IN_LIEU = int(CashMovementType.DIVIDEND), int(CashMovementType.CASH_IN_LIEU)
BORROW_MOVEMENT, INTEREST_MOVEMENT = int(CashMovementType.BORROW), int(CashMovementType.INTEREST)
DAY_NS, DAYS_A_YEAR, RATE_SCALE = 86_400_000_000_000, 365, 1_000_000_000
WORD_LIMIT = 9.2e18
"""Below 2**63 by more than the rounding of a float of that size."""


@kernel_function
def try_notional(world: int, instrument: int, price_units: int, quantity_units: int) -> tuple[int, bool]:
    """Money of price × quantity × multiplier, rounded once, half-even; false where it does not fit."""
    row = instrument_row(world, instrument)
    if row.multiplier != 1:
        price_units, fits = multiply_checked(price_units, row.multiplier)
        if not fits:
            return 0, False
    return multiply_divide(price_units, quantity_units, row.notional_divisor)


@kernel_function
def notional(world: int, instrument: int, price_units: int, quantity_units: int) -> int:
    """Money of price × quantity × multiplier, rounded half-even; raises OverflowError beyond 64 bits."""
    money, fits = try_notional(world, instrument, price_units, quantity_units)
    if not fits:
        raise OverflowError("price times quantity does not fit in 64 bits of money")
    return money


@kernel_function
def try_to_base(world: int, currency: int, base_currency: int, money: int) -> tuple[int, bool]:
    """Money of `currency` in the account's own, at the rates of the block; false where it does not fit."""
    if currency == base_currency:
        return money, True
    return multiply_divide(
        money, currency_row(world, currency).rate_units, currency_row(world, base_currency).rate_units
    )


@kernel_function
def to_base(world: int, currency: int, base_currency: int, money: int) -> int:
    """Money of `currency` in the account's own, at the rates of the block; raises OverflowError beyond 64 bits."""
    converted, fits = try_to_base(world, currency, base_currency, money)
    if not fits:
        raise OverflowError("a conversion of currency does not fit in 64 bits of money")
    return converted


@kernel_function
def rate_to_base(world: int, currency: int, base_currency: int) -> float:
    """Steps of the account's own currency for one step of `currency`, for estimates."""
    if currency == base_currency:
        return 1.0
    return float(currency_row(world, currency).rate_units) / float(currency_row(world, base_currency).rate_units)


@kernel_function
def close_part(quantity: int, cost: int, change: int, notional_money: int) -> tuple[int, int, int]:
    """Book a signed change of quantity at `notional_money` (above zero) on a position.

    Returns the new quantity, the new cost and the result realized before fees. Cost and quantity carry one sign.
    """
    if quantity == 0 or (quantity > 0) == (change > 0):
        return quantity + change, cost + (notional_money if change > 0 else -notional_money), 0
    held, size = abs(quantity), abs(change)
    closed = min(held, size)
    cost_closed, closed_money, fits = cost, notional_money, True
    if closed < held:
        cost_closed, fits = multiply_divide(cost, closed, held)
    elif closed < size:
        closed_money, fits = multiply_divide(notional_money, closed, size)
    if not fits:
        raise OverflowError("the cost of a closed position does not fit in 64 bits of money")
    sign = 1 if change > 0 else -1
    opened = sign * (notional_money - closed_money)
    return quantity + change, cost - cost_closed + opened, -sign * closed_money - cost_closed


@kernel_function
def position_index(world: int, account: int, instrument: int) -> int:
    """Row of a position."""
    return account * world_row(world, 0).instrument_count + instrument


@kernel_function
def attribution_index(world: int, strategy: int, account: int, instrument: int) -> int:
    """Row of a strategy's share of a position."""
    header = world_row(world, 0)
    return (strategy * header.account_count + account) * header.instrument_count + instrument


@kernel_function
def cash_index(world: int, account: int, currency: int) -> int:
    """Row of an account's cash in a currency."""
    return account * world_row(world, 0).currency_count + currency


@kernel_function
def post_cash(world: int, account: int, currency: int, money: int) -> None:
    """Add money to an account's cash."""
    cash = cash_row(world, cash_index(world, account, currency))
    balance = cash.balance_money + money
    if (money > 0 and balance < cash.balance_money) or (money < 0 and balance > cash.balance_money):
        raise OverflowError("cash does not fit in 64 bits of money")
    cash.balance_money = balance


@kernel_function
def occupies(quantity_units: int, open_buy_units: int, open_sell_units: int) -> int:
    """1 when a position or a working order takes up one of the places that `open_positions` limits."""
    return 1 if (quantity_units != 0 or open_buy_units != 0 or open_sell_units != 0) else 0


@kernel_function
def revalue(world: int, account: int, instrument: int) -> None:
    """Value a position at its instrument's mark, and carry the change into the account's sums."""
    position = position_row(world, position_index(world, account, instrument))
    row, owner = instrument_row(world, instrument), account_row(world, account)
    value = 0
    if position.quantity_units != 0 and row.mark_units != NULL_UNITS:
        value = to_base(
            world, row.currency, owner.currency, notional(world, instrument, row.mark_units, position.quantity_units)
        )
    before = position.value_money
    position.value_money = value
    owner.positions_money += value - before
    owner.gross_exposure_money += abs(value) - abs(before)


@rare_function
def value_at_once(world: int, account: int, instrument: int) -> None:
    """Value a position that can't wait to be looked at."""
    revalue(world, account, instrument)


@kernel_function
def note_stale(world: int, account: int, index: int) -> None:
    """Put a position on its account's list of those to be valued before anyone looks."""
    position = position_row(world, index)
    if position.stale == 0:
        owner = account_row(world, account)
        position.stale, position.next_stale = 1, owner.first_stale
        owner.first_stale = index + 1


@kernel_function
def value_stale(world: int, account: int) -> None:
    """Value every position on the account's list."""
    owner, first = account_row(world, account), position_index(world, account, 0)
    while owner.first_stale != 0:
        index = owner.first_stale - 1
        position = position_row(world, index)
        owner.first_stale = position.next_stale
        position.stale, position.next_stale = 0, 0
        revalue(world, account, index - first)


@kernel_function
def mark(world: int, instrument: int, price_units: int, time_ns: int) -> tuple[int, bool]:
    """Mark an instrument; returns how many accounts hold it, and whether one of them may have lost all it had.

    A position is valued when someone looks at the account, or at once where it could lose more than there is: short,
    on borrowed cash, or at a price below zero.
    """
    row = instrument_row(world, instrument)
    row.mark_units, row.mark_time_ns = price_units, time_ns
    found = mark_position(world, 0, instrument, price_units)
    if world_row(world, 0).account_count > 1:
        return mark_others(world, instrument, price_units, found)
    return 1 if found != FLAT else 0, found == AT_RISK


@kernel_function
def mark_position(world: int, account: int, instrument: int, price_units: int) -> int:
    """Mark what an account holds of an instrument: `FLAT`, `HELD` or `AT_RISK`."""
    index = position_index(world, account, instrument)
    if position_row(world, index).quantity_units == 0:
        return FLAT
    if account_row(world, account).eager != 0 or price_units < 0:
        value_at_once(world, account, instrument)
        return AT_RISK
    note_stale(world, account, index)
    return HELD


@rare_function
def mark_others(world: int, instrument: int, price_units: int, first: int) -> tuple[int, bool]:
    """Mark what the accounts after the first hold, of which `first` is known; see `mark`."""
    count, holders, at_risk = world_row(world, 0).account_count, 1 if first != FLAT else 0, first == AT_RISK
    for account in range(1, count):
        found = mark_position(world, account, instrument, price_units)
        holders += 1 if found != FLAT else 0
        at_risk = at_risk or found == AT_RISK
    return holders, at_risk


@kernel_function
def cash_in_base(world: int, account: int) -> int:
    """All cash of an account, in its own currency."""
    owner, count, total = account_row(world, account), world_row(world, 0).currency_count, 0
    for currency in range(count):
        balance = cash_row(world, cash_index(world, account, currency)).balance_money
        if balance != 0:
            total += to_base(world, currency, owner.currency, balance)
    return total


@kernel_function
def equity(world: int, account: int) -> int:
    """Cash and the marked value of positions, in the account's own currency."""
    value_stale(world, account)
    return cash_in_base(world, account) + account_row(world, account).positions_money


@rare_function
def stop_if_negative(world: int, account: int) -> None:
    """Stop the run where an account's equity is below zero."""
    header = world_row(world, 0)
    if equity(world, account) < 0 and header.stopped_reason == RUNNING:
        header.stopped_reason = STOPPED_NEGATIVE_EQUITY
        header.quiet_until_ns = LONG_AGO


@kernel_function
def equity_at(world: int, account: int, instrument: int, price_units: int) -> int:
    """Equity as it would be with one instrument marked at `price_units`."""
    total = equity(world, account)
    position = position_row(world, position_index(world, account, instrument))
    if position.quantity_units == 0:
        return total
    row, owner = instrument_row(world, instrument), account_row(world, account)
    value = notional(world, instrument, price_units, position.quantity_units)
    return total - position.value_money + to_base(world, row.currency, owner.currency, value)


@kernel_function
def booking_fits(
    world: int, strategy: int, account: int, instrument: int, units: float, money: float, fee_money: float
) -> bool:
    """Whether a fill of these sizes, or several together, can be booked and valued within 64 bits.

    A venue's report is asked this before anything is changed, since what it says must never raise.
    """
    value_stale(world, account)
    row, owner = instrument_row(world, instrument), account_row(world, account)
    position = position_row(world, position_index(world, account, instrument))
    share = attribution_row(world, attribution_index(world, strategy, account, instrument))
    cash = cash_row(world, cash_index(world, account, row.currency))
    rate, flow = rate_to_base(world, row.currency, owner.currency), abs(money) + abs(fee_money)
    cost = max(abs(float(position.cost_money)), abs(float(share.cost_money)))
    kept = max(abs(float(cash.balance_money)), abs(float(share.cash_money)), abs(float(owner.fees_money)))
    realized = max(abs(float(position.realized_money)), abs(float(share.realized_money)))
    in_base = max(abs(float(owner.realized_money)), abs(float(owner.positions_money))) + (cost + flow) * rate
    held = max(abs(float(position.quantity_units)), abs(float(share.quantity_units))) + abs(units)
    value = 0.0
    if row.mark_units != NULL_UNITS:
        value = abs(float(row.mark_units)) * float(row.multiplier) / float(row.notional_divisor) * held * max(1.0, rate)
    largest = max(kept + flow * max(1.0, rate), realized + cost + flow, in_base + value)
    return largest < WORD_LIMIT and held < WORD_LIMIT


@kernel_function
def book_position(world: int, account: int, instrument: int, change: int, money: int, fee_money: int) -> int:
    """Book a fill on the account's position; returns the result realized before fees, in the account's currency."""
    position = position_row(world, position_index(world, account, instrument))
    owner, row, header = account_row(world, account), instrument_row(world, instrument), world_row(world, 0)
    before = position.quantity_units
    occupied = occupies(before, position.open_buy_units, position.open_sell_units)
    quantity, cost, realized = close_part(before, position.cost_money, change, money)
    position.quantity_units, position.cost_money = quantity, cost
    position.realized_money += realized
    position.fees_money += fee_money
    position.updated_time_ns = header.clock_ns
    if before == 0 or (before > 0) != (quantity > 0):
        position.opened_time_ns = header.clock_ns
    if change > 0:
        position.bought_units += change
    else:
        position.sold_units -= change
    owner.open_positions += int(quantity != 0) - int(before != 0)
    owner.short_positions += int(quantity < 0) - int(before < 0)
    owner.occupied_positions += occupies(quantity, position.open_buy_units, position.open_sell_units) - occupied
    realized_base = to_base(world, row.currency, owner.currency, realized)
    owner.realized_money += realized_base
    owner.fees_money += to_base(world, row.currency, owner.currency, fee_money)
    revalue(world, account, instrument)
    return realized_base


@kernel_function
def book_attribution(
    world: int, strategy: int, account: int, instrument: int, change: int, money: int, fee_money: int
) -> None:
    """Book a fill on the strategy's share of the position."""
    share = attribution_row(world, attribution_index(world, strategy, account, instrument))
    quantity, cost, realized = close_part(share.quantity_units, share.cost_money, change, money)
    share.quantity_units, share.cost_money = quantity, cost
    share.realized_money += realized
    share.fees_money += fee_money
    share.cash_money -= (money if change > 0 else -money) + fee_money


@kernel_function
def note_eager(world: int, account: int) -> None:
    """Note whether an account could lose more than there is: then its positions are valued at each mark."""
    owner = account_row(world, account)
    owner.eager = 1 if owner.short_positions > 0 or cash_in_base(world, account) < 0 else 0


@kernel_function
def book_fill(world: int, strategy: int, account: int, instrument: int, change: int, money: int, fee_money: int) -> int:
    """Book a fill of the signed quantity `change` worth `money`: cash, position, attribution.

    Returns the result it realized before fees, in the account's currency.
    """
    currency = instrument_row(world, instrument).currency
    post_cash(world, account, currency, -(money if change > 0 else -money) - fee_money)
    book_attribution(world, strategy, account, instrument, change, money, fee_money)
    realized = book_position(world, account, instrument, change, money, fee_money)
    note_eager(world, account)
    if account_row(world, account).eager != 0:
        stop_if_negative(world, account)
    return realized


@kernel_function
def change_working(
    world: int, strategy: int, account: int, instrument: int, side: int, units: int, held_money: int
) -> None:
    """Add `units` (below zero: take away) of working quantity of one side, and the money held for it."""
    position = position_row(world, position_index(world, account, instrument))
    share = attribution_row(world, attribution_index(world, strategy, account, instrument))
    owner = account_row(world, account)
    occupied = occupies(position.quantity_units, position.open_buy_units, position.open_sell_units)
    if side > 0:
        position.open_buy_units += units
        share.open_buy_units += units
    else:
        position.open_sell_units += units
        share.open_sell_units += units
    position.held_money += held_money
    owner.held_money += held_money
    now = occupies(position.quantity_units, position.open_buy_units, position.open_sell_units)
    owner.occupied_positions += now - occupied


@kernel_function
def update_peak(world: int, account: int) -> int:
    """Carry the highest equity so far; returns the equity."""
    owner, total = account_row(world, account), equity(world, account)
    if total > owner.peak_equity_money:
        owner.peak_equity_money = total
    return total


@rare_function
def emit_equity_points(world: int, time_ns: int) -> None:
    """Put one equity point an account into the outputs, stamped `time_ns`."""
    count = world_row(world, 0).account_count
    for account in range(count):
        total, owner = update_peak(world, account), account_row(world, account)
        point = equity_point_at(emit(world, 2, account, EQUITY_KIND, 0))
        point.venue_time_ns, point.local_time_ns = time_ns, time_ns
        point.row2_venue_time_ns, point.row2_local_time_ns = time_ns, time_ns
        point.equity_money, point.positions_money = total, owner.positions_money
        point.cash_money = total - owner.positions_money
        point.realized_money, point.fees_money = owner.realized_money, owner.fees_money
        point.gross_exposure_money, point.net_exposure_money = owner.gross_exposure_money, owner.positions_money
        point.peak_equity_money, point.open_positions = owner.peak_equity_money, owner.open_positions
        peak = float(owner.peak_equity_money)
        point.drawdown = (peak - float(total)) / peak if peak > 0.0 else 0.0


# --- corporate actions -----------------------------------------------------------------------------------------------


@kernel_function
def split_exact(quantity: int, numerator: int, denominator: int) -> int:
    """Quantity after a split, cut toward zero to whole units."""
    size, fits = multiply_divide_truncate(quantity, numerator, denominator)
    if not fits:
        raise OverflowError("a quantity after a split does not fit in 64 bits of units")
    return size


@kernel_function
def cut_to_lots(quantity: int, lot_units: int) -> int:
    """Quantity cut toward zero to whole lots; what is cut is paid in cash by the caller."""
    size = abs(quantity)
    whole = size - size % lot_units
    return whole if quantity >= 0 else -whole


@kernel_function
def fraction_cost(cost_money: int, exact: int, after: int, money: int) -> int:
    """Part of a cost that goes with what is cut off `exact`, leaving `after`, for `money`."""
    if after == 0:
        return cost_money
    fraction = exact - after
    if fraction == 0 or exact == 0 or (exact > 0) != (fraction > 0):
        return money  # more is held than before: it is bought at the price paid for fractions
    part, fits = multiply_divide(cost_money, fraction, exact)
    if not fits:
        raise OverflowError("the cost of a fraction does not fit in 64 bits of money")
    return part


@kernel_function
def split_shares(world: int, account: int, instrument: int, numerator: int, denominator: int, price_units: int) -> int:
    """Rescale one account's position and its attributions; fractions are paid in cash at the new price.

    Returns the cash paid. Each strategy's share is cut by itself, and so is the truth; `external` takes over what
    the parts were cut by more than the whole, so that quantities and cash still sum to it. Less than a unit of
    quantity is dropped.
    """
    header, row = world_row(world, 0), instrument_row(world, instrument)
    position = position_row(world, position_index(world, account, instrument))
    exact = split_exact(position.quantity_units, numerator, denominator)
    whole = cut_to_lots(exact, row.lot_units)
    paid, rest = notional(world, instrument, price_units, exact - whole), whole
    unpaid = paid
    for strategy in range(header.strategy_count - 1, -1, -1):
        share = attribution_row(world, attribution_index(world, strategy, account, instrument))
        share_exact = split_exact(share.quantity_units, numerator, denominator)
        after = rest if strategy == 0 else cut_to_lots(share_exact, row.lot_units)
        rest -= after
        money = unpaid if strategy == 0 else notional(world, instrument, price_units, share_exact - after)
        unpaid -= money
        cost = fraction_cost(share.cost_money, share_exact, after, money)
        share.quantity_units = after
        share.cost_money -= cost
        share.realized_money += money - cost
        share.cash_money += money
    settle_fraction(world, account, instrument, exact, whole, paid)
    return paid


@kernel_function
def settle_fraction(world: int, account: int, instrument: int, exact: int, whole: int, paid_money: int) -> None:
    """Set an account's position after a split, and take in what was paid for the fraction cut off."""
    row, owner = instrument_row(world, instrument), account_row(world, account)
    position = position_row(world, position_index(world, account, instrument))
    before = position.quantity_units
    occupied = occupies(before, position.open_buy_units, position.open_sell_units)
    cost = fraction_cost(position.cost_money, exact, whole, paid_money)
    position.quantity_units = whole
    position.cost_money -= cost
    position.realized_money += paid_money - cost
    owner.realized_money += to_base(world, row.currency, owner.currency, paid_money - cost)
    owner.open_positions += int(whole != 0) - int(before != 0)
    owner.occupied_positions += occupies(whole, position.open_buy_units, position.open_sell_units) - occupied
    post_movement(world, account, instrument, row.currency, paid_money, CASH_IN_LIEU)


@rare_function
def post_movement(world: int, account: int, instrument: int, currency: int, money: int, movement: int) -> None:
    """Book cash that no fill brought, and put it into the outputs."""
    if money == 0:
        return
    post_cash(world, account, currency, money)
    posting = posting_at(emit(world, 1, instrument, POSTING_KIND, 0))
    posting.amount_money, posting.reference_id = money, 0
    posting.cash_money = cash_row(world, cash_index(world, account, currency)).balance_money
    posting.account, posting.currency, posting.strategy = account, currency, 0
    posting.movement_type, posting.cause_kind, posting.reserved_56 = movement, 0, 0


@kernel_function
def pay_on_position(world: int, account: int, instrument: int, amount_units: int, movement: int) -> int:
    """Pay price units on each unit of quantity an account holds; shorts pay it. Returns the money in its currency."""
    header, row = world_row(world, 0), instrument_row(world, instrument)
    position, owner = position_row(world, position_index(world, account, instrument)), account_row(world, account)
    total = notional(world, instrument, amount_units, position.quantity_units)
    rest = total
    for strategy in range(header.strategy_count - 1, -1, -1):
        share = attribution_row(world, attribution_index(world, strategy, account, instrument))
        part = rest if strategy == 0 else notional(world, instrument, amount_units, share.quantity_units)
        share.cash_money += part
        share.realized_money += part
        rest -= part
    position.realized_money += total
    in_base = to_base(world, row.currency, owner.currency, total)
    owner.realized_money += in_base
    post_movement(world, account, instrument, row.currency, total, movement)
    return in_base


@rare_function
def pay_dividend(world: int, instrument: int, amount_units: int) -> None:
    """Pay a dividend in price units a unit of quantity on every position; shorts pay it."""
    count = world_row(world, 0).account_count
    for account in range(count):
        in_base = pay_on_position(world, account, instrument, amount_units, DIVIDEND_MOVEMENT)
        account_row(world, account).dividends_money += in_base


# --- borrowed shares, borrowed cash ----------------------------------------------------------------------------------


@rare_function
def accrue(world: int, boundary_ns: int) -> None:
    """Charge every account for the days since the last time: a fee on short positions, interest on cash below zero."""
    header = world_row(world, 0)
    days = max(1, (boundary_ns - header.accrued_until_ns) // DAY_NS) if header.accrued_until_ns != NULL_UNITS else 1
    header.accrued_until_ns = boundary_ns
    count, instruments = header.account_count, header.instrument_count
    for account in range(count):
        owner = account_row(world, account)
        if owner.borrow_rate != 0:
            for instrument in range(1, instruments):
                charge_borrow(world, account, instrument, days)
        if owner.interest_rate != 0:
            charge_interest(world, account, days)


@kernel_function
def charge_borrow(world: int, account: int, instrument: int, days: int) -> None:
    """Charge the fee on a short position, rounded to price units a unit of quantity."""
    row, owner = instrument_row(world, instrument), account_row(world, account)
    short = position_row(world, position_index(world, account, instrument)).quantity_units < 0
    if not short or row.mark_units == NULL_UNITS:
        return
    units, fits = multiply_divide(abs(row.mark_units), owner.borrow_rate * days, DAYS_A_YEAR * RATE_SCALE)
    if fits:
        owner.borrow_money -= pay_on_position(world, account, instrument, units, BORROW_MOVEMENT)


@kernel_function
def charge_interest(world: int, account: int, days: int) -> None:
    """Charge interest on each currency's cash below zero."""
    owner, count = account_row(world, account), world_row(world, 0).currency_count
    for currency in range(count):
        balance = cash_row(world, cash_index(world, account, currency)).balance_money
        if balance >= 0:
            continue
        money, fits = multiply_divide(-balance, owner.interest_rate * days, DAYS_A_YEAR * RATE_SCALE)
        if fits:
            attribution_row(world, attribution_index(world, 0, account, 0)).cash_money -= money
            in_base = to_base(world, currency, owner.currency, money)
            owner.interest_money += in_base
            owner.realized_money -= in_base
            post_movement(world, account, 0, currency, -money, INTEREST_MOVEMENT)
