"""Jobs that a store holds, started by their entrypoint as a platform starts them."""

import json
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

from conformance.workspace import PATIENCE, Workspace

from podium.core.code.archive import archive_key
from podium.core.code.pack import pack
from podium.core.contracts.artifact_store import ArtifactStore
from podium.core.execution.delivery import Delivery
from podium.core.execution.job import JobCode, StepFailure, StepJob
from podium.core.execution.job_document import secrets_of, to_bytes
from podium.core.records.documents import RunKeys, decode
from podium.core.spec import NO_RESOURCES, OutputSpec, ResourceSpec, StepSpec, spec_digest

RUN = "run-1"
STEP = "work"
_HEADER = """
import ctypes, os, signal, subprocess, sys, threading, time
from pathlib import Path
from podium import Client, get_step_context, step
HERE = Path({folder!r})
"""


class Jobs:
    """Steps named `work`, one after another, in a store that may be any; `environment` is their platform's."""

    def __init__(self, folder: Path, store: ArtifactStore) -> None:
        self.folder = folder
        self.store = store
        self.keys = RunKeys(RUN)
        self.environment = {**Workspace(folder).environment, "PODIUM_SECRETS_FILE": str(folder / "secrets.json")}
        self.processes: list[subprocess.Popen[str]] = []

    def pack(self, source: str) -> str:
        """Store the code of a pipeline file, `flow.py`; return its digest."""
        project = self.folder / "project"
        project.mkdir(exist_ok=True)
        (project / "flow.py").write_text(_HEADER.format(folder=str(self.folder)) + textwrap.dedent(source))
        archive = pack(project)
        self.store.create(archive_key(archive.digest), archive.data)
        return archive.digest

    def prepare(
        self,
        source: str,
        *,
        delivery: Delivery | None = None,
        options: Mapping[str, object] | None = None,
        retries_left: int = 0,
        failure: StepFailure | None = None,
        resources: ResourceSpec = NO_RESOURCES,
        outputs: int = 0,
        timeout: float | None = None,
        on_failure: str | None = None,
    ) -> list[str]:
        """Store a job that calls the function `work` of a pipeline file; return its entrypoint's command."""
        job = StepJob(
            run_id=RUN,
            run_name="a run",
            pipeline="flow",
            store_url=self.store.url,
            step=StepSpec(
                id=STEP,
                name=STEP,
                source=f"flow:{STEP}",
                outputs=(OutputSpec("output"),) * outputs,
                resources=resources,
                timeout=timeout,
                secrets=tuple(delivery.secrets) if delivery else (),
                on_failure=on_failure,
            ),
            attempt=1,
            retries_left=retries_left,
            failure=failure,
            code=JobCode(self.pack(source), "flow", argv=("flow.py", "--fast")),
        )
        document = to_bytes(job)
        digest = spec_digest(document)
        self.store.create(self.keys.job(STEP, 1, digest), document)
        if secrets := secrets_of(delivery, options or self.store.options):
            Path(self.environment["PODIUM_SECRETS_FILE"]).write_text(secrets.reveal())
        return self.command(digest)

    def command(self, digest: str) -> list[str]:
        """Return the command of the job whose document has this digest."""
        module = "podium.core.execution.entrypoint"
        return [sys.executable, "-m", module, f"{self.store.url}/{self.keys.folder}", STEP, "1", digest]

    def start(self, command: list[str], **options) -> subprocess.Popen[str]:
        """Start an entrypoint; what it prints is read by `finish`."""
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": self.environment, **options}
        process = subprocess.Popen(
            command, cwd=self.folder, stdin=subprocess.DEVNULL, text=True, start_new_session=True, **options
        )
        self.processes.append(process)
        return process

    def finish(self, process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
        """Wait for an entrypoint's end."""
        out, err = process.communicate(timeout=PATIENCE)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def run(self, source: str, **options) -> subprocess.CompletedProcess[str]:
        """Run a job to its end."""
        return self.finish(self.start(self.prepare(source, **options)))

    def record(self, what: str) -> dict | None:
        """Return what is recorded of the attempt's end, None when it is not this."""
        try:
            return decode(self.store.read(self.keys.step(STEP, 1, what)))
        except FileNotFoundError:
            return None

    def error(self) -> tuple[str, str]:
        """Return kind and message of the recorded failure."""
        failed = self.record("failed")
        assert failed is not None
        return failed["error"]["kind"], failed["error"]["message"]

    def log(self) -> str:
        """Return the attempt's log."""
        return self.store.read_log(self.keys.log(STEP, 1)).decode()

    def output(self) -> object:
        """Return the step's only output, which is JSON."""
        completed = self.record("completed")
        assert completed is not None, self.log()
        return json.loads(self.store.read(completed["outputs"]["output"]["key"]))
