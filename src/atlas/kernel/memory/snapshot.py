"""Snapshots of a block: bytes that describe themselves, and blocks restored from them by table and field name.

A snapshot is a fixed head (magic, lengths, checksum), a schema in JSON and the rows. The schema names the layout and,
for each saved table, its fields (type, offset, shape), its counts, its capacity and how many rows follow. Of a pool all
rows up to its high-water mark are kept, free ones with their links included, so that row numbers and the order in which
rows are taken next stay as they were; of other tables all rows up to the last that is not zero.

Restoring goes by name, so tables and fields may have moved, appeared or gone, and capacities may differ. Tables that
are not saved (indexes, addresses) are for the caller's rebuilders, which run last: see `rebuild_index`.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from atlas.kernel.memory.block import ENTRY_BYTES, Block, Layout, Table
from atlas.kernel.memory.compilation import entry_point
from atlas.kernel.memory.hash_map import map_clear, map_put
from atlas.kernel.memory.intrinsics import load
from atlas.records.errors import CapacityError, JournalError, RecoveryError

MAGIC = b"ALSSNAP1"
FORMAT = 1
HEAD = struct.Struct("<8sQQ16s")  # magic, bytes of schema, bytes of rows, blake2b of all but itself
CAPACITY_WORD, USED_WORD, FREE_HEAD_WORD, LIVE_WORD = 1, 3, 4, 5
SCAN_WORDS = 1 << 16

Array = np.ndarray[Any, Any]
RowMap = Callable[[Array], Array]


@dataclass(frozen=True)
class SavedTable:
    """One table of a snapshot: its description, and its rows as a read-only structured array."""

    name: str
    pool: bool
    capacity: int
    used: int
    free_head: int
    live: int
    rows: Array = field(repr=False)


@dataclass(frozen=True)
class Snapshot:
    """A snapshot that was read: what it holds, in the layout it was written with."""

    layout: str
    version: int
    tables: Mapping[str, SavedTable]


@dataclass(frozen=True)
class Restored:
    """A restored block.

    Attributes
    ----------
    block : Block
        The block; its tables that are not saved are as the rebuilders left them.
    missing : tuple of str
        ``table`` or ``table.field`` of what the layout has and the snapshot lacks: as the block was prepared, or zero.
    dropped : tuple of str
        ``table`` or ``table.field`` of what the snapshot has and the layout lacks.
    """

    block: Block
    missing: tuple[str, ...]
    dropped: tuple[str, ...]


# --- writing ---------------------------------------------------------------------------------------------------------


def take_snapshot(block: Block) -> bytes:
    """Return the snapshot of a block; between two calls of the kernel, not within one."""
    parts: list[bytes] = []
    tables = []
    for table in block.layout.tables:
        if not table.saved:
            continue
        words = directory(block, table)
        rows = block.rows(table.name)
        kept = int(words[USED_WORD]) if table.pool else rows_in_use(rows)
        parts.append(rows[:kept].tobytes())
        tables.append(
            {
                "name": table.name,
                "pool": table.pool,
                "key": list(table.key),
                "capacity": int(words[CAPACITY_WORD]),
                "used": int(words[USED_WORD]),
                "free_head": int(words[FREE_HEAD_WORD]),
                "live": int(words[LIVE_WORD]),
                "rows": kept,
                "row_bytes": table.dtype.itemsize,
                "fields": describe_fields(table),
            }
        )
    schema = {"format": FORMAT, "layout": block.layout.name, "version": block.layout.version, "tables": tables}
    text = json.dumps(schema, separators=(",", ":")).encode()
    content = b"".join(parts)
    return HEAD.pack(MAGIC, len(text), len(content), checksum(text, content)) + text + content


def describe_fields(table: Table) -> list[list[Any]]:
    """Name, type, offset and shape of each field of a table."""
    described = []
    for name in table.dtype.names or ():
        item, offset = fields_of(table.dtype)[name][:2]
        base, shape = item.subdtype or (item, ())
        assert not base.names, f"{table.name}.{name}: records within records are not described"
        described.append([name, base.str, offset, list(shape)])
    return described


def fields_of(dtype: np.dtype[Any]) -> Mapping[str, Any]:
    """Type and offset of each field, by name."""
    return dtype.fields or {}


def rows_in_use(rows: Array) -> int:
    """Count rows up to the last that is not all zero bytes."""
    words = rows.view(np.int64)
    row_words: int = rows.dtype.itemsize // 8
    end = words.size
    while end > 0:
        begin = max(0, end - SCAN_WORDS)
        found = np.flatnonzero(words[begin:end])
        if found.size:
            return (begin + int(found[-1])) // row_words + 1
        end = begin
    return 0


def nonzero_rows(rows: Array) -> Array:
    """Which rows are not all zero bytes: bools, shape (n,)."""
    row_bytes: int = rows.dtype.itemsize
    word: Any = np.uint8 if row_bytes % 8 else np.int64
    content = np.ascontiguousarray(rows).view(word).reshape(rows.size, row_bytes // np.dtype(word).itemsize)
    mask: Array = content.any(axis=1)
    return mask


def checksum(text: bytes, content: bytes) -> bytes:
    """Checksum of a snapshot's lengths, schema and rows."""
    digest = hashlib.blake2b(struct.pack("<QQ", len(text), len(content)), digest_size=16)
    digest.update(text)
    digest.update(content)
    return digest.digest()


