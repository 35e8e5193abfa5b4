"""Further columns of a history, as strategies read them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from atlas.data.bars import BarHistory
from atlas.records.enums import NULL
from atlas.strategy.columns import ColumnSeries


class HistoryColumns:
    """The further columns of a history.

    Parameters
    ----------
    history : BarHistory
        Its `available` says which of them are known later, or earlier, than their bars.
    """

    def __init__(self, history: BarHistory) -> None:
        self.history = history

    @property
    def names(self) -> Sequence[str]:
        """Names of the columns."""
        return list(self.history.extras)

    def series(self, name: str) -> list[ColumnSeries]:
        """Return a column of every instrument.

        One that is known with its bars keeps the empty cells, as NaN. Of one whose times are stated, what has no value
        or no time says nothing, and the rows stand in the order in which they became known.
        """
        values, ends = self.history.extras[name], self.history.records["local_time_ns"]
        known = self.history.available.get(name)
        found = []
        for rows in self._rows:
            if known is None:
                found.append(ColumnSeries(ends[rows], np.ascontiguousarray(values[rows], np.float64)))
                continue
            times, numbers = known[rows], values[rows]
            told = np.flatnonzero((times != NULL) & ~np.isnan(numbers))
            order = told[np.argsort(times[told], kind="stable")]
            found.append(ColumnSeries(times[order], numbers[order], by_clock=True))
        return found

    @cached_property
    def _rows(self) -> Sequence[slice | np.ndarray[tuple[int], np.dtype[np.intp]]]:
        if len(self.history.instruments) == 1:
            return [slice(None)]
        return [self.history.rows(instrument.name) for instrument in self.history.instruments]
