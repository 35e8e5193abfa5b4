"""Writes a journal of the current format version: two starts of a run, each with its segment."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from atlas.journal import Durability, JournalWriter
from atlas.records.layout import ROW
from tests.unit.journal.samples import bars, identity, orders, rows_of


def expected_rows() -> npt.NDArray[np.void]:
    """Rows of the golden journal in order, its text included."""
    from atlas.journal.strings import encode_string

    parts = [bars(2), encode_string(1, "stop hit {}", local_time_ns=9), orders(3), bars(1, 2), orders(1, 3)]
    return np.concatenate([rows_of(part) for part in parts]).astype(ROW)


def write(folder: Path) -> None:
    """Write the journal's segments into `folder`."""
    with JournalWriter.create(folder, identity(), durability=Durability.DISK) as writer:
        writer.append_many(bars(2))
        writer.commit()
        writer.intern("stop hit {}", local_time_ns=9)
        writer.append_each(orders(3))
    with JournalWriter.resume(folder, identity(2, metadata={"reason": "restart"})) as writer:
        writer.append(bars(1, 2)[0])
        writer.commit()
        writer.append(orders(1, 3)[0])


if __name__ == "__main__":
    write(Path(sys.argv[1]))
