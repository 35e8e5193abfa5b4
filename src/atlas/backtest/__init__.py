"""Runs trader and exchange over history, and the result that a user gets.

Here live the host's side of a backtest: sizes, blocks, the loop around the compiled loop, the run folder. No trading
logic: that is the kernel's. No live trading: `atlas.live` shares the kernel with this room and nothing more.

The room itself can be called: `atlas.backtest(...)` is `atlas.backtest.run.backtest(...)`.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inspect import Signature

    from atlas.backtest.result import BacktestResult


class _CallableRoom(ModuleType):
    """A module that is called like the function whose name it has: importing its files must not hide the function."""

    def __call__(self, *arguments: Any, **keywords: Any) -> BacktestResult:
        from atlas.backtest.run import backtest

        return backtest(*arguments, **keywords)

    @property
    def __signature__(self) -> Signature:
        from inspect import signature

        from atlas.backtest.run import backtest

        return signature(backtest)


sys.modules[__name__].__class__ = _CallableRoom
