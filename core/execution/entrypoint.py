"""Run one attempt of one step as a job: `python -m podium.core.execution.entrypoint RUN STEP ATTEMPT DIGEST`.

RUN is the run's URL, DIGEST the BLAKE3 digest of the job's document, which the store has. What is secret, the store's
credentials included, is read from a file. The exit codes are those of `exit_codes.py`.

This process supervises: it passes the output on, enforces the time-out, hears signals and cancel requests, and records
what the step's own process did not live to record. It forks that process before the store is asked for anything and
before any thread runs, so that both load what they need at the same time, and neither has a lock of the other's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..records.cancel import is_cancelled
from .attempt import Attempt, record_cancelled
from .exit_codes import ExitCode
from .interrupts import Interrupts
from .job import StepJob
from .job_document import from_bytes
from .job_output import JobOutput
from .job_program import checked, decoded, expecting, needing_store, opened, run, run_at
from .process_tree import adopt_orphans
from .step_setup import handle_signals
from .supervisor import StepProcess, Supervisor

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore


def main(arguments: Sequence[str]) -> ExitCode:
    """Run the attempt to its end; raise Refused where it could not even begin."""
    adopt_orphans()
    handle_signals()
    with expecting("RUN STEP ATTEMPT DIGEST"):
        address, step, number, digest = arguments
        attempt = int(number)
    url, keys = run_at(address)
    store, delivery, options = opened(url)
    try:
        with needing_store():
            store.preload()
            process = StepProcess(fork=True)
            job = _read_job(store, keys.job(step, attempt, digest), digest)
            job.delivery, job.store_options = delivery, options
            output = JobOutput(store.log_writer(keys.log(step, attempt), more=job.failure is not None))
    except KeyboardInterrupt:
        record_cancelled(store, keys, step, attempt, "its job was ended before it began")
        raise
    with Interrupts() as interrupts:
        supervisor = Supervisor(interrupts, store, lambda: is_cancelled(store, job.run_id))
        return Attempt(job, store, output, supervisor).run(process)


def _read_job(store: ArtifactStore, key: str, digest: str) -> StepJob:
    """Return the job that the digest names, refusing any other; its secrets are still missing."""
    what = f"job document at {store.url}/{key}"
    (data,) = store.read_many([key])
    return decoded(from_bytes, checked(data, digest, what), what)


if __name__ == "__main__":
    run(main)
