"""Several currencies in one account: rates over time, conservation of money, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from atlas.backtest.attribution import BaseCurrency
from atlas.backtest.documents import load_run, run_document
from atlas.backtest.rates import RateSeries, conversion_rates
from atlas.backtest.result import BacktestResult
from atlas.backtest.run import backtest
from atlas.data import BarHistory, generate_bars, load_bars
from atlas.kernel.memory.compilation import PLAIN
from atlas.records.errors import ConfigurationError
from atlas.records.instruments import Instrument
from atlas.strategy.base import Strategy
from tests.unit.backtest.samples import DAILY, BuyOnce, market

MODES = ("interpreted",) if PLAIN else ("compiled", "interpreted")
INSTRUMENTS = [Instrument("SAP", currency="EUR"), Instrument("IBM", currency="USD"), Instrument("SONY", currency="JPY")]
DAY = pd.Timedelta("1D")


class Swings(Strategy):
    """Holds each symbol on two days of five, long and short by turns."""

    seen: int = 0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.seen += 1
        if self.seen % 5 == 0:
            ctx.target_weight(bar.instrument, 0.2 if self.seen % 10 == 0 else -0.1)
        elif self.seen % 5 == 3:
            ctx.target(bar.instrument, 0.0)


def mixed(bars: int = 80) -> BarHistory:
    """Daily bars of three symbols in three currencies."""
    made = generate_bars(("SAP", "IBM", "SONY"), bars, seed=7, settings=DAILY)
    frames = {symbol: made.to_frame(symbol).reset_index() for symbol in made.symbols}
    return load_bars(frames, instruments={each.symbol: each for each in INSTRUMENTS})


def rate_series(history: BarHistory, first: float, seed: int) -> pd.Series:
    """A walk of daily rates, known an hour before each day's end, from a day before the first bar on."""
    ends = pd.DatetimeIndex(np.unique(history.records["venue_time_ns"]), tz="UTC")
    times = pd.DatetimeIndex([ends[0] - DAY, *ends]) - pd.Timedelta("1h")
    moves = np.random.default_rng(seed).normal(0.0, 0.01, len(times))
    return pd.Series(first * np.exp(np.cumsum(moves)), index=times)


def run(mode: str = "auto", **options: Any) -> tuple[BacktestResult, pd.Series, pd.Series]:
    history = mixed()
    euro, yen = rate_series(history, 1.1, 1), rate_series(history, 150.0, 2)
    rates = {"EURUSD": euro, "USD/JPY": yen}
    return backtest(Swings(), history, currency="USD", rates=rates, fees=0.001, mode=mode, **options), euro, yen


def twin_equity(result: BacktestResult, euro: pd.Series, yen: pd.Series) -> np.ndarray[Any, Any]:
    """Equity at each point, from nothing but the fills, the closes and the rates."""
    instruments = result.instruments
    fills, bars = result.fill_records, result.history.records
    equity = []
    for point in result.equity_records:
        until = int(point["venue_time_ns"])
        cash = {"USD": 100_000.0, "EUR": 0.0, "JPY": 0.0}
        held = dict.fromkeys(range(1, 4), 0.0)
        for fill in fills[fills["venue_time_ns"] < until]:
            instrument = instruments[int(fill["instrument"]) - 1]
            signed = int(fill["side"]) * instrument.quantity(int(fill["quantity_units"]))
            paid = signed * instrument.price(int(fill["price_units"])) + instrument.amount(int(fill["fee_money"]))
            cash[instrument.currency] -= paid
            held[int(fill["instrument"])] += signed
        moment = pd.Timestamp(until, tz="UTC")
        rate = {"USD": 1.0, "EUR": euro[:moment].iloc[-1], "JPY": 1.0 / yen[:moment].iloc[-1]}
        total = sum(amount * rate[name] for name, amount in cash.items())
        for number, quantity in held.items():
            own = bars[(bars["instrument"] == number) & (bars["venue_time_ns"] <= until)]
            if quantity:
                close = instruments[number - 1].price(int(own["close_units"][-1]))
                total += quantity * close * rate[instruments[number - 1].currency]
        equity.append(total)
    return np.array(equity)


@pytest.mark.parametrize("mode", MODES)
def test_equity_is_cash_and_positions_at_the_rates_of_the_time(mode: str) -> None:
    result, euro, yen = run(mode)
    made = result.equity_records["equity_money"] / 1e8
    assert len(result.fill_records) > 60
    np.testing.assert_allclose(made, twin_equity(result, euro, yen), rtol=0, atol=0.01)


