"""A venue's block, built by the host out of instruments, fee rules and the venue's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from atlas.kernel.exchange.costs import VOLUME_DAYS
from atlas.kernel.exchange.tables import EXCHANGE, NEVER
from atlas.kernel.memory.block import Block
from atlas.kernel.memory.hash_map import map_capacity
from atlas.records.enums import NULL
from atlas.records.errors import ConfigurationError
from atlas.records.instruments import Instrument
from atlas.records.units import Number, to_units

RATE_EXPONENT = 9
RATE_SCALE = 10**9
LARGEST_SCALE = 2**61
LARGEST_DIVISOR_EXPONENT = 18
MILLION = 1_000_000
SLIPPAGE_MODELS = ("fixed", "square_root", "volume_share")
TIER_BASES = ("trade", "volume")
MOST_TIERS = 100
LARGEST_FACTOR = 1e6
REPORTS_PER_ORDER = 4
REPORTS_BESIDES = 16


@dataclass(frozen=True, slots=True)
class FeeRule:
    """What a venue charges for a fill: by value and by quantity, plus a flat amount, and not below a minimum.

    Parameters
    ----------
    maker_rate, taker_rate : number
        Fraction of the fill's value, at most nine decimals, -1 to 1; below zero is a rebate.
    per_unit : number
        Amount for each 1.0 of quantity (a share, a contract), at most nine decimals.
    flat : number
        Amount for each fill.
    minimum : number
        Least amount of a fill's fee; 0 for none.
    number : int
        What reports name the rule by, 0 to 65535; a tier adds its own number, from 1.
    tiers : tuple of (from, maker rate, taker rate)
        Rates instead of the first ones from an amount on, ascending; at most 100.
    tier_by : {"trade", "volume"}
        What the amount is: the value of the fill, or of all fills of the last 30 UTC days at the venue before it.
    """

    maker_rate: Number = 0
    taker_rate: Number = 0
    per_unit: Number = 0
    flat: Number = 0
    minimum: Number = 0
    number: int = 0
    tiers: tuple[tuple[Number, Number, Number], ...] = ()
    tier_by: str = "trade"


NO_FEE = FeeRule()


@dataclass(frozen=True, slots=True)
class ExchangeParameters:
    """How a venue reads bars; the defaults are the strict reading.

    Parameters
    ----------
    volume_share : float
        Part of a bar's volume that fills may take, 0 to 1, in millionths; 0 takes the cap off, a relaxation.
    slippage_basis_points : float
        Distance that market and stop orders fill away from the price, in 0.0001 of it, at most two decimals.
    slippage_model : {"fixed", "square_root", "volume_share"}
        What is added to the basis points: nothing; `impact_factor` × √(size / volume of the bar), as a fraction of the
        price; `impact_factor` × (share of the bar's volume filled so far, this fill included)².
    impact_factor : float
        Factor of the model, 0 or more.
    touch_fills : bool
        A limit fills when the price only touches it, a relaxation.
    order_capacity : int
        Orders that may work at once.
    venue_number : int
        The venue's number in the run, 0 to 65535.
    attached_orders : bool
        Attached stops and targets are taken, and live at the venue from the fill on; the trader must take over orders
        that it has not sent. Otherwise they are refused.
    """

    volume_share: Number = Decimal("0.1")
    slippage_basis_points: Number = 0
    slippage_model: str = "fixed"
    impact_factor: float = 0.0
    touch_fills: bool = False
    order_capacity: int = 4096
    venue_number: int = 0
    attached_orders: bool = False


def create_exchange(
    instruments: Mapping[int, Instrument],
    fees: FeeRule | Mapping[int, FeeRule] = NO_FEE,
    parameters: ExchangeParameters | None = None,
) -> Block:
    """Build a venue's block, ready for commands and bars.

    Parameters
    ----------
    instruments : mapping of int to Instrument
        Instruments of this venue by their number in the run; 0 may be one.
    fees : FeeRule or mapping of int to FeeRule
        One rule for all, or one by instrument number (none where it is missing).
    parameters : ExchangeParameters, optional
        The strict reading where it is not given.

    Returns
    -------
    Block
        Of layout `EXCHANGE`.

    Raises
    ------
    ConfigurationError
        A parameter or fee is out of range, an instrument's steps are too fine, or there is no instrument.
    CapacityError
        `order_capacity` is below 1.
    """
    chosen = parameters or ExchangeParameters()
    if not instruments:
        raise ConfigurationError("a venue needs at least one instrument")
    count = max(instruments) + 1
    given = dict.fromkeys(instruments, fees) if isinstance(fees, FeeRule) else fees
    rules = {number: given.get(number, NO_FEE) for number in instruments}
    reports = 1 << (chosen.order_capacity * REPORTS_PER_ORDER + REPORTS_BESIDES - 1).bit_length()
    block = Block(
        EXCHANGE,
        {
            "venue": 1,
            "instruments": count,
            "orders": chosen.order_capacity,
            "order_index": map_capacity(2 * chosen.order_capacity),
            "reports": reports,
            "fee_tiers": max(1, len([tier for rule in rules.values() for tier in rule.tiers])),
            "volume_days": VOLUME_DAYS,
        },
    )
    _set_venue(block.rows("venue")[0], chosen, count)
    rows = block.rows("instruments")
    rows["first_order"] = rows["last_order"] = -1
    rows["next_expiry_ns"] = NEVER
    for number, instrument in instruments.items():
        _set_instrument(rows[number], instrument)
        _set_fees(rows[number], instrument, rules[number])
    _set_tiers(block, instruments, rules)
    return block


def power_of_ten(exponent: int) -> int:
    """Ten to a whole power, 0 or more, as a whole number."""
    return int(f"1{'0' * exponent}")


def _set_venue(row: Any, parameters: ExchangeParameters, instrument_count: int) -> None:
    share = to_units(parameters.volume_share, 6, "volume share", exact=True)
    slippage = to_units(parameters.slippage_basis_points, 2, "slippage in basis points", exact=True)
    if not 0 <= share <= MILLION or not 0 <= slippage < MILLION:
        raise ConfigurationError("the volume share must be within 0..1, slippage within 0..10000 basis points")
    if not 0 <= parameters.venue_number <= 65535:
        raise ConfigurationError(f"venue number {parameters.venue_number} is outside 0..65535")
    row["number"], row["instrument_count"] = parameters.venue_number, instrument_count
    row["volume_share_millionths"], row["slippage_millionths"] = share, slippage
    if parameters.slippage_model not in SLIPPAGE_MODELS:
        known = ", ".join(SLIPPAGE_MODELS)
        raise ConfigurationError(f"slippage model {parameters.slippage_model!r} is none of {known}")
    if not 0 <= parameters.impact_factor < LARGEST_FACTOR:
        raise ConfigurationError(f"impact factor {parameters.impact_factor} is outside 0..{LARGEST_FACTOR:g}")
    row["slippage_model"] = SLIPPAGE_MODELS.index(parameters.slippage_model)
    if row["slippage_model"]:
        row["slippage_base_millionths"], row["slippage_millionths"] = slippage, -1
        row["impact_factor"] = float(parameters.impact_factor)
    row["attached_orders"] = int(parameters.attached_orders)
    row["touch_fills"] = int(parameters.touch_fills)
    row["next_expiry_ns"], row["next_priority"] = NEVER, 1
    row["next_venue_order_id"], row["next_execution_id"] = 1, 1


def _set_instrument(row: Any, instrument: Instrument) -> None:
    exponent = instrument.price_exponent + instrument.quantity_exponent - instrument.money_exponent
    if exponent > LARGEST_DIVISOR_EXPONENT:
        raise ConfigurationError(f"price and quantity steps of {instrument.symbol} are too fine for its currency's")
    row["listed"], row["multiplier"] = 1, instrument.multiplier * power_of_ten(max(0, -exponent))
    row["notional_divisor"] = power_of_ten(max(0, exponent))
    row["tick_units"], row["lot_units"] = instrument.tick_size_units, max(1, instrument.lot_size_units)
    row["maximum_quantity_units"] = (2**62) // int(row["multiplier"])
    row["last_price_units"] = row["bar_time_ns"] = NULL
    row["price_scale_float"] = float(power_of_ten(instrument.price_exponent))


def _rate(name: str, rate: Number) -> int:
    units = to_units(rate, RATE_EXPONENT, name, exact=True)
    if abs(units) > RATE_SCALE:
        raise ConfigurationError(f"{name} {rate} is outside -1..1")
    return units


def _set_tiers(block: Block, instruments: Mapping[int, Instrument], rules: Mapping[int, FeeRule]) -> None:
    """Write the steps of each instrument's rates."""
    rows, steps, place = block.rows("instruments"), block.rows("fee_tiers"), 0
    for number, rule in rules.items():
        if not rule.tiers:
            continue
        thresholds = [instruments[number].money(tier[0]) for tier in rule.tiers]
        if len(rule.tiers) > MOST_TIERS or thresholds != sorted(set(thresholds)) or rule.tier_by not in TIER_BASES:
            raise ConfigurationError(
                f"fee tiers must be at most {MOST_TIERS}, from ascending amounts, by {' or '.join(TIER_BASES)}"
            )
        if rule.tier_by == "volume" and len({each.currency for each in instruments.values()}) > 1:
            raise ConfigurationError("fee tiers by volume need instruments of one currency")
        row = rows[number]
        row["fee_tier_first"], row["fee_tier_count"] = place, len(rule.tiers)
        row["fee_tier_basis"] = 1 + TIER_BASES.index(rule.tier_by)
        for threshold, (_, maker, taker) in zip(thresholds, rule.tiers, strict=True):
            steps[place]["threshold_money"] = threshold
            steps[place]["maker_rate"] = _rate("maker rate of a tier", maker)
            steps[place]["taker_rate"] = _rate("taker rate of a tier", taker)
            place += 1


def _set_fees(row: Any, instrument: Instrument, fee: FeeRule) -> None:
    row["maker_rate"], row["taker_rate"] = _rate("maker_rate", fee.maker_rate), _rate("taker_rate", fee.taker_rate)
    if not 0 <= fee.number <= 65535:
        raise ConfigurationError(f"fee rule {fee.number} is outside 0..65535")
    amount = to_units(fee.per_unit, RATE_EXPONENT, "fee a unit", exact=True) * power_of_ten(instrument.money_exponent)
    unit = Fraction(amount, power_of_ten(RATE_EXPONENT + instrument.quantity_exponent))
    # The least common multiple of both denominators.
    scale = unit.denominator * Fraction(RATE_SCALE, unit.denominator).numerator
    if scale > LARGEST_SCALE or unit.numerator > LARGEST_SCALE:
        raise ConfigurationError(f"fee a unit {fee.per_unit} does not fit the quantity steps of {instrument.symbol}")
    row["fee_unit_money"], row["fee_unit_quantity_units"] = unit.numerator, unit.denominator
    row["fee_common_scale"] = scale
    row["fee_rule"], row["fee_flat_money"] = fee.number, instrument.money(fee.flat)
    row["fee_minimum_money"] = instrument.money(fee.minimum)
