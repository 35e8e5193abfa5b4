"""Events that neither market nor venue bring: an operator's words, the start and the end, what became of our asking.

Like market data they are journaled before they are applied, and what is due before them runs first.
"""

from __future__ import annotations

from atlas.kernel.memory.compilation import entry_point, kernel_function
from atlas.kernel.memory.intrinsics import ROWS, record_at
from atlas.kernel.trader.dispatch import ON_SLICE, ON_START, ON_STOP, deliver_notices, dispatch_phase, wants
from atlas.kernel.trader.orders import (
    cancel_every,
    change_state,
    find_order,
    new_order,
    request_cancel,
    request_replace,
    submit,
)
from atlas.kernel.trader.outputs import emit_alert
from atlas.kernel.trader.step import DAY_NS, NEVER, bar_at, resume, run_due, set_clock
from atlas.kernel.trader.tables import order_row, world_row
from atlas.kernel.trader.verbs import approve_replace, check_request
from atlas.records.commands import NEW_ORDER, ORDER_STATUS_REQUEST
from atlas.records.enums import (
    NULL,
    AlertLevel,
    AskedBy,
    OrderFlag,
    OrderState,
    QuantityKind,
    RejectReason,
    TradingState,
    Why,
)
from atlas.records.kinds import Kind
from atlas.records.operator import (
    EPOCH,
    OPERATOR_CANCEL_ALL,
    OPERATOR_CANCEL_ORDER,
    OPERATOR_NEW_ORDER,
    OPERATOR_REPLACE_ORDER,
    OPERATOR_SET_TRADING_STATE,
)
from atlas.records.order_states import OrderEvent

scope_at, cancel_at = record_at(OPERATOR_CANCEL_ALL, ROWS), record_at(OPERATOR_CANCEL_ORDER, ROWS)
state_at, epoch_at = record_at(OPERATOR_SET_TRADING_STATE, ROWS), record_at(EPOCH, ROWS)
order_at, replace_at = record_at(OPERATOR_NEW_ORDER, ROWS), record_at(OPERATOR_REPLACE_ORDER, ROWS)
request_at, new_at = record_at(ORDER_STATUS_REQUEST, ROWS), record_at(NEW_ORDER, ROWS)
START, STOP, PAUSE, RESUME = (
    int(Kind.OPERATOR_START),
    int(Kind.OPERATOR_STOP),
    int(Kind.OPERATOR_PAUSE),
    int(Kind.OPERATOR_RESUME),
)
KILL, KILL_RESET = int(Kind.OPERATOR_KILL_SWITCH), int(Kind.OPERATOR_KILL_SWITCH_RESET)
CANCEL_ALL, CANCEL_ONE = int(Kind.OPERATOR_CANCEL_ALL), int(Kind.OPERATOR_CANCEL_ORDER)
SET_STATE, STATUS_REQUEST = int(Kind.OPERATOR_SET_TRADING_STATE), int(Kind.ORDER_STATUS_REQUEST)
NEW_BY_HAND, REPLACE_BY_HAND = int(Kind.OPERATOR_NEW_ORDER), int(Kind.OPERATOR_REPLACE_ORDER)
BAD_INSTRUMENT, BAD_QUANTITY = int(RejectReason.REQUEST_INSTRUMENT), int(RejectReason.REQUEST_QUANTITY)
UNKNOWN, NOTICE, UNITS = int(RejectReason.REQUEST_UNKNOWN_ORDER), int(AlertLevel.NOTICE), int(QuantityKind.UNITS)
NULL_UNITS, NO_ROOM = NULL, int(RejectReason.CAPACITY_ORDERS)
NEW_ORDER_KIND, EPOCH_KIND = int(Kind.NEW_ORDER), int(Kind.EPOCH)
ACTIVE, HALTED = int(TradingState.ACTIVE), int(TradingState.HALTED)
BY_TRADER = int(AskedBy.TRADER)
MANUAL, KILL_SWITCH_REASON = int(Why.MANUAL), int(Why.KILL_SWITCH)
IN_DOUBT, PENDING_NEW, BASE_MASK = int(OrderState.IN_DOUBT), int(OrderState.PENDING_NEW), 15
E_DOUBT, E_RESEND = int(OrderEvent.DOUBT), int(OrderEvent.RESOLVE_RESEND)
RESENT, EPOCH_SHIFT = int(OrderFlag.RESENT), 40


@kernel_function
def start_trading(world: int) -> None:
    """Begin: `on_start` of every strategy; equity points and days from the first boundary on."""
    header = world_row(world, 0)
    header.slice_on = 0
    for strategy in range(1, header.strategy_count):
        if wants(world, strategy, 1 << ON_SLICE):
            header.slice_on, header.bar_needs = 1, 1
    header.warming_up = 0
    if header.next_equity_time_ns == NEVER:
        interval = header.equity_interval_ns
        header.next_equity_time_ns = header.clock_ns - header.clock_ns % interval + interval
        header.next_day_time_ns = header.clock_ns - header.clock_ns % DAY_NS + DAY_NS
    dispatch_phase(world, ON_START)


@kernel_function
def doubt_order(world: int, address: int) -> None:
    """The venue is asked what became of an order: until it answers, the order is in doubt."""
    slot = find_order(world, request_at(address).client_order_id)
    if slot < 0:
        return
    order = order_row(world, slot)
    asked_itself = order.client_order_id == request_at(address).client_order_id
    if asked_itself and order.state & BASE_MASK == PENDING_NEW:
        change_state(world, slot, E_DOUBT, 0, order.price_units)


