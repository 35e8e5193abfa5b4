"""The strongest of a universe, chosen anew each month."""

from __future__ import annotations

from typing import Any

from atlas.kernel.indicators import Window
from atlas.strategy.base import Strategy
from atlas.strategy.context import Context
from atlas.strategy.fields import per_instrument

DAY_NS = 86_400_000_000_000


ABSENT = -1e300
"""Score of what can't be chosen: below any return."""


def month_of(time_ns: int) -> int:
    """Return the month of a time, counted from the year 0, in the proleptic Gregorian calendar of UTC."""
    days = time_ns // DAY_NS + 719_468
    era = days // 146_097
    day_of_era = days - era * 146_097
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153  # 0 is March
    month = shifted + 2 if shifted < 10 else shifted - 10
    year = year_of_era + era * 400 + (1 if month < 2 else 0)
    return year * 12 + month


class CrossSectionalMomentum(Strategy):
    """Each month, equal weights in the `top` members that rose most over the closes kept; the others are sold."""

    scope = "universe"
    closes: dict[int, Window] = per_instrument(Window(127))
    scores: dict[int, float] = per_instrument(0.0)
    chosen: dict[int, int] = per_instrument(0)
    top: int = 3
    weight: float = 0.95
    month: int = 0

    def on_bar(self, ctx: Context, bar: Any) -> None:
        """Keep the close."""
        self.closes[bar.instrument].append(bar.close)

    def on_slice(self, ctx: Context, slice: Any) -> None:
        """Rebalance on the first slice of a month."""
        month = month_of(slice.time_ns)
        if month == self.month:
            return
        self.month = month
        if self.rank(ctx) == 0:
            return
        for number in ctx.instruments:
            if self.chosen[number] == 0 and self.closes[number].count > 0:
                ctx.target_weight(number, 0.0)
        for number in ctx.instruments:
            if self.chosen[number] == 1:
                ctx.target_weight(number, self.weight / self.top, rebalance=True)

    def rank(self, ctx: Context) -> int:
        """Score every member whose window is full, choose the best, and give how many were chosen."""
        for number in ctx.instruments:
            window = self.closes[number]
            self.chosen[number] = 0
            self.scores[number] = ABSENT
            if window.ready and ctx.is_member(number):
                self.scores[number] = window[-1] / window[0] - 1.0
        count = 0
        for _ in range(self.top):
            best = 0
            for number in ctx.instruments:
                if self.chosen[number] == 1 or self.scores[number] == ABSENT:
                    continue
                if best == 0 or self.scores[number] > self.scores[best]:
                    best = number
            if best > 0:
                self.chosen[best] = 1
                count += 1
        return count
