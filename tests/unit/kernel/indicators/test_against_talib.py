"""Every indicator that TA-Lib has against it, on random prices and on real ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from atlas.kernel.indicators import (
    ADX,
    ADXR,
    ATR,
    CCI,
    CMO,
    DEMA,
    EMA,
    KAMA,
    MACD,
    MFI,
    NATR,
    OBV,
    PPO,
    ROC,
    RSI,
    SMA,
    TEMA,
    TRIMA,
    TRIX,
    WMA,
    AccumulationDistribution,
    Aroon,
    Beta,
    Bollinger,
    ChaikinOscillator,
    Correlation,
    DirectionalMovement,
    Donchian,
    Indicator,
    Keltner,
    LinearRegression,
    Momentum,
    ParabolicSAR,
    RollingMaximum,
    RollingMinimum,
    RollingSum,
    StandardDeviation,
    Stochastic,
    StochasticRSI,
    TrueRange,
    UltimateOscillator,
    Variance,
    WilliamsR,
    vectorised,
)
from tests.unit.kernel.indicators.samples import DAILY, Columns, inputs_of, random_columns, real_columns

talib: Any = pytest.importorskip("talib")

Oracle = Callable[[Columns], Any]


def of_price(function: str, *arguments: Any, part: int | None = None, **keywords: Any) -> Oracle:
    """A function of TA-Lib on closes; of several results the one numbered `part`."""

    def oracle(columns: Columns) -> Any:
        answer = getattr(talib, function)(columns["price"], *arguments, **keywords)
        return answer if part is None else answer[part]

    return oracle


def of_columns(function: str, names: str, *arguments: Any, part: int | None = None, **keywords: Any) -> Oracle:
    """The same on the columns named."""

    def oracle(columns: Columns) -> Any:
        answer = getattr(talib, function)(*(columns[name] for name in names.split()), *arguments, **keywords)
        return answer if part is None else answer[part]

    return oracle


BAR, VOLUME_BAR = "high low close", "high low close volume"
CASES: list[tuple[str, Indicator, str, Oracle]] = [
    ("sma", SMA(10), "value", of_price("SMA", 10)),
    ("ema", EMA(12), "value", of_price("EMA", 12)),
    ("wma", WMA(9), "value", of_price("WMA", 9)),
    ("dema", DEMA(7), "value", of_price("DEMA", 7)),
    ("tema", TEMA(6), "value", of_price("TEMA", 6)),
    ("trima odd", TRIMA(11), "value", of_price("TRIMA", 11)),
    ("trima even", TRIMA(12), "value", of_price("TRIMA", 12)),
    ("kama", KAMA(10), "value", of_price("KAMA", 10)),
    ("rsi", RSI(14), "value", of_price("RSI", 14)),
    ("cmo", CMO(14), "value", of_price("CMO", 14)),
    ("momentum", Momentum(10), "value", of_price("MOM", 10)),
    ("roc", ROC(10), "value", of_price("ROC", 10)),
    ("trix", TRIX(8), "value", of_price("TRIX", 8)),
    ("macd", MACD(5, 13, 4), "line", of_price("MACD", 5, 13, 4, part=0)),
    ("macd signal", MACD(5, 13, 4), "signal", of_price("MACD", 5, 13, 4, part=1)),
    ("macd histogram", MACD(5, 13, 4), "histogram", of_price("MACD", 5, 13, 4, part=2)),
    ("ppo", PPO(5, 13, 4), "line", of_price("PPO", 5, 13, matype=1)),
    ("atr", ATR(14), "value", of_columns("ATR", BAR, 14)),
    ("natr", NATR(14), "value", of_columns("NATR", BAR, 14)),
    ("true range", TrueRange(), "value", of_columns("TRANGE", BAR)),
    ("deviation", StandardDeviation(20), "value", of_price("STDDEV", 20)),
    ("variance", Variance(20), "value", of_price("VAR", 20)),
    ("middle", Bollinger(20, 2.5), "middle", of_price("BBANDS", 20, 2.5, 2.5, part=1)),
    ("upper", Bollinger(20, 2.5), "upper", of_price("BBANDS", 20, 2.5, 2.5, part=0)),
    ("lower", Bollinger(20, 2.5), "lower", of_price("BBANDS", 20, 2.5, 2.5, part=2)),
    ("highest", Donchian(17), "upper", of_columns("MAX", "high", 17)),
    ("lowest", Donchian(17), "lower", of_columns("MIN", "low", 17)),
    (
        "keltner",
        Keltner(10, 1.5, 7),
        "upper",
        lambda columns: of_price("EMA", 10)(columns) + 1.5 * of_columns("ATR", BAR, 7)(columns),
    ),
    ("maximum", RollingMaximum(9), "value", of_price("MAX", 9)),
    ("minimum", RollingMinimum(9), "value", of_price("MIN", 9)),
    ("sum", RollingSum(9), "value", of_price("SUM", 9)),
    ("slow k", Stochastic(7, 3, 4), "k", of_columns("STOCH", BAR, 7, 3, 0, 4, 0, part=0)),
    ("slow d", Stochastic(7, 3, 4), "d", of_columns("STOCH", BAR, 7, 3, 0, 4, 0, part=1)),
    ("fast k", Stochastic(7, 1, 3), "k", of_columns("STOCHF", BAR, 7, 3, 0, part=0)),
    ("fast d", Stochastic(7, 1, 3), "d", of_columns("STOCHF", BAR, 7, 3, 0, part=1)),
    ("stochastic rsi k", StochasticRSI(14, 5, 1, 3), "k", of_price("STOCHRSI", 14, 5, 3, 0, part=0)),
    ("stochastic rsi d", StochasticRSI(14, 5, 1, 3), "d", of_price("STOCHRSI", 14, 5, 3, 0, part=1)),
    ("williams", WilliamsR(14), "value", of_columns("WILLR", BAR, 14)),
    ("cci", CCI(20), "value", of_columns("CCI", BAR, 20)),
    ("ultimate", UltimateOscillator(5, 9, 17), "value", of_columns("ULTOSC", BAR, 5, 9, 17)),
    ("plus di", DirectionalMovement(14), "plus_di", of_columns("PLUS_DI", BAR, 14)),
    ("minus di", DirectionalMovement(14), "minus_di", of_columns("MINUS_DI", BAR, 14)),
    ("dx", DirectionalMovement(14), "dx", of_columns("DX", BAR, 14)),
    ("adx", ADX(14), "adx", of_columns("ADX", BAR, 14)),
    ("adxr", ADXR(14), "value", of_columns("ADXR", BAR, 14)),
    ("aroon down", Aroon(14), "down", of_columns("AROON", "high low", 14, part=0)),
    ("aroon up", Aroon(14), "up", of_columns("AROON", "high low", 14, part=1)),
    ("aroon oscillator", Aroon(14), "oscillator", of_columns("AROONOSC", "high low", 14)),
    ("parabolic", ParabolicSAR(0.03, 0.25), "value", of_columns("SAR", "high low", 0.03, 0.25)),
    ("balance", OBV(), "value", of_columns("OBV", "price volume")),
    ("distribution", AccumulationDistribution(), "value", of_columns("AD", VOLUME_BAR)),
    ("chaikin", ChaikinOscillator(4, 11), "value", of_columns("ADOSC", VOLUME_BAR, 4, 11)),
    ("money flow", MFI(14), "value", of_columns("MFI", VOLUME_BAR, 14)),
    ("line", LinearRegression(14), "value", of_price("LINEARREG", 14)),
    ("slope", LinearRegression(14), "slope", of_price("LINEARREG_SLOPE", 14)),
    ("intercept", LinearRegression(14), "intercept", of_price("LINEARREG_INTERCEPT", 14)),
    ("correlation", Correlation(30), "value", of_columns("CORREL", "price other", 30)),
    ("beta", Beta(20), "value", of_columns("BETA", "market price", 20)),
]
# TA-Lib gives these from where their own average is ready, we together with the signal.
LATER = {"ppo"}


def compare(case: tuple[str, Indicator, str, Oracle], columns: Columns) -> None:
    """Equal within 1e-9, and NaN at the same rows."""
    name, indicator, output, oracle = case
    answer, expected = vectorised(indicator, *inputs_of(indicator, columns), output=output), oracle(columns)
    if name in LATER:
        expected = np.where(np.isnan(answer), np.nan, expected)
    assert np.isfinite(answer[-1])
    np.testing.assert_allclose(answer, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_it_agrees_with_talib(case: tuple[str, Indicator, str, Oracle]) -> None:
    compare(case, random_columns())


@pytest.mark.skipif(not DAILY.is_dir(), reason=f"no market data at {DAILY}: set ATLAS_SHARED")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_it_agrees_with_talib_on_years_of_real_bars(case: tuple[str, Indicator, str, Oracle]) -> None:
    compare(case, real_columns())


OF_PRICE = {
    "SMA": SMA,
    "EMA": EMA,
    "WMA": WMA,
    "DEMA": DEMA,
    "TEMA": TEMA,
    "TRIMA": TRIMA,
    "KAMA": KAMA,
    "RSI": RSI,
    "CMO": CMO,
    "MOM": Momentum,
    "ROC": ROC,
    "TRIX": TRIX,
    "STDDEV": StandardDeviation,
    "VAR": Variance,
    "MAX": RollingMaximum,
    "MIN": RollingMinimum,
    "SUM": RollingSum,
    "LINEARREG": LinearRegression,
}
OF_BARS = {
    "ATR": ATR,
    "NATR": NATR,
    "WILLR": WilliamsR,
    "CCI": CCI,
    "DX": DirectionalMovement,
    "ADX": ADX,
    "ADXR": ADXR,
}


@pytest.mark.parametrize("length", [2, 3, 29, 64])
@pytest.mark.parametrize("function", [*OF_PRICE, *OF_BARS])
def test_any_length_agrees_with_talib(function: str, length: int) -> None:
    made: Any = {**OF_PRICE, **OF_BARS}[function]
    oracle = of_price(function, length) if function in OF_PRICE else of_columns(function, BAR, length)
    compare((function, made(length=length), "value", oracle), random_columns(seed=3))
