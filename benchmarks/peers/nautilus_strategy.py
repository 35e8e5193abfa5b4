"""NautilusTrader 1.221: its event-driven engine, a strategy in Python, fills at bars.

Where it differs from Atlas:

- A market order made in `on_bar` fills at once, at the close of that same bar: the matching engine's price is still the
  close when the order arrives, and its latency model would move the fill to the close of the next bar, not to its open.
  Our bars open where the last one closed, so the price is the same.
- The quantity is fixed when the order is made, from the account's balance at the close, fee allowed for.
- Prices, sizes and money are fixed-point, as in Atlas; each bar is turned into four prices inside the matching engine.
- Logging is bypassed and the risk engine left on, as its own examples for performance do. Turning arrays into its bar
  objects is done before the run and not counted, nor is adding them to the engine.
"""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
from nautilus_trader import __version__
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, StrategyConfig
from nautilus_trader.indicators import SimpleMovingAverage
from nautilus_trader.model.currencies import BTC, USDT
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import CurrencyPair
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.persistence.wranglers import BarDataWrangler
from nautilus_trader.trading.strategy import Strategy
from numpy.typing import NDArray

from benchmarks.peers import measure

VENUE = Venue("SIM")
INSTRUMENT = InstrumentId(Symbol("BTCUSDT"), VENUE)
BARS = BarType.from_str(f"{INSTRUMENT}-1-MINUTE-LAST-EXTERNAL")


class SmaCrossConfig(StrategyConfig, frozen=True):  # type: ignore[misc, call-arg]
    """The strategy has no settings: they are the benchmark's."""


class SmaCross(Strategy):  # type: ignore[misc]
    """Long while the fast average is above the slow one."""

    def __init__(self, config: SmaCrossConfig) -> None:
        super().__init__(config)
        self.fast = SimpleMovingAverage(measure.FAST)
        self.slow = SimpleMovingAverage(measure.SLOW)
        self.long = False

    def on_start(self) -> None:
        """Find the instrument and ask for its bars."""
        self.instrument = self.cache.instrument(INSTRUMENT)
        self.register_indicator_for_bars(BARS, self.fast)
        self.register_indicator_for_bars(BARS, self.slow)
        self.subscribe_bars(BARS)

    def on_bar(self, bar: Bar) -> None:
        """Buy or close when the averages have crossed."""
        if not self.slow.initialized:
            return
        above = self.fast.value > self.slow.value
        if above and not self.long:
            balance = self.portfolio.account(VENUE).balance_free(USDT).as_double()
            quantity = balance * measure.WEIGHT / (bar.close.as_double() * (1.0 + measure.FEE))
            order = self.order_factory.market(INSTRUMENT, OrderSide.BUY, self.instrument.make_qty(quantity))
            self.submit_order(order)
        elif self.long and not above:
            self.close_all_positions(INSTRUMENT)
        self.long = above


def instrument() -> CurrencyPair:
    """Describe what is traded: eight decimals of price, six of quantity, 0.1% either way."""
    return CurrencyPair(
        instrument_id=INSTRUMENT,
        raw_symbol=INSTRUMENT.symbol,
        base_currency=BTC,
        quote_currency=USDT,
        price_precision=8,
        size_precision=6,
        price_increment=Price.from_str("0.00000001"),
        size_increment=Quantity.from_str("0.000001"),
        maker_fee=Decimal("0.001"),
        taker_fee=Decimal("0.001"),
        ts_event=0,
        ts_init=0,
    )


def make_engine(bars: NDArray[np.void]) -> BacktestEngine:
    """Build the engine with its venue, data and strategy."""
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    engine.add_venue(
        venue=VENUE,
        oms_type=OmsType.NETTING,
        account_type=AccountType.CASH,
        base_currency=None,
        starting_balances=[Money(measure.CASH, USDT), Money(0, BTC)],
    )
    pair = instrument()
    engine.add_instrument(pair)
    names = ("open", "high", "low", "close", "volume")
    index = pd.to_datetime(bars["time_ns"], utc=True)
    frame = pd.DataFrame({name: bars[name] for name in names}, index=index)
    engine.add_data(BarDataWrangler(BARS, pair).process(frame))
    engine.add_strategy(SmaCross(SmaCrossConfig()))
    return engine


def main() -> None:
    """Run once and print the measurement."""
    bars = measure.load_bars(__doc__)
    engine = make_engine(bars)
    _, run_seconds = measure.timed(engine.run)
    account = engine.portfolio.account(VENUE)
    coins = account.balance_total(BTC)
    equity = account.balance_total(USDT).as_double() + (coins.as_double() if coins else 0.0) * float(bars["close"][-1])
    measure.report(
        "nautilus_trader",
        __version__,
        len(bars),
        run_seconds=run_seconds,
        final_equity=equity,
        trades=sum(1 for order in engine.cache.orders() if order.is_closed),
    )


if __name__ == "__main__":
    main()
