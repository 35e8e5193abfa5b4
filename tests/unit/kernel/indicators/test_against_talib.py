"""Every indicator that TA-Lib has against it, on random prices and on real ones."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atlas.kernel.indicators import (
    ATR,
    CMO,
    DEMA,
    EMA,
    KAMA,
    MACD,
    NATR,
    PPO,
    ROC,
    RSI,
    SMA,
    TEMA,
    TRIMA,
    TRIX,
    WMA,
    Bollinger,
    Donchian,
    Indicator,
    Keltner,
    Momentum,
    RollingMaximum,
    RollingMinimum,
    RollingSum,
    StandardDeviation,
    TrueRange,
    Variance,
    vectorised,
)
from tests.unit.kernel.indicators.samples import Columns, inputs_of, random_columns

talib: Any = pytest.importorskip("talib")

DAILY = Path(os.environ.get("ATLAS_SHARED", Path(__file__).parents[5] / "shared")) / "data" / "equity_daily"
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


BAR = "high low close"
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


def real_columns() -> Columns:
    """Daily bars of SPY, and the closes of IBM as the other series."""
    import pandas

    frame, other = (pandas.read_parquet(DAILY / f"{symbol}_daily_raw.parquet") for symbol in ("spy", "ibm"))
    columns = {name: frame[name].to_numpy(np.float64) for name in ("open", "high", "low", "close", "volume")}
    market = other["close"].to_numpy(np.float64)
    return {**columns, "price": columns["close"], "other": market, "market": market}
