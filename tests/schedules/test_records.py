"""What the store keeps for schedules."""

import pytest

from podium.core.artifacts.local import LocalFiles
from podium.core.code.archive import archive_key
from podium.core.errors import NotFoundError
from podium.core.records.documents import CodeReference, RunHeader
from podium.core.records.removal import delete_run, delete_schedule
from podium.core.records.schedules import ScheduleRecord, graph_key, read_schedule, schedule_key
from podium.core.records.writer import create_run

CODE = CodeReference(root="/here", file=None, archive="c0de")
STACK = {"name": "far", "orchestrator": {"name": "gpu", "flavor": "ssh", "config": {}}}


@pytest.fixture
def store(tmp_path):
    return LocalFiles(tmp_path / "store")


def schedule(store, schedule_id):
    record = ScheduleRecord(
        id=schedule_id,
        name="nightly",
        handle="there",
        pipeline="flow",
        created=1.0,
        user="me",
        host="here",
        stack=STACK,
        code=CODE,
        schedule={"cron_expression": "0 0 * * *"},
        spec_digest="5bec",
        graph="94a6",
        run_name="flow-{time}",
    )
    store.write(graph_key(schedule_id, "94a6"), b"graph")
    store.write(schedule_key(schedule_id), record.to_bytes())


def run(store, run_id):
    header = RunHeader(
        id=run_id,
        name="r",
        pipeline="flow",
        created=1.0,
        spec_digest="5bec",
        user="me",
        host="here",
        stack=STACK,
        code=CODE,
        schedule="s1",
    )
    create_run(store, header, b"{}")


@pytest.fixture
def shared(store):
    """Have a schedule and a run of it, with the same code."""
    store.write(archive_key("c0de"), b"code")
    schedule(store, "s1")
    run(store, "r1")


def test_code_stays_as_long_as_a_schedule_needs_it(store, shared):
    delete_run(store, "r1")
    assert store.exists(archive_key("c0de"))
    delete_schedule(store, "s1")
    assert not store.exists(archive_key("c0de"))


def test_a_deleted_schedule_leaves_its_runs_their_code(store, shared):
    delete_schedule(store, "s1")
    assert store.exists(archive_key("c0de"))
    with pytest.raises(NotFoundError, match="there is no schedule s1"):
        read_schedule(store, "s1")
    assert list(store.names("schedules")) == []
    delete_run(store, "r1")
    assert not store.exists(archive_key("c0de"))


def test_two_schedules_may_have_the_same_code(store, shared):
    schedule(store, "s2")
    delete_run(store, "r1")
    delete_schedule(store, "s1")
    assert store.exists(archive_key("c0de"))
    assert read_schedule(store, "s2").platform == ("gpu", "ssh")
