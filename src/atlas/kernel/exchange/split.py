"""Splits of an instrument: what its working orders turn into."""

from __future__ import annotations

from atlas.kernel.exchange.accept import OFF_LOT
from atlas.kernel.exchange.fills import OVERFLOW
from atlas.kernel.exchange.queue import cancel_unasked
from atlas.kernel.exchange.reports import NULL_UNITS, UNSOLICITED, order_status, report_order, reports_waiting
from atlas.kernel.exchange.tables import instrument_row, order_row
from atlas.kernel.memory.compilation import kernel_function
from atlas.kernel.memory.exact import multiply_divide, multiply_divide_truncate
from atlas.records.enums import ExecutionType, RestatementReason

RESTATED, CORPORATE_ACTION = int(ExecutionType.RESTATED), int(RestatementReason.CORPORATE_ACTION)


@kernel_function
def rescaled(value: int, numerator: int, denominator: int) -> tuple[int, bool]:
    """Price or quantity times a ratio, rounded half-even; NULL stays NULL."""
    if value == NULL_UNITS:
        return value, True
    return multiply_divide(value, numerator, denominator)


@kernel_function
def rescale_order(venue: int, slot: int, numerator: int, denominator: int) -> bool:
    """Rescale one order; what is open is cut to whole lots. False where a number does not fit: nothing is changed."""
    order = order_row(venue, slot)
    row = instrument_row(venue, order.instrument)
    price, price_fits = rescaled(order.price_units, denominator, numerator)
    stop, stop_fits = rescaled(order.stop_units, denominator, numerator)
    loss, loss_fits = rescaled(order.stop_loss_units, denominator, numerator)
    profit, profit_fits = rescaled(order.take_profit_units, denominator, numerator)
    leaves, leaves_fit = multiply_divide(order.leaves_units, numerator, denominator)
    filled, filled_fit = multiply_divide(order.cumulative_units, numerator, denominator)
    if not (price_fits and stop_fits and loss_fits and profit_fits and leaves_fit and filled_fit):
        return False
    if leaves > row.maximum_quantity_units or filled > row.maximum_quantity_units:
        return False
    order.price_units, order.stop_units, order.leaves_units = price, stop, leaves - leaves % row.lot_units
    order.stop_loss_units, order.take_profit_units, order.cumulative_units = loss, profit, filled
    if order.trailing_units != 0:
        order.trailing_units, _ = multiply_divide(order.trailing_units, denominator, numerator)
    if order.quantity_units != NULL_UNITS:
        order.quantity_units = filled + order.leaves_units
    order.average_price = order.average_price * float(denominator) / float(numerator)
    return True


@kernel_function
def exchange_split(venue: int, instrument: int, numerator: int, denominator: int, time_ns: int) -> int:
    """Rescale every working order of an instrument: `numerator` new shares for `denominator` old ones.

    Prices are rounded half-even and may leave the tick; open quantity is cut to whole lots; both are told by a RESTATED
    report. An order of which nothing is left, or whose numbers do not fit, is canceled.

    Returns
    -------
    int
        Reports that wait to be read.

    Raises
    ------
    ValueError
        The ratio is not positive.
    """
    if numerator <= 0 or denominator <= 0:
        raise ValueError("a split needs two positive numbers")
    row = instrument_row(venue, instrument)
    row.last_price_units, _ = rescaled(row.last_price_units, denominator, numerator)
    net_units, fits = multiply_divide_truncate(row.net_units, numerator, denominator)
    if fits:
        whole = abs(net_units) - abs(net_units) % row.lot_units
        row.net_units = whole if net_units >= 0 else -whole
    slot = row.first_order
    while slot >= 0:
        order = order_row(venue, slot)
        following = order.next_order
        if not rescale_order(venue, slot, numerator, denominator):
            cancel_unasked(venue, slot, OVERFLOW, time_ns)
        elif order.quantity_units != NULL_UNITS and order.leaves_units == 0:
            cancel_unasked(venue, slot, OFF_LOT, time_ns)
        else:
            report_order(venue, slot, RESTATED, order_status(venue, slot), CORPORATE_ACTION, UNSOLICITED, time_ns)
        slot = following
    return reports_waiting(venue)
