"""Indicators over a million rows: Atlas beside TA-Lib and pandas, in turns.

    python -m benchmarks.indicators [--rows N] [--rounds N] [--only NAME ...]

All get the same arrays (pandas: series of them) and give arrays; what they give is compared first, where all are ready.
A ratio above 1 says that Atlas took less time; it is taken round by round. Atlas's functions also check every input for
NaN and carry the state of a stream. pandas's forms are the ones usually written with it. A contestant that is not
installed is left out.
"""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from atlas import indicators
from benchmarks.figures import Figure, Timing, clock, finish, timing_figure

SEED = 5
Call = Callable[[], Any]


class DifferentError(Exception):
    """Two contestants gave different values."""


@dataclass
class Contest:
    """One indicator, as each contestant computes it; a contestant that lacks it is not in `calls`.

    Parameters
    ----------
    name : str
        Of Atlas's function.
    calls : dict of str to callable
        By contestant.
    """

    name: str
    calls: dict[str, Call]
    timings: dict[str, list[Timing]] = field(default_factory=dict)


def bars(rows: int) -> dict[str, np.ndarray[Any, Any]]:
    """Make bars that walk at random."""
    generator = np.random.default_rng(SEED)
    close = 1_000.0 + np.cumsum(generator.normal(0.0, 0.1, rows))
    high, low = close + generator.random(rows), close - generator.random(rows)
    return {"high": high, "low": low, "close": close, "volume": generator.integers(1, 1_000, rows).astype(np.float64)}


def true_range(bar: Any) -> Any:
    """Give true ranges by pandas."""
    before = bar["close"].shift()
    parts = [bar["high"] - bar["low"], (bar["high"] - before).abs(), (bar["low"] - before).abs()]
    return pd.concat(parts, axis=1).max(axis=1).where(before.notna())


def wilder(series: Any, length: int) -> Any:
    """Smooth by pandas; its seed differs, which a million rows forget."""
    return series.ewm(alpha=1.0 / length, adjust=False).mean()


def strength(close: Any, length: int) -> Any:
    """Give the index of relative strength by pandas."""
    change = close.diff()
    rises, falls = wilder(change.clip(lower=0.0), length), wilder(-change.clip(upper=0.0), length)
    return 100.0 * rises / (rises + falls)


def bands(close: Any) -> Any:
    """Give the upper Bollinger band by pandas."""
    window = close.rolling(20)
    return window.mean() + 2.0 * window.std(ddof=0)


def convergence(close: Any) -> Any:
    """Give the histogram of two averages by pandas."""
    line = close.ewm(span=12, adjust=False).mean() - close.ewm(span=26, adjust=False).mean()
    return line - line.ewm(span=9, adjust=False).mean()


def place(bar: Any) -> Any:
    """Give %D of the stochastic oscillator by pandas."""
    low, high = bar["low"].rolling(14).min(), bar["high"].rolling(14).max()
    return (100.0 * (bar["close"] - low) / (high - low)).rolling(3).mean().rolling(3).mean()


