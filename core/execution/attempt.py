"""One attempt as its job sees it: get the code, have it run, and record what its process could not."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from ..dataclass import replace
from ..errors import PodiumError
from ..records.documents import RunKeys, encode
from .assignment import Account, Assignment
from .boot import Boot
from .cgroup import MemoryWatch
from .environment import step_environment
from .exit_codes import ExitCode
from .job import StepFailure, StepJob
from .job_folder import JobFolder
from .job_output import JobOutput, tell
from .process_tree import describe_exit
from .supervisor import StepEnd, StepProcess, Supervisor

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore
    from ..spec import JSON

NO_DEVICES: AbstractContextManager[Mapping[str, str]] = nullcontext({})
_HOOK_TIMEOUT = 60.0
"""Seconds for the failure hook of a step whose process died: its own may be shorter than the start of another one."""


class Attempt:
    """Runs a job whose document is read and whose log is open.

    `devices` are held while the step's process runs, and give variables that name them to it; KeyboardInterrupt says
    that the job was to end before it had them.
    """

    def __init__(
        self,
        job: StepJob,
        store: ArtifactStore,
        output: JobOutput,
        supervisor: Supervisor,
        devices: AbstractContextManager[Mapping[str, str]] = NO_DEVICES,
    ) -> None:
        self._job = job
        self._store = store
        self._output = output
        self._supervisor = supervisor
        self._devices = devices
        self._keys = RunKeys(job.run_id)
        self._memory = MemoryWatch()
        self._folder = JobFolder()

    def run(self, process: StepProcess) -> ExitCode:
        """Have the process run the job, and return how the attempt ended when that is recorded."""
        try:
            code = self._run(process)
        finally:
            self._output.close()
            self._folder.remove()
        return code

    def _run(self, process: StepProcess) -> ExitCode:
        try:
            assignment = self._assignment()
        except (OSError, PodiumError) as error:
            return self._failed(StepFailure(type(error).__name__, str(error)), 0.0, None)
        with ExitStack() as held:
            try:
                variables = held.enter_context(self._devices)
            except PodiumError as error:
                return self._failed(StepFailure(type(error).__name__, str(error)), 0.0, assignment)
            except KeyboardInterrupt:
                return self._cancelled()
            assignment = replace(assignment, environment={**assignment.environment, **variables})
            process.assign(assignment)
            end = self._supervisor.watch(process, self._output, self._job.step.timeout)
            return self._settle(end, assignment)

    def _assignment(self) -> Assignment:
        """Unpack the code, and say where the step finds what."""
        job, code = self._job, self._job.code
        assert code is not None
        root = self._folder.unpack(self._store, code.archive) if code.archive else Path.cwd()
        path = [os.path.normpath(root / folder) for folder in code.path] if code.archive else []
        environment = {**step_environment(), **self._folder.home(), **job.environment}
        return Assignment(job, Boot(code.module, (*path, *sys.path), code.argv), environment, str(root))

    def _settle(self, end: StepEnd, assignment: Assignment) -> ExitCode:
        """Go by what is recorded; what is not is recorded here."""
        step = self._job.step
        if self._job.failure is not None:
            return ExitCode.COMPLETED  # the failure was recorded by who asked for its hook to be run
        account = end.account or self._recorded()
        if account is not None and account.problem:
            return self._unrecorded(account.what, account.problem)
        if account is not None and account.what == "completed":
            return ExitCode.COMPLETED
        if end.stopped == "cancelled":
            return self._cancelled()
        if account is not None:
            return ExitCode.FAILED
        if end.stopped == "timed out":
            failure = StepFailure("TimedOut", f"it took longer than {step.timeout:g}s")
        else:
            failure = StepFailure("StepDied", describe_exit(end.status, self._memory.verdict()))
        return self._failed(failure, end.seconds, assignment)

    def _recorded(self) -> Account | None:
        """Look for the record of a process that died before it could say that it had written one."""
        for what in ("completed", "failed"):
            try:
                if self._store.exists(self._key(what)):
                    return Account(what)
            except (OSError, PodiumError):
                return None
        return None

    def _failed(self, failure: StepFailure, seconds: float, assignment: Assignment | None) -> ExitCode:
        """Record a failure in place of the step's process, and have its hook called if there is code to find it in."""
        self._output.say(str(failure))
        document: dict[str, JSON] = {"at": time.time(), "seconds": seconds, "error": failure.to_json()}
        try:
            self._store.create(self._key("failed"), encode(document))
        except (OSError, PodiumError) as error:
            return self._unrecorded(f"failed ({failure})", error)
        if self._job.step.on_failure and not self._job.retries_left and assignment is not None:
            process = StepProcess(fork=False)
            process.assign(replace(assignment, job=replace(self._job, failure=failure)))
            self._supervisor.watch(process, self._output, _HOOK_TIMEOUT)
        return ExitCode.FAILED

    def _cancelled(self) -> ExitCode:
        job = self._job
        record_cancelled(self._store, self._keys, job.step.id, job.attempt, "its job was asked to end")
        return ExitCode.CANCELLED

    def _unrecorded(self, what: str, problem: object) -> ExitCode:
        tell(f"step {self._job.step.id} {what}, and that is not recorded: {problem}")
        return ExitCode.UNRECORDED

    def _key(self, what: str) -> str:
        return self._keys.step(self._job.step.id, self._job.attempt, what)


def record_cancelled(store: ArtifactStore, keys: RunKeys, step: str, attempt: int, detail: str) -> None:
    """Record that an attempt was cancelled, unless that is recorded; say on stderr what kept the store from it."""
    try:
        store.create(keys.step(step, attempt, "cancelled"), encode({"at": time.time(), "detail": detail}))
    except (OSError, PodiumError) as error:
        tell(f"step {step} was cancelled, and that is not recorded: {error}")
