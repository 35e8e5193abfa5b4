"""Journals and records for the tests."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from atlas.journal import Durability, JournalIdentity, JournalWriter
from atlas.records.kinds import Kind
from atlas.records.layout import blank, repeat_headers, view_rows

RUN_ID = uuid.UUID("11223344-5566-7788-99aa-bbccddeeff00")
START_NS = 1_700_000_000_000_000_000


def identity(boot_epoch: int = 1, **changes: Any) -> JournalIdentity:
    values: dict[str, Any] = {
        "created_time_ns": START_NS,
        "configuration_hash": b"\x01" * 32,
        "code_hash": b"\x02" * 16,
        "seed": 42,
        "metadata": {"seeds": {"latency": 7}, "configuration": {"cash": "100000"}},
    }
    return JournalIdentity(RUN_ID, boot_epoch, **values | changes)


def bars(count: int, start: int = 0) -> npt.NDArray[Any]:
    records = blank(Kind.BAR, count)
    number = np.arange(start, start + count)
    records["venue_time_ns"] = START_NS + number * 60_000_000_000
    records["local_time_ns"] = records["venue_time_ns"] + 5
    records["instrument"] = 1 + number % 3
    records["open_units"] = 100_000_000_000 + number
    records["high_units"] = records["open_units"] + 3
    records["low_units"] = records["open_units"] - 3
    records["close_units"] = records["open_units"] + 1
    return records


def orders(count: int, start: int = 0) -> npt.NDArray[Any]:
    records = blank(Kind.NEW_ORDER, count)
    number = np.arange(start, start + count)
    records["local_time_ns"] = START_NS + number
    records["instrument"] = 1
    records["side"] = 1
    records["client_order_id"] = 1 + number
    records["quantity_units"] = 500_000_000
    records["price_units"] = 99_000_000_000
    records["order_type"] = 2
    records["time_in_force"] = 1
    repeat_headers(records)
    return records


def rows_of(records: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return view_rows(records)


def write_sample(folder: Path, *, blocks: int = 6, close: bool = True, **options: Any) -> npt.NDArray[Any]:
    """Write blocks of three bars and two orders each; returns all rows."""
    writer = JournalWriter.create(folder, identity(), **options)
    parts = []
    for number in range(blocks):
        for records in (bars(3, number * 3), orders(2, number * 2)):
            writer.append_many(records)
            parts.append(rows_of(records))
        writer.commit()
    if close:
        writer.close()
    else:
        writer.abandon()
    return np.concatenate(parts)


__all__ = ["Durability", "START_NS", "bars", "identity", "orders", "rows_of", "write_sample"]
