"""Margin calls of the trader: who is sold for, what is taken back, what is refused, when it ends."""

from __future__ import annotations

from typing import Any

import pytest

from atlas.kernel.trader.creation import AccountSetup, Limits
from atlas.records.enums import AlertLevel, AskedBy, Hook, LimitKind, OrderState, QuantityKind, TradingState, Why
from atlas.records.errors import ConfigurationError
from atlas.records.kinds import Kind
from tests.unit.kernel.trader.driver import (
    BUY,
    CANCEL,
    CANCEL_ALL,
    DAY,
    MINUTE,
    REPLACE,
    SELL,
    SHARE,
    TARGET,
    Driver,
)

FREE = Limits(require_buying_power=False)


def desk(
    accounts: int = 1, cash: float = 10_000.0, margin: float = 0.25, limits: Limits = FREE, **setup: Any
) -> Driver:
    """A trader whose accounts have a maintenance margin; all instruments are at 100."""
    made = [AccountSetup(f"a{n}", initial_cash=cash, maintenance_margin=margin, limits=limits) for n in range(accounts)]
    driver = Driver(accounts=accounts, setup={"accounts": tuple(made), **setup})
    for instrument in (1, 2, 3, 4):
        driver.bar(100, instrument, at=1)
    return driver


def buy(driver: Driver, quantity: float, strategy: int = 1, instrument: int = 1, price: float = 100) -> None:
    """Buy, or sell below zero, and be filled."""
    side = BUY if quantity > 0 else SELL
    order = driver.order(side, abs(quantity), strategy=strategy, instrument=instrument)
    driver.fill(order, abs(quantity), price)


def close(driver: Driver, at: float, **prices: float) -> list[Any]:
    """Close bars at minute `at`, then let time go on; the commands that come of it."""
    driver.commands()
    for name, price in prices.items():
        driver.bar(price, {"aapl": 1, "bitcoin": 2, "euro": 3, "future": 4}[name], at=at)
    driver.clock(at + 0.5)
    return driver.commands()


def sold(commands: list[Any]) -> list[tuple[int, int, float]]:
    """Strategy, instrument and signed quantity of new orders."""
    orders = [each for each in commands if each["kind"] == Kind.NEW_ORDER]
    assert all(each["asked_by"] == AskedBy.SYSTEM for each in orders)
    scale = {4: 1}
    return [
        (
            int(each["strategy"]),
            int(each["instrument"]),
            int(each["side"]) * int(each["quantity_units"]) / scale.get(int(each["instrument"]), SHARE),
        )
        for each in orders
    ]


def canceled(commands: list[Any]) -> list[int]:
    return [int(each["original_client_order_id"]) for each in commands if each["kind"] == Kind.CANCEL_ORDER]


def test_nothing_happens_while_the_requirement_is_met_to_the_step() -> None:
    driver = desk()
    buy(driver, 200)
    # 200 at 66.67 are worth 13,334, the equity is 3,334, a quarter is 3,333.50.
    assert close(driver, 2, aapl=66.67) == []
    assert driver.account()["margin_call"] == 0
    # At 66.66: 13,332, 3,332 and 3,333: 1 is missing, 4 of value, which is a share.
    assert sold(close(driver, 3, aapl=66.66)) == [(1, 1, -1.0)]


def test_the_alert_the_state_and_the_audit() -> None:
    driver = desk()
    buy(driver, 200)
    driver.outputs()
    close(driver, 2, aapl=60)
    records = driver.outputs()
    change, alert, *transitions = records
    assert (change["kind"], change["from_state"], change["to_state"]) == (Kind.TRADING_STATE_CHANGE, 1, 2)
    assert change["limit_kind"] == alert["limit_kind"] == LimitKind.MAINTENANCE_MARGIN
    assert (alert["value"], alert["limit"], alert["alert_level"]) == (2_000.0, 3_000.0, AlertLevel.BREACH)
    assert alert["trading_state"] == TradingState.REDUCING
    (sent,) = transitions
    assert (sent["asked_by"], sent["why"], sent["to_state"]) == (AskedBy.SYSTEM, Why.MARGIN, OrderState.PENDING_NEW)


