"""What submitting a run takes of SSH, and that it is done once; the supervisor ends at once, as this Docker is none."""

import pytest
from compose_host import RUN, docker, logging_in, pipeline
from servers.sshd import MARKER
from servers.tcp_proxy import tcp_proxy

from podium.core.compose.handle import Handle, read_handle
from podium.core.contracts.container_registry import ContainerRegistryConfig
from podium.core.contracts.graph_orchestrator import Graph, GraphStep
from podium.core.contracts.job_orchestrator import Job
from podium.core.errors import AccessError, NotFoundError, UsageError
from podium.core.secrets.secret import Secret
from podium.core.spec import ResourceSpec
from podium.core.ssh.address import Address
from podium.flavors.default_registry import DefaultRegistry

pytestmark = pytest.mark.usefixtures("ssh_home")


def graph(count=1, **resources):
    def job(name, **asked):
        labels = {"podium.run": RUN}
        return Job(name=name, labels=labels, image="image", command=("true",), resources=ResourceSpec(**asked))

    steps = tuple(GraphStep(job=job(f"step-{number}", **resources)) for number in range(count))
    return Graph(pipeline="flow", run_id=RUN, submission=1, steps=steps, end=job("podium-end"))


@pytest.fixture
def hub():
    fields = {"uri": "registry.example:5000/team", "username": "a b", "password": Secret(MARKER)}
    return DefaultRegistry("hub", ContainerRegistryConfig(**fields))


def test_it_takes_one_connection_and_three_commands_for_any_number_of_steps_and_again_one_that_changes_nothing(
    ssh, first
):
    orchestrator = ssh(first)
    (host,) = orchestrator.hosts
    with first.programs(**docker()):
        handle = orchestrator.place(pipeline(), RUN, 1)
        orchestrator.submit(graph(20), handle, None)
        assert (host.session.connections, host.session.commands) == (1, 3)
        folder = first.folder / f"podium-runs/runs/{RUN}.1"
        supervisor = (folder / "state" / "owner").read_text()
        orchestrator.submit(graph(20), handle, None)
        assert (host.session.connections, host.session.commands) == (1, 4)
    assert (folder / "state" / "owner").read_text() == supervisor
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_a_connection_cut_meanwhile_is_opened_again_and_the_run_starts_once(ssh, first):
    with tcp_proxy("127.0.0.1", first.port) as network, first.programs(**docker()):
        orchestrator = ssh(first, port=network.port)
        handle = orchestrator.place(pipeline(), RUN, 1)
        network.limit = 30_000
        orchestrator.submit(graph(200), handle, None)
        assert network.connections == 2
    runs = first.folder / "podium-runs/runs"
    assert [path.name for path in runs.iterdir()] == [f"{RUN}.1"]
    assert len((runs / f"{RUN}.1/graph").read_text().splitlines()) == 200
    assert (runs / f"{RUN}.1/state/owner").exists()


def test_the_registrys_password_goes_by_stdin_into_the_runs_own_docker_configuration(ssh, first, hub):
    seen = first.folder / "seen"
    orchestrator = ssh(first, authenticate_docker=True)
    with first.programs(**logging_in(f'echo "$@" > "{seen}"; cat >> "{seen}"; exit')):
        orchestrator.submit(graph(), orchestrator.place(pipeline(), RUN, 1), hub)
    login = "--config docker login --username a b --password-stdin registry.example:5000"
    assert seen.read_text() == f"{login}\n{MARKER}"
    assert orchestrator.hosts[0].session.commands == 4


@pytest.mark.parametrize("setting", [{}, {"container_registry_autologin": False}])
def test_without_that_setting_the_hosts_own_login_is_left_to_docker(hyperai, first, hub, setting):
    orchestrator = hyperai(first, **setting)
    with first.programs(**docker()):
        orchestrator.submit(graph(), orchestrator.place(pipeline(), RUN, 1), hub)
    assert orchestrator.hosts[0].session.commands == 3


