"""How a run stands, as its supervisor prints it."""

from __future__ import annotations

from typing import Literal, cast, get_args

from ..contracts.graph_orchestrator import GraphStatus
from ..contracts.job_orchestrator import JobStatus

NEVER_STARTED = GraphStatus("lost", reason="it was never started")
_RunState = Literal["queued", "running", "ended", "lost"]
_JobState = Literal["queued", "running", "ended"]


def read_status(printed: str) -> GraphStatus:
    """Return what `supervise.sh status` printed: `state STATE [REASON]`, `job NAME STATE EXITCODE|- [REASON]`."""
    state, reason, jobs = "running", "", {}
    for line in printed.splitlines():
        match line.split(maxsplit=1):
            case ["state", rest]:
                state, _, reason = rest.partition(" ")
            case ["job", rest]:
                name, how, code, *why = rest.split(maxsplit=3)
                jobs[name] = JobStatus(
                    cast("_JobState", how if how in get_args(_JobState) else "running"),
                    None if code == "-" else int(code),
                    "".join(why),
                )
    return GraphStatus(cast("_RunState", state if state in get_args(_RunState) else "running"), jobs, reason)
