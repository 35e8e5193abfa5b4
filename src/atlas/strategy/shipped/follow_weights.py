"""Weights that a column of the data says."""

from __future__ import annotations

import math
from typing import Any

from atlas.strategy.base import Strategy
from atlas.strategy.context import Context
from atlas.strategy.fields import per_instrument

NONE = math.nan


class FollowWeights(Strategy):
    """Holds the fraction of the equity that the column `weight` says; where it is empty, nothing changes.

    Every row that says a weight rebalances to it, also where it says the one before again.
    """

    scope = "universe"
    asked: dict[int, float] = per_instrument(NONE)

    def on_bar(self, ctx: Context, bar: Any) -> None:
        """Note what the bar's row says."""
        self.asked[bar.instrument] = ctx.column("weight")

    def on_slice(self, ctx: Context, slice: Any) -> None:
        """Ask for what was noted: first for what makes positions smaller, which makes room for the others."""
        for growing in range(2):
            for number in ctx.instruments:
                target = self.asked[number]
                if not math.isnan(target) and self.grows(ctx, number, target) == growing:
                    ctx.target_weight(number, target, rebalance=True)
                    self.asked[number] = NONE

    def grows(self, ctx: Context, number: int, target: float) -> int:
        """Return 1 where a target is further from nothing than the position, or on its other side."""
        wanted, held = target * ctx.equity, ctx.position_value(number)
        return 1 if abs(wanted) > abs(held) or wanted * held < 0.0 else 0
