"""What a report says about its data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

import atlas


def test_odd_data_is_told_in_the_report(tmp_path: Path) -> None:
    days = pd.date_range("2024-01-01", periods=200, tz="UTC").delete(slice(60, 100))
    closes = 100.0 + np.arange(len(days)) % 5
    bars = pd.DataFrame({"time": days, **dict.fromkeys(("open", "high", "low", "close"), closes), "volume": 1e6})
    result = atlas.backtest("sma_cross", bars)
    warnings = [remark.text for remark in result.remarks if remark.severity == "warning"]
    assert warnings == [each.message for each in result.history.quality]
    assert any("40" in text for text in warnings)
    page = result.report(tmp_path / "report.html").read_text(encoding="utf-8")
    assert warnings[0] in page


def test_the_closed_week_of_september_2001_is_the_only_gap_of_the_shipped_data() -> None:
    result = atlas.backtest("sma_cross", "sp500", end="2003-12-31")
    (warning,) = [remark.text for remark in result.remarks if remark.severity == "warning"]
    assert warning.startswith("SP500: 1 gap longer than usual, the longest of 6.0 days after 2001-09-10")
