"""How far the compiled loop runs in one call, so that the host hears of it about twenty times a second."""

from __future__ import annotations

import time
from typing import Final

SECONDS_A_CALL: Final = 0.05
FIRST_RECORDS: Final = 256
MOST_GROWTH: Final = 8


class Pace:
    """Numbers of records for calls of about `SECONDS_A_CALL` each, from what the last call took.

    Where a run is cut into calls changes nothing of what it does.

    Parameters
    ----------
    records : int
        Of the first call.
    """

    def __init__(self, records: int = FIRST_RECORDS) -> None:
        self.records = records
        self._begin = time.perf_counter()

    def begin(self) -> None:
        """Note that a call begins."""
        self._begin = time.perf_counter()

    def end(self) -> None:
        """Note that it has ended, and choose the next one's length."""
        seconds = max(time.perf_counter() - self._begin, 1e-9)
        wanted = int(self.records * SECONDS_A_CALL / seconds)
        self.records = max(1, min(wanted, MOST_GROWTH * self.records))