@pytest.mark.skipif(PLAIN, reason="nothing is compiled in plain mode")
def test_both_modes_do_the_same() -> None:
    assert run("compiled")[0].fingerprint == run("interpreted")[0].fingerprint


def test_what_strategies_and_symbols_earned_adds_up_to_the_run() -> None:
    result, _, _ = run()
    profit = result.summary.final_equity - 100_000.0
    assert result.by_strategy["profit"].sum() == pytest.approx(profit, abs=1e-4)
    assert result.by_symbol["profit"].sum() == pytest.approx(profit, abs=1e-4)
    assert set(result.by_symbol["symbol"]) == {"SAP", "IBM", "SONY"}


def test_trades_and_fees_are_told_in_the_accounts_currency() -> None:
    result, _, yen = run()
    sony = result.history.number_of("SONY")
    own = result.fill_records[result.fill_records["instrument"] == sony]
    fee = own["fee_money"][0] / 1e8
    assert fee > 10.0  # in yen: 0.1% of some 20,000 dollars
    last = yen[: pd.Timestamp(int(own["venue_time_ns"][0]), tz="UTC")].iloc[-1]
    records = result.fill_records
    base = BaseCurrency(result.instruments, result.currency, result.money_exponent, result.settings.rates)
    factors = base.factors(records["instrument"], records["venue_time_ns"])
    assert factors[records["instrument"] == sony][0] == pytest.approx(1.0 / last, rel=1e-6)
    fees = result.equity_records["fees_money"][-1] / 1e8
    assert result.summary.fees_paid == pytest.approx(fees, abs=1e-4)
    realized = result.equity_records["realized_money"][-1] / 1e8
    assert result.round_trips.closed["gross_money"].sum() / 1e8 == pytest.approx(realized, rel=1e-6)


def test_a_strategy_is_told_its_result_in_the_accounts_currency() -> None:
    data = mixed(bars=20)
    result = backtest(Holder(), data, currency="USD", rates={"EUR": 1.25, "JPYUSD": 0.01})
    told = {line.split(" Holder ")[1].split(":")[0]: line.split(": ")[1].split() for line in result.log}
    fill = {int(each["instrument"]): each for each in result.fill_records}
    for symbol, rate in (("SAP", 1.25), ("IBM", 1.0), ("SONY", 0.01)):
        instrument = data.instruments[data.number_of(symbol) - 1]
        close = instrument.price(int(data.bars(symbol)["close_units"][-1]))
        paid = instrument.price(int(fill[data.number_of(symbol)]["price_units"]))
        assert float(told[symbol][1]) == pytest.approx(10.0 * close * rate, rel=1e-9)
        assert float(told[symbol][0]) == pytest.approx(10.0 * (close - paid) * rate, rel=1e-9)


class Holder(Strategy):
    """Buys ten of each at its first bar, and tells at the end what they are worth."""

    asked: bool = False

    def on_bar(self, ctx: Any, bar: Any) -> None:
        if not self.asked:
            self.asked = True
            ctx.buy(bar.instrument, 10.0)

    def on_stop(self, ctx: Any) -> None:
        ctx.log("{} {}", ctx.unrealized(), ctx.position_value())


def test_a_symbol_of_the_data_serves_as_a_rate() -> None:
    history = mixed(bars=30)
    pair = generate_bars(("EURUSD",), 60, seed=9, settings=DAILY).to_frame("EURUSD").reset_index()
    pair["timestamp"] -= 10 * DAY
    frames = {symbol: history.to_frame(symbol).reset_index() for symbol in ("SAP", "IBM")}
    named = {each.symbol: each for each in INSTRUMENTS if each.currency != "JPY"}
    data = load_bars({**frames, "EURUSD": pair}, instruments=named)
    rates = conversion_rates({}, "USD", data)
    found = rates["EUR"]
    assert isinstance(found, RateSeries)
    assert found.source == "the closes of EURUSD"
    assert found.times_ns[0] == data.bars("EURUSD")["venue_time_ns"][0]
    given = conversion_rates({"EUR": "EURUSD"}, "USD", data)["EUR"]
    assert isinstance(given, RateSeries) and np.array_equal(given.rates, found.rates)
    turned = conversion_rates({}, "EUR", data)["USD"]
    assert isinstance(turned, RateSeries) and np.array_equal(turned.rates, 1.0 / found.rates)


