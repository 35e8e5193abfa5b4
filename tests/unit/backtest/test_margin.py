"""Margin calls of a backtest: against hand-computed numbers, and against the plain twin to the step."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from atlas.backtest.result import BacktestResult
from atlas.backtest.run import backtest
from atlas.data import BarHistory, load_bars
from atlas.kernel.memory.compilation import PLAIN
from atlas.records.enums import AlertLevel, LimitKind, Why
from atlas.records.errors import ConfigurationError
from atlas.records.instruments import Instrument
from atlas.records.kinds import Kind
from atlas.strategy.base import Strategy
from tests.reference.margin_account import MONEY, QUANTITY, Line, MarginAccount, MarginFill
from tests.unit.backtest.samples import steps

HOUR_NS = 3_600_000_000_000
START_S = 1_700_000_000 // 3600 * 3600
MODES = ("interpreted",) if PLAIN else ("compiled", "interpreted")
INSTRUMENTS = (
    Instrument("AAA", lot_size=1),
    Instrument("BBB"),
    Instrument("SAP", currency="EUR", lot_size=10),
)
EURO = Fraction(5, 4)


class Buys(Strategy):
    """Asks for a quantity at the first bar."""

    quantity: float = 1_500.0
    asked: bool = False

    def on_bar(self, ctx: Any, bar: Any) -> None:
        if not self.asked:
            self.asked = True
            if self.quantity > 0.0:
                ctx.buy(bar.instrument, self.quantity)
            else:
                ctx.sell(bar.instrument, -self.quantity)


class Keeps(Strategy):
    """Asks for more at every third bar, some for less, by a rule that the twin knows too."""

    seed: int = 0
    seen: int = 0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        units = ((self.seen * 7 + bar.instrument * 13 + self.seed * 5) % 11 - 4) * 20
        if self.seen % 3 == 0 and units > 0:
            ctx.buy(bar.instrument, float(units))
        elif self.seen % 3 == 0 and units < 0:
            ctx.sell(bar.instrument, float(-units))
        self.seen += 1


def wishes(seed: int) -> Any:
    """The rule of `Keeps`, in units."""

    def asked(bar: int, instrument: int) -> int:
        units = ((bar * 7 + instrument * 13 + seed * 5) % 11 - 4) * 20
        lot = 10 if instrument == 3 else 1
        return units // lot * lot * QUANTITY if bar % 3 == 0 else 0

    return asked


def alerts(result: BacktestResult) -> list[Any]:
    """The alerts of margin calls."""
    found = result._engine.log.records(Kind.RISK_ALERT)
    return [each for each in found if each["limit_kind"] == LimitKind.MAINTENANCE_MARGIN]


def by_call(result: BacktestResult) -> set[int]:
    """Orders that a call asked for."""
    records = result.order_records
    first = records[records["from_state"] == 1]
    return set(first["client_order_id"][first["why"] == Why.MARGIN].tolist())


# --- by hand


def test_the_example_of_the_page() -> None:
    # 1,500 shares at 100 on 100,000 of equity: 50,000 are borrowed. At 66 they are worth 99,000, the equity is 49,000,
    # and a quarter is 24,750: no call. At 44 they are worth 66,000, the equity is 16,000, a quarter is 16,500: 500 are
    # missing, and what is sold lowers the requirement by a quarter of its value: 2,000, of 44 a share 45.45, so 46.
    # They are sold at the next open, which is 44 too: 1,454 shares are left, worth 58,160 at 40.
    closes = (100.0, 100.0, 66.0, 44.0, 40.0)
    result = backtest(Buys(), steps(*closes), leverage=2.0, maintenance_margin=0.25, fractional=False, mode=MODES[0])
    assert result.fills[["side", "quantity", "price"]].to_numpy().tolist() == [
        ["buy", 1_500.0, 100.0],
        ["sell", 46.0, 44.0],
    ]
    called, *others = alerts(result)
    assert (called["value"], called["limit"], called["alert_level"]) == (16_000.0, 16_500.0, AlertLevel.BREACH)
    # At 40 the equity is 58,160 - 50,000 + 46 × 44 = 10,184, a quarter of 58,160 is 14,540: the call stands.
    assert others == []
    assert result.equity["equity"].tolist()[-1] == 10_184.0


def test_a_call_ends_at_the_close_at_which_the_requirement_is_met() -> None:
    result = backtest(Buys(), steps(100.0, 100.0, 44.0, 60.0, 61.0), leverage=2.0, maintenance_margin=0.25)
    told = [(int(each["alert_level"]), int(each["venue_time_ns"])) for each in alerts(result)]
    first_ns = START_S * 10**9 + HOUR_NS
    assert told == [(AlertLevel.BREACH, first_ns + 2 * HOUR_NS), (AlertLevel.NOTICE, first_ns + 3 * HOUR_NS)]
    states = result._engine.log.records(Kind.TRADING_STATE_CHANGE)
    assert [(int(each["from_state"]), int(each["to_state"])) for each in states] == [(1, 2), (2, 1)]


def test_a_short_position_is_bought_back() -> None:
    # 800 sold at 100: cash 180,000. At 150 they are worth 120,000, equity 60,000, 0.6 of it 72,000: 12,000 are missing,
    # so 20,000 of value, 133.33 shares: 134 are bought.
    result = backtest(
        Buys(quantity=-800.0), steps(100.0, 100.0, 150.0, 150.0), maintenance_margin=0.6, fractional=False
    )
    assert result.fills[["side", "quantity", "price"]].to_numpy().tolist() == [
        ["sell", 800.0, 100.0],
        ["buy", 134.0, 150.0],
    ]


def test_the_cost_of_selling_is_reckoned_with() -> None:
    # At 44, bought with a fee of 1,500: equity 14,500, short of 16,500 by 2,000; each unit of value sold lowers the
    # requirement by 0.25 and costs 0.01: 2,000 / 0.24 = 8,333.33, of 44 a share 189.4, so 190.
    result = backtest(
        Buys(), steps(100.0, 100.0, 44.0, 44.0), leverage=2.0, maintenance_margin=0.25, fees=0.01, fractional=False
    )
    assert result.fills["quantity"].tolist() == [1_500.0, 190.0]
    assert [int(each["alert_level"]) for each in alerts(result)] == [AlertLevel.BREACH, AlertLevel.NOTICE]


def test_what_the_volume_leaves_waits_and_what_is_left_at_the_end_of_the_call_is_canceled() -> None:
    # A tenth of 300 a bar. 46 are asked for at 44; 30 trade at the next open, and at 50 the equity covers all again.
    result = backtest(
        Buys(quantity=1_500.0),
        with_volume(steps(100.0, 100.0, 44.0, 50.0, 50.0), 300.0, first=2),
        leverage=2.0,
        maintenance_margin=0.25,
        fractional=False,
    )
    assert result.fills["quantity"].tolist() == [1_500.0, 30.0]
    assert result.orders[["to_state", "asked_by", "why"]].to_numpy().tolist()[-2:] == [
        ["partial_fill+pending_cancel", "system", "margin"],
        ["canceled", "system", "margin"],
    ]


def with_volume(history: BarHistory, volume: float, first: int) -> BarHistory:
    """The same bars, thin from number `first` on."""
    history.records.flags.writeable = True
    history.records["volume_units"][first:] = round(volume * QUANTITY)
    return history


def test_an_order_that_would_enlarge_a_position_is_canceled_and_refused() -> None:
    class Adds(Strategy):
        seen: int = 0

        def on_bar(self, ctx: Any, bar: Any) -> None:
            self.seen += 1
            if self.seen == 1:
                ctx.buy(bar.instrument, 1_500.0)
                ctx.buy(bar.instrument, 10.0, limit=1.0)
            elif self.seen == 3:
                ctx.buy(bar.instrument, 1.0)
            elif self.seen == 4:
                ctx.buy(bar.instrument, 2.0)
                ctx.sell(bar.instrument, 3.0)

    result = backtest(
        Adds(),
        steps(100.0, 100.0, 44.0, 40.0, 40.0),
        leverage=2.0,
        maintenance_margin=0.25,
        limits={"require_buying_power": False},
        mode="interpreted",
    )
    orders = result.orders
    # The limit and the purchase at the close of the call end canceled, by the margin; the next one is refused.
    ended = orders[orders["to_state"] == "canceled"]
    assert ended["client_order_id"].tolist() == [2, 3]
    assert set(ended["why"]) == {"margin"}
    assert orders["reject_reason"].dropna().tolist() == ["risk_margin"]
    assert 3.0 in result.fills["quantity"].tolist()
    assert 2.0 not in result.fills["quantity"].tolist()


def test_the_data_s_own_bars_are_looked_at_where_the_strategy_sees_longer_ones() -> None:
    # Hours that end at 23, 0, 1 and 2 o'clock; the strategy's two hours end at 0 and 2.
    result = backtest(
        Buys(), steps(100.0, 100.0, 44.0, 44.0), timeframe="2h", leverage=2.0, maintenance_margin=0.25, fractional=False
    )
    assert [str(time) for time in result.margin_calls["time"]] == ["2023-11-15 01:00:00+00:00"]
    assert result.fills["quantity"].tolist() == [1_500.0, 46.0]


def test_stop_and_target_of_what_is_sold_are_taken_back() -> None:
    class Protected(Strategy):
        asked: bool = False

        def on_bar(self, ctx: Any, bar: Any) -> None:
            if not self.asked:
                self.asked = True
                ctx.buy(bar.instrument, 1_500.0, stop_loss=20.0, take_profit=200.0)

    bars = steps(100.0, 100.0, 44.0, 45.0, 10.0)
    result = backtest(Protected(), bars, leverage=2.0, maintenance_margin=0.25, fractional=False, mode="interpreted")
    assert result.fills["quantity"].tolist() == [1_500.0, 46.0]
    ended = result.orders[result.orders["to_state"] == "canceled"]
    assert ended[["asked_by", "why"]].to_numpy().tolist() == [["system", "margin"]] * 2


def test_without_a_margin_nothing_is_called() -> None:
    plain = backtest(Buys(), steps(100.0, 100.0, 44.0, 40.0), leverage=2.0)
    assert alerts(plain) == []
    assert len(plain.fills) == 1
    lower = backtest(Buys(), steps(100.0, 100.0, 44.0, 40.0), leverage=2.0, maintenance_margin=0.1)
    assert [each.tobytes() for each in plain.fill_records] == [each.tobytes() for each in lower.fill_records]


@pytest.mark.parametrize(
    ("margin", "leverage", "message"),
    [
        (-0.1, 1.0, "maintenance_margin: must be at least 0, not -0.1"),
        (0.5, 2.0, "maintenance_margin: must be at least 0 and below the initial margin, 1 / leverage = 0.5, not 0.5"),
        (1.0, 1.0, "lower it or the leverage"),
        (1.0, 0.5, "lower it or the leverage"),
        (float("nan"), 1.0, "must be a finite number"),
    ],
)
def test_a_margin_out_of_range_is_refused(margin: float, leverage: float, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        backtest(Buys(), steps(100.0, 100.0), leverage=leverage, maintenance_margin=margin)


# --- against the twin


def walk(seed: int, bars: int) -> dict[str, dict[str, Any]]:
    """Three symbols' hours, each opening apart from the close before, some with little volume."""
    draws, found = np.random.default_rng(seed), {}
    for each in INSTRUMENTS:
        moves = draws.normal(-0.004, 0.03, 2 * bars)
        prices = np.round(100.0 * np.exp(np.cumsum(moves)), 2)
        opens, closes = prices[::2], prices[1::2]
        found[each.symbol] = {
            "time": START_S + 3600 * np.arange(bars),
            "open": opens,
            "high": np.maximum(opens, closes),
            "low": np.minimum(opens, closes),
            "close": closes,
            "volume": np.where(draws.random(bars) < 0.3, 400.0, 10_000.0),
        }
    return found


