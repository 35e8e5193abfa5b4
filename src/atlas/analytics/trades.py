"""Round trips: fills joined into trades by average cost, the way the portfolio keeps its positions.

A trade runs from a flat position to the next flat position of one strategy, account and instrument. A fill that passes
through zero is split there: its first part ends one trade, the rest begins the next, and its fee, slippage and notional
are allotted by quantity. A fill that was busted never happened, a corrected one happened as corrected. Dividends and
the cash paid for fractions at a share split belong to the trade that held the shares.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np

from atlas.analytics.grouping import BarGroups, grouped
from atlas.analytics.positions import STILL_HELD, STRETCH, CorporateAction, Row, Walk
from atlas.analytics.returns import FloatArray, IntArray, distinct
from atlas.records.enums import NULL
from atlas.records.layout import RecordArray

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
        ("income_money", "<i8"),
        ("fee_money", "<i8"),
        ("slippage_money", "<i8"),
        ("profit_money", "<i8"),
        ("return_fraction", "<f8"),
        ("duration_ns", "<i8"),
        ("bars_held", "<i8"),
        ("entry_fill", "<i8"),
        ("exit_fill", "<i8"),
    ]
)
"""One trade.

``direction`` is +1 long, −1 short. ``quantity_units`` is all that was entered, ``open_units`` what is still held (0 in
a closed trade). Prices are averages weighted by quantity. ``gross_money`` is realized profit before fees,
``income_money`` the dividends received (paid, where short) while it was held, ``fee_money`` the fees of entries and
exits,
``profit_money`` gross and income less fees. ``slippage_money`` is the cost against the prices at submission, which
gross already holds. ``return_fraction`` is profit over the notional entered. ``entry_fill`` and ``exit_fill`` are the
places of its first entry and its last exit among the fills, `NULL` where there is none.
``exit_time_ns``, ``duration_ns`` are NULL and ``exit_price_units`` NaN where there was no exit; ``bars_held`` counts
the instrument's bars that ended after entry and not after exit, NULL where no bars were given.
"""


Conversion: TypeAlias = Callable[[IntArray, IntArray], FloatArray]
"""Gives, for instruments' numbers and times, how many steps of the account's money one step of theirs is worth."""

MONEY_FIELDS: Final = (
    "entry_notional_money",
    "gross_money",
    "income_money",
    "fee_money",
    "slippage_money",
    "profit_money",
)
_EXACT_FLOAT: Final = 2**51
"""Sums of four amounts below this are exact as floats."""


def _no_stretches() -> RecordArray:
    return np.empty(0, dtype=STRETCH)


@dataclass(frozen=True, slots=True)
class RoundTrips:
    """The trades of a run.

    Attributes
    ----------
    closed : TRADE array
        Trades that ended flat, in order of exit.
    open : TRADE array
        What was still held at the end, with what its partial exits realized. Not counted as trades by the metrics.
    closed_stretches, open_stretches : STRETCH array
        How each trade's position stood over time; ``trade`` is the place in `closed` or `open`.
    """

    closed: RecordArray
    open: RecordArray
    closed_stretches: RecordArray = field(default_factory=_no_stretches)
    open_stretches: RecordArray = field(default_factory=_no_stretches)

    def converted(self, conversion: Conversion) -> "RoundTrips":
        """Return the trades with all money in the account's currency, at the rates when each ended."""
        return RoundTrips(
            _converted(self.closed, conversion),
            _converted(self.open, conversion),
            self.closed_stretches,
            self.open_stretches,
        )


def _converted(trades: RecordArray, conversion: Conversion) -> RecordArray:
    made = trades.copy()
    ended_ns = np.where(trades["exit_time_ns"] == NULL, trades["entry_time_ns"], trades["exit_time_ns"])
    factors = conversion(trades["instrument"].astype(np.int64), ended_ns)
    for name in MONEY_FIELDS:
        # One is exact, whatever the size of the amount.
        made[name] = np.where(factors == 1.0, trades[name], np.rint(trades[name] * factors))
    return made


def round_trips(
    fills: RecordArray,
    bars: RecordArray | BarGroups | None = None,
    *,
    reversals: RecordArray | None = None,
    actions: Sequence[CorporateAction] = (),
) -> RoundTrips:
    """Join fills into trades.

    Parameters
    ----------
    fills : FILL array, shape (n,)
        In the order they happened.
    bars : BAR array or BarGroups, optional
        For ``bars_held``; in order of time per instrument.
    reversals : FILL_REVERSAL array, optional
        Busts and corrections of some of the fills.
    actions : sequence of CorporateAction
        In order of time. Where none are given and no fill was reversed, splits are seen in the positions fills report.

    Returns
    -------
    RoundTrips
        In each instrument's currency. Gross profits of closed and open trades together add up to the realized profit
        of the portfolio where one strategy trades an account's instrument; several are told apart by their own fills.
    """
    places = _standing(fills, reversals)
    infers = not actions and len(places) == len(fills)
    standing = fills if infers else _corrected(fills, places, reversals)
    simple = np.empty((2, 0), dtype=np.int64) if actions else _simple_pairs(standing, infers)
    rest = np.setdiff1d(np.arange(len(standing)), simple, assume_unique=True)
    walk = Walk(infers_splits=infers and len(rest) == len(standing))
    walk.run(standing[rest], places[rest].tolist(), actions)
    paired = _paired(standing, simple)
    paired["entry_fill"], paired["exit_fill"] = places[simple]
    # In order of the fill that ended each.
    order = np.argsort(np.concatenate([simple[1], rest[walk.ended]]), kind="stable")
    closed = np.concatenate([paired, _rows(walk.closed)])[order]
    stretches = np.concatenate([_pair_stretches(paired), _stretches(walk.stretches, len(paired))])
    place_of = np.empty(len(order), dtype=np.int64)
    place_of[order] = np.arange(len(order))
    stretches["trade"] = place_of[stretches["trade"]]
    remaining, held = walk.remaining()
    open_ = _rows(remaining)
    _count_bars(closed, open_, None if bars is None else grouped(bars))
    return RoundTrips(closed, open_, stretches, _stretches(held, 0))


