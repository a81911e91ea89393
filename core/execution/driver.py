"""The driver: walks the graph of one run, one submission long, over any launcher.

It owns order, cache look-ups, retries, time-outs, cancellation and failure modes; it writes only what no step runner
can know. It keeps per step what is still needed and no more, so that long chains cost little memory.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ..artifacts.record import ArtifactRecord
from ..cache.entries import lookup
from ..cache.key import cache_key
from ..dataclass import dataclass, replace
from ..errors import LeaseLost
from ..records.documents import RunHeader, RunKeys
from ..records.reader import read_attempt
from ..records.writer import Submission
from ..spec import JSON, Input, PipelineSpec, StepSpec
from .dag import Done, Outcome, Progress
from .dataflow import Dataflow
from .delivery import Delivery
from .events import Listener, RunState, StepChange, StepState
from .interrupts import Interrupts
from .job import Ended, JobCode, StepFailure, StepJob
from .launcher import Launcher
from .log_tail import TICK, LogTail

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore, Held

_CANCEL_CHECK = 0.5
"""Seconds between looks for a cancel request in the records."""
_REMOTE_CANCEL_CHECK = 5.0
"""The same where each look is a request to a service."""
_GRACE = 2.0
"""Seconds a cancelled step has between SIGTERM and SIGKILL."""
NO_OUTPUTS: Mapping[str, ArtifactRecord] = {}


@dataclass(slots=True)
class _Running:
    attempt: int
    started: float
    deadline: float | None
    retries_left: int
    failure: StepFailure | None
    stopped: str = ""


class Driver:
    """Drives one submission; `done` holds what earlier ones finished, `attempts` the last number of each step.

    `adopted` are attempts of earlier submissions that the launcher has taken over; `held` is the run's lease.
    """

    def __init__(
        self,
        *,
        header: RunHeader,
        spec: PipelineSpec,
        store: ArtifactStore,
        submission: Submission,
        launcher: Launcher,
        listener: Listener,
        interrupts: Interrupts,
        held: Held,
        done: Mapping[str, Mapping[str, ArtifactRecord]],
        attempts: Mapping[str, int],
        deliveries: Mapping[str, Delivery],
        adopted: Iterable[StepJob] = (),
        code: JobCode | None = None,
    ) -> None:
        self._header = header
        self._keys = RunKeys(header.id)
        self._store = store
        self._submission = submission
        self._launcher = launcher
        self._listener = listener
        self._interrupts = interrupts
        self._held = held
        self._code = code
        self._steps = {step.id: step for step in spec.steps}
        finished: dict[str, Done] = dict.fromkeys(done, "completed")
        self._progress = Progress(((step.id, step.upstream) for step in spec.steps), spec.execution_mode, finished)
        self._dataflow = Dataflow(spec.steps, done)
        self._attempts = dict(attempts)
        self._first = dict(attempts)
        self._adopted = {job.step.id: job for job in adopted}
        for job in self._adopted.values():
            self._first[job.step.id] = job.attempt - 1 - (_retries(job.step) - job.retries_left)
        self._deliveries = deliveries
        self._started: set[str] = set()
        self._waiting: deque[StepJob] = deque()
        self._retries: dict[str, float] = {}  # when each step that failed is tried again
        self._running: dict[str, _Running] = {}
        self._batch: dict[str, JSON] = {}
        self._states: dict[str, StepState] = dict.fromkeys(done, "completed")
        self._tail = LogTail(launcher, listener)
        self._cancelled = False
        self._next_cancel_check = 0.0
        self.failures: dict[str, StepFailure] = {}

    def run(self) -> RunState:
        """Drive until nothing is left to do; record and return the run's final state."""
        self._look_for_cancel()
        while not self._progress.finished:
            self._prepare_ready()
            self._launch_waiting()
            if self._progress.finished:
                break
            self._listener.flush()
            attempts = self._launcher.wait(self._timeout())
            self._look_for_cancel()  # first, so that what an interrupt ended is neither failed nor tried again
            for ended in attempts:
                self._settle(ended)
            self._tail.poll()
            self._stop_overdue()
            if self._held.lost:
                raise LeaseLost(
                    f"this process could not keep the lease of run {self._header.id}, and another may drive it now",
                    where=f"the artifact store {self._store.url}",
                    hint=f"see who does, and go on: podium runs show {self._header.id}",
                )
            if self._interrupts.count > 1:
                self._abandon()
        state: RunState = "cancelled" if self._cancelled else "failed" if self._progress.failed else "completed"
        self._flush_batch()
        self._submission.end(state)
        return state

    @property
    def states(self) -> dict[str, StepState]:
        """State of every step that has ended, earlier submissions' included, in the order of the pipeline."""
        return {step: self._states[step] for step in self._steps if step in self._states}

    def _look_for_cancel(self) -> None:
        if self._cancelled:
            return
        now = time.monotonic()
        requested = self._interrupts.count > 0
        if not requested and now >= self._next_cancel_check:
            self._next_cancel_check = now + (_REMOTE_CANCEL_CHECK if self._store.remote else _CANCEL_CHECK)
            requested = self._store.exists(self._keys.cancel(self._submission.number))
        if requested:
            self._cancelled = True
            self._end_unstarted(self._progress.cancel(), "cancelled", "the run was cancelled")
            self._stop_all("the run was cancelled")

    def _prepare_ready(self) -> None:
        """Settle cached steps at once, which may make others ready, and queue the rest."""
        now = time.monotonic()
        for _, step_id in sorted((due, step) for step, due in self._retries.items() if due <= now):
            del self._retries[step_id]
            step = self._steps[step_id]
            inputs = self._dataflow.inputs(step)
            self._queue(step, inputs, cache_key(step, inputs) if step.enable_cache else None)
        while ready := self._progress.ready():
            for step_id in ready:
                if step_id in self._adopted:
                    self._began(self._adopted.pop(step_id))
                    continue
                step = self._steps[step_id]
                inputs = self._dataflow.inputs(step)
                key = cache_key(step, inputs) if step.enable_cache else None
                if not (key and self._header.enable_cache and self._take_cached(step, key)):
                    self._queue(step, inputs, key)
        self._flush_batch()

    def _queue(
        self, step: StepSpec, inputs: Mapping[str, Input], key: str | None, failure: StepFailure | None = None
    ) -> None:
        """Queue the step's next attempt, or after a final failure the hook that its dead process could not call."""
        attempt = self._attempts.get(step.id, 0) + (failure is None)
        self._waiting.append(
            StepJob(
                run_id=self._header.id,
                run_name=self._header.name,
                pipeline=self._header.pipeline,
                store_url=self._store.url,
                store_options=self._store.options,
                step=replace(step, settings={}, extra={}) if step.settings or step.extra else step,
                attempt=attempt,
                inputs=inputs,
                cache_key=key,
                retries_left=_retries(step) - (attempt - self._first.get(step.id, 0) - 1),
                failure=failure,
                delivery=self._deliveries.get(step.id),
                code=self._code,
            )
        )

    def _launch_waiting(self) -> None:
        """Start what there is room for, in order; what does not fit holds up only what competes with it."""
        held: list[StepJob] = []
        while self._waiting and not self._launcher.full:
            job = self._waiting.popleft()
            if job.step.id in self._states:
                continue  # skipped while it waited
            if not self._launch(job):
                held.append(job)
        self._waiting.extendleft(reversed(held))

    def _launch(self, job: StepJob) -> bool:
        if not self._launcher.start(job):
            return False
        self._began(job)
        return True

    def _began(self, job: StepJob) -> None:
        """Follow an attempt that was started, here or by the driver of an earlier submission."""
        step = job.step
        if step.id not in self._started:
            self._progress.start(step.id)
            self._started.add(step.id)
        self._attempts[step.id] = job.attempt
        now = time.monotonic()
        deadline = now + step.timeout if step.timeout and not self._launcher.enforces_timeouts else None
        self._running[step.id] = _Running(job.attempt, now, deadline, job.retries_left, job.failure)
        self._tail.follow(step.id)
        if job.failure is None:
            self._tell(step.id, "running", job.attempt)

    def _take_cached(self, step: StepSpec, key: str) -> bool:
        entry = lookup(self._store, key)
        if entry is None:
            return False
        self._progress.start(step.id)
        attempt = self._attempts.get(step.id, 0)
        self._batch[step.id] = {"state": "cached", "attempt": attempt, **entry.reused()}
        self._finish(StepChange(step.id, "cached", attempt, entry.origin), "cached", entry.outputs)
        return True

    def _settle(self, ended: Ended) -> None:
        """Decide what an attempt's end means: done, to be tried again, cancelled, or failed for good."""
        step = self._steps[ended.step]
        running = self._running.pop(ended.step, None)
        if running is None:  # an earlier driver's, of a step that was finished or is to be run anew
            self._adopted.pop(ended.step, None)
            return
        seconds = time.monotonic() - running.started
        self._tail.finish(ended.step, ended.outcome.log if ended.outcome else None)
        if running.failure is not None:
            self._fail(ended.step, ended.attempt, running.failure, None)
            return
        outputs, failure, recorded = self._account(ended, running)
        if outputs is not None:
            self._finish(StepChange(ended.step, "completed", ended.attempt, "", seconds), "completed", outputs)
            return
        if running.stopped and self._progress.stop_running:
            self._submission.step(ended.step, ended.attempt, "cancelled", {"detail": running.stopped})
            change = StepChange(ended.step, "cancelled", ended.attempt, running.stopped, seconds)
            self._finish(change, "cancelled")
            return
        if not recorded:
            self._submission.failed(ended.step, ended.attempt, failure, seconds)
        if running.retries_left > 0 and not self._progress.stop_running:
            self._retry(step, ended.attempt, failure)
        elif step.on_failure and not recorded and not self._cancelled:
            self._queue(step, {}, None, failure)
        else:
            self._fail(ended.step, ended.attempt, failure, seconds)

    def _fail(self, step: str, attempt: int, failure: StepFailure, seconds: float | None) -> None:
        self.failures[step] = failure
        self._finish(StepChange(step, "failed", attempt, str(failure), seconds), "failed")
        if self._progress.stop_running:
            self._stop_all(f"step {step} failed, and the mode is fail_fast")

    def _account(
        self, ended: Ended, running: _Running
    ) -> tuple[Mapping[str, ArtifactRecord] | None, StepFailure, bool]:
        """Return the outputs of a completed attempt, or the failure and whether the attempt recorded it itself."""
        if ended.outcome is not None:
            failure = ended.outcome.failure
            return (ended.outcome.outputs if failure is None else None), failure or StepFailure("", ""), True
        document = read_attempt(self._store, self._header.id, ended.step, ended.attempt, "completed")
        if document is not None:
            outputs = {name: ArtifactRecord.from_json(record) for name, record in document["outputs"].items()}
            return outputs, StepFailure("", ""), True
        document = read_attempt(self._store, self._header.id, ended.step, ended.attempt, "failed")
        if document is not None:
            return None, StepFailure(**document["error"]), True
        if running.stopped:
            return None, StepFailure("TimedOut", running.stopped), False
        return None, StepFailure("StepDied", ended.death), False

    def _retry(self, step: StepSpec, attempt: int, failure: StepFailure) -> None:
        assert step.retry is not None
        delay = step.retry.pause(attempt - self._first.get(step.id, 0))
        self._submission.step(step.id, attempt, "retrying", {"delay": delay})
        self._retries[step.id] = time.monotonic() + delay
        self._tell(step.id, "retrying", attempt, f"again in {delay:g}s after {failure}")

    def _finish(self, change: StepChange, outcome: Outcome, outputs: Mapping[str, ArtifactRecord] = NO_OUTPUTS) -> None:
        step = change.step
        self._states[step] = change.state
        self._started.discard(step)
        self._dataflow.settle(self._steps[step], outputs)
        skipped = self._progress.settle(step, outcome)
        self._listener.step_changed(change)
        reason = f"step {step} was not completed" if outcome != "failed" else f"step {step} failed"
        self._end_unstarted(skipped, "skipped", reason)

    def _end_unstarted(self, steps: list[str], state: StepState, detail: str) -> None:
        for step in steps:
            attempt = self._attempts.get(step, 0)
            self._batch[step] = {"state": state, "attempt": attempt, "detail": detail}
            self._states[step] = state
            self._tell(step, state, attempt, detail)

    def _stop_overdue(self) -> None:
        now = time.monotonic()
        for step, running in self._running.items():
            if running.deadline is not None and running.deadline <= now and not running.stopped:
                running.stopped = f"it took longer than {self._steps[step].timeout:g}s"
                self._launcher.stop(step, 0)

    def _stop_all(self, why: str) -> None:
        for step, running in self._running.items():
            if not running.stopped:
                running.stopped = why
                self._launcher.stop(step, _GRACE)
        between = [*self._retries]
        self._retries.clear()
        for job in [job for job in self._waiting if job.step.id in self._started]:
            if job.failure is None:
                between.append(job.step.id)
            else:  # it has failed, and only its hook was still to run
                self._fail(job.step.id, job.attempt, job.failure, None)
        for step in between:
            self._submission.step(step, self._attempts[step], "cancelled", {"detail": why})
            self._finish(StepChange(step, "cancelled", self._attempts[step], why), "cancelled")

    def _abandon(self) -> None:
        """Leave at once: kill what still runs, and settle it as the launcher reports its end."""
        for step in self._running:
            self._launcher.stop(step, 0)

    def _timeout(self) -> float | None:
        """Seconds until something other than a step's end wants attention."""
        now = time.monotonic()
        due = [running.deadline for running in self._running.values() if running.deadline is not None]
        if self._retries:
            due.append(min(self._retries.values()))
        wait = min(due, default=now + _CANCEL_CHECK) - now
        return max(0.0, min(wait, TICK if self._tail.active else _CANCEL_CHECK))

    def _flush_batch(self) -> None:
        if self._batch:
            self._submission.batch(self._batch)
            self._batch = {}

    def _tell(self, step: str, state: StepState, attempt: int, detail: str = "") -> None:
        self._listener.step_changed(StepChange(step, state, attempt, detail))


def _retries(step: StepSpec) -> int:
    return step.retry.max_retries if step.retry else 0
