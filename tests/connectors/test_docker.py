import json
import os
import ssl
import stat
import traceback

import docker
import pytest
from conformance.service_connector import Given, ServiceConnectorConformance
from servers.docker_engine import docker_engine
from servers.loopback import QuietHandler, free_port, serving

from podium.connectors.docker import DockerConnector, DockerPasswordConfig
from podium.core.docker.registry import registry_of
from podium.core.errors import AccessError, MissingToolError, PodiumError, UsageError
from podium.core.validation import validated

RIGHT = "right-4711"
MARKER = "m4rk-er secret:ü"


def connector(registry=None, password=RIGHT, username="alice"):
    values = {"username": username, "password": password} | ({"registry": registry} if registry else {})
    return DockerConnector("hub", "password", validated(DockerPasswordConfig, values, subject="s", where="w"))


def failure(call, *arguments) -> str:
    """Return the whole traceback of a failing call, so that a secret anywhere in it is seen."""
    with pytest.raises(PodiumError) as caught:
        call(*arguments)
    return "".join(traceback.format_exception(caught.value))


@pytest.fixture
def docker_home(tmp_path, monkeypatch):
    """Give docker a configuration of its own, not made yet."""
    folder = tmp_path / "docker home"
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    return folder


@pytest.mark.parametrize("kind", ["registry", "token_registry"])
def test_the_right_password_is_verified(request, trusted, kind):
    address = request.getfixturevalue(kind)
    assert list(connector(address).resources("docker-registry")) == [address]


@pytest.mark.parametrize("kind", ["registry", "token_registry"])
@pytest.mark.parametrize("wrong", [{"password": MARKER}, {"username": "mallory"}])
def test_a_wrong_user_or_password_is_told_without_the_password(request, trusted, kind, wrong):
    address = request.getfixturevalue(kind)
    told = failure(connector(address, **wrong).verify)
    assert (
        f"registry {address} does not accept user {wrong.get('username', 'alice')!r} with this password (401)" in told
    )
    assert MARKER not in told


def test_an_untrusted_certificate_says_where_docker_wants_the_authority(registry):
    told = failure(connector(registry).verify)
    assert f"the certificate of {registry} is not trusted" in told
    assert f"/etc/docker/certs.d/{registry}/ca.crt" in told


def test_an_authority_that_docker_trusts_is_trusted(registry, authority, tmp_path, monkeypatch):
    folder = tmp_path / ".config/docker/certs.d" / registry
    folder.mkdir(parents=True)
    (folder / "ca.crt").write_text(authority.pem)
    monkeypatch.setenv("HOME", str(tmp_path))
    connector(registry).verify()


def test_a_registry_that_is_not_there_is_named():
    address = f"127.0.0.1:{free_port()}"
    assert f"nothing listens at {address}" in failure(connector(address).verify)


def test_an_unknown_host_is_named():
    assert "there is no host nowhere.invalid" in failure(connector("nowhere.invalid").verify)


@pytest.mark.parametrize(
    ("status", "headers", "told"),
    [
        (404, {}, "is not a container registry: it answers 404"),
        (200, {"Content_Type": "text/html"}, "is not a container registry: it answers 200"),
        (302, {"Location": "https://elsewhere.invalid/v2/"}, "is not a container registry: it answers 302"),
        (401, {"WWW_Authenticate": "Negotiate"}, "is not a container registry: it answers 401"),
        (503, {}, "has a fault: it answers 503"),
    ],
)
def test_what_is_no_registry_is_told(status, headers, told):
    class Handler(QuietHandler):
        def respond(self):
            self.answer(status, b"<html>", **headers)

    with serving(Handler) as server:
        assert told in failure(connector(f"127.0.0.1:{server.server_port}").verify)


