"""Kinds that bring the market: bars, quotes, trades, books, derivatives' figures, news."""

from __future__ import annotations

from typing import Final

from atlas.records.enums import BookCondition
from atlas.records.fields import SEQUENCE, TEXT_ID, count, duration, enum, number, price, quantity, ratio, text, time
from atlas.records.kinds import Kind
from atlas.records.layout import define

_BOOK_SIDE = "+1 bid, -1 ask"
_SPECIFICATION = "bar specification index"
_MARKET_FLAGS = "SNAPSHOT 2, LAST_OF_EVENT 4, ESTIMATED 8, CLOCK_CORRECTED 16, CONFLATED 32, OUT_OF_SESSION 64"

BAR: Final = define(
    Kind.BAR,
    1,
    "A finished bar.",
    price("open_units", "first price"),
    price("high_units", "highest price"),
    price("low_units", "lowest price"),
    price("close_units", "last price"),
    quantity("volume_units", "traded quantity"),
    venue_time_ns="end of the bar",
    local_time_ns="when the bar became available",
    side=_SPECIFICATION,
)

BAR_DETAIL: Final = define(
    Kind.BAR_DETAIL,
    1,
    "What some sources add to a bar; follows the bar of the same time and specification.",
    ratio("turnover", "traded value", "quote currency"),
    count("trade_count", "trades in the bar"),
    price("average_price_units", "volume-weighted average price"),
    quantity("taker_buy_volume_units", "quantity bought by takers"),
    count("open_interest_count", "open contracts at the end"),
    venue_time_ns="end of the bar",
    side=_SPECIFICATION,
)

QUOTE: Final = define(
    Kind.QUOTE,
    1,
    "Best bid and ask (L1).",
    price("bid_price_units", "best bid"),
    price("ask_price_units", "best ask"),
    quantity("bid_quantity_units", "quantity at the best bid"),
    quantity("ask_quantity_units", "quantity at the best ask"),
    SEQUENCE,
    side="0 both sides; +1 or -1 where only that side was updated",
    flags=_MARKET_FLAGS,
)

TRADE: Final = define(
    Kind.TRADE,
    1,
    "A public trade.",
    price("price_units", "price"),
    quantity("quantity_units", "quantity"),
    count("trade_id", "the venue's number of the trade"),
    SEQUENCE,
    number("condition", "the venue's condition bits", "u4", "bits"),
    number("trade_venue", "venue number within a consolidated feed"),
    enum("price_rule", "PriceRule", "AUCTION for auction prints"),
    side="side of the taker, 0 unknown",
    flags=_MARKET_FLAGS,
)

TRADE_CANCEL: Final = define(
    Kind.TRADE_CANCEL,
    1,
    "A public trade is taken back or corrected.",
    count("trade_id", "the venue's number of the trade"),
    price("price_units", "corrected price, NULL when canceled"),
    quantity("quantity_units", "corrected quantity, NULL when canceled"),
    price("original_price_units", "price as first published"),
    quantity("original_quantity_units", "quantity as first published"),
)

BOOK_LEVEL_SET: Final = define(
    Kind.BOOK_LEVEL_SET,
    1,
    "An aggregated level has this quantity now (L2).",
    price("price_units", "price of the level"),
    quantity("quantity_units", "total quantity of the level"),
    count("order_count", "orders in the level"),
    count("level_index", "0 for the best, where the feed tells"),
    SEQUENCE,
    side=_BOOK_SIDE,
    flags=_MARKET_FLAGS,
)

BOOK_LEVEL_DELETE: Final = define(
    Kind.BOOK_LEVEL_DELETE,
    1,
    "An aggregated level is gone (L2).",
    price("price_units", "price of the level"),
    count("level_index", "0 for the best, where the feed tells"),
    SEQUENCE,
    side=_BOOK_SIDE,
    flags=_MARKET_FLAGS,
)

BOOK_SNAPSHOT_BEGIN: Final = define(
    Kind.BOOK_SNAPSHOT_BEGIN,
    1,
    "The levels or orders that follow, up to BOOK_SNAPSHOT_END, replace the book.",
    SEQUENCE,
    count("record_count", "records in the snapshot, where known"),
)

