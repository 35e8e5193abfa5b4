"""Longer bars as strategies declare them: a timeframe's text, a number to keep, a time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from atlas.config.timeframes import timeframe_ns
from atlas.kernel.indicators.longer_bars import LongerBars
from atlas.records.errors import ConfigurationError

SECOND_NS = 1_000_000_000
FIRST_YEAR, LAST_YEAR = 1970, 2060


class Bars(LongerBars):
    """Longer bars of the bars that a strategy is handed: ``daily: Bars = Bars("1d", 50)``.

    ``self.daily.update(bar)`` takes in a bar and is true when that completed a longer one. What is read from it
    (`open, high, low, close, volume`, and with the bars back ``close_at(1)`` and its like) is of complete bars only.

    Parameters
    ----------
    timeframe : str
        Such as ``5m``, ``1h``, ``1d``, ``1w``; no shorter than the bars it is made of.
    length : int
        How many complete ones are kept; `ready` once there are so many.
    zone : str
        Whose clock the boundaries follow, such as ``America/New_York``; summer time included.

    Raises
    ------
    ConfigurationError
        The timeframe or the zone is none.
    """

    def __init__(self, timeframe: str = "1d", length: int = 1, zone: str = "UTC") -> None:
        super().__init__(length, timeframe_ns(timeframe), changes_of(zone))
        self._timeframe, self._zone = timeframe, zone

    def __repr__(self) -> str:
        zone = "" if self._zone == "UTC" else f", zone={self._zone!r}"
        return f"Bars({self._timeframe!r}, {self.arguments['length']}{zone})"


@cache
def changes_of(zone: str) -> tuple[tuple[int, int], ...]:
    """Return when a zone's distance from UTC changes (ns UTC), and to what (ns); none for UTC."""
    if zone == "UTC":
        return ()
    try:
        local = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigurationError(f"{zone!r} is no time zone: write America/New_York or the like", "zone") from error
    day = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    found = [(nanoseconds(day), offset_ns(local, day))]
    while day.year < LAST_YEAR:
        following = day + timedelta(days=1)
        if offset_ns(local, following) != found[-1][1]:
            instant = change_between(local, day, following)
            found.append((nanoseconds(instant), offset_ns(local, instant)))
        day = following
    return tuple(found)


def offset_ns(zone: ZoneInfo, instant: datetime) -> int:
    """Return how far a zone's clock is from UTC at an instant."""
    offset = instant.astimezone(zone).utcoffset() or timedelta()
    return round(offset.total_seconds()) * SECOND_NS


def nanoseconds(instant: datetime) -> int:
    """Return an instant in whole seconds as ns since 1970 UTC."""
    return round(instant.timestamp()) * SECOND_NS


def change_between(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Return the second at which a zone's distance from UTC changes, which lies between two instants."""
    old = offset_ns(zone, before)
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=int((after - before).total_seconds()) // 2)
        before, after = (middle, after) if offset_ns(zone, middle) == old else (before, middle)
    return after
