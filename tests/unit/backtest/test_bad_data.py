"""Malformed data through the front doors: one line each that says where, what, and how to mend it."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import atlas
from atlas.cli import main
from atlas.records.errors import AtlasError

HEADER = "date,open,high,low,close,volume\n"
GOOD = "2024-01-02,10,12,9,11,500\n2024-01-03,11,12,10,12,400\n"
NEXT = "2024-01-04,12,13,11,12,300\n"


def epochs(first: int, step: int) -> str:
    return HEADER.replace("date", "timestamp") + "".join(f"{first + step * at},1,2,1,2,3\n" for at in range(4))


TEXTS: dict[str, tuple[str, list[str]]] = {
    "empty": ("", ["BAD.csv: the file is empty", "needs a header line"]),
    "header only": (HEADER, ["the file is empty: it has a header but no rows"]),
    "blank": ("\n \n", ["the file is empty"]),
    "missing column": (
        HEADER.replace(",close", "") + "2024-01-02,1,2,1,5\n",
        ["no column 'close'", "columns={'close':"],
    ),
    "misspelt column": (
        "date,open,high,low,clsoe\n2024-01-02,1,2,1,2\n",
        ["did you mean 'clsoe'", "columns={'close': 'clsoe'}"],
    ),
    "no time": ("day,open,high,low,close\n2024-01-02,1,2,1,2\n", ["no column of times (timestamp, date, time)"]),
    "column twice": ("date,open,high,low,close,close\n2024-01-02,1,2,1,2,2\n", ["column 'close' stands twice: rename"]),
    "one column": ("date open high low close\n2024-01-02 1 2 1 2\n", ["line 1 has one column", "separator="]),
    "other separator": ("date:open:high:low:close\n20240102:1:2:1:2\n", ["line 1 has one column", "separator="]),
    "values for names": (
        "2024-01-02,1,2,1,2,3,4,5,6\n",
        ["line 1 holds values, not names, in 9 columns", "add a header"],
    ),
    "unsorted": (HEADER + NEXT + GOOD, ["row 2 (line 3)", "2024-01-02 00:00:00 comes after 2024-01-04", "sort=True"]),
    "newest first": (HEADER + "".join(reversed((GOOD + NEXT).splitlines(True))), ["row 2 (line 3)", "sort=True"]),
    "twice": (
        HEADER + GOOD + GOOD.splitlines(True)[1],
        ["row 3 (line 4)", "stands twice (first in row 2)", "duplicates='last'"],
    ),
    "several symbols": (
        "date,Name,open,high,low,close\n2024-01-02,A,1,2,1,2\n2024-01-02,B,1,2,1,2\n",
        ["row 2 (line 3)", "stands twice", "columns={'symbol': 'Name'}"],
    ),
    "no price": (
        HEADER + GOOD + "2024-01-04,12,,11,12,300\n",
        ["row 3 (line 4), column 'high'", "empty (NaN)", "missing='drop'"],
    ),
    "NaN": (HEADER + GOOD + "2024-01-04,12,13,nan,12,300\n", ["column 'low'", "'nan' is no finite number"]),
    "infinite": (HEADER + GOOD + "2024-01-04,12,inf,11,12,300\n", ["column 'high'", "'inf' is no finite number"]),
    "text": (HEADER + GOOD + "2024-01-04,12,13,11,n/a,300\n", ["column 'close'", "'n/a' is no finite number"]),
    "word": (HEADER + GOOD + "2024-01-04,12,13,11,halted,300\n", ["column 'close'", "'halted' is no finite number"]),
    "high below low": (
        HEADER + GOOD + "2024-01-04,9,9,11,9,300\n",
        ["low 11.0 is above high 9.0", "correct the row or remove it"],
    ),
    "open outside": (HEADER + GOOD + "2024-01-04,99,13,11,12,300\n", ["open 99.0 is above high 13.0"]),
    "close outside": (HEADER + GOOD + "2024-01-04,12,13,11,1.2,300\n", ["close 1.2 is below low 11.0"]),
    "zero": (HEADER + GOOD + "2024-01-04,0,0,0,0,0\n", ["0 among prices above zero", "missing='drop'", "zeros='keep'"]),
    "negative volume": (HEADER + GOOD + "2024-01-04,12,13,11,12,-3\n", ["column 'volume'", "-3.0 is negative"]),
    "no volume": (HEADER + GOOD + "2024-01-04,12,13,11,12,\n", ["column 'volume'", "write 0 where nothing traded"]),
    "impossible date": (HEADER + "2024-02-30,1,2,1,2,3\n", ["row 1 (line 2), column 'date'", "no time '2024-02-30'"]),
    "impossible hour": (HEADER + "2024-02-01 25:00,1,2,1,2,3\n", ["there is no time '2024-02-01 25:00'"]),
    "no date": (HEADER + "tomorrow,1,2,1,2,3\n", ["'tomorrow' is no date or time: write 2020-01-31"]),
    "two forms": (HEADER + GOOD + "04.01.2024,12,13,11,12,300\n", ["row 3 (line 4)"]),
    "no time of day": (
        HEADER + "2024-01-02 10:00,1,2,1,2,3\n,1,2,1,2,3\n",
        ["row 2 (line 3)", "fill in the time", "missing='drop'"],
    ),
    "day or month": (
        HEADER + "01/02/2024,1,2,1,2,3\n02/02/2024,1,2,1,2,3\n",
        ["may be day or month first", "dates='day-first'"],
    ),
    "zones mixed": (
        HEADER + "2024-01-02T10:00Z,1,2,1,2,3\n2024-01-02T11:00,1,2,1,2,3\n",
        ["row 2 (line 3)", "has no time zone and '2024-01-02T10:00Z' (row 1) has one", "timezone="],
    ),
    "count of rows": (epochs(0, 1), ["'0' would be 1970-01-01 00:00:00", "a count of rows, or another unit"]),
    "days since 1970": (epochs(19_724, 1), ["would be 1970-01-01 05:28:44", "another unit"]),
    "minutes since 1970": (epochs(28_400_000, 1), ["would be 1970-11-25", "another unit"]),
    "far future": (HEADER + "2204-01-02,1,2,1,2,3\n", ["'2204-01-02' would be 2204-01-02 00:00:00, in the far future"]),
    "two units": (
        epochs(1_704_067_200, 60) + "1704067440000,1,2,1,2,3\n",
        ["row 5 (line 6)", "written otherwise than row 1"],
    ),
    "short line": (HEADER + GOOD + "2024-01-04,12,13\n", ["row 3 (line 4) has 3 columns where the header has 6"]),
    "long line": (HEADER + "2024-01-04,1,234,1,2,3,4\n", ["row 1 (line 2) has 7 columns", "in quotes"]),
    "footer": (HEADER + GOOD + "Downloaded from somewhere\n", ["row 3 (line 4) has 1 column where the header has 6"]),
    "open quote": (HEADER + GOOD + '"2024-01-04,12,13,11,12,300\n', ["a quote is opened and never closed"]),
    "decimals": (
        HEADER.replace(",", ";") + "2024-01-02;1,234;1,250;1,200;1,210;5\n",
        ["'1,234' may be 1.234 or 1234", "decimal=','"],
    ),
    "web page": (
        "<!DOCTYPE html>\n<html><body>Log in</body></html>\n",
        ["it is a web page, not data: download the file"],
    ),
    "JSON": ('[{"date": "2024-01-02", "open": 1}]\n', ["it is JSON: make a frame of it"]),
    "one bar": (HEADER + "2024-01-02 10:00,1,2,1,2,3\n", ["one bar does not show how long it is: pass timeframe="]),
    "too dear": (HEADER + "2024-01-02,1,1e11,1,2,3\n", ["beyond 9.22e+09", "price_exponent=7"]),
    "tickers side by side": ("Price,Open,High\nTicker,A,B\nDate,,\n", ["line 2 names 2 symbols side by side"]),
}

BYTES: dict[str, tuple[str, bytes, list[str]]] = {
    "binary": ("bad.csv", b"date,open\x00\x01\x02\x00", ["it holds binary data, not text: export it as CSV"]),
    "not UTF-8": (
        "bad.csv",
        HEADER.encode() + b"2024-01-02,\xe9,2,1,2,3\n",
        ["the file is not in UTF-8: save it as UTF-8"],
    ),
    "workbook": ("bad.csv", b"\xd0\xcf\x11\xe0" + b"\x00" * 40, ["it is an Excel workbook: save the sheet as CSV"]),
    "Parquet by another name": ("bad.csv", b"PAR1" + b"\x00" * 40, ["it is a Parquet file: rename it to .parquet"]),
    "PDF": ("bad.csv", b"%PDF-1.7 ...", ["it is a PDF"]),
    "damaged gzip": (
        "bad.csv.gz",
        gzip.compress(HEADER.encode())[:-6],
        ["the compressed file is damaged", "download it again"],
    ),
    "damaged zip": ("bad.zip", b"PK\x03\x04 not an archive", ["the compressed file is damaged"]),
    "damaged Parquet": ("bad.parquet", b"PAR1 cut off", ["bad.parquet: can't be read as Parquet", "is it complete"]),
    "other kind": ("bad.xlsx", b"PK", ["unknown kind of file: it is a workbook: save the sheet as CSV"]),
    "unknown kind": ("bad.dat", b"x", ["unknown kind of file: give .csv"]),
}


def doors() -> list[Callable[..., Any]]:
    return [atlas.load, lambda data, **options: atlas.backtest("sma_cross", data, **options)]


def message_of(call: Callable[..., Any], *arguments: Any, **options: Any) -> str:
    with pytest.raises(AtlasError) as caught:
        call(*arguments, **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


def assert_all(words: list[str], message: str) -> None:
    assert [word for word in words if word not in message] == [], message


@pytest.mark.parametrize("name", TEXTS)
def test_text_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    text, words = TEXTS[name]
    path = tmp_path / "BAD.csv"
    path.write_text(text)
    for door in doors():
        message = message_of(door, path)
        assert message.startswith("BAD.csv: ")
        assert_all(words, message)


@pytest.mark.parametrize("name", BYTES)
def test_files_of_other_kinds_are_named_for_what_they_are(name: str, tmp_path: Path) -> None:
    file, content, words = BYTES[name]
    (tmp_path / file).write_bytes(content)
    for door in doors():
        message = message_of(door, tmp_path / file)
        assert message.startswith(f"{file}: ")
        assert_all(words, message)


def test_archives_hold_one_file(tmp_path: Path) -> None:
    for names, words in (
        (["a.csv", "b.csv"], "the archive holds a.csv, b.csv: unpack it"),
        (["xl/workbook.xml"], "Excel workbook"),
    ):
        with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
            for each in names:
                archive.writestr(each, HEADER + GOOD)
        assert words in message_of(atlas.load, tmp_path / "bad.zip")


def frame(**columns: Any) -> pd.DataFrame:
    prices = {"open": [1.0, 1.0], "high": [2.0, 2.0], "low": [1.0, 1.0], "close": [2.0, 2.0]}
    return pd.DataFrame({**prices, **columns}, index=pd.date_range("2024-01-01", periods=2, name="date"))


SOURCES: dict[str, tuple[Any, dict[str, Any], list[str]]] = {
    "unknown symbol": (
        {"AAPL": frame()},
        {"symbols": ["APPL"]},
        ["no bars of APPL: there are AAPL", "did you mean 'AAPL'"],
    ),
    "empty frame": (frame().iloc[:0], {}, ["the frame is empty: it has columns but no rows"]),
    "no index": (frame().reset_index(drop=True), {}, ["no column of times (timestamp, date, time)"]),
    "prices as text": (
        frame(close=["2.0", "two"]),
        {},
        ["the frame: row 2, column 'close': 'two' is no finite number"],
    ),
    "levels": (
        pd.concat({"x": pd.concat({"A": frame()}, axis=1)}, axis=1),
        {},
        ["3 levels", "pass a mapping of symbol"],
    ),
    "series": (pd.Series([1.0]), {}, ["can't read bars from Series: give a CSV or Parquet file"]),
    "plain array": (np.ones((3, 5)), {}, ["can't read bars from ndarray", "a frame with columns time, open"]),
    "empty mapping": ({}, {}, ["the mapping is empty: give symbol: file"]),
    "mapping of numbers": ({"A": 3}, {}, ["A: can't read bars from int: give a file or a frame"]),
    "lengths": (
        {"date": ["2024-01-01"], "open": [1.0, 2.0], "high": [1.0], "low": [1.0], "close": [1.0]},
        {},
        ["columns differ in length", "make them equal"],
    ),
    "misspelt argument": (frame(), {"duplicates": "lats"}, ["duplicates: must be one of", "did you mean 'last'"]),
    "misspelt standard name": (frame(), {"columns": {"opne": "open"}}, ["columns= has no 'opne'; did you mean 'open'"]),
    "unknown zone": (
        frame(),
        {"timezone": "Europe/Berln"},
        ["no time zone 'Europe/Berln'; did you mean 'Europe/Berlin'"],
    ),
    "two separators": (frame(), {"separator": ";;"}, ["separator: must be one character"]),
    "separator and decimal": (frame(), {"separator": ",", "decimal": ","}, ["decimal: ',' is the separator too"]),
    "negative delay": (
        frame(score=1.0),
        {"availability": {"score": pd.Timedelta(-1, "D").to_pytimedelta()}},
        ["can't be known before its bar has ended"],
    ),
}


@pytest.mark.parametrize("name", SOURCES)
def test_sources_in_memory_are_refused_in_one_line(name: str) -> None:
    source, options, words = SOURCES[name]
    for door in doors():
        assert_all(words, message_of(door, source, **options))


def test_what_is_not_there_is_said_with_what_is(tmp_path: Path) -> None:
    (tmp_path / "AAPL.csv").write_text(HEADER + GOOD)
    for door in doors():
        assert_all(["AAPLE.csv: no such file; did you mean 'AAPL.csv'?"], message_of(door, tmp_path / "AAPLE.csv"))
    (tmp_path / "empty").mkdir()
    assert "the folder has no .csv or .parquet file" in message_of(atlas.load, tmp_path / "empty")
    assert "comes twice with bars of 1d" in message_of(
        atlas.load, {"A": tmp_path / "AAPL.csv", "B": tmp_path / "AAPL.csv"}, instruments={"B": atlas.Instrument("A")}
    )


DOCUMENT = """
mode: backtest
strategy: sma_cross
data_source: {path: BAD.csv}
"""


@pytest.mark.parametrize(
    ("name", "mending"),
    [
        ("unsorted", ["data_source.sort=true"]),
        ("twice", ["data_source.duplicates=last"]),
        ("no price", ["data_source.missing=drop"]),
        ("day or month", ["data_source.dates=day-first"]),
        ("several symbols", ["data_source.columns.symbol=Name"]),
    ],
)
def test_the_command_says_it_and_takes_the_remedy(
    name: str, mending: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text, words = TEXTS[name]
    (tmp_path / "BAD.csv").write_text(text)
    (tmp_path / "run.yaml").write_text(DOCUMENT)
    assert main(["backtest", "run.yaml", "--out", "run"]) != 0
    shown = capsys.readouterr().err
    assert_all(["BAD.csv: ", *words], " ".join(shown.split()))
    options = [part for each in mending for part in ("--set", each)]
    assert main(["backtest", "run.yaml", "--out", "run", *options]) == 0, capsys.readouterr().err


def test_what_was_mended_is_an_assumption_of_the_run(tmp_path: Path) -> None:
    path = tmp_path / "BAD.csv"
    path.write_text(TEXTS["unsorted"][0])
    result = atlas.backtest("sma_cross", path, sort=True)
    told = [each for each in result.assumptions if each.name == "Reading the data"]
    assert [(each.value, each.relaxed) for each in told] == [
        ("BAD.csv: 3 rows moved to be oldest first (sort=True)", True)
    ]
    # The document repeats the run, the mending included.
    assert "sort: true" in result.configuration