BOOK_SNAPSHOT_END: Final = define(
    Kind.BOOK_SNAPSHOT_END,
    1,
    "The snapshot is complete and the book may be used.",
    SEQUENCE,
    count("record_count", "records in the snapshot"),
)

BOOK_CLEAR: Final = define(
    Kind.BOOK_CLEAR,
    1,
    "The book, or one side of it, is empty.",
    SEQUENCE,
    side="0 both sides, +1 bids, -1 asks",
)

_ORDER_IDENTITY = count("book_order_id", "the venue's number of the order in the feed")

BOOK_ORDER_ADD: Final = define(
    Kind.BOOK_ORDER_ADD,
    1,
    "An order joined the book at the end of its level's queue (L3).",
    _ORDER_IDENTITY,
    price("price_units", "limit"),
    quantity("quantity_units", "displayed quantity"),
    count("priority", "the venue's priority within the level, where it states one"),
    SEQUENCE,
    side=_BOOK_SIDE,
    flags=_MARKET_FLAGS,
)

BOOK_ORDER_MODIFY: Final = define(
    Kind.BOOK_ORDER_MODIFY,
    1,
    "A resting order changed; it keeps its place only when the price stays and the quantity shrinks (L3).",
    _ORDER_IDENTITY,
    price("price_units", "new limit"),
    quantity("quantity_units", "new displayed quantity"),
    count("new_book_order_id", "new number, where the feed renumbers"),
    SEQUENCE,
    side=_BOOK_SIDE,
    flags=_MARKET_FLAGS,
)

BOOK_ORDER_CANCEL: Final = define(
    Kind.BOOK_ORDER_CANCEL,
    1,
    "A resting order, or a part of it, was canceled (L3).",
    _ORDER_IDENTITY,
    price("price_units", "limit, where the feed repeats it"),
    quantity("quantity_units", "canceled quantity, NULL for all of it"),
    SEQUENCE,
    side=_BOOK_SIDE,
    flags=_MARKET_FLAGS,
)

BOOK_ORDER_EXECUTE: Final = define(
    Kind.BOOK_ORDER_EXECUTE,
    1,
    "A resting order was executed, wholly or in part (L3).",
    _ORDER_IDENTITY,
    price("price_units", "price of the execution"),
    quantity("quantity_units", "executed quantity"),
    count("trade_id", "the venue's number of the trade"),
    SEQUENCE,
    side="side of the resting order",
    flags=_MARKET_FLAGS,
)

BOOK_STATE: Final = define(
    Kind.BOOK_STATE,
    1,
    "How far a book can be trusted from here on.",
    enum("condition", "BookCondition", ", ".join(f"{member.name} {member.value}" for member in BookCondition)),
    enum("previous_condition", "BookCondition", "condition until now"),
    SEQUENCE,
    price("bid_price_units", "best bid"),
    price("ask_price_units", "best ask"),
)

TRADING_STATUS: Final = define(
    Kind.TRADING_STATUS,
    1,
    "The venue announces a phase of trading.",
    enum("status", "MarketStatus", "phase from now on"),
    enum("previous_status", "MarketStatus", "phase until now"),
    enum("halt_reason", "HaltReason", "why trading stopped"),
    enum("short_sale_restricted", "boolean", "1 when short sales are restricted"),
    TEXT_ID,
    time("expected_time_ns", "when the phase is expected to end"),
    SEQUENCE,
)

AUCTION_IMBALANCE: Final = define(
    Kind.AUCTION_IMBALANCE,
    2,
    "Indication ahead of an auction.",
    quantity("paired_quantity_units", "quantity that would trade"),
    quantity("imbalance_quantity_units", "quantity left over"),
    price("reference_price_units", "reference price"),
    price("indicative_price_units", "price at which the auction would clear"),
    SEQUENCE,
    price("near_price_units", "clearing price, all orders"),
    price("far_price_units", "clearing price, auction orders only"),
    time("auction_time_ns", "when the auction is due"),
    enum("status", "MarketStatus", "OPENING_AUCTION, INTRADAY_AUCTION or CLOSING_AUCTION"),
    side="side of the imbalance",
)

