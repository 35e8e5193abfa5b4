"""Runs made by hand for the tests: bars, fills and equity points as the engine would write them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from atlas.analytics.returns import DAY_NS, FloatArray, IntArray
from atlas.records import Kind, blank
from atlas.records.enums import Liquidity, OrderType, PriceRule
from atlas.records.instruments import Instrument
from atlas.records.layout import RecordArray

PRICE, QUANTITY, MONEY = 10**9, 10**8, 10**8


@dataclass(frozen=True)
class MadeRun:
    """What the analytics get from a run."""

    instruments: tuple[Instrument, ...]
    bars: RecordArray
    fills: RecordArray
    equity: RecordArray
    initial_cash_money: int
    money_exponent: int = 8


def half_even(value: Fraction) -> int:
    """Round as Python does: ties to even."""
    return round(value)


def make_bars(times_ns: IntArray, closes: FloatArray, instrument: int = 1) -> RecordArray:
    """Make bars whose four prices are the close."""
    bars = blank(Kind.BAR, len(times_ns))
    bars["venue_time_ns"] = bars["local_time_ns"] = times_ns
    bars["instrument"] = instrument
    for name in ("open_units", "high_units", "low_units", "close_units"):
        bars[name] = np.rint(closes * 1e6).astype(np.int64) * 1000
    return bars


def make_equity(
    times_ns: Sequence[int] | IntArray, equity: Sequence[float] | FloatArray, account: int = 1
) -> RecordArray:
    """Make equity points from amounts in currency."""
    points = blank(Kind.EQUITY_POINT, len(times_ns))
    points["venue_time_ns"] = points["local_time_ns"] = times_ns
    points["instrument"] = account
    money = np.array([half_even(Fraction(value) * MONEY) for value in np.asarray(equity).tolist()], dtype=np.int64)
    peak = np.maximum.accumulate(money) if len(money) else money
    points["equity_money"] = points["cash_money"] = money
    points["peak_equity_money"] = peak
    points["drawdown"] = 1.0 - money / np.maximum(peak, 1)
    points["open_positions"] = 0
    return points


Fill = tuple[int, float, float] | tuple[int, float, float, float]


def make_fills(
    rows: Sequence[Fill], *, instrument: int = 1, strategy: int = 1, account: int = 1, start_units: int = 0
) -> RecordArray:
    """Make fills from (time_ns, signed quantity, price[, fee]); positions run on, realized profit by average cost."""
    fills = blank(Kind.FILL, len(rows))
    position, cost = start_units, 0
    for fill, row in zip(fills, rows, strict=True):
        time_ns, signed, price = row[:3]
        fee = row[3] if len(row) == 4 else 0.0
        units, price_units = half_even(Fraction(signed) * QUANTITY), half_even(Fraction(str(price)) * PRICE)
        notional = half_even(Fraction(price_units * abs(units), PRICE * QUANTITY) * MONEY)
        realized, position, cost = _book(position, cost, units, notional)
        fill["venue_time_ns"] = fill["local_time_ns"] = fill["arrival_time_ns"] = fill["submit_time_ns"] = time_ns
        fill["instrument"], fill["strategy"], fill["account"] = instrument, strategy, account
        fill["side"] = 1 if units > 0 else -1
        fill["quantity_units"], fill["price_units"], fill["notional_money"] = abs(units), price_units, notional
        fill["fee_money"], fill["realized_money"] = half_even(Fraction(str(fee)) * MONEY), realized
        fill["position_units"] = position
        fill["price_rule"], fill["order_type"], fill["liquidity"] = PriceRule.OPEN, OrderType.MARKET, Liquidity.TAKER
    fills["client_order_id"] = fills["execution_id"] = fills["sequence"] = np.arange(1, len(rows) + 1)
    return fills


def _book(position: int, cost: int, units: int, notional: int) -> tuple[int, int, int]:
    """Book a fill at average cost: realized profit, position and cost after it."""
    if position == 0 or (position > 0) == (units > 0):
        return 0, position + units, cost + notional
    closing = min(abs(units), abs(position))
    value = half_even(Fraction(notional * closing, abs(units)))
    given_up = half_even(Fraction(cost * closing, abs(position)))
    realized = value - given_up if position > 0 else given_up - value
    after = position + units
    flipped = after != 0 and (after > 0) != (position > 0)
    return realized, after, notional - value if flipped else cost - given_up


def join(*parts: RecordArray) -> RecordArray:
    """Join fills or points in order of time, stable."""
    joined = np.concatenate(parts)
    return joined[np.argsort(joined["venue_time_ns"], kind="stable")]


def cross_run(
    days: IntArray, opens: FloatArray, closes: FloatArray, *, fast: int = 20, slow: int = 50, symbol: str = "SPX"
) -> MadeRun:
    """Trade the cross of two averages at the next open with all of the cash; long and flat.

    Parameters
    ----------
    days : int64 array, shape (n,)
        Days since 1970-01-01.
    opens, closes : float64 arrays, shape (n,)
    """
    initial = 100_000.0
    times_ns = (days + 1) * DAY_NS
    bars = make_bars(times_ns, closes)
    bars["open_units"] = np.rint(opens * 1e6).astype(np.int64) * 1000
    total = np.append(0.0, np.cumsum(closes))
    average = {n: np.append(np.full(n - 1, np.nan), (total[n:] - total[:-n]) / n) for n in (fast, slow)}
    want = average[fast] > average[slow]
    cash, held = initial, 0.0
    rows: list[Fill] = []
    equity = np.empty(len(days))
    for i in range(len(days)):
        if i and want[i - 1] != (held > 0):
            price = round(float(opens[i]), 6)
            quantity = float(int(cash * 0.95 / price)) if want[i - 1] else -held
            fee = round(abs(quantity) * price * 0.001, 2)
            rows.append((int(days[i]) * DAY_NS, quantity, price, fee))
            cash -= quantity * price + fee
            held += quantity
        equity[i] = cash + held * closes[i]
    fills = make_fills(rows)
    return MadeRun((Instrument(symbol),), bars, fills, make_equity(times_ns, equity), int(initial) * MONEY)


def standard_and_poors_run() -> MadeRun:
    """Trade the S&P 500, 1999 to 2018, from the data of the package `arch`."""
    import arch.data.sp500

    frame = arch.data.sp500.load()
    days = frame.index.to_numpy().astype("datetime64[D]").astype(np.int64)
    return cross_run(days, frame["Open"].to_numpy(), frame["Close"].to_numpy())
