"""Run folders played again: the same document on the same data must put out the same records."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from atlas.analytics import Summary
from atlas.backtest.documents import load_run, run_document
from atlas.backtest.folder import CONFIGURATION, JOURNAL, SUMMARY, is_run_folder, read_status
from atlas.backtest.preparation import Report
from atlas.backtest.run import Progress
from atlas.journal import JournalDifference, find_difference
from atlas.records.errors import AtlasError, ConfigurationError


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


@dataclass(frozen=True, slots=True)
class RunDifference:
    """How two runs differ.

    Attributes
    ----------
    fingerprints : tuple of str
        As their folders say.
    difference : JournalDifference or None
        The first record where the runs part; None where their fingerprints are the same.
    unrepeated : str
        Why the runs' journals were compared and not the runs played again; empty where they were.
    """

    fingerprints: tuple[str, str]
    difference: JournalDifference | None = None
    unrepeated: str = ""

    @property
    def is_same(self) -> bool:
        """Whether both runs did the same."""
        return self.difference is None


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
    recorded = recorded_fingerprint(folder)
    if read_status(folder).get("status") == "interrupted":
        whole = f"atlas backtest {folder / CONFIGURATION}"
        raise ConfigurationError(f"{folder} was interrupted, so nothing can be the same: {whole} runs it to its end")
    document, first = load_run(folder / CONFIGURATION), folder / JOURNAL
    with tempfile.TemporaryDirectory(prefix="atlas-replay-") as temporary:
        second = Path(temporary) / JOURNAL if first.is_dir() else None
        result = run_document(document, journal=second, progress=progress, compiling=compiling)
        difference = None if second is None else find_difference(first, second)
    return Replay(recorded, result.fingerprint, difference)


def recorded_fingerprint(folder: Path) -> str:
    """Return the fingerprint that a run folder says.

    Raises
    ------
    ConfigurationError
        It is no run folder.
    """
    if not is_run_folder(folder):
        raise ConfigurationError(f"{folder} is no run folder: it has no {CONFIGURATION} with a {SUMMARY}")
    return Summary.from_json((folder / SUMMARY).read_text(encoding="utf-8")).fingerprint


def compare_runs(
    first: Path, second: Path, *, progress: Progress | None = None, compiling: Report | None = None
) -> RunDifference:
    """Find the first record where two runs part.

    Runs whose fingerprints differ are played again, because the first thing that differs may be a fee or a fill, which
    journals of commands do not hold. Where one can't be repeated (its code or its data has changed) their journals are
    compared.

    Parameters
    ----------
    first, second : Path
        Run folders.
    progress, compiling : callable, optional
        Are told how it gets on.

    Raises
    ------
    ConfigurationError
        One can't be repeated, and there are no journals to compare.
    """
    recorded = (recorded_fingerprint(first), recorded_fingerprint(second))
    if recorded[0] == recorded[1]:
        return RunDifference(recorded)
    with tempfile.TemporaryDirectory(prefix="atlas-diff-") as temporary:
        places = (Path(temporary) / "A", Path(temporary) / "B")
        for folder, place, fingerprint in zip((first, second), places, recorded, strict=True):
            reason = repeat_run(folder, place, fingerprint, progress, compiling)
            if reason:
                return RunDifference(recorded, difference_of_journals((first, second), reason), reason)
        return RunDifference(recorded, without_places(find_difference(*places)))


def without_places(difference: JournalDifference) -> JournalDifference:
    """Leave out what is true of temporary journals only: their headers and paths."""
    first, second = (place and replace(place, path=None) for place in (difference.first, difference.second))
    return replace(difference, headers=(), first=first, second=second)


def repeat_run(
    folder: Path, journal: Path, fingerprint: str, progress: Progress | None, compiling: Report | None
) -> str:
    """Run a folder's document again and write all it puts out; say why it didn't come to the same."""
    try:
        document = load_run(folder / CONFIGURATION)
        result = run_document(document, progress=progress, compiling=compiling)
    except AtlasError as error:
        return f"{folder} can't be run again: {error}"
    if result.fingerprint != fingerprint:
        return f"{folder} comes to another result now: its code or data has changed, or it was interrupted"
    result.write_outputs(journal)
    return ""


def difference_of_journals(folders: Sequence[Path], reason: str) -> JournalDifference:
    """Compare the commands that two runs kept."""
    for folder in folders:
        if not (folder / JOURNAL).is_dir():
            raise ConfigurationError(f"{reason}; and {folder} was written without --journal: nothing to compare")
    return find_difference(folders[0] / JOURNAL, folders[1] / JOURNAL)
