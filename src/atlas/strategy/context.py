"""What a hook is handed to look and to act: `ctx`, written once for both modes.

The methods of `Context` run as ordinary Python in interpreted mode, and are compiled into hooks as they stand. They end
in the primitives ``call_*``: one for each verb of the kernel, partial calls here, native calls there.
"""

from __future__ import annotations

import ctypes
import functools
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from atlas.kernel.memory.intrinsics import structure_of
from atlas.kernel.trader.views import CONTEXT, VERB_MESSAGES, VERBS, HistoryField, Query, VerbError
from atlas.records.enums import NULL, OrderFlag, OrderType, QuantityKind, TimeInForce
from atlas.strategy.at_run_time import by_column, by_symbol, within
from atlas.strategy.rewriting import text_number

BUY, SELL = 1, -1
GTC = int(TimeInForce.GTC)
REDUCE_ONLY = int(OrderFlag.REDUCE_ONLY)
TRAILING_STOP, IF_TOUCHED = int(OrderType.TRAILING_STOP), int(OrderType.MARKET_IF_TOUCHED)
UNITS, NOTIONAL, WEIGHT = int(QuantityKind.UNITS), int(QuantityKind.NOTIONAL), int(QuantityKind.WEIGHT)
NAN = math.nan
EQUITY, CASH, POSITION, AVERAGE_PRICE = (
    int(Query.EQUITY),
    int(Query.CASH),
    int(Query.POSITION),
    int(Query.AVERAGE_PRICE),
)
UNREALIZED, REALIZED, MARK = int(Query.UNREALIZED), int(Query.REALIZED), int(Query.MARK)
WORKING_ORDERS, BUYING_POWER, OPEN_POSITIONS = map(
    int, (Query.WORKING_ORDERS, Query.BUYING_POWER, Query.OPEN_POSITIONS)
)
INSTRUMENT_COUNT, TRADING_STATE, FEES = int(Query.INSTRUMENT_COUNT), int(Query.TRADING_STATE), int(Query.FEES)
STRATEGY_POSITION, POSITION_VALUE, BAR_COUNT, MEMBER = map(
    int, (Query.STRATEGY_POSITION, Query.POSITION_VALUE, Query.BAR_COUNT, Query.MEMBER)
)
OPEN, HIGH, LOW = int(HistoryField.OPEN), int(HistoryField.HIGH), int(HistoryField.LOW)
CLOSE, VOLUME = int(HistoryField.CLOSE), int(HistoryField.VOLUME)
NOT_FINITE, NOT_POSITIVE = int(VerbError.NOT_FINITE), int(VerbError.NOT_POSITIVE)
UNKNOWN_INSTRUMENT, UNKNOWN_ORDER = int(VerbError.UNKNOWN_INSTRUMENT), int(VerbError.UNKNOWN_ORDER)
OUT_OF_RANGE, FULL = int(VerbError.OUT_OF_RANGE), int(VerbError.FULL)
TOO_MANY_CHAINED, UNSUPPORTED = int(VerbError.TOO_MANY_CHAINED), int(VerbError.UNSUPPORTED)
NOT_FINITE_TEXT = VERB_MESSAGES[VerbError.NOT_FINITE]
NOT_POSITIVE_TEXT = VERB_MESSAGES[VerbError.NOT_POSITIVE]
UNKNOWN_INSTRUMENT_TEXT = VERB_MESSAGES[VerbError.UNKNOWN_INSTRUMENT]
UNKNOWN_ORDER_TEXT = VERB_MESSAGES[VerbError.UNKNOWN_ORDER]
OUT_OF_RANGE_TEXT = VERB_MESSAGES[VerbError.OUT_OF_RANGE]
FULL_TEXT = VERB_MESSAGES[VerbError.FULL]
TOO_MANY_CHAINED_TEXT = VERB_MESSAGES[VerbError.TOO_MANY_CHAINED]
UNSUPPORTED_TEXT = VERB_MESSAGES[VerbError.UNSUPPORTED]
NO_PRICE_TEXT = VERB_MESSAGES[VerbError.NO_PRICE_YET]
NOT_A_PAIR, NOT_A_PAIR_TEXT = int(VerbError.NOT_A_PAIR), VERB_MESSAGES[VerbError.NOT_A_PAIR]
ONE_TRIGGER_TEXT = "touch, trailing and trailing_fraction stand alone, without limit and stop"
ONE_SIZE_TEXT = "say how much by exactly one of quantity, notional and weight"
BRACKET_TEXT = "a bracket has both a stop_loss and a take_profit; buy and sell take one alone"


