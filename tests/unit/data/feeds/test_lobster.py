"""LOBSTER's message files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from atlas.data.feeds.lobster import read_lobster
from atlas.data.order_book import OrderBook
from atlas.records.enums import NULL
from atlas.records.errors import DataError
from atlas.records.kinds import Kind
from atlas.records.layout import LAYOUTS
from tests.unit.data.feeds.files import DATA, needs_data

MESSAGES = """34200.004241176,1,11,18,5853300,1
34200.00426064,1,12,20,5854300,-1
34200.5,2,11,8,5853300,1
34201.000000001,4,12,5,5854300,-1
34201.1,5,0,7,5853800,1
34201.2,6,-1,9,5853900,-1
34202,3,11,10,5853300,1
34203,7,0,0,-1,-1
"""


def written(folder: Path, text: str = MESSAGES, name: str = "AAPL_2012-06-21_message_1.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_every_type_becomes_its_record(tmp_path: Path) -> None:
    feed = read_lobster(written(tmp_path), instrument=3)
    assert [Kind(kind).name for kind in feed.records["kind"].tolist()] == [
        "BOOK_ORDER_ADD",
        "BOOK_ORDER_ADD",
        "BOOK_ORDER_CANCEL",
        "BOOK_ORDER_EXECUTE",
        "TRADE",
        "TRADE",
        "BOOK_ORDER_CANCEL",
        "TRADING_STATUS",
    ]
    assert set(feed.records["instrument"].tolist()) == {3}
    orders = feed.records.view(LAYOUTS[Kind.BOOK_ORDER_ADD])
    # 09:30:00.004241176 in New York was four hours behind UTC.
    assert orders["venue_time_ns"][0] == pd.Timestamp("2012-06-21 13:30:00.004241176").value
    assert orders["price_units"][0] == 585_330_000_000
    assert orders["quantity_units"][0] == 18 * 10**8
    cancels = feed.records.view(LAYOUTS[Kind.BOOK_ORDER_CANCEL])["quantity_units"]
    assert [cancels[2], cancels[6]] == [8 * 10**8, NULL]
    assert feed.notes == ("1 executions of hidden orders are trades without an order",)


def test_the_book_after_it(tmp_path: Path) -> None:
    book = OrderBook(0.01)
    assert book.apply(read_lobster(written(tmp_path)).records) == 0
    assert book.top[2:] == (585.43, 15.0)
    assert len(book) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("34200.1,9,1,1,1,1\n", "line 1: type 9 is none of 1 to 7"),
        ("34200.1,1,1\n", "is no message file of LOBSTER"),
        ("time,type,id,size,price,direction\n", "is no message file of LOBSTER"),
        ("", "is no message file of LOBSTER"),
    ],
)
def test_what_is_no_message_file(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=words):
        read_lobster(written(tmp_path, text))


def test_what_can_not_be_known(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the name holds no date: pass date="):
        read_lobster(written(tmp_path, name="messages.csv"))
    assert len(read_lobster(written(tmp_path, name="messages.csv"), date="2012-06-21").records) == 8
    with pytest.raises(DataError, match="no such file"):
        read_lobster(tmp_path / "absent.csv")
    with pytest.raises(DataError, match="prices have four decimals"):
        read_lobster(written(tmp_path), price_exponent=2)


@needs_data
def test_an_hour_of_apple() -> None:
    folder = DATA / "l3_lobster"
    feed = read_lobster(folder / "AAPL_2012-06-21_34200000_37800000_message_50.csv.zst")
    decoded = pd.read_parquet(folder / "aapl_2012-06-21_0930-1030_message_50.parquet")
    midnight = pd.Timestamp("2012-06-21", tz="America/New_York").value
    assert (feed.records["venue_time_ns"] - midnight).tolist() == decoded["ts_ns"].tolist()
    counts = np.bincount(feed.records["kind"])
    # Counts of the types, as the description of the data gives them.
    assert counts[Kind.BOOK_ORDER_ADD] == 44_256
    assert counts[Kind.BOOK_ORDER_CANCEL] == 469 + 41_004
    assert counts[Kind.BOOK_ORDER_EXECUTE] == 4_067
    assert counts[Kind.TRADE] == 2_201
    # 80 orders rested before the file begins; 84 events name them, and the book is never crossed by the rest.
    book = OrderBook(0.01)
    assert book.apply(feed.records) == 84
    assert not book.is_crossed


@needs_data
def test_the_first_best_prices_are_those_of_the_level_file() -> None:
    """The first 1,105 changes of the touch, once the 80 orders that rested before the file are put in."""
    folder = DATA / "l3_lobster"
    feed = read_lobster(folder / "AAPL_2012-06-21_34200000_37800000_message_50.csv.zst")
    messages = pd.read_parquet(folder / "aapl_2012-06-21_0930-1030_message_50.parquet")
    book = OrderBook(0.01)
    for order_id, (side, price, quantity) in resting_before(messages).items():
        book.add(order_id, side, price, quantity)
    known = pd.read_parquet(folder / "aapl_2012-06-21_orderbook_1.parquet")
    truth = changes(
        zip(
            (known["bid_price_1e4"] / 1e4).tolist(),
            known["bid_size"].astype(float).tolist(),
            (known["ask_price_1e4"] / 1e4).tolist(),
            known["ask_size"].astype(float).tolist(),
            strict=True,
        )
    )
    seen: list[tuple[float, ...]] = []
    for number in range(6_000):
        assert book.apply(feed.records[number : number + 1]) == 0
        top = tuple(book.top)
        if not seen or top != seen[-1]:
            seen.append(top)
    start = next(place for place, top in enumerate(seen) if top == truth[0])
    assert seen[start : start + 1_105] == truth[:1_105]


def resting_before(messages: pd.DataFrame) -> dict[int, tuple[int, float, float]]:
    """Side, price and quantity of orders that events name and that nothing has added."""
    added = set(messages.loc[messages["type"] == 1, "order_id"])
    named = messages[messages["type"].isin([2, 3, 4]) & ~messages["order_id"].isin(added)]
    orders = named.groupby("order_id").agg({"direction": "first", "price_1e4": "first", "size": "sum"})
    return {
        int(order_id): (int(row.direction), row.price_1e4 / 1e4, float(row.size_))
        for order_id, row in orders.rename(columns={"size": "size_"}).iterrows()
    }


def changes(tops: object) -> list[tuple[float, ...]]:
    found: list[tuple[float, ...]] = []
    for top in tops:  # type: ignore[attr-defined]
        if not found or top != found[-1]:
            found.append(top)
    return found
