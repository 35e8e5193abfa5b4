"""The builder of layouts refuses what doesn't fit, and arrays change their view without losing a byte."""

from __future__ import annotations

import numpy as np
import pytest

from atlas.records import LAYOUTS, NULL, RECORDS, ROW, Kind, blank, repeat_headers, view_kind, view_rows
from atlas.records.errors import RecordError
from atlas.records.layout import HEADER_BYTES, ROW_BYTES, Field, define, record_dtype


def whole(name: str, format_code: str = "i8") -> Field:
    return Field(name, format_code, "count", "NULL", "a number")


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_layout_of_whole_rows_without_gaps(kind: Kind) -> None:
    dtype = LAYOUTS[kind]
    assert dtype.itemsize == RECORDS[kind].rows * ROW_BYTES
    covered = np.zeros(dtype.itemsize, np.int64)
    assert dtype.fields is not None
    for field, offset, *_ in dtype.fields.values():
        covered[offset : offset + field.itemsize] += 1
    assert (covered == 1).all()


@pytest.mark.parametrize("kind", Kind)
def test_numbers_are_aligned_to_their_size_and_stay_within_a_row(kind: Kind) -> None:
    layout = RECORDS[kind]
    for offset, field in zip(layout.offsets, layout.fields, strict=True):
        assert offset // ROW_BYTES == (offset + field.size - 1) // ROW_BYTES
        if field.format[0] != "S":
            assert offset % field.size == 0


@pytest.mark.parametrize("kind", Kind)
def test_every_row_repeats_the_header(kind: Kind) -> None:
    dtype = LAYOUTS[kind]
    assert dtype.fields is not None
    assert ROW.fields is not None
    assert ROW.names is not None
    for row in range(1, RECORDS[kind].rows + 1):
        prefix = "" if row == 1 else f"row{row}_"
        for name in ROW.names[:6]:
            field, offset = dtype.fields[prefix + name][:2]
            assert (field, offset) == (ROW.fields[name][0], ROW.fields[name][1] + (row - 1) * ROW_BYTES)


def test_the_untyped_row_is_a_header_and_five_numbers() -> None:
    assert ROW.itemsize == 64
    assert ROW.fields is not None
    assert [ROW.fields[f"slot_{slot}"][1] for slot in range(1, 6)] == [HEADER_BYTES + 8 * slot for slot in range(5)]


def test_small_fields_are_packed_and_the_rest_is_reserved() -> None:
    dtype = record_dtype("TRIAL", 1, [whole("small", "u1"), whole("middle", "u4"), whole("large")])
    assert dtype.fields is not None
    assert [dtype.fields[name][1] for name in ("small", "reserved_25", "reserved_26", "middle", "large")] == [
        24,
        25,
        26,
        28,
        32,
    ]
    assert dtype.fields["reserved_40"][0] == np.dtype("<i8")


def test_a_sixth_number_starts_the_next_row() -> None:
    dtype = record_dtype("TRIAL", 2, [whole(f"number_{place}") for place in range(6)])
    assert dtype.fields is not None
    assert dtype.fields["number_5"][1] == ROW_BYTES + HEADER_BYTES


@pytest.mark.parametrize(
    ("rows", "fields", "message"),
    [
        (1, [whole(f"number_{place}") for place in range(6)], "1 rows were stated"),
        (2, [whole("lonely")], "2 rows were stated"),
        (1, [whole("twice"), whole("twice")], "stands twice"),
        (5, [whole(f"number_{place}") for place in range(25)], "5 x 64"),
    ],
)
def test_fields_that_do_not_fit_are_refused(rows: int, fields: list[Field], message: str) -> None:
    with pytest.raises(RecordError, match=message):
        record_dtype("TRIAL", rows, fields)


def test_a_kind_is_defined_once() -> None:
    with pytest.raises(RecordError, match="defined twice"):
        define(Kind.BAR, 1, "Again.", whole("number"))


def test_a_blank_record_is_absent_everywhere_and_names_its_kind_in_each_row() -> None:
    fills = blank(Kind.FILL, 2)
    assert fills["kind"].tolist() == fills["row3_kind"].tolist() == [Kind.FILL, Kind.FILL]
    assert fills["quantity_units"].tolist() == [NULL, NULL]
    assert fills["strategy"].tolist() == [0, 0]
    assert fills["flags"].tolist() == [0, 0]
    assert fills["row2_flags"].tolist() == fills["row3_flags"].tolist() == [1, 1]
    assert np.isnan(blank(Kind.SIGNAL)["strength"]).all()


def test_headers_are_repeated_after_a_change() -> None:
    orders = blank(Kind.NEW_ORDER)
    orders["instrument"], orders["side"], orders["flags"], orders["local_time_ns"] = 7, -1, 4, 99
    repeat_headers(orders)
    assert orders["row2_instrument"][0] == 7
    assert orders["row2_side"][0] == -1
    assert orders["row2_local_time_ns"][0] == 99
    assert orders["row2_flags"][0] == 4 | 1
    assert orders["flags"][0] == 4


def test_views_share_memory_and_return() -> None:
    fills = blank(Kind.FILL, 3)
    rows = view_rows(fills)
    assert rows.shape == (9,)
    rows["slot_1"][3] = 41
    assert fills["client_order_id"][1] == 41
    assert view_kind(rows, LAYOUTS[Kind.FILL]).shape == (3,)
    with pytest.raises(RecordError, match="not a whole number"):
        view_kind(rows[:4], LAYOUTS[Kind.FILL])
