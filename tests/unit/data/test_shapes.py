"""The shapes in which people have bars: all of them give the same history."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from atlas.data import BarHistory, load_bars
from atlas.kernel.memory.compilation import PLAIN
from atlas.records.errors import ConfigurationError, DataError

DAYS = ["2024-01-30", "2024-01-31", "2024-02-01"]
PRICES = [("100.5", "101.25", "99.75", "101", "1000"), ("101", "102", "100.1", "100.2", "2000")]
PRICES = [*PRICES, ("100.2", "100.2", "99", "99.5", "0")]
NAMES = ("Date", "Open", "High", "Low", "Close", "Volume")


def text(
    separator: str = ",",
    date: Callable[[str], str] = str,
    names: tuple[str, ...] | None = NAMES,
    number: Callable[[str], str] = str,
    end: str = "\n",
) -> str:
    lines = [] if names is None else [separator.join(names)]
    lines += [separator.join([date(day), *map(number, prices)]) for day, prices in zip(DAYS, PRICES, strict=True)]
    return end.join(lines) + end


def day_month_year(day: str) -> str:
    return "/".join(reversed(day.split("-")))


def month_day_year(day: str) -> str:
    year, month, date = day.split("-")
    return f"{int(month)}/{int(date)}/{year}"


def clock(day: str) -> str:
    return f"{day.replace('-', '.')},00:00"


def frame() -> pd.DataFrame:
    columns = {name: [float(row[at]) for row in PRICES] for at, name in enumerate(NAMES[1:])}
    return pd.DataFrame(columns, index=pd.DatetimeIndex(DAYS, name="Date"))


@pytest.fixture
def expected(tmp_path: Path) -> BarHistory:
    path = tmp_path / "expected" / "A.csv"
    path.parent.mkdir()
    path.write_text(text())
    return load_bars(path)


def epoch(day: str) -> str:
    return str(int(np.datetime64(day, "s").astype(np.int64)))


TEXTS = {
    "semicolon": text(";"),
    "tab": text("\t"),
    "pipe": text("|"),
    "decimal comma": text(";", number=lambda cell: cell.replace(".", ",")),
    "decimal comma, tab": text("\t", number=lambda cell: cell.replace(".", ",")),
    "quoted": text(number=lambda cell: f'"{cell}"', date=lambda day: f'"{day}"'),
    "thousands": text(number=lambda cell: f'"{float(cell):,.2f}"'),
    "dollars": text(number=lambda cell: f"${cell}" if "." in cell else cell),
    "spaces": text(", "),
    "windows": text(end="\r\n"),
    "old mac": text(end="\r"),
    "upper case": text(names=tuple(name.upper() for name in NAMES)),
    "letters": text(names=("t", "o", "h", "l", "c", "v")).replace("t,", "Timestamp,", 1),
    "vol.": text(names=("Datetime", "Open", "High", "Low", "Close", "Vol.")),
    "MetaTrader": text("\t", names=("<DATE>", "<OPEN>", "<HIGH>", "<LOW>", "<CLOSE>", "<TICKVOL>")),
    "Alpha Vantage": text(names=("timestamp", "1. open", "2. high", "3. low", "4. close", "5. volume")),
    "Nasdaq": text(names=("Date", "Open", "High", "Low", "Close/Last", "Volume")),
    "index without a name": text(names=("", *NAMES[1:])),
    "compact": text(date=lambda day: day.replace("-", "")),
    "slashes": text(date=lambda day: day.replace("-", "/")),
    "dots": text(date=lambda day: day.replace("-", ".")),
    "day first": text(date=day_month_year),
    "month first": text(date=month_day_year),
    "German": text(";", date=lambda day: day_month_year(day).replace("/", ".")),
    "two digits": text(date=lambda day: month_day_year(day)[:-4] + day[2:4]),
    "names of months": text(date=lambda day: pd.Timestamp(day).strftime("%d-%b-%Y")),
    "month's name first": text(date=lambda day: pd.Timestamp(day).strftime('"%b %d, %Y"')),
    "New York midnight": text(date=lambda day: f"{day} 00:00:00-05:00"),
    "Tokyo midnight": text(date=lambda day: f"{day}T00:00:00+0900"),
    "epoch seconds": text(date=epoch),
    "epoch ms": text(date=lambda day: epoch(day) + "000"),
    "epoch us": text(date=lambda day: epoch(day) + "000000"),
    "epoch ns": text(date=lambda day: epoch(day) + "0" * 9),
    "Zulu": text(date=lambda day: f"{day}T00:00:00.000Z"),
    "UTC": text(date=lambda day: f"{day} 00:00:00 UTC"),
    "12 hours": text(date=lambda day: f"{day} 12:00:00 AM"),
    "split": text(date=lambda day: f"{day},00:00:00", names=("Date", "Time", *NAMES[1:])),
    "split, compact": text(date=lambda day: f"{day.replace('-', '')},000000", names=("<DATE>", "<TIME>", *NAMES[1:])),
    "no header": text(names=None),
    "no header, split": text(date=clock, names=None),
    "blank lines": "\n\n" + text().replace("\n", "\n\n"),
    "comment": "# made by hand\n" + text(),
    "address above": "https://www.example.com\n" + text(),
    "trailing separators": text().replace("\n", ",\n").replace("Volume,", "Volume", 1),
    "Polygon": text(
        names=("window_start", "open", "high", "low", "close", "volume"), date=lambda day: epoch(day) + "0" * 9
    ),
    "byte order mark": "\ufeff" + text(),
    "no last line end": text().rstrip("\n"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_texts_of_every_layout_are_read(name: str, tmp_path: Path, expected: BarHistory) -> None:
    path = tmp_path / "A.csv"
    path.write_text(TEXTS[name], newline="")
    assert load_bars(path).fingerprint() == expected.fingerprint()


def test_packed_files_are_read(tmp_path: Path, expected: BarHistory) -> None:
    with gzip.open(tmp_path / "A.csv.gz", "wt") as file:
        file.write(text())
    with zipfile.ZipFile(tmp_path / "A.zip", "w") as archive:
        archive.writestr("bars.csv", text(";"))
    (tmp_path / "A.txt").write_bytes(text().encode("utf-16"))
    for name in ("A.csv.gz", "A.zip", "A.txt"):
        assert load_bars(tmp_path / name).fingerprint() == expected.fingerprint(), name


def test_klines_without_a_header_are_read(tmp_path: Path) -> None:
    first = 1_704_067_200_000
    rows = [f"{first + 60_000 * at},1,2,1,2,{at},{first + 60_000 * at + 59_999},7,8,9,10,0" for at in range(3)]
    (tmp_path / "BTCUSDT-1m-2024-01.csv").write_text("\n".join(rows) + "\n")
    later = [
        row.replace(str(first + 60_000 * at), f"{(first + 60_000 * (at + 3)) * 1000}", 1) for at, row in enumerate(rows)
    ]
    (tmp_path / "BTCUSDT-1m-2024-02.csv").write_text("\n".join(later) + "\n")
    history = load_bars(tmp_path / "BTCUSDT-1m-2024-01.csv", symbol="BTCUSDT")
    assert history.specifications[0].time_frame == "1m"
    assert history.start_ns == first * 1_000_000
    assert history.extras["trades"].tolist() == [8.0, 8.0, 8.0]
    assert history.notes == ("BTCUSDT-1m-2024-01.csv has no header: its 12 columns are read as Binance's klines",)
    both = load_bars(tmp_path)
    assert (both.symbols, len(both)) == (("BTCUSDT",), 6)
    assert np.diff(both.bar_starts()).tolist() == [60_000_000_000] * 5


def yfinance() -> pd.DataFrame:
    wide = pd.concat({"A": frame(), "B": frame().iloc[1:]}, axis=1)
    return wide.swaplevel(axis=1).sort_index(axis=1)


def test_frames_of_every_kind_are_read(expected: BarHistory) -> None:
    bare = frame().reset_index()
    array = bare.to_records(index=False)
    kinds = {
        "index": frame(),
        "zone": frame().tz_localize("America/New_York"),
        "column": bare,
        "text": bare.assign(Date=[day_month_year(day) for day in DAYS]),
        "polars": pl.from_pandas(bare),
        "polars date": pl.from_pandas(bare).with_columns(pl.col("Date").cast(pl.Date)),
        "arrow": pa.Table.from_pandas(bare, preserve_index=False),
        "arrow index": pa.Table.from_pandas(frame()),
        "arrow batch": pa.RecordBatch.from_pandas(bare, preserve_index=False),
        "structured": array,
        "lists": {name: bare[name].tolist() for name in bare},
        "series": {name: bare[name] for name in bare},
        "split": bare.assign(Date=[pd.Timestamp(day).date() for day in DAYS], Time=["00:00"] * 3),
    }
    for name, value in kinds.items():
        assert load_bars({"A": value}).fingerprint() == expected.fingerprint(), name
        assert load_bars(value, symbol="A").fingerprint() == expected.fingerprint(), name


def test_columns_of_two_levels_hold_a_symbol_each(expected: BarHistory) -> None:
    wide = yfinance()
    for value in (wide, wide.swaplevel(axis=1)):
        history = load_bars(value)
        assert history.symbols == ("A", "B")
        assert history.select(["A"]).fingerprint() == expected.fingerprint()
        assert len(history.rows("B")) == 2
    with pytest.raises(DataError, match="the frame holds 2 symbols"):
        load_bars({"A": wide})


def test_three_lines_of_a_header_as_yfinance_writes_them(tmp_path: Path, expected: BarHistory) -> None:
    path = tmp_path / "download.csv"
    yfinance().xs("A", axis=1, level=1, drop_level=False).to_csv(path)
    assert path.read_text().startswith("Price,") or "," in path.read_text()
    lines = text().splitlines()
    path.write_text("\n".join(["Price,Open,High,Low,Close,Volume", "Ticker,A,A,A,A,A", "Date,,,,,", *lines[1:]]) + "\n")
    assert load_bars(path).fingerprint() == expected.fingerprint()
    path.write_text("Price,Open,High,Low,Close,Volume\nTicker,A,B,A,A,A\nDate,,,,,\n")
    with pytest.raises(DataError, match="line 2 names 2 symbols side by side"):
        load_bars(path)


def test_folders_of_every_kind_are_read(tmp_path: Path, expected: BarHistory) -> None:
    first, rest = "\n".join(text().splitlines()[:3]) + "\n", "\n".join([",".join(NAMES), text().splitlines()[3]]) + "\n"
    layouts = {
        "by year": {"A_2024-01.csv": first, "A_2024-02.csv": rest},
        "by folder": {"A/2024-01.csv": first, "A/2024-02.csv": rest},
        "hive": {"symbol=A/date=2024-01/part-0.csv": first, "symbol=A/date=2024-02/part-0.csv": rest},
        "hidden": {"A.csv": text(), ".A.csv": "x", "_done.csv": "x", "notes.md": "x"},
    }
    for name, files in layouts.items():
        for file, content in files.items():
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        assert load_bars(tmp_path / name, timeframe="1d").fingerprint() == expected.fingerprint(), name
    years = sorted((tmp_path / "by year").iterdir())
    assert load_bars(years).fingerprint() == expected.fingerprint()
    assert load_bars({"A": years}).fingerprint() == expected.fingerprint()
    assert load_bars({"A": tmp_path / "by folder"}).fingerprint() == expected.fingerprint()


def test_files_by_date_that_each_hold_several_symbols(tmp_path: Path) -> None:
    header = "date,symbol,open,high,low,close\n"
    for day in DAYS:
        rows = "".join(f"{day},{symbol},1,2,1,2\n" for symbol in ("B", "A"))
        (tmp_path / f"date={day}").mkdir()
        (tmp_path / f"date={day}" / "part.csv").write_text(header + rows)
    history = load_bars(tmp_path)
    assert history.symbols == ("A", "B")
    assert history.records["instrument"].tolist() == [1, 2] * 3


def test_files_that_overlap_are_refused_or_mended(tmp_path: Path, expected: BarHistory) -> None:
    lines = text().splitlines()
    tmp_path = tmp_path / "years"
    tmp_path.mkdir()
    (tmp_path / "A_2023.csv").write_text("\n".join(lines[:3]) + "\n")
    (tmp_path / "A_2024.csv").write_text("\n".join([lines[0], *lines[2:]]) + "\n")
    with pytest.raises(
        DataError, match=r"A_2023.csv and A_2024.csv overlap from 2024-01-31 00:00:00 on: .*duplicates="
    ):
        load_bars(tmp_path)
    mended = load_bars(tmp_path, duplicates="last")
    assert mended.fingerprint() == expected.fingerprint()
    assert mended.notes == ("A_2023.csv and 1 more: 1 row left out, of the time of another (duplicates='last')",)


def test_mending_is_asked_for_and_noted(tmp_path: Path, expected: BarHistory) -> None:
    path = tmp_path / "A.csv"
    lines = text().splitlines()
    path.write_text("\n".join([lines[0], *reversed(lines[1:]), lines[1], "2024-02-02,,1,1,1,1", ",1,1,1,1,1"]) + "\n")
    with pytest.raises(DataError, match="sort=True"):
        load_bars(path)
    history = load_bars(path, sort=True, duplicates="first", missing="drop")
    assert history.fingerprint() == expected.fingerprint()
    assert history.notes == (
        "A.csv: 2 rows without a time or a price left out (missing='drop')",
        "A.csv: 4 rows moved to be oldest first (sort=True)",
        "A.csv: 1 row left out, of the time of another (duplicates='first')",
    )


def test_rows_keep_their_place_in_messages_after_mending(tmp_path: Path) -> None:
    path = tmp_path / "A.csv"
    path.write_text("date,open,high,low,close\n2024-01-03,1,2,1,2\n\n2024-01-02,,2,1,2\n2024-01-01,1,2,1,3\n")
    with pytest.raises(DataError, match=r"A.csv: row 3 \(line 5\), column 'close': close 3.0 is above high 2.0"):
        load_bars(path, sort=True, missing="drop")


def test_a_zone_that_is_said_holds_for_times_without_one(tmp_path: Path) -> None:
    path = tmp_path / "A.csv"

    def ends(*times: str, **options: object) -> list[str]:
        path.write_text("time,open,high,low,close\n" + "".join(f"{time},1,2,1,2\n" for time in times))
        history = load_bars(path, timezone="America/New_York", timeframe="30m", **options)  # type: ignore[arg-type]
        return [str(np.datetime64(int(start), "ns"))[:16] for start in history.bar_starts()]

    assert ends("2024-01-02 09:30", "2024-01-02 10:00") == ["2024-01-02T14:30", "2024-01-02T15:00"]
    assert ends("2024-07-02 09:30", "2024-07-02 10:00") == ["2024-07-02T13:30", "2024-07-02T14:00"]
    assert ends("2024-01-02 09:30Z", "2024-01-02 10:00Z") == ["2024-01-02T09:30", "2024-01-02T10:00"]
    # The hour that the clocks show twice, and the one that they skip.
    autumn = [f"2024-11-03 {time}" for time in ("00:30", "01:00", "01:30", "01:00", "01:30", "02:00")]
    assert ends(*autumn) == [f"2024-11-03T{time}" for time in ("04:30", "05:00", "05:30", "06:00", "06:30", "07:00")]
    with pytest.raises(DataError, match=r"row 2 \(line 3\).*the clocks of America/New_York skipped '2024-03-10 02:30'"):
        ends("2024-03-10 01:30", "2024-03-10 02:30")
    with pytest.raises(ConfigurationError, match="no time zone 'America/New_Yrok'; did you mean 'America/New_York'"):
        load_bars(path, timezone="America/New_Yrok")
    naive = pd.DataFrame(
        {"open": 1.0, "high": 2.0, "low": 1.0, "close": 2.0},
        index=pd.DatetimeIndex(["2024-01-02 09:30", "2024-01-02 10:00"], name="time"),
    )
    assert load_bars(naive, timezone="America/New_York").start_ns == load_bars(naive.tz_localize("US/Eastern")).start_ns


def test_dates_of_which_the_data_does_not_tell_want_to_be_told(tmp_path: Path) -> None:
    path = tmp_path / "A.csv"
    path.write_text("date,open,high,low,close\n01/02/2024,1,2,1,2\n02/02/2024,1,2,1,2\n")
    with pytest.raises(DataError, match=r"'01/02/2024' may be day or month first.*dates='day-first'"):
        load_bars(path)
    days = load_bars(path, dates="day-first").bar_starts()
    months = load_bars(path, dates="month-first", timeframe="1d").bar_starts()
    assert (days[1] - days[0], months[1] - months[0]) == (86_400_000_000_000, 31 * 86_400_000_000_000)


def test_a_column_of_volume_without_any_is_noted(tmp_path: Path) -> None:
    path = tmp_path / "A.csv"
    path.write_text("date,open,high,low,close,vol\n2024-01-01,1,2,1,2,0\n2024-01-02,1,2,1,2,0\n")
    (note,) = load_bars(path).notes
    assert note.startswith("A.csv: no bar has any volume, so no order fills")


def test_what_a_value_was_worth_is_known_later(tmp_path: Path) -> None:
    path = tmp_path / "A.csv"
    path.write_text(
        "date,open,high,low,close,score,score_available,other\n2024-01-01,1,2,1,2,5,2024-01-03 12:00,1\n"
        "2024-01-02,1,2,1,2,6,,2\n"
    )
    history = load_bars(path, availability={"other": timedelta(hours=6)})
    assert sorted(history.extras) == ["other", "score"]
    known = {name: times.tolist() for name, times in history.available.items()}
    noon = int(np.datetime64("2024-01-03T12", "ns").astype(np.int64))
    assert known["score"] == [noon, np.iinfo(np.int64).min]
    assert known["other"] == (history.records["venue_time_ns"] + 6 * 3_600_000_000_000).tolist()
    assert history.fingerprint() != load_bars(path).fingerprint()
    with pytest.raises(DataError, match="no further column 'scroe'; did you mean 'score'"):
        load_bars(path, availability={"scroe": "1d"})


IMPORTS = """
import sys, atlas
atlas.load(sys.argv[1], timezone=sys.argv[2])
heavy = {"pandas", "polars", "pyarrow", "duckdb", "numba"}
print(sorted(heavy & set(sys.modules)))
"""


@pytest.mark.skipif(PLAIN, reason="nothing is compiled in plain mode")
def test_a_text_file_is_read_without_any_library_of_frames(tmp_path: Path) -> None:
    path = tmp_path / "A.csv"
    path.write_text("time,open,high,low,close\n2024-01-02 09:30,1,2,1,2\n2024-01-02 09:31,1,2,1,2\n")
    load_bars(path)
    command = [sys.executable, "-c", IMPORTS, str(path), "America/New_York"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": "src"})
    assert done.stdout == "[]\n"
