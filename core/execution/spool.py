"""The log of an attempt on its way to a store that has no files: its process writes one here, which is passed on."""

from __future__ import annotations

import os
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..contracts.artifact_store import LogWriter

_READ = 1 << 20


class Spool:
    """A file that the attempt's process adds to, and who stores what is in it; threads may read and end it at once."""

    def __init__(self, path: str, log: LogWriter) -> None:
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._log = log
        self._stored = 0
        self._told = 0
        self._finished = False
        self._passing_on = Lock()

    def read(self) -> bytes:
        """Return what was written since the last call; what is read is stored, too."""
        self._pass_on()
        data = os.pread(self._file, max(0, self._stored - self._told), self._told)
        self._told += len(data)
        return data

    def finish(self) -> None:
        """Return when all that was written is stored; it can still be read. A second call changes nothing."""
        if not self._finished:
            self._pass_on(finish=True)
            self._log.close()

    def remove(self) -> None:
        """Forget the file."""
        os.close(self._file)
        os.unlink(self.path)  # noqa: PTH108 - a path that came as text

    def _pass_on(self, *, finish: bool = False) -> None:
        with self._passing_on:
            while not self._finished and (data := os.pread(self._file, _READ, self._stored)):
                self._log.write(data)
                self._stored += len(data)
            self._finished = self._finished or finish
