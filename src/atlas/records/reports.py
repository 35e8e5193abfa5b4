"""Kinds that a venue answers with: execution reports after FIX 4.2, rejects, positions, balances, session changes."""

from __future__ import annotations

from typing import Final

from atlas.records.fields import (
    ACCOUNT_NUMBER,
    CLIENT_ORDER_ID,
    ORIGINAL_CLIENT_ORDER_ID,
    REJECT_REASON,
    SEQUENCE,
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
from atlas.records.layout import define

_REPORT_FLAGS = "UNSOLICITED 2, RECOVERED 4, FEE_ESTIMATED 8, LAST_OF_LIST 16, POSSIBLE_DUPLICATE 32"
_BUY_OR_SELL = "+1 buy, -1 sell"

EXECUTION_REPORT: Final = define(
    Kind.EXECUTION_REPORT,
    4,
    "What happened to an order, after FIX 4.2 message 8; transaction_type CANCEL is a bust, CORRECT a correction.",
    CLIENT_ORDER_ID,
    VENUE_ORDER_ID,
    identity("execution_id", "the venue's id of this report, FIX ExecID"),
    identity("reference_id", "FIX ExecRefID in busts and corrections, OrigClOrdID after a cancel or replace"),
    enum("execution_type", "ExecutionType", "what is reported, FIX 150"),
    enum("order_status", "OrderStatus", "state of the order, FIX 39"),
    enum("transaction_type", "TransactionType", "new, bust, correction or status, FIX 20"),
    enum("reject_reason", "RejectReason", "why refused; RestatementReason where execution_type is RESTATED"),
    enum("order_type", "OrderType", "order type"),
    enum("time_in_force", "TimeInForce", "how long it lives"),
    enum("liquidity", "Liquidity", "maker or taker"),
    enum("price_rule", "PriceRule", "which rule priced the fill"),
    quantity("last_quantity_units", "quantity of this fill, FIX LastShares"),
    price("last_price_units", "price of this fill, FIX LastPx"),
    quantity("cumulative_quantity_units", "filled so far, FIX CumQty"),
    quantity("leaves_quantity_units", "still open, FIX LeavesQty"),
    quantity("order_quantity_units", "quantity of the order, FIX OrderQty"),
    price("price_units", "limit of the order"),
    price("stop_units", "stop of the order"),
    ratio("average_price", "average price of the fills, FIX AvgPx", "price"),
    money("fee_money", "fee of this fill; negative is a rebate"),
    TEXT_ID,
    time("arrival_time_ns", "when the order reached the venue"),
    price("reference_price_units", "mark of the venue when the order arrived"),
    quantity("available_quantity_units", "liquidity seen at the fill"),
    quantity("queue_ahead_units", "quantity ahead in the queue when the fill came"),
    number("fee_rule", "fee rule applied"),
    ACCOUNT_NUMBER,
    STRATEGY_NUMBER,
    number("relaxations", "departures from the strict reading", "u2", "Relaxation bits"),
    side=_BUY_OR_SELL,
    flags=_REPORT_FLAGS,
)

CANCEL_REJECT: Final = define(
    Kind.CANCEL_REJECT,
    2,
    "A cancel or replace was refused, after FIX 4.2 message 9.",
    identity("client_order_id", "our id of the refused request"),
    ORIGINAL_CLIENT_ORDER_ID,
    VENUE_ORDER_ID,
    TEXT_ID,
    enum("order_status", "OrderStatus", "state of the order, FIX 39"),
    enum("response_to", "CancelRejectResponse", "cancel or replace, FIX 434"),
    REJECT_REASON,
    ACCOUNT_NUMBER,
    STRATEGY_NUMBER,
    quantity("cumulative_quantity_units", "filled so far, where told"),
    quantity("leaves_quantity_units", "still open, where told"),
    SEQUENCE,
    time("arrival_time_ns", "when the request reached the venue"),
    side=_BUY_OR_SELL,
    flags=_REPORT_FLAGS,
)

BUSINESS_REJECT: Final = define(
    Kind.BUSINESS_REJECT,
    1,
    "A well-formed message was refused as a whole, after FIX 4.2 message j.",
    identity("reference_id", "id of what was refused"),
    TEXT_ID,
    count("reference_sequence", "sequence number of what was refused"),
    enum("business_reject_reason", "BusinessRejectReason", "why, FIX 380"),
    enum("reference_kind", "Kind", "kind of what was refused"),
    REJECT_REASON,
    enum("reference_message", "FIX MsgType byte", "message type of what was refused"),
    ACCOUNT_NUMBER,
    SEQUENCE,
)

POSITION_REPORT: Final = define(
    Kind.POSITION_REPORT,
    2,
    "What the venue says we hold of one instrument.",
    quantity("quantity_units", "net quantity, negative is short"),
    ratio("average_price", "average entry", "price"),
    price("mark_price_units", "the venue's mark"),
    money("unrealized_money", "unrealised result"),
    money("realized_money", "realised result"),
    money("margin_money", "margin in use"),
    price("liquidation_price_units", "price at which the venue would close it"),
    identity("request_id", "the request it answers"),
    ACCOUNT_NUMBER,
    number("currency", "currency number"),
    SEQUENCE,
    flags=_REPORT_FLAGS,
)

BALANCE_REPORT: Final = define(
    Kind.BALANCE_REPORT,
    1,
    "What the venue says we have of one currency.",
    money("total_money", "all of it"),
    money("available_money", "free to use"),
    money("locked_money", "held for orders"),
    identity("request_id", "the request it answers"),
    ACCOUNT_NUMBER,
    number("currency", "currency number"),
    flags=_REPORT_FLAGS,
)

ACCOUNT_REPORT: Final = define(
    Kind.ACCOUNT_REPORT,
    2,
    "The venue's figures of a whole account.",
    money("equity_money", "equity"),
    money("cash_money", "cash"),
    money("buying_power_money", "buying power"),
    money("initial_margin_money", "initial margin in use"),
    money("maintenance_margin_money", "maintenance margin"),
    ratio("leverage", "leverage allowed"),
    number("status", "the venue's status bits", "u4", "bits"),
    ACCOUNT_NUMBER,
    number("currency", "currency number"),
    enum("trading_blocked", "boolean", "1 when the venue refuses new orders"),
    enum("pattern_day_trader", "boolean", "1 when so marked"),
    count("day_trade_count", "day trades counted by the venue"),
    identity("request_id", "the request it answers"),
    flags=_REPORT_FLAGS,
)

ORDER_LIST_STATUS: Final = define(
    Kind.ORDER_LIST_STATUS,
    2,
    "The state of one order in the answer to a list request, after FIX 4.2 message N.",
    CLIENT_ORDER_ID,
    VENUE_ORDER_ID,
    quantity("cumulative_quantity_units", "filled so far"),
    quantity("leaves_quantity_units", "still open"),
    quantity("canceled_quantity_units", "canceled"),
    ratio("average_price", "average price of the fills", "price"),
    price("price_units", "limit"),
    price("stop_units", "stop"),
    identity("request_id", "the request it answers"),
    ACCOUNT_NUMBER,
    enum("order_status", "OrderStatus", "state of the order"),
    enum("order_type", "OrderType", "order type"),
    enum("time_in_force", "TimeInForce", "how long it lives"),
    REJECT_REASON,
    side=_BUY_OR_SELL,
    flags=_REPORT_FLAGS,
)

QUOTE_STATUS: Final = define(
    Kind.QUOTE_STATUS,
    1,
    "The answer to a quote or quote request.",
    identity("quote_id", "the quote"),
    price("price_units", "quoted price, where one is given"),
    quantity("quantity_units", "quoted quantity"),
    time("expire_time_ns", "when it lapses"),
    REJECT_REASON,
    enum("accepted", "boolean", "1 accepted"),
    ACCOUNT_NUMBER,
    number("text_number", "string id of the venue's words", "u4"),
)

MASS_CANCEL_REPORT: Final = define(
    Kind.MASS_CANCEL_REPORT,
    1,
    "The answer to a mass cancel; each order is reported by itself.",
    identity("request_id", "the request it answers"),
    count("affected_count", "orders that will be canceled"),
    TEXT_ID,
    ACCOUNT_NUMBER,
    REJECT_REASON,
    enum("scope", "MassCancelScope", "what was covered"),
)

REPORT_LIST_END: Final = define(
    Kind.REPORT_LIST_END,
    1,
    "The answer to a list request is complete: what it didn't name, the venue doesn't have.",
    identity("request_id", "the request that was answered"),
    count("report_count", "reports in the answer"),
    ACCOUNT_NUMBER,
    enum("report_kind", "Kind", "what was listed"),
    enum("complete", "boolean", "0 when the venue cut the list short"),
    time("as_of_time_ns", "the time the answer is true for"),
)

GATEWAY_CONNECTED: Final = define(
    Kind.GATEWAY_CONNECTED,
    1,
    "A session with a venue is up.",
    number("venue", "venue number", "u4"),
    number("gateway", "gateway number", "u4"),
    count("session_number", "sessions since start"),
    count("next_incoming_sequence", "next sequence number expected"),
    count("next_outgoing_sequence", "next sequence number to be sent"),
)

GATEWAY_DISCONNECTED: Final = define(
    Kind.GATEWAY_DISCONNECTED,
    1,
    "A session with a venue is down.",
    number("venue", "venue number", "u4"),
    number("gateway", "gateway number", "u4"),
    TEXT_ID,
    enum("disconnect_reason", "DisconnectReason", "why"),
    time("retry_time_ns", "when the next attempt is due"),
)

CASH_MOVEMENT: Final = define(
    Kind.CASH_MOVEMENT,
    1,
    "Cash changed without a fill: funding, borrow, interest, deposits.",
    money("amount_money", "change of cash, negative is paid"),
    identity("movement_id", "the venue's id"),
    identity("reference_id", "execution or transfer it belongs to"),
    ACCOUNT_NUMBER,
    number("currency", "currency number"),
    enum("movement_type", "CashMovementType", "what it is"),
    TEXT_ID,
)

COMMAND_SENT: Final = define(
    Kind.COMMAND_SENT,
    1,
    "A gateway handed a command to the network.",
    CLIENT_ORDER_ID,
    count("wire_sequence", "sequence number on the wire"),
    enum("command_kind", "Kind", "kind of the command"),
    enum("failed", "boolean", "1 when it could not be handed over"),
    number("gateway", "gateway number", "u4"),
    TEXT_ID,
)

CHAIN_TRANSACTION: Final = define(
    Kind.CHAIN_TRANSACTION,
    2,
    "The state of a transaction on a chain.",
    CLIENT_ORDER_ID,
    text("transaction_hash_id", "hash of the transaction"),
    count("block_number", "height or slot"),
    count("nonce", "nonce of the sender"),
    money("gas_money", "cost in the native currency"),
    enum("transaction_status", "TransactionStatus", "where it stands"),
    enum("private_relay", "boolean", "1 when it was sent past the public pool"),
    ACCOUNT_NUMBER,
    number("chain", "number of the chain", "u4"),
    count("confirmation_count", "blocks on top of it"),
    count("gas_used", "units of gas used"),
    count("gas_limit", "units of gas allowed"),
    TEXT_ID,
)
