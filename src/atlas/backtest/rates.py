"""Conversion rates as users give them, and as a run reads them: one for each currency, each known from a time on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from os import PathLike
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from atlas.config.suggestions import did_you_mean
from atlas.data import load_bars
from atlas.data.bars import BarHistory
from atlas.records.errors import ConfigurationError, DataError
from atlas.records.units import array_to_floats

SEPARATORS: Final = "/-_."
LETTERS: Final = 3
TIME_NAMES: Final = ("time", "date", "datetime", "timestamp", "when", "day")


@dataclass(frozen=True, eq=False)
class RateSeries:
    """A conversion rate over time.

    Attributes
    ----------
    times_ns : int64 array, shape (n,)
        From when on each rate is known, ascending.
    rates : float64 array, shape (n,)
        Value of one unit of the currency in the account's, above 0.
    source : str
        What it was made of, in words.
    """

    times_ns: npt.NDArray[np.int64]
    rates: npt.NDArray[np.float64]
    source: str = "a series"

    def at(self, time_ns: int, currency: str) -> float:
        """Return the rate that is known at a time.

        Raises
        ------
        ConfigurationError
            There is none yet.
        """
        place = int(np.searchsorted(self.times_ns, time_ns, side="right")) - 1
        if place < 0:
            first = np.datetime64(int(self.times_ns[0]), "ns").astype("datetime64[s]")
            raise ConfigurationError(
                f"no rate of {currency} is known at the start of the run; the first is of {first}Z. Start later, or "
                "give rates that begin earlier",
                "rates",
            )
        return float(self.rates[place])

    def between(self, after_ns: int, until_ns: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Return times and rates that become known after one time and not after another."""
        first, last = np.searchsorted(self.times_ns, [after_ns, until_ns], side="right")
        return self.times_ns[first:last], self.rates[first:last]

    def __repr__(self) -> str:
        return f"{self.source}, {len(self.rates):,} rates"


Rate = float | RateSeries


def conversion_rates(given: Mapping[str, Any], account: str, history: BarHistory) -> dict[str, Rate]:
    """Return the rate of each currency in the account's.

    Parameters
    ----------
    given : mapping of str to number, series, frame, path or symbol
        By currency (``"EUR"``: value of one in the account's currency) or by pair (``"EURUSD"``: dollars for a euro).
        Bars are read as `load_bars` reads them, and their closes taken; a text is a symbol of the data, or a file of
        bars, or one of two columns: from when on each rate is known, and the rate.
    account : str
        The account's currency.
    history : BarHistory
        Its symbols named like a pair serve for the currencies that `given` does not name.

    Returns
    -------
    dict of str to float or RateSeries

    Raises
    ------
    ConfigurationError
        A name is no currency and no pair of the account's, or a rate is not above 0.
    """
    if not isinstance(given, Mapping):
        raise ConfigurationError(f"is a mapping, such as {{'EURUSD': 1.08}}, not {given!r}", "rates")
    used = sorted({instrument.currency for instrument in history.instruments} - {account})
    found: dict[str, Rate] = {}
    for name, value in given.items():
        currency, inverse = currency_of(name, account, used)
        rate = read_rate(name, value, history)
        found[currency] = inverted(rate) if inverse else rate
    for currency in used:
        symbol = next((each for each in pair_symbols(history) if set(pair_of(each)) == {currency, account}), None)
        if currency not in found and symbol is not None:
            rate = series_of(history, symbol)
            found[currency] = rate if pair_of(symbol)[0] == currency else inverted(rate)
    return found


def pair_of(name: str) -> tuple[str, str]:
    """Return the two currencies of a pair's name, ``EURUSD`` or ``EUR/USD``; empty where it is none."""
    for separator in SEPARATORS:
        base, found, quote = name.partition(separator)
        if found:
            return (base, quote) if base.isalpha() and quote.isalpha() else ("", "")
    return (name[:LETTERS], name[LETTERS:]) if len(name) == 2 * LETTERS and name.isalpha() else ("", "")


def pair_symbols(history: BarHistory) -> list[str]:
    """Return the symbols of a history that are named like pairs of currencies."""
    return [symbol for symbol in history.symbols if all(pair_of(symbol))]


