"""Which back end is chosen, in processes of their own, as a keyring is looked for once in each."""

import os
import subprocess
import sys
import time

import pytest
from servers.secret_service import secret_service, silent_bus

from podium.core.errors import UsageError
from podium.core.secrets.choice import choose
from podium.core.secrets.file_backend import FileBackend

CODE = """
import sys
from podium.core.secrets.choice import choose
for word in sys.argv[1:]:
    choose().backend.write(word, {"key": "value"})
print(choose().backend.name, choose().backend.names(), choose().reason)
"""
LOCKED = {"PODIUM_SECRETS_PASSPHRASE": "correct horse"}


@pytest.fixture(scope="module")
def bus(tmp_path_factory):
    """Return the address of a bus with an unlocked keyring."""
    with secret_service(tmp_path_factory.mktemp("keyring")) as address:
        yield address


def chosen(*words, bus="unix:path=/nonexistent", **variables):
    """Write secrets with what is chosen, and return what is chosen then."""
    environment = {**os.environ, "DBUS_SESSION_BUS_ADDRESS": bus, **variables}
    done = subprocess.run(
        [sys.executable, "-c", CODE, *words], env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_keyring_that_works(bus):
    assert chosen("a", bus=bus) == "keyring ['a'] it holds secrets already"


def test_a_keyring_before_there_are_secrets(bus):
    assert chosen(bus=bus, **LOCKED) == "keyring [] a keyring works here"


def test_without_a_keyring_a_file(home):
    said = chosen()
    assert said.startswith("file [] there is no keyring here")
    assert said.endswith(f"locked with the key in {home}/secrets/key")


def test_without_a_keyring_a_file_with_a_passphrase():
    said = chosen("a", **LOCKED)
    assert said == "file ['a'] it holds secrets already, locked with PODIUM_SECRETS_PASSPHRASE"


@pytest.mark.parametrize("kept", ["null", "fail"])
def test_a_keyring_that_keeps_nothing_is_none(bus, kept):
    said = chosen("a", bus=bus, PYTHON_KEYRING_BACKEND=f"keyring.backends.{kept}.Keyring")
    assert said.startswith("file ['a'] ")


def test_a_keyring_that_never_answers_is_waited_for_once():
    with silent_bus() as address:
        started = time.monotonic()
        assert chosen("a", bus=address).startswith("file ['a'] ")
        assert time.monotonic() - started < 5


def test_a_file_with_secrets_goes_before_a_keyring_that_appears_later(bus):
    chosen("a")
    assert chosen("b", bus=bus).startswith("file ['a', 'b'] it holds secrets already")


def test_a_keyring_with_secrets_that_is_out_of_reach_is_an_error(bus):
    chosen("a", bus=bus)
    environment = {**os.environ, "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"}
    command = [sys.executable, "-m", "podium", "secret", "get", "a"]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 4
    assert "there is no keyring here" in done.stderr
    assert "hint: unlock or start the keyring" in done.stderr


@pytest.mark.parametrize("name", ["file", "env"])
def test_the_variable_decides(bus, name):
    said = chosen(bus=bus, PODIUM_SECRETS_BACKEND=name)
    assert said == f"{name} [] PODIUM_SECRETS_BACKEND is '{name}'"


def test_the_variable_decides_over_a_file_with_secrets(bus, home):
    FileBackend(home).write("a", {"key": "value"})
    assert chosen("b", bus=bus, PODIUM_SECRETS_BACKEND="keyring").startswith("keyring ['b'] ")


def test_a_back_end_that_does_not_exist(monkeypatch):
    monkeypatch.setenv("PODIUM_SECRETS_BACKEND", "keyrings")
    with pytest.raises(UsageError, match="did you mean 'keyring'"):
        choose()


def test_no_keyring_and_no_cryptography_is_loaded_before_a_secret_is_wanted():
    code = (
        "import sys, podium.core.secrets.vault, podium.core.secrets.choice, podium.core.secrets.changes; "
        "print([name for name in ('keyring', 'cryptography', 'yaml', 'pydantic') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"
