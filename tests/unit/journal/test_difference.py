from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy.typing as npt
import pytest

from atlas.journal import JournalWriter, find_difference
from atlas.records.layout import repeat_headers
from tests.unit.journal.samples import START_NS, bars, identity, orders


def write(folder: Path, *parts: npt.NDArray[Any], **changes: Any) -> Path:
    with JournalWriter.create(folder, identity(**changes)) as writer:
        for part in parts:
            writer.append_many(part)
            writer.commit()
    return folder


def test_the_same_records_do_not_differ(tmp_path: Path) -> None:
    first = write(tmp_path / "a", bars(10), orders(5))
    second = write(tmp_path / "b", bars(3), bars(7, 3), orders(4), orders(1, 4))
    difference = find_difference(first, second)
    assert difference.is_same
    assert difference.equal_rows == 20
    assert difference.headers == ()
    assert str(difference) == "the same 20 records"


@pytest.mark.parametrize(("changed", "field"), [(3, "client_order_id"), (3, "stop_loss_units"), (0, "time_in_force")])
def test_the_first_difference_is_named_field_by_field(tmp_path: Path, changed: int, field: str) -> None:
    other = orders(5)
    other[field][changed] = 2
    first, second = write(tmp_path / "a", bars(4), orders(5)), write(tmp_path / "b", bars(4), other)
    difference = find_difference(first, second)
    assert difference.sequence == 4 + 2 * changed
    assert difference.kind == "NEW_ORDER"
    assert difference.time_ns == START_NS + changed
    assert [item.name for item in difference.fields] == [field]
    assert difference.first is not None
    assert len(difference.first.rows) == 2
    assert difference.first.path == tmp_path / "a" / "journal-000001.atlas"
    assert f"part at record {difference.sequence}: NEW_ORDER" in str(difference)
    assert f"  {field}: " in str(difference)


def test_a_difference_across_blocks_finds_the_whole_record(tmp_path: Path) -> None:
    other = orders(3)
    other["take_profit_units"][2] = 7
    first = write(tmp_path / "a", orders(3))
    second = write(tmp_path / "b", other[:1], other[1:2], other[2:])
    difference = find_difference(first, second)
    assert difference.sequence == 4
    assert [(item.name, item.first, item.second) for item in difference.fields] == [("take_profit_units", None, 7)]


def test_another_kind_is_named(tmp_path: Path) -> None:
    difference = find_difference(write(tmp_path / "a", bars(2)), write(tmp_path / "b", bars(1), orders(1)))
    assert (difference.sequence, difference.kind) == (1, "BAR or NEW_ORDER")


def test_one_journal_ends_before_the_other(tmp_path: Path) -> None:
    difference = find_difference(write(tmp_path / "a", bars(2)), write(tmp_path / "b", bars(3)))
    assert difference.sequence == 2
    assert difference.first is not None
    assert difference.first.line == "the journal has ended"
    assert difference.fields == ()
    assert "BAR" in str(difference)


def test_bytes_that_are_not_shown_differ_too(tmp_path: Path) -> None:
    other = orders(1)
    other["row2_instrument"] = 9
    difference = find_difference(write(tmp_path / "a", orders(1)), write(tmp_path / "b", other))
    assert [item.name for item in difference.fields] == ["row2_instrument"]
    assert difference.sequence == 0
    repeat_headers(other)
    assert other.tobytes() == orders(1).tobytes()


def test_headers_that_differ_are_noted(tmp_path: Path) -> None:
    first = write(tmp_path / "a", bars(1))
    second = write(tmp_path / "b", bars(1), seed=43, code_hash=b"\x03", metadata={"seeds": {"latency": 8}})
    difference = find_difference(first, second)
    assert difference.is_same
    names = [item.name for item in difference.headers]
    assert names == ["code_hash", "seed", "metadata.configuration", "metadata.seeds"]
    assert "header seed: 42 | 43" in str(difference)


def test_comparing_starts_where_it_is_told(tmp_path: Path) -> None:
    other = bars(5)
    other["open_units"][0] = 1
    first, second = write(tmp_path / "a", bars(5)), write(tmp_path / "b", other)
    assert not find_difference(first, second).is_same
    assert find_difference(first, second, start_sequence=1).is_same
