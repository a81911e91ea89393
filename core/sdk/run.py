"""One run, its steps and what they made, as Python objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..artifacts.record import ArtifactRecord
from ..errors import RunNotFinished, UsageError
from ..records.documents import RunHeader, RunKeys
from ..records.reader import StepView, read_header, read_run, read_spec, read_steps

if TYPE_CHECKING:
    from datetime import datetime

    from ..contracts.artifact_store import ArtifactStore
    from ..spec import JSON

NO_METADATA: Mapping[str, JSON] = {}
_DONE = ("completed", "cached")


class MetadataText(str):
    """A text that is also its own `.value`, as pipelines written for other tools ask for it."""

    __slots__ = ()

    @property
    def value(self) -> str:
        """The text itself."""
        return str(self)


class Artifact:
    """One stored value; nothing is read before `load` is called. `run_metadata` is what its step logged about it."""

    def __init__(
        self,
        store: ArtifactStore,
        record: ArtifactRecord,
        name: str,
        version: str,
        run_metadata: Mapping[str, JSON] = NO_METADATA,
    ) -> None:
        self._store = store
        self.run_metadata = run_metadata
        self.record = record
        self.name = name
        self.version = version

    @property
    def uri(self) -> str:
        """URL of the stored file or folder."""
        return f"{self._store.url.rstrip('/')}/{self.record.key}"

    def load(self, *, trust: bool | None = None) -> Any:
        """Return the value; a pickled one, whose loading runs code, needs `trust=True` unless the store is local."""
        from ..artifacts.transfer import load_value

        local = self._store.url.startswith("file://")
        return load_value(self._store, self.record, trust=local if trust is None else trust)

    def __repr__(self) -> str:
        """Say name, version and type."""
        return f"Artifact({self.name!r}, version={self.version!r}, type={self.record.type!r})"


class StepRun:
    """One step of a run, as it was when it was looked at."""

    def __init__(self, store: ArtifactStore, run_id: str, view: StepView) -> None:
        self._store = store
        self._run_id = run_id
        self._view = view
        self.name = view.id
        self.id = f"{run_id}.{view.id}"
        self.status = view.state
        self.run_metadata: Mapping[str, Any] = dict(view.metadata)

    @property
    def outputs(self) -> Mapping[str, Artifact]:
        """The step's outputs by name; raise RunNotFinished while there are none yet."""
        if self.status not in _DONE:
            raise RunNotFinished(
                f"step {self.name} has no outputs: it is {self.status}",
                hint=f"see why: podium runs logs {self._run_id} {self.name}",
            )
        logged = self._view.output_metadata
        return {
            name: Artifact(self._store, record, name, self.id, logged.get(name, NO_METADATA))
            for name, record in self._view.outputs.items()
        }

    @property
    def output(self) -> Artifact:
        """The only output; raise UsageError when there are several, or none."""
        outputs = self.outputs
        if len(outputs) != 1:
            raise UsageError(
                f"step {self.name} has {len(outputs)} outputs", hint=f"name one: .outputs[{next(iter(outputs), '…')!r}]"
            )
        return next(iter(outputs.values()))

    @property
    def log(self) -> str:
        """What the last attempt printed."""
        try:
            log = self._store.read_log(RunKeys(self._run_id).log(self.name, self._view.attempt))
        except FileNotFoundError:
            return ""
        return log.decode(errors="replace")


class PipelineRun:
    """One run; every attribute that can change is read anew from the records."""

    def __init__(self, store: ArtifactStore, run_id: str) -> None:
        self._store = store
        self.id = run_id
        self._header: RunHeader = read_header(store, run_id)
        self.name = self._header.name
        self.pipeline = self._header.pipeline

    @property
    def created(self) -> datetime:
        """When the run was recorded, in UTC."""
        from datetime import datetime, timezone

        return datetime.fromtimestamp(self._header.created, timezone.utc)

    @property
    def status(self) -> str:
        """One of initializing, running, completed, failed, cancelled, lost."""
        return read_run(self._store, self.id).state

    @property
    def steps(self) -> Mapping[str, StepRun]:
        """The run's steps by id, in topological order."""
        spec = read_spec(self._store, self.id)
        views = read_steps(self._store, self.id, spec, read_run(self._store, self.id))
        return {step: StepRun(self._store, self.id, view) for step, view in views.items()}

    @property
    def run_metadata(self) -> Mapping[str, MetadataText]:
        """Facts about the run as a whole; `orchestrator_url` is always there."""
        records = f"{self._store.url.rstrip('/')}/{RunKeys(self.id).folder}"
        return {
            "orchestrator_url": MetadataText(read_run(self._store, self.id).handle or records),
            "orchestrator_run_id": MetadataText(self.id),
        }

    def load(self) -> Mapping[str, Any]:
        """Return the values of all single outputs by step; raise RunNotFinished unless the run has completed."""
        if self.status != "completed":
            raise RunNotFinished(f"run {self.name} is {self.status}", hint=f"podium runs show {self.id}")
        return {name: step.output.load() for name, step in self.steps.items() if len(step.outputs) == 1}

    def __repr__(self) -> str:
        """Say name and id."""
        return f"PipelineRun({self.name!r}, id={self.id!r})"
