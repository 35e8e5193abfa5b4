"""A live journal played again: whole, in part, by other code; and journals that contradict themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from atlas.gateways.mock import Behaviour
from atlas.journal.reader import JournalReader
from atlas.journal.writer import JournalWriter
from atlas.kernel.memory.fingerprint import fingerprint
from atlas.live import diff, replay_journal
from atlas.live.machine import Machine, is_event
from atlas.live.recovery import recover
from atlas.live.state import load_state, save_state
from atlas.records.errors import RecoveryError
from atlas.records.kinds import Kind
from tests.unit.live.link import UNIT, Buyer, Run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    made = Run(tmp_path, Behaviour(parts=2), Behaviour(fill_after=0), Behaviour(duplicates=1))
    made.driver.run(made.reconciliation.overdue)
    return made


def test_replay_comes_to_the_very_state(run: Run) -> None:
    run.driver.close()
    report = replay_journal(run.folder / "run", verify=True)
    assert report.is_same_code
    assert report.is_verified
    assert report.divergence == ""
    assert report.fingerprint == fingerprint(run.machine.block)
    assert report.hashes_checked == 1
    assert report.positions == {"AAA": run.position() / UNIT}
    assert report.working_orders == len(run.orders())
    assert report.command_count == sum(not is_event(each) for each in run_commands(run.folder / "run"))


def run_commands(folder: Path) -> list[bytes]:
    from atlas.live.playing import journal_records

    return [each.content for each in journal_records(JournalReader(folder)) if 50 <= each.content[20] < 70]


def test_replay_until_a_sequence_stops_before_the_next_event(run: Run) -> None:
    run.driver.close()
    nothing = replay_journal(run.folder / "run", until=0, verify=True)
    assert nothing.event_count == 1
    assert nothing.positions == {}
    first = replay_journal(run.folder / "run", until=1, verify=True)
    assert (first.event_count, first.command_count, first.working_orders) == (2, 1, 1)
    early = replay_journal(run.folder / "run", until_time_ns=run.link.script.time_ns(1))
    assert early.event_count == 2


def test_other_code_takes_the_commands_as_recorded(run: Run) -> None:
    run.driver.close()
    report = replay_journal(run.folder / "run", verify=True, strategies=[Buyer(size=3.0)])
    assert not report.is_same_code
    assert not report.is_verified
    assert report.divergence == ""
    assert report.positions == {"AAA": run.position() / UNIT}


def test_a_journal_is_the_same_as_itself(run: Run) -> None:
    run.driver.close()
    assert diff(run.folder / "run", run.folder / "run").is_same


def test_state_saved_and_loaded_goes_on_alike(run: Run) -> None:
    blob, schema = save_state(run.machine, run.driver.progress.position, started=True)
    run.driver.snapshots.save(blob, run.journal.next_sequence, schema, run.setup.code_hash)
    snapshot, _ = run.driver.snapshots.load_newest()
    assert snapshot is not None
    machine = Machine(run.setup)
    position, started = load_state(machine, snapshot)
    assert fingerprint(machine.block) == fingerprint(run.machine.block)
    assert (position, started) == (run.driver.progress.position, True)
    event = next(record for record in reversed(run.records()) if record[20] == Kind.BAR)
    assert machine.apply(event) == run.machine.apply(event)
    assert fingerprint(machine.block) == fingerprint(run.machine.block)


@pytest.mark.parametrize(
    ("left_out", "message"),
    [
        (Kind.NEW_ORDER, "not all are there"),
        (Kind.COMMAND_CAUSE, "without a cause"),
        (Kind.BAR, "not the event before"),
    ],
)
def test_a_journal_that_contradicts_itself_is_refused(run: Run, left_out: Kind, message: str) -> None:
    records, identity = run.records(), run.journal.identity
    writer = JournalWriter.create(run.folder / "cut", identity)
    for record in records:
        if record[20] != left_out:
            writer.append(record)
    writer.close()
    with pytest.raises(RecoveryError, match=message):
        recover(Machine(run.setup), run.folder / "cut")
