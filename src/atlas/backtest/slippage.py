"""What the slippage model took from fills: how far it moved the price of each, and what that came to."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from atlas.backtest.settings import RunSettings
from atlas.data.bars import BarHistory
from atlas.records.enums import OrderType, PriceRule
from atlas.records.layout import RecordArray

MILLION, BILLION = 10**6, 10**9
UNMOVED: Final = (OrderType.LIMIT, OrderType.STOP_LIMIT)
"""Types of orders whose fills no model moves."""

Whole = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def charged_money(fills: RecordArray, history: BarHistory, settings: RunSettings) -> Floats:
    """Return what the model of a run took from each fill, beyond the price by the rule of the bar.

    Parameters
    ----------
    fills : FILL array
        In order.
    history : BarHistory
        The bars they were filled on.
    settings : RunSettings

    Returns
    -------
    float64 array, shape (n,)
        In steps of the instrument's money; positive is a cost.
    """
    if not len(fills) or not (settings.slippage_bps or settings.impact_factor):
        return np.zeros(len(fills))
    is_moved = ~np.isin(fills["order_type"], UNMOVED) & (fills["price_rule"] != PriceRule.SETTLEMENT)
    units = np.ascontiguousarray(fills["quantity_units"])
    volumes = taken = np.zeros_like(units)
    if settings.slippage_model != "fixed":
        volumes, bars = bars_of_fills(fills, history)
        taken = taken_before(bars, units)
    share = np.where(is_moved, moved_billionths(settings, units, taken, volumes) / BILLION, 0.0)
    return np.asarray(np.abs(fills["notional_money"]) * share / (1.0 + fills["side"] * share), dtype=np.float64)


def moved_billionths(settings: RunSettings, units: Any, taken_units: Any, volume_units: Any) -> Whole:
    """Return how far fills of so many units move the price against themselves, in billionths of it.

    Parameters
    ----------
    settings : RunSettings
    units, taken_units, volume_units : int or int64 array
        Of each fill: its own, those that earlier fills took of its bar, and the bar's; 0 or less where it states none.
    """
    units, taken, volume = (np.atleast_1d(np.asarray(each, np.float64)) for each in (units, taken_units, volume_units))
    moved = np.full(len(units), round(settings.slippage_bps * 100) / MILLION)
    known = volume > 0
    whole = np.where(known, volume, 1.0)
    if settings.slippage_model == "square_root":
        moved += np.where(known, settings.impact_factor * np.sqrt(units / whole), 0.0)
    elif settings.slippage_model == "volume_share":
        share = (taken + units) / whole
        moved += np.where(known, settings.impact_factor * (share * share), 0.0)
    return np.asarray(np.minimum(np.rint(moved * BILLION), BILLION - 1), dtype=np.int64)


def bars_of_fills(fills: RecordArray, history: BarHistory) -> tuple[Whole, Whole]:
    """Return the volume of each fill's bar, 0 where it states none, and a number that tells bars apart; -1 for none."""
    volumes, numbers = np.zeros(len(fills), np.int64), np.full(len(fills), -1, np.int64)
    instruments = np.ascontiguousarray(history.records["instrument"])
    order = np.argsort(instruments, kind="stable")
    for instrument in np.unique(fills["instrument"]):
        own = np.flatnonzero(fills["instrument"] == instrument)
        begin, end = np.searchsorted(instruments, (instrument, instrument + 1), sorter=order)
        rows = order[begin:end]
        ends_ns, times_ns = history.records["venue_time_ns"][rows], fills["venue_time_ns"][own]
        # A fill at a close is part of the bar that ended then, any other of the bar that was running.
        ended = np.searchsorted(ends_ns, times_ns, side="left")
        place = np.where(
            fills["price_rule"][own] == PriceRule.CLOSE, ended, np.searchsorted(ends_ns, times_ns, side="right")
        )
        inside = place < len(rows)
        found = rows[place[inside]]
        numbers[own[inside]] = found
        volumes[own[inside]] = np.maximum(history.records["volume_units"][found], 0)
    return volumes, numbers


def taken_before(bars: Whole, units: Whole) -> Whole:
    """Return the units that earlier fills took of each fill's bar."""
    order = np.argsort(bars, kind="stable")
    sums = np.cumsum(units[order])
    begins = np.flatnonzero(np.diff(bars[order], prepend=bars[order][:1] - 1))
    before = np.repeat(sums[begins] - units[order][begins], np.diff(np.append(begins, len(bars))))
    taken = np.empty_like(units)
    taken[order] = sums - units[order] - before
    return taken
