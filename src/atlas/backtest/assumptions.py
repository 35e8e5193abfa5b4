"""Every assumption of a run in words, each relaxation by its name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from atlas.analytics import Assumption
from atlas.backtest.rates import RateSeries
from atlas.backtest.settings import RunSettings, given_limits
from atlas.backtest.universe import delistings
from atlas.data.bars import BarHistory
from atlas.kernel.exchange.create import FeeRule
from atlas.records.enums import NULL
from atlas.records.instruments import BarSpecification
from atlas.records.kinds import Kind
from atlas.records.layout import RecordArray
from atlas.strategy.binding import BoundStrategy

DAY_NS = 86_400_000_000_000
MOST_NAMES = 8


def assumptions_of(
    settings: RunSettings,
    history: BarHistory,
    currency: str,
    bound: Sequence[BoundStrategy],
    actions: RecordArray,
) -> list[Assumption]:
    """Return what a run took for granted.

    Parameters
    ----------
    settings : RunSettings
    history : BarHistory
    currency : str
        Of the account.
    bound : sequence of BoundStrategy
        The strategies as they ran.
    actions : array of rows (n, 8)
        Splits and dividends.

    Returns
    -------
    list of Assumption
        Fills first, then costs, the account, the data and the strategies.
    """
    return [
        *_fills(settings, history),
        *_costs(settings, currency),
        *_account(settings, history, currency),
        *_data(settings, history, actions),
        *(_strategy(each) for each in bound),
    ]


def _names(symbols: Sequence[str]) -> str:
    more = f" and {len(symbols) - MOST_NAMES} more" if len(symbols) > MOST_NAMES else ""
    return ", ".join(symbols[:MOST_NAMES]) + more


def _fills(settings: RunSettings, history: BarHistory) -> list[Assumption]:
    limit = Assumption(
        "Limit orders",
        "fill when the price goes through the limit",
        "A bar that only touches a resting limit does not fill it.",
    )
    if settings.touch_fills:
        limit = Assumption(
            "Touch fills",
            "a limit fills when the price touches it",
            "In a real queue, orders ahead of it may take all that trades there.",
            relaxed=True,
        )
    acting = Assumption(
        "When orders act",
        "on the next event after they arrive",
        "An order asked for at a bar's close can trade at the next bar's open, never in its own bar.",
    )
    if settings.close_fills:
        acting = Assumption(
            "Close fills",
            "an order asked for at a bar's close trades at that close",
            "In a market that close is past when it is known: nobody can trade at it any more.",
            relaxed=True,
        )
    return [
        acting,
        Assumption(
            "Path inside a bar",
            "open, then high and low, then close",
            "Where one bar could have hit a stop and a target of the same position, the stop is taken.",
        ),
        Assumption(
            "Attached stops and targets",
            "live from the fill, the stop before the target",
            "They rest at the venue, each ends the other, and both end with the position; they hold no buying power.",
        ),
        limit,
        Assumption("Gaps", "filled at the open", "A stop or limit that the open jumps over gets the open's price."),
        *_volume(settings, history),
    ]


def _volume(settings: RunSettings, history: BarHistory) -> list[Assumption]:
    absent = _without_volume(history)
    found: list[Assumption] = []
    if settings.volume_share == 0:
        found.append(
            Assumption(
                "Volume cap off",
                "an order of any size fills at once",
                "By default fills take at most 10% of a bar's volume.",
                relaxed=True,
            )
        )
    elif len(absent) < len(history.instruments):
        found.append(
            Assumption(
                "Volume cap",
                f"{100 * settings.volume_share:.6g}% of each bar's volume",
                "What is left waits for the next bar; a bar without trades fills nothing.",
            )
        )
    if absent and settings.volume_share != 0:
        found.append(
            Assumption(
                "No volume in the data",
                f"no cap for {_names(absent)}",
                "Without volume nobody knows how much could be traded: an order of any size fills at once.",
                relaxed=True,
            )
        )
    return found


def _without_volume(history: BarHistory) -> list[str]:
    """Symbols whose bars say no volume."""
    missing = history.records["volume_units"] == NULL
    if not missing.any():
        return []
    numbers = np.unique(history.records["instrument"][missing])
    return [history.instruments[number - 1].symbol for number in numbers.tolist()]


def _costs(settings: RunSettings, currency: str) -> list[Assumption]:
    slippage = Assumption("Slippage", "none", "Market orders fill at the price of the event.")
    if settings.slippage_bps:
        slippage = Assumption(
            "Slippage",
            f"{settings.slippage_bps:g} basis points against the order",
            "On market and stop orders; the price may lie outside the bar's range by it.",
        )
    if settings.slippage_model != "fixed":
        part = {"square_root": "√(size / volume)", "volume_share": "(share of volume)²"}[settings.slippage_model]
        slippage = Assumption(
            "Slippage",
            f"{settings.slippage_bps:g} basis points + {settings.impact_factor:g} × {part} of the price",
            "On market and stop orders; a bar that states no volume moves by the basis points alone.",
        )
    order_ms, report_ms = settings.order_latency_ns / 1e6, settings.report_latency_ns / 1e6
    latency = f"orders {order_ms:g} ms, reports {report_ms:g} ms" if order_ms or report_ms else "none"
    return [
        Assumption(
            "Fees", describe_fees(settings.fees, currency), "Charged on each fill, rounded to the currency step."
        ),
        slippage,
        Assumption("Market impact", "none", "The run's own orders move no price of the data."),
        Assumption(
            "Latency", latency, "An order that arrives at or before a price takes part in it, a later one waits."
        ),
    ]


def describe_fees(fees: FeeRule, currency: str) -> str:
    """Return a fee rule in words."""
    maker, taker = float(fees.maker_rate), float(fees.taker_rate)
    same = f"{100 * taker:.6g}% of value"
    parts = [same if maker == taker else f"{100 * maker:.6g}% of value as maker, {100 * taker:.6g}% as taker"]
    parts = parts if maker or taker else []
    for amount, words in ((fees.per_unit, "a unit"), (fees.flat, "a fill"), (fees.minimum, "at least")):
        if float(amount):
            parts.append(f"{float(amount):g} {currency} {words}")
    for start, as_maker, as_taker in fees.tiers:
        rate = f"{100 * float(as_maker):.6g}%" + ("" if as_maker == as_taker else f" / {100 * float(as_taker):.6g}%")
        basis = "a fill" if fees.tier_by == "trade" else "30 days"
        parts.append(f"{rate} from {float(start):g} {currency} {basis} on")
    return ", ".join(parts) or "none"


def _account(settings: RunSettings, history: BarHistory, currency: str) -> list[Assumption]:
    limits = given_limits(settings.limits)
    listed = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in limits.items())
    power = f"{settings.leverage:g} times equity" if settings.limits.require_buying_power else "not checked"
    others = sorted({each.currency for each in history.instruments} - {currency})
    found = [
        Assumption(
            "Buying power",
            power,
            "Positions and working orders together; an order beyond it is refused.",
            relaxed=not settings.limits.require_buying_power,
        ),
        *_margin(settings),
        Assumption("Risk limits", listed or "none but buying power", "Checked before each order leaves."),
        Assumption(
            "Short selling",
            f"at {100 * settings.borrow_rate:g}% a year" if settings.borrow_rate else "allowed",
            "Every instrument can be borrowed, "
            + ("for a fee on its value at each day's end." if settings.borrow_rate else "at no cost."),
        ),
        Assumption(
            "Interest",
            f"{100 * settings.interest_rate:g}% a year on cash below zero" if settings.interest_rate else "none",
            "Charged at each day's end; cash above zero bears none."
            if settings.interest_rate
            else "Neither cash nor borrowed money bears interest.",
        ),
        _quantities(history),
        Assumption("Negative equity", "ends the run", "The account is closed where its equity falls below zero."),
    ]
    if others:
        found.append(_conversion(settings, currency, others))
    return found


def _margin(settings: RunSettings) -> list[Assumption]:
    """Say what becomes of positions that the equity no longer covers, where that can come to pass."""
    if settings.maintenance_margin:
        return [
            Assumption(
                "Maintenance margin",
                f"{100 * settings.maintenance_margin:g}% of the positions' value, at each close",
                "Below it the largest positions are sold from the next open on, as far as it takes, and orders that "
                "enlarge one are canceled and refused.",
            )
        ]
    if settings.leverage <= 1.0:
        return []
    text = "However deep the loss, nothing is sold while there is equity: a broker would call for more or sell."
    return [Assumption("No maintenance margin", "no margin call", text, relaxed=True)]


def _conversion(settings: RunSettings, currency: str, others: Sequence[str]) -> Assumption:
    constant = all(not isinstance(settings.rates[name], RateSeries) for name in others)
    words = [
        f"{name} by {rate}" if isinstance(rate, RateSeries) else f"1 {name} = {rate:g} {currency}"
        for name, rate in ((name, settings.rates[name]) for name in others)
    ]
    detail = "Constant over the whole run." if constant else "The newest rate known, at marks, buying power and fees."
    return Assumption("Conversion", ", ".join(words), f"{detail} Cash stays in the currency it was earned in.")


def _universe(settings: RunSettings, history: BarHistory) -> list[Assumption]:
    """Say which symbols belong to the run when, and what became of those that were delisted."""
    found = []
    if settings.universe is not None:
        known = {each.symbol for each in settings.universe}
        absent = sorted(known - set(history.symbols))
        others = [symbol for symbol in history.symbols if symbol not in known]
        detail = f"Without bars, and so left out: {_names(absent)}." if absent else ""
        detail += f" Never members: {_names(others)}." if others else ""
        found.append(
            Assumption("Universe", f"{len(known)} symbols by date; others' positions may only shrink", detail.strip())
        )
    gone = [history.instruments[number - 1].symbol for _, number in delistings(history)]
    if gone and settings.delisting == "close":
        text = "A day after the last bar, without fee; what a holder really got is not known."
        found.append(Assumption("Delisted", f"{_names(gone)}: settled at the last close", text))
    elif gone:
        text = "Their value never changes again, and their money stays bound."
        found.append(Assumption("Delisted", f"{_names(gone)}: held at the last close", text, relaxed=True))
    return found


def _quantities(history: BarHistory) -> Assumption:
    fractional = [each.symbol for each in history.instruments if each.lot_size_units == 0]
    if not fractional:
        return Assumption("Quantities", "whole lots", "Of the size that each instrument states.")
    finest = max(each.quantity_exponent for each in history.instruments if each.lot_size_units == 0)
    value = f"fractions down to {10.0**-finest:.{finest}f}" + (
        "" if len(fractional) == len(history.instruments) else f" of {_names(fractional)}"
    )
    return Assumption("Quantities", value, "Describe an instrument with whole_lots or a lot_size to trade whole ones.")


def _actions(actions: RecordArray) -> Assumption:
    kinds = [int(kind) for kind in (actions[:, 2] >> 32) & 0xFF]
    splits, dividends = kinds.count(int(Kind.SPLIT)), kinds.count(int(Kind.DIVIDEND))
    if not actions.size:
        return Assumption("Prices", "as the data states them", "No split, dividend or roll is applied.")
    return Assumption(
        "Splits and dividends",
        f"{splits} splits, {dividends} dividends, as given",
        "At the ex-date before its open; longs receive dividends, shorts pay them. The prices must not be adjusted.",
    )


def _data(settings: RunSettings, history: BarHistory, actions: RecordArray) -> list[Assumption]:
    frames = ", ".join(each.time_frame for each in history.specifications)
    found = [Assumption("Bars", frames, "A bar is seen when it has ended, at its stated end and not before.")]
    if settings.aggregate_ns:
        longer = BarSpecification(settings.aggregate_ns).time_frame
        found.append(
            Assumption("Strategy's bars", longer, f"Made of the data's bars of {frames}, at which orders are filled.")
        )
    if any(each.length_ns % DAY_NS == 0 for each in history.specifications):
        found.append(
            Assumption(
                "Day",
                "00:00 to 24:00 UTC",
                "A bar that has a date and no time runs over its whole day, where no calendar is named.",
            )
        )
    found += _universe(settings, history)
    found += [
        _actions(actions),
        Assumption(
            "End of data",
            "working orders expire, positions are marked at the last close",
            "A position that is still open is in the equity, and is no closed trade.",
        ),
    ]
    why = "Asked for, or taken for granted where the source did not say it."
    found += [Assumption("Reading the data", note, why, relaxed=True) for note in history.notes]
    if history.note:
        found.append(Assumption("What is traded", history.note))
    return found


def _strategy(bound: BoundStrategy) -> Assumption:
    name = bound.definition.name
    if bound.definition.is_open:
        return Assumption(
            name, "open strategy, interpreted", "Its state is its own; it is not replayable from code alone."
        )
    reason = f"It could not be compiled: {bound.fallback_reason}" if bound.fallback_reason else ""
    return Assumption(name, bound.mode, reason or "Both ways of running give the same orders and fills.")
