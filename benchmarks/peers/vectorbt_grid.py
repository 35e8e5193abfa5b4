"""vectorbt 1.2: one column of signals a point, simulated together by its Numba engine or its Rust one (`ENGINE=rust`).

Where it differs from Atlas: as `vectorbt_signals` says. Of each point only the total return is computed. Signals are
made by running sums over NumPy arrays, one pass a point, and are part of the search; both engines keep every column in
memory, so a large grid is cut into pieces of 16 columns.
"""

from __future__ import annotations

import os

import numpy as np
import vectorbt as vbt
from numpy.typing import NDArray

from benchmarks.peers import grid, measure

COLUMNS = 16


def returns_of(
    open_: NDArray[np.float64], close: NDArray[np.float64], pairs: list[tuple[int, int]], engine: str
) -> NDArray[np.float64]:
    """Give the total return of each pair of lengths."""
    entries, exits = (np.zeros((len(close), len(pairs)), dtype=bool) for _ in range(2))
    for column, (fast, slow) in enumerate(pairs):
        entry, leave = measure.crossings(close, fast, slow)
        entries[1:, column], exits[1:, column] = entry[:-1], leave[:-1]
    portfolio = vbt.Portfolio.from_signals(
        close[:, None],
        entries,
        exits,
        price=open_[:, None],
        size=measure.WEIGHT,
        size_type="percent",
        direction="longonly",
        fees=measure.FEE,
        init_cash=measure.CASH,
        freq="1min",
        engine=engine,
    )
    return np.asarray(portfolio.total_return())


def main() -> None:
    """Run and print the measurement."""
    engine = os.environ.get("ENGINE", "numba")
    bars, pairs = grid.arguments(__doc__)
    open_, close = (np.ascontiguousarray(bars[name]) for name in ("open", "close"))

    def search(pairs: list[tuple[int, int]], count: int) -> tuple[tuple[int, int], float]:
        pieces = [pairs[start : start + COLUMNS] for start in range(0, len(pairs), COLUMNS)]
        returns = np.concatenate([returns_of(open_[:count], close[:count], piece, engine) for piece in pieces])
        best = int(np.argmax(returns))
        return pairs[best], float(returns[best])

    search(pairs[:2], measure.WARM_UP_BARS)
    grid.report(f"vectorbt, {engine}", vbt.__version__, len(bars), pairs, lambda: search(pairs, len(bars)))


if __name__ == "__main__":
    main()
