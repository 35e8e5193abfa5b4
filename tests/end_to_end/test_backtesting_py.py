"""The example of backtesting.py's own front page, run by Atlas under the same rules: the same trades, the same money.

Its rules: whole shares, no volume cap, orders trade at the next open, each order closes what is held and goes in with
all the money that is left after both commissions (`exclusive_orders`), a trade that is open at the end stays open
(`finalize_trades` off) and counts at the last close.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from atlas.backtest.result import BacktestResult
from atlas.backtest.run import backtest
from atlas.kernel.indicators import SMA
from atlas.kernel.memory.compilation import PLAIN
from atlas.records.instruments import Instrument
from atlas.strategy.base import Strategy

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    peer = pytest.importorskip("backtesting", reason="backtesting.py is a test dependency: pip install -e '.[dev]'")
    peer_library = pytest.importorskip("backtesting.lib")
    peer_data = pytest.importorskip("backtesting.test")

CASH, COMMISSION = 10_000.0, 0.002


class SmaCross(Strategy):
    """Long after the fast average crossed above the slow one, short after it crossed below."""

    fast: SMA = SMA(10)
    slow: SMA = SMA(20)
    before: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        difference = self.fast.update(bar.close) - self.slow.update(bar.close)
        if self.slow.ready:
            if self.before < 0.0 < difference:
                ctx.target_weight(bar.instrument, 1.0)
            elif difference < 0.0 < self.before:
                ctx.target_weight(bar.instrument, -1.0)
            self.before = difference


class PeerSmaCross(peer.Strategy):  # type: ignore[misc,name-defined]
    """The example of backtesting.py."""

    n1 = 10
    n2 = 20

    def init(self) -> None:
        close = self.data.Close
        self.sma1 = self.I(peer_data.SMA, close, self.n1)
        self.sma2 = self.I(peer_data.SMA, close, self.n2)

    def next(self) -> None:
        if peer_library.crossover(self.sma1, self.sma2):
            self.buy()
        elif peer_library.crossover(self.sma2, self.sma1):
            self.sell()


@pytest.fixture(scope="module")
def data() -> Any:
    """Its bundled days of one share; fewer where the kernel runs as plain Python."""
    return peer_data.GOOG.iloc[: 400 if PLAIN else None]


@pytest.fixture(scope="module")
def theirs(data: Any) -> Any:
    """What backtesting.py makes of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return peer.Backtest(data, PeerSmaCross, cash=CASH, commission=COMMISSION, exclusive_orders=True).run()


@pytest.fixture(scope="module")
def ours(data: Any) -> BacktestResult:
    """What Atlas makes of it."""
    return backtest(
        SmaCross(),
        {"GOOG": data},
        instruments={"GOOG": Instrument("GOOG", lot_size=1)},
        cash=CASH,
        fees=COMMISSION,
        volume_share=None,
        touch_fills=True,
    )


def trades_of(result: BacktestResult, days: Any) -> list[tuple[int, int, int, float, float]]:
    """Signed size, bars of entry and exit, prices of entry and exit of each closed trade, by their order."""
    found, fills = [], result.fills
    bars = days.get_indexer(fills["time"].dt.tz_localize(None).to_numpy())
    assert (bars >= 0).all()
    opened: tuple[int, int, float] | None = None
    for bar, (_, fill) in zip(bars.tolist(), fills.iterrows(), strict=True):
        if opened is not None:
            found.append((opened[0], opened[1], bar, opened[2], float(fill["price"])))
        opened = (round(fill["position"]), bar, float(fill["price"]))
    return found


def test_the_trades_are_the_same(ours: BacktestResult, theirs: Any, data: Any) -> None:
    columns = ("Size", "EntryBar", "ExitBar", "EntryPrice", "ExitPrice")
    expected = list(zip(*(theirs._trades[name].tolist() for name in columns), strict=True))
    assert trades_of(ours, data.index) == expected
    assert len(expected) == (18 if PLAIN else 93)


def test_the_money_is_the_same_to_the_cent(ours: BacktestResult, theirs: Any) -> None:
    assert ours.summary.final_equity == pytest.approx(theirs["Equity Final [$]"], abs=0.005)


def test_the_equity_of_each_day_is_the_same(ours: BacktestResult, theirs: Any, data: Any) -> None:
    equity = ours.equity.set_index("time")["equity"]
    days = data.index.tz_localize("UTC") + np.timedelta64(1, "D")
    assert np.allclose(equity.reindex(days).to_numpy(), theirs._equity_curve["Equity"].to_numpy(), atol=0.005, rtol=0.0)
