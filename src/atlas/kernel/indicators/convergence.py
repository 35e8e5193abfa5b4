"""Two averages of one series against each other, and the average of that."""

from __future__ import annotations

from atlas.kernel.indicators.averages import EMA, EMA_STATE, update_ema
from atlas.kernel.indicators.declaration import Indicator, method, state
from atlas.kernel.indicators.inputs import PriceIndicator
from atlas.kernel.memory.intrinsics import address_of, record_at
from atlas.records.errors import InvalidRequestError

CONVERGENCE_STATE = state(
    ("fast_length", "i8"),
    ("slow_length", "i8"),
    ("signal_length", "i8"),
    ("line", "f8"),
    ("signal", "f8"),
    ("histogram", "f8"),
    ("fast", EMA_STATE),
    ("slow", EMA_STATE),
    ("smoothed", EMA_STATE),
)
convergence_at = record_at(CONVERGENCE_STATE)


@method
def update_macd(address: int, price: float) -> float:
    """Take in a price; the fast average starts as late as it may to be ready with the slow one."""
    macd = convergence_at(address)
    if price - price != 0.0:
        return macd.value
    macd.count += 1
    slow = update_ema(address_of(macd.slow), price)
    if macd.count <= macd.slow_length - macd.fast_length:
        return macd.value
    line = update_ema(address_of(macd.fast), price) - slow
    signal = update_ema(address_of(macd.smoothed), line)
    if macd.smoothed.ready:
        macd.ready = True
        macd.value = line
        macd.line = line
        macd.signal = signal
        macd.histogram = line - signal
    return macd.value


@method
def update_ppo(address: int, price: float) -> float:
    """Take in a price."""
    ppo = convergence_at(address)
    if price - price != 0.0:
        return ppo.value
    ppo.count += 1
    fast = update_ema(address_of(ppo.fast), price)
    slow = update_ema(address_of(ppo.slow), price)
    if not ppo.slow.ready:
        return ppo.value
    line = (fast - slow) / slow * 100.0 if slow != 0.0 else 0.0
    signal = update_ema(address_of(ppo.smoothed), line)
    if ppo.smoothed.ready:
        ppo.ready = True
        ppo.value = line
        ppo.line = line
        ppo.signal = signal
        ppo.histogram = line - signal
    return ppo.value


class MACD(PriceIndicator):
    """Moving average convergence divergence.

    Parameters
    ----------
    fast_length, slow_length : int
        Spans of the two averages; the slow one is the longer.
    signal_length : int
        Span of the line's average.

    Attributes
    ----------
    line : float
        The fast average less the slow one; `value` is the same.
    signal : float
        Average of the line.
    histogram : float
        The line less its signal.

    Notes
    -----
    ``line = EMA(p, fast) − EMA(p, slow)``, ``signal = EMA(line, n)``, ``histogram = line − signal``. As in TA-Lib the
    fast average is started by the mean of the `fast_length` prices that end where the slow one is first ready.

    References
    ----------
    Gerald Appel, *Technical Analysis: Power Tools for Active Investors* (2005). TA-Lib: ``MACD``.
    """

    dtype = CONVERGENCE_STATE
    methods = {"update": update_macd}
    outputs = ("line", "signal", "histogram")
    line: float
    signal: float
    histogram: float

    def __init__(self, fast_length: int = 12, slow_length: int = 26, signal_length: int = 9) -> None:
        super().__init__(fast_length=fast_length, slow_length=slow_length, signal_length=signal_length)
        if fast_length >= slow_length:
            name = type(self).__name__
            message = f"{name}: fast_length {fast_length} must be below slow_length {slow_length}; exchange them"
            raise InvalidRequestError(message)

    def parts(self) -> dict[str, Indicator]:
        """The three averages."""
        lengths = {name: int(value) for name, value in self.arguments.items()}
        return {
            "fast": EMA(lengths["fast_length"]),
            "slow": EMA(lengths["slow_length"]),
            "smoothed": EMA(lengths["signal_length"]),
        }

    @property
    def warm_up(self) -> int:
        """Of the slow average, and the signal after it."""
        return int(self.arguments["slow_length"] + self.arguments["signal_length"]) - 1


class PPO(MACD):
    """Percentage price oscillator: the moving averages' convergence in percent of the slow one.

    Parameters
    ----------
    fast_length, slow_length : int
        Spans of the two averages; the slow one is the longer.
    signal_length : int
        Span of the line's average.

    Attributes
    ----------
    line : float
        The distance of the averages in percent; `value` is the same.
    signal : float
        Average of the line.
    histogram : float
        The line less its signal.

    Notes
    -----
    ``line = 100 · (EMA(p, fast) − EMA(p, slow)) / EMA(p, slow)``, 0 where the slow average is zero; ``signal`` and
    ``histogram`` as by `MACD`. Both averages start with the first prices, as in TA-Lib.

    References
    ----------
    Gerald Appel, *Technical Analysis: Power Tools for Active Investors* (2005). TA-Lib: ``PPO`` with ``matype=1``
    gives the line.
    """

    methods = {"update": update_ppo}
