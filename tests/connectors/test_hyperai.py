"""What HyperAI connectors do with hosts: real SSH servers on loopback."""

import base64
import json
import socket
import threading
import traceback

import pytest
from conformance.workspace import eventually
from servers.loopback import free_port
from servers.sshd import MARKER, fingerprint, make_key, sshd

from podium.connectors.hyperai import INSTANCE, HyperAIConnector
from podium.core.connectors.types import method_of
from podium.core.errors import AccessError, NotFoundError, PodiumError
from podium.core.ssh.command import run
from podium.core.ssh.errors import ChangedHostKey, HostFaults, UnknownHostKey, unknown_host_keys
from podium.core.validation import validated

pytestmark = pytest.mark.usefixtures("ssh_home")


@pytest.fixture
def connector(ssh_server, ssh_keys):
    """Return a function that makes a connector for the server, with its key pinned, unless told otherwise."""

    def make(kind="ed25519", *, passphrase="", key=None, **values):
        method = method_of(HyperAIConnector, f"{kind}-key")
        config = {
            "base64_ssh_key": base64.b64encode((key or ssh_keys[kind, bool(passphrase)]).read_bytes()).decode(),
            "hostnames": [ssh_server.address],
            "username": ssh_server.user,
            "host_keys": [ssh_server.line],
            **({"ssh_passphrase": passphrase} if passphrase else {}),
            **values,
        }
        checked = validated(method.config_class, config, subject="s", where="w")
        return HyperAIConnector("lab", method.name, checked)

    return make


def fault(connector, *arguments, kind=AccessError):
    with pytest.raises(PodiumError) as caught:
        connector.verify(*arguments)
    assert type(caught.value) is kind
    return caught.value


@pytest.mark.parametrize("passphrase", ["", MARKER])
@pytest.mark.parametrize("kind", ["rsa", "ecdsa", "ed25519"])
def test_every_kind_of_key_logs_in(connector, kind, passphrase):
    connector(kind, passphrase=passphrase).verify()


@pytest.mark.parametrize("options", [("-m", "PEM"), ("-m", "PKCS8")])
def test_older_key_files_log_in(connector, tmp_path, options):
    key = make_key(tmp_path / "key", "rsa", MARKER, *options)
    with sshd(tmp_path / "sshd", [key]) as server:
        made = connector("rsa", passphrase=MARKER, key=key, hostnames=[server.address], host_keys=[server.line])
        made.verify()


def test_an_unknown_key_of_the_user_is_told_with_its_fingerprint(connector, ssh_server, tmp_path):
    key = make_key(tmp_path / "other")
    error = fault(connector(key=key))
    assert f"host {ssh_server.address} does not let user {ssh_server.user!r} in" in error.message
    assert fingerprint(key) in error.message
    assert "authorized_keys" in (error.hint or "")


def test_an_unknown_user_is_told(connector):
    assert "does not let user 'nobody-here' in" in fault(connector(username="nobody-here")).message


def test_a_host_of_unknown_key_is_refused_with_the_line_that_pins_it(connector, ssh_server):
    error = fault(connector(host_keys=[]), kind=UnknownHostKey)
    assert (error.host, error.fingerprint, error.line) == (ssh_server.address, ssh_server.fingerprint, ssh_server.line)
    assert error.exit_code == 4
    assert error.fingerprint in error.message
    assert f"podium service-connector update lab --host_keys='[\"{ssh_server.line}\"]'" in (error.hint or "")


def test_the_hint_keeps_the_keys_that_are_pinned_already(connector, ssh_server, tmp_path):
    other = f"elsewhere {ssh_server.host_key}"
    error = fault(connector(host_keys=[other]), kind=UnknownHostKey)
    assert f"--host_keys='{other},{ssh_server.line}'" in (error.hint or "")


def test_an_unknown_host_is_not_told_who_wants_in(connector, tmp_path):
    with sshd(tmp_path / "sshd") as server:
        fault(connector(hostnames=[server.address], host_keys=[], username="nobody-here"), kind=UnknownHostKey)
    assert "nobody-here" not in (server.folder / "log").read_text()


@pytest.mark.parametrize("pin", ["line", "fingerprint", "known_hosts", "hashed", "pattern"])
def test_a_changed_host_key_is_refused_wherever_the_old_one_was(connector, ssh_server, ssh_home, tmp_path, pin):
    old = make_key(tmp_path / "old")
    known = old.with_suffix(".pub").read_text()
    pins = []
    if pin == "line":
        pins = [f"[127.0.0.1]:{ssh_server.port} {known}"]
    elif pin == "fingerprint":
        pins = [fingerprint(old)]
    else:
        known_as = "[127.0.0.*]:*" if pin == "pattern" else f"[127.0.0.1]:{ssh_server.port}"
        ssh_home(f"{known_as} {known}", hashed=pin == "hashed")
    error = fault(connector(host_keys=pins), kind=ChangedHostKey)
    assert fingerprint(old) in error.message
    assert ssh_server.fingerprint in error.message


@pytest.mark.parametrize("hashed", [False, True])
def test_the_users_known_hosts_count(connector, ssh_server, ssh_home, hashed):
    ssh_home(f"{ssh_server.line} and a comment\n", hashed=hashed)
    connector(host_keys=[]).verify()


