"""Every check at its limit and just beyond it; holds, states, the kill switch, the throttle, watched equity."""

from __future__ import annotations

import math
from typing import Any

import pytest

from atlas.kernel.trader.creation import AccountSetup, Limits
from atlas.records.enums import QuantityKind, RejectReason, TradingState
from atlas.records.errors import ConfigurationError
from atlas.records.instruments import Instrument
from atlas.records.kinds import Kind
from tests.unit.kernel.trader.driver import BUY, DAY, MINUTE, MONEY, REPLACE, SECOND, SELL, SHARE, Driver

NONE = math.nan


def desk(cash: float = 1_000_000.0, **limits: Any) -> Driver:
    driver = Driver(limits=Limits(**{"require_buying_power": False, **limits}), cash=cash)
    for instrument in (1, 2, 3, 4):
        driver.bar(100, instrument)
    driver.outputs()
    return driver


@pytest.mark.parametrize(
    ("limits", "passes", "refused", "reason"),
    [
        ({"order_quantity": 10}, (10, NONE), (11, NONE), "RISK_ORDER_SIZE"),
        ({"order_notional": 1000}, (10, NONE), (11, NONE), "RISK_ORDER_NOTIONAL"),
        ({"order_notional": 1000}, (20, 50), (20, 51), "RISK_ORDER_NOTIONAL"),
        ({"position_quantity": 10}, (10, NONE), (11, NONE), "RISK_POSITION_SIZE"),
        ({"position_fraction": 0.5}, (5000, NONE), (5001, NONE), "RISK_POSITION_SIZE"),
        ({"concentration": 0.5}, (5000, NONE), (5001, NONE), "RISK_CONCENTRATION"),
        ({"exposure": 1000}, (10, NONE), (11, NONE), "RISK_EXPOSURE"),
        ({"leverage": 2.0}, (20_000, NONE), (20_001, NONE), "RISK_LEVERAGE"),
        ({"require_buying_power": True}, (10_000, NONE), (10_001, NONE), "RISK_BUYING_POWER"),
        ({"price_band": 0.1}, (1, 110), (1, 111), "RISK_PRICE_BAND"),
        ({"price_band": 0.1}, (1, 90), (1, 89), "RISK_PRICE_BAND"),
    ],
)
@pytest.mark.parametrize("side", [BUY, SELL])
def test_at_the_limit_and_beyond(
    limits: dict[str, Any], passes: tuple[float, float], refused: tuple[float, float], reason: str, side: int
) -> None:
    driver = desk(**limits)
    assert driver.state(driver.order(side, refused[0], limit=refused[1])) == "[REJECTED]"
    assert driver.refusals() == [reason]
    assert driver.held() == (0, 0, 0)
    assert driver.state(driver.order(side, passes[0], limit=passes[1])) == "PENDING_NEW"
    counts = driver.block.rows("risk_counts")[RejectReason[reason]]
    assert (counts["checked"], counts["refused"]) == (2, 1)
    assert len(driver.commands()) == 1


@pytest.mark.parametrize("limit", [{"order_quantity": 3.5}, {"position_quantity": 3.5}])
@pytest.mark.parametrize(("instrument", "passes", "refused"), [(2, 3.5, 3.50000001), (4, 3, 4)])
def test_a_limit_of_quantity_is_one_in_every_instrument_s_own_units(
    limit: dict[str, float], instrument: int, passes: float, refused: float
) -> None:
    driver = desk(**limit)
    exponents = driver.block.rows("instruments")["quantity_scale"][[2, 4]]
    assert exponents.tolist() == [10**8, 1]
    assert driver.state(driver.order(BUY, refused, instrument=instrument)) == "[REJECTED]"
    assert driver.state(driver.order(BUY, passes, instrument=instrument)) == "PENDING_NEW"


@pytest.mark.parametrize("scale", range(10))
@pytest.mark.parametrize("name", ["order_quantity", "position_quantity"])
def test_a_limit_is_met_by_the_decimal_it_is_written_as(name: str, scale: int) -> None:
    limit = float(f"0.{'0' * scale}29")
    exponent = scale + 2
    instrument = Instrument("AAPL", quantity_exponent=exponent, price_exponent=8)
    terms: dict[str, Any] = {name: limit, "require_buying_power": False}
    driver = Driver(limits=Limits(**terms), setup={"instruments": (instrument,)})
    driver.bar(100)
    assert driver.state(driver.order(BUY, limit + 10.0**-exponent)) == "[REJECTED]"
    assert driver.state(driver.order(BUY, limit)) == "PENDING_NEW"


