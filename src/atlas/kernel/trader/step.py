"""One step of the trader: what is due before an event, the event itself, and what strategies make of it.

Before an event at time T every timer due at t ≤ T, and every bar that ended and every day that closed before T, is a
step of its own at its own clock. Then the event: marks, hooks in the order of the strategies, their orders, what they
are told. `on_slice` comes once after the last event of equal time.
"""

from __future__ import annotations

from atlas.kernel.memory.compilation import entry_point, kernel_function, rare_function
from atlas.kernel.memory.exact import multiply_divide, to_units
from atlas.kernel.memory.heap import heap_peek_due, heap_push, remove_at
from atlas.kernel.memory.intrinsics import ROWS, record_at
from atlas.kernel.trader.dispatch import (
    deliver_notices,
    dispatch_bar,
    dispatch_slice,
    dispatch_timer,
)
from atlas.kernel.trader.ledger import (
    accrue,
    emit_equity_points,
    mark,
    pay_dividend,
    revalue,
    split_shares,
    stop_if_negative,
)
from atlas.kernel.trader.margin import await_margin_check, check_margins
from atlas.kernel.trader.orders import split_working
from atlas.kernel.trader.reports import apply_cancel_reject, apply_execution_report
from atlas.kernel.trader.risk import begin_day, watch_equity
from atlas.kernel.trader.tables import (
    TIMERS,
    aggregator_row,
    history_row,
    instrument_row,
    timer_row,
    world_row,
)
from atlas.records.enums import NULL
from atlas.records.kinds import Kind
from atlas.records.market import BAR
from atlas.records.reference import DIVIDEND, SPLIT

TIMERS_ENTRY = TIMERS.entry
bar_at, split_at, dividend_at = record_at(BAR, ROWS), record_at(SPLIT, ROWS), record_at(DIVIDEND, ROWS)
KIND_BAR, KIND_REPORT, KIND_CANCEL_REJECT = int(Kind.BAR), int(Kind.EXECUTION_REPORT), int(Kind.CANCEL_REJECT)
KIND_SPLIT, KIND_DIVIDEND, KIND_CLOCK = int(Kind.SPLIT), int(Kind.DIVIDEND), int(Kind.CLOCK)
NULL_UNITS = NULL
NEVER = 2**63 - 1
DAY_NS = 86_400_000_000_000


@kernel_function
def set_clock(world: int, time_ns: int) -> None:
    """Carry the clock forward: it is the largest local time seen."""
    header = world_row(world, 0)
    if time_ns > header.clock_ns:
        header.clock_ns = time_ns


@rare_function
def check_equity(world: int) -> None:
    """Compare equity with the limits where any is configured; stop the run on negative equity.

    An account that is long on its own cash can't lose more than that at a price above zero: nobody asks for it.
    """
    watched = world_row(world, 0).watch_equity != 0
    for account in range(world_row(world, 0).account_count):
        if watched:
            watch_equity(world, account)
        stop_if_negative(world, account)


@rare_function
def keep_history(world: int, instrument: int) -> None:
    """Keep an instrument's last bar in its ring of past bars."""
    length, row = world_row(world, 0).history_length, instrument_row(world, instrument)
    kept = history_row(world, instrument * length + row.history_written % length)
    row.history_written += 1
    kept.time_ns, kept.open_units, kept.high_units = row.bar_time_ns, row.open_units, row.high_units
    kept.low_units, kept.close_units, kept.volume_units = row.low_units, row.close_units, row.volume_units


@kernel_function
def add_to_slice(world: int) -> None:
    """Count an event into the slice of its time, where a strategy waits for slices."""
    header = world_row(world, 0)
    if header.slice_on != 0:
        header.slice_time_ns = header.clock_ns
        header.slice_instrument_count += 1
        header.quiet_until_ns = min(header.quiet_until_ns, header.clock_ns)


@kernel_function
def take_bar(world: int, address: int) -> None:
    """Take a bar into its instrument's row and mark it."""
    bar, header = bar_at(address), world_row(world, 0)
    instrument = int(bar.instrument)
    row = instrument_row(world, instrument)
    row.open_units, row.high_units, row.low_units = bar.open_units, bar.high_units, bar.low_units
    row.close_units, row.volume_units = bar.close_units, bar.volume_units
    row.bar_time_ns, row.bar_specification = bar.venue_time_ns, int(bar.side)
    set_clock(world, bar.local_time_ns)
    header.event_count += 1
    header.bar_count += 1
    holders, at_risk = mark(world, instrument, bar.close_units, bar.local_time_ns)
    if holders != 0:
        header.exposure_bar_count += 1
        if at_risk or header.watch_equity != 0:
            check_equity(world)


