from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from atlas.journal import AccountLock, ExclusiveLock, Holder, Lease
from atlas.records.errors import LeaseError

SECOND = 10**9
ANOTHER = Holder(1, "elsewhere", 5 * SECOND, "run", 3)


HOLD_AND_END = """
import os, pathlib, sys
from atlas.journal import ExclusiveLock
lock = ExclusiveLock(pathlib.Path(sys.argv[1])).acquire()
print(os.getpid(), flush=True)
os._exit(1)
"""


def test_a_second_holder_is_refused_by_name(tmp_path: Path) -> None:
    first = AccountLock(tmp_path, "paper/1", Holder.of_this_process("run-7", 2, SECOND))
    with first:
        assert first.is_held
        with pytest.raises(
            LeaseError, match=rf"process {os.getpid()} on .* since 1970-01-01T00:00:01Z, run run-7 epoch 2"
        ):
            AccountLock(tmp_path, "paper/1").acquire()
        with pytest.raises(LeaseError, match="held already"):
            first.acquire()
    assert first.current_holder() == first.holder
    AccountLock(tmp_path, "paper/1").acquire().release()


def test_accounts_do_not_disturb_each_other(tmp_path: Path) -> None:
    with AccountLock(tmp_path, "a/b"), AccountLock(tmp_path, "a_b"), AccountLock(tmp_path, "a%2fb"):
        assert len(list(tmp_path.iterdir())) == 3
    with pytest.raises(LeaseError, match="name"):
        AccountLock(tmp_path, "")


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    command = [sys.executable, "-c", HOLD_AND_END, str(path)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": "src"}, check=False)
    lock = ExclusiveLock(path)
    holder = lock.current_holder()
    assert holder is not None
    assert holder.pid == int(ended.stdout)
    with lock:
        assert lock.current_holder() == lock.holder


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pid": "x", "host": "h", "started_time_ns": 1}'])
def test_an_unreadable_name_does_not_stop_a_lock(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.lock"
    path.write_bytes(content)
    lock = ExclusiveLock(path)
    assert lock.current_holder() is None
    with lock:
        assert lock.current_holder() == lock.holder


def lease(tmp_path: Path, holder: Holder | None = None) -> Lease:
    return Lease(tmp_path / "account.lease", 10 * SECOND, 5 * SECOND, holder)


def test_a_lease_runs_out(tmp_path: Path) -> None:
    ours = lease(tmp_path)
    assert ours.acquire(0) == 1
    assert ours.is_mine(10 * SECOND - 1)
    assert ours.is_current(10 * SECOND - 1)
    assert not ours.is_mine(10 * SECOND)
    assert not ours.is_current(10 * SECOND)
    with pytest.raises(LeaseError, match="it ran out 1 ns ago"):
        ours.renew(10 * SECOND + 1)


def test_a_renewed_lease_goes_on(tmp_path: Path) -> None:
    ours = lease(tmp_path)
    ours.acquire(0)
    assert ours.renew(9 * SECOND) == 19 * SECOND
    assert ours.is_mine(18 * SECOND)


def test_nobody_takes_a_lease_within_its_grace(tmp_path: Path) -> None:
    ours, other = lease(tmp_path), lease(tmp_path, ANOTHER)
    ours.acquire(0)
    for now_ns in (5 * SECOND, 15 * SECOND - 1):
        with pytest.raises(LeaseError, match="is leased to process"):
            other.acquire(now_ns)
    assert other.acquire(15 * SECOND) == 2


def test_a_process_that_was_stopped_finds_its_lease_taken(tmp_path: Path) -> None:
    ours, other = lease(tmp_path), lease(tmp_path, ANOTHER)
    ours.acquire(0)
    other.acquire(15 * SECOND)
    assert not ours.is_mine(1 * SECOND)
    with pytest.raises(LeaseError, match=r"it belongs to process 1 on elsewhere .* epoch 2"):
        ours.renew(16 * SECOND)
    ours.release(16 * SECOND)
    assert other.is_mine(16 * SECOND)


def test_a_released_lease_is_free_at_once(tmp_path: Path) -> None:
    ours, other = lease(tmp_path), lease(tmp_path, ANOTHER)
    ours.acquire(0)
    ours.release(SECOND)
    assert not ours.is_current(SECOND)
    assert other.acquire(SECOND) == 2


@pytest.mark.parametrize("content", [b"", b"{}", b'{"pid": 1, "host": "h", "started_time_ns": 1, "epoch": "?"}'])
def test_an_unreadable_lease_is_nobodys(tmp_path: Path, content: bytes) -> None:
    ours = lease(tmp_path)
    ours.acquire(0)
    ours.path.write_bytes(content)
    assert ours.read() is None
    assert not ours.is_mine(1)
    with pytest.raises(LeaseError, match="absent or unreadable"):
        ours.renew(1)
