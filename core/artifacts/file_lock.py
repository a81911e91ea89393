"""Locks of a local store: the kernel's, on a file, let go when their holder dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator

_PATIENCE = 1.0
"""Seconds to wait for a lock that somebody may be asking about for a moment."""


class HeldFile:
    """The lock on an open file, which only the end of this process can take away."""

    lost = False


@contextlib.contextmanager
def hold(path: str) -> Iterator[HeldFile | None]:
    """Hold the lock of a file, made if need be, for the length of the block; None when another process holds it.

    Raises FileNotFoundError when the folder does not exist.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        deadline = time.monotonic() + _PATIENCE
        while not (locked := _locked(descriptor, fcntl.LOCK_EX)) and time.monotonic() < deadline:
            time.sleep(0.02)
        yield HeldFile() if locked else None
    finally:
        os.close(descriptor)


def is_held(path: str) -> bool:
    """Say whether a process holds the lock; a shared lock asks, so that those who ask never see each other."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not _locked(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def _locked(descriptor: int, kind: int) -> bool:
    """Try for the lock without waiting. By flock(2) itself: filelock has no shared lock, and takes long to import."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
