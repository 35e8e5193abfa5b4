"""The live driver killed wherever a kill can matter: nothing is lost, nothing happens twice, the result is the same."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from atlas.gateways.gateway import Position
from atlas.gateways.mock import MockSession
from atlas.journal.format import Durability
from atlas.journal.lock import Holder, Lease
from atlas.journal.reader import JournalReader
from atlas.journal.writer import JournalWriter
from atlas.live import replay_journal
from atlas.live.machine import Machine
from atlas.live.playing import journal_records
from atlas.live.recovery import recover
from atlas.records.commands import NEW_ORDER
from atlas.records.errors import DivergenceError, LeaseError
from atlas.records.kinds import Kind
from atlas.strategy.base import Strategy
from tests.end_to_end.live_cases import (
    CLEAN,
    FAILED,
    SECOND_NS,
    Case,
    Loose,
    Opposite,
    Outcome,
    Rewritten,
    Swing,
    forked,
    outcome,
    script,
    venue_orders,
    wait,
    wait_until_stopped,
)

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
WORKERS = 2
Expected = tuple[Outcome, list[list[int]], int]
Strategies = type[Strategy] | tuple[type[Strategy], ...]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose path is short enough for a socket, in memory where there is such a place."""
    memory = Path("/dev/shm")
    made = Path(tempfile.mkdtemp(prefix="live-", dir=memory if memory.is_dir() else None))
    yield made
    shutil.rmtree(made)


def unbroken(case: Case, every_stage: bool = False) -> Expected:
    """Trade without a kill: what it comes to, the venue's orders, and how many stages there are."""
    case.start_venue()
    try:
        case.trade_here()
        again = replace(case, folder=case.folder.with_name(f"{case.folder.name}-count"))
        again.start_venue()
        try:
            assert wait(again.trade(every_stage=every_stage)) == CLEAN
        finally:
            again.kill_venue()
        assert outcome(again) == outcome(case)
        return outcome(case), venue_orders(case), int((again.folder / "stages").read_text())
    finally:
        case.kill_venue()


def check_kill(case: Case, expected: Expected, kills: Sequence[int], every_stage: bool = False) -> None:
    """Kill one process after the other at the stages given, then trade to the end and compare."""
    case.start_venue()
    try:
        for kill_at in kills:
            assert wait(case.trade(kill_at, every_stage=every_stage)) == -signal.SIGKILL, f"no stage {kill_at}"
        case.run_to_end()
    finally:
        case.kill_venue()
    assert outcome(case) == expected[0], f"killed at {kills}"
    assert venue_orders(case) == expected[1], f"killed at {kills}: another order, or one order twice"
    shutil.rmtree(case.folder)


def check_kills(
    folder: Path,
    strategy: Strategies,
    kills: Sequence[Sequence[int]],
    expected: Expected,
    every_stage: bool = False,
) -> None:
    """Check many kills, each in a run of its own, shared among a few processes."""

    def work(number: int) -> None:
        for place in range(number, len(kills), WORKERS):
            check_kill(Case(folder / f"k{place}", strategy), expected, kills[place], every_stage)

    workers = [forked(lambda number=number: work(number)) for number in range(WORKERS)]  # type: ignore[misc]
    assert [wait(worker) for worker in workers] == [CLEAN] * WORKERS, "a kill changed the result; see above"


def test_killed_at_every_step_the_run_comes_to_the_same(folder: Path) -> None:
    expected = unbroken(Case(folder / "whole"))
    assert expected[2] > 200
    check_kills(folder, Swing, [[stage] for stage in range(1, expected[2] + 1)], expected)


def test_killed_again_while_it_recovers_it_comes_to_the_same(folder: Path) -> None:
    expected = unbroken(Case(folder / "whole"))
    kills = [[stage, 1 + place % 5, 1 + place % 3] for place, stage in enumerate(range(11, expected[2], 23))]
    check_kills(folder, Swing, kills, expected)


def test_an_open_strategy_comes_to_the_same(folder: Path) -> None:
    expected = unbroken(Case(folder / "whole", Loose))
    check_kills(folder, Loose, [[stage] for stage in range(3, expected[2] + 1, 9)], expected)


def test_open_and_closed_strategies_side_by_side_come_to_the_same(folder: Path) -> None:
    both = (Loose, Swing)
    expected = unbroken(Case(folder / "whole", both))
    check_kills(folder, both, [[stage] for stage in range(3, expected[2] + 1, 17)], expected)


@pytest.mark.slow
@pytest.mark.parametrize("strategy", [Swing, Loose])
def test_killed_at_every_stage_there_is(folder: Path, strategy: type[Strategy]) -> None:
    expected = unbroken(Case(folder / "whole", strategy), every_stage=True)
    kills = [[stage] for stage in range(1, expected[2] + 1)]
    check_kills(folder, strategy, kills, expected, every_stage=True)


