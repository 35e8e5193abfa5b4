"""What shells are told."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from atlas.cli import main
from atlas.cli.completion import complete_runs, complete_strategies
from atlas.strategy.shipped import MODULES
from tests.end_to_end.commands import SOURCES


def completed(words: str, folder: Path) -> list[str]:
    """What bash is offered for the last of the words."""
    done = subprocess.run(
        [sys.executable, "-m", "atlas"],
        cwd=folder,
        env={
            "PYTHONPATH": str(SOURCES),
            "PATH": "",
            "_ATLAS_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(words.count(" ")),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.split()


def make_runs(folder: Path) -> None:
    for name in ("first", "second", ".making"):
        (folder / "runs" / name).mkdir(parents=True)
        (folder / "runs" / name / "summary.json").touch()
    (folder / "runs" / "none").mkdir()


def test_commands_options_strategies_and_runs_are_completed(tmp_path: Path) -> None:
    make_runs(tmp_path)
    assert completed("atlas ba", tmp_path) == ["backtest"]
    assert completed("atlas new ", tmp_path) == ["strategy"]
    assert completed("atlas backtest run.yaml --jo", tmp_path) == ["--journal"]
    assert completed("atlas strategies sma", tmp_path) == ["sma_cross"]
    assert completed("atlas runs show runs/f", tmp_path) == ["runs/first"]


def test_the_names_are_those_of_the_shipped_strategies() -> None:
    assert complete_strategies("") == sorted(MODULES)
    assert complete_strategies("x") == []


def test_run_folders_are_found_where_they_are_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_runs(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert complete_runs("") == ["runs/first", "runs/second"]
    assert complete_runs("runs/") == ["runs/first", "runs/second"]
    assert complete_runs("runs/s") == ["runs/second"]
    assert complete_runs(f"{tmp_path}/runs/f") == [f"{tmp_path}/runs/first"]
    assert complete_runs("elsewhere/") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_is_one(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "_ATLAS_COMPLETE" in script
    program = shutil.which(shell)
    if program is not None:
        subprocess.run([program, "-n", "-c", script], check=True, capture_output=True)


def test_another_shell_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "fsh"]) == 1
    assert capsys.readouterr().err == "error: no completion for 'fsh': bash or zsh or fish; did you mean 'fish'?\n"
