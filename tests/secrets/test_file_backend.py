"""The encrypted file: who can read it, what opens it, and what is left of it when something goes wrong."""

import base64
import json
import os
import random
import signal
import stat
import subprocess
import sys
import time

import pytest
from conformance.secrets_backend import SecretsBackendConformance

from podium.core.errors import AccessError, PodiumError
from podium.core.secrets.file_backend import FileBackend

SCALE = float(os.environ.get("PODIUM_TEST_SCALE", "1"))
OPEN = """
import sys
from podium.core.paths import config_home
from podium.core.secrets.file_backend import FileBackend
vault = FileBackend(config_home())
"""


@pytest.fixture
def vault(home):
    return FileBackend(home)


@pytest.fixture
def again(home):
    """Return a function that opens the vault anew."""
    return lambda: FileBackend(home)


@pytest.fixture
def passphrase(monkeypatch):
    """Lock with a passphrase."""
    monkeypatch.setenv("PODIUM_SECRETS_PASSPHRASE", "correct horse")


def other_process(code: str, *arguments: object) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", OPEN + code, *map(str, arguments)], stdout=subprocess.PIPE)


class TestWithAKeyFile(SecretsBackendConformance):
    pass


@pytest.mark.usefixtures("passphrase")
class TestWithAPassphrase(SecretsBackendConformance):
    pass


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_only_the_owner_can_read_it_under_any_umask(vault, home, mask):
    before = os.umask(mask)
    try:
        vault.write("a", {"key": "s3cr3t"})
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [home, *home.rglob("*")]}
    assert modes == {"home": 0o700, "secrets": 0o700, ".lock": 0o600, "key": 0o600, "secrets.json": 0o600}


@pytest.mark.parametrize("given", [None, "correct horse"])
def test_no_file_holds_a_value_or_a_name_in_plain_text(vault, home, monkeypatch, given):
    if given:
        monkeypatch.setenv("PODIUM_SECRETS_PASSPHRASE", given)
    vault.write("name-of-it", {"key-of-it": "value-of-it"})
    found = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    for text in (b"name-of-it", b"key-of-it", b"value-of-it", b"correct horse"):
        assert text not in found
        assert base64.b64encode(text)[:8] not in found


def test_a_passphrase_leaves_no_key_on_the_disk(vault, home, passphrase):
    vault.write("a", {"key": "s3cr3t"})
    assert not (home / "secrets" / "key").exists()


def test_the_new_key_is_told_of_once(vault, home, capsys):
    vault.write("a", {"key": "s3cr3t"})
    said = capsys.readouterr()
    assert str(home / "secrets" / "key") in said.err
    assert "hint: set PODIUM_SECRETS_PASSPHRASE" in said.err
    vault.write("b", {"key": "s3cr3t"})
    assert capsys.readouterr().err + said.out == ""


@pytest.mark.parametrize("given", ["another", ""])
def test_without_the_right_passphrase_nothing_is_read_and_nothing_lost(vault, monkeypatch, passphrase, given):
    vault.write("a", {"key": "s3cr3t"})
    monkeypatch.setenv("PODIUM_SECRETS_PASSPHRASE", given)
    for call in (vault.names, lambda: vault.read("a"), lambda: vault.write("b", {}), lambda: vault.delete("a")):
        with pytest.raises(AccessError, match="hint: set PODIUM_SECRETS_PASSPHRASE"):
            call()
    monkeypatch.setenv("PODIUM_SECRETS_PASSPHRASE", "correct horse")
    assert vault.read("a") == {"key": "s3cr3t"}


def test_a_passphrase_locks_from_the_next_write_on(vault, monkeypatch, capsys):
    vault.write("a", {"key": "1"})
    assert "key in" in vault.lock
    monkeypatch.setenv("PODIUM_SECRETS_PASSPHRASE", "correct horse")
    assert vault.read("a") == {"key": "1"}
    vault.write("b", {"key": "2"})
    assert "only with this PODIUM_SECRETS_PASSPHRASE" in capsys.readouterr().err
    assert vault.lock == "PODIUM_SECRETS_PASSPHRASE"
    assert vault.read("a") == {"key": "1"}
    monkeypatch.delenv("PODIUM_SECRETS_PASSPHRASE")
    with pytest.raises(AccessError, match="locked with a passphrase"):
        vault.read("a")


@pytest.mark.parametrize("file", ["secrets.json", "key"])
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_file_that_others_can_reach_is_refused(vault, home, file, mode):
    vault.write("a", {"key": "s3cr3t"})
    path = home / "secrets" / file
    path.chmod(mode)
    with pytest.raises(AccessError) as caught:
        vault.read("a")
    assert caught.value.hint == f"chmod 600 '{path}'"
    path.chmod(0o600)
    assert vault.read("a") == {"key": "s3cr3t"}


