"""An artifact store in a folder: every object is a file or folder that appears under its name when it is whole."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from itertools import count
from pathlib import Path
from urllib.parse import quote

from ..contracts.artifact_store import ArtifactStore
from ..errors import AccessError, ConflictError, PodiumError, UsageError
from . import file_lock
from .file_lock import HeldFile

_UNFINISHED = ".unfinished-"
_READ = 1 << 16
_NOT_A_KEY = re.compile(rf"(?:\A|/)(?:\.{{0,2}}|{re.escape(_UNFINISHED)}[^/]*)(?:/|\Z)|\0")
NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""Why a file system has no room for more (errno)."""
_mine = (0, "")  # a process, and the random part of its names: a fork takes another
_numbers = count()
_NO_ACCESS = {errno.EACCES, errno.EPERM, errno.EROFS}


class LocalFiles(ArtifactStore):
    """A store below one folder, made when first written to.

    Objects survive the death of any process, not a power loss: nothing is flushed to the disk. What a killed writer
    leaves has a name that no reader is told of.
    """

    def __init__(self, root: Path) -> None:
        self._root = str(root.absolute())
        self.url = "file://" + quote(os.fsencode(self._root))

    def read(self, key: str) -> bytes:
        """Return the object's bytes; raise FileNotFoundError when there is none."""
        descriptor = os.open(self._path(key), os.O_RDONLY | os.O_CLOEXEC)
        try:
            parts = [os.read(descriptor, _READ)]
            while len(parts[-1]) == _READ:
                parts.append(os.read(descriptor, _READ))
        finally:
            os.close(descriptor)
        return b"".join(parts)

    def write(self, key: str, data: bytes) -> None:
        """Store an object under a new key; a reader sees all of it or nothing."""
        path = self._path(key)
        unfinished = _beside(path)
        try:
            _fill(unfinished, data)
            os.rename(unfinished, path)
        except BaseException as error:
            _remove(unfinished)
            if isinstance(error, OSError):
                raise _explained(error, path) from error
            raise

    def create(self, key: str, data: bytes) -> bool:
        """Store an object unless the key exists; of concurrent callers exactly one is told that it made it."""
        path = self._path(key)
        unfinished = _beside(path)
        try:
            _fill(unfinished, data)
            os.link(unfinished, path)
        except FileExistsError:
            return False
        except OSError as error:
            raise _explained(error, path) from error
        finally:
            _remove(unfinished)
        return True

    def duplicate(self, source: str, key: str, data: bytes) -> bool:
        """Give an object another key, as a hard link, unless that exists."""
        del data
        path = self._path(key)
        try:
            _link(self._path(source), path)
        except FileExistsError:
            return False
        except OSError as error:
            raise _explained(error, path) from error
        return True

    def names(self, prefix: str) -> list[str]:
        """Names of objects and folders directly below a prefix (empty: the whole store), in no order."""
        try:
            found = os.listdir(self._path(prefix) if prefix else self._root)
        except (FileNotFoundError, NotADirectoryError):
            return []
        return [name for name in found if not name.startswith(_UNFINISHED)]

    def exists(self, key: str) -> bool:
        """Say whether an object or a folder has this key."""
        return os.path.exists(self._path(key))

    def delete(self, prefix: str) -> None:
        """Remove an object, or everything below a prefix: all of it is gone for readers at once."""
        path = self._path(prefix)
        unfinished = _beside(path)
        try:
            os.rename(path, unfinished)
            _remove(unfinished)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise _explained(error, path) from error

    @contextmanager
    def staged(self, key: str) -> Iterator[Path]:
        """Give a path beside the final one; the rename at the end of the block makes it visible."""
        path = self._path(key)
        unfinished = _beside(path)
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
        except OSError as error:
            raise _explained(error, path) from error
        try:
            yield Path(unfinished)
            _check_is_new(path)
            os.rename(unfinished, path)
        except BaseException as error:
            _remove(unfinished)
            if isinstance(error, OSError) and error.errno in NO_SPACE:
                raise _explained(error, path) from error
            raise

    def log_writer(self, key: str, *, more: bool = False) -> FileLog:
        """Return what appends to a log; each piece is there at once."""
        del more  # than is there
        return FileLog(self.open_log(key))

    def lock(self, key: str) -> AbstractContextManager[HeldFile | None]:
        """Hold the kernel's lock on a file of that name, in a folder that exists."""
        return file_lock.hold(self._path(key))

    def is_locked(self, key: str) -> bool:
        """Say whether any process holds the lock; changes nothing."""
        return file_lock.is_held(self._path(key))

    def open_log(self, key: str) -> int:
        """Return a file descriptor that appends to a log, for the caller to close."""
        path = self._path(key)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        try:
            return _open(path, flags)
        except OSError as error:
            raise _explained(error, path) from error

    def read_log(self, key: str, offset: int = 0) -> bytes:
        """Return what a log holds from `offset`, in bytes, on; FileNotFoundError when there is none."""
        descriptor = os.open(self._path(key), os.O_RDONLY | os.O_CLOEXEC)
        try:
            return os.pread(descriptor, max(0, os.fstat(descriptor).st_size - offset), offset)
        finally:
            os.close(descriptor)

    @property
    def folder(self) -> Path:
        """The folder that the store is in."""
        return Path(self._root)

    def path(self, key: str) -> Path:
        """Return where an object is or would be."""
        return Path(self._path(key))

    def fetched(self, key: str) -> Path:
        """Return the object's own path: what is written there changes the artifact."""
        path = self.path(key)
        if not path.exists():
            raise FileNotFoundError(errno.ENOENT, "no such object", str(path))
        return path

    def release(self) -> None:
        """Do nothing, since nothing was downloaded."""

    def _path(self, key: str) -> str:
        parts = f"/{key}/"
        if ("//" in parts or "/." in parts or "\0" in parts) and _NOT_A_KEY.search(key):  # most keys have none of these
            raise UsageError(
                f"{key!r} cannot name an object in an artifact store",
                hint="use parts separated by '/', none of them empty, '.' or '..'",
            )
        return f"{self._root}/{key}"


