"""
Time the reading of a million bars: CSV, Parquet, columns in memory; and the merge of 500 daily series.

Run it from the repository's root::

    python -m benchmarks.read_bars
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from atlas.data import BarColumns, build_history, generate_bars, load_bars
from atlas.records.instruments import BarSpecification, Instrument

ROWS = 1_000_000
SYMBOLS, DAYS = 500, 2_520
REPEATS = 5
DAY_NS = 86_400_000_000_000


def best_seconds(action: Callable[[], object]) -> float:
    """Shortest of several runs: the least disturbed by other work on the machine."""
    durations = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        action()
        durations.append(time.perf_counter() - start)
    return min(durations)


def write_files(folder: Path, frame: Any) -> tuple[Path, Path]:
    """CSV and Parquet of one frame."""
    csv, parquet = folder / "million.csv", folder / "million.parquet"
    with duckdb.connect(":memory:") as connection:
        connection.register("bars", frame.reset_index())
        connection.execute(f"COPY bars TO '{csv}' (HEADER)")
        connection.execute(f"COPY bars TO '{parquet}' (FORMAT parquet)")
    return csv, parquet


def daily_series(columns: dict[str, np.ndarray[Any, Any]]) -> list[BarColumns]:
    """Slices of the million bars as daily bars of many symbols."""
    starts = np.arange(DAYS, dtype=np.int64) * DAY_NS
    specification = BarSpecification(DAY_NS)
    parts = []
    for number in range(SYMBOLS):
        here = slice(number * 1_900, number * 1_900 + DAYS)
        prices = {name: columns[name][here] for name in ("open", "high", "low", "close")}
        parts.append(BarColumns(Instrument(f"S{number:03d}"), specification, starts, prices, columns["volume"][here]))
    return parts


def main() -> None:
    """Print a table of seconds."""
    generated = time.perf_counter()
    history = generate_bars("A", ROWS)
    print(f"{'generate 1M bars':32}{time.perf_counter() - generated:8.3f} s")
    frame = history.to_frame()
    columns = {name: np.ascontiguousarray(frame[name].to_numpy()) for name in frame}
    starts = history.bar_starts()
    part = BarColumns(history.instruments[0], history.specifications[0], starts, columns, columns["volume"])
    series = daily_series(columns)
    with tempfile.TemporaryDirectory() as folder:
        csv, parquet = write_files(Path(folder), frame)
        for label, action in (
            ("build 1M bars from columns", lambda: build_history([part])),
            ("fingerprint of 1M bars", history.fingerprint),
            ("read 1M bars, pandas", lambda: load_bars(frame, symbol="A")),
            ("read 1M bars, Parquet", lambda: load_bars(parquet, symbol="A")),
            ("read 1M bars, CSV", lambda: load_bars(csv, symbol="A")),
            (f"merge {SYMBOLS} x {DAYS} bars", lambda: build_history(series)),
        ):
            print(f"{label:32}{best_seconds(action):8.3f} s")


if __name__ == "__main__":
    main()
