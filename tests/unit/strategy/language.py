"""One strategy for each line of the language: the docstring is the line in docs/strategy-language.md."""

from __future__ import annotations

import math
from enum import IntEnum
from typing import Any

from atlas.kernel.indicators import ATR, EMA, RSI, SMA, Bollinger, Donchian, StandardDeviation, Window
from atlas.records.enums import OrderType, TimeInForce
from atlas.strategy.base import Strategy
from atlas.strategy.context import Context
from atlas.strategy.fields import Array, per_instrument
from atlas.strategy.timeframes import Bars

THRESHOLD = 101.5
STEPS = (1, 2, 3)


class Side(IntEnum):
    FLAT = 0
    LONG = 1
    SHORT = -1


def clipped(value: float, low: float = 0.0, high: float = 100.0) -> float:
    return min(max(value, low), high)


def doubled(value: float) -> float:
    return clipped(2.0 * value, high=1000.0)


def column_twice(ctx: Any, number: int) -> float:
    return float(ctx.column("other", number) + ctx.column("score", number, 1))


def record_price(ctx: Any, price: float) -> None:
    ctx.log("price {}", price)
    ctx.target(ctx.instrument, price)


class Numbers(Strategy):
    """Fields of `int`, `float` and `bool`, read, assigned and changed in place."""

    count: int
    total: float = 1.5
    seen: bool = False

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.count += 1
        self.total += bar.close / self.count
        self.total *= 0.5
        self.seen = bar.close > 101.0


class Enums(Strategy):
    """Fields of an `IntEnum`: compared, assigned, turned to a number by `int()`."""

    side: Side = Side.FLAT
    number: int = 0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        if self.side == Side.FLAT:
            self.side = Side.LONG
        elif self.side == Side.LONG:
            self.side = Side.SHORT
        self.number = int(Side.SHORT) + self.side


class Indicators(Strategy):
    """Indicators, those of [indicators.md](indicators.md) and one's own: `update`, `value`, `ready`, outputs."""

    sma: SMA = SMA(3)
    ema: EMA = EMA(3)
    rsi: RSI = RSI(3)
    atr: ATR = ATR(3)
    bands: Bollinger = Bollinger(3, 1.5)
    deviation: StandardDeviation = StandardDeviation(3)
    channel: Donchian = Donchian(3)
    result: float = 0.0
    all_ready: bool = False

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.sma.update(bar.close)
        self.ema.update(bar.close)
        self.rsi.update(bar.close)
        self.atr.update(bar.high, bar.low, bar.close)
        self.bands.update(bar.close)
        self.deviation.update(bar.close)
        self.channel.update(bar.high, bar.low)
        self.all_ready = self.rsi.ready and self.atr.ready and self.bands.ready
        if self.all_ready:
            self.result = self.bands.upper - self.channel.lower + self.sma.value + self.ema.value * self.deviation.value


class LongerBars(Strategy):
    """Longer bars: `Bars("1h", 3)`; `update(bar)`, `open` to `volume`, `open_at` to `volume_at`, `count`, `ready`."""

    minutes: Bars = Bars("2m", 2, zone="Europe/Berlin")
    result: float = 0.0
    completed: int = 0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        if self.minutes.update(bar):
            self.completed += 1
            self.result += self.minutes.open + self.minutes.high * 2.0 + self.minutes.low * 3.0 + self.minutes.close
        if self.minutes.ready:
            self.result += self.minutes.open_at(0) + self.minutes.high_at(1) * 2.0 + self.minutes.low_at(1)
            self.result += self.minutes.close_at(1) * self.minutes.count + self.minutes.time_ns % 7
            if self.minutes.volume_at(0) > 0.0:
                self.result += self.minutes.volume


class Members(Strategy):
    """Whether an instrument belongs to the universe now: `is_member`."""

    members: int = 0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        for number in ctx.instruments:
            if ctx.is_member(number) and ctx.is_member():
                self.members += 1


class Windows(Strategy):
    """Windows: `append`, `[-1]`, `[i]`, `len`, `ready`, `count`, `mean`, `std`, `highest`, `lowest`."""

    closes: Window = Window(4)
    result: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.closes.append(bar.close)
        if self.closes.ready:
            self.result = self.closes[-1] - self.closes[0] + self.closes.mean() + self.closes.std()
            self.result += self.closes.highest() * len(self.closes) - self.closes.lowest() + self.closes.count
            for index in range(len(self.closes)):
                self.result += self.closes[index] * index


class Aliases(Strategy):
    """An indicator or a window under a local name."""

    closes: Window = Window(3)
    result: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        closes = self.closes
        closes.append(bar.close)
        self.result = closes[-1] + closes[0]


