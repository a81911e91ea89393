"""The contract of an artifact store: whole, write-once objects named by keys below one URL."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    from ..spec import JSON


STORE_THREADS = ("fsspecIO", "podium-io")
"""How the names begin of threads that stores keep: they run nothing of a step's."""


class LogWriter(Protocol):
    """Takes what a step prints, in pieces of any length."""

    def write(self, data: bytes) -> None:
        """Take more; readers see it within about a second."""

    def close(self) -> None:
        """Return when readers can see all of it."""


class Held(Protocol):
    """A lock that this process holds."""

    @property
    def lost(self) -> bool:
        """True when another process may hold the lock now, since this one did not keep it up."""


class ArtifactStore(ABC):
    """Objects by key: `/`-separated path parts without `.` or `..`. An object once visible never changes.

    `url` and `options` open the store again in another process; `options` holds credentials, so it travels over
    sockets and in secret files only. A store that is `remote` costs a request for each call, and what is read from it
    is checked against its digest.
    """

    url: str
    options: Mapping[str, JSON] = {}
    remote: ClassVar[bool] = False

    def carried(self) -> Mapping[str, JSON]:
        """Return options for processes on other machines: with credentials of their own, as short-lived as can be."""
        return self.options

    def preload(self) -> None:  # noqa: B027 - most stores need nothing
        """Import what the store's first call would, starting no thread, so that processes forked next have it, too."""

    @abstractmethod
    def read(self, key: str) -> bytes:
        """Return the object's bytes; raise FileNotFoundError when there is none."""

    def read_many(self, keys: Sequence[str]) -> list[bytes | None]:
        """Return the bytes of several objects, in order, None for what is not there."""
        found: list[bytes | None] = []
        for key in keys:
            try:
                found.append(self.read(key))
            except FileNotFoundError:
                found.append(None)
        return found

    @abstractmethod
    def write(self, key: str, data: bytes) -> None:
        """Store an object under a new key; a reader sees all of it or nothing.

        A remote store raises ConflictError when the key has other data.
        """

    @abstractmethod
    def create(self, key: str, data: bytes) -> bool:
        """Store an object unless the key exists; of concurrent callers exactly one is told that it made it.

        A remote store tells so all those who gave it the same data.
        """

    @abstractmethod
    def duplicate(self, source: str, key: str, data: bytes) -> bool:
        """Give an object, which holds `data`, another key unless that exists, as `create` does."""

    @abstractmethod
    def names(self, prefix: str) -> Iterable[str]:
        """Names of objects and folders directly below a prefix, in no order; empty when it does not exist."""

    @abstractmethod
    def exists(self, key: str) -> bool:
        """Say whether an object or a folder has this key."""

    @abstractmethod
    def delete(self, prefix: str) -> None:
        """Remove an object, or everything below a prefix; nothing there is no error."""

    @abstractmethod
    def staged(self, key: str) -> AbstractContextManager[Path]:
        """Give a local path, not yet existing, to write a file or folder to; visible whole when the block ends.

        A block left by an exception leaves nothing visible.
        """

    @abstractmethod
    def open_log(self, key: str) -> int | None:
        """Return a descriptor that appends to a log and reads it; None where a log is no file: use `log_writer`."""

    @abstractmethod
    def log_writer(self, key: str, *, more: bool = False) -> LogWriter:
        """Return what adds to a log, which has one writer, or one after the other where there is `more` to come.

        No other kind of object is seen growing.
        """

    @abstractmethod
    def read_log(self, key: str, offset: int = 0) -> bytes:
        """Return what a log holds from `offset`, in bytes, on; FileNotFoundError when there is none."""

    @abstractmethod
    def fetched(self, key: str) -> Path:
        """Return a local path to read a file or folder from, downloaded if need be; FileNotFoundError when absent."""

    @abstractmethod
    def release(self) -> None:
        """Let go of what `fetched` downloaded."""

    @abstractmethod
    def lock(self, key: str) -> AbstractContextManager[Held | None]:
        """Hold a lock for the length of the block; None, at once, when another process holds it.

        A process that dies, or that cannot reach the store for a while, loses it.
        """

    @abstractmethod
    def is_locked(self, key: str) -> bool:
        """Say whether any process holds the lock; changes nothing."""
