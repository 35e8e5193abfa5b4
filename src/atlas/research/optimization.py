"""What a search of parameters found: the best point, every point, and how far to trust it."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from atlas.analytics.summary import Style, format_figure
from atlas.backtest.result import BacktestResult
from atlas.backtest.run import RunPlan, run_history
from atlas.backtest.settings import RunSettings
from atlas.records.errors import ConfigurationError
from atlas.research.costs import costs_of
from atlas.research.figures import comparable_figures, label_of, style_of
from atlas.research.grid import Grid, parameters_of
from atlas.research.surface import Heatmap, make_heatmap
from atlas.research.trials import Trial
from atlas.strategy.base import Strategy

if TYPE_CHECKING:
    import pandas

SHOWN: Final = ("total_return", "sharpe", "max_drawdown", "total_trades")
FEW_TRADES: Final = 30
MOST_ROWS: Final = 5


@dataclass(frozen=True)
class Goal:
    """What is sought.

    Attributes
    ----------
    name : str
        Key of the figure, or the function's name.
    highest : bool
        Whether the highest value is the best, or the least.
    """

    name: str
    highest: bool = True

    @property
    def style(self) -> Style:
        """How its values are written."""
        return style_of(self.name)

    @property
    def label(self) -> str:
        """What tables call it."""
        return label_of(self.name)

    def rank(self, trial: Trial) -> tuple[bool, float, int]:
        """Return what trials are sorted by, the best first, those without a score last, equals as in the grid."""
        score = trial.score
        return score is None, (-score if self.highest else score) if score is not None else 0.0, trial.number


class Optimization:
    """A search that has ended.

    Parameters
    ----------
    plan : RunPlan
        Of each run but for its parameters.
    grid : Grid
    goal : Goal
    trials : sequence of Trial
        What was tried, in the order of the grid.
    strategy_of : callable
        Makes the strategy of a point.
    settings_of : callable
        Makes its settings.
    interrupted : bool
        Whether somebody stopped it before its end.
    """

    def __init__(
        self,
        plan: RunPlan,
        grid: Grid,
        goal: Goal,
        trials: tuple[Trial, ...],
        strategy_of: Callable[[Mapping[str, Any]], Strategy],
        settings_of: Callable[[Mapping[str, Any]], RunSettings],
        *,
        interrupted: bool = False,
    ) -> None:
        self.plan, self.grid, self.goal, self.trials = plan, grid, goal, trials
        self.interrupted = interrupted
        self._strategy_of, self._settings_of = strategy_of, settings_of

    # --- the best ---

    @cached_property
    def ranked(self) -> tuple[Trial, ...]:
        """Every trial, the best first."""
        return tuple(sorted(self.trials, key=self.goal.rank))

    @cached_property
    def best_trial(self) -> Trial:
        """The best point.

        Raises
        ------
        ConfigurationError
            No point has a value of what was sought.
        """
        if not self.ranked or self.ranked[0].score is None:
            raise ConfigurationError(
                f"no point has a {self.goal.name}: it is undefined, for instance where nothing was traded"
            )
        return self.ranked[0]

    @property
    def best_parameters(self) -> dict[str, Any]:
        """Parameters of the best point."""
        return dict(self.best_trial.parameters)

    @property
    def best_score(self) -> float:
        """What the best point reached."""
        score = self.best_trial.score
        assert score is not None
        return score

    @cached_property
    def best(self) -> BacktestResult:
        """Result of the best point: it is run again, which gives the same, and has everything a result has."""
        return self.run(self.best_parameters)

    @property
    def best_strategy(self) -> Strategy:
        """The strategy with the best parameters."""
        return self._strategy_of(self.best_parameters)

    def run(self, parameters: Mapping[str, Any]) -> BacktestResult:
        """Run one point again, for its whole result."""
        strategy, plan = self._strategy_of(parameters), self.plan
        settings = self._settings_of(parameters)
        return run_history(
            [strategy],
            plan.history,
            settings,
            title=type(strategy).__name__,
            actions=plan.actions,
            benchmark=plan.benchmark,
        )

    # --- all points ---

    @cached_property
    def table(self) -> pandas.DataFrame:
        """One row a point in the order of the grid: its parameters, its score, its figures and its error."""
        import pandas

        return pandas.DataFrame([self.row(trial) for trial in self.trials])

    def row(self, trial: Trial) -> dict[str, Any]:
        """Return a point as a flat mapping."""
        figures = {key: None if trial.summary is None else trial.summary[key] for key in comparable_figures()}
        own = {} if self.goal.name in figures else {self.goal.name: trial.score}
        return {**trial.parameters, **own, **figures, "error": trial.error}

    def heatmap(self, x: str = "", y: str = "", *, figure: str = "", how: str = "best", **fixed: Any) -> Heatmap:
        """Return a figure over two parameters.

        Parameters
        ----------
        x, y : str
            Parameters of columns and rows; the first two that vary, where nothing is said.
        figure : str
            What is shown; what was sought, where nothing is said.
        how : {"best", "mean", "median", "worst"}
            What stands for the points that differ in further parameters.
        **fixed
            Values of further parameters, to look at these alone.

        Returns
        -------
        Heatmap
            Prints as a table, shows itself in a notebook, and `save` writes a page.
        """
        return make_heatmap(self, x, y, figure or self.goal.name, how, fixed)

    def report(self, path: str | Path) -> Path:
        """Write everything as one HTML page that needs nothing else; return its path."""
        from atlas.research.page import page_of, write_page

        return write_page(Path(path), page_of(self))

    # --- how far to trust it ---

    @cached_property
    def warnings(self) -> list[str]:
        """What speaks against taking the best point at its word, in words."""
        tried = len(self.trials)
        found = []
        if self.interrupted:
            found.append(f"It was interrupted: {tried:,} of {len(self.grid.points):,} points were tried.")
        failed = [trial for trial in self.trials if trial.error]
        if failed:
            found.append(f"{len(failed):,} of {tried:,} points failed; the first: {failed[0].error}")
        if not self.ranked or self.ranked[0].score is None:
            return [*found, f"No point has a {self.goal.name}."]
        if tried > 1:
            found.append(
                f"{tried:,} points were tried on the same data, and the best of many is lucky as well as good: "
                "expect less of it on data it has not seen."
            )
        return [*found, *self._neighbourhood(), *self._edges(), *self._trades()]

    def _neighbourhood(self) -> list[str]:
        """Compare the best with the points around it."""
        known = {tuple(trial.parameters.values()): trial.score for trial in self.trials}
        near = [known.get(tuple(point.values())) for point in self.grid.neighbours(self.best_parameters)]
        scores = [score for score in near if score is not None]
        if not scores:
            return []
        style, middle, best = self.goal.style, statistics.median(scores), self.best_score
        low, high = format_figure(min(scores), style), format_figure(max(scores), style)
        shown = format_figure(best, style)
        text = f"Its {len(scores)} neighbours reach {low} to {high}, {format_figure(middle, style)} in the middle"
        text = f"{text}, against {shown}" if len(scores) > 1 else f"Its one neighbour reaches {low}, against {shown}"
        alone = self.goal.highest and best > 0 and middle < best / 2
        return [f"{text}: a peak that stands alone is more likely luck than a plateau." if alone else f"{text}."]

    def _edges(self) -> list[str]:
        """Name the parameters whose best value is the first or the last that was tried; costs are no choice."""
        costs = costs_of(self.best_parameters, parameters_of(self.plan.strategies[0]))
        at = [
            f"{name}={self.best_parameters[name]}"
            for name in self.grid.varied
            if len(self.grid.values[name]) > 2
            and name not in costs
            and self.best_parameters[name] in (self.grid.values[name][0], self.grid.values[name][-1])
        ]
        return [f"{', '.join(at)} lies at the edge of what was tried: the best may lie beyond."] if at else []

    def _trades(self) -> list[str]:
        summary = self.best_trial.summary
        if summary is None or summary.total_trades >= FEW_TRADES:
            return []
        return [f"The best point made {summary.total_trades} trades: too few to tell skill from chance."]

    # --- shown ---

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        lines = [self.title, *self.top_rows()]
        return "\n".join([*lines, *(f"- {warning}" for warning in self.warnings)])

    @property
    def title(self) -> str:
        """What was done, in one line."""
        name = type(self.plan.strategies[0]).__name__
        data = repr(self.plan.history).removeprefix("BarHistory(").removesuffix(")")
        left = f", {self.grid.excluded:,} left out" if self.grid.excluded else ""
        word = "highest" if self.goal.highest else "least"
        return f"{name} on {data}: {word} {self.goal.label} of {len(self.trials):,} points{left}"

    def top_rows(self) -> list[str]:
        """Return the best points as lines of a table."""
        columns = self.columns
        rows = [[label for _, label, _ in columns]]
        for trial in self.ranked[:MOST_ROWS]:
            values = self.row(trial)
            rows.append([format_figure(values[key], style) for key, _, style in columns])
        widths = [max(len(row[place]) for row in rows) for place in range(len(columns))]
        return ["  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)) for row in rows]

    @property
    def columns(self) -> list[tuple[str, str, Style]]:
        """Key, label and style of what short tables show of each point."""
        keys = list(dict.fromkeys([self.goal.name, *SHOWN]))
        own: list[tuple[str, str, Style]] = [(name, name, "text") for name in self.grid.values]
        return own + [(key, label_of(key), style_of(key)) for key in keys]

    def _repr_html_(self) -> str:
        from atlas.research.page import frame_of, page_of

        return frame_of(page_of(self), height=760)
