"""The run folder: made beside its place, complete, and then put there; nothing half-written is ever seen."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from atlas.backtest.interruption import Deferral
from atlas.records.errors import ConfigurationError, DataError

REPORT: Final = "report.html"
SUMMARY: Final = "summary.json"
FILLS: Final = "fills.parquet"
ORDERS: Final = "orders.parquet"
EQUITY: Final = "equity.parquet"
TRADES: Final = "trades.parquet"
CONFIGURATION: Final = "config.yaml"
STATUS: Final = "run.json"
JOURNAL: Final = "journal"
FILES: Final = (REPORT, SUMMARY, FILLS, ORDERS, TRADES, EQUITY, CONFIGURATION, STATUS)


def is_run_folder(folder: Path) -> bool:
    """Whether a folder holds a run's configuration and summary."""
    return (folder / CONFIGURATION).is_file() and (folder / SUMMARY).is_file()


def read_status(folder: Path) -> dict[str, Any]:
    """Return what `STATUS` of a run folder says; of a folder without one, that its run is complete.

    Raises
    ------
    DataError
        The file is no JSON object.
    """
    file = folder / STATUS
    if not file.is_file():
        return {"status": "complete", "reason": ""}
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{file} is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise DataError(f"{file} must be a JSON object")
    return found


def write_atomically(path: Path, write: Callable[[Path], Any]) -> Path:
    """Have a file written beside its place, then put it there in one step; its folder is made.

    Raises
    ------
    ConfigurationError
        Nothing can be written there.
    """
    if path.is_dir():
        raise ConfigurationError(f"{path} is a folder: name a file", "path")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    except OSError as error:
        raise ConfigurationError(f"{path} can't be written: {error.strerror}", "path") from error
    os.close(descriptor)
    partial = Path(name)
    try:
        write(partial)
        partial.chmod(0o666 & ~_mask())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def _mask() -> int:
    """Return the bits that new files of this process lack."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


class StagedFolder:
    """A run folder in the making, beside the place where it will be.

    Parameters
    ----------
    folder : Path
        Where the run shall lie. A run that lies there is replaced, its journal too; other files stay.

    Raises
    ------
    ConfigurationError
        There is a file at that place, or the folder above can't be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        if self.folder.exists() and not self.folder.is_dir():
            raise ConfigurationError(f"{folder} is a file: name a folder for the run")
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            self._staging = Path(tempfile.mkdtemp(prefix=f".{self.folder.name}-", dir=self.folder.parent))
        except OSError as error:
            raise ConfigurationError(f"the run folder {folder} can't be made: {error.strerror}") from error
        self._staging.chmod(0o777 & ~_mask())

    @property
    def journal(self) -> Path:
        """Where a journal of this run is written."""
        return self._staging / JOURNAL

    def finish(self, write: Callable[[Path], None]) -> Path:
        """Have every one of `FILES` written into the folder in the making, and put that in its place."""
        write(self._staging)
        with Deferral():
            return self._put_in_place()

    def _put_in_place(self) -> Path:
        if not self.folder.exists():
            os.rename(self._staging, self.folder)
            return self.folder
        if (self.folder / JOURNAL).exists():
            os.rename(self.folder / JOURNAL, self._staging / "replaced")
        if self.journal.exists():
            os.rename(self.journal, self.folder / JOURNAL)
        for name in FILES:
            os.replace(self._staging / name, self.folder / name)
        return self.folder

    def __enter__(self) -> StagedFolder:
        return self

    def __exit__(self, *details: object) -> None:
        shutil.rmtree(self._staging, ignore_errors=True)
