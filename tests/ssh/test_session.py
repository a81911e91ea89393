"""One connection for all commands, with a real SSH server behind a network that breaks."""

import io
import os
import tarfile
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from conformance.workspace import eventually
from servers.fixtures import ssh_keys, ssh_server
from servers.sshd import sshd
from servers.tcp_proxy import tcp_proxy

from podium.core.compose.host import ComposeHost
from podium.core.compose.host_config import ComposeHostConfig
from podium.core.errors import AccessError, PodiumError
from podium.core.ssh.address import Address
from podium.core.ssh.connection import connect
from podium.core.ssh.errors import ChangedHostKey, ConnectionLost, UnknownHostKey
from podium.core.ssh.host_keys import HostKeys
from podium.core.ssh.private_key import read_private_key
from podium.core.ssh.session import Session

__all__ = ["ssh_keys", "ssh_server"]
HOSTILE = ["$HOME", "`id`", "a 'b' \"c\"", "--", "-x", "a\nb", "\\", "*", "", "ü~!#&;|<>"]


@pytest.fixture
def network(ssh_server):
    with tcp_proxy("127.0.0.1", ssh_server.port) as proxy:
        yield proxy


@pytest.fixture
def session(ssh_server, ssh_keys, network):
    """Return a session with the server, by the network."""
    made = open_session(ssh_server.user, network.port, ssh_keys["ed25519", False], [ssh_server.fingerprint])
    yield made
    made.close()


def open_session(user, port, key_file, pins):
    key, address = read_private_key(key_file.read_text()), Address("127.0.0.1", port)
    known = HostKeys("orchestrator gpu", pins, ())
    return Session(address, user, lambda: connect(address, user, key, known))


def test_nothing_is_opened_before_the_first_command_and_all_share_one_connection(session, network):
    assert (session.connections, network.connections) == (0, 0)
    for number in range(5):
        assert session.run("echo $1", str(number)).out == str(number)
    assert (session.connections, session.commands, network.connections) == (1, 5, 1)


def test_hostile_words_reach_the_script_as_they_are(session):
    answer = session.run('for word in "$@"; do printf "%s\\0" "$word"; done', *HOSTILE)
    assert answer.output.decode().split("\0")[:-1] == HOSTILE


def test_every_exit_code_is_read_with_what_was_said(session):
    answer = session.run("echo out; echo some >&2; echo reason >&2; exit 7")
    assert (answer.code, answer.out, answer.err, answer.reason) == (7, "out", "some\nreason", "reason")


def test_data_reaches_a_command_whole_while_it_talks(session):
    data = bytes(range(256)) * 20_000
    answer = session.run("yes | head -c 5000000 >&2; cat", stdin=data)
    assert (answer.output == data, len(answer.errors)) == (True, 5_000_000)


def test_of_endless_output_as_much_is_kept_as_fits(session):
    answer = session.run("head -c 40000000 /dev/zero; head -c 40000000 /dev/zero >&2; exit 3")
    assert (answer.code, len(answer.output), len(answer.errors)) == (3, 16 << 20, 16 << 20)


def test_a_command_that_does_not_end_is_given_up_and_the_next_has_a_new_connection(session):
    started = time.monotonic()
    with pytest.raises(AccessError, match=r"no answer within 0\.5 s") as caught:
        session.run("sleep 30", patience=0.5)
    assert not isinstance(caught.value, ConnectionLost)
    assert time.monotonic() - started < 5
    assert session.run("echo here").out == "here"
    assert session.connections == 2


def test_a_program_that_reads_nothing_does_not_hold_the_session(session):
    assert session.run("exit 4", stdin=b"x" * 10_000_000).code == 4


def test_a_command_that_a_signal_ends_is_told_and_not_repeated(session):
    with pytest.raises(AccessError, match="a signal ended it"):
        session.run("kill -9 $$")
    assert (session.connections, session.commands) == (1, 1)


def test_a_connection_cut_between_commands_is_opened_again(session, network):
    session.run("true")
    network.cut()
    assert session.run("echo here").out == "here"
    assert network.connections == 2


def test_a_command_whose_connection_is_cut_is_run_again(session, network, tmp_path):
    mark = tmp_path / "ran"
    with ThreadPoolExecutor(1) as pool:
        begun = pool.submit(session.run, 'if [ -e "$1" ]; then echo again; else echo > "$1"; sleep 20; fi', str(mark))
        eventually(mark.exists)
        network.cut()
        answer = begun.result()
    assert (answer.out, network.connections) == ("again", 2)


