"""Jobs of a platform, of real processes: what is started, what is told of ends, what is taken over and left behind."""

import json
import time
from pathlib import Path
from threading import Barrier, Timer

import pytest
import sample_jobs
from conformance.workspace import PATIENCE, eventually

from podium.core.artifacts.local import LocalFiles
from podium.core.errors import PodiumError
from podium.core.execution.boot import Boot
from podium.core.execution.delivery import Delivery
from podium.core.execution.job import Ended, JobCode, StepFailure, StepJob
from podium.core.execution.platform import PlatformLauncher
from podium.core.execution.run_context import RunContext
from podium.core.ids import new_run_id
from podium.core.records.documents import CodeReference, RunHeader, RunKeys, encode
from podium.core.spec import PipelineSpec, ResourceSpec, StepSpec

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


class TestEnds:
    def test_a_step_that_completes_leaves_its_record_and_nothing_else(self, run: Run):
        run.start("good")
        (ended,) = run.ended()
        assert (ended.step, ended.attempt, ended.outcome) == ("good", 1, None)
        assert "recorded nothing" in ended.death
        assert run.store.exists(run.keys.step("good", 1, "completed"))
        assert run.launcher.output("good") == b"good\n"
        run.launcher.close()
        assert run.jobs() == []

    def test_a_process_that_is_killed_is_told_of_by_its_signal(self, run: Run):
        run.start("dies")
        (ended,) = run.ended()
        assert "killed by signal 9 (SIGKILL)" in ended.death

    def test_a_job_that_cannot_begin_says_why_with_its_last_words(self, run: Run):
        run.start("good", store_url=f"{run.store.url}/elsewhere")
        (ended,) = run.ended()
        assert ended.death.startswith(
            "the job's document or its secrets were refused (exit code 65): podium: there is no"
        )

    def test_a_job_that_somebody_removes_is_told_of(self, run: Run):
        run.start("waits")
        run.printed("waits", b"begun")
        (folder,) = run.jobs()
        run.platform.stop(str(folder), force=True)
        run.platform.remove([str(folder)])
        assert run.ended()[0].death == "its container was removed by somebody"

    def test_one_that_the_platform_refuses_has_failed_and_others_run(self, run: Run):
        run.add("refused", "good", settings={"orchestrator": {"nice": 99}})
        run.relaunch()
        run.start("refused")
        assert run.ended() == [Ended("refused", 1, None, "niceness 99 is more than there is (at most 19)")]
        assert run.launcher.output("refused") == b""
        run.start("good")
        assert run.ended()[0].step == "good"

    def test_what_was_printed_is_read_to_its_end_once(self, run: Run):
        run.start("chatters")
        printed = b""
        while not (ended := run.launcher.wait(0.05)):
            printed += run.launcher.output("chatters")
        assert ended[0].step == "chatters"
        printed += run.launcher.output("chatters")
        assert printed == (b"x" * 400 + b"\n") * 30_000 or b"the rest is in the log of the step" in printed
        assert run.launcher.output("chatters") == b""


class TestSubmitting:
    def test_jobs_are_submitted_side_by_side_and_not_too_many_of_them(self, run: Run):
        names = [f"good_{number}" for number in range(12)]
        for name in names:
            run.add(name, "waits", resources=ResourceSpec(cpu_count=0.01))
        run.relaunch()
        run.platform.together = Barrier(8)
        begun = [run.launcher.start(run.job(name)) for name in names if not run.launcher.full]
        assert begun == [True] * 8
        eventually(lambda: run.launcher.wait(1) or len(run.jobs()) == 8)
        run.launcher.wait(0)
        assert not run.launcher.full

    def test_a_job_that_is_stopped_on_its_way_ends_when_it_is_there(self, run: Run):
        run.platform.together = Barrier(2)
        assert run.launcher.start(run.job("waits"))
        run.launcher.stop("waits", 0)
        assert run.launcher.wait(0) == []
        run.platform.together.wait()
        assert "SIGKILL" in run.ended()[0].death

    def test_close_ends_what_is_on_its_way(self, run: Run):
        run.platform.together = Barrier(2)
        assert run.launcher.start(run.job("waits"))
        Timer(0.5, run.platform.together.wait).start()
        run.launcher.close()
        assert run.jobs() == []


