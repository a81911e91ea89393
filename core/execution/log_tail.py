"""Follow the logs of running steps and pass on whole lines."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from .events import Listener

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore


TICK = 0.1
"""Seconds between looks at growing logs."""


class LogTail:
    """Reads what was added to each followed log since the last look."""

    def __init__(self, store: ArtifactStore, listener: Listener) -> None:
        self._store = store
        self._listener = listener
        self._followed: dict[str, tuple[str, int]] = {}
        self._next_look = 0.0

    @property
    def active(self) -> bool:
        """True while a log is followed."""
        return bool(self._followed)

    def follow(self, step: str, key: str) -> None:
        """Begin to follow a step's log, which need not exist yet."""
        self._followed[step] = (key, 0)

    def follow_on(self, step: str, key: str) -> None:
        """Follow what is yet to be added to a log that was followed before."""
        try:
            self._followed[step] = (key, len(self._store.read_log(key)))
        except FileNotFoundError:
            self.follow(step, key)

    def poll(self) -> None:
        """Pass on the whole lines that have arrived, if the last look was a `TICK` ago."""
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + TICK
            for step in self._followed:
                self._pass_on(step, whole_lines=True)

    def finish(self, step: str, log: bytes | None) -> None:
        """Pass on the rest of a log and forget it; `log` is all of it where the step's process handed it over."""
        if step not in self._followed:
            return
        if log is None:
            self._pass_on(step, whole_lines=False)
        else:
            self._tell(step, log[self._followed[step][1] :])
        del self._followed[step]

    def _pass_on(self, step: str, *, whole_lines: bool) -> None:
        key, offset = self._followed[step]
        try:
            data = self._store.read_log(key, offset)
        except FileNotFoundError:
            return
        if whole_lines:
            data = data[: data.rfind(b"\n") + 1]
        self._followed[step] = (key, offset + len(data))
        self._tell(step, data)

    def _tell(self, step: str, data: bytes) -> None:
        if data:
            self._listener.step_output(step, data.decode(errors="replace"))
