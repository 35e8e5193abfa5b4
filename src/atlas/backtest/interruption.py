"""Ctrl-C while a run goes on: the first asks it to end in order, the second quits at once."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Final

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
OUR_OWN: Final = (signal.default_int_handler, signal.SIG_DFL)


class Interruption:
    """Takes over Ctrl-C and the request to terminate while it is entered.

    The first one is noted, and the run, which looks between two steps of its loop, ends in order; from the second on
    `KeyboardInterrupt` is raised wherever the program is. Handlers that somebody else has installed stay, as they do
    outside of the main thread, where Python knows no signals.
    """

    def __init__(self) -> None:
        self.asked = False
        self._replaced: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                handler = signal.getsignal(number)
                if handler in OUR_OWN:
                    self._replaced[number] = handler
                    signal.signal(number, self._note)
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
