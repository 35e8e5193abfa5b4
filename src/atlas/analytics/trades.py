"""Round trips: fills joined into trades by average cost, the way the portfolio keeps its positions.

A trade runs from a flat position to the next flat position of one strategy, account and instrument. A fill that passes
through zero is split there: its first part ends one trade, the rest begins the next, and its fee and notional are
allotted by quantity. A split of the shares between two fills is seen in the position the later fill reports.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from atlas.analytics.returns import IntArray, distinct
from atlas.records.enums import NULL
from atlas.records.layout import RecordArray
from atlas.records.units import divide_half_even

TRADE: Final = np.dtype(
    [
        ("strategy", "<u2"),
        ("account", "<u2"),
        ("instrument", "<u4"),
        ("direction", "<i8"),
        ("fills", "<i8"),
        ("entry_time_ns", "<i8"),
        ("exit_time_ns", "<i8"),
        ("quantity_units", "<i8"),
        ("open_units", "<i8"),
        ("entry_price_units", "<f8"),
        ("exit_price_units", "<f8"),
        ("entry_notional_money", "<i8"),
        ("gross_money", "<i8"),
        ("fee_money", "<i8"),
        ("profit_money", "<i8"),
        ("return_fraction", "<f8"),
        ("duration_ns", "<i8"),
        ("bars_held", "<i8"),
    ]
)
"""One trade.

``direction`` is +1 long, −1 short. ``quantity_units`` is all that was entered, ``open_units`` what is still held (0 in
a closed trade). Prices are averages weighted by quantity. ``gross_money`` is realized profit before fees, ``fee_money``
the fees of entries and exits, ``profit_money`` the difference. ``return_fraction`` is profit over the notional entered.
``exit_time_ns``, ``duration_ns`` are NULL and ``exit_price_units`` NaN where there was no exit; ``bars_held`` counts
the instrument's bars that ended after entry and not after exit, NULL where no bars were given.
"""


Row = tuple[object, ...]
_EXACT_FLOAT: Final = 2**51
"""Sums of four amounts below this are exact as floats."""


@dataclass(frozen=True, slots=True)
class RoundTrips:
    """The trades of a run.

    Attributes
    ----------
    closed : TRADE array
        Trades that ended flat, in order of exit.
    open : TRADE array
        What was still held at the end, with what its partial exits realized. Not counted as trades by the metrics.
    """

    closed: RecordArray
    open: RecordArray


class _Position:
    """One position between flat and flat, in whole units and money."""

    __slots__ = (
        "cost",
        "entered",
        "entry_time",
        "entry_value",
        "exit_time",
        "exit_value",
        "exited",
        "fees",
        "fills",
        "held",
        "notional_in",
        "realized",
    )

    def __init__(self, time_ns: int) -> None:
        self.entry_time = time_ns
        self.exit_time = NULL
        self.held = self.entered = self.exited = self.fills = 0
        self.cost = self.notional_in = self.realized = self.fees = 0
        self.entry_value = self.exit_value = 0

    def enter(self, signed_units: int, price_units: int, notional_money: int, fee_money: int) -> None:
        """Add to the position; `signed_units` has the position's sign."""
        self.held += signed_units
        self.entered += signed_units
        self.entry_value += abs(signed_units) * price_units
        self.cost += notional_money
        self.notional_in += notional_money
        self.fees += fee_money
        self.fills += 1

    def reduce(self, units: int, time_ns: int, price_units: int, notional_money: int, fee_money: int) -> None:
        """Take `units` > 0 off the position, at most all of it, and realize their profit."""
        size = abs(self.held)
        cost = self.cost if units == size else divide_half_even(self.cost * units, size)
        gain = notional_money - cost
        self.realized += gain if self.held > 0 else -gain
        self.cost -= cost
        self.held += -units if self.held > 0 else units
        self.exited += units
        self.exit_value += units * price_units
        self.exit_time = time_ns
        self.fees += fee_money
        self.fills += 1

    def rescale(self, before_units: int, after_units: int) -> None:
        """Apply a share split that turned `before_units` of the account into `after_units`."""
        after, before = abs(after_units), abs(before_units)
        self.held = divide_half_even(self.held * after, before)
        self.entered = divide_half_even(self.entered * after, before)
        self.exited = divide_half_even(self.exited * after, before)


