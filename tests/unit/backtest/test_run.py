"""`backtest`: what it takes, what it refuses, what it gives back."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import atlas
from atlas.backtest.run import backtest
from atlas.data import load_shipped
from atlas.kernel.exchange.create import FeeRule
from atlas.kernel.memory.compilation import PLAIN
from atlas.kernel.trader.creation import Limits
from atlas.records.errors import ConfigurationError, DataError, StrategyError
from atlas.records.instruments import Instrument
from atlas.strategy.base import Strategy
from tests.unit.backtest.samples import BuyOnce, Counts, Fails, Touch, market, steps

ROOT = Path(__file__).parents[3]
PATHS = {**os.environ, "PYTHONPATH": os.pathsep.join(["src", "."])}


def test_the_room_can_be_called_like_the_function_of_its_name() -> None:
    result = atlas.backtest(BuyOnce(), steps(100.0, 101.0, 102.0))
    assert result.summary.final_equity == 100_020.0
    assert signature(atlas.backtest) == signature(backtest)


SCRIPT = """
import sys, atlas
from tests.unit.backtest.samples import Fails, steps
result = atlas.backtest("sma_cross", "sp500", mode="compiled")
print(result.summary.fingerprint, bool(repr(result)), "numba" in sys.modules)
try:
    atlas.backtest(Fails(), steps(*range(100, 108)), mode="compiled")
except atlas.StrategyError as error:
    print(error)
