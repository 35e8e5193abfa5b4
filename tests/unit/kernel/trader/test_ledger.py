"""Positions, cost, cash and fees, in whole steps of money."""

from __future__ import annotations

import pytest

from atlas.kernel.trader.creation import Limits
from atlas.records.enums import NULL
from tests.unit.kernel.trader.driver import BUY, MONEY, SELL, SHARE, Driver

START = 1_000_000


def desk(**terms: object) -> Driver:
    driver = Driver(**terms)  # type: ignore[arg-type]
    for instrument in (1, 2, 3):
        driver.bar(100, instrument)
    driver.bar(100, 4)
    return driver


def money(value: int) -> float:
    return value / MONEY


def test_a_purchase_costs_notional_and_fee() -> None:
    driver = desk()
    driver.bought(10, 101, fee=1.5)
    position = driver.position()
    assert driver.balance() == START - 1010 - 1.5
    assert money(position["cost_money"]) == 1010
    assert money(position["fees_money"]) == 1.5
    assert money(position["realized_money"]) == 0
    assert money(position["value_money"]) == 1000
    assert driver.equity() == START - 10 - 1.5


def test_a_partial_close_takes_its_share_of_the_cost() -> None:
    driver = desk()
    driver.bought(10, 100)
    driver.bought(10, 110)
    driver.bought(-5, 120, fee=2)
    position = driver.position()
    assert position["quantity_units"] == 15 * SHARE
    assert money(position["cost_money"]) == 2100 * 0.75
    assert money(position["realized_money"]) == 600 - 525
    assert money(driver.account()["fees_money"]) == 2
    assert driver.balance() == START - 2100 + 600 - 2


def test_what_rounding_leaves_stays_in_the_cost() -> None:
    driver = desk()
    driver.bought(3, "0.33333333", instrument=2)
    for left in (2, 1, 0):
        driver.bought(-1, "0.33333333", instrument=2)
        assert driver.position(2)["quantity_units"] == left * SHARE
    position = driver.position(2)
    assert position["cost_money"] == 0
    assert position["realized_money"] == 0
    assert driver.balance() == START


def test_a_sale_through_zero_closes_at_cost_and_opens_at_the_price() -> None:
    driver = desk()
    driver.bought(10, 100)
    driver.bought(-25, 104)
    position = driver.position()
    assert position["quantity_units"] == -15 * SHARE
    assert money(position["cost_money"]) == -1560
    assert money(position["realized_money"]) == 40
    driver.bought(20, 102)
    assert driver.position()["quantity_units"] == 5 * SHARE
    assert money(driver.position()["cost_money"]) == 510
    assert money(driver.position()["realized_money"]) == 40 + 30


def test_negative_prices_are_prices() -> None:
    driver = desk()
    driver.bought(10, -5)
    assert driver.balance() == START + 50
    driver.bought(-10, -3)
    assert driver.balance() == START + 50 - 30
    assert money(driver.position()["realized_money"]) == 20
    assert driver.position()["cost_money"] == 0


def test_a_multiplier_and_coarse_units() -> None:
    driver = desk()
    driver.bought(2, 100, instrument=4)
    driver.bar(101, 4)
    assert driver.balance() == START - 2 * 100 * 50
    assert driver.equity() == START + 100


def test_attribution_is_kept_apart_and_sums_to_the_truth() -> None:
    driver = desk()
    driver.bought(10, 100, strategy=1, fee=1)
    driver.bought(-10, 106, strategy=2, fee=1)
    truth, first, second = driver.position(), driver.share(1), driver.share(2)
    assert truth["quantity_units"] == 0 == first["quantity_units"] + second["quantity_units"]
    assert money(truth["realized_money"]) == 60
    assert truth["cost_money"] == 0
    assert (money(first["cost_money"]), money(second["cost_money"])) == (1000, -1060)
    assert money(first["cash_money"] + second["cash_money"]) == 58
    assert driver.account()["open_positions"] == 0


def test_open_positions_are_counted() -> None:
    driver = desk()
    driver.bought(10, 100)
    driver.bought(1, 100, instrument=2)
    assert driver.account()["open_positions"] == 2
    driver.bought(-10, 100)
    assert driver.account()["open_positions"] == 1
    assert driver.account()["occupied_positions"] == 1


