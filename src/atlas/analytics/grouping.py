"""Bars of many instruments, found by instrument: sorted once, whoever asks."""

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from atlas.analytics.returns import FloatArray, IntArray
from atlas.records.enums import NULL
from atlas.records.kinds import Kind
from atlas.records.layout import RecordArray

_SHORT = 2**16
"""NumPy sorts whole numbers below this by counting them."""


class BarGroups:
    """The bars of a run by the number of their instrument.

    Parameters
    ----------
    records : BAR array, shape (n,)
        In order of time; rows of other kinds are left out.
    """

    def __init__(self, records: RecordArray) -> None:
        is_bar = records["kind"] == int(Kind.BAR)
        self.bars = records if bool(is_bar.all()) else records[is_bar]

    @cached_property
    def numbers(self) -> list[int]:
        """Numbers of the instruments that have bars, ascending."""
        return [int(number) for number in self._bounds[0]]

    @cached_property
    def times_ns(self) -> IntArray:
        """End of every bar, in order."""
        return np.ascontiguousarray(self.bars["venue_time_ns"])

    @cached_property
    def _numbers(self) -> npt.NDArray[Any]:
        return np.ascontiguousarray(self.bars["instrument"])

    @cached_property
    def _bounds(self) -> tuple[npt.NDArray[Any], IntArray, IntArray | None]:
        """Distinct numbers, where each one's rows begin, and the rows in that order; None for as they are."""
        numbers = self._numbers
        if len(numbers) == 0 or bool((numbers == numbers[0]).all()):
            return numbers[:1], np.array([0, len(numbers)]), None
        codes = numbers.astype(np.uint16) if int(numbers.max()) < _SHORT else numbers
        order = np.argsort(codes, kind="stable")
        ordered = codes[order]
        starts = np.append(0, np.flatnonzero(ordered[1:] != ordered[:-1]) + 1)
        return ordered[starts], np.append(starts, len(numbers)), order

    def rows(self, number: int) -> IntArray | slice:
        """Return the places of an instrument's bars, ascending; a slice where they are all."""
        found, starts, order = self._bounds
        place = int(np.searchsorted(found, number))
        if place == len(found) or found[place] != number:
            return slice(0, 0)
        if order is None:
            return slice(None)
        return order[starts[place] : starts[place + 1]]

    def of(self, number: int) -> RecordArray:
        """Return an instrument's bars, in order of time."""
        bars: RecordArray = self.bars[self.rows(number)]
        return bars

    def ends_ns(self, number: int) -> IntArray:
        """Return the ends of an instrument's bars, in order."""
        return self.times_ns[self.rows(number)]

    def prices(self, number: int, name: str) -> FloatArray:
        """Return one price of an instrument's bars in units, as floats; the close where it is absent, NaN without."""
        rows = self.rows(number)
        units, closes = self.bars[f"{name}_units"][rows], self.bars["close_units"][rows]
        given = np.where(units == NULL, closes, units)
        return np.where(given == NULL, np.nan, given.astype(np.float64))


def grouped(bars: RecordArray | BarGroups) -> BarGroups:
    """Return bars by instrument, as they are where they are that."""
    return bars if isinstance(bars, BarGroups) else BarGroups(bars)
