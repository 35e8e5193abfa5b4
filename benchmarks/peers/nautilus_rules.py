"""NautilusTrader: what docs/coming-from/nautilus.md says of it."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import nautilus_trader
import pandas as pd
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.backtest.models import FillModel, LatencyModel
from nautilus_trader.config import LoggingConfig, RiskEngineConfig, StrategyConfig
from nautilus_trader.indicators import SimpleMovingAverage
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.data import BarType
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide, TimeInForce
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import Equity
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.persistence.wranglers import BarDataWrangler
from nautilus_trader.trading.strategy import Strategy

from benchmarks.peers.rules import check_all, daily_bars, program_of, rule

Row = tuple[float, float, float, float]
Act = Callable[[Any], object]
FLAT: Row = (100.0, 101.0, 99.0, 100.0)
RISES: Row = (110.0, 112.0, 109.0, 111.0)
BOTH: Row = (100.0, 110.0, 90.0, 100.0)
SIM = Venue("SIM")
ID = InstrumentId(Symbol("SP500"), SIM)
BARS = BarType.from_str(f"{ID}-1-DAY-LAST-EXTERNAL")


class Acts(Strategy):  # type: ignore[misc]
    """Acts at the bars it is told to, the first being 1, and keeps its fills."""

    def __init__(self, acts: dict[int, Act]) -> None:
        super().__init__()
        self.acts, self.bars, self.average = acts, 0, SimpleMovingAverage(2)
        self.fills: list[tuple[int, float, float]] = []
        self.times: list[int] = []
        self.heard: list[str] = []

    def on_start(self) -> None:
        """Ask for the bars."""
        self.instrument = self.cache.instrument(ID)
        self.register_indicator_for_bars(BARS, self.average)
        self.subscribe_bars(BARS)

    def on_bar(self, bar: Any) -> None:
        """Act where asked to."""
        self.bars += 1
        self.times.append(bar.ts_init)
        self.acts.get(self.bars, lambda _: None)(self)

    def on_order_filled(self, event: Any) -> None:
        """Keep bars seen so far, signed size, price."""
        sign = 1 if event.order_side == OrderSide.BUY else -1
        self.fills.append((self.bars, sign * event.last_qty.as_double(), event.last_px.as_double()))

    def on_order_rejected(self, event: Any) -> None:
        """Keep the reason."""
        self.heard.append(event.reason)

    def units(self, quantity: float) -> Any:
        """Make a quantity."""
        return self.instrument.make_qty(quantity)


def equity() -> Any:
    """Describe the share that is traded."""
    return Equity(
        instrument_id=ID,
        raw_symbol=Symbol("SP500"),
        currency=USD,
        price_precision=2,
        price_increment=Price.from_str("0.01"),
        lot_size=Quantity.from_int(1),
        ts_event=0,
        ts_init=0,
        maker_fee=Decimal(0),
        taker_fee=Decimal(0),
    )


def run(rows: list[Row], acts: dict[int, Act], volume: float = 1e6, **venue: Any) -> Any:
    """Run what acts, without fees; give the strategy after the run."""
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    settings = {"oms_type": OmsType.NETTING, "account_type": AccountType.MARGIN, "base_currency": USD} | venue
    engine.add_venue(SIM, starting_balances=[Money(100_000, USD)], **settings)
    share = equity()
    engine.add_instrument(share)
    frame = pd.DataFrame(rows, columns=["open", "high", "low", "close"])
    frame["volume"] = volume
    frame.index = pd.date_range("2024-01-01", periods=len(rows), tz="UTC")
    engine.add_data(BarDataWrangler(BARS, share).process(frame))
    strategy = Acts(acts)
    engine.add_strategy(strategy)
    engine.run()
    return strategy


def market(quantity: float) -> Act:
    """Make what buys at the market."""
    return lambda s: s.submit_order(s.order_factory.market(ID, OrderSide.BUY, s.units(quantity)))


def limit(price: str) -> Act:
    """Make what buys one at a limit."""
    return lambda s: s.submit_order(s.order_factory.limit(ID, OrderSide.BUY, s.units(1), Price.from_str(price)))


def bracket(stop: str, target: str) -> Act:
    """Make what buys one with a stop and a target."""
    return lambda s: s.submit_order_list(
        s.order_factory.bracket(
            ID, OrderSide.BUY, s.units(1), sl_trigger_price=Price.from_str(stop), tp_price=Price.from_str(target)
        )
    )


@rule("a market order made in `on_bar`", "fills at once, at that bar's close")
def market_orders() -> object:
    """An order of the third bar, whose close is 100."""
    return run([FLAT] * 3 + [RISES] * 2, {3: market(1)}).fills == [(3, 1, 100)]


@rule(
    "what a bar is to the matching engine",
    "four prices in a row, open, high, low, close, or by `bar_adaptive_high_low_ordering` the nearer of high and low "
    "first",
)
def path() -> object:
    """A purchase with a target and a stop; the low is nearer."""
    rows = [FLAT] * 3 + [(100.0, 110.0, 94.0, 100.0)] + [FLAT]
    fixed = run(rows, {3: bracket("95.00", "105.00")})
    nearer = run(rows, {3: bracket("95.00", "105.00")}, bar_adaptive_high_low_ordering=True)
    return (fixed.fills[1][2], nearer.fills[1][2]) == (105, 95)


@rule("a stop and a target in one bar", "by that order of prices")
def both_in_one_bar() -> object:
    """As far up as down: high comes first, and with it a long position's target."""
    return run([FLAT] * 3 + [BOTH] + [FLAT], {3: bracket("95.00", "105.00")}).fills[1][2] == 105