def standing_fills(fills: RecordArray, reversals: RecordArray) -> RecordArray:
    """Return the fills without those that were busted, each corrected one in the place of what it corrects."""
    return fills if len(reversals) == 0 else fills[_standing(fills, reversals)]


def _standing(fills: RecordArray, reversals: RecordArray | None) -> IntArray:
    """Return the places of the fills that stand: a corrected one is in the place of the one it corrects."""
    places = np.arange(len(fills))
    if reversals is None or len(reversals) == 0:
        return places
    known = {(int(fill["instrument"]), int(fill["execution_id"])): place for place, fill in enumerate(fills)}
    for reversal in reversals:
        instrument = int(reversal["instrument"])
        meant = known.get((instrument, int(reversal["reference_id"])))
        correction = known.get((instrument, int(reversal["execution_id"])))
        if meant is None:
            continue
        seat = int(np.flatnonzero(places == meant)[0])
        places[seat] = -1 if correction is None else correction
        if correction is not None:
            places[correction] = -1
    return places[places >= 0]


def _corrected(fills: RecordArray, places: IntArray, reversals: RecordArray | None) -> RecordArray:
    """Return the fills that stand, each at the time of the one it corrects."""
    standing = fills[places]
    if reversals is not None and len(reversals):
        # A corrected fill sits where the first was: it is as old as what follows it.
        times = standing["venue_time_ns"]
        standing["venue_time_ns"] = np.minimum.accumulate(times[::-1])[::-1]
    return standing


def _pair_stretches(trades: RecordArray) -> RecordArray:
    """Return the one stretch of each trade of a single entry and a single exit."""
    made = np.empty(len(trades), dtype=STRETCH)
    made["trade"], made["realized_money"] = np.arange(len(trades)), 0
    made["first_ns"], made["last_ns"] = trades["entry_time_ns"], trades["exit_time_ns"]
    made["held_units"], made["cost_money"] = trades["quantity_units"], trades["entry_notional_money"]
    return made[made["last_ns"] > made["first_ns"]]


def _stretches(rows: Sequence[Row], first_trade: int) -> RecordArray:
    made = np.array(rows, dtype=STRETCH) if rows else _no_stretches()
    made["trade"] += first_trade
    return made


def _simple_pairs(fills: RecordArray, infers_splits: bool = True) -> IntArray:
    """Find the trades that one fill opened and the next closed: rows of the fills that did so, shape (2, m).

    They need no average of prices and no share of a cost. There are none where shares were split, which only the walk
    over all fills can follow.
    """
    none = np.empty((2, 0), dtype=np.int64)
    keys = [np.ascontiguousarray(fills[name]) for name in ("instrument", "account", "strategy")]
    signed = fills["side"] * fills["quantity_units"]
    if len(fills) < 2 or not (fills["quantity_units"] > 0).all():
        return none
    if infers_splits and _was_split(fills, keys[:2], signed):
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
    trades["income_money"], trades["entry_fill"], trades["exit_fill"] = 0, NULL, NULL
    trades["entry_time_ns"], trades["exit_time_ns"] = entry["venue_time_ns"], leaving["venue_time_ns"]
    trades["duration_ns"] = trades["exit_time_ns"] - trades["entry_time_ns"]
    trades["quantity_units"] = entry["quantity_units"]
    trades["entry_price_units"], trades["exit_price_units"] = entry["price_units"], leaving["price_units"]
    trades["entry_notional_money"] = entry["notional_money"]
    trades["gross_money"] = trades["direction"] * (leaving["notional_money"] - entry["notional_money"])
    trades["fee_money"] = entry["fee_money"] + leaving["fee_money"]
    trades["slippage_money"] = _known(entry["slippage_money"]) + _known(leaving["slippage_money"])
    trades["profit_money"] = trades["gross_money"] - trades["fee_money"]
    with np.errstate(divide="ignore", invalid="ignore"):
        fraction = trades["profit_money"] / np.abs(trades["entry_notional_money"])
    trades["return_fraction"] = np.where(trades["entry_notional_money"] == 0, np.nan, fraction)
    return trades


def _known(money: IntArray) -> IntArray:
    return np.where(money == NULL, 0, money)


def _rows(rows: Sequence[Row]) -> RecordArray:
    return np.array(rows, dtype=TRADE) if rows else np.empty(0, dtype=TRADE)


def _count_bars(closed: RecordArray, open_: RecordArray, groups: BarGroups | None) -> None:
    """Fill in how many bars each trade was held for."""
    if groups is None or len(groups.bars) == 0:
        return
    for instrument in distinct(np.concatenate([closed["instrument"], open_["instrument"]])):
        ends = groups.ends_ns(int(instrument))
        for trades in (closed, open_):
            own = trades["instrument"] == instrument
            trades["bars_held"][own] = _bars_between(ends, trades[own])


def _bars_between(ends_ns: IntArray, trades: RecordArray) -> IntArray:
    """Count bars that ended after entry and not after exit; to the last bar where there was no exit."""
    stop = np.where(trades["open_units"] > 0, STILL_HELD, trades["exit_time_ns"])
    first = np.searchsorted(ends_ns, trades["entry_time_ns"], side="right")
    counts: IntArray = np.maximum(np.searchsorted(ends_ns, stop, side="right") - first, 0).astype(np.int64)
    return counts