def currency_of(name: str, account: str, used: Sequence[str]) -> tuple[str, bool]:
    """Return which currency a name of a rate stands for, and whether the rate must be inverted."""
    base, quote = pair_of(name)
    if quote == account:
        return base, False
    if base == account:
        return quote, True
    if base:
        raise ConfigurationError(f"{name} is no rate of the account's currency {account}", f"rates[{name!r}]")
    if name == account:
        raise ConfigurationError(f"{name} is the account's own currency", f"rates[{name!r}]")
    if used and name not in used and not name.isupper():
        raise ConfigurationError(f"unknown currency; {did_you_mean(name, used)}", f"rates[{name!r}]")
    return name, False


def read_rate(name: str, value: Any, history: BarHistory) -> Rate:
    """Return a rate as it was given, checked."""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        if not (np.isfinite(float(value)) and value > 0):
            raise ConfigurationError(f"must be above 0, not {value:g}", f"rates[{name!r}]")
        return float(value)
    if isinstance(value, RateSeries):
        return value
    if isinstance(value, str) and value in history.symbols:
        return series_of(history, value)
    if hasattr(value, "index") and hasattr(value, "to_numpy") and getattr(value, "ndim", 0) == 1:
        return checked(name, series_of_index(name, value))
    if isinstance(value, str | PathLike) and Path(value).is_file() and (series := series_of_file(name, Path(value))):
        return checked(name, series)
    try:
        bars = value if isinstance(value, BarHistory) else load_bars(value, symbol=name)
    except (DataError, ConfigurationError) as error:
        raise ConfigurationError(
            f"is a number above 0, a series with times, bars, or a symbol of the data: {error}", f"rates[{name!r}]"
        ) from error
    return series_of(bars, bars.symbols[0])


def series_of_file(name: str, path: Path) -> RateSeries | None:
    """Return the rates of a file of two columns, of which one says from when on each is known; None for other files."""
    import pandas

    from atlas.data.files import PARQUET_SUFFIXES

    is_parquet = path.name.lower().endswith(PARQUET_SUFFIXES)
    frame = pandas.read_parquet(path) if is_parquet else pandas.read_csv(path)
    if len(frame.columns) != 2:
        return None
    time, rate = sorted(frame.columns, key=lambda column: str(column).lower() not in TIME_NAMES)
    try:
        values = frame[rate].astype(float)
        values.index = pandas.to_datetime(frame[time], utc=True)
    except (ValueError, TypeError) as error:
        raise ConfigurationError(
            f"{path.name} holds what is no time or no number: {error}", f"rates[{name!r}]"
        ) from error
    series = series_of_index(name, values)
    return RateSeries(series.times_ns, series.rates, f"the rates of {path.name}")


def series_of_index(name: str, values: Any) -> RateSeries:
    """Return the rates of a series of pandas: its index says from when on each is known, UTC."""
    import pandas

    index = pandas.DatetimeIndex(values.index)
    index = index.tz_localize("UTC") if index.tz is None else index.tz_convert("UTC")
    times = index.as_unit("ns").asi8
    order = np.argsort(times, kind="stable")
    return RateSeries(times[order], np.asarray(values.to_numpy(dtype=np.float64))[order], f"the series of {name}")


def series_of(history: BarHistory, symbol: str) -> RateSeries:
    """Return the closes of a symbol as rates, each known when its bar has ended."""
    bars = history.bars(symbol)
    exponent = history.instruments[history.number_of(symbol) - 1].price_exponent
    closes = array_to_floats(np.ascontiguousarray(bars["close_units"]), exponent)
    return checked(symbol, RateSeries(np.ascontiguousarray(bars["venue_time_ns"]), closes, f"the closes of {symbol}"))


def checked(name: str, series: RateSeries) -> RateSeries:
    """Refuse a series that is empty or holds what is no rate."""
    if len(series.rates) == 0:
        raise ConfigurationError("holds no rate", f"rates[{name!r}]")
    wrong = np.flatnonzero(~(np.isfinite(series.rates) & (series.rates > 0.0)))
    if len(wrong):
        when = np.datetime64(int(series.times_ns[wrong[0]]), "ns").astype("datetime64[s]")
        raise ConfigurationError(f"holds {series.rates[wrong[0]]:g} at {when}Z: a rate is above 0", f"rates[{name!r}]")
    return series


def inverted(rate: Rate) -> Rate:
    """Return the rate the other way round."""
    if isinstance(rate, RateSeries):
        return RateSeries(rate.times_ns, 1.0 / rate.rates, f"{rate.source}, inverted")
    return 1.0 / rate