FUNDING_RATE: Final = define(
    Kind.FUNDING_RATE,
    1,
    "Funding of a perpetual contract.",
    ratio("rate", "fraction of notional that longs pay to shorts"),
    ratio("predicted_rate", "next rate as now predicted"),
    time("funding_time_ns", "when the rate is applied"),
    time("next_funding_time_ns", "when the following one is applied"),
    price("mark_price_units", "mark price it is applied to"),
)

MARK_PRICE: Final = define(
    Kind.MARK_PRICE,
    1,
    "The venue's mark price.",
    price("mark_price_units", "mark price"),
    price("index_price_units", "index price"),
    price("settlement_price_units", "estimated settlement price"),
    SEQUENCE,
)

INDEX_VALUE: Final = define(
    Kind.INDEX_VALUE, 1, "The value of an index.", price("value_units", "value of the index"), SEQUENCE
)

OPEN_INTEREST: Final = define(
    Kind.OPEN_INTEREST,
    1,
    "Contracts open at the venue.",
    quantity("open_interest_units", "open contracts"),
    ratio("open_interest_value", "their value", "quote currency"),
    SEQUENCE,
)

LIQUIDATION: Final = define(
    Kind.LIQUIDATION,
    1,
    "The venue closed somebody's position by force.",
    price("price_units", "price of the liquidation order"),
    quantity("quantity_units", "quantity of the order"),
    price("average_price_units", "average price it was done at"),
    quantity("filled_quantity_units", "quantity done"),
    SEQUENCE,
    side="side of the liquidation order",
)

OPTION_CHAIN_ROW: Final = define(
    Kind.OPTION_CHAIN_ROW,
    4,
    "One contract of an option chain with implied volatility and greeks.",
    price("bid_price_units", "best bid"),
    price("ask_price_units", "best ask"),
    quantity("bid_quantity_units", "quantity at the bid"),
    quantity("ask_quantity_units", "quantity at the ask"),
    price("mark_price_units", "mark price"),
    ratio("implied_volatility", "mark implied volatility, per year", "fraction"),
    ratio("bid_implied_volatility", "implied by the bid", "fraction"),
    ratio("ask_implied_volatility", "implied by the ask", "fraction"),
    ratio("delta", "change per unit of the underlying", "price a price"),
    ratio("gamma", "change of delta per unit of the underlying", "1 / price"),
    ratio("theta", "change per day", "price a day"),
    ratio("vega", "change per 1.00 of volatility", "price"),
    ratio("rho", "change per 1.00 of interest", "price"),
    price("underlying_price_units", "price of the underlying, in its own units"),
    quantity("open_interest_units", "open contracts"),
    quantity("volume_units", "contracts traded today"),
    price("last_price_units", "last trade"),
    number("underlying", "instrument number of the underlying", "u4"),
    SEQUENCE,
)

FUNDAMENTAL: Final = define(
    Kind.FUNDAMENTAL,
    2,
    "One figure of a company's accounts or estimates.",
    text("metric_id", "name of the figure: earnings_per_share, revenue, price_to_earnings, sector"),
    ratio("value", "the figure", "as named"),
    text("value_text_id", "the figure where it is a word, such as the sector"),
    time("period_start_ns", "start of the period"),
    time("period_end_ns", "end of the period"),
    text("currency_id", "currency of the figure"),
    ratio("estimate", "consensus before publication", "as named"),
    ratio("prior_value", "figure of the period before", "as named"),
    text("source_id", "who published it"),
    count("revision", "0 for the first publication"),
    local_time_ns="when it became public here; never before publication",
)