class Arrays(Strategy):
    """Arrays of fixed size, one or more dimensions: items, negative positions, slices, `len`."""

    levels: Array = Array(4)
    grid: Array = Array((2, 3), int)
    flags: Array = Array(2, bool)
    total: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.levels[1:3] = bar.close
        self.levels[-1] += 0.25
        self.grid[1, 2] += 3
        self.flags[0] = bar.close > 100.0
        for level in self.levels:
            self.total += level
        self.total += len(self.levels) + self.grid[1, 2]


class Tables(Strategy):
    """`per_instrument(...)` tables of indicators, windows and numbers under `scope = "universe"`."""

    scope = "universe"
    averages: dict[int, SMA] = per_instrument(SMA(2))
    windows: dict[int, Window] = per_instrument(Window(2))
    scores: dict[int, float] = per_instrument(0.5)
    counts: dict[int, int] = per_instrument(0)

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.averages[bar.instrument].update(bar.close)
        self.windows[bar.instrument].append(bar.open)
        self.scores[bar.instrument] += self.windows[bar.instrument][-1]
        self.counts[bar.instrument] += len(self.scores)


class Constants(Strategy):
    """Class attributes without annotation, and module constants, as fixed values."""

    LIMIT = 3
    FACTORS = (0.5, 2.0)
    result: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        if bar.close > THRESHOLD:
            self.result += self.LIMIT * self.FACTORS[1] + STEPS[2]


class Methods(Strategy):
    """Methods of one's own, with defaults and keywords."""

    result: float = 0.0

    def score(self, price: float, factor: float = 2.0, bonus: float = 0.0) -> float:
        return price * factor + bonus

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.result = self.score(bar.close) + self.score(bar.open, bonus=1.0, factor=0.5)


class MethodsWithContext(Strategy):
    """Methods that are handed `ctx`."""

    def enter(self, ctx: Context, instrument: int, quantity: float) -> int:
        return ctx.buy(instrument, quantity)

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.enter(ctx, bar.instrument, 5.0)


class Base(Strategy):
    total: float = 0.0
    step: float = 1.0

    def gain(self, price: float) -> float:
        return price + self.step

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.total += self.gain(bar.close)


class Inheritance(Base):
    """Inheritance: fields, defaults set anew, overridden methods, `super()` without arguments."""

    step = 2.0
    more: float = 0.25

    def gain(self, price: float) -> float:
        return super().gain(price) * 2.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        super().on_bar(ctx, bar)
        self.total += self.more


class PlainFunctions(Strategy):
    """Plain functions of the module, which may call others, with defaults and keywords."""

    result: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.result = clipped(bar.close, high=101.0) + doubled(bar.open)


class FunctionsWithContext(Strategy):
    """Plain functions that are handed `ctx` under this name."""

    def on_bar(self, ctx: Any, bar: Any) -> None:
        record_price(ctx, bar.close)


class Conditions(Strategy):
    """`if`, `elif`, `else`, `and`, `or`, `not`, chained comparisons, conditional expressions."""

    result: int = 0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        if 99.0 < bar.close <= 101.0 and not bar.volume < 0.0:
            self.result += 1
        elif bar.close > 101.0 or bar.close < 50.0:
            self.result += 10
        else:
            self.result += 100
        self.result += 1000 if bar.close > bar.open else 2000


class Loops(Strategy):
    """`for` over `range`, `while`, `break`, `continue`, `else` of a loop."""

    result: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        for index in range(10):
            if index == 2:
                continue
            if index > 6:
                break
            self.result += index
        else:
            self.result += 1000.0
        left = bar.close
        while left > 10.0:
            left /= 2.0
        self.result += left


class Matching(Strategy):
    """`match` on numbers."""

    result: int = 0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        match int(bar.close) % 3:
            case 0:
                self.result += 1
            case 1:
                self.result += 10
            case _:
                self.result += 100


class Tuples(Strategy):
    """Tuples, unpacking into names, several assignments at once."""

    result: float = 0.0

    def pair(self, price: float) -> tuple[float, float]:
        return price - 1.0, price + 1.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        low, high = self.pair(bar.close)
        low, high = high, low
        self.result = low * 2.0 - high


class Comprehensions(Strategy):
    """List comprehensions, `sum`, `min`, `max`, `abs`, `enumerate`, `zip`, `len` over lists."""

    result: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        values = [abs(bar.close - float(step)) for step in range(4)]
        for number, (value, other) in enumerate(zip(values, values)):  # noqa: B905
            self.result += value * other + number
        self.result += max(values) - min(values) + len(values)