def directory(block: Block, table: Table) -> Array:
    """Words of a table's directory entry, in place."""
    return block.bytes[table.entry : table.entry + ENTRY_BYTES].view(np.int64)


# --- reading ---------------------------------------------------------------------------------------------------------


def read_snapshot(content: bytes) -> Snapshot:
    """Read a snapshot without restoring it.

    Raises
    ------
    JournalError
        The bytes are no snapshot, are damaged or cut short, or are of a later format.
    """
    if len(content) < HEAD.size or content[:8] != MAGIC:
        raise JournalError("these bytes are no snapshot of a block")
    _, schema_bytes, row_bytes, expected = HEAD.unpack_from(content)
    if len(content) != HEAD.size + schema_bytes + row_bytes:
        raise JournalError(f"a snapshot of {HEAD.size + schema_bytes + row_bytes} bytes has {len(content)}")
    start = HEAD.size + schema_bytes
    text, rows = content[HEAD.size : start], content[start:]
    if checksum(text, rows) != expected:
        raise JournalError("a snapshot's checksum does not match its bytes")
    try:
        schema = json.loads(text)
        if schema["format"] != FORMAT:
            raise JournalError(f"a snapshot of format {schema['format']}; this version reads format {FORMAT}")
        return Snapshot(schema["layout"], schema["version"], read_tables(schema["tables"], rows))
    except (KeyError, TypeError, ValueError) as error:
        raise JournalError(f"a snapshot's schema can't be read: {error!r}") from error


def read_tables(described: Sequence[Mapping[str, Any]], content: bytes) -> dict[str, SavedTable]:
    """Turn the schema's tables into structured arrays over the snapshot's own bytes."""
    tables, position = {}, 0
    for entry in described:
        names, formats, offsets, shapes = zip(*entry["fields"], strict=True)
        dtype: np.dtype[Any] = np.dtype(
            {
                "names": list(names),
                "formats": [(item, tuple(shape)) for item, shape in zip(formats, shapes, strict=True)],
                "offsets": list(offsets),
                "itemsize": entry["row_bytes"],
            }
        )
        rows = np.frombuffer(content, dtype, entry["rows"], position) if entry["rows"] else np.zeros(0, dtype)
        position += rows.nbytes
        counts = {name: int(entry[name]) for name in ("capacity", "used", "free_head", "live")}
        within = entry["rows"] <= counts["capacity"] and 0 <= counts["used"] <= counts["capacity"]
        if not within or not -1 <= counts["free_head"] < max(counts["used"], 1):
            raise ValueError(f"counts of table {entry['name']} contradict each other")
        tables[entry["name"]] = SavedTable(entry["name"], bool(entry["pool"]), rows=rows, **counts)
    if position != len(content):
        raise ValueError("rows and schema are of different lengths")
    return tables


# --- restoring -------------------------------------------------------------------------------------------------------


def restore(
    layout: Layout,
    capacities: Mapping[str, int],
    content: bytes,
    row_maps: Mapping[str, RowMap] | None = None,
    links: Mapping[str, str] | None = None,
    rebuilders: Sequence[Callable[[Block], None]] = (),
) -> Restored:
    """Restore a snapshot into a new block; see `restore_into` for parameters and errors."""
    return restore_into(Block(layout, capacities), content, row_maps, links, rebuilders)


