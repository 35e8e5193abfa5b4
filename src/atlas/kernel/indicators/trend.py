"""Whether there is a trend, how strong it is, and where it would end."""

from __future__ import annotations

import math

from atlas.kernel.indicators.declaration import Indicator, method, state
from atlas.kernel.indicators.inputs import BarIndicator, HighLowIndicator
from atlas.kernel.indicators.momentum import DELAY_STATE, Momentum, push_delayed
from atlas.kernel.indicators.rolling import (
    EXTREME_STATE,
    SUM_STATE,
    RollingSum,
    extremes,
    update_extreme,
    update_sum,
)
from atlas.kernel.indicators.volatility import ATR, ATR_STATE, true_range, update_atr
from atlas.kernel.memory.compilation import kernel_function
from atlas.kernel.memory.intrinsics import address_of, record_at
from atlas.kernel.memory.mathematics import log
from atlas.records.errors import InvalidRequestError

MOVEMENT_STATE = state(
    ("previous_high", "f8"),
    ("previous_low", "f8"),
    ("previous_close", "f8"),
    ("up", "f8"),
    ("down", "f8"),
    ("range", "f8"),
    ("plus_di", "f8"),
    ("minus_di", "f8"),
    ("dx", "f8"),
    ("moved", "?"),
)
ADX_STATE = state(
    ("adx", "f8"),
    ("plus_di", "f8"),
    ("minus_di", "f8"),
    ("dx", "f8"),
    ("total", "f8"),
    ("movement", MOVEMENT_STATE),
)
ADXR_STATE = state(("index", ADX_STATE), ("earlier", DELAY_STATE))
AROON_STATE = state(
    ("up", "f8"), ("down", "f8"), ("oscillator", "f8"), ("highest", EXTREME_STATE), ("lowest", EXTREME_STATE)
)
CHOPPINESS_STATE = state(
    ("previous_close", "f8"), ("ranges", SUM_STATE), ("highest", EXTREME_STATE), ("lowest", EXTREME_STATE)
)
PARABOLIC_STATE = state(
    ("acceleration", "f8"),
    ("maximum", "f8"),
    ("direction", "f8"),
    ("factor", "f8"),
    ("extreme", "f8"),
    ("stop", "f8"),
    ("previous_high", "f8"),
    ("previous_low", "f8"),
)
SUPERTREND_STATE = state(
    ("multiplier", "f8"),
    ("direction", "f8"),
    ("upper", "f8"),
    ("lower", "f8"),
    ("previous_close", "f8"),
    ("range", ATR_STATE),
)
movement_at, adx_at, adxr_at = record_at(MOVEMENT_STATE), record_at(ADX_STATE), record_at(ADXR_STATE)
aroon_at, choppiness_at = record_at(AROON_STATE), record_at(CHOPPINESS_STATE)
parabolic_at, supertrend_at = record_at(PARABOLIC_STATE), record_at(SUPERTREND_STATE)


@kernel_function
def advance_movement(address: int, high: float, low: float, close: float) -> None:
    """Take in a bar: Wilder's sums of both movements and of true ranges, the first `length` − 1 added up."""
    movement = movement_at(address)
    rise, fall = high - movement.previous_high, movement.previous_low - low
    up = rise if rise > fall and rise > 0.0 else 0.0
    down = fall if fall > rise and fall > 0.0 else 0.0
    span = true_range(high, low, movement.previous_close)
    movement.previous_high = high
    movement.previous_low = low
    movement.previous_close = close
    movement.count += 1
    if movement.count == 1:
        return
    if movement.count > movement.length:
        movement.up -= movement.up / movement.length
        movement.down -= movement.down / movement.length
        movement.range -= movement.range / movement.length
    movement.up += up
    movement.down += down
    movement.range += span


