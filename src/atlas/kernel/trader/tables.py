"""Every table of the trader's block, field by field.

Money is whole currency steps, prices and quantities are whole units, times are nanoseconds UTC; -1 links nowhere.
Dense tables: `positions` row = account × instruments + instrument; `attributions` row = (strategy × accounts +
account) × instruments + instrument; `cash` row = account × currencies + currency. Strategy 0 is `external`.
"""

from __future__ import annotations

import numpy as np

from atlas.kernel.memory.block import Layout, Table, address_accessor, floats, record, row_accessor, words
from atlas.kernel.memory.intrinsics import record_at

TRADER_VERSION = 1


WORLD = Table(
    "world",
    record(
        words("clock_ns", "run_id", "seed", "status", "trading_state", "warming_up", "stopped_reason"),
        words("instrument_count", "strategy_count", "account_count", "currency_count"),
        words("next_order_sequence", "next_timer_sequence", "next_output_sequence", "order_id_base"),
        # Where the host re-enters after a hook failed: the market record, and the next strategy to be asked about it.
        words("cursor", "dispatch_strategy", "slice_time_ns", "slice_instrument_count", "running_strategy"),
        words("slice_strategy", "slice_on", "chained_orders", "chained_order_limit", "running_hook"),
        words("next_equity_time_ns", "equity_interval_ns", "next_day_time_ns"),
        words("event_count", "bar_count", "order_count", "fill_count", "refused_count", "quarantined_count"),
        words("duplicate_count", "step_count"),
        # Rings: counts only grow; a slot is the count modulo the ring's capacity.
        words("outputs_written", "outputs_drained", "commands_written", "commands_read"),
        words("notices_written", "notices_read", "tombstones_written", "executions_written"),
        words("kill_switch", "exposure_bar_count", "watch_equity", "history_length"),
        # bar_needs: 1 where a bar is more than a mark and its hooks: kept, part of a slice or of longer bars, a margin.
        words("next_aggregate_ns", "aggregator_count", "aggregate_only", "bar_needs"),
        # Halfway marks of a step that a failed hook left: the event is applied, the bar taken, a longer bar closing.
        words("applying", "bar_taken", "closing_aggregate"),
        # No event at or before this time needs more than itself: nothing is due, in flight or to be drained before it.
        words("quiet_until_ns"),
        # 1: the venue reports nothing late, twice or back, so nothing is kept of orders and executions that ended.
        words("exact_venue"),
        # 1 where an account pays for borrowed shares or cash; until when it has.
        words("accrual_on", "accrued_until_ns"),
        # 1 where an account has a maintenance margin; 1 while all commands are taken as recorded.
        words("margin_on", "muted"),
    ),
    transient=frozenset(
        {"outputs_drained", "commands_read", "running_hook", "running_strategy", "quiet_until_ns", "muted"}
    ),
)
INSTRUMENTS = Table(
    "instruments",
    record(
        words("name_hash", "venue", "currency", "price_scale", "quantity_scale", "notional_divisor", "multiplier"),
        words("tick_units", "lot_units", "minimum_quantity_units", "flags", "retired"),
        words("mark_units", "mark_time_ns", "open_units", "high_units", "low_units", "close_units", "volume_units"),
        words("bar_time_ns", "bar_length_ns", "bar_specification", "first_order", "last_order", "live_orders"),
        # Working stops and targets that the venue made of attached prices, and working orders of margin calls.
        words("throttle_count", "history_written", "tied_orders"),
        floats("price_scale_float", "quantity_scale_float", "money_scale_float", "fee_rate"),
    ),
)
CURRENCIES = Table(
    "currencies",
    record(
        # rate_units: base currency steps for 10**9 steps of this currency, rounded half-even at use.
        words("name_hash", "rate_units", "money_scale"),
        floats("money_scale_float"),
    ),
)
ACCOUNTS = Table(
    "accounts",
    record(
        words("name_hash", "currency", "initial_cash_money", "positions_money", "realized_money", "fees_money"),
        words("held_money", "releasing_money", "gross_exposure_money", "open_positions", "peak_equity_money"),
        words("day_equity_money"),
        words("dividends_money", "trading_state", "occupied_positions", "working_orders"),
        # Positions marked but not valued yet: a list of row numbers + 1. Accounts that could lose all are eager.
        words("first_stale", "eager", "short_positions"),
        # Rates of a year in billionths, and what was charged so far.
        words("borrow_rate", "interest_rate", "borrow_money", "interest_money"),
        # In billionths of the value of positions; and the trading state that a margin call found, 0 without one.
        words("maintenance_margin", "margin_call"),
        floats("leverage"),
    ),
)
CASH = Table("cash", record(words("balance_money", "initial_money")))
POSITIONS = Table(
    "positions",
    record(
        words("quantity_units", "cost_money", "value_money", "realized_money", "fees_money", "open_buy_units"),
        words("open_sell_units", "held_money", "bought_units", "sold_units", "opened_time_ns", "updated_time_ns"),
        words("stale", "next_stale"),
    ),
    transient=frozenset({"stale", "next_stale"}),
)
ATTRIBUTIONS = Table(
    "attributions",
    record(
        words("quantity_units", "cost_money", "realized_money", "fees_money", "cash_money", "open_buy_units"),
        words("open_sell_units", "spare"),
    ),
)
STRATEGIES = Table(
    "strategies",
    record(
        words("name_hash", "account", "scope", "mode", "status", "hooks", "failure_code", "failure_line"),
        words("state_offset", "state_bytes", "state_count", "order_count", "fill_count", "context_address"),
        # Bits of the bar's fields its hooks read: open 1, high 2, low 4, close 8, volume 16, its times 32.
        words("bar_fields"),
        # Its compiled `on_bar` (0: none), the record of instrument 0 and the bytes to the next instrument's.
        words("bar_function", "bar_record", "bar_record_bytes"),
    ),
    transient=frozenset(
        {"context_address", "mode", "state_offset", "bar_fields", "bar_function", "bar_record", "bar_record_bytes"}
    ),
)
# Last target a strategy asked for, so that the same again is a no-op: row = strategy × instruments + instrument.
TARGETS = Table("targets", record(words("kind", "order_id", "draw_count"), floats("value")))
ORDERS = Table(
    "orders",
    record(
        words("occupancy", "client_order_id", "venue_order_id", "instrument", "strategy", "account", "side"),
        words("order_type", "time_in_force", "quantity_kind", "quantity_units", "price_units", "stop_units"),
        words("stop_loss_units", "take_profit_units", "expire_time_ns", "parent_order_id"),
        words("filled_units", "filled_notional_money", "fees_money", "last_execution_id"),
        words("state", "pending", "asked_by", "why", "reject_reason"),
        # releasing_money: exposure that a market order is about to end; new orders may count on it.
        words("held_money", "held_units", "releasing_money"),
        words("submit_time_ns", "update_time_ns", "reference_price_units"),
        # A cancel or replace on its way, by its own client order id.
        words("pending_order_id", "pending_quantity_units", "pending_price_units", "pending_stop_units"),
        # Bits: 1 the venue made it of an attached price, 2 it is one of two of which one cancels the other, 4 a margin
        # call made it.
        words("ties", "linked_order_id"),
        # Bits of OrderFlag that the venue is told; how far a trailing stop stands off, NULL and NaN where it doesn't.
        words("flags", "trailing_units"),
        words("previous_order", "next_order", "sent"),
        floats("quantity_value", "trailing_fraction"),
    ),
    pool=True,
    key=("client_order_id",),
    transient=frozenset({"occupancy", "previous_order", "next_order"}),
)
# Open addressing, key 0 is empty: any order id in use -> its row in `orders`, or -2 - its slot in `tombstones`.
ORDER_INDEX = Table("order_index", record(words("key", "value")), saved=False)
TOMBSTONES = Table(
    "tombstones",
    record(
        words("client_order_id", "venue_order_id", "instrument", "strategy", "account", "side", "quantity_units"),
        words("filled_units", "filled_notional_money", "fees_money", "state", "price_units"),
    ),
    key=("client_order_id",),
    logical=False,
)
# Executions seen: a ring of identities, and their hash set (key 0 is empty).
EXECUTIONS = Table(
    "executions",
    record(
        words("identity", "client_order_id", "side", "quantity_units", "price_units", "fee_money", "instrument"),
        words("strategy", "account"),
    ),
    logical=False,
)
EXECUTION_INDEX = Table("execution_index", record(words("key", "value")), saved=False)
TIMERS = Table(
    "timers",
    record(words("due_ns", "sequence", "strategy", "timer_id", "instrument", "interval_ns")),
    key=("due_ns", "sequence"),
)
LIMITS = Table(
    "limits",
    record(
        # Of an account; NULL or NaN: not configured. Fractions are of equity. Quantities are ordinary ones, since each
        # instrument has units of its own.
        words("order_notional_money", "open_positions"),
        words("exposure_money", "orders_per_second", "prevent_self_trade", "require_buying_power", "cool_down_ns"),
        floats("order_quantity", "position_quantity"),
        floats("position_fraction", "price_band", "leverage", "concentration", "daily_loss", "drawdown"),
        floats("reducing_drawdown", "daily_loss_money", "fee_rate", "slippage_rate"),
    ),
)
# An account's and instrument's orders: their count, then the times of the last ones, as many rows as orders a second.
THROTTLE = Table("throttle", record(words("time_ns")))
# One row a validator: how often it was asked and how often it refused.
RISK_COUNTS = Table("risk_counts", record(words("checked", "refused", "warned")))
NOTICES = Table(
    "notices",
    record(
        words("hook", "strategy", "instrument", "order_id", "time_ns", "side", "state", "reason"),
        words("quantity_units", "filled_units", "price_units", "stop_units", "fee_money", "realized_money"),
        words("filled_notional_money", "position_units", "parent_order_id"),
    ),
    logical=False,
)
OUTPUTS = Table("outputs", np.dtype([("words", "i8", (8,))]), saved=False)
COMMANDS = Table("commands", np.dtype([("words", "i8", (16,))]), logical=False)
AGGREGATORS = Table(
    "aggregators",
    record(
        words("instrument", "specification", "length_ns", "strategy", "start_ns", "open_units", "high_units"),
        words("low_units", "close_units", "volume_units", "bar_count", "timer_id"),
    ),
)
HISTORY = Table(
    "history", record(words("time_ns", "open_units", "high_units", "low_units", "close_units", "volume_units"))
)
STATE = Table("state", record(words("word")))
# Addresses of this process: [hook][strategy][instrument] -> native hook or id of a Python callable.
CALLS = Table("calls", record(words("function", "record")), saved=False)

