"""Functions in processes of their own: machine code is kept, and belongs to the code it was made of."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from atlas.kernel.memory.compilation import PLAIN

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "indicators.md"
PROGRAM = """
import sys
import atlas
assert "numpy" not in sys.modules, "the front door stays light"
print(atlas.indicators.macd([1.0, 3.0, 2.0, 5.0, 4.0], 1, 2, 2))
print([name for name in ("numba", "pandas", "polars") if name in sys.modules])
"""
OWN = """
import sys
import streaks
print(streaks.streak([1.0, 2.0, 3.0], 0.25), streaks.Streak(0.25).update(1.0))
print("numba" in sys.modules)
"""


def run(program: str, folder: Path) -> list[str]:
    variables = {**os.environ, "ATLAS_CACHE_DIR": str(folder / "objects")}
    variables["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), str(folder)])
    command = [sys.executable, "-B", "-c", program]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.skipif(PLAIN, reason="nothing is compiled")
def test_a_second_process_needs_no_compiler(tmp_path: Path) -> None:
    first, second = run(PROGRAM, tmp_path), run(PROGRAM, tmp_path)
    assert first[0] == second[0] and first[0].startswith("MACDOutputs(line=[nan, nan, ")
    assert (first[1], second[1]) == ("['numba']", "[]")


@pytest.mark.skipif(PLAIN, reason="nothing is compiled")
def test_an_edited_indicator_of_ones_own_is_compiled_anew(tmp_path: Path) -> None:
    example = PAGE.read_text(encoding="utf-8").partition("## One's own")[2]
    example = example.partition("```python\n")[2].partition("```")[0]
    module = tmp_path / "streaks.py"
    module.write_text(example)
    first, second = run(OWN, tmp_path), run(OWN, tmp_path)
    module.write_text(example.replace("before + 1.0", "before + 2.0"))
    third = run(OWN, tmp_path)
    assert first == ["[nan, 1.0, 2.0] nan", "True"]
    assert second == ["[nan, 1.0, 2.0] nan", "False"]
    assert third == ["[nan, 2.0, 4.0] nan", "True"]
