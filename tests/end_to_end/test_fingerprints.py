"""The same events give the same state: every way of running a backtest ends at one fingerprint."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from atlas.backtest.engine import BACKTEST_CAPACITIES, Engine, EngineSetup
from atlas.data import BarHistory, generate_bars, load_bars, load_shipped
from atlas.kernel.exchange.create import FeeRule
from atlas.kernel.memory.fingerprint import explain_difference, fingerprint
from atlas.kernel.trader.creation import AccountSetup
from atlas.records.kinds import Kind
from atlas.strategy.base import Strategy
from atlas.strategy.shipped import make_strategy

SHIPPED = ("sma_cross", "ema_trend", "rsi_thresholds", "donchian_breakout", "cross_sectional_momentum")
ROOT = pathlib.Path(__file__).resolve().parents[2]
SETUP = EngineSetup(
    accounts=(AccountSetup(initial_cash=1_000_000.0, fee_rate=0.001),),
    fees=FeeRule(taker_rate="0.001", maker_rate="0.001"),
)
SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
from tests.end_to_end.test_fingerprints import run
print(run(sys.argv[2], mode=sys.argv[3]).fingerprint())
"""


class FixedQuantity(Strategy):
    """Holds ten units while the close is above the last one: its orders depend on one instrument alone."""

    last: float = 0.0
    holding: bool = False

    def on_bar(self, ctx: Any, bar: Any) -> None:
        """Buy on a rise, sell on a fall."""
        above = bar.close > self.last
        self.last = bar.close
        if above != self.holding:
            if above:
                ctx.buy(bar.instrument, 10.0)
            else:
                ctx.sell(bar.instrument, 10.0)
            self.holding = above


def history() -> BarHistory:
    return load_shipped(["sp500", "nasdaq"])


def run(name: str, mode: str = "compiled", data: BarHistory | None = None, **changes: Any) -> Engine:
    engine = Engine(data or history(), [make_strategy(name, {})], replace(SETUP, mode=mode, **changes))
    engine.run()
    return engine


@pytest.mark.parametrize("name", SHIPPED)
def test_compiled_and_interpreted_hooks_do_the_same_and_so_does_a_second_run(name: str) -> None:
    first, second, interpreted = run(name), run(name), run(name, mode="interpreted")
    assert len(first.log.records(Kind.FILL)) > 10
    assert first.fingerprint() == second.fingerprint() == interpreted.fingerprint()


@pytest.mark.parametrize("plain", ["0", "1"], ids=["compiled", "plain Python throughout"])
def test_another_process_ends_at_the_same_fingerprint(plain: str) -> None:
    here = run("sma_cross").fingerprint()
    mode = "auto" if plain == "1" else "compiled"
    answer = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(ROOT), "sma_cross", mode],
        env={**os.environ, "ATLAS_PLAIN": plain, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert answer.returncode == 0, answer.stderr[-3000:]
    assert answer.stdout.split() == [here]


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("share", [0.3, 0.77])
def test_a_run_resumed_from_a_snapshot_in_its_middle_ends_like_the_whole(name: str, share: float) -> None:
    data = history()
    whole = run(name, data=data)
    first = Engine(data, [make_strategy(name, {})], replace(SETUP, mode="compiled"))
    first.advance(int(len(data) * share))
    second = Engine(data, [make_strategy(name, {})], replace(SETUP, mode="compiled"))
    second.resume(first.snapshot())
    second.run()
    assert explain_difference(whole.trader, second.trader) == []
    assert fingerprint(whole.trader) == fingerprint(second.trader)
    assert np.array_equal(whole.log.rows, np.concatenate([first.log.rows, second.log.rows]))


def test_the_order_in_which_symbols_are_given_changes_nothing() -> None:
    frames = {symbol: history().to_frame(symbol) for symbol in history().symbols}
    there, back = load_bars(frames), load_bars(dict(reversed(list(frames.items()))))
    assert run("sma_cross", data=there).fingerprint() == run("sma_cross", data=back).fingerprint()


def test_capacities_do_not_enter_the_fingerprint() -> None:
    doubled = replace(
        BACKTEST_CAPACITIES, **{name: 2 * getattr(BACKTEST_CAPACITIES, name) for name in BACKTEST_CAPACITIES.__slots__}
    )
    assert run("donchian_breakout").fingerprint() == run("donchian_breakout", capacities=doubled).fingerprint()


def trades(engine: Engine, symbol: str) -> list[tuple[Any, ...]]:
    """Give what happened in one instrument, ids left out."""
    number = engine.history.number_of(symbol)
    fills = engine.log.records(Kind.FILL)
    names = ["venue_time_ns", "side", "quantity_units", "price_units", "fee_money", "realized_money", "position_units"]
    return [tuple(fill) for fill in fills[fills["instrument"] == number][names].tolist()]


def test_two_symbols_in_one_run_do_what_each_does_alone() -> None:
    data = generate_bars(["AAA", "BBB"], 5_000, seed=7)

    def alone(names: list[str]) -> Engine:
        engine = Engine(data.select(names), [FixedQuantity()], replace(SETUP, mode="compiled"))
        engine.run()
        return engine

    both = alone(["AAA", "BBB"])
    for symbol in ("AAA", "BBB"):
        mine = trades(alone([symbol]), symbol)
        assert len(mine) > 1_000
        assert trades(both, symbol) == mine
