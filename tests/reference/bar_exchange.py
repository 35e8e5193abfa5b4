"""A venue that plays bars, written to be read: lists, whole numbers and fractions, no shared code with the kernel.

Commands, bars and reports are dictionaries with the names of the records' fields; an absent number is None.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from atlas.records.enums import (
    CancelRejectResponse,
    ExecutionType,
    Liquidity,
    OrderStatus,
    OrderType,
    PriceRule,
    QuantityKind,
    RejectReason,
    Relaxation,
    RestatementReason,
    TimeInForce,
    TransactionType,
)
from tests.reference.bar_orders import (
    HAS_TERMS,
    LASTING,
    REDUCE_ONLY,
    SUPPORTED_TYPES,
    WAITING,
    WITH_LIMIT,
    WITH_STOP,
    Order,
    Terms,
)

DAY_NS = 24 * 60 * 60 * 10**9
UNSOLICITED = 2
Report = dict[str, Any]
FINAL = {ExecutionType.CANCELED, ExecutionType.EXPIRED, ExecutionType.FILL}


@dataclass(eq=False)
class BarExchange:
    """One venue."""

    terms: dict[int, Terms]
    volume_share: Fraction = Fraction(1, 10)
    slippage: Fraction = Fraction(0)
    slippage_model: str = "fixed"
    impact_factor: float = 0.0
    touch_fills: bool = False
    session_end: int = 0
    capacity: int = 10**9
    attached_orders: bool = False
    number: int = 0
    orders: list[Order] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    executions: int = 0
    accepted: int = 0
    terms_ahead: dict[str, Any] = field(default_factory=dict)
    clock: int = 0
    last_price: dict[int, int] = field(default_factory=dict)
    bar_end: dict[int, int] = field(default_factory=dict)
    cap_left: dict[int, int | None] = field(default_factory=dict)
    bar_filled: dict[int, int] = field(default_factory=dict)
    net: dict[int, int] = field(default_factory=dict)
    traded: list[tuple[int, int]] = field(default_factory=list)

    # --- commands

    def accept(self, kind: str, command: dict[str, Any], time: int) -> None:
        """Take a command: "new", "cancel", "replace", "link", or the "terms" of the order that comes next."""
        self.clock = max(self.clock, time)
        self.expire_due(time)
        takers = {"new": self.new, "cancel": self.cancel, "replace": self.replace, "link": self.link}
        takers["terms"] = self.take_terms
        takers[kind](command, time)

    def take_terms(self, command: dict[str, Any], time: int) -> None:
        """Keep the terms of the order that comes next."""
        self.terms_ahead = command

    def find(self, name: int) -> Order | None:
        """Order that goes by this client order id."""
        return next((order for order in self.orders if name in (order.names[0], order.names[-1])), None)

    def why_not(self, command: dict[str, Any], time: int) -> RejectReason | None:
        """Reason to refuse an order."""
        if command["instrument"] not in self.terms:
            return RejectReason.VENUE_UNKNOWN_SYMBOL
        if command["side"] not in (1, -1):
            return RejectReason.REQUEST_SIDE
        if command["order_type"] not in list(OrderType):
            return RejectReason.REQUEST_ORDER_TYPE
        if command["time_in_force"] not in list(TimeInForce):
            return RejectReason.REQUEST_TIME_IN_FORCE
        kind, force = OrderType(command["order_type"]), TimeInForce(command["time_in_force"])
        if kind not in SUPPORTED_TYPES or (kind in WAITING and force not in LASTING):
            return RejectReason.VENUE_UNSUPPORTED
        allowed = HAS_TERMS * (kind is OrderType.TRAILING_STOP) | REDUCE_ONLY * (command["account"] == 0)
        if command["flags"] & ~allowed:
            return RejectReason.VENUE_UNSUPPORTED
        terms = self.terms[command["instrument"]]
        reason = self.bad_price(command["price_units"], kind in WITH_LIMIT, terms, RejectReason.REQUEST_PRICE)
        reason = reason or self.bad_price(
            command["stop_units"], kind in WITH_STOP, terms, RejectReason.REQUEST_STOP_PRICE
        )
        if kind is OrderType.TRAILING_STOP:
            reason = reason or self.bad_trailing(command)
        reason = reason or self.bad_bracket(command, terms)
        if reason is None and command["quantity_kind"] == QuantityKind.UNITS:
            reason = self.bad_quantity(command["quantity_units"], terms)
        if reason:
            return reason
        if command["quantity_kind"] not in list(QuantityKind):
            return RejectReason.VENUE_QUANTITY
        if force is TimeInForce.GTD and (command["expire_time_ns"] is None or command["expire_time_ns"] <= time):
            return RejectReason.REQUEST_EXPIRE_TIME
        if command["client_order_id"] == 0 or self.find(command["client_order_id"]):
            return RejectReason.VENUE_DUPLICATE_ORDER
        return RejectReason.CAPACITY_ORDERS if len(self.orders) >= self.capacity else None

    @staticmethod
    def bad_price(price: int | None, wanted: bool, terms: Terms, reason: RejectReason) -> RejectReason | None:
        """Reason to refuse a price."""
        if (price is not None) != wanted:
            return reason
        if price is None:
            return None
        if abs(price) > 2**62:
            return RejectReason.REQUEST_RANGE
        return RejectReason.VENUE_TICK_SIZE if price % terms.tick else None

    def bad_trailing(self, command: dict[str, Any]) -> RejectReason | None:
        """Reason to refuse the distance of a trailing stop."""
        ahead = self.terms_ahead
        if not command["flags"] & HAS_TERMS or ahead.get("client_order_id") != command["client_order_id"]:
            return RejectReason.REQUEST_TRAILING_OFFSET
        units, fraction = ahead["trailing_offset_units"], ahead["trailing_offset_fraction"]
        good_units = units is not None and 0 < units < 2**62
        good_fraction = fraction is not None and 0 < round(Fraction(fraction) * 10**9) < 10**9
        one = (units is None) != (fraction is None)
        return None if one and (good_units or good_fraction) else RejectReason.REQUEST_TRAILING_OFFSET

    def bad_bracket(self, command: dict[str, Any], terms: Terms) -> RejectReason | None:
        """Reason to refuse an attached stop or target."""
        loss, profit, entry = command["stop_loss_units"], command["take_profit_units"], command["price_units"]
        if loss is None and profit is None:
            return None
        if not self.attached_orders:
            return RejectReason.VENUE_UNSUPPORTED
        for price in (loss, profit):
            reason = self.bad_price(price, price is not None, terms, RejectReason.REQUEST_BRACKET)
            if reason:
                return reason
        levels = [price for price in (loss, entry, profit) if price is not None]
        if command["side"] == -1:
            levels.reverse()
        return None if levels == sorted(set(levels)) else RejectReason.REQUEST_BRACKET

    @staticmethod
    def bad_quantity(quantity: int | None, terms: Terms) -> RejectReason | None:
        """Reason to refuse a quantity."""
        if quantity is None or quantity <= 0:
            return RejectReason.VENUE_QUANTITY
        if quantity > 2**62 // terms.multiplier:
            return RejectReason.REQUEST_RANGE
        return RejectReason.VENUE_LOT_SIZE if quantity % terms.lot else None

    def last_instant(self, command: dict[str, Any], time: int) -> int | None:
        """Time up to which an order lives."""
        if command["time_in_force"] == TimeInForce.GTD:
            return int(command["expire_time_ns"])
        if command["time_in_force"] != TimeInForce.DAY:
            return None
        return self.session_end if self.session_end > time else (time // DAY_NS + 1) * DAY_NS

    def new(self, command: dict[str, Any], time: int) -> None:
        """Refuse or acknowledge an order."""
        reason = self.why_not(command, time)
        if reason:
            quantity, limit, stop = command["quantity_units"], command["price_units"], command["stop_units"]
            refused = Order([command["client_order_id"]], 0, command, quantity, limit, stop, None, time, None)
            self.say(refused, ExecutionType.REJECTED, OrderStatus.REJECTED, time, reason=reason, leaves=0)
            return
        self.accepted += 1
        order = Order(
            [command["client_order_id"]],
            self.accepted,
            command,
            command["quantity_units"] if command["quantity_kind"] == QuantityKind.UNITS else None,
            command["price_units"],
            command["stop_units"],
            self.last_instant(command, time),
            time,
            self.last_price.get(command["instrument"]),
            stop_loss=command["stop_loss_units"],
            take_profit=command["take_profit_units"],
        )
        if order.kind is OrderType.TRAILING_STOP:
            order.distance = self.terms_ahead["trailing_offset_units"]
            if order.distance is None:
                billionths = round(Fraction(self.terms_ahead["trailing_offset_fraction"]) * 10**9)
                order.fraction = Fraction(billionths, 10**9)
            if order.reference is not None:
                order.stop = self.level(order, order.reference)
        self.orders.append(order)
        self.say(order, ExecutionType.NEW, OrderStatus.NEW, time)

    def link(self, command: dict[str, Any], time: int) -> None:
        """Let each of two orders end the other; what stands alone ends."""
        first, second = self.find(command["first_order_id"]), self.find(command["second_order_id"])
        if first is not None and second is not None:
            first.sibling, second.sibling = second, first
        elif first is not None or second is not None:
            self.cancel_unasked(first or second, RejectReason.VENUE_UNKNOWN_ORDER, time)  # type: ignore[arg-type]

    def refuse_request(
        self, request: dict[str, Any], order: Order | None, what: CancelRejectResponse, reason: RejectReason, time: int
    ) -> None:
        """Answer a request with a cancel reject."""
        was_here = 0 < request["venue_order_id"] <= self.accepted
        if order is None:
            reason = RejectReason.VENUE_TOO_LATE_TO_CANCEL if was_here else RejectReason.VENUE_UNKNOWN_ORDER
        self.reports.append(
            {
                "kind": "cancel reject",
                "venue_time_ns": time,
                "arrival_time_ns": time,
                "instrument": request["instrument"],
                "side": request["side"],
                "client_order_id": request["client_order_id"],
                "original_client_order_id": request["original_client_order_id"],
                "venue_order_id": order.venue_order_id if order else request["venue_order_id"],
                "order_status": self.status(order) if order else 0,
                "response_to": what,
                "reject_reason": reason,
                "account": order.command["account"] if order else 0,
                "strategy": order.command["strategy"] if order else 0,
                "cumulative_quantity_units": order.filled if order else None,
                "leaves_quantity_units": order.open if order else None,
            }
        )

    def cancel(self, request: dict[str, Any], time: int) -> None:
        """Answer a cancel."""
        order = self.find(request["original_client_order_id"])
        if order is None:
            self.refuse_request(request, None, CancelRejectResponse.CANCEL, RejectReason.VENUE_UNKNOWN_ORDER, time)
            return
        self.remove(order)
        self.say(order, ExecutionType.CANCELED, OrderStatus.CANCELED, time, leaves=0)
        self.reports[-1]["client_order_id"] = request["client_order_id"]
        self.reports[-1]["reference_id"] = request["original_client_order_id"]

    def why_not_replace(self, request: dict[str, Any], order: Order, time: int) -> RejectReason | None:
        """Reason to refuse a replacement."""
        if request["order_type"] not in (0, order.kind) or request["trailing_offset_units"] is not None:
            return RejectReason.VENUE_UNSUPPORTED
        if request["time_in_force"] not in (0, order.command["time_in_force"]):
            return RejectReason.VENUE_UNSUPPORTED
        terms = self.terms[order.command["instrument"]]
        reason = None
        if request["price_units"] is not None:
            wanted = order.kind in WITH_LIMIT
            reason = self.bad_price(request["price_units"], wanted, terms, RejectReason.REQUEST_PRICE)
        if reason is None and request["stop_units"] is not None:
            wanted = order.kind in WITH_STOP
            reason = self.bad_price(request["stop_units"], wanted, terms, RejectReason.REQUEST_STOP_PRICE)
            if order.triggered:
                reason = RejectReason.VENUE_TOO_LATE_TO_CANCEL
        if reason is None and request["quantity_units"] is not None:
            reason = self.bad_quantity(request["quantity_units"], terms)
            if reason is None and request["quantity_units"] < order.filled:
                reason = RejectReason.REQUEST_QUANTITY_BELOW_FILLED
        if reason:
            return reason
        gtd = order.command["time_in_force"] == TimeInForce.GTD
        if gtd and request["expire_time_ns"] is not None and request["expire_time_ns"] <= time:
            return RejectReason.REQUEST_EXPIRE_TIME
        if request["client_order_id"] == 0 or self.find(request["client_order_id"]):
            return RejectReason.VENUE_DUPLICATE_ORDER
        return None

    def replace(self, request: dict[str, Any], time: int) -> None:
        """Answer a replacement."""
        order = self.find(request["original_client_order_id"])
        reason = self.why_not_replace(request, order, time) if order else RejectReason.VENUE_UNKNOWN_ORDER
        if order is None or reason:
            self.refuse_request(
                request, order, CancelRejectResponse.REPLACE, reason or RejectReason.VENUE_UNKNOWN_ORDER, time
            )
            return
        order.names.append(request["client_order_id"])
        before = (order.limit, order.stop, order.quantity)
        order.limit = order.limit if request["price_units"] is None else request["price_units"]
        order.stop = order.stop if request["stop_units"] is None else request["stop_units"]
        order.quantity = order.quantity if request["quantity_units"] is None else request["quantity_units"]
        if request["expire_time_ns"] is not None and order.command["time_in_force"] == TimeInForce.GTD:
            order.last_instant = request["expire_time_ns"]
        grew = before[2] is not None and order.quantity is not None and order.quantity > before[2]
        if grew or (order.limit, order.stop) != before[:2]:
            self.orders.remove(order)
            self.orders.append(order)
        self.say(order, ExecutionType.REPLACED, self.status(order), time)
        self.reports[-1]["reference_id"] = request["original_client_order_id"]
        if order.quantity == order.filled:
            self.remove(order)

    # --- prices

    def waiting(self, bar: dict[str, Any], time: int) -> list[Order]:
        """Orders of the bar's instrument that have arrived, by priority."""
        return [o for o in self.orders if o.command["instrument"] == bar["instrument"] and o.arrival <= time]

    def begin(self, bar: dict[str, Any]) -> None:
        """Set the cap of a bar that was not met before."""
        instrument, volume = bar["instrument"], bar["volume_units"]
        if self.bar_end.get(instrument) == bar["venue_time_ns"]:
            return
        self.bar_end[instrument] = bar["venue_time_ns"]
        self.bar_filled[instrument] = 0
        cap = None if volume is None else math.floor(volume * self.volume_share)
        if volume is not None and volume > 0 and self.volume_share == 0:
            cap = None
        self.cap_left[instrument] = None if cap is None else cap - cap % self.terms[instrument].lot

    def level(self, order: Order, price: int) -> int:
        """Where a trailing stop stands after a price: its distance away, rounded away from it to the tick."""
        tick = self.terms[order.command["instrument"]].tick
        distance = order.distance if order.fraction is None else round(abs(price) * order.fraction)
        assert distance is not None
        return -(-(price + distance) // tick) * tick if order.buys else (price - distance) // tick * tick

    def trail(self, bar: dict[str, Any], low: int, high: int, time: int) -> None:
        """Let trailing stops follow what the price has shown."""
        for order in self.waiting(bar, time):
            if order.kind is not OrderType.TRAILING_STOP or order.triggered:
                continue
            level = self.level(order, low if order.buys else high)
            better = order.stop is None or (level < order.stop if order.buys else level > order.stop)
            order.stop = level if better else order.stop

    def takes_part(self, order: Order, instrument: int, at_open: bool) -> bool:
        """Whether an order's time in force lets it take part in the open or close."""
        cap = self.cap_left[instrument]
        if order.force is TimeInForce.FOK and cap is not None and order.open > cap:
            return False
        return order.force is not (TimeInForce.AT_CLOSE if at_open else TimeInForce.AT_OPEN)

    def begins(self, order: Order, price: int) -> bool:
        """Whether a price lets a waiting order act."""
        if order.stop is None:
            return False
        above = order.buys != (order.kind is OrderType.MARKET_IF_TOUCHED)
        return price >= order.stop if above else price <= order.stop

    def spot_rule(self, order: Order, price: int, at_open: bool) -> PriceRule | None:
        """Rule under which an order fills at one price."""
        if not self.takes_part(order, order.command["instrument"], at_open):
            return None
        if order.acts_as_market:
            return PriceRule.OPEN if at_open else PriceRule.CLOSE
        if order.acts_as_limit or (order.kind is OrderType.STOP_LIMIT and self.begins(order, price)):
            assert order.limit is not None
            if price == order.limit:
                return PriceRule.TOUCH if self.touch_fills else None
            better = price < order.limit if order.buys else price > order.limit
            return (PriceRule.OPEN_GAP if at_open else PriceRule.CLOSE) if better else None
        if order.kind is OrderType.STOP_LIMIT or not self.begins(order, price):
            return None
        gap = PriceRule.OPEN_GAP if order.kind is OrderType.MARKET_IF_TOUCHED else PriceRule.STOP_GAP
        return gap if at_open else PriceRule.CLOSE

    def limit_rule(self, order: Order, low: int, high: int) -> PriceRule | None:
        """Rule under which a limit fills within the range."""
        assert order.limit is not None
        if order.force not in LASTING:
            return None
        if low < order.limit < high or (order.limit == (high if order.buys else low) and low < high):
            return PriceRule.LIMIT
        return PriceRule.TOUCH if self.touch_fills and order.limit == (low if order.buys else high) else None

    def open_point(self, bar: dict[str, Any], time: int) -> None:
        """Play the open."""
        self.clock = max(self.clock, time)
        self.expire_due(time, bar["instrument"], inclusive=True)
        self.spot(bar, bar["open_units"], time, at_open=True)

    def close_point(self, bar: dict[str, Any], time: int) -> None:
        """Play the close."""
        self.clock = max(self.clock, time)
        self.expire_due(time, bar["instrument"])
        self.spot(bar, bar["close_units"], time, at_open=False)

    def spot(self, bar: dict[str, Any], price: int, time: int, at_open: bool) -> None:
        """Play one price."""
        self.begin(bar)
        for order in self.waiting(bar, time):
            if order not in self.orders:
                continue
            rule = self.spot_rule(order, price, at_open) if bar["volume_units"] != 0 else None
            if bar["volume_units"] != 0 and order.kind in WAITING and self.begins(order, price):
                self.trigger(order, time)
            if rule:
                self.fill(order, bar, price, rule, time)
            over = {TimeInForce.IOC, TimeInForce.FOK, TimeInForce.AT_OPEN if at_open else TimeInForce.AT_CLOSE}
            if order.force in over and order in self.orders:
                killed = order.force is TimeInForce.FOK
                reason = RejectReason.VENUE_NOT_FILLABLE if killed else RejectReason.VENUE_NO_LIQUIDITY
                self.cancel_unasked(order, reason, time)
        if bar["volume_units"] != 0:
            self.trail(bar, price, price, time)
        self.last_price[bar["instrument"]] = price

    def path_point(self, bar: dict[str, Any], time: int) -> None:
        """Play the range: stops, then limits."""
        self.clock = max(self.clock, time)
        self.expire_due(time, bar["instrument"])
        self.begin(bar)
        if bar["volume_units"] == 0:
            return
        old = set(self.orders)
        for order in self.each(bar, time, lambda order: self.turn(order) == "stop"):
            self.meet_stop(order, bar, time, old)
        self.trail(bar, bar["low_units"], bar["high_units"], time)
        for order in self.each(bar, time, lambda order: self.is_wanted(order, old)):
            if order.acts_as_limit:
                rule = self.limit_rule(order, bar["low_units"], bar["high_units"])
                if rule:
                    assert order.limit is not None
                    self.fill(order, bar, order.limit, rule, time)
            elif order.kind in WAITING:
                self.meet_stop(order, bar, time, old)

    def turn(self, order: Order) -> str:
        """When an order meets the path: with the stops, with the limits, or not."""
        if order.acts_as_limit or order.kind is OrderType.MARKET_IF_TOUCHED:
            return "limit"
        return "stop" if order.kind in WAITING else ""

    def is_wanted(self, order: Order, old: set[Order]) -> bool:
        """Whether an order meets the path in the second round: limits that were there, stops that were born on it."""
        if order in old:
            return self.turn(order) == "limit"
        return order.kind is OrderType.STOP

    def each(self, bar: dict[str, Any], time: int, wanted: Callable[[Order], bool]) -> Iterator[Order]:
        """Give the wanted orders by priority, those that come up meanwhile too."""
        seen: set[Order] = set()
        while True:
            left = [order for order in self.waiting(bar, time) if order not in seen and wanted(order)]
            if not left:
                return
            seen.add(left[0])
            yield left[0]

    def meet_stop(self, order: Order, bar: dict[str, Any], time: int, old: set[Order]) -> None:
        """Let an order that waits for a price meet the range of a bar."""
        low, high = bar["low_units"], bar["high_units"]
        if order.triggered or order.stop is None:
            return
        from_below = order.buys != (order.kind is OrderType.MARKET_IF_TOUCHED)
        inside = low <= order.stop <= high
        if not inside and not (order.stop < low if from_below else order.stop > high):
            return
        rule = self.path_rule_of_stop(order, inside)
        self.trigger(order, time)
        if rule is not None:
            self.fill(order, bar, order.stop, rule, time)
        elif order.kind is OrderType.STOP_LIMIT:
            # It rests as a limit that came now.
            self.orders.remove(order)
            self.orders.append(order)
            old.discard(order)

    def path_rule_of_stop(self, order: Order, inside: bool) -> PriceRule | None:
        """Rule under which an order that has just begun to act fills at its stop."""
        if not inside:
            return None
        if order.kind is OrderType.STOP_LIMIT:
            assert order.limit is not None
            assert order.stop is not None
            better = order.limit > order.stop if order.buys else order.limit < order.stop
            touched = order.limit == order.stop and self.touch_fills
            return PriceRule.TOUCH if touched else PriceRule.STOP if better else None
        return PriceRule.STOP

    def unresolved(self, bar: dict[str, Any], point: str, time: int) -> tuple[Order, int] | None:
        """First order that could fill at the point and has no quantity yet, and its price."""
        self.expire_due(time, bar["instrument"], inclusive=point == "open")
        self.begin(bar)
        if self.cap_left[bar["instrument"]] == 0:
            return None
        for order in self.waiting(bar, time):
            if order.quantity is not None:
                continue
            price: int | None = bar["open_units"] if point == "open" else bar["close_units"]
            assert price is not None
            if point != "path":
                fills = self.spot_rule(order, price, point == "open") is not None
            elif order.acts_as_limit:
                price, fills = order.limit, self.limit_rule(order, bar["low_units"], bar["high_units"]) is not None
            else:
                price, fills = order.stop, False
                if price is not None and not order.triggered:
                    inside = bar["low_units"] <= price <= bar["high_units"]
                    fills = self.path_rule_of_stop(order, inside) is not None
            if fills and price is not None:
                volume, cap = bar["volume_units"], self.cap_left[bar["instrument"]]
                most = (volume or 0) if cap is None else min(cap, volume or 0)
                return order, self.slipped(order, price, most, volume)
        return None

    def assign(self, order: Order, quantity: int, time: int) -> None:
        """Give an order its quantity."""
        lot = self.terms[order.command["instrument"]].lot
        quantity = max(0, quantity) // lot * lot
        if quantity == 0:
            self.cancel_unasked(order, RejectReason.VENUE_QUANTITY, time)
        else:
            order.quantity = quantity

    # --- fills

    def slipped(self, order: Order, price: int, units: int, volume: int | None) -> int:
        """Price after slippage of a fill of `units`."""
        if order.kind in WITH_LIMIT:
            return price
        if self.slippage_model == "fixed":
            distance = round(abs(price) * self.slippage)
        else:
            moved = float(self.slippage)
            if volume and self.slippage_model == "square_root":
                moved += self.impact_factor * math.sqrt(units / volume)
            elif volume:
                share = (self.bar_filled[order.command["instrument"]] + units) / volume
                moved += self.impact_factor * (share * share)
            billionths = min(round(Fraction(moved * 1e9)), 10**9 - 1)
            distance = round(abs(price) * Fraction(billionths, 10**9))
        return price + distance if order.buys else price - distance

    def fee(self, terms: Terms, money: int, quantity: int, maker: bool, time: int) -> tuple[int, int]:
        """Fee of one fill, and the number of the rule."""
        rate, tier = terms.maker_rate if maker else terms.taker_rate, 0
        today = time // DAY_NS
        basis = abs(money) if terms.tier_by == "trade" else sum(v for day, v in self.traded if today - 30 < day)
        for number, (threshold, as_maker, as_taker) in enumerate(terms.tiers, 1):
            if basis >= threshold:
                rate, tier = as_maker if maker else as_taker, number
        by_quantity = terms.fee_per_unit * Fraction(quantity, terms.quantity_scale) * terms.money_scale
        fee = round(abs(money) * rate + by_quantity) + terms.fee_flat
        return max(fee, terms.fee_minimum) if terms.fee_minimum > 0 else fee, terms.fee_rule + tier

    def fill(self, order: Order, bar: dict[str, Any], price: int, rule: PriceRule, time: int) -> None:
        """Fill an order as far as the cap reaches."""
        instrument = bar["instrument"]
        terms, cap = self.terms[instrument], self.cap_left[instrument]
        units = order.open if cap is None else min(order.open, cap)
        if order.reduces:
            held = self.net.get(instrument, 0)
            units = min(units, max(0, -held if order.buys else held))
            if units == 0:
                self.cancel_unasked(order, RejectReason.VENUE_REDUCE_ONLY, time)
        if units <= 0:
            return
        price = self.slipped(order, price, units, bar["volume_units"])
        money = round(Fraction(price * units * terms.multiplier, terms.divisor))
        if abs(money) >= 2**63:
            self.cancel_unasked(order, RejectReason.CAPACITY_OVERFLOW, time)
            return
        order.filled += units
        order.value += Fraction(price, terms.price_scale) * units
        maker = rule in (PriceRule.LIMIT, PriceRule.TOUCH)
        relaxations = Relaxation.TOUCH_FILLS if rule is PriceRule.TOUCH else 0
        if cap is None and bar["volume_units"] is not None:
            relaxations |= Relaxation.NO_VOLUME_CAP
        if not bar["low_units"] <= price <= bar["high_units"]:
            relaxations |= Relaxation.OUTSIDE_RANGE
        fee, rule_number = self.fee(terms, money, units, maker, self.clock)
        if terms.tiers:
            self.traded.append((self.clock // DAY_NS, abs(money)))
        if order.command["account"] == 0:
            self.net[instrument] = self.net.get(instrument, 0) + (units if order.buys else -units)
        done, rows, sibling = order.open == 0, len(self.orders), order.sibling
        if done:
            self.remove(order)
        kind = ExecutionType.FILL if done else ExecutionType.PARTIAL_FILL
        self.say(order, kind, OrderStatus(int(kind)), time)
        self.reports[-1] |= {
            "last_quantity_units": units,
            "last_price_units": price,
            "fee_money": fee,
            "fee_rule": rule_number,
            "price_rule": rule,
            "liquidity": Liquidity.MAKER if maker else Liquidity.TAKER,
            "available_quantity_units": cap,
            "relaxations": relaxations,
        }
        self.bar_filled[instrument] += units
        if cap is not None:
            self.cap_left[instrument] = cap - units
        self.attach(order, units, price, time, rows)
        if sibling is not None:
            self.reduce(sibling, units, time)

    # --- attached stops and targets

    def attach(self, order: Order, units: int, price: int, time: int, rows: int) -> None:
        """Create the stop and the target of one fill; `rows` orders take up room."""
        children: list[Order] = []
        for level, kind in ((order.stop_loss, OrderType.STOP), (order.take_profit, OrderType.LIMIT)):
            if level is None or any(child.triggered for child in children):
                continue
            self.accepted += 1
            stop, limit = (level, None) if kind is OrderType.STOP else (None, level)
            command = {
                "instrument": order.command["instrument"],
                "side": -order.command["side"],
                "order_type": kind,
                "time_in_force": TimeInForce.GTC,
                "account": order.command["account"],
                "strategy": order.command["strategy"],
            }
            name = -((self.number << 40) + self.accepted)
            child = Order([name], self.accepted, command, units, limit, stop, None, time, order.reference)
            child.parent = order.names[0]
            if rows + len(children) >= self.capacity:
                reason = RejectReason.CAPACITY_ORDERS
                self.say(
                    child,
                    ExecutionType.REJECTED,
                    OrderStatus.REJECTED,
                    time,
                    reason=reason,
                    leaves=0,
                    flags=UNSOLICITED,
                )
                continue
            if stop is not None:
                child.triggered = price >= stop if child.buys else price <= stop
            children.append(child)
            self.orders.append(child)
            self.say(child, ExecutionType.NEW, OrderStatus.NEW, time, flags=UNSOLICITED)
            self.reports[-1]["reference_id"] = child.parent
        if len(children) == 2:
            children[0].sibling, children[1].sibling = children[1], children[0]

    def remove(self, order: Order) -> None:
        """Forget an order; the one beside it stands alone."""
        self.orders.remove(order)
        if order.sibling is not None:
            order.sibling.sibling = None

    def trigger(self, order: Order, time: int) -> None:
        """Let an order that waits for a price begin to act: the one beside it ends."""
        if order.kind in WAITING and not order.triggered:
            order.triggered = True
            if order.sibling is not None:
                self.cancel_unasked(order.sibling, 0, time)

    def reduce(self, order: Order, units: int, time: int) -> None:
        """Take what the target has filled from the stop beside it."""
        if order.quantity is None or order.open <= units:
            self.cancel_unasked(order, 0, time)
            return
        order.quantity -= units
        reason = RestatementReason.PARTIAL_DECLINE
        self.say(order, ExecutionType.RESTATED, self.status(order), time, reason=reason, flags=UNSOLICITED)

    # --- ends

    def cancel_unasked(self, order: Order, reason: int, time: int) -> None:
        """End an order that nobody asked to cancel."""
        self.remove(order)
        self.say(order, ExecutionType.CANCELED, OrderStatus.CANCELED, time, reason=reason, leaves=0, flags=UNSOLICITED)

    def expire(self, order: Order, time: int) -> None:
        """End an order whose time is over."""
        self.remove(order)
        self.say(order, ExecutionType.EXPIRED, OrderStatus.EXPIRED, time, leaves=0, flags=UNSOLICITED)

    def by_instrument(self) -> list[Order]:
        """Orders by instrument, then by priority."""
        return sorted(self.orders, key=lambda order: int(order.command["instrument"]))

    def expire_due(self, time: int, instrument: int | None = None, inclusive: bool = False) -> None:
        """Expire what lived up to before `time` (or to `time` itself)."""
        for order in self.by_instrument():
            last = order.last_instant
            if last is None or instrument not in (None, order.command["instrument"]):
                continue
            if last < time or (inclusive and last == time):
                self.expire(order, last)

    def expire_all(self, time: int) -> None:
        """Expire all."""
        for order in self.by_instrument():
            self.expire(order, time)

    def split(self, instrument: int, numerator: int, denominator: int, time: int) -> None:
        """Rescale the orders of an instrument."""
        ratio, lot = Fraction(numerator, denominator), self.terms[instrument].lot
        held = self.net.get(instrument, 0)
        whole = math.floor(abs(held) * ratio) // lot * lot
        self.net[instrument] = whole if held >= 0 else -whole
        if instrument in self.last_price:
            self.last_price[instrument] = round(self.last_price[instrument] / ratio)
        for order in [order for order in self.orders if order.command["instrument"] == instrument]:
            left, unknown = round(order.open * ratio), order.quantity is None
            order.limit = None if order.limit is None else round(order.limit / ratio)
            order.stop = None if order.stop is None else round(order.stop / ratio)
            order.stop_loss = None if order.stop_loss is None else round(order.stop_loss / ratio)
            order.take_profit = None if order.take_profit is None else round(order.take_profit / ratio)
            order.distance = None if order.distance is None else round(order.distance / ratio)
            # The average price scales by the ratio, whatever the filled quantity is rounded to.
            average = order.value / order.filled if order.filled else Fraction(0)
            order.filled = round(order.filled * ratio)
            order.value = average / ratio * order.filled
            order.quantity = None if unknown else order.filled + left // lot * lot
            if not unknown and order.open == 0:
                self.cancel_unasked(order, RejectReason.VENUE_LOT_SIZE, time)
                continue
            self.say(
                order,
                ExecutionType.RESTATED,
                self.status(order),
                time,
                reason=RestatementReason.CORPORATE_ACTION,
                flags=UNSOLICITED,
            )

    # --- words

    @staticmethod
    def status(order: Order) -> OrderStatus:
        """State of an order."""
        if order.filled == 0:
            return OrderStatus.NEW
        return OrderStatus.PARTIAL_FILL if order.open else OrderStatus.FILLED

    def say(
        self,
        order: Order,
        kind: ExecutionType,
        status: OrderStatus,
        time: int,
        *,
        reason: int = 0,
        leaves: int | None = None,
        flags: int = 0,
    ) -> None:
        """Push an execution report of the order as it stands."""
        self.executions += 1
        command = order.command
        self.reports.append(
            {
                "kind": "execution report",
                "venue_time_ns": time,
                "instrument": command["instrument"],
                "side": command["side"],
                "flags": flags,
                "client_order_id": order.names[-1],
                "reference_id": order.names[0] if len(order.names) > 1 else 0,
                "venue_order_id": order.venue_order_id,
                "execution_id": self.executions,
                "execution_type": kind,
                "order_status": status,
                "transaction_type": TransactionType.NEW,
                "reject_reason": reason,
                "order_type": command["order_type"],
                "time_in_force": command["time_in_force"],
                "liquidity": 0,
                "price_rule": 0,
                "last_quantity_units": None,
                "last_price_units": None,
                "cumulative_quantity_units": order.filled,
                "leaves_quantity_units": order.open if leaves is None else leaves,
                "order_quantity_units": order.quantity,
                "price_units": order.limit,
                "stop_units": order.stop,
                "average_price": float(order.value / order.filled) if order.filled else None,
                "fee_money": None,
                "text_id": 0,
                "arrival_time_ns": order.arrival,
                "reference_price_units": order.reference,
                "available_quantity_units": None,
                "queue_ahead_units": None,
                "fee_rule": 0,
                "account": command["account"],
                "strategy": command["strategy"],
                "relaxations": 0,
            }
        )
