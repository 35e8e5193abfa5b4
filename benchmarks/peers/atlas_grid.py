"""Atlas: `optimize` over the grid, every point through the full path of orders; see `atlas_engine` for its rules.

Each point's figures are the whole summary: returns, ratios, drawdowns and the list of trades.
"""

from __future__ import annotations

import os

from atlas.config.version import VERSION
from atlas.research import optimize
from atlas.strategy.shipped.sma_cross import SmaCross
from benchmarks.histories import history_of
from benchmarks.peers import grid, measure


def main() -> None:
    """Run and print the measurement."""
    bars, pairs = grid.arguments(__doc__)
    history = history_of(bars)
    fast, slow = (sorted({pair[place] for pair in pairs}) for place in (0, 1))

    def search(**ranges: list[int]) -> tuple[tuple[int, int], float]:
        found = optimize(
            SmaCross(weight=measure.WEIGHT),
            history,
            maximize="total_return",
            cash=measure.CASH,
            fees=measure.FEE,
            volume_share=0,
            threads=int(os.environ.get("THREADS", "0")) or None,
            parameters=ranges,
        )
        best = found.best_parameters
        return (best["fast"], best["slow"]), found.best_score

    search(fast=fast[:1], slow=slow[:1])
    grid.report("atlas", VERSION, len(bars), pairs, lambda: search(fast=fast, slow=slow))


if __name__ == "__main__":
    main()
