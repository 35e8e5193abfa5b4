"""The summary: its keys, its values, how it prints and travels."""

from __future__ import annotations

import json
import pathlib
import warnings
from typing import Any

import numpy as np
import pytest

from atlas.analytics import FIGURES, PriceLine, Summary, basket, round_trips, summarize
from atlas.analytics.returns import DAY_NS
from atlas.analytics.summary import format_figure, format_time
from atlas.records import Kind, blank
from atlas.records.errors import DataError
from tests.unit.analytics.runs import MONEY, make_bars, make_equity, make_fills, standard_and_poors_run

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import empyrical

KEYS = [
    "total_return",
    "annualized_return",
    "cagr",
    "annualized_volatility",
    "sharpe",
    "sortino",
    "calmar",
    "max_drawdown",
    "max_drawdown_duration_days",
    "win_rate",
    "profit_factor",
    "expectancy",
    "total_trades",
    "fees_paid",
    "exposure",
    "final_equity",
    "initial_cash",
    "bars",
    "events",
    "start",
    "end",
    "wall_seconds",
    "events_per_second",
    "fingerprint",
    "verdict",
    "risk_free_rate",
    "omega",
    "recovery_factor",
    "tail_ratio",
    "max_drawdown_start",
    "max_drawdown_trough",
    "max_drawdown_end",
    "best_day",
    "worst_day",
    "value_at_risk_95",
    "value_at_risk_99",
    "conditional_value_at_risk_95",
    "conditional_value_at_risk_99",
    "parametric_value_at_risk_95",
    "parametric_value_at_risk_99",
    "parametric_conditional_value_at_risk_95",
    "parametric_conditional_value_at_risk_99",
    "average_win",
    "average_loss",
    "best_trade",
    "worst_trade",
    "average_holding_days",
    "slippage_paid",
    "implementation_shortfall",
    "traded_value",
    "turnover",
    "benchmark",
    "benchmark_return",
    "benchmark_sharpe",
    "benchmark_max_drawdown",
    "beta",
    "alpha",
    "correlation",
    "information_ratio",
    "sharpe_at_two_percent",
]


def standard_and_poors_summary() -> Summary:
    run = standard_and_poors_run()
    return summarize(
        fills=run.fills,
        equity=run.equity,
        bars=run.bars,
        money_exponent=8,
        initial_cash_money=run.initial_cash_money,
        wall_seconds=0.5,
        fingerprint="abc",
    )


def empty_summary() -> Summary:
    return summarize(
        fills=blank(Kind.FILL, 0),
        equity=blank(Kind.EQUITY_POINT, 0),
        bars=blank(Kind.BAR, 0),
        money_exponent=8,
        initial_cash_money=100 * MONEY,
    )


def test_the_keys_are_fixed() -> None:
    summary = standard_and_poors_summary()
    assert list(summary) == KEYS
    assert sorted(key for key, _, _ in FIGURES) == sorted(KEYS)
    assert dict(summary)["sharpe"] == summary.sharpe == summary["sharpe"]
    assert len(summary) == len(KEYS)
    with pytest.raises(KeyError):
        summary["sharp"]
    assert "to_json" not in summary


def test_a_real_run_agrees_with_empyrical_and_the_trades() -> None:
    run, summary = standard_and_poors_run(), standard_and_poors_summary()
    equity = np.append(100_000.0, run.equity["equity_money"] / MONEY)
    returns = equity[1:] / equity[:-1] - 1.0
    assert summary.sharpe == pytest.approx(empyrical.sharpe_ratio(returns), rel=1e-12)
    assert summary.max_drawdown == pytest.approx(empyrical.max_drawdown(returns), rel=1e-9)
    assert summary.annualized_return == pytest.approx(empyrical.annual_return(returns), rel=1e-9)
    closed = round_trips(run.fills).closed
    assert summary.total_trades == len(closed) == 58
    assert summary.win_rate == np.count_nonzero(closed["profit_money"] > 0) / 58
    # Every position is closed at the end: what was earned is the sum of the trades.
    assert summary.expectancy is not None
    assert summary.expectancy * 58 == pytest.approx(summary.final_equity - summary.initial_cash, abs=0.01)
    assert summary.fees_paid == pytest.approx(float(run.fills["fee_money"].sum()) / MONEY)
    assert summary.events_per_second == summary.bars / 0.5
    assert (summary.start, summary.end) == ("1999-01-05T00:00:00Z", "2019-01-01T00:00:00Z")


