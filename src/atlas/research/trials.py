"""Runs the points of a grid: each an engine of its own on shared data, as many at once as there are threads.

A point's run depends on nothing but its parameters, so the answer is the same whatever the threads do.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from atlas.analytics.summary import Summary
from atlas.backtest.engine import Engine, EngineSetup
from atlas.backtest.preparation import prepare
from atlas.backtest.result import BacktestResult
from atlas.backtest.run import RunPlan, run_engine
from atlas.backtest.settings import RunSettings
from atlas.kernel import simulate as loop
from atlas.kernel.memory.compilation import PLAIN
from atlas.records.errors import AtlasError
from atlas.records.layout import RecordArray
from atlas.research.costs import COSTS, costs_of, with_costs
from atlas.research.grid import parameters_of
from atlas.strategy.base import Strategy
from atlas.strategy.definition import definition_of

Progress = Callable[[int, int], None]
"""Is told how many points are done, and how many there are."""

Score = Callable[[BacktestResult, Summary], float | None]
"""What a point is judged by, the higher the better; None where it is undefined."""

POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Trial:
    """One point that was tried.

    Attributes
    ----------
    number : int
        Its place in the grid, from 0.
    parameters : dict
        Of the point.
    score : float or None
        Value of what was maximized or minimized; None where it is undefined.
    summary : Summary or None
        Figures of its run, without a fingerprint; None where the run failed.
    error : str
        Why the run failed; empty where it did not.
    """

    number: int
    parameters: Mapping[str, Any]
    score: float | None = None
    summary: Summary | None = None
    error: str = ""


class SharedBars:
    """The bars of a history for many results: each column that is asked for is made once, for all of them.

    Parameters
    ----------
    records : BAR array
    """

    def __init__(self, records: RecordArray) -> None:
        self._records = records
        self._columns: dict[str, Any] = {}

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, str):
            return self._records[key]
        if key not in self._columns:
            self._columns[key] = np.ascontiguousarray(self._records[key])
        return self._columns[key]


@dataclass
class Trials:
    """Points of a grid on their way.

    Parameters
    ----------
    plan : RunPlan
        Of the strategy's run; its data is shared by all points.
    points : sequence of dict
    score : callable
    """

    plan: RunPlan
    points: Sequence[Mapping[str, Any]]
    score: Score
    done: dict[int, Trial] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read the strategy's class once, and make sure that all machine code is there before threads start."""
        prepare()
        self._setups: dict[tuple[Any, ...], EngineSetup] = {}
        self._definition = definition_of(self.plan.strategies[0])
        self._bars = SharedBars(self.plan.history.records)
        self._lock = threading.Lock()
        self._running: set[Engine] = set()
        self._next = 0
        self._stopped = False
        self._failure: BaseException | None = None
        # The first engine compiles the hooks.
        first = self._engine(self.plan.strategies[0], self._setup_of(self.plan.settings), beside=False)
        self.compiled = not PLAIN and all(bound.mode == "compiled" for bound in first.bound)
        if self.compiled:
            loop.simulate_beside.callable  # noqa: B018 - loads its machine code

    def strategy(self, point: Mapping[str, Any]) -> Strategy:
        """Return the strategy of a point: the plan's, with the point's parameters."""
        base, costs = self.plan.strategies[0], self._costs(point)
        return type(base)(**{**vars(base), **{name: value for name, value in point.items() if name not in costs}})

    def settings(self, point: Mapping[str, Any]) -> RunSettings:
        """Return the settings of a point: the plan's, with the point's costs."""
        return with_costs(self.plan.settings, self._costs(point))

    def _costs(self, point: Mapping[str, Any]) -> dict[str, Any]:
        return costs_of(point, parameters_of(self.plan.strategies[0])) if COSTS.keys() & point.keys() else {}

    def _setup_of(self, settings: RunSettings, key: tuple[Any, ...] = ()) -> EngineSetup:
        """Return what engines of the same costs are made of, made once for all of them."""
        with self._lock:
            if key not in self._setups:
                self._setups[key] = settings.engine_setup(self.plan.history, actions=self.plan.actions)
            return self._setups[key]

    def _engine(self, strategy: Strategy, setup: EngineSetup, *, beside: bool) -> Engine:
        definition = self._definition.with_instance(strategy)
        return Engine(self.plan.history, [definition], setup, beside=beside)

    # --- one point ---

    def try_point(self, number: int, *, beside: bool) -> Trial | None:
        """Run one point; None where somebody interrupted it."""
        point = self.points[number]
        try:
            settings = self.settings(point)
            setup = self._setup_of(settings, tuple(self._costs(point).items()))
            engine = self._engine(self.strategy(point), setup, beside=beside)
            with self._lock:
                self._running.add(engine)
            try:
                result = self._finished(engine, settings)
            finally:
                with self._lock:
                    self._running.discard(engine)
            if result is None:
                return None
            if result.error is not None:
                return Trial(number, point, error=str(result.error))
            summary = result.measure()
            return Trial(number, point, finite(self.score(result, summary)), summary)
        except AtlasError as error:
            return Trial(number, point, error=str(error))

    def _finished(self, engine: Engine, settings: RunSettings) -> BacktestResult | None:
        """Run an engine; None where it was interrupted."""
        if self._stopped:
            return None
        error, interrupted = run_engine(engine)
        if interrupted:
            return None
        result = BacktestResult(engine, settings, error=error)
        if len(result.seen_bars) == len(self._bars):
            result.seen_bars = self._bars  # type: ignore[assignment]
        return result

    # --- all of them ---

    def run(self, threads: int, progress: Progress | None = None) -> bool:
        """Run every point; whatever was done is in `done`.

        Parameters
        ----------
        threads : int
            Points that run at once; one where the strategy isn't compiled, for Python runs one at a time.
        progress : callable, optional

        Returns
        -------
        bool
            Whether Ctrl-C ended it early.
        """
        many = min(threads, len(self.points)) if self.compiled else 1
        try:
            if many > 1:
                self._run_beside(many, progress)
            else:
                self._run_here(progress)
        except KeyboardInterrupt:
            return True
        return len(self.done) < len(self.points)

    def _run_here(self, progress: Progress | None) -> None:
        for number in range(len(self.points)):
            trial = self.try_point(number, beside=False)
            if trial is None:
                return
            self.done[number] = trial
            if progress is not None:
                progress(len(self.done), len(self.points))

    def _run_beside(self, threads: int, progress: Progress | None) -> None:
        workers = [threading.Thread(target=self._work, daemon=True) for _ in range(threads)]
        for worker in workers:
            worker.start()
        try:
            while any(worker.is_alive() for worker in workers):
                workers[0].join(POLL_SECONDS) if workers[0].is_alive() else workers.pop(0)
                if progress is not None:
                    progress(len(self.done), len(self.points))
        finally:
            self._stop()
            for worker in workers:
                worker.join()
        if self._failure is not None:
            raise self._failure
        if progress is not None:
            progress(len(self.done), len(self.points))

    def _stop(self) -> None:
        """Have every engine end soon, and none begin."""
        with self._lock:
            self._stopped = True
            for engine in self._running:
                engine.interrupt()

    def _work(self) -> None:
        """Take one point after the other until there is none."""
        try:
            while not self._stopped:
                with self._lock:
                    number, self._next = self._next, self._next + 1
                if number >= len(self.points):
                    return
                trial = self.try_point(number, beside=True)
                if trial is not None:
                    self.done[number] = trial
        except BaseException as failure:  # noqa: BLE001 - handed to the thread that waits
            self._failure = failure
            self._stopped = True


def finite(value: float | None) -> float | None:
    """Return a score as a float; None where it is no finite number."""
    return float(value) if value is not None and math.isfinite(value) else None


def usable_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
