"""Figures beside a benchmark, by hand and against empyrical."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

from atlas.analytics import Benchmark, PriceLine, basket, relative
from atlas.analytics.relative import growth_of
from tests.unit.analytics.test_metrics import standard_and_poors_returns

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import empyrical

OTHER = standard_and_poors_returns()
OWN = 0.4 * OTHER + 0.0002 + 0.003 * np.random.default_rng(5).standard_normal(len(OTHER))
MARKET, DOUBLE = np.array([0.01, -0.02, 0.03]), np.array([0.02, -0.04, 0.06])


@pytest.mark.parametrize("rate", [0.0, 0.03])
def test_beta_and_alpha_are_empyricals(rate: float) -> None:
    day = (1.0 + rate) ** (1 / 252) - 1.0
    assert relative.beta(OWN, OTHER) == pytest.approx(empyrical.beta(OWN, OTHER, risk_free=day), rel=1e-9)
    assert relative.alpha(OWN, OTHER, 252, rate) == pytest.approx(empyrical.alpha(OWN, OTHER, risk_free=day), rel=1e-9)


def test_the_information_ratio_is_empyricals_over_a_year() -> None:
    daily = empyrical.excess_sharpe(OWN, OTHER)
    assert relative.information_ratio(OWN, OTHER, 252) == pytest.approx(daily * math.sqrt(252), rel=1e-9)


def test_twice_the_market_has_beta_two_and_no_alpha() -> None:
    assert relative.beta(DOUBLE, MARKET) == pytest.approx(2.0)
    assert relative.alpha(DOUBLE, MARKET, 252) == pytest.approx(0.0, abs=1e-12)
    assert relative.correlation(DOUBLE, MARKET) == pytest.approx(1.0)
    assert relative.correlation(-DOUBLE, MARKET) == pytest.approx(-1.0)
    # A day more each day: alpha compounds it over the year.
    assert relative.alpha(DOUBLE + 0.001, MARKET, 252) == pytest.approx(1.001**252 - 1.0)


def test_correlation_is_numpys() -> None:
    assert relative.correlation(OWN, OTHER) == pytest.approx(float(np.corrcoef(OWN, OTHER)[0, 1]))


def test_what_does_not_vary_has_no_beta() -> None:
    flat = np.full(3, 0.01)
    assert relative.beta(MARKET, flat) is None
    assert relative.alpha(MARKET, flat, 252) is None
    assert relative.correlation(MARKET, flat) is None
    assert relative.information_ratio(MARKET, MARKET, 252) is None
    assert relative.beta(MARKET[:1], MARKET[:1]) is None


def test_a_line_is_held_from_its_first_price() -> None:
    line = PriceLine(np.array([10, 20, 30]), np.array([50.0, 55.0, 40.0]))
    assert growth_of(line, np.array([5, 10, 25, 99])).tolist() == [1.0, 1.0, 1.1, 0.8]
    assert growth_of(PriceLine(np.array([], dtype=np.int64), np.array([])), np.array([1, 2])).tolist() == [1.0, 1.0]


def test_a_basket_holds_equal_parts_and_cash_for_what_starts_later() -> None:
    early = PriceLine(np.array([0, 10]), np.array([100.0, 120.0]))
    late = PriceLine(np.array([10, 20]), np.array([10.0, 5.0]))
    made = basket("both", [early, late], np.array([0, 10, 20]), 1_000.0)
    assert isinstance(made, Benchmark)
    assert made.curve.equity.tolist() == [1_000.0, 1_100.0, 850.0]
