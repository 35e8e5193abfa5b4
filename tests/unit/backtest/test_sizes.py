"""How much an order is of: a fraction is a weight, and a bracket takes what a purchase takes."""

from __future__ import annotations

from typing import Any

import pytest

from atlas.backtest.run import backtest
from atlas.kernel.memory.compilation import PLAIN
from atlas.records.errors import StrategyError
from atlas.strategy.base import Strategy
from tests.unit.backtest.samples import market

MODES = ("interpreted",) if PLAIN else ("compiled", "interpreted")


class ByWeight(Strategy):
    """Enters by an equity's fraction with a stop and a target, said in one of three ways."""

    way: int = 0
    asked: bool = False

    def on_bar(self, ctx: Any, bar: Any) -> None:
        if self.asked:
            return
        self.asked = True
        low, high = bar.close * 0.97, bar.close * 1.03
        if self.way == 0:
            ctx.buy(weight=0.5, stop_loss=low, take_profit=high)
        elif self.way == 1:
            ctx.buy(fraction=0.5, stop_loss=low, take_profit=high)
        elif self.way == 2:
            ctx.bracket(weight=0.5, stop_loss=low, take_profit=high)
        elif self.way == 3:
            ctx.bracket(fraction=0.5, stop_loss=low, take_profit=high)
        else:
            ctx.bracket(notional=-20_000.0, stop_loss=high, take_profit=low)


@pytest.mark.parametrize("mode", MODES)
def test_a_fraction_is_a_weight_and_a_bracket_takes_both(mode: str) -> None:
    found = [backtest(ByWeight(way=way), market(), mode=mode) for way in range(5)]
    assert len({result.fill_records.tobytes() for result in found[:4]}) == 1
    fills = found[0].fills
    assert len(fills) == 2 and fills["quantity"].nunique() == 1
    short = found[4].fills.iloc[0]
    assert short["side"] == "sell"
    assert short["quantity"] * short["price"] == pytest.approx(20_000.0, rel=0.02)


@pytest.mark.parametrize("mode", MODES)
def test_a_size_is_said_once(mode: str) -> None:
    with pytest.raises(StrategyError, match="by exactly one of quantity, notional and weight"):
        backtest(Twice(), market(), mode=mode)


class Twice(Strategy):
    """Says a weight and a fraction."""

    def on_bar(self, ctx: Any, bar: Any) -> None:
        ctx.buy(weight=0.5, fraction=0.5)
