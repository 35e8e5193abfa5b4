"""backtrader: what docs/coming-from/backtrader.md says of it."""

from __future__ import annotations

import contextlib
import datetime
import io
from collections.abc import Callable
from typing import Any

import backtrader as bt
import pandas as pd

from benchmarks.peers.rules import check_all, daily_bars, program_of, rule

Row = tuple[float, float, float, float]
Act = Callable[[Any], object]
FLAT: Row = (100.0, 101.0, 99.0, 100.0)
RISES: Row = (110.0, 112.0, 109.0, 111.0)
BOTH: Row = (100.0, 110.0, 90.0, 100.0)


class Acts(bt.Strategy):  # type: ignore[misc]
    """Acts at the bars it is told to, the first being 1, and keeps what it hears."""

    params: dict[str, Any] = {"acts": {}}

    def __init__(self) -> None:
        self.fills: list[tuple[int, float, float]] = []
        self.states: list[str] = []

    def next(self) -> None:
        """Act where asked to."""
        self.p.acts.get(len(self), lambda _: None)(self)

    def notify_order(self, order: Any) -> None:
        """Keep each fill: bar, size, price."""
        self.states.append(order.getstatusname())
        if order.status in (order.Partial, order.Completed):
            last = order.executed.exbits[-1] if order.executed.exbits else order.executed
            self.fills.append((len(self), last.size, last.price))


def feed(rows: list[Row], **settings: Any) -> Any:
    """Make days of them, each with a volume of 10."""
    frame = pd.DataFrame(rows, columns=["open", "high", "low", "close"])
    frame["volume"] = 10
    frame.index = pd.date_range("2024-01-01", periods=len(rows))
    return bt.feeds.PandasData(dataname=frame, **settings)


def run(rows: list[Row], acts: dict[int, Act], prepare: Act = lambda _: None, kind: Any = Acts, **settings: Any) -> Any:
    """Run a strategy; give it after the run."""
    engine = bt.Cerebro(**settings)
    engine.adddata(feed(rows))
    engine.addstrategy(kind, acts=acts)
    prepare(engine)
    with contextlib.redirect_stdout(io.StringIO()):
        return engine.run()[0]


def buy(**order: Any) -> Act:
    """Make what buys."""
    return lambda strategy: strategy.buy(**order)


@rule("market orders", "at the next open")
def market_orders() -> object:
    """An order of the third bar."""
    return run([FLAT] * 3 + [RISES] * 2, {3: buy(size=1)}).fills == [(4, 1, 110)]


@rule("cheat on close", "`set_coc(True)`, silently")
def cheat_on_close() -> object:
    """The close that was seen, and nothing printed."""
    with contextlib.redirect_stderr(io.StringIO()) as printed:
        made = run([FLAT] * 3 + [RISES] * 2, {3: buy(size=1)}, lambda engine: engine.broker.set_coc(True))
    return made.fills[0][2] == 100 and printed.getvalue() == ""


class SeesTheOpen(Acts):
    """Orders where the open is seen."""

    def next_open(self) -> None:
        """Order at the open that follows the third bar."""
        if len(self) == 3 and self.data.open[0] == 110:
            self.buy(size=1)


@rule("cheat on open", "`cheat_on_open`: `next_open` sees the open and trades at it")
def cheat_on_open() -> object:
    """The fourth bar opens at 110."""
    made = run([FLAT] * 3 + [RISES] * 2, {}, kind=SeesTheOpen, cheat_on_open=True)
    return made.fills == [(4, 1, 110)]


@rule(
    "sizing by percent",
    "at the close, in whole shares; a gap at the open can make it too large, and the order ends in `Margin`",
)
def sizing() -> object:
    """All of 10,000, with and without a gap."""
    acts: dict[int, Act] = {3: lambda strategy: strategy.order_target_percent(target=0.999)}
    return run([FLAT] * 5, acts).fills == [(4, 99, 100)] and run([FLAT] * 3 + [RISES] * 2, acts).states[-1] == "Margin"


@rule("default size", "one share, unless a sizer is added")
def default_size() -> object:
    """With and without one."""
    sized = run([FLAT] * 5, {3: buy()}, lambda engine: engine.addsizer(bt.sizers.FixedSize, stake=7))
    return (run([FLAT] * 5, {3: buy()}).fills[0][1], sized.fills[0][1]) == (1, 7)


@rule("limits", "fill when touched")
def limits() -> object:
    """The low is 99."""
    return run([FLAT] * 5, {3: buy(size=1, exectype=bt.Order.Limit, price=99)}).fills == [(4, 1, 99)]


