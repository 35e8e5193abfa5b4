"""What a fill costs, and what the host may configure."""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.kernel.exchange.create import ExchangeParameters, FeeRule, create_exchange
from atlas.kernel.exchange.fees import fraction_fee
from atlas.records.errors import AtlasError, CapacityError
from atlas.records.instruments import Instrument
from tests.unit.kernel.exchange.desk import AAPL, BUY, SELL, Desk

CENTS = Instrument("AAPL", money_exponent=2, lot_size=1)


def fee_of(rule: FeeRule, quantity: float = 100, price: str = "10.00", instrument: Instrument = AAPL) -> float:
    desk = Desk(rule, {1: instrument})
    desk.order(BUY, quantity)
    desk.bar(f"{price} {price} {price} {price}")
    return instrument.amount(int(desk.raw[-1]["fee_money"]))


@pytest.mark.parametrize(
    ("rule", "fee"),
    [
        (FeeRule(), 0.0),
        (FeeRule(taker_rate="0.001"), 1.0),
        (FeeRule(taker_rate="-0.0002"), -0.2),
        (FeeRule(maker_rate="0.5"), 0.0),
        (FeeRule(per_unit="0.005"), 0.5),
        (FeeRule(per_unit="0.005", minimum=1), 1.0),
        (FeeRule(flat="1.25"), 1.25),
        (FeeRule(taker_rate="0.001", per_unit="0.005", flat="1.25", minimum=1), 2.75),
    ],
)
def test_fee_of_100_shares_at_10_dollars(rule: FeeRule, fee: float) -> None:
    assert fee_of(rule) == fee


def test_resting_limit_pays_the_maker_rate() -> None:
    desk = Desk(FeeRule(maker_rate="0.0001", taker_rate="0.001", number=7))
    desk.order(SELL, 100, limit=10.4)
    desk.bar("10.00 10.50 9.50 10.20")
    assert (desk.raw[-1]["fee_money"], desk.raw[-1]["fee_rule"]) == (10_400_000, 7)


@pytest.mark.parametrize(("price", "fee"), [("0.50", 0.0), ("1.50", 0.02), ("2.50", 0.02), ("0.51", 0.01)])
def test_fee_is_rounded_half_even_once_to_cents(price: str, fee: float) -> None:
    assert fee_of(FeeRule(taker_rate="0.0001"), 100, price, CENTS) == fee


def test_two_parts_of_half_a_cent_make_one_cent() -> None:
    assert fee_of(FeeRule(taker_rate="0.0001", per_unit="0.00005"), 100, "0.50", CENTS) == 0.01


@given(
    st.integers(0, 10**17),
    st.integers(-(10**9), 10**9),
    st.integers(0, 10**14),
    st.integers(0, 10**6),
    st.sampled_from([1, 2 * 10**9, 10**10, 10**15, 3 * 2**20, 7 * 10**8]),
)
def test_fee_by_value_and_quantity_is_exact(money: int, rate: int, units: int, unit_money: int, quantity: int) -> None:
    exact = round(Fraction(money * rate, 10**9) + Fraction(units * unit_money, quantity))
    value, fits = fraction_fee(money, rate, units, unit_money, quantity, lcm(quantity, 10**9))
    if fits:
        assert value == exact
    else:
        assert units * unit_money // quantity >= 2**63


@pytest.mark.parametrize(
    "parameters",
    [
        {"volume_share": "1.1"},
        {"volume_share": "-0.1"},
        {"volume_share": "0.0000001"},
        {"slippage_basis_points": 10_000},
        {"slippage_basis_points": -1},
        {"venue_number": 65_536},
    ],
)
def test_parameters_out_of_range_are_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(AtlasError):
        create_exchange({1: AAPL}, parameters=ExchangeParameters(**parameters))


@pytest.mark.parametrize("fee", [{"taker_rate": 2}, {"maker_rate": "-1.5"}, {"number": 70_000}])
def test_fees_out_of_range_are_refused(fee: dict[str, Any]) -> None:
    with pytest.raises(AtlasError):
        create_exchange({1: CENTS}, FeeRule(**fee))


def test_fee_finer_than_the_quantity_allows_is_refused() -> None:
    fine = Instrument("WEI", price_exponent=0, quantity_exponent=18, money_exponent=0)
    with pytest.raises(AtlasError, match="does not fit"):
        create_exchange({1: fine}, FeeRule(per_unit="0.000000001"))


def test_instrument_with_steps_too_fine_is_refused() -> None:
    with pytest.raises(AtlasError, match="too fine"):
        create_exchange({1: Instrument("WEI", quantity_exponent=18)})


def test_venue_needs_instruments_and_room() -> None:
    with pytest.raises(AtlasError, match="at least one instrument"):
        create_exchange({})
    with pytest.raises(CapacityError):
        create_exchange({1: AAPL}, parameters=ExchangeParameters(order_capacity=0))


def test_each_instrument_may_have_its_own_fees() -> None:
    block = create_exchange({0: AAPL, 2: CENTS}, {2: FeeRule(taker_rate="0.001")})
    assert block.rows("instruments")["taker_rate"].tolist() == [0, 0, 1_000_000]
    assert block.rows("instruments")["listed"].tolist() == [1, 0, 1]
