"""Random order flow through the trader and through its slow twins: every order, position, hold and sum is the same."""

from __future__ import annotations

import random

import pytest

from tests.unit.kernel.trader.flow import Flow


@pytest.mark.parametrize("seed", range(12))
def test_the_trader_equals_its_twins(seed: int) -> None:
    pick, flow = random.Random(seed), Flow()
    for number in range(250):
        line = (pick.randrange(10_000), pick.randrange(10_000), pick.randrange(10_000), pick.randrange(10_000))
        flow.play(line)
        flow.driver.header["outputs_drained"] = flow.driver.header["outputs_written"]
        flow.driver.header["commands_read"] = flow.driver.header["commands_written"]
        try:
            flow.compare()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, line {number}: {flow.name_of(line)} {line}") from error
