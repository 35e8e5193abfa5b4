"""Momentum of one series: changes over a distance, and the strength of rises against falls."""

from __future__ import annotations

from atlas.kernel.indicators.averages import EMA, EMA_STATE, update_ema
from atlas.kernel.indicators.declaration import Indicator, method, state, warm_method
from atlas.kernel.indicators.inputs import PriceIndicator
from atlas.kernel.indicators.rolling import wrapped
from atlas.kernel.memory.compilation import kernel_function
from atlas.kernel.memory.intrinsics import address_of, load_float, record_at, store_float

RSI_STATE = state(("previous", "f8"), ("average_gain", "f8"), ("average_loss", "f8"))
DELAY_STATE = state()
CMO_STATE = state(("strength", RSI_STATE))
TRIX_STATE = state(("first", EMA_STATE), ("second", EMA_STATE), ("third", EMA_STATE), ("previous", "f8"))
rsi_at, delay_at = record_at(RSI_STATE), record_at(DELAY_STATE)
cmo_at, trix_at = record_at(CMO_STATE), record_at(TRIX_STATE)


@kernel_function
def strength(gain: float, loss: float) -> float:
    """Give the index for an average gain and loss; 50 when nothing moved."""
    total = gain + loss
    return 100.0 * (gain / total) if total > 0.0 else 50.0


@warm_method
def update_rsi(address: int, price: float) -> float:
    """Take in a price; the mean of the first `length` changes starts both averages."""
    rsi = rsi_at(address)
    if price - price != 0.0:
        return rsi.value
    rsi.count += 1
    change = price - rsi.previous
    rsi.previous = price
    if rsi.count == 1:
        return rsi.value
    gain = change if change > 0.0 else 0.0
    loss = -change if change < 0.0 else 0.0
    if rsi.count <= rsi.length + 1:
        rsi.average_gain += gain
        rsi.average_loss += loss
        if rsi.count <= rsi.length:
            return rsi.value
        rsi.ready = True
    else:
        rsi.average_gain = rsi.average_gain * (rsi.length - 1) + gain
        rsi.average_loss = rsi.average_loss * (rsi.length - 1) + loss
    rsi.average_gain /= rsi.length
    rsi.average_loss /= rsi.length
    rsi.value = strength(rsi.average_gain, rsi.average_loss)
    return rsi.value


@kernel_function
def push_delayed(address: int, price: float) -> float:
    """Put a price into the ring and give the one that stood `length` inputs before it, 0 where there was none."""
    delay = delay_at(address)
    slot = address + delay.window_offset + delay.position * 8
    old = load_float(slot)
    store_float(slot, price)
    delay.position = wrapped(delay.position + 1, delay.length)
    delay.count += 1
    return old


@kernel_function
def percent_change(price: float, before: float) -> float:
    """Give by how many percent a price lies above an earlier one, 0 where that was zero."""
    return (price / before - 1.0) * 100.0 if before != 0.0 else 0.0


@method
def update_momentum(address: int, price: float) -> float:
    """Take in a price."""
    momentum = delay_at(address)
    if price - price != 0.0:
        return momentum.value
    before = push_delayed(address, price)
    if momentum.count > momentum.length:
        momentum.ready = True
        momentum.value = price - before
    return momentum.value


@method
def update_roc(address: int, price: float) -> float:
    """Take in a price."""
    roc = delay_at(address)
    if price - price != 0.0:
        return roc.value
    before = push_delayed(address, price)
    if roc.count > roc.length:
        roc.ready = True
        roc.value = percent_change(price, before)
    return roc.value


@method
def update_cmo(address: int, price: float) -> float:
    """Take in a price; the averages are those of the index of strength."""
    cmo = cmo_at(address)
    if price - price != 0.0:
        return cmo.value
    cmo.count += 1
    update_rsi(address_of(cmo.strength), price)
    if cmo.strength.ready:
        gain, loss = cmo.strength.average_gain, cmo.strength.average_loss
        cmo.ready = True
        cmo.value = 100.0 * ((gain - loss) / (gain + loss)) if gain + loss > 0.0 else 0.0
    return cmo.value


