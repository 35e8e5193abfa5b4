"""What TA-Lib lacks against the plain formulas, on random bars and on real ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from atlas.kernel.indicators import (
    HMA,
    PPO,
    RMA,
    VWAP,
    VWMA,
    ChaikinMoneyFlow,
    Choppiness,
    HeikinAshi,
    HistoricalVolatility,
    Ichimoku,
    Indicator,
    Keltner,
    ParabolicSAR,
    PercentRank,
    RollingMedian,
    RollingVWAP,
    StochasticRSI,
    Supertrend,
    ZScore,
    vectorised,
)
from atlas.kernel.indicators.volume import DAY_NS
from tests.reference import indicators as twin
from tests.unit.kernel.indicators.samples import DAILY, inputs_of, random_columns, real_columns

HOUR_NS = 3_600_000_000_000
Twin = Callable[[Any], Any]

CASES: list[tuple[str, Indicator, Twin]] = [
    ("hull", HMA(16), lambda bars: twin.hull(bars["close"], 16)),
    ("hull, odd", HMA(11), lambda bars: twin.hull(bars["close"], 11)),
    ("wilder", RMA(9), lambda bars: twin.wilder(bars["close"], 9)),
    ("median, even", RollingMedian(8), lambda bars: twin.median(bars["close"], 8)),
    ("median, odd", RollingMedian(9), lambda bars: twin.median(bars["close"], 9)),
    ("median, one", RollingMedian(1), lambda bars: twin.median(bars["close"], 1)),
    ("rank", PercentRank(20), lambda bars: twin.percent_rank(bars["close"], 20)),
    ("score", ZScore(20), lambda bars: twin.score(bars["close"], 20)),
    (
        "historical volatility",
        HistoricalVolatility(20, 365.0),
        lambda bars: twin.historical_volatility(bars["close"], 20, 365.0),
    ),
    ("volume-weighted", VWMA(14), lambda bars: twin.volume_weighted(bars["close"], bars["volume"], 14)),
    ("rolling vwap", RollingVWAP(14), lambda bars: twin.volume_weighted(twin.typical(bars), bars["volume"], 14)),
    ("vwap", VWAP(), lambda bars: twin.session_average(bars, DAY_NS, 0)),
    (
        "vwap of sessions",
        VWAP(8 * HOUR_NS, 3 * HOUR_NS),
        lambda bars: twin.session_average(bars, 8 * HOUR_NS, 3 * HOUR_NS),
    ),
    ("chaikin flow", ChaikinMoneyFlow(12), lambda bars: twin.chaikin_flow(bars, 12)),
    ("choppiness", Choppiness(14), lambda bars: twin.choppiness(bars, 14)),
    ("keltner", Keltner(10, 1.5, 7), lambda bars: twin.keltner(bars, 10, 1.5, 7)),
    ("stochastic rsi", StochasticRSI(14, 10, 3, 4), lambda bars: twin.stochastic_rsi(bars["close"], 14, 10, 3, 4)),
    ("ppo", PPO(5, 13, 4), lambda bars: twin.percentage_oscillator(bars["close"], 5, 13, 4)),
    ("supertrend", Supertrend(10, 1.5), lambda bars: twin.supertrend(bars, 10, 1.5)),
    ("ichimoku", Ichimoku(), lambda bars: twin.ichimoku(bars, 9, 26, 52, 26)),
    ("heikin-ashi", HeikinAshi(), twin.heikin_ashi),
]


def compare(indicator: Indicator, formula: Twin, bars: Any) -> None:
    """Equal within 1e-9 wherever the indicator is ready."""
    expected = formula(bars)
    for output, series in (expected if isinstance(expected, dict) else {"value": expected}).items():
        columns = {name: bars[name].to_numpy() for name in bars}
        answer = vectorised(indicator, *inputs_of(indicator, columns), output=output)
        wanted = np.asarray(series, np.float64)
        ready = ~np.isnan(answer)
        assert ready[indicator.warm_up - 1 :].all()
        np.testing.assert_allclose(answer[ready], wanted[ready], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_it_agrees_with_the_formula(case: tuple[str, Indicator, Twin]) -> None:
    compare(case[1], case[2], pd.DataFrame(random_columns()))


@pytest.mark.skipif(not DAILY.is_dir(), reason=f"no market data at {DAILY}: set ATLAS_SHARED")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_it_agrees_with_the_formula_on_years_of_real_bars(case: tuple[str, Indicator, Twin]) -> None:
    bars = pd.DataFrame(real_columns())
    compare(case[1], case[2], bars[bars["high"] > bars["low"]].reset_index(drop=True).iloc[:2000])


def test_a_parabolic_stop_tells_its_side() -> None:
    bars = pd.DataFrame(random_columns())
    highs, lows = bars["high"].to_numpy(), bars["low"].to_numpy()
    stop, direction = (vectorised(ParabolicSAR(), highs, lows, output=name) for name in ("value", "direction"))
    expected = twin.parabolic_direction(bars, stop)
    np.testing.assert_array_equal(direction[1:], expected[1:])
    assert set(direction[1:]) == {1.0, -1.0}


def test_equal_decimals_are_no_change_of_money_flow() -> None:
    from atlas.kernel.indicators import MFI

    # Both typical prices are 150.95, their floats are not equal.
    first, second = (151.48, 150.29, 151.08), (151.26, 150.41, 151.18)
    assert sum(first) / 3.0 != sum(second) / 3.0
    flow = MFI(1)
    flow.update(*first, 1000.0)
    assert flow.update(*second, 1000.0) == 50.0


def test_volumes_of_zero_leave_the_average_as_it_was() -> None:
    average = VWMA(2)
    values = [average.update(price, volume) for price, volume in ((5.0, 0.0), (6.0, 0.0), (8.0, 2.0), (9.0, 0.0))]
    assert np.isnan(values[:2]).all() and values[2:] == [8.0, 8.0]
    assert average.update(1.0, 0.0) == 8.0 and average.count == 5
