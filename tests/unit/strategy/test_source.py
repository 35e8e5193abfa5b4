"""Where the text of a strategy comes from: files, and shells that keep what is typed."""

from __future__ import annotations

import linecache
from typing import Any

import pytest

from atlas.backtest.run import backtest
from atlas.records.errors import StrategyCompileError
from tests.unit.backtest.samples import market

TYPED = """
from atlas import Strategy

class Typed(Strategy):
    def on_bar(self, ctx, bar):
        ctx.target(bar.instrument, 1.0)
"""


def typed(file: str) -> Any:
    """The class as a shell makes it."""
    space: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(TYPED, file, "exec"), space)
    return space["Typed"]


def test_a_shell_that_keeps_what_is_typed_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    file = "<ipython-input-1-abc>"
    monkeypatch.setitem(linecache.cache, file, (len(TYPED), None, TYPED.splitlines(keepends=True), file))
    assert len(backtest(typed(file), market()).fill_records) == 1


def test_a_shell_that_keeps_nothing_is_told_what_to_do() -> None:
    with pytest.raises(
        StrategyCompileError, match=r"Typed.on_bar can't be found; plain Python keeps no text"
    ) as caught:
        backtest(typed("<stdin>"), market())
    assert "save the class in a file and import it, or type it into IPython or a notebook" in str(caught.value)
    assert "<stdin>" not in str(caught.value)


def test_the_text_of_something_else_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    file, other = "<python-input-3>", "# a module of the shell itself\n" * 9
    monkeypatch.setitem(linecache.cache, file, (len(other), None, other.splitlines(keepends=True), file))
    with pytest.raises(StrategyCompileError, match="plain Python keeps no text"):
        backtest(typed(file), market())
