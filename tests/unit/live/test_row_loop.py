"""A journal's rows in the compiled loop come to what its records come to one by one, whatever stands among them."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atlas.gateways.gateway import record_key
from atlas.gateways.mock import Behaviour
from atlas.journal.format import JournalIdentity, segment_paths
from atlas.journal.reader import JournalReader
from atlas.journal.strings import encode_string
from atlas.journal.writer import JournalWriter
from atlas.kernel.memory.fingerprint import fingerprint
from atlas.kernel.trader.creation import AccountSetup, TraderSetup
from atlas.kernel.trader.replay import BOUNDARY, CAUSE, COMMAND, EVENT, GROUPS, HOSTED, PASSED
from atlas.live import replay_journal
from atlas.live.machine import INPUT_KINDS, Machine, is_event
from atlas.live.playing import Limit, Player
from atlas.live.replay import ReplayReport
from atlas.live.row_loop import RowLoop
from atlas.live.setup import LiveSetup
from atlas.records.commands import NEW_ORDER
from atlas.records.enums import OrderFlag, RejectReason
from atlas.records.instruments import Instrument
from atlas.records.kinds import COMMAND_KINDS, Kind
from atlas.records.layout import LAYOUTS, blank, repeat_headers, view_rows
from atlas.records.outputs import COMMAND_CAUSE
from atlas.strategy.base import Strategy
from tests.end_to_end.live_cases import Loose, Opposite, Rewritten, Swing
from tests.unit.live.link import Buyer, Run
from tests.unit.live.slow_replay import check_alike, outcome
from tests.unit.live.test_driver import Failing, Timed, Weighted

CLOSES = (100, 101, 103, 102, 99, 104, 105, 103, 101, 106, 107, 104, 102, 108)
BEHAVIOURS = (
    Behaviour(parts=2),
    Behaviour(duplicates=1),
    Behaviour(lose_answer=True),
    Behaviour(fill_after=0),
    Behaviour(reject=int(RejectReason.VENUE_CLOSED)),
    Behaviour(acknowledge_after=3, fill_after=2),
    Behaviour(lose_answer=True, fill_after=4),
)


class FailingLater(Swing):
    """Trades, and fails at a fill."""

    def on_fill(self, ctx, fill):  # type: ignore[no-untyped-def]
        self.fills += 1
        if self.fills == 3:
            self.fills = self.fills // (self.fills - 3)


class FailingOpen(Loose):
    """Open, and fails at its seventh bar."""

    def on_bar(self, ctx, bar):  # type: ignore[no-untyped-def]
        super().on_bar(ctx, bar)  # type: ignore[no-untyped-call]
        if len(self.closes) == 7:
            raise ValueError("no more")


Make = Callable[[], Sequence[Strategy]]
CASES: dict[str, Make] = {
    "buyer": lambda: [Buyer()],
    "swing": lambda: [Swing()],
    "weighted": lambda: [Weighted()],
    "timed": lambda: [Timed(), Buyer()],
    "failing": lambda: [Failing(), Buyer()],
    "failing later": lambda: [FailingLater(), Swing()],
    "open": lambda: [Loose()],
    "open and closed": lambda: [Loose(), Swing(), Buyer()],
    "failing open": lambda: [Swing(), FailingOpen()],
}


def written(folder: Path, make: Make, mode: str = "auto") -> Run:
    """Write the journal of a whole session."""
    run = Run(folder, *BEHAVIOURS, strategy=make(), closes=CLOSES, mode=mode)
    run.driver.run(run.reconciliation.overdue)
    run.driver.close()
    return run


def rewritten(run: Run, records: Sequence[bytes], name: str, each: bool = True) -> Path:
    """Write other records under the same identity, an event a block as live trading does, or all in one."""
    folder = run.folder / name
    writer = JournalWriter.create(folder, run.journal.identity)
    for record in records:
        writer.append(record)
        if each:
            writer.commit()
    writer.close()
    return folder


def content_of(folder: Path) -> list[bytes]:
    from atlas.live.playing import journal_records

    return [record.content for record in journal_records(JournalReader(folder))]


# --- journals as they are written ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("verify", [True, False])
def test_the_loop_comes_to_the_very_state(tmp_path: Path, name: str, verify: bool) -> None:
    make = CASES[name]
    run = written(tmp_path, make)
    report, position, _ = check_alike(run.folder / "run", verify, make=make)
    assert isinstance(report, ReplayReport)
    assert report.divergence == ""
    assert report.command_count > 0
    assert position == (
        run.driver.progress.position.time_ns,
        frozenset(run.driver.progress.position.seen),
        run.driver.progress.started,
    )
    if verify and not run.machine.open_strategies:
        assert report.fingerprint == fingerprint(run.machine.block)
        assert report.hashes_checked == 1


@pytest.mark.parametrize("name", ["swing", "failing later", "open and closed"])
@pytest.mark.parametrize("verify", [True, False])
def test_the_loop_stops_at_every_sequence_and_time(tmp_path: Path, name: str, verify: bool) -> None:
    make = CASES[name]
    run = written(tmp_path, make)
    rows = JournalReader(run.folder / "run").tail.next_sequence
    counts = set()
    for sequence in range(-1, rows + 1, 1 if verify else 4):
        report, *_ = check_alike(run.folder / "run", verify, Limit(sequence=sequence), make)
        assert isinstance(report, ReplayReport)
        counts.add(report.event_count)
    assert len(counts) > (20 if verify else 10)
    for step in range(0, len(CLOSES) + 2, 1 if verify else 4):
        for shift in (-1, 0):
            check_alike(run.folder / "run", verify, Limit(time_ns=run.link.script.time_ns(step) + shift), make)


@pytest.mark.parametrize("name", ["swing", "failing later"])
def test_interpreted_hooks_run_in_the_loop(tmp_path: Path, name: str) -> None:
    run = written(tmp_path, CASES[name], mode="interpreted")
    report, *_ = check_alike(run.folder / "run", verify=True)
    assert isinstance(report, ReplayReport)
    assert report.is_verified


@pytest.mark.parametrize("other", [Rewritten, Opposite, Loose])
@pytest.mark.parametrize("verify", [True, False])
def test_other_code_in_the_loop_takes_the_commands_as_recorded(
    tmp_path: Path, other: type[Strategy], verify: bool
) -> None:
    run = written(tmp_path, CASES["swing"])
    report, *_ = check_alike(run.folder / "run", verify, make=lambda: [other()])
    assert isinstance(report, ReplayReport)
    assert not report.is_same_code
    assert report.positions == {"AAA": run.position() / 10**8}


def test_most_of_a_journal_is_played_by_the_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = written(tmp_path, CASES["swing"])
    played = []
    play = Player.play
    monkeypatch.setattr(Player, "play", lambda self, record: played.append(record) or play(self, record))  # type: ignore[func-returns-value]
    report = replay_journal(run.folder / "run", verify=True)
    kinds = {record.content[20] for record in played}
    assert kinds == {Kind.OPERATOR_START, Kind.ORDER_STATUS_REQUEST, Kind.SHUTDOWN}
    assert report.command_count > 5


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 8])
def test_where_a_block_ends_makes_no_difference(tmp_path: Path, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    run = written(tmp_path, CASES["open and closed"])
    whole = outcome(run.folder / "run", slow=False, verify=True, limit=Limit(), make=CASES["open and closed"])
    monkeypatch.setattr("atlas.journal.reader.GATHERED_ROWS", rows)
    assert check_alike(run.folder / "run", verify=True, make=CASES["open and closed"]) == whole
    one = rewritten(run, content_of(run.folder / "run"), "one", each=False)
    report, *rest = check_alike(one, verify=True, make=CASES["open and closed"])
    assert isinstance(report, ReplayReport) and isinstance(whole[0], ReplayReport)
    assert (report.fingerprint, rest) == (whole[0].fingerprint, list(whole[1:]))


@pytest.mark.parametrize("name", ["swing", "open and closed"])
def test_a_torn_tail_is_cut_alike(tmp_path: Path, name: str) -> None:
    run = written(tmp_path, CASES[name])
    (path,) = segment_paths(run.folder / "run")
    blocks = [block.offset for block in JournalReader(run.folder / "run").blocks()]
    for size in sorted({offset + more for offset in blocks[-25:] for more in (0, 30, 64, 100)}, reverse=True):
        os.truncate(path, min(size, path.stat().st_size))
        check_alike(run.folder / "run", verify=True, make=CASES[name])


# --- journals that nobody wrote --------------------------------------------------------------------------------------


def changed(records: list[bytes]) -> Iterator[tuple[str, list[bytes]]]:
    """Give the records with one command, cause or event changed, left out, or twice."""
    for place, record in enumerate(records):
        kind = record[20]
        if kind in (Kind.NEW_ORDER, Kind.CANCEL_ORDER, Kind.REPLACE_ORDER):
            for offset in (32, len(record) - 8):
                content = bytearray(record)
                content[offset] ^= 1
                yield f"{place} changed at {offset}", [*records[:place], bytes(content), *records[place + 1 :]]
        if kind == Kind.COMMAND_CAUSE:
            for name in ("event_sequence", "command_count"):
                cause = np.frombuffer(record, COMMAND_CAUSE).copy()
                cause[name] += 1
                yield f"{place} {name}", [*records[:place], cause.tobytes(), *records[place + 1 :]]
        if kind in (Kind.NEW_ORDER, Kind.CANCEL_ORDER, Kind.COMMAND_CAUSE, Kind.BAR, Kind.EXECUTION_REPORT):
            yield f"{place} left out", [*records[:place], *records[place + 1 :]]
            yield f"{place} twice", [*records[:place], record, *records[place:]]


@pytest.mark.parametrize("verify", [True, False])
def test_what_contradicts_itself_is_found_at_the_same_place(tmp_path: Path, verify: bool) -> None:
    run = written(tmp_path, CASES["swing"])
    found: set[str] = set()
    for name, records in list(changed(content_of(run.folder / "run")))[:: 1 if verify else 3]:
        report, *_ = check_alike(rewritten(run, records, name), verify)
        found.add(report.partition(":")[0] if isinstance(report, str) else report.divergence.partition(" ")[0])
    assert "RecoveryError" in found
    assert ("after" in found) == verify


def test_a_difference_is_found_before_a_limit_and_not_behind_it(tmp_path: Path) -> None:
    run = written(tmp_path, CASES["swing"])
    records = content_of(run.folder / "run")
    orders = [place for place, record in enumerate(records) if record[20] == Kind.NEW_ORDER]
    order = np.frombuffer(records[orders[2]], NEW_ORDER).copy()
    order["quantity_units"] += 1
    folder = rewritten(run, [*records[: orders[2]], order.tobytes(), *records[orders[2] + 1 :]], "forged")
    found = []
    for sequence in range(JournalReader(folder).tail.next_sequence):
        report, *_ = check_alike(folder, verify=True, limit=Limit(sequence=sequence))
        assert isinstance(report, ReplayReport)
        found.append(bool(report.divergence))
    assert found == sorted(found)
    assert len(set(found)) == 2


def stray_records() -> dict[str, bytes]:
    """Records that may stand anywhere, though few do."""
    found = {}
    for kind in (
        Kind.EPOCH,
        Kind.BOOT,
        Kind.LEASE,
        Kind.SNAPSHOT_TAKEN,
        Kind.SHUTDOWN,
        Kind.DISCREPANCY,
        Kind.OPERATOR_PAUSE,
        Kind.OPERATOR_KILL_SWITCH,
        Kind.OPERATOR_CANCEL_ALL,
        Kind.ORDER_STATUS_REQUEST,
        Kind.MASS_CANCEL,
        Kind.STRATEGY_FAILED,
        Kind.CLOCK,
        Kind.QUOTE,
        Kind.FUNDAMENTAL,
        Kind.SPLIT,
        Kind.POSITION_REPORT,
    ):
        record = blank(kind)
        record["local_time_ns"] = record["venue_time_ns"] = 5 * 60 * 10**9
        for name in set(record.dtype.names or ()) & {"epoch", "strategy", "numerator", "denominator", "instrument"}:
            record[name] = 1
        repeat_headers(record)
        found[kind.name] = record.tobytes()
    resent = np.frombuffer(found["CLOCK"], np.uint8)
    again: Any = blank(Kind.NEW_ORDER)
    again["flags"] = OrderFlag.RESENT
    repeat_headers(again)
    unknown, long_clock = resent.copy(), np.tile(resent, 2)
    unknown[20] = 47
    long_clock[64 + 22] = 1
    hash_wrong: Any = blank(Kind.SHUTDOWN)
    hash_wrong["state_hash"] = 12345
    return found | {
        "resent": again.tobytes(),
        "unknown kind": unknown.tobytes(),
        "clock of two rows": long_clock.tobytes(),
        "text": view_rows(encode_string(1, "a text")).tobytes(),
        "another state": hash_wrong.tobytes(),
    }


@pytest.mark.parametrize("name", stray_records())
@pytest.mark.parametrize("case", ["swing", "failing later"])
def test_a_stray_record_is_taken_alike(tmp_path: Path, name: str, case: str) -> None:
    run = written(tmp_path, CASES[case])
    records, stray = content_of(run.folder / "run"), stray_records()[name]
    stride = 1 if name in ("EPOCH", "STRATEGY_FAILED", "OPERATOR_KILL_SWITCH", "SHUTDOWN") else 5
    for place in range(len(name) % stride, len(records) + 1, stride):
        shifted = [*records[:place], stray, *renumbered(records[place:], len(stray) // 64)]
        check_alike(rewritten(run, shifted, f"at {place}"), verify=place % 4 != 3)


def renumbered(records: list[bytes], by: int) -> Iterator[bytes]:
    """Records that name sequences later by so many rows."""
    for record in records:
        if record[20] != Kind.COMMAND_CAUSE:
            yield record
            continue
        cause = np.frombuffer(record, COMMAND_CAUSE).copy()
        cause["event_sequence"] += by
        yield cause.tobytes()


# --- what the loop takes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flags", [0, int(OrderFlag.RESENT)])
def test_the_loop_s_groups_are_the_player_s_words(flags: int) -> None:
    silent = {Kind.LEASE, Kind.BOOT, Kind.FINGERPRINT}
    for kind in range(256):
        record = bytes(20) + bytes([kind, 0]) + flags.to_bytes(2, "little") + bytes(40)
        group = int(GROUPS[kind])
        if group == EVENT:
            assert is_event(record) and kind not in INPUT_KINDS and kind in LAYOUTS
        elif group == COMMAND:
            assert kind in (Kind.NEW_ORDER, Kind.CANCEL_ORDER, Kind.REPLACE_ORDER)
            assert is_event(record) == bool(flags)
        elif group == PASSED:
            assert not is_event(record) and kind not in COMMAND_KINDS
            assert kind not in (Kind.COMMAND_CAUSE, Kind.STRATEGY_FAILED, Kind.SNAPSHOT_TAKEN, Kind.SHUTDOWN)
        elif group == BOUNDARY:
            assert is_event(record) or kind in (Kind.SNAPSHOT_TAKEN, Kind.SHUTDOWN)
            assert kind not in silent
        elif group == CAUSE:
            assert kind == Kind.COMMAND_CAUSE
        else:
            assert group == HOSTED


def test_the_latest_keys_are_those_of_the_events_of_the_latest_time(tmp_path: Path) -> None:
    setup = LiveSetup(TraderSetup([Instrument(f"A{n}") for n in range(60)], [AccountSetup()]), [])
    identity = JournalIdentity(uuid.UUID(int=2), 1, 0, setup.configuration_hash, setup.code_hash, 0, setup.metadata())
    random = np.random.default_rng(5)
    bars: Any = blank(Kind.BAR, 400)
    bars["instrument"] = random.integers(1, 61, 400)
    bars["local_time_ns"] = np.sort(random.integers(1, 6, 400))
    bars["local_time_ns"][::17] = 2
    for name in ("open_units", "high_units", "low_units", "close_units"):
        bars[name] = 10**9
    with JournalWriter.create(tmp_path / "run", identity) as writer:
        writer.append_many(bars)
    _, position, _ = check_alike(tmp_path / "run", verify=True)
    latest = bars[bars["local_time_ns"] == 5]
    expected = frozenset(record_key(bars[n : n + 1].tobytes()) for n in np.flatnonzero(bars["local_time_ns"] == 5))
    assert position == (5, expected, False)
    assert 16 < len(expected) <= len(latest)


def test_a_machine_is_driven_again_after_each_failed_hook(tmp_path: Path) -> None:
    run = written(tmp_path, CASES["failing"])
    report = replay_journal(run.folder / "run", verify=True)
    assert report.is_verified
    assert len(report.failures) == len(run.machine.failures) == 1
    assert RowLoop(Machine(run.setup)).control.event_count == 0
