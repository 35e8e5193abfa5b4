"""Fingerprints of what a block means: equal states have equal ones, wherever and in whatever capacity they lie.

Of each saved table the rows in use go in, in canonical order: by the table's key, or with their row numbers. Transient
fields (addresses, links between rows) stay out, and so do capacities, free rows, rows that are all zero, and the order
of tables and fields. Floats go in by their bits, all NaN being one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from atlas.kernel.memory.block import Block, Table
from atlas.kernel.memory.snapshot import nonzero_rows

DIGEST_BYTES = 16
Array = np.ndarray[Any, Any]
RowNames = Mapping[str, Callable[[Array], Array]]


@dataclass(frozen=True)
class Difference:
    """One field in which two blocks differ.

    Attributes
    ----------
    table : str
        The table.
    row : tuple
        Values of the table's key, or the row's number alone.
    field : str
        The field; empty where only one block has the row.
    first, second : object
        Its values in the two blocks; None where a block lacks the row.
    """

    table: str
    row: tuple[Any, ...]
    field: str
    first: Any
    second: Any

    def __str__(self) -> str:
        place = f"{self.table}[{', '.join(str(part) for part in self.row)}]"
        if not self.field:
            return f"{place}: only the {'second' if self.first is None else 'first'} block has this row"
        return f"{place}.{self.field}: {self.first!r} in the first block, {self.second!r} in the second"


def fingerprint(block: Block, row_names: RowNames | None = None) -> str:
    """Return the block's fingerprint, 32 hexadecimal digits.

    Parameters
    ----------
    block : Block
        Any block, between two calls of the kernel.
    row_names : mapping of str to callable, optional
        For tables without a key whose row numbers depend on capacities: turns row numbers, shape (n,), into numbers
        that do not.
    """
    digest = hashlib.blake2b(block.layout.name.encode(), digest_size=DIGEST_BYTES)
    for name, part in fingerprint_parts(block, row_names).items():
        digest.update(f"\0{name}\0{part}".encode())
    return digest.hexdigest()


def fingerprint_parts(block: Block, row_names: RowNames | None = None) -> dict[str, str]:
    """Return the fingerprint of each saved table, by name in order of names; see `fingerprint`."""
    parts = {}
    for table in sorted(block.layout.tables, key=lambda table: table.name):
        if table.saved and table.logical:
            rows, numbers = logical_rows(block, table, row_names)
            digest = hashlib.blake2b(str(rows.dtype.descr).encode(), digest_size=DIGEST_BYTES)
            digest.update(rows.size.to_bytes(8, "little"))
            digest.update(rows.tobytes())
            if not table.key:
                digest.update(numbers.tobytes())
            parts[table.name] = digest.hexdigest()
    return parts


def logical_rows(block: Block, table: Table, row_names: RowNames | None = None) -> tuple[Array, Array]:
    """Rows of a table in canonical order without transient fields, packed; and their numbers, int64, shape (n,)."""
    numbers = block.live(table.name) if table.pool else np.flatnonzero(nonzero_rows(block.rows(table.name)))
    source = block.rows(table.name)[numbers]
    names = sorted(name for name in table.dtype.names or () if name not in table.transient)
    rows = np.zeros(numbers.size, np.dtype([(name, table.dtype[name]) for name in names]))
    for name in names:
        rows[name] = source[name]
        if rows[name].dtype.kind == "f":
            rows[name][np.isnan(rows[name])] = np.nan
    if not table.pool and names:
        meant = nonzero_rows(rows)
        rows, numbers = rows[meant], numbers[meant]
    if row_names and table.name in row_names:
        numbers = np.asarray(row_names[table.name](numbers), np.int64)
    order = canonical_order(rows, numbers, table.key)
    return rows[order], numbers[order].astype("<i8")


def canonical_order(rows: Array, numbers: Array, key: tuple[str, ...]) -> Array:
    """Positions of rows in order of their key, or of their numbers; rows of equal keys in order of their bytes."""
    if not key:
        return np.argsort(numbers, kind="stable")
    order = np.lexsort([rows[name] for name in reversed(key)])
    keys = rows[list(key)][order]
    if rows.size > 1 and (keys[1:] == keys[:-1]).any():
        ranked = [(row[list(key)].item(), row.tobytes(), position) for position, row in enumerate(rows)]
        order = np.array([position for _, _, position in sorted(ranked)], np.int64)
    return order


def explain_difference(
    first: Block, second: Block, limit: int = 20, row_names: RowNames | None = None
) -> list[Difference]:
    """List where two blocks of one layout differ in what they mean.

    Parameters
    ----------
    first, second : Block
        Blocks of one layout, of any capacities.
    limit : int
        At most so many differences.
    row_names : mapping, optional
        See `fingerprint`.

    Returns
    -------
    list of Difference
        In order of tables, rows and fields; empty where the fingerprints agree.
    """
    one, two = fingerprint_parts(first, row_names), fingerprint_parts(second, row_names)
    found: list[Difference] = []
    for table in first.layout.tables:
        if table.saved and table.logical and one[table.name] != two[table.name]:
            for difference in table_differences(first, second, table, row_names):
                if len(found) == limit:
                    return found
                found.append(difference)
    return found


def table_differences(first: Block, second: Block, table: Table, row_names: RowNames | None) -> Iterator[Difference]:
    """Give each field of a table in which two blocks differ."""
    one, two = (rows_by_name(block, table, row_names) for block in (first, second))
    for row in sorted(one.keys() | two.keys()):
        if row not in one or row not in two:
            known = one.get(row, two.get(row))
            assert known is not None
            value = known.tolist()
            yield Difference(table.name, row[:-1], "", value if row in one else None, value if row in two else None)
            continue
        for name in one[row].dtype.names:
            a, b = one[row][name], two[row][name]
            if a.tobytes() != b.tobytes():
                yield Difference(table.name, row[:-1], name, a.tolist(), b.tolist())


def rows_by_name(block: Block, table: Table, row_names: RowNames | None) -> dict[tuple[Any, ...], Any]:
    """Logical rows by the values of their key, or by their number; rows of one name are told apart by a count."""
    rows, numbers = logical_rows(block, table, row_names)
    found: dict[tuple[Any, ...], Any] = {}
    for row, number in zip(rows, numbers.tolist(), strict=True):
        name = tuple(row[part].item() for part in table.key) or (number,)
        count = 0
        while (*name, count) in found:
            count += 1
        found[(*name, count)] = row
    return found
