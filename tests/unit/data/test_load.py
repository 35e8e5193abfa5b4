"""Every source gives the same history of the same bars."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from atlas.data import FIRST_INSTRUMENT, BarHistory, load_bars
from atlas.records.enums import NULL
from atlas.records.errors import DataError
from atlas.records.instruments import Instrument
from atlas.records.kinds import Kind

DAY_NS = 86_400_000_000_000
FIRST_NS = 1_577_836_800_000_000_000  # 2020-01-01
TEXT = (
    "date,open,high,low,close,volume\n2020-01-01,100.5,101.25,99.75,101,1000\n2020-01-02,101,102,100.1,100.2,2000\n"
    "2020-01-03,100.2,100.2,99,99.999999999,0\n"
)


@pytest.fixture
def daily(tmp_path: Path) -> Path:
    path = tmp_path / "AAPL.csv"
    path.write_text(TEXT)
    return path


def frame() -> pd.DataFrame:
    index = pd.DatetimeIndex(["2020-01-01", "2020-01-02", "2020-01-03"], name="date")
    return pd.DataFrame(
        {
            "open": [100.5, 101.0, 100.2],
            "high": [101.25, 102.0, 100.2],
            "low": [99.75, 100.1, 99.0],
            "close": [101.0, 100.2, 99.999999999],
            "volume": [1000, 2000, 0],
        },
        index=index,
    )


def test_daily_csv_by_hand(daily: Path) -> None:
    history = load_bars(daily)
    records = history.records
    assert history.symbols == ("AAPL",)
    assert [specification.time_frame for specification in history.specifications] == ["1d"]
    assert records["venue_time_ns"].tolist() == [FIRST_NS + DAY_NS * day for day in (1, 2, 3)]
    assert records["local_time_ns"].tolist() == records["venue_time_ns"].tolist()
    assert records["open_units"].tolist() == [100_500_000_000, 101_000_000_000, 100_200_000_000]
    assert records["close_units"].tolist() == [101_000_000_000, 100_200_000_000, 99_999_999_999]
    assert records["volume_units"].tolist() == [100_000_000_000, 200_000_000_000, 0]
    assert set(records["instrument"].tolist()) == {FIRST_INSTRUMENT}
    assert set(records["kind"].tolist()) == {Kind.BAR}
    assert not records["side"].any()
    assert not records["flags"].any()


def test_memory_is_aligned_and_read_only(daily: Path) -> None:
    records = load_bars(daily).records
    assert records.ctypes.data % 64 == 0
    assert records.flags.c_contiguous
    with pytest.raises(ValueError, match="read-only"):
        records["open_units"][0] = 1


def sources(folder: Path, daily: Path) -> list[tuple[str, Any]]:
    pandas_frame = frame()
    long_form = pandas_frame.reset_index().assign(symbol="AAPL")
    with gzip.open(folder / "AAPL.csv.gz", "wt") as file:
        file.write(TEXT)
    (folder / "tab").mkdir()
    (folder / "tab" / "AAPL.tsv").write_text(TEXT.replace(",", "\t").replace("date", " Date "))
    (folder / "semicolon").mkdir()
    (folder / "semicolon" / "AAPL.csv").write_text(TEXT.replace(",", ";").replace(".", ",").upper())
    pandas_frame.reset_index().to_parquet(folder / "AAPL.parquet")
    long_form.to_parquet(folder / "long.parquet")
    return [
        ("csv", str(daily)),
        ("gzip", folder / "AAPL.csv.gz"),
        ("tab", folder / "tab" / "AAPL.tsv"),
        ("semicolon", folder / "semicolon"),
        ("parquet", folder / "AAPL.parquet"),
        ("long parquet", folder / "long.parquet"),
        ("pandas", {"AAPL": pandas_frame}),
        ("pandas long", long_form),
        ("pandas two levels", long_form.set_index(["symbol", "date"])),
        ("pandas text", {"AAPL": pandas_frame.assign(date=["2020-01-01", "2020-01-02", "2020-01-03"])}),
        ("pandas zone", {"AAPL": pandas_frame.tz_localize("UTC")}),
        ("polars", {"AAPL": pl.from_pandas(pandas_frame.reset_index())}),
        ("polars long", pl.from_pandas(long_form).lazy()),
        ("pyarrow", {"AAPL": pa.Table.from_pandas(pandas_frame.reset_index())}),
        ("arrays", {"AAPL": {name: long_form[name].to_numpy() for name in long_form if name != "symbol"}}),
        ("mapping of files", {"AAPL": daily}),
    ]


def test_all_sources_agree(tmp_path: Path, daily: Path) -> None:
    expected = load_bars(daily)
    for name, source in sources(tmp_path, daily):
        history = load_bars(source)
        assert history.symbols == ("AAPL",), name
        assert history.records.tobytes() == expected.records.tobytes(), name
        assert history.fingerprint() == expected.fingerprint(), name


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2020-01-01T00:00:00Z", "2020-01-01T00:01:00Z"),
        ("2020-01-01 00:00", "2020-01-01 00:01"),
        ("2019-12-31T19:00:00-05:00", "2019-12-31T19:01:00-05:00"),
        ("2020-01-01 05:30:00+05:30", "2020-01-01 05:31:00+05:30"),
        ("2020-01-01 00:00:00.000", "2020-01-01 00:01:00.000"),
        ("1577836800", "1577836860"),
        ("1577836800.0", "1577836860.0"),
        ("1577836800000", "1577836860000"),
        ("1577836800000000", "1577836860000000"),
        ("1577836800000000000", "1577836860000000000"),
    ],
)
def test_forms_of_time(tmp_path: Path, first: str, second: str) -> None:
    path = tmp_path / "A.csv"
    path.write_text(f"timestamp,open,high,low,close\n{first},1,2,1,2\n{second},1,2,1,2\n")
    from_file = load_bars(path)
    columns = {"timestamp": [first, second], "open": [1, 1], "high": [2, 2], "low": [1, 1], "close": [2, 2]}
    from_frame = load_bars(pd.DataFrame(columns), symbol="A")
    for history in (from_file, from_frame):
        assert history.bar_starts().tolist() == [FIRST_NS, FIRST_NS + 60_000_000_000]
        assert history.specifications[0].time_frame == "1m"
        assert history.records["volume_units"].tolist() == [NULL, NULL]


@pytest.mark.parametrize("text", ["20200101,{}\n20200102,{}\n", "2020/01/01,{}\n2020/01/02,{}\n"])
def test_other_dates(tmp_path: Path, text: str) -> None:
    path = tmp_path / "A.csv"
    path.write_text("DATE,OPEN,HIGH,LOW,CLOSE\n" + text.format("1,2,1,2", "1,2,1,2"))
    assert load_bars(path).bar_starts().tolist() == [FIRST_NS, FIRST_NS + DAY_NS]


def test_timestamps_at_the_end(tmp_path: Path, daily: Path) -> None:
    path = tmp_path / "A.csv"
    path.write_text("time,open,high,low,close\n2020-01-01 00:05,1,2,1,2\n2020-01-01 00:10,1,2,1,2\n")
    assert load_bars(path, timestamps="end").bar_starts().tolist() == [FIRST_NS, FIRST_NS + 300_000_000_000]
    # A date names its day, whichever end of a bar the other times of the source are.
    assert load_bars(daily, timestamps="end").records.tobytes() == load_bars(daily).records.tobytes()
    assert load_bars({"AAPL": frame()}, timestamps="end").fingerprint() == load_bars(daily).fingerprint()


def test_timeframe_is_the_most_common_distance(tmp_path: Path) -> None:
    path = tmp_path / "A.csv"
    minutes = [0, 5, 6, 7, 8, 20, 21]
    rows = "".join(f"2020-01-01 00:{minute:02d},1,2,1,2\n" for minute in minutes)
    path.write_text("time,open,high,low,close\n" + rows)
    assert load_bars(path).specifications[0].time_frame == "1m"
    assert load_bars(path, timeframe="30s").specifications[0].time_frame == "30s"


def test_merge_is_ordered_by_time_then_venue_and_symbol() -> None:
    one, other = frame(), frame().iloc[1:]
    instruments = {"B": Instrument("B", venue="AAA"), "A": Instrument("A", venue="ZZZ")}
    history = load_bars({"A": one, "B": other}, instruments=instruments)
    assert [instrument.name for instrument in history.instruments] == ["AAA:B", "ZZZ:A"]
    assert history.records["instrument"].tolist() == [2, 1, 2, 1, 2]
    assert history.records["venue_time_ns"].tolist() == [FIRST_NS + DAY_NS * day for day in (1, 2, 2, 3, 3)]
    assert history.bars("A").tobytes() != history.bars("B").tobytes()
    assert history.rows("B").tolist() == [1, 3]
    turned = load_bars({"B": other, "A": one}, instruments=instruments)
    assert turned.fingerprint() == history.fingerprint()


def test_extra_columns_follow_their_bars(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text(
        "date,symbol,open,high,low,close,Adj Close,note\n2020-01-01,B,1,2,1,2,10,x\n2020-01-02,B,1,2,1,2,,y\n"
        "2020-01-01,A,1,2,1,2,30,z\n"
    )
    history = load_bars(path)
    assert history.symbols == ("A", "B")
    assert list(history.extras) == ["Adj Close"]
    assert history.extras["Adj Close"][:2].tolist() == [30.0, 10.0]
    assert np.isnan(history.extras["Adj Close"][2])
    assert history.to_frame("A")["Adj Close"].tolist() == [30.0]


def test_select_and_between_keep_layout() -> None:
    history = load_bars({"A": frame(), "B": frame().iloc[1:], "C": frame()})
    kept = history.select(["C", "A"])
    assert kept.symbols == ("A", "C")
    assert kept.fingerprint() == load_bars({"A": frame(), "C": frame()}).fingerprint()
    assert kept.fingerprint() == load_bars({"A": frame(), "B": frame(), "C": frame()}, symbols=["A", "C"]).fingerprint()
    middle = history.between(FIRST_NS + DAY_NS, FIRST_NS + 2 * DAY_NS)
    assert set(middle.records["venue_time_ns"].tolist()) == {FIRST_NS + 2 * DAY_NS}
    assert len(middle) == 3
    assert middle.records.ctypes.data % 64 == 0
    assert history.between(None, None) is history
    assert (history.start_ns, history.end_ns) == (FIRST_NS, FIRST_NS + 3 * DAY_NS)


def test_to_frame_gives_back_what_was_read() -> None:
    history = load_bars({"A": frame()})
    back = history.to_frame()
    expected = frame().tz_localize("UTC")
    expected.index = expected.index.as_unit("ns")
    pd.testing.assert_frame_equal(back, expected, check_names=False, check_dtype=False, check_freq=False)
    assert load_bars({"A": back}).fingerprint() == history.fingerprint()


def test_unknown_and_ambiguous_symbols_are_refused() -> None:
    history = load_bars({"A": frame()})
    with pytest.raises(DataError, match="no bars of 'B': there are A"):
        history.rows("B")
    two = BarHistory((Instrument("A", venue="X"), Instrument("A", venue="Y")), history.specifications, history.records)
    with pytest.raises(DataError, match="listed at X, Y: write VENUE:SYMBOL"):
        two.number_of("A")
    assert two.number_of("Y:A") == 2


def test_fingerprint_sees_every_part() -> None:
    base = load_bars({"A": frame()})
    changed = frame()
    changed.loc[changed.index[0], "volume"] = 1001
    others = [
        load_bars({"A": changed}),
        load_bars({"B": frame()}),
        load_bars({"A": frame()}, currency="EUR"),
        load_bars({"A": frame()}, timeframe="1h"),
        load_bars({"A": frame().assign(extra=1.0)}),
    ]
    prints = {base.fingerprint(), *(other.fingerprint() for other in others)}
    assert len(prints) == 6
    assert all(len(text) == 32 for text in prints)


def test_negative_and_off_tick_prices_are_legal() -> None:
    spread = frame().assign(open=-1.123456789, high=-0.5, low=-2.0, close=-1.0)
    history = load_bars({"A": spread}, instruments=[Instrument("A", tick_size="0.01")])
    assert history.records["open_units"].tolist() == [-1_123_456_789] * 3


def test_single_precision_means_the_decimals_it_prints(tmp_path: Path) -> None:
    single = frame().astype("float32").assign(volume=[np.float32(0.1), np.float32(1e6), np.float32(16_777_216)])
    single.reset_index().to_parquet(tmp_path / "A.parquet")
    for history in (load_bars({"A": single}), load_bars(tmp_path / "A.parquet")):
        assert history.records["high_units"].tolist() == [101_250_000_000, 102_000_000_000, 100_200_000_000]
        assert history.records["low_units"].tolist() == [99_750_000_000, 100_100_000_000, 99_000_000_000]
        assert history.records["volume_units"].tolist() == [10_000_000, 10**14, 1_677_721_600_000_000]
