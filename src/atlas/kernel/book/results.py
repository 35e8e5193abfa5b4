"""What became of a change of a book, and what the numbers of changes say; no record holds these."""

from __future__ import annotations

from enum import IntEnum


class SequenceRule(IntEnum):
    """What the numbers of a book's changes say."""

    ANY = 0
    CONSECUTIVE = 1
    ASCENDING = 2


class BookResult(IntEnum):
    """What became of a change of an order book; everything but OK has changed nothing."""

    OK = 0
    UNKNOWN_ORDER = 1
    DUPLICATE_ORDER = 2
    BAD_QUANTITY = 3
    BAD_SIDE = 4
    OFF_GRID = 5
    FULL = 6
    EXCESS = 7
    NOT_SYNCHRONISED = 8
    NOT_OF_A_BOOK = 9
