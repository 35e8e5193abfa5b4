"""Laws of the trader that hold under any order flow: money, attribution, holds, legal states, one free list."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atlas.records.enums import CancelRejectResponse, ExecutionType
from atlas.records.kinds import Kind
from atlas.records.order_states import PENDING_CANCEL, PENDING_REPLACE
from tests.reference.order_manager import follow, is_closed
from tests.unit.kernel.trader.driver import EQUITY, MONEY, SHARE, Driver
from tests.unit.kernel.trader.flow import START, Flow, Line

NUMBERS = st.integers(0, 9_999)
LINES = st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS), min_size=5, max_size=60)
LAWFUL = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
CURRENCIES = {1: 0, 2: 0, 3: 1}


def played(lines: list[Line], without: tuple[str, ...] = ()) -> Flow:
    """A flow after its lines, but for actions that a law leaves out."""
    flow = Flow()
    for line in lines:
        if flow.name_of(line) not in without:
            flow.play(line)
    return flow


def cash(flow: Flow, currency: int) -> int:
    return int(flow.driver.block.rows("cash")[currency]["balance_money"])


def end_all(flow: Flow) -> None:
    """Let the venue answer all that is asked of it and cancel what is open."""
    for order in flow.orders:
        row = flow.driver.find(order.number)
        state = 0 if row is None or "occupancy" not in (row.dtype.names or ()) else int(row["state"])
        if state and not is_closed(state):
            flow.driver.report(order.number, ExecutionType.CANCELED, order.instrument)
        elif state:
            if state & PENDING_CANCEL:
                flow.driver.refuse(order.number)
            if state & PENDING_REPLACE:
                flow.driver.refuse(order.number, CancelRejectResponse.REPLACE)


@LAWFUL
@given(LINES)
def test_money_is_conserved_to_the_currency_step(lines: list[Line]) -> None:
    flow = played(lines, without=("action",))
    flows = {0: START * MONEY, 1: 0}
    for entry in flow.driver.outputs():
        if entry["kind"] in (Kind.FILL, Kind.FILL_REVERSAL):
            sign = 1 if entry["kind"] == Kind.FILL else -1
            spent = int(entry["side"]) * int(entry["notional_money"]) + int(entry["fee_money"])
            flows[CURRENCIES[int(entry["instrument"])]] -= sign * spent
    assert {currency: cash(flow, currency) for currency in flows} == flows


@LAWFUL
@given(LINES)
def test_attribution_sums_to_the_truth(lines: list[Line]) -> None:
    flow = played(lines)
    spent = {0: 0, 1: 0}
    for instrument, currency in CURRENCIES.items():
        truth = flow.driver.position(instrument)
        shares = [flow.driver.share(strategy, instrument) for strategy in range(3)]
        for name in ("quantity_units", "fees_money", "open_buy_units", "open_sell_units"):
            assert int(truth[name]) == sum(int(share[name]) for share in shares), name
        total = sum(int(share["realized_money"]) - int(share["cost_money"]) for share in shares)
        assert int(truth["realized_money"]) - int(truth["cost_money"]) == total
        spent[currency] += sum(int(share["cash_money"]) for share in shares)
    assert cash(flow, 0) - START * MONEY == spent[0]
    assert cash(flow, 1) == spent[1]


@LAWFUL
@given(LINES)
def test_a_flat_position_costs_nothing(lines: list[Line]) -> None:
    flow = played(lines)
    for instrument in CURRENCIES:
        for row in (flow.driver.position(instrument), *(flow.driver.share(s, instrument) for s in (1, 2))):
            quantity, cost = int(row["quantity_units"]), int(row["cost_money"])
            assert cost == 0 if quantity == 0 else cost * quantity >= 0
    held = sum(int(flow.driver.position(instrument)["quantity_units"]) != 0 for instrument in CURRENCIES)
    assert int(flow.driver.account()["open_positions"]) == held


@LAWFUL
@given(LINES)
def test_holds_are_all_released_when_no_order_lives(lines: list[Line]) -> None:
    flow = played(lines)
    end_all(flow)
    owner = flow.driver.account()
    assert (int(owner["held_money"]), int(owner["working_orders"])) == (0, 0)
    for instrument in CURRENCIES:
        row = flow.driver.position(instrument)
        assert [int(row[name]) for name in ("open_buy_units", "open_sell_units", "held_money")] == [0, 0, 0]
        assert int(flow.driver.block.rows("instruments")[instrument]["first_order"]) == -1
    assert len(flow.driver.block.live("orders")) == 0
    assert int(owner["occupied_positions"]) == int(owner["open_positions"])
    assert int((flow.driver.block.rows("order_index")["key"] != 0).sum()) == len(flow.orders)


@LAWFUL
@given(LINES)
def test_no_transition_is_illegal(lines: list[Line]) -> None:
    flow = played(lines)
    states: dict[int, int] = {}
    for entry in flow.driver.outputs(Kind.ORDER_TRANSITION):
        number, before, after = (int(entry[name]) for name in ("client_order_id", "from_state", "to_state"))
        assert before == states.get(number, 1 if number > 0 else 0)  # what the venue made is never asked for
        assert follow(before, int(entry["event"])) == after
        states[number] = after
    assert states == {order.number: order.state for order in flow.orders}


@LAWFUL
@given(LINES)
def test_equity_is_cash_and_value(lines: list[Line]) -> None:
    flow = played(lines)
    values = [int(flow.driver.position(instrument)["value_money"]) for instrument in CURRENCIES]
    assert int(flow.driver.account()["positions_money"]) == sum(values)
    assert int(flow.driver.account()["gross_exposure_money"]) == sum(map(abs, values))
    assert flow.driver.do(EQUITY, 0) == cash(flow, 0) + round(cash(flow, 1) * 5 / 4) + sum(values)


@LAWFUL
@given(LINES)
def test_rows_are_live_linked_or_free(lines: list[Line]) -> None:
    flow = played(lines)
    block = flow.driver.block
    rows, live = block.rows("orders"), set(block.live("orders").tolist())
    table = block.layout.by_name["orders"]
    words = block.bytes[table.entry : table.entry + 64].view("<i8")
    used, free, count = int(words[3]), int(words[4]), int(words[5])
    chain = []
    while free >= 0:
        chain.append(free)
        free = -2 - int(rows[free]["occupancy"])
    assert count == len(live)
    assert sorted([*chain, *live]) == list(range(used))
    linked = [number for instrument in CURRENCIES for number in list_of(block, instrument)]
    assert sorted(linked) == sorted(number for number in live if not is_closed(int(rows[number]["state"])))
    assert int(flow.driver.account()["working_orders"]) == len(linked)


def list_of(block: Any, instrument: int) -> list[int]:
    """Rows of an instrument's working orders, walked forwards and backwards."""
    rows, owner = block.rows("orders"), block.rows("instruments")[instrument]
    forwards, number = [], int(owner["first_order"])
    while number >= 0:
        forwards.append(number)
        number = int(rows[number]["next_order"])
    backwards, number = [], int(owner["last_order"])
    while number >= 0:
        backwards.append(number)
        number = int(rows[number]["previous_order"])
    assert forwards == backwards[::-1]
    assert int(owner["live_orders"]) == len(forwards)
    return forwards


