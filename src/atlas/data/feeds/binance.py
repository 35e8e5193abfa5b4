"""Recorded WebSocket messages of Binance: depth, trades and best prices, spot and futures.

A line is the receiver's time in nanoseconds, a space, and the message as it came; a depth snapshot of the REST
interface is the message with `lastUpdateId`. Depth events are numbered: those of spot follow by
`U`, those of futures by `pu`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from atlas.data.feeds.records import Feed, Rows, empty_rows, open_stream, write_rows
from atlas.records.enums import NULL, MarketFlag
from atlas.records.errors import DataError
from atlas.records.kinds import Kind
from atlas.records.units import array_to_units

MILLISECOND_NS: Final = 1_000_000
CONTENT: Final = ("depth", "trades", "quotes")
BEST_KEYS: Final = {"u", "b", "B", "a", "A"}
Times = tuple[int, int]
NO_NUMBERS: Final = ("0", "0", "0", "0")
VENUE_TIMES: Final = ("T", "E")


class RowMaker:
    """Rows in the making, a list for each column; units are worked out at the end, all at once."""

    def __init__(self, instrument: int) -> None:
        self.instrument = instrument
        self.heads: list[tuple[int, int, int, int, int, int]] = []
        self.numbers: list[tuple[str, str, str, str]] = []

    def add(
        self,
        kind: Kind,
        times: tuple[int, int],
        side: int,
        count: int,
        numbers: tuple[str, str, str, str] = NO_NUMBERS,
    ) -> None:
        """Add a row: venue's and receiver's time, side, sequence or trade id, and up to four decimals."""
        self.heads.append((int(kind), *times, side, count, 0))
        self.numbers.append(numbers)

    def add_levels(self, times: tuple[int, int], number: int, bids: list[list[str]], asks: list[list[str]]) -> None:
        """Add the levels of an event."""
        for side, levels in ((1, bids), (-1, asks)):
            for price, quantity in levels:
                self.add(Kind.BOOK_LEVEL_SET, times, side, number, (price, quantity, "0", "0"))

    def end_event(self) -> None:
        """Flag the last row as the last of its event."""
        if self.heads:
            self.heads[-1] = (*self.heads[-1][:5], int(MarketFlag.LAST_OF_EVENT))

    def records(self, price_exponent: int, quantity_exponent: int) -> tuple[Rows, int]:
        """Return the rows and by how much the receiver's times were moved, ns."""
        heads = np.array(self.heads, np.int64).reshape(-1, 6)
        decimals = np.array(self.numbers, dtype=np.str_).reshape(-1, 4).astype(np.float64)
        known = heads[:, 1] != NULL
        offset = int(max(0, np.max(heads[known, 1] - heads[known, 2], initial=0)))
        local = heads[:, 2] + offset
        columns = {
            "venue_time_ns": np.where(known, heads[:, 1], local),
            "local_time_ns": local,
            "side": heads[:, 3],
            "flags": heads[:, 5],
        }
        prices = array_to_units(decimals[:, 0::2].reshape(-1), price_exponent, "price").reshape(-1, 2)
        quantities = array_to_units(decimals[:, 1::2].reshape(-1), quantity_exponent, "quantity").reshape(-1, 2)
        rows = empty_rows(len(heads))
        for kind in np.unique(heads[:, 0]):
            places = heads[:, 0] == kind
            fields = {name: values[places] for name, values in columns.items()}
            fields |= fields_of(Kind(kind), heads[places, 4], prices[places], quantities[places])
            write_rows(rows, places, Kind(kind), {"instrument": self.instrument} | fields)
        return rows, offset


def fields_of(kind: Kind, counts: Rows, prices: Rows, quantities: Rows) -> dict[str, Rows]:
    """Fields of a kind, of the numbers that were kept for it."""
    if kind in (Kind.BOOK_SNAPSHOT_BEGIN, Kind.BOOK_SNAPSHOT_END):
        return {"sequence": counts}
    if kind == Kind.FEED_GAP:
        return {}
    if kind == Kind.QUOTE:
        return {
            "sequence": counts,
            "bid_price_units": prices[:, 0],
            "bid_quantity_units": quantities[:, 0],
            "ask_price_units": prices[:, 1],
            "ask_quantity_units": quantities[:, 1],
        }
    name = "trade_id" if kind == Kind.TRADE else "sequence"
    return {"price_units": prices[:, 0], "quantity_units": quantities[:, 0], name: counts}