@kernel_function
def resend_order(world: int, address: int) -> None:
    """The venue never had an order, which is sent again under its id."""
    slot = find_order(world, new_at(address).client_order_id)
    if slot >= 0 and order_row(world, slot).state & BASE_MASK == IN_DOUBT:
        change_state(world, slot, E_RESEND, 0, order_row(world, slot).price_units)


@kernel_function
def refuse_word(world: int, instrument: int, strategy: int, reason: int) -> None:
    """Tell in an alert that an operator's order could not be one."""
    world_row(world, 0).refused_count += 1
    alert = emit_alert(world, instrument, 0, strategy, 0, NOTICE)
    alert.value, alert.limit, alert.reject_reason = 0.0, 0.0, reason


@kernel_function
def order_by_hand(world: int, address: int) -> None:
    """Make an operator's order, which passes risk like any other."""
    word = order_at(address)
    instrument, strategy = int(word.instrument), int(word.strategy)
    if strategy >= world_row(world, 0).strategy_count or check_request(world, instrument) != 0:
        refuse_word(world, 0, 0, BAD_INSTRUMENT)
        return
    if word.quantity_units <= 0 and int(word.quantity_kind) == UNITS:
        refuse_word(world, instrument, strategy, BAD_QUANTITY)
        return
    slot = new_order(world, strategy, instrument, int(word.side), int(word.order_type), int(word.time_in_force))
    if slot < 0:
        refuse_word(world, instrument, strategy, NO_ROOM)
        return
    order = order_row(world, slot)
    order.quantity_units, order.quantity_kind = word.quantity_units, int(word.quantity_kind)
    order.price_units, order.stop_units = word.price_units, word.stop_units
    order.stop_loss_units, order.take_profit_units = word.stop_loss_units, word.take_profit_units
    order.expire_time_ns, order.quantity_value = word.expire_time_ns, word.quantity_value
    order.asked_by, order.why = BY_TRADER, MANUAL
    submit(world, slot)


@kernel_function
def replace_by_hand(world: int, address: int) -> None:
    """Ask to change an order in an operator's words; what is NULL stays."""
    word = replace_at(address)
    slot = find_order(world, word.original_client_order_id)
    if slot < 0:
        refuse_word(world, 0, 0, UNKNOWN)
        return
    order = order_row(world, slot)
    units = order.quantity_units if word.quantity_units == NULL_UNITS else word.quantity_units
    price_units = order.price_units if word.price_units == NULL_UNITS else word.price_units
    stop_units = order.stop_units if word.stop_units == NULL_UNITS else word.stop_units
    reason = (
        BAD_QUANTITY if units <= order.filled_units else approve_replace(world, slot, units, price_units, stop_units)
    )
    if reason != 0:
        refuse_word(world, order.instrument, order.strategy, reason)
        return
    request_replace(world, slot, units, price_units, stop_units)


@kernel_function
def apply_word(world: int, address: int, kind: int) -> None:
    """Apply one operator's word; kinds that say nothing to the trader change nothing."""
    header = world_row(world, 0)
    if kind == PAUSE:
        header.trading_state = HALTED
    elif kind == RESUME:
        header.trading_state = ACTIVE
    elif kind == SET_STATE:
        header.trading_state = int(state_at(address).trading_state)
    elif kind == KILL:
        header.kill_switch = 1
        cancel_every(world, -1, BY_TRADER, KILL_SWITCH_REASON)
    elif kind == KILL_RESET:
        header.kill_switch = 0
    elif kind == CANCEL_ALL:
        strategy = int(scope_at(address).strategy)
        cancel_every(world, strategy if strategy > 0 else -1, BY_TRADER, MANUAL)
    elif kind == CANCEL_ONE:
        slot = find_order(world, cancel_at(address).original_client_order_id)
        if slot >= 0:
            request_cancel(world, slot, BY_TRADER, MANUAL)
    elif kind == NEW_BY_HAND:
        order_by_hand(world, address)
    elif kind == REPLACE_BY_HAND:
        replace_by_hand(world, address)


@kernel_function
def step_input(world: int, address: int) -> None:
    """Apply one input."""
    header, kind = world_row(world, 0), int(bar_at(address).kind)
    header.event_count += 1
    header.step_count += 1
    if kind == START:
        start_trading(world)
    elif kind == STOP:
        header.warming_up = 1
        cancel_every(world, -1, BY_TRADER, MANUAL)
        dispatch_phase(world, ON_STOP)
    elif kind == STATUS_REQUEST:
        doubt_order(world, address)
    elif kind == NEW_ORDER_KIND and int(bar_at(address).flags) & RESENT != 0:
        resend_order(world, address)
    else:
        apply_word(world, address, kind)
    deliver_notices(world)


@entry_point("i8(i8, i8)")
def apply_input(world: int, address: int) -> int:
    """Apply an input: what is due before it first, then the input. Returns 0.

    A hook's exception passes through; called again with the same input, it goes on after the failed hook.
    """
    header, event = world_row(world, 0), bar_at(address)
    kind = int(event.kind)
    resume(world)
    if kind == EPOCH_KIND:
        header.order_id_base = epoch_at(address).epoch << EPOCH_SHIFT
        return 0
    if header.applying == 0:
        due = run_due(world, event.local_time_ns)
        while due:
            due = run_due(world, event.local_time_ns)
        header.applying = 1
        set_clock(world, event.local_time_ns)
        step_input(world, address)
    elif header.dispatch_strategy != 0:
        dispatch_phase(world, ON_START if kind == START else ON_STOP)
    header.applying = 0
    return 0
