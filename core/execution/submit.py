"""One submission of a run, new, detached or resumed: hold its lease, drive it to its end, record that end."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..artifacts.record import ArtifactRecord
from ..dataclass import dataclass, replace
from ..errors import ConflictError, LeaseLost, PodiumError, StoreUnreachable
from ..records import index, lease
from ..records.documents import RunHeader
from ..records.reader import read_run, taken_attempts
from ..records.writer import Submission
from ..secrets.redaction import redacted
from ..spec import PipelineSpec
from .boot import Boot
from .delivery import Delivery
from .driver import Driver
from .events import Listener, RunState, StepChange, StepState
from .interrupts import Interrupts
from .job import JobCode, StepFailure
from .launcher import Launcher

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore


@dataclass(frozen=True, slots=True)
class Ending:
    """How a submission ended, with the failures that were final."""

    state: RunState
    seconds: float
    steps: Mapping[str, StepState]
    failures: Mapping[str, StepFailure]


def submit(
    *,
    header: RunHeader,
    spec: PipelineSpec,
    store: ArtifactStore,
    launcher: Launcher,
    listener: Listener,
    deliveries: Mapping[str, Delivery],
    number: int = 1,
    done: Mapping[str, Mapping[str, ArtifactRecord]] | None = None,
) -> Ending:
    """Drive one submission in this process; raise ConflictError when another process holds the run."""
    started = time.perf_counter()
    with Interrupts() as interrupts, lease.hold(store, header.id) as held:
        if read_run(store, header.id).submission >= number:
            raise ConflictError(
                f"run {header.id} was taken up a moment ago by {lease.describe_holder(store, header.id)}",
                hint=f"see how it stands: podium runs show {header.id}",
            )
        interrupts.wake = launcher.wake
        submission = Submission(store, header.id, number)
        driver = Driver(
            header=header,
            spec=spec,
            store=store,
            submission=submission,
            launcher=launcher,
            listener=listener,
            interrupts=interrupts,
            done=done or {},
            attempts=taken_attempts(store, header.id) if number > 1 else {},
            deliveries=deliveries,
            held=held,
            adopted=launcher.adopt() if number > 1 else (),
            code=code_of(header, spec),
        )
        listener.run_started(
            header.id, header.name, spec, stack=str(header.stack["name"]), url=f"{store.url}/runs/{header.id}"
        )
        for step in done or ():
            listener.step_changed(StepChange(step, "completed", 0, "in an earlier submission"))
        state: RunState = "failed"
        try:
            state = driver.run()
        except (LeaseLost, StoreUnreachable):  # nothing can be recorded, and others may go on with what runs
            state = "lost"
            raise
        except PodiumError as error:
            submission.end(state, redacted(str(error)))
            raise
        finally:
            try:
                launcher.close(leave=state == "lost")
            finally:
                seconds = time.perf_counter() - started
                listener.run_ended(state, seconds)
    index.remember(replace(entry_of(header, store.url), state=state, ended=time.time()))
    return Ending(state, seconds, driver.states, driver.failures)


def boot_of(header: RunHeader, spec: PipelineSpec) -> Boot:
    """Say how a worker finds the code of a run."""
    beside = [os.path.dirname(header.code.file)] if header.code.file else []  # noqa: PTH120 - an entry of sys.path
    path = dict.fromkeys([*beside, header.code.root, *sys.path])
    return Boot(spec.module, tuple(path), tuple(sys.argv))


def code_of(header: RunHeader, spec: PipelineSpec) -> JobCode | None:
    """Say what jobs in containers need of the user's code; None where the run has packed none."""
    code = header.code
    if code.archive is None:
        return None
    from ..code.path import code_path

    path = code_path(Path(code.file) if code.file else None, Path(code.root))
    return JobCode(code.archive, spec.module, path, tuple(sys.argv))


def entry_of(header: RunHeader, store_url: str) -> index.IndexEntry:
    """Make the index entry of a run that has not ended."""
    return index.IndexEntry(
        header.id, header.name, header.pipeline, str(header.stack["name"]), store_url, header.created
    )