def test_a_rate_is_used_from_when_it_is_known_and_not_before() -> None:
    history = mixed(bars=10)
    ends = pd.DatetimeIndex(np.unique(history.records["venue_time_ns"]), tz="UTC")
    jump = pd.Series([1.0, 2.0], index=[ends[0], ends[5] + pd.Timedelta("1s")])
    result = backtest(Holder(), history, currency="USD", rates={"EURUSD": jump, "JPYUSD": 0.01})
    points = dict(
        zip(result.equity_records["venue_time_ns"].tolist(), result.equity_records["cash_money"], strict=True)
    )
    before, after = points[ends[5].value], points[ends[6].value]
    fill = next(each for each in result.fill_records if each["instrument"] == history.number_of("SAP"))
    assert before - after == int(fill["notional_money"])


def test_the_assumptions_name_the_rates() -> None:
    result, _, _ = run()
    conversion = next(each for each in result.assumptions if each.name == "Conversion")
    assert "EUR by the series of EURUSD" in conversion.value
    assert "The newest rate known" in conversion.detail


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        ({}, "no conversion rate from EUR to USD"),
        ({"EURUSD": 0, "JPY": 1}, r"rates\['EURUSD'\]: must be above 0, not 0"),
        ({"EURGBP": 1.1}, "EURGBP is no rate of the account's currency USD"),
        ({"USD": 1.0}, "the account's own currency"),
        ({"eur": 1.0}, r"unknown currency; did you mean 'EUR'"),
        ({"EURUSD": object()}, "is a number above 0, a series with times, bars, or a symbol"),
        ({"EURUSD": pd.Series([], dtype=float, index=pd.DatetimeIndex([]))}, "holds no rate"),
        ({"EURUSD": pd.Series([-1.0], index=pd.DatetimeIndex(["2000-01-01"]))}, "holds -1 at 2000-01-01"),
        ({"EURUSD": pd.Series([1.0], index=pd.DatetimeIndex(["2040-01-01"])), "JPY": 1}, "no rate of EUR is known at"),
    ],
)
def test_bad_rates_are_refused(rates: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        backtest(BuyOnce(), mixed(bars=5), currency="USD", rates=rates)


def test_one_currency_needs_no_rate() -> None:
    assert conversion_rates({}, "USD", market()) == {}


def test_a_file_of_two_columns_says_from_when_on_each_rate_is_known(tmp_path: Path) -> None:
    series = pd.Series([1.1, 1.2], index=pd.to_datetime(["2019-12-01", "2020-02-03"]), name="rate")
    file = tmp_path / "euro.csv"
    series.rename_axis("date").reset_index()[["rate", "date"]].to_csv(file, index=False)
    of_file, of_series = (conversion_rates({"EURUSD": each}, "USD", mixed(bars=5))["EUR"] for each in (file, series))
    assert isinstance(of_file, RateSeries) and isinstance(of_series, RateSeries)
    assert of_file.times_ns.tolist() == of_series.times_ns.tolist()
    assert of_file.rates.tolist() == [1.1, 1.2]
    assert repr(of_file) == "the rates of euro.csv, 2 rates"
    file.write_text("date,rate\nsoon,1.1\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="euro.csv holds what is no time or no number"):
        conversion_rates({"EURUSD": str(file)}, "USD", mixed(bars=5))


def test_a_document_takes_its_rates_from_before_its_start(tmp_path: Path) -> None:
    made = mixed()
    frames = {symbol: made.to_frame(symbol).reset_index() for symbol in made.symbols}
    for symbol, name in (("SAP", "SAP"), ("IBM", "EURUSD")):
        frames[symbol].to_csv(tmp_path / f"{name}.csv", index=False)
    data, start = {name: tmp_path / f"{name}.csv" for name in ("SAP", "EURUSD")}, "2020-02-10"
    instruments = {"SAP": Instrument("SAP", currency="EUR"), "EURUSD": Instrument("EURUSD")}
    result = backtest("sma_cross", data, currency="USD", start=start, instruments=instruments)
    (tmp_path / "run.yaml").write_text(result.configuration, encoding="utf-8")
    assert run_document(load_run(tmp_path / "run.yaml")).fingerprint == result.fingerprint
