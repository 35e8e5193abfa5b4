"""The backtest's loop: trader and exchange joined by queues in flight, event by event in one order of time.

At one time T the order is: path and close of bars, reports, timers, market events, bars made of bars, the slice, the
end of the day, commands that arrive, opens of bars. So an order asked for on a bar's close at T takes part in the open
at T of the next bar, never in the bar that caused it. What nobody waits for costs nothing: opens, paths and closes are
only looked at while the venue has orders.

A bar that an order reaches while it runs is found by looking ahead in the data for its record; only the exchange sees
that record before its end, and of it only the points that are still to come.
"""

from __future__ import annotations

from atlas.kernel.exchange.accept import exchange_accept, exchange_assign_quantity
from atlas.kernel.exchange.fills import (
    exchange_close_point,
    exchange_open_point,
    exchange_path_point,
    exchange_unresolved,
)
from atlas.kernel.exchange.queue import exchange_expire_all, exchange_expire_instrument, exchange_is_idle
from atlas.kernel.exchange.rules import CLOSE_POINT, OPEN_POINT, PATH_POINT
from atlas.kernel.exchange.split import exchange_split
from atlas.kernel.exchange.tables import REPORTS, report_address, venue_row
from atlas.kernel.exchange.tables import order_row as venue_order_row
from atlas.kernel.memory.block import Layout, Table, record, ring_index, row_accessor, words
from atlas.kernel.memory.compilation import PLAIN, entry_point, kernel_function, rare_function
from atlas.kernel.memory.heap import heap_peek_due, heap_push, remove_at
from atlas.kernel.memory.intrinsics import (
    ROWS,
    check_signals,
    copy_bytes,
    load,
    native_call,
    record_at,
    store,
)
from atlas.kernel.trader.changes import DELISTING, apply_change
from atlas.kernel.trader.dispatch import ON_START, ON_STOP, dispatch_phase, wants
from atlas.kernel.trader.ledger import DAY_NS, accrue, emit_equity_points
from atlas.kernel.trader.orders import split_terms
from atlas.kernel.trader.outputs import (
    COMMANDS_ENTRY,
    NEW_ORDER_KIND,
    REPLACE_KIND,
    ROW_BYTES,
    TERMS_KIND,
    new_order_at,
    outputs_left,
    replace_order_at,
    terms_at,
)
from atlas.kernel.trader.step import (
    KIND_SPLIT,
    NEVER,
    close_day,
    close_due_aggregates,
    end_slice,
    resume,
    resume_bar,
    run_timer,
    set_clock,
    split_at,
    step_action,
    step_bar,
    step_report,
    timer_due,
)
from atlas.kernel.trader.tables import command_address, output_address, world_row
from atlas.kernel.trader.verbs import resolve_quantity
from atlas.records.enums import Hook
from atlas.records.kinds import Kind
from atlas.records.market import BAR

WIRE = Table(
    "wire",
    record(
        words("records_address", "opens_address", "record_count", "open_cursor", "now_ns"),
        words("order_latency_ns", "report_latency_ns", "longest_bar_ns", "uniform", "journal_on", "stage"),
        # attention: how the loop hears that it is to stop: a signal to the process, or nobody; or it has been told.
        words("output_margin", "close_fills", "attention"),
    ),
    transient=frozenset({"records_address", "opens_address", "attention"}),
)
SPECIFICATIONS = Table("specifications", record(words("length_ns")))
# The bar of each instrument whose path and close are waited for: record number + 1.
SCHEDULED = Table("scheduled", record(words("record_plus_one")))
POINTS = Table("points", record(words("due_ns", "sequence", "index", "kind", "value", "spare")))
LINK = Layout("link", 1, (WIRE, SPECIFICATIONS, SCHEDULED, POINTS))
wire_row, specification_row = row_accessor(WIRE), row_accessor(SPECIFICATIONS)
scheduled_row, point_row = row_accessor(SCHEDULED), row_accessor(POINTS)

