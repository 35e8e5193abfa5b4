"""What holds for every flow of orders over every series of bars."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.kernel.exchange.queue import exchange_expire_all
from atlas.records.enums import ExecutionType, OrderType, TimeInForce
from atlas.records.kinds import Kind
from tests.unit.kernel.exchange.desk import BUY, SELL, Desk, dollars, minutes, shares

FILLS = (ExecutionType.FILL, ExecutionType.PARTIAL_FILL)
ENDS = (ExecutionType.FILL, ExecutionType.CANCELED, ExecutionType.EXPIRED)
prices = st.integers(95, 105)
order_terms = st.fixed_dictionaries(
    {
        "side": st.sampled_from([BUY, SELL]),
        "quantity": st.integers(1, 300),
        "kind": st.sampled_from([OrderType.MARKET, OrderType.LIMIT, OrderType.STOP]),
        "price": prices,
        "time_in_force": st.sampled_from([TimeInForce.GTC, TimeInForce.DAY, TimeInForce.IOC, TimeInForce.GTD]),
        "minutes": st.integers(1, 4),
        "stop_loss": st.none() | prices,
        "take_profit": st.none() | prices,
    }
)
requests = st.tuples(st.sampled_from(["cancel", "replace"]), st.integers(1, 12), st.integers(1, 300), prices)
bars = st.tuples(prices, prices, prices, prices, st.sampled_from([0, 5, 100, 1_000, 100_000]))
talks = st.lists(st.one_of(order_terms, requests), max_size=4)
series = st.lists(st.tuples(bars, talks, talks, talks), min_size=1, max_size=6)


def is_execution(report: Any) -> bool:
    """Tell execution reports from cancel rejects."""
    return bool(report["kind"] == Kind.EXECUTION_REPORT)


def speak(desk: Desk, words: Any, time: float) -> None:
    """Send one command of a drawn flow."""
    if isinstance(words, tuple):
        what, order, quantity, price = words
        if what == "cancel":
            desk.cancel(order, at=time)
        else:
            desk.replace(order, at=time, quantity_units=shares(quantity), price_units=dollars(price))
        return
    terms: dict[str, Any] = {
        "time_in_force": words["time_in_force"],
        "expire_time_ns": minutes(time + words["minutes"]),
    }
    limit = words["price"] if words["kind"] is OrderType.LIMIT else None
    stop = words["price"] if words["kind"] is OrderType.STOP else None
    if words["stop_loss"] is not None:
        terms["stop_loss_units"] = dollars(words["stop_loss"])
    if words["take_profit"] is not None:
        terms["take_profit_units"] = dollars(words["take_profit"])
    desk.order(words["side"], words["quantity"], limit, stop, at=time, **terms)


def play(desk: Desk, flow: Any) -> list[tuple[int, int, int, list[Any]]]:
    """Play a drawn flow; gives each bar's low, high and volume, and what was reported of it."""
    heard = []
    for number, (bar, before, early, late) in enumerate(flow):
        *drawn, volume = bar
        low, high = min(drawn), max(drawn)
        points = desk.points(f"{drawn[0]} {high} {low} {drawn[-1]}", volume, start=float(number))
        since = len(desk.raw)
        for wait, talk in ((0.0, before), (0.25, early), (0.75, late)):
            for words in talk:
                speak(desk, words, number + wait)
            next(points)
        heard.append((dollars(low), dollars(high), shares(volume), desk.raw[since:]))
    exchange_expire_all(desk.venue, minutes(100))
    desk.drain()
    return heard


@settings(deadline=None, max_examples=150)
@given(series, st.booleans())
def test_no_fill_leaves_the_range_or_the_cap(flow: Any, touch: bool) -> None:
    desk = Desk(touch_fills=touch, attached_orders=True)
    for low, high, volume, reports in play(desk, flow):
        fills = [report for report in reports if is_execution(report) and report["execution_type"] in FILLS]
        assert all(low <= report["last_price_units"] <= high for report in fills)
        assert sum(int(report["last_quantity_units"]) for report in fills) * 10 <= volume
        for report in fills:
            if report["order_type"] == OrderType.LIMIT:
                assert (report["price_units"] - report["last_price_units"]) * report["side"] >= 0
            assert report["last_quantity_units"] > 0
            assert report["last_quantity_units"] % shares(1) == 0


@settings(deadline=None, max_examples=150)
@given(series)
def test_every_accepted_order_ends_once_and_its_quantities_add_up(flow: Any) -> None:
    desk = Desk(attached_orders=True)
    play(desk, flow)
    reports = [report for report in desk.raw if is_execution(report)]
    by_order: dict[int, list[Any]] = defaultdict(list)
    for report in reports:
        if report["execution_type"] != ExecutionType.REJECTED:
            by_order[int(report["venue_order_id"])].append(report)
    ends = Counter(
        int(report["venue_order_id"])
        for report in reports
        if report["execution_type"] in ENDS
        or (report["execution_type"] == ExecutionType.REPLACED and report["leaves_quantity_units"] == 0)
    )
    assert ends == dict.fromkeys(by_order, 1)
    for told in by_order.values():
        filled = 0
        assert told[0]["execution_type"] == ExecutionType.NEW
        for report in told:
            if report["execution_type"] in FILLS:
                filled += int(report["last_quantity_units"])
            assert report["cumulative_quantity_units"] == filled <= report["order_quantity_units"]
            if report["execution_type"] not in (ExecutionType.CANCELED, ExecutionType.EXPIRED):
                assert report["leaves_quantity_units"] == report["order_quantity_units"] - filled
            else:
                assert report["leaves_quantity_units"] == 0
    assert desk.row["live_orders"] == 0
    assert len(desk.block.live("orders")) == 0
    identities = [int(report["execution_id"]) for report in reports]
    assert identities == sorted(set(identities))
