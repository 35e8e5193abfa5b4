"""What importers have in common: records of several kinds in one array, in the order of the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from atlas.records.errors import DataError
from atlas.records.kinds import Kind
from atlas.records.layout import ROW, blank

Rows = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed that was read.

    Attributes
    ----------
    records : structured array, shape (n,)
        Rows of 64 bytes, in the order of the file.
    clock_offset_ns : int
        Added to the receiver's times, so that none is before the venue's.
    gap_count : int
        Places where the venue's numbers show that events are missing; each is a FEED_GAP record.
    notes : tuple of str
        What was passed over, in words.
    """

    records: Rows
    clock_offset_ns: int = 0
    gap_count: int = 0
    notes: tuple[str, ...] = field(default=())


def empty_rows(count: int) -> Rows:
    """Rows to be written."""
    return np.zeros(count, ROW)


def write_rows(rows: Rows, places: npt.NDArray[np.bool_], kind: Kind, fields: Mapping[str, Any]) -> None:
    """Write records of a kind, of one row each, where `places` says; values are arrays of as many, or one for all."""
    records = blank(kind, int(np.count_nonzero(places)))
    for name, value in fields.items():
        records[name] = value
    rows[places] = records.view(ROW).reshape(-1)


def open_stream(path: Path) -> IO[bytes]:
    """Open a file, unpacked where its name ends in .zst or .gz.

    Raises
    ------
    DataError
        There is no such file.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    import pyarrow as pa

    stream: IO[bytes] = pa.input_stream(str(path), compression="detect" if path.suffix in (".zst", ".gz") else None)
    return stream
