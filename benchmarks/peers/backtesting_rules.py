"""backtesting.py: what docs/coming-from/backtesting-py.md says of it."""

from __future__ import annotations

import contextlib
import io
import runpy
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import backtesting
import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy
from backtesting.lib import FractionalBacktest, resample_apply
from backtesting.test import GOOG

from benchmarks.peers.rules import check_all, program_of, rule

Row = tuple[float, float, float, float]
Act = Callable[[Any, int], object]
FLAT: Row = (100.0, 101.0, 99.0, 100.0)
RISES: Row = (110.0, 112.0, 109.0, 111.0)
BOTH: Row = (100.0, 110.0, 90.0, 100.0)


def frame(rows: list[Row]) -> pd.DataFrame:
    """Make days of them."""
    made = pd.DataFrame(rows, columns=["Open", "High", "Low", "Close"])
    made["Volume"] = 10
    made.index = pd.date_range("2024-01-01", periods=len(rows))
    return made


def run(rows: list[Row] | pd.DataFrame, acts: dict[int, Act], kind: Any = Backtest, **settings: Any) -> Any:
    """Run what acts at the bar of that number, the first being 1; give the result."""

    class Acts(Strategy):  # type: ignore[misc]
        def init(self) -> None:
            """Nothing to prepare."""

        def next(self) -> None:
            """Act where asked to."""
            if len(self.data) in acts:
                acts[len(self.data)](self, len(self.data))

    settings = {"cash": 10_000, "finalize_trades": True} | settings
    return kind(rows if isinstance(rows, pd.DataFrame) else frame(rows), Acts, **settings).run()


def first(result: Any) -> Any:
    """Give the first closed trade."""
    return result._trades.iloc[0]


def said(call: Callable[[], object]) -> str:
    """Call, and give what it warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return "\n".join(str(warning.message) for warning in caught)


class Uses(Strategy):  # type: ignore[misc]
    """Names that the first table has."""

    n1 = 10

    def init(self) -> None:
        """Make an indicator of longer bars."""
        self.daily = resample_apply("W", lambda close: pd.Series(close).rolling(2).mean(), self.data.Close)
        self.line = self.I(lambda: np.zeros(len(self.data)), overlay=False, color="red")

    def next(self) -> None:
        """Order, cancel, close."""
        self.buy(size=1, limit=1.0, stop=None, sl=0.5, tp=1e6)
        for order in self.orders:
            order.cancel()
        if self.position.is_long and self.position.pl > 0 and self.equity > 0:
            self.position.close()
        elif not self.position:
            self.buy(size=1, sl=1.0)
        elif self.trades:
            self.trades[0].sl = 0.9 * self.data.Close[-2]


@rule("market orders", "at the next open; at the close with `trade_on_close`")
def market_orders() -> object:
    """An order of the third bar."""
    rows, acts = [FLAT] * 3 + [RISES] * 2, {3: lambda s, _: s.buy(size=1)}
    return (first(run(rows, acts)).EntryPrice, first(run(rows, acts, trade_on_close=True)).EntryPrice) == (110, 100)


@rule("limits", "fill when the price touches them")
def limits() -> object:
    """The low is 99."""
    return first(run([FLAT] * 5, {3: lambda s, _: s.buy(size=1, limit=99)})).EntryPrice == 99


@rule("volume", "ignored")
def volume() -> object:
    """A bar has 10."""
    return first(run([FLAT] * 5, {3: lambda s, _: s.buy(size=50)})).Size == 50


@rule("size", "whole units; fractions by `FractionalBacktest` of its library")
def size() -> object:
    """Half a unit, and a part of the money that no whole number is."""
    acts = {3: lambda s, _: s.buy(size=0.333)}
    whole = first(run([FLAT] * 5, acts)).Size
    part = first(run([FLAT] * 5, acts, FractionalBacktest, fractional_unit=1e-4)).Size
    return whole == 33 and abs(part - 33.3) < 0.01


@rule("a size that is too large", "the order is canceled with a warning")
def too_large() -> object:
    """A thousand units at 100 for 10,000."""
    return "canceled the order due to insufficient margin" in said(
        lambda: run([FLAT] * 5, {3: lambda s, _: s.buy(size=1_000)})
    )


@rule("sizing by equity", "`size=0.5` of the *available* cash when the order fills")
def sizing() -> object:
    """Twice half: of what is left."""
    trades = run([FLAT] * 6, {2: lambda s, _: s.buy(size=0.5), 3: lambda s, _: s.buy(size=0.5)})._trades
    gap = run([FLAT] * 3 + [RISES] * 2, {3: lambda s, _: s.buy(size=0.5)})._trades
    return sorted(trades.Size) == [25, 50] and gap.Size[0] == 10_000 // 2 // 110


@rule("commission", "taken from the cash at entry and exit, in `_trades` a column; in the size of an order by equity")
def commission() -> object:
    """A hundredth of a thousand, twice."""
    acts = {2: lambda s, _: s.buy(size=10), 4: lambda s, _: s.position.close()}
    result = run([FLAT] * 6, acts, commission=0.01)
    relative = first(run([FLAT] * 6, {2: lambda s, _: s.buy(size=0.5)}, commission=0.01))
    trade = first(result)
    return (trade.EntryPrice, trade.Commission, result["Equity Final [$]"], relative.Size) == (100, 20, 9_980, 49)


@rule("stop and target in one bar", "the stop")
def both_in_one_bar() -> object:
    """A bar after the entry's reaches both."""
    rows = [FLAT] * 4 + [BOTH] + [FLAT] * 2
    return first(run(rows, {3: lambda s, _: s.buy(size=1, sl=95, tp=105)})).ExitPrice == 95


