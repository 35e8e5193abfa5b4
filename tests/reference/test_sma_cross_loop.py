"""The twin itself, on runs short enough to work out by hand."""

from __future__ import annotations

import pytest

from tests.reference.sma_cross_loop import ReferenceFill, half_even, sma_cross_loop, units
from tests.reference.sma_cross_universe import Bar, sma_cross_universe

# Averages of 1 and 2 closes: above at bar 1 (11 against 10.5), below at bar 3 (11 against 11.5).
CLOSES = [10.0, 11.0, 12.0, 11.0, 11.0]
OPENS = [10.0, 10.0, 10.0, 12.0, 8.0]


def test_an_order_of_one_close_fills_at_the_next_open() -> None:
    fills, equity_money = sma_cross_loop(OPENS, CLOSES, fast=1, slow=2, weight=1.0, fee=0.0, cash=1_000.0)
    assert fills == [
        ReferenceFill(2, +1, 100 * 10**8, 10 * 10**9, 0),
        ReferenceFill(4, -1, 100 * 10**8, 8 * 10**9, 0),
    ]
    assert equity_money == 800 * 10**8


def test_the_fee_is_paid_from_the_target() -> None:
    fills, equity_money = sma_cross_loop(OPENS, CLOSES, fast=1, slow=2, weight=0.5, fee=0.25, cash=1_000.0)
    # 500 buys 40 at 10 and a fee of 100; 40 sell at 8 for 320 and a fee of 80.
    assert [(fill.quantity_units, fill.fee_money) for fill in fills] == [
        (40 * 10**8, 100 * 10**8),
        (40 * 10**8, 80 * 10**8),
    ]
    assert equity_money == (1_000 - 500 + 240) * 10**8


def test_a_volume_share_leaves_a_rest_for_the_next_open() -> None:
    volumes = [900.0, 900.0, 900.0, 50.0, 20.0]
    fills, _ = sma_cross_loop(
        OPENS, CLOSES, volumes, fast=1, slow=2, weight=1.0, fee=0.0, cash=1_000.0, volume_share=0.1
    )
    # 90 of the 100 wanted, then 5 of the rest of 10; the exit sells at most 2 of the 95.
    assert [(fill.bar, fill.side, fill.quantity_units) for fill in fills] == [
        (2, 1, 90 * 10**8),
        (3, 1, 5 * 10**8),
        (4, -1, 2 * 10**8),
    ]


def test_a_position_left_over_is_marked_at_the_last_close() -> None:
    fills, equity_money = sma_cross_loop(OPENS[:3], CLOSES[:3], fast=1, slow=2, weight=1.0, fee=0.0, cash=1_000.0)
    assert len(fills) == 1
    assert equity_money == 1_200 * 10**8


@pytest.mark.parametrize(("numerator", "expected"), [(5, 0), (15, 2), (25, 2), (-5, 0), (-15, -2), (16, 2), (14, 1)])
def test_halves_go_to_even(numerator: int, expected: int) -> None:
    assert half_even(numerator, 10) == expected


def test_units_are_read_from_the_decimal_not_from_the_float() -> None:
    assert units(1.005, 10**9) == 1_005_000_000
    assert units(0.1 + 0.2, 10) == 3


def test_a_universe_of_one_symbol_is_that_symbol_alone() -> None:
    walk = [100.0 + ((7 * number * number) % 23) - (number % 11) for number in range(400)]
    opens = [walk[0], *walk[:-1]]
    alone = sma_cross_loop(opens, walk, fast=3, slow=8, weight=0.6)
    bars = [Bar(number, *prices) for number, prices in enumerate(zip(opens, walk, strict=True))]
    fills, equity_money = sma_cross_universe({"A": bars}, fast=3, slow=8, weight=0.6)
    assert len(alone[0]) > 20
    assert (fills["A"], equity_money) == alone
