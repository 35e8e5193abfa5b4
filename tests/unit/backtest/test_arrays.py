"""Signals and weights as arrays: the same run as a strategy written by hand, or one line that says what is wrong."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import atlas
from atlas.kernel.indicators import SMA
from atlas.kernel.memory.compilation import PLAIN
from atlas.records.errors import ConfigurationError, DataError, StrategyError
from atlas.strategy.shipped.follow_signals import FollowSignals
from atlas.strategy.shipped.follow_weights import FollowWeights

FILL_COLUMNS = ["time", "symbol", "side", "quantity", "price", "fee"]


def closes(seed: int, count: int = 400) -> np.ndarray[Any, np.dtype[np.float64]]:
    steps = np.random.default_rng(seed).normal(0.0, 0.01, count)
    return np.asarray(np.round(100.0 * np.exp(np.cumsum(steps)), 2))


def bars(seed: int = 1, count: int = 400) -> pd.DataFrame:
    close = closes(seed, count)
    index = pd.date_range("2023-01-01", periods=count, freq="D", name="date")
    frame = pd.DataFrame({"open": np.roll(close, 1), "close": close, "volume": 1e9}, index=index)
    frame.iloc[0, 0] = 100.0
    return frame.assign(high=frame[["open", "close"]].max(axis=1), low=frame[["open", "close"]].min(axis=1))


class Crossing(atlas.Strategy):
    fast: SMA = SMA(10)
    slow: SMA = SMA(30)

    def on_bar(self, ctx: Any, bar: Any) -> None:
        fast, slow = self.fast.update(bar.close), self.slow.update(bar.close)
        if self.slow.ready:
            ctx.target_weight(bar.instrument, 0.95 if fast > slow else -0.95)


class Monthly(atlas.Strategy):
    """A third in each of two instruments, made so again every thirty days: what is sold first, then what is bought."""

    scope = "universe"
    slices: int = 0

    def on_slice(self, ctx: Any, slice: Any) -> None:
        if self.slices % 30 == 0:
            for selling in (True, False):
                for number in ctx.instruments:
                    if (ctx.position_value(number) >= ctx.equity / 3.0) == selling:
                        ctx.target_weight(number, 1.0 / 3.0, rebalance=True)
        self.slices += 1


def crossing_signals(data: pd.DataFrame) -> pd.Series:
    """As people write it: by whole arrays. Sums of the same order as the indicator's give the same decisions."""
    fast, slow = data["close"].rolling(10).mean(), data["close"].rolling(30).mean()
    return pd.Series(np.where(slow.isna(), np.nan, np.where(fast > slow, 1.0, -1.0)), index=data.index)


def assert_same_fills(one: Any, other: Any) -> None:
    pd.testing.assert_frame_equal(one.fills[FILL_COLUMNS], other.fills[FILL_COLUMNS])
    assert len(one.fills) > 3


@pytest.mark.parametrize("mode", ["auto", "interpreted"])
def test_signals_trade_as_the_strategy_written_by_hand(mode: str) -> None:
    data = bars()
    by_hand = atlas.backtest(Crossing(), data, fees=0.001)
    followed = atlas.backtest(signals=crossing_signals(data), data=data, fees=0.001, mode=mode)
    assert_same_fills(followed, by_hand)
    assert followed.summary.final_equity == by_hand.summary.final_equity
    expected = "interpreted" if PLAIN or mode == "interpreted" else "compiled"
    assert [each.value for each in followed.assumptions if each.name == "FollowSignals"] == [expected]


