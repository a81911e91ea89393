"""What a platform would be given for a run, with placeholders for what only a real one has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..contracts.graph_orchestrator import GraphOrchestrator
from ..dataclass import replace
from ..execution.delivery import Delivery
from ..execution.job import JobCode
from ..spec import PipelineSpec
from .build import build_graph
from .document import GraphDocument

if TYPE_CHECKING:
    from ..artifacts.record import ArtifactRecord
    from ..images.prepare import StepImage
    from ..stacks.stack import Stack

RUN_ID, SCHEDULE_ID, DIGEST = "<run-id>", "<schedule-id>", "<digest>"


def documents(
    spec: PipelineSpec,
    stack: Stack,
    images: Sequence[StepImage],
    deliveries: Mapping[str, Delivery],
    done: Mapping[str, Mapping[str, ArtifactRecord]],
) -> Mapping[str, str]:
    """Return the documents by file name, with the tags that images would have; none where the cache has every step."""
    if spec.schedule is None and len(done) == len(spec.steps):
        return {}
    orchestrator = stack.orchestrator
    assert isinstance(orchestrator, GraphOrchestrator)
    tags = {step: image.name for image in images for step in image.steps}
    spec = replace(spec, steps=tuple(replace(step, image=tags[step.id]) for step in spec.steps))
    if spec.schedule is not None:
        from .scheduling import render

        document = GraphDocument(spec=spec, code=JobCode(None, spec.module))
        store = stack.artifact_store
        return render(orchestrator, document, DIGEST, SCHEDULE_ID, store=store, deliveries=deliveries)
    document = GraphDocument(spec=spec, code=JobCode(None, spec.module), done=done)
    return orchestrator.render(
        build_graph(document, DIGEST, run_id=RUN_ID, store=stack.artifact_store, deliveries=deliveries)
    )
