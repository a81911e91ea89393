"""Who may start on a machine of given size, and who has to wait; GPUs are shared with real other processes."""

import os
import signal
import subprocess
import sys
from random import Random

import pytest

from podium.core.errors import ConflictError
from podium.core.execution.admission import Admission, Grant
from podium.core.gpus import GpuPool
from podium.core.machine import Machine
from podium.core.spec import NO_RESOURCES, ResourceSpec

GIB = 2**30
LIGHT = ResourceSpec(cpu_count=0.01)
TWO_CORES = Machine(2, 8 * GIB)


def admitted(admission, steps):
    return [step for step, resources in steps.items() if admission.admit(step, resources)]


def test_a_step_takes_one_cpu_unless_it_says_otherwise():
    steps = {"a": NO_RESOURCES, "b": NO_RESOURCES, "c": NO_RESOURCES}
    assert admitted(Admission(TWO_CORES), steps) == ["a", "b"]


def test_sixty_four_light_steps_overlap_on_two_cores():
    assert len(admitted(Admission(TWO_CORES), {f"step_{n}": LIGHT for n in range(64)})) == 64


def test_what_is_released_is_there_again_however_often():
    admission, random = Admission(TWO_CORES), Random(1)
    for _ in range(2_000):
        share = ResourceSpec(cpu_count=random.random() * 2, memory=random.randrange(8 * GIB))
        assert admission.admit("step", share)
        admission.release("step")
    assert admission.admit("all", ResourceSpec(cpu_count=2, memory=8 * GIB))


def test_max_parallel_limits_even_the_lightest_steps():
    steps = {f"step_{n}": LIGHT for n in range(9)}
    assert len(admitted(Admission(TWO_CORES, max_parallel=3), steps)) == 3


def test_memory_is_shared_out():
    half = ResourceSpec(cpu_count=0.1, memory=4 * GIB)
    assert admitted(Admission(TWO_CORES), {"a": half, "b": half, "c": half, "d": LIGHT}) == ["a", "b", "d"]


def test_a_big_step_is_not_starved_by_small_ones_behind_it():
    admission = Admission(TWO_CORES)
    assert admission.admit("small_0", NO_RESOURCES)
    for number in range(1, 100):
        steps = {"big": ResourceSpec(cpu_count=2), f"small_{number}": NO_RESOURCES}
        started = admitted(admission, steps)
        if started:
            assert started == ["big"]
            return
        assert admission.full
        admission.release(f"small_{number - 1}")
    pytest.fail("the big step never started")


def test_a_step_that_waits_for_memory_does_not_hold_up_those_that_take_none():
    admission = Admission(TWO_CORES)
    hungry = ResourceSpec(cpu_count=0.5, memory=6 * GIB)
    assert admitted(admission, {"first": hungry, "second": hungry, "small": LIGHT}) == ["first", "small"]
    assert not admission.full


def test_a_release_lets_others_ask_when_the_waiting_step_is_gone():
    admission = Admission(TWO_CORES)
    assert admitted(admission, {"one": NO_RESOURCES, "dropped": ResourceSpec(cpu_count=2), "two": LIGHT}) == ["one"]
    admission.release("dropped")
    assert admission.admit("two", NO_RESOURCES)


def test_a_step_that_can_never_fit_is_named_with_all_figures(no_gpus):
    asked = ResourceSpec(cpu_count=8, memory=64 * GIB, gpu_count=2, gpu_class="H100")
    assert Admission(TWO_CORES).fits_ever(asked) == (
        "asks for more than this machine has: 8 of 2 CPUs, 64 GiB of 8 GiB memory, "
        "2 of 0 H100 GPUs (nvidia-smi is not on PATH)"
    )


def test_a_step_that_is_not_strict_gets_what_there_is(no_gpus):
    admission = Admission(TWO_CORES)
    greedy = ResourceSpec(cpu_count=8, memory=64 * GIB, gpu_count=2, strict=False)
    assert admission.fits_ever(greedy) is None
    assert admission.admit("greedy", greedy) == Grant()
    assert admission.admit("next", LIGHT) is None


def test_the_default_of_one_cpu_fits_a_container_with_half_a_cpu():
    admission = Admission(Machine(0.5, GIB))
    assert admission.fits_ever(NO_RESOURCES) is None
    assert admitted(admission, {"a": NO_RESOURCES, "b": LIGHT}) == ["a"]
    assert "1 of 0.5 CPUs" in admission.fits_ever(ResourceSpec(cpu_count=1))


# GPUs: nvidia-smi is a script on PATH that lists these.
GPUS = {"GPU-aaa": "NVIDIA H100 80GB HBM3", "GPU-bbb": "NVIDIA H100 80GB HBM3", "GPU-ccc": "Tesla T4"}


