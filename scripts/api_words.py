"""What has no docstring of its own, in words: hooks, the fields of what they are handed, two limits."""

from __future__ import annotations

from typing import Final

HOOKS: Final = {
    "on_start": 'once for each instrument (once in all under `scope = "universe"`), before the first event',
    "on_bar": "at the end of each bar",
    "on_slice": "once after all bars of one time, when every instrument's `on_bar` was called",
    "on_order": "when the state of one of the strategy's orders changes",
    "on_fill": "after each fill of one of the strategy's orders",
    "on_timer": "when a timer set by `ctx.set_timer` is due",
    "on_stop": "after the last event",
}
FIELDS: Final = {
    "bar": {
        "instrument": "number of the instrument, what verbs of `ctx` take",
        "time_ns": "end of the bar, ns UTC",
        "start_ns": "its start, ns UTC",
        "specification": "number of the series among those of the data",
        "open": "first price",
        "high": "highest price",
        "low": "lowest price",
        "close": "last price",
        "volume": "quantity traded, NaN where the data has none",
    },
    "slice": {"time_ns": "end of the bars, ns UTC", "count": "how many bars ended then"},
    "order": {
        "id": "what the verb that placed it gave; below zero for an attached stop or target",
        "instrument": "number of the instrument",
        "side": "1 to buy, -1 to sell",
        "state": "number of the state, see [orders](../orders.md#states)",
        "reason": "number of the reason it was refused or ended for, 0 for none",
        "time_ns": "time of the change, ns UTC",
        "parent": "id of the entry an attached order belongs to, 0 for none",
        "quantity": "pieces ordered",
        "filled": "pieces filled so far",
        "limit": "limit price, NaN for none",
        "stop": "stop price, NaN for none",
        "average_price": "average price of its fills, NaN before the first",
    },
    "fill": {
        "order_id": "id of the order",
        "instrument": "number of the instrument",
        "side": "1 bought, -1 sold",
        "time_ns": "time of the fill, ns UTC",
        "quantity": "pieces, above 0",
        "price": "price of each",
        "fee": "fee paid",
        "position": "signed position after it",
        "realized": "profit that this fill realized",
    },
    "timer": {
        "id": "as it was set",
        "instrument": "number of the instrument it was set for",
        "time_ns": "time of the call, ns UTC",
        "due_ns": "when it was due, ns UTC",
    },
}

FURTHER_LIMITS: Final = {
    "order_notional": ("value of one order", "currency"),
    "prevent_self_trade": ("refuse an order that could trade with one of the account's own", "yes or no"),
    "require_buying_power": ("refuse what the account [can't pay](../assumptions/buying-power.md)", "yes or no"),
}
