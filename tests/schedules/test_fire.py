"""What fire.sh does when cron runs it."""

import io
import shlex
import tarfile
import time
import uuid
from datetime import datetime, timedelta, timezone

import pytest
from conformance.workspace import eventually
from schedules.crontabs import ID, crontabs

from podium import Schedule
from podium.core.compose import host_schedules
from podium.core.compose.bundle import RUN_FOLDERS, RunConf, archive, run_files
from podium.core.compose.document import ServiceOptions
from podium.core.contracts.graph_orchestrator import EACH_RUN, Graph, GraphStep
from podium.core.contracts.job_orchestrator import Job
from podium.core.secrets.secret import Secret

__all__ = ["crontabs"]
HANDLES = "ssh://me@host:22/home/o%27neil/runs"
ALWAYS = Schedule(cron_expression="* * * * *")
# Docker as far as a turn of a schedule needs it: a run goes on for as long as there is a file `busy`.
DOCKER = """#!/bin/sh
case "$1 $2" in
    'image inspect') [ ! -e "$HOME/no images" ] ;;
    'pull --quiet') echo 'Error response from daemon: pull access denied' >&2; exit 1 ;;
    'info '*) while [ -e "$HOME/busy" ]; do sleep 0.05; done; exit 1 ;;
esac
"""


def job(name, **more):
    return Job(name=name, labels={}, image="team/image@sha256:1", command=("true",), **more)


class Turns:
    """A schedule's folder, and what came of its turns."""

    def __init__(self, crontabs, schedule=ALWAYS, **facts):
        self.crontabs = crontabs
        self.folder = crontabs.install(ID)
        self.runs = crontabs.folder / "it's runs"
        graph = Graph(
            pipeline="p",
            run_id=EACH_RUN,
            submission=1,
            begin=job("podium-begin"),
            steps=(GraphStep(job=job("train", secrets=Secret('{"key": "s3cret"}'))),),
            end=job("podium-end"),
        )
        files = run_files(graph, lambda _: ServiceOptions(), RunConf(run_id=None, handle=None))
        known = {"ID": ID, "NAME": "n", "RUNS": str(self.runs), "HANDLES": HANDLES, "FREE": "1", "OVERLAPPING": ""}
        everything = {
            **{f"run/{name}": data for name, data in files.items()},
            **{name: host_schedules.script(name) for name in ("fire.sh", "crontab.sh")},
            "schedule.conf": host_schedules.conf({**known, **facts}),
            "times.conf": host_schedules.conf(host_schedules.times(schedule)),
        }
        packed = archive(everything, folders=("run", *(f"run/{name}" for name in RUN_FOLDERS)))
        with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
            tar.extractall(self.folder)  # noqa: S202 - podium made it
        docker = crontabs.folder / "bin/docker"
        docker.parent.mkdir(exist_ok=True)
        docker.write_text(DOCKER)
        docker.chmod(0o755)

    def fire(self):
        """Have a turn as by cron, which says nothing; return what was noted of it, if anything was."""
        before = self.history()
        done = self.crontabs.run(self.folder / "fire.sh", PATH="/usr/bin:/bin")
        assert (done.stdout, done.stderr) == ("", "")
        return [text for _, text in self.history()[len(before) :]]

    def history(self):
        path = self.folder / "history"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(int(line.partition(" ")[0]), line.partition(" ")[2]) for line in lines]

    def ended(self, run):
        return (self.runs / f"{run}.1/state/ended").exists()


def test_a_turn_starts_a_run_of_a_new_id_with_a_folder_of_its_own(crontabs):
    turns = Turns(crontabs)
    (run,) = turns.fire()
    made = uuid.UUID(run)
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert abs((made.int >> 80) / 1000 - time.time()) < 30
    assert abs(turns.history()[0][0] - time.time()) < 30
    folder = turns.runs / f"{run}.1"
    conf = dict(word.partition("=")[::2] for word in shlex.split((folder / "run.conf").read_text()))
    assert (conf["RUN_ID"], conf["HANDLE"]) == (run, f"{HANDLES}/{run}.1")
    assert (folder / "state/owner").exists()
    assert [path.name for path in turns.runs.iterdir()] == [f"{run}.1"]


