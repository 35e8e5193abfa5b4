"""How hooks are called: by native address or as Python, on views written in place, in the order of the strategies.

A hook's error passes through to the host. Before each call the place to go on from is written into the block, so that
the host re-enters after the failed hook and nothing is asked twice.
"""

from __future__ import annotations

from atlas.kernel.memory.block import ring_index
from atlas.kernel.memory.compilation import kernel_function, rare_function
from atlas.kernel.memory.intrinsics import call_hook, call_python, divide
from atlas.kernel.trader.outputs import NOTICES_ENTRY
from atlas.kernel.trader.tables import call_row, instrument_row, notice_row, strategy_row, world_row
from atlas.kernel.trader.views import (
    BAR_OFFSET,
    FILL_OFFSET,
    ORDER_OFFSET,
    SLICE_OFFSET,
    TIMER_OFFSET,
    bar_view_at,
    context_at,
    fill_view_at,
    order_view_at,
    slice_view_at,
    timer_view_at,
)
from atlas.records.enums import NULL, Hook

ON_START, ON_BAR, ON_MARKET_DATA = int(Hook.ON_START), int(Hook.ON_BAR), int(Hook.ON_MARKET_DATA)
ON_SLICE, ON_ORDER, ON_FILL = int(Hook.ON_SLICE), int(Hook.ON_ORDER), int(Hook.ON_FILL)
ON_TIMER, ON_STOP = int(Hook.ON_TIMER), int(Hook.ON_STOP)
BAR_HOOKS = (1 << ON_BAR) | (1 << ON_MARKET_DATA)
COMPILED, NULL_UNITS, RUNNING = 0, NULL, 0
NAN = float("nan")
OPEN_FIELD, RANGE_FIELDS, CLOSE_FIELD, VOLUME_FIELD, TIME_FIELDS = 1, 2 + 4, 8, 16, 32


@kernel_function
def begin_hook(world: int, hook: int, strategy: int, instrument: int) -> int:
    """Note which hook runs, and of which instrument; returns the context's address."""
    header, context = world_row(world, 0), strategy_row(world, strategy).context_address
    context_at(context).instrument = instrument
    header.running_strategy, header.running_hook = strategy, hook
    return context


@kernel_function
def call(world: int, hook: int, strategy: int, instrument: int, payload_offset: int) -> None:
    """Call one hook of one strategy; its exception passes through, `running_strategy` and `running_hook` stay set."""
    header, row = world_row(world, 0), strategy_row(world, strategy)
    calls = call_row(world, (hook * header.strategy_count + strategy) * header.instrument_count + instrument)
    if calls.function == 0:
        return
    context = begin_hook(world, hook, strategy, instrument)
    if row.mode == COMPILED:
        call_hook(calls.function, calls.record, context, context + payload_offset)
    else:
        call_python(calls.function)
    header.running_strategy, header.running_hook = 0, 0


@kernel_function
def call_on_bar(world: int, strategy: int, instrument: int) -> None:
    """Call a strategy's `on_bar`, as `call` does; of a compiled one the place is known beforehand."""
    row, header = strategy_row(world, strategy), world_row(world, 0)
    if row.bar_function == 0:
        call(world, ON_BAR, strategy, instrument, BAR_OFFSET)
        return
    context = begin_hook(world, ON_BAR, strategy, instrument)
    call_hook(row.bar_function, row.bar_record + instrument * row.bar_record_bytes, context, context + BAR_OFFSET)
    header.running_strategy, header.running_hook = 0, 0


@kernel_function
def wants(world: int, strategy: int, hooks: int) -> bool:
    """Whether a running strategy has any of the hooks in the bit mask."""
    row = strategy_row(world, strategy)
    return row.hooks & hooks != 0 and row.status == RUNNING


@kernel_function
def write_bar_view(world: int, strategy: int, instrument: int, specification: int) -> None:
    """Write the instrument's last bar into a strategy's view of it, as floats."""
    row = instrument_row(world, instrument)
    view = bar_view_at(strategy_row(world, strategy).context_address + BAR_OFFSET)
    scale, wanted = row.price_scale_float, strategy_row(world, strategy).bar_fields
    view.instrument = instrument
    if wanted & CLOSE_FIELD != 0:
        view.close = divide(float(row.close_units), scale)
    if wanted & ~CLOSE_FIELD == 0:
        return
    if wanted & TIME_FIELDS != 0:
        view.time_ns, view.specification = row.bar_time_ns, specification
        view.start_ns = row.bar_time_ns - row.bar_length_ns
    if wanted & OPEN_FIELD != 0:
        view.open = divide(float(row.open_units), scale)
    if wanted & RANGE_FIELDS != 0:
        view.high, view.low = divide(float(row.high_units), scale), divide(float(row.low_units), scale)
    if wanted & VOLUME_FIELD != 0:
        view.volume = NAN if row.volume_units == NULL_UNITS else float(row.volume_units) / row.quantity_scale_float


