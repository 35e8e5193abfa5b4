"""Every test of the kernel also holds as plain Python, and with every row and array access range-checked."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve()
MODES = {"plain": "ATLAS_PLAIN", "range-checked": "ATLAS_CHECK_BOUNDS"}
SECONDS = 1800

pytestmark = [
    pytest.mark.timeout(SECONDS),
    pytest.mark.skipif(any(os.environ.get(name) == "1" for name in MODES.values()), reason="already in another mode"),
]


@pytest.mark.parametrize("mode", MODES)
def test_the_kernel_in_its_other_modes(mode: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--ignore={HERE}", str(HERE.parent)]
    run = subprocess.run(
        command,
        cwd=HERE.parents[3],
        env={**os.environ, MODES[mode]: "1"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert run.returncode == 0, f"{' '.join(command)} with {MODES[mode]}=1\n{run.stdout[-6000:]}{run.stderr[-2000:]}"
