"""Drive a recorded run from a process of its own that outlives the client."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from ..contracts.artifact_store import ArtifactStore
from ..errors import PodiumError
from ..records.documents import RunHeader, RunKeys
from ..records.reader import read_run, read_spec


def start(header: RunHeader, store: ArtifactStore) -> None:
    """Start the driver in a session of its own and return when it has taken up the run.

    What it says goes to `driver.log` beside the run's records.
    """
    key = f"{RunKeys(header.id).folder}/driver.log"
    log = store.open_log(key)
    assert log is not None
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
    while read_run(store, header.id).submission == 0:  # until then readers take the run for lost
        if driver.poll() is not None:
            raise PodiumError("the driver ended before it took up the run", where=f"{store.url}/{key}")
        time.sleep(0.01)
    driver.returncode = 0  # it outlives this process: nothing waits for it


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
