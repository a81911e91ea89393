"""What the job of a step finds in the records before it begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..artifacts.record import ArtifactRecord
from ..errors import NotFoundError, PodiumError
from ..execution.dataflow import Dataflow
from ..execution.exit_codes import ExitCode
from ..execution.job_program import Refused, checked
from ..records.documents import RunHeader, RunKeys, decode
from ..records.reader import last_end, read_attempts
from ..spec import StepSpec, upstreams
from .document import GraphDocument

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore
    from ..spec import Input

_DONE = ("completed", "cached")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownStep:
    """One step of a submission; `cancelled` says that the submission was asked to end.

    `attempts` are those of each step in this submission, so far.
    """

    document: GraphDocument
    header: RunHeader
    step: StepSpec
    cancelled: bool
    attempts: Mapping[str, Mapping[int, set[str]]]

    @property
    def is_done(self) -> bool:
        """True when an earlier start of this job has completed the step."""
        return any(known.intersection(_DONE) for known in self._own.values())

    @property
    def taken(self) -> int:
        """The highest attempt number that earlier submissions took."""
        return self.document.attempts.get(self.step.id, 0)

    @property
    def attempt(self) -> int:
        """Number of the next attempt."""
        return max(self._own, default=self.taken) + 1

    @property
    def _own(self) -> Mapping[int, set[str]]:
        return self.attempts.get(self.step.id, {})

    def retries_left(self, attempt: int) -> int:
        """Say how often the step is tried again after an attempt; a job that is started anew tries at least once."""
        retries = self.step.retry.max_retries if self.step.retry else 0
        return max(0, retries - (attempt - self.taken - 1))


def read_step(store: ArtifactStore, keys: RunKeys, submission: int, step_id: str, digest: str) -> KnownStep:
    """Read what is known of a step, refusing a graph document other than the one that the digest names."""
    key = keys.graph(submission, digest)
    graph, header, request = store.read_many([key, keys.header, keys.cancel(submission)])
    document = read_graph(graph, digest, f"{store.url}/{key}")
    if header is None:
        raise Refused(ExitCode.REFUSED, f"there is no run {keys.run_id} in {store.url}")
    step = next((step for step in document.spec.steps if step.id == step_id), None)
    if step is None:
        raise Refused(ExitCode.REFUSED, f"the run's pipeline has no step {step_id!r}")
    return KnownStep(
        document=document,
        header=RunHeader.from_bytes(header),
        step=step,
        cancelled=request is not None,
        attempts=own_attempts(store, keys.run_id, document),
    )


def read_graph(data: bytes | None, digest: str, where: str) -> GraphDocument:
    """Decode a graph document, refusing one that is not there, is another one, or a newer podium's."""
    try:
        return GraphDocument.from_bytes(checked(data, digest, f"graph document at {where}"))
    except PodiumError as error:
        raise Refused(ExitCode.REFUSED, error) from error


def own_attempts(store: ArtifactStore, run_id: str, document: GraphDocument) -> dict[str, dict[int, set[str]]]:
    """Return what is known of the attempts of a submission, by step, leaving out those of earlier ones."""
    found: dict[str, dict[int, set[str]]] = {}
    for step, attempts in read_attempts(store, run_id).items():
        taken = document.attempts.get(step, 0)
        if own := {attempt: known for attempt, known in attempts.items() if attempt > taken}:
            found[step] = own
    return found


def resolved_inputs(store: ArtifactStore, known: KnownStep) -> dict[str, Input]:
    """Return the step's inputs, upstream outputs as what their steps recorded.

    Raises NotFoundError when a step has recorded none.
    """
    step, done = known.step, known.document.done
    outputs = {**done}
    sources = {ref.step for value in step.inputs.values() for ref in upstreams(value)} - done.keys()
    keys = {source: _completed(known, source) for source in sources}
    for source, data in zip(keys, store.read_many(list(keys.values())), strict=True):
        recorded: dict[str, dict[str, object]] = decode(data or b"{}")["outputs"]  # type: ignore[assignment]
        outputs[source] = {name: ArtifactRecord.from_json(record) for name, record in recorded.items()}  # type: ignore[arg-type]
    return Dataflow([step], outputs).inputs(step)


def _completed(known: KnownStep, source: str) -> str:
    """Return the key of the document with the outputs of another step."""
    attempts = known.attempts.get(source)
    attempt, end = last_end(attempts) if attempts else (0, None)
    if end not in _DONE:
        raise NotFoundError(f"step {known.step.id} needs what step {source} makes, and that has recorded no outputs")
    return RunKeys(known.header.id).step(source, attempt, end)
