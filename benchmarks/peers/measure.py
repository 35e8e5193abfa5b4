"""What every peer's script shares: its arguments, the strategy's figures, timing, and the result it prints."""

from __future__ import annotations

import argparse
import json
import pathlib
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

FAST, SLOW = 10, 30
WEIGHT = 0.95
FEE = 0.001
CASH = 100_000.0
WARM_UP_BARS = 2_000

Result = TypeVar("Result")


@dataclass(frozen=True)
class Measurement:
    """What one process measured.

    `run_seconds` is the run itself: strategy and simulation, or the simulation alone where signals are made before
    (then `signals_seconds` says how long those took). Data is loaded, converted and compiled outside of both.
    `trades` counts fills, entries and exits alike. `process_seconds` is filled in by whoever started the process.
    `run_cpu_seconds` is the processor's time of the run, and `setup_seconds` how long it took to make the engine for it
    out of data that is there; 0 where a script doesn't say.
    """

    contestant: str
    version: str
    bars: int
    run_seconds: float
    signals_seconds: float
    bars_per_second: float
    final_equity: float
    trades: int
    peak_memory_mib: float
    process_seconds: float = 0.0
    run_cpu_seconds: float = 0.0
    setup_seconds: float = 0.0


def load_bars(description: str | None) -> NDArray[np.void]:
    """Read the bars named on the command line."""
    parser = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    parser.add_argument("bars", type=pathlib.Path, help="a file written by benchmarks.bars")
    bars: NDArray[np.void] = np.load(parser.parse_args().bars)
    return bars


def timed(call: Callable[[], Result]) -> tuple[Result, float]:
    """Call once; give the result and the seconds it took."""
    started = time.perf_counter()
    result = call()
    return result, time.perf_counter() - started


def peak_memory_mib() -> float:
    """Tell the most memory this process has held, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024) if sys.platform == "darwin" else peak / 1024


def crossings(
    close: NDArray[np.float64], fast_length: int = FAST, slow_length: int = SLOW
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Find where the fast average comes to lie above the slow one, and where it ceases to.

    Parameters
    ----------
    close : ndarray of float64, shape (bars,)
    fast_length, slow_length : int

    Returns
    -------
    entries, exits : ndarray of bool, shape (bars,)
        True on the bar at whose close the order is made.
    """
    total = np.concatenate(([0.0], close.cumsum()))
    above = np.zeros(len(close), dtype=bool)
    fast = (total[fast_length:] - total[:-fast_length]) / fast_length
    slow = (total[slow_length:] - total[:-slow_length]) / slow_length
    above[slow_length - 1 :] = fast[slow_length - fast_length :] > slow
    before = np.concatenate(([False], above[:-1]))
    return above & ~before, ~above & before


def report(
    contestant: str,
    version: str,
    bars: int,
    *,
    run_seconds: float,
    final_equity: float,
    trades: int,
    signals_seconds: float = 0.0,
    run_cpu_seconds: float = 0.0,
    setup_seconds: float = 0.0,
) -> None:
    """Print the result as the last line of standard output, in JSON."""
    measurement = Measurement(
        contestant=contestant,
        version=version,
        bars=bars,
        run_seconds=run_seconds,
        signals_seconds=signals_seconds,
        bars_per_second=bars / run_seconds,
        final_equity=final_equity,
        trades=trades,
        peak_memory_mib=peak_memory_mib(),
        run_cpu_seconds=run_cpu_seconds,
        setup_seconds=setup_seconds,
    )
    print(json.dumps(asdict(measurement)), flush=True)
