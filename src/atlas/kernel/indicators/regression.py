"""Lines through a series, and how two series go together."""

from __future__ import annotations

import math

from atlas.kernel.indicators.declaration import Indicator, method, state
from atlas.kernel.indicators.inputs import PairIndicator, PriceIndicator
from atlas.kernel.indicators.rolling import wrapped
from atlas.kernel.memory.compilation import kernel_function
from atlas.kernel.memory.intrinsics import address_of, load_float, record_at, store_float

LINE_STATE = state(("slope", "f8"), ("intercept", "f8"), ("anchor", "f8"), ("total", "f8"), ("products", "f8"))
PAIR_FIELDS = (
    ("mean_x", "f8"),
    ("mean_y", "f8"),
    ("squares_x", "f8"),
    ("squares_y", "f8"),
    ("products", "f8"),
    ("previous_x", "f8"),
    ("previous_y", "f8"),
    ("run_x", "i8"),
    ("run_y", "i8"),
)
PAIR_STATE = state(*PAIR_FIELDS)
BETA_STATE = state(("previous_price", "f8"), ("previous_market", "f8"), ("returns", PAIR_STATE))
line_at, pair_at, beta_at = record_at(LINE_STATE), record_at(PAIR_STATE), record_at(BETA_STATE)


@kernel_function
def recompute_line(address: int, start: int, price: float) -> None:
    """Sum up the full window anew, as distances from the newest price: an offset costs no digits."""
    line = line_at(address)
    total, products = 0.0, 0.0
    for index in range(line.length):
        distance = load_float(start + index * 8) - price
        total += distance
        products += index * distance
    line.anchor = price
    line.total = total
    line.products = products


@method
def update_line(address: int, price: float) -> float:
    """Take in a price: each that is held moves one place back, which takes their sum from the products."""
    line = line_at(address)
    if price - price != 0.0:
        return line.value
    length, start = line.length, address + line.window_offset
    slot = start + line.position * 8
    old = load_float(slot) - line.anchor
    store_float(slot, price)
    line.position = wrapped(line.position + 1, length)
    line.count += 1
    if line.position == 0:
        recompute_line(address, start, price)
    else:
        distance = price - line.anchor
        line.products += (length - 1) * distance - (line.total - old)
        line.total += distance - old
    if line.count < length:
        return line.value
    places = length * (length - 1) / 2.0
    spread = length * length * (length * length - 1.0) / 12.0
    line.ready = True
    line.slope = (length * line.products - places * line.total) / spread
    line.intercept = line.anchor + (line.total - line.slope * places) / length
    line.value = line.intercept + line.slope * (length - 1)
    return line.value


@kernel_function
def recompute_pair(address: int, start: int) -> None:
    """Compute means, squares and products anew from the full windows: rounding errors last one turn at most."""
    pair = pair_at(address)
    length = pair.length
    second = start + length * 8
    total_x, total_y = 0.0, 0.0
    for index in range(length):
        total_x += load_float(start + index * 8)
        total_y += load_float(second + index * 8)
    mean_x, mean_y = total_x / length, total_y / length
    squares_x, squares_y, products = 0.0, 0.0, 0.0
    for index in range(length):
        x, y = load_float(start + index * 8) - mean_x, load_float(second + index * 8) - mean_y
        squares_x += x * x
        squares_y += y * y
        products += x * y
    pair.mean_x = mean_x
    pair.mean_y = mean_y
    pair.squares_x = squares_x
    pair.squares_y = squares_y
    pair.products = products


@kernel_function
def count_runs(address: int, x: float, y: float) -> None:
    """Count how often each series has been equal in a row: rounding would leave equal values a variance."""
    pair = pair_at(address)
    pair.run_x = pair.run_x + 1 if pair.count > 0 and x == pair.previous_x else 1
    pair.run_y = pair.run_y + 1 if pair.count > 0 and y == pair.previous_y else 1
    pair.previous_x = x
    pair.previous_y = y


@kernel_function
def advance_pair(address: int, x: float, y: float) -> None:
    """Take in a pair; once the windows are full, nothing is known before, the oldest leaves."""
    pair = pair_at(address)
    count_runs(address, x, y)
    length = pair.length
    start = address + pair.window_offset
    slot_x, slot_y = start + pair.position * 8, start + (length + pair.position) * 8
    old_x, old_y, before_x, before_y = load_float(slot_x), load_float(slot_y), pair.mean_x, pair.mean_y
    store_float(slot_x, x)
    store_float(slot_y, y)
    pair.position = wrapped(pair.position + 1, length)
    pair.count += 1
    if pair.position == 0:
        recompute_pair(address, start)
    elif pair.count > length:
        pair.mean_x += (x - old_x) / length
        pair.mean_y += (y - old_y) / length
        pair.squares_x += (x - old_x) * ((x - pair.mean_x) + (old_x - before_x))
        pair.squares_y += (y - old_y) * ((y - pair.mean_y) + (old_y - before_y))
        pair.products += (x - pair.mean_x) * (y - before_y) - (old_x - pair.mean_x) * (old_y - before_y)


