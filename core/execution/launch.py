"""What a pipeline call does once its spec is compiled: plan, record, run, and give back the run."""

from __future__ import annotations

import socket
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..display.select import select
from ..display.summary import StepReport, summary
from ..errors import RunCancelled, RunFailed, UsageError
from ..ids import new_run_id
from ..records import index
from ..records.documents import CodeReference, RunHeader, RunKeys, user_name
from ..records.reader import last_attempts
from ..records.writer import create_run
from ..sdk.source import source_file, source_root
from ..sdk.substitutions import expand
from ..spec import PipelineSpec, spec_digest
from ..stacks.stack import Stack, load_stack
from . import gate
from .launcher import Launcher
from .run_context import RunContext
from .submit import Ending, boot_of, entry_of, submit

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore
    from ..sdk.client import PipelineRun
    from ..sdk.options import RunOptions
    from ..sdk.pipeline import Pipeline
    from .events import Listener
    from .in_containers import Containers

latest: tuple[ArtifactStore, str] | None = None
"""Store and id of the run that this process recorded last."""


def launch(pipeline: Pipeline[..., object], spec: PipelineSpec, options: RunOptions) -> PipelineRun:
    """Run a compiled pipeline on its stack and return the run; raise RunFailed when it does not complete.

    A dry run raises Planned, which is a SystemExit. A detached run goes on in another process.
    """
    stack = load_stack(options.stack)
    gate.check_stack(stack)
    encoded = spec.to_bytes()
    header = _header(pipeline, spec_digest(encoded), stack, options)
    detach = options.detach or (not options.runs_in_process and stack.orchestrator.goes_on_alone(spec))
    with closing(_launcher(stack, header, spec, options)) as launcher:
        deliveries = gate.check(spec, stack.orchestrator, launcher, detach=detach)
        listener = select(sys.stderr, quiet=options.quiet)
        containers = _containers(stack, header, listener, options)
        if options.dry_run:
            from .plan import Planned, make_plan

            raise Planned(make_plan(spec, stack, containers, enable_cache=header.enable_cache))
        ignored = gate.not_applied(spec, stack.orchestrator)
        if ignored:
            listener.notice(
                f"orchestrator {stack.orchestrator.flavor!r} does not use the settings {', '.join(ignored)}"
            )
        if options.runs_in_process and any(step.timeout for step in spec.steps):
            listener.notice("time-outs do not end steps that run in this process")
        store = stack.artifact_store
        if containers and not (header.enable_cache and _all_cached(spec, store)):
            code, spec = containers.prepare(spec)
            encoded = spec.to_bytes()
            header = replace(header, code=code, spec_digest=spec_digest(encoded))
            _record(header, encoded, store)
            containers.deliver(spec)
        else:
            _record(header, encoded, store)
        if detach:
            from .detached import start

            where = start(header, store)
            listener.notice(f"run {header.name} goes on by itself: podium runs logs -f {header.id}")
            if store.remote:
                listener.notice(f"what its driver says is on this machine: {where}")
        else:
            ending = submit(
                header=header, spec=spec, store=store, launcher=launcher, listener=listener, deliveries=deliveries
            )
            conclude(header, store, ending)
    from ..sdk.client import PipelineRun

    return PipelineRun(store, header.id)


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


def _containers(stack: Stack, header: RunHeader, listener: Listener, options: RunOptions) -> Containers | None:
    if options.runs_in_process or not stack.orchestrator.capabilities.images:
        return None
    from .in_containers import Containers

    return Containers(stack, header.code, listener.notice)


def _all_cached(spec: PipelineSpec, store: ArtifactStore) -> bool:
    """Say whether no step will run, so that neither images nor code are needed."""
    from .plan import cached

    return len(cached(spec, store)) == len(spec.steps)


def _header(pipeline: Pipeline[..., object], digest: str, stack: Stack, options: RunOptions) -> RunHeader:
    now = time.time()
    name = expand(options.run_name or pipeline.run_name_template, pipeline.substitutions, now)
    if not name.isprintable() or not name.strip():
        raise UsageError(f"{name!r} cannot be the name of a run", hint="use one line of printable text")
    return RunHeader(
        id=new_run_id(),
        name=name,
        pipeline=pipeline.name,
        created=now,
        spec_digest=digest,
        user=user_name(),
        host=socket.gethostname(),
        stack=stack.snapshot(),
        code=code_reference(pipeline),
        enable_cache=not options.no_cache,
    )


def code_reference(pipeline: Pipeline[..., object]) -> CodeReference:
    """Say where a pipeline's code is, and what of it this process has loaded."""
    file = source_file(pipeline.entrypoint)
    root = source_root(file) if file else Path.cwd()
    return CodeReference(root=str(root), file=str(file.absolute()) if file else None, files=loaded_files(root))


def loaded_files(root: Path) -> dict[str, str]:
    """Digest every source file of the user's, not of installed packages, that this process has imported."""
    from blake3 import blake3

    prefix = f"{root}/"
    files: dict[str, str] = {}
    for module in list(sys.modules.values()):
        name = getattr(module, "__file__", None)
        if isinstance(name, str) and _is_source(name, prefix):
            files[name.removeprefix(prefix)] = blake3(Path(name).read_bytes()).hexdigest()
    return dict(sorted(files.items()))


def _is_source(name: str, prefix: str) -> bool:
    return name.startswith(prefix) and name.endswith(".py") and "/site-packages/" not in name
