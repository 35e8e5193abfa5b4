"""What follows when a hook ended with an error: a record of it, and the orders of a halted strategy taken back."""

from __future__ import annotations

from atlas.kernel.memory.compilation import entry_point
from atlas.kernel.trader.orders import cancel_working
from atlas.kernel.trader.outputs import FAILED_KIND, emit, failed_at
from atlas.kernel.trader.tables import instrument_row, strategy_row, world_row
from atlas.records.enums import AskedBy, ErrorCode, FailurePolicy, Why

BY_SYSTEM, WHY_RISK = int(AskedBy.SYSTEM), int(Why.RISK)
EXCEPTION, HALT_AND_CANCEL = int(ErrorCode.EXCEPTION), int(FailurePolicy.HALT_AND_CANCEL)
HALTED = 1


@entry_point("i8(i8, i8, i8, i8, i8)")
def fail_strategy(world: int, strategy: int, hook: int, line: int, policy: int) -> int:
    """Halt a strategy whose hook failed: put the failure into the outputs; cancel its orders where the policy says so.

    Returns how many orders were asked to be canceled.
    """
    header, row = world_row(world, 0), strategy_row(world, strategy)
    row.status, row.failure_code, row.failure_line = HALTED, EXCEPTION, line
    header.running_strategy, header.running_hook = 0, 0
    failed = failed_at(emit(world, 1, 0, FAILED_KIND, 0))
    failed.strategy, failed.hook, failed.error_code, failed.line = strategy, hook, EXCEPTION, line
    failed.text_id, failed.event_sequence, failed.file_id = 0, header.event_count, 0
    failed.failure_policy = policy
    count = 0
    if policy == HALT_AND_CANCEL:
        for instrument in range(1, header.instrument_count):
            if instrument_row(world, instrument).live_orders != 0:
                count += cancel_working(world, row.account, strategy, instrument, BY_SYSTEM, WHY_RISK)
    return count
