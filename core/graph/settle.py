"""Record what became of a submission whose jobs have ended: what no job could, and how the run ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..contracts.job_orchestrator import JobStatus
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
_CANCELLED = "the run was cancelled"


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
    attempts = read_attempts(store, run_id, document.attempts)
    begun = _begun(document, attempts, ends, outputs, error, cancelled=request is not None)
    earlier = [name for name in store.names(keys.batches) if name.startswith(f"{number}.")]
    submission = BegunSubmission(store, run_id, number, batches=len(earlier))
    for step in begun.values():
        if step.what == "failed" and not step.recorded:
            failure = StepFailure("StepDied", step.detail)
            submission.step(step.step, step.attempt, "failed", {"error": failure.to_json()})
        elif step.what == "cancelled" and not step.recorded:
            submission.step(step.step, step.attempt, "cancelled", {"detail": step.detail})
    if unstarted := _unstarted(document, begun, error, cancelled=request is not None):
        submission.batch(unstarted)
    if not unstarted and all(step.what in _DONE for step in begun.values()):
        state = "completed"
    else:
        state = "failed" if request is None else "cancelled"
    submission.end(state, error if state == "failed" else "")
    if error and request is None:
        request_cancel(store, run_id, number)
    return state


def _begun(
    document: GraphDocument,
    attempts: Mapping[str, Mapping[int, set[str]]],
    ends: Mapping[str, JobStatus],
    outputs: Mapping[str, bytes],
    error: str,
    *,
    cancelled: bool,
) -> dict[str, _End]:
    """Return how each step ended that has an attempt, or whose job has ended."""
    steps = [step.id for step in document.spec.steps if step.id not in document.done]
    names = job_names(steps)
    known = {step: _recorded(step, attempts[step], cancelled=cancelled) for step in steps if step in attempts}
    culprit = next((end for end in known.values() if end and end.what == "failed"), None)
    fails_fast = document.spec.execution_mode == "fail_fast" and culprit is not None
    found: dict[str, _End] = {}
    for step in steps:
        job = ends.get(names[step])
        if job is not None and job.state != "ended":
            job = None
        if end := known.get(step):
            found[step] = end
        elif step in known or job is not None:
            job = job or JobStatus("ended", reason=error)
            attempt = max(attempts[step]) if step in known else document.attempts.get(step, 0) + 1
            if cancelled:
                found[step] = _End(step, attempt, "cancelled", _CANCELLED)
            elif fails_fast and job.exit_code in _KILLED and culprit:
                found[step] = _End(step, attempt, "cancelled", f"{culprit.blame}, and the mode is fail_fast")
            else:
                what: Final = "cancelled" if job.exit_code == ExitCode.CANCELLED else "failed"
                found[step] = _End(step, attempt, what, death(job, outputs.get(names[step], b"")))
    return found


def _recorded(step: str, attempts: Mapping[int, set[str]], *, cancelled: bool) -> _End | None:
    """Return the end that is recorded; a retry that never came because the run was cancelled makes the failure none."""
    done = [attempt for attempt, known in attempts.items() if not known.isdisjoint(_DONE)]
    if done:
        return _End(step, max(done), "completed", recorded=True)
    attempt, end = last_end(attempts)
    if end is None or (cancelled and end == "failed" and "retrying" in attempts[attempt]):
        return None
    return _End(step, attempt, end, recorded=True)


def _unstarted(document: GraphDocument, begun: Mapping[str, _End], error: str, *, cancelled: bool) -> dict[str, JSON]:
    """Return what a batch says of the steps that never began."""
    state: Literal["skipped", "cancelled"] = "cancelled" if cancelled else "skipped"
    blames = {step: end.blame for step, end in begun.items() if end.what not in _DONE}
    general = error or next(iter(blames.values()), "its platform did not start it")
    found: dict[str, JSON] = {}
    for step in document.spec.steps:
        if step.id in begun or step.id in document.done:
            continue
        blames[step.id] = next((blames[source] for source in step.upstream if source in blames), general)
        detail = _CANCELLED if cancelled else blames[step.id]
        found[step.id] = {"state": state, "attempt": document.attempts.get(step.id, 0), "detail": detail}
    return found