@method
def update_trix(address: int, price: float) -> float:
    """Take in a price."""
    trix = trix_at(address)
    if price - price != 0.0:
        return trix.value
    trix.count += 1
    first = update_ema(address_of(trix.first), price)
    third = update_ema(address_of(trix.third), update_ema(address_of(trix.second), first))
    if trix.third.count > trix.length:
        trix.ready = True
        trix.value = percent_change(third, trix.previous)
    trix.previous = third
    return trix.value


class RSI(PriceIndicator):
    """Wilder's relative strength index, 0 to 100.

    Parameters
    ----------
    length : int
        Changes in the averages, at least 1; usually 14.

    Notes
    -----
    ``value = 100 · G / (G + L)``, G and L Wilder's averages of rises and falls, each started by the mean of the first
    n, as in TA-Lib; 50 where prices did not move at all (TA-Lib: 0).

    References
    ----------
    J. Welles Wilder, *New Concepts in Technical Trading Systems* (1978). TA-Lib: ``RSI``.
    """

    dtype = RSI_STATE
    methods = {"update": update_rsi}

    def __init__(self, length: int = 14) -> None:
        super().__init__(length=length)

    @property
    def warm_up(self) -> int:
        """The changes, and the price before them."""
        return int(self.arguments["length"]) + 1


class Momentum(PriceIndicator):
    """Change of the price over `length` inputs.

    Parameters
    ----------
    length : int
        Inputs between the two prices, at least 1.

    Notes
    -----
    ``value = p − pₙ``, pₙ the price n inputs ago.

    References
    ----------
    TA-Lib: ``MOM``.
    """

    dtype = DELAY_STATE
    methods = {"update": update_momentum}
    window_columns = 1

    def __init__(self, length: int = 10) -> None:
        super().__init__(length=length)

    @property
    def warm_up(self) -> int:
        """The distance, and the price before it."""
        return int(self.arguments["length"]) + 1


class ROC(Momentum):
    """Rate of change: by how many percent the price changed over `length` inputs.

    Parameters
    ----------
    length : int
        Inputs between the two prices, at least 1.

    Notes
    -----
    ``value = 100 · (p / pₙ − 1)``, pₙ the price n inputs ago; 0 where that was zero.

    References
    ----------
    TA-Lib: ``ROC``.
    """

    methods = {"update": update_roc}


class CMO(PriceIndicator):
    """Chande momentum oscillator, −100 to 100.

    Parameters
    ----------
    length : int
        Changes in the averages, at least 1.

    Notes
    -----
    ``value = 100 · (G − L) / (G + L)``, G and L Wilder's averages of rises and falls as in `RSI`, which is TA-Lib's
    reading (Chande took plain sums); 0 where prices did not move at all.

    References
    ----------
    Tushar Chande and Stanley Kroll, *The New Technical Trader* (1994). TA-Lib: ``CMO``.
    """

    dtype = CMO_STATE
    methods = {"update": update_cmo}

    def __init__(self, length: int = 14) -> None:
        super().__init__(length=length)

    def parts(self) -> dict[str, Indicator]:
        """The averages of rises and falls."""
        return {"strength": RSI(int(self.arguments["length"]))}

    @property
    def warm_up(self) -> int:
        """The changes, and the price before them."""
        return int(self.arguments["length"]) + 1


class TRIX(PriceIndicator):
    """Change, in percent, of a triple exponential average from one input to the next.

    Parameters
    ----------
    length : int
        Span of the three averages, at least 1.

    Notes
    -----
    ``value = 100 · (e₃ / e₃' − 1)``, e₃ = EMA(EMA(EMA(p))), e₃' the one before; each average is started by the mean of
    the first n values it gets; 0 where e₃' is zero.

    References
    ----------
    Jack Hutson, *Good TRIX*, Stocks & Commodities 1:5 (1983). TA-Lib: ``TRIX``.
    """

    dtype = TRIX_STATE
    methods = {"update": update_trix}

    def __init__(self, length: int = 30) -> None:
        super().__init__(length=length)

    def parts(self) -> dict[str, Indicator]:
        """Three averages of one length."""
        length = int(self.arguments["length"])
        return {"first": EMA(length), "second": EMA(length), "third": EMA(length)}

    @property
    def warm_up(self) -> int:
        """Of three averages in a row, and one more."""
        return 3 * int(self.arguments["length"]) - 1
