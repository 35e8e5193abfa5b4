"""What a venue says: execution reports and cancel rejects, written into the ring of reports."""

from __future__ import annotations

from atlas.kernel.exchange.tables import NEVER, REPORTS, instrument_row, order_row, report_address, venue_row
from atlas.kernel.memory.block import table_capacity
from atlas.kernel.memory.compilation import kernel_function, rare_function
from atlas.kernel.memory.intrinsics import ROWS, clear_bytes, record_at, store
from atlas.records.commands import CANCEL_ORDER, NEW_ORDER
from atlas.records.enums import (
    NULL,
    CancelRejectResponse,
    ExecutionType,
    Liquidity,
    OrderStatus,
    PriceRule,
    ReportFlag,
    TransactionType,
)
from atlas.records.kinds import Kind
from atlas.records.reports import CANCEL_REJECT, EXECUTION_REPORT

REPORTS_ENTRY = REPORTS.entry
REPORT_KIND, CANCEL_REJECT_KIND = int(Kind.EXECUTION_REPORT), int(Kind.CANCEL_REJECT)
ROW_BYTES, REPORT_ROWS, CANCEL_REJECT_ROWS = 64, 4, 2
CONTINUED_FLAG = 1 << 48
UNSOLICITED = int(ReportFlag.UNSOLICITED)
NULL_UNITS, NO_PRICE = NULL, float("nan")
TYPE_NEW, TYPE_PARTIAL, TYPE_FILL = int(ExecutionType.NEW), int(ExecutionType.PARTIAL_FILL), int(ExecutionType.FILL)
TYPE_REJECTED = int(ExecutionType.REJECTED)
STATUS_NEW, STATUS_PARTIAL = int(OrderStatus.NEW), int(OrderStatus.PARTIAL_FILL)
STATUS_FILLED, STATUS_REJECTED = int(OrderStatus.FILLED), int(OrderStatus.REJECTED)
TRANSACTION_NEW = int(TransactionType.NEW)
MAKER, TAKER = int(Liquidity.MAKER), int(Liquidity.TAKER)
RULE_LIMIT, RULE_TOUCH = int(PriceRule.LIMIT), int(PriceRule.TOUCH)
REPLACE_RESPONSE = int(CancelRejectResponse.REPLACE)
report_at, cancel_reject_at = record_at(EXECUTION_REPORT, ROWS), record_at(CANCEL_REJECT, ROWS)
new_order_at, cancel_order_at = record_at(NEW_ORDER, ROWS), record_at(CANCEL_ORDER, ROWS)


@kernel_function
def push_report(venue: int, rows: int, kind: int, time_ns: int, instrument: int, side: int, flags: int) -> int:
    """Reserve a slot of the ring and write the headers of a record of `rows` rows; returns its address.

    Raises
    ------
    OverflowError
        The driver left so many reports unread that the ring is full.
    """
    header = venue_row(venue, 0)
    capacity, written = table_capacity(venue, REPORTS_ENTRY), header.reports_written
    if header.reports_read == written:
        # Nothing waits: both counts move on to the ring's first slot, which is still in the processor's cache.
        written = (written + capacity - 1) & -capacity
        header.reports_read = written
    if written - header.reports_read >= capacity:
        raise OverflowError("the ring of reports is full: reports must be read, or its capacity raised")
    header.reports_written = written + 1
    address = report_address(venue, written & (capacity - 1))
    word = instrument | (kind << 32) | ((side & 0xFF) << 40) | (flags << 48)
    for row in range(rows):
        start = address + row * ROW_BYTES
        store(start, time_ns)
        store(start + 8, time_ns)
        store(start + 16, word)
        word |= CONTINUED_FLAG
    return address


@kernel_function
def reports_waiting(venue: int) -> int:
    """Reports that have not been read."""
    header = venue_row(venue, 0)
    return header.reports_written - header.reports_read


@kernel_function
def next_execution_id(venue: int) -> int:
    """Take the next execution id of this venue."""
    header = venue_row(venue, 0)
    identity = header.next_execution_id
    header.next_execution_id = identity + 1
    return identity


@kernel_function
def order_status(venue: int, slot: int) -> int:
    """State of a working order as FIX tells it."""
    order = order_row(venue, slot)
    if order.cumulative_units == 0:
        return STATUS_NEW
    return STATUS_PARTIAL if order.leaves_units > 0 else STATUS_FILLED


@kernel_function
def report_order(venue: int, slot: int, execution_type: int, status: int, reason: int, flags: int, time_ns: int) -> int:
    """Report an order as it stands, without a fill; returns the report's address."""
    order = order_row(venue, slot)
    address = push_report(venue, REPORT_ROWS, REPORT_KIND, time_ns, order.instrument, order.side, flags)
    report = report_at(address)
    report.client_order_id, report.venue_order_id = order.client_order_id, order.venue_order_id
    report.execution_id = next_execution_id(venue)
    # After a replacement the order goes by the request's id; its first one stays as the reference.
    report.reference_id = order.first_client_order_id if order.first_client_order_id != order.client_order_id else 0
    report.execution_type, report.order_status = execution_type, status
    report.transaction_type, report.reject_reason = TRANSACTION_NEW, reason
    report.order_type, report.time_in_force = order.order_type, order.time_in_force
    report.liquidity, report.price_rule = 0, 0
    report.last_quantity_units, report.last_price_units = NULL_UNITS, NULL_UNITS
    report.cumulative_quantity_units, report.leaves_quantity_units = order.cumulative_units, order.leaves_units
    report.order_quantity_units, report.price_units = order.quantity_units, order.price_units
    report.stop_units, report.average_price = order.stop_units, order.average_price
    report.fee_money, report.text_id, report.arrival_time_ns = NULL_UNITS, 0, order.arrival_time_ns
    report.reference_price_units, report.available_quantity_units = order.reference_price_units, NULL_UNITS
    report.queue_ahead_units, report.fee_rule = NULL_UNITS, 0
    report.account, report.strategy, report.relaxations = order.account, order.strategy, 0
    return address


