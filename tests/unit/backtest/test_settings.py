"""The distance of equity points, and which currency the account has."""

from __future__ import annotations

import pytest

from atlas.backtest.settings import MINUTE_NS, RunSettings, equity_interval_ns, given_limits, limits_of
from atlas.data import BarHistory, GeneratorSettings, generate_bars
from atlas.kernel.trader.creation import Limits
from atlas.records.errors import ConfigurationError


def history(timeframe: str, bars: int) -> BarHistory:
    return generate_bars("AAA", bars, settings=GeneratorSettings(timeframe=timeframe, session="24h"))


@pytest.mark.parametrize(
    ("timeframe", "bars", "minutes"),
    [
        ("1m", 1_000, 1),
        ("1m", 5_000, 1),
        ("1m", 5_001, 5),
        ("1m", 25_001, 15),
        ("1m", 75_001, 60),
        ("30m", 100, 60),
        ("1h", 5_000, 60),
        ("1h", 5_001, 240),
        ("4h", 5_001, 1_440),
        ("1d", 10, 1_440),
        ("1d", 5_001, 1_440),
    ],
)
def test_equity_points_stand_as_close_as_five_thousand_allow(timeframe: str, bars: int, minutes: int) -> None:
    assert equity_interval_ns(history(timeframe, bars)) == minutes * MINUTE_NS


def test_the_account_has_the_currency_of_its_instruments() -> None:
    bars = generate_bars("AAA", 5, currency="EUR", settings=GeneratorSettings(timeframe="1d"))
    assert RunSettings().account_currency(bars) == "EUR"
    assert RunSettings(currency="USD").account_currency(bars) == "USD"


def test_limits_that_are_given() -> None:
    assert given_limits(Limits()) == {}
    assert given_limits(Limits(drawdown=0.1, prevent_self_trade=True)) == {"drawdown": 0.1, "prevent_self_trade": True}


def test_settings_check_themselves() -> None:
    with pytest.raises(ConfigurationError, match="cash: must be above 0"):
        RunSettings(cash=0.0)


def test_limits_go_by_the_words_of_documents_too() -> None:
    said = {"maxDrawdown": 0.3, "max_order_size": 5, "open_positions": 2}
    assert limits_of(said) == Limits(drawdown=0.3, order_quantity=5, open_positions=2)
    with pytest.raises(ConfigurationError, match="limits.maxDrawdwn: unknown key; did you mean 'maxDrawdown'"):
        limits_of({"maxDrawdwn": 0.3})
    with pytest.raises(ConfigurationError, match="limits.maxDrawdown: says the same as limits.drawdown"):
        limits_of({"drawdown": 0.3, "maxDrawdown": 0.3})
