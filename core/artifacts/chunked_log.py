"""A log as objects that are made one after the other, each a piece of it, since none can be added to."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .remote import RemoteObjects

_INTERVAL = 1.0
"""Seconds between pieces."""
_BEGIN = 0.3
"""Seconds until a log that nothing was written to can be seen to have begun."""


class ChunkedLog:
    """Stores what was written about once a second, in a thread; nothing written is no piece, but an empty log is one.

    What keeps the store from taking a piece is raised by the next call.
    """

    def __init__(self, store: RemoteObjects, key: str, *, more: bool) -> None:
        self._store = store
        self._key = key
        self._pending = bytearray()
        self._pieces = len(store.names(key)) if more else 0
        self._failure: Exception | None = None
        self._changed = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"podium-io-log {key}", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Take more."""
        if self._failure is not None:
            raise self._failure
        with self._changed:
            self._pending += data

    def close(self) -> None:
        """Return when all of it is stored."""
        self._closing.set()
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        wait = _BEGIN
        try:
            while not self._closing.wait(wait):
                self._flush()
                wait = _INTERVAL
            self._flush()
        except Exception as error:  # noqa: BLE001 - told in the thread that writes
            self._failure = error

    def _flush(self) -> None:
        with self._changed:
            data = bytes(self._pending)
            self._pending.clear()
        if data or not self._pieces:
            self._pieces += 1
            self._store.write(f"{self._key}/{self._pieces:08}", data)


class LogChunks:
    """Reads logs, each by one listing and a request for each piece that was not read before."""

    def __init__(self, store: RemoteObjects) -> None:
        self._store = store

    def read(self, key: str, offset: int) -> bytes:
        """Return what a log holds from `offset` on; raise FileNotFoundError when there is none."""
        pieces = self._store.listing(key)
        if not pieces:
            raise FileNotFoundError(key)
        end, start = 0, offset
        wanted: list[str] = []
        for name in sorted(pieces):
            end += pieces[name]["size"]
            if end > offset:
                if not wanted:
                    start = end - pieces[name]["size"]
                wanted.append(f"{key}/{name}")
        return b"".join(filter(None, self._store.read_many(wanted)))[offset - start :]
