"""A universe that changes: who belongs to it when, what becomes of the delisted, and that nobody knows it before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from atlas.backtest.result import BacktestResult
from atlas.backtest.run import backtest
from atlas.backtest.universe import delistings, membership_changes, read_universe
from atlas.data import BarHistory, generate_bars, load_bars
from atlas.kernel.memory.compilation import PLAIN
from atlas.records.enums import PriceRule, RejectReason
from atlas.records.errors import ConfigurationError
from atlas.strategy.base import Strategy
from tests.unit.backtest.samples import DAILY

MODES = ("interpreted",) if PLAIN else ("compiled", "interpreted")
SYMBOLS = ("AAA", "BBB", "CCC")


class Members(Strategy):
    """Holds ten of whoever is a member, tells of every change, and is told of every fill."""

    was: bool = False

    def on_bar(self, ctx: Any, bar: Any) -> None:
        now = ctx.is_member()
        if now != self.was:
            ctx.log("member {}", 1.0 if now else 0.0)
            self.was = now
        ctx.target(bar.instrument, 10.0 if now else 0.0)

    def on_fill(self, ctx: Any, fill: Any) -> None:
        ctx.log("fill {} at {}, holds {}", fill.side * fill.quantity, fill.price, fill.position)


class Stubborn(Strategy):
    """Buys at every bar, member or not, and rests a limit far below."""

    def on_bar(self, ctx: Any, bar: Any) -> None:
        ctx.buy(bar.instrument, 1.0)
        ctx.buy(bar.instrument, 1.0, limit=bar.close / 10.0)


def market(lengths: dict[str, tuple[int, int]] | None = None, bars: int = 60) -> BarHistory:
    """Daily bars; of a symbol in `lengths` only those from one place to another."""
    made = generate_bars(SYMBOLS, bars, seed=11, settings=DAILY)
    frames = {}
    for symbol in made.symbols:
        first, last = (lengths or {}).get(symbol, (0, bars))
        frames[symbol] = made.to_frame(symbol).reset_index().iloc[first:last]
    return load_bars(frames)


def day(history: BarHistory, place: int) -> str:
    """Date of a bar of the whole market."""
    starts = np.unique(history.bar_starts())
    return str(pd.Timestamp(int(starts[place])).date())


def lines(result: BacktestResult, symbol: str, word: str) -> list[tuple[str, str]]:
    """Date and text of the lines of a symbol's log that begin with a word."""
    parts = [line.split(" Members ", 1) for line in result.log if f" {symbol}: {word}" in line]
    return [(when[:10], text.split(": ", 1)[1]) for when, text in parts]


@pytest.mark.parametrize("mode", MODES)
def test_a_strategy_sees_who_belongs_and_trades_no_other(mode: str) -> None:
    data = market()
    universe = pd.DataFrame(
        {"symbol": ["AAA", "BBB"], "from": ["", day(data, 10)], "to": [day(data, 19), ""]}, dtype=str
    )
    result = backtest(Members(), data, universe=universe, mode=mode)
    ends = np.unique(data.records["venue_time_ns"])
    stamps = [str(pd.Timestamp(int(end)).date()) for end in ends]
    # Both days are included: a bar that ends as the last one does finds the symbol gone, one that ends as the first
    # one begins finds it there.
    assert lines(result, "AAA", "member") == [(stamps[0], "member 1.0"), (stamps[19], "member 0.0")]
    assert lines(result, "BBB", "member") == [(stamps[9], "member 1.0")]
    assert lines(result, "CCC", "member") == []
    held = {
        symbol: result.fill_records[result.fill_records["instrument"] == data.number_of(symbol)] for symbol in SYMBOLS
    }
    assert [len(held[symbol]) for symbol in SYMBOLS] == [2, 1, 0]
    assert int(held["AAA"]["position_units"][-1]) == 0


@pytest.mark.skipif(PLAIN, reason="nothing is compiled in plain mode")
def test_both_modes_do_the_same() -> None:
    data = market({"AAA": (0, 30), "CCC": (20, 60)})
    results = [backtest(Members(), data, universe={"AAA": ("", ""), "CCC": ("", "")}, mode=mode) for mode in MODES]
    assert results[0].fingerprint == results[1].fingerprint
    assert results[0].log == results[1].log


def test_outside_the_universe_an_order_is_refused_unless_it_reduces() -> None:
    data = market()
    result = backtest(Stubborn(), data, universe={"AAA": ("", day(data, 9))})
    orders = result.order_records
    reasons = set(orders["reject_reason"].tolist()) - {0}
    assert reasons == {int(RejectReason.REQUEST_RETIRED)}
    fills = result.fill_records
    assert set(fills["instrument"].tolist()) == {data.number_of("AAA")}
    assert 8 <= len(fills) <= 10


@pytest.mark.parametrize("mode", MODES)
def test_a_position_whose_bars_end_is_settled_at_the_last_close(mode: str) -> None:
    data = market({"BBB": (0, 30)})
    result = backtest(Members(), data, mode=mode)
    number = data.number_of("BBB")
    last = data.bars("BBB")[-1]
    fills = result.fill_records[result.fill_records["instrument"] == number]
    assert fills["price_rule"].tolist()[-1] == PriceRule.SETTLEMENT
    assert (int(fills["price_units"][-1]), int(fills["fee_money"][-1])) == (int(last["close_units"]), 0)
    assert int(fills["position_units"][-1]) == 0
    assert int(fills["venue_time_ns"][-1]) == int(last["venue_time_ns"]) + 86_400_000_000_000
    assert lines(result, "BBB", "fill")[-1][1].startswith("fill -10.0 at ")
    assert len(result.trades) == 1
    points = result.equity_records["equity_money"]
    held = backtest(Members(), data, mode=mode, delisting="hold")
    assert np.array_equal(points, held.equity_records["equity_money"])
    assert len(held.trades) == 0