@kernel_function
def moves(squares: float, run: int, length: int) -> bool:
    """Whether a series varies within the window."""
    return run < length and squares > 0.0


@method
def update_correlation(address: int, price: float, other: float) -> float:
    """Take in a value of each series."""
    pair = pair_at(address)
    if (price - price) + (other - other) != 0.0:
        return pair.value
    advance_pair(address, price, other)
    if pair.count >= pair.length:
        pair.ready = True
        both = moves(pair.squares_x, pair.run_x, pair.length) and moves(pair.squares_y, pair.run_y, pair.length)
        correlation = pair.products / (math.sqrt(pair.squares_x) * math.sqrt(pair.squares_y)) if both else 0.0
        correlation = correlation if correlation < 1.0 else 1.0
        pair.value = correlation if correlation > -1.0 else -1.0
    return pair.value


@method
def update_beta(address: int, price: float, market: float) -> float:
    """Take in a price and the market's."""
    beta = beta_at(address)
    if (price - price) + (market - market) != 0.0:
        return beta.value
    beta.count += 1
    before, market_before = beta.previous_price, beta.previous_market
    beta.previous_price = price
    beta.previous_market = market
    if beta.count == 1:
        return beta.value
    change = (price - before) / before if before != 0.0 else 0.0
    market_change = (market - market_before) / market_before if market_before != 0.0 else 0.0
    advance_pair(address_of(beta.returns), market_change, change)
    if beta.returns.count >= beta.length:
        beta.ready = True
        varies = moves(beta.returns.squares_x, beta.returns.run_x, beta.length)
        beta.value = beta.returns.products / beta.returns.squares_x if varies else 0.0
    return beta.value


class LinearRegression(PriceIndicator):
    """Line of least squares through the last `length` prices.

    Parameters
    ----------
    length : int
        Prices it is fitted to, at least 2.

    Attributes
    ----------
    slope : float
        Rise of the line an input.
    intercept : float
        Its value at the oldest of the prices; `value` is that at the newest.

    Notes
    -----
    ``p ≈ intercept + slope · i`` for i = 0 … n − 1, ``value = intercept + slope · (n − 1)``. The sums are of
    distances from a price of the window; they slide, and are made anew once a turn of it.

    References
    ----------
    TA-Lib: ``LINEARREG``, ``LINEARREG_SLOPE``, ``LINEARREG_INTERCEPT``.
    """

    dtype = LINE_STATE
    methods = {"update": update_line}
    outputs = ("value", "slope", "intercept")
    window_columns = 1
    limits = {"length": (2, 1_000_000)}
    slope: float
    intercept: float

    def __init__(self, length: int = 14) -> None:
        super().__init__(length=length)


class Correlation(PairIndicator):
    """Rolling correlation of two series, −1 to 1.

    Parameters
    ----------
    length : int
        Pairs it spans, at least 2.

    Notes
    -----
    Pearson's ``Σ(x − x̄)(y − ȳ) / √(Σ(x − x̄)² Σ(y − ȳ)²)``, 0 where a series is constant. The sums slide and are
    computed anew once a turn of the window, so errors don't grow.

    References
    ----------
    TA-Lib: ``CORREL``.
    """

    dtype = PAIR_STATE
    methods = {"update": update_correlation}
    window_columns = 2
    limits = {"length": (2, 1_000_000)}

    def __init__(self, length: int = 30) -> None:
        super().__init__(length=length)


class Returns(Indicator):
    """Two windows of returns, a part of others; it has no update of its own."""

    dtype = PAIR_STATE
    methods = {}
    window_columns = 2


class Beta(PairIndicator):
    """Rolling beta of a price against a market, from their returns.

    Parameters
    ----------
    length : int
        Returns it spans, at least 2.

    Notes
    -----
    ``value = Σ(r − r̄)(m − m̄) / Σ(m − m̄)²``, r and m the simple returns of price and market, 0 after a price of zero;
    0 where the market's returns are constant. Kept as by `Correlation`.

    References
    ----------
    William Sharpe, *Capital Asset Prices*, Journal of Finance 19:3 (1964). TA-Lib: ``BETA``, whose first series is the
    market.
    """

    dtype = BETA_STATE
    methods = {"update": update_beta}
    limits = {"length": (2, 1_000_000)}

    def __init__(self, length: int = 5) -> None:
        super().__init__(length=length)

    def parts(self) -> dict[str, Indicator]:
        """The windows of returns."""
        return {"returns": Returns(length=int(self.arguments["length"]))}

    @property
    def warm_up(self) -> int:
        """The returns, and the prices before them."""
        return int(self.arguments["length"]) + 1

    def update(self, price: float, market: float) -> float:
        """Take in a price and the market's and give `value`, NaN until `ready`."""
        return self.handle.update(price, market)