@pytest.mark.parametrize("name", ["order_quantity", "position_quantity"])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_limit_of_quantity_is_finite(name: str, value: float) -> None:
    with pytest.raises(ConfigurationError, match="must be a finite quantity"):
        desk(**{name: value})


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"position_quantity": 10}, "RISK_POSITION_SIZE"),
        ({"exposure": 1000}, "RISK_EXPOSURE"),
        ({"position_fraction": 0.001}, "RISK_POSITION_SIZE"),
    ],
)
def test_working_orders_count_for_what_they_would_do(limits: dict[str, Any], reason: str) -> None:
    driver = desk(**limits)
    first = driver.order(BUY, 6)
    driver.order(BUY, 5)
    assert driver.refusals() == [reason]
    driver.fill(first, 6, 100)
    driver.order(BUY, 5)
    assert driver.refusals() == [reason]
    assert driver.state(driver.order(BUY, 4)) == "PENDING_NEW"


def test_what_only_reduces_passes_limits_of_size_and_holds_nothing() -> None:
    driver = desk(position_quantity=10, exposure=1000, require_buying_power=True, cash=1000)
    driver.bought(10, 100)
    driver.bar(200)
    order = driver.order(SELL, 10)
    assert driver.state(order) == "PENDING_NEW"
    assert driver.held() == (0, 10, 0)
    driver.outputs()
    driver.order(SELL, 11)
    assert driver.refusals() == ["RISK_POSITION_SIZE"]


def test_a_reduction_is_held_for_only_once() -> None:
    driver = desk()
    driver.bought(10, 100)
    driver.order(SELL, 10, limit=101)
    assert driver.held() == (0, 10, 0)
    driver.order(SELL, 10, limit=101)
    assert driver.held() == (0, 20, 1010)
    driver.order(SELL, 5, limit=102)
    assert driver.held() == (0, 25, 1520)


def test_an_order_through_zero_holds_for_what_it_opens() -> None:
    driver = desk()
    driver.bought(10, 100)
    order = driver.order(SELL, 15, limit=100)
    assert driver.held() == (0, 15, 500)
    driver.fill(order, 3, 100)
    assert driver.held() == (0, 12, 400)


def test_the_number_of_positions() -> None:
    driver = desk(open_positions=2)
    driver.bought(1, 100)
    order = driver.order(BUY, 1, instrument=2)
    driver.outputs()
    driver.order(BUY, 1, instrument=3)
    assert driver.refusals() == ["RISK_OPEN_POSITIONS"]
    assert driver.state(driver.order(BUY, 1)) == "PENDING_NEW"
    driver.report(order, 5)
    assert driver.state(driver.order(BUY, 1, instrument=3)) == "PENDING_NEW"


def test_exposure_and_cash_of_another_currency_are_converted() -> None:
    driver = desk(exposure=1250)
    driver.order(BUY, 11, instrument=3)
    assert driver.refusals() == ["RISK_EXPOSURE"]
    assert driver.state(driver.order(BUY, 10, instrument=3)) == "PENDING_NEW"
    assert driver.held(3) == (10, 0, 1250)


def test_a_weight_of_equity_buys_by_the_rate() -> None:
    driver = desk(cash=10_000)
    order = driver.order(BUY, 0.5, instrument=3, kind=QuantityKind.WEIGHT)
    assert driver.state(order) == "PENDING_NEW"
    assert driver.held(3) == (40, 0, 5000)


def test_no_price_no_order() -> None:
    driver = Driver()
    driver.order(BUY, 1)
    driver.order(BUY, 1, limit=100)
    assert driver.refusals() == ["RISK_NO_PRICE", "RISK_NO_PRICE"]


def test_what_does_not_fit_is_refused_and_takes_nothing() -> None:
    driver = desk()
    driver.order(BUY, 90_000_000_000, limit=9_000_000_000)
    driver.order(BUY, 1e300, kind=QuantityKind.NOTIONAL)
    driver.bar(0, 2)
    driver.order(BUY, 100, instrument=2, kind=QuantityKind.NOTIONAL)
    assert driver.refusals() == ["CAPACITY_OVERFLOW"] * 3
    assert len(driver.block.live("orders")) == 0
    assert driver.order(BUY, 1e300) < 0


