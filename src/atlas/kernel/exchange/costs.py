"""Costs that depend on size: slippage by the share of a bar's volume, fee rates by the value traded."""

from __future__ import annotations

import math

from atlas.kernel.exchange.tables import instrument_row, tier_row, venue_row, volume_day_row
from atlas.kernel.memory.compilation import kernel_function, rare_function
from atlas.kernel.memory.exact import multiply_divide, to_units

SQUARE_ROOT, VOLUME_SHARE = 1, 2
BY_TRADE, BY_VOLUME = 1, 2
MILLION, BILLION = 1_000_000.0, 1_000_000_000
LARGEST_MOVE = 999_999_999
"""Billionths of the price that slippage takes at most, so that a price stays above zero."""
DAY_NS = 86_400_000_000_000
VOLUME_DAYS, ROLLING_DAYS = 32, 30


@kernel_function
def moved_billionths(venue: int, instrument: int, units: int) -> int:
    """How far a fill of `units` moves the price against itself, in billionths of it: a fixed part and the model's."""
    row, header = instrument_row(venue, instrument), venue_row(venue, 0)
    fraction, volume = float(header.slippage_base_millionths) / MILLION, row.bar_volume_units
    if volume > 0:
        if header.slippage_model == SQUARE_ROOT:
            fraction += header.impact_factor * math.sqrt(float(units) / float(volume))
        else:
            share = float(row.bar_filled_units + units) / float(volume)
            fraction += header.impact_factor * (share * share)
    billionths, fits = to_units(fraction, float(BILLION))
    return min(billionths, LARGEST_MOVE) if fits else LARGEST_MOVE


@rare_function
def impact_price(venue: int, instrument: int, price_units: int, side: int, units: int) -> int:
    """Move a price against an order of `units` by the venue's model."""
    distance, fits = multiply_divide(abs(price_units), moved_billionths(venue, instrument, units), BILLION)
    return price_units + distance * side if fits else price_units


@kernel_function
def rolling_volume(venue: int) -> int:
    """Value traded on this UTC day and the 29 before it."""
    day, total = venue_row(venue, 0).clock_ns // DAY_NS, 0
    for index in range(VOLUME_DAYS):
        kept = volume_day_row(venue, index)
        if day - ROLLING_DAYS < kept.day <= day:
            total += kept.money
    return total


@rare_function
def count_volume(venue: int, money: int) -> None:
    """Count the value of a fill into the day's."""
    day = venue_row(venue, 0).clock_ns // DAY_NS
    kept = volume_day_row(venue, day % VOLUME_DAYS)
    if kept.day != day:
        kept.day, kept.money = day, 0
    kept.money += money


@rare_function
def tier_rate(venue: int, instrument: int, money: int, maker: bool) -> int:
    """Rate of the tier that a fill worth `money` falls into; the tier's number stays in the instrument's row."""
    row = instrument_row(venue, instrument)
    basis = money if row.fee_tier_basis == BY_TRADE else rolling_volume(venue)
    rate, tier = row.maker_rate if maker else row.taker_rate, 0
    for number in range(row.fee_tier_count):
        step = tier_row(venue, row.fee_tier_first + number)
        if basis >= step.threshold_money:
            rate, tier = step.maker_rate if maker else step.taker_rate, number + 1
    row.fee_tier = tier
    return rate
