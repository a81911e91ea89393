"""Manifests, asked for as whoever a registry lets in."""

import pytest
from servers.loopback import free_port
from servers.manifests import DIGEST, upload
from servers.registry import registry as running_registry

from podium.core.docker.registry import IDENTITY_USER, Login
from podium.core.docker.repository import Repository
from podium.core.errors import AccessError
from podium.core.secrets.secret import Secret

RIGHT = "right-4711"
ALICE = Login("alice", Secret(RIGHT))


@pytest.mark.parametrize(
    ("kind", "login"),
    [
        ("registry", ALICE),
        ("token_registry", ALICE),
        ("token_registry", Login(IDENTITY_USER, Secret(RIGHT))),
    ],
    ids=["password", "token", "identity token"],
)
def test_a_tag_has_the_digest_of_its_manifest(request, trusted, kind, login):
    address = request.getfixturevalue(kind)
    upload(f"{address}/team/app:1", login)
    assert Repository(f"{address}/team/app", login).digest("1") == DIGEST


def test_what_is_not_there_has_no_digest(registry, trusted):
    assert Repository(f"{registry}/team/none", ALICE).digest("1") is None


def test_an_image_is_given_another_name_without_an_engine(registry, trusted):
    upload(f"{registry}/team/named:1", ALICE)
    repository = Repository(f"{registry}/team/named", ALICE)
    repository.tag(DIGEST, "latest")
    assert repository.digest("latest") == DIGEST


def test_a_registry_without_tls_is_asked_on_loopback(tmp_path):
    with running_registry(tmp_path / "open") as address:
        upload(f"{address}/app:1", None)
        assert Repository(f"{address}/app", None).digest("1") == DIGEST


@pytest.mark.parametrize("kind", ["registry", "token_registry"])
def test_a_wrong_password_is_refused_before_any_work(request, trusted, kind):
    address = request.getfixturevalue(kind)
    with pytest.raises(AccessError, match=f"{address} does not accept user 'alice'") as caught:
        Repository(f"{address}/team/app", Login("alice", Secret("wr0ng-one"))).digest("1")
    assert "wr0ng-one" not in str(caught.value)


@pytest.mark.parametrize("kind", ["registry", "token_registry"])
def test_a_registry_that_wants_a_login_says_how_to_give_one(request, trusted, kind):
    address = request.getfixturevalue(kind)
    with pytest.raises(AccessError) as caught:
        Repository(f"{address}/team/app", None).digest("1")
    assert caught.value.hint == "podium container-registry connect NAME --connector CONNECTOR, or: docker login"


def test_a_registry_that_is_not_there_is_an_error():
    address = f"127.0.0.1:{free_port()}"
    with pytest.raises(AccessError, match=f"nothing listens at {address}"):
        Repository(f"{address}/app", None).digest("1")
