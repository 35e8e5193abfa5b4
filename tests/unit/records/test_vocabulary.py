"""Kinds, enumerations, texts and errors: numbers that are never used twice and never change."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from enum import IntEnum
from pathlib import Path
from xml.etree import ElementTree

import pytest

from atlas.records import KIND_RANK, Kind, enums, errors
from atlas.records.enums import ExecutionType, OrderStatus, RejectReason, TransactionType
from atlas.records.errors import AtlasError, ConfigurationError, RecordError, StrategyError
from atlas.records.order_states import OrderEvent
from atlas.records.strings import STRING_BYTES, decode_string, encode_string

DICTIONARY = Path(os.environ.get("ATLAS_SHARED", "../shared")) / "data" / "fix" / "FIX42.xml"
ENUMERATIONS = [
    member
    for _, member in inspect.getmembers(enums, inspect.isclass)
    if issubclass(member, IntEnum) and member is not IntEnum
]
FIX_NAMES = {"PARTIALLY_FILLED": "PARTIAL_FILL"}


@pytest.mark.parametrize("enumeration", [*ENUMERATIONS, OrderEvent, Kind])
def test_values_are_distinct_fit_their_field_and_leave_zero_free(enumeration: type[IntEnum]) -> None:
    assert enumeration.__doc__
    if enumeration is not enums.Side:
        assert all(0 < member.value < 2**16 for member in enumeration)
    aliases = set(enumeration.__members__) - {member.name for member in enumeration}
    assert aliases <= {"FILL"}


@pytest.mark.skipif(not DICTIONARY.exists(), reason="the FIX dictionary is not there")
@pytest.mark.parametrize(
    ("tag", "enumeration", "names_of_ours"),
    [
        ("150", ExecutionType, {}),
        ("39", OrderStatus, FIX_NAMES),
        ("20", TransactionType, {}),
    ],
)
def test_every_value_of_the_fix_dictionary_has_a_member(
    tag: str, enumeration: type[IntEnum], names_of_ours: dict[str, str]
) -> None:
    fields = ElementTree.parse(DICTIONARY).getroot().find("fields")
    assert fields is not None
    field = next(field for field in fields if field.get("number") == tag)
    descriptions = [value.get("description") or "" for value in field]
    assert descriptions
    assert {names_of_ours.get(name, name) for name in descriptions} <= set(enumeration.__members__)


def test_reject_reasons_stay_in_their_ranges() -> None:
    ranges = {"RISK": (1, 49), "REQUEST": (50, 79), "VENUE": (80, 149), "CAPACITY": (150, 169), "RECOVERY": (170, 179)}
    for reason in RejectReason:
        low, high = ranges[reason.name.split("_", 1)[0]]
        assert low <= reason <= high, reason


def test_events_of_one_time_have_a_fixed_order() -> None:
    order = [Kind.STRING, Kind.SPLIT, Kind.EXECUTION_REPORT, Kind.BOOK_LEVEL_SET, Kind.QUOTE, Kind.TRADE, Kind.BAR]
    order += [Kind.OPERATOR_PAUSE, Kind.TIMER, Kind.CLOCK, Kind.DATA_END]
    ranks = [KIND_RANK[kind] for kind in order]
    assert ranks == sorted(set(ranks))
    assert len(KIND_RANK) == 256


@pytest.mark.parametrize(
    "text", ["", "AAPL", "ä" * 72, "x" * STRING_BYTES, "x" * (STRING_BYTES + 1), "a\0b\0", "é" * 500]
)
def test_texts_return(text: str) -> None:
    records = encode_string(7, text, 1)
    assert decode_string(records) == (7, text)
    assert (records["category"] == 1).all()
    assert records.size == max(1, -(-len(text.encode()) // STRING_BYTES))


def test_damaged_texts_are_refused() -> None:
    records = encode_string(7, "x" * 300)
    for damaged in (records[:2], records[::-1], records[:0]):
        with pytest.raises(RecordError, match="missing or out of order"):
            decode_string(damaged)
    mixed = records.copy()
    mixed["string_id"][1] = 8
    with pytest.raises(RecordError, match="several strings"):
        decode_string(mixed)
    broken = encode_string(7, "é")
    broken["byte_count"] = 1
    with pytest.raises(RecordError, match="no UTF-8"):
        decode_string(broken)
    with pytest.raises(RecordError, match="string 0"):
        encode_string(0, "x")


def test_every_error_is_an_atlas_error() -> None:
    classes = [member for _, member in inspect.getmembers(errors, inspect.isclass)]
    assert len(classes) > 10
    assert all(issubclass(member, AtlasError) for member in classes)


def test_errors_say_where() -> None:
    assert str(ConfigurationError("not a number", "$.cash")) == "$.cash: not a number"
    assert str(ConfigurationError("not a number")) == "not a number"
    error = StrategyError("ZeroDivisionError", "cross.py", 12, "on_bar", "cross")
    assert str(error) == "cross on_bar cross.py:12: ZeroDivisionError"
    assert (error.message, error.file, error.line, error.hook, error.strategy) == (
        "ZeroDivisionError",
        "cross.py",
        12,
        "on_bar",
        "cross",
    )
    assert str(StrategyError("stopped")) == "stopped"


def test_the_room_imports_nothing_heavy() -> None:
    program = (
        "import sys, atlas.records, atlas.records.units, atlas.records.instruments, atlas.records.order_states\n"
        "print([name for name in ('numba', 'pandas', 'duckdb', 'msgspec', 'atlas.kernel') if name in sys.modules])"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3] / "src")},
    )
    assert finished.stdout == "[]\n"