def test_a_run_removes_its_secrets_and_the_schedule_keeps_its_own(crontabs):
    turns = Turns(crontabs)
    (crontabs.folder / "busy").touch()
    (run,) = turns.fire()
    secrets = turns.runs / f"{run}.1/secrets"
    assert (secrets / "train.json").stat().st_mode & 0o777 == 0o600
    assert secrets.stat().st_mode & 0o777 == 0o700
    (crontabs.folder / "busy").unlink()
    eventually(lambda: turns.ended(run))
    assert not secrets.exists()
    assert (turns.folder / "run/secrets/train.json").read_text() == '{"key": "s3cret"}'


def test_a_turn_is_left_out_and_noted_while_the_last_run_goes_on(crontabs):
    turns = Turns(crontabs)
    (crontabs.folder / "busy").touch()
    (run,) = turns.fire()
    assert turns.fire() == [f"skipped: run {run} went on"]
    (crontabs.folder / "busy").unlink()
    eventually(lambda: turns.ended(run))
    (other,) = turns.fire()
    assert uuid.UUID(other).version == 7


def test_runs_overlap_where_they_may(crontabs):
    turns = Turns(crontabs, OVERLAPPING="yes")
    (crontabs.folder / "busy").touch()
    runs = turns.fire() + turns.fire()
    assert [turns.ended(run) for run in runs] == [False, False]
    (crontabs.folder / "busy").unlink()
    eventually(lambda: all(turns.ended(run) for run in runs))


def test_before_its_start_nothing_happens(crontabs):
    soon = datetime.now(timezone.utc) + timedelta(minutes=5)
    turns = Turns(crontabs, Schedule(cron_expression="* * * * *", start_time=soon))
    assert turns.fire() == []
    assert ID in crontabs.text


def test_after_its_end_the_block_goes_and_nothing_else_happens(crontabs):
    turns = Turns(crontabs, Schedule(cron_expression="* * * * *", end_time=datetime.now(timezone.utc)))
    crontabs.write(f"MAILTO=me\n{crontabs.text}")
    time.sleep(1.1)
    assert turns.fire() == []
    assert ID not in crontabs.text
    assert "MAILTO=me" in crontabs.text
    assert turns.folder.exists()


def test_one_that_fires_once_waits_for_its_second_and_takes_its_block_away(crontabs):
    at = datetime.now(timezone.utc) + timedelta(seconds=2)
    turns = Turns(crontabs, Schedule(run_once_start_time=at))
    (run,) = turns.fire()
    assert uuid.UUID(run).int >> 80 >= int(at.timestamp()) * 1000
    assert ID not in crontabs.text


@pytest.mark.parametrize("days", [365, -365])
def test_one_that_fires_once_does_not_fire_in_another_year(crontabs, days):
    at = datetime.now(timezone.utc) + timedelta(days=days)
    turns = Turns(crontabs, Schedule(run_once_start_time=at))
    assert turns.fire() == []
    assert (ID in crontabs.text) == (days > 0)


@pytest.mark.parametrize(
    ("facts", "file", "reason"),
    [
        (
            {},
            "no images",
            "failed: image team/image@sha256:1 is not on this host, and cannot be pulled: Error response",
        ),
        ({"FREE": str(10**12)}, "full", "failed: only "),
    ],
)
def test_a_turn_that_can_start_no_run_says_why_and_leaves_nothing(crontabs, facts, file, reason):
    turns = Turns(crontabs, **facts)
    (crontabs.folder / file).touch()
    (noted,) = turns.fire()
    assert noted.startswith(reason)
    assert [*turns.runs.iterdir()] == []


def test_what_is_noted_does_not_grow_for_ever(crontabs):
    turns = Turns(crontabs)
    (turns.folder / "history").write_text("".join(f"{number} old\n" for number in range(300)))
    crontabs.run(turns.folder / "fire.sh")
    assert len(turns.history()) == 200
    assert uuid.UUID(turns.history()[-1][1]).version == 7
