"""What is known of a run that a platform goes on with: its records, and the platform's word on what has none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..dataclass import replace
from ..errors import PodiumError
from ..execution.platform_job import death
from ..records.documents import RunKeys
from ..records.reader import RunView, StepView
from .build import job_names
from .platform_run import on_platform
from .settle import CANCELLED

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore
    from ..contracts.graph_orchestrator import GraphStatus

_OPEN = {"queued", "running", "retrying"}


def ask_platform(
    store: ArtifactStore, run: RunView, steps: Mapping[str, StepView]
) -> tuple[RunView, dict[str, StepView]]:
    """Return a run that has not ended, and its steps, as they are on the platform, where the records do not say.

    One that is lost there has been cancelled if that was asked for: its client did not stay to record it. A platform
    that cannot be asked is told of in the run's `error`; nothing is written.
    """
    try:
        with on_platform(store, run) as found:
            status = found.orchestrator.status(found.handle)
            names = job_names(step for step in steps if step not in found.document.done)
    except PodiumError as error:
        return replace(run, error=f"its platform cannot be asked: {error.message}"), dict(steps)
    if status.state == "lost" and store.exists(RunKeys(run.header.id).cancel(run.submission)):
        return replace(run, state="cancelled"), {step: _cancelled(view) for step, view in steps.items()}
    if status.state == "lost":
        run = replace(run, state="lost", error=status.reason)
    views = {step: _standing(view, names.get(step, ""), status) for step, view in steps.items()}
    return run, views


def _cancelled(view: StepView) -> StepView:
    return replace(view, state="cancelled", detail=CANCELLED) if view.state in _OPEN else view


def _standing(view: StepView, name: str, status: GraphStatus) -> StepView:
    job = status.jobs.get(name)
    if view.state not in _OPEN:
        return view
    if job is not None and job.state == "ended" and job.exit_code != 0:
        return replace(view, state="failed", detail=f"{death(job, b'')}; not recorded yet")
    if status.state == "lost":
        return replace(view, state="lost", detail=status.reason)
    if job is not None and job.state == "running" and view.state == "queued":
        return replace(view, state="running", detail="its job has begun")
    return view