class Lambdas(Strategy):
    """Lambdas."""

    result: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        half: Any = lambda value: value * 0.5  # noqa: E731
        self.result = half(bar.close)


class Optionals(Strategy):
    """A local variable that may be None."""

    result: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        limit = None
        if bar.close > 101.0:
            limit = bar.close - 1.0
        if limit is not None:
            self.result += limit
        ctx.buy(bar.instrument, 1.0, limit=limit)


class Maths(Strategy):
    """`math`: `sqrt`, `floor`, `ceil`, `isnan`, `inf`, and `exp`, `log`, `pow`, which are equal within rounding."""

    result: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.result = math.sqrt(bar.close) + math.floor(bar.close) + math.ceil(bar.open)
        if not math.isnan(self.result) and self.result < math.inf:
            self.result += math.log(bar.close) + math.exp(0.5)


class WholeNumbers(Strategy):
    """Whole-number arithmetic: `//`, `%`, shifts and bits; `int()` and `float()`."""

    result: int = 7

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.result = (self.result * 31 + int(bar.close)) % 1_000_003
        self.result ^= (self.result << 3) & 0xFFFF
        self.result += int(float(self.result) / 7.0) // 2


class Raising(Strategy):
    """`raise` and `assert`, `try` with `except Exception` or a bare `except`."""

    result: int = 0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        try:
            if bar.close > 100.5:
                raise ValueError("too high")
            self.result += 1
        except Exception:  # noqa: BLE001
            self.result += 100


class Literals(Strategy):
    """Symbols as literals: `ctx.position("MSFT")`."""

    result: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.result = ctx.position("MSFT") + ctx.position("AAPL") * 3.0
        ctx.target_weight("MSFT", 0.5)
        ctx.buy(instrument="AAPL", quantity=1.0)


class Looking(Strategy):
    """Looking: `time_ns`, `equity`, `cash`, `position`, `average_price`, `mark`, `working_orders`, `instruments`."""

    result: float = 0.0
    time: int = 0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.time = ctx.time_ns
        self.result = ctx.equity + ctx.cash + ctx.fees + ctx.buying_power + ctx.open_positions + ctx.trading_state
        self.result += ctx.position() + ctx.average_price(bar.instrument) + ctx.mark() + ctx.working_orders()
        self.result += ctx.unrealized() + ctx.realized() + ctx.strategy_position() + ctx.position_value()
        self.result += ctx.bar_count() + ctx.instrument
        for instrument in ctx.instruments:
            self.result += ctx.position(instrument)


class History(Strategy):
    """Bars back: `close_price(instrument, ago=1)`, `open_price`, `high_price`, `low_price`, `volume`, `history`."""

    result: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.result = ctx.close_price(ago=1) + ctx.open_price(bar.instrument, 2) + ctx.high_price() - ctx.low_price()
        self.result += ctx.volume("MSFT", ago=3) + ctx.history(4, 2, "AAPL")


class Columns(Strategy):
    """Further columns of the data, by literal names: `ctx.column("score")`, `bar.column("score", ago=1)`."""

    result: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.result = ctx.column("score") + ctx.column("other", "MSFT", 2) + bar.column("score", ago=1)
        self.result += column_twice(ctx, bar.instrument) + bar.column("third") + ctx.column(name="third", ago=1)


class Orders(Strategy):
    """Orders: `buy`, `sell`, `order` with `limit=`, `stop=`, `stop_loss=`, `take_profit=`, `notional=`, `weight=`."""

    first: int = 0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.first = ctx.buy(bar.instrument, 10)
        ctx.buy(bar.instrument, 2.0, limit=bar.close - 1.0, stop_loss=90.0, take_profit=120.0)
        ctx.sell(bar.instrument, quantity=1.0, stop=95.0, time_in_force=TimeInForce.DAY)
        ctx.sell(bar.instrument, 1.0, limit=94.0, stop=95.0, time_in_force=TimeInForce.GTD, expire_time_ns=ctx.time_ns)
        ctx.buy(bar.instrument, notional=5000.0)
        ctx.sell(bar.instrument, weight=0.1)
        ctx.order(bar.instrument, -3.0, order_type=OrderType.MARKET_IF_TOUCHED, stop=93.0)
        ctx.order(bar.instrument, 3.0)


