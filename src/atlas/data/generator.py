"""
Bars of markets that never were: seeded, of any length, with the stylised facts of real ones.

The model, for symbol i and bar t of a session::

    return[i, t] = volatility[i] · shape[t] · v[t] · s[t] · z[i, t]

- ``v`` is a log-normal volatility whose logarithm is an AR(1) process: volatility comes in clusters.
- ``s`` makes normal draws Student-t: fat tails. Both are common to all symbols, so that the correlation of returns is
  the correlation of ``z``, which is as given.
- ``shape`` is high at the ends of the session and low in the middle, for volatility and for volume (the U); around the
  clock it is a gentle daily wave.
- A night adds a jump between one session's close and the next one's open.
- High and low are drawn from the exact law of the extremes of a Brownian bridge between open and close.
- Volume is log-normal around its U and grows with the bar's volatility and with the size of its move.

A draw depends on the seed and the symbol's name only: with a single correlation, adding a symbol changes no other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import erf, sqrt
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from atlas.config.timeframes import timeframe_ns
from atlas.records.errors import DataError
from atlas.records.instruments import DEFAULT_CURRENCY, DEFAULT_VENUE, BarSpecification, Instrument, name_hash

from .bars import BarColumns, BarHistory, Floats, Times, build_history

Session = Literal["regular", "24h"]
_DAY_NS: Final = 86_400_000_000_000
_OPENING: Final = time(9, 30)
_SESSION_NS: Final = 390 * 60_000_000_000
_NEW_YORK: Final = "America/New_York"
_TRADING_DAYS: Final = {"regular": 252, "24h": 365}
_OVERNIGHT_SHARE: Final = 0.2
_LAST_DAY: Final = date(2261, 12, 31)
_MOST_BARS: Final = 100_000_000
_MARKET: Final = ""  # no symbol can have this name
_LEAST_PRICE: Final = 0.01
_MOVE_WEIGHT: Final = 0.25
# Mean of exp(w |z|) for a standard normal z and w = 1/4: 2 exp(w²/2) Φ(w).
_MOVE_EXPECTATION: Final = float(np.exp(_MOVE_WEIGHT**2 / 2.0)) * (1.0 + erf(_MOVE_WEIGHT / sqrt(2.0)))


@dataclass(frozen=True)
class GeneratorSettings:
    """
    What a generated market is like.

    Attributes
    ----------
    timeframe : str
        Length of a bar; it divides the session, or is ``1d``.
    session : {"regular", "24h"}
        Weekdays 09:30-16:00 New York, or every day around the clock. Holidays are not modelled.
    start_date : str
        ISO date of the first day.
    initial_price : float or mapping of str to float
        Of the first bar, > 0.
    annual_volatility : float or mapping of str to float
        Standard deviation of the log return of a year, > 0.
    annual_drift : float
        Mean of the log return of a year.
    correlation : float, or array (k, k)
        Of the returns of any two of the k symbols, in [0, 1); or their correlation matrix.
    average_volume : float
        Mean of a bar's volume, > 0.
    volatility_of_volatility : float
        Standard deviation of the logarithm of ``v``, ≥ 0; 0 switches clustering off.
    volatility_half_life_days : float
        After which half of a departure of that logarithm is gone, > 0.
    tail_degrees : float
        Degrees of freedom of the tails, > 4, for which kurtosis exists.
    """

    timeframe: str = "1m"
    session: Session = "regular"
    start_date: str = "2020-01-02"
    initial_price: float | Mapping[str, float] = 100.0
    annual_volatility: float | Mapping[str, float] = 0.25
    annual_drift: float = 0.0
    correlation: float | npt.ArrayLike = 0.5
    average_volume: float = 10_000.0
    volatility_of_volatility: float = 0.45
    volatility_half_life_days: float = 3.0
    tail_degrees: float = 6.0

    def __post_init__(self) -> None:
        if self.session not in _TRADING_DAYS:
            raise DataError(f"session={self.session!r}: say 'regular' or '24h'")
        if self.tail_degrees <= 4:
            raise DataError(f"tail_degrees={self.tail_degrees}: must be above 4, or kurtosis does not exist")
        if self.volatility_of_volatility < 0 or self.volatility_half_life_days <= 0 or self.average_volume <= 0:
            raise DataError("volatility_of_volatility must be 0 or more, half life and average volume above 0")

    @property
    def length_ns(self) -> int:
        """Length of a bar in nanoseconds."""
        return timeframe_ns(self.timeframe)

    @property
    def bars_a_day(self) -> int:
        """Bars in one session."""
        session_ns = _SESSION_NS if self.session == "regular" else _DAY_NS
        if self.length_ns == _DAY_NS:
            return 1
        if session_ns % self.length_ns:
            raise DataError(f"timeframe={self.timeframe!r} does not divide the session: take 1m, 5m, 15m, 30m or 1d")
        return session_ns // self.length_ns


def generate_bars(
    symbols: str | Sequence[str] = "RANDOM",
    count: int = 100_000,
    *,
    seed: int = 0,
    settings: GeneratorSettings | None = None,
    venue: str = DEFAULT_VENUE,
    currency: str = DEFAULT_CURRENCY,
) -> BarHistory:
    """
    Generate bars.

    Parameters
    ----------
    symbols : str or sequence of str
        One or more names, all different.
    count : int
        Bars of each symbol, ≥ 1.
    seed : int
        ≥ 0; the same seed gives the same bars.
    settings : GeneratorSettings, optional
        What the market is like.
    venue, currency : str
        Of the instruments.

    Returns
    -------
    BarHistory
        Prices of two decimals, whole volumes.

    Raises
    ------
    DataError
        A setting is out of range, the correlation matrix is none, or the bars reach beyond 2261 or are too many.
    """
    names = [symbols] if isinstance(symbols, str) else list(symbols)
    if count < 1 or seed < 0 or not names or len(set(names)) < len(names):
        raise DataError("count must be 1 or more, seed 0 or more, and the symbols different from each other")
    chosen = settings or GeneratorSettings()
    require_room(chosen, count, len(names))
    specification = BarSpecification(chosen.length_ns)
    starts = _bar_starts(chosen, count)
    market = _Market(chosen, count, seed)
    parts = []
    for name, shocks in zip(names, _correlated_shocks(names, chosen, count, seed), strict=True):
        prices, volume = market.bars_of(name, shocks)
        parts.append(BarColumns(Instrument(name, venue, currency), specification, starts, prices, volume))
    return build_history(parts, note=f"generated, seed {seed}")


def require_room(settings: GeneratorSettings, count: int, symbols: int) -> None:
    """Refuse bars that reach beyond the year 2261, or are more than a hundred million in all."""
    days = (_LAST_DAY - date.fromisoformat(settings.start_date)).days
    sessions = days if settings.session == "24h" else days * 5 // 7
    most = max(0, min(sessions * settings.bars_a_day, _MOST_BARS // symbols))
    if count > most:
        raise DataError(
            f"{count:,} bars of {settings.timeframe} from {settings.start_date} on are too many: at most {most:,} of "
            f"each of {symbols} symbol{'s' * (symbols > 1)}; take fewer, or longer ones"
        )


# --- time ------------------------------------------------------------------------------------------------------------


def _bar_starts(settings: GeneratorSettings, count: int) -> Times:
    """Start of each bar, ns UTC."""
    days = -(-count // settings.bars_a_day)
    opens = np.array(_session_opens(settings, days), dtype=np.int64)
    within = np.arange(settings.bars_a_day, dtype=np.int64) * settings.length_ns
    return (opens[:, None] + within[None, :]).reshape(-1)[:count]


def _session_opens(settings: GeneratorSettings, days: int) -> list[int]:
    zone = ZoneInfo(_NEW_YORK) if settings.session == "regular" and settings.length_ns < _DAY_NS else UTC
    clock = time(0) if zone is UTC else _OPENING
    day = date.fromisoformat(settings.start_date)
    opens: list[int] = []
    while len(opens) < days:
        if settings.session == "24h" or day.weekday() < 5:
            moment = datetime.combine(day, clock, zone)
            opens.append(int(moment.timestamp()) * 1_000_000_000)
        day += timedelta(days=1)
    return opens


def _shapes(settings: GeneratorSettings) -> tuple[Floats, Floats]:
    """Volatility (mean square 1) and volume (mean 1) over a session, (bars_a_day,) each."""
    bars = settings.bars_a_day
    place = (np.arange(bars) + 0.5) / bars
    if bars == 1:
        return np.ones(1), np.ones(1)
    if settings.session == "24h":
        wave = 1.0 + 0.3 * np.cos(2.0 * np.pi * (place - 0.6))
        volatility, volume = wave, wave**2
    else:
        # The open is more volatile than the close; the close trades more than the open.
        volatility = 0.7 + 1.3 * np.exp(-place / 0.06) + 0.5 * np.exp(-(1.0 - place) / 0.08)
        volume = 0.6 + 1.6 * np.exp(-place / 0.07) + 2.2 * np.exp(-(1.0 - place) / 0.06)
    return volatility / np.sqrt(np.mean(volatility**2)), volume / np.mean(volume)


# --- draws -----------------------------------------------------------------------------------------------------------


def _draws(seed: int, name: str, purpose: str) -> np.random.Generator:
    """Open one stream of draws: they depend on these three only."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, name_hash(name), name_hash(purpose)])))


