"""The verdict: each threshold from both sides, and what is undefined."""

from __future__ import annotations

from typing import Any

import pytest

from atlas.analytics.verdict import judge

VIABLE: dict[str, Any] = {
    "sharpe": 0.6,
    "sortino": 0.8,
    "max_drawdown": -0.19,
    "win_rate": 0.46,
    "profit_factor": 1.6,
    "recovery_factor": 1.0,
    "total_trades": 100,
    "profit": 10.0,
}
GOOD: dict[str, Any] = {**VIABLE, "sharpe": 1.0, "sortino": 1.5, "win_rate": 0.5, "recovery_factor": 2.0}
EXCELLENT: dict[str, Any] = {
    **GOOD,
    "sharpe": 2.0,
    "sortino": 3.0,
    "max_drawdown": -0.1,
    "win_rate": 0.6,
    "profit_factor": 2.5,
    "recovery_factor": 5.0,
}


@pytest.mark.parametrize(("figures", "level"), [(VIABLE, "viable"), (GOOD, "good"), (EXCELLENT, "excellent")], ids=str)
def test_levels_are_reached(figures: dict[str, Any], level: str) -> None:
    assert judge(**figures).level == level


@pytest.mark.parametrize(
    ("figures", "change", "level"),
    [
        (VIABLE, {"sharpe": 0.5}, "not viable"),
        (VIABLE, {"max_drawdown": -0.2}, "not viable"),
        (VIABLE, {"win_rate": 0.45}, "not viable"),
        (VIABLE, {"profit_factor": 1.5}, "not viable"),
        (VIABLE, {"sharpe": None}, "not viable"),
        (GOOD, {"sharpe": 0.99}, "viable"),
        (GOOD, {"sortino": 1.49}, "viable"),
        (GOOD, {"win_rate": 0.49}, "viable"),
        (GOOD, {"recovery_factor": 1.99}, "viable"),
        (EXCELLENT, {"max_drawdown": -0.101}, "good"),
        (EXCELLENT, {"profit_factor": 2.4}, "good"),
    ],
)
def test_each_threshold_can_fail(figures: dict[str, Any], change: dict[str, Any], level: str) -> None:
    assert judge(**{**figures, **change}).level == level


def test_the_reason_names_what_is_missing() -> None:
    verdict = judge(**{**GOOD, "win_rate": 0.3, "total_trades": 12})
    assert verdict.level == "not viable"
    assert verdict.reason == "For viable it lacks win rate > 45%. 12 closed trades say little."
    assert "Not viable." in str(verdict)
    assert "30.0%" in str(verdict)
    assert "✗" in verdict._repr_html_()


def test_a_run_that_lost_nothing_passes_where_it_gained() -> None:
    free: dict[str, Any] = {**EXCELLENT, "sortino": None, "profit_factor": None, "recovery_factor": None}
    assert judge(**free).level == "excellent"
    assert "∞" in str(judge(**free))
    assert judge(**{**free, "profit": 0.0}).level == "not viable"


def test_without_a_trade_nothing_is_judged() -> None:
    verdict = judge(**{**EXCELLENT, "total_trades": 0})
    assert (verdict.level, verdict.reason) == ("not judged", "No trade was closed.")


def test_an_account_in_ruin_is_not_viable() -> None:
    verdict = judge(**{**EXCELLENT, "total_trades": 0, "is_ruined": True})
    assert (verdict.level, verdict.reason) == ("not viable", "Nothing is left of the account.")
