"""A run folder played again: the same document on the same data must put out the same records."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from atlas.analytics import Summary
from atlas.backtest.documents import load_run, run_document
from atlas.backtest.folder import CONFIGURATION, JOURNAL, SUMMARY, is_run_folder, read_status
from atlas.backtest.preparation import Report
from atlas.backtest.run import Progress
from atlas.journal import JournalDifference, find_difference
from atlas.records.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Replay:
    """What playing a run again came to.

    Attributes
    ----------
    recorded, replayed : str
        Fingerprints of the run as it was written and as it is now.
    difference : JournalDifference or None
        Of the journals; None where the run was written without one.
    """

    recorded: str
    replayed: str
    difference: JournalDifference | None

    @property
    def is_same(self) -> bool:
        """Whether the run was repeated to the bit."""
        return self.recorded == self.replayed and (self.difference is None or self.difference.is_same)


def replay_run(folder: Path, *, progress: Progress | None = None, compiling: Report | None = None) -> Replay:
    """Run a run folder's document again and compare.

    Parameters
    ----------
    folder : Path
        As `BacktestResult.save` made it.
    progress, compiling : callable, optional
        Are told how it gets on.

    Raises
    ------
    ConfigurationError
        It is no run folder, or its document can't be run.
    """
    if not is_run_folder(folder):
        raise ConfigurationError(f"{folder} is no run folder: it has no {CONFIGURATION} with a {SUMMARY}")
    if read_status(folder).get("status") == "interrupted":
        whole = f"atlas backtest {folder / CONFIGURATION}"
        raise ConfigurationError(f"{folder} was interrupted, so nothing can be the same: {whole} runs it to its end")
    recorded = Summary.from_json((folder / SUMMARY).read_text(encoding="utf-8")).fingerprint
    document, first = load_run(folder / CONFIGURATION), folder / JOURNAL
    with tempfile.TemporaryDirectory(prefix="atlas-replay-") as temporary:
        second = Path(temporary) / JOURNAL if first.is_dir() else None
        result = run_document(document, journal=second, progress=progress, compiling=compiling)
        difference = None if second is None else find_difference(first, second)
    return Replay(recorded, result.fingerprint, difference)
