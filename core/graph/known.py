"""What the job of a step finds in the records before it begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..dataclass import dataclass
from ..execution.dataflow import Dataflow
from ..execution.exit_codes import ExitCode
from ..execution.job_program import Refused, checked, decoded
from ..records.documents import RunHeader, RunKeys, decode
from ..records.reader import outputs_of, read_attempts
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
        return self.done_document(self.step.id) is not None

    @property
    def taken(self) -> int:
        """The highest attempt number that earlier submissions took."""
        return self.document.attempts.get(self.step.id, 0)

    @property
    def next_attempt(self) -> int:
        """Number of the first attempt that has none of an earlier start of this job."""
        return max(self.attempts.get(self.step.id, ()), default=self.taken) + 1

    def retries_left(self, attempt: int) -> int:
        """Say how often the step is tried again after an attempt; a job that is started anew tries at least once."""
        retries = self.step.retry.max_retries if self.step.retry else 0
        return max(0, retries - (attempt - self.taken - 1))

    def done_document(self, step: str) -> str | None:
        """Return the key of the document with the outputs of a step that this submission has completed."""
        attempts = self.attempts.get(step, {})
        found = [(attempt, what) for attempt, known in attempts.items() for what in known.intersection(_DONE)]
        return RunKeys(self.header.id).step(step, *max(found)) if found else None


def read_step(store: ArtifactStore, keys: RunKeys, submission: int, step_id: str, digest: str) -> KnownStep:
    """Read what is known of a step, refusing a graph document other than the one that the digest names."""
    key = keys.graph(submission, digest)
    graph, header, request = store.read_many([key, keys.header, keys.cancel(submission)])
    what = f"graph document at {store.url}/{key}"
    document = decoded(GraphDocument.from_bytes, checked(graph, digest, what), what)
    step = next((step for step in document.spec.steps if step.id == step_id), None)
    if step is None:
        raise Refused(ExitCode.REFUSED, f"the pipeline of run {keys.run_id} has no step {step_id!r}")
    return KnownStep(
        document=document,
        header=decoded(RunHeader.from_bytes, header, f"run {keys.run_id} in {store.url}"),
        step=step,
        cancelled=request is not None,
        attempts=read_attempts(store, keys.run_id, document.attempts),
    )


def resolved_inputs(store: ArtifactStore, known: KnownStep) -> dict[str, Input]:
    """Return the step's inputs, with what upstream steps recorded; refuse to go on where one has recorded nothing."""
    outputs = {**known.document.done}
    sources = {ref.step for value in known.step.inputs.values() for ref in upstreams(value)} - outputs.keys()
    documents = {source: known.done_document(source) for source in sorted(sources)}
    missing = [source for source, key in documents.items() if key is None]
    if missing:
        raise Refused(
            ExitCode.REFUSED,
            f"step {known.step.id} needs outputs of {', '.join(missing)}, and none are recorded",
        )
    keys = [key for key in documents.values() if key is not None]
    for source, data in zip(documents, store.read_many(keys), strict=True):
        outputs[source] = outputs_of(decode(data or b""))
    return Dataflow([known.step], outputs).inputs(known.step)
