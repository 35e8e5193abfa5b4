"""The length of a bar, as users write it: ``1m``, ``4h``, ``1d``."""

import re
from typing import Final

from atlas.errors import ConfigurationError

_LONG_UNITS: Final = {"sec": "s", "second": "s", "minute": "m", "hour": "h", "day": "d", "week": "w"}
_LONGEST_NS: Final = 3_660 * 86_400_000_000_000
_WRITTEN = re.compile(r"\s*(\d+)\s*([A-Za-z]+)\s*")


def timeframe_ns(text: str) -> int:
    """
    Length of a timeframe in nanoseconds.

    Parameters
    ----------
    text : str
        A whole number and a unit: ``30s``, ``1m`` (also ``1min``, ``1Minute``), ``4h``, ``1d``, ``1w``.

    Returns
    -------
    int
        Length in nanoseconds, greater than 0.

    Raises
    ------
    ConfigurationError
        The text is no timeframe, or its length is not fixed (calendar months).
    """
    # Only here: the records load NumPy, and most documents name no timeframe that is wrong.
    from atlas.records.instruments import parse_span

    match = _WRITTEN.fullmatch(text)
    unit = match[2] if match else ""
    if unit == "M" or unit.lower().startswith("mo"):
        raise ConfigurationError(f"{text!r} is a calendar month, whose length varies (minutes are 1m)", "timeframe")
    singular = unit.lower().removesuffix("s") if len(unit) > 2 else unit.lower()
    written = f"{match[1]}{_LONG_UNITS.get(singular, unit.lower())}" if match else text
    try:
        length = parse_span(written)
    except ConfigurationError as error:
        raise ConfigurationError(f"{text!r} is no timeframe: write 1m, 5m, 1h, 1d or the like", "timeframe") from error
    if length > _LONGEST_NS:
        raise ConfigurationError(f"{text!r} is longer than any history: ten years at most", "timeframe")
    return length
