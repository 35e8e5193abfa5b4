"""Kinds that describe the world: strings, instruments, currencies, sessions, corporate actions, timers, the clock."""

from __future__ import annotations

from typing import Final

from atlas.records.fields import (
    ACCOUNT_NUMBER,
    ASKED_BY,
    CLIENT_ORDER_ID,
    SEQUENCE,
    STRATEGY_NUMBER,
    TEXT_ID,
    count,
    duration,
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

STRING: Final = define(
    Kind.STRING,
    4,
    "Interns a text or foreign id under a number, before its first use; longer texts come in several parts.",
    identity("string_id", "number of the text"),
    number("byte_count", "bytes of this part, 0 to 144"),
    number("part", "0 for the first part"),
    number("part_count", "parts of the text, 1 or more"),
    number("category", "0 text, 1 foreign order id, 2 foreign execution id, 3 symbol"),
    Field("text_1", "S24", "UTF-8", "0", "bytes 0 to 23"),
    Field("text_2", "S40", "UTF-8", "0", "bytes 24 to 63"),
    Field("text_3", "S40", "UTF-8", "0", "bytes 64 to 103"),
    Field("text_4", "S40", "UTF-8", "0", "bytes 104 to 143"),
)

INSTRUMENT: Final = define(
    Kind.INSTRUMENT,
    4,
    "Defines an instrument, or changes what may change of it.",
    Field("name_hash", "u8", "hash", "0", "64-bit hash of VENUE:SYMBOL"),
    text("symbol_id", "symbol"),
    price("tick_size_units", "smallest price step of orders"),
    quantity("lot_size_units", "smallest quantity step of orders"),
    count("multiplier", "underlying units a contract stands for"),
    number("venue", "venue number", "u4"),
    number("product", "product number", "u4"),
    number("currency", "currency of price and results"),
    number("settlement_currency", "currency of settlement"),
    number("base_currency", "currency bought and sold, 0 for none"),
    number("calendar", "session table number"),
    number("price_exponent", "price units are 10**-this", "u1", "power of ten"),
    number("quantity_exponent", "quantity units are 10**-this", "u1", "power of ten"),
    number("money_exponent", "currency steps are 10**-this", "u1", "power of ten"),
    enum("asset_class", "AssetClass", "what it is"),
    enum("contract_style", "ContractStyle", "linear, inverse or quanto"),
    enum("shortable", "boolean", "1 when short sales are allowed"),
    enum("whole_lots", "boolean", "1 when only whole lots trade"),
    enum("retired", "boolean", "1 when it no longer trades"),
    quantity("minimum_quantity_units", "least order quantity"),
    quantity("maximum_quantity_units", "largest order quantity"),
    money("minimum_notional_money", "least order value"),
    ratio("initial_margin", "initial margin as a fraction of value", "fraction"),
    ratio("maintenance_margin", "maintenance margin as a fraction of value", "fraction"),
    time("listing_time_ns", "first trading"),
    time("expiry_time_ns", "end of trading of a dated contract"),
    price("lower_limit_units", "lowest price the venue accepts"),
    price("upper_limit_units", "highest price the venue accepts"),
    number("rank", "place in the order by venue and symbol", "u4"),
    number("fee_rule", "fee rule number"),
    number("correlation_group", "group for risk, 0 for none"),
)

OPTION_CONTRACT: Final = define(
    Kind.OPTION_CONTRACT,
    1,
    "What makes an instrument an option.",
    number("underlying", "instrument number of the underlying", "u4"),
    enum("option_right", "OptionRight", "call or put"),
    enum("exercise_style", "ExerciseStyle", "when it may be exercised"),
    enum("settlement_method", "SettlementMethod", "cash or physical"),
    enum("automatic_exercise", "boolean", "1 when exercised by itself in the money"),
    price("strike_units", "strike"),
    time("expiry_time_ns", "end of trading"),
    quantity("deliverable_units", "underlying quantity a contract delivers"),
    text("series_id", "name of the series"),
)

TRADING_RULE: Final = define(
    Kind.TRADING_RULE,
    2,
    "A dated tick and lot rule for a range of prices; checked on orders only.",
    time("start_time_ns", "valid from"),
    time("end_time_ns", "valid to, NULL for ever"),
    price("lower_price_units", "from this price"),
    price("upper_price_units", "below this price, NULL for all above"),
    price("tick_size_units", "smallest price step"),
    quantity("lot_size_units", "smallest quantity step"),
    quantity("minimum_quantity_units", "least order quantity"),
    quantity("maximum_quantity_units", "largest order quantity"),
    money("minimum_notional_money", "least order value"),
    number("rule", "index of the rule of the instrument"),
)

BAR_SPECIFICATION: Final = define(
    Kind.BAR_SPECIFICATION,
    1,
    "What the index in the side byte of bars stands for.",
    duration("length_ns", "length of a bar"),
    enum("price_type", "PriceType", "price it is made of"),
    number("index", "the index, -128 to 127", "i1"),
    duration("offset_ns", "start of the first bar after the trading day's start"),
)

CURRENCY: Final = define(
    Kind.CURRENCY,
    1,
    "A currency and its step.",
    text("code_id", "code, such as USD"),
    number("currency", "currency number"),
    number("money_exponent", "currency steps are 10**-this", "u1", "power of ten"),
    enum("is_base", "boolean", "1 for the currency of reports"),
)

CURRENCY_RATE: Final = define(
    Kind.CURRENCY_RATE,
    1,
    "What one unit of a currency is worth in another.",
    number("from_currency", "currency number"),
    number("to_currency", "currency number"),
    number("source_instrument", "instrument it is taken from, 0 for none", "u4"),
    ratio("rate", "units of to_currency for one of from_currency", "ratio"),
    ratio("bid_rate", "when selling from_currency", "ratio"),
    ratio("ask_rate", "when buying from_currency", "ratio"),
)

ACCOUNT: Final = define(
    Kind.ACCOUNT,
    1,
    "An account.",
    text("name_id", "name"),
    money("cash_money", "cash at the start"),
    ratio("leverage", "leverage allowed"),
    ratio("margin_interest", "interest on borrowed cash", "fraction a year"),
    ACCOUNT_NUMBER,
    number("currency", "currency number"),
    number("venue", "venue number"),
    enum("margin_account", "boolean", "1 margin, 0 cash"),
    enum("netting", "boolean", "1 when positions net, 0 when they are kept by entry"),
)

STRATEGY: Final = define(
    Kind.STRATEGY,
    2,
    "A strategy and where its record stands.",
    text("name_id", "configured name"),
    text("class_id", "class"),
    Field("code_hash", "u8", "hash", "0", "hash of its sources and compiler flags"),
    STRATEGY_NUMBER,
    ACCOUNT_NUMBER,
    enum("universe_scope", "boolean", "1 one record for all instruments, 0 one each"),
    enum("is_open", "boolean", "1 when it is not replayable from code"),
    enum("failure_policy", "FailurePolicy", "what follows a failed hook"),
    enum("retired", "boolean", "1 when it no longer runs"),
    count("version", "its own version"),
    ratio("allocation", "fraction of equity it may use", "fraction"),
    number("order", "place in the configured order", "u4"),
)

VENUE: Final = define(
    Kind.VENUE,
    1,
    "A venue.",
    text("name_id", "name"),
    number("venue", "venue number", "u4"),
    number("gateway", "gateway number", "u4"),
    duration("acknowledgement_limit_ns", "silence after which an order is in doubt"),
    enum("simulated", "boolean", "1 when matched by Atlas"),
    enum("notional_orders", "boolean", "1 when orders may be stated as notional"),
)

PRODUCT: Final = define(
    Kind.PRODUCT,
    1,
    "Groups the listings of one thing at several venues.",
    text("name_id", "name"),
    number("product", "product number", "u4"),
    number("asset_class", "AssetClass", "u1", "AssetClass"),
)

FEE_RULE: Final = define(
    Kind.FEE_RULE,
    2,
    "How a fee is computed; the largest of minimum and sum, capped by maximum.",
    number("fee_rule", "number of the rule"),
    number("currency", "currency number"),
    number("tier", "tier of the rule", "u4"),
    ratio("maker_rate", "fraction of notional", "fraction"),
    ratio("taker_rate", "fraction of notional", "fraction"),
    ratio("unit_fee", "fee of a share or contract", "currency"),
    money("flat_money", "fee of a fill"),
    money("minimum_money", "least fee of an order"),
    money("maximum_money", "largest fee of an order"),
    ratio("tier_volume", "30-day volume from which the tier holds", "currency"),
    ratio("sell_rate", "extra fraction of notional on sales", "fraction"),
)

SESSION_INTERVAL: Final = define(
    Kind.SESSION_INTERVAL,
    1,
    "An entry of a calendar: trading of one kind from start to end.",
    time("start_time_ns", "start, included"),
    time("end_time_ns", "end, excluded"),
    time("trading_day_ns", "trading day, as 00:00 UTC"),
    number("calendar", "session table number"),
    enum("session_kind", "SessionKind", "what trades"),
    enum("removed", "boolean", "1 when the entry is taken back"),
)

_SESSION = (
    time("trading_day_ns", "trading day, as 00:00 UTC"),
    time("end_time_ns", "planned end"),
    number("calendar", "session table number"),
    enum("session_kind", "SessionKind", "what opens or closes"),
    enum("early_close", "boolean", "1 on a shortened day"),
)

SESSION_OPEN: Final = define(Kind.SESSION_OPEN, 1, "A session opens.", *_SESSION)
SESSION_CLOSE: Final = define(Kind.SESSION_CLOSE, 1, "A session closes; DAY orders expire.", *_SESSION)
TRADING_DAY: Final = define(Kind.TRADING_DAY, 1, "A trading day begins; daily counters start anew.", *_SESSION)

_HALT = (
    enum("halt_reason", "HaltReason", "why"),
    enum("all_instruments", "boolean", "1 when the whole venue is meant"),
    number("venue", "venue number", "u4"),
    time("expected_time_ns", "expected end"),
    TEXT_ID,
)

HALT: Final = define(Kind.HALT, 1, "Trading of an instrument or venue is halted.", *_HALT)
HALT_END: Final = define(Kind.HALT_END, 1, "Trading goes on.", *_HALT)

_AUCTION = (
    time("auction_time_ns", "when it clears"),
    price("price_units", "clearing price, at the end"),
    quantity("quantity_units", "cleared quantity, at the end"),
    enum("session_kind", "SessionKind", "opening or closing auction"),
)

AUCTION_BEGIN: Final = define(Kind.AUCTION_BEGIN, 1, "An auction begins to take orders.", *_AUCTION)
AUCTION_END: Final = define(Kind.AUCTION_END, 1, "An auction has cleared.", *_AUCTION)

SPLIT: Final = define(
    Kind.SPLIT,
    1,
    "Holdings, orders and windows rescale: quantity x numerator / denominator, price the other way.",
    count("numerator", "new shares"),
    count("denominator", "for this many old ones"),
    time("record_time_ns", "record date"),
    price("cash_in_lieu_units", "price paid for fractions of a lot, NULL for the mark"),
    text("action_id", "the source's id"),
    venue_time_ns="first moment at the new scale",
)

DIVIDEND: Final = define(
    Kind.DIVIDEND,
    1,
    "Cash or stock for holders at the ex-date.",
    ratio("amount", "cash a share", "currency"),
    time("record_time_ns", "record date"),
    time("payment_time_ns", "payment date"),
    number("currency", "currency number"),
    number("withholding_basis_points", "tax withheld", "u2", "0.0001"),
    enum("in_stock", "boolean", "1 when amount is shares a share"),
    enum("special", "boolean", "1 when extraordinary"),
    text("action_id", "the source's id"),
    venue_time_ns="ex-date",
)

SYMBOL_CHANGE: Final = define(
    Kind.SYMBOL_CHANGE,
    1,
    "An instrument goes on under another symbol.",
    text("old_symbol_id", "symbol until now"),
    text("new_symbol_id", "symbol from now on"),
    Field("new_name_hash", "u8", "hash", "0", "64-bit hash of VENUE:SYMBOL"),
    number("new_venue", "venue number, 0 unchanged", "u4"),
    text("action_id", "the source's id"),
)

MERGER: Final = define(
    Kind.MERGER,
    1,
    "An instrument becomes another and cash.",
    number("new_instrument", "instrument received, 0 for none", "u4"),
    number("currency", "currency of the cash"),
    count("numerator", "new shares"),
    count("denominator", "for this many old ones"),
    ratio("cash_amount", "cash a share", "currency"),
    text("action_id", "the source's id"),
)

SPIN_OFF: Final = define(
    Kind.SPIN_OFF,
    1,
    "Holders receive shares of another instrument.",
    number("new_instrument", "instrument received", "u4"),
    count("numerator", "new shares"),
    count("denominator", "for this many held"),
    ratio("cost_fraction", "part of the cost that moves to the new shares", "fraction"),
    text("action_id", "the source's id"),
)

DELISTING: Final = define(
    Kind.DELISTING,
    1,
    "An instrument no longer trades.",
    price("final_price_units", "price at which holdings are closed, NULL when they stay"),
    time("last_trading_time_ns", "last trading"),
    TEXT_ID,
    text("action_id", "the source's id"),
)

EXPIRY: Final = define(
    Kind.EXPIRY,
    1,
    "A dated contract ends.",
    price("settlement_price_units", "price it settles at"),
    price("underlying_price_units", "price of the underlying, in its own units"),
    number("underlying", "instrument number of the underlying", "u4"),
    enum("settlement_method", "SettlementMethod", "cash or physical"),
    enum("in_the_money", "boolean", "1 when it has value"),
    text("action_id", "the source's id"),
)

_EXERCISE = (
    quantity("quantity_units", "contracts"),
    price("strike_units", "strike"),
    number("underlying", "instrument number of the underlying", "u4"),
    ACCOUNT_NUMBER,
    enum("settlement_method", "SettlementMethod", "cash or physical"),
    price("settlement_price_units", "price it settles at"),
    identity("execution_id", "the venue's id"),
)

EXERCISE: Final = define(Kind.EXERCISE, 1, "Options we hold were exercised.", *_EXERCISE)
ASSIGNMENT: Final = define(Kind.ASSIGNMENT, 1, "Options we wrote were assigned.", *_EXERCISE)

TIMER: Final = define(
    Kind.TIMER,
    1,
    "A timer is due.",
    identity("timer_id", "number that the strategy was given"),
    time("due_time_ns", "when it is due"),
    duration("interval_ns", "period, NULL for once"),
    STRATEGY_NUMBER,
    ASKED_BY,
    CLIENT_ORDER_ID,
)

CLOCK: Final = define(
    Kind.CLOCK,
    1,
    "Time went by without other events; what is due fires.",
    time("clock_time_ns", "the trader's clock from now on"),
    SEQUENCE,
)

WARM_UP_END: Final = define(
    Kind.WARM_UP_END,
    1,
    "Past data ends here; orders are allowed from now on.",
    STRATEGY_NUMBER,
    count("event_count", "events of the warm-up"),
)

DATA_END: Final = define(
    Kind.DATA_END,
    1,
    "The end of the data: open orders expire and are reported.",
    count("event_count", "events of the run"),
)