NEWS: Final = define(
    Kind.NEWS,
    2,
    "A story about an instrument.",
    text("headline_id", "headline"),
    text("source_id", "who published it"),
    text("address_id", "where it can be read"),
    text("story_id", "the publisher's id"),
    text("category_id", "category"),
    ratio("sentiment", "-1 bad to +1 good", "score"),
    ratio("relevance", "0 to 1", "score"),
    ratio("novelty", "0 to 1", "score"),
    text("body_id", "body"),
    count("revision", "0 for the first publication"),
)

SENTIMENT: Final = define(
    Kind.SENTIMENT,
    1,
    "An aggregated opinion about an instrument.",
    ratio("score", "-1 bad to +1 good", "score"),
    ratio("confidence", "0 to 1", "score"),
    count("mention_count", "pieces it is made from"),
    duration("window_ns", "length of time it covers"),
    text("source_id", "model or service"),
)

BORROW_RATE: Final = define(
    Kind.BORROW_RATE,
    1,
    "What it costs to borrow an instrument for a short sale.",
    ratio("rate", "fraction of value a year"),
    quantity("available_quantity_units", "quantity that can be borrowed"),
    enum("easy_to_borrow", "boolean", "1 when no locate is needed"),
)

INTEREST_RATE: Final = define(
    Kind.INTEREST_RATE,
    1,
    "A rate of interest, such as the risk-free one.",
    ratio("rate", "fraction a year"),
    duration("tenor_ns", "term of the rate"),
    text("currency_id", "currency"),
    text("source_id", "who published it"),
)

SETTLEMENT_PRICE: Final = define(
    Kind.SETTLEMENT_PRICE,
    1,
    "The venue's settlement or official closing price.",
    price("price_units", "settlement price"),
    price("previous_price_units", "the one before"),
    time("session_date_ns", "trading day, as 00:00 UTC"),
    quantity("open_interest_units", "open contracts after clearing"),
    enum("is_final", "boolean", "1 final, 0 preliminary"),
)

DATA_COLUMNS: Final = define(
    Kind.DATA_COLUMNS,
    1,
    "Up to four extra numeric columns of the user's data.",
    number("first_column", "index of the first column"),
    number("column_count", "columns in this record, 1 to 4"),
    number("source", "number of the data source", "u4"),
    ratio("value_1", "first column", "as named"),
    ratio("value_2", "second column", "as named"),
    ratio("value_3", "third column", "as named"),
    ratio("value_4", "fourth column", "as named"),
    local_time_ns="when the values may be known",
)

FEED_GAP: Final = define(
    Kind.FEED_GAP,
    1,
    "A feed lost messages, or is silent.",
    count("expected_sequence", "the sequence that should have come"),
    count("received_sequence", "the sequence that came"),
    number("feed", "number of the feed", "u4"),
    number("scope", "what is affected", "u4", "MarketDataScope bits"),
    duration("silence_ns", "how long nothing came"),
)

PRICE_BAND: Final = define(
    Kind.PRICE_BAND,
    1,
    "Limits within which the venue lets an instrument trade.",
    price("lower_price_units", "lowest price allowed"),
    price("upper_price_units", "highest price allowed"),
    price("reference_price_units", "price they are built around"),
    SEQUENCE,
)

CHAIN_BLOCK: Final = define(
    Kind.CHAIN_BLOCK,
    1,
    "A block of a chain and what a transaction costs in it.",
    count("block_number", "height or slot"),
    text("block_hash_id", "hash of the block"),
    ratio("base_fee", "price of one unit of gas", "native currency"),
    ratio("priority_fee", "usual tip", "native currency"),
    number("chain", "number of the chain", "u4"),
)

DAILY_STATISTICS: Final = define(
    Kind.DAILY_STATISTICS,
    2,
    "The venue's running figures of the day or of the last 24 hours.",
    price("open_units", "first price"),
    price("high_units", "highest price"),
    price("low_units", "lowest price"),
    price("close_units", "last price"),
    quantity("volume_units", "traded quantity"),
    price("previous_close_units", "close of the day before"),
    ratio("turnover", "traded value", "quote currency"),
    count("trade_count", "trades"),
    price("average_price_units", "volume-weighted average price"),
    SEQUENCE,
)
