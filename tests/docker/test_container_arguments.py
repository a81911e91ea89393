"""What containers are made with: podium's arguments, the user's, and which of them wins."""

import os
from pathlib import Path

import pytest

from podium.core.contracts.job_orchestrator import Job
from podium.core.docker.container_arguments import checked, of_job
from podium.core.execution.job_document import SECRETS_FILE
from podium.core.spec import ResourceSpec


def arguments(given=None, *, rootless=False, secrets=None, **fields) -> dict:
    job = Job(name="podium-x", labels={"podium.run": "r"}, image="i", command=("c",), **fields)
    return of_job(job, given or {}, secrets=secrets, processors=4, rootless=rootless)


def test_resources_become_limits_without_swap():
    found = arguments(resources=ResourceSpec(cpu_count=1.5, memory=512 << 20))
    assert (found["nano_cpus"], found["mem_limit"], found["memswap_limit"]) == (1_500_000_000, 512 << 20, 512 << 20)


def test_nothing_asked_for_is_no_limit():
    assert arguments().keys() & {"nano_cpus", "mem_limit", "memswap_limit", "device_requests"} == set()


@pytest.mark.parametrize(("cpus", "nano"), [(9999, 4_000_000_000), (0.001, 10_000_000)])
def test_a_limit_is_one_that_the_engine_takes(cpus, nano):
    assert arguments(resources=ResourceSpec(cpu_count=cpus, strict=False))["nano_cpus"] == nano


def test_the_seeds_cpu_count_is_a_limit_that_a_step_may_change():
    assert arguments({"cpu_count": 3})["nano_cpus"] == 3_000_000_000
    found = arguments({"cpu_count": 3}, resources=ResourceSpec(cpu_count=1))
    assert found["nano_cpus"] == 1_000_000_000
    assert "cpu_count" not in found


def test_the_users_own_limits_hold_where_a_step_has_none():
    found = arguments({"mem_limit": "1g"})
    assert (found["mem_limit"], found["memswap_limit"]) == ("1g", "1g")
    assert arguments({"mem_limit": "1g", "memswap_limit": "2g"})["memswap_limit"] == "2g"
    assert arguments({"mem_limit": "1g"}, resources=ResourceSpec(memory=5))["mem_limit"] == 5


def test_gpus_are_those_that_were_handed_out():
    (request,) = arguments(gpus=("GPU-a", "GPU-b"))["device_requests"]
    assert (request["DeviceIDs"], request["Capabilities"]) == (["GPU-a", "GPU-b"], [["gpu"]])


def test_a_container_runs_as_the_caller():
    found = arguments()
    assert found["user"] == f"{os.getuid()}:{os.getgid()}"
    assert found["group_add"] == os.getgroups()
    assert "USER" in found["environment"]


def test_the_caller_is_root_in_a_rootless_engine():
    found = arguments(rootless=True)
    assert (found["user"], found.get("group_add")) == ("0:0", None)


def test_another_user_is_left_to_the_image():
    found = arguments({"user": "nobody"})
    assert (found["user"], found["environment"], found.get("group_add")) == ("nobody", {}, None)


def test_what_both_have_several_of_the_container_has_all_of():
    mount = {"Type": "tmpfs", "Target": "/scratch"}
    found = arguments(
        {"labels": {"team": "a", "podium.run": "mine"}, "mounts": [mount], "extra_hosts": ["db:10.0.0.1"]},
        folder=Path("/store: of a team"),
        secrets=Path("/dev/shm/x"),  # noqa: S108 - only named
    )
    assert found["labels"] == {"team": "a", "podium.run": "r"}
    assert [mount["Target"] for mount in found["mounts"]] == ["/scratch", "/store: of a team", SECRETS_FILE]
    assert [mount.get("ReadOnly") for mount in found["mounts"]] == [None, False, True]
    assert found["extra_hosts"] == {"db": "10.0.0.1", "host.docker.internal": "host-gateway"}


def test_defaults_give_way():
    found = arguments({"init": False, "log_config": {"type": "json-file"}})
    assert (found["init"], found["log_config"]) == (False, {"type": "json-file"})


def test_a_container_that_shares_anothers_network_has_its_hosts():
    assert arguments({"network_mode": "container:db"})["extra_hosts"] == {}


def test_every_fault_is_told_at_once():
    given = {"image": "x", "environment": {"A": "b"}, "tty": True, "shm_sise": "1g", "shm_size": "lots", "ulimits": 3}
    with pytest.raises(ValueError, match="podium sets 'image' itself") as error:
        checked(given)
    said = str(error.value).split("; ")
    assert len(said) == len(given)
    assert "podium sets 'environment' itself: use @step(environment=...), which keeps secrets out of sight" in said
    assert "podium sets 'tty' itself" in said
    assert "the Docker SDK has no argument 'shm_sise', did you mean 'shm_size'?" in said
    assert [line for line in said if line.startswith("the Docker SDK does not take this value of 'ulimits'")]


def test_what_the_sdk_takes_is_kept_as_it_is():
    given = {
        "cpu_count": 3,
        "shm_size": "2g",
        "ulimits": [{"name": "nofile", "soft": 1024}],
        "volumes": {"/data": {"bind": "/data", "mode": "ro"}},
        "ports": {"80/tcp": 8080},
        "network": "mine",
        "hostname": "here",
    }
    assert checked(given) is given
