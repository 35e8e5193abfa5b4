"""Round trips, by hand and against the slow twin."""

from __future__ import annotations

import time

import numpy as np
import pytest

from atlas.analytics import CorporateAction, RoundTrips, corporate_actions, round_trips, standing_fills
from atlas.analytics.positions import Walk
from atlas.analytics.trades import _rows, _simple_pairs
from atlas.records import Kind, blank
from atlas.records.enums import NULL, PriceRule
from atlas.records.instruments import Instrument
from atlas.records.layout import RecordArray
from atlas.records.market import BAR
from tests.reference.round_trips import average, reference_round_trips
from tests.unit.analytics.runs import MONEY, PRICE, QUANTITY, join, make_bars, make_fills


def total_realized(trips: RoundTrips) -> int:
    return int(trips.closed["gross_money"].sum()) + int(trips.open["gross_money"].sum())


def test_one_round_trip_by_hand() -> None:
    fills = make_fills([(10, 10, 100.0, 1.0), (40, -10, 110.0, 2.0)])
    trips = round_trips(fills)
    assert len(trips.open) == 0
    trade = trips.closed[0]
    assert (trade["direction"], trade["fills"], trade["open_units"]) == (1, 2, 0)
    assert (trade["entry_time_ns"], trade["exit_time_ns"], trade["duration_ns"]) == (10, 40, 30)
    assert trade["quantity_units"] == 10 * QUANTITY
    assert trade["entry_price_units"] == 100 * PRICE
    assert trade["exit_price_units"] == 110 * PRICE
    assert trade["gross_money"] == 100 * MONEY
    assert trade["fee_money"] == 3 * MONEY
    assert trade["profit_money"] == 97 * MONEY
    assert trade["return_fraction"] == pytest.approx(0.097, abs=1e-15)
    assert trade["bars_held"] == NULL


def test_scaling_in_and_out_is_one_trade_at_average_cost() -> None:
    # 10 at 100 and 10 at 120 average 110; 5 sold at 130 realize 100; 15 sold at 100 lose 150.
    fills = make_fills([(1, 10, 100), (2, 10, 120), (3, -5, 130), (4, -15, 100)])
    trips = round_trips(fills)
    assert len(trips.closed) == 1
    trade = trips.closed[0]
    assert trade["entry_price_units"] == 110 * PRICE
    assert trade["exit_price_units"] == 107.5 * PRICE
    assert trade["gross_money"] == -50 * MONEY
    assert trade["quantity_units"] == 20 * QUANTITY


def test_a_fill_through_zero_ends_one_trade_and_begins_the_next() -> None:
    fills = make_fills([(1, 10, 100), (2, -30, 90, 3.0), (3, 20, 80)])
    trips = round_trips(fills)
    assert trips.closed["direction"].tolist() == [1, -1]
    assert trips.closed["gross_money"].tolist() == [-100 * MONEY, 200 * MONEY]
    assert trips.closed["fee_money"].tolist() == [1 * MONEY, 2 * MONEY]
    assert trips.closed["entry_time_ns"].tolist() == [1, 2]


def test_a_short_trade_gains_when_the_price_falls() -> None:
    trade = round_trips(make_fills([(1, -4, 50), (2, 4, 40)])).closed[0]
    assert trade["gross_money"] == 40 * MONEY
    assert trade["return_fraction"] == pytest.approx(0.2)


def test_what_is_still_held_is_open_with_what_it_realized() -> None:
    trips = round_trips(make_fills([(1, 10, 100), (2, -4, 110)]))
    assert len(trips.closed) == 0
    trade = trips.open[0]
    assert trade["open_units"] == 6 * QUANTITY
    assert trade["gross_money"] == 40 * MONEY
    assert trade["exit_time_ns"] == 2


def test_never_reduced_positions_have_no_exit() -> None:
    trade = round_trips(make_fills([(1, 10, 100)])).open[0]
    assert trade["exit_time_ns"] == NULL
    assert trade["duration_ns"] == NULL
    assert np.isnan(trade["exit_price_units"])