@LAWFUL
@given(LINES)
def test_the_trader_equals_its_twins(lines: list[Line]) -> None:
    played(lines).compare()


@LAWFUL
@given(
    st.lists(st.tuples(st.sampled_from([1, 2]), st.integers(-500, 500)), min_size=1, max_size=6),
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(100, 1_000_000),
)
def test_a_split_keeps_cash_and_equity(
    trades: list[tuple[int, int]], numerator: int, denominator: int, cents: int
) -> None:
    driver = Driver()
    driver.bar(cents / 100)
    for strategy, quantity in trades:
        if quantity:
            driver.bought(quantity, cents / 100, strategy=strategy)
    before, money, quantity = driver.do(EQUITY, 0), driver.balance(), int(driver.position()["quantity_units"])
    driver.split(numerator, denominator)
    after = int(driver.position()["quantity_units"])
    mark = int(driver.block.rows("instruments")[1]["mark_units"])
    exact = abs(quantity) * numerator // denominator * (1 if quantity > 0 else -1)
    assert after == abs(exact) // SHARE * SHARE * (1 if quantity > 0 else -1)
    assert round(driver.balance() * MONEY) - round(money * MONEY) == round(Fraction((exact - after) * mark, 10**9))
    # Half a price unit is 0.05 steps of money a share; less than a unit of quantity is dropped; two roundings.
    slack = abs(quantity) * numerator / denominator / SHARE * 0.05 + mark / 10**9 + 1
    assert abs(driver.do(EQUITY, 0) - before) <= slack
