"""Run folders looked at: the list, one in full, several side by side."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from atlas.cli import main

DOCUMENT = "strategy:\n  type: sma_cross\n  parameters: {{fast: {fast}, slow: 30}}\nseed: 0\n"


def write_run(folder: Path, seconds: int, fast: int = 10, status: str = "complete", **figures: Any) -> None:
    folder.mkdir(parents=True)
    summary = {"total_return": 0.1, "sharpe": 0.5, "max_drawdown": -0.2, "total_trades": 3, "bars": 1_000, **figures}
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    (folder / "config.yaml").write_text(DOCUMENT.format(fast=fast), encoding="utf-8")
    told = {"status": status, "reason": "", "title": "SmaCross", "data": "SP500", "parameters": {"fast": fast}}
    (folder / "run.json").write_text(json.dumps(told), encoding="utf-8")
    os.utime(folder / "summary.json", (seconds, seconds))


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path / "runs" / "b", 1_000, sharpe=0.9, total_return=-0.05, fingerprint="x")
    write_run(tmp_path / "runs" / "a", 3_000, fast=5, sharpe=None, status="interrupted", fingerprint="y")
    write_run(tmp_path / "runs" / "c", 2_000, sharpe=-1.5, fingerprint="x")
    write_run(tmp_path / "runs" / ".making", 9_000)
    (tmp_path / "runs" / "other").mkdir()
    return tmp_path / "runs"


def names(shown: str) -> list[str]:
    return [line.split()[0] for line in shown.splitlines()[1:]]


def test_the_newest_run_stands_first(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs"]) == 0
    shown = capsys.readouterr().out
    assert names(shown) == ["a", "c", "b"]
    heading, first, *_ = shown.splitlines()
    assert heading.split() == ["run", "strategy", "return", "Sharpe", "drawdown", "trades", "bars"]
    assert first.split() == ["a", "SmaCross", "10.00%", "—", "−20.00%", "3", "1,000", "interrupted"]
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize(
    ("key", "order"),
    [
        ("sharpe", "bca"),
        ("-sharpe", "acb"),
        ("total_return", "acb"),
        ("name", "abc"),
        ("-name", "cba"),
        ("-time", "bca"),
    ],
)
def test_runs_are_sorted(runs: Path, key: str, order: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "--sort", key]) == 0
    shown = names(capsys.readouterr().out)
    assert sorted(shown) == ["a", "b", "c"]
    if key != "total_return":
        assert "".join(shown) == order
    else:
        assert shown[-1] == "b"


def test_runs_as_json(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "--in", str(runs), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [each["status"] for each in found] == ["interrupted", "complete", "complete"]
    assert found[0]["written"] == "1970-01-01T00:50:00+00:00"
    assert (found[2]["sharpe"], found[2]["folder"]) == (0.9, str(runs / "b"))


def test_slips_are_told(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words, message in (
        (["runs", "--sort", "sharp"], "error: --sort sharp: no figure has that name; did you mean 'sharpe'?"),
        (["runs", "--in", "nowhere"], "error: no such folder: nowhere; atlas backtest RUN.yaml makes it"),
        (["runs", "show", "runs/other"], "error: runs/other is no run folder: it has no config.yaml with a summary"),
        (["compare", "runs/a"], "error: name two run folders or more to compare, not 1"),
        (["compare", "runs/a", "runs"], "error: runs is no run folder"),
    ):
        assert main(words) == 1
        assert capsys.readouterr().err.startswith(message)
    (runs / "a" / "summary.json").write_text("[]", encoding="utf-8")
    (runs / "b" / "summary.json").write_text("{", encoding="utf-8")
    assert main(["runs", "show", "runs/a"]) == 1
    assert main(["runs", "show", "runs/b"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "error: runs/a/summary.json must be a JSON object"
    assert lines[1].startswith("error: runs/b/summary.json is no JSON")


def test_a_damaged_run_is_left_out_and_told(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (runs / "a" / "run.json").write_text("{", encoding="utf-8")
    assert main(["runs"]) == 0
    shown = capsys.readouterr()
    assert names(shown.out) == ["c", "b"]
    assert shown.err.startswith("note: left out: runs/a/run.json is no JSON: ")


def test_an_empty_folder_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "--in", str(tmp_path)]) == 0
    assert "atlas backtest RUN.yaml writes one" in capsys.readouterr().out


def test_one_run_in_full(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "show", "runs/a"]) == 0
    lines = {line[:24].strip(): line[24:] for line in capsys.readouterr().out.splitlines()}
    assert (lines["Ended"], lines["fast"], lines["Total return"]) == ("interrupted", "5", "10.00%")
    assert lines["Report"] == "runs/a/report.html"
    assert main(["runs", "show", "runs/a", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["parameters"] == {"fast": 5}


def test_runs_side_by_side(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "runs/a", "runs/b"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows[0] == ["a", "b"]
    assert rows[1] == ["strategy.parameters.fast", "5", "10"]
    assert ["Total", "return", "10.00%", "−5.00%"] in rows
    assert main(["compare", "runs/b", "runs/c"]) == 0
    assert "The runs did the same." in capsys.readouterr().out
    assert main(["compare", "runs/a", "runs/b", "runs/c", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["documents"] == {"strategy.parameters.fast": [5, 10, 10]}
    assert len(found["runs"]) == 3
