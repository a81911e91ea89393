"""What a step costs in its container beyond the start of a bare Python, by CPU time."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from podium.core.artifacts.local import LocalFiles
from podium.core.code.archive import archive_key
from podium.core.code.pack import pack
from podium.core.execution.job import JobCode, StepJob
from podium.core.execution.job_document import to_bytes
from podium.core.records.documents import RunKeys
from podium.core.spec import OutputSpec, Parameter, StepSpec, spec_digest

from ..measure import Figure, Program, Sample, cpu, figure
from ..table import Row

ROUNDS = 15
_ALLOWED = 0.150
"""CPU seconds of the parts in the container and at the client together."""
_STEP = """
from podium import step

@step
def increment(number: int) -> int:
    return number + 1
"""


def programs(scratch: Path) -> dict[str, Program]:
    return {"pass": Program((sys.executable, "-c", "pass")), "job": Program(_job(scratch))}


def rows(samples: Mapping[str, Sequence[Sample]]) -> list[Row]:
    bare, job = figure(samples["pass"], cpu), figure(samples["job"], cpu)
    beyond = Figure(job.median - bare.median, job.minimum - bare.minimum)
    return [Row("job's entrypoint beyond bare Python, cpu", beyond, "allowed", Figure(_ALLOWED, _ALLOWED), 1, 0.6)]


def _job(scratch: Path) -> tuple[str, ...]:
    """Store a job and its code; return its command, which can be run again and again."""
    project = scratch / "project"
    project.mkdir(parents=True)
    (project / "flow.py").write_text(_STEP)
    archive = pack(project)
    store, keys = LocalFiles(scratch / "store"), RunKeys("run")
    store.create(archive_key(archive.digest), archive.data)
    inputs = {"number": Parameter(1)}
    step = StepSpec(
        id="increment", name="increment", source="flow:increment", inputs=inputs, outputs=(OutputSpec("output"),)
    )
    job = StepJob(
        run_id="run",
        run_name="run",
        pipeline="flow",
        store_url=store.url,
        step=step,
        attempt=1,
        inputs=inputs,
        code=JobCode(archive.digest, "flow"),
    )
    document = to_bytes(job)
    digest = spec_digest(document)
    store.create(keys.job(step.id, 1, digest), document)
    module = "podium.core.execution.entrypoint"
    return (sys.executable, "-m", module, f"{store.url}/{keys.folder}", step.id, "1", digest)
