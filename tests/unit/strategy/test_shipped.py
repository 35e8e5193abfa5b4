"""Every shipped strategy compiles, and decides the same in both modes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from atlas import strategies
from atlas.kernel.memory.compilation import PLAIN
from atlas.records.enums import Hook
from atlas.records.errors import ConfigurationError
from atlas.strategy.shipped import MODULES, make_strategy, strategy_class, strategy_names
from tests.unit.strategy.desk import Desk, same_notes

PARAMETERS: dict[str, dict[str, Any]] = {
    "sma_cross": {"fast": 3, "slow": 8},
    "ema_trend": {"fast": 3, "slow": 8, "allow_short": True},
    "rsi_thresholds": {"strength": 4},
    "donchian_breakout": {"entry": 6, "exit": 4, "range": 5},
    "cross_sectional_momentum": {"closes": 6, "top": 1},
    "follow_signals": {"weight": 0.5},
    "follow_weights": {},
}


def run(name: str, mode: str) -> Desk:
    desk = Desk(make_strategy(name, PARAMETERS[name]), mode, compile="require")
    generator = np.random.default_rng(5)
    closes = 100.0 + np.cumsum(generator.normal(0, 1, (120, 2)), axis=0)
    for number, (first, second) in enumerate(closes.tolist()):
        desk.bars([first], 1)
        desk.bars([second], 2)
        if Hook.ON_SLICE in desk.definition.hooks:
            desk.call(Hook.ON_SLICE, 1, time_ns=number * 86_400_000_000_000 * 3, count=2)
    return desk


@pytest.mark.parametrize("name", sorted(MODULES))
def test_both_modes_decide_alike(name: str) -> None:
    compiled, interpreted = run(name, "auto"), run(name, "interpreted")
    assert compiled.bound.mode == ("interpreted" if PLAIN else "compiled")
    assert len(compiled.notes) > 3
    assert same_notes(compiled, interpreted)
    assert compiled.state == interpreted.state


def test_each_name_stands_for_a_class() -> None:
    assert {strategy_class(name).__name__ for name in strategy_names()} == set(MODULES.values())


def test_an_unknown_name_gets_a_suggestion() -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'momentum'"):
        strategy_class("momentun")


def test_every_class_is_imported_by_its_name() -> None:
    assert sorted(strategies.__all__) == sorted(MODULES.values()) == dir(strategies)
    for name, title in MODULES.items():
        assert getattr(strategies, title) is strategy_class(name)
    with pytest.raises(AttributeError, match="no shipped strategy is called 'SmaCros'; did you mean 'SmaCross'"):
        _ = strategies.SmaCros
