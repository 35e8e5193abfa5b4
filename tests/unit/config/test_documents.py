"""The document of a run: what is read, what is refused, and with which words."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from atlas.config import (
    Registries,
    dump_document,
    end_of,
    load_document,
    parse_document,
    resolve,
    start_of,
    timeframe_ns,
    with_mode,
    write_document,
)
from atlas.records.errors import ConfigurationError

FULL: dict[str, Any] = {
    "id": "first",
    "mode": "backtest",
    "strategy": {"name": "My momentum", "type": "momentum", "parameters": {"fast": 5, "threshold": "0.5"}},
    "symbols": ["AAPL", "MSFT"],
    "startDate": "2020-01-01",
    "endDate": "2020-12-31",
    "timeframe": "1d",
    "initialCapital": "250000.50",
    "currency": "EUR",
    "commission": {"perShare": "0.005", "minimum": 1},
    "slippage": {"model": "volume", "fixedBps": 2, "impactFactor": "0.1"},
    "riskLimits": {"maxPositionSize": 0.2, "maxDrawdown": "0.25", "maxDailyLoss": 0.05, "maxOpenPositions": 4},
    "validation": {
        "walkForward": {"enabled": False, "windowSize": 252, "stepSize": 63},
        "monteCarlo": {"enabled": False, "iterations": 1000, "confidenceLevel": 0.95},
    },
    "execution": {"gateway": "simulated", "latency": {"orderMs": 5}, "volumeShare": 0.2, "touchFills": True},
    "data_source": {"type": "csv", "path": "bars.csv", "timestamps": "end"},
    "seed": 7,
}


def backtest(**keys: Any) -> dict[str, Any]:
    return {"strategy": "momentum", "mode": "backtest", **keys}


def test_every_key_is_read() -> None:
    document = parse_document(FULL)
    assert document.running["strategy"].type == "momentum"
    assert document.running["strategy"].name == "My momentum"
    assert document.running["strategy"].parameters == {"fast": 5, "threshold": 0.5}
    assert document.initial_capital == 250_000.5
    assert document.commission.per_share == 0.005
    assert document.slippage.impact_factor == 0.1
    assert document.risk_limits is not None
    assert document.risk_limits.max_drawdown == 0.25
    assert document.validation.walk_forward.window_size == 252
    assert document.execution.latency.order_ms == 5.0
    assert document.execution.volume_share == 0.2
    assert document.execution.volume_cap
    assert document.execution.touch_fills
    assert document.data_source is not None
    assert document.data_source.timestamps == "end"
    assert document.seed == 7


def snake(value: Any) -> Any:
    if isinstance(value, dict):
        return {"".join(f"_{c.lower()}" if c.isupper() else c for c in key): snake(item) for key, item in value.items()}
    return value


def test_snake_case_says_the_same() -> None:
    assert parse_document(snake(FULL)) == parse_document(FULL)


def test_defaults() -> None:
    document = parse_document(backtest())
    assert (document.initial_capital, document.currency, document.seed) == (100_000.0, "USD", 0)
    assert (document.slippage.model, document.execution.gateway) == ("none", "simulated")
    assert (document.execution.volume_share, document.execution.touch_fills) == (0.1, False)
    assert document.commission.notional_fraction == 0.0
    assert document.risk_limits is None
    assert document.data_source is None


def test_short_forms() -> None:
    document = parse_document(
        {
            "strategy_type": "momentum",
            "parameters": {"fast": "5"},
            "mode": "backtest",
            "symbols": "AAPL, MSFT",
            "commission": "0.001",
            "slippage": {"fixedBps": 3},
            "execution": {"latency": "remote"},
            "data_source": "bars.parquet",
            "risk_limits": "conservative",
        }
    )
    assert (document.running["strategy"].type, document.running["strategy"].name) == ("momentum", "momentum")
    assert document.running["strategy"].parameters == {"fast": 5}
    assert document.symbols == ["AAPL", "MSFT"]
    assert document.commission.notional_fraction == Decimal("0.001")
    assert document.slippage.model == "fixed"
    assert document.execution.latency.order_ms == 40.0
    assert document.data_source is not None
    assert (document.data_source.type, document.data_source.path) == ("file", "bars.parquet")
    assert parse_document(backtest(strategy={"strategy_type": "momentum"})).running["strategy"].name == "momentum"
    assert parse_document(backtest(strategy={"name": "momentum"})).running["strategy"].type == "momentum"
    assert parse_document(backtest(slippage={"impactFactor": 0.1})).slippage.model == "volume"
    assert parse_document(backtest(commission={"percent": 0.1})).commission.notional_fraction == Decimal("0.001")


def test_conservative_preset_has_the_stated_limits() -> None:
    limits = parse_document(backtest(riskLimits={"preset": "conservative", "maxOpenPositions": 2})).risk_limits
    assert limits is not None
    assert (limits.max_order_size, limits.max_position_quantity, limits.max_exposure) == (1_000, 10_000, 50_000)
    assert (limits.max_loss_per_trade, limits.max_daily_loss_amount) == (500, 5_000)
    assert (limits.max_consecutive_losses, limits.max_trades_per_day, limits.cooldown_minutes) == (5, 50, 60)
    assert (limits.price_band, limits.orders_per_second, limits.concentration) == (0.05, 10, 0.1)
    assert (limits.max_leverage, limits.max_daily_loss, limits.max_drawdown) == (2, 0.05, 0.2)
    assert (limits.reduce_drawdown, limits.stop_loss, limits.trailing_stop) == (0.1, 0.02, 0.015)
    assert (limits.trailing_activation, limits.profit_targets) == (0.02, [0.03, 0.05])
    assert limits.max_open_positions == 2


def test_paper_is_the_default_and_needs_limits() -> None:
    document = parse_document({"strategy": "momentum", "riskLimits": {"preset": "conservative"}})
    assert document.mode == "paper"
    for mode in ("paper", "live"):
        with pytest.raises(ConfigurationError, match=rf"riskLimits: a {mode} run needs limits.*conservative"):
            parse_document({"strategy": "momentum", "mode": mode})
        with pytest.raises(ConfigurationError, match="needs limits"):
            parse_document({"strategy": "momentum", "mode": mode, "riskLimits": {}})
    assert parse_document({"strategy": "momentum"}, default_mode="backtest").mode == "backtest"
    with pytest.raises(ConfigurationError, match="never a default"):
        parse_document({"strategy": "momentum"}, default_mode="live")
    with pytest.raises(ConfigurationError, match="a paper run needs limits"):
        with_mode(parse_document(backtest()), "paper")
    assert with_mode(document, "backtest").mode == "backtest"


REFUSED = [
    ("no strategy", {"mode": "backtest"}, "strategy", "is missing"),
    ("empty strategy", {"mode": "backtest", "strategy": {}}, "strategy", "needs a name"),
    ("strategy type", backtest(strategy=3), "strategy", "expected an object, not 3"),
    ("strategy twice", backtest(strategy_type="x"), "strategy_type", "given twice"),
    ("type twice", backtest(strategy={"type": "a", "strategy_type": "b"}), "strategy.strategy_type", "given twice"),
    ("unknown key", backtest(riskLimits={"maxDrawdwn": 1}), "riskLimits.maxDrawdwn", "did you mean 'maxDrawdown'?"),
    ("unknown at top", backtest(comission=0), "comission", "did you mean 'commission'?"),
    ("capitals", backtest(StartDate="2020-01-01"), "StartDate", "did you mean 'startDate'?"),
    ("key twice", backtest(startDate="2020-01-01", start_date="2020-01-02"), "start_date", "given twice"),
    ("not a number", backtest(riskLimits={"maxDrawdown": "much"}), "riskLimits.maxDrawdown", "the text 'much'"),
    ("too large", backtest(riskLimits={"maxDrawdown": "1.5"}), "riskLimits.maxDrawdown", "<= 1.0, not 1.5"),
    ("negative", backtest(initialCapital=-1), "initialCapital", "> 0.0, not -1"),
    ("infinite", backtest(initialCapital=float("inf")), "initialCapital", "finite number, not inf"),
    ("fraction of a count", backtest(seed=1.5), "seed", "whole number, not 1.5"),
    ("boolean for number", backtest(seed=True), "seed", "whole number, not true"),
    ("number for boolean", backtest(execution={"touchFills": 1}), "execution.touchFills", "true or false, not 1"),
    ("YAML's ON", backtest(symbols=[True]), "symbols[0]", "put it in quotes"),
    ("repeated symbol", backtest(symbols=["A", "A"]), "symbols", "A stands twice"),
    ("mode", backtest(mode="bcktest"), "mode", "one of backtest, live, paper"),
    ("no date", backtest(startDate="1/4/1999"), "startDate", "no ISO date"),
    ("order of dates", backtest(startDate="2020-02-01", endDate="2020-01-01"), "endDate", "not after startDate"),
    ("timeframe", backtest(timeframe="1x"), "timeframe", "'1x' is no timeframe"),
    ("months", backtest(timeframe="1M"), "timeframe", "calendar month"),
    ("commission twice", backtest(commission={"fraction": 0.1, "percent": 1}), "commission.percent", "one of the two"),
    ("slippage unused", backtest(slippage={"model": "none", "fixedBps": 1}), "slippage.fixedBps", "model: fixed"),
    ("impact unused", backtest(slippage={"model": "fixed", "impactFactor": 1}), "slippage.impactFactor", "volume"),
    ("slippage later", backtest(slippage={"model": "mev"}), "slippage.model", "not available yet"),
    ("slippage unknown", backtest(slippage={"model": "fixd"}), "slippage.model", "did you mean 'fixed'?"),
    ("gateway later", backtest(execution={"gateway": "alpaca"}), "execution.gateway", "not available yet"),
    ("margin", backtest(execution={"maintenanceMargin": 1}), "execution.maintenanceMargin", "< 1.0, not 1"),
    (
        "initial margin",
        backtest(execution={"maintenanceMargin": 0.5}, riskLimits={"maxLeverage": 2}),
        "execution.maintenanceMargin",
        "1 / riskLimits.maxLeverage = 0.5: what may just be opened would be called at once; lower it or maxLeverage",
    ),
    ("source later", backtest(data_source={"type": "yahoo"}), "data_source.type", "not available yet"),
    (
        "walk-forward",
        backtest(validation={"walkForward": {"enabled": True}}),
        "validation.walkForward.enabled",
        "not available yet",
    ),
    (
        "Monte Carlo",
        backtest(validation={"monte_carlo": {"enabled": True}}),
        "validation.monteCarlo.enabled",
        "not available yet",
    ),
    ("limit preset", backtest(riskLimits="consrvative"), "riskLimits.preset", "did you mean 'conservative'?"),
    ("latency preset", backtest(execution={"latency": "remot"}), "execution.latency", "did you mean 'remote'?"),
    ("list", backtest(commission=[1]), "commission", "expected an object, not a list of 1"),
]


@pytest.mark.parametrize(
    ("mapping", "path", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_refusals_name_path_and_reason(mapping: dict[str, Any], path: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_document(mapping)
    assert caught.value.path == path
    assert words in caught.value.message
    assert str(caught.value).startswith(f"{path}: ")


def test_registries_are_handed_in() -> None:
    registries = Registries(strategies={"momentum": {"fast", "slow"}}, risk_limits=("maxDrawdown",))
    document = parse_document(backtest(parameters={"fast": 3}, riskLimits={"maxDrawdown": 0.1}), registries=registries)
    assert document.running["strategy"].parameters == {"fast": 3}
    for mapping, path, words in (
        (backtest(strategy="momentm"), "strategy.type", "did you mean 'momentum'?"),
        (backtest(parameters={"fats": 3}), "strategy.parameters.fats", "did you mean 'fast'?"),
        (backtest(riskLimits={"maxExposure": 5}), "riskLimits.maxExposure", "not available yet"),
    ):
        with pytest.raises(ConfigurationError) as caught:
            parse_document(mapping, registries=registries)
        assert (caught.value.path, words in caught.value.message) == (path, True)
    served = Registries(walk_forward=True, monte_carlo=True, gateways=("simulated", "alpaca"))
    enabled = backtest(validation={"walkForward": {"enabled": True}}, execution="alpaca")
    assert parse_document(enabled, registries=served).execution.gateway == "alpaca"


@pytest.mark.parametrize(
    "mapping", [FULL, backtest(), backtest(riskLimits="conservative", execution={"latency": "remote"})]
)
@pytest.mark.parametrize("suffix", [".yaml", ".json"])
def test_resolved_document_reads_back_equal(tmp_path: Path, mapping: dict[str, Any], suffix: str) -> None:
    document = parse_document(mapping)
    assert parse_document(resolve(document)) == document
    path = tmp_path / f"run{suffix}"
    write_document(document, path)
    assert load_document(path) == document
    assert resolve(load_document(path)) == resolve(document)


def test_load_document_reads_yaml_and_applies_overrides(tmp_path: Path) -> None:
    (tmp_path / "bars.csv").write_text("x")
    path = tmp_path / "run.yaml"
    path.write_text(
        "strategy: {name: momentum, parameters: {fast: 5}}\nmode: backtest\nstartDate: 2020-01-01\n"
        "initialCapital: 1e6\ndata_source: bars.csv\n"
    )
    document = load_document(path, overrides=["strategy.parameters.fast=7", "seed=3"])
    assert document.running["strategy"].parameters == {"fast": 7}
    assert (document.start_date, document.initial_capital, document.seed) == ("2020-01-01", 1e6, 3)
    assert document.data_source is not None
    assert document.data_source.path == str((tmp_path / "bars.csv").resolve())


def test_yaml_dump_is_in_document_order() -> None:
    assert dump_document(parse_document(FULL)).splitlines()[0] == "strategy:"


def test_periods_include_both_days() -> None:
    assert start_of("2020-01-01") == 1_577_836_800_000_000_000
    assert end_of("2020-01-01") == 1_577_923_200_000_000_000
    assert start_of("2020-01-01T05:30:00+05:30") == end_of("2020-01-01T00:00:00Z") == start_of("2020-01-01")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("1m", 60), ("5min", 300), ("1Minute", 60), ("4h", 14_400), ("2 hours", 7_200), ("1d", 86_400)],
)
def test_timeframes(text: str, seconds: int) -> None:
    assert timeframe_ns(text) == seconds * 1_000_000_000


def test_several_strategies_stand_in_a_list() -> None:
    several = [{"type": "sma_cross", "name": "Fast", "parameters": {"fast": "5"}}, "momentum"]
    document = parse_document({"mode": "backtest", "strategies": several})
    assert document.strategy is None
    assert [section.type for section in document.running.values()] == ["sma_cross", "momentum"]
    assert [section.name for section in document.running.values()] == ["Fast", "momentum"]
    assert document.strategies[0].parameters == {"fast": 5}
    assert parse_document(resolve(document)) == document
    assert parse_document({"mode": "backtest", "strategies": "sma_cross, momentum"}).strategies[1].type == "momentum"


@pytest.mark.parametrize(
    ("keys", "path", "message"),
    [
        ({"strategy": "x", "strategies": ["y"]}, "strategy", "stands beside strategies: write one strategy under"),
        ({"parameters": {"a": 1}, "strategies": ["y"]}, "parameters", "stands beside strategies"),
        ({"strategies": []}, "strategy", "is missing and has no default: add it"),
        ({"strategies": ["x", {"parameters": {}}]}, "strategies[1]", "a strategy needs a name"),
        ({"strategies": ["x", {"type": "y", "parametres": {}}]}, "strategies[1].parametres", "did you mean"),
        ({"strategies": {"type": "x"}}, "strategies", "expected a list, not an object"),
        ({"strategies": [5]}, "strategies[0]", "expected an object, not 5"),
        ({"strategy": "x", "instruments": {"A": {"tickSiz": 1}}}, "instruments.A.tickSiz", "did you mean 'tickSize'"),
        (
            {"strategy": "x", "instruments": {"A": {"tickSize": -1}}},
            "instruments.A.tickSize",
            "expected a number >= 0.0, not -1",
        ),
        ({"strategy": "x", "instruments": ["A"]}, "instruments", "expected an object"),
        ({"strategy": "x", "rates": {"A": 1, "EURUSD": 0}}, "rates.EURUSD", "expected a number > 0.0, not 0"),
        ({"strategy": "x", "data_source": {"files": {"A": 5}}}, "data_source.files.A", "expected"),
        ({"strategy": "x", "rates": {"EURUSD": ""}}, "rates.EURUSD", "is a number above 0, a file, or a symbol"),
        ({"strategy": "x", "leverage": 0}, "leverage", "expected a number > 0"),
        ({"strategy": "x", "history": -1}, "history", "expected a whole number >= 0"),
        ({"strategy": "x", "data_source": {"path": "a", "files": ["b"]}}, "data_source.files", "give one of the two"),
        ({"strategy": "x", "universe": [{"symbl": "A"}]}, "universe[0].symbl", "did you mean 'symbol'"),
    ],
)
def test_what_is_wrong_with_lists_and_names_is_told_with_its_path(
    keys: dict[str, Any], path: str, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        parse_document({"mode": "backtest", **keys})
    assert caught.value.path.startswith(path)


def test_sections_by_name_and_rates_are_read() -> None:
    document = parse_document(
        backtest(
            instruments={"SAP": {"currency": "EUR", "tick_size": "0.05"}, "SONY": "JPY"},
            rates={"EURUSD": "1.1", "JPY": "yen.csv"},
            universe="members.csv",
        )
    )
    assert (document.instruments["SAP"].tick_size, document.instruments["SONY"].currency) == (0.05, "JPY")
    assert document.rates == {"EURUSD": 1.1, "JPY": "yen.csv"}
    assert document.universe == "members.csv"
    rows = parse_document(backtest(universe=[{"symbol": "A", "from": "2020-01-02"}])).universe
    assert not isinstance(rows, str) and rows is not None
    assert (rows[0].symbol, rows[0].from_, rows[0].to) == ("A", "2020-01-02", None)


@pytest.mark.parametrize(
    ("keys", "path", "meant"),
    [
        ({"cash": 5}, "cash", "initialCapital"),
        ({"fees": 0.001}, "fees", "commission"),
        ({"limits": {}}, "limits", "riskLimits"),
        ({"start": "2020-01-01"}, "start", "startDate"),
        ({"slippage_bps": 2}, "slippage_bps", "slippage.fixedBps"),
        ({"order_latency_ms": 2}, "order_latency_ms", "execution.latency.orderMs"),
        ({"volume_share": 0.2}, "volume_share", "execution.volumeShare"),
        ({"symbol": "A"}, "symbol", "symbols"),
        ({"riskLimits": {"order_quantity": 5}}, "riskLimits.order_quantity", "maxOrderSize"),
        ({"riskLimits": {"positionFraction": 5}}, "riskLimits.positionFraction", "maxPositionSize"),
        ({"commission": {"taker_rate": 0.1}}, "commission.taker_rate", "fraction"),
    ],
)
def test_the_words_of_python_are_hints(keys: dict[str, Any], path: str, meant: str) -> None:
    with pytest.raises(ConfigurationError, match=f"unknown key; did you mean '{meant}'") as caught:
        parse_document(backtest(**keys))
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"onError": "stopp"}, "onError: is one of halt, stop, not the text 'stopp'; did you mean 'stop'?"),
        (
            {"mode": "bcktest"},
            "mode: is one of backtest, live, paper, not the text 'bcktest'; did you mean 'backtest'?",
        ),
        ({"compile": "x"}, "compile: is one of allow, require, not the text 'x'"),
        (
            {"instruments": {"A": {"assetClass": "futures"}}},
            "instruments.A.assetClass: is one of bond, commodity, crypto_spot, currency_pair, equity, fund, future, "
            "index, option, perpetual, synthetic, token_pair, not the text 'futures'; did you mean 'future'?",
        ),
        ({"data_source": {"zeros": "kep"}}, "data_source.zeros: is one of keep, refuse, not the text 'kep'; did you"),
    ],
)
def test_a_choice_that_is_none_is_answered_with_those_there_are(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_document(backtest(**keys))
    assert str(caught.value).startswith(message)
