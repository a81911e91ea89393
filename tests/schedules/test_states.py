"""How schedules on hosts are told to stand; SSH is real, Docker and crontab are scripts that keep a file."""

import re
import time
from datetime import datetime, timedelta, timezone

import pytest
from compose_host import docker, first, hyperai, pipeline, second, ssh
from servers.fixtures import ssh_home, ssh_keys

from podium import Schedule
from podium.core.contracts.graph_orchestrator import EACH_RUN, Graph, GraphStep
from podium.core.contracts.job_orchestrator import Job
from podium.core.errors import ConflictError, PodiumError
from podium.core.ids import new_run_id

__all__ = ["first", "hyperai", "second", "ssh", "ssh_home", "ssh_keys"]
pytestmark = pytest.mark.usefixtures("ssh_home")
CRONTAB = """case $1 in
    -l) cat "$HOME/tab" 2> /dev/null || { echo 'no crontab for me' >&2; exit 1; } ;;
    -) cat > "$HOME/tab.new" && mv "$HOME/tab.new" "$HOME/tab" ;;
    -r) rm "$HOME/tab" ;;
esac"""
PROGRAMS = {
    **docker(),
    "crontab": CRONTAB,
    "flock": 'exec /usr/bin/flock "$@"',
    "readlink": "echo /usr/share/zoneinfo/America/New_York",
}
NIGHTLY = Schedule(cron_expression="30 3 * * *")
NOW = datetime.now(timezone.utc)


def job(name):
    return Job(name=name, labels={}, image="team/image@sha256:1", command=("true",))


GRAPH = Graph(
    pipeline="p",
    run_id=EACH_RUN,
    submission=1,
    begin=job("podium-begin"),
    steps=(GraphStep(job=job("train")),),
    end=job("podium-end"),
)


def install(orchestrator, schedule=NIGHTLY, name="nightly"):
    """Install a schedule; return its handle and its id."""
    schedule_id = new_run_id()
    handle = orchestrator.place_schedule(pipeline(), schedule_id)
    orchestrator.schedule(GRAPH, schedule, handle, name, None)
    return handle, schedule_id


@pytest.fixture
def host(first):
    """Run a host with cron's program."""
    with first.programs(**PROGRAMS):
        yield first


@pytest.fixture
def tab(host):
    """Return the file that is the crontab."""
    return host.folder / "tab"


@pytest.fixture
def orchestrator(ssh, host):
    return ssh(host)


def test_the_next_turn_is_told_by_the_zone_of_the_host(orchestrator):
    handle, schedule_id = install(orchestrator)
    (state,) = orchestrator.schedules().states
    assert (state.id, state.name, state.handle, state.cron) == (schedule_id, "nightly", handle, "30 3 * * *")
    assert (state.zone, state.paused, state.once, state.firings) == ("America/New_York", False, None, [])
    upcoming = datetime.fromtimestamp(state.next, timezone.utc)
    assert (upcoming.hour, upcoming.minute) in {(7, 30), (8, 30)}  # by summer and by winter
    assert 0 < state.next - time.time() <= 25 * 3600


def test_a_paused_one_has_no_next_turn_until_it_is_resumed(orchestrator):
    handle, _ = install(orchestrator)
    orchestrator.pause(handle, paused=True)
    orchestrator.pause(handle, paused=True)
    assert [(state.paused, state.next) for state in orchestrator.schedules().states] == [(True, None)]
    orchestrator.pause(handle, paused=False)
    assert [(state.paused, state.next is None) for state in orchestrator.schedules().states] == [(False, False)]


def test_the_first_turn_is_not_before_the_start_and_none_is_after_the_end(orchestrator):
    start = NOW + timedelta(days=40)
    handle, _ = install(orchestrator, Schedule(cron_expression="0 * * * *", start_time=start))
    (state,) = orchestrator.schedules().states
    assert 0 <= state.next - int(start.timestamp()) < 3600
    orchestrator.reschedule(handle, Schedule(cron_expression="0 0 1 1 *", end_time=NOW + timedelta(seconds=90)))
    (state,) = orchestrator.schedules().states
    assert (state.cron, state.start, state.next, state.trouble) == ("0 0 1 1 *", None, None, "")


def test_one_that_fires_once_is_told_by_its_time(orchestrator):
    at = NOW + timedelta(days=3)
    install(orchestrator, Schedule(run_once_start_time=at))
    (state,) = orchestrator.schedules().states
    assert (state.cron, state.once, state.next) == ("", int(at.timestamp()), int(at.timestamp()))


