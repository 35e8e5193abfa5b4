"""Each malformed input gives one line that names file, row, column and remedy."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from atlas.data import load_bars
from atlas.records.errors import AtlasError, ConfigurationError, DataError
from atlas.records.instruments import Instrument

HEADER = "date,open,high,low,close,volume\n"
GOOD = "2020-01-01,1,2,1,2,3\n"

MALFORMED = [
    ("empty file", "", ["the file is empty", "header"]),
    ("header only", HEADER, ["header but no rows"]),
    ("no header", "2020-01-01,1,2,1,2,3,4,5\n", ["line 1 holds values", "8 columns", "date,open,high,low,close"]),
    ("missing column", "date,open,high,low\n2020-01-01,1,2,1\n", ["no column 'close'", "date, open, high, low"]),
    ("missing time", "day,open,high,low,close\n2020-01-01,1,2,1,2\n", ["no column of times (timestamp, date, time)"]),
    (
        "names of their own",
        "Day;First;Top;Bottom;Last;Shares;Note\n01.01.2020;1,5;2,5;1,0;2,0;3;x\n",
        [
            "no columns of times, open, high, low among Day, First",
            "columns={'time': ..., 'open': ..., 'high': ..., 'low'",
        ],
    ),
    ("Excel's days", HEADER + "43831,1,2,1,2,3\n43832,1,2,1,2,3\n", ["2020-01-01 as Excel counts days"]),
    ("near miss", "date,open,hihg,low,close\n2020-01-01,1,2,1,2\n", ["no column 'high'", "columns={'high': 'hihg'}"]),
    ("column twice", "date,open,high,low,close,Close\n2020-01-01,1,2,1,2,2\n", ["'Close' stands twice"]),
    ("odd clock", "date,time,open,high,low,close\n2020-01-01,25:00,1,2,1,2\n", ["'time'", "no time '25:00'"]),
    ("unsorted", HEADER + "2020-01-02,1,2,1,2,3\n" + GOOD, ["row 2 (line 3)", "'date'", "oldest first"]),
    ("duplicate", HEADER + GOOD + GOOD, ["row 2 (line 3)", "stands twice (first in row 1)", "remove the duplicate"]),
    ("empty price", HEADER + "2020-01-01,1,2,1,,3\n", ["row 1 (line 2)", "'close'", "empty (NaN)", "fill in"]),
    ("NaN", HEADER + "2020-01-01,1,nan,1,2,3\n", ["'high'", "'nan' is no finite number"]),
    ("infinite", HEADER + "2020-01-01,1,inf,1,2,3\n", ["'high'", "'inf' is no finite number"]),
    ("text price", HEADER + "2020-01-01,1,2,abc,2,3\n", ["'low'", "'abc' is no finite number"]),
    ("high below low", HEADER + "2020-01-01,1,1,3,1,3\n", ["low 3.0 is above high 1.0", "correct the row"]),
    ("open above", HEADER + "2020-01-01,5,2,1,2,3\n", ["'open'", "open 5.0 is above high 2.0"]),
    ("close below", HEADER + "2020-01-01,1,2,1,0.5,3\n", ["'close'", "close 0.5 is below low 1.0"]),
    ("negative volume", HEADER + "2020-01-01,1,2,1,2,-3\n", ["'volume'", "-3.0 is negative"]),
    ("gap in volume", HEADER + GOOD + "2020-01-02,1,2,1,2,\n", ["row 2", "'volume'", "write 0"]),
    ("impossible date", HEADER + GOOD + "2020-02-30,1,2,1,2,3\n", ["row 2 (line 3)", "no time '2020-02-30'"]),
    ("year 9999", HEADER + "9999-01-01,1,2,1,2,3\n", ["row 1", "no time '9999-01-01' (of 1678 to 2261)"]),
    ("American date", HEADER + "1/4/1999,1,2,1,2,3\n", ["'1/4/1999' may be", "dates='day-first'"]),
    ("two forms", HEADER + GOOD + "2020-01-02 10:00,1,2,1,2,3\n", ["row 2", "otherwise than row 1 ('2020-01-01')"]),
    ("two epochs", HEADER + "1577836800000,1,2,1,2,3\n1577836860,1,2,1,2,3\n", ["row 2", "'1577836860' is written"]),
    ("empty time", HEADER + GOOD + ",1,2,1,2,3\n", ["row 2", "'date'", "fill in the time"]),
    ("too dear", HEADER + "2020-01-01,1,1e10,1,2,3\n", ["'high'", "beyond 9.22e+09", "price_exponent=8"]),
    ("too much", HEADER + "2020-01-01,1,2,1,2,1e12\n", ["'volume'", "beyond 9.22e+10", "quantity_exponent=6"]),
    ("short line", HEADER + "2020-01-01,1,2,1,2\n", ["row 1 (line 2) has 5 columns", "header has 6"]),
    ("long line", HEADER + "2020-01-01,1,2,1,2,3,4\n", ["row 1 (line 2) has 7 columns"]),
    ("open quote", HEADER + '"2020-01-01,1,2,1,2,3\n', ["can't be read", "a quote is opened and never closed"]),
    (
        "no symbol",
        "date,symbol,open,high,low,close\n2020-01-01,A,1,2,1,2\n2020-01-02,,1,2,1,2\n",
        ["row 2", "no symbol"],
    ),
    ("one bar", HEADER + "2020-01-01 10:00,1,2,1,2,3\n", ["how long", "timeframe="]),
    ("months", HEADER + "2020-01-31,1,2,1,2,3\n2020-02-29,1,2,1,2,3\n", ["month", "timeframe="]),
    ("colon", "date,symbol,open,high,low,close\n2020-01-01,A:B,1,2,1,2\n", ["'A:B'", "colon"]),
]


@pytest.mark.parametrize(("text", "words"), [case[1:] for case in MALFORMED], ids=[case[0] for case in MALFORMED])
def test_malformed_csv_is_refused_in_one_line(tmp_path: Path, text: str, words: list[str]) -> None:
    path = tmp_path / "AAPL.csv"
    path.write_text(text)
    with pytest.raises(DataError) as caught:
        load_bars(path)
    message = str(caught.value)
    assert message.startswith("AAPL.csv: ") or "colon" in message
    assert "\n" not in message
    for word in words:
        assert word in message


def test_first_of_several_rows_is_named(tmp_path: Path) -> None:
    path = tmp_path / "A.csv"
    path.write_text(HEADER + GOOD + "2020-01-02,1,2,1,2,-1\n2020-01-03,1,,1,2,3\n")
    with pytest.raises(DataError, match=r"row 2 \(line 3\), column 'volume'"):
        load_bars(path)


def test_symbols_of_a_long_file_are_sorted_each_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text(
        "date,symbol,open,high,low,close\n2020-01-01,B,1,2,1,2\n2020-01-02,B,1,2,1,2\n2020-01-01,A,1,2,1,2\n"
        "2020-01-01,A,1,2,1,2\n"
    )
    with pytest.raises(DataError, match=r"row 4 \(line 5\).*stands twice of A \(first in row 3\)"):
        load_bars(path)


def test_text_far_below_the_sample_is_found(tmp_path: Path) -> None:
    path = tmp_path / "A.csv"
    lines = [f"{1_577_836_800 + 60 * at},1,2,1,2,3,7" for at in range(30_000)]
    lines[25_000] = lines[25_000].replace(",3,7", ",3,NULL")
    path.write_text("date,open,high,low,close,volume,trades\n" + "\n".join(lines) + "\n")
    history = load_bars(path)
    assert len(history) == 30_000
    assert np.isnan(history.extras["trades"][25_000])
    assert np.nansum(history.extras["trades"]) == 7 * 29_999
    lines[25_000] = lines[25_000].replace(",1,2,1,2,", ",1,2,1,NULL,")
    path.write_text("date,open,high,low,close,volume,trades\n" + "\n".join(lines) + "\n")
    with pytest.raises(DataError, match=r"row 25001 \(line 25002\), column 'close': 'NULL' is no finite number"):
        load_bars(path)


def test_missing_unknown_and_empty_sources(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        load_bars(tmp_path / "none.csv")
    (tmp_path / "a.xlsx").write_text("x")
    with pytest.raises(DataError, match="unknown kind of file"):
        load_bars(tmp_path / "a.xlsx")
    with pytest.raises(DataError, match=r"no \.csv or \.parquet"):
        load_bars(tmp_path)
    with pytest.raises(DataError, match="can't read bars from int"):
        load_bars(3)
    with pytest.raises(DataError, match="mapping is empty"):
        load_bars({})
    (tmp_path / "b.parquet").write_bytes(b"not parquet at all")
    with pytest.raises(DataError, match="b.parquet"):
        load_bars(tmp_path / "b.parquet")


def test_frames_are_checked_alike() -> None:
    times = pd.date_range("2020-01-01", periods=2, freq="D")
    frame = pd.DataFrame(
        {"open": [1.0, 1.0], "high": [2.0, np.nan], "low": [1.0, 1.0], "close": [1.0, 1.0]}, index=times
    )
    with pytest.raises(DataError, match=r"^A: row 2, column 'high': the cell is empty"):
        load_bars({"A": frame})
    with pytest.raises(DataError, match=r"^the frame: row 2"):
        load_bars(frame)
    with pytest.raises(DataError, match="the frame is empty"):
        load_bars(frame.iloc[:0])
    wide = pd.concat({"A": frame, "B": frame}, axis=1)
    with pytest.raises(DataError, match="A: row 2, column 'high': the cell is empty"):
        load_bars(wide)
    with pytest.raises(DataError, match="2 levels"):
        load_bars(pd.concat({"open": frame, "close": frame}, axis=1))
    with pytest.raises(DataError, match="stands twice"):
        load_bars(pd.concat([frame, frame], axis=1))


def test_other_malformed_sources(tmp_path: Path) -> None:
    path = tmp_path / "A.csv"
    path.write_bytes(b"date,open,high,low,close\n2020-01-01,\xff\xfe,2,1,2\n")
    with pytest.raises(DataError, match="not in UTF-8"):
        load_bars(path)
    with pytest.raises(DataError, match="can't read bars from Series"):
        load_bars(pd.Series([1.0]))
    with pytest.raises(DataError, match="differ in length"):
        load_bars({"date": ["2020-01-01", "2020-01-02"], "open": [1.0], "high": [1.0], "low": [1.0], "close": [1.0]})


def test_arguments_are_checked(tmp_path: Path) -> None:
    path = tmp_path / "A.csv"
    path.write_text(HEADER + "2020-01-01 10:00,1,2,1,2,3\n2020-01-01 10:01,1,2,1,2,3\n")
    with pytest.raises(DataError, match="the bars are 1m apart, less than timeframe='1h'"):
        load_bars(path, timeframe="1h")
    with pytest.raises(AtlasError, match="calendar month"):
        load_bars(path, timeframe="1M")
    with pytest.raises(DataError, match="no bars of C: there are A"):
        load_bars(path, symbols=["A", "C"])
    with pytest.raises(DataError, match="say 'start' or 'end'"):
        load_bars(path, timestamps="middle")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="comes twice"):
        load_bars({"A": path, "B": path}, instruments={"B": Instrument("A")})


ODD = "Quote Day,open,high,low,close,Turnover Shares\n2020-01-01,1,2,1,2,3\n2020-01-02,1,2,1,2,3\n"


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"Quote Day": "time"}, "columns= goes from the standard name to the header: {'time': 'Quote Day'}"),
        ({"time": "Quote Day", "volume": "Turnover"}, "did you mean 'Turnover Shares'?"),
        ({"tiem": "Quote Day"}, "columns= has no 'tiem'; did you mean 'time'?"),
    ],
)
def test_columns_that_miss_are_told_which_was_meant(tmp_path: Path, columns: dict[str, str], words: str) -> None:
    (tmp_path / "odd.csv").write_text(ODD, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load_bars(tmp_path / "odd.csv", columns=columns)
    assert words in str(caught.value)


def test_an_address_and_an_empty_path_are_no_files() -> None:
    with pytest.raises(DataError, match="it is an address, not a file: download it first"):
        load_bars("https://example.com/prices.csv")
    with pytest.raises(DataError, match="the path of the data is empty"):
        load_bars("")


def test_dates_are_bars_of_a_day_at_least(tmp_path: Path) -> None:
    (tmp_path / "A.csv").write_text(HEADER + GOOD + "2020-01-02,1,2,1,2,3\n", encoding="utf-8")
    with pytest.raises(DataError, match="its times are dates, without a time of day, and timeframe='1m'"):
        load_bars(tmp_path / "A.csv", timeframe="1m")


def test_a_period_without_bars_is_told_with_that_of_the_data(tmp_path: Path) -> None:
    (tmp_path / "A.csv").write_text(HEADER + GOOD + "2020-01-02,1,2,1,2,3\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"has no bar from 2030-01-01: they run from 2020-01-01 to 2020-01-02$"):
        load_bars(tmp_path / "A.csv").within(1_893_456_000_000_000_000, None)


@pytest.mark.parametrize(
    ("instruments", "words"),
    [
        ({"A": {"lot_size": 1}}, "instruments: give Instrument('A', lot_size=1) or the like, not a dict"),
        ({"AAPLE": Instrument("AAPLE")}, "there are no bars of 'AAPLE', only of AAPL; did you mean 'AAPL'?"),
        ({"MSFT": Instrument("MSFT")}, "there are no bars of 'MSFT', only of AAPL"),
    ],
)
def test_a_description_that_describes_nothing_is_refused(tmp_path: Path, instruments: Any, words: str) -> None:
    (tmp_path / "AAPL.csv").write_text(HEADER + GOOD, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_bars(tmp_path / "AAPL.csv", instruments=instruments)
    assert words in str(caught.value)


def test_a_catalogue_may_describe_more_than_the_data_has(tmp_path: Path) -> None:
    (tmp_path / "AAPL.csv").write_text(HEADER + GOOD, encoding="utf-8")
    catalogue = [Instrument("AAPL", lot_size=1), Instrument("MSFT")]
    assert load_bars(tmp_path / "AAPL.csv", instruments=catalogue).instruments == (catalogue[0],)
