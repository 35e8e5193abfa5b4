"""How far hooks look back is found in their text, or asked for; never is a bar silently missing."""

from __future__ import annotations

import math
from typing import Any

import pytest

from atlas.backtest.run import backtest
from atlas.kernel.memory.compilation import PLAIN
from atlas.kernel.trader.views import HistoryField
from atlas.records.errors import StrategyError
from atlas.research import optimize
from atlas.strategy.base import Strategy
from atlas.strategy.definition import definition_of
from atlas.strategy.looking_back import kept_bars
from tests.unit.backtest.samples import market

MODES = ("interpreted",) if PLAIN else ("compiled", "interpreted")
FAR = 7


class Before(Strategy):
    """Logs the close of the bar before."""

    def on_bar(self, ctx: Any, bar: Any) -> None:
        ctx.log("{}", ctx.close_price(ago=1))


class ByField(Strategy):
    """Looks as far as a parameter says, by way of a local name."""

    lookback: int = 5

    def on_bar(self, ctx: Any, bar: Any) -> None:
        back = self.lookback - 1
        ctx.log("{}", ctx.history(HistoryField.CLOSE, back))


class InLoops(Strategy):
    """Looks back over ranges, in a method, and with a global."""

    length: int = 4
    WIDER = 3

    def highest(self, ctx: Any) -> Any:
        return max([ctx.high_price(ago=2 * i + 1) for i in range(self.WIDER)])

    def on_bar(self, ctx: Any, bar: Any) -> None:
        total = 0.0
        for ago in range(1, self.length + 1):
            total += ctx.close_price(None, ago)
        for ago_down in range(FAR, -1, -1):
            total += ctx.volume(ago=min(ago_down, 100) // 1)
        ctx.log("{}", total + self.highest(ctx) - ctx.low_price())


def beyond(ctx: Any, ago: int) -> float:
    """Look as far back as it is told."""
    return float(ctx.close_price(ago=ago))


class Told(Strategy):
    """Calls a function that is told how far."""

    def on_bar(self, ctx: Any, bar: Any) -> None:
        ctx.log("{}", beyond(ctx, 3))


class Growing(Strategy):
    """Looks back by a field that grows."""

    seen: int = 0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.seen += 1
        ctx.log("{}", ctx.close_price(ago=self.seen // 2))


class Last(Strategy):
    """Asks for the last finished bar."""

    def on_bar(self, ctx: Any, bar: Any) -> None:
        ctx.log("{}", ctx.close_price() - bar.close)


class OpenOne(Strategy):
    """Any Python: what it asks for is only known when it asks."""

    open = True

    def on_bar(self, ctx: Any, bar: Any) -> None:
        ctx.log("{}", ctx.close_price(ago=2))


def logged(strategy: Any, **options: Any) -> list[float]:
    result = backtest(strategy, market(bars=20), **options)
    return [float(line.rpartition(": ")[2]) for line in result.log]


@pytest.mark.parametrize(
    ("strategy", "kept"),
    [(Before, 2), (ByField, 5), (ByField(lookback=9), 9), (InLoops, 8), (InLoops(length=30), 31), (Last, 1)],
)
def test_as_many_bars_are_kept_as_the_text_shows(strategy: Any, kept: int) -> None:
    assert kept_bars([definition_of(strategy), definition_of(Last())], None) == kept


@pytest.mark.parametrize("mode", MODES)
def test_a_look_back_needs_nothing_said(mode: str) -> None:
    closes = market(bars=20).to_frame()["close"].tolist()
    found = logged(Before(), mode=mode)
    assert math.isnan(found[0]) and found[1:] == pytest.approx(closes[:-1])
    assert logged(ByField(), mode=mode)[4:] == pytest.approx(closes[:-4])
    assert logged(Last(), mode=mode) == [0.0] * 20


@pytest.mark.parametrize("mode", MODES)
def test_history_counts_the_bars_before_the_last(mode: str) -> None:
    assert not math.isnan(logged(Before(), mode=mode, history=1)[-1])
    assert not math.isnan(logged(Told(), mode=mode, history=3)[-1])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("strategy", "history", "message"),
    [
        (Before(), 0, r"ctx.close_price looks 1 bars back, and history=0 keeps none: say history=1, or leave it out"),
        (ByField(lookback=9), 5, r"ctx.history looks 8 bars back, and history=5 keeps 5: say history=8"),
        (Told(), None, r"beyond .*how far ctx.close_price\(ago=...\) looks back can't be told.*pass history=N"),
        (Growing(), None, r"can't be told from its text: pass history=N to backtest\(\), or write history: N in the"),
    ],
)
def test_a_look_back_beyond_what_is_kept_is_refused(mode: str, strategy: Any, history: Any, message: str) -> None:
    with pytest.raises(StrategyError, match=message) as caught:
        logged(strategy, mode=mode, history=history)
    assert caught.value.file.endswith("test_looking_back.py") and caught.value.line > 0


def test_an_open_strategy_is_told_when_it_asks() -> None:
    with pytest.raises(StrategyError, match=r"looks 2 bars back, and none are kept: pass history=2 to backtest"):
        logged(OpenOne())
    with pytest.raises(StrategyError, match=r"looks 2 bars back, and 1 are kept"):
        logged(OpenOne(), history=1)
    assert not math.isnan(logged(OpenOne(), history=2)[-1])


def test_each_point_of_a_search_keeps_what_it_needs() -> None:
    found = optimize(ByField, market(bars=20), lookback=[2, 6, 12], maximize=lambda result: len(result.log), threads=1)
    assert set(found.table["lookback"]) == {2, 6, 12}
    assert not found.table.isna()["lookback"].any()
