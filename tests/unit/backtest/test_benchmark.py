"""What a run is measured against: the default, and everything a user may name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from atlas.backtest.run import backtest
from atlas.data import load_bars
from atlas.records.errors import ConfigurationError, DataError
from atlas.records.instruments import Instrument
from tests.unit.backtest.samples import BuyOnce, market, steps


def test_the_default_buys_and_holds_the_only_symbol() -> None:
    result = backtest(BuyOnce(), steps(100.0, 110.0, 120.0, 90.0))
    assert result.summary.benchmark == "buy and hold AAA"
    assert result.summary.benchmark_return == pytest.approx(-0.1)
    assert result.benchmark is not None
    assert result.equity["benchmark"].iloc[-1] == pytest.approx(90_000.0)
    assert len(result.benchmark.curve.equity) == len(result.equity_line.equity)


def test_several_symbols_are_held_in_equal_parts() -> None:
    bars = market("AAA", "BBB", bars=40)
    result = backtest(BuyOnce(), bars)
    closes = [bars.to_frame(symbol)["close"] for symbol in bars.symbols]
    expected = np.mean([column.iloc[-1] / column.iloc[0] for column in closes]) - 1.0
    assert result.summary.benchmark == "hold AAA, BBB in equal parts"
    assert result.summary.benchmark_return == pytest.approx(float(expected))


@pytest.mark.parametrize("given", [False, "none", "None"])
def test_it_may_be_left_out(given: Any) -> None:
    result = backtest(BuyOnce(), steps(100.0, 110.0), benchmark=given)
    assert result.benchmark is None
    assert result.summary.benchmark is None
    assert result.summary.beta is None
    assert "benchmark" not in result.equity.columns


def test_every_form_of_the_same_prices_gives_the_same_figures(tmp_path: Path) -> None:
    bars, other = market("AAA", "BBB", bars=60), market("IDX", bars=60, seed=9)
    frame = other.to_frame("IDX").reset_index()
    frame.to_csv(tmp_path / "IDX.csv", index=False)
    series = other.to_frame("IDX")["close"]
    forms: list[Any] = [other, frame, tmp_path / "IDX.csv", str(tmp_path / "IDX.csv"), series, series.tz_localize(None)]
    runs = [backtest(BuyOnce(), bars, benchmark=form).summary for form in forms]
    assert len({run.fingerprint for run in runs}) == 1
    assert len({(run.benchmark_return, run.beta, run.information_ratio) for run in runs}) == 1
    closes = series.to_numpy()
    assert runs[0].benchmark_return == pytest.approx(float(closes[-1] / closes[0] - 1.0))
    assert runs[4].benchmark == "benchmark"
    assert backtest(BuyOnce(), bars, benchmark=series.rename("Index")).summary.benchmark == "Index"


def test_one_of_the_symbols_may_be_named() -> None:
    bars = market("AAA", "BBB", bars=40)
    result = backtest(BuyOnce(), bars, benchmark="BBB")
    closes = bars.to_frame("BBB")["close"]
    assert result.summary.benchmark == "buy and hold BBB"
    assert result.summary.benchmark_return == pytest.approx(float(closes.iloc[-1] / closes.iloc[0] - 1.0))


def test_shipped_data_may_be_named() -> None:
    result = backtest(BuyOnce(), "nasdaq", end="1999-06-30", benchmark="sp500")
    assert result.summary.benchmark == "buy and hold SP500"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("AAB", r"benchmark: 'AAB' is no symbol of the data, .*did you mean 'AAA'\?"),
        (pd.Series([1.0, 2.0]), "benchmark: a Series of prices has times in its index"),
        (pd.Series([], dtype=float), "benchmark: a Series of prices has times"),
        ({"time": ["2020-01-01"], "price": [1.0]}, "benchmark: "),
        (7, "benchmark: "),
    ],
)
def test_what_is_none_of_these_is_refused(given: Any, message: str) -> None:
    with pytest.raises((ConfigurationError, DataError), match=message):
        backtest(BuyOnce(), market("AAA"), benchmark=given)


def test_the_risk_free_rate_moves_the_ratios() -> None:
    bars = market("AAA", bars=200)
    free, charged = (backtest(BuyOnce(), bars, risk_free_rate=rate).summary for rate in (0.0, 0.05))
    assert free.sharpe is not None
    assert charged.sharpe is not None
    assert charged.sharpe < free.sharpe
    assert charged.risk_free_rate == 0.05
    assert charged.sharpe_at_two_percent == free.sharpe_at_two_percent
    assert charged.fingerprint == free.fingerprint
    with pytest.raises(ConfigurationError, match="risk_free_rate: must be within"):
        backtest(BuyOnce(), bars, risk_free_rate=5.0)


def test_trades_are_in_the_currency_of_the_account() -> None:
    frame = market("AAA", bars=200).to_frame("AAA").reset_index()
    options: dict[str, Any] = {"instruments": [Instrument("AAA", currency="EUR")], "fees": 0.001}
    own = backtest("sma_cross", {"AAA": frame}, cash=100_000.0, **options)
    other = backtest("sma_cross", {"AAA": frame}, cash=110_000.0, currency="USD", rates={"EUR": 1.1}, **options)
    assert own.summary.total_trades == other.summary.total_trades > 0
    for name in ("expectancy", "fees_paid", "traded_value", "average_win", "best_trade"):
        assert other.summary[name] == pytest.approx(1.1 * float(own.summary[name] or 0.0), rel=1e-6)
    assert other.trades["mae"].tolist() == pytest.approx((1.1 * own.trades["mae"]).tolist(), rel=1e-6)
    assert other.summary.profit_factor == pytest.approx(own.summary.profit_factor, rel=1e-6)


def test_trades_say_how_far_they_went_and_why_they_began_and_ended() -> None:
    trades = backtest("sma_cross", "sp500", fees=0.001, end="2003-12-31").trades
    assert (trades["mae"] <= trades["gross"].clip(upper=0.0) + 1e-6).all()
    assert (trades["mfe"] >= trades["gross"].clip(lower=0.0) - 1e-6).all()
    assert set(trades["entry_reason"]) == {"market at the open"}
    assert trades["shortfall"].notna().all()


def test_bars_without_prices_hold_nothing() -> None:
    prices = {key: [-1.0, -1.0] for key in ("open", "high", "low", "close")}
    empty = load_bars({"time": [1_704_067_200, 1_704_153_600], **prices}, symbol="X")
    assert backtest(BuyOnce(), market("AAA"), benchmark=empty).benchmark is None
