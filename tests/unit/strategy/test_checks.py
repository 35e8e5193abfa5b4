"""What is outside the language is told with its line: some of it only keeps a strategy from being compiled."""

from __future__ import annotations

from pathlib import Path

import pytest

from atlas.kernel.memory.compilation import PLAIN
from atlas.records.errors import StrategyCompileError, StrategyError
from atlas.strategy.base import Strategy
from atlas.strategy.definition import definition_of
from tests.unit.strategy import refused
from tests.unit.strategy.desk import Desk

DOCUMENT = Path(__file__).parents[3] / "docs" / "strategy-language.md"
compiled_only = pytest.mark.skipif(PLAIN, reason="nothing is compiled in plain mode")


@compiled_only
@pytest.mark.parametrize(("strategy", "reason"), refused.INTERPRETED, ids=lambda item: getattr(item, "__name__", ""))
def test_what_cannot_be_compiled_runs_interpreted(strategy: type[Strategy], reason: str) -> None:
    desk = Desk(strategy, "auto")
    assert desk.bound.mode == "interpreted"
    assert reason in desk.bound.fallback_reason
    assert f"{refused.__file__}:" in desk.bound.fallback_reason
    desk.bars([100.0, 101.0])


@compiled_only
def test_required_compilation_raises_with_line_and_reason() -> None:
    with pytest.raises(StrategyCompileError, match="f-strings are not compiled") as caught:
        Desk(refused.FormattedText, "auto", compile="require")
    lines = Path(refused.__file__).read_text().splitlines()
    assert 'ctx.log(f"close' in lines[caught.value.line - 1]
    assert caught.value.hook == "on_bar"


@pytest.mark.parametrize(
    ("strategy", "reason", "text"), refused.REFUSED, ids=lambda item: getattr(item, "__name__", "")
)
def test_a_mistake_is_refused_before_anything_runs(strategy: type[Strategy], reason: str, text: str) -> None:
    with pytest.raises(StrategyError) as caught:
        definition_of(strategy())
    assert reason in str(caught.value)
    line = Path(refused.__file__).read_text().splitlines()[caught.value.line - 1]
    assert caught.value.file == refused.__file__
    assert text in line


def test_every_line_is_documented() -> None:
    lines = DOCUMENT.read_text().splitlines()
    for strategy, *_ in [*refused.INTERPRETED, *refused.REFUSED]:
        assert f"- {strategy.__doc__}" in lines
