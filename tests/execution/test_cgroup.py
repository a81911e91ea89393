"""Kills for lack of memory, told from the files of a kernel, in the shapes of both versions of cgroups."""

import pytest

from podium.core.execution.cgroup import MemoryWatch

V2 = ("0::/\n", "30 24 0:26 / /sys/fs/cgroup ro - cgroup2 cgroup rw\n", "sys/fs/cgroup/memory.events")
V1 = (
    "4:memory:/docker/abc\n",
    "32 30 0:30 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
    "sys/fs/cgroup/memory/memory.oom_control",
)
LIMITS = {V2: "memory.max", V1: "memory.limit_in_bytes"}


@pytest.mark.parametrize("version", [V1, V2], ids=["v1", "v2"])
def test_a_kill_since_then_is_told_with_the_limit(tmp_path, version):
    membership, mounts, counter = version
    files = {"proc/self/cgroup": membership, "proc/self/mountinfo": mounts, counter: "oom 1\noom_kill 2\n"}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / counter).with_name(LIMITS[version]).write_text(f"{64 * 2**20}\n")
    watch = MemoryWatch(tmp_path)
    assert watch.verdict() == ""
    (tmp_path / counter).write_text("oom 1\noom_kill 3\n")
    assert watch.verdict() == "out of memory, the limit is 64 MiB"


def test_without_cgroups_nothing_is_seen(tmp_path):
    assert MemoryWatch(tmp_path).verdict() == ""
