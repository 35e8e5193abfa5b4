"""What the pages "Coming from …" say of a peer is stated by a rule, and each rule holds in that peer's environment."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from atlas.analytics.summary import Summary
from atlas.backtest.result import BacktestResult
from atlas.strategy.context import PUBLIC_NAMES
from benchmarks.environments import cache_folder, environment, is_made
from benchmarks.figures import ROOT
from benchmarks.peers.rules import PAGES, Rule
from benchmarks.rules import PAGE_OF, cells_of, faults_of, rules_of, write_days


def stated_rules(peer: str) -> dict[str, str]:
    """Give subject and words of each rule in a peer's script, without importing the peer."""
    source = (ROOT / "benchmarks" / "peers" / f"{peer}_rules.py").read_text(encoding="utf-8")
    calls = [
        decorator
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call)
    ]
    return {ast.literal_eval(call.args[0]): ast.literal_eval(call.args[1]) for call in calls}


@pytest.mark.parametrize("peer", PAGE_OF)
def test_every_cell_of_a_page_is_a_rule(peer: str) -> None:
    cells, stated = cells_of(PAGE_OF[peer]), stated_rules(peer)
    assert len(cells) > 10
    assert {subject: stated.get(subject) for subject in cells} == cells


def test_a_rule_that_does_not_hold_and_a_cell_without_one_are_faults() -> None:
    rules = [Rule(subject, says, True) for subject, says in stated_rules("vectorbt").items()]
    assert faults_of("vectorbt", rules) == []
    broken = [Rule("volume", "ignored", False), *rules[1:]]
    assert [fault.partition(" does")[0].partition(" no rule")[0] for fault in faults_of("vectorbt", broken)] == [
        "vectorbt: volume:",
        f"vectorbt: {rules[0].subject}:",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("peer", PAGE_OF)
def test_the_rules_hold(peer: str, tmp_path: Path) -> None:
    if not is_made(peer, cache_folder()):
        pytest.skip(f"the environment of {peer} is not made: python -m benchmarks.environments {peer}")
    write_days(tmp_path / "days.npz")
    rules = rules_of(peer, environment(peer, cache_folder()), tmp_path / "days.npz")
    assert faults_of(peer, rules) == []


@pytest.mark.parametrize("page", PAGE_OF.values())
def test_what_a_page_says_to_write_here_is_there(page: str) -> None:
    text = (PAGES / page).read_text(encoding="utf-8")
    verbs = set(re.findall(r"\bctx\.(\w+)", text))
    figures = set(re.findall(r"\bresult\.summary\.(\w+)", text))
    parts = set(re.findall(r"\bresult\.(\w+)", text))
    assert verbs - PUBLIC_NAMES == set() != parts
    assert {name for name in parts if not hasattr(BacktestResult, name)} == set()
    assert figures - set(Summary.__dataclass_fields__) == set()