POINTS_ENTRY, REPORTS_ENTRY = POINTS.entry, REPORTS.entry
KIND_BAR = int(Kind.BAR)
bar_at = record_at(BAR, ROWS)
PATH, CLOSE = 0, 1
# Points above these are changes that the host knew before: see `atlas.kernel.trader.changes`.
ON_SLICE_HOOK = int(Hook.ON_SLICE)
DONE, OUTPUTS_FULL, STOPPED, CONTINUE, INTERRUPTED = 0, 1, 2, 3, 4
SIGNALS, NOBODY, TOLD_TO_STOP = 0, 1, 2
# What may come next, in its order at one time.
POINT, REPORT, TIMER, MARKET, AGGREGATE, SLICE, DAY, COMMAND, OPEN = range(9)


@kernel_function
def record_address(link: int, index: int) -> int:
    """Address of a market record."""
    return wire_row(link, 0).records_address + index * ROW_BYTES


@kernel_function
def bar_start(link: int, address: int) -> int:
    """Start of a bar: its end less its specification's length; for other records their own time."""
    bar = bar_at(address)
    if int(bar.kind) != KIND_BAR:
        return bar.venue_time_ns
    return bar.venue_time_ns - specification_row(link, int(bar.side)).length_ns


@kernel_function
def open_record(link: int, cursor: int) -> int:
    """Record whose open comes at place `cursor` in the order of opens."""
    wire = wire_row(link, 0)
    return cursor if wire.opens_address == 0 else load(wire.opens_address + cursor * 8)


@kernel_function
def next_open(trader: int, venue: int, link: int) -> int:
    """Time of the next open that an order could take part in; NEVER while the venue has no orders."""
    wire = wire_row(link, 0)
    if venue_row(venue, 0).live_orders == 0:
        return NEVER
    if wire.opens_address == 0:
        wire.open_cursor = max(wire.open_cursor, world_row(trader, 0).cursor)
    while wire.open_cursor < wire.record_count:
        start = bar_start(link, record_address(link, open_record(link, wire.open_cursor)))
        if start >= wire.now_ns:
            return start
        wire.open_cursor += 1
    return NEVER


@kernel_function
def next_command(trader: int, link: int) -> int:
    """When the first command in flight arrives at the venue."""
    header = world_row(trader, 0)
    if header.commands_read == header.commands_written:
        return NEVER
    address = command_address(trader, ring_index(trader, COMMANDS_ENTRY, header.commands_read))
    return load(address) + wire_row(link, 0).order_latency_ns


@kernel_function
def next_report(venue: int, link: int) -> int:
    """When the first report in flight arrives at the trader."""
    exchange = venue_row(venue, 0)
    if exchange.reports_read == exchange.reports_written:
        return NEVER
    address = report_address(venue, ring_index(venue, REPORTS_ENTRY, exchange.reports_read))
    return load(address) + wire_row(link, 0).report_latency_ns


@kernel_function
def earliest(trader: int, venue: int, link: int, final: bool) -> tuple[int, int]:
    """Time and kind of what comes next, market data aside; at the end of the data nothing periodic comes any more."""
    header = world_row(trader, 0)
    time, action = heap_peek_due(link, POINTS_ENTRY), POINT
    other = next_report(venue, link)
    if other < time:
        time, action = other, REPORT
    if not final:
        other = timer_due(trader)
        if other < time:
            time, action = other, TIMER
    if header.next_aggregate_ns < time:
        time, action = header.next_aggregate_ns, AGGREGATE
    if header.slice_time_ns < time:
        time, action = header.slice_time_ns, SLICE
    if header.next_equity_time_ns < time and not final:
        time, action = header.next_equity_time_ns, DAY
    other = next_command(trader, link)
    if other < time:
        time, action = other, COMMAND
    other = next_open(trader, venue, link)
    if other < time:
        time, action = other, OPEN
    return time, action


