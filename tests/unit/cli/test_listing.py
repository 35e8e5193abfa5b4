"""Strategies listed, and one in full."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from atlas.backtest.documents import parse_run
from atlas.cli import main
from atlas.config.reading import yaml_value
from atlas.strategy.shipped import MODULES, strategy_names

OWN = '''"""One of mine."""

from atlas import Strategy


class Own(Strategy):
    """Does nothing."""

    weight: float = 0.5

    def on_bar(self, ctx, bar):
        pass
'''


@pytest.mark.parametrize("name", strategy_names())
def test_one_is_shown_in_full_with_a_document_that_is_accepted(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["strategies", name]) == 0
    shown = capsys.readouterr().out
    text = shown.partition("A document that runs it:")[2]
    document = yaml_value("\n".join(line.removeprefix("  ") for line in text.splitlines()))
    assert document["strategy"] == name
    parse_run(document)
    # What it only keeps for itself, such as what it asked for last, is no parameter.
    assert ("No parameters." if name in ("follow_weights", "weights") else "Parameters, with their defaults:") in shown
    for word in ("Hooks: on_", "State: one for "):
        assert word in shown


def test_one_of_a_file_is_shown_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text(OWN, encoding="utf-8")
    assert main(["strategies", "own.py:Own"]) == 0
    assert "  weight = 0.5    float" in capsys.readouterr().out
    assert main(["strategies", "own.py:Own", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["class"], found["parameters"]) == ("Own", {"weight": 0.5})


def test_the_list_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["strategies", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in found] == list(MODULES)
    assert found[0]["parameters"] == {"fast": 10, "slow": 30, "weight": 0.95}


def test_a_name_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["strategies", "sma_cros"]) == 1
    assert capsys.readouterr().err == "error: no strategy is called 'sma_cros'; did you mean 'sma_cross'?\n"


def test_one_that_takes_arguments_of_its_own_is_an_error_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "own.py"
    file.write_text(OWN.replace("    weight", "    def __init__(self, length):\n        pass\n\n    weight"))
    assert main(["strategies", f"{file}:Own"]) == 1
    error = capsys.readouterr().err
    assert "missing 1 required positional argument: 'length'; declare fields instead of __init__" in error
