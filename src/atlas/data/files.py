"""CSV and Parquet files as tables, read by DuckDB (imported when the first file is read)."""

import csv
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from atlas.records.enums import NULL
from atlas.records.errors import DataError

from .tables import PRICE_COLUMNS, Table, Times, as_floats, find_columns
from .times import HOW_TO_WRITE, decimal_to_ns, epoch_to_ns, form_of

if TYPE_CHECKING:
    import duckdb

CSV_SUFFIXES: Final = (".csv", ".txt", ".tsv", ".csv.gz", ".csv.zst", ".txt.gz", ".tsv.gz")
PARQUET_SUFFIXES: Final = (".parquet", ".pq")
_SEPARATORS = (",", ";", "\t")
_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT")
_TEXTS = ("VARCHAR", "TEXT_WITH_COMMA")
_SAMPLE_ROWS = 100
# Below this, threads cost more than they bring: buffers of their own, and their start.
_SMALL_FILE_BYTES = 1 << 26


def is_market_file(path: Path) -> bool:
    """Whether a file is one that `read_file` reads, by its suffix."""
    return path.name.lower().endswith((*CSV_SUFFIXES, *PARQUET_SUFFIXES))


def stem_of(path: Path) -> str:
    """File name without its suffixes: the symbol of a file that names none."""
    lowered = path.name.lower()
    suffixes = sorted((*CSV_SUFFIXES, *PARQUET_SUFFIXES), key=len, reverse=True)
    suffix = next((known for known in suffixes if lowered.endswith(known)), path.suffix)
    return path.name[: len(path.name) - len(suffix)] if suffix else path.name


def read_file(path: Path, columns: Mapping[str, str] | None = None) -> Table:
    """
    Table of a CSV or Parquet file.

    Parameters
    ----------
    path : Path
        ``.csv`` (also ``.gz``, ``.zst``; separator comma, semicolon or tab; header in any case) or ``.parquet``.
    columns : mapping of str to str, optional
        Header by standard name (time, open, high, low, close, volume, symbol), where the header is unusual.

    Returns
    -------
    Table
        In the order of the file.

    Raises
    ------
    DataError
        The file is absent, of an unknown kind, empty, malformed, or lacks a column.
    """
    if not path.exists():
        raise DataError(f"{path}: no such file")
    if not is_market_file(path):
        raise DataError(
            f"{path.name}: unknown kind of file: give {', '.join((*CSV_SUFFIXES[:3], PARQUET_SUFFIXES[0]))}"
        )
    import duckdb

    is_csv = not path.name.lower().endswith(PARQUET_SUFFIXES)
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        if path.stat().st_size < _SMALL_FILE_BYTES:
            connection.execute("SET threads = 1")
        try:
            relation, types = (_csv_relation if is_csv else _parquet_relation)(connection, path)
            return _table_of(_FileReader(connection, path, relation, types, is_csv), columns)
        except duckdb.Error as error:
            raise DataError(_plain_error(path.name, str(error))) from error


def _table_of(reader: "_FileReader", columns: Mapping[str, str] | None) -> Table:
    import duckdb

    try:
        return reader.table(columns)
    except duckdb.ConversionException:
        # DuckDB moves TRY_CAST into its reader of CSV, where a cell that is no number is an error instead of NULL.
        reader.hold_cells()
        return reader.table(columns)


def _csv_relation(connection: "duckdb.DuckDBPyConnection", path: Path) -> tuple[str, dict[str, str]]:
    """Give the SQL that reads the file with every column as text, and the type of each column."""
    lines = _first_lines(connection, path)
    if lines and any(lines) and not lines[0].strip():
        raise DataError(f"{path.name}: line 1 is blank: the header must stand there")
    if not lines or not lines[0].strip():
        raise DataError(f"{path.name}: the file is empty: it needs a header line and at least one row")
    separator = max(_SEPARATORS, key=lines[0].count)
    headers = [header.strip() for header in next(csv.reader([lines[0]], delimiter=separator))]
    if form_of(headers[0]) != "unknown":
        raise DataError(
            f"{path.name}: line 1 holds values, not names: add a header such as date,open,high,low,close,volume"
        )
    repeated = {header.lower() for header in headers if headers.count(header) > 1}
    if repeated:
        raise DataError(f"{path.name}: column {min(repeated)!r} stands twice: rename or remove one of them")
    names = [header or f"column {position + 1}" for position, header in enumerate(headers)]
    specification = ", ".join(f"{_text(name)}: 'VARCHAR'" for name in names)
    # With semicolons between the columns, a comma inside a number is a decimal comma.
    relation = (
        f"read_csv({_text(str(path))}, auto_detect=false, header=true, delim={_text(separator)}, quote='\"', "
        f"escape='\"', columns={{{specification}}})"
    )
    kind = "TEXT_WITH_COMMA" if separator == ";" else "VARCHAR"
    return relation, dict.fromkeys(names, kind)


