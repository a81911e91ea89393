"""Run one attempt of one step as a job: `python -m podium.core.execution.entrypoint RUN STEP ATTEMPT DIGEST`.

RUN is the run's URL, DIGEST the BLAKE3 digest of the job's document, which the store has. What is secret, the store's
credentials included, is read from a file. The exit codes are those of `exit_codes.py`.

This process supervises: it passes the output on, enforces the time-out, hears signals and cancel requests, and records
what the step's own process did not live to record. It forks that process before the store is asked for anything and
before any thread runs, so that both load what they need at the same time, and neither has a lock of the other's.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from blake3 import blake3

from ..artifacts.open import open_store
from ..errors import PodiumError
from ..records.documents import RunKeys
from .attempt import Attempt, record_cancelled
from .exit_codes import ExitCode
from .interrupts import Interrupts
from .job import StepJob
from .job_document import SECRETS_FILE, from_bytes, read_secrets
from .job_output import JobOutput, tell
from .process_tree import adopt_orphans
from .step_setup import handle_signals
from .supervisor import StepProcess

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore
    from ..spec import JSON
    from .delivery import Delivery


class _Refused(Exception):  # noqa: N818 - the job ends, and this is its exit code
    def __init__(self, code: ExitCode, reason: object) -> None:
        super().__init__(str(reason))
        self.code = code


def main(arguments: Sequence[str]) -> ExitCode:
    """Run the attempt to its end; why it could not even begin is told on stderr."""
    adopt_orphans()
    handle_signals()
    try:
        return _run(*_parse(arguments))
    except _Refused as refusal:
        tell(str(refusal))
        return refusal.code
    except KeyboardInterrupt:
        return ExitCode.CANCELLED


def _parse(arguments: Sequence[str]) -> tuple[str, RunKeys, str, int, str]:
    """Return the store's URL, the run's keys, step, attempt and digest."""
    try:
        address, step, attempt, digest = arguments
        url, _, run_id = address.rpartition("/runs/")
        return url, RunKeys(run_id), step, int(attempt), digest
    except ValueError:
        raise _Refused(
            ExitCode.REFUSED, "this job was started with other arguments than RUN STEP ATTEMPT DIGEST"
        ) from None


def _run(url: str, keys: RunKeys, step: str, attempt: int, digest: str) -> ExitCode:
    try:
        delivery, options = _read_secrets()
        store = open_store(url, options)
    except (OSError, PodiumError) as error:
        raise _Refused(ExitCode.REFUSED, error) from error
    try:
        store.preload()
        process = StepProcess(fork=True)
        job = _read_job(store, keys.job(step, attempt, digest), digest)
        job.delivery, job.store_options = delivery, options
        output = JobOutput(store.log_writer(keys.log(step, attempt), more=job.failure is not None))
    except (OSError, ImportError, PodiumError) as error:
        raise _Refused(ExitCode.UNREACHABLE, error) from error
    except KeyboardInterrupt:
        problem = record_cancelled(store, keys.step(step, attempt, "cancelled"), "its job was ended before it began")
        if problem:
            tell(f"step {step} was cancelled, and that is not recorded: {problem}")
        raise
    with Interrupts() as interrupts:
        return Attempt(job, store, output, interrupts).run(process)


def _read_secrets() -> tuple[Delivery | None, Mapping[str, JSON]]:
    try:
        with open(os.environ.get("PODIUM_SECRETS_FILE") or SECRETS_FILE, encoding="utf-8") as file:  # noqa: PTH123 - lean
            return read_secrets(file.read())
    except FileNotFoundError:
        return None, {}


def _read_job(store: ArtifactStore, key: str, digest: str) -> StepJob:
    """Return the job that the digest names, refusing any other; its secrets are still missing."""
    try:
        data = store.read(key)
    except FileNotFoundError:
        raise _Refused(ExitCode.REFUSED, f"there is no job document at {store.url}/{key}") from None
    if blake3(data).hexdigest() != digest:
        raise _Refused(ExitCode.REFUSED, f"the job document at {store.url}/{key} is not the one this job was made for")
    try:
        return from_bytes(data)
    except PodiumError as error:
        raise _Refused(ExitCode.REFUSED, error) from error


if __name__ == "__main__":
    status = ExitCode.BROKEN
    try:
        status = main(sys.argv[1:])
    except BaseException:  # noqa: BLE001 - an exit code that says so
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        os._exit(status)  # no thread of a store's client holds it up
