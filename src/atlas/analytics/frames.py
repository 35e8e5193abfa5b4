"""Records as tables with human columns: pandas frames when asked for, Parquet files without pandas.

Prices, quantities and amounts are floats in currency and lots of one; absent values are NaN, NaT or null. Times are
UTC: zoned in frames, `TIMESTAMP_NS` in files.
"""

from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from atlas.analytics.excursions import Excursions
from atlas.analytics.returns import EquityCurve, FloatArray
from atlas.analytics.symbols import instruments_by_number
from atlas.analytics.words import reasons
from atlas.records.enums import (
    AskedBy,
    FillFlag,
    Liquidity,
    OrderState,
    OrderType,
    PendingFlag,
    PriceRule,
    RejectReason,
    Side,
    Why,
)
from atlas.records.instruments import Instrument
from atlas.records.layout import RecordArray
from atlas.records.units import array_to_floats

if TYPE_CHECKING:
    import pandas

Columns: TypeAlias = dict[str, npt.NDArray[Any]]
"""Equally long columns by name, in order."""

_PENDING = int(PendingFlag.PENDING_CANCEL | PendingFlag.PENDING_REPLACE)


def fill_columns(fills: RecordArray, instruments: Sequence[Instrument], money_exponent: int) -> Columns:
    """Return FILL records as columns."""
    scales = _Scales(fills["instrument"], instruments)
    return {
        "time": _times(fills["venue_time_ns"]),
        "symbol": scales.symbols,
        "side": _words(fills["side"], Side),
        "quantity": scales.quantity(fills["quantity_units"]),
        "price": scales.price(fills["price_units"]),
        "notional": array_to_floats(fills["notional_money"], money_exponent),
        "fee": array_to_floats(fills["fee_money"], money_exponent),
        "realized": array_to_floats(fills["realized_money"], money_exponent),
        "position": scales.quantity(fills["position_units"]),
        "shortfall": array_to_floats(fills["slippage_money"], money_exponent),
        "reference_price": scales.price(fills["reference_price_units"]),
        "available_quantity": scales.quantity(fills["available_quantity_units"]),
        "price_rule": _words(fills["price_rule"], PriceRule),
        "order_type": _words(fills["order_type"], OrderType),
        "margin_call": fills["flags"] & int(FillFlag.MARGIN_CALL) != 0,
        "liquidity": _words(fills["liquidity"], Liquidity),
        "fee_rule": fills["fee_rule"].astype(np.int64),
        "submit_time": _times(fills["submit_time_ns"]),
        "arrival_time": _times(fills["arrival_time_ns"]),
        "strategy": fills["strategy"].astype(np.int64),
        "account": fills["account"].astype(np.int64),
        "client_order_id": fills["client_order_id"].astype(np.int64),
        "execution_id": fills["execution_id"].astype(np.int64),
    }


def equity_columns(points: RecordArray, money_exponent: int, benchmark: EquityCurve | None = None) -> Columns:
    """Return EQUITY_POINT records as columns; ``drawdown`` is negative below the peak, as in the metrics.

    With a benchmark, at the times of the points, its worth stands in a column of that name.
    """
    amounts = {
        "equity": "equity_money",
        "cash": "cash_money",
        "positions": "positions_money",
        "realized": "realized_money",
        "fees": "fees_money",
        "gross_exposure": "gross_exposure_money",
        "net_exposure": "net_exposure_money",
        "peak_equity": "peak_equity_money",
    }
    return {
        "time": _times(points["venue_time_ns"]),
        "account": points["instrument"].astype(np.int64),
        **{name: array_to_floats(points[field], money_exponent) for name, field in amounts.items()},
        "open_positions": points["open_positions"].astype(np.int64),
        "drawdown": -np.abs(points["drawdown"]),
        **({} if benchmark is None else {"benchmark": _at(benchmark, points["venue_time_ns"])}),
    }


def _at(curve: EquityCurve, times_ns: npt.NDArray[np.int64]) -> FloatArray:
    """Return the curve's last value at each time, NaN before its first."""
    if len(curve.times_ns) == 0:
        return np.full(len(times_ns), np.nan)
    place = np.searchsorted(curve.times_ns, times_ns, side="right") - 1
    return np.asarray(np.where(place < 0, np.nan, curve.equity[np.maximum(place, 0)]), dtype=np.float64)


def order_columns(transitions: RecordArray, instruments: Sequence[Instrument]) -> Columns:
    """Return ORDER_TRANSITION records as columns, one row a transition."""
    scales = _Scales(transitions["instrument"], instruments)
    return {
        "time": _times(transitions["venue_time_ns"]),
        "symbol": scales.symbols,
        "client_order_id": transitions["client_order_id"].astype(np.int64),
        "venue_order_id": transitions["venue_order_id"].astype(np.int64),
        "side": _words(transitions["side"], Side),
        "from_state": _states(transitions["from_state"]),
        "to_state": _states(transitions["to_state"]),
        "filled_quantity": scales.quantity(transitions["cumulative_quantity_units"]),
        "price": scales.price(transitions["price_units"]),
        "asked_by": _words(transitions["asked_by"], AskedBy),
        "why": _words(transitions["why"], Why),
        "reject_reason": _words(transitions["reject_reason"], RejectReason),
        "strategy": transitions["strategy"].astype(np.int64),
    }


