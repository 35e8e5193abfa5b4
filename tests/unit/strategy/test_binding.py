"""What binding puts where, open strategies, and that a block may be copied."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atlas.kernel.indicators import SMA, Window
from atlas.kernel.memory.compilation import PLAIN
from atlas.records.enums import Hook
from atlas.records.errors import CapacityError, StrategyError
from atlas.strategy.base import Strategy
from atlas.strategy.binding import bind_strategy
from atlas.strategy.definition import definition_of
from atlas.strategy.fields import per_instrument
from atlas.strategy.shipped import make_strategy
from tests.unit.strategy.desk import FAKES, INSTRUMENTS, Desk, same_notes


class Counter(Strategy):
    average: SMA = SMA(2)
    count: int = 0
    orders: int = 0
    fills: float = 0.0

    def on_start(self, ctx: Any) -> None:
        self.count = 100
        ctx.log("started")

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.count += 1
        self.average.update(bar.close)

    def on_order(self, ctx: Any, order: Any) -> None:
        self.orders += order.state + order.id

    def on_fill(self, ctx: Any, fill: Any) -> None:
        self.fills += fill.quantity * fill.price

    def on_timer(self, ctx: Any, timer: Any) -> None:
        self.count += timer.id

    def on_stop(self, ctx: Any) -> None:
        self.count = -self.count


class OpenDiary(Strategy):
    open = True
    average: SMA = SMA(2)

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        self.seen: list[float] = []

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.seen.append(bar.close)
        self.average.update(bar.close)
        ctx.log(f"seen {len(self.seen)}")
        ctx.target_weight("MSFT", 0.5 if self.average.ready else 0.0)

    def save(self) -> bytes:
        return pickle.dumps(self.seen)

    def load(self, state: bytes, version: int) -> None:
        self.seen = pickle.loads(state)


class NamesSymbol(Strategy):
    def on_bar(self, ctx: Any, bar: Any) -> None:
        ctx.target("AAPLE", 1.0)


@pytest.mark.parametrize("mode", ["compiled", "interpreted"])
def test_each_hook_gets_its_payload(mode: str) -> None:
    desk = Desk(Counter, mode)
    desk.call(Hook.ON_START, 2)
    desk.bars([1.0, 3.0], 2)
    desk.call(Hook.ON_ORDER, 2, id=7, state=3)
    desk.call(Hook.ON_FILL, 2, quantity=2.0, price=5.0)
    desk.call(Hook.ON_TIMER, 2, id=10)
    assert desk.field("count", 2) == 112
    desk.call(Hook.ON_STOP, 2)
    assert desk.field("count", 2) == -112
    assert desk.field("orders", 2) == 10
    assert desk.field("fills", 2) == 10.0
    assert desk.field("average", 2)["value"] == 2.0
    assert desk.field("count", 1) == 0
    assert list(desk.bound.texts.values()) == ["started"]


def test_the_row_of_the_strategy_is_filled_in() -> None:
    desk = Desk(Counter, "interpreted")
    row = desk.block.rows("strategies")[1]
    assert row["mode"] == 1
    assert row["state_count"] == 3
    assert row["state_bytes"] % 64 == 0
    assert row["hooks"] == sum(1 << int(hook) for hook in desk.definition.hooks)
    assert row["context_address"] % 64 == 0


def test_an_unknown_symbol_is_told_at_binding() -> None:
    with pytest.raises(StrategyError, match="no instrument 'AAPLE' in this run — did you mean 'AAPL'") as caught:
        Desk(NamesSymbol, "interpreted")
    assert "AAPLE" in Path(caught.value.file).read_text(encoding="utf-8").splitlines()[caught.value.line - 1]


def test_a_symbol_that_resembles_none_is_told_with_those_there_are() -> None:
    class Faraway(Strategy):
        def on_bar(self, ctx: Any, bar: Any) -> None:
            ctx.buy("ZZZZ", 1)

    with pytest.raises(StrategyError, match="no instrument 'ZZZZ' in this run; there are AAPL"):
        Desk(Faraway, "interpreted")


def test_a_strategy_without_hooks_is_refused() -> None:
    class Idle(Strategy):
        weight: float = 0.5

    with pytest.raises(StrategyError, match=r"Idle: has no hook, so it would never trade: define on_bar"):
        definition_of(Idle())


def test_a_full_arena_is_a_capacity_error() -> None:
    class Large(Strategy):
        closes: Window = Window(100_000)

        def on_bar(self, ctx: Any, bar: Any) -> None:
            self.closes.append(bar.close)

    with pytest.raises(CapacityError, match="the states of Large need"):
        Desk(Large, "interpreted")


def test_an_unknown_mode_gets_a_suggestion() -> None:
    with pytest.raises(StrategyError, match="did you mean 'compiled'"):
        Desk(Counter, "compile")


def test_an_open_strategy_is_any_python() -> None:
    strategy = OpenDiary(average=3)
    desk = Desk(strategy, "auto")
    desk.bars([1.0, 2.0, 3.0], 1)
    desk.bars([5.0], 2)
    assert [len(instance.seen) for instance in desk.bound.instances] == [0, 3, 1]
    assert strategy.seen == []
    targets = [note for note in desk.notes if note[0] == 3]
    assert [(note[1], note[4]) for note in targets] == [(2, 0.0), (2, 0.0), (2, 0.5), (2, 0.0)]
    assert "seen 3" in desk.bound.texts.values()
    saved = desk.bound.save()
    other = Desk(OpenDiary(), "auto")
    other.bound.load(saved, 1)
    assert other.bound.instances[1].seen == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("mode", ["compiled", "interpreted"])
def test_a_copied_block_carries_on_once_bound_again(mode: str) -> None:
    first, second = (Desk(make_strategy("sma_cross", {"fast": 2, "slow": 4}), mode) for _ in range(2))
    closes = [100.0, 101.0, 99.0, 104.0, 98.0, 97.0, 110.0, 90.0]
    first.bars(closes[:5])
    second.block.bytes[:] = first.block.bytes
    second.bound = bind_strategy(second.block, 1, second.definition, mode, INSTRUMENTS, FAKES, restored=True)
    first.bars(closes[5:])
    second.bars(closes[5:])
    assert first.state == second.state
    assert len(first.notes) > 4
    assert same_notes(first, second)


def test_a_restored_state_must_fit() -> None:
    desk = Desk(Counter, "interpreted")
    with pytest.raises(StrategyError, match="its fields need"):
        bind_strategy(
            desk.block, 1, definition_of(make_strategy("breakout")), "auto", INSTRUMENTS, FAKES, restored=True
        )


def test_two_classes_of_one_name_do_not_meet() -> None:
    def make(step: float) -> type[Strategy]:
        class Same(Strategy):
            total: float = 0.0

            def on_bar(self, ctx: Any, bar: Any) -> None:
                self.total += step

        return Same

    desks = [Desk(make(step), "compiled") for step in (1.0, 10.0)]
    for desk in desks:
        desk.bars([100.0, 101.0])
    assert [desk.field("total") for desk in desks] == [2.0, 20.0]
    assert desks[0].definition.code_hash != desks[1].definition.code_hash


def test_lengths_are_no_part_of_the_code() -> None:
    short, long = (definition_of(make_strategy("sma_cross", {"fast": fast})) for fast in (3, 7))
    assert short.code_hash == long.code_hash
    assert short.fingerprint != long.fingerprint
    assert short.parameters() == {"fast": 3, "slow": 30, "weight": 0.95}


def test_undeclared_attributes_are_refused_by_the_interpreted_instance() -> None:
    instance = Desk(Counter, "interpreted").bound.instances[1]
    with pytest.raises(AttributeError):
        instance.anything = 1
    with pytest.raises(TypeError):
        instance.count = 1.5


def test_tables_need_a_universe() -> None:
    class Wrong(Strategy):
        scores: dict[int, float] = per_instrument(0.0)

    with pytest.raises(StrategyError, match='per_instrument needs scope = "universe"'):
        definition_of(Wrong())


SCRIPT = """
import time
from tests.unit.strategy.desk import Desk
from tests.unit.strategy.test_failures import Raises, failure_of
from atlas.strategy.shipped import make_strategy
desk = Desk(make_strategy("sma_cross", {"fast": 2, "slow": 3}), "compiled")
desk.bars([1.0, 2.0, 3.0, 2.0, 1.0])
print(desk.notes, hash(desk.state[:8]) and failure_of(Raises, "compiled", False)[0])
from atlas.strategy.compiler import compile_missing, load_hook
from atlas.strategy.definition import definition_of
from atlas.strategy import compiler
definition = definition_of(make_strategy("ema_trend"))
begin = time.perf_counter()
compiler.compile_hooks(definition)
print(time.perf_counter() - begin)
"""


@pytest.mark.skipif(PLAIN, reason="nothing is compiled in plain mode")
def test_another_process_loads_what_one_compiled(tmp_path: Path) -> None:
    environment = {**os.environ, "ATLAS_CACHE_DIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(["src", "."])}
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", SCRIPT]
    cold, warm = (
        subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=True).stdout.split(
            "\n"
        )
        for _ in range(2)
    )
    assert cold[:-2] == warm[:-2]
    assert float(warm[-2]) < 0.5 * float(cold[-2])


def test_binding_allocates_states_one_behind_the_other() -> None:
    desk = Desk(Counter, "interpreted")
    used = int(desk.block.rows("strategies")[1]["state_offset"]) + 3 * int(
        desk.block.rows("strategies")[1]["state_bytes"]
    )
    second = bind_strategy(desk.block, 1, definition_of(Counter()), "interpreted", ["", "AAPL", "MSFT"], verbs=FAKES)
    assert int(desk.block.rows("strategies")[1]["state_offset"]) >= used
    assert second.instances[1].count == 0


def test_draws_and_notes_agree_over_many_bars() -> None:
    closes = (100.0 + np.cumsum(np.random.default_rng(3).normal(0, 1, 300))).tolist()
    desks = [Desk(make_strategy("breakout"), mode) for mode in ("compiled", "interpreted")]
    for desk in desks:
        desk.bars(closes)
    assert same_notes(*desks)
    assert desks[0].state == desks[1].state
