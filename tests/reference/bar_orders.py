"""Instruments and orders as the slow venue of `bar_exchange` keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from atlas.records.enums import OrderType, TimeInForce

WITH_LIMIT = {OrderType.LIMIT, OrderType.STOP_LIMIT}
WITH_STOP = {OrderType.STOP, OrderType.STOP_LIMIT, OrderType.MARKET_IF_TOUCHED}
WAITING = {*WITH_STOP, OrderType.TRAILING_STOP}
SUPPORTED_TYPES = {OrderType.MARKET, *WITH_LIMIT, *WAITING}
HAS_TERMS, REDUCE_ONLY = 8, 4
LASTING = {TimeInForce.GTC, TimeInForce.DAY, TimeInForce.GTD}


@dataclass
class Terms:
    """An instrument at this venue."""

    lot: int = 1
    tick: int = 1
    divisor: int = 10**9
    multiplier: int = 1
    price_scale: int = 10**9
    quantity_scale: int = 10**8
    money_scale: int = 10**8
    maker_rate: Fraction = Fraction(0)
    taker_rate: Fraction = Fraction(0)
    fee_per_unit: Fraction = Fraction(0)
    fee_flat: int = 0
    fee_minimum: int = 0
    fee_rule: int = 0
    tiers: tuple[tuple[int, Fraction, Fraction], ...] = ()
    tier_by: str = "trade"


@dataclass(eq=False)
class Order:
    """A working order."""

    names: list[int]
    venue_order_id: int
    command: dict[str, Any]
    quantity: int | None
    limit: int | None
    stop: int | None
    last_instant: int | None
    arrival: int
    reference: int | None
    filled: int = 0
    value: Fraction = Fraction(0)
    triggered: bool = False
    stop_loss: int | None = None
    take_profit: int | None = None
    sibling: Order | None = None
    parent: int = 0
    distance: int | None = None
    fraction: Fraction | None = None

    @property
    def reduces(self) -> bool:
        """Whether it may only make a position smaller."""
        return bool(self.command.get("flags", 0) & REDUCE_ONLY)

    @property
    def open(self) -> int:
        """What is left to fill."""
        return 0 if self.quantity is None else self.quantity - self.filled

    @property
    def kind(self) -> OrderType:
        """Market, limit or stop."""
        return OrderType(self.command["order_type"])

    @property
    def acts_as_market(self) -> bool:
        """Whether it takes any price."""
        return self.kind is OrderType.MARKET or (self.triggered and self.kind is not OrderType.STOP_LIMIT)

    @property
    def acts_as_limit(self) -> bool:
        """Whether it rests as a limit now."""
        return self.kind is OrderType.LIMIT or (self.triggered and self.kind is OrderType.STOP_LIMIT)

    @property
    def force(self) -> TimeInForce:
        """How long it lives."""
        return TimeInForce(self.command["time_in_force"])

    @property
    def buys(self) -> bool:
        """Whether it is a buyer's."""
        return bool(self.command["side"] == 1)
