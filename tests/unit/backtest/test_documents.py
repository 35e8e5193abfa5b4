"""Runs that documents describe."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from atlas.backtest.documents import StrategyCatalogue, load_run, parse_run, run_document, settings_of
from atlas.backtest.run import backtest
from atlas.config import RISK_PRESETS
from atlas.records.errors import ConfigurationError
from atlas.strategy.base import Strategy
from atlas.strategy.shipped import make_strategy, strategy_class, strategy_names
from tests.unit.backtest.samples import market

SHORT: dict[str, Any] = {
    "mode": "backtest",
    "strategy": "sma_cross",
    "parameters": {"fast": 5, "slow": 15},
    "data_source": {"type": "shipped", "path": "sp500"},
    "endDate": "2000-12-31",
    "commission": 0.001,
}
OWN = '''"""A strategy of a user's own."""

from atlas import Strategy


class Holder(Strategy):
    """Holds a share of the equity."""

    weight: float = 0.5

    def on_bar(self, ctx, bar):
        ctx.target_weight(bar.instrument, self.weight)
'''
UNSERVED = ("maxLossPerTrade", "maxConsecutiveLosses", "maxTradesPerDay", "cooldownMinutes", "stopLoss")


def test_a_document_and_the_call_give_the_same_run() -> None:
    by_document = run_document(parse_run(SHORT))
    strategy = make_strategy("sma_cross", {"fast": 5, "slow": 15})
    by_call = backtest(strategy, "sp500", end="2000-12-31", fees=0.001)
    assert len(by_call.fill_records) > 10
    assert by_document.fingerprint == by_call.fingerprint


def test_a_run_from_python_repeats_from_its_document(tmp_path: Path) -> None:
    days = pd.date_range("2024-01-01", periods=60, tz="UTC")
    closes = 100.0 + np.arange(60.0) % 7
    prices = dict.fromkeys(("open", "high", "low", "close"), closes)
    split = np.where(np.arange(60) == 30, 2.0, 0.0)
    frame = pd.DataFrame({"time": days, **prices, "volume": 1e6, "dividends": 0.1, "stock splits": split})
    frame.to_csv(tmp_path / "X.csv", index=False)
    result = backtest(
        make_strategy("sma_cross", {"fast": 2, "slow": 5}),
        tmp_path / "X.csv",
        fractional=False,
        dividends=True,
        splits=True,
        borrow_rate=0.03,
        interest_rate=0.05,
        maintenance_margin=0.3,
        benchmark="sp500",
        risk_free_rate=0.02,
    )
    assert {"dividend"} <= set(result.cash_flows["type"])
    assert (result.fills["quantity"] % 1.0 == 0.0).all()
    (tmp_path / "run.yaml").write_text(result.configuration, encoding="utf-8")
    again = run_document(load_run(tmp_path / "run.yaml"))
    assert again.fingerprint == result.fingerprint
    assert again.settings.maintenance_margin == 0.3
    assert again.summary.sharpe == result.summary.sharpe
    assert again.summary.benchmark_return == result.summary.benchmark_return
    assert len(again.cash_flows) == len(result.cash_flows) > 0


def test_a_backtest_is_the_default_mode_of_its_command() -> None:
    assert parse_run({key: value for key, value in SHORT.items() if key != "mode"}).mode == "backtest"


@pytest.mark.parametrize("mode", ["paper", "live"])
@pytest.mark.parametrize(
    ("limits", "message"),
    [(None, "needs limits"), ({}, "needs limits"), ({"maxDrawdown": 0.2}, "use --set mode=backtest")],
)
def test_other_modes_are_refused(mode: str, limits: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        parse_run({**SHORT, "mode": mode, "riskLimits": limits})


@pytest.mark.parametrize(
    ("changes", "path", "message"),
    [
        ({"strategy": "sma_kross"}, "strategy.type", "did you mean 'sma_cross'"),
        ({"parameters": {"fats": 5}}, "strategy.parameters.fats", "did you mean 'fast'"),
        ({"slippage": {"model": "depth", "impactFactor": 0.1}}, "slippage.model", "not available yet"),
        ({"execution": {"gateway": "alpaca"}}, "execution.gateway", "not available yet"),
        ({"execution": {"latency": "remote"}}, "execution.latency.marketDataMs", "not available yet"),
        ({"execution": {"latency": {"jitterMs": 1}}}, "execution.latency.jitterMs", "not available yet"),
        (
            {"execution": {"latency": {"fillReportMs": 1}}},
            "execution.latency.acknowledgementMs",
            "write the same for both",
        ),
        ({"riskLimits": {"stopLoss": 0.02}}, "riskLimits", "stopLoss: not available yet"),
        ({"riskLimits": {"preset": "conservative"}}, "riskLimits", "the preset 'conservative' asks for maxLossPer"),
        ({"riskLimits": {"ordersPerSecond": 1.5}}, "riskLimits.ordersPerSecond", "must be a whole number"),
        ({"validation": {"monteCarlo": {"enabled": True}}}, "validation.monteCarlo.enabled", "not available yet"),
        ({"data_source": None}, "data_source", "is missing"),
        ({"initialCapitol": 5}, "initialCapitol", "did you mean 'initialCapital'"),
        ({"timeframe": "1h"}, "timeframe", "bars of 1d, not 1h"),
        ({"strategy": "missing.py:Holder", "parameters": {}}, "strategy.type", "no such file"),
    ],
)
def test_what_is_not_served_is_refused_with_its_path(changes: dict[str, Any], path: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        run_document(parse_run({**SHORT, **changes}))
    assert caught.value.path == path
    assert "\n" not in str(caught.value)


def test_a_parameter_of_the_wrong_kind_names_the_field() -> None:
    with pytest.raises(
        ConfigurationError, match="^strategy.parameters: SmaCross: the field 'weight' is float, it can't"
    ):
        run_document(parse_run({**SHORT, "parameters": {"weight": "much"}}))


def test_a_preset_may_be_taken_as_far_as_it_is_served() -> None:
    conservative = RISK_PRESETS["conservative"]
    without = dict.fromkeys([*UNSERVED, "trailingStop", "trailingActivation", "profitTargets"])
    limits = settings_of(parse_run({**SHORT, "riskLimits": {"preset": "conservative", **without}})).limits
    assert limits.exposure == conservative["maxExposure"] == 50_000.0
    assert (limits.orders_per_second, limits.open_positions) == (10, 5)
    assert (limits.daily_loss, limits.drawdown, limits.reducing_drawdown) == (0.05, 0.2, 0.1)
    assert (limits.order_quantity, limits.position_quantity, limits.price_band) == (1_000.0, 10_000.0, 0.05)
    assert (limits.daily_loss_amount, limits.concentration, limits.leverage) == (5_000.0, 0.1, 2.0)


def test_every_setting_arrives() -> None:
    settings = settings_of(
        parse_run(
            {
                **SHORT,
                "initialCapital": "5000",
                "commission": {"percent": "0.07", "perShare": 0.01, "flat": 1, "minimum": 2},
                "slippage": {"fixedBps": 2.5},
                "execution": {
                    "latency": {"orderMs": 1.5, "acknowledgementMs": 2, "fillReportMs": 2},
                    "volumeShare": 0.25,
                    "touchFills": True,
                    "maintenanceMargin": 0.25,
                },
                "riskLimits": {"maxPositionSize": 0.5, "maxLeverage": 3},
                "seed": 7,
            }
        )
    )
    assert (settings.cash, settings.seed, settings.leverage, settings.currency) == (5_000.0, 7, 3.0, "USD")
    assert settings.maintenance_margin == settings.engine_setup(market()).accounts[0].maintenance_margin == 0.25
    assert float(settings.fees.taker_rate) == 0.0007
    assert (settings.fees.per_unit, settings.fees.flat, settings.fees.minimum) == (0.01, 1.0, 2.0)
    assert (settings.slippage_bps, settings.volume_share, settings.touch_fills) == (2.5, 0.25, True)
    assert (settings.order_latency_ns, settings.report_latency_ns) == (1_500_000, 2_000_000)
    assert (settings.limits.position_fraction, settings.limits.leverage) == (0.5, 3.0)


def test_the_cap_may_be_switched_off() -> None:
    assert settings_of(parse_run({**SHORT, "execution": {"volumeCap": False}})).volume_share == 0.0


def test_a_strategy_of_ones_own_is_found_beside_the_document(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(OWN, encoding="utf-8")
    market().to_frame().reset_index().to_csv(tmp_path / "AAA.csv", index=False)
    document = tmp_path / "run.yaml"
    document.write_text("strategy: own.py:Holder\nparameters: {weight: 0.3}\ndata_source: AAA.csv\n", encoding="utf-8")
    run = load_run(document, ["strategy.parameters.weight=0.25", "commission=0.002"])
    assert run.running["strategy"].type == f"{(tmp_path / 'own.py').resolve()}:Holder"
    assert run.running["strategy"].parameters == {"weight": 0.25}
    result = run_document(run)
    assert result.title == "Holder"
    assert len(result.fill_records) == 1
    with pytest.raises(ConfigurationError, match="has no strategy 'Holdr'; did you mean 'Holder'"):
        load_run(document, ["strategy=own.py:Holdr"])
    with pytest.raises(ConfigurationError, match="no such parameter; did you mean 'weight'"):
        load_run(document, ["parameters.wait=1"])


def test_a_file_that_fails_is_named_with_its_error(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("raise RuntimeError('nothing here')\n", encoding="utf-8")
    document = tmp_path / "run.yaml"
    document.write_text("strategy: broken.py:Holder\ndata_source: x.csv\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"broken.py failed in line 1: RuntimeError: nothing here"):
        load_run(document)


OTHERS = """import atlas


class Wants(atlas.Strategy):
    def __init__(self, length):
        self.length = length

    def on_bar(self, ctx, bar):
        ctx.close()


class Plain:
    pass
"""


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("others.py", r"'others.py' names a file alone: name its class too, others.py:Wants"),
        ("absent.py", r"'absent.py' names a file alone: name its class too, absent.py:ClassName"),
        ("others.py:Wants", r"missing 1 required positional argument: 'length'; declare fields instead of __init__"),
        ("others.py:Plain", r"has a class 'Plain' that is no strategy: write class Plain\(atlas.Strategy\)"),
        ("empty.py:Holder", r"has no strategy 'Holder'; it has none: write class ClassName\(atlas.Strategy\)"),
    ],
)
def test_a_file_that_does_not_hold_the_strategy_is_told_how_to_mend(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "others.py").write_text(OTHERS, encoding="utf-8")
    (tmp_path / "empty.py").write_text("x = 1\n", encoding="utf-8")
    document = tmp_path / "run.yaml"
    document.write_text(f"strategy: {name}\ndata_source: x.csv\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=message):
        load_run(document)


def test_a_file_is_no_shipped_strategy() -> None:
    with pytest.raises(ConfigurationError, match=r"'own.py:Holder' is no shipped strategy: import its class"):
        strategy_class("own.py:Holder")


def test_the_catalogue_knows_every_shipped_strategy() -> None:
    catalogue = StrategyCatalogue()
    assert set(catalogue) == set(strategy_names())
    assert len(catalogue) == len(strategy_names())
    assert set(catalogue["sma_cross"]) == {"fast", "slow", "weight"}
    assert all(issubclass(catalogue.find(name), Strategy) for name in catalogue)


def test_a_universe_is_read_from_the_file_beside_the_document(tmp_path: Path) -> None:
    (tmp_path / "members.csv").write_text("symbol,from,to\nSP500,2000-03-01,2000-06-30\n", encoding="utf-8")
    document = tmp_path / "run.yaml"
    text = "strategy: sma_cross\ndata_source: {type: shipped, path: sp500}\nendDate: 2000-12-31\n"
    document.write_text(f"{text}universe: members.csv\ndelisting: hold\n", encoding="utf-8")
    run = load_run(document)
    assert run.universe == str((tmp_path / "members.csv").resolve())
    result = run_document(run)
    assert result.settings.delisting == "hold"
    by_call = backtest("sma_cross", "sp500", end="2000-12-31", universe={"SP500": ("2000-03-01", "2000-06-30")})
    assert np.array_equal(result.fill_records, by_call.fill_records)
    assert "universe:\n- symbol: SP500\n  from: '2000-03-01'\n  to: '2000-06-30'\n" in by_call.configuration
    with pytest.raises(ConfigurationError, match=r"universe: .*absent.csv: No such file"):
        run_document(load_run(document, ["universe=absent.csv"]))
    with pytest.raises(ConfigurationError, match="delisting"):
        load_run(document, ["delisting=sell"])


BESIDE = """import atlas
from sizes import SIZE


class Sized(atlas.Strategy):
    weight: float = SIZE

    def on_bar(self, ctx, bar):
        ctx.target_weight(bar.instrument, self.weight)
"""


def test_a_file_may_import_those_beside_it_and_each_folder_has_its_own(tmp_path: Path) -> None:
    for folder, size in (("one", 0.25), ("two", 0.5)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "own.py").write_text(BESIDE, encoding="utf-8")
        (tmp_path / folder / "sizes.py").write_text(f"SIZE = {size}\n", encoding="utf-8")
        document = tmp_path / folder / "run.yaml"
        document.write_text("strategy: own.py:Sized\ndata_source: {type: shipped, path: sp500}\n", encoding="utf-8")
        section = load_run(document).strategy
        assert section is not None
        assert section.parameters == {"weight": size}
    assert str(tmp_path / "two") not in sys.path
    assert "sizes" not in sys.modules
