"""A long run in a process of its own, stopped by signals: what is written, what is left, and the exit code."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from atlas.backtest.folder import FILES
from tests.end_to_end.commands import SOURCES, atlas_command, compiled_only

pytestmark = [
    compiled_only,
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="signals and terminals as POSIX has them"),
]

# Compiled, and long enough to be met in its middle on any machine: each bar is thought about at length.
LONG = '''"""A strategy that computes for long."""

import pathlib

from atlas import SMA, Strategy

pathlib.Path("loaded").touch()


class Long(Strategy):
    """Trades the crossing of a price and its average, after many steps of arithmetic."""

    average: SMA = SMA(20)
    sum: float = 0.0

    def on_bar(self, ctx, bar):
        average = self.average.update(bar.close)
        for step in range(20_000):
            self.sum = self.sum * 0.999 + step * 1e-6
        ctx.target_weight(bar.instrument, 0.5 if bar.close > average else 0.0)
'''
STUBBORN = '''"""A strategy in which a Ctrl-C is not looked at for long."""

import pathlib
import time

from atlas import Strategy


class Stubborn(Strategy):
    """Sleeps for minutes at its first bar."""

    open = True

    def on_bar(self, ctx, bar):
        pathlib.Path("started").touch()
        time.sleep(300.0)
'''
DOCUMENT = """strategy: own.py:{name}
data_source: {{type: generated, path: "200000"}}
symbols: [AAA]
execution: {{volumeCap: false}}
"""


def begin(folder: Path, source: str, name: str, **terminal: int) -> subprocess.Popen[str]:
    (folder / "own.py").write_text(source, encoding="utf-8")
    (folder / "run.yaml").write_text(DOCUMENT.format(name=name), encoding="utf-8")
    streams: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **terminal}
    process: subprocess.Popen[str] = subprocess.Popen(
        [sys.executable, "-m", "atlas", "backtest", "run.yaml", "--out", "runs/run", "--journal"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(SOURCES), "TERM": "xterm", "COLUMNS": "100"},
        text=True,
        **streams,
    )
    return process


def wait_until(path: Path, process: subprocess.Popen[str]) -> None:
    """Wait for a file that the run makes; the kernel may have to be compiled first."""
    for _ in range(4_000):
        if path.exists() or process.poll() is not None:
            return
        time.sleep(0.1)


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "runs").iterdir())


def in_the_making(folder: Path) -> Iterator[Path]:
    return (folder / "runs").glob(".run-*/journal")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "terminate"])
def test_a_compiled_run_is_ended_in_order(number: int, tmp_path: Path) -> None:
    process = begin(tmp_path, LONG, "Long")
    wait_until(tmp_path / "loaded", process)
    for _ in range(1_000):
        if any(file.stat().st_size > 100_000 for journal in in_the_making(tmp_path) for file in journal.iterdir()):
            break
        time.sleep(0.05)
    process.send_signal(number)
    output, error = process.communicate(timeout=120.0)
    assert process.returncode == 130
    assert error.splitlines()[-1].startswith("error: interrupted after ")
    assert "Long on AAA" in output
    assert left(tmp_path) == ["run"]
    folder = tmp_path / "runs" / "run"
    assert sorted(path.name for path in folder.iterdir()) == sorted([*FILES, "journal"])
    status = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert (status["status"], status["reason"]) == ("interrupted", "interrupted")
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert 0 < summary["bars"] < 200_000
    assert summary["total_trades"] > 0
    shown = atlas_command("runs", cwd=tmp_path)
    assert shown.stdout.splitlines()[1].endswith("interrupted")
    again = atlas_command("replay", "runs/run", cwd=tmp_path)
    assert again.returncode == 1
    assert "was interrupted, so nothing can be the same" in again.stderr


def test_a_second_one_quits_at_once_and_leaves_the_earlier_run_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "run"
    folder.mkdir(parents=True)
    (folder / "summary.json").write_text("{}", encoding="utf-8")
    process = begin(tmp_path, STUBBORN, "Stubborn")
    wait_until(tmp_path / "started", process)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60.0)
    assert process.returncode == 130
    assert error == "error: interrupted; nothing was written\n"
    assert left(tmp_path) == ["run"]
    assert [path.name for path in folder.iterdir()] == ["summary.json"]
    assert (folder / "summary.json").read_text(encoding="utf-8") == "{}"


def test_progress_is_drawn_on_a_terminal_and_nowhere_else(tmp_path: Path) -> None:
    theirs, ours = pty.openpty()
    process = begin(tmp_path, LONG, "Long", stderr=ours)
    os.close(ours)
    seen: list[bytes] = []

    def read() -> None:
        try:
            while chunk := os.read(theirs, 4_096):
                seen.append(chunk)
        except OSError:  # the other end was closed
            return

    reader = threading.Thread(target=read)
    reader.start()
    wait_until(tmp_path / "loaded", process)
    for _ in range(1_200):
        if b"events/s" in b"".join(seen) or process.poll() is not None:
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=120.0)
    reader.join(timeout=10.0)
    os.close(theirs)
    text = b"".join(seen).decode()
    assert "events/s" in text
    assert " left" in text
    assert "\x1b" not in output
    assert "events/s" not in output
