"""What the trader tells its host: records in the output buffer, commands on their way, notices to strategies.

The host drains the output buffer between steps; `outputs_left` says whether a further step is safe.
"""

from __future__ import annotations

from typing import Any

from atlas.kernel.memory.block import ring_index, table_capacity
from atlas.kernel.memory.compilation import kernel_function
from atlas.kernel.memory.intrinsics import ROWS, record_at, store
from atlas.kernel.trader.tables import (
    COMMANDS,
    NOTICES,
    OUTPUTS,
    command_address,
    notice_row,
    output_address,
    world_row,
)
from atlas.records.commands import CANCEL_ORDER, NEW_ORDER, ORDER_LINK, ORDER_TERMS, REPLACE_ORDER
from atlas.records.kinds import Kind
from atlas.records.outputs import (
    CASH_POSTING,
    EQUITY_POINT,
    FILL,
    FILL_REVERSAL,
    LOG_LINE,
    ORDER_TRANSITION,
    QUARANTINED_REPORT,
    RISK_ALERT,
    SIGNAL,
    STRATEGY_FAILED,
    TRADING_STATE_CHANGE,
)

OUTPUTS_ENTRY, COMMANDS_ENTRY, NOTICES_ENTRY = OUTPUTS.entry, COMMANDS.entry, NOTICES.entry
ROW_BYTES = 64
LONG_AGO = -(2**63) + 1
CONTINUED_FLAG = 1 << 48
transition_at, fill_at, reversal_at = (
    record_at(ORDER_TRANSITION, ROWS),
    record_at(FILL, ROWS),
    record_at(FILL_REVERSAL, ROWS),
)
equity_point_at, alert_at, log_at = (
    record_at(EQUITY_POINT, ROWS),
    record_at(RISK_ALERT, ROWS),
    record_at(LOG_LINE, ROWS),
)
failed_at, quarantined_at = record_at(STRATEGY_FAILED, ROWS), record_at(QUARANTINED_REPORT, ROWS)
signal_at, state_change_at = record_at(SIGNAL, ROWS), record_at(TRADING_STATE_CHANGE, ROWS)
new_order_at, cancel_order_at, replace_order_at = (
    record_at(NEW_ORDER, ROWS),
    record_at(CANCEL_ORDER, ROWS),
    record_at(REPLACE_ORDER, ROWS),
)
posting_at, POSTING_KIND = record_at(CASH_POSTING, ROWS), int(Kind.CASH_POSTING)
link_at, terms_at = record_at(ORDER_LINK, ROWS), record_at(ORDER_TERMS, ROWS)

TRANSITION_KIND, FILL_KIND, REVERSAL_KIND = int(Kind.ORDER_TRANSITION), int(Kind.FILL), int(Kind.FILL_REVERSAL)
EQUITY_KIND, ALERT_KIND, LOG_KIND = int(Kind.EQUITY_POINT), int(Kind.RISK_ALERT), int(Kind.LOG_LINE)
FAILED_KIND, QUARANTINED_KIND = int(Kind.STRATEGY_FAILED), int(Kind.QUARANTINED_REPORT)
SIGNAL_KIND, STATE_CHANGE_KIND = int(Kind.SIGNAL), int(Kind.TRADING_STATE_CHANGE)
NEW_ORDER_KIND, CANCEL_KIND = int(Kind.NEW_ORDER), int(Kind.CANCEL_ORDER)
REPLACE_KIND, LINK_KIND, TERMS_KIND = int(Kind.REPLACE_ORDER), int(Kind.ORDER_LINK), int(Kind.ORDER_TERMS)


@kernel_function
def outputs_left(world: int) -> int:
    """Rows of 64 bytes the output buffer has room for before the host must drain it."""
    header = world_row(world, 0)
    return table_capacity(world, OUTPUTS_ENTRY) - (header.outputs_written - header.outputs_drained)


@kernel_function
def write_headers(address: int, rows: int, time_ns: int, instrument: int, kind: int, side: int) -> None:
    """Write the common header of a record of `rows` rows, both times equal."""
    word = instrument | (kind << 32) | ((side & 0xFF) << 40)
    for row in range(rows):
        start = address + row * ROW_BYTES
        store(start, time_ns)
        store(start + 8, time_ns)
        store(start + 16, word if row == 0 else word | CONTINUED_FLAG)


@kernel_function
def emit(world: int, rows: int, instrument: int, kind: int, side: int) -> int:
    """Reserve an output of `rows` rows stamped with the clock; returns its address. The caller writes every field."""
    header = world_row(world, 0)
    address = output_address(world, header.outputs_written - header.outputs_drained)
    header.outputs_written += rows
    header.quiet_until_ns = LONG_AGO
    write_headers(address, rows, header.clock_ns, instrument, kind, side)
    return address


@kernel_function
def commands_left(world: int) -> int:
    """Commands that may be emitted before the venue takes some."""
    header = world_row(world, 0)
    return table_capacity(world, COMMANDS_ENTRY) - (header.commands_written - header.commands_read)


@kernel_function
def emit_command(world: int, rows: int, instrument: int, kind: int, side: int) -> int:
    """Reserve a command slot (two rows, zeroed where `rows` is 1) stamped with the clock; returns its address."""
    header = world_row(world, 0)
    address = command_address(world, ring_index(world, COMMANDS_ENTRY, header.commands_written))
    header.commands_written += 1
    header.quiet_until_ns = LONG_AGO
    write_headers(address, rows, header.clock_ns, instrument, kind, side)
    if rows == 1:
        for word in range(8):
            store(address + ROW_BYTES + word * 8, 0)
    return address


@kernel_function
def push_notice(world: int, hook: int, strategy: int, instrument: int, order_id: int) -> Any:
    """Reserve a notice to a strategy, delivered after the hook that runs now has returned."""
    header = world_row(world, 0)
    notice = notice_row(world, ring_index(world, NOTICES_ENTRY, header.notices_written))
    header.notices_written += 1
    notice.hook, notice.strategy, notice.instrument, notice.order_id = hook, strategy, instrument, order_id
    notice.time_ns = header.clock_ns
    return notice


@kernel_function
def notices_left(world: int) -> int:
    """Notices that may be pushed before strategies are told."""
    header = world_row(world, 0)
    return table_capacity(world, NOTICES_ENTRY) - (header.notices_written - header.notices_read)


@kernel_function
def emit_alert(world: int, instrument: int, account: int, strategy: int, limit_kind: int, level: int) -> Any:
    """Reserve a risk alert with what is common to all; the caller writes `value`, `limit` and `reject_reason`."""
    alert = alert_at(emit(world, 1, instrument, ALERT_KIND, 0))
    alert.client_order_id, alert.account, alert.strategy = 0, account, strategy
    alert.limit_kind, alert.alert_level, alert.reject_reason = limit_kind, level, 0
    alert.trading_state = world_row(world, 0).trading_state
    alert.text_id = 0
    return alert
