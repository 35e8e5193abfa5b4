"""A live run's journal played again, from its file to its report: a million bars, with and without orders.

    python -m benchmarks.replay [--bars N] [--rounds N] [--folder DIRECTORY]

The journals are written by the live driver, an event a block, as a session writes them: one with no strategy, one of
the crossing of two averages, whose orders the mock venue's scripted ones acknowledge and fill a step later. What is
timed is `replay_journal` as `atlas replay` calls it: mapping the files, checking every block's checksum, making the
trader, applying each event, comparing each command and the fingerprint at the end with what was recorded. The files
are in the system's cache. Each round's fingerprint is compared with that of the run that wrote the journal.
"""

from __future__ import annotations

import argparse
import pathlib
import sys
import tempfile
from collections.abc import Sequence
from typing import Any

import numpy as np

from atlas.gateways.gateway import Position, Record
from atlas.gateways.mock import Script
from atlas.gateways.mock.orders import ScriptedOrders
from atlas.journal import JournalReader
from atlas.kernel.memory.fingerprint import fingerprint
from atlas.kernel.trader.creation import AccountSetup, TraderSetup
from atlas.live import LiveOptions, LiveSetup, ReplayReport, open_session, replay_journal
from atlas.records.enums import NULL
from atlas.records.instruments import Instrument
from atlas.records.layout import ROW_BYTES, RecordArray
from atlas.strategy.base import Strategy
from atlas.strategy.shipped.sma_cross import SmaCross
from benchmarks.bars import FIRST_TIME_NS, MINUTE_NS, bars_file
from benchmarks.environments import cache_folder
from benchmarks.figures import Figure, Timing, clock, finish, rate_figure
from benchmarks.histories import history_of
from benchmarks.peers.measure import CASH

MILLION = 1e6


class DifferenceError(Exception):
    """A replay did not come to the state of the run that wrote the journal."""


class BarScript(Script):
    """The script of one instrument's bars, whose prices are looked up at once."""

    def price(self, step: int, instrument: int) -> int:
        """Close of a step, in price units."""
        return int(self.closes[step - 1][instrument - 1])


class BarGateway:
    """The mock venue without process and log: a bar a step, and what becomes of the orders.

    Parameters
    ----------
    bars : ndarray of BAR
        One instrument's.
    """

    def __init__(self, bars: RecordArray) -> None:
        closes: Any = bars["close_units"].reshape(-1, 1)
        self.script = BarScript(closes, FIRST_TIME_NS, MINUTE_NS)
        self.orders = ScriptedOrders(self.script)
        self._bars = bars.view(np.uint8).data
        self._step, self._count = 0, len(bars)

    def connect(self, epoch: int, position: Position) -> None:
        """Open the session, at its beginning."""
        assert position.time_ns == NULL, "the benchmark's sessions are not gone on with"

    def now_ns(self) -> int:
        """End of the last bar."""
        return self.script.time_ns(self._step)

    def poll(self) -> list[Record] | None:
        """Bring the next bar and the reports that come with it; None at the end."""
        if self._step == self._count:
            return None
        begin = self._step * ROW_BYTES
        self._step += 1
        self.orders.advance(self._step)
        reports = self.orders.delivered(self._step)
        return [bytes(self._bars[begin : begin + ROW_BYTES]), *(self._stamped(each) for each in reports)]

    def _stamped(self, report: Record) -> Record:
        rows = np.frombuffer(report, np.int64).copy().reshape(-1, ROW_BYTES // 8)
        rows[:, 1] = self.now_ns()
        return rows.tobytes()

    def send(self, command: Record) -> None:
        """Take a command."""
        self.orders.arrive(command)

    def ask(self, request: Record) -> list[Record]:
        """Answer a question; nothing is ever unanswered here."""
        return [self._stamped(each) for each in self.orders.answer(request) or ()]

    def open_orders(self) -> list[Record]:
        """Orders that work."""
        return [self._stamped(each) for each in self.orders.open_orders()]

    def close(self) -> None:
        """End the session."""


def trade(folder: pathlib.Path, bars: RecordArray, strategies: Sequence[Strategy]) -> str:
    """Write the journal of a live session over `bars`; the fingerprint of the state it came to."""
    setup = LiveSetup(TraderSetup([Instrument("TEST")], [AccountSetup(initial_cash=CASH)]), strategies)
    options = LiveOptions(folder / "run", "benchmark", folder / "locks")
    with open_session(setup, options, BarGateway(bars)) as session:
        driver = session.driver
        driver.run(lambda: None)
        driver.close()
        return fingerprint(driver.machine.block)


def check(report: ReplayReport, expected: str, bars: int) -> None:
    """Compare a replay with the run.

    Raises
    ------
    DifferenceError
        State, commands or the number of events differ.
    """
    if report.divergence or not report.is_verified or report.event_count < bars:
        raise DifferenceError(f"the replay of {report.event_count:,} events is not verified: {report.divergence}")
    if report.fingerprint != expected:
        raise DifferenceError(f"the replay came to {report.fingerprint}, the run to {expected}")


def replay(folder: pathlib.Path, expected: str, bars: int) -> Timing:
    """Replay a journal once."""
    reports: list[ReplayReport] = []
    timing = clock(lambda: reports.append(replay_journal(folder / "run", verify=True)))
    check(reports[0], expected, bars)
    return timing


def measure_journal(
    key: str, title: str, folder: pathlib.Path, history: RecordArray, strategies: Sequence[Strategy], rounds: int
) -> list[Figure]:
    """Write one journal, then replay it in rounds, after one that warms up."""
    print(f"{title}: writing the journal", file=sys.stderr, flush=True)
    expected, bars = trade(folder, history, strategies), len(history)
    timings = [replay(folder, expected, bars) for _ in range(rounds + 1)][1:]
    reading = [clock(lambda: JournalReader(folder / "run").verify()) for _ in range(rounds)]
    size = sum(path.stat().st_size for path in (folder / "run").glob("journal-*.atlas"))
    count = JournalReader(folder / "run").tail.next_sequence
    return [
        rate_figure(f"replay.{key}", f"replay, {title}", "M bars/s", timings, bars / MILLION),
        rate_figure(f"replay.{key}.read", f"reading alone, {title}", "M bars/s", reading, bars / MILLION),
        Figure(f"replay.{key}.rows", f"rows of it, {title}", "rows a bar", [count / bars]),
        Figure(f"replay.{key}.size", f"size of it, {title}", "MiB", [size / 2**20]),
    ]


def measure(bars: int, rounds: int, parent: pathlib.Path) -> list[Figure]:
    """Measure both journals."""
    history = history_of(np.load(bars_file(cache_folder(), bars))).records
    figures: list[Figure] = []
    cases: list[tuple[str, str, list[Strategy]]] = [
        ("bars", f"{bars:,} bars", []),
        ("sma", f"{bars:,} bars, SMA 10/30 with its orders", [SmaCross(fast=10, slow=30)]),
    ]
    for key, title, strategies in cases:
        with tempfile.TemporaryDirectory(dir=parent) as name:
            figures += measure_journal(key, title, pathlib.Path(name), history, strategies, rounds)
    return figures


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--bars", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()))
    arguments = parser.parse_args()
    finish("replay", "Replay of a live journal", measure(arguments.bars, arguments.rounds, arguments.folder))


if __name__ == "__main__":
    main()
