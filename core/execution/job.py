"""What a launcher hands to a step runner, and what it gets back."""

from __future__ import annotations

from collections.abc import Mapping

from ..artifacts.record import ArtifactRecord
from ..dataclass import dataclass, field
from ..spec import JSON, Compact, Input, StepSpec
from .delivery import Delivery


@dataclass(frozen=True, slots=True)
class StepFailure(Compact):
    """Why an attempt failed; `traceback` is the user's own frames, empty where no Python was to blame."""

    kind: str
    message: str
    traceback: str = ""

    def to_json(self) -> dict[str, JSON]:
        """Encode as a flat JSON object."""
        return {"kind": self.kind, "message": self.message, "traceback": self.traceback}

    def __str__(self) -> str:
        """Render kind and message on one line."""
        return f"{self.kind}: {self.message}" if self.message else self.kind


@dataclass(frozen=True, slots=True)
class JobCode:
    """The user's code for a job in a container: `archive` is its digest, None where nothing need be unpacked.

    `path` are its folders that belong on sys.path, relative to it.
    """

    archive: str | None
    module: str | None
    path: tuple[str, ...] = (".",)
    argv: tuple[str, ...] = ()


@dataclass(slots=True)
class StepJob(Compact):
    """One attempt of one step, complete: `inputs` has every upstream output replaced by its stored record.

    A failure is final, and the failure hook runs, when `retries_left` is 0. `failure` is set when nothing but that
    hook is to run, for an attempt whose own process could not. `delivery` is None when there is no secret in it.
    `store_options` hold the store's credentials. `spool` is a local file for the log, where the store has no files.
    `code` is set, by the driver, where the run's code was packed: for jobs in containers.
    """

    run_id: str
    run_name: str
    pipeline: str
    store_url: str
    step: StepSpec
    attempt: int
    inputs: Mapping[str, Input] = field(default_factory=dict)
    cache_key: str | None = None
    retries_left: int = 0
    failure: StepFailure | None = None
    delivery: Delivery | None = None
    store_options: Mapping[str, JSON] = field(default_factory=dict, repr=False)
    spool: str | None = None
    code: JobCode | None = None

    @property
    def environment(self) -> Mapping[str, str]:
        """What the step's process finds in its environment beside what every step does."""
        return self.delivery.environment if self.delivery else self.step.environment


@dataclass(frozen=True, slots=True)
class StepOutcome(Compact):
    """How an attempt ended by its own account; `failure` is None when it completed.

    `log` is the attempt's whole log where that is short, so that nobody has to read it for a display; else None.
    """

    seconds: float
    outputs: Mapping[str, ArtifactRecord] = field(default_factory=dict)
    failure: StepFailure | None = None
    log: bytes | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """An attempt is over. `outcome` is None when the process left no account; `death` then says how it ended."""

    step: str
    attempt: int
    outcome: StepOutcome | None
    death: str = ""
