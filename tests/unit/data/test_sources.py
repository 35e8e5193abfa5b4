"""The data source of a document becomes a history, or is refused with its path."""

from pathlib import Path
from typing import Any

import pytest

from atlas.config import parse_document
from atlas.data import BarHistory, GeneratorSettings, generate_bars, history_of, load_shipped
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


def test_files_by_symbol_and_in_a_list(tmp_path: Path) -> None:
    lines = TEXT.splitlines(keepends=True)
    (tmp_path / "early.csv").write_text("".join(lines[:3]))
    (tmp_path / "late.csv").write_text(lines[0] + lines[3])
    (tmp_path / "BBB.csv").write_text(TEXT)
    early, late, other = (str(tmp_path / name) for name in ("early.csv", "late.csv", "BBB.csv"))
    named = history(data_source={"files": {"AAA": [early, late], "CCC": other}, "venue": "XETRA"}, timeframe="1d")
    assert (named.symbols, len(named), named.instruments[0].venue) == (("AAA", "CCC"), 6, "XETRA")
    assert history(data_source={"files": [other]}).symbols == ("BBB",)


def test_symbols_are_described(tmp_path: Path) -> None:
    (tmp_path / "SAP.csv").write_text(TEXT)
    described = {"SAP": {"currency": "EUR", "tickSize": "0.05", "assetClass": "fund", "symbol": "SAPX"}}
    (instrument,) = history(data_source=str(tmp_path / "SAP.csv"), instruments=described).instruments
    assert (instrument.symbol, instrument.currency, instrument.asset_class.name) == ("SAPX", "EUR", "FUND")
    assert (str(instrument.tick_size), instrument.lot_size) == ("0.05", 0)
    shipped = history(data_source={"type": "shipped", "path": "sp500"}, instruments={"SP500": {"lotSize": 1}})
    assert (shipped.instruments[0].lot_size, shipped.instruments[0].currency) == (1, "USD")
    with pytest.raises(
        ConfigurationError, match=r"instruments: there are no bars of 'SPA', only of SAP; did you mean 'SAP'"
    ):
        history(data_source=str(tmp_path / "SAP.csv"), instruments={"SPA": {"currency": "EUR"}})
    with pytest.raises(DataError, match="SP500: the bars are read already with price_exponent=9"):
        history(data_source={"type": "shipped", "path": "sp500"}, instruments={"SP500": {"priceExponent": 4}})


@pytest.mark.parametrize("count", ["99999999999999", "300000000", "9" * 40])
def test_no_more_bars_are_made_than_there_is_time_for(count: str) -> None:
    with pytest.raises(ConfigurationError, match=r"at most 24,621,870 of each of 1 symbol; take fewer") as caught:
        history(data_source={"type": "generated", "path": count})
    assert caught.value.path == "data_source.path"


def test_bars_made_from_python_have_the_same_bound() -> None:
    with pytest.raises(DataError, match=r"200,000 bars of 1d from 2020-01-02 on are too many: at most 63,1"):
        generate_bars("A", 200_000, settings=GeneratorSettings(timeframe="1d"))
