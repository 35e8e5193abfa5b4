"""What follows when a hook ended with an error: a record of it, and the orders of a halted strategy taken back."""

from __future__ import annotations

from atlas.kernel.memory.compilation import entry_point
from atlas.kernel.trader.orders import cancel_every
from atlas.kernel.trader.outputs import FAILED_KIND, emit, failed_at
from atlas.kernel.trader.tables import strategy_row, world_row
from atlas.records.enums import AskedBy, FailurePolicy, Why

BY_SYSTEM, WHY_RISK = int(AskedBy.SYSTEM), int(Why.RISK)
HALT_AND_CANCEL = int(FailurePolicy.HALT_AND_CANCEL)
HALTED = 1


@entry_point("i8(i8, i8, i8, i8, i8)")
def fail_strategy(world: int, strategy: int, line: int, code: int, policy: int) -> int:
    """Halt a strategy whose hook failed: put the failure into the outputs; cancel its orders where the policy says so.

    `code` is an `ErrorCode`, `policy` a `FailurePolicy`; the hook is the one that was running. Returns 0.
    """
    header, row = world_row(world, 0), strategy_row(world, strategy)
    row.status, row.failure_code, row.failure_line = HALTED, code, line
    failed = failed_at(emit(world, 1, 0, FAILED_KIND, 0))
    failed.strategy, failed.hook, failed.error_code, failed.line = strategy, header.running_hook, code, line
    failed.text_id, failed.event_sequence, failed.file_id = 0, header.event_count, 0
    failed.failure_policy, failed.reserved_57, failed.reserved_58, failed.reserved_60 = policy, 0, 0, 0
    header.running_strategy, header.running_hook = 0, 0
    if policy == HALT_AND_CANCEL:
        cancel_every(world, strategy, BY_SYSTEM, WHY_RISK)
    return 0
