"""Import arrows between the rooms of Atlas, lazy and type-checking imports included."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.architecture.sources import Source, Violation

# From the top down. Rooms on one line do not import one another.
ROOMS = (
    ("cli",),
    ("server",),
    ("agent", "research", "learning", "parity"),
    ("backtest", "live"),
    ("gateways", "bus", "journal", "data", "analytics"),
    ("strategies",),
    ("strategy", "indicators"),
    ("kernel",),
    # The documents users write speak the records' vocabulary (errors, spans, enumerations); the kernel knows neither
    # them nor this room: KERNEL_MAY_IMPORT.
    ("config",),
    ("records",),
    ("errors",),
)
KERNEL_ROOMS = (("simulate",), ("trader", "exchange"), ("book", "indicators"), ("memory",))
KERNEL_MAY_IMPORT = {"atlas.kernel", "atlas.records", "numpy", "numba", "llvmlite"}
# What reaches the outside: clocks, files, sockets, threads, chance.
KERNEL_MAY_NOT_IMPORT = {
    *("asyncio", "calendar", "concurrent", "datetime", "io", "logging", "multiprocessing", "os", "pathlib", "random"),
    *("secrets", "select", "shutil", "signal", "socket", "subprocess", "tempfile", "threading", "time", "urllib"),
    *("uuid", "zoneinfo"),
}
# The one kernel module that runs before the kernel does: it compiles, and keeps files of machine code.
COMPILATION = "atlas.kernel.memory.compilation"


def imports(source: Source) -> Iterator[tuple[int, str]]:
    """Give the line and dotted name of everything a module imports, wherever in it, `import_module` included."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(source, node)
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}"
        elif isinstance(node, ast.Call) and _called_name(node) in ("import_module", "__import__"):
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield node.lineno, first.value


def _absolute(source: Source, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = source.module.split(".")
    drop = node.level - 1 if source.is_package else node.level
    package = package[: len(package) - drop]
    return ".".join([*package, node.module] if node.module else package)


def _called_name(node: ast.Call) -> str:
    if isinstance(node.func, ast.Name):
        return node.func.id
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def _rank(layers: tuple[tuple[str, ...], ...], room: str) -> int | None:
    return next((rank for rank, layer in enumerate(layers) if room in layer), None)


def _arrow(layers: tuple[tuple[str, ...], ...], importer: str, imported: str) -> str | None:
    """Say what is wrong with one room importing another, or None."""
    if importer == imported:
        return None
    below, above = _rank(layers, importer), _rank(layers, imported)
    if below is None or above is None:
        unknown = importer if below is None else imported
        return f"the room {unknown!r} is in no layer: give it a place in tests/architecture/arrows.py"
    if above < below:
        return f"{importer} imports {imported}, which lies above it"
    if above == below:
        return f"{importer} and {imported} lie on one line and may not import one another"
    return None


def _room_problem(source: Source, imported: str) -> str | None:
    importer, target = source.module.split("."), imported.split(".")
    if target[0] != "atlas":
        return None
    if len(target) == 1 or _rank(ROOMS, target[1]) is None:
        return f"{imported}: a room may not import the front door" if target[1:] else "a room imports the front door"
    problem = _arrow(ROOMS, importer[1], target[1])
    if problem is None and importer[1] == target[1] == "kernel" and len(importer) > 2 and len(target) > 2:
        problem = _arrow(KERNEL_ROOMS, importer[2], target[2])
    return problem


def _kernel_problem(source: Source, imported: str) -> str | None:
    if not source.module.startswith("atlas.kernel") or source.module == COMPILATION:
        return None
    top = imported.split(".")[0]
    if top in KERNEL_MAY_NOT_IMPORT:
        return f"the kernel may not import {top}"
    if top == "atlas" and not any(f"{imported}.".startswith(f"{name}.") for name in KERNEL_MAY_IMPORT):
        return f"the kernel may not import {imported}"
    return None


def _foreign_problem(source: Source, imported: str, foreign: frozenset[str]) -> str | None:
    top = imported.split(".")[0]
    if source.module.startswith("atlas.kernel") and top in foreign and top not in KERNEL_MAY_IMPORT:
        return f"the kernel may not import {top}"
    return None


def arrow_violations(source: Source, standard_library: frozenset[str]) -> list[Violation]:
    """Check every import of one module of `atlas`."""
    if source.module in ("atlas", "atlas.__main__"):
        return []
    found = []
    for line, imported in imports(source):
        foreign = frozenset({imported.split(".")[0]} - standard_library - {"atlas"})
        problem = (
            _room_problem(source, imported)
            or _kernel_problem(source, imported)
            or _foreign_problem(source, imported, foreign)
        )
        if problem:
            found.append(Violation(f"{source.module} -> {imported}", line, problem))
    return found
