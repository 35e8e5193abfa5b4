"""Rows left out, sorted or chosen among because the user asked for it; each mending is noted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from atlas.records.enums import NULL

from .options import ReadOptions
from .tables import PRICE_COLUMNS, Table

Rows = npt.NDArray[np.intp]


def mend(table: Table, options: ReadOptions) -> Table:
    """
    Mend a table as far as the user asked for it.

    Parameters
    ----------
    table : Table
        As read.
    options : ReadOptions
        `missing`, `sort` and `duplicates` say what may be mended.

    Returns
    -------
    Table
        The same where nothing had to be; else its rows' places are those of the source, and its notes say what was
        done.
    """
    if options.missing == "refuse" and options.duplicates == "refuse" and not options.sort:
        return table
    rows: Rows = np.arange(len(table.start_ns))
    notes: list[str] = []
    if options.missing == "drop":
        rows = _with_values(table, rows, options)
        _note(notes, table, len(table.start_ns) - len(rows), "without a time or a price left out (missing='drop')")
    if options.sort:
        order = np.argsort(table.start_ns[rows], kind="stable")
        moved = int(np.count_nonzero(order != np.arange(len(order))))
        rows = rows[order]
        _note(notes, table, moved, "moved to be oldest first (sort=True)")
    if options.duplicates != "refuse":
        kept = _once(table, rows, keep_last=options.duplicates == "last")
        words = f"left out, of the time of another (duplicates={options.duplicates!r})"
        _note(notes, table, len(rows) - len(kept), words)
        rows = kept
    return _at(table, rows, tuple(notes)) if notes else table


def _note(notes: list[str], table: Table, count: int, words: str) -> None:
    if count:
        notes.append(f"{table.origin}: {count:,} {'row' if count == 1 else 'rows'} {words}")


def _with_values(table: Table, rows: Rows, options: ReadOptions) -> Rows:
    good = table.start_ns != NULL
    for prices in table.prices.values():
        good &= ~np.isnan(prices)
    if options.zeros == "refuse" and not bool((table.prices["low"] < 0.0).any()):
        for prices in table.prices.values():
            good &= prices != 0.0
    kept: Rows = rows[good]
    return kept


def _once(table: Table, rows: Rows, keep_last: bool) -> Rows:
    """Rows of which no two have one time and symbol, in their order."""
    times = table.start_ns[rows]
    codes = np.zeros(len(rows), np.int64) if table.codes is None else table.codes[rows]
    order = np.lexsort((np.arange(len(rows)), times, codes))
    same = (np.diff(times[order]) == 0) & (np.diff(codes[order]) == 0)
    drop = np.zeros(len(rows), bool)
    drop[order[:-1][same] if keep_last else order[1:][same]] = True
    kept: Rows = rows[~drop]
    return kept


def _at(table: Table, rows: Rows, notes: tuple[str, ...]) -> Table:
    """Some rows of a table, which remember where they stood."""
    places = rows if table.rows is None else table.rows[rows]
    return replace(
        table,
        start_ns=table.start_ns[rows],
        prices={name: table.prices[name][rows] for name in PRICE_COLUMNS},
        volume=None if table.volume is None else table.volume[rows],
        codes=None if table.codes is None else table.codes[rows],
        extras={name: values[rows] for name, values in table.extras.items()},
        available={name: values[rows] for name, values in table.available.items()},
        rows=places,
        notes=(*table.notes, *notes),
    )
