"""Every way of writing a document ends in a config.yaml from which the run repeats, from any folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from atlas.data import GeneratorSettings, generate_bars
from tests.end_to_end.commands import atlas_command, compiled_only

pytestmark = [compiled_only, pytest.mark.slow]

STRATEGY = '''"""A strategy of a user's own."""

from atlas import EMA, Strategy


class Own(Strategy):
    fast: EMA = EMA(5)
    weight: float = 0.4

    def on_bar(self, ctx, bar):
        average = self.fast.update(bar.close)
        ctx.target_weight(bar.instrument, self.weight if bar.close > average else 0.0)
'''
CAMEL = {
    "strategy": {"type": "../own.py:Own", "parameters": {"fast": "8"}},
    "dataSource": "../bars",
    "initialCapital": "50000",
    "commission": {"perShare": "0.01"},
    "riskLimits": {"maxPositionSize": 1, "maxLeverage": 2},
    "startDate": "2020-02-01",
}
YAML = """# said otherwise
strategy_type: ../own.py:Own
parameters: {fast: 8}
data_source: {path: ../bars}
initial_capital: 50_000
commission: {per_share: 1e-2}
risk_limits: {max_position_size: 1.0, max_leverage: 2}
start_date: 2020-02-01
id: "1e6"
"""
TOML = """strategy_type = "../own.py:Own"
data_source = "../bars"
initial_capital = 50_000
start_date = 2020-02-01
[parameters]
fast = 8
[commission]
per_share = 0.01
[risk_limits]
max_position_size = 1
max_leverage = 2
"""
OVERRIDES = (
    "--set",
    "strategy.parameters.weight=0.25",
    "--set",
    "symbols=AAA,CCC",
    "--set",
    "riskLimits.maxLeverage=1",
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    bars = generate_bars(("AAA", "BBB", "CCC"), 200, seed=4, settings=GeneratorSettings(timeframe="1d"))
    (tmp_path / "bars").mkdir()
    for symbol in bars.symbols:
        bars.to_frame(symbol).reset_index().to_csv(tmp_path / "bars" / f"{symbol}.csv", index=False)
    (tmp_path / "own.py").write_text(STRATEGY, encoding="utf-8")
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "run.json").write_text(json.dumps(CAMEL), encoding="utf-8")
    (documents / "run.yaml").write_text(YAML, encoding="utf-8")
    (documents / "run.toml").write_text(TOML, encoding="utf-8")
    return tmp_path


def fingerprint(folder: Path) -> str:
    found: str = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["fingerprint"]
    return found


def run(document: str, out: Path, cwd: Path, *words: str) -> str:
    done = atlas_command("backtest", document, "--out", str(out), *words, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return fingerprint(out)


def test_three_languages_say_the_same_and_each_folder_repeats_from_elsewhere(place: Path) -> None:
    found = {name: run(f"documents/run.{name}", place / name, place) for name in ("json", "yaml", "toml")}
    assert len(set(found.values())) == 1
    elsewhere = place / "elsewhere"
    elsewhere.mkdir()
    assert run("../documents/run.json", place / "once", elsewhere) == found["json"]
    for name in found:
        assert run(f"../{name}/config.yaml", elsewhere / name, elsewhere) == found["json"]
        first, second = ((folder / name / "config.yaml").read_text(encoding="utf-8") for folder in (place, elsewhere))
        assert first == second


def test_overrides_are_in_the_folder(place: Path) -> None:
    plain = run("run.json", place / "plain", place / "documents")
    changed = run("run.json", place / "changed", place / "documents", *OVERRIDES)
    assert changed != plain
    moved = place / "archive" / "changed"
    shutil.copytree(place / "changed", moved)
    assert run("changed/config.yaml", place / "again", place / "archive") == changed
    told = atlas_command("replay", "archive/changed", cwd=place)
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith(f"the same: fingerprint {changed}")


def test_a_new_project_runs_at_once_from_anywhere(tmp_path: Path) -> None:
    assert atlas_command("new", "strategy", "my_idea", cwd=tmp_path).returncode == 0
    first = run("my_idea/run.yaml", tmp_path / "first", tmp_path)
    assert run("run.yaml", tmp_path / "second", tmp_path / "my_idea") == first
    assert atlas_command("new", "strategy", "my_idea", cwd=tmp_path).returncode == 1
    compared = atlas_command("compare", "first", "second", cwd=tmp_path)
    assert "The runs did the same." in compared.stdout
