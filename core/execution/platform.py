"""Run steps as jobs of a platform: a launcher made of an orchestrator's verbs.

Platforms are asked, not listened to. Jobs are submitted beside all else; the other verbs are called in one thread.
"""

from __future__ import annotations

import contextlib
import select
import socket
import time
from functools import cached_property, partial
from typing import Generic

from ..contracts.component import ConfigT
from ..contracts.job_orchestrator import JobOrchestrator, JobRefusedError, JobStatus
from ..dataclass import dataclass, field
from ..errors import PodiumError
from ..records.documents import RunKeys
from ..spec import StepSpec
from .admission import Admission, Grant
from .job import Ended, StepJob
from .pace import Pace
from .platform_job import death, recorded, stored
from .run_context import RunContext
from .submissions import Submissions

_PATIENCE = 30.0
"""Seconds for which a platform that has answered before may stay away."""
_GRACE = 2.0
"""Seconds that a job may take to end when its driver does."""
_MARGIN = 1.0
"""Seconds more, as jobs themselves end by force the step that takes its time."""
_FORCED = 10.0
"""Seconds that a platform has for ending jobs by force."""
_TICK = 1.0
_LAST = 1000
"""Bytes of a job's output that are kept for the account of its end."""
_PIECES = 8
"""How often the output of an ended job is asked for: what a flavor returns at once is limited."""


@dataclass(slots=True)
class _Attempt:
    job: StepJob
    handle: str
    cursor: str = ""
    unread: bytes = b""
    last: bytes = b""
    ended: bool = False
    force_at: float | None = None
    pace: Pace = field(default_factory=lambda: Pace(soonest=0.2))


