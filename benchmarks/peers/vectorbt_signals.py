"""vectorbt 1.2 from signals: arrays in, arrays out, with its Numba engine (default) or its Rust one (`ENGINE=rust`).

Where it differs from Atlas:

- There is no strategy and no event: the crossings are computed beforehand for the whole history, moved one bar on, and
  filled at that bar's open. The measured run is the simulation alone; the signals are timed beside it.
- A size of 95% is of the *cash* there is, and the fee comes out of it, as in Atlas. Prices, sizes and money are floats.
- No volume limit, no order states, no risk checks, no audit; equity is computed when asked for, outside the run.
- Compiled on 2,000 bars before it is timed.
"""

from __future__ import annotations

import os
from typing import TypeAlias

import numpy as np
import vectorbt as vbt
from numpy.typing import NDArray

from benchmarks.peers import measure

Column: TypeAlias = NDArray[np.float64]
Signals: TypeAlias = tuple[NDArray[np.bool_], NDArray[np.bool_]]


def run(bars: dict[str, Column], signals: Signals, engine: str) -> vbt.Portfolio:
    """Simulate the signals, each filled at the open of the bar it stands on."""
    return vbt.Portfolio.from_signals(
        bars["close"],
        *signals,
        price=bars["open"],
        size=measure.WEIGHT,
        size_type="percent",
        direction="longonly",
        fees=measure.FEE,
        init_cash=measure.CASH,
        freq="1min",
        engine=engine,
    )


def shifted_signals(close: Column) -> Signals:
    """Find the crossings and move them to the bar after."""
    entries, exits = measure.crossings(close)
    return np.concatenate(([False], entries[:-1])), np.concatenate(([False], exits[:-1]))


def main() -> None:
    """Run once and print the measurement."""
    engine = os.environ.get("ENGINE", "numba")
    bars = measure.load_bars(__doc__)
    table = {name: np.ascontiguousarray(bars[name]) for name in ("open", "close")}
    few = {name: column[: measure.WARM_UP_BARS] for name, column in table.items()}
    run(few, shifted_signals(few["close"]), engine)
    signals, signals_seconds = measure.timed(lambda: shifted_signals(table["close"]))
    portfolio, run_seconds = measure.timed(lambda: run(table, signals, engine))
    measure.report(
        f"vectorbt, {engine}",
        vbt.__version__,
        len(bars),
        run_seconds=run_seconds,
        signals_seconds=signals_seconds,
        final_equity=float(portfolio.final_value()),
        trades=int(portfolio.orders.count()),
    )


if __name__ == "__main__":
    main()
