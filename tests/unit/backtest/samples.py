"""Small markets and strategies for tests of the front door."""

from __future__ import annotations

from typing import Any

import numpy as np

from atlas.data import BarHistory, GeneratorSettings, generate_bars, load_bars
from atlas.strategy.base import Strategy
from atlas.strategy.context import Context

DAILY = GeneratorSettings(timeframe="1d", average_volume=5e6)


def market(*symbols: str, bars: int = 60, seed: int = 1) -> BarHistory:
    """A few months of made-up daily bars."""
    return generate_bars(symbols or ("AAA",), bars, seed=seed, settings=DAILY)


def steps(*closes: float, volume: float | None = 1e6) -> BarHistory:
    """Hourly bars from one close to the next."""
    prices = np.array(closes, dtype=np.float64)
    opens = np.concatenate((prices[:1], prices[:-1]))
    columns: dict[str, Any] = {
        "time": 1_700_000_000 // 3600 * 3600 + 3600 * np.arange(len(prices)),
        "open": opens,
        "high": np.maximum(opens, prices),
        "low": np.minimum(opens, prices),
        "close": prices,
    }
    if volume is not None:
        columns["volume"] = np.full(len(prices), volume)
    return load_bars(columns, symbol="AAA")


class BuyOnce(Strategy):
    """Buys at the first bar, logs each fill."""

    quantity: float = 10.0
    asked: bool = False

    def on_bar(self, ctx: Context, bar: Any) -> None:
        if not self.asked:
            self.asked = True
            ctx.buy(bar.instrument, self.quantity)

    def on_fill(self, ctx: Context, fill: Any) -> None:
        ctx.log("bought {} at {:.2f}", fill.quantity, fill.price)


class Touch(Strategy):
    """Rests one limit order."""

    limit: float = 99.0
    asked: bool = False

    def on_bar(self, ctx: Context, bar: Any) -> None:
        if not self.asked:
            self.asked = True
            ctx.buy(bar.instrument, 1.0, limit=self.limit)


class Fails(Strategy):
    """Divides by zero at its fifth bar."""

    seen: int = 0
    inverse: float = 0.0

    def on_bar(self, ctx: Context, bar: Any) -> None:
        self.seen += 1
        if self.seen == 1:
            ctx.buy(bar.instrument, 1.0)
        self.inverse = 1.0 / (5 - self.seen)


class Counts(Strategy):
    """Counts its bars, in a line of the log each."""

    seen: int = 0

    def on_bar(self, ctx: Context, bar: Any) -> None:
        self.seen += 1
        ctx.log("bar {:.0f} closes at {:.2f}", self.seen, bar.close)
