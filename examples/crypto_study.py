"""Hourly bars of two coins, priced in tethers, in an account that keeps its books in euros.

    python crypto_study.py [FOLDER]

FOLDER holds btcusdt_1h.parquet and ethusdt_1h.parquet: the columns ts (the start of each bar), open, high, low, close
and volume_base. Without one the study makes itself a market of a year, around the clock.
"""

import sys
from pathlib import Path
from typing import Any

import atlas
from atlas import ATR, Bars, Donchian, GeneratorSettings, Instrument, Strategy

COINS = ("BTCUSDT", "ETHUSDT")
EURO_IN_DOLLARS = 1.18


class Breakout(Strategy):
    """Long above the highest price of the last hours while the day is up, less of it the wilder the hours are."""

    channel: Donchian = Donchian(48)
    range: ATR = ATR(24)
    daily: Bars = Bars("1d", 5)
    risk: float = 0.01
    most: float = 0.45
    upper: float = 0.0
    lower: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        """Compare with the channel as it was before this hour."""
        self.daily.update(bar)
        if self.channel.ready and self.range.ready and self.daily.ready:
            rises = self.daily.close > self.daily.close_at(4)
            if bar.close > self.upper and rises:
                weight = self.risk * bar.close / self.range.value
                ctx.target_weight(bar.instrument, min(weight, self.most))
            elif bar.close < self.lower:
                ctx.target_weight(bar.instrument, 0.0)
        self.channel.update(bar.high, bar.low)
        self.range.update(bar.high, bar.low, bar.close)
        self.upper, self.lower = self.channel.upper, self.channel.lower


def market(folder: str) -> atlas.BarHistory:
    """Read the folder's files, or make a market where there is none."""
    described = {coin: Instrument(coin, currency="USDT") for coin in COINS}
    if folder:
        files = {coin: Path(folder) / f"{coin.lower()}_1h.parquet" for coin in COINS}
        absent = [str(file) for file in files.values() if not file.is_file()]
        if absent:
            sys.exit(f"these files are missing: {', '.join(absent)}")
        columns = {"volume": "volume_base"}
        return atlas.load_bars(files, columns=columns, instruments=described)
    print("no folder given: a made-up year of two coins")
    hours = GeneratorSettings(timeframe="1h", session="24h", annual_volatility=0.8, correlation=0.7, annual_drift=0.5)
    made = atlas.generate_bars(COINS, 365 * 24, seed=12, settings=hours)
    return atlas.load_bars({coin: made.to_frame(coin) for coin in COINS}, instruments=described)


if __name__ == "__main__":
    bars = market(sys.argv[1] if len(sys.argv) > 1 else "")
    account: dict[str, Any] = {"currency": "EUR", "rates": {"USDT": 1 / EURO_IN_DOLLARS}, "fees": 0.001}
    found = atlas.optimize(Breakout, bars, channel=[24, 48, 96, 168], range=[12, 24, 48], **account)
    print(found)
    print()
    print(found.heatmap("channel", "range"))
    best = found.best
    print(f"\n{best}")
    print(best.by_symbol.to_string(index=False))
    print("report:", best.report("crypto_study.html"))
