"""ISO dates and datetimes of a document, as nanoseconds since 1970 UTC."""

from datetime import UTC, date, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY_NS = 86_400_000_000_000
_MICROSECOND = timedelta(microseconds=1)


def start_of(text: str) -> int:
    """
    First nanosecond of an ISO date, or the instant of an ISO datetime.

    Parameters
    ----------
    text : str
        ``2020-01-31``, ``2020-01-31T14:30:00``, ``2020-01-31T14:30:00-05:00``; UTC where no zone is said.

    Returns
    -------
    int
        Nanoseconds since 1970-01-01 UTC.

    Raises
    ------
    ValueError
        The text is neither.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MICROSECOND * 1_000


def end_of(text: str) -> int:
    """
    End of an ISO date (its 24:00 UTC), or the instant of an ISO datetime.

    Parameters
    ----------
    text : str
        As for `start_of`.

    Returns
    -------
    int
        Nanoseconds since 1970-01-01 UTC.

    Raises
    ------
    ValueError
        The text is neither.
    """
    return start_of(text) + (DAY_NS if is_date(text) else 0)


def is_date(text: str) -> bool:
    """Whether the text is an ISO date without a time of day."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
