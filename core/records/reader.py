"""Read a run as it stands now, at any instant, from its documents alone; nothing is written."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

from ..artifacts.record import ArtifactRecord
from ..dataclass import dataclass, field
from ..errors import NotFoundError
from ..spec import PipelineSpec
from . import lease
from .documents import RunHeader, RunKeys, decode, parse_attempt, parse_step_name

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore
    from ..execution.events import RunState, StepState
    from ..spec import JSON

Final = Literal["completed", "cached", "failed", "cancelled"]
FINALS: tuple[Final, ...] = ("completed", "cached", "cancelled", "failed")
"""What may be recorded of one attempt's end, the strongest first."""
"""What can end an attempt, the strongest first: a whole `completed` beats whatever else was said of the attempt."""

_NONE_TAKEN: Mapping[str, int] = {}

_UNSTARTED: dict[str, StepState] = {"initializing": "queued", "running": "queued", "lost": "lost"}
"""State of a step without a record, by the state of its run."""


@dataclass(slots=True)
class StepView:
    """One step now; `attempt` is 0 when it never started, `seconds` the length of the last attempt."""

    id: str
    state: StepState
    attempt: int = 0
    seconds: float | None = None
    started: float | None = None
    detail: str = ""
    error: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, ArtifactRecord] = field(default_factory=dict)
    metadata: Mapping[str, JSON] = field(default_factory=dict)
    output_metadata: Mapping[str, Mapping[str, JSON]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunView:
    """One run now; `ended` is None while it goes on, `submission` 0 before its first driver.

    `handle` is set where a platform goes on with the run by itself.
    """

    header: RunHeader
    state: RunState
    submission: int
    started: float | None
    ended: float | None
    error: str
    handle: str | None = None


def read_header(store: ArtifactStore, run_id: str) -> RunHeader:
    """Return the run's header; raise NotFoundError when the store has no such run."""
    try:
        return RunHeader.from_bytes(store.read(RunKeys(run_id).header))
    except FileNotFoundError:
        raise NotFoundError(
            f"there is no run {run_id} in {store.url}", hint="list the runs: podium runs list"
        ) from None


def read_spec(store: ArtifactStore, run_id: str) -> PipelineSpec:
    """Return the run's compiled pipeline."""
    return PipelineSpec.from_bytes(store.read(RunKeys(run_id).spec))


def read_run(store: ArtifactStore, run_id: str) -> RunView:
    """Return the run's state, derived from its latest submission.

    One that has not ended is `lost` without a live driver, and `running` where it needs none: what has become of it
    there, only its platform can say.
    """
    header = read_header(store, run_id)
    number, end = _latest_submission(store, run_id)
    if number == 0:
        state: RunState = "initializing" if lease.is_held(store, run_id) else "lost"
        return RunView(header, state, 0, None, None, "")
    begin: dict[str, Any] = decode(store.read(f"{RunKeys(run_id).submissions}/{number}.json"))
    started, handle = begin["at"], begin.get("handle")
    if end is None and handle is None and not lease.is_held(store, run_id):
        _, end = _latest_submission(store, run_id)  # it may have ended between the two looks
        if end is None:
            return RunView(header, "lost", number, started, None, "its driver is gone")
    if end is None:
        return RunView(header, "running", number, started, None, "", handle)
    return RunView(header, end["state"], number, started, end["at"], end.get("error", ""), handle)


def read_steps(store: ArtifactStore, run_id: str, spec: PipelineSpec, run: RunView) -> dict[str, StepView]:
    """Return every step of the run, in spec order; one without a record has the state of a step that never started."""
    keys = RunKeys(run_id)
    attempts = read_attempts(store, run_id)
    steps = read_batches(store, run_id)
    for step, known in attempts.items():
        if step in steps and steps[step].attempt >= max(known):
            known.clear()
    ends = {step: last_end(known) for step, known in attempts.items() if known}
    final = {step: keys.step(step, attempt, end) for step, (attempt, end) in ends.items() if end}
    documents = dict(zip(final, store.read_many(list(final.values())), strict=True))
    live = run.state == "running"
    for step, (attempt, end) in ends.items():
        data = documents.get(step)
        if data is None or end is None:
            steps[step] = StepView(step, "running" if live else "lost", attempt)
        else:
            retrying = live and end == "failed" and "retrying" in attempts[step][attempt]
            steps[step] = _ended(step, attempt, "retrying" if retrying else end, decode(data))
    unstarted = _UNSTARTED.get(run.state, "skipped")
    return {found.id: steps.get(found.id) or StepView(found.id, unstarted) for found in spec.steps}


def read_attempts(
    store: ArtifactStore, run_id: str, taken: Mapping[str, int] = _NONE_TAKEN
) -> dict[str, dict[int, set[str]]]:
    """Return what is known of each attempt of each step, above the numbers taken, as the last parts of names."""
    attempts: dict[str, dict[int, set[str]]] = {}
    for step, attempt, what in _events(store, run_id):
        if attempt > taken.get(step, 0):
            attempts.setdefault(step, {}).setdefault(attempt, set()).add(what)
    return attempts


def last_end(attempts: Mapping[int, set[str]]) -> tuple[int, Final | None]:
    """Return the last of some attempts, and the strongest of what ended it, None for nothing."""
    attempt = max(attempts)
    return attempt, next((what for what in FINALS if what in attempts[attempt]), None)


def last_attempts(store: ArtifactStore, run_id: str) -> dict[str, tuple[int, bool]]:
    """Return the highest attempt number of each step that was ever started, and whether that attempt has ended."""
    last: dict[str, tuple[int, bool]] = {}
    for step, attempt, what in _events(store, run_id):
        last[step] = max((attempt, what in FINALS), last.get(step, (0, False)))
    return last


def taken_attempts(store: ArtifactStore, run_id: str) -> dict[str, int]:
    """Return the highest attempt number of each step that anything was stored for, so that no later one has its keys.

    A log may begin late, so what was stored before it counts, too.
    """
    keys = RunKeys(run_id)
    last: dict[str, int] = {}
    for folder in (keys.logs, keys.steps, keys.jobs, keys.artifacts):
        for name in store.names(folder):
            step, attempt = parse_attempt(name)
            last[step] = max(attempt, last.get(step, 0))
    return last


def read_attempt(store: ArtifactStore, run_id: str, step: str, attempt: int, what: str) -> dict[str, Any] | None:
    """Return one document of an attempt, None when it was not written."""
    try:
        return decode(store.read(RunKeys(run_id).step(step, attempt, what)))
    except FileNotFoundError:
        return None


def run_ids(store: ArtifactStore) -> Iterable[str]:
    """Ids of all runs in the store, newest first; a deleted run whose artifacts are still in use is none."""
    return (run_id for run_id in sorted(store.names("runs"), reverse=True) if store.exists(RunKeys(run_id).header))


def read_headers(store: ArtifactStore, *, known: Container[str] = ()) -> list[RunHeader]:
    """Return the headers of all runs in the store, newest first, but for those of ids that are known."""
    ids = [run_id for run_id in sorted(store.names("runs"), reverse=True) if run_id not in known]
    found = store.read_many([RunKeys(run_id).header for run_id in ids])
    return [RunHeader.from_bytes(data) for data in found if data is not None]


def _events(store: ArtifactStore, run_id: str) -> Iterator[tuple[str, int, str]]:
    """Yield what happened to each attempt, from names alone: its log says that it began."""
    keys = RunKeys(run_id)
    for folder in (keys.logs, keys.steps):
        yield from map(parse_step_name, store.names(folder))


def _latest_submission(store: ArtifactStore, run_id: str) -> tuple[int, dict[str, Any] | None]:
    folder = RunKeys(run_id).submissions
    names = set(store.names(folder))
    number = max((int(name.split(".")[0]) for name in names), default=0)
    end = f"{number}.end.json"
    return number, decode(store.read(f"{folder}/{end}")) if end in names else None


def read_batches(store: ArtifactStore, run_id: str) -> dict[str, StepView]:
    """Return the steps that ended without an attempt, by the latest document that names them."""
    keys = RunKeys(run_id)
    names = sorted(store.names(keys.batches), key=lambda name: tuple(map(int, name.split(".")[:2])))
    found: dict[str, StepView] = {}
    for data in store.read_many([f"{keys.batches}/{name}" for name in names]):
        document: dict[str, Any] = decode(data or b"")
        for step, plain in document["steps"].items():
            found[step] = StepView(
                step,
                plain["state"],
                plain.get("attempt", 0),
                detail=plain.get("detail", ""),
                started=document["at"],
                outputs=outputs_of(plain),
            )
    return found


def reused_artifacts(store: ArtifactStore, run_id: str) -> Iterator[ArtifactRecord]:
    """Yield what cached steps of the run took from others, or from attempts of its own."""
    for view in read_batches(store, run_id).values():
        yield from view.outputs.values()
    steps = RunKeys(run_id).steps
    cached = [f"{steps}/{name}" for name in store.names(steps) if name.endswith(".cached")]
    for data in store.read_many(cached):
        yield from outputs_of(decode(data or b"")).values()


def _ended(step: str, attempt: int, state: StepState, document: dict[str, Any]) -> StepView:
    seconds = document.get("seconds")
    return StepView(
        step,
        state,
        attempt,
        seconds=seconds,
        started=document["at"] - (seconds or 0),
        detail=document.get("detail", ""),
        error=document.get("error", {}),
        outputs=outputs_of(document),
        metadata=document.get("metadata", {}),
        output_metadata=document.get("output_metadata", {}),
    )


def outputs_of(document: Mapping[str, Any]) -> dict[str, ArtifactRecord]:
    """Return the outputs in the document of a completed or cached attempt."""
    return {name: ArtifactRecord.from_json(record) for name, record in document.get("outputs", {}).items()}
