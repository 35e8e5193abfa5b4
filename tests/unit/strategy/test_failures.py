"""Errors in hooks arrive with class, message and line, alike in both modes."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from atlas.kernel.indicators import Window
from atlas.records.enums import ErrorCode, Hook
from atlas.strategy.base import Strategy
from atlas.strategy.failures import StrategyFailure, describe_failure
from atlas.strategy.fields import Array, per_instrument
from tests.unit.strategy.desk import Desk


def inverse(value: float) -> float:
    return 1.0 / value


class Raises(Strategy):
    count: int = 0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.count += 1
        if bar.close > 100.5:
            raise ValueError("price too high")  # here


class Divides(Strategy):
    result: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.result = bar.close / (bar.close - 101.0)  # here


class DividesInFunction(Strategy):
    result: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.result = inverse(bar.close - 101.0)  # here


class DividesInMethod(Strategy):
    result: float = 0.0

    def part(self, price: float) -> float:
        return price // (price - 101.0)

    def on_bar(self, ctx: Any, bar: Any) -> None:
        for _ in range(2):
            self.result += self.part(bar.close)  # here


class Modulo(Strategy):
    result: int = 0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.result = 7 % (int(bar.close) - 101)  # here


class WindowTooFar(Strategy):
    closes: Window = Window(4)
    result: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.closes.append(bar.close)
        if len(self.closes) > 1:
            self.result = self.closes[-3]  # here


class ArrayTooFar(Strategy):
    levels: Array = Array(3)
    at: int = 2

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.levels[self.at] = bar.close  # here
        self.at += 1


class TableTooFar(Strategy):
    scope = "universe"
    scores: dict[int, float] = per_instrument(0.0)

    def on_bar(self, ctx: Any, bar: Any) -> None:
        if bar.close > 100.5:
            self.scores[7] = 1.0  # here


class NanQuantity(Strategy):
    def on_bar(self, ctx: Any, bar: Any) -> None:
        if bar.close > 100.5:
            ctx.buy(
                bar.instrument,  # the statement's first line counts
                math.nan,
            )


class NanTarget(Strategy):
    def on_bar(self, ctx: Any, bar: Any) -> None:
        ctx.target_weight(bar.instrument, math.inf if bar.close > 100.5 else 0.0)  # here


class NoSuchInstrument(Strategy):
    def on_bar(self, ctx: Any, bar: Any) -> None:
        ctx.target(99 if bar.close > 100.5 else 1, 1.0)  # here


class TwoSizes(Strategy):
    def on_bar(self, ctx: Any, bar: Any) -> None:
        if bar.close > 100.5:
            ctx.buy(bar.instrument, 1.0, notional=5.0)  # here


class Endless(Strategy):
    count: int = 0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        while bar.close > 100.5:  # here
            self.count += 1


class EndlessRange(Strategy):
    count: int = 0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        if bar.close > 100.5:
            for _ in range(1 << 40):  # here
                self.count += 1


class FailsInCondition(Strategy):
    left: int = 2

    def on_bar(self, ctx: Any, bar: Any) -> None:
        if bar.close < 100.5:
            return
        while 10 // self.left > 0:  # here
            self.left -= 1


class FailsInElif(Strategy):
    result: int = 0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        if bar.close < 100.5:
            self.result = 1
        elif inverse(bar.close - 101.0) > 0.0:  # here
            self.result = 2


class Parent(Strategy):
    result: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.result = inverse(bar.close - 101.0)


class Child(Parent):
    def on_bar(self, ctx: Any, bar: Any) -> None:
        super().on_bar(ctx, bar)  # here


ALL = [
    (Raises, "ValueError", "price too high"),
    (Divides, "ZeroDivisionError", "division by zero"),
    (DividesInFunction, "ZeroDivisionError", "division by zero"),
    (DividesInMethod, "ZeroDivisionError", "division by zero"),
    (Modulo, "ZeroDivisionError", "division by zero"),
    (WindowTooFar, "IndexError", "index out of range"),
    (ArrayTooFar, "IndexError", "index out of range"),
    (TableTooFar, "IndexError", "index out of range"),
    (NanQuantity, "ValueError", "a quantity, price or weight is NaN or infinite"),
    (NanTarget, "ValueError", "a quantity, price or weight is NaN or infinite"),
    (NoSuchInstrument, "ValueError", "no such instrument in this run"),
    (TwoSizes, "ValueError", "say how much by exactly one of quantity, notional and weight"),
    (Endless, "RuntimeError", "a loop ran for more than 10,000,000 turns"),
    (EndlessRange, "RuntimeError", "a loop ran for more than 10,000,000 turns"),
    (FailsInCondition, "ZeroDivisionError", "division by zero"),
    (FailsInElif, "ZeroDivisionError", "division by zero"),
    (Child, "ZeroDivisionError", "division by zero"),
]


def failure_of(strategy: type[Strategy], mode: str, knows_hook: bool) -> tuple[StrategyFailure, bytes]:
    desk = Desk(strategy, mode)
    with pytest.raises((ValueError, ArithmeticError, IndexError, RuntimeError)) as caught:
        desk.bars([100.0, 101.0])
    hook = Hook.ON_BAR if knows_hook else None
    return describe_failure(caught.value, desk.bound.context, desk.definition, hook), desk.state


@pytest.mark.parametrize(("strategy", "error", "message"), ALL, ids=lambda item: getattr(item, "__name__", ""))
def test_both_modes_report_the_same(strategy: type[Strategy], error: str, message: str) -> None:
    compiled, state = failure_of(strategy, "compiled", knows_hook=False)
    interpreted, other_state = failure_of(strategy, "interpreted", knows_hook=True)
    assert compiled == interpreted
    assert state == other_state
    assert (compiled.hook, compiled.strategy) == ("on_bar", strategy.__name__)
    assert (compiled.error, compiled.message, compiled.file) == (error, message, __file__)
    line = Path(__file__).read_text().splitlines()[compiled.line - 1]
    assert "# here" in line or "ctx.buy(" in line
    assert compiled.source_line == line.strip()


def test_a_failure_reads_as_a_sentence() -> None:
    failure, _ = failure_of(Raises, "interpreted", knows_hook=True)
    assert str(failure).startswith("Raises.on_bar failed at test_failures.py:")
    assert "ValueError: price too high" in str(failure)


@pytest.mark.parametrize(
    ("strategy", "code"),
    [
        (Raises, ErrorCode.VALUE),
        (Divides, ErrorCode.ZERO_DIVISION),
        (WindowTooFar, ErrorCode.INDEX),
        (NanTarget, ErrorCode.NOT_A_NUMBER),
        (Endless, ErrorCode.BUDGET),
    ],
)
def test_a_failure_has_the_code_of_its_class(strategy: type[Strategy], code: ErrorCode) -> None:
    assert failure_of(strategy, "auto", knows_hook=True)[0].code == code
