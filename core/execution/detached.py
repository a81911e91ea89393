"""Drive a recorded run from a process of its own that outlives the client."""

from __future__ import annotations

import os
import subprocess
import sys

from ..contracts.artifact_store import ArtifactStore
from ..errors import PodiumError
from ..records.documents import RunHeader, RunKeys
from ..records.reader import read_header, read_spec


def start(header: RunHeader, store: ArtifactStore) -> None:
    """Start the driver in a session of its own; what it says goes to `driver.log` beside the run's records."""
    log = store.open_log(f"{RunKeys(header.id).folder}/driver.log")
    program = (
        f"import sys; sys.path[:] = {sys.path!r}; sys.argv[:] = {sys.argv!r}; "
        f"from podium.core.execution.detached import main; main({header.id!r}, {str(header.stack['name'])!r})"
    )
    try:
        subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        ).returncode = 0  # it outlives this process: nothing waits for it
    finally:
        os.close(log)


def main(run_id: str, stack_name: str) -> None:
    """Drive the run to its end; its records say how it ended."""
    from ..display.plain import PlainDisplay
    from ..stack import load_stack
    from .resume import proceed

    stack = load_stack(stack_name)
    store = stack.artifact_store
    try:
        proceed(read_header(store, run_id), read_spec(store, run_id), stack, PlainDisplay(sys.stderr))
    except PodiumError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
