"""Follow what running steps print and pass on whole lines."""

from __future__ import annotations

import time
from typing import Protocol

from .events import Listener

TICK = 0.1
"""Seconds between looks at what steps print."""


class _Source(Protocol):
    def output(self, step: str) -> bytes: ...


class LogTail:
    """Reads what each followed step has printed since the last look."""

    def __init__(self, source: _Source, listener: Listener) -> None:
        self._source = source
        self._listener = listener
        self._followed: dict[str, tuple[int, bytes]] = {}  # bytes passed on, and the line that has not ended
        self._next_look = 0.0

    @property
    def active(self) -> bool:
        """True while a step is followed."""
        return bool(self._followed)

    def follow(self, step: str) -> None:
        """Begin to follow the attempt of a step that was just started."""
        self._followed[step] = (0, b"")

    def poll(self) -> None:
        """Pass on the whole lines that have arrived, if the last look was a `TICK` ago."""
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + TICK
        for step in self._followed:
            self.read(step)

    def read(self, step: str) -> None:
        """Pass on the whole lines of one step that have arrived."""
        passed, rest = self._followed[step]
        data = rest + self._source.output(step)
        whole = data.rfind(b"\n") + 1
        self._followed[step] = (passed + whole, data[whole:])
        self._tell(step, data[:whole])

    def finish(self, step: str, log: bytes | None) -> None:
        """Pass on the rest of what a step printed; `log` is all of it where the step's process handed it over."""
        passed, rest = self._followed.pop(step)
        self._tell(step, rest + self._source.output(step) if log is None else log[passed:])

    def _tell(self, step: str, data: bytes) -> None:
        if data:
            self._listener.step_output(step, data.decode(errors="replace"))