def restore_into(
    block: Block,
    content: bytes,
    row_maps: Mapping[str, RowMap] | None = None,
    links: Mapping[str, str] | None = None,
    rebuilders: Sequence[Callable[[Block], None]] = (),
) -> Restored:
    """Restore a snapshot into a block that was never run, and may have been prepared.

    Parameters
    ----------
    block : Block
        What the snapshot says nothing of (added fields, rows beyond its capacity) stays as it is here.
    content : bytes
        The snapshot.
    row_maps : mapping of str to callable, optional
        For dense tables whose row number depends on counts: old row numbers, shape (n,), to new ones; -1 has no place.
        See `strided_rows`.
    links : mapping of str to str, optional
        ``table.field`` to the pool whose row numbers it holds (negative: none). Needed where a pool has to be
        compacted, because its high-water mark lies above its new capacity.
    rebuilders : sequence of callables
        Called in order with the block, to fill the tables that are not saved.

    Returns
    -------
    Restored

    Raises
    ------
    JournalError
        The bytes are damaged.
    CapacityError
        What is in use does not fit; the message names the table.
    RecoveryError
        The snapshot is of another layout, or a field or table changed in a way that can't be carried over.
    """
    snapshot = read_snapshot(content)
    if snapshot.layout != block.layout.name:
        raise RecoveryError(f"a snapshot of the {snapshot.layout} block can't restore a {block.layout.name} block")
    missing: list[str] = []
    saved_tables = {table.name: table for table in block.layout.tables if table.saved}
    dropped = [name for name in snapshot.tables if name not in saved_tables]
    moved: dict[str, Array] = {}
    for table in saved_tables.values():
        saved = snapshot.tables.get(table.name)
        if saved is None:
            missing.append(table.name)
            continue
        if saved.pool != table.pool:
            raise RecoveryError(f"table {table.name} is a pool in one of snapshot and layout, and not in the other")
        shared = compare_fields(table, saved, missing, dropped)
        if table.pool:
            restore_pool(block, table, saved, shared, moved)
        else:
            restore_dense(block, table, saved, shared, (row_maps or {}).get(table.name))
    for pool, new_rows in moved.items():
        follow_links(block, pool, new_rows, links)
    for rebuild in rebuilders:
        rebuild(block)
    return Restored(block, tuple(missing), tuple(dropped))


def compare_fields(table: Table, saved: SavedTable, missing: list[str], dropped: list[str]) -> list[str]:
    """List the fields that table and snapshot share; note those that only one has; refuse what can't be carried."""
    new, old = fields_of(table.dtype), fields_of(saved.rows.dtype)
    missing += [f"{table.name}.{name}" for name in new if name not in old]
    dropped += [f"{table.name}.{name}" for name in old if name not in new]
    shared = [name for name in new if name in old]
    for name in shared:
        new_base, new_shape = new[name][0].subdtype or (new[name][0], ())
        old_base, old_shape = old[name][0].subdtype or (old[name][0], ())
        grows = len(new_shape) == len(old_shape) and all(a >= b for a, b in zip(new_shape, old_shape, strict=True))
        widens = np.can_cast(old_base, new_base, "safe") and (old_base.kind == "f") == (new_base.kind == "f")
        if not grows or not widens:
            raise RecoveryError(
                f"{table.name}.{name} was {old[name][0]} and is {new[name][0]}: it can't be carried over"
            )
    return shared


def copy_fields(target: Array, places: Array | slice, source: Array, shared: Sequence[str]) -> None:
    """Copy fields by name into the rows of `target` at `places`; an array field may have grown."""
    for name in shared:
        column = source[name]
        if column.ndim > 1:
            inner = tuple(slice(length) for length in column.shape[1:])
            target[name][(places, *inner)] = column
        else:
            target[name][places] = column


def restore_dense(block: Block, table: Table, saved: SavedTable, shared: list[str], row_map: RowMap | None) -> None:
    """Fill a table whose row numbers mean something."""
    target, words = block.rows(table.name), directory(block, table)
    capacity = int(words[CAPACITY_WORD])
    kept = saved.rows.size
    in_use = nonzero_rows(saved.rows)
    places = map_rows(table.name, saved.capacity, capacity, row_map)
    lost = np.flatnonzero(in_use & (places[:kept] < 0))
    if lost.size or saved.used > capacity:
        row = int(lost[0]) if lost.size else saved.used - 1
        raise CapacityError(f"table {table.name} has room for {capacity} rows; row {row} of the snapshot is in use")
    for name in shared:
        target[name][places[places >= 0]] = 0
    placed = np.flatnonzero(places[:kept] >= 0)
    copy_fields(target, places[placed], saved.rows[placed], shared)
    words[USED_WORD] = saved.used


def map_rows(name: str, old_capacity: int, capacity: int, row_map: RowMap | None) -> Array:
    """Where each row of a dense table goes, -1 where it has no place, shape (old_capacity,)."""
    old_rows = np.arange(old_capacity, dtype=np.int64)
    places = np.asarray(row_map(old_rows) if row_map else old_rows, np.int64)
    if places.shape != old_rows.shape:
        raise RecoveryError(f"the row map of table {name} gave {places.size} rows for {old_rows.size}")
    places = np.where((places >= 0) & (places < capacity), places, -1)
    taken = places[places >= 0]
    if np.unique(taken).size != taken.size:
        raise RecoveryError(f"the row map of table {name} sends two rows to one place")
    return places


