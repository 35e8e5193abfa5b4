"""`optimize`: which points are tried, that threads change nothing, what is refused, what is said of the best."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import atlas
from atlas.backtest.result import BacktestResult
from atlas.backtest.run import plan_run
from atlas.kernel.indicators import SMA
from atlas.kernel.memory.compilation import PLAIN
from atlas.records.errors import ConfigurationError, StrategyError
from atlas.research import Optimization, optimize
from atlas.research.grid import make_grid
from atlas.research.search import optimize_plan
from atlas.research.trials import usable_cores
from atlas.strategy.base import Strategy
from atlas.strategy.shipped import strategy_class
from tests.unit.backtest.samples import market

SmaCross: Any = strategy_class("sma_cross")
FAST, SLOW = range(2, 8, 2), (4, 8, 12, 16)


class Fragile(Strategy):
    """Fails on its tenth bar where the divisor is zero."""

    divisor: int = 1
    seen: int = 0
    ratio: float = 0.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.seen += 1
        if self.seen == 10:
            self.ratio = 1.0 / self.divisor
            ctx.target(bar.instrument, 1.0)


class Idle(Strategy):
    """Trades nothing, so that it has no Sharpe ratio."""

    length: int = 1

    def on_bar(self, ctx: Any, bar: Any) -> None:
        pass


class Free(Strategy):
    """An open strategy with a parameter of its own."""

    open = True
    size = 1.0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        ctx.target(bar.instrument, self.size)


def search(**options: Any) -> Optimization:
    return optimize(SmaCross, market(), fast=FAST, slow=SLOW, constraint=lambda p: p.fast < p.slow, **options)


def figures(found: Optimization) -> list[tuple[Any, ...]]:
    """All that a search found, its clock aside."""
    return [
        (
            trial.number,
            dict(trial.parameters),
            trial.score,
            trial.error,
            trial.summary
            and {
                key: value for key, value in trial.summary.items() if key not in ("wall_seconds", "events_per_second")
            },
        )
        for trial in found.trials
    ]


# --- the points ------------------------------------------------------------------------------------------------------


def test_the_points_are_the_product_in_order_less_what_the_constraint_leaves_out() -> None:
    found = search()
    expected = [{"fast": fast, "slow": slow} for fast in FAST for slow in SLOW if fast < slow]
    assert [dict(trial.parameters) for trial in found.trials] == expected
    assert found.grid.excluded == len(FAST) * len(SLOW) - len(expected)
    assert not found.interrupted


def test_each_point_is_what_a_backtest_of_it_gives() -> None:
    data = market()
    found = optimize(SmaCross(weight=0.5), data, fast=FAST, slow=(8, 12), fees=0.001)
    for trial in found.trials:
        alone = atlas.backtest(SmaCross(weight=0.5, **trial.parameters), data, fees=0.001)
        assert trial.summary is not None
        keys = set(alone.summary) - {"wall_seconds", "events_per_second", "fingerprint"}
        assert {key: trial.summary[key] for key in keys} == {key: alone.summary[key] for key in keys}


@pytest.mark.parametrize("threads", [2, 3, 16])
def test_threads_change_nothing(threads: int) -> None:
    assert figures(search(threads=threads)) == figures(search(threads=1))


def test_an_interpreted_search_finds_the_same() -> None:
    assert figures(search(mode="interpreted")) == figures(search())


def test_the_constraint_knows_the_parameters_that_are_not_varied() -> None:
    found = optimize(SmaCross(slow=6), market(), fast=range(2, 12, 2), constraint=lambda p: p.fast < p.slow)
    assert [trial.parameters["fast"] for trial in found.trials] == [2, 4]


def test_numbers_of_numpy_and_single_values_are_taken() -> None:
    found = optimize(SmaCross, market(), fast=np.arange(2, 6, 2), slow=12, weight=np.linspace(0.1, 0.2, 2))
    assert found.grid.values == {"fast": (2, 4), "slow": (12,), "weight": (0.1, 0.2)}
    assert found.grid.varied == ("fast", "weight")


def test_a_value_given_twice_is_tried_once() -> None:
    assert make_grid(SmaCross(), {"fast": [3, 5, 3]}).values == {"fast": (3, 5)}


def test_an_open_strategy_is_searched_one_point_at_a_time() -> None:
    found = optimize(Free, market(), size=[1.0, 2.0], maximize="final_equity", threads=2)
    assert found.trials[0].score != found.trials[1].score


# --- the best --------------------------------------------------------------------------------------------------------


def test_the_best_has_the_highest_score_and_its_result_is_the_same_run_again() -> None:
    found = search()
    scores = [trial.score for trial in found.trials if trial.score is not None]
    assert found.best_score == max(scores) == found.best.summary.sharpe
    assert found.best.parameters["fast"] == found.best_parameters["fast"]
    assert found.best_strategy.slow.length == found.best_parameters["slow"]  # type: ignore[attr-defined]


def test_minimize_takes_the_least() -> None:
    found = search(minimize="annualized_volatility")
    assert found.best_score == min(trial.score for trial in found.trials if trial.score is not None)


def test_a_function_of_the_result_is_a_goal_too() -> None:
    def fills(result: BacktestResult) -> float:
        return float(len(result.fill_records))

    found = search(maximize=fills)
    assert found.goal.name == "fills"
    assert found.best_score == max(found.table["fills"]) == len(found.best.fill_records)


def test_equal_scores_go_by_the_order_of_the_grid() -> None:
    found = search(maximize=lambda result: 1.0)
    assert found.best_trial.number == 0


def test_undefined_scores_come_last() -> None:
    found = search(maximize=lambda result: None if result.parameters["fast"] == 2 else 1.0)
    assert found.best_parameters["fast"] == 4
    assert [trial.score for trial in found.ranked[-2:]] == [None, None]


def test_nothing_is_best_where_nothing_has_a_score() -> None:
    found = optimize(Idle, market(), length=[1, 2])
    assert "No point has a sharpe." in found.warnings
    assert "length" in str(found)
    with pytest.raises(ConfigurationError, match="no point has a sharpe"):
        _ = found.best


# --- failures --------------------------------------------------------------------------------------------------------


def test_a_point_that_fails_is_a_row_with_its_error() -> None:
    found = optimize(Fragile, market(), divisor=[2, 0, 1], maximize="final_equity")
    errors = found.table["error"].tolist()
    assert errors[0] == errors[2] == ""
    assert "ZeroDivisionError" in errors[1]
    assert found.best_parameters["divisor"] != 0
    assert any("1 of 3 points failed" in warning for warning in found.warnings)


def test_where_every_point_fails_the_first_error_is_raised() -> None:
    with pytest.raises(StrategyError, match="all of the 1 points that were tried failed.*ZeroDivisionError"):
        optimize(Fragile, market(), divisor=[0])


def test_an_error_of_the_users_own_goal_is_raised_as_it_is() -> None:
    def wrong(result: BacktestResult) -> float:
        raise LookupError("no such thing")

    with pytest.raises(LookupError, match="no such thing"):
        search(maximize=wrong)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fsat": [1]}, r"SmaCross has no parameter 'fsat', and backtest\(\) no such keyword; did you mean 'fast'\?"),
        ({"parameters": {"fsat": [1]}}, r"fsat: SmaCross has no parameter 'fsat'; did you mean 'fast'\?"),
        ({"fast": []}, r"fast: has no values"),
        ({"fast": ["many"]}, r"the field 'fast' is SMA, it can't be 'many'"),
        ({"fast": [2], "maximize": "sharp"}, r"maximize: 'sharp' is no figure .*did you mean 'sharpe'\?"),
        ({"fast": [2], "maximize": "return"}, r"did you mean 'total_return'\?"),
        ({"fast": [2], "minimize": "max_drawdown"}, r"the shallowest is maximize='max_drawdown'"),
        ({"fast": [2], "maximize": "sharpe", "minimize": "fees_paid"}, r"maximize or minimize, not both"),
        ({"fast": [2], "constraint": lambda p: p.fats > 1}, r"no attribute 'fats'.*the parameters are fast, slow"),
        ({"fast": [2], "constraint": lambda p: False}, r"leaves none of the grid's 1 points"),
        ({"fast": [2], "commission": 0.1}, r"did you mean 'fees'\?"),
        ({"fast": [2], "journal": "here"}, r"journal"),
        ({"fast": [2], "threads": -1}, r"threads: must be a whole number"),
        ({"fast": range(2, 2000), "slow": range(2, 2000)}, r"3,992,004 points"),
        ({}, r"nothing to vary.*known: fast, slow, weight"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(options: Mapping[str, Any], message: str) -> None:
    with pytest.raises((ConfigurationError, StrategyError), match=message) as caught:
        optimize(SmaCross, market(), **options)
    assert "\n" not in str(caught.value)


def test_several_strategies_are_refused() -> None:
    with pytest.raises(StrategyError, match="varies one strategy"):
        optimize([SmaCross(), SmaCross()], market(), fast=[1])


# --- interruption ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [1, 2])
def test_ctrl_c_returns_what_was_done(threads: int) -> None:
    calls = []

    def interrupting(result: BacktestResult) -> float:
        calls.append(result)
        if len(calls) == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return 1.0

    found = optimize(SmaCross, market(), fast=range(2, 200), maximize=interrupting, threads=threads)
    assert found.interrupted
    assert 2 <= len(found.trials) < 198
    assert found.warnings[0].startswith("It was interrupted: ")
    assert found.table.shape[0] == len(found.trials)


@pytest.mark.skipif(PLAIN, reason="one thread in plain mode")
def test_a_running_engine_is_interrupted_from_another_thread() -> None:
    from atlas.backtest.engine import Engine
    from atlas.backtest.run import plan_run, run_engine

    plan = plan_run(SmaCross(), market(bars=3_000))
    engine = Engine(plan.history, plan.strategies, plan.settings.engine_setup(plan.history), beside=True)
    engine.interrupt()
    answers = []
    thread = threading.Thread(target=lambda: answers.append(run_engine(engine)))
    thread.start()
    thread.join()
    assert answers == [(None, True)]
    assert int(engine.trader.rows("world")[0]["cursor"]) == 1024


def test_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    found = search(progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (len(found.trials), len(found.trials))
    assert told == sorted(told)


# --- what is said and shown ------------------------------------------------------------------------------------------


def test_the_warnings_name_the_number_of_trials_the_neighbours_and_the_edge() -> None:
    found = optimize(SmaCross, market(), fast=(2, 3, 4), slow=12, maximize=lambda r: float(r.parameters["fast"]))
    assert found.warnings[0].startswith("3 points were tried on the same data")
    assert found.warnings[1] == "Its one neighbour reaches 3.00, against 4.00."
    assert found.warnings[2].startswith("fast=4 lies at the edge")


def test_a_lone_peak_is_called_one() -> None:
    heights = {2: 0.1, 3: 4.0, 4: 0.2}
    found = optimize(SmaCross, market(), fast=(2, 3, 4), slow=12, maximize=lambda r: heights[r.parameters["fast"]])
    assert "a peak that stands alone is more likely luck" in found.warnings[1]


def test_a_heat_map_holds_each_point_where_it_belongs() -> None:
    found = search()
    shown = found.heatmap("slow", "fast")
    for row, fast in enumerate(FAST):
        for column, slow in enumerate(SLOW):
            scores = [trial.score for trial in found.trials if trial.parameters == {"fast": fast, "slow": slow}]
            assert shown.values[row][column] == (scores[0] if scores else None)
    assert shown.frame.loc[2, 16] == shown.values[0][3]
    assert "—" in str(shown)


def test_further_parameters_are_summed_up_or_held() -> None:
    found = optimize(SmaCross, market(), fast=FAST, slow=SLOW, weight=[0.3, 0.9], maximize="total_return")
    by_point = {tuple(trial.parameters.values()): trial.score for trial in found.trials}
    pair = [by_point[2, 8, 0.3] or 0.0, by_point[2, 8, 0.9] or 0.0]
    expected = {"best": max(pair), "worst": min(pair), "mean": np.mean(pair), "median": np.mean(pair)}
    for how, value in expected.items():
        assert found.heatmap("fast", "slow", how=how).values[1][0] == pytest.approx(value, rel=1e-12)
    assert found.heatmap("fast", "slow", weight=0.3).values[1][0] == pair[0]
    assert "best over weight" in found.heatmap().title


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": "fats"}, "did you mean 'fast'"),
        ({"x": "fast", "y": "fast"}, "x and y are both 'fast'"),
        ({"figure": "sharp"}, "did you mean 'sharpe'"),
        ({"how": "bset"}, "did you mean 'best'"),
        ({"slow": 5}, "5 was not tried"),
    ],
)
def test_a_heat_map_of_nothing_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        search().heatmap(**arguments)


def test_one_parameter_makes_one_row() -> None:
    shown = optimize(SmaCross, market(), fast=FAST, slow=12).heatmap()
    assert (shown.x, shown.y, len(shown.values)) == ("fast", "", 1)


def test_the_pages_need_nothing_else(tmp_path: Path) -> None:
    found = search()
    for path in (found.report(tmp_path / "search.html"), found.heatmap().save(tmp_path / "map.html")):
        page = path.read_text(encoding="utf-8")
        assert "http://" not in page and "https://" not in page and "src=" not in page
        assert "$" not in page.partition('id="search-data"')[0]
        assert "points were tried on the same data" in page
    assert "<iframe srcdoc=" in found.heatmap()._repr_html_()
    assert "<iframe srcdoc=" in found._repr_html_()


def test_the_front_door_has_it() -> None:
    assert atlas.optimize is optimize
    assert usable_cores() >= 1
    assert SMA(3).arguments


def test_a_plan_of_several_strategies_is_refused() -> None:
    plan = plan_run([SmaCross(), SmaCross(fast=3)], market())
    with pytest.raises(StrategyError, match="optimize varies one strategy"):
        optimize_plan(plan, {"fast": [2, 3]})


def test_costs_are_varied_like_parameters() -> None:
    found = optimize(SmaCross, market(bars=120), fast=[2, 4], fees=[0.0, 0.001], slippage_bps=[0, 25], slow=9)
    assert list(found.table.columns[:4]) == ["fast", "fees", "slippage_bps", "slow"]
    assert len(found.table) == 8
    for trial in found.trials[::3]:
        point = dict(trial.parameters)
        fees, slippage = point.pop("fees"), point.pop("slippage_bps")
        alone = atlas.backtest(SmaCross(**point), market(bars=120), fees=fees, slippage_bps=slippage)
        assert trial.summary is not None
        assert trial.summary.final_equity == alone.summary.final_equity
        assert found.run(trial.parameters).fingerprint == alone.fingerprint
    assert found.best.settings.slippage_bps == found.best_parameters["slippage_bps"]
    assert vars(found.best_strategy)["slow"].arguments["length"] == 9
    assert found.grid.neighbours(found.best_parameters)


def test_the_best_cost_is_no_edge_to_look_beyond() -> None:
    found = optimize(SmaCross, market(bars=120), fast=[2, 4, 6], fees=[0.0, 0.001, 0.002], slow=9)
    assert found.best_parameters["fees"] == 0.0
    assert not any("fees=" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"fees": [0.0, 2.0]}, "fees: must be within -1 to 1"),
        ({"leverage": [1, 0]}, "leverage: must be above 0"),
        ({"slippage_bps": [{}]}, "slippage_bps: is varied by numbers"),
        ({"order_latency_ms": [-1, 2]}, "order_latency_ms: must be at least 0"),
        ({"cash": []}, "cash: has no values"),
    ],
)
def test_costs_out_of_range_are_refused_before_anything_runs(keywords: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        optimize(SmaCross, market(), fast=[2, 3], **keywords)


def test_a_cost_of_one_value_stays_a_keyword() -> None:
    found = optimize(SmaCross, market(), fast=[2, 3], fees=0.001, fractional=False)
    assert "fees" not in found.table and found.best.settings.fees.taker_rate == 0.001


def test_dividends_are_paid_at_every_point() -> None:
    frame = market(bars=120).to_frame().reset_index()
    frame["dividends"] = [1.0 if row % 10 == 5 else 0.0 for row in range(len(frame))]
    found = optimize(SmaCross, frame, fast=[2, 4], slow=9, dividends=True)
    alone = atlas.backtest(SmaCross(**found.best_parameters), frame, dividends=True)
    assert found.best.summary.final_equity == alone.summary.final_equity
    assert found.best_trial.summary is not None
    assert found.best_trial.summary.final_equity == alone.summary.final_equity
    assert len(found.best.cash_flows) == len(alone.cash_flows) > 0
