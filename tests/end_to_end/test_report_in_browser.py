"""The report in a real browser: its script runs to its end, without errors, and the charts are drawn."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from atlas.backtest.result import BacktestResult
from atlas.backtest.run import backtest, plan_run
from atlas.backtest.saved import compare
from atlas.strategy.shipped.sma_cross import SmaCross
from tests.unit.backtest.samples import BuyOnce, Counts, Fails, market, steps

BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
NEEDS_BROWSER = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium or Chrome on this machine")
SECONDS = 120


def shown(page: Path, folder: Path, width: int, *options: str) -> str:
    """The document after its scripts have run; what they complain about goes into its log."""
    command = [
        str(BROWSER),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={folder / 'profile'}",
        f"--window-size={width},900",
        "--enable-logging=stderr",
        "--virtual-time-budget=20000",
        *options,
        "--dump-dom",
        page.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True)
    complaints = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert complaints == []
    return done.stdout


@NEEDS_BROWSER
@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1440])
def test_the_report_draws_itself(tmp_path: Path, width: int) -> None:
    result = backtest(SmaCross(), "sp500", fees=0.001)
    document = shown(result.report(tmp_path / "report.html"), tmp_path, width)
    assert re.search(r'<html[^>]*class="[^"]*ready', document)
    for chart in ("equity", "drawdown", "rolling", "exposure", "price", "scatter"):
        assert re.search(rf'id="{chart}-chart".*?<canvas', document, re.DOTALL), chart
    rows = re.findall(r'<tr aria-rowindex="\d+"', document)
    # Only what is in sight exists, whatever the number of trades.
    assert 10 < len(rows) < 60
    assert f"{result.summary.total_trades} of {result.summary.total_trades}" in document
    assert "fast SMA(10)" in document
    assert "One candle joins" in document


@NEEDS_BROWSER
@pytest.mark.slow
def test_a_comparison_draws_itself(tmp_path: Path) -> None:
    runs = [backtest(SmaCross(fast=fast), "sp500", end="2004-12-31") for fast in (5, 10)]
    document = shown(compare(*runs).report(tmp_path / "compared.html"), tmp_path, 1200)
    assert re.search(r'<html[^>]*class="[^"]*ready', document)
    assert document.count("<canvas") == 2


def acting(page: Path, actions: str) -> Path:
    """The page with a script that acts once all is drawn; the page's policy is told its new hash."""
    text = page.read_text(encoding="utf-8")
    script = text.rpartition("<script>")[2].partition("</script>")[0]
    waiting = (
        "const acts = setInterval(() => { if (!document.documentElement.classList.contains('ready')) return; "
        f"clearInterval(acts); {actions} }}, 20);"
    )
    for old, new in ((hashed(script), hashed(script + waiting)), (script, script + waiting)):
        assert text.count(old) == 1
        text = text.replace(old, new)
    page.write_text(text, encoding="utf-8")
    return page


def hashed(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def symbols_in(document: str) -> list[str]:
    body = document.partition('<section id="symbols">')[2].partition("<tbody>")[2].partition("</tbody>")[0]
    return re.findall(r'<th scope="row">(?:<button class="link">)?(S\d\d)', body)


def many() -> BacktestResult:
    names = [f"S{number:02}" for number in range(40)]
    return backtest([SmaCross(fast=2, slow=5, weight=0.01), Counts()], market(*names, bars=40), fees=0.001)


@NEEDS_BROWSER
@pytest.mark.slow
def test_tables_of_who_earned_what_fold_sort_and_unfold(tmp_path: Path) -> None:
    result = many()
    page = result.report(tmp_path / "report.html")
    document = shown(page, tmp_path, 1200)
    by_profit = result.by_symbol.sort_values("profit", ascending=False)["symbol"].tolist()
    assert symbols_in(document) == [*by_profit[:10], *by_profit[-10:]]
    assert "20 more between them" in document
    sort = "document.querySelector('#symbols thead button.sort').click();"
    unfold = "document.querySelector('#symbols tr.gap button').click();"
    document = shown(acting(page, sort + unfold), tmp_path, 1200)
    assert symbols_in(document) == sorted(by_profit)
    assert re.search(r'aria-sort="ascending"><button class="sort">Symbol', document)


@NEEDS_BROWSER
@pytest.mark.slow
def test_the_log_is_filtered(tmp_path: Path) -> None:
    page = backtest(Counts(), steps(100.0, 101.0, 102.0)).report(tmp_path / "report.html")
    assert "bar 1 closes" in shown(page, tmp_path, 900)
    typed = "const box = byId('log-filter'); box.value = 'AT 101.00'; box.dispatchEvent(new Event('input'));"
    document = shown(acting(page, typed), tmp_path, 900)
    log = document.partition('id="log-lines"')[2].partition("</pre>")[0]
    assert "bar 2 closes" in log
    assert "bar 1 closes" not in log
    assert "1 of 3 shown" in document


RUNS: dict[str, Callable[[], BacktestResult]] = {
    "many strategies and symbols": many,
    "no trade": lambda: backtest(SmaCross(fast=5, slow=5_000), "sp500", end="1999-12-31"),
    "one bar": lambda: backtest(SmaCross(), "sp500", start="2003-01-02", end="2003-01-02"),
    "failed": lambda: plan_run(Fails(), market(bars=20), on_error="stop").run(),
    "no benchmark": lambda: backtest(BuyOnce(), steps(100.0, 101.0, 99.0), benchmark=False),
    # Days without a position vary by nothing: the rolling ratio has gaps.
    "gaps": lambda: backtest(SmaCross(fast=50, slow=400), "sp500", end="2004-12-31"),
}


@NEEDS_BROWSER
@pytest.mark.slow
@pytest.mark.parametrize("name", RUNS)
def test_every_kind_of_run_draws_itself_without_complaint(name: str, tmp_path: Path) -> None:
    document = shown(RUNS[name]().report(tmp_path / "report.html"), tmp_path, 700)
    assert re.search(r'<html[^>]*class="[^"]*ready', document)
    assert re.search(r'id="equity-chart".*?<canvas', document, re.DOTALL)


@NEEDS_BROWSER
@pytest.mark.slow
@pytest.mark.parametrize("name", ["many strategies and symbols", "no benchmark"])
def test_nothing_is_wider_than_a_phone(name: str, tmp_path: Path) -> None:
    RUNS[name]().report(tmp_path / "report.html")
    # The window of a headless browser has a least width: the page itself is laid out in a phone's.
    frame = tmp_path / "frame.html"
    frame.write_text(
        "<!doctype html><iframe id='phone' width='390' height='800' src='report.html'></iframe><script>"
        "const phone = document.getElementById('phone'); setInterval(() => { try { "
        "const root = phone.contentDocument.documentElement; if (root.classList.contains('ready')) "
        "document.body.dataset.beyond = root.scrollWidth - root.clientWidth; } catch {} }, 200);</script>",
        encoding="utf-8",
    )
    document = shown(frame, tmp_path, 800, "--allow-file-access-from-files")
    assert 'data-beyond="0"' in document
