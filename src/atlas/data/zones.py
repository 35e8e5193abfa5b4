"""Local times of a named zone as UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import numpy as np

from atlas.config.suggestions import did_you_mean
from atlas.records.enums import NULL
from atlas.records.errors import ConfigurationError

from .tables import Times

_SECOND_NS: Final = 1_000_000_000
_DAY_NS: Final = 86_400 * _SECOND_NS
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=32)
def zone_of(name: str) -> ZoneInfo:
    """
    Zone of a name of the IANA database.

    Parameters
    ----------
    name : str
        Such as ``America/New_York`` or ``UTC``.

    Returns
    -------
    ZoneInfo

    Raises
    ------
    ConfigurationError
        There is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError, TypeError):
        hint = did_you_mean(str(name), available_timezones())
        hint = hint if hint.startswith("did") else "write one such as 'America/New_York' or 'UTC'"
        raise ConfigurationError(f"there is no time zone {name!r}; {hint}", "timezone") from None


def local_to_utc(local_ns: Times, name: str) -> tuple[Times, int | None]:
    """
    UTC of local times.

    Parameters
    ----------
    local_ns : int64 array (n,)
        Nanoseconds since 1970-01-01 00:00 on the zone's clocks; `NULL` stays.
    name : str
        Of the zone.

    Returns
    -------
    times : int64 array (n,)
        Of an hour that the clocks show twice, the first row that goes back begins the second.
    missing : int or None
        First row whose time the clocks skipped.
    """
    zone = zone_of(name)
    days = np.floor_divide(local_ns, _DAY_NS)
    result = local_ns.copy()
    known, where = np.unique(days, return_inverse=True)
    skipped: list[int] = []
    offsets = np.zeros(len(known), np.int64)
    for at, day in enumerate(known.tolist()):
        if day == NULL // _DAY_NS:
            continue
        first, last = (_offset_ns(zone, (day + part) * _DAY_NS, 0) for part in (0, 1))
        offsets[at] = first
        if first != last:
            rows = np.flatnonzero(where == at)
            result[rows], missing = _day_of_change(zone, local_ns[rows])
            skipped += rows[missing].tolist()
            offsets[at] = 0
    result -= np.where(local_ns == NULL, 0, offsets[where])
    return result, min(skipped, default=None)


def _offset_ns(zone: ZoneInfo, local_ns: int, fold: int) -> int:
    moment = (_EPOCH + timedelta(seconds=local_ns // _SECOND_NS)).replace(tzinfo=zone, fold=fold)
    offset = moment.utcoffset()
    assert offset is not None
    return int(offset.total_seconds()) * _SECOND_NS


def _day_of_change(zone: ZoneInfo, local_ns: Times) -> tuple[Times, list[int]]:
    """UTC of the rows of a day on which the clocks are set, and positions of times that they skipped."""
    result = local_ns.copy()
    skipped: list[int] = []
    second = False
    for at, moment in enumerate(local_ns.tolist()):
        early, late = _offset_ns(zone, moment, 0), _offset_ns(zone, moment, 1)
        if early < late:
            skipped.append(at)
        second = early > late and (second or (at > 0 and moment <= int(local_ns[at - 1])))
        result[at] = moment - (late if second else early)
    return result, skipped
