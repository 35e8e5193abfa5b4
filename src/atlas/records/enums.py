"""The enumerations that records carry. Values are part of the layout: they are never renumbered, 0 is always absent."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

LAYOUT_VERSION: Final = 1
"""Version of every layout and enumeration of this room."""

NULL: Final = -(2**63)
"""The absent price, quantity, amount of money, count or time."""


class RecordFlag(IntEnum):
    """Bits of `flags` with one meaning in every kind."""

    CONTINUED = 1
    WARM_UP = 0x8000


class MarketFlag(IntEnum):
    """Bits of `flags` in market data."""

    SNAPSHOT = 2
    LAST_OF_EVENT = 4
    ESTIMATED = 8
    CLOCK_CORRECTED = 16
    CONFLATED = 32
    OUT_OF_SESSION = 64


class OrderFlag(IntEnum):
    """Bits of `flags` in order commands."""

    POST_ONLY = 2
    REDUCE_ONLY = 4
    HAS_TERMS = 8
    OUTSIDE_REGULAR_HOURS = 16
    HIDDEN = 32
    REBALANCE = 64
    ALL_OR_NONE = 128
    CLOSE_POSITION = 256
    RESENT = 512


class ReportFlag(IntEnum):
    """Bits of `flags` in reports."""

    UNSOLICITED = 2
    RECOVERED = 4
    FEE_ESTIMATED = 8
    LAST_OF_LIST = 16
    POSSIBLE_DUPLICATE = 32


class FillFlag(IntEnum):
    """Bits of `flags` in fills."""

    MARGIN_CALL = 2


class Side(IntEnum):
    """The `side` byte of orders, quotes and trades."""

    SELL = -1
    NONE = 0
    BUY = 1


class OrderType(IntEnum):
    """What turns an order into a fill."""

    MARKET = 1
    LIMIT = 2
    STOP = 3
    STOP_LIMIT = 4
    TRAILING_STOP = 5
    MARKET_IF_TOUCHED = 6
    ICEBERG = 7
    LIMIT_IF_TOUCHED = 8
    TRAILING_STOP_LIMIT = 9


class TimeInForce(IntEnum):
    """How long an order lives."""

    GTC = 1
    DAY = 2
    IOC = 3
    FOK = 4
    GTD = 5
    AT_OPEN = 6
    AT_CLOSE = 7


class QuantityKind(IntEnum):
    """What the quantity of an order is stated in."""

    UNITS = 1
    NOTIONAL = 2
    WEIGHT = 3
    TARGET_WEIGHT = 4


class AskedBy(IntEnum):
    """Who asked for a change."""

    STRATEGY = 1
    TRADER = 2
    SYSTEM = 3
    VENUE = 4


class Why(IntEnum):
    """Why a change was asked for."""

    SIGNAL = 1
    RISK = 2
    MANUAL = 3
    STOP = 4
    EXPIRY = 5
    KILL_SWITCH = 6
    RECOVERY = 7
    VENUE = 8
    MARGIN = 9


class OrderState(IntEnum):
    """Base states of an order; an order has one of these and any of the pending flags."""

    NEW = 1
    PENDING_NEW = 2
    ACKNOWLEDGED = 3
    PARTIAL_FILL = 4
    FILLED = 5
    CANCELED = 6
    REJECTED = 7
    EXPIRED = 8
    SUSPENDED = 9
    DONE_FOR_DAY = 10
    IN_DOUBT = 11


class PendingFlag(IntEnum):
    """Flags added to a base state while a request is under way."""

    PENDING_CANCEL = 16
    PENDING_REPLACE = 32


class ExecutionType(IntEnum):
    """What an execution report reports (FIX 4.2 tag 150)."""

    NEW = 1
    PARTIAL_FILL = 2
    FILL = 3
    DONE_FOR_DAY = 4
    CANCELED = 5
    REPLACED = 6
    PENDING_CANCEL = 7
    STOPPED = 8
    REJECTED = 9
    SUSPENDED = 10
    PENDING_NEW = 11
    CALCULATED = 12
    EXPIRED = 13
    RESTATED = 14
    PENDING_REPLACE = 15


class OrderStatus(IntEnum):
    """The state of the order that an execution report states (FIX 4.2 tag 39)."""

    NEW = 1
    PARTIAL_FILL = 2
    FILLED = 3
    FILL = 3
    DONE_FOR_DAY = 4
    CANCELED = 5
    REPLACED = 6
    PENDING_CANCEL = 7
    STOPPED = 8
    REJECTED = 9
    SUSPENDED = 10
    PENDING_NEW = 11
    CALCULATED = 12
    EXPIRED = 13
    RESTATED = 14
    PENDING_REPLACE = 15
    ACCEPTED_FOR_BIDDING = 16


class TransactionType(IntEnum):
    """What an execution report does to an earlier one (FIX 4.2 tag 20); CANCEL is a bust."""

    NEW = 1
    CANCEL = 2
    CORRECT = 3
    STATUS = 4


class PriceRule(IntEnum):
    """Which rule priced a fill."""

    OPEN = 1
    OPEN_GAP = 2
    LIMIT = 3
    STOP = 4
    STOP_GAP = 5
    CLOSE = 6
    TOUCH = 7
    NEXT_PRICE = 8
    BOOK = 9
    QUOTE = 10
    TRADE = 11
    AUCTION = 12
    SETTLEMENT = 13
    VENUE = 14


class Liquidity(IntEnum):
    """Whether a fill made or took liquidity."""

    MAKER = 1
    TAKER = 2
    AUCTION = 3


class Relaxation(IntEnum):
    """Bits that name each departure from the strict reading of fills."""

    TOUCH_FILLS = 1
    SAME_EVENT = 2
    NO_VOLUME_CAP = 4
    STALE_PRICE = 8
    TARGET_BEFORE_STOP = 16
    SAME_LIQUIDITY = 32
    OUTSIDE_RANGE = 64
    CLOSED_SESSION = 128


class RejectReason(IntEnum):
    """Why an order or request was refused.

    Risk has 1 to 49, the request itself 50 to 79, the venue 80 to 149, capacity 150 to 169, recovery 170 to 179.
    """

    RISK_ORDER_SIZE = 1
    RISK_POSITION_SIZE = 2
    RISK_PRICE_BAND = 3
    RISK_SELF_TRADE = 4
    RISK_THROTTLE = 5
    RISK_CONCENTRATION = 6
    RISK_EXPOSURE = 7
    RISK_LEVERAGE = 8
    RISK_OPEN_POSITIONS = 9
    RISK_DAILY_LOSS = 10
    RISK_DRAWDOWN = 11
    RISK_TRADE_LOSS = 12
    RISK_CORRELATION = 13
    RISK_MARKET_HOURS = 14
    RISK_CIRCUIT_BREAKER = 15
    RISK_CONSECUTIVE_LOSSES = 16
    RISK_TRADES_PER_DAY = 17
    RISK_COOL_DOWN = 18
    RISK_REDUCING = 19
    RISK_HALTED = 20
    RISK_KILL_SWITCH = 21
    RISK_BUYING_POWER = 22
    RISK_MARGIN = 23
    RISK_SHORT_SALE = 24
    RISK_REDUCE_ONLY = 25
    RISK_NO_PRICE = 26
    RISK_STALE_PRICE = 27
    RISK_ORDER_NOTIONAL = 28
    RISK_OPEN_ORDERS = 29
    RISK_STRATEGY_HALTED = 30
    RISK_WARM_UP = 31
    RISK_CHAIN_LIMIT = 32
    RISK_NO_BORROW = 33
    RISK_IN_DOUBT = 34
    RISK_NO_RATE = 35
    REQUEST_QUANTITY = 50
    REQUEST_PRICE = 51
    REQUEST_STOP_PRICE = 52
    REQUEST_TICK_SIZE = 53
    REQUEST_LOT_SIZE = 54
    REQUEST_INSTRUMENT = 55
    REQUEST_ACCOUNT = 56
    REQUEST_ORDER_TYPE = 57
    REQUEST_TIME_IN_FORCE = 58
    REQUEST_EXPIRE_TIME = 59
    REQUEST_SIDE = 60
    REQUEST_UNKNOWN_ORDER = 61
    REQUEST_DUPLICATE_ID = 62
    REQUEST_TERMINAL_ORDER = 63
    REQUEST_ALREADY_PENDING = 64
    REQUEST_QUANTITY_BELOW_FILLED = 65
    REQUEST_NOT_A_NUMBER = 66
    REQUEST_RETIRED = 67
    REQUEST_RANGE = 68
    REQUEST_DISPLAY_QUANTITY = 69
    REQUEST_TRAILING_OFFSET = 70
    REQUEST_BRACKET = 71
    REQUEST_NO_POSITION = 72
    REQUEST_NO_SIZER = 73
    REQUEST_MINIMUM_NOTIONAL = 74
    VENUE_OTHER = 80
    VENUE_BROKER_CREDIT = 81
    VENUE_UNKNOWN_SYMBOL = 82
    VENUE_CLOSED = 83
    VENUE_ORDER_EXCEEDS_LIMIT = 84
    VENUE_TOO_LATE_TO_ENTER = 85
    VENUE_UNKNOWN_ORDER = 86
    VENUE_DUPLICATE_ORDER = 87
    VENUE_DUPLICATE_VERBAL_ORDER = 88
    VENUE_STALE_ORDER = 89
    VENUE_TOO_LATE_TO_CANCEL = 90
    VENUE_ALREADY_PENDING = 91
    VENUE_WOULD_TAKE = 92
    VENUE_NOT_FILLABLE = 93
    VENUE_NO_LIQUIDITY = 94
    VENUE_HALTED = 95
    VENUE_PRICE_BAND = 96
    VENUE_UNSUPPORTED = 97
    VENUE_REDUCE_ONLY = 98
    VENUE_RATE_LIMIT = 99
    VENUE_NOT_AUTHORISED = 100
    VENUE_TICK_SIZE = 101
    VENUE_LOT_SIZE = 102
    VENUE_QUANTITY = 103
    VENUE_INSUFFICIENT_FUNDS = 104
    VENUE_DISCONNECTED = 105
    VENUE_SELF_TRADE = 106
    VENUE_REPRICED_AWAY = 107
    VENUE_GAS = 108
    VENUE_SLIPPAGE = 109
    CAPACITY_ORDERS = 150
    CAPACITY_POSITIONS = 151
    CAPACITY_QUEUE = 152
    CAPACITY_BOOK = 153
    CAPACITY_TIMERS = 154
    CAPACITY_IDS = 155
    CAPACITY_OVERFLOW = 156
    CAPACITY_OUTPUT = 157
    CAPACITY_COMMANDS = 158
    RECOVERY_NOT_SENT = 170
    RECOVERY_FENCED = 171


class RestatementReason(IntEnum):
    """Why a venue changed an order unasked (FIX 4.2 tag 378, plus one)."""

    CORPORATE_ACTION = 1
    RENEWAL = 2
    VERBAL_CHANGE = 3
    REPRICING = 4
    BROKER_OPTION = 5
    PARTIAL_DECLINE = 6


class BusinessRejectReason(IntEnum):
    """Why a well-formed message was refused (FIX 4.2 tag 380, plus one)."""

    OTHER = 1
    UNKNOWN_ID = 2
    UNKNOWN_SECURITY = 3
    UNSUPPORTED_MESSAGE = 4
    APPLICATION_NOT_AVAILABLE = 5
    FIELD_MISSING = 6


class CancelRejectResponse(IntEnum):
    """Which request a cancel reject answers (FIX 4.2 tag 434)."""

    CANCEL = 1
    REPLACE = 2


class TradingState(IntEnum):
    """What the risk engine lets pass."""

    ACTIVE = 1
    REDUCING = 2
    HALTED = 3


class PriceType(IntEnum):
    """Which price a bar or mark is made of."""

    TRADE = 1
    BID = 2
    ASK = 3
    MID = 4


class BookCondition(IntEnum):
    """How far a book can be trusted."""

    SYNCHRONISED = 1
    BUILDING = 2
    GAP = 3
    STALE = 4
    CROSSED = 5
    LOCKED = 6


class MarketStatus(IntEnum):
    """Phases of trading that a venue announces."""

    PRE_OPEN = 1
    OPENING_AUCTION = 2
    OPEN = 3
    INTRADAY_AUCTION = 4
    CLOSING_AUCTION = 5
    POST_CLOSE = 6
    CLOSED = 7
    HALTED = 8
    PAUSED = 9
    NOT_AVAILABLE = 10


class HaltReason(IntEnum):
    """Why trading stopped."""

    VENUE = 1
    NEWS = 2
    VOLATILITY = 3
    IMBALANCE = 4
    REGULATORY = 5
    CIRCUIT_BREAKER = 6
    TECHNICAL = 7
    MAINTENANCE = 8


class SessionKind(IntEnum):
    """Kinds of session."""

    PRE_MARKET = 1
    REGULAR = 2
    AFTER_HOURS = 3
    OVERNIGHT = 4
    OPENING_AUCTION = 5
    CLOSING_AUCTION = 6
    BREAK = 7


class AssetClass(IntEnum):
    """What an instrument is."""

    EQUITY = 1
    FUND = 2
    FUTURE = 3
    PERPETUAL = 4
    OPTION = 5
    CURRENCY_PAIR = 6
    CRYPTO_SPOT = 7
    INDEX = 8
    BOND = 9
    COMMODITY = 10
    TOKEN_PAIR = 11
    SYNTHETIC = 12


class ContractStyle(IntEnum):
    """In which currency a contract's value is linear in its price."""

    LINEAR = 1
    INVERSE = 2
    QUANTO = 3