def test_the_largest_position_goes_first_and_whole_before_the_next() -> None:
    driver = desk(cash=30_000)
    buy(driver, 300)
    buy(driver, -200, instrument=2)
    buy(driver, 80, instrument=3)
    # Worth 18,000, 20,000 and, in euros at 1.25, 10,000; the equity is 18,000. At 50 and 101.5:
    # 15,000 + 20,300 + 10,000 = 45,300 and 14,700 against 11,325.
    assert close(driver, 2, aapl=50, bitcoin=101.5) == []
    # At 20: 6,000 + 20,300 + 10,000 = 36,300 against equity 5,700: 9,075, missing 3,375, of value 13,500.
    assert sold(close(driver, 3, aapl=20)) == [(1, 2, round(13_500 / 101.5 + 5e-9, 8))]
    driver = desk(cash=30_000)
    buy(driver, 300)
    buy(driver, -200, instrument=2)
    # At 20: 6,000 and, at 115, 23,000: the equity 3,000 against 7,250; 17,000 of value is wanted. At 125 it is 1,000
    # against 7,750: 27,000, all of the second and 2,000 of the first, which is 100 shares.
    assert sold(close(driver, 2, aapl=20, bitcoin=125)) == [(1, 2, 200.0), (1, 1, -100.0)]


def test_a_bar_that_is_still_to_come_at_that_time_is_waited_for() -> None:
    driver = desk()
    buy(driver, 100)
    buy(driver, -100, instrument=2)
    driver.commands()
    # Half-way marked the equity would be 2,000 against 3,000; with both marked it is 10,000 against 1,000.
    driver.bar(20, 1, at=2)
    driver.bar(20, 2, at=2)
    driver.clock(2.5)
    assert driver.commands() == []
    assert driver.account()["margin_call"] == 0


def test_each_strategy_s_part_is_sold_for_it_the_largest_first() -> None:
    driver = desk()
    buy(driver, 150, strategy=2)
    buy(driver, 80, strategy=1)
    buy(driver, -30, strategy=1)
    # 200 at 52: 10,400 and 400 against 2,600: 8,800 of value, 170 shares.
    assert sold(close(driver, 2, aapl=52)) == [(2, 1, -150.0), (1, 1, -20.0)]


def test_what_a_strategy_is_against_the_account_is_not_touched() -> None:
    driver = desk()
    buy(driver, 230, strategy=1)
    buy(driver, -30, strategy=2)
    assert sold(close(driver, 2, aapl=50)) == [(1, 1, -200.0)]
    assert int(driver.share(2)["quantity_units"]) == -30 * SHARE


def test_what_is_on_its_way_counts() -> None:
    driver = desk()
    buy(driver, 200)
    driver.order(SELL, 30, strategy=1)
    # At 60: 2,000 against 3,000, 4,000 of value, 67 shares; 30 are on their way.
    assert sold(close(driver, 2, aapl=60)) == [(1, 1, -37.0)]
    # At the next close nothing has filled: the same is still on its way; a fall by 1 brings more.
    assert close(driver, 3, aapl=60) == []
    # 59: 1,800 against 2,950: 4,600, of 59 a share 78: 11 more.
    assert sold(close(driver, 4, aapl=59)) == [(1, 1, -11.0)]


def test_orders_that_would_enlarge_a_position_are_taken_back_first() -> None:
    driver = desk()
    buy(driver, 200)
    more = driver.order(BUY, 1, limit=10)
    other = driver.order(SELL, 1, limit=200, instrument=2)
    around = driver.order(SELL, 201)
    commands = close(driver, 2, aapl=60)
    assert canceled(commands) == [more, around, other]
    assert sold(commands) == [(1, 1, -67.0)]
    assert [each["kind"] for each in commands] == [Kind.CANCEL_ORDER] * 3 + [Kind.NEW_ORDER]
    assert all(each["reason"] == Why.MARGIN for each in commands[:3])


def test_what_rests_on_the_side_of_the_sale_is_taken_back_where_it_is_sold() -> None:
    driver = desk()
    buy(driver, 150)
    buy(driver, 50, instrument=2)
    here = driver.order(SELL, 100, limit=120)
    driver.order(SELL, 50, limit=120, instrument=2)
    commands = close(driver, 2, aapl=50)
    assert canceled(commands) == [here]
    assert {instrument for _, instrument, _ in sold(commands)} == {1}


def test_while_the_call_stands_orders_may_only_reduce() -> None:
    driver = desk()
    buy(driver, 200)
    close(driver, 2, aapl=60)
    driver.outputs()
    driver.order(BUY, 1)
    driver.order(SELL, 134)
    driver.order(BUY, 1, instrument=2, limit=50)
    assert driver.refusals() == ["RISK_MARGIN"] * 3
    assert driver.state(driver.order(SELL, 133)) == "PENDING_NEW"
    driver.header["trading_state"] = TradingState.REDUCING
    driver.outputs()
    driver.order(BUY, 1)
    assert driver.refusals() == ["RISK_MARGIN"]


