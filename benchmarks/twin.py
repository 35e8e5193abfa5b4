"""The plain loop's result on the benchmark's bars, computed once and kept in the cache folder.

    python -m benchmarks.twin BARS FILE

It runs in a process of its own, so that its lists are not counted as memory of the engine that is held against it.
"""

from __future__ import annotations

import argparse
import hashlib
import pathlib
import subprocess
import sys

import numpy as np
from numpy.typing import NDArray

from benchmarks.environments import cache_folder
from benchmarks.peers.measure import CASH, FAST, FEE, SLOW, WEIGHT

ROOT = pathlib.Path(__file__).resolve().parents[1]
LOOP = ROOT / "tests" / "reference" / "sma_cross_loop.py"
FIELDS = ("bar", "side", "quantity_units", "price_units", "fee_money")


def twin_of(bars: NDArray[np.void]) -> tuple[NDArray[np.int64], int]:
    """Give the fills and the final equity that a plain loop comes to.

    Parameters
    ----------
    bars : ndarray of BAR, shape (n,)

    Returns
    -------
    fills : ndarray of int64, shape (fills, 5)
        Columns as in `FIELDS`.
    equity_money : int
        In steps of 10⁻⁸.
    """
    key = hashlib.blake2b(LOOP.read_bytes() + np.ascontiguousarray(bars).tobytes(), digest_size=12).hexdigest()
    path = cache_folder() / f"twin-{key}.npz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        source = path.with_suffix(".bars.npy")
        np.save(source, bars)
        subprocess.run([sys.executable, "-m", "benchmarks.twin", str(source), str(path)], cwd=ROOT, check=True)
        source.unlink()
    with np.load(path) as kept:
        return kept["fills"], int(kept["equity_money"])


def main() -> None:
    """Run the loop and keep what it comes to."""
    from tests.reference.sma_cross_loop import sma_cross_loop

    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("bars", type=pathlib.Path)
    parser.add_argument("file", type=pathlib.Path)
    arguments = parser.parse_args()
    bars = np.load(arguments.bars)
    opens, closes = bars["open"].tolist(), bars["close"].tolist()
    fills, equity_money = sma_cross_loop(opens, closes, fast=FAST, slow=SLOW, weight=WEIGHT, fee=FEE, cash=CASH)
    part = arguments.file.with_suffix(".part.npz")
    np.savez(part, fills=np.array(fills, np.int64).reshape(-1, len(FIELDS)), equity_money=np.int64(equity_money))
    part.replace(arguments.file)


if __name__ == "__main__":
    main()
