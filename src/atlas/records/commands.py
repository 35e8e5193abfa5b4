"""Kinds that go to a venue: orders, cancels, replacements, requests."""

from __future__ import annotations

from typing import Final

from atlas.records.fields import (
    ACCOUNT_NUMBER,
    ASKED_BY,
    CLIENT_ORDER_ID,
    ORIGINAL_CLIENT_ORDER_ID,
    REASON,
    SEQUENCE,
    STRATEGY_NUMBER,
    VENUE_ORDER_ID,
    count,
    duration,
    enum,
    identity,
    number,
    price,
    quantity,
    ratio,
    text,
    time,
)
from atlas.records.kinds import Kind
from atlas.records.layout import define

ORDER_FLAGS = (
    "POST_ONLY 2, REDUCE_ONLY 4, HAS_TERMS 8, OUTSIDE_REGULAR_HOURS 16, HIDDEN 32, REBALANCE 64, ALL_OR_NONE 128, "
    "CLOSE_POSITION 256, RESENT 512"
)
_BUY_OR_SELL = "+1 buy, -1 sell"

NEW_ORDER_BODY: Final = (
    CLIENT_ORDER_ID,
    quantity("quantity_units", "quantity"),
    price("price_units", "limit"),
    price("stop_units", "stop or trigger price"),
    ACCOUNT_NUMBER,
    STRATEGY_NUMBER,
    enum("order_type", "OrderType", "order type"),
    enum("time_in_force", "TimeInForce", "how long it lives"),
    enum("quantity_kind", "QuantityKind", "what the quantity is stated in"),
    ASKED_BY,
    time("expire_time_ns", "end of a GTD order"),
    price("stop_loss_units", "attached stop, live from the fill"),
    price("take_profit_units", "attached target, live from the fill"),
    ratio("quantity_value", "notional or weight that the fill resolves to a quantity", "currency or fraction"),
    identity("parent_order_id", "client order id of the order it belongs to"),
)

NEW_ORDER: Final = define(
    Kind.NEW_ORDER,
    2,
    "A new order that risk approved.",
    *NEW_ORDER_BODY,
    side=_BUY_OR_SELL,
    flags=ORDER_FLAGS,
)

ORDER_TERMS: Final = define(
    Kind.ORDER_TERMS,
    2,
    "Rarer terms of an order; precedes its NEW_ORDER, which has HAS_TERMS set.",
    CLIENT_ORDER_ID,
    quantity("display_quantity_units", "shown part of an iceberg"),
    quantity("minimum_quantity_units", "least quantity of a fill"),
    price("trailing_offset_units", "distance of a trailing stop"),
    price("limit_offset_units", "distance of the limit from a trailing stop"),
    price("activation_price_units", "price that starts a trailing stop"),
    ratio("trailing_offset_fraction", "distance of a trailing stop as a fraction of the price", "fraction"),
    duration("refresh_delay_ns", "pause before an iceberg shows its next part"),
    text("venue_terms_id", "terms only the venue knows"),
    number("maximum_slippage_basis_points", "worst price allowed, from the mark", "u4", "0.0001"),
    enum("trigger_price", "TriggerPrice", "which price triggers the stop"),
    enum("settlement", "boolean", "1 when the venue's settlement default is overridden"),
    side=_BUY_OR_SELL,
)

ORDER_LINK: Final = define(
    Kind.ORDER_LINK,
    1,
    "Orders that act on one another.",
    identity("list_id", "our id of the list"),
    identity("first_order_id", "client order id"),
    identity("second_order_id", "client order id"),
    identity("third_order_id", "client order id"),
    enum("contingency", "ContingencyType", "how they act"),
)

CANCEL_ORDER: Final = define(
    Kind.CANCEL_ORDER,
    1,
    "A request to cancel an order.",
    identity("client_order_id", "our id of this request"),
    ORIGINAL_CLIENT_ORDER_ID,
    VENUE_ORDER_ID,
    ACCOUNT_NUMBER,
    STRATEGY_NUMBER,
    ASKED_BY,
    REASON,
    SEQUENCE,
    side="side of the order",
)