@method
def update_movement(address: int, high: float, low: float, close: float) -> float:
    """Take in a bar; `moved` says whether the newest index is one of its own, not the one before."""
    movement = movement_at(address)
    if (high - high) + (low - low) + (close - close) != 0.0:
        return movement.value
    advance_movement(address, high, low, close)
    if movement.count <= movement.length:
        return movement.value
    plus, minus = 0.0, 0.0
    if movement.range > 0.0:
        plus = 100.0 * (movement.up / movement.range)
        minus = 100.0 * (movement.down / movement.range)
    movement.moved = plus + minus > 0.0
    if movement.moved:
        movement.dx = 100.0 * (math.fabs(minus - plus) / (plus + minus))
    elif not movement.ready:
        movement.dx = 0.0
    movement.ready = True
    movement.plus_di = plus
    movement.minus_di = minus
    movement.value = movement.dx
    return movement.value


@method
def update_adx(address: int, high: float, low: float, close: float) -> float:
    """Take in a bar; where nothing moves the average stays."""
    adx = adx_at(address)
    if (high - high) + (low - low) + (close - close) != 0.0:
        return adx.value
    adx.count += 1
    dx = update_movement(address_of(adx.movement), high, low, close)
    if adx.count <= adx.length:
        return adx.value
    if adx.ready:
        if adx.movement.moved:
            adx.value = (adx.value * (adx.length - 1) + dx) / adx.length
    else:
        if adx.movement.moved:
            adx.total += dx
        if adx.count < 2 * adx.length:
            return adx.value
        adx.ready = True
        adx.value = adx.total / adx.length
    adx.adx = adx.value
    adx.plus_di = adx.movement.plus_di
    adx.minus_di = adx.movement.minus_di
    adx.dx = dx
    return adx.value


@method
def update_adxr(address: int, high: float, low: float, close: float) -> float:
    """Take in a bar."""
    adxr = adxr_at(address)
    if (high - high) + (low - low) + (close - close) != 0.0:
        return adxr.value
    adxr.count += 1
    index = update_adx(address_of(adxr.index), high, low, close)
    if adxr.index.ready:
        earlier = push_delayed(address_of(adxr.earlier), index)
        if adxr.earlier.count >= adxr.length:
            adxr.ready = True
            adxr.value = (index + earlier) / 2.0
    return adxr.value


@method
def update_aroon(address: int, high: float, low: float) -> float:
    """Take in a bar's high and low; the oscillator is the value."""
    aroon = aroon_at(address)
    if (high - high) + (low - low) != 0.0:
        return aroon.value
    aroon.count += 1
    update_extreme(address_of(aroon.highest), high)
    update_extreme(address_of(aroon.lowest), low)
    if aroon.lowest.ready:
        aroon.ready = True
        aroon.up = 100.0 * (aroon.length - aroon.highest.age) / aroon.length
        aroon.down = 100.0 * (aroon.length - aroon.lowest.age) / aroon.length
        aroon.oscillator = 100.0 * (aroon.lowest.age - aroon.highest.age) / aroon.length
        aroon.value = aroon.oscillator
    return aroon.value


@method
def update_choppiness(address: int, high: float, low: float, close: float) -> float:
    """Take in a bar; the first one has no close before it."""
    choppiness = choppiness_at(address)
    if (high - high) + (low - low) + (close - close) != 0.0:
        return choppiness.value
    choppiness.count += 1
    highest = update_extreme(address_of(choppiness.highest), high)
    lowest = update_extreme(address_of(choppiness.lowest), low)
    span = true_range(high, low, choppiness.previous_close)
    choppiness.previous_close = close
    if choppiness.count == 1:
        return choppiness.value
    ranges = update_sum(address_of(choppiness.ranges), span)
    if choppiness.ranges.ready:
        choppiness.ready = True
        moved = ranges > 0.0 and highest > lowest
        choppiness.value = 100.0 * log(ranges / (highest - lowest)) / log(float(choppiness.length)) if moved else 100.0
    return choppiness.value


@kernel_function
def start_parabolic(address: int, high: float, low: float) -> None:
    """Choose the direction at the second bar: down where its low fell, by more than its high rose."""
    parabolic = parabolic_at(address)
    fall, rise = parabolic.previous_low - low, high - parabolic.previous_high
    is_down = fall > 0.0 and rise < fall
    parabolic.ready = True
    parabolic.factor = parabolic.acceleration
    parabolic.direction = -1.0 if is_down else 1.0
    parabolic.extreme = low if is_down else high
    parabolic.stop = parabolic.previous_high if is_down else parabolic.previous_low
    # As TA-Lib has it, the first stop is held off the second bar's own range.
    parabolic.previous_high = high
    parabolic.previous_low = low


