"""Databento's files of every order."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from atlas.data.feeds.databento import read_databento
from atlas.data.order_book import OrderBook
from atlas.records.errors import DataError
from atlas.records.kinds import Kind
from atlas.records.layout import LAYOUTS
from tests.unit.data.feeds.files import DATA, needs_data

HOLIDAY = DATA / "l3_databento" / "esh4_glbx_2023-12-25_mbo.dbn.zst"


@needs_data
def test_a_session_of_the_future() -> None:
    feed = read_databento(HOLIDAY, instrument=0)
    counts = np.bincount(feed.records["kind"])
    # Counts of actions, as the description of the data gives them; the snapshot's 8,725 rows are one clear and adds.
    assert counts[Kind.BOOK_ORDER_CANCEL] == 17_999
    assert counts[Kind.BOOK_ORDER_MODIFY] == 12_233
    assert counts[Kind.TRADE] == 2_973
    assert counts[Kind.BOOK_ORDER_ADD] + counts[Kind.BOOK_CLEAR] == 20_491 + 8_725
    assert feed.notes == ("6,371 fills of resting orders are told by what they left",)
    book = OrderBook(0.25)
    assert book.apply(feed.records) == 0
    assert (len(book), book.top.bid, book.top.ask) == (11_217, 4810.0, 4810.25)


@needs_data
def test_the_book_is_crossed_before_the_opening_only() -> None:
    records = read_databento(HOLIDAY).records
    book, crossed = OrderBook(0.25), []
    for start in range(0, len(records), 50):
        assert book.apply(records[start : start + 50]) == 0
        if book.is_crossed:
            crossed.append(int(records["venue_time_ns"][min(start + 49, len(records) - 1)]))
    # Globex takes orders before it opens at 23:00 UTC, without matching them.
    assert pd.Timestamp(min(crossed)) >= pd.Timestamp("2023-12-25 22:39:55")
    assert pd.Timestamp(max(crossed)) < pd.Timestamp("2023-12-25 23:00:00")


@needs_data
def test_the_decoded_table_says_the_same() -> None:
    decoded = pd.read_parquet(HOLIDAY.with_name("esh4_glbx_2023-12-25_mbo.parquet"))
    decoded = decoded[decoded["action"] != "F"]
    feed = read_databento(HOLIDAY, instrument=5)
    orders = feed.records.view(LAYOUTS[Kind.BOOK_ORDER_ADD])
    added = (decoded["action"] == "A").to_numpy()
    assert orders["book_order_id"][added].tolist() == decoded["order_id"][added].tolist()
    assert orders["price_units"][added].tolist() == decoded["price_1e9"][added].tolist()
    assert set(feed.records["instrument"].tolist()) == {5}


def test_what_is_no_such_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_databento(tmp_path / "absent.dbn")
    other = tmp_path / "other.dbn"
    other.write_bytes(b"no DBN at all, but long enough to be taken for a header of some kind")
    with pytest.raises(DataError, match="can't be read as DBN"):
        read_databento(other)
    with pytest.raises(DataError, match="prices have nine decimals"):
        read_databento(other, price_exponent=2)
    monkeypatch.setitem(sys.modules, "databento_dbn", None)
    with pytest.raises(DataError, match="needs the library databento-dbn: pip install"):
        read_databento(other)
