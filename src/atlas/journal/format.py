"""The bytes of a journal, format version 1: segment headers, block headers, and how each is checked.

`docs/journal.md` describes the same in words. A published version never changes; another layout is another version.
"""

from __future__ import annotations

import json
import re
import struct
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from atlas.journal.checksum import Buffer, checksum, checksum_at
from atlas.journal.errors import JournalDamagedError
from atlas.records.enums import LAYOUT_VERSION
from atlas.records.errors import JournalError

FORMAT_VERSION: Final = 1
SEGMENT_MAGIC: Final = b"ATLASJRN"
BLOCK_MAGIC: Final = b"ATLASBLK"
ROW_BYTES: Final = 64
BLOCK_HEADER_BYTES: Final = 64
MAXIMUM_BLOCK_ROWS: Final = 65_536
MAXIMUM_METADATA_BYTES: Final = 16 * 2**20
HASH_BYTES: Final = 32

SEGMENT_HEADER: Final = np.dtype(
    [
        ("magic", "S8"),
        ("format_version", "<u2"),
        ("layout_version", "<u2"),
        ("segment_number", "<u4"),
        ("metadata_bytes", "<u4"),
        ("durability", "<u4"),
        ("run_id", "V16"),
        ("boot_epoch", "<i8"),
        ("created_time_ns", "<i8"),
        ("first_sequence", "<i8"),
        ("previous_checksum", "<u8"),
        ("seed", "<i8"),
        ("configuration_hash", "V32"),
        ("code_hash", "V32"),
        ("reserved", "V40"),
        ("checksum", "<u8"),
    ]
)
"""The fixed part of a segment's header: 192 bytes, then the metadata as UTF-8 JSON, spaces up to a multiple of 64."""

BLOCK_HEADER: Final = struct.Struct("<8sqIIqQQQQ")
"""A block's header of 64 bytes, before `record_count` rows: magic, first sequence, record count, payload bytes, synced
count, flags, previous checksum, checksum, header checksum."""

SEGMENT_NAME: Final = re.compile(r"journal-(\d{6})\.atlas")
CLOSED: Final = 1
"""Flag of the empty block that ends a journal which was closed in order."""


class Durability(IntEnum):
    """What `commit` waits for."""

    PROCESS = 1
    DISK = 2


@dataclass(frozen=True, slots=True)
class JournalIdentity:
    """Which run a journal is of; the same in each of its segments but for epoch, time and code.

    Parameters
    ----------
    run_id : uuid.UUID
        The run.
    boot_epoch : int
        Counts the starts of the run; it grows with each.
    created_time_ns : int
        When this start happened, ns UTC.
    configuration_hash, code_hash : bytes
        At most 32 bytes each; shorter ones are filled with zeros at the end.
    seed : int
        The run's seed, signed 64 bits; further seeds belong in `metadata`.
    metadata : mapping
        Anything JSON can say: configuration as resolved, seeds by name, versions, fingerprints of market data.
    """

    run_id: uuid.UUID
    boot_epoch: int = 1
    created_time_ns: int = 0
    configuration_hash: bytes = b""
    code_hash: bytes = b""
    seed: int = 0
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("configuration_hash", "code_hash"):
            value = getattr(self, name)
            if len(value) > HASH_BYTES:
                raise JournalError(f"{name} has {len(value)} bytes; {HASH_BYTES} fit")
            object.__setattr__(self, name, value.ljust(HASH_BYTES, b"\0"))


@dataclass(frozen=True, slots=True)
class SegmentHeader:
    """A segment's header, checked.

    Parameters
    ----------
    identity : JournalIdentity
        Which run.
    segment_number : int
        From 1, without gaps.
    first_sequence : int
        Sequence of the segment's first row.
    previous_checksum : int
        Checksum of the last block before this segment; 0 in the first.
    durability : Durability
        How the segment was written.
    format_version, layout_version : int
        Of this file, and of the records in it.
    header_bytes : int
        Where the first block begins; a multiple of 64.
    checksum : int
        The header's own; the first block chains to it.
    """

    identity: JournalIdentity
    segment_number: int
    first_sequence: int
    previous_checksum: int
    durability: Durability
    format_version: int = FORMAT_VERSION
    layout_version: int = LAYOUT_VERSION
    header_bytes: int = 0
    checksum: int = 0


class BlockHeader(NamedTuple):
    """A block's header whose own checksum held.

    Parameters
    ----------
    first_sequence : int
        Sequence of its first row.
    record_count : int
        64-byte rows in the payload.
    synced_count : int
        Rows of the journal known to be on the disk when the block was written.
    flags : int
        `CLOSED` or 0.
    previous_checksum : int
        Checksum of the block before, or of the segment's header.
    checksum : int
        XXH64 of the payload, seeded with the XXH64 of the header's first 48 bytes.
    """

    first_sequence: int
    record_count: int
    synced_count: int
    flags: int
    previous_checksum: int
    checksum: int

    @property
    def payload_bytes(self) -> int:
        """Bytes of the payload."""
        return self.record_count * ROW_BYTES


def segment_path(folder: Path, number: int) -> Path:
    """Path of segment `number` (from 1) of the journal in `folder`."""
    return folder / f"journal-{number:06d}.atlas"


def segment_paths(folder: Path) -> list[Path]:
    """Paths of all segments in `folder`, by number.

    Raises
    ------
    JournalError
        A number is missing between the first and the last.
    """
    found = ((SEGMENT_NAME.fullmatch(path.name), path) for path in folder.glob("journal-*.atlas"))
    numbered = sorted((int(match[1]), path) for match, path in found if match)
    for place, (number, _) in enumerate(numbered, numbered[0][0] if numbered else 0):
        if number != place:
            raise JournalError(f"{folder}: segment journal-{place:06d}.atlas is missing")
    return [path for _, path in numbered]


