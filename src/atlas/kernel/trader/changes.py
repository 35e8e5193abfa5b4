"""What changes while a run goes on without the market saying so: conversion rates, the universe, delistings.

The host knows when, from tables of its own; the kernel applies each at its time, before the market events of that time.
"""

from __future__ import annotations

from atlas.kernel.memory.compilation import rare_function
from atlas.kernel.trader.dispatch import deliver_notices
from atlas.kernel.trader.ledger import (
    attribution_index,
    book_fill,
    note_eager,
    notional,
    position_index,
    revalue,
    value_stale,
)
from atlas.kernel.trader.outputs import FILL_KIND, emit, fill_at
from atlas.kernel.trader.reports import notify_fill
from atlas.kernel.trader.risk import OUTSIDE
from atlas.kernel.trader.step import check_equity, set_clock
from atlas.kernel.trader.tables import (
    attribution_row,
    currency_row,
    instrument_row,
    position_row,
    target_row,
    world_row,
)
from atlas.records.enums import NULL, Liquidity, OrderState, OrderType, PriceRule

NULL_UNITS = NULL
RATE, MEMBERSHIP, DELISTING = 2, 3, 4
"""Kinds of changes; points of bars have the numbers below."""
TRADES, DELISTED = 0, 1
"""What `retired` of an instrument says besides `OUTSIDE`: it trades, it no longer does."""
SETTLEMENT, MARKET, TAKER = int(PriceRule.SETTLEMENT), int(OrderType.MARKET), int(Liquidity.TAKER)
FILLED = int(OrderState.FILLED)


@rare_function
def apply_change(world: int, kind: int, index: int, value: int, time_ns: int) -> None:
    """Apply a change at its time, then tell strategies what came of it."""
    set_clock(world, time_ns)
    if kind == RATE:
        set_rate(world, index, value)
    elif kind == MEMBERSHIP:
        row = instrument_row(world, index)
        if row.retired != DELISTED:
            row.retired = TRADES if value != 0 else OUTSIDE
    else:
        delist(world, index)
    deliver_notices(world)


@rare_function
def set_rate(world: int, currency: int, rate_units: int) -> None:
    """Set a currency's conversion rate and value anew all that is held in it."""
    currency_row(world, currency).rate_units = rate_units
    header = world_row(world, 0)
    for account in range(header.account_count):
        value_stale(world, account)
        for instrument in range(1, header.instrument_count):
            held = position_row(world, position_index(world, account, instrument)).quantity_units != 0
            if held and instrument_row(world, instrument).currency == currency:
                revalue(world, account, instrument)
        note_eager(world, account)
    check_equity(world)


@rare_function
def delist(world: int, instrument: int) -> None:
    """Take an instrument off: what is held of it is settled at its last price, and it trades no more."""
    header, row = world_row(world, 0), instrument_row(world, instrument)
    row.retired = DELISTED
    for account in range(header.account_count):
        for strategy in range(header.strategy_count):
            share = attribution_row(world, attribution_index(world, strategy, account, instrument))
            if share.quantity_units != 0 and row.mark_units != NULL_UNITS:
                settle(world, strategy, account, instrument, -share.quantity_units)
    for strategy in range(header.strategy_count):
        target_row(world, strategy * header.instrument_count + instrument).kind = 0


@rare_function
def settle(world: int, strategy: int, account: int, instrument: int, change: int) -> None:
    """Book the end of a position at the instrument's last price, without a fee, and put the fill into the outputs."""
    header, row = world_row(world, 0), instrument_row(world, instrument)
    size, side = abs(change), 1 if change > 0 else -1
    money = notional(world, instrument, row.mark_units, size)
    realized = book_fill(world, strategy, account, instrument, change, money, 0)
    place = emit(world, 3, instrument, FILL_KIND, side)
    fill = fill_at(place)
    header.fill_count += 1
    fill.client_order_id, fill.execution_id, fill.sequence = 0, 0, header.fill_count
    fill.quantity_units, fill.price_units, fill.fee_money = size, row.mark_units, 0
    fill.notional_money, fill.realized_money = money, realized
    fill.position_units = position_row(world, position_index(world, account, instrument)).quantity_units
    fill.strategy, fill.account = strategy, account
    fill.price_rule, fill.order_type, fill.liquidity, fill.fee_rule = SETTLEMENT, MARKET, TAKER, 0
    fill.arrival_time_ns, fill.submit_time_ns = NULL_UNITS, NULL_UNITS
    fill.reference_price_units, fill.available_quantity_units, fill.slippage_money = row.mark_units, size, 0
    if strategy > 0:
        notify_fill(world, place, FILLED, size, money)
