"""Rolling ratios, exposure and the histogram."""

from __future__ import annotations

import numpy as np
import pytest

from atlas.analytics import metrics
from atlas.analytics.report.curves import (
    deepest_falls,
    exposure_lines,
    histogram,
    rolling_sharpe,
    rolling_window,
)
from tests.unit.analytics.runs import MONEY, join, make_equity

RETURNS = np.random.default_rng(2).normal(0.0004, 0.01, 300)


@pytest.mark.parametrize("rate", [0.0, 0.03])
def test_each_window_is_the_ratio_of_its_days(rate: float) -> None:
    found = rolling_sharpe(RETURNS, 60, 252, rate)
    assert len(found) == 241
    for place in (0, 100, 240):
        assert found[place] == pytest.approx(metrics.sharpe(RETURNS[place : place + 60], 252, rate))
    assert np.isnan(rolling_sharpe(np.zeros(30), 20, 252, 0.0)).all()


@pytest.mark.parametrize(("days", "window"), [(79, 0), (80, 20), (400, 100), (5_000, 126)])
def test_a_short_run_has_a_short_window(days: int, window: int) -> None:
    assert rolling_window(days, 252) == window


def test_every_day_with_a_result_is_in_the_histogram() -> None:
    returns = np.append(RETURNS, [0.0, 0.0, 0.3, -0.2])
    found = histogram(returns)
    assert found is not None
    assert found.counts.sum() == 302
    assert 0.0 in found.edges
    assert found.normal.sum() == pytest.approx(302, rel=0.1)
    assert len(found.counts) == len(found.edges) - 1 <= 80


@pytest.mark.parametrize("returns", [[], [0.01], [0.0] * 9, [0.01, 0.01]])
def test_what_does_not_vary_has_no_histogram(returns: list[float]) -> None:
    assert histogram(np.array(returns, dtype=np.float64)) is None


def test_exposure_of_two_accounts() -> None:
    first, second = make_equity([10, 20], [100.0, 100.0]), make_equity([10, 20], [300.0, 0.0], account=2)
    first["gross_exposure_money"], first["net_exposure_money"] = 50 * MONEY, -50 * MONEY
    second["gross_exposure_money"] = second["net_exposure_money"] = [150 * MONEY, 0]
    gross, net = exposure_lines(join(first, second), np.array([10, 20]))
    assert gross.tolist() == [0.5, 0.5]
    assert net.tolist() == [0.25, -0.5]
    assert np.isnan(exposure_lines(make_equity([10], [0.0]), np.array([10]))[0]).all()


def test_the_deepest_falls_are_from_peak_to_recovery() -> None:
    fallen = np.array([0.0, -0.1, -0.3, 0.0, 0.0, -0.2, 0.0, -0.05, -0.25])
    found = [(fall.depth, fall.peak, fall.trough, fall.end) for fall in deepest_falls(fallen, 5)]
    assert found == [(-0.3, 0, 2, 3), (-0.25, 6, 8, None), (-0.2, 4, 5, 6)]
    assert len(deepest_falls(fallen, 2)) == 2
    # Below the initial cash from the first point on.
    (first,) = deepest_falls(np.array([-0.1, 0.0]), 5)
    assert (first.peak, first.trough, first.end) == (-1, 0, 1)
    assert deepest_falls(np.zeros(3), 5) == []
