"""Instruments and bar specifications as the edge describes them; the kernel sees them as records and table rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Final

from atlas.records.enums import AssetClass, ContractStyle, ExerciseStyle, OptionRight, PriceType, SettlementMethod
from atlas.records.errors import ConfigurationError
from atlas.records.units import MAXIMUM_EXPONENT, Number, notional_money, to_units, units_to_float

DEFAULT_PRICE_EXPONENT: Final = 9
DEFAULT_QUANTITY_EXPONENT: Final = 8
DEFAULT_MONEY_EXPONENT: Final = 8
DEFAULT_VENUE: Final = "SIM"
DEFAULT_CURRENCY: Final = "USD"

_FNV_OFFSET: Final = 0xCBF29CE484222325
_FNV_PRIME: Final = 0x100000001B3
_SPAN_NS: Final = {
    "ns": 1,
    "us": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "min": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": 86_400_000_000_000,
    "w": 604_800_000_000_000,
}
_SPAN_PATTERN: Final = re.compile(r"(\d+)\s*([a-z]+)", re.IGNORECASE)
_DECIMAL_FIELDS: Final = (
    "tick_size",
    "lot_size",
    "minimum_quantity",
    "maximum_quantity",
    "minimum_notional",
    "strike",
)


def name_hash(name: str) -> int:
    """Hash a name the same way on every machine and in every version: 64-bit FNV-1a of its UTF-8 bytes.

    Parameters
    ----------
    name : str
        Such as ``NASDAQ:AAPL``.

    Returns
    -------
    int
        0 to 2**64 - 1.
    """
    value = _FNV_OFFSET
    for byte in name.encode():
        value = ((value ^ byte) * _FNV_PRIME) & 0xFFFFFFFFFFFFFFFF
    return value


@dataclass(frozen=True, slots=True)
class Instrument:
    """One listing at one venue.

    Sizes and limits may be given as text, decimals or floats; they are kept as decimals. A size of 0 means no rule.

    Parameters
    ----------
    symbol : str
        As the venue writes it; no colon.
    venue : str
        Name of the venue; no colon.
    currency : str
        Currency of price and results.
    asset_class : AssetClass
        What it is.
    price_exponent, quantity_exponent, money_exponent : int
        Units are ``10**-exponent``; fixed for the life of the instrument's data.
    tick_size, lot_size : Decimal
        Steps that orders keep to, in price and quantity.
    multiplier : int
        Underlying units a contract stands for; 1 or more.
    whole_lots : bool
        Only whole lots trade; fractions are refused.
    shortable : bool
        Short sales are allowed.
    minimum_quantity, maximum_quantity, minimum_notional : Decimal
        Limits of an order; 0 for none.
    initial_margin, maintenance_margin : float
        Fractions of value; 1 for no borrowing.
    base_currency, settlement_currency : str
        Currency bought and sold, and currency of settlement; empty where the same as `currency` or none.
    contract_style : ContractStyle
        Linear, inverse or quanto.
    calendar : str
        Name of the session calendar; empty for always open.
    product : str
        What the listing is a listing of; empty for the symbol itself.
    underlying : str
        ``VENUE:SYMBOL`` of a derivative's underlying.
    option_right : OptionRight or None
        Call or put; None for what is no option.
    strike : Decimal
        Strike of an option.
    exercise_style, settlement_method : ExerciseStyle, SettlementMethod
        How an option is exercised and a contract settled.
    expiry_ns : int
        End of trading, ns UTC; 0 for none.
    correlation_group : str
        Group for risk; empty for none.

    Raises
    ------
    ConfigurationError
        A name is empty or has a colon, or a number is out of range.
    """

    symbol: str
    venue: str = DEFAULT_VENUE
    currency: str = DEFAULT_CURRENCY
    asset_class: AssetClass = AssetClass.EQUITY
    price_exponent: int = DEFAULT_PRICE_EXPONENT
    quantity_exponent: int = DEFAULT_QUANTITY_EXPONENT
    money_exponent: int = DEFAULT_MONEY_EXPONENT
    tick_size: Number = Decimal(0)
    lot_size: Number = Decimal(0)
    multiplier: int = 1
    whole_lots: bool = False
    shortable: bool = True
    minimum_quantity: Number = Decimal(0)
    maximum_quantity: Number = Decimal(0)
    minimum_notional: Number = Decimal(0)
    initial_margin: float = 1.0
    maintenance_margin: float = 1.0
    base_currency: str = ""
    settlement_currency: str = ""
    contract_style: ContractStyle = ContractStyle.LINEAR
    calendar: str = ""
    product: str = ""
    underlying: str = ""
    option_right: OptionRight | None = None
    strike: Number = Decimal(0)
    exercise_style: ExerciseStyle = ExerciseStyle.EUROPEAN
    settlement_method: SettlementMethod = SettlementMethod.CASH
    expiry_ns: int = 0
    correlation_group: str = ""

    def __post_init__(self) -> None:
        for label, text in (("symbol", self.symbol), ("venue", self.venue), ("currency", self.currency)):
            if not text or ":" in text:
                raise ConfigurationError(f"{label} {text!r} is empty or has a colon")
        for label in ("price_exponent", "quantity_exponent", "money_exponent"):
            if not 0 <= getattr(self, label) <= MAXIMUM_EXPONENT:
                raise ConfigurationError(f"{label} {getattr(self, label)} is outside 0..{MAXIMUM_EXPONENT}")
        if self.multiplier < 1:
            raise ConfigurationError(f"multiplier {self.multiplier} is less than 1")
        for label in _DECIMAL_FIELDS:
            self._keep_decimal(label)

    def _keep_decimal(self, label: str) -> None:
        value = getattr(self, label)
        try:
            number = value if isinstance(value, Decimal) else Decimal(str(value))
        except InvalidOperation:
            raise ConfigurationError(f"{label} {value!r} of {self.symbol} is no number") from None
        if not number.is_finite() or number < 0:
            raise ConfigurationError(f"{label} {value} of {self.symbol} is negative or not finite")
        object.__setattr__(self, label, number)

    @property
    def name(self) -> str:
        """Return ``VENUE:SYMBOL``."""
        return f"{self.venue}:{self.symbol}"

    @property
    def hash(self) -> int:
        """Return `name_hash` of the name."""
        return name_hash(self.name)

    @property
    def sort_key(self) -> tuple[str, str]:
        """Return what instruments are ranked by: venue, then symbol, both by code point."""
        return (self.venue, self.symbol)

    @property
    def tick_size_units(self) -> int:
        """Return the tick in price units; 0 for no rule."""
        return to_units(self.tick_size, self.price_exponent, f"tick size of {self.symbol}", exact=True)

    @property
    def lot_size_units(self) -> int:
        """Return the lot in quantity units; 0 for no rule, one whole piece where only whole lots trade."""
        lot = to_units(self.lot_size, self.quantity_exponent, f"lot size of {self.symbol}", exact=True)
        return lot or (self.quantity_units(1) if self.whole_lots else 0)

    def price_units(self, price: Number) -> int:
        """Convert a price to units, rounding half-even."""
        return to_units(price, self.price_exponent, f"price of {self.symbol}")

    def quantity_units(self, quantity: Number) -> int:
        """Convert a quantity to units, rounding half-even."""
        return to_units(quantity, self.quantity_exponent, f"quantity of {self.symbol}")

    def money(self, amount: Number) -> int:
        """Convert an amount of the instrument's currency to steps, rounding half-even."""
        return to_units(amount, self.money_exponent, f"amount of {self.currency}")

    def price(self, price_units: int) -> float:
        """Convert price units to a float."""
        return units_to_float(price_units, self.price_exponent)

    def quantity(self, quantity_units: int) -> float:
        """Convert quantity units to a float."""
        return units_to_float(quantity_units, self.quantity_exponent)

    def amount(self, money: int) -> float:
        """Convert currency steps to a float."""
        return units_to_float(money, self.money_exponent)

    def notional_money(self, price_units: int, quantity_units: int) -> int:
        """Return price times quantity times multiplier in currency steps, rounded once."""
        return notional_money(
            price_units,
            quantity_units,
            price_exponent=self.price_exponent,
            quantity_exponent=self.quantity_exponent,
            money_exponent=self.money_exponent,
            multiplier=self.multiplier,
        )