class TestWaiting:
    def test_a_quiet_job_is_asked_about_ever_more_rarely(self, run: Run):
        run.start("waits")
        counts = []
        for _ in range(3):
            before = run.platform.asked
            deadline = time.monotonic() + 1.5
            while time.monotonic() < deadline:
                run.launcher.wait(0.1)
            counts.append(run.platform.asked - before)
        assert counts[0] > counts[1] > counts[2]
        assert sum(counts) < 40

    def test_wake_ends_a_wait_and_stop_ends_a_job(self, run: Run):
        run.start("waits")
        run.printed("waits", b"begun")
        run.launcher.wake()
        began = time.monotonic()
        assert run.launcher.wait(30) == []
        assert time.monotonic() - began < 5
        run.launcher.stop("waits", 2)
        assert run.ended()[0].step == "waits"
        assert run.store.exists(run.keys.step("waits", 1, "cancelled"))

    def test_stopped_without_grace_it_is_killed(self, run: Run):
        run.start("waits")
        run.printed("waits", b"begun")
        run.launcher.stop("waits", 0)
        assert "SIGKILL" in run.ended()[0].death
        assert not run.store.exists(run.keys.step("waits", 1, "cancelled"))

    def test_close_ends_what_runs(self, run: Run):
        run.start("waits")
        run.launcher.close()
        assert run.jobs() == []
        run.launcher.close()


class TestAbsence:
    def test_a_platform_that_is_away_for_a_while_is_waited_for(self, run: Run):
        run.start("waits")
        run.printed("waits", b"begun")
        run.platform.away = True
        assert run.launcher.wait(1.2) == []
        run.start("good")
        assert run.launcher.wait(1.2) == []
        run.platform.away = False
        assert run.ended()[0].step == "good"

    def test_a_job_that_it_has_not_taken_can_be_stopped(self, run: Run):
        run.start("waits")
        run.platform.away = True
        run.start("good")
        run.launcher.stop("good", 2)
        assert run.ended() == [Ended("good", 1, None, "it was stopped before its platform had taken it")]
        run.platform.away = False
        assert len(run.jobs()) == 1

    def test_one_that_was_never_there_is_an_error(self, run: Run):
        run.platform.away = True
        with pytest.raises(PodiumError, match="the platform is away"):
            run.start("good")

    def test_one_that_stays_away_is_an_error_and_its_jobs_are_left_for_a_resume(self, run: Run, monkeypatch):
        monkeypatch.setattr("podium.core.execution.platform._PATIENCE", 0.5)
        run.start("waits")
        run.printed("waits", b"begun")
        run.platform.away = True

        def lost() -> bool:
            try:
                run.launcher.wait(0.2)
            except PodiumError:
                return True
            return False

        eventually(lost)
        run.launcher.close()
        run.platform.away = False
        run.relaunch()
        assert [job.step.id for job in run.launcher.adopt()] == ["waits"]


class TestAdoption:
    def test_a_running_job_is_followed_with_all_its_output(self, run: Run):
        run.start("waits", retries_left=3)
        run.printed("waits", b"begun")
        run.relaunch()
        (job,) = run.launcher.adopt()
        assert (job.step.id, job.attempt, job.retries_left) == ("waits", 1, 3)
        assert run.printed("waits", b"begun") == b"begun\n"
        run.launcher.stop("waits", 0)
        assert run.ended()[0].step == "waits"

    def test_one_that_completed_meanwhile_is_told_of(self, run: Run):
        run.start("good")
        eventually(lambda: run.store.exists(run.keys.step("good", 1, "completed")))
        run.relaunch()
        assert [job.step.id for job in run.launcher.adopt()] == ["good"]
        assert run.ended()[0].step == "good"

    def test_one_whose_failure_is_recorded_is_removed(self, run: Run):
        run.start("dies")
        eventually(lambda: all((job / "code").exists() for job in run.jobs()))
        run.store.write(run.keys.step("dies", 1, "failed"), encode({}))
        run.relaunch()
        assert run.launcher.adopt() == []
        assert run.jobs() == []

    def test_of_two_attempts_the_later_one_is_followed(self, run: Run):
        run.start("waits", attempt=9)
        run.start("waits", attempt=10)
        run.relaunch()
        assert [job.attempt for job in run.launcher.adopt()] == [10]
        assert len(run.jobs()) == 1

    @pytest.mark.parametrize(
        "labels", [{}, {"podium.step": "waits", "podium.attempt": "1", "podium.document": "f" * 64}]
    )
    def test_a_job_that_no_document_tells_of_is_ended_and_removed(self, run: Run, labels):
        run.start("waits")
        (folder,) = run.jobs()
        (folder / "labels.json").write_text(json.dumps(labels))
        run.relaunch()
        assert run.launcher.adopt() == []
        assert run.jobs() == []

    def test_a_job_counts_against_the_room(self, run: Run):
        run.start("waits")
        run.relaunch(max_parallel=1)
        run.launcher.adopt()
        assert run.launcher.start(run.job("good")) is False


