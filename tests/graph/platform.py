"""A platform as small as can be: it runs the jobs of a graph as processes, each when those before it exited with 0."""

import importlib
import json
import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

from conformance.workspace import HEADER, PATIENCE, Workspace

from podium.core.artifacts.record import ArtifactRecord
from podium.core.code.archive import archive_key
from podium.core.code.pack import pack
from podium.core.contracts.artifact_store import ArtifactStore
from podium.core.contracts.graph_orchestrator import Graph
from podium.core.contracts.job_orchestrator import Job
from podium.core.execution.job import JobCode
from podium.core.graph.build import build_graph
from podium.core.graph.document import GraphDocument
from podium.core.ids import new_run_id
from podium.core.records import lease
from podium.core.records.documents import CodeReference, RunHeader, RunKeys
from podium.core.records.reader import RunView, StepView, read_run, read_steps
from podium.core.records.writer import Submission, create_run
from podium.core.spec import PipelineSpec, spec_digest

HANDLE = "here"


class GraphRun:
    """A run of a pipeline file, and a platform that has no memory: what it knows is in `exits`."""

    def __init__(self, folder: Path, store: ArtifactStore, spec: PipelineSpec, run_id: str) -> None:
        self.folder = folder
        self.store = store
        self.spec = spec
        self.id = run_id
        self.keys = RunKeys(run_id)
        self.ends = folder / "ends" / run_id
        self.ends.mkdir(parents=True)
        self.environment = Workspace(folder).environment | {"PODIUM_ENDS_FOLDER": str(self.ends)}
        self.document: GraphDocument | None = None
        self.graph: Graph | None = None
        self.exits: dict[str, int] = {}
        self.said: dict[str, str] = {}
        self.processes: list[subprocess.Popen[str]] = []

    def begin(
        self,
        code: JobCode,
        *,
        enable_cache: bool = False,
        submission: int = 1,
        done: Mapping[str, Mapping[str, ArtifactRecord]] | None = None,
        attempts: Mapping[str, int] | None = None,
    ) -> Graph:
        """Record a submission as a client does before it hands the run over."""
        document = GraphDocument(
            spec=self.spec,
            code=code,
            enable_cache=enable_cache,
            submission=submission,
            done=done or {},
            attempts=attempts or {},
        )
        data = document.to_bytes()
        with lease.hold(self.store, self.id):
            self.store.create(self.keys.graph(submission, spec_digest(data)), data)
            Submission(self.store, self.id, submission, HANDLE)
        return self.take(document)

    def take(self, document: GraphDocument) -> Graph:
        """Take over a submission that is recorded."""
        self.exits.clear()
        for file in self.ends.iterdir():
            file.unlink()
        self.document = document
        digest = spec_digest(document.to_bytes())
        self.graph = build_graph(document, digest, run_id=self.id, store=self.store, deliveries={})
        return self.graph

    def job(self, name: str) -> Job:
        """Return a job of the graph by its name."""
        assert self.graph is not None
        return next(job for job in self.graph.jobs if job.name == name)

    def start(self, name: str, **environment: str) -> subprocess.Popen[str]:
        """Start one job."""
        job = self.job(name)
        secrets = self.folder / f"{name}.secrets.json"
        if job.secrets:
            secrets.write_text(job.secrets.reveal())
        process = subprocess.Popen(
            [sys.executable, *job.command[1:]],
            cwd=self.folder,
            env={**self.environment, **job.environment, "PODIUM_SECRETS_FILE": str(secrets), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.processes.append(process)
        return process

    def finish(self, name: str, process: subprocess.Popen[str], reason: str = "") -> int:
        """Wait for a job's end, and note it where the last job finds it; `reason` is what the platform says of it."""
        out, err = process.communicate(timeout=PATIENCE)
        code = self.exits[name] = process.returncode if process.returncode >= 0 else 128 - process.returncode
        self.said[name] = err
        (self.ends / name).write_text(f"{code}\n{reason}\n{out}{err}")
        return code

    def run_job(self, name: str, **environment: str) -> int:
        """Run one job to its end."""
        return self.finish(name, self.start(name, **environment))

    def walk(self) -> None:
        """Run each job whose upstreams have exited with 0, in order, then the last one."""
        assert self.graph is not None
        for step in self.graph.steps:
            if step.job.name not in self.exits and all(self.exits.get(name) == 0 for name in step.upstream):
                self.run_job(step.job.name)
        self.settle()

    def settle(self) -> None:
        """Run the last job, which must succeed."""
        assert self.graph is not None
        assert self.run_job(self.graph.end.name) == 0, self.said[self.graph.end.name]

    @property
    def view(self) -> RunView:
        """Read the run."""
        return read_run(self.store, self.id)

    @property
    def steps(self) -> dict[str, StepView]:
        """Read the steps."""
        return read_steps(self.store, self.id, self.spec, self.view)

    @property
    def states(self) -> dict[str, str]:
        """State of each step."""
        return {step: view.state for step, view in self.steps.items()}

    def error(self, step: str) -> tuple[str, str]:
        """Return kind and message of a step's recorded failure."""
        error = self.steps[step].error
        return error["kind"], error["message"]

    def log(self, step: str, attempt: int = 1) -> str:
        """Return the log of an attempt."""
        return self.store.read_log(self.keys.log(step, attempt)).decode()

    def value(self, step: str) -> object:
        """Return the only output of a step, which is JSON."""
        (record,) = self.steps[step].outputs.values()
        return json.loads(self.store.read(record.key))

    def notes(self, name: str) -> list[str]:
        """Return the lines that steps noted in a file."""
        return Workspace(self.folder).notes(name)


class Platform:
    """Makes runs of pipeline files, in one store."""

    def __init__(self, folder: Path, store: ArtifactStore, forget: Callable[[str], None]) -> None:
        self.folder = folder
        self.store = store
        self.runs: list[GraphRun] = []
        self._forget = forget
        self._files = 0

    def compile(self, source: str) -> tuple[PipelineSpec, JobCode]:
        """Compile the pipeline `flow` of a file, and store its code, as a client does."""
        self._files += 1
        module = f"graph_flow_{self._files}"
        project = self.folder / "project"
        project.mkdir(exist_ok=True)
        header = HEADER.format(folder=str(self.folder), patience=PATIENCE, light=0.01)
        (project / f"{module}.py").write_text(header + textwrap.dedent(source))
        archive = pack(project)
        self.store.create(archive_key(archive.digest), archive.data)
        self._forget(module)
        importlib.invalidate_caches()
        spec = importlib.import_module(module).flow.compile()
        return spec, JobCode(archive.digest, module)

    def record(self, spec: PipelineSpec, code: JobCode) -> GraphRun:
        """Record a run that no submission has yet."""
        run = GraphRun(self.folder, self.store, spec, new_run_id())
        self.runs.append(run)
        encoded = spec.to_bytes()
        create_run(self.store, header_of(run.id, spec, code, spec_digest(encoded)), encoded)
        return run

    def found(self, spec: PipelineSpec, run_id: str, document: GraphDocument) -> GraphRun:
        """Return a run that was recorded by its own first job."""
        run = GraphRun(self.folder, self.store, spec, run_id)
        self.runs.append(run)
        run.take(document)
        return run

    def prepare(self, source: str, **submission) -> GraphRun:
        """Record a run of a pipeline file, and its first submission."""
        spec, code = self.compile(source)
        run = self.record(spec, code)
        run.begin(code, **submission)
        return run

    def run(self, source: str, **submission) -> GraphRun:
        """Run a pipeline file to the end of its last job."""
        run = self.prepare(source, **submission)
        run.walk()
        return run


def header_of(run_id: str, spec: PipelineSpec, code: JobCode, digest: str) -> RunHeader:
    """Return the header of a run."""
    return RunHeader(
        id=run_id,
        name="a run",
        pipeline=spec.name,
        created=0.0,
        spec_digest=digest,
        user="alice",
        host="laptop",
        stack={"name": "remote"},
        code=CodeReference(root="/", file=None, archive=code.archive),
    )