@kernel_function
def higher(first: float, second: float, third: float) -> float:
    """Give the highest of three."""
    most = second if second > first else first
    return third if third > most else most


@method
def update_parabolic(address: int, high: float, low: float) -> float:
    """Take in a bar's high and low; falling trends are rising ones with all signs turned."""
    parabolic = parabolic_at(address)
    if (high - high) + (low - low) != 0.0:
        return parabolic.value
    parabolic.count += 1
    if parabolic.count == 1:
        parabolic.previous_high = high
        parabolic.previous_low = low
        return parabolic.value
    if parabolic.count == 2:
        start_parabolic(address, high, low)
    sign = parabolic.direction
    ahead = high if sign > 0.0 else low
    behind = low if sign > 0.0 else high
    before_ahead = parabolic.previous_high if sign > 0.0 else parabolic.previous_low
    before_behind = parabolic.previous_low if sign > 0.0 else parabolic.previous_high
    if behind * sign <= parabolic.stop * sign:
        # The stop is hit: it turns to the extreme, outside of both bars' ranges.
        parabolic.direction = -sign
        turned = higher(parabolic.extreme * sign, before_ahead * sign, ahead * sign)
        parabolic.value = turned * sign
        parabolic.factor = parabolic.acceleration
        parabolic.extreme = behind
        following = turned + parabolic.factor * (behind * sign - turned)
        parabolic.stop = higher(following, before_ahead * sign, ahead * sign) * sign
    else:
        parabolic.value = parabolic.stop
        if ahead * sign > parabolic.extreme * sign:
            parabolic.extreme = ahead
            faster = parabolic.factor + parabolic.acceleration
            parabolic.factor = faster if faster < parabolic.maximum else parabolic.maximum
        following = parabolic.stop + parabolic.factor * (parabolic.extreme - parabolic.stop)
        parabolic.stop = higher(-following * sign, -before_behind * sign, -behind * sign) * -sign
    parabolic.previous_high = high
    parabolic.previous_low = low
    return parabolic.value


@method
def update_supertrend(address: int, high: float, low: float, close: float) -> float:
    """Take in a bar: a band only comes nearer, until the close before was beyond it."""
    trend = supertrend_at(address)
    if (high - high) + (low - low) + (close - close) != 0.0:
        return trend.value
    trend.count += 1
    distance = trend.multiplier * update_atr(address_of(trend.range), high, low, close)
    previous = trend.previous_close
    trend.previous_close = close
    if not trend.range.ready:
        return trend.value
    middle = (high + low) / 2.0
    upper, lower = middle + distance, middle - distance
    if not trend.ready:
        trend.ready = True
        trend.direction = 1.0
    else:
        if upper > trend.upper and previous <= trend.upper:
            upper = trend.upper
        if lower < trend.lower and previous >= trend.lower:
            lower = trend.lower
        if trend.direction > 0.0:
            trend.direction = -1.0 if close < lower else 1.0
        else:
            trend.direction = 1.0 if close > upper else -1.0
    trend.upper = upper
    trend.lower = lower
    trend.value = lower if trend.direction > 0.0 else upper
    return trend.value


class DirectionalMovement(BarIndicator):
    """Wilder's directional movement: +DI, −DI and their index DX, 0 to 100.

    Parameters
    ----------
    length : int
        Bars in Wilder's sums, at least 2.

    Attributes
    ----------
    plus_di, minus_di : float
        Upward and downward movement in percent of the true range.
    dx : float
        Directional index; `value` is the same.

    Notes
    -----
    Of ``high − high'`` and ``low' − low`` the larger, if positive, is the bar's movement. Sums of movements and true
    ranges lose 1/n of themselves a bar; the first n − 1 are added up, as in TA-Lib. ``±DI = 100 · ΣDM / ΣTR``, 0
    without range; ``dx = 100 · |+DI − −DI| / (+DI + −DI)``, and as before where nothing moved.

    References
    ----------
    J. Welles Wilder, *New Concepts in Technical Trading Systems* (1978). TA-Lib: ``PLUS_DI``, ``MINUS_DI``, ``DX``.
    """

    dtype = MOVEMENT_STATE
    methods = {"update": update_movement}
    outputs = ("plus_di", "minus_di", "dx")
    limits = {"length": (2, 1_000_000)}
    plus_di: float
    minus_di: float
    dx: float

    def __init__(self, length: int = 14) -> None:
        super().__init__(length=length)

    @property
    def warm_up(self) -> int:
        """The movements, and the bar before them."""
        return int(self.arguments["length"]) + 1


