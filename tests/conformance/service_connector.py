"""What every service connector promises; a type's test class inherits the suite and gives the fixtures named below."""

import base64
import importlib.metadata
import json
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

import pytest

from podium.core.connectors.building import built
from podium.core.contracts.service_connector import ServiceConnector
from podium.core.errors import AccessError, PodiumError, UsageError
from podium.core.secrets.secret import Secret
from podium.core.secrets.set_apart import secret_fields
from podium.core.store.records import ConnectorRecord

LONGEST = 30.0
"""Seconds in which a connector has said that it cannot reach its service."""
_WITHOUT = """
import sys
sys.modules.update(dict.fromkeys({modules!r}))
from podium.cli.main import run
sys.exit(run({args!r}))
"""


@dataclass(frozen=True)
class Given:
    """What a user registers, and for what does not work a text that the error has to hold."""

    auth_method: str
    values: Mapping[str, object]
    told: str = ""


class ServiceConnectorConformance:
    """Fixtures: `working`, `wrong` and `unreachable` give a Given, `reachable` what `working` reaches by type.

    `wrong` has credentials that the service refuses, `unreachable` an address at which nothing listens.
    """

    connector: type[ServiceConnector]

    def use(self, client: object, resource_type: str) -> None:
        """Do something with a client that takes the right credentials."""
        raise NotImplementedError

    @pytest.fixture(autouse=True)
    def home(self, tmp_path, monkeypatch):
        """Give each test an empty configuration."""
        folder = tmp_path / "podium home"
        monkeypatch.setenv("PODIUM_HOME", str(folder))
        monkeypatch.setenv("PODIUM_SECRETS_BACKEND", "file")
        return folder

    def made(self, given: Given, **attributes: object) -> ServiceConnector:
        """Return the connector that a user has registered."""
        record = ConnectorRecord(
            name="c", type=self.connector.type, auth_method=given.auth_method, config=given.values, **attributes
        )
        return built(record, where="test")

    def secrets(self, given: Given) -> list[str]:
        """Return the secret values among those given."""
        method = next(method for method in self.connector.auth_methods if method.name == given.auth_method)
        return [str(given.values[name]) for name in secret_fields(method.config_class) if given.values.get(name)]

    def failure(self, given: Given) -> PodiumError:
        """Return how `verify` fails, when it fails soon and shows no secret to whoever prints it whole."""
        connector = self.made(given)
        began = time.monotonic()
        with pytest.raises(PodiumError) as caught:
            connector.verify()
        assert time.monotonic() - began < LONGEST
        shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value.__context__)
        assert not found_in(shown.encode(), self.secrets(given))
        return caught.value

    def test_it_is_described_without_its_sdk(self):
        for command in (["list-types", "--type", self.connector.type], ["describe-type", self.connector.type]):
            code = _WITHOUT.format(
                modules=list(self.connector.modules), args=["service-connector", *command, "--output", "json"]
            )
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
            assert (done.returncode, done.stderr) == (0, "")
            described = json.loads(done.stdout)
            row = described[0] if isinstance(described, list) else described
            assert (row["name"], row["local"]) == (self.connector.title, not self.connector.modules)

    def test_its_auth_methods_and_resource_types_are_explained(self):
        for part in (*self.connector.auth_methods, *self.connector.resource_types):
            assert part.name.islower()
            assert part.help.endswith(".")

    def test_what_installs_its_sdk_is_an_extra(self):
        extras = importlib.metadata.metadata("podium").get_all("Provides-Extra") or []
        assert not self.connector.modules or self.connector.integration in extras

    def test_right_credentials_are_verified(self, working, reachable):
        connector = self.made(working)
        connector.verify()
        for resource_type, ids in reachable.items():
            connector.verify(resource_type)
            for resource_id in ids:
                connector.verify(resource_type, resource_id)

    def test_what_is_reachable_is_listed(self, working, reachable):
        connector = self.made(working)
        assert {name: sorted(connector.resources(name)) for name in reachable} == reachable

    def test_a_resource_that_is_not_there_is_refused(self, working, reachable):
        for resource_type in reachable:
            with pytest.raises(PodiumError):
                self.made(working).verify(resource_type, "no-such-resource")

    def test_wrong_credentials_are_told(self, wrong):
        error = self.failure(wrong)
        assert isinstance(error, AccessError)
        assert wrong.told in str(error)

    def test_a_service_that_cannot_be_reached_is_told(self, unreachable):
        error = self.failure(unreachable)
        assert isinstance(error, AccessError)
        assert unreachable.told in str(error)

    def test_a_client_is_ready_to_use(self, working, reachable):
        for resource_type, ids in reachable.items():
            self.use(self.made(working).client(resource_type, ids[0]), resource_type)

    def test_credentials_for_jobs_are_whole(self, working, reachable):
        connector = self.made(working)
        for resource_type, ids in reachable.items():
            if not self.connector.remote:
                with pytest.raises(UsageError, match="hands no credentials"):
                    connector.credentials(resource_type, ids[0])
                continue
            handed = connector.credentials(resource_type, ids[0])
            assert handed.environment or handed.files
            assert all(isinstance(value, Secret) for value in (*handed.environment.values(), *handed.files.values()))
            assert all(os.path.basename(name) == name for name in handed.files)  # noqa: PTH119 - names, not paths
            for value in handed.environment.values():
                folder, slash, name = value.reveal().partition("{dir}/")
                assert not slash or (folder, name in handed.files) == ("", True)

    def test_it_is_registered_with_its_secrets_apart(self, working, home):
        done = self.register(working)
        assert done.returncode == 0, done.stderr
        files = [path for path in home.rglob("*") if path.is_file()]
        assert (home / "service-connectors" / "c.yaml") in files
        kept = b"".join(path.read_bytes() for path in files) + f"{done.stdout}{done.stderr}".encode()
        assert not found_in(kept, self.secrets(working))

    def test_wrong_credentials_are_not_registered(self, wrong, home):
        done = self.register(wrong)
        assert done.returncode == AccessError.exit_code
        assert "--no-verify" in done.stderr
        assert not found_in(f"{done.stdout}{done.stderr}".encode(), self.secrets(wrong))
        assert not list(home.rglob("c.yaml"))

    def register(self, given: Given) -> subprocess.CompletedProcess[str]:
        """Register what is given, secrets by the environment."""
        secret = {name: str(given.values[name]) for name in given.values if given.values[name] in self.secrets(given)}
        plain = [
            f"--{name}={value if isinstance(value, str) else json.dumps(value)}"
            for name, value in given.values.items()
            if name not in secret and value is not None
        ]
        command = ["service-connector", "register", "c", "-t", self.connector.type, "-a", given.auth_method, *plain]
        command += [word for name in secret for word in ("--from-env", f"{name}=TEST_{name}")]
        environment = {**os.environ, **{f"TEST_{name}": value for name, value in secret.items()}}
        return subprocess.run(
            [sys.executable, "-m", "podium", *command],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


def found_in(data: bytes, secrets: list[str]) -> list[str]:
    """Return which secrets some data holds: plain, URL-encoded, or in base64 at any offset."""
    return [secret for secret in secrets if any(form in data for form in _forms(secret))]


def _forms(secret: str) -> list[bytes]:
    text = secret.encode()
    encoded = [base64.b64encode(b"\0" * offset + text)[(4 if offset else 0) : -4] for offset in range(3)]
    return [form for form in (text, quote(secret, safe="").encode(), *encoded) if len(form) > 3]
