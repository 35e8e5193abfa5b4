"""A margin call in live trading: the same calls, sent, journaled, and played again with and without its own code."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from atlas.gateways.mock import Behaviour
from atlas.kernel.memory.fingerprint import fingerprint
from atlas.kernel.trader.creation import AccountSetup
from atlas.live import replay_journal
from atlas.records.commands import NEW_ORDER
from atlas.records.enums import AskedBy
from atlas.records.kinds import Kind
from tests.unit.live.link import UNIT, Buyer, Run

ACCOUNT = AccountSetup(initial_cash=600.0, leverage=4.0, maintenance_margin=0.2)
CLOSES = (100, 100, 60, 48, 48, 48, 60, 61, 61)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    # Ten at 100 for a fee of 1. At 48 they are worth 480, the equity is 79, a fifth is 96: 17 are missing, so 85 of
    # value, and of 48 each 1.7708.
    made = Run(tmp_path, *[Behaviour(fill_after=1)] * 3, closes=CLOSES, account=ACCOUNT)
    made.driver.run(made.reconciliation.overdue)
    return made


def asked(run: Run) -> list[tuple[int, int, int]]:
    """Who asked for each order, its side and quantity."""
    orders = [np.frombuffer(record, NEW_ORDER)[0] for record in run.records() if record[20] == Kind.NEW_ORDER]
    return [(int(each["asked_by"]), int(each["side"]), int(each["quantity_units"])) for each in orders]


def test_it_is_sent_and_ends(run: Run) -> None:
    sold = 177_083_334
    first, call, *_ = asked(run)  # the fee of the sale brings a further, smaller one
    assert first == (AskedBy.STRATEGY, 1, 10 * UNIT)
    assert call == (AskedBy.SYSTEM, -1, sold)
    assert int(run.machine.block.rows("accounts")["margin_call"][0]) == 0


def test_replay_recomputes_it(run: Run) -> None:
    run.driver.close()
    report = replay_journal(run.folder / "run", verify=True)
    assert (report.is_verified, report.divergence) == (True, "")
    assert report.fingerprint == fingerprint(run.machine.block)


def test_other_code_takes_it_as_recorded(run: Run) -> None:
    run.driver.close()
    report = replay_journal(run.folder / "run", strategies=[Buyer(size=3.0)])
    assert report.positions == {"AAA": run.position() / UNIT}
    assert report.cash == int(run.machine.block.rows("cash")["balance_money"][0]) / UNIT
    assert report.working_orders == len(run.orders()) == 0
    assert int(run.machine.block.rows("instruments")["tied_orders"][1]) == 0
