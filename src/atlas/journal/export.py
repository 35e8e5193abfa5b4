"""Archived journals for other tools: JSON Lines, and a Parquet file for each kind, both with what explains them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from atlas.journal.format import SegmentHeader
from atlas.journal.reader import JournalReader
from atlas.journal.show import enumeration_of, field_values, layout_of, split_records
from atlas.journal.strings import StringTable, string_parts
from atlas.records.enums import NULL
from atlas.records.errors import JournalError
from atlas.records.kinds import Kind
from atlas.records.layout import RECORDS, ROW_BYTES, Field, RecordLayout, view_rows

Rows = npt.NDArray[Any]
SKIPPED_PREFIXES: Final = ("row2_", "row3_", "row4_", "reserved_")
DESCRIPTION_NAME: Final = "journal.json"


def describe(reader: JournalReader) -> dict[str, Any]:
    """Say in plain values what a journal is: its headers, its end, and the layout of every kind.

    Parameters
    ----------
    reader : JournalReader
        The journal; it is read through if it has not been.
    """
    tail = reader.tail
    return {
        "segments": [_header_values(header) for header in reader.headers],
        "record_count": tail.next_sequence,
        "closed": tail.is_closed,
        "torn_bytes": tail.cut_bytes,
        "layouts": {kind.name: _layout_values(layout) for kind, layout in RECORDS.items()},
    }


def _header_values(header: SegmentHeader) -> dict[str, Any]:
    identity = header.identity
    return {
        "segment_number": header.segment_number,
        "format_version": header.format_version,
        "layout_version": header.layout_version,
        "durability": header.durability.name,
        "first_sequence": header.first_sequence,
        "run_id": str(identity.run_id),
        "boot_epoch": identity.boot_epoch,
        "created_time_ns": identity.created_time_ns,
        "configuration_hash": identity.configuration_hash.hex(),
        "code_hash": identity.code_hash.hex(),
        "seed": identity.seed,
        "metadata": dict(identity.metadata),
    }


def _layout_values(layout: RecordLayout) -> dict[str, Any]:
    fields = [
        {"name": item.name, "unit": item.unit, "null": item.null, "meaning": item.meaning}
        for item in _shown_fields(layout)
    ]
    return {"kind": int(layout.kind), "rows": layout.rows, "purpose": layout.purpose, "fields": fields}


def _shown_fields(layout: RecordLayout) -> list[Field]:
    return [item for item in layout.fields if not item.name.startswith(SKIPPED_PREFIXES)]


def export_json_lines(journal: Path, target: Path) -> int:
    """Write a journal as JSON Lines: first what it is, then a record a line.

    Parameters
    ----------
    journal : pathlib.Path
        A folder or a segment.
    target : pathlib.Path
        The file to write; replaced.

    Returns
    -------
    int
        Records written.

    Raises
    ------
    JournalError
        The journal can't be read or is damaged, or the file can't be written.
    """
    reader, strings, count = JournalReader(journal), StringTable(), 0
    try:
        with Path(target).open("w", encoding="utf-8") as file:
            file.write(json.dumps({"journal": describe(reader)}, allow_nan=False) + "\n")
            for block in reader.blocks():
                strings.learn(block.rows)
                for index, rows in split_records(block.rows):
                    file.write(_line(block.first_sequence + index, rows, strings) + "\n")
                    count += 1
    except OSError as error:
        raise JournalError(f"{target} can't be written: {error}") from error
    return count


def _line(sequence: int, rows: Rows, strings: Mapping[int, str]) -> str:
    values = {"sequence": sequence, **field_values(rows)}
    layout = layout_of(rows)
    for item in layout.fields if layout else ():
        if item.unit == "string id" and values.get(item.name) in strings:
            values[item.name.removesuffix("_id") + "_text"] = strings[values[item.name]]
        if isinstance(value := values.get(item.name), float) and not np.isfinite(value):
            values[item.name] = str(value)
    return json.dumps(values, ensure_ascii=True, allow_nan=False)


def export_parquet(journal: Path, folder: Path) -> dict[str, int]:
    """Write a journal as a Parquet file for each kind, with a description that also stands in each file's metadata.

    Absent values are NULL; enumerations stand beside their number as text in a column ``..._name``. A journal larger
    than memory is spooled through a temporary database in `folder`.

    Parameters
    ----------
    journal : pathlib.Path
        A folder or a segment.
    folder : pathlib.Path
        Created when absent; gets ``journal.json`` and files such as ``new_order.parquet``.

    Returns
    -------
    dict of str to int
        Records by name of their kind.

    Raises
    ------
    JournalError
        The journal can't be read or is damaged, a record is of an unknown kind, or a file can't be written.
    """
    import duckdb

    reader, counts = JournalReader(journal), dict[str, int]()
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        description = describe(reader)
        (folder / DESCRIPTION_NAME).write_text(json.dumps(description, indent=1) + "\n", encoding="utf-8")
        with tempfile.TemporaryDirectory(dir=folder) as spool, duckdb.connect(f"{spool}/spool.duckdb") as database:
            for first_sequence, rows in _batches(reader):
                for layout, columns in _tables(first_sequence, rows):
                    _store(database, layout.kind.name.lower(), columns, counts)
            for name in counts:
                _write_parquet(database, name, folder / f"{name}.parquet", description)
    except (OSError, duckdb.Error) as error:
        raise JournalError(f"{folder} can't be written: {error}") from error
    return {name.upper(): count for name, count in counts.items()}


def _batches(reader: JournalReader, minimum_rows: int = 262_144) -> Iterator[tuple[int, Rows]]:
    """Blocks joined to batches that are worth a statement each."""
    parts: list[Rows] = []
    first_sequence = waiting = 0
    for block in reader.blocks():
        if not parts:
            first_sequence = block.first_sequence
        parts.append(block.rows)
        waiting += len(block.rows)
        if waiting >= minimum_rows:
            yield first_sequence, np.concatenate(parts)
            parts, waiting = [], 0
    if parts:
        yield first_sequence, np.concatenate(parts)


def _tables(first_sequence: int, rows: Rows) -> Iterator[tuple[RecordLayout, dict[str, Any]]]:
    starts = np.flatnonzero(rows["flags"] & 1 == 0)
    lengths = np.diff(np.append(starts, len(rows)))
    kinds = rows["kind"][starts]
    known = {int(kind): layout for kind, layout in RECORDS.items()}
    for kind in np.unique(kinds).tolist():
        chosen = kinds == kind
        if kind not in known or (lengths[chosen] != known[kind].rows).any():
            where = first_sequence + int(starts[chosen][0])
            raise JournalError(
                f"a record of kind {kind} from record {where} on is unknown or has a wrong number of rows"
            )
        layout, places = known[kind], starts[chosen]
        indices = places[:, None] + np.arange(layout.rows)
        records = rows[indices.reshape(-1)].view(np.uint8).reshape(len(places), layout.rows * ROW_BYTES)
        yield layout, _columns(layout, records.reshape(-1).view(layout.dtype), first_sequence + places)


def _columns(layout: RecordLayout, records: Rows, sequences: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
    """Arrays of a kind's fields as they stand in the records; the interned text alone is decoded."""
    columns = {"sequence": sequences.astype(np.int64)}
    for item in _shown_fields(layout):
        if not item.format.startswith("S"):
            columns[item.name] = np.ascontiguousarray(records[item.name])
    if layout.kind == Kind.STRING:
        texts = [content.decode("utf-8", "backslashreplace") for _, content in string_parts(view_rows(records))]
        columns["text"] = np.array(texts, object)
    return columns


