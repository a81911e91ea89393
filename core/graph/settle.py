"""Record what became of a submission whose jobs have ended: what no job could, and how the run ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..contracts.job_orchestrator import JobStatus
from ..dataclass import dataclass
from ..execution.exit_codes import ExitCode
from ..execution.job import StepFailure
from ..execution.platform_job import death
from ..records.documents import RunKeys, decode
from ..records.reader import last_end, read_attempts
from ..records.writer import BegunSubmission, request_cancel
from .build import job_names

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore
    from ..execution.events import RunState
    from ..records.reader import Final
    from ..spec import JSON
    from .document import GraphDocument

_DONE = {"completed", "cached"}
_KILLED = {int(ExitCode.CANCELLED), 137, 143}
"""Exit codes of jobs that were told to end, or were killed."""
CANCELLED = "the run was cancelled"


@dataclass(frozen=True, slots=True)
class _End:
    """How a step ended that has begun; `recorded` when its job could say so itself."""

    step: str
    attempt: int
    what: Final
    detail: str = ""
    recorded: bool = False

    @property
    def blame(self) -> str:
        """Why the steps behind it were skipped."""
        return f"step {self.step} failed" if self.what == "failed" else f"step {self.step} was not completed"

    def account(self) -> dict[str, JSON]:
        """Return what is recorded in place of the job."""
        if self.what == "failed":
            return {"error": StepFailure("StepDied", self.detail).to_json()}
        return {"detail": self.detail}


def settle(
    store: ArtifactStore,
    run_id: str,
    document: GraphDocument,
    ends: Mapping[str, JobStatus],
    outputs: Mapping[str, bytes],
    *,
    error: str = "",
) -> RunState:
    """Record the end of a submission, unless it has one, and return its state; who calls this holds the run's lease.

    `ends` are its platform's words, by the names of jobs, and `outputs` the last that these printed. `error` says what
    broke the run off, where something did, such as `host rebooted`; jobs of it that come back then end themselves.
    """
    keys, number = RunKeys(run_id), document.submission
    recorded, request = store.read_many([f"{keys.submissions}/{number}.end.json", keys.cancel(number)])
    if recorded is not None:
        end: dict[str, Any] = decode(recorded)
        state: RunState = end["state"]
        return state
    found = _Found(
        document, read_attempts(store, run_id, document.attempts), ends, outputs, error, cancelled=request is not None
    )
    begun = found.begun()
    unstarted = found.unstarted(begun)
    earlier = [name for name in store.names(keys.batches) if name.startswith(f"{number}.")]
    submission = BegunSubmission(store, run_id, number, batches=len(earlier))
    for step in begun.values():
        if not step.recorded:
            submission.step(step.step, step.attempt, step.what, step.account())
    if unstarted:
        submission.batch(unstarted)
    if not unstarted and all(step.what in _DONE for step in begun.values()):
        state = "completed"
    else:
        state = "failed" if request is None else "cancelled"
    submission.end(state, error if state == "failed" else "")
    if error and request is None:
        request_cancel(store, run_id, number)
    return state


@dataclass(frozen=True, slots=True)
class _Found:
    """What is known of a submission whose jobs have ended."""

    document: GraphDocument
    attempts: Mapping[str, Mapping[int, set[str]]]
    ends: Mapping[str, JobStatus]
    outputs: Mapping[str, bytes]
    error: str
    cancelled: bool

    def begun(self) -> dict[str, _End]:
        """Return how each step ended that has an attempt, or whose job has ended."""
        steps = [step.id for step in self.document.spec.steps if step.id not in self.document.done]
        names = job_names(steps)
        recorded = {step: self._recorded(step) for step in steps}
        culprit = next((end for end in recorded.values() if end and end.what == "failed"), None)
        if self.document.spec.execution_mode != "fail_fast":
            culprit = None
        found = ((recorded[step] or self._unrecorded(step, names[step], culprit)) for step in steps)
        return {end.step: end for end in found if end}

    def unstarted(self, begun: Mapping[str, _End]) -> dict[str, JSON]:
        """Return what a batch says of the steps that never began."""
        state = "cancelled" if self.cancelled else "skipped"
        blames = {step: end.blame for step, end in begun.items() if end.what not in _DONE}
        stops = self.document.spec.execution_mode != "continue_on_failure"
        general = self.error or next(iter(blames.values() if stops else ()), "its platform did not start it")
        found: dict[str, JSON] = {}
        for step in self.document.spec.steps:
            if step.id in begun or step.id in self.document.done:
                continue
            blames[step.id] = next((blames[source] for source in step.upstream if source in blames), general)
            detail = CANCELLED if self.cancelled else blames[step.id]
            found[step.id] = {"state": state, "attempt": self.document.attempts.get(step.id, 0), "detail": detail}
        return found

    def _recorded(self, step: str) -> _End | None:
        """Return the end that is recorded; where the run was cancelled before a retry, the failure was none yet."""
        attempts = self.attempts.get(step)
        if not attempts:
            return None
        done = [attempt for attempt, known in attempts.items() if not known.isdisjoint(_DONE)]
        if done:
            return _End(step, max(done), "completed", recorded=True)
        attempt, end = last_end(attempts)
        if end is None or (self.cancelled and end == "failed" and "retrying" in attempts[attempt]):
            return None
        return _End(step, attempt, end, recorded=True)

    def _unrecorded(self, step: str, name: str, culprit: _End | None) -> _End | None:
        """Say how a step ended whose job could not; `culprit` has failed, and the others were stopped for it."""
        job = self.ends.get(name)
        if job is None or job.state != "ended":
            if step not in self.attempts:
                return None
            job = JobStatus("ended", reason=self.error)
        attempt = max(self.attempts.get(step, ()), default=self.document.attempts.get(step, 0) + 1)
        if self.cancelled:
            return _End(step, attempt, "cancelled", CANCELLED)
        if culprit is not None and job.exit_code in _KILLED:
            return _End(step, attempt, "cancelled", f"{culprit.blame}, and the mode is fail_fast")
        what: Final = "cancelled" if job.exit_code == ExitCode.CANCELLED else "failed"
        return _End(step, attempt, what, death(job, self.outputs.get(name, b"")))
