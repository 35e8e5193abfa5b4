"""Instruments: defaults, rules, hashes that never change, and an order that doesn't depend on the input's."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from atlas.records.currencies import COIN_EXPONENTS, Currency, coin_currency
from atlas.records.enums import PriceType
from atlas.records.errors import ConfigurationError, DataError
from atlas.records.instruments import BarSpecification, Instrument, instrument_ranks, name_hash, parse_span


def test_defaults() -> None:
    instrument = Instrument("AAPL")
    assert instrument.name == "SIM:AAPL"
    assert (instrument.price_exponent, instrument.quantity_exponent, instrument.money_exponent) == (9, 8, 8)
    assert (instrument.tick_size_units, instrument.lot_size_units, instrument.multiplier) == (0, 0, 1)


def test_rules_become_units() -> None:
    instrument = Instrument("AAPL", tick_size="0.01", lot_size=100)
    assert instrument.tick_size == Decimal("0.01")
    assert instrument.tick_size_units == 10_000_000
    assert instrument.lot_size_units == 10_000_000_000
    assert Instrument("AAPL", whole_lots=True).lot_size_units == 100_000_000
    with pytest.raises(DataError, match="tick size of ES 0.255 is not a whole number"):
        _ = Instrument("ES", tick_size="0.255", price_exponent=2).tick_size_units


def test_conversions() -> None:
    instrument = Instrument("BTCUSDT", "BINANCE", "USDT", quantity_exponent=5, money_exponent=2, multiplier=10)
    assert instrument.price_units(27123.45) == 27_123_450_000_000
    assert instrument.price(27_123_450_000_000) == 27123.45
    assert instrument.quantity_units("0.00001") == 1
    assert instrument.quantity(1) == 0.00001
    assert instrument.money("12.34") == 1234
    assert instrument.amount(1234) == 12.34
    assert instrument.notional_money(instrument.price_units(100), instrument.quantity_units(2)) == 200_000


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"symbol": ""}, "symbol '' is empty"),
        ({"symbol": "A:B"}, "symbol 'A:B' is empty or has a colon"),
        ({"symbol": "A", "venue": ""}, "venue '' is empty"),
        ({"symbol": "A", "price_exponent": 19}, "price_exponent 19 is outside 0..18"),
        ({"symbol": "A", "multiplier": 0}, "multiplier 0 is less than 1"),
        ({"symbol": "A", "tick_size": "-0.01"}, "tick_size -0.01 of A is negative"),
        ({"symbol": "A", "tick_size": "abc"}, "tick_size 'abc' of A is no number"),
        ({"symbol": "A", "lot_size": float("nan")}, "lot_size nan of A is negative or not finite"),
    ],
)
def test_impossible_instruments_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Instrument(**fields)


@pytest.mark.parametrize(
    ("name", "value"),
    # Vectors of the FNV authors (www.isthe.com/chongo/tech/comp/fnv, 64-bit FNV-1a).
    [("", 0xCBF29CE484222325), ("a", 0xAF63DC4C8601EC8C), ("foobar", 0x85944171F73967E8)],
)
def test_names_hash_as_published(name: str, value: int) -> None:
    assert name_hash(name) == value


def test_the_hash_is_that_of_venue_and_symbol() -> None:
    assert Instrument("AAPL", "NASDAQ").hash == name_hash("NASDAQ:AAPL")


def test_ranks_follow_venue_then_symbol() -> None:
    given = [Instrument("B", "X"), Instrument("A", "Y"), Instrument("A", "X")]
    assert instrument_ranks(given) == [1, 2, 0]
    assert instrument_ranks(given[::-1]) == [0, 2, 1]
    with pytest.raises(ConfigurationError, match="instrument X:A stands twice"):
        instrument_ranks([Instrument("A", "X"), Instrument("A", "X")])


@pytest.mark.parametrize(
    ("text", "length_ns", "again"),
    [
        ("1m", 60_000_000_000, "1m"),
        ("5 Min", 300_000_000_000, "5m"),
        ("60m", 3_600_000_000_000, "1h"),
        ("1d", 86_400_000_000_000, "1d"),
        ("250ms", 250_000_000, "250ms"),
        ("7ns", 7, "7ns"),
    ],
)
def test_time_frames(text: str, length_ns: int, again: str) -> None:
    specification = BarSpecification.parse(text, PriceType.MID)
    assert specification == BarSpecification(length_ns, PriceType.MID)
    assert specification.time_frame == again


@pytest.mark.parametrize("text", ["", "m", "1", "1x", "0m", "1.5h", "-1m"])
def test_texts_that_are_no_time_frame(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a length of time"):
        parse_span(text)


def test_a_bar_has_a_length() -> None:
    with pytest.raises(ConfigurationError, match="bar length 0 ns is not positive"):
        BarSpecification(0)


def test_currencies() -> None:
    assert Currency("USD").money("0.01") == 1_000_000
    assert coin_currency("USD").money("0.015") == 2
    assert coin_currency("USD").amount(150) == 1.5
    assert (coin_currency("JPY").money_exponent, coin_currency("USDT").money_exponent) == (0, 8)
    assert set(COIN_EXPONENTS.values()) == {0, 2, 3}
    with pytest.raises(ConfigurationError, match="currency '' with exponent 2 is not possible"):
        Currency("", 2)