@pytest.mark.slow
def test_killed_twice_at_many_pairs_of_stages(folder: Path) -> None:
    expected = unbroken(Case(folder / "whole"))
    kills = [[stage, second] for stage in range(2, expected[2], 7) for second in range(1, 14)]
    check_kills(folder, Swing, kills, expected)


# --- the code is changed between two processes -----------------------------------------------------------------------


def test_other_words_for_the_same_decisions_come_to_the_same(folder: Path) -> None:
    expected = unbroken(Case(folder / "whole"))
    for stage in range(5, expected[2], 19):
        case = Case(folder / f"k{stage}")
        case.start_venue()
        try:
            assert wait(case.trade(stage, every_stage=False)) == -signal.SIGKILL
            replace(case, strategy=Rewritten).run_to_end()
        finally:
            case.kill_venue()
        assert outcome(case) == expected[0], f"killed at {stage}"
        assert venue_orders(case) == expected[1], f"killed at {stage}"


def killed_case(folder: Path, stage: int = 120) -> Case:
    case = Case(folder / "killed")
    case.start_venue()
    try:
        assert wait(case.trade(stage, every_stage=False)) == -signal.SIGKILL
    finally:
        case.kill_venue()
    return case


def live_rows(machine: Machine, names: Sequence[str]) -> dict[str, list[int]]:
    orders = machine.block.rows("orders")[machine.block.live("orders")]
    return {name: sorted(orders[name].tolist()) for name in names}


def test_orders_positions_and_cash_of_other_decisions_are_those_recorded(folder: Path) -> None:
    case = killed_case(folder)
    same, other = Machine(case.setup()), Machine(replace(case, strategy=Opposite).setup())
    first, second = recover(same, case.run_folder), recover(other, case.run_folder)
    assert first.is_recomputed
    assert not second.is_recomputed
    assert same.block.rows("positions")["quantity_units"].any()
    for table, name in (("positions", "quantity_units"), ("positions", "cost_money"), ("cash", "balance_money")):
        assert other.block.rows(table)[name].tolist() == same.block.rows(table)[name].tolist()
    names = ("client_order_id", "state", "quantity_units", "filled_units", "price_units", "pending_order_id")
    assert live_rows(other, names) == live_rows(same, names)


def test_fields_of_new_code_are_rebuilt_by_its_own_hooks(folder: Path) -> None:
    case = killed_case(folder)
    machines = [Machine(replace(case, strategy=strategy).setup()) for strategy in (Swing, Rewritten, Opposite)]
    for machine in machines:
        recover(machine, case.run_folder)
    fields = [strategy_fields(machine) for machine in machines]
    records = [record.content for record in journal_records(JournalReader(case.run_folder))]
    bars = sum(record[20] == Kind.BAR for record in records)
    unfinished = records[-1][20] == Kind.BAR  # durable, not applied yet: left to whoever goes on
    assert [sum(rows["count"]) for rows in fields] == [bars - unfinished] * 3
    assert fields[1]["resting"] == fields[0]["resting"]
    assert fields[1]["fills"] == fields[0]["fills"]


def strategy_fields(machine: Machine) -> dict[str, list[int]]:
    """Fields of every instance of the first strategy, by name."""
    bound, row = machine.bound[0], machine.block.rows("strategies")[1]
    size, dtype = int(row["state_bytes"]), bound.definition.layout.dtype
    arena = machine.block.rows("state").view(np.uint8)[int(row["state_offset"]) :]
    records = [arena[n * size : n * size + dtype.itemsize].view(dtype)[0] for n in range(bound.instance_count)]
    names = [name for name in ("count", "resting", "fills") if name in (dtype.names or ())]
    return {name: [int(record[name]) for record in records] for name in names}


def test_a_journal_of_several_boots_is_replayed_until_a_time_and_to_its_end(folder: Path) -> None:
    case = killed_case(folder)
    case.start_venue()
    try:
        case.run_to_end()
    finally:
        case.kill_venue()
    counts = [
        replay_journal(case.run_folder, until_time_ns=case.script.time_ns(step)).event_count for step in (0, 5, 12)
    ]
    whole = replay_journal(case.run_folder, verify=True)
    assert 1 == counts[0] < counts[1] < counts[2] < whole.event_count
    assert whole.is_verified
    assert whole.hashes_checked >= 1


# --- what must not go on ---------------------------------------------------------------------------------------------


def forge(case: Case) -> None:
    """Write the journal anew with another quantity in its first order, under the same names and hashes."""
    reader = JournalReader(case.run_folder)
    identity, records = reader.headers[0].identity, [each.content for each in journal_records(reader)]
    del reader
    shutil.rmtree(case.run_folder)
    place = next(n for n, record in enumerate(records) if record[20] == Kind.NEW_ORDER)
    order = np.frombuffer(records[place], NEW_ORDER).copy()
    order["quantity_units"] += 10**8
    records[place] = order.tobytes()
    writer = JournalWriter.create(case.run_folder, identity)
    for record in records:
        writer.append(record)
    writer.commit()
    writer.abandon()


