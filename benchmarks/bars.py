"""The bars every peer runs on: made from a seed, written once, read by all.

The price goes up and down in cycles of 80 to 240 minutes, with noise, around 100. The cycles are what lets a strategy
that pays 0.1% on each of some ten thousand trades stay solvent: on a random walk its equity ends at nothing, after
which no engine has any work left. A bar opens where the last one closed, so that a peer which fills at the close of
the signal's bar and one which fills at the next open pay the same price. Prices have eight decimals, so that two
averages are never equal and all peers see the same crossings. Volume never limits an order.
"""

from __future__ import annotations

import argparse
import pathlib

import numpy as np
from numpy.typing import NDArray

BAR = np.dtype([("time_ns", "i8"), ("open", "f8"), ("high", "f8"), ("low", "f8"), ("close", "f8"), ("volume", "f8")])
SEED = 20_261_120
FIRST_TIME_NS = 1_577_836_800_000_000_000  # 2020-01-01T00:00:00Z
MINUTE_NS = 60_000_000_000
SHORTEST_CYCLE, LONGEST_CYCLE = 80, 240  # bars
AMPLITUDE = 0.00135  # of the logarithm of the price, half from top to bottom
NOISE = 0.0001  # standard deviation of the noise of one close
PRICE_DECIMALS = 8


def make_bars(count: int, seed: int = SEED) -> NDArray[np.void]:
    """Make `count` one-minute bars.

    Parameters
    ----------
    count : int
        How many bars, at least 1.
    seed : int
        The same seed gives the same bars.

    Returns
    -------
    ndarray of BAR, shape (count,)
        `time_ns` is the end of the bar, UTC; prices have at most eight decimals.
    """
    generator = np.random.default_rng(seed)
    lengths = generator.integers(SHORTEST_CYCLE, LONGEST_CYCLE + 1, size=count // SHORTEST_CYCLE + 1)
    phase = np.repeat(2.0 * np.pi / lengths, lengths)[:count].cumsum()
    logarithm = AMPLITUDE * np.sin(phase) + NOISE * generator.standard_normal(count)
    close = np.round(100.0 * np.exp(logarithm), PRICE_DECIMALS)
    bars = np.zeros(count, BAR)
    bars["time_ns"] = FIRST_TIME_NS + MINUTE_NS * np.arange(1, count + 1)
    bars["open"] = np.concatenate(([100.0], close[:-1]))
    bars["close"] = close
    wicks = np.round(np.abs(generator.normal(0.0, 0.01, size=(2, count))), PRICE_DECIMALS)
    bars["high"] = np.round(np.maximum(bars["open"], close) + wicks[0], PRICE_DECIMALS)
    bars["low"] = np.round(np.minimum(bars["open"], close) - wicks[1], PRICE_DECIMALS)
    bars["volume"] = generator.integers(10_000_000, 20_000_000, size=count)
    return bars


def bars_file(folder: pathlib.Path, count: int, seed: int = SEED) -> pathlib.Path:
    """Give the file of these bars (NumPy's format, see BAR), writing it if it is not there."""
    path = folder / f"bars-{count}-{seed}.npy"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.npy")
        np.save(part, make_bars(count, seed))
        part.replace(path)
    return path


def parquet_file(folder: pathlib.Path, count: int, seed: int = SEED) -> pathlib.Path:
    """Give the same bars as Parquet: timestamp (of the bar's end), open, high, low, close, volume."""
    import duckdb
    import pandas as pd

    path = folder / f"bars-{count}-{seed}.parquet"
    if not path.exists():
        bars = np.load(bars_file(folder, count, seed))
        frame = pd.DataFrame({name: bars[name] for name in BAR.names or ()})
        frame.insert(0, "timestamp", pd.to_datetime(frame.pop("time_ns"), unit="ns", utc=True))
        with duckdb.connect() as connection:
            connection.register("bars", frame)
            connection.execute(f"COPY bars TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
    return path


def main() -> None:
    """Write the bars to a folder, in both formats."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    print(bars_file(arguments.folder, arguments.count, arguments.seed))
    print(parquet_file(arguments.folder, arguments.count, arguments.seed))


if __name__ == "__main__":
    main()
