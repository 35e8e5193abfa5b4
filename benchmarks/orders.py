"""A million orders through order manager, risk, venue and audit: one a bar, bought and sold in turn, ten units each.

    python -m benchmarks.orders [--bars N] [--rounds N]

Each order is asked for in a compiled hook, checked, sent, accepted, filled at the next open with its fee, reported,
booked, and told to the output ring, which is drained by copying and forgotten. The last order finds no open and
expires. Cash, fees and the count of orders are compared with those of whole-number arrays.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from atlas.backtest.engine import Engine
from atlas.backtest.preparation import prepare
from atlas.data.bars import BarHistory
from atlas.strategy.base import Strategy
from atlas.strategy.context import Context
from benchmarks.bars import bars_file
from benchmarks.environments import cache_folder
from benchmarks.figures import Figure, Timing, clock, finish, timing_figure
from benchmarks.histories import DiscardingLog, history_of, make_engine, settings_of

QUANTITY = 10.0
CASH = 10_000_000.0  # the fees of a million orders are a million
PRICE_TO_MONEY = 1  # ten units at a price of 10⁻⁹ steps are as many money steps of 10⁻⁸
FEE_DIVISOR = 1_000


class EveryBar(Strategy):
    """An order at each bar, against the last one."""

    long: bool = False

    def on_bar(self, ctx: Context, bar: Any) -> None:
        """Buy or sell."""
        if self.long:
            ctx.sell(bar.instrument, QUANTITY)
        else:
            ctx.buy(bar.instrument, QUANTITY)
        self.long = not self.long


class DifferenceError(Exception):
    """The engine did not do what the arrays say."""


def run(history: BarHistory) -> tuple[Engine, DiscardingLog, Timing]:
    """Run once."""
    engine = make_engine(history, EveryBar(), settings_of(cash=CASH))
    log = DiscardingLog(engine.trader)
    engine.log = log
    return engine, log, clock(engine.run)


def expected_cash(history: BarHistory) -> int:
    """Give the cash after every fill, in steps of 10⁻⁸: whole numbers, fees rounded half to even."""
    notional = history.records["open_units"][1:] * PRICE_TO_MONEY
    fees, rest = np.divmod(notional, FEE_DIVISOR)
    fees += (2 * rest > FEE_DIVISOR) | ((2 * rest == FEE_DIVISOR) & (fees % 2 == 1))
    bought, sold = notional[0::2], notional[1::2]
    return round(CASH) * 10**8 - int(bought.sum()) + int(sold.sum()) - int(fees.sum())


def check(engine: Engine) -> None:
    """Compare with the arrays.

    Raises
    ------
    DifferenceError
        Orders, fills or cash differ.
    """
    bars, world = len(engine.history), engine.trader.rows("world")[0]
    cash = int(engine.trader.rows("cash")[0]["balance_money"])
    found = int(world["order_count"]), int(world["fill_count"]), cash
    expected = bars, bars - 1, expected_cash(engine.history)
    if found != expected:
        raise DifferenceError(f"orders, fills and cash are {found}, not {expected}")


def measure(bars: int, rounds: int) -> list[Figure]:
    """Measure in rounds, after one that is checked."""
    history = history_of(np.load(bars_file(cache_folder(), bars)))
    prepare()
    engine, log, _ = run(history)
    check(engine)
    timings = [run(history)[2] for _ in range(rounds)]
    milliseconds = timing_figure("orders.milliseconds", f"{bars:,} orders", "ms", timings, 1e3)
    nanoseconds = timing_figure("orders.nanoseconds", "one order and its bar", "ns", timings, 1e9 / bars)
    rows = Figure("orders.rows", "output rows an order", "rows", [log.row_count / bars])
    return [milliseconds, nanoseconds, rows]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--bars", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    finish("orders", "Orders", measure(arguments.bars, arguments.rounds))


if __name__ == "__main__":
    main()
