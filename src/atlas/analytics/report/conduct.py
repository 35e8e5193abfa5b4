"""How a run went, as HTML: whether it reached its end, what became of its orders, what its strategies logged."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Final

from atlas.analytics.report.content import Conduct
from atlas.analytics.summary import format_figure

ENDS: Final = {
    "failed": "This run failed before its data ended",
    "interrupted": "This run was interrupted before its data ended",
    "stopped": "This run stopped before its data ended",
}
"""How an end is told that is none of the data's."""
GRAVE_SHARE: Final = 0.01
"""From this part of the orders on, refusals are told at the top of the page."""


def banners(conduct: Conduct) -> str:
    """Return what must be known before any figure is read: an early end, many refused orders."""
    return ending(conduct) + _refused(conduct)


def ending(conduct: Conduct) -> str:
    """Return how the run ended, where that was not the end of its data."""
    text = ending_text(conduct)
    if not text:
        return ""
    said = f"{text} Every figure is of the part that was run."
    return f'<p class="banner {conduct.status}" role="status">{escape(said)}</p>'


def ending_text(conduct: Conduct) -> str:
    """Return the same as a sentence; empty where the run reached the end."""
    if conduct.status == "complete":
        return ""
    reason = f": {conduct.reason}" if conduct.reason and conduct.reason != conduct.status else ""
    return f"{ENDS[conduct.status]}{reason.rstrip('.')}."


def _refused(conduct: Conduct) -> str:
    asked, refused = sum(conduct.orders.values()), sum(conduct.refusals.values())
    if not refused or refused < GRAVE_SHARE * asked:
        return ""
    text = (
        f"{refused:,} of {asked:,} orders were refused, most of them by {reason_words(next(iter(conduct.refusals)))}."
    )
    return f'<a class="banner" href="#orders">{escape(text)}</a>'


def reason_words(reason: str) -> str:
    """Return why an order was refused, such as "the risk check of buying power"."""
    words = reason.replace("_", " ")
    return f"the risk check of {words.removeprefix('risk ')}" if words.startswith("risk ") else f"the venue: {words}"


def orders_section(conduct: Conduct) -> str:
    """Return what became of the orders, and the log."""
    refusals = {reason_words(reason): count for reason, count in conduct.refusals.items()}
    tables = _counts("Orders by how they ended", conduct.orders) + _counts("Refused by", refusals)
    counted = f'<div class="columns counts">{tables}</div>' if tables else '<p class="note">No order was asked for.</p>'
    return f'<section id="orders"><h2>Orders and log</h2>{counted}{_log(conduct)}</section>'


def _counts(caption: str, counts: Mapping[str, int]) -> str:
    if not counts:
        return ""
    whole = sum(counts.values())
    rows = "".join(
        f'<tr><th scope="row">{escape(word)}</th><td>{count:,}</td>'
        f"<td>{format_figure(count / whole, 'percent')}</td></tr>"
        for word, count in counts.items()
    )
    total = f'<tr class="total"><th scope="row">all</th><td>{whole:,}</td><td></td></tr>' if len(counts) > 1 else ""
    return f'<table class="facts"><caption>{caption}</caption><tbody>{rows}{total}</tbody></table>'


def _log(conduct: Conduct) -> str:
    if not conduct.log_count:
        return '<p class="note">The strategies logged nothing.</p>'
    shown = len(conduct.log)
    lines = escape("\n".join(conduct.log))
    note = f"The last {shown:,} of {conduct.log_count:,} lines." if shown < conduct.log_count else f"{shown:,} lines."
    return (
        '<div class="bar log-bar"><h3>Log of the strategies</h3><div class="tools">'
        '<input id="log-filter" type="search" placeholder="stopped, 2020-03 …" aria-label="Filter the log">'
        f'<span class="note" id="log-count" role="status">{note}</span></div></div>'
        f'<pre id="log-lines" class="log" tabindex="0" aria-label="Lines of the log">{lines}</pre>'
    )
