"""Ctrl-C while a run goes on: the first asks it to end in order, the second quits at once."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Final

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Takes over, while it is entered, the signals that would raise `KeyboardInterrupt`.

    The first one is noted, and the run, which looks between two steps of its loop, ends in order; from the second on
    `KeyboardInterrupt` is raised wherever the program is. That is Ctrl-C, and a request to terminate only where
    `terminate_as_interrupted` was called: a program of a user's own, which goes on after a run, ends by it as ever.
    Outside of the main thread Python knows no signals, and nothing is taken over.
    """

    def __init__(self) -> None:
        self.asked = False
        self._replaced: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                if signal.getsignal(number) is signal.default_int_handler:
                    self._replaced[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._replaced.items():
            signal.signal(number, handler)
        self._replaced.clear()

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


class Deferral:
    """Holds Ctrl-C and the request to terminate back while it is entered: for steps that must not be left half done."""

    def __init__(self) -> None:
        self._replaced: dict[signal.Signals, Any] = {}
        self._held: list[int] = []

    def __enter__(self) -> None:
        # Handlers, not a mask: a library's thread would take the signal that this one blocks.
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                self._replaced[number] = signal.signal(number, self._hold)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._replaced.items():
            signal.signal(number, handler)
        self._replaced.clear()
        for held in dict.fromkeys(self._held):
            signal.raise_signal(held)

    def _hold(self, number: int, frame: FrameType | None) -> None:
        self._held.append(number)


def terminate_as_interrupted() -> None:
    """Let a request to terminate raise `KeyboardInterrupt`, so that what is half done is taken away on the way out."""
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
