"""Jobs of a platform, of real processes: what is started, what is told of ends, what is taken over and left behind."""

import json
import time
from pathlib import Path

import pytest
from conformance.workspace import eventually
from execution.platform_run import Run, platform, run

from podium.core.errors import PodiumError
from podium.core.execution.delivery import Delivery
from podium.core.execution.job import Ended, StepFailure
from podium.core.records.documents import encode
from podium.core.spec import ResourceSpec, StepSpec

__all__ = ["platform", "run"]


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