def trade_columns(
    trades: RecordArray,
    instruments: Sequence[Instrument],
    money_exponent: int,
    *,
    fills: RecordArray | None = None,
    excursions: Excursions | None = None,
) -> Columns:
    """Return TRADE rows, closed or open, as columns.

    Parameters
    ----------
    trades : TRADE array, shape (n,)
    instruments : sequence of Instrument
    money_exponent : int
    fills : FILL array, optional
        Those the trades were made of, for the reasons of entry and exit.
    excursions : Excursions, optional
        Of the trades, in their money.
    """
    scales = _Scales(trades["instrument"], instruments)
    amounts = {
        name: array_to_floats(trades[f"{field}_money"], money_exponent)
        for name, field in (
            ("gross", "gross"),
            ("income", "income"),
            ("fees", "fee"),
            ("shortfall", "slippage"),
            ("profit", "profit"),
        )
    }
    return {
        "symbol": scales.symbols,
        "direction": np.where(trades["direction"] > 0, "long", "short").astype(object),
        "entry_time": _times(trades["entry_time_ns"]),
        "exit_time": _times(trades["exit_time_ns"]),
        "quantity": scales.quantity(trades["quantity_units"]),
        "open_quantity": scales.quantity(trades["open_units"]),
        "entry_price": scales.average_price(trades["entry_price_units"]),
        "exit_price": scales.average_price(trades["exit_price_units"]),
        **amounts,
        "return": trades["return_fraction"].astype(np.float64),
        **_excursion_columns(trades, excursions, money_exponent),
        "held_days": array_to_floats(trades["duration_ns"], 9) / 86_400.0,
        "bars_held": array_to_floats(trades["bars_held"], 0),
        **_reason_columns(trades, fills),
        "fills": trades["fills"].astype(np.int64),
        "strategy": trades["strategy"].astype(np.int64),
        "account": trades["account"].astype(np.int64),
    }


def _excursion_columns(trades: RecordArray, excursions: Excursions | None, money_exponent: int) -> Columns:
    if excursions is None:
        return {}
    adverse, favourable = excursions.fractions(trades)
    scale = 10.0**money_exponent
    return {
        "mae": excursions.adverse_money / scale,
        "mfe": excursions.favourable_money / scale,
        "mae_fraction": adverse,
        "mfe_fraction": favourable,
    }


def _reason_columns(trades: RecordArray, fills: RecordArray | None) -> Columns:
    if fills is None:
        return {}
    made: Columns = {}
    for name in ("entry", "exit"):
        texts, place = reasons(fills, trades[f"{name}_fill"])
        made[f"{name}_reason"] = _spread([text or None for text in texts], place)
    return made


def fills_frame(fills: RecordArray, instruments: Sequence[Instrument], money_exponent: int) -> "pandas.DataFrame":
    """Return fills as a pandas frame, one row a fill."""
    return _frame(fill_columns(fills, instruments, money_exponent))


def equity_frame(points: RecordArray, money_exponent: int, benchmark: EquityCurve | None = None) -> "pandas.DataFrame":
    """Return equity points as a pandas frame; see `equity_columns`."""
    return _frame(equity_columns(points, money_exponent, benchmark))


def orders_frame(transitions: RecordArray, instruments: Sequence[Instrument]) -> "pandas.DataFrame":
    """Return order transitions as a pandas frame, one row a transition."""
    return _frame(order_columns(transitions, instruments))


def trades_frame(
    trades: RecordArray,
    instruments: Sequence[Instrument],
    money_exponent: int,
    *,
    fills: RecordArray | None = None,
    excursions: Excursions | None = None,
) -> "pandas.DataFrame":
    """Return trades as a pandas frame, one row a trade; see `trade_columns`."""
    return _frame(trade_columns(trades, instruments, money_exponent, fills=fills, excursions=excursions))


def write_fills_parquet(
    path: str | Path, fills: RecordArray, instruments: Sequence[Instrument], money_exponent: int
) -> Path:
    """Write fills to a Parquet file and return its path."""
    return write_parquet(path, fill_columns(fills, instruments, money_exponent))


def write_equity_parquet(
    path: str | Path, points: RecordArray, money_exponent: int, benchmark: EquityCurve | None = None
) -> Path:
    """Write equity points to a Parquet file and return its path; see `equity_columns`."""
    return write_parquet(path, equity_columns(points, money_exponent, benchmark))


def write_orders_parquet(path: str | Path, transitions: RecordArray, instruments: Sequence[Instrument]) -> Path:
    """Write order transitions to a Parquet file and return its path."""
    return write_parquet(path, order_columns(transitions, instruments))


