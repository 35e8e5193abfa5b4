"""Ctrl-C during a run: noted, heeded between two steps, and heeded at once when it comes again."""

from __future__ import annotations

import os
import signal
import threading

import numpy as np
import pytest

from atlas.backtest.engine import Engine
from atlas.backtest.interruption import Deferral, Interruption, terminate_as_interrupted
from atlas.backtest.pace import FIRST_RECORDS, MOST_GROWTH, SECONDS_A_CALL, Pace
from atlas.backtest.settings import RunSettings
from atlas.data import generate_bars
from atlas.strategy.shipped import make_strategy

posix = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
DATA = generate_bars(("AAA", "BBB"), 400, seed=5)


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_is_noted_and_the_second_raises(number: int) -> None:
    before = signal.signal(number, signal.default_int_handler)
    try:
        with Interruption() as interruption:
            os.kill(os.getpid(), number)
            assert interruption.asked
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), number)
        assert signal.getsignal(number) is signal.default_int_handler
    finally:
        signal.signal(number, before)


@posix
def test_a_request_to_terminate_ends_a_program_of_a_users_own_as_ever() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        with Interruption():
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)


@posix
def test_a_handler_of_somebody_else_stays() -> None:
    heard = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: heard.append(number))
    try:
        with Interruption() as interruption:
            os.kill(os.getpid(), signal.SIGTERM)
        assert (heard, interruption.asked) == ([signal.SIGTERM], False)
        terminate_as_interrupted()
        os.kill(os.getpid(), signal.SIGTERM)
        assert heard == 2 * [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


@posix
def test_a_request_to_terminate_raises_where_that_was_asked_for() -> None:
    before = signal.getsignal(signal.SIGTERM)
    try:
        terminate_as_interrupted()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)


@posix
def test_what_must_not_be_left_half_done_is_finished_first() -> None:
    done = []

    def work() -> None:
        with Deferral():
            os.kill(os.getpid(), signal.SIGINT)
            done.append("finished")
        done.append("too late")  # the signal is heeded at the end of the block

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["finished"]


def test_outside_of_the_main_thread_nothing_is_taken_over() -> None:
    seen = []

    def enter() -> None:
        with Interruption():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGINT)]


def engine_of(name: str, records: int) -> Engine:
    engine = Engine(DATA, [make_strategy(name)], RunSettings().engine_setup(DATA))
    engine.pace = FixedPace(records)
    return engine


class FixedPace(Pace):
    """Calls of one length."""

    def end(self) -> None:
        """Keep the length."""


@pytest.mark.parametrize("name", ["sma_cross", "cross_sectional_momentum", "donchian_breakout"])
def test_where_a_run_is_cut_into_calls_changes_nothing(name: str) -> None:
    fingerprints = set()
    for records in (1, 7, 10_000):
        engine = engine_of(name, records)
        engine.run()
        fingerprints.add(engine.fingerprint())
    assert len(engine.log.rows) > 0
    assert len(fingerprints) == 1


def test_a_run_that_is_asked_to_end_keeps_what_was_done() -> None:
    whole, part = engine_of("sma_cross", 100), engine_of("sma_cross", 100)
    whole.run()
    told: list[tuple[int, int]] = []
    part.run(lambda done, total: told.append((done, total)), lambda: len(told) == 3)
    assert part.interrupted
    assert told == [(100, 800), (200, 800), (300, 800)]
    rows = part.log.rows
    assert 0 < len(rows) < len(whole.log.rows)
    assert np.array_equal(rows, whole.log.rows[: len(rows)])


def test_a_request_in_the_last_call_comes_too_late() -> None:
    engine = engine_of("sma_cross", 10_000)
    engine.run(None, lambda: True)
    assert not engine.interrupted


def test_calls_grow_towards_their_length_and_shrink_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("atlas.backtest.pace.time.perf_counter", lambda: clock[0])
    pace = Pace()
    assert pace.records == FIRST_RECORDS
    for seconds, records in (
        (1e-6, FIRST_RECORDS * MOST_GROWTH),
        (SECONDS_A_CALL / 2, FIRST_RECORDS * MOST_GROWTH * 2),
        (SECONDS_A_CALL * 16, FIRST_RECORDS * MOST_GROWTH // 8),
        (1e9, 1),
        (0.0, MOST_GROWTH),
    ):
        pace.begin()
        clock[0] += seconds
        pace.end()
        assert pace.records == pytest.approx(records, rel=1e-3)
