"""Folders and lists of files: which symbol each is of, and one table of the files of one symbol."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from atlas.records.enums import NULL
from atlas.records.errors import DataError

from .files import is_market_file, stem_of
from .options import ReadOptions
from .tables import PRICE_COLUMNS, Codes, Floats, Table, Times

_DATED: Final = re.compile(r"(?P<name>.+?)[-_ .](\d+[a-zA-Z]{1,3}[-_ .])?(19|20)\d\d([-_.]?\d\d){0,2}$")
_NAMELESS: Final = re.compile(r"(19|20)\d\d([-_.]?\d\d){0,2}|part[-_.]?\d*|data[-_.]?\d*|bars|ohlcv|\d+", re.IGNORECASE)
_SYMBOL_KEYS: Final = ("symbol", "ticker", "instrument")


def files_under(folder: Path) -> list[tuple[str, Path]]:
    """
    Files of a folder and the folders in it, each with its symbol.

    Parameters
    ----------
    folder : Path
        ``AAPL.csv``; ``AAPL/2024.csv``; ``symbol=AAPL/date=2024-01-02/part-0.parquet``; ``AAPL_2023.csv`` beside
        ``AAPL_2024.csv``.

    Returns
    -------
    list of (str, Path)
        In the order of their paths; hidden files and others are left out.

    Raises
    ------
    DataError
        There is none.
    """
    paths = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and is_market_file(path) and not _is_hidden(path.relative_to(folder))
    )
    if not paths:
        raise DataError(f"{folder}: the folder has no .csv or .parquet file")
    return with_symbols(paths, folder)


def with_symbols(paths: Sequence[Path], folder: Path | None = None) -> list[tuple[str, Path]]:
    """Files with the symbols that their names, or the folders between them and `folder`, say."""
    stems = [stem_of(path) for path in paths]
    bare = [match["name"] if (match := _DATED.fullmatch(stem)) else stem for stem in stems]
    often = Counter(bare)
    result = []
    for path, stem, name in zip(paths, stems, bare, strict=True):
        parents = [] if folder is None else list(path.relative_to(folder).parts[:-1])
        result.append((_symbol(stem, name if often[name] > 1 else stem, parents), path))
    return result


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.parts)


def _symbol(stem: str, name: str, parents: Sequence[str]) -> str:
    for part in parents:
        key, equals, value = part.partition("=")
        if equals and key.lower() in _SYMBOL_KEYS:
            return value
    named = [part for part in parents if "=" not in part and not _NAMELESS.fullmatch(part)]
    return named[-1] if named and _NAMELESS.fullmatch(stem) else name


def join_tables(tables: Sequence[tuple[str, Table]], options: ReadOptions) -> list[tuple[str, Table]]:
    """
    Join the tables that hold bars of one symbol.

    Parameters
    ----------
    tables : sequence of (str, Table)
        Each with the symbol of its rows where no column says it.
    options : ReadOptions
        Whether what overlaps may be mended.

    Returns
    -------
    list of (str, Table)
        One a symbol, and one of all tables that share symbols in a column.

    Raises
    ------
    DataError
        Two files hold the same time of one symbol.
    """
    single: dict[str, list[Table]] = {}
    several: list[tuple[str, Table]] = []
    for name, table in tables:
        if table.codes is None:
            single.setdefault(name, []).append(table)
        else:
            several.append((name, table))
    shared = Counter(symbol for _, table in several for symbol in table.symbols)
    result = [(name, _joined(parts, options)) for name, parts in single.items()]
    if any(count > 1 for count in shared.values()):
        return [*result, (several[0][0], _joined([table for _, table in several], options))]
    return [*result, *several]


def _joined(parts: list[Table], options: ReadOptions) -> Table:
    if len(parts) == 1:
        return parts[0]
    parts = sorted(parts, key=lambda part: _first_time(part.start_ns))
    may_overlap = options.sort or options.duplicates != "refuse" or parts[0].codes is not None
    if not may_overlap:
        for one, other in pairwise(parts):
            _refuse_overlap(one, other)
    symbols = tuple(sorted({symbol for part in parts for symbol in part.symbols}))
    first_rows = np.cumsum([0, *(len(part.start_ns) for part in parts[:-1])]).tolist()
    return replace(
        parts[0],
        origin=f"{parts[0].origin} and {len(parts) - 1} more",
        start_ns=np.concatenate([part.start_ns for part in parts]),
        is_date=all(part.is_date for part in parts),
        prices={name: np.concatenate([part.prices[name] for part in parts]) for name in PRICE_COLUMNS},
        volume=_volumes(parts),
        codes=_codes(parts, symbols) if symbols else None,
        symbols=symbols,
        extras=_columns(parts, [part.extras for part in parts], np.nan),
        available=_columns(parts, [part.available for part in parts], NULL),
        line_of=None,
        parts=tuple(zip(first_rows, parts, strict=True)),
        notes=tuple(note for part in parts for note in part.notes),
    )


def _first_time(times: Times) -> int:
    readable = times[times != NULL]
    return int(readable.min()) if readable.size else NULL


def _refuse_overlap(one: Table, other: Table) -> None:
    last, first = int(one.start_ns.max()), _first_time(other.start_ns)
    if first > last:
        return
    when = str(np.datetime64(first, "ns"))[:19].replace("T", " ")
    raise DataError(
        f"{one.origin} and {other.origin} overlap from {when} on: remove the rows from one of them, or pass sort=True, "
        "duplicates='last'"
    )


def _volumes(parts: Sequence[Table]) -> Floats | None:
    if any(part.volume is None for part in parts):
        without = next(part for part in parts if part.volume is None)
        if any(part.volume is not None for part in parts):
            raise DataError(f"{without.origin}: no column 'volume', which other files of the symbol have: add it")
        return None
    return np.concatenate([part.volume for part in parts if part.volume is not None])


def _codes(parts: Sequence[Table], symbols: tuple[str, ...]) -> Codes:
    numbers = {symbol: number for number, symbol in enumerate(symbols)}
    mapped = []
    for part in parts:
        assert part.codes is not None
        table = np.array([numbers[symbol] for symbol in part.symbols], np.int64)
        mapped.append(table[part.codes])
    return np.concatenate(mapped)


def _columns(
    parts: Sequence[Table], columns: Sequence[Mapping[str, npt.NDArray[Any]]], absent: float
) -> dict[str, npt.NDArray[Any]]:
    """Columns that some of the parts have, with a value for those that have not."""
    names = sorted({name for column in columns for name in column})
    return {
        name: np.concatenate(
            [
                column[name] if name in column else np.full(len(part.start_ns), absent)
                for part, column in zip(parts, columns, strict=True)
            ]
        )
        for name in names
    }