def given(value: Any) -> int:
    """Return 1 for a value, 0 for None."""
    return 0 if value is None else 1


def or_nan(value: Any) -> float:
    """Return a value as a float, NaN for None."""
    return NAN if value is None else float(value)


def or_number(value: Any, number: int) -> int:
    """Return a value as an int, `number` for None."""
    return number if value is None else int(value)


def verb_error(code: int) -> None:
    """Raise the error that a verb's negative answer stands for."""
    if code == NOT_FINITE:
        raise ValueError(NOT_FINITE_TEXT)
    if code == NOT_POSITIVE:
        raise ValueError(NOT_POSITIVE_TEXT)
    if code == UNKNOWN_INSTRUMENT:
        raise ValueError(UNKNOWN_INSTRUMENT_TEXT)
    if code == UNKNOWN_ORDER:
        raise ValueError(UNKNOWN_ORDER_TEXT)
    if code == OUT_OF_RANGE:
        raise ValueError(OUT_OF_RANGE_TEXT)
    if code == FULL:
        raise RuntimeError(FULL_TEXT)
    if code == TOO_MANY_CHAINED:
        raise RuntimeError(TOO_MANY_CHAINED_TEXT)
    if code == UNSUPPORTED:
        raise ValueError(UNSUPPORTED_TEXT)
    if code == NOT_A_PAIR:
        raise ValueError(NOT_A_PAIR_TEXT)
    raise ValueError(NO_PRICE_TEXT)


