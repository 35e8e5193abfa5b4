"""An order manager written to be read: one object an order, kept for ever, the rules looked up line by line."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from atlas.records.enums import ExecutionType, OrderState, OrderStatus
from atlas.records.order_states import CLOSED_STATES, PENDING_CANCEL, PENDING_REPLACE, RULES, OrderEvent
from tests.reference.portfolio import Portfolio

BASE, FLAGS = 15, PENDING_CANCEL | PENDING_REPLACE
EVENTS = {
    ExecutionType.DONE_FOR_DAY: OrderEvent.DONE_FOR_DAY,
    ExecutionType.PENDING_CANCEL: OrderEvent.CANCEL_PENDING,
    ExecutionType.STOPPED: OrderEvent.STOP,
    ExecutionType.REJECTED: OrderEvent.REJECT,
    ExecutionType.SUSPENDED: OrderEvent.SUSPEND,
    ExecutionType.PENDING_NEW: OrderEvent.NEW_PENDING,
    ExecutionType.CALCULATED: OrderEvent.CALCULATE,
    ExecutionType.EXPIRED: OrderEvent.EXPIRE,
    ExecutionType.PENDING_REPLACE: OrderEvent.REPLACE_PENDING,
}
RESOLUTIONS = {
    OrderStatus.FILLED: OrderEvent.RESOLVE_FILLED,
    OrderStatus.CANCELED: OrderEvent.RESOLVE_CANCELED,
    OrderStatus.REJECTED: OrderEvent.RESOLVE_REJECTED,
    OrderStatus.EXPIRED: OrderEvent.RESOLVE_EXPIRED,
    OrderStatus.SUSPENDED: OrderEvent.SUSPEND,
    OrderStatus.DONE_FOR_DAY: OrderEvent.DONE_FOR_DAY,
    OrderStatus.PENDING_NEW: OrderEvent.NEW_PENDING,
}


def follow(state: int, event: int) -> int | None:
    """State after an event, by the rules; None where they forbid it."""
    base, flags = state & BASE, state & FLAGS
    for rule in RULES:
        if rule.event == event and base in rule.moves and flags & rule.need == rule.need and not flags & rule.forbid:
            return int(rule.moves[base]) | (flags | rule.add) & ~rule.clear
    return None


def is_closed(state: int) -> bool:
    return state & BASE in CLOSED_STATES


@dataclass(eq=False)
class Order:
    """An order, from its submission for ever."""

    number: int
    strategy: int
    instrument: int
    side: int
    quantity: int
    price: int | None
    state: int = OrderState.NEW
    filled: int = 0
    money: int = 0
    fees: int = 0
    held_units: int = 0
    held_money: int = 0
    retired: bool = False
    parent: int = 0
    attached: bool = False
    partner: Order | None = None


@dataclass(eq=False)
class Execution:
    """A fill that was booked; what was taken back is `void`."""

    order: Order
    quantity: int
    price: int
    fee: int
    void: bool = False


@dataclass
class OrderManager:
    """All orders of one account."""

    portfolio: Portfolio
    orders: dict[int, Order] = field(default_factory=dict)
    working: list[Order] = field(default_factory=list)
    executions: dict[int, Execution | None] = field(default_factory=dict)
    quarantined: int = 0
    duplicates: int = 0

    # --- what we ask for

    def submit(self, order: Order) -> None:
        self.orders[order.number] = order
        order.state = self.after(order, OrderEvent.SENT)
        self.working.append(order)
        self.hold(order)

    def ask_cancel(self, order: Order) -> None:
        state = follow(order.state, OrderEvent.CANCEL_REQUEST)
        if not order.retired and state is not None:
            order.state = state

    def ask_replace(self, order: Order, quantity: int, price: int | None) -> None:
        state = follow(order.state, OrderEvent.REPLACE_REQUEST)
        if order.retired or state is None or quantity <= order.filled:
            return
        old = order.quantity, order.price
        units, money = order.held_units, order.held_money
        order.quantity, order.price = quantity, price
        other = order.partner
        aside = None if other is None else (other.held_units, other.held_money)
        if other is not None:
            other.held_units = other.held_money = 0
        if not order.attached:
            self.hold_alone(order)
        if other is not None and aside is not None:
            other.held_units, other.held_money = aside
        order.held_units, order.held_money = max(units, order.held_units), max(money, order.held_money)
        order.quantity, order.price = old
        order.state = state

    def doubt(self, order: Order) -> None:
        state = follow(order.state, OrderEvent.DOUBT)
        if not order.retired and state is not None:
            order.state = state

    # --- holds

    def adopt(self, order: Order) -> None:
        """The venue made an order of a price attached to another one."""
        self.orders[order.number] = order
        order.state, order.attached = OrderState.ACKNOWLEDGED, True
        for other in self.working:
            free = other.attached and other.partner is None and other.instrument == order.instrument
            if free and (other.parent, other.number) == (order.parent, order.number + 1):
                order.partner, other.partner = other, order
        self.working.append(order)

    def link(self, first: Order, second: Order) -> bool:
        """Two orders are to cancel each other."""
        gone = any(each.retired or is_closed(each.state) for each in (first, second))
        tied = any(each.attached or each.partner is not None for each in (first, second))
        if gone or tied or first is second or first.instrument != second.instrument:
            return False
        first.partner, second.partner = second, first
        self.hold(first)
        return True

    def untie(self, order: Order) -> None:
        """What has ended is part of nothing any more."""
        other, order.partner, order.attached = order.partner, None, False
        if other is not None:
            other.partner = None
            self.hold(other)

    def end_attached(self, filled: Order) -> None:
        """A strategy without a position needs no stops and targets; the filled one's partner the venue ends itself."""
        if self.portfolio.share(filled.strategy, filled.instrument).quantity != 0:
            return
        for other in self.working:
            mine = (other.strategy, other.instrument) == (filled.strategy, filled.instrument)
            if mine and other.attached and other is not filled and other is not filled.partner:
                self.ask_cancel(other)

    def hold(self, order: Order) -> None:
        """Hold for an order, for the larger of two of one side that cancel each other, for none that is attached."""
        other = order.partner
        if order.attached:
            order.held_units = order.held_money = 0
        elif other is None or other.side != order.side:
            self.hold_alone(order)
        else:
            other.held_units = other.held_money = 0
            self.hold_alone(order)
            found = order.held_units, order.held_money
            order.held_units = order.held_money = 0
            self.hold_alone(other)
            if found[0] >= other.held_units:
                other.held_units = other.held_money = 0
                order.held_units, order.held_money = found

    def hold_alone(self, order: Order) -> None:
        """Hold for what is open, and money for what of it enlarges the position."""
        book = self.portfolio
        order.held_units = order.held_money = 0
        units = order.quantity - order.filled
        if units < 0:
            return
        same = [other for other in self.working if (other.instrument, other.side) == (order.instrument, order.side)]
        reduces = -book.position(order.instrument).quantity * order.side - sum(other.held_units for other in same)
        adds = max(0, units - max(0, reduces))
        price = book.marks[order.instrument] if order.price is None else order.price
        money = book.base(order.instrument, abs(book.money(order.instrument, price, units)))
        order.held_units = units
        order.held_money = money if adds == units else round(Fraction(money * adds, units))

    def release(self, order: Order, units: int) -> None:
        if units >= order.held_units:
            order.held_units = order.held_money = 0
            return
        order.held_money -= round(Fraction(order.held_money * units, order.held_units))
        order.held_units -= units

    def after(self, order: Order, event: int) -> int:
        state = follow(order.state, event)
        assert state is not None
        return state

    def settle(self, order: Order, before: int) -> None:
        if not is_closed(order.state):
            if is_closed(before):
                self.working.append(order)
                self.hold(order)
            return
        if not is_closed(before):
            self.release(order, order.held_units)
            self.untie(order)
            self.working.remove(order)
        order.retired = not order.state & FLAGS

    def change(self, order: Order, event: int, anew: bool = False) -> bool:
        """Let something happen to a live order; false where it can't."""
        state, before = follow(order.state, event), order.state
        if state is None:
            return False
        order.state = state
        if anew and not is_closed(before) and not is_closed(state):
            self.hold(order)
        self.settle(order, before)
        return True

    # --- what the venue says

    def report(self, order: Order, kind: int) -> None:
        """A report that is no fill and changes no terms."""
        event: int | None = EVENTS.get(ExecutionType(kind))
        base = order.state & BASE
        if kind == ExecutionType.NEW:
            aside = base in (OrderState.SUSPENDED, OrderState.DONE_FOR_DAY, OrderState.IN_DOUBT)
            event = OrderEvent.RESUME_PARTIAL if aside and order.filled > 0 else OrderEvent.ACKNOWLEDGE
        if kind == ExecutionType.CANCELED:
            asked = order.state & PENDING_CANCEL and not order.retired
            event = OrderEvent.CANCEL_ACCEPT if asked else OrderEvent.UNSOLICITED_CANCEL
        assert event is not None
        if order.retired and kind == ExecutionType.NEW:
            event = OrderEvent.ACKNOWLEDGE
        allowed = follow(order.state, event) is not None if order.retired else self.change(order, event)
        self.quarantined += not allowed

    def fill(self, order: Order, execution: int, quantity: int, price: int, fee: int) -> None:
        if execution in self.executions:
            self.duplicates += 1
            self.quarantined += 1
            return
        left = order.quantity - order.filled
        event = OrderEvent.FILL_COMPLETE if quantity == left else OrderEvent.FILL_PARTIAL
        if not 0 < quantity <= left or follow(order.state, event) is None:
            self.quarantined += 1
            return
        self.executions[execution] = Execution(order, quantity, price, fee)
        before = order.state
        order.state = self.after(order, event)
        self.add(order, quantity, price, fee)
        if not order.retired:
            self.release(order, order.held_units if quantity == left else quantity)
            self.end_attached(order)
            if quantity == left:
                self.settle(order, before)

    def add(self, order: Order, quantity: int, price: int, fee: int) -> None:
        order.filled += quantity
        order.money += self.portfolio.money(order.instrument, price, quantity)
        order.fees += fee
        self.portfolio.fill(order.strategy, order.instrument, quantity * order.side, price, fee)

    def take_back(self, kept: Execution) -> None:
        order, kept.void = kept.order, True
        money = self.portfolio.money(order.instrument, kept.price, kept.quantity)
        order.filled -= kept.quantity
        order.money -= money
        order.fees -= kept.fee
        self.portfolio.book(order.strategy, order.instrument, -kept.quantity * order.side, money, -kept.fee)

    def bust(self, execution: int, reference: int, closes: bool) -> None:
        kept = self.reference(execution, reference)
        if kept is None:
            return
        self.executions[execution] = None
        self.take_back(kept)
        event = OrderEvent.BUST if kept.order.filled > 0 else OrderEvent.BUST_ALL
        self.reversed(kept.order, OrderEvent.BUST_CLOSE if closes else event)

    def correct(self, execution: int, reference: int, quantity: int, price: int, fee: int) -> None:
        kept = self.reference(execution, reference)
        if kept is None:
            return
        order = kept.order
        if not 0 < quantity <= order.quantity - order.filled + kept.quantity:
            self.quarantined += 1
            return
        self.take_back(kept)
        self.executions[execution] = Execution(order, quantity, price, fee)
        self.add(order, quantity, price, fee)
        self.reversed(order, OrderEvent.CORRECT_COMPLETE if order.filled >= order.quantity else OrderEvent.CORRECT)

    def reference(self, execution: int, reference: int) -> Execution | None:
        if execution in self.executions:
            self.duplicates += 1
            self.quarantined += 1
            return None
        kept = self.executions.get(reference)
        if kept is None or kept.void:
            self.quarantined += 1
            return None
        return kept

    def reversed(self, order: Order, event: int) -> None:
        if order.retired:
            closed = follow(order.state, OrderEvent.BUST_CLOSE)
            if order.filled < order.quantity and closed is not None:
                order.state = closed
        elif not self.change(order, event, anew=True) and not is_closed(order.state):
            self.hold(order)

    def terms(self, order: Order, quantity: int, price: int | None, replaced: bool) -> None:
        """The venue changed the order: because we asked, or unasked."""
        if order.retired:
            self.quarantined += 1
            return
        complete = order.filled >= quantity
        event = OrderEvent.RESTATE_COMPLETE if complete else OrderEvent.RESTATE
        if replaced and order.state & PENDING_REPLACE:
            event = OrderEvent.REPLACE_ACCEPT
            if order.state & BASE == OrderState.FILLED:
                event = OrderEvent.REPLACE_ACCEPT_REOPEN
            if complete:
                event = OrderEvent.REPLACE_ACCEPT_COMPLETE
        if follow(order.state, event) is None:
            self.quarantined += 1
            return
        order.quantity, order.price = quantity, price if price is not None else order.price
        self.change(order, event, anew=True)

    def refuse(self, order: Order, replacing: bool) -> None:
        """A cancel or replacement was refused; on a retired order that says nothing new."""
        if order.retired:
            return
        event = OrderEvent.REPLACE_REFUSE if replacing else OrderEvent.CANCEL_REFUSE
        self.quarantined += not self.change(order, event, anew=replacing)

    def status(self, order: Order, status: int, filled: int) -> None:
        if order.retired or order.state & BASE != OrderState.IN_DOUBT:
            return
        if filled != order.filled:
            self.quarantined += 1
            return
        live = OrderEvent.RESOLVE_PARTIAL if order.filled else OrderEvent.RESOLVE_LIVE
        self.change(order, RESOLUTIONS.get(OrderStatus(status), live), anew=True)

    def split(self, instrument: int, new: int, old: int) -> None:
        """Rescale working orders of an instrument; all holds are given up first, then taken anew in turn."""
        concerned = [order for order in self.working if order.instrument == instrument]
        for order in concerned:
            open_units = round(Fraction((order.quantity - order.filled) * new, old))
            order.filled = round(Fraction(order.filled * new, old))
            order.quantity = order.filled + open_units
            order.price = None if order.price is None else round(Fraction(order.price * old, new))
            order.held_units = order.held_money = 0
        for order in concerned:
            self.hold(order)
