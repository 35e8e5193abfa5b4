"""Tries the points of a grid and keeps what came of them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from inspect import signature
from typing import Any, Final

from atlas.backtest.result import BacktestResult
from atlas.backtest.run import OTHER_WORDS, RunPlan, backtest, plan_run, strategies_of
from atlas.backtest.settings import require_whole
from atlas.config.suggestions import did_you_mean
from atlas.records.errors import ConfigurationError, StrategyError
from atlas.research.costs import is_varied
from atlas.research.figures import figure_key
from atlas.research.grid import Constraint, make_grid, parameters_of
from atlas.research.optimization import Goal, Optimization
from atlas.research.trials import Progress, Score, Trials, usable_cores
from atlas.strategy.base import Strategy

Judge = str | Callable[[BacktestResult], float | None]
"""The key of a figure, or what is computed from a result."""

NOT_OF_OPTIMIZE: Final = ("journal",)


def optimize(
    strategy: Any,
    data: Any,
    *,
    maximize: Judge | None = None,
    minimize: Judge | None = None,
    constraint: Constraint | None = None,
    parameters: Mapping[str, Any] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
    **others: Any,
) -> Optimization:
    """Run a strategy with every combination of the parameters given, and compare.

    Parameters
    ----------
    strategy : class, Strategy or name of a shipped one
        Parameters that are not varied keep this one's values.
    data : path, name, frame, mapping or BarHistory
        As for `backtest`; read once.
    maximize, minimize : str or callable, optional
        A figure of the summary (``"sharpe"`` where nothing is said), or a function of the result; one of the two.
    constraint : callable, optional
        Is handed a point's parameters as attributes, such as ``lambda p: p.fast < p.slow``; false leaves it out.
    parameters : mapping, optional
        Parameters with their values, for those whose names `backtest` uses itself.
    threads : int, optional
        Points that run at once; one a core where nothing is said. The answer doesn't depend on it.
    progress : callable, optional
        Is told points done and points in all; a bar on the terminal where there is none.
    **others
        Parameters with their values (``fast=range(5, 50, 5)``), and keywords of `backtest` (``fees=0.001``). Costs may
        be given several values too (``fees=[0, 0.001]``): fees, slippage_bps, impact_factor, volume_share, leverage,
        cash, borrow_rate, interest_rate, the latencies, seed.

    Returns
    -------
    Optimization
        Ctrl-C ends it early: then it holds what was done.

    Raises
    ------
    ConfigurationError
        A name is unknown, a parameter has no values, or the constraint leaves nothing.
    StrategyError
        Every point failed.
    """
    options, ranges = split_keywords(strategy_of(strategy), others, parameters or {})
    plan = plan_run(strategy, data, **options)
    return optimize_plan(
        plan,
        ranges,
        maximize=maximize,
        minimize=minimize,
        constraint=constraint,
        threads=threads,
        progress=progress,
    )


def strategy_of(given: Any) -> Strategy:
    """Return the one strategy that is to be varied."""
    found = strategies_of(given)
    require_one(found)
    return found[0]


def require_one(strategies: Sequence[Strategy]) -> None:
    """Refuse several strategies: whose parameters were meant would be a guess."""
    if len(strategies) != 1:
        raise StrategyError("optimize varies one strategy; give one, and its parameters")


def split_keywords(
    strategy: Strategy, others: Mapping[str, Any], parameters: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Tell keywords of `backtest` from parameters; a name that is neither is refused with the one that was meant."""
    known = list(parameters_of(strategy))
    ours = [name for name in signature(backtest).parameters if name not in ("strategy", "data", "unknown")]
    options, ranges = {}, dict(parameters)
    for name, value in others.items():
        if name in NOT_OF_OPTIMIZE:
            raise ConfigurationError(f"optimize() keeps no {name}; run the best point again with backtest()", name)
        if name in known or is_varied(name, value):
            ranges[name] = value
        elif name in ours or name in OTHER_WORDS:
            options[name] = value
        else:
            raise ConfigurationError(
                f"{type(strategy).__name__} has no parameter {name!r}, and backtest() no such keyword; "
                f"{did_you_mean(name, [*known, *ours])}"
            )
    return options, ranges


def optimize_plan(
    plan: RunPlan,
    ranges: Mapping[str, Any],
    *,
    maximize: Judge | None = None,
    minimize: Judge | None = None,
    constraint: Constraint | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Optimization:
    """Try every point of a run that is planned already; see `optimize`."""
    goal, score = judge(maximize, minimize)
    require_one(plan.strategies)
    if threads is not None:
        require_whole("threads", threads)
    grid = make_grid(plan.strategies[0], ranges, constraint, plan.settings)
    trials = Trials(plan, grid.points, score)
    with shown(progress) as report:
        interrupted = trials.run(threads or usable_cores(), report)
    done = tuple(trials.done[number] for number in sorted(trials.done))
    failed = [trial for trial in done if trial.error]
    if done and len(failed) == len(done):
        raise StrategyError(f"all of the {len(done):,} points that were tried failed; the first: {failed[0].error}")
    return Optimization(plan, grid, goal, done, trials.strategy, trials.settings, interrupted=interrupted)


def judge(maximize: Judge | None, minimize: Judge | None) -> tuple[Goal, Score]:
    """Return what is sought, and the function that measures it."""
    if maximize is not None and minimize is not None:
        raise ConfigurationError("give maximize or minimize, not both")
    wanted = "sharpe" if maximize is None and minimize is None else (minimize if maximize is None else maximize)
    highest = minimize is None
    if callable(wanted):
        name = getattr(wanted, "__name__", type(wanted).__name__)
        return Goal("score" if name == "<lambda>" else name, highest), lambda result, _: wanted(result)
    key = figure_key(wanted, "maximize" if highest else "minimize")
    if key == "max_drawdown" and not highest:
        raise ConfigurationError(
            "max_drawdown is a fraction at or below zero (−0.2: a fifth below the peak), so its least is the deepest; "
            "the shallowest is maximize='max_drawdown'",
            "minimize",
        )
    return Goal(key, highest), lambda _, summary: number(summary[key])


def number(value: Any) -> float | None:
    """Return a figure as a float; None where it is undefined."""
    return None if value is None else float(value)


@contextmanager
def shown(progress: Progress | None) -> Iterator[Progress | None]:
    """Give what is to be told of progress: what the caller passed, or a bar where stderr is a terminal."""
    if progress is not None or not sys.stderr.isatty():
        yield progress
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("Optimizing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("")
        yield lambda done, total: bar.update(task, completed=done, total=total)
