"""Building the kernel into an empty object cache, as the first run of a version does; and range-checked, for tests.

    python -m benchmarks.kernel_build [--rounds N]

A round takes minutes. It builds what backtests call; live trading builds a few entry points more.
"""

from __future__ import annotations

import argparse
import tempfile

from benchmarks.figures import Figure, finish, timing_figure
from benchmarks.process import child

PREPARE = "from atlas.backtest.preparation import prepare; prepare()"


def measure(rounds: int) -> list[Figure]:
    """Measure building the kernel into an empty object cache, as it is and range-checked."""
    figures = []
    for key, title, checks in (
        ("built", "kernel built for backtests", "0"),
        ("checked", "the same, range-checked", "1"),
    ):
        timings = []
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as name:
                variables = {"ATLAS_CACHE_DIR": name, "ATLAS_CHECK_BOUNDS": checks}
                timings.append(child(PREPARE, variables=variables).timing)
        figures.append(timing_figure(f"kernel.{key}", title, "s", timings, 1.0))
    return figures


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=1)
    finish("kernel_build", "Building the kernel", measure(parser.parse_args().rounds))


if __name__ == "__main__":
    main()
