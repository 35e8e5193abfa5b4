"""The compiled loop over a journal's rows, as the player drives it: which rows, which commands to compare, how far."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from atlas.gateways.gateway import RecordKey, record_key
from atlas.kernel.memory.intrinsics import structure_of
from atlas.kernel.trader.recovery import COMMAND_BYTES, install_command
from atlas.kernel.trader.replay import DIVERGED, EVENT, GROUPS, NO_LIMIT, REPLAY, replay_rows
from atlas.kernel.trader.step import apply_event
from atlas.live.machine import Machine
from atlas.records.enums import NULL, RecordFlag
from atlas.records.kinds import REPORT_KINDS
from atlas.records.layout import MAXIMUM_ROWS, ROW_BYTES

Rows = npt.NDArray[Any]

COMMAND_CAPACITY: Final = 256
"""Commands of one event that the loop takes; the host plays an event with more."""

FEW: Final = 16
"""Events of one time that are looked at singly."""


class RowLoop:
    """Drives `replay_rows` over arrays of rows.

    Parameters
    ----------
    machine : Machine
        What the events are applied to.

    Attributes
    ----------
    control : REPLAY
        How far the loop has got in the rows it was given last, and what it counted there.
    """

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._memory = np.zeros(1, REPLAY)
        self._recorded = np.zeros((COMMAND_CAPACITY, COMMAND_BYTES), np.uint8)
        self._waiting = np.zeros_like(self._recorded)
        self._muted = np.zeros(len(machine.block.rows("strategies")), np.int64)
        self._address: int = self._memory.ctypes.data
        control = self.control = structure_of(REPLAY).from_address(self._address)
        control.recorded_address, control.waiting_address = self._recorded.ctypes.data, self._waiting.ctypes.data
        control.command_capacity = COMMAND_CAPACITY
        control.muted_address, control.strategy_count = self._muted.ctypes.data, len(self._muted)
        control.apply_address, control.install_address = apply_event.address, install_command.address

    def set_mode(self, recompute: bool, muted: Collection[int]) -> None:
        """Say whether commands are compared with those recorded, and of which strategies they are taken as recorded."""
        self._muted[:] = 0
        self._muted[list(muted)] = 1
        self.control.recompute, self.control.muted_count = int(recompute), len(muted)

    def run(self, rows: Rows, first_sequence: int, begin: int, until: int | None, until_time_ns: int | None) -> bool:
        """Apply events from row `begin` on, as far as the loop can; false where one gave other commands than recorded.

        Parameters
        ----------
        rows : ndarray of ROW
            Whole records, contiguous.
        first_sequence : int
            Sequence of the first of them.
        begin : int
            Row of a record's beginning.
        until, until_time_ns : int, optional
            Events of a larger sequence or local time are not applied.
        """
        control = self.control
        control.rows_address, control.row_count = rows.ctypes.data, len(rows)
        control.first_sequence, control.cursor, control.stage = first_sequence, begin, 0
        control.until_sequence = NO_LIMIT if until is None else until
        control.until_ns = NO_LIMIT if until_time_ns is None else until_time_ns
        control.record_count = control.event_count = control.command_count = 0
        control.largest_ns, control.largest_row = NULL, -1
        return self.machine.drive(lambda: replay_rows(self.machine.block.address, self._address)) != DIVERGED

    def latest_keys(self, rows: Rows) -> tuple[int, frozenset[RecordKey]]:
        """Return the largest local time among the events applied in the last run, and their keys at that time."""
        control = self.control
        applied = rows[control.largest_row : control.cursor]
        is_latest = (applied["local_time_ns"] == control.largest_ns) & (GROUPS[applied["kind"]] == EVENT)
        places = np.flatnonzero(is_latest & (applied["flags"] & RecordFlag.CONTINUED == 0))
        if len(places) > FEW:
            places = places[distinct(applied[places])]
        keys = frozenset(record_key(applied[place : place + MAXIMUM_ROWS].tobytes()) for place in places.tolist())
        return control.largest_ns, keys


def distinct(rows: Rows) -> npt.NDArray[np.intp]:
    """Places of rows whose records may differ in their keys: all reports, one bar or the like of an instrument."""
    is_report = (rows["kind"] >= REPORT_KINDS.start) & (rows["kind"] < REPORT_KINDS.stop)
    market = np.flatnonzero(~is_report)
    _, first = np.unique(rows.view(np.int64).reshape(-1, ROW_BYTES // 8)[market, 2], return_index=True)
    return np.concatenate([market[first], np.flatnonzero(is_report)])