def restore_pool(block: Block, table: Table, saved: SavedTable, shared: list[str], moved: dict[str, Array]) -> None:
    """Fill a pool, with its row numbers where they fit; else compacted, and the new numbers noted in `moved`."""
    target, words = block.rows(table.name), directory(block, table)
    capacity = int(words[CAPACITY_WORD])
    live = np.flatnonzero(saved.rows["occupancy"] == 1)
    if live.size != saved.live:
        raise JournalError(f"table {table.name} of a snapshot counts {saved.live} live rows and has {live.size}")
    if saved.used <= capacity:
        copy_fields(target, slice(0, saved.used), saved.rows, shared)
        words[USED_WORD], words[FREE_HEAD_WORD], words[LIVE_WORD] = saved.used, saved.free_head, saved.live
        return
    if live.size > capacity:
        raise CapacityError(f"table {table.name} has room for {capacity} rows; the snapshot has {live.size} live ones")
    copy_fields(target, slice(0, live.size), saved.rows[live], shared)
    words[USED_WORD], words[FREE_HEAD_WORD], words[LIVE_WORD] = live.size, -1, live.size
    moved[table.name] = np.full(saved.used, -1, np.int64)
    moved[table.name][live] = np.arange(live.size)


def follow_links(block: Block, pool: str, new_rows: Array, links: Mapping[str, str] | None) -> None:
    """Write the new row numbers of a compacted pool into every field that links to it."""
    if links is None:
        capacity = block.capacity(pool)
        raise CapacityError(f"table {pool} must be compacted to fit {capacity} rows, and its links are not known")
    for link in (name for name, linked in links.items() if linked == pool):
        table, field_name = link.split(".")
        rows = block.rows(table)
        if block.layout.by_name[table].pool:
            in_use = rows["occupancy"] == 1
        else:
            in_use = nonzero_rows(rows)
        column = rows[field_name]
        linked_rows = np.flatnonzero(in_use & (column >= 0))
        old = column[linked_rows]
        if (old >= new_rows.size).any() or (new_rows[old] < 0).any():
            raise RecoveryError(f"{link} links to a row of {pool} that is not in use")
        column[linked_rows] = new_rows[old]


# --- for callers -----------------------------------------------------------------------------------------------------


def strided_rows(old_shape: Sequence[int], new_shape: Sequence[int]) -> RowMap:
    """Make the row map of a table whose row is ``(i * shape[1] + j) * shape[2] + k`` and so on.

    Parameters
    ----------
    old_shape, new_shape : sequence of int
        Counts of each index, when the snapshot was taken and now.
    """

    def row_map(old_rows: Array) -> Array:
        within = old_rows < np.multiply.reduce(old_shape)
        indexes = np.unravel_index(np.where(within, old_rows, 0), tuple(old_shape))
        fits = within.copy()
        new = np.zeros_like(old_rows)
        for index, count in zip(indexes, new_shape, strict=True):
            fits &= index < count
            new = new * count + index
        return np.where(fits, new, -1)

    return row_map


@entry_point("i8(i8, i8, i8, i8, i8)")
def fill_index(world: int, entry: int, keys: int, values: int, count: int) -> int:
    """Put `count` keys and values, int64 at these addresses, into a cleared map; returns how many went in."""
    map_clear(world, entry)
    for i in range(count):
        if map_put(world, entry, load(keys + i * 8), load(values + i * 8)) == 0:
            return i
    return count


def rebuild_index(block: Block, index: str, keys: Array, values: Array) -> None:
    """Fill the hash map in table `index` anew.

    Parameters
    ----------
    block : Block
        Its block.
    index : str
        A table of (key, value) rows, see `atlas.kernel.memory.hash_map`.
    keys, values : ndarray of int64, shape (n,)
        Keys are not 0, and differ.

    Raises
    ------
    CapacityError
        The map is too small for them.
    """
    keys, values = np.ascontiguousarray(keys, np.int64), np.ascontiguousarray(values, np.int64)
    assert keys.shape == values.shape
    entry = block.layout.by_name[index].entry
    done = fill_index(block.address, entry, int(keys.ctypes.data), int(values.ctypes.data), keys.size)
    if done != keys.size:
        raise CapacityError(f"table {index} has no room for {keys.size} keys in {block.capacity(index)} rows")


def index_rows(block: Block, name: str, key_field: str) -> tuple[Array, Array]:
    """Keys and row numbers of the rows of table `name` in use: live rows of a pool, or rows whose key is not 0."""
    column = block.rows(name)[key_field]
    rows = block.live(name) if block.layout.by_name[name].pool else np.flatnonzero(column != 0)
    return column[rows].astype(np.int64), rows.astype(np.int64)
