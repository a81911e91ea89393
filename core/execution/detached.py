"""Drive a recorded run from a process of its own that outlives the client."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from ..contracts.artifact_store import ArtifactStore
from ..errors import PodiumError
from ..paths import driver_log_path
from ..records.documents import RunHeader, RunKeys
from ..records.reader import read_run, read_spec

_CHECK, _REMOTE_CHECK = 0.01, 0.5
"""Seconds between looks whether the driver has begun, in a local store and where each look is a request."""


def start(header: RunHeader, store: ArtifactStore) -> str:
    """Start the driver in a session of its own; return where its log is when it has taken up the run.

    That is `driver.log` beside the run's records, or a file of this machine where they are no files.
    """
    key = f"{RunKeys(header.id).folder}/driver.log"
    log, where = store.open_log(key), f"{store.url}/{key}"
    if log is None:
        path = driver_log_path(header.id)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        log, where = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600), str(path)
    program = (
        f"import sys; sys.path[:] = {sys.path!r}; sys.argv[:] = {sys.argv!r}; "
        f"from podium.core.execution.detached import main; main({header.id!r}, {str(header.stack['name'])!r})"
    )
    try:
        driver = subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    finally:
        os.close(log)
    while not store.names(RunKeys(header.id).submissions):  # until then readers take the run for lost
        if driver.poll() is not None:
            raise PodiumError("the driver ended before it took up the run", where=where)
        time.sleep(_REMOTE_CHECK if store.remote else _CHECK)
    driver.returncode = 0  # it outlives this process: nothing waits for it
    return where


def main(run_id: str, stack_name: str) -> None:
    """Drive the run to its end; its records say how it ended."""
    from ..display.plain import PlainDisplay
    from ..sdk.uncaught import show_as_text
    from ..stacks.stack import load_stack
    from .resume import proceed

    show_as_text()
    stack = load_stack(stack_name)
    store = stack.artifact_store
    proceed(read_run(store, run_id), read_spec(store, run_id), stack, PlainDisplay(sys.stderr))
