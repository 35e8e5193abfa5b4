"""The trades for the page: every column of the list, and the fill that began and the one that ended each."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from atlas.analytics.report import series
from atlas.analytics.report.content import ReportContent
from atlas.analytics.report.packing import Pack
from atlas.analytics.returns import FloatArray, IntArray
from atlas.analytics.symbols import instruments_by_number
from atlas.analytics.words import CALLED, order_kinds, order_type, price_rule
from atlas.records.enums import NULL, Liquidity, PriceRule
from atlas.records.layout import RecordArray

MOST_TRADES: Final = 20_000
_MONEY_DECIMALS: Final = 4
_QUANTITY_DECIMALS: Final = 8
_FRACTION_DECIMALS: Final = 6


class TradeList:
    """The last trades of a run, packed.

    Parameters
    ----------
    content : ReportContent
    daily : bool
        Whether only dates are worth showing.
    decimals : dict of int to int
        Decimals of a price worth showing, by instrument.
    """

    def __init__(self, content: ReportContent, daily: bool, decimals: dict[int, int]) -> None:
        self._content, self._daily = content, daily
        self._pack = Pack()
        self.count = len(content.trades.closed)
        self._rows = slice(max(self.count - MOST_TRADES, 0), self.count)
        self.trades = content.trades.closed[self._rows]
        numbers, self._place = np.unique(self.trades["instrument"], return_inverse=True)
        known = instruments_by_number(content.instruments)
        self._instruments = [known[int(number)] for number in numbers]
        self._decimals = [decimals.get(int(number), 2) for number in numbers]

    def data(self) -> dict[str, Any]:
        """Return what the page's script reads."""
        trades, money = self.trades, 10.0**self._content.money_exponent
        excursions = self._content.trade_excursions
        columns = {
            "symbol": self._pack.add(self._place),
            "direction": self._pack.add(trades["direction"]),
            "entry": self._times(trades["entry_time_ns"], trades["entry_fill"]),
            "exit": self._times(trades["exit_time_ns"], trades["exit_fill"]),
            "quantity": self._pack.add(trades["quantity_units"] / self._scale("quantity"), _QUANTITY_DECIMALS),
            "entryPrice": self._prices(trades["entry_price_units"]),
            "exitPrice": self._prices(trades["exit_price_units"]),
            **{
                name: self._pack.add(trades[f"{field}_money"] / money, _MONEY_DECIMALS)
                for name, field in (
                    ("profit", "profit"),
                    ("gross", "gross"),
                    ("income", "income"),
                    ("fees", "fee"),
                    ("slippage", "slippage"),
                )
            },
            "return": self._pack.add(trades["return_fraction"], _FRACTION_DECIMALS),
            "mae": self._pack.add(excursions.adverse_money[self._rows] / money, _MONEY_DECIMALS),
            "mfe": self._pack.add(excursions.favourable_money[self._rows] / money, _MONEY_DECIMALS),
            "held": self._pack.add(trades["duration_ns"] / 1e9, 0),
            "bars": self._pack.add(np.where(trades["bars_held"] == NULL, np.nan, trades["bars_held"]), 0),
            "fills": self._pack.add(trades["fills"]),
            "strategy": self._pack.add(trades["strategy"]),
            "account": self._pack.add(trades["account"]),
        }
        legs = {name: self._leg(trades[f"{name}_fill"]) for name in ("entry", "exit")}
        return {
            "count": len(trades),
            "first": self._rows.start,
            "symbols": [instrument.symbol for instrument in self._instruments],
            "decimals": self._decimals,
            "strategies": {share.number: share.name for share in self._content.strategies},
            "columns": columns,
            "legs": legs,
            "rules": {int(rule): price_rule(int(rule)) for rule in PriceRule},
            "orders": {kind: order_type(kind) for first in (0, CALLED) for kind in range(first + 1, first + 16)},
            "liquidity": {int(kind): kind.name.lower() for kind in Liquidity},
            "pack": self._pack.encoded(),
        }

    def _scale(self, name: str) -> FloatArray:
        scales = np.array([10.0 ** getattr(each, f"{name}_exponent") for each in self._instruments])
        return np.asarray(scales[self._place], dtype=np.float64) if len(scales) else np.ones(0)

    def _prices(self, units: npt.NDArray[Any]) -> dict[str, Any]:
        most = max(self._decimals, default=2) + 2
        return self._pack.add(units / self._scale("price"), most)

    def _times(self, times_ns: IntArray, places: IntArray) -> dict[str, Any]:
        return self._pack.add(series.instant_seconds(times_ns, self._at_close(places), self._daily), 3)

    def _at_close(self, places: IntArray) -> npt.NDArray[np.bool_]:
        """Whether each fill was priced at a close, so that it belongs to the day that ended."""
        fills = self._content.fills
        known = (places >= 0) & (places < len(fills))
        if not known.any():
            return known
        at_close: npt.NDArray[np.bool_] = fills["price_rule"][np.where(known, places, 0)] == int(PriceRule.CLOSE)
        return known & at_close

    def _leg(self, places: IntArray) -> dict[str, Any]:
        """Return what is known of one fill of each trade; 0 or NaN where there was none."""
        fills = self._content.fills
        known = (places >= 0) & (places < len(fills))
        chosen: RecordArray = fills[np.where(known, places, 0)] if len(fills) else fills
        if not len(chosen):
            return {}
        price, quantity = self._scale("price"), self._scale("quantity")
        money = 10.0**self._content.money_exponent
        most = max(self._decimals, default=2) + 2
        return {
            "price": self._pack.add(_present(chosen["price_units"], known) / price, most),
            "quantity": self._pack.add(_present(chosen["quantity_units"], known) / quantity, _QUANTITY_DECIMALS),
            "fee": self._pack.add(_present(chosen["fee_money"], known) / money, _MONEY_DECIMALS),
            "slippage": self._pack.add(_present(chosen["slippage_money"], known) / money, _MONEY_DECIMALS),
            "reference": self._pack.add(_present(chosen["reference_price_units"], known) / price, most),
            "available": self._pack.add(_present(chosen["available_quantity_units"], known) / quantity, 4),
            "submitted": self._pack.add(_present(chosen["submit_time_ns"], known) / 1e9, 3),
            "arrived": self._pack.add(_present(chosen["arrival_time_ns"], known) / 1e9, 3),
            "rule": self._pack.add(np.where(known, chosen["price_rule"], 0)),
            "order": self._pack.add(np.where(known, order_kinds(chosen), 0)),
            "liquidity": self._pack.add(np.where(known, chosen["liquidity"], 0)),
            "id": self._pack.add(_present(chosen["client_order_id"], known), 0),
        }


def _present(units: npt.NDArray[Any], known: npt.NDArray[np.bool_]) -> FloatArray:
    """Return units as floats, NaN where they are absent."""
    return np.asarray(np.where(known & (units != NULL), units, np.nan), dtype=np.float64)
