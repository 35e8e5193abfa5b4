"""The crossing of two averages on twenty years of the S&P 500."""

import atlas
from atlas import SMA, Strategy


class SmaCross(Strategy):
    """Long while the fast average is above the slow one."""

    fast: SMA = SMA(10)
    slow: SMA = SMA(30)
    weight: float = 0.95

    def on_bar(self, ctx, bar):
        """Ask for the weight or for nothing."""
        fast, slow = self.fast.update(bar.close), self.slow.update(bar.close)
        if self.slow.ready:
            ctx.target_weight(bar.instrument, self.weight if fast > slow else 0.0)


if __name__ == "__main__":
    result = atlas.backtest(SmaCross(), data="sp500", cash=100_000, fees=0.001)
    print(result)
    print("report:", result.report("sma_cross.html"))
