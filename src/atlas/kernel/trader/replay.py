"""A journal's rows applied in one compiled loop: what live trading did one call at a time, with the same calls.

The host names the rows in a `REPLAY` record beside the block. An event is applied once what follows it in the journal
is known: the commands that were recorded for it, up to where the next event begins. Those are compared with what the
kernel emits or, of muted strategies, laid out where their verbs take them (see `recovery`). All that is no market data
or report with its commands is the host's, and so is what contradicts itself: the loop stops before it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from atlas.kernel.memory.block import table_capacity, words
from atlas.kernel.memory.compilation import PLAIN, entry_point, kernel_function
from atlas.kernel.memory.intrinsics import copy_bytes, load, native_call, record_at, store
from atlas.kernel.trader.outputs import (
    CANCEL_KIND,
    COMMANDS_ENTRY,
    CONTINUED_FLAG,
    NEW_ORDER_KIND,
    REPLACE_KIND,
    ROW_BYTES,
    cancel_order_at,
    new_order_at,
    replace_order_at,
)
from atlas.kernel.trader.recovery import COMMAND_BYTES, HEADER_WORD, install_command
from atlas.kernel.trader.step import NEVER, apply_event
from atlas.kernel.trader.tables import call_row, command_address, world_row
from atlas.records.commands import CANCEL_ORDER, REPLACE_ORDER
from atlas.records.enums import OrderFlag
from atlas.records.kinds import COMMAND_KINDS, MARKET_KINDS, OPERATOR_KINDS, REFERENCE_KINDS, REPORT_KINDS, Kind
from atlas.records.layout import LAYOUTS
from atlas.records.outputs import COMMAND_CAUSE

REPLAY = np.dtype(
    [
        *words("rows_address", "row_count", "first_sequence", "cursor", "until_sequence", "until_ns"),
        # What commands are compared with, or taken from; a word a strategy says whether it is muted.
        *words("recompute", "muted_address", "strategy_count", "muted_count"),
        *words("recorded_address", "waiting_address", "command_capacity", "apply_address", "install_address"),
        # The event at the cursor: whether it is being applied, where the next one begins, its commands, its records.
        *words("stage", "next_row", "recorded_count", "waiting_count", "read_count"),
        *words("record_count", "event_count", "command_count", "largest_ns", "largest_row"),
    ]
)
replay_at, cause_at = record_at(REPLAY), record_at(COMMAND_CAUSE)

ENDED, HOST, DIVERGED = 0, 1, 2
READY, PASSED_BY = 3, 4
BEFORE, WITHIN, ALONE = 0, 1, 2

# What a kind is to the loop. `PASSED`: neither applied nor compared. `BOUNDARY`: the host's, and ends what an event
# before it caused. `HOSTED`: the host's, and may belong to the event before it.
HOSTED, EVENT, PASSED, CAUSE, COMMAND, BOUNDARY = range(6)
GROUPS = np.full(256, PASSED, np.int64)
GROUPS[[*MARKET_KINDS, *REPORT_KINDS, *REFERENCE_KINDS, *OPERATOR_KINDS]] = BOUNDARY
GROUPS[[kind for kind in LAYOUTS if kind in {*MARKET_KINDS, *REPORT_KINDS, *REFERENCE_KINDS}]] = EVENT
GROUPS[[*COMMAND_KINDS, Kind.STRING, Kind.EPOCH, Kind.STRATEGY_FAILED]] = HOSTED
GROUPS[[Kind.LEASE, Kind.BOOT, Kind.FINGERPRINT]] = PASSED
GROUPS[[Kind.NEW_ORDER, Kind.CANCEL_ORDER, Kind.REPLACE_ORDER]] = COMMAND
GROUPS[Kind.ORDER_STATUS_REQUEST], GROUPS[Kind.COMMAND_CAUSE] = BOUNDARY, CAUSE
ROW_COUNTS = np.zeros(256, np.int64)
ROW_COUNTS[list(LAYOUTS)] = [dtype.itemsize // ROW_BYTES for dtype in LAYOUTS.values()]
SINGLES = np.where((GROUPS == EVENT) & (ROW_COUNTS == 1), 1, 0)
RESENT_FLAG = int(OrderFlag.RESENT) << 48
NO_LIMIT = NEVER


def word_of(dtype: np.dtype[Any], name: str) -> int:
    """Number of the word that a field of eight bytes is."""
    assert dtype.fields is not None
    return int(dtype.fields[name][1]) // 8


CANCEL_SEQUENCE, REPLACE_SEQUENCE = word_of(CANCEL_ORDER, "sequence"), word_of(REPLACE_ORDER, "sequence")

if PLAIN:

    def call_apply(address: int, world: int, event: int) -> int:
        """Apply an event."""
        return int(apply_event.function(world, event))

    def call_install(address: int, world: int, command: int) -> int:
        """Install a recorded command."""
        return int(install_command.function(world, command))

else:
    # By address, as hooks call verbs: the loop stays small, and nothing is compiled a second time for it.
    call_apply = call_install = native_call("i8(i8, i8)")


# --- the journal's rows ----------------------------------------------------------------------------------------------


@kernel_function
def kind_at(address: int) -> int:
    """Kind of the record at `address`."""
    return (load(address + HEADER_WORD) >> 32) & 0xFF


@kernel_function
def group_of(address: int) -> int:
    """What the record at `address` is to the loop; a command that was sent again is an event."""
    group = int(GROUPS[kind_at(address)])
    if group == COMMAND and load(address + HEADER_WORD) & RESENT_FLAG != 0:
        return BOUNDARY
    return group


@kernel_function
def record_end(control: int, row: int) -> int:
    """Row behind the record that begins at `row`."""
    replay = replay_at(control)
    end, count, rows = row + 1, replay.row_count, replay.rows_address
    while end < count and load(rows + end * ROW_BYTES + HEADER_WORD) & CONTINUED_FLAG != 0:
        end += 1
    return end


@kernel_function
def strategy_of(address: int) -> int:
    """Strategy of the command at `address`."""
    kind = kind_at(address)
    if kind == NEW_ORDER_KIND:
        return int(new_order_at(address).strategy)
    if kind == CANCEL_KIND:
        return int(cancel_order_at(address).strategy)
    return int(replace_order_at(address).strategy)


@kernel_function
def is_muted(control: int, address: int) -> bool:
    """Whether the command at `address` is of a strategy whose commands are taken as recorded."""
    replay = replay_at(control)
    if replay.muted_count == 0:
        return False
    strategy = strategy_of(address)
    return strategy < replay.strategy_count and load(replay.muted_address + strategy * 8) != 0


@kernel_function
def put_padded(target: int, source: int, rows: int) -> None:
    """Copy a command of one or two rows, zeros behind it."""
    for word in range(8, 16):
        store(target + word * 8, 0)
    copy_bytes(target, source, rows * ROW_BYTES)


@kernel_function
def lay_out(control: int, row: int) -> bool:
    """Lay out the recorded command at `row`; false where it has no room, or not the rows of its kind."""
    replay = replay_at(control)
    address, rows = replay.rows_address + row * ROW_BYTES, record_end(control, row) - row
    if replay.recorded_count == replay.command_capacity or rows != int(ROW_COUNTS[kind_at(address)]):
        return False
    put_padded(replay.recorded_address + replay.recorded_count * COMMAND_BYTES, address, rows)
    replay.recorded_count += 1
    if is_muted(control, address):
        put_padded(replay.waiting_address + replay.waiting_count * COMMAND_BYTES, address, rows)
        replay.waiting_count += 1
    return True


@kernel_function
def read_consequences(control: int, row: int) -> int:
    """Read what was recorded for the event that ends before `row`: `READY`, or why it can't be applied here."""
    replay = replay_at(control)
    place, count, caused = row, replay.row_count, -1
    replay.recorded_count, replay.waiting_count, replay.read_count = 0, 0, 1
    while place < count:
        address = replay.rows_address + place * ROW_BYTES
        group = group_of(address)
        if group == EVENT or group == BOUNDARY:
            replay.next_row = place
            return READY if replay.recorded_count == max(caused, 0) else HOST
        if group == CAUSE:
            if caused >= 0 or cause_at(address).event_sequence != replay.first_sequence + replay.cursor:
                return HOST
            caused = int(cause_at(address).command_count)
        elif group == COMMAND:
            if caused < 0 or not lay_out(control, place):
                return HOST
        elif group != PASSED:
            return HOST
        replay.read_count += 1
        place = record_end(control, place)
    return ENDED