def test_another_currency_is_cash_of_its_own_and_converted_for_equity() -> None:
    driver = desk()
    driver.bought(10, 80, instrument=3, fee=1)
    assert (driver.balance(0), driver.balance(1)) == (START, -801)
    driver.bar(84, 3)
    assert money(driver.account()["positions_money"]) == 840 * 1.25
    assert driver.equity() == START + (-801 + 840) * 1.25
    driver.bought(-10, 90, instrument=3)
    assert money(driver.account()["realized_money"]) == 100 * 1.25
    assert money(driver.account()["fees_money"]) == 1.25
    assert money(driver.position(3)["realized_money"]) == 100


def test_an_account_in_another_currency_sees_the_cross_rate() -> None:
    from atlas.kernel.trader.creation import AccountSetup

    accounts = (AccountSetup(limits=Limits(require_buying_power=False)), AccountSetup("euros", "EUR"))
    driver = Driver(accounts=2, setup={"accounts": accounts})
    driver.bar(100)
    order = driver.order(BUY, 10, strategy=2)
    driver.fill(order, 10, 100)
    driver.bar(110)
    assert driver.balance(0, 1) == -1000
    assert driver.equity(1) == 100_000 + 100 / 1.25
    assert driver.equity(0) == 100_000


# --- corporate actions


def test_a_split_keeps_cash_cost_and_equity() -> None:
    driver = desk()
    driver.bought(10, 90)
    driver.split(3, 1)
    position = driver.position()
    assert position["quantity_units"] == 30 * SHARE
    assert money(position["cost_money"]) == 900
    assert driver.balance() == START - 900
    assert abs(driver.equity() - (START + 100)) <= 30 * 0.5e-9 + 1e-8
    assert driver.block.rows("instruments")[1]["mark_units"] == 33_333_333_333


def test_a_reverse_split_pays_fractions_in_cash() -> None:
    driver = desk()
    driver.bought(13, 90)
    driver.split(1, 4)
    position = driver.position()
    assert position["quantity_units"] == 3 * SHARE
    assert driver.balance() == START - 1170 + 0.25 * 400
    assert money(position["cost_money"]) == 1170 * 3 / 3.25
    assert money(position["realized_money"]) == pytest.approx(100 - 90)
    assert driver.equity() == START + 130
    assert driver.account()["realized_money"] == position["realized_money"]


def test_cash_in_lieu_is_paid_at_the_stated_price() -> None:
    driver = desk()
    driver.bought(-2, 100)
    driver.split(1, 4, cash_in_lieu_units=380 * 10**9)
    assert driver.position()["quantity_units"] == 0
    assert driver.position()["cost_money"] == 0
    assert driver.balance() == START + 200 - 190


def test_a_position_that_a_reverse_split_ends_no_longer_counts() -> None:
    driver = desk()
    driver.bought(2, 100)
    driver.split(1, 4)
    assert driver.account()["open_positions"] == 0
    assert driver.account()["occupied_positions"] == 0
    assert driver.account()["positions_money"] == 0
    assert driver.account()["gross_exposure_money"] == 0


def sums(driver: Driver, instrument: int = 1) -> None:
    """Attribution sums to the truth: quantity, cash, and realized less cost."""
    truth = driver.position(instrument)
    shares = [driver.share(number, instrument) for number in range(int(driver.header["strategy_count"]))]
    assert truth["quantity_units"] == sum(share["quantity_units"] for share in shares)
    assert truth["fees_money"] == sum(share["fees_money"] for share in shares)
    result = sum(share["realized_money"] - share["cost_money"] for share in shares)
    assert truth["realized_money"] - truth["cost_money"] == result
    currency = int(driver.block.rows("instruments")[instrument]["currency"])
    if currency == 0:
        spent = sum(driver.share(s, i)["cash_money"] for s in range(len(shares)) for i in (1, 2, 4))
        assert driver.block.rows("cash")[0]["balance_money"] - START * MONEY == spent