def test_trading_states() -> None:
    driver = desk()
    driver.bought(10, 100)
    driver.account()["trading_state"] = TradingState.REDUCING
    driver.outputs()
    driver.order(BUY, 1)
    driver.order(SELL, 11)
    assert driver.refusals() == ["RISK_REDUCING"] * 2
    order = driver.order(SELL, 10)
    assert driver.state(order) == "PENDING_NEW"
    driver.outputs()
    driver.order(SELL, 1)
    assert driver.refusals() == ["RISK_REDUCING"]
    driver.account()["trading_state"] = TradingState.ACTIVE
    driver.header["trading_state"] = TradingState.HALTED
    driver.order(SELL, 1)
    assert driver.refusals() == ["RISK_HALTED"]


def test_kill_switch_warm_up_halted_strategies_and_retired_instruments() -> None:
    driver = desk()
    strategies, instruments = driver.block.rows("strategies"), driver.block.rows("instruments")
    for row, name, reason in (
        (driver.header, "kill_switch", "RISK_KILL_SWITCH"),
        (driver.header, "warming_up", "RISK_WARM_UP"),
        (instruments[1], "retired", "REQUEST_RETIRED"),
        (strategies[1], "status", "RISK_STRATEGY_HALTED"),
    ):
        row[name] = 1
        driver.order(SELL, 1)
        assert driver.refusals() == [reason]
        row[name] = 0
    assert driver.header["refused_count"] == 4
    assert driver.state(driver.order(SELL, 1)) == "PENDING_NEW"


def test_the_throttle_slides() -> None:
    driver = desk(orders_per_second=3)
    start = int(driver.header["clock_ns"])

    def ask(milliseconds: int) -> str:
        driver.header["clock_ns"] = start + milliseconds * SECOND // 1000
        return driver.state(driver.order(BUY, 1))

    taken = [0, 500, 900, 999, 1000, 1499, 1500, 1899, 1900, 2000]
    accepted = [moment for moment in taken if ask(moment) == "PENDING_NEW"]
    assert accepted == [0, 500, 900, 1000, 1500, 1900, 2000]
    assert set(driver.refusals()) == {"RISK_THROTTLE"}


def test_the_throttle_counts_an_account_and_instrument_apart() -> None:
    limits = Limits(require_buying_power=False, orders_per_second=1)
    accounts = (
        AccountSetup("a", limits=limits),
        AccountSetup("b", limits=Limits(require_buying_power=False, orders_per_second=3)),
    )
    driver = Driver(accounts=2, setup={"accounts": accounts})
    for instrument in (1, 2):
        driver.bar(100, instrument)
    states = [driver.state(driver.order(BUY, 1, strategy=2, instrument=2)) for _ in range(4)]
    assert states == ["PENDING_NEW"] * 3 + ["[REJECTED]"]
    assert driver.state(driver.order(BUY, 1, strategy=1, instrument=2)) == "PENDING_NEW"
    assert driver.state(driver.order(BUY, 1, strategy=1, instrument=1)) == "PENDING_NEW"
    assert driver.state(driver.order(BUY, 1, strategy=1, instrument=1)) == "[REJECTED]"


def test_refused_orders_do_not_use_up_the_throttle() -> None:
    driver = desk(orders_per_second=1, order_quantity=5)
    assert driver.state(driver.order(BUY, 6)) == "[REJECTED]"
    assert driver.state(driver.order(BUY, 5)) == "PENDING_NEW"


def test_an_order_that_could_trade_with_ones_own() -> None:
    driver = desk(prevent_self_trade=True)
    resting = driver.order(SELL, 1, limit=105)
    driver.order(BUY, 1, limit=105, strategy=2)
    driver.order(BUY, 1, strategy=2)
    assert driver.refusals() == ["RISK_SELF_TRADE"] * 2
    assert driver.state(driver.order(BUY, 1, limit=104, strategy=2)) == "PENDING_NEW"
    assert driver.state(driver.order(SELL, 1, limit=106)) == "PENDING_NEW"
    driver.report(resting, 5)
    assert driver.state(driver.order(BUY, 1, limit=105, strategy=2)) == "PENDING_NEW"


def test_a_replacement_is_measured_without_the_old_order() -> None:
    driver = desk(position_quantity=10)
    order = driver.order(BUY, 10, limit=99)
    driver.report(order, 1)
    driver.fill(order, 4, 99)
    assert driver.do(REPLACE, 1, order, y=98) > 0
    assert driver.held() == (6, 0, 594)
    driver.refuse(order, 2)
    driver.outputs()
    assert driver.do(REPLACE, 1, order, x=11) == 0
    assert driver.held() == (6, 0, 594)
    assert driver.state(order) == "PARTIAL_FILL"
    assert driver.do(REPLACE, 1, order, x=4) < 0


