"""Files of Databento's binary format (DBN) with every order: schema mbo."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from atlas.data.feeds.records import Feed, empty_rows, write_rows
from atlas.records.enums import NULL
from atlas.records.errors import DataError
from atlas.records.kinds import Kind

DATABENTO_EXPONENT: Final = 9
FIELDS: Final = ("ts_event", "ts_recv", "sequence", "price", "size", "order_id", "flags", "instrument_id")
SIDES: Final = {"B": 1, "A": -1, "N": 0}
BOOK_ACTIONS: Final = {
    "A": Kind.BOOK_ORDER_ADD,
    "C": Kind.BOOK_ORDER_CANCEL,
    "M": Kind.BOOK_ORDER_MODIFY,
    "T": Kind.TRADE,
    "R": Kind.BOOK_CLEAR,
}
FILL: Final = "F"
ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
NO_PRICE: Final = 2**63 - 1


def read_databento(
    path: str | Path, *, instrument: int = 0, price_exponent: int = 9, quantity_exponent: int = 8
) -> Feed:
    """Read a file of market-by-order records of one instrument.

    Parameters
    ----------
    path : path
        A .dbn file, packed with zstd or not.
    instrument : int
        Number that the records name.
    price_exponent, quantity_exponent : int
        Units of prices and quantities are 10 to the minus this; prices need at least 9.

    Returns
    -------
    Feed
        Orders added, canceled and modified, trades, and the book cleared. Fills of resting orders are passed over:
        a cancellation or modification tells what they left.

    Raises
    ------
    DataError
        There is no such file, it holds something else, or more than one instrument; the library `databento-dbn` is
        missing.
    """
    path = Path(path)
    if price_exponent < DATABENTO_EXPONENT:
        raise DataError(f"{path}: prices have nine decimals, a price_exponent of {price_exponent} has fewer")
    messages = _decode(path)
    columns = {name: np.array([getattr(each, name) for each in messages], np.int64) for name in FIELDS}
    actions = np.array([each.action for each in messages], "U1")
    sides = np.array([SIDES.get(each.side, 0) for each in messages], np.int64)
    others = sorted(set(columns["instrument_id"].tolist()))
    if len(others) > 1:
        raise DataError(f"{path} holds {len(others)} instruments: split it by instrument_id first")
    kept = actions != FILL
    columns = {name: values[kept] for name, values in columns.items()}
    rows = _rows(path, actions[kept], sides[kept], columns, (instrument, price_exponent, quantity_exponent))
    dropped = int(np.count_nonzero(~kept))
    return Feed(rows, notes=(f"{dropped:,} fills of resting orders are told by what they left",) if dropped else ())


def _rows(
    path: Path,
    actions: npt.NDArray[Any],
    sides: npt.NDArray[np.int64],
    columns: dict[str, npt.NDArray[np.int64]],
    shape: tuple[int, int, int],
) -> npt.NDArray[Any]:
    """Records out of columns."""
    instrument, price_exponent, quantity_exponent = shape
    unknown = sorted(set(actions.tolist()) - set(BOOK_ACTIONS))
    if unknown:
        raise DataError(f"{path}: action {unknown[0]!r} is none of {', '.join(BOOK_ACTIONS)}, {FILL}")
    prices = np.where(
        columns["price"] == NO_PRICE, NULL, columns["price"] * 10 ** (price_exponent - DATABENTO_EXPONENT)
    )
    values = {
        "venue_time_ns": columns["ts_event"],
        "local_time_ns": columns["ts_recv"],
        "side": sides,
        "price_units": prices,
        "quantity_units": columns["size"] * 10**quantity_exponent,
        "book_order_id": columns["order_id"],
        "sequence": columns["sequence"],
    }
    rows = empty_rows(len(actions))
    for action, kind in BOOK_ACTIONS.items():
        places = actions == action
        lacking = {Kind.BOOK_CLEAR: ("price_units", "quantity_units", "book_order_id"), Kind.TRADE: ("book_order_id",)}
        fields = {name: value[places] for name, value in values.items() if name not in lacking.get(kind, ())}
        write_rows(rows, places, kind, {"instrument": instrument} | fields)
    return rows


def _decode(path: Path) -> list[Any]:
    """Every market-by-order message of a file."""
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    try:
        import databento_dbn as dbn
    except ImportError as error:
        raise DataError(
            f"{path}: reading DBN needs the library databento-dbn: pip install 'atlas-trading[databento]'"
        ) from error
    content = path.read_bytes()
    packing: Any = dbn.Compression.ZSTD if content.startswith(ZSTD_MAGIC) else dbn.Compression.NONE
    decoder = dbn.DBNDecoder(compression=packing)
    try:
        decoder.write(content)
        decoded = decoder.decode()
    except (dbn.DBNError, ValueError) as error:
        raise DataError(f"{path} can't be read as DBN: {error}") from error
    messages = [each for each in decoded if isinstance(each, dbn.MBOMsg)]
    if not messages:
        raise DataError(f"{path} holds no market-by-order records: schema mbo is what is read")
    return messages
