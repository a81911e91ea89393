"""The gate before a run: all that this stack cannot do for this pipeline, said at once, before anything starts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..errors import DefinitionError, UsageError
from ..spec import PipelineSpec, StepSpec

if TYPE_CHECKING:
    from ..contracts.component import Settings
    from ..contracts.orchestrator import Orchestrator
    from ..stack import Stack
    from .launcher import Launcher

_SECRET_REFERENCE = re.compile(r"\{\{[^{}]+\.[^{}]+\}\}")


def check(spec: PipelineSpec, orchestrator: Orchestrator[Settings], launcher: Launcher, *, detach: bool) -> None:
    """Raise DefinitionError with every reason why the pipeline cannot run here as it is."""
    faults: list[UsageError] = [*_pipeline_faults(spec, orchestrator, detach=detach)]
    for step in spec.steps:
        faults += _step_faults(step, launcher)
    if faults:
        raise DefinitionError(faults, subject=f"pipeline {spec.name!r} cannot run here")


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
    if detach and not can.detached:
        yield UsageError(f"{flavor} cannot run detached", hint="leave --detach out")


def _step_faults(step: StepSpec, launcher: Launcher) -> Iterator[UsageError]:
    reason = launcher.refuse(step)
    if reason is not None:
        yield UsageError(f"step {step.id!r} {reason}", hint="ask for less, or set strict_resources=False")
    references = [name for name, value in step.environment.items() if _SECRET_REFERENCE.search(value)]
    if step.secrets or references:
        wanted = ", ".join([*step.secrets, *(f"environment {name}" for name in references)])
        yield UsageError(
            f"step {step.id!r} wants secrets ({wanted}), and this podium cannot deliver any yet",
            hint="read them in the step, from a file or a service",
        )
