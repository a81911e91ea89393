"""A run as rows and objects to print."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ..core.records.documents import RunKeys
from ..core.records.reader import read_run, read_spec, read_steps

if TYPE_CHECKING:
    from ..core.contracts.artifact_store import ArtifactStore
    from ..core.records.documents import CodeReference
    from ..core.records.reader import StepView
    from ..core.spec import JSON


def describe_run(store: ArtifactStore, run_id: str) -> dict[str, JSON]:
    """Return everything that is known of a run, with one object for each step."""
    run = read_run(store, run_id)
    steps = read_steps(store, run_id, read_spec(store, run_id), run)
    if run.handle and run.ended is None:
        from ..core.graph.standing import ask_platform

        run, steps = ask_platform(store, run, steps)
    return {
        "id": run_id,
        "name": run.header.name,
        "pipeline": run.header.pipeline,
        "state": run.state,
        "stack": str(run.header.stack["name"]),
        "submission": run.submission,
        "created": iso(run.header.created),
        "started": iso(run.started),
        "ended": iso(run.ended),
        "error": run.error or None,
        "platform": run.handle,
        "url": f"{store.url}/{RunKeys(run_id).folder}",
        "code": _describe_code(run.header.code),
        "steps": [_describe_step(view) for view in steps.values()],
    }


def iso(seconds: float | None) -> str | None:
    """Return seconds since the epoch as ISO 8601 in UTC."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds")


def _describe_code(code: CodeReference) -> JSON:
    """Return which code steps were given, None where they ran it from its own folder."""
    if code.archive is None:
        return None
    return {"archive": code.archive, "commit": code.commit, "dirty": code.dirty}


def _describe_step(view: StepView) -> dict[str, JSON]:
    return {
        "id": view.id,
        "state": view.state,
        "attempt": view.attempt,
        "started": iso(view.started),
        "seconds": view.seconds,
        "detail": view.detail,
        "error": dict(view.error) or None,
        "outputs": {name: record.to_json() for name, record in view.outputs.items()},
        "metadata": dict(view.metadata),
    }
