"""One driver per run: whoever holds the run's lease may start steps and write what no step runner can.

The lease is a lock of the store, and a numbered note that names the holder. The number is the submission's, so every
holder has a higher one than those before.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..errors import ConflictError, NotFoundError
from .documents import RunKeys, decode

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore, Held
    from ..spec import JSON


@contextlib.contextmanager
def hold(store: ArtifactStore, run_id: str) -> Iterator[Held]:
    """Hold the run's lease for the length of the block; raise ConflictError, naming the holder, when another does."""
    if not store.exists(RunKeys(run_id).spec):
        raise NotFoundError(f"there is no run {run_id} in {store.url}", hint="list the runs: podium runs list")
    with store.lock(RunKeys(run_id).lease) as held:
        if held is None:
            raise ConflictError(
                f"run {run_id} is held by {describe_holder(store, run_id)}",
                hint=f"wait for it, or end it: podium runs cancel {run_id}",
            )
        yield held


def is_held(store: ArtifactStore, run_id: str) -> bool:
    """Say whether a live driver holds the run's lease."""
    return store.is_locked(RunKeys(run_id).lease)


def holder(store: ArtifactStore, run_id: str) -> dict[str, JSON] | None:
    """Return the note of the last driver: its `pid`, `host`, `user`, `at` and whether it `hears_signals`."""
    keys = RunKeys(run_id)
    numbers = [int(name.split(".")[0]) for name in store.names(keys.submissions) if name.count(".") == 1]
    if not numbers:
        return None
    return decode(store.read(f"{keys.submissions}/{max(numbers)}.json"))


def describe_holder(store: ArtifactStore, run_id: str) -> str:
    """Say in words which process holds the run."""
    note = holder(store, run_id)
    if note is None:
        return "a process that is just starting"
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(float(str(note["at"]))))
    return f"process {note['pid']} of {note['user']} on {note['host']}, since {since}"