"""


@pytest.mark.skipif(PLAIN, reason="nothing is compiled in plain mode")
def test_a_run_whose_code_is_in_the_cache_does_not_import_numba() -> None:
    first, second = (
        subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True, env=PATHS)
        for _ in range(2)
    )
    fingerprint, shown, imported = second.stdout.splitlines()[0].split()
    assert (shown, imported) == ("True", "False")
    assert first.stdout.startswith(fingerprint)
    # A failed hook is told alike, though what raises it came from the cache.
    assert "ZeroDivisionError" in second.stdout
    assert first.stdout.splitlines()[1:] == second.stdout.splitlines()[1:]


def test_an_order_fills_at_the_open_of_the_next_bar() -> None:
    result = backtest(BuyOnce(), steps(100.0, 101.0, 103.0), fees=0.001)
    fill = result.fill_records[0]
    assert len(result.fill_records) == 1
    assert fill["price_units"] == 100 * 10**9
    assert fill["fee_money"] == 10**8
    assert result.summary.final_equity == 100_000.0 + 30.0 - 1.0
    assert result.fills["price"].tolist() == [100.0]
    assert result.trades.empty


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cash": -1}, r"cash: must be above 0, not -1"),
        ({"cash": "much"}, r"cash: must be a finite number, not 'much'"),
        ({"cash": float("nan")}, r"cash: must be a finite number, not nan"),
        ({"fees": 2}, r"fees: must be within -1 to 1, not 2"),
        ({"fees": {"taker": 0.1}}, r"fees.taker: unknown key; did you mean 'taker_rate'\?"),
        ({"commission": 0.1}, r"no argument 'commission'; did you mean 'fees'\?"),
        ({"leverag": 2}, r"no argument 'leverag'; did you mean 'leverage'\?"),
        ({"commision": 0.1}, r"no argument 'commision'; did you mean 'fees'\?"),
        ({"volume_share": 1.5}, r"volume_share: must be within 0 to 1, not 1.5"),
        ({"slippage_bps": -1}, r"slippage_bps: must be within 0 to 9999, not -1"),
        ({"leverage": 0}, r"leverage: must be above 0"),
        ({"order_latency_ms": -5}, r"order_latency_ms: must be at least 0, not -5"),
        ({"seed": 1.5}, r"seed: must be a whole number"),
        ({"history": -1}, r"history: must be a whole number"),
        ({"mode": "compiledd"}, r"mode: 'compiledd' is none of .*did you mean 'compiled'\?"),
        ({"on_error": "ignore"}, r"on_error: 'ignore' is none of stop, halt"),
        ({"limits": {"drawdow": 0.1}}, r"limits.drawdow: unknown key; did you mean 'drawdown'\?"),
        ({"limits": {"drawdown": 1.5}}, r"limits.drawdown: must be within 0 to 1"),
        ({"limits": Limits(open_positions=-1)}, r"limits.open_positions: must be a whole number"),
        ({"limits": "conservative"}, r"limits: must be Limits\(...\) or a mapping"),
        ({"rates": {"EUR": 0}}, r"rates\['EUR'\]: must be above 0"),
        ({"start": "yesterday"}, r"ISO dates"),
        ({"timeframe": "7m"}, r"less than|can't be made"),
        ({"timeframe": "1x"}, r"timeframe"),
    ],
)
def test_bad_arguments_are_refused_in_one_line(options: dict[str, Any], message: str) -> None:
    with pytest.raises((ConfigurationError, DataError), match=message) as caught:
        backtest(BuyOnce(), market(), **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("strategy", "message"),
    [
        ([], "there is no strategy"),
        (object(), "derived from atlas.Strategy"),
        (int, "derived from atlas.Strategy"),
    ],
)
def test_what_is_no_strategy_is_refused(strategy: Any, message: str) -> None:
    with pytest.raises(StrategyError, match=message):
        backtest(strategy, market())


def test_an_unknown_shipped_strategy_gets_a_suggestion() -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'sma_cross'"):
        backtest("sma_kross", market())


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="missing.csv"):
        backtest(BuyOnce(), tmp_path / "missing.csv")


def test_a_period_without_bars_is_refused() -> None:
    with pytest.raises(DataError, match="no bar from 1980-01-01 to 1980-12-31"):
        backtest(BuyOnce(), market(), start="1980-01-01", end="1980-12-31")


def test_a_period_includes_both_its_days() -> None:
    result = backtest("sma_cross", load_shipped("sp500"), start="2018-12-03", end=dt.date(2018, 12, 7))
    assert result.summary.bars == 4  # the market was closed on the fifth
    assert result.summary.start == "2018-12-04T00:00:00Z"


def test_every_form_of_the_data_gives_the_same_run(tmp_path: Path) -> None:
    history = market("AAA", "BBB")
    frames = {symbol: history.to_frame(symbol).reset_index() for symbol in history.symbols}
    folder = tmp_path / "bars"
    folder.mkdir()
    for symbol, frame in frames.items():
        frame.to_csv(folder / f"{symbol}.csv", index=False)
        frame.to_parquet(tmp_path / f"{symbol}.parquet")
    together = pd.concat([frame.assign(symbol=symbol) for symbol, frame in frames.items()])
    together.to_csv(tmp_path / "together.csv", index=False)
    forms: list[Any] = [
        history,
        frames,
        {symbol: pl.from_pandas(frame) for symbol, frame in frames.items()},
        folder,
        str(folder),
        tmp_path / "together.csv",
        together,
        {symbol: tmp_path / f"{symbol}.parquet" for symbol in frames},
        {"BBB": str(folder / "BBB.csv"), "AAA": frames["AAA"]},
    ]
    fingerprints = {backtest(BuyOnce(), form, fees=0.001).fingerprint for form in forms}
    assert len(fingerprints) == 1


def test_symbols_may_be_chosen() -> None:
    result = backtest(BuyOnce(), market("AAA", "BBB", "CCC"), symbols=["AAA", "CCC"])
    assert result.fills["symbol"].tolist() == ["AAA", "CCC"]


def test_shipped_data_goes_by_its_name() -> None:
    result = backtest(BuyOnce(), "nasdaq", end="1999-02-01")
    assert result.history.symbols == ("NASDAQ",)
    assert result.history.note in result.notes


def test_several_strategies_share_one_account() -> None:
    result = backtest([BuyOnce(quantity=2.0), Counts], steps(100.0, 101.0, 102.0))
    assert result.title == "BuyOnce, Counts"
    assert result.fills["strategy"].tolist() == [1]
    assert result.parameters["BuyOnce.quantity"] == 2.0
    assert [line.split(" ")[1] for line in result.log].count("Counts") == 3


def test_state_that_a_strategy_assigns_itself_is_no_parameter() -> None:
    plain = backtest(BuyOnce(), steps(100.0, 101.0))
    assert plain.parameters == {"quantity": 10.0}
    assert "asked" not in plain.configuration
    started = backtest(BuyOnce(asked=True), steps(100.0, 101.0))
    assert started.parameters == {"quantity": 10.0, "asked": True}
    assert "    asked: true\n" in started.configuration
    assert len(plain.fill_records) == 1
    assert len(started.fill_records) == 0


def test_longer_bars_are_made_of_the_data() -> None:
    closes = [100.0 + number for number in range(12)]
    result = backtest(Counts(), steps(*closes), timeframe="4h")
    times = [line[11:13] for line in result.log]
    assert times == ["00", "04", "08", "12"]
    assert result.log[2].endswith("bar 3 closes at 109.00")
    names = {each.name: each.value for each in result.assumptions}
    assert names["Strategy's bars"] == "4h"


def test_a_touch_fills_only_when_asked() -> None:
    bars = steps(100.0, 99.0, 100.0, 101.0)
    assert len(backtest(Touch(), bars).fill_records) == 0
    relaxed = backtest(Touch(), bars, touch_fills=True)
    assert len(relaxed.fill_records) == 1
    assert [each.name for each in relaxed.assumptions if each.relaxed] == ["Touch fills"]


def test_the_volume_cap_splits_an_order_and_may_be_taken_off() -> None:
    bars = steps(100.0, 101.0, 102.0, 103.0, volume=50.0)
    capped = backtest(BuyOnce(quantity=12.0), bars)
    assert capped.fills["quantity"].tolist() == [5.0, 5.0, 2.0]
    for share in (None, 0):
        free = backtest(BuyOnce(quantity=12.0), bars, volume_share=share)
        assert free.fills["quantity"].tolist() == [12.0]
        assert [each.name for each in free.assumptions if each.relaxed] == ["Volume cap off"]


def test_absent_volume_is_a_named_relaxation() -> None:
    result = backtest(BuyOnce(), steps(100.0, 101.0, volume=None))
    relaxed = {each.name: each.value for each in result.assumptions if each.relaxed}
    assert relaxed == {"No volume in the data": "no cap for AAA"}


def test_slippage_moves_the_price_against_the_order() -> None:
    result = backtest(BuyOnce(), steps(100.0, 101.0, 102.0), slippage_bps=10)
    assert result.fills["price"].tolist() == [100.1]


def test_fee_rules_of_several_parts() -> None:
    bars = steps(100.0, 101.0, 102.0)
    for fees in ({"per_unit": 0.01, "minimum": 1.0}, FeeRule(per_unit=0.01, minimum=1.0)):
        result = backtest(BuyOnce(), bars, fees=fees)
        assert result.fills["fee"].tolist() == [1.0]
        assert "0.01 USD a unit, 1 USD at least" in {each.value for each in result.assumptions}


def test_buying_power_is_the_only_limit_by_default() -> None:
    bars = steps(100.0, 101.0, 102.0)
    refused = backtest(BuyOnce(quantity=1_500.0), bars)
    assert refused.orders["reject_reason"].dropna().tolist() == ["risk_buying_power"]
    assert len(backtest(BuyOnce(quantity=1_500.0), bars, leverage=2.0).fill_records) == 1


@pytest.mark.parametrize("limits", [{"order_quantity": 5.0}, Limits(order_quantity=5.0)])
def test_limits_hold(limits: Any) -> None:
    result = backtest(BuyOnce(), steps(100.0, 101.0, 102.0), limits=limits)
    assert result.orders["reject_reason"].dropna().tolist() == ["risk_order_size"]
    assert "order quantity 5" in {each.value for each in result.assumptions}


def test_a_second_currency_needs_a_rate() -> None:
    instruments = [Instrument("AAA", currency="EUR")]
    frame = market().to_frame("AAA").reset_index()
    with pytest.raises(ConfigurationError, match="no conversion rate from EUR to USD"):
        backtest(BuyOnce(), {"AAA": frame}, instruments=instruments, currency="USD")
    result = backtest(BuyOnce(), {"AAA": frame}, instruments=instruments, currency="USD", rates={"EUR": 1.1})
    assert result.currency == "USD"
    assert "1 EUR = 1.1 USD" in {each.value for each in result.assumptions}
    assert backtest(BuyOnce(), {"AAA": frame}, instruments=instruments).currency == "EUR"


def test_a_failing_hook_is_raised_with_its_line() -> None:
    with pytest.raises(StrategyError, match=r"ZeroDivisionError: division by zero") as caught:
        backtest(Fails(), market())
    assert caught.value.line > 0
    assert caught.value.hook == "on_bar"


def test_a_failing_strategy_may_be_halted_alone() -> None:
    result = backtest([Fails(), Counts()], market(bars=20), on_error="halt")
    assert [failure.strategy for failure in result.failures] == ["Fails"]
    assert len(result.log) == 20
    assert any("division by zero" in note for note in result.notes)


class Ruined(Strategy):
    """Buys on borrowed cash, and rests an order that only a later rise would fill."""

    asked: bool = False

    def on_bar(self, ctx: Any, bar: Any) -> None:
        if not self.asked:
            self.asked = True
            ctx.buy(bar.instrument, 1_900.0)
            ctx.sell(bar.instrument, 5.0, limit=120.0)


def test_a_run_ended_by_negative_equity_fills_nothing_afterwards() -> None:
    result = backtest(Ruined(), steps(100.0, 100.0, 40.0, 60.0, 130.0, 131.0), leverage=2.0)
    assert result.stopped_reason == "equity fell below zero"
    assert result.fills["quantity"].tolist() == [1_900.0]
    assert result.orders["to_state"].tolist()[-1] == "expired"
    assert result.equity["time"].tolist()[-1] == pd.Timestamp(int(result.seen_bars["venue_time_ns"][-1]), tz="UTC")
    assert result.equity["equity"].tolist()[-1] == -14_000.0


def test_both_modes_give_the_same_fingerprint() -> None:
    bars = market("AAA", "BBB", bars=120)
    first = backtest("sma_cross", bars, fees=0.001, mode="auto")
    second = backtest("sma_cross", bars, fees=0.001, mode="interpreted")
    assert len(first.fill_records) > 0
    assert first.fingerprint == second.fingerprint


def test_the_order_of_symbols_changes_nothing() -> None:
    history = market("AAA", "BBB", "CCC")
    frames = {symbol: history.to_frame(symbol).reset_index() for symbol in ("CCC", "AAA", "BBB")}
    assert backtest(BuyOnce(), frames).fingerprint == backtest(BuyOnce(), history).fingerprint


def test_latency_makes_an_order_miss_the_open() -> None:
    bars = steps(100.0, 101.0, 102.0, 103.0)
    late = backtest(BuyOnce(), bars, order_latency_ms=1.0)
    assert late.fills["price_rule"].tolist() == ["close"]
    assert "orders 1 ms, reports 0 ms" in {each.value for each in late.assumptions}


def test_a_log_line_says_when_who_and_what() -> None:
    result = backtest(BuyOnce(), steps(100.0, 101.0, 102.0))
    assert len(result.log) == 1
    assert result.log[0].endswith("Z BuyOnce AAA: bought 10.0 at 100.00")


def test_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    backtest(BuyOnce(), market(bars=50), progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (50, 50)


def test_the_result_prints_as_a_table() -> None:
    result = backtest(BuyOnce(), steps(100.0, 101.0, 102.0))
    assert repr(result).startswith("BuyOnce on AAA: 3 bars of 1h\n")
    assert "Final equity" in repr(result)
    assert "<table" in result._repr_html_()


def test_frames_have_a_row_a_record() -> None:
    result = backtest("sma_cross", "sp500", fees=0.001, end="2001-01-01")
    assert len(result.fills) == len(result.fill_records) > 0
    assert len(result.orders) == len(result.order_records) > 0
    assert len(result.equity) == len(result.equity_records) == result.summary.bars
    assert len(result.trades) == result.summary.total_trades > 0
    assert np.isclose(result.equity["equity"].iloc[-1], result.summary.final_equity)


def test_refused_orders_are_told_of() -> None:
    refused = backtest(BuyOnce(quantity=1e6), steps(100.0, 101.0, 102.0))
    assert "1 of 1 orders was refused: 1 risk_buying_power." in refused.notes
    assert "1 of 1 orders was refused: 1 risk_buying_power." in repr(refused)
    assert not any("refused" in note for note in backtest(BuyOnce(), steps(100.0, 101.0, 102.0)).notes)


class LooksBack(Strategy):
    """Buys after a bar that closed higher than the one before."""

    def on_bar(self, ctx: Any, bar: Any) -> None:
        if ctx.close_price(ago=1) < bar.close:
            ctx.buy(bar.instrument, 1.0)


def test_looking_back_keeps_its_bars_by_itself_and_nothing_is_said_of_it() -> None:
    by_itself = backtest(LooksBack(), steps(100.0, 101.0, 102.0, 103.0))
    asked_for = backtest(LooksBack(), steps(100.0, 101.0, 102.0, 103.0), history=2)
    assert len(by_itself.fills) == len(asked_for.fills) > 0
    assert by_itself.notes == asked_for.notes == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"touch_fills": "no"}, "touch_fills: must be True or False, not 'no'"),
        ({"close_fills": 1}, "close_fills: must be True or False, not 1"),
        ({"timeframe": 60}, "timeframe: is a text such as '1m', '4h' or '1d', not 60"),
        ({"fractional": "no"}, "fractional: must be True or False, not 'no'"),
        ({"rates": "EURUSD"}, "rates: is a mapping, such as {'EURUSD': 1.08}, not 'EURUSD'"),
        (
            {"dividends": "paid.csv"},
            "dividends: give True, a frame or a series, or one a symbol, not the str 'paid.csv'",
        ),
        ({"universe": [("AAA", "01/02/2020", None)]}, "universe: '01/02/2020' is no date: write 2020-01-31"),
    ],
)
def test_arguments_of_another_kind_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        backtest(BuyOnce(), steps(100.0, 101.0), **arguments)
    assert message in str(caught.value)


def test_one_symbol_may_be_a_text() -> None:
    assert backtest(BuyOnce(), market(bars=20), symbols="AAA").history.symbols == ("AAA",)
