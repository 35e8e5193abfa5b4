"""A portfolio written to be read: fractions, whole numbers and dictionaries, no shared code with the kernel.

One account. Money is whole currency steps, prices and quantities whole units; every amount is rounded once, half-even.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction


@dataclass
class Terms:
    """An instrument: how its units make money, its lots, and the rate of its currency."""

    currency: int = 0
    divisor: int = 10**9
    multiplier: int = 1
    lot: int = 1
    rate: Fraction = Fraction(1)


@dataclass
class Holding:
    """A position, of the account or of a strategy."""

    quantity: int = 0
    cost: int = 0
    realized: int = 0
    fees: int = 0
    cash: int = 0


@dataclass
class Portfolio:
    """Cash by currency, positions by instrument, and the strategies' shares of them; strategy 0 is external."""

    instruments: dict[int, Terms]
    strategies: int
    cash: dict[int, int]
    marks: dict[int, int] = field(default_factory=dict)
    truth: dict[int, Holding] = field(default_factory=dict)
    shares: dict[tuple[int, int], Holding] = field(default_factory=dict)

    def money(self, instrument: int, price: int, quantity: int) -> int:
        terms = self.instruments[instrument]
        return round(Fraction(price * terms.multiplier * quantity, terms.divisor))

    def base(self, instrument: int, money: int) -> int:
        return round(money * self.instruments[instrument].rate)

    def position(self, instrument: int) -> Holding:
        return self.truth.setdefault(instrument, Holding())

    def share(self, strategy: int, instrument: int) -> Holding:
        return self.shares.setdefault((strategy, instrument), Holding())

    def fill(self, strategy: int, instrument: int, change: int, price: int, fee: int) -> None:
        """Book a fill of a signed quantity."""
        self.book(strategy, instrument, change, self.money(instrument, price, abs(change)), fee)

    def book(self, strategy: int, instrument: int, change: int, money: int, fee: int) -> None:
        paid = money if change > 0 else -money
        self.cash[self.instruments[instrument].currency] -= paid + fee
        for holding in (self.position(instrument), self.share(strategy, instrument)):
            trade(holding, change, money)
            holding.fees += fee
            holding.cash -= paid + fee

    def split(self, instrument: int, new: int, old: int) -> None:
        """Rescale holdings, mark and cost; what is no whole lot is paid in cash at the new mark."""
        terms = self.instruments[instrument]
        self.marks[instrument] = round(Fraction(self.marks[instrument] * old, new))
        truth = self.position(instrument)
        exact = toward_zero(truth.quantity * new, old)
        whole = toward_zero(exact, terms.lot) * terms.lot
        paid = unpaid = self.money(instrument, self.marks[instrument], exact - whole)
        rest = whole
        for strategy in reversed(range(self.strategies)):
            share = self.share(strategy, instrument)
            share_exact = toward_zero(share.quantity * new, old)
            after = toward_zero(share_exact, terms.lot) * terms.lot if strategy else rest
            rest -= after
            money = self.money(instrument, self.marks[instrument], share_exact - after) if strategy else unpaid
            unpaid -= money
            cut(share, share_exact, after, money)
        cut(truth, exact, whole, paid)
        self.cash[terms.currency] += paid

    def dividend(self, instrument: int, amount: int) -> None:
        """Pay `amount` price units a unit of quantity; external takes what rounding leaves."""
        truth = self.position(instrument)
        total = rest = self.money(instrument, amount, truth.quantity)
        for strategy in reversed(range(self.strategies)):
            share = self.share(strategy, instrument)
            part = self.money(instrument, amount, share.quantity) if strategy else rest
            rest -= part
            share.cash += part
            share.realized += part
        truth.realized += total
        truth.cash += total
        self.cash[self.instruments[instrument].currency] += total

    def value(self, instrument: int) -> int:
        quantity = self.position(instrument).quantity
        return self.base(instrument, self.money(instrument, self.marks[instrument], quantity)) if quantity else 0

    def equity(self) -> int:
        rates = {terms.currency: terms.rate for terms in self.instruments.values()}
        cash = sum(round(money * rates.get(currency, Fraction(1))) for currency, money in self.cash.items())
        return cash + sum(self.value(instrument) for instrument in self.instruments)


def trade(holding: Holding, change: int, money: int) -> None:
    """Change a holding by a signed quantity worth `money`."""
    side = 1 if change > 0 else -1
    if holding.quantity * side >= 0:
        holding.quantity += change
        holding.cost += side * money
        return
    closed = min(abs(holding.quantity), abs(change))
    closed_cost = round(Fraction(holding.cost * closed, abs(holding.quantity)))
    closed_money = round(Fraction(money * closed, abs(change)))
    holding.realized += -side * closed_money - closed_cost
    holding.quantity += change
    holding.cost += side * (money - closed_money) - closed_cost


def cut(holding: Holding, exact: int, after: int, money: int) -> None:
    """Set a holding after a split, where `money` was paid for what was cut."""
    fraction = exact - after
    if after == 0:
        cost = holding.cost
    elif fraction and exact and (fraction > 0) == (exact > 0):
        cost = round(Fraction(holding.cost * fraction, exact))
    else:
        cost = money
    holding.quantity = after
    holding.cost -= cost
    holding.realized += money - cost
    holding.cash += money


def toward_zero(number: int, divisor: int) -> int:
    return abs(number) // divisor * (1 if number >= 0 else -1)
