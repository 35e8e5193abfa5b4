"""One process an account: an exclusive lock that names its holder, and a lease that a resumed process checks.

A lock is the operating system's: it ends with its process, whatever way that ends. A lease is a promise with an end in
time, for watchdogs and other machines: a process that was stopped for a while holds its lock still, but finds its lease
run out. Both need a POSIX system; on others they raise `LeaseError`.
"""

from __future__ import annotations

import json
import os
import re
import socket
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from atlas.journal.storage import create_atomically
from atlas.records.errors import LeaseError

RELEASED: Final = 0
"""End of a lease that was given back."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock or a lease.

    Parameters
    ----------
    pid : int
        Process number on `host`.
    host : str
        Name of the machine.
    started_time_ns : int
        When the lock was taken, ns UTC.
    run_id : str
        The run; empty when none is named.
    boot_epoch : int
        Which start of the run; 0 when none is named.
    """

    pid: int
    host: str
    started_time_ns: int
    run_id: str = ""
    boot_epoch: int = 0

    @classmethod
    def of_this_process(cls, run_id: str = "", boot_epoch: int = 0, now_ns: int | None = None) -> Self:
        """Name this process; `now_ns` defaults to the machine's clock."""
        return cls(os.getpid(), socket.gethostname(), time.time_ns() if now_ns is None else now_ns, run_id, boot_epoch)

    def __str__(self) -> str:
        since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.started_time_ns // 10**9))
        run = f", run {self.run_id} epoch {self.boot_epoch}" if self.run_id else ""
        return f"process {self.pid} on {self.host} since {since}{run}"


def _read_json(path: Path) -> dict[str, Any]:
    """Read the object in `path`; empty when the file is absent, empty or no JSON object."""
    with suppress(OSError, ValueError):
        content = json.loads(path.read_bytes())
        if isinstance(content, dict):
            return content
    return {}


def _holder_of(content: dict[str, Any]) -> Holder | None:
    try:
        return Holder(
            int(content["pid"]),
            str(content["host"]),
            int(content["started_time_ns"]),
            str(content.get("run_id", "")),
            int(content.get("boot_epoch", 0)),
        )
    except (KeyError, TypeError, ValueError):
        return None


class ExclusiveLock:
    """An advisory exclusive lock on a file that names its holder.

    Held until `release`, the end of a ``with`` block, or the end of the process. A child made by ``os.fork`` without
    ``exec`` shares it.

    Parameters
    ----------
    path : pathlib.Path
        The lock's file; created with its folder, never removed.
    holder : Holder, optional
        What to write into it; this process by default.
    """

    def __init__(self, path: Path, holder: Holder | None = None) -> None:
        self.path = Path(path)
        self.holder = holder or Holder.of_this_process()
        self._descriptor = -1

    @property
    def is_held(self) -> bool:
        """Whether this object holds the lock."""
        return self._descriptor >= 0

    def current_holder(self) -> Holder | None:
        """Who wrote the file last: the holder while the lock is held, or the last one. None when nobody did."""
        return _holder_of(_read_json(self.path))

    def acquire(self) -> Self:
        """Take the lock now.

        Returns
        -------
        ExclusiveLock
            This object.

        Raises
        ------
        LeaseError
            Somebody else holds it (the message names the holder), it is held by this object already, or the
            platform has no such locks.
        """
        try:
            import fcntl
        except ImportError as error:
            raise LeaseError("exclusive locks need a POSIX system") from error
        if self.is_held:
            raise LeaseError(f"{self.path} is held already")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(asdict(self.holder)).encode(), 0)
            os.fsync(descriptor)
        except BlockingIOError as error:
            os.close(descriptor)
            named = self.current_holder()
            raise LeaseError(f"{self.path} is held by {named or 'a process that has not written its name'}") from error
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return self

    def release(self) -> None:
        """Give the lock back; without effect when it is not held."""
        if self.is_held:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self if self.is_held else self.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()


class AccountLock(ExclusiveLock):
    """The lock that one process holds while it trades an account.

    Parameters
    ----------
    folder : pathlib.Path
        Where the locks of all accounts lie; the same for every process of the machine.
    account : str
        The account's name; characters outside letters, digits, ``.``, ``_`` and ``-`` are written as their code.
    holder : Holder, optional
        This process by default.
    """

    def __init__(self, folder: Path, account: str, holder: Holder | None = None) -> None:
        if not account:
            raise LeaseError("an account's lock needs the account's name")
        name = re.sub(r"[^A-Za-z0-9._-]", lambda match: f"%{ord(match[0]):x}", account)
        super().__init__(Path(folder) / f"account-{name}.lock", holder)
        self.account = account


