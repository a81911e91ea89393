"""What becomes of a run when its supervisor, its host or its user does not let it go on."""

import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from compose.hosts import graph, job

from podium.core.compose.document import ServiceOptions
from podium.core.secrets.secret import Secret

ONLY_V1 = pytest.mark.parametrize("host", [1], indirect=True)
ONLY_V2 = pytest.mark.parametrize("host", [2], indirect=True)


@pytest.fixture
def going_on(host, tmp_path):
    """Return a run whose first step will not end by itself, which notes SIGTERM in `log`, and its supervisor's id."""
    log = tmp_path / "shared/log"
    log.parent.mkdir()
    script = "trap 'echo terminated >> /shared/log; exit 130' TERM; echo on >> /shared/log; while :; do sleep 0.1; done"
    slow = job("slow", script, secrets=Secret("x"))
    steps = {"slow": (slow,), "next": ("echo next >> /shared/log", "slow")}
    made = graph(steps, end="echo end >> /shared/log")
    folder = host.place(made, ServiceOptions(mounts={os.fspath(log.parent): "/shared"}))
    assert host.ask(folder, "start").returncode == 0
    host.until(log.exists, folder)
    return folder, log, int((folder / "state/owner").read_text().split()[0])


def killed(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    while Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_text():
        time.sleep(0.02)


def test_a_cancelled_run_ends_its_jobs_starts_none_and_leaves_no_secret(host, going_on):
    folder, log, _ = going_on
    began = time.monotonic()
    assert host.ask(folder, "cancel").returncode == 0
    assert time.monotonic() - began < 5
    host.wait(folder)
    assert log.read_text().split() == ["on", "terminated"]
    assert host.status(folder) == ("lost it was cancelled", {"slow": "ended 130 it was cancelled"})
    assert not (folder / "secrets").exists()
    assert host.containers(folder) == []


@ONLY_V1
def test_a_run_that_was_cancelled_before_it_began_is_never_started(host, tmp_path):
    folder = host.place(graph({"a": ("",)}))
    assert host.status(folder) == ("lost it was never started", {})
    assert host.ask(folder, "cancel").returncode == 0
    host.wait(folder)
    assert host.ask(folder, "start").returncode == 0
    assert host.status(folder) == ("lost it was cancelled", {})


@ONLY_V2
def test_a_killed_supervisor_is_told_with_what_runs_on_until_somebody_cancels(host, going_on):
    folder, _, pid = going_on
    killed(pid)
    assert host.status(folder) == ("lost its supervisor was killed", {"slow": "running -"})
    assert host.ask(folder, "start").returncode == 0
    assert host.status(folder)[0] == "lost its supervisor was killed"
    assert host.ask(folder, "cancel").returncode == 0
    host.wait(folder)
    assert host.status(folder)[0] == "lost its supervisor was killed"
    assert not (folder / "secrets").exists()
    assert host.containers(folder) == []


@ONLY_V1
def test_a_container_that_ended_after_its_supervisor_is_told_with_its_end(host, going_on):
    folder, _, pid = going_on
    killed(pid)
    subprocess.run(["/usr/bin/env", "docker", "kill", *host.containers(folder)], check=True, capture_output=True)
    assert host.status(folder) == ("lost its supervisor was killed", {"slow": "ended 137"})


@ONLY_V2
def test_a_host_that_rebooted_is_told_and_its_leavings_are_cleaned_up(host, going_on):
    folder, _, pid = going_on
    killed(pid)
    owner = (folder / "state/owner").read_text().split()
    (folder / "state/owner").write_text(f"{os.getpid()} {owner[1]} another-boot\n")
    assert host.status(folder) == ("lost host rebooted", {"slow": "ended - host rebooted"})
    assert host.ask(folder, "cancel").returncode == 0
    host.wait(folder)
    assert host.status(folder)[0] == "lost host rebooted"
    assert host.containers(folder) == []


@ONLY_V2
def test_an_orderly_shutdown_is_no_cancellation(host, going_on):
    folder, _, pid = going_on
    os.kill(pid, signal.SIGTERM)
    host.wait(folder)
    assert host.status(folder)[0] == "lost its supervisor was killed"
    owner = (folder / "state/owner").read_text().split()
    (folder / "state/owner").write_text(f"{owner[0]} {owner[1]} another-boot\n")
    assert host.status(folder)[0] == "lost host rebooted"


@ONLY_V2
def test_a_container_that_somebody_removed_has_ended(host, going_on):
    folder, log, _ = going_on
    subprocess.run(["/usr/bin/env", "docker", "rm", "-f", *host.containers(folder)], check=True, capture_output=True)
    host.wait(folder)
    assert host.status(folder)[1]["slow"] == "ended 137 its container was removed by somebody"
    assert log.read_text().split() == ["on", "end"]


@ONLY_V1
def test_many_starts_make_one_supervisor(host, tmp_path):
    script = "echo ran >> /shared/log; sleep 1"
    folder = host.place(graph({"a": (script,)}), ServiceOptions(mounts={os.fspath(tmp_path): "/shared"}))
    with ThreadPoolExecutor(5) as pool:
        codes = [done.returncode for done in pool.map(lambda _: host.ask(folder, "start"), range(5))]
    host.wait(folder)
    assert codes == [0] * 5
    assert host.ask(folder, "start").returncode == 0
    assert host.status(folder) == ("ended", {"a": "ended 0", "podium-end": "ended 0"})
    assert (tmp_path / "log").read_text() == "ran\n"


@ONLY_V1
def test_a_host_without_docker_says_so(host):
    folder = host.run(graph({"a": ("",)}), docker="no-such-docker")
    assert host.status(folder) == (
        "lost Docker cannot be used: timeout: failed to run command 'no-such-docker': No such file or directory",
        {},
    )


@ONLY_V1
def test_a_start_that_is_impossible_says_why(host):
    folder = host.place(graph({"a": ("",)}))
    (folder / "state").write_text("in the way")
    refused = host.ask(folder, "start")
    (folder / "state").unlink()
    assert (refused.returncode, refused.stdout) == (70, "")
    assert "state" in refused.stderr