class PlatformLauncher(Generic[ConfigT]):
    """Starts jobs as far as the platform has room, where it leaves the counting to podium, and asks how they stand.

    What ended is removed from the platform once its end was told and its output could be read.
    """

    enforces_timeouts = True

    def __init__(
        self, orchestrator: JobOrchestrator[ConfigT], context: RunContext, *, max_parallel: int | None = None
    ) -> None:
        self._platform = orchestrator
        self._run_id = context.header.id
        self._module = context.spec.module
        self._settings = {step.id: step.settings for step in context.spec.steps}
        self._store = context.store
        self._max_parallel = max_parallel
        self._latest: dict[str, _Attempt] = {}
        self._running: dict[str, _Attempt] = {}
        self._submissions = Submissions(self.wake)
        self._unsubmitted: list[Ended] = []
        self._told: list[str] = []
        self._pace = Pace()
        self._answered = False
        self._away_since: float | None = None
        self._given_up = False
        self._used = False
        self._wakeup, self._waker = socket.socketpair()
        for end in (self._wakeup, self._waker):
            end.setblocking(False)
        self._woken = select.poll()
        self._woken.register(self._wakeup, select.POLLIN)

    @cached_property
    def _admission(self) -> Admission | None:
        room = self._platform.room()
        return Admission(room, self._max_parallel) if room else None

    def refuse(self, step: StepSpec) -> str | None:
        """Name what no job can be given: code that cannot be imported, GPUs or room that the platform does not have."""
        if step.pickled is not None:
            return "was not defined in a file that jobs could import"
        if step.resources.gpu_count and step.resources.strict and not self._platform.capabilities.gpus:
            return f"asks for GPUs, and orchestrator flavor {self._platform.flavor!r} has none"
        return self._admission.fits_ever(step.resources) if self._admission else None

    @property
    def full(self) -> bool:
        """True when there is no processor and no slot left, and while enough jobs are on their way."""
        return self._submissions.full or (self._admission is not None and self._admission.full)

    def adopt(self) -> list[StepJob]:
        """Follow each step's latest job, unless it ended and that it failed is recorded; remove all others."""
        self._used = True
        found = self._platform.jobs(self._run_id)
        status = self._platform.status(found)
        others: list[str] = []
        for handle in sorted(found, key=lambda handle: found[handle].get("podium.attempt", "").zfill(9)):
            job = recorded(found[handle], self._run_id, self._store)
            running = handle in status and status[handle].state != "ended"
            if job is None or job.step.id not in self._settings or not (running or self._may_count(job)):
                others.append(handle)
                continue
            if earlier := self._running.get(job.step.id):
                others.append(earlier.handle)
            else:
                self._take_room(job)
            self._follow(job, handle)
        for handle in others:
            self._platform.stop(handle, force=True)
        self._platform.remove(others)
        self._answer()
        return [attempt.job for attempt in self._running.values()]

    def start(self, job: StepJob) -> bool:
        """Have the job's document written and the job submitted; one that the platform refuses has ended by that."""
        step = job.step
        grant = self._admission.admit(step.id, step.resources) if self._admission else Grant()
        if grant is None:
            return False
        self._used = True
        self._latest.pop(step.id, None)
        self._submissions.add(job, partial(self._submit, job, grant.gpus))
        return True

    def _submit(self, job: StepJob, gpus: tuple[str, ...]) -> str | PodiumError:
        """Submit a job, in a thread of its own, and return its handle or why the platform has not taken it."""
        settings = self._settings[job.step.id]
        platform_job = stored(job, self._store, module=self._module, settings=settings, gpus=gpus)
        try:
            return self._platform.submit(platform_job)
        except PodiumError as error:
            return error

    def output(self, step: str) -> bytes:
        """Ask the platform, not too often; what an ended job printed was asked for when it ended."""
        attempt = self._latest.get(step)
        if attempt is None:
            return b""
        if not attempt.ended and time.monotonic() >= attempt.pace.due:
            self._read(attempt)
        data, attempt.unread = attempt.unread, b""
        return data

    def wait(self, timeout: float | None) -> list[Ended]:
        """Ask how all jobs stand until one has ended."""
        self._remove_told()
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            self._take_submitted()
            ended, self._unsubmitted = [*self._unsubmitted, *self._look()], []
            now = time.monotonic()
            due = [*self._submissions.due, *([self._pace.due] if self._running else [])]
            due += [] if deadline is None else [deadline]
            if ended or (deadline is not None and now >= deadline):
                return ended
            pause = max(0.0, min(due) - now) if due else None
            if self._woken.poll(None if pause is None else pause * 1000):
                self._wakeup.recv(4096)
                return []

    def wake(self) -> None:
        """Write to the socket pair that `wait` listens to, unless it is closed."""
        with contextlib.suppress(OSError):
            self._waker.send(b"\0")

    def stop(self, step: str, grace: float) -> None:
        """Ask the job to end; `wait` ends it by force when its time is over."""
        if job := self._submissions.stop(step, grace):
            self._give_up(job, "it was stopped before its platform had taken it")
        attempt = self._running.get(step)
        if attempt is None:
            return
        attempt.force_at = time.monotonic() + (grace + _MARGIN if grace > 0 else 0)
        self._pace.look_soon()
        if grace > 0:
            try:
                self._platform.stop(attempt.handle, force=False)
            except PodiumError as error:
                self._bear(error)

    def close(self, *, leave: bool = False) -> None:
        """Stop every job, wait for its end, and remove what the run has on the platform, unless that stays away.

        Raises PodiumError, once, when jobs do not end.
        """
        if self._wakeup.fileno() == -1:
            return
        try:
            if self._used and not self._given_up and not leave:
                self._end_all()
        finally:
            self._wakeup.close()
            self._waker.close()

    def _end_all(self) -> None:
        for step in (*self._submissions, *self._running):
            self.stop(step, _GRACE)
        deadline = time.monotonic() + _GRACE + _MARGIN + _FORCED
        while [*self._submissions, *self._running]:
            if time.monotonic() > deadline:
                names = ", ".join([*self._submissions, *(attempt.handle for attempt in self._running.values())])
                raise PodiumError(f"jobs that were told to end have not: {names}")
            self.wait(_TICK)
        self._remove_told()
        self._platform.finish(self._run_id)

    def _take_submitted(self) -> None:
        for submission, answer in self._submissions.answered():
            job = submission.job
            if isinstance(answer, str):
                self._answer()
                self._follow(job, answer)
                if submission.grace is not None:
                    self.stop(job.step.id, submission.grace)
            elif isinstance(answer, JobRefusedError):
                self._give_up(job, f"{answer.message}{f' ({answer.hint})' if answer.hint else ''}")
            elif isinstance(answer, PodiumError) and submission.grace is None:
                self._submissions.again(submission)
                self._bear(answer)
            else:
                self._give_up(job, f"it was stopped before its platform had taken it: {answer}")

    def _give_up(self, job: StepJob, why: str) -> None:
        """End an attempt that its platform knows nothing of."""
        if self._admission:
            self._admission.release(job.step.id)
        self._unsubmitted.append(Ended(job.step.id, job.attempt, None, why))

    def _follow(self, job: StepJob, handle: str) -> None:
        self._latest[job.step.id] = self._running[job.step.id] = _Attempt(job, handle)
        self._pace.look_soon()

    def _take_room(self, job: StepJob) -> None:
        """Count a job that runs, whether or not there is room for it."""
        if self._admission and self._admission.admit(job.step.id, job.step.resources) is None:
            self._admission.release(job.step.id)

    def _may_count(self, job: StepJob) -> bool:
        """Say whether an ended attempt may have completed, or has its failure still to be told."""
        keys = RunKeys(self._run_id)
        ends = (keys.step(job.step.id, job.attempt, what) for what in ("failed", "cancelled"))
        return not any(self._store.exists(key) for key in ends)

    def _look(self) -> list[Ended]:
        began = time.monotonic()
        if not self._running or began < self._pace.due:
            return []
        try:
            self._force_overdue(began)
            found = self._platform.status([attempt.handle for attempt in self._running.values()])
        except PodiumError as error:
            self._bear(error)
            self._pace.looked(began, changed=False)
            return []
        self._answer()
        gone = JobStatus("ended", reason="its container was removed by somebody")
        states = {step: found.get(attempt.handle, gone) for step, attempt in self._running.items()}
        ended = [self._end(step, status) for step, status in states.items() if status.state == "ended"]
        self._pace.looked(began, changed=bool(ended))
        return ended

    def _end(self, step: str, status: JobStatus) -> Ended:
        attempt = self._running.pop(step)
        if self._admission:
            self._admission.release(step)
        for _ in range(_PIECES):
            if not self._read(attempt):
                break
        else:
            attempt.unread += b"\npodium: the rest is in the log of the step\n"
        attempt.ended = True
        self._told.append(attempt.handle)
        return Ended(step, attempt.job.attempt, None, death(status, attempt.last))

    def _read(self, attempt: _Attempt) -> bool:
        """Add what the job has printed to what is unread; False when that is nothing."""
        began = time.monotonic()
        try:
            data, attempt.cursor = self._platform.logs(attempt.handle, attempt.cursor)
        except PodiumError:  # `status` tells of a platform that is away; the step's whole log is in the store
            data = b""
        attempt.unread += data
        attempt.last = (attempt.last + data)[-_LAST:]
        attempt.pace.looked(began, changed=bool(data))
        return bool(data)

    def _force_overdue(self, now: float) -> None:
        for attempt in self._running.values():
            if attempt.force_at is not None and attempt.force_at <= now:
                self._platform.stop(attempt.handle, force=True)
                attempt.force_at = now + _TICK

    def _remove_told(self) -> None:
        if self._told:
            try:
                self._platform.remove(self._told)
            except PodiumError as error:
                self._bear(error)
                return
            self._told = []

    def _answer(self) -> None:
        self._answered, self._away_since = True, None

    def _bear(self, error: PodiumError) -> None:
        """Raise the error of a platform that was never there, or has been away for long."""
        now = time.monotonic()
        self._away_since = self._away_since or now
        if not self._answered or now - self._away_since > _PATIENCE:
            self._given_up = True
            raise error
