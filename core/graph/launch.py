"""Hand a run to a platform that walks its graph, and follow it there unless it is to go on alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from ..contracts.component import Settings
from ..contracts.graph_orchestrator import GraphOrchestrator
from ..dataclass import replace
from ..errors import ConflictError, PodiumError
from ..execution.delivery import Delivery
from ..execution.events import Listener, StepChange
from ..execution.in_containers import Containers
from ..execution.interrupts import Interrupts
from ..execution.plan import cached
from ..execution.ready import Ready
from ..execution.submit import Ending, code_of, entry_of
from ..records import index, lease
from ..records.documents import RunHeader, RunKeys
from ..records.reader import RunView, read_run, taken_attempts
from ..records.writer import Submission
from ..secrets.redaction import redacted
from ..spec import PipelineSpec, spec_digest
from .build import build_graph
from .document import GraphDocument
from .follow import follow
from .platform_run import PlatformRun

if TYPE_CHECKING:
    from ..artifacts.record import ArtifactRecord
    from ..cache.entries import CacheEntry
    from ..contracts.artifact_store import ArtifactStore


def launch(
    orchestrator: GraphOrchestrator[Settings],
    spec: PipelineSpec,
    header: RunHeader,
    ready: Ready,
    record: Callable[[RunHeader, bytes, ArtifactStore], None],
    *,
    detach: bool,
) -> Ending | None:
    """Start a new run, and return how it ended; None for one that goes on alone.

    Steps that the cache has take no job, and a run of nothing else no platform. `record` makes the run visible, once
    its images are there.
    """
    containers, listener = _containers(ready), ready.listener
    store = containers.stack.artifact_store
    hits = cached(spec, store) if header.enable_cache else {}
    if len(hits) == len(spec.steps):
        record(header, spec.to_bytes(), store)
        _tell_start(spec, header, store, listener)
        return _end_at_once(header, hits, store, listener)
    handle = orchestrator.place(spec, header.id, 1)
    listener.notice(f"to run at {orchestrator.url(handle)}")
    code, spec = containers.prepare(spec)
    encoded = spec.to_bytes()
    header = replace(header, code=code, spec_digest=spec_digest(encoded))
    with Interrupts() as interrupts:
        record(header, encoded, store)
        run = PlatformRun(
            header=header,
            document=_document(spec, header, 1, {step: entry.outputs for step, entry in hits.items()}, {}),
            store=store,
            orchestrator=orchestrator,
            handle=handle,
        )
        return _start(run, ready, interrupts, hits, detach=detach)


def resume(
    orchestrator: GraphOrchestrator[Settings],
    spec: PipelineSpec,
    run: RunView,
    ready: Ready,
    done: Mapping[str, Mapping[str, ArtifactRecord]],
) -> Ending:
    """Run what is not `done` of a run that nobody goes on with, as its next submission, and follow it."""
    containers, header, number = _containers(ready), run.header, run.submission + 1
    store = containers.stack.artifact_store
    handle = orchestrator.place(spec, header.id, number)
    code, spec = containers.prepare(spec)
    header = replace(header, code=code)
    with Interrupts() as interrupts:
        document = _document(spec, header, number, done, taken_attempts(store, header.id))
        found = PlatformRun(header=header, document=document, store=store, orchestrator=orchestrator, handle=handle)
        ending = _start(found, ready, interrupts, {}, detach=False)
    assert ending is not None
    return ending


def _start(
    run: PlatformRun, ready: Ready, interrupts: Interrupts, hits: Mapping[str, CacheEntry], *, detach: bool
) -> Ending | None:
    containers, listener = _containers(ready), ready.listener
    containers.deliver(run.document.spec)
    _submit(run, containers, ready.deliveries, hits)
    _tell_start(run.document.spec, run.header, run.store, listener)
    for step in run.document.done:
        if step in hits:
            listener.step_changed(StepChange(step, "cached", 0, hits[step].origin))
        else:
            listener.step_changed(StepChange(step, "completed", 0, "in an earlier submission"))
    if detach and not interrupts.count:
        listener.notice(f"run {run.header.name} goes on by itself: podium runs logs -f {run.header.id}")
        return None
    ending = follow(run, listener, interrupts)
    index.remember(replace(entry_of(run.header, run.store.url), state=ending.state, ended=time.time()))
    return ending


def _submit(
    run: PlatformRun, containers: Containers, deliveries: Mapping[str, Delivery], hits: Mapping[str, CacheEntry]
) -> None:
    """Record the submission, and hand it to the platform; one that it does not take has failed, and leaves nothing."""
    store, run_id, number = run.store, run.header.id, run.document.submission
    data = run.document.to_bytes()
    digest = spec_digest(data)
    with lease.hold(store, run_id):
        if read_run(store, run_id).submission >= number:
            raise ConflictError(
                f"run {run_id} was taken up a moment ago by {lease.describe_holder(store, run_id)}",
                hint=f"see how it stands: podium runs show {run_id}",
            )
        store.write(RunKeys(run_id).graph(number, digest), data)
        submission = Submission(store, run_id, number, run.handle)
        if hits:
            submission.batch(
                {step: {"state": "cached", "attempt": 0, **entry.reused()} for step, entry in hits.items()}
            )
        graph = build_graph(run.document, digest, run_id=run_id, store=store, deliveries=deliveries)
        try:
            run.orchestrator.submit(graph, run.handle, containers.stack.container_registry())
        except PodiumError as error:
            submission.end("failed", redacted(str(error)))
            with suppress(PodiumError):  # it is away
                run.orchestrator.cancel(run.handle)
            raise


def _document(
    spec: PipelineSpec,
    header: RunHeader,
    number: int,
    done: Mapping[str, Mapping[str, ArtifactRecord]],
    attempts: Mapping[str, int],
) -> GraphDocument:
    code = code_of(header, spec)
    assert code is not None
    return GraphDocument(
        spec=spec, code=code, enable_cache=header.enable_cache, submission=number, done=done, attempts=attempts
    )


def _containers(ready: Ready) -> Containers:
    assert ready.containers is not None
    return ready.containers


def _end_at_once(header: RunHeader, hits: Mapping[str, CacheEntry], store: ArtifactStore, listener: Listener) -> Ending:
    with lease.hold(store, header.id):
        submission = Submission(store, header.id, 1)
        _record_hits(submission, hits)
        submission.end("completed")
    for step, entry in hits.items():
        listener.step_changed(StepChange(step, "cached", 0, entry.origin))
    listener.run_ended("completed", 0.0)
    return Ending("completed", 0.0, dict.fromkeys(hits, "cached"), {})


def _tell_start(spec: PipelineSpec, header: RunHeader, store: ArtifactStore, listener: Listener) -> None:
    listener.run_started(
        header.id, header.name, spec, stack=str(header.stack["name"]), url=f"{store.url}/{RunKeys(header.id).folder}"
    )


def _record_hits(submission: Submission, hits: Mapping[str, CacheEntry]) -> None:
    submission.batch({step: {"state": "cached", "attempt": 0, **entry.reused()} for step, entry in hits.items()})