REPLACE_ORDER: Final = define(
    Kind.REPLACE_ORDER,
    2,
    "A request to change an order.",
    identity("client_order_id", "our id of this request, and of the order once accepted"),
    ORIGINAL_CLIENT_ORDER_ID,
    VENUE_ORDER_ID,
    quantity("quantity_units", "new total quantity, filled part included"),
    price("price_units", "new limit"),
    price("stop_units", "new stop"),
    time("expire_time_ns", "new end of a GTD order"),
    ACCOUNT_NUMBER,
    STRATEGY_NUMBER,
    ASKED_BY,
    REASON,
    enum("order_type", "OrderType", "order type, 0 unchanged"),
    enum("time_in_force", "TimeInForce", "how long it lives, 0 unchanged"),
    SEQUENCE,
    price("trailing_offset_units", "new distance of a trailing stop"),
    side="side of the order",
)

ORDER_STATUS_REQUEST: Final = define(
    Kind.ORDER_STATUS_REQUEST,
    1,
    "Ask the venue what it knows of one order.",
    CLIENT_ORDER_ID,
    VENUE_ORDER_ID,
    identity("request_id", "our id of this request"),
    ACCOUNT_NUMBER,
    STRATEGY_NUMBER,
    ASKED_BY,
    REASON,
    SEQUENCE,
    side="side of the order",
)

MASS_CANCEL: Final = define(
    Kind.MASS_CANCEL,
    1,
    "Cancel every order of a scope.",
    identity("request_id", "our id of this request"),
    ACCOUNT_NUMBER,
    STRATEGY_NUMBER,
    enum("scope", "MassCancelScope", "what is covered"),
    ASKED_BY,
    REASON,
    SEQUENCE,
    side="0 both sides, else only that one",
)

QUOTE_REQUEST: Final = define(
    Kind.QUOTE_REQUEST,
    1,
    "Ask for a quote: a market maker's, or a route and price of a decentralised exchange.",
    identity("request_id", "our id of this request"),
    quantity("quantity_units", "quantity to be quoted"),
    text("route_id", "route asked for"),
    ACCOUNT_NUMBER,
    STRATEGY_NUMBER,
    time("expire_time_ns", "when the answer is no longer wanted"),
    side="+1 we would buy, -1 sell, 0 both",
)

MASS_QUOTE: Final = define(
    Kind.MASS_QUOTE,
    2,
    "Our two-sided quote.",
    identity("quote_id", "our id of the quote"),
    price("bid_price_units", "our bid"),
    price("ask_price_units", "our ask"),
    quantity("bid_quantity_units", "quantity we bid for"),
    quantity("ask_quantity_units", "quantity we offer"),
    identity("request_id", "the request it answers"),
    time("expire_time_ns", "when it lapses"),
    ACCOUNT_NUMBER,
    STRATEGY_NUMBER,
    ASKED_BY,
)

MARKET_DATA_REQUEST: Final = define(
    Kind.MARKET_DATA_REQUEST,
    1,
    "Start or stop a subscription.",
    identity("request_id", "our id of this request"),
    number("scope", "what is wanted", "u4", "MarketDataScope bits"),
    number("depth", "levels of the book, 0 all"),
    enum("subscribe", "boolean", "1 start, 0 stop"),
    enum("bar_specification", "index", "bar specification"),
    time("start_time_ns", "history from here"),
    time("end_time_ns", "history up to here"),
)

POSITION_REQUEST: Final = define(
    Kind.POSITION_REQUEST,
    1,
    "Ask for positions, balances and account figures.",
    identity("request_id", "our id of this request"),
    ACCOUNT_NUMBER,
    enum("positions", "boolean", "1 wanted"),
    enum("balances", "boolean", "1 wanted"),
    enum("account_figures", "boolean", "1 wanted"),
)

OPEN_ORDERS_REQUEST: Final = define(
    Kind.OPEN_ORDERS_REQUEST,
    1,
    "Ask for all open orders, and for executions since a time.",
    identity("request_id", "our id of this request"),
    ACCOUNT_NUMBER,
    enum("executions", "boolean", "1 when executions are wanted too"),
    time("since_time_ns", "executions from here"),
)

EXERCISE_REQUEST: Final = define(
    Kind.EXERCISE_REQUEST,
    1,
    "Exercise an option, or forbid its automatic exercise.",
    identity("request_id", "our id of this request"),
    quantity("quantity_units", "contracts"),
    ACCOUNT_NUMBER,
    STRATEGY_NUMBER,
    enum("exercise", "boolean", "1 exercise, 0 do not"),
    ASKED_BY,
    count("sequence", "position in its source's stream"),
)
