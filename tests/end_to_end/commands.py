"""Runs the command `atlas`, and Python files, as processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import atlas
from atlas.kernel.memory.compilation import CHECK_BOUNDS, PLAIN

SOURCES = Path(atlas.__file__).parents[1]

compiled_only = pytest.mark.skipif(
    PLAIN or CHECK_BOUNDS,
    reason="the front door is held in the mode that users have; the kernel's tests hold the others",
)


def python(*arguments: str, cwd: Path, timeout: float = 500.0) -> subprocess.CompletedProcess[str]:
    """Run Python with the package under test on its path."""
    environment = {**os.environ, "PYTHONPATH": str(SOURCES), "PYTHONWARNINGS": "default", "COLUMNS": "100"}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def atlas_command(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command `atlas`."""
    return python("-m", "atlas", *arguments, cwd=cwd)
