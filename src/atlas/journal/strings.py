"""Texts and foreign ids as numbers: the table that a writer fills and a reader rebuilds from STRING records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from atlas.records.enums import NULL, RecordFlag
from atlas.records.errors import JournalError
from atlas.records.kinds import Kind
from atlas.records.layout import blank, repeat_headers, view_rows
from atlas.records.reference import STRING

PART_BYTES: Final = 144
MAXIMUM_PARTS: Final = 65_535
TEXT_SLOTS: Final = ((40, 24), (88, 40), (152, 40), (216, 40))
"""Byte offset and length of the places of a text in a STRING record."""

Rows = npt.NDArray[Any]


def encode_string(string_id: int, text: str, category: int = 0, local_time_ns: int = NULL) -> Rows:
    """Build the STRING records of one text.

    Parameters
    ----------
    string_id : int
        Its number, 1 or more.
    text : str
        Any text; lone surrogates, as file names may hold, included.
    category : int
        0 text, 1 foreign order id, 2 foreign execution id, 3 symbol.
    local_time_ns : int
        When it was interned, ns UTC; NULL for none.

    Returns
    -------
    ndarray of ROW
        Four rows for each 144 bytes of UTF-8, at least four.

    Raises
    ------
    JournalError
        The text has more than 9,437,040 bytes.
    """
    content = text.encode("utf-8", "surrogatepass")
    part_count = max(1, -(-len(content) // PART_BYTES))
    if part_count > MAXIMUM_PARTS:
        raise JournalError(f"a text of {len(content)} bytes is too long to be interned")
    records = blank(Kind.STRING, part_count)
    records["local_time_ns"] = local_time_ns
    records["string_id"] = string_id
    records["part"] = np.arange(part_count)
    records["part_count"] = part_count
    records["category"] = category
    repeat_headers(records)
    raw = records.view(np.uint8).reshape(part_count, STRING.itemsize)
    padded = np.frombuffer(content.ljust(part_count * PART_BYTES, b"\0"), np.uint8).reshape(part_count, PART_BYTES)
    position = 0
    for offset, length in TEXT_SLOTS:
        raw[:, offset : offset + length] = padded[:, position : position + length]
        position += length
    records["byte_count"] = np.minimum(len(content) - np.arange(part_count) * PART_BYTES, PART_BYTES)
    return view_rows(records)


def string_parts(rows: Rows) -> Iterator[tuple[Any, bytes]]:
    """Find the STRING records among `rows`, each with its bytes.

    Raises
    ------
    JournalError
        A STRING record is incomplete or states more bytes than it has.
    """
    first_rows = (rows["kind"] == Kind.STRING) & (rows["flags"] & RecordFlag.CONTINUED == 0)
    for position in np.flatnonzero(first_rows):
        raw = rows[position : position + 4].tobytes()
        if len(raw) < STRING.itemsize or not all(raw[64 * row + 22] & RecordFlag.CONTINUED for row in (1, 2, 3)):
            raise JournalError(f"the STRING record at row {position} is incomplete")
        record = np.frombuffer(raw, STRING)[0]
        byte_count = int(record["byte_count"])
        if byte_count > PART_BYTES:
            raise JournalError(f"the STRING record at row {position} states {byte_count} bytes")
        content = b"".join(raw[offset : offset + length] for offset, length in TEXT_SLOTS)
        yield record, content[:byte_count]


class StringTable(Mapping[int, str]):
    """Texts by number, and numbers by text."""

    def __init__(self) -> None:
        self._texts: dict[int, str] = {}
        self._numbers: dict[tuple[str, int], int] = {}
        self._open_parts: dict[int, list[bytes]] = {}
        self._last_id = 0

    def __getitem__(self, string_id: int) -> str:
        return self._texts[string_id]

    def __iter__(self) -> Iterator[int]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)

    def find(self, text: str, category: int = 0) -> int:
        """Return the number of `text` in `category`; 0 when it has none."""
        return self._numbers.get((text, category), 0)

    def add(self, text: str, category: int = 0) -> int:
        """Give `text`, which has none yet, the next number."""
        string_id = self._last_id + 1
        self._enter(string_id, text, category)
        return string_id

    def learn(self, rows: Rows) -> None:
        """Enter every text whose STRING records stand in `rows`, which continue what was learnt before.

        Parameters
        ----------
        rows : ndarray of ROW
            Whole records, in order of the journal.

        Raises
        ------
        JournalError
            A STRING record is incomplete, or the parts of a text don't follow each other.
        """
        for record, content in string_parts(rows):
            string_id, part, part_count = (int(record[name]) for name in ("string_id", "part", "part_count"))
            parts = self._open_parts.setdefault(string_id, [])
            if part == 0:
                parts.clear()
            if part != len(parts) or part >= part_count:
                raise JournalError(f"text {string_id}: part {part} of {part_count} follows part {len(parts) - 1}")
            parts.append(content)
            if len(parts) == part_count:
                try:
                    text = b"".join(self._open_parts.pop(string_id)).decode("utf-8", "surrogatepass")
                except UnicodeDecodeError as error:
                    raise JournalError(f"text {string_id} is not UTF-8: {error}") from error
                self._enter(string_id, text, int(record["category"]))

    def _enter(self, string_id: int, text: str, category: int) -> None:
        self._texts[string_id] = text
        self._numbers[text, category] = string_id
        self._last_id = max(self._last_id, string_id)