@kernel_function
def report_end(venue: int, slot: int, execution_type: int, reason: int, flags: int, time_ns: int) -> int:
    """Report an order that ends unfilled in part or whole: nothing is left open; returns the report's address."""
    address = report_order(venue, slot, execution_type, execution_type, reason, flags, time_ns)
    report_at(address).leaves_quantity_units = 0
    return address


@kernel_function
def report_fill(
    venue: int, slot: int, units: int, price_units: int, fee_money: int, rule: int, relaxations: int, time_ns: int
) -> None:
    """Report a fill that is booked in the order already, but not yet taken from the bar's cap."""
    order, row = order_row(venue, slot), instrument_row(venue, order_row(venue, slot).instrument)
    execution_type = TYPE_PARTIAL if order.leaves_units > 0 else TYPE_FILL
    report = report_at(report_order(venue, slot, execution_type, execution_type, 0, 0, time_ns))
    report.last_quantity_units, report.last_price_units, report.fee_money = units, price_units, fee_money
    report.liquidity = MAKER if rule == RULE_LIMIT or rule == RULE_TOUCH else TAKER
    report.price_rule, report.fee_rule, report.relaxations = rule, row.fee_rule + row.fee_tier, relaxations
    if row.bar_cap_units != NEVER:
        report.available_quantity_units = row.bar_cap_units


@rare_function
def report_rejection(venue: int, address: int, reason: int, time_ns: int) -> None:
    """Refuse the NEW_ORDER at `address`."""
    command, header = new_order_at(address), venue_row(venue, 0)
    report = report_at(
        push_report(venue, REPORT_ROWS, REPORT_KIND, time_ns, command.instrument + 0, command.side + 0, 0)
    )
    header.rejected_count += 1
    report.client_order_id, report.venue_order_id = command.client_order_id, 0
    report.execution_id, report.reference_id = next_execution_id(venue), 0
    report.execution_type, report.order_status = TYPE_REJECTED, STATUS_REJECTED
    report.transaction_type, report.reject_reason = TRANSACTION_NEW, reason
    report.order_type, report.time_in_force = command.order_type, command.time_in_force
    report.liquidity, report.price_rule = 0, 0
    report.last_quantity_units, report.last_price_units = NULL_UNITS, NULL_UNITS
    report.cumulative_quantity_units, report.leaves_quantity_units = 0, 0
    report.order_quantity_units, report.price_units = command.quantity_units, command.price_units
    report.stop_units, report.average_price = command.stop_units, NO_PRICE
    report.fee_money, report.text_id, report.arrival_time_ns = NULL_UNITS, 0, time_ns
    report.reference_price_units, report.available_quantity_units = NULL_UNITS, NULL_UNITS
    report.queue_ahead_units, report.fee_rule = NULL_UNITS, 0
    report.account, report.strategy, report.relaxations = command.account, command.strategy, 0


@rare_function
def report_cancel_reject(venue: int, address: int, slot: int, response: int, reason: int, time_ns: int) -> None:
    """Refuse the cancel or replace request at `address`; `slot` is -1 where the order is unknown.

    Both requests begin with the same fields; the rest is told by the order.
    """
    request = cancel_order_at(address)
    target = push_report(
        venue, CANCEL_REJECT_ROWS, CANCEL_REJECT_KIND, time_ns, request.instrument + 0, request.side + 0, 0
    )
    clear_bytes(target + CANCEL_REJECT_ROWS * ROW_BYTES, (REPORT_ROWS - CANCEL_REJECT_ROWS) * ROW_BYTES)
    reject = cancel_reject_at(target)
    reject.client_order_id, reject.original_client_order_id = request.client_order_id, request.original_client_order_id
    reject.venue_order_id, reject.text_id, reject.order_status = request.venue_order_id, 0, 0
    reject.response_to, reject.reject_reason, reject.account, reject.strategy = response, reason, 0, 0
    reject.cumulative_quantity_units, reject.leaves_quantity_units = NULL_UNITS, NULL_UNITS
    reject.sequence, reject.arrival_time_ns = NULL_UNITS, time_ns
    if slot >= 0:
        order = order_row(venue, slot)
        reject.venue_order_id, reject.order_status = order.venue_order_id, order_status(venue, slot)
        reject.account, reject.strategy = order.account, order.strategy
        reject.cumulative_quantity_units, reject.leaves_quantity_units = order.cumulative_units, order.leaves_units
