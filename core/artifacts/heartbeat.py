"""Locks of a remote store: generations of holders, each of which writes a beat every few seconds until it lets go.

    <key>/<generation>.claim      made once, so by one process, which holds the lock from then on
    <key>/<generation>.<n>        its newest beat
    <key>/<generation>.released   it let go

The highest generation counts. Its holder is alive while its newest object is younger, by the store's clock, than the
time to live; another process may then claim the next generation. What is left of lower generations is removed by the
holder of a higher one, and never the highest itself, so that a claim that comes late can be told.
"""

from __future__ import annotations

import os
import ssl
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from ..dataclass import dataclass
from ..errors import PodiumError

if TYPE_CHECKING:
    from .remote import RemoteObjects

_BEATS = 6
"""Beats within the time to live."""
_GRAIN = 1.0
"""Seconds by which the times that services tell may be off, since some tell whole seconds."""
_CAUTION = 0.75
"""Part of the time to live after which a holder that could not beat gives the lock up."""
_TIME_FIELDS = ("LastModified", "last_modified", "updated", "mtime", "created")


def time_to_live() -> float:
    """Return the seconds after which a holder that did not beat may be replaced."""
    return float(os.environ.get("PODIUM_STORE_LEASE") or 30)


@dataclass(frozen=True, slots=True)
class _State:
    """What a listing says: the highest generation, whether its holder let go, and when it last wrote."""

    generation: int
    released: bool
    written: float
    names: frozenset[str]


class Heartbeat:
    """A lock that is held while a thread of this process can say so to the store."""

    def __init__(self, store: RemoteObjects, key: str, generation: int, since: float) -> None:
        self._store = store
        self._key = key
        self.generation = generation
        self._latest = since
        self._taken = False
        self._beats = 0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"podium-io-lock {key}", daemon=True)
        self._thread.start()

    @property
    def lost(self) -> bool:
        """True when another process may hold the lock now; never false again."""
        self._taken = self._taken or _clock() - self._latest > time_to_live() * _CAUTION
        return self._taken

    def release(self) -> None:
        """Let others have the lock at once, or, when the store cannot be told, when the time to live is over."""
        self._ending.set()
        self._thread.join()
        if not self.lost:
            with suppress(PodiumError):
                self._store.create(f"{self._key}/{self.generation}.released", b"")

    def _run(self) -> None:
        while not self._ending.wait(time_to_live() / _BEATS) and not self.lost:
            try:
                self._beat()
            except PodiumError:
                continue  # what counts is how long ago the last beat was

    def _beat(self) -> None:
        now = _clock()
        self._beats += 1
        self._store.create(f"{self._key}/{self.generation}.{self._beats}", b"")
        state = _look(self._store, self._key)
        if state is None or state.generation != self.generation:
            self._taken = True
            return
        self._latest = now
        _sweep(self._store, self._key, state, {f"{self.generation}.claim", f"{self.generation}.{self._beats}"})


@contextmanager
def hold(store: RemoteObjects, key: str) -> Iterator[Heartbeat | None]:
    """Hold a lock for the length of the block; None when another process holds it."""
    held = _claim(store, key)
    try:
        yield held
    finally:
        if held is not None:
            held.release()


def is_held(store: RemoteObjects, key: str) -> bool:
    """Say whether the holder of the highest generation is alive."""
    state = _look(store, key)
    return state is not None and not state.released and _is_young(store, state)


def _claim(store: RemoteObjects, key: str) -> Heartbeat | None:
    state = _look(store, key)
    if state is not None and not state.released and _is_young(store, state):
        return None
    generation = state.generation + 1 if state else 1
    since = _clock()
    if not store.create(f"{key}/{generation}.claim", os.urandom(16)):
        return None
    state = _look(store, key)
    if state is None or state.generation != generation:  # it came so late that others came and went
        store.remove(store.path(f"{key}/{generation}.claim"))
        return None
    _sweep(store, key, state, {f"{generation}.claim"})
    return Heartbeat(store, key, generation, since)


def _look(store: RemoteObjects, key: str) -> _State | None:
    found = store.listing(key)
    generation = max((int(name.partition(".")[0]) for name in found), default=0)
    if not generation:
        return None
    own = {name: entry for name, entry in found.items() if name.partition(".")[0] == str(generation)}
    written = max(_modified(entry) for entry in own.values())
    return _State(generation, f"{generation}.released" in own, written, frozenset(found))


def _sweep(store: RemoteObjects, key: str, state: _State, keep: set[str]) -> None:
    for name in state.names - keep:
        store.remove(store.path(f"{key}/{name}"))


def _is_young(store: RemoteObjects, state: _State) -> bool:
    now = _time_of(str(store.options["address"]))
    return now is None or now - state.written < time_to_live() + _GRAIN  # whoever cannot tell takes no lock away


def _modified(entry: dict[str, Any]) -> float:
    found = next(entry[field] for field in _TIME_FIELDS if entry.get(field))
    return (found if isinstance(found, datetime) else datetime.fromisoformat(str(found))).timestamp()


def _time_of(address: str) -> float | None:
    """Return the time of a service, which it tells in any answer; None when it does not answer.

    It is this machine's for a service whose certificate only the SDK was told to trust.
    """
    try:
        with urllib.request.urlopen(urllib.request.Request(address, method="HEAD"), timeout=10) as answer:  # noqa: S310
            told = answer.headers["Date"]
    except urllib.error.HTTPError as error:
        told = error.headers["Date"]
    except OSError as error:
        if isinstance(getattr(error, "reason", error), ssl.SSLCertVerificationError):
            return time.time()
        told = None
    return parsedate_to_datetime(told).timestamp() if told else None


def _clock() -> float:
    """Return seconds that go on while the machine sleeps, where there is such a clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if sys.platform == "linux" else time.monotonic()