def encode_segment_header(header: SegmentHeader) -> bytes:
    """Bytes of a segment's header.

    Raises
    ------
    JournalError
        The metadata can't be written as JSON, or is larger than 16 MiB.
    """
    identity = header.identity
    try:
        metadata = json.dumps(identity.metadata, sort_keys=True, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise JournalError(f"the journal's metadata can't be written as JSON: {error}") from error
    if len(metadata) > MAXIMUM_METADATA_BYTES:
        raise JournalError(f"the journal's metadata has {len(metadata)} bytes; {MAXIMUM_METADATA_BYTES} are allowed")
    padded = metadata.ljust(-(-len(metadata) // ROW_BYTES) * ROW_BYTES)
    fixed = np.zeros(1, SEGMENT_HEADER)
    values = {
        "magic": SEGMENT_MAGIC,
        "format_version": header.format_version,
        "layout_version": header.layout_version,
        "segment_number": header.segment_number,
        "metadata_bytes": len(metadata),
        "durability": int(header.durability),
        "run_id": identity.run_id.bytes,
        "boot_epoch": identity.boot_epoch,
        "created_time_ns": identity.created_time_ns,
        "first_sequence": header.first_sequence,
        "previous_checksum": header.previous_checksum,
        "seed": identity.seed,
        "configuration_hash": identity.configuration_hash,
        "code_hash": identity.code_hash,
    }
    for name, value in values.items():
        fixed[name] = value
    fixed["checksum"] = checksum(padded, checksum(fixed.tobytes()[:-8]))
    return fixed.tobytes() + padded


def decode_segment_header(content: Buffer, path: Path) -> SegmentHeader:
    """Read and check the header at the start of `content`, the bytes of `path`.

    Raises
    ------
    JournalDamagedError
        It is incomplete, damaged, of another file type or of an unknown version.
    """
    view = np.frombuffer(content, np.uint8)
    size = SEGMENT_HEADER.itemsize
    if len(view) < size:
        raise JournalDamagedError(path, 0, f"the file ends after {len(view)} bytes, within its header of {size}")
    fixed = np.frombuffer(view[:size], SEGMENT_HEADER)[0]
    if fixed["magic"] != SEGMENT_MAGIC:
        raise JournalDamagedError(path, 0, "this is no journal: its first eight bytes are not ATLASJRN")
    metadata_bytes = int(fixed["metadata_bytes"])
    if fixed["format_version"] != FORMAT_VERSION:
        raise JournalDamagedError(path, 8, f"format version {fixed['format_version']} is not {FORMAT_VERSION}")
    if metadata_bytes > MAXIMUM_METADATA_BYTES:
        raise JournalDamagedError(path, 16, f"the metadata's length is {metadata_bytes} bytes, more than is allowed")
    end = size + -(-metadata_bytes // ROW_BYTES) * ROW_BYTES
    if len(view) < end:
        raise JournalDamagedError(path, 0, f"the file ends after {len(view)} bytes, within its header of {end}")
    if checksum(view[size:end], checksum(view[: size - 8])) != int(fixed["checksum"]):
        raise JournalDamagedError(path, 0, "the checksum of the file's header is wrong")
    try:
        return _segment_header(fixed, view[size : size + metadata_bytes].tobytes(), end)
    except ValueError as error:
        raise JournalDamagedError(path, 0, f"the file's header holds what no writer writes: {error}") from error


def _segment_header(fixed: Any, metadata: bytes, header_bytes: int) -> SegmentHeader:
    identity = JournalIdentity(
        run_id=uuid.UUID(bytes=fixed["run_id"].tobytes()),
        boot_epoch=int(fixed["boot_epoch"]),
        created_time_ns=int(fixed["created_time_ns"]),
        configuration_hash=fixed["configuration_hash"].tobytes(),
        code_hash=fixed["code_hash"].tobytes(),
        seed=int(fixed["seed"]),
        metadata=json.loads(metadata),
    )
    return SegmentHeader(
        identity,
        segment_number=int(fixed["segment_number"]),
        first_sequence=int(fixed["first_sequence"]),
        previous_checksum=int(fixed["previous_checksum"]),
        durability=Durability(int(fixed["durability"])),
        format_version=int(fixed["format_version"]),
        layout_version=int(fixed["layout_version"]),
        header_bytes=header_bytes,
        checksum=int(fixed["checksum"]),
    )


def decode_block_header(content: npt.NDArray[np.uint8], address: int) -> BlockHeader | str:
    """Read and check a block's header; a text says what is wrong with it.

    Parameters
    ----------
    content : ndarray of uint8
        From the block's first byte; at least 64 bytes, or the block is incomplete.
    address : int
        Where `content` lies.
    """
    header = content[:BLOCK_HEADER_BYTES].tobytes()
    if len(header) < BLOCK_HEADER_BYTES:
        return f"the file ends {len(header)} bytes into a block's header"
    magic, first, count, payload, synced, flags, previous, total, own = BLOCK_HEADER.unpack(header)
    if magic != BLOCK_MAGIC:
        return "no block begins here: its first eight bytes are not ATLASBLK"
    if checksum_at(address, 56) != own:
        return "the checksum of the block's header is wrong"
    if payload != count * ROW_BYTES or count > MAXIMUM_BLOCK_ROWS:
        return f"the block's header states {count} records in {payload} bytes"
    return BlockHeader(first, count, synced, flags, previous, total)
