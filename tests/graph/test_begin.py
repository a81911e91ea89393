"""The first job of a firing: it records the run that the schedule's other jobs then find."""

import re
import subprocess
import sys

import pytest
from conformance.workspace import Workspace

from podium.core.graph.document import GraphDocument
from podium.core.ids import new_run_id
from podium.core.records.documents import CodeReference, RunKeys
from podium.core.records.reader import read_header, read_headers, read_run, read_spec
from podium.core.records.schedules import ScheduleRecord, graph_key, schedule_key
from podium.core.spec import spec_digest

SOURCE = """
@step
def work() -> str:
    return get_step_context().pipeline_run.name

@pipeline
def flow():
    work()
"""
COMPLETED, REFUSED = 0, 65
SCHEDULE = "nightly-1"


class Schedule:
    """A schedule in a local store, whose firings a test makes."""

    def __init__(self, platform):
        self.folder, self.store = platform.folder, platform.store
        self.spec, self.code = platform.compile(SOURCE)
        self.document = GraphDocument(spec=self.spec, code=self.code, enable_cache=False)
        data = self.document.to_bytes()
        self.digest = spec_digest(data)
        self.store.create(graph_key(SCHEDULE, self.digest), data)
        record = ScheduleRecord(
            id=SCHEDULE,
            name="nightly",
            handle="there, for good",
            pipeline="flow",
            created=1.0,
            user="alice",
            host="laptop",
            stack={"name": "remote"},
            code=CodeReference(root="/home/alice", file="/home/alice/flow.py", archive=self.code.archive),
            schedule={"cron_expression": "0 4 * * *"},
            spec_digest=spec_digest(self.spec.to_bytes()),
            graph=self.digest,
            run_name="{team}-{date}-{time}",
            substitutions={"team": "blue"},
        )
        self.store.create(schedule_key(SCHEDULE), record.to_bytes())

    def fire(self, run_id, digest=None, handle="there"):
        """Run the first job of a firing."""
        environment = Workspace(self.folder).environment | ({"PODIUM_HANDLE": handle} if handle else {})
        address = f"{self.store.url}/schedules/{SCHEDULE}"
        command = [sys.executable, "-m", "podium.core.graph.begin", address, run_id, digest or self.digest]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def schedule(platform):
    """Return a schedule of a pipeline with one step."""
    return Schedule(platform)


def test_a_firing_is_a_run_of_its_own_named_by_its_moment(schedule):
    run_id = new_run_id()
    done = schedule.fire(run_id)
    assert (done.returncode, done.stderr) == (COMPLETED, "")
    header, run = read_header(schedule.store, run_id), read_run(schedule.store, run_id)
    assert re.fullmatch(r"blue-\d{4}_\d\d_\d\d-\d\d_\d\d_\d\d_\d{6}", header.name)
    assert (header.schedule, header.user, header.stack["name"]) == (SCHEDULE, "alice", "remote")
    assert (run.state, run.submission, run.handle) == ("running", 1, "there")
    assert read_spec(schedule.store, run_id) == schedule.spec
    assert schedule.store.read(RunKeys(run_id).graph(1, schedule.digest)) == schedule.document.to_bytes()


def test_started_twice_it_changes_nothing(schedule):
    run_id = new_run_id()
    assert schedule.fire(run_id).returncode == COMPLETED
    before = {path: path.stat().st_mtime_ns for path in (schedule.folder / "store").rglob("*")}
    assert schedule.fire(run_id).returncode == COMPLETED
    assert {path: path.stat().st_mtime_ns for path in (schedule.folder / "store").rglob("*")} == before


def test_a_firing_that_was_cut_off_is_no_run_until_it_is_started_again(schedule):
    run_id = new_run_id()
    schedule.fire(run_id)
    schedule.store.delete(RunKeys(run_id).header)
    assert read_headers(schedule.store) == []
    assert schedule.fire(run_id).returncode == COMPLETED
    assert [header.id for header in read_headers(schedule.store)] == [run_id]


@pytest.mark.parametrize(
    ("firing", "reason"),
    [
        ({"run_id": "{run id of each firing}"}, "is no id of a run"),
        ({"digest": "0" * 64}, "there is no graph document at "),
        ({"handle": ""}, "PODIUM_HANDLE is not set"),
    ],
)
def test_a_firing_that_makes_no_sense_records_nothing(schedule, firing, reason):
    done = schedule.fire(**{"run_id": new_run_id(), **firing})
    assert done.returncode == REFUSED
    assert reason in done.stderr
    assert list(schedule.store.names("runs")) == []


def test_a_firing_of_a_schedule_that_is_gone_is_refused(schedule):
    schedule.store.delete(schedule_key(SCHEDULE))
    done = schedule.fire(new_run_id())
    assert done.returncode == REFUSED
    assert "there is no schedule nightly-1 in file://" in done.stderr


def test_a_firings_jobs_find_their_run_and_a_machine_that_never_saw_it_lists_it(schedule, platform):
    run_id = new_run_id()
    schedule.fire(run_id)
    run = platform.found(schedule.spec, run_id, schedule.document)
    run.walk()
    name = read_header(schedule.store, run_id).name
    assert run.value("work") == name
    here = Workspace(schedule.folder)
    config = f"--path={schedule.folder / 'store'}"
    for command in (
        ["artifact-store", "register", "kept", "--flavor", "local", config],
        ["stack", "register", "remote", "-o", "default", "-a", "kept", "--set"],
    ):
        done = here.podium(*command)
        assert done.returncode == 0, done.stderr
    listed = here.podium("runs", "list", "--refresh")
    assert name in listed.stdout, listed.stderr
