"""Replay of a finished or running journal, for people: what `atlas replay` and `atlas diff` print.

A live journal's header says how its run was set up, so that its folder is all that is needed, besides the strategies'
sources. A backtest's journal names its market data by fingerprint; its front door loads that and runs it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from atlas.journal.difference import JournalDifference, find_difference
from atlas.journal.reader import JournalReader
from atlas.kernel.memory.fingerprint import fingerprint
from atlas.live.machine import Machine
from atlas.live.playing import Limit, Player, journal_blocks, same_code
from atlas.live.setup import LiveSetup
from atlas.live.state import Progress
from atlas.records.errors import DivergenceError
from atlas.records.units import units_to_float
from atlas.strategy.base import Strategy


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What a journal comes to.

    Parameters
    ----------
    folder : pathlib.Path
        The journal.
    is_same_code : bool
        Whether code and configuration are those that wrote all of it; else its commands can only be taken as recorded.
    is_verified : bool
        Whether every command was recomputed and agreed.
    record_count : int
        Records read.
    event_count, command_count : int
        Events applied, and the commands they caused.
    hashes_checked : int
        Fingerprints in the journal that the state agreed with.
    time_ns : int
        The trader's clock at the end, ns UTC.
    fingerprint : str
        Of the state at the end.
    cash, fees : float
        Of the first account, in its currency.
    positions : dict of str to float
        Quantity by instrument, without those that are flat; all accounts together.
    working_orders : int
        Orders that are open.
    divergence : str
        Where the kernel first gave something else than was recorded; empty for nowhere.
    failures : list of str
        Hooks that failed on the way.
    """

    folder: Path
    is_same_code: bool
    is_verified: bool
    record_count: int
    event_count: int
    command_count: int
    hashes_checked: int
    time_ns: int
    fingerprint: str
    cash: float
    fees: float
    positions: dict[str, float] = field(default_factory=dict)
    working_orders: int = 0
    divergence: str = ""
    failures: list[str] = field(default_factory=list)


def replay_journal(
    folder: Path,
    until: int | None = None,
    verify: bool = False,
    *,
    until_time_ns: int | None = None,
    strategies: Sequence[Strategy] | None = None,
) -> ReplayReport:
    """Play a live run's journal from its first record.

    Parameters
    ----------
    folder : pathlib.Path
        The run's; nothing in it is changed, and it may still be written.
    until : int, optional
        Events after the record with this sequence are left out; none by default.
    verify : bool
        Recompute every command and compare it with what was recorded, and the state with every fingerprint. Without,
        commands are taken as recorded, which other versions of the code can do too.
    until_time_ns : int, optional
        Events after this local time are left out.
    strategies : sequence of Strategy, optional
        In place of those that the header names.

    Returns
    -------
    ReplayReport
        With `verify`, `ReplayReport.divergence` says where the kernel first parted from the journal; what is reported
        besides is the state right there.

    Raises
    ------
    RecoveryError
        The header names no live run, its strategies are gone, or the journal contradicts itself.
    JournalDamagedError
        The journal is damaged.
    """
    reader = JournalReader(folder)
    setup = LiveSetup.from_metadata(reader.headers[-1].identity.metadata, strategies)
    machine = Machine(setup)
    asks = same_code(setup.code_hash, setup.configuration_hash)
    is_same = all(asks(header) for header in reader.headers)
    player = Player(machine, Progress(), asks if verify else lambda header: False)
    player.begin(reader, 0)
    limit, divergence = Limit(until, until_time_ns), ""
    try:
        for block, header in journal_blocks(reader):
            if not player.play_block(block, header, limit):
                break
        player.finish()
    except DivergenceError as error:
        divergence = str(error)
    return report_of(player, reader.path, is_same, verify and is_same and not divergence, divergence)


def report_of(player: Player, folder: Path, is_same_code: bool, is_verified: bool, divergence: str) -> ReplayReport:
    """Describe the state that a player came to."""
    machine = player.machine
    block, trader = machine.block, machine.setup.trader
    account = block.rows("accounts")[0]
    scale = int(block.rows("currencies")[int(account["currency"])]["money_scale"])
    width = int(machine.world["instrument_count"])
    held = block.rows("positions")["quantity_units"].reshape(-1, width).sum(axis=0)
    positions = {
        instrument.symbol: units_to_float(int(held[number]), instrument.quantity_exponent)
        for number, instrument in enumerate(trader.instruments, 1)
        if held[number]
    }
    return ReplayReport(
        folder,
        is_same_code,
        is_verified,
        player.record_count,
        player.event_count,
        player.command_count,
        player.hashes_checked,
        int(machine.world["clock_ns"]),
        fingerprint(block),
        int(block.rows("cash")[int(account["currency"])]["balance_money"]) / scale,
        int(account["fees_money"]) / scale,
        positions,
        len(block.live("orders")),
        divergence,
        [str(failure) for failure in machine.failures],
    )


def diff(first: Path, second: Path) -> JournalDifference:
    """Find the first record in which two journals part; see `atlas.journal.find_difference`.

    Times of boots and epochs differ between any two live runs: compare journals of replays, of backtests, or from the
    sequence of the first event.
    """
    return find_difference(Path(first), Path(second))