class Context:
    """Looks at the market and the account, and places orders, for the strategy that is running.

    `instrument` is always the number that events carry (``bar.instrument``) or a literal symbol (``"AAPL"``); left out,
    it is the instrument of the event. Quantities, prices and money are floats; NaN where there is no value.

    Attributes
    ----------
    instrument : int
        Instrument of the event that the hook was called for.
    """

    __slots__ = ()
    instrument: int
    # The kernel's: address of the trader's block, number of the strategy in it, line a compiled hook is at.
    world: int
    strategy: int
    line: int
    call_place: Callable[..., int]
    call_place_with_terms: Callable[..., int]
    call_target: Callable[..., int]
    call_cancel: Callable[..., int]
    call_link: Callable[..., int]
    call_replace: Callable[..., int]
    call_cancel_all: Callable[..., int]
    call_set_timer: Callable[..., int]
    call_cancel_timer: Callable[..., int]
    call_log: Callable[..., int]
    call_signal: Callable[..., int]
    call_query: Callable[..., float]
    call_history: Callable[..., float]
    call_column: Callable[..., float]
    call_random: Callable[..., float]
    call_clock: Callable[..., int]

    # --- looking ---

    @property
    def time_ns(self) -> int:
        """The trader's clock: nanoseconds UTC."""
        return self.call_clock()

    @property
    def equity(self) -> float:
        """Cash and the value of all positions of the account."""
        return self.call_query(0, EQUITY)

    @property
    def cash(self) -> float:
        """Cash of the account."""
        return self.call_query(0, CASH)

    @property
    def buying_power(self) -> float:
        """What the account may still spend."""
        return self.call_query(0, BUYING_POWER)

    @property
    def fees(self) -> float:
        """Fees paid so far by the account."""
        return self.call_query(0, FEES)

    @property
    def open_positions(self) -> int:
        """Instruments with a position."""
        return int(self.call_query(0, OPEN_POSITIONS))

    @property
    def trading_state(self) -> int:
        """1 active, 2 reducing, 3 halted."""
        return int(self.call_query(0, TRADING_STATE))

    @property
    def instruments(self) -> range:
        """Numbers of the run's instruments, from 1 on."""
        return range(1, int(self.call_query(0, INSTRUMENT_COUNT)) + 1)

    def is_member(self, instrument: Any = None) -> bool:
        """Whether the instrument is listed and belongs to the universe now; of others positions may only be closed."""
        return self.call_query(self.instrument if instrument is None else instrument, MEMBER) > 0.0

    def position(self, instrument: Any = None) -> float:
        """Signed quantity that the account holds."""
        return self.call_query(self.instrument if instrument is None else instrument, POSITION)

    def strategy_position(self, instrument: Any = None) -> float:
        """Signed quantity that this strategy's orders brought."""
        return self.call_query(self.instrument if instrument is None else instrument, STRATEGY_POSITION)

    def position_value(self, instrument: Any = None) -> float:
        """Signed value of the position at the last price."""
        return self.call_query(self.instrument if instrument is None else instrument, POSITION_VALUE)

    def average_price(self, instrument: Any = None) -> float:
        """Average price of the position, NaN when there is none."""
        return self.call_query(self.instrument if instrument is None else instrument, AVERAGE_PRICE)

    def unrealized(self, instrument: Any = None) -> float:
        """Profit of the open position at the last price."""
        return self.call_query(self.instrument if instrument is None else instrument, UNREALIZED)

    def realized(self, instrument: Any = None) -> float:
        """Profit realized in the instrument."""
        return self.call_query(self.instrument if instrument is None else instrument, REALIZED)

    def mark(self, instrument: Any = None) -> float:
        """Last price, NaN before there is one."""
        return self.call_query(self.instrument if instrument is None else instrument, MARK)

    def working_orders(self, instrument: Any = None) -> int:
        """How many orders of this strategy are working in the instrument."""
        return int(self.call_query(self.instrument if instrument is None else instrument, WORKING_ORDERS))

    def bar_count(self, instrument: Any = None) -> int:
        """How many bars of the instrument were seen."""
        return int(self.call_query(self.instrument if instrument is None else instrument, BAR_COUNT))

    def history(self, field: Any, ago: int = 0, instrument: Any = None) -> float:
        """Give a field of a bar; NaN when it is not kept.

        Parameters
        ----------
        field : HistoryField
            Which of open, high, low, close and volume.
        ago : int
            Bars back; 0 is the last finished one. As far as ``backtest(history=...)`` says, which finds it by itself
            where the text of the hook shows it.
        instrument : int or str, optional
            Whose bar; the event's where nothing is said.
        """
        return self.call_history(self.instrument if instrument is None else instrument, int(field), ago)

    def open_price(self, instrument: Any = None, ago: int = 0) -> float:
        """Open of the bar `ago` bars back."""
        return self.call_history(self.instrument if instrument is None else instrument, OPEN, ago)

    def high_price(self, instrument: Any = None, ago: int = 0) -> float:
        """High of the bar `ago` bars back."""
        return self.call_history(self.instrument if instrument is None else instrument, HIGH, ago)

    def low_price(self, instrument: Any = None, ago: int = 0) -> float:
        """Low of the bar `ago` bars back."""
        return self.call_history(self.instrument if instrument is None else instrument, LOW, ago)

    def close_price(self, instrument: Any = None, ago: int = 0) -> float:
        """Close of the bar `ago` bars back."""
        return self.call_history(self.instrument if instrument is None else instrument, CLOSE, ago)

    def volume(self, instrument: Any = None, ago: int = 0) -> float:
        """Volume of the bar `ago` bars back."""
        return self.call_history(self.instrument if instrument is None else instrument, VOLUME, ago)

    def column(self, name: Any, instrument: Any = None, ago: int = 0) -> float:
        """Give a further column of the data: its newest value that is known; NaN for none.

        Parameters
        ----------
        name : str
            Header of the column, as a literal text.
        instrument : int or str, optional
            Whose row; the event's where nothing is said.
        ago : int
            Rows back from the newest.
        """
        return self.call_column(self.instrument if instrument is None else instrument, name, ago)

    # --- orders ---

    def buy(  # noqa: PLR0913, PLR0917 - each by its name
        self,
        instrument: Any = None,
        quantity: Any = None,
        limit: Any = None,
        stop: Any = None,
        stop_loss: Any = None,
        take_profit: Any = None,
        time_in_force: Any = GTC,
        notional: Any = None,
        weight: Any = None,
        expire_time_ns: Any = None,
        touch: Any = None,
        trailing: Any = None,
        trailing_fraction: Any = None,
        reduce_only: Any = None,
        fraction: Any = None,
    ) -> int:
        """Place an order to buy; give its id. How much is said by exactly one of quantity, notional and weight.

        Parameters
        ----------
        instrument : int or str, optional
            What is bought; the event's where nothing is said.
        quantity : float
            Pieces, above 0.
        limit : float, optional
            Price it does not fill beyond; with `stop`, of the stop-limit order.
        stop : float, optional
            Price from which on it acts.
        stop_loss, take_profit : float, optional
            Prices of orders that live from the fill on; see `bracket`.
        time_in_force : TimeInForce
            How long it lives; until canceled where nothing is said.
        notional : float
            Worth in money, in place of a quantity.
        weight : float
            Worth as a fraction of the equity, in place of a quantity; resolved at the fill.
        expire_time_ns : int, optional
            End of a ``GTD`` order, ns UTC.
        touch : float, optional
            Price at which it becomes a market order: below the market for a purchase.
        trailing, trailing_fraction : float, optional
            Distance of a stop that follows the price: in price, or as a fraction of it.
        reduce_only : bool, optional
            True for an order that never enlarges a position, nor turns it.
        fraction : float
            The same as `weight`.
        """
        return self._place(
            BUY,
            instrument,
            quantity,
            limit,
            stop,
            stop_loss,
            take_profit,
            time_in_force,
            notional,
            weight,
            expire_time_ns,
            touch,
            trailing,
            trailing_fraction,
            reduce_only,
            fraction,
        )

    def sell(  # noqa: PLR0913, PLR0917 - each by its name
        self,
        instrument: Any = None,
        quantity: Any = None,
        limit: Any = None,
        stop: Any = None,
        stop_loss: Any = None,
        take_profit: Any = None,
        time_in_force: Any = GTC,
        notional: Any = None,
        weight: Any = None,
        expire_time_ns: Any = None,
        touch: Any = None,
        trailing: Any = None,
        trailing_fraction: Any = None,
        reduce_only: Any = None,
        fraction: Any = None,
    ) -> int:
        """Place an order to sell; give its id. Parameters are those of `buy`.

        A sale of more than is held goes short. `touch` lies above the market for a sale.
        """
        return self._place(
            SELL,
            instrument,
            quantity,
            limit,
            stop,
            stop_loss,
            take_profit,
            time_in_force,
            notional,
            weight,
            expire_time_ns,
            touch,
            trailing,
            trailing_fraction,
            reduce_only,
            fraction,
        )

    def _place(  # noqa: PLR0913, PLR0917 - the terms of both verbs, and the side
        self,
        side: int,
        instrument: Any,
        quantity: Any,
        limit: Any,
        stop: Any,
        stop_loss: Any,
        take_profit: Any,
        time_in_force: Any,
        notional: Any,
        weight: Any,
        expire_time_ns: Any,
        touch: Any,
        trailing: Any,
        trailing_fraction: Any,
        reduce_only: Any,
        fraction: Any,
    ) -> int:
        """Place an order of one side; see `buy` and `sell`."""
        size = self._size(quantity, notional, weight, fraction)
        if trailing is None and trailing_fraction is None and touch is None and reduce_only is None:
            answer = self.call_place(
                self.instrument if instrument is None else instrument,
                side,
                1 + given(limit) + 2 * given(stop),
                int(time_in_force),
                1 + given(notional) + 2 * (given(weight) + given(fraction)),
                or_number(expire_time_ns, NULL),
                size,
                or_nan(limit),
                or_nan(stop),
                or_nan(stop_loss),
                or_nan(take_profit),
            )
        else:
            trails, touches = given(trailing) + given(trailing_fraction), given(touch)
            if trails + touches > 1 or (trails + touches == 1 and given(limit) + given(stop) != 0):
                raise ValueError(ONE_TRIGGER_TEXT)
            answer = self.call_place_with_terms(
                self.instrument if instrument is None else instrument,
                side,
                TRAILING_STOP if trails else (IF_TOUCHED if touches else 1 + given(limit) + 2 * given(stop)),
                int(time_in_force),
                1 + given(notional) + 2 * (given(weight) + given(fraction)),
                or_number(expire_time_ns, NULL),
                size,
                or_nan(limit),
                or_nan(touch) if touches else or_nan(stop),
                or_nan(stop_loss),
                or_nan(take_profit),
                REDUCE_ONLY if given(reduce_only) and reduce_only else 0,
                or_nan(trailing),
                or_nan(trailing_fraction),
            )
        if answer < 0:
            verb_error(answer)
        return answer

    def _size(self, quantity: Any, notional: Any, weight: Any, fraction: Any) -> float:
        """Return how much, by whichever of them was said."""
        if given(quantity) + given(notional) + given(weight) + given(fraction) != 1:
            raise ValueError(ONE_SIZE_TEXT)
        if given(quantity):
            return or_nan(quantity)
        return or_nan(notional) if given(notional) else (or_nan(weight) if given(weight) else or_nan(fraction))

    def order(
        self,
        instrument: Any,
        quantity: float,
        order_type: Any = None,
        limit: Any = None,
        stop: Any = None,
        stop_loss: Any = None,
        take_profit: Any = None,
        time_in_force: Any = GTC,
        expire_time_ns: Any = None,
    ) -> int:
        """Place an order for a signed quantity; give its id.

        Parameters
        ----------
        instrument : int or str
            What is traded.
        quantity : float
            Pieces: above 0 to buy, below to sell.
        order_type : OrderType, optional
            It follows from `limit` and `stop` where nothing is said.
        limit, stop, stop_loss, take_profit, time_in_force, expire_time_ns : optional
            As of `buy`.
        """
        answer = self.call_place(
            self.instrument if instrument is None else instrument,
            SELL if quantity < 0.0 else BUY,
            or_number(order_type, 1 + given(limit) + 2 * given(stop)),
            int(time_in_force),
            UNITS,
            or_number(expire_time_ns, NULL),
            abs(float(quantity)),
            or_nan(limit),
            or_nan(stop),
            or_nan(stop_loss),
            or_nan(take_profit),
        )
        if answer < 0:
            verb_error(answer)
        return answer

    def bracket(
        self,
        instrument: Any = None,
        quantity: Any = None,
        stop_loss: Any = None,
        take_profit: Any = None,
        limit: Any = None,
        stop: Any = None,
        time_in_force: Any = GTC,
        notional: Any = None,
        weight: Any = None,
        fraction: Any = None,
    ) -> int:
        """Place an order of a signed size with a stop and a target that live from its fill on; give its id.

        The stop and the target are orders of their own, told to `on_order` with `order.parent` this id. One ends the
        other, and both end with the position they protect. How much is said by exactly one of quantity, notional and
        weight.

        Parameters
        ----------
        instrument : int or str, optional
            What is traded; the event's where nothing is said.
        quantity : float
            Pieces of the entry: above 0 to buy, below to sell short.
        stop_loss : float
            Price at which the loss is taken.
        take_profit : float
            Price at which the profit is taken.
        limit, stop : float, optional
            Of the entry; a market order where nothing is said.
        time_in_force : TimeInForce
            Of the entry.
        notional, weight, fraction : float
            In place of a quantity, likewise signed; see `buy`.
        """
        size = self._size(quantity, notional, weight, fraction)
        if given(stop_loss) + given(take_profit) != 2:
            raise ValueError(BRACKET_TEXT)
        answer = self.call_place(
            self.instrument if instrument is None else instrument,
            SELL if size < 0.0 else BUY,
            1 + given(limit) + 2 * given(stop),
            int(time_in_force),
            1 + given(notional) + 2 * (given(weight) + given(fraction)),
            NULL,
            abs(size),
            or_nan(limit),
            or_nan(stop),
            or_nan(stop_loss),
            or_nan(take_profit),
        )
        if answer < 0:
            verb_error(answer)
        return answer

    def oco(self, first_order_id: int, second_order_id: int) -> int:
        """Let one of two working orders cancel the other; give 1, or 0 where one of them works no more.

        `first_order_id` and `second_order_id` are of one instrument.
        """
        answer = self.call_link(first_order_id, second_order_id)
        if answer < 0:
            verb_error(answer)
        return answer

    def target(self, instrument: Any, quantity: float, rebalance: bool = False) -> int:
        """Ask for a position of a signed quantity; give an order id, or 0 when nothing is to be done.

        Parameters
        ----------
        instrument : int or str
            What is held.
        quantity : float
            Pieces: 0 for none, below 0 to be short.
        rebalance : bool
            Whether the same target as last time is acted on again.
        """
        answer = self.call_target(
            self.instrument if instrument is None else instrument, UNITS, 1 if rebalance else 0, quantity
        )
        if answer < 0:
            verb_error(answer)
        return answer

    def target_notional(self, instrument: Any, notional: float, rebalance: bool = False) -> int:
        """Ask for a position worth a signed amount of money; give an order id or 0.

        Parameters
        ----------
        instrument : int or str
            What is held.
        notional : float
            Its worth in the account's currency.
        rebalance : bool
            Whether the same target as last time is acted on again.
        """
        answer = self.call_target(
            self.instrument if instrument is None else instrument, NOTIONAL, 1 if rebalance else 0, notional
        )
        if answer < 0:
            verb_error(answer)
        return answer

    def target_weight(self, instrument: Any, weight: float, rebalance: bool = False) -> int:
        """Ask for a position worth a fraction of the equity; give an order id, or 0 when nothing is to be done.

        Parameters
        ----------
        instrument : int or str
            What is held.
        weight : float
            Fraction of the equity: 0 for none, below 0 to be short. Resolved at the fill, less its fee.
        rebalance : bool
            Whether the same target as last time is acted on again; else it does nothing, whatever prices did since.
        """
        answer = self.call_target(
            self.instrument if instrument is None else instrument, WEIGHT, 1 if rebalance else 0, weight
        )
        if answer < 0:
            verb_error(answer)
        return answer

    def close(self, instrument: Any = None) -> int:
        """Ask for no position in the instrument; give an order id or 0."""
        answer = self.call_target(self.instrument if instrument is None else instrument, UNITS, 0, 0.0)
        if answer < 0:
            verb_error(answer)
        return answer

    def signal(self, instrument: Any, strength: float) -> int:
        """Hand a `strength` from -1 to 1 to the configured sizer; give an order id or 0."""
        answer = self.call_signal(self.instrument if instrument is None else instrument, strength)
        if answer < 0:
            verb_error(answer)
        return answer

    def cancel(self, order_id: int) -> int:
        """Ask for the cancellation of a working order, by the `order_id` that placing it gave."""
        answer = self.call_cancel(order_id)
        if answer < 0:
            verb_error(answer)
        return answer

    def replace(self, order_id: int, quantity: Any = None, limit: Any = None, stop: Any = None) -> int:
        """Ask for other terms of a working order; give the id of the request.

        Parameters
        ----------
        order_id : int
            What the verb that placed it gave, or `order.id`.
        quantity, limit, stop : float, optional
            The new terms; one that is left out stays.
        """
        answer = self.call_replace(order_id, or_nan(quantity), or_nan(limit), or_nan(stop))
        if answer < 0:
            verb_error(answer)
        return answer

    def cancel_all(self, instrument: Any = None) -> int:
        """Ask for the cancellation of this strategy's working orders, of all instruments when none is named."""
        answer = self.call_cancel_all(or_number(instrument, -1))
        if answer < 0:
            verb_error(answer)
        return answer

    # --- timers, chance, log ---

    def set_timer(self, timer_id: int, due_ns: int, interval_ns: int = 0, instrument: Any = None) -> int:
        """Have `on_timer` called at a time.

        Parameters
        ----------
        timer_id : int
            Number that `timer.id` will have.
        due_ns : int
            When, ns UTC, such as ``ctx.time_ns + 3_600_000_000_000``.
        interval_ns : int
            Again each time this long after; 0 for once.
        instrument : int or str, optional
            Whose hook is called; the event's where nothing is said.
        """
        answer = self.call_set_timer(
            self.instrument if instrument is None else instrument, timer_id, due_ns, interval_ns
        )
        if answer < 0:
            verb_error(answer)
        return answer

    def cancel_timer(self, timer_id: int) -> int:
        """Remove the timers set as `timer_id`; give how many were removed."""
        answer = self.call_cancel_timer(timer_id)
        if answer < 0:
            verb_error(answer)
        return answer

    def random(self) -> float:
        """Draw from [0, 1): keyed by seed, strategy and instrument, the same in every run."""
        return self.call_random(self.instrument, 0)

    def normal(self) -> float:
        """Draw from the standard normal distribution, keyed likewise."""
        return self.call_random(self.instrument, 1)

    def log_values(
        self,
        text: int,
        count: int,
        first: float,
        second: float,
        third: float,
        fourth: float,
        fifth: float,
        sixth: float,
        seventh: float,
        eighth: float,
    ) -> int:
        """Log a text by its number, with up to eight values."""
        return self.call_log(
            self.instrument,
            text,
            count,
            float(first),
            float(second),
            float(third),
            float(fourth),
            float(fifth),
            float(sixth),
            float(seventh),
            float(eighth),
        )

    def log(self, text: str, *values: float) -> int:
        """Write a line to `result.log`.

        Parameters
        ----------
        text : str
            Literal, with ``{}`` for each value; ``{:.2f}`` and the like are served.
        *values : float
            Up to eight numbers.
        """
        if len(values) > 8:
            raise ValueError("a line of the log holds at most eight values")
        number = text_number(text)
        self.texts[number] = text  # type: ignore[attr-defined]
        return self.call_log(self.instrument, number, len(values), *values, *(NAN,) * (8 - len(values)))


