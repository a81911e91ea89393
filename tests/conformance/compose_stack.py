"""Stacks on a remote machine as a team has them: a registry with TLS, artifacts in S3, and a key to log in with."""

import base64
import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from conformance.workspace import Workspace, eventually
from filelock import FileLock
from servers.aws import AWS, aws
from servers.instance import REGISTRY_USERS, V1, Instance
from servers.s3 import new_bucket

PHRASE = "correct horse"
"""What the secret `far` has for keys with a passphrase."""
NOTHING = """
@step
def nothing():
    pass

@pipeline
def flow():
    nothing()
"""


@pytest.fixture(scope="session")
def cloud(instance):
    """Return an AWS that what runs on the remote machine reaches, too."""
    with aws(instance.gateway) as service:
        yield service


def register(
    workspace: Workspace,
    instance: Instance,
    cloud: AWS,
    *,
    registry: Instance | None = None,
    ssh: Mapping[str, object] | None = None,
    **changes: object,
) -> None:
    """Register the stacks `hyperai` and `ssh`, on which steps see the workspace's folder.

    Both orchestrators have the user with Compose v1. `changes` are fields of the first one and, by the names
    `hostnames`, `username` and `port`, of its connector; `ssh` are fields of the other one, left out when None.
    The registry may be that of another instance.
    """
    registry = registry or instance
    workspace.light = 0.5
    workspace.folder.chmod(0o777)
    home = workspace.folder / "home"
    home.mkdir()
    workspace.environment |= {
        "HOME": str(home),
        "PODIUM_SECRETS_BACKEND": "file",
        "SSL_CERT_FILE": str(registry.authority),
    }
    workspace.environment.pop("SSH_AUTH_SOCK", None)
    bucket = new_bucket(cloud)
    [(user, password)] = REGISTRY_USERS.items()
    key = base64.b64encode(instance.key.read_bytes()).decode()
    secrets = {"key": key, "phrase": PHRASE, "password": password, "s3_key": bucket.config["key"]}
    secrets["s3"] = bucket.config["secret"]
    did(workspace, "secret", "create", "far", *(f"--{name}={value}" for name, value in secrets.items()))
    hub = {"uri": f"{registry.registry}/team", "username": user, "password": "{{far.password}}"}
    store = {
        **bucket.config,
        "key": "{{far.s3_key}}",
        "secret": "{{far.s3}}",
        "path": f"s3://{bucket.name}/runs of a team",
    }
    common = {"artifact-store": "bucket", "container-registry": "hub", "image-builder": "here"}
    login = {name: changes.pop(name) for name in ("hostnames", "username", "port") if name in changes}
    manifest = {
        "service-connectors": {"box": _connector(instance, login)},
        "orchestrators": {
            "remote": _hyperai({**_shared(workspace, "mounts_from_to"), **changes}),
            "other": _ssh(instance, {**_shared(workspace, "mounts"), **(ssh or {})}),
        },
        "container-registries": {"hub": {"flavor": "default", "config": hub}},
        "image-builders": {"here": {"flavor": "local"}},
        "artifact-stores": {"bucket": {"flavor": "s3", "config": store}},
        "stacks": {
            "hyperai": {"components": {"orchestrator": "remote", **common}},
            "ssh": {"components": {"orchestrator": "other", **common}},
        },
    }
    file = workspace.folder / "stack.yaml"
    file.write_text(json.dumps(manifest))
    did(workspace, "apply", "-f", str(file), "--yes")
    file.unlink()


def _shared(workspace: Workspace, mounts: str) -> dict[str, object]:
    return {"minimum_free_disk_gb": 0.5, mounts: {str(workspace.folder): str(workspace.folder)}}


def _connector(instance: Instance, login: Mapping[str, object]) -> dict[str, object]:
    config = {"base64_ssh_key": "{{far.key}}", "host_keys": [instance.fingerprint]}
    config |= {"hostnames": [instance.host], "username": V1, **login}
    return {"type": "hyperai", "auth_method": "ed25519-key", "config": config}


def _hyperai(config: Mapping[str, object]) -> dict[str, object]:
    return {"flavor": "hyperai", "connector": "box", "config": {"container_registry_autologin": True, **config}}


def _ssh(instance: Instance, config: Mapping[str, object]) -> dict[str, object]:
    login = {"hostname": instance.host, "username": V1, "ssh_private_key": "{{far.key}}"}
    found = {**login, "host_keys": [instance.fingerprint], "authenticate_docker": True, **config}
    return {"flavor": "ssh", "config": {name: value for name, value in found.items() if value is not None}}


def did(workspace: Workspace, *command: str) -> str:
    """Run a command that must succeed; return what it printed."""
    result = workspace.podium(*command)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="session")
def remote_image(tmp_path_factory, docker_engine, instance, cloud):
    """Have the image pushed and pulled that every test finds unchanged; return the machine that has it."""
    place = instance.shared / "remote image"
    with FileLock(f"{place}.lock"):
        if not place.exists():
            workspace = Workspace(tmp_path_factory.mktemp("image"))
            register(workspace, instance, cloud)
            run = workspace.start("run", workspace.write(NOTHING), "--stack", "hyperai")
            _, said = run.communicate(timeout=200)
            assert run.returncode == 0, said
            place.touch()
    return instance


def left(workspace: Workspace, instance: Instance, user: str = V1, workdir: str = "podium-runs") -> list[str]:
    """Return what a machine still has of the workspace's runs that it should not keep when they have ended."""
    runs = did(workspace, "runs", "list", "--output", "names").split()
    with instance.engine() as engine:
        listed = engine.containers.list(all=True, filters={"label": "podium.run"}, ignore_removed=True)
        found = [container.name for container in listed if container.labels["podium.run"] in runs]
    for run in runs:
        for folder in (instance.home(user) / workdir / "runs").glob(f"{run}.*"):
            found += map(str, [*folder.glob("secrets/*"), *folder.glob("docker")])
    for process in instance.processes():
        try:
            at = str(Path(f"/proc/{process}/cwd").readlink())
        except OSError:
            continue  # it has ended
        found += [at for run in runs if run in at]
    return found


@contextlib.contextmanager
def stack_of(user: str, workspace: Workspace, instance: Instance, cloud: AWS) -> Iterator[str]:
    """Register the stacks for a user, and see that in the end none of their runs has left anything on the machine."""
    register(workspace, instance, cloud, username=user)
    workspace.ending, workspace.lag = 15, 60
    workspace.jobs = lambda: left(workspace, instance, user)
    yield "hyperai"
    eventually(lambda: not workspace.jobs())


@pytest.fixture
def stack(workspace: Workspace, remote_image: Instance, cloud: AWS):
    """Return the name of a stack whose user has Compose v1."""
    with stack_of(V1, workspace, remote_image, cloud) as name:
        yield name
