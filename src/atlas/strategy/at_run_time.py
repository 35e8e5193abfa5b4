"""Primitives of a context for open strategies, which say at run time what others say in their text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from atlas.kernel.trader.views import VERB_MESSAGES, VerbError
from atlas.strategy.fields import suggestion

UNKNOWN_INSTRUMENT_TEXT: Final = VERB_MESSAGES[VerbError.UNKNOWN_INSTRUMENT]


def by_symbol(primitive: Callable[..., Any], symbols: Sequence[str]) -> Callable[..., Any]:
    """Return a primitive that takes a symbol too where it takes the number of an instrument."""
    numbers = {symbol: number for number, symbol in enumerate(symbols)}

    def call(first: Any, *others: Any) -> Any:
        if isinstance(first, str):
            if first not in numbers:
                raise ValueError(UNKNOWN_INSTRUMENT_TEXT)
            first = numbers[first]
        return primitive(first, *others)

    return call


def within(primitive: Callable[..., float], kept_bars: int) -> Callable[..., float]:
    """Return the primitive of past bars that refuses to look further back than bars are kept."""

    def call(instrument: Any, field: int, ago: int = 0) -> float:
        if ago >= kept_bars:
            raise ValueError(
                f"looks {ago} bars back, and {max(kept_bars - 1, 0) or 'none'} are kept: pass history={max(ago, 1)} to "
                "backtest(), or write it in the document"
            )
        return primitive(instrument, field, ago)

    return call


def by_column(primitive: Callable[..., Any], columns: Sequence[str]) -> Callable[..., Any]:
    """Return the primitive of further columns that takes a column's name for its number."""
    numbers = {name: number for number, name in enumerate(columns)}

    def call(instrument: Any, name: str, ago: int = 0) -> Any:
        if name not in numbers:
            raise ValueError(f"the data has no further column {name!r}{suggestion(str(name), numbers)}")
        return primitive(instrument, numbers[name], ago)

    return call
