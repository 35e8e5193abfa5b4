"""Who earned what: results by strategy and by symbol, and money of several currencies in the account's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import numpy.typing as npt

from atlas.analytics.report.content import Share
from atlas.backtest.rates import Rate, RateSeries
from atlas.kernel.memory.block import Block
from atlas.records.enums import NULL
from atlas.records.instruments import Instrument

if TYPE_CHECKING:
    import pandas

Floats = npt.NDArray[np.float64]
Axis = Literal["strategy", "symbol"]
MONEY: Final = ("realized", "unrealized", "fees", "value", "profit")
"""Columns of money."""


class BaseCurrency:
    """Turns money of the instruments' currencies into the account's, at the rates that were known.

    Parameters
    ----------
    instruments : sequence of Instrument
        Records name them by place, counted from 1.
    currency : str
        The account's.
    exponent : int
        Decimal places of its money.
    rates : mapping of str to float or RateSeries
    """

    def __init__(
        self, instruments: Sequence[Instrument], currency: str, exponent: int, rates: Mapping[str, Rate]
    ) -> None:
        self._instruments, self._currency, self._exponent, self._rates = instruments, currency, exponent, rates

    @property
    def is_alone(self) -> bool:
        """Whether there is no other currency, and so nothing to turn."""
        return all(instrument.currency == self._currency for instrument in self._instruments)

    def factors(self, instruments: npt.NDArray[np.int64], times_ns: npt.NDArray[np.int64]) -> Floats:
        """Return steps of the account's money for a step of each row's, by its instrument's number and its time."""
        factors = np.ones(len(instruments))
        for number in np.unique(instruments).tolist():
            instrument, own = self._instruments[number - 1], instruments == number
            rate = self._rates.get(instrument.currency, 1.0)
            scale = 10.0 ** (self._exponent - instrument.money_exponent)
            if isinstance(rate, RateSeries):
                places = np.searchsorted(rate.times_ns, times_ns[own], side="right") - 1
                factors[own] = rate.rates[np.maximum(places, 0)] * scale
            elif instrument.currency != self._currency:
                factors[own] = rate * scale
        return factors


def attribution_frame(trader: Block, by: Axis, names: Sequence[str], exponent: int) -> pandas.DataFrame:
    """Return what each strategy, or each symbol, brought, as `attribution_columns` gives it, without the numbers."""
    import pandas

    columns = attribution_columns(trader, by, names, exponent)
    return pandas.DataFrame({by: columns["name"], **{name: columns[name] for name in MONEY}})


def attribution_columns(trader: Block, by: Axis, names: Sequence[str], exponent: int) -> dict[str, Any]:
    """Return what each strategy, or each symbol, brought; in the account's currency at the last rates.

    Parameters
    ----------
    trader : Block
        At the end of its run.
    by : {"strategy", "symbol"}
    names : sequence of str
        By number; number 0 is left out where it brought nothing.
    exponent : int
        Decimal places of the account's money.

    Returns
    -------
    dict
        ``name``, ``number`` and those of `MONEY`: ``profit`` is ``realized`` + ``unrealized`` − ``fees``; ``value`` is
        that of what is still held.
    """
    axis = 1 if by == "strategy" else 0
    sums = {name: money.sum(axis=axis) / 10.0**exponent for name, money in attributed_money(trader).items()}
    sums["profit"] = sums["realized"] + sums["unrealized"] - sums["fees"]
    first = int(not any(sums[name][0] for name in MONEY))
    columns: dict[str, Any] = {"name": list(names)[first:], "number": list(range(first, len(names)))}
    return columns | {name: sums[name][first:] for name in MONEY}


def shares(columns: Mapping[str, Any]) -> list[Share]:
    """Return the same for a report, a row each."""
    rows = zip(*(columns[name] for name in ("number", "name", "realized", "unrealized", "fees", "value")), strict=True)
    return [Share(*row) for row in rows]


def attributed_money(trader: Block) -> dict[str, Floats]:
    """Return realized, unrealized, fees and value of each strategy and instrument, shape (strategies, instruments)."""
    world: Any = trader.rows("world")[0]
    shape = (int(world["strategy_count"]), int(world["account_count"]), int(world["instrument_count"]))
    rows = trader.rows("attributions")[: int(np.prod(shape))].reshape(shape)
    instruments, currencies = trader.rows("instruments")[: shape[2]], trader.rows("currencies")
    factors = currencies["rate_units"][instruments["currency"]] / float(currencies["rate_units"][0])
    marks = np.where(instruments["mark_units"] == NULL, 0, instruments["mark_units"]).astype(np.float64)
    worth = marks * instruments["multiplier"] / instruments["notional_divisor"]
    value = rows["quantity_units"] * worth
    money = {
        "realized": rows["realized_money"].astype(np.float64),
        "unrealized": value - rows["cost_money"],
        "fees": rows["fees_money"].astype(np.float64),
        "value": value,
    }
    return {name: (each * factors).sum(axis=1) for name, each in money.items()}
