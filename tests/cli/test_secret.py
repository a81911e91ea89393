"""`podium secret`: values from everywhere, shown nowhere unless asked for, and never taken from what refers to them."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from on_terminal import on_a_terminal

from podium.core.secrets.references import reference
from podium.core.secrets.vault import open_vault

MARKER = "m4rker s3cret"
REFERENCE = "{{sky.token}}"
SCALE = float(os.environ.get("PODIUM_TEST_SCALE", "1"))


@pytest.fixture(autouse=True)
def vault(home, monkeypatch):
    monkeypatch.setenv("PODIUM_SECRETS_BACKEND", "file")
    monkeypatch.setenv("PODIUM_SECRETS_PASSPHRASE", "correct horse")
    return open_vault()


@pytest.fixture
def sky(vault):
    """Keep the secret `sky` with one token."""
    vault.write("sky", {"token": MARKER})


@pytest.fixture
def users(podium, nimbus, sky):
    """Register an orchestrator and a connector that refer to it."""
    assert podium("orchestrator register far -f nimbus --region=eu", f"--token={REFERENCE}").code == 0
    line = f"service-connector register above -t nimbus -a token --no-verify --url={nimbus.url}"
    assert podium(line, f"--token={REFERENCE}").code == 0


def given(podium, monkeypatch, *words):
    monkeypatch.setenv("SKY_TOKEN", MARKER)
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{MARKER}\n"))
    Path("token").write_text(f"{MARKER}\n", encoding="utf-8")
    Path("all.yaml").write_text(f"token: {MARKER}\nother-key: '1'\n", encoding="utf-8")
    return podium("secret create sky", *words)


@pytest.mark.parametrize("words", [["--token=@token"], ["--token", "-"], ["--from-env", "token=SKY_TOKEN"]])
def test_a_value_is_taken_from_elsewhere_without_a_warning(podium, vault, monkeypatch, words):
    result = given(podium, monkeypatch, *words)
    assert (result.code, result.err) == (0, "created secret 'sky'\n")
    assert vault.read("sky") == {"token": MARKER}


@pytest.mark.parametrize("words", [[f"--token={MARKER}"], ["--token", MARKER], ["-v", f'{{"token": "{MARKER}"}}']])
def test_a_value_in_the_command_is_taken_and_warned_about(podium, vault, monkeypatch, words):
    result = given(podium, monkeypatch, *words)
    assert result.code == 0
    assert vault.read("sky") == {"token": MARKER}
    assert result.err.startswith("warning: ")
    assert "=@file" in result.err
    assert MARKER not in result.err


@pytest.mark.parametrize("words", [["--values=@all.yaml"], ["-v", "@all.yaml"]])
def test_a_file_has_many_values(podium, vault, monkeypatch, words):
    assert given(podium, monkeypatch, *words).err == "created secret 'sky'\n"
    assert vault.read("sky") == {"token": MARKER, "other_key": "1"}


def test_an_option_does_not_hide_the_key_of_its_name(podium, vault):
    result = podium("secret create sky --config.values=1 --config.interactive=2 --user-name=3")
    assert "--config.values=@file" in result.err
    assert vault.read("sky") == {"values": "1", "interactive": "2", "user_name": "3"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "has no values"),
        (["--token"], "--token needs a value"),
        (["--token=@missing"], "cannot read 'missing'"),
        (["--from-env", "MISSING"], "'MISSING' is not set"),
        (["--token=@token", "--token=-"], "--token is given twice"),
        (["--token=@token", "-v", "@all.yaml"], "--token is given twice"),
        (["--wrong.key=1"], "no key of a secret with a text: 'wrong.key'"),
        (["--values={s3cr3t"], "no JSON or YAML"),
        (["--values", "s3cr3t"], "no JSON or YAML"),
        (["--values", "token: !s3cr3t x"], "no JSON or YAML"),
        (["--values", '{"token": 1234567}'], "no key of a secret with a text: 'token'"),
        (["--values", "token: {a: s3cr3t}"], "no key of a secret with a text: 'token'"),
        (["--interactive"], "nobody to ask"),
    ],
)
def test_a_mistake_is_told_without_the_values_and_keeps_nothing(podium, vault, monkeypatch, words, said):
    result = given(podium, monkeypatch, *words)
    assert result.code == 2
    assert said in result.err
    assert not [text for text in (MARKER, "s3cr3t", "1234567") if text in result.err]
    assert vault.names() == []


@pytest.mark.parametrize("name", ["", "-x", "a/b", "a b", "x" * 101])
def test_a_wrong_name_is_refused(podium, vault, name):
    assert podium("secret create --token=1", "--", name).code == 2
    assert vault.names() == []


def test_the_same_again_changes_nothing(podium, sky, home):
    before = (home / "secrets" / "secrets.json").read_bytes()
    result = podium("secret create sky", f"--token={MARKER}")
    assert result.code == 0
    assert "unchanged: secret 'sky'" in result.err
    assert (home / "secrets" / "secrets.json").read_bytes() == before


def test_another_of_the_same_name_is_a_conflict_that_names_the_keys(podium, vault, sky):
    result = podium("secret create sky --token=another --key=1")
    assert result.code == 5
    assert "secret 'sky' is there with other values: key, token" in result.err
    assert "hint: podium secret update sky" in result.err
    assert vault.read("sky") == {"token": MARKER}


@pytest.mark.parametrize("output", ["table", "json", "yaml", "names"])
@pytest.mark.parametrize("verb", ["list", "get sky"])
def test_values_are_not_shown(podium, sky, verb, output):
    result = podium(f"secret {verb} --output {output}")
    assert result.code == 0
    assert "sky" in result.out
    assert MARKER not in result.out + result.err


def test_a_list_has_names_and_keys(podium, sky):
    assert json.loads(podium("secret list --output json").out) == [
        {"name": "sky", "keys": ["token"], "backend": "file"}
    ]


def test_revealed_values_are_printed_on_stdout_alone(podium, users):
    result = podium("secret get sky --reveal --output json")
    assert json.loads(result.out) == {
        "name": "sky",
        "values": {"token": MARKER},
        "used_by": ["orchestrator far", "service-connector above"],
    }
    assert result.err == ""


def test_update_adds_replaces_and_removes(podium, vault, sky):
    assert podium("secret update sky --key=1 --other=2").err.endswith("updated secret 'sky'\n")
    assert podium("secret update sky --key=3 -r other").err.endswith("updated secret 'sky'\n")
    assert vault.read("sky") == {"token": MARKER, "key": "3"}
    assert podium("secret update sky --key=3").err.endswith("unchanged: secret 'sky'\n")


@pytest.mark.parametrize(("words", "code"), [("sky", 2), ("sky -r other", 3), ("sun --key=1", 3)])
def test_an_update_that_makes_no_sense_changes_nothing(podium, vault, sky, words, code):
    assert podium(f"secret update {words}").code == code
    assert vault.read("sky") == {"token": MARKER}


@pytest.mark.parametrize("verb", ["get", "delete", "rename"])
def test_a_close_name_is_proposed(podium, sky, verb):
    result = podium(f"secret {verb} skyy {'new' if verb == 'rename' else ''}")
    assert result.code == 3
    assert "did you mean 'sky'?" in result.err


@pytest.mark.parametrize("words", ["delete sky --yes", "update sky --remove-keys token"])
def test_what_is_referred_to_stays(podium, vault, users, words):
    result = podium(f"secret {words}")
    assert result.code == 5
    assert "is used by orchestrator 'far'" in result.err
    assert "hint: see: podium orchestrator describe far" in result.err
    assert vault.read("sky") == {"token": MARKER}


def test_all_that_refers_to_a_secret_is_named(podium, users):
    said = podium("secret delete sky --yes").err
    assert "secret 'sky' is used by orchestrator 'far', service-connector 'above'" in said


def test_delete_asks(podium, vault, sky):
    assert podium("secret delete sky").code == 2
    assert vault.names() == ["sky"]
    assert podium("secret delete sky --yes").code == 0
    assert vault.names() == []


@pytest.mark.parametrize("words", ["sea", "--name sea", "-n sea"])
def test_references_follow_a_rename(podium, vault, users, words):
    assert podium(f"secret rename sky {words}").err == "renamed secret 'sky' to 'sea'\n"
    assert vault.names() == ["sea"]
    for described in ("orchestrator describe far", "service-connector describe above"):
        assert json.loads(podium(f"{described} --output json").out)["config"]["token"] == reference("sea", "token")


def test_a_taken_name_is_refused(podium, vault, users):
    vault.write("sea", {"token": "another"})
    assert podium("secret rename sky sea").code == 5
    assert vault.read("sea") == {"token": "another"}
    assert json.loads(podium("orchestrator describe far --output json").out)["config"]["token"] == REFERENCE


@pytest.mark.parametrize("words", ["", "sea --name moon"])
def test_one_new_name_is_wanted(podium, sky, words):
    assert podium(f"secret rename sky {words}").code == 2


@pytest.mark.parametrize("instant", range(max(3, round(10 * SCALE))))
def test_a_killed_rename_leaves_no_reference_without_its_value_and_is_completed(podium, vault, users, home, instant):
    command = [sys.executable, "-c", RENAME, str(instant % 5)]
    assert subprocess.run(command, check=False, timeout=30).returncode == -signal.SIGKILL
    for file in home.rglob("*.yaml"):
        for name in {"sky", "sea"} - set(vault.names()):
            assert f"{{{{{name}.token}}}}" not in file.read_text()
    if "sky" in vault.names():
        assert podium("secret rename sky sea").code == 0
    assert vault.names() == ["sea"]
    assert REFERENCE not in "".join(file.read_text() for file in home.rglob("*.yaml"))


RENAME = """
import os, signal, sys
from podium.core import files
from podium.core.secrets import changes, file_backend
from podium.core.store import collection
from podium.core.store.config_store import ConfigStore

