"""A trader's block, driven from outside: orders are asked for, a venue answers, bars arrive, outputs are read.

Quantities are shares, prices and money dollars, times minutes. Everything passes through one entry point, so that the
kernel is compiled once for all tests.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np

from atlas.kernel.memory.block import Block
from atlas.kernel.memory.compilation import entry_point, kernel_function
from atlas.kernel.trader.creation import AccountSetup, Capacities, Limits, StrategySetup, TraderSetup, create_trader
from atlas.kernel.trader.ledger import emit_equity_points, equity
from atlas.kernel.trader.orders import change_state, find_order
from atlas.kernel.trader.reports import NULL_UNITS
from atlas.kernel.trader.step import apply_event
from atlas.kernel.trader.verbs import cancel, cancel_all, cancel_timer, link, place_order, replace, set_timer, target
from atlas.kernel.trader.views import CONTEXT
from atlas.records.enums import (
    NULL,
    CancelRejectResponse,
    ExecutionType,
    Hook,
    OrderState,
    OrderType,
    QuantityKind,
    QuarantineReason,
    RejectReason,
    TimeInForce,
    TransactionType,
)
from atlas.records.instruments import Instrument
from atlas.records.kinds import Kind
from atlas.records.layout import LAYOUTS, blank, repeat_headers
from atlas.records.order_states import OrderEvent, state_name

EVENT, PLACE, CANCEL, REPLACE, CANCEL_ALL, DOUBT, EQUITY, TARGET, SET_TIMER, CANCEL_TIMER, EQUITY_POINTS = range(11)
LINK = 11
E_DOUBT = int(OrderEvent.DOUBT)
Asked = Callable[..., int]
apply: Asked = kernel_function(apply_event.function)
ask_cancel: Asked = kernel_function(cancel.function)
ask_replace: Asked = kernel_function(replace.function)
ask_cancel_all: Asked = kernel_function(cancel_all.function)
ask_target: Asked = kernel_function(target.function)
ask_link: Asked = kernel_function(link.function)
ask_timer: Asked = kernel_function(set_timer.function)
drop_timer: Asked = kernel_function(cancel_timer.function)


@entry_point("i8(i8, i8, i8, i8, i8, i8, i8, i8, i8, f8, f8, f8)")
def drive(  # noqa: PLR0917
    world: int,
    what: int,
    a: int,
    b: int,
    c: int,
    d: int,
    e: int,
    f: int,
    g: int,
    x: float,
    y: float,
    z: float,
) -> int:
    """Do one thing to a trader, as named by `what`."""
    if what == EVENT:
        return apply(world, a)
    if what == PLACE:
        nothing = float("nan")
        return place_order(world, a, b, c, d, e, f, g, x, y, z, nothing, nothing)
    if what == CANCEL:
        return ask_cancel(world, a, b)
    if what == REPLACE:
        return ask_replace(world, a, b, x, y, z)
    if what == CANCEL_ALL:
        return ask_cancel_all(world, a, b)
    if what == DOUBT:
        return int(change_state(world, find_order(world, a), E_DOUBT, 0, NULL_UNITS))
    if what == EQUITY:
        return equity(world, a)
    if what == TARGET:
        return ask_target(world, a, b, c, d, x)
    if what == SET_TIMER:
        return ask_timer(world, a, b, c, d, e)
    if what == CANCEL_TIMER:
        return drop_timer(world, a, b)
    if what == LINK:
        return ask_link(world, a, b, c)
    emit_equity_points(world, a)
    return 0


SHARE, DOLLAR, MONEY = 10**8, 10**9, 10**8
SECOND, MINUTE, DAY = 10**9, 60 * 10**9, 86_400 * 10**9
BUY, SELL = 1, -1
AAPL, BITCOIN = Instrument("AAPL", lot_size=1), Instrument("BTCUSDT")
EURO = Instrument("SAP", currency="EUR", lot_size=1)
CENTS = Instrument("ES", multiplier=50, price_exponent=8, quantity_exponent=0, lot_size=1)
SMALL = Capacities(orders=512, tombstones=64, executions=64, timers=64, notices=256, commands=512, outputs=8192)
Record = Any


def units(value: float | str | int | None, scale: int) -> int:
    """Whole units of a decimal; the null of None."""
    return NULL if value is None else int(Decimal(str(value)) * scale)


@dataclass
class Driver:
    """One trader with the instruments AAPL (1), BTCUSDT (2), SAP in euros (3) and a future (4)."""

    limits: Limits = field(default_factory=lambda: Limits(require_buying_power=False))
    cash: float = 1_000_000.0
    strategies: int = 2
    accounts: int = 1
    setup: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        account = AccountSetup(initial_cash=self.cash, limits=self.limits)
        names = [AccountSetup(f"account{number}", limits=self.limits) for number in range(1, self.accounts)]
        given: dict[str, Any] = {
            "instruments": (AAPL, BITCOIN, EURO, CENTS),
            "accounts": (account, *names),
            "strategies": tuple(
                StrategySetup(f"s{number}", account=number % self.accounts) for number in range(self.strategies)
            ),
            "rates": {"EUR": 1.25},
            "capacities": SMALL,
            **self.setup,
        }
        self.block: Block = create_trader(TraderSetup(**given))
        self.world = self.block.address
        self.header = self.block.rows("world")[0]
        self.header["clock_ns"] = 0
        self.executions = 0
        self.kept: list[Any] = []
        self.drained = 0

    # --- what goes in

    def do(self, what: int, *words: int, x: float = math.nan, y: float = math.nan, z: float = math.nan) -> int:
        filled = [int(word) for word in words] + [0] * (7 - len(words))
        return int(drive(self.world, what, *filled, float(x), float(y), float(z)))

    def bar(self, price: Any, instrument: int = 1, at: float = 0.0, **terms: Any) -> None:
        """A bar that ends at minute `at`, closing at `price` dollars."""
        scale = int(self.block.rows("instruments")[instrument]["price_scale"])
        values = {"open_units": price, "high_units": price, "low_units": price, "close_units": price}
        record = blank(Kind.BAR)
        for name, value in {**values, **{name: terms.pop(name) for name in list(terms) if name in values}}.items():
            record[name] = units(value, scale)
        record["volume_units"] = terms.pop("volume_units", NULL)
        self.event(record, instrument, at, **terms)

    def event(self, record: Record, instrument: int, at: float, **terms: Any) -> None:
        """Apply a record at minute `at`."""
        time_ns = max(int(self.header["clock_ns"]), round(at * MINUTE))
        record["instrument"], record["venue_time_ns"], record["local_time_ns"] = instrument, time_ns, time_ns
        for name, value in terms.items():
            record[name] = value
        repeat_headers(record)
        self.do(EVENT, int(record.ctypes.data))

    def order(
        self,
        side: int,
        quantity: float,
        limit: float = math.nan,
        stop: float = math.nan,
        instrument: int = 1,
        strategy: int = 1,
        kind: int = QuantityKind.UNITS,
    ) -> int:
        """Ask for an order; its id or a verb's error."""
        order_type = OrderType.MARKET if math.isnan(limit) else OrderType.LIMIT
        if not math.isnan(stop):
            order_type = OrderType.STOP
        time = TimeInForce.GTC
        return self.do(PLACE, strategy, instrument, side, order_type, time, kind, NULL, x=quantity, y=limit, z=stop)

    def report(
        self, order: int, execution_type: int, instrument: int | None = None, at: float = 0.0, **terms: Any
    ) -> None:
        """An execution report of the venue, identified anew unless told otherwise."""
        self.executions += 1
        record = blank(Kind.EXECUTION_REPORT)
        found = self.find(order)
        values = {
            "client_order_id": order,
            "execution_id": self.executions,
            "execution_type": execution_type,
            "transaction_type": TransactionType.NEW,
            "side": BUY if found is None else int(found["side"]),
            **terms,
        }
        number = instrument or (1 if found is None else int(found["instrument"]))
        self.event(record, number, at, **values)

    def fill(self, order: int, quantity: Any, price: Any, fee: Any = 0, **terms: Any) -> int:
        """A fill of an order; its execution id."""
        found = self.find(order)
        number = terms.get("instrument") or (1 if found is None else int(found["instrument"]))
        row = self.block.rows("instruments")[number]
        given = {
            "last_quantity_units": units(quantity, int(row["quantity_scale"])),
            "last_price_units": units(price, int(row["price_scale"])),
            "fee_money": units(fee, MONEY),
        }
        self.report(order, ExecutionType.FILL, **{**given, **terms})
        return int(terms.get("execution_id", self.executions))

    def refuse(self, order: int, response: int = CancelRejectResponse.CANCEL, **terms: Any) -> None:
        """A cancel reject."""
        values = {"original_client_order_id": order, "response_to": response, **terms}
        self.event(blank(Kind.CANCEL_REJECT), 1, 0.0, **values)

    def bust(self, execution: int, instrument: int = 1, **terms: Any) -> None:
        self.report(0, 0, instrument, transaction_type=TransactionType.CANCEL, reference_id=execution, **terms)

    def correct(self, execution: int, quantity: Any, price: Any, fee: Any = 0, **terms: Any) -> int:
        return self.fill(
            0, quantity, price, fee, transaction_type=TransactionType.CORRECT, reference_id=execution, **terms
        )

    def split(self, numerator: int, denominator: int, instrument: int = 1, at: float = 0.0, **terms: Any) -> None:
        self.event(blank(Kind.SPLIT), instrument, at, numerator=numerator, denominator=denominator, **terms)

    def dividend(self, amount: float, instrument: int = 1) -> None:
        self.event(blank(Kind.DIVIDEND), instrument, 0.0, amount=amount)

    def clock(self, at: float) -> None:
        self.event(blank(Kind.CLOCK), 0, at)

    def bind(self, strategy: int, hooks: dict[Hook, Callable[[Any], None]], universe: bool = False) -> None:
        """Let Python functions be hooks of a strategy; each is handed the strategy's context."""
        context = np.zeros(1, CONTEXT)
        row = self.block.rows("strategies")[strategy]
        row["hooks"] = sum(1 << hook for hook in hooks)
        row["mode"], row["context_address"], row["scope"] = 1, context.ctypes.data, universe
        row["bar_fields"] = 63
        count, width = int(self.header["strategy_count"]), int(self.header["instrument_count"])
        calls = self.block.rows("calls")
        for hook, function in hooks.items():
            called = lambda function=function: function(context[0])  # noqa: E731
            self.kept.append(called)
            for instrument in range(width):
                calls[(hook * count + strategy) * width + instrument]["function"] = id(called)
        self.kept.append(context)

    # --- what comes out

    def outputs(self, kind: Kind | None = None) -> list[Record]:
        """Outputs since the last call, of one kind or of all."""
        rows, place, found = self.block.rows("outputs"), self.drained, []
        end = int(self.header["outputs_written"] - self.header["outputs_drained"])
        while place < end:
            number = rows[place].tobytes()[20]
            layout = LAYOUTS[Kind(number)]
            count = layout.itemsize // 64
            if kind is None or number == kind:
                found.append(rows[place : place + count].copy().view(layout).reshape(-1)[0])
            place += count
        self.drained = place
        return found

    def commands(self) -> list[Record]:
        """Commands since the last call."""
        rows, found = self.block.rows("commands"), []
        for number in range(int(self.header["commands_read"]), int(self.header["commands_written"])):
            content = rows[number % len(rows)].tobytes()
            layout = LAYOUTS[Kind(content[20])]
            found.append(np.frombuffer(content[: layout.itemsize], layout)[0])
        self.header["commands_read"] = self.header["commands_written"]
        return found

    def find(self, order: int) -> Record | None:
        """The live row or the tombstone of an order."""
        for number in self.block.live("orders"):
            row = self.block.rows("orders")[number]
            if row["client_order_id"] == order:
                return row
        stones = self.block.rows("tombstones")
        found = np.flatnonzero(stones["client_order_id"] == order)
        return stones[found[0]] if order and found.size else None

    def state(self, order: int) -> str:
        """State of an order in words; in brackets once it is a tombstone."""
        row = self.find(order)
        if row is None:
            return "UNKNOWN"
        name = state_name(int(row["state"]))
        return name if "occupancy" in (row.dtype.names or ()) else f"[{name}]"

    def path(self) -> list[str]:
        """States that orders went through since the last call."""
        return [state_name(int(entry["to_state"])) for entry in self.outputs(Kind.ORDER_TRANSITION)]

    def refusals(self) -> list[str]:
        """Why orders were refused since the last call."""
        entries = self.outputs(Kind.ORDER_TRANSITION)
        return [
            RejectReason(entry["reject_reason"]).name for entry in entries if entry["to_state"] == OrderState.REJECTED
        ]

    def quarantined(self) -> list[str]:
        """Why reports were set aside since the last call."""
        return [QuarantineReason(entry["quarantine_reason"]).name for entry in self.outputs(Kind.QUARANTINED_REPORT)]

    def position(self, instrument: int = 1, account: int = 0) -> Record:
        self.equity(account)  # values what was only marked so far
        return self.block.rows("positions")[account * int(self.header["instrument_count"]) + instrument]

    def share(self, strategy: int, instrument: int = 1, account: int = 0) -> Record:
        width, accounts = int(self.header["instrument_count"]), int(self.header["account_count"])
        return self.block.rows("attributions")[(strategy * accounts + account) * width + instrument]

    def account(self, account: int = 0) -> Record:
        self.equity(account)  # values what was only marked so far
        return self.block.rows("accounts")[account]

    def balance(self, currency: int = 0, account: int = 0) -> float:
        row = self.block.rows("cash")[account * int(self.header["currency_count"]) + currency]
        return float(row["balance_money"]) / MONEY

    def equity(self, account: int = 0) -> float:
        return self.do(EQUITY, account) / MONEY

    def held(self, instrument: int = 1) -> tuple[float, float, float]:
        """Working shares to buy and to sell, and dollars held for them."""
        row = self.position(instrument)
        return row["open_buy_units"] / SHARE, row["open_sell_units"] / SHARE, row["held_money"] / MONEY

    def bought(self, quantity: Any, price: Any, **terms: Any) -> int:
        """Buy (sell, where the quantity is below zero) and have it filled at once; the execution id."""
        side, fee = (BUY if quantity > 0 else SELL), terms.pop("fee", 0)
        order = self.order(side, abs(quantity), **terms)
        assert order > 0
        return self.fill(order, abs(quantity), price, fee)

    def bytes(self) -> bytes:
        """All of the portfolio and orders, to see that nothing changed."""
        for account in range(self.accounts):
            self.equity(account)
        names = ("accounts", "cash", "positions", "attributions", "orders", "order_index", "tombstones", "executions")
        return b"".join(self.block.rows(name).tobytes() for name in (*names, "execution_index", "instruments"))
