"""Files of bars as tables: delimited text by Atlas's own reader, Parquet by DuckDB (imported when it is needed)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from atlas.records.enums import NULL
from atlas.records.errors import DataError

from .delimited import Moments, in_zone, read_delimited, read_times
from .options import ReadOptions
from .tables import PRICE_COLUMNS, Table, Times, as_floats, availability_columns, clock_column, find_columns
from .times import HOW_TO_WRITE, decimal_to_ns, epoch_to_ns, form_of

if TYPE_CHECKING:
    import duckdb

TEXT_SUFFIXES: Final = (".csv", ".txt", ".tsv", ".psv", ".prn")
CSV_SUFFIXES: Final = (
    *(suffix + packed for suffix in TEXT_SUFFIXES for packed in ("", ".gz", ".zip", ".zst")),
    *(".zip", ".gz"),
)
PARQUET_SUFFIXES: Final = (".parquet", ".pq")
SUFFIXES: Final = tuple(sorted((*CSV_SUFFIXES, *PARQUET_SUFFIXES), key=len, reverse=True))
_SHOWN: Final = (".csv", ".txt", ".tsv", ".csv.gz", ".zip", ".parquet")
_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT")
# Below this, threads cost more than they bring: buffers of their own, and their start.
_SMALL_FILE_BYTES = 1 << 26
_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]+:/")
_STRANGERS: Final = {
    (".xls", ".xlsx", ".xlsm", ".ods"): "a workbook: save the sheet as CSV",
    (".json", ".jsonl"): "JSON: make a frame of it, and pass that",
    (".feather", ".arrow", ".h5", ".hdf5", ".pkl", ".pickle"): "no CSV or Parquet: read it into a frame, and pass that",
}


def is_market_file(path: Path) -> bool:
    """Whether a file is one that `read_file` reads, by its suffix."""
    return path.name.lower().endswith(SUFFIXES)


def stem_of(path: Path) -> str:
    """File name without its suffixes: the symbol of a file that names none."""
    lowered = path.name.lower()
    suffix = next((known for known in SUFFIXES if lowered.endswith(known)), path.suffix)
    return path.name[: len(path.name) - len(suffix)] if suffix else path.name


def read_file(path: Path, options: ReadOptions | None = None) -> Table:
    """
    Table of a file of delimited text or a Parquet file.

    Parameters
    ----------
    path : Path
        ``.csv`` and its kin (also ``.gz``, ``.zip``, ``.zst``), or ``.parquet``.
    options : ReadOptions, optional
        What the user said about it.

    Returns
    -------
    Table
        In the order of the file.

    Raises
    ------
    DataError
        The file is absent, of an unknown kind, empty, malformed, or lacks a column.
    """
    options = options or ReadOptions()
    if not path.exists():
        if _ADDRESS.match(str(path)):
            raise DataError(f"{path}: it is an address, not a file: download it first, or pass a frame read from it")
        raise DataError(f"{path}: no such file{_similar(path)}")
    if not is_market_file(path):
        suffix = path.suffix.lower()
        words = next((words for suffixes, words in _STRANGERS.items() if suffix in suffixes), "")
        remedy = f"it is {words}" if words else f"give {', '.join(_SHOWN)}"
        raise DataError(f"{path.name}: unknown kind of file: {remedy}")
    if not path.name.lower().endswith(PARQUET_SUFFIXES):
        return read_delimited(path, options)
    return _read_parquet(path, options)


def _similar(path: Path) -> str:
    """Words on a file of nearly the same name in the same folder, or on shipped data of such a name."""
    from difflib import get_close_matches

    # Here, not above: the shipped data is read by this module.
    from .shipped.catalogue import shipped_data

    if not path.parent.is_dir():
        return ""
    there = [entry.name for entry in path.parent.iterdir() if is_market_file(entry)]
    if path.parent == Path():
        there += [each.name for each in shipped_data()]
    close = get_close_matches(path.name, there, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _read_parquet(path: Path, options: ReadOptions) -> Table:
    import duckdb

    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        if path.stat().st_size < _SMALL_FILE_BYTES:
            connection.execute("SET threads = 1")
        try:
            return _ParquetReader(connection, path, options).table()
        except duckdb.Error as error:
            first = next((part.strip() for part in str(error).splitlines() if part.strip()), "unknown error")
            raise DataError(
                f"{path.name}: can't be read as Parquet: {first.rstrip('.')}: is it complete, and Parquet at all?"
            ) from error


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _name(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


@dataclass(frozen=True)
class _Column:
    """A column of times, for messages."""

    reader: "_ParquetReader"
    header: str

    def place(self, row: int) -> str:
        return f"{self.reader.origin}: row {row + 1}, column {self.header!r}"

    def text(self, row: int) -> str:
        return self.reader.text_at(self.header, row) or ""


class _ParquetReader:
    """Columns of one Parquet file, by the SQL that converts them."""

    def __init__(self, connection: "duckdb.DuckDBPyConnection", path: Path, options: ReadOptions) -> None:
        self.connection, self.options, self.origin = connection, options, path.name
        self.relation = f"read_parquet({_text(str(path))})"
        described = connection.execute(f"DESCRIBE SELECT * FROM {self.relation}").fetchall()
        self.types: dict[str, str] = {row[0]: row[1] for row in described}

    def table(self) -> Table:
        """Everything the file holds."""
        names = find_columns(self.origin, self.types, self.options.columns)
        clock = clock_column(names, self.types, self.options.columns)
        if clock is not None and clock != names["time"] and self.types[clock] in {"VARCHAR", "TIME"}:
            names["clock"] = clock
        availability = availability_columns(self.types)
        further = [header for header in self.types if header not in {*names.values(), *availability.values()}]
        extras = [header for header in further if self._is_numeric(header)]
        data = self._fetch(names, extras, list(availability.values()))
        moments = self._moments(names["time"], data["time"], data.get("clock"))
        if moments.times.size == 0:
            raise DataError(f"{self.origin}: the file is empty: it has columns but no rows")
        symbols, codes = self._symbols(names, data)
        return Table(
            origin=self.origin,
            names=names,
            start_ns=moments.times,
            is_date=moments.is_date,
            is_epoch=moments.is_epoch,
            prices={name: as_floats(data[name]) for name in PRICE_COLUMNS},
            volume=as_floats(data["volume"]) if "volume" in names else None,
            text_at=_CellText(self.relation),
            codes=codes,
            symbols=symbols,
            extras={header: as_floats(data[f"extra {index}"]) for index, header in enumerate(extras)},
            available={
                value: self._moments(header, data[f"available {index}"], None).times
                for index, (value, header) in enumerate(availability.items())
            },
            ignored=tuple(header for header in further if header not in extras),
        )

    def text_at(self, header: str, row: int) -> str | None:
        """What stands in a cell."""
        return _CellText(self.relation)(header, row)

    def _is_numeric(self, header: str) -> bool:
        kind = self.types[header]
        return kind in {*_INTEGERS, "FLOAT", "DOUBLE", "BOOLEAN"} or kind.startswith("DECIMAL")

    def _fetch(self, names: Mapping[str, str], extras: Sequence[str], available: Sequence[str]) -> dict[str, Any]:
        fields = [f"{self._time_sql(names['time'])} AS time"]
        if "clock" in names:
            fields.append(f"CAST({_name(names['clock'])} AS VARCHAR) AS clock")
        fields += [f"{self._number_sql(names[name])} AS {name}" for name in (*PRICE_COLUMNS, "volume") if name in names]
        fields += [f"{self._number_sql(header)} AS {_name(f'extra {at}')}" for at, header in enumerate(extras)]
        fields += [f"{self._time_sql(header)} AS {_name(f'available {at}')}" for at, header in enumerate(available)]
        source = self.relation
        if "symbol" not in names:
            return dict(self.connection.execute(f"SELECT {', '.join(fields)} FROM {source}").fetchnumpy())
        fields.append(f"CAST({_name(names['symbol'])} AS VARCHAR) AS symbol")
        # Held once, because the symbols are numbered by a second pass.
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE held AS SELECT {', '.join(fields)} FROM {source}")
        self.connection.execute(
            "CREATE TYPE symbol_name AS ENUM (SELECT DISTINCT symbol FROM held WHERE symbol IS NOT NULL ORDER BY 1)"
        )
        query = "SELECT * EXCLUDE (symbol), enum_code(symbol::symbol_name) AS code FROM held"
        return dict(self.connection.execute(query).fetchnumpy())

    def _time_sql(self, header: str) -> str:
        column, kind = _name(header), self.types[header]
        # TRY, because years outside 1678 to 2261 have no nanoseconds.
        if kind == "DATE":
            return f"TRY(epoch_ns(CAST({column} AS TIMESTAMP)))"
        if kind.startswith("TIMESTAMP"):
            return f"TRY(epoch_ns({column}))"
        if kind in _INTEGERS:
            return f"TRY_CAST({column} AS BIGINT)"
        return f"TRY_CAST({column} AS DOUBLE)" if kind in {"FLOAT", "DOUBLE"} else f"CAST({column} AS VARCHAR)"

    def _number_sql(self, header: str) -> str:
        return _name(header) if self.types[header] == "FLOAT" else f"TRY_CAST({_name(header)} AS DOUBLE)"

    def _moments(self, header: str, values: Any, clock: Any) -> Moments:
        """Times of a column that was fetched, with the times of day beside it."""
        kind = self.types[header]
        if kind == "DATE" or kind.startswith("TIMESTAMP"):
            times = _filled(values)
            if clock is not None:
                dates = [str(np.datetime64(time, "ns"))[:10] for time in times.tolist()]
                return self._joined(dates, clock, header)
            if self.options.timezone and kind != "DATE" and "TIME ZONE" not in kind:
                times = in_zone(times, self.options, _Column(self, header))
            return Moments(times, is_date=kind == "DATE")
        if kind in {"FLOAT", "DOUBLE"}:
            return Moments(decimal_to_ns(values), is_epoch=True)
        if kind in _INTEGERS:
            first = next((text for text in _texts(values[:1]) if text), "")
            if form_of(first) != "compact":
                return Moments(epoch_to_ns(values), is_epoch=True)
            return read_times(_texts(values), self.origin, header, self.options)
        if kind != "VARCHAR":
            raise DataError(f"{self.origin}: column {header!r} holds {kind.lower()}, no times: {HOW_TO_WRITE}")
        texts = _texts(values)
        return (
            read_times(texts, self.origin, header, self.options)
            if clock is None
            else self._joined(texts, clock, header)
        )

    def _joined(self, dates: Sequence[str | None], clock: Any, header: str) -> Moments:
        texts = [f"{date} {time}" if date and time else None for date, time in zip(dates, _texts(clock), strict=True)]
        return read_times(texts, self.origin, header, self.options)

    def _symbols(self, names: Mapping[str, str], data: dict[str, Any]) -> tuple[tuple[str, ...], Any]:
        if "symbol" not in names:
            return (), None
        codes = data["code"]
        missing = np.ma.getmaskarray(codes)
        if missing.any():
            row = int(np.argmax(missing))
            raise DataError(f"{self.origin}: row {row + 1}, column {names['symbol']!r}: no symbol: fill it in")
        known = self.connection.execute("SELECT unnest(enum_range(NULL::symbol_name))").fetchall()
        return tuple(row[0] for row in known), np.asarray(codes).astype(np.int64)


def _filled(values: Any) -> Times:
    return np.ascontiguousarray(np.ma.filled(values, NULL), dtype=np.int64)


def _texts(values: Any) -> list[str | None]:
    """Values as texts, None where masked."""
    masked = np.ma.getmaskarray(values)
    plain = np.ma.getdata(values).tolist()
    return [None if gone else str(value) for gone, value in zip(masked, plain, strict=True)]


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
