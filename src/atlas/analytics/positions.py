"""Positions walked fill by fill: what one strategy holds of one instrument between flat and flat.

Here is the exact arithmetic of trades: average cost, shares of a fill, share splits, dividends. Which fills count and
what a trade looks like is said in `atlas.analytics.trades`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from atlas.analytics.symbols import instruments_by_number
from atlas.records.enums import NULL, PriceRule
from atlas.records.instruments import Instrument
from atlas.records.kinds import Kind
from atlas.records.layout import LAYOUTS, RecordArray
from atlas.records.units import divide_half_even

Row: TypeAlias = tuple[object, ...]
Key: TypeAlias = tuple[int, int, int]

STILL_HELD: Final = 2**63 - 1
"""End of the last stretch of a position that was never closed."""

STRETCH: Final = np.dtype(
    [
        ("trade", "<i8"),
        ("first_ns", "<i8"),
        ("last_ns", "<i8"),
        ("held_units", "<i8"),
        ("cost_money", "<i8"),
        ("realized_money", "<i8"),
    ]
)
"""A time in which a trade's position did not change: from one of its fills to the next. ``held_units`` and
``cost_money`` are sizes, ``realized_money`` what it had realized and received before."""


@dataclass(frozen=True, slots=True)
class CorporateAction:
    """A share split or a cash dividend.

    Attributes
    ----------
    time_ns : int
        First moment at which it counts.
    instrument : int
        Its number.
    numerator, denominator : int
        New shares for old ones; both 1 for a dividend.
    price_units : int
        Price paid for fractions of a lot at a split, cash a share of a dividend.
    lot_units : int
        Whole lots that a position is cut to at a split.
    worth : tuple of int
        What price × quantity is multiplied and divided by to be money.
    """

    time_ns: int
    instrument: int
    numerator: int = 1
    denominator: int = 1
    price_units: int = 0
    lot_units: int = 1
    worth: tuple[int, int] = (1, 1)

    @property
    def is_split(self) -> bool:
        """Whether it changes how many shares there are."""
        return self.numerator != self.denominator

    def money(self, units: int) -> int:
        """Return the worth of so many units at its price, rounded half-even."""
        multiplier, divisor = self.worth
        return divide_half_even(self.price_units * units * multiplier, divisor)


def corporate_actions(records: RecordArray, instruments: Sequence[Instrument]) -> list[CorporateAction]:
    """Find the splits and dividends among market records.

    Parameters
    ----------
    records : BAR array
        Rows of 64 bytes of any kind, in order.
    instruments : sequence of Instrument
        By number, counted from 1.
    """
    kinds = records["kind"]
    places = np.flatnonzero((kinds == int(Kind.SPLIT)) | (kinds == int(Kind.DIVIDEND)))
    return [_action(records, int(place), instruments) for place in places]


def _action(records: RecordArray, place: int, instruments: Sequence[Instrument]) -> CorporateAction:
    kind = Kind(int(records["kind"][place]))
    record = records[place : place + 1].view(LAYOUTS[kind])[0]
    number = int(record["instrument"])
    instrument = instruments_by_number(instruments)[number]
    exponent = instrument.price_exponent + instrument.quantity_exponent - instrument.money_exponent
    worth = (instrument.multiplier * 10 ** max(-exponent, 0), 10 ** max(exponent, 0))
    time_ns = int(record["venue_time_ns"])
    if kind == Kind.DIVIDEND:
        amount = round(float(record["amount"]) * 10**instrument.price_exponent)
        return CorporateAction(time_ns, number, price_units=amount, worth=worth)
    numerator, denominator = int(record["numerator"]), int(record["denominator"])
    price = int(record["cash_in_lieu_units"])
    if price == NULL:
        price = divide_half_even(_last_close(records[:place], number) * denominator, max(numerator, 1))
    lot = max(instrument.lot_size_units, 1)
    return CorporateAction(time_ns, number, numerator, denominator, price, lot, worth)


def _last_close(records: RecordArray, instrument: int) -> int:
    """Return the last close of an instrument, 0 where there was none."""
    own = np.flatnonzero((records["kind"] == int(Kind.BAR)) & (records["instrument"] == instrument))
    return int(records["close_units"][own[-1]]) if len(own) else 0


class Position:
    """One position between flat and flat, in whole units and money."""

    __slots__ = (
        "changed_ns",
        "cost",
        "entered",
        "entry_fill",
        "entry_time",
        "entry_value",
        "exit_fill",
        "exit_time",
        "exit_value",
        "exited",
        "fees",
        "fills",
        "held",
        "income",
        "notional_in",
        "realized",
        "slippage",
        "stretches",
    )

    def __init__(self, time_ns: int, fill: int) -> None:
        self.entry_time = self.changed_ns = time_ns
        self.entry_fill, self.exit_fill = fill, NULL
        self.exit_time = NULL
        self.held = self.entered = self.exited = self.fills = 0
        self.cost = self.notional_in = self.realized = self.fees = self.slippage = self.income = 0
        self.entry_value = self.exit_value = 0
        self.stretches: list[Row] = []

    def stay(self, time_ns: int) -> None:
        """End the stretch in which the position was as it is, before it changes at a time."""
        if self.held and time_ns > self.changed_ns:
            self.stretches.append((self.changed_ns, time_ns, abs(self.held), self.cost, self.realized + self.income))
        self.changed_ns = max(self.changed_ns, time_ns)

    def enter(self, signed_units: int, price_units: int, notional_money: int, fee_money: int, slippage: int) -> None:
        """Add to the position; `signed_units` has the position's sign."""
        self.held += signed_units
        self.entered += signed_units
        self.entry_value += abs(signed_units) * price_units
        self.cost += notional_money
        self.notional_in += notional_money
        self.fees += fee_money
        self.slippage += slippage
        self.fills += 1

    def reduce(self, units: int, price_units: int, notional_money: int, fee_money: int, slippage: int) -> None:
        """Take `units` > 0 off the position, at most all of it, and realize their profit."""
        size = abs(self.held)
        cost = self.cost if units == size else divide_half_even(self.cost * units, size)
        gain = notional_money - cost
        self.realized += gain if self.held > 0 else -gain
        self.cost -= cost
        self.held += -units if self.held > 0 else units
        self.exited += units
        self.exit_value += units * price_units
        self.exit_time = self.changed_ns
        self.fees += fee_money
        self.slippage += slippage
        self.fills += 1

    def rescale(self, before_units: int, after_units: int) -> None:
        """Apply a share split that turned `before_units` of the account into `after_units`."""
        after, before = abs(after_units), abs(before_units)
        self.held = divide_half_even(self.held * after, before)
        self.entered = divide_half_even(self.entered * after, before)
        self.exited = divide_half_even(self.exited * after, before)

    def apply(self, action: CorporateAction) -> None:
        """Apply a split, whose fractions of a lot are paid in cash, or a dividend."""
        self.stay(action.time_ns)
        if not action.is_split:
            self.income += action.money(self.held)
            return
        exact = _truncated(self.held * action.numerator, action.denominator)
        whole = _truncated(exact, action.lot_units) * action.lot_units
        self.rescale(action.denominator, action.numerator)
        paid = action.money(exact - whole)
        self.held = whole
        if exact == whole:
            return
        cost = self.cost if whole == 0 else divide_half_even(self.cost * (exact - whole), exact)
        # Cost is a size here; cash for a short's fraction is paid, so negative.
        self.realized += paid - (cost if exact > 0 else -cost)
        self.cost -= cost
        self.exited += abs(exact - whole)
        self.exit_value += abs(exact - whole) * action.price_units
        self.exit_time = action.time_ns

    def row(self, key: Key) -> Row:
        """Return it as a TRADE."""
        strategy, account, instrument = key
        entered, exited = abs(self.entered), self.exited
        profit = self.realized + self.income - self.fees
        return (
            strategy,
            account,
            instrument,
            1 if self.entered > 0 else -1,
            self.fills,
            self.entry_time,
            self.exit_time,
            entered,
            abs(self.held),
            self.entry_value / entered if entered else np.nan,
            self.exit_value / exited if exited else np.nan,
            self.notional_in,
            self.realized,
            self.income,
            self.fees,
            self.slippage,
            profit,
            profit / abs(self.notional_in) if self.notional_in else np.nan,
            self.exit_time - self.entry_time if exited else NULL,
            NULL,
            self.entry_fill,
            self.exit_fill,
        )


