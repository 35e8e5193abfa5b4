"""The line of progress: on a terminal only, drawn now and then, with speed and time left."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from atlas.cli.console import messages
from atlas.cli.progress import FIRST_SECONDS, SECONDS_BETWEEN, RunProgress, seconds_in_words, speed_in_words


def told(is_terminal: bool, monkeypatch: pytest.MonkeyPatch) -> str:
    """What is written in a run of 30 seconds that is told twenty times a second."""
    clock = [100.0]
    monkeypatch.setattr("atlas.cli.progress.time.perf_counter", lambda: clock[0])
    screen = io.StringIO()
    progress = RunProgress(Console(file=screen, force_terminal=is_terminal, width=90))
    for step in range(1, 601):
        progress.report(step * 20_000, 12_000_000)
        clock[0] += 0.05
    progress.stop()
    return screen.getvalue()


def test_nothing_is_written_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(False, monkeypatch) == ""


def test_forced_colours_make_no_terminal_of_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert Console(file=io.StringIO()).is_terminal
    assert not messages().is_terminal


def test_speed_and_time_left_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    text = told(True, monkeypatch)
    draws = text.count("events/s")
    assert 0.9 * 30 / SECONDS_BETWEEN <= draws <= 1.1 * 30 / SECONDS_BETWEEN + 2
    assert re.search(r"(49|50|51)% \d+k events/s .*0:1[45] left", text)


def test_a_short_run_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.5]
    monkeypatch.setattr("atlas.cli.progress.time.perf_counter", lambda: clock[0])
    screen = io.StringIO()
    progress = RunProgress(Console(file=screen, force_terminal=True))
    for _ in range(5):
        progress.report(1, 10)
        clock[0] += FIRST_SECONDS / 6
    progress.report(10, 10)
    progress.stop()
    assert screen.getvalue() == ""


@pytest.mark.parametrize(
    ("speed", "words"), [(0.5, "0.5"), (999, "999"), (12_345, "12.3k"), (30_160_000, "30.2M"), (2.5e9, "2.5G")]
)
def test_speeds(speed: float, words: str) -> None:
    assert speed_in_words(speed) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0:00"), (7, "0:07"), (59.6, "1:00"), (754, "12:34"), (11_100, "3:05:00")]
)
def test_times(seconds: float, words: str) -> None:
    assert seconds_in_words(seconds) == words