@pytest.fixture
def no_gpus(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture
def nvidia_smi(monkeypatch, tmp_path):
    """Put a script on PATH that prints the given lines, and says how often it was asked."""
    folder = tmp_path / "bin"
    folder.mkdir()
    asked = tmp_path / "asked"

    def install(body):
        script = folder / "nvidia-smi"
        script.write_text(f"#!/bin/sh\necho $@ >> {asked}\n{body}\n")
        script.chmod(0o755)

    install("\n".join(f"echo '{number}, {uuid}, {name}'" for number, (uuid, name) in enumerate(GPUS.items())))
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    install.questions = lambda: asked.read_text().splitlines() if asked.exists() else []
    return install


@pytest.fixture
def locks(tmp_path):
    folder = tmp_path / "locks"
    folder.mkdir()
    return folder


def one_gpu(gpu_class=None, count=1):
    return ResourceSpec(cpu_count=0.1, gpu_count=count, gpu_class=gpu_class)


def test_a_grant_names_gpus_that_no_other_step_has(nvidia_smi, locks):
    admission = Admission(TWO_CORES, gpus=GpuPool(locks))
    grants = [admission.admit(name, one_gpu()) for name in "abcd"]
    assert [grant and grant.gpus for grant in grants] == [("GPU-aaa",), ("GPU-bbb",), ("GPU-ccc",), None]


def test_nvidia_smi_is_asked_once_and_only_for_a_step_that_wants_a_gpu(nvidia_smi, locks):
    admission = Admission(TWO_CORES, gpus=GpuPool(locks))
    assert admission.fits_ever(NO_RESOURCES) is None
    assert admission.admit("plain", NO_RESOURCES)
    assert nvidia_smi.questions() == []
    for name in "abc":
        assert admission.admit(name, one_gpu())
    assert nvidia_smi.questions() == ["--query-gpu=index,uuid,name --format=csv,noheader"]


@pytest.mark.parametrize("gpu_class", ["T4", "t4", "tesla-t4", "nvidia-tesla-t4"])
def test_a_gpu_class_is_matched_by_the_words_of_the_name(nvidia_smi, locks, gpu_class):
    assert Admission(TWO_CORES, gpus=GpuPool(locks)).admit("step", one_gpu(gpu_class)) == Grant(("GPU-ccc",))


@pytest.mark.parametrize(("visible", "expected"), [("2,0", ["GPU-ccc", "GPU-aaa"]), ("GPU-b", ["GPU-bbb"]), ("", [])])
def test_only_the_callers_visible_devices_are_handed_out(nvidia_smi, locks, visible, expected):
    pool = GpuPool(locks, {"CUDA_VISIBLE_DEVICES": visible})
    assert [gpu.uuid for gpu in pool.gpus] == expected


@pytest.mark.parametrize("visible", ["1,7,2", "1,-1,2", "1,,2", "1,GPU-zzz"])
def test_devices_after_a_name_that_does_not_exist_are_hidden_as_cuda_does(nvidia_smi, locks, visible):
    assert [gpu.uuid for gpu in GpuPool(locks, {"CUDA_VISIBLE_DEVICES": visible}).gpus] == ["GPU-bbb"]


def test_too_few_gpus_of_a_class_are_refused_with_what_there_is(nvidia_smi, locks):
    admission = Admission(TWO_CORES, gpus=GpuPool(locks, {"CUDA_VISIBLE_DEVICES": "0"}))
    reason = admission.fits_ever(one_gpu("H100", count=2))
    assert "2 of 1 H100 GPUs (" in reason
    assert "lists NVIDIA H100 80GB HBM3, NVIDIA H100 80GB HBM3, Tesla T4, CUDA_VISIBLE_DEVICES='0' leaves 1)" in reason


def test_a_broken_driver_is_named_in_the_refusal(nvidia_smi, locks):
    nvidia_smi("echo 'NVIDIA-SMI has failed because no driver answers.'; exit 9")
    reason = Admission(TWO_CORES, gpus=GpuPool(locks)).fits_ever(one_gpu())
    assert "1 of 0 GPUs (nvidia-smi exited with 9: NVIDIA-SMI has failed because no driver answers.)" in reason


def test_a_step_that_waits_for_gpus_holds_them_but_not_the_cpus(nvidia_smi, locks):
    admission = Admission(TWO_CORES, gpus=GpuPool(locks))
    steps = {"a": one_gpu(count=2), "b": one_gpu(count=2), "c": one_gpu(), "d": LIGHT}
    assert admitted(admission, steps) == ["a", "d"]
    admission.release("a")
    assert admitted(admission, {"b": steps["b"], "c": steps["c"]}) == ["b", "c"]


HOLDER = """
import sys
from pathlib import Path
from podium.core.gpus import GpuPool
leases = GpuPool(Path(sys.argv[1])).lease(2, None)
print(*(lease.uuid for lease in leases), flush=True)
sys.stdin.read()
"""


def test_gpus_of_another_process_are_free_again_when_it_is_killed(nvidia_smi, locks):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, locks], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "GPU-aaa GPU-bbb\n"
        admission = Admission(TWO_CORES, gpus=GpuPool(locks))
        assert admission.admit("big", one_gpu("H100")) is None
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    assert admission.admit("big", one_gpu("H100")) == Grant(("GPU-aaa",))


def test_a_lock_file_is_readable_by_every_user_whatever_the_umask(nvidia_smi, locks):
    before = os.umask(0o077)
    try:
        GpuPool(locks).lease(1, None)
    finally:
        os.umask(before)
    assert [(path.name, path.stat().st_mode & 0o777) for path in locks.iterdir()] == [("podium-GPU-aaa.lock", 0o644)]


def test_a_link_in_place_of_a_lock_file_is_not_followed(nvidia_smi, locks, tmp_path):
    (locks / "podium-GPU-aaa.lock").symlink_to(tmp_path / "victim")
    with pytest.raises(ConflictError, match="cannot open the GPU lock file") as refused:
        GpuPool(locks).lease(1, None)
    assert "hint: remove it" in str(refused.value)
    assert not (tmp_path / "victim").exists()
