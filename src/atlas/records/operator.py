"""Kinds that an operator or the process itself brings: pause, kill switch, limits, manual orders, leases, boot."""

from __future__ import annotations

from typing import Final

from atlas.records.commands import NEW_ORDER_BODY, ORDER_FLAGS
from atlas.records.fields import (
    ACCOUNT_NUMBER,
    ASKED_BY,
    CLIENT_ORDER_ID,
    ORIGINAL_CLIENT_ORDER_ID,
    REASON,
    STRATEGY_NUMBER,
    TEXT_ID,
    VENUE_ORDER_ID,
    count,
    enum,
    identity,
    money,
    number,
    price,
    quantity,
    ratio,
    text,
    time,
)
from atlas.records.kinds import Kind
from atlas.records.layout import Field, define

_OPERATOR = text("operator_id", "who said it")
_REQUEST = identity("request_id", "id under which the answer is expected")
_HASH = Field("state_hash", "u8", "hash", "0", "fingerprint of the state")

_SCOPE = (
    _OPERATOR,
    TEXT_ID,
    _REQUEST,
    ACCOUNT_NUMBER,
    STRATEGY_NUMBER,
    enum("scope", "MassCancelScope", "what is covered"),
    REASON,
)

OPERATOR_START: Final = define(Kind.OPERATOR_START, 1, "Start trading.", *_SCOPE)
OPERATOR_STOP: Final = define(Kind.OPERATOR_STOP, 1, "Stop: hooks end, orders are canceled.", *_SCOPE)
OPERATOR_PAUSE: Final = define(Kind.OPERATOR_PAUSE, 1, "Send no new orders; hooks go on.", *_SCOPE)
OPERATOR_RESUME: Final = define(Kind.OPERATOR_RESUME, 1, "End of a pause.", *_SCOPE)
OPERATOR_FLATTEN: Final = define(Kind.OPERATOR_FLATTEN, 1, "Cancel orders and close positions of a scope.", *_SCOPE)
OPERATOR_CANCEL_ALL: Final = define(Kind.OPERATOR_CANCEL_ALL, 1, "Cancel every order of a scope.", *_SCOPE)

_KILL = (
    _OPERATOR,
    TEXT_ID,
    _REQUEST,
    ACCOUNT_NUMBER,
    enum("cause", "KillCause", "what threw it"),
    enum("flatten", "boolean", "1 when positions are closed too"),
)

OPERATOR_KILL_SWITCH: Final = define(
    Kind.OPERATOR_KILL_SWITCH, 1, "Cancel all orders, refuse new ones, flatten if asked.", *_KILL
)
OPERATOR_KILL_SWITCH_RESET: Final = define(Kind.OPERATOR_KILL_SWITCH_RESET, 1, "The kill switch is set back.", *_KILL)

OPERATOR_SET_LIMIT: Final = define(
    Kind.OPERATOR_SET_LIMIT,
    1,
    "A risk limit changes.",
    _OPERATOR,
    count("limit_whole", "new value of limits in units, money or counts"),
    ratio("limit_ratio", "new value of limits that are ratios"),
    ACCOUNT_NUMBER,
    STRATEGY_NUMBER,
    enum("limit_kind", "LimitKind", "which limit"),
    enum("removed", "boolean", "1 when the limit is lifted"),
    _REQUEST,
)

OPERATOR_SET_PARAMETER: Final = define(
    Kind.OPERATOR_SET_PARAMETER,
    1,
    "A strategy's parameter changes.",
    _OPERATOR,
    text("parameter_id", "name of the field, dotted for an indicator's argument"),
    ratio("value", "new value; NaN where value_whole holds it", "as declared"),
    count("value_whole", "new value of whole-number and boolean fields"),
    STRATEGY_NUMBER,
    ACCOUNT_NUMBER,
)

OPERATOR_SET_TRADING_STATE: Final = define(
    Kind.OPERATOR_SET_TRADING_STATE,
    1,
    "The trading state is set by hand.",
    _OPERATOR,
    TEXT_ID,
    _REQUEST,
    ACCOUNT_NUMBER,
    STRATEGY_NUMBER,
    enum("trading_state", "TradingState", "state from now on"),
)

_MEMBER = (
    _OPERATOR,
    text("name_id", "name"),
    _REQUEST,
    ACCOUNT_NUMBER,
    STRATEGY_NUMBER,
    enum("flatten", "boolean", "1 when orders are canceled and positions closed"),
)

OPERATOR_ADD_INSTRUMENT: Final = define(
    Kind.OPERATOR_ADD_INSTRUMENT, 1, "Trade an instrument; its INSTRUMENT record came before.", *_MEMBER
)
OPERATOR_RETIRE_INSTRUMENT: Final = define(Kind.OPERATOR_RETIRE_INSTRUMENT, 1, "Trade an instrument no more.", *_MEMBER)
OPERATOR_ADD_STRATEGY: Final = define(
    Kind.OPERATOR_ADD_STRATEGY, 1, "Run a strategy; its STRATEGY record came before.", *_MEMBER
)
OPERATOR_RETIRE_STRATEGY: Final = define(Kind.OPERATOR_RETIRE_STRATEGY, 1, "Run a strategy no more.", *_MEMBER)