@rule(
    "stop and target on the entry's bar",
    "both, after an entry at the open; after a limit or stop entry they wait for the next bar, with a warning, but for "
    "a target behind a stop entry",
)
def on_the_entry_bar() -> object:
    """The entry's bar reaches both, or the target alone."""

    def exit_bar(bar: Row, **order: float) -> int:
        return int(first(run([FLAT] * 3 + [bar] + [FLAT] * 3, {3: lambda s, _: s.buy(size=1, **order)})).ExitBar)

    at_open = exit_bar(BOTH, sl=95, tp=105)
    by_limit = exit_bar(BOTH, limit=98, sl=95, tp=108)
    by_stop = exit_bar(BOTH, stop=102, sl=95, tp=108)
    by_stop_target = exit_bar((100.0, 110.0, 98.0, 100.0), stop=102, sl=95, tp=108)
    warned = said(lambda: exit_bar(BOTH, limit=98, sl=95, tp=108))
    return (at_open, by_limit, by_stop, by_stop_target) == (3, 6, 6, 3) and "same bar its parent" in warned


@rule("several orders", "`exclusive_orders=True` closes the position first")
def exclusive() -> object:
    """Two purchases: the second closes the first."""
    acts = {2: lambda s, _: s.buy(size=10), 3: lambda s, _: s.buy(size=20)}
    result = run([FLAT] * 6, acts, exclusive_orders=True)
    return list(result._trades.Size) == [10, 20] and result._trades.ExitBar[0] == 3


@rule("opposite orders", "close trades in order of entry; `hedging=True` keeps both")
def opposite() -> object:
    """Two long, one short of the first's size."""
    acts = {2: lambda s, _: s.buy(size=10), 3: lambda s, _: s.buy(size=20), 4: lambda s, _: s.sell(size=10)}
    netted = run([FLAT] * 7, acts, finalize_trades=False)._trades
    hedged = run([FLAT] * 7, acts, hedging=True)._trades
    return list(netted.Size) == [10] and sorted(hedged.Size) == [-10, 10, 20]


