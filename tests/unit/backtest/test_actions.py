"""Splits and dividends given with a backtest, and what borrowing costs: cash, positions and orders, to the step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from atlas.backtest.result import BacktestResult
from atlas.backtest.run import backtest
from atlas.data import BarHistory, load_bars
from atlas.records.errors import DataError
from atlas.strategy.base import Strategy
from tests.unit.backtest.samples import market

DAY_S = 86_400
MONEY = 10**8
THREE_DAYS_MS = 3 * DAY_S * 1_000.0


class Holds(Strategy):
    """Asks for one position at the first bar, and for a resting order beside it where a limit is given."""

    quantity: float = 100.0
    at: int = 0
    limit: float = 0.0
    seen: int = 0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        if self.seen == self.at:
            if self.quantity > 0.0:
                ctx.buy(bar.instrument, self.quantity)
            else:
                ctx.sell(bar.instrument, -self.quantity)
            if self.limit > 0.0:
                ctx.buy(bar.instrument, 10.0, limit=self.limit)
        self.seen += 1


def days(*prices: float, **columns: Any) -> BarHistory:
    """Daily bars from 1 January 2020 on, each at one price."""
    values = np.array(prices, dtype=np.float64)
    start = int(pd.Timestamp("2020-01-01").timestamp())
    table: dict[str, Any] = {"time": start + DAY_S * np.arange(len(values))}
    table |= dict.fromkeys(("open", "high", "low", "close"), values)
    table["volume"] = np.full(len(values), 1e6)
    return load_bars({**table, **columns}, symbol="AAA")


def dated(value: float, date: str = "2020-01-04", name: str = "amount") -> pd.DataFrame:
    return pd.DataFrame({"date": [date], name: [value]})


def balance(result: BacktestResult) -> int:
    return int(result._engine.trader.rows("cash")[0]["balance_money"])


def spent(result: BacktestResult) -> int:
    """Cash by the fills and the postings of a run alone."""
    fills = result.fill_records
    trades = (fills["side"].astype(np.int64) * fills["notional_money"] + fills["fee_money"]).sum()
    return 100_000 * MONEY - int(trades) + round(float(result.cash_flows["amount"].sum()) * MONEY)


@pytest.mark.parametrize(("quantity", "paid"), [(100.0, 50.0), (-100.0, -50.0)])
def test_a_long_position_receives_a_dividend_and_a_short_one_pays_it(quantity: float, paid: float) -> None:
    result = backtest(Holds(quantity=quantity), days(10, 10, 10, 9.5, 9.5), dividends=dated(0.5))
    assert result.cash_flows["amount"].tolist() == [paid]
    assert result.cash_flows["type"].tolist() == ["dividend"]
    assert result.cash_flows["time"].tolist() == [pd.Timestamp("2020-01-04", tz="UTC")]
    assert result.summary.final_equity == 100_000.0
    assert balance(result) == spent(result)


def test_a_dividend_is_for_who_holds_before_the_open_of_the_ex_date() -> None:
    on_the_day = backtest(Holds(at=2), days(10, 10, 10, 9.5, 9.5), dividends=dated(0.5))
    the_day_before = backtest(Holds(at=1), days(10, 10, 10, 9.5, 9.5), dividends=dated(0.5))
    assert on_the_day.fills["time"].tolist() == [pd.Timestamp("2020-01-04", tz="UTC")]
    assert on_the_day.cash_flows.empty
    assert the_day_before.cash_flows["amount"].tolist() == [50.0]


def test_a_split_rescales_the_position_and_equity_stays() -> None:
    result = backtest(Holds(), days(10, 10, 10, 5, 5), splits=dated(2.0, name="ratio"))
    assert int(result._engine.trader.rows("positions")[1]["quantity_units"]) == 200 * 10**8
    assert result.summary.final_equity == 100_000.0


def test_a_split_rescales_an_order_on_its_way() -> None:
    result = backtest(Holds(at=2), days(10, 10, 10, 5, 5), splits=dated(2.0, name="ratio"))
    assert result.fills[["quantity", "price"]].to_numpy().tolist() == [[200.0, 5.0]]
    assert result.orders["to_state"].tolist()[-1] == "filled"


def test_a_split_rescales_a_resting_order() -> None:
    result = backtest(Holds(limit=8.0), days(10, 10, 10, 5, 3.9, 3.9), splits=dated(2.0, name="ratio"))
    assert result.fills[["quantity", "price"]].to_numpy().tolist() == [[100.0, 10.0], [20.0, 3.9]]


def test_a_split_finds_fills_booked_whose_reports_were_on_their_way() -> None:
    # Filled on 2 January at 10; the report would come on the 5th, in shares and prices of before the split.
    late = backtest(Holds(), days(10, 10, 10, 5, 5), splits=dated(2.0, name="ratio"), report_latency_ms=THREE_DAYS_MS)
    assert int(late._engine.trader.rows("positions")[1]["quantity_units"]) == 200 * 10**8
    assert late.summary.final_equity == 100_000.0
    assert balance(late) == 99_000 * MONEY


def test_a_dividend_is_paid_on_fills_whose_reports_were_on_their_way() -> None:
    late = backtest(Holds(), days(10, 10, 10, 10), dividends=dated(0.5), report_latency_ms=THREE_DAYS_MS)
    assert balance(late) == 99_050 * MONEY


def test_fractions_of_a_reverse_split_are_paid_in_cash() -> None:
    result = backtest(
        Holds(quantity=101.0), days(10, 10, 10, 20, 20), splits=dated(0.5, name="ratio"), fractional=False
    )
    assert result.cash_flows["type"].tolist() == ["cash_in_lieu"]
    assert result.cash_flows["amount"].tolist() == [10.0]
    assert balance(result) == spent(result)


def test_actions_of_the_data_are_taken_when_asked_for() -> None:
    columns = {"Dividends": np.array([0, 0, 0, 0.5, 0]), "Stock Splits": np.array([0, 0, 0, 2.0, 0])}
    bars = days(10, 10, 10, 4.75, 4.75, **columns)
    plain, applied = backtest(Holds(), bars), backtest(Holds(), bars, dividends=True, splits=True)
    assert plain.cash_flows.empty
    # At one time the split comes first: 200 new shares at 0.50.
    assert applied.cash_flows["amount"].tolist() == [100.0]
    assert {each.name for each in applied.assumptions} >= {"Splits and dividends"}


def test_several_symbols_by_column_and_by_mapping() -> None:
    bars = market("AAA", "BBB", bars=10)
    date = str(pd.Timestamp(bars.start_ns, tz="UTC") + pd.Timedelta(days=3))[:10]
    frame = pd.DataFrame({"symbol": ["AAA", "BBB"], "date": [date, date], "amount": [0.5, 0.25]})
    by_column = backtest(Holds(), bars, dividends=frame)
    by_mapping = backtest(
        Holds(), bars, dividends={"AAA": pd.Series([0.5], index=[date]), "BBB": pd.Series([0.25], index=[date])}
    )
    assert by_column.cash_flows["amount"].tolist() == [50.0, 25.0]
    assert by_column.fingerprint == by_mapping.fingerprint


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dividends": True}, "dividends=True needs a column 'dividends'"),
        ({"dividends": dated(-1.0)}, "must be above 0, not -1"),
        ({"splits": dated(-2.0, name="ratio")}, "is no ratio"),
        ({"dividends": {"ZZZ": pd.Series([1.0], index=["2020-01-03"])}}, "no bars of 'ZZZ'"),
        ({"dividends": pd.DataFrame({"date": ["2020-01-03"], "x": [1], "y": [2]})}, "has no column of values"),
    ],
)
def test_bad_actions_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        backtest(Holds(), days(10, 10, 10, 10), **options)


def test_a_short_position_pays_for_what_it_borrows_each_day() -> None:
    result = backtest(Holds(quantity=-100.0), days(10, 10, 10, 10, 10, 10), borrow_rate=0.365)
    # Sold at the open of 2 January: 1,000 borrowed at the ends of five days, a thousandth a day.
    assert result.cash_flows["type"].tolist() == ["borrow"] * 5
    assert result.cash_flows["amount"].tolist() == [-1.0] * 5
    assert balance(result) == spent(result)


def test_a_weekend_without_bars_is_paid_for_too() -> None:
    start = int(pd.Timestamp("2020-01-02").timestamp())  # a Thursday
    values = np.full(4, 10.0)
    table: dict[str, Any] = {"time": start + DAY_S * np.array([0, 1, 4, 5])}
    table |= dict.fromkeys(("open", "high", "low", "close"), values)
    bars = load_bars(table, symbol="AAA", timeframe="1d")
    result = backtest(Holds(quantity=-100.0), bars, borrow_rate=0.365)
    # Sold on Friday: its own day, then Saturday, Sunday and Monday at once, then Tuesday.
    assert result.cash_flows["amount"].tolist() == [-1.0, -3.0, -1.0]
    assert balance(result) == spent(result)


def test_cash_below_zero_pays_interest() -> None:
    result = backtest(Holds(quantity=15_000.0), days(10, 10, 10, 10), leverage=2.0, interest_rate=0.365)
    assert set(result.cash_flows["type"]) == {"interest"}
    assert result.cash_flows["amount"].tolist()[0] == -50.0
    assert result.cash_flows["amount"].tolist()[1] == pytest.approx(-50.05)
    assert balance(result) == spent(result)


def test_a_long_position_on_own_cash_pays_nothing() -> None:
    result = backtest(Holds(), days(10, 10, 10, 10), borrow_rate=0.5, interest_rate=0.5)
    assert result.cash_flows.empty
