"""A warm worker: a process that runs one step attempt after another, each with its own log on its stdout and stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, MutableMapping

from ..artifacts.open import open_store
from ..contracts.artifact_store import STORE_THREADS, ArtifactStore
from ..records.documents import RunKeys
from ..spec import JSON
from ..threads import has_one_thread
from . import wire
from .boot import Boot, load
from .failure import describe
from .job import StepJob, StepOutcome
from .process_tree import adopt_orphans, die_with_parent, flush_native
from .step_runner import run_step
from .step_setup import TERMINATED, handle_signals, print_lines_at_once, reseed

_SHORT_LOG = 4096
"""Most bytes of a log that come back with the outcome."""


Stores = MutableMapping[str, tuple[Mapping[str, JSON], ArtifactStore]]
"""Stores that are open, with the options they were opened with, by URL."""


def current_environment() -> dict[bytes, bytes]:
    """Return the variables of this process."""
    return dict(vars(os.environ)["_data"])  # the mapping itself decodes every variable, which takes longer


def serve(channel: int, parent: int, stores: Stores, environment: Mapping[bytes, bytes]) -> None:
    """Run the jobs that arrive until the other side hangs up, or until a step leaves something running behind it.

    `environment` is this process's, found again by each step whatever others did to it.
    """
    os.setsid()
    adopt_orphans()
    die_with_parent(parent)
    folder = os.getcwd()  # noqa: PTH109 - kept for chdir
    used = False
    while True:
        handle_signals()
        try:
            job = wire.receive(channel)
        except EOFError:
            return
        if used:
            _restore(environment, folder)
        used = True
        assert isinstance(job, StepJob)
        options, store = stores.get(job.store_url) or ({}, None)
        if store is None or options != job.store_options:  # other credentials
            store = open_store(job.store_url, job.store_options)
            stores[job.store_url] = (job.store_options, store)
        outcome = _run(job, store)
        store.release()
        tainted = _left_something()
        wire.send(channel, (outcome, tainted, ""))
        del job, outcome
        if tainted:
            return


def serve_spawned(boot: Boot, channel: int, parent: int) -> None:
    """Be a worker that was not forked: load the user's code, serve, and end the process."""
    try:
        load(boot)
    except Exception as error:  # noqa: BLE001 - the user's module may raise anything
        wire.receive(channel)
        wire.send(channel, (None, True, f"its interpreter could not load the pipeline's file: {describe(error)}"))
        return
    print_lines_at_once()
    serve(channel, parent, {}, current_environment())
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # not kept alive by a thread that a step left


def _run(job: StepJob, store: ArtifactStore) -> StepOutcome:
    log = _open_log(job, store)
    os.dup2(log, 1)
    os.dup2(log, 2)
    reseed(job)
    try:
        outcome = run_step(job, store)
    except KeyboardInterrupt:
        os._exit(TERMINATED)
    sys.stdout.flush()
    sys.stderr.flush()
    flush_native()  # what native code printed belongs to this step's log, not to the next one's
    text = os.pread(log, _SHORT_LOG + 1, 0)
    os.close(log)
    if len(text) > _SHORT_LOG:
        return outcome
    return StepOutcome(outcome.seconds, outcome.outputs, outcome.failure, text)


def _open_log(job: StepJob, store: ArtifactStore) -> int:
    """Return the file that takes the attempt's log: the store's own, or one that the launcher reads and passes on."""
    if job.spool is not None:
        return os.open(job.spool, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    log = store.open_log(RunKeys(job.run_id).log(job.step.id, job.attempt))
    assert log is not None
    return log


def _restore(environment: Mapping[bytes, bytes], folder: str) -> None:
    """Undo what the step before did to the working folder and the environment."""
    os.chdir(folder)
    if vars(os.environ)["_data"] != environment:
        os.environ.clear()
        os.environ.update({os.fsdecode(name): os.fsdecode(value) for name, value in environment.items()})


def _left_something() -> bool:
    """Say whether the step left a thread or a process behind; both would write into later steps' logs."""
    if not has_one_thread():
        import threading

        if any(
            thread is not threading.main_thread() and not thread.name.startswith(STORE_THREADS)
            for thread in threading.enumerate()
        ):
            return True
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True
