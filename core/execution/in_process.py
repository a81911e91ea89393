"""Run steps one by one in the calling process, with its terminal: for debuggers, coverage and pytest."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TextIO

from ..artifacts.open import open_store
from ..contracts.artifact_store import LogWriter
from ..records.documents import RunKeys
from ..spec import StepSpec
from .environment import step_environment
from .job import Ended, StepJob, StepOutcome
from .step_runner import run_step


class InProcessLauncher:
    """Takes one job at a time and runs it inside `wait`; resources are not counted, time-outs do not interrupt."""

    enforces_timeouts = False

    def __init__(self) -> None:
        self._job: StepJob | None = None
        self._inside = False

    def refuse(self, step: StepSpec) -> str | None:
        """Never: a person is watching."""
        del step
        return None

    @property
    def full(self) -> bool:
        """True while a job is waiting to be run."""
        return self._job is not None

    def adopt(self) -> list[StepJob]:
        """Find nothing: steps end with the process they run in."""
        return []

    def output(self, step: str) -> bytes:
        """Return nothing: what a step prints is on the terminal already."""
        del step
        return b""

    def start(self, job: StepJob) -> bool:
        """Take the job unless one is waiting."""
        if self._job is not None:
            return False
        self._job = job
        return True

    def wait(self, timeout: float | None) -> list[Ended]:
        """Run the job that was taken."""
        del timeout
        job, self._job = self._job, None
        if job is None:
            return []
        try:
            self._inside = True
            outcome = _run(job)
        except KeyboardInterrupt:
            return [Ended(job.step.id, job.attempt, None, "the step was interrupted")]
        finally:
            self._inside = False
        return [Ended(job.step.id, job.attempt, outcome)]

    def wake(self) -> None:
        """Interrupt the step that runs, since the signal that calls this was meant for it."""
        if self._inside:
            raise KeyboardInterrupt

    def stop(self, step: str, grace: float) -> None:
        """Drop the step if it was taken and not run."""
        del grace
        if self._job is not None and self._job.step.id == step:
            self._job = None

    def close(self, *, leave: bool = False) -> None:
        """Nothing outlives `wait`."""
        del leave


def _run(job: StepJob) -> StepOutcome:
    store = open_store(job.store_url, job.store_options)
    log = store.log_writer(RunKeys(job.run_id).log(job.step.id, job.attempt))
    before = os.environ.copy()
    with contextlib.closing(log), _teed(log):
        environment = {**step_environment(), **job.environment}
        os.environ.clear()
        os.environ.update(environment)
        try:
            return run_step(job, store)
        finally:
            os.environ.clear()
            os.environ.update(before)


class _Tee:
    """A text stream that also writes to a log; all else is the stream's own, so that debuggers find their terminal."""

    def __init__(self, stream: TextIO, log: LogWriter) -> None:
        self._stream = stream
        self._log = log

    def write(self, text: str) -> int:
        self._log.write(text.encode(errors="replace"))
        return self._stream.write(text)

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


@contextlib.contextmanager
def _teed(log: LogWriter) -> Iterator[None]:
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Tee(before[0], log), _Tee(before[1], log)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
