"""Translate a submission into the jobs that a platform is to run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ..contracts.graph_orchestrator import Graph, GraphStep
from ..contracts.job_orchestrator import Job
from ..execution.delivery import Delivery
from ..execution.job_document import secrets_of
from ..records.documents import RunKeys
from ..secrets.references import references
from ..spec import StepSpec

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore
    from .document import GraphDocument

STEP, BEGIN, END = (("python", "-m", f"podium.core.graph.{module}") for module in ("step", "begin", "end"))
_BEGIN_NAME, _END_NAME = "podium-begin", "podium-end"
_PLAIN = re.compile(r"(?!podium-)[a-z0-9]([a-z0-9-]{0,46}[a-z0-9])?")


def build_graph(
    document: GraphDocument,
    digest: str,
    *,
    run_id: str,
    store: ArtifactStore,
    deliveries: Mapping[str, Delivery],
    schedule_id: str | None = None,
) -> Graph:
    """Return the jobs of a submission whose document has this digest; of a schedule's firings, if one is named.

    Every job is told the URL of its run, the submission, and the digest, which it checks. Jobs of finished steps are
    left out.
    """
    spec = document.spec
    steps = [step for step in spec.steps if step.id not in document.done]
    names = job_names(step.id for step in steps)
    url = f"{store.url}/{RunKeys(run_id).folder}"
    number = str(document.submission)
    options = store.carried()
    labels = {"podium.run": run_id, "podium.submission": number}

    def step_job(step: StepSpec) -> GraphStep:
        job = Job(
            name=names[step.id],
            labels={**labels, "podium.step": step.id},
            image=step.image or "",
            command=(*STEP, url, number, step.id, digest),
            environment={name: text for name, text in step.environment.items() if not list(references(text))},
            secrets=secrets_of(deliveries.get(step.id), options),
            resources=step.resources,
            settings=step.settings,
        )
        return GraphStep(job=job, upstream=tuple(names[source] for source in step.upstream if source in names))

    def own_job(name: str, command: tuple[str, ...]) -> Job:
        secrets = secrets_of(None, options)
        return Job(name=name, labels=labels, image=steps[0].image or "", command=command, secrets=secrets)

    begin = None
    if schedule_id is not None:
        begin = own_job(_BEGIN_NAME, (*BEGIN, f"{store.url}/schedules/{schedule_id}", run_id, digest))
    return Graph(
        pipeline=spec.name,
        run_id=run_id,
        submission=document.submission,
        steps=tuple(step_job(step) for step in steps),
        end=own_job(_END_NAME, (*END, url, number, digest)),
        begin=begin,
        execution_mode=spec.execution_mode,
        settings=spec.settings,
    )


def job_names(steps: Iterable[str]) -> dict[str, str]:
    """Return a job's name for each step id: the id itself where it will do, else one that resembles it.

    The same ids always give the same names.
    """
    from blake3 import blake3

    names: dict[str, str] = {}
    for step in steps:
        if _PLAIN.fullmatch(step):
            names[step] = step
        else:
            readable = re.sub(r"[^a-z0-9]+", "-", step.lower()).strip("-")[:40].strip("-")
            names[step] = f"{readable or 'step'}-{blake3(step.encode()).hexdigest()[:8]}"
    return names
