"""What a dry run prints: the order, what runs side by side, what the cache has, what each step takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ..artifacts.record import ArtifactRecord
from ..cache.entries import lookup
from ..cache.key import cache_key
from ..spec import PipelineSpec, StepSpec
from .dataflow import Dataflow

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore
    from ..stack import Stack


def print_plan(spec: PipelineSpec, stack: Stack, *, enable_cache: bool) -> None:
    """Print the plan to stdout; nothing is started and nothing is written."""
    cached = _cached(spec, stack.artifact_store) if enable_cache else {}
    print(f"pipeline {spec.name}: {len(spec.steps)} steps on stack {stack.name} (mode {spec.execution_mode})")
    for number, group in enumerate(_groups(spec), 1):
        print(f"group {number}" + (f", {len(group)} side by side" if len(group) > 1 else ""))
        for step in group:
            print(f"  {step.id}: {', '.join(_facts(step, cached))}")


def _groups(spec: PipelineSpec) -> Iterator[list[StepSpec]]:
    """Steps that wait for equally long chains stand together."""
    depth: dict[str, int] = {}
    groups: dict[int, list[StepSpec]] = {}
    for step in spec.steps:
        depth[step.id] = 1 + max((depth[source] for source in step.upstream), default=-1)
        groups.setdefault(depth[step.id], []).append(step)
    yield from groups.values()


def _cached(spec: PipelineSpec, store: ArtifactStore) -> Mapping[str, str]:
    """Which steps would come from the cache, and from where; what follows a step that runs cannot be known."""
    flow = Dataflow(spec.steps, {})
    known: dict[str, Mapping[str, ArtifactRecord]] = {}
    hits: dict[str, str] = {}
    for step in spec.steps:
        if not step.enable_cache or any(source not in known for source in step.upstream):
            continue
        entry = lookup(store, cache_key(step, flow.inputs(step)))
        if entry is not None:
            known[step.id] = entry.outputs
            flow.settle(step, entry.outputs)
            hits[step.id] = f"cached, from run {entry.run_id}"
    return hits


def _facts(step: StepSpec, cached: Mapping[str, str]) -> Iterator[str]:
    yield cached.get(step.id) or "to run"
    wanted = step.resources
    yield f"{wanted.cpu_count or 1:g} cpu"
    if wanted.memory:
        yield f"{wanted.memory / 2**30:.3g} GiB"
    if wanted.gpu_count:
        yield f"{wanted.gpu_count} {wanted.gpu_class or ''} gpu".replace("  ", " ")
    if step.upstream:
        yield f"after {' '.join(step.upstream)}"