def _correlated_shocks(names: Sequence[str], settings: GeneratorSettings, count: int, seed: int) -> list[Floats]:
    """Draw standard normals with the wanted correlation, one array (count,) a symbol."""
    own = [_draws(seed, name, "shock").standard_normal(count) for name in names]
    if np.ndim(settings.correlation) == 0:
        shared = float(np.asarray(settings.correlation))
        if not 0.0 <= shared < 1.0:
            raise DataError(f"correlation={shared}: must be in [0, 1), or a matrix")
        common = _draws(seed, _MARKET, "shock").standard_normal(count)
        return [np.sqrt(shared) * common + np.sqrt(1.0 - shared) * noise for noise in own]
    factor = _factor_of(np.asarray(settings.correlation, dtype=np.float64), len(names))
    return [sum((weight * noise for weight, noise in zip(row, own, strict=True)), np.zeros(count)) for row in factor]


def _factor_of(matrix: Floats, size: int) -> Floats:
    """Lower triangular factor of a correlation matrix."""
    if matrix.shape != (size, size) or not np.allclose(matrix, matrix.T) or not np.allclose(np.diag(matrix), 1.0):
        raise DataError(f"correlation must be a symmetric {size} by {size} matrix with ones on its diagonal")
    try:
        factor: Floats = np.linalg.cholesky(matrix).astype(np.float64)
    except np.linalg.LinAlgError as error:
        raise DataError("correlation is no correlation matrix: it is not positive definite") from error
    return factor


