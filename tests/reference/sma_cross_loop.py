"""The crossing of two moving averages, backtested by a plain loop over whole numbers: the twin of the engine's run.

Rules: the signal is read at a bar's close, once `slow` closes were seen. The target is `weight` of the equity while the
fast average is above the slow one, else nothing; the same target as last time is no order. An order made at the close
of bar k fills at the open of bar k + 1, where a bought quantity is resolved so that the fee is paid from it: first the
money to spend, then its quantity, each rounded down. With a `volume_share`, each bar gives at most that share of its
volume, the rest waits for the next open; a new target replaces what still waits. What waits at the end expires. A
position left over is marked at the last close.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

PRICE, QUANTITY, MONEY, FRACTION = 10**9, 10**8, 10**8, 10**9
NOTIONAL = PRICE * QUANTITY // MONEY


class ReferenceFill(NamedTuple):
    """One fill: the index of the bar at whose open it happened, +1 bought or -1 sold, and what it cost."""

    bar: int
    side: int
    quantity_units: int
    price_units: int
    fee_money: int


def units(value: float, scale: int) -> int:
    """Turn a decimal written as a float into whole units, half to even."""
    return round(Decimal(str(float(value))) * scale)


def half_even(numerator: int, denominator: int) -> int:
    """Divide whole numbers, rounding half to even."""
    quotient, rest = divmod(numerator, denominator)
    return quotient + (2 * rest > denominator or (2 * rest == denominator and quotient % 2 == 1))


class RunningMean:
    """The mean of the last `length` values, from a running sum updated in the engine's order.

    Every `length` values the sum is replaced by that of the values since the last replacement.
    """

    def __init__(self, length: int) -> None:
        self.length, self.total, self.values = length, 0.0, [0.0] * length
        self.fresh: list[float] = []

    def update(self, value: float) -> float:
        """Take in one value and give the mean."""
        self.total += value - self.values.pop(0)
        self.values.append(value)
        self.fresh.append(value)
        if len(self.fresh) == self.length:
            self.total = 0.0
            for each in self.fresh:
                self.total += each
            self.fresh = []
        return self.total / self.length


def sma_cross_loop(
    opens: Sequence[float],
    closes: Sequence[float],
    volumes: Sequence[float] | None = None,
    *,
    fast: int = 10,
    slow: int = 30,
    weight: float = 0.95,
    fee: float = 0.001,
    cash: float = 100_000.0,
    volume_share: float | None = None,
) -> tuple[list[ReferenceFill], int]:
    """Run the backtest; give its fills and the final equity in money steps of 10⁻⁸."""
    weight_units, fee_units = units(weight, FRACTION), units(fee, FRACTION)
    cash_money, position_units, target, waiting_units = units(cash, MONEY), 0, False, 0
    resolve = False  # a target was asked for at the last close, its quantity is not known yet
    fills: list[ReferenceFill] = []
    fast_mean, slow_mean = RunningMean(fast), RunningMean(slow)
    for bar, (open_, close) in enumerate(zip(opens, closes, strict=True)):
        price_units = units(open_, PRICE)
        if resolve and target:
            equity_money = cash_money + half_even(position_units * price_units, NOTIONAL)
            budget_money = equity_money * weight_units // (FRACTION + fee_units)
            wanted = budget_money * NOTIONAL // price_units
            waiting_units = wanted - position_units
        elif resolve:
            waiting_units = -position_units
        resolve = False
        most_units = abs(waiting_units)
        if volumes is not None and volume_share is not None:
            most_units = units(volumes[bar], QUANTITY) * units(volume_share, FRACTION) // FRACTION
        quantity_units = min(abs(waiting_units), most_units)
        if quantity_units:
            side = 1 if waiting_units > 0 else -1
            notional_money = half_even(price_units * quantity_units, NOTIONAL)
            fee_money = half_even(notional_money * fee_units, FRACTION)
            cash_money -= side * notional_money + fee_money
            position_units += side * quantity_units
            waiting_units -= side * quantity_units
            fills.append(ReferenceFill(bar, side, quantity_units, price_units, fee_money))
        above = fast_mean.update(close) > slow_mean.update(close)
        if bar + 1 >= slow and above != target:
            target, resolve, waiting_units = above, True, 0
    return fills, cash_money + half_even(position_units * units(closes[-1], PRICE), NOTIONAL)
