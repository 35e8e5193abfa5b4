"""The further columns of a run's data that a strategy reads, laid out for the kernel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from atlas.kernel.trader.columns import COLUMN
from atlas.records.errors import StrategyError
from atlas.strategy.definition import StrategyDefinition
from atlas.strategy.fields import suggestion


@dataclass(frozen=True)
class ColumnSeries:
    """
    One column of one instrument.

    Attributes
    ----------
    times : int64 array (n,)
        Ascending, ns since 1970 UTC; steps of any width.
    values : float64 array (n,)
        Contiguous.
    by_clock : bool
        Whether a value is known once the clock reaches its time, else once its instrument's bar of that end is seen.
    """

    times: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]
    by_clock: bool = False


class ColumnSource(Protocol):
    """Gives the further columns of a run's data."""

    @property
    def names(self) -> Sequence[str]:
        """Their names."""

    def series(self, name: str) -> Sequence[ColumnSeries]:
        """Return a column of every instrument, in their order, from number 1 on."""


@dataclass(frozen=True)
class ColumnEntries:
    """
    What a context refers to; it has to outlive the run.

    Attributes
    ----------
    entries : COLUMN array (columns × instruments,)
        By column, then by instrument.
    kept : list of ColumnSeries
        What the entries point into.
    """

    entries: np.ndarray[Any, Any]
    kept: list[ColumnSeries]


def entries_of(
    definition: StrategyDefinition, source: ColumnSource | None, instruments: int
) -> tuple[ColumnEntries, list[str]]:
    """
    Lay out the columns that a strategy names; all there are, where it is open and names them at run time.

    Parameters
    ----------
    definition : StrategyDefinition
    source : ColumnSource or None
        Of the run's data.
    instruments : int
        Of the run, number 0 included.

    Returns
    -------
    entries : ColumnEntries
    names : list of str
        By number.

    Raises
    ------
    StrategyError
        The data has no such column.
    """
    known = [] if source is None else list(source.names)
    names = sorted(known) if definition.is_open else definition.columns
    entries = np.zeros(max(1, len(names)) * instruments, COLUMN)
    kept: list[ColumnSeries] = []
    for number, name in enumerate(names):
        if source is None or name not in known:
            there = suggestion(name, known) if known else ": it has none but prices and volume"
            raise StrategyError(f"the data has no further column {name!r}{there}", strategy=definition.name)
        for instrument, series in enumerate(source.series(name), 1):
            kept.append(series)
            fill(entries[number * instruments + instrument :][:1], series)
    return ColumnEntries(entries, kept), names


def fill(entry: np.ndarray[Any, Any], series: ColumnSeries) -> None:
    """Point an entry at a column."""
    entry["times_address"], entry["time_stride"] = series.times.ctypes.data, series.times.strides[0]
    entry["values_address"], entry["count"] = series.values.ctypes.data, len(series.values)
    entry["cursor"], entry["by_clock"] = -1, int(series.by_clock)
