"""Instrument numbers."""

from __future__ import annotations

from atlas.analytics.symbols import instruments_by_number
from atlas.records.instruments import Instrument


def test_numbers_count_from_one() -> None:
    first, second = Instrument("A"), Instrument("B")
    assert instruments_by_number((first, second)) == {1: first, 2: second}
    assert instruments_by_number(()) == {}