# --- watched equity


@pytest.mark.parametrize(
    ("limits", "price", "state"),
    [
        ({"daily_loss": 0.1}, 90.01, TradingState.ACTIVE),
        ({"daily_loss": 0.1}, 90, TradingState.HALTED),
        ({"daily_loss_amount": 1000}, 90.01, TradingState.ACTIVE),
        ({"daily_loss_amount": 1000}, 90, TradingState.HALTED),
        ({"drawdown": 0.1}, 90.01, TradingState.ACTIVE),
        ({"drawdown": 0.1}, 90, TradingState.HALTED),
        ({"reducing_drawdown": 0.1, "drawdown": 0.2}, 90, TradingState.REDUCING),
    ],
)
def test_equity_is_watched(limits: dict[str, float], price: float, state: TradingState) -> None:
    driver = desk(cash=10_000, **limits)
    driver.bought(100, 100)
    driver.outputs()
    driver.bar(price)
    assert driver.account()["trading_state"] == state
    changes = driver.block.rows("outputs")
    kinds = [int(row.tobytes()[20]) for row in changes[driver.drained : int(driver.header["outputs_written"])]]
    expected = [] if state == TradingState.ACTIVE else [Kind.RISK_ALERT, Kind.TRADING_STATE_CHANGE]
    assert kinds == expected
    driver.bar(price)
    assert driver.account()["trading_state"] == state


def test_a_new_day_ends_a_halt_that_a_days_loss_caused() -> None:
    driver = desk(cash=10_000, daily_loss=0.1)
    driver.bought(100, 100)
    driver.header["next_equity_time_ns"] = driver.header["next_day_time_ns"] = DAY
    driver.bar(90)
    assert driver.account()["trading_state"] == TradingState.HALTED
    driver.bar(90, at=DAY // MINUTE + 1)
    assert driver.account()["trading_state"] == TradingState.ACTIVE
    assert driver.account()["day_equity_money"] == 9_000 * MONEY


def test_a_new_day_does_not_end_a_halt_that_drawdown_caused() -> None:
    driver = desk(cash=10_000, drawdown=0.1)
    driver.bought(100, 100)
    driver.header["next_equity_time_ns"] = driver.header["next_day_time_ns"] = DAY
    driver.bar(90)
    driver.bar(90, at=DAY // MINUTE + 1)
    assert driver.account()["trading_state"] == TradingState.HALTED
    driver.order(SELL, 1)
    assert driver.refusals() == ["RISK_HALTED"]


def test_holds_return_to_nothing() -> None:
    driver = desk()
    orders = [driver.order(side, 10 + n, limit=99 + n) for n in range(10) for side in (BUY, SELL)]
    for number, order in enumerate(orders):
        if number % 3 == 0:
            driver.report(order, 5)
        elif number % 3 == 1:
            driver.fill(order, 1, 99)
            driver.report(order, 13)
        else:
            driver.fill(order, int(driver.find(order)["quantity_units"]) // SHARE, 99)  # type: ignore[index]
    assert driver.held() == (0, 0, 0)
    assert driver.account()["held_money"] == 0
    assert driver.account()["working_orders"] == 0


def test_what_a_market_order_ends_may_be_bought_again_at_once() -> None:
    driver = desk(require_buying_power=True)
    driver.bought(10_000, 100, instrument=1)
    driver.outputs()
    assert driver.state(driver.order(BUY, 9_000, instrument=2)) == "[REJECTED]"
    sold = driver.order(SELL, 10_000, instrument=1)
    assert float(driver.account()["releasing_money"]) == 1_000_000 * MONEY
    bought = driver.order(BUY, 9_000, instrument=2)
    assert driver.state(bought) == "PENDING_NEW"
    assert driver.state(driver.order(BUY, 2_000, instrument=2)) == "[REJECTED]"
    driver.fill(sold, 4_000, 100)
    assert float(driver.account()["releasing_money"]) == 600_000 * MONEY
    driver.fill(sold, 6_000, 100)
    driver.fill(bought, 9_000, 100)
    owner = driver.account()
    assert (int(owner["releasing_money"]), int(owner["held_money"])) == (0, 0)


def test_a_resting_order_that_reduces_is_not_counted_on() -> None:
    driver = desk(require_buying_power=True)
    driver.bought(10_000, 100, instrument=1)
    driver.order(SELL, 10_000, instrument=1, limit=120)
    assert driver.state(driver.order(BUY, 1_000, instrument=2)) == "[REJECTED]"
