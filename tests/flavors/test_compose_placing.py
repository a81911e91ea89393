"""Which host a run goes to, and why it can go to none."""

import os
from contextlib import ExitStack
from pathlib import Path

import pytest
from compose_host import RUN, docker, pipeline
from servers.loopback import free_port

from podium.core.errors import DefinitionError, PodiumError

pytestmark = pytest.mark.usefixtures("ssh_home")
GPUS = """cat << END
0, GPU-1, NVIDIA A100-SXM4-40GB
1, GPU-2, NVIDIA A100-SXM4-40GB
END"""


def going_on(server, count):
    """Have a host take this process for the supervisor of so many runs."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text()
    for number in range(count):
        state = server.folder / f"podium-runs/runs/{number}.1/state"
        state.mkdir(parents=True)
        (state / "owner").write_text(f"{os.getpid()} 1 {boot}")


def test_placing_a_run_leaves_nothing_on_the_host(ssh, first):
    def files():
        return sorted(path for path in first.folder.rglob("*") if path.name != "log")

    before = files()
    with first.programs(**docker()):
        handle = ssh(first).place(pipeline(), RUN, 1)
    assert handle == f"ssh://{first.user}@{first.address}{first.folder}/podium-runs/runs/{RUN}.1"
    assert files() == before


def test_a_folder_below_the_home_an_absolute_one_and_one_of_any_name_will_do(ssh, first, tmp_path):
    with first.programs(**docker()):
        for given, folder in {
            "~/a": first.folder / "a",
            str(tmp_path / "b"): tmp_path / "b",
            "it's $HOME `id`": first.folder / "it's $HOME `id`",
        }.items():
            orchestrator = ssh(first, remote_workdir=given)
            handle = orchestrator.place(pipeline(), RUN, 2)
            assert orchestrator.located(handle)[1] == f"{folder}/runs/{RUN}.2"


@pytest.mark.parametrize(
    ("resources", "told"),
    [
        ({"cpu_count": 64}, "64 of 4 CPUs"),
        ({"memory": 64 << 30}, "64.0 of 8.0 GiB memory"),
        ({"gpu_count": 1}, "1 of 0 GPUs (nvidia-smi lists none)"),
    ],
)
def test_a_step_that_asks_for_more_than_the_host_has_is_refused_by_name_unless_it_is_not_strict(
    ssh, first, resources, told
):
    orchestrator = ssh(first)
    with first.programs(**docker()):
        with pytest.raises(PodiumError) as caught:
            orchestrator.place(pipeline(**resources), RUN, 1)
        assert caught.value.message == f"step 'train' asks for more than {first.address} has: {told}"
        assert orchestrator.place(pipeline(**resources, strict=False), RUN, 1)


@pytest.mark.parametrize(("asked", "values"), [({}, {}), ({"gpu_class": "a100"}, {}), ({}, {"gpu_indices": [0, 1]})])
def test_gpus_that_containers_can_be_given_are_enough(ssh, first, asked, values):
    with first.programs(**docker(runtimes="runc nvidia"), nvidia_smi=GPUS):
        assert ssh(first, **values).place(pipeline(gpu_count=2, **asked), RUN, 1)


@pytest.mark.parametrize(
    ("asked", "values", "told"),
    [
        ({"gpu_class": "h100"}, {}, "2 of 0 h100 GPUs (nvidia-smi lists 0: NVIDIA A100"),
        ({}, {"gpu_indices": [1]}, "2 of 1 GPUs"),
    ],
)
def test_gpus_of_another_class_or_number_are_not(ssh, first, *, asked, values, told):
    orchestrator = ssh(first, **values)
    with first.programs(**docker(runtimes="runc nvidia"), nvidia_smi=GPUS), pytest.raises(PodiumError) as caught:
        orchestrator.place(pipeline(gpu_count=2, **asked), RUN, 1)
    assert told in caught.value.message


def test_gpus_that_docker_cannot_hand_out_are_none(ssh, first):
    orchestrator = ssh(first)
    with first.programs(**docker(), nvidia_smi=GPUS), pytest.raises(PodiumError, match="Docker there cannot give to"):
        orchestrator.place(pipeline(gpu_count=1), RUN, 1)


def test_gpus_that_are_turned_off_are_refused_before_any_host_is_asked(hyperai, first):
    orchestrator = hyperai(first, gpu_enabled_in_container=False)
    (step,) = pipeline(gpu_count=1).steps
    assert orchestrator.refuse(step) == "asks for GPUs, and gpu_enabled_in_container of orchestrator 'gpu' is off"
    assert orchestrator.refuse(pipeline(gpu_count=1, strict=False).steps[0]) is None
    assert orchestrator.hosts[0].session.connections == 0


@pytest.mark.parametrize("chosen", [0, 1])
@pytest.mark.parametrize(("busy", "idle"), [((4, 1), (4, 0)), ((2, 1), (16, 2))])
def test_of_several_hosts_the_one_with_the_fewest_runs_per_processor_is_chosen(hyperai, request, *, chosen, busy, idle):
    servers = [request.getfixturevalue(name) for name in ("first", "second")]
    orchestrator = hyperai(*servers)
    with ExitStack() as programs:
        for server in servers:
            cpus, runs = idle if server is servers[chosen] else busy
            going_on(server, runs)
            programs.enter_context(server.programs(**docker(cpus=cpus)))
        handle = orchestrator.place(pipeline(), RUN, 1)
    assert f"@{servers[chosen].address}/" in handle
    assert [host.session.connections for host in orchestrator.hosts] == [1, 1]


def test_runs_that_ended_or_whose_host_was_rebooted_do_not_count(hyperai, first, second):
    going_on(first, 2)
    (first.folder / "podium-runs/runs/0.1/state/ended").touch()
    (first.folder / "podium-runs/runs/1.1/state/owner").write_text(f"{os.getpid()} 1 another-boot\n")
    going_on(second, 1)
    with first.programs(**docker()), second.programs(**docker()):
        assert f"@{first.address}/" in hyperai(second, first).place(pipeline(), RUN, 1)


def test_a_host_that_cannot_run_a_pipeline_is_passed_over(hyperai, first, second):
    orchestrator = hyperai(first, second, more=(f"127.0.0.1:{free_port()}",), docker_binary="their-docker")
    with second.programs(**docker(name="their_docker")):
        assert f"@{second.address}/" in orchestrator.place(pipeline(), RUN, 1)


def test_when_no_host_can_run_a_pipeline_every_reason_of_each_is_told(hyperai, first, second):
    down = f"127.0.0.1:{free_port()}"
    orchestrator = hyperai(first, second, more=(down,), docker_binary="their-docker")
    with second.programs(**docker(name="their_docker", cpus=2)), pytest.raises(DefinitionError) as caught:
        orchestrator.place(pipeline(cpu_count=3), RUN, 1)
    told = str(caught.value)
    assert f"host {down} refuses connections" in told
    assert f"{first.address} has no program 'their-docker'" in told
    assert f"step 'train' asks for more than {second.address} has: 3 of 2 CPUs" in told


def test_a_resource_id_chooses_the_host(hyperai, first, second):
    going_on(second, 1)
    with first.programs(**docker()), second.programs(**docker()):
        handle = hyperai(first, second, resource_id=second.address).place(pipeline(), RUN, 1)
    assert f"@{second.address}/" in handle
