"""Runs that a supervisor walks through on a real Docker engine, with Compose v1 and v2."""

import contextlib
import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from compose.hosts import graph, job

from podium.core.compose.document import ServiceOptions
from podium.core.contracts.graph_orchestrator import ENDS_FOLDER
from podium.core.execution.job_document import SECRETS_FILE
from podium.core.records.documents import user_name
from podium.core.secrets.secret import Secret
from podium.core.spec import ResourceSpec

ONLY_V1 = pytest.mark.parametrize("host", [1], indirect=True)
ONLY_V2 = pytest.mark.parametrize("host", [2], indirect=True)


@pytest.fixture
def shared(tmp_path):
    """Return a folder that containers have as /shared."""
    folder = tmp_path / "shared"
    folder.mkdir()
    return folder


@pytest.fixture
def options(shared):
    return ServiceOptions(mounts={os.fspath(shared): "/shared"})


def ends(folder: Path) -> dict[str, list[str]]:
    return {end.name: end.read_text().split("\n", 2) for end in (folder / "ends").iterdir()}


def happened(shared: Path) -> list[str]:
    return (shared / "log").read_text().split()


def test_jobs_run_in_order_and_branches_beside_each_other(host, options, shared):
    meet = "touch /shared/{0}; until [ -e /shared/{1} ]; do sleep 0.1; done; echo {0} >> /shared/log"
    made = graph(
        {
            "first": ("sleep 0.3; echo first >> /shared/log",),
            "left": (meet.format("left", "right"), "first"),
            "right": (meet.format("right", "left"), "first"),
            "last": ("echo last >> /shared/log", "left", "right"),
        },
        end=f"head -n 1 {ENDS_FOLDER}/* >> /shared/seen; echo end >> /shared/log",
    )
    folder = host.run(made, options)
    order = happened(shared)
    assert (order[0], sorted(order[1:3]), order[3:]) == ("first", ["left", "right"], ["last", "end"])
    assert (shared / "seen").read_text().count("\n0\n") == 4
    assert host.status(folder) == (
        "ended",
        dict.fromkeys(("first", "left", "right", "last", "podium-end"), "ended 0"),
    )
    assert host.containers(folder) == []


@ONLY_V2
def test_a_docker_that_tells_no_events_is_asked(host, tmp_path):
    docker = tmp_path / "docker"
    docker.write_text('#!/bin/sh\n[ "$1" != events ] || exit 1\nexec docker "$@"\n')
    docker.chmod(0o755)
    folder = host.run(graph({"first": ("sleep 1",), "second": ("", "first")}), docker=os.fspath(docker))
    assert host.status(folder) == ("ended", dict.fromkeys(("first", "second", "podium-end"), "ended 0"))


def test_what_listened_for_ends_is_gone_with_the_run(host):
    folder = host.run(graph({"first": ("",)}))
    listens = f"label=com.docker.compose.project=podium-{folder.name.replace('.', '-')}".encode()

    def commands() -> bytes:
        found = b""
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):  # it has ended
                found += file.read_bytes()
        return found

    host.until(lambda: listens not in commands(), folder)
    assert not (folder / "state/events").exists()


def test_each_fault_is_its_own_jobs_and_other_branches_go_on(host, options):
    made = graph(
        {
            "waits": ("sleep 2",),
            "goes-on": ("", "waits"),
            "fails": ("echo one; echo two; exit 3",),
            "left-out": ("", "fails"),
            "hungry": (
                job(
                    "hungry",
                    command=("python3", "-c", "bytearray(1 << 28)"),
                    resources=ResourceSpec(memory=32 << 20, cpu_count=0.1),
                ),
            ),
            "no-mount": ("",),
            "no-gpu": (job("no-gpu", resources=ResourceSpec(gpu_count=1)),),
        }
    )

    def of_job(one):
        mounts = {"/no such/folder": "/x"} if one.name == "no-mount" else {}
        return replace(options, mounts=mounts, gpus=[4711])

    folder = host.run(made, of_job)
    state, jobs = host.status(folder)
    assert (state, jobs["goes-on"], jobs["podium-end"]) == ("ended", "ended 0", "ended 0")
    assert "left-out" not in jobs
    assert ends(folder)["fails"] == ["3", "", "one\ntwo\n"]
    assert jobs["hungry"] == "ended 137 out of memory (limit 32 MiB)"
    assert jobs["no-mount"].startswith("ended 125 its container could not be created: ")
    assert "bind source path does not exist: /no such/folder" in jobs["no-mount"]
    assert not Path("/no such").exists()
    assert jobs["no-gpu"].startswith("ended 125 its container could not be created: ")


