"""What the holder of a run's lease writes: headers, submissions, and what no step runner can say of its step."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..threads import on_main_thread
from .documents import RunHeader, RunKeys, encode, this_process

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore
    from ..execution.events import RunState
    from ..execution.job import StepFailure
    from ..spec import JSON


def create_run(store: ArtifactStore, header: RunHeader, spec: bytes) -> None:
    """Record a run that is about to start: its encoded spec, then its header, which makes it visible."""
    keys = RunKeys(header.id)
    store.write(keys.spec, spec)
    store.write(keys.header, header.to_bytes())


class BegunSubmission:
    """A submission that some process has begun, and this one writes what is to be added.

    `number` counts from 1, and `batches` are there already.
    """

    def __init__(self, store: ArtifactStore, run_id: str, number: int, batches: int = 0) -> None:
        self.number = number
        self._store = store
        self._keys = RunKeys(run_id)
        self._batches = batches

    def step(self, step: str, attempt: int, what: str, document: Mapping[str, JSON]) -> None:
        """Record `failed`, `cancelled` or `retrying` of one attempt, unless its job has done so itself."""
        self._store.create(self._keys.step(step, attempt, what), encode({"at": time.time(), **document}))

    def failed(self, step: str, attempt: int, failure: StepFailure, seconds: float) -> None:
        """Record the failure of an attempt whose process could not do so itself."""
        self.step(step, attempt, "failed", {"seconds": seconds, "error": failure.to_json()})

    def batch(self, steps: Mapping[str, JSON]) -> None:
        """Record steps that ended without an attempt, all in one document: `{step: {"state": ..., ...}}`."""
        self._batches += 1
        key = f"{self._keys.batches}/{self.number}.{self._batches}.json"
        self._store.write(key, encode({"at": time.time(), "steps": dict(steps)}))

    def end(self, state: RunState, error: str = "") -> None:
        """Record the submission's final state, and what broke it off where that is no step's failure."""
        document: dict[str, JSON] = {"at": time.time(), "state": state}
        if error:
            document["error"] = error
        self._store.write(f"{self._keys.submissions}/{self.number}.end.json", encode(document))


class Submission(BegunSubmission):
    """One driver's turn at a run; `handle` is the run's on a platform that goes on with it by itself."""

    def __init__(self, store: ArtifactStore, run_id: str, number: int, handle: str | None = None) -> None:
        super().__init__(store, run_id, number)
        # Only a main thread hears signals: elsewhere one would end the whole process.
        note: dict[str, JSON] = {"hears_signals": on_main_thread()}
        if handle is not None:
            note["handle"] = handle
        store.write(f"{self._keys.submissions}/{number}.json", encode(this_process() | note))


def request_cancel(store: ArtifactStore, run_id: str, submission: int) -> None:
    """Ask the driver of a submission to end it, later ones untouched; asking again changes nothing."""
    store.create(RunKeys(run_id).cancel(submission), encode(this_process()))