@rule("volume", "ignored, unless a filler is set")
def volume() -> object:
    """A bar has 10: a tenth of it is one."""
    filler = bt.broker.fillers.FixedBarPerc(perc=10)
    filled = run([FLAT] * 6, {3: buy(size=3)}, lambda engine: engine.broker.set_filler(filler))
    return run([FLAT] * 5, {3: buy(size=50)}).fills[0][1] == 50 and [fill[1] for fill in filled.fills] == [1, 1, 1]


BRACKET = {"size": 1, "exectype": bt.Order.Market, "stopprice": 95, "limitprice": 105}


@rule("stop and target of a bracket in one bar", "the stop, which is sent first")
def both_in_one_bar() -> object:
    """A bar after the entry's reaches both."""
    made = run([FLAT] * 4 + [BOTH] + [FLAT] * 2, {3: lambda strategy: strategy.buy_bracket(**BRACKET)})
    return made.fills == [(4, 1, 100), (5, -1, 95)]


@rule("a bracket's children", "active from the bar after the one that completed the parent")
def children() -> object:
    """The entry's own bar reaches both, and the next reaches the target."""
    rows = [FLAT] * 3 + [BOTH] + [(100.0, 106.0, 99.0, 100.0)] + [FLAT] * 2
    made = run(rows, {3: lambda strategy: strategy.buy_bracket(**BRACKET)})
    return made.fills == [(4, 1, 100), (5, -1, 105)]


class Averages(Acts):
    """Keeps which of its methods are called."""

    def __init__(self) -> None:
        super().__init__()
        self.average = bt.ind.SMA(period=4)
        self.called: list[str] = []
        self.first_handed = 0

    def prenext(self) -> None:
        """Before there are enough."""
        self.called.append("prenext")

    def next(self) -> None:
        """From the first that is enough on."""
        self.first_handed = self.first_handed or self.average.buflen()
        self.called.append("next")


@rule("minimum period", "`next` is called when all indicators have values; `prenext` before")
def minimum_period() -> object:
    """An average of four."""
    return run([FLAT] * 6, {}, kind=Averages).called == ["prenext"] * 3 + ["next"] * 3


@rule("indicators", "lines computed over all data before the run (`runonce`)")
def indicators() -> object:
    """At the first `next` the line is as long as the data already."""
    once = run([FLAT] * 6, {}, kind=Averages).first_handed
    stepwise = run([FLAT] * 6, {}, kind=Averages, runonce=False).first_handed
    return (once, stepwise) == (6, 4)