class Sizes(Strategy):
    """How much as `fraction=`, the same as `weight=`; `bracket` by quantity, `notional` or `weight`, signed."""

    ratio: float = 0.1

    def on_bar(self, ctx: Any, bar: Any) -> None:
        ctx.buy(bar.instrument, fraction=0.1)
        ctx.sell(fraction=self.ratio, limit=bar.close)
        ctx.bracket(weight=-0.1, stop_loss=120.0, take_profit=90.0)
        ctx.bracket(bar.instrument, stop_loss=90.0, take_profit=120.0, notional=500.0)
        ctx.bracket(fraction=self.ratio, stop_loss=90.0, take_profit=120.0, limit=99.0)


class Brackets(Strategy):
    """`bracket`, `oco`, and what an order tells: `id`, `parent`, `state`, `filled`, `stop`, `limit`."""

    stops: int = 0
    price: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        first = ctx.bracket(bar.instrument, 5.0, bar.close - 1.0, bar.close + 2.0)
        second = ctx.bracket(bar.instrument, -5.0, stop_loss=120.0, take_profit=90.0, limit=bar.close)
        ctx.oco(first, second)

    def on_order(self, ctx: Any, order: Any) -> None:
        if order.parent != 0 and order.id < 0 and order.filled == 0.0 and order.state == 3:
            self.stops += 1
            self.price = order.stop - order.limit


class OrderTypes(Strategy):
    """Order types: `touch=`, `trailing=`, `trailing_fraction=`, `reduce_only=`, and each `TimeInForce`."""

    def on_bar(self, ctx: Any, bar: Any) -> None:
        ctx.buy(bar.instrument, 1.0, touch=bar.close - 1.0)
        ctx.sell(bar.instrument, 2.0, trailing=0.5, time_in_force=TimeInForce.DAY)
        ctx.sell(bar.instrument, weight=0.5, trailing_fraction=0.05)
        ctx.buy(bar.instrument, 3.0, time_in_force=TimeInForce.AT_CLOSE)
        ctx.sell(bar.instrument, 3.0, limit=bar.close, reduce_only=True)
        ctx.sell(bar.instrument, 3.0, stop=bar.close, reduce_only=False)


class Targets(Strategy):
    """Targets: `target`, `target_notional`, `target_weight`, `close`, `signal`, with `rebalance=True`."""

    def on_bar(self, ctx: Any, bar: Any) -> None:
        ctx.target(bar.instrument, 5)
        ctx.target_notional(bar.instrument, 1000.0)
        ctx.target_weight(bar.instrument, 0.5, rebalance=bar.close > 100.0)
        ctx.signal(bar.instrument, -0.5)
        ctx.close(bar.instrument)
        ctx.close()


class Changes(Strategy):
    """`cancel`, `replace`, `cancel_all`, `set_timer`, `cancel_timer`, `random`, `normal`."""

    result: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        identity = ctx.buy(bar.instrument, 1.0, limit=90.0)
        ctx.replace(identity, limit=91.0)
        ctx.cancel(identity)
        ctx.cancel_all()
        ctx.cancel_all(bar.instrument)
        ctx.set_timer(3, ctx.time_ns + 60, interval_ns=5)
        ctx.cancel_timer(3)
        self.result = ctx.random() + ctx.normal()


class Logging(Strategy):
    """Log lines of a literal text and up to eight numbers: `ctx.log("stop hit {}", price)`."""

    def on_bar(self, ctx: Any, bar: Any) -> None:
        ctx.log("nothing to say")
        ctx.log("close {} open {}", bar.close, bar.open)
        ctx.log("count {}", 3)


class Returning(Strategy):
    """`return` anywhere in a hook; what it returns is dropped."""

    count: int = 0

    def on_bar(self, ctx: Any, bar: Any) -> Any:
        if bar.close > 101.0:
            return ctx.target(bar.instrument, 1.0)
        self.count += 1
        return None


class LocalNames(Strategy):
    """Local variables with or without annotation, and docstrings and comments."""

    result: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        """A docstring."""
        spread: float = bar.high - bar.low
        # A comment.
        self.result = spread


SUPPORTED = [
    *(
        Numbers,
        Enums,
        Indicators,
        LongerBars,
        Windows,
        Aliases,
        Arrays,
        Tables,
        Constants,
        Methods,
        MethodsWithContext,
        Inheritance,
    ),
    *(
        Members,
        PlainFunctions,
        FunctionsWithContext,
        Conditions,
        Loops,
        Matching,
        Tuples,
        Comprehensions,
        Lambdas,
        Optionals,
        Maths,
        WholeNumbers,
    ),
    *(
        Raising,
        Literals,
        Looking,
        History,
        Orders,
        Sizes,
        Brackets,
        OrderTypes,
        Targets,
        Changes,
        Logging,
        Returning,
        LocalNames,
    ),
]
