"""Order flow made of small numbers: each line does one thing to the trader and to its twins, which are then compared.

A line is (action, a, b, c); what the numbers mean is taken modulo what there is, so that any numbers are a flow and a
failing one can be made smaller.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from atlas.kernel.trader.creation import Capacities
from atlas.records.enums import (
    NULL,
    CancelRejectResponse,
    ExecutionType,
    OrderStatus,
    OrderType,
    ReportFlag,
    TimeInForce,
    TransactionType,
)
from tests.reference.order_manager import Order, OrderManager
from tests.reference.portfolio import Holding, Portfolio, Terms
from tests.unit.kernel.trader.driver import CANCEL, DOUBT, EQUITY, LINK, MONEY, REPLACE, SHARE, Driver

Line = tuple[int, int, int, int]
ROOM = Capacities(orders=256, tombstones=1024, executions=2048, timers=8, notices=64, commands=4096, outputs=32_768)
CENT = 10**7
START = 1_000_000
PLAIN_KINDS = (
    ExecutionType.NEW,
    ExecutionType.CANCELED,
    ExecutionType.EXPIRED,
    ExecutionType.REJECTED,
    ExecutionType.SUSPENDED,
    ExecutionType.DONE_FOR_DAY,
    ExecutionType.PENDING_CANCEL,
    ExecutionType.PENDING_NEW,
    ExecutionType.CALCULATED,
    ExecutionType.STOPPED,
    ExecutionType.PENDING_REPLACE,
)
SPLITS = ((2, 1), (1, 3), (3, 2), (1, 1), (7, 3))


class Flow:
    """A trader and its twins, fed the same."""

    def __init__(self) -> None:
        self.driver = Driver(cash=START, setup={"capacities": ROOM})
        instruments = {
            1: Terms(lot=SHARE),
            2: Terms(),
            3: Terms(currency=1, lot=SHARE, rate=Fraction(5, 4)),
        }
        self.book = Portfolio(instruments, 3, {0: START * MONEY, 1: 0})
        self.twin = OrderManager(self.book)
        for instrument in instruments:
            self.bar(instrument, 10_000)
        self.orders: list[Order] = []
        self.execution = self.children = 0
        self.actions: tuple[Callable[[int, int, int], None], ...] = (
            self.submit,
            self.submit,
            self.submit,
            self.fill,
            self.fill,
            self.fill,
            self.fill,
            self.fill_all,
            self.plain,
            self.acknowledge,
            self.cancel,
            self.cancel_answer,
            self.replace,
            self.replace_answer,
            self.duplicate,
            self.bust,
            self.correct,
            self.doubt,
            self.status,
            self.restate,
            self.mark,
            self.action,
            self.attach,
            self.attach,
            self.link,
        )

    def play(self, line: Line) -> None:
        action, a, b, c = line
        self.actions[action % len(self.actions)](a, b, c)

    def name_of(self, line: Line) -> str:
        return self.actions[line[0] % len(self.actions)].__name__

    # --- what can happen

    def pick(self, a: int) -> Order | None:
        """An order, later ones rather."""
        return self.orders[-1 - a % min(len(self.orders), 6)] if self.orders else None

    def bar(self, instrument: int, cents: int) -> None:
        self.driver.bar(cents / 100, instrument)
        self.book.marks[instrument] = cents * CENT

    def units(self, instrument: int, b: int) -> tuple[float, int]:
        """A quantity as asked for and in units: whole shares, or odd coins."""
        return (
            (1.0 + b % 20, (1 + b % 20) * SHARE) if instrument != 2 else (b % 977 / 100 + 0.01, (b % 977 + 1) * 10**6)
        )

    def submit(self, a: int, b: int, c: int) -> None:
        instrument, side, strategy = 1 + a % 3, 1 if a // 3 % 2 else -1, 1 + a // 6 % 2
        asked, units = self.units(instrument, b)
        cents = 9_500 + c % 1000
        limit = float("nan") if c % 4 == 0 else cents / 100
        number = self.driver.order(side, asked, limit=limit, instrument=instrument, strategy=strategy)
        assert number > 0
        order = Order(number, strategy, instrument, side, units, None if c % 4 == 0 else cents * CENT)
        self.twin.submit(order)
        self.orders.append(order)

    def attach(self, a: int, b: int, c: int) -> None:
        """The venue makes a stop of a price attached to an order, and then perhaps a target."""
        parent = self.pick(a)
        if parent is None or parent.number < 0:
            return
        units = self.units(parent.instrument, b)[1]
        for kind in (OrderType.STOP, OrderType.LIMIT)[c % 3 // 2 :]:
            self.children += 1
            price, number = (9_500 + (b + self.children) % 1000) * CENT, -self.children - 7
            names = ("stop_units", "price_units") if kind == OrderType.STOP else ("price_units", "stop_units")
            terms = {names[0]: price, names[1]: NULL}
            child = Order(number, parent.strategy, parent.instrument, -parent.side, units, price, parent=parent.number)
            self.driver.report(
                number,
                ExecutionType.NEW,
                parent.instrument,
                execution_id=0,
                flags=ReportFlag.UNSOLICITED,
                reference_id=parent.number,
                side=child.side,
                strategy=child.strategy,
                order_type=kind,
                time_in_force=TimeInForce.GTC,
                order_quantity_units=units,
                **terms,
            )
            self.twin.adopt(child)
            self.orders.append(child)
            if c % 3 == 1:
                return

    def link(self, a: int, b: int, c: int) -> None:
        first, second = self.pick(a), self.pick(b)
        if first is None or second is None or first.strategy != second.strategy:
            return
        header = self.driver.header
        header["exact_venue"] = 1  # only a simulated venue is asked for it
        answer = self.driver.do(LINK, first.strategy, first.number, second.number)
        header["exact_venue"] = 0
        assert (answer == 1) == self.twin.link(first, second)

    def deal(self, order: Order, quantity: int, c: int, **terms: int) -> None:
        price, fee = (9_000 + c % 2000) * CENT + c % 7, c % 50 * 1_000_003 - 20
        self.execution += 1
        execution = terms.pop("execution_id", self.execution)
        self.driver.report(
            order.number,
            ExecutionType.FILL,
            order.instrument,
            **{
                "last_quantity_units": quantity,
                "last_price_units": price,
                "fee_money": fee,
                "execution_id": execution,
                "side": order.side,
                **terms,
            },
        )
        if terms.get("transaction_type") == TransactionType.CORRECT:
            self.twin.correct(execution, terms["reference_id"], quantity, price, fee)
        else:
            self.twin.fill(order, execution, quantity, price, fee)

    def fill(self, a: int, b: int, c: int) -> None:
        if order := self.pick(a):
            self.deal(order, self.units(order.instrument, b)[1], c)

    def fill_all(self, a: int, b: int, c: int) -> None:
        if order := self.pick(a):
            self.deal(order, order.quantity - order.filled, c)

    def duplicate(self, a: int, b: int, c: int) -> None:
        if (order := self.pick(a)) and self.execution:
            self.deal(order, SHARE, c, execution_id=1 + b % self.execution)

    def correct(self, a: int, b: int, c: int) -> None:
        if (order := self.pick(a)) and self.execution:
            reference = self.execution - b % min(self.execution, 5)
            kept = self.twin.executions.get(reference)
            order = order if kept is None else kept.order
            quantity = self.units(order.instrument, b + c)[1]
            self.deal(order, quantity, c, reference_id=reference, transaction_type=TransactionType.CORRECT)

    def bust(self, a: int, b: int, c: int) -> None:
        if not self.execution:
            return
        reference, closes = self.execution - a % min(self.execution, 5), c % 3 == 0
        kept = self.twin.executions.get(reference)
        self.execution += 1
        terms = {"leaves_quantity_units": 0} if closes else {}
        self.driver.bust(reference, kept.order.instrument if kept else 1, execution_id=self.execution, **terms)
        self.twin.bust(self.execution, reference, closes)

    def plain(self, a: int, b: int, c: int) -> None:
        if order := self.pick(a):
            kind = PLAIN_KINDS[b % len(PLAIN_KINDS)]
            self.driver.report(order.number, kind, order.instrument, execution_id=0)
            self.twin.report(order, kind)

    def acknowledge(self, a: int, b: int, c: int) -> None:
        self.plain(a, 0, c)

    def cancel(self, a: int, b: int, c: int) -> None:
        if order := self.pick(a):
            self.driver.do(CANCEL, order.strategy, order.number)
            self.twin.ask_cancel(order)

    def cancel_answer(self, a: int, b: int, c: int) -> None:
        if order := self.pick(a):
            if b % 2:
                self.plain(a, 1, c)
            else:
                self.driver.refuse(order.number)
                self.twin.refuse(order, False)

    def replace(self, a: int, b: int, c: int) -> None:
        if order := self.pick(a):
            asked, units = self.units(order.instrument, b + 5)
            price = None if order.price is None else (9_500 + c % 1000) * CENT
            limit = float("nan") if price is None else price / 10**9
            self.driver.do(REPLACE, order.strategy, order.number, x=asked, y=limit)
            self.twin.ask_replace(order, units, price)

    def replace_answer(self, a: int, b: int, c: int) -> None:
        if order := self.pick(a):
            if b % 3 == 0:
                self.driver.refuse(order.number, CancelRejectResponse.REPLACE)
                self.twin.refuse(order, True)
            else:
                self.change(order, ExecutionType.REPLACED, b, c)

    def restate(self, a: int, b: int, c: int) -> None:
        if order := self.pick(a):
            self.change(order, ExecutionType.RESTATED, b, c)

    def change(self, order: Order, kind: ExecutionType, b: int, c: int) -> None:
        units = self.units(order.instrument, b)[1] if b % 5 else order.filled
        price = None if order.price is None else (9_500 + c % 1000) * CENT
        terms = {} if price is None else {"price_units": price}
        self.driver.report(order.number, kind, order.instrument, order_quantity_units=units, **terms)
        self.twin.terms(order, units, price, kind == ExecutionType.REPLACED)

    def doubt(self, a: int, b: int, c: int) -> None:
        order = self.pick(a)
        if order and not order.retired:
            self.driver.do(DOUBT, order.number)
            self.twin.doubt(order)

    def status(self, a: int, b: int, c: int) -> None:
        if order := self.pick(a):
            status, filled = OrderStatus(1 + b % 13), order.filled + (SHARE if c % 4 == 0 else 0)
            terms = {"order_status": status, "cumulative_quantity_units": filled}
            self.driver.report(order.number, 0, order.instrument, transaction_type=TransactionType.STATUS, **terms)
            self.twin.status(order, status, filled)

    def mark(self, a: int, b: int, c: int) -> None:
        self.bar(1 + a % 3, 9_000 + c % 2000)

    def action(self, a: int, b: int, c: int) -> None:
        instrument = 1 + a % 3
        if b % 2:
            self.driver.dividend((1 + c % 100) / 100, instrument)
            self.book.dividend(instrument, (1 + c % 100) * CENT)
        else:
            new, old = SPLITS[c % len(SPLITS)]
            self.driver.split(new, old, instrument)
            self.book.split(instrument, new, old)
            self.twin.split(instrument, new, old)

    # --- what must be the same

    def compare(self) -> None:
        """Compare every order, holding, hold and sum."""
        header = self.driver.header
        assert int(header["quarantined_count"]) == self.twin.quarantined
        assert int(header["duplicate_count"]) == self.twin.duplicates
        self.compare_orders()
        for instrument in self.book.instruments:
            self.compare_holdings(instrument)
        for currency, money in self.book.cash.items():
            assert int(self.driver.block.rows("cash")[currency]["balance_money"]) == money
        assert self.driver.do(EQUITY, 0) == self.book.equity()
        held = sum(order.held_money for order in self.twin.working)
        assert int(self.driver.account()["held_money"]) == held

    def compare_orders(self) -> None:
        rows = {int(row["client_order_id"]): row for row in self.driver.block.rows("tombstones")}
        live = [self.driver.block.rows("orders")[number] for number in self.driver.block.live("orders")]
        assert {int(row["client_order_id"]) for row in live} == {o.number for o in self.orders if not o.retired}
        rows.update({int(row["client_order_id"]): row for row in live})
        for order in self.orders:
            row = rows[order.number]
            found = [int(row[name]) for name in ("state", "quantity_units", "filled_units", "filled_notional_money")]
            assert found == [order.state, order.quantity, order.filled, order.money], order
            assert int(row["fees_money"]) == order.fees
            if not order.retired:
                assert (int(row["held_units"]), int(row["held_money"])) == (order.held_units, order.held_money), order
        assert int(self.driver.account()["working_orders"]) == len(self.twin.working)

    def compare_holdings(self, instrument: int) -> None:
        self.compare_holding(self.driver.position(instrument), self.book.position(instrument))
        for strategy in range(3):
            share = self.driver.share(strategy, instrument)
            self.compare_holding(share, self.book.share(strategy, instrument))
            assert int(share["cash_money"]) == self.book.share(strategy, instrument).cash
        row = self.driver.position(instrument)
        orders = [order for order in self.twin.working if order.instrument == instrument]
        assert int(row["open_buy_units"]) == sum(order.held_units for order in orders if order.side > 0)
        assert int(row["open_sell_units"]) == sum(order.held_units for order in orders if order.side < 0)
        assert int(row["held_money"]) == sum(order.held_money for order in orders)
        assert int(row["value_money"]) == self.book.value(instrument)

    @staticmethod
    def compare_holding(row: object, holding: Holding) -> None:
        found = [int(row[name]) for name in ("quantity_units", "cost_money", "realized_money", "fees_money")]  # type: ignore[index]
        assert found == [holding.quantity, holding.cost, holding.realized, holding.fees]
