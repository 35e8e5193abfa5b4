"""Rows of 64 bytes and their typed views: the builder of layouts, its proofs, and how arrays change their view."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from atlas.records.enums import NULL, RecordFlag
from atlas.records.errors import RecordError
from atlas.records.kinds import Kind

ROW_BYTES: Final = 64
HEADER_BYTES: Final = 24
MAXIMUM_ROWS: Final = 4

RecordArray = npt.NDArray[Any]
"""A one-dimensional structured array."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record, with what a reader must know about it.

    Parameters
    ----------
    name : str
        Whole words, unit last.
    format : str
        NumPy code without byte order: ``i8 u8 f8 i4 u4 f4 i2 u2 i1 u1`` or ``S`` and a length.
    unit : str
        What one step of the number is.
    null : str
        The value that means absent: ``NULL`` (-2**63), ``NaN``, ``0``, or ``-`` where it is never absent.
    meaning : str
        One phrase.
    """

    name: str
    format: str
    unit: str
    null: str
    meaning: str

    @property
    def size(self) -> int:
        """Bytes."""
        return int(self.format[1:])


HEADER: Final[tuple[Field, ...]] = (
    Field("venue_time_ns", "i8", "ns UTC", "NULL", "when it happened at the venue"),
    Field("local_time_ns", "i8", "ns UTC", "NULL", "when it became known here"),
    Field("instrument", "u4", "number", "0", "instrument, 0 for none"),
    Field("kind", "u1", "Kind", "-", "what the record is"),
    Field("side", "i1", "Side", "0", "+1 buy or bid, -1 sell or ask, 0 none"),
    Field("flags", "u2", "bits", "0", "bit 1 CONTINUED, bit 32768 WARM_UP, others by kind"),
)


@dataclass(frozen=True, slots=True)
class RecordLayout:
    """The layout of one kind: its dtype and the words that explain it.

    Parameters
    ----------
    kind : Kind
        The number in the `kind` byte.
    rows : int
        Rows of 64 bytes, 1 to 4.
    purpose : str
        One sentence.
    header : dict of str to str
        Meanings of `instrument`, `side` and the times where they differ from the usual.
    fields : tuple of Field
        Every field in order of offset, headers and reserved bytes included.
    offsets : tuple of int
        Byte offset of each field.
    dtype : numpy.dtype
        Structured, `rows` x 64 bytes.
    """

    kind: Kind
    rows: int
    purpose: str
    header: dict[str, str]
    fields: tuple[Field, ...]
    offsets: tuple[int, ...]
    dtype: np.dtype[Any]


def _header_fields(row: int) -> list[Field]:
    if row == 1:
        return list(HEADER)
    meaning = "repeats row 1; flags has CONTINUED set"
    return [Field(f"row{row}_{field.name}", field.format, field.unit, field.null, meaning) for field in HEADER]


def _reserved(start: int, stop: int) -> list[Field]:
    fields = []
    while start < stop:
        size = next(size for size in (8, 4, 2, 1) if start % size == 0 and start + size <= stop)
        format_code = "i8" if size == 8 else f"u{size}"
        fields.append(Field(f"reserved_{start}", format_code, "none", "0", "reserved, zero"))
        start += size
    return fields


def _placed(rows: int, fields: Sequence[Field]) -> list[tuple[int, Field]]:
    """Place fields at their offsets: aligned to their size, never across two rows, gaps filled by reserved fields."""
    placed: list[tuple[int, Field]] = []
    offset = 0

    def put(items: Iterable[Field]) -> None:
        nonlocal offset
        for item in items:
            placed.append((offset, item))
            offset += item.size

    row = 1
    put(_header_fields(row))
    for field in fields:
        aligned = offset if field.format[0] == "S" else -(-offset // field.size) * field.size
        if aligned + field.size > row * ROW_BYTES:
            put(_reserved(offset, row * ROW_BYTES))
            row += 1
            put(_header_fields(row))
            aligned = offset
        put(_reserved(offset, aligned))
        put([field])
    put(_reserved(offset, row * ROW_BYTES))
    if row != rows:
        raise RecordError(f"{rows} rows were stated, the fields take {row}")
    return placed


def _proved(name: str, dtype: np.dtype[Any], rows: int) -> np.dtype[Any]:
    """Return the dtype after every byte was found to belong to exactly one field."""
    end = 0
    for field_name in dtype.names or ():
        field_dtype, offset = dtype.fields[field_name][:2]  # type: ignore[index]
        if offset != end:
            raise RecordError(f"{name}.{field_name} stands at byte {offset}, not at {end}")
        end = offset + field_dtype.itemsize
    if not 1 <= rows <= MAXIMUM_ROWS or end != rows * ROW_BYTES or dtype.itemsize != end:
        raise RecordError(f"{name} has {end} of {dtype.itemsize} bytes, not {rows} x {ROW_BYTES}")
    return dtype


def record_dtype(name: str, rows: int, fields: Sequence[Field]) -> np.dtype[Any]:
    """Build a structured dtype of whole 64-byte rows, each with the common header.

    Parameters
    ----------
    name : str
        For messages only.
    rows : int
        1 to 4.
    fields : sequence of Field
        The body in order. A field is aligned to its own size and starts the next row where the current one is full;
        bytes left over become named fields ``reserved_OFFSET``.

    Returns
    -------
    numpy.dtype
        Little-endian, `rows` x 64 bytes, no byte unnamed.

    Raises
    ------
    RecordError
        The fields take another number of rows.
    """
    placed = _placed(rows, fields)
    return _proved(name, _dtype_of(placed, rows), rows)


def _dtype_of(placed: Sequence[tuple[int, Field]], rows: int) -> np.dtype[Any]:
    names = [field.name for _, field in placed]
    if len(set(names)) != len(names):
        raise RecordError(f"a field name stands twice in {names}")
    formats = [field.format if field.format[0] == "S" else f"<{field.format}" for _, field in placed]
    offsets = [offset for offset, _ in placed]
    return np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": rows * ROW_BYTES})


RECORDS: Final[dict[Kind, RecordLayout]] = {}
"""Every kind that the modules of this room define, with its words; complete once `atlas.records` is imported."""

LAYOUTS: Final[dict[Kind, np.dtype[Any]]] = {}
"""The dtype of every kind."""


def define(kind: Kind, rows: int, purpose: str, *fields: Field, **header: str) -> np.dtype[Any]:
    """Build a kind's dtype, prove it, and enter it in `RECORDS` and `LAYOUTS`.

    Parameters
    ----------
    kind : Kind
        Not defined before.
    rows : int
        1 to 4.
    purpose : str
        One sentence for the documents.
    *fields : Field
        The body.
    **header : str
        What `venue_time_ns`, `local_time_ns`, `instrument`, `side` or `flags` mean in this kind.

    Returns
    -------
    numpy.dtype
        The kind's dtype.

    Raises
    ------
    RecordError
        The kind is defined twice, a header name is unknown, or the layout doesn't hold.
    """
    unknown = set(header) - {field.name for field in HEADER}
    if kind in RECORDS or unknown:
        raise RecordError(f"{kind.name} is defined twice, or these are no header fields: {sorted(unknown)}")
    dtype = record_dtype(kind.name, rows, fields)
    placed = _placed(rows, fields)
    RECORDS[kind] = RecordLayout(
        kind, rows, purpose, dict(header), tuple(field for _, field in placed), tuple(at for at, _ in placed), dtype
    )
    LAYOUTS[kind] = dtype
    return dtype


ROW: Final = record_dtype("ROW", 1, [Field(f"slot_{n}", "i8", "none", "-", "any") for n in range(1, 6)])
"""The untyped row: the header and five whole numbers."""


def view_rows(records: RecordArray) -> RecordArray:
    """View the same bytes as untyped rows.

    Parameters
    ----------
    records : ndarray
        Contiguous, of any dtype in `LAYOUTS`.

    Returns
    -------
    ndarray of ROW
        Length ``len(records) * rows``.
    """
    return records.view(ROW)


def view_kind(rows: RecordArray, dtype: np.dtype[Any]) -> RecordArray:
    """View the same bytes as records of one kind.

    Parameters
    ----------
    rows : ndarray of ROW
        Contiguous; every record of the same kind.
    dtype : numpy.dtype
        One of `LAYOUTS`.

    Returns
    -------
    ndarray of dtype
        Shares memory with `rows`.

    Raises
    ------
    RecordError
        The rows are not a whole number of records.
    """
    if rows.size * rows.itemsize % dtype.itemsize:
        raise RecordError(f"{rows.size} rows are not a whole number of records of {dtype.itemsize} bytes")
    return rows.view(dtype)


def blank(kind: Kind, count: int = 1) -> RecordArray:
    """Make new records of one kind in which every field is absent and every header names the kind.

    Parameters
    ----------
    kind : Kind
        One of `LAYOUTS`.
    count : int
        Records, 0 or more.

    Returns
    -------
    ndarray
        Shape ``(count,)``; continuation rows have CONTINUED set.
    """
    layout = RECORDS[kind]
    records = np.zeros(count, layout.dtype)
    for field in layout.fields:
        if field.null == "NULL":
            records[field.name] = NULL
        elif field.null == "NaN":
            records[field.name] = np.nan
    records["kind"] = kind
    repeat_headers(records)
    return records


def repeat_headers(records: RecordArray) -> None:
    """Copy the header of each record's first row into its continuation rows, with CONTINUED set there.

    Parameters
    ----------
    records : ndarray
        Of one kind, changed in place. Call it after the last change of a header field.
    """
    for row in range(2, records.dtype.itemsize // ROW_BYTES + 1):
        for field in HEADER:
            records[f"row{row}_{field.name}"] = records[field.name]
        records[f"row{row}_flags"] |= np.uint16(RecordFlag.CONTINUED)