def test_a_call_s_orders_are_not_the_strategy_s_to_cancel() -> None:
    driver = desk()
    buy(driver, 200)
    commands = close(driver, 2, aapl=60)
    (order,) = (int(each["client_order_id"]) for each in commands)
    driver.report(order, 1)
    assert driver.do(CANCEL, 1, order) == 0
    assert driver.do(CANCEL_ALL, 1, -1) == 0
    assert driver.do(REPLACE, 1, order, x=1.0) == 0
    assert driver.commands() == []
    assert driver.state(order) == "ACKNOWLEDGED"


def test_a_strategy_hears_of_the_sale() -> None:
    driver, heard = desk(), []
    driver.bind(1, {Hook.ON_FILL: lambda context: heard.append((context["fill"]["quantity"], context["fill"]["side"]))})
    buy(driver, 200)
    (order,) = (int(each["client_order_id"]) for each in close(driver, 2, aapl=60))
    driver.fill(order, 67, 60)
    assert heard == [(200.0, BUY), (67.0, SELL)]


def test_the_call_ends_when_the_requirement_is_met_and_its_orders_with_it() -> None:
    driver = desk()
    buy(driver, 200)
    (order,) = (int(each["client_order_id"]) for each in close(driver, 2, aapl=60))
    driver.fill(order, 7, 60)
    driver.outputs()
    # 193 at 70: 13,510 and, of 420 cash for the seven, 3,930 against 3,377.50.
    commands = close(driver, 3, aapl=70)
    assert canceled(commands) == [order]
    _, change, alert = driver.outputs()
    assert (change["from_state"], change["to_state"]) == (TradingState.REDUCING, TradingState.ACTIVE)
    assert (alert["alert_level"], alert["value"], alert["limit"]) == (AlertLevel.NOTICE, 3_930.0, 3_377.5)
    assert driver.account()["margin_call"] == 0
    assert driver.state(driver.order(BUY, 1)) == "PENDING_NEW"


