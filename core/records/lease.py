"""One driver per run: whoever holds the run's lease may start steps and write what no step runner can.

On a local store the lease is a file lock, which the kernel releases when its holder dies, and a numbered note that
names the holder. The number is the submission's, so every holder has a higher one than those before.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..artifacts.local import LocalFiles
from ..errors import ConflictError, UsageError
from .documents import RunKeys, decode

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore
    from ..spec import JSON

_PATIENCE = 1.0
"""Seconds to wait for a lock that a reader may be trying for a moment."""


@contextlib.contextmanager
def hold(store: ArtifactStore, run_id: str) -> Iterator[None]:
    """Hold the run's lease for the length of the block; raise ConflictError, naming the holder, when another does."""
    descriptor = os.open(_path(store, run_id), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        deadline = time.monotonic() + _PATIENCE
        while not _locked(descriptor, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise ConflictError(
                    f"run {run_id} is held by {describe_holder(store, run_id)}",
                    hint=f"wait for it, or end it: podium runs cancel {run_id}",
                )
            time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)


def is_held(store: ArtifactStore, run_id: str) -> bool:
    """Say whether a live driver holds the run's lease; a shared lock asks, so that readers never see each other."""
    try:
        descriptor = os.open(_path(store, run_id), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not _locked(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


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


def _locked(descriptor: int, kind: int) -> bool:
    """Try for the lock without waiting. By flock(2) itself: filelock has no shared lock, and takes long to import."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _path(store: ArtifactStore, run_id: str) -> Path:
    if not isinstance(store, LocalFiles):
        raise UsageError(f"runs on {store.url} cannot be driven from here", hint="use a local artifact store")
    path = store.path(f"{RunKeys(run_id).folder}/lease.lock")
    if not path.parent.is_dir():
        raise UsageError(f"there is no run {run_id} in {store.url}")
    return path