class LiveContext(Context, structure_of(CONTEXT)):  # type: ignore[misc]
    """A context in the memory that the kernel writes to, for hooks that run as Python."""

    __slots__ = (*(f"call_{name}" for name in VERBS), "call_clock", "texts")


def live_context(
    memory: np.ndarray[Any, Any],
    verbs: Mapping[str, Callable[..., Any]],
    clock: ctypes.Structure,
    symbols: Sequence[str] = (),
    columns: Sequence[str] = (),
    kept_bars: int = 0,
) -> LiveContext:
    """Return the context over `memory` (a `CONTEXT` record), its primitives bound to world and strategy.

    Parameters
    ----------
    memory : numpy.ndarray of CONTEXT, shape (1,)
        World and strategy filled in; it has to outlive the context.
    verbs : dict of str to callable
        Each verb of the kernel, to be called from Python.
    clock : ctypes.Structure
        View of the row that holds `clock_ns`.
    symbols : sequence of str
        Symbols by instrument number, where hooks may name them at run time: in open strategies.
    columns : sequence of str
        Further columns by number, where hooks name them at run time.
    kept_bars : int
        How many bars are kept of each instrument; what open strategies ask for is only known at run time.
    """
    context: LiveContext = LiveContext.from_address(int(memory.ctypes.data))
    world, strategy = int(memory["world"][0]), int(memory["strategy"][0])
    for name in VERBS:
        primitive = functools.partial(verbs[name], world, strategy)
        setattr(context, f"call_{name}", by_symbol(primitive, symbols) if symbols else primitive)
    if symbols:
        context.call_history = within(context.call_history, kept_bars)
        context.call_column = by_column(context.call_column, columns)
    context.call_clock = functools.partial(getattr, clock, "clock_ns")
    context.texts = {}
    return context


def without_self(function: Any) -> inspect.Signature:
    """Return the signature of a method as it is called."""
    signature = inspect.signature(function)
    return signature.replace(parameters=list(signature.parameters.values())[1:])


PUBLIC_NAMES = frozenset(
    name for name in vars(Context) if not name.startswith(("_", "call_")) and name != "log_values"
) | {"instrument"}
VERB_SIGNATURES: dict[str, inspect.Signature] = {
    name: without_self(member) for name, member in vars(Context).items() if hasattr(member, "__code__")
}
# Which argument, not counting `self`, is an instrument.
TAKES_INSTRUMENT: dict[str, int] = {
    name: member.__code__.co_varnames.index("instrument") - 1
    for name, member in vars(Context).items()
    if hasattr(member, "__code__") and "instrument" in member.__code__.co_varnames
}