def test_every_shape_of_signals_is_the_same_run() -> None:
    data = bars()
    signals = crossing_signals(data)
    long, short = signals == 1.0, signals == -1.0
    expected = atlas.backtest(signals=signals, data={"A": data}).fills
    shapes: dict[str, Any] = {
        "array": signals.to_numpy(),
        "list": signals.tolist(),
        "frame": signals.to_frame("A"),
        "any name": signals.to_frame("signal"),
        "mapping": {"A": signals},
        "mapping of arrays": {"A": signals.to_numpy()},
        "only the changes": signals.where(signals.diff().fillna(1.0) != 0.0).dropna(),
        "texts of times": pd.DataFrame({"date": [str(day)[:10] for day in data.index], "A": signals.to_numpy()}),
        "polars": pl.DataFrame({"date": data.index.to_numpy(), "A": signals.to_numpy()}),
        "entries": {"entries": long, "short_entries": short},
        "tuple": (long.to_numpy(), np.zeros(len(data), bool), short.to_numpy(), np.zeros(len(data), bool)),
        "frame of entries": pd.DataFrame({"entries": long, "short_entries": short}),
        "entries by symbol": {"entries": long.to_frame("A"), "short_entries": short.to_frame("A")},
    }
    for name, value in shapes.items():
        found = atlas.backtest(signals=value, data={"A": data}).fills
        pd.testing.assert_frame_equal(found, expected, obj=name)


def test_entries_and_exits_hold_in_between() -> None:
    data = bars(count=8)
    entries = np.array([0, 1, 0, 0, 0, 1, 0, 0], bool)
    exits = np.array([1, 0, 0, 1, 1, 0, 0, 0], bool)
    fills = atlas.backtest(signals=(entries, exits), data=data).fills
    assert fills["time"].dt.day.tolist() == [3, 5, 7]
    assert (fills["quantity"] > 0).all()


def test_weights_rebalance_on_every_row_that_says_one() -> None:
    data = {"A": bars(1), "B": bars(2)}
    weights = pd.DataFrame(math.nan, index=data["A"].index, columns=["A", "B"])
    weights.iloc[::30] = 1.0 / 3.0
    followed = atlas.backtest(weights=weights, data=data, fees=0.0005)
    by_hand = atlas.backtest(Monthly(), data, fees=0.0005)
    assert_same_fills(followed, by_hand)
    assert len(followed.fills) > 20


def test_a_rotation_sells_before_it_buys() -> None:
    data = {"A": bars(1), "B": bars(2)}
    weights = pd.DataFrame(math.nan, index=data["A"].index, columns=["A", "B"])
    weights.iloc[0] = [0.95, 0.0]
    weights.iloc[100] = [0.0, 0.95]
    weights.iloc[200] = [0.95, 0.0]
    result = atlas.backtest(weights=weights, data=data)
    fills = result.fills
    assert len(fills) == 5
    assert sorted(zip(fills["symbol"], fills["side"], strict=True)) == [
        *(("A", "buy"), ("A", "buy"), ("A", "sell"), ("B", "buy"), ("B", "sell"))
    ]


def test_signals_come_from_a_column_of_the_data_too(tmp_path: Path) -> None:
    data = bars()
    path = tmp_path / "A.csv"
    data.assign(signal=crossing_signals(data)).to_csv(path)
    from_column = atlas.backtest("follow_signals", path)
    assert_same_fills(from_column, atlas.backtest(signals=crossing_signals(data), data={"A": data}))
    half = atlas.backtest(FollowSignals(weight=0.5), signals=crossing_signals(data), data=data)
    assert half.parameters["weight"] == 0.5


def test_what_was_in_memory_is_named_in_the_run_s_document() -> None:
    data = bars(count=50)
    result = atlas.backtest(signals=np.ones(50), data=data)
    assert "# Not in this document: the signals, which came from memory" in result.configuration


