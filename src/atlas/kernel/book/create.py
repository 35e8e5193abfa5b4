"""A block of books, built by the host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from atlas.kernel.book.ladder import ROOM_FOR_A_PAGE
from atlas.kernel.book.results import SequenceRule
from atlas.kernel.book.tables import FANOUT, NOTHING, ORDER_BOOKS
from atlas.kernel.memory.block import Block
from atlas.records.enums import NULL, BookCondition
from atlas.records.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class BookSetup:
    """One book.

    Parameters
    ----------
    tick_units : int
        Step of its prices, in price units, at least 1; all prices of the feed must be multiples of it.
    sequence_rule : SequenceRule
        What the numbers of its changes say of changes that are missing.
    condition : BookCondition
        SYNCHRONISED where the feed begins with an empty book, BUILDING where a snapshot comes first.
    """

    tick_units: int = 1
    sequence_rule: SequenceRule = SequenceRule.ANY
    condition: BookCondition = BookCondition.SYNCHRONISED


@dataclass(frozen=True, slots=True)
class BookCapacities:
    """Room in the pools that all books of a block share.

    Parameters
    ----------
    orders : int
        Orders that may rest at once.
    pages : int
        Runs of 64 ticks, beginning at multiples of 64, of one side of one book, that may hold levels at once.
    nodes : int, optional
        Inner nodes over pages; enough for every page where it is left out.
    taken : int
        Fills that one walk may give before the caller must come again.
    """

    orders: int = 16_384
    pages: int = 4_096
    nodes: int | None = None
    taken: int = 4_096


def create_books(setups: Sequence[BookSetup], capacities: BookCapacities | None = None) -> Block:
    """Build a block of books, numbered from 0 as they are given.

    Raises
    ------
    ConfigurationError
        There is no book, or a tick below 1.
    CapacityError
        A pool has no room at all.
    """
    room = capacities or BookCapacities()
    if not setups:
        raise ConfigurationError("a block of books needs at least one book")
    nodes = room.nodes if room.nodes is not None else room.pages + 2 * ROOM_FOR_A_PAGE * len(setups)
    entries = 2
    while entries < 2 * room.orders:
        entries *= 2
    block = Block(
        ORDER_BOOKS,
        {
            "books": len(setups),
            "sides": 2 * len(setups),
            "nodes": nodes,
            "pages": room.pages,
            "levels": room.pages * FANOUT,
            "orders": room.orders,
            "order_index": entries,
            "taken": room.taken,
        },
    )
    sides = block.rows("sides")
    sides["root"], sides["best_level"] = NOTHING, NOTHING
    rows = block.rows("books")
    rows["sequence"] = NULL
    for row, setup in zip(rows, setups, strict=True):
        if setup.tick_units < 1:
            raise ConfigurationError(f"a tick of {setup.tick_units} price units: it must be at least 1")
        row["tick_units"], row["sequence_rule"] = setup.tick_units, int(setup.sequence_rule)
        row["condition"], row["ticks_a_unit"] = int(setup.condition), 1.0 / setup.tick_units
    return block
