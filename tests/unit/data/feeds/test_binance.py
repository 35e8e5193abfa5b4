"""Recorded messages of Binance."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atlas.data.feeds.binance import read_binance
from atlas.data.order_book import OrderBook
from atlas.records.enums import MarketFlag
from atlas.records.errors import DataError
from atlas.records.kinds import Kind
from atlas.records.layout import LAYOUTS
from tests.unit.data.feeds.files import DATA, needs_data

LEVEL, QUOTE = LAYOUTS[Kind.BOOK_LEVEL_SET], LAYOUTS[Kind.QUOTE]
SNAPSHOT = {"lastUpdateId": 10, "bids": [["9.99", "5"], ["9.98", "1"]], "asks": [["10.01", "6"]]}


def event(first: int, last: int, bid: str, quantity: str, **more: Any) -> dict[str, Any]:
    return {"e": "depthUpdate", "E": 1_000, "U": first, "u": last, "b": [[bid, quantity]], "a": [], **more}


def written(folder: Path, *messages: dict[str, Any]) -> Path:
    path = folder / "messages.raw"
    lines = [f"{1_000_000 * (900 + number)} {json.dumps(message)}" for number, message in enumerate(messages)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_snapshot_and_what_follows(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        {"stream": "x@depth", "data": event(8, 9, "1.00", "1")},
        event(10, 12, "9.97", "3"),
        SNAPSHOT,
        event(13, 15, "9.99", "0"),
        {"e": "trade", "E": 1_001, "T": 1_000, "t": 77, "p": "10.01", "q": "2", "m": False},
    )
    feed = read_binance(path)
    assert [Kind(kind).name for kind in feed.records["kind"].tolist()] == [
        "BOOK_SNAPSHOT_BEGIN",
        *["BOOK_LEVEL_SET"] * 3,
        "BOOK_SNAPSHOT_END",
        "BOOK_LEVEL_SET",
        "BOOK_LEVEL_SET",
        "TRADE",
    ]
    assert feed.notes == ("1 depth events are in the snapshot already",)
    # The snapshot came at 0.902 s by the receiver's clock, and with it an event of 1.000 s.
    assert feed.clock_offset_ns == 98_000_000
    assert (feed.records["local_time_ns"] >= feed.records["venue_time_ns"]).all()
    last = feed.records["flags"] & MarketFlag.LAST_OF_EVENT
    assert np.flatnonzero(last).tolist() == [4, 5, 6]
    trade = feed.records.view(LAYOUTS[Kind.TRADE])[-1]
    assert (trade["side"], trade["trade_id"], trade["price_units"]) == (1, 77, 10_010_000_000)
    book = OrderBook(0.01)
    assert book.apply(feed.records) == 0
    assert book.top == (9.98, 1.0, 10.01, 6.0)
    assert book.depth(5)[0]["price"].tolist() == [9.98, 9.97]


@pytest.mark.parametrize("style", [{}, {"pu": 15}], ids=["spot", "futures"])
def test_a_missing_event_is_a_gap_until_the_next_snapshot(style: dict[str, int], tmp_path: Path) -> None:
    first = event(11, 12, "9.97", "3", **({"pu": 9} if style else {}))
    late = event(17, 18, "9.90", "4", **({"pu": 16} if style else {}))
    messages = (SNAPSHOT, first, late, {**SNAPSHOT, "lastUpdateId": 16}, event(19, 20, "9.96", "1", pu=18))
    feed = read_binance(written(tmp_path, *messages[:3]))
    assert feed.gap_count == 1
    assert feed.notes == ("1 depth events after a gap have no snapshot before them",)
    book = OrderBook(0.01)
    assert book.apply(feed.records) == 0
    assert book.condition == "gap"
    healed = read_binance(written(tmp_path, *messages))
    assert (healed.gap_count, healed.notes) == (1, ())
    assert book.apply(healed.records) == 0
    assert book.condition == "synchronised"
    assert book.depth(9)[0]["price"].tolist() == [9.99, 9.98, 9.96, 9.9]


def test_what_to_read_is_chosen(tmp_path: Path) -> None:
    best = {"u": 3, "s": "X", "b": "9.99", "B": "1", "a": "10.01", "A": "2"}
    path = written(tmp_path, best, SNAPSHOT)
    feed = read_binance(path, content=("quotes",))
    assert feed.records["kind"].tolist() == [Kind.QUOTE]
    quote = feed.records.view(QUOTE)[0]
    assert (quote["bid_price_units"], quote["ask_quantity_units"]) == (9_990_000_000, 2 * 10**8)
    with pytest.raises(DataError, match="content 'orders' is none of depth, trades, quotes"):
        read_binance(path, content=("orders",))


def test_what_is_no_recording(tmp_path: Path) -> None:
    path = written(tmp_path, SNAPSHOT)
    path.write_text(path.read_text(encoding="utf-8") + "no time {}\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 2 is no time and message"):
        read_binance(path)
    with pytest.raises(DataError, match="no such file"):
        read_binance(tmp_path / "absent.raw")


@needs_data
@pytest.mark.parametrize(
    ("name", "tick", "events"),
    [("binance_spot_btcusdt", 0.01, 3_448), ("binance_coinm_btcusd_perp", 0.1, 26_819)],
)
def test_the_book_has_the_best_prices_that_the_venue_tells(name: str, tick: float, events: int) -> None:
    """After each depth event: best bid and ask with sizes as in the last bookTicker up to it."""
    feed = read_binance(DATA / "l2_binance" / f"{name}_20240808.raw.zst", content=("depth", "quotes"))
    assert feed.gap_count == 0
    quotes = feed.records[feed.records["kind"] == Kind.QUOTE].view(QUOTE)
    levels = feed.records[feed.records["kind"] != Kind.QUOTE]
    ends = np.flatnonzero(levels["flags"] & MarketFlag.LAST_OF_EVENT) + 1
    book, known = OrderBook(tick), np.column_stack([quotes[field] for field in BEST]) / SCALES
    assert book.apply(levels[: ends[0]]) == 0
    compared = 0
    for start, end in pairwise(ends):
        assert book.apply(levels[start:end]) == 0
        place = int(np.searchsorted(quotes["sequence"], levels.view(LEVEL)["sequence"][end - 1], "right")) - 1
        if place >= 0:
            assert tuple(book.top) == tuple(known[place])
            compared += 1
    assert compared >= events


BEST = ("bid_price_units", "bid_quantity_units", "ask_price_units", "ask_quantity_units")
SCALES = np.array([1e9, 1e8, 1e9, 1e8])


@needs_data
@pytest.mark.parametrize("name", ["binance_spot_btcusdt", "binance_coinm_btcusd_perp"])
def test_the_next_days_file_goes_on_without_a_gap(name: str) -> None:
    first, second = (read_binance(DATA / "l2_binance" / f"{name}_2024080{day}.raw.zst") for day in (8, 9))
    assert (second.gap_count, second.notes) == (0, ())
    book = OrderBook(0.01 if "spot" in name else 0.1)
    assert book.apply(np.concatenate([first.records, second.records])) == 0
    assert not book.is_crossed