def test_lines_of_known_hosts_that_make_no_sense_are_passed_over(connector, ssh_server, ssh_home):
    ssh_home(f"# a comment\n\nhost\n|1|?|? {ssh_server.host_key}\nhost ssh-rsa {'A' * 9}\n{ssh_server.line}\n")
    connector(host_keys=[]).verify()


def test_a_pinned_fingerprint_is_enough(connector, ssh_server):
    connector(host_keys=[ssh_server.fingerprint]).verify()


def test_a_pinned_key_beats_the_users_known_hosts(connector, ssh_server, ssh_home, tmp_path):
    other = make_key(tmp_path / "other").with_suffix(".pub").read_text()
    ssh_home(f"[127.0.0.1]:{ssh_server.port} {other}")
    connector().verify()


def test_a_revoked_host_key_is_refused_though_it_is_pinned(connector, ssh_server, ssh_home):
    ssh_home(f"@revoked * {ssh_server.host_key}")
    assert "revoked" in fault(connector()).message


def test_a_host_is_asked_for_the_kind_of_key_that_is_known(connector, ssh_keys, tmp_path):
    with sshd(tmp_path / "sshd", [ssh_keys["ed25519", False]], host_keys=("rsa", "ed25519")) as server:
        connector(hostnames=[server.address], host_keys=[server.line]).verify()


def test_every_host_that_cannot_be_used_is_told_at_once(connector, ssh_server):
    closed = f"127.0.0.1:{free_port()}"
    made = connector(hostnames=[ssh_server.address, closed, "no-such-host.invalid"])
    error = fault(made, kind=HostFaults)
    assert f"host {closed} refuses connections" in error.message
    assert "host no-such-host.invalid has no address" in error.message
    assert ssh_server.address not in error.message
    assert list(made.resources(INSTANCE)) == [ssh_server.address]


def test_several_unknown_hosts_are_pinned_by_one_command(connector, ssh_server, tmp_path):
    with sshd(tmp_path / "sshd") as other:
        error = fault(connector(hostnames=[ssh_server.address, other.address], host_keys=[]), kind=HostFaults)
    assert [unknown.line for unknown in unknown_host_keys(error)] == [ssh_server.line, other.line]
    assert json.dumps([ssh_server.line, other.line]) in (error.hint or "")


def test_when_no_host_can_be_used_nothing_is_listed(connector):
    with pytest.raises(AccessError, match="refuses connections"):
        list(connector(hostnames=[f"127.0.0.1:{free_port()}"]).resources(INSTANCE))


def test_a_host_that_the_connector_does_not_have_is_refused(connector, ssh_server):
    error = fault(connector(), INSTANCE, "127.0.0.9", kind=NotFoundError)
    assert ssh_server.address in (error.hint or "")


def test_the_port_counts_for_hosts_that_name_none(connector, ssh_server):
    made = connector(hostnames=["127.0.0.1"], port=ssh_server.port)
    made.verify(INSTANCE, ssh_server.address)
    assert list(made.resources(INSTANCE)) == ["127.0.0.1"]


def test_a_client_of_the_first_host_that_answers_runs_commands_as_they_are_given(connector, ssh_server):
    words = ["a b", "$HOME", "'quoted\" text'", "; exit 7", "back`tick`", "new\nline", "-n", "*", "ü"]
    made = connector(hostnames=[f"127.0.0.1:{free_port()}", ssh_server.address])
    with made.client(INSTANCE) as client:
        answer = run(client, "sh", "-c", 'printf "%s|" "$@"; echo told >&2; exit 3', "sh", *words)
    assert answer.out == "|".join([*words, ""])
    assert (answer.code, answer.err) == (3, "told")


def test_a_command_that_says_nothing_is_given_up(connector):
    with connector().client(INSTANCE) as client, pytest.raises(AccessError, match="no answer"):
        run(client, "sleep", "2", patience=0.2)


def test_a_server_that_is_not_ssh_is_told(connector):
    def answer():
        with listener.accept()[0] as connection:
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            connection.recv(1000)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer)
        thread.start()
        error = fault(connector(hostnames=[f"127.0.0.1:{listener.getsockname()[1]}"]))
        thread.join()
    assert "did not prove an SSH server" in error.message


@pytest.mark.parametrize("values", [{}, {"host_keys": []}, {"username": "nobody-here"}])
def test_no_thread_is_left_behind(connector, values):
    before = threading.active_count()
    try:
        connector(**values).verify()
    except AccessError:
        assert values
    eventually(lambda: threading.active_count() <= before)


def test_neither_key_nor_passphrase_is_shown_or_logged(connector, ssh_keys, ssh_server, caplog, capfd):
    caplog.set_level("DEBUG")
    key = ssh_keys["ed25519", True]
    made = connector(passphrase=MARKER, username="nobody-here")
    with pytest.raises(AccessError) as caught:
        made.verify()
    connector(passphrase=MARKER).verify()
    shown = "".join(traceback.format_exception(caught.value)) + caplog.text + "".join(capfd.readouterr()) + repr(made)
    secrets = [MARKER, *key.read_text().splitlines()[1:-1], base64.b64encode(key.read_bytes()).decode()]
    assert not [secret for secret in secrets if secret in shown]