@kernel_function
def step_bar(world: int, address: int) -> None:
    """Apply a finished bar and run the strategies on it."""
    header, bar = world_row(world, 0), bar_at(address)
    header.bar_taken = 1
    header.step_count += 1
    take_bar(world, address)
    if header.bar_needs == 0:
        dispatch_bar(world, int(bar.instrument), int(bar.side), 1)
        header.bar_taken = 0
    else:
        step_whole_bar(world, address)


@rare_function
def step_whole_bar(world: int, address: int) -> None:
    """Run the strategies on a bar that is also kept, part of a slice or of longer bars, or may bring a margin call."""
    header, instrument = world_row(world, 0), int(bar_at(address).instrument)
    if header.margin_on != 0:
        await_margin_check(world, instrument)
    if header.aggregate_only == 0:
        if header.history_length > 0:
            keep_history(world, instrument)
        add_to_slice(world)
        header.dispatch_strategy = 1
    if header.aggregator_count != 0:
        add_to_aggregates(world, instrument, address)
    resume_bar(world, address)


@rare_function
def resume_bar(world: int, address: int) -> None:
    """Run the rest of a bar that is taken: the strategies from `dispatch_strategy` on, the longer bars it ends."""
    header, bar = world_row(world, 0), bar_at(address)
    instrument = int(bar.instrument)
    if header.dispatch_strategy != 0 and header.closing_aggregate == 0:
        dispatch_bar(world, instrument, int(bar.side), header.dispatch_strategy)
    if header.aggregator_count != 0:
        close_complete_aggregates(world, instrument, bar.venue_time_ns)
    header.bar_taken = 0


# --- bars made of bars -----------------------------------------------------------------------------------------------


@rare_function
def add_to_aggregates(world: int, instrument: int, address: int) -> None:
    """Add a finished bar to the longer bars of its instrument; those that ended before it began are closed already."""
    bar = bar_at(address)
    for index in range(world_row(world, 0).aggregator_count):
        aggregator = aggregator_row(world, index)
        if aggregator.instrument != instrument:
            continue
        if aggregator.bar_count == 0:
            aggregator.start_ns = bar.venue_time_ns - 1 - (bar.venue_time_ns - 1) % aggregator.length_ns
            aggregator.open_units = bar.open_units
            aggregator.high_units, aggregator.low_units = bar.high_units, bar.low_units
            aggregator.volume_units = 0
        aggregator.high_units = max(aggregator.high_units, bar.high_units)
        aggregator.low_units = min(aggregator.low_units, bar.low_units)
        aggregator.close_units = bar.close_units
        if bar.volume_units == NULL_UNITS or aggregator.volume_units == NULL_UNITS:
            aggregator.volume_units = NULL_UNITS
        else:
            aggregator.volume_units += bar.volume_units
        aggregator.bar_count += 1
    find_next_aggregate(world)


@kernel_function
def find_next_aggregate(world: int) -> None:
    """Find when the next unfinished longer bar ends."""
    header = world_row(world, 0)
    earliest = NEVER
    for index in range(header.aggregator_count):
        aggregator = aggregator_row(world, index)
        if aggregator.bar_count != 0:
            earliest = min(earliest, aggregator.start_ns + aggregator.length_ns)
    header.next_aggregate_ns = earliest


@kernel_function
def close_aggregate(world: int, index: int) -> None:
    """Finish a longer bar: into the instrument's row and history, then to the strategies."""
    aggregator, header = aggregator_row(world, index), world_row(world, 0)
    instrument = aggregator.instrument
    row = instrument_row(world, instrument)
    row.open_units, row.high_units = aggregator.open_units, aggregator.high_units
    row.low_units, row.close_units = aggregator.low_units, aggregator.close_units
    row.volume_units, row.bar_length_ns = aggregator.volume_units, aggregator.length_ns
    row.bar_time_ns = aggregator.start_ns + aggregator.length_ns
    aggregator.bar_count = 0
    if header.history_length > 0:
        keep_history(world, instrument)
    add_to_slice(world)
    header.closing_aggregate, header.dispatch_strategy = index + 1, 1
    finish_aggregate(world)