class TestJobs:
    def test_names_and_labels_tell_attempts_apart(self, run: Run):
        names = ["a" * 100, "a" * 99 + "b", "A", "a", "_", "..x", "x-"]
        for name in names:
            run.add(name, "good")
        run.relaunch()
        for name in names:
            eventually(lambda name=name: run.launcher.start(run.job(name)) or run.launcher.wait(0.05))
        seen = {}
        for folder in run.jobs():
            seen[json.loads((folder / "labels.json").read_text())["podium.step"]] = folder.name
        assert all(
            len(name) <= 63 and set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for name in seen.values()
        )
        assert len(set(seen.values())) == len(seen)

    def test_what_is_started_twice_runs_once(self, run: Run):
        run.start("waits")
        run.printed("waits", b"begun")
        run.start("waits")
        assert len(run.jobs()) == 1

    def test_the_hook_of_an_attempt_is_a_job_of_its_own(self, run: Run):
        run.start("waits")
        run.start("waits", failure=StepFailure("StepDied", "x"))
        assert len({folder.name for folder in run.jobs()}) == 2

    def test_secrets_are_in_no_document_and_no_label(self, run: Run):
        marker = "m4rk3r-89125"
        delivery = Delivery({"TOKEN": marker}, {"sky": {"token": marker}}, (marker,))
        run.start("waits", delivery=delivery, store_options={"key": marker})
        (folder,) = run.jobs()
        files = [*run.store.folder.rglob("*"), folder / "labels.json"]
        assert [file for file in files if file.is_file() and marker in file.read_text()] == []
        assert marker in (folder / "secrets.json").read_text()

    def test_environment_without_secrets_is_the_jobs_own(self, run: Run):
        run.add("set", "waits", environment={"PLAIN": "x", "TOKEN": "{{sky.token}}"})
        run.relaunch()
        run.start("set")
        (folder,) = run.jobs()
        own = Path("/proc", (folder / "pid").read_text(), "environ")
        eventually(lambda: b"PLAIN=x" in own.read_bytes().split(b"\0"))
        assert b"TOKEN=" not in own.read_bytes()


class TestRefusals:
    @pytest.mark.parametrize(
        ("fields", "reason"),
        [
            ({"pickled": "gASV"}, "was not defined in a file that jobs could import"),
            ({"resources": ResourceSpec(gpu_count=1)}, "asks for GPUs, and orchestrator flavor 'processes' has none"),
            ({"resources": ResourceSpec(cpu_count=9999)}, "asks for more than this machine has: 9999 of"),
            ({"resources": ResourceSpec(gpu_count=1, strict=False)}, None),
            ({}, None),
        ],
    )
    def test_steps_that_can_never_run(self, run: Run, fields, reason):
        found = run.launcher.refuse(StepSpec(id="s", name="s", source="m:f", **fields))
        assert (found or "").startswith(reason or "\0") or found is reason

    def test_no_more_run_at_once_than_there_is_room_for(self, run: Run):
        run.relaunch(max_parallel=1)
        run.start("waits")
        assert run.launcher.start(run.job("good")) is False
        assert run.launcher.full
        run.launcher.stop("waits", 0)
        run.ended()
        assert not run.launcher.full
        run.start("good")