class ADX(BarIndicator):
    """Average directional index: how strong a trend is, 0 to 100, whichever way it goes.

    Parameters
    ----------
    length : int
        Bars in Wilder's sums and in the average, at least 2.

    Attributes
    ----------
    adx : float
        The average; `value` is the same.
    plus_di, minus_di, dx : float
        See `DirectionalMovement`.

    Notes
    -----
    ``adx = (adx · (n − 1) + dx) / n``, started by the mean of the first n indices; a bar after which nothing has moved
    leaves it as it is, as in TA-Lib.

    References
    ----------
    J. Welles Wilder, *New Concepts in Technical Trading Systems* (1978). TA-Lib: ``ADX``.
    """

    dtype = ADX_STATE
    methods = {"update": update_adx}
    outputs = ("adx", "plus_di", "minus_di", "dx")
    limits = {"length": (2, 1_000_000)}
    adx: float
    plus_di: float
    minus_di: float
    dx: float

    def __init__(self, length: int = 14) -> None:
        super().__init__(length=length)

    def parts(self) -> dict[str, Indicator]:
        """Both movements."""
        return {"movement": DirectionalMovement(int(self.arguments["length"]))}

    @property
    def warm_up(self) -> int:
        """Of the movements, and the average of their index."""
        return 2 * int(self.arguments["length"])


class ADXR(BarIndicator):
    """Average directional index rating: the mean of the index now and `length` − 1 bars ago.

    Parameters
    ----------
    length : int
        Of the index, and one more than the bars between the two, at least 2.

    Notes
    -----
    ``value = (ADX + ADX') / 2``, ADX' the index n − 1 bars before, as in TA-Lib (Wilder: n bars).

    References
    ----------
    J. Welles Wilder, *New Concepts in Technical Trading Systems* (1978). TA-Lib: ``ADXR``.
    """

    dtype = ADXR_STATE
    methods = {"update": update_adxr}
    limits = {"length": (2, 1_000_000)}

    def __init__(self, length: int = 14) -> None:
        super().__init__(length=length)

    def parts(self) -> dict[str, Indicator]:
        """The index, and its past."""
        length = int(self.arguments["length"])
        return {"index": ADX(length), "earlier": Momentum(length - 1)}

    @property
    def warm_up(self) -> int:
        """Of the index, and as many bars less one again."""
        return 3 * int(self.arguments["length"]) - 1


class Aroon(HighLowIndicator):
    """Aroon: how long ago the highest high and the lowest low were, 100 for the newest bar.

    Parameters
    ----------
    length : int
        Bars back from the newest, at least 1.

    Attributes
    ----------
    up, down : float
        For the highest high and the lowest low.
    oscillator : float
        Their difference, −100 to 100; `value` is the same.

    Notes
    -----
    ``up = 100 · (n − bars since the highest high of n + 1 bars) / n``, ``down`` alike, ``oscillator = up − down``; of
    equal extremes the latest counts.

    References
    ----------
    Tushar Chande, *A Time Price Oscillator*, Stocks & Commodities 13:9 (1995). TA-Lib: ``AROON``, ``AROONOSC``.
    """

    dtype = AROON_STATE
    methods = {"update": update_aroon}
    outputs = ("up", "down", "oscillator")
    up: float
    down: float
    oscillator: float

    def __init__(self, length: int = 25) -> None:
        super().__init__(length=length)

    def parts(self) -> dict[str, Indicator]:
        """The extremes of one bar more than its length."""
        return extremes(self.arguments["length"] + 1)

    @property
    def warm_up(self) -> int:
        """The newest bar, and those before it."""
        return int(self.arguments["length"]) + 1


