"""Indicators read from a second run are what the hooks saw, and reading them changes nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from atlas import RSI, SMA, Bollinger, Context, Strategy, Window, per_instrument
from atlas.backtest.run import backtest
from atlas.backtest.sampling import indicator_lines
from tests.unit.backtest.samples import BuyOnce, Fails, market


class Several(Strategy):
    """Holds indicators of one and of several outputs, and past values."""

    average: SMA = SMA(5)
    bands: Bollinger = Bollinger(10)
    strength: RSI = RSI(14)
    past: Window = Window(3)

    def on_bar(self, ctx: Context, bar: Any) -> None:
        self.past.append(bar.close)
        self.strength.update(bar.close)
        self.bands.update(bar.close)
        if bar.close > self.average.update(bar.close):
            ctx.target_weight(bar.instrument, 0.5)


class Universe(Strategy):
    """Keeps an average of each instrument in one place."""

    scope = "universe"
    averages: dict[int, SMA] = per_instrument(SMA(5))

    def on_bar(self, ctx: Context, bar: Any) -> None:
        self.averages[bar.instrument].update(bar.close)


class Open(Strategy):
    """Keeps its state to itself."""

    open = True

    def on_bar(self, ctx: Context, bar: Any) -> None:
        self.seen = True


def rolled(closes: Any, length: int) -> Any:
    return closes.rolling(length).mean().to_numpy()


@pytest.mark.parametrize("mode", ["auto", "interpreted"])
def test_values_are_those_after_each_bar(mode: str) -> None:
    bars = market("AAA", bars=80)
    result = backtest(Several(), bars, mode=mode)
    before = result.fingerprint
    lines = {line.label: line for line in result.indicators}
    assert list(lines) == [
        "average SMA(5)",
        "bands Bollinger(10, 2) middle",
        "bands Bollinger(10, 2) upper",
        "bands Bollinger(10, 2) lower",
        "bands Bollinger(10, 2) deviation",
        "strength RSI(14)",
    ]
    average = lines["average SMA(5)"]
    assert (average.bars_each, average.instrument, average.field) == (1, 1, "average")
    np.testing.assert_allclose(average.values, rolled(bars.to_frame()["close"], 5), rtol=1e-12)
    np.testing.assert_array_equal(average.times_ns, bars.records["venue_time_ns"])
    assert result.fingerprint == before == backtest(Several(), bars, mode=mode).fingerprint


def test_each_instrument_has_its_own_also_in_tables() -> None:
    bars = market("AAA", "BBB", bars=40)
    result = backtest(Universe(), bars)
    assert [line.instrument for line in result.indicators] == [1, 2]
    for line, symbol in zip(result.indicators, bars.symbols, strict=True):
        # One look a day, after the records of both.
        np.testing.assert_allclose(line.values, rolled(bars.to_frame(symbol)["close"], 5), rtol=1e-12)


def test_few_samples_are_evenly_spaced_and_end_with_the_run() -> None:
    bars = market("AAA", bars=100)
    result = backtest(Several(), bars)
    line = indicator_lines(result._engine, most_samples=7)[0]
    assert (line.bars_each, len(line.values)) == (15, 7)
    expected = rolled(bars.to_frame()["close"], 5)
    np.testing.assert_allclose(line.values, expected[[14, 29, 44, 59, 74, 89, 99]], rtol=1e-12)


@pytest.mark.parametrize("strategy", [BuyOnce(), Open()], ids=["without indicators", "open"])
def test_what_has_no_indicators_is_not_run_again(strategy: Strategy, monkeypatch: pytest.MonkeyPatch) -> None:
    result = backtest(strategy, market("AAA"))
    monkeypatch.setattr("atlas.backtest.sampling.Engine", None)
    assert result.indicators == []


def test_a_hook_that_fails_ends_what_is_known() -> None:
    result = backtest([Fails(), Several()], market("AAA", bars=20), on_error="halt")
    values = next(line for line in result.indicators if line.field == "average").values
    assert np.isfinite(values[-1])