def test_a_login_that_the_registry_refuses_is_told_and_nothing_is_started(hyperai, first, hub):
    orchestrator = hyperai(first, container_registry_autologin=True)
    with first.programs(**logging_in('echo "unauthorized: wrong password" >&2; exit 1')):
        handle = orchestrator.place(pipeline(), RUN, 1)
        with pytest.raises(AccessError, match=r"cannot log into registry .*: unauthorized") as caught:
            orchestrator.submit(graph(), handle, hub)
        assert orchestrator.status(handle).reason == "it was never started"
    assert MARKER not in str(caught.value)


def test_a_step_that_is_not_strict_is_given_the_gpus_there_are(ssh, first):
    orchestrator, asking = ssh(first), {"gpu_count": 4, "strict": False}
    with first.programs(**docker()):
        orchestrator.submit(graph(**asking), orchestrator.place(pipeline(**asking), RUN, 1), None)
    assert "nvidia" not in (first.folder / f"podium-runs/runs/{RUN}.1/compose.yaml").read_text()
    assert "nvidia" in orchestrator.render(graph(**asking))["compose.yaml"]


def test_what_a_dry_run_shows_is_what_is_submitted_but_for_the_handle(ssh, first, tmp_path):
    orchestrator = ssh(first, mounts={str(tmp_path): "/data"}, docker_run_args=["--shm-size=2g"], cleanup_after_days=2)
    shown = orchestrator.render(graph(3))
    with first.programs(**docker()):
        handle = orchestrator.place(pipeline(), RUN, 1)
        orchestrator.submit(graph(3), handle, None)
    folder = first.folder / f"podium-runs/runs/{RUN}.1"
    there = {name: (folder / name).read_text() for name in shown}
    assert there == {name: text.replace("'<handle>'", handle) for name, text in shown.items()}
    assert "KEEP_MINUTES=2880" in there["run.conf"]
    assert "shm_size: 2g" in there["compose.yaml"]


@pytest.mark.parametrize("orchestrator", ["ssh", "hyperai"])
def test_files_are_kept_for_good_where_that_is_wanted(request, first, orchestrator):
    field = {"ssh": "cleanup_old_files", "hyperai": "automatic_cleanup_pipeline_files"}[orchestrator]
    made = request.getfixturevalue(orchestrator)(first, **{field: False})
    assert "KEEP_MINUTES=''" in made.render(graph())["run.conf"]


def test_another_process_asks_for_a_run_by_its_handle_alone(ssh, first):
    with first.programs(**docker()):
        handle = ssh(first).place(pipeline(), RUN, 1)
    other = ssh(first)
    assert (other.status(handle).state, other.status(handle).reason) == ("lost", "it was never started")
    assert other.output(handle, "train") == b""
    other.cancel(handle)
    assert other.url(handle) == handle
    assert other.hosts[0].session.connections == 1


@pytest.mark.parametrize(
    ("handle", "error"),
    [
        ("ssh://USER@another.example:22/run", NotFoundError),
        ("ssh://somebody-else@127.0.0.1:PORT/run", NotFoundError),
        ("docker://x", UsageError),
        ("ssh://USER@127.0.0.1:PORT", UsageError),
    ],
)
def test_a_handle_of_another_host_or_user_or_of_nothing_is_refused(ssh, first, handle, error):
    with pytest.raises(error):
        ssh(first).status(handle.replace("PORT", str(first.port)).replace("USER", first.user))


@pytest.mark.parametrize("user", ["me", "a@b", "it's: /"])
@pytest.mark.parametrize("host", ["gpu.example.com", "10.0.0.1", "::1", "fe80::1%eth0"])
@pytest.mark.parametrize("folder", ["/home/me/runs", "/a b/ü/100%?#x", "/it's/$HOME"])
def test_a_handle_says_user_host_and_folder_whatever_they_are(user, host, folder):
    handle = Handle(user, Address(host, 2222), folder)
    assert read_handle(str(handle)) == handle
    assert " " not in str(handle)
