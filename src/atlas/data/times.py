"""Times of a source, in any of the forms people write them, as int64 nanoseconds UTC."""

import re
from typing import Any, Final

import numpy as np

from atlas.records.enums import NULL

from .tables import Times

_EPOCH_UNITS: Final = ((10**11, 1_000_000_000), (10**14, 1_000_000), (10**17, 1_000))
"""Below each size, how many ns a whole number since 1970 counts (seconds, ms, us); above all, ns."""

_COMPACT = re.compile(r"\s*(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(([01]\d|2[0-3])[0-5]\d([0-5]\d)?)?\s*")
_INTEGER = re.compile(r"\s*[+-]?\d+\s*")
_DECIMAL = re.compile(r"\s*[+-]?\d+[.,]?\d*([eE][+-]?\d+)?\s*")
_MOMENT = re.compile(
    r"\s*(\d{1,4}[-/. ](\d{1,2}|[A-Za-z]{3,9})[-/., ]|\d{8}[ T]\d|[A-Za-z]{3,9}[-. ]\d{1,2}[-, ])\s*\d.*"
)
_CLOCK = re.compile(r"\s*(\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?(\s*[AaPp][Mm])?|\d{1,6})\s*")
_FORMS = (
    ("compact", _COMPACT),
    ("integer", _INTEGER),
    ("decimal", _DECIMAL),
    ("datetime", _MOMENT),
)
HOW_TO_WRITE: Final = "write 2020-01-31, 2020-01-31T14:30:00Z, or seconds, ms, us or ns since 1970"
MILLENNIUM_NS: Final = 4_102_444_800 * 1_000_000_000
"""2100-01-01."""


def form_of(text: str | None) -> str:
    """
    How a time is written.

    Parameters
    ----------
    text : str or None
        A cell.

    Returns
    -------
    str
        ``compact`` (20200131), ``datetime`` (also a date), ``integer``, ``decimal`` (epochs), or ``unknown``.
    """
    return next((name for name, pattern in _FORMS if text is not None and pattern.fullmatch(text)), "unknown")


def is_clock(text: str) -> bool:
    """Whether a cell is a time of day."""
    return _CLOCK.fullmatch(text) is not None


def epoch_to_ns(values: Any) -> Times:
    """
    Nanoseconds of whole numbers since 1970.

    Parameters
    ----------
    values : integer array (n,), maybe masked
        Seconds, ms, us or ns: what they are is seen from the size of the first value, and one that has another size
        is `NULL` in the result.

    Returns
    -------
    int64 array (n,)
        Nanoseconds, `NULL` where masked or of another unit.
    """
    whole = np.ma.filled(values, 0).astype(np.int64)
    mask = np.ma.getmaskarray(values) | (whole == NULL)
    magnitude = np.abs(whole)
    valid = np.flatnonzero(~mask)
    if valid.size == 0:
        return np.full(len(whole), NULL, dtype=np.int64)
    lower, upper, factor = _unit_bounds(int(magnitude[valid[0]]))
    strange = mask | (magnitude >= upper) | (magnitude < lower)
    if factor == 1 and not strange.any():
        return whole
    result: Times = np.where(strange, 0, whole) * factor
    result[strange] = NULL
    return result


def _unit_bounds(magnitude: int) -> tuple[int, int, int]:
    lower = 0
    for limit, factor in _EPOCH_UNITS:
        if magnitude < limit:
            return lower, limit, factor
        lower = limit
    return lower, 2**63 - 1, 1


def decimal_to_ns(seconds: Any) -> Times:
    """Nanoseconds of decimal seconds (or ms, us, ns) since 1970; `NULL` where NaN or masked."""
    values = np.ma.filled(seconds, np.nan).astype(np.float64)
    finite = np.isfinite(values)
    filled = np.where(finite, values, 0.0)
    first = int(abs(filled[np.argmax(finite)])) if finite.any() else 0
    _, upper, factor = _unit_bounds(first)
    usable = finite & (np.abs(filled) < upper)
    # A double holds microseconds of the present at best: what is finer would be noise.
    result = np.rint(np.where(usable, filled, 0.0) * (factor / 1_000.0)).astype(np.int64) * 1_000
    result[~usable] = NULL
    return result


def datetimes_to_ns(values: Any) -> Times:
    """Nanoseconds of a datetime64 array of any unit; `NULL` for NaT and what does not fit."""
    array = np.ma.filled(values, np.datetime64("NaT")) if isinstance(values, np.ma.MaskedArray) else np.asarray(values)
    unit = np.datetime_data(array.dtype)[0]
    whole = array.astype(np.int64)
    per_tick = {"ns": 1, "us": 1_000, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9, "D": 86_400 * 10**9}
    factor = per_tick.get(unit)
    if factor is None:
        whole, factor = array.astype("datetime64[D]").astype(np.int64), per_tick["D"]
    limit = (2**63 - 1) // factor
    unusable = (whole > limit) | (whole < -limit)
    if unusable.any():
        whole = np.where(unusable, 0, whole)
    result: Times = whole * factor if factor != 1 or unusable.any() else whole
    if unusable.any():
        result[unusable] = NULL
    return result


def is_midnights(times: Times) -> bool:
    """Whether all times are 00:00 UTC."""
    if times.size == 0 or int(times[0]) % 86_400_000_000_000:
        return False
    return not bool(np.any(times % 86_400_000_000_000))
