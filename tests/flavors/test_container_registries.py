import sys

import docker
import pytest
from servers.docker_engine import docker_engine
from servers.loopback import free_port

from podium.connectors.docker import DockerConnector, DockerPasswordConfig
from podium.core import registry as flavors
from podium.core.errors import DefinitionError
from podium.core.validation import validated

RIGHT = "right-4711"
MARKER = "m4rk-er-secret"


def component(flavor, *, kind="container-registry", connector=None, **values):
    found = flavors.load(kind, flavor)
    config = validated(found.config_class, values, subject="component 'c'", where="w")
    return found("c", config, connector=connector)


def findings(found) -> list[tuple[str, str]]:
    return [(finding.level, finding.what) for finding in found.check()]


def docker_connector(registry, password=RIGHT):
    values = {"username": "alice", "password": password, "registry": registry}
    return DockerConnector("hub", "password", validated(DockerPasswordConfig, values, subject="s", where="w"))


@pytest.mark.parametrize(
    ("flavor", "uri", "registry"),
    [
        ("default", "registry.example.com:5000/team/", "registry.example.com:5000"),
        ("default", "https://localhost:5000", "localhost:5000"),
        ("dockerhub", "docker.io/me", "docker.io"),
        ("gcp", "europe-docker.pkg.dev/project/images", "europe-docker.pkg.dev"),
        ("gcp", "eu.gcr.io/project", "eu.gcr.io"),
        ("aws", "123456789012.dkr.ecr.eu-west-1.amazonaws.com", "123456789012.dkr.ecr.eu-west-1.amazonaws.com"),
        ("azure", "mine.azurecr.io", "mine.azurecr.io"),
        ("github", "ghcr.io/owner", "ghcr.io"),
    ],
)
def test_a_connector_is_asked_for_the_registry_of_the_uri(flavor, uri, registry):
    found = component(flavor, uri=uri)
    assert found.resource_id() == registry
    assert found.uri == uri.removeprefix("https://").rstrip("/")


def test_docker_hub_is_where_docker_hub_is():
    assert component("dockerhub").uri == "docker.io"


@pytest.mark.parametrize(
    ("flavor", "uri", "like"),
    [
        ("default", "two words", "host\\[:port\\]"),
        ("dockerhub", "ghcr.io/me", "docker.io/me"),
        ("gcp", "europe-docker.pkg.dev/project", "europe-docker.pkg.dev/PROJECT/REPOSITORY"),
        ("gcp", "gcr.io.evil.com/project", "europe-docker.pkg.dev/PROJECT/REPOSITORY"),
        ("aws", "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app", "123456789012.dkr.ecr"),
        ("azure", "azurecr.io", "NAME.azurecr.io"),
        ("github", "ghcr.io", "ghcr.io/OWNER"),
    ],
)
def test_a_uri_of_another_provider_is_refused_with_an_example(flavor, uri, like):
    with pytest.raises(DefinitionError, match=f"field 'uri': an? .*address.*{like}|field 'uri': the address.*{like}"):
        component(flavor, uri=uri)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"uri": "ghcr.io/Owner"}, "field 'uri': what follows the host .* no capital letters"),
        (
            {"uri": "ghcr.io/owner", "default_repository": "My Images"},
            "field 'default_repository': .* is no repository",
        ),
    ],
)
def test_what_image_names_cannot_begin_with_is_refused(fields, said):
    with pytest.raises(DefinitionError, match=said):
        component("default", **fields)


def test_half_a_login_is_refused():
    with pytest.raises(DefinitionError, match="username and password belong together"):
        component("default", uri="host:5000", username="alice")


@pytest.mark.parametrize(
    ("uri", "local"),
    [
        ("localhost:5000", True),
        ("127.0.0.1:5000/x", True),
        ("[::1]:5000", True),
        ("ghcr.io/me", False),
        ("{{a.b}}", False),
    ],
)
def test_a_registry_of_this_machine_is_local(uri, local):
    assert flavors.load("container-registry", "default").is_local({"uri": uri}) is local


