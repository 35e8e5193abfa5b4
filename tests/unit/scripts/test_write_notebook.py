"""The notebook shows what its cells give, and what shows it is put to the test itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.write_notebook import as_file, brought_up_to_date, code_cells, run, texts, timeless
from tests.end_to_end.commands import compiled_only

ROOT = Path(__file__).parents[3]
NOTEBOOK = ROOT / "docs" / "getting-started.ipynb"
REMEDY = "run: python -m scripts.write_notebook docs/getting-started.ipynb"


def made(*sources: str) -> dict[str, Any]:
    cells = [{"cell_type": "code", "source": [source], "outputs": []} for source in sources]
    return {"cells": [{"cell_type": "markdown", "source": ["# Title"]}, *cells]}


@compiled_only
def test_the_committed_notebook_is_what_running_it_gives(tmp_path: Path) -> None:
    copied = tmp_path / NOTEBOOK.name
    shutil.copy(NOTEBOOK, copied)
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    subprocess.run([sys.executable, "-m", "scripts.write_notebook", str(copied)], env=environment, cwd=ROOT, check=True)
    stored, given = (code_cells(json.loads(file.read_text(encoding="utf-8"))) for file in (NOTEBOOK, copied))
    for before, after in zip(stored, given, strict=True):
        assert texts(before["outputs"]) == texts(after["outputs"]), REMEDY
    assert copied.read_text(encoding="utf-8") == NOTEBOOK.read_text(encoding="utf-8"), REMEDY


def test_a_cell_sees_those_before_and_shows_its_last_value() -> None:
    first, second, third = run(made("number = 2", "print('said')\nnumber * 21", "number;"))
    assert first == third == []
    assert second[0] == {"output_type": "stream", "name": "stdout", "text": ["said\n"]}
    assert second[1]["data"]["text/plain"] == ["42"]


def test_an_output_that_is_no_longer_true_is_replaced() -> None:
    notebook = made("1 + 1")
    code_cells(notebook)[0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["3"]}]
    assert "3" not in as_file(brought_up_to_date(notebook))


def test_a_cell_that_fails_is_no_notebook() -> None:
    with pytest.raises(ZeroDivisionError):
        run(made("1 / 0"))


def test_what_cells_write_does_not_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run(made("open('left.txt', 'w').close()"))
    assert list(tmp_path.iterdir()) == []


def test_pages_with_scripts_are_left_out_and_tables_kept() -> None:
    show = "class Shown:\n    def _repr_html_(self): return {!r}\n    def __repr__(self): return 'shown'\n\nShown()"
    (table,), (page,) = run(made(show.format("<table>"), show.format("<iframe>")))
    assert table["data"] == {"text/plain": ["shown"], "text/html": ["<table>"]}
    assert page["data"] == {"text/plain": ["shown"]}


def test_times_are_left_out() -> None:
    for seconds, rate in (("  0.019 s", "  277,974"), (" 61.019 s", "1,277,974")):
        text = f"Wall time      {seconds}\nEvents per second  {rate}\nFingerprint  {'0a' * 16}\nBars  12\n"
        assert timeless(text) == "Wall time  —\nEvents per second  —\nFingerprint  —\nBars  12\n"
    assert timeless("<tr><th>Wall time</th><td>0.1 s</td></tr>") == "<tr><th>Wall time</th><td>—</td></tr>"
