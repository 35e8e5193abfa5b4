"""What the scripts of the grid search share: the grid, and the result they print."""

from __future__ import annotations

import argparse
import json
import pathlib
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

FASTEST, SLOWEST = 4, 40


@dataclass(frozen=True)
class Search:
    """What one process measured: a whole search, data in memory and everything compiled before.

    `best` are the lengths with the highest total return, `best_return` is that return.
    """

    contestant: str
    version: str
    bars: int
    points: int
    seconds: float
    cpu_seconds: float
    best: tuple[int, int]
    best_return: float


def grid_of(points: int) -> list[tuple[int, int]]:
    """Give at least so many pairs of lengths, the faster below the slower."""
    side = int(np.ceil(np.sqrt(points)))
    return [(FASTEST + 2 * fast, SLOWEST + 4 * slow) for fast in range(side) for slow in range(side)]


def arguments(description: str | None) -> tuple[NDArray[np.void], list[tuple[int, int]]]:
    """Read the bars and the number of points named on the command line."""
    parser = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    parser.add_argument("bars", type=pathlib.Path, help="a file written by benchmarks.bars")
    parser.add_argument("points", type=int)
    given = parser.parse_args()
    bars: NDArray[np.void] = np.load(given.bars)
    return bars, grid_of(given.points)


def report(
    contestant: str,
    version: str,
    bars: int,
    pairs: list[tuple[int, int]],
    search: Callable[[], tuple[tuple[int, int], float]],
) -> None:
    """Run the search once by the clock; print the result as the last line, in JSON. Warm up before.

    `search` gives the best lengths and their return.
    """
    wall, cpu = time.perf_counter(), time.process_time()
    best, best_return = search()
    seconds, cpu_seconds = time.perf_counter() - wall, time.process_time() - cpu
    found = Search(contestant, version, bars, len(pairs), seconds, cpu_seconds, best, float(best_return))
    print(json.dumps(asdict(found)), flush=True)