def _store(database: Any, name: str, columns: dict[str, npt.NDArray[Any]], counts: dict[str, int]) -> None:
    database.register("batch", columns)
    if name not in counts:
        database.execute(f'CREATE TABLE "{name}" AS SELECT * FROM batch LIMIT 0')
    database.execute(f'INSERT INTO "{name}" SELECT * FROM batch')
    database.unregister("batch")
    counts[name] = counts.get(name, 0) + len(columns["sequence"])


def _write_parquet(database: Any, name: str, path: Path, description: dict[str, Any]) -> None:
    """Write one spooled table; absent values become NULL, enumerations get their names beside them."""
    layout = RECORDS[Kind[name.upper()]]
    own = description | {"layouts": {name.upper(): description["layouts"][name.upper()]}}
    columns = ["sequence", *(text for item in _shown_fields(layout) for text in _expressions(item))]
    if layout.kind == Kind.STRING:
        columns.append("text")
    selection = f'SELECT {", ".join(columns)} FROM "{name}" ORDER BY sequence'
    metadata = f"KV_METADATA {{atlas_journal: {_quoted(json.dumps(own))}}}"
    database.execute(f"COPY ({selection}) TO {_quoted(str(path))} (FORMAT PARQUET, COMPRESSION ZSTD, {metadata})")


def _expressions(item: Field) -> list[str]:
    if item.format.startswith("S"):
        return []
    column = f'"{item.name}"'
    if item.null == "NULL":
        return [f"nullif({column}, {NULL}) AS {column}"]
    enumeration = enumeration_of(item.unit)
    if enumeration is None or item.name in ("side", "kind"):
        return [column]
    cases = " ".join(f"WHEN {int(member)} THEN '{member.name}'" for member in enumeration)
    return [column, f'CASE {column} {cases} END AS "{item.name}_name"']


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
