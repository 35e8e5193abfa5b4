"""Indicators of prices and the volume traded at them."""

from __future__ import annotations

import math

from atlas.kernel.indicators.declaration import Indicator, method, state
from atlas.kernel.indicators.inputs import PriceVolumeIndicator, VolumeBarIndicator
from atlas.kernel.indicators.rolling import SUM_STATE, RollingSum, update_sum
from atlas.kernel.memory.compilation import kernel_function
from atlas.kernel.memory.intrinsics import address_of, record_at
from atlas.records.errors import InvalidRequestError

WEIGHTED_STATE = state(("amounts", SUM_STATE), ("volumes", SUM_STATE))
VWAP_STATE = state(("session_ns", "i8"), ("offset_ns", "i8"), ("session", "i8"), ("amount", "f8"), ("volume", "f8"))
BALANCE_STATE = state(("previous", "f8"))
DISTRIBUTION_STATE = state()
CHAIKIN_STATE = state(("fast_length", "i8"), ("slow_length", "i8"), ("total", "f8"), ("fast", "f8"), ("slow", "f8"))
MONEY_FLOW_STATE = state(("previous", "f8"), ("rising", SUM_STATE), ("falling", SUM_STATE))
weighted_at, vwap_at, balance_at = record_at(WEIGHTED_STATE), record_at(VWAP_STATE), record_at(BALANCE_STATE)
distribution_at, chaikin_at = record_at(DISTRIBUTION_STATE), record_at(CHAIKIN_STATE)
money_flow_at = record_at(MONEY_FLOW_STATE)
DAY_NS = 86_400_000_000_000
# Typical prices of equal decimals differ by rounding; so small a part of a price is no change.
ROUNDING = 1e-13


@kernel_function
def advance_weighted(address: int, amount: float, volume: float) -> float:
    """Take in an amount and the volume it belongs to; the value is their ratio, and stays where there is no volume."""
    weighted = weighted_at(address)
    weighted.count += 1
    amounts = update_sum(address_of(weighted.amounts), amount)
    volumes = update_sum(address_of(weighted.volumes), volume)
    if weighted.volumes.ready and volumes != 0.0:
        weighted.ready = True
        weighted.value = amounts / volumes
    return weighted.value


@method
def update_vwma(address: int, price: float, volume: float) -> float:
    """Take in a price and its volume."""
    if (price - price) + (volume - volume) != 0.0:
        return weighted_at(address).value
    return advance_weighted(address, price * volume, volume)


@method
def update_rolling_vwap(address: int, high: float, low: float, close: float, volume: float) -> float:
    """Take in a bar."""
    if (high - high) + (low - low) + (close - close) + (volume - volume) != 0.0:
        return weighted_at(address).value
    return advance_weighted(address, (high + low + close) / 3.0 * volume, volume)


@kernel_function
def money_flow_volume(high: float, low: float, close: float, volume: float) -> float:
    """Give the volume, signed by where the close stands within the bar's range; 0 for a bar without range."""
    return ((close - low) - (high - close)) / (high - low) * volume if high > low else 0.0


@method
def update_chaikin_flow(address: int, high: float, low: float, close: float, volume: float) -> float:
    """Take in a bar."""
    if (high - high) + (low - low) + (close - close) + (volume - volume) != 0.0:
        return weighted_at(address).value
    return advance_weighted(address, money_flow_volume(high, low, close, volume), volume)


@method
def update_vwap(address: int, high: float, low: float, close: float, volume: float, time_ns: int) -> float:
    """Take in a bar and its time; a session that begins starts the sums anew."""
    vwap = vwap_at(address)
    if (high - high) + (low - low) + (close - close) + (volume - volume) != 0.0:
        return vwap.value
    session = (time_ns - vwap.offset_ns) // vwap.session_ns
    if vwap.count == 0 or session != vwap.session:
        vwap.session = session
        vwap.amount = 0.0
        vwap.volume = 0.0
    vwap.count += 1
    price = (high + low + close) / 3.0
    vwap.amount += price * volume
    vwap.volume += volume
    vwap.ready = True
    vwap.value = vwap.amount / vwap.volume if vwap.volume != 0.0 else price
    return vwap.value


@method
def update_balance(address: int, price: float, volume: float) -> float:
    """Take in a price and its volume; the first volume is where the balance starts."""
    balance = balance_at(address)
    if (price - price) + (volume - volume) != 0.0:
        return balance.value
    balance.count += 1
    if balance.count == 1:
        balance.ready = True
        balance.value = volume
    elif price > balance.previous:
        balance.value += volume
    elif price < balance.previous:
        balance.value -= volume
    balance.previous = price
    return balance.value


