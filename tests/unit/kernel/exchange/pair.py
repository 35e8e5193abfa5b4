"""The venue and its slow twin, given the same commands and bars; every field of every report is compared."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from atlas.kernel.exchange.accept import exchange_accept, exchange_assign_quantity
from atlas.kernel.exchange.create import ExchangeParameters, FeeRule, create_exchange
from atlas.kernel.exchange.fills import (
    exchange_close_point,
    exchange_open_point,
    exchange_path_point,
    exchange_unresolved,
)
from atlas.kernel.exchange.queue import exchange_expire_all, exchange_expire_due
from atlas.kernel.exchange.rules import CLOSE_POINT, OPEN_POINT, PATH_POINT
from atlas.kernel.exchange.split import exchange_split
from atlas.records.enums import NULL, OrderType, QuantityKind, TimeInForce
from atlas.records.instruments import Instrument
from atlas.records.kinds import Kind
from atlas.records.layout import LAYOUTS, blank, repeat_headers
from tests.reference.bar_exchange import BarExchange, Report
from tests.reference.bar_orders import WITH_LIMIT, WITH_STOP, Terms

POINTS = {"open": OPEN_POINT, "path": PATH_POINT, "close": CLOSE_POINT}
COMMANDS = {
    "new": Kind.NEW_ORDER,
    "cancel": Kind.CANCEL_ORDER,
    "replace": Kind.REPLACE_ORDER,
    "link": Kind.ORDER_LINK,
    "terms": Kind.ORDER_TERMS,
}
KINDS = {Kind.EXECUTION_REPORT: "execution report", Kind.CANCEL_REJECT: "cancel reject"}
TYPES = list(OrderType)[:6]
Bar = dict[str, Any]


def terms_of(instrument: Instrument, fee: FeeRule) -> Terms:
    """What the twin must know of an instrument."""
    exponent = instrument.price_exponent + instrument.quantity_exponent - instrument.money_exponent
    return Terms(
        lot=max(1, instrument.lot_size_units),
        tick=max(1, instrument.tick_size_units),
        divisor=10**exponent,
        multiplier=instrument.multiplier,
        price_scale=10**instrument.price_exponent,
        quantity_scale=10**instrument.quantity_exponent,
        money_scale=10**instrument.money_exponent,
        maker_rate=Fraction(str(fee.maker_rate)),
        taker_rate=Fraction(str(fee.taker_rate)),
        fee_per_unit=Fraction(str(fee.per_unit)),
        fee_flat=instrument.money(fee.flat),
        fee_minimum=instrument.money(fee.minimum),
        fee_rule=fee.number,
        tiers=tuple(
            (instrument.money(start), Fraction(str(maker)), Fraction(str(taker))) for start, maker, taker in fee.tiers
        ),
        tier_by=fee.tier_by,
    )


class Pair:
    """Two venues that must say the same."""

    def __init__(self, instruments: dict[int, Instrument], fee: FeeRule, parameters: ExchangeParameters) -> None:
        self.instruments = instruments
        self.block = create_exchange(instruments, fee, parameters)
        self.venue = self.block.address
        self.row = self.block.rows("venue")[0]
        self.twin = BarExchange(
            {number: terms_of(instrument, fee) for number, instrument in instruments.items()},
            volume_share=Fraction(str(parameters.volume_share)),
            slippage=Fraction(str(parameters.slippage_basis_points)) / 10_000,
            slippage_model=parameters.slippage_model,
            impact_factor=parameters.impact_factor,
            touch_fills=parameters.touch_fills,
            capacity=parameters.order_capacity,
            attached_orders=parameters.attached_orders,
            number=parameters.venue_number,
        )
        self.heard: list[Report] = []

    def command(self, kind: str, values: dict[str, Any], time: int) -> None:
        """Send a command to both."""
        record = blank(COMMANDS[kind])
        for name, value in values.items():
            record[name] = value
        repeat_headers(record)
        exchange_accept(self.venue, int(record.ctypes.data), time)
        self.twin.accept(kind, as_numbers(record[0]), time)
        self.compare()

    def point(self, bar: Bar, name: str, time: int, quantity: int) -> None:
        """Play one price point of a bar at both."""
        record = blank(Kind.BAR)
        for field, value in bar.items():
            record[field] = NULL if value is None else value
        address = int(record.ctypes.data)
        while True:
            slot, price = exchange_unresolved(self.venue, address, POINTS[name], time)
            found = self.twin.unresolved(bar, name, time) if slot >= 0 or self.has_unresolved(bar) else None
            assert (slot >= 0) == (found is not None)
            if found is None:
                break
            assert price == found[1]
            exchange_assign_quantity(self.venue, slot, quantity, time)
            self.twin.assign(found[0], quantity, time)
            self.compare()
        play = {"open": exchange_open_point, "path": exchange_path_point, "close": exchange_close_point}[name]
        play(self.venue, address, time)
        {"open": self.twin.open_point, "path": self.twin.path_point, "close": self.twin.close_point}[name](bar, time)
        self.compare()

    def has_unresolved(self, bar: Bar) -> bool:
        return any(o.quantity is None and o.command["instrument"] == bar["instrument"] for o in self.twin.orders)

    def expire_due(self, time: int) -> None:
        exchange_expire_due(self.venue, time)
        self.twin.expire_due(time)
        self.compare()

    def split(self, instrument: int, numerator: int, denominator: int, time: int) -> None:
        exchange_split(self.venue, instrument, numerator, denominator, time)
        self.twin.split(instrument, numerator, denominator, time)
        self.compare()

    def finish(self, time: int) -> None:
        exchange_expire_all(self.venue, time)
        self.twin.expire_all(time)
        self.compare()
        assert self.row["live_orders"] == 0 == len(self.block.live("orders"))
        assert not self.block.rows("order_index")["key"].any()

    def compare(self) -> None:
        """Hold what both have said since last time against each other."""
        ring, said = self.block.rows("reports"), []
        for count in range(int(self.row["reports_read"]), int(self.row["reports_written"])):
            raw = ring[count % len(ring)].tobytes()
            kind = Kind(raw[20])
            record = np.frombuffer(raw[: LAYOUTS[kind].itemsize], LAYOUTS[kind])[0]
            check_headers(record)
            said.append({**as_numbers(record), "kind": KINDS[kind]})
        self.row["reports_read"] = self.row["reports_written"]
        expected, self.twin.reports = self.twin.reports, []
        assert [report["kind"] for report in said] == [report["kind"] for report in expected]
        for report, wanted in zip(said, expected, strict=True):
            told = {name: report[name] for name in wanted}
            average = wanted.get("average_price")
            if average is not None:
                assert math.isclose(told["average_price"], average, rel_tol=1e-12)
                told["average_price"] = average
            assert told == wanted
        assert self.row["live_orders"] == len(self.twin.orders)
        self.heard += expected


def as_numbers(record: Any) -> dict[str, Any]:
    """Turn a record into a dictionary in which absent numbers are None."""
    values = {name: record[name].item() for name in record.dtype.names}
    return {
        name: None if value == NULL or (isinstance(value, float) and math.isnan(value)) else value
        for name, value in values.items()
    }


def check_headers(record: Any) -> None:
    """See that every row repeats the first row's header."""
    for row in range(2, record.dtype.itemsize // 64 + 1):
        for name in ("venue_time_ns", "local_time_ns", "instrument", "kind", "side"):
            assert record[f"row{row}_{name}"] == record[name]
        assert record[f"row{row}_flags"] == record["flags"] | 1


@dataclass
class Flow:
    """Random commands around the prices of random bars."""

    pair: Pair
    pick: random.Random
    length: int = 60_000_000_000
    next_id: int = 0

    def price(self, bar: Bar) -> int:
        """Pick a price of the bar, or one a few ticks off."""
        tick = self.pair.twin.terms[bar["instrument"]].tick
        name = self.pick.choice(["open_units", "high_units", "low_units", "close_units"])
        price = int(bar[name]) + self.pick.choice([0, 0, 0, 1, -1, 3, -3, 20, -20]) * tick
        return price - price % tick

    def order(self, bar: Bar, time: int) -> None:
        """Send an order, now and then a faulty one."""
        pick, lot = self.pick, self.pair.twin.terms[bar["instrument"]].lot
        self.next_id += 1
        kind = pick.choice([*TYPES, OrderType.LIMIT, OrderType.LIMIT, OrderType.STOP])
        force = pick.choice([*TimeInForce, *[TimeInForce.GTC] * 4, *[TimeInForce.DAY] * 2, *[TimeInForce.GTD] * 2])
        values: dict[str, Any] = {
            "client_order_id": self.next_id,
            "instrument": bar["instrument"],
            "side": pick.choice([1, -1]),
            "order_type": kind,
            "quantity_kind": QuantityKind.UNITS if pick.random() < 0.8 else QuantityKind.NOTIONAL,
            "quantity_units": lot * pick.randint(1, 80),
            "time_in_force": force,
            "expire_time_ns": time + pick.randint(0, 3) * self.length // 2,
            "account": pick.choice([0, 0, 0, pick.randint(1, 9)]),
            "strategy": pick.randint(0, 9),
        }
        if pick.random() < 0.2:
            values["flags"] = 4
        if kind in WITH_LIMIT:
            values["price_units"] = self.price(bar)
        if kind in WITH_STOP:
            values["stop_units"] = self.price(bar)
        if kind is OrderType.TRAILING_STOP:
            self.trailing(values, time)
        if pick.random() < 0.4:
            levels = sorted([self.price(bar) for _ in range(2)], reverse=values["side"] < 0)
            for name, level in zip(("stop_loss_units", "take_profit_units"), levels, strict=True):
                if pick.random() < 0.8:
                    values[name] = level
        if pick.random() < 0.1:
            values |= pick.choice(
                [
                    {"side": 0},
                    {"order_type": 9},
                    {"order_type": 200},
                    {"order_type": OrderType.ICEBERG},
                    {"time_in_force": 99},
                    {"quantity_units": 0},
                    {"quantity_units": 2**62 + 1},
                    {"quantity_units": lot * 3 + 1},
                    {"price_units": 7},
                    {"price_units": 2**62 + 10},
                    {"stop_units": 7},
                    {"quantity_kind": 0},
                    {"quantity_kind": 5},
                    {"flags": 2},
                    {"flags": 128},
                    {"take_profit_units": 10**9},
                    {"client_order_id": max(1, self.next_id - 3)},
                    {"client_order_id": 0},
                    {"instrument": 77},
                    {"instrument": 0},
                ]
            )
        self.pair.command("new", values, time)

    def trailing(self, values: dict[str, Any], time: int) -> None:
        """Send the distance of a trailing stop ahead of it, now and then a faulty one, or none."""
        pick, tick = self.pick, self.pair.twin.terms[values["instrument"]].tick
        terms: dict[str, Any] = {"client_order_id": self.next_id, "instrument": values["instrument"]}
        if pick.random() < 0.6:
            terms["trailing_offset_units"] = pick.choice([1, 3, 9, 25]) * tick + pick.choice([0, 0, 7])
        else:
            terms["trailing_offset_fraction"] = pick.choice([0.001, 0.0123, 0.05])
        if pick.random() < 0.1:
            terms |= pick.choice(
                [{"trailing_offset_units": 0}, {"client_order_id": 5}, {"trailing_offset_fraction": 1.5}]
            )
        values["flags"] = values.get("flags", 0) | (8 if pick.random() < 0.95 else 0)
        self.pair.command("terms", terms, time)

    def request(self, bar: Bar, time: int) -> None:
        """Send a cancel or a replacement of a recent order."""
        pick, lot = self.pick, self.pair.twin.terms[bar["instrument"]].lot
        self.next_id += 1
        values: dict[str, Any] = {
            "client_order_id": self.next_id if pick.random() < 0.95 else max(1, self.next_id - 2),
            "original_client_order_id": self.somebody(),
            "venue_order_id": pick.choice([0, self.pair.twin.accepted, 10**6]),
            "instrument": bar["instrument"],
        }
        if pick.random() < 0.4:
            self.pair.command("cancel", values, time)
            return
        if pick.random() < 0.5:
            values["quantity_units"] = lot * pick.randint(0, 80)
        if pick.random() < 0.5:
            values[pick.choice(["price_units", "stop_units"])] = self.price(bar)
        if pick.random() < 0.3:
            values["expire_time_ns"] = time + pick.randint(0, 3) * self.length
        if pick.random() < 0.1:
            values |= pick.choice([{"order_type": 1}, {"time_in_force": 1}, {"trailing_offset_units": 5}])
        self.pair.command("replace", values, time)

    def link(self, bar: Bar, time: int) -> None:
        """Link two orders of the bar's instrument that stand alone, or one with an order that is not there."""
        free = [
            order.names[-1]
            for order in self.pair.twin.orders
            if order.sibling is None and order.command["instrument"] == bar["instrument"]
        ]
        if free:
            first, second = self.pick.choice(free), self.pick.choice([*free, 10**6])
            values = {"first_order_id": first, "second_order_id": second, "instrument": bar["instrument"]}
            if first != second:
                self.pair.command("link", values, time)

    def somebody(self) -> int:
        """Pick the id of a recent order, or of one that works."""
        working = [order.names[-1] for order in self.pair.twin.orders]
        if working and self.pick.random() < 0.5:
            return self.pick.choice(working)
        return self.pick.randint(max(0, self.next_id - 12), self.next_id)

    def talk(self, bar: Bar, time: int, most: int) -> None:
        """Send a few commands."""
        for _ in range(self.pick.randint(0, most)):
            drawn = self.pick.random()
            if drawn < 0.65:
                self.order(bar, time)
            elif drawn < 0.72:
                self.link(bar, time)
            else:
                self.request(bar, time)

    def play(self, bar: Bar, most: int = 3) -> None:
        """Play a bar with commands before, at and between its points."""
        end, lot = int(bar["venue_time_ns"]), self.pair.twin.terms[bar["instrument"]].lot
        start, middle = end - self.length, end - self.length // 2
        for name, time in (("open", start), ("path", middle), ("close", end)):
            if time != start:
                self.talk(bar, time - self.length // 4, most)
            self.talk(bar, time, 1)
            if self.pick.random() < 0.1:
                self.pair.expire_due(time)
            self.pair.point(bar, name, time, self.pick.choice([0, lot // 2, lot * 7, lot * 50 + 1]))


def random_bars(pick: random.Random, instrument: int, lot: int, count: int, length: int) -> Iterator[Bar]:
    """Make bars that walk in cents, with gaps, with no range now and then, with no volume or none stated."""
    price = 10_000
    for number in range(count):
        price = max(300, price + pick.choice([0, 0, 1, -1, 5, -5, 40, -40]))
        values = [price + pick.randint(-6, 6) for _ in range(2)]
        high, low = max(values) + pick.randint(0, 6), min(values) - pick.randint(0, 6)
        if pick.random() < 0.1:
            values, high, low = [price, price], price, price
        volume = pick.choice([0, None, lot * 9, lot * 1000 + 3, lot * 300, lot * 100_000])
        yield {
            "instrument": instrument,
            "open_units": values[0] * 10**7,
            "high_units": high * 10**7,
            "low_units": low * 10**7,
            "close_units": values[1] * 10**7,
            "volume_units": volume,
            "venue_time_ns": (number + 1) * length,
        }
        price = values[1]