TRADER = Layout(
    "trader",
    TRADER_VERSION,
    (
        WORLD,
        INSTRUMENTS,
        CURRENCIES,
        ACCOUNTS,
        CASH,
        POSITIONS,
        ATTRIBUTIONS,
        STRATEGIES,
        TARGETS,
        ORDERS,
        ORDER_INDEX,
        TOMBSTONES,
        EXECUTIONS,
        EXECUTION_INDEX,
        TIMERS,
        LIMITS,
        THROTTLE,
        RISK_COUNTS,
        NOTICES,
        OUTPUTS,
        COMMANDS,
        AGGREGATORS,
        HISTORY,
        STATE,
        CALLS,
    ),
)

world_row = row_accessor(WORLD)
instrument_row = row_accessor(INSTRUMENTS)
currency_row = row_accessor(CURRENCIES)
account_row = row_accessor(ACCOUNTS)
cash_row = row_accessor(CASH)
position_row = row_accessor(POSITIONS)
attribution_row = row_accessor(ATTRIBUTIONS)
strategy_row = row_accessor(STRATEGIES)
target_row, target_address, target_at = (
    row_accessor(TARGETS),
    address_accessor(TARGETS),
    record_at(TARGETS.dtype, TARGETS.region),
)
order_row = row_accessor(ORDERS)
tombstone_row = row_accessor(TOMBSTONES)
execution_row = row_accessor(EXECUTIONS)
timer_row = row_accessor(TIMERS)
limit_row = row_accessor(LIMITS)
throttle_row = row_accessor(THROTTLE)
risk_count_row = row_accessor(RISK_COUNTS)
notice_row = row_accessor(NOTICES)
aggregator_row = row_accessor(AGGREGATORS)
history_row = row_accessor(HISTORY)
call_row = row_accessor(CALLS)
output_address = address_accessor(OUTPUTS)
command_address = address_accessor(COMMANDS)
state_address = address_accessor(STATE)
