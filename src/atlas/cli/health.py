"""The command that looks after the installation: what there is, what is compiled and kept, what is wrong."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from pathlib import Path

from atlas.backtest.preparation import entry_points, missing_entry_points
from atlas.cli.console import messages, output, watching
from atlas.cli.folders import print_json
from atlas.cli.machine import Finding, library_findings, machine_findings, python_findings, size_in_words
from atlas.config.environment import SECRETS
from atlas.config.version import VERSION
from atlas.data import shipped_data
from atlas.kernel.memory.compilation import CHECK_BOUNDS, PLAIN, EntryPoint, cache_folder
from atlas.strategy.definition import definition_of
from atlas.strategy.shipped import MODULES, strategy_class

WELL, ILL = 0, 1
WARMING = "Preparing the kernel and the shipped strategies, minutes on the first run"
KERNEL_MODULES = (
    "atlas.kernel.simulate",
    "atlas.kernel.trader.verbs",
    "atlas.kernel.trader.step",
    "atlas.kernel.trader.failure",
    *(f"atlas.kernel.indicators.{name}" for name in ("averages", "channels", "momentum", "volatility", "window")),
    "atlas.data.cells",
)
VARIABLES = ("ATLAS_CACHE_DIR", "ATLAS_PLAIN", "ATLAS_CHECK_BOUNDS")


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


def examine(as_json: bool = False) -> int:
    """Print the state of the installation, and what is wrong with it; 1 where something is."""
    found = findings()
    problems = [each for each in found if each.problem]
    if as_json:
        print_json(
            {
                "well": not problems,
                "facts": [{"name": each.name, "value": each.value} for each in found],
                "problems": [{"name": each.name, "problem": each.problem, "remedy": each.remedy} for each in problems],
            }
        )
        return ILL if problems else WELL
    console = output()
    for each in found:
        console.print(f"{each.name:<14}{each.value}", markup=False, soft_wrap=True)
    for each in problems:
        console.print(f"\nwrong: {each.name}: {each.problem}\n  {each.remedy}", markup=False, soft_wrap=True)
    console.print("" if problems else "\nEverything is well.", markup=False, end="" if problems else "\n")
    return ILL if problems else WELL


def findings() -> list[Finding]:
    """Return what there is to know of the installation."""
    return [
        Finding("atlas", VERSION),
        *python_findings(),
        *library_findings(),
        Finding("kernel", mode()),
        *(cache_findings() if not PLAIN else ()),
        *machine_findings(),
        *(Finding("variable", f"{name}={os.environ[name]}") for name in VARIABLES if name in os.environ),
        Finding("secrets", ", ".join(name for name in SECRETS if os.environ.get(name)) or "none is set"),
        *(
            Finding("data", f"{data.name}: {data.title}, {data.first_date} to {data.last_date}")
            for data in shipped_data()
        ),
    ]


def mode() -> str:
    """Return how the kernel runs in this process."""
    if PLAIN:
        return "plain Python (ATLAS_PLAIN=1)"
    return "compiled, range-checked (ATLAS_CHECK_BOUNDS=1)" if CHECK_BOUNDS else "compiled"


# --- machine code ----------------------------------------------------------------------------------------------------


def cache_findings() -> list[Finding]:
    """Return what is compiled and where it is kept."""
    import warnings

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        folder = cache_folder()
    kept = not told and not is_temporary(folder)
    missing = missing_entry_points()
    state = f"{len(missing)} of {len(entry_points())} parts missing: atlas doctor --warm" if missing else "ready"
    others = other_builds()
    stale = f"{len(others)} ({size_in_words(sum(map(size_of, others)))})" if others else "none"
    remove = "; atlas doctor --clear-cache removes them" if others else ""
    return [
        Finding("machine code", state),
        Finding(
            "cache",
            f"{folder}  ({size_in_words(size_of(folder))}, {len(list(folder.glob('*.object')))} parts)",
            "" if kept else "the cache can't be written, so that every process compiles for minutes",
            "set ATLAS_CACHE_DIR to a folder you can write to",
        ),
        Finding("other builds", stale + remove),
    ]


def other_builds() -> list[Path]:
    """Return the folders of machine code that this build does not use: of other versions, processors or flags."""
    current = cache_folder()
    if is_temporary(current):
        return []
    return [folder for folder in sorted(current.parent.iterdir()) if folder != current and is_build(folder)]


def is_temporary(folder: Path) -> bool:
    """Whether machine code is thrown away at the end of the process, since its folder can't be written."""
    return folder.name.startswith("atlas-objects-")


def is_build(folder: Path) -> bool:
    """Whether a folder of the cache holds machine code and nothing else."""
    if not folder.is_dir() or folder.is_symlink():
        return False
    return all(file.suffix == ".object" or file.name.startswith("tmp") for file in folder.iterdir())


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder."""
    return sum(file.stat().st_size for file in folder.iterdir() if file.is_file())


def clear_other_builds() -> None:
    """Remove the machine code of other builds; one that is used again compiles again."""
    if PLAIN:
        return
    others = other_builds()
    freed = sum(map(size_of, others))
    for folder in others:
        shutil.rmtree(folder)
    messages().print(f"removed {len(others)} other builds, {size_in_words(freed)}", markup=False, soft_wrap=True)
    sys.stderr.flush()