def test_a_server_that_is_gone_is_told(ssh_keys, tmp_path):
    with sshd(tmp_path / "sshd", [ssh_keys["ed25519", False]]) as server:
        made = open_session(server.user, server.port, ssh_keys["ed25519", False], [server.fingerprint])
        made.run("true")
    made.close()
    with pytest.raises(AccessError, match="refuses connections"):
        made.run("true")


@pytest.mark.parametrize(("pins", "error"), [([], UnknownHostKey), (["SHA256:" + "A" * 43], ChangedHostKey)])
def test_a_host_key_that_is_not_right_is_refused_with_every_command(ssh_server, ssh_keys, pins, error):
    made = open_session(ssh_server.user, ssh_server.port, ssh_keys["ed25519", False], pins)
    for _ in range(2):
        with pytest.raises(error):
            made.run("true")
    assert (made.connections, made.commands) == (0, 0)


def test_threads_share_the_connection_also_where_a_host_allows_one_command_at_a_time(ssh_keys, tmp_path):
    key = ssh_keys["ed25519", False]
    with sshd(tmp_path / "sshd", [key], more="MaxSessions 1") as server:
        session = open_session(server.user, server.port, key, [server.fingerprint])
        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda number: session.run("echo $1", str(number)).out, range(12)))
        session.close()
    assert (answers, session.connections) == ([str(number) for number in range(12)], 1)


def archive(**files):
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as made:
        for name, size in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = size, 0o644
            made.addfile(entry, io.BytesIO(b"x" * size))
    return target.getvalue()


@pytest.fixture
def host(session):
    return ComposeHost(session, ComposeHostConfig())


def test_an_upload_is_one_command_and_for_its_user_only(host, session, tmp_path):
    folder = tmp_path / "it's $HOME" / "runs" / "a"
    assert host.upload(str(folder), archive(one=3, two=1_000_000))
    assert {path.name: path.stat().st_size for path in folder.iterdir()} == {"one": 3, "two": 1_000_000}
    assert [path.stat().st_mode & 0o777 for path in (folder, folder.parent)] == [0o700, 0o700]
    assert (session.connections, session.commands) == (1, 1)


def test_an_upload_that_is_there_already_changes_nothing(host, tmp_path):
    folder = tmp_path / "runs" / "a"
    host.upload(str(folder), archive(one=3))
    assert host.upload(str(folder), archive(one=5))
    (folder / "state").mkdir()
    (folder / "state" / "owner").touch()
    assert not host.upload(str(folder), archive(one=5))
    assert (folder / "one").stat().st_size == 3


def test_an_upload_whose_connection_is_cut_arrives_whole_by_another(host, network, tmp_path):
    folder = tmp_path / "runs" / "a"
    host.session.run("true")
    network.limit = 500_000
    assert host.upload(str(folder), archive(one=2_000_000))
    assert network.connections == 2
    assert [(path.name, path.stat().st_size) for path in folder.iterdir()] == [("one", 2_000_000)]
    assert [path.name for path in folder.parent.iterdir()] == ["a"]


def test_what_broken_uploads_left_goes_after_a_day(host, tmp_path):
    runs = tmp_path / "runs"
    for name, age in {".upload-b.1": 3, ".upload-c.2": 0, "d": 3}.items():
        (runs / name).mkdir(parents=True)
        os.utime(runs / name, (time.time() - age * 86400,) * 2)
    host.upload(str(runs / "a"), archive(one=1))
    assert sorted(path.name for path in runs.iterdir()) == [".upload-c.2", "a", "d"]


@pytest.mark.parametrize(
    ("folder", "told"), [("/proc/sys/podium/a", "did not take the files"), ("/dev/full/a", "did not take the files")]
)
def test_a_folder_that_cannot_be_made_is_told(host, folder, told):
    with pytest.raises(PodiumError, match=told):
        host.upload(folder, archive(one=1))


def test_a_folder_that_is_not_there_has_no_status_no_output_and_nothing_to_cancel(host, tmp_path):
    folder = str(tmp_path / "gone")
    assert host.status(folder) is None
    assert host.output(folder, "train") == b""
    host.cancel(folder)
    with pytest.raises(PodiumError, match="does not have the folder any more"):
        host.start(folder)