@rule("volume", "a quarter of the bar's at each of the four prices; of market orders what is beyond slips by a tick")
def volume() -> object:
    """A bar of 100: at its close 25."""
    fills = run([FLAT] * 3 + [RISES] * 2, {3: market(60)}, volume=100).fills
    return fills == [(3, 25, 100), (3, 35, 100.01)]


@rule("limits", "fill when touched, or with a probability by `FillModel(prob_fill_on_limit=…)`")
def limits() -> object:
    """The low is 99."""
    rows = [FLAT] * 5
    never = FillModel(prob_fill_on_limit=0.0)
    touched = run(rows, {3: limit("99.00")}).fills
    return [fill[1:] for fill in touched] == [(1, 99)] and run(rows, {3: limit("99.00")}, fill_model=never).fills == []


@rule("a bar's time", "what the data says: often its start, so that it is seen too early")
def time_of_a_bar() -> object:
    """A day's bar is handed over at the time that stands in the frame."""
    return pd.Timestamp(run([FLAT] * 2, {}).times[0]) == pd.Timestamp("2024-01-01")


@rule("money", "the currency's decimals")
def money() -> object:
    """A tenth of a cent is none."""
    return Money(0.001, USD) == Money(0, USD) and USD.precision == 2


@rule("accounts", "cash, margin, betting; several venues")
def accounts() -> object:
    """By their names, and two venues."""
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    for name in ("ONE", "TWO"):
        engine.add_venue(Venue(name), OmsType.NETTING, AccountType.CASH, [Money(1, USD)], base_currency=USD)
    return len(engine.list_venues()) == 2 and {"CASH", "MARGIN", "BETTING"} <= set(AccountType.__members__)


@rule("positions", "netting or hedging")
def positions() -> object:
    """Long one, short one: nothing, or two."""

    def both(kind: OmsType) -> int:
        acts: dict[int, Act] = {
            2: market(1),
            3: lambda s: s.submit_order(s.order_factory.market(ID, OrderSide.SELL, s.units(1))),
        }
        return len(run([FLAT] * 5, acts, oms_type=kind).cache.positions_open())

    return (both(OmsType.NETTING), both(OmsType.HEDGING)) == (0, 2)


