"""The bytes are what the documented tables say, read by `struct`: this test knows nothing of the layout builder."""

from __future__ import annotations

import re
import struct
from itertools import count
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from atlas.records import LAYOUTS, Kind

PAGE = Path(__file__).parents[3] / "docs" / "records.md"
CODES = {"i8": "q", "u8": "Q", "f8": "d", "i4": "i", "u4": "I", "i2": "h", "u2": "H", "i1": "b", "u1": "B"}

# Written by hand from the description of the records, not from the code: header, then each row's body.
HEADER = "qqIBbH"
BY_HAND = {
    Kind.BAR: ["qqqqq"],
    Kind.QUOTE: ["qqqqq"],
    Kind.NEW_ORDER: ["qqqqHHBBBB", "qqqdq"],
    Kind.CANCEL_ORDER: ["qqqHHBBHq"],
    Kind.REPLACE_ORDER: ["qqqqq", "qqHHBBBBqq"],
    Kind.EXECUTION_REPORT: ["qqqqBBBBBBBB", "qqqqq", "qqdqq", "qqqqHHHH"],
    Kind.ORDER_TRANSITION: ["qBBBBBBHqqq"],
    Kind.FILL: ["qqqqq", "qqqHHBBBBq", "qqqqq"],
    Kind.EQUITY_POINT: ["qqqqq", "qqqqd"],
}


class Line(NamedTuple):
    offset: int
    size: int
    format: str
    name: str


def tables() -> dict[str, list[Line]]:
    """Give the rows of each kind's table in the documents."""
    found: dict[str, list[Line]] = {}
    name = ""
    for text in PAGE.read_text(encoding="utf-8").splitlines():
        if title := re.fullmatch(r"### (\w+) = \d+", text):
            name = title.group(1)
            found[name] = []
        elif row := re.match(r"\| (\d+) \| (\d+) \| (\w+) \| `(\w+)` \|", text):
            found[name].append(Line(int(row.group(1)), int(row.group(2)), row.group(3), row.group(4)))
    return found


TABLES = tables()


def code(format_code: str) -> str:
    return CODES.get(format_code) or f"{int(format_code[1:])}s"


def test_the_page_has_every_kind_and_no_other() -> None:
    assert sorted(TABLES) == sorted(kind.name for kind in Kind)


@pytest.mark.parametrize("kind", Kind)
def test_the_table_has_no_hole_and_no_overlap(kind: Kind) -> None:
    end = 0
    for line in TABLES[kind.name]:
        assert line.offset == end, line
        assert struct.calcsize("<" + code(line.format)) == line.size, line
        end += line.size
    assert end % 64 == 0
    assert 64 <= end <= 256


@pytest.mark.parametrize("kind", Kind)
def test_packed_bytes_are_read_back_by_name(kind: Kind) -> None:
    lines = TABLES[kind.name]
    numbers = count(1)
    values = [b"x" * line.size if line.format[0] == "S" else next(numbers) for line in lines]
    data = struct.pack("<" + "".join(code(line.format) for line in lines), *values)
    dtype = LAYOUTS[kind]
    assert dtype.itemsize == len(data)
    record = memoryview(data)
    assert dtype.names == tuple(line.name for line in lines)
    read = np.frombuffer(record, dtype)[0]
    assert [read[line.name].item() for line in lines] == values


@pytest.mark.parametrize("kind", BY_HAND)
def test_formats_written_by_hand_agree(kind: Kind) -> None:
    rows = BY_HAND[kind]
    assert all(struct.calcsize("<" + HEADER + row) == 64 for row in rows)
    assert "".join(code(line.format) for line in TABLES[kind.name]) == "".join(HEADER + row for row in rows)
