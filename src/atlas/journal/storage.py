"""Files that must not be lost: complete writes, and the sync of a file, of a folder and of a replaced file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def write_all(descriptor: int, *parts: memoryview) -> None:
    """Write every byte of `parts` (of one-byte items) at the descriptor's position; short writes are continued."""
    waiting = [part for part in parts if len(part)]
    while waiting:
        written = os.writev(descriptor, waiting) if hasattr(os, "writev") else os.write(descriptor, waiting[0])
        while waiting and written >= len(waiting[0]):
            written -= len(waiting.pop(0))
        if waiting and written:
            waiting[0] = waiting[0][written:]


def sync_file(descriptor: int) -> None:
    """Wait until the file's content is on the disk, its drive's cache included where the platform can say so."""
    if sys.platform == "darwin":
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    elif hasattr(os, "fdatasync"):
        os.fdatasync(descriptor)
    else:
        os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Wait until the names in `folder` are on the disk; where folders can't be opened this is done by the system."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def create_atomically(path: Path, parts: Iterable[Any], *, replace: bool = False) -> int:
    """Create `path` with the bytes-like `parts`, so that after any crash it is whole or absent (or the old one).

    Parameters
    ----------
    path : pathlib.Path
        In an existing folder.
    parts : iterable of bytes-like
        Written one after the other.
    replace : bool
        Whether an existing file may be replaced.

    Returns
    -------
    int
        An open descriptor of the file, positioned at its end; the caller closes it.

    Raises
    ------
    FileExistsError
        The file exists and `replace` is false.
    OSError
        It can't be written; nothing is left behind.
    """
    if not replace and path.exists():
        raise FileExistsError(f"{path} exists")
    part_path = path.with_name(f"{path.name}.{os.getpid()}.part")
    descriptor = os.open(part_path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0), 0o644)
    try:
        write_all(descriptor, *(memoryview(part).cast("B") for part in parts))
        os.fsync(descriptor)
        os.replace(part_path, path)
        sync_folder(path.parent)
    except BaseException:
        os.close(descriptor)
        part_path.unlink(missing_ok=True)
        raise
    return descriptor