class Feeds(Acts):
    """Keeps how many bars of each feed were seen at each call."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[int, int]] = []

    def next(self) -> None:
        """Look at both."""
        self.seen.append((len(self.datas[0]), len(self.getdatabyname("MSFT"))))


@rule("several data feeds", "one `next` for all, from when each has a bar; lengths and times may differ")
def several_feeds() -> object:
    """The other begins at the same day and is shorter."""
    made = run([FLAT] * 4, {}, lambda engine: engine.adddata(feed([FLAT] * 2), name="MSFT"), kind=Feeds)
    return made.seen == [(1, 1), (2, 2), (3, 2), (4, 2)]


@rule("state", "any attribute")
def state() -> object:
    """A dictionary made within `next`."""
    return run([FLAT] * 3, {2: lambda strategy: setattr(strategy, "made", {})}).made == {}


@rule("short sales", "allowed; interest by `CommInfo`")
def short_sales() -> object:
    """A short position, with and without interest."""
    acts: dict[int, Act] = {2: lambda strategy: strategy.sell(size=10)}
    free = run([FLAT] * 6, acts)
    dear = run([FLAT] * 6, acts, lambda engine: engine.broker.setcommission(interest=0.365))
    return free.broker.getvalue() == 10_000 > dear.broker.getvalue()


@rule("commission", "of each fill, percent or fixed, by `CommInfo`")
def commission() -> object:
    """A thousandth of a thousand, and two a share."""
    percent = run([FLAT] * 5, {2: buy(size=10)}, lambda engine: engine.broker.setcommission(0.001))
    fixed = run(
        [FLAT] * 5,
        {2: buy(size=10)},
        lambda engine: engine.broker.setcommission(2.0, commtype=bt.CommInfoBase.COMM_FIXED, stocklike=True),
    )
    return (percent.broker.getvalue(), fixed.broker.getvalue()) == (9_999, 9_980)


@rule("order of events", "broker first, then `next`")
def order_of_events() -> object:
    """What was ordered on the second bar is held in `next` of the third."""
    held: list[float] = []
    run([FLAT] * 5, {2: buy(size=10), 3: lambda strategy: held.append(strategy.position.size)})
    return held == [10]


@rule("what is open at the end", "counted at the last close")
def open_at_the_end() -> object:
    """Bought at 100, last close 111."""
    return bool(run([FLAT] * 3 + [RISES], {2: buy(size=10)}).broker.getvalue() == 10_110)


class Uses(Acts):
    """Names of the first table."""

    params: dict[str, Any] = {"period": 3}

    def __init__(self) -> None:
        super().__init__()
        self.middle = (self.data.high + self.data.low) / 2
        self.average = bt.ind.SMA(period=self.p.period)
        self.cross = bt.ind.CrossOver(self.data.close, self.average)
        self.heard: list[str] = []
        self.add_timer(when=bt.timer.SESSION_START)

    def notify_timer(self, timer: Any, when: Any, *args: Any, **kwargs: Any) -> None:
        """Keep that it rang."""
        self.heard.append("timer")

    def notify_trade(self, trade: Any) -> None:
        """Keep that it was told."""
        self.heard.append("trade")

    def next(self) -> None:
        """Order in every way."""
        until = self.data.datetime.datetime(0) + datetime.timedelta(days=5)
        one = self.buy(size=1, exectype=bt.Order.Limit, price=50, valid=until)
        two = self.sell(size=1, exectype=bt.Order.Stop, price=40, valid=0)
        self.buy(size=1, exectype=bt.Order.StopLimit, price=200, plimit=201, oco=one)
        self.sell(size=1, exectype=bt.Order.StopTrail, trailamount=60)
        self.cancel(two)
        (self.order_target_size, self.order_target_value, self.order_target_percent)[len(self) % 3](target=0.1)
        if self.position.size and self.position.price:
            self.close()


@rule("names", "the first table's")
def names() -> object:
    """A program that uses them, two feeds, an analyzer and a search."""
    rows = [FLAT, RISES] * 10

    def prepare(engine: Any) -> None:
        engine.resampledata(feed(rows), timeframe=bt.TimeFrame.Weeks, compression=1)
        engine.addanalyzer(bt.analyzers.SharpeRatio, _name="sharpe")
        engine.broker.setcash(1e6)
        engine.broker.set_slippage_perc(0.0001)

    made = run(rows, {}, prepare, kind=Uses)
    engine = bt.Cerebro(maxcpus=1)
    engine.adddata(feed(rows))
    engine.optstrategy(Averages, acts=[{}, {1: None}])
    held = {"timer", "trade"} <= set(made.heard) and "Completed" in made.states and "Canceled" in made.states
    return held and "sharperatio" in made.analyzers.sharpe.get_analysis() and len(engine.run()) == 2


@rule("close orders", "the close of the bar after")
def close_orders() -> object:
    """An order of the third bar for the close."""
    made = run([FLAT] * 3 + [RISES] * 3, {3: buy(size=1, exectype=bt.Order.Close)})
    return made.fills[0][2] == 111


@rule("slippage", "of market orders at the open, within the bar")
def slippage() -> object:
    """A basis point of 100."""
    made = run([FLAT] * 5, {3: buy(size=1)}, lambda engine: engine.broker.set_slippage_perc(0.0001))
    return round(made.fills[0][2], 6) == 100.01


@rule("what it has", "the last list's")
def what_it_has() -> object:
    """Each by its name."""
    filters = hasattr(bt.filters, "Renko") and hasattr(bt.filters, "HeikinAshi")
    signals = hasattr(bt, "SignalStrategy") and hasattr(bt.observers, "Broker") and hasattr(bt, "WriterFile")
    margins = bt.CommissionInfo(margin=1_000.0, mult=50.0)
    return filters and signals and margins.get_margin(100.0) == 1_000


@rule("the same run in both", "130,051.78, and with `set_coc(True)` at 129,833.56")
def the_same_run() -> object:
    """The page's program ends there."""
    columns = daily_bars()
    data = pd.DataFrame(columns).set_index("time")
    program = program_of("backtrader.md")
    ends = []
    for text in (program, program.replace("cerebro.run()", "cerebro.broker.set_coc(True)\ncerebro.run()")):
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(text, {"data": data, "__name__": __name__})
        ends.append(round(float(printed.getvalue()), 2))
    return ends == [130_051.78, 129_833.56]


if __name__ == "__main__":
    check_all(bt.__version__)
