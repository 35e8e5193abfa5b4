"""The universe of a run over time: which symbols belong to it when, and which were delisted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from atlas.backtest.rates import Rate, RateSeries
from atlas.config.times import DAY_NS
from atlas.data.bars import BarHistory, Records
from atlas.kernel.trader.changes import DELISTING, MEMBERSHIP, RATE
from atlas.records.errors import ConfigurationError

DELISTINGS: Final = ("close", "hold")
QUIET_NS: Final = 7 * DAY_NS
"""Bars that end this long before the data does have ended for good."""
COLUMNS: Final = ("symbol", "from", "to")


@dataclass(frozen=True)
class Membership:
    """A time during which a symbol belongs to the universe.

    Attributes
    ----------
    symbol : str
    from_ns, until_ns : int
        From its first instant on, and until the first that is not in it; the least and greatest integer stand for ever.
    """

    symbol: str
    from_ns: int
    until_ns: int


Universe = tuple[Membership, ...]
Changes = npt.NDArray[np.int64]
# How a date that is a text begins; of others, which of two numbers is the month would be a guess.
ISO_DATE: Final = re.compile(r"\d{4}-?\d\d-?\d\d")
ALWAYS_FROM, ALWAYS_UNTIL = -(2**63), 2**63 - 1


def read_universe(given: Any) -> Universe:
    """Return a universe as users give it.

    Parameters
    ----------
    given : frame, path, mapping or sequence
        A frame or CSV file with the columns ``symbol, from, to``; a mapping of symbol to (from, to); rows of
        (symbol, from, to). Dates are UTC and both included; an empty one is open.

    Raises
    ------
    ConfigurationError
        A column is missing, a date is none, or a time ends before it begins.
    """
    import pandas

    if isinstance(given, Mapping):
        rows = [(symbol, *bounds) for symbol, bounds in given.items()]
    elif isinstance(given, list | tuple):
        rows = [tuple(row) for row in given]
    else:
        frame = given if hasattr(given, "columns") else pandas.read_csv(given, dtype=str)
        frame = frame.to_pandas() if hasattr(frame, "to_pandas") else frame
        missing = [name for name in COLUMNS if name not in frame.columns]
        if missing:
            raise ConfigurationError(
                f"has no column {', '.join(missing)}: write symbol, from and to; there are "
                f"{', '.join(map(str, frame.columns))}",
                "universe",
            )
        rows = list(frame[list(COLUMNS)].itertuples(index=False, name=None))
    return tuple(membership(row) for row in rows)


def membership(row: Any) -> Membership:
    """Return one row of a universe."""
    if len(row) != len(COLUMNS):
        raise ConfigurationError(f"a row is (symbol, from, to), not {row!r}", "universe")
    symbol, first, last = row
    from_ns, until_ns = instant_ns(first, ALWAYS_FROM), instant_ns(last, ALWAYS_UNTIL, DAY_NS)
    if until_ns <= from_ns:
        raise ConfigurationError(f"{symbol} leaves on {last} before it comes on {first}", "universe")
    return Membership(str(symbol), from_ns, until_ns)


def as_row(membership: Membership) -> dict[str, str | None]:
    """Return a membership as a row that `read_universe` reads: both ends included, None for an open one."""
    return {
        "symbol": membership.symbol,
        "from": None if membership.from_ns == ALWAYS_FROM else iso_of(membership.from_ns),
        "to": None if membership.until_ns == ALWAYS_UNTIL else iso_of(membership.until_ns, DAY_NS),
    }


def iso_of(time_ns: int, whole_day_ns: int = 0) -> str:
    """Return nanoseconds as an ISO date, or as a time where they are none; a date `whole_day_ns` earlier."""
    if time_ns % DAY_NS == 0:
        return str(np.datetime64((time_ns - whole_day_ns) // DAY_NS, "D"))
    return f"{np.datetime_as_string(np.datetime64(time_ns, 'ns'), unit='auto')}Z"


def instant_ns(value: Any, absent: int, whole_day_ns: int = 0) -> int:
    """Return a date as nanoseconds; `absent` where there is none, a whole day later where asked and it has no time."""
    import pandas

    if value is None or value == "" or value is pandas.NaT or (isinstance(value, float) and np.isnan(value)):
        return absent
    try:
        if isinstance(value, str) and not ISO_DATE.match(value):
            raise ValueError("no ISO date")
        moment = pandas.Timestamp(value)
    except (ValueError, TypeError) as error:
        raise ConfigurationError(f"{value!r} is no date: write 2020-01-31", "universe") from error
    moment = moment.tz_localize("UTC") if moment.tzinfo is None else moment.tz_convert("UTC")
    is_date = moment == moment.normalize()
    return int(moment.as_unit("ns").value) + (whole_day_ns if is_date else 0)


def membership_changes(universe: Universe | None, history: BarHistory) -> list[tuple[int, int, int]]:
    """Return when each instrument enters or leaves: (time, instrument, 1 or 0), in order of time.

    Without a universe an instrument belongs to the run from the end of its first bar on; with one, while the universe
    and its bars both say so.
    """
    found: list[tuple[int, int, int]] = []
    first_end = first_bar_ends(history)
    start_ns = int(history.records["venue_time_ns"][0])
    named: dict[str, list[Membership]] = {}
    for each in universe or ():
        named.setdefault(each.symbol, []).append(each)
    for number, instrument in enumerate(history.instruments, 1):
        spans = [(ALWAYS_FROM, ALWAYS_UNTIL)]
        if universe is not None:
            spans = [(each.from_ns, each.until_ns) for each in named.get(instrument.symbol, [])]
        bounds = joined([(max(enters, first_end[number]), leaves) for enters, leaves in spans])
        if not bounds or bounds[0][0] > start_ns:
            found.append((start_ns, number, 0))
        for enters_ns, leaves_ns in bounds:
            if enters_ns > start_ns:
                found.append((enters_ns, number, 1))
            if leaves_ns != ALWAYS_UNTIL:
                found.append((max(leaves_ns, start_ns), number, 0))
    return sorted(found)


def joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans in order, those that meet or overlap as one, without those that are empty."""
    found: list[tuple[int, int]] = []
    for enters, leaves in sorted(span for span in spans if span[0] < span[1]):
        if found and enters <= found[-1][1]:
            found[-1] = (found[-1][0], max(leaves, found[-1][1]))
        else:
            found.append((enters, leaves))
    return found


