"""What holds of round trips whatever the fills."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.analytics import round_trips
from atlas.records.layout import RecordArray
from tests.reference.round_trips import reference_round_trips
from tests.unit.analytics.runs import join, make_fills

ROW = st.tuples(
    st.integers(1, 50),
    st.integers(-9, 9).filter(bool).map(float),
    st.integers(1, 400_000).map(lambda cents: cents / 100),
    st.integers(-50, 500).map(lambda cents: cents / 100),
)


@st.composite
def some_fills(draw: st.DrawFn) -> RecordArray:
    parts = []
    for key in ((1, 1, 1), (1, 1, 2), (2, 2, 1)):
        rows = sorted(draw(st.lists(ROW, max_size=14)), key=lambda row: row[0])
        parts.append(make_fills(rows, strategy=key[0], account=key[1], instrument=key[2]))
    return join(*parts)


@settings(deadline=None)
@given(some_fills())
def test_money_is_neither_lost_nor_made(fills: RecordArray) -> None:
    trips = round_trips(fills)
    for trades, records in (("gross_money", "realized_money"), ("fee_money", "fee_money")):
        total = int(trips.closed[trades].sum()) + int(trips.open[trades].sum())
        assert total == int(fills[records].sum())
    for group in (trips.closed, trips.open):
        assert np.array_equal(group["profit_money"], group["gross_money"] - group["fee_money"])


@settings(deadline=None)
@given(some_fills())
def test_trades_are_those_of_the_slow_twin(fills: RecordArray) -> None:
    trips = round_trips(fills)
    closed, running = reference_round_trips(fills)
    for trades, twins in ((trips.closed, closed), (trips.open, running)):
        assert trades["gross_money"].tolist() == [twin.gross for twin in twins]
        assert trades["fee_money"].tolist() == [twin.fees for twin in twins]
        assert trades["fills"].tolist() == [len(twin.legs) for twin in twins]
        assert trades["direction"].tolist() == [twin.direction for twin in twins]


@settings(deadline=None)
@given(some_fills())
def test_closed_trades_are_flat_and_in_order(fills: RecordArray) -> None:
    trips = round_trips(fills)
    assert np.all(trips.closed["open_units"] == 0)
    assert np.all(trips.open["open_units"] > 0)
    assert np.all(np.diff(trips.closed["exit_time_ns"]) >= 0)
    assert np.all(trips.closed["duration_ns"] >= 0)
