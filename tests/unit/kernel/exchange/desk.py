"""A desk that talks to one venue in dollars, shares and minutes, and reads its reports back in them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from atlas.kernel.exchange.accept import exchange_accept, exchange_assign_quantity
from atlas.kernel.exchange.create import NO_FEE, ExchangeParameters, FeeRule, create_exchange
from atlas.kernel.exchange.fills import (
    exchange_close_point,
    exchange_open_point,
    exchange_path_point,
    exchange_unresolved,
)
from atlas.kernel.exchange.rules import CLOSE_POINT, OPEN_POINT, PATH_POINT
from atlas.records.enums import (
    NULL,
    CancelRejectResponse,
    ExecutionType,
    Liquidity,
    OrderType,
    PriceRule,
    QuantityKind,
    RejectReason,
    Side,
    TimeInForce,
)
from atlas.records.instruments import Instrument
from atlas.records.kinds import Kind
from atlas.records.layout import LAYOUTS, blank, repeat_headers

MINUTE = 60_000_000_000
SHARE, DOLLAR, CENT_STEPS = 10**8, 10**9, 10**8
BUY, SELL = int(Side.BUY), int(Side.SELL)
AAPL = Instrument("AAPL", tick_size="0.01", lot_size=1)
BITCOIN = Instrument("BTCUSDT", lot_size="0.001")
Record = Any
"""One row of a structured array."""


def dollars(value: float | str | None) -> int:
    return NULL if value is None else int(Decimal(str(value)) * DOLLAR)


def shares(value: float | str | None) -> int:
    return NULL if value is None else int(Decimal(str(value)) * SHARE)


@dataclass(frozen=True)
class Heard:
    """One report in words and dollars."""

    kind: str
    order: int
    quantity: float | None = None
    price: float | None = None
    rule: str = ""
    reason: str = ""


class Desk:
    """One venue, its bars, and every report it ever gave."""

    def __init__(
        self,
        fees: FeeRule = NO_FEE,
        instruments: dict[int, Instrument] | None = None,
        length_ns: int = MINUTE,
        **parameters: Any,
    ) -> None:
        self.block = create_exchange(instruments or {1: AAPL, 2: BITCOIN}, fees, ExchangeParameters(**parameters))
        self.venue = self.block.address
        self.row = self.block.rows("venue")[0]
        self.length_ns = length_ns
        self.next_id = 0
        self.raw: list[Record] = []
        self.unread: list[Record] = []

    def hear(self) -> list[Heard]:
        """Give what was said since it was last asked, in words."""
        self.drain()
        heard, self.unread = [spoken(report) for report in self.unread], []
        return heard

    def drain(self) -> None:
        ring = self.block.rows("reports")
        for count in range(int(self.row["reports_read"]), int(self.row["reports_written"])):
            slot = ring[count % len(ring)].tobytes()
            kind = Kind(slot[20])
            report = np.frombuffer(slot[: LAYOUTS[kind].itemsize], LAYOUTS[kind])[0]
            self.raw.append(report)
            self.unread.append(report)
        self.row["reports_read"] = self.row["reports_written"]

    def send(self, record: Record, time_ns: int) -> None:
        repeat_headers(record)
        exchange_accept(self.venue, int(record.ctypes.data), time_ns)
        self.drain()

    def order(
        self,
        side: int,
        quantity: float | str | None,
        limit: float | str | None = None,
        stop: float | str | None = None,
        at: float = -1.0,
        **terms: Any,
    ) -> int:
        """Send an order that arrives `at` minutes after midnight of 1 January 1970; returns its id."""
        self.next_id += 1
        record = blank(Kind.NEW_ORDER)
        kind = OrderType.LIMIT if limit is not None else OrderType.STOP if stop is not None else OrderType.MARKET
        values: dict[str, Any] = {
            "client_order_id": self.next_id,
            "instrument": 1,
            "side": side,
            "order_type": kind,
            "quantity_units": shares(quantity),
            "price_units": dollars(limit),
            "stop_units": dollars(stop),
            "time_in_force": TimeInForce.GTC,
            "quantity_kind": QuantityKind.UNITS if quantity is not None else QuantityKind.TARGET_WEIGHT,
            "account": 3,
            "strategy": 7,
            **terms,
        }
        for name, value in values.items():
            record[name] = value
        self.send(record, minutes(at))
        return int(values["client_order_id"])

    def cancel(self, order: int, at: float = -0.5, **terms: Any) -> int:
        self.next_id += 1
        record = blank(Kind.CANCEL_ORDER)
        values = {"client_order_id": self.next_id, "original_client_order_id": order, "instrument": 1, **terms}
        for name, value in values.items():
            record[name] = value
        self.send(record, minutes(at))
        return self.next_id

    def replace(self, order: int, at: float = -0.5, **terms: Any) -> int:
        self.next_id += 1
        record = blank(Kind.REPLACE_ORDER)
        values = {"client_order_id": self.next_id, "original_client_order_id": order, "instrument": 1, **terms}
        for name, value in values.items():
            record[name] = value
        self.send(record, minutes(at))
        return self.next_id

    def points(
        self,
        prices: str,
        volume: float | None = 1_000_000,
        start: float = 0.0,
        instrument: int = 1,
        assign: float | None = None,
    ) -> Any:
        """Make a bar of "open high low close"; each `next` plays one point of it."""
        bar = blank(Kind.BAR)
        open_price, high, low, close = prices.split()
        bar["open_units"], bar["high_units"] = dollars(open_price), dollars(high)
        bar["low_units"], bar["close_units"] = dollars(low), dollars(close)
        bar["volume_units"], bar["instrument"] = shares(volume), instrument
        end = minutes(start) + self.length_ns
        bar["venue_time_ns"] = bar["local_time_ns"] = end
        address = int(bar.ctypes.data)
        times = (end - self.length_ns, end - self.length_ns // 2, end)
        plays = (exchange_open_point, exchange_path_point, exchange_close_point)
        for point, play, time_ns in zip((OPEN_POINT, PATH_POINT, CLOSE_POINT), plays, times, strict=True):
            if assign is not None:
                self.resolve(address, point, time_ns, assign)
            play(self.venue, address, time_ns)
            self.drain()
            yield point

    def resolve(self, address: int, point: int, time_ns: int, quantity: float) -> None:
        slot, _ = exchange_unresolved(self.venue, address, point, time_ns)
        while slot >= 0:
            exchange_assign_quantity(self.venue, slot, shares(quantity), time_ns)
            slot, _ = exchange_unresolved(self.venue, address, point, time_ns)

    def bar(self, prices: str, volume: float | None = 1_000_000, **terms: Any) -> None:
        """Play a whole bar of "open high low close"."""
        for _ in self.points(prices, volume, **terms):
            self.drain()

    def fills(self) -> list[tuple[int, float, float, str]]:
        """Every fill so far since last heard: order, quantity, price, rule."""
        return [
            (heard.order, heard.quantity or 0.0, heard.price or 0.0, heard.rule)
            for heard in self.hear()
            if heard.kind in ("FILL", "PARTIAL_FILL")
        ]


def minutes(value: float) -> int:
    return int(value * MINUTE)


def spoken(report: Record) -> Heard:
    """Put a report into words."""
    order = int(report["client_order_id"])
    if report["kind"] == Kind.CANCEL_REJECT:
        what = CancelRejectResponse(report["response_to"]).name
        return Heard(f"{what}_REJECT", order, reason=RejectReason(report["reject_reason"]).name)
    kind = ExecutionType(report["execution_type"])
    reason = int(report["reject_reason"])
    words = RejectReason(reason).name if reason and kind is not ExecutionType.RESTATED else ""
    if kind not in (ExecutionType.FILL, ExecutionType.PARTIAL_FILL):
        return Heard(kind.name, order, reason=words)
    rule = PriceRule(report["price_rule"]).name
    return Heard(
        kind.name, order, report["last_quantity_units"] / SHARE, report["last_price_units"] / DOLLAR, rule, words
    )


def liquidity(report: Record) -> str:
    return Liquidity(report["liquidity"]).name
