"""Take up a run where it stopped: its recorded graph, parameters and finished steps, with the code as it is now."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from ..artifacts.record import ArtifactRecord
from ..dataclass import replace
from ..errors import ConflictError, PodiumError, UsageError
from ..records import lease
from ..records.documents import RunHeader
from ..records.reader import RunView, read_run, read_spec, read_steps
from ..spec import PipelineSpec, StepSpec, input_to_json, upstreams
from ..stacks.stack import Stack
from . import gate
from .boot import load
from .events import Listener
from .header import loaded_files
from .ready import Ready
from .run_context import RunContext
from .submit import Ending, boot_of, submit

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore
    from .in_containers import Containers


def resume(run_id: str, stack: Stack, listener: Listener) -> Ending:
    """Drive one more submission of a run that ended without completing, or was lost.

    Raises ConflictError when the run is held or has completed, UsageError when the code's graph is no longer the run's.
    """
    store = stack.artifact_store
    run = read_run(store, run_id)
    if run.handle and run.ended is None:
        from ..graph.platform_run import settle_what_is_over

        settle_what_is_over(store, run)
        run = read_run(store, run_id)
    if lease.is_held(store, run_id):
        raise ConflictError(
            f"run {run_id} is held by {lease.describe_holder(store, run_id)}",
            hint=f"wait for it, or end it: podium runs cancel {run_id}",
        )
    if run.state == "completed":
        raise ConflictError(f"run {run.header.name} has completed: there is nothing to resume")
    spec = _with_current_code(run.header, read_spec(store, run_id), listener)
    containers: Containers | None = None
    if stack.orchestrator.capabilities.images:
        from .in_containers import Containers

        containers = Containers(stack, run.header.code, listener.notice)
    if stack.orchestrator.capabilities.granularity == "graph":
        return _hand_over(run, spec, stack, containers, listener)
    if containers:
        code, spec = containers.prepare(spec)
        containers.deliver(spec)
        run = replace(run, header=replace(run.header, code=code))
    return proceed(run, spec, stack, listener)


def proceed(run: RunView, spec: PipelineSpec, stack: Stack, listener: Listener) -> Ending:
    """Drive the next submission of a run in this process, skipping what is finished.

    Raises ConflictError when another process has taken the run up since `run` was read.
    """
    store, header = stack.artifact_store, run.header
    with closing(stack.orchestrator.launcher(RunContext(header, spec, boot_of(header, spec), store))) as launcher:
        deliveries = gate.check(spec, stack.orchestrator, launcher.refuse, detach=False)
        return submit(
            header=header,
            spec=spec,
            store=store,
            launcher=launcher,
            listener=listener,
            deliveries=deliveries,
            number=run.submission + 1,
            done=_finished(store, header.id, spec),
        )


def _hand_over(
    run: RunView, spec: PipelineSpec, stack: Stack, containers: Containers | None, listener: Listener
) -> Ending:
    """Have a platform walk what is left of the graph."""
    from ..contracts.graph_orchestrator import GraphOrchestrator
    from ..graph.launch import resume as resume_on_platform

    orchestrator = stack.orchestrator
    assert isinstance(orchestrator, GraphOrchestrator)
    with closing(orchestrator):
        deliveries = gate.check(spec, orchestrator, orchestrator.refuse, detach=False)
        done = _finished(stack.artifact_store, run.header.id, spec)
        return resume_on_platform(orchestrator, spec, run, Ready(deliveries, listener, containers), done)


def _finished(store: ArtifactStore, run_id: str, spec: PipelineSpec) -> Mapping[str, Mapping[str, ArtifactRecord]]:
    """Return the outputs of the steps that are done; one whose artifact is gone is not."""
    steps = read_steps(store, run_id, spec, read_run(store, run_id))
    return {
        step: view.outputs
        for step, view in steps.items()
        if view.state in {"completed", "cached"} and all(store.exists(record.key) for record in view.outputs.values())
    }


def _with_current_code(header: RunHeader, spec: PipelineSpec, listener: Listener) -> PipelineSpec:
    """Import the user's file as a worker would, compile its pipeline again, and take over the code's fingerprints."""
    from ..sdk.pipeline import Pipeline

    if spec.module is None:
        return spec
    try:
        load(boot_of(header, spec))
    except PodiumError:
        raise
    except Exception as error:
        raise PodiumError(
            f"the pipeline's file cannot be imported any more: {type(error).__name__}: {error}",
            where=header.code.file,
        ) from error
    found: object = sys.modules[spec.module]
    for name in spec.source.partition(":")[2].split("."):
        found = getattr(found, name, None)
    if not isinstance(found, Pipeline):
        raise UsageError(f"{spec.source} is no longer a pipeline", where=header.code.file)
    _tell_changes(header, listener)
    current = {step.id: step for step in found.compile(**spec.parameters).steps}
    differences = list(_differences(spec, current))
    if differences:
        raise UsageError(
            f"pipeline {spec.name!r} is not what it was when run {header.name} started:\n  " + "\n  ".join(differences),
            where=header.code.file,
            hint="run it anew: steps that did not change come from the cache",
        )
    return replace(spec, steps=tuple(replace(step, code=current[step.id].code) for step in spec.steps))


def _differences(spec: PipelineSpec, current: Mapping[str, StepSpec]) -> list[str]:
    """Say in words how the graph changed; values of parameters are the recorded ones and may differ."""
    recorded = {step.id: step for step in spec.steps}
    found = [f"step {step!r} is gone" for step in recorded if step not in current]
    found += [f"step {step!r} is new" for step in current if step not in recorded]
    for name in recorded.keys() & current.keys():
        before, after = _edges(recorded[name]), _edges(current[name])
        if before != after:
            found.append(f"step {name!r} gets other inputs, or has other outputs, than before")
    return sorted(found)


def _edges(step: StepSpec) -> object:
    inputs = {name: [input_to_json(ref) for ref in upstreams(value)] for name, value in step.inputs.items()}
    return inputs, sorted(step.after), [(output.name, output.materializer) for output in step.outputs]


def _tell_changes(header: RunHeader, listener: Listener) -> None:
    now = loaded_files(Path(header.code.root))
    changed = sorted(name for name, digest in header.code.files.items() if now.get(name, digest) != digest)
    if changed:
        listener.notice(f"runs the current code; changed since the run started: {', '.join(changed)}")
