"""Tails by hand, and against empyrical where its definitions are ours."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

from atlas.analytics import metrics, tails
from atlas.analytics.returns import FloatArray
from tests.unit.analytics.test_metrics import SMALL, standard_and_poors_returns

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import empyrical

RETURNS = standard_and_poors_returns()
CASES = pytest.mark.parametrize("returns", [SMALL, RETURNS], ids=["small", "S&P 500"])


@CASES
@pytest.mark.parametrize("confidence", [0.95, 0.99])
def test_historical_tails_are_empyricals(returns: FloatArray, confidence: float) -> None:
    cutoff = 1.0 - confidence
    assert tails.value_at_risk(returns, confidence) == pytest.approx(empyrical.value_at_risk(returns, cutoff))
    assert tails.conditional_value_at_risk(returns, confidence) == pytest.approx(
        empyrical.conditional_value_at_risk(returns, cutoff)
    )


@CASES
@pytest.mark.parametrize("rate", [0.0, 0.05])
def test_ratios_at_a_rate_are_empyricals(returns: FloatArray, rate: float) -> None:
    day = metrics.daily_rate(rate, 252)
    assert tails.omega(returns, 252, rate) == pytest.approx(empyrical.omega_ratio(returns, required_return=rate))
    assert metrics.sharpe(returns, 252, rate) == pytest.approx(empyrical.sharpe_ratio(returns, risk_free=day))
    assert metrics.sortino(returns, 252, rate) == pytest.approx(empyrical.sortino_ratio(returns, required_return=day))
    assert tails.tail_ratio(returns) == pytest.approx(empyrical.tail_ratio(returns))


def test_a_rate_of_a_day_compounds_to_the_years() -> None:
    assert (1.0 + metrics.daily_rate(0.02, 252)) ** 252 == pytest.approx(1.02, rel=1e-12)
    assert metrics.daily_rate(0.0, 252) == 0.0


def test_omega_and_tails_by_hand() -> None:
    # Gains 0.01 + 0.03, loss 0.02.
    assert tails.omega(SMALL, 252) == pytest.approx(2.0)
    # Sorted −0.02, 0, 0.01, 0.03: the 5th percentile lies 0.15 of the way from the first to the second.
    assert tails.value_at_risk(SMALL, 0.95) == pytest.approx(-0.02 + 0.15 * 0.02)
    assert tails.conditional_value_at_risk(SMALL, 0.95) == -0.02


def test_normal_tails_are_those_of_the_tables() -> None:
    # Standard normal: quantiles 1.644854 and 2.326348, means beyond them 2.062713 and 2.665214 (Hull, Options,
    # Futures, and Other Derivatives, chapter on value at risk).
    returns = np.array([-1.0, 1.0]) / math.sqrt(2.0)  # mean 0, sample deviation 1
    for confidence, quantile, beyond in ((0.95, 1.644854, 2.062713), (0.99, 2.326348, 2.665214)):
        assert tails.parametric_value_at_risk(returns, confidence) == pytest.approx(-quantile, abs=1e-6)
        assert tails.parametric_conditional_value_at_risk(returns, confidence) == pytest.approx(-beyond, abs=1e-6)


def test_a_loss_is_negative_and_lies_beyond_the_value_at_risk() -> None:
    for confidence in (0.95, 0.99):
        at, beyond = tails.value_at_risk(RETURNS, confidence), tails.conditional_value_at_risk(RETURNS, confidence)
        assert at is not None
        assert beyond is not None
        assert beyond < at < 0.0


@pytest.mark.parametrize("returns", [np.array([]), np.array([0.01])], ids=["none", "one"])
def test_too_few_returns_have_no_tails(returns: FloatArray) -> None:
    assert tails.tail_ratio(returns) is None
    for function in (
        tails.value_at_risk,
        tails.conditional_value_at_risk,
        tails.parametric_value_at_risk,
        tails.parametric_conditional_value_at_risk,
    ):
        assert function(returns, 0.95) is None
    assert tails.omega(returns, 252) is None