def test_each_strategy_is_cut_by_itself_and_external_takes_the_rest() -> None:
    driver = desk()
    driver.bought(6, 100, strategy=1)
    driver.bought(6, 104, strategy=2)
    driver.split(1, 4)
    assert driver.position()["quantity_units"] == 3 * SHARE
    assert [driver.share(number)["quantity_units"] // SHARE for number in range(3)] == [1, 1, 1]
    assert driver.balance() == START - 1224
    sums(driver)


def test_what_the_parts_lose_below_a_unit_the_whole_does_not() -> None:
    driver = desk()
    driver.bought(1, 100, strategy=1)
    driver.bought(10, 100, strategy=2)
    driver.split(1, 11)
    assert driver.position()["quantity_units"] == SHARE
    assert driver.balance() == START - 1100
    sums(driver)


def test_opposite_strategies_in_a_reverse_split_leave_a_flat_truth_without_cost() -> None:
    driver = desk()
    driver.bought(5, 90, strategy=1)
    driver.bought(-5, 110, strategy=2)
    driver.split(1, 2)
    assert driver.position()["quantity_units"] == 0
    assert driver.position()["cost_money"] == 0
    assert [driver.share(number)["quantity_units"] // SHARE for number in range(3)] == [0, 2, -2]
    sums(driver)


def test_a_split_of_odd_terms_and_large_holdings() -> None:
    driver = desk(cash=10_000_000_000)
    driver.bar(1, 2)
    driver.bought(1_000_000_000, 1, instrument=2)
    driver.split(1_034_567, 1_000_000, instrument=2)
    assert driver.position(2)["quantity_units"] == 1_034_567_000 * SHARE


def test_dividends_are_paid_by_position_and_short_ones_pay() -> None:
    driver = desk()
    driver.bought(10, 100, strategy=1)
    driver.bought(-4, 100, strategy=2)
    driver.dividend(0.25)
    assert driver.balance() == START - 600 + 1.5
    assert money(driver.account()["dividends_money"]) == 1.5
    assert money(driver.share(1)["cash_money"]) == -1000 + 2.5
    assert money(driver.share(2)["cash_money"]) == 400 - 1
    sums(driver)


def test_a_dividend_in_another_currency() -> None:
    driver = desk()
    driver.bought(10, 100, instrument=3)
    driver.dividend(0.5, 3)
    assert driver.balance(1) == -1000 + 5
    assert money(driver.account()["dividends_money"]) == 6.25
    sums(driver, 3)


def test_a_working_order_follows_a_split() -> None:
    driver = desk()
    order = driver.order(BUY, 10, limit=90)
    driver.fill(order, 4, 90)
    driver.split(2, 1)
    row = driver.find(order)
    assert row is not None
    assert (row["quantity_units"], row["filled_units"]) == (20 * SHARE, 8 * SHARE)
    assert row["price_units"] == 45 * 10**9
    assert driver.held() == (12, 0, 12 * 45)
    driver.fill(order, 12, 45)
    assert driver.state(order) == "[FILLED]"
    assert driver.held() == (0, 0, 0)


def test_working_orders_on_both_sides_are_held_anew() -> None:
    driver = desk()
    driver.bought(10, 100)
    driver.order(SELL, 6, limit=110)
    driver.order(SELL, 6, limit=120)
    assert driver.held() == (0, 12, 2 * 120)
    driver.split(2, 1)
    assert driver.held() == (0, 24, 4 * 60)


def test_equity_points_say_what_there_is() -> None:
    from atlas.records.kinds import Kind
    from tests.unit.kernel.trader.driver import EQUITY_POINTS

    driver = desk()
    driver.bought(10, 100, fee=1)
    driver.bar(90)
    driver.outputs()
    driver.do(EQUITY_POINTS, 77)
    (point,) = driver.outputs(Kind.EQUITY_POINT)
    assert point["equity_money"] == point["cash_money"] + point["positions_money"]
    assert money(point["equity_money"]) == START - 101
    assert (point["venue_time_ns"], point["row2_local_time_ns"]) == (77, 77)
    assert point["open_positions"] == 1
    assert point["drawdown"] == pytest.approx(101 / START)
    assert NULL not in point.tolist()