def test_a_password_is_not_sent_to_a_token_service_without_tls(authority, trusted, tmp_path):
    asked = []

    class Handler(QuietHandler):
        def respond(self):
            asked.append(self.headers["Authorization"])
            self.answer(401, WWW_Authenticate=f'Bearer realm="http://{self.headers["Host"]}/token",service="s"')

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.write(tmp_path))
    with serving(Handler, context) as server:
        told = failure(connector(f"127.0.0.1:{server.server_port}").verify)
    assert "which has no TLS" in told
    assert asked == [None]


def test_another_registry_than_the_connectors_is_refused(registry, trusted):
    connector(registry).verify("docker-registry", f"https://{registry}/team/app")
    with pytest.raises(UsageError, match=r"is for the registry 127\.0\.0\.1:\d+, not for ghcr\.io"):
        connector(registry).verify("docker-registry", "ghcr.io/team/app")


@pytest.mark.parametrize(
    ("uri", "registry"),
    [
        ("docker.io/me", "docker.io"),
        ("https://index.docker.io/v1/", "docker.io"),
        ("me/app", "docker.io"),
        ("localhost/app", "localhost"),
        ("https://ghcr.io/", "ghcr.io"),
        ("10.0.0.1:5000/a/b", "10.0.0.1:5000"),
        ("[::1]:5000/a", "[::1]:5000"),
    ],
)
def test_the_registry_of_an_address_is_dockers(uri, registry):
    assert registry_of(uri) == registry


@pytest.mark.parametrize("uri", ["/", "http://", "a b", "user:pw@host", "-x"])
def test_an_address_without_a_host_is_refused(uri):
    with pytest.raises(PodiumError, match="field 'registry': the address of a registry"):
        connector(uri)


def test_credentials_of_a_job_are_what_docker_reads(registry, tmp_path):
    handed = connector(registry, MARKER).credentials("docker-registry")
    assert {name: secret.reveal() for name, secret in handed.environment.items()} == {"DOCKER_CONFIG": "{dir}"}
    (tmp_path / "config.json").write_text(handed.files["config.json"].reveal())
    found = docker.auth.load_config(str(tmp_path / "config.json")).resolve_authconfig(registry)
    assert (found["Username" if "Username" in found else "username"], found["password"]) == ("alice", MARKER)
    assert MARKER not in repr(handed)


def test_credentials_of_docker_hub_are_under_the_name_that_docker_looks_for():
    config = json.loads(connector().credentials("docker-registry").files["config.json"].reveal())
    assert list(config["auths"]) == ["https://index.docker.io/v1/"]


def test_login_adds_to_dockers_configuration_and_keeps_the_rest(registry, trusted, docker_home):
    docker_home.mkdir()
    before = {"auths": {"ghcr.io": {"auth": "eDp5"}}, "currentContext": "remote", "HttpHeaders": {"X": "1"}}
    real = docker_home.parent / "elsewhere.json"
    real.write_text(json.dumps(before))
    (docker_home / "config.json").symlink_to(real)
    told = connector(registry).login("docker-registry")
    after = json.loads(real.read_text())
    assert after.pop("auths").keys() == {"ghcr.io", registry}
    assert after == {key: value for key, value in before.items() if key != "auths"}
    assert (docker_home / "config.json").is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    assert docker.auth.load_config(str(real)).resolve_authconfig(registry)["password"] == RIGHT
    assert str(docker_home / "config.json") in told
    assert "not encrypted" in told
    assert RIGHT not in told


@pytest.fixture
def helper(docker_home, monkeypatch):
    """Have docker's configuration name a credential helper, which the test writes."""
    docker_home.mkdir()
    (docker_home / "config.json").write_text('{"credsStore": "box"}')
    monkeypatch.setenv("PATH", str(docker_home), prepend=os.pathsep)

    def write(script: str) -> None:
        path = docker_home / "docker-credential-box"
        path.write_text(script)
        path.chmod(0o755)

    return write