class OptionRight(IntEnum):
    """Call or put."""

    CALL = 1
    PUT = 2


class ExerciseStyle(IntEnum):
    """When an option may be exercised."""

    EUROPEAN = 1
    AMERICAN = 2
    BERMUDAN = 3


class SettlementMethod(IntEnum):
    """How an expired contract is settled."""

    CASH = 1
    PHYSICAL = 2


class ContingencyType(IntEnum):
    """How linked orders act on one another."""

    ONE_CANCELS_OTHER = 1
    ONE_TRIGGERS_OTHER = 2
    ONE_UPDATES_OTHER = 3
    BRACKET = 4


class TriggerPrice(IntEnum):
    """Which price triggers a stop."""

    LAST = 1
    BID_ASK = 2
    MID = 3
    MARK = 4
    INDEX = 5


class MassCancelScope(IntEnum):
    """What a mass cancel covers."""

    INSTRUMENT = 1
    ACCOUNT = 2
    STRATEGY = 3
    VENUE = 4
    ALL = 5


class MarketDataScope(IntEnum):
    """Bits of what is subscribed to."""

    BARS = 1
    QUOTES = 2
    TRADES = 4
    BOOK_LEVELS = 8
    BOOK_ORDERS = 16
    STATUS = 32
    DERIVATIVES = 64
    NEWS = 128