@kernel_function
def is_beyond(control: int) -> bool:
    """Whether the event at the cursor is one that the host doesn't want."""
    replay = replay_at(control)
    row = replay.cursor
    time_ns = load(replay.rows_address + row * ROW_BYTES + 8)
    return replay.first_sequence + row > replay.until_sequence or time_ns > replay.until_ns


@kernel_function
def is_alone(control: int) -> bool:
    """Whether at the cursor stands what a journal mostly holds: an event of one row, and another one behind it."""
    replay = replay_at(control)
    row = replay.cursor
    if row + 1 >= replay.row_count or is_beyond(control):
        return False
    address = replay.rows_address + row * ROW_BYTES
    following = address + ROW_BYTES
    if int(SINGLES[kind_at(address)]) == 0 or int(GROUPS[kind_at(following)]) != EVENT:
        return False
    return load(following + HEADER_WORD) & CONTINUED_FLAG == 0


@kernel_function
def take_record(control: int) -> int:
    """Look at the record at the cursor: `READY` to be applied, `PASSED_BY`, or why the loop stops before it."""
    replay = replay_at(control)
    row = replay.cursor
    address = replay.rows_address + row * ROW_BYTES
    group, end = group_of(address), record_end(control, row)
    if group == PASSED:
        replay.cursor, replay.record_count = end, replay.record_count + 1
        return PASSED_BY
    if group != EVENT or end - row != int(ROW_COUNTS[kind_at(address)]) or is_beyond(control):
        return HOST
    return read_consequences(control, end)