def write_trades_parquet(
    path: str | Path,
    trades: RecordArray,
    instruments: Sequence[Instrument],
    money_exponent: int,
    *,
    fills: RecordArray | None = None,
    excursions: Excursions | None = None,
) -> Path:
    """Write trades to a Parquet file and return its path; see `trade_columns`."""
    return write_parquet(path, trade_columns(trades, instruments, money_exponent, fills=fills, excursions=excursions))


def write_parquet(path: str | Path, columns: Columns) -> Path:
    """Write columns to a Parquet file (zstd), replacing it; NaN becomes null.

    Parameters
    ----------
    path : str or Path
        Its folder must exist.
    columns : dict of str to array
        Floats, whole numbers, datetime64[ns] and texts.

    Returns
    -------
    Path
    """
    import duckdb

    target = Path(path)
    selected = ", ".join(_selected(name, values) for name, values in columns.items())
    with duckdb.connect() as connection:
        connection.register("columns", columns)
        quoted = str(target).replace("'", "''")
        connection.execute(f"COPY (SELECT {selected} FROM columns) TO '{quoted}' (FORMAT parquet, COMPRESSION zstd)")
    return target


def _selected(name: str, values: npt.NDArray[Any]) -> str:
    """Return one column of the query, typed the same whether or not there are rows."""
    if values.dtype.kind == "f":
        return f'CASE WHEN isnan("{name}") THEN NULL ELSE "{name}" END AS "{name}"'
    return f'"{name}"::VARCHAR AS "{name}"' if values.dtype.kind == "O" else f'"{name}"'


def _frame(columns: Columns) -> "pandas.DataFrame":
    import pandas

    frame = pandas.DataFrame(columns)
    for name, values in columns.items():
        if values.dtype.kind == "M":
            frame[name] = frame[name].dt.tz_localize("UTC")
    return frame


class _Scales:
    """Symbols and conversions for a column of instrument numbers."""

    def __init__(self, numbers: npt.NDArray[np.uint32], instruments: Sequence[Instrument]) -> None:
        known = instruments_by_number(instruments)
        distinct, place = np.unique(numbers, return_inverse=True)
        rows = [known.get(number) for number in distinct.tolist()]
        self.symbols = _spread([row.symbol if row else None for row in rows], place)
        self._place = place
        self._price_exponents = [row.price_exponent if row else None for row in rows]
        self._quantity_exponents = [row.quantity_exponent if row else None for row in rows]

    def price(self, units: npt.NDArray[np.int64]) -> FloatArray:
        """Convert a column of price units."""
        return self._converted(units, self._price_exponents)

    def quantity(self, units: npt.NDArray[np.int64]) -> FloatArray:
        """Convert a column of quantity units."""
        return self._converted(units, self._quantity_exponents)

    def average_price(self, units: FloatArray) -> FloatArray:
        """Convert a column of averages of price units."""
        powers = [np.nan if exponent is None else 10.0**exponent for exponent in self._price_exponents]
        return np.asarray(units / np.array(powers, dtype=np.float64)[self._place], dtype=np.float64)

    def _converted(self, units: npt.NDArray[np.int64], exponents: list[int | None]) -> FloatArray:
        """Convert the rows of each exponent together; NaN where the instrument is unknown."""
        converted = np.full(len(units), np.nan)
        for exponent in {exponent for exponent in exponents if exponent is not None}:
            rows = np.array([other == exponent for other in exponents])[self._place]
            converted[rows] = array_to_floats(units[rows], exponent)
        return converted


def _spread(texts: list[str | None], place: npt.NDArray[np.intp]) -> npt.NDArray[np.object_]:
    values = np.empty(len(texts), dtype=object)
    values[:] = texts
    return values[place]


def _times(times_ns: npt.NDArray[np.int64]) -> npt.NDArray[np.datetime64]:
    """Return times as datetime64; NULL is numpy's own NaT."""
    return np.ascontiguousarray(times_ns).astype("datetime64[ns]")


def _words(values: npt.NDArray[Any], words: type[IntEnum]) -> npt.NDArray[np.object_]:
    """Return the lower-case name of each value; None for 0, the number as text where it has no name."""
    distinct, place = np.unique(values, return_inverse=True)
    names = {int(word): word.name.lower() for word in words if int(word) != 0}
    return _spread([names.get(value, str(value) if value else None) for value in distinct.tolist()], place)


def _states(values: npt.NDArray[Any]) -> npt.NDArray[np.object_]:
    """Return order states; pending flags are joined with a plus: ``partial_fill+pending_cancel``."""
    distinct, place = np.unique(values, return_inverse=True)
    return _spread([_state(int(value)) for value in distinct], place)


def _state(value: int) -> str | None:
    base = value & ~_PENDING
    known = {int(state): state.name.lower() for state in OrderState}
    parts = [known.get(base, str(base))] if base else []
    parts += [flag.name.lower() for flag in PendingFlag if value & flag]
    return "+".join(parts) or None