@rule("warm-up", "`next` is called from the bar after the first on which no indicator is NaN")
def warm_up() -> object:
    """An average of four."""
    seen: list[int] = []

    class Averages(Strategy):  # type: ignore[misc]
        def init(self) -> None:
            """Declare the average."""
            self.average = self.I(lambda close: pd.Series(close).rolling(4).mean(), self.data.Close)

        def next(self) -> None:
            """Say which bar it is."""
            seen.append(len(self.data))

    Backtest(frame([FLAT] * 6), Averages).run()
    plain: list[int] = []
    run([FLAT] * 3, {number: lambda _, bar: plain.append(bar) for number in range(4)})
    return (seen, plain) == ([5, 6], [2, 3])


@rule("indicators", "whole columns, computed before the run by any function")
def indicators() -> object:
    """The function is handed all bars, once."""
    handed: list[int] = []

    def turned(close: Any) -> Any:
        handed.append(len(close))
        return close[::-1]

    class Looks(Strategy):  # type: ignore[misc]
        def init(self) -> None:
            """Count what the function sees."""
            self.last = self.I(turned, self.data.Close)

        def next(self) -> None:
            """Nothing to do."""

    Backtest(frame([FLAT] * 6), Looks).run()
    return handed == [6]


@rule("an open trade at the end", "left out of the trades, unless `finalize_trades`")
def open_at_the_end() -> object:
    """Bought and never sold."""
    acts = {2: lambda s, _: s.buy(size=10)}
    kept = [len(run([FLAT] * 5, acts, finalize_trades=finalize)._trades) for finalize in (False, True)]
    return kept == [0, 1]


@rule("order of events", "orders of the bar, then `next`")
def order_of_events() -> object:
    """What was ordered on the second bar is held in `next` of the third."""
    held: list[int] = []
    run([FLAT] * 5, {2: lambda s, _: s.buy(size=10), 3: lambda s, _: held.append(s.position.size)})
    return held == [10]


@rule("exposure, Sharpe, drawdown", "by its definitions, in percent")
def definitions() -> object:
    """A fall of a tenth."""
    result = run([FLAT] * 3 + [(90.0, 90.0, 90.0, 90.0)] * 3, {2: lambda s, _: s.buy(size=100)})
    return round(result["Max. Drawdown [%]"], 6) == -10 and {"Exposure Time [%]", "Sharpe Ratio"} <= set(result.index)


@rule("names", "the first table's")
def names() -> object:
    """A program that uses them."""
    machine = Backtest(GOOG.iloc[:200], Uses, cash=1e6, commission=0.001, margin=0.1, spread=0.0002)
    stats = machine.run(n1=20)
    best = machine.optimize(n1=range(1, 4), maximize="Sharpe Ratio", constraint=lambda p: p.n1 > 1)
    return len(stats["_trades"]) > 0 and len(stats["_equity_curve"]) == 200 and best._strategy.n1 in (2, 3)


@rule("spread", "the whole at the entry")
def spread() -> object:
    """A hundredth."""
    acts = {2: lambda s, _: s.buy(size=10), 4: lambda s, _: s.position.close()}
    trade = first(run([FLAT] * 6, acts, spread=0.01))
    return (trade.EntryPrice, trade.ExitPrice) == (101, 100)


@rule("bars without times", "taken")
def without_times() -> object:
    """An index of numbers."""
    result = run(frame([FLAT] * 5).reset_index(drop=True), {2: lambda s, _: s.buy(size=10)})
    return len(result._trades) == 1


@rule("the same run in both", "56263.52")
def the_same_run() -> object:
    """The page's program prints it."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as printed:
        program = Path(folder) / "theirs.py"
        program.write_text(program_of("backtesting-py.md"), encoding="utf-8")
        runpy.run_path(str(program), run_name="__main__")
    return printed.getvalue().strip() == "56263.52"


if __name__ == "__main__":
    check_all(backtesting.__version__)
