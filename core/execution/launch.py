"""What a pipeline call does once its spec is compiled: plan, record, run, and give back the run."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING

from ..dataclass import replace
from ..display.summary import StepReport, summary
from ..errors import RunCancelled, RunFailed, UsageError
from ..records import index
from ..records.documents import RunHeader, RunKeys
from ..records.reader import last_attempts
from ..records.writer import create_run
from ..sdk.run import PipelineRun
from ..spec import PipelineSpec, spec_digest
from ..stacks.stack import Stack, load_stack
from . import gate
from .header import make_header
from .launcher import Launcher
from .ready import make_ready
from .run_context import RunContext
from .submit import Ending, boot_of, entry_of, submit

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore
    from ..graph.scheduling import PipelineSchedule
    from ..sdk.options import RunOptions
    from ..sdk.pipeline import Pipeline

latest: tuple[ArtifactStore, str] | None = None
"""Store and id of the run that this process recorded last."""
installed: PipelineSchedule | None = None
"""The schedule that this process installed last."""


def launch(pipeline: Pipeline[..., object], spec: PipelineSpec, options: RunOptions) -> PipelineRun | PipelineSchedule:
    """Run a compiled pipeline on its stack and return the run; raise RunFailed when it does not complete.

    One with a schedule is installed, to run later and by itself. A dry run raises Planned, which is a SystemExit. A
    detached run goes on in another process, or on its platform.
    """
    stack = load_stack(options.stack)
    gate.check_stack(stack)
    encoded = spec.to_bytes()
    header = make_header(pipeline, spec_digest(encoded), stack, options)
    if spec.schedule is not None and stack.orchestrator.capabilities.schedules:
        return _install(pipeline, spec, header, stack, options)
    detach = options.detach or (not options.runs_in_process and stack.orchestrator.goes_on_alone(spec))
    walked = stack.orchestrator.capabilities.granularity == "graph" and not options.runs_in_process
    if walked:
        ending = _hand_over(spec, header, stack, options, detach=detach)
    else:
        ending = _drive(spec, encoded, header, stack, options, detach=detach)
    store = stack.artifact_store
    if ending is not None:
        conclude(header, store, ending)
    return PipelineRun(store, header.id)


def _install(
    pipeline: Pipeline[..., object], spec: PipelineSpec, header: RunHeader, stack: Stack, options: RunOptions
) -> PipelineSchedule:
    """Have a platform run it by the clock."""
    global installed
    from ..contracts.schedules import SchedulingOrchestrator
    from ..graph.scheduling import create

    if options.runs_in_process:
        raise UsageError(
            "the runs of a schedule cannot have their steps in this process",
            hint="leave out --in-process (PODIUM_IN_PROCESS)",
        )
    orchestrator = stack.orchestrator
    assert isinstance(orchestrator, SchedulingOrchestrator)
    with closing(orchestrator):
        ready = make_ready(spec, header, stack, options, orchestrator.refuse, detach=False)
        run_name = options.run_name or pipeline.run_name_template
        installed = create(orchestrator, pipeline, spec, header, ready, run_name=run_name)
    return installed


def _hand_over(
    spec: PipelineSpec, header: RunHeader, stack: Stack, options: RunOptions, *, detach: bool
) -> Ending | None:
    """Have a platform walk the graph."""
    from ..contracts.graph_orchestrator import GraphOrchestrator
    from ..graph.launch import launch as launch_on_platform

    orchestrator = stack.orchestrator
    assert isinstance(orchestrator, GraphOrchestrator)
    with closing(orchestrator):
        ready = make_ready(spec, header, stack, options, orchestrator.refuse, detach=detach)
        return launch_on_platform(orchestrator, spec, header, ready, _record, detach=detach)


def _drive(
    spec: PipelineSpec, encoded: bytes, header: RunHeader, stack: Stack, options: RunOptions, *, detach: bool
) -> Ending | None:
    """Walk the graph in this process, or in a detached one."""
    store = stack.artifact_store
    with closing(_launcher(stack, header, spec, options)) as launcher:
        ready = make_ready(spec, header, stack, options, launcher.refuse, detach=detach)
        containers, listener = ready.containers, ready.listener
        if options.runs_in_process and any(step.timeout for step in spec.steps):
            listener.notice("time-outs do not end steps that run in this process")
        if containers and not (header.enable_cache and _all_cached(spec, store)):
            code, spec = containers.prepare(spec)
            encoded = spec.to_bytes()
            header = replace(header, code=code, spec_digest=spec_digest(encoded))
            _record(header, encoded, store)
            containers.deliver(spec)
        else:
            _record(header, encoded, store)
        if not detach:
            return submit(
                header=header,
                spec=spec,
                store=store,
                launcher=launcher,
                listener=listener,
                deliveries=ready.deliveries,
            )
        from .detached import start

        where = start(header, store)
        listener.notice(f"run {header.name} goes on by itself: podium runs logs -f {header.id}")
        if store.remote:
            listener.notice(f"what its driver says is on this machine: {where}")
        return None


def _record(header: RunHeader, spec: bytes, store: ArtifactStore) -> None:
    global latest
    create_run(store, header, spec)
    latest = store, header.id
    index.remember(entry_of(header, store.url))


def conclude(header: RunHeader, store: ArtifactStore, ending: Ending) -> None:
    """Print the summary to stderr; raise RunFailed or RunCancelled for a run that ended otherwise than completed."""
    reports = [
        StepReport(step, str(failure), failure.traceback, _log(store, header.id, step, failure.traceback))
        for step, failure in ending.failures.items()
    ]
    lines = summary(
        run_id=header.id,
        run_name=header.name,
        state=ending.state,
        seconds=ending.seconds,
        steps=ending.steps,
        failures=reports,
    )
    print("\n".join(lines), file=sys.stderr, flush=True)
    if ending.state == "cancelled":
        raise RunCancelled(f"run {header.name} was cancelled", hint=f"go on with it: podium runs resume {header.id}")
    if ending.state != "completed":
        raise RunFailed(
            f"run {header.name} failed",
            run_id=header.id,
            hint=f"mend it and go on: podium runs resume {header.id}",
        )


def _log(store: ArtifactStore, run_id: str, step: str, traceback: str) -> str:
    """Return the last attempt's log without the traceback it ends in."""
    attempt, _ = last_attempts(store, run_id).get(step, (0, False))
    try:
        log = store.read_log(RunKeys(run_id).log(step, attempt)).decode(errors="replace")
    except FileNotFoundError:
        return ""
    return log.rstrip().removesuffix(traceback)


def _launcher(stack: Stack, header: RunHeader, spec: PipelineSpec, options: RunOptions) -> Launcher:
    if options.detach and options.runs_in_process:
        raise UsageError(
            "a detached run cannot have its steps in this process", hint="leave out --in-process (PODIUM_IN_PROCESS)"
        )
    if options.runs_in_process:
        from .in_process import InProcessLauncher

        return InProcessLauncher()
    return stack.orchestrator.launcher(RunContext(header, spec, boot_of(header, spec), stack.artifact_store))


def _all_cached(spec: PipelineSpec, store: ArtifactStore) -> bool:
    """Say whether no step will run, so that neither images nor code are needed."""
    from .plan import cached

    return len(cached(spec, store)) == len(spec.steps)
