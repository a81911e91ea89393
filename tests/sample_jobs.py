"""A platform that runs each job as a process of this machine, which outlives who asked for it: a custom flavor."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated

from podium.core.contracts.component import About, Settings
from podium.core.contracts.job_orchestrator import Job, JobOrchestrator, JobRefusedError, JobStatus
from podium.core.contracts.orchestrator import Capabilities
from podium.core.execution.process_tree import kill_tree
from podium.core.machine import Machine, this_machine

_SCRIPT = 'trap : TERM; cd "$0"; "$@" > log 2>&1; echo $? > code.new; mv code.new code'


class ProcessesConfig(Settings):
    folder: Annotated[str, About("Where jobs are kept: one folder each, which is the job's handle.")] = ""
    nice: Annotated[int, About("Added to the niceness of jobs.", ge=0)] = 0


class Processes(JobOrchestrator[ProcessesConfig]):
    """Runs jobs in sessions of their own."""

    flavor = "processes"
    config_class = ProcessesConfig
    settings_class = ProcessesConfig
    capabilities = Capabilities(granularity="step", detached=True)

    def room(self) -> Machine:
        return this_machine()

    def submit(self, job: Job) -> str:
        config = self.configured(job.settings)
        if config.nice > 19:
            raise JobRefusedError(f"niceness {config.nice} is more than there is", hint="at most 19")
        folder = self._run(job.labels["podium.run"]) / job.name
        if folder.exists():
            return str(folder)
        folder.mkdir(parents=True, mode=0o700)
        (folder / "labels.json").write_text(json.dumps(dict(job.labels)))
        environment = {**os.environ, **job.environment, "PODIUM_SECRETS_FILE": str(folder / "secrets.json")}
        if job.secrets:
            (folder / "secrets.json").touch(0o600)
            (folder / "secrets.json").write_text(job.secrets.reveal())
        command = ["nice", f"-{config.nice}", sys.executable, *job.command[1:]]
        process = subprocess.Popen(
            ["/bin/sh", "-c", _SCRIPT, folder, *command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**environment, "PYTHONPATH": os.pathsep.join([str(Path.cwd()), *sys.path])},
            start_new_session=True,
        )
        process.returncode = 0  # it outlives this process
        (folder / "pid").write_text(str(process.pid))
        return str(folder)

    def status(self, handles: Collection[str]) -> Mapping[str, JobStatus]:
        return {handle: _status(Path(handle)) for handle in handles if Path(handle).exists()}

    def logs(self, handle: str, cursor: str) -> tuple[bytes, str]:
        try:
            with (Path(handle) / "log").open("rb") as file:
                file.seek(int(cursor or 0))
                return file.read(1 << 20), str(file.tell())
        except FileNotFoundError:
            return b"", cursor

    def stop(self, handle: str, *, force: bool) -> None:
        with suppress(ProcessLookupError, FileNotFoundError):
            pid = int((Path(handle) / "pid").read_text())
            if force:
                kill_tree(pid)
            else:
                os.killpg(pid, signal.SIGTERM)

    def remove(self, handles: Collection[str]) -> None:
        for handle in handles:
            (Path(handle) / "pid").unlink(missing_ok=True)  # by which jobs are found: one half removed is none
            shutil.rmtree(handle, ignore_errors=True)

    def jobs(self, run_id: str) -> Mapping[str, Mapping[str, str]]:
        started = (file.parent for file in self._run(run_id).glob("*/pid"))
        return {str(folder): json.loads((folder / "labels.json").read_text()) for folder in started}

    def finish(self, run_id: str) -> None:
        shutil.rmtree(self._run(run_id), ignore_errors=True)

    def _run(self, run_id: str) -> Path:
        return Path(self.config.folder or tempfile.gettempdir()) / f"podium-{run_id}"


def _status(folder: Path) -> JobStatus:
    with suppress(FileNotFoundError):
        return JobStatus("ended", int((folder / "code").read_text()))
    with suppress(FileNotFoundError):
        stat = Path("/proc", (folder / "pid").read_text(), "stat").read_text()
        if stat.rpartition(") ")[2][0] not in "ZX":
            return JobStatus("running")
    return JobStatus("ended", 128 + signal.SIGKILL)
