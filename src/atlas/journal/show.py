"""Records in words: one line for a person, one dictionary for a machine, both by the layouts of `atlas.records`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import IntEnum
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from atlas.records import enums
from atlas.records.enums import NULL, RecordFlag
from atlas.records.kinds import Kind
from atlas.records.layout import RECORDS, ROW_BYTES, Field, RecordLayout

Rows = npt.NDArray[Any]

HEADER_NAMES: Final = ("venue_time_ns", "local_time_ns", "instrument", "kind", "side", "flags")
KNOWN_KINDS: Final = {int(kind): layout for kind, layout in RECORDS.items()}


def split_records(rows: Rows) -> Iterator[tuple[int, Rows]]:
    """Cut rows into records.

    Parameters
    ----------
    rows : ndarray of ROW
        Whole records, one after the other.

    Yields
    ------
    tuple of int, ndarray
        Index of the record's first row, and its rows: a row without CONTINUED and those with it that follow.
    """
    starts = np.flatnonzero(rows["flags"] & RecordFlag.CONTINUED == 0)
    ends = np.append(starts, len(rows))[1:]
    if (len(starts) and starts[0]) or (len(rows) and not len(starts)):
        yield 0, rows[: starts[0] if len(starts) else len(rows)]
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        yield start, rows[start:end]


def layout_of(rows: Rows) -> RecordLayout | None:
    """Return the layout of the record in `rows`; None for an unknown kind or a wrong number of rows."""
    layout = KNOWN_KINDS.get(int(rows["kind"][0]))
    return layout if layout and layout.rows == len(rows) else None


@lru_cache(maxsize=1024)
def enumeration_of(unit: str) -> type[IntEnum] | None:
    """Return the enumeration that a field's unit names, None for a unit that is none."""
    if unit == "Kind":
        return Kind
    found = getattr(enums, unit, None)
    return found if isinstance(found, type) and issubclass(found, IntEnum) else None


def field_values(rows: Rows) -> dict[str, Any]:
    """Values of a record by name, absent ones as None, enumerations by name, texts as text.

    Parameters
    ----------
    rows : ndarray of ROW
        One record.

    Returns
    -------
    dict
        In order of the layout, without reserved fields and repeated headers. A record of an unknown kind, or with a
        wrong number of rows, gives its header and its slots as ``slot_1``, ``slot_2``, ...
    """
    layout = layout_of(rows)
    if layout is None:
        return _raw_values(rows)
    record = np.frombuffer(rows.tobytes(), layout.dtype)[0]
    return {
        field.name: _value(field, record[field.name])
        for field in layout.fields
        if not field.name.startswith(("row2_", "row3_", "row4_", "reserved_"))
    }


def _raw_values(rows: Rows) -> dict[str, Any]:
    values: dict[str, Any] = {name: int(rows[name][0]) for name in HEADER_NAMES}
    words = np.frombuffer(rows.tobytes(), "<i8").reshape(-1, ROW_BYTES // 8)[:, 3:].reshape(-1)
    return values | {f"slot_{number}": int(word) for number, word in enumerate(words, 1)}


def _value(field: Field, value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    plain = value.item()
    if (field.null == "NULL" and plain == NULL) or (isinstance(plain, float) and math.isnan(plain)):
        return None
    enumeration = enumeration_of(field.unit)
    if enumeration is None or field.name == "side":
        return plain
    if not plain and field.null == "0":
        return None
    try:
        return enumeration(plain).name
    except ValueError:
        return plain


def format_time(time_ns: int | None) -> str:
    """Write a time in ns UTC as ``2024-01-02T03:04:05.000000006Z``; ``-`` for an absent one."""
    if time_ns is None or time_ns == NULL:
        return "-"
    seconds, nanoseconds = divmod(time_ns, 10**9)
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return f"{time_ns}ns"
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{nanoseconds:09d}Z"


class RecordFormatter:
    """Write records as lines.

    Parameters
    ----------
    strings : mapping of int to str, optional
        Texts by number, such as a `StringTable`; fields of unit ``string id`` are shown with their text.
    instruments : mapping of int to str, optional
        Names of instruments by number.
    """

    def __init__(self, strings: Mapping[int, str] | None = None, instruments: Mapping[int, str] | None = None) -> None:
        self.strings = strings or {}
        self.instruments = instruments or {}

    def format(self, rows: Rows, sequence: int | None = None) -> str:
        """Write one record as one line: sequence, local time, kind, instrument, side, then every field that is present.

        Parameters
        ----------
        rows : ndarray of ROW
            One record.
        sequence : int, optional
            Of its first row.
        """
        values = field_values(rows)
        head = [] if sequence is None else [f"#{sequence}"]
        time_ns = values["local_time_ns"]
        shown_time = values["venue_time_ns"] if time_ns in (None, NULL) else time_ns
        kind = values["kind"]
        head += [format_time(shown_time), kind if isinstance(kind, str) else f"KIND_{kind}"]
        if values["instrument"]:
            head.append(self.instruments.get(values["instrument"], f"instrument={values['instrument']}"))
        if values["side"]:
            head.append(f"side={values['side']:+d}")
        if values["flags"]:
            head.append(f"flags={values['flags']}")
        return " ".join(head + self._body(rows, values))

    def _body(self, rows: Rows, values: Mapping[str, Any]) -> list[str]:
        layout = layout_of(rows)
        units = {field.name: field for field in layout.fields} if layout else {}
        parts = []
        for name, value in values.items():
            field = units.get(name)
            absent = value is None or value == "" or (value == 0 and field is not None and field.null == "0")
            if name not in HEADER_NAMES and not absent:
                parts.append(f"{name}={self.text_of(field, value)}")
        return parts

    def text_of(self, field: Field | None, value: Any) -> str:
        """Write one value: times as dates, interned texts with their text, all else as Python writes it."""
        if value is None:
            return "-"
        if field is not None and field.unit == "ns UTC":
            return format_time(value)
        if field is not None and field.unit == "string id" and value in self.strings:
            return f"{value}:{self.strings[value]!r}"
        return value if isinstance(value, str) else repr(value)
