"""What a strategy's hook is handed: its context and the views of what happened, in ordinary floats.

One context a strategy stands outside the block (it holds addresses of this process). The kernel writes a view in place
before it calls a hook, compiled or interpreted, so a view that a strategy keeps will change under it.
Prices are in currency a unit of quantity, quantities in shares, contracts or coins, times in nanoseconds UTC.
"""

from __future__ import annotations

import enum

import numpy as np

from atlas.kernel.memory.block import floats, record, words
from atlas.kernel.memory.intrinsics import record_at
from atlas.records.enums import Hook

HOOK_COUNT = max(Hook) + 1
"""Rows of the table of calls stand in the order of `Hook`, from 0."""

# Each verb's signature as an entry point. All return a word or a float; a negative word is a `VerbError`.
VERBS: dict[str, str] = {
    # world, strategy, instrument, side, order type, time in force, quantity kind, expire time; quantity, limit, stop,
    # stop loss, take profit (NaN: none) -> order id
    "place": "i8(i8, i8, i8, i8, i8, i8, i8, i8, f8, f8, f8, f8, f8)",
    # the same, flags (OrderFlag), distance of a trailing stop in price or as a fraction (NaN: none) -> order id
    "place_with_terms": "i8(i8, i8, i8, i8, i8, i8, i8, i8, f8, f8, f8, f8, f8, i8, f8, f8)",
    # world, strategy, instrument, quantity kind, rebalance (0 or 1), value -> order id, 0 when nothing was to be done
    "target": "i8(i8, i8, i8, i8, i8, f8)",
    # world, strategy, order id -> 0
    "cancel": "i8(i8, i8, i8)",
    # world, strategy, two order ids, one of which is to cancel the other -> 1, 0 where one of them works no more
    "link": "i8(i8, i8, i8, i8)",
    # world, strategy, order id, quantity, limit, stop (NaN: unchanged) -> id of the request
    "replace": "i8(i8, i8, i8, f8, f8, f8)",
    # world, strategy, instrument (-1: all) -> how many were asked to be canceled
    "cancel_all": "i8(i8, i8, i8)",
    # world, strategy, instrument (-1: none), timer id, due time, interval (0: once) -> 0
    "set_timer": "i8(i8, i8, i8, i8, i8, i8)",
    # world, strategy, timer id -> how many were removed
    "cancel_timer": "i8(i8, i8, i8)",
    # world, strategy, instrument, text id, number of values, eight values -> 0
    "log": "i8(i8, i8, i8, i8, i8, f8, f8, f8, f8, f8, f8, f8, f8)",
    # world, strategy, instrument, strength in -1..1 -> order id or 0
    "signal": "i8(i8, i8, i8, f8)",
    # world, strategy, instrument, Query -> value
    "query": "f8(i8, i8, i8, i8)",
    # world, strategy, instrument, HistoryField, bars back (0: the last finished one) -> value, NaN when there is none
    "history": "f8(i8, i8, i8, i8, i8)",
    # world, strategy, instrument, number of a further column, rows back -> value, NaN when none is known yet
    "column": "f8(i8, i8, i8, i8, i8)",
    # world, strategy, instrument, 0 uniform in [0, 1) or 1 standard normal -> value
    "random": "f8(i8, i8, i8, i8)",
}


class Query(enum.IntEnum):
    """What the verb `query` can be asked."""

    EQUITY = 0
    CASH = 1
    POSITION = 2
    AVERAGE_PRICE = 3
    UNREALIZED = 4
    REALIZED = 5
    MARK = 6
    WORKING_ORDERS = 7
    CLOCK_NS = 8
    BUYING_POWER = 9
    OPEN_POSITIONS = 10
    INSTRUMENT_COUNT = 11
    TRADING_STATE = 12
    FEES = 13
    STRATEGY_POSITION = 14
    POSITION_VALUE = 15
    BAR_COUNT = 16
    MEMBER = 17


class HistoryField(enum.IntEnum):
    """Columns of an instrument's kept bars."""

    TIME_NS = 0
    OPEN = 1
    HIGH = 2
    LOW = 3
    CLOSE = 4
    VOLUME = 5


class VerbError(enum.IntEnum):
    """Why a verb could not make an order at all; hooks raise it as an error with these words."""

    NOT_FINITE = -1
    NOT_POSITIVE = -2
    UNKNOWN_INSTRUMENT = -3
    UNKNOWN_ORDER = -4
    OUT_OF_RANGE = -5
    FULL = -6
    TOO_MANY_CHAINED = -7
    UNSUPPORTED = -8
    NO_PRICE_YET = -9
    NOT_A_PAIR = -10


VERB_MESSAGES = {
    VerbError.NOT_FINITE: "a quantity, price or weight is NaN or infinite",
    VerbError.NOT_POSITIVE: "a quantity or price must be above zero",
    VerbError.UNKNOWN_INSTRUMENT: "no such instrument in this run",
    VerbError.UNKNOWN_ORDER: "no such order of this strategy is working",
    VerbError.OUT_OF_RANGE: "a quantity or price is beyond what the instrument's units can hold",
    VerbError.FULL: "a table of the run is full; raise its capacity",
    VerbError.TOO_MANY_CHAINED: "too many orders were chained in one step",
    VerbError.UNSUPPORTED: "this order type or time in force is not available at this venue",
    VerbError.NO_PRICE_YET: "the instrument has no price yet",
    VerbError.NOT_A_PAIR: "one-cancels-other takes two orders of one instrument that are part of no other pair",
}

BAR_VIEW = record(
    words("instrument", "time_ns", "start_ns", "specification"), floats("open", "high", "low", "close", "volume")
)
ORDER_VIEW = record(
    words("id", "instrument", "side", "state", "reason", "time_ns", "parent"),
    floats("quantity", "filled", "limit", "stop", "average_price"),
)
FILL_VIEW = record(
    words("order_id", "instrument", "side", "time_ns"), floats("quantity", "price", "fee", "position", "realized")
)
TIMER_VIEW = record(words("id", "instrument", "time_ns", "due_ns"))
SLICE_VIEW = record(words("time_ns", "count"))
CONTEXT = np.dtype(
    [
        ("world", "i8"),
        ("strategy", "i8"),
        ("instrument", "i8"),
        ("line", "i8"),
        # Where the strategy's row of instrument 0 in `targets` is, and how many rows there are.
        ("targets_address", "i8"),
        ("instrument_count", "i8"),
        *((f"{name}_address", "i8") for name in VERBS),
        # Entries of `columns.COLUMN`, by column and then by instrument; 0 columns where the strategy reads none.
        ("columns_address", "i8"),
        ("column_count", "i8"),
        ("bar", BAR_VIEW),
        ("order", ORDER_VIEW),
        ("fill", FILL_VIEW),
        ("timer", TIMER_VIEW),
        ("slice", SLICE_VIEW),
    ],
    align=True,
)


def offset_of(name: str) -> int:
    """Byte offset of a view within the context."""
    assert CONTEXT.fields is not None
    return int(CONTEXT.fields[name][1])


BAR_OFFSET, ORDER_OFFSET, FILL_OFFSET = offset_of("bar"), offset_of("order"), offset_of("fill")
TIMER_OFFSET, SLICE_OFFSET = offset_of("timer"), offset_of("slice")
context_at = record_at(CONTEXT)
bar_view_at, order_view_at, fill_view_at = record_at(BAR_VIEW), record_at(ORDER_VIEW), record_at(FILL_VIEW)
timer_view_at, slice_view_at = record_at(TIMER_VIEW), record_at(SLICE_VIEW)
