"""Who earned what: results by strategy and by symbol, and money of several currencies in the account's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from atlas.backtest.rates import Rate, RateSeries
from atlas.kernel.memory.block import Block
from atlas.records.enums import NULL
from atlas.records.instruments import Instrument

if TYPE_CHECKING:
    import pandas

Floats = npt.NDArray[np.float64]


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


def attribution_frame(trader: Block, by: str, names: Sequence[str], exponent: int) -> pandas.DataFrame:
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
    pandas.DataFrame
        ``profit`` is ``realized`` + ``unrealized`` − ``fees``; ``value`` is that of what is still held.
    """
    import pandas

    figures = attributed_money(trader)
    axis = 0 if by == "strategy" else 1
    sums = {name: money.sum(axis=1 - axis) / 10.0**exponent for name, money in figures.items()}
    frame = pandas.DataFrame({by: list(names), **sums})
    frame["profit"] = frame["realized"] + frame["unrealized"] - frame["fees"]
    is_empty = (frame.index == 0) & (frame[["realized", "unrealized", "fees", "value"]] == 0.0).all(axis=1)
    return frame[~is_empty].reset_index(drop=True)


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