@kernel_function
def dispatch_bar(world: int, instrument: int, specification: int, first: int) -> None:
    """Hand the instrument's last bar to every strategy from `first` (at least 1) on, then deliver notices."""
    header = world_row(world, 0)
    count, strategy = header.strategy_count, first
    while strategy < count:
        header.dispatch_strategy = strategy + 1
        if wants(world, strategy, BAR_HOOKS):
            write_bar_view(world, strategy, instrument, specification)
            call_on_bar(world, strategy, instrument)
            if wants(world, strategy, 1 << ON_MARKET_DATA):
                call(world, ON_MARKET_DATA, strategy, instrument, BAR_OFFSET)
        strategy += 1
    header.dispatch_strategy = 0
    if header.chained_orders != 0:
        deliver_notices(world)


@kernel_function
def dispatch_slice(world: int) -> None:
    """Run `on_slice` of every strategy from `slice_strategy` on, then deliver notices."""
    header = world_row(world, 0)
    strategy = max(1, header.slice_strategy)
    while strategy < header.strategy_count:
        header.slice_strategy = strategy + 1
        if wants(world, strategy, 1 << ON_SLICE):
            view = slice_view_at(strategy_row(world, strategy).context_address + SLICE_OFFSET)
            view.time_ns, view.count = header.clock_ns, header.slice_instrument_count
            call(world, ON_SLICE, strategy, 0, SLICE_OFFSET)
        strategy += 1
    header.slice_strategy, header.slice_instrument_count = 0, 0
    deliver_notices(world)


@kernel_function
def dispatch_phase(world: int, hook: int) -> None:
    """Run `on_start` or `on_stop` for every strategy and instrument from `dispatch_strategy` on."""
    header = world_row(world, 0)
    width = header.instrument_count
    place = max(width, header.dispatch_strategy)
    while place < header.strategy_count * width:
        header.dispatch_strategy = place + 1
        strategy, instrument = place // width, place % width
        universe = strategy_row(world, strategy).scope != 0
        if wants(world, strategy, 1 << hook) and universe == (instrument == 0):
            call(world, hook, strategy, instrument, SLICE_OFFSET)
        place += 1
    header.dispatch_strategy = 0
    deliver_notices(world)


@kernel_function
def dispatch_timer(world: int, strategy: int, timer_id: int, instrument: int, due_ns: int) -> None:
    """Run a strategy's `on_timer`, then deliver notices."""
    if wants(world, strategy, 1 << ON_TIMER):
        view = timer_view_at(strategy_row(world, strategy).context_address + TIMER_OFFSET)
        view.id, view.instrument = timer_id, instrument
        view.time_ns, view.due_ns = world_row(world, 0).clock_ns, due_ns
        call(world, ON_TIMER, strategy, max(0, instrument), TIMER_OFFSET)
    deliver_notices(world)


@kernel_function
def write_order_view(world: int, notice_index: int, context: int) -> None:
    """Write a notice of an order's change into its strategy's view."""
    notice = notice_row(world, notice_index)
    view, row = order_view_at(context + ORDER_OFFSET), instrument_row(world, notice.instrument)
    view.id, view.instrument, view.side, view.state = notice.order_id, notice.instrument, notice.side, notice.state
    view.reason, view.time_ns, view.parent = notice.reason, notice.time_ns, notice.parent_order_id
    view.quantity = float(notice.quantity_units) / row.quantity_scale_float
    view.filled = float(notice.filled_units) / row.quantity_scale_float
    view.limit = NAN if notice.price_units == NULL_UNITS else float(notice.price_units) / row.price_scale_float
    view.stop = NAN if notice.stop_units == NULL_UNITS else float(notice.stop_units) / row.price_scale_float
    view.average_price = NAN
    if notice.filled_units != 0:
        units = float(notice.filled_notional_money) * float(row.notional_divisor) / float(row.multiplier)
        view.average_price = units / float(notice.filled_units) / row.price_scale_float


@kernel_function
def write_fill_view(world: int, notice_index: int, context: int) -> None:
    """Write a notice of a fill into its strategy's view."""
    notice = notice_row(world, notice_index)
    view, row = fill_view_at(context + FILL_OFFSET), instrument_row(world, notice.instrument)
    view.order_id, view.instrument, view.side = notice.order_id, notice.instrument, notice.side
    view.time_ns = notice.time_ns
    view.quantity = float(notice.quantity_units) / row.quantity_scale_float
    view.price = float(notice.price_units) / row.price_scale_float
    view.fee = float(notice.fee_money) / row.money_scale_float
    view.position = float(notice.position_units) / row.quantity_scale_float
    view.realized = float(notice.realized_money) / row.money_scale_float


@rare_function
def deliver_notices(world: int) -> None:
    """Tell strategies what happened to their orders, oldest first, and what comes of that, until all is told."""
    header = world_row(world, 0)
    while header.notices_read < header.notices_written:
        index = ring_index(world, NOTICES_ENTRY, header.notices_read)
        header.notices_read += 1
        notice = notice_row(world, index)
        hook, strategy, instrument = notice.hook, notice.strategy, notice.instrument
        context = strategy_row(world, strategy).context_address
        if wants(world, strategy, 1 << hook):
            if hook == ON_FILL:
                write_fill_view(world, index, context)
                call(world, ON_FILL, strategy, instrument, FILL_OFFSET)
            else:
                write_order_view(world, index, context)
                call(world, ON_ORDER, strategy, instrument, ORDER_OFFSET)
    header.chained_orders = 0
