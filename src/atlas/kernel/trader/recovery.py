"""Recorded commands played back: orders installed as they were sent, and verbs that send nothing of their own.

Where commands can't be recomputed (another version of the code, an open strategy) they are inputs. The host lays the
commands recorded after an event beside the block and names them in the unused first row of `calls`; a muted verb takes
the one that answers to it, installs it at the place where it was asked for, and returns its id. What no verb took, the
host installs afterwards. An installed command is put among the commands like one just emitted, so that either way the
same commands follow the same event.
"""

from __future__ import annotations

from atlas.kernel.memory.block import allocate_row, ring_index
from atlas.kernel.memory.compilation import EntryPoint, entry_point, kernel_function
from atlas.kernel.memory.hash_map import map_put, map_remove
from atlas.kernel.memory.intrinsics import copy_bytes, store
from atlas.kernel.trader.orders import (
    BY_SYSTEM,
    CALLED,
    CANCEL_REQUEST,
    ILLEGAL_STATE,
    INDEX_ENTRY,
    ORDERS_ENTRY,
    PENDING_CANCEL,
    PENDING_REPLACE,
    REPLACE_REQUEST,
    SENT,
    STATE_NEW,
    WHY_MARGIN,
    WHY_SIGNAL,
    change_state,
    find_order,
    hold,
    link_order,
)
from atlas.kernel.trader.outputs import (
    CANCEL_KIND,
    COMMANDS_ENTRY,
    NEW_ORDER_KIND,
    REPLACE_KIND,
    cancel_order_at,
    new_order_at,
    replace_order_at,
)
from atlas.kernel.trader.risk import approve
from atlas.kernel.trader.tables import (
    call_row,
    command_address,
    instrument_row,
    order_row,
    strategy_row,
    world_row,
)
from atlas.kernel.trader.verbs import (
    GO_ON,
    NO_PRICE_YET,
    NOT_FINITE,
    UNITS,
    UNKNOWN_INSTRUMENT,
    approve_replace,
    check_target,
    forget_target,
    is_finite,
    is_instrument,
    resolve_quantity,
    target_difference,
    target_of,
)
from atlas.kernel.trader.views import VERBS
from atlas.records.enums import NULL
from atlas.records.order_states import TRANSITIONS

COMMAND_BYTES = 128
HEADER_WORD = 16
EPOCH_MASK = (1 << 40) - 1
OPEN_IDS = 1 << 39
NULL_UNITS = NULL


@kernel_function
def count_id(world: int, identity: int) -> None:
    """Keep the sequence of order ids ahead of a recorded one; ids of open strategies are counted apart."""
    header = world_row(world, 0)
    if identity & OPEN_IDS == 0 and identity & EPOCH_MASK > header.next_order_sequence:
        header.next_order_sequence = identity & EPOCH_MASK


@kernel_function
def put_command(world: int, address: int) -> None:
    """Copy a recorded command among those on their way."""
    header = world_row(world, 0)
    slot = command_address(world, ring_index(world, COMMANDS_ENTRY, header.commands_written))
    copy_bytes(slot, address, COMMAND_BYTES)
    header.commands_written += 1


@kernel_function
def fill_from_command(world: int, slot: int, address: int) -> None:
    """Write an order's terms from its recorded command."""
    order, command = order_row(world, slot), new_order_at(address)
    order.client_order_id, order.quantity_units = command.client_order_id, command.quantity_units
    order.instrument, order.side = int(command.instrument), int(command.side)
    order.strategy, order.account = int(command.strategy), int(command.account)
    order.order_type, order.time_in_force = int(command.order_type), int(command.time_in_force)
    order.quantity_kind, order.asked_by = int(command.quantity_kind), int(command.asked_by)
    order.price_units, order.stop_units = command.price_units, command.stop_units
    order.stop_loss_units, order.take_profit_units = command.stop_loss_units, command.take_profit_units
    order.expire_time_ns, order.quantity_value = command.expire_time_ns, command.quantity_value
    order.parent_order_id = command.parent_order_id
    if order.asked_by == BY_SYSTEM:  # by itself the system asks for orders of margin calls alone
        order.why, order.ties = WHY_MARGIN, CALLED
        instrument_row(world, order.instrument).tied_orders += 1
    else:
        order.why = WHY_SIGNAL
    order.previous_order, order.next_order = -1, -1