def _truncated(numerator: int, denominator: int) -> int:
    """Divide whole numbers, cut toward zero."""
    return numerator // denominator if numerator >= 0 else -(-numerator // denominator)


class Walk:
    """Fills applied one by one.

    Parameters
    ----------
    infers_splits : bool
        Whether these are all fills of the run and no action is known, so that an account's position that changed
        between two of them was split.

    Attributes
    ----------
    closed : list of rows
        Trades that ended flat, in order.
    ended : list of int
        Place, among the fills given, of the one that ended each.
    stretches : list of rows
        STRETCH of the closed ones.
    """

    def __init__(self, infers_splits: bool) -> None:
        self._infers_splits = infers_splits
        self._positions: dict[Key, Position] = {}
        self._account_units: dict[tuple[int, int], int] = {}
        self.closed: list[Row] = []
        self.ended: list[int] = []
        self.stretches: list[Row] = []

    def run(self, fills: RecordArray, places: Sequence[int], actions: Sequence[CorporateAction] = ()) -> None:
        """Apply fills, and actions at their times; `places` are what trades call the fills by."""
        pending = list(actions)
        for place, fill in enumerate(_rows_of(fills)):
            time_ns, rule = fill[4], fill[11]
            while pending and (pending[0].time_ns < time_ns or (pending[0].time_ns == time_ns and not _before(rule))):
                self.act(pending.pop(0))
            self._fill(fill, places[place])
            while len(self.ended) < len(self.closed):
                self.ended.append(place)
        for action in pending:
            self.act(action)

    def act(self, action: CorporateAction) -> None:
        """Apply an action to everyone who holds its instrument; a position cut to nothing is a closed trade."""
        for key, position in list(self._positions.items()):
            if key[2] != action.instrument:
                continue
            position.apply(action)
            if position.held == 0:
                self._close(key)
                self.ended.append(self.ended[-1] if self.ended else 0)

    def remaining(self) -> tuple[list[Row], list[Row]]:
        """Return what is still held, as rows of TRADE and of STRETCH."""
        rows, stretches = [], []
        for number, (key, position) in enumerate(self._positions.items()):
            position.stay(STILL_HELD)
            rows.append(position.row(key))
            stretches += [(number, *stretch) for stretch in position.stretches]
        return rows, stretches

    def _fill(self, fill: tuple[int, ...], place: int) -> None:
        strategy, account, instrument, side, time_ns, quantity, price, notional, fee, slippage, after, _ = fill
        if self._infers_splits and after != NULL:
            holding = (account, instrument)
            before = after - side * quantity
            reported = self._account_units.get(holding, before)
            if before != reported and before * reported > 0:
                self._rescale(holding, reported, before, time_ns)
            self._account_units[holding] = after
        self._apply((strategy, account, instrument), side * quantity, time_ns, price, notional, fee, slippage, place)

    def _rescale(self, holding: tuple[int, int], before: int, after: int, time_ns: int) -> None:
        for key, position in self._positions.items():
            if key[1:] == holding:
                position.stay(time_ns)
                position.rescale(before, after)

    def _apply(
        self, key: Key, signed: int, time_ns: int, price: int, notional: int, fee: int, slippage: int, place: int
    ) -> None:
        """Apply one fill to its position: enter, reduce, close, or close and open the other way."""
        position = self._positions.get(key)
        if position is None:
            position = self._positions[key] = Position(time_ns, place)
        position.stay(time_ns)
        if position.held * signed >= 0:
            position.enter(signed, price, notional, fee, slippage)
            return
        size, units = abs(position.held), abs(signed)
        position.exit_fill = place
        if units < size:
            position.reduce(units, price, notional, fee, slippage)
            return
        if units == size:
            position.reduce(size, price, notional, fee, slippage)
            self._close(key)
        else:
            own = [divide_half_even(money * size, units) for money in (notional, fee, slippage)]
            position.reduce(size, price, *own)
            self._close(key)
            rest = signed + size if signed < 0 else signed - size
            self._apply(key, rest, time_ns, price, notional - own[0], fee - own[1], slippage - own[2], place)

    def _close(self, key: Key) -> None:
        position = self._positions.pop(key)
        self.stretches += [(len(self.closed), *stretch) for stretch in position.stretches]
        self.closed.append(position.row(key))


def _before(price_rule: int) -> bool:
    """Whether a fill at the moment of an action came before it: one at the close of the bar that ended there."""
    return price_rule == PriceRule.CLOSE


def _rows_of(fills: RecordArray) -> Iterator[tuple[int, ...]]:
    columns = (
        "strategy", "account", "instrument", "side", "venue_time_ns", "quantity_units", "price_units",
        "notional_money", "fee_money", "slippage_money", "position_units", "price_rule",
    )  # fmt: skip
    given = {name: fills[name] for name in columns}
    given["slippage_money"] = np.where(given["slippage_money"] == NULL, 0, given["slippage_money"])
    return zip(*(given[name].tolist() for name in columns), strict=True)
