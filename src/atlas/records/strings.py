"""Texts and foreign ids as STRING records, and back."""

from __future__ import annotations

from typing import Final

import numpy as np

from atlas.records.errors import RecordError
from atlas.records.kinds import Kind
from atlas.records.layout import RecordArray, blank

_PARTS: Final = (("text_1", 0, 24), ("text_2", 24, 64), ("text_3", 64, 104), ("text_4", 104, 144))
STRING_BYTES: Final = 144
"""Bytes of UTF-8 that one STRING record holds."""


def encode_string(string_id: int, text: str, category: int = 0) -> RecordArray:
    """Write a text as STRING records.

    Parameters
    ----------
    string_id : int
        Number under which other records name the text; not 0.
    text : str
        Any, up to 65,535 x 144 bytes of UTF-8.
    category : int
        See the kind's table.

    Returns
    -------
    ndarray of STRING
        One record for each 144 bytes, at least one.

    Raises
    ------
    RecordError
        The number is 0 or the text too long.
    """
    data = text.encode()
    part_count = max(1, -(-len(data) // STRING_BYTES))
    if string_id == 0 or part_count > np.iinfo(np.uint16).max:
        raise RecordError(f"string {string_id} of {len(data)} bytes can't be interned")
    records = blank(Kind.STRING, part_count)
    records["string_id"] = string_id
    records["category"] = category
    records["part"] = np.arange(part_count)
    records["part_count"] = part_count
    for part in range(part_count):
        chunk = data[part * STRING_BYTES : (part + 1) * STRING_BYTES]
        records["byte_count"][part] = len(chunk)
        for name, start, stop in _PARTS:
            records[name][part] = chunk[start:stop]
    return records


def decode_string(records: RecordArray) -> tuple[int, str]:
    """Read a text back from its STRING records.

    Parameters
    ----------
    records : ndarray of STRING
        All parts of one text, in order.

    Returns
    -------
    tuple of int and str
        The text's number and the text.

    Raises
    ------
    RecordError
        Parts are missing, out of order, or no UTF-8.
    """
    expected = np.arange(records.size)
    if not records.size or (records["part_count"] != records.size).any() or (records["part"] != expected).any():
        raise RecordError("a string's parts are missing or out of order")
    if (records["string_id"] != records["string_id"][0]).any():
        raise RecordError("parts of several strings are mixed")
    data = bytearray()
    for record in records:
        chunk = b"".join(bytes(record[name]).ljust(stop - start, b"\0") for name, start, stop in _PARTS)
        data += chunk[: int(record["byte_count"])]
    try:
        return int(records["string_id"][0]), data.decode()
    except UnicodeDecodeError as error:
        raise RecordError(f"string {int(records['string_id'][0])} is no UTF-8: {error}") from error
