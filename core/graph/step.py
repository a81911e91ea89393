"""Run one step of a graph: `python -m podium.core.graph.step RUN SUBMISSION STEP DIGEST`.

RUN is the run's URL, DIGEST that of the submission's graph document, which the store has. The step is looked up in the
cache, else tried as often as its retries allow; the exit codes are those of `exit_codes.py`, 0 for a cached step, too.

As in `core/execution/entrypoint.py`, the process of the first attempt is forked before the store is asked for anything
and before any thread runs.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from ..cache.entries import lookup
from ..cache.key import cache_key
from ..dataclass import dataclass
from ..errors import PodiumError
from ..execution.attempt import NO_DEVICES, Attempt, record_cancelled
from ..execution.exit_codes import ExitCode
from ..execution.interrupts import Interrupts
from ..execution.job import StepJob
from ..execution.job_output import JobOutput, tell
from ..execution.job_program import expecting, needing_store, opened, run, run_at
from ..execution.process_tree import adopt_orphans
from ..execution.step_setup import handle_signals
from ..execution.supervisor import StepProcess, Supervisor
from ..records.documents import RunKeys, encode
from .known import KnownStep, read_step, resolved_inputs

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore
    from ..execution.delivery import Delivery
    from ..spec import JSON, Input


def main(arguments: Sequence[str]) -> ExitCode:
    """Run the step to its end; raise Refused where it could not even begin."""
    adopt_orphans()
    handle_signals()
    with expecting("RUN SUBMISSION STEP DIGEST"):
        address, number, step, digest = arguments
        submission = int(number)
    url, keys = run_at(address)
    store, delivery, options = opened(url)
    with needing_store():
        store.preload()
        process = StepProcess(fork=True)
        known = read_step(store, keys, submission, step, digest)
        if known.is_done:
            return ExitCode.COMPLETED
        if known.cancelled:
            record_cancelled(store, keys, step, known.next_attempt, "the run was cancelled")
            return ExitCode.CANCELLED
        inputs = resolved_inputs(store, known)
        key = cache_key(known.step, inputs) if known.step.enable_cache else None
        if key and known.document.enable_cache and _take_cached(store, keys, known, key):
            return ExitCode.COMPLETED
    with Interrupts() as interrupts:
        supervisor = Supervisor(interrupts, store, lambda: store.exists(keys.cancel(submission)))
        return _Attempts(store, keys, known, inputs, key, delivery, options, supervisor).run(process)


@dataclass(frozen=True, slots=True)
class _Attempts:
    """Tries a step until it has completed or no retry is left."""

    store: ArtifactStore
    keys: RunKeys
    known: KnownStep
    inputs: Mapping[str, Input]
    cache_key: str | None
    delivery: Delivery | None
    options: Mapping[str, JSON]
    supervisor: Supervisor

    def run(self, process: StepProcess) -> ExitCode:
        """Return how the last attempt ended; those after the first are the work of fresh interpreters."""
        attempt = self.known.next_attempt
        while True:
            job = self._job(attempt)
            code = self._try(job, process)
            if code is not ExitCode.FAILED or not job.retries_left:
                return code
            self._pause(attempt)
            if self.supervisor.stopping:
                record_cancelled(self.store, self.keys, job.step.id, attempt, "its job was asked to end")
                return ExitCode.CANCELLED
            attempt += 1
            process = StepProcess(fork=False)

    def _try(self, job: StepJob, process: StepProcess) -> ExitCode:
        with needing_store():
            output = JobOutput(self.store.log_writer(self.keys.log(job.step.id, job.attempt)))
        return Attempt(job, self.store, output, self.supervisor, self._devices(output)).run(process)

    def _job(self, attempt: int) -> StepJob:
        known = self.known
        return StepJob(
            run_id=known.header.id,
            run_name=known.header.name,
            pipeline=known.header.pipeline,
            store_url=self.store.url,
            store_options=self.options,
            step=known.step,
            attempt=attempt,
            inputs=self.inputs,
            cache_key=self.cache_key,
            retries_left=known.retries_left(attempt),
            delivery=self.delivery,
            code=known.document.code,
        )

    def _devices(self, output: JobOutput) -> AbstractContextManager[Mapping[str, str]]:
        if not self.known.step.resources.gpu_count:
            return NO_DEVICES
        from ..contracts.graph_orchestrator import GPU_LOCKS_FOLDER
        from .gpu_queue import leased

        locks = Path(os.environ.get("PODIUM_GPU_LOCKS_FOLDER") or GPU_LOCKS_FOLDER)
        return leased(self.known.step, locks, self.supervisor, output.say) if locks.is_dir() else NO_DEVICES

    def _pause(self, attempt: int) -> None:
        """Wait before the next attempt, and say so in the records."""
        step, retry = self.known.step, self.known.step.retry
        assert retry is not None
        delay = retry.pause(attempt - self.known.taken)
        tell(f"step {step.id} failed, and is tried again in {delay:g}s")
        try:
            self.store.create(self.keys.step(step.id, attempt, "retrying"), encode({"at": time.time(), "delay": delay}))
        except (OSError, PodiumError) as error:
            tell(f"that it is tried again is not recorded: {error}")
        self.supervisor.pause(delay)


def _take_cached(store: ArtifactStore, keys: RunKeys, known: KnownStep, key: str) -> bool:
    entry = lookup(store, key)
    if entry is None:
        return False
    document = encode({"at": time.time(), **entry.reused()})
    store.create(keys.step(known.step.id, known.next_attempt, "cached"), document)
    tell(f"step {known.step.id} is taken from the cache, {entry.origin}")
    return True


if __name__ == "__main__":
    run(main)