def test_the_call_ends_with_the_last_position() -> None:
    driver = desk()
    buy(driver, 200)
    (order,) = (int(each["client_order_id"]) for each in close(driver, 2, aapl=51))
    driver.fill(order, int(driver.find(order)["quantity_units"]) // SHARE, 51)  # type: ignore[index]
    buy(driver, -int(driver.position()["quantity_units"]) // SHARE, price=51)
    assert driver.account()["margin_call"] != 0
    close(driver, 3, bitcoin=100)
    assert driver.account()["margin_call"] == 0


@pytest.mark.parametrize(
    ("before", "within", "after"),
    [
        (TradingState.ACTIVE, None, TradingState.ACTIVE),
        (TradingState.REDUCING, None, TradingState.REDUCING),
        (TradingState.HALTED, None, TradingState.HALTED),
        (TradingState.ACTIVE, TradingState.HALTED, TradingState.HALTED),
    ],
)
def test_the_trading_state_is_as_before_the_call(before: int, within: int | None, after: int) -> None:
    driver = desk()
    buy(driver, 200)
    driver.account()["trading_state"] = before
    assert sold(close(driver, 2, aapl=60)) == [(1, 1, -67.0)]  # whatever the state forbids to others
    assert driver.account()["trading_state"] == max(before, TradingState.REDUCING)
    if within is not None:
        driver.account()["trading_state"] = within
    close(driver, 3, aapl=80)
    assert driver.account()["trading_state"] == after


def test_a_new_day_ends_a_halt_but_no_call() -> None:
    driver = desk(limits=Limits(require_buying_power=False, daily_loss=0.5))
    driver.header["next_equity_time_ns"] = driver.header["next_day_time_ns"] = DAY
    buy(driver, 200)
    close(driver, 2, aapl=60)
    assert driver.account()["trading_state"] == TradingState.HALTED
    later = DAY // MINUTE + 1
    close(driver, later, aapl=60)
    assert driver.account()["trading_state"] == TradingState.REDUCING
    close(driver, later + 1, aapl=80)
    assert driver.account()["trading_state"] == TradingState.ACTIVE


def test_accounts_are_called_apart() -> None:
    driver = desk(accounts=2)
    buy(driver, 150, strategy=1)
    buy(driver, 200, strategy=2)
    commands = close(driver, 2, aapl=60)
    assert [int(each["account"]) for each in commands] == [1]
    assert sold(commands) == [(2, 1, -67.0)]
    assert (driver.account(0)["margin_call"], driver.account(1)["margin_call"]) == (0, TradingState.ACTIVE)
    assert driver.state(driver.order(BUY, 1, strategy=1)) == "PENDING_NEW"
    assert driver.state(driver.order(BUY, 1, strategy=2)) == "[REJECTED]"


def test_a_margin_of_one_account_is_none_of_the_other_s() -> None:
    accounts = [AccountSetup(f"a{n}", initial_cash=10_000.0, maintenance_margin=0.25 * n, limits=FREE) for n in (0, 1)]
    driver = Driver(accounts=2, setup={"accounts": tuple(accounts)})
    driver.bar(100, 1, at=1)
    buy(driver, 200, strategy=1)
    assert close(driver, 2, aapl=55) == []
    buy(driver, 200, strategy=2)
    assert [int(each["account"]) for each in close(driver, 3, aapl=60)] == [1]


def test_a_split_changes_nothing_of_a_call() -> None:
    driver = desk()
    buy(driver, 200)
    (order,) = (int(each["client_order_id"]) for each in close(driver, 2, aapl=60))
    driver.split(2, 1, at=2.6)
    assert int(driver.find(order)["quantity_units"]) == 134 * SHARE  # type: ignore[index]
    assert close(driver, 3, aapl=30) == []
    driver.fill(order, 134, 30)
    close(driver, 4, aapl=30)
    assert driver.account()["margin_call"] == 0


def test_all_is_sold_where_selling_costs_as_much_as_it_frees() -> None:
    account = AccountSetup(initial_cash=10_000.0, maintenance_margin=0.05, fee_rate=0.05, limits=FREE)
    driver = Driver(setup={"accounts": (account,)})
    driver.bar(100, 1, at=1)
    buy(driver, 200)
    assert sold(close(driver, 2, aapl=52)) == [(1, 1, -200.0)]


def test_what_no_longer_trades_is_not_sold() -> None:
    driver = desk()
    buy(driver, 100)
    buy(driver, 90, instrument=2)
    driver.block.rows("instruments")[1]["retired"] = 1
    # The first is worth more, 6,000, but gone. 1,950 against 2,737.50: 3,150 of value, of the second at 55.
    assert sold(close(driver, 2, aapl=60, bitcoin=55)) == [(1, 2, -57.27272728)]


def test_a_target_that_stands_is_not_asked_for_again_by_a_call() -> None:
    driver = desk()
    order = driver.do(TARGET, 1, 1, QuantityKind.UNITS, 0, x=200.0)
    driver.fill(order, 200, 100)
    (sale,) = (int(each["client_order_id"]) for each in close(driver, 2, aapl=60))
    driver.fill(sale, 67, 60)
    assert driver.do(TARGET, 1, 1, QuantityKind.UNITS, 0, x=200.0) == 0


@pytest.mark.parametrize("margin", [-0.1, 0.5, 1.0])
def test_a_margin_out_of_range_is_refused(margin: float) -> None:
    with pytest.raises(ConfigurationError, match="below the initial margin, 1 / leverage = 0.5"):
        Driver(setup={"accounts": (AccountSetup(leverage=2.0, maintenance_margin=margin),)})


def test_while_all_is_taken_as_recorded_nothing_is_sent() -> None:
    driver = desk()
    buy(driver, 200)
    driver.header["muted"] = 1
    assert close(driver, 2, aapl=60) == []
    assert driver.account()["margin_call"] == TradingState.ACTIVE
    driver.header["muted"] = 0
    assert sold(close(driver, 3, aapl=60)) == [(1, 1, -67.0)]


def test_a_run_that_has_ended_calls_nobody_but_live_trading_goes_on() -> None:
    for exact_venue, expected in ((1, []), (0, [(1, 1, -67.0)])):
        driver = desk()
        buy(driver, 200)
        driver.header["exact_venue"], driver.header["stopped_reason"] = exact_venue, 1
        assert sold(close(driver, 2, aapl=60)) == expected


def test_a_look_at_margins_is_no_slice_of_its_own() -> None:
    driver, seen = desk(), []
    driver.bind(1, {Hook.ON_SLICE: lambda context: seen.append(int(context["slice"]["count"]))}, universe=True)
    buy(driver, 200)
    assert sold(close(driver, 2, aapl=60)) != []
    assert seen == []
    driver.header["slice_on"] = 1
    close(driver, 3, aapl=60, bitcoin=100)
    assert seen == [2]
