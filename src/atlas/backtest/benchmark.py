"""What a run is measured against: buying and holding, unless the user names something else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from atlas.analytics import BarGroups, Benchmark, PriceLine, basket
from atlas.analytics.returns import IntArray
from atlas.config.suggestions import did_you_mean
from atlas.data import BarHistory, load_bars, load_shipped, shipped_data
from atlas.records.errors import ConfigurationError, DataError

NO_BENCHMARK: Final = "none"
MOST_NAMES: Final = 3


@dataclass(frozen=True, slots=True)
class BenchmarkChoice:
    """What the user named.

    Attributes
    ----------
    is_off : bool
        Whether the run is measured against nothing.
    symbols : tuple of str
        Of the run's data, or of `history`; empty for all.
    history : BarHistory, optional
        Bars of its own; None for the run's.
    label : str
        What to call bars without a symbol; empty for their symbols.
    """

    is_off: bool = False
    symbols: tuple[str, ...] = ()
    history: BarHistory | None = None
    label: str = ""

    def line(self, own: BarHistory, groups: BarGroups, times_ns: IntArray, initial_cash: float) -> Benchmark | None:
        """Return the benchmark's worth at times; None where there is none or nothing to hold.

        Parameters
        ----------
        own : BarHistory
            The run's.
        groups : BarGroups
            The bars it saw.
        times_ns : int64 array
            Of the equity curve.
        initial_cash : float
        """
        if self.is_off:
            return None
        history = self.history or own
        seen = groups if self.history is None else BarGroups(history.records)
        chosen = self.symbols or history.symbols
        lines = [price_line(seen, history.number_of(symbol), times_ns) for symbol in chosen]
        lines = [line for line in lines if len(line.prices)]
        if not lines or not len(times_ns):
            return None
        return basket(self.label or held_words(chosen), lines, times_ns, initial_cash)


def price_line(groups: BarGroups, number: int, times_ns: IntArray) -> PriceLine:
    """Return the closes of one instrument that count at some times, and its first; only those above zero."""
    ends, rows = groups.ends_ns(number), groups.rows(number)
    units = groups.bars["close_units"][rows]
    # An absent close is far below zero.
    present = units > 0
    if not bool(present.all()):
        ends, units = ends[present], units[present]
    if len(ends) == 0:
        return PriceLine(ends, np.empty(0))
    places = np.searchsorted(ends, times_ns, side="right") - 1
    kept = np.unique(np.append(np.maximum(places, 0), 0))
    return PriceLine(ends[kept], units[kept].astype(np.float64))


def held_words(symbols: Sequence[str]) -> str:
    """Return what buying and holding some symbols is called."""
    if len(symbols) == 1:
        return f"buy and hold {symbols[0]}"
    named = ", ".join(symbols[:MOST_NAMES])
    return f"hold {named}{f' and {len(symbols) - MOST_NAMES} more' if len(symbols) > MOST_NAMES else ''} in equal parts"


def benchmark_choice(given: Any, history: BarHistory) -> BenchmarkChoice:
    """Return what a user means by ``benchmark=``.

    Parameters
    ----------
    given : object
        None for all symbols of the data in equal parts, False or ``"none"`` for nothing, a symbol of the data, the
        name of shipped data, a file, a pandas Series of prices by time, a frame or mapping of bars, a BarHistory.
    history : BarHistory
        The run's data.

    Raises
    ------
    ConfigurationError
        It is none of these.
    DataError
        Its prices can't be read.
    """
    if given is None:
        return BenchmarkChoice()
    if given is False or (isinstance(given, str) and given.lower() == NO_BENCHMARK):
        return BenchmarkChoice(is_off=True)
    if isinstance(given, str) and _is_symbol(given, history):
        return BenchmarkChoice(symbols=(given,))
    if isinstance(given, BarHistory):
        return BenchmarkChoice(history=given)
    if isinstance(given, str | Path):
        return BenchmarkChoice(history=_named(given, history))
    if _is_series(given):
        return BenchmarkChoice(history=_from_series(given), label=_label(given.name))
    try:
        return BenchmarkChoice(history=load_bars(given))
    except DataError as error:
        raise DataError(f"benchmark: {error}") from error


def _is_symbol(name: str, history: BarHistory) -> bool:
    return any(name in {instrument.symbol, instrument.name} for instrument in history.instruments)


def _named(given: str | Path, history: BarHistory) -> BarHistory:
    shipped = [each.name for each in shipped_data()]
    if str(given).lower() in shipped and not Path(given).exists():
        return load_shipped(str(given))
    if Path(given).exists():
        return load_bars(given)
    known = [*history.symbols, *shipped, NO_BENCHMARK]
    raise ConfigurationError(
        f"{str(given)!r} is no symbol of the data, no shipped data and no file; {did_you_mean(str(given), known)}",
        "benchmark",
    )


def _is_series(given: Any) -> bool:
    return type(given).__name__ == "Series" and hasattr(given, "index") and hasattr(given, "to_numpy")


def _label(name: Any) -> str:
    text = "" if name is None else str(name)
    return "benchmark" if text.lower() in ("", "close", "adj close", "price") else text


def _from_series(given: Any) -> BarHistory:
    """Return a series of prices as bars; the first time of each is its bar's start, as in `load_bars`."""
    known = given.dropna()
    prices = np.asarray(known.to_numpy(), dtype=np.float64)
    if getattr(known.index.dtype, "kind", "M") != "M" or not len(known):
        raise ConfigurationError("a Series of prices has times in its index and at least one price", "benchmark")
    # Zoned times become UTC; naive ones are.
    times = known.index.tz_convert(None) if getattr(known.index, "tz", None) else known.index
    columns = dict.fromkeys(("open", "high", "low", "close"), prices)
    try:
        return load_bars({"time": times.to_numpy(), **columns}, symbol="benchmark")
    except DataError as error:
        raise DataError(f"benchmark: {error}") from error