def _changed(**values: object):
    return lambda data: json.dumps({**json.loads(data), **values}).encode()


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data[:-9] + b"\0" * 9,
        lambda _: b"[]",
        lambda data: b"\xff" + data,
        lambda _: b"[" * 100_000,
        _changed(digest="0" * 64),
        _changed(token=None),
        _changed(salt="not base64"),
        _changed(format="1"),
        _changed(more=1),
        lambda data: data.replace(b'"digest"', b'"digests"'),
    ],
)
def test_a_damaged_file_is_told_from_a_wrong_key_and_left_as_it_is(vault, damage):
    vault.write("a", {"key": "s3cr3t"})
    damaged = damage(vault.path.read_bytes())
    vault.path.write_bytes(damaged)
    for call in (lambda: vault.read("a"), lambda: vault.write("b", {"key": "1"})):
        with pytest.raises(PodiumError, match="the file of the secrets is damaged") as caught:
            call()
        assert caught.value.where == str(vault.path)
    assert vault.path.read_bytes() == damaged


def test_a_newer_format_is_refused_unharmed(vault):
    vault.write("a", {"key": "s3cr3t"})
    newer = _changed(format=2, more="things")(vault.path.read_bytes())
    vault.path.write_bytes(newer)
    with pytest.raises(PodiumError, match="format 2, this podium reads up to 1"):
        vault.write("b", {"key": "1"})
    assert vault.path.read_bytes() == newer


@pytest.mark.parametrize("key", [None, b"", b"no key", base64.urlsafe_b64encode(bytes(32))])
def test_without_its_key_file_nothing_is_read_and_no_other_key_made(vault, key):
    vault.write("a", {"key": "s3cr3t"})
    right = vault.key_path.read_bytes()
    vault.key_path.unlink()
    if key is not None:
        vault.key_path.touch(0o600)
        vault.key_path.write_bytes(key)
    for call in (lambda: vault.read("a"), lambda: vault.write("b", {"key": "1"})):
        with pytest.raises(AccessError, match="restore"):
            call()
    vault.key_path.touch(0o600)
    vault.key_path.write_bytes(right)
    assert vault.read("a") == {"key": "s3cr3t"}


def test_a_passphrase_is_stretched_in_less_than_a_tenth_of_a_second(home, monkeypatch):
    times = []
    for number in range(5):
        monkeypatch.setenv("PODIUM_SECRETS_PASSPHRASE", f"{number}")
        vault = FileBackend(home / str(number))
        started = time.process_time()
        vault.write("a", {"key": "s3cr3t"})
        times.append(time.process_time() - started)
    assert 0.01 < min(times) < 0.1


def test_eight_writers_lose_nothing(vault):
    count = max(3, round(5 * SCALE))
    code = "for n in range(int(sys.argv[2])): vault.write(f'{sys.argv[1]}.{n}', {'key': sys.argv[1]})"
    writers = [other_process(code, number, count) for number in range(8)]
    assert [writer.wait(60) for writer in writers] == [0] * 8
    for writer in writers:
        writer.stdout.close()
    assert vault.names() == sorted(f"{number}.{n}" for number in range(8) for n in range(count))
    assert vault.read("7.0") == {"key": "7"}


@pytest.mark.parametrize("instant", range(max(4, round(20 * SCALE))))
def test_a_killed_writer_leaves_every_secret_whole(vault, home, instant):
    vault.write("kept", {"key": "always"})
    code = """
print("ready", flush=True)
for n in range(1_000_000):
    vault.write("a", {"one": str(n), "two": str(n)})
    if n % 3 == 2: vault.delete("a")
"""
    with other_process(code) as writer:
        assert writer.stdout.readline()
        time.sleep(random.Random(instant).uniform(0, 0.05))
        writer.send_signal(signal.SIGKILL)
    assert vault.read("kept") == {"key": "always"}
    found = vault.read("a")
    assert found is None or (found.keys() == {"one", "two"} and found["one"] == found["two"])
    vault.write("after", {"key": "1"})
    assert {path.name for path in (home / "secrets").iterdir()} == {".lock", "key", "secrets.json"}


def test_no_room_for_the_file_leaves_the_old_one(vault):
    vault.write("a", {"key": "1"})
    code = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    vault.write("b", {"key": "x" * 8192})
except OSError as error:
    print(error.filename)
"""
    with other_process(code) as writer:
        assert writer.stdout.read().decode().strip() == str(vault.path)
    assert vault.names() == ["a"]
