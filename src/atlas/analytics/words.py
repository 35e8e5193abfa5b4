"""Fills in words: what asked for one, which rule priced it, and how much it was."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from atlas.records.enums import NULL, FillFlag, OrderType, PriceRule
from atlas.records.instruments import Instrument
from atlas.records.layout import RecordArray

RULES: Final = {
    PriceRule.OPEN: "at the open",
    PriceRule.OPEN_GAP: "at the open, past a gap",
    PriceRule.LIMIT: "at its limit",
    PriceRule.STOP: "at its stop",
    PriceRule.STOP_GAP: "past its stop, in a gap",
    PriceRule.CLOSE: "at the close",
    PriceRule.TOUCH: "on a touch (relaxed)",
    PriceRule.NEXT_PRICE: "at the next price",
}
"""How each rule that prices a fill is told."""

ORDERS: Final = {kind: kind.name.lower().replace("_", " ") for kind in OrderType}
"""How each type of order is told."""

CALLED: Final = 64
"""Added to a type of order where a margin call asked for it; more than there are types."""

_KINDS: Final = 256
"""More than there are rules."""


def price_rule(value: int) -> str:
    """Return a rule in words; empty where it is unknown."""
    known = next((rule for rule in PriceRule if int(rule) == value), None)
    if known is None:
        return ""
    return RULES.get(known, f"by the {known.name.lower().replace('_', ' ')}")


def order_type(value: int) -> str:
    """Return a type of order in words, after who asked for it where that was no strategy; empty where it is unknown."""
    if value >= CALLED:
        return f"margin call, {order_type(value - CALLED)}"
    return next((text for kind, text in ORDERS.items() if int(kind) == value), "")


def reason(kind: int, rule: int) -> str:
    """Return what asked for a fill and what priced it, such as "market at the open"."""
    return f"{order_type(kind)} {price_rule(rule)}".strip()


def order_kinds(fills: RecordArray) -> npt.NDArray[np.int64]:
    """Return the type of each fill's order, as `order_type` takes it."""
    called = fills["flags"] & int(FillFlag.MARGIN_CALL) != 0
    return np.asarray(fills["order_type"].astype(np.int64) + np.where(called, CALLED, 0), dtype=np.int64)


def reasons(fills: RecordArray, places: npt.NDArray[np.int64]) -> tuple[list[str], npt.NDArray[np.intp]]:
    """Return the distinct reasons of the fills at some places, and which each one has; empty for `NULL`."""
    known = (places != NULL) & (places >= 0) & (places < len(fills))
    if not known.any():
        return [""], np.zeros(len(places), dtype=np.intp)
    chosen = fills[np.where(known, places, 0)]
    codes = np.where(known, order_kinds(chosen) * _KINDS + chosen["price_rule"], 0)
    distinct, place = np.unique(codes, return_inverse=True)
    return [reason(*divmod(int(code), _KINDS)) for code in distinct], place


def amount_of(instrument: Instrument, units: Any) -> str:
    """Write a quantity in ordinary numbers."""
    return f"{int(units) / 10**instrument.quantity_exponent:,.8f}".rstrip("0").rstrip(".")
