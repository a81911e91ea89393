"""Vouching for the SSH hosts of a service connector, with real servers."""

import base64
import json
import shlex

import pytest
from on_terminal import on_a_terminal
from servers.fixtures import ssh_home, ssh_keys, ssh_server
from servers.sshd import make_key, write_known_hosts

__all__ = ["ssh_home", "ssh_keys", "ssh_server"]
pytestmark = pytest.mark.usefixtures("ssh_home")


@pytest.fixture(autouse=True)
def vault(monkeypatch):
    monkeypatch.setenv("PODIUM_SECRETS_BACKEND", "file")


@pytest.fixture
def command(ssh_server, ssh_keys, monkeypatch):
    """Return the seed's command for the server; the key comes by the environment."""
    monkeypatch.setenv("KEY", base64.b64encode(ssh_keys["ed25519", False].read_bytes()).decode())
    line = "service-connector register lab --type=hyperai --auth-method=ed25519-key --from-env base64_ssh_key=KEY"
    return [*line.split(), f"--hostnames={ssh_server.address}", f"--username={ssh_server.user}"]


def pinned(podium):
    described = podium("service-connector describe lab --output json")
    assert described.code == 0, described.err
    return json.loads(described.out)["config"].get("host_keys")


def test_off_a_terminal_an_unknown_host_is_refused_with_what_to_do(podium, command, ssh_server, files):
    done = podium(*command)
    assert done.code == 4
    assert ssh_server.fingerprint in done.err
    assert ssh_server.line in done.err
    assert "--accept-new-host-keys" in done.err
    assert files() == []


def test_the_option_in_the_hint_registers_it(podium, command, ssh_server):
    hint = podium(*command).err.splitlines()[-1]
    words = shlex.split(hint.partition("podium ")[2].partition(";")[0])
    assert words[:3] == ["service-connector", "update", "lab"]
    assert podium(*command, *words[3:]).code == 0
    assert pinned(podium) == [ssh_server.line]


def test_new_keys_are_pinned_where_that_is_asked_for(podium, command, ssh_server):
    done = podium(*command, "--accept-new-host-keys")
    assert done.code == 0
    assert ssh_server.fingerprint in done.err
    assert pinned(podium) == [ssh_server.line]


def test_the_environment_may_ask_for_it(podium, command, ssh_server, monkeypatch):
    monkeypatch.setenv("PODIUM_ACCEPT_NEW_HOST_KEYS", "1")
    assert podium(*command).code == 0
    assert pinned(podium) == [ssh_server.line]


def test_registering_again_without_the_pinned_keys_changes_nothing(podium, command):
    podium(*command, "--accept-new-host-keys")
    again = podium(*command)
    assert (again.code, again.err) == (0, "unchanged: service-connector 'lab'\n")


def test_on_a_terminal_the_key_is_shown_and_asked_for_once(podium, command, ssh_server):
    code, shown = on_a_terminal(command, ("are these the right keys? [y/N]: ", "y"))
    assert code == 0, shown
    assert shown.count(ssh_server.fingerprint) == 1
    assert pinned(podium) == [ssh_server.line]
    code, shown = on_a_terminal(["service-connector", "verify", "lab"])
    assert code == 0
    assert "right keys" not in shown


def test_a_no_registers_nothing(command, files):
    code, shown = on_a_terminal(command, ("are these the right keys? [y/N]: ", "n"))
    assert code == 1
    assert "nothing was changed" in shown
    assert files() == []


def test_verify_pins_the_keys_of_a_connector_that_was_registered_unseen(podium, command, ssh_server):
    assert podium(*command, "--no-verify").code == 0
    assert podium("service-connector verify lab").code == 4
    assert podium("service-connector verify lab --accept-new-host-keys").code == 0
    assert pinned(podium) == [ssh_server.line]
    assert podium("service-connector verify lab").code == 0


def test_update_pins_the_keys_of_hosts_that_are_added(podium, command, ssh_server):
    podium(*command, "--accept-new-host-keys")
    other = f"127.0.0.2:{ssh_server.port}"
    line = f"service-connector update lab --hostnames={ssh_server.address},{other}"
    assert podium(line).code == 4
    assert podium(f"{line} --accept-new-host-keys").code == 0
    assert pinned(podium) == [ssh_server.line, f"[127.0.0.2]:{ssh_server.port} {ssh_server.host_key}"]


def test_a_changed_key_is_refused_though_new_ones_are_accepted(podium, command, ssh_server, tmp_path, files):
    old = make_key(tmp_path / "old").with_suffix(".pub").read_text()
    write_known_hosts(tmp_path / "ssh home", f"[127.0.0.1]:{ssh_server.port} {old}")
    done = podium(*command, "--accept-new-host-keys")
    assert done.code == 4
    assert "has changed" in done.err
    assert files() == []