@kernel_function
def comes_first(trader: int, link: int, report_due_ns: int) -> bool:
    """Whether a report that arrives by now is next for certain: then only points and timers could come before it."""
    if report_due_ns > wire_row(link, 0).now_ns:
        return False
    return heap_peek_due(link, POINTS_ENTRY) > report_due_ns and timer_due(trader) >= report_due_ns


@kernel_function
def resolve_orders(trader: int, venue: int, bar_address: int, point: int, time_ns: int) -> None:
    """Give orders stated as notional or weight their quantity at the price they could now fill at."""
    slot, price_units = exchange_unresolved(venue, bar_address, point, time_ns)
    while slot >= 0:
        order = venue_order_row(venue, slot)
        exchange_assign_quantity(venue, slot, resolve_quantity(trader, order.client_order_id, price_units), time_ns)
        slot, price_units = exchange_unresolved(venue, bar_address, point, time_ns)


@kernel_function
def schedule_points(link: int, index: int, instrument: int, from_ns: int) -> None:
    """Wait for the path and the close of a bar, if they are not past and not waited for already."""
    scheduled, bar = scheduled_row(link, instrument), bar_at(record_address(link, index))
    if scheduled.record_plus_one == index + 1:
        return
    scheduled.record_plus_one = index + 1
    start, end = bar_start(link, record_address(link, index)), bar.venue_time_ns
    middle = start + (end - start) // 2
    if middle >= from_ns:
        heap_push(link, POINTS_ENTRY, middle, 2 * index, index, PATH, 0, 0)
    heap_push(link, POINTS_ENTRY, end, 2 * index + 1, index, CLOSE, 0, 0)


@kernel_function
def run_opens(trader: int, venue: int, link: int, time_ns: int) -> None:
    """Run every open at `time_ns`; instruments with orders left wait for path and close."""
    wire = wire_row(link, 0)
    while wire.open_cursor < wire.record_count:
        index = open_record(link, wire.open_cursor)
        address = record_address(link, index)
        if bar_start(link, address) != time_ns:
            return
        wire.open_cursor += 1
        bar = bar_at(address)
        instrument = int(bar.instrument)
        if int(bar.kind) != KIND_BAR or exchange_is_idle(venue, instrument):
            continue
        resolve_orders(trader, venue, address, OPEN_POINT, time_ns)
        exchange_open_point(venue, address, time_ns)
        if not exchange_is_idle(venue, instrument):
            schedule_points(link, index, instrument, time_ns)


@rare_function
def run_change(trader: int, venue: int, kind: int, index: int, value: int, time_ns: int) -> None:
    """Apply a change of rates, membership or listing, at the venue where it concerns it, then at the trader."""
    if kind == DELISTING:
        exchange_expire_instrument(venue, index, time_ns)
    apply_change(trader, kind, index, value, time_ns)


@kernel_function
def run_point(trader: int, venue: int, link: int) -> None:
    """Run the earliest path or close of a bar, or the earliest change."""
    point = point_row(link, 0)
    time_ns, index, kind, value = point.due_ns, point.index, point.kind, point.value
    remove_at(link, POINTS_ENTRY, 0)
    if kind > CLOSE:
        run_change(trader, venue, kind, index, value, time_ns)
        return
    address = record_address(link, index)
    bar = bar_at(address)
    instrument = int(bar.instrument)
    if exchange_is_idle(venue, instrument):
        return
    resolve_orders(trader, venue, address, PATH_POINT if kind == PATH else CLOSE_POINT, time_ns)
    if kind == PATH:
        exchange_path_point(venue, address, time_ns)
    else:
        exchange_close_point(venue, address, time_ns)


@kernel_function
def find_running_bar(trader: int, link: int, instrument: int, time_ns: int) -> int:
    """Record of the instrument's bar that began before `time_ns` and has not ended; -1 where there is none."""
    wire, index = wire_row(link, 0), world_row(trader, 0).cursor
    if wire.uniform != 0 and (index >= wire.record_count or bar_start(link, record_address(link, index)) >= time_ns):
        return -1
    while index < wire.record_count:
        bar = bar_at(record_address(link, index))
        if bar.venue_time_ns > time_ns + wire.longest_bar_ns:
            return -1
        if int(bar.instrument) == instrument and int(bar.kind) == KIND_BAR:
            return index if bar_start(link, record_address(link, index)) < time_ns else -1
        index += 1
    return -1


