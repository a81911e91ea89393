"""Images that the engine lacks are pulled by digest, as whoever may."""

import io
import tarfile
import uuid

import pytest
from servers.registry import registry as running_registry

from podium.core.contracts.container_registry import ContainerRegistryConfig
from podium.core.docker.pulling import pull_missing
from podium.core.errors import AccessError, NotFoundError
from podium.core.secrets.secret import Secret
from podium.flavors.default_registry import DefaultRegistry

RIGHT = "hub-s3cret-4711"


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    with running_registry(tmp_path_factory.mktemp("hub") / "hub", users={"ada": RIGHT}) as address:
        yield address


@pytest.fixture
def pushed(docker_engine, hub, tmp_path, monkeypatch):
    """Return the pinned reference of an image that is in the registry and not in the engine."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        entry = tarfile.TarInfo(uuid.uuid4().hex)
        tar.addfile(entry)
    name = f"{hub}/team/tiny"
    docker_engine.api.import_image_from_data(archive.getvalue(), repository=name, tag="1")
    auth = {"username": "ada", "password": RIGHT}
    said = list(docker_engine.api.push(name, "1", stream=True, decode=True, auth_config=auth))
    docker_engine.images.remove(f"{name}:1")
    reference = f"{name}@{said[-1]['aux']['Digest']}"
    yield reference
    if reference in {name for image in docker_engine.images.list() for name in image.attrs["RepoDigests"]}:
        docker_engine.images.remove(reference)


def registry(hub: str, password: str = RIGHT) -> DefaultRegistry:
    return DefaultRegistry("hub", ContainerRegistryConfig(uri=hub, username="ada", password=Secret(password)))


def test_an_image_is_pulled_once_and_that_is_said(docker_engine, hub, pushed):
    said = []
    pull_missing({pushed}, registry(hub), said.append)
    assert docker_engine.images.get(pushed)
    assert said == [f"pulling image {pushed}"]
    pull_missing({pushed}, registry(hub), said.append)
    assert len(said) == 1


@pytest.mark.parametrize("password", [None, "wrong-4711"])
def test_whoever_may_not_is_told_so_without_the_password(hub, pushed, password):
    who = registry(hub, password) if password else None
    with pytest.raises(AccessError, match="cannot be pulled: the registry does not allow this") as error:
        pull_missing({pushed}, who, lambda _: None)
    assert "docker login" in str(error.value)
    assert "4711" not in str(error.value)


def test_an_image_that_is_not_there_is_named(hub, docker_engine):
    missing = f"{hub}/team/tiny@sha256:{'0' * 64}"
    with pytest.raises(NotFoundError, match="an image does not exist"):
        pull_missing({missing}, registry(hub), lambda _: None)


def test_one_that_is_in_no_registry_is_to_be_built_anew(docker_engine):
    with pytest.raises(NotFoundError, match="no longer in the Docker engine, and in no registry"):
        pull_missing({f"sha256:{'0' * 64}"}, None, lambda _: None)