class CashMovementType(IntEnum):
    """Why cash changed without a fill."""

    DEPOSIT = 1
    WITHDRAWAL = 2
    FEE = 3
    FUNDING = 4
    BORROW = 5
    INTEREST = 6
    DIVIDEND = 7
    SETTLEMENT = 8
    ADJUSTMENT = 9
    TRANSFER = 10
    REBATE = 11
    TAX = 12
    CASH_IN_LIEU = 13
    GAS = 14
    BUST = 15
    CORRECTION = 16
    FILL = 17


class LogLevel(IntEnum):
    """Severity."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40
    CRITICAL = 50


class Hook(IntEnum):
    """The hooks of a strategy."""

    ON_START = 1
    ON_BAR = 2
    ON_QUOTE = 3
    ON_TRADE = 4
    ON_BOOK = 5
    ON_MARKET_DATA = 6
    ON_SLICE = 7
    ON_ORDER = 8
    ON_FILL = 9
    ON_TIMER = 10
    ON_STOP = 11


class ErrorCode(IntEnum):
    """Classes of error that a hook can end with."""

    EXCEPTION = 1
    INDEX = 2
    NOT_A_NUMBER = 3
    BUDGET = 4
    ZERO_DIVISION = 5
    OVERFLOW = 6
    VALUE = 7
    TYPE = 8
    KEY = 9
    ASSERTION = 10
    CAPACITY = 11
    INVALID_REQUEST = 12


class FailurePolicy(IntEnum):
    """What follows a failed hook."""

    STOP = 1
    HALT_AND_CANCEL = 2
    HALT_AND_FLATTEN = 3


class QuarantineReason(IntEnum):
    """Why a report was set aside."""

    UNKNOWN_ORDER = 1
    ILLEGAL_TRANSITION = 2
    DUPLICATE_EXECUTION = 3
    OVERFILL = 4
    QUANTITIES_DISAGREE = 5
    UNKNOWN_INSTRUMENT = 6
    UNKNOWN_REFERENCE = 7
    MALFORMED = 8
    RETIRED_ORDER = 9
    WRONG_SIDE = 10
    STALE_EPOCH = 11
    UNKNOWN_ACCOUNT = 12
    OVERFLOW = 13


class AlertLevel(IntEnum):
    """How urgent a risk alert is."""

    NOTICE = 1
    WARNING = 2
    BREACH = 3
    CRITICAL = 4


class KillCause(IntEnum):
    """What threw the kill switch."""

    MANUAL = 1
    LOSS = 2
    DRAWDOWN = 3
    POSITION_BREACH = 4
    SYSTEM_ERROR = 5
    WATCHDOG = 6


class LimitKind(IntEnum):
    """The limits that an operator can set."""

    ORDER_QUANTITY = 1
    POSITION_QUANTITY = 2
    PRICE_BAND = 3
    ORDERS_PER_SECOND = 4
    CONCENTRATION = 5
    EXPOSURE = 6
    LEVERAGE = 7
    OPEN_POSITIONS = 8
    DAILY_LOSS = 9
    DAILY_LOSS_FRACTION = 10
    DRAWDOWN = 11
    REDUCING_DRAWDOWN = 12
    TRADE_LOSS = 13
    CONSECUTIVE_LOSSES = 14
    TRADES_PER_DAY = 15
    COOL_DOWN = 16
    CORRELATION = 17
    STOP_LOSS = 18
    TRAILING_STOP = 19
    TRAILING_ACTIVATION = 20
    PROFIT_TARGET = 21
    ORDER_NOTIONAL = 22
    OPEN_ORDERS = 23
    STALENESS = 24
    REDUCING_SCALE = 25
    GROUP_EXPOSURE = 26
    MAINTENANCE_MARGIN = 27


class LeaseState(IntEnum):
    """Life of the lease under which one process trades an account."""

    ACQUIRED = 1
    RENEWED = 2
    RELEASED = 3
    LOST = 4
    FENCED = 5


class BootReason(IntEnum):
    """Why a process started."""

    FRESH = 1
    RECOVERY = 2
    TAKE_OVER = 3
    REPLAY = 4


class DisconnectReason(IntEnum):
    """Why a gateway lost its session."""

    REQUESTED = 1
    NETWORK = 2
    TIME_OUT = 3
    LOGGED_OUT = 4
    REFUSED = 5
    PROTOCOL = 6
    RATE_LIMITED = 7


class TransactionStatus(IntEnum):
    """Life of a transaction on a chain."""

    SUBMITTED = 1
    PENDING = 2
    CONFIRMED = 3
    FINALISED = 4
    REVERTED = 5
    DROPPED = 6
    REPLACED = 7
