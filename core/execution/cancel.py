"""End a run from any process: ask its driver, and where there is none, record the end in its place."""

from __future__ import annotations

import os
import signal
import socket
import time
from contextlib import closing
from typing import TYPE_CHECKING

from ..errors import ConflictError
from ..records import lease
from ..records.reader import read_run, read_spec, read_steps
from ..records.writer import Submission, request_cancel

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore
    from ..records.documents import RunHeader
    from ..spec import JSON

_PATIENCE, _REMOTE_PATIENCE = 10.0, 30.0
"""Seconds to wait for a driver to end its steps, which sees the request later where each look is one of its own."""
_CHECK, _REMOTE_CHECK = 0.05, 0.5
"""Seconds between looks whether it has."""


def cancel(store: ArtifactStore, run_id: str) -> None:
    """Cancel a run and return when its end is recorded; raise ConflictError when it has ended, or does not end.

    Raises PodiumError when a platform cannot be asked about jobs whose driver is dead; they see the request, too.
    """
    run = read_run(store, run_id)
    if run.ended is not None:
        raise ConflictError(f"run {run.header.name} has ended: it is {run.state}")
    request_cancel(store, run_id, max(1, run.submission))
    if run.handle:
        from ..graph.cancel import cancel as cancel_on_platform

        cancel_on_platform(store, run)
        return
    deadline = time.monotonic() + (_REMOTE_PATIENCE if store.remote else _PATIENCE)
    _hurry(store, run_id)
    while lease.is_held(store, run_id):
        if time.monotonic() > deadline:
            raise ConflictError(
                f"run {run.header.name} was asked to end and has not yet: "
                f"it is held by {lease.describe_holder(store, run_id)}",
                hint=f"see whether it has: podium runs show {run_id}",
            )
        time.sleep(_REMOTE_CHECK if store.remote else _CHECK)
    with lease.hold(store, run_id):
        run = read_run(store, run_id)
        if run.ended is None:
            _record_end(store, run_id, run.submission + 1)
            _end_jobs(run.header, store)


def _hurry(store: ArtifactStore, run_id: str) -> None:
    """Signal a driver on this machine, which would otherwise find the request within half a second."""
    note = lease.holder(store, run_id)
    if note is None or not note["hears_signals"] or note["host"] != socket.gethostname():
        return
    if lease.is_held(store, run_id):
        try:
            os.kill(int(str(note["pid"])), signal.SIGTERM)
        except (ProcessLookupError, PermissionError):
            return


def _end_jobs(header: RunHeader, store: ArtifactStore) -> None:
    """End and remove what a dead driver has left on its platform."""
    from ..contracts.job_orchestrator import JobOrchestrator
    from ..stacks.stack import load_stack
    from .run_context import RunContext
    from .submit import boot_of

    orchestrator = load_stack(str(header.stack["name"])).orchestrator
    if isinstance(orchestrator, JobOrchestrator):
        spec = read_spec(store, header.id)
        with closing(orchestrator.launcher(RunContext(header, spec, boot_of(header, spec), store))) as launcher:
            launcher.adopt()


def _record_end(store: ArtifactStore, run_id: str, number: int) -> None:
    spec = read_spec(store, run_id)
    steps = read_steps(store, run_id, spec, read_run(store, run_id))
    submission = Submission(store, run_id, number)
    open_steps: dict[str, JSON] = {
        step: {"state": "cancelled", "attempt": view.attempt, "detail": "the run was cancelled after its driver died"}
        for step, view in steps.items()
        if view.state not in {"completed", "cached", "failed", "skipped"}
    }
    if open_steps:
        submission.batch(open_steps)
    submission.end("cancelled")
