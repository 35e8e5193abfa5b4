"""Cross-sectional momentum over a universe that changes, on real daily bars."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from atlas.backtest.run import backtest
from atlas.data import BarHistory, load_bars
from atlas.kernel.memory.compilation import PLAIN
from atlas.strategy.shipped import make_strategy

SHARED = Path(os.environ.get("ATLAS_SHARED") or Path(__file__).parents[4] / "shared")
FOLDER = SHARED / "data" / "equity_daily"
SYMBOLS = ("aapl", "aig", "fb", "ibm", "iwm", "spy")
# Facebook's ticker was another company's before; AIG fell out of the Dow on the day named.
UNIVERSE = [
    ("AAPL", "", ""),
    ("AIG", "", "2008-09-21"),
    ("FB", "2012-05-18", ""),
    ("IBM", "", ""),
    ("IWM", "", ""),
    ("SPY", "", ""),
]

pytestmark = [
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no real data in {FOLDER}"),
    pytest.mark.skipif(PLAIN, reason="thirty thousand bars take minutes in plain mode"),
]


def split_adjusted(symbol: str) -> pd.DataFrame:
    """Daily bars with prices and volume as if every split had been before the first."""
    frame = pd.read_parquet(FOLDER / f"{symbol}_daily_raw.parquet")
    names = ["date", "price", "split", "reference"]
    factors = pd.read_csv(FOLDER / f"{symbol}_factor_file.csv", header=None, names=names)
    dates = pd.to_datetime(frame["date"])
    rows = np.searchsorted(pd.to_datetime(factors["date"].astype(str)).to_numpy(), dates.to_numpy())
    split = factors["split"].to_numpy()[np.minimum(rows, len(factors) - 1)]
    for name in ("open", "high", "low", "close"):
        frame[name] *= split
    frame["volume"] = (frame["volume"] / split).round()
    return frame


@pytest.fixture(scope="module")
def history() -> BarHistory:
    return load_bars({symbol.upper(): split_adjusted(symbol) for symbol in SYMBOLS})


@pytest.mark.parametrize("mode", ["compiled", "interpreted"])
def test_only_members_are_bought_and_leavers_are_sold(history: BarHistory, mode: str) -> None:
    strategy = make_strategy("momentum", {"top": 2})
    result: Any = backtest(strategy, history, universe=UNIVERSE, fees=0.0005, mode=mode, end="2014-12-31")
    fills = result.fills
    assert len(fills) > 200
    bought = fills[fills["side"] == "buy"]
    fb, aig = bought[bought["symbol"] == "FB"], bought[bought["symbol"] == "AIG"]
    assert len(fb) and fb["time"].min() >= pd.Timestamp("2012-05-18", tz="UTC")
    assert len(aig) and aig["time"].max() < pd.Timestamp("2008-09-23", tz="UTC")
    held = result._engine.trader.rows("positions")["quantity_units"]
    assert int(held[history.number_of("AIG")]) == 0
    profit = result.summary.final_equity - 100_000.0
    assert result.by_symbol["profit"].sum() == pytest.approx(profit, abs=1e-3)


def test_modes_agree_and_the_universe_matters(history: BarHistory) -> None:
    def run(mode: str, universe: Any) -> Any:
        return backtest(make_strategy("momentum", {"top": 2}), history, universe=universe, mode=mode, end="2009-12-31")

    compiled, interpreted = run("compiled", UNIVERSE), run("interpreted", UNIVERSE)
    assert compiled.fingerprint == interpreted.fingerprint
    assert compiled.fingerprint != run("compiled", None).fingerprint


def test_the_future_of_the_universe_is_not_known(history: BarHistory) -> None:
    changed = [row if row[0] != "AIG" else ("AIG", "", "2006-06-30") for row in UNIVERSE]
    first, second = (
        backtest(make_strategy("momentum", {"top": 2}), history, universe=universe, end="2007-12-31").fills
        for universe in (UNIVERSE, changed)
    )
    until = pd.Timestamp("2006-07-01", tz="UTC")
    before = [frame[frame["time"] < until] for frame in (first, second)]
    assert len(before[0]) > 50
    pd.testing.assert_frame_equal(before[0], before[1])
