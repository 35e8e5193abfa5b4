"""A strategy that asks for anything at random runs the same compiled and interpreted, and every run keeps the books.

What it asks for is drawn by `ctx.random`, which is keyed by the seed alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from atlas.backtest.result import BacktestResult
from atlas.backtest.run import backtest
from atlas.data import GeneratorSettings, generate_bars
from atlas.records.enums import FillFlag, TimeInForce
from atlas.records.kinds import Kind
from atlas.strategy.base import Strategy

MONEY = 10**8
SEEDS = 6


class Anything(Strategy):
    """Draws what to do, and with what, at each bar."""

    last: int = 0
    attached: int = 0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        draw, size, away = ctx.random(), 1.0 + 40.0 * ctx.random(), bar.close * 0.02 * ctx.random()
        if draw < 0.12:
            self.last = ctx.buy(bar.instrument, size, stop_loss=bar.close - away, take_profit=bar.close + away)
        elif draw < 0.24:
            self.last = ctx.bracket(bar.instrument, -size, bar.close + away, bar.close - away)
        elif draw < 0.34:
            self.last = ctx.bracket(bar.instrument, size, bar.close - 3.0 * away, bar.close, limit=bar.close - away)
        elif draw < 0.44:
            up = ctx.buy(bar.instrument, size, stop=bar.close + away)
            ctx.oco(up, ctx.sell(bar.instrument, size + 3.0, stop=bar.close - away))
        elif draw < 0.54:
            near = ctx.sell(bar.instrument, size, limit=bar.close + 0.5 * away)
            ctx.oco(near, ctx.sell(bar.instrument, 20.0, limit=bar.close + away))
        elif draw < 0.60:
            ctx.close(bar.instrument)
        elif draw < 0.62:
            ctx.sell(bar.instrument, size, limit=bar.close + away, reduce_only=True)
        elif draw < 0.64:
            ctx.cancel_all(bar.instrument)
        else:
            self.ask_special(ctx, bar.instrument, bar.close, draw, size, away)

    def ask_special(self, ctx: Any, instrument: int, close: float, draw: float, size: float, away: float) -> None:
        if draw < 0.70:
            ctx.sell(instrument, size, trailing=away + 0.01)
        elif draw < 0.74:
            ctx.buy(instrument, size, trailing_fraction=0.01, time_in_force=TimeInForce.DAY)
        elif draw < 0.80:
            ctx.buy(instrument, size, stop=close + away, limit=close + 1.2 * away)
        elif draw < 0.84:
            ctx.sell(instrument, size, touch=close + away, stop_loss=close + 5.0 * away)
        elif draw < 0.88:
            ctx.buy(instrument, 5.0 * size, time_in_force=TimeInForce.FOK)
        elif draw < 0.92:
            ctx.sell(instrument, size, limit=close, time_in_force=TimeInForce.AT_CLOSE)
        elif draw < 0.94:
            ctx.buy(instrument, size, time_in_force=TimeInForce.AT_OPEN)

    def on_order(self, ctx: Any, order: Any) -> None:
        if order.parent != 0 and order.state == 3 and ctx.random() < 0.2:
            self.attached += 1
            ctx.cancel(order.id)


def run(seed: int, mode: str, cash: float = 20_000.0, **options: Any) -> BacktestResult:
    market = GeneratorSettings(timeframe="30m", average_volume=3_000.0)
    bars = generate_bars(("AAA", "BBB"), 250, seed=seed, settings=market)
    return backtest(Anything(), bars, cash=cash, fees=0.001, seed=seed, mode=mode, **options)


def check_books(result: BacktestResult) -> None:
    """Every step of money is accounted for, and nothing is held for orders that are gone."""
    trader = result._engine.trader
    fills, account = result.fill_records, trader.rows("accounts")[0]
    postings = result._engine.log.records(Kind.CASH_POSTING)
    spent = (fills["side"].astype(np.int64) * fills["notional_money"] + fills["fee_money"]).sum()
    spent -= postings["amount_money"].sum()
    assert int(trader.rows("cash")[0]["balance_money"]) == result.initial_cash_money - int(spent)
    assert int(account["held_money"]) == int(account["working_orders"]) == 0
    for number, row in enumerate(trader.rows("instruments")):
        assert int(row["tied_orders"]) == int(row["live_orders"]) == 0
        mine = fills[fills["instrument"] == number]
        held = int((mine["side"].astype(np.int64) * mine["quantity_units"]).sum())
        position = trader.rows("positions")[number]
        assert int(position["quantity_units"]) == held
        assert [int(position[name]) for name in ("open_buy_units", "open_sell_units", "held_money")] == [0, 0, 0]
    assert len(result._engine.log.records(Kind.QUARANTINED_REPORT)) == 0


@pytest.mark.parametrize("seed", range(SEEDS))
def test_modes_agree_and_books_are_kept(seed: int) -> None:
    options: dict[str, Any] = {"leverage": 3.0, "slippage_bps": 2.0 * (seed % 2)}
    if seed % 2:
        options |= {"borrow_rate": 0.07, "interest_rate": 0.05}
    if seed > 2:
        options |= {"slippage_model": "square_root", "impact_factor": 0.01}
    ways: list[dict[str, Any]] = [{}, {"close_fills": True}, {"order_latency_ms": 60_000.0}]
    options |= ways[seed % 3]
    interpreted, compiled = run(seed, "interpreted", **options), run(seed, "auto", **options)
    check_books(interpreted)
    assert interpreted.fingerprint == compiled.fingerprint
    assert len(interpreted.fill_records) > 50


@pytest.mark.parametrize("seed", range(SEEDS))
def test_so_they_do_where_margin_calls_break_in(seed: int) -> None:
    free = {"require_buying_power": False}
    options: dict[str, Any] = {"cash": 7_000.0, "leverage": 2.9, "maintenance_margin": 0.34, "limits": free}
    ways: list[dict[str, Any]] = [{}, {"close_fills": True}, {"order_latency_ms": 60_000.0}]
    options |= ways[seed % 3]
    interpreted, compiled = run(seed, "interpreted", **options), run(seed, "auto", **options)
    check_books(interpreted)
    assert interpreted.fingerprint == compiled.fingerprint
    assert len(interpreted.margin_calls) > 0
    assert interpreted.fills["margin_call"].any()
    check_calls(interpreted)


def check_calls(result: BacktestResult) -> None:
    """A call never turns a position round, and no order that it did not ask for enlarges one while it stands."""
    fills = result.fill_records
    held: dict[int, int] = {}
    for fill in fills:
        number, change = int(fill["instrument"]), int(fill["side"]) * int(fill["quantity_units"])
        before, after = held.get(number, 0), held.get(number, 0) + change
        held[number] = after
        if int(fill["flags"]) & FillFlag.MARGIN_CALL:
            assert abs(after) < abs(before)
            assert after == 0 or (after > 0) == (before > 0)
