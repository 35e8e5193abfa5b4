"""Positions that a column of the data says."""

from __future__ import annotations

import math
from typing import Any

from atlas.strategy.base import Strategy
from atlas.strategy.context import Context
from atlas.strategy.fields import per_instrument

NONE = math.nan


class FollowSignals(Strategy):
    """Long, flat or short as the column `signal` says, 1, 0 or -1; where it is empty, nothing changes.

    A whole signal is `weight` of the equity, split evenly between the instruments; a part of one is that part of it.
    """

    scope = "universe"
    asked: dict[int, float] = per_instrument(NONE)
    weight: float = 0.95

    def on_bar(self, ctx: Context, bar: Any) -> None:
        """Note what the bar's row says."""
        self.asked[bar.instrument] = ctx.column("signal")

    def on_slice(self, ctx: Context, slice: Any) -> None:
        """Ask for what was noted: first for what makes positions smaller, which makes room for the others."""
        share = self.weight / len(ctx.instruments)
        for growing in range(2):
            for number in ctx.instruments:
                target = self.asked[number] * share
                if not math.isnan(target) and self.grows(ctx, number, target) == growing:
                    ctx.target_weight(number, target)
                    self.asked[number] = NONE

    def grows(self, ctx: Context, number: int, target: float) -> int:
        """Return 1 where a target is further from nothing than the position, or on its other side."""
        wanted, held = target * ctx.equity, ctx.position_value(number)
        return 1 if abs(wanted) > abs(held) or wanted * held < 0.0 else 0