def instrument_ranks(instruments: Sequence[Instrument]) -> list[int]:
    """Rank instruments by venue and symbol, so that results don't depend on the order they were given in.

    Parameters
    ----------
    instruments : sequence of Instrument
        In any order, names distinct.

    Returns
    -------
    list of int
        Rank of each, 0 first.

    Raises
    ------
    ConfigurationError
        A name stands twice.
    """
    order = sorted(range(len(instruments)), key=lambda place: instruments[place].sort_key)
    for first, second in pairwise(order):
        if instruments[first].name == instruments[second].name:
            raise ConfigurationError(f"instrument {instruments[first].name} stands twice")
    ranks = [0] * len(instruments)
    for rank, place in enumerate(order):
        ranks[place] = rank
    return ranks


def parse_span(text: str) -> int:
    """Read a length of time such as ``1m``, ``5min``, ``1h``, ``1d``.

    Parameters
    ----------
    text : str
        A whole number and one of ``ns us ms s m min h d w``; case doesn't matter.

    Returns
    -------
    int
        Nanoseconds, positive.

    Raises
    ------
    ConfigurationError
        The text is not such a length.
    """
    match = _SPAN_PATTERN.fullmatch(text.strip())
    unit = match.group(2).lower() if match else ""
    if match is None or unit not in _SPAN_NS or int(match.group(1)) == 0:
        raise ConfigurationError(f"{text!r} is not a length of time such as 1m, 1h or 1d")
    return int(match.group(1)) * _SPAN_NS[unit]


@dataclass(frozen=True, slots=True)
class BarSpecification:
    """Length and price of a series of bars.

    Parameters
    ----------
    length_ns : int
        Length of a bar in nanoseconds; positive.
    price_type : PriceType
        Price that the bars are made of.

    Raises
    ------
    ConfigurationError
        The length is not positive.
    """

    length_ns: int
    price_type: PriceType = PriceType.TRADE

    def __post_init__(self) -> None:
        if self.length_ns <= 0:
            raise ConfigurationError(f"bar length {self.length_ns} ns is not positive")

    @classmethod
    def parse(cls, text: str, price_type: PriceType = PriceType.TRADE) -> BarSpecification:
        """Read a time frame such as ``1m`` or ``1d``."""
        return cls(parse_span(text), price_type)

    @property
    def time_frame(self) -> str:
        """Return the length in its largest whole unit, such as ``5m``."""
        for unit in ("w", "d", "h", "m", "s", "ms", "us"):
            if self.length_ns % _SPAN_NS[unit] == 0:
                return f"{self.length_ns // _SPAN_NS[unit]}{unit}"
        return f"{self.length_ns}ns"
