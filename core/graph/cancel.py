"""End a run that a platform goes on with, from any process: its jobs see the request, and the platform hurries them."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from ..errors import ConflictError, PodiumError
from ..records.reader import RunView, read_run
from .platform_run import on_platform

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore

_PATIENCE = 60.0
"""Seconds that jobs and their platform have to end."""
_CHECK = 1.0


def cancel(store: ArtifactStore, run: RunView) -> None:
    """Return when the end of a run that was asked to end is recorded.

    Raises PodiumError when its platform cannot be asked, and ConflictError when it does not end.
    """
    with on_platform(store, run) as found:
        try:
            found.orchestrator.cancel(found.handle)
        except PodiumError as error:
            raise PodiumError(
                f"run {run.header.name} was asked to end, and its steps do so when they see it; "
                f"its platform could not be asked: {error.message}",
                hint=error.hint,
            ) from error
        deadline = time.monotonic() + _PATIENCE
        while read_run(store, run.header.id).ended is None:
            status = found.orchestrator.status(found.handle)
            if status.state in {"ended", "lost"}:
                with suppress(ConflictError):  # another process settles it
                    found.settle(status)
                    return
            if time.monotonic() > deadline:
                raise ConflictError(
                    f"run {run.header.name} was asked to end and has not yet",
                    hint=f"see whether it has: podium runs show {run.header.id}",
                )
            time.sleep(_CHECK)
