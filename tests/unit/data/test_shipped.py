"""The data that comes with Atlas."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import atlas
from atlas.data import load_bars, load_shipped, shipped_data
from atlas.data.shipped import convert
from atlas.records.enums import AssetClass
from atlas.records.errors import DataError


def test_each_set_has_the_span_it_states() -> None:
    assert [data.name for data in shipped_data()] == ["sp500", "nasdaq"]
    for data in shipped_data():
        history = load_shipped(data.name)
        assert len(history) == 5031
        assert history.instruments == (data.instrument,)
        assert data.instrument.asset_class == AssetClass.INDEX
        frame = history.to_frame()
        assert str(frame.index[0].date()) == data.first_date == "1999-01-04"
        assert str(frame.index[-1].date()) == data.last_date == "2018-12-31"
        assert "traded as units of 1 USD a point" in history.note
        assert data.path.stat().st_size < 120_000


def test_known_closes() -> None:
    # First and last close of the source files, rounded to the hundredth.
    closes = {"sp500": (1228.10, 2506.85), "nasdaq": (2208.05, 6635.28)}
    for name, (first, last) in closes.items():
        frame = load_shipped(name).to_frame()
        assert (frame["close"].iloc[0], frame["close"].iloc[-1]) == (first, last)


def test_both_in_one_history() -> None:
    history = load_shipped(["sp500", "nasdaq"])
    assert history.symbols == ("NASDAQ", "SP500")
    assert len(history) == 2 * 5031
    assert "SP500" in history.note
    assert "NASDAQ" in history.note


def test_unknown_name_has_a_hint() -> None:
    with pytest.raises(DataError, match="did you mean 'nasdaq'"):
        load_shipped("nasdak")
    with pytest.raises(DataError, match="there are sp500, nasdaq"):
        load_shipped("xyz")


def test_licence_and_provenance_are_there() -> None:
    folder = shipped_data()[0].path.parent
    assert "Kevin Sheppard" in (folder / "LICENSE.arch.md").read_text()
    provenance = (folder / "PROVENANCE.md").read_text()
    assert all(data.path.name in provenance for data in shipped_data())


@pytest.mark.skipif(find_spec("arch") is None, reason="the package arch is not installed")
def test_conversion_gives_the_committed_values(tmp_path: Path) -> None:
    for data in shipped_data():
        target = tmp_path / data.path.name
        assert convert.convert(data.name, target) == 5031
        made, shipped = load_bars(target), load_bars(data.path)
        assert made.records.tobytes() == shipped.records.tobytes()


def test_days_without_volume_are_as_published() -> None:
    # The source states 0 for two days of the NASDAQ; they are kept, and the provenance says so.
    frame = load_shipped("nasdaq").to_frame()
    assert [str(day.date()) for day in frame.index[frame["volume"] == 0]] == ["2015-05-12", "2018-01-09"]
    assert np.all(load_shipped("sp500").records["volume_units"] > 0)


def test_a_misspelt_name_of_shipped_data_is_told() -> None:
    with pytest.raises(DataError, match="^sp50: no such file; did you mean 'sp500'?"):
        atlas.load("sp50")