@rule("errors in a strategy", "end the run with a traceback")
def errors() -> object:
    """A division by zero."""
    try:
        run([FLAT] * 3, {2: lambda s: 1 / 0})
    except ZeroDivisionError:
        return True
    return False


@rule("speed", "Python calls for each event")
def speed() -> object:
    """`on_bar` is an ordinary Python function that is called once a bar."""
    return run([FLAT] * 4, {}).bars == 4


def use_everything(s: Any) -> None:
    """Order in every way the first table names."""
    make, one = s.order_factory, s.units(1)
    orders = [
        make.limit(ID, OrderSide.BUY, one, Price.from_str("50.00"), time_in_force=TimeInForce.DAY),
        make.stop_market(ID, OrderSide.BUY, one, Price.from_str("150.00")),
        make.stop_limit(ID, OrderSide.BUY, one, Price.from_str("151.00"), Price.from_str("150.00")),
        make.trailing_stop_market(ID, OrderSide.SELL, one, trailing_offset=Decimal(50)),
        make.market_if_touched(ID, OrderSide.BUY, one, Price.from_str("40.00")),
    ]
    for order in orders:
        s.submit_order(order)
    s.modify_order(orders[0], price=Price.from_str("51.00"))
    s.cancel_order(orders[1])
    s.clock.set_timer("often", pd.Timedelta(hours=6), callback=lambda event: s.heard.append("timer"))
    s.log.info("said")
    if s.portfolio.is_flat(ID) and not s.portfolio.net_position(ID) and s.average.initialized and s.average.value:
        s.submit_order(make.market(ID, OrderSide.BUY, one))


def end_everything(s: Any) -> None:
    """Cancel and close what is there."""
    s.heard.append(f"{s.cache.bar(BARS, 1).close.as_double()}")
    s.cancel_all_orders(ID)
    s.close_all_positions(ID)


@rule("names", "the first table's")
def names() -> object:
    """Used, or there."""

    class Period(StrategyConfig):  # type: ignore[misc]
        period: int = 10

    with contextlib.redirect_stdout(io.StringIO()):
        made = run([FLAT] * 6, {3: use_everything, 4: end_everything}, latency_model=LatencyModel(1))
    forces = {"GTC", "IOC", "FOK", "GTD", "DAY", "AT_THE_OPEN", "AT_THE_CLOSE"} <= set(TimeInForce.__members__)
    RiskEngineConfig(max_order_submit_rate="100/00:00:01")
    rest = all(hasattr(Strategy, name) for name in ("on_save", "on_load", "on_order_rejected"))
    held = made.portfolio.is_flat(ID) and "timer" in made.heard and "100.0" in made.heard and len(made.fills) == 2
    cash = made.portfolio.account(SIM).balance_total(USD).as_double()
    return forces and rest and held and cash == 100_000 and Period().period == 10


@rule("latency", "moves a fill to the price of the next bar that comes after it")
def latency() -> object:
    """A millisecond: what is ordered at the third close fills on the fourth bar."""
    fill = run([FLAT] * 3 + [RISES] * 2, {3: market(1)}, latency_model=LatencyModel(1_000_000)).fills[0]
    return fill[2] > 100


@rule("the same run in both", "129,833.55")
def the_same_run() -> object:
    """The page's program ends there, its volume divided by a thousand."""
    data = pd.DataFrame(daily_bars()).set_index("time").tz_localize("UTC")
    data["volume"] /= 1_000
    program = program_of("nautilus.md").replace(
        "BacktestEngine()", "BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))"
    )
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(program, {**globals(), "data": data, "__name__": __name__})
    last = [line for line in printed.getvalue().splitlines() if line.startswith("20")][-1]
    return "129833.55" in last.split()


if __name__ == "__main__":
    check_all(nautilus_trader.__version__)
