"""The language of hooks: one test a line of docs/strategy-language.md, compiled against interpreted."""

from __future__ import annotations

from pathlib import Path

import pytest

from atlas.kernel.memory.compilation import PLAIN
from atlas.strategy.base import Strategy
from tests.unit.strategy.desk import both, same_notes
from tests.unit.strategy.language import SUPPORTED

CLOSES = [100.0, 101.25, 99.5, 102.0, 103.5, 100.75, 98.0, 101.0]
DOCUMENT = Path(__file__).parents[3] / "docs" / "strategy-language.md"


@pytest.mark.parametrize("strategy", SUPPORTED, ids=lambda strategy: strategy.__name__)
def test_the_line_holds_in_both_modes(strategy: type[Strategy]) -> None:
    compiled, interpreted = both(strategy)
    assert compiled.bound.mode == ("interpreted" if PLAIN else "compiled")
    before = interpreted.state
    for desk in (compiled, interpreted):
        desk.bars(CLOSES, 1)
        desk.bars(CLOSES[:3], 2)
    assert interpreted.state != before or interpreted.notes
    assert compiled.state == interpreted.state
    assert same_notes(compiled, interpreted)


@pytest.mark.parametrize("strategy", SUPPORTED, ids=lambda strategy: strategy.__name__)
def test_the_line_is_documented(strategy: type[Strategy]) -> None:
    assert strategy.__doc__
    assert f"- {strategy.__doc__}" in DOCUMENT.read_text().splitlines()
