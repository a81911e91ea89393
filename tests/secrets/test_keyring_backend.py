"""The keyring, against the real Secret Service of GNOME, and against keyrings that keep nothing or do not answer."""

import os
import subprocess
import sys
import time

import keyring
import pytest
from conformance.secrets_backend import SecretsBackendConformance
from keyring.backend import KeyringBackend as AnyKeyring
from keyring.backends import SecretService, chainer, fail, null
from servers.secret_service import secret_service, silent_bus

from podium.core.errors import AccessError, PodiumError
from podium.core.secrets.keyring_backend import KeyringBackend


class Forgetful(AnyKeyring):
    """A keyring of another package, which says that it keeps things."""

    priority = 0  # never chosen by itself

    def get_password(self, *_):
        return None

    def set_password(self, *_):
        pass


class Chain(chainer.ChainerBackend):
    backends = (Forgetful(), SecretService.Keyring())


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    """Return the address of a bus with an unlocked keyring."""
    with secret_service(tmp_path_factory.mktemp("keyring")) as address:
        yield address


@pytest.fixture
def use(monkeypatch):
    """Return a function that makes a keyring the one in use, on a bus when its address is given."""

    def call(chosen, address="unix:path=/nonexistent"):
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        keyring.set_keyring(chosen)

    before = keyring.get_keyring()
    yield call
    keyring.set_keyring(before)


@pytest.fixture
def vault(use, service, home):
    use(SecretService.Keyring(), service)
    return KeyringBackend(home, own_only=True)


@pytest.fixture
def again(home):
    """Return a function that opens the vault anew."""
    return lambda: KeyringBackend(home, own_only=True)


class TestSecretService(SecretsBackendConformance):
    pass


def entry(home, name):
    return keyring.get_password(f"podium {home}", name)


def test_the_values_are_in_the_keyring_and_only_names_in_the_file(vault, home):
    vault.write("sky", {"token": "s3cr3t"})
    assert entry(home, "sky") == '{"token": "s3cr3t"}'
    (file,) = home.rglob("*.yaml")
    assert file.read_text() == "format: 1\nnames:\n- sky\n"
    assert file.stat().st_mode & 0o777 == 0o600
    vault.delete("sky")
    assert entry(home, "sky") is None


def test_two_configurations_have_secrets_of_their_own(vault, tmp_path):
    other = KeyringBackend(tmp_path / "other home", own_only=True)
    vault.write("sky", {"token": "1"})
    other.write("sky", {"token": "2"})
    assert vault.read("sky") == {"token": "1"}


def test_what_a_killed_writer_left_unnamed_is_not_there(vault, home):
    keyring.set_password(f"podium {home}", "sky", '{"token": "1"}')
    assert vault.read("sky") is None
    vault.write("sky", {"token": "2"})
    assert vault.read("sky") == {"token": "2"}


def test_what_a_killed_deletion_left_named_can_be_deleted(vault, home):
    vault.write("sky", {"token": "1"})
    keyring.delete_password(f"podium {home}", "sky")
    assert vault.read("sky") is None
    vault.delete("sky")
    assert vault.names() == []


def test_an_entry_that_others_changed_is_not_shown(vault, home):
    vault.write("sky", {"token": "1"})
    keyring.set_password(f"podium {home}", "sky", "s3cr3t{")
    with pytest.raises(AccessError, match="not written by podium") as caught:
        vault.read("sky")
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize("names", ["sky", "{sky: 1}", "[sky"])
def test_a_mistake_in_the_file_of_names_is_named(vault, home, names):
    vault.write("sky", {"token": "1"})
    (file,) = home.rglob("*.yaml")
    file.write_text(f"format: 1\nnames: {names}\n")
    with pytest.raises(PodiumError, match=r"keyring.yaml, line \d"):
        vault.names()


@pytest.mark.parametrize("chosen", [null.Keyring(), fail.Keyring(), Forgetful()])
@pytest.mark.parametrize("own_only", [True, False])
def test_a_keyring_that_keeps_nothing_is_refused(use, home, chosen, own_only):
    use(chosen)
    with pytest.raises(AccessError, match="PODIUM_SECRETS_BACKEND=file"):
        KeyringBackend(home, own_only=own_only).write("sky", {"token": "s3cr3t"})
    assert KeyringBackend(home, own_only=own_only).names() == []


def test_of_a_chain_the_first_that_keyring_itself_brings_is_taken(use, service, home):
    use(Chain(), service)
    vault = KeyringBackend(home, own_only=True)
    vault.write("sky", {"token": "1"})
    assert vault.read("sky") == {"token": "1"}


@pytest.mark.parametrize("failure", [RuntimeError("quotes s3cr3t"), keyring.errors.PasswordSetError("s3cr3t")])
def test_what_a_keyring_says_of_its_failure_is_not_passed_on(use, home, failure):
    class Failing(Forgetful):
        def set_password(self, *_):
            raise failure

    use(Failing())
    with pytest.raises(AccessError, match=f"the keyring failed: {type(failure).__name__}") as caught:
        KeyringBackend(home, own_only=False).write("sky", {"token": "s3cr3t"})
    assert "s3cr3t" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.fixture
def podium(monkeypatch):
    """Return a function that runs a verb of secrets in a process of its own, which leaves no connection open here."""
    monkeypatch.setenv("PODIUM_SECRETS_BACKEND", "keyring")

    def call(address, *words):
        environment = {**os.environ, "DBUS_SESSION_BUS_ADDRESS": address, "TOKEN": "s3cr3t"}
        started = time.monotonic()
        command = [sys.executable, "-m", "podium", "secret", *words]
        done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
        assert time.monotonic() - started < 5
        return done.returncode, done.stderr

    return call


def test_a_locked_keyring_is_told_and_nobody_is_asked(podium, tmp_path):
    with secret_service(tmp_path / "data") as address:
        assert podium(address, "create", "sky", "--from-env", "TOKEN")[0] == 0
    with secret_service(tmp_path / "data", unlocked=False) as address:
        for words in (["get", "sky"], ["create", "sea", "--from-env", "TOKEN"], ["delete", "sky", "--yes"], ["list"]):
            code, said = podium(address, *words)
            assert (code, said.splitlines()[0]) == (4, "error: the keyring is locked")


def test_a_keyring_that_never_answers_is_given_up_on(podium):
    with silent_bus() as address:
        code, said = podium(address, "create", "sky", "--from-env", "TOKEN")
    assert code == 4
    assert said.startswith("error: the keyring has not answered for 3 s\nhint: unlock or start the keyring")