@dataclass(frozen=True, slots=True)
class LeaseRecord:
    """What a lease's file says: the holder, the fencing epoch, and when it ends."""

    holder: Holder
    epoch: int
    expire_time_ns: int


class Lease:
    """A promise to be the only sender, with an end in time.

    Every time comes as an argument, so that one clock decides. Two processes that change the file at once are kept
    apart by a lock beside it.

    Parameters
    ----------
    path : pathlib.Path
        The lease's file.
    duration_ns : int
        How long an acquired or renewed lease lasts, ns.
    grace_ns : int
        How long after its end nobody else takes it, ns.
    holder : Holder, optional
        This process by default.
    """

    def __init__(self, path: Path, duration_ns: int, grace_ns: int = 0, holder: Holder | None = None) -> None:
        self.path = Path(path)
        self.duration_ns = duration_ns
        self.grace_ns = grace_ns
        self.holder = holder or Holder.of_this_process()
        self.epoch = 0
        self.expire_time_ns = 0

    def read(self) -> LeaseRecord | None:
        """Read what the file says now; None when it is absent or unreadable."""
        content = _read_json(self.path)
        holder = _holder_of(content)
        if holder is None:
            return None
        try:
            return LeaseRecord(holder, int(content["epoch"]), int(content["expire_time_ns"]))
        except (KeyError, TypeError, ValueError):
            return None

    def acquire(self, now_ns: int) -> int:
        """Take the lease at `now_ns`.

        Returns
        -------
        int
            The fencing epoch, larger than any before: venues refuse commands of a smaller one.

        Raises
        ------
        LeaseError
            Somebody else's lease, or its grace, has not run out.
        """
        with self._guard():
            old = self.read()
            held = old is not None and old.holder != self.holder and old.expire_time_ns != RELEASED
            if old and held and now_ns < old.expire_time_ns + self.grace_ns:
                raise LeaseError(f"{self.path} is leased to {old.holder} for {old.expire_time_ns - now_ns} ns")
            self._write(old.epoch + 1 if old else 1, now_ns)
        return self.epoch

    def renew(self, now_ns: int) -> int:
        """Prolong the lease from `now_ns`; returns its new end, ns UTC.

        Raises
        ------
        LeaseError
            It has run out, or is no longer this holder's.
        """
        with self._guard():
            if not self.is_mine(now_ns):
                raise LeaseError(f"{self.path} is no longer ours: {self._description(now_ns)}")
            self._write(self.epoch, now_ns)
        return self.expire_time_ns

    def is_current(self, now_ns: int) -> bool:
        """Whether the lease as last renewed covers `now_ns`: no file is read, so it can be asked before every send."""
        return now_ns < self.expire_time_ns

    def is_mine(self, now_ns: int) -> bool:
        """Whether the lease is still this holder's at `now_ns`, by the file: for a process that was stopped."""
        record = self.read()
        ours = record is not None and record.holder == self.holder and record.epoch == self.epoch
        return ours and self.is_current(now_ns)

    def release(self, now_ns: int) -> None:
        """End the lease at `now_ns` if it is this holder's, without grace; the epoch stays written."""
        with self._guard():
            if self.is_mine(now_ns):
                self._store(LeaseRecord(self.holder, self.epoch, RELEASED))
        self.expire_time_ns = min(self.expire_time_ns, now_ns)

    def _guard(self) -> ExclusiveLock:
        guard = ExclusiveLock(self.path.with_name(f"{self.path.name}.guard"), self.holder)
        deadline = time.monotonic() + 1.0
        while True:
            try:
                return guard.acquire()
            except LeaseError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.001)

    def _write(self, epoch: int, now_ns: int) -> None:
        record = LeaseRecord(replace(self.holder), epoch, now_ns + self.duration_ns)
        self._store(record)
        self.epoch, self.expire_time_ns = epoch, record.expire_time_ns

    def _store(self, record: LeaseRecord) -> None:
        content = asdict(record.holder) | {"epoch": record.epoch, "expire_time_ns": record.expire_time_ns}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        os.close(create_atomically(self.path, [json.dumps(content).encode()], replace=True))

    def _description(self, now_ns: int) -> str:
        record = self.read()
        if record is None:
            return "its file is absent or unreadable"
        if record.holder != self.holder or record.epoch != self.epoch:
            return f"it belongs to {record.holder}, epoch {record.epoch}"
        return f"it ran out {now_ns - self.expire_time_ns} ns ago"
