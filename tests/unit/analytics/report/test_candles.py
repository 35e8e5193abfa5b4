"""Candles: joined by hand, as fine as fits, exact when read back."""

from __future__ import annotations

import numpy as np
import pytest

from atlas.analytics import BarGroups
from atlas.analytics.report.candles import Candles, candles_of, fitted, joined
from atlas.analytics.report.packing import in_page
from atlas.records.enums import NULL
from tests.unit.analytics.report.pages import unpacked
from tests.unit.analytics.runs import PRICE, make_bars


def walk(count: int, seed: int = 3) -> Candles:
    random = np.random.default_rng(seed)
    closes = np.round(100.0 + np.cumsum(random.normal(0, 0.05, count)), 2)
    opens = np.append(100.0, closes[:-1])
    high = np.round(np.maximum(opens, closes) + random.uniform(0, 0.2, count), 2)
    low = np.round(np.minimum(opens, closes) - random.uniform(0, 0.2, count), 2)
    times = 1_600_000_000.0 + 60.0 * np.arange(count, dtype=np.float64)
    return Candles(1, times.astype(np.float64), {"open": opens, "high": high, "low": low, "close": closes}, 2)


def read_back(text: str, described: dict[str, dict[str, float]], decimals: int) -> dict[str, np.ndarray]:
    """What the page's script makes of a pack."""
    steps = {name: unpacked(text, place) for name, place in described.items()}
    scale = 10.0**decimals
    close = steps["close"]
    gaps, above, below = (np.diff(steps[name], prepend=0.0) for name in ("open", "above", "below"))
    opens = np.append(close[:1], close[:-1]) + gaps
    if len(opens):
        opens[0] = close[0]  # the first candle has nothing before it
    return {
        "close": close / scale,
        "open": opens / scale,
        "high": (np.maximum(opens, close) + above) / scale,
        "low": (np.minimum(opens, close) - below) / scale,
    }


def test_joined_candles_by_hand() -> None:
    made = joined(walk(5), 2)
    every = walk(5).prices
    assert made.bars_each == 2
    assert made.prices["open"].tolist() == every["open"][[0, 2, 4]].tolist()
    assert made.prices["close"].tolist() == every["close"][[1, 3, 4]].tolist()
    assert made.prices["high"].tolist() == [max(every["high"][:2]), max(every["high"][2:4]), every["high"][4]]
    assert made.prices["low"].tolist() == [min(every["low"][:2]), min(every["low"][2:4]), every["low"][4]]
    assert made.times.tolist() == walk(5).times[[0, 2, 4]].tolist()


def test_candles_come_back_to_the_last_digit() -> None:
    candles = walk(3_000)
    content, described = candles.pack()
    found = read_back(in_page(content), described, 2)
    for name in ("close", "high", "low"):
        np.testing.assert_allclose(found[name][1:], candles.prices[name][1:], atol=1e-9)
    np.testing.assert_allclose(found["open"][1:], candles.prices["open"][1:], atol=1e-9)


@pytest.mark.parametrize("most_bytes", [10_000_000, 300_000, 60_000])
def test_they_are_as_fine_as_fits(most_bytes: int) -> None:
    candles = walk(200_000)
    made, text, described = fitted(candles, most_bytes)
    assert len(text) <= most_bytes
    assert described["close"]["n"] == len(made.times)
    if made.bars_each > 1:
        assert len(joined(candles, made.bars_each // 2).pack()[0]) * 4 / 3 * 1.1 > most_bytes
    else:
        assert most_bytes == 10_000_000


def test_bars_without_a_close_are_left_out_and_wicks_reach_the_body() -> None:
    bars = make_bars(np.array([60, 120, 180]) * 10**9, np.array([10.0, 11.0, 12.0]))
    bars["close_units"][1] = NULL
    bars["high_units"][2] = 11 * PRICE
    bars["low_units"][2] = NULL
    found = candles_of(BarGroups(bars), 1, 9, daily=False)
    assert found.times.tolist() == [60.0, 180.0]
    assert found.prices["high"].tolist() == [10.0, 12.0]
    assert found.prices["low"].tolist() == [10.0, 12.0]


def test_no_bars_give_no_candles() -> None:
    found = candles_of(BarGroups(make_bars(np.array([], dtype=np.int64), np.array([]))), 1, 9, daily=False)
    made, text, _ = fitted(found, 1_000)
    assert len(made.times) == 0
    assert text
