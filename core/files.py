"""Files that survive a kill, a full disk and a power cut whole, old or new, and that only their owner can read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import ConflictError

NEW = ".new"  # one writer at a time (the lock) needs one temporary name, so a dead writer leaves at most one file


def make_private_folder(folder: Path) -> None:
    """Create a folder with mode 0700, and the missing ones above it."""
    if folder.is_dir():
        return
    make_private_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync(folder.parent)


def replace_file(path: Path, data: bytes) -> None:
    """Make `data` the content of a file with mode 0600, durably; the caller holds the lock that guards its folder."""
    make_private_folder(path.parent)
    new = path.parent / NEW
    new.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except BaseException as error:
        new.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename = str(path)  # a full disk names none
        raise
    _sync(path.parent)


def remove_file(path: Path) -> None:
    """Delete a file durably."""
    path.unlink()
    _sync(path.parent)


@contextmanager
def locked(path: Path, *, timeout: float = 30.0) -> Iterator[None]:
    """Hold a lock file that the death of its holder frees; raise ConflictError after `timeout` seconds of waiting."""
    from filelock import FileLock, Timeout

    make_private_folder(path.parent)
    lock = FileLock(path, timeout=timeout, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise ConflictError(
            f"another podium process has been changing the configuration for over {timeout:g} s",
            where=str(path),
            hint="wait for it or stop it, then try again",
        ) from None
    try:
        yield
    finally:
        lock.release()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