@rare_function
def finish_aggregate(world: int) -> None:
    """Hand the longer bar that is being closed to the strategies that have not seen it."""
    header = world_row(world, 0)
    aggregator = aggregator_row(world, header.closing_aggregate - 1)
    if header.dispatch_strategy != 0:
        dispatch_bar(world, aggregator.instrument, aggregator.specification, header.dispatch_strategy)
    header.closing_aggregate = 0


@rare_function
def close_complete_aggregates(world: int, instrument: int, time_ns: int) -> None:
    """Finish the longer bars of an instrument (-1: of all, in their order) that ended at or before `time_ns`."""
    header = world_row(world, 0)
    if header.closing_aggregate != 0:
        finish_aggregate(world)
    for index in range(header.aggregator_count):
        aggregator = aggregator_row(world, index)
        meant = instrument < 0 or aggregator.instrument == instrument
        if meant and aggregator.bar_count != 0 and aggregator.start_ns + aggregator.length_ns <= time_ns:
            close_aggregate(world, index)
    find_next_aggregate(world)


@rare_function
def close_due_aggregates(world: int, time_ns: int) -> None:
    """Finish the longer bars that ended at or before `time_ns` although no further bar has come."""
    set_clock(world, world_row(world, 0).next_aggregate_ns)
    close_complete_aggregates(world, -1, time_ns)


# --- what is due -----------------------------------------------------------------------------------------------------


@rare_function
def run_timer(world: int) -> None:
    """Run the earliest timer as a step of its own, at its own time; a repeating one is set again first."""
    timer = timer_row(world, 0)
    due, strategy, timer_id = timer.due_ns, timer.strategy, timer.timer_id
    instrument, interval, header = timer.instrument, timer.interval_ns, world_row(world, 0)
    remove_at(world, TIMERS_ENTRY, 0)
    set_clock(world, due)
    if interval > 0:
        header.next_timer_sequence += 1
        heap_push(
            world, TIMERS_ENTRY, due + interval, header.next_timer_sequence, strategy, timer_id, instrument, interval
        )
    header.step_count += 1
    dispatch_timer(world, strategy, timer_id, instrument, due)


@kernel_function
def timer_due(world: int) -> int:
    """When the earliest timer is due."""
    return heap_peek_due(world, TIMERS_ENTRY)


@rare_function
def close_day(world: int, next_time_ns: int) -> None:
    """Put equity points into the outputs for the boundary that is due, begin the next day, skip empty ones."""
    header = world_row(world, 0)
    boundary, interval = header.next_equity_time_ns, header.equity_interval_ns
    if header.accrual_on != 0 and boundary >= header.next_day_time_ns:
        accrue(world, boundary)
        check_equity(world)
    emit_equity_points(world, boundary)
    if boundary >= header.next_day_time_ns:
        begin_day(world)
        header.next_day_time_ns = boundary - boundary % DAY_NS + DAY_NS
    following = boundary + interval
    if next_time_ns > following and next_time_ns != NEVER:
        following = next_time_ns - (next_time_ns - 1) % interval - 1 + interval
    header.next_equity_time_ns = following


@rare_function
def end_slice(world: int) -> None:
    """Look at margins once a slice has ended and run its `on_slice`; re-entered, it goes on where a hook failed."""
    header = world_row(world, 0)
    header.step_count += 1
    if header.margin_on != 0 and header.slice_strategy == 0:
        check_margins(world)
    if header.slice_instrument_count != 0:
        dispatch_slice(world)
    header.slice_time_ns = NEVER


# --- other events ----------------------------------------------------------------------------------------------------


@kernel_function
def step_report(world: int, address: int) -> None:
    """Apply a venue's report and tell the strategies."""
    header = world_row(world, 0)
    header.event_count += 1
    header.step_count += 1
    kind = int(bar_at(address).kind)
    if kind == KIND_REPORT:
        apply_execution_report(world, address)
    elif kind == KIND_CANCEL_REJECT:
        apply_cancel_reject(world, address)
    if header.notices_read != header.notices_written or header.chained_orders != 0:
        deliver_notices(world)


@kernel_function
def rescale(units: int, numerator: int, denominator: int) -> int:
    """Units times numerator over denominator, NULL kept."""
    if units == NULL_UNITS:
        return units
    scaled, _ = multiply_divide(units, numerator, denominator)
    return scaled