def test_containers_see_values_mounts_and_secrets_as_they_were_given(host, shared):
    texts = [
        "$HOME ${X:-y} $$",
        "two\nlines\n",
        "1e3",
        "08",
        "0o17",
        "y",
        "~",
        "a: b # c",
        " '\" ",
        "ü 🌊 \u2028\x7f",
        "",
    ]
    hostile = {f"V{number}": text for number, text in enumerate(texts)}
    secret = json.dumps({"key": "line\n$two 'it'\"s"})
    folder = shared / 'it\'s a $HOME: #1 "ü"'
    folder.mkdir()
    script = f"""if True:
        import json, os
        secret = open("{SECRETS_FILE}").read(), os.stat("{SECRETS_FILE}").st_mode & 0o777
        json.dump([dict(os.environ), [os.getuid(), *os.getgroups()], secret], open("/in $X: y/seen", "w"))
    """
    made = job("a", command=("python3", "-c", script), environment=hostile, secrets=Secret(secret))
    extra = {"hostname": "h$x", "tmpfs": ["/scratch:size=64k"]}
    ran = host.run(graph({"a": (made,)}), ServiceOptions(mounts={os.fspath(folder): "/in $X: y"}, extra=extra))
    seen, identity, found = json.loads((folder / "seen").read_text())
    assert {name: seen[name] for name in hostile} == hostile
    assert (seen["HOSTNAME"], seen["USER"]) == ("h$x", user_name())
    assert set(identity) == {os.getuid(), *(host.groups or os.getgroups())}
    assert found == [secret, 0o600]
    assert not (ran / "secrets").exists()


@pytest.mark.parametrize(
    ("host", "mode", "slow"),
    [(1, "fail_fast", "ended 143 stopped, since fails has failed"), (2, "stop_on_failure", "ended 0")],
    indirect=["host"],
)
def test_a_failure_ends_a_run_as_its_mode_says(host, mode, slow):
    steps = {"fails": ("exit 1",), "slow": ("sleep 3 & wait",), "after": ("", "slow")}
    folder = host.run(graph(steps, execution_mode=mode))
    _, jobs = host.status(folder)
    assert jobs == {"fails": "ended 1", "slow": slow, "podium-end": "ended 0"}


@ONLY_V2
def test_a_job_that_takes_more_processors_than_there_are_runs_alone_with_all(host, options, shared):
    note = "echo {0} >> /shared/log; sleep 0.5; echo {0} >> /shared/log"
    many = job("many", command=("sh", "-c", note.format("many")), resources=ResourceSpec(cpu_count=512, strict=False))
    made = graph({"one": (note.format("one"),), "many": (many,)})
    assert host.status(host.run(made, options))[1]["many"] == "ended 0"
    assert happened(shared) == ["one", "one", "many", "many"]


@ONLY_V1
def test_an_image_that_cannot_be_pulled_ends_the_run_before_it_begins(host):
    made = graph({"a": ("",), "b": (job("b", image="127.0.0.1:9/no/image:1", secrets=Secret("x")),)})
    folder = host.run(made)
    state, jobs = host.status(folder)
    assert state.startswith("lost image 127.0.0.1:9/no/image:1 cannot be pulled: ")
    assert "connection refused" in state
    assert jobs == {}
    assert not (folder / "secrets").exists()


@ONLY_V2
def test_the_first_job_is_told_which_run_it_begins_and_nothing_runs_when_it_fails(host, options, shared):
    begin = job("podium-begin", "echo $PODIUM_HANDLE > /shared/log; echo no store; exit 69")
    folder = host.run(graph({"a": ("echo a >> /shared/log",)}, begin=begin, end="echo end >> /shared/log"), options)
    assert happened(shared) == ["ssh://h/f"]
    assert host.status(folder) == (
        "lost the first job failed: exit code 69: no store",
        {"podium-begin": "ended 69"},
    )


@ONLY_V2
def test_the_last_job_is_tried_again(host, options, shared):
    again = "echo again >> /shared/log; [ $(wc -l < /shared/log) = 3 ]"
    folder = host.run(graph({"a": ("",)}, end=again), options, end_pauses=(0.1, 0.2, 0.1))
    assert happened(shared) == ["again"] * 3
    assert host.status(folder)[1]["podium-end"] == "ended 0"


@ONLY_V2
def test_the_end_of_what_a_job_prints_is_there_while_it_runs_and_after_it_failed(host, options, shared):
    wait = "echo begins; until [ -e /shared/go ]; do sleep 0.1; done; echo fails; exit 1"
    folder = host.place(graph({"a": (wait,)}), options)
    assert host.ask(folder, "start").returncode == 0
    host.until(lambda: host.ask(folder, "output", "a").stdout == "begins\n", folder)
    assert host.status(folder) == ("running", {"a": "running -"})
    (shared / "go").touch()
    host.wait(folder)
    assert host.ask(folder, "output", "a").stdout == "begins\nfails\n"
    refused = host.ask(folder, "output", "../run.conf")
    assert (refused.returncode, refused.stdout) == (64, "")


@ONLY_V1
def test_old_folders_are_removed_where_podium_made_them_and_their_run_has_ended(host, tmp_path):
    def folder(name, *files, age=0.0, parent=host.runs):
        made = parent / name
        for file in files:
            (made / file).parent.mkdir(parents=True, exist_ok=True)
            (made / file).touch()
            os.utime(made / file, (time.time() - age,) * 2)
        return made

    ended = ("podium-run", "state/ended")
    old, kept = folder("old", *ended, age=600), folder("new", *ended, age=100)
    foreign, unfinished = folder("foreign", "state/ended", age=600), folder("on", "podium-run", "state/owner", age=600)
    outside = folder("outside", *ended, age=600, parent=tmp_path)
    (host.runs / "link").symlink_to(outside)
    marked = folder("marked", "state/ended", "x", age=600)
    (marked / "podium-run").symlink_to(outside / "podium-run")
    host.run(graph({"a": ("",)}), keep_minutes=5)
    host.until(lambda: not old.exists(), old)
    assert all((path / "state").is_dir() for path in (kept, foreign, unfinished, outside, marked))
