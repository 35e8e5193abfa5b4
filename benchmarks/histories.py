"""The benchmark's bars and rules as Atlas takes them, for every script that runs the engine."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from atlas.backtest.engine import Engine
from atlas.backtest.outputs import OutputLog, written_rows
from atlas.backtest.settings import RunSettings
from atlas.data.bars import BarColumns, BarHistory, build_history
from atlas.kernel.exchange.create import FeeRule
from atlas.kernel.memory.block import Block
from atlas.records.instruments import BarSpecification, Instrument
from atlas.strategy.base import Strategy
from benchmarks.bars import MINUTE_NS
from benchmarks.peers.measure import CASH, FEE


def history_of(bars: NDArray[np.void]) -> BarHistory:
    """Turn the benchmark's bars into one instrument's history."""
    prices = {name: np.ascontiguousarray(bars[name]) for name in ("open", "high", "low", "close")}
    volume = np.ascontiguousarray(bars["volume"])
    starts = bars["time_ns"] - MINUTE_NS
    return build_history([BarColumns(Instrument("TEST"), BarSpecification(MINUTE_NS), starts, prices, volume)])


def settings_of(mode: str = "compiled", **other: Any) -> RunSettings:
    """Give the rules: 0.1% a fill, at the next open, quantity resolved there, no volume cap (a relaxation)."""
    given = {"cash": CASH, "fees": FeeRule(maker_rate=FEE, taker_rate=FEE), "volume_share": 0.0, "mode": mode}
    return RunSettings(**{**given, **other})


def make_engine(history: BarHistory, strategy: Strategy, settings: RunSettings) -> Engine:
    """Make a run as the front door makes it."""
    return Engine(history, [strategy], settings.engine_setup(history))


class DiscardingLog(OutputLog):
    """Takes the outputs over as a journal would, copied once, and forgets them.

    Parameters
    ----------
    block : Block
        The trader's.

    Attributes
    ----------
    row_count : int
        Rows of 64 bytes taken over.
    """

    def __init__(self, block: Block) -> None:
        super().__init__(block)
        self.row_count = 0
        self._room = np.empty((block.capacity("outputs"), 8), np.int64)

    def drain(self) -> None:
        """Take over what the kernel wrote."""
        rows = written_rows(self._block)
        np.copyto(self._room[: len(rows)], rows)
        self.row_count += len(rows)
        world = self._block.rows("world")[0]
        world["outputs_drained"] = world["outputs_written"]
