"""What holds of the figures whatever the returns."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from atlas.analytics import metrics
from atlas.analytics.report.series import thin

RETURNS = st.lists(st.floats(-0.5, 0.5), min_size=2, max_size=60).map(np.array)
EQUITY = st.lists(st.floats(1.0, 1e6), min_size=1, max_size=60).map(np.array)


@given(RETURNS)
def test_figures_are_finite_or_none(returns: np.ndarray) -> None:
    for figure in (metrics.annualized_return, metrics.annualized_volatility, metrics.sharpe, metrics.sortino):
        value = figure(returns, 252)
        assert value is None or math.isfinite(value)


@given(RETURNS, st.floats(0.01, 100.0))
def test_sharpe_does_not_depend_on_leverage(returns: np.ndarray, leverage: float) -> None:
    plain, leveraged = metrics.sharpe(returns, 252), metrics.sharpe(returns * leverage, 252)
    if plain is not None and leveraged is not None and float(np.std(returns)) > 1e-6:
        assert math.isclose(plain, leveraged, rel_tol=1e-6, abs_tol=1e-9)


@given(EQUITY, st.floats(1.0, 1e6))
def test_drawdown_lies_between_minus_one_and_zero(equity: np.ndarray, initial: float) -> None:
    worst = metrics.max_drawdown(equity, initial)
    assert worst is not None
    assert -1.0 < worst <= 0.0
    peak = np.maximum(np.maximum.accumulate(equity), initial)
    assert math.isclose(worst, min(float(np.min(equity / peak)) - 1.0, 0.0), abs_tol=1e-12)
    days = metrics.max_drawdown_duration_days(np.arange(1, len(equity) + 1), equity, initial, 0)
    assert days is not None
    assert (days > 0.0) == (worst < 0.0)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=300).map(np.array), st.integers(4, 50))
def test_thinned_series_keep_their_range(values: np.ndarray, most_points: int) -> None:
    kept = thin((values,), most_points)
    assert len(kept) <= max(most_points, 1)
    assert (values[kept].min(), values[kept].max()) == (values.min(), values.max())
