"""Every table of a venue's block, field by field.

Money is whole currency steps, prices and quantities are whole units, times are nanoseconds UTC; -1 links nowhere.
`instruments` is dense: its row is the instrument's number, rows of other venues' instruments are not `listed`.
"""

from __future__ import annotations

import numpy as np

from atlas.kernel.memory.block import Layout, Table, address_accessor, floats, record, row_accessor, words

EXCHANGE_VERSION = 1
REPORT_BYTES = 256
NEVER = 2**63 - 1
"""The expiry of an order that does not expire, and the cap of a bar that has none."""


VENUE = Table(
    "venue",
    record(
        words("clock_ns", "number", "instrument_count", "live_orders", "next_expiry_ns", "next_priority"),
        words("next_venue_order_id", "next_execution_id"),
        # Counts only grow; a report's slot is its count modulo the ring's capacity, a power of two.
        words("reports_written", "reports_read"),
        # Millionths of a bar's volume that fills may take, 0: no cap. End of the session for DAY orders, 0: UTC day.
        words("volume_share_millionths", "slippage_millionths", "touch_fills", "session_end_ns"),
        # 1 where the trader takes over the orders that attached stops and targets turn into at the fill.
        words("attached_orders"),
        # Terms that came ahead of the trailing stop they belong to.
        words("terms_order_id", "terms_offset_units", "terms_fraction_billionths"),
        # 1 while orders take part in the close they were asked for at.
        words("same_event"),
        # slippage_millionths is below zero where a model of `costs` is asked, which adds to a base of its own.
        words("slippage_model", "slippage_base_millionths"),
        floats("impact_factor"),
        words("accepted_count", "rejected_count", "fill_count", "canceled_count", "expired_count"),
        # Fills on bars that state no volume, and bars without trades that orders met.
        words("absent_volume_fills", "empty_bar_count"),
    ),
    transient=frozenset({"reports_written", "reports_read"}),
)
INSTRUMENTS = Table(
    "instruments",
    record(
        words("live_orders", "first_order", "last_order", "unresolved_orders", "next_expiry_ns", "listed"),
        words("tick_units", "lot_units", "maximum_quantity_units", "notional_divisor", "multiplier"),
        words("last_price_units", "bar_time_ns", "bar_low_units", "bar_high_units", "bar_volume_units"),
        words("bar_cap_units", "trailing_orders", "bar_filled_units"),
        # What account 0 holds by the venue's own fills, for orders that may only reduce it.
        words("net_units"),
        # Rates are billionths of the notional; the fee a unit is fee_unit_money / fee_unit_quantity_units; the common
        # scale is the least multiple of both denominators.
        words("fee_rule", "maker_rate", "taker_rate", "fee_unit_money", "fee_unit_quantity_units"),
        words("fee_common_scale", "fee_flat_money", "fee_minimum_money"),
        # Steps of the rate in `fee_tiers`, by trade or by volume; fee_tier: the step of the last fill, 0 below all.
        words("fee_tier_first", "fee_tier_count", "fee_tier_basis", "fee_tier"),
        floats("price_scale_float"),
    ),
    transient=frozenset({"first_order", "last_order"}),
)
ORDERS = Table(
    "orders",
    record(
        words("occupancy", "client_order_id", "first_client_order_id", "venue_order_id", "parent_order_id"),
        # special: beyond market, limit and stop, see `rules`.
        words("instrument", "side", "order_type", "special", "time_in_force", "account", "strategy"),
        # quantity_units is NULL until it is resolved at the fill; leaves_units is then 0.
        words("quantity_units", "leaves_units", "cumulative_units", "price_units", "stop_units"),
        words("expire_time_ns", "arrival_time_ns", "reference_price_units", "priority", "triggered"),
        words("stop_loss_units", "take_profit_units", "sibling_order", "previous_order", "next_order"),
        # How far a trailing stop stands off, in price units or in billionths of the price.
        words("trailing_units", "trailing_billionths"),
        floats("average_price"),
    ),
    pool=True,
    key=("client_order_id",),
    transient=frozenset({"occupancy", "sibling_order", "previous_order", "next_order"}),
)
FEE_TIERS = Table("fee_tiers", record(words("threshold_money", "maker_rate", "taker_rate")))
# Value traded by UTC day since 1970, each in the row of its number modulo the rows.
VOLUME_DAYS_TABLE = Table("volume_days", record(words("day", "money")))
# Open addressing: an order's first and newest client order id -> its row in `orders`.
ORDER_INDEX = Table("order_index", record(words("key", "value")), saved=False)
# One EXECUTION_REPORT, or a CANCEL_REJECT in the first half.
REPORTS = Table("reports", np.dtype([("words", "i8", (REPORT_BYTES // 8,))]))

EXCHANGE = Layout(
    "exchange", EXCHANGE_VERSION, (VENUE, INSTRUMENTS, ORDERS, ORDER_INDEX, REPORTS, FEE_TIERS, VOLUME_DAYS_TABLE)
)

venue_row = row_accessor(VENUE)
instrument_row = row_accessor(INSTRUMENTS)
order_row = row_accessor(ORDERS)
tier_row, volume_day_row = row_accessor(FEE_TIERS), row_accessor(VOLUME_DAYS_TABLE)
report_address = address_accessor(REPORTS)