def test_a_crypto_year_has_365_days() -> None:
    times = np.arange(19_800, 19_900) * DAY_NS
    equity = np.array([100.0, 101.0, 102.0, 100.0] * 25)
    arguments: dict[str, Any] = {
        "fills": make_fills([(int(times[3]), 1, 5.0, 0.1), (int(times[5]), -1, 6.0, 0.1)]),
        "equity": make_equity(times, equity),
        "bars": make_bars(times, equity),
    }
    seen = summarize(**arguments, money_exponent=8, initial_cash_money=100 * MONEY)
    told = summarize(**arguments, money_exponent=8, initial_cash_money=100 * MONEY, round_the_clock=False)
    returns = np.diff(np.append(100.0, equity)) / np.append(100.0, equity)[:-1]
    assert seen.annualized_volatility == pytest.approx(float(np.std(returns, ddof=1)) * np.sqrt(365))
    assert told.annualized_volatility != seen.annualized_volatility
    assert seen.exposure == pytest.approx(0.02)


def test_a_run_of_nothing_is_defined_where_it_can_be() -> None:
    summary = empty_summary()
    assert summary.final_equity == summary.initial_cash == 100.0
    assert summary.total_return == 0.0
    assert summary.total_trades == summary.bars == summary.events == 0
    undefined = {key for key in KEYS if summary[key] is None}
    assert {"sharpe", "cagr", "max_drawdown", "start", "exposure", "win_rate", "wall_seconds"} <= undefined
    assert str(summary).count("—") >= 10


def test_json_is_exact() -> None:
    for summary in (standard_and_poors_summary(), empty_summary()):
        assert Summary.from_json(summary.to_json()) == summary
        assert list(json.loads(summary.to_json())) == KEYS


def test_a_summary_of_an_earlier_version_is_read() -> None:
    figures = json.loads(standard_and_poors_summary().to_json())
    del figures["omega"]
    summary = Summary.from_json(json.dumps(figures))
    assert summary.omega is None
    assert summary.sharpe == figures["sharpe"]


def test_a_real_run_beside_the_index() -> None:
    run = standard_and_poors_run()
    closes = run.bars["close_units"].astype(np.float64)
    line = PriceLine(run.equity["venue_time_ns"], closes)
    benchmark = basket("buy and hold", [line], run.equity["venue_time_ns"], 100_000.0)
    arguments: dict[str, Any] = {
        "fills": run.fills,
        "equity": run.equity,
        "bars": run.bars,
        "money_exponent": 8,
        "initial_cash_money": run.initial_cash_money,
        "benchmark": benchmark,
        "risk_free_rate": 0.02,
    }
    summary = summarize(**arguments)
    equity = np.append(100_000.0, run.equity["equity_money"] / MONEY)
    returns, market = equity[1:] / equity[:-1] - 1.0, np.append(0.0, closes[1:] / closes[:-1] - 1.0)
    day = 1.02 ** (1 / 252) - 1.0
    assert summary.sharpe == pytest.approx(empyrical.sharpe_ratio(returns, risk_free=day))
    assert summary.sharpe == summary.sharpe_at_two_percent
    assert summary.beta == pytest.approx(empyrical.beta(returns, market))
    assert summary.alpha == pytest.approx(empyrical.alpha(returns, market, risk_free=day))
    assert summary.benchmark_return == pytest.approx(closes[-1] / closes[0] - 1.0)
    assert summary.benchmark_max_drawdown == pytest.approx(empyrical.max_drawdown(market))
    assert summary.value_at_risk_95 == pytest.approx(empyrical.value_at_risk(returns))
    assert summary.max_drawdown_start is not None
    assert summary.max_drawdown_trough is not None
    trough = np.argmin(equity / np.maximum.accumulate(equity))
    assert summary.max_drawdown_trough == format_time(int(run.equity["venue_time_ns"][trough - 1]))
    assert summary.max_drawdown_start < summary.max_drawdown_trough
    assert summary.verdict == summary.judgement.level == "not viable"


