"""Message files of LOBSTER: every order of a NASDAQ stock within some levels of the market.

Format: "Limit Order Book System - The Efficient Reconstructor", read-me of the sample files. Orders that rested before
the file begins are not in it, so their cancellations and executions name ids that nothing has added.
"""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from atlas.data.feeds.records import Feed, empty_rows, open_stream, write_rows
from atlas.records.enums import MarketStatus, PriceRule
from atlas.records.errors import DataError
from atlas.records.kinds import Kind

NEW, PARTIAL_CANCEL, DELETE, EXECUTE, HIDDEN, CROSS, HALT = 1, 2, 3, 4, 5, 6, 7
EXCHANGE_ZONE: Final = ZoneInfo("America/New_York")
PRICE_STEP: Final = 4
"""Prices are dollars × 10,000."""
COLUMNS: Final = ("time", "type", "order_id", "size", "price", "direction")
NANOSECONDS: Final = 1_000_000_000


def read_lobster(
    path: str | Path,
    *,
    date: datetime.date | str | None = None,
    instrument: int = 0,
    price_exponent: int = 9,
    quantity_exponent: int = 8,
) -> Feed:
    """Read a message file.

    Parameters
    ----------
    path : path
        TICKER_DATE_..._message_LEVEL.csv, packed with zstd or gzip or not.
    date : date, optional
        The day in New York; from the file's name where it is left out.
    instrument : int
        Number that the records name.
    price_exponent, quantity_exponent : int
        Units of prices and quantities are 10 to the minus this; prices need at least 4.

    Returns
    -------
    Feed
        Orders added, canceled and executed, trades with hidden orders, halts.

    Raises
    ------
    DataError
        There is no such file, a row isn't six numbers, the type of one is unknown, or no day is given.
    """
    path = Path(path)
    if price_exponent < PRICE_STEP:
        raise DataError(f"{path}: prices have four decimals, a price_exponent of {price_exponent} has fewer")
    columns = _read_columns(path)
    midnight = _midnight_ns(path, date)
    kinds = columns["type"]
    unknown = np.flatnonzero(~np.isin(kinds, (NEW, PARTIAL_CANCEL, DELETE, EXECUTE, HIDDEN, CROSS, HALT)))
    if len(unknown):
        raise DataError(f"{path} line {unknown[0] + 1}: type {kinds[unknown[0]]} is none of 1 to 7")
    rows = empty_rows(len(kinds))
    common = {
        "instrument": instrument,
        "venue_time_ns": midnight + columns["time_ns"],
        "local_time_ns": midnight + columns["time_ns"],
        "side": columns["direction"],
        "price_units": columns["price"] * 10 ** (price_exponent - PRICE_STEP),
        "quantity_units": columns["size"] * 10**quantity_exponent,
        "book_order_id": columns["order_id"],
    }
    for kind, places, fields in _kinds_of(kinds):
        write_rows(
            rows, places, kind, {name: _at(common[name], places) for name in fields} | _extra(kind, kinds, places)
        )
    hidden = int(np.count_nonzero(kinds == HIDDEN))
    return Feed(rows, notes=(f"{hidden:,} executions of hidden orders are trades without an order",) if hidden else ())


def _kinds_of(types: npt.NDArray[np.int64]) -> list[tuple[Kind, npt.NDArray[np.bool_], tuple[str, ...]]]:
    """Which rows become which kind, and the fields of it that the file tells."""
    always = ("instrument", "venue_time_ns", "local_time_ns", "side")
    order = (*always, "book_order_id", "price_units", "quantity_units")
    return [
        (Kind.BOOK_ORDER_ADD, types == NEW, order),
        (Kind.BOOK_ORDER_CANCEL, types == PARTIAL_CANCEL, order),
        (Kind.BOOK_ORDER_CANCEL, types == DELETE, order[:-1]),
        (Kind.BOOK_ORDER_EXECUTE, types == EXECUTE, order),
        (Kind.TRADE, (types == HIDDEN) | (types == CROSS), (*always, "price_units", "quantity_units")),
        (Kind.TRADING_STATUS, types == HALT, always[:-1]),
    ]


def _extra(kind: Kind, types: npt.NDArray[np.int64], places: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Fields that follow from a row's type."""
    if kind == Kind.TRADE:
        return {"price_rule": np.where(types[places] == CROSS, int(PriceRule.AUCTION), 0)}
    return {"status": int(MarketStatus.HALTED)} if kind == Kind.TRADING_STATUS else {}


def _at(value: Any, places: npt.NDArray[np.bool_]) -> Any:
    return value[places] if isinstance(value, np.ndarray) else value


def _read_columns(path: Path) -> dict[str, npt.NDArray[np.int64]]:
    """Read the six columns; times as nanoseconds after midnight, exactly."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv

    types = {name: pa.int64() for name in COLUMNS} | {"time": pa.decimal128(38, 18)}
    with open_stream(path) as stream:
        try:
            table = csv.read_csv(
                stream,
                read_options=csv.ReadOptions(column_names=list(COLUMNS)),
                convert_options=csv.ConvertOptions(column_types=types),
            )
        except pa.ArrowInvalid as error:
            raise DataError(f"{path} is no message file of LOBSTER: {str(error).splitlines()[0]}") from error
    # Some files carry the noise of floats behind the nanoseconds.
    exact = pc.round(table["time"], 9).cast(pa.decimal128(28, 9)).combine_chunks()
    times = np.frombuffer(exact.buffers()[1], np.int64)[::2][: len(table)]
    return {"time_ns": times} | {name: table[name].to_numpy() for name in COLUMNS[1:]}


def _midnight_ns(path: Path, date: datetime.date | str | None) -> int:
    """Nanoseconds UTC of the midnight that times are counted from."""
    if date is None:
        found = re.search(r"\d{4}-\d{2}-\d{2}", path.name)
        if found is None:
            raise DataError(f"{path}: the name holds no date: pass date=")
        date = found.group()
    day = datetime.date.fromisoformat(date) if isinstance(date, str) else date
    midnight = datetime.datetime.combine(day, datetime.time(), EXCHANGE_ZONE)
    return int(midnight.timestamp()) * NANOSECONDS
