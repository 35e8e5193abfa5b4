"""The doctor: what it finds, what is wrong with it, and the cache it may clear."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from atlas.cli import health, machine, main
from atlas.cli.machine import Finding
from tests.end_to_end.commands import SOURCES, compiled_only


def doctor(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "atlas", "doctor", *words],
        env={**os.environ, "PYTHONPATH": str(SOURCES), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@compiled_only
def test_the_cache_is_told_and_other_builds_are_removed(tmp_path: Path) -> None:
    stale, strange = tmp_path / "0123456789", tmp_path / "mine"
    for folder, name in ((stale, "entry-1.object"), (strange, "letter.txt")):
        folder.mkdir()
        (folder / name).write_bytes(bytes(machine.MEBIBYTE))
    told = doctor(ATLAS_CACHE_DIR=str(tmp_path))
    assert told.returncode == 0, told.stdout
    assert "other builds  1 (1.0 MiB); atlas doctor --clear-cache removes them" in told.stdout
    assert "parts missing: atlas doctor --warm" in told.stdout
    assert f"variable      ATLAS_CACHE_DIR={tmp_path}" in told.stdout
    cleared = doctor("--clear-cache", ATLAS_CACHE_DIR=str(tmp_path))
    assert cleared.stderr == "removed 1 other builds, 1.0 MiB\n"
    assert "other builds  none" in cleared.stdout
    assert (stale.exists(), strange.exists()) == (False, True)


@compiled_only
def test_a_cache_that_can_not_be_written_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    told = doctor("--json", ATLAS_CACHE_DIR=str(tmp_path / "file"))
    assert told.returncode == 1
    (problem,) = json.loads(told.stdout)["problems"]
    assert problem["name"] == "cache"
    assert "every process compiles" in problem["problem"]
    assert problem["remedy"].startswith("set ATLAS_CACHE_DIR to a folder")


def test_secrets_are_named_and_not_shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("ALPACA_API_KEY", "PKPLANTED")
    assert main(["doctor"]) == 0
    shown = capsys.readouterr()
    assert "secrets       ALPACA_API_KEY\n" in shown.out
    assert "PKPLANTED" not in shown.out + shown.err


def test_what_is_wrong_is_told_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(health, "findings", lambda: [Finding("a", "1"), Finding("b", "2", "it is broken", "mend it")])
    assert main(["doctor"]) == 1
    assert capsys.readouterr().out.splitlines()[:5] == [
        "a             1",
        "b             2",
        "",
        "wrong: b: it is broken",
        "  mend it",
    ]
    assert main(["doctor", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["well"] is False
    assert found["problems"] == [{"name": "b", "problem": "it is broken", "remedy": "mend it"}]


def problems(findings: list[Finding]) -> dict[str, str]:
    return {each.name: f"{each.problem}: {each.remedy}" for each in findings if each.problem}


def test_libraries_are_held_against_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {"numba": "0.1", "numpy": "2.0"}
    monkeypatch.setattr(machine, "version_of", lambda name: versions.get(name, ""))
    found = problems(list(machine.library_findings()))
    assert found["numba"].startswith("0.1 is installed, and ")
    assert "pip install 'numba==" in found["numba"]
    assert "numpy" not in found
    assert found["rich"] == "is not installed: pip install 'rich'"
    assert "polars" not in found


def test_the_machine_is_examined(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert problems(list(machine.machine_findings())) == {}
    monkeypatch.setattr(machine, "memory", lambda: (machine.MEBIBYTE, machine.GIBIBYTE))
    assert machine.memory_finding().problem == "too little is free to compile the kernel"
    monkeypatch.setattr(machine, "memory", lambda: (0, 0))
    assert machine.memory_finding() == Finding("memory", "unknown")
    monkeypatch.setattr(machine, "LEAST_DISK", 1 << 62)
    assert machine.disk_finding(tmp_path).problem == "too little is free for a run folder"
    monkeypatch.setattr(machine, "ZONE", "Nowhere/Land")
    assert machine.zone_finding().remedy == "pip install tzdata"
    monkeypatch.setattr(sys, "version_info", (3, 10, 1))
    assert next(iter(machine.python_findings())).problem == "Atlas needs Python 3.11 or later"


def test_an_output_that_can_not_be_written_is_wrong() -> None:
    told = doctor("--json", PYTHONIOENCODING="ascii:backslashreplace")
    assert told.returncode == 1
    assert [each["name"] for each in json.loads(told.stdout)["problems"]] == ["output"]


@pytest.mark.parametrize(("size", "words"), [(0, "0.0 MiB"), (3 << 20, "3.0 MiB"), (3 << 29, "1.5 GiB")])
def test_sizes(size: int, words: str) -> None:
    assert machine.size_in_words(size) == words
