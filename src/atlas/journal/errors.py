"""Errors of the journal that carry where the damage is."""

from __future__ import annotations

from pathlib import Path

from atlas.records.errors import JournalError


class JournalDamagedError(JournalError):
    """The bytes of a journal or snapshot file are not what was written.

    Parameters
    ----------
    path : pathlib.Path
        The damaged file.
    offset : int
        Byte at which the damaged header or block begins.
    reason : str
        What is wrong, in one phrase.
    last_good_sequence : int
        Sequence of the last record before the damage; -1 when there is none.
    """

    def __init__(self, path: Path, offset: int, reason: str, last_good_sequence: int = -1) -> None:
        good = f"the last good record is {last_good_sequence}" if last_good_sequence >= 0 else "no record before it"
        super().__init__(f"{path}: byte {offset}: {reason}; {good}")
        self.path = path
        self.offset = offset
        self.reason = reason
        self.last_good_sequence = last_good_sequence
