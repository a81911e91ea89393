"""Runs on this machine's Docker engine, as they lie on any host."""

import io
import os
import subprocess
import tarfile
import time
from pathlib import Path

from servers import base_image

from podium.core.compose.bundle import RunConf, run_folder
from podium.core.compose.document import ServiceOptions
from podium.core.contracts.graph_orchestrator import Graph, GraphStep
from podium.core.contracts.job_orchestrator import Job
from podium.core.ids import new_run_id

PLUGINS = Path("/var/lib/podium-tests/compose-v2")  # of tests/programs.sh
PLAIN = ServiceOptions()


def job(name: str, script: str = "", **fields: object) -> Job:
    fields = {"image": base_image.NAME, "labels": {"podium.step": name}, "command": ("sh", "-c", script), **fields}
    return Job(name=name, **fields)


def graph(steps: dict[str, tuple], *, end: str = "", **fields: object) -> Graph:
    """Make a graph of `name: (script or job, upstream...)`."""
    made = tuple(
        GraphStep(job=does if isinstance(does, Job) else job(name, does), upstream=tuple(upstream))
        for name, (does, *upstream) in steps.items()
    )
    last = end if isinstance(end, Job) else job("podium-end", end)
    return Graph(**{"pipeline": "p", "run_id": new_run_id(), "submission": 1, "steps": made, "end": last, **fields})


class Host:
    """A folder for runs on a host with Compose 1 or 2, the latter with all programs of busybox and no others' like."""

    def __init__(self, folder: Path, compose: int) -> None:
        self.runs, programs = folder / "runs", folder / "programs"
        self.runs.mkdir()
        programs.mkdir()
        path = f"{programs}:{os.environ['PATH']}"
        self.environment = {**os.environ, "DOCKER_CONFIG": os.fspath(PLUGINS), "PATH": path}
        self.docker = "docker"
        if compose == 1:
            self.docker = os.fspath(programs / "docker-alone")
            Path(self.docker).write_text('#!/bin/sh\n[ "$1" != compose ] || exit 1\nexec docker "$@"\n')
            Path(self.docker).chmod(0o755)
        else:
            subprocess.run(["/bin/busybox", "--install", "-s", programs], check=True)
        self.groups = [0, 4242] if os.geteuid() == 0 else None
        self.placed: list[Path] = []

    def place(self, graph: Graph, options=PLAIN, **conf: object) -> Path:
        """Unpack a run's folder; it is not started. `options` are those of every job, or a function of the job."""
        of_job = options if callable(options) else lambda _: options
        made = RunConf(**{"run_id": graph.run_id, "handle": "ssh://h/f", "docker": self.docker, **conf})
        folder = self.runs / f"{graph.run_id}.{graph.submission}"
        folder.mkdir(mode=0o700)
        with tarfile.open(fileobj=io.BytesIO(run_folder(graph, of_job, made))) as tar:
            tar.extractall(folder)  # noqa: S202 - podium made it
        self.placed.append(folder)
        return folder

    def ask(self, folder: Path, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        command = ["sh", os.fspath(folder / "supervise.sh"), *words]
        return subprocess.run(
            command,
            input=stdin,
            env=self.environment,
            extra_groups=self.groups,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    def status(self, folder: Path) -> tuple[str, dict[str, str]]:
        """Return the state with its reason, and that of each job."""
        first, *lines = self.ask(folder, "status").stdout.splitlines()
        return first.removeprefix("state "), dict(line.removeprefix("job ").split(" ", 1) for line in lines)

    def run(self, graph: Graph, options=PLAIN, **conf: object) -> Path:
        """Place a run, start it, and wait for its end."""
        folder = self.place(graph, options, **conf)
        started = self.ask(folder, "start")
        assert (started.returncode, started.stderr) == (0, "")
        self.wait(folder)
        return folder

    def wait(self, folder: Path) -> None:
        self.until(lambda: (folder / "state/ended").exists(), folder)

    def until(self, happened, folder: Path) -> None:
        deadline = time.monotonic() + 60
        while not happened():
            assert time.monotonic() < deadline, (folder / "state/log").read_text() + self.ask(folder, "status").stdout
            time.sleep(0.05)

    def containers(self, folder: Path) -> list[str]:
        project = "podium-" + folder.name.replace(".", "-")
        command = ["docker", "ps", "-aq", "--filter", f"label=com.docker.compose.project={project}"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