def twin_of(history: BarHistory, seed: int, cash: int, maintenance: str, fee: str) -> MarginAccount:
    lines = {}
    for number, each in enumerate(history.instruments, 1):
        bars = history.bars(each.symbol)
        opens, closes, volumes = (bars[f"{name}_units"].tolist() for name in ("open", "close", "volume"))
        rate = EURO if each.currency == "EUR" else Fraction(1)
        lines[number] = Line(opens, closes, volumes, rate, each.lot_size_units or 1)
    account = MarginAccount(lines, cash * MONEY, Fraction(maintenance), Fraction(fee))
    account.run(wishes(seed))
    return account


def fills_of(result: BacktestResult, history: BarHistory) -> list[MarginFill]:
    called, start_ns = by_call(result), int(history.bar_starts()[0])
    return [
        MarginFill(
            (int(fill["venue_time_ns"]) - start_ns) // HOUR_NS,
            int(fill["instrument"]),
            int(fill["side"]) * int(fill["quantity_units"]),
            int(fill["price_units"]),
            int(fill["client_order_id"]) in called,
        )
        for fill in result.fill_records
    ]


@pytest.mark.parametrize("seed", range(4 if PLAIN else 24))
def test_equal_to_the_twin(seed: int) -> None:
    history = load_bars(walk(seed, 60), instruments={each.symbol: each for each in INSTRUMENTS})
    maintenance, fee, cash = ("0.25", "0.3", "0.15")[seed % 3], ("0", "0.002")[seed % 2], 9_000 + 1_000 * (seed % 5)
    result = backtest(
        Keeps(seed=seed),
        history,
        cash=float(cash),
        leverage=3.0,
        maintenance_margin=float(maintenance),
        fees=float(fee),
        limits={"require_buying_power": False},
        rates={"EUR": 1.25},
        currency="USD",
        mode=MODES[seed % len(MODES)],
    )
    account = twin_of(history, seed, cash, maintenance, fee)
    # A run whose equity falls below zero ends within a close: it is compared up to the one before.
    seen = len(np.unique(result.seen_bars["venue_time_ns"])) - (1 if result.stopped_reason else 0)
    assert [each for each in fills_of(result, history) if each.bar <= seen] == [
        each for each in account.fills if each.bar <= seen
    ]
    begins = [
        ((int(each["venue_time_ns"]) - int(history.start_ns)) // HOUR_NS - 1, each["alert_level"] == AlertLevel.BREACH)
        for each in alerts(result)
    ]
    assert begins == [each for each in account.calls if each[0] < seen]
    assert result.equity_records["equity_money"].tolist()[: seen - 1] == account.equities[: seen - 1]
    assert len(account.calls) > 0


@pytest.mark.parametrize("seed", range(100, 103 if PLAIN else 112))
def test_after_each_close_the_requirement_is_met_or_a_call_stands(seed: int) -> None:
    history = load_bars(walk(seed, 60), instruments={each.symbol: each for each in INSTRUMENTS})
    result = backtest(
        Keeps(seed=seed),
        history,
        cash=9_000.0,
        leverage=3.0,
        maintenance_margin=0.25,
        rates={"EUR": 1.25},
        currency="USD",
        limits={"require_buying_power": False},
    )
    ends = [(int(each["venue_time_ns"]), int(each["alert_level"]) == AlertLevel.BREACH) for each in alerts(result)]
    assert all(first[1] != second[1] for first, second in pairwise(ends))
    points = result.equity_records
    for point in points[: len(points) - (2 if result.stopped_reason else 0)]:
        standing = [began for time_ns, began in ends if time_ns <= int(point["venue_time_ns"])][-1:] == [True]
        met = int(point["equity_money"]) >= round(Fraction(int(point["gross_exposure_money"]), 4))
        assert met or standing


# --- what is told


def called(**options: Any) -> BacktestResult:
    """The example of the page, with a recovery."""
    bars = steps(100.0, 100.0, 66.0, 44.0, 60.0, 61.0)
    return backtest(Buys(), bars, leverage=2.0, maintenance_margin=0.25, fractional=False, **options)


def test_notes_remarks_and_the_frame_of_calls() -> None:
    result = called()
    note = "Margin call on 2023-11-15T02:00:00Z: equity 16,000.00 below the 16,500.00 USD required; 46 AAA sold."
    assert note in result.notes
    assert [(each.text, each.severity) for each in result.remarks if "Margin" in each.text] == [(note, "warning")]
    assert note in repr(result)
    row = result.margin_calls.iloc[0]
    assert (row["equity"], row["required"], row["sold"]) == (16_000.0, 16_500.0, "46 AAA sold")
    assert (row["until"] - row["time"]).total_seconds() == 3_600.0
    assert len(backtest(Buys(), steps(100.0, 100.0, 44.0), leverage=2.0).margin_calls) == 0


def test_a_call_that_stands_to_the_end_has_none() -> None:
    result = backtest(Buys(), steps(100.0, 100.0, 44.0, 40.0), leverage=2.0, maintenance_margin=0.25)
    assert result.margin_calls["until"].isna().tolist() == [True]
    at_once = backtest(Buys(), steps(100.0, 100.0, 44.0), leverage=2.0, maintenance_margin=0.25)
    assert any(note.endswith("USD required; nothing was sold.") for note in at_once.notes)


def test_many_calls_are_counted() -> None:
    closes = [100.0, 100.0, *(value for _ in range(14) for value in (86.0, 100.0))]
    result = backtest(
        Rebuys(), steps(*closes), leverage=2.0, maintenance_margin=0.45, limits={"require_buying_power": False}
    )
    assert len(result.margin_calls) > 6
    more = len(result.margin_calls) - 5
    assert f"{more} more margin calls: see result.margin_calls." in result.notes


class Rebuys(Strategy):
    """Buys to 1,900 again and again."""

    def on_bar(self, ctx: Any, bar: Any) -> None:
        ctx.target(bar.instrument, 1_900.0, rebalance=True)


def test_fills_and_trades_tell_that_a_call_asked_for_them(tmp_path: Any) -> None:
    result = called()
    assert result.fills["margin_call"].tolist() == [False, True]
    # Four positions of 50,000 on 100,000, all at 0.6: 120,000, equity 20,000, 0.4 of it 48,000; 70,000 are sold, the
    # first two whole.
    columns = {"time": START_S + 3600 * np.arange(4)} | dict.fromkeys(
        ("open", "high", "low", "close"), np.array([100.0, 100.0, 60.0, 60.0])
    )
    bars = load_bars(dict.fromkeys(("AAA", "BBB", "CCC", "DDD"), columns))
    several = backtest(Buys(quantity=500.0), bars, leverage=2.0, maintenance_margin=0.4, fractional=False)
    assert several.fills["quantity"].tolist() == [500.0] * 6 + [167.0]
    assert several.trades["exit_reason"].tolist() == ["margin call, market at the open"] * 2
    page = several.report(tmp_path / "report.html").read_text(encoding="utf-8")
    assert "margin call, market" in page
    assert "Margin call on 2023-11-15T01:00:00Z" in page


def test_a_fill_of_a_call_is_explained() -> None:
    result = called()
    told = str(result.explain(1)).splitlines()
    assert told[2] == (
        "A margin call asked for it: on 2023-11-15T02:00:00Z the equity of 16,000.00 was below the 16,500.00 USD that "
        "a maintenance margin of 25% required."
    )
    assert "margin" not in str(result.explain(0))


def test_the_assumptions_name_the_margin_or_that_there_is_none() -> None:
    (margin,) = (each for each in called().assumptions if "margin" in each.name)
    assert (margin.name, margin.value) == ("Maintenance margin", "25% of the positions' value, at each close")
    assert not margin.relaxed
    (none,) = (
        each for each in backtest(Buys(), steps(100.0, 100.0), leverage=2.0).assumptions if "margin" in each.name
    )
    assert (none.name, none.value, none.relaxed) == ("No maintenance margin", "no margin call", True)
    assert not any("margin" in each.name for each in backtest(Buys(), steps(100.0, 100.0)).assumptions)
