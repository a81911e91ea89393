"""Whom registries know: what `docker login` has left, in a file or with a helper, and what connectors give."""

import json
from base64 import b64encode

import pytest

from podium.core.contracts.service_connector import Credentials
from podium.core.docker import config, logins
from podium.core.docker.registry import IDENTITY_USER, Login
from podium.core.errors import AccessError
from podium.core.secrets.redaction import redacted
from podium.core.secrets.secret import Secret

HUB = "docker.io"
RIGHT = "pa:ss-4711"
AUTH = b64encode(f"ada:{RIGHT}".encode()).decode()


@pytest.fixture
def docker_config(tmp_path, monkeypatch):
    """Return a function that writes Docker's configuration."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    return lambda content: (tmp_path / "config.json").write_text(json.dumps(content))


@pytest.fixture
def helper(tmp_path, monkeypatch):
    """Put a credential helper on PATH that knows one registry; return how it is named in configurations."""

    def install(registry, username, secret):
        program = tmp_path / "docker-credential-test"
        known = json.dumps({"ServerURL": registry, "Username": username, "Secret": secret})
        program.write_text(
            f'#!/bin/sh\nread -r asked\n[ "$asked" = "{registry}" ] && echo \'{known}\' && exit\n'
            "echo credentials not found in native keychain; exit 1\n"
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
        return "test"

    return install


def known(login):
    return login and (login.username, login.password.reveal())


@pytest.mark.parametrize(
    ("key", "registry"), [("hub.example:5000", "hub.example:5000"), ("https://index.docker.io/v1/", HUB)]
)
def test_the_login_of_docker_s_file_is_used(docker_config, key, registry):
    docker_config({"auths": {key: {"auth": AUTH}}})
    assert known(logins.of_this_machine(registry)) == ("ada", RIGHT)


@pytest.mark.parametrize("by", ["credsStore", "credHelpers"])
def test_a_credential_helper_is_asked(docker_config, helper, by):
    name = helper("hub.example", "ada", RIGHT)
    docker_config({by: name if by == "credsStore" else {"hub.example": name}})
    assert known(logins.of_this_machine("hub.example")) == ("ada", RIGHT)
    assert logins.of_this_machine("other.example") is None


@pytest.mark.parametrize("by", ["file", "helper"])
def test_an_identity_token_goes_to_the_engine_as_such(docker_config, helper, by):
    if by == "file":
        docker_config({"auths": {"mine.azurecr.io": {"auth": AUTH, "identitytoken": "t0ken-4711"}}})
    else:
        docker_config({"credsStore": helper("mine.azurecr.io", "<token>", "t0ken-4711")})
    login = logins.of_this_machine("mine.azurecr.io")
    assert known(login) == (IDENTITY_USER, "t0ken-4711")
    assert logins.for_engine(login) == {"identitytoken": "t0ken-4711"}


def test_without_a_login_there_is_none(docker_config):
    docker_config({})
    assert logins.of_this_machine("hub.example") is None
    assert logins.for_engine(None) == {}


@pytest.mark.parametrize(
    "content",
    [
        {"credsStore": "that-is-not-there"},
        {"auths": {"hub.example": {"auth": "%%%"}}},
        {"auths": {"hub.example": "text"}},
    ],
)
def test_a_configuration_that_cannot_be_used_is_an_error_without_what_is_in_it(docker_config, content):
    docker_config(content)
    with pytest.raises(AccessError, match=r"Docker's own login for hub.example cannot be read") as caught:
        logins.of_this_machine("hub.example")
    assert "%%%" not in str(caught.value)


def test_a_password_that_docker_keeps_is_masked_from_then_on(docker_config):
    docker_config({"auths": {"hub.example": {"auth": AUTH}}})
    logins.of_this_machine("hub.example")
    assert RIGHT not in redacted(f"the registry said {RIGHT}")


@pytest.mark.parametrize("registry", ["hub.example:5000", HUB])
def test_a_connector_s_credentials_hold_its_login(registry):
    credentials = config.of_login(registry, Login("ada", Secret(RIGHT)))
    assert known(logins.of_credentials(credentials, registry)) == ("ada", RIGHT)


@pytest.mark.parametrize("files", [{}, {"config.json": Secret("{}")}, {"config.json": Secret("no JSON")}])
def test_credentials_without_a_login_are_an_error(files):
    with pytest.raises(AccessError, match=r"hold no login for hub.example"):
        logins.of_credentials(Credentials(files=files), "hub.example")