def test_login_hands_the_password_to_dockers_credential_helper(registry, trusted, docker_home, helper):
    helper('#!/bin/sh\necho "$@" >"$DOCKER_CONFIG/arguments"; cat >"$DOCKER_CONFIG/input"\n')
    assert "docker-credential-box" in connector(registry).login("docker-registry")
    assert (docker_home / "arguments").read_text() == "store\n"
    handed = json.loads((docker_home / "input").read_text())
    assert handed == {"ServerURL": registry, "Username": "alice", "Secret": RIGHT}
    config = json.loads((docker_home / "config.json").read_text())
    assert config == {"credsStore": "box", "auths": {registry: {}}}


def test_a_credential_helper_that_fails_leaves_the_configuration(registry, trusted, docker_home, helper):
    helper("#!/bin/sh\ncat; exit 3\n")
    told = failure(connector(registry).login, "docker-registry")
    assert "docker-credential-box did not store the login (exit code 3)" in told
    assert RIGHT not in told
    assert (docker_home / "config.json").read_text() == '{"credsStore": "box"}'


def test_a_credential_helper_that_is_not_there_is_named(registry, trusted, helper):
    assert "docker-credential-box, which Docker's" in failure(connector(registry).login, "docker-registry")


@pytest.mark.parametrize("content", ["{", "[]", '{"auths": []}', "\udcff"])
def test_login_leaves_a_configuration_it_does_not_understand(registry, trusted, docker_home, content):
    docker_home.mkdir()
    raw = content.encode(errors="surrogateescape")
    (docker_home / "config.json").write_bytes(raw)
    assert str(docker_home / "config.json") in failure(connector(registry).login, "docker-registry")
    assert [path.name for path in docker_home.iterdir()] == ["config.json"]
    assert (docker_home / "config.json").read_bytes() == raw


def test_login_with_a_wrong_password_changes_nothing(registry, trusted, docker_home):
    failure(connector(registry, "wrong").login, "docker-registry")
    assert not docker_home.exists()


def test_the_client_is_logged_in(registry, docker_home, monkeypatch):
    with docker_engine(RIGHT) as (address, logins):
        monkeypatch.setenv("DOCKER_HOST", address)
        client = connector(registry).client("docker-registry")
        assert isinstance(client, docker.DockerClient)
        client.close()
    assert [(login["username"], login["password"], login["serveraddress"]) for login in logins] == [
        ("alice", RIGHT, registry)
    ]
    assert not docker_home.exists()


def test_a_login_that_the_engine_refuses_is_told_without_the_password(registry, docker_home, monkeypatch):
    with docker_engine(RIGHT) as (address, _logins):
        monkeypatch.setenv("DOCKER_HOST", address)
        with pytest.raises(AccessError, match=f"could not log into {registry} as 'alice'") as caught:
            connector(registry, MARKER).client("docker-registry")
    assert MARKER not in "".join(traceback.format_exception(caught.value))


def test_without_an_engine_a_client_says_so(registry, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{free_port()}")
    with pytest.raises(MissingToolError, match="no Docker engine answers at tcp://127"):
        connector(registry).client("docker-registry")


@pytest.mark.usefixtures("trusted")
class TestDockerConnector(ServiceConnectorConformance):
    connector = DockerConnector

    @pytest.fixture(autouse=True)
    def machine(self, monkeypatch):
        """Have a Docker engine."""
        with docker_engine(RIGHT) as (address, _logins):
            monkeypatch.setenv("DOCKER_HOST", address)
            yield

    @pytest.fixture
    def working(self, registry):
        return Given("password", {"username": "alice", "password": RIGHT, "registry": registry})

    @pytest.fixture
    def wrong(self, registry):
        values = {"username": "alice", "password": MARKER, "registry": registry}
        return Given("password", values, f"registry {registry} does not accept user 'alice'")

    @pytest.fixture
    def unreachable(self):
        address = f"127.0.0.1:{free_port()}"
        values = {"username": "alice", "password": MARKER, "registry": address}
        return Given("password", values, f"nothing listens at {address}")

    @pytest.fixture
    def reachable(self, registry):
        return {"docker-registry": [registry]}

    def use(self, client, resource_type):
        del resource_type
        client.version()
        client.close()