class FileLog:
    """A log that is a file."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, data: bytes) -> None:
        """Append to the file."""
        while data:
            data = data[os.write(self._descriptor, data) :]

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


def _beside(path: str) -> str:
    """Return a new name in the same folder; random, as containers that share the folder share process ids too."""
    global _mine
    if _mine[0] != os.getpid():
        _mine = (os.getpid(), os.urandom(8).hex())
    return f"{path[: path.rindex('/')]}/{_UNFINISHED}{_mine[1]}-{next(_numbers)}"


def _check_is_new(path: str) -> None:
    if os.path.exists(path):
        raise ConflictError("there is an object of this name, and none is ever replaced", where=path)


def _open(path: str, flags: int) -> int:
    try:
        return os.open(path, flags, 0o666)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return os.open(path, flags, 0o666)


def _fill(path: str, data: bytes) -> None:
    descriptor = _open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC)
    try:
        written = os.write(descriptor, data)
        while written < len(data):
            written += os.write(descriptor, memoryview(data)[written:])
    finally:
        os.close(descriptor)


def _link(source: str, path: str) -> None:
    try:
        os.link(source, path)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.link(source, path)


def _remove(path: str) -> None:
    if os.path.isdir(path):
        from shutil import rmtree

        rmtree(path)
    else:
        with suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(path)


def _explained(error: OSError, path: str) -> PodiumError:
    if error.errno in NO_SPACE:
        return PodiumError(
            f"no space left to store an artifact ({error.strerror}); nothing half-written was kept",
            where=path,
            hint="free some space, for example with `podium runs delete`, then `podium runs resume`",
        )
    if error.errno in _NO_ACCESS:
        return AccessError(
            f"not allowed to write to the artifact store ({error.strerror})",
            where=path,
            hint="make the folder writable, or register an artifact store elsewhere",
        )
    return PodiumError(f"the artifact store failed ({error.strerror})", where=path)
