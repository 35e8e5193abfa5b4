"""The crossing of two averages on several symbols that share one account: the twin of `sma_cross_loop` for a universe.

The rules of one symbol are those of `sma_cross_loop`. At one time all bars that begin there open together: each order's
quantity is resolved from the cash and the positions as they were before, its own symbol at the open and the others at
their last closes. Bars are of one length and stand on one grid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tests.reference.sma_cross_loop import (
    FRACTION,
    MONEY,
    NOTIONAL,
    PRICE,
    ReferenceFill,
    RunningMean,
    half_even,
    units,
)


class Bar(NamedTuple):
    """One bar: when it began, its open and its close."""

    start: int
    open: float
    close: float


class Holding:
    """What is held of a symbol, and what is wanted."""

    def __init__(self, bars: Sequence[Bar], fast: int, slow: int) -> None:
        self.bars = {bar.start: (number, bar) for number, bar in enumerate(bars)}
        self.fast, self.slow, self.length = RunningMean(fast), RunningMean(slow), slow
        self.position_units = self.mark_units = 0
        self.target = self.is_waiting = False
        self.fills: list[ReferenceFill] = []

    def value_money(self, price_units: int) -> int:
        """Value of the position at a price."""
        return half_even(self.position_units * price_units, NOTIONAL)

    def close(self, start: int) -> None:
        """See the close of the bar that began at `start`, and decide."""
        if start not in self.bars:
            return
        number, bar = self.bars[start]
        self.mark_units = units(bar.close, PRICE)
        above = self.fast.update(bar.close) > self.slow.update(bar.close)
        if number + 1 >= self.length and above != self.target:
            self.target, self.is_waiting = above, True


def sma_cross_universe(
    symbols: Mapping[str, Sequence[Bar]],
    *,
    fast: int = 10,
    slow: int = 30,
    weight: float,
    fee: float = 0.001,
    cash: float = 100_000.0,
) -> tuple[dict[str, list[ReferenceFill]], int]:
    """Run the backtest without a volume cap; give each symbol's fills and the final equity in money steps of 10⁻⁸."""
    weight_units, fee_units, cash_money = units(weight, FRACTION), units(fee, FRACTION), units(cash, MONEY)
    holdings = {symbol: Holding(bars, fast, slow) for symbol, bars in symbols.items()}
    for start in sorted({bar.start for bars in symbols.values() for bar in bars}):
        marked_money = cash_money + sum(each.value_money(each.mark_units) for each in holdings.values())
        spent_money = 0
        for holding in holdings.values():
            if not holding.is_waiting or start not in holding.bars:
                continue
            number, bar = holding.bars[start]
            price_units = units(bar.open, PRICE)
            wanted = 0
            if holding.target:
                own_money = holding.value_money(price_units) - holding.value_money(holding.mark_units)
                budget_money = (marked_money + own_money) * weight_units // (FRACTION + fee_units)
                wanted = budget_money * NOTIONAL // price_units
            change = wanted - holding.position_units
            side = 1 if change > 0 else -1
            notional_money = half_even(price_units * abs(change), NOTIONAL)
            fee_money = half_even(notional_money * fee_units, FRACTION)
            spent_money += side * notional_money + fee_money
            holding.position_units, holding.is_waiting = wanted, False
            holding.fills.append(ReferenceFill(number, side, abs(change), price_units, fee_money))
        cash_money -= spent_money
        for holding in holdings.values():
            holding.close(start)
    equity_money = cash_money + sum(each.value_money(each.mark_units) for each in holdings.values())
    return {symbol: holding.fills for symbol, holding in holdings.items()}, equity_money
