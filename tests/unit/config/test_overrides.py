"""Values given on the command line."""

import re
from typing import Any

import pytest

from atlas.config import apply_override, apply_overrides, parse_document
from atlas.records.errors import ConfigurationError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a=5", 5),
        ("a=0.5", 0.5),
        ("a=true", True),
        ("a=text", "text"),
        ("a='5'", "5"),
        ("a=", ""),
        ("a=null", None),
        ("a=[A, B]", ["A", "B"]),
        ("a={b: 1}", {"b": 1}),
        ("a=b=c", "b=c"),
        ("a=NO", "NO"),
        ("a=1e3", 1000.0),
    ],
)
def test_values_are_typed(text: str, value: Any) -> None:
    assert apply_override({}, text) == {"a": value}


def test_paths_are_found_in_either_spelling_and_the_original_is_kept() -> None:
    original: dict[str, Any] = {"riskLimits": {"maxDrawdown": 0.1}, "seed": 1}
    changed = apply_overrides(original, ["risk_limits.max_drawdown=0.2", "validation.walkForward.enabled=false"])
    assert changed == {
        "riskLimits": {"maxDrawdown": 0.2},
        "seed": 1,
        "validation": {"walkForward": {"enabled": False}},
    }
    assert original == {"riskLimits": {"maxDrawdown": 0.1}, "seed": 1}


def test_short_forms_grow_keys() -> None:
    mapping = apply_overrides(
        {"strategy": "momentum", "mode": "backtest", "commission": 0.001},
        ["strategy.parameters.fast=5", "commission.minimum=1"],
    )
    document = parse_document(mapping)
    assert (document.running["strategy"].type, document.running["strategy"].parameters) == ("momentum", {"fast": 5})
    assert (document.commission.fraction, document.commission.minimum) == (0.001, 1.0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("seed", "no override"),
        ("=5", "no override"),
        ("a..b=5", "no override"),
        ("seed.x=5", "has no keys: it is 1"),
        ("symbols.x=5", "has no keys: it is a list of 1"),
        ("a=[", "can't be read"),
        ("a[=1", "no override"),
        ("symbols[1]=B", "symbols: has no item [1]: it is a list of 1"),
        ("seed[0]=B", "seed: has no item [0]: it is 1"),
    ],
)
def test_malformed_overrides_are_refused(text: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match="(?s)" + re.escape(words)):
        apply_override({"seed": 1, "symbols": ["A"]}, text)


def test_items_of_lists_are_replaced() -> None:
    original: dict[str, Any] = {"symbols": ["A", "B"], "riskLimits": {"profitTargets": [0.1, 0.2]}, "legs": [{"a": 1}]}
    changed = apply_overrides(original, ["symbols[1]=C", "risk_limits.profit_targets[0]=0.3", "legs[0].b=2"])
    assert changed == {
        "symbols": ["A", "C"],
        "riskLimits": {"profitTargets": [0.3, 0.2]},
        "legs": [{"a": 1, "b": 2}],
    }
    assert original["symbols"] == ["A", "B"]


def test_parameters_beside_the_strategy_are_set_where_they_stand() -> None:
    written = {"strategy": "sma_cross", "parameters": {"fast": 10, "slow": 30}}
    changed = apply_override(written, "strategy.parameters.fast=5")
    assert changed == {"strategy": "sma_cross", "parameters": {"fast": 5, "slow": 30}}
    assert apply_override({"strategy_type": "sma_cross"}, "strategy.type=rsi") == {"strategy_type": "rsi"}


def test_the_short_form_of_an_instrument_is_lengthened() -> None:
    written = {"strategy": "x", "instruments": {"SAP": "EUR"}}
    changed = apply_overrides(written, ["instruments.SAP.tickSize=0.01"])
    assert changed["instruments"] == {"SAP": {"currency": "EUR", "tickSize": 0.01}}
