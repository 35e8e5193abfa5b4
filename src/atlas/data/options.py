"""What a user may say about how a source is to be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from atlas.config.suggestions import did_you_mean
from atlas.records.errors import ConfigurationError

DATE_ORDERS: Final = ("auto", "day-first", "month-first")
SEPARATORS: Final = (",", ";", "\t", "|")
DUPLICATES: Final = ("refuse", "first", "last")
MISSING: Final = ("refuse", "drop")
ZEROS: Final = ("refuse", "keep")


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """
    How a source is to be read, and what in it may be mended.

    Attributes
    ----------
    columns : mapping of str to str
        Header by standard name (time, open, high, low, close, volume, symbol), before any guess.
    timezone : str
        Zone of times that have none, such as ``America/New_York``; empty for UTC.
    dates : {"auto", "day-first", "month-first"}
        How 03/04/2024 is meant; ``auto`` finds it from the data, and refuses where it can't.
    separator : str
        Between the columns of a text file; empty: found.
    decimal : {"", ".", ","}
        Of a text file's numbers; empty: found.
    sort : bool
        Whether rows are sorted by time; else unsorted ones are refused.
    duplicates : {"refuse", "first", "last"}
        Which of several rows of one time and symbol stays.
    missing : {"refuse", "drop"}
        Whether rows without a time or a price are dropped.
    zeros : {"refuse", "keep"}
        Whether 0 is a price where none is below zero.
    """

    columns: Mapping[str, str] | None = None
    timezone: str = ""
    dates: str = "auto"
    separator: str = ""
    decimal: str = ""
    sort: bool = False
    duplicates: str = "refuse"
    missing: str = "refuse"
    zeros: str = "refuse"

    def __post_init__(self) -> None:
        _choose("dates", self.dates, DATE_ORDERS)
        _choose("duplicates", self.duplicates, DUPLICATES)
        _choose("missing", self.missing, MISSING)
        _choose("zeros", self.zeros, ZEROS)
        _choose("decimal", self.decimal, ("", ".", ","))
        if not isinstance(self.sort, bool):
            raise ConfigurationError(f"must be True or False, not {self.sort!r}", "sort")
        if self.separator and len(self.separator.encode()) != 1:
            raise ConfigurationError(f"must be one character such as ';', not {self.separator!r}", "separator")
        if self.separator and self.separator == self.decimal:
            raise ConfigurationError(f"{self.decimal!r} is the separator too: give another", "decimal")
        if self.timezone:
            from .zones import zone_of

            zone_of(self.timezone)


def _choose(name: str, value: Any, choices: tuple[str, ...]) -> None:
    if value not in choices:
        listed = ", ".join(repr(choice) for choice in choices if choice)
        raise ConfigurationError(f"must be one of {listed}, not {value!r}; {did_you_mean(str(value), choices)}", name)