@kernel_function
def find_ended_bar(trader: int, link: int, instrument: int, time_ns: int) -> int:
    """Record of the instrument's bar that has just been seen and ended at `time_ns`; -1 where there is none."""
    index = world_row(trader, 0).cursor - 1
    while index >= 0:
        bar = bar_at(record_address(link, index))
        if bar.local_time_ns != time_ns:
            return -1
        if int(bar.instrument) == instrument and int(bar.kind) == KIND_BAR:
            return index
        index -= 1
    return -1


@rare_function
def fill_at_close(trader: int, venue: int, link: int, instrument: int, time_ns: int) -> None:
    """Let what was asked for at a bar's close take part in that close after all: a relaxation, told by each fill."""
    index = find_ended_bar(trader, link, instrument, time_ns)
    if index < 0:
        return
    address, header = record_address(link, index), venue_row(venue, 0)
    header.same_event = 1
    resolve_orders(trader, venue, address, CLOSE_POINT, time_ns)
    exchange_close_point(venue, address, time_ns)
    header.same_event = 0


@kernel_function
def journal_command(trader: int, address: int) -> None:
    """Copy a command into the outputs, for the journal."""
    header = world_row(trader, 0)
    rows = 1 if load(address + ROW_BYTES) == 0 else 2
    copy_bytes(output_address(trader, header.outputs_written - header.outputs_drained), address, rows * ROW_BYTES)
    header.outputs_written += rows


@kernel_function
def deliver_command(trader: int, venue: int, link: int, time_ns: int) -> None:
    """Hand the first command in flight to the venue."""
    header, wire = world_row(trader, 0), wire_row(link, 0)
    address = command_address(trader, ring_index(trader, COMMANDS_ENTRY, header.commands_read))
    header.commands_read += 1
    if wire.journal_on != 0:
        journal_command(trader, address)
    exchange_accept(venue, address, time_ns)
    instrument = int(bar_at(address).instrument)
    if not exchange_is_idle(venue, instrument):
        running = find_running_bar(trader, link, instrument, time_ns)
        if running >= 0:
            schedule_points(link, running, instrument, time_ns)
        if wire.close_fills != 0:
            fill_at_close(trader, venue, link, instrument, time_ns)


@kernel_function
def deliver_report(trader: int, venue: int, time_ns: int) -> None:
    """Hand the first report in flight to the trader."""
    exchange = venue_row(venue, 0)
    address = report_address(venue, ring_index(venue, REPORTS_ENTRY, exchange.reports_read))
    exchange.reports_read += 1
    store(address + 8, time_ns)
    set_clock(trader, time_ns)
    step_report(trader, address)


@kernel_function
def act(trader: int, venue: int, link: int, action: int, time_ns: int, next_ns: int) -> None:
    """Run what comes next."""
    if action == POINT:
        run_point(trader, venue, link)
    elif action == REPORT:
        deliver_report(trader, venue, time_ns)
    elif action == TIMER:
        run_timer(trader)
    elif action == AGGREGATE:
        close_due_aggregates(trader, time_ns)
    elif action == SLICE:
        end_slice(trader)
    elif action == DAY:
        close_day(trader, next_ns)
    elif action == COMMAND:
        deliver_command(trader, venue, link, time_ns)
    else:
        run_opens(trader, venue, link, time_ns)