def test_strategies_accounts_and_instruments_are_apart() -> None:
    fills = join(
        make_fills([(1, 10, 100), (5, -10, 101)], strategy=1),
        make_fills([(2, -10, 100), (6, 10, 101)], strategy=2, account=2),
        make_fills([(3, 1, 50), (4, -1, 51)], strategy=1, instrument=2),
    )
    trips = round_trips(fills)
    found = [(int(t["strategy"]), int(t["account"]), int(t["instrument"]), int(t["gross_money"])) for t in trips.closed]
    assert found == [(1, 1, 2, MONEY), (1, 1, 1, 10 * MONEY), (2, 2, 1, -10 * MONEY)]


def test_a_share_split_while_holding_rescales_the_position() -> None:
    fills = make_fills([(1, 100, 700.0), (2, -700, 110.0)])
    # The second fill reports the position after a 7:1 split: 700 shares before it, none after.
    fills["position_units"] = [100 * QUANTITY, 0]
    trips = round_trips(fills)
    assert len(trips.open) == 0
    trade = trips.closed[0]
    assert trade["gross_money"] == 7_000 * MONEY
    assert trade["quantity_units"] == 700 * QUANTITY
    assert trade["entry_price_units"] == pytest.approx(100 * PRICE)


def test_unknown_positions_are_taken_from_the_fills_alone() -> None:
    fills = make_fills([(1, 10, 100), (2, -10, 110)])
    fills["position_units"] = NULL
    assert round_trips(fills).closed["gross_money"].tolist() == [100 * MONEY]


def test_bars_held_counts_the_instruments_own_bars() -> None:
    fills = make_fills([(10, 1, 5), (30, -1, 6), (30, 1, 6)])
    bars = join(make_bars(np.arange(10, 60, 10), np.ones(5)), make_bars(np.arange(1, 60, 1), np.ones(59), instrument=2))
    trips = round_trips(fills, bars)
    assert trips.closed["bars_held"].tolist() == [2]
    assert trips.open["bars_held"].tolist() == [2]


def test_no_fills_make_no_trades() -> None:
    trips = round_trips(blank(Kind.FILL, 0))
    assert len(trips.closed) == len(trips.open) == 0


def random_fills(seed: int, count: int) -> RecordArray:
    random = np.random.default_rng(seed)
    parts = []
    for strategy in (1, 2):
        for instrument in (1, 2):
            times = np.sort(random.integers(0, 10_000, count))
            signed = random.integers(1, 8, count) * random.choice([-1, 1], count)
            prices = np.round(100 + random.normal(0, 5, count), 3)
            rows = [(int(t), float(q) / 3, float(p), 0.01) for t, q, p in zip(times, signed, prices, strict=True)]
            parts.append(make_fills(rows, instrument=instrument, strategy=strategy, account=strategy))
    return join(*parts)


@pytest.mark.parametrize("seed", range(5))
def test_equals_the_slow_twin(seed: int) -> None:
    fills = random_fills(seed, 120)
    trips = round_trips(fills)
    closed, running = reference_round_trips(fills)
    for trades, twins in ((trips.closed, closed), (trips.open, running)):
        assert len(trades) == len(twins)
        for trade, twin in zip(trades, twins, strict=True):
            assert (int(trade["strategy"]), int(trade["account"]), int(trade["instrument"])) == twin.key
            assert trade["direction"] == twin.direction
            assert trade["fills"] == len(twin.legs)
            assert trade["entry_time_ns"] == twin.legs[0].time_ns
            assert trade["gross_money"] == twin.gross
            assert trade["fee_money"] == twin.fees
            assert trade["open_units"] == abs(twin.position)
            assert trade["quantity_units"] == sum(abs(leg.signed) for leg in twin.entries)
            assert trade["entry_price_units"] == average(twin.entries)
            assert trade["exit_price_units"] == pytest.approx(average(twin.exits), nan_ok=True)


def shared_account_fills(seed: int, count: int) -> RecordArray:
    """Trades of one entry and one exit, some with a partial exit or a turn, by two strategies on one account."""
    random = np.random.default_rng(seed)
    parts = []
    for strategy in (1, 2):
        held, rows = 0.0, []
        for time_ns in np.sort(random.integers(0, 10_000, count)).tolist():
            if held == 0.0:
                signed = float(random.integers(2, 9)) * float(random.choice([-1, 1]))
            else:
                signed = -held * float(random.choice([1.0, 1.0, 1.0, 0.5, 2.0]))
            held += signed
            rows.append((time_ns, signed, float(np.round(100 + random.normal(0, 5), 3)), 0.01))
        parts.append(make_fills(rows, strategy=strategy))
    fills = join(*parts)
    # Fills report the position of the account, which both strategies make up.
    fills["position_units"] = np.cumsum(fills["side"] * fills["quantity_units"])
    return fills


