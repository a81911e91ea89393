"""Give a pipeline to a platform that runs it by the clock; the runs of a schedule are runs like any other."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ..connectors.types import load_type, method_of
from ..contracts.component import Settings
from ..contracts.graph_orchestrator import EACH_RUN
from ..contracts.schedules import SchedulingOrchestrator
from ..dataclass import dataclass, replace
from ..errors import DefinitionError, UsageError
from ..execution.submit import code_of
from ..ids import new_run_id
from ..records.removal import delete_schedule
from ..records.schedules import ScheduleRecord, graph_key, read_schedules, schedule_key
from ..sdk.component_settings import checked
from ..sdk.schedule import Schedule
from ..spec import PipelineSpec, spec_digest
from ..validation import as_json
from .build import build_graph
from .document import GraphDocument

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore
    from ..contracts.orchestrator import Orchestrator
    from ..contracts.schedules import PlatformSchedules, ScheduleState
    from ..execution.delivery import Delivery
    from ..execution.ready import Ready
    from ..records.documents import RunHeader
    from ..sdk.pipeline import Pipeline
    from ..stacks.stack import Stack


@dataclass(frozen=True, slots=True)
class PipelineSchedule:
    """What the call of a pipeline with a schedule returns: no run yet; `handle` is what its platform knows it by."""

    id: str
    name: str
    handle: str


def create(
    orchestrator: SchedulingOrchestrator[Settings],
    pipeline: Pipeline[..., object],
    spec: PipelineSpec,
    header: RunHeader,
    ready: Ready,
    *,
    run_name: str,
) -> PipelineSchedule:
    """Install the schedule of a spec, in the place of one of the same name; `run_name` is the template of its runs'.

    `header` has what its runs' headers will have. Raises DefinitionError when its jobs would not have lasting
    credentials; of a failure nothing is left, and the schedule whose place it was to take goes on.
    """
    containers, listener = ready.containers, ready.listener
    assert containers is not None
    stack = containers.stack
    store = stack.artifact_store
    schedule = _schedule(spec)
    name = schedule.name or pipeline.name
    if faults := [*_expiring(stack)]:
        raise DefinitionError(faults, subject=f"pipeline {spec.name!r} cannot run on a schedule here")
    schedule_id = new_run_id()
    handle = orchestrator.place_schedule(spec, schedule_id)
    code, spec = containers.prepare(replace(spec, schedule=None))  # each of its runs is one without
    header = replace(header, code=code, spec_digest=spec_digest(spec.to_bytes()))
    job_code = code_of(header, spec)
    assert job_code is not None
    document = GraphDocument(spec=spec, code=job_code, enable_cache=header.enable_cache)
    data = document.to_bytes()
    digest = spec_digest(data)
    graph = build_graph(
        document, digest, run_id=EACH_RUN, store=store, deliveries=ready.deliveries, schedule_id=schedule_id
    )
    record = ScheduleRecord(
        id=schedule_id,
        name=name,
        handle=handle,
        pipeline=header.pipeline,
        created=time.time(),
        user=header.user,
        host=header.host,
        stack=header.stack,
        code=code,
        schedule=as_json(schedule),
        spec_digest=header.spec_digest,
        graph=digest,
        run_name=run_name,
        substitutions=pipeline.substitutions,
        enable_cache=header.enable_cache,
    )
    store.write(graph_key(schedule_id, digest), data)
    store.write(schedule_key(schedule_id), record.to_bytes())
    try:
        containers.deliver(spec)
        orchestrator.schedule(graph, schedule, handle, name, stack.container_registry())
    except BaseException:
        delete_schedule(store, schedule_id)
        raise
    found = orchestrator.schedules()
    _remove_replaced(orchestrator, record, found, store)
    for line in _account(next(state for state in found.states if state.id == schedule_id)):
        listener.notice(line)
    for error in found.away:
        listener.notice(f"an older schedule {name!r} was not looked for everywhere: {error.message}")
    return PipelineSchedule(schedule_id, name, handle)


def render(
    orchestrator: Orchestrator[Settings],
    document: GraphDocument,
    digest: str,
    schedule_id: str,
    *,
    store: ArtifactStore,
    deliveries: Mapping[str, Delivery],
) -> Mapping[str, str]:
    """Return the documents that `create` would install, by file name."""
    assert isinstance(orchestrator, SchedulingOrchestrator)
    schedule = _schedule(document.spec)
    graph = build_graph(document, digest, run_id=EACH_RUN, store=store, deliveries=deliveries, schedule_id=schedule_id)
    return orchestrator.render_schedule(graph, schedule, schedule_id, schedule.name or document.spec.name)


def faults(spec: PipelineSpec, orchestrator: Orchestrator[Settings]) -> Iterator[UsageError]:
    """Yield what a platform that has schedules cannot do of a pipeline's; asks nobody."""
    assert isinstance(orchestrator, SchedulingOrchestrator)
    for field, why in orchestrator.refuse_schedule(_schedule(spec)).items():
        problem = f"schedule: orchestrator flavor {orchestrator.flavor!r} cannot keep to {field}"
        yield UsageError(problem, hint=why)


def _schedule(spec: PipelineSpec) -> Schedule:
    return checked(Schedule, spec.schedule, "schedule", f"pipeline {spec.name!r}")


def _expiring(stack: Stack) -> Iterator[UsageError]:
    """Yield what will end by itself of all that jobs get; they need no more than the artifact store."""
    record = stack.records["artifact-store"]
    if record.connector:
        link = stack.store.connectors.get(record.connector)
        if method_of(load_type(link.type), link.auth_method).expires:
            yield UsageError(
                f"the credentials of service-connector {link.name!r} end by themselves",
                hint="runs of a schedule keep theirs: use another auth method",
            )
            return
    options = stack.artifact_store.carried()
    if options.get("expires") or options.get("temporary"):
        yield UsageError(
            f"the credentials that jobs would get for artifact-store {record.name!r} end by themselves",
            hint="runs of a schedule keep theirs: register the artifact store with lasting keys of its own",
        )


def _remove_replaced(
    orchestrator: SchedulingOrchestrator[Settings],
    record: ScheduleRecord,
    found: PlatformSchedules,
    store: ArtifactStore,
) -> None:
    """Remove schedules of the same name that are elsewhere on the platform, and what the store has of such.

    While a part of the platform is away, its schedules stay in the store.
    """
    for state in found.states:
        if state.name == record.name and state.id != record.id:
            orchestrator.unschedule(state.handle)
    for other in () if found.away else read_schedules(store):
        if other.name == record.name and other.id != record.id and other.platform == record.platform:
            delete_schedule(store, other.id)


def _account(state: ScheduleState) -> Iterator[str]:
    first = "never"
    if state.next is not None:
        first = datetime.fromtimestamp(state.next, timezone.utc).isoformat(timespec="minutes")
    when = f"once, at {first}" if state.once else f"{state.cron} in {state.zone}, next at {first}"
    yield f"schedule {state.name} is installed: {when}; it is at {state.handle}"
    if state.trouble:
        yield f"schedule {state.name} may not fire: {state.trouble}"
