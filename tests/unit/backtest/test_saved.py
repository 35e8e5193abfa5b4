"""Run folders read again, comparisons, and the report shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atlas.analytics.comparison import best_of
from atlas.analytics.summary import FIGURES
from atlas.backtest.result import BacktestResult
from atlas.backtest.run import backtest
from atlas.backtest.saved import compare, load_result
from atlas.records.errors import ConfigurationError, DataError
from atlas.strategy.shipped.sma_cross import SmaCross
from tests.unit.analytics.report.pages import data_of, text_of, unpacked


@pytest.fixture(scope="module")
def result() -> BacktestResult:
    return backtest(SmaCross(), "sp500", fees=0.001, end="2004-12-31")


@pytest.fixture(scope="module")
def other() -> BacktestResult:
    return backtest(SmaCross(fast=20, slow=60), "sp500", fees=0.001, end="2003-12-31", cash=50_000)


def test_a_saved_run_is_what_it_was(result: BacktestResult, tmp_path: Path) -> None:
    saved = load_result(result.save(tmp_path / "run"))
    assert saved.summary == result.summary
    assert saved.title == result.title == "SmaCross"
    assert (saved.fingerprint, saved.verdict) == (result.fingerprint, result.verdict)
    assert saved.parameters == {"fast": 10, "slow": 30, "weight": 0.95}
    assert saved.configuration == result.configuration
    assert saved.report_path.exists()
    np.testing.assert_array_equal(saved.equity_line.times_ns, result.equity_line.times_ns)
    np.testing.assert_array_equal(saved.equity_line.equity, result.equity_line.equity)
    for name in ("fills", "orders", "trades", "equity"):
        kept, given = getattr(saved, name), getattr(result, name)
        assert list(kept.columns) == list(given.columns)
        assert len(kept) == len(given) > 0
    assert (saved.trades["entry_time"] == result.trades["entry_time"]).all()
    np.testing.assert_allclose(saved.trades["mae"], result.trades["mae"])
    assert "SmaCross in " in repr(saved)
    assert "<table" in saved._repr_html_()


def test_what_is_no_run_folder_is_refused(result: BacktestResult, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"is no run folder: summary\.json can't be read"):
        load_result(tmp_path)
    folder = result.save(tmp_path / "run")
    (folder / "trades.parquet").unlink()
    with pytest.raises(DataError, match=r"has no trades\.parquet: .*run it again"):
        _ = load_result(folder).trades
    (folder / "summary.json").write_text("{}", encoding="utf-8")
    with pytest.raises(DataError, match=r"summary\.json: missing or unknown figures"):
        load_result(folder)


def test_a_run_saved_by_an_earlier_version_is_read(result: BacktestResult, tmp_path: Path) -> None:
    folder = result.save(tmp_path / "run")
    figures = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    (folder / "summary.json").write_text(json.dumps({k: v for k, v in figures.items() if k != "omega"}), "utf-8")
    (folder / "config.yaml").unlink()
    saved = load_result(folder)
    assert (saved.summary.omega, saved.title) == (None, "run")


def test_runs_side_by_side(result: BacktestResult, other: BacktestResult, tmp_path: Path) -> None:
    saved = result.save(tmp_path / "run")
    comparison = compare(result, other, saved)
    assert comparison.labels == ["SmaCross fast=10 slow=30", "SmaCross fast=20 slow=60", "SmaCross fast=10 slow=30 #2"]
    frame = comparison.frame
    assert frame.loc["sharpe"].tolist() == [result.summary.sharpe, other.summary.sharpe, result.summary.sharpe]
    assert set(frame.index) == {key for key, _, _ in FIGURES if result.summary[key] is not None}
    text = str(comparison)
    assert "AGAINST THE BENCHMARK" in text
    assert len({len(line) for line in text.splitlines() if "  " in line}) == 1
    assert comparison._repr_html_().count("data-figure=") == len(frame)


def test_the_page_of_a_comparison_has_the_curves(result: BacktestResult, other: BacktestResult, tmp_path: Path) -> None:
    path = compare(result, other, labels=["quick", "slow <b>"]).report(tmp_path / "compared.html")
    page = path.read_text(encoding="utf-8")
    data = data_of(page)
    assert data["labels"] == ["quick", "slow <b>"]
    growth = [unpacked(data["pack"], place) for place in data["growth"]]
    assert growth[0][-1] == pytest.approx(1.0 + float(result.summary.total_return or 0.0))
    assert np.isnan(growth[1][-1])
    assert growth[1][np.isfinite(growth[1])][-1] == pytest.approx(1.0 + float(other.summary.total_return or 0.0))
    assert "slow <b>" in text_of(page)
    assert "slow <b>" not in page.replace(json.dumps("slow <b>"), "")
    assert "default-src 'none'" in page


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (1, {}, "two runs or more, not 1"),
        (2, {"labels": ["one"]}, "labels: there are 2 runs and 1 labels"),
        (3, {}, "compare takes results and run folders, not int"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    result: BacktestResult, arguments: int, options: dict[str, Any], message: str
) -> None:
    given: list[Any] = [result, result, 7][:arguments]
    with pytest.raises(ConfigurationError, match=message):
        compare(*given, **options)


@pytest.mark.parametrize(
    ("key", "values", "best"),
    [
        ("sharpe", [1.0, 2.0], 1),
        ("max_drawdown", [-0.1, -0.2], 0),
        ("annualized_volatility", [0.1, 0.2], 0),
        ("sharpe", [None, 2.0], None),
        ("sharpe", [2.0, 2.0], None),
        ("sharpe", [None, 2.0, 1.0], 1),
        ("bars", [1, 2], None),
        ("benchmark", ["a", "b"], None),
    ],
)
def test_the_best_is_marked_where_better_has_a_meaning(key: str, values: list[Any], best: int | None) -> None:
    assert best_of(key, values) == best


def test_a_plot_is_the_report_and_opens_where_there_is_no_notebook(
    result: BacktestResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    view = result.plot()
    assert len(opened) == 1
    assert opened[0].startswith("file://")
    assert opened[0].endswith("/SmaCross.html")
    assert view.html == Path(opened[0].removeprefix("file://")).read_text(encoding="utf-8")
    assert "Price and trades" in view.html
    assert "<iframe srcdoc=" in view._repr_html_()
    assert "<script" not in view._repr_html_()
    result.plot(show=False)
    assert len(opened) == 1
    monkeypatch.setattr("atlas.backtest.result.is_notebook", lambda: True)
    result.plot()
    assert len(opened) == 1


QUIET = """
import sys, atlas
result = atlas.backtest("sma_cross", "sp500", fees=0.001, end="2000-12-31")
result.report(sys.argv[1] + "/report.html")
str(atlas.compare(result, result.save(sys.argv[1] + "/run")))
print(sorted({"IPython", "matplotlib", "pandas", "webbrowser"} & set(sys.modules)))
"""


def test_a_report_and_a_comparison_import_nothing_heavy(tmp_path: Path) -> None:
    command = [sys.executable, "-c", QUIET, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3] / "src")}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "[]"


def test_a_report_is_html_or_pdf_by_its_suffix(other: BacktestResult, tmp_path: Path) -> None:
    assert other.report(tmp_path / "out.htm").read_text(encoding="utf-8").startswith("<!doctype html>")
    with pytest.raises(ConfigurationError, match=r"an \.html or a \.pdf file, not 'out\.docx'"):
        other.report(tmp_path / "out.docx")
    pytest.importorskip("matplotlib", reason="PDF reports need the extra 'report'")
    assert other.report(tmp_path / "out.PDF").read_bytes().startswith(b"%PDF-")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.PDF", "out.htm"]