left = int(sys.argv[1])

def replace_file(path, data):
    global left
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    files.replace_file(path, data)

file_backend.replace_file = collection.replace_file = replace_file
changes.rename("sky", "sea", ConfigStore())
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_two_updates_at_once_lose_nothing(sky, vault):
    updates = [
        subprocess.Popen([sys.executable, "-m", "podium", "secret", "update", "sky", f"--key{number}={number}"])
        for number in range(8)
    ]
    assert [update.wait(30) for update in updates] == [0] * 8
    assert vault.read("sky") == {"token": MARKER, **{f"key{number}": str(number) for number in range(8)}}


@pytest.mark.parametrize("verb", ["create", "update", "rename", "delete"])
def test_what_the_environment_brings_is_not_changed(podium, monkeypatch, verb):
    monkeypatch.setenv("PODIUM_SECRETS_BACKEND", "env")
    monkeypatch.setenv("PODIUM_SECRETS_SKY_TOKEN", MARKER)
    words = {"create": "sea --token=1", "update": "sky --token=1", "rename": "sky sea", "delete": "sky --yes"}
    result = podium(f"secret {verb} {words[verb]}")
    assert result.code == 4
    assert "PODIUM_SECRETS_S" in result.err
    assert MARKER not in result.err


def test_values_are_asked_for_on_a_terminal_and_not_shown(vault, monkeypatch):
    dialogue = [
        ("key: ", "api-token"),
        ("value of api-token: ", MARKER),
        ("another key (empty: no more): ", ""),
    ]
    code, shown = on_a_terminal(["secret", "create", "sky", "-i"], *dialogue)
    assert code == 0
    assert MARKER not in shown
    assert vault.read("sky") == {"api_token": MARKER}


def test_an_update_asks_for_the_keys_there_are(vault):
    vault.write("sky", {"token": "old", "key": "kept"})
    dialogue = [("token (empty: as it is): ", MARKER), ("key (empty: as it is): ", "")]
    code, shown = on_a_terminal(["secret", "update", "sky", "--interactive"], *dialogue)
    assert code == 0
    assert MARKER not in shown
    assert vault.read("sky") == {"token": MARKER, "key": "kept"}


def test_the_log_of_a_bug_shows_no_secret_that_was_read(sky, home):
    code = """
import podium.cli.output, podium.cli.main, sys
def broken(row, output):
    raise RuntimeError(f"cannot print {row}")
podium.cli.output.show_one = broken
sys.exit(podium.cli.main.run(["secret", "get", "sky", "--reveal"]))
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    log = (home / "logs" / "last-crash.log").read_text()
    assert "cannot print {'name': 'sky', 'values': {'token': '********'}" in log
    assert MARKER not in log + done.stdout + done.stderr


def test_it_is_quick_without_a_terminal(process, sky):
    started = time.monotonic()
    for verb in ("create", "list", "get sky", "update sky", "rename sky", "delete sky"):
        process("secret", *verb.split())
    assert time.monotonic() - started < 6