@kernel_function
def install_new(world: int, address: int) -> int:
    """Make the order of a recorded command, held for by risk and never refused; 0 where it is there or has no room."""
    identity = new_order_at(address).client_order_id
    if find_order(world, identity) >= 0:
        return 0
    slot = allocate_row(world, ORDERS_ENTRY)
    if slot < 0:
        return 0
    fill_from_command(world, slot, address)
    order, header = order_row(world, slot), world_row(world, 0)
    header.order_count += 1
    strategy_row(world, order.strategy).order_count += 1
    order.state, order.submit_time_ns = STATE_NEW, header.clock_ns
    order.reference_price_units = instrument_row(world, order.instrument).mark_units
    approve(world, slot)  # for what it holds; what was sent is no longer to be refused
    hold(world, slot)
    link_order(world, slot)
    map_put(world, INDEX_ENTRY, identity, slot)
    change_state(world, slot, SENT, 0, order.price_units)
    return identity


@kernel_function
def take_recorded_id(world: int, slot: int, identity: int) -> None:
    """Let an order's request go by its recorded id."""
    order = order_row(world, slot)
    if order.pending_order_id != 0:
        map_remove(world, INDEX_ENTRY, order.pending_order_id)
    order.pending_order_id = identity
    map_put(world, INDEX_ENTRY, identity, slot)


@kernel_function
def install_cancel(world: int, address: int) -> int:
    """Mark the order of a recorded cancel; 0 where there is none to be cancelled."""
    command = cancel_order_at(address)
    slot = find_order(world, command.original_client_order_id)
    if slot < 0:
        return 0
    order = order_row(world, slot)
    if order.state & PENDING_CANCEL == 0:
        if int(TRANSITIONS[order.state, CANCEL_REQUEST]) == ILLEGAL_STATE:
            return 0
        order.asked_by, order.why = int(command.asked_by), int(command.reason)
        change_state(world, slot, CANCEL_REQUEST, 0, order.price_units)
    take_recorded_id(world, slot, command.client_order_id)
    return command.client_order_id


@kernel_function
def install_replace(world: int, address: int) -> int:
    """Mark the order of a recorded replacement; 0 where there is none to be changed."""
    command = replace_order_at(address)
    slot = find_order(world, command.original_client_order_id)
    if slot < 0:
        return 0
    order = order_row(world, slot)
    if order.state & PENDING_REPLACE == 0:
        if int(TRANSITIONS[order.state, REPLACE_REQUEST]) == ILLEGAL_STATE:
            return 0
        approve_replace(world, slot, command.quantity_units, command.price_units, command.stop_units)
        change_state(world, slot, REPLACE_REQUEST, 0, command.price_units)
    take_recorded_id(world, slot, command.client_order_id)
    order.pending_quantity_units, order.pending_price_units = command.quantity_units, command.price_units
    order.pending_stop_units = command.stop_units
    return command.client_order_id


@kernel_function
def install(world: int, address: int) -> int:
    """Install a recorded command and count it among those on their way; its id, or 0 where it changes nothing."""
    kind, identity = int(new_order_at(address).kind), 0
    put_command(world, address)
    count_id(world, new_order_at(address).client_order_id)
    if kind == NEW_ORDER_KIND:
        identity = install_new(world, address)
    elif kind == CANCEL_KIND:
        identity = install_cancel(world, address)
    elif kind == REPLACE_KIND:
        identity = install_replace(world, address)
    return identity


@entry_point("i8(i8, i8)")
def install_command(world: int, address: int) -> int:
    """Install the recorded command at `address`: its id, or 0 where it changes nothing."""
    return install(world, address)


# --- verbs that send nothing -----------------------------------------------------------------------------------------


@kernel_function
def recorded(world: int, index: int) -> int:
    """Address of a recorded command that waits for its verb."""
    return call_row(world, 0).function + index * COMMAND_BYTES


@kernel_function
def take(world: int, index: int) -> int:
    """Install a recorded command and mark it as taken."""
    address = recorded(world, index)
    identity = install(world, address)
    store(address + HEADER_WORD, 0)
    return identity


