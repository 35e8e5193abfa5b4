"""Excursions by hand, and against a plain loop over every bar."""

from __future__ import annotations

import numpy as np
import pytest

from atlas.analytics import BarGroups, RoundTrips, closed_excursions, round_trips
from atlas.analytics.excursions import measure
from atlas.records.enums import NULL
from atlas.records.layout import RecordArray
from tests.unit.analytics.runs import MONEY, PRICE, QUANTITY, join, make_bars, make_fills


def ranged_bars(times: list[int], ranges: list[tuple[float, float]], instrument: int = 1) -> RecordArray:
    bars = make_bars(np.array(times), np.array([low for low, _ in ranges]), instrument)
    bars["low_units"] = [round(low * PRICE) for low, _ in ranges]
    bars["high_units"] = [round(high * PRICE) for _, high in ranges]
    return bars


def of(trips: RoundTrips, bars: RecordArray) -> tuple[list[float], list[float]]:
    found = closed_excursions(trips, BarGroups(bars))
    return (found.adverse_money / MONEY).tolist(), (found.favourable_money / MONEY).tolist()


BARS = ranged_bars([10, 20, 30, 40, 50], [(90, 91), (95, 108), (97, 115), (99, 112), (1, 999)])


def test_a_long_trade_by_hand() -> None:
    # Bought at 100 at the start of the second bar, sold at 110 at the end of the fourth.
    trips = round_trips(make_fills([(10, 2, 100.0, 1.0), (40, -2, 110.0)]), BARS)
    assert of(trips, BARS) == ([-10.0], [30.0])
    adverse, favourable = closed_excursions(trips, BarGroups(BARS)).fractions(trips.closed)
    assert (adverse.tolist(), favourable.tolist()) == ([-0.05], [0.15])


def test_a_short_trade_by_hand() -> None:
    trips = round_trips(make_fills([(10, -2, 100.0), (40, 2, 110.0)]))
    assert of(trips, BARS) == ([-30.0], [10.0])


def test_the_bar_of_the_exit_counts_by_its_exit_alone() -> None:
    # Out at 96 within the fifth bar, whose range of 1 to 999 nobody can tell before from after.
    trips = round_trips(make_fills([(30, 1, 100.0), (45, -1, 96.0)]))
    assert of(trips, BARS) == ([-4.0], [12.0])


def test_a_trade_inside_one_bar_has_its_own_result() -> None:
    trips = round_trips(make_fills([(41, 1, 100.0), (45, -1, 96.0)]))
    assert of(trips, BARS) == ([-4.0], [0.0])


def test_scaling_in_and_out_is_followed() -> None:
    # 1 at 100 over the bar of 95 to 108; 2 more at 106, so 3 at 104, over 97 to 115: −21 and +33; 2 sold at 110
    # realize 12, 1 left at 104 over 99 to 112: 7 to 20; the last sold at 105.
    fills = make_fills([(10, 1, 100.0), (20, 2, 106.0), (30, -2, 110.0), (40, -1, 105.0)])
    assert of(round_trips(fills), BARS) == ([-21.0], [33.0])


def test_prices_before_a_share_split_count_at_their_own_size() -> None:
    fills = make_fills([(0, 100, 700.0), (30, -700, 110.0)])
    fills["position_units"] = [100 * QUANTITY, 0]
    bars = ranged_bars([10, 20], [(690, 720), (98, 112)])
    # The split is seen at the second fill only: without its moment, a day of 98 is a fall from 700.
    adverse, _ = of(round_trips(fills), bars[:1])
    assert adverse == [-1_000.0]


def test_absent_highs_and_lows_are_the_close() -> None:
    bars = ranged_bars([10, 20], [(90, 91), (95, 108)])
    bars["high_units"] = bars["low_units"] = NULL
    bars["close_units"] = [100 * PRICE, 103 * PRICE]
    assert of(round_trips(make_fills([(10, 1, 100.0), (20, -1, 101.0)])), bars) == ([0.0], [3.0])


def test_without_bars_only_the_result_is_known() -> None:
    trips = round_trips(make_fills([(10, 1, 100.0), (20, -1, 99.0)]))
    assert of(trips, BARS[:0]) == ([-1.0], [0.0])


@pytest.mark.parametrize("seed", range(4))
def test_equals_a_loop_over_every_bar(seed: int) -> None:
    random = np.random.default_rng(seed)
    parts, bars = [], []
    for number in (1, 2):
        times = np.arange(1, 400) * 10
        closes = 100.0 + np.cumsum(random.normal(0, 1, len(times)))
        spread = random.uniform(0, 2, len(times))
        bars.append(
            ranged_bars(times.tolist(), list(zip(closes - spread, closes + spread, strict=True)), instrument=number)
        )
        when = np.sort(random.choice(3_900, 60, replace=False))
        signed = random.integers(1, 5, 60) * random.choice([-1, 1], 60)
        rows = [(int(t), float(q), round(float(p), 3)) for t, q, p in zip(when, signed, 100 + signed, strict=True)]
        parts.append(make_fills(rows, instrument=number))
    fills, seen = join(*parts), join(*bars)
    trips = round_trips(fills, seen)
    found = measure(trips.closed, trips.closed_stretches, BarGroups(seen))
    assert len(trips.closed) >= 3
    for place, trade in enumerate(trips.closed):
        lowest, highest = slow_excursions(trade, trips.closed_stretches[trips.closed_stretches["trade"] == place], seen)
        assert found.adverse_money[place] == pytest.approx(lowest, rel=1e-9, abs=1.0)
        assert found.favourable_money[place] == pytest.approx(highest, rel=1e-9, abs=1.0)


def slow_excursions(trade: np.void, stretches: RecordArray, bars: RecordArray) -> tuple[float, float]:
    results = [0.0, float(trade["gross_money"])]
    for stretch in stretches:
        for bar in bars[bars["instrument"] == trade["instrument"]]:
            if stretch["first_ns"] < bar["venue_time_ns"] <= stretch["last_ns"]:
                for price in (int(bar["low_units"]), int(bar["high_units"])):
                    worth = price * int(stretch["held_units"]) * MONEY // (PRICE * QUANTITY)
                    result = int(trade["direction"]) * (worth - int(stretch["cost_money"]))
                    results.append(float(int(stretch["realized_money"]) + result))
    return min(results), max(results)
