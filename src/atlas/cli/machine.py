"""What is known of Python, of the libraries and of the machine, each with what is wrong with it and the remedy."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
import sys
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DISTRIBUTION: Final = "atlas-trading"
LEAST_PYTHON: Final = (3, 11)
LIBRARIES: Final = ("numpy", "numba", "llvmlite", "duckdb", "pandas", "msgspec", "PyYAML", "typer", "rich")
EXTRAS: Final = (
    ("polars", "frames of polars as data"),
    ("pyarrow", "tables of Arrow as data"),
    ("pytest", "tests of strategies, as atlas new writes them"),
)
"""Libraries that are not needed, and what each gives."""

MEBIBYTE: Final = 1 << 20
GIBIBYTE: Final = 1 << 30
LEAST_DISK: Final = 200 * MEBIBYTE
LEAST_MEMORY: Final = 512 * MEBIBYTE
FEATURES: Final = ("sse4.2", "avx", "avx2", "fma", "avx512f", "neon", "sve")
ZONE: Final = "America/New_York"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about the installation.

    Attributes
    ----------
    name, value : str
        What it is.
    problem : str
        What is wrong with it; empty where nothing is.
    remedy : str
        What mends it.
    """

    name: str
    value: str
    problem: str = ""
    remedy: str = ""


def python_findings() -> Iterator[Finding]:
    """Give Python and the platform."""
    old = sys.version_info < LEAST_PYTHON
    wanted = ".".join(map(str, LEAST_PYTHON))
    yield Finding(
        "python",
        f"{platform.python_version()}  ({sys.executable})",
        f"Atlas needs Python {wanted} or later" if old else "",
        "make a new environment: make PYTHON=/path/to/python3 setup",
    )
    yield Finding("platform", f"{platform.system()} {platform.machine()}")


def library_findings() -> Iterator[Finding]:
    """Give the libraries that are needed, then those that are not."""
    pins = pinned_versions()
    for name in LIBRARIES:
        version = version_of(name)
        pin = pins.get(name.lower(), "")
        wrong = f"{version or 'missing'} is installed, and {pin} is needed" if pin and version != pin else ""
        missing = "" if version else "is not installed"
        yield Finding(
            name.lower(), version or "missing", wrong or missing, f"pip install '{name}{f'=={pin}' if pin else ''}'"
        )
    for name, gives in EXTRAS:
        version = version_of(name)
        yield Finding(name, f"{version or 'not installed'}: {gives}" + ("" if version else f" (pip install {name})"))


def version_of(library: str) -> str:
    """Return the installed version of a library; empty where there is none."""
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return ""


def pinned_versions() -> dict[str, str]:
    """Return the versions that Atlas needs exactly, by library."""
    try:
        needs = importlib.metadata.requires(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        needs = []
    found = (re.match(r"([\w.-]+)\s*==\s*([\w.]+)\s*$", text) for text in needs)
    return {match[1].lower(): match[2] for match in found if match}


def machine_findings() -> Iterator[Finding]:
    """Give processor, memory, disk, time zones and the terminal."""
    yield Finding("processor", processor_in_words())
    yield memory_finding()
    yield disk_finding(Path.cwd())
    yield zone_finding()
    yield terminal_finding()


def processor_in_words() -> str:
    """Return the processor that machine code is made for, and what it can do that matters."""
    from llvmlite import binding

    has = binding.get_host_cpu_features()
    able = [name for name in FEATURES if has.get(name, False)]
    return f"{binding.get_host_cpu_name()}, {os.cpu_count()} cores, {' '.join(able)}"


def memory_finding() -> Finding:
    """Return how much memory is free."""
    free, total = memory()
    if not total:
        return Finding("memory", "unknown")
    low = 0 < free < LEAST_MEMORY
    return Finding(
        "memory",
        f"{size_in_words(free)} free of {size_in_words(total)}",
        "too little is free to compile the kernel" if low else "",
        "close other programs, or take fewer bars at a time: startDate and endDate",
    )


def memory() -> tuple[int, int]:
    """Return the bytes of memory that are free, and all; 0 where the system does not say."""
    file = Path("/proc/meminfo")
    if not file.is_file():
        names = getattr(os, "sysconf_names", {})
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if "SC_PHYS_PAGES" in names else 0
        return 0, total
    values = dict(re.findall(r"^(\w+):\s+(\d+) kB$", file.read_text(encoding="ascii"), re.MULTILINE))
    return int(values.get("MemAvailable", 0)) * 1024, int(values.get("MemTotal", 0)) * 1024


def disk_finding(folder: Path) -> Finding:
    """Return how much of the disk below a folder is free, and whether run folders can be written there."""
    free = shutil.disk_usage(folder).free
    problem = "too little is free for a run folder" if free < LEAST_DISK else ""
    if not os.access(folder, os.W_OK):
        problem = "the current folder can't be written, where runs would be put"
    return Finding("disk", f"{size_in_words(free)} free in {folder}", problem, "name another folder with --out DIR")


def zone_finding() -> Finding:
    """Return whether the times of exchanges can be told."""
    try:
        zoneinfo.ZoneInfo(ZONE)
    except zoneinfo.ZoneInfoNotFoundError:
        return Finding("time zones", "missing", f"there is no time zone data ({ZONE})", "pip install tzdata")
    source = "of the system" if any((Path(path) / ZONE).is_file() for path in zoneinfo.TZPATH) else "of tzdata"
    return Finding("time zones", f"{len(zoneinfo.available_timezones())} {source}")


def terminal_finding() -> Finding:
    """Return what results are printed on."""
    size = shutil.get_terminal_size()
    kind = f"terminal of {size.columns} columns" if sys.stdout.isatty() else "no terminal: progress is not shown"
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower()
    is_unicode = encoding.replace("-", "") in ("utf8", "utf16")
    return Finding(
        "output",
        f"{kind}, {encoding}",
        "" if is_unicode else f"{encoding} can't write what is printed",
        "set PYTHONIOENCODING=utf-8, or a UTF-8 locale such as LC_ALL=C.UTF-8",
    )


def size_in_words(size: int) -> str:
    """Return a number of bytes in MiB or GiB."""
    return f"{size / GIBIBYTE:.1f} GiB" if size >= GIBIBYTE else f"{size / MEBIBYTE:.1f} MiB"
