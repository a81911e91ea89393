"""Jobs on their way to a platform, some at once: each is submitted by a thread of its own, since that may take long."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ..background import in_background
from ..dataclass import dataclass
from ..errors import PodiumError
from .job import StepJob

if TYPE_CHECKING:
    from concurrent.futures import Future

_AT_ONCE = 8
"""Most jobs that are submitted at once."""
_AGAIN = 1.0
"""Seconds until a job is submitted again that the platform has not taken."""


@dataclass(slots=True, eq=False)
class Submission:
    """A job on its way; `grace` is set when it was asked to end meanwhile, in as many seconds."""

    job: StepJob
    submit: Callable[[], str | PodiumError]
    answer: Future[str | PodiumError] | None = None
    again_at: float = 0.0
    grace: float | None = None


class Submissions:
    """Submits jobs, and again those that were not taken; `wake` is called, by any thread, when there is an answer."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._open: dict[str, Submission] = {}

    def __iter__(self) -> Iterator[str]:
        """Iterate over the steps whose jobs are on their way."""
        return iter([*self._open])

    @property
    def full(self) -> bool:
        """True while as many as can be are on their way."""
        return len(self._open) >= _AT_ONCE

    @property
    def due(self) -> list[float]:
        """When, by the monotonic clock, jobs are submitted again."""
        return [one.again_at for one in self._open.values() if one.answer is None]

    def add(self, job: StepJob, submit: Callable[[], str | PodiumError]) -> None:
        """Begin to submit a job; `submit` returns its handle, or the platform's error."""
        self._open[job.step.id] = submission = Submission(job, submit)
        self._begin(submission)

    def stop(self, step: str, grace: float) -> StepJob | None:
        """Have a step's job end once it has been submitted; return it if it never will be."""
        submission = self._open.get(step)
        if submission is None:
            return None
        submission.grace = grace
        if submission.answer is None:
            return self._open.pop(step).job
        return None

    def answered(self) -> Iterator[tuple[Submission, str | BaseException]]:
        """Yield jobs with what was answered, which are on their way no more.

        Raises what else `submit` has raised, unless the job was to end anyway.
        """
        now = time.monotonic()
        for step, submission in [*self._open.items()]:
            if submission.answer is None:
                if submission.again_at <= now:
                    self._begin(submission)
            elif submission.answer.done():
                del self._open[step]
                error = submission.answer.exception()
                if error is not None and submission.grace is None:
                    raise error
                yield submission, error or submission.answer.result()

    def again(self, submission: Submission) -> None:
        """Submit a job once more, after a while."""
        submission.answer, submission.again_at = None, time.monotonic() + _AGAIN
        self._open[submission.job.step.id] = submission

    def _begin(self, submission: Submission) -> None:
        submission.answer = in_background(submission.submit)
        submission.answer.add_done_callback(lambda _: self._wake())