def read_binance(
    path: str | Path,
    *,
    instrument: int = 0,
    content: tuple[str, ...] = ("depth", "trades"),
    price_exponent: int = 9,
    quantity_exponent: int = 8,
) -> Feed:
    """Read recorded messages of one symbol.

    Parameters
    ----------
    path : path
        Lines of time and message, packed with zstd or gzip or not.
    instrument : int
        Number that the records name.
    content : tuple of {"depth", "trades", "quotes"}
        What to read. Best prices are QUOTE records, which in a book of levels would replace the levels.
    price_exponent, quantity_exponent : int
        Units of prices and quantities are 10 to the minus this.

    Returns
    -------
    Feed
        A snapshot and levels, each event's last one flagged; FEED_GAP where numbers are missing; trades. The receiver's
        times are moved so far that none is before the venue's, by `clock_offset_ns`.

    Raises
    ------
    DataError
        There is no such file, a line is no message, or `content` names what there isn't.
    """
    path = Path(path)
    unknown = [name for name in content if name not in CONTENT]
    if unknown:
        raise DataError(f"content {unknown[0]!r} is none of {', '.join(CONTENT)}")
    messages = list(_messages(path))
    depth = Depth(RowMaker(instrument), any("lastUpdateId" in message for _, message in messages))
    for local_ns, message in messages:
        _read_message(depth, local_ns, message, content)
    records, offset = depth.rows.records(price_exponent, quantity_exponent)
    return Feed(records, offset, depth.gap_count, tuple(depth.notes()))


class Depth:
    """Follows the numbers of depth events: what a snapshot holds already is left out, what is missing is a gap.

    Parameters
    ----------
    rows : RowMaker
        Where rows go, those of other messages too.
    waits : bool
        Whether a snapshot will come, before which events are kept back.
    """

    def __init__(self, rows: RowMaker, waits: bool) -> None:
        self.rows = rows
        self.waits = waits
        self.last: int | None = None
        self.is_first = False
        self.kept: list[tuple[Times, dict[str, Any]]] = []
        self.skipped, self.gap_count = 0, 0

    def snapshot(self, times: Times, message: dict[str, Any]) -> None:
        """Take a snapshot, and the events after it that came before it."""
        number, kept = int(message["lastUpdateId"]), self.kept
        self.rows.add(Kind.BOOK_SNAPSHOT_BEGIN, times, 0, number)
        self.rows.add_levels(times, number, message["bids"], message["asks"])
        self.rows.add(Kind.BOOK_SNAPSHOT_END, times, 0, number)
        self.rows.end_event()
        self.waits, self.kept, self.last, self.is_first = False, [], number, True
        for (venue_ns, _), event in kept:
            self.event((venue_ns, times[1]), event)

    def event(self, times: Times, event: dict[str, Any]) -> None:
        """Take an event that changes levels."""
        if self.waits:
            self.kept.append((times, event))
            return
        first, last = int(event["U"]), int(event["u"])
        if self.is_first and self.last is not None and last <= self.last:
            self.skipped += 1
            return
        if not self.follows(event, first):
            self.gap_count += 1
            self.rows.add(Kind.FEED_GAP, times, 0, NULL)
            self.waits, self.kept = True, [(times, event)]
            return
        self.last, self.is_first = last, False
        self.rows.add_levels(times, last, event["b"], event["a"])
        self.rows.end_event()

    def follows(self, event: dict[str, Any], first: int) -> bool:
        """Whether no event is missing before this one."""
        if self.last is None:
            return True
        if self.is_first:
            return first <= self.last + 1
        return bool(int(event["pu"]) == self.last) if "pu" in event else first == self.last + 1

    def notes(self) -> Iterator[str]:
        """What was left out, in words."""
        if self.skipped:
            yield f"{self.skipped:,} depth events are in the snapshot already"
        if self.kept:
            yield f"{len(self.kept):,} depth events after a gap have no snapshot before them"


def _messages(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Receiver's time and message of every line."""
    with open_stream(path) as stream:
        lines = stream.read().splitlines()
    for number, line in enumerate(lines, 1):
        time, _, text = line.partition(b" ")
        try:
            message = json.loads(text)
            local_ns = int(time)
        except ValueError as error:
            raise DataError(f"{path} line {number} is no time and message: {error}") from error
        yield local_ns, message.get("data", message)


def _read_message(depth: Depth, local_ns: int, message: dict[str, Any], content: tuple[str, ...]) -> None:
    """Add the rows of a message."""
    milliseconds = next((message[key] for key in VENUE_TIMES if key in message), None)
    times = (NULL if milliseconds is None else int(milliseconds) * MILLISECOND_NS, local_ns)
    kind, rows = message.get("e", ""), depth.rows
    if "lastUpdateId" in message and "depth" in content:
        depth.snapshot(times, message)
    elif kind == "depthUpdate" and "depth" in content:
        depth.event(times, message)
    elif kind == "trade" and "trades" in content:
        # `m`: the buyer was the maker, so the taker sold.
        side = -1 if message["m"] else 1
        rows.add(Kind.TRADE, times, side, int(message["t"]), (message["p"], message["q"], "0", "0"))
    elif message.keys() >= BEST_KEYS and "quotes" in content and kind in ("", "bookTicker"):
        best = (message["b"], message["B"], message["a"], message["A"])
        rows.add(Kind.QUOTE, times, 0, int(message["u"]), best)
