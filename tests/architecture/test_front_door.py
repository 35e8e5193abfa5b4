"""What `import atlas` gives, and what it costs."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

import pytest

import atlas
from tests.architecture.sources import ROOT

EXPORTS = pathlib.Path(__file__).with_name("exports.txt")
HEAVY = ("duckdb", "llvmlite", "numba", "pandas", "polars", "pyarrow", "scipy", "yaml")
MOST_SECONDS = 0.2

IMPORT_AND_TELL = """
import json, sys, time
started = time.perf_counter()
{statement}
seconds = time.perf_counter() - started
heavy = sorted({{name.partition(".")[0] for name in sys.modules}} & set({heavy!r}))
print(json.dumps({{"seconds": seconds, "heavy": heavy}}))
"""


def cost_of(statement: str) -> tuple[float, list[str]]:
    program = IMPORT_AND_TELL.format(statement=statement, heavy=HEAVY)
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r})\n{program}"]
    output = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    told = json.loads(output)
    return told["seconds"], told["heavy"]


def listed_exports() -> list[str]:
    return EXPORTS.read_text(encoding="utf-8").split()


def test_import_loads_nothing_heavy() -> None:
    assert cost_of("import atlas")[1] == []


def test_a_heavy_import_is_found() -> None:
    assert cost_of("import atlas, yaml")[1] == ["yaml"]


def test_import_is_quick() -> None:
    # The best of five: the others measure what else the machine was doing.
    assert min(cost_of("import atlas")[0] for _ in range(5)) < MOST_SECONDS


def test_the_exported_names_are_those_listed() -> None:
    assert sorted(vars(atlas)["__all__"]) == sorted(listed_exports()), (
        "a name came or went: tests/architecture/exports.txt"
    )


def test_every_exported_name_is_there() -> None:
    assert [name for name in listed_exports() if not hasattr(atlas, name)] == []
    assert set(listed_exports()) <= set(dir(atlas))


def test_a_name_that_is_not_exported_is_refused() -> None:
    missing = "no_such_name"
    with pytest.raises(AttributeError, match=missing):
        getattr(atlas, missing)
