"""The command that looks after the installation: versions, the cache, what is compiled."""

from __future__ import annotations

import importlib
import importlib.metadata
import platform
import sys

from atlas.backtest.preparation import entry_points, missing_entry_points
from atlas.cli.console import output, watching
from atlas.config.version import VERSION
from atlas.data import shipped_data
from atlas.kernel.memory.compilation import CHECK_BOUNDS, PLAIN, EntryPoint, cache_folder
from atlas.strategy.definition import definition_of
from atlas.strategy.shipped import MODULES, strategy_class

LIBRARIES = ("numpy", "numba", "duckdb", "pandas", "msgspec", "typer", "rich")
MEBIBYTE = 1 << 20
WARMING = "Preparing the kernel and the shipped strategies, minutes on the first run"
KERNEL_MODULES = (
    "atlas.kernel.simulate",
    "atlas.kernel.trader.verbs",
    "atlas.kernel.trader.step",
    "atlas.kernel.trader.failure",
    *(f"atlas.kernel.indicators.{name}" for name in ("averages", "channels", "momentum", "volatility", "window")),
)


def warm_up() -> None:
    """Compile every entry point of the kernel that the cache lacks, then the hooks of the shipped strategies."""
    for module in KERNEL_MODULES:
        importlib.import_module(module)
    if PLAIN:
        return
    from atlas.strategy.compiler import compile_hooks

    missing = [point for point in EntryPoint.registry.values() if not point.is_cached]
    total = len(missing) + len(MODULES)
    with watching(WARMING) as (report, _):
        for done, point in enumerate(missing):
            report(point.name, done, total)
            point.compile()
        for done, name in enumerate(MODULES, len(missing)):
            report(name, done, total)
            compile_hooks(definition_of(strategy_class(name)()))
        report("", total, total)


def mode() -> str:
    """Return how the kernel runs in this process."""
    if PLAIN:
        return "plain Python (ATLAS_PLAIN=1)"
    return "compiled, range-checked (ATLAS_CHECK_BOUNDS=1)" if CHECK_BOUNDS else "compiled"


def examine() -> None:
    """Print the state of the installation."""
    console = output()
    for name, value in facts():
        console.print(f"{name:<14}{value}", markup=False, soft_wrap=True)


def facts() -> list[tuple[str, str]]:
    """Return what there is to know of the installation, by name."""
    found = [
        ("atlas", VERSION),
        ("python", f"{platform.python_version()}  ({sys.executable})"),
        ("platform", f"{platform.system()} {platform.machine()}"),
        *((name, importlib.metadata.version(name)) for name in LIBRARIES),
        ("kernel", mode()),
    ]
    if not PLAIN:
        missing = missing_entry_points()
        state = (
            "ready" if not missing else f"{len(missing)} of {len(entry_points())} parts missing: atlas doctor --warm"
        )
        folder = cache_folder()
        size = sum(file.stat().st_size for file in folder.iterdir()) / MEBIBYTE
        found += [("machine code", state), ("cache", f"{folder}  ({size:.1f} MiB)")]
    data = [f"{data.name}: {data.title}, {data.first_date} to {data.last_date}" for data in shipped_data()]
    return found + [("data", line) for line in data]
