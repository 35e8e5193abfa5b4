"""Collects what the kernel puts out, and sorts it into one array a kind."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from atlas.kernel.memory.block import Block
from atlas.records.enums import RecordFlag
from atlas.records.kinds import Kind
from atlas.records.layout import LAYOUTS, ROW, RecordArray

Rows = npt.NDArray[np.int64]
Sink = Callable[[Rows, npt.NDArray[np.bool_]], None]
ROW_WORDS = 8
KIND_SHIFT, FLAG_SHIFT = 32, 48


def written_rows(block: Block) -> Rows:
    """Rows the kernel wrote since they were last drained, as words over the block itself, shape (n, 8)."""
    world = block.rows("world")[0]
    count = int(world["outputs_written"] - world["outputs_drained"])
    rows: Rows = block.rows("outputs")["words"][:count]
    return rows


def are_said(rows: Rows) -> npt.NDArray[np.bool_]:
    """Tell which rows, shape (n, 8), are commands or words of an operator; all else follows from them and the data."""
    kinds = (rows[:, 2] >> KIND_SHIFT) & 0xFF
    commands = (kinds >= int(Kind.NEW_ORDER)) & (kinds < int(Kind.EXECUTION_REPORT))
    return commands | ((kinds >= int(Kind.OPERATOR_START)) & (kinds < int(Kind.ORDER_TRANSITION)))


class OutputLog:
    """Everything a run put out, in order.

    Parameters
    ----------
    block : Block
        The trader's.
    sink : callable, optional
        Is handed each batch, shape (n, 8) int64, before it is kept, and which rows of it `are_said`: the journal. Those
        are not kept, so that a run is the same with and without a journal.
    """

    def __init__(self, block: Block, sink: Sink | None = None) -> None:
        self._block = block
        self._sink = sink
        self._batches: list[Rows] = []

    def drain(self) -> None:
        """Take over what the kernel wrote, and give it the room back."""
        rows = written_rows(self._block)
        if len(rows) == 0:
            return
        world = self._block.rows("world")[0]
        if self._sink is None:
            self._batches.append(rows.copy())
        else:
            said = are_said(rows)
            self._sink(rows, said)
            self._batches.append(rows[~said])
            world["outputs_written"] -= np.count_nonzero(said)
        world["outputs_drained"] = world["outputs_written"]

    @cached_property
    def rows(self) -> Rows:
        """All rows, shape (n, 8); read it after the run."""
        return np.concatenate(self._batches) if self._batches else np.empty((0, ROW_WORDS), np.int64)

    @cached_property
    def kinds(self) -> npt.NDArray[np.int64]:
        """Kind of each row, 0 for the rows that continue a record, shape (n,)."""
        word = self.rows[:, 2]
        continued = (word >> FLAG_SHIFT) & int(RecordFlag.CONTINUED)
        return np.where(continued == 0, (word >> KIND_SHIFT) & 0xFF, 0)

    def records(self, kind: Kind) -> RecordArray:
        """Return all records of one kind, in order, as its typed array."""
        dtype = LAYOUTS[kind]
        count = dtype.itemsize // ROW.itemsize
        first = np.flatnonzero(self.kinds == int(kind))
        taken = self.rows[(first[:, None] + np.arange(count)).reshape(-1)]
        typed: Any = np.ascontiguousarray(taken).reshape(-1).view(dtype)
        return typed  # type: ignore[no-any-return]