@pytest.mark.parametrize("seed", range(5))
def test_simple_trades_among_others_equal_those_of_the_walk(seed: int) -> None:
    fills = shared_account_fills(seed, 150)
    trips = round_trips(fills)
    walk = Walk(infers_splits=False)
    walk.run(fills, range(len(fills)))
    remaining, held = walk.remaining()
    assert 20 < _simple_pairs(fills).shape[1] < len(walk.closed) == len(walk.ended)
    assert trips.closed.tobytes() == _rows(walk.closed).tobytes()
    assert trips.open.tobytes() == _rows(remaining).tobytes()
    assert sorted(trips.closed_stretches.tolist()) == sorted(walk.stretches)
    assert trips.open_stretches.tolist() == held


def test_amounts_beyond_exact_floats_are_divided_exactly() -> None:
    fills = make_fills([(1, 1, 100), (2, -1, 110)])
    fills["notional_money"] = [3 * 2**60 + 7, 2**60 + 1]
    trade = round_trips(fills).closed[0]
    assert trade["return_fraction"] == (2**60 + 1 - 3 * 2**60 - 7) / (3 * 2**60 + 7)


@pytest.mark.parametrize("seed", range(5))
def test_realized_totals_are_those_of_the_fills(seed: int) -> None:
    fills = random_fills(seed, 200)
    trips = round_trips(fills)
    assert total_realized(trips) == int(fills["realized_money"].sum())
    fees = int(trips.closed["fee_money"].sum()) + int(trips.open["fee_money"].sum())
    assert fees == int(fills["fee_money"].sum())


def test_a_hundred_thousand_fills_take_less_than_a_second() -> None:
    fills = blank(Kind.FILL, 100_000)
    fills["venue_time_ns"] = np.arange(len(fills))
    fills["instrument"] = fills["strategy"] = fills["account"] = 1
    fills["side"] = np.where(np.arange(len(fills)) % 2, -1, 1)
    fills["quantity_units"], fills["price_units"], fills["notional_money"] = QUANTITY, PRICE, MONEY
    fills["fee_money"] = 0
    fills["position_units"] = np.where(np.arange(len(fills)) % 2, 0, QUANTITY)
    fastest = np.inf
    for _ in range(3):
        begin = time.perf_counter()
        trips = round_trips(fills)
        fastest = min(fastest, time.perf_counter() - begin)
    assert len(trips.closed) == 50_000
    assert fastest < 1.0


def reversal_of(fill: RecordArray, execution_id: int) -> RecordArray:
    """A bust of a fill, or, where a fill has `execution_id`, the correction that it is."""
    reversal = blank(Kind.FILL_REVERSAL, 1)
    reversal["instrument"], reversal["reference_id"] = fill["instrument"], fill["execution_id"]
    reversal["execution_id"] = execution_id
    for name in ("side", "quantity_units", "price_units", "fee_money", "notional_money", "strategy", "account"):
        reversal[name] = fill[name]
    return reversal


def test_a_busted_fill_never_happened() -> None:
    fills = make_fills([(1, 10, 100.0, 1.0), (2, 5, 105.0, 1.0), (3, -10, 110.0, 1.0)])
    trips = round_trips(fills, reversals=reversal_of(fills[1], 99))
    assert trips.closed["profit_money"].tolist() == [98 * MONEY]
    assert len(trips.open) == 0
    assert trips.closed[["entry_fill", "exit_fill"]].tolist() == [(0, 2)]


def test_a_corrected_fill_happened_as_corrected() -> None:
    # Bought at 100, sold at 110, and then told that it was bought at 104.
    fills = make_fills([(1, 10, 100.0), (2, -10, 110.0), (3, 10, 104.0)])
    trips = round_trips(fills, reversals=reversal_of(fills[0], int(fills["execution_id"][2])))
    assert trips.closed["profit_money"].tolist() == [60 * MONEY]
    assert (trips.closed["direction"].tolist(), trips.closed["entry_fill"].tolist()) == ([1], [2])
    assert trips.closed["entry_time_ns"][0] <= trips.closed["exit_time_ns"][0]
    assert len(trips.open) == 0
    standing = standing_fills(fills, reversal_of(fills[0], int(fills["execution_id"][2])))
    assert standing["price_units"].tolist() == [104 * PRICE, 110 * PRICE]