def test_the_latest_turns_come_first_with_their_reasons(orchestrator, host):
    _, schedule_id = install(orchestrator)
    lost, gone = new_run_id(), new_run_id()
    state = host.folder / f"podium-runs/runs/{lost}.1/state"
    state.mkdir(parents=True)
    (state / "ended").write_text("lost the first job failed: exit code 1\n")
    history = host.folder / f"podium-runs/schedules/{schedule_id}/history"
    history.write_text(f"100 {gone}\n160 skipped: run {gone} went on\n220 {lost}\n")
    (found,) = orchestrator.schedules().states
    assert [(turn.at, turn.run_id, turn.reason) for turn in found.firings] == [
        (220, lost, "the first job failed: exit code 1"),
        (160, "", f"skipped: run {gone} went on"),
        (100, gone, ""),
    ]


def test_a_block_taken_out_by_hand_is_trouble_and_can_still_be_removed(orchestrator, tab):
    handle, schedule_id = install(orchestrator)
    tab.write_text("MAILTO=me\n")
    (state,) = orchestrator.schedules().states
    assert (state.id, state.name, state.next) == (schedule_id, "nightly", None)
    assert state.trouble == "nothing in the crontab fires it any more"
    with pytest.raises(ConflictError, match="has nothing in its crontab for this schedule any more"):
        orchestrator.pause(handle, paused=True)
    orchestrator.unschedule(handle)
    assert orchestrator.schedules().states == []
    assert tab.read_text() == "MAILTO=me\n"


def test_a_block_without_its_folder_is_trouble_and_can_be_removed(orchestrator, host, tab):
    handle, schedule_id = install(orchestrator)
    (host.folder / f"podium-runs/schedules/{schedule_id}").rename(host.folder / "away")
    (state,) = orchestrator.schedules().states
    assert (state.name, state.next, state.trouble) == ("nightly", None, "its folder is gone")
    orchestrator.unschedule(handle)
    assert orchestrator.schedules().states == []
    assert not tab.exists()


def test_one_below_another_folder_is_found_by_its_block(ssh, host):
    handle, schedule_id = install(ssh(host, remote_workdir="it's 100% mine"))
    other = ssh(host)
    (state,) = other.schedules().states
    assert (state.id, state.name, state.cron, state.handle) == (schedule_id, "nightly", "30 3 * * *", handle)
    other.unschedule(state.handle)
    assert list((host.folder / "it's 100% mine/schedules").iterdir()) == []


def test_lines_that_only_look_like_schedules_are_passed_over(orchestrator, tab):
    tab.write_text("# podium schedule begin of the week\n0 0 * * * true\n# podium schedule end\n\n@daily /bin/sh x\n")
    assert orchestrator.schedules().states == []


def test_a_line_that_was_changed_by_hand_counts(orchestrator, tab):
    install(orchestrator)
    tab.write_text(tab.read_text().replace("30 3 * * *", "0\t12 *  * 7"))
    (state,) = orchestrator.schedules().states
    assert re.split(r"\s+", state.cron) == ["0", "12", "*", "*", "7"]
    assert state.next is not None


def test_an_installation_that_fails_leaves_nothing(orchestrator, host, tab):
    tab.write_text("MAILTO=me\n")
    refusing = CRONTAB.replace("-) cat", "-) echo 'errors in crontab file, can not install.' >&2; exit 1; cat")
    (host.folder / "bin/crontab").write_text(f"#!/bin/sh\n{refusing}\n")
    with pytest.raises(PodiumError, match="the crontab was not taken"):
        install(orchestrator)
    assert tab.read_text() == "MAILTO=me\n"
    assert list((host.folder / "podium-runs/schedules").iterdir()) == []


def test_an_image_that_cannot_be_had_is_told_before_anything_is_installed(orchestrator, host, tab):
    refusing = "case $1 in image) exit 1 ;; pull) echo denied >&2; exit 1 ;; esac"
    (host.folder / "bin/docker").write_text(f"#!/bin/sh\n{refusing}\n{docker()['docker']}\n")
    with pytest.raises(PodiumError, match="is not on this host, and cannot be pulled: denied"):
        install(orchestrator)
    assert not tab.exists()


def test_a_host_without_cron_is_refused_when_a_place_is_sought(orchestrator, host):
    (host.folder / "bin/crontab").rename(host.folder / "crontab")
    with pytest.raises(PodiumError, match="there is no program crontab: cron is not installed"):
        orchestrator.place_schedule(pipeline(), new_run_id())
    (host.folder / "crontab").rename(host.folder / "bin/crontab")


def test_all_hosts_are_asked(hyperai, ssh, host, second):
    with second.programs(**PROGRAMS):
        handles = {install(ssh(host))[0], install(ssh(second), name="weekly")[0]}
        assert {state.handle for state in hyperai(host, second).schedules().states} == handles


def test_hosts_that_cannot_be_asked_are_told_beside_the_schedules_of_the_others(hyperai, ssh, host, second):
    handle, _ = install(ssh(host))
    with second.programs(crontab="echo no cron today >&2; exit 1"):
        found = hyperai(host, second).schedules()
    assert [state.handle for state in found.states] == [handle]
    assert "no cron today" in str(*found.away)
