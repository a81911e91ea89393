"""Settle a submission when all of its other jobs have ended: `python -m podium.core.graph.end RUN SUBMISSION DIGEST`.

How they ended is read from ENDS_FOLDER. The exit code is 0 when the run's end is recorded, by this job or before it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from ..contracts.graph_orchestrator import ENDS_FOLDER
from ..contracts.job_orchestrator import JobStatus
from ..errors import ConflictError, PodiumError
from ..execution.exit_codes import ExitCode
from ..execution.job_program import Refused, checked, decoded, expecting, needing_store, opened, run, run_at
from ..execution.step_setup import handle_signals
from ..records import lease
from .document import GraphDocument
from .settle import settle

_PATIENCE = 60.0
"""Seconds for a client that holds the run, maybe to settle it."""
_PAUSE = 1.0


def main(arguments: Sequence[str]) -> ExitCode:
    """Settle the submission; raise Refused where that is not possible."""
    handle_signals()
    with expecting("RUN SUBMISSION DIGEST"):
        address, number, digest = arguments
        submission = int(number)
    url, keys = run_at(address)
    store, _, _ = opened(url)
    with needing_store():
        key = keys.graph(submission, digest)
        what = f"graph document at {store.url}/{key}"
        (data,) = store.read_many([key])
        document = decoded(GraphDocument.from_bytes, checked(data, digest, what), what)
    ends, outputs = _read_ends(Path(os.environ.get("PODIUM_ENDS_FOLDER") or ENDS_FOLDER))
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            with lease.hold(store, keys.run_id):
                settle(store, keys.run_id, document, ends, outputs)
        except (OSError, PodiumError) as error:
            if not isinstance(error, ConflictError) or time.monotonic() > deadline:
                raise Refused(ExitCode.UNRECORDED, f"the end of run {keys.run_id} is not recorded: {error}") from error
            time.sleep(_PAUSE)
        else:
            return ExitCode.COMPLETED


def _read_ends(folder: Path) -> tuple[dict[str, JobStatus], dict[str, bytes]]:
    """Return how each job ended, and the end of what it printed, by its name."""
    ends: dict[str, JobStatus] = {}
    outputs: dict[str, bytes] = {}
    for file in folder.iterdir() if folder.is_dir() else ():
        code, reason, output = [*file.read_bytes().split(b"\n", 2), b"", b""][:3]
        number = int(code) if code.strip().isdigit() else None
        ends[file.name] = JobStatus("ended", number, reason.decode(errors="replace").strip())
        outputs[file.name] = output
    return ends, outputs


if __name__ == "__main__":
    run(main)
