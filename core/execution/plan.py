"""What a dry run finds out: the order, what runs side by side, what the cache has, what each step takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..artifacts.record import ArtifactRecord
from ..cache.entries import CacheEntry, lookup
from ..cache.key import cache_key
from ..dataclass import dataclass, field
from ..secrets.references import references
from ..spec import JSON, PipelineSpec, StepSpec
from .dataflow import Dataflow
from .delivery import Delivery

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore
    from ..images.prepare import StepImage
    from ..stacks.stack import Stack
    from .in_containers import Containers


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step; steps of one `group`, counted from 1, wait for equally long chains and may run side by side.

    `entry` is what the cache has for it, None when it will run, or when that depends on a step that will.
    """

    spec: StepSpec
    group: int
    entry: CacheEntry | None

    def to_json(self) -> dict[str, JSON]:
        """Encode as a JSON object; `memory` is in bytes."""
        wanted = self.spec.resources
        return {
            "id": self.spec.id,
            "group": self.group,
            "after": list(self.spec.upstream),
            "cached_from": self.entry.run_id if self.entry else None,
            "cpu_count": wanted.cpu_count or 1,
            "memory": wanted.memory,
            "gpu_count": wanted.gpu_count or 0,
            "gpu_class": wanted.gpu_class,
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do.

    `documents` are what a platform would be given, by file name; `secrets` the names of those that each step would get.
    """

    pipeline: str
    stack: str
    execution_mode: str
    steps: tuple[PlannedStep, ...]
    images: tuple[StepImage, ...] = ()
    documents: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def to_json(self) -> dict[str, JSON]:
        """Encode as a JSON object."""
        return {
            "pipeline": self.pipeline,
            "stack": self.stack,
            "execution_mode": self.execution_mode,
            "steps": [step.to_json() for step in self.steps],
            "images": [image.to_json() for image in self.images],
            "documents": dict(self.documents),
            "secrets": {step: list(names) for step, names in self.secrets.items()},
        }


class Planned(SystemExit):
    """Ends a dry run at the pipeline call, with exit code 0."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(0)
        self.plan = plan


def make_plan(
    spec: PipelineSpec,
    stack: Stack,
    containers: Containers | None,
    deliveries: Mapping[str, Delivery],
    *,
    enable_cache: bool,
) -> Plan:
    """Plan a run; nothing is started, built or written."""
    hits = cached(spec, stack.artifact_store) if enable_cache else {}
    groups: dict[str, int] = {}
    for step in spec.steps:
        groups[step.id] = 1 + max((groups[source] for source in step.upstream), default=0)
    steps = tuple(PlannedStep(step, groups[step.id], hits.get(step.id)) for step in spec.steps)
    images = tuple(containers.plan(spec)) if containers else ()
    documents: Mapping[str, str] = {}
    if stack.orchestrator.capabilities.granularity == "graph" and containers:
        from ..graph.plan import documents as documents_of

        documents = documents_of(spec, stack, images, deliveries, {step: hits[step].outputs for step in hits})
    secrets = {step.id: tuple(names) for step in spec.steps if (names := _secrets(step))}
    return Plan(spec.name, stack.name, spec.execution_mode, steps, images, documents, secrets)


def _secrets(step: StepSpec) -> list[str]:
    """Return the names of the secrets that a step declares, and those that its environment refers to."""
    referred = (name for text in step.environment.values() for name, _ in references(text))
    return sorted({*step.secrets, *referred})


def cached(spec: PipelineSpec, store: ArtifactStore) -> dict[str, CacheEntry]:
    """Return what the cache has for steps; what follows a step that runs cannot be known."""
    flow = Dataflow(spec.steps, {})
    known: dict[str, Mapping[str, ArtifactRecord]] = {}
    hits: dict[str, CacheEntry] = {}
    for step in spec.steps:
        if not step.enable_cache or any(source not in known for source in step.upstream):
            continue
        entry = lookup(store, cache_key(step, flow.inputs(step)))
        if entry is not None:
            known[step.id] = entry.outputs
            flow.settle(step, entry.outputs)
            hits[step.id] = entry
    return hits
