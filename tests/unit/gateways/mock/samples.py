"""Commands and scripts for tests of the mock venue."""

from __future__ import annotations

from typing import Any

import numpy as np

from atlas.gateways.mock import Behaviour, Script
from atlas.records.enums import OrderType, QuantityKind, TimeInForce
from atlas.records.kinds import Kind
from atlas.records.layout import blank, repeat_headers
from atlas.records.reports import EXECUTION_REPORT

PRICE, UNIT = 10**9, 10**8


def script(*behaviours: Behaviour, steps: int = 8) -> Script:
    closes = [[(100 + step) * PRICE] for step in range(1, steps + 1)]
    return Script(closes, behaviours=dict(enumerate(behaviours, 1)))


def new_order(identity: int = 1, quantity: int = 10 * UNIT, **fields: Any) -> bytes:
    order = blank(Kind.NEW_ORDER)
    order["client_order_id"], order["quantity_units"] = identity, quantity
    order["instrument"], order["side"] = 1, 1
    order["order_type"], order["time_in_force"] = OrderType.MARKET, TimeInForce.GTC
    order["quantity_kind"] = QuantityKind.UNITS
    for name, value in fields.items():
        order[name] = value
    repeat_headers(order)
    return order.tobytes()


def cancel(identity: int, original: int) -> bytes:
    command = blank(Kind.CANCEL_ORDER)
    command["client_order_id"], command["original_client_order_id"] = identity, original
    command["instrument"], command["side"] = 1, 1
    return command.tobytes()


def replacement(identity: int, original: int, quantity: int, price: int) -> bytes:
    command = blank(Kind.REPLACE_ORDER)
    command["client_order_id"], command["original_client_order_id"] = identity, original
    command["quantity_units"], command["price_units"] = quantity, price
    command["instrument"], command["side"] = 1, 1
    repeat_headers(command)
    return command.tobytes()


def question(identity: int) -> bytes:
    request = blank(Kind.ORDER_STATUS_REQUEST)
    request["client_order_id"], request["instrument"], request["side"] = identity, 1, 1
    return request.tobytes()


def report(record: bytes) -> Any:
    return np.frombuffer(record, EXECUTION_REPORT)[0]
