"""Further columns of a run's data, as hooks may see them: never a value before it was known.

The columns lie outside the block, in memory of the host's: they are read-only, like the data itself. Which row is seen
follows from the time alone; the cursor of a column only says where to look first.
"""

from __future__ import annotations

from atlas.kernel.memory.block import record, words
from atlas.kernel.memory.compilation import entry_point, kernel_function
from atlas.kernel.memory.intrinsics import load, load_float, record_at
from atlas.kernel.trader.tables import instrument_row, strategy_row, world_row
from atlas.kernel.trader.views import VERBS, context_at
from atlas.records.enums import NULL

COLUMN = record(
    words("times_address", "time_stride", "values_address", "count", "cursor", "by_clock", "unused_1", "unused_2")
)
"""One column of one instrument: times in ascending order, `time_stride` bytes apart, and the floats known from them on.

`by_clock` is 1 where a value is seen once the clock has reached its time, 0 where the times are ends of bars, and a
value is seen once its instrument's bar was. The cursor is a row that was seen, -1 for none.
"""

column_row = record_at(COLUMN)
COLUMN_BYTES = COLUMN.itemsize
NULL_UNITS = NULL
NAN = float("nan")


@kernel_function
def newest_row(entry_address: int, now_ns: int) -> int:
    """Last row whose time is at or before `now_ns`, -1 where there is none: from the cursor on by doubled steps."""
    entry = column_row(entry_address)
    times, stride, count, row, step = entry.times_address, entry.time_stride, entry.count, entry.cursor, 1
    if row >= 0 and load(times + row * stride) > now_ns:
        row = -1
    while row + step < count and load(times + (row + step) * stride) <= now_ns:
        row += step
        step += step
    while step > 0:
        if row + step < count and load(times + (row + step) * stride) <= now_ns:
            row += step
        step >>= 1
    entry.cursor = row
    return int(row)


@entry_point(VERBS["column"])
def column(world: int, strategy: int, instrument: int, number: int, ago: int) -> float:
    """Read a further column's newest value that is known, or one `ago` rows before it; see `VERBS`."""
    header, context = world_row(world, 0), context_at(strategy_row(world, strategy).context_address)
    if instrument < 1 or instrument >= header.instrument_count or number < 0 or number >= context.column_count:
        return NAN
    entry_address = context.columns_address + (number * header.instrument_count + instrument) * COLUMN_BYTES
    entry, row = column_row(entry_address), instrument_row(world, instrument)
    now_ns = header.clock_ns
    if entry.by_clock == 0:
        if row.mark_units == NULL_UNITS:
            return NAN
        now_ns = min(now_ns, row.bar_time_ns)
    at = newest_row(entry_address, now_ns) - ago
    return load_float(entry.values_address + 8 * at) if ago >= 0 and at >= 0 else NAN
