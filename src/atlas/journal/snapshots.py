"""Snapshots of a state beside its journal: written whole or not at all, checked before they are believed.

A snapshot says how many of the journal's rows it has seen, so that state = snapshot + replay of the rows from there on.
"""

from __future__ import annotations

import json
import os
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from atlas.journal.checksum import checksum
from atlas.journal.errors import JournalDamagedError
from atlas.journal.format import HASH_BYTES
from atlas.journal.reader import map_file
from atlas.journal.storage import create_atomically, sync_folder
from atlas.records.errors import JournalError

MAGIC: Final = b"ATLASSNP"
FORMAT_VERSION: Final = 1
HEADER: Final = struct.Struct("<8sIIqqqQ32s40xQ")
"""Magic, format version, zero, next sequence, time, blob bytes, schema bytes, code hash, spare, checksum: 128 bytes."""

NAME: Final = re.compile(r"snapshot-(\d{20})\.atlas")
Blob = bytes | bytearray | memoryview | np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot read back, checked.

    Parameters
    ----------
    next_sequence : int
        Rows of the journal that the state has seen; replay goes on with this sequence.
    time_ns : int
        The state's clock, ns UTC.
    schema : dict
        What the bytes are: tables, fields, layout version.
    code_hash : bytes
        32 bytes; of the code that wrote it.
    blob : ndarray of uint8
        The state; read-only.
    path : pathlib.Path
        Its file.
    """

    next_sequence: int
    time_ns: int
    schema: dict[str, Any]
    code_hash: bytes
    blob: np.ndarray[Any, np.dtype[np.uint8]]
    path: Path


class SnapshotStore:
    """The snapshots in one folder.

    Parameters
    ----------
    folder : pathlib.Path
        Created when absent.
    keep : int
        How many of the newest are kept, 1 or more; older ones are removed after a new one is safe.
    """

    def __init__(self, folder: Path, keep: int = 3) -> None:
        if keep < 1:
            raise JournalError(f"at least one snapshot must be kept, not {keep}")
        self.folder = Path(folder)
        self.keep = keep

    def paths(self) -> list[Path]:
        """Return the snapshots' files, the newest first."""
        return sorted(
            (path for path in self.folder.glob("snapshot-*.atlas") if NAME.fullmatch(path.name)), reverse=True
        )

    def save(
        self, blob: Blob, next_sequence: int, schema: Mapping[str, Any], code_hash: bytes = b"", time_ns: int = 0
    ) -> Path:
        """Store a snapshot; when this returns it is on the disk.

        Parameters
        ----------
        blob : bytes-like
            The state, contiguous.
        next_sequence : int
            Rows of the journal that it has seen, 0 or more. The journal must be durable up to there.
        schema : mapping
            Anything JSON can say.
        code_hash : bytes
            At most 32 bytes.
        time_ns : int
            The state's clock, ns UTC.

        Returns
        -------
        pathlib.Path
            The new file; one of the same sequence is replaced.

        Raises
        ------
        JournalError
            An argument can't be stored, or the system refused; older snapshots are untouched.
        """
        if next_sequence < 0 or len(code_hash) > HASH_BYTES:
            raise JournalError(f"no snapshot has sequence {next_sequence} and a code hash of {len(code_hash)} bytes")
        try:
            text = json.dumps(schema, sort_keys=True, allow_nan=False).encode()
        except (TypeError, ValueError) as error:
            raise JournalError(f"the snapshot's schema can't be written as JSON: {error}") from error
        content = np.frombuffer(blob, np.uint8)
        parts = (_padded(text), content, b"\0" * (-content.size % 8))
        head = HEADER.pack(
            MAGIC, FORMAT_VERSION, 0, next_sequence, time_ns, content.size, len(text), code_hash, _checksum_of(*parts)
        )
        total = checksum(head)
        path = self.folder / f"snapshot-{next_sequence:020d}.atlas"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            os.close(create_atomically(path, [head, struct.pack("<Q", total), *parts], replace=True))
            self._forget_old()
        except OSError as error:
            raise JournalError(f"{path} can't be written: {error}") from error
        return path

    def _forget_old(self) -> None:
        old = self.paths()[self.keep :]
        for path in old:
            path.unlink(missing_ok=True)
        if old:
            sync_folder(self.folder)

    def load_newest(self, last_sequence: int | None = None) -> tuple[Snapshot | None, list[JournalDamagedError]]:
        """Load the newest snapshot that is whole.

        Parameters
        ----------
        last_sequence : int, optional
            Ignore snapshots that have seen more rows than this: the journal doesn't reach them.

        Returns
        -------
        Snapshot or None
            None when there is no whole one.
        list of JournalDamagedError
            What was wrong with the newer ones that were passed over.

        Raises
        ------
        JournalError
            A file can't be read at all.
        """
        damaged: list[JournalDamagedError] = []
        for path in self.paths():
            if last_sequence is not None and int(path.name[9:29]) > last_sequence:
                continue
            try:
                return load_snapshot(path), damaged
            except JournalDamagedError as error:
                damaged.append(error)
        return None, damaged


def load_snapshot(path: Path) -> Snapshot:
    """Read and check one snapshot's file.

    Raises
    ------
    JournalDamagedError
        It is incomplete, damaged, no snapshot, or of an unknown version.
    JournalError
        It can't be read.
    """
    content = map_file(path)
    size = HEADER.size + 8
    if content.size < size:
        raise JournalDamagedError(path, 0, f"the file ends after {content.size} bytes, within its header of {size}")
    fields = HEADER.unpack(content[: HEADER.size].tobytes())
    magic, version, _, next_sequence, time_ns, blob_bytes, schema_bytes, code_hash, total = fields
    if magic != MAGIC:
        raise JournalDamagedError(path, 0, "this is no snapshot: its first eight bytes are not ATLASSNP")
    if checksum(content[: HEADER.size]) != int(content[HEADER.size : size].view(np.uint64)[0]):
        raise JournalDamagedError(path, 0, "the checksum of the snapshot's header is wrong")
    if version != FORMAT_VERSION:
        raise JournalDamagedError(path, 8, f"snapshot format {version} is not {FORMAT_VERSION}")
    schema_end = size + schema_bytes + -schema_bytes % 8
    expected = schema_end + blob_bytes + -blob_bytes % 8
    if content.size != expected:
        raise JournalDamagedError(path, content.size, f"the file has {content.size} bytes, not {expected}")
    blob_end = schema_end + blob_bytes
    if _checksum_of(content[size:schema_end], content[schema_end:blob_end], content[blob_end:].tobytes()) != total:
        raise JournalDamagedError(path, size, "the checksum of the snapshot's content is wrong")
    schema = json.loads(content[size : size + schema_bytes].tobytes())
    return Snapshot(next_sequence, time_ns, schema, code_hash, content[schema_end:blob_end], path)


def _padded(text: bytes) -> bytes:
    return text + b" " * (-len(text) % 8)


def _checksum_of(schema: Blob, blob: Blob, padding: bytes) -> int:
    """Chain schema, whole words of the blob, and its last word filled with zeros."""
    content = np.frombuffer(blob, np.uint8)
    whole = content.size // 8 * 8
    rest = content[whole:].tobytes() + padding
    return checksum(rest, checksum(content[:whole], checksum(schema)))