@method
def update_distribution(address: int, high: float, low: float, close: float, volume: float) -> float:
    """Take in a bar."""
    line = distribution_at(address)
    if (high - high) + (low - low) + (close - close) + (volume - volume) != 0.0:
        return line.value
    line.count += 1
    flow = money_flow_volume(high, low, close, volume)
    line.value = line.value + flow if line.ready else flow
    line.ready = True
    return line.value


@method
def update_chaikin(address: int, high: float, low: float, close: float, volume: float) -> float:
    """Take in a bar; the first value of the line starts both averages."""
    chaikin = chaikin_at(address)
    if (high - high) + (low - low) + (close - close) + (volume - volume) != 0.0:
        return chaikin.value
    chaikin.count += 1
    chaikin.total += money_flow_volume(high, low, close, volume)
    if chaikin.count == 1:
        chaikin.fast = chaikin.total
        chaikin.slow = chaikin.total
    else:
        chaikin.fast += (chaikin.total - chaikin.fast) * (2.0 / (chaikin.fast_length + 1.0))
        chaikin.slow += (chaikin.total - chaikin.slow) * (2.0 / (chaikin.slow_length + 1.0))
    if chaikin.count >= chaikin.slow_length:
        chaikin.ready = True
        chaikin.value = chaikin.fast - chaikin.slow
    return chaikin.value


@method
def update_money_flow(address: int, high: float, low: float, close: float, volume: float) -> float:
    """Take in a bar; the first one has no price before it."""
    flow = money_flow_at(address)
    if (high - high) + (low - low) + (close - close) + (volume - volume) != 0.0:
        return flow.value
    flow.count += 1
    price = (high + low + close) / 3.0
    previous = flow.previous
    flow.previous = price
    if flow.count == 1:
        return flow.value
    amount, change, least = price * volume, price - previous, math.fabs(price) * ROUNDING
    rising = update_sum(address_of(flow.rising), amount if change > least else 0.0)
    falling = update_sum(address_of(flow.falling), amount if change < -least else 0.0)
    if flow.falling.ready:
        flow.ready = True
        total = rising + falling
        flow.value = 100.0 * (rising / total) if total > 0.0 else 50.0
    return flow.value


class VWMA(PriceVolumeIndicator):
    """Volume-weighted moving average of the last `length` prices.

    Parameters
    ----------
    length : int
        Prices it spans, at least 1.

    Notes
    -----
    ``value = Σ(p·v) / Σv``. Where the n volumes are all zero it stays what it was, and is not ready before one of them
    is not.

    References
    ----------
    Buff Dormeier, *Investing with Volume Analysis* (2011).
    """

    dtype = WEIGHTED_STATE
    methods = {"update": update_vwma}

    def __init__(self, length: int = 20) -> None:
        super().__init__(length=length)

    def parts(self) -> dict[str, Indicator]:
        """Sums of amounts and of volumes."""
        return weighted_parts(self.arguments["length"])


class RollingVWAP(VolumeBarIndicator):
    """Volume-weighted average price of the last `length` bars.

    Parameters
    ----------
    length : int
        Bars it spans, at least 1.

    Notes
    -----
    ``value = Σ(t·v) / Σv``, t = (high + low + close) / 3. Where the n volumes are all zero it stays what it was, and is
    not ready before one of them is not.

    References
    ----------
    Berkowitz, Logue and Noser, *The Total Cost of Transactions on the NYSE*, Journal of Finance 43:1 (1988).
    """

    dtype = WEIGHTED_STATE
    methods = {"update": update_rolling_vwap}

    def __init__(self, length: int = 20) -> None:
        super().__init__(length=length)

    def parts(self) -> dict[str, Indicator]:
        """Sums of amounts and of volumes."""
        return weighted_parts(self.arguments["length"])


class VWAP(Indicator):
    """Volume-weighted average price since the session began.

    Parameters
    ----------
    session_ns : int
        Length of a session in nanoseconds; a day.
    offset_ns : int
        When sessions begin after midnight UTC: 14.5 hours for the regular session of New York in winter. A boundary
        that moves with the clocks, or a holiday, is not known here.

    Notes
    -----
    ``value = Σ(t·v) / Σv`` over the bars whose time lies in one session, t = (high + low + close) / 3; the bar's own t
    while nothing was traded. `time_ns` is the time the bar began, in nanoseconds UTC (``bar.start_ns``): a bar's end
    may lie in the next session.

    References
    ----------
    Berkowitz, Logue and Noser, *The Total Cost of Transactions on the NYSE*, Journal of Finance 43:1 (1988).
    """

    dtype = VWAP_STATE
    methods = {"update": update_vwap}
    limits = {"session_ns": (1, 366 * DAY_NS), "offset_ns": (-366 * DAY_NS, 366 * DAY_NS)}

    def __init__(self, session_ns: int = DAY_NS, offset_ns: int = 0) -> None:
        super().__init__(session_ns=session_ns, offset_ns=offset_ns)

    def update(self, high: float, low: float, close: float, volume: float, time_ns: int) -> float:
        """Take in one bar, and when it began, and give the session's average price."""
        return self.handle.update(high, low, close, volume, time_ns)


