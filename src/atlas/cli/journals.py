"""The commands that play journals again and compare them."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from atlas.backtest.folder import CONFIGURATION, JOURNAL, is_run_folder
from atlas.backtest.replaying import compare_runs, replay_run
from atlas.cli.console import messages, output, watching
from atlas.cli.folders import as_text, differing_keys, flat_document
from atlas.config.times import end_of
from atlas.errors import ConfigurationError
from atlas.journal import find_difference
from atlas.journal.format import segment_paths

SAME, DIFFERENT = 0, 1
FOLDERS = "name a run folder, such as runs/demo, or a live run's journal"


def replay_folder(folder: Path, until: str = "", verify: bool = True) -> int:
    """Play a run folder or a live run's journal again; 0 when it came to the same."""
    if not folder.is_dir():
        raise ConfigurationError(
            f"no such folder: {folder}" if not folder.exists() else f"{folder} is a file: {FOLDERS}"
        )
    if not is_run_folder(folder):
        if not segment_paths(folder):
            raise ConfigurationError(f"{folder} holds neither a run nor a journal: {FOLDERS}")
        return replay_live(folder, until, verify)
    if until or not verify:
        option = "--until" if until else "--no-verify"
        raise ConfigurationError(
            f"{option} is for live journals; {folder} is a backtest, which runs again whole: to see it up to a day, "
            f"atlas backtest {folder / CONFIGURATION} --set endDate=DATE --out OTHER"
        )
    return replay_backtest(folder)


def parse_until(text: str) -> tuple[int | None, int | None]:
    """Give the record's number or the local time, ns UTC, that `--until` names; a date is meant to its end."""
    if not text:
        return None, None
    if text.isdecimal():
        return int(text), None
    try:
        return None, end_of(text)
    except ValueError:
        examples = "2026-03-31, 2026-03-31T14:30:00+01:00, 1200"
        raise ConfigurationError(f"--until {text}: no date, time or record's number, such as {examples}") from None


def replay_live(folder: Path, until: str, verify: bool) -> int:
    """Play a live run's journal; 0 when no command that was computed anew differs from what was recorded."""
    from atlas.live import replay_journal

    number, time_ns = parse_until(until)
    report = replay_journal(folder, number, verify, until_time_ns=time_ns)
    console = output()
    for field in fields(report):
        value = getattr(report, field.name)
        if value not in ("", [], {}):
            console.print(f"{field.name.replace('_', ' '):<16}{value}", markup=False, soft_wrap=True)
    return DIFFERENT if report.divergence else SAME


def replay_backtest(folder: Path) -> int:
    """Run a run folder again; 0 when it came to the same."""
    with watching() as (compiling, progress):
        replay = replay_run(folder, progress=progress, compiling=compiling)
    console = output()
    if replay.difference is not None and not replay.difference.is_same:
        console.print(str(replay.difference), markup=False, soft_wrap=True)
    if replay.is_same:
        records = "" if replay.difference is None else f", {replay.difference.equal_rows:,} rows of the journal alike"
        console.print(f"the same: fingerprint {replay.replayed}{records}", markup=False, soft_wrap=True)
        return SAME
    console.print(f"different: fingerprint {replay.recorded} then, {replay.replayed} now", markup=False, soft_wrap=True)
    return DIFFERENT


def compare(first: Path, second: Path) -> int:
    """Compare two runs, or two journals; 0 when all records are the same."""
    for path in (first, second):
        if not path.exists():
            raise ConfigurationError(f"no such file or folder: {path}")
    if is_run_folder(first) and is_run_folder(second):
        return compare_backtests(first, second)
    difference = find_difference(journal_of(first), journal_of(second))
    output().print(str(difference), markup=False, soft_wrap=True)
    return SAME if difference.is_same else DIFFERENT


def compare_backtests(first: Path, second: Path) -> int:
    """Find where two backtests part; 0 when they came to the same."""
    with watching() as (compiling, progress):
        runs = compare_runs(first, second, progress=progress, compiling=compiling)
    console = output()
    if runs.difference is None:
        console.print(f"the same: fingerprint {runs.fingerprints[0]}", markup=False, soft_wrap=True)
        return SAME
    if runs.unrepeated:
        messages().print(f"{runs.unrepeated}; comparing the journals", markup=False, soft_wrap=True)
    documents = [flat_document(folder) for folder in (first, second)]
    for key in differing_keys(documents):
        values = " | ".join(as_text(document.get(key)) for document in documents)
        console.print(f"{key}: {values}", markup=False, soft_wrap=True)
    console.print(str(runs.difference), markup=False, soft_wrap=True)
    return DIFFERENT


def journal_of(path: Path) -> Path:
    """Return the journal of a run folder, or the path itself."""
    if path.is_dir() and not is_run_folder(path) and not segment_paths(path):
        raise ConfigurationError(f"{path} holds neither a run nor a journal: {FOLDERS}")
    if is_run_folder(path) and not (path / JOURNAL).is_dir():
        raise ConfigurationError(f"{path} was written without a journal: run it with --journal")
    return path / JOURNAL if (path / JOURNAL).is_dir() else path
