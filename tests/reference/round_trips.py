"""Round trips the slow way: every position is walked again from its first fill, share by share of its average cost.

Money is kept as exact fractions and rounded half-even only where the portfolio posts: at each partial reduction and
where a fill is split at zero.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from atlas.records.layout import RecordArray


@dataclass
class Leg:
    """A part of a fill that lies on one side of zero."""

    time_ns: int
    signed: int
    price: int
    notional: int
    fee: int


@dataclass
class Trip:
    """All legs from flat to flat."""

    key: tuple[int, int, int]
    legs: list[Leg] = field(default_factory=list)

    @property
    def position(self) -> int:
        return sum(leg.signed for leg in self.legs)

    @property
    def direction(self) -> int:
        return 1 if self.legs[0].signed > 0 else -1

    @property
    def entries(self) -> list[Leg]:
        return [leg for leg in self.legs if leg.signed * self.direction > 0]

    @property
    def exits(self) -> list[Leg]:
        return [leg for leg in self.legs if leg.signed * self.direction < 0]

    @property
    def gross(self) -> int:
        """Sum of what each exit realized against the average cost of what was held."""
        held, cost, realized = 0, 0, 0
        for leg in self.legs:
            if leg.signed * self.direction > 0:
                held, cost = held + abs(leg.signed), cost + leg.notional
                continue
            given_up = round(Fraction(cost * abs(leg.signed), held))
            realized += self.direction * (leg.notional - given_up)
            held, cost = held - abs(leg.signed), cost - given_up
        return realized

    @property
    def fees(self) -> int:
        return sum(leg.fee for leg in self.legs)


def average(legs: list[Leg]) -> float:
    """Return the average price of legs, weighted by quantity, in price units; NaN of none."""
    quantity = sum(abs(leg.signed) for leg in legs)
    return float(Fraction(sum(abs(leg.signed) * leg.price for leg in legs), quantity)) if quantity else float(np.nan)


def reference_round_trips(fills: RecordArray) -> tuple[list[Trip], list[Trip]]:
    """Return closed trips in order of exit and open ones, from fills without share splits."""
    closed: list[Trip] = []
    running: list[Trip] = []
    for fill in fills:
        key = (int(fill["strategy"]), int(fill["account"]), int(fill["instrument"]))
        for leg in _legs(fill, sum(trip.position for trip in running if trip.key == key)):
            trip = next((trip for trip in running if trip.key == key), None)
            if trip is None:
                trip = Trip(key)
                running.append(trip)
            trip.legs.append(leg)
            if trip.position == 0:
                running.remove(trip)
                closed.append(trip)
    return closed, running


def _legs(fill: np.void, position: int) -> list[Leg]:
    signed = int(fill["side"]) * int(fill["quantity_units"])
    time_ns, price = int(fill["venue_time_ns"]), int(fill["price_units"])
    notional, fee = int(fill["notional_money"]), int(fill["fee_money"])
    if position * signed >= 0 or abs(signed) <= abs(position):
        return [Leg(time_ns, signed, price, notional, fee)]
    share = Fraction(abs(position), abs(signed))
    first = Leg(time_ns, -position, price, round(notional * share), round(fee * share))
    return [first, Leg(time_ns, signed + position, price, notional - first.notional, fee - first.fee)]