OPERATOR_NEW_ORDER: Final = define(
    Kind.OPERATOR_NEW_ORDER,
    3,
    "An order by hand; it passes risk like any other. The first two rows have the body of NEW_ORDER.",
    *NEW_ORDER_BODY,
    _OPERATOR,
    TEXT_ID,
    _REQUEST,
    side="+1 buy, -1 sell",
    flags=ORDER_FLAGS,
)

OPERATOR_CANCEL_ORDER: Final = define(
    Kind.OPERATOR_CANCEL_ORDER,
    1,
    "A cancel by hand.",
    _OPERATOR,
    TEXT_ID,
    ORIGINAL_CLIENT_ORDER_ID,
    ACCOUNT_NUMBER,
    STRATEGY_NUMBER,
    _REQUEST,
)

OPERATOR_REPLACE_ORDER: Final = define(
    Kind.OPERATOR_REPLACE_ORDER,
    2,
    "A cancel/replace by hand.",
    _OPERATOR,
    TEXT_ID,
    ORIGINAL_CLIENT_ORDER_ID,
    ACCOUNT_NUMBER,
    STRATEGY_NUMBER,
    _REQUEST,
    quantity("quantity_units", "new total quantity"),
    price("price_units", "new limit"),
    price("stop_units", "new stop"),
    time("expire_time_ns", "new end of a GTD order"),
)

OPERATOR_RESOLVE_ORDER: Final = define(
    Kind.OPERATOR_RESOLVE_ORDER,
    2,
    "What became of an order in doubt, found out by hand.",
    _OPERATOR,
    TEXT_ID,
    CLIENT_ORDER_ID,
    VENUE_ORDER_ID,
    enum("order_status", "OrderStatus", "its state at the venue"),
    ACCOUNT_NUMBER,
    quantity("cumulative_quantity_units", "filled in all"),
    ratio("average_price", "average price of the fills", "price"),
    _REQUEST,
    side="side of the order",
)

OPERATOR_ADJUST_POSITION: Final = define(
    Kind.OPERATOR_ADJUST_POSITION,
    2,
    "A position is corrected by hand; the difference belongs to external.",
    _OPERATOR,
    TEXT_ID,
    quantity("quantity_units", "change of net quantity"),
    money("cost_money", "change of cost"),
    ACCOUNT_NUMBER,
    STRATEGY_NUMBER,
    money("cash_money", "change of cash"),
    _REQUEST,
)

OPERATOR_ADJUST_CASH: Final = define(
    Kind.OPERATOR_ADJUST_CASH,
    1,
    "Cash is corrected by hand.",
    _OPERATOR,
    TEXT_ID,
    money("amount_money", "change of cash"),
    ACCOUNT_NUMBER,
    number("currency", "currency number"),
    enum("movement_type", "CashMovementType", "what it is"),
    _REQUEST,
)

OPERATOR_ACKNOWLEDGE_ALERT: Final = define(
    Kind.OPERATOR_ACKNOWLEDGE_ALERT,
    1,
    "An alert was seen.",
    _OPERATOR,
    TEXT_ID,
    count("alert_sequence", "sequence of the alert"),
    _REQUEST,
)

LEASE: Final = define(
    Kind.LEASE,
    1,
    "The lease under which this process trades an account.",
    text("holder_id", "who holds it"),
    count("epoch", "boot epoch of the holder"),
    time("expire_time_ns", "end of the lease"),
    ACCOUNT_NUMBER,
    enum("lease_state", "LeaseState", "what happened to it"),
)

EPOCH: Final = define(
    Kind.EPOCH,
    1,
    "A boot epoch begins: client order ids never repeat across epochs.",
    count("epoch", "this boot"),
    count("previous_epoch", "the one before"),
    text("run_id", "id of the run"),
    count("first_order_sequence", "first sequence of client order ids"),
)

BOOT: Final = define(
    Kind.BOOT,
    2,
    "A process started.",
    Field("code_hash", "u8", "hash", "0", "hash of the kernel's and strategies' code"),
    Field("configuration_hash", "u8", "hash", "0", "hash of the resolved configuration"),
    text("run_id", "id of the run"),
    text("version_id", "version of Atlas"),
    count("epoch", "boot epoch"),
    text("host_id", "machine and process"),
    count("seed", "seed of the random numbers"),
    number("layout_version", "version of the records", "u4"),
    enum("boot_reason", "BootReason", "why"),
    count("journal_sequence", "first sequence of this boot"),
)

SNAPSHOT_TAKEN: Final = define(
    Kind.SNAPSHOT_TAKEN,
    1,
    "A snapshot holds everything up to here.",
    count("journal_sequence", "last record that is in it"),
    text("path_id", "where it lies"),
    _HASH,
    count("byte_count", "its size"),
)

SHUTDOWN: Final = define(
    Kind.SHUTDOWN,
    1,
    "The process ended in order.",
    count("epoch", "boot epoch"),
    count("journal_sequence", "last record"),
    _HASH,
    TEXT_ID,
    ASKED_BY,
    enum("clean", "boolean", "1 when nothing was left to be sent"),
)

FINGERPRINT: Final = define(
    Kind.FINGERPRINT,
    1,
    "The state's fingerprint after a record, for comparison.",
    count("journal_sequence", "last record that is in it"),
    _HASH,
    Field("orders_hash", "u8", "hash", "0", "orders alone"),
    Field("portfolio_hash", "u8", "hash", "0", "cash and positions alone"),
    Field("strategies_hash", "u8", "hash", "0", "strategies alone"),
)
