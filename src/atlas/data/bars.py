"""Bars of many instruments as one array of records, in the order in which a run sees them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from atlas.records.enums import NULL
from atlas.records.errors import DataError
from atlas.records.instruments import BarSpecification, Instrument
from atlas.records.kinds import Kind
from atlas.records.market import BAR
from atlas.records.units import array_to_floats, array_to_units

if TYPE_CHECKING:
    import pandas as pd

    from .quality import QualityWarning

FIRST_INSTRUMENT: Final = 1
"""Number, in the records, of the first instrument of a history: 0 means none."""

_ALIGNMENT: Final = 64
_CHUNK_ROWS: Final = 16_384
_MOST_SPECIFICATIONS: Final = 128
# Instrument, kind, side and flags are one word of every record.
_HEADER_WORD: Final = BAR.fields["instrument"][1] // 8 if BAR.fields else 2
_PRICE_FIELDS: Final = {"open": "open_units", "high": "high_units", "low": "low_units", "close": "close_units"}

Records = npt.NDArray[np.void]
Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.int64]


@dataclass(frozen=True)
class BarColumns:
    """
    Bars of one instrument, as columns of length n in ascending time.

    Attributes
    ----------
    instrument : Instrument
        Whose they are.
    specification : BarSpecification
        What they are.
    start_ns : int64 array (n,)
        Start of each bar, ns since 1970 UTC.
    prices : mapping of str to float64 array (n,)
        open, high, low, close; finite.
    volume : float64 array (n,) or None
        Finite and ≥ 0; None where it is unknown.
    extras : mapping of str to float64 array (n,)
        Further numbers, kept beside the bars.
    available : mapping of str to int64 array (n,)
        When values of `extras` became known, ns since 1970 UTC, `NULL` for never; a column that is not here is known
        when its bar is.
    """

    instrument: Instrument
    specification: BarSpecification
    start_ns: Times
    prices: Mapping[str, Floats]
    volume: Floats | None = None
    extras: Mapping[str, Floats] = field(default_factory=dict)
    available: Mapping[str, Times] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class BarHistory:
    """
    Bars of many instruments, sorted by (local time, rank of the instrument, place in the source).

    Attributes
    ----------
    instruments : tuple of Instrument
        In the order of (venue, symbol). The one at position i has the number i + `FIRST_INSTRUMENT` in `records`.
    specifications : tuple of BarSpecification
        What the side byte of a record refers to, ascending.
    records : BAR array (n,)
        Read-only, C-contiguous, aligned to 64 bytes. Venue time is the end of the bar, and so is local time.
    extras : mapping of str to float64 array (n,)
        Further columns of the source beside `records`; NaN where an instrument has none.
    note : str
        What a report must say about the data, such as what its prices are; may be empty.
    available : mapping of str to int64 array (n,)
        When values of `extras` became known, ns since 1970 UTC, `NULL` for never; columns that are not here are known
        when their bar is.
    notes : tuple of str
        What was taken for granted in reading, and what was mended because the user asked for it.
    """

    instruments: tuple[Instrument, ...]
    specifications: tuple[BarSpecification, ...]
    records: Records
    extras: Mapping[str, Floats] = field(default_factory=dict)
    note: str = ""
    available: Mapping[str, Times] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.records)

    def __repr__(self) -> str:
        names = ", ".join(self.symbols[:3]) + (", …" if len(self.symbols) > 3 else "")
        frames = ", ".join(specification.time_frame for specification in self.specifications)
        return f"BarHistory({names}: {len(self):,} bars of {frames})"

    @property
    def symbols(self) -> tuple[str, ...]:
        """Symbol of each instrument."""
        return tuple(instrument.symbol for instrument in self.instruments)

    @property
    def start_ns(self) -> int:
        """Start of the earliest bar; `NULL` where there is none."""
        if len(self) and len(self.specifications) == 1:
            return int(self.records["venue_time_ns"][0]) - self.specifications[0].length_ns
        return int(self.bar_starts().min()) if len(self) else NULL

    @property
    def end_ns(self) -> int:
        """End of the last bar; `NULL` where there is none."""
        return int(self.records["venue_time_ns"][-1]) if len(self) else NULL

    def bar_starts(self) -> Times:
        """Start of each bar, ns since 1970 UTC, int64 (n,)."""
        lengths = np.array([specification.length_ns for specification in self.specifications], dtype=np.int64)
        starts: Times = self.records["venue_time_ns"] - lengths[self.records["side"]]
        return starts

    def number_of(self, symbol: str) -> int:
        """
        Give the number of an instrument in the records.

        Parameters
        ----------
        symbol : str
            Symbol, or ``VENUE:SYMBOL`` where several venues list it.

        Returns
        -------
        int
            ≥ `FIRST_INSTRUMENT`.

        Raises
        ------
        DataError
            There is no such instrument, or more than one.
        """
        found = [
            position
            for position, instrument in enumerate(self.instruments)
            if symbol in {instrument.symbol, instrument.name}
        ]
        if len(found) == 1:
            return found[0] + FIRST_INSTRUMENT
        if found:
            venues = ", ".join(self.instruments[position].venue for position in found)
            raise DataError(f"{symbol!r} is listed at {venues}: write VENUE:SYMBOL")
        raise DataError(f"no bars of {symbol!r}: there are {', '.join(self.symbols[:20]) or 'none'}")

    def rows(self, symbol: str) -> npt.NDArray[np.intp]:
        """Positions in `records` of one instrument's bars, ascending, (m,)."""
        at = self.number_of(symbol) - FIRST_INSTRUMENT
        rows, bounds = self._grouped
        return rows[bounds[at] : bounds[at + 1]]

    def bars(self, symbol: str) -> Records:
        """One instrument's bars, in ascending time: a copy, BAR (m,)."""
        return self.records if len(self.instruments) == 1 else self.records[self.rows(symbol)]

    @cached_property
    def _grouped(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        from .tables import group_rows

        codes = self.records["instrument"].astype(np.int64) - FIRST_INSTRUMENT
        return group_rows(codes, len(self.instruments))

    @cached_property
    def quality(self) -> "tuple[QualityWarning, ...]":
        """What is odd about the bars, though they can be traded, by symbol."""
        from .quality import quality_of

        starts = self.bar_starts()
        found: list[QualityWarning] = []
        for instrument in self.instruments:
            rows = slice(None) if len(self.instruments) == 1 else self.rows(instrument.name)
            found += quality_of(instrument.symbol, self.records[rows], starts[rows])
        return tuple(found)

    def fingerprint(self) -> str:
        """
        Hash of everything a run can see: records, instruments, specifications and extra columns.

        Returns
        -------
        str
            32 hexadecimal digits (BLAKE2b of 128 bits).
        """
        digest = blake2b(digest_size=16)
        for part in (*self.instruments, *self.specifications):
            digest.update(repr(part).encode() + b"\n")
        digest.update(np.ascontiguousarray(self.records).view(np.uint8).data)
        for name in sorted(self.extras):
            digest.update(name.encode() + b"\n")
            digest.update(np.ascontiguousarray(self.extras[name]).view(np.uint8).data)
        for name in sorted(self.available):
            digest.update(name.encode() + b" available\n")
            digest.update(np.ascontiguousarray(self.available[name]).view(np.uint8).data)
        return digest.hexdigest()

    def between(self, start_ns: int | None, end_ns: int | None) -> "BarHistory":
        """
        Bars that lie within a period.

        Parameters
        ----------
        start_ns, end_ns : int or None
            Bars that start at or after the one and end at or before the other; None leaves that side open.

        Returns
        -------
        BarHistory
            With the same instruments, also those that have no bar left.
        """
        if start_ns is None and end_ns is None:
            return self
        keep = np.ones(len(self), dtype=bool)
        if start_ns is not None:
            keep &= self.bar_starts() >= start_ns
        if end_ns is not None:
            keep &= self.records["venue_time_ns"] <= end_ns
        return self if keep.all() else self._at(np.flatnonzero(keep))

    def within(self, start_ns: int | None, end_ns: int | None) -> "BarHistory":
        """
        Bars that lie within a period, of which there is at least one.

        Parameters
        ----------
        start_ns, end_ns : int or None
            As for `between`.

        Returns
        -------
        BarHistory

        Raises
        ------
        DataError
            No bar lies within it; the message says which period the bars are of.
        """
        kept = self.between(start_ns, end_ns)
        if len(kept) == 0 and len(self) > 0:
            after = f" from {_minute(start_ns)}" if start_ns is not None else ""
            before = f" to {_minute(end_ns, is_end=True)}" if end_ns is not None else ""
            first = _minute(int(self.bar_starts().min()))
            last = _minute(int(self.records["venue_time_ns"].max()), is_end=True)
            raise DataError(f"{self!r} has no bar{after}{before}: they run from {first} to {last}")
        return kept

    def select(self, symbols: Sequence[str]) -> "BarHistory":
        """
        Bars of some instruments.

        Parameters
        ----------
        symbols : sequence of str
            As for `number_of`, in any order.

        Returns
        -------
        BarHistory
            Instruments numbered anew.
        """
        kept = sorted({self.number_of(symbol) for symbol in symbols})
        if len(kept) == len(self.instruments):
            return self
        renumber = np.zeros(len(self.instruments) + FIRST_INSTRUMENT, dtype=np.uint32)
        renumber[kept] = np.arange(len(kept), dtype=np.uint32) + FIRST_INSTRUMENT
        numbers = renumber[self.records["instrument"]]
        rows = np.flatnonzero(numbers)
        instruments = tuple(self.instruments[number - FIRST_INSTRUMENT] for number in kept)
        return self._at(rows, instruments, numbers[rows])

    def _at(
        self, rows: npt.NDArray[np.intp], instruments: tuple[Instrument, ...] | None = None, numbers: Any = None
    ) -> "BarHistory":
        records = aligned_records(len(rows))
        np.take(_as_words(self.records), rows, axis=0, out=_as_words(records))
        if numbers is not None:
            records["instrument"] = numbers
        records.flags.writeable = False
        extras = {name: column[rows] for name, column in self.extras.items()}
        available = {name: times[rows] for name, times in self.available.items()}
        kept = instruments or self.instruments
        return BarHistory(kept, self.specifications, records, extras, self.note, available, self.notes)

    def to_frame(self, symbol: str | None = None) -> "pd.DataFrame":
        """
        One instrument's bars as a pandas frame.

        Parameters
        ----------
        symbol : str, optional
            May be left out where there is one instrument.

        Returns
        -------
        pandas.DataFrame
            Index `timestamp` (start of the bar, UTC); open, high, low, close, volume (NaN where unknown) as floats, and
            the extra columns.

        Raises
        ------
        DataError
            The symbol is unknown, or left out where there are several.
        """
        import pandas as pd

        if symbol is None and len(self.instruments) != 1:
            raise DataError(f"say which of {', '.join(self.symbols[:20])}")
        name = symbol or self.instruments[0].name
        instrument = self.instruments[self.number_of(name) - FIRST_INSTRUMENT]
        rows = self.rows(name)
        bars = self.records[rows]
        columns: dict[str, Floats] = {
            column: array_to_floats(bars[units], instrument.price_exponent) for column, units in _PRICE_FIELDS.items()
        }
        columns["volume"] = array_to_floats(bars["volume_units"], instrument.quantity_exponent)
        columns |= {extra: values[rows] for extra, values in self.extras.items()}
        index = pd.DatetimeIndex(self.bar_starts()[rows].view("datetime64[ns]"), tz="UTC", name="timestamp")
        return pd.DataFrame(columns, index=index)


def aligned_records(count: int) -> Records:
    """
    Uninitialised bars at an address that is a multiple of 64.

    Parameters
    ----------
    count : int
        Number of records, ≥ 0.

    Returns
    -------
    BAR array (count,)
        Writable, C-contiguous.
    """
    raw = np.empty(count * BAR.itemsize + _ALIGNMENT, dtype=np.uint8)
    offset = -raw.ctypes.data % _ALIGNMENT
    return raw[offset : offset + count * BAR.itemsize].view(BAR)


def build_history(columns: Sequence[BarColumns], note: str = "", notes: tuple[str, ...] = ()) -> BarHistory:
    """
    History of the bars of several instruments.

    Parameters
    ----------
    columns : sequence of BarColumns
        In any order; an instrument may come several times with different specifications.
    note : str
        What a report must say about the data.
    notes : tuple of str
        What was taken for granted in reading it.

    Returns
    -------
    BarHistory
        Sorted and merged.

    Raises
    ------
    DataError
        There are no bars, a number is beyond the range of its units, or instruments contradict each other.
    """
    instruments = _canonical_instruments(columns)
    specifications = tuple(sorted({column.specification for column in columns}, key=_specification_key))
    if len(specifications) > _MOST_SPECIFICATIONS:
        raise DataError(f"{len(specifications)} kinds of bars where {_MOST_SPECIFICATIONS} is the most")
    ranks = {instrument.sort_key: rank for rank, instrument in enumerate(instruments)}
    # Places within one (time, instrument) follow the order of the specifications, then of the source.
    parts = sorted(columns, key=lambda part: (ranks[part.instrument.sort_key], _specification_key(part.specification)))
    total = sum(len(part.start_ns) for part in parts)
    if total == 0:
        raise DataError("there are no bars")
    records = aligned_records(total)
    first = 0
    for part in parts:
        number = ranks[part.instrument.sort_key] + FIRST_INSTRUMENT
        last = first + len(part.start_ns)
        _fill(records[first:last], part, number, specifications.index(part.specification))
        first = last
    extras = _joined(parts, [part.extras for part in parts], total, np.nan)
    stated = {name for part in parts for name in part.available}
    available = _joined(parts, [_known_times(part, stated) for part in parts], total, NULL)
    if len(parts) > 1:
        order = np.argsort(records["local_time_ns"].copy(), kind="stable")
        records = _in_order(records, order)
        extras = {name: values[order] for name, values in extras.items()}
        available = {name: times[order] for name, times in available.items()}
    records.flags.writeable = False
    return BarHistory(tuple(instruments), specifications, records, extras, note, available, notes)


def _specification_key(specification: BarSpecification) -> tuple[int, int]:
    return specification.length_ns, specification.price_type


def _canonical_instruments(columns: Sequence[BarColumns]) -> list[Instrument]:
    known: dict[tuple[str, str], Instrument] = {}
    for part in columns:
        name = part.instrument.sort_key
        if known.setdefault(name, part.instrument) != part.instrument:
            raise DataError(f"{part.instrument.name} is described in two ways: give one")
    return [known[name] for name in sorted(known)]


def _fill(rows: Records, part: BarColumns, number: int, specification: int) -> None:
    """Write one instrument's bars, chunk by chunk, so that each chunk is converted and written inside the cache."""
    header = np.zeros(1, dtype=BAR)
    header["instrument"], header["kind"], header["side"] = number, Kind.BAR, specification
    header_word = _as_words(header)[0, _HEADER_WORD]
    instrument, symbol = part.instrument, part.instrument.symbol
    for first in range(0, len(rows), _CHUNK_ROWS):
        chunk = rows[first : first + _CHUNK_ROWS]
        here = slice(first, first + len(chunk))
        _as_words(chunk)[:, _HEADER_WORD] = header_word
        end_ns = part.start_ns[here] + part.specification.length_ns
        chunk["venue_time_ns"] = end_ns
        chunk["local_time_ns"] = end_ns
        for name, units in _PRICE_FIELDS.items():
            chunk[units] = array_to_units(part.prices[name][here], instrument.price_exponent, f"{name} of {symbol}")
        if part.volume is None:
            chunk["volume_units"] = NULL
        else:
            volume = part.volume[here]
            chunk["volume_units"] = array_to_units(volume, instrument.quantity_exponent, f"volume of {symbol}")


def _as_words(records: Records) -> npt.NDArray[np.int64]:
    """View records as rows of eight words, which NumPy copies faster than structures."""
    return records.view(np.int64).reshape(-1, BAR.itemsize // 8)


def _known_times(part: BarColumns, stated: Collection[str]) -> Mapping[str, Times]:
    """Times at which a part's values became known, of the columns for which some part states them."""
    end_ns = part.start_ns + part.specification.length_ns
    return {name: part.available.get(name, end_ns) for name in part.extras if name in stated}


def _joined(
    parts: Sequence[BarColumns], columns: Sequence[Mapping[str, npt.NDArray[Any]]], total: int, absent: float
) -> dict[str, npt.NDArray[Any]]:
    """Columns of all parts one after another, with a value for parts that lack one."""
    joined: dict[str, npt.NDArray[Any]] = {}
    first = 0
    for part, held in zip(parts, columns, strict=True):
        last = first + len(part.start_ns)
        for name, values in held.items():
            joined.setdefault(name, np.full(total, absent, dtype=values.dtype))[first:last] = values
        first = last
    return joined


def _in_order(records: Records, order: npt.NDArray[np.intp]) -> Records:
    """Records in another order: by time; a stable sort keeps the order of instruments and sources within a time."""
    merged = aligned_records(len(records))
    np.take(_as_words(records), order, axis=0, out=_as_words(merged))
    return merged


def _minute(time_ns: int, is_end: bool = False) -> str:
    """A time to the minute; of midnights the date, which is the day before where it ends something."""
    minute = np.datetime64(time_ns, "ns").astype("datetime64[m]")
    day = minute.astype("datetime64[D]")
    return str(day - np.timedelta64(int(is_end), "D")) if day == minute else str(minute).replace("T", " ")
