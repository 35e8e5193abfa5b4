"""The report in a real browser: its script runs to its end, without errors, and the charts are drawn."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from atlas.backtest.run import backtest
from atlas.backtest.saved import compare
from atlas.strategy.shipped.sma_cross import SmaCross

BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
NEEDS_BROWSER = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium or Chrome on this machine")
SECONDS = 120


def shown(page: Path, folder: Path, width: int) -> str:
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
