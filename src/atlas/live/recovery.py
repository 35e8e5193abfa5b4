"""From the files of a run back to its state: the newest snapshot that can be believed, and the journal behind it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from atlas.journal.errors import JournalDamagedError
from atlas.journal.format import segment_paths
from atlas.journal.reader import JournalReader
from atlas.journal.snapshots import Snapshot, SnapshotStore
from atlas.live.machine import Machine
from atlas.live.playing import HeldEvent, Player, journal_blocks, same_code
from atlas.live.state import Progress, load_state
from atlas.records.errors import RecoveryError
from atlas.strategy.base import Strategy

SNAPSHOT_FOLDER: Final = "snapshots"


@dataclass(frozen=True, slots=True)
class Recovered:
    """A run brought back.

    Parameters
    ----------
    progress : Progress
        How far it had got.
    unfinished : HeldEvent or None
        The last event, durable but perhaps never applied: to be applied now, with orders on.
    epoch : int
        Of the boot before.
    event_count : int
        Events played behind the snapshot.
    is_recomputed : bool
        Whether every command was recomputed, and agreed; else some were taken as recorded.
    snapshot : pathlib.Path or None
        The snapshot that was used.
    damaged : list of JournalDamagedError
        Snapshots that were passed over, and why.
    """

    progress: Progress
    unfinished: HeldEvent | None
    epoch: int
    event_count: int
    is_recomputed: bool
    snapshot: Path | None
    damaged: list[JournalDamagedError]


def has_journal(folder: Path) -> bool:
    """Whether a run was begun in `folder`."""
    return bool(segment_paths(folder))


def recover(machine: Machine, folder: Path) -> Recovered:
    """Bring a new machine to the state of the run in `folder`.

    Parameters
    ----------
    machine : Machine
        That has applied nothing.
    folder : pathlib.Path
        The run's; nothing in it is changed.

    Raises
    ------
    DivergenceError
        The same code gave other commands than were recorded: nothing may be traded before that is understood.
    JournalDamagedError
        The journal is damaged.
    RecoveryError
        The journal contradicts itself, or a snapshot can't be carried over.
    """
    reader = JournalReader(folder)
    asks = same_code(machine.setup.code_hash, machine.setup.configuration_hash)
    last_sequence = reader.tail.next_sequence
    snapshot, damaged = SnapshotStore(folder / SNAPSHOT_FOLDER).load_newest(last_sequence)
    if snapshot is not None and not usable(snapshot, reader, machine):
        snapshot = None
    progress, start = Progress(), 0
    if snapshot is not None:
        position, started = load_state(machine, snapshot)
        progress, start = Progress(position, started), snapshot.next_sequence
    player = Player(machine, progress, asks)
    player.begin(reader, start)
    for block, header in journal_blocks(reader, start):
        player.play_block(block, header)
    held = player.held
    if held is not None and held.command_count is not None:
        player.flush()
        held = None
    machine.mute(frozenset())
    return Recovered(
        progress,
        held,
        reader.headers[-1].identity.boot_epoch,
        player.event_count,
        player.all_recomputed,
        snapshot.path if snapshot else None,
        damaged,
    )


def usable(snapshot: Snapshot, reader: JournalReader, machine: Machine) -> bool:
    """Whether a snapshot may stand for what came before it.

    Only the code that made it knows its strategies' fields, only its configuration knows its limits, and an open
    strategy must have said what to save. Else everything is played from the first record.

    Raises
    ------
    RecoveryError
        It may not, and the journal's beginning is gone.
    """
    setup = machine.setup
    same = snapshot.code_hash == setup.code_hash and snapshot.schema["configuration"] == setup.configuration_hash.hex()
    saved = all(
        type(bound.definition.instance).save is not Strategy.save for bound in machine.bound if bound.definition.is_open
    )
    if reader.first_sequence > 0 and not (same and saved):
        raise RecoveryError("the journal's beginning is gone, and its snapshot is of other code or configuration")
    return same and saved
