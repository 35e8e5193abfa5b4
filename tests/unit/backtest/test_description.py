"""What a document can say of a run from Python: all but what is only in memory, and the same run comes of it."""

from __future__ import annotations

from inspect import signature
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from atlas.backtest.documents import load_run, run_document
from atlas.backtest.run import backtest
from atlas.data import GeneratorSettings, generate_bars, load_bars
from atlas.kernel.exchange.create import FeeRule
from atlas.kernel.trader.creation import Limits
from atlas.records.enums import AssetClass
from atlas.records.instruments import Instrument

STRATEGIES = '''"""Strategies in a file, as documents find them."""

from atlas import Bollinger, Strategy


class Bands(Strategy):
    """Holds below the lower band, and rests an order to sell."""

    bands: Bollinger = Bollinger(20, 2.0)
    weight: float = 0.3

    def on_bar(self, ctx, bar):
        self.bands.update(bar.close)
        if not self.bands.ready:
            return
        if bar.close < self.bands.lower and ctx.strategy_position() == 0.0:
            ctx.buy(bar.instrument, weight=self.weight)
        elif ctx.strategy_position() > 0.0 and ctx.working_orders() == 0:
            ctx.sell(bar.instrument, ctx.strategy_position(), limit=bar.close * 1.01)


class Swings(Strategy):
    """Long and short by turns."""

    period: int = 5
    weight: float = 0.2
    seen: int = 0

    def on_bar(self, ctx, bar):
        self.seen += 1
        if self.seen % self.period == 0:
            ctx.target_weight(bar.instrument, self.weight if self.seen % (2 * self.period) == 0 else -self.weight)


class LooksBack(Strategy):
    """Holds while the close is above that of some bars ago."""

    ago: int = 4

    def on_bar(self, ctx, bar):
        before = ctx.close_price(ago=self.ago)
        ctx.target_weight(bar.instrument, 0.2 if bar.close > before else 0.0)


class Fails(Strategy):
    """Buys, and divides by zero at its tenth bar."""

    seen: int = 0
    inverse: float = 0.0

    def on_bar(self, ctx, bar):
        self.seen += 1
        if self.seen == 1:
            ctx.buy(bar.instrument, 1.0)
        self.inverse = 1.0 / (10 - self.seen)
'''
# What only a running Python has: callbacks, arrays, and where outputs go.
IN_MEMORY = {"signals", "weights", "progress", "journal"}
# What is said otherwise, computed another way or measured against something else, is the same run.
SAME_RUN = {"data", "touch_fills", "delisting", "mode", "compile", "benchmark", "risk_free_rate", "reading"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("said")
    (folder / "strategies.py").write_text(STRATEGIES, encoding="utf-8")
    hourly = GeneratorSettings(timeframe="1d", average_volume=5e6)
    bars = generate_bars(("AAA", "BBB"), 120, seed=3, settings=hourly)
    (folder / "bars").mkdir()
    for symbol in bars.symbols:
        frame = bars.to_frame(symbol).reset_index()
        frame["dividends"] = [0.5 if row % 40 == 20 else 0.0 for row in range(len(frame))]
        frame["stock splits"] = [2.0 if row == 60 else 0.0 for row in range(len(frame))]
        frame.to_csv(folder / "bars" / f"{symbol}.csv", index=False)
        frame[:60].to_csv(folder / f"{symbol}_1.csv", index=False)
        frame[60:].to_csv(folder / f"{symbol}_2.csv", index=False)
    (folder / "euro.csv").write_text("date,rate\n2019-12-01,1.10\n2020-02-03,1.15\n2020-04-01,1.08\n", encoding="utf-8")
    (folder / "members.csv").write_text("symbol,from,to\nAAA,2020-02-01,2020-05-01\nBBB,,\n", encoding="utf-8")
    return folder


def strategy(place: Path, name: str, **parameters: Any) -> Any:
    from atlas.backtest.documents import load_class

    return load_class(f"{place / 'strategies.py'}:{name}")(**parameters)


def cases(place: Path) -> dict[str, dict[str, Any]]:
    """A run for each argument of `backtest`: its value is not the default, and makes the run another one."""
    euro = {"AAA": Instrument("AAA", currency="EUR", tick_size="0.05", lot_size=5, asset_class=AssetClass.FUND)}
    mixed = {"instruments": euro, "currency": "USD"}
    return {
        "strategy": {"strategy": [strategy(place, "Swings", period=3), strategy(place, "Bands", bands={"width": 1.0})]},
        "data": {"data": {"AAA": [place / "AAA_1.csv", place / "AAA_2.csv"], "BBB": place / "bars" / "BBB.csv"}},
        "cash": {"cash": 54_321.0},
        "fees": {"fees": {"maker_rate": -0.0001, "taker_rate": 0.0007, "tiers": [(5_000, 0.0001, 0.0003)], "flat": 1}},
        "symbols": {"symbols": ["BBB"]},
        "timeframe": {"timeframe": "2d"},
        "start": {"start": "2020-02-01"},
        "end": {"end": "2020-04-01"},
        "volume_share": {"volume_share": 0.0001},
        "touch_fills": {"touch_fills": True},
        "close_fills": {"close_fills": True},
        "slippage_bps": {"slippage_bps": 12.5},
        "slippage_model": {"slippage_model": "square_root", "impact_factor": 0.1},
        "impact_factor": {"slippage_model": "volume_share", "impact_factor": 100.0},
        "limits": {
            "limits": Limits(order_notional=30_000.0, prevent_self_trade=True, require_buying_power=False, drawdown=0.9)
        },
        "leverage": {"leverage": 3.0, "strategy": strategy(place, "Swings", weight=1.4)},
        "borrow_rate": {"borrow_rate": 0.3},
        "maintenance_margin": {"maintenance_margin": 0.3, "leverage": 2.0},
        "interest_rate": {"interest_rate": 0.3, "leverage": 3.0, "strategy": strategy(place, "Swings", weight=1.4)},
        "dividends": {"dividends": True},
        "splits": {"splits": True},
        "order_latency_ms": {"order_latency_ms": 90_000_000.0 / 2},
        "report_latency_ms": {"report_latency_ms": 90_000_000.0 / 2},
        "currency": {"currency": "EUR", "rates": {"USD": 0.9}, "instruments": [Instrument("AAA")]},
        "rates": {**mixed, "rates": {"EURUSD": place / "euro.csv"}},
        "instruments": {**mixed, "rates": {"EUR": 1.1}, "venue": "XETRA"},
        "universe": {"universe": place / "members.csv"},
        "universe rows": {"universe": [("AAA", "2020-02-01", None), ("BBB", None, "2020-03-01T10:00:00")]},
        "delisting": {"delisting": "hold"},
        "seed": {"seed": 12},
        "mode": {"mode": "interpreted"},
        "compile": {"compile": "require"},
        "on_error": {"strategy": strategy(place, "Fails"), "on_error": "halt"},
        "history": {"strategy": strategy(place, "LooksBack"), "history": 9},
        "benchmark": {"benchmark": "BBB"},
        "risk_free_rate": {"risk_free_rate": 0.04},
        "fractional": {"fractional": False},
        "reading": {"timezone": "America/New_York", "timestamps": "end"},
    }


def test_every_argument_has_a_case(place: Path) -> None:
    missing = set(signature(backtest).parameters) - set(cases(place)) - IN_MEMORY
    assert not missing, f"say these in a document, and add a case, or name them as only in memory: {missing}"


def test_a_run_from_python_repeats_from_what_it_writes(place: Path, tmp_path: Path) -> None:
    base = {"strategy": strategy(place, "Swings"), "data": place / "bars"}
    plain = backtest(**base)
    for name, said in cases(place).items():
        result = backtest(**{**base, **said})
        assert "Not in this document" not in result.configuration, name
        assert (result.fingerprint == plain.fingerprint) == (name in SAME_RUN), name
        (tmp_path / "run.yaml").write_text(result.configuration, encoding="utf-8")
        again = run_document(load_run(tmp_path / "run.yaml"))
        assert again.fingerprint == result.fingerprint, name
        assert again.summary.sharpe == result.summary.sharpe, name
        assert again.summary.benchmark_return == result.summary.benchmark_return, name
        (tmp_path / "again.yaml").write_text(again.configuration, encoding="utf-8")
        assert load_run(tmp_path / "again.yaml") == load_run(tmp_path / "run.yaml"), name


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"rates": {"EURUSD": pd.Series([1.1], index=pd.to_datetime(["2019-01-01"]))}}, "the rates of EURUSD"),
        ({"benchmark": pd.Series([1.0, 2.0], index=pd.to_datetime(["2020-01-02", "2020-01-03"]))}, "the benchmark"),
    ],
)
def test_what_is_only_in_memory_is_named(place: Path, said: dict[str, Any], words: str) -> None:
    result = backtest(strategy(place, "Swings"), place / "bars", **said)
    assert f"# Not in this document: {words}, which came from memory (Series)\n" in result.configuration


def test_frames_in_memory_are_named(place: Path) -> None:
    data = {"AAA": load_bars(place / "bars").to_frame("AAA"), "BBB": place / "bars" / "BBB.csv"}
    result = backtest(strategy(place, "Swings"), data)
    assert "# Not in this document: the data, which came from memory (dict)\n" in result.configuration


def test_the_number_of_a_fee_rule_is_named(place: Path) -> None:
    result = backtest(strategy(place, "Swings"), place / "bars", fees=FeeRule(taker_rate=0.001, number=5))
    assert "# Not in this document: the number 5 by which reports name the fee rule\n" in result.configuration


def test_signals_are_named(place: Path) -> None:
    bars = load_bars(place / "bars" / "AAA.csv")
    signals = (bars.to_frame()["close"] > 100.0).astype(float)
    result = backtest(None, place / "bars" / "AAA.csv", signals=signals)
    assert result.configuration.startswith(
        "# A run that was started from Python.\n# Not in this document: the signals, which came from memory\n"
    )