def autoregression(noise: Floats, persistence: float) -> Floats:
    """
    First-order autoregression of unit variance, started in its stationary law.

    Parameters
    ----------
    noise : float64 array (n,)
        Independent standard normal draws.
    persistence : float
        φ in [0, 1): ``x[t] = φ x[t-1] + √(1-φ²) noise[t]``.

    Returns
    -------
    float64 array (n,)
        Standard normal each, with autocorrelation φ to the power of the lag.
    """
    scaled: Floats = noise * np.sqrt(1.0 - persistence**2)
    scaled[0] = noise[0]
    if persistence == 0.0:
        return scaled
    # Within a block x[k] = φ^k (x[-1] φ + Σ noise[j] φ^-j); the block is short enough for φ^-j to stay small.
    block = int(min(512, max(1, 10.0 / -np.log(persistence))))
    powers = persistence ** np.arange(block)
    result = np.empty_like(scaled)
    carried = 0.0
    for first in range(0, len(scaled), block):
        part = scaled[first : first + block]
        decay = powers[: len(part)]
        result[first : first + block] = decay * (np.cumsum(part / decay) + persistence * carried)
        carried = float(result[min(first + block, len(scaled)) - 1])
    return result


class _Market:
    """What all symbols share: volatility, tails, the shape of the session."""

    def __init__(self, settings: GeneratorSettings, count: int, seed: int) -> None:
        self.settings = settings
        self.count = count
        self.seed = seed
        volatility_shape, volume_shape = _shapes(settings)
        days = -(-count // settings.bars_a_day)
        self.volume_shape = np.tile(volume_shape, days)[:count]
        self.log_volatility = self._log_volatility()
        spread = settings.volatility_of_volatility
        # The mean of its square is 1, so that the volatility asked for is the one that comes out.
        clusters = np.exp(spread * self.log_volatility - spread**2)
        self.scale = np.tile(volatility_shape, days)[:count] * clusters * self._tails()

    def _log_volatility(self) -> Floats:
        half_life = self.settings.volatility_half_life_days * self.settings.bars_a_day
        noise = _draws(self.seed, _MARKET, "volatility").standard_normal(self.count)
        return autoregression(noise, float(0.5 ** (1.0 / half_life)))

    def _tails(self) -> Floats:
        degrees = self.settings.tail_degrees
        chi_square = 2.0 * _draws(self.seed, _MARKET, "tails").standard_gamma(degrees / 2.0, self.count)
        tails: Floats = np.sqrt((degrees - 2.0) / chi_square)
        return tails

    def bars_of(self, name: str, shocks: Floats) -> tuple[dict[str, Floats], Floats]:
        """Prices and volume of one symbol."""
        settings = self.settings
        has_nights = settings.session == "regular" and settings.bars_a_day > 1
        day_variance = _value_of(settings.annual_volatility, name) ** 2 / _TRADING_DAYS[settings.session]
        bar_variance = day_variance * (1.0 - _OVERNIGHT_SHARE * has_nights) / settings.bars_a_day
        deviation = np.sqrt(bar_variance) * self.scale
        drift = settings.annual_drift / _TRADING_DAYS[settings.session] / settings.bars_a_day
        moves = deviation * shocks + drift
        gaps = np.zeros(self.count)
        if has_nights:
            nights = gaps[settings.bars_a_day :: settings.bars_a_day]
            draws = _draws(self.seed, name, "night").standard_normal(nights.size)
            nights += np.sqrt(day_variance * _OVERNIGHT_SHARE) * draws
        prices = self._prices(name, moves, gaps, deviation)
        return prices, self._volume(name, shocks)

    def _prices(self, name: str, moves: Floats, gaps: Floats, deviation: Floats) -> dict[str, Floats]:
        closes = np.cumsum(moves + gaps) + np.log(_value_of(self.settings.initial_price, name))
        # -2 ln U is chi-square of two degrees: twice an exponential draw. Each side has a stream of its own.
        above, below = (
            2.0 * deviation**2 * _draws(self.seed, name, side).standard_exponential(self.count)
            for side in ("above", "below")
        )
        opens = closes - moves
        highest = opens + 0.5 * (moves + np.sqrt(moves**2 + above))
        lowest = opens + 0.5 * (moves - np.sqrt(moves**2 + below))
        logs = {"open": opens, "high": highest, "low": lowest, "close": closes}
        return {column: _rounded(values) for column, values in logs.items()}

    def _volume(self, name: str, shocks: Floats) -> Floats:
        noise = _draws(self.seed, name, "volume").standard_normal(self.count)
        spread = self.settings.volatility_of_volatility
        activity = np.exp(0.5 * noise + 0.5 * spread * self.log_volatility + _MOVE_WEIGHT * np.abs(shocks))
        # The expectation, not the mean of this run: a longer run then begins with the same bars.
        expected = np.exp(0.125 + 0.125 * spread**2) * _MOVE_EXPECTATION
        volume: Floats = np.rint(self.settings.average_volume * self.volume_shape * activity / expected)
        return volume


def _rounded(logarithms: Floats) -> Floats:
    """Prices of two decimals; rounding keeps the order of open, high, low and close."""
    prices: Floats = np.maximum(np.rint(np.exp(logarithms) * 100.0) / 100.0, _LEAST_PRICE)
    return prices


def _value_of(setting: float | Mapping[str, Any], name: str) -> float:
    value = setting[name] if isinstance(setting, Mapping) else setting
    if not value > 0.0:
        raise DataError(f"price and volatility of {name} must be above 0, not {value}")
    return float(value)