GOOD = bars(count=5)
ONES = pd.Series(1.0, index=GOOD.index)
PAIR = {"A": GOOD, "B": GOOD}
REFUSED: dict[str, tuple[dict[str, Any], Any, str]] = {
    "other times": (
        {"signals": ONES.shift(1, freq="12h")},
        GOOD,
        r"signals: row 1, 2023-01-01 12:00:00, is no bar of .* \(they start from 2023-01-01 00:00:00 to 2023-01-05",
    ),
    "outside": ({"signals": ONES.shift(300, freq="D")}, GOOD, r"signals: row 1, 2023-10-28 00:00:00, is no bar"),
    "unknown symbol": (
        {"weights": ONES.to_frame("AAPLE")},
        {"AAPL": GOOD, "B": GOOD},
        "no symbol 'AAPLE'; did you mean 'AAPL'",
    ),
    "no symbol": ({"signals": ONES.to_numpy()}, PAIR, "signals: the data has 2 symbols: give a column for each"),
    "length": ({"signals": np.ones(4)}, GOOD, "signals: 4 values without times for 5 bars of DATA"),
    "too much": ({"signals": ONES * 2}, GOOD, r"signals: row 1 \(2023-01-01 00:00:00\).*: 2 is no signal"),
    "infinite": ({"weights": ONES * math.inf}, GOOD, r"weights: row 1 .* inf is no finite number"),
    "nothing": ({"signals": ONES * math.nan}, GOOD, "signals: every value is NaN"),
    "twice": ({"signals": pd.concat([ONES, ONES])}, GOOD, "signals: 2023-01-01 00:00:00 stands twice"),
    "texts": ({"signals": ONES.astype(str).replace("1.0", "buy")}, GOOD, "holds no numbers or booleans"),
    "both at once": ({"signals": (ONES > 0, ONES > 0)}, GOOD, r"signals: row 1 \(2023-01-01.*says two things at once"),
    "sum": (
        {"weights": pd.DataFrame({"A": ONES, "B": ONES * 0.5})},
        PAIR,
        r"weights: those of 2023-01-01 00:00:00 add up to 1.5, more than leverage=1: scale .*, or pass leverage=1.5",
    ),
    "dimensions": ({"weights": np.ones((5, 2))}, PAIR, "an array of 2 dimensions names no symbols"),
    "no frame": ({"weights": 3.0}, GOOD, "weights: can't read float: give a frame"),
    "bad time": (
        {"signals": pd.DataFrame({"date": ["2023-01-01", "2023-02-30"], "A": [1.0, 1.0]})},
        GOOD,
        "signals: row 2, column 'date': '2023-02-30' is no time",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_not_be_followed_is_refused_in_one_line(name: str) -> None:
    arguments, data, message = REFUSED[name]
    with pytest.raises(DataError, match=message) as caught:
        atlas.backtest(data=data, **arguments)
    assert "\n" not in str(caught.value)


def test_arguments_that_contradict_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="signals and weights: are both given"):
        atlas.backtest(signals=ONES, weights=ONES, data=GOOD)
    with pytest.raises(ConfigurationError, match="signals: are followed by FollowSignals: leave the strategy out"):
        atlas.backtest(FollowWeights(), signals=ONES, data=GOOD)
    with pytest.raises(ConfigurationError, match="timeframe: can't be longer than the data's bars"):
        atlas.backtest(signals=ONES, data=GOOD, timeframe="5d")
    with pytest.raises(ConfigurationError, match="data: is missing: pass a file"):
        atlas.backtest(signals=ONES)
    with pytest.raises(StrategyError, match="there is no strategy to run: .* or signals= or weights="):
        atlas.backtest(data=GOOD)
    with pytest.raises(ConfigurationError, match="no argument 'entries'; did you mean 'signals'"):
        atlas.backtest(entries=ONES, data=GOOD)


def test_arguments_of_reading_are_handed_on(tmp_path: Path) -> None:
    path = tmp_path / "A.csv"
    GOOD.iloc[::-1].to_csv(path)
    with pytest.raises(DataError, match="sort=True"):
        atlas.backtest("sma_cross", path)
    result = atlas.backtest("sma_cross", path, sort=True)
    assert len(result.history) == 5
    with pytest.raises(ConfigurationError, match="no argument 'sorted'; did you mean 'sort'"):
        atlas.backtest("sma_cross", path, sorted=True)


def test_signals_of_local_times_are_read_as_the_data_is() -> None:
    data = bars(count=40)
    data.index = pd.date_range("2023-01-02 09:30", periods=40, freq="h", name="time")
    fills = atlas.backtest(signals=pd.Series(1.0, index=data.index), data=data, timezone="America/New_York").fills
    assert fills["time"].iloc[0].hour == 15
