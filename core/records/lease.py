"""One driver per run: whoever holds the run's lease may start steps and write what no step runner can.

On a local store the lease is a file lock, which the kernel releases when its holder dies, and a numbered note that
names the holder. The number is the submission's, so every holder has a higher one than those before.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..artifacts.local import LocalFiles
from ..errors import ConflictError, UsageError
from .documents import RunKeys, decode

if TYPE_CHECKING:
    from filelock import FileLock

    from ..contracts.artifact_store import ArtifactStore
    from ..spec import JSON

_PATIENCE = 1.0
"""Seconds to wait for a lock that a reader may be trying for a moment."""


@contextlib.contextmanager
def hold(store: ArtifactStore, run_id: str) -> Iterator[None]:
    """Hold the run's lease for the length of the block; raise ConflictError, naming the holder, when another does."""
    from filelock import Timeout

    lock = _lock(store, run_id)
    try:
        lock.acquire(timeout=_PATIENCE, poll_interval=0.02)
    except Timeout as error:
        raise ConflictError(
            f"run {run_id} is held by {describe_holder(store, run_id)}",
            hint=f"wait for it, or end it: podium runs cancel {run_id}",
        ) from error
    try:
        yield
    finally:
        lock.release()


def is_held(store: ArtifactStore, run_id: str) -> bool:
    """Say whether a live driver holds the run's lease; a shared lock asks, so that readers never see each other."""
    import fcntl

    try:
        descriptor = os.open(_path(store, run_id), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def holder(store: ArtifactStore, run_id: str) -> dict[str, JSON] | None:
    """Return the note of the last driver: its `pid`, `host`, `user`, `at` and whether it `hears_signals`."""
    keys = RunKeys(run_id)
    numbers = [int(name.split(".")[0]) for name in store.names(keys.submissions) if name.count(".") == 1]
    if not numbers:
        return None
    return decode(store.read(f"{keys.submissions}/{max(numbers)}.json"))


def describe_holder(store: ArtifactStore, run_id: str) -> str:
    """Say in words which process holds the run."""
    note = holder(store, run_id)
    if note is None:
        return "a process that is just starting"
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(float(str(note["at"]))))
    return f"process {note['pid']} of {note['user']} on {note['host']}, since {since}"


def _lock(store: ArtifactStore, run_id: str) -> FileLock:
    from filelock import FileLock

    return FileLock(os.fspath(_path(store, run_id)), is_singleton=False, thread_local=False)


def _path(store: ArtifactStore, run_id: str) -> Path:
    if not isinstance(store, LocalFiles):
        raise UsageError(f"runs on {store.url} cannot be driven from here", hint="use a local artifact store")
    path = store.path(f"{RunKeys(run_id).folder}/lease.lock")
    if not path.parent.is_dir():
        raise UsageError(f"there is no run {run_id} in {store.url}")
    return path
