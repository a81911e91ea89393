"""What a machine has, told from the files of its kernel, in the shapes that hosts and containers give them."""

import os

import pytest

from podium.core.machine import this_machine

V2 = "30 24 0:26 {root} /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
V1 = (
    "31 30 0:29 {root} /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct\n"
    "32 30 0:30 {root} /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
)
MIB = 2**20


@pytest.fixture
def kernel(tmp_path):
    """Lay out a root folder: the process's groups, what is mounted, and the files of groups."""

    def lay_out(membership, mounts, **files):
        shown = {"proc/self/cgroup": membership, "proc/self/mountinfo": mounts, **files}
        for name, text in shown.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return lay_out


def test_without_cgroups_a_machine_has_the_cores_this_process_may_use_and_all_memory(tmp_path):
    machine = this_machine(tmp_path)
    assert machine.cpus == len(os.sched_getaffinity(0))
    assert machine.memory == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def test_affinity_counts():
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert this_machine().cpus <= 1
    finally:
        os.sched_setaffinity(0, before)


def test_version_2_takes_the_tightest_limit_on_the_way_up(kernel):
    group = "sys/fs/cgroup/user.slice"
    root = kernel(
        "0::/user.slice/session\n",
        V2.format(root="/"),
        **{
            f"{group}/cpu.max": "25000 100000\n",
            f"{group}/memory.max": "max\n",
            f"{group}/session/cpu.max": "max 100000\n",
            f"{group}/session/memory.max": f"{64 * MIB}\n",
        },
    )
    machine = this_machine(root)
    assert (machine.cpus, machine.memory) == (0.25, 64 * MIB)


def test_version_1_reads_each_controller_where_it_is_mounted(kernel):
    root = kernel(
        "4:memory:/job\n3:cpu,cpuacct:/job/step\n0::/\n",
        V1.format(root="/"),
        **{
            "sys/fs/cgroup/cpu,cpuacct/job/step/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu,cpuacct/job/step/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us": "50000\n",
            "sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/memory/job/memory.limit_in_bytes": f"{32 * MIB}\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        },
    )
    machine = this_machine(root)
    assert (machine.cpus, machine.memory) == (0.5, 32 * MIB)


@pytest.mark.parametrize(
    ("membership", "mounted"),
    [
        ("0::/\n", "/"),
        ("0::/docker/abc\n", "/docker/abc"),
        ("0::/../../outside\n", "/"),
        ("0::/docker/x\n", "/docker/y"),
    ],
    ids=["own namespace", "host namespace", "left its namespace", "another group mounted"],
)
def test_a_container_finds_its_limits_at_the_mount_point(kernel, membership, mounted):
    root = kernel(
        membership,
        V2.format(root=mounted),
        **{"sys/fs/cgroup/cpu.max": "10000 100000\n", "sys/fs/cgroup/memory.max": f"{16 * MIB}\n"},
    )
    machine = this_machine(root)
    assert (machine.cpus, machine.memory) == (0.1, 16 * MIB)


def test_a_group_without_the_controllers_sets_no_limit(kernel, tmp_path):
    machine = this_machine(kernel("0::/\n", V2.format(root="/")))
    assert machine == this_machine(tmp_path / "nothing")