def actions_of(*rows: dict[str, int], lot_size: int = 0) -> list[CorporateAction]:
    """Actions of one instrument at the marks of bars that close at 110 on the way."""
    instrument = Instrument("AAA", lot_size=lot_size)
    made = []
    for row in rows:
        kind = Kind.DIVIDEND if "amount" in row else Kind.SPLIT
        record = blank(kind, 1)
        for name, value in row.items():
            record[name] = value
        record["instrument"] = 1
        made.append(record.view(BAR))
    bars = make_bars(np.array([1]), np.array([770.0]))
    return corporate_actions(np.concatenate([bars, *made]), (instrument,))


def test_a_dividend_belongs_to_the_trade_that_held_the_shares() -> None:
    fills = make_fills([(10, 10, 100.0), (30, -10, 100.0), (40, -5, 100.0), (60, 5, 100.0)])
    actions = actions_of({"venue_time_ns": 20, "amount": 2}, {"venue_time_ns": 50, "amount": 1})
    trips = round_trips(fills, actions=actions)
    # The holder is paid 20, the short seller pays 5.
    assert trips.closed["income_money"].tolist() == [20 * MONEY, -5 * MONEY]
    assert trips.closed["profit_money"].tolist() == [20 * MONEY, -5 * MONEY]
    assert trips.closed["gross_money"].tolist() == [0, 0]


def test_a_split_pays_fractions_in_cash() -> None:
    # 15 shares at 700, split 3 for 2: 22.5, of which half a share is paid at 770 × 2 / 3 and the rest is sold at 500.
    fills = make_fills([(10, 15, 700.0), (30, -22, 500.0)])
    split = {"venue_time_ns": 20, "numerator": 3, "denominator": 2, "cash_in_lieu_units": NULL}
    trade = round_trips(fills, actions=actions_of(split, lot_size=1)).closed[0]
    paid = 770 * 2 / 3 * 0.5
    assert trade["gross_money"] / MONEY == pytest.approx(22 * 500 + paid - 15 * 700, abs=1e-6)
    assert trade["open_units"] == 0
    stated = {**split, "cash_in_lieu_units": 600 * PRICE}
    trade = round_trips(fills, actions=actions_of(stated, lot_size=1)).closed[0]
    assert trade["gross_money"] == (22 * 500 + 300 - 15 * 700) * MONEY


def test_a_fill_at_the_close_before_a_split_is_on_the_old_scale() -> None:
    fills = make_fills([(20, 10, 700.0), (30, -70, 110.0)])
    split = {"venue_time_ns": 20, "numerator": 7, "denominator": 1, "cash_in_lieu_units": NULL}
    fills["price_rule"][0] = PriceRule.CLOSE
    assert round_trips(fills, actions=actions_of(split)).closed["gross_money"].tolist() == [700 * MONEY]
    fills["price_rule"][0] = PriceRule.OPEN
    assert round_trips(fills, actions=actions_of(split)).open["open_units"].tolist() == [60 * QUANTITY]


def test_trades_of_another_currency_are_converted() -> None:
    fills = make_fills([(1, 10, 100.0, 1.0), (2, -10, 110.0, 2.0)])
    trips = round_trips(fills)
    converted = trips.converted(lambda numbers, times_ns: np.where(numbers == 1, 1.1, 1.0))
    assert converted.closed["profit_money"].tolist() == [round(97 * MONEY * 1.1)]
    assert converted.closed["return_fraction"].tolist() == trips.closed["return_fraction"].tolist()
    same = trips.converted(lambda numbers, times_ns: np.ones(len(numbers)))
    assert same.closed.tobytes() == trips.closed.tobytes()


def test_slippage_is_allotted_like_fees() -> None:
    fills = make_fills([(1, 10, 100), (2, -30, 90), (3, 20, 80)])
    fills["slippage_money"] = [1 * MONEY, 3 * MONEY, NULL]
    assert round_trips(fills).closed["slippage_money"].tolist() == [2 * MONEY, 2 * MONEY]
