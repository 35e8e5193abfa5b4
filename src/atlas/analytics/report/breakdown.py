"""Who earned what: a table of the strategies and one of the symbols, whose rows add up to the run."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

import numpy as np

from atlas.analytics.report.content import ReportContent, Share
from atlas.analytics.returns import FloatArray
from atlas.analytics.summary import format_figure

MOST_ROWS: Final = 1_000
"""Of a table; beyond it stand the best and the worst half, and what the rest came to."""
COLUMNS: Final = (
    ("Profit", "Realized and unrealized, less fees"),
    ("", ""),
    ("Realized", "By what was closed, before fees; dividends and costs of borrowing included"),
    ("Unrealized", "Of what is still held, at the last marks"),
    ("Fees", ""),
    ("Value held", "Of the position at the end, at the last marks"),
    ("Trades", "Closed, from flat to flat"),
    ("Win rate", "Of closed trades"),
    ("Best trade", ""),
    ("Worst trade", ""),
)
ADDING_UP: Final = "Profit is realized and unrealized less fees; the rows add up to the run's."


@dataclass(frozen=True, slots=True)
class Row:
    """A share with the closed trades behind it."""

    share: Share
    profits: FloatArray


def rows_of(content: ReportContent, shares: Sequence[Share], field: str) -> list[Row]:
    """Return the rows of a table, the most profitable first.

    Parameters
    ----------
    content : ReportContent
    shares : sequence of Share
    field : {"strategy", "instrument"}
        Of the trades, that holds their numbers.
    """
    closed = content.trades.closed
    order = np.argsort(closed[field], kind="stable")
    numbers = np.array([share.number for share in shares])
    first, last = (np.searchsorted(closed[field][order], numbers, side=side) for side in ("left", "right"))
    profits = closed["profit_money"][order] / 10.0**content.money_exponent
    rows = [Row(share, profits[a:b]) for share, a, b in zip(shares, first, last, strict=True)]
    return sorted(rows, key=lambda row: (-row.share.profit, row.share.number))


def strategies_section(content: ReportContent) -> str:
    """Return what each strategy brought; empty where there is one."""
    if len(content.strategies) < 2:
        return ""
    return _section(content, "strategies", "Strategies", "Strategy", rows_of(content, content.strategies, "strategy"))


def symbols_section(content: ReportContent, drawn: Collection[int] = ()) -> str:
    """Return what each symbol came to; empty where there is one.

    Parameters
    ----------
    content : ReportContent
    drawn : collection of int
        Numbers of those with a price chart, which a click shows.
    """
    if len(content.symbols) < 2:
        return ""
    rows = rows_of(content, content.symbols, "instrument")
    return _section(content, "symbols", "Symbols", "Symbol", rows, drawn)


def _section(
    content: ReportContent, name: str, heading: str, column: str, rows: Sequence[Row], drawn: Collection[int] = ()
) -> str:
    half = MOST_ROWS // 2
    shown = rows if len(rows) <= MOST_ROWS else [*rows[:half], *rows[-half:]]
    left_out = [] if len(rows) <= MOST_ROWS else list(rows[half:-half])
    largest = max(abs(row.share.profit) for row in rows) or 1.0
    body = "".join(_row(row, largest, row.share.number in drawn) for row in shown)
    heads = f'<th scope="col" class="text">{column}</th>' + "".join(_head(*each) for each in COLUMNS)
    note = f"In {escape(content.currency)}. " if content.currency else ""
    note += '<span class="screen">A click on a name shows its prices. </span>' if drawn else ""
    return (
        f'<section id="{name}"><div class="bar"><h2>{heading}</h2><div class="tools"></div></div>'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{heading}, who earned what">'
        f'<table class="breakdown"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{body}</tbody><tfoot>{_feet(content, rows, left_out)}</tfoot></table></div>"
        f'<p class="note">{note}{ADDING_UP}</p></section>'
    )


def _head(label: str, title: str) -> str:
    if not label:
        return '<th class="bars" aria-hidden="true"></th>'
    return f'<th scope="col"{f" title={chr(34)}{escape(title)}{chr(34)}" if title else ""}>{label}</th>'


def _row(row: Row, largest: float, is_drawn: bool) -> str:
    name = escape(row.share.name)
    shown = f'<button class="link">{name}</button>' if is_drawn else name
    return (
        f'<tr data-number="{row.share.number}"><th scope="row">{shown}</th>{_money_cell(row.share.profit)}'
        f"{_bar(row.share.profit / largest)}{_amounts([row])}{_trades(row.profits)}</tr>"
    )


def _bar(part: float) -> str:
    """Return a bar from the middle, to the right for a profit."""
    kind = "up" if part > 0.0 else "down"
    return f'<td class="bars" aria-hidden="true"><i class="{kind}" style="--part:{abs(part) / 2:.3f}"></i></td>'


def _amounts(rows: Sequence[Row]) -> str:
    sums = [sum(getattr(row.share, name) for row in rows) for name in ("realized", "unrealized", "fees", "value")]
    return "".join(f"<td>{format_figure(float(each), 'money')}</td>" for each in sums)


def _trades(profits: FloatArray) -> str:
    count = len(profits)
    best, worst = (float(np.max(profits)), float(np.min(profits))) if count else (None, None)
    rate = format_figure(float(np.mean(profits > 0)) if count else None, "percent")
    return f"<td>{count:,}</td><td>{rate}</td>{_money_cell(best)}{_money_cell(worst)}"


def _feet(content: ReportContent, rows: Sequence[Row], left_out: Sequence[Row]) -> str:
    """Return the sums: of the rows that are not shown, of what nobody earned, of all."""
    feet = _sum_row(f"{len(left_out):,} more", left_out) if left_out else ""
    whole = content.summary.final_equity - content.summary.initial_cash
    rest = whole - sum(row.share.profit for row in rows)
    if abs(rest) >= 0.005:
        cells = "<td></td>" * (len(COLUMNS) - 1)
        feet += f'<tr><th scope="row">Of none: interest on cash</th>{_money_cell(rest)}{cells}</tr>'
    return feet + _sum_row("Total", rows, whole)


def _sum_row(name: str, rows: Sequence[Row], profit: float | None = None) -> str:
    profits = np.concatenate([row.profits for row in rows])
    whole = float(sum(row.share.profit for row in rows)) if profit is None else profit
    kind = ' class="total"' if profit is not None else ""
    return (
        f'<tr{kind}><th scope="row">{name}</th>{_money_cell(whole)}<td class="bars"></td>'
        f"{_amounts(rows)}{_trades(profits)}</tr>"
    )


def _money_cell(value: float | None) -> str:
    text = format_figure(value, "money")
    kind = "" if not value or not any(digit in text for digit in "123456789") else "gain" if value > 0 else "loss"
    return f"<td{f' class={chr(34)}{kind}{chr(34)}' if kind else ''}>{text}</td>"
