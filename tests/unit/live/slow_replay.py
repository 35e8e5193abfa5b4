"""The slow, obvious twin of `replay_journal`: record by record, without the compiled loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from atlas.journal.format import SegmentHeader
from atlas.journal.reader import JournalReader
from atlas.live.machine import Machine
from atlas.live.playing import Limit, Player, journal_blocks, journal_records, same_code
from atlas.live.replay import ReplayReport, report_of
from atlas.live.setup import LiveSetup
from atlas.live.state import Progress
from atlas.records.errors import AtlasError, DivergenceError
from atlas.strategy.base import Strategy

Make = Callable[[], Sequence[Strategy]]


def player_of(folder: Path, verify: bool, make: Make | None) -> tuple[Player, JournalReader, bool]:
    reader = JournalReader(folder)
    setup = LiveSetup.from_metadata(reader.headers[-1].identity.metadata, make() if make else None)
    asks = same_code(setup.code_hash, setup.configuration_hash)

    def never(header: SegmentHeader) -> bool:
        return False

    player = Player(Machine(setup), Progress(), asks if verify else never)
    player.begin(reader, 0)
    return player, reader, all(asks(header) for header in reader.headers)


def play_records(player: Player, reader: JournalReader, limit: Limit) -> None:
    for record in journal_records(reader):
        if limit.excludes(record):
            player.flush()
            return
        player.play(record)


def play_blocks(player: Player, reader: JournalReader, limit: Limit) -> None:
    for block, header in journal_blocks(reader):
        if not player.play_block(block, header, limit):
            return


Outcome = tuple[ReplayReport | str, object, object]


def outcome(folder: Path, slow: bool, verify: bool, limit: Limit, make: Make | None = None) -> Outcome:
    """Report or error, position, and what open strategies would save."""
    play = play_records if slow else play_blocks
    player, reader, is_same = player_of(folder, verify, make)
    divergence, result = "", None
    try:
        play(player, reader, limit)
        player.finish()
    except DivergenceError as error:
        divergence = str(error)
    except AtlasError as error:
        result = f"{type(error).__name__}: {error}"
    report = result or report_of(player, reader.path, is_same, verify and is_same and not divergence, divergence)
    progress = player.progress
    position = progress.position.time_ns, frozenset(progress.position.seen), progress.started
    saved = [[each.save() for each in bound.instances] for bound in player.machine.bound if bound.definition.is_open]
    return report, position, saved


def check_alike(folder: Path, verify: bool, limit: Limit | None = None, make: Make | None = None) -> Outcome:
    """Compare both ways; what they come to."""
    wanted = limit or Limit()
    fast = outcome(folder, False, verify, wanted, make)
    assert fast == outcome(folder, True, verify, wanted, make)
    return fast