def round_trips(fills: RecordArray, bars: RecordArray | None = None) -> RoundTrips:
    """Join fills into trades.

    Parameters
    ----------
    fills : FILL array, shape (n,)
        In the order they happened.
    bars : BAR array, optional
        For ``bars_held``; in order of time per instrument.

    Returns
    -------
    RoundTrips
        Gross profits of closed and open trades together add up to the realized profit of the portfolio where one
        strategy trades an account's instrument; several are told apart by their own fills.
    """
    simple = _simple_pairs(fills)
    rest = np.setdiff1d(np.arange(len(fills)), simple, assume_unique=True)
    joined, ended, remaining = _joined(fills[rest], has_all=len(rest) == len(fills))
    trades = np.concatenate([_paired(fills, simple), _rows(joined)])
    # In order of the fill that ended each.
    closed = trades[np.argsort(np.concatenate([simple[1], rest[ended]]), kind="stable")]
    open_ = _rows(remaining)
    _count_bars(closed, open_, bars)
    return RoundTrips(closed, open_)


def _simple_pairs(fills: RecordArray) -> IntArray:
    """Find the trades that one fill opened and the next closed: rows of the fills that did so, shape (2, m).

    They need no average of prices and no share of a cost. There are none where shares were split, which only the walk
    over all fills can follow.
    """
    none = np.empty((2, 0), dtype=np.int64)
    keys = [np.ascontiguousarray(fills[name]) for name in ("instrument", "account", "strategy")]
    signed = fills["side"] * fills["quantity_units"]
    if len(fills) < 2 or not (fills["quantity_units"] > 0).all() or _was_split(fills, keys[:2], signed):
        return none
    order = np.lexsort(keys)
    first = np.zeros(len(fills), dtype=bool)
    first[0] = True
    for key in keys:
        first[1:] |= key[order][1:] != key[order][:-1]
    starts = np.flatnonzero(first)
    running = np.cumsum(signed[order])
    held = running - np.repeat((running - signed[order])[starts], np.diff(np.append(starts, len(fills))))
    was_flat = first | (np.append(0, held[:-1]) == 0)
    opening = np.flatnonzero(was_flat[:-1] & (held[1:] == 0) & ~first[1:])
    pairs = np.stack([order[opening], order[opening + 1]])
    exact = (np.abs(fills["notional_money"]) + np.abs(fills["fee_money"]) < _EXACT_FLOAT)[pairs].all(axis=0)
    return pairs[:, exact]


def _was_split(fills: RecordArray, holding: Sequence[IntArray], signed: IntArray) -> bool:
    """Tell whether an account's position ever was another before a fill than after the one before it."""
    order = np.lexsort(holding)
    after = fills["position_units"][order]
    same = np.ones(len(fills) - 1, dtype=bool)
    for key in holding:
        same &= key[order][1:] == key[order][:-1]
    return bool((after == NULL).any() or (same & (after[1:] - signed[order][1:] != after[:-1])).any())


def _paired(fills: RecordArray, pairs: IntArray) -> RecordArray:
    """Return the trades of pairs of fills."""
    entry, leaving = fills[pairs[0]], fills[pairs[1]]
    trades = np.empty(len(entry), dtype=TRADE)
    for name in ("strategy", "account", "instrument"):
        trades[name] = entry[name]
    trades["direction"] = entry["side"]
    trades["fills"], trades["open_units"], trades["bars_held"] = 2, 0, NULL
    trades["entry_time_ns"], trades["exit_time_ns"] = entry["venue_time_ns"], leaving["venue_time_ns"]
    trades["duration_ns"] = trades["exit_time_ns"] - trades["entry_time_ns"]
    trades["quantity_units"] = entry["quantity_units"]
    trades["entry_price_units"], trades["exit_price_units"] = entry["price_units"], leaving["price_units"]
    trades["entry_notional_money"] = entry["notional_money"]
    trades["gross_money"] = trades["direction"] * (leaving["notional_money"] - entry["notional_money"])
    trades["fee_money"] = entry["fee_money"] + leaving["fee_money"]
    trades["profit_money"] = trades["gross_money"] - trades["fee_money"]
    with np.errstate(divide="ignore", invalid="ignore"):
        fraction = trades["profit_money"] / np.abs(trades["entry_notional_money"])
    trades["return_fraction"] = np.where(trades["entry_notional_money"] == 0, np.nan, fraction)
    return trades


