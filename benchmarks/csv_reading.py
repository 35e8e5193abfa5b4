"""
Time the reading of a CSV file of bars beside pandas and polars, in one process, in turns.

Run it from the repository's root::

    python -m benchmarks.csv_reading
    python -m benchmarks.csv_reading --rows 100000 --repeats 3

Atlas reads, checks (order, duplicates, prices within their bar, finite numbers) and converts to records; the others
read columns, with times as text and as times. Each figure is the median of its repeats: wall time, and processor time
of all threads. The file is in the page cache.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl

from atlas.data import generate_bars, load_bars

ROWS = 1_000_000
REPEATS = 7


def write_bars(folder: Path, rows: int) -> dict[str, Path]:
    """Write the same generated bars in several ways, by what is to be read."""
    frame = generate_bars("A", rows).to_frame().tz_localize(None)
    files = {name: folder / f"{name}.csv" for name in ("bars", "long", "epochs", "symbols")}
    frame.to_csv(files["bars"])
    # As programs write computed prices: sixteen or seventeen digits.
    scaled = frame.drop(columns="volume") * 1.000123456789
    scaled.assign(volume=frame["volume"]).to_csv(files["long"])
    milliseconds = frame.index.to_numpy().astype("datetime64[ms]").astype(np.int64)
    frame.set_index(pd.Index(milliseconds, name="timestamp")).to_csv(files["epochs"])
    frame.assign(symbol=np.where(np.arange(len(frame)) % 2 == 0, "AAPL", "MSFT")).to_csv(files["symbols"])
    return files


def contestants(files: dict[str, Path]) -> dict[str, Callable[[], object]]:
    """What is timed, by its label."""
    bars = files["bars"]
    return {
        "atlas.load_bars": lambda: load_bars(bars),
        "atlas.load_bars, 17 digits": lambda: load_bars(files["long"]),
        "atlas.load_bars, epochs": lambda: load_bars(files["epochs"]),
        "atlas.load_bars, two symbols": lambda: load_bars(files["symbols"]),
        "pandas, C engine, times as text": lambda: pd.read_csv(bars),
        "pandas, C engine, times": lambda: pd.read_csv(bars, parse_dates=[0]),
        "pandas, C engine, 17 digits": lambda: pd.read_csv(files["long"]),
        "pandas, pyarrow engine": lambda: pd.read_csv(bars, engine="pyarrow"),
        "polars, times as text": lambda: pl.read_csv(bars),
        "polars, times": lambda: pl.read_csv(bars, try_parse_dates=True),
        "polars, 17 digits": lambda: pl.read_csv(files["long"]),
    }


def measure(actions: dict[str, Callable[[], object]], repeats: int) -> dict[str, tuple[float, float]]:
    """Median seconds of wall and of processor time of each action, taken in turns after a first, unmeasured one."""
    taken: dict[str, list[tuple[float, float]]] = {label: [] for label in actions}
    for turn in range(repeats + 1):
        for label, action in actions.items():
            wall, processor = time.perf_counter(), time.process_time()
            action()
            if turn:
                taken[label].append((time.perf_counter() - wall, time.process_time() - processor))
    return {
        label: (statistics.median(wall for wall, _ in pairs), statistics.median(used for _, used in pairs))
        for label, pairs in taken.items()
    }


def main() -> None:
    """Print a table of seconds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().splitlines()[0])
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = write_bars(Path(folder), options.rows)
        size = files["bars"].stat().st_size
        print(f"{options.rows:,} rows, {size / 1e6:.1f} MB; medians of {options.repeats}, seconds")
        print(f"{'':34}{'wall':>8}{'CPU':>8}")
        for label, (wall, processor) in measure(contestants(files), options.repeats).items():
            print(f"{label:34}{wall:8.3f}{processor:8.3f}")


if __name__ == "__main__":
    main()