def test_the_own_user_is_checked(registry, trusted):
    found = component("default", uri=f"{registry}/team", username="alice", password=RIGHT)
    assert findings(found) == [("ok", f"user 'alice' is logged into {registry}")]


def test_a_connector_is_checked_before_the_own_user(registry, trusted):
    found = component("default", uri=registry, username="alice", password=MARKER, connector=docker_connector(registry))
    assert findings(found) == [("ok", f"service connector 'hub' is logged into {registry}")]


@pytest.mark.parametrize("by", ["own user", "connector"])
def test_a_wrong_password_is_a_finding_without_it(registry, trusted, by):
    own = {"connector": docker_connector(registry, MARKER)}
    if by == "own user":
        own = {"username": "alice", "password": MARKER}
    [finding] = component("default", uri=registry, **own).check()
    assert finding.level == "fail"
    assert f"registry {registry} does not accept user 'alice'" in finding.what
    assert MARKER not in repr(finding)


def test_a_connector_of_another_registry_is_a_finding(registry, trusted):
    [finding] = component("default", uri="ghcr.io/me", connector=docker_connector(registry)).check()
    assert (finding.level, finding.hint is None) == ("fail", False)
    assert f"is for the registry {registry}, not for ghcr.io" in finding.what


def test_a_registry_without_credentials_is_a_warning_that_says_how_to_connect_it(registry, trusted):
    [finding] = component("default", uri=registry).check()
    assert (finding.level, finding.hint) == ("warn", "podium container-registry connect c --connector NAME")


def test_a_registry_that_is_not_there_is_a_finding():
    address = f"127.0.0.1:{free_port()}"
    assert findings(component("default", uri=address)) == [("fail", f"nothing listens at {address}")]


def test_a_registry_that_is_open_to_all_is_fine(tmp_path):
    from servers.registry import registry

    with registry(tmp_path / "open") as address:
        assert findings(component("default", uri=address)) == [("ok", f"{address} is open to all")]


@pytest.mark.parametrize("by", ["own user", "connector"])
def test_images_are_pushed_with_the_connector_or_the_own_user(tmp_path, by):
    own = {"connector": docker_connector("ghcr.io")}
    if by == "own user":
        own = {"username": "alice", "password": RIGHT}
    credentials = component("default", uri="ghcr.io/me", **own).credentials()
    path = tmp_path / "config.json"
    path.write_text(credentials.files["config.json"].reveal())
    login = docker.auth.load_config(str(path)).resolve_authconfig("ghcr.io")
    assert (login["username"], login["password"]) == ("alice", RIGHT)


def test_without_credentials_it_is_left_to_docker_itself():
    assert component("default", uri="ghcr.io/me").credentials() is None


def test_the_token_of_a_github_workflow_is_used_when_asked_for(monkeypatch):
    monkeypatch.setenv("GITHUB_ACTOR", "octocat")
    monkeypatch.setenv("GITHUB_TOKEN", MARKER)
    login = component("github", uri="ghcr.io/me", automatic_token_authentication=True).own_login()
    assert (login.username, login.password.reveal()) == ("octocat", MARKER)
    assert component("github", uri="ghcr.io/me").own_login() is None


def test_the_local_image_builder_names_the_engine(monkeypatch):
    with docker_engine(RIGHT) as (address, _logins):
        monkeypatch.setenv("DOCKER_HOST", address)
        assert findings(component("local", kind="image-builder")) == [("ok", "Docker engine 20.10.24 answers")]


def test_the_local_image_builder_without_an_engine_is_a_finding(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{free_port()}")
    [finding] = component("local", kind="image-builder").check()
    assert (finding.level, finding.hint) == ("fail", "start Docker, or set DOCKER_HOST to where it runs")


def test_the_local_image_builder_without_its_sdk_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "docker", None)
    [finding] = component("local", kind="image-builder").check()
    assert finding.hint == "podium integration install docker"