def test_working_orders_of_the_delisted_expire_and_give_their_money_back() -> None:
    data = market({"BBB": (0, 30)})
    result = backtest(Stubborn(), data, cash=1e9)
    last = int(data.bars("BBB")["venue_time_ns"][-1])
    orders = result.orders[result.orders["symbol"] == "BBB"]
    ended = orders[orders["time"] > pd.Timestamp(last, tz="UTC")]
    assert len(ended) == 31  # thirty limits, and the last order to buy at once, which found no bar any more
    assert set(ended["to_state"]) == {"expired"}
    trader = result._engine.trader
    row = trader.rows("positions")[data.number_of("BBB")]
    assert (int(row["open_buy_units"]), int(row["held_money"]), int(row["quantity_units"])) == (0, 0, 0)


def test_money_is_conserved_through_a_delisting() -> None:
    data = market({"BBB": (0, 30)})
    result = backtest([Members(), Stubborn()], data, cash=1e7, fees=0.001)
    profit = result.summary.final_equity - 1e7
    assert result.by_strategy["profit"].sum() == pytest.approx(profit, abs=1e-5)
    assert result.by_symbol["profit"].sum() == pytest.approx(profit, abs=1e-5)
    gone = result.by_symbol[result.by_symbol["symbol"] == "BBB"].iloc[0]
    assert gone["value"] == 0.0


def test_a_symbol_belongs_from_the_end_of_its_first_bar_on() -> None:
    data = market({"CCC": (20, 60)})
    begins = int(data.bars("CCC")["venue_time_ns"][0])
    start = int(data.records["venue_time_ns"][0])
    assert membership_changes(None, data) == [(start, data.number_of("CCC"), 0), (begins, data.number_of("CCC"), 1)]


def test_the_end_of_the_data_delists_nobody() -> None:
    assert delistings(market()) == []
    assert delistings(market({"BBB": (0, 57)})) == []
    assert [number for _, number in delistings(market({"BBB": (0, 40)}))] == [2]


def test_times_that_join_are_one() -> None:
    data = market()
    first, second = day(data, 5), day(data, 6)
    universe = read_universe([("AAA", "", first), ("AAA", second, "")])
    assert [change for change in membership_changes(universe, data) if change[1] == 1] == []


@pytest.mark.parametrize("kind", ["mapping", "rows", "frame", "file"])
def test_a_universe_comes_in_several_shapes(kind: str, tmp_path: Path) -> None:
    rows = [("AAA", "2020-01-01", "2020-06-30"), ("BBB", "2020-03-01", None)]
    frame = pd.DataFrame(rows, columns=["symbol", "from", "to"])
    path = tmp_path / "universe.csv"
    frame.to_csv(path, index=False)
    given = {"mapping": {row[0]: row[1:] for row in rows}, "rows": rows, "frame": frame, "file": path}[kind]
    first, second = read_universe(given)
    assert (first.symbol, second.symbol) == ("AAA", "BBB")
    assert first.from_ns == pd.Timestamp("2020-01-01").value
    assert first.until_ns == pd.Timestamp("2020-07-01").value
    assert second.until_ns == 2**63 - 1


@pytest.mark.parametrize(
    ("universe", "message"),
    [
        ([("AAA", "2020-01-01")], "a row is"),
        ({"AAA": ("2020-02-01", "2020-01-01")}, "AAA leaves on 2020-01-01 before it comes on 2020-02-01"),
        ({"AAA": ("soon", "")}, "'soon' is no date"),
        (pd.DataFrame({"symbol": ["AAA"], "since": ["2020-01-01"]}), "has no column from, to"),
    ],
)
def test_a_bad_universe_is_refused(universe: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        backtest(Members(), market(), universe=universe)


def test_what_becomes_of_the_delisted_is_one_of_two() -> None:
    with pytest.raises(ConfigurationError, match="delisting: 'clse' is none of close, hold"):
        backtest(Members(), market(), delisting="clse")


def test_the_assumptions_name_the_universe_and_the_delisted() -> None:
    data = market({"BBB": (0, 30)})
    result = backtest(Members(), data, universe={"AAA": ("", ""), "BBB": ("", ""), "ZZZ": ("", "")})
    named = {each.name: each for each in result.assumptions}
    assert "ZZZ" in named["Universe"].detail and "CCC" in named["Universe"].detail
    assert named["Delisted"].value == "BBB: settled at the last close"
    assert not named["Delisted"].relaxed
    held = backtest(Members(), data, delisting="hold")
    assert next(each for each in held.assumptions if each.name == "Delisted").relaxed


def test_a_run_goes_on_from_a_snapshot_with_what_is_still_to_change() -> None:
    from atlas.backtest.engine import Engine
    from atlas.backtest.run import plan_run

    def engine() -> Engine:
        data = market({"BBB": (0, 40), "CCC": (20, 60)})
        plan = plan_run(Members(), data, universe={"AAA": ("", day(data, 45)), "BBB": ("", ""), "CCC": ("", "")})
        return Engine(plan.history, plan.strategies, plan.settings.engine_setup(plan.history))

    whole, half, rest = engine(), engine(), engine()
    whole.run()
    half.advance(70)
    before = len(half.log.rows)
    rest.resume(half.snapshot())
    rest.run()
    assert np.array_equal(whole.log.rows[before:], rest.log.rows)
    assert before > 0 and len(rest.log.rows) > 0