def test_costs_by_hand() -> None:
    # 10 at 100 and back at 110: 2,100 traded in half a year on a mean equity of 1,050: turned over twice a year.
    times = [0, round(182.625 * DAY_NS)]
    fills = make_fills([(times[0], 10, 100.0, 1.0), (times[1], -10, 110.0, 1.0)])
    fills["slippage_money"] = [2 * MONEY, -MONEY]
    equity = make_equity(times, [1_000.0, 1_100.0])
    summary = summarize(
        fills=fills, equity=equity, bars=blank(Kind.BAR, 0), money_exponent=8, initial_cash_money=1_000 * MONEY
    )
    assert (summary.traded_value, summary.implementation_shortfall, summary.fees_paid) == (2_100.0, 1.0, 2.0)
    # Nobody said what a model took.
    assert summary.slippage_paid is None
    assert summary.turnover == pytest.approx(2.0)
    assert (summary.best_trade, summary.average_win, summary.average_loss) == (98.0, 98.0, None)
    assert summary.average_holding_days == pytest.approx(182.625)
    converted = summarize(
        fills=fills,
        equity=equity,
        bars=blank(Kind.BAR, 0),
        money_exponent=8,
        initial_cash_money=1_000 * MONEY,
        conversion=lambda numbers, times_ns: np.full(len(numbers), 0.5),
    )
    assert (converted.traded_value, converted.fees_paid, converted.best_trade) == (1_050.0, 1.0, 49.0)


def test_the_deepest_drawdown_is_dated() -> None:
    times = np.arange(1, 7) * DAY_NS
    points = make_equity(times, [110.0, 99.0, 120.0, 90.0, 100.0, 121.0])
    summary = summarize(
        fills=blank(Kind.FILL, 0),
        equity=points,
        bars=blank(Kind.BAR, 0),
        money_exponent=8,
        initial_cash_money=100 * MONEY,
    )
    dates = (summary.max_drawdown_start, summary.max_drawdown_trough, summary.max_drawdown_end)
    assert dates == ("1970-01-04T00:00:00Z", "1970-01-05T00:00:00Z", "1970-01-07T00:00:00Z")
    # 21 over the fall of 30 in currency.
    assert summary.recovery_factor == pytest.approx(0.7)


def test_json_is_written(tmp_path: pathlib.Path) -> None:
    summary = standard_and_poors_summary()
    path = summary.write_json(tmp_path / "summary.json")
    assert Summary.from_json(path.read_text(encoding="utf-8")) == summary


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"sharpe": 1}'])
def test_json_of_something_else_is_refused(text: str) -> None:
    with pytest.raises(DataError):
        Summary.from_json(text)


def test_the_table_is_aligned() -> None:
    lines = repr(standard_and_poors_summary()).splitlines()
    figures = [line for line in lines if "  " in line]
    headings = [line for line in lines if line and "  " not in line]
    # There is no benchmark: its figures are left out.
    assert len(figures) == len(KEYS) - 8
    assert headings == ["RESULT", "RISK AND REWARD", "DRAWDOWN", "TAILS OF A DAY", "TRADES", "COSTS", "RUN"]
    assert len({len(line) for line in figures}) == 1
    assert any(line.startswith("Sharpe ratio") for line in lines)


def test_the_notebook_table_escapes_text() -> None:
    run = standard_and_poors_run()
    summary = summarize(
        fills=run.fills[:0],
        equity=run.equity,
        bars=run.bars,
        money_exponent=8,
        initial_cash_money=run.initial_cash_money,
        fingerprint="<b>",
    )
    table = summary._repr_html_()
    assert "<table" in table
    assert "&lt;b&gt;" in table
    assert "<b>" not in table


def test_figures_read_well() -> None:
    assert format_figure(-0.1234, "percent") == "−12.34%"
    assert format_figure(1234567.891, "money") == "1,234,567.89"
    assert format_figure(-0.00001, "percent") == "0.00%"
    assert format_figure(None, "ratio") == "—"
    assert format_figure(12.34, "days") == "12.3 days"
    assert format_figure(1234.5, "days") == "1,234 days"


def test_times_keep_their_nanoseconds() -> None:
    assert format_time(0) == "1970-01-01T00:00:00Z"
    assert format_time(1_500_000_001) == "1970-01-01T00:00:01.500000001Z"
    assert format_time(-1) == "1969-12-31T23:59:59.999999999Z"
