"""A run's setup as metadata and back."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from atlas.kernel.indicators import SMA
from atlas.kernel.trader.creation import AccountSetup, Limits, TraderSetup
from atlas.live.setup import LiveSetup, load_module, restore_trader
from atlas.records.enums import AssetClass
from atlas.records.errors import ConfigurationError, RecoveryError
from atlas.records.instruments import Instrument
from atlas.strategy.base import Strategy
from tests.unit.live.link import Buyer


class Averaging(Strategy):
    """Has a number and an indicator."""

    fast: SMA = SMA(10)
    weight: float = 0.5

    def on_bar(self, ctx, bar):  # type: ignore[no-untyped-def]
        if self.fast.update(bar.close) > bar.close:
            ctx.target_weight(bar.instrument, self.weight)


def setup() -> LiveSetup:
    instruments = [
        Instrument("AAA", tick_size="0.01", lot_size=1),
        Instrument("BTCUSD", asset_class=AssetClass.CRYPTO_SPOT, minimum_notional=Decimal("10.5")),
    ]
    accounts = [AccountSetup("main", initial_cash=5_000.0, limits=Limits(drawdown=0.2, orders_per_second=5))]
    return LiveSetup(TraderSetup(instruments, accounts, seed=3), [Averaging(fast=7), Buyer(size=2.5)], "interpreted")


def test_metadata_makes_the_same_run_again() -> None:
    first = setup()
    second = LiveSetup.from_metadata(json.loads(json.dumps(first.metadata())))
    assert second.metadata() == first.metadata()
    assert second.trader_setup() == first.trader_setup()
    assert second.code_hash == first.code_hash
    assert second.configuration_hash == first.configuration_hash
    assert second.mode == "interpreted"


def test_parameters_are_code_and_limits_are_configuration() -> None:
    first = setup()
    other_parameter = replace(first, strategies=[Averaging(fast=8), Buyer(size=2.5)])
    assert other_parameter.code_hash != first.code_hash
    assert other_parameter.configuration_hash == first.configuration_hash
    richer = replace(first, trader=replace(first.trader, accounts=[AccountSetup("main", initial_cash=6_000.0)]))
    assert richer.code_hash == first.code_hash
    assert richer.configuration_hash != first.configuration_hash


def test_the_trader_is_restored_with_its_types() -> None:
    first = setup()
    restored = restore_trader(json.loads(json.dumps(first.metadata()))["trader"])
    assert restored.instruments == first.trader.instruments
    assert restored.instruments[1].asset_class is AssetClass.CRYPTO_SPOT
    assert restored.accounts == first.trader.accounts


def test_a_strategy_that_is_gone_is_named() -> None:
    metadata = json.loads(json.dumps(setup().metadata()))
    metadata["strategies"][0]["class"] = "Gone"
    with pytest.raises(RecoveryError, match="Gone is not in"):
        LiveSetup.from_metadata(metadata)


def test_a_journal_of_something_else_is_refused() -> None:
    with pytest.raises(RecoveryError, match="does not say how its run was set up"):
        LiveSetup.from_metadata({"run": "backtest"})


def test_a_module_is_found_by_its_file_too(tmp_path: Path) -> None:
    path = tmp_path / "my_strategy_in_a_folder.py"
    path.write_text("ANSWER = 42\n")
    assert load_module("my_strategy_in_a_folder", path).ANSWER == 42
    with pytest.raises(RecoveryError, match="is not there any more"):
        load_module("another_strategy_in_a_folder", tmp_path / "absent.py")


def test_a_parameter_that_a_header_can_not_hold_is_refused() -> None:
    strategy = Averaging()
    object.__setattr__(strategy, "weight", object())
    with pytest.raises(ConfigurationError, match="weight"):
        LiveSetup(setup().trader, [strategy]).metadata()


OWN_INDICATOR = """
from atlas import Strategy
from atlas.indicators import Indicator, method, record_at, state

STATE = state()
last_at = record_at(STATE)


@method
def update_last(address: int, price: float) -> float:
    last = last_at(address)
    last.value = price
    return last.value


class Last(Indicator):
    dtype = STATE
    methods = {"update": update_last}

    def __init__(self, length: int) -> None:
        super().__init__(length=length)


class Follower(Strategy):
    last: Last = Last(3)

    def on_bar(self, ctx, bar):
        self.last.update(bar.close)
"""


def test_an_indicator_of_ones_own_comes_back_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "own_indicator_for_setup.py"
    file.write_text(OWN_INDICATOR)
    module = load_module(file.stem, file)
    first = replace(setup(), strategies=[module.Follower(last=5)])
    metadata = json.loads(json.dumps(first.metadata()))
    del sys.modules[file.stem]
    second = LiveSetup.from_metadata(metadata)
    assert second.metadata() == first.metadata()
    assert repr(vars(second.strategies[0])["last"]) == "Last(length=5)"
    assert second.code_hash == first.code_hash
