"""Whole processes: from a Parquet file to a printed result; the import; a new strategy; memory.

    python -m benchmarks.process [--bars N] [--rounds N]

Files and machine code are in the system's cache where nothing else is said, and modules are compiled, as an installed
package's are. Each round is a process of its own; its memory is the most it held. New strategies are compiled in an
object cache of their own, thrown away after.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.bars import parquet_file
from benchmarks.environments import cache_folder
from benchmarks.figures import MEBIBYTE, ROOT, Figure, Timing, finish, timing_figure

IMPORT = "import atlas"
RUN = """
import sys, atlas
print(atlas.backtest("sma_cross", sys.argv[1], fees=0.001, volume_share=None, mode="compiled"))
"""
COMPILE = """
import importlib.util, sys, time
from atlas.backtest.preparation import prepare
from atlas.backtest.run import backtest
from atlas.strategy.definition import definition_of
from atlas.strategy import compiler
specification = importlib.util.spec_from_file_location("made", sys.argv[1])
module = importlib.util.module_from_spec(specification)
sys.modules["made"] = module
specification.loader.exec_module(module)
definition = definition_of(module.Made())
prepare()
begin = time.perf_counter(), time.process_time()
compiler.compile_hooks(definition)
print(time.perf_counter() - begin[0], time.process_time() - begin[1])
"""
STRATEGY = '''
"""A strategy nobody has compiled before."""

from typing import Any

from atlas import RSI, SMA, Context, Strategy


class Made(Strategy):
    """Two averages, a filter, and a stop."""

    fast: SMA = SMA(10)
    slow: SMA = SMA(30)
    strength: RSI = RSI(14)
    weight: float = 0.{number}
    entry: float = 0.0

    def on_bar(self, ctx: Context, bar: Any) -> None:
        """Buy strength, sell weakness."""
        fast, slow = self.fast.update(bar.close), self.slow.update(bar.close)
        strength = self.strength.update(bar.close)
        if not self.slow.ready:
            return
        if fast > slow and strength < 70.0:
            ctx.target_weight(bar.instrument, self.weight)
        elif fast < slow or bar.close < 0.9 * self.entry:
            ctx.target_weight(bar.instrument, 0.0)

    def on_fill(self, ctx: Context, fill: Any) -> None:
        """Keep the price."""
        self.entry = fill.price
'''


class ChildError(Exception):
    """A measured process failed."""


@dataclass(frozen=True)
class Child:
    """What a process took and wrote."""

    timing: Timing
    peak_mib: float
    output: str


def child(code: str, *arguments: object, variables: Mapping[str, str] | None = None) -> Child:
    """Run code in a process of its own.

    Raises
    ------
    ChildError
        It failed.
    """
    command = [sys.executable, "-c", code, *map(str, arguments)]
    begin = time.perf_counter()
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", **(variables or {})}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    output = process.stdout.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise ChildError(f"{code.strip().splitlines()[-1]} failed:\n{output}")
    unit = MEBIBYTE if sys.platform == "darwin" else 1024
    return Child(Timing(wall, usage.ru_utime + usage.ru_stime), usage.ru_maxrss / unit, output)


def timing_printed(made: Child) -> Timing:
    """Read the two numbers a child printed."""
    wall, cpu = made.output.split()[-2:]
    return Timing(float(wall), float(cpu))


def measure_runs(bars: int, rounds: int) -> list[Figure]:
    """Measure the whole run, the import and an empty process, in turns, after one that warms up."""
    file = parquet_file(cache_folder(), bars)
    child(RUN, file)
    runs, imports, empty = [], [], []
    for _ in range(rounds):
        runs.append(child(RUN, file))
        imports.append(child(IMPORT).timing)
        empty.append(child("").timing)
    label = f"Parquet of {bars:,} bars to printed result"
    return [
        timing_figure("process.run", f"process: {label}", "s", [run.timing for run in runs], 1.0),
        Figure("process.peak", f"peak memory of it, {bars:,} bars", "MiB", [run.peak_mib for run in runs]),
        timing_figure("process.import", "process: `import atlas`", "s", imports, 1.0),
        timing_figure("process.empty", "process: Python alone", "s", empty, 1.0),
    ]


def measure_strategies(rounds: int) -> list[Figure]:
    """Measure compiling a new strategy's hooks, and loading them in the next process; the kernel is there already."""
    from atlas.kernel.memory.compilation import cache_folder as object_folder

    compiled, loaded = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        shutil.copytree(object_folder(), folder / "objects" / object_folder().name)
        variables = {"ATLAS_CACHE_DIR": str(folder / "objects")}
        for number in range(rounds):
            file = folder / f"made_{number}.py"
            file.write_text(STRATEGY.replace("{number}", str(100 + number)))
            compiled.append(timing_printed(child(COMPILE, file, variables=variables)))
            loaded.append(timing_printed(child(COMPILE, file, variables=variables)))
    return [
        timing_figure("process.compile", "new strategy of two hooks: compile", "s", compiled, 1.0),
        timing_figure("process.load", "the same in the next process: load", "s", loaded, 1.0),
    ]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--bars", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    figures = measure_runs(arguments.bars, arguments.rounds) + measure_strategies(arguments.rounds)
    finish("process", "Whole processes", figures)


if __name__ == "__main__":
    main()