def first_bar_ends(history: BarHistory) -> dict[int, int]:
    """Return the end of each instrument's first bar; later than anything where it has none."""
    found = dict.fromkeys(range(1, len(history.instruments) + 1), ALWAYS_UNTIL - 1)
    return found | extreme_ends(history.records, len(history.instruments))


def extreme_ends(records: Records, count: int) -> dict[int, int]:
    """Return the end of the first bar of each of `count` instruments; looks no further than it must."""
    size = min(len(records), 4 * count)
    while True:
        numbers, rows = np.unique(records["instrument"][:size], return_index=True)
        if len(numbers) == count or size == len(records):
            ends = records["venue_time_ns"][rows]
            return dict(zip(numbers.tolist(), ends.tolist(), strict=True))
        size = min(len(records), 4 * size)


def delistings(history: BarHistory) -> list[tuple[int, int]]:
    """Return the instruments whose bars end for good before the data does: (time, instrument), in order of time.

    The time is a day after the last bar's end. Whose bars end within seven days of the data's end is not delisted.
    """
    last = extreme_ends(history.records[::-1], len(history.instruments))
    gone = [(ends_ns + DAY_NS, number) for number, ends_ns in last.items() if ends_ns + QUIET_NS < history.end_ns]
    return sorted(gone)


# --- everything that changes, as the kernel takes it -----------------------------------------------------------------


def changes_of(
    history: BarHistory,
    rates: Mapping[str, Rate],
    currencies: Sequence[tuple[str, int]],
    universe: Universe | None = None,
    delisting: str = "close",
) -> Changes:
    """Return all that changes during a run: rows of (time, kind, currency or instrument, value), in order of time.

    Parameters
    ----------
    history : BarHistory
    rates : mapping of str to float or RateSeries
    currencies : sequence of (str, int)
        Names and money exponents in the kernel's order, the base currency first.
    universe : tuple of Membership, optional
    delisting : {"close", "hold"}
    """
    parts: list[Any] = [rate_changes(history, rates, currencies)]
    if len(history.instruments) > 1 or universe is not None:
        rows = [
            (time_ns, MEMBERSHIP, number, value) for time_ns, number, value in membership_changes(universe, history)
        ]
        if delisting == "close":
            rows += [(time_ns, DELISTING, number, 0) for time_ns, number in delistings(history)]
        parts.append(np.array(rows, np.int64).reshape(-1, 4))
    rows_of_all = np.concatenate(parts)
    rows_of_all = rows_of_all[rows_of_all[:, 0] <= history.end_ns]
    ordered: Changes = rows_of_all[np.lexsort(rows_of_all.T[::-1])]
    return ordered


def rate_changes(history: BarHistory, rates: Mapping[str, Rate], currencies: Sequence[tuple[str, int]]) -> Changes:
    """Return the rates that become known after the first bar has."""
    start_ns, base_exponent = int(history.records["local_time_ns"][0]), currencies[0][1]
    parts = [np.empty((0, 4), np.int64)]
    for number, (name, exponent) in enumerate(currencies):
        rate = rates.get(name)
        if isinstance(rate, RateSeries):
            times_ns, values = rate.between(start_ns, history.end_ns)
            scaled = np.rint(values * 10**9 * 10.0 ** (base_exponent - exponent)).astype(np.int64)
            kinds = np.full(len(times_ns), RATE)
            parts.append(np.stack([times_ns, kinds, np.full(len(times_ns), number), scaled], axis=1))
    found: Changes = np.concatenate(parts)
    return found
