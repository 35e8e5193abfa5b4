"""Figures by hand, and against empyrical where its definitions are ours."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

from atlas.analytics import daily_returns, equity_curve, metrics
from atlas.analytics.returns import DAY_NS, FloatArray
from atlas.records import Kind, blank
from tests.unit.analytics.runs import make_equity, make_fills, standard_and_poors_run

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import empyrical

# Sharpe, "The Sharpe Ratio", Journal of Portfolio Management 21 (1994): mean differential return over its deviation.
SMALL = np.array([0.01, -0.02, 0.03, 0.00])


def standard_and_poors_returns() -> FloatArray:
    run = standard_and_poors_run()
    return daily_returns(equity_curve(run.equity, 8), 100_000.0, round_the_clock=False).returns


@pytest.mark.parametrize("returns", [SMALL, standard_and_poors_returns()], ids=["small", "S&P 500"])
@pytest.mark.parametrize("days_per_year", [252, 365])
def test_ratios_are_empyricals(returns: FloatArray, days_per_year: int) -> None:
    years = {"annualization": days_per_year}
    assert metrics.annualized_return(returns, days_per_year) == pytest.approx(
        empyrical.annual_return(returns, **years), rel=1e-12
    )
    assert metrics.annualized_volatility(returns, days_per_year) == pytest.approx(
        empyrical.annual_volatility(returns, **years), rel=1e-12
    )
    assert metrics.sharpe(returns, days_per_year) == pytest.approx(empyrical.sharpe_ratio(returns, **years), rel=1e-12)
    assert metrics.sortino(returns, days_per_year) == pytest.approx(
        empyrical.sortino_ratio(returns, **years), rel=1e-12
    )
    equity = np.asarray(np.cumprod(1.0 + returns), dtype=np.float64)
    worst = metrics.max_drawdown(equity, 1.0)
    assert worst == pytest.approx(empyrical.max_drawdown(returns), rel=1e-9)
    assert metrics.calmar(metrics.annualized_return(returns, days_per_year), worst) == pytest.approx(
        empyrical.calmar_ratio(returns, **years), rel=1e-9
    )
    assert metrics.total_return(1.0, float(equity[-1])) == pytest.approx(empyrical.cum_returns_final(returns), rel=1e-9)


def test_ratios_by_hand() -> None:
    # Mean 0.005; sum of squared deviations 0.0013, over 3 = 0.00043333; downside: 0.0004 / 4 = 0.0001.
    assert metrics.annualized_volatility(SMALL, 252) == pytest.approx(math.sqrt(0.0013 / 3 * 252))
    assert metrics.sharpe(SMALL, 252) == pytest.approx(0.005 / math.sqrt(0.0013 / 3) * math.sqrt(252))
    assert metrics.sortino(SMALL, 252) == pytest.approx(0.005 / 0.01 * math.sqrt(252))
    assert metrics.annualized_return(SMALL, 252) == pytest.approx((1.01 * 0.98 * 1.03) ** 63 - 1)


def test_growth_by_the_calendar() -> None:
    four_years = int(4 * 365.25 * DAY_NS)
    assert metrics.compound_annual_growth_rate(100.0, 146.41, 0, four_years) == pytest.approx(0.10)
    assert metrics.compound_annual_growth_rate(100.0, 0.0, 0, four_years) == -1.0
    assert metrics.compound_annual_growth_rate(100.0, -1.0, 0, four_years) is None
    assert metrics.compound_annual_growth_rate(100.0, 110.0, 5, 5) is None
    assert metrics.compound_annual_growth_rate(1.0, 1e300, 0, DAY_NS) is None


def test_what_is_undefined_is_none() -> None:
    none: FloatArray = np.empty(0)
    flat = np.zeros(5)
    assert metrics.total_return(0.0, 1.0) is None
    for figure in (metrics.annualized_return, metrics.annualized_volatility, metrics.sharpe, metrics.sortino):
        assert figure(none, 252) is None
    for ratio in (metrics.sharpe, metrics.sortino, metrics.annualized_volatility):
        assert ratio(np.array([0.1]), 252) is None
    assert metrics.sharpe(flat, 252) is None
    assert metrics.sharpe(np.full(5, 0.01), 252) is None
    assert metrics.sortino(np.full(5, 0.01), 252) is None
    assert metrics.sharpe(np.array([0.1, math.nan]), 252) is None
    assert metrics.annualized_return(np.array([-1.5]), 252) is None
    assert metrics.calmar(0.1, 0.0) is None
    assert metrics.calmar(None, -0.1) is None
    assert metrics.max_drawdown(none, 100.0) is None
    assert metrics.win_rate(none) is None
    assert metrics.profit_factor(none) is None
    assert metrics.profit_factor(np.array([1.0])) is None
    assert metrics.expectancy(none) is None


def test_trade_figures_by_hand() -> None:
    profits = np.array([30.0, -10.0, 0.0, -20.0, 50.0])
    assert metrics.win_rate(profits) == pytest.approx(0.4)
    assert metrics.profit_factor(profits) == pytest.approx(80 / 30)
    assert metrics.expectancy(profits) == pytest.approx(10.0)


def test_drawdown_counts_from_the_initial_cash() -> None:
    assert metrics.max_drawdown(np.array([80.0, 90.0]), 100.0) == pytest.approx(-0.2)
    assert metrics.max_drawdown(np.array([100.0, 120.0]), 100.0) == 0.0
    assert metrics.max_drawdown(np.array([120.0, 90.0, 130.0, 117.0]), 100.0) == pytest.approx(-0.25)


@pytest.mark.parametrize(
    ("equity", "days"),
    [
        ([100.0, 110.0, 120.0], 0.0),
        ([90.0, 95.0, 100.0, 101.0], 3.0),
        ([110.0, 100.0, 100.0, 110.0], 3.0),
        ([110.0, 109.0], 1.0),
        ([110.0, 100.0, 120.0, 119.0, 118.0, 119.5], 3.0),
        ([90.0], 1.0),
    ],
)
def test_drawdown_duration_by_hand(equity: list[float], days: float) -> None:
    times_ns = np.arange(1, len(equity) + 1) * DAY_NS
    found = metrics.max_drawdown_duration_days(times_ns, np.array(equity), 100.0, 0)
    assert found == days


def test_drawdown_duration_of_nothing_is_none() -> None:
    assert metrics.max_drawdown_duration_days(np.empty(0, dtype=np.int64), np.empty(0), 1.0, 0) is None


def test_exposure_counts_bars_with_a_position() -> None:
    ends = np.array([10, 20, 30, 40, 50])
    # Bought at the open of the second bar, sold at the open of the fourth: held in bars two and three.
    fills = make_fills([(10, 1, 5), (30, -1, 6)])
    assert metrics.exposure(fills, ends, 0, 50) == pytest.approx(2 / 5)
    # Bought and sold inside the second bar.
    assert metrics.exposure(make_fills([(12, 1, 5), (17, -1, 6)]), ends, 0, 50) == pytest.approx(1 / 5)
    # Bought at the last close: never held in a bar.
    assert metrics.exposure(make_fills([(50, 1, 5)]), ends, 0, 50) == 0.0
    # Still held at the end.
    assert metrics.exposure(make_fills([(40, 1, 5)]), ends, 0, 50) == pytest.approx(1 / 5)
    # Held before the first fill, which sells it.
    assert metrics.exposure(make_fills([(20, -1, 5)], start_units=10**8), ends, 0, 50) == pytest.approx(2 / 5)
    assert metrics.exposure(blank(Kind.FILL, 0), ends, 0, 50) == 0.0


def test_exposure_counts_time_without_bars() -> None:
    none = np.empty(0, dtype=np.int64)
    fills = make_fills([(10, 1, 5), (30, -1, 6), (90, -1, 6)])
    assert metrics.exposure(fills, none, 0, 100) == pytest.approx(0.3)
    assert metrics.exposure(fills, none, 0, 0) is None
    assert metrics.exposure(blank(Kind.FILL, 0), none, 0, 100) == 0.0


def test_exposure_of_two_instruments_is_of_either() -> None:
    ends = np.array([10, 20, 30, 40])
    fills = np.concatenate([make_fills([(10, 1, 5), (20, -1, 6)]), make_fills([(20, 1, 5), (30, -1, 6)], instrument=2)])
    assert metrics.exposure(fills, ends, 0, 40) == pytest.approx(0.5)


def test_equity_points_are_made_as_the_engine_makes_them() -> None:
    points = make_equity([1, 2], [100.0, 90.0])
    assert points["drawdown"].tolist() == pytest.approx([0.0, 0.1])