# --- an event and its commands ---------------------------------------------------------------------------------------


@kernel_function
def is_same_command(recorded: int, emitted: int, masked: bool) -> bool:
    """Whether two commands are the same, byte by byte; `masked`: but for their places among all commands."""
    kind = kind_at(recorded)
    for word in range(16):
        hidden = masked and (
            (kind == CANCEL_KIND and word == CANCEL_SEQUENCE) or (kind == REPLACE_KIND and word == REPLACE_SEQUENCE)
        )
        if load(recorded + word * 8) != load(emitted + word * 8) and not hidden:
            return False
    return True


@kernel_function
def do_commands_agree(world: int, control: int) -> bool:
    """Whether the commands that unmuted strategies emitted are those recorded, in order."""
    replay, header = replay_at(control), world_row(world, 0)
    position, index, masked = header.commands_read, 0, replay.muted_count != 0
    last, count, capacity = header.commands_written, replay.recorded_count, table_capacity(world, COMMANDS_ENTRY)
    while True:
        while position < last and is_muted(control, command_address(world, position % capacity)):
            position += 1
        while index < count and is_muted(control, replay.recorded_address + index * COMMAND_BYTES):
            index += 1
        if position == last or index == count:
            return position == last and index == count
        emitted = command_address(world, position % capacity)
        if not is_same_command(replay.recorded_address + index * COMMAND_BYTES, emitted, masked):
            return False
        position += 1
        index += 1


@kernel_function
def begin_event(world: int, control: int) -> None:
    """Name the recorded commands that wait for their verbs in the unused first row of `calls`."""
    replay = replay_at(control)
    replay.stage = WITHIN
    if replay.waiting_count != 0:
        waiting = call_row(world, 0)
        waiting.function, waiting.record = replay.waiting_address, replay.waiting_count


@kernel_function
def install_waiting(world: int, control: int) -> None:
    """Install the recorded commands that no verb took."""
    replay = replay_at(control)
    for index in range(replay.waiting_count):
        address = replay.waiting_address + index * COMMAND_BYTES
        if kind_at(address) != 0:
            call_install(replay.install_address, world, address)
    waiting = call_row(world, 0)
    waiting.function, waiting.record = 0, 0


@kernel_function
def count_event(control: int, next_row: int, records: int, commands: int) -> None:
    """Count the event at the cursor with what was recorded for it, and go on to the next one."""
    replay = replay_at(control)
    row = replay.cursor
    time_ns = load(replay.rows_address + row * ROW_BYTES + 8)
    if time_ns > replay.largest_ns or replay.largest_row < 0:
        replay.largest_ns, replay.largest_row = time_ns, row
    replay.record_count += records
    replay.event_count += 1
    replay.command_count += commands
    replay.cursor, replay.stage = next_row, BEFORE


@kernel_function
def end_alone(world: int, control: int) -> bool:
    """Take over what an event put out for which nothing was recorded; false where it gave commands."""
    replay, header = replay_at(control), world_row(world, 0)
    if header.commands_read != header.commands_written:
        replay.recorded_count, replay.waiting_count, replay.read_count = 0, 0, 1
        replay.next_row = replay.cursor + 1
        return False
    header.outputs_drained = header.outputs_written
    count_event(control, replay.cursor + 1, 1, 0)
    return True


@kernel_function
def end_event(world: int, control: int) -> bool:
    """Take over what an event put out and compare its commands; false, and nothing counted, where they differ."""
    replay, header = replay_at(control), world_row(world, 0)
    if replay.waiting_count != 0:
        install_waiting(world, control)
    header.outputs_drained = header.outputs_written
    none = header.commands_read == header.commands_written and replay.recorded_count == 0
    if replay.recompute != 0 and not none and not do_commands_agree(world, control):
        return False
    header.commands_read = header.commands_written
    count_event(control, replay.next_row, replay.read_count, replay.recorded_count)
    return True


@entry_point("i8(i8, i8)")
def replay_rows(world: int, control: int) -> int:
    """Apply the events among the rows of the `REPLAY` record at `control`, from its cursor on.

    Returns `ENDED` where the rows end, or before the last event, when what it caused may still follow; `HOST` before a
    record that the host plays itself; `DIVERGED` when the event at the cursor gave other commands than were recorded,
    which still stand among those on their way. A hook's exception passes through; called again, it goes on after the
    failed hook.
    """
    replay = replay_at(control)
    while replay.cursor < replay.row_count:
        if replay.stage == BEFORE and is_alone(control):
            replay.stage = ALONE
        elif replay.stage == BEFORE:
            answer = take_record(control)
            if answer == PASSED_BY:
                continue
            if answer != READY:
                return answer
            begin_event(world, control)
        call_apply(replay.apply_address, world, replay.rows_address + replay.cursor * ROW_BYTES)
        if replay.stage == ALONE and end_alone(world, control):
            continue
        if not end_event(world, control):
            return DIVERGED
    return ENDED
