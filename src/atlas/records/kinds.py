"""The kinds of record: the number in the `kind` byte, and the order of events that arrive at the same time."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class Kind(IntEnum):
    """What a record is.

    Market data has 1 to 49, commands 50 to 69, reports 70 to 99, reference data 100 to 149, operator and process 150 to
    199, outputs 200 to 239.
    """

    BAR = 1
    QUOTE = 2
    TRADE = 3
    BOOK_LEVEL_SET = 4
    BOOK_LEVEL_DELETE = 5
    BOOK_SNAPSHOT_BEGIN = 6
    BOOK_SNAPSHOT_END = 7
    BOOK_CLEAR = 8
    BOOK_ORDER_ADD = 9
    BOOK_ORDER_MODIFY = 10
    BOOK_ORDER_CANCEL = 11
    BOOK_ORDER_EXECUTE = 12
    BOOK_STATE = 13
    TRADING_STATUS = 14
    AUCTION_IMBALANCE = 15
    FUNDING_RATE = 16
    MARK_PRICE = 17
    INDEX_VALUE = 18
    OPEN_INTEREST = 19
    LIQUIDATION = 20
    OPTION_CHAIN_ROW = 21
    FUNDAMENTAL = 22
    NEWS = 23
    SENTIMENT = 24
    BORROW_RATE = 25
    SETTLEMENT_PRICE = 26
    DATA_COLUMNS = 27
    FEED_GAP = 28
    BAR_DETAIL = 29
    TRADE_CANCEL = 30
    PRICE_BAND = 31
    CHAIN_BLOCK = 32
    INTEREST_RATE = 33
    DAILY_STATISTICS = 34

    NEW_ORDER = 50
    CANCEL_ORDER = 51
    REPLACE_ORDER = 52
    ORDER_STATUS_REQUEST = 53
    MASS_CANCEL = 54
    QUOTE_REQUEST = 55
    MASS_QUOTE = 56
    ORDER_TERMS = 57
    ORDER_LINK = 58
    MARKET_DATA_REQUEST = 59
    POSITION_REQUEST = 60
    OPEN_ORDERS_REQUEST = 61
    EXERCISE_REQUEST = 62

    EXECUTION_REPORT = 70
    CANCEL_REJECT = 71
    BUSINESS_REJECT = 72
    POSITION_REPORT = 73
    BALANCE_REPORT = 74
    ACCOUNT_REPORT = 75
    ORDER_LIST_STATUS = 76
    QUOTE_STATUS = 77
    MASS_CANCEL_REPORT = 78
    REPORT_LIST_END = 79
    GATEWAY_CONNECTED = 80
    GATEWAY_DISCONNECTED = 81
    CASH_MOVEMENT = 82
    COMMAND_SENT = 83
    CHAIN_TRANSACTION = 84

    STRING = 100
    INSTRUMENT = 101
    OPTION_CONTRACT = 102
    TRADING_RULE = 103
    BAR_SPECIFICATION = 104
    CURRENCY = 105
    CURRENCY_RATE = 106
    ACCOUNT = 107
    STRATEGY = 108
    VENUE = 109
    PRODUCT = 110
    FEE_RULE = 111
    SESSION_INTERVAL = 112
    SESSION_OPEN = 113
    SESSION_CLOSE = 114
    TRADING_DAY = 115
    HALT = 116
    HALT_END = 117
    AUCTION_BEGIN = 118
    AUCTION_END = 119
    SPLIT = 120
    DIVIDEND = 121
    SYMBOL_CHANGE = 122
    MERGER = 123
    SPIN_OFF = 124
    DELISTING = 125
    EXPIRY = 126
    EXERCISE = 127
    ASSIGNMENT = 128
    TIMER = 129
    CLOCK = 130
    WARM_UP_END = 131
    DATA_END = 132

    OPERATOR_START = 150
    OPERATOR_STOP = 151
    OPERATOR_PAUSE = 152
    OPERATOR_RESUME = 153
    OPERATOR_KILL_SWITCH = 154
    OPERATOR_KILL_SWITCH_RESET = 155
    OPERATOR_FLATTEN = 156
    OPERATOR_SET_LIMIT = 157
    OPERATOR_SET_PARAMETER = 158
    OPERATOR_SET_TRADING_STATE = 159
    OPERATOR_ADD_INSTRUMENT = 160
    OPERATOR_RETIRE_INSTRUMENT = 161
    OPERATOR_ADD_STRATEGY = 162
    OPERATOR_RETIRE_STRATEGY = 163
    OPERATOR_NEW_ORDER = 164
    OPERATOR_CANCEL_ORDER = 165
    OPERATOR_REPLACE_ORDER = 166
    OPERATOR_CANCEL_ALL = 167
    OPERATOR_RESOLVE_ORDER = 168
    OPERATOR_ADJUST_POSITION = 169
    OPERATOR_ADJUST_CASH = 170
    OPERATOR_ACKNOWLEDGE_ALERT = 171
    LEASE = 180
    EPOCH = 181
    BOOT = 182
    SNAPSHOT_TAKEN = 183
    SHUTDOWN = 184
    FINGERPRINT = 185

    ORDER_TRANSITION = 200
    FILL = 201
    EQUITY_POINT = 202
    SIGNAL = 203
    RISK_ALERT = 204
    LOG_LINE = 205
    STRATEGY_FAILED = 206
    QUARANTINED_REPORT = 207
    TARGET = 208
    POSITION_CHANGE = 209
    FILL_REVERSAL = 210
    CASH_POSTING = 211
    TRADING_STATE_CHANGE = 212
    CAPACITY_ALERT = 213
    COMMAND_CAUSE = 214
    FEATURE_VALUES = 215
    DECISION = 216
    ROUND_TRIP = 217
    RISK_CHECK = 218
    PARAMETER_CHANGE = 219
    DISCREPANCY = 220


MARKET_KINDS: Final = range(1, 50)
COMMAND_KINDS: Final = range(50, 70)
REPORT_KINDS: Final = range(70, 100)
REFERENCE_KINDS: Final = range(100, 150)
OPERATOR_KINDS: Final = range(150, 200)
OUTPUT_KINDS: Final = range(200, 240)

_LATE_MARKET_KINDS: Final = {Kind.TRADE: 6, Kind.BAR: 7, Kind.BAR_DETAIL: 7}
_CLOCK_KINDS: Final = {Kind.TIMER: 9, Kind.CLOCK: 10, Kind.WARM_UP_END: 11, Kind.DATA_END: 12}


def kind_rank(kind: int) -> int:
    """Give the rank of a kind among events of the same local time; lower ranks are applied first.

    Definitions, corporate actions and sessions come before what they govern; reports before the market data of the
    same instant; books and quotes before trades, trades before the bars they belong to; operator words after the
    market; timers and clocks last.

    Parameters
    ----------
    kind : int
        A `Kind`, 1 to 239.

    Returns
    -------
    int
        0 (first) to 13 (last).
    """
    if kind in _CLOCK_KINDS:
        return _CLOCK_KINDS[Kind(kind)]
    if kind in _LATE_MARKET_KINDS:
        return _LATE_MARKET_KINDS[Kind(kind)]
    if kind in REFERENCE_KINDS:
        return 0 if kind < Kind.SESSION_INTERVAL else 1
    if kind in REPORT_KINDS:
        return 2
    if kind in COMMAND_KINDS:
        return 3
    if kind in MARKET_KINDS:
        return 4 if kind in range(Kind.BOOK_LEVEL_SET, Kind.BOOK_STATE + 1) else 5
    return 8 if kind in OPERATOR_KINDS else 13


KIND_RANK: Final[tuple[int, ...]] = tuple(kind_rank(kind) for kind in range(256))
"""`kind_rank` as a table over the whole byte, for compiled code."""