class OBV(PriceVolumeIndicator):
    """On-balance volume: volume added where the price rose, taken away where it fell.

    Notes
    -----
    ``value += v`` where p > p', ``value −= v`` where p < p'; it starts with the first volume, as in TA-Lib.

    References
    ----------
    Joseph Granville, *Granville's New Key to Stock Market Profits* (1963). TA-Lib: ``OBV``.
    """

    dtype = BALANCE_STATE
    methods = {"update": update_balance}

    def __init__(self) -> None:
        super().__init__()


class AccumulationDistribution(VolumeBarIndicator):
    """Accumulation/distribution line: volume signed by where the close stands within the bar, summed up.

    Notes
    -----
    ``value += ((close − low) − (high − close)) / (high − low) · v``; a bar without range adds nothing.

    References
    ----------
    Marc Chaikin's line. TA-Lib: ``AD``.
    """

    dtype = DISTRIBUTION_STATE
    methods = {"update": update_distribution}

    def __init__(self) -> None:
        super().__init__()


class ChaikinOscillator(VolumeBarIndicator):
    """Chaikin oscillator: a fast average of the accumulation/distribution line less a slow one.

    Parameters
    ----------
    fast_length, slow_length : int
        Spans of the two averages; the slow one is the longer.

    Notes
    -----
    ``value = EMA(AD, fast) − EMA(AD, slow)``; both averages start with the line's first value, as in TA-Lib.

    References
    ----------
    Marc Chaikin's oscillator. TA-Lib: ``ADOSC``.
    """

    dtype = CHAIKIN_STATE
    methods = {"update": update_chaikin}

    def __init__(self, fast_length: int = 3, slow_length: int = 10) -> None:
        super().__init__(fast_length=fast_length, slow_length=slow_length)
        if fast_length >= slow_length:
            message = f"ChaikinOscillator: fast_length {fast_length} must be below slow_length {slow_length}"
            raise InvalidRequestError(f"{message}; exchange them")

    @property
    def warm_up(self) -> int:
        """Of the slow average."""
        return int(self.arguments["slow_length"])


class ChaikinMoneyFlow(VolumeBarIndicator):
    """Chaikin money flow: the share of volume that was accumulated less the share distributed, −1 to 1.

    Parameters
    ----------
    length : int
        Bars it spans, at least 1.

    Notes
    -----
    ``value = Σ(((close − low) − (high − close)) / (high − low) · v) / Σv``; a bar without range adds only its volume.
    Where the n volumes are all zero it stays what it was, and is not ready before one of them is not.

    References
    ----------
    Marc Chaikin's money flow; Steven Achelis, *Technical Analysis from A to Z* (2000).
    """

    dtype = WEIGHTED_STATE
    methods = {"update": update_chaikin_flow}

    def __init__(self, length: int = 20) -> None:
        super().__init__(length=length)

    def parts(self) -> dict[str, Indicator]:
        """Sums of flows and of volumes."""
        return weighted_parts(self.arguments["length"])


class MFI(VolumeBarIndicator):
    """Money flow index: relative strength of the money traded at rising and falling prices, 0 to 100.

    Parameters
    ----------
    length : int
        Changes it spans, at least 1.

    Notes
    -----
    ``t = (high + low + close) / 3``; ``value = 100 · Σ⁺(t·v) / (Σ⁺(t·v) + Σ⁻(t·v))`` over n bars whose t rose or fell,
    by more than rounding; 50 where none did (TA-Lib: 0, and also where the sum is below 1).

    References
    ----------
    Gene Quong and Avrum Soudack, *Volume-Weighted RSI: Money Flow*, Stocks & Commodities 7:3 (1989). TA-Lib: ``MFI``.
    """

    dtype = MONEY_FLOW_STATE
    methods = {"update": update_money_flow}

    def __init__(self, length: int = 14) -> None:
        super().__init__(length=length)

    def parts(self) -> dict[str, Indicator]:
        """Sums of money at rising and at falling prices."""
        length = int(self.arguments["length"])
        return {"rising": RollingSum(length), "falling": RollingSum(length)}

    @property
    def warm_up(self) -> int:
        """The changes, and the price before them."""
        return int(self.arguments["length"]) + 1


def weighted_parts(length: float) -> dict[str, Indicator]:
    """Return the parts for a ratio of two sums of `length` bars."""
    return {"amounts": RollingSum(int(length)), "volumes": RollingSum(int(length))}
