from __future__ import annotations

import numpy as np
import pytest

from atlas.journal.show import RecordFormatter, field_values, format_time, split_records
from atlas.journal.strings import StringTable, encode_string
from atlas.records.enums import NULL
from atlas.records.errors import JournalError
from atlas.records.kinds import Kind
from atlas.records.layout import RECORDS, ROW, blank, view_rows
from tests.unit.journal.samples import bars, orders, rows_of


def test_a_record_is_one_line() -> None:
    line = RecordFormatter(instruments={1: "XNAS:AAPL"}).format(rows_of(bars(1)), 12)
    assert line == (
        "#12 2023-11-14T22:13:20.000000005Z BAR XNAS:AAPL open_units=100000000000 high_units=100000000003 "
        "low_units=99999999997 close_units=100000000001"
    )


def test_enumerations_are_shown_by_name_and_absent_values_not_at_all() -> None:
    line = RecordFormatter().format(rows_of(orders(1)))
    assert "NEW_ORDER instrument=1 side=+1 client_order_id=1" in line
    assert "order_type=LIMIT time_in_force=GTC" in line
    assert "stop_units" not in line
    assert "row2" not in line


@pytest.mark.parametrize("kind", sorted(RECORDS))
def test_every_kind_can_be_shown(kind: Kind) -> None:
    ones = np.full(RECORDS[kind].rows * 64, 0xFF, np.uint8).view(ROW)
    ones["kind"] = kind
    for rows in (view_rows(blank(kind)), ones):
        line = RecordFormatter().format(rows, 0)
        assert kind.name in line
        assert "\n" not in line


def test_texts_are_shown_with_their_number() -> None:
    table = StringTable()
    table.learn(encode_string(5, "stop hit {}"))
    record = blank(Kind.LOG_LINE)
    record["text_id"] = 5
    assert "text_id=5:'stop hit {}'" in RecordFormatter(table).format(view_rows(record))


def test_an_unknown_kind_is_shown_by_its_words() -> None:
    rows = rows_of(bars(1)).copy()
    rows["kind"] = 255
    assert "KIND_255" in RecordFormatter().format(rows)
    assert field_values(rows)["slot_1"] == 100_000_000_000


def test_rows_are_cut_into_records() -> None:
    rows = np.concatenate([rows_of(bars(2)), rows_of(orders(2)), rows_of(bars(1))])
    assert [(start, len(part)) for start, part in split_records(rows)] == [(0, 1), (1, 1), (2, 2), (4, 2), (6, 1)]
    assert [(start, len(part)) for start, part in split_records(rows[3:])] == [(0, 1), (1, 2), (3, 1)]
    assert list(split_records(rows[:0])) == []


def test_times() -> None:
    assert format_time(1_704_164_645_000_000_006) == "2024-01-02T03:04:05.000000006Z"
    assert format_time(-1) == "1969-12-31T23:59:59.999999999Z"
    assert format_time(None) == format_time(NULL) == "-"
    assert format_time(2**63 - 1) == "2262-04-11T23:47:16.854775807Z"


def test_broken_texts_are_refused() -> None:
    whole = encode_string(1, "x" * 300)
    for broken in (whole[:3], whole[4:], np.concatenate([whole[:4], whole[8:]])):
        with pytest.raises(JournalError):
            StringTable().learn(broken)
    for field, value in (("byte_count", 145), ("text_1", b"\xff")):
        record = blank(Kind.STRING)
        record["part_count"] = 1
        record["byte_count"] = 1
        record[field] = value
        with pytest.raises(JournalError):
            StringTable().learn(view_rows(record))
