"""The texts that `atlas new strategy` writes; MODULE_NAME and CLASS_NAME stand for the name that was asked for."""

from __future__ import annotations

from typing import Final

STRATEGY: Final = '''"""The strategy MODULE_NAME: say here in a line what it does."""

from atlas import EMA, RSI, Strategy


class CLASS_NAME(Strategy):
    """Long while the fast average is above the slow one and the market is not overheated; out below a stop."""

    # Parameters. Change them in run.yaml, or with --set strategy.parameters.fast=8. A number given to an indicator sets
    # its first argument, the bars it looks at.
    fast: EMA = EMA(12)
    slow: EMA = EMA(48)
    strength: RSI = RSI(14)
    weight: float = 0.9  # part of the equity that a position is
    loss: float = 0.1  # distance of the stop below the price that was paid, as a fraction of it

    # State: fields are all that a strategy remembers, one set of them for each instrument.
    stop: float = 0.0
    stopped: bool = False

    def on_bar(self, ctx, bar):
        # Called at the end of each bar. What is asked for here acts from the next bar on, never in this one.
        fast, slow = self.fast.update(bar.close), self.slow.update(bar.close)
        strength = self.strength.update(bar.close)
        if not self.slow.ready:
            return  # the averages have not seen enough bars yet
        if fast < slow:
            self.stopped = False  # the next trend may be entered again
        elif bar.close < self.stop:
            self.stopped = True
        if fast < slow or self.stopped:
            ctx.target_weight(bar.instrument, 0.0)
        elif strength < 70.0:
            # Asking for the same weight again does nothing. Other verbs: ctx.buy, ctx.sell, ctx.close, ...
            ctx.target_weight(bar.instrument, self.weight)

    def on_fill(self, ctx, fill):
        # Called after each fill.
        self.stop = fill.price * (1.0 - self.loss) if fill.side > 0 else 0.0
        ctx.log("{} at {:.2f}", fill.quantity, fill.price)  # these lines are in `result.log`
'''

RUN: Final = """# yaml-language-server: $schema=run.schema.json
#
# A backtest of MODULE_NAME.py: atlas backtest run.yaml
# Every key: docs/configuration.md. Editors that know the line above complete keys and say what they mean.
id: MODULE_NAME
mode: backtest
strategy:
  type: MODULE_NAME.py:CLASS_NAME # a file beside this one, and the class in it
  parameters: {fast: 12, slow: 48, weight: 0.9, loss: 0.1}

# Shipped daily bars to begin with. Your own: {type: file, path: bars.csv}, beside this file, with the columns
# time, open, high, low, close and volume.
data_source: {type: shipped, path: sp500}
startDate: 2005-01-01
endDate: 2014-12-31

initialCapital: 100000
commission: 0.0005 # fraction of each fill's value
slippage: {fixedBps: 1} # basis points that market and stop orders fill away from the price
riskLimits: {maxDrawdown: 0.5}
"""

TEST: Final = '''"""Tests of MODULE_NAME: python -m pytest"""

from pathlib import Path

import atlas

DOCUMENT = Path(__file__).with_name("run.yaml")


def test_it_trades_and_ends_without_an_error():
    result = atlas.run_document(atlas.load_run(DOCUMENT))
    assert result.error is None
    assert result.summary.total_trades > 0


def test_a_second_run_does_the_same():
    first, second = (atlas.run_document(atlas.load_run(DOCUMENT)) for _ in range(2))
    assert first.fingerprint == second.fingerprint


def test_shorter_averages_trade_more():
    slow, fast = (
        atlas.run_document(atlas.load_run(DOCUMENT, [f"strategy.parameters.slow={length}"])) for length in (96, 24)
    )
    assert fast.summary.total_trades > slow.summary.total_trades
'''
