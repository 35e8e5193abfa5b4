"""The data source of a document becomes a history, or is refused with its path."""

from pathlib import Path
from typing import Any

import pytest

from atlas.config import parse_document
from atlas.data import BarHistory, generate_bars, history_of, load_shipped
from atlas.records.errors import AtlasError, ConfigurationError, DataError

TEXT = "date,open,high,low,close\n2020-01-01,1,2,1,2\n2020-01-02,1,2,1,2\n2020-01-03,1,2,1,2\n"


def history(**keys: Any) -> BarHistory:
    return history_of(parse_document({"strategy": "momentum", "mode": "backtest", **keys}))


def test_files_and_periods(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(TEXT)
    source = {"type": "csv", "path": str(path)}
    assert history(data_source=source).symbols == ("bars",)
    one = history(data_source=source, symbols=["AAPL"], startDate="2020-01-02", endDate="2020-01-02", currency="EUR")
    assert (one.symbols, len(one), one.instruments[0].currency) == (("AAPL",), 1, "EUR")
    assert history(data_source={"type": "folder", "path": str(tmp_path)}, symbols=["bars"]).symbols == ("bars",)
    with pytest.raises(DataError, match="no bar from 2021-01-01: they run from 2020-01-01 to 2020-01-03"):
        history(data_source=source, startDate="2021-01-01")
    with pytest.raises(DataError, match="no bars of X: there are bars"):
        history(data_source=str(path), symbols=["X", "bars"])


def test_shipped_data() -> None:
    both = history(data_source={"type": "shipped", "path": "sp500, nasdaq"}, timeframe="1d")
    assert both.fingerprint() == load_shipped(["sp500", "nasdaq"]).fingerprint()
    assert "1 USD a point" in both.note
    year = history(data_source={"type": "shipped"}, symbols=["SP500"], startDate="2008-01-01", endDate="2008-12-31")
    assert (year.symbols, len(year)) == (("SP500",), 253)
    assert "1 USD a point" in year.note


def test_generated_data() -> None:
    made = history(data_source={"type": "generated", "path": "500"}, symbols=["A", "B"], seed=3)
    assert made.fingerprint() == generate_bars(["A", "B"], 500, seed=3).fingerprint()
    later = history(data_source={"type": "generated", "path": "10"}, startDate="2024-03-01", timeframe="1d")
    assert str(later.to_frame().index[0].date()) == "2024-03-01"


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ({}, "data_source"),
        ({"data_source": {"type": "csv"}}, "data_source.path"),
        ({"data_source": {"type": "csv", "path": "a.parquet"}}, "data_source.type"),
        ({"data_source": {"type": "folder", "path": "nowhere"}}, "data_source.path"),
        ({"data_source": {"type": "shipped"}}, "data_source.path"),
        ({"data_source": {"type": "shipped", "path": "sp500"}, "timeframe": "1h"}, "timeframe"),
        ({"data_source": {"type": "generated", "path": "many"}}, "data_source.path"),
    ],
)
def test_contradictions_are_refused(keys: dict[str, Any], path: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        history(**keys)
    assert caught.value.path == path
    assert isinstance(caught.value, AtlasError)
