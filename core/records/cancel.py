"""Requests to end a run, as the jobs of its steps see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .documents import RunKeys

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore


def is_cancelled(store: ArtifactStore, run_id: str) -> bool:
    """Say whether the run's latest submission was asked to end; also when it has been ended, with nobody driving it.

    Costs one request while nobody has ever asked. A request to a submission that others have followed is over.
    """
    keys = RunKeys(run_id)
    asked = set(store.names(keys.cancels))
    if not asked:
        return False
    submissions = set(store.names(keys.submissions))
    latest = max((int(name.partition(".")[0]) for name in submissions), default=1)
    return f"{latest}.json" in asked or f"{latest}.end.json" in submissions