def _first_lines(connection: "duckdb.DuckDBPyConnection", path: Path) -> list[str]:
    """Header and first row as they stand, whatever the compression."""
    if path.stat().st_size == 0:
        return []
    query = (
        f"SELECT line FROM read_csv({_text(str(path))}, auto_detect=false, header=false, delim='\x01', quote='', "
        "escape='', columns={'line': 'VARCHAR'}) LIMIT 2"
    )
    return [row[0] or "" for row in connection.execute(query).fetchall()]


def _parquet_relation(connection: "duckdb.DuckDBPyConnection", path: Path) -> tuple[str, dict[str, str]]:
    relation = f"read_parquet({_text(str(path))})"
    described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    return relation, {row[0]: row[1] for row in described}


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _name(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


def _plain_error(origin: str, message: str) -> str:
    """One line from DuckDB's many."""
    ragged = re.search(r"CSV Error on Line: (\d+).*?Expected Number of Columns: (\d+) Found: (\d+)", message, re.DOTALL)
    if ragged:
        row = int(ragged[1]) - 1
        return (
            f"{origin}: row {row} (line {ragged[1]}) has {ragged[3]} columns where the header has {ragged[2]}: "
            "complete the line, or put values that hold the separator in quotes"
        )
    if "unicode" in message.lower() or "utf-8" in message.lower():
        return f"{origin}: the file is not in UTF-8: save it as UTF-8"
    line = re.search(r"CSV Error on Line: (\d+)", message)
    where = f"row {int(line[1]) - 1} (line {line[1]}): " if line else ""
    first = next((part.strip() for part in message.splitlines() if part.strip()), "unknown error")
    return f"{origin}: {where}can't be read: {first.rstrip('.')}: look for open quotes and mixed line ends"


class _FileReader:
    """Columns of one file, by the SQL that converts them."""

    def __init__(
        self, connection: "duckdb.DuckDBPyConnection", path: Path, relation: str, types: dict[str, str], is_csv: bool
    ) -> None:
        self.connection = connection
        self.path = path
        self.source = relation
        self.relation = relation
        self.types = types
        self.is_csv = is_csv

    def hold_cells(self) -> None:
        """Read every cell as text into memory, and convert from there."""
        self.connection.execute(f"CREATE TEMP TABLE cells AS SELECT * FROM {self.relation}")
        self.relation = "cells"

    def table(self, columns: Mapping[str, str] | None) -> Table:
        """Everything the file holds."""
        names = find_columns(self.path.name, self.types, columns)
        sample = self._sample(names["time"])
        time_form = self._time_form(names["time"], sample)
        further = [header for header in self.types if header not in names.values()]
        extras = [header for header in further if self._is_numeric(header, sample)]
        data = self._fetch(names, time_form, extras)
        start_ns = _times_of(data["time"], time_form)
        if start_ns.size == 0:
            raise DataError(f"{self.path.name}: the file is empty: it has a header but no rows")
        symbols, codes = self._symbols(names, data)
        ignored = tuple(header for header in further if header not in extras)
        return Table(
            origin=self.path.name,
            names=names,
            start_ns=start_ns,
            is_date=time_form in {"date", "compact", "DATE"},
            prices={name: as_floats(data[name]) for name in PRICE_COLUMNS},
            volume=as_floats(data["volume"]) if "volume" in names else None,
            text_at=_CellText(self.source),
            codes=codes,
            symbols=symbols,
            extras={header: as_floats(data[f"extra {index}"]) for index, header in enumerate(extras)},
            ignored=ignored,
            has_header_line=self.is_csv,
        )

    def _sample(self, time: str) -> dict[str, list[str]]:
        """First values as text, empty cells left out, of columns whose type doesn't say what they hold."""
        needed = [header for header, kind in self.types.items() if kind in _TEXTS]
        if time not in needed and not self.types[time].startswith(("DATE", "TIMESTAMP", "FLOAT", "DOUBLE")):
            needed.append(time)
        if not needed:
            return {}
        fields = ", ".join(f"CAST({_name(header)} AS VARCHAR)" for header in needed)
        rows = self.connection.execute(f"SELECT {fields} FROM {self.relation} LIMIT {_SAMPLE_ROWS}").fetchall()
        return {header: [row[at] for row in rows if row[at] is not None] for at, header in enumerate(needed)}

    def _time_form(self, header: str, sample: dict[str, list[str]]) -> str:
        kind = self.types[header]
        if kind == "DATE":
            return "DATE"
        if kind.startswith("TIMESTAMP"):
            return "TIMESTAMP"
        if kind in _INTEGERS:
            values = sample[header]
            return "compact" if values and form_of(values[0]) == "compact" else "integer"
        if kind in {"FLOAT", "DOUBLE"}:
            return "decimal"
        values = sample[header]
        if not values:
            # An empty first sample is reported with the row, like every other empty cell.
            return "datetime"
        form = form_of(values[0])
        if form == "unknown":
            line = " (line 2)" if self.is_csv else ""
            raise DataError(
                f"{self.path.name}: row 1{line}, column {header!r}: {values[0]!r} is no date or time: {HOW_TO_WRITE}"
            )
        return form

    def _is_numeric(self, header: str, sample: dict[str, list[str]]) -> bool:
        kind = self.types[header]
        if kind in _TEXTS:
            values = sample[header]
            return bool(values) and all(_is_number(value, kind) for value in values)
        return kind in {*_INTEGERS, "FLOAT", "DOUBLE", "BOOLEAN"} or kind.startswith("DECIMAL")

    def _fetch(self, names: Mapping[str, str], time_form: str, extras: list[str]) -> dict[str, Any]:
        fields = [f"{_time_sql(names['time'], time_form)} AS time"]
        fields += [f"{self._number_sql(names[name])} AS {name}" for name in (*PRICE_COLUMNS, "volume") if name in names]
        fields += [f"{self._number_sql(header)} AS {_name(f'extra {at}')}" for at, header in enumerate(extras)]
        source = self.relation
        if "symbol" in names:
            fields.append(f"CAST({_name(names['symbol'])} AS VARCHAR) AS symbol")
            # Held once, because the symbols are numbered by a second pass.
            self.connection.execute(f"CREATE OR REPLACE TEMP TABLE held AS SELECT {', '.join(fields)} FROM {source}")
            self.connection.execute(
                "CREATE TYPE symbol_name AS ENUM (SELECT DISTINCT symbol FROM held WHERE symbol IS NOT NULL ORDER BY 1)"
            )
            query = "SELECT * EXCLUDE (symbol), enum_code(symbol::symbol_name) AS code FROM held"
        else:
            query = f"SELECT {', '.join(fields)} FROM {source}"
        return dict(self.connection.execute(query).fetchnumpy())

    def _number_sql(self, header: str) -> str:
        column, kind = _name(header), self.types[header]
        if kind == "TEXT_WITH_COMMA":
            column = f"replace({column}, ',', '.')"
        return column if kind == "FLOAT" else f"TRY_CAST({column} AS DOUBLE)"

    def _symbols(self, names: Mapping[str, str], data: dict[str, Any]) -> tuple[tuple[str, ...], Any]:
        if "symbol" not in names:
            return (), None
        codes = data["code"]
        missing = np.ma.getmaskarray(codes)
        if missing.any():
            row = int(np.argmax(missing))
            line = f" (line {row + 2})" if self.is_csv else ""
            raise DataError(f"{self.path.name}: row {row + 1}{line}, column {names['symbol']!r}: no symbol: fill it in")
        known = self.connection.execute("SELECT unnest(enum_range(NULL::symbol_name))").fetchall()
        return tuple(row[0] for row in known), np.asarray(codes).astype(np.int64)


def _time_sql(header: str, form: str) -> str:
    column = _name(header)
    # TIMESTAMP would drop a zone that is written; TIMESTAMPTZ honours it, and takes UTC where none is.
    # TRY, because years outside 1678 to 2261 have no nanoseconds.
    return {
        "DATE": f"TRY(epoch_ns(CAST({column} AS TIMESTAMP)))",
        "TIMESTAMP": f"TRY(epoch_ns({column}))",
        "date": f"CASE WHEN length(trim({column})) <= 10 THEN TRY(epoch_ns(TRY_CAST({column} AS DATE)::TIMESTAMP)) END",
        "compact": f"TRY(epoch_ns(try_strptime(trim(CAST({column} AS VARCHAR)), '%Y%m%d')))",
        "datetime": f"TRY(epoch_ns(TRY_CAST({column} AS TIMESTAMPTZ)))",
        "integer": f"TRY_CAST({column} AS BIGINT)",
        "decimal": f"TRY_CAST({column} AS DOUBLE)",
    }[form]


def _times_of(values: Any, form: str) -> Times:
    if form == "integer":
        return epoch_to_ns(values)
    if form == "decimal":
        return decimal_to_ns(values)
    filled = np.ma.filled(values, NULL)
    return np.ascontiguousarray(filled, dtype=np.int64)


def _is_number(text: str, kind: str) -> bool:
    try:
        float(text.replace(",", ".") if kind == "TEXT_WITH_COMMA" else text)
    except ValueError:
        return False
    return True


class _CellText:
    """What stands in a cell, read again from the file when a message needs it."""

    def __init__(self, relation: str) -> None:
        self.relation = relation

    def __call__(self, header: str, row: int) -> str | None:
        """Text of the cell, None where it is empty."""
        import duckdb

        query = f"SELECT CAST({_name(header)} AS VARCHAR) FROM {self.relation} LIMIT 1 OFFSET {row}"
        with duckdb.connect(":memory:") as connection:
            connection.execute("SET TimeZone = 'UTC'")
            found = connection.execute(query).fetchone()
        return None if found is None or found[0] is None else str(found[0])