def contests(columns: dict[str, np.ndarray[Any, Any]]) -> list[Contest]:
    """List what is measured; each call gives the last of its outputs."""
    frame = pd.DataFrame(columns)
    close, high, low, volume = (columns[name] for name in ("close", "high", "low", "volume"))
    series, other = frame["close"], np.sqrt(close) + low
    listed: dict[str, tuple[Call, Callable[[Any], Any] | None, Call | None]] = {
        "sma": (
            lambda: indicators.sma(close, 30),
            lambda ta: ta.SMA(close, 30),
            lambda: series.rolling(30).mean(),
        ),
        "ema": (
            lambda: indicators.ema(close, 30),
            lambda ta: ta.EMA(close, 30),
            lambda: series.ewm(span=30, adjust=False).mean(),
        ),
        "wma": (lambda: indicators.wma(close, 30), lambda ta: ta.WMA(close, 30), None),
        "kama": (lambda: indicators.kama(close, 10), lambda ta: ta.KAMA(close, 10), None),
        "rsi": (lambda: indicators.rsi(close, 14), lambda ta: ta.RSI(close, 14), lambda: strength(series, 14)),
        "macd": (lambda: indicators.macd(close)[2], lambda ta: ta.MACD(close)[2], lambda: convergence(series)),
        "bollinger": (
            lambda: indicators.bollinger(close)[1],
            lambda ta: ta.BBANDS(close, 20, 2.0, 2.0)[0],
            lambda: bands(series),
        ),
        "atr": (
            lambda: indicators.atr(high, low, close),
            lambda ta: ta.ATR(high, low, close),
            lambda: wilder(true_range(frame), 14),
        ),
        "adx": (lambda: indicators.adx(high, low, close)[0], lambda ta: ta.ADX(high, low, close), None),
        "stochastic": (
            lambda: indicators.stochastic(high, low, close)[1],
            lambda ta: ta.STOCH(high, low, close, 14, 3, 0, 3, 0)[1],
            lambda: place(frame),
        ),
        "cci": (lambda: indicators.cci(high, low, close), lambda ta: ta.CCI(high, low, close, 20), None),
        "mfi": (lambda: indicators.mfi(high, low, close, volume), lambda ta: ta.MFI(high, low, close, volume), None),
        "obv": (
            lambda: indicators.obv(close, volume),
            lambda ta: ta.OBV(close, volume),
            lambda: volume[0] + (np.sign(series.diff()).fillna(0.0) * frame["volume"]).cumsum(),
        ),
        "rolling_maximum": (
            lambda: indicators.rolling_maximum(high, 100),
            lambda ta: ta.MAX(high, 100),
            lambda: frame["high"].rolling(100).max(),
        ),
        "rolling_median": (lambda: indicators.rolling_median(close, 30), None, lambda: series.rolling(30).median()),
        "linear_regression": (
            lambda: indicators.linear_regression(close, 14)[0],
            lambda ta: ta.LINEARREG(close, 14),
            None,
        ),
        "correlation": (
            lambda: indicators.correlation(close, other, 30),
            lambda ta: ta.CORREL(close, other, 30),
            lambda: series.rolling(30).corr(pd.Series(other)),
        ),
        "parabolic_sar": (lambda: indicators.parabolic_sar(high, low)[0], lambda ta: ta.SAR(high, low), None),
        "supertrend": (lambda: indicators.supertrend(high, low, close)[0], None, None),
    }
    return [with_talib(name, *calls) for name, calls in listed.items()]


def with_talib(name: str, own: Call, talib: Callable[[Any], Any] | None, pandas: Call | None) -> Contest:
    """Put the calls of the contestants that are there together."""
    calls = {"atlas": own}
    if talib is not None and importlib.util.find_spec("talib") is not None:
        module = importlib.import_module("talib")
        calls["talib"] = lambda: talib(module)
    if pandas is not None:
        calls["pandas"] = pandas
    return Contest(name, calls)


def compare(contest: Contest) -> None:
    """Check that all give the same where seeds are forgotten.

    Raises
    ------
    DifferentError
        They don't.
    """
    answers = {who: np.asarray(call(), np.float64)[-1_000:] for who, call in contest.calls.items()}
    for who, answer in answers.items():
        if not np.allclose(answer, answers["atlas"], rtol=1e-6, atol=1e-6):
            worst = float(np.max(np.abs(answer - answers["atlas"])))
            raise DifferentError(f"{contest.name}: {who} differs from Atlas by up to {worst:g}")


def figures_of(contest: Contest, rows: int) -> list[Figure]:
    """Make a figure of each contestant's time a row, and of the others' time over Atlas's."""
    key, label = f"indicators.{contest.name}", contest.name
    own = contest.timings["atlas"]
    answer = [timing_figure(f"{key}.atlas", f"{label}, Atlas", "ns/row", own, 1e9 / rows)]
    for who, title in (("talib", "TA-Lib"), ("pandas", "pandas")):
        if who not in contest.timings:
            continue
        pairs = list(zip(contest.timings[who], own, strict=True))
        wall, cpu = [other.wall / us.wall for other, us in pairs], [other.cpu / us.cpu for other, us in pairs]
        answer.append(Figure(f"{key}.{who}", f"{label}, {title}'s time over Atlas's", "×", wall, cpu))
    return answer


def measure(rows: int, rounds: int, names: list[str]) -> list[Figure]:
    """Measure all in rounds, the contestants in turns."""
    chosen = [contest for contest in contests(bars(rows)) if not names or contest.name in names]
    for contest in chosen:
        compare(contest)
    for _ in range(rounds):
        for contest in chosen:
            for who, call in contest.calls.items():
                contest.timings.setdefault(who, []).append(clock(call))
    return [figure for contest in chosen for figure in figures_of(contest, rows)]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", nargs="+", default=[])
    arguments = parser.parse_args()
    finish("indicators", "Indicators over whole series", measure(arguments.rows, arguments.rounds, arguments.only))


if __name__ == "__main__":
    main()
