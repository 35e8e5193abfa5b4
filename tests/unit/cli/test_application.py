"""The command's words: help, errors in one line, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from atlas.cli import main
from atlas.config.version import VERSION
from tests.end_to_end.commands import SOURCES, compiled_only

ROOT = Path(__file__).parents[3]
COMMANDS = (
    "demo",
    "new",
    "backtest",
    "optimize",
    "strategies",
    "runs",
    "compare",
    "replay",
    "diff",
    "schema",
    "doctor",
    "completion",
)
DOCUMENT = """
strategy: sma_cross
parameters: {fast: 5, slow: 15}
data_source: {type: shipped, path: sp500}
endDate: 2000-06-30
commission: 0.001
"""


@pytest.fixture
def document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "run.yaml"
    path.write_text(DOCUMENT, encoding="utf-8")
    return path


def test_the_version_is_that_of_the_distribution(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"atlas {VERSION}\n"
    assert f'\nversion = "{VERSION}"\n' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert [name for name in COMMANDS if name not in shown] == []


def test_help_loads_nothing_heavy() -> None:
    heavy = ("numba", "numpy", "pandas", "duckdb", "yaml", "rich", "msgspec")
    program = (
        "import sys; from atlas.cli import main; main(['--help']); "
        f"print('heavy:', sorted(set(sys.modules) & set({heavy!r})), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(SOURCES), "PATH": ""},
    )
    assert done.stderr == "heavy: []\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fly"], "error: No such command 'fly'. (see atlas --help)"),
        (["backtest"], "error: Missing argument 'RUN.yaml'. (see atlas backtest --help)"),
        (["demo", "--nowhere"], "error: No such option: --nowhere (see atlas demo --help)"),
        (["runs", "shw"], "error: No such command 'shw'. Did you mean 'show'? (see atlas runs --help)"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_code_two(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines()[0].startswith(message)
    assert len(shown.err.splitlines()) == 1


@pytest.mark.parametrize("words", [[], ["new"]])
def test_a_line_that_stops_short_gets_the_help(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("Usage: atlas")
    assert "Examples:" in shown.err


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["strategy.parameters.fats=3"],
            "error: strategy.parameters.fats: strategy 'sma_cross' has no such parameter;",
        ),
        (["mode=live"], "error: riskLimits: a live run needs limits"),
        (["mode=paper", "riskLimits.maxDrawdown=0.2"], "error: mode: this document describes paper trading"),
        (["data_source.path=sp5000"], "error: no data set 'sp5000' comes with Atlas: did you mean 'sp500'?"),
        (["nothing"], "error: 'nothing' is no override: write path.to.key=value"),
        (["parameters.weight=heavy"], "error: strategy.parameters: SmaCross: the field 'weight' is float"),
    ],
)
def test_a_failure_is_one_line_and_code_one(
    overrides: list[str], message: str, document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [word for override in overrides for word in ("--set", override)]
    assert main(["backtest", str(document), "--out", "out", *words]) == 1
    error = capsys.readouterr().err
    assert error.startswith(message)
    assert len(error.splitlines()) == 1
    assert [path.name for path in document.parent.iterdir()] == ["run.yaml"]


def test_a_slip_in_a_document_is_told_before_the_kernel_is_loaded(document: Path) -> None:
    heavy = ("numba", "pandas", "duckdb", "rich")
    program = (
        "import sys; from atlas.cli import main; code = main(['backtest', 'run.yaml', '--set', 'seeed=1']); "
        f"print('heavy:', code, sorted(set(sys.modules) & set({heavy!r})), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=document.parent,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(SOURCES), "PATH": ""},
    )
    assert done.stderr.splitlines() == [
        "error: seeed: unknown key; did you mean 'seed'? (--set seeed)",
        "heavy: 1 []",
    ]


def test_a_planted_secret_is_nowhere(
    document: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    planted = "PKPLANTED0123456789"
    monkeypatch.setenv("ALPACA_API_KEY", planted)
    for words in (["--set", f"alpacaApiKey={planted}"], ["--set", f"id={planted}"], [f"--set={planted}"]):
        assert main(["backtest", str(document), *words]) == 1
    assert main(["backtest", f"{planted}.yaml"]) == 1
    document.write_text(f"{DOCUMENT}execution: {{apiKey: {planted}}}\n", encoding="utf-8")
    assert main(["backtest", str(document)]) == 1
    shown = capsys.readouterr()
    assert len(shown.err.splitlines()) == 5
    assert planted not in shown.err + shown.out
    assert [path.name for path in document.parent.iterdir()] == ["run.yaml"]


@compiled_only
def test_quiet_and_json_are_for_scripts(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backtest", str(document), "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")
    assert main(["backtest", str(document), "--json", "--out", "other"]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    told = json.loads(shown.out)
    written = json.loads((document.parent / "other" / "summary.json").read_text(encoding="utf-8"))
    assert told == {"folder": str(document.parent / "other"), "status": "complete", "reason": "", **told}
    assert {key: told[key] for key in written} == written


def test_a_document_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backtest", "missing.yaml"]) == 1
    assert capsys.readouterr().err == "error: no such file: missing.yaml\n"


def test_debug_shows_where_it_arose(document: Path) -> None:
    from atlas.records.errors import ConfigurationError

    with pytest.raises(ConfigurationError, match="no such parameter"):
        main(["backtest", str(document), "--set", "parameters.fats=1", "--debug"])


@compiled_only
def test_a_backtest_prints_its_figures_and_its_folder(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backtest", str(document), "--set", "commission=0", "--journal"]) == 0
    shown = capsys.readouterr()
    lines = dict(line.rsplit("  ", 1) for line in shown.out.splitlines() if "  " in line)
    assert {name.strip(): value.strip() for name, value in lines.items()}["Fees paid"] == "0.00"
    assert "Report: runs/run/report.html" in shown.out
    assert "note: SP500: index level" in shown.err
    assert (document.parent / "runs" / "run" / "journal").is_dir()
    assert main(["replay", "runs/run"]) == 0
    assert capsys.readouterr().out.startswith("the same: fingerprint ")
    assert main(["replay", "runs/run", "--until", "2020-01-31"]) == 1
    assert "atlas backtest runs/run/config.yaml --set endDate=DATE" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["replay", "{folder}"], "{folder} holds neither a run nor a journal: name a run folder, such as runs/demo"),
        (["replay", "{folder}/file"], "{folder}/file is a file: name a run folder"),
        (["replay", "{folder}/absent"], "no such folder: {folder}/absent"),
        (["diff", "{folder}", "{folder}/absent"], "no such file or folder: {folder}/absent"),
        (["diff", "{folder}", "{folder}"], "{folder} holds neither a run nor a journal"),
    ],
)
def test_what_can_not_be_played_again_is_told(
    tmp_path: Path, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("nothing", encoding="utf-8")
    assert main([word.format(folder=tmp_path) for word in words]) == 1
    assert capsys.readouterr().err.startswith("error: " + message.format(folder=tmp_path))


def live_figures(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, str]:
    assert main(["replay", "live/run", *options]) == 0
    lines = capsys.readouterr().out.splitlines()
    return {line[:16].strip(): line[16:].strip() for line in lines}


def test_a_live_journal_is_played_to_a_number_or_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from atlas.gateways.mock import Behaviour
    from tests.unit.live.link import Run

    run = Run(tmp_path / "live", Behaviour(parts=2), Behaviour(fill_after=0))
    run.driver.run(run.reconciliation.overdue)
    run.driver.close()
    monkeypatch.chdir(tmp_path)
    whole = live_figures(capsys)
    assert whole["is verified"] == "True"
    assert int(whole["event count"]) > 2
    first = live_figures(capsys, "--until", "1", "--no-verify")
    assert (first["is verified"], first["event count"], first["command count"]) == ("False", "2", "1")
    at = np.datetime64(run.link.script.time_ns(1), "ns").astype("datetime64[us]").item().isoformat()
    assert live_figures(capsys, "--until", at)["event count"] == "2"
    assert live_figures(capsys, "--until", "2262-01-01") == whole
    assert main(["replay", "live/run", "--until", "soon"]) == 1
    assert "--until soon: no date, time or record's number, such as 2026-03-31" in capsys.readouterr().err


@compiled_only
def test_journals_are_compared(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backtest", str(document), "--out", "a", "--journal"]) == 0
    assert main(["backtest", str(document), "--out", "b", "--journal", "--set", "commission=0.002"]) == 0
    assert main(["backtest", str(document), "--out", "c"]) == 0
    capsys.readouterr()
    assert main(["diff", "a", "a"]) == 0
    assert main(["diff", "a", "b"]) == 1
    parted = capsys.readouterr().out
    assert "the journals part at record" in parted
    assert "commission.fraction: 0.001 | 0.002" in parted
    assert main(["diff", "a", "c"]) == 0
    assert capsys.readouterr().out.startswith("the same: fingerprint ")
    assert main(["diff", "a/journal", "b/journal"]) == 0
    assert "header metadata.configuration:\n  A:   fraction: 0.001\n  B:   fraction: 0.002\n" in capsys.readouterr().out
    assert main(["diff", "a", "c/config.yaml"]) == 1
    assert "c/config.yaml" in capsys.readouterr().err
    assert main(["diff", "a", "nowhere"]) == 1
    assert capsys.readouterr().err == "error: no such file or folder: nowhere\n"


def test_a_reader_that_has_seen_enough_is_no_failure(tmp_path: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m atlas schema | head -n 1; echo ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(SOURCES), "PATH": "/usr/bin:/bin"},
    )
    assert (done.stdout, done.stderr) == ("{\n0\n", "")


def test_strategies_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["strategies"]) == 0
    shown = capsys.readouterr().out
    for word in ("sma_cross", "slow = 30", "momentum", "rsi_thresholds"):
        assert word in shown


def test_the_doctor_names_versions_and_the_cache(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    lines = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line]
    assert {"atlas", "python", "numba", "numpy", "kernel", "data", "processor", "disk"} <= set(lines)


@compiled_only
def test_optimize_prints_the_best_and_writes_page_and_table(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--parameter", "fast=2:8:2", "--parameter", "slow=10,20", "--maximize", "total_return", "--out", "found"]
    assert main(["optimize", str(document), *options]) == 0
    shown = capsys.readouterr().out
    assert "highest Total return of 8 points" in shown
    assert "slow\\fast" in shown
    assert "Report: found/search.html" in shown
    assert (document.parent / "found" / "search.csv").read_text(encoding="utf-8").count("\n") == 9


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("fast", "error: --parameter: write NAME=FIRST:LAST:STEP"),
        ("fast=1:x", "error: --parameter fast: '1:x' holds what is no number"),
        ("fast=9:1", "error: --parameter: '9:1' has no values"),
        ("fsat=1:2", "error: fsat: SmaCross has no parameter 'fsat'; did you mean 'fast'?"),
    ],
)
def test_a_wrong_parameter_is_one_line(
    given: str, message: str, document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["optimize", str(document), "--parameter", given]) == 1
    assert capsys.readouterr().err.startswith(message)
