"""An account with a maintenance margin, backtested by a plain loop over whole numbers: the twin of the engine's calls.

Market orders alone. What is asked for at a close fills at the open of the next bar, in the order of asking, as far as
the share of its volume goes; the rest waits for the next open. At a close, all positions being marked, an account whose
equity is below `maintenance` × the value of its positions is called: orders that would enlarge a position are dropped
and refused, and the largest positions are sold until the equity less the cost of selling covers `maintenance` × what
stays. At the first close at which the requirement is met the call ends, and what still waits for it is dropped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

PRICE, QUANTITY, MONEY = 10**9, 10**8, 10**8
DIVISOR = PRICE * QUANTITY // MONEY


class MarginFill(NamedTuple):
    """One fill: at the open of which bar, of which instrument, the signed quantity, the price, whether for a call."""

    bar: int
    instrument: int
    quantity_units: int
    price_units: int
    for_call: bool


@dataclass
class Line:
    """An instrument's bars, its lots and what a step of its money is worth in the account's."""

    opens: Sequence[int]
    closes: Sequence[int]
    volumes: Sequence[int]
    rate: Fraction = Fraction(1)
    lot: int = 1


@dataclass
class Order:
    """A market order: instrument, +1 or -1, units left, whether it is the broker's."""

    instrument: int
    side: int
    left: int
    for_call: bool = False


@dataclass
class MarginAccount:
    """The account while it runs; what it did stands in `fills`, `equities` and `calls` (bar, whether it began)."""

    lines: dict[int, Line]
    cash: int
    maintenance: Fraction
    fee: Fraction = Fraction(0)
    share: Fraction = Fraction(1, 10)
    held: dict[int, int] = field(default_factory=dict)
    marks: dict[int, int] = field(default_factory=dict)
    foreign: dict[Fraction, int] = field(default_factory=dict)
    orders: list[Order] = field(default_factory=list)
    called: bool = False
    fills: list[MarginFill] = field(default_factory=list)
    equities: list[int] = field(default_factory=list)
    calls: list[tuple[int, bool]] = field(default_factory=list)

    def run(self, wishes: Callable[[int, int], int]) -> None:
        """Play all bars; `wishes(bar, instrument)` is the signed quantity that is asked for at a bar's close."""
        for bar in range(len(self.lines[1].opens)):
            for instrument in self.lines:
                self.open(bar, instrument)
            for instrument, line in self.lines.items():
                self.marks[instrument] = line.closes[bar]
                self.ask(instrument, wishes(bar, instrument))
            self.look(bar)
            self.equities.append(self.equity())

    # --- worth

    def value(self, instrument: int) -> int:
        money = round(Fraction(self.held.get(instrument, 0) * self.marks.get(instrument, 0), DIVISOR))
        return round(money * self.lines[instrument].rate)

    def exposure(self) -> int:
        return sum(abs(self.value(instrument)) for instrument in self.lines)

    def equity(self) -> int:
        other = sum(round(money * rate) for rate, money in self.foreign.items())
        return self.cash + other + sum(self.value(instrument) for instrument in self.lines)

    # --- orders

    def enlarges(self, instrument: int, side: int, units: int) -> bool:
        held = self.held.get(instrument, 0)
        return held * side >= 0 or units > abs(held)

    def ask(self, instrument: int, units: int) -> None:
        """Take an order, unless the account is called and it could enlarge a position with those that wait already."""
        side = 1 if units > 0 else -1
        waiting = sum(each.left for each in self.orders if (each.instrument, each.side) == (instrument, side))
        if units and not (self.called and self.enlarges(instrument, side, abs(units) + waiting)):
            self.orders.append(Order(instrument, side, abs(units)))

    def open(self, bar: int, instrument: int) -> None:
        """Fill what waits for an instrument at a bar's open."""
        line = self.lines[instrument]
        room = int(line.volumes[bar] * self.share)
        for order in [each for each in self.orders if each.instrument == instrument]:
            units = min(room, order.left)
            if units:
                room -= units
                order.left -= units
                self.book(bar, order, units, line)
        self.orders = [each for each in self.orders if each.left]

    def book(self, bar: int, order: Order, units: int, line: Line) -> None:
        price = line.opens[bar]
        money = round(Fraction(units * price, DIVISOR))
        spent = order.side * money + round(money * self.fee)
        if line.rate == 1:
            self.cash -= spent
        else:
            self.foreign[line.rate] = self.foreign.get(line.rate, 0) - spent
        self.held[order.instrument] = self.held.get(order.instrument, 0) + order.side * units
        self.fills.append(MarginFill(bar, order.instrument, order.side * units, price, order.for_call))

    # --- the broker

    def look(self, bar: int) -> None:
        """Compare equity and requirement at a close."""
        if self.equity() < round(self.exposure() * self.maintenance):
            if not self.called:
                self.calls.append((bar, True))
            self.called = True
            self.orders = [each for each in self.orders if not self.enlarges(each.instrument, each.side, each.left)]
            self.sell()
        elif self.called:
            self.called = False
            self.calls.append((bar, False))
            self.orders = [each for each in self.orders if not each.for_call]

    def stays(self, instrument: int) -> int:
        """Units of a position that no order is about to end."""
        held = self.held.get(instrument, 0)
        leaving = sum(each.left for each in self.orders if each.instrument == instrument and each.side * held < 0)
        return max(0, abs(held) - leaving)

    def stays_worth(self, instrument: int) -> int:
        units = self.stays(instrument)
        return round(Fraction(abs(self.value(instrument)) * units, abs(self.held[instrument]))) if units else 0

    def missing(self) -> int:
        """Value that must still be sold."""
        staying = sum(self.stays_worth(instrument) for instrument in self.lines)
        cost = round((self.exposure() - staying) * self.fee)
        short = round(staying * self.maintenance) + cost - self.equity()
        if short <= 0:
            return 0
        if self.maintenance <= self.fee:
            return staying
        return min(staying, math.ceil(Fraction(short) / (self.maintenance - self.fee)))

    def sell(self) -> None:
        """Order what brings the account back, the largest position first."""
        while (missing := self.missing()) > 0:
            largest = max(self.lines, key=lambda each: (self.stays_worth(each), -each))
            units, worth = self.stays(largest), self.stays_worth(largest)
            if missing < worth:
                lots = math.ceil(Fraction(missing * units, worth * self.lines[largest].lot))
                units = min(units, lots * self.lines[largest].lot)
            self.orders.append(Order(largest, -1 if self.held[largest] > 0 else 1, units, for_call=True))
