"""What indicators are updated with: a base class for each kind of input."""

from __future__ import annotations

from atlas.kernel.indicators.declaration import Indicator


class PriceIndicator(Indicator):
    """Base of indicators of one series, usually closes."""

    def update(self, price: float) -> float:
        """Take in one price and give `value`, NaN until `ready`."""
        return self.handle.update(price)


class PairIndicator(Indicator):
    """Base of indicators of two series."""

    def update(self, price: float, other: float) -> float:
        """Take in one value of each series and give `value`, NaN until `ready`."""
        return self.handle.update(price, other)


class PriceVolumeIndicator(Indicator):
    """Base of indicators of a price and the volume traded at it."""

    def update(self, price: float, volume: float) -> float:
        """Take in a price and its volume and give `value`, NaN until `ready`."""
        return self.handle.update(price, volume)


class HighLowIndicator(Indicator):
    """Base of indicators of the highs and lows of bars."""

    def update(self, high: float, low: float) -> float:
        """Take in one bar's high and low and give `value`, NaN until `ready`."""
        return self.handle.update(high, low)


class BarIndicator(Indicator):
    """Base of indicators of the highs, lows and closes of bars."""

    def update(self, high: float, low: float, close: float) -> float:
        """Take in one bar and give `value`, NaN until `ready`."""
        return self.handle.update(high, low, close)


class VolumeBarIndicator(Indicator):
    """Base of indicators of bars with their volume."""

    def update(self, high: float, low: float, close: float, volume: float) -> float:
        """Take in one bar and give `value`, NaN until `ready`."""
        return self.handle.update(high, low, close, volume)
