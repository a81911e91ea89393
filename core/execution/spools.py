"""The logs of a run's attempts, for a launcher whose store has no files."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from ..errors import PodiumError
from ..records.documents import RunKeys
from .spool import Spool

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore
    from .job import Ended, StepJob

_AT_ONCE = 8
"""Most logs whose last piece is stored at the same time."""


class Spools:
    """One spool for each step's latest attempt, in a private folder of this machine.

    An end is told when its log can be read whole, which others need not wait for.
    """

    def __init__(self, store: ArtifactStore, wake: Callable[[], None]) -> None:
        self._store = store
        self._wake = wake
        self._folder = tempfile.mkdtemp(prefix="podium-")
        self._spools: dict[str, Spool] = {}
        self._closing: list[tuple[Ended, Future[None]]] = []
        self._closers = ThreadPoolExecutor(_AT_ONCE, "podium-io-close")
        self._made = 0

    def open(self, job: StepJob) -> str:
        """Return the file that takes the attempt's log."""
        step = job.step.id
        if step in self._spools:
            self._spools.pop(step).remove()
        self._made += 1
        key = RunKeys(job.run_id).log(step, job.attempt)
        log = self._store.log_writer(key, more=job.failure is not None)
        self._spools[step] = Spool(f"{self._folder}/{self._made}.log", log)
        return self._spools[step].path

    def read(self, step: str) -> bytes:
        """Return what the step's latest attempt has printed since the last call."""
        return self._spools[step].read()

    def close(self, ended: Ended) -> None:
        """Begin to store the rest of an attempt's log."""
        closing = self._closers.submit(self._spools[ended.step].finish)
        self._closing.append((ended, closing))
        closing.add_done_callback(lambda _: self._wake())

    def ended(self) -> list[Ended]:
        """Return the ends of the attempts whose logs are stored; raise what kept one from being stored."""
        closing, self._closing = self._closing, []
        done: list[Ended] = []
        for ended, future in closing:
            if future.done():
                future.result()
                done.append(ended)
            else:
                self._closing.append((ended, future))
        return done

    def remove(self) -> None:
        """Store what is left of all logs, as far as the store can be reached, and forget the files."""
        self._closers.shutdown()
        for spool in self._spools.values():
            with contextlib.suppress(PodiumError):  # whoever needed the log was told before
                spool.finish()
            spool.remove()
        shutil.rmtree(self._folder, ignore_errors=True)
