"""Jobs of a platform, of real processes, for tests of what makes a launcher of its verbs."""

from pathlib import Path
from threading import Barrier

import pytest
import sample_jobs
from conformance.workspace import PATIENCE, eventually

from podium.core.artifacts.local import LocalFiles
from podium.core.errors import PodiumError
from podium.core.execution.boot import Boot
from podium.core.execution.job import Ended, JobCode, StepJob
from podium.core.execution.platform import PlatformLauncher
from podium.core.execution.run_context import RunContext
from podium.core.ids import new_run_id
from podium.core.records.documents import CodeReference, RunHeader, RunKeys
from podium.core.spec import PipelineSpec, StepSpec

FLOW = """
import os, sys, time
from podium import step
from pathlib import Path

@step
def good() -> int:
    print("good")
    return 1

@step
def waits():
    print("begun", flush=True)
    time.sleep(600)

@step
def dies():
    os.kill(os.getppid(), 9)
    os._exit(1)

@step
def chatters():
    for number in range(30_000):
        print("x" * 400)
"""


class Counted(sample_jobs.Processes):
    """Counts how often it is asked how jobs stand, can be away, and takes jobs when enough of them are there."""

    asked = 0
    away = False

    def __init__(self, *given) -> None:
        super().__init__(*given)
        self.together = Barrier(1)

    def status(self, handles):
        self.asked += 1
        self._check()
        return super().status(handles)

    def submit(self, job):
        self._check()
        self.together.wait(PATIENCE)
        return super().submit(job)

    def _check(self) -> None:
        if self.away:
            raise PodiumError("the platform is away")


@pytest.fixture
def platform(tmp_path):
    return Counted("here", sample_jobs.ProcessesConfig(folder=str(tmp_path / "jobs")))


@pytest.fixture
def run(tmp_path, platform, monkeypatch):
    """Return a run of the steps above; it ends what its launchers have started."""
    (tmp_path / "platform_flow.py").write_text(FLOW)
    monkeypatch.chdir(tmp_path)
    run = Run(tmp_path, platform)
    yield run
    run.launcher.close()


class Run:
    def __init__(self, folder: Path, platform: Counted) -> None:
        self.platform = platform
        self.store = LocalFiles(folder / "store")
        self.id = new_run_id()
        self.keys = RunKeys(self.id)
        self.steps: dict[str, StepSpec] = {}
        for name in ("good", "waits", "dies", "chatters"):
            self.add(name, name)
        self.launcher = self._launcher()
        self._ended: list[Ended] = []

    def add(self, step: str, function: str, **fields: object) -> None:
        self.steps[step] = StepSpec(id=step, name=step, source=f"platform_flow:{function}", **fields)

    def relaunch(self, **options: int) -> None:
        """Go on with another launcher, as another process would."""
        self.launcher.close(leave=True)
        self.launcher = self._launcher(**options)

    def _launcher(self, **options: int) -> PlatformLauncher:
        spec = PipelineSpec(name="flow", source="platform_flow:flow", steps=tuple(self.steps.values()))
        code = CodeReference(root="/", file=None)
        header = RunHeader(
            id=self.id, name="r", pipeline="flow", created=0, spec_digest="", user="u", host="h", stack={}, code=code
        )
        return PlatformLauncher(self.platform, RunContext(header, spec, Boot(None, (), ()), self.store), **options)

    def job(self, step: str, **fields: object) -> StepJob:
        return StepJob(
            run_id=self.id,
            run_name="r",
            pipeline="flow",
            step=self.steps[step],
            code=JobCode(None, "platform_flow"),
            **{"attempt": 1, "store_url": self.store.url, **fields},
        )

    def start(self, step: str, **fields: object) -> None:
        """Start a step, and wait until its platform has answered."""
        assert self.launcher.start(self.job(step, **fields))
        self._ended += self.launcher.wait(60)  # which an answer ends
        self._ended += self.launcher.wait(0)

    def ended(self) -> list[Ended]:
        ended, self._ended = self._ended, []
        return ended or eventually(lambda: self.launcher.wait(1))

    def printed(self, step: str, text: bytes) -> bytes:
        """Return what the step has printed when that has the text in it."""
        found = b""

        def look() -> bool:
            nonlocal found
            found += self.launcher.output(step)
            return text in found

        eventually(look)
        return found

    def jobs(self) -> list[Path]:
        return [Path(handle) for handle in self.platform.jobs(self.id)]
