"""What a fill costs, and what slippage does to its price."""

from __future__ import annotations

from atlas.kernel.exchange.costs import impact_price, tier_rate
from atlas.kernel.exchange.tables import instrument_row, venue_row
from atlas.kernel.memory.compilation import kernel_function
from atlas.kernel.memory.exact import multiply_divide, multiply_divide_floor
from atlas.kernel.memory.intrinsics import add_wrap, multiply_low

RATE_SCALE = 1_000_000_000
SLIPPAGE_SCALE = 1_000_000


@kernel_function
def fill_money(venue: int, instrument: int, price_units: int, units: int) -> tuple[int, bool]:
    """Notional of a fill in money, rounded half-even once; false where it does not fit."""
    row = instrument_row(venue, instrument)
    return multiply_divide(price_units, units * row.multiplier, row.notional_divisor)


@kernel_function
def fraction_fee(
    money: int, rate: int, units: int, unit_money: int, unit_quantity_units: int, scale: int
) -> tuple[int, bool]:
    """Fee by value and by quantity together, rounded half-even once.

    Both parts are cut to whole money, and what was cut is added up exactly: `scale`, up to 2**61, is a multiple of both
    denominators.
    """
    by_value, fits_value = multiply_divide_floor(money, rate, RATE_SCALE)
    by_quantity, fits_quantity = multiply_divide_floor(units, unit_money, unit_quantity_units)
    rest_value = add_wrap(multiply_low(money, rate), -multiply_low(by_value, RATE_SCALE))
    rest_quantity = add_wrap(multiply_low(units, unit_money), -multiply_low(by_quantity, unit_quantity_units))
    rest = rest_value * (scale // RATE_SCALE) + rest_quantity * (scale // unit_quantity_units)
    whole = by_value + by_quantity
    if rest >= scale:
        whole, rest = whole + 1, rest - scale
    if rest > scale - rest or (rest == scale - rest and whole & 1 == 1):
        whole += 1
    return whole, fits_value and fits_quantity


@kernel_function
def fee_of(venue: int, instrument: int, money: int, units: int, maker: bool) -> tuple[int, bool]:
    """Fee of one fill worth `money`: by value and quantity (rounded once), flat, and not below the minimum."""
    row = instrument_row(venue, instrument)
    rate, size = row.maker_rate if maker else row.taker_rate, abs(money)
    if row.fee_tier_count != 0:
        rate = tier_rate(venue, instrument, size, maker)
    if row.fee_unit_money == 0:
        fee, fits = multiply_divide(size, rate, RATE_SCALE) if rate != 0 else (0, True)
    else:
        fee, fits = fraction_fee(
            size, rate, units, row.fee_unit_money, row.fee_unit_quantity_units, row.fee_common_scale
        )
    fee += row.fee_flat_money
    if row.fee_minimum_money > 0:
        fee = max(fee, row.fee_minimum_money)
    return fee, fits


@kernel_function
def slipped_price(venue: int, instrument: int, price_units: int, side: int, units: int) -> int:
    """Move a price against an order of `units` by the venue's slippage."""
    share = venue_row(venue, 0).slippage_millionths
    if share == 0:
        return price_units
    if share < 0:
        return impact_price(venue, instrument, price_units, side, units)
    distance, fits = multiply_divide(abs(price_units), share, SLIPPAGE_SCALE)
    return price_units + distance * side if fits else price_units
