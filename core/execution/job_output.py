"""What a job prints, passed on as it comes: to its container's log and to the attempt's log in the store."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from ..errors import PodiumError

if TYPE_CHECKING:
    from ..contracts.artifact_store import LogWriter

_READ = 1 << 16
_DRAIN = 2.0
"""Seconds to wait, when the step's process is gone, for what others have in the pipe that it wrote to."""


class JobOutput:
    """Writes to stdout and to a log; whichever fails is told of on stderr, once, and does not hold the other up."""

    def __init__(self, log: LogWriter) -> None:
        self._log: LogWriter | None = log
        self._stdout: int | None = 1
        self._reader: threading.Thread | None = None

    def follow(self, pipe: int) -> None:
        """Pass on what comes out of a pipe, by a thread, until all its writers have closed it."""
        self._reader = threading.Thread(target=self._pump, args=(pipe,), daemon=True)
        self._reader.start()

    def finish(self) -> None:
        """Wait a moment until what was followed has come to its end."""
        if self._reader is not None:
            self._reader.join(_DRAIN)

    def say(self, text: str) -> None:
        """Print a line of podium's own."""
        self._write(f"podium: {text}\n".encode(errors="replace"))

    def close(self) -> None:
        """Return when the log can be read to its end."""
        if self._log is not None:
            try:
                self._log.close()
            except (OSError, PodiumError) as error:
                self._give_up_log(error)

    def _pump(self, pipe: int) -> None:
        while data := os.read(pipe, _READ):
            self._write(data)
        os.close(pipe)

    def _write(self, data: bytes) -> None:
        if self._stdout is not None:
            try:
                left = memoryview(data)
                while left:
                    left = left[os.write(self._stdout, left) :]
            except OSError as error:
                self._stdout = None
                tell(f"what the step prints is in the artifact store only: {error}")
        if self._log is not None:
            try:
                self._log.write(data)
            except (OSError, PodiumError) as error:
                self._give_up_log(error)

    def _give_up_log(self, error: Exception) -> None:
        self._log = None
        tell(f"the artifact store has not got all that the step printed: {error}")


def tell(text: str) -> None:
    """Print a line of podium's own to stderr, which no log but the container's has."""
    try:
        os.write(2, f"podium: {text}\n".encode(errors="replace"))
    except OSError:
        return  # nobody listens any more
