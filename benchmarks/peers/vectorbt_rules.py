"""vectorbt: what docs/coming-from/vectorbt.md says of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import vectorbt as vbt

from benchmarks.peers.rules import check_all, daily_bars, program_of, rule

DAYS = pd.date_range("2024-01-01", periods=6)
CASH = 1_000.0


def line(*values: float) -> pd.Series:
    """Make a column of six days."""
    return pd.Series(values, index=DAYS, dtype=float)


def signal(*days: int) -> pd.Series:
    """Make a column that is true on some of them."""
    return pd.Series([day in days for day in range(6)], index=DAYS)


FLAT = line(100, 100, 100, 100, 100, 100)
MOVES = line(100, 100, 110, 90, 100, 100)


def run(close: Any = MOVES, entries: Any = None, exits: Any = None, **settings: Any) -> Any:
    """Run signals: in on the second day, out on the fifth, where nothing else is said."""
    entries = signal(1) if entries is None else entries
    exits = signal(4) if exits is None else exits
    return vbt.Portfolio.from_signals(close, entries, exits, **{"init_cash": CASH, "freq": "1D"} | settings)


def orders(portfolio: Any) -> list[tuple[int, float, float]]:
    """Give day, size and price of each order."""
    records = portfolio.orders.records
    return [(int(row.idx), round(row.size, 9), round(row.price, 9)) for row in records.itertuples()]


@rule("when a signal fills", "at the close that it stands beside, with `price=close`")
def at_the_close() -> object:
    """`price=close` is what holds where nothing is said."""
    return orders(run()) == orders(run(price=MOVES)) == [(1, 10, 100), (4, 10, 100)]


@rule("shifting", "by hand; a forgotten `shift` looks ahead, and nothing says so")
def shifting() -> object:
    """A signal made of the third day's close takes that day's open."""
    opens = line(100, 100, 50, 90, 100, 100)
    return orders(run(entries=signal(2), price=opens))[0] == (2, 20, 50)


@rule("size", "all the cash")
def size() -> object:
    """A thousand at 100."""
    return orders(run())[0][1] == 10


@rule("fee of an order in all the cash", "the size is cut so that both fit")
def fee() -> object:
    """A hundredth."""
    return abs(orders(run(fees=0.01))[0][1] * 101 - CASH) < 1e-6


@rule("volume", "ignored")
def volume() -> object:
    """It is no argument."""
    try:
        run(volume=FLAT)
    except TypeError:
        return True
    return False


@rule("cash", "one account a column, unless `cash_sharing`")
def cash() -> object:
    """Two columns, each its thousand; or one thousand between them."""
    close, entries = pd.DataFrame({"a": FLAT, "b": FLAT}), pd.DataFrame({"a": signal(1), "b": signal(1)})
    return (
        len(orders(run(close, entries, False)))
        == 2
        > len(orders(run(close, entries, False, cash_sharing=True, group_by=True)))
    )


@rule("order of columns within a bar", '`call_seq`, "auto" sorts')
def order_of_columns() -> object:
    """From a to b in one bar: b can be paid for once a is sold."""
    close = pd.DataFrame({"b": FLAT, "a": FLAT})
    weights = pd.DataFrame({"b": line(0, 0, 1, 1, 1, 1), "a": line(1, 1, 0, 0, 0, 0)})

    def bought(**settings: Any) -> int:
        made = vbt.Portfolio.from_orders(
            close, weights, size_type="targetpercent", init_cash=CASH, cash_sharing=True, group_by=True, **settings
        )
        return int(made.orders.records["idx"].iloc[-1]) if len(made.orders.records) > 2 else -1

    return (bought(), bought(call_seq="auto")) == (3, 2)


@rule("entries while in a position", "ignored, unless `accumulate`")
def entries_again() -> object:
    """Two entries of one."""
    return [len(orders(run(entries=signal(1, 2), size=1, accumulate=more))) for more in (False, True)] == [2, 3]


@rule("an entry and an exit at once", "ignored, unless `upon_long_conflict` and its like say otherwise")
def conflict() -> object:
    """Both on one day."""
    return orders(run(exits=signal(1))) == [] and len(orders(run(exits=signal(1), upon_long_conflict="entry"))) == 1


@rule("NaN in a weight", "no order")
def nan_weight() -> object:
    """Half on the second day, and nothing said after."""
    weights = line(np.nan, 0.5, np.nan, np.nan, np.nan, np.nan)
    made = vbt.Portfolio.from_orders(MOVES, weights, size_type="targetpercent", init_cash=CASH)
    return orders(made) == [(1, 5, 100)]


def stopped(**settings: Any) -> tuple[int, float]:
    """Give day and price of the exit by a stop, of a low of 80 on the fourth day."""
    low = line(99, 99, 99, 80, 99, 99)
    shape = {"close": FLAT, "open": FLAT, "high": FLAT + 1, "low": low, "sl_stop": 0.05, "exits": False} | settings
    made = orders(run(**{key: value for key, value in shape.items() if value is not None}))
    return (made[1][0], made[1][2]) if len(made) > 1 else (-1, 0.0)


@rule(
    "stops",
    "at the stop, behind a gap at the open, where open, high and low are given; else at closes; never on the entry's "
    "bar",
)
def stops() -> object:
    """On the path, by a gap, by closes alone, and on the bar of the entry."""
    gap = stopped(open=line(100, 100, 100, 85, 100, 100))
    closes = stopped(close=line(100, 100, 100, 80, 100, 100), open=None, high=None, low=None)
    entry = stopped(low=line(99, 80, 99, 99, 99, 99), price=FLAT)
    return (stopped(), gap, closes, entry) == ((3, 95), (3, 85), (3, 80), (-1, 0))


@rule("a stop and a target in one bar", "the stop first")
def both_in_one_bar() -> object:
    """High of 120, low of 80."""
    return stopped(high=line(101, 101, 101, 120, 101, 101), tp_stop=0.05) == (3, 95)


@rule("Sharpe ratio", "by `freq`, 365 days a year unless `year_freq` says 252")
def sharpe() -> object:
    """One run, two years."""
    made = run()
    return bool(np.isclose(made.sharpe_ratio() / made.sharpe_ratio(year_freq="252 days"), (365 / 252) ** 0.5))


@rule("prices and money", "floats")
def floats() -> object:
    """The cash over time."""
    return bool(run().cash().dtype == np.float64)


@rule("speed", "a search of thousands of columns is one call")
def columns() -> object:
    """A thousand windows."""
    average = vbt.MA.run(pd.Series(np.arange(1.0, 2_001.0)), np.arange(2, 1_002)).ma
    made = vbt.Portfolio.from_signals(average, average > 5, average > 50, init_cash=CASH)
    return made.final_value().shape == (1_000,)


@rule("names", "the first table's")
def names() -> object:
    """What the table names, used."""
    close = pd.Series(daily_bars()["close"])
    fast, slow = vbt.MA.run_combs(close, window=np.arange(5, 50))
    crossed = vbt.MA.run(close, 10).ma_crossed_above(vbt.MA.run(close, 30))
    both = run(short_entries=signal(4), short_exits=signal(1), size=1)
    cut = run(size_granularity=1, min_size=1, fixed_fees=1.0, slippage=0.0001)
    trailing = run(open=FLAT, high=FLAT + 1, low=FLAT - 1, close=FLAT, sl_stop=0.015, sl_trail=True, exits=False)
    made = run()
    readable = len(made.trades.records_readable) == 1 and len(made.orders.records_readable) == 2
    return all(
        (
            fast.ma.shape == slow.ma.shape == (len(close), 990),
            bool(crossed.any()),
            orders(both)[-1][:2] == (4, 2),
            orders(cut)[0] == (1, 9, 100.01),
            round(orders(trailing)[1][2], 3) == 99.485,
            readable and made.final_value() == CASH and len(made.value()) == 6 and len(made.stats()) > 10,
            hasattr(made, "plot") and hasattr(vbt.Portfolio, "from_order_func"),
        )
    )


@rule("what it has", "the last list's")
def what_it_has() -> object:
    """Each by its name."""
    broadcast = run(sl_stop=np.array([[0.01, 0.02, 0.03]]), open=FLAT, high=FLAT, low=FLAT - 2, close=FLAT)
    factory = vbt.IndicatorFactory
    return broadcast.final_value().shape == (3,) and all(
        (
            vbt.RAND,
            vbt.FIXLB,
            vbt.Drawdowns,
            vbt.Ranges,
            vbt.YFData,
            factory.from_talib,
            factory.from_pandas_ta,
            factory.from_ta,
        )
    )


@rule("the same run in both", "131,124.10 and 131,257.82")
def the_same_run() -> object:
    """The page's program ends there."""
    known: dict[str, Any] = {"data": pd.DataFrame(daily_bars())}
    exec(program_of("vectorbt.md"), known)
    return [round(known[name].final_value(), 2) for name in ("at_close", "at_open")] == [131_124.10, 131_257.82]


if __name__ == "__main__":
    check_all(vbt.__version__)
