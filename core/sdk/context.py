"""What a running step may ask and tell: its own identity, its outputs' places, metadata."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..dataclass import dataclass, field
from ..errors import UsageError

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore
    from ..execution.job import StepJob
    from ..spec import JSON


@dataclass(frozen=True, slots=True)
class Named:
    """The pipeline, or the run, a step belongs to."""

    name: str
    id: str


@dataclass(slots=True)
class StepContext:
    """The step that is running in this process."""

    job: StepJob
    store: ArtifactStore
    metadata: dict[str, JSON] = field(default_factory=dict)
    output_metadata: dict[str, dict[str, JSON]] = field(default_factory=dict)

    @property
    def step_name(self) -> str:
        """Id of the step within its run, such as `train_2`."""
        return self.job.step.id

    @property
    def attempt(self) -> int:
        """Number of this attempt, counted from 1 over all submissions of the run."""
        return self.job.attempt

    @property
    def pipeline(self) -> Named:
        """The pipeline."""
        return Named(self.job.pipeline, self.job.pipeline)

    @property
    def pipeline_run(self) -> Named:
        """The run."""
        return Named(self.job.run_name, self.job.run_id)

    def get_output_artifact_uri(self, output_name: str | None = None) -> str:
        """Return the URL, without suffix, where an output will be stored; one output needs no name."""
        from ..records.documents import RunKeys

        name = self._output(output_name)
        key = RunKeys(self.job.run_id).artifact(self.job.step.id, self.job.attempt, name)
        return f"{self.store.url.rstrip('/')}/{key}"

    def add_output_metadata(self, metadata: Mapping[str, JSON], output_name: str | None = None) -> None:
        """Attach facts to one of the step's outputs; later calls add to earlier ones."""
        self.output_metadata.setdefault(self._output(output_name), {}).update(metadata)

    def _output(self, name: str | None) -> str:
        names = [output.name for output in self.job.step.outputs]
        if name is None and len(names) == 1:
            return names[0]
        if name not in names:
            raise UsageError(
                f"step {self.step_name!r} has no output {name!r}" if name else "which output?",
                hint=f"its outputs are {', '.join(names) or 'none'}",
            )
        return name


_current: StepContext | None = None


def enter(context: StepContext | None) -> None:
    """Make `context` what `get_step_context` returns, None after the step."""
    global _current
    _current = context


def running_step() -> StepContext | None:
    """Return the context of the running step, None outside one."""
    return _current


def get_step_context() -> StepContext:
    """Return the context of the running step; raise UsageError outside one."""
    if _current is None:
        raise UsageError("there is no step running here", hint="call get_step_context() inside a @step function")
    return _current


def log_metadata(metadata: Mapping[str, JSON], *, artifact_name: str | None = None) -> None:
    """Record facts about the running step, or about one of its outputs; values must be JSON."""
    import json

    context = get_step_context()
    try:
        json.dumps(metadata, allow_nan=True)
    except (TypeError, ValueError) as error:
        raise UsageError(f"metadata must be JSON: {error}", where=f"step {context.step_name}") from error
    if artifact_name is None:
        context.metadata.update(metadata)
    else:
        context.add_output_metadata(metadata, artifact_name)
