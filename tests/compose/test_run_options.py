import pytest

from podium.core.compose.run_options import run_options


def test_options_become_keys_of_a_service_whichever_way_they_are_written():
    words = ["--shm-size=2g", "--ipc", "host", "--cap-add", "A", "--cap-add=B", "--privileged", "--pids-limit", "9"]
    assert run_options(words) == {
        "shm_size": "2g",
        "ipc": "host",
        "cap_add": ["A", "B"],
        "privileged": True,
        "pids_limit": 9,
    }


@pytest.mark.parametrize(
    ("words", "key", "value"),
    [
        (["--ulimit", "nofile=1024:2048", "--ulimit=core=0"], "ulimits", {"nofile": (1024, 2048), "core": (0, 0)}),
        (["-l", "a=b=c", "--label", "d"], "labels", {"a": "b=c", "d": ""}),
        (["--sysctl", "net.core.somaxconn=9"], "sysctls", {"net.core.somaxconn": "9"}),
        (["--net", "none"], "network_mode", "none"),
        (["--add-host=a:1.2.3.4", "--add-host", "b=::1"], "extra_hosts", ["a:1.2.3.4", "b:::1"]),
        (["--memory-swap", "-1"], "memswap_limit", -1),
        (["--read-only=false"], "read_only", False),
        (["--tmpfs", "/run:size=64k"], "tmpfs", ["/run:size=64k"]),
    ],
)
def test_values_are_read_as_docker_reads_them(words, key, value):
    [found] = run_options(words).items()
    if key == "ulimits":
        value = {name: {"soft": soft, "hard": hard} for name, (soft, hard) in value.items()}
    assert found == (key, value)


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["--shm-sise=2g"], "--shm-sise is no option that every Docker Compose has, did you mean 'shm-size'?"),
        (["-v", "/a:/b"], "podium sets --volume itself: use the setting that mounts folders of the host"),
        (["--gpus", "all"], "podium sets --gpus itself: use ResourceSettings(gpu_count=...)"),
        (["--rm"], "podium sets --rm itself"),
        (["host"], "'host' is no option of docker run"),
        (["--ipc"], "--ipc needs a value"),
        (["--ipc", "--pid=host"], "--ipc needs a value"),
        (["--pids-limit", "many"], "--pids-limit: 'many' is no whole number"),
        (["--shm-size=two"], "--shm-size: 'two' is no size such as 512m or 2g"),
        (["--privileged=yes"], "--privileged is true or false, not 'yes'"),
        (["--add-host=a"], "--add-host: 'a' is not NAME:ADDRESS"),
    ],
)
def test_what_cannot_be_is_refused_by_name(words, fault):
    with pytest.raises(ValueError, match=r".") as caught:
        run_options(words)
    assert str(caught.value) == fault


def test_all_faults_are_told_at_once():
    with pytest.raises(ValueError, match=r"--name itself; .*--nope is no option.*; --dns needs a value"):
        run_options(["--name", "x", "--nope", "y", "--dns"])
