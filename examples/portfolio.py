"""The strongest of twelve made-up stocks, chosen monthly, under risk limits; the run goes into a folder."""

import atlas
from atlas import GeneratorSettings, Limits
from atlas.strategy.shipped import make_strategy

SYMBOLS = [f"STOCK{number:02}" for number in range(1, 13)]
DAYS = 1_500

if __name__ == "__main__":
    market = GeneratorSettings(timeframe="1d", correlation=0.3, annual_drift=0.07, average_volume=2e6)
    bars = atlas.generate_bars(SYMBOLS, DAYS, seed=7, settings=market)
    result = atlas.backtest(
        make_strategy("momentum", {"top": 4}),
        bars,
        fees=0.0005,
        slippage_bps=2,
        limits=Limits(position_fraction=0.35, drawdown=0.4),
    )
    print(result)
    for assumption in result.assumptions:
        print(f"  {assumption.name}: {assumption.value}{' (relaxed)' if assumption.relaxed else ''}")
    print("run folder:", result.save("runs/portfolio"))
