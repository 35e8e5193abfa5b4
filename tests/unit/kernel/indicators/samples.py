"""Every indicator with short lengths, and the columns that they are run over."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import atlas.kernel.indicators as room
from atlas.kernel.indicators import Indicator, Window

DAILY = Path(os.environ.get("ATLAS_SHARED", Path(__file__).parents[5] / "shared")) / "data" / "equity_daily"
ROWS = 700
MINUTE_NS = 60_000_000_000
Columns = Mapping[str, np.ndarray[Any, Any]]

# Arguments for the tests; an indicator that is not here takes {"length": 5}.
ARGUMENTS: dict[str, dict[str, Any]] = {
    "AccumulationDistribution": {},
    "ChaikinOscillator": {"fast_length": 3, "slow_length": 6},
    "HeikinAshi": {},
    "Ichimoku": {"conversion_length": 3, "base_length": 5, "span_length": 8, "displacement": 4},
    "KAMA": {"length": 5, "fast_length": 2, "slow_length": 4},
    "Keltner": {"length": 4, "range_length": 6},
    "MACD": {"fast_length": 3, "slow_length": 6, "signal_length": 4},
    "OBV": {},
    "PPO": {"fast_length": 3, "slow_length": 6, "signal_length": 4},
    "ParabolicSAR": {},
    "Stochastic": {"length": 5, "smoothing": 3, "signal_length": 2},
    "StochasticRSI": {"length": 5, "stochastic_length": 4, "smoothing": 2, "signal_length": 3},
    "TrueRange": {},
    "UltimateOscillator": {"short_length": 2, "middle_length": 4, "long_length": 7},
    "VWAP": {},
}


def indicator_classes() -> dict[str, type[Indicator]]:
    """Every indicator with an `update`, by name."""
    names = [name for name in room.__all__ if name not in ("Indicator", "Window", "vectorised")]
    return {name: getattr(room, name) for name in names}


def sample(name: str) -> Indicator:
    """An indicator with short lengths."""
    made: Any = getattr(room, name)
    answer: Indicator = made(**ARGUMENTS.get(name, {"length": 5}))
    assert not isinstance(answer, Window)
    return answer


def random_columns(seed: int = 11, rows: int = ROWS, start: float = 100.0) -> dict[str, np.ndarray[Any, Any]]:
    """Bars that walk at random, their volumes, a second series, and times a minute apart."""
    generator = np.random.default_rng(seed)
    close = start + np.cumsum(generator.normal(0, 1, rows))
    opens = close + generator.normal(0, 0.5, rows)
    return {
        "price": close,
        "other": 50.0 + 0.3 * close + np.cumsum(generator.normal(0, 0.5, rows)),
        "market": 50.0 + 0.3 * close + np.cumsum(generator.normal(0, 0.5, rows)),
        "open": opens,
        "high": np.maximum(close, opens) + generator.random(rows),
        "low": np.minimum(close, opens) - generator.random(rows),
        "close": close,
        "volume": generator.integers(1, 10_000, rows).astype(np.float64),
        "time_ns": np.arange(rows, dtype=np.int64) * 7 * MINUTE_NS,
    }


def inputs_of(indicator: Indicator, columns: Columns) -> list[np.ndarray[Any, Any]]:
    """The columns that an indicator's `update` takes, in its order."""
    return [columns[name] for name in type(indicator).methods["update"].inputs]


def outputs_of(indicator: Indicator) -> tuple[str, ...]:
    """Names of all outputs, `value` first."""
    return ("value", *(name for name in type(indicator).outputs if name != "value"))


def stream(indicator: Indicator, columns: Columns) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Update a fresh copy row by row; give all outputs, shape (outputs, rows), and whether it was ready after each."""
    fresh: Any = indicator.copy()
    names, rows = outputs_of(indicator), []
    ready = []
    for row in zip(*(column.tolist() for column in inputs_of(indicator, columns)), strict=True):
        assert fresh.update(*row) == fresh.value or fresh.value != fresh.value
        rows.append([getattr(fresh, name) for name in names])
        ready.append(fresh.ready)
    return np.array(rows).reshape(-1, len(names)).T, np.array(ready, bool)


def real_columns() -> Columns:
    """Daily bars of SPY, and the closes of IBM as the other series."""
    import pandas

    frame, other = (pandas.read_parquet(DAILY / f"{symbol}_daily_raw.parquet") for symbol in ("spy", "ibm"))
    columns = {name: frame[name].to_numpy(np.float64) for name in ("open", "high", "low", "close", "volume")}
    market = other["close"].to_numpy(np.float64)
    times = frame["date"].to_numpy("datetime64[ns]").astype(np.int64)
    return {**columns, "price": columns["close"], "other": market, "market": market, "time_ns": times}