class Choppiness(BarIndicator):
    """Choppiness index: near 100 where prices go sideways, near 0 in a straight trend.

    Parameters
    ----------
    length : int
        Bars it spans, at least 2.

    Notes
    -----
    ``value = 100 · log₁₀(ΣTR / (H − L)) / log₁₀ n``, H and L the highest high and the lowest low of the n bars; 100
    where they did not move at all. Each true range has a close before it.

    References
    ----------
    E. W. Dreiss's index, in Bill Dreiss, *The Choppiness Index* (1993).
    """

    dtype = CHOPPINESS_STATE
    methods = {"update": update_choppiness}
    limits = {"length": (2, 1_000_000)}

    def __init__(self, length: int = 14) -> None:
        super().__init__(length=length)

    def parts(self) -> dict[str, Indicator]:
        """The sum of true ranges, and the extremes."""
        length = int(self.arguments["length"])
        return {"ranges": RollingSum(length), **extremes(length)}

    @property
    def warm_up(self) -> int:
        """The bars, and the close before them."""
        return int(self.arguments["length"]) + 1


class ParabolicSAR(HighLowIndicator):
    """Parabolic stop and reverse: a stop that follows a trend ever faster.

    Parameters
    ----------
    acceleration : float
        The factor at first, and what each new extreme adds to it.
    maximum : float
        Most that the factor becomes.

    Attributes
    ----------
    direction : float
        1 where the stop lies below the market, −1 where above; on a bar that hits the stop, already the new one.

    Notes
    -----
    ``stop += factor · (extreme − stop)``, held off the ranges of the last two bars; where it is hit it turns to the
    extreme. The first direction is down where the second bar's low fell, by more than its high rose, else up; the first
    stop is the first bar's low or high, as in TA-Lib.

    References
    ----------
    J. Welles Wilder, *New Concepts in Technical Trading Systems* (1978). TA-Lib: ``SAR``.
    """

    dtype = PARABOLIC_STATE
    methods = {"update": update_parabolic}
    outputs = ("value", "direction")
    direction: float
    acceleration: float
    maximum: float

    def __init__(self, acceleration: float = 0.02, maximum: float = 0.2) -> None:
        super().__init__(acceleration=acceleration, maximum=maximum)
        if not 0.0 < acceleration <= maximum:
            message = f"ParabolicSAR: acceleration {acceleration} must be above zero and at most maximum {maximum}"
            raise InvalidRequestError(message)

    @property
    def warm_up(self) -> int:
        """Two bars tell the first direction."""
        return 2


class Supertrend(BarIndicator):
    """Supertrend: a stop some average true ranges from the middle of the bar, which turns when the close crosses it.

    Parameters
    ----------
    length : int
        Of the average true range.
    multiplier : float
        Average true ranges between the middle of the bar and a band.

    Attributes
    ----------
    direction : float
        1 in a rising trend, where `value` is the lower band; −1 in a falling one, where it is the upper.
    upper, lower : float
        The bands.

    Notes
    -----
    ``upper, lower = (high + low)/2 ± m·ATR``; the upper band only falls while the close before was not above it, the
    lower only rises while it was not below. The trend turns when the close crosses its band. It starts as rising.

    References
    ----------
    Olivier Seban, *Tout le monde mérite d'être riche* (2009).
    """

    dtype = SUPERTREND_STATE
    methods = {"update": update_supertrend}
    outputs = ("value", "direction", "upper", "lower")
    direction: float
    upper: float
    lower: float
    multiplier: float

    def __init__(self, length: int = 10, multiplier: float = 3.0) -> None:
        super().__init__(length=length, multiplier=multiplier)

    def parts(self) -> dict[str, Indicator]:
        """The average true range."""
        return {"range": ATR(int(self.arguments["length"]))}

    @property
    def warm_up(self) -> int:
        """The true ranges, and the close before them."""
        return int(self.arguments["length"]) + 1
