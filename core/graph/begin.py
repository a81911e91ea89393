"""Record a run of a schedule that has just fired: `python -m podium.core.graph.begin SCHEDULE RUN_ID DIGEST`.

SCHEDULE is the schedule's URL in the store, DIGEST that of its graph document. Started twice for one run, it changes
nothing and ends as the first time.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from ..contracts.graph_orchestrator import HANDLE_VARIABLE
from ..errors import ConflictError
from ..execution.exit_codes import ExitCode
from ..execution.job_program import Refused, checked, decoded, expecting, needing_store, opened, run
from ..execution.step_setup import handle_signals
from ..records.documents import RunHeader, RunKeys
from ..records.schedules import ScheduleRecord, graph_key, schedule_key
from ..records.writer import Submission
from ..sdk.substitutions import expand
from .document import GraphDocument

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore

_IS_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch


def main(arguments: Sequence[str]) -> ExitCode:
    """Record the run; raise Refused where that is not possible."""
    handle_signals()
    with expecting("SCHEDULE RUN_ID DIGEST"):
        address, run_id, digest = arguments
    url, _, schedule_id = address.rpartition("/schedules/")
    if not _IS_ID(run_id):
        raise Refused(ExitCode.REFUSED, f"{run_id!r} is no id of a run")
    store, _, _ = opened(url)
    with needing_store():
        _record(store, schedule_id, RunKeys(run_id), digest)
    return ExitCode.COMPLETED


def _record(store: ArtifactStore, schedule_id: str, keys: RunKeys, digest: str) -> None:
    """Write the header last, which makes the run visible; what an earlier start has written stays."""
    documents = [schedule_key(schedule_id), graph_key(schedule_id, digest), keys.header]
    record, graph, header = store.read_many(documents)
    if header is not None:
        return
    what = f"graph document at {store.url}/{graph_key(schedule_id, digest)}"
    data = checked(graph, digest, what)
    document = decoded(GraphDocument.from_bytes, data, what)
    schedule = decoded(ScheduleRecord.from_bytes, record, f"schedule {schedule_id} in {store.url}")
    handle = os.environ.get(HANDLE_VARIABLE)
    if not handle:
        raise Refused(ExitCode.REFUSED, f"the platform does not say where the run is: {HANDLE_VARIABLE} is not set")
    store.create(keys.spec, document.spec.to_bytes())
    store.create(keys.graph(document.submission, digest), data)
    with suppress(ConflictError):  # an earlier start of this job has begun it
        Submission(store, keys.run_id, document.submission, handle)
    store.create(keys.header, _header(schedule, keys.run_id).to_bytes())


def _header(schedule: ScheduleRecord, run_id: str) -> RunHeader:
    """Name the run by this moment."""
    now = time.time()
    return RunHeader(
        id=run_id,
        name=expand(schedule.run_name, schedule.substitutions, now),
        pipeline=schedule.pipeline,
        created=now,
        spec_digest=schedule.spec_digest,
        user=schedule.user,
        host=schedule.host,
        stack=schedule.stack,
        code=schedule.code,
        enable_cache=schedule.enable_cache,
        schedule=schedule.id,
    )


if __name__ == "__main__":
    run(main)
