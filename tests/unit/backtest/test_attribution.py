"""Several strategies in one account: who did what, and that it adds up."""

from __future__ import annotations

from typing import Any

import pytest

from atlas.backtest.run import backtest
from atlas.kernel.memory.compilation import PLAIN
from atlas.strategy.base import Strategy
from atlas.strategy.shipped import strategy_class
from tests.unit.backtest.samples import market

MODES = ("interpreted",) if PLAIN else ("compiled", "interpreted")
SmaCross: Any = strategy_class("sma_cross")


class Long(Strategy):
    """Buys ten of everything once and keeps them."""

    asked: bool = False

    def on_bar(self, ctx: Any, bar: Any) -> None:
        if not self.asked:
            self.asked = True
            ctx.buy(bar.instrument, 10.0)


class Short(Long):
    """Sells five of everything once."""

    def on_bar(self, ctx: Any, bar: Any) -> None:
        if not self.asked:
            self.asked = True
            ctx.sell(bar.instrument, 5.0)


@pytest.mark.parametrize("mode", MODES)
def test_each_strategy_earns_what_its_own_orders_did(mode: str) -> None:
    data = market("AAA", "BBB")
    both = backtest([Long(), Short()], data, fees=0.001, mode=mode)
    alone = [backtest(strategy, data, fees=0.001, mode=mode) for strategy in (Long(), Short())]
    frame = both.by_strategy
    assert frame["strategy"].tolist() == ["Long", "Short"]
    for place, result in enumerate(alone):
        expected = result.summary.final_equity - 100_000.0
        assert frame["profit"][place] == pytest.approx(expected, abs=1e-6)
        assert frame["fees"][place] == pytest.approx(result.summary.fees_paid, abs=1e-6)
    assert frame["profit"].sum() == pytest.approx(both.summary.final_equity - 100_000.0, abs=1e-6)


def test_symbols_add_up_too() -> None:
    result = backtest([SmaCross(fast=3, slow=9, weight=0.3), Long()], market("AAA", "BBB", "CCC"), fees=0.001)
    assert result.by_symbol["symbol"].tolist() == ["AAA", "BBB", "CCC"]
    total = result.summary.final_equity - 100_000.0
    assert result.by_symbol["profit"].sum() == pytest.approx(total, abs=1e-5)
    for column in ("realized", "unrealized", "fees", "value"):
        assert result.by_symbol[column].sum() == pytest.approx(result.by_strategy[column].sum(), abs=1e-5)


def test_two_of_one_class_are_told_apart() -> None:
    result = backtest([SmaCross(fast=2, slow=5, weight=0.3), SmaCross(fast=4, slow=20, weight=0.3)], market())
    assert result.by_strategy["strategy"].tolist() == ["SmaCross 1", "SmaCross 2"]
    assert result.parameters["SmaCross 1.fast"] == 2
    assert result.parameters["SmaCross 2.fast"] == 4


def test_a_result_of_several_prints_each() -> None:
    shown = repr(backtest([Long(), Short()], market()))
    assert "Profit by strategy" in shown
    assert "Long" in shown and "Short" in shown
    assert "Profit by strategy" not in repr(backtest(Long(), market()))
