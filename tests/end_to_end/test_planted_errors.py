"""Hooks that fail on purpose, in both modes: the error names its line, the run ends or goes on as configured."""

from __future__ import annotations

import inspect
import math
from dataclasses import replace
from typing import Any

import pytest

from atlas.backtest.engine import BACKTEST_CAPACITIES, Engine, EngineSetup
from atlas.data import generate_bars
from atlas.records.enums import ErrorCode, Hook, OrderState, RejectReason
from atlas.records.errors import StrategyError
from atlas.records.kinds import Kind
from atlas.strategy.base import Strategy
from atlas.strategy.fields import Array

DATA = generate_bars("AAA", 2_000, seed=3)
MODES = ("compiled", "interpreted")


class Failing(Strategy):
    """Buys on the tenth bar and fails on the hundredth; the errors differ."""

    count: int = 0
    kept: Array = Array(4)

    def on_bar(self, ctx: Any, bar: Any) -> None:
        """Count, buy once, fail once."""
        self.count += 1
        if self.count == 10:
            ctx.buy(bar.instrument, 5.0, limit=1.0)
        if self.count == 100:
            self.fail(ctx, bar)

    def fail(self, ctx: Any, bar: Any) -> None:
        """Do nothing; the subclasses do."""
        self.count += 0


class Raises(Failing):
    """Raises an error of its own."""

    def fail(self, ctx: Any, bar: Any) -> None:
        """Raise."""
        raise ValueError("a price nobody wants")


class Divides(Failing):
    """Divides by zero."""

    def fail(self, ctx: Any, bar: Any) -> None:
        """Divide."""
        self.count = 1 // (self.count - 100)


class Reaches(Failing):
    """Indexes out of range."""

    def fail(self, ctx: Any, bar: Any) -> None:
        """Reach too far."""
        self.kept[self.count] = 1.0


class Loops(Failing):
    """Never comes back by itself."""

    def fail(self, ctx: Any, bar: Any) -> None:
        """Loop for ever."""
        while self.count > 0:
            self.count += 1


class OrdersNan(Failing):
    """Orders a quantity that is no number."""

    def fail(self, ctx: Any, bar: Any) -> None:
        """Order it."""
        ctx.buy(bar.instrument, math.nan)


class Orders(Strategy):
    """Orders on every bar what never fills."""

    count: int = 0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        """Place one far limit order."""
        self.count += 1
        ctx.buy(bar.instrument, 1.0, limit=1.0)


class Counts(Strategy):
    """Trades every tenth bar, whatever the others do."""

    count: int = 0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        """Buy and sell in turn."""
        self.count += 1
        if self.count % 20 == 0:
            ctx.sell(bar.instrument, 1.0)
        elif self.count % 10 == 0:
            ctx.buy(bar.instrument, 1.0)


def line_of(strategy: type[Strategy], text: str) -> int:
    lines, first = inspect.getsourcelines(getattr(strategy, "on_bar"))  # noqa: B009
    return first + next(number for number, line in enumerate(lines) if text in line)


CASES = [
    (Raises, "ValueError", "a price nobody wants", ErrorCode.VALUE),
    (Divides, "ZeroDivisionError", "division by zero", ErrorCode.ZERO_DIVISION),
    (Reaches, "IndexError", "index out of range", ErrorCode.INDEX),
    (Loops, "RuntimeError", "10,000,000 turns", ErrorCode.BUDGET),
    (OrdersNan, "ValueError", "NaN or infinite", ErrorCode.NOT_A_NUMBER),
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("strategy", "error", "words", "code"), CASES, ids=[case[0].__name__ for case in CASES])
def test_a_failed_hook_ends_the_run_and_names_its_line(
    strategy: type[Strategy], error: str, words: str, code: ErrorCode, mode: str
) -> None:
    engine = Engine(DATA, [strategy()], EngineSetup(mode=mode))
    with pytest.raises(StrategyError) as caught:
        engine.run()
    assert error in caught.value.message and words in caught.value.message
    assert (caught.value.hook, caught.value.line) == ("on_bar", line_of(strategy, "self.fail(ctx, bar)"))
    assert caught.value.file == __file__
    failed = engine.log.records(Kind.STRATEGY_FAILED)
    assert [(row["hook"], row["error_code"], row["line"]) for row in failed] == [(Hook.ON_BAR, code, caught.value.line)]
    # What was approved before the error stands: one order, acknowledged.
    assert [int(state) for state in engine.log.records(Kind.ORDER_TRANSITION)["to_state"]] == [
        OrderState.PENDING_NEW,
        OrderState.ACKNOWLEDGED,
    ]


@pytest.mark.parametrize("mode", MODES)
def test_a_halted_strategy_loses_its_orders_and_the_others_go_on(mode: str) -> None:
    alone = Engine(DATA, [Counts()], EngineSetup(mode=mode))
    alone.run()
    engine = Engine(DATA, [Raises(), Counts()], EngineSetup(mode=mode, on_error="halt"))
    engine.run()
    assert [failure.error for failure in engine.failures] == ["ValueError"]
    fills, expected = engine.log.records(Kind.FILL), alone.log.records(Kind.FILL)
    names = ["venue_time_ns", "side", "quantity_units", "price_units", "realized_money"]
    assert len(expected) > 100
    assert fills[names].tolist() == expected[names].tolist()
    moves = engine.log.records(Kind.ORDER_TRANSITION)
    halted = moves[moves["strategy"] == 1]
    assert int(halted["to_state"][-1]) == OrderState.CANCELED


@pytest.mark.parametrize("mode", MODES)
def test_a_full_table_refuses_with_its_reason_and_the_run_goes_on(mode: str) -> None:
    small = replace(BACKTEST_CAPACITIES, orders=50)
    engine = Engine(DATA, [Orders()], EngineSetup(mode=mode, capacities=small))
    engine.run()
    moves = engine.log.records(Kind.ORDER_TRANSITION)
    refused = moves[moves["reject_reason"] == RejectReason.CAPACITY_ORDERS]
    assert len(refused) == len(DATA) - 50
    assert int(engine.trader.rows("world")[0]["bar_count"]) == len(DATA)
    assert int(moves["to_state"][-1]) == OrderState.EXPIRED
