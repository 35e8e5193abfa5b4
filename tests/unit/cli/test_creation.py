"""What `atlas new strategy` and `atlas schema` write."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from atlas import load_run, run_document
from atlas.cli import main
from atlas.config import document_schema, read_document
from tests.end_to_end.commands import compiled_only
from tests.unit.config.json_schema import is_valid


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    monkeypatch.chdir(tmp_path)
    assert main(["new", "strategy", "my_idea"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "wrote my_idea/my_idea.py"
    assert shown[-1] == "Next: atlas backtest my_idea/run.yaml"
    return tmp_path / "my_idea"


def test_the_files_are_there_and_the_document_is_valid_by_its_schema(project: Path) -> None:
    names = sorted(file.name for file in project.iterdir())
    assert names == ["my_idea.py", "run.schema.json", "run.yaml", "test_my_idea.py"]
    schema = json.loads((project / "run.schema.json").read_text(encoding="utf-8"))
    assert schema == document_schema()
    first, *_ = (project / "run.yaml").read_text(encoding="utf-8").splitlines()
    assert first == "# yaml-language-server: $schema=run.schema.json"
    assert is_valid(read_document(project / "run.yaml").mapping, schema, schema)
    for file in project.iterdir():
        assert "_NAME" not in file.read_text(encoding="utf-8")


@compiled_only
def test_the_project_runs_at_once_and_compiled(project: Path) -> None:
    result = run_document(load_run("my_idea/run.yaml"))
    assert result.error is None
    assert result.summary.total_trades > 10
    assert [note for note in result.notes if "interpreted" in note] == []
    assert len(result.log) == len(result.fill_records)
    longer = run_document(load_run("my_idea/run.yaml", ["strategy.parameters.loss=0.9"]))
    assert longer.fingerprint != result.fingerprint


def test_what_is_written_passes_the_checks_of_style(project: Path) -> None:
    for words in (
        ["check", "--isolated", "--line-length", "120"],
        ["format", "--isolated", "--line-length", "120", "--check"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *words, str(project)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("there", ["my_idea.py", "run.yaml", "test_my_idea.py", "run.schema.json"])
def test_nothing_is_replaced(tmp_path: Path, there: str, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "my_idea"
    folder.mkdir()
    (folder / there).write_text("mine", encoding="utf-8")
    assert main(["new", "strategy", "my_idea", "--in", str(tmp_path)]) == 1
    assert f"my_idea/{there}: there already, and nothing is replaced" in capsys.readouterr().err
    assert [file.name for file in folder.iterdir()] == [there]
    assert (folder / there).read_text(encoding="utf-8") == "mine"


def test_a_file_of_that_name_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "my_idea").write_text("mine", encoding="utf-8")
    assert main(["new", "strategy", "my_idea", "--in", str(tmp_path)]) == 1
    assert "my_idea is a file; choose another name" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("MyIdea", "my_idea"),
        ("my-idea", "my_idea"),
        ("2nd", "my_2nd"),
        ("class", "my_class"),
        ("../x", "x"),
        ("é", "my_"),
        ("", "my_"),
    ],
)
def test_names_that_no_module_can_have_are_refused(
    tmp_path: Path, name: str, near: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", "strategy", name, "--in", str(tmp_path)]) == 1
    assert f"words of small letters joined by _, such as {near}" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_schema_is_printed_or_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == document_schema()
    assert main(["schema", "--out", str(tmp_path / "here.json")]) == 0
    assert json.loads((tmp_path / "here.json").read_text(encoding="utf-8")) == document_schema()


@pytest.mark.parametrize("name", ["atlas", "numpy", "random"])
def test_names_that_would_hide_a_module_are_refused(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", "strategy", name, "--in", str(tmp_path)]) == 1
    assert f"{name!r} would hide the module of that name: call it my_{name}" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