@kernel_function
def step_split(world: int, address: int) -> None:
    """Apply a split: marks, history, positions, working orders; fractions are paid in cash."""
    split, header = split_at(address), world_row(world, 0)
    instrument, numerator, denominator = int(split.instrument), split.numerator, split.denominator
    if numerator <= 0 or denominator <= 0:
        return
    row = instrument_row(world, instrument)
    row.mark_units = rescale(row.mark_units, denominator, numerator)
    row.open_units = rescale(row.open_units, denominator, numerator)
    row.high_units = rescale(row.high_units, denominator, numerator)
    row.low_units = rescale(row.low_units, denominator, numerator)
    row.close_units = rescale(row.close_units, denominator, numerator)
    for account in range(header.account_count):
        price_units = row.mark_units if split.cash_in_lieu_units == NULL_UNITS else split.cash_in_lieu_units
        if price_units != NULL_UNITS:
            split_shares(world, account, instrument, numerator, denominator, price_units)
            revalue(world, account, instrument)
    length = header.history_length
    for index in range(length):
        kept = history_row(world, instrument * length + index)
        kept.open_units = rescale(kept.open_units, denominator, numerator)
        kept.high_units = rescale(kept.high_units, denominator, numerator)
        kept.low_units = rescale(kept.low_units, denominator, numerator)
        kept.close_units = rescale(kept.close_units, denominator, numerator)
    split_working(world, instrument, numerator, denominator)


@kernel_function
def step_dividend(world: int, address: int) -> None:
    """Pay a cash dividend on every position."""
    dividend = dividend_at(address)
    instrument = int(dividend.instrument)
    units, fits = to_units(dividend.amount, instrument_row(world, instrument).price_scale_float)
    if fits:
        pay_dividend(world, instrument, units)
        check_equity(world)


@rare_function
def step_action(world: int, address: int) -> None:
    """Apply a corporate action or a clock event: what it does to the state, without the strategies."""
    record, header = bar_at(address), world_row(world, 0)
    kind = int(record.kind)
    set_clock(world, record.local_time_ns)
    header.event_count += 1
    header.step_count += 1
    if kind == KIND_SPLIT:
        step_split(world, address)
    elif kind == KIND_DIVIDEND:
        step_dividend(world, address)


@kernel_function
def step_market(world: int, address: int) -> None:
    """Apply one market record: a bar, or what else the stream of market data holds."""
    if int(bar_at(address).kind) == KIND_BAR:
        step_bar(world, address)
    else:
        step_action(world, address)


@kernel_function
def run_due(world: int, time_ns: int) -> bool:
    """Run the earliest thing of the trader's own that is due before an event at `time_ns`; false when nothing is."""
    header = world_row(world, 0)
    timer, aggregate, boundary = timer_due(world), header.next_aggregate_ns, header.next_equity_time_ns
    if header.slice_time_ns < time_ns and header.slice_time_ns <= min(timer, aggregate, boundary):
        end_slice(world)
        return True
    if timer <= time_ns and timer <= min(aggregate, boundary):
        run_timer(world)
        return True
    if aggregate < time_ns and aggregate <= boundary:
        close_due_aggregates(world, aggregate)
        return True
    if boundary < time_ns:
        close_day(world, time_ns)
        return True
    return False


@kernel_function
def resume(world: int) -> None:
    """Go on where a failed hook left off: notices untold, a slice half run."""
    header = world_row(world, 0)
    deliver_notices(world)
    if header.closing_aggregate != 0 and header.bar_taken == 0:
        finish_aggregate(world)
    if header.slice_strategy != 0:
        end_slice(world)


@entry_point("i8(i8, i8)")
def apply_event(world: int, address: int) -> int:
    """Apply one event as live trading and replay do: what is due before it first, then the event. Returns 0.

    A hook's exception passes through; called again with the same event, it goes on after the failed hook.
    """
    header, event = world_row(world, 0), bar_at(address)
    resume(world)
    kind = int(event.kind)
    if header.applying == 0:
        due = run_due(world, event.local_time_ns)
        while due:
            due = run_due(world, event.local_time_ns)
        header.applying = 1
        if kind == KIND_REPORT or kind == KIND_CANCEL_REJECT:
            set_clock(world, event.local_time_ns)
            step_report(world, address)
        else:
            step_market(world, address)
    elif kind == KIND_BAR and header.bar_taken != 0:
        resume_bar(world, address)
    header.applying = 0
    return 0
