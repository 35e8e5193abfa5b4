"""Kinds that the kernel emits: order transitions, fills, equity, signals, alerts, log lines, audits."""

from __future__ import annotations

from typing import Final

from atlas.records.fields import (
    ACCOUNT_NUMBER,
    ASKED_BY,
    CLIENT_ORDER_ID,
    REJECT_REASON,
    SEQUENCE,
    STRATEGY_NUMBER,
    TEXT_ID,
    VENUE_ORDER_ID,
    WHY,
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

_BUY_OR_SELL = "+1 buy, -1 sell"

ORDER_TRANSITION: Final = define(
    Kind.ORDER_TRANSITION,
    1,
    "An order changed state: when, from, to, who asked, why, what the venue said.",
    CLIENT_ORDER_ID,
    enum("from_state", "OrderState + PendingFlag", "state before"),
    enum("to_state", "OrderState + PendingFlag", "state after"),
    enum("event", "OrderEvent", "what changed it"),
    ASKED_BY,
    WHY,
    REJECT_REASON,
    STRATEGY_NUMBER,
    quantity("cumulative_quantity_units", "filled so far"),
    price("price_units", "limit, or price of the fill"),
    VENUE_ORDER_ID,
    side=_BUY_OR_SELL,
)

FILL: Final = define(
    Kind.FILL,
    3,
    "A fill as booked, with its reasons.",
    CLIENT_ORDER_ID,
    identity("execution_id", "the venue's id of the execution"),
    quantity("quantity_units", "quantity"),
    price("price_units", "price"),
    money("fee_money", "fee; negative is a rebate"),
    money("notional_money", "price x quantity x multiplier"),
    money("realized_money", "result realised by this fill, before its fee"),
    quantity("position_units", "the account's position after it"),
    STRATEGY_NUMBER,
    ACCOUNT_NUMBER,
    enum("price_rule", "PriceRule", "which rule priced it"),
    enum("order_type", "OrderType", "type of the order"),
    enum("liquidity", "Liquidity", "maker or taker"),
    number("fee_rule", "fee rule applied", "u1"),
    time("arrival_time_ns", "when the order reached the venue"),
    time("submit_time_ns", "when the order was asked for"),
    price("reference_price_units", "mark at submission"),
    quantity("available_quantity_units", "liquidity seen at the fill"),
    money("slippage_money", "cost against the reference price, positive is a loss"),
    SEQUENCE,
    side=_BUY_OR_SELL,
    flags="MARGIN_CALL 2",
)

FILL_REVERSAL: Final = define(
    Kind.FILL_REVERSAL,
    2,
    "A booked fill was busted or corrected; the amounts are what was taken back.",
    CLIENT_ORDER_ID,
    identity("execution_id", "id of the busting or correcting report"),
    identity("reference_id", "id of the fill that is meant"),
    quantity("quantity_units", "quantity taken back"),
    price("price_units", "price of the fill that is meant"),
    money("fee_money", "fee taken back"),
    money("realized_money", "result taken back"),
    quantity("position_units", "the account's position after it"),
    STRATEGY_NUMBER,
    ACCOUNT_NUMBER,
    enum("transaction_type", "TransactionType", "CANCEL or CORRECT"),
    money("notional_money", "notional taken back"),
    side="side of the fill that is meant",
)

EQUITY_POINT: Final = define(
    Kind.EQUITY_POINT,
    2,
    "An account's worth at a moment, in its own currency.",
    money("cash_money", "cash"),
    money("positions_money", "market value of positions"),
    money("equity_money", "cash and positions"),
    money("realized_money", "realised result since start, before fees"),
    money("fees_money", "fees since start"),
    money("gross_exposure_money", "sum of absolute position values"),
    money("net_exposure_money", "sum of position values"),
    money("peak_equity_money", "highest equity so far"),
    count("open_positions", "positions not zero"),
    ratio("drawdown", "1 - equity / peak", "fraction"),
    instrument="account number",
)

SIGNAL: Final = define(
    Kind.SIGNAL,
    1,
    "A strategy's opinion of an instrument.",
    ratio("strength", "-1 sell to +1 buy", "score"),
    ratio("confidence", "0 to 1", "score"),
    price("price_units", "price it was formed at"),
    STRATEGY_NUMBER,
    ACCOUNT_NUMBER,
    number("model", "model number, 0 for none", "u4"),
    TEXT_ID,
    side="sign of the strength",
)

RISK_ALERT: Final = define(
    Kind.RISK_ALERT,
    1,
    "A limit is near or was breached.",
    ratio("value", "what was measured", "of the limit"),
    ratio("limit", "the limit", "of the limit"),
    CLIENT_ORDER_ID,
    ACCOUNT_NUMBER,
    STRATEGY_NUMBER,
    enum("limit_kind", "LimitKind", "which limit"),
    enum("alert_level", "AlertLevel", "how urgent"),
    REJECT_REASON,
    enum("trading_state", "TradingState", "state after it"),
    TEXT_ID,
)

LOG_LINE: Final = define(
    Kind.LOG_LINE,
    2,
    "A line of a strategy's or the system's log: a text and the numbers for its places.",
    TEXT_ID,
    ratio("value_1", "first number", "as named"),
    ratio("value_2", "second number", "as named"),
    ratio("value_3", "third number", "as named"),
    ratio("value_4", "fourth number", "as named"),
    ratio("value_5", "fifth number", "as named"),
    ratio("value_6", "sixth number", "as named"),
    ratio("value_7", "seventh number", "as named"),
    ratio("value_8", "eighth number", "as named"),
    STRATEGY_NUMBER,
    number("value_count", "numbers used, 0 to 8", "u1", "count"),
    enum("level", "LogLevel", "severity"),
    number("source", "number of the part that wrote it", "u4"),
)

STRATEGY_FAILED: Final = define(
    Kind.STRATEGY_FAILED,
    1,
    "A hook ended with an error.",
    STRATEGY_NUMBER,
    enum("hook", "Hook", "which hook"),
    enum("error_code", "ErrorCode", "class of the error"),
    number("line", "source line", "u4"),
    TEXT_ID,
    count("event_sequence", "the event it was given"),
    text("file_id", "source file"),
    enum("failure_policy", "FailurePolicy", "what follows"),
)

QUARANTINED_REPORT: Final = define(
    Kind.QUARANTINED_REPORT,
    1,
    "A venue's report that makes no sense was set aside.",
    CLIENT_ORDER_ID,
    VENUE_ORDER_ID,
    identity("execution_id", "the venue's id of the report"),
    enum("quarantine_reason", "QuarantineReason", "why"),
    enum("report_kind", "Kind", "kind of the report"),
    enum("execution_type", "ExecutionType", "what it reported"),
    enum("state", "OrderState + PendingFlag", "state of the order, 0 unknown"),
    number("account", "account number"),
    number("venue", "venue number"),
    count("report_sequence", "position of the report in its stream"),
    side="side stated by the report",
)

TARGET: Final = define(
    Kind.TARGET,
    1,
    "A strategy asked for a target position.",
    quantity("target_units", "target quantity, where stated"),
    ratio("target_weight", "target as a fraction of equity, where stated", "fraction"),
    quantity("current_units", "position and open orders before"),
    CLIENT_ORDER_ID,
    STRATEGY_NUMBER,
    ACCOUNT_NUMBER,
    enum("unchanged", "boolean", "1 when it equals the last target and nothing was done"),
    enum("rebalance", "boolean", "1 when resizing was asked for"),
)

POSITION_CHANGE: Final = define(
    Kind.POSITION_CHANGE,
    2,
    "A position changed: fill, bust, split, expiry, adjustment.",
    quantity("quantity_units", "position after"),
    quantity("change_units", "change"),
    money("cost_money", "cost after"),
    money("realized_money", "result realised by the change"),
    STRATEGY_NUMBER,
    ACCOUNT_NUMBER,
    enum("cause_kind", "Kind", "kind of the record that caused it"),
    ASKED_BY,
    money("cash_money", "change of cash"),
    price("price_units", "price of the change"),
    identity("reference_id", "execution or action it belongs to"),
)

CASH_POSTING: Final = define(
    Kind.CASH_POSTING,
    1,
    "Cash was booked.",
    money("amount_money", "change of cash"),
    money("cash_money", "cash after"),
    identity("reference_id", "execution, movement or action it belongs to"),
    ACCOUNT_NUMBER,
    number("currency", "currency number"),
    enum("movement_type", "CashMovementType", "what it is"),
    enum("cause_kind", "Kind", "kind of the record that caused it"),
    STRATEGY_NUMBER,
)

TRADING_STATE_CHANGE: Final = define(
    Kind.TRADING_STATE_CHANGE,
    1,
    "The trading state changed.",
    ACCOUNT_NUMBER,
    STRATEGY_NUMBER,
    enum("from_state", "TradingState", "state before"),
    enum("to_state", "TradingState", "state after"),
    WHY,
    enum("limit_kind", "LimitKind", "limit that caused it"),
    time("until_time_ns", "end of a cool-down"),
    ratio("value", "what was measured", "of the limit"),
    TEXT_ID,
)

CAPACITY_ALERT: Final = define(
    Kind.CAPACITY_ALERT,
    1,
    "A table or queue is nearly full, or refused an entry.",
    number("table", "number of the table", "u4"),
    REJECT_REASON,
    enum("alert_level", "AlertLevel", "how urgent"),
    count("used", "entries in use"),
    count("capacity", "entries there are"),
    CLIENT_ORDER_ID,
)

COMMAND_CAUSE: Final = define(
    Kind.COMMAND_CAUSE,
    1,
    "Which event made the kernel emit the commands that follow.",
    count("event_sequence", "position of the event in the journal"),
    count("first_command_sequence", "first command"),
    count("command_count", "commands"),
    enum("event_kind", "Kind", "kind of the event"),
)

FEATURE_VALUES: Final = define(
    Kind.FEATURE_VALUES,
    2,
    "Features as computed live, for comparison and learning.",
    number("first_feature", "index of the first feature"),
    number("feature_count", "features in this record, 1 to 8", "u1", "count"),
    number("time_frame", "index of the time frame", "u1"),
    number("model", "model number", "u4"),
    *(ratio(f"value_{place}", f"feature {place}", "as named") for place in range(1, 9)),
)

DECISION: Final = define(
    Kind.DECISION,
    2,
    "Why the agent did or did not trade.",
    ratio("score", "aggregated signal, -1 to +1", "score"),
    ratio("confidence", "0 to 1", "score"),
    ratio("threshold", "score it had to pass", "score"),
    CLIENT_ORDER_ID,
    STRATEGY_NUMBER,
    ACCOUNT_NUMBER,
    enum("acted", "boolean", "1 when an order was asked for"),
    REJECT_REASON,
    number("signal_count", "signals aggregated", "u2", "count"),
    TEXT_ID,
    ratio("strategy_score", "part of the strategies", "score"),
    ratio("model_score", "part of the models", "score"),
    ratio("sentiment_score", "part of the sentiment", "score"),
    price("price_units", "price it was formed at"),
    side="side it favoured",
)

ROUND_TRIP: Final = define(
    Kind.ROUND_TRIP,
    3,
    "A position went from zero to zero, or through it.",
    time("entry_time_ns", "first fill"),
    quantity("quantity_units", "largest quantity held"),
    ratio("entry_price", "average entry", "price"),
    ratio("exit_price", "average exit", "price"),
    money("realized_money", "result before fees"),
    money("fees_money", "fees"),
    money("slippage_money", "cost against the reference prices"),
    money("best_money", "best unrealised result on the way"),
    money("worst_money", "worst unrealised result on the way"),
    count("fill_count", "fills"),
    STRATEGY_NUMBER,
    ACCOUNT_NUMBER,
    number("trip_number", "number within the run", "u4"),
    side="+1 long, -1 short",
    venue_time_ns="last fill",
)

RISK_CHECK: Final = define(
    Kind.RISK_CHECK,
    1,
    "The outcome of risk for one order.",
    CLIENT_ORDER_ID,
    Field("passed_checks", "u8", "LimitKind bits", "0", "checks that were passed"),
    ratio("value", "what the failed or tightest check measured", "of the limit"),
    ratio("limit", "its limit", "of the limit"),
    STRATEGY_NUMBER,
    ACCOUNT_NUMBER,
    REJECT_REASON,
    enum("limit_kind", "LimitKind", "the failed or tightest check"),
    enum("approved", "boolean", "1 when the order may go"),
)

PARAMETER_CHANGE: Final = define(
    Kind.PARAMETER_CHANGE,
    1,
    "A parameter was changed by event.",
    text("parameter_id", "name of the field"),
    ratio("old_value", "value before", "as declared"),
    ratio("new_value", "value after", "as declared"),
    STRATEGY_NUMBER,
    ASKED_BY,
    text("operator_id", "who asked"),
)

DISCREPANCY: Final = define(
    Kind.DISCREPANCY,
    2,
    "Our books and the venue's differ.",
    CLIENT_ORDER_ID,
    quantity("our_quantity_units", "ours"),
    quantity("venue_quantity_units", "the venue's"),
    money("our_money", "ours"),
    money("venue_money", "the venue's"),
    enum("compared_kind", "Kind", "kind of report that was compared"),
    enum("our_status", "OrderStatus", "ours"),
    enum("venue_status", "OrderStatus", "the venue's"),
    enum("resolved", "boolean", "1 when it was put right"),
    ACCOUNT_NUMBER,
    number("currency", "currency number"),
    TEXT_ID,
    identity("request_id", "the request that brought it to light"),
)
