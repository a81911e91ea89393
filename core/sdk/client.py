"""Runs, artifacts and secrets, found by name: `Client`, and what a step does without one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..artifacts.named import SAVED, find, publish
from ..artifacts.transfer import load_value, save_value
from ..errors import ConflictError, UsageError
from ..ids import new_run_id
from ..records.find import find_run
from ..records.reader import run_ids
from .context import running_step
from .run import Artifact, PipelineRun
from .stored_secret import StoredSecret, get_secret

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore


class Client:
    """Finds the runs and artifacts of a stack: the running step's or the active one, unless another is named."""

    def __init__(self, stack: str | None = None) -> None:
        step = running_step()
        if step is not None and stack is None:
            self._store = step.store
            return
        from ..stacks.stack import load_stack

        self._store = load_stack(stack).artifact_store

    def get_pipeline_run(self, name_id_or_prefix: str) -> PipelineRun:
        """Return a run by exact name, id, or unique prefix of either; raise NotFoundError when none fits."""
        return PipelineRun(self._store, find_run(self._store, name_id_or_prefix))

    def list_pipeline_runs(self, pipeline: str | None = None) -> list[PipelineRun]:
        """Return all runs of the store, of one pipeline when it is named, newest first."""
        runs = (PipelineRun(self._store, run_id) for run_id in run_ids(self._store))
        return [run for run in runs if pipeline in {None, run.pipeline}]

    def get_artifact(self, name: str, version: str | None = None) -> Artifact:
        """Return a named artifact, its newest version unless one is named."""
        found = find(self._store, name, version)
        return Artifact(self._store, found.record, name, found.name)

    def get_secret(self, name: str) -> StoredSecret:
        """Return a secret with its `secret_values`; inside a step one that the step has declared.

        Raises NotFoundError when there is none, UsageError when the step has not declared it.
        """
        return get_secret(name)


def load_artifact(name: str, version: str | None = None) -> Any:
    """Return the value of a named artifact, the newest version from a completed step unless one is named."""
    store = _store()
    return load_value(store, find(store, name, version).record)


def save_artifact(data: object, name: str, version: str | None = None) -> Artifact:
    """Store a value under a name; the version is the running step's unless given, and required outside a step."""
    store = _store()
    step = running_step()
    if version is None:
        if step is None:
            raise UsageError(
                "save_artifact outside a step needs a version", hint="save_artifact(data, name, version=…)"
            )
        version = f"{step.job.run_id}.{step.step_name}.{step.attempt}"
    record = save_value(store, f"{SAVED}/{new_run_id()}", data)
    try:
        publish(store, name, version, record)
    except ConflictError:
        store.delete(record.key)
        raise
    return Artifact(store, record, name, version)


def _store() -> ArtifactStore:
    step = running_step()
    if step is not None:
        return step.store
    from ..stacks.stack import load_stack

    return load_stack().artifact_store