@rare_function
def advance(trader: int, venue: int, link: int, until_ns: int, final: bool) -> int:
    """Run all that comes before a market event at `until_ns`; 0, or why the host must look first."""
    header, wire = world_row(trader, 0), wire_row(link, 0)
    while True:
        if outputs_left(trader) < wire.output_margin:
            return OUTPUTS_FULL
        if header.stopped_reason != 0 and not final:
            return STOPPED
        time_ns, action = next_report(venue, link), REPORT
        if not comes_first(trader, link, time_ns):
            time_ns, action = earliest(trader, venue, link, final)
        if time_ns > until_ns or time_ns == NEVER or (time_ns == until_ns and action >= MARKET):
            break
        wire.now_ns = max(wire.now_ns, time_ns)
        act(trader, venue, link, action, time_ns, until_ns)
    header.quiet_until_ns = quiet_until(trader, venue, link)
    return DONE


@kernel_function
def quiet_until(trader: int, venue: int, link: int) -> int:
    """Find the last time at which a market event needs nothing before it."""
    header = world_row(trader, 0)
    if venue_row(venue, 0).live_orders != 0:
        return -NEVER
    if next_report(venue, link) != NEVER or next_command(trader, link) != NEVER:
        return -NEVER
    quiet = min(header.next_equity_time_ns, header.next_aggregate_ns, header.slice_time_ns)
    return min(quiet, timer_due(trader) - 1, heap_peek_due(link, POINTS_ENTRY) - 1)


@rare_function
def split_commands(trader: int, instrument: int, numerator: int, denominator: int) -> None:
    """Carry a split into the commands on their way to the venue, with the trader's rounding of their orders."""
    header = world_row(trader, 0)
    for count in range(header.commands_read, header.commands_written):
        address = command_address(trader, ring_index(trader, COMMANDS_ENTRY, count))
        kind = int(bar_at(address).kind)
        if int(bar_at(address).instrument) != instrument:
            continue
        if kind == NEW_ORDER_KIND:
            command = new_order_at(address)
            command.quantity_units = split_terms(command.quantity_units, numerator, denominator)
            command.price_units = split_terms(command.price_units, denominator, numerator)
            command.stop_units = split_terms(command.stop_units, denominator, numerator)
            command.stop_loss_units = split_terms(command.stop_loss_units, denominator, numerator)
            command.take_profit_units = split_terms(command.take_profit_units, denominator, numerator)
        elif kind == REPLACE_KIND:
            request = replace_order_at(address)
            request.quantity_units = split_terms(request.quantity_units, numerator, denominator)
            request.price_units = split_terms(request.price_units, denominator, numerator)
            request.stop_units = split_terms(request.stop_units, denominator, numerator)
        elif kind == TERMS_KIND:
            terms = terms_at(address)
            terms.trailing_offset_units = split_terms(terms.trailing_offset_units, denominator, numerator)


@rare_function
def apply_action(trader: int, venue: int, address: int) -> None:
    """Apply a record that is no bar: at the venue where it concerns it, then at the trader."""
    if int(bar_at(address).kind) == KIND_SPLIT:
        split = split_at(address)
        time_ns = split.venue_time_ns
        exchange_split(venue, int(split.instrument), split.numerator, split.denominator, time_ns)
        split_commands(trader, int(split.instrument), split.numerator, split.denominator)
    step_action(trader, address)


@rare_function
def settle_reports(trader: int, venue: int, link: int, time_ns: int) -> int:
    """Deliver every report in flight: a split or dividend finds fills booked, in the terms they were made in."""
    while next_report(venue, link) != NEVER:
        if outputs_left(trader) < wire_row(link, 0).output_margin:
            return OUTPUTS_FULL
        deliver_report(trader, venue, time_ns)
    return DONE


@kernel_function
def apply_market(trader: int, venue: int, link: int, address: int) -> int:
    """Apply one market record; 0, or why the host must look first."""
    if int(bar_at(address).kind) == KIND_BAR:
        step_bar(trader, address)
        return DONE
    if settle_reports(trader, venue, link, load(address + 8)) != DONE:
        return OUTPUTS_FULL
    apply_action(trader, venue, address)
    return DONE


