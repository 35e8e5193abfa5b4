"""Arrows point down: checked by import-linter, and by our own reading, which also sees lazy imports."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from tests.architecture.arrows import KERNEL_ROOMS, ROOMS, arrow_violations
from tests.architecture.sources import ROOT, Source, package_sources, unexpected

STANDARD_LIBRARY = frozenset(sys.stdlib_module_names)


def problems(module: str, text: str) -> list[str]:
    return [violation.message for violation in arrow_violations(Source.parse(module, text), STANDARD_LIBRARY)]


def test_every_import_of_atlas_points_down() -> None:
    found = [violation for source in package_sources() for violation in arrow_violations(source, STANDARD_LIBRARY)]
    assert unexpected(found, "arrows") == []


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("atlas.kernel.book.levels", "from atlas.strategy.base import Strategy"),
        ("atlas.kernel.book.levels", "def levels():\n    from atlas.config import documents\n"),
        ("atlas.strategy.base", "import importlib\nimportlib.import_module('atlas.backtest.run')"),
        ("atlas.strategy.base", "from ..backtest import run"),
        ("atlas.records.market", "import atlas"),
        ("atlas.records.market", "from atlas import Strategy"),
        ("atlas.records.market", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import atlas.config.run\n"),
        ("atlas.kernel.memory.rows", "from atlas.config import run"),
        ("atlas.kernel.trader.orders", "from atlas.kernel.exchange import matching"),
        ("atlas.kernel.memory.rows", "from atlas.kernel import simulate"),
        ("atlas.kernel.memory.rows", "import time"),
        ("atlas.kernel.memory.rows", "import pandas"),
        ("atlas.attic.box", "from atlas.records import market"),
    ],
)
def test_an_arrow_that_points_up_is_found(module: str, text: str) -> None:
    assert len(problems(module, text)) == 1


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("atlas.backtest.run", "from atlas.kernel import simulate\nimport pandas"),
        (
            "atlas.kernel.trader.orders",
            "import numpy as np\nfrom atlas.kernel.memory.rows import row\nimport dataclasses",
        ),
        ("atlas", "from atlas.backtest import run"),
        ("atlas.config.run", "from atlas.records.errors import ConfigurationError"),
    ],
)
def test_an_arrow_that_points_down_is_let_pass(module: str, text: str) -> None:
    assert problems(module, text) == []


def lint_imports(folder: pathlib.Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "import sys; from importlinter.cli import lint_imports_command as run; run()"]
    environment = {**os.environ, "PYTHONPATH": str(folder / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    command += ["--config", str(folder / "pyproject.toml"), "--no-cache"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_import_linter_keeps_its_contracts() -> None:
    report = lint_imports(ROOT)
    assert report.returncode == 0, report.stdout + report.stderr


def test_import_linter_finds_a_planted_arrow(tmp_path: pathlib.Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    plant(tmp_path, "atlas.kernel.book", "from atlas.strategy import base")
    plant(tmp_path, "atlas.kernel.trader", "from atlas.kernel import exchange")
    plant(tmp_path, "atlas.strategy.base", "")
    for room in ("cli", "config", "records", "backtest", "kernel.exchange", "kernel.memory"):
        plant(tmp_path, f"atlas.{room}", "")
    report = lint_imports(tmp_path)
    assert report.returncode == 1, report.stdout + report.stderr
    assert re.search(r"atlas\.kernel\.book\s*->\s*atlas\.strategy", report.stdout)
    assert re.search(r"atlas\.kernel\.trader\s*->\s*atlas\.kernel\.exchange", report.stdout)


def plant(folder: pathlib.Path, module: str, text: str) -> None:
    package = folder / "src"
    for part in module.split("."):
        package = package / part
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").touch()
    (package / "__init__.py").write_text(text)


def test_both_lists_of_layers_agree() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for layers in (ROOMS, KERNEL_ROOMS):
        for layer in layers:
            line = " | ".join(f"({room})" for room in layer)
            assert f'"{line}"' in text, f"pyproject.toml has no layer {line}"
