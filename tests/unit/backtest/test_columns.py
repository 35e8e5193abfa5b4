"""Further columns of the data reach hooks: alike in both modes, and never before they are known."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import atlas
from atlas.backtest.result import BacktestResult
from atlas.data import load_bars
from atlas.records.errors import StrategyError

MODES = ("compiled", "interpreted")
HOUR_NS = 3_600_000_000_000
START_NS = 1_704_067_200_000_000_000


class Follow(atlas.Strategy):
    """Holds as many as the column says, NaN changing nothing."""

    seen: float = math.nan
    before: float = math.nan

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.seen = bar.column("score")
        self.before = ctx.column("score", ago=1)
        if self.seen == self.seen:
            ctx.target(bar.instrument, self.seen)


class OpenFollow(atlas.Strategy):
    open = True

    def on_bar(self, ctx: Any, bar: Any) -> None:
        score = ctx.column("score")
        if not math.isnan(score):
            ctx.target(bar.instrument, score)


class Recorder(atlas.Strategy):
    """Logs what it sees of both instruments' columns on every bar, and on a timer in between."""

    scope = "universe"

    def on_start(self, ctx: Any) -> None:
        ctx.set_timer(1, START_NS, 1_800_000_000_000, instrument=1)

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.tell(ctx)

    def on_timer(self, ctx: Any, timer: Any) -> None:
        self.tell(ctx)

    def tell(self, ctx: Any) -> None:
        for number in ctx.instruments:
            ctx.log(
                "{} {} {} {}",
                ctx.time_ns - 1_704_067_200_000_000_000,
                number,
                ctx.column("score", number),
                ctx.column("late", number, 1),
            )


class Misspelt(atlas.Strategy):
    def on_bar(self, ctx: Any, bar: Any) -> None:
        ctx.target(bar.instrument, ctx.column("scroe"))


def bars(scores: list[float], **columns: Any) -> pd.DataFrame:
    index = pd.date_range("2024-01-01", periods=len(scores), freq="h", name="time")
    prices = {"open": 100.0, "high": 101.0, "low": 99.0, "close": 100.0, "volume": 1e6}
    return pd.DataFrame({**prices, "score": scores, **columns}, index=index)


@pytest.mark.parametrize("mode", MODES)
def test_a_value_is_acted_on_at_the_next_open(mode: str) -> None:
    result = atlas.backtest(Follow(), bars([1.0, math.nan, 3.0, 0.0, 0.0]), mode=mode)
    fills = result.fills
    assert fills["quantity"].tolist() == [1.0, 2.0, 3.0]
    assert fills["time"].dt.hour.tolist() == [1, 3, 4]


def test_both_modes_and_an_open_strategy_agree() -> None:
    scores = np.random.default_rng(3).integers(-5, 6, 300).astype(float)
    scores[::7] = math.nan
    data = {"B": bars(scores.tolist()), "A": bars(scores[::-1].tolist())}
    one, other = (atlas.backtest(Follow(), data, mode=mode) for mode in MODES)
    assert one.summary.fingerprint == other.summary.fingerprint
    open_one = atlas.backtest(OpenFollow(), data)
    columns = ["time", "symbol", "quantity", "price"]
    pd.testing.assert_frame_equal(open_one.fills[columns], one.fills[columns])


@pytest.mark.parametrize("mode", MODES)
def test_a_misspelt_column_is_refused_before_the_run(mode: str) -> None:
    with pytest.raises(StrategyError, match="the data has no further column 'scroe' — did you mean 'score'"):
        atlas.backtest(Misspelt(), bars([1.0, 2.0]), mode=mode)
    with pytest.raises(StrategyError, match="no further column 'scroe': it has none but prices and volume"):
        atlas.backtest(Misspelt(), bars([1.0, 2.0]).drop(columns="score"), mode=mode)


def test_an_open_strategy_is_told_of_a_misspelt_column() -> None:
    class OpenMisspelt(atlas.Strategy):
        open = True

        def on_bar(self, ctx: Any, bar: Any) -> None:
            ctx.column("scroe")

    with pytest.raises(StrategyError, match="no further column 'scroe' — did you mean 'score'"):
        atlas.backtest(OpenMisspelt(), bars([1.0, 2.0]))


def seen_by(result: BacktestResult) -> list[tuple[int, int, float, float]]:
    lines = [line.split(": ", 1)[1].split() for line in result.log]
    return [(int(float(at)), int(float(number)), float(score), float(late)) for at, number, score, late in lines]


ROWS = st.lists(
    st.tuples(st.one_of(st.just(math.nan), st.integers(0, 99).map(float)), st.integers(-2, 9)), min_size=2, max_size=12
)


@settings(max_examples=30, deadline=None)
@given(st.tuples(ROWS, ROWS))
def test_no_value_is_seen_before_it_was_known(drawn: tuple[Any, Any]) -> None:
    """Against the plain reading: of the rows known by then, the one that became known last."""
    frames = {}
    for symbol, rows in zip("AB", drawn, strict=True):
        known = [START_NS + (at + 1) * HOUR_NS + delay * HOUR_NS // 2 for at, (_, delay) in enumerate(rows)]
        frame = bars([score for score, _ in rows])
        frames[symbol] = frame.assign(late=frame["score"], late_available=np.array(known, "datetime64[ns]"))
    history = load_bars(frames, timeframe="1h")
    results = [atlas.backtest(Recorder(), history, mode=mode) for mode in MODES]
    assert results[0].summary.fingerprint == results[1].summary.fingerprint
    for after_ns, number, score, late in seen_by(results[0]):
        rows = drawn[number - 1]
        ended = [each for at, (each, _) in enumerate(rows) if (at + 1) * HOUR_NS <= after_ns]
        # A bar's own columns are known when the bar is; that of the other instrument may come later at the same time.
        allowed = [ended[-1] if ended else math.nan]
        allowed += [ended[-2] if len(ended) > 1 else math.nan] if after_ns % HOUR_NS == 0 else []
        assert any(score == each or (math.isnan(score) and math.isnan(each)) for each in allowed)
        told = sorted(
            (((at + 1) * 2 + delay, at, each) for at, (each, delay) in enumerate(rows) if not math.isnan(each)),
            key=lambda entry: entry[:2],
        )
        by_then = [each for half_hours, _, each in told if half_hours * HOUR_NS // 2 <= after_ns]
        expected = by_then[-2] if len(by_then) > 1 else math.nan
        assert late == expected or (math.isnan(late) and math.isnan(expected))


def test_a_delay_holds_back_every_value() -> None:
    data = bars([1.0, 2.0, 3.0, 3.0, 3.0, 3.0])
    at_once = atlas.backtest(Follow(), load_bars(data)).fills["time"]
    later = atlas.backtest(Follow(), load_bars(data, availability={"score": timedelta(hours=2)})).fills["time"]
    assert (later - at_once).tolist() == [timedelta(hours=2)] * 3


def test_columns_are_seen_at_the_end_of_longer_bars() -> None:
    data = bars([float(number) for number in range(12)])
    one, other = (atlas.backtest(Follow(), data, timeframe="4h", mode=mode) for mode in MODES)
    assert one.summary.fingerprint == other.summary.fingerprint
    assert one.fills["quantity"].cumsum().tolist() == [3.0, 7.0]