def test_a_command_that_is_not_recomputed_stops_trading_and_is_shown(folder: Path) -> None:
    case = killed_case(folder)
    forge(case)
    before = (case.run_folder / "journal-000001.atlas").read_bytes()
    with pytest.raises(DivergenceError) as caught, case.session():
        pytest.fail("it trades")
    text = str(caught.value)
    assert "recorded:" in text
    assert "recomputed:" in text
    assert "NEW_ORDER" in text
    assert [path.read_bytes() for path in sorted(case.run_folder.glob("journal-*.atlas"))] == [before]
    assert replay_journal(case.run_folder, verify=True).divergence == text
    assert replay_journal(case.run_folder).divergence == ""


def test_a_second_process_is_told_who_trades(folder: Path) -> None:
    expected = unbroken(Case(folder / "whole"))
    case = Case(folder / "stopped")
    case.start_venue()
    try:
        child = case.trade(stop_at=250)
        wait_until_stopped(child)
        with pytest.raises(LeaseError, match=f"process {child} on "), case.session():
            pytest.fail("two processes trade one account")
        os.kill(child, signal.SIGCONT)
        assert wait(child) == CLEAN
    finally:
        case.kill_venue()
    assert (outcome(case), venue_orders(case)) == expected[:2]


def stage_before_first_send() -> int:
    """Number of the first stage SENDING: boot, the start, the first bar, its command."""
    return 1 + 4 + 4 + 2 + 1


def test_a_resumed_process_whose_lease_ran_out_sends_nothing(folder: Path) -> None:
    expected = unbroken(Case(folder / "whole"))
    case = Case(folder / "stopped", lease_ns=SECOND_NS)
    case.start_venue()
    try:
        child = case.trade(stop_at=stage_before_first_send())
        wait_until_stopped(child)
        time.sleep(1.1)
        path = case.folder / "locks" / "account-demo.lease"
        watchdog = Lease(path, SECOND_NS, holder=Holder(1, "watchdog", 0))
        watchdog.acquire(time.time_ns())
        os.kill(child, signal.SIGCONT)
        assert wait(child) == FAILED
        assert venue_orders(case) == []
        watchdog.release(time.time_ns())
        replace(case, lease_ns=60 * SECOND_NS).run_to_end()
    finally:
        case.kill_venue()
    assert (outcome(case), venue_orders(case)) == expected[:2]


def test_a_venue_that_knows_a_later_epoch_reads_nothing_of_an_earlier_one(folder: Path) -> None:
    expected = unbroken(Case(folder / "whole"))
    case = Case(folder / "fenced")
    case.start_venue()
    try:
        child = case.trade(stop_at=stage_before_first_send())
        wait_until_stopped(child)
        later = MockSession(case.script, case.address)
        later.connect(2, Position())
        os.kill(child, signal.SIGCONT)
        assert wait(child) == FAILED
        later.close()
        assert venue_orders(case) == []
        case.run_to_end()
    finally:
        case.kill_venue()
    assert (outcome(case), venue_orders(case)) == expected[:2]


# --- the venue is killed, the disk is waited for ---------------------------------------------------------------------


@pytest.mark.parametrize("stage", [60, 151, 298])
def test_a_venue_killed_and_started_again_changes_nothing(folder: Path, stage: int) -> None:
    expected = unbroken(Case(folder / "whole"))
    case = Case(folder / "killed")
    case.start_venue()
    try:
        child = case.trade(stop_at=stage)
        wait_until_stopped(child)
        case.kill_venue()
        os.kill(child, signal.SIGCONT)
        assert wait(child) == FAILED
        case.start_venue()
        case.run_to_end()
    finally:
        case.kill_venue()
    assert (outcome(case), venue_orders(case)) == expected[:2]


def test_a_run_that_waits_for_the_disk_comes_to_the_same(folder: Path) -> None:
    expected = unbroken(Case(folder / "whole"))
    case = Case(folder / "disk", durability=Durability.DISK)
    check_kill(case, expected, [70, 90])


def test_snapshots_shorten_the_way_back_and_change_nothing(folder: Path) -> None:
    case = killed_case(folder, stage=180)
    with_snapshot, without = Machine(case.setup()), Machine(case.setup())
    first = recover(with_snapshot, case.run_folder)
    shutil.rmtree(case.run_folder / "snapshots")
    second = recover(without, case.run_folder)
    assert first.snapshot is not None
    assert second.snapshot is None
    assert first.event_count < second.event_count
    assert with_snapshot.block.rows("positions").tobytes() == without.block.rows("positions").tobytes()
    assert first.progress.position == second.progress.position
    assert script().step_count > 25
