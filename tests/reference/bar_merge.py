"""The merge of bars as a sort of Python tuples: slow and obvious."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

Row = tuple[int, str, str, str, str]
"""Start in ns, then open, high, low and close as decimal text."""


def merged_rows(bars: Mapping[str, Sequence[Row]], length_ns: int) -> list[tuple[int, int, int, int, int, int]]:
    """Rows (end, rank of the symbol, open, high, low, close in units of 10**-9) in the order of a run."""
    ranks = {symbol: rank for rank, symbol in enumerate(sorted(bars))}
    rows = []
    for symbol, series in bars.items():
        for place, (start_ns, *prices) in enumerate(series):
            opened, high, low, close = (int(Decimal(price) * 10**9) for price in prices)
            rows.append((start_ns + length_ns, ranks[symbol], place, opened, high, low, close))
    return [(end, rank, *prices) for end, rank, _, *prices in sorted(rows)]  # type: ignore[misc]
