"""What became of the orders of a run, and what its strategies logged, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from atlas.analytics.summary import format_time
from atlas.records.enums import OrderState, RejectReason
from atlas.records.layout import RecordArray

BASE_STATES: Final = 15
"""Bits of a state that are no pending flag."""

WORDS: Final = {
    OrderState.FILLED: "filled",
    OrderState.CANCELED: "cancelled",
    OrderState.EXPIRED: "expired",
    OrderState.REJECTED: "refused",
}
"""How an order can end; in any other state it was still working."""


def order_outcomes(transitions: RecordArray) -> dict[str, int]:
    """Return how many orders ended how, the most frequent first.

    Parameters
    ----------
    transitions : ORDER_TRANSITION array
        In order of time.
    """
    # Of each order the last row: the first of its number from behind.
    _, last = np.unique(transitions["client_order_id"][::-1], return_index=True)
    states = transitions["to_state"][::-1][last] & BASE_STATES
    found: dict[str, int] = {}
    for state, count in zip(*np.unique(states, return_counts=True), strict=True):
        word = WORDS.get(int(state), "still working")  # type: ignore[call-overload]
        found[word] = found.get(word, 0) + int(count)
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def refusal_reasons(transitions: RecordArray) -> dict[str, int]:
    """Return why orders were refused and how often, the most frequent reason first."""
    refused = transitions["reject_reason"][transitions["to_state"] == int(OrderState.REJECTED)]
    reasons, counts = np.unique(refused, return_counts=True)
    by_count = sorted(zip(counts.tolist(), reasons.tolist(), strict=True), reverse=True)
    return {RejectReason(reason).name.lower(): count for count, reason in by_count}


def refusal_note(outcomes: Mapping[str, int], reasons: Mapping[str, int]) -> str:
    """Return how many orders were refused, and why; empty where none was."""
    count = sum(reasons.values())
    if not count:
        return ""
    told = ", ".join(f"{each:,} {reason}" for reason, each in reasons.items())
    return f"{count:,} of {sum(outcomes.values()):,} orders {'was' if count == 1 else 'were'} refused: {told}."


def log_lines(lines: RecordArray, texts: Mapping[int, str], names: Sequence[str], symbols: Sequence[str]) -> list[str]:
    """Return lines of the log in words.

    Parameters
    ----------
    lines : LOG_LINE array
    texts : mapping of int to str
        Templates by number.
    names, symbols : sequence of str
        Of strategies and instruments, by number.
    """
    return [log_text(line, texts, names, symbols) for line in lines]


def log_text(line: Any, texts: Mapping[int, str], names: Sequence[str], symbols: Sequence[str]) -> str:
    """Return one line of the log in words."""
    values = [float(line[f"value_{place}"]) for place in range(1, int(line["value_count"]) + 1)]
    template = texts.get(int(line["text_id"]), "")
    try:
        text = template.format(*values)
    except (IndexError, KeyError, ValueError):
        text = " ".join([template, *(f"{value:g}" for value in values)])
    place = " ".join(part for part in (names[int(line["strategy"])], symbols[int(line["instrument"])]) if part)
    return f"{format_time(int(line['venue_time_ns']))} {place}: {text}"