def _joined(fills: RecordArray, has_all: bool) -> tuple[list[Row], list[int], list[Row]]:
    """Walk over fills one by one.

    Parameters
    ----------
    fills : FILL array, shape (n,)
    has_all : bool
        Whether these are all fills of the run, so that a position that changed between two of them was split.

    Returns
    -------
    closed : list of rows
        Trades that ended flat, in order.
    ended : list of int
        Place of the fill that ended each.
    remaining : list of rows
        What is still held.
    """
    closed: list[Row] = []
    ended: list[int] = []
    positions: dict[tuple[int, int, int], _Position] = {}
    account_units: dict[tuple[int, int], int] = {}
    columns = (
        "strategy", "account", "instrument", "side", "venue_time_ns", "quantity_units", "price_units",
        "notional_money", "fee_money", "position_units",
    )  # fmt: skip
    rows = zip(*(fills[name].tolist() for name in columns), strict=True)
    for place, (strategy, account, instrument, side, time_ns, quantity, price, notional, fee, after) in enumerate(rows):
        holding = (account, instrument)
        if has_all and after != NULL:
            before = after - side * quantity
            reported = account_units.get(holding, before)
            if before != reported and before * reported > 0:
                _rescale(positions, holding, reported, before)
            account_units[holding] = after
        key = (strategy, account, instrument)
        _apply(positions, closed, key, side * quantity, time_ns, price, notional, fee)
        if len(closed) > len(ended):
            ended.append(place)
    return closed, ended, [_row(key, position) for key, position in positions.items()]


def _rescale(
    positions: dict[tuple[int, int, int], _Position], holding: tuple[int, int], before: int, after: int
) -> None:
    for key, position in positions.items():
        if key[1:] == holding:
            position.rescale(before, after)


def _apply(
    positions: dict[tuple[int, int, int], _Position],
    closed: list[Row],
    key: tuple[int, int, int],
    signed: int,
    time_ns: int,
    price: int,
    notional: int,
    fee: int,
) -> None:
    """Apply one fill to its position: enter, reduce, close, or close and open the other way."""
    position = positions.get(key)
    if position is None:
        position = positions[key] = _Position(time_ns)
        position.enter(signed, price, notional, fee)
        return
    if position.held * signed > 0:
        position.enter(signed, price, notional, fee)
        return
    size, units = abs(position.held), abs(signed)
    if units < size:
        position.reduce(units, time_ns, price, notional, fee)
        return
    own_notional = notional if units == size else divide_half_even(notional * size, units)
    own_fee = fee if units == size else divide_half_even(fee * size, units)
    position.reduce(size, time_ns, price, own_notional, own_fee)
    closed.append(_row(key, position))
    del positions[key]
    if units > size:
        rest = signed + size if signed < 0 else signed - size
        _apply(positions, closed, key, rest, time_ns, price, notional - own_notional, fee - own_fee)


def _row(key: tuple[int, int, int], position: _Position) -> Row:
    strategy, account, instrument = key
    entered, exited = abs(position.entered), position.exited
    profit = position.realized - position.fees
    return (
        strategy,
        account,
        instrument,
        1 if position.entered > 0 else -1,
        position.fills,
        position.entry_time,
        position.exit_time,
        entered,
        abs(position.held),
        position.entry_value / entered,
        position.exit_value / exited if exited else np.nan,
        position.notional_in,
        position.realized,
        position.fees,
        profit,
        profit / abs(position.notional_in) if position.notional_in else np.nan,
        position.exit_time - position.entry_time if exited else NULL,
        NULL,
    )


def _rows(rows: Sequence[Row]) -> RecordArray:
    return np.array(rows, dtype=TRADE) if rows else np.empty(0, dtype=TRADE)


def _count_bars(closed: RecordArray, open_: RecordArray, bars: RecordArray | None) -> None:
    """Fill in how many bars each trade was held for."""
    if bars is None or len(bars) == 0:
        return
    numbers, times = (np.ascontiguousarray(bars[name]) for name in ("instrument", "venue_time_ns"))
    is_one = bool((numbers == numbers[0]).all())
    for instrument in distinct(np.concatenate([closed["instrument"], open_["instrument"]])):
        ends = times[numbers == instrument] if not is_one or instrument != numbers[0] else times
        for trades in (closed, open_):
            own = trades["instrument"] == instrument
            trades["bars_held"][own] = _bars_between(ends, trades[own])


def _bars_between(ends_ns: IntArray, trades: RecordArray) -> IntArray:
    """Count bars that ended after entry and not after exit; to the last bar where there was no exit."""
    stop = np.where(trades["open_units"] > 0, ends_ns[-1] if len(ends_ns) else 0, trades["exit_time_ns"])
    first = np.searchsorted(ends_ns, trades["entry_time_ns"], side="right")
    counts: IntArray = np.maximum(np.searchsorted(ends_ns, stop, side="right") - first, 0).astype(np.int64)
    return counts
