"""One fill in words: which rule priced it on which bar, what capped it, what slippage and fee are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np

from atlas.analytics.summary import format_time
from atlas.analytics.words import amount_of
from atlas.backtest.margin import MarginCall
from atlas.backtest.settings import RunSettings
from atlas.backtest.slippage import BILLION, MILLION, UNMOVED, moved_billionths
from atlas.data.bars import BarHistory
from atlas.records.enums import NULL, FillFlag, Liquidity, OrderType, PriceRule
from atlas.records.instruments import Instrument
from atlas.records.layout import RecordArray

OPENING: Final = (PriceRule.OPEN, PriceRule.OPEN_GAP, PriceRule.STOP_GAP)
WHY: Final = {
    PriceRule.OPEN: "a market order trades at the first price after it arrived, the bar's open",
    PriceRule.OPEN_GAP: "the bar opened beyond the order's price, in its favour, so it traded at the open",
    PriceRule.LIMIT: "the bar's range went through the limit, so it traded at the limit",
    PriceRule.STOP: "the bar's range reached the order's price, at which it began to act and traded",
    PriceRule.STOP_GAP: "the bar opened at or beyond the stop, so it traded at the open, where the market really was",
    PriceRule.CLOSE: "the bar's close was the next price that the order could take part in",
    PriceRule.TOUCH: "the price only touched the limit, which fills it here",
}


@dataclass(frozen=True, slots=True, repr=False)
class Explanation:
    """Why a fill is what it is; as text, one sentence a line.

    Attributes
    ----------
    rule : PriceRule
        Which rule priced it.
    bar : record or None
        The bar it happened on.
    base_price_units, slippage_units : int
        Price by the rule, and how far slippage moved it against the order.
    available_units : int or None
        What the volume cap left before it; None without a cap.
    fee_parts : tuple of (str, int)
        Parts of the fee in money steps, which add up to it but for one rounding.
    relaxations : tuple of str
        Departures from the strict reading that it rests on.
    sentences : tuple of str
    """

    rule: PriceRule
    bar: Any
    base_price_units: int
    slippage_units: int
    available_units: int | None
    fee_parts: tuple[tuple[str, int], ...]
    relaxations: tuple[str, ...]
    sentences: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.sentences)

    # A notebook and an interpreter show what stands alone on a line by it.
    __repr__ = __str__


@dataclass(frozen=True, slots=True)
class Explainer:
    """Explains fills of one run: its settings, bars and fills."""

    settings: RunSettings
    history: BarHistory
    fills: RecordArray
    currency: str
    calls: Sequence[MarginCall] = ()

    def explain(self, number: int) -> Explanation:
        """Explain a fill by its number, from 0."""
        fill = self.fills[number]
        instrument, rule = self.history.instruments[int(fill["instrument"]) - 1], PriceRule(int(fill["price_rule"]))
        bar, point = self._bar_of(fill, rule)
        base = self._base_price(fill, rule, bar, point, number)
        moved = (int(fill["price_units"]) - base) * int(fill["side"])
        available = int(fill["available_quantity_units"])
        parts, relaxations = self._fee_parts(fill, instrument), self._relaxations(fill, rule, bar)
        sentences = (
            self._what(fill, instrument, number),
            self._when(fill, instrument),
            *self._call(fill),
            self._rule(fill, rule, bar, instrument),
            self._quantity(fill, bar, instrument),
            self._slippage(fill, bar, instrument, base, moved, number),
            self._fee(fill, parts),
            *([f"It rests on {len(relaxations)} relaxed: {', '.join(relaxations)}."] if relaxations else []),
            self._after(fill, instrument),
        )
        left = None if available == NULL else available
        return Explanation(rule, bar, base, moved, left, parts, relaxations, sentences)

    # --- the bar and its prices ---

    def _bar_of(self, fill: Any, rule: PriceRule) -> tuple[Any, str]:
        """Find the bar of a fill and its point: open, path or close."""
        number, time_ns = int(fill["instrument"]), int(fill["venue_time_ns"])
        bars = self.history.records[self.history.records["instrument"] == number]
        after = int(np.searchsorted(bars["venue_time_ns"], time_ns, side="right"))
        ended = bars[after - 1] if after and int(bars["venue_time_ns"][after - 1]) == time_ns else None
        running = bars[after] if after < len(bars) else None
        if rule is PriceRule.CLOSE or (rule is PriceRule.TOUCH and self._touches(ended, fill, "close_units")):
            return ended, "close"
        opening = rule in OPENING or (rule is PriceRule.TOUCH and self._touches(running, fill, "open_units"))
        return running, "open" if opening else "path"

    @staticmethod
    def _touches(bar: Any, fill: Any, name: str) -> bool:
        return bar is not None and int(bar[name]) == int(fill["price_units"])

    def _base_price(self, fill: Any, rule: PriceRule, bar: Any, point: str, number: int) -> int:
        """Price by the rule, before slippage."""
        price, side = int(fill["price_units"]), int(fill["side"])
        if OrderType(int(fill["order_type"])) in UNMOVED:
            return price
        if bar is not None and point != "path":
            return int(bar[f"{point}_units"])
        share = self._moved_share(fill, bar, number)
        near = round(Fraction(price) / (1 + side * share))
        for guess in sorted(range(near - 3, near + 4), key=lambda each: abs(each - near)):
            if guess + side * round(abs(guess) * share) == price:
                return guess
        return price

    def _moved_share(self, fill: Any, bar: Any, number: int) -> Fraction:
        """Fraction of the price by which slippage moves it."""
        settings, volume = self.settings, 0 if bar is None else int(bar["volume_units"])
        taken = self._filled_before(number, bar) if bar is not None and settings.slippage_model == "volume_share" else 0
        return Fraction(int(moved_billionths(settings, int(fill["quantity_units"]), taken, volume)[0]), BILLION)

    def _filled_before(self, number: int, bar: Any) -> int:
        """Units that earlier fills took of a bar."""
        found = 0
        for earlier in range(number - 1, -1, -1):
            fill = self.fills[earlier]
            if int(fill["instrument"]) != int(self.fills[number]["instrument"]):
                continue
            other, _ = self._bar_of(fill, PriceRule(int(fill["price_rule"])))
            if other is None or int(other["venue_time_ns"]) != int(bar["venue_time_ns"]):
                break
            found += int(fill["quantity_units"])
        return found

    # --- sentences ---

    def _what(self, fill: Any, instrument: Instrument, number: int) -> str:
        verb = "bought" if fill["side"] > 0 else "sold"
        kind = OrderType(int(fill["order_type"])).name.lower().replace("_", "-")
        return (
            f"Fill {number} {verb} {amount_of(instrument, fill['quantity_units'])} {instrument.symbol} at "
            f"{price_of(instrument, fill['price_units'])} on {format_time(int(fill['venue_time_ns']))}, "
            f"for {kind} order {int(fill['client_order_id'])}."
        )

    def _when(self, fill: Any, instrument: Instrument) -> str:
        latency = (int(fill["arrival_time_ns"]) - int(fill["submit_time_ns"])) / MILLION
        mark = int(fill["reference_price_units"])
        seen = "before there was a price" if mark == NULL else f"when the price was {price_of(instrument, mark)}"
        return (
            f"It was asked for at {format_time(int(fill['submit_time_ns']))}, {seen}, and reached the venue "
            f"{'at once' if latency == 0 else f'{latency:g} ms later'}."
        )

    def _call(self, fill: Any) -> list[str]:
        """Say that a margin call asked for it, and why it was made."""
        if int(fill["flags"]) & FillFlag.MARGIN_CALL == 0:
            return []
        call = next(each for each in self.calls if each.covers(fill))
        margin = f"{100 * self.settings.maintenance_margin:g}%"
        return [
            f"A margin call asked for it: on {format_time(call.began_ns)} the equity of {call.equity:,.2f} was below "
            f"the {call.required:,.2f} {self.currency} that a maintenance margin of {margin} required."
        ]

    def _rule(self, fill: Any, rule: PriceRule, bar: Any, instrument: Instrument) -> str:
        words = f"Rule {rule.name}: {WHY.get(rule, 'the venue priced it')}."
        if bar is None:
            return words
        prices = ", ".join(
            f"{name} {price_of(instrument, bar[f'{name}_units'])}" for name in ("open", "high", "low", "close")
        )
        return f"{words} The bar that ended {format_time(int(bar['venue_time_ns']))} had {prices}."

    def _quantity(self, fill: Any, bar: Any, instrument: Instrument) -> str:
        available, units = int(fill["available_quantity_units"]), int(fill["quantity_units"])
        if available != NULL:
            cut = "which cut it" if units == available else "which held all of it"
            return (
                f"Of the bar's volume of {amount_of(instrument, bar['volume_units'])}, a share of "
                f"{100 * self.settings.volume_share:g}% left {amount_of(instrument, available)} to take, {cut}."
            )
        stated = bar is not None and int(bar["volume_units"]) != NULL
        return f"Nothing capped its quantity: {'the cap is off' if stated else 'the bar states no volume'}."

    def _slippage(self, fill: Any, bar: Any, instrument: Instrument, base: int, moved: int, number: int) -> str:
        if moved == 0:
            return "Slippage did not move its price."
        settings, share = self.settings, self._moved_share(fill, bar, number)
        made = f"{settings.slippage_bps:g} basis points"
        if settings.slippage_model == "square_root":
            made += f" + {settings.impact_factor:g} × √(size / volume)"
        elif settings.slippage_model == "volume_share":
            made += f" + {settings.impact_factor:g} × (share of volume)²"
        return (
            f"Slippage moved its price from {price_of(instrument, base)} by {price_of(instrument, moved)} against it: "
            f"{float(share):.6%}, which is {made}."
        )

    def _fee_parts(self, fill: Any, instrument: Instrument) -> tuple[tuple[str, int], ...]:
        fees, money = self.settings.fees, abs(int(fill["notional_money"]))
        maker, tier = int(fill["liquidity"]) == Liquidity.MAKER, int(fill["fee_rule"]) - fees.number
        rates = (fees.maker_rate, fees.taker_rate) if tier == 0 else fees.tiers[tier - 1][1:]
        rate = Fraction(str(rates[0 if maker else 1]))
        quantity = Fraction(int(fill["quantity_units"]), 10**instrument.quantity_exponent)
        role = f"{float(rate):.6%} of its value as {'maker' if maker else 'taker'}" + (f", tier {tier}" if tier else "")
        per_unit = Fraction(str(fees.per_unit)) * quantity * 10**instrument.money_exponent
        parts = [(role, round(money * rate)), ("by quantity", round(per_unit)), ("flat", instrument.money(fees.flat))]
        missing = int(fill["fee_money"]) - sum(part for _, part in parts)
        if missing > 1:
            parts.append((f"up to the minimum of {fees.minimum}", missing))
        return tuple((name, part) for name, part in parts if part)

    def _fee(self, fill: Any, parts: Sequence[tuple[str, int]]) -> str:
        scale = 10 ** self.history.instruments[int(fill["instrument"]) - 1].money_exponent
        total = f"{int(fill['fee_money']) / scale:,.2f}"
        if not parts:
            return "It cost no fee."
        made = " + ".join(f"{part / scale:,.4f} ({name})" for name, part in parts)
        return f"Its fee of {total} by rule {int(fill['fee_rule'])} is {made}."

    def _relaxations(self, fill: Any, rule: PriceRule, bar: Any) -> tuple[str, ...]:
        found = []
        if rule is PriceRule.TOUCH:
            found.append("touch fills")
        if self.settings.close_fills and rule is PriceRule.CLOSE and fill["venue_time_ns"] == fill["submit_time_ns"]:
            found.append("close fills")
        if bar is not None:
            if int(fill["available_quantity_units"]) == NULL and int(bar["volume_units"]) != NULL:
                found.append("no volume cap")
            if not int(bar["low_units"]) <= int(fill["price_units"]) <= int(bar["high_units"]):
                found.append("a price outside the bar's range")
        return tuple(found)

    def _after(self, fill: Any, instrument: Instrument) -> str:
        scale = 10**instrument.money_exponent
        cost = int(fill["slippage_money"])
        against = "" if cost == NULL else f"Against the price when it was asked for it cost {cost / scale:,.2f}; "
        words = f"{against}it realized {int(fill['realized_money']) / scale:,.2f} {self.currency} before the fee"
        return f"{words[0].upper()}{words[1:]} and left a position of {amount_of(instrument, fill['position_units'])}."


def price_of(instrument: Instrument, units: Any) -> str:
    """Write a price in ordinary numbers, two decimals at least."""
    text = f"{int(units) / 10**instrument.price_exponent:.{instrument.price_exponent}f}".rstrip("0")
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals:0<2}"
