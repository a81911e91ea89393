"""The plan of a dry run on stdout."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from .output import show_one

if TYPE_CHECKING:
    from ..core.execution.plan import Plan, PlannedStep


def show_plan(plan: Plan, output: str) -> None:
    """Print a plan as one JSON object, or group by group."""
    if output == "json":
        show_one(plan.to_json(), output)
        return
    count = len(plan.steps)
    steps = "1 step" if count == 1 else f"{count} steps"
    print(f"pipeline {plan.pipeline}: {steps} on stack {plan.stack} (mode {plan.execution_mode})")
    for image in plan.images:
        print(f"image {image.name}: {image.state}, for {' '.join(image.steps)}")
    for number, members in groupby(sorted(plan.steps, key=lambda step: step.group), lambda step: step.group):
        group = list(members)
        print(f"group {number}" + (f", {len(group)} side by side" if len(group) > 1 else ""))
        for step in group:
            print(f"  {step.spec.id}: {', '.join(_facts(step))}")
    for step_id, names in plan.secrets.items():
        print(f"secrets for {step_id}: {', '.join(names)}")
    for name, text in plan.documents.items():
        print(f"\n--- {name}\n{text.rstrip()}")


def _facts(step: PlannedStep) -> Iterator[str]:
    yield f"cached, from run {step.entry.run_id}" if step.entry else "to run"
    wanted = step.spec.resources
    yield f"{wanted.cpu_count or 1:g} cpu"
    if wanted.memory:
        yield f"{wanted.memory / 2**30:.3g} GiB"
    if wanted.gpu_count:
        yield f"{wanted.gpu_count} {wanted.gpu_class or ''} gpu".replace("  ", " ")
    if step.spec.upstream:
        yield f"after {' '.join(step.spec.upstream)}"
