"""From the instrument numbers in records to instruments."""

from collections.abc import Sequence

from atlas.records.instruments import Instrument


def instruments_by_number(instruments: Sequence[Instrument]) -> dict[int, Instrument]:
    """Return the instruments by the number records know them by: their position, counted from 1 (0 is none)."""
    return dict(enumerate(instruments, start=1))