@entry_point("i8(i8, i8, i8, i8)")
def simulate(trader: int, venue: int, link: int, stop_cursor: int) -> int:
    """Run market records up to number `stop_cursor`.

    Returns 0 when they are done, `OUTPUTS_FULL` when the host must drain the outputs and call again, `STOPPED` when the
    run has ended by itself, `INTERRUPTED` when `attention` told it to. A hook's exception passes through; called again,
    it goes on after the failed hook.
    """
    header, wire = world_row(trader, 0), wire_row(link, 0)
    resume(trader)
    if header.bar_taken != 0:
        resume_bar(trader, record_address(link, header.cursor))
        header.cursor += 1
    while header.cursor < stop_cursor:
        address = record_address(link, header.cursor)
        time_ns = load(address + 8)
        if time_ns > header.quiet_until_ns:
            status = advance(trader, venue, link, time_ns, False)
            if status != DONE:
                return status
            wire.now_ns = max(wire.now_ns, time_ns)
        if apply_market(trader, venue, link, address) != DONE:
            return OUTPUTS_FULL
        header.cursor += 1
        if header.cursor & 1023 == 0:
            if wire.attention == SIGNALS:
                check_signals()
            elif wire.attention == TOLD_TO_STOP:
                return INTERRUPTED
    return DONE


if PLAIN:

    def call_loop(address: int, trader: int, venue: int, link: int, stop_cursor: int) -> int:
        """Call the loop itself: there are no addresses of functions in plain mode."""
        return simulate(trader, venue, link, stop_cursor)
else:
    call_loop = native_call("i8(i8, i8, i8, i8)")


@entry_point("i8(i8, i8, i8, i8, i8)", nogil=True)
def simulate_beside(address: int, trader: int, venue: int, link: int, stop_cursor: int) -> int:
    """Run `simulate`, which starts at `address`, without Python's lock, so that several run at once on as many cores.

    Every hook has to be compiled, and `attention` must not be `SIGNALS`: both would need the lock.
    """
    return call_loop(address, trader, venue, link, stop_cursor)


@entry_point("i8(i8)")
def start_strategies(trader: int) -> int:
    """Run `on_start` of every strategy; re-entered, it goes on after the failed hook."""
    header = world_row(trader, 0)
    header.slice_on = 0
    for strategy in range(1, header.strategy_count):
        if wants(trader, strategy, 1 << ON_SLICE_HOOK):
            header.slice_on, header.bar_needs = 1, 1
    resume(trader)
    dispatch_phase(trader, ON_START)
    return DONE


@rare_function
def leave_data(trader: int, link: int) -> None:
    """Let nothing happen any more that the data holds beyond the record at which a run has ended by itself."""
    wire = wire_row(link, 0)
    wire.record_count = wire.open_cursor = world_row(trader, 0).cursor
    while heap_peek_due(link, POINTS_ENTRY) != NEVER:
        remove_at(link, POINTS_ENTRY, 0)


@entry_point("i8(i8, i8, i8)")
def finish(trader: int, venue: int, link: int) -> int:
    """End a run after its last record: what is in flight arrives, open orders expire, equity is stated, `on_stop` runs.

    Returns 0, or `OUTPUTS_FULL` when the host must drain the outputs and call again.
    """
    header, wire = world_row(trader, 0), wire_row(link, 0)
    resume(trader)
    if header.stopped_reason != 0:
        leave_data(trader, link)
    if wire.stage == 0:
        if advance(trader, venue, link, NEVER, True) != DONE:
            return OUTPUTS_FULL
        wire.stage = 1
        exchange_expire_all(venue, wire.now_ns)
    if wire.stage == 1:
        if advance(trader, venue, link, NEVER, True) != DONE:
            return OUTPUTS_FULL
        wire.stage = 2
        header.warming_up = 1
        if header.accrual_on != 0 and header.clock_ns >= header.next_day_time_ns:
            accrue(trader, header.clock_ns - header.clock_ns % DAY_NS)
        emit_equity_points(trader, header.clock_ns)
    if wire.stage == 2:
        dispatch_phase(trader, ON_STOP)
        wire.stage = 3
    return DONE