@kernel_function
def find_new(world: int, strategy: int, instrument: int, side: int) -> int:
    """Find the first waiting order of a strategy, instrument and side; -1 where there is none."""
    for index in range(call_row(world, 0).record):
        command = new_order_at(recorded(world, index))
        same = int(command.strategy) == strategy and int(command.instrument) == instrument
        if int(command.kind) == NEW_ORDER_KIND and same and int(command.side) == side:
            return index
    return -1


@kernel_function
def find_request(world: int, kind: int, order_id: int) -> int:
    """Find the first waiting cancel or replacement of an order; -1 where there is none."""
    for index in range(call_row(world, 0).record):
        command = cancel_order_at(recorded(world, index))
        if int(command.kind) == kind and command.original_client_order_id == order_id:
            return index
    return -1


@entry_point(VERBS["place"])
def recorded_place(
    world: int,
    strategy: int,
    instrument: int,
    side: int,
    order_type: int,
    time_in_force: int,
    quantity_kind: int,
    expire_time_ns: int,
    quantity: float,
    limit: float,
    stop: float,
    stop_loss: float,
    take_profit: float,
) -> int:
    """Take the recorded order that answers to this call; its id, or 0."""
    if not is_instrument(world, instrument):
        return UNKNOWN_INSTRUMENT
    if not is_finite(quantity):
        return NOT_FINITE
    forget_target(world, strategy, instrument)
    index = find_new(world, strategy, instrument, side)
    return take(world, index) if index >= 0 else 0


@entry_point(VERBS["target"])
def recorded_target(world: int, strategy: int, instrument: int, kind: int, rebalance: int, value: float) -> int:
    """Note a target as the live verb does, and take the recorded orders that answer to it; an id, or 0.

    A target that stands off what is held and was answered by no recorded order may be asked for again.
    """
    answer = check_target(world, strategy, instrument, kind, rebalance, value)
    if answer != GO_ON:
        return 0 if answer == NO_PRICE_YET else answer
    last = target_of(world, strategy, instrument)
    if last.order_id != 0:
        index = find_request(world, CANCEL_KIND, last.order_id)
        last.order_id = 0
        if index >= 0:
            take(world, index)
    last.kind, last.value = kind, value
    difference, _ = target_difference(world, strategy, instrument, kind, value)
    index = find_new(world, strategy, instrument, 1 if difference > 0.0 else -1)
    if index >= 0:
        last.order_id = take(world, index)
        return last.order_id
    if abs(difference) >= float(instrument_row(world, instrument).lot_units):
        last.kind = 0
    return 0


@entry_point(VERBS["cancel"])
def recorded_cancel(world: int, strategy: int, order_id: int) -> int:
    """Take the recorded cancel of an order, where there is one; 0."""
    index = find_request(world, CANCEL_KIND, order_id)
    if index >= 0:
        take(world, index)
    return 0


@entry_point(VERBS["replace"])
def recorded_replace(world: int, strategy: int, order_id: int, quantity: float, limit: float, stop: float) -> int:
    """Take the recorded replacement of an order; the request's id, or 0."""
    index = find_request(world, REPLACE_KIND, order_id)
    return take(world, index) if index >= 0 else 0


@entry_point(VERBS["cancel_all"])
def recorded_cancel_all(world: int, strategy: int, instrument: int) -> int:
    """Take every recorded cancel of the strategy, in one instrument or (-1) in all; how many."""
    count = 0
    for index in range(call_row(world, 0).record):
        command = cancel_order_at(recorded(world, index))
        covered = instrument < 0 or int(command.instrument) == instrument
        if int(command.kind) == CANCEL_KIND and int(command.strategy) == strategy and covered:
            take(world, index)
            count += 1
    return count


RECORDED_VERBS: dict[str, EntryPoint] = {
    "place": recorded_place,
    "target": recorded_target,
    "cancel": recorded_cancel,
    "replace": recorded_replace,
    "cancel_all": recorded_cancel_all,
}
"""Verbs that take recorded commands in place of sending; the others are the live ones."""


@entry_point("i8(i8, i8)")
def resolved_units(world: int, client_order_id: int) -> int:
    """Units that a working order stated as notional or weight comes to at its instrument's mark; 0 for none."""
    slot = find_order(world, client_order_id)
    if slot < 0:
        return 0
    order = order_row(world, slot)
    if order.quantity_kind == UNITS:
        return order.quantity_units
    return resolve_quantity(world, client_order_id, instrument_row(world, order.instrument).mark_units)
