"""The run folder: complete or absent, and enough to repeat the run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from atlas.analytics import FIGURES, Summary
from atlas.backtest import result as results
from atlas.backtest.documents import load_run, parse_run, run_document
from atlas.backtest.folder import FILES, JOURNAL, StagedFolder, is_run_folder, read_status, write_atomically
from atlas.backtest.replaying import compare_runs, replay_run
from atlas.backtest.result import BacktestResult
from atlas.backtest.run import backtest
from atlas.journal import JournalReader, find_difference
from atlas.kernel.indicators import Bollinger
from atlas.records.errors import ConfigurationError, DataError
from atlas.records.kinds import Kind
from atlas.records.layout import LAYOUTS
from atlas.strategy.base import Strategy
from atlas.strategy.context import Context
from atlas.strategy.fields import Array, per_instrument
from atlas.strategy.shipped import strategy_class
from tests.unit.backtest.samples import BuyOnce, market
from tests.unit.backtest.test_documents import SHORT

BY_PYTHON = """# A run that was started from Python.
# Not in this document: the data, which came from memory (BarHistory)
"""


@pytest.fixture(scope="module")
def result() -> BacktestResult:
    return run_document(parse_run(SHORT))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_every_file_is_there_and_nothing_else(result: BacktestResult, tmp_path: Path) -> None:
    assert result.save(tmp_path / "run") == tmp_path / "run"
    assert names(tmp_path / "run") == sorted(FILES)
    assert names(tmp_path) == ["run"]


def test_the_files_hold_the_run(result: BacktestResult, tmp_path: Path) -> None:
    folder = result.save(tmp_path / "a" / "run")
    summary = (folder / "summary.json").read_text(encoding="utf-8")
    assert Summary.from_json(summary) == result.summary
    assert set(json.loads(summary)) == {key for key, _, _ in FIGURES}
    for name, records in (
        ("fills", result.fill_records),
        ("orders", result.order_records),
        ("equity", result.equity_records),
    ):
        assert len(pd.read_parquet(folder / f"{name}.parquet")) == len(records)
    page = (folder / "report.html").read_text(encoding="utf-8")
    for assumption in result.assumptions:
        assert assumption.name in page
    assert "traded as units of 1 USD a point" in page


def test_the_configuration_repeats_the_run(result: BacktestResult, tmp_path: Path) -> None:
    folder = result.save(tmp_path / "run")
    again = run_document(load_run(folder / "config.yaml"))
    assert again.fingerprint == result.fingerprint
    assert again.configuration == result.configuration


def test_a_run_from_python_can_be_repeated_where_a_document_can_say_it(tmp_path: Path) -> None:
    file = tmp_path / "AAA.csv"
    market(bars=200).to_frame().reset_index().to_csv(file, index=False)
    first = backtest("ema_trend", file, fees=0.002, slippage_bps=3, volume_share=None, seed=4, limits={"drawdown": 0.9})
    folder = first.save(tmp_path / "run")
    assert len(first.fill_records) > 0
    assert run_document(load_run(folder / "config.yaml")).fingerprint == first.fingerprint


def test_what_a_document_cannot_say_stands_in_a_comment() -> None:
    result = backtest(BuyOnce(), market(), mode="interpreted")
    assert result.configuration.startswith(BY_PYTHON)
    assert result.configuration.count("# Not in this document") == 1


class Bands(Strategy):
    """Has fields that no document can set."""

    bands: Bollinger = Bollinger(20, 2.0)
    closes: Array = Array(2)
    scores: dict[int, float] = per_instrument(0.0)
    weight: float = 0.5
    scope = "universe"

    def on_bar(self, ctx: Context, bar: Any) -> None:
        self.scores[bar.instrument] = self.bands.update(bar.close)


def test_only_fields_that_a_document_can_set_stand_in_it() -> None:
    plain = backtest(Bands(weight=0.25), market())
    bands = "    bands:\n      length: 20\n      width: 2.0\n"
    assert f"  parameters:\n{bands}    weight: 0.25\n" in plain.configuration
    assert "scores" not in plain.configuration


def test_defaults_of_parameters_are_written_out() -> None:
    document = parse_run({**SHORT, "parameters": {"fast": "7"}})
    assert document.running["strategy"].parameters == {"fast": 7, "slow": 30, "weight": 0.95}


def test_an_earlier_run_is_replaced_and_other_files_stay(result: BacktestResult, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with StagedFolder(folder) as staged:
        earlier = run_document(parse_run({**SHORT, "commission": 0.005}), journal=staged.journal)
        staged.finish(earlier.write_files)
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    assert names(folder) == sorted([*FILES, JOURNAL, "notes.txt"])
    result.save(folder)
    assert names(folder) == sorted([*FILES, "notes.txt"])
    assert names(tmp_path) == ["run"]
    assert Summary.from_json((folder / "summary.json").read_text(encoding="utf-8")) == result.summary


def test_a_failure_while_writing_leaves_nothing(
    result: BacktestResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(results, "write_orders_parquet", fail)
    with pytest.raises(OSError, match="No space"):
        result.save(tmp_path / "run")
    assert names(tmp_path) == []


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    target.write_text("old", encoding="utf-8")

    def fail(path: Path) -> None:
        path.write_text("half", encoding="utf-8")
        raise ValueError("in the middle")

    with pytest.raises(ValueError, match="in the middle"):
        write_atomically(target, fail)
    assert target.read_text(encoding="utf-8") == "old"
    write_atomically(target, lambda path: path.write_text("new", encoding="utf-8"))
    assert target.read_text(encoding="utf-8") == "new"
    assert names(tmp_path) == ["report.html"]


def test_a_file_in_place_of_the_folder_is_refused(result: BacktestResult, tmp_path: Path) -> None:
    (tmp_path / "run").write_text("", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="is a file: name a folder"):
        result.save(tmp_path / "run")
    with pytest.raises(ConfigurationError, match="can't be made"):
        result.save(tmp_path / "run" / "below")


def test_the_report_alone(result: BacktestResult, tmp_path: Path) -> None:
    path = result.report(tmp_path / "out.html")
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert names(tmp_path) == ["out.html"]


def kinds_in(journal: Path) -> list[int]:
    return [int(kind) for block in JournalReader(journal).blocks() for kind in block.rows["kind"]]


def test_a_journal_holds_the_commands(tmp_path: Path) -> None:
    first = backtest("sma_cross", market(bars=120), journal=tmp_path / "first")
    second = backtest("sma_cross", market(bars=120), journal=tmp_path / "second")
    other = backtest(strategy_class("sma_cross")(fast=6), market(bars=120), journal=tmp_path / "other")
    kinds = kinds_in(tmp_path / "first")
    assert set(kinds) == {int(Kind.NEW_ORDER)}
    assert len(kinds) == 2 * first.orders["client_order_id"].nunique()
    assert JournalReader(tmp_path / "first").headers[0].identity.metadata["symbols"] == ["AAA"]
    assert find_difference(tmp_path / "first", tmp_path / "second").is_same
    assert not find_difference(tmp_path / "first", tmp_path / "other").is_same
    without = backtest("sma_cross", market(bars=120))
    assert first.fingerprint == second.fingerprint == without.fingerprint != other.fingerprint


def test_a_journal_of_all_that_was_put_out(result: BacktestResult, tmp_path: Path) -> None:
    result.write_outputs(tmp_path / "journal")
    kinds = kinds_in(tmp_path / "journal")
    rows = LAYOUTS[Kind.FILL].itemsize // 64
    assert kinds.count(int(Kind.FILL)) == rows * len(result.fill_records)
    assert {int(Kind.ORDER_TRANSITION), int(Kind.EQUITY_POINT)} <= set(kinds)


def test_a_run_folder_is_replayed(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with StagedFolder(folder) as staged:
        staged.finish(run_document(parse_run(SHORT), journal=staged.journal).write_files)
    assert is_run_folder(folder)
    replay = replay_run(folder)
    assert replay.is_same
    assert replay.difference is not None
    text = (folder / "config.yaml").read_text(encoding="utf-8")
    (folder / "config.yaml").write_text(text.replace("fast: 5", "fast: 6"), encoding="utf-8")
    changed = replay_run(folder)
    assert not changed.is_same
    assert changed.recorded != changed.replayed
    with pytest.raises(ConfigurationError, match="is no run folder"):
        replay_run(tmp_path)


@pytest.fixture
def runs(tmp_path: Path) -> dict[str, Path]:
    """Two runs of a document, and one with another commission, all without a journal."""
    changes: dict[str, dict[str, object]] = {"a": {}, "b": {}, "c": {"commission": 0.005}}
    folders = {name: tmp_path / name for name in changes}
    for name, folder in folders.items():
        with StagedFolder(folder) as staged:
            staged.finish(run_document(parse_run({**SHORT, **changes[name]})).write_files)
    return folders


def test_runs_part_at_the_first_thing_that_differs(runs: dict[str, Path]) -> None:
    assert compare_runs(runs["a"], runs["b"]).is_same
    parted = compare_runs(runs["a"], runs["c"])
    assert parted.difference is not None
    assert parted.difference.kind == "ORDER_TRANSITION"
    assert "cumulative_quantity_units" in {item.name for item in parted.difference.fields}
    assert parted.unrepeated == ""
    with pytest.raises(ConfigurationError, match="is no run folder"):
        compare_runs(runs["a"], runs["a"].parent)


def test_runs_that_can_not_be_repeated_are_compared_by_their_journals(runs: dict[str, Path], tmp_path: Path) -> None:
    text = (runs["c"] / "config.yaml").read_text(encoding="utf-8")
    (runs["c"] / "config.yaml").write_text(text.replace("fast: 5", "fast: 6"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="comes to another .* was written without --journal"):
        compare_runs(runs["a"], runs["c"])
    (runs["c"] / "config.yaml").write_text("strategy: nothing", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="can't be run again: .*nothing"):
        compare_runs(runs["a"], runs["c"])
    for name, commission in (("a", 0.0), ("c", 0.005)):
        document = parse_run({**SHORT, "commission": commission})
        run_document(document, journal=runs[name] / "journal")
    by_journals = compare_runs(runs["a"], runs["c"])
    assert "can't be run again" in by_journals.unrepeated
    assert by_journals.difference is not None


def test_the_folder_says_how_the_run_ended(result: BacktestResult, tmp_path: Path) -> None:
    folder = result.save(tmp_path / "run")
    found = read_status(folder)
    assert (found["status"], found["reason"], found["title"]) == ("complete", "", "SmaCross")
    assert found["parameters"] == dict(result.parameters)
    (folder / "run.json").unlink()
    assert read_status(folder) == {"status": "complete", "reason": ""}
    for text in ("{", "[]"):
        (folder / "run.json").write_text(text, encoding="utf-8")
        with pytest.raises(DataError, match=r"run\.json"):
            read_status(folder)


def test_an_interrupted_run_says_so_and_is_not_compared(result: BacktestResult, tmp_path: Path) -> None:
    stopped = BacktestResult(result._engine, result.settings, configuration=result.configuration, interrupted=True)
    folder = stopped.save(tmp_path / "run")
    assert read_status(folder)["status"] == "interrupted"
    with pytest.raises(ConfigurationError, match=r"was interrupted, so nothing can be the same: atlas backtest .*yaml"):
        replay_run(folder)


def test_a_file_is_written_into_a_folder_that_is_made(tmp_path: Path) -> None:
    target = tmp_path / "reports" / "first" / "page.html"
    write_atomically(target, lambda path: path.write_text("page", encoding="utf-8"))
    assert target.read_text(encoding="utf-8") == "page"


def test_where_nothing_can_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="can't be written: "):
        write_atomically(tmp_path / "file" / "page.html", Path.touch)
    with pytest.raises(ConfigurationError, match="is a folder: name a file"):
        write_atomically(tmp_path, Path.touch)
