"""The gate before a run: all that this stack cannot do for this pipeline, said at once, before anything starts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ..errors import DefinitionError, UsageError
from ..registry import settings_keys
from ..spec import PipelineSpec, StepSpec
from .delivery import Delivery, SecretsOfRun

if TYPE_CHECKING:
    from ..contracts.component import Settings
    from ..contracts.orchestrator import Orchestrator
    from ..spec import JSON
    from ..stacks.stack import Stack


def check(
    spec: PipelineSpec,
    orchestrator: Orchestrator[Settings],
    refuse: Callable[[StepSpec], str | None],
    *,
    detach: bool,
) -> dict[str, Delivery]:
    """Return the secrets of each step; raise DefinitionError with every reason why the pipeline cannot run here.

    `refuse` says of a step why it can never run here.
    """
    faults: list[UsageError] = [*_pipeline_faults(spec, orchestrator, detach=detach)]
    for step in spec.steps:
        faults += _step_faults(step, refuse)
    secrets = SecretsOfRun()
    deliveries = secrets.deliveries(spec)
    for subject, settings in _applied_settings(spec, orchestrator):
        secrets.check(settings, subject)
    faults += secrets.faults
    if faults:
        raise DefinitionError(faults, subject=f"pipeline {spec.name!r} cannot run here")
    return deliveries


def check_stack(stack: Stack) -> None:
    """Raise DefinitionError with every reason why the stack can never run; most have none by their orchestrator."""
    if stack.orchestrator.capabilities.remote or stack.orchestrator.needed_kinds():
        from ..checks.static import require_runnable

        require_runnable(stack.record, lambda kind, _: stack.records[kind])


def not_applied(spec: PipelineSpec, orchestrator: Orchestrator[Settings]) -> list[str]:
    """Return the settings keys of a compiled pipeline that its orchestrator leaves alone: another flavor's, images."""
    keys = set(spec.settings).union(*(step.settings for step in spec.steps))
    images = orchestrator.capabilities.images
    return sorted(key for key in keys if key.startswith("orchestrator.") or (key == "docker" and not images))


def _pipeline_faults(spec: PipelineSpec, orchestrator: Orchestrator[Settings], *, detach: bool) -> Iterator[UsageError]:
    can, flavor = orchestrator.capabilities, f"orchestrator flavor {orchestrator.flavor!r}"
    if spec.execution_mode not in can.execution_modes:
        modes = ", ".join(can.execution_modes)
        yield UsageError(f"{flavor} has no execution mode {spec.execution_mode!r}", hint=f"it has: {modes}")
    if spec.schedule is not None and not can.schedules:
        yield UsageError(
            f"{flavor} cannot run pipelines on a schedule",
            hint="take the schedule away, or use a stack whose orchestrator has schedules",
        )
    elif spec.schedule is not None:
        from ..graph.scheduling import faults

        yield from faults(spec, orchestrator)
    if detach and not can.detached:
        yield UsageError(f"{flavor} cannot run detached", hint="leave --detach out")


def _step_faults(step: StepSpec, refuse: Callable[[StepSpec], str | None]) -> Iterator[UsageError]:
    reason = refuse(step)
    if reason is not None:
        less = "ask for less, or set strict_resources=False"
        hint = less if step.pickled is None else "define it at the top level of a file, or use a local stack"
        yield UsageError(f"step {step.id!r} {reason}", hint=hint)


def _applied_settings(spec: PipelineSpec, orchestrator: Orchestrator[Settings]) -> Iterator[tuple[str, JSON]]:
    for key in settings_keys(orchestrator.flavor):
        if key in spec.settings:
            yield f"pipeline {spec.name!r}: settings {key!r}", spec.settings[key]
        for step in spec.steps:
            if key in step.settings:
                yield f"step {step.id!r}: settings {key!r}", step.settings[key]
